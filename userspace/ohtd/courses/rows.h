/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about courses and certificates.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call() and ohtd_store_read().
 * Locks:    none.
 */
#ifndef OHTD_COURSES_ROWS_H
#define OHTD_COURSES_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "accounts/users.h"
#include "store/list.h"

struct ohtd_db;

#define OHTD_COURSES_MAX		32
#define OHTD_CERTIFICATES_MAX		4096
#define OHTD_COURSES_NAME_BYTES		33
#define OHTD_COURSES_TITLE_BYTES	129
#define OHTD_COURSES_LIST_BYTES		256
#define OHTD_COURSES_ROUTES_BYTES	1024
#define OHTD_COURSES_TEXT_BYTES		513	/* evidence, and why a certificate was revoked */
#define OHTD_COURSES_ALL_MODULES	"all"
#define OHTD_COURSES_DAYS_MAX		3650
#define OHTD_COURSES_DAY_S		(24 * 3600ll)

/**
 * struct ohtd_courses_course - what a person must have learned for some acts
 * @id: never given to another course
 * @name: word for programs; unique, capital letters or not
 * @title: for people
 * @valid_days: the longest time of a certificate
 * @grant_role: the least role that grants its certificates, enum ohtd_role
 * @verbs: of POST robot/commands, with commas between them; "": none
 * @modules: the same of unit addresses whose registers are written, or "all"
 * @routes: the same of routes, "POST safety/reset"
 * @modes: the same of modes that are chosen
 * @scenarios: the same of situations for training: an account that has passed each of them has earned a certificate
 * @required: these acts are refused without a certificate
 * @changed_s: wall clock of the newest change; 0: as shipped
 * @certificates: how many it has that were not revoked, without overrides
 */
struct ohtd_courses_course {
	int64_t id;
	char name[OHTD_COURSES_NAME_BYTES];
	char title[OHTD_COURSES_TITLE_BYTES];
	int64_t valid_days;
	int grant_role;
	char verbs[OHTD_COURSES_LIST_BYTES];
	char modules[OHTD_COURSES_LIST_BYTES];
	char routes[OHTD_COURSES_ROUTES_BYTES];
	char modes[OHTD_COURSES_LIST_BYTES];
	char scenarios[OHTD_COURSES_LIST_BYTES];
	bool required;
	int64_t changed_s;
	int64_t certificates;
};

/**
 * struct ohtd_courses_certificate - an account has passed a course, or stands in for that by an override
 * @id: never given to another certificate
 * @user_id, @user, @full_name, @user_off: the account; @user_off: it is disabled
 * @course_id, @course, @title: the course
 * @evidence: what shows it; of an override the reason
 * @granted_s, @granted_by, @granted_by_id: when, and by which account; id 0: none
 * @starts_s, @ends_s: wall clock; of an override that waits 0
 * @revoked_s, @revoked_by, @revoked_by_id, @revoked_why: 0 and "": it was not
 * @override_ms: life of an override; 0: a certificate
 * @confirmed_by, @confirmed_by_id: the second person of an override; "": it waits
 * @boot_id, @until_boot_ms: of an override: CLOCK_BOOTTIME of that boot at which it ends, or until which it waits
 * @due_s: @ends_s of a certificate that is to be renewed: it is the latest of its account and course and was not revoked, and the account is
 *	not disabled. Otherwise OHTD_COURSES_NOT_DUE
 */
struct ohtd_courses_certificate {
	int64_t id;
	int64_t user_id;
	char user[OHTD_USER_NAME_MAX + 1];
	char full_name[OHTD_FULL_NAME_BYTES];
	bool user_off;
	int64_t course_id;
	char course[OHTD_COURSES_NAME_BYTES];
	char title[OHTD_COURSES_TITLE_BYTES];
	char evidence[OHTD_COURSES_TEXT_BYTES];
	int64_t granted_s;
	char granted_by[OHTD_USER_NAME_MAX + 1];
	int64_t granted_by_id;
	int64_t starts_s;
	int64_t ends_s;
	int64_t revoked_s;
	char revoked_by[OHTD_USER_NAME_MAX + 1];
	int64_t revoked_by_id;
	char revoked_why[OHTD_COURSES_TEXT_BYTES];
	int64_t override_ms;
	char confirmed_by[OHTD_USER_NAME_MAX + 1];
	int64_t confirmed_by_id;
	char boot_id[OHTD_BOOT_ID_BYTES];
	int64_t until_boot_ms;
	int64_t due_s;
};

/* The greatest time that a row has (store/row.h), in seconds. */
#define OHTD_COURSES_NOT_DUE	(OHTD_TIME_MAX_NS / 1000000000)

extern const struct ohtd_stored_row ohtd_courses_row, ohtd_courses_certificates_row;

/* ---- parts of a transaction of acts.c ---- */

/* As ohtd_db_begin() and ohtd_db_end() (store/sql.h). */
int ohtd_courses_rows_begin(struct ohtd_db *db);
int ohtd_courses_rows_end(struct ohtd_db *db, int result);

/* By @course->id, or by @course->name when that is 0. 0, -ENOENT or another negative errno. */
int ohtd_courses_row_get(struct ohtd_db *db, struct ohtd_courses_course *course);

/* 0, -EEXIST: there is one of that name, -E2BIG: there are OHTD_COURSES_MAX, or another negative errno. @course->id is filled. */
int ohtd_courses_row_add(struct ohtd_db *db, struct ohtd_courses_course *course);

/* All members but id and name. 0 or a negative errno. */
int ohtd_courses_row_change(struct ohtd_db *db, const struct ohtd_courses_course *course);

/* With certificates of it that are over. 0 or a negative errno. */
int ohtd_courses_row_delete(struct ohtd_db *db, int64_t id);

/*
 * 1 if the account has passed each of @course->scenarios since @since_ns, or is just passing @scenario as the last one; 0 if not, or a negative
 * errno.
 */
int ohtd_courses_rows_passed(struct ohtd_db *db, const struct ohtd_courses_course *course, int64_t user_id, const char *scenario, int64_t since_ns);

/* How many certificates and overrides of a course are neither revoked nor over at @now_s, or a negative errno. */
int ohtd_courses_rows_in_force(struct ohtd_db *db, int64_t course_id, int64_t now_s);

/* By @certificate->id. 0, -ENOENT or another negative errno. */
int ohtd_courses_certificate_get(struct ohtd_db *db, struct ohtd_courses_certificate *certificate);

/*
 * Takes the place of the oldest one that is over at @now_s when there are OHTD_CERTIFICATES_MAX. 0, -E2BIG: none is over, or another negative
 * errno. @certificate->id is filled.
 */
int ohtd_courses_certificate_add(struct ohtd_db *db, struct ohtd_courses_certificate *certificate, int64_t now_s);

/* Writes its end, revocation and confirmation. 0 or a negative errno. */
int ohtd_courses_certificate_change(struct ohtd_db *db, const struct ohtd_courses_certificate *certificate);

/* 1 if the account has an override of the course that waits or lasts, 0 if not, or a negative errno. */
int ohtd_courses_override_runs(struct ohtd_db *db, const struct ohtd_courses_certificate *wished, int64_t now_boot_ms);

/* All courses, and all certificates of accounts, one after the other by their id. How many of @max, or a negative errno. */
int ohtd_courses_rows(struct ohtd_db *db, struct ohtd_courses_course *courses, int max);
int ohtd_courses_certificates(struct ohtd_db *db, int64_t after, struct ohtd_courses_certificate *certificates, int max);

#endif /* OHTD_COURSES_ROWS_H */
