// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of the room, and what persons ask of it. */
#include "training/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/part.h"
#include "common/training.h"
#include "config/config.h"
#include "courses/courses.h"
#include "store/store.h"

/* Act of the audit: a person has passed. */
#define PASSED_ACT	"scenario passed"
/* The robot has granted a certificate for it. */
#define GRANTED_ACT	"certificate granted"

/* ---- the store ---- */

static int work_add(struct ohtd_db *db, void *arg)
{
	return ohtd_training_run_add(db, arg);
}

static int work_keep(struct ohtd_db *db, void *arg)
{
	return ohtd_training_run_keep(db, arg);
}

static int work_get(struct ohtd_db *db, void *arg)
{
	return ohtd_training_run_get(db, arg);
}

static int work_end(struct ohtd_db *db, void *arg)
{
	return ohtd_training_runs_end(db, OHTD_TRAINING_RESTART, *(const int64_t *)arg);
}

/* ---- the run ---- */

static bool is_over(const struct ohtd_training_run *run)
{
	return run->ended_ns;
}

/* Without success that is tried again in each turn. */
static void keep(struct ohtd_training *training)
{
	int r = ohtd_store_call(training->store, work_keep, &training->run);

	if (r && !training->unkept)
		ohtd_log(OHTD_LOG_WARNING, "training", "not_kept", "scenario %" PRId64 " is not written now: %s", training->run.id, strerror(-r));
	training->unkept = r;
	if (!r && is_over(&training->run))
		training->run = (struct ohtd_training_run){ 0 };
}

static void tell_granted(void *arg, const struct ohtd_courses_certificate *certificate)
{
	struct ohtd_training *training = arg;
	char object[OHTD_AUDIT_OBJECT_BYTES], after[64];

	snprintf(object, sizeof(object), "certificates/%" PRId64 ", %s of %s", certificate->id, certificate->course, certificate->user);
	snprintf(after, sizeof(after), "{\"account\":%" PRId64 ",\"ends_s\":%" PRId64 "}", certificate->user_id, certificate->ends_s);
	ohtd_audit_own(training->audit, GRANTED_ACT, object, after, "done");
	ohtd_log(OHTD_LOG_NOTICE, "courses", "certificate_changed", "%" PRId64 ", %s of %s, was granted by the robot: %s", certificate->id,
		 certificate->course, certificate->user, certificate->evidence);
}

static void note_passed(struct ohtd_training *training, const struct ohtd_training_run *run)
{
	char object[OHTD_AUDIT_OBJECT_BYTES], after[64];
	int r;

	snprintf(object, sizeof(object), "%s, by %s", run->name, run->person);
	snprintf(after, sizeof(after), "{\"scenario\":%" PRId64 ",\"account\":%" PRId64 "}", run->id, run->user_id);
	ohtd_audit_own(training->audit, PASSED_ACT, object, after, "done");
	/* A local user has no account that could have a certificate. */
	r = run->user_id ? ohtd_courses_earn(training->courses, run->user_id, run->name, tell_granted, training) : 0;
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "training", "not_granted", "%s of %s was passed, and no certificate is granted for it: %s", run->name,
			 run->person, strerror(-r));
}

void ohtd_training_finish(struct ohtd_training *training, const char *state, const char *reason)
{
	struct ohtd_training_run *run = &training->run;

	snprintf(run->state, sizeof(run->state), "%s", state);
	snprintf(run->reason, sizeof(run->reason), "%s", reason);
	run->ended_ns = ohtd_clock_wall_ns(training->clock);
	training->undo = true;
	training->tries = 0;
	ohtd_log(OHTD_LOG_NOTICE, "training", "scenario_over", "%" PRId64 ", %s of %s: %s%s%s", run->id, run->name, run->person, state,
		 *reason ? ", " : "", reason);
	if (!strcmp(state, OHTD_TRAINING_PASSED))
		note_passed(training, run);
	keep(training);
}

void ohtd_training_pass_step(struct ohtd_training *training)
{
	struct ohtd_training_run *run = &training->run;
	size_t used = strlen(run->times);

	snprintf(run->times + used, sizeof(run->times) - used, "%s%" PRId64, used ? " " : "", ohtd_clock_wall_ns(training->clock));
	run->done++;
	if (run->done == (int64_t)training->scenario->count)
		ohtd_training_finish(training, OHTD_TRAINING_PASSED, "");
	else
		keep(training);
}

