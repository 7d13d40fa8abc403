// SPDX-License-Identifier: GPL-2.0-or-later
#include "courses/rows.h"

#include <errno.h>
#include <string.h>

#include "store/sql.h"

/* ---- courses ---- */

static const struct ohtd_stored_column course_columns[] = {
	OHTD_COLUMN(ohtd_courses_course, id, .asked = "id"),
	OHTD_COLUMN(ohtd_courses_course, name, .asked = "name", .searched = true),	/* never changes */
	OHTD_COLUMN(ohtd_courses_course, title, .searched = true),
	OHTD_COLUMN(ohtd_courses_course, valid_days, .asked = "valid_days"),
	OHTD_COLUMN(ohtd_courses_course, grant_role, .most = OHTD_ACCOUNT_ROLE_MAX),
	OHTD_COLUMN(ohtd_courses_course, verbs),
	OHTD_COLUMN(ohtd_courses_course, modules),
	OHTD_COLUMN(ohtd_courses_course, routes),
	OHTD_COLUMN(ohtd_courses_course, modes),
	OHTD_COLUMN(ohtd_courses_course, scenarios),
	OHTD_COLUMN(ohtd_courses_course, required, .asked = "required"),
	OHTD_COLUMN(ohtd_courses_course, changed_s),
	OHTD_COLUMN(ohtd_courses_course, certificates, .seen = true),
};

const struct ohtd_stored_row ohtd_courses_row = {
	.table = "courses",
	.from = "(SELECT c.*, (SELECT count(*) FROM certificates t WHERE t.course_id = c.id AND NOT t.revoked_s AND NOT t.override_ms)"
		" AS certificates FROM courses c)",
	.bytes = sizeof(struct ohtd_courses_course), .key = &course_columns[0], OHTD_COLUMNS(course_columns),
};

static const struct ohtd_statement get_course_sql = {
	" WHERE iif(:id, id = :id, name = :name COLLATE NOCASE)", &ohtd_courses_row, ohtd_row_select
};
static const struct ohtd_statement list_courses_sql = { " ORDER BY id LIMIT :limit", &ohtd_courses_row, ohtd_row_select };
static const struct ohtd_statement count_courses_sql = { "SELECT count(*) FROM courses" };
static const struct ohtd_statement add_course_sql = {
	"INSERT INTO courses (name, title, valid_days, grant_role, verbs, modules, routes, modes, scenarios, required, changed_s)"
	" VALUES (:name, :title, :valid_days, :grant_role, :verbs, :modules, :routes, :modes, :scenarios, :required, :changed_s)", &ohtd_courses_row
};
static const struct ohtd_statement change_course_sql = {
	"UPDATE courses SET title = :title, valid_days = :valid_days, grant_role = :grant_role, verbs = :verbs, modules = :modules,"
	" routes = :routes, modes = :modes, scenarios = :scenarios, required = :required, changed_s = :changed_s WHERE id = :id", &ohtd_courses_row
};
static const struct ohtd_statement delete_course_sql = { "DELETE FROM courses WHERE id = :id" };
static const struct ohtd_statement delete_certificates_sql = { "DELETE FROM certificates WHERE course_id = :id" };
/* An override that waits has no end yet. */
#define IN_FORCE	"NOT revoked_s AND (ends_s > :now OR (override_ms AND confirmed_by = '' AND granted_s > :now - 3600))"
static const struct ohtd_statement in_force_sql = { "SELECT count(*) FROM certificates WHERE course_id = :id AND " IN_FORCE };

int ohtd_courses_rows_begin(struct ohtd_db *db)
{
	return ohtd_db_begin(db);
}

int ohtd_courses_rows_end(struct ohtd_db *db, int result)
{
	return ohtd_db_end(db, result);
}

/* First column of the only row, or a negative errno. */
static int number_of(struct ohtd_db *db, sqlite3_stmt *s)
{
	int r = ohtd_db_row(db, s);

	if (r > 0)
		r = sqlite3_column_int(s, 0);
	sqlite3_reset(s);
	return r;
}

static int run_for(struct ohtd_db *db, const struct ohtd_statement *statement, int64_t id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, statement);

	ohtd_db_bind_number(s, ":id", id);
	return ohtd_db_run(db, s);
}

int ohtd_courses_row_get(struct ohtd_db *db, struct ohtd_courses_course *course)
{
	return ohtd_db_get(db, &get_course_sql, course);
}

int ohtd_courses_row_add(struct ohtd_db *db, struct ohtd_courses_course *course)
{
	int r = number_of(db, ohtd_db_statement(db, &count_courses_sql));

	if (r < 0)
		return r;
	if (r >= OHTD_COURSES_MAX)
		return -E2BIG;
	r = ohtd_db_put(db, &add_course_sql, course);
	if (!r)
		course->id = sqlite3_last_insert_rowid(db->sql);
	return r;
}

