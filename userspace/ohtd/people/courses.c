// SPDX-License-Identifier: GPL-2.0-or-later
/* courses: what a person must have learned for some acts. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/blank.h"
#include "base/clock.h"
#include "base/log.h"
#include "courses/courses.h"
#include "lists/stored_list.h"
#include "people/account.h"
#include "people/qualify.h"
#include "robot/verbs.h"
#include "training/training.h"
#include "views/words.h"

#define LIST_MAX	32
#define NAME_PATTERN	"^[A-Za-z0-9._-]+$"
#define DAYS_PRESET	365

/* ---- how one is shown ---- */

static const char *granter_name(unsigned int role)
{
	return role == OHTD_ROLE_SUPERVISOR || role == OHTD_ROLE_ADMINISTRATOR ? ohtd_role_name((int)role) : NULL;
}

static const struct ohtd_words granter_words = {
	.name = granter_name, .first = OHTD_ROLE_SUPERVISOR, .end = OHTD_ROLE_ADMINISTRATOR + 1,
};

struct course {
	int64_t id;
	const char *name;
	const char *title;
	int64_t valid_days;
	int grant_role;
	const char *const *verbs;
	size_t verbs_count;
	const char *const *modules;
	size_t modules_count;
	const char *const *routes;
	size_t routes_count;
	const char *const *modes;
	size_t modes_count;
	const char *const *scenarios;
	size_t scenarios_count;
	bool required;
	int64_t certificates;
	int64_t changed;
};

OHTD_SHAPE(course, "Course",
	OHTD_INTEGER(course, id, .summary = "Number, never given to another course"),
	OHTD_TEXT(course, name, .summary = "Word for programs", .example = "\"driver\""),
	OHTD_TEXT(course, title, .summary = "For people", .example = "\"Driver\""),
	OHTD_INTEGER(course, valid_days, .unit = "d", .summary = "The longest time of a certificate"),
	OHTD_WORD(course, grant_role, .words = &granter_words, .summary = "The least role that grants its certificates"),
	OHTD_TEXTS(course, verbs, .summary = "Verbs of POST robot/commands that need it"),
	OHTD_TEXTS(course, modules, .summary = "Unit addresses of modules whose registers are written with it, or all"),
	OHTD_TEXTS(course, routes, .summary = "Routes that need it, as the audit names them"),
	OHTD_TEXTS(course, modes, .summary = "Modes that are chosen with it"),
	OHTD_TEXTS(course, scenarios, .summary = "Scenarios: an account that has passed each of them is granted a certificate by the robot"),
	OHTD_BOOLEAN(course, required, .summary = "These acts are refused without a certificate of it; false: it is a list and no more"),
	OHTD_INTEGER(course, certificates, .summary = "Certificates that were not revoked, also those that have ended"),
	OHTD_TIME(course, changed, .flags = OHTD_NULL, .summary = "Newest change; null: as shipped"));

OHTD_LIST_ANSWER(course_list, "CourseList", course, "Courses in the order asked for");

static struct course view_of(struct ohtd_call *call, const struct ohtd_courses_course *row)
{
	struct course view = {
		.id = row->id, .name = row->name, .title = row->title, .valid_days = row->valid_days, .grant_role = row->grant_role,
		.required = row->required, .certificates = row->certificates,
		.changed = row->changed_s ? row->changed_s * (int64_t)OHTD_NS_PER_S : OHTD_NONE,
	};

	view.verbs = ohtd_people_split(call, row->verbs, &view.verbs_count);
	view.modules = ohtd_people_split(call, row->modules, &view.modules_count);
	view.routes = ohtd_people_split(call, row->routes, &view.routes_count);
	view.modes = ohtd_people_split(call, row->modes, &view.modes_count);
	view.scenarios = ohtd_people_split(call, row->scenarios, &view.scenarios_count);
	return view;
}

static const char *const sorts[] = { OHTD_SORT_BY("id"), OHTD_SORT_BY("name"), OHTD_SORT_BY("valid_days") };
OHTD_WORDS_OF(sort_words, sorts);

struct course_query {
	struct ohtd_page page;
	int64_t sort;
	const char *name;
	int8_t required;
	const char *q;
};

OHTD_SHAPE(course_query, "CourseQuery",
	OHTD_PART(course_query, page, ohtd_page),
	OHTD_SORT(course_query, sort_words),
	OHTD_FILTER(course_query, name, "Only the course of this name, capital letters or not"),
	OHTD_TRISTATE(course_query, required, .summary = "Only courses that are required, or that are not"),
	OHTD_SEARCH(course_query, "name or title"));

static void show(struct ohtd_call *call, const void *row, void *item)
{
	*(struct course *)item = view_of(call, row);
}

