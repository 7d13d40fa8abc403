// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the drive does is compared with what it is told, in each state: a person jogs, moves, pauses, stops, and one or two
 * things fail in a random moment: a register of the drive or of the position, the drive goes its own speed, its wires are
 * swapped, the wheels slip, the vehicle is pushed or loaded, a module restarts. The witness measures the way of the wheels from outside.
 *
 * 80 seeds with one failure, 60 with two, 60 with none; OHT_RUNS=n makes it n of each; OHT_SEED is the first. A seed that fails is said;
 * OHT_SEED=n OHT_RUNS=1 OHT_FAILURES=k runs it alone. OHT_LIST=1 prints what is beyond the bars and goes on.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "dice.h"
#include "witness.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define RECOVERY_MS	20000
#define DRIVE_MS	90000
#define HISTORY		400

/* How a register is false. */
enum lie { FROZEN, ZERO, NEGATED, HALF, DOUBLE, OLD, UNSTEADY, LIES };
static const char *const lie_names[] = { "frozen", "zero", "negated", "half", "double", "old", "unsteady" };

enum failure {
	OWN_SPEED, SWAPPED, SLIP, PUSH, LOAD, DRIVE_RESTARTS, DOCK_RESTARTS, DRIVE_SILENT, DOCK_SILENT,
	IGNORES_ONE, IGNORES_BOTH, REFUSES_ONE, REFUSES_BOTH, IGNORES_DIRECTION,
	MOTOR_1, MOTORS, MODULE_SPEED, POSITION, FAILURES
};
static const char *const failure_names[] = {
	"own speed", "swapped", "slip", "push", "load", "drive restarts", "dock restarts", "drive silent", "dock silent",
	"ignores one", "ignores both", "refuses one", "refuses both", "ignores direction",
	"motor 1", "motors", "module speed", "position",
};

enum activity { JOG, MOVE, DOCKING, REST, ACTIVITIES };
static const char *const activity_names[] = { "jog", "move", "dock", "rest" };
enum word { NOTHING, STOP, PAUSE, OBSTACLE, WORDS };
static const char *const word_names[] = { "no word", "stop", "pause", "obstacle" };

struct false_register {
	const struct oht_register *reg;
	struct oht_sim_bank *bank;
	enum lie lie;
	double at_begin;
};

/* A scenario. */
struct walk {
	struct virtual_run run;
	struct witness witness;
	uint64_t seed;
	enum activity activity;
	enum word word;
	double speed_mm_s;
	unsigned int fails_ms[2], word_ms, ms;
	enum failure failure[2];
	unsigned int failures;
	bool swaps;		/* its wires are, when it stands next */
	bool held;		/* the obstacle came nearer than the robot could stop, and has held it */
	double past_mm[HISTORY], past_mm_s[HISTORY];	/* truth of each ms */
	struct false_register lies[4];
	unsigned int lie_count;
};

static uint64_t present_seed;
static unsigned int present_failures;
static bool present_done = true;

static unsigned int roll(struct walk *k, unsigned int sides)
{
	return virtual_roll(&k->run, sides);
}

