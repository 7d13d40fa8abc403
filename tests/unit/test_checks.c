// SPDX-License-Identifier: GPL-2.0-or-later
/* Places and order of the threads for passwords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/checks.h"

static struct ohtd_checks *checks;
enum { STRANGERS, KNOWN };

static sem_t gates[2], begun;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char order[64];
static unsigned int begun_count;
static atomic_uint dropped_count, run_count;

struct job {
	struct ohtd_check check;
	char letter;
	int who;
};

static void run(struct ohtd_check *check, bool dropped)
{
	struct job *job = (struct job *)check;

	if (dropped) {
		atomic_fetch_add(&dropped_count, 1);
	} else {
		pthread_mutex_lock(&lock);
		order[begun_count++ % sizeof(order)] = job->letter;
		pthread_mutex_unlock(&lock);
		sem_post(&begun);
		while (sem_wait(&gates[job->who]))
			;
	}
	free(job);
	atomic_fetch_add(&run_count, 1);
}

/* NULL: another account each time. */
static int submit_familiar(char letter, const char *address)
{
	struct job *job = calloc(1, sizeof(*job));
	int r;

	assert_non_null(job);
	job->letter = letter;
	job->who = KNOWN;
	job->check.run = run;
	r = ohtd_auth_checks_submit_familiar(checks, &job->check, address);
	if (r)
		free(job);
	return r;
}

static int submit(char letter, const char *address)
{
	static uint64_t account;
	struct job *job = calloc(1, sizeof(*job));
	int r;

	assert_non_null(job);
	job->letter = letter;
	job->who = address ? STRANGERS : KNOWN;
	job->check.run = run;
	r = address ? ohtd_checks_submit(checks, &job->check, address) :
		      ohtd_checks_submit_known(checks, &job->check, ++account);
	if (r)
		free(job);
	return r;
}

static int set_up(void **state)
{
	(void)state;
	sem_init(&gates[STRANGERS], 0, 0);
	sem_init(&gates[KNOWN], 0, 0);
	sem_init(&begun, 0, 0);
	begun_count = 0;
	memset(order, 0, sizeof(order));
	atomic_store(&dropped_count, 0);
	atomic_store(&run_count, 0);
	checks = ohtd_checks_start();
	return checks ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_checks_stop(checks);
	ohtd_checks_destroy(checks);
	sem_destroy(&gates[STRANGERS]);
	sem_destroy(&gates[KNOWN]);
	sem_destroy(&begun);
	return 0;
}

static void open_gate(int who, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		sem_post(&gates[who]);
}

static void wait_for_one(void)
{
	while (sem_wait(&begun))
		;
}

/* A stranger has the one of them, a known person the other. */
static void take_both_threads(void)
{
	assert_int_equal(submit('a', "192.0.2.1"), 0);
	wait_for_one();
	assert_int_equal(submit('b', NULL), 0);
	wait_for_one();
}

/* So many of those who are let through begin another one. */
static void pass(int who, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		open_gate(who, 1);
		wait_for_one();
	}
}

static void an_address_has_its_part(void **state)
{
	char other[32];
	int taken = 0;

	(void)state;
	/* One machine of IPv6 has all addresses of its network. */
	for (int i = 0; i < 40; i++) {
		snprintf(other, sizeof(other), "2001:db8::%x", i + 1);
		taken += !submit('x', other);
	}
	assert_int_equal(taken, OHTD_CHECK_PLACES_PER_ADDRESS);
	assert_int_equal(submit('y', "2001:db8::ffff"), -EAGAIN);
	for (int i = 0; i < 40; i++) {
		snprintf(other, sizeof(other), "192.0.2.%d", i + 2);
		taken += !submit('y', other);
	}
	assert_int_equal(taken, OHTD_CHECK_PLACES);
	assert_int_equal(submit('k', NULL), 0);
	open_gate(STRANGERS, OHTD_CHECK_PLACES);
	open_gate(KNOWN, 1);
	while (atomic_load(&run_count) < OHTD_CHECK_PLACES + 1)
		sched_yield();
	/* All places are free again as soon as the last has left it. */
	for (int i = 0; i < OHTD_CHECK_PLACES_PER_ADDRESS; i++)
		while (submit('x', "192.0.2.1") == -EAGAIN)
			sched_yield();
	open_gate(STRANGERS, OHTD_CHECK_PLACES_PER_ADDRESS);
}

static void an_account_has_its_part(void **state)
{
	struct job *job;
	int taken = 0, r;

	(void)state;
	do {
		job = calloc(1, sizeof(*job));
		assert_non_null(job);
		job->who = KNOWN;
		job->check.run = run;
		r = ohtd_checks_submit_known(checks, &job->check, 1000);
		taken += !r;
	} while (!r);
	free(job);
	assert_int_equal(r, -EDQUOT);
	assert_int_equal(taken, OHTD_CHECK_PLACES_PER_ACCOUNT);
	assert_int_equal(submit('k', NULL), 0);
	open_gate(KNOWN, OHTD_CHECK_PLACES_PER_ACCOUNT + 1);
}

