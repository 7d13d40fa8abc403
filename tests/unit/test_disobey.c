// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A drive that answers and does not obey: it refuses its set-points, or acknowledges them and goes on as before,
 * with both motors or with one; or it turns by itself. From the word that it does not heed until the outputs are
 * low the robot goes 0.25 m at most at 1 m/s, and 25 mm from idle. A drive that shows what it does not do is noticed by
 * what it reports and by the position: on a ramp 150 mm beyond where it should be.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drive_robot.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MOST_MM		250
#define MOST_IDLE_MM	25
/* A healthy ramp from 1 m/s, of the drive that brakes less, and a cycle or two. */
#define MOST_RAMP_MM	750
#define MOST_BEYOND_MM	150
#define CRUISE_MM_S	1000
/* Own speed of a drive that turns by itself: 60 steps of the canonical one. */
#define STEPS_IDLE	60
#define IDLE_MM_S	471

enum how { REFUSED, IGNORED, REFUSED_BY_ONE, IGNORED_BY_ONE, HOWS };

static bool outputs_on(const struct driver *d)
{
	return d->f->fake->status.state == OHT_STATE_ENABLED;
}

static void disobey(struct driver *d, enum how how)
{
	bool canonical = d->run.station.profile == OHT_PROFILE_CANONICAL;
	char line[128];

	snprintf(line, sizeof(line), "fault 4 %s %s%s",
		 how == REFUSED || how == REFUSED_BY_ONE ? "exception code=6" : "ignore",
		 canonical ? "register=motor2_speed" : "register=speed_target",
		 canonical && how < REFUSED_BY_ONE ? " register=motor1_speed" : "");
	driver_sim(d, line);
}

/* The fault names what was compared: one of @reasons. */
static void says(const struct driver *d, const char *reasons)
{
	const char *reason = ohtd_why_name(d->f->control.faults[0].why.code);

	if (!strstr(reasons, reason))
		fail_msg("'%s' is said, and not one of '%s'", reason, reasons);
}

/* It is told, has its own fault, and can be put into service once the drive obeys again. */
static void ends_as_disobedience(struct driver *d)
{
	driver_state(d, OHTD_STATE_FAULT);
	says(d, "drive_disobeys drive_overspeed position_moved");
	driver_sim(d, "clear");
	driver_sim(d, "rail obstacle none");
	driver_run_ms(d, 12500);
	driver_asks(d, OHTD_COMMAND_RESET_FAULT);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_stands(d);
	driver_arrives(d, d->rail->position_mm - 300);
	driver_end(d);
}

static double mm_until_low(struct driver *d)
{
	double from_mm = d->rail->position_mm;
	unsigned int ms;

	for (ms = 0; outputs_on(d); ms++) {
		if (ms > 10000)
			fail_msg("outputs high after %.0f mm, in %s", d->rail->position_mm - from_mm,
				 ohtd_state_name(d->f->control.state));
		driver_run_ms(d, 1);
	}
	return fabs(d->rail->position_mm - from_mm);
}

static void goes_at_most(struct driver *d, double most_mm, const char *what, enum how how)
{
	double mm = mm_until_low(d);

	print_message("%s, %d, profile %d: %.0f mm\n", what, how, d->run.station.profile, mm);
	if (mm > most_mm)
		fail_msg("%s, %d: outputs high for %.0f mm", what, how, mm);
	driver_run_ms(d, 50);
	ends_as_disobedience(d);
}

static struct driver *fast(enum oht_profile profile, double target_mm)
{
	struct driver *d = driver_begin_as(profile, 3000);

	driver_departs(d, target_mm);
	driver_run_ms(d, 3500);
	assert_near(d->rail->speed_mm_s, CRUISE_MM_S, 20);
	return d;
}

static void post(struct driver *d, enum ohtd_command_kind kind)
{
	const struct ohtd_command said = {
		.kind = kind, .role = OHTD_ROLE_OPERATOR, .valid_ms = 2000,
		.by = { .user = "anna", .session = "anna", .role = OHTD_ROLE_OPERATOR },
	};

	assert_int_equal(ohtd_link_post(&d->f->links[1], &said), 0);
}

static void stopped(enum oht_profile profile, enum how how)
{
	struct driver *d = fast(profile, 25000);

	disobey(d, how);
	post(d, OHTD_COMMAND_STOP);
	goes_at_most(d, MOST_MM, "stop", how);
}

static void paused(enum oht_profile profile, enum how how)
{
	struct driver *d = fast(profile, 25000);

	disobey(d, how);
	post(d, OHTD_COMMAND_PAUSE);
	goes_at_most(d, MOST_MM, "pause", how);
}