/* What the last run of ohtd left running. 0 or a negative errno. */
static int end_past(struct ohtd_training *training)
{
	int64_t now_ns = ohtd_clock_wall_ns(training->clock);
	int r = training->begun ? 0 : ohtd_store_call(training->store, work_end, &now_ns);

	if (r > 0)
		ohtd_log(OHTD_LOG_NOTICE, "training", "scenario_over", "ended by a restart");
	training->begun = r >= 0;
	return r < 0 ? r : 0;
}

/* The wire of a robot of metal is never asked. */
static void step(struct ohtd_training *training)
{
	if (!training->simulated || !ohtd_training_see(training))
		return;
	if (training->unkept)
		keep(training);
	if (training->run.id && !is_over(&training->run)) {
		ohtd_training_follow(training);
		if (training->run.id && ohtd_clock_monotonic_ns(training->clock) >= training->until_ns)
			ohtd_training_finish(training, OHTD_TRAINING_FAILED, OHTD_TRAINING_TIME);
	}
	ohtd_training_turn(training);
}

/* ---- what can be begun ---- */

static unsigned int why_not(const struct ohtd_training *training, const struct ohtd_training_scenario *scenario)
{
	if (!training->simulated)
		return OHTD_TRAINING_WHY_REAL;
	if (!training->heard)
		return OHTD_TRAINING_WHY_NO_SIMULATOR;
	if (!(training->known >> scenario->situation & 1))
		return OHTD_TRAINING_WHY_UNKNOWN;
	if (training->run.id)
		return OHTD_TRAINING_WHY_RUNS;
	return scenario->away && ohtd_training_is_docked(training) ? OHTD_TRAINING_WHY_DOCKED : OHTD_TRAINING_WHY_NONE;
}

static void refresh(struct ohtd_training *training)
{
	struct ohtd_training_view view = { .run = training->run };

	for (unsigned int i = 0; ohtd_training_scenario(i); i++)
		view.why[i] = (uint8_t)why_not(training, ohtd_training_scenario(i));
	pthread_mutex_lock(&training->view_lock);
	training->view = view;
	pthread_mutex_unlock(&training->view_lock);
}

void ohtd_training_look(struct ohtd_training *training, struct ohtd_training_view *view)
{
	pthread_mutex_lock(&training->view_lock);
	*view = training->view;
	pthread_mutex_unlock(&training->view_lock);
}

/* ---- acts ---- */

/* The simulator is looked for anew, then the control thread judges role, control and standstill. */
static int take_robot(struct ohtd_training *training, const struct ohtd_training_scenario *scenario, struct ohtd_training_act *act)
{
	int r = training->simulated ? ohtd_training_ask(training, OHTD_TRAINING_LOOK, act) : 0;

	if (!r && training->simulated)
		r = ohtd_training_await(training);
	if (!r && !ohtd_training_see(training))
		r = -EAGAIN;
	if (r)
		return r;
	act->why = why_not(training, scenario);
	if (act->why)
		return -EPERM;
	r = ohtd_training_ask(training, OHTD_TRAINING_TAKE, act);
	if (!r)
		r = ohtd_training_await(training);
	act->answer = training->answer;
	return r ? r : training->answer.outcome == OHTD_OUTCOME_DONE ? 0 : -ECANCELED;
}

static int begin(struct ohtd_training *training, struct ohtd_training_act *act)
{
	const struct ohtd_training_scenario *scenario = ohtd_training_find(act->run.name);
	struct ohtd_training_run run = { .user_id = act->who.user_id, .state = OHTD_TRAINING_RUNNING };
	int r = scenario ? ohtd_training_await(training) : -ENOENT;

	if (!r)
		r = end_past(training);
	if (!r && training->unkept) {
		keep(training);
		r = training->unkept ? -EAGAIN : 0;
	}
	if (!r)
		r = take_robot(training, scenario, act);
	if (r)
		return r;
	snprintf(run.name, sizeof(run.name), "%s", scenario->name);
	snprintf(run.person, sizeof(run.person), "%s", act->who.user);
	run.began_ns = ohtd_clock_wall_ns(training->clock);
	training->reader = (struct ohtd_event_reader){ .seen = ohtd_robot_events(training->robot) };
	r = ohtd_store_call(training->store, work_add, &run);
	if (r)
		return r;
	training->run = act->run = run;
	training->scenario = scenario;
	training->undo = false;
	training->tries = 0;
	training->next_ns = 0;
	training->until_ns = ohtd_clock_monotonic_ns(training->clock) + OHTD_TRAINING_LIMIT_S * OHTD_NS_PER_S;
	ohtd_log(OHTD_LOG_NOTICE, "training", "scenario_begun", "%" PRId64 ", %s, by %s", run.id, run.name, run.person);
	return 0;
}

