// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/list.h"

#include <stdio.h>
#include <string.h>

#include "store/sql.h"

void ohtd_list_narrow(struct ohtd_list_query *query, const struct ohtd_stored_column *column,
		      int64_t number, const char *text)
{
	size_t i = query->filter_count++;

	query->filters[i].column = column;
	query->filters[i].number = number;
	snprintf(query->filters[i].text, OHTD_FILTER_BYTES, "%s", text ? text : "");
}

void ohtd_list_span(const struct ohtd_list_query *query, int64_t *from_ns, int64_t *to_ns)
{
	*from_ns = INT64_MIN;
	*to_ns = INT64_MAX;
	for (size_t i = 0; i < query->filter_count; i++) {
		if (query->filters[i].column->match == OHTD_MATCH_FROM)
			*from_ns = query->filters[i].number;
		else if (query->filters[i].column->match == OHTD_MATCH_BEFORE)
			*to_ns = query->filters[i].number;
	}
}

static const struct ohtd_stored_column *sort_of(const struct ohtd_list_query *query)
{
	return query->sort ? query->sort : query->row->columns;
}

/* A text has no place as a number: it is looked up by the key. */
void ohtd_list_place(const struct ohtd_list_query *query, const void *item, uint64_t place[2])
{
	const struct ohtd_stored_column *sort = sort_of(query), *key = query->row->key;

	place[0] = (uint64_t)ohtd_column_number(sort->type == OHTD_COLUMN_TEXT ? key : sort, item);
	place[1] = (uint64_t)ohtd_column_number(key, item);
}

/* ---- rows in memory ---- */

static int compare(const struct ohtd_list_query *query, const uint64_t *one, const uint64_t *other)
{
	int i = one[0] == other[0];

	if (one[i] == other[i])
		return 0;
	return ((int64_t)one[i] < (int64_t)other[i]) == query->descends ? 1 : -1;
}

int ohtd_list_compare(const struct ohtd_list_query *query, const void *item, const void *other)
{
	uint64_t places[2][2];

	ohtd_list_place(query, item, places[0]);
	ohtd_list_place(query, other, places[1]);
	return compare(query, places[0], places[1]);
}

/* As the database does it: the searched columns with a blank between them. */
static bool has_search(const struct ohtd_list_query *query, const void *item)
{
	char words[1024];
	size_t used = 0;

	for (size_t i = 0; i < query->row->count && used < sizeof(words); i++) {
		const struct ohtd_stored_column *column = &query->row->columns[i];

		if (column->searched)
			used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s", used ? " " : "",
						 (const char *)item + column->offset);
	}
	return used && strcasestr(words, query->search);
}

/* Is @word one of the words with commas between them? */
static bool is_among(const char *words, const char *word)
{
	const size_t length = strlen(word);

	for (const char *at = words; at; at = strchr(at, ',')) {
		at += at != words;
		if (!strncmp(at, word, length) && (!at[length] || at[length] == ','))
			return true;
	}
	return false;
}

static bool passes(const struct ohtd_stored_column *column, int64_t number, const char *text, const void *item)
{
	const char *has = (const char *)item + column->offset;

	switch (column->match) {
	case OHTD_MATCH_FROM:
		return ohtd_column_number(column, item) >= number;
	case OHTD_MATCH_BEFORE:
		return ohtd_column_number(column, item) < number;
	case OHTD_MATCH_WITHIN:
		return strcasestr(has, text);
	case OHTD_MATCH_AMONG:
		return is_among(text, has);
	default:
		return column->type == OHTD_COLUMN_TEXT ? !strcmp(has, text) : ohtd_column_number(column, item) == number;
	}
}

bool ohtd_list_wants(const struct ohtd_list_query *query, const void *item)
{
	uint64_t place[2];

	ohtd_list_place(query, item, place);
	if (query->goes_on && compare(query, query->behind, place) >= 0)
		return false;
	for (size_t i = 0; i < query->filter_count; i++)
		if (!passes(query->filters[i].column, query->filters[i].number, query->filters[i].text, item))
			return false;
	return !*query->search || has_search(query, item);
}

/* ---- rows of the database ---- */

/* Parameters: ?1 is the limit, ?2 and ?3 the place, from ?4 on the filters. */
#define FILTERS_AT	4