static void sim(struct walk *k, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void sim(struct walk *k, const char *format, ...)
{
	char line[OHT_SIM_COMMAND_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	virtual_sim(&k->run, line);
}

static bool canonical(const struct walk *k)
{
	return k->run.station.profile == OHT_PROFILE_CANONICAL;
}

/* ---- failures ---- */

static void begin_lie(struct walk *k, unsigned int unit, const char *name, enum lie lie)
{
	struct false_register *l = &k->lies[k->lie_count];

	l->bank = &oht_sim_station_unit(&k->run.station, unit)->bank;
	l->reg = oht_regmap_find(l->bank->map, name);
	if (!l->reg)
		return;
	l->lie = lie;
	l->at_begin = oht_sim_bank_value(l->bank, l->reg);
	k->lie_count++;
}

static double truth(const struct walk *k, const struct false_register *l, unsigned int ago_ms)
{
	unsigned int ms = k->ms > ago_ms ? k->ms - ago_ms : 0;

	if (!strncmp(l->reg->name, "position", 8))
		return k->past_mm[ms % HISTORY];
	if (!strcmp(l->reg->unit, "%"))
		return fabs(k->past_mm_s[ms % HISTORY]) / OHT_SIM_FULL_SPEED_MM_S * 100;
	return strcmp(l->reg->name, "velocity_x") ? fabs(k->past_mm_s[ms % HISTORY]) : k->past_mm_s[ms % HISTORY];
}

static double lied(struct walk *k, const struct false_register *l)
{
	double is = truth(k, l, 0);

	switch (l->lie) {
	case FROZEN:
		return l->at_begin;
	case ZERO:
		return 0;
	case NEGATED:
		return -is;
	case HALF:
		return is / 2;
	case DOUBLE:
		return is * 2;
	case OLD:
		return truth(k, l, 300);
	default:
		return is + roll(k, 61) - 30.0;
	}
}

static void tell_lies(struct walk *k)
{
	unsigned int i;

	for (i = 0; i < k->lie_count; i++) {
		const struct oht_register *reg = k->lies[i].reg;
		double raw = round(lied(k, &k->lies[i]) / reg->scale);

		if (reg->has_min)
			raw = fmax(raw, (double)reg->min);
		if (reg->has_max)
			raw = fmin(raw, (double)reg->max);
		oht_sim_bank_set(k->lies[i].bank, reg, (int64_t)raw);
	}
}

static void restart_drive(struct walk *k)
{
	sim(k, "fault 4 silence count=%u", 4 + roll(k, 10));
	if (canonical(k)) {
		virtual_sim(&k->run, "set 4 motor1_enable 0");
		virtual_sim(&k->run, "set 4 motor2_enable 0");
		virtual_sim(&k->run, "set 4 motor1_speed 0");
		virtual_sim(&k->run, "set 4 motor2_speed 0");
	} else {
		virtual_sim(&k->run, "set 4 enable 0");
		virtual_sim(&k->run, "set 4 speed_target 0");
	}
}

/* What the drive does is not all said, or not as it is. */
static bool hides(enum failure failure)
{
	switch (failure) {
	case SLIP:
	case DOCK_RESTARTS:
	case DRIVE_SILENT:
	case DOCK_SILENT:
	case MOTOR_1:
	case MOTORS:
	case MODULE_SPEED:
	case POSITION:
		return true;
	default:
		return false;
	}
}

static void begin_failure(struct walk *k, enum failure failure)
{
	const char *one = canonical(k) ? "register=motor2_speed" : "register=speed_target";
	const char *other = canonical(k) ? " register=motor1_speed" : "";
	enum lie lie = roll(k, LIES);

	k->witness.hides |= hides(failure);
	switch (failure) {
	case OWN_SPEED:
		/* Mostly the way that it goes. */
		sim(k, "rail own %d", (int)(roll(k, 2001) * (roll(k, 8) ? 1 : -1) * (k->speed_mm_s < 0 ? -1 : 1)));
		break;
	case SWAPPED:
		k->swaps = true;
		break;
	case SLIP:
		k->witness.slips = true;
		sim(k, "rail slip %u", roll(k, 101));
		break;
	case PUSH:
		k->witness.slips = true;
		sim(k, "rail push %d", (int)roll(k, 601) - 300);
		break;
	case LOAD:
		k->witness.slips = true;
		sim(k, "rail load %u", 100 + roll(k, 101));
		break;
	case DRIVE_RESTARTS:
		restart_drive(k);
		break;
	case DOCK_RESTARTS:
		sim(k, "fault 5 silence count=%u", 2 + roll(k, 8));
		sim(k, "set 5 %s 0", canonical(k) ? "position_x" : "position");
		break;
	case DRIVE_SILENT:
		sim(k, "fault 4 silence count=%u", roll(k, 40));
		break;
	case DOCK_SILENT:
		sim(k, "fault 5 silence count=%u", roll(k, 20));
		break;
	case IGNORES_ONE:
	case IGNORES_BOTH:
		sim(k, "fault 4 ignore %s%s", one, failure == IGNORES_BOTH ? other : "");
		break;
	case REFUSES_ONE:
	case REFUSES_BOTH:
		sim(k, "fault 4 exception code=6 %s%s", one, failure == REFUSES_BOTH ? other : "");
		break;
	case IGNORES_DIRECTION:
		sim(k, "fault 4 ignore register=%s", canonical(k) ? "motor1_direction" : "direction");
		break;
	case MOTOR_1:
	case MOTORS:
		begin_lie(k, 4, canonical(k) ? "motor1_actual_speed" : "speed_actual", lie);
		if (failure == MOTORS && canonical(k))
			begin_lie(k, 4, "motor2_actual_speed", lie);
		break;
	case MODULE_SPEED:
		begin_lie(k, canonical(k) ? 5 : 4, canonical(k) ? "velocity_x" : "speed_actual", lie);
		break;
	default:
		begin_lie(k, 5, canonical(k) ? "position_x" : "position", lie);
		k->witness.slips = true;
		break;
	}
}

/* ---- what is asked for ---- */

static struct ohtd_command command_of(struct walk *k, enum ohtd_command_kind kind)
{
	struct ohtd_command command = {
		.id = ++k->run.asked, .kind = kind, .role = OHTD_ROLE_OPERATOR, .valid_ms = 2000, .tag = 7,
		.by = { .user = "anna", .session = "anna", .role = OHTD_ROLE_OPERATOR },
	};

	return command;
}

static void post(struct walk *k, const struct ohtd_command *command)
{
	struct ohtd_answer answer;

	ohtd_link_post(&k->run.f->links[1], command);
	while (ohtd_link_take(&k->run.f->links[1], &answer))
		;
}

static void begin_activity(struct walk *k)
{
	struct ohtd_command command = command_of(k, OHTD_COMMAND_MOVE);
	double here_mm = k->run.station.world.rail.position_mm;

	if (k->activity == DOCKING) {
		command = command_of(k, OHTD_COMMAND_DOCK);
	} else if (k->activity == MOVE) {
		command.speed_mm_s = fabs(k->speed_mm_s);
		command.target_mm = round(here_mm + (300.0 + roll(k, 6000)) * (k->speed_mm_s < 0 ? -1 : 1));
		command.target_mm = fmin(fmax(command.target_mm, 100), 30000);
	}
	if (k->activity == MOVE || k->activity == DOCKING)
		post(k, &command);
}

static void hold_key(struct walk *k)
{
	struct ohtd_command command = command_of(k, OHTD_COMMAND_JOG);

	command.speed_mm_s = k->speed_mm_s;
	snprintf(command.caller_id, sizeof(command.caller_id), "key");
	post(k, &command);
}

static void say_word(struct walk *k)
{
	struct ohtd_command command = command_of(k, k->word == PAUSE ? OHTD_COMMAND_PAUSE : OHTD_COMMAND_STOP);
	const struct oht_sim_rail *rail = &k->run.station.world.rail;

	if (k->word == OBSTACLE)
		sim(k, "rail obstacle %.0f", fmin(fmax(rail->position_mm + (k->speed_mm_s < 0 ? -1 : 1) * (400.0 + roll(k, 1500)), -5999), 31999));
	else if (k->word)
		post(k, &command);
}

static void run_ms(struct walk *k, unsigned int ms)
{
	const struct oht_sim_rail *rail = &k->run.station.world.rail;

	while (ms--) {
		k->past_mm[k->ms % HISTORY] = k->run.station.world.rail.position_mm;
		k->past_mm_s[k->ms % HISTORY] = k->run.station.world.rail.wheel_mm_s;
		tell_lies(k);
		if (k->swaps && rail->wheel_mm_s == 0)
			k->run.station.world.rail.swapped = true;
		fixture_run_ms(k->run.f, 1);
		k->held |= isfinite(rail->obstacle_mm) && rail->wheel_mm_s != 0 && rail->speed_mm_s == 0;
		k->ms++;
	}
}

static void take_part(struct walk *k, unsigned int ms)
{
	unsigned int i;

	for (i = 0; i < k->failures; i++)
		if (ms == k->fails_ms[i])
			begin_failure(k, k->failure[i]);
	if (ms == k->word_ms)
		say_word(k);
	if (k->activity == JOG && ms % 50 == 0 && (ms < k->word_ms || k->word == NOTHING || k->word == OBSTACLE))
		hold_key(k);
	run_ms(k, 1);
}

static void heal(struct walk *k)
{
	unsigned int i;

	for (i = 0; i < k->lie_count; i++)
		oht_sim_bank_unpin(k->lies[i].bank, k->lies[i].reg);
	k->lie_count = 0;
	k->swaps = false;
	virtual_heal(&k->run);
}

/* Before anything fails. The carriage may not be put there: with high outputs that is a motion that nobody told. */
static void drive_to(struct walk *k, double target_mm)
{
	struct ohtd_command command = command_of(k, OHTD_COMMAND_MOVE);

	command.target_mm = target_mm;
	post(k, &command);
	for (unsigned int ms = 0; ms < DRIVE_MS && (ms < 1000 || k->run.f->control.state != OHTD_STATE_IDLE); ms++)
		run_ms(k, 1);
	assert_true(fabs(k->run.station.world.rail.position_mm - target_mm) < 5);
}

static void prepare(struct walk *k, uint64_t seed, unsigned int failures)
{
	struct oht_sim_rail *rail = &k->run.station.world.rail;
	unsigned int i;

	virtual_begin(&k->run, seed, seed % 3 ? OHT_PROFILE_CANONICAL : OHT_PROFILE_LEGACY);
	witness_begin(&k->witness, &k->run);
	k->seed = seed;
	k->failures = failures;
	k->witness.free = failures > 0;
	k->witness.fails_twice = failures > 1;
	k->run.disobeyed = failures > 0;
	rail->position_mm = 3000 + roll(k, 20000);
	rail->docked = false;
	rail->load_kg = roll(k, 2) ? roll(k, 101) : 0;
	virtual_recover(&k->run, RECOVERY_MS);
	run_ms(k, 600 + roll(k, 100));
	k->activity = roll(k, 16) < 6 ? JOG : roll(k, 10) < 8 ? MOVE : roll(k, 2) ? REST : DOCKING;
	k->speed_mm_s = k->activity == JOG ? 10.0 + roll(k, 241) : roll(k, 4) ? 20.0 + roll(k, 981) : 1000;
	if (k->activity == DOCKING)
		drive_to(k, 400 + roll(k, 2000));
	else if (roll(k, 2))
		k->speed_mm_s = -k->speed_mm_s;
	run_ms(k, 200);
	k->word = roll(k, WORDS);
	k->word_ms = 200 + roll(k, 3500);
	for (i = 0; i < failures; i++) {
		k->failure[i] = roll(k, 3) ? roll(k, FAILURES) : roll(k, 2) ? OWN_SPEED : SWAPPED;
		/* Now and then when the word is said, or before anything. */
		k->fails_ms[i] = roll(k, 3) ? roll(k, 4000) : roll(k, 2) ? k->word_ms + roll(k, 900) : 0;
	}
}

static void list(const struct walk *k)
{
	const struct witness *w = &k->witness;

	if (!getenv("OHT_LIST") || (w->worst_mm < 80 && w->worst_wrong_mm < 40 && !getenv("OHT_RUNS")))
		return;
	print_message("%llu: %s %s %.0f mm/s, %s at %u:", (unsigned long long)k->seed, canonical(k) ? "canonical" : "legacy",
		      activity_names[k->activity], k->speed_mm_s, word_names[k->word], k->word_ms);
	for (unsigned int i = 0; i < k->failures; i++)
		print_message(" %s at %u", failure_names[k->failure[i]], k->fails_ms[i]);
	for (unsigned int i = 0; i < k->lie_count; i++)
		print_message(" (%s %s)", k->lies[i].reg->name, lie_names[k->lies[i].lie]);
	print_message("; own %.0f, load %.0f: %.0f mm beyond, %.0f mm wrong, %s, %s\n", k->run.station.world.rail.own_mm_s,
		      k->run.station.world.rail.load_kg, w->worst_mm,
		      w->worst_wrong_mm, ohtd_state_name(k->run.f->control.state),
		      ohtd_why_name(k->run.f->control.faults[0].why.code));
}

/* What is beyond the bars at most. */
struct tally {
	double jog_mm, move_mm, wrong_mm;
	unsigned int faults[OHTD_WHYS];
};

static void add(struct tally *tally, const struct walk *k)
{
	const struct witness *w = &k->witness;
	double *mm = k->activity == JOG ? &tally->jog_mm : &tally->move_mm;

	*mm = fmax(*mm, w->worst_mm);
	tally->wrong_mm = fmax(tally->wrong_mm, w->worst_wrong_mm);
	if (k->run.f->control.fault_count)
		tally->faults[k->run.f->control.faults[0].why.code]++;
}

static void play(uint64_t seed, unsigned int failures, struct tally *tally)
{
	struct walk *k = calloc(1, sizeof(*k));
	unsigned int ms, end_ms;

	assert_non_null(k);
	present_seed = seed;
	present_failures = failures;
	present_done = false;
	prepare(k, seed, failures);
	begin_activity(k);
	end_ms = 4000 + roll(k, 4000);
	for (ms = 0; ms < end_ms; ms++)
		take_part(k, ms);
	list(k);
	add(tally, k);
	if (!failures && k->run.f->control.state == OHTD_STATE_FAULT &&
	    !(k->held && k->run.f->control.faults[0].why.code == OHTD_WHY_DRIVE_FOLLOWING))
		fail_msg("nothing fails, but %s", ohtd_why_name(k->run.f->control.faults[0].why.code));
	heal(k);
	run_ms(k, 1000);
	virtual_recover(&k->run, RECOVERY_MS);
	virtual_end(&k->run);
	free(k);
	present_done = true;
}

static int say_seed(void **state)
{
	(void)state;
	if (!present_done)
		print_message("seed %llu has failed; alone: OHT_SEED=%llu OHT_RUNS=1 OHT_FAILURES=%u\n", (unsigned long long)present_seed,
			      (unsigned long long)present_seed, present_failures);
	return 0;
}

static void walks(unsigned int failures, unsigned int seeds)
{
	const char *only = getenv("OHT_FAILURES");
	uint64_t first = series_first(1);
	struct tally tally = { 0 };
	unsigned int i;

	if (only && strtoul(only, NULL, 10) != failures)
		return;
	seeds = series_runs(seeds);
	for (i = 0; i < seeds; i++)
		play(first + i, failures, &tally);
	print_message("%u walks, %u failures each: %.0f mm (jog) and %.0f mm beyond, %.0f mm the wrong way;", seeds, failures,
		      tally.jog_mm, tally.move_mm, tally.wrong_mm);
	for (i = 0; i < OHTD_WHYS; i++)
		if (tally.faults[i])
			print_message(" %s %u", ohtd_why_name(i), tally.faults[i]);
	print_message("\n");
}

static void healthy_robot_has_no_fault(void **state)
{
	(void)state;
	walks(0, 60);
}

static void one_failure_is_seen(void **state)
{
	(void)state;
	walks(1, 80);
}

static void two_failures_are_seen(void **state)
{
	(void)state;
	walks(2, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(healthy_robot_has_no_fault, say_seed),
		cmocka_unit_test_teardown(one_failure_is_seen, say_seed),
		cmocka_unit_test_teardown(two_failures_are_seen, say_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