/* Only the person of the run, and supervisors. 0 or a negative errno. */
static int find_run(struct ohtd_training *training, struct ohtd_training_act *act)
{
	const struct ohtd_training_run *run = &training->run;
	int r;

	if (run->id != act->run.id) {
		r = ohtd_store_read(training->store, work_get, &act->run);
		return r ? r : -EALREADY;
	}
	act->run = *run;
	if (is_over(run))
		return -EALREADY;
	return act->who.role >= OHTD_ROLE_SUPERVISOR || (act->who.user_id == run->user_id && !strcmp(act->who.user, run->person)) ? 0 : -EACCES;
}

/* What came before the mend says nothing of what is done behind it. */
static int mend(struct ohtd_training *training, struct ohtd_training_act *act)
{
	const struct ohtd_training_step *next = ohtd_training_step(training);
	int r = next && next->kind == OHTD_TRAINING_MENDED ? ohtd_training_await(training) : -EINPROGRESS;

	if (!r)
		r = ohtd_training_ask(training, OHTD_TRAINING_UNDO, NULL);
	if (!r)
		r = ohtd_training_await(training);
	if (r)
		return r;
	act->answer = training->answer;
	if (training->answer.outcome != OHTD_OUTCOME_DONE) {
		training->undo = false;
		return -ECANCELED;
	}
	training->reader = (struct ohtd_event_reader){ .seen = ohtd_robot_events(training->robot) };
	ohtd_training_pass_step(training);
	return 0;
}

enum { BEGIN, MEND, END };

static int do_act(struct ohtd_training *training, unsigned int what, struct ohtd_training_act *act)
{
	int r;

	pthread_mutex_lock(&training->lock);
	/* Decided by what is true now. */
	ohtd_training_hear(training);
	step(training);
	r = what == BEGIN ? begin(training, act) : find_run(training, act);
	if (!r && what == MEND)
		r = mend(training, act);
	if (!r && what == END)
		ohtd_training_finish(training, OHTD_TRAINING_ENDED, OHTD_TRAINING_PERSON);
	if (!r) {
		int64_t id = act->run.id;

		step(training);
		act->run = training->run;
		if (training->run.id != id) {
			act->run.id = id;
			r = ohtd_store_read(training->store, work_get, &act->run);
		}
	}
	refresh(training);
	pthread_mutex_unlock(&training->lock);
	return r;
}

int ohtd_training_begin(struct ohtd_training *training, struct ohtd_training_act *act)
{
	return do_act(training, BEGIN, act);
}

int ohtd_training_mend(struct ohtd_training *training, struct ohtd_training_act *act)
{
	return do_act(training, MEND, act);
}

int ohtd_training_end(struct ohtd_training *training, struct ohtd_training_act *act)
{
	return do_act(training, END, act);
}

/* ---- life ---- */

static void tick(void *part)
{
	struct ohtd_training *training = part;

	pthread_mutex_lock(&training->lock);
	if (!end_past(training)) {
		ohtd_training_hear(training);
		step(training);
	}
	refresh(training);
	pthread_mutex_unlock(&training->lock);
}

static void *open_training(const struct ohtd_part_birth *birth)
{
	struct ohtd_training *training = calloc(1, sizeof(*training));

	if (!training)
		return NULL;
	training->store = birth->store;
	training->clock = birth->clock;
	training->robot = birth->robot;
	training->audit = birth->audit;
	training->courses = birth->courses;
	training->link = birth->link;
	training->simulated = birth->config->simulated;
	pthread_mutex_init(&training->lock, NULL);
	pthread_mutex_init(&training->view_lock, NULL);
	end_past(training);
	refresh(training);
	return training;
}

static void close_training(void *part)
{
	struct ohtd_training *training = part;

	if (!training)
		return;
	pthread_mutex_destroy(&training->lock);
	pthread_mutex_destroy(&training->view_lock);
	free(training);
}

enum { RUNS };

static const struct ohtd_part_alert alerts[] = {
	[RUNS] = { "training", "scenario_running", OHTD_SEVERITY_WARNING, .notice = true,
		   .text = "A situation for training runs: what is not well may be part of it.",
		   .action = "Nothing is broken: the simulator makes the fault. See running of GET scenarios." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_training_view view;

	if (!part)
		return;
	ohtd_training_look(part, &view);
	if (view.run.id)
		ohtd_part_report_text(to, RUNS, 0, "Training: the situation \"%s\" of %s runs. What is not well may be part of it.",
				      ohtd_training_find(view.run.name)->title, view.run.person);
}

const struct ohtd_daemon_part ohtd_training_part = {
	.name = "training", .links = true, .open = open_training, .close = close_training, .tick = tick, OHTD_PART_ALERTS(alerts), .judge = judge,
};
