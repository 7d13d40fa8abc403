// SPDX-License-Identifier: GPL-2.0-or-later
/* The robot moves: commands, limits, obstacles and stops, with the simulator's rail. */
#include <math.h>
#include <stdio.h>

#include "drive_robot.h"
#include "robot/telemetry.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static void refused(struct driver *d, enum ohtd_command_kind kind, unsigned int code)
{
	struct ohtd_answer answer = driver_ask(d, kind);

	driver_refused(d, &answer, code);
}

static void move_refused(struct driver *d, double target_mm, unsigned int code)
{
	enum ohtd_state state = d->f->control.state;
	struct ohtd_answer answer = driver_move(d, target_mm, 0);

	driver_refused(d, &answer, code);
	driver_state(d, state);
}

static void ended(struct driver *d, unsigned int code)
{
	const struct ohtd_command_view view = fixture_snapshot(d->f).command;

	assert_int_equal(view.state, OHTD_COMMAND_STATE_FAILED);
	assert_string_equal(ohtd_why_name(view.reason.code), ohtd_why_name(code));
}

/* ---- moves ---- */

static void moves_there_and_back(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_arrives(d, 12000);
	driver_arrives(d, 11990);
	driver_arrives(d, -3000);
	assert_true(d->fastest_mm_s <= 1000);
	assert_true(d->highest_mm < 12002 && d->lowest_mm > -3002);
	driver_end(d);
}

static void answer_comes_with_the_first_movement(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_drive_setpoint echoed;
	uint64_t at_ns;

	(void)state;
	driver_departs(d, 9000);
	assert_true(ohtd_setpoint_echoed(&d->f->control.modules, &echoed, &at_ns));
	assert_true(echoed.speed_raw > 0);
	assert_int_equal(echoed.direction, OHTD_DRIVE_FORWARD);
	assert_int_equal(fixture_snapshot(d->f).command.state, OHTD_COMMAND_STATE_RUNNING);
	driver_end(d);
}

static void target_under_the_robot_is_reached_without_motion(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_arrives(d, 3000);
	assert_near(d->rail->position_mm, 3000, 0.001);
	driver_end(d);
}

static void command_keeps_its_own_speed_limit(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer = driver_move(d, 5000, 150);

	(void)state;
	driver_done(&answer);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_near(d->rail->position_mm, 5000, 2);
	assert_true(d->fastest_mm_s < 152);
	driver_end(d);
}

/* A speed between two steps of the drive, over a long way: the plan goes no faster than the drive can. */
static void slow_command_keeps_up_over_a_long_way(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer = driver_move(d, 7000, 30);

	(void)state;
	driver_done(&answer);
	driver_until(d, OHTD_STATE_IDLE, 300000);
	assert_int_equal(fixture_snapshot(d->f).command.state, OHTD_COMMAND_STATE_FINISHED);
	assert_near(d->rail->position_mm, 7000, 2);
	assert_true(d->fastest_mm_s < 31);
	driver_end(d);
}

static void newer_target_takes_the_place_of_the_older_one(void **state)
{
	struct driver *d = driver_begin(3000);
	uint64_t number;

	(void)state;
	driver_departs(d, 12000);
	number = fixture_snapshot(d->f).command.number;
	driver_run_ms(d, 3000);
	assert_true(d->rail->speed_mm_s > 500);
	driver_departs(d, 2000);
	assert_int_equal(fixture_snapshot(d->f).command.number, number + 1);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_near(d->rail->position_mm, 2000, 2);
	driver_end(d);
}

static void soft_limits_hold(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	move_refused(d, 30501, OHTD_WHY_SOFT_LIMIT);
	move_refused(d, -3501, OHTD_WHY_SOFT_LIMIT);
	move_refused(d, 1e300, OHTD_WHY_SOFT_LIMIT);
	move_refused(d, NAN, OHTD_WHY_NO_TARGET);
	driver_stands(d);
	driver_arrives(d, 30500);
	driver_arrives(d, -3500);
	assert_true(d->highest_mm < 30502 && d->lowest_mm > -3502);
	driver_end(d);
}

/* ---- what is read beside the plan ---- */

/* Of the values that telemetry shows of modules, how many are old. */
static unsigned int old_values(struct driver *d)
{
	const struct ohtd_snapshot snapshot = fixture_snapshot(d->f);
	const struct oht_regmap *maps[OHTD_MODULES_MAX] = { NULL };
	const struct ohtd_registers *values[OHTD_MODULES_MAX] = { NULL };
	unsigned int old = 0;

	for (unsigned int i = 0; i < snapshot.module_count; i++) {
		const struct ohtd_unit *unit = ohtd_unit_seen(&d->f->control.modules, snapshot.modules[i].unit);

		maps[i] = unit->plan->map;
		values[i] = &unit->values;
	}
	for (unsigned int signal = 0; signal < ohtd_telemetry_count(); signal++) {
		const struct ohtd_telemetry_aim aim = ohtd_telemetry_aim(&snapshot, maps, signal);

		if (aim.reg && ohtd_telemetry_read_at(&snapshot, d->f->control.now_ns, signal, &aim,
						      values[aim.module]).quality == OHTD_TELEMETRY_OLD)
			old++;
	}
	return old;
}

