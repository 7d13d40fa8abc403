// SPDX-License-Identifier: GPL-2.0-or-later
/* scenarios: faults of a simulated robot, for training. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clients/refusal.h"
#include "server/control.h"
#include "server/late.h"
#include "training/training.h"
#include "views/services.h"

static const char *const states[] = { OHTD_TRAINING_RUNNING, OHTD_TRAINING_PASSED, OHTD_TRAINING_FAILED, OHTD_TRAINING_ENDED };
OHTD_WORDS_OF(state_words, states);

/* enum ohtd_training_why as codes of problems. */
static const struct {
	const char *code;
	const char *text;
} whys[] = {
	[OHTD_TRAINING_WHY_REAL] = { "scenario_real", "ohtd.conf does not say that this robot is simulated" },
	[OHTD_TRAINING_WHY_NO_SIMULATOR] = { "scenario_no_simulator", "no simulator answers on the wire" },
	[OHTD_TRAINING_WHY_UNKNOWN] = { "scenario_unknown", "the simulator on the wire cannot make this situation" },
	[OHTD_TRAINING_WHY_RUNS] = { "scenario_runs", "another scenario runs" },
	[OHTD_TRAINING_WHY_DOCKED] = { "scenario_docked", "the robot is at its dock, and the situation begins away from it" },
};

/* ---- one that was begun ---- */

struct scenario_step {
	const char *text;
	int64_t seen;
};

OHTD_SHAPE(scenario_step, "ScenarioStep",
	OHTD_TEXT(scenario_step, text, .summary = "What the robot records, or the person says", .example = "\"The robot was stopped\""),
	OHTD_TIME(scenario_step, seen, .flags = OHTD_NULL, .summary = "When; null: not yet"));

struct scenario_run {
	int64_t id;
	const char *name;
	const char *title;
	const char *person;
	const char *state;
	const char *reason;
	const char *way_out;
	int64_t began;
	int64_t ended;
	bool mendable;
	const struct scenario_step *steps;
	size_t steps_count;
};

OHTD_SHAPE(scenario_run, "ScenarioRun",
	OHTD_INTEGER(scenario_run, id, .summary = "Its number"),
	OHTD_TEXT(scenario_run, name, .summary = "Which scenario", .example = "\"silent_module\""),
	OHTD_TEXT(scenario_run, title, .summary = "The same for people"),
	OHTD_TEXT(scenario_run, person, .summary = "Who began it", .example = "\"anna\""),
	OHTD_TEXT(scenario_run, state, .words = &state_words, .summary = "passed: the robot has recorded each step", .example = "\"passed\""),
	OHTD_TEXT(scenario_run, reason, .flags = OHTD_NULL,
		  .summary = "Why it failed or ended: time, person, restart (of ohtd), simulator (it does not answer); else null"),
	OHTD_TEXT(scenario_run, way_out, .summary = "How a person gets out of it"),
	OHTD_TIME(scenario_run, began, .summary = "When it was begun"),
	OHTD_TIME(scenario_run, ended, .flags = OHTD_NULL, .summary = "When it was over; null: it runs"),
	OHTD_BOOLEAN(scenario_run, mendable, .summary = "POST scenarios/{id}/mend is its next step"),
	OHTD_LIST(scenario_run, steps, scenario_step, .summary = "In the order in which they must come"));

static struct scenario_run view_of(struct ohtd_call *call, const struct ohtd_training_run *run)
{
	const struct ohtd_training_scenario *scenario = ohtd_training_find(run->name);
	struct scenario_step *steps = ohtd_call_alloc(call, OHTD_TRAINING_STEPS_MAX * sizeof(*steps));
	unsigned int count = scenario ? scenario->count : 0;
	const char *times = run->times;

	for (unsigned int i = 0; i < count; i++) {
		char *end;
		long long seen = strtoll(times, &end, 10);

		steps[i] = (struct scenario_step){ scenario->steps[i].text, (int64_t)i < run->done && seen > 0 ? seen : OHTD_NONE };
		times = end;
	}
	return (struct scenario_run){
		.id = run->id, .name = run->name, .title = scenario ? scenario->title : run->name, .person = run->person, .state = run->state,
		.reason = *run->reason ? run->reason : NULL, .way_out = scenario ? scenario->way_out : "",
		.began = run->began_ns, .ended = run->ended_ns ? run->ended_ns : OHTD_NONE,
		.mendable = !run->ended_ns && run->done < (int64_t)count && scenario->steps[run->done].kind == OHTD_TRAINING_MENDED,
		.steps = steps, .steps_count = count,
	};
}

/* ---- what can be begun ---- */

struct scenario {
	const char *name;
	const char *title;
	const char *happens;
	const char *way_out;
	bool available;
	const char *why_not;
	const char *why_not_text;
};