static void before_an_obstacle(enum oht_profile profile, enum how how)
{
	struct driver *d = fast(profile, 25000);
	char line[64];

	disobey(d, how);
	snprintf(line, sizeof(line), "rail obstacle %.0f", d->rail->position_mm + 900);
	driver_sim(d, line);
	goes_at_most(d, MOST_MM, "obstacle", how);
}

/*
 * Nobody says anything: the plan brakes. What is refused is noticed at once, what is ignored when it changes; 1 m/s lies
 * between two steps, so one step less is no braking.
 */
static void at_the_target(enum oht_profile profile, enum how how)
{
	struct driver *d = fast(profile, 9000);
	uint16_t cruise = d->f->control.modules.setpoints.told.speed_raw;

	disobey(d, how);
	while (how % 2 && outputs_on(d) && d->f->control.modules.setpoints.told.speed_raw + 1 >= cruise)
		driver_run_ms(d, 1);
	goes_at_most(d, MOST_MM, "target", how);
}

static void by_itself(enum oht_profile profile, enum how how)
{
	struct driver *d = driver_begin_as(profile, 3000);
	char line[64];

	driver_arrives(d, 3300);
	driver_run_ms(d, 1000);
	disobey(d, how);
	snprintf(line, sizeof(line), "set 4 speed_target %u", IDLE_MM_S);
	if (profile == OHT_PROFILE_LEGACY) {
		driver_sim(d, line);
	} else {
		snprintf(line, sizeof(line), "set 4 motor2_speed %u", STEPS_IDLE);
		driver_sim(d, line);
		snprintf(line, sizeof(line), "set 4 motor1_speed %u", STEPS_IDLE);
		if (how < REFUSED_BY_ONE)
			driver_sim(d, line);
	}
	goes_at_most(d, MOST_IDLE_MM, "idle", how);
}

static void is_noticed(void (*situation)(enum oht_profile profile, enum how how))
{
	unsigned int how;

	for (how = REFUSED; how < HOWS; how++)
		situation(OHT_PROFILE_CANONICAL, how);
	situation(OHT_PROFILE_LEGACY, REFUSED);
	situation(OHT_PROFILE_LEGACY, IGNORED);
}

static void stop_is_not_obeyed(void **state)
{
	(void)state;
	is_noticed(stopped);
}

static void pause_is_not_obeyed(void **state)
{
	(void)state;
	is_noticed(paused);
}

static void obstacle_is_not_obeyed(void **state)
{
	(void)state;
	is_noticed(before_an_obstacle);
}

static void plan_is_not_obeyed(void **state)
{
	(void)state;
	is_noticed(at_the_target);
}

static void drive_turns_in_idle(void **state)
{
	(void)state;
	is_noticed(by_itself);
}

/* The drive acknowledges zero and keeps what it was told before the stop: it would start when the outputs rise. */
static void kept_setpoint(enum oht_profile profile, enum how how)
{
	struct driver *d = fast(profile, 25000);
	struct ohtd_answer answer;
	double from_mm;

	disobey(d, how);
	fake_bus_press(d->f->fake);
	driver_run_ms(d, 3000);
	d->f->fake->pressed = false;
	driver_run_ms(d, 2000);
	driver_asks(d, OHTD_COMMAND_RESET);
	from_mm = d->rail->position_mm;
	answer = driver_ask(d, OHTD_COMMAND_ENABLE);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_FAILED);
	assert_true(fixture_says(&answer.why, OHTD_WHY_DRIVE_DISOBEYS, MOTOR));
	driver_state(d, OHTD_STATE_SAFE);
	assert_int_equal(d->f->fake->enables, 1);
	driver_run_ms(d, 500);
	assert_near(d->rail->position_mm, from_mm, 0.1);
	driver_sim(d, "clear");
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_stands(d);
	driver_end(d);
}

static void drive_that_keeps_its_setpoint_is_not_enabled(void **state)
{
	(void)state;
	kept_setpoint(OHT_PROFILE_CANONICAL, IGNORED);
	kept_setpoint(OHT_PROFILE_CANONICAL, IGNORED_BY_ONE);
	kept_setpoint(OHT_PROFILE_LEGACY, IGNORED);
}

