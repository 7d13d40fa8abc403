// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of the data directory: what is read, and above all what is refused and how. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/csv.h"

static char path[64];
static char error[OHT_ERROR_BYTES];

static void write_bytes(const char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int load(const char *text, struct oht_csv *csv)
{
	write_bytes(text, strlen(text));
	return oht_csv_load(path, csv, error);
}

static void reads_rows_with_lines(void **state)
{
	struct oht_csv csv;

	(void)state;
	assert_int_equal(load("a,b\n1,2\n\n3,\n", &csv), 0);
	assert_int_equal(csv.columns, 2);
	assert_string_equal(csv.header[1], "b");
	assert_int_equal(csv.rows, 2);
	assert_int_equal(csv.row[0].line, 2);
	assert_string_equal(csv.row[0].field[0], "1");
	assert_int_equal(csv.row[1].line, 4);
	assert_string_equal(csv.row[1].field[1], "");
	oht_csv_free(&csv);
	oht_csv_free(&csv);
}

static void reads_quotes_commas_and_line_ends(void **state)
{
	struct oht_csv csv;

	(void)state;
	assert_int_equal(load("a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n3,4", &csv), 0);
	assert_int_equal(csv.rows, 2);
	assert_string_equal(csv.row[0].field[0], "x, \"y\"");
	assert_string_equal(csv.row[0].field[1], "two\nlines");
	assert_int_equal(csv.row[0].line, 3);
	assert_string_equal(csv.row[1].field[1], "4");
	oht_csv_free(&csv);
}

/* The mark, remarks and empty rows filled up with commas, all in quotes, CRLF. */
static void reads_what_a_spreadsheet_saves(void **state)
{
	struct oht_csv csv;

	(void)state;
	assert_int_equal(load("\xef\xbb\xbf" "a,b\r\n1,2\r\n", &csv), 0);
	assert_string_equal(csv.header[0], "a");
	oht_csv_free(&csv);
	assert_int_equal(load("\xef\xbb\xbf# x,\r\n\"# y; \"\"z\"\"\",\r\n,\r\n\"a\",\"b;c\"\r\n"
			      "\"#1\",\"\"\r\n\"\",\"\"\r\n\"1;2\",\"3\"\r\n", &csv), 0);
	assert_string_equal(csv.header[0], "a");
	assert_int_equal(csv.rows, 1);
	assert_int_equal(csv.row[0].line, 7);
	assert_string_equal(csv.row[0].field[0], "1;2");
	oht_csv_free(&csv);
	assert_int_equal(load("\"a\nb\",\"b;\"\n1,2\n", &csv), 0);
	assert_string_equal(csv.header[1], "b;");
	oht_csv_free(&csv);
}

static void keeps_spaces(void **state)
{
	struct oht_csv csv;

	(void)state;
	assert_int_equal(load("a\n x \n", &csv), 0);
	assert_string_equal(csv.row[0].field[0], " x ");
	oht_csv_free(&csv);
}

static void finds_columns_in_any_order(void **state)
{
	static const char *const wanted[] = { "c", "a", NULL };
	static const char *const missing[] = { "a", "d", NULL };
	struct oht_csv csv;
	size_t index[2];

	(void)state;
	assert_int_equal(load("a,b,c\n1,2,3\n", &csv), 0);
	assert_int_equal(oht_csv_columns(&csv, wanted, index, error), 0);
	assert_string_equal(csv.row[0].field[index[0]], "3");
	assert_string_equal(csv.row[0].field[index[1]], "1");
	assert_int_equal(oht_csv_columns(&csv, missing, index, error), -EINVAL);
	assert_non_null(strstr(error, ":1: no column 'd'"));
	oht_csv_free(&csv);
}

static void refuses_bad_tables(void **state)
{
	static const struct { const char *text, *complaint; } bad[] = {
		{ "", ":0: no header line" },
		{ "\n\n", "no header line" },
		{ "a,b\n1\n", ":2: 1 fields where the header has 2" },
		{ "a,b\n1,2\n1,2,3\n", ":3: 3 fields where the header has 2" },
		{ "a,b\n1,\"2\n", ":2: quoted field without its closing quote" },
		{ "a,b\n1,x\"y\n", ":2: " },
		{ "a,b\n\"x\"y,1\n", ":2: " },
		{ "a,a\n1,2\n", ":1: column 'a' twice" },
		{ "a,,c\n1,2,3\n", ":1: column 2 has no name" },
		{ "\"a\nb\",\"a\nb\"\n", ":3: column 'a?b' twice" },
		{ "\xef\xbb\xbf" "a;b\r\n1;2\r\n", ":1: the columns are separated by ';', not ',': " },
		{ "# x, y\n\n\"a\";\"b, c\"\n", ":3: the columns are separated by ';', not ',': save it" },
		{ "\"a\nb\";\"c\"\n1;2\n", ":2: the columns are separated by ';', not ',': " },
		{ "a\tb\n", ":1: the columns are separated by a tab, not ',': " },
		{ "sep=;\na;b\n", ":1: the columns are separated by ';', not ',': " },
		{ "\xff\xfe" "a", ":1: the text is UTF-16: save it as UTF-8" },
		{ "\xfe\xff", ":1: the text is UTF-16: save it as UTF-8" },
		{ "\xef\xbb\xbf", "no header line" },
	};
	struct oht_csv csv;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(load(bad[i].text, &csv), -EINVAL);
		assert_non_null(strstr(error, path));
		if (!strstr(error, bad[i].complaint))
			fail_msg("'%s' said '%s'", bad[i].complaint, error);
		assert_null(strchr(error, '\n'));
		assert_null(csv.row);
	}
}

static void refuses_nul_bytes(void **state)
{
	struct oht_csv csv;

	(void)state;
	write_bytes("a,b\n1,x\0y\n", 10);
	assert_int_equal(oht_csv_load(path, &csv, error), -EINVAL);
	assert_non_null(strstr(error, ":2: NUL byte"));
}

static void refuses_what_is_no_small_file(void **state)
{
	struct oht_csv csv;

	(void)state;
	assert_int_equal(oht_csv_load("/nonexistent/x.csv", &csv, error), -ENOENT);
	assert_string_equal(error, "/nonexistent/x.csv: No such file or directory");
	assert_int_equal(oht_csv_load("/", &csv, error), -EISDIR);
	assert_int_equal(oht_csv_load("/dev/null", &csv, error), -EINVAL);
	write_bytes("a\n", 2);
	assert_int_equal(truncate(path, (4 << 20) + 1), 0);
	assert_int_equal(oht_csv_load(path, &csv, error), -EFBIG);
	assert_non_null(strstr(error, path));
}

static int make_file(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/oht-test-csv-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rows_with_lines),
		cmocka_unit_test(reads_quotes_commas_and_line_ends),
		cmocka_unit_test(reads_what_a_spreadsheet_saves),
		cmocka_unit_test(keeps_spaces),
		cmocka_unit_test(finds_columns_in_any_order),
		cmocka_unit_test(refuses_bad_tables),
		cmocka_unit_test(refuses_nul_bytes),
		cmocka_unit_test(refuses_what_is_no_small_file),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
