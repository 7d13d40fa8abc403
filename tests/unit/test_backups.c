// SPDX-License-Identifier: GPL-2.0-or-later
/* When the next backup is due, and what is a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "jobs/backups.h"
#include "scratch.h"

#define HOUR_S	3600
#define NIGHT_S	(20000LL * 86400 + 2 * HOUR_S)	/* 02:00 of some day */
#define LONG_S	(5 * HOUR_S)

static void test_once_a_night(void **state)
{
	(void)state;
	assert_true(ohtd_backup_is_due(NIGHT_S, NIGHT_S - 24 * HOUR_S, LONG_S, 2));
	assert_true(ohtd_backup_is_due(NIGHT_S + HOUR_S - 1, 0, LONG_S, 2));
	assert_false(ohtd_backup_is_due(NIGHT_S + 60, NIGHT_S, LONG_S, 2));
	assert_false(ohtd_backup_is_due(NIGHT_S + HOUR_S, NIGHT_S - 24 * HOUR_S, LONG_S, 2));
	assert_false(ohtd_backup_is_due(NIGHT_S - 1, NIGHT_S - 24 * HOUR_S, LONG_S, 2));
	/* Not while the daemon has just started. */
	assert_false(ohtd_backup_is_due(NIGHT_S, NIGHT_S - 24 * HOUR_S, 60, 2));
}

static void test_by_day_where_nights_are_off(void **state)
{
	const long long noon_s = NIGHT_S + 10 * HOUR_S;

	(void)state;
	assert_true(ohtd_backup_is_due(noon_s, noon_s - 37 * HOUR_S, LONG_S, 2));
	assert_false(ohtd_backup_is_due(noon_s, noon_s - 35 * HOUR_S, LONG_S, 2));
	assert_false(ohtd_backup_is_due(noon_s, noon_s - 37 * HOUR_S, HOUR_S, 2));
}

static int key_of(const char *text, mode_t mode)
{
	char dir[] = "/tmp/test-backups-XXXXXX", path[64];
	unsigned char key[OHTD_ARCHIVE_KEY_BYTES];
	int r;

	assert_int_equal(scratch_make(dir), 0);
	scratch_put(dir, "key", text);
	snprintf(path, sizeof(path), "%s/key", dir);
	assert_int_equal(chmod(path, mode), 0);
	r = ohtd_backup_key(path, key);
	assert_int_equal(scratch_remove(dir), 0);
	return r;
}

#define DIGITS	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_what_is_a_key(void **state)
{
	unsigned char key[OHTD_ARCHIVE_KEY_BYTES];

	(void)state;
	assert_int_equal(key_of(DIGITS "\n", 0600), 0);
	assert_int_equal(key_of(DIGITS, 0400), 0);
	/* Others could read it: it is closed to them, and that is counted. */
	assert_int_equal(ohtd_file_keys_closed(), 0);
	assert_int_equal(key_of(DIGITS, 0640), 0);
	assert_int_equal(ohtd_file_keys_closed(), 1);
	assert_int_equal(key_of(DIGITS "0", 0600), -EINVAL);
	assert_int_equal(key_of(&(DIGITS)[1], 0600), -EINVAL);
	assert_int_equal(key_of("", 0600), -EINVAL);
	assert_int_equal(key_of("0000000000000000000000000000000000000000000000000000000000000000", 0600), -EINVAL);
	assert_int_equal(ohtd_backup_key("", key), -ENOENT);
	/* One that is not there must not mean: in clear, then. */
	assert_int_equal(ohtd_backup_key("/nowhere/key", key), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_a_night),
		cmocka_unit_test(test_by_day_where_nights_are_off),
		cmocka_unit_test(test_what_is_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
