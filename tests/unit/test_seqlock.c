// SPDX-License-Identifier: GPL-2.0-or-later
/* A structure that is copied while it is being replaced: whole, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/seqlock.h"

#define WORDS	(OHTD_SEQLOCK_BYTES_MAX / 8)
#define COPIES	20000

static struct ohtd_seqlock lock;
static uint64_t source[WORDS], copy[WORDS];

static int set_up(void **state)
{
	(void)state;
	return ohtd_seqlock_init(&lock, sizeof(source));
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_seqlock_fini(&lock);
	return 0;
}

static void fill(uint64_t *words, uint64_t value)
{
	for (size_t i = 0; i < WORDS; i++)
		words[i] = value;
}

static bool is_whole(const uint64_t *words)
{
	for (size_t i = 1; i < WORDS; i++)
		if (words[i] != words[0])
			return false;
	return true;
}

static void the_newest_is_copied(void **state)
{
	(void)state;
	for (uint64_t i = 1; i < 6; i++) {
		fill(source, i);
		ohtd_seqlock_publish(&lock, source);
		assert_int_equal(ohtd_seqlock_version(&lock), i);
		assert_int_equal(ohtd_seqlock_copy(&lock, copy), 0);
		assert_true(is_whole(copy));
		assert_int_equal(copy[0], i);
	}
}

static void too_large_is_refused(void **state)
{
	struct ohtd_seqlock other;

	(void)state;
	assert_int_equal(ohtd_seqlock_init(&other, OHTD_SEQLOCK_BYTES_MAX + 8), -EINVAL);
}

/* ---- a writer without a pause ---- */

static atomic_bool ended;

static void *publish_always(void *arg)
{
	static uint64_t own[WORDS];

	(void)arg;
	for (uint64_t i = 1; !atomic_load(&ended); i++) {
		fill(own, i);
		for (int again = 0; again < 50; again++)
			ohtd_seqlock_publish(&lock, own);
	}
	return NULL;
}

/* Whether an attempt fails is chance; what it leaves in the reader's memory is not. */
static void a_failed_copy_leaves_the_buffer_alone(void **state)
{
	uint64_t before;
	pthread_t thread;

	(void)state;
	atomic_store(&ended, false);
	fill(copy, 0);
	pthread_create(&thread, NULL, publish_always, NULL);
	for (int i = 0; i < COPIES; i++) {
		before = copy[0];
		if (ohtd_seqlock_copy(&lock, copy))
			assert_int_equal(copy[0], before);
		else
			assert_true(copy[0] >= before);
		assert_true(is_whole(copy));
	}
	atomic_store(&ended, true);
	pthread_join(thread, NULL);
}

/* ---- a writer that is held up half way ---- */

static int reached[2], resume[2];
static void *page;

/* In the writer, when it comes to the page that it may not read. */
static void hold(int number)
{
	char byte = 0;

	(void)number;
	if (write(reached[1], &byte, 1) != 1 || read(resume[0], &byte, 1) != 1)
		_exit(1);
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void *publish_once(void *from)
{
	ohtd_seqlock_publish(&lock, from);
	return NULL;
}

static void a_writer_held_up_half_way_holds_no_reader_up(void **state)
{
	struct sigaction action = { .sa_handler = hold }, before;
	pthread_t thread;
	char *memory = mmap(NULL, sizeof(source) + 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char byte = 0;

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(pipe(reached) | pipe(resume), 0);
	fill(source, 7);
	ohtd_seqlock_publish(&lock, source);
	fill((uint64_t *)memory, 8);
	page = memory + 8192;
	mprotect(page, 4096, PROT_NONE);
	sigaction(SIGSEGV, &action, &before);
	pthread_create(&thread, NULL, publish_once, memory);
	assert_int_equal(read(reached[0], &byte, 1), 1);
	assert_int_equal(ohtd_seqlock_copy(&lock, copy), 0);
	assert_true(is_whole(copy));
	assert_int_equal(copy[0], 7);
	assert_int_equal(write(resume[1], &byte, 1), 1);
	pthread_join(thread, NULL);
	sigaction(SIGSEGV, &before, NULL);
	assert_int_equal(ohtd_seqlock_copy(&lock, copy), 0);
	assert_true(is_whole(copy));
	assert_int_equal(copy[0], 8);
	munmap(memory, sizeof(source) + 4096);
	for (int i = 0; i < 2; i++) {
		close(reached[i]);
		close(resume[i]);
	}
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_newest_is_copied),
		TEST(too_large_is_refused),
		TEST(a_failed_copy_leaves_the_buffer_alone),
		TEST(a_writer_held_up_half_way_holds_no_reader_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
