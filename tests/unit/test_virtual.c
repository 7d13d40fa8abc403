// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Robots to which a seed lets anything happen, in virtual time: commands, presses, modules that fail, are
 * lost or talk nonsense, obstacles, crashes. A witness holds its rules in each turn. At the end all is put
 * right, and the documented steps bring the robot back into service: it moves to where it is told.
 *
 * 100 seeds, from OHT_SEED on; OHT_RUNS=n makes it n. A seed that fails is said; OHT_SEED=n OHT_RUNS=1 runs it alone.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "witness.h"

#include "dice.h"
#include "near.h"

#define SEEDS		100
/* So many that each state is among them. */
#define SEEDS_MANY	1000
#define SEEDS_TWICE	10
/*
 * Off and on again between two cycles of control: the axis stayed where the robot had been. A legacy drive
 * that was found just before an enable was led by the rules of the canonical one. A command came after a
 * register that had been refused was asked for again, and before its answer. An answer that came twice was
 * taken for that of the next write. A move began while the newest position was far from all before.
 * An undock ended by the following error of the motion before, which had been seen when that was over.
 * A power module that answered well was lost, since one plan after another put its turn off. A drive that
 * refused the register of its profile was taken for the other one until a person searched.
 */
static const uint64_t seeds_found[] = {
	17954727581313ull, 17954747122887ull, 17954769493250ull, 17954901230851ull,
	17955037320592ull, 17955040308080ull, 17955045383871ull, 17955063136446ull,
};

/*
 * Found since single registers of the drive may fail too. A direction was acknowledged to a plan that another one took the place of in the same
 * cycle, and the register was believed to show what the drive had not been told. And a drive of the old layout was taken for one of the other, since
 * it refused the register that tells which: it showed all registers of that one, and refused to be enabled for ever.
 */
static const uint64_t seeds_found_later[] = { 41000001710ull, 3267841233004ull, 17958375176451ull };

#define ACTS_MIN	8
#define ACTS_MORE	22
/* Silent modules are asked again every 2 s, a search follows, and the steps of a person. */
#define RECOVERY_MS	20000
#define DEADMAN_NS	(100 * OHTD_NS_PER_MS)

/* What all scenarios together have come to. */
struct tally {
	unsigned int entered[OHTD_STATES];
	unsigned int ended[OHTD_COMMAND_STATES];
	unsigned int begun, starts, emergencies;
	uint64_t virtual_ns;
};

static uint64_t present_seed;
static bool present_done = true;

/* ---- the end of a scenario ---- */

static void until_idle(struct virtual_run *run, unsigned int limit_ms)
{
	while (run->f->control.state != OHTD_STATE_IDLE && limit_ms--)
		fixture_run_ms(run->f, 1);
	assert_string_equal(ohtd_state_name(run->f->control.state), "idle");
}

static void carries_out(struct witness *w, const struct ohtd_command *command)
{
	struct ohtd_answer answer = virtual_ask(w->run, command);

	if (answer.outcome != OHTD_OUTCOME_DONE)
		fail_msg("in service again, but outcome %u: %s", answer.outcome,
			 ohtd_why_name(answer.why.items[0].code));
	until_idle(w->run, 40000);
	if (w->command.state != OHTD_COMMAND_STATE_FINISHED)
		fail_msg("in service again, but failed: %s",
			 ohtd_why_name(w->command.reason.code));
}

/* A register that the robot goes by: refused, or not read since it was asked for again. */
static bool lacks_signal(const struct ohtd_unit *unit)
{
	unsigned int i;

	for (i = 0; unit->plan && i < OHTD_SIGNALS; i++)
		if (unit->plan->signal[i] >= 0 &&
		    unit->values.values[unit->plan->signal[i]].state == OHTD_REGISTER_UNSUPPORTED)
			return true;
	return false;
}

static bool has_refused(const struct virtual_run *run)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++)
		if (run->f->control.modules.units[i].refused_ns || lacks_signal(&run->f->control.modules.units[i]))
			return true;
	return false;
}

/* A module that has refused registers is asked for them again after 10 s. */
static void knows_its_modules(struct virtual_run *run)
{
	unsigned int ms;

	for (ms = 0; ms < 12000 && has_refused(run); ms += 100)
		fixture_run_ms(run->f, 100);
	assert_false(has_refused(run));
	fixture_run_ms(run->f, 2000);
	virtual_recover(run, RECOVERY_MS);
}