/* It answers, and is too busy to show them: nothing is known of its set-points, and the outputs stay low. */
static void drive_that_shows_no_setpoint_is_not_enabled(void **state)
{
	struct driver *d = driver_safe(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_sim(d, "fault 4 exception code=6 register=motor1_actual_speed");
	driver_run_ms(d, 100);
	answer = driver_ask(d, OHTD_COMMAND_ENABLE);
	assert_int_not_equal(answer.outcome, OHTD_OUTCOME_DONE);
	driver_state(d, OHTD_STATE_SAFE);
	assert_int_equal(d->f->fake->enables, 0);
	driver_sim(d, "clear");
	driver_run_ms(d, 1500);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_end(d);
}

/*
 * The drive is too busy to show its registers, once or for a while: the look at its set-points goes
 * on as soon as it shows them again, also while the robot moves.
 */
static void busy_drive_is_looked_at_again(void **state)
{
	static const unsigned int counts[] = { 1, 3 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct driver *d = fast(OHT_PROFILE_CANONICAL, 25000);
		char line[80];

		snprintf(line, sizeof(line),
			 "fault 4 exception code=6 register=motor1_actual_speed count=%u", counts[i]);
		driver_sim(d, line);
		driver_run_ms(d, i ? 2500 : 200);
		driver_state(d, OHTD_STATE_MOVE);
		disobey(d, IGNORED_BY_ONE);
		post(d, OHTD_COMMAND_STOP);
		goes_at_most(d, MOST_MM, "stop by a drive that was busy", IGNORED_BY_ONE);
	}
}

/* In its own ramp mode the drive acknowledges set-points, shows them, and goes by another register. */
static void own_mode(struct driver *d, unsigned int percent)
{
	unsigned int motor;
	char line[64];

	for (motor = 1; motor <= 2; motor++) {
		snprintf(line, sizeof(line), "set 4 motor%u_linear_unit 20", motor);
		driver_sim(d, line);
		snprintf(line, sizeof(line), "set 4 motor%u_linear_input %u", motor, percent);
		driver_sim(d, line);
		snprintf(line, sizeof(line), "set 4 motor%u_control_mode 2", motor);
		driver_sim(d, line);
	}
}

static void reports_zero(struct driver *d)
{
	driver_sim(d, "set 4 motor1_actual_speed 0");
	driver_sim(d, "set 4 motor2_actual_speed 0");
}

static void drive_with_a_mind_of_its_own_is_noticed_by_its_speed(void **state)
{
	struct driver *d = driver_begin(3000);
	double mm;

	(void)state;
	driver_arrives(d, 3300);
	driver_run_ms(d, 1000);
	own_mode(d, 50);
	mm = mm_until_low(d);
	print_message("own mode from idle: %.0f mm\n", mm);
	assert_true(mm <= MOST_IDLE_MM);
	driver_end(d);
}

/* How far in front of the last place that the ramp asked for. */
static double mm_beyond_ramp(struct driver *d)
{
	double wanted_mm = NAN;

	while (outputs_on(d)) {
		if (d->f->control.state != OHTD_STATE_FAULT)
			wanted_mm = d->f->control.travel.drive.wanted_mm;
		driver_run_ms(d, 1);
	}
	return d->rail->position_mm - wanted_mm;
}

/* At any time between two readings: in front of the plan, and then it is not waited for. */
static void drive_with_a_mind_of_its_own_is_noticed_on_a_ramp(void **state)
{
	unsigned int i;
	double mm;

	(void)state;
	for (i = 0; i < 8; i++) {
		struct driver *d = fast(OHT_PROFILE_CANONICAL, 25000);

		own_mode(d, 50);
		if (i % 2)
			reports_zero(d);
		driver_run_ms(d, 1500 + i / 2 * 26);
		driver_state(d, OHTD_STATE_MOVE);
		driver_asks(d, OHTD_COMMAND_STOP);
		mm = mm_beyond_ramp(d);
		print_message("own mode on a ramp, %s: %.0f mm beyond it\n", i % 2 ? "with a speed of zero" : "its speed is told", mm);
		assert_true(mm <= MOST_BEYOND_MM);
		says(d, i % 2 ? "module_overspeed position_ahead" : "drive_overspeed module_overspeed");
		driver_end(d);
	}
}

/* Each motion for itself stays below the bar. */
static void small_motions_from_idle_add_up(void **state)
{
	struct driver *d = driver_begin(3000);
	double from_mm, mm;

	(void)state;
	driver_arrives(d, 3300);
	driver_run_ms(d, 1000);
	from_mm = d->rail->position_mm;
	for (unsigned int i = 0; i < 20 && outputs_on(d); i++) {
		own_mode(d, 3);
		driver_run_ms(d, 150);
		driver_sim(d, "set 4 motor1_control_mode 0");
		driver_sim(d, "set 4 motor2_control_mode 0");
		driver_run_ms(d, 800);
	}
	mm = fabs(d->rail->position_mm - from_mm);
	print_message("small motions from idle: %.0f mm\n", mm);
	assert_false(outputs_on(d));
	says(d, "drive_overspeed position_moved");
	assert_true(mm <= MOST_IDLE_MM);
	driver_end(d);
}

/* Its speed is refused for good, as by a drive whose sensor has failed: while it turns by itself the position shows it. */
static void drive_that_hides_its_speed_is_noticed_by_its_position(void **state)
{
	struct driver *d = driver_begin(3000);
	double mm;

	(void)state;
	driver_arrives(d, 3300);
	driver_sim(d, "fault 4 exception code=4 register=motor1_actual_speed register=motor2_actual_speed");
	driver_run_ms(d, 5000);
	driver_state(d, OHTD_STATE_IDLE);
	own_mode(d, 50);
	mm = mm_until_low(d);
	print_message("own mode without a speed: %.0f mm\n", mm);
	assert_true(mm <= MOST_IDLE_MM);
	says(d, "position_moved");
	driver_end(d);
}

/* As a drive without an encoder does: it reports what it is told, and turns. */
static void strays_at_most(struct driver *d, double mm, const char *what)
{
	print_message("%s, profile %d: %.0f mm\n", what, d->run.station.profile, mm);
	if (mm > MOST_IDLE_MM)
		fail_msg("%s: outputs high for %.0f mm", what, mm);
	says(d, "position_moved");
	driver_end(d);
}

/* At any time between two readings of the position. */
static void drive_that_reports_zero_and_turns_is_noticed_by_its_position(void **state)
{
	static const unsigned int percents[] = { 1, 20, 100 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3 * ARRAY_SIZE(percents); i++) {
		struct driver *d = driver_begin(3000);

		driver_arrives(d, 3300);
		reports_zero(d);
		driver_run_ms(d, 1500 + i % 3 * 33);
		driver_state(d, OHTD_STATE_IDLE);
		own_mode(d, percents[i / 3]);
		strays_at_most(d, mm_until_low(d), "own mode with a speed of zero");
	}
}

static void drive_that_reports_zero_and_turns_is_noticed_in_paused(void **state)
{
	struct driver *d = fast(OHT_PROFILE_CANONICAL, 9000);

	(void)state;
	driver_asks(d, OHTD_COMMAND_PAUSE);
	reports_zero(d);
	driver_run_ms(d, 3500);
	driver_state(d, OHTD_STATE_PAUSED);
	own_mode(d, 50);
	strays_at_most(d, mm_until_low(d), "own mode in paused with a speed of zero");
}

/* The carriage goes, and no register of the drive says so. */
static double goes_unsaid(struct driver *d, double accel_mm_s2, double speed_mm_s, unsigned int ms)
{
	double speed = 0, from_mm = d->rail->position_mm;

	while (ms-- && outputs_on(d)) {
		speed = fmin(speed + accel_mm_s2 / 1000, speed_mm_s);
		d->rail->position_mm += speed / 1000;
		driver_run_ms(d, 1);
	}
	return d->rail->position_mm - from_mm;
}

static void motion_that_no_register_of_the_drive_shows_is_noticed(void **state)
{
	unsigned int profile, n;

	(void)state;
	for (profile = OHT_PROFILE_CANONICAL; profile <= OHT_PROFILE_LEGACY; profile++) {
		struct driver *d = driver_begin_as(profile, 3000);
		double mm = 0;

		driver_arrives(d, 3300);
		driver_run_ms(d, 1000);
		strays_at_most(d, goes_unsaid(d, 1e6, 3, 20000), "3 mm/s");
		d = driver_safe_as(profile, 3000);
		driver_asks(d, OHTD_COMMAND_ENABLE);
		strays_at_most(d, goes_unsaid(d, 1000, IDLE_MM_S, 5000), "from the enable on");
		d = driver_begin_as(profile, 3000);
		driver_set_jump(d, 10);
		strays_at_most(d, goes_unsaid(d, 1e6, 150, 5000), "from reading to reading more than position_jump_mm");
		/* Neither other limits nor a position that could not be read begin it anew. */
		d = driver_begin_as(profile, 3000);
		driver_arrives(d, 3300);
		for (n = 0; n < 10 && outputs_on(d); n++) {
			driver_run_ms(d, 500);
			mm += goes_unsaid(d, 1000, 30, 100);
			ohtd_travel_use_limits(&d->f->control);
			driver_run_ms(d, 500);
			driver_sim(d, "fault 5 exception code=4");
			driver_run_ms(d, 1500);
			driver_sim(d, "clear 5");
		}
		assert_false(outputs_on(d));
		strays_at_most(d, mm, "a little at a time");
	}
}

/* Three refusals in a row, at any time between two readings. */
static void motion_while_the_position_is_refused_is_noticed(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct driver *d = driver_begin(3000);

		driver_arrives(d, 3300);
		reports_zero(d);
		driver_run_ms(d, 1000 + 23 * i);
		driver_sim(d, "fault 5 exception code=4 count=3");
		driver_run_ms(d, 150);
		strays_at_most(d, goes_unsaid(d, 1000, IDLE_MM_S, 15000), "with a position that was refused three times");
	}
}