static struct driver *begin_without_slack(void)
{
	struct driver *d = driver_begin(3000);

	/* Without exact timing nothing fits into the slack. */
	d->f->control.device.info.caps &= ~OHT_HAS_EXACT_TIMING;
	return d;
}

static void what_telemetry_shows_is_read_while_the_outputs_are_on(void **state)
{
	struct driver *d = begin_without_slack();
	struct ohtd_answer answer;
	uint64_t given;

	(void)state;
	for (unsigned int s = 0; s < 60; s++) {
		driver_run_ms(d, 1000);
		assert_int_equal(old_values(d), 0);
	}
	answer = driver_move(d, 21000, 300);
	driver_done(&answer);
	/* What was under way. */
	driver_run_ms(d, 100);
	given = fixture_snapshot(d->f).plan.given;
	/* A cycle that is given delays no set-point that differs from the one before; at the end of its curve the axis rests. */
	for (unsigned int ms = 0; d->f->control.state == OHTD_STATE_MOVE; ms++) {
		const uint64_t before = given;

		driver_run_ms(d, 1);
		given = fixture_snapshot(d->f).plan.given;
		assert_true(given == before || fabs(d->rail->speed_mm_s - 300) < 3 || d->rail->speed_mm_s < 20);
		if (ms % 1000 == 0)
			assert_int_equal(old_values(d), 0);
	}
	assert_near(d->rail->position_mm, 21000, 2);
	driver_end(d);
}

static void a_jog_gives_no_cycle(void **state)
{
	struct driver *d = begin_without_slack();
	uint64_t given = 0;

	(void)state;
	driver_run_ms(d, 8000);
	for (unsigned int ms = 0; ms < 8000; ms += 50) {
		driver_press(d, 200, "one");
		driver_run_ms(d, 50);
		/* What was under way has ended by then. */
		if (ms == 150)
			given = fixture_snapshot(d->f).plan.given;
	}
	assert_true(given > 0);
	assert_int_equal(fixture_snapshot(d->f).plan.given, given);
	assert_true(d->rail->speed_mm_s > 195);
	driver_end(d);
}

static void a_value_that_never_comes_leaves_the_others_their_turns(void **state)
{
	struct driver *d = driver_safe(3000);
	const struct ohtd_unit *power = ohtd_unit_seen(&d->f->control.modules, POWER);
	const struct ohtd_unit *safety = ohtd_unit_seen(&d->f->control.modules, SAFETY);
	struct ohtd_answer answer;
	uint64_t before;

	(void)state;
	d->f->control.device.info.caps &= ~OHT_HAS_EXACT_TIMING;
	driver_sim(d, "fault 2 exception code=6 register=rail_12v_voltage");
	driver_run_ms(d, 40000);
	for (unsigned int i = 0; i < safety->values.count; i++)
		if (safety->values.values[i].state == OHTD_REGISTER_OK)
			assert_true(d->f->control.now_ns - safety->values.values[i].time_ns < 35 * OHTD_NS_PER_S);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	answer = driver_move(d, 21000, 300);
	driver_done(&answer);
	driver_run_ms(d, 10000);
	before = power->view.exceptions;
	driver_run_ms(d, 20000);
	driver_state(d, OHTD_STATE_MOVE);
	assert_in_range(power->view.exceptions - before, 0, 2);
	/* Of the 12 V both share the block. */
	assert_in_range(old_values(d), 1, 2);
	driver_end(d);
}

/* ---- pause, resume, stop ---- */

static void pause_keeps_the_target_and_resume_goes_on(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 12000);
	driver_run_ms(d, 3000);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_state(d, OHTD_STATE_PAUSED);
	driver_run_ms(d, 2000);
	driver_stands(d);
	assert_int_equal(fixture_snapshot(d->f).command.state, OHTD_COMMAND_STATE_PAUSED);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_state(d, OHTD_STATE_PAUSED);
	driver_asks(d, OHTD_COMMAND_RESUME);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_near(d->rail->position_mm, 12000, 2);
	driver_end(d);
}

/* The drive's echo does not come then: the pause is the answer, and the target stays. */
static void pause_before_the_first_movement_keeps_the_target(void **state)
{
	const struct ohtd_command move = {
		.id = 5, .kind = OHTD_COMMAND_MOVE, .role = OHTD_ROLE_OPERATOR, .target_mm = 9000,
	};
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	assert_int_equal(ohtd_link_post(&d->f->links[1], &move), 0);
	driver_until(d, OHTD_STATE_MOVE, 100);
	assert_int_equal(ohtd_link_take(&d->f->links[1], &answer), 0);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	/* Once the standstill has been seen. */
	driver_run_ms(d, 1000);
	assert_int_equal(ohtd_link_take(&d->f->links[1], &answer), 1);
	assert_int_equal(answer.id, 5);
	driver_done(&answer);
	driver_run_ms(d, 5000);
	driver_state(d, OHTD_STATE_PAUSED);
	driver_stands(d);
	driver_asks(d, OHTD_COMMAND_RESUME);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_near(d->rail->position_mm, 9000, 2);
	driver_end(d);
}

