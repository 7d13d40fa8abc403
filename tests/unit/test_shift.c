// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Half a shift of one robot, with either register layout: moves, dockings, pauses, and what goes wrong
 * in such a time: the button, obstacles, modules that are lost, a crash of the daemon. A witness looks on
 * in each turn; the store is told of each command, and what it says at the end is counted. No rule on
 * values raises an alert.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/rules.h"
#include "drive_robot.h"
#include "journal/command_rows.h"
#include "store/db.h"
#include "store_fixture.h"
#include "witness.h"

#define ROWS_MAX	400
#define MARGIN		1000
#define NOW_NS		(STORE_NOW_S * 1000000000LL)
/* From the button's release to a reset. */
#define STABLE_MS	700

struct shift {
	struct driver *d;
	struct witness w;
	struct ohtd_alert_rules *rules;
	struct ohtd_sample_reader samples;
	unsigned int starts;
	void (*inner)(void *context);
	void *inner_context;
	double tolerance_mm;
	double place_mm;
	struct ohtd_db *db;
	struct ohtd_command_row rows[ROWS_MAX];
	unsigned int row_count;
	/* what was asked for, and is to be told */
	unsigned int moves, dockings, presses, pauses, obstacles, losses;
	unsigned int finished, failed, aborted;
};

/* ---- the store ---- */

static void keep_command(void *context, const struct ohtd_event_record *record)
{
	const struct ohtd_command_view *view = &record->command;
	struct shift *s = context;
	struct ohtd_command_row *row = &s->rows[s->row_count];

	if (record->kind != OHTD_RECORD_COMMAND)
		return;
	/* At the next one of a queue the robot is no longer there. */
	if (view->state == OHTD_COMMAND_STATE_FINISHED)
		assert_near(s->d->rail->position_mm, view->target_mm, s->tolerance_mm);
	assert_true(++s->row_count < ROWS_MAX);
	*row = (struct ohtd_command_row){
		.number = (int64_t)view->number, .position_mm = view->target_mm,
		.speed_mm_s = NAN, .accepted_ns = NOW_NS,
		.ended_ns = view->ended_ns ? NOW_NS : 0,
	};
	snprintf(row->verb, sizeof(row->verb), "%s", ohtd_life_verb(view));
	snprintf(row->state, sizeof(row->state), "%s", ohtd_command_state_name(view->state));
	if (view->reason.code)
		snprintf(row->reason, sizeof(row->reason), "%s", ohtd_why_name(view->reason.code));
}

static void write_commands(struct shift *s)
{
	unsigned int i;

	for (i = 0; i < s->row_count; i++)
		assert_int_equal(ohtd_db_commands_keep(s->db, &s->rows[i], 1), 0);
	s->row_count = 0;
}

/* ---- rules on values ---- */

/* Behind each turn. A daemon that starts again has a ring that starts again. */
static void look_at_values(void *context)
{
	struct shift *s = context;
	const struct ohtd_samples *ring = &s->d->f->control.samples;
	struct ohtd_alert_told told[OHTD_ALERT_RULES_MAX];
	struct ohtd_sample sample;

	s->inner(s->inner_context);
	if (s->starts != s->d->f->starts)
		s->samples = (struct ohtd_sample_reader){ 0 };
	s->starts = s->d->f->starts;
	while (ohtd_samples_next(ring, &s->samples, &sample)) {
		ohtd_alert_rules_sample(s->rules, &sample);
		if (ohtd_alert_rules_look(s->rules, told))
			fail_msg("%s", ohtd_alert_shipped[told->id].code);
	}
}

static void watch_values(struct shift *s)
{
	s->rules = ohtd_alert_rules_create();
	assert_non_null(s->rules);
	s->inner = s->d->f->watch;
	s->inner_context = s->d->f->watch_context;
	s->d->f->watch = look_at_values;
	s->d->f->watch_context = s;
}

/* ---- what the robot is asked for ---- */

