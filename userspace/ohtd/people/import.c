// SPDX-License-Identifier: GPL-2.0-or-later
/* POST users/import: accounts of persons from a table, all of them or none. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/rand.h>

#include "accounts/users.h"
#include "audit/audit.h"
#include "auth/accounts.h"
#include "auth/password.h"
#include "base/blank.h"
#include "base/clock.h"
#include "base/hex.h"
#include "common/csv.h"
#include "common/utf8.h"
#include "courses/courses.h"
#include "people/account.h"
#include "server/late.h"
#include "views/words.h"

#define CSV_BYTES_MAX	49152
/* So many faults are told at once. */
#define FAULTS_MAX	20
#define VALUE_BYTES	60
#define POINTER		"/csv"
#define ACT		"POST users/import"

enum column { USERNAME, ROLE, FULL_NAME, COLUMNS };

static const char *const column_names[] = { [USERNAME] = "username", [ROLE] = "role", [FULL_NAME] = "full_name" };

/* ---- what is said ---- */

struct import_query {
	int8_t dry_run;
};

OHTD_SHAPE(import_query, "AccountImportQuery",
	OHTD_TRISTATE(import_query, dry_run, .summary = "true: say what would be made, and make nothing"));

struct import_body {
	const char *csv;
};

OHTD_SHAPE(import_body, "AccountImport",
	OHTD_TEXT(import_body, csv, .flags = OHTD_NEEDED | OHTD_PRIVATE | OHTD_LINES, .min = 1, .max = CSV_BYTES_MAX,
		  .summary = "A table (RFC 4180) whose first line names its columns: username, role, full_name, in any order, the last one need not be there",
		  .example = "\"username,role,full_name\\nanna,operator,Anna Berg\\n\""));

struct import_item {
	int64_t line;
	int64_t id;
	const char *username;
	int role;
	const char *full_name;
};

OHTD_SHAPE(import_item, "AccountImportItem",
	OHTD_INTEGER(import_item, line, .summary = "Line of the table"),
	OHTD_INTEGER(import_item, id, .flags = OHTD_NULL, .summary = "Number of the account; null: a dry run has made none"),
	OHTD_TEXT(import_item, username, .summary = "Name to log in with", .example = "\"anna\""),
	OHTD_WORD(import_item, role, .words = &ohtd_role_words, .summary = "What is allowed"),
	OHTD_TEXT(import_item, full_name, .summary = "Empty: not said", .example = "\"Anna Berg\""));

struct import_view {
	bool dry_run;
	const struct import_item *items;
	size_t items_count;
};

OHTD_SHAPE(import_view, "AccountImported",
	OHTD_BOOLEAN(import_view, dry_run, .summary = "Nothing was made"),
	OHTD_LIST(import_view, items, import_item, .summary = "In the order of the table"));

/* ---- the table ---- */

/**
 * struct import_late - accounts from a table
 * @places: in the audit that were taken and are not used yet
 * @password: is forgotten at once: a log-in takes as long as that of others, and a code is the only way in
 */
struct import_late {
	struct ohtd_late late;
	struct ohtd_audit *audit;
	struct ohtd_courses *courses;
	int64_t by_id, by_epoch;
	char by[OHTD_USER_NAME_MAX + 1];
	char source[OHTD_AUDIT_SOURCE_BYTES];
	char request_id[OHTD_AUDIT_REQUEST_BYTES];
	unsigned int places;
	bool dry_run;
	struct ohtd_password_new password;
	struct ohtd_accounts_import import;
};

struct faults {
	struct ohtd_call *call;
	struct ohtd_error list[FAULTS_MAX];
	size_t count;
};

