// SPDX-License-Identifier: GPL-2.0-or-later
/* certificates: which accounts have passed which course, and overrides by two people. */
#include "people/people.h"
#include "people/qualify.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/accounts.h"
#include "base/blank.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/time_read.h"
#include "lists/stored_list.h"
#include "people/account.h"

#define DUE_DAYS_MAX	3650
#define TEXT_MAX	(OHTD_COURSES_TEXT_BYTES - 1)

/* ---- how one is shown ---- */

static const char *const states[] = {
	[OHTD_CERTIFICATE_VALID] = "valid", [OHTD_CERTIFICATE_DUE] = "due", [OHTD_CERTIFICATE_NOT_YET] = "not_yet",
	[OHTD_CERTIFICATE_ENDED] = "ended", [OHTD_CERTIFICATE_REVOKED] = "revoked", [OHTD_CERTIFICATE_WAITS] = "waits",
};
OHTD_WORDS_OF(state_words, states);

struct certificate {
	int64_t id;
	const char *user;
	const char *full_name;
	const char *course;
	const char *title;
	unsigned int state;
	const char *evidence;
	int64_t granted;
	const char *granted_by;
	int64_t starts;
	int64_t ends;
	int64_t revoked;
	const char *revoked_by;
	const char *revoked_why;
	int64_t override_hours;
	const char *confirmed_by;
};

OHTD_SHAPE(certificate, "CourseCertificate",
	OHTD_INTEGER(certificate, id, .summary = "Number, never given to another certificate"),
	OHTD_TEXT(certificate, user, .summary = "Account that has it", .example = "\"anna\""),
	OHTD_TEXT(certificate, full_name, .summary = "As the person says it; empty: not said", .example = "\"Anna Berg\""),
	OHTD_TEXT(certificate, course, .summary = "Name of the course", .example = "\"driver\""),
	OHTD_TEXT(certificate, title, .summary = "The same for people", .example = "\"Driver\""),
	OHTD_WORD(certificate, state, .words = &state_words,
		  .summary = "due: valid, ends within 30 days, and none follows; waits: an override without its second person"),
	OHTD_TEXT(certificate, evidence, .summary = "What shows it; of an override the reason; empty: nothing was said",
		  .example = "\"test of 2026-07-30, sheet 12\""),
	OHTD_TIME(certificate, granted, .flags = OHTD_NULL, .summary = "When it was entered"),
	OHTD_TEXT(certificate, granted_by, .summary = "The account that has granted it, or asked for the override", .example = "\"berta\""),
	OHTD_TIME(certificate, starts, .flags = OHTD_NULL, .summary = "When the course was passed; null: an override that waits"),
	OHTD_TIME(certificate, ends, .flags = OHTD_NULL, .summary = "From then on it opens nothing; null: an override that waits"),
	OHTD_TIME(certificate, revoked, .flags = OHTD_NULL, .summary = "null: it was not"),
	OHTD_TEXT(certificate, revoked_by, .flags = OHTD_NULL, .summary = "The account that has revoked it"),
	OHTD_TEXT(certificate, revoked_why, .flags = OHTD_NULL, .summary = "Why"),
	OHTD_INTEGER(certificate, override_hours, .flags = OHTD_NULL, .unit = "h", .summary = "How long an override by two people lasts; null: a certificate"),
	OHTD_TEXT(certificate, confirmed_by, .flags = OHTD_NULL, .summary = "The second person of an override; null: none"));

OHTD_LIST_ANSWER(certificate_list, "CourseCertificateList", certificate, "Certificates in the order asked for");

static int64_t time_of(int64_t time_s)
{
	return time_s ? time_s * (int64_t)OHTD_NS_PER_S : OHTD_NONE;
}

static struct certificate view_of(struct ohtd_call *call, const struct ohtd_courses_certificate *row)
{
	return (struct certificate){
		.id = row->id, .user = row->user, .full_name = row->full_name, .course = row->course, .title = row->title,
		.state = ohtd_courses_state_of(call->services->courses, row), .evidence = row->evidence,
		.granted = time_of(row->granted_s), .granted_by = row->granted_by, .starts = time_of(row->starts_s), .ends = time_of(row->ends_s),
		.revoked = time_of(row->revoked_s), .revoked_by = row->revoked_s ? row->revoked_by : NULL,
		.revoked_why = row->revoked_s ? row->revoked_why : NULL,
		.override_hours = row->override_ms ? row->override_ms / (3600 * 1000) : OHTD_NONE,
		.confirmed_by = *row->confirmed_by ? row->confirmed_by : NULL,
	};
}