static void ask(struct shift *s, enum ohtd_command_kind kind)
{
	struct ohtd_answer answer = driver_ask(s->d, kind);

	driver_done(&answer);
}

static void is_at(struct shift *s, double place_mm)
{
	driver_state(s->d, OHTD_STATE_IDLE);
	assert_near(s->d->rail->position_mm, place_mm, s->tolerance_mm);
	assert_near(s->d->rail->speed_mm_s, 0, 0.001);
	assert_int_equal(s->w.command.state, OHTD_COMMAND_STATE_FINISHED);
	s->finished++;
}

/* Another place, never nearer than 1 m and never at the dock. */
static double next_place(struct shift *s)
{
	double place_mm;

	do {
		place_mm = 600 + virtual_roll(&s->d->run, 29000);
	} while (fabs(place_mm - s->place_mm) < 3000);
	s->place_mm = place_mm;
	return place_mm;
}

static void departs(struct shift *s, double target_mm)
{
	driver_departs(s->d, target_mm);
	s->moves++;
}

static void move_to(struct shift *s, double target_mm)
{
	departs(s, target_mm);
	driver_until(s->d, OHTD_STATE_IDLE, 60000);
	is_at(s, target_mm);
	s->place_mm = target_mm;
}

static void move(struct shift *s)
{
	move_to(s, next_place(s));
}

/* One that begins, and others that wait behind it. */
static void moves_of_a_queue(struct shift *s, unsigned int count)
{
	unsigned int i;

	departs(s, next_place(s));
	for (i = 1; i < count; i++) {
		const struct ohtd_command command = {
			.id = i, .kind = OHTD_COMMAND_MOVE, .append = true,
			.target_mm = next_place(s),
		};
		struct ohtd_answer answer = fixture_command(s->d->f, &command);

		driver_done(&answer);
		s->moves++;
		s->finished++;
	}
	while (s->w.number != s->w.command.number)
		driver_run_ms(s->d, 10);
	driver_until(s->d, OHTD_STATE_IDLE, 60000);
	is_at(s, s->place_mm);
}

static void undock(struct shift *s)
{
	ask(s, OHTD_COMMAND_UNDOCK);
	driver_until(s->d, OHTD_STATE_IDLE, 20000);
	is_at(s, 500);
	/* Undocked is undocked at once: a move is taken. */
	s->place_mm = 500;
}

static void dock(struct shift *s)
{
	ask(s, OHTD_COMMAND_DOCK);
	driver_until(s->d, OHTD_STATE_IDLE, 90000);
	is_at(s, 0);
	s->dockings++;
}

/* ---- what goes wrong ---- */

static void command_failed(struct shift *s, unsigned int code)
{
	assert_int_equal(s->w.command.state, OHTD_COMMAND_STATE_FAILED);
	assert_string_equal(ohtd_why_name(s->w.command.reason.code), ohtd_why_name(code));
	s->failed++;
}

static void press_and_recover(struct shift *s)
{
	struct ohtd_answer answer;

	fake_bus_press(s->d->f->fake);
	driver_run_ms(s->d, 30);
	driver_state(s->d, OHTD_STATE_ESTOP);
	assert_int_equal(s->d->f->fake->status.outputs, 0);
	s->presses++;
	driver_run_ms(s->d, 3000);
	driver_stands(s->d);
	answer = driver_ask(s->d, OHTD_COMMAND_RESET);
	driver_refused(s->d, &answer, OHTD_WHY_STOP_CAUSE);
	s->d->f->fake->pressed = false;
	driver_run_ms(s->d, STABLE_MS);
	ask(s, OHTD_COMMAND_RESET);
	driver_state(s->d, OHTD_STATE_SAFE);
	driver_stands(s->d);
	ask(s, OHTD_COMMAND_ENABLE);
	driver_stands(s->d);
}

static void button_in_a_move(struct shift *s)
{
	double target_mm = next_place(s);

	departs(s, target_mm);
	driver_run_ms(s->d, 2500);
	press_and_recover(s);
	command_failed(s, OHTD_WHY_STOP_CAUSE);
	move_to(s, target_mm);
}