/* A jog of 20 mm/s, with the key held, and a move; the drive goes at full speed, and says so or not. */
static void own_speed_in_motion_is_noticed(void **state)
{
	static const char *const hidden[] = { "drive_overspeed module_overspeed", "module_overspeed position_ahead" };
	double mm, plan_mm = 0;
	unsigned int i, ms;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct driver *d = driver_begin(3000);

		if (i < 2)
			driver_departs(d, 25000);
		for (ms = 0; ms < 1500; ms++) {
			if (i >= 2 && ms % 50 == 0)
				driver_press(d, 20, "key");
			driver_run_ms(d, 1);
		}
		driver_state(d, OHTD_STATE_MOVE);
		if (i % 2)
			reports_zero(d);
		driver_sim(d, "rail own 2000");
		mm = d->f->control.travel.sample.point.position_mm - d->rail->position_mm;
		for (ms = 0; outputs_on(d) && ms < 3000; ms++) {
			if (i >= 2 && ms % 50 == 0)
				driver_press(d, 20, "key");
			plan_mm = d->f->control.travel.sample.point.position_mm;
			driver_run_ms(d, 1);
		}
		mm += d->rail->position_mm - plan_mm;
		print_message("own speed in a %s, %s: %.0f mm\n", i < 2 ? "move" : "jog", i % 2 ? "with a speed of zero" : "its speed is told", mm);
		assert_true(mm <= (i % 2 ? 2 : 1) * (i < 2 ? 150 : 100));
		says(d, hidden[i % 2]);
		driver_end(d);
	}
}

