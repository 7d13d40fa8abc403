/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what all lists share: the members limit, cursor and sort of the query, the form of a cursor.
 * Contexts: the loop that received the request.
 * Locks:    none.
 *
 * A list asks its source for one item more than is wanted: if that one is there, the answer has a
 * next_cursor that says where the last item stands. Filters and the order are members of the query
 * with words, so that only what is described can be asked for. A cursor ends with a hash of route,
 * filters and order: behind a place in one order the other one would go on elsewhere.
 */
#ifndef OHTD_LISTS_LIST_H
#define OHTD_LISTS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/member.h"

struct ohtd_call;

#define OHTD_LIMIT_MAX		200
#define OHTD_LIMIT_PRESET	50
#define OHTD_CURSOR_PARTS_MAX	2

/* A part of each list's query: OHTD_PART(some_query, page, ohtd_page). */
struct ohtd_page {
	uint32_t limit;
	const char *cursor;
};

extern const struct ohtd_shape ohtd_page_shape;

/*
 * The member sort of a list's query: a number of @words_, each the name of a member, with - in
 * front the greatest first. The first one holds when none is asked for.
 */
#define OHTD_SORT(S_, words_)								\
	OHTD_WORD(S_, sort, .words = &(words_),						\
		  .summary = "What the items are sorted by; with - in front the other way round")

/* Two words: the smallest value first, and the greatest first. */
#define OHTD_SORT_BY(member_)	member_, "-" member_

/* The member next_cursor of each list's answer. */
#define OHTD_NEXT_CURSOR(S_)								\
	OHTD_TEXT(S_, next_cursor, .flags = OHTD_NULL,					\
		  .summary = "Ask again with it as cursor; null: this was the last page")

/**
 * ohtd_cursor_take() - where the wanted page begins
 * @call: the request
 * @page: of its query
 * @parts: filled: numbers that say where the last item stood
 * @count: of @parts
 *
 * Return: 1: @parts are filled; 0: there is no cursor; -1: the request has been refused.
 */
int ohtd_cursor_take(struct ohtd_call *call, const struct ohtd_page *page, uint64_t *parts,
		     size_t count);

/* Refuses the cursor: it is none of this list. */
void ohtd_cursor_refuse(struct ohtd_call *call, const struct ohtd_page *page);

/* The cursor behind the item at that place. In the request's memory. */
const char *ohtd_cursor_text(struct ohtd_call *call, const uint64_t *parts, size_t count);

/* The same for a list that each run of the daemon numbers anew: a cursor of another run is refused. */
int ohtd_cursor_take_of_run(struct ohtd_call *call, const struct ohtd_page *page, uint64_t *place);
const char *ohtd_cursor_text_of_run(struct ohtd_call *call, uint64_t place);

#endif /* OHTD_LISTS_LIST_H */