static void button_in_a_docking(struct shift *s)
{
	ask(s, OHTD_COMMAND_DOCK);
	while (s->d->rail->position_mm > 400)
		driver_run_ms(s->d, 10);
	press_and_recover(s);
	command_failed(s, OHTD_WHY_STOP_CAUSE);
}

/* Is it among the alerts of the snapshot? @over: a fault whose reason is gone. */
static bool alerts(const struct shift *s, unsigned int code, bool fault, bool over)
{
	const struct ohtd_snapshot *snapshot = &s->d->f->control.snapshot;
	uint64_t i;

	for (i = 0; i < snapshot->alert_count; i++)
		if (snapshot->alerts[i].why.code == code && snapshot->alerts[i].fault == fault &&
		    snapshot->alerts[i].over == over && snapshot->alerts[i].since_ns)
			return true;
	return false;
}

static void no_alert(const struct shift *s)
{
	assert_int_equal(s->d->f->control.snapshot.alert_count, 0);
}

static void pause(struct shift *s)
{
	double target_mm = next_place(s);

	departs(s, target_mm);
	driver_run_ms(s->d, 2000);
	ask(s, OHTD_COMMAND_PAUSE);
	driver_state(s->d, OHTD_STATE_PAUSED);
	driver_run_ms(s->d, 3000);
	driver_stands(s->d);
	driver_run_ms(s->d, 115000);
	driver_state(s->d, OHTD_STATE_PAUSED);
	assert_int_equal(s->w.alerts[OHTD_WHY_PAUSE_LONG], ++s->pauses);
	assert_true(alerts(s, OHTD_WHY_PAUSE_LONG, false, false));
	ask(s, OHTD_COMMAND_RESUME);
	driver_until(s->d, OHTD_STATE_IDLE, 60000);
	no_alert(s);
	is_at(s, target_mm);
}

static void meet_obstacle(struct shift *s, double target_mm, double obstacle_mm)
{
	const double *zone_mm = s->d->f->control.travel.way.zone_mm;
	bool ahead = target_mm > s->d->rail->position_mm;
	char line[64];

	departs(s, target_mm);
	driver_run_ms(s->d, 500);
	snprintf(line, sizeof(line), "rail obstacle %.0f", obstacle_mm);
	driver_sim(s->d, line);
	driver_until(s->d, OHTD_STATE_BLOCKED, 40000);
	driver_run_ms(s->d, 2000);
	driver_stands(s->d);
	/* At the edge of the stop zone of the sensor that looks there. */
	assert_near(fabs(obstacle_mm - s->d->rail->position_mm), zone_mm[ahead ? 0 : 1], 5);
	assert_int_equal(s->w.alerts[OHTD_WHY_OBSTACLE], ++s->obstacles);
	assert_true(alerts(s, OHTD_WHY_OBSTACLE, false, false));
}

static void obstacle_that_goes_away(struct shift *s)
{
	meet_obstacle(s, 20000, 12000);
	driver_run_ms(s->d, 20000);
	driver_state(s->d, OHTD_STATE_BLOCKED);
	driver_sim(s->d, "rail obstacle none");
	driver_until(s->d, OHTD_STATE_PAUSED, 5000);
	no_alert(s);
	ask(s, OHTD_COMMAND_RESUME);
	driver_until(s->d, OHTD_STATE_IDLE, 60000);
	is_at(s, 20000);
	s->place_mm = 20000;
}