static void swapped_wires_are_noticed(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		enum oht_profile profile = i % 2 ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL;
		struct driver *d = driver_begin_as(profile, 5000);
		struct ohtd_answer answer;
		double mm;

		/* At the least one, steps from reading to reading are soon longer. */
		driver_set_jump(d, i < 2 ? 500 : 10);
		driver_sim(d, "rail wires swapped");
		answer = driver_move(d, 9000, 0);
		driver_done(&answer);
		mm = mm_until_low(d);
		print_message("wires of the motors swapped, profile %u: %.0f mm the wrong way\n", profile, mm);
		assert_true(mm <= 50);
		driver_run_ms(d, 50);
		says(d, "wrong_way");
		driver_end(d);
	}
}

/* Until the outputs are low: how far the wheels have come back from where they turned. */
static double back_until_low(struct driver *d, bool reverse)
{
	double way = reverse ? -1 : 1, farthest_mm = d->rail->position_mm * way;
	unsigned int ms;

	for (ms = 0; outputs_on(d) && ms < 5000; ms++) {
		driver_run_ms(d, 1);
		farthest_mm = fmax(farthest_mm, d->rail->position_mm * way);
	}
	assert_false(outputs_on(d));
	return farthest_mm - d->rail->position_mm * way;
}

/* At each speed, at some moments between two readings of the position, while the robot becomes faster and behind that. */
static void drive_that_turns_around_is_noticed(void **state)
{
	static const unsigned int told_mm_s[] = { 100, 300, 600, 1000 }, own_mm_s[] = { 60, 300, 600, 1000, 1300, 2000 };
	double worst_mm[OHT_PROFILES] = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 96; i++) {
		enum oht_profile profile = i % 2 ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL;
		unsigned int told = told_mm_s[i / 2 % 4], own = own_mm_s[i / 8 % 6];
		struct driver *d = driver_begin_as(profile, 15000);
		bool reverse = i / 48;
		struct ohtd_answer answer;
		char line[64];
		double mm;

		answer = driver_move(d, reverse ? 1000 : 29000, told);
		driver_done(&answer);
		driver_run_ms(d, (i / 2 % 3 ? 400 + told * 2 : 150 + told) + 37 * i % 100);
		snprintf(line, sizeof(line), "rail own %s%u", reverse ? "" : "-", own);
		driver_sim(d, line);
		mm = back_until_low(d, reverse);
		if (mm > 50)
			fail_msg("%u: %.0f mm back from %u mm/s to %u, profile %d", i, mm, told, own, profile);
		worst_mm[profile] = fmax(worst_mm[profile], mm);
		driver_end(d);
	}
	print_message("turned around: canonical %.0f, legacy %.0f mm back\n", worst_mm[OHT_PROFILE_CANONICAL], worst_mm[OHT_PROFILE_LEGACY]);
}