/* A position that has jumped is taken anew while the outputs are off: near the last place by itself, else a person says that it is right. */
static void knows_its_place(struct virtual_run *run)
{
	const struct ohtd_command disable = { .kind = OHTD_COMMAND_DISABLE };
	const struct ohtd_command confirm = { .kind = OHTD_COMMAND_POSITION, .target_mm = NAN };

	if (ohtd_travel_located(&run->f->control))
		return;
	virtual_ask(run, &disable);
	fixture_run_ms(run->f, 1000);
	if (run->f->control.travel.location.lost)
		assert_int_equal(virtual_ask(run, &confirm).outcome, OHTD_OUTCOME_DONE);
	virtual_recover(run, RECOVERY_MS);
	fixture_run_ms(run->f, 500);
	assert_true(ohtd_travel_located(&run->f->control));
}

/* Away from the ends of the rail, and off the dock. */
static void serves(struct witness *w)
{
	const struct oht_sim_rail *rail = &w->run->station.world.rail;
	const struct ohtd_control *control = &w->run->f->control;
	struct ohtd_command command = { .kind = OHTD_COMMAND_UNDOCK };
	unsigned int ms;

	if (has_refused(w->run))
		knows_its_modules(w->run);
	knows_its_place(w->run);
	/* A module that has just come back has not said yet whether the robot is docked, or that its battery is full. */
	for (ms = 0; ms < 3000 && !(control->travel.dock_word.at_ns && control->facts[OHTD_FACT_CHARGE_OK]); ms += 50)
		fixture_run_ms(w->run->f, 50);
	if (ohtd_dock_docked(&w->run->f->control))
		carries_out(w, &command);
	command.kind = OHTD_COMMAND_MOVE;
	command.target_mm = round(rail->position_mm + (rail->position_mm < 14000 ? 400 : -400));
	command.target_mm = fmin(fmax(command.target_mm, -3500), 30500);
	carries_out(w, &command);
	assert_near(rail->position_mm, command.target_mm, 2);
}

static void ends_well(struct witness *w)
{
	struct virtual_run *run = w->run;

	virtual_heal(run);
	fixture_run_ms(run->f, 1000);
	virtual_recover(run, RECOVERY_MS);
	serves(w);
	virtual_take_answers(run);
	assert_int_equal(run->answered, run->posted);
	assert_true(run->f->fake->longest_heartbeat_ns < DEADMAN_NS);
	assert_int_equal(run->f->control.snapshot.bus.cycles_missed, 0);
}

/* ---- a scenario ---- */

static void add(struct tally *tally, const struct witness *w)
{
	unsigned int i;

	for (i = 0; i < OHTD_STATES; i++)
		tally->entered[i] += w->entered[i];
	for (i = 0; i < OHTD_COMMAND_STATES; i++)
		tally->ended[i] += w->ended[i];
	tally->begun += w->begun;
	tally->emergencies += w->emergencies;
	tally->starts += w->run->f->starts;
	tally->virtual_ns += virtual_now_ns(w->run);
}

static void place(struct virtual_run *run)
{
	bool canonical = run->station.profile == OHT_PROFILE_CANONICAL;
	struct oht_sim_rail *rail = &run->station.world.rail;

	if (virtual_roll(run, 4)) {
		rail->position_mm = (double)virtual_roll(run, 30500) - (canonical ? 3500 : 0);
		rail->docked = false;
	}
}

#define IS_IN(seeds_, seed_)	is_in(seeds_, sizeof(seeds_) / sizeof((seeds_)[0]), seed_)

static bool is_in(const uint64_t *seeds, size_t count, uint64_t seed)
{
	while (count--)
		if (seeds[count] == seed)
			return true;
	return false;
}

/* Acts that were not there yet when the seed was found. */
static unsigned int left_out(uint64_t seed)
{
	if (IS_IN(seeds_found, seed))
		return 3;
	return IS_IN(seeds_found_later, seed) ? 2 : 0;
}

