// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long the robot takes, in virtual time: robot_load COUNT. Control core, fake bus and module simulator
 * in one process; each moment is drawn from the whole period of the plan. Prints lines
 * "figure NAME P50 P99 MAX COUNT", times in ms and lengths in mm; and of an hour of moves the line
 * "hour MISSED EXCEEDED CYCLES".
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "drive_robot.h"
#include "load_samples.h"

/* The plan repeats after so long. */
#define PERIOD_MS	500

static unsigned int wanted = 200;

static double now_ms(const struct driver *d)
{
	return (double)virtual_now_ns(&d->run) / OHTD_NS_PER_MS;
}

/* Any moment of the plan, and of the control cycle. */
static void any_moment(struct driver *d)
{
	driver_run_ms(d, virtual_roll(&d->run, PERIOD_MS));
}

/* From @since_ms until both motors have echoed zero; 0 if they have not been told anything else since. */
static double ms_to_zero(struct driver *d, double since_ms)
{
	struct ohtd_drive_setpoint echoed = { .speed_raw = 1 };
	uint64_t at_ns = 0;

	while (!ohtd_setpoint_echoed(&d->f->control.modules, &echoed, &at_ns) || echoed.speed_raw ||
	       d->f->control.state != OHTD_STATE_IDLE) {
		driver_run_ms(d, 1);
		assert_true(now_ms(d) - since_ms < 5000);
	}
	return fmax((double)at_ns / OHTD_NS_PER_MS - since_ms, 0);
}

/* The same for another place, at least a metre away. */
static double any_target_mm(struct driver *d)
{
	double target_mm = 1000 + virtual_roll(&d->run, 28000);

	if (fabs(target_mm - d->rail->position_mm) < 1000)
		target_mm += target_mm < 15000 ? 3000 : -3000;
	return target_mm;
}

/* When all motors had echoed the set-point that the answer of a command tells of. */
static double echoed_ms(const struct driver *d)
{
	struct ohtd_drive_setpoint echoed;
	uint64_t at_ns;

	assert_true(ohtd_setpoint_echoed(&d->f->control.modules, &echoed, &at_ns));
	return (double)at_ns / OHTD_NS_PER_MS;
}

struct move_samples {
	struct samples *echo, *turn, *answer, *arrival, *fastest;
};

static void measure_move(struct driver *d, const struct move_samples *s)
{
	double target_mm = any_target_mm(d), began_ms;
	uint16_t direction = d->f->control.modules.setpoints.told.direction;

	any_moment(d);
	d->fastest_mm_s = 0;
	began_ms = now_ms(d);
	driver_departs(d, target_mm);
	/* Another direction is a transaction of its own, which the drive must echo first. */
	if (direction != d->f->control.modules.setpoints.told.direction) {
		samples_add(s->turn, echoed_ms(d) - began_ms);
	} else {
		samples_add(s->echo, echoed_ms(d) - began_ms);
		samples_add(s->answer, now_ms(d) - began_ms);
	}
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_int_equal(d->f->control.travel.command.state, OHTD_COMMAND_STATE_FINISHED);
	samples_add(s->arrival, fabs(d->rail->position_mm - target_mm));
	samples_add(s->fastest, d->fastest_mm_s);
}

/* From the request to the drive's echo, and to the answer; then the arrival, by the simulator's truth. */
static void measure_moves(enum oht_profile profile, const struct move_samples *s)
{
	struct driver *d = driver_begin_as(profile, 3000);
	unsigned int i;

	for (i = 0; i < wanted; i++)
		measure_move(d, s);
	samples_show(s->echo);
	samples_show(s->turn);
	samples_show(s->answer);
	samples_show(s->arrival);
	samples_show(s->fastest);
	driver_end(d);
}

static void measure_profile(enum oht_profile profile)
{
	const bool legacy = profile == OHT_PROFILE_LEGACY;

	measure_moves(profile, &(struct move_samples){
		.echo = samples_begin(legacy ? "echo_legacy_ms" : "echo_ms"),
		.turn = samples_begin(legacy ? "echo_turn_legacy_ms" : "echo_turn_ms"),
		.answer = samples_begin(legacy ? "answer_legacy_ms" : "answer_ms"),
		.arrival = samples_begin(legacy ? "arrival_legacy_mm" : "arrival_mm"),
		.fastest = samples_begin(legacy ? "fastest_legacy_mm_s" : "fastest_mm_s") });
}

/* The plan of the drive for an hour of moves, one behind the other, and what of it did not begin in time. */
static void measure_hour(void)
{
	struct driver *d = driver_begin(3000);
	const struct ohtd_snapshot *now = &d->f->control.snapshot;
	uint64_t until_ns = virtual_now_ns(&d->run) + 3600 * OHTD_NS_PER_S;
	struct ohtd_plan_view first = now->plan;
	uint64_t late = now->bus.cycles_missed, cycles = now->bus.cycles;

	while (virtual_now_ns(&d->run) < until_ns) {
		driver_departs(d, any_target_mm(d));
		driver_until(d, OHTD_STATE_IDLE, 60000);
	}
	printf("hour %llu %llu %llu\n",
	       (unsigned long long)(now->plan.missed - first.missed + now->bus.cycles_missed - late),
	       (unsigned long long)(now->plan.exceeded - first.exceeded),
	       (unsigned long long)(now->bus.cycles - cycles));
	driver_end(d);
}

