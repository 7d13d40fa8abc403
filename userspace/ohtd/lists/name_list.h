/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     lists of names in a query, "safety,robot", as sets.
 * Contexts: the loop of the request.
 * Locks:    none.
 */
#ifndef OHTD_LISTS_NAME_LIST_H
#define OHTD_LISTS_NAME_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/set.h"

struct ohtd_call;
struct ohtd_words;

/**
 * struct ohtd_name_list - which names a member of a query may list
 * @member: its name
 * @what: what each name is one of, for people
 * @words: the names, by numbers below OHT_SET_MAX
 * @status: with @code what a name that is none is refused with
 * @code: see @status
 * @once: a name that comes twice is refused
 */
struct ohtd_name_list {
	const char *member;
	const char *what;
	const struct ohtd_words *words;
	int status;
	const char *code;
	bool once;
};

/**
 * ohtd_name_list_read() - the set of the names of a list
 * @call: answered, when a name is refused
 * @list: what may be listed
 * @text: names with commas between them
 * @set: filled: the number of each name; at least one
 *
 * A refusal names the place: "/signals/2" is the third name.
 *
 * Return: false: a name has been refused.
 */
bool ohtd_name_list_read(struct ohtd_call *call, const struct ohtd_name_list *list,
			 const char *text, struct oht_set *set);

/* One name of the list, for a member that has one; a refusal names the member. -1: refused. */
int ohtd_name_read(struct ohtd_call *call, const struct ohtd_name_list *list, const char *member,
		   const char *name);

/* The signals of telemetry, by their numbers. */
extern const struct ohtd_name_list ohtd_signal_list;

#endif /* OHTD_LISTS_NAME_LIST_H */