static void stop_ends_the_command_and_leaves_the_outputs(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 12000);
	driver_run_ms(d, 3000);
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_state(d, OHTD_STATE_IDLE);
	driver_run_ms(d, 2000);
	driver_stands(d);
	ended(d, OHTD_WHY_CANCELLED);
	assert_int_equal(d->f->fake->status.state, OHT_STATE_ENABLED);
	refused(d, OHTD_COMMAND_RESUME, OHTD_WHY_STATE);
	driver_arrives(d, 4000);
	driver_end(d);
}

static void stop_of_a_pause_drops_the_target(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 12000);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_run_ms(d, 2000);
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_state(d, OHTD_STATE_IDLE);
	ended(d, OHTD_WHY_CANCELLED);
	refused(d, OHTD_COMMAND_RESUME, OHTD_WHY_STATE);
	driver_stands(d);
	driver_end(d);
}

/* Nothing of the old motion comes back: the robot waits, and begins where it stands. */
static void button_ends_it_all(void **state)
{
	struct driver *d = driver_begin(3000);
	double stopped_mm;

	(void)state;
	driver_departs(d, 12000);
	driver_run_ms(d, 3000);
	fake_bus_press(d->f->fake);
	driver_run_ms(d, 50);
	driver_state(d, OHTD_STATE_ESTOP);
	ended(d, OHTD_WHY_STOP_CAUSE);
	move_refused(d, 5000, OHTD_WHY_STATE);
	driver_run_ms(d, 3000);
	driver_stands(d);
	stopped_mm = d->rail->position_mm;
	d->f->fake->pressed = false;
	driver_run_ms(d, 500);
	driver_asks(d, OHTD_COMMAND_RESET);
	move_refused(d, 5000, OHTD_WHY_STATE);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_stands(d);
	assert_near(d->rail->position_mm, stopped_mm, 0.001);
	refused(d, OHTD_COMMAND_RESUME, OHTD_WHY_STATE);
	d->fastest_mm_s = 0;
	driver_departs(d, stopped_mm + 500);
	driver_run_ms(d, 100);
	assert_true(d->fastest_mm_s < 130);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_near(d->rail->position_mm, stopped_mm + 500, 2);
	driver_end(d);
}

/* ---- the way ---- */

static void obstacle_blocks_and_a_person_goes_on(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_robot_obstacle obstacle;
	struct ohtd_answer answer;

	(void)state;
	driver_departs(d, 12000);
	driver_run_ms(d, 1500);
	driver_sim(d, "rail obstacle 8000");
	driver_until(d, OHTD_STATE_BLOCKED, 30000);
	driver_run_ms(d, 2000);
	driver_stands(d);
	assert_in_range((int)(8000 - d->rail->position_mm), 995, 1005);
	/* What stopped it is kept for the alert; a refusal names what is there now. */
	obstacle = fixture_snapshot(d->f).obstacle;
	assert_true(obstacle.sensor == 1 && obstacle.zone_mm == 1000 && obstacle.distance_mm < 1000);
	answer = driver_ask(d, OHTD_COMMAND_RESUME);
	driver_refused(d, &answer, OHTD_WHY_OBSTACLE);
	assert_true(fixture_says(&answer.why, OHTD_WHY_OBSTACLE, SAFETY) && answer.obstacle.sensor == 1 && answer.obstacle.zone_mm == 1000);
	assert_near(answer.obstacle.distance_mm, 8000 - d->rail->position_mm, 2);
	driver_sim(d, "set 3 distance_1 654");
	driver_run_ms(d, 500);
	answer = driver_ask(d, OHTD_COMMAND_RESUME);
	assert_int_equal(answer.obstacle.distance_mm, 654);
	assert_int_equal(fixture_snapshot(d->f).obstacle.distance_mm, obstacle.distance_mm);
	driver_sim(d, "unset 3 distance_1");
	driver_run_ms(d, 500);
	move_refused(d, 9000, OHTD_WHY_OBSTACLE);
	driver_sim(d, "rail obstacle none");
	driver_until(d, OHTD_STATE_PAUSED, 5000);
	driver_stands(d);
	driver_asks(d, OHTD_COMMAND_RESUME);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_near(d->rail->position_mm, 12000, 2);
	driver_end(d);
}

/* ---- a wall on one side ---- */

/* Nearer than both zones, @way from the robot: 1, -1. */
static void wall(struct driver *d, int way)
{
	char line[64];

	snprintf(line, sizeof(line), "rail obstacle %.0f", d->rail->position_mm + 900 * way);
	driver_sim(d, line);
	driver_run_ms(d, 300);
}

