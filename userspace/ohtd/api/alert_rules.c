// SPDX-License-Identifier: GPL-2.0-or-later
/* alert-rules: rules on values, shipped and own. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alerts/alerts.h"
#include "alerts/kept.h"
#include "alerts/rules.h"
#include "base/clock.h"
#include "base/log.h"
#include "api/alert_rule_form.h"
#include "server/late.h"
#include "lists/list.h"

/* ---- rules ---- */

struct rule_list {
	const struct ohtd_rule_view *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(rule_list, "AlertRuleList",
	OHTD_LIST(rule_list, items, ohtd_rule_view, .summary = "All rules, the shipped ones first"),
	OHTD_NEXT_CURSOR(rule_list));

static void get_rules(struct ohtd_call *call)
{
	struct ohtd_rule_view *items = ohtd_call_alloc(call, OHTD_ALERT_RULES_MAX * sizeof(*items));
	struct rule_list list = { .items = items };
	struct ohtd_alert_rule_state state;

	while (list.items_count < OHTD_ALERT_RULES_MAX &&
	       ohtd_alert_rules_at(ohtd_call_rules(call), (unsigned int)list.items_count, &state))
		items[list.items_count++] = ohtd_rule_view_of(call, &state);
	OHTD_REPLY(call, 200, rule_list, &list);
}

bool ohtd_rule_find(struct ohtd_call *call, struct ohtd_alert_rule_state *state)
{
	if (ohtd_alert_rules_find(ohtd_call_rules(call), call->params.name, state))
		return true;
	ohtd_reply_problem(call, 404, "not_found", "there is no rule '%s': see GET alert-rules",
			   call->params.name);
	return false;
}

static void reply_rule(struct ohtd_call *call, int status, const struct ohtd_alert_rule_state *state)
{
	const struct ohtd_rule_view view = ohtd_rule_view_of(call, state);

	ohtd_reply_header(call, "etag", ohtd_call_text_of(call, "\"%" PRId64 "\"", state->revision));
	OHTD_REPLY(call, status, ohtd_rule_view, &view);
}

static void get_rule(struct ohtd_call *call)
{
	struct ohtd_alert_rule_state state;

	if (ohtd_rule_find(call, &state))
		reply_rule(call, 200, &state);
}

/* ---- changes ---- */

/**
 * struct change_late - a change on its way into the store
 * @state: the rule as it is to be
 * @row: the same as it is kept
 * @code: of the rule, as the request says it
 * @now_us: time of day
 * @by: who asks
 * @rows: all rules behind it
 * @count: of @rows
 * @written: see ohtd_alert_rules_written()
 */
struct change_late {
	struct ohtd_late late;
	struct ohtd_alert_rules *rules;
	struct ohtd_alert_rule_state state;
	struct ohtd_alert_rule_row row;
	char code[OHTD_PARAM_BYTES];
	int64_t now_us;
	char by[OHTD_USER_NAME_MAX + 1];
	struct ohtd_alert_rule_row rows[OHTD_ALERT_RULE_ROWS];
	int count;
	uint64_t written;
};

static int list_rows(struct ohtd_db *db, struct change_late *job, int r)
{
	if (r < 0)
		return r;
	job->count = ohtd_db_alert_rules_list(db, job->rows);
	job->written = ohtd_alert_rules_written(job->rules);
	return job->count < 0 ? job->count : r;
}

static int work_put(struct ohtd_db *db, void *arg)
{
	struct change_late *job = arg;

	return list_rows(db, job, ohtd_db_alert_rule_put(db, &job->row, job->state.revision, job->now_us,
							 OHTD_ALERT_RULES_OWN));
}

static int work_delete(struct ohtd_db *db, void *arg)
{
	struct change_late *job = arg;

	return list_rows(db, job, ohtd_db_alert_rule_delete(db, job->code));
}

/* Also when the client has left: it has been done. */
static void settle_change(struct ohtd_late *late)
{
	const struct change_late *job = (const struct change_late *)late;

	if (late->result < 0)
		return;
	ohtd_alert_rules_set(job->rules, job->rows, job->count, job->written);
	ohtd_log(OHTD_LOG_NOTICE, "http", "alert_rule_changed", "%s by %s", job->code, job->by);
}

static struct change_late *make_change(struct ohtd_call *call)
{
	struct change_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->rules = ohtd_call_rules(call);
	job->late.settle = settle_change;
	job->now_us = ohtd_clock_wall_ns(ohtd_call_clock(call)) / (int64_t)OHTD_NS_PER_US;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	return job;
}

static void reply_change(struct ohtd_call *call, struct ohtd_late *late, int status)
{
	struct change_late *job = (struct change_late *)late;
	const char *code = job->code;

	if (late->result == -ESTALE && status == 201)
		ohtd_reply_problem(call, 409, "rule_exists", "there is a rule '%s' already", code);
	else if (late->result == -ESTALE)
		ohtd_reply_problem(call, 412, "rule_changed", "rule '%s' has another revision by now than %"
				   PRId64, code, job->state.revision);
	else if (late->result == -E2BIG)
		ohtd_reply_problem(call, 409, "too_many_rules", "there are %d own rules already: no '%s'",
				   OHTD_ALERT_RULES_OWN, code);
	else if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else {
		job->state.revision = job->row.revision;
		reply_rule(call, status, &job->state);
	}
}

static void reply_new(struct ohtd_call *call, struct ohtd_late *late)
{
	reply_change(call, late, 201);
}

static void reply_put(struct ohtd_call *call, struct ohtd_late *late)
{
	reply_change(call, late, 200);
}

static void submit_rule(struct ohtd_call *call, const struct ohtd_alert_rule_state *state,
			void (*answer)(struct ohtd_call *call, struct ohtd_late *late))
{
	struct change_late *job = make_change(call);

	if (!job)
		return;
	job->state = *state;
	ohtd_alert_rule_to_row(&state->rule, state->enabled, &job->row);
	job->row.shipped = state->shipped;
	snprintf(job->code, sizeof(job->code), "%s", job->row.code);
	ohtd_late_write(call, &job->late, work_put, answer);
}

static void post_rule(struct ohtd_call *call)
{
	const struct ohtd_rule_body *said = OHTD_INPUT(call, ohtd_rule_body);
	struct ohtd_alert_rule_state state = { 0 };

	if (ohtd_alert_rules_find(ohtd_call_rules(call), said->code, &state)) {
		ohtd_reply_problem(call, 409, "rule_exists", "there is a %srule '%s' already",
				   state.shipped ? "shipped " : "", said->code);
		return;
	}
	if (ohtd_alert_is_code(said->code)) {
		ohtd_reply_problem(call, 409, "rule_exists", "'%s' is an alert of the robot or the daemon: choose another code",
				   said->code);
		return;
	}
	state = (struct ohtd_alert_rule_state){ .enabled = true };
	if (ohtd_rule_take(call, said, &state.rule))
		submit_rule(call, &state, reply_new);
}

/* The client has seen the rule as it is. False: it has been refused. */
static bool has_seen(struct ohtd_call *call, const struct ohtd_alert_rule_state *state)
{
	const char *match = ohtd_call_header(call, "if-match");
	const char *etag = ohtd_call_text_of(call, "\"%" PRId64 "\"", state->revision);

	if (match && !strcmp(match, etag))
		return true;
	if (match)
		ohtd_reply_problem(call, 412, "rule_changed", "If-Match is %.40s, and rule '%s' is %s",
				   match, state->rule.code, etag);
	else
		ohtd_reply_problem(call, 428, "if_match_missing", "rule '%s' is %s: say so in If-Match",
				   state->rule.code, etag);
	return false;
}

static void put_rule(struct ohtd_call *call)
{
	struct ohtd_alert_rule_state state;

	if (ohtd_rule_find(call, &state) && has_seen(call, &state) &&
	    ohtd_rule_take_change(call, OHTD_INPUT(call, ohtd_rule_change), &state))
		submit_rule(call, &state, reply_put);
}

static void reply_delete(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct change_late *job = (const struct change_late *)late;

	if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else if (!late->result && !job->state.shipped)
		ohtd_reply_problem(call, 404, "not_found", "there is no rule '%s': see GET alert-rules",
				   job->code);
	else
		ohtd_reply_empty(call, 204);
}

/* One that was left out at the start is not in the list, and can be deleted all the same. */
static void delete_rule(struct ohtd_call *call)
{
	struct change_late *job = make_change(call);

	if (!job)
		return;
	if (!ohtd_alert_rules_find(job->rules, call->params.name, &job->state))
		job->state = (struct ohtd_alert_rule_state){ 0 };
	snprintf(job->code, sizeof(job->code), "%s", call->params.name);
	ohtd_late_write(call, &job->late, work_delete, reply_delete);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "alert-rules", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &rule_list_shape } },
		.handle = get_rules,
		.summary = "Rules on values: when an alert comes and ends, and what it says",
	}, {
		.method = OHTD_POST, .path = "alert-rules", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_STORE, .body = &ohtd_rule_body_shape,
		.replies = { { 201, &ohtd_rule_view_shape } },
		.problems = { "unknown_signal", "rule_exists", "too_many_rules" },
		.handle = post_rule,
		.summary = "Make a rule, which is at work at once",
		.text = "POST alert-trials says before which alerts it would have given.",
	}, {
		.method = OHTD_GET, .path = "alert-rules/{name}", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &ohtd_rule_view_shape } }, .problems = { "not_found" },
		.handle = get_rule,
		.summary = "One rule, by its code",
		.text = "The header ETag has its revision, for If-Match.",
	}, {
		.method = OHTD_PUT, .path = "alert-rules/{name}", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_STORE, .body = &ohtd_rule_change_shape,
		.replies = { { 200, &ohtd_rule_view_shape } },
		.problems = { "not_found", "rule_changed", "if_match_missing" },
		.handle = put_rule,
		.summary = "Change a rule, own or shipped, or switch it off",
		.text = "With the header If-Match, which says the revision that is changed. What is left out stays.",
	}, {
		.method = OHTD_DELETE, .path = "alert-rules/{name}", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 204, NULL } }, .problems = { "not_found" },
		.handle = delete_rule,
		.summary = "Delete an own rule; give a shipped one its shipped form back",
	},
};

OHTD_ROUTE_TABLE(ohtd_alert_rule_routes, "Alert rules", routes);
