/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the unit addresses that are searched for modules, which people write as "1-8" or "2-5,17".
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_SEARCHED_H
#define OHTD_ROBOT_SEARCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/entries.h"

struct ohtd_model;

#define OHTD_MODULES_MAX	8	/* addresses that are searched, and modules that are known, at a time */
#define OHTD_UNIT_MAX		247
#define OHTD_SEARCHED_BYTES	64

/**
 * struct ohtd_searched - which addresses are searched
 * @count: 1 to OHTD_MODULES_MAX
 * @unit: their addresses, 1 to OHTD_UNIT_MAX, each greater than the one before; 0 behind them
 */
struct ohtd_searched {
	uint8_t count;
	uint8_t unit[OHTD_MODULES_MAX];
};

/**
 * ohtd_searched_read() - read a text
 * @text: addresses and spans, as "2-5,17"
 * @searched: filled; of no use on failure
 * @part: on failure the part of @text that is wrong; NULL: not asked for
 *
 * Return: NULL, or why it cannot be read, as a clause that "not" and the part may follow.
 */
const char *ohtd_searched_read(const char *text, struct ohtd_searched *searched, struct ohtd_part *part);

/* The shortest text that reads as @searched. */
void ohtd_searched_text(const struct ohtd_searched *searched, char text[OHTD_SEARCHED_BYTES]);

/* The default: the addresses of all modules of @model, filled up with the lowest other addresses. Without a model 1 to 8. */
void ohtd_searched_preset(const struct ohtd_model *model, struct ohtd_searched *searched);

bool ohtd_searched_has(const struct ohtd_searched *searched, uint8_t unit);

#endif /* OHTD_ROBOT_SEARCHED_H */