/* Towards the wall is refused, away from it is not; no verb as such is barred. 0 mm/s: a move, else a jog. */
static void only_away(struct driver *d, int away, double speed_mm_s)
{
	double here_mm = d->rail->position_mm;
	enum ohtd_state state = d->f->control.state;
	struct ohtd_answer answer = speed_mm_s ? driver_jog(d, -away * speed_mm_s, "towards")
						 : driver_move(d, here_mm - away * 2000, 0);

	driver_refused(d, &answer, OHTD_WHY_OBSTACLE);
	driver_state(d, state);
	assert_int_equal(fixture_snapshot(d->f).why_not[OHTD_VERB_MOVE].count, 0);
	answer = speed_mm_s ? driver_jog(d, away * speed_mm_s, "away") : driver_move(d, here_mm + away * 2000, 0);
	driver_done(&answer);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	driver_run_ms(d, 1000);
	if ((d->rail->position_mm - here_mm) * away < (speed_mm_s ? 5 : 1998))
		fail_msg("%.1f mm from %.1f mm, away is %d", d->rail->position_mm, here_mm, away);
}

static void pauses(struct driver *d, double target_mm)
{
	driver_departs(d, target_mm);
	driver_run_ms(d, 1000);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_run_ms(d, 2000);
}

/* A wall behind holds up nothing that leads away from it, and what leads to it is refused. */
static void wall_bars_one_way_only(void **state)
{
	int away;

	(void)state;
	for (away = 1; away >= -1; away -= 2) {
		struct driver *d = driver_begin(15000);

		wall(d, -away);
		only_away(d, away, 0);
		wall(d, -away);
		only_away(d, away, 200);
		/* Paused: the kept way leads away, and to the wall. */
		pauses(d, d->rail->position_mm + away * 4000);
		wall(d, -away);
		assert_int_equal(fixture_snapshot(d->f).why_not[OHTD_VERB_RESUME].count, 0);
		driver_asks(d, OHTD_COMMAND_RESUME);
		driver_asks(d, OHTD_COMMAND_PAUSE);
		driver_run_ms(d, 2000);
		wall(d, away);
		refused(d, OHTD_COMMAND_RESUME, OHTD_WHY_OBSTACLE);
		wall(d, -away);
		only_away(d, away, 0);
		/* Blocked by the wall; and with another one behind when that has gone. */
		driver_sim(d, "rail obstacle none");
		driver_run_ms(d, 300);
		driver_departs(d, d->rail->position_mm + away * 5000);
		driver_run_ms(d, 1000);
		wall(d, away);
		driver_until(d, OHTD_STATE_BLOCKED, 2000);
		driver_run_ms(d, 2000);
		only_away(d, -away, 0);
		driver_sim(d, "rail obstacle none");
		driver_run_ms(d, 300);
		driver_departs(d, d->rail->position_mm + away * 5000);
		driver_run_ms(d, 1000);
		wall(d, away);
		driver_until(d, OHTD_STATE_BLOCKED, 2000);
		driver_run_ms(d, 2000);
		wall(d, -away);
		driver_until(d, OHTD_STATE_PAUSED, 5000);
		driver_asks(d, OHTD_COMMAND_RESUME);
		driver_until(d, OHTD_STATE_IDLE, 20000);
		assert_int_equal(d->f->control.travel.command.state, OHTD_COMMAND_STATE_FINISHED);
		driver_end(d);
	}
}

/* From both sides of the dock and of home, which are near 0. */
static void wall_bars_one_way_to_the_dock(void **state)
{
	static const enum ohtd_command_kind kinds[] = { OHTD_COMMAND_DOCK, OHTD_COMMAND_HOME };
	unsigned int i;
	int side;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct driver *d = driver_begin(i & 1 ? 3000 : -3000);
		double ends_mm = kinds[i / 2] == OHTD_COMMAND_DOCK ? 0 :
				 ohtd_rule(&d->f->control.travel, OHTD_RULE_HOME_POSITION_MM);

		side = i & 1 ? 1 : -1;
		pauses(d, side * 2000);
		wall(d, side);
		if (kinds[i / 2] == OHTD_COMMAND_HOME) {
			/* Only from idle. */
			driver_asks(d, OHTD_COMMAND_STOP);
			driver_run_ms(d, 500);
		} else {
			wall(d, -side);
			refused(d, OHTD_COMMAND_DOCK, OHTD_WHY_OBSTACLE);
			wall(d, side);
		}
		driver_asks(d, kinds[i / 2]);
		driver_run_ms(d, 500);
		driver_asks(d, OHTD_COMMAND_PAUSE);
		driver_run_ms(d, 2000);
		wall(d, side);
		driver_asks(d, OHTD_COMMAND_RESUME);
		driver_sim(d, "rail obstacle none");
		driver_until(d, OHTD_STATE_IDLE, 60000);
		assert_near(d->rail->position_mm, ends_mm, 2);
		driver_end(d);
	}
}

