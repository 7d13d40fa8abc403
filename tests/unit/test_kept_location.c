// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file that says where the robot is, behind the robot itself: what a run leaves there must not be believed by the next one when the robot
 * has gone elsewhere meanwhile, whatever its position module says then.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "drive_robot.h"
#include "main/kept_location.h"
#include "scratch.h"

#define TICK_MS		50
#define RUNS		4
#define ACTS		40
/* A reading is so old, and of a place that is near: that much the robot may be elsewhere in motion, and at rest. */
#define OFF_MM		650
#define OFF_REST_MM	200
#define OFF_MS		1500

static char dir[64];
static struct ohtd_location_file file;
static struct driver *driven;

/* That of the robot in this process. */
int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out);
void __wrap_ohtd_robot_recall_location(struct ohtd_robot *robot, const struct ohtd_kept_location *kept);

int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out)
{
	(void)robot;
	*out = fixture_snapshot(driven->f);
	return 0;
}

void __wrap_ohtd_robot_recall_location(struct ohtd_robot *robot, const struct ohtd_kept_location *kept)
{
	(void)robot;
	driven->f->control.travel.location.kept = *kept;
}

static int make(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/oht-kept.XXXXXX");
	return scratch_make(dir);
}

static int drop(void **state)
{
	(void)state;
	return scratch_remove(dir);
}

static bool says(const char *word)
{
	char path[sizeof(dir) + 16], line[128] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/position", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	return strstr(line, word) != NULL;
}

static void run_ms(unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i++) {
		driver_run_ms(driven, 1);
		if (i % TICK_MS == 0)
			ohtd_kept_location_tick(&file, dir, NULL, virtual_now_ns(&driven->run));
	}
}

/* The module counts so that it says @mm of the robot where it is now. */
static void module_says(double mm)
{
	driven->run.station.world.navigator.offset_mm = mm - driven->f->control.travel.location.kept.offset_mm - driven->rail->position_mm;
}

static void start_again(uint64_t given)
{
	file = (struct ohtd_location_file){ 0 };
	fixture_start_again(driven->f, given);
	ohtd_kept_location_recall(dir, NULL, false);
}

static bool located(void)
{
	return !fixture_snapshot(driven->f).location.lost;
}

/* The module counts anew as the robot departs, and behind a power cut it says the old place again. */
static void robot_that_goes_on_unlocated_has_left(void **state)
{
	(void)state;
	driven = driver_begin(3000);
	file = (struct ohtd_location_file){ 0 };
	run_ms(500);
	assert_true(says("stands"));
	driver_departs(driven, 20000);
	while (driven->rail->position_mm < 3020)
		run_ms(1);
	driven->run.station.world.navigator.offset_mm = -3000;
	run_ms(4000);
	driver_state(driven, OHTD_STATE_FAULT);
	assert_false(located());
	assert_true(driven->rail->position_mm > 3060);
	assert_true(says("left"));
	fixture_crash(driven->f);
	module_says(3000);
	start_again(1000);
	run_ms(3000);
	assert_false(located());
	driver_end(driven);
}

/* A start believes what is near the written place, so what is further off must not be written as that place. */
static void robot_that_believes_little_has_left_soon(void **state)
{
	(void)state;
	driven = driver_begin(3000);
	driver_set_jump(driven, 20);
	file = (struct ohtd_location_file){ 0 };
	run_ms(500);
	assert_true(says("stands"));
	driver_departs(driven, 3015);
	run_ms(4000);
	assert_near(driven->rail->position_mm, 3015, 2);
	assert_true(says("left"));
	driver_end(driven);
}

static void place_that_is_none_is_not_believed(void **state)
{
	static const char *const places[] = { "1e308 0", "3000 1e308", "-2e9 0", "3000 -1e300", "nan 0", "3000 inf" };
	const struct ohtd_kept_location *kept;

	(void)state;
	driven = driver_safe(3000);
	kept = &driven->f->control.travel.location.kept;
	file = (struct ohtd_location_file){ 0 };
	run_ms(500);
	ohtd_kept_location_recall(dir, NULL, false);
	assert_true(kept->position_mm == 3000 && !kept->left);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[sizeof(dir) + 16];
		FILE *f;

		snprintf(path, sizeof(path), "%s/position", dir);
		f = fopen(path, "w");
		assert_non_null(f);
		fprintf(f, "5 4 0 %s stands\n", places[i]);
		fclose(f);
		ohtd_kept_location_recall(dir, NULL, false);
		assert_true(isnan(kept->position_mm) && kept->left);
	}
	driver_end(driven);
}

/* ---- anything at any time ---- */

static uint64_t off_since_ns;
static double jump_mm;

