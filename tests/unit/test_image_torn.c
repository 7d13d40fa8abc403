// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sequence counts of the process image only ever grow, whatever the compiler makes of a new plan:
 * seen from another thread. With one CPU it shows nothing.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <pthread.h>
#include <stdatomic.h>

#include "../../kernel/tests/cycle_fake.h"

#define PLANS	20000
#define UNIT	0x5a

static atomic_bool ended;

/* By it a reader knows that a slot is being written: while that goes on it may not be even. */
static void *look(void *back)
{
	uint32_t last[OHT_PLAN_ENTRIES_MAX] = { 0 };

	while (!ended) {
		for (unsigned int i = 0; i < OHT_PLAN_ENTRIES_MAX; i++) {
			uint32_t seq = __atomic_load_n(&cyclic.image.slots[i].seq,
						       __ATOMIC_RELAXED);

			*(unsigned long *)back += seq < last[i];
			last[i] = seq;
		}
	}
	return NULL;
}

/* Writes, which a machine that is not enabled does not send: so each plan is over at once. */
static void make_plan(void)
{
	while (cyclic.plan.entries < OHT_PLAN_ENTRIES_MAX) {
		struct oht_plan_entry *entry = cyclic_add(UNIT, OHT_FC_WRITE_REGISTER, 1);

		entry->loss_errors = 200;
		entry->period_cycles = OHT_PLAN_ENTRIES_MAX;
		entry->phase_cycles = cyclic.plan.entries - 1;
	}
}

static void counts_grow_beside_commits(struct kunit *test)
{
	unsigned long back = 0;
	pthread_t reader;

	cyclic_init(test);
	make_plan();
	cyclic_commit(0);
	KUNIT_ASSERT_EQ(test, pthread_create(&reader, NULL, look, &back), 0);
	for (unsigned int i = 0; i < PLANS; i++) {
		cyclic_commit(0);
		fake.now_ns += cyclic.plan.cycle_us * FAKE_US;
		oht_cycle_tick(&cyclic.cycle);
	}
	ended = true;
	pthread_join(reader, NULL);
	KUNIT_EXPECT_EQ(test, cyclic.generation, PLANS + 1);
	KUNIT_EXPECT_EQ(test, back, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(counts_grow_beside_commits),
	{}
};

static struct kunit_suite suite = {
	.name = "image_torn",
	.test_cases = cases,
};

kunit_test_suites(&suite);
