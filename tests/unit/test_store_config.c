// SPDX-License-Identifier: GPL-2.0-or-later
/* How many versions of the configuration are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "settings/version_rows.h"
#include "store/db.h"
#include "store_fixture.h"

#define DAY_NS	(86400 * 1000000000LL)
/* Of the oldest: two days, in each of which there were so many. */
#define A_DAY	600
#define NOUGHTS	", 0, 0, 0, 0, 0, 0"

/* Version @version, of the day after that of the fixture. */
static void add(struct ohtd_db *db, int64_t version)
{
	struct ohtd_config_kept *kept = calloc(1, sizeof(*kept));

	assert_non_null(kept);
	kept->head = (struct ohtd_config_version){ .version = version, .parent = version - 1, .created_ns = 9 * DAY_NS };
	snprintf(kept->head.author, sizeof(kept->head.author), "anna");
	snprintf(kept->document, sizeof(kept->document), "{}");
	assert_int_equal(ohtd_db_config_add(db, kept), 0);
	free(kept);
}

static void of_old_versions_the_rescue_and_the_last_of_each_day_stay(void **state)
{
	const int most = OHTD_CONFIG_VERSIONS_MOST, there = most + 2 * A_DAY;
	struct ohtd_db *db = store_open_db();
	char sql[700];

	(void)state;
	snprintf(sql, sizeof(sql),
		 "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < %d)"
		 " INSERT OR REPLACE INTO config_versions (version, parent, author, reason, created_ns, document, rescue)"
		 " SELECT v, v - 1, 'ben', '', min((v - 1) / %d, 8) * %lld + 7, '{}', v = 5 FROM n;"
		 " INSERT INTO config_effects SELECT value, 'time', 1, 1" NOUGHTS NOUGHTS NOUGHTS " FROM json_each('[4, 5]');",
		 there, A_DAY, DAY_NS);
	store_run_sql(sql);
	add(db, there + 1);
	/* Below those that are always kept there are the rescue and the last ones of the first two days. */
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), most + 3);
	assert_int_equal(store_ask_sql("SELECT min(version) FROM config_versions"), 5);
	assert_int_equal(store_ask_sql("SELECT max(version) FROM config_versions WHERE created_ns < 86400000000000"), A_DAY);
	snprintf(sql, sizeof(sql), "SELECT min(version) FROM config_versions WHERE version > %d", A_DAY);
	assert_int_equal(store_ask_sql(sql), 2 * A_DAY);
	assert_int_equal(store_ask_sql("SELECT group_concat(version) FROM config_effects"), 5);
	/* Of the third day one more goes. */
	add(db, there + 2);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM config_versions"), most + 3);
	ohtd_db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_old_versions_the_rescue_and_the_last_of_each_day_stay, store_set_up, store_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