static void the_known_go_first(void **state)
{
	(void)state;
	take_both_threads();
	for (int i = 0; i < 3; i++)
		assert_int_equal(submit('z', "192.0.2.1"), 0);
	assert_int_equal(submit('k', NULL), 0);
	/* One at a time: two threads that go on at once may note theirs in any order. */
	pass(STRANGERS, 1);
	pass(KNOWN, 1);
	pass(STRANGERS, 2);
	open_gate(STRANGERS, 1);
	open_gate(KNOWN, 1);
	while (atomic_load(&run_count) < 6)
		sched_yield();
	assert_string_equal(order, "abkzzz");
}

/* However many strangers log in; of that address alone only so many, and they are judged as strangers then. */
static void a_familiar_log_in_goes_before_strangers(void **state)
{
	char other[32];

	(void)state;
	take_both_threads();
	for (int i = 1; i < OHTD_CHECK_PLACES; i++) {
		snprintf(other, sizeof(other), "192.0.2.%d", i + 1);
		assert_int_equal(submit('z', other), 0);
	}
	assert_int_equal(submit('z', "198.51.100.1"), -EAGAIN);
	for (int i = 0; i < OHTD_CHECK_PLACES_PER_ACCOUNT; i++)
		assert_int_equal(submit_familiar('f', "198.51.100.1"), 0);
	assert_int_equal(submit_familiar('f', "198.51.100.1"), -EDQUOT);
	pass(STRANGERS, 1);
	pass(KNOWN, OHTD_CHECK_PLACES_PER_ACCOUNT);
	pass(STRANGERS, OHTD_CHECK_PLACES - 2);
	open_gate(STRANGERS, 1);
	open_gate(KNOWN, 1);
	while (atomic_load(&run_count) < OHTD_CHECK_PLACES + OHTD_CHECK_PLACES_PER_ACCOUNT + 1)
		sched_yield();
	assert_string_equal(order, "abffffzzzzzzzzzzzzzzz");
}

/* Whatever strangers there are, a person who is known waits for none of them: neither for one that is judged, nor for one that waits. */
static void strangers_have_one_of_the_two_threads(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(submit('s', i % 2 ? "192.0.2.1" : "192.0.2.2"), 0);
	wait_for_one();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(i % 2 ? submit_familiar('k', "198.51.100.1") : submit('k', NULL), 0);
		wait_for_one();
		open_gate(KNOWN, 1);
		while (atomic_load(&run_count) < (unsigned int)i + 1)
			sched_yield();
	}
	assert_string_equal(order, "skkk");
	pass(STRANGERS, 3);
	open_gate(STRANGERS, 1);
	while (atomic_load(&run_count) < 7)
		sched_yield();
	assert_string_equal(order, "skkksss");
}

/* Or the end would wait for one check after the other, at the low priority of the pool. */
static void close_drops_what_waits_and_does_not_wait_itself(void **state)
{
	(void)state;
	take_both_threads();
	for (int i = 0; i < 4; i++)
		assert_int_equal(submit('b', "192.0.2.1"), 0);
	assert_int_equal(submit('k', NULL), 0);
	ohtd_checks_close(checks);
	assert_int_equal(atomic_load(&dropped_count), 5);
	assert_int_equal(atomic_load(&run_count), 5);
	assert_int_equal(submit('a', "192.0.2.1"), -ESHUTDOWN);
	assert_int_equal(submit('k', NULL), -ESHUTDOWN);
	ohtd_checks_close(checks);
	open_gate(STRANGERS, 1);
	open_gate(KNOWN, 1);
	ohtd_checks_stop(checks);
	ohtd_checks_destroy(checks);
	checks = NULL;
	assert_int_equal(atomic_load(&dropped_count), 5);
	assert_int_equal(atomic_load(&run_count), 7);
}

static void what_waits_at_the_end_is_dropped_once(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_equal(submit('a', "192.0.2.1"), 0);
	assert_int_equal(submit('k', NULL), 0);
	wait_for_one();
	wait_for_one();
	open_gate(STRANGERS, 6);
	open_gate(KNOWN, 1);
	ohtd_checks_stop(checks);
	ohtd_checks_destroy(checks);
	checks = NULL;
	assert_int_equal(atomic_load(&run_count), 7);
	assert_true(atomic_load(&dropped_count) <= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_address_has_its_part, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_account_has_its_part, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_known_go_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_familiar_log_in_goes_before_strangers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(strangers_have_one_of_the_two_threads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(close_drops_what_waits_and_does_not_wait_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_waits_at_the_end_is_dropped_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
