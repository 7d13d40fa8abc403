// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Control logic and module simulator in one process, in virtual time, with a seed: ten minutes of a
 * robot that is enabled, stopped, reset and disturbed at random, within a second. The same seed gives
 * the same trace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "robot_fixture.h"
#include "sim_far.h"

#define RUN_MS		600000u
#define TRACE_BYTES	400000
#define DEADMAN_NS	(100 * OHTD_NS_PER_MS)

struct run {
	struct fixture *f;
	struct oht_modmap *modmap;
	struct oht_sim_station station;
	uint64_t dice;
	unsigned int enabled, stopped, faulted;	/* how often such a state was seen */
	size_t used;
	char trace[TRACE_BYTES];
};

static unsigned int roll(struct run *run, unsigned int sides)
{
	run->dice = run->dice * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)(run->dice >> 33) % sides;
}

static struct run *begin(uint64_t seed)
{
	struct run *run = calloc(1, sizeof(*run));
	struct oht_sim_timing timing;
	char error[OHT_ERROR_BYTES];

	assert_non_null(run);
	run->dice = seed;
	if (oht_modmap_load(OHT_SOURCE_DATADIR, &run->modmap, error))
		fail_msg("%s", error);
	assert_int_equal(oht_sim_timing_set(&timing, 115200, "8N1", 1750), 0);
	assert_int_equal(oht_sim_station_init(&run->station, run->modmap, OHT_PROFILE_CANONICAL,
					      &timing, seed), 0);
	run->f = fixture_create(true);
	run->f->fake->far = sim_far;
	run->f->fake->far_context = &run->station;
	fixture_open(run->f);
	return run;
}

static void end(struct run *run)
{
	fixture_destroy(run->f);
	oht_sim_station_free(&run->station);
	oht_modmap_free(run->modmap);
	free(run);
}

/* Everything that a client could see, but for the registers, of which a sum will do. */
static void note(struct run *run)
{
	struct ohtd_snapshot s = fixture_snapshot(run->f);
	uint32_t sum = 0;

	for (unsigned int unit = 0; unit < OHTD_UNITS; unit++) {
		struct ohtd_registers registers = { 0 };
		const uint8_t *bytes = (const uint8_t *)&registers;

		assert_int_equal(ohtd_seqlock_copy(&run->f->control.units[unit].published,
						   &registers), 0);
		for (size_t i = 0; i < sizeof(registers); i++)
			sum = sum * 31 + bytes[i];
	}
	run->used += (size_t)snprintf(run->trace + run->used, sizeof(run->trace) - run->used,
				      "%llu %s %u %u %llu %08x\n",
				      (unsigned long long)s.time_ns, ohtd_state_name(s.state),
				      (unsigned int)s.faults.count, run->f->fake->exchanges,
				      (unsigned long long)s.transitions, sum);
	assert_true(run->used < sizeof(run->trace));
	run->enabled += s.state == OHTD_STATE_IDLE;
	run->stopped += s.state == OHTD_STATE_ESTOP;
	run->faulted += s.state == OHTD_STATE_FAULT;
}

static void disturb(struct run *run)
{
	static const char *const faults[] = {
		"fault 2 silence count=3", "fault 3 crc count=5", "fault 4 delay ms=60 count=2",
		"fault 5 exception count=4", "fault 3 noise count=2", "fault 4 truncate count=2",
		"fault 5 silence", "clear",
	};
	char line[64], answer[OHT_SIM_ANSWER_BYTES];

	snprintf(line, sizeof(line), "%s", faults[roll(run, sizeof(faults) / sizeof(faults[0]))]);
	oht_sim_command(&run->station, line, atomic_load(&run->f->time.now_ns), answer);
}

static void act(struct run *run)
{
	switch (roll(run, 8)) {
	case 0:
		fake_bus_press(run->f->fake);
		break;
	case 1:
	case 2:
		run->f->fake->pressed = false;
		fixture_ask(run->f, OHTD_COMMAND_RESET);
		break;
	case 3:
	case 4:
	case 5:
		fixture_ask(run->f, OHTD_COMMAND_ENABLE);
		break;
	case 6:
		disturb(run);
		break;
	default:
		break;
	}
}

static void go(struct run *run)
{
	uint64_t end_ns = atomic_load(&run->f->time.now_ns) + RUN_MS * OHTD_NS_PER_MS;

	while (atomic_load(&run->f->time.now_ns) < end_ns) {
		fixture_run_ms(run->f, 20 + roll(run, 1000));
		act(run);
		note(run);
	}
	assert_true(run->f->fake->longest_heartbeat_ns < DEADMAN_NS);
	assert_int_equal(run->f->control.snapshot.bus.cycles_missed, 0);
}

static void same_seed_same_ten_minutes(void **state)
{
	struct run *first = begin(7), *second = begin(7), *other = begin(8);

	(void)state;
	go(first);
	go(second);
	go(other);
	assert_string_equal(first->trace, second->trace);
	assert_string_not_equal(first->trace, other->trace);
	assert_true(first->enabled > 20 && first->stopped > 20 && first->faulted > 0);
	assert_true(first->f->control.snapshot.bus.cycles > 23000);
	end(first);
	end(second);
	end(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_ten_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