/* ---- the list ---- */

static const char *const sorts[] = { OHTD_SORT_BY("id"), OHTD_SORT_BY("granted"), OHTD_SORT_BY("ends") };
OHTD_WORDS_OF(sort_words, sorts);

struct certificate_query {
	struct ohtd_page page;
	int64_t sort;
	const char *user;
	const char *course;
	int64_t due_within_days;
	const char *q;
};

OHTD_SHAPE(certificate_query, "CourseCertificateQuery",
	OHTD_PART(certificate_query, page, ohtd_page),
	OHTD_SORT(certificate_query, sort_words),
	OHTD_FILTER(certificate_query, user, "Only certificates of this account, capital letters or not"),
	OHTD_FILTER(certificate_query, course, "Only certificates of the course of this name, capital letters or not"),
	OHTD_INTEGER(certificate_query, due_within_days, .min = 0, .max = DUE_DAYS_MAX, .preset = OHTD_NONE, .unit = "d",
		     .summary = "Only those that end within so many days or have ended, were not revoked, and are followed by no later one; not of accounts that are disabled"),
	OHTD_SEARCH(certificate_query, "user, full_name, course or title"));

static void show(struct ohtd_call *call, const void *row, void *item)
{
	*(struct certificate *)item = view_of(call, row);
}

/* Days from now are a time; below a supervisor a person sees the own certificates. */
static void narrow(struct ohtd_call *call, struct ohtd_list_query *query)
{
	for (size_t i = 0; i < query->filter_count; i++)
		if (query->filters[i].column == ohtd_row_asked(query->row, "due_within_days"))
			query->filters[i].number = ohtd_clock_wall_s(call->services->clock) + query->filters[i].number * OHTD_COURSES_DAY_S;
	if (call->who.role < OHTD_ROLE_SUPERVISOR)
		ohtd_list_narrow(query, ohtd_row_asked(query->row, "user_id"), call->who.user_id, NULL);
}

static const struct ohtd_stored_list kept_certificates = { .row = &ohtd_courses_certificates_row, .show = show, .narrow = narrow };

/* ---- what is done with one ---- */

struct certificate_late {
	struct ohtd_late late;
	struct ohtd_people_qualify act;
};

static void settle(struct ohtd_late *late)
{
	static const char *const acts[] = {
		[OHTD_COURSES_GRANT] = "was granted", [OHTD_COURSES_REVOKE] = "was revoked", [OHTD_COURSES_OVERRIDE] = "waits as an override, asked for",
		[OHTD_COURSES_CONFIRM] = "is stood in for by an override, confirmed",
	};
	struct ohtd_people_qualify *act = &((struct certificate_late *)late)->act;
	const struct ohtd_courses_certificate *certificate = &act->order.certificate;

	if (late->result)
		return;
	ohtd_courses_settle(act->courses, &act->order);
	ohtd_log(certificate->override_ms ? OHTD_LOG_WARNING : OHTD_LOG_NOTICE, "courses", "certificate_changed",
		 "%" PRId64 ", %s of %s, %s by %s", certificate->id, certificate->course, certificate->user, acts[act->order.what], act->order.by);
}

static void release(struct ohtd_late *late)
{
	ohtd_courses_release(&((struct certificate_late *)late)->act.order);
}

static int work(struct ohtd_db *db, void *arg)
{
	return ohtd_people_qualify_work(db, &((struct certificate_late *)arg)->act);
}

static void answer(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct ohtd_courses_order *order = &((struct certificate_late *)late)->act.order;
	struct certificate view = view_of(call, &order->certificate);

	if (late->result) {
		ohtd_people_qualify_refuse(call, order, late->result);
		return;
	}
	call->noted.object = ohtd_call_text_of(call, "certificates/%" PRId64 ", %s of %s", view.id, view.course, view.user);
	call->noted.after = ohtd_call_json(call, &certificate_shape, &view);
	if (order->what == OHTD_COURSES_GRANT || order->what == OHTD_COURSES_OVERRIDE)
		OHTD_REPLY(call, 201, certificate, &view);
	else
		OHTD_REPLY(call, 200, certificate, &view);
}