/* Off the dock to the side that its rule says. */
static void wall_behind_the_dock_holds_no_undock_up(void **state)
{
	int side;

	(void)state;
	for (side = 1; side >= -1; side -= 2) {
		struct driver *d = driver_begin(0);
		struct ohtd_rules *rules = d->f->control.limits.block[0].table.rules;

		rules[OHT_PROFILE_CANONICAL].value[OHTD_RULE_UNDOCK_MM] = side * 500;
		wall(d, side);
		refused(d, OHTD_COMMAND_UNDOCK, OHTD_WHY_OBSTACLE);
		assert_int_equal(fixture_snapshot(d->f).why_not[OHTD_VERB_UNDOCK].count, 1);
		wall(d, -side);
		assert_int_equal(fixture_snapshot(d->f).why_not[OHTD_VERB_UNDOCK].count, 0);
		driver_asks(d, OHTD_COMMAND_UNDOCK);
		driver_until(d, OHTD_STATE_IDLE, 20000);
		assert_near(d->rail->position_mm, side * 500, 2);
		driver_end(d);
	}
}

/* A distance that is refused, not in its range, or whose zone is not known: no obstacle is seen there. */
static void distance_that_is_not_known_is_told_as_that(void **state)
{
	static const char *const unknown[] = {
		"fault 3 exception code=2 count=0 register=distance_1", "set 3 distance_1 7000",
	};
	struct ohtd_answer answer;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		struct driver *d = driver_begin(15000);

		driver_departs(d, 18000);
		driver_run_ms(d, 1000);
		driver_sim(d, unknown[i]);
		driver_until(d, OHTD_STATE_BLOCKED, 5000);
		driver_run_ms(d, 2000);
		assert_string_equal(ohtd_why_name(d->f->control.travel.command.reason.code), "sensors");
		assert_string_equal(ohtd_why_name(d->f->control.notes[0].why.code), "sensors");
		refused(d, OHTD_COMMAND_RESUME, OHTD_WHY_SENSORS);
		driver_asks(d, OHTD_COMMAND_STOP);
		driver_run_ms(d, 500);
		move_refused(d, 19000, OHTD_WHY_SENSORS);
		answer = driver_jog(d, 100, "one");
		driver_refused(d, &answer, OHTD_WHY_SENSORS);
		/* The other way all is known. */
		driver_arrives(d, 14000);
		driver_end(d);
	}
}

/* It slows down before it stands, and a stop zone is reached at a crawl. */
static void robot_crawls_to_the_stop_zone(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 12000);
	driver_run_ms(d, 2000);
	driver_sim(d, "rail obstacle 9500");
	while (d->rail->position_mm < 9500 - 1350)
		driver_run_ms(d, 1);
	d->fastest_mm_s = 0;
	driver_run_ms(d, 500);
	assert_true(d->fastest_mm_s < 215);
	while (d->rail->position_mm < 9500 - 1000)
		driver_run_ms(d, 1);
	d->fastest_mm_s = 0;
	driver_until(d, OHTD_STATE_BLOCKED, 1000);
	assert_true(d->fastest_mm_s < 30);
	driver_end(d);
}

static void target_behind_an_obstacle_is_refused(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_sim(d, "rail obstacle 6000");
	driver_run_ms(d, 200);
	move_refused(d, 5500, OHTD_WHY_OBSTACLE);
	move_refused(d, 12000, OHTD_WHY_OBSTACLE);
	driver_arrives(d, 4500);
	driver_arrives(d, 1000);
	driver_end(d);
}

/* ---- where nothing may move ---- */

static void nothing_moves_before_enable(void **state)
{
	static const enum ohtd_command_kind kinds[] = {
		OHTD_COMMAND_HOME, OHTD_COMMAND_DOCK, OHTD_COMMAND_UNDOCK, OHTD_COMMAND_PAUSE,
		OHTD_COMMAND_RESUME,
	};
	struct driver *d = driver_safe(3000);
	struct ohtd_answer answer;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		refused(d, kinds[i], OHTD_WHY_STATE);
	move_refused(d, 5000, OHTD_WHY_STATE);
	answer = driver_jog(d, 100, "one");
	driver_refused(d, &answer, OHTD_WHY_STATE);
	driver_stands(d);
	driver_end(d);
}

static void idle_refuses_what_is_about_a_motion(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	refused(d, OHTD_COMMAND_PAUSE, OHTD_WHY_STATE);
	refused(d, OHTD_COMMAND_RESUME, OHTD_WHY_STATE);
	refused(d, OHTD_COMMAND_UNDOCK, OHTD_WHY_NOT_DOCKED);
	driver_stands(d);
	driver_end(d);
}

static void docked_robot_does_not_tear_itself_off(void **state)
{
	struct driver *d = driver_begin(0);
	struct ohtd_answer answer;

	(void)state;
	move_refused(d, 5000, OHTD_WHY_DOCKED);
	answer = driver_jog(d, 100, "one");
	driver_refused(d, &answer, OHTD_WHY_DOCKED);
	refused(d, OHTD_COMMAND_HOME, OHTD_WHY_DOCKED);
	driver_stands(d);
	driver_end(d);
}

