/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder with a database for one test, and how it is opened, refused and waited for.
 *
 * Owns:     the names of folder and database, and the reason of the last refusal.
 * Contexts: the test's main thread; store_nap() and WAIT_FOR(): any.
 * Locks:    none.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <stdatomic.h>

struct ohtd_db;

#define STORE_PAGE	4096
#define STORE_NOW_S	1800000000LL	/* 2027-01-15T08:00:00Z */

extern char store_dir[], store_path[64], store_why[512];

/* The folder, without a database. 0 or -1, as a set-up returns. */
int store_folder_make(void);
/* Removed with all that is in it; not 0 if that fails, as a tear-down returns. */
int store_folder_remove(void);
/* Both, of a program that needs no more. */
int store_set_up(void **state);
int store_tear_down(void **state);

/* Opens or makes the database; a refusal fails the test. */
struct ohtd_db *store_open_db(void);
/* Opening fails with one line that says @text. */
void store_refuse_open(const char *text);
/* From outside of our code: SQL that must succeed. */
void store_run_sql(const char *sql);
/* The same; the first column of the first row. */
long long store_ask_sql(const char *sql);

/* From outside, too: a page of the closed database, counted from 1, is noise. */
void store_smash(unsigned int page);

/* Work of the store: adds, or looks for, the account of this name. */
int store_work_add(struct ohtd_db *db, void *name);
int store_work_find(struct ohtd_db *db, void *name);
/* Work that says it is held, and ends when nobody holds it any more. */
extern atomic_bool store_hold, store_held;
int store_work_hang(struct ohtd_db *db, void *unused);

/* A millisecond. */
void store_nap(void);

/* Asks until @condition has held once: it may be over a moment later. The bound of a minute only ends a test that would hang. */
#define WAIT_FOR(condition)					\
	do {							\
		int naps_ = 0;					\
		while (!(condition)) {				\
			if (naps_++ >= 60000)			\
				fail_msg("never: %s", #condition);	\
			store_nap();				\
		}						\
	} while (0)

#endif /* STORE_FIXTURE_H */