int ohtd_courses_row_change(struct ohtd_db *db, const struct ohtd_courses_course *course)
{
	return ohtd_db_put(db, &change_course_sql, course);
}

int ohtd_courses_row_delete(struct ohtd_db *db, int64_t id)
{
	int r = run_for(db, &delete_certificates_sql, id);

	return r ? r : run_for(db, &delete_course_sql, id);
}

int ohtd_courses_rows_in_force(struct ohtd_db *db, int64_t course_id, int64_t now_s)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &in_force_sql);

	ohtd_db_bind_number(s, ":id", course_id);
	ohtd_db_bind_number(s, ":now", now_s);
	return number_of(db, s);
}

static const struct ohtd_statement passed_sql = {
	"SELECT count(DISTINCT name) FROM scenarios WHERE user_id = :user_id AND state = 'passed' AND ended_ns > :since AND name <> :scenario"
	" AND instr(',' || :scenarios || ',', ',' || name || ',')"
};

int ohtd_courses_rows_passed(struct ohtd_db *db, const struct ohtd_courses_course *course, int64_t user_id, const char *scenario, int64_t since_ns)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &passed_sql);
	int others = 0, r;

	for (const char *comma = course->scenarios; (comma = strchr(comma, ',')); comma++)
		others++;
	ohtd_db_bind_number(s, ":user_id", user_id);
	ohtd_db_bind_number(s, ":since", since_ns);
	ohtd_db_bind_text(s, ":scenario", scenario);
	ohtd_db_bind_text(s, ":scenarios", course->scenarios);
	r = number_of(db, s);
	return r < 0 ? r : r == others;
}