/* ---- what breaks ---- */

static void silent_drive_stops_the_machine(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 12000);
	driver_run_ms(d, 3000);
	driver_sim(d, "fault 4 silence");
	driver_until(d, OHTD_STATE_ESTOP, 400);
	ended(d, OHTD_WHY_MODULE_LOST);
	driver_end(d);
}

/* Its answers take whole cycles, and the echo of a direction is seldom. */
static void robot_turns_beside_a_module_that_answers_late(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_sim(d, "fault 5 delay ms=10");
	driver_arrives(d, 6000);
	driver_arrives(d, 3000);
	driver_arrives(d, 4000);
	driver_end(d);
}

static void silent_dock_module_stops_a_move(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 12000);
	driver_run_ms(d, 2000);
	driver_sim(d, "fault 5 silence");
	driver_until(d, OHTD_STATE_FAULT, 1500);
	ended(d, OHTD_WHY_MODULE_LOST);
	driver_run_ms(d, 3000);
	assert_near(d->rail->speed_mm_s, 0, 0.001);
	assert_int_equal(d->f->fake->status.state, OHT_STATE_READY);
	driver_end(d);
}

static void silent_dock_module_leaves_a_standing_robot(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_sim(d, "fault 5 silence");
	driver_run_ms(d, 3000);
	driver_state(d, OHTD_STATE_IDLE);
	move_refused(d, 5000, OHTD_WHY_SENSORS);
	driver_stands(d);
	driver_sim(d, "clear 5");
	driver_run_ms(d, 5000);
	driver_state(d, OHTD_STATE_IDLE);
	driver_end(d);
}

/* Whatever its silence is made of, and without a person. */
static void knows_its_place(enum oht_profile profile)
{
	static const char *const faults[] = {
		"silence", "exception code=4", "crc", "delay ms=90", "wrong-unit",
	};
	struct driver *d = driver_begin_as(profile, 3000);
	char line[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		snprintf(line, sizeof(line), "fault 5 %s", faults[i]);
		driver_sim(d, line);
		driver_run_ms(d, 4000);
		driver_state(d, OHTD_STATE_IDLE);
		move_refused(d, 5000, OHTD_WHY_SENSORS);
		driver_sim(d, "clear 5");
		driver_run_ms(d, 3000);
		driver_arrives(d, i % 2 ? 3000 : 4000);
	}
	driver_end(d);
}

static void standing_robot_knows_its_place_when_the_dock_module_is_back(void **state)
{
	(void)state;
	knows_its_place(OHT_PROFILE_CANONICAL);
	knows_its_place(OHT_PROFILE_LEGACY);
}

/* As a module does that starts: it knows its registers later. */
static void position_jumps(struct driver *d)
{
	driver_sim(d, "set 5 position_x 9000");
	/* The position is read every 100 ms. */
	for (unsigned int ms = 0; ms < 200 && !d->f->control.travel.drive.position.jumps; ms++)
		driver_run_ms(d, 1);
	assert_true(d->f->control.travel.drive.position.jumps == 1);
}

static void position_is_right_again(struct driver *d)
{
	driver_sim(d, "set 5 position_x 3000");
	driver_sim(d, "unset 5 position_x");
	driver_run_ms(d, 500);
}

/* One reading far away may be a slip of the module, so it ends no move; but none begins on top of it. */
static void command_waits_until_a_position_is_beyond_doubt(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	position_jumps(d);
	move_refused(d, 4000, OHTD_WHY_SENSORS);
	position_is_right_again(d);
	driver_arrives(d, 4000);
	position_jumps(d);
	driver_run_ms(d, 1000);
	move_refused(d, 5000, OHTD_WHY_NOT_LOCATED);
	driver_end(d);
}

static void module_that_refuses_its_registers_for_a_while_serves_again(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	for (unsigned int unit = 2; unit <= 5; unit++) {
		char line[64];

		snprintf(line, sizeof(line), "fault %u exception code=2", unit);
		driver_sim(d, line);
		driver_run_ms(d, 3000);
		driver_sim(d, "clear");
		driver_run_ms(d, 12000);
		d->f->fake->pressed = false;
		if (d->f->control.state == OHTD_STATE_ESTOP)
			driver_asks(d, OHTD_COMMAND_RESET);
		if (d->f->control.state == OHTD_STATE_FAULT)
			driver_asks(d, OHTD_COMMAND_RESET_FAULT);
		if (d->f->control.state == OHTD_STATE_SAFE)
			driver_asks(d, OHTD_COMMAND_ENABLE);
		driver_arrives(d, unit % 2 ? 3000 : 4000);
	}
	driver_end(d);
}

static void legacy_robot_does_not_go_where_its_position_has_no_number(void **state)
{
	struct driver *d = driver_begin_as(OHT_PROFILE_LEGACY, 800);

	(void)state;
	move_refused(d, -1, OHTD_WHY_SOFT_LIMIT);
	move_refused(d, -3500, OHTD_WHY_SOFT_LIMIT);
	driver_arrives(d, 60);
	driver_arrives(d, 1000);
	driver_end(d);
}

