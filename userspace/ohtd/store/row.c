// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/row.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "store/sql.h"

/* A number is copied from and to its lowest bytes. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers begin with their lowest byte");

const struct ohtd_stored_column *ohtd_row_asked(const struct ohtd_stored_row *row, const char *name)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->columns[i].asked && !strcmp(row->columns[i].asked, name))
			return &row->columns[i];
	return NULL;
}

int64_t ohtd_column_number(const struct ohtd_stored_column *column, const void *from)
{
	int64_t number = 0;

	memcpy(&number, (const char *)from + column->offset, column->bytes);
	return column->type == OHTD_COLUMN_SIGNED ? (int)number : number;
}

static void bind(sqlite3_stmt *s, const struct ohtd_stored_column *column, const void *from)
{
	const void *at = (const char *)from + column->offset;

	if (column->type == OHTD_COLUMN_TEXT)
		ohtd_db_bind_text(s, column->parameter, at);
	else if (column->type != OHTD_COLUMN_REAL)
		ohtd_db_bind_number(s, column->parameter, ohtd_column_number(column, from));
	else if (isfinite(*(const double *)at))
		sqlite3_bind_double(s, sqlite3_bind_parameter_index(s, column->parameter),
				    *(const double *)at);
}

static bool ends_with(const char *name, const char *end)
{
	const size_t bytes = strlen(name), of_end = strlen(end);

	return bytes >= of_end && !strcmp(name + bytes - of_end, end);
}

/* Not negative but for -1, which says in some that it is not known, and no more than OHTD_NUMBER_MAX or, of a name that ends with _ns, _ms or _s, as OHTD_TIME_MAX_NS is in that unit. */
static int64_t make_sound(const char *name, int64_t number)
{
	const int64_t most = ends_with(name, "_ns") ? OHTD_TIME_MAX_NS : ends_with(name, "_ms") ? OHTD_TIME_MAX_NS / 1000000 :
			     ends_with(name, "_s") ? OHTD_TIME_MAX_NS / 1000000000 : OHTD_NUMBER_MAX;

	return number < -1 ? 0 : number < most ? number : most;
}

int64_t ohtd_store_take_number(sqlite3_stmt *s, int column)
{
	const int64_t number = sqlite3_column_int64(s, column);

	return number < 0 ? 0 : number < OHTD_TIME_MAX_NS ? number : OHTD_TIME_MAX_NS;
}

/* A number that the member cannot hold is 0: of a role, for example, its lowest bits would be another role. */
static int64_t number_for(const struct ohtd_stored_column *column, int64_t number)
{
	switch (column->type) {
	case OHTD_COLUMN_BOOL:
		return number != 0;
	case OHTD_COLUMN_SIGNED:
		return number < (column->most ? 0 : INT_MIN) || number > (column->most ? column->most : INT_MAX) ? 0 : number;
	case OHTD_COLUMN_NUMBER:
		return column->whole ? number : make_sound(column->parameter, number);
	default:
		return column->bytes < sizeof(number) && (uint64_t)number >> 8 * column->bytes ? 0 : number;
	}
}

static void take(sqlite3_stmt *s, int place, const struct ohtd_stored_column *column, void *to)
{
	void *at = (char *)to + column->offset;
	int64_t number = sqlite3_column_int64(s, place);

	if (column->type == OHTD_COLUMN_TEXT) {
		ohtd_db_take_text(s, place, at, column->bytes);
	} else if (column->type == OHTD_COLUMN_REAL) {
		*(double *)at = sqlite3_column_type(s, place) == SQLITE_NULL ? NAN :
				sqlite3_column_double(s, place);
	} else {
		number = number_for(column, number);
		memcpy(at, &number, column->bytes);
	}
}

void ohtd_row_take(sqlite3_stmt *s, const struct ohtd_stored_row *row, void *to)
{
	for (size_t i = 0; i < row->count; i++)
		take(s, (int)i, &row->columns[i], to);
}

sqlite3_stmt *ohtd_db_bound(struct ohtd_db *db, const struct ohtd_statement *statement,
			    const void *from)
{
	sqlite3_stmt *s = ohtd_db_statement(db, statement);
	const struct ohtd_stored_row *row = statement->row;

	for (size_t i = 0; s && i < row->count; i++)
		bind(s, &row->columns[i], from);
	return s;
}

int ohtd_db_put(struct ohtd_db *db, const struct ohtd_statement *statement, const void *from)
{
	return ohtd_db_run(db, ohtd_db_bound(db, statement, from));
}

int ohtd_db_get(struct ohtd_db *db, const struct ohtd_statement *statement, void *row)
{
	sqlite3_stmt *s = ohtd_db_bound(db, statement, row);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		ohtd_row_take(s, statement->row, row);
	sqlite3_reset(s);
	return r > 0 ? 0 : r ? r : -ENOENT;
}

/* ---- SQL ---- */

void ohtd_row_select(sqlite3_str *sql, const struct ohtd_stored_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		sqlite3_str_appendf(sql, "%s %s", i ? "," : "SELECT",
				    ohtd_column_name(&row->columns[i]));
	sqlite3_str_appendf(sql, " FROM %s", row->from ? row->from : row->table);
}

/* Names or parameters of the columns that are inserted, in parentheses. */
static void list_columns(sqlite3_str *sql, const struct ohtd_stored_row *row, size_t skip)
{
	char sep = '(';

	for (size_t i = 0; i < row->count; i++) {
		if (row->columns[i].seen)
			continue;
		sqlite3_str_appendf(sql, "%c%s", sep, row->columns[i].parameter + skip);
		sep = ',';
	}
	sqlite3_str_appendchar(sql, 1, ')');
}

void ohtd_row_insert(sqlite3_str *sql, const struct ohtd_stored_row *row)
{
	sqlite3_str_appendf(sql, "INSERT INTO %s ", row->table);
	list_columns(sql, row, 1);
	sqlite3_str_appendall(sql, " VALUES ");
	list_columns(sql, row, 0);
}
