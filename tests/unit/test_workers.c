// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pool of threads for slow work. A thread lowers its priority by a system call that the daemon's filter does not
 * allow, so each has done so when the pool is there: on a busy machine a thread begins late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_thread_is_ready_when_the_pool_is_there),
		cmocka_unit_test(test_a_pool_of_the_usual_priority_leaves_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
