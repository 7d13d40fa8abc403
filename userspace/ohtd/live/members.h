/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the members of a JSON object as pieces of its text, and which of them differ.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_LIVE_MEMBERS_H
#define OHTD_LIVE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/set.h"

/* The signals of telemetry are members of one object, and each a number of a set. */
#define OHTD_MEMBERS_MAX	OHT_SET_MAX

/**
 * struct ohtd_members - the members of one object
 * @text: of the object, not owned
 * @at: where each begins, at its name's quotation mark
 * @bytes: how long each is, with name and colon
 * @count: of them
 */
struct ohtd_members {
	const char *text;
	size_t at[OHTD_MEMBERS_MAX];
	size_t bytes[OHTD_MEMBERS_MAX];
	size_t count;
};

/**
 * ohtd_members_split() - find the members
 * @members: out
 * @text: valid JSON, one object, without spaces between the tokens of its top
 * @bytes: its length
 *
 * Return: false: it is not, or has more than OHTD_MEMBERS_MAX members.
 */
bool ohtd_members_split(struct ohtd_members *members, const char *text, size_t bytes);

/*
 * The members of @now that are not in @before in the same words: number 0 is the first. All, when names
 * or their order differ.
 */
struct oht_set ohtd_members_changed(const struct ohtd_members *before, const struct ohtd_members *now);

#endif /* OHTD_LIVE_MEMBERS_H */