static void wheels_that_slip_are_a_fault(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 12000);
	driver_run_ms(d, 3000);
	driver_sim(d, "rail slip 100");
	driver_until(d, OHTD_STATE_FAULT, 5000);
	assert_true(d->f->control.travel.command.reason.code == OHTD_WHY_DRIVE_FOLLOWING ||
		    d->f->control.travel.command.reason.code == OHTD_WHY_DRIVE_STALLED ||
		    d->f->control.travel.command.reason.code == OHTD_WHY_POSITION_LOST);
	driver_run_ms(d, 4000);
	assert_int_equal(d->f->fake->status.state, OHT_STATE_READY);
	/* It is over, and can be cleared. */
	driver_sim(d, "rail slip 0");
	driver_asks(d, OHTD_COMMAND_RESET_FAULT);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_stands(d);
	driver_arrives(d, 4000);
	driver_end(d);
}

static void late_command_is_dropped(void **state)
{
	struct driver *d = driver_begin(3000);
	const struct ohtd_command command = {
		.kind = OHTD_COMMAND_MOVE, .target_mm = 9000, .valid_ms = 30, .id = 1,
	};
	struct ohtd_answer answer = fixture_command(d->f, &command);

	(void)state;
	/* A drive that turns first takes longer than this to echo. */
	assert_int_equal(answer.outcome, OHTD_OUTCOME_EXPIRED);
	driver_run_ms(d, 1500);
	driver_state(d, OHTD_STATE_IDLE);
	assert_near(d->rail->position_mm, 3000, 2);
	ended(d, OHTD_WHY_EXPIRED);
	driver_stands(d);
	driver_end(d);
}

/* Another target, behind the robot, while it moves: with and without a load. */
static void move_back_on_the_way_is_no_fault(void **state)
{
	static const char *const loads[] = { "rail load 0", "rail load 30" };
	unsigned int i, phase;

	(void)state;
	for (i = 0; i < 2; i++)
		for (phase = 0; phase < 4; phase++) {
			struct driver *d = driver_begin(8000);
			struct ohtd_answer answer = driver_move(d, 14000, 400);

			driver_done(&answer);
			driver_sim(d, loads[i]);
			driver_run_ms(d, 2500 + 23 * phase);
			answer = driver_move(d, 6000, 400);
			driver_done(&answer);
			driver_run_ms(d, 6000);
			if (d->f->control.state == OHTD_STATE_FAULT)
				fail_msg("%s, %s", ohtd_why_name(d->f->control.faults[0].why.code), loads[i]);
			driver_end(d);
		}
}

/* Each change of the plan makes a cycle come sooner: there is still one sample for each 25 ms, and its number says when. */
static void samples_of_a_moving_robot_keep_to_the_clock(void **state)
{
	static const enum oht_profile profiles[] = { OHT_PROFILE_CANONICAL, OHT_PROFILE_LEGACY };
	const uint64_t cycle_ns = OHTD_CYCLE_MS * OHTD_NS_PER_MS;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct driver *d = driver_begin_as(profiles[i], 3000);
		struct ohtd_sample_reader reader = { 0 };
		struct ohtd_sample first, last, sample;
		uint64_t lost;

		assert_int_equal(ohtd_samples_next(&d->f->control.samples, &reader, &first), 1);
		last = first;
		lost = reader.lost;
		for (unsigned int way = 0; way < 12; way++) {
			driver_arrives(d, way % 2 ? 3000 : 3400);
			while (ohtd_samples_next(&d->f->control.samples, &reader, &sample)) {
				assert_int_equal(sample.number, last.number + 1);
				assert_int_equal(sample.time_ns - first.time_ns, (sample.number - first.number) * cycle_ns);
				last = sample;
			}
			assert_in_range(d->f->control.now_ns + cycle_ns - last.time_ns, cycle_ns / 2, 5 * cycle_ns / 2);
			assert_int_equal(reader.lost, lost);
		}
		driver_end(d);
	}
}

static struct ohtd_robot_zones_view zones(struct driver *d)
{
	return fixture_snapshot(d->f).zones;
}

/* A module that comes back with a smaller zone than the expected one: it is told, and the larger one holds. */
static void expected_zone_holds_while_the_module_has_another(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_sim(d, "set 3 zone_threshold_1 50");
	driver_run_ms(d, 1500);
	assert_int_equal(zones(d).differ, 0);
	driver_set_rule(d, OHTD_RULE_EXPECTED_ZONE_1_MM, 1500);
	driver_run_ms(d, 100);
	assert_int_equal(zones(d).differ, 1);
	assert_int_equal(zones(d).module_mm[0], 50);
	assert_int_equal(zones(d).expected_mm[0], 1500);
	driver_sim(d, "rail obstacle 12000");
	driver_departs(d, 11000);
	driver_until(d, OHTD_STATE_BLOCKED, 40000);
	driver_run_ms(d, 3000);
	assert_in_range(d->rail->position_mm, 10000, 10502);
	/* A larger one of the module holds as before, and is told. */
	driver_sim(d, "set 3 zone_threshold_1 2000");
	driver_run_ms(d, 1500);
	assert_int_equal(zones(d).module_mm[0], 2000);
	assert_near(d->f->control.travel.way.zone_mm[0], 2000, 0);
	driver_sim(d, "set 3 zone_threshold_1 1500");
	driver_run_ms(d, 1500);
	assert_int_equal(zones(d).differ, 0);
	driver_end(d);
}