/*
 * The second failure: it turns around while the position is silent or refused, so that its sign shows nowhere. What shows is the
 * speed that the drive reports, which is far below what it is told for a moment.
 */
static void drive_that_turns_around_beside_a_silent_position_is_noticed(void **state)
{
	static const char *const silences[] = { "fault 5 silence", "fault 5 exception code=4" };
	unsigned int i, ms;

	(void)state;
	for (i = 0; i < 12; i++) {
		struct driver *d = driver_begin_as(i % 2 ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL, 15000);
		bool reverse = i / 2 % 2;
		double farthest_mm, back_mm = 0;
		char line[64];

		driver_departs(d, reverse ? 1000 : 29000);
		driver_run_ms(d, 1200 + 300 * (i % 3));
		driver_sim(d, silences[i / 4 % 2]);
		driver_run_ms(d, 260 + 31 * i);
		assert_true(outputs_on(d));
		snprintf(line, sizeof(line), "rail own %s%u", reverse ? "" : "-", 800 + 100 * i);
		driver_sim(d, line);
		farthest_mm = d->rail->position_mm;
		for (ms = 0; d->rail->wheel_mm_s != 0 && ms < 3000; ms++) {
			driver_run_ms(d, 1);
			farthest_mm = reverse ? fmin(farthest_mm, d->rail->position_mm) : fmax(farthest_mm, d->rail->position_mm);
			back_mm = fabs(d->rail->position_mm - farthest_mm);
		}
		print_message("turned around beside a silent position, %u: %.0f mm back\n", i, back_mm);
		assert_false(outputs_on(d));
		assert_true(back_mm <= 50);
		says(d, "drive_disobeys module_lost");
		driver_end(d);
	}
}

/* A loaded robot is slower than its plan, and braking it is faster: neither is a drive that does what it likes. */
static void silent_position_alone_is_no_drive_that_disobeys(void **state)
{
	unsigned int i, ms;

	(void)state;
	for (i = 0; i < 12; i++) {
		struct driver *d = driver_begin_as(i % 2 ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL, 15000);

		d->rail->load_kg = i < 6 ? 100 : 0;
		driver_departs(d, i / 2 % 2 ? 13000 : 29000);
		/* From its first readings on, and into its braking. */
		driver_run_ms(d, 100 + 350 * (i % 6));
		driver_sim(d, "fault 5 silence");
		for (ms = 0; ms < 3000 && d->f->control.state == OHTD_STATE_MOVE; ms++)
			driver_run_ms(d, 1);
		driver_state(d, OHTD_STATE_FAULT);
		says(d, "module_lost position_lost");
		driver_end(d);
	}
}

/* It goes on at its own speed, slower than the plan: on the ramp of its fault it does not catch up. */
static void drive_that_was_too_slow_is_noticed_on_the_ramp_of_its_fault(void **state)
{
	static const unsigned int speeds[] = { 200, 350, 500 };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(speeds); i++) {
		struct driver *d = fast(OHT_PROFILE_CANONICAL, 25000);
		double healthy_mm = speeds[i] * speeds[i] / 2.0 / 1500 + speeds[i] * 0.26, mm;
		char line[64];

		snprintf(line, sizeof(line), "rail own %u", speeds[i]);
		driver_sim(d, line);
		driver_until(d, OHTD_STATE_FAULT, 5000);
		says(d, "drive_following");
		mm = mm_until_low(d) - healthy_mm;
		print_message("own speed of %u mm/s behind its fault: %.0f mm beyond a ramp\n", speeds[i], mm);
		assert_true(mm <= MOST_BEYOND_MM);
		driver_end(d);
	}
}

/* No motion could end, and the reason is the register. */
static void speed_of_the_module_that_stays_is_named(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_run_ms(d, 1000);
	driver_sim(d, "set 5 velocity_x 5");
	driver_until(d, OHTD_STATE_FAULT, 4000);
	says(d, "module_overspeed");
	driver_end(d);
}

static void pushed_robot_is_no_drive_that_turns(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_run_ms(d, 1000);
	driver_sim(d, "rail push 60");
	strays_at_most(d, mm_until_low(d), "pushed");
}

/* ---- what is no disobedience ---- */

