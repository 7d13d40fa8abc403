/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whether more alerts come than a person can look at: more than 10 in 10 minutes, until fewer than 5 do.
 * Contexts: any thread, one at a time.
 * Locks:    none; that of the owner.
 */
#ifndef OHTD_ALERTS_FLOOD_H
#define OHTD_ALERTS_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include "alerts/number_rows.h"

/* An alert that came: when, by the monotonic clock, and which. */
struct ohtd_flood_coming {
	uint64_t came_ns;
	int64_t number;
	char code[OHTD_ALERT_WORD_BYTES];
};

/**
 * struct ohtd_flood - begins as zero
 * @since_ns: CLOCK_MONOTONIC since when there is one; 0: there is none
 * @count: alerts of the flood
 * @first: what came first in it
 * @came: how many alerts ever came
 * @newest: the newest of them, by their count
 */
struct ohtd_flood {
	uint64_t since_ns;
	uint64_t count;
	struct ohtd_flood_coming first;
	uint64_t came;
	struct ohtd_flood_coming newest[OHTD_ALERT_FLOOD];
};

/* The alert with @number has come at @now_ns. */
void ohtd_flood_came(struct ohtd_flood *flood, int64_t number, const char *code, uint64_t now_ns);

/* Ends a flood that is over at @now_ns. */
void ohtd_flood_look(struct ohtd_flood *flood, uint64_t now_ns);

#endif /* OHTD_ALERTS_FLOOD_H */
