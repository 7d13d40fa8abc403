// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load for the bench: audit_load FILE RECORDS. Puts so many records into the audit of that database, which is made if it is
 * not there, in batches as the daemon does, and prints how much of the processor one of them took: "append US COUNT".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"
#include "audit/rows.h"

#define BATCH	64
#define NOW_S	1800000000LL

static double cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int work_batch(struct ohtd_db *db, void *arg)
{
	struct ohtd_audit_row row = {
		.time_ns = NOW_S * 1000000000, .boot = "01234567-89ab-cdef-0123-456789abcdef", .who = "administrator",
		.act = "PATCH config", .object = "version 12", .before = "{\"/motion/jog_mm_s\":250}",
		.after = "{\"/motion/jog_mm_s\":200}", .result = "200", .source = "192.0.2.17", .request_id = "930b0bd529a27886",
	};
	struct ohtd_audit_tree tree;
	long *left = arg;
	int r = ohtd_db_audit_tree(db, &tree);

	for (int i = 0; !r && i < BATCH && *left; i++, --*left)
		r = ohtd_db_audit_append(db, &tree, &row);
	return r ? r : ohtd_db_audit_keep_tree(db, &tree);
}

int main(int argc, char **argv)
{
	long records = argc == 3 ? atol(argv[2]) : 0, left = records;
	struct ohtd_store *store;
	struct ohtd_db *db;
	char why[512];
	double begun;

	if (records < 1 || ohtd_db_open(&db, &ohtd_small_schema, argv[1], NOW_S, why, sizeof(why))) {
		fprintf(stderr, "audit_load: %s\n", records < 1 ? "audit_load FILE RECORDS" : why);
		return 1;
	}
	store = ohtd_store_start(db);
	begun = cpu_us();
	while (store && left)
		if (ohtd_store_call(store, work_batch, &left) < 0)
			return 1;
	printf("append %.3f %ld\n", (cpu_us() - begun) / (double)records, records);
	ohtd_store_stop(store);
	return store ? 0 : 1;
}