static const struct ohtd_stored_list kept_courses = { .row = &ohtd_courses_row, .show = show };

/* ---- what a body may name ---- */

static bool is_verb(struct ohtd_call *call, const char *text)
{
	(void)call;
	for (unsigned int verb = 0; verb < OHTD_VERBS; verb++) {
		const struct ohtd_verb_row *row = ohtd_verb_row(ohtd_verb_kind(verb));

		if (!strcmp(row->word, text))
			return !(row->flags & OHTD_ENDS_MOTION);
	}
	return false;
}

static bool is_module(struct ohtd_call *call, const char *text)
{
	return !strcmp(text, OHTD_COURSES_ALL_MODULES) || ohtd_people_is_unit(call, text);
}

static bool is_mode(struct ohtd_call *call, const char *text)
{
	(void)call;
	return ohtd_word_number(&ohtd_mode_words, text) >= 0;
}

static bool is_scenario(struct ohtd_call *call, const char *text)
{
	(void)call;
	return ohtd_training_find(text);
}

static const struct ohtd_people_words verbs = {
	"/verbs", "is no verb of POST robot/commands that begins something", is_verb, OHTD_COURSES_LIST_BYTES
};
static const struct ohtd_people_words modules = {
	"/modules", "is neither a unit address in decimal, 1 to 247, nor all", is_module, OHTD_COURSES_LIST_BYTES
};
static const struct ohtd_people_words course_routes = {
	"/routes", "is no route that a course may be asked for, as POST safety/reset", ohtd_server_takes_course, OHTD_COURSES_ROUTES_BYTES
};
static const struct ohtd_people_words modes = { "/modes", "is no mode of the robot", is_mode, OHTD_COURSES_LIST_BYTES };
static const struct ohtd_people_words scenarios = { "/scenarios", "is none of GET scenarios", is_scenario, OHTD_COURSES_LIST_BYTES };

#define LISTS(S_)									\
	OHTD_TEXTS(S_, verbs, .max = LIST_MAX, .summary = "Verbs of POST robot/commands that need it; none that stops the robot",	\
		   .example = "[\"move\",\"jog\"]"),					\
	OHTD_TEXTS(S_, modules, .max = LIST_MAX, .summary = "Unit addresses of modules whose registers are written with it, or all",	\
		   .example = "[\"4\"]"),						\
	OHTD_TEXTS(S_, routes, .max = LIST_MAX, .summary = "Routes that need it; none that reads, stops, or takes motion away",	\
		   .example = "[\"POST safety/reset\"]"),				\
	OHTD_TEXTS(S_, modes, .max = LIST_MAX, .summary = "Modes that are chosen with it", .example = "[\"maintenance\"]"),	\
	OHTD_TEXTS(S_, scenarios, .max = LIST_MAX, .summary = "Scenarios by which a certificate is earned, once each of them was passed",	\
		   .example = "[\"obstacle\",\"silent_module\"]")
#define TITLE(S_, flags_)								\
	OHTD_TEXT(S_, title, .flags = (flags_), .min = 1, .max = OHTD_COURSES_TITLE_BYTES - 1, .unfit = ohtd_line_unfit, .summary = "For people",	\
		  .example = "\"Crane driver\"")

/* ---- what is done with one ---- */

struct course_late {
	struct ohtd_late late;
	struct ohtd_people_qualify act;
};

static void settle(struct ohtd_late *late)
{
	static const char *const acts[] = {
		[OHTD_COURSES_ADD] = "was made", [OHTD_COURSES_CHANGE] = "was changed", [OHTD_COURSES_DELETE] = "was deleted",
	};
	struct ohtd_people_qualify *act = &((struct course_late *)late)->act;

	if (late->result)
		return;
	ohtd_courses_settle(act->courses, &act->order);
	ohtd_log(OHTD_LOG_NOTICE, "courses", "course_changed", "%s %s by %s%s", act->order.course.name, acts[act->order.what], act->order.by,
		 act->order.what != OHTD_COURSES_DELETE && act->order.course.required ? ", required" : "");
}

static void release(struct ohtd_late *late)
{
	ohtd_courses_release(&((struct course_late *)late)->act.order);
}

static int work(struct ohtd_db *db, void *arg)
{
	return ohtd_people_qualify_work(db, &((struct course_late *)arg)->act);
}

