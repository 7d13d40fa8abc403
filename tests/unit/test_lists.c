// SPDX-License-Identifier: GPL-2.0-or-later
/* Every list that a route answers, held against its query and against the database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/api.h"
#include "http/route.h"
#include "lists/stored_list.h"
#include "store/db.h"
#include "journal/command_rows.h"
#include "journal/rows.h"
#include "accounts/users.h"
#include "store_fixture.h"

static struct ohtd_db *db;

/*
 * Among rows that are equal in @sort, the key tells them apart. What is of many tables has no key of its own in the database:
 * there the test of all pages shows it.
 */
static bool is_order(const struct ohtd_stored_row *row, const struct ohtd_stored_column *sort)
{
	char sql[256];

	if (!row->table)
		return row->key->type >= OHTD_COLUMN_NUMBER && sort->type != OHTD_COLUMN_REAL;
	snprintf(sql, sizeof(sql), "SELECT count(*) > 0 AND count(*) = sum(name IN ('%s', '%s'))"
		 " FROM pragma_table_info('%s') WHERE pk", ohtd_column_name(sort),
		 ohtd_column_name(row->key), row->table);
	return store_ask_sql(sql) && row->key->type >= OHTD_COLUMN_NUMBER &&
	       sort->type != OHTD_COLUMN_REAL;
}

static bool can_be_read(const struct ohtd_list_query *query)
{
	void *items = malloc(query->row->bytes);
	int r = ohtd_db_list(db, query, items);

	free(items);
	return r >= 0;
}

static bool is_sort(const struct ohtd_stored_row *row, const char *word)
{
	struct ohtd_list_query query = {
		.row = row, .descends = *word == '-', .goes_on = true, .limit = 1,
	};

	query.sort = ohtd_row_asked(row, word + query.descends);
	return query.sort && is_order(row, query.sort) && can_be_read(&query);
}

static bool is_filter(const struct ohtd_stored_row *row, const struct ohtd_member *member)
{
	const struct ohtd_stored_column *column = ohtd_row_asked(row, member->name);
	struct ohtd_list_query query = { .row = row, .limit = 1 };

	if (!strcmp(member->name, "q")) {
		snprintf(query.search, sizeof(query.search), "lamp");
		return can_be_read(&query) && member->type == OHTD_IS_TEXT && member->max == OHTD_FILTER_BYTES - 1;
	}
	if (!column || column->type == OHTD_COLUMN_REAL)
		return false;
	ohtd_list_narrow(&query, column, 0, NULL);
	if (!can_be_read(&query))
		return false;
	switch (member->type) {
	case OHTD_IS_TEXT:
		/* A text that a column of numbers is narrowed by is a time. */
		return (column->type == OHTD_COLUMN_TEXT) != (column->match == OHTD_MATCH_FROM ||
							      column->match == OHTD_MATCH_BEFORE) &&
		       member->max > 0 && member->max < OHTD_FILTER_BYTES;
	case OHTD_IS_WORD:
		return member->preset == OHTD_NONE && member->as == OHTD_AS_I64;
	case OHTD_IS_INTEGER:
		return member->preset == OHTD_NONE && member->as == OHTD_AS_I64 &&
		       column->type != OHTD_COLUMN_TEXT;
	default:
		return member->type == OHTD_IS_TRISTATE && column->type == OHTD_COLUMN_BOOL;
	}
}

static bool is_answer(const struct ohtd_shape *shape)
{
	const struct ohtd_member *members = shape->members;

	return shape->bytes == sizeof(struct ohtd_list_answer) && shape->count == 2 &&
	       members[0].type == OHTD_IS_LIST &&
	       members[0].offset == offsetof(struct ohtd_list_answer, items) &&
	       members[0].count_offset == offsetof(struct ohtd_list_answer, items_count) &&
	       members[1].offset == offsetof(struct ohtd_list_answer, next_cursor);
}

/* NULL, or the part of the route that does not fit its list. */
static const char *fault_of(const struct ohtd_route *route)
{
	const struct ohtd_stored_row *row = route->list->row;
	const struct ohtd_shape *asked = route->query;
	const struct ohtd_words *words;

	if (!is_answer(route->replies[0].shape))
		return "answer";
	if (asked->members[0].shape != &ohtd_page_shape || asked->members[0].offset)
		return "page";
	words = asked->members[1].words;
	if (strcmp(asked->members[1].name, "sort") || asked->members[1].as != OHTD_AS_I64)
		return "sort";
	for (unsigned int i = words->first; i < words->end; i++)
		if (!is_sort(row, ohtd_word_of(words, i)))
			return ohtd_word_of(words, i);
	for (size_t i = 2; i < asked->count; i++)
		if (i >= 2 + OHTD_FILTERS_MAX || !is_filter(row, &asked->members[i]))
			return asked->members[i].name;
	return NULL;
}