OHTD_SHAPE(scenario, "Scenario",
	OHTD_TEXT(scenario, name, .summary = "For programs", .example = "\"obstacle\""),
	OHTD_TEXT(scenario, title, .summary = "For people"),
	OHTD_TEXT(scenario, happens, .summary = "What happens"),
	OHTD_TEXT(scenario, way_out, .summary = "How a person gets out of it"),
	OHTD_BOOLEAN(scenario, available, .summary = "It can be begun now, by a session in control, while the robot stands"),
	OHTD_TEXT(scenario, why_not, .flags = OHTD_NULL, .summary = "Why it cannot be begun, as the code of a problem; null: it can",
		  .example = "\"scenario_real\""),
	OHTD_TEXT(scenario, why_not_text, .flags = OHTD_NULL, .summary = "The same for people"));

struct scenarios {
	const struct scenario *items;
	size_t items_count;
	const struct scenario_run *running;
	const struct scenario_run *recent;
	size_t recent_count;
};

OHTD_SHAPE(scenarios, "Scenarios",
	OHTD_LIST(scenarios, items, scenario, .summary = "All that there are"),
	OHTD_OBJECT(scenarios, running, scenario_run, .flags = OHTD_NULL, .summary = "The one that runs; null: none does"),
	OHTD_LIST(scenarios, recent, scenario_run, .summary = "The ten that were begun last, the newest first"));

struct scenario_late {
	struct ohtd_late late;
	struct ohtd_training *training;
	struct ohtd_training_act act;
	struct ohtd_training_runs runs;
	int (*what)(struct ohtd_training *training, struct ohtd_training_act *act);
	int result;
};

static struct scenario_late *make_job(struct ohtd_call *call)
{
	struct scenario_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->training = call->services->training;
	job->act.who = call->who;
	job->act.by = ohtd_holder_of(&call->who);
	job->act.run.id = call->params.id;
	return job;
}

static int read_recent(struct ohtd_db *db, void *arg)
{
	return ohtd_training_runs_read(db, &((struct scenario_late *)arg)->runs);
}

static void reply_all(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct scenario_late *job = (const struct scenario_late *)late;
	struct ohtd_training_view *now = ohtd_call_alloc(call, sizeof(*now));
	struct scenario *items = ohtd_call_alloc(call, OHTD_TRAINING_SCENARIOS * sizeof(*items));
	struct scenario_run *runs = ohtd_call_alloc(call, (OHTD_TRAINING_RECENT + 1) * sizeof(*runs));
	struct scenarios view = { .items = items, .recent = runs, .recent_count = job->runs.count };
	const struct ohtd_training_scenario *scenario;

	if (late->result < 0) {
		ohtd_reply_store_problem(call, late->result);
		return;
	}
	ohtd_training_look(job->training, now);
	for (unsigned int i = 0; (scenario = ohtd_training_scenario(i)); i++)
		items[view.items_count++] = (struct scenario){
			.name = scenario->name, .title = scenario->title, .happens = scenario->happens, .way_out = scenario->way_out,
			.available = !now->why[i], .why_not = whys[now->why[i]].code, .why_not_text = whys[now->why[i]].text,
		};
	for (unsigned int i = 0; i < job->runs.count; i++)
		runs[i] = view_of(call, &job->runs.items[i]);
	if (now->run.id) {
		runs[OHTD_TRAINING_RECENT] = view_of(call, &now->run);
		view.running = &runs[OHTD_TRAINING_RECENT];
	}
	OHTD_REPLY(call, 200, scenarios, &view);
}

static void get_scenarios(struct ohtd_call *call)
{
	struct scenario_late *job = make_job(call);

	if (job)
		ohtd_late_read(call, &job->late, read_recent, reply_all);
}

/* ---- acts ---- */

/* What the control thread has refused. */
static void refuse(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	struct ohtd_refusal refusal;

	ohtd_refusal_of(answer, &call->memory, &refusal);
	ohtd_reply_errors(call, refusal.status, refusal.code, refusal.detail, refusal.errors, refusal.errors_count);
}

/* False: it has been refused. */
static bool has_result(struct ohtd_call *call, const struct scenario_late *job, int result)
{
	const struct ohtd_training_run *run = &job->act.run;

	if (job->late.result < 0)
		result = job->late.result;
	switch (result) {
	case 0:
		return true;
	case -ENOENT:
		ohtd_reply_problem(call, 404, "not_found", "there is no run %" PRId64 ": see recent of GET scenarios", call->params.id);
		break;
	case -EPERM:
		ohtd_reply_problem(call, 409, whys[job->act.why].code, "%s", whys[job->act.why].text);
		break;
	case -ECANCELED:
		refuse(call, &job->act.answer);
		break;
	case -EALREADY:
		ohtd_reply_problem(call, 409, "scenario_over", "run %" PRId64 " is %s", run->id, run->state);
		break;
	case -EACCES:
		ohtd_reply_problem(call, 403, "scenario_of_another", "run %" PRId64 " is that of %s", run->id, run->person);
		break;
	case -EINPROGRESS:
		ohtd_reply_problem(call, 409, "scenario_early", "a mend is not the next step of run %" PRId64, run->id);
		break;
	case -EAGAIN:
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy", "the control thread takes no command now");
		break;
	default:
		ohtd_reply_store_problem(call, result);
	}
	return false;
}