static const char *const matches[] = {
	[OHTD_MATCH_EQUAL] = " AND %s = ?%d",
	[OHTD_MATCH_FROM] = " AND %s >= ?%d",
	[OHTD_MATCH_BEFORE] = " AND %s < ?%d",
	[OHTD_MATCH_WITHIN] = " AND instr(lower(%s), lower(?%d))",
	[OHTD_MATCH_AMONG] = " AND %s IN (SELECT value FROM json_each('[\"' || replace(?%d, ',', '\",\"') || '\"]'))",
};

static void add_search(sqlite3_str *sql, const struct ohtd_list_query *query)
{
	const char *between = "";

	sqlite3_str_appendall(sql, " AND instr(lower(");
	for (size_t i = 0; i < query->row->count; i++)
		if (query->row->columns[i].searched) {
			sqlite3_str_appendf(sql, "%s%s", between, ohtd_column_name(&query->row->columns[i]));
			between = " || ' ' || ";
		}
	sqlite3_str_appendf(sql, "), lower(?%d))", FILTERS_AT + (int)query->filter_count);
}

static char *text_of(const struct ohtd_list_query *query)
{
	const struct ohtd_stored_row *row = query->row;
	struct ohtd_stored_row searched = *row;
	const char *sort = ohtd_column_name(sort_of(query)), *key = ohtd_column_name(row->key);
	const char *way = query->descends ? " DESC" : "";
	sqlite3_str *sql = sqlite3_str_new(NULL);

	if (*query->search && row->searched_from)
		searched.from = row->searched_from;
	ohtd_row_select(sql, &searched);
	sqlite3_str_appendall(sql, " WHERE TRUE");
	for (size_t i = 0; i < query->filter_count; i++)
		sqlite3_str_appendf(sql, matches[query->filters[i].column->match],
				    ohtd_column_name(query->filters[i].column), FILTERS_AT + (int)i);
	if (*query->search)
		add_search(sql, query);
	if (query->goes_on)
		sqlite3_str_appendf(sql, " AND (%s, %s) %c (", sort, key,
				    query->descends ? '<' : '>');
	if (query->goes_on && sort_of(query)->type == OHTD_COLUMN_TEXT)
		sqlite3_str_appendf(sql, "(SELECT %s FROM %s WHERE %s = ?2), ?3)", sort, row->table,
				    key);
	else if (query->goes_on)
		sqlite3_str_appendall(sql, "?2, ?3)");
	sqlite3_str_appendf(sql, " ORDER BY %s%s, %s%s LIMIT ?1", sort, way, key, way);
	return sqlite3_str_finish(sql);
}

static void bind(sqlite3_stmt *s, const struct ohtd_list_query *query)
{
	sqlite3_bind_int64(s, 1, query->limit);
	for (int i = 0; i < 2; i++)
		sqlite3_bind_int64(s, 2 + i, (int64_t)query->behind[i]);
	for (size_t i = 0; i < query->filter_count; i++)
		if (query->filters[i].column->type == OHTD_COLUMN_TEXT)
			sqlite3_bind_text(s, FILTERS_AT + (int)i, query->filters[i].text, -1,
					  SQLITE_STATIC);
		else
			sqlite3_bind_int64(s, FILTERS_AT + (int)i, query->filters[i].number);
	if (*query->search)
		sqlite3_bind_text(s, FILTERS_AT + (int)query->filter_count, query->search, -1, SQLITE_STATIC);
}

int ohtd_db_list(struct ohtd_db *db, const struct ohtd_list_query *query, void *items)
{
	char *text = text_of(query);
	sqlite3_stmt *s = NULL;
	unsigned int count = 0;
	int r = text ? sqlite3_prepare_v2(db->sql, text, -1, &s, NULL) : SQLITE_NOMEM;

	sqlite3_free(text);
	if (r != SQLITE_OK)
		return ohtd_db_errno(r);
	bind(s, query);
	while ((r = ohtd_db_row(db, s)) > 0 && count < query->limit)
		ohtd_row_take(s, query->row, (char *)items + query->row->bytes * count++);
	sqlite3_finalize(s);
	return r < 0 ? r : (int)count;
}