static void answer(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct ohtd_courses_order *order = &((struct course_late *)late)->act.order;
	struct course now = view_of(call, &order->course), before = view_of(call, &order->before);

	if (late->result) {
		ohtd_people_qualify_refuse(call, order, late->result);
		return;
	}
	call->noted.object = ohtd_call_text_of(call, "courses/%s", order->course.name);
	if (order->what != OHTD_COURSES_ADD)
		call->noted.before = ohtd_call_json(call, &course_shape, &before);
	if (order->what == OHTD_COURSES_DELETE) {
		ohtd_reply_empty(call, 204);
		return;
	}
	call->noted.after = ohtd_call_json(call, &course_shape, &now);
	OHTD_REPLY(call, order->what == OHTD_COURSES_ADD ? 201 : 200, course, &now);
}

static struct course_late *make_job(struct ohtd_call *call, enum ohtd_courses_what what)
{
	struct course_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->late.settle = settle;
	job->late.release = release;
	ohtd_people_qualify_begin(call, &job->act, what);
	job->act.order.course.id = call->params.id;
	return job;
}

/* ---- reading one ---- */

struct look_late {
	struct ohtd_late late;
	struct ohtd_courses_course row;
};

static int read_course(struct ohtd_db *db, void *arg)
{
	return ohtd_courses_row_get(db, &((struct look_late *)arg)->row);
}

static void reply_course(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct look_late *job = (const struct look_late *)late;
	struct course view = view_of(call, &job->row);

	if (late->result)
		ohtd_people_qualify_refuse(call, &(struct ohtd_courses_order){ .what = OHTD_COURSES_CHANGE, .course = job->row }, late->result);
	else
		OHTD_REPLY(call, 200, course, &view);
}

static void get_course(struct ohtd_call *call)
{
	struct look_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->row.id = call->params.id;
	ohtd_late_read(call, &job->late, read_course, reply_course);
}

/* ---- making and changing ---- */

struct course_new {
	const char *name;
	const char *title;
	int64_t valid_days;
	int64_t grant_role;
	const char *const *verbs;
	size_t verbs_count;
	const char *const *modules;
	size_t modules_count;
	const char *const *routes;
	size_t routes_count;
	const char *const *modes;
	size_t modes_count;
	const char *const *scenarios;
	size_t scenarios_count;
	int8_t required;
};

static const char *name_unfit(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return text[n] ? "must have letters, digits and characters of \".\", \"_\", \"-\" only" : NULL;
}

OHTD_SHAPE(course_new, "NewCourse",
	OHTD_TEXT(course_new, name, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_COURSES_NAME_BYTES - 1, .unfit = name_unfit, .pattern = NAME_PATTERN,
		  .summary = "Word for programs, which stays: letters, digits and . _ -", .example = "\"crane\""),
	TITLE(course_new, OHTD_NEEDED),
	OHTD_INTEGER(course_new, valid_days, .min = 1, .max = OHTD_COURSES_DAYS_MAX, .preset = DAYS_PRESET, .unit = "d",
		     .summary = "The longest time of a certificate"),
	OHTD_WORD(course_new, grant_role, .words = &granter_words, .preset = OHTD_ROLE_ADMINISTRATOR,
		  .summary = "The least role that grants its certificates"),
	LISTS(course_new),
	OHTD_TRISTATE(course_new, required, .summary = "true: these acts are refused without a certificate from now on"));

struct course_patch {
	const char *title;
	int64_t valid_days;
	int64_t grant_role;
	const char *const *verbs;
	size_t verbs_count;
	const char *const *modules;
	size_t modules_count;
	const char *const *routes;
	size_t routes_count;
	const char *const *modes;
	size_t modes_count;
	const char *const *scenarios;
	size_t scenarios_count;
	int8_t required;
};

OHTD_SHAPE(course_patch, "CourseChange",
	TITLE(course_patch, 0),
	OHTD_INTEGER(course_patch, valid_days, .min = 1, .max = OHTD_COURSES_DAYS_MAX, .preset = OHTD_NONE, .unit = "d",
		     .summary = "The longest time of a certificate that is granted from now on"),
	OHTD_WORD(course_patch, grant_role, .words = &granter_words, .preset = OHTD_NONE, .summary = "The least role that grants its certificates"),
	LISTS(course_patch),
	OHTD_TRISTATE(course_patch, required, .summary = "true: these acts are refused without a certificate from now on"));

/* Both bodies have these members. False: one has been refused. */
static bool take_lists(struct ohtd_call *call, const struct course_patch *said, struct ohtd_courses_course *course)
{
	return ohtd_people_join(call, &verbs, said->verbs, said->verbs_count, course->verbs) &&
	       ohtd_people_join(call, &modules, said->modules, said->modules_count, course->modules) &&
	       ohtd_people_join(call, &course_routes, said->routes, said->routes_count, course->routes) &&
	       ohtd_people_join(call, &modes, said->modes, said->modes_count, course->modes) &&
	       ohtd_people_join(call, &scenarios, said->scenarios, said->scenarios_count, course->scenarios);
}