static void flicker_of_a_speed_is_no_fault(void **state)
{
	struct driver *d = driver_begin(3000);
	unsigned int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		driver_sim(d, i % 2 ? "set 4 motor1_actual_speed 0" : "set 4 motor1_actual_speed 2");
		driver_run_ms(d, 250);
	}
	driver_state(d, OHTD_STATE_IDLE);
	/* The speed that is always there is one. */
	driver_sim(d, "set 4 motor2_actual_speed 2");
	driver_until(d, OHTD_STATE_FAULT, 2000);
	driver_end(d);
}

/* The module counts to and fro, jumps and comes back, takes another reference, and counts over its end. */
static void position_that_is_read_elsewhere_is_no_fault(void **state)
{
	static const int readings_mm[] = { 3900, 3000, 2000, 30000, -30000 };
	struct driver *d = driver_begin(3000);
	char line[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		d->rail->position_mm += i % 2 ? 2 : -2;
		driver_run_ms(d, 110);
	}
	for (i = 0; i < ARRAY_SIZE(readings_mm); i++) {
		snprintf(line, sizeof(line), "set 5 position_x %d", readings_mm[i]);
		driver_sim(d, line);
		driver_run_ms(d, i ? 1000 : 90);
	}
	driver_sim(d, "unset 5 position_x");
	driver_run_ms(d, 1000);
	driver_state(d, OHTD_STATE_IDLE);
	driver_end(d);
}

/* Of less than position_jump_mm, in front of the robot, once, on the ramp of a stop. */
static void slip_of_a_reading_on_a_ramp_is_no_fault(void **state)
{
	static const int slips_mm[] = { 160, 300, 480 };
	unsigned int i;
	char line[64];

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(slips_mm); i++) {
		struct driver *d = fast(OHT_PROFILE_CANONICAL, 25000);
		uint64_t seen_ns;

		post(d, OHTD_COMMAND_STOP);
		driver_run_ms(d, 50 + i / ARRAY_SIZE(slips_mm) * 200);
		seen_ns = d->f->control.travel.reading_ns;
		snprintf(line, sizeof(line), "set 5 position_x %d", (int)d->rail->position_mm + slips_mm[i % ARRAY_SIZE(slips_mm)]);
		driver_sim(d, line);
		while (d->f->control.travel.reading_ns == seen_ns)
			driver_run_ms(d, 1);
		snprintf(line, sizeof(line), "set 5 position_x %d", (int)d->rail->position_mm);
		driver_sim(d, line);
		driver_sim(d, "unset 5 position_x");
		driver_run_ms(d, 3000);
		driver_state(d, OHTD_STATE_IDLE);
		driver_end(d);
	}
}

static void single_refusals_and_misses_are_no_fault(void **state)
{
	struct driver *d = fast(OHT_PROFILE_CANONICAL, 25000);
	unsigned int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		driver_sim(d, "fault 4 exception code=6 register=motor1_speed count=1");
		driver_run_ms(d, 160);
		driver_sim(d, "fault 4 ignore register=motor2_speed count=1");
		driver_run_ms(d, 160);
		driver_sim(d, "fault 4 crc count=2");
		driver_run_ms(d, 160);
	}
	driver_state(d, OHTD_STATE_MOVE);
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_run_ms(d, 3000);
	driver_state(d, OHTD_STATE_IDLE);
	driver_stands(d);
	driver_end(d);
}

/* ---- disable ---- */

static void disable_passes_when_it_moves_although_told_zero(void **state)
{
	struct driver *d = fast(OHT_PROFILE_CANONICAL, 25000);
	struct ohtd_answer answer;

	(void)state;
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_run_ms(d, 100);
	/* On the ramp it would be a jerk. */
	answer = driver_ask(d, OHTD_COMMAND_DISABLE);
	driver_refused(d, &answer, OHTD_WHY_MOVING);
	while (!ohtd_travel_rests(&d->f->control))
		driver_run_ms(d, 1);
	assert_true(ohtd_moving(&d->f->control));
	driver_asks(d, OHTD_COMMAND_DISABLE);
	assert_false(outputs_on(d));
	driver_end(d);
}

/* It says that it is enabled, and is not: a refusal that stands is a fault, two are none. */
static void drive_that_refuses_to_be_switched_on_is_noticed(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct driver *d = driver_safe_as(i & 1 ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL, 15000);
		char line[64];

		snprintf(line, sizeof(line), "fault 4 exception code=%u register=%s count=%u", i & 2 ? 4 : 6,
			 i & 1 ? "enable" : "motor2_enable", i & 2 ? 0 : 2);
		driver_sim(d, line);
		driver_asks(d, OHTD_COMMAND_ENABLE);
		driver_run_ms(d, 1000);
		if (i & 2) {
			ends_as_disobedience(d);
			continue;
		}
		driver_state(d, OHTD_STATE_IDLE);
		driver_arrives(d, 15300);
		driver_end(d);
	}
}

