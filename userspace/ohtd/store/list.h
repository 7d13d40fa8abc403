/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     lists of rows: narrowed, sorted and page by page, by what their columns allow.
 * Contexts: the thread that owns the database handle; all but ohtd_db_list() any, pure.
 * Locks:    none.
 *
 * Text of SQL is made of columns alone, and each value is bound: nothing of a request becomes SQL.
 */
#ifndef OHTD_STORE_LIST_H
#define OHTD_STORE_LIST_H

#include "store/row.h"

struct ohtd_db;

#define OHTD_FILTERS_MAX	10
#define OHTD_FILTER_BYTES	80	/* of a text */

/**
 * struct ohtd_list_query - which rows are wanted
 * @row: of which kind
 * @sort: what they are sorted by, then by the key: a number, or a text that a row never changes;
 *	NULL: the first column
 * @descends: the greatest first, also among equal ones
 * @goes_on: only those behind @behind
 * @behind: ohtd_list_place() of a row when it was read
 * @filters: only those of which each of these columns has this value; a text if it is one
 * @filter_count: of @filters
 * @search: only those that have it somewhere in their searched columns, capital letters (of ASCII) or not; "": all
 * @limit: how many at most
 */
struct ohtd_list_query {
	const struct ohtd_stored_row *row;
	const struct ohtd_stored_column *sort;
	bool descends;
	bool goes_on;
	uint64_t behind[2];
	struct {
		const struct ohtd_stored_column *column;
		int64_t number;
		char text[OHTD_FILTER_BYTES];
	} filters[OHTD_FILTERS_MAX];
	size_t filter_count;
	char search[OHTD_FILTER_BYTES];
	unsigned int limit;
};

/* Only rows of which the column has that value. */
void ohtd_list_narrow(struct ohtd_list_query *query, const struct ohtd_stored_column *column,
		      int64_t number, const char *text);

/* The times that its filters let through, from @from_ns to before @to_ns; INT64_MIN and INT64_MAX: there is no such filter. */
void ohtd_list_span(const struct ohtd_list_query *query, int64_t *from_ns, int64_t *to_ns);

/* Where a row that has been read stands. */
void ohtd_list_place(const struct ohtd_list_query *query, const void *item, uint64_t place[2]);

/*
 * The same for rows that the database does not have yet, sorted by numbers. Less than 0: @item is in
 * front of @other. Wanted: it is behind @behind, and passes the filters.
 */
int ohtd_list_compare(const struct ohtd_list_query *query, const void *item, const void *other);
bool ohtd_list_wants(const struct ohtd_list_query *query, const void *item);

/* Fills @items. Returns how many there were, or a negative errno. */
int ohtd_db_list(struct ohtd_db *db, const struct ohtd_list_query *query, void *items);

#endif /* OHTD_STORE_LIST_H */
