// SPDX-License-Identifier: GPL-2.0-or-later
/* GET auth/profile, PATCH auth/me: what a person says of the own account. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/blank.h"
#include "people/account.h"
#include "server/late.h"
#include "accounts/users.h"

#define VIEWS_MAX	20
#define TEXT_MAX(m_)	(sizeof(((struct ohtd_account_profile *)0)->m_) - 1)

enum { METRIC, IMPERIAL };
static const char *const units[] = { [METRIC] = "metric", [IMPERIAL] = "imperial" };
OHTD_WORDS_OF(unit_words, units);

enum { AUTO, LIGHT, DARK };
static const char *const themes[] = { [AUTO] = "auto", [LIGHT] = "light", [DARK] = "dark" };
OHTD_WORDS_OF(theme_words, themes);

/* ---- texts ---- */

#define LETTERS		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS		"0123456789"

/* Parts of @letters with one of @between between each two; false for an empty part. */
static bool has_parts(const char *text, const char *letters, const char *between)
{
	size_t bytes;

	while ((bytes = strspn(text, letters))) {
		text += bytes;
		if (!*text)
			return true;
		if (!strchr(between, *text++))
			return false;
	}
	return false;
}

static const char *language_unfit(const char *text)
{
	return !*text || has_parts(text, LETTERS DIGITS, "-") ? NULL : "must be a language as en or de-CH";
}

/* The browser has the list of zones; the robot judges the form alone. */
static const char *zone_unfit(const char *text)
{
	return !*text || has_parts(text, LETTERS DIGITS "_+-", "/") ? NULL : "must be a zone of time as Europe/Zurich";
}

/* ---- how it is shown, and what of it can be changed ---- */

struct saved_view {
	const char *name;
	const char *query;
};

OHTD_SHAPE(saved_view, "SavedView",
	OHTD_TEXT(saved_view, name, .flags = OHTD_NEEDED | OHTD_PRIVATE, .min = 1, .max = 64, .unfit = ohtd_line_unfit, .summary = "For the person",
		  .example = "\"battery\""),
	OHTD_TEXT(saved_view, query, .flags = OHTD_NEEDED | OHTD_PRIVATE, .min = 1, .max = 512, .unfit = ohtd_line_unfit,
		  .summary = "Of the page History, as its address has it", .example = "\"signals=battery_v&range=1h\""));

struct profile {
	const char *full_name;
	const char *language;
	const char *units;
	const char *zone;
	const char *theme;
	const struct saved_view *views;
	size_t views_count;
};

OHTD_SHAPE(profile, "OwnProfile",
	OHTD_TEXT(profile, full_name, .summary = "For other people; administrators see it in the list of accounts", .example = "\"Anna Berg\""),
	OHTD_TEXT(profile, language, .summary = "As BCP 47 names it; empty: not said", .example = "\"de-CH\""),
	OHTD_TEXT(profile, units, .words = &unit_words, .summary = "In which values are to be shown"),
	OHTD_TEXT(profile, zone, .summary = "Zone of time, as the IANA names it; empty: that of the browser", .example = "\"Europe/Zurich\""),
	OHTD_TEXT(profile, theme, .words = &theme_words, .summary = "Colours of the page; auto: as the browser"),
	OHTD_LIST(profile, views, saved_view, .summary = "Saved views of the page History"));

struct profile_patch {
	const char *full_name;
	const char *language;
	int64_t units;
	const char *zone;
	int64_t theme;
	const struct saved_view *views;
	size_t views_count;
};

