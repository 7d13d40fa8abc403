// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Control logic and module simulator in one process, in virtual time, with a seed: ten minutes of a
 * robot that is enabled, stopped, reset and disturbed at random, within a second. The same seed gives
 * the same trace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtual_run.h"

#define RUN_MS		600000u
#define TRACE_BYTES	400000
#define DEADMAN_NS	(100 * OHTD_NS_PER_MS)

struct run {
	struct virtual_run v;
	unsigned int enabled, stopped, faulted;	/* how often such a state was seen */
	size_t used;
	char trace[TRACE_BYTES];
};

static struct run *begin(uint64_t seed)
{
	struct run *run = calloc(1, sizeof(*run));

	assert_non_null(run);
	virtual_begin(&run->v, seed);
	return run;
}

static void end(struct run *run)
{
	virtual_end(&run->v);
	free(run);
}

/* Everything that a client could see, but for the registers, of which a sum will do. */
static void note(struct run *run)
{
	struct ohtd_snapshot s = fixture_snapshot(run->v.f);
	uint32_t sum = 0;

	for (unsigned int unit = 0; unit < OHTD_UNITS; unit++) {
		struct ohtd_registers registers = { 0 };
		const uint8_t *bytes = (const uint8_t *)&registers;

		assert_int_equal(ohtd_seqlock_copy(&run->v.f->control.units[unit].published,
						   &registers), 0);
		for (size_t i = 0; i < sizeof(registers); i++)
			sum = sum * 31 + bytes[i];
	}
	run->used += (size_t)snprintf(run->trace + run->used, sizeof(run->trace) - run->used,
				      "%llu %s %u %u %llu %08x\n",
				      (unsigned long long)s.time_ns, ohtd_state_name(s.state),
				      (unsigned int)s.faults.count, run->v.f->fake->exchanges,
				      (unsigned long long)s.transitions, sum);
	assert_true(run->used < sizeof(run->trace));
	run->enabled += s.state == OHTD_STATE_IDLE;
	run->stopped += s.state == OHTD_STATE_ESTOP;
	run->faulted += s.state == OHTD_STATE_FAULT;
}

static void go(struct run *run)
{
	uint64_t end_ns = atomic_load(&run->v.f->time.now_ns) + RUN_MS * OHTD_NS_PER_MS;

	while (atomic_load(&run->v.f->time.now_ns) < end_ns) {
		fixture_run_ms(run->v.f, 20 + virtual_roll(&run->v, 1000));
		virtual_act(&run->v);
		note(run);
	}
	assert_true(run->v.f->fake->longest_heartbeat_ns < DEADMAN_NS);
	assert_int_equal(run->v.f->control.snapshot.bus.cycles_missed, 0);
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
	assert_true(first->v.f->control.snapshot.bus.cycles > 23000);
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