static bool take_members(struct ohtd_call *call, const struct course_patch *said, struct ohtd_courses_order *order)
{
	struct ohtd_courses_course *course = &order->course;

	snprintf(course->title, sizeof(course->title), "%s", said->title ? said->title : "");
	course->valid_days = said->valid_days;
	course->grant_role = (int)said->grant_role;
	course->required = said->required > 0;
	order->members = (said->title ? OHTD_COURSES_TITLE : 0) | (said->valid_days != OHTD_NONE ? OHTD_COURSES_DAYS : 0) |
			 (said->grant_role != OHTD_NONE ? OHTD_COURSES_GRANTERS : 0) | (said->verbs ? OHTD_COURSES_VERBS : 0) |
			 (said->modules ? OHTD_COURSES_MODULES : 0) | (said->routes ? OHTD_COURSES_ROUTES : 0) |
			 (said->modes ? OHTD_COURSES_MODES : 0) | (said->scenarios ? OHTD_COURSES_SCENARIOS : 0) |
			 (said->required >= 0 ? OHTD_COURSES_REQUIRED : 0);
	return take_lists(call, said, course);
}

static void submit(struct ohtd_call *call, struct course_late *job, const struct course_patch *said)
{
	if (take_members(call, said, &job->act.order))
		ohtd_late_write(call, &job->late, work, answer);
	else
		ohtd_late_drop(&job->late);
}

static void post_course(struct ohtd_call *call)
{
	const struct course_new *said = OHTD_INPUT(call, course_new);
	const struct course_patch members = {
		.title = said->title, .valid_days = said->valid_days, .grant_role = said->grant_role, .required = said->required,
		.verbs = said->verbs, .verbs_count = said->verbs_count, .modules = said->modules, .modules_count = said->modules_count,
		.routes = said->routes, .routes_count = said->routes_count, .modes = said->modes, .modes_count = said->modes_count,
		.scenarios = said->scenarios, .scenarios_count = said->scenarios_count,
	};
	struct course_late *job = make_job(call, OHTD_COURSES_ADD);

	if (!job)
		return;
	snprintf(job->act.order.course.name, sizeof(job->act.order.course.name), "%s", said->name);
	submit(call, job, &members);
}

static bool is_empty(const struct course_patch *said)
{
	return !said->title && said->valid_days == OHTD_NONE && said->grant_role == OHTD_NONE && !said->verbs && !said->modules && !said->routes &&
	       !said->modes && !said->scenarios && said->required < 0;
}

static void patch_course(struct ohtd_call *call)
{
	const struct course_patch *said = OHTD_INPUT(call, course_patch);
	struct course_late *job;

	if (is_empty(said)) {
		ohtd_reply_member(call, "", "empty", OHTD_ACCOUNT_PATCH_EMPTY);
		return;
	}
	job = make_job(call, OHTD_COURSES_CHANGE);
	if (job)
		submit(call, job, said);
}

static void delete_course(struct ohtd_call *call)
{
	struct course_late *job = make_job(call, OHTD_COURSES_DELETE);

	if (job)
		ohtd_late_write(call, &job->late, work, answer);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "courses", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &course_query_shape,
		.replies = { { 200, &course_list_shape } },
		.handle = ohtd_stored_list_get, .list = &kept_courses,
		.summary = "Courses, and the acts that need them",
	}, {
		.method = OHTD_POST, .path = "courses", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "make", "made", " a course" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC | OHTD_ROUTE_NO_COURSE, .body_bytes_max = 8192, .body = &course_new_shape,
		.replies = { { 201, &course_shape } },
		.problems = { "course_exists", "too_many_courses", "clock_unkept" },
		.handle = post_course,
		.summary = "Make a course",
		.text = "Each required course that names an act is needed for it.",
	}, {
		.method = OHTD_GET, .path = "courses/{id}", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &course_shape } },
		.problems = { "not_found" },
		.handle = get_course,
		.summary = "One course",
	}, {
		.method = OHTD_PATCH, .path = "courses/{id}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "change", "changed", " a course" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_NO_COURSE, .body_bytes_max = 8192, .body = &course_patch_shape,
		.replies = { { 200, &course_shape } },
		.problems = { "not_found", "clock_unkept" },
		.handle = patch_course,
		.summary = "Change a course, or switch it on or off",
	}, {
		.method = OHTD_DELETE, .path = "courses/{id}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "delete", "deleted", " a course" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_NO_COURSE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found", "course_in_use" },
		.handle = delete_course,
		.summary = "Delete a course of which no certificate is in force, with those that are over",
	},
};

OHTD_ROUTE_TABLE(ohtd_people_course_routes, "Qualifications", routes);
