// SPDX-License-Identifier: GPL-2.0-or-later
/* What crosses threads: the snapshot under concurrent readers, the rings, the links. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "robot_fixture.h"

#define ROUNDS		20000
#define READERS		3

/* ---- sequence count ---- */

struct shared {
	struct ohtd_seqlock lock;
	atomic_bool done;
	atomic_uint torn;
	atomic_uint copies;
};

static void *read_copies(void *context)
{
	struct shared *shared = context;
	struct ohtd_snapshot copy;
	const uint64_t *words = (const uint64_t *)&copy;
	uint64_t last = 0;
	size_t i;

	while (!atomic_load(&shared->done)) {
		if (ohtd_seqlock_copy(&shared->lock, &copy))
			continue;
		for (i = 1; i < sizeof(copy) / 8; i++)
			if (words[i] != words[0])
				atomic_fetch_add(&shared->torn, 1);
		if (words[0] < last)
			atomic_fetch_add(&shared->torn, 1);
		last = words[0];
		atomic_fetch_add(&shared->copies, 1);
	}
	return NULL;
}

static void readers_never_see_half_a_snapshot(void **state)
{
	static struct ohtd_snapshot snapshot;
	uint64_t *words = (uint64_t *)&snapshot;
	struct shared shared = { 0 };
	pthread_t readers[READERS];
	unsigned int round, i;
	size_t j;

	(void)state;
	assert_int_equal(ohtd_seqlock_init(&shared.lock, sizeof(snapshot)), 0);
	for (i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_copies, &shared), 0);
	for (round = 1; round <= ROUNDS; round++) {
		for (j = 0; j < sizeof(snapshot) / 8; j++)
			words[j] = round;
		ohtd_seqlock_publish(&shared.lock, &snapshot);
		assert_int_equal(ohtd_seqlock_version(&shared.lock), round);
	}
	/* On a busy machine the readers may not have had their turn yet. */
	while (!atomic_load(&shared.copies))
		sched_yield();
	atomic_store(&shared.done, true);
	for (i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(atomic_load(&shared.torn), 0);
	ohtd_seqlock_fini(&shared.lock);
}

/* ---- ring ---- */

struct pipe {
	struct ohtd_ring ring;
	uint32_t slots[8];
};

static void *write_numbers(void *context)
{
	struct pipe *p = context;
	uint32_t number = 0;
	int slot;

	while (number < ROUNDS) {
		slot = ohtd_ring_space(&p->ring);
		if (slot < 0) {
			sched_yield();
			continue;
		}
		p->slots[slot] = ++number;
		ohtd_ring_put(&p->ring);
	}
	return NULL;
}

static void ring_keeps_order_and_loses_nothing(void **state)
{
	static struct pipe p = { .ring = { .size = 8 } };
	uint32_t expected = 1;
	pthread_t writer;
	int slot;

	(void)state;
	/* The counters run over without harm. */
	atomic_store(&p.ring.written, UINT32_MAX - 100);
	atomic_store(&p.ring.read, UINT32_MAX - 100);
	assert_int_equal(ohtd_ring_next(&p.ring), -1);
	assert_int_equal(pthread_create(&writer, NULL, write_numbers, &p), 0);
	while (expected <= ROUNDS) {
		slot = ohtd_ring_next(&p.ring);
		if (slot < 0) {
			sched_yield();
			continue;
		}
		assert_int_equal(p.slots[slot], expected);
		expected++;
		ohtd_ring_done(&p.ring);
	}
	pthread_join(writer, NULL);
}

static void ring_is_full_at_its_size(void **state)
{
	struct ohtd_ring ring = { .size = 4 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(ohtd_ring_space(&ring), i);
		ohtd_ring_put(&ring);
	}
	assert_int_equal(ohtd_ring_space(&ring), -1);
	ohtd_ring_done(&ring);
	assert_int_equal(ohtd_ring_space(&ring), 0);
}

/* ---- links with a control thread of its own ---- */

struct caller {
	struct ohtd_link *link;
	uint64_t first_id;
	unsigned int answers;
	unsigned int wrong;
};

static void *call_often(void *context)
{
	struct caller *caller = context;
	struct ohtd_command command = { .kind = OHTD_COMMAND_STOP, .role = OHTD_ROLE_ADMINISTRATOR, .id = caller->first_id,
					.valid_ms = 60000 };
	struct ohtd_answer answer;
	uint64_t next_answer = caller->first_id;
	uint64_t end = caller->first_id + ROUNDS / 10;

	while (next_answer < end) {
		if (command.id < end && !ohtd_link_post(caller->link, &command))
			command.id++;
		while (ohtd_link_take(caller->link, &answer)) {
			/* STOP is answered at once, so in order. */
			caller->wrong += answer.id != next_answer++;
			caller->wrong += answer.outcome != OHTD_OUTCOME_DONE;
			caller->answers++;
		}
		sched_yield();
	}
	return NULL;
}

static void *run_control(void *context)
{
	ohtd_control_run(context);
	return NULL;
}

static void every_command_has_exactly_one_answer(void **state)
{
	struct fixture *f = fixture_safe();
	struct caller callers[2] = {
		{ .link = &f->links[0], .first_id = 1000 },
		{ .link = &f->links[1], .first_id = 900000 },
	};
	pthread_t control, loops[2];
	uint64_t one = 1;
	unsigned int i;

	(void)state;
	/* In virtual time the thread would run away; a wait costs nothing, and nothing expires. */
	f->control.time_factor = 20;
	f->control.state = OHTD_STATE_SAFE;
	ohtd_clock_init(&f->clock, &ohtd_clock_system, NULL, 0);
	f->control.next_tick_ns = ohtd_clock_monotonic_ns(&f->clock);
	f->control.last_tick_ns = f->control.next_tick_ns;
	atomic_store(&f->links[0].progress, 0);
	atomic_store(&f->links[1].progress, 0);
	assert_int_equal(pthread_create(&control, NULL, run_control, &f->control), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&loops[i], NULL, call_often, &callers[i]), 0);
	for (i = 0; i < 2; i++) {
		pthread_join(loops[i], NULL);
		assert_int_equal(callers[i].answers, ROUNDS / 10);
		assert_int_equal(callers[i].wrong, 0);
	}
	atomic_store(&f->control.quit, true);
	assert_int_equal(write(f->control.wake_fd, &one, sizeof(one)), sizeof(one));
	pthread_join(control, NULL);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_never_see_half_a_snapshot),
		cmocka_unit_test(ring_keeps_order_and_loses_nothing),
		cmocka_unit_test(ring_is_full_at_its_size),
		cmocka_unit_test(every_command_has_exactly_one_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