/* The register of a legacy module ends at 0, and what is below reads 0, too: a robot that rolls beyond would be finished there. */
static void robot_arrives_at_the_edge_of_its_register(void **state)
{
	static const struct { double from_mm, speed_mm_s, load_kg; } cases[] = {
		{ 3300, 0, 0 }, { 2800, 0, 95 }, { 700, 300, 40 }, { 350, 50, 0 }, { 120, 0, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct driver *d = driver_begin_as(OHT_PROFILE_LEGACY, cases[i].from_mm);
		struct ohtd_answer answer;

		d->rail->load_kg = cases[i].load_kg;
		answer = driver_move(d, 0, cases[i].speed_mm_s);
		driver_done(&answer);
		driver_until(d, OHTD_STATE_IDLE, 40000);
		driver_run_ms(d, 1000);
		assert_near(d->rail->position_mm, 0, 1);
		assert_true(d->lowest_mm > -1);
		driver_end(d);
	}
}

static void key_that_is_held_ends_at_the_edge(void **state)
{
	struct driver *d = driver_begin_as(OHT_PROFILE_LEGACY, 900);

	(void)state;
	for (unsigned int ms = 0; ms < 9000; ms += 50) {
		driver_press(d, -250, "key");
		driver_run_ms(d, 50);
	}
	assert_near(d->rail->position_mm, 0, 1);
	assert_true(d->lowest_mm > -1);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_there_and_back),
		cmocka_unit_test(answer_comes_with_the_first_movement),
		cmocka_unit_test(target_under_the_robot_is_reached_without_motion),
		cmocka_unit_test(command_keeps_its_own_speed_limit),
		cmocka_unit_test(slow_command_keeps_up_over_a_long_way),
		cmocka_unit_test(newer_target_takes_the_place_of_the_older_one),
		cmocka_unit_test(soft_limits_hold),
		cmocka_unit_test(what_telemetry_shows_is_read_while_the_outputs_are_on),
		cmocka_unit_test(a_jog_gives_no_cycle),
		cmocka_unit_test(a_value_that_never_comes_leaves_the_others_their_turns),
		cmocka_unit_test(pause_keeps_the_target_and_resume_goes_on),
		cmocka_unit_test(pause_before_the_first_movement_keeps_the_target),
		cmocka_unit_test(stop_ends_the_command_and_leaves_the_outputs),
		cmocka_unit_test(stop_of_a_pause_drops_the_target),
		cmocka_unit_test(button_ends_it_all),
		cmocka_unit_test(obstacle_blocks_and_a_person_goes_on),
		cmocka_unit_test(wall_bars_one_way_only),
		cmocka_unit_test(wall_bars_one_way_to_the_dock),
		cmocka_unit_test(wall_behind_the_dock_holds_no_undock_up),
		cmocka_unit_test(distance_that_is_not_known_is_told_as_that),
		cmocka_unit_test(robot_crawls_to_the_stop_zone),
		cmocka_unit_test(robot_arrives_at_the_edge_of_its_register),
		cmocka_unit_test(key_that_is_held_ends_at_the_edge),
		cmocka_unit_test(expected_zone_holds_while_the_module_has_another),
		cmocka_unit_test(target_behind_an_obstacle_is_refused),
		cmocka_unit_test(nothing_moves_before_enable),
		cmocka_unit_test(idle_refuses_what_is_about_a_motion),
		cmocka_unit_test(docked_robot_does_not_tear_itself_off),
		cmocka_unit_test(silent_drive_stops_the_machine),
		cmocka_unit_test(robot_turns_beside_a_module_that_answers_late),
		cmocka_unit_test(silent_dock_module_stops_a_move),
		cmocka_unit_test(silent_dock_module_leaves_a_standing_robot),
		cmocka_unit_test(standing_robot_knows_its_place_when_the_dock_module_is_back),
		cmocka_unit_test(command_waits_until_a_position_is_beyond_doubt),
		cmocka_unit_test(module_that_refuses_its_registers_for_a_while_serves_again),
		cmocka_unit_test(legacy_robot_does_not_go_where_its_position_has_no_number),
		cmocka_unit_test(wheels_that_slip_are_a_fault),
		cmocka_unit_test(late_command_is_dropped),
		cmocka_unit_test(move_back_on_the_way_is_no_fault),
		cmocka_unit_test(samples_of_a_moving_robot_keep_to_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
