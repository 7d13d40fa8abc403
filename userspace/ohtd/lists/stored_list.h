/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the answer to GET of a list of the database: filters, sort and cursor, a page of items.
 * Contexts: the loop that received the request; the reading: a worker.
 * Locks:    none.
 *
 *	OHTD_LIST_ANSWER(lamp_list, "LampList", lamp, "The newest first");
 *
 *	static const struct ohtd_stored_list lamps = { .row = &ohtd_kept_lamps, .show = show_lamp };
 *
 *	.query = &lamp_query_shape, .replies = { { 200, &lamp_list_shape } },
 *	.handle = ohtd_stored_list_get, .list = &lamps,
 *
 * The query has its page first, then its sort. Each further member is a filter: it and each word of
 * the sort are what a column of the row is asked by (store/row.h), but q, which looks through all that are
 * searched. The unit test test_lists holds all
 * lists against that and against the database.
 */
#ifndef OHTD_LISTS_STORED_LIST_H
#define OHTD_LISTS_STORED_LIST_H

#include "lists/list.h"
#include "store/list.h"

/**
 * struct ohtd_stored_list - how a list of the database is shown
 * @row: what it is a list of
 * @show: makes an item of a row; both last until the answer has been written
 * @narrow: changes what was asked for, as a number whose unit is another one; NULL: nothing
 * @newer: fills rows that are newer than those of the database, which they replace; returns how
 *	many. NULL: there are none
 * @newer_max: of @newer at most
 */
struct ohtd_stored_list {
	const struct ohtd_stored_row *row;
	void (*show)(struct ohtd_call *call, const void *row, void *item);
	void (*narrow)(struct ohtd_call *call, struct ohtd_list_query *query);
	size_t (*newer)(struct ohtd_call *call, void *rows);
	size_t newer_max;
};

/* A member of a query that filters by a text; the time from or to is one. */
#define OHTD_FILTER(S_, member_, summary_)						\
	OHTD_TEXT(S_, member_, .min = 1, .max = OHTD_FILTER_BYTES - 1, .summary = (summary_))

/* The filter q of a query Q_, whose list is looked through in what_. */
#define OHTD_SEARCH(Q_, what_)								\
	OHTD_FILTER(Q_, q, "Only entries with this anywhere in " what_ ", capital letters of ASCII or not")

/* The answer: items of the struct item_, and the cursor of the next page. */
struct ohtd_list_answer {
	const void *items;
	size_t items_count;
	const char *next_cursor;
};

/* The shape S_##_shape of such an answer. */
#define OHTD_LIST_ANSWER(S_, title_, item_, summary_)					\
	struct S_ {									\
		const struct item_ *items;						\
		size_t items_count;							\
		const char *next_cursor;						\
	};										\
	OHTD_SHAPE(S_, title_,								\
		OHTD_LIST(S_, items, item_, .summary = (summary_)),			\
		OHTD_NEXT_CURSOR(S_))

/* ohtd_route.handle of such a list. */
void ohtd_stored_list_get(struct ohtd_call *call);

/* ---- its parts, for a list with rows from elsewhere, too ---- */

/* The query of the request, with one row more than is wanted. False: it has been refused. */
bool ohtd_stored_list_take(struct ohtd_call *call, struct ohtd_list_query *query);

/**
 * ohtd_stored_list_reply() - answer with a page
 * @call: the request
 * @query: of the request
 * @rows: in their order; what is more than the page has is left out
 * @count: of @rows
 * @next: place behind which the next page begins, if @rows are no more than one; NULL: there is none
 */
void ohtd_stored_list_reply(struct ohtd_call *call, const struct ohtd_list_query *query, const void *const *rows, size_t count,
			    const uint64_t *next);

#endif /* OHTD_LISTS_STORED_LIST_H */
