// SPDX-License-Identifier: GPL-2.0-or-later
/* alert-rules/{name}/trial, alert-trials: which alerts a rule would have given. */
#include "api/api.h"
#include "server/call.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "alerts/trial.h"
#include "base/clock.h"
#include "api/alert_rule_form.h"
#include "server/late.h"
#include "lists/span.h"

#define DAY_NS		(86400 * (int64_t)OHTD_NS_PER_S)
#define USUAL_NS	(7 * DAY_NS)
/* So much of the time for an answer is the trial's. */
#define TRIAL_NS	(OHTD_LATE_MS * OHTD_NS_PER_MS * 7 / 10)

struct trial_query {
	const char *from;
	const char *to;
};

OHTD_SHAPE(trial_query, "AlertTrialQuery",
	OHTD_TEXT(trial_query, from, .min = 1, .max = 64,
		  .summary = "Begin, as 2026-07-30T12:00:00Z; without it 7 days before to. What is older than 30 days is left out"),
	OHTD_TEXT(trial_query, to, .min = 1, .max = 64, .summary = "End; without it now"));

struct coming {
	int64_t from;
	int64_t to;
	const char *text;
};

OHTD_SHAPE(coming, "AlertComing",
	OHTD_TIME(coming, from, .summary = "The alert would have come"),
	OHTD_TIME(coming, to, .flags = OHTD_NULL, .summary = "It would have ended; null: not by the end of the trial"),
	OHTD_TEXT(coming, text, .summary = "As the alert would have said"));

struct trial {
	const char *code;
	int64_t from;
	int64_t to;
	bool complete;
	int64_t count;
	double active_s;
	double seen_s;
	const char *text;
	const struct coming *items;
	size_t items_count;
};

OHTD_SHAPE(trial, "AlertTrial",
	OHTD_TEXT(trial, code, .summary = "Of the rule", .example = "\"battery_low\""),
	OHTD_TIME(trial, from, .summary = "Where the trial begins"),
	OHTD_TIME(trial, to, .summary = "As far as it went"),
	OHTD_BOOLEAN(trial, complete, .summary = "false: the time for an answer was over before; go on with to as from"),
	OHTD_INTEGER(trial, count, .summary = "How many alerts would have come"),
	OHTD_NUMBER(trial, active_s, .unit = "s", .summary = "For how long, all together"),
	OHTD_NUMBER(trial, seen_s, .unit = "s", .summary = "Time of which values of the signal are kept"),
	OHTD_TEXT(trial, text, .summary = "The same for people",
		  .example = "\"would have come 3 times in 7 days, for 41 s\""),
	OHTD_LIST(trial, items, coming, .summary = "The first 100 of them"));