static void obstacle_that_stays(struct shift *s)
{
	meet_obstacle(s, 3000, 9000);
	driver_run_ms(s->d, 65000);
	driver_state(s->d, OHTD_STATE_BLOCKED);
	assert_int_equal(s->w.alerts[OHTD_WHY_BLOCKED_LONG], 1);
	assert_true(alerts(s, OHTD_WHY_BLOCKED_LONG, false, false));
	assert_true(alerts(s, OHTD_WHY_OBSTACLE, false, false));
	ask(s, OHTD_COMMAND_STOP);
	driver_state(s->d, OHTD_STATE_IDLE);
	command_failed(s, OHTD_WHY_CANCELLED);
	driver_sim(s->d, "rail obstacle none");
	driver_run_ms(s->d, 500);
	no_alert(s);
	s->place_mm = s->d->rail->position_mm;
}

static void dock_module_is_lost_at_rest(struct shift *s)
{
	struct ohtd_answer answer;

	driver_sim(s->d, "fault 5 silence");
	driver_run_ms(s->d, 3000);
	driver_state(s->d, OHTD_STATE_IDLE);
	answer = driver_move(s->d, 15000, 0);
	driver_refused(s->d, &answer, OHTD_WHY_SENSORS);
	driver_sim(s->d, "clear 5");
	driver_run_ms(s->d, 5000);
	driver_state(s->d, OHTD_STATE_IDLE);
	s->losses++;
}

static void power_module_is_lost_in_a_move(struct shift *s)
{
	departs(s, next_place(s));
	driver_run_ms(s->d, 2000);
	driver_sim(s->d, "fault 2 silence");
	driver_until(s->d, OHTD_STATE_FAULT, 2500);
	command_failed(s, OHTD_WHY_MODULE_LOST);
	driver_run_ms(s->d, 2500);
	assert_int_equal(s->d->f->fake->status.state, OHT_STATE_READY);
	assert_true(alerts(s, OHTD_WHY_MODULE_LOST, true, false));
	/* Before the 5 s are over after which it would be an emergency stop. */
	driver_sim(s->d, "clear 2");
	driver_run_ms(s->d, 4000);
	driver_stands(s->d);
	driver_state(s->d, OHTD_STATE_FAULT);
	assert_true(alerts(s, OHTD_WHY_MODULE_LOST, true, true));
	ask(s, OHTD_COMMAND_RESET_FAULT);
	driver_state(s->d, OHTD_STATE_SAFE);
	ask(s, OHTD_COMMAND_ENABLE);
	no_alert(s);
	s->place_mm = s->d->rail->position_mm;
	s->losses++;
}

/* The outputs fall with the daemon, and the new one waits for a person. */
static void daemon_crashes_in_a_move(struct shift *s)
{
	struct ohtd_command_row row = { .number = 0 };
	int64_t given;
	double place_mm;

	departs(s, next_place(s));
	driver_run_ms(s->d, 2500);
	assert_true(fabs(s->d->rail->speed_mm_s) > 500);
	row.number = (int64_t)s->w.command.number;
	fixture_crash(s->d->f);
	assert_int_equal(s->d->f->fake->status.state, OHT_STATE_STOPPED);
	driver_run_ms(s->d, 1000);
	assert_near(s->d->rail->speed_mm_s, 0, 0.001);
	place_mm = s->d->rail->position_mm;
	write_commands(s);
	assert_int_equal(ohtd_db_commands_begin(s->db, NOW_NS, MARGIN, &given), 1);
	assert_int_equal(ohtd_db_command_get(s->db, &row), 0);
	assert_string_equal(row.state, "failed");
	assert_string_equal(row.reason, "aborted_by_restart");
	s->aborted++;
	fixture_start_again(s->d->f, (uint64_t)given);
	driver_until(s->d, OHTD_STATE_ESTOP, 10000);
	/* A standstill takes a moment to be seen. */
	driver_run_ms(s->d, 1000);
	ask(s, OHTD_COMMAND_RESET);
	driver_state(s->d, OHTD_STATE_SAFE);
	ask(s, OHTD_COMMAND_ENABLE);
	driver_run_ms(s->d, 500);
	driver_stands(s->d);
	assert_near(s->d->rail->position_mm, place_mm, 0.001);
	s->place_mm = place_mm;
}

/* ---- the shift ---- */