static void looks_right(uint64_t seed)
{
	const struct ohtd_control *control = &driven->f->control;
	const double off_mm = fabs(driven->rail->speed_mm_s) < 1 ? OFF_REST_MM : OFF_MM;
	double mm;
	bool off = ohtd_signal_fresh(control, OHTD_SIGNAL_POSITION_MM, &mm) && fabs(mm - driven->rail->position_mm) > off_mm && located();

	if (!off)
		off_since_ns = 0;
	else if (!off_since_ns)
		off_since_ns = virtual_now_ns(&driven->run);
	else if (virtual_now_ns(&driven->run) - off_since_ns > OFF_MS * OHTD_NS_PER_MS)
		fail_msg("run %llu: located at %.0f, and is at %.0f", (unsigned long long)seed, mm, driven->rail->position_mm);
}

static void pass_ms(uint64_t seed, unsigned int ms)
{
	struct ohtd_answer answer;

	while (ms >= TICK_MS) {
		run_ms(TICK_MS);
		looks_right(seed);
		ms -= TICK_MS;
		while (ohtd_link_take(&driven->f->links[1], &answer) == 1)
			;
	}
}

static void ask(enum ohtd_command_kind kind, double target_mm)
{
	struct ohtd_command said = {
		.kind = kind, .tag = 7, .role = OHTD_ROLE_SUPERVISOR, .valid_ms = 2000, .target_mm = target_mm,
	};

	assert_int_equal(ohtd_link_post(&driven->f->links[1], &said), 0);
}

static void comes_back(uint64_t seed)
{
	static const enum ohtd_command_kind kinds[] = { OHTD_COMMAND_RESET, OHTD_COMMAND_RESET_FAULT, OHTD_COMMAND_ENABLE };

	driven->f->fake->pressed = false;
	for (unsigned int i = 0; i < 3; i++) {
		pass_ms(seed, 300);
		ask(kinds[i], 0);
	}
}

static void jogs(uint64_t seed, double mm_s, unsigned int times)
{
	while (times--) {
		driver_press(driven, mm_s, "on");
		pass_ms(seed, TICK_MS);
	}
}

/* Of a computer that has failed, and of a module that may count anew by then: to the very place that is kept, or beyond what is near it. */
static void fails(uint64_t seed, unsigned int act)
{
	struct virtual_run *run = &driven->run;

	fixture_crash(driven->f);
	if (virtual_roll(run, 2))
		module_says(file.written.position_mm);
	else if (jump_mm < OFF_REST_MM && virtual_roll(run, 2))
		module_says(driven->rail->position_mm + OFF_REST_MM + 20 + virtual_roll(run, 200));
	start_again(1000 * (act + 1));
	driver_set_jump(driven, jump_mm);
	pass_ms(seed, 4000);
}

static void acts(uint64_t seed, unsigned int act)
{
	struct virtual_run *run = &driven->run;

	switch (virtual_roll(run, 12)) {
	case 0: case 1: case 2:
		ask(OHTD_COMMAND_MOVE, 2000 + virtual_roll(run, 16000));
		break;
	case 3: case 4:
		jogs(seed, virtual_roll(run, 2) ? 200 : -200, virtual_roll(run, 80));
		break;
	case 5:
		fake_bus_press(driven->f->fake);
		break;
	case 6: case 7:
		comes_back(seed);
		break;
	case 8:
		ask(OHTD_COMMAND_DISABLE, 0);
		break;
	case 9:
		module_says(driven->rail->position_mm + (virtual_roll(run, 2) ? 1 : -1) * (1500.0 + virtual_roll(run, 3000)));
		break;
	case 10:
		if (fabs(driven->rail->speed_mm_s) < 1)
			ask(OHTD_COMMAND_POSITION, driven->rail->position_mm);
		break;
	default:
		fails(seed, act);
	}
}

static void robot_is_where_it_says(void **state)
{
	/* No series, which check-sanitizers counts: a run is minutes of a robot, and the gate has time for a few. */
	const char *wanted = getenv("OHT_RUNS");
	const uint64_t first = series_first(26), runs = wanted ? strtoull(wanted, NULL, 10) : RUNS;

	(void)state;
	for (uint64_t run = 0; run < runs; run++) {
		driven = driver_safe(3000);
		driven->run.dice = first + run;
		file = (struct ohtd_location_file){ 0 };
		off_since_ns = 0;
		jump_mm = virtual_roll(&driven->run, 2) ? 30 : 500;
		driver_set_jump(driven, jump_mm);
		pass_ms(first + run, 500);
		assert_true(says(" 3000.000 "));
		for (unsigned int i = 0; i < ACTS; i++) {
			acts(first + run, i);
			pass_ms(first + run, virtual_roll(&driven->run, 3000));
		}
		driver_end(driven);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(robot_that_goes_on_unlocated_has_left, make, drop),
		cmocka_unit_test_setup_teardown(robot_that_believes_little_has_left_soon, make, drop),
		cmocka_unit_test_setup_teardown(place_that_is_none_is_not_believed, make, drop),
		cmocka_unit_test_setup_teardown(robot_is_where_it_says, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
