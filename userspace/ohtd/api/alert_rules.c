// SPDX-License-Identifier: GPL-2.0-or-later
/* alert-rules: rules on values, shipped and own; alert-trials: which alerts they would have given. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "alerts/alerts.h"
#include "alerts/kept.h"
#include "alerts/rules.h"
#include "alerts/trial.h"
#include "base/clock.h"
#include "api/alert_rule_form.h"
#include "common/utf8.h"
#include "history/history.h"
#include "http/accept.h"
#include "server/change.h"
#include "server/late.h"
#include "lists/list.h"
#include "lists/span.h"
#include "robot/telemetry.h"

#define DAY_NS		(86400 * (int64_t)OHTD_NS_PER_S)
#define USUAL_NS	(7 * DAY_NS)
/* So much of the time for an answer is the trial's. */
#define TRIAL_NS	(OHTD_LATE_MS * OHTD_NS_PER_MS * 7 / 10)

/* ---- rules ---- */

struct rule_list {
	const struct ohtd_api_rule_form *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(rule_list, "AlertRuleList",
	OHTD_LIST(rule_list, items, ohtd_api_rule_form, .summary = "All rules, the shipped ones first"),
	OHTD_NEXT_CURSOR(rule_list));

static void get_rules(struct ohtd_call *call)
{
	struct ohtd_api_rule_form *items = ohtd_call_alloc(call, OHTD_ALERT_RULES_MAX * sizeof(*items));
	struct rule_list list = { .items = items };
	struct ohtd_alert_rule_state state;

	while (list.items_count < OHTD_ALERT_RULES_MAX &&
	       ohtd_alert_rules_at(call->services->rules, (unsigned int)list.items_count, &state))
		items[list.items_count++] = ohtd_api_rule_form_of(call, &state);
	OHTD_REPLY(call, 200, rule_list, &list);
}

bool ohtd_rule_find(struct ohtd_call *call, struct ohtd_alert_rule_state *state)
{
	if (ohtd_alert_rules_find(call->services->rules, call->params.name, state))
		return true;
	ohtd_reply_problem(call, 404, "not_found", "there is no rule '%s': see GET alert-rules",
			   call->params.name);
	return false;
}

static void reply_rule(struct ohtd_call *call, int status, const struct ohtd_alert_rule_state *state)
{
	const struct ohtd_api_rule_form view = ohtd_api_rule_form_of(call, state);

	ohtd_reply_header(call, "etag", ohtd_call_text_of(call, "\"%" PRId64 "\"", state->revision));
	OHTD_REPLY(call, status, ohtd_api_rule_form, &view);
}

static void get_rule(struct ohtd_call *call)
{
	struct ohtd_alert_rule_state state;

	if (ohtd_rule_find(call, &state))
		reply_rule(call, 200, &state);
}

/* ---- changes ---- */

/*
 * A rule is an item of the configuration: a change of it is a version, by a patch of that one rule. What is sent in is checked against
 * the rules as they are, so only while no other version is live.
 */
struct rule_patch {
	int64_t version;
	struct ohtd_alert_rule_state state;
};

/* Before the rules are looked at: what comes after that is refused. */
static struct rule_patch begin_patch(struct ohtd_call *call)
{
	return (struct rule_patch){ .version = ohtd_settings_version(call->services->settings) };
}

/* @rule: NULL: the rule goes, or is as it is shipped. NULL: out of memory. */
static struct json_object *patch_of(const char *code, const struct ohtd_alert_rule *rule)
{
	struct json_object *patch = json_object_new_object(), *rules = json_object_new_object();
	struct json_object *tree = rule ? ohtd_alert_rule_tree(rule) : NULL;