int ohtd_courses_rows(struct ohtd_db *db, struct ohtd_courses_course *courses, int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_courses_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":limit", max);
	while ((r = ohtd_db_row(db, s)) > 0 && count < max)
		ohtd_row_take(s, &ohtd_courses_row, &courses[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : count;
}

/* ---- certificates ---- */

static const struct ohtd_stored_column certificate_columns[] = {
	OHTD_COLUMN(ohtd_courses_certificate, id, .asked = "id"),
	OHTD_COLUMN(ohtd_courses_certificate, user_id, .asked = "user_id"),
	OHTD_COLUMN(ohtd_courses_certificate, user, .seen = true, .asked = "user", .searched = true),
	OHTD_COLUMN(ohtd_courses_certificate, full_name, .seen = true, .searched = true),
	OHTD_COLUMN(ohtd_courses_certificate, user_off, .seen = true),
	OHTD_COLUMN(ohtd_courses_certificate, course_id),
	OHTD_COLUMN(ohtd_courses_certificate, course, .seen = true, .asked = "course", .searched = true),
	OHTD_COLUMN(ohtd_courses_certificate, title, .seen = true, .searched = true),
	OHTD_COLUMN(ohtd_courses_certificate, evidence),
	OHTD_COLUMN(ohtd_courses_certificate, granted_s, .asked = "granted"),
	OHTD_COLUMN(ohtd_courses_certificate, granted_by),
	OHTD_COLUMN(ohtd_courses_certificate, granted_by_id),
	OHTD_COLUMN(ohtd_courses_certificate, starts_s),
	OHTD_COLUMN(ohtd_courses_certificate, ends_s, .asked = "ends"),
	OHTD_COLUMN(ohtd_courses_certificate, revoked_s),
	OHTD_COLUMN(ohtd_courses_certificate, revoked_by),
	OHTD_COLUMN(ohtd_courses_certificate, revoked_by_id),
	OHTD_COLUMN(ohtd_courses_certificate, revoked_why),
	OHTD_COLUMN(ohtd_courses_certificate, override_ms),
	OHTD_COLUMN(ohtd_courses_certificate, confirmed_by),
	OHTD_COLUMN(ohtd_courses_certificate, confirmed_by_id),
	OHTD_COLUMN(ohtd_courses_certificate, boot_id),
	OHTD_COLUMN(ohtd_courses_certificate, until_boot_ms),
	OHTD_COLUMN(ohtd_courses_certificate, due_s, .seen = true, .asked = "due_within_days", .match = OHTD_MATCH_BEFORE),
};

#define NOT_DUE	"4611686018"
_Static_assert(OHTD_COURSES_NOT_DUE == 4611686018, "NOT_DUE is OHTD_COURSES_NOT_DUE");

const struct ohtd_stored_row ohtd_courses_certificates_row = {
	.table = "certificates",
	.from = "(SELECT t.*, u.name AS user, coalesce(p.full_name, '') AS full_name, u.disabled AS user_off, c.name AS course, c.title AS title,"
		" iif(t.revoked_s OR t.override_ms OR u.disabled OR EXISTS (SELECT 1 FROM certificates n WHERE n.user_id = t.user_id"
		" AND n.course_id = t.course_id AND NOT n.revoked_s AND NOT n.override_ms AND (n.ends_s, n.id) > (t.ends_s, t.id)),"
		" " NOT_DUE ", t.ends_s) AS due_s FROM certificates t JOIN users u ON u.id = t.user_id AND u.deleted_s IS NULL"
		" JOIN courses c ON c.id = t.course_id LEFT JOIN profiles p ON p.user_id = t.user_id)",
	.bytes = sizeof(struct ohtd_courses_certificate), .key = &certificate_columns[0], OHTD_COLUMNS(certificate_columns),
};

static const struct ohtd_statement get_sql = { " WHERE id = :id", &ohtd_courses_certificates_row, ohtd_row_select };
static const struct ohtd_statement list_sql = { " WHERE id > :after ORDER BY id LIMIT :limit", &ohtd_courses_certificates_row, ohtd_row_select };
static const struct ohtd_statement count_sql = { "SELECT count(*) FROM certificates" };
static const struct ohtd_statement drop_sql = {
	"DELETE FROM certificates WHERE id = (SELECT min(id) FROM certificates WHERE NOT (" IN_FORCE "))"
};
static const struct ohtd_statement add_sql = {
	"INSERT INTO certificates (user_id, course_id, evidence, granted_s, granted_by, granted_by_id, starts_s, ends_s, revoked_s, revoked_by,"
	" revoked_by_id, revoked_why, override_ms, confirmed_by, confirmed_by_id, boot_id, until_boot_ms) VALUES (:user_id, :course_id, :evidence,"
	" :granted_s, :granted_by, :granted_by_id, :starts_s, :ends_s, 0, '', 0, '', :override_ms, '', 0, :boot_id, :until_boot_ms)",
	&ohtd_courses_certificates_row
};
static const struct ohtd_statement change_sql = {
	"UPDATE certificates SET starts_s = :starts_s, ends_s = :ends_s, revoked_s = :revoked_s, revoked_by = :revoked_by,"
	" revoked_by_id = :revoked_by_id, revoked_why = :revoked_why, confirmed_by = :confirmed_by, confirmed_by_id = :confirmed_by_id,"
	" until_boot_ms = :until_boot_ms WHERE id = :id", &ohtd_courses_certificates_row
};

static const struct ohtd_statement runs_sql = {
	"SELECT count(*) > 0 FROM certificates WHERE user_id = :user_id AND course_id = :course_id AND override_ms AND NOT revoked_s"
	" AND boot_id = :boot_id AND until_boot_ms > :now"
};

int ohtd_courses_override_runs(struct ohtd_db *db, const struct ohtd_courses_certificate *wished, int64_t now_boot_ms)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &runs_sql);

	ohtd_db_bind_number(s, ":user_id", wished->user_id);
	ohtd_db_bind_number(s, ":course_id", wished->course_id);
	ohtd_db_bind_text(s, ":boot_id", wished->boot_id);
	ohtd_db_bind_number(s, ":now", now_boot_ms);
	return number_of(db, s);
}

int ohtd_courses_certificate_get(struct ohtd_db *db, struct ohtd_courses_certificate *certificate)
{
	return ohtd_db_get(db, &get_sql, certificate);
}

/* 0: there is room. */
static int make_room(struct ohtd_db *db, int64_t now_s)
{
	int r = number_of(db, ohtd_db_statement(db, &count_sql));
	sqlite3_stmt *s;

	if (r < OHTD_CERTIFICATES_MAX)
		return r < 0 ? r : 0;
	s = ohtd_db_statement(db, &drop_sql);
	ohtd_db_bind_number(s, ":now", now_s);
	r = ohtd_db_run(db, s);
	return r ? r : sqlite3_changes(db->sql) ? 0 : -E2BIG;
}

int ohtd_courses_certificate_add(struct ohtd_db *db, struct ohtd_courses_certificate *certificate, int64_t now_s)
{
	int r = make_room(db, now_s);

	r = r ? r : ohtd_db_put(db, &add_sql, certificate);
	if (!r)
		certificate->id = sqlite3_last_insert_rowid(db->sql);
	return r;
}

int ohtd_courses_certificate_change(struct ohtd_db *db, const struct ohtd_courses_certificate *certificate)
{
	return ohtd_db_put(db, &change_sql, certificate);
}

int ohtd_courses_certificates(struct ohtd_db *db, int64_t after, struct ohtd_courses_certificate *certificates, int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":after", after);
	ohtd_db_bind_number(s, ":limit", max);
	while ((r = ohtd_db_row(db, s)) > 0 && count < max)
		ohtd_row_take(s, &ohtd_courses_certificates_row, &certificates[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : count;
}