static void every_list_fits_its_query_and_the_database(void **state)
{
	unsigned int lists = 0;

	(void)state;
	for (const struct ohtd_route_table *const *table = ohtd_route_tables; *table; table++)
		for (size_t i = 0; i < (*table)->count; i++) {
			const struct ohtd_route *route = &(*table)->routes[i];

			if (route->list && fault_of(route))
				fail_msg("GET %s: %s does not fit its list", route->path,
					 fault_of(route));
			lists += route->list != NULL;
		}
	assert_true(lists >= 4);
}

/* As the database searches: a blank between two columns, capital letters or not, and no pattern. */
static void a_row_in_memory_is_searched_like_a_kept_one(void **state)
{
	static const struct {
		const char *text;
		bool found;
	} cases[] = {
		{ "", true }, { "MOVE", true }, { "move run", true }, { "anna move", true }, { "an%a", false }, { "dock", false },
	};
	const struct ohtd_command_row row = { .number = 1, .user = "Anna", .verb = "move", .state = "running" };
	struct ohtd_list_query query = { .row = &ohtd_kept_commands };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(query.search, sizeof(query.search), "%s", cases[i].text);
		assert_int_equal(ohtd_list_wants(&query, &row), cases[i].found);
	}
}

/* ---- lists that are none ---- */

struct lamp {
	int64_t number;
};

OHTD_SHAPE(lamp, "Lamp", OHTD_INTEGER(lamp, number, .summary = "Number"));
OHTD_LIST_ANSWER(lamp_list, "LampList", lamp, "Lamps");

static const char *const sorts[] = { OHTD_SORT_BY("id"), OHTD_SORT_BY("role") };
OHTD_WORDS_OF(sort_words, sorts);
static const char *const colours[] = { OHTD_SORT_BY("id"), "colour" };
OHTD_WORDS_OF(colour_words, colours);
static const char *const kinds[] = { "-time", "kind" };
OHTD_WORDS_OF(kind_words, kinds);

struct asked {
	struct ohtd_page page;
	int64_t sort;
	int64_t role;
	int64_t colour;
	const char *username;
};

#define PAGE		OHTD_PART(asked, page, ohtd_page)
#define SORT		OHTD_SORT(asked, sort_words)
#define ROLE		OHTD_INTEGER(asked, role, .preset = OHTD_NONE)

#define FAULT(expected_, row_, ...) do {						\
	static const struct ohtd_member members_[] = { __VA_ARGS__ };			\
	static const struct ohtd_shape shape_ = {					\
		"Asked", sizeof(struct asked), members_,				\
		sizeof(members_) / sizeof(members_[0]),					\
	};										\
	const struct ohtd_stored_list list_ = { .row = (row_) };			\
	const struct ohtd_route route_ = {						\
		.query = &shape_, .replies = { { 200, &lamp_list_shape } }, .list = &list_,	\
	};										\
	const char *found_ = fault_of(&route_);						\
											\
	assert_string_equal(found_ ? found_ : "none", expected_);			\
} while (0)

static struct ohtd_stored_row users_of(const char *table, const char *from)
{
	struct ohtd_stored_row row = ohtd_kept_users;

	row.table = table;
	row.from = from;
	return row;
}

static void what_does_not_fit_is_found(void **state)
{
	struct ohtd_stored_row other = users_of("lamps", NULL), by_time = ohtd_kept_users;
	struct ohtd_stored_row part = users_of("users", "(SELECT id FROM users)");

	(void)state;
	by_time.key = ohtd_row_asked(&by_time, "created");
	FAULT("none", &ohtd_kept_users, PAGE, SORT, ROLE);
	FAULT("page", &ohtd_kept_users, SORT, PAGE);
	FAULT("sort", &ohtd_kept_users, PAGE, ROLE);
	FAULT("colour", &ohtd_kept_users, PAGE, OHTD_SORT(asked, colour_words));
	FAULT("kind", &ohtd_kept_entries, PAGE, OHTD_SORT(asked, kind_words));
	FAULT("role", &by_time, PAGE, SORT);
	FAULT("id", &other, PAGE, SORT);
	FAULT("id", &part, PAGE, SORT);
	FAULT("colour", &ohtd_kept_users, PAGE, SORT,
	      OHTD_INTEGER(asked, colour, .preset = OHTD_NONE));
	FAULT("role", &ohtd_kept_users, PAGE, SORT, OHTD_INTEGER(asked, role));
	FAULT("username", &ohtd_kept_users, PAGE, SORT,
	      OHTD_TEXT(asked, username, .max = OHTD_FILTER_BYTES));
}

static int open_all(void **state)
{
	if (store_set_up(state))
		return -1;
	db = store_open_db();
	return 0;
}

static int close_all(void **state)
{
	ohtd_db_close(db);
	return store_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_list_fits_its_query_and_the_database),
		cmocka_unit_test(a_row_in_memory_is_searched_like_a_kept_one),
		cmocka_unit_test(what_does_not_fit_is_found),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