/* The sum of everything that a client could see at its end. */
static uint32_t play(uint64_t seed, struct tally *tally)
{
	enum oht_profile profile = seed % 3 ? OHT_PROFILE_CANONICAL : OHT_PROFILE_LEGACY;
	struct virtual_run *run = calloc(1, sizeof(*run));
	struct witness *w = calloc(1, sizeof(*w));
	struct ohtd_snapshot snapshot;
	uint32_t sum = 0;
	unsigned int acts;
	size_t i;

	assert_true(run && w);
	run->left_out = left_out(seed);
	virtual_begin(run, seed, profile);
	witness_begin(w, run);
	place(run);
	/* Mostly in service before anything happens, and sometimes from power-on. */
	if (virtual_roll(run, 8))
		virtual_recover(run, RECOVERY_MS);
	for (acts = ACTS_MIN + virtual_roll(run, ACTS_MORE); acts; acts--) {
		virtual_act(run);
		fixture_run_ms(run->f, virtual_roll(run, 4) ? virtual_roll(run, 300)
							    : virtual_roll(run, 2500));
	}
	ends_well(w);
	snapshot = fixture_snapshot(run->f);
	for (i = 0; i < sizeof(snapshot); i++)
		sum = sum * 31 + ((const uint8_t *)&snapshot)[i];
	add(tally, w);
	virtual_end(run);
	free(run);
	free(w);
	return sum;
}

static uint32_t play_seed(uint64_t seed, struct tally *tally)
{
	uint32_t sum;

	present_seed = seed;
	present_done = false;
	sum = play(seed, tally);
	present_done = true;
	return sum;
}

static int say_seed(void **state)
{
	(void)state;
	if (!present_done)
		print_message("seed %llu has failed; alone: OHT_SEED=%llu OHT_RUNS=1\n",
			      (unsigned long long)present_seed, (unsigned long long)present_seed);
	return 0;
}

/* ---- */

static void print_tally(const struct tally *tally, unsigned int seeds)
{
	unsigned int i;

	print_message("%u scenarios, %.1f h, %u commands (%u finished, %u failed), %u starts again, %u emergencies;",
		      seeds, (double)tally->virtual_ns / OHTD_NS_PER_S / 3600 - seeds / 3.6,
		      tally->begun, tally->ended[OHTD_COMMAND_STATE_FINISHED],
		      tally->ended[OHTD_COMMAND_STATE_FAILED], tally->starts, tally->emergencies);
	for (i = 0; i < OHTD_STATES; i++)
		print_message(" %s %u", ohtd_state_name(i), tally->entered[i]);
	print_message("\n");
}

static void any_robot_comes_back_into_service(void **state)
{
	static const unsigned int reached[] = {
		OHTD_STATE_IDLE, OHTD_STATE_MOVE, OHTD_STATE_DOCK, OHTD_STATE_PAUSED,
		OHTD_STATE_BLOCKED, OHTD_STATE_FAULT, OHTD_STATE_ESTOP, OHTD_STATE_SAFE,
		OHTD_STATE_SHUTDOWN,
	};
	uint64_t first = series_first(1);
	unsigned int seeds = series_runs(SEEDS), i;
	struct tally tally = { 0 };

	(void)state;
	for (i = 0; i < seeds; i++)
		play_seed(first + i, &tally);
	print_tally(&tally, seeds);
	/* A campaign in which nothing happens proves nothing. */
	if (seeds >= SEEDS)
		assert_true(tally.begun > 2 * seeds && tally.starts > seeds / 5 && tally.emergencies > seeds / 50);
	for (i = 0; seeds >= SEEDS_MANY && i < sizeof(reached) / sizeof(reached[0]); i++)
		assert_true(tally.entered[reached[i]] > seeds / 100);
}

static void seeds_that_failed_once_fail_no_more(void **state)
{
	struct tally tally = { 0 };
	unsigned int i;

	(void)state;
	if (series_runs(SEEDS) < SEEDS)
		return;
	for (i = 0; i < sizeof(seeds_found) / sizeof(seeds_found[0]); i++)
		play_seed(seeds_found[i], &tally);
	for (i = 0; i < sizeof(seeds_found_later) / sizeof(seeds_found_later[0]); i++)
		play_seed(seeds_found_later[i], &tally);
}

static void same_seed_same_robot(void **state)
{
	struct tally tally = { 0 };
	uint32_t before = 0, sum;
	unsigned int i;

	(void)state;
	if (series_runs(SEEDS) < SEEDS)
		return;
	for (i = 1; i <= SEEDS_TWICE; i++) {
		sum = play_seed(i, &tally);
		assert_int_equal(play_seed(i, &tally), sum);
		assert_int_not_equal(sum, before);
		before = sum;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(same_seed_same_robot, say_seed),
		cmocka_unit_test_teardown(seeds_that_failed_once_fail_no_more, say_seed),
		cmocka_unit_test_teardown(any_robot_comes_back_into_service, say_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