static void reply_run(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct scenario_late *job = (const struct scenario_late *)late;
	struct scenario_run view;

	if (!has_result(call, job, job->result))
		return;
	view = view_of(call, &job->act.run);
	OHTD_REPLY(call, call->params.id ? 200 : 201, scenario_run, &view);
}

static int read_run(struct ohtd_db *db, void *arg)
{
	return ohtd_training_run_get(db, &((struct scenario_late *)arg)->act.run);
}

static void get_scenario(struct ohtd_call *call)
{
	struct scenario_late *job = make_job(call);

	if (job)
		ohtd_late_read(call, &job->late, read_run, reply_run);
}

static int act(struct ohtd_late *late)
{
	struct scenario_late *job = (struct scenario_late *)late;

	job->result = job->what(job->training, &job->act);
	return 0;
}

static void begin(struct ohtd_call *call, int (*what)(struct ohtd_training *training, struct ohtd_training_act *act), const char *name)
{
	struct scenario_late *job = make_job(call);

	if (!job)
		return;
	job->what = what;
	snprintf(job->act.run.name, sizeof(job->act.run.name), "%s", name);
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, act, reply_run);
}

struct scenario_body {
	unsigned int name;
};

static const char *name_of(unsigned int i)
{
	return ohtd_training_scenario(i)->name;
}

static const struct ohtd_words name_words = { .name = name_of, .end = OHTD_TRAINING_SCENARIOS };

OHTD_SHAPE(scenario_body, "ScenarioBody",
	OHTD_WORD(scenario_body, name, .flags = OHTD_NEEDED, .words = &name_words, .summary = "One of GET scenarios"));

static void post_scenario(struct ohtd_call *call)
{
	begin(call, ohtd_training_begin, name_of(OHTD_INPUT(call, scenario_body)->name));
}

static void post_mend(struct ohtd_call *call)
{
	begin(call, ohtd_training_mend, "");
}

static void post_end(struct ohtd_call *call)
{
	begin(call, ohtd_training_end, "");
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "scenarios", .role = OHTD_ROLE_VIEWER, .flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &scenarios_shape } },
		.handle = get_scenarios,
		.summary = "Situations for training: faults that the simulator makes",
	}, {
		.method = OHTD_POST, .path = "scenarios", .role = OHTD_ROLE_OPERATOR,
		.act = { "begin", "began", " a scenario" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED, .body_bytes_max = 1024, .body = &scenario_body_shape,
		.replies = { { 201, &scenario_run_shape } },
		.problems = { "scenario_real", "scenario_no_simulator", "scenario_unknown", "scenario_runs", "scenario_docked" },
		.handle = post_scenario,
		.summary = "Begin a scenario, of a simulated robot that stands",
		.text = "It needs control, as a command of motion does. A scenario that is not passed within 15 minutes has failed; a restart of ohtd ends it.",
	}, {
		.method = OHTD_GET, .path = "scenarios/{id}", .role = OHTD_ROLE_VIEWER, .flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &scenario_run_shape } }, .problems = { "not_found" },
		.handle = get_scenario,
		.summary = "A scenario that was begun: its steps, and what became of it",
	}, {
		.method = OHTD_POST, .path = "scenarios/{id}/mend", .role = OHTD_ROLE_OPERATOR,
		.act = { "mend", "mended", " the fault of a scenario" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 200, &scenario_run_shape } },
		.problems = { "not_found", "scenario_over", "scenario_of_another", "scenario_early" },
		.handle = post_mend,
		.summary = "Mend what the scenario has broken: clear the way, plug the module in",
		.text = "By the person that began it, or by a supervisor.",
	}, {
		.method = OHTD_POST, .path = "scenarios/{id}/end", .role = OHTD_ROLE_OPERATOR,
		.act = { "end", "ended", " a scenario" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 200, &scenario_run_shape } },
		.problems = { "not_found", "scenario_over", "scenario_of_another" },
		.handle = post_end,
		.summary = "End a scenario before it is passed; its fault is undone",
		.text = "By the person that began it, or by a supervisor.",
	},
};

OHTD_ROUTE_TABLE(ohtd_scenario_routes, "Training", routes);
