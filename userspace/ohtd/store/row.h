/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the columns of a struct: where each of its members is kept in a table.
 * Contexts: any thread; constants and pure functions.
 * Locks:    none.
 *
 * INSERT, SELECT, what is bound and what is taken are made of one table of columns (sql.h),
 * and so is what a list may be asked for (list.h):
 *
 *	static const struct ohtd_stored_column lamp_columns[] = {
 *		OHTD_COLUMN(lamp, number, .asked = "number"),
 *		OHTD_COLUMN(lamp, colour),
 *		OHTD_COLUMN_AS(lamp, "seen_ns", seen.wall_ns, .asked = "seen"),
 *	};
 *	const struct ohtd_stored_row ohtd_kept_lamps = {
 *		.table = "lamps", .bytes = sizeof(struct lamp), .key = &lamp_columns[0],
 *		OHTD_COLUMNS(lamp_columns),
 *	};
 *
 * A member that the struct does not have, or of a type that no column has, does not compile.
 *
 * What a row says may be damaged and is made sound where it is read, so that no arithmetic overflows.
 */
#ifndef OHTD_STORE_ROW_H
#define OHTD_STORE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the struct keeps a column. Of a number without a sign the bits are kept, not the value. */
enum ohtd_column_type {
	OHTD_COLUMN_TEXT,	/* an array of char; NULL is "" */
	OHTD_COLUMN_REAL,	/* double; NULL: not finite */
	OHTD_COLUMN_BOOL,
	OHTD_COLUMN_SIGNED,	/* int */
	OHTD_COLUMN_NUMBER,	/* int64_t */
	OHTD_COLUMN_BITS,	/* without a sign */
};

/* Which rows a filter lets through. */
enum ohtd_column_match {
	OHTD_MATCH_EQUAL,
	OHTD_MATCH_FROM,	/* a time: then or later */
	OHTD_MATCH_BEFORE,	/* a time: earlier */
	OHTD_MATCH_WITHIN,	/* a text: anywhere in the column, capital letters or not */
	OHTD_MATCH_AMONG,	/* words with commas between them: one of them is the column's */
};

/**
 * struct ohtd_stored_column - one member
 * @parameter: ":" and the name of the column
 * @asked: name by which clients narrow or sort a list; NULL: they cannot
 * @seen: selected, never inserted
 * @whole: an int64_t that is no quantity, as a hash: each value is one
 * @most: of an int: a greater one, or a negative one, is read as 0; 0: any is taken
 * @searched: a text that is looked through for what a client searches
 * @match: how a filter of it is compared
 * @type: how the struct keeps it
 * @offset: of the member in the struct
 * @bytes: of the member
 */
struct ohtd_stored_column {
	const char *parameter;
	const char *asked;
	bool seen;
	bool whole;
	int most;
	bool searched;
	enum ohtd_column_match match;
	enum ohtd_column_type type;
	size_t offset;
	size_t bytes;
};

/**
 * struct ohtd_stored_row - how a struct is kept
 * @table: its name
 * @from: SQL of what is selected from, which has all columns; NULL: the table
 * @searched_from: the same for a search, of the newest rows alone; NULL: as @from
 * @bytes: size of the struct
 * @columns: the columns, in the order in which they are selected
 * @count: of @columns
 * @key: a number that, alone or behind the first column, tells rows apart
 */
struct ohtd_stored_row {
	const char *table;
	const char *from;
	const char *searched_from;
	size_t bytes;
	const struct ohtd_stored_column *columns;
	size_t count;
	const struct ohtd_stored_column *key;
};

/* Members .columns and .count of a row. */
#define OHTD_COLUMNS(array_)								\
	.columns = (array_), .count = sizeof(array_) / sizeof((array_)[0])

/* The member m_ of struct S_; what follows are further members of struct ohtd_stored_column. */
#define OHTD_COLUMN(S_, m_, ...)	OHTD_COLUMN_AS(S_, #m_, m_, __VA_ARGS__)
#define OHTD_COLUMN_AS(S_, name_, m_, ...)						\
	{ .parameter = ":" name_, .offset = offsetof(struct S_, m_),			\
	  .bytes = sizeof(((struct S_ *)0)->m_),					\
	  .type = _Generic(((struct S_ *)0)->m_,					\
			   char *: OHTD_COLUMN_TEXT, double: OHTD_COLUMN_REAL,		\
			   bool: OHTD_COLUMN_BOOL, int: OHTD_COLUMN_SIGNED,		\
			   uint8_t: OHTD_COLUMN_BITS, uint32_t: OHTD_COLUMN_BITS,	\
			   uint64_t: OHTD_COLUMN_BITS, int64_t: OHTD_COLUMN_NUMBER),	\
	  __VA_ARGS__ }

static inline const char *ohtd_column_name(const struct ohtd_stored_column *column)
{
	return column->parameter + 1;
}

/* Greatest number of a row, of what is counted, and so on: JSON has it exactly. */
#define OHTD_NUMBER_MAX		(1ll << 53)
#define OHTD_NUMBER_MAX_SQL	"9007199254740992"
/* Greatest time: the difference, and the sum, of two has no overflow. It is in 2116. */
#define OHTD_TIME_MAX_NS	(INT64_MAX / 2)

/* The column that clients call so, or NULL. */
const struct ohtd_stored_column *ohtd_row_asked(const struct ohtd_stored_row *row, const char *name);

/* A member of the struct at @from that is a number. */
int64_t ohtd_column_number(const struct ohtd_stored_column *column, const void *from);

#endif /* OHTD_STORE_ROW_H */