__attribute__((format(printf, 3, 4)))
static void complain(struct faults *faults, const char *code, const char *format, ...)
{
	char text[OHT_ERROR_BYTES];
	va_list args;

	if (faults->count == FAULTS_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	oht_error_one_line(text);
	faults->list[faults->count++] = (struct ohtd_error){ POINTER, code, ohtd_call_text_of(faults->call, "%s", text) };
}

/* Places of the columns, -1: it has none. */
static void find_columns(struct faults *faults, const struct oht_csv *csv, int place[COLUMNS])
{
	for (int column = 0; column < COLUMNS; column++)
		place[column] = -1;
	for (size_t i = 0; i < csv->columns; i++) {
		int column = 0;

		while (column < COLUMNS && strcmp(csv->header[i], column_names[column]))
			column++;
		if (column < COLUMNS)
			place[column] = (int)i;
		else
			complain(faults, "unknown_value", "the header has the column '%.*s'; columns are username, role, full_name",
				 oht_utf8_cut(csv->header[i], VALUE_BYTES), csv->header[i]);
	}
	for (int column = USERNAME; column <= ROLE; column++)
		if (place[column] < 0)
			complain(faults, "missing", "the header has no column '%s'", column_names[column]);
}

static const char *text_of(const struct oht_csv_row *row, int place)
{
	return place < 0 ? "" : row->field[place];
}

__attribute__((format(printf, 5, 6)))
static void complain_of(struct faults *faults, const char *code, const struct oht_csv_row *row, enum column column, const char *format, ...)
{
	char text[OHT_ERROR_BYTES / 2];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complain(faults, code, "line %u, %s: %s", row->line, column_names[column], text);
}

static void take_name(struct faults *faults, struct import_late *job, const struct oht_csv_row *row, const char *text)
{
	const char *unfit = ohtd_account_name_unfit(text);

	if (unfit) {
		complain_of(faults, "unfit", row, USERNAME, "'%.*s': %s", oht_utf8_cut(text, VALUE_BYTES), text, unfit);
		return;
	}
	for (unsigned int i = 0; i < job->import.count; i++)
		if (!strcasecmp(job->import.rows[i].name, text))
			complain_of(faults, "contradiction", row, USERNAME, "'%s' is in line %u, too", text, job->import.rows[i].line);
	strcpy(job->import.rows[job->import.count].name, text);
}

static void take_role(struct faults *faults, struct import_late *job, const struct oht_csv_row *row, const char *text)
{
	const int role = ohtd_word_number(&ohtd_role_words, text);

	if (role < 0)
		complain_of(faults, "unknown_value", row, ROLE, "'%.*s' is none of viewer, operator, supervisor, administrator",
			    oht_utf8_cut(text, VALUE_BYTES), text);
	else if (role > (int)faults->call->who.role)
		complain_of(faults, "range", row, ROLE, "%s is above the own role", text);
	job->import.rows[job->import.count].role = role;
}

static void take_full_name(struct faults *faults, struct import_late *job, const struct oht_csv_row *row, const char *text)
{
	const char *unfit = ohtd_optional_line_unfit(text);
	struct ohtd_accounts_import_row *kept = &job->import.rows[job->import.count];

	if (strlen(text) >= sizeof(kept->full_name))
		complain_of(faults, "length", row, FULL_NAME, "'%.*s...' has %zu bytes, at most %zu", oht_utf8_cut(text, VALUE_BYTES), text, strlen(text),
			    sizeof(kept->full_name) - 1);
	else if (unfit)
		complain_of(faults, "unfit", row, FULL_NAME, "'%.*s' %s", oht_utf8_cut(text, VALUE_BYTES), text, unfit);
	else
		strcpy(kept->full_name, text);
}

static void take_rows(struct faults *faults, struct import_late *job, const struct oht_csv *csv)
{
	int place[COLUMNS];

	find_columns(faults, csv, place);
	if (faults->count)
		return;
	if (!csv->rows)
		complain(faults, "missing", "the table has no line behind its header");
	if (csv->rows > OHTD_ACCOUNTS_IMPORT_MAX)
		complain(faults, "length", "the table has %zu lines, at most %d: divide it", csv->rows, OHTD_ACCOUNTS_IMPORT_MAX);
	for (size_t i = 0; i < csv->rows && i < OHTD_ACCOUNTS_IMPORT_MAX; i++) {
		const struct oht_csv_row *row = &csv->row[i];

		job->import.rows[job->import.count].line = row->line;
		take_name(faults, job, row, text_of(row, place[USERNAME]));
		take_role(faults, job, row, text_of(row, place[ROLE]));
		take_full_name(faults, job, row, text_of(row, place[FULL_NAME]));
		job->import.count++;
	}
}

/* False: it has been refused. */
static bool take_table(struct ohtd_call *call, struct import_late *job, const char *text)
{
	struct faults *faults = ohtd_call_alloc(call, sizeof(*faults));
	char error[OHT_ERROR_BYTES];
	struct oht_csv csv;

	faults->call = call;
	faults->count = 0;
	if (oht_csv_parse("csv", text, &csv, error)) {
		complain(faults, "unfit", "%s", *error ? error : "out of memory");
	} else {
		take_rows(faults, job, &csv);
		oht_csv_free(&csv);
	}
	if (faults->count)
		ohtd_reply_errors(call, 400, "validation", faults->list[0].detail, faults->list, faults->count);
	return !faults->count;
}

/* ---- making them ---- */

static int work_look(struct ohtd_db *db, void *arg)
{
	return ohtd_accounts_import_look(db, &((struct import_late *)arg)->import);
}

static int work_make(struct ohtd_db *db, void *arg)
{
	struct import_late *job = arg;
	int r = ohtd_people_giver_check(db, job->by_id, job->by_epoch);

	return r ? r : ohtd_accounts_import(db, &job->import);
}

/* On a thread for passwords. */
static int act_make(struct ohtd_late *late)
{
	struct import_late *job = (struct import_late *)late;
	unsigned char drawn[32];
	char text[2 * sizeof(drawn) + 1];
	int r;

	if (RAND_bytes(drawn, sizeof(drawn)) != 1)
		return -EIO;
	ohtd_hex_text(text, drawn, sizeof(drawn));
	ohtd_secret_set(&job->password.secret, text);
	explicit_bzero(text, sizeof(text));
	r = ohtd_password_hash(&job->password, job->import.password_hash, sizeof(job->import.password_hash));
	ohtd_secret_forget(&job->password.secret);
	return r ? r : ohtd_server_store_late(late, work_make);
}

/* One record for each account; the place of each was taken before. */
static void record(struct import_late *job, const struct ohtd_accounts_import_row *row)
{
	struct ohtd_audit_row record = { 0 };
	char after[96];

	strcpy(record.who, job->by);
	strcpy(record.act, ACT);
	strcpy(record.object, row->name);
	strcpy(record.result, "201");
	strcpy(record.source, job->source);
	strcpy(record.request_id, job->request_id);
	snprintf(after, sizeof(after), "{\"id\":%lld,\"role\":\"%s\",\"line\":%u}", (long long)row->id, ohtd_role_name(row->role), row->line);
	ohtd_audit_set_after(&record, after);
	ohtd_audit_add(job->audit, &record, 0, NULL);
}

/* Also when the client has left: it has been done. */
static void settle(struct ohtd_late *late)
{
	struct import_late *job = (struct import_late *)late;

	if (late->result || job->dry_run)
		return;
	for (unsigned int i = 0; i < job->import.count; i++) {
		ohtd_log(OHTD_LOG_NOTICE, "auth", "user_made", "%s (%s) by %s, line %u of a table", job->import.rows[i].name, ohtd_role_name(job->import.rows[i].role),
			 job->by, job->import.rows[i].line);
		if (job->audit)
			record(job, &job->import.rows[i]);
	}
	job->places = 0;
	ohtd_courses_accounts_changed(job->courses);
}

static void release(struct ohtd_late *late)
{
	struct import_late *job = (struct import_late *)late;

	for (; job->places; job->places--)
		ohtd_audit_give_back(job->audit, job->by);
}

static void refuse_taken(struct ohtd_call *call, const struct import_late *job)
{
	struct ohtd_error *faults = ohtd_call_alloc(call, FAULTS_MAX * sizeof(*faults));
	size_t count = 0;

	for (unsigned int i = 0; i < job->import.count && count < FAULTS_MAX; i++)
		if (job->import.rows[i].exists)
			faults[count++] = (struct ohtd_error){
				POINTER, "contradiction", ohtd_call_text_of(call, "line %u, username: there is an account '%s' already", job->import.rows[i].line, job->import.rows[i].name)
			};
	ohtd_reply_errors(call, 409, "user_exists", faults[0].detail, faults, count);
}

static void answer(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct import_late *job = (const struct import_late *)late;
	struct import_item *items = ohtd_call_alloc(call, OHTD_ACCOUNTS_IMPORT_MAX * sizeof(*items));
	const struct import_view view = { .dry_run = job->dry_run, .items = items, .items_count = job->import.count };
	struct ohtd_store_problem problem;

	if (late->result == -EEXIST) {
		refuse_taken(call, job);
		return;
	}
	if (late->result) {
		problem = ohtd_account_problem(late->result);
		ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
		return;
	}
	for (unsigned int i = 0; i < job->import.count; i++) {
		const struct ohtd_accounts_import_row *row = &job->import.rows[i];

		items[i] = (struct import_item){ row->line, job->dry_run ? OHTD_NONE : row->id, row->name, row->role, row->full_name };
	}
	if (job->dry_run)
		OHTD_REPLY(call, 200, import_view, &view);
	else
		OHTD_REPLY(call, 201, import_view, &view);
}

/* ---- the route ---- */

/* The audit has no more room than for what is recorded. False: it has been refused. */
static bool take_places(struct ohtd_call *call, struct import_late *job)
{
	for (; job->audit && job->places < job->import.count; job->places++) {
		unsigned int wait_s = ohtd_audit_admit(job->audit, job->by);

		if (wait_s) {
			ohtd_reply_header(call, "retry-after", ohtd_call_text_of(call, "%u", wait_s));
			ohtd_reply_problem(call, 429, "rate_limited", "the audit has no room for %u more accounts; wait for %u s", job->import.count, wait_s);
			return false;
		}
	}
	return true;
}

static void fill(struct ohtd_call *call, struct import_late *job)
{
	const struct import_query *query = OHTD_QUERY(call, import_query);

	job->late.settle = settle;
	job->late.release = release;
	job->audit = call->services->audit;
	job->courses = call->services->courses;
	job->by_id = call->who.user_id;
	job->by_epoch = call->who.epoch;
	job->import.now_s = ohtd_clock_wall_s(call->services->clock);
	job->dry_run = query->dry_run > 0;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	snprintf(job->source, sizeof(job->source), "%s", call->who.local ? "local" : ohtd_call_address(call));
	snprintf(job->request_id, sizeof(job->request_id), "%s", call->request_id);
}

static void post_import(struct ohtd_call *call)
{
	struct import_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	fill(call, job);
	call->noted.object = job->dry_run ? "dry run" : "table";
	if (!take_table(call, job, OHTD_INPUT(call, import_body)->csv) || (!job->dry_run && !take_places(call, job))) {
		ohtd_late_drop(&job->late);
		return;
	}
	call->noted.after = ohtd_call_text_of(call, "{\"accounts\":%u}", job->import.count);
	if (job->dry_run)
		ohtd_late_read(call, &job->late, work_look, answer);
	else
		ohtd_late_check(call, &job->late, NULL, act_make, answer);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_POST, .path = "users/import", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "make", "made", " accounts from a table" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .query = &import_query_shape, .body = &import_body_shape,
		.replies = { { 201, &import_view_shape }, { 200, &import_view_shape } },
		.problems = { "user_exists" },
		.handle = post_import,
		.summary = "Make accounts of persons from a table, all of them or none",
		.text = "None has a password: each person sets one by a code, POST users/{id}/reset-code. 200: a dry run, which has made none.",
	},
};

OHTD_ROUTE_TABLE(ohtd_people_import_routes, "Accounts", routes);