	if (patch && rules && (tree || !rule) && !json_object_object_add(rules, code, tree)) {
		if (!json_object_object_add(patch, "alert_rules", rules))
			return patch;
		tree = NULL;
	}
	json_object_put(tree);
	json_object_put(rules);
	json_object_put(patch);
	return NULL;
}

static void submit(struct ohtd_call *call, const char *code, const struct ohtd_alert_rule *rule, int64_t version,
		   void (*done)(struct ohtd_call *call, const struct ohtd_change *change))
{
	struct ohtd_change *change = ohtd_call_change_make(call);

	if (!change)
		return;
	change->patch = patch_of(code, rule);
	if (!change->patch) {
		ohtd_call_change_drop(change);
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	change->if_version = version;
	snprintf(change->reason, sizeof(change->reason), "%s of the rule %s",
		 call->route->method == OHTD_POST ? "making" : rule ? "change" : "deletion", code);
	ohtd_call_change(call, change, ohtd_settings_change, done);
}

static void submit_rule(struct ohtd_call *call, const struct rule_patch *patch,
			void (*done)(struct ohtd_call *call, const struct ohtd_change *change))
{
	submit(call, patch->state.rule.code, &patch->state.rule, patch->version, done);
}

static const char *rule_text(struct ohtd_call *call, struct json_object *tree, const char *code)
{
	struct json_object *rules = NULL, *rule = NULL, *alone = json_object_new_object();
	const char *text = NULL;

	if (alone && json_object_object_get_ex(tree, "alert_rules", &rules) && json_object_object_get_ex(rules, code, &rule) &&
	    !json_object_object_add(alone, code, json_object_get(rule)))
		text = ohtd_call_json_text(call, alone);
	json_object_put(alone);
	return text;
}

/* Of a rule that comes or goes the audit has all of it: with a pointer at each item that would be too long. */
static void note_change(struct ohtd_call *call, const struct ohtd_change *change, const char *code)
{
	const char *before = rule_text(call, change->before, code), *after = rule_text(call, change->now, code);

	ohtd_call_change_note(call, change);
	if (before && after)
		return;
	call->noted.before = before;
	call->noted.after = after;
}

/* The rule as it is in the version that was made. */
static void reply_changed(struct ohtd_call *call, const struct ohtd_change *change, int status, const char *code)
{
	struct ohtd_alert_rule_state state;

	note_change(call, change, code);
	if (ohtd_alert_rules_find(call->services->rules, code, &state))
		reply_rule(call, status, &state);
	else
		ohtd_reply_problem(call, 404, "not_found", "there is no rule '%s' any more: see GET alert-rules", code);
}

static void reply_new(struct ohtd_call *call, const struct ohtd_change *change)
{
	reply_changed(call, change, 201, OHTD_INPUT(call, ohtd_api_rule_form)->code);
}

static void reply_put(struct ohtd_call *call, const struct ohtd_change *change)
{
	reply_changed(call, change, 200, call->params.name);
}

/* False: there are as many as there may be, and the request has been answered. */
static bool has_room(struct ohtd_call *call, const char *code)
{
	struct ohtd_alert_rule_state state;
	unsigned int own = 0;

	for (unsigned int i = 0; ohtd_alert_rules_at(call->services->rules, i, &state); i++)
		own += !state.shipped;
	if (own < OHTD_ALERT_RULES_OWN)
		return true;
	ohtd_reply_problem(call, 409, "too_many_rules", "there are %d own rules already: no '%s'", OHTD_ALERT_RULES_OWN, code);
	return false;
}

static void post_rule(struct ohtd_call *call)
{
	const struct ohtd_api_rule_form *said = OHTD_INPUT(call, ohtd_api_rule_form);
	struct rule_patch patch = begin_patch(call);

	if (ohtd_alert_rules_find(call->services->rules, said->code, &patch.state)) {
		ohtd_reply_problem(call, 409, "rule_exists", "there is a %srule '%s' already",
				   patch.state.shipped ? "shipped " : "", said->code);
		return;
	}
	if (ohtd_settings_has_rule(call->services->settings, said->code)) {
		ohtd_reply_problem(call, 409, "rule_exists",
				   "there is a rule '%s' already, left out since it cannot be at work now (rule_left_out in the log): "
				   "DELETE alert-rules/%s drops it", said->code, said->code);
		return;
	}
	if (ohtd_alert_is_code(said->code)) {
		ohtd_reply_problem(call, 409, "rule_exists", "'%s' is an alert of the robot or the daemon: choose another code",
				   said->code);
		return;
	}
	patch.state = (struct ohtd_alert_rule_state){ 0 };
	if (ohtd_rule_take(call, said, &patch.state.rule) && has_room(call, said->code))
		submit_rule(call, &patch, reply_new);
}

/* The client has seen the rule as it is. False: it has been refused. */
static bool has_seen(struct ohtd_call *call, const struct ohtd_alert_rule_state *state)
{
	const char *match = ohtd_call_header(call, "if-match"), *digits;
	const char *etag = ohtd_call_text_of(call, "\"%" PRId64 "\"", state->revision);
	size_t n = match ? ohtd_http_etag_text(match, strlen(match), &digits) : 0;

	if (n && n + 2 == strlen(etag) && !memcmp(digits, etag + 1, n))
		return true;
	if (match)
		ohtd_reply_problem(call, 412, "rule_changed", "If-Match is %.*s, and rule '%s' is %s",
				   oht_utf8_cut(match, 40), match, state->rule.code, etag);
	else
		ohtd_reply_problem(call, 428, "if_match_missing", "rule '%s' is %s: say so in If-Match",
				   state->rule.code, etag);
	return false;
}

static void put_rule(struct ohtd_call *call)
{
	struct rule_patch patch = begin_patch(call);

	if (ohtd_rule_find(call, &patch.state) && has_seen(call, &patch.state) &&
	    ohtd_rule_take_change(call, OHTD_INPUT(call, ohtd_api_rule_form), &patch.state))
		submit_rule(call, &patch, reply_put);
}

static void reply_delete(struct ohtd_call *call, const struct ohtd_change *change)
{
	const char *code = call->params.name;

	note_change(call, change, code);
	if (!change->differences && ohtd_alert_rule_shipped(code) < 0)
		ohtd_reply_problem(call, 404, "not_found", "there is no rule '%s': see GET alert-rules", code);
	else
		ohtd_reply_empty(call, 204);
}

/* A rule that was left out at the start is not in the list, and can be deleted all the same. */
static void delete_rule(struct ohtd_call *call)
{
	submit(call, call->params.name, NULL, 0, reply_delete);
}

/* ---- trials on the past ---- */

struct trial_query {
	const char *from;
	const char *to;
};

OHTD_SHAPE(trial_query, "AlertTrialQuery",
	OHTD_TEXT(trial_query, from, .min = 1, .max = 64,
		  .summary = "Begin, as 2026-07-30T12:00:00Z; without it 7 days before to. Left out is what is older than the columns of a second that are kept"),
	OHTD_TEXT(trial_query, to, .min = 1, .max = 64, .summary = "End; without it now"));

struct coming {
	int64_t from;
	int64_t to;
	double peak;
	const char *text;
};

OHTD_SHAPE(coming, "AlertComing",
	OHTD_TIME(coming, from, .summary = "The alert would have come"),
	OHTD_TIME(coming, to, .flags = OHTD_NULL, .summary = "It would have ended; null: not by the end of the trial"),
	OHTD_NUMBER(coming, peak, .summary = "The value that was farthest beyond the limit, in the unit of the signal"),
	OHTD_TEXT(coming, text, .summary = "As the alert would have said"));

struct trial {
	const char *code;
	int64_t from;
	int64_t to;
	bool complete;
	int64_t count;
	double active_s;
	double total_s;
	double seen_s;
	const char *text;
	const struct coming *items;
	size_t items_count;
	const struct coming *comings;
	size_t comings_count;
};

OHTD_SHAPE(trial, "AlertTrial",
	OHTD_TEXT(trial, code, .summary = "Of the rule", .example = "\"battery_low\""),
	OHTD_TIME(trial, from, .summary = "Where the trial begins: as asked for, or since when columns of a second are kept"),
	OHTD_TIME(trial, to, .summary = "As far as it went"),
	OHTD_BOOLEAN(trial, complete, .summary = "false: the time for an answer was over before; go on with to as from"),
	OHTD_INTEGER(trial, count, .summary = "How many alerts would have come"),
	OHTD_NUMBER(trial, active_s, .unit = "s", .summary = "For how long, all together"),
	OHTD_NUMBER(trial, total_s, .unit = "s", .summary = "The same"),
	OHTD_NUMBER(trial, seen_s, .unit = "s", .summary = "Time of which values of the signal are kept"),
	OHTD_TEXT(trial, text, .summary = "The same for people",
		  .example = "\"would have come 3 times in 7 days, for 41 s\""),
	OHTD_LIST(trial, items, coming, .summary = "The first 100 of them"),
	OHTD_LIST(trial, comings, coming, .summary = "The same"));

struct trial_late {
	struct ohtd_late late;
	struct ohtd_history *history;
	struct ohtd_alert_rule rule;
	struct ohtd_alert_trial trial;
};

static int try_rule(struct ohtd_late *late)
{
	struct trial_late *job = (struct trial_late *)late;

	return ohtd_alert_trial(job->history, &job->rule, ohtd_monotonic_ns() + TRIAL_NS, &job->trial);
}

static const char *length_text(struct ohtd_call *call, int64_t length_ns)
{
	const double length_s = (double)length_ns / 1e9;

	if (length_s < 600)
		return ohtd_call_text_of(call, "%.3g s", length_s);
	if (length_s < 2 * 86400)
		return ohtd_call_text_of(call, "%.3g hours", length_s / 3600);
	return ohtd_call_text_of(call, "%.3g days", length_s / 86400);
}

/* Values that were not seen decide nothing; the trial sees whole seconds, at both ends more than the span. */
static const char *seen_text(struct ohtd_call *call, const struct ohtd_alert_trial *trial, int64_t span_ns)
{
	return trial->seen_ns + 2 * (int64_t)OHTD_NS_PER_S >= span_ns ? "" :
	       ohtd_call_text_of(call, ", of which %s were seen", length_text(call, trial->seen_ns));
}

static const char *trial_text(struct ohtd_call *call, const struct ohtd_alert_trial *trial)
{
	const int64_t span_ns = trial->to_ns - trial->from_ns;
	const char *span = length_text(call, span_ns), *seen = seen_text(call, trial, span_ns);

	if (!trial->seen_ns)
		return ohtd_call_text_of(call, "nothing was seen in %s: the signal had no good value, or none is kept", span);
	if (!trial->count)
		return ohtd_call_text_of(call, "would not have come in %s%s", span, seen);
	return ohtd_call_text_of(call, "would have come %s in %s%s, for %s", trial->count == 1 ? "once" :
				 ohtd_call_text_of(call, "%" PRIu64 " times", trial->count), span, seen,
				 length_text(call, trial->active_ns));
}

static void fill_comings(struct ohtd_call *call, const struct trial_late *job, struct coming *items)
{
	const double scale = pow(10, ohtd_telemetry_origin((unsigned int)ohtd_robot_signal_named(job->rule.signal))->decimals);

	for (unsigned int i = 0; i < job->trial.kept; i++) {
		const struct ohtd_alert_coming *coming = &job->trial.comings[i];
		char text[OHTD_ALERT_RULE_TEXT];

		ohtd_alert_rule_text(&job->rule, coming->value, text);
		items[i] = (struct coming){
			.from = coming->from_ns, .to = coming->to_ns ? coming->to_ns : OHTD_NONE,
			.peak = (double)coming->peak / scale, .text = ohtd_call_text_of(call, "%s", text),
		};
	}
}

static void reply_trial(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct trial_late *job = (const struct trial_late *)late;
	const struct ohtd_alert_trial *tried = &job->trial;
	struct coming *items = ohtd_call_alloc(call, (tried->kept + 1) * sizeof(*items));
	const struct trial view = {
		.code = ohtd_call_text_of(call, "%s", job->rule.code), .from = tried->from_ns,
		.to = tried->to_ns, .complete = tried->complete, .count = (int64_t)tried->count,
		.active_s = (double)tried->active_ns / 1e9, .total_s = (double)tried->active_ns / 1e9,
		.seen_s = (double)tried->seen_ns / 1e9, .text = trial_text(call, tried),
		.items = items, .items_count = tried->kept, .comings = items, .comings_count = tried->kept,
	};

	if (late->result < 0) {
		ohtd_reply_history_problem(call, late->result);
		return;
	}
	fill_comings(call, job, items);
	OHTD_REPLY(call, 200, trial, &view);
}

/* Where there are no columns of a second any more the past says nothing. */
static bool take_span(struct ohtd_call *call, struct ohtd_alert_trial *trial)
{
	const struct trial_query *asked = OHTD_QUERY(call, trial_query);
	const int64_t now_ns = ohtd_clock_wall_ns(call->services->clock);
	const int64_t oldest_ns = ohtd_history_reaches(call->services->history, OHTD_ALERT_TRIAL_LEVEL);
	char oldest[OHTD_TIME_BYTES + 1] = "";

	if (!ohtd_span_of_week(call, asked->from, asked->to, &trial->from_ns, &trial->to_ns))
		return false;
	if (trial->to_ns > now_ns)
		trial->to_ns = now_ns;
	if (!asked->from)
		trial->from_ns = trial->to_ns - USUAL_NS;
	if (trial->from_ns < oldest_ns)
		trial->from_ns = oldest_ns;
	if (trial->from_ns < trial->to_ns)
		return true;
	ohtd_time_text(oldest_ns, oldest);
	ohtd_reply_member(call, "/to", "range", "is not after %s: columns of a second are kept since then only", oldest);
	return false;
}

/* A trial has a worker for seconds, and there are two: the other one is for all else. */
static struct ohtd_places trials = OHTD_PLACES(1, "another trial is under way");

static void begin_trial(struct ohtd_call *call, const struct ohtd_alert_rule *rule)
{
	struct trial_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->rule = *rule;
	job->history = call->services->history;
	if (take_span(call, &job->trial) && ohtd_late_take_place(call, &job->late, &trials))
		ohtd_late_act(call, &job->late, OHTD_LATE_MS, try_rule, reply_trial);
	else
		ohtd_late_drop(&job->late);
}

static void get_trial(struct ohtd_call *call)
{
	struct ohtd_alert_rule_state state;

	if (ohtd_rule_find(call, &state))
		begin_trial(call, &state.rule);
}

static void post_trial(struct ohtd_call *call)
{
	struct ohtd_alert_rule rule;

	if (ohtd_rule_take(call, OHTD_INPUT(call, ohtd_api_rule_form), &rule))
		begin_trial(call, &rule);
}

/* Of the configuration. */
#define CHANGE_PROBLEMS	"config_contradiction", "config_changed", "config_pending", "out_of_memory", "no_answer_in_time"

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "alert-rules", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &rule_list_shape } },
		.handle = get_rules,
		.summary = "Rules on values: when an alert comes and ends, and what it says",
	}, {
		.method = OHTD_POST, .path = "alert-rules", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "make", "made", " a rule on values" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED, .body = &ohtd_rule_body_shape,
		.replies = { { 201, &ohtd_api_rule_form_shape } },
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = { "unknown_signal", "rule_exists", "too_many_rules", CHANGE_PROBLEMS },
		.handle = post_rule,
		.summary = "Make a rule, which is at work at once: a version of the configuration",
		.text = "POST alert-trials says before which alerts it would have given.",
	}, {
		.method = OHTD_GET, .path = "alert-rules/{name}", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &ohtd_api_rule_form_shape } }, .problems = { "not_found" },
		.handle = get_rule,
		.summary = "One rule, by its code",
		.text = "The header ETag has its revision, for If-Match.",
	}, {
		.method = OHTD_PUT, .path = "alert-rules/{name}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "change", "changed", " a rule on values" },
		.flags = OHTD_ROUTE_STORE, .body = &ohtd_rule_change_shape,
		.replies = { { 200, &ohtd_api_rule_form_shape } },
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = { "not_found", "rule_changed", "if_match_missing", CHANGE_PROBLEMS },
		.handle = put_rule,
		.summary = "Change a rule, own or shipped, or switch it off: a version of the configuration",
		.text = "With the header If-Match, which says the revision that is changed. What is left out stays.",
	}, {
		.method = OHTD_DELETE, .path = "alert-rules/{name}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "delete", "deleted", " a rule on values" },
		.flags = OHTD_ROUTE_STORE,
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.replies = { { 204, NULL } }, .problems = { "not_found", CHANGE_PROBLEMS },
		.handle = delete_rule,
		.summary = "Delete an own rule; give a shipped one its shipped form back: a version of the configuration",
	}, {
		.method = OHTD_GET, .path = "alert-rules/{name}/trial", .role = OHTD_ROLE_OPERATOR,
		.flags = OHTD_ROUTE_STORE, .query = &trial_query_shape,
		.replies = { { 200, &trial_shape } }, .problems = { "not_found", "too_many_runs" },
		.handle = get_trial,
		.summary = "Which alerts of a rule would have come in the past",
		.text = "By the samples that are kept. A latching alert ends with its reason here.",
	}, {
		.method = OHTD_POST, .path = "alert-rules/{name}/test", .role = OHTD_ROLE_OPERATOR,
		.act = { "try", "tried", " a rule on values" },
		.flags = OHTD_ROUTE_QUIET | OHTD_ROUTE_STORE, .query = &trial_query_shape,
		.replies = { { 200, &trial_shape } }, .problems = { "not_found", "too_many_runs" },
		.handle = get_trial,
		.summary = "The same as GET alert-rules/{name}/trial",
		.text = "It changes nothing.",
	}, {
		.method = OHTD_POST, .path = "alert-trials", .role = OHTD_ROLE_OPERATOR,
		.act = { "try", "tried", " a rule on values" },
		.flags = OHTD_ROUTE_QUIET | OHTD_ROUTE_STORE, .query = &trial_query_shape, .body = &ohtd_rule_body_shape,
		.replies = { { 200, &trial_shape } }, .problems = { "unknown_signal", "too_many_runs" },
		.handle = post_trial,
		.summary = "The same of a rule that is not there yet; nothing is kept of it",
	},
};

OHTD_ROUTE_TABLE(ohtd_alert_rule_routes, "Alert rules", routes);