/* Left alone after a random time: from the last refresh to the echo of zero. */
static void measure_jogs(void)
{
	struct driver *d = driver_begin(15000);
	struct samples *s = samples_begin("jog_zero_ms");
	unsigned int i, refreshes;

	for (i = 0; i < wanted; i++) {
		double speed_mm_s = (i & 1 ? -1 : 1) * (50.0 + virtual_roll(&d->run, 150));
		double last_ms = 0;

		any_moment(d);
		for (refreshes = 5 + virtual_roll(&d->run, 20); refreshes; refreshes--) {
			last_ms = now_ms(d);
			driver_press(d, speed_mm_s, "one");
			driver_run_ms(d, 50);
		}
		samples_add(s, ms_to_zero(d, last_ms));
		driver_until(d, OHTD_STATE_IDLE, 5000);
	}
	samples_show(s);
	driver_end(d);
}

/* From the request to the answer, with the plan of an enabled robot or of one that is safe. */
static void measure_discovery(bool enabled, const char *name)
{
	struct driver *d = enabled ? driver_begin(3000) : driver_safe(3000);
	struct samples *s = samples_begin(name);
	unsigned int i;

	for (i = 0; i < wanted; i++) {
		double began_ms;
		struct ohtd_answer answer;

		any_moment(d);
		began_ms = now_ms(d);
		answer = driver_ask(d, OHTD_COMMAND_DISCOVER);
		driver_done(&answer);
		samples_add(s, now_ms(d) - began_ms);
		driver_run_ms(d, 2000);
	}
	samples_show(s);
	driver_end(d);
}

#define READS	4
#define STEP_MS	5
#define DEAD	5
/* The cycle that a question to DEAD gets, the one that its time-out ends in, and those that are too full for a while. */
#define BEHIND_NS	(5 * OHTD_CYCLE_MS * OHTD_NS_PER_MS)

/* What the gateway does when its clients want more than the bus has time for: four reads at any time. */
static void read_on_end(struct driver *d, bool under_way[READS])
{
	static const uint8_t units[READS] = { 2, 3, 4, 7 };
	struct ohtd_answer answer;

	while (ohtd_link_take(&d->f->links[1], &answer))
		under_way[answer.id] = false;
	for (unsigned int i = 0; i < READS; i++) {
		const struct ohtd_command read = {
			.id = i, .kind = OHTD_COMMAND_READ, .unit = units[i], .address = 0x0100,
			.count = OHTD_READ_MAX, .background = true, .valid_ms = 2000,
		};

		if (!under_way[i])
			assert_int_equal(ohtd_link_post(&d->f->links[1], &read), 0);
		under_way[i] = true;
	}
}

/* A question to the dead module is so short ago that cycles are missed for it. */
static bool dead_is_asked(const struct driver *d)
{
	const struct fake_bus *fake = d->f->fake;

	for (unsigned int i = fake->exchanges; i && fake->exchanges - i < FAKE_LOG; i--) {
		const struct fake_exchange *exchange = &fake->log[(i - 1) % FAKE_LOG];

		if (exchange->start_ns + BEHIND_NS < virtual_now_ns(&d->run))
			return false;
		if (exchange->request.unit == DEAD)
			return true;
	}
	return false;
}

static uint64_t missed_by(const struct driver *d)
{
	const struct ohtd_snapshot *snapshot = &d->f->control.snapshot;

	return snapshot->plan.missed + snapshot->bus.cycles_missed;
}

/* Cycles of the bus and of the control thread that were missed meanwhile, but not for the dead module. */
static double cycles_missed(bool reads)
{
	struct driver *d = driver_begin(3000);
	uint64_t before = missed_by(d), missed = 0;
	bool under_way[READS] = { false };

	driver_sim(d, "fault 5 silence");
	for (unsigned int ms = 0; ms < wanted * PERIOD_MS; ms += STEP_MS) {
		if (reads)
			read_on_end(d, under_way);
		driver_run_ms(d, STEP_MS);
		if (!dead_is_asked(d))
			missed += missed_by(d) - before;
		before = missed_by(d);
	}
	driver_state(d, OHTD_STATE_IDLE);
	driver_end(d);
	return (double)missed;
}

/*
 * The drive is led, and one module of four is dead. The robot asks it now and then, with a time-out that is longer than a
 * cycle, and that costs one cycle, or two where the battery has its turn in the cycle behind. How often it is two depends on
 * when the questions come, so these cycles are not compared.
 */
static void measure_gateway(void)
{
	struct samples *s = samples_begin("gateway_missed");

	samples_add(s, fmax(cycles_missed(true) - cycles_missed(false), 0));
	samples_show(s);
}

static void measure(void **state)
{
	(void)state;
	measure_profile(OHT_PROFILE_CANONICAL);
	measure_profile(OHT_PROFILE_LEGACY);
	measure_hour();
	measure_jogs();
	measure_discovery(false, "discovery_ms");
	measure_discovery(true, "discovery_enabled_ms");
	measure_gateway();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(measure) };

	if (argc > 1)
		wanted = (unsigned int)strtoul(argv[1], NULL, 10);
	if (!wanted || wanted > SAMPLES_MAX) {
		fprintf(stderr, "usage: robot_load [1..%u]\n", SAMPLES_MAX);
		return 2;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
