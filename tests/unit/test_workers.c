// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pool of threads for slow work, and the shares of the owners of that work. A thread lowers its priority by a system call that the daemon's filter does not
 * allow, so each has done so when the pool is there: on a busy machine a thread begins late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "base/workers.h"

#define THREADS		3
#define NICE		10
#define LATE_NS		50000000

static _Atomic unsigned int lowered;

/* Stands for the C library's: this one takes as long as a thread that has to wait for a processor. */
int setpriority(__priority_which_t which, id_t who, int value)
{
	assert_int_equal(which, PRIO_PROCESS);
	assert_int_equal(who, 0);
	assert_int_equal(value, NICE);
	nanosleep(&(struct timespec){ .tv_nsec = LATE_NS }, NULL);
	lowered++;
	return 0;
}

static void test_each_thread_is_ready_when_the_pool_is_there(void **state)
{
	static const struct ohtd_workers_kind kind = {
		.name = "slow", .threads = THREADS, .queue_max = 1, .nice = NICE,
	};
	struct ohtd_workers *workers = ohtd_workers_start(&kind);

	(void)state;
	assert_non_null(workers);
	assert_int_equal(lowered, THREADS);
	ohtd_workers_stop(workers);
	ohtd_workers_destroy(workers);
}

static void test_a_pool_of_the_usual_priority_leaves_it(void **state)
{
	static const struct ohtd_workers_kind kind = {
		.name = "usual", .threads = THREADS, .queue_max = 1,
	};
	struct ohtd_workers *workers;

	(void)state;
	lowered = 0;
	workers = ohtd_workers_start(&kind);
	assert_non_null(workers);
	ohtd_workers_stop(workers);
	ohtd_workers_destroy(workers);
	assert_int_equal(lowered, 0);
}

/* ---- owners ---- */

#define A	1
#define B	2
#define C	3
#define JOBS	16

struct job {
	struct ohtd_work work;
	char name[3];
	sem_t may_end;
};

static struct job jobs[JOBS];	/* in the order in which they were taken */
static unsigned int made;
static sem_t begun;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char order[4 * JOBS];

/* Works until the test lets it end. */
static void run(struct ohtd_work *work, bool dropped)
{
	struct job *job = (struct job *)work;

	if (dropped)
		return;
	pthread_mutex_lock(&lock);
	strcat(strcat(order, *order ? " " : ""), job->name);
	pthread_mutex_unlock(&lock);
	sem_post(&begun);
	while (sem_wait(&job->may_end))
		;
}

static int submit(struct ohtd_workers *workers, uint64_t owner)
{
	static unsigned int count_of[C + 1];
	struct job *job = &jobs[made];
	int r;

	if (!made)
		memset(count_of, 0, sizeof(count_of));
	job->work = (struct ohtd_work){ .run = run, .owner = owner };
	sem_init(&job->may_end, 0, 0);
	snprintf(job->name, sizeof(job->name), "%c%u", "-ABC"[owner], (count_of[owner] + 1) % 10);
	r = ohtd_workers_submit(workers, &job->work);
	if (!r)
		count_of[owner]++;
	made += !r;
	return r;
}

static void wait_begun(unsigned int count)
{
	while (count--)
		while (sem_wait(&begun))
			;
}

static struct ohtd_workers *start(const struct ohtd_workers_kind *kind)
{
	struct ohtd_workers *workers = ohtd_workers_start(kind);

	assert_non_null(workers);
	made = 0;
	*order = 0;
	sem_init(&begun, 0, 0);
	return workers;
}

/* What follows may begin. */
static void end_job(unsigned int at)
{
	sem_post(&jobs[at].may_end);
}

static void end(struct ohtd_workers *workers)
{
	for (unsigned int i = 0; i < made; i++)
		end_job(i);
	ohtd_workers_stop(workers);
	ohtd_workers_destroy(workers);
	sem_destroy(&begun);
}