static struct certificate_late *make_job(struct ohtd_call *call, enum ohtd_courses_what what)
{
	struct certificate_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->late.settle = settle;
	job->late.release = release;
	ohtd_people_qualify_begin(call, &job->act, what);
	job->act.order.certificate.id = call->params.id;
	return job;
}

static void submit(struct ohtd_call *call, struct certificate_late *job)
{
	ohtd_late_write(call, &job->late, work, answer);
}

static void take_names(struct ohtd_courses_order *order, const char *user, const char *course, const char *evidence)
{
	snprintf(order->certificate.user, sizeof(order->certificate.user), "%s", user);
	snprintf(order->course.name, sizeof(order->course.name), "%s", course);
	snprintf(order->certificate.evidence, sizeof(order->certificate.evidence), "%s", evidence ? evidence : "");
}

#define NAMES(S_)									\
	OHTD_TEXT(S_, user, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_USER_NAME_MAX, .unfit = ohtd_account_name_unfit,	\
		  .pattern = OHTD_USER_NAME_PATTERN, .summary = "Name of the account, also of a service account", .example = "\"anna\""),	\
	OHTD_TEXT(S_, course, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_COURSES_NAME_BYTES - 1, .unfit = ohtd_line_unfit,	\
		  .summary = "Name of the course", .example = "\"driver\"")

/* ---- granting ---- */

struct grant {
	const char *user;
	const char *course;
	const char *evidence;
	const char *starts;
	const char *ends;
};

OHTD_SHAPE(grant, "NewCourseCertificate",
	NAMES(grant),
	OHTD_TEXT(grant, evidence, .max = TEXT_MAX, .unfit = ohtd_text_unfit, .summary = "What shows that the course was passed",
		  .example = "\"test of 2026-07-30, sheet 12\""),
	OHTD_TEXT(grant, starts, .min = 1, .max = 40, .summary = "When it was passed, as 2026-07-30T12:00:00Z; left out: now"),
	OHTD_TEXT(grant, ends, .min = 1, .max = 40, .summary = "Until when; left out, and at most: as long as the course says"));

/* False: it has been refused. */
static bool take_time(struct ohtd_call *call, const char *pointer, const char *text, int64_t *time_s)
{
	int64_t time_ns;

	if (!text)
		return true;
	if (!ohtd_time_read(text, &time_ns) || time_ns <= 0) {
		ohtd_reply_member(call, pointer, "unfit", "'%s' is no time as 2026-07-30T12:00:00Z", text);
		return false;
	}
	*time_s = time_ns / (int64_t)OHTD_NS_PER_S;
	return true;
}

static bool take_times(struct ohtd_call *call, const struct grant *said, struct ohtd_courses_order *order)
{
	struct ohtd_courses_certificate *certificate = &order->certificate;

	certificate->starts_s = order->now_s;
	if (!take_time(call, "/starts", said->starts, &certificate->starts_s) || !take_time(call, "/ends", said->ends, &certificate->ends_s))
		return false;
	if (certificate->starts_s <= order->now_s)
		return true;
	ohtd_reply_member(call, "/starts", "range", "%s is not yet: a course is passed before its certificate is granted", said->starts);
	return false;
}

static void post_certificate(struct ohtd_call *call)
{
	const struct grant *said = OHTD_INPUT(call, grant);
	struct certificate_late *job = make_job(call, OHTD_COURSES_GRANT);

	if (!job)
		return;
	take_names(&job->act.order, said->user, said->course, said->evidence);
	if (take_times(call, said, &job->act.order))
		submit(call, job);
	else
		ohtd_late_drop(&job->late);
}

/* ---- revoking ---- */

struct revocation {
	const char *reason;
};

OHTD_SHAPE(revocation, "CourseRevocation",
	OHTD_TEXT(revocation, reason, .flags = OHTD_NEEDED, .min = 1, .max = TEXT_MAX, .unfit = ohtd_line_unfit,
		  .summary = "Why, which the list keeps", .example = "\"moved to another hall\""));