struct trial_late {
	struct ohtd_late late;
	bool holds;
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

static const char *trial_text(struct ohtd_call *call, const struct ohtd_alert_trial *trial)
{
	const char *span = length_text(call, trial->to_ns - trial->from_ns);

	if (!trial->count)
		return ohtd_call_text_of(call, "would not have come in %s", span);
	return ohtd_call_text_of(call, "would have come %s in %s, for %s", trial->count == 1 ? "once" :
				 ohtd_call_text_of(call, "%" PRIu64 " times", trial->count), span,
				 length_text(call, trial->active_ns));
}

static void fill_comings(struct ohtd_call *call, const struct trial_late *job, struct coming *items)
{
	for (unsigned int i = 0; i < job->trial.kept; i++) {
		const struct ohtd_alert_coming *coming = &job->trial.comings[i];
		char text[OHTD_ALERT_RULE_TEXT];

		ohtd_alert_rule_text(&job->rule, coming->value, text);
		items[i] = (struct coming){
			.from = coming->from_ns, .to = coming->to_ns ? coming->to_ns : OHTD_NONE,
			.text = ohtd_call_text_of(call, "%s", text),
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
		.active_s = (double)tried->active_ns / 1e9, .seen_s = (double)tried->seen_ns / 1e9,
		.text = trial_text(call, tried), .items = items, .items_count = tried->kept,
	};

	if (late->result < 0) {
		ohtd_reply_store_problem(call, late->result);
		return;
	}
	fill_comings(call, job, items);
	OHTD_REPLY(call, 200, trial, &view);
}

/* Samples are kept for 30 days: what is older says nothing. */
static bool take_span(struct ohtd_call *call, struct ohtd_alert_trial *trial)
{
	const struct trial_query *asked = OHTD_QUERY(call, trial_query);
	const int64_t now_ns = ohtd_clock_wall_ns(ohtd_call_clock(call));
	const int64_t oldest_ns = now_ns - OHTD_ALERT_TRIAL_DAYS * DAY_NS + 60 * (int64_t)OHTD_NS_PER_S;

	if (!ohtd_span_of(call, asked->from, asked->to, &trial->from_ns, &trial->to_ns))
		return false;
	if (trial->to_ns > now_ns)
		trial->to_ns = now_ns;
	if (!asked->from)
		trial->from_ns = trial->to_ns - USUAL_NS;
	if (trial->from_ns < oldest_ns)
		trial->from_ns = oldest_ns;
	if (trial->from_ns < trial->to_ns)
		return true;
	ohtd_reply_member(call, "/to", "range", "is more than %d days ago: samples are kept for so long",
			  OHTD_ALERT_TRIAL_DAYS);
	return false;
}

/* A trial has a worker for seconds, and there are two: the other one is for all else. */
static atomic_flag under_way = ATOMIC_FLAG_INIT;

/* Before the answer, so that who has it may ask again; or it has not begun. */
static void let_go(struct ohtd_late *late)
{
	struct trial_late *job = (struct trial_late *)late;

	if (job->holds)
		atomic_flag_clear(&under_way);
	job->holds = false;
}

/* Sets the flag, which the end of the job clears. NULL: it has been answered. */
static struct trial_late *make_trial(struct ohtd_call *call)
{
	struct trial_late *job;

	if (atomic_flag_test_and_set(&under_way)) {
		ohtd_reply_header(call, "retry-after", "2");
		ohtd_reply_problem(call, 503, "busy", "another trial is under way");
		return NULL;
	}
	job = ohtd_late_make(call, sizeof(*job));
	if (!job) {
		atomic_flag_clear(&under_way);
		return NULL;
	}
	job->holds = true;
	job->late.settle = job->late.release = let_go;
	return job;
}

static void begin_trial(struct ohtd_call *call, const struct ohtd_alert_rule *rule)
{
	struct trial_late *job = make_trial(call);

	if (!job)
		return;
	job->rule = *rule;
	job->history = ohtd_call_history(call);
	if (take_span(call, &job->trial))
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

	if (ohtd_rule_take(call, OHTD_INPUT(call, ohtd_rule_body), &rule))
		begin_trial(call, &rule);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "alert-rules/{name}/trial", .role = OHTD_ROLE_OPERATOR,
		.flags = OHTD_ROUTE_STORE, .query = &trial_query_shape,
		.replies = { { 200, &trial_shape } }, .problems = { "not_found" },
		.handle = get_trial,
		.summary = "Which alerts of a rule would have come in the past",
		.text = "By the samples that are kept. A latching alert ends with its reason here.",
	}, {
		.method = OHTD_POST, .path = "alert-trials", .role = OHTD_ROLE_OPERATOR,
		.flags = OHTD_ROUTE_QUIET | OHTD_ROUTE_STORE, .query = &trial_query_shape, .body = &ohtd_rule_body_shape,
		.replies = { { 200, &trial_shape } }, .problems = { "unknown_signal" },
		.handle = post_trial,
		.summary = "The same of a rule that is not there yet; nothing is kept of it",
	},
};

OHTD_ROUTE_TABLE(ohtd_alert_trial_routes, "Alert rules", routes);