OHTD_SHAPE(profile_patch, "OwnProfileChange",
	OHTD_TEXT(profile_patch, full_name, .flags = OHTD_SOME | OHTD_PRIVATE, .max = TEXT_MAX(full_name), .unfit = ohtd_optional_line_unfit,
		  .summary = "For other people; empty: none", .example = "\"Anna Berg\""),
	OHTD_TEXT(profile_patch, language, .flags = OHTD_SOME | OHTD_PRIVATE, .max = TEXT_MAX(language), .unfit = language_unfit,
		  .summary = "As BCP 47 names it; empty: not said", .example = "\"de-CH\""),
	OHTD_WORD(profile_patch, units, .flags = OHTD_SOME, .words = &unit_words, .preset = OHTD_NONE, .summary = "In which values are to be shown"),
	OHTD_TEXT(profile_patch, zone, .flags = OHTD_SOME | OHTD_PRIVATE, .max = TEXT_MAX(zone), .unfit = zone_unfit,
		  .summary = "Zone of time, as the IANA names it; empty: that of the browser", .example = "\"Europe/Zurich\""),
	OHTD_WORD(profile_patch, theme, .flags = OHTD_SOME, .words = &theme_words, .preset = OHTD_NONE, .summary = "Colours of the page"),
	OHTD_LIST(profile_patch, views, saved_view, .flags = OHTD_SOME, .max = VIEWS_MAX,
		  .summary = "All saved views of the page History from now on, with 8192 bytes together"));

/* A name and a query are two lines. */
static void read_views(struct ohtd_call *call, struct profile *view, const char *lines)
{
	struct saved_view *views = ohtd_call_alloc(call, VIEWS_MAX * sizeof(*views));
	char *rest = NULL, *text = ohtd_call_alloc(call, strlen(lines) + 1), *name, *query;

	strcpy(text, lines);
	view->views = views;
	for (name = strtok_r(text, "\n", &rest); name && view->views_count < VIEWS_MAX; name = strtok_r(NULL, "\n", &rest)) {
		query = strtok_r(NULL, "\n", &rest);
		if (!query)
			break;
		views[view->views_count++] = (struct saved_view){ name, query };
	}
}

static void reply_profile(struct ohtd_call *call, const struct ohtd_account_profile *row)
{
	struct profile view = {
		.full_name = row->full_name, .language = row->language, .units = row->units, .zone = row->zone, .theme = row->theme,
	};

	read_views(call, &view, row->views);
	OHTD_REPLY(call, 200, profile, &view);
}

/* ---- the routes ---- */

/* What of a profile one request changes. */
static const struct { size_t at, bytes; } members[] = {
#define MEMBER(m_)	{ offsetof(struct ohtd_account_profile, m_), sizeof(((struct ohtd_account_profile *)0)->m_) }
	MEMBER(full_name), MEMBER(language), MEMBER(units), MEMBER(zone), MEMBER(theme), MEMBER(views),
};
enum { FULL_NAME, LANGUAGE, UNITS, ZONE, THEME, VIEWS, MEMBERS };

/**
 * struct profile_late - a profile is read or changed
 * @profile: as it is
 * @said: as it is to be, in the members that @given has
 */
struct profile_late {
	struct ohtd_late late;
	int64_t epoch;
	struct ohtd_account_profile profile;
	struct ohtd_account_profile said;
	bool given[MEMBERS];
};

static int work_read(struct ohtd_db *db, void *arg)
{
	struct profile_late *job = arg;
	int64_t id = job->profile.user_id;
	int r = ohtd_account_profile_get(db, &job->profile);

	if (r != -ENOENT)
		return r;
	job->profile = (struct ohtd_account_profile){ .user_id = id };
	strcpy(job->profile.units, units[METRIC]);
	strcpy(job->profile.theme, themes[AUTO]);
	return 0;
}

/* On the store's thread, which does nothing in between. */
static int work_change(struct ohtd_db *db, void *arg)
{
	struct profile_late *job = arg;
	int r = ohtd_people_giver_check(db, job->profile.user_id, job->epoch);

	r = r ? r : work_read(db, job);
	if (r)
		return r;
	for (int i = 0; i < MEMBERS; i++)
		if (job->given[i])
			memcpy((char *)&job->profile + members[i].at, (const char *)&job->said + members[i].at, members[i].bytes);
	return ohtd_account_profile_put(db, &job->profile);
}

