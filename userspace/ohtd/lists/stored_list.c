// SPDX-License-Identifier: GPL-2.0-or-later
#include "lists/stored_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/time_read.h"
#include "lists/span.h"
#include "server/call.h"
#include "server/late.h"

struct list_late {
	struct ohtd_late late;		/* result: how many rows were read */
	struct ohtd_list_query query;	/* for one more than is wanted, and those to be replaced */
	_Alignas(max_align_t) char rows[];
};

/* ---- what is asked for ---- */

static void take_sort(struct ohtd_list_query *query, const struct ohtd_member *member,
		      const void *asked)
{
	const char *word = ohtd_word_of(member->words, ohtd_member_load(member, asked));

	query->descends = *word == '-';
	query->sort = ohtd_row_asked(query->row, word + query->descends);
}

#define SEARCH	"q"

/* A word filters a column of texts as it is, one of numbers by its number; a text one of numbers is a time. False: refused. */
static bool take_filter(struct ohtd_call *call, struct ohtd_list_query *query, const struct ohtd_member *member,
			const char *asked)
{
	const struct ohtd_stored_column *column = ohtd_row_asked(query->row, member->name);
	const char *at = asked + member->offset, *text = NULL;
	int64_t number = OHTD_NONE;

	if (!strcmp(member->name, SEARCH)) {
		text = *(const char *const *)(const void *)at;
		snprintf(query->search, sizeof(query->search), "%s", text ? text : "");
		return true;
	}
	if (member->type == OHTD_IS_TEXT)
		text = *(const char *const *)(const void *)at;
	else if (member->type != OHTD_IS_TRISTATE)
		number = ohtd_member_load(member, asked);
	else if (*(const int8_t *)at >= 0)
		number = *(const uint8_t *)at;
	if (member->type == OHTD_IS_WORD && number != OHTD_NONE)
		text = ohtd_word_of(member->words, number);
	if (text && member->type == OHTD_IS_TEXT && column->type != OHTD_COLUMN_TEXT && !ohtd_time_read(text, &number)) {
		ohtd_reply_member(call, ohtd_call_text_of(call, "/%s", member->name), "unfit",
				  "'%s' is no time as 2026-07-30T12:00:00Z", text);
		return false;
	}
	if (text || number != OHTD_NONE)
		ohtd_list_narrow(query, column, number, text);
	return true;
}

/* False: it has been refused. */
static bool check_span(struct ohtd_call *call, const struct ohtd_list_query *query)
{
	int64_t from_ns, to_ns;

	ohtd_list_span(query, &from_ns, &to_ns);
	return from_ns == INT64_MIN || to_ns == INT64_MAX || ohtd_span_in_order(call, from_ns, to_ns);
}

/* Cursors of all lists and orders look alike: a wrong one is told by its hash. */
bool ohtd_stored_list_take(struct ohtd_call *call, struct ohtd_list_query *query)
{
	const struct ohtd_member *members = call->route->query->members;
	const struct ohtd_stored_list *list = call->route->list;
	const struct ohtd_page *page = call->query;
	int r;

	*query = (struct ohtd_list_query){ .row = list->row, .limit = page->limit + 1 + (unsigned int)list->newer_max };
	r = ohtd_cursor_take(call, page, query->behind, 2);
	if (r > 0 && (query->behind[0] > INT64_MAX || query->behind[1] > INT64_MAX)) {
		ohtd_cursor_refuse(call, page);
		return false;
	}
	query->goes_on = r > 0;
	take_sort(query, &members[1], call->query);
	for (size_t i = 2; r >= 0 && i < call->route->query->count; i++)
		if (!take_filter(call, query, &members[i], call->query))
			return false;
	if (r >= 0 && list->narrow)
		list->narrow(call, query);
	return r >= 0 && check_span(call, query);
}

static int read_rows(struct ohtd_db *db, void *arg)
{
	struct list_late *job = arg;

	return ohtd_db_list(db, &job->query, job->rows);
}

/* ---- the answer ---- */

static bool is_among(const struct ohtd_stored_row *kind, const void *row, const char *rows,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ohtd_column_number(kind->key, row) ==
		    ohtd_column_number(kind->key, rows + i * kind->bytes))
			return true;
	return false;
}

static int compare(const void *one, const void *other, void *query)
{
	return ohtd_list_compare(query, *(const void *const *)one, *(const void *const *)other);
}

/* Rows of the database that nothing newer replaces, and the newer ones. Returns how many. */
static size_t rows_of(struct ohtd_call *call, struct list_late *job, const void **rows)
{
	const struct ohtd_stored_list *list = call->route->list;
	size_t bytes = list->row->bytes, found = (size_t)job->late.result, count = 0, newer_count;
	char *newer = ohtd_call_alloc(call, list->newer_max * bytes + 1);

	newer_count = list->newer ? list->newer(call, newer) : 0;
	for (size_t i = 0; i < found; i++)
		if (!is_among(list->row, job->rows + i * bytes, newer, newer_count))
			rows[count++] = job->rows + i * bytes;
	for (size_t i = 0; i < newer_count; i++)
		if (ohtd_list_wants(&job->query, newer + i * bytes))
			rows[count++] = newer + i * bytes;
	if (newer_count)
		qsort_r(rows, count, sizeof(*rows), compare, &job->query);
	return count;
}

void ohtd_stored_list_reply(struct ohtd_call *call, const struct ohtd_list_query *query, const void *const *rows, size_t count,
			    const uint64_t *next)
{
	const struct ohtd_shape *shape = call->route->replies[0].shape;
	const size_t bytes = shape->members[0].shape->bytes, limit = OHTD_QUERY(call, ohtd_page)->limit;
	struct ohtd_list_answer answer = { 0 };
	uint64_t last[2];
	char *items;

	if (count > limit) {
		count = limit;
		ohtd_list_place(query, rows[limit - 1], last);
		next = last;
	}
	if (next)
		answer.next_cursor = ohtd_cursor_text(call, next, 2);
	items = ohtd_call_alloc(call, count * bytes + 1);
	for (size_t i = 0; i < count; i++)
		call->route->list->show(call, rows[i], items + i * bytes);
	answer.items = items;
	answer.items_count = count;
	ohtd_reply_view(call, 200, shape, &answer);
}

static void reply_page(struct ohtd_call *call, struct ohtd_late *late)
{
	struct list_late *job = (struct list_late *)late;
	size_t most = job->query.limit + call->route->list->newer_max;
	const void **rows = ohtd_call_alloc(call, most * sizeof(*rows));

	if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else
		ohtd_stored_list_reply(call, &job->query, rows, rows_of(call, job, rows), NULL);
}

void ohtd_stored_list_get(struct ohtd_call *call)
{
	struct ohtd_list_query query;
	struct list_late *job;

	if (!ohtd_stored_list_take(call, &query))
		return;
	job = ohtd_late_make(call, sizeof(*job) + query.limit * query.row->bytes);
	if (!job)
		return;
	job->query = query;
	ohtd_late_read(call, &job->late, read_rows, reply_page);
}