static void work(struct shift *s)
{
	undock(s);
	moves_of_a_queue(s, 3);
	button_in_a_move(s);
	move(s), move(s);
	dock(s);
	undock(s);
	pause(s);
	move_to(s, 2000);
	obstacle_that_goes_away(s);
	move(s), move(s);
	dock(s);
	undock(s);
	move(s);
	dock_module_is_lost_at_rest(s);
	move(s), move(s);
	press_and_recover(s);
	move(s), move(s);
	dock(s);
	undock(s);
	move(s);
	daemon_crashes_in_a_move(s);
	move(s), move(s), pause(s), move(s);
	dock(s);
	undock(s);
	power_module_is_lost_in_a_move(s);
	move_to(s, 20000);
	obstacle_that_stays(s);
	moves_of_a_queue(s, 4);
	button_in_a_docking(s);
	dock(s);
}

static void count(struct shift *s)
{
	struct ohtd_list_query query = {
		.row = &ohtd_kept_commands, .descends = true, .limit = ROWS_MAX,
	};
	struct ohtd_command_row rows[ROWS_MAX];
	unsigned int finished = 0, failed = 0, aborted = 0;
	int i, n;

	write_commands(s);
	n = ohtd_db_list(s->db, &query, rows);
	for (i = 0; i < n; i++) {
		finished += !strcmp(rows[i].state, "finished");
		failed += !strcmp(rows[i].state, "failed");
		aborted += !strcmp(rows[i].reason, "aborted_by_restart");
	}
	assert_int_equal(n, s->w.begun);
	assert_int_equal(finished, s->finished);
	assert_int_equal(failed, s->failed + s->aborted);
	assert_int_equal(aborted, s->aborted);
	assert_int_equal(finished + failed, n);
	assert_int_equal(s->w.ended[OHTD_COMMAND_STATE_FINISHED], s->finished);
	assert_int_equal(s->w.ended[OHTD_COMMAND_STATE_FAILED], s->failed);
	assert_int_equal(s->moves, 30);
	assert_int_equal(s->dockings, 5);
	assert_int_equal(s->presses, 3);
	assert_int_equal(s->pauses, 2);
	assert_int_equal(s->obstacles, 2);
	assert_int_equal(s->losses, 2);
	assert_int_equal(s->aborted, 1);
	/* No stop but those of the button and of the crash, and no fault but that of the power module. */
	assert_int_equal(s->w.entered[OHTD_STATE_ESTOP], s->presses + 1);
	assert_int_equal(s->w.entered[OHTD_STATE_FAULT], 1);
	assert_int_equal(s->d->f->control.snapshot.bus.cycles_missed, 0);
	printf("%u moves, %u dockings, %.0f min, at most %.0f mm/s\n", s->moves, s->dockings,
	       (double)(virtual_now_ns(&s->d->run) / OHTD_NS_PER_S - 1000) / 60,
	       s->d->fastest_mm_s);
}

static void half_a_shift(enum oht_profile profile, double tolerance_mm)
{
	struct shift *s = calloc(1, sizeof(*s));
	int64_t given;

	assert_non_null(s);
	s->tolerance_mm = tolerance_mm;
	s->db = store_open_db();
	assert_int_equal(ohtd_db_commands_begin(s->db, NOW_NS, MARGIN, &given), 0);
	s->d = driver_begin_as(profile, 0);
	witness_begin(&s->w, &s->d->run);
	s->w.told = keep_command;
	s->w.told_context = s;
	watch_values(s);
	work(s);
	count(s);
	driver_end(s->d);
	ohtd_alert_rules_destroy(s->rules);
	ohtd_db_close(s->db);
	free(s);
}

static void canonical_drive(void **state)
{
	(void)state;
	half_a_shift(OHT_PROFILE_CANONICAL, 2);
}

static void legacy_drive(void **state)
{
	(void)state;
	half_a_shift(OHT_PROFILE_LEGACY, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(canonical_drive, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(legacy_drive, store_set_up, store_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