static void test_an_owner_keeps_no_other_from_a_thread_or_a_place(void **state)
{
	static const struct ohtd_workers_kind kind = {
		.name = "shared", .threads = 2, .queue_max = 4, .threads_each = 1, .waiting_each = 3, .holds_each = 1,
	};
	struct ohtd_workers *workers = start(&kind);

	(void)state;
	assert_int_equal(submit(workers, A), 0);
	wait_begun(1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(submit(workers, A), 0);
	assert_int_equal(submit(workers, A), -EDQUOT);
	/* The other thread is still there for others. */
	assert_int_equal(submit(workers, B), 0);
	wait_begun(1);
	assert_int_equal(submit(workers, B), 0);
	/* The queue is full, but not for the first work of an owner. */
	assert_int_equal(submit(workers, B), -EAGAIN);
	assert_int_equal(submit(workers, C), 0);
	assert_int_equal(submit(workers, C), -EAGAIN);
	assert_string_equal(order, "A1 B1");
	/* Neither B nor C waits for A. */
	for (unsigned int at = 4; at <= 5; at++) {
		end_job(at);
		wait_begun(1);
	}
	assert_string_equal(order, "A1 B1 B2 C1");
	end_job(0);
	wait_begun(1);
	assert_string_equal(order, "A1 B1 B2 C1 A2");
	end(workers);
}

static void test_owners_take_turns(void **state)
{
	static const struct ohtd_workers_kind kind = {
		.name = "turns", .threads = 1, .queue_max = JOBS, .threads_each = 1, .waiting_each = JOBS, .holds_each = 1,
	};
	struct ohtd_workers *workers = start(&kind);

	(void)state;
	assert_int_equal(submit(workers, A), 0);
	wait_begun(1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(submit(workers, A), 0);
	assert_int_equal(submit(workers, B), 0);
	assert_int_equal(submit(workers, B), 0);
	assert_int_equal(submit(workers, C), 0);
	/* A1, A2, B1. */
	for (int i = 0; i < 3; i++) {
		end_job((const unsigned int[]){ 0, 1, 5 }[i]);
		wait_begun(1);
	}
	/* The second of C comes late, and waits for no more than one of each. */
	assert_int_equal(submit(workers, C), 0);
	/* C1, C2, A3, B2, A4. */
	for (int i = 0; i < 5; i++) {
		end_job((const unsigned int[]){ 7, 8, 2, 6, 3 }[i]);
		wait_begun(1);
	}
	assert_string_equal(order, "A1 A2 B1 C1 C2 A3 B2 A4 A5");
	end(workers);
}

static void test_results_that_stay_hold_up_their_owner_only(void **state)
{
	static const struct ohtd_workers_kind kind = {
		.name = "holds", .threads = 2, .queue_max = JOBS, .threads_each = 1, .waiting_each = JOBS, .holds_each = 2,
	};
	struct ohtd_workers *workers = start(&kind);
	struct ohtd_work_hold one, other;

	(void)state;
	ohtd_workers_hold(workers, &one, A);
	assert_int_equal(submit(workers, A), 0);
	wait_begun(1);
	ohtd_workers_hold(workers, &other, A);
	assert_int_equal(submit(workers, A), 0);
	assert_int_equal(submit(workers, B), 0);
	wait_begun(1);
	end_job(0);
	end_job(2);
	assert_int_equal(submit(workers, B), 0);
	wait_begun(1);
	assert_string_equal(order, "A1 B1 B2");
	ohtd_workers_release(workers, &one);
	wait_begun(1);
	assert_string_equal(order, "A1 B1 B2 A2");
	ohtd_workers_release(workers, &other);
	end(workers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_thread_is_ready_when_the_pool_is_there),
		cmocka_unit_test(test_a_pool_of_the_usual_priority_leaves_it),
		cmocka_unit_test(test_an_owner_keeps_no_other_from_a_thread_or_a_place),
		cmocka_unit_test(test_owners_take_turns),
		cmocka_unit_test(test_results_that_stay_hold_up_their_owner_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