static void answer(struct ohtd_call *call, struct ohtd_late *late)
{
	struct ohtd_store_problem problem;

	if (!late->result) {
		reply_profile(call, &((const struct profile_late *)late)->profile);
		return;
	}
	problem = ohtd_account_problem(late->result);
	ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
}

static struct profile_late *make_job(struct ohtd_call *call)
{
	struct profile_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->profile.user_id = call->who.user_id;
	job->epoch = call->who.epoch;
	return job;
}

static void get_profile(struct ohtd_call *call)
{
	struct profile_late *job;

	if (!ohtd_call_has_session(call))
		return;
	job = make_job(call);
	if (job)
		ohtd_late_read(call, &job->late, work_read, answer);
}

static void give(struct profile_late *job, int member, const char *text)
{
	if (!text)
		return;
	job->given[member] = true;
	snprintf((char *)&job->said + members[member].at, members[member].bytes, "%s", text);
}

/* False: it has been refused. */
static bool give_views(struct ohtd_call *call, struct profile_late *job, const struct profile_patch *said)
{
	char *lines = job->said.views;
	size_t used = 0;

	job->given[VIEWS] = said->views;
	for (size_t i = 0; i < said->views_count; i++) {
		const struct saved_view *view = &said->views[i];

		for (size_t other = 0; other < i; other++)
			if (!strcmp(said->views[other].name, view->name)) {
				ohtd_reply_member(call, ohtd_call_text_of(call, "/views/%zu/name", i), "contradiction", "is the name of another one, too");
				return false;
			}
		used += (size_t)snprintf(lines + used, sizeof(job->said.views) - used, "%s\n%s\n", view->name, view->query);
		if (used >= sizeof(job->said.views)) {
			ohtd_reply_member(call, "/views", "length", "all together have at most %zu bytes", sizeof(job->said.views) - 1);
			return false;
		}
	}
	return true;
}

static bool is_empty(const struct profile_late *job)
{
	for (int i = 0; i < MEMBERS; i++)
		if (job->given[i])
			return false;
	return true;
}

static void patch_profile(struct ohtd_call *call)
{
	const struct profile_patch *said = OHTD_INPUT(call, profile_patch);
	struct profile_late *job;

	if (!ohtd_call_has_session(call))
		return;
	job = make_job(call);
	if (!job)
		return;
	give(job, FULL_NAME, said->full_name);
	give(job, LANGUAGE, said->language);
	give(job, UNITS, said->units == OHTD_NONE ? NULL : units[said->units]);
	give(job, ZONE, said->zone);
	give(job, THEME, said->theme == OHTD_NONE ? NULL : themes[said->theme]);
	if (!give_views(call, job, said)) {
		ohtd_late_drop(&job->late);
	} else if (is_empty(job)) {
		ohtd_reply_member(call, "", "empty", OHTD_ACCOUNT_PATCH_EMPTY);
		ohtd_late_drop(&job->late);
	} else {
		ohtd_late_write(call, &job->late, work_change, answer);
	}
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "auth/profile", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &profile_shape } },
		.problems = { "no_session" },
		.handle = get_profile,
		.summary = "What the person who asks has said of the own account",
	}, {
		.method = OHTD_PATCH, .path = "auth/me", .role = OHTD_ROLE_VIEWER,
		.act = { "change", "changed", " the own profile" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_DAILY, .body_bytes_max = 16384, .body = &profile_patch_shape,
		.replies = { { 200, &profile_shape } },
		.problems = { "no_session" },
		.handle = patch_profile,
		.summary = "Change the own profile: the members that are given; ends no session",
		.text = "Nothing of it permits anything. It goes with the account.",
	},
};

OHTD_ROUTE_TABLE(ohtd_profile_routes, "Sessions", routes);