/* One that refuses all that it is asked for, as a drive does that starts anew. Its registers are sorted out while it goes on, and a word must be told meanwhile. */
static void drive_that_refuses_everything_stops(void **state)
{
	static const unsigned int codes[] = { 1, 2, 4, 6 }, waits_ms[] = { 0, 60, 300 };
	double most_mm = 0;

	(void)state;
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(codes) * ARRAY_SIZE(waits_ms); i++) {
		struct driver *d = fast(i % 2 ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL, 20000);
		unsigned int code = codes[i / 2 % ARRAY_SIZE(codes)], wait_ms = waits_ms[i / 2 / ARRAY_SIZE(codes)];
		char line[64];
		double mm;

		snprintf(line, sizeof(line), "fault 4 exception code=%u count=0", code);
		driver_sim(d, line);
		driver_run_ms(d, wait_ms);
		post(d, OHTD_COMMAND_STOP);
		mm = mm_until_low(d);
		if (mm > MOST_MM)
			fail_msg("code %u, %u ms before the stop, profile %d: outputs high for %.0f mm", code, wait_ms, d->run.station.profile, mm);
		most_mm = fmax(most_mm, mm);
		driver_end(d);
	}
	print_message("everything refused: %.0f mm at most\n", most_mm);
}

/* Nor is a word held up by another module whose registers are sorted out. */
static void module_that_refuses_everything_holds_up_no_stop(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		struct driver *d = fast(i % 2 ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL, 20000);
		double from_mm;

		driver_sim(d, "fault 5 exception code=2 count=0");
		driver_run_ms(d, 150 * (i / 2));
		from_mm = d->rail->position_mm;
		post(d, OHTD_COMMAND_STOP);
		driver_run_ms(d, 2500);
		if (d->rail->speed_mm_s != 0 || d->rail->position_mm > from_mm + MOST_RAMP_MM)
			fail_msg("run %u: %.0f mm behind the stop, %.0f mm/s", i, d->rail->position_mm - from_mm, d->rail->speed_mm_s);
		driver_end(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_is_not_obeyed),
		cmocka_unit_test(pause_is_not_obeyed),
		cmocka_unit_test(obstacle_is_not_obeyed),
		cmocka_unit_test(plan_is_not_obeyed),
		cmocka_unit_test(drive_turns_in_idle),
		cmocka_unit_test(drive_that_keeps_its_setpoint_is_not_enabled),
		cmocka_unit_test(drive_that_shows_no_setpoint_is_not_enabled),
		cmocka_unit_test(busy_drive_is_looked_at_again),
		cmocka_unit_test(drive_with_a_mind_of_its_own_is_noticed_by_its_speed),
		cmocka_unit_test(drive_with_a_mind_of_its_own_is_noticed_on_a_ramp),
		cmocka_unit_test(small_motions_from_idle_add_up),
		cmocka_unit_test(drive_that_hides_its_speed_is_noticed_by_its_position),
		cmocka_unit_test(drive_that_reports_zero_and_turns_is_noticed_by_its_position),
		cmocka_unit_test(drive_that_reports_zero_and_turns_is_noticed_in_paused),
		cmocka_unit_test(motion_that_no_register_of_the_drive_shows_is_noticed),
		cmocka_unit_test(motion_while_the_position_is_refused_is_noticed),
		cmocka_unit_test(own_speed_in_motion_is_noticed),
		cmocka_unit_test(swapped_wires_are_noticed),
		cmocka_unit_test(drive_that_turns_around_is_noticed),
		cmocka_unit_test(drive_that_turns_around_beside_a_silent_position_is_noticed),
		cmocka_unit_test(silent_position_alone_is_no_drive_that_disobeys),
		cmocka_unit_test(drive_that_was_too_slow_is_noticed_on_the_ramp_of_its_fault),
		cmocka_unit_test(speed_of_the_module_that_stays_is_named),
		cmocka_unit_test(pushed_robot_is_no_drive_that_turns),
		cmocka_unit_test(flicker_of_a_speed_is_no_fault),
		cmocka_unit_test(position_that_is_read_elsewhere_is_no_fault),
		cmocka_unit_test(slip_of_a_reading_on_a_ramp_is_no_fault),
		cmocka_unit_test(single_refusals_and_misses_are_no_fault),
		cmocka_unit_test(drive_that_refuses_to_be_switched_on_is_noticed),
		cmocka_unit_test(disable_passes_when_it_moves_although_told_zero),
		cmocka_unit_test(drive_that_refuses_everything_stops),
		cmocka_unit_test(module_that_refuses_everything_holds_up_no_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
