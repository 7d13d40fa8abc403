/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the begins of the shifts, which people write as "06:00,14:00,22:00", in UTC.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_SETTINGS_SHIFTS_H
#define OHTD_SETTINGS_SHIFTS_H

#include <stdbool.h>

#define OHTD_SHIFTS_MAX		8
#define OHTD_SHIFT_BYTES	6	/* "06:00" */
#define OHTD_SHIFTS_BYTES	(OHTD_SHIFTS_MAX * OHTD_SHIFT_BYTES)
#define OHTD_DAY_MINUTES	1440

/**
 * struct ohtd_shifts - when shifts begin
 * @minute: of the day, UTC; each later than the one before
 * @count: 1 to OHTD_SHIFTS_MAX; a shift ends where the next one begins, the last one on the next day
 */
struct ohtd_shifts {
	unsigned int minute[OHTD_SHIFTS_MAX];
	unsigned int count;
};

/* Reads a text. False: it is not as "06:00,14:00,22:00"; @shifts is then of no use. */
bool ohtd_shifts_take(const char *text, struct ohtd_shifts *shifts);

#endif /* OHTD_SETTINGS_SHIFTS_H */