static void delete_certificate(struct ohtd_call *call)
{
	struct certificate_late *job = make_job(call, OHTD_COURSES_REVOKE);

	if (!job)
		return;
	snprintf(job->act.order.certificate.revoked_why, sizeof(job->act.order.certificate.revoked_why), "%s", OHTD_INPUT(call, revocation)->reason);
	submit(call, job);
}

/* ---- an override by two people ---- */

struct override {
	const char *user;
	const char *course;
	const char *reason;
	int64_t hours;
};

OHTD_SHAPE(override, "NewCourseOverride",
	NAMES(override),
	OHTD_TEXT(override, reason, .flags = OHTD_NEEDED, .min = 1, .max = TEXT_MAX, .unfit = ohtd_line_unfit, .summary = "What the emergency is",
		  .example = "\"load hangs above the line, driver is ill\""),
	OHTD_INTEGER(override, hours, .min = 1, .max = OHTD_OVERRIDE_HOURS_MAX, .preset = OHTD_OVERRIDE_HOURS_MAX, .unit = "h",
		     .summary = "How long it lasts from its confirmation on; a start of the machine ends it, too"));

static void post_override(struct ohtd_call *call)
{
	const struct override *said = OHTD_INPUT(call, override);
	struct certificate_late *job;

	if (!ohtd_call_has_session(call))
		return;
	job = make_job(call, OHTD_COURSES_OVERRIDE);
	if (!job)
		return;
	take_names(&job->act.order, said->user, said->course, said->reason);
	job->act.order.certificate.override_ms = said->hours * 3600 * 1000;
	submit(call, job);
}

static void post_confirm(struct ohtd_call *call)
{
	struct certificate_late *job;

	if (!ohtd_call_has_session(call))
		return;
	job = make_job(call, OHTD_COURSES_CONFIRM);
	if (job)
		submit(call, job);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "certificates", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &certificate_query_shape,
		.replies = { { 200, &certificate_list_shape } },
		.handle = ohtd_stored_list_get, .list = &kept_certificates,
		.summary = "Certificates of courses, also those that are over; below a supervisor the own ones",
	}, {
		.method = OHTD_POST, .path = "certificates", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "grant", "granted", " a certificate" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC | OHTD_ROUTE_NO_COURSE, .body_bytes_max = 4096, .body = &grant_shape,
		.replies = { { 201, &certificate_shape } },
		.problems = { "unknown_user", "unknown_course", "own_certificate", "too_many_certificates", "clock_unkept" },
		.handle = post_certificate,
		.summary = "Grant a certificate to another account",
		.text = "By the role that the course says, and never to the own account.",
	}, {
		.method = OHTD_DELETE, .path = "certificates/{id}", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "revoke", "revoked", " a certificate" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_NO_COURSE, .body_bytes_max = 4096, .body = &revocation_shape,
		.replies = { { 200, &certificate_shape } },
		.problems = { "not_found", "certificate_revoked" },
		.handle = delete_certificate,
		.summary = "Revoke a certificate, or end an override; the list keeps it",
	}, {
		.method = OHTD_POST, .path = "certificates/override", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "ask", "asked", " for an override of a course" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC | OHTD_ROUTE_NO_COURSE, .body_bytes_max = 4096, .body = &override_shape,
		.replies = { { 201, &certificate_shape } },
		.problems = { "no_session", "unknown_user", "unknown_course", "own_certificate", "override_runs", "course_not_required", "too_many_certificates" },
		.handle = post_override,
		.summary = "In an emergency: ask that another account may do without a certificate for at most 8 hours",
		.text = "It waits for 15 minutes for a second person, who is neither the one that asks nor the one that it is for.",
	}, {
		.method = OHTD_POST, .path = "certificates/{id}/confirm", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "confirm", "confirmed", " an override of a course" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_NO_COURSE, .body_bytes_max = 1024,
		.replies = { { 200, &certificate_shape } },
		.problems = { "no_session", "not_found", "own_certificate", "override_confirmed", "override_over", "certificate_revoked" },
		.handle = post_confirm,
		.summary = "Confirm an override as the second person",
	},
};

OHTD_ROUTE_TABLE(ohtd_people_certificate_routes, "Qualifications", routes);
