/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     KUnit's vocabulary on top of cmocka: a KUnit file becomes a program with main().
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_KUNIT_TEST_H
#define OHT_SHIM_KUNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <linux/kernel.h>
#include "dice.h"

/* One expectation that fails ends the case, as KUNIT_ASSERT does in the kernel. */
struct kunit {
	const char *name;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(function)	{ .run_case = function, .name = #function }

#define KUNIT_SHIM_COMPARE(test, a, op, b, ...)						\
	do {										\
		long long shim_a = (long long)(a), shim_b = (long long)(b);		\
											\
		(void)(test);								\
		if (!(shim_a op shim_b)) {						\
			print_error("%s:%d: %s (%lld) " #op " %s (%lld): ", __FILE__, __LINE__,	\
				    #a, shim_a, #b, shim_b);				\
			print_error("" __VA_ARGS__);					\
			fail();								\
		}									\
	} while (0)

#define kunit_info(test, ...)			print_message(__VA_ARGS__)

#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...)	KUNIT_SHIM_COMPARE(test, a, ==, b, __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, a, b, ...)	KUNIT_SHIM_COMPARE(test, a, !=, b, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, a, b, ...)	KUNIT_SHIM_COMPARE(test, a, <=, b, __VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(test, a, b, ...)	KUNIT_SHIM_COMPARE(test, a, >=, b, __VA_ARGS__)
#define KUNIT_EXPECT_GT_MSG(test, a, b, ...)	KUNIT_SHIM_COMPARE(test, a, >, b, __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, a, b)		KUNIT_SHIM_COMPARE(test, a, ==, b, "\n")
#define KUNIT_EXPECT_NE(test, a, b)		KUNIT_SHIM_COMPARE(test, a, !=, b, "\n")
#define KUNIT_EXPECT_LE(test, a, b)		KUNIT_SHIM_COMPARE(test, a, <=, b, "\n")
#define KUNIT_EXPECT_LT(test, a, b)		KUNIT_SHIM_COMPARE(test, a, <, b, "\n")
#define KUNIT_EXPECT_GE(test, a, b)		KUNIT_SHIM_COMPARE(test, a, >=, b, "\n")
#define KUNIT_EXPECT_GT(test, a, b)		KUNIT_SHIM_COMPARE(test, a, >, b, "\n")
#define KUNIT_ASSERT_EQ				KUNIT_EXPECT_EQ
#define KUNIT_ASSERT_EQ_MSG			KUNIT_EXPECT_EQ_MSG
#define KUNIT_ASSERT_GT				KUNIT_EXPECT_GT
#define KUNIT_EXPECT_TRUE(test, a)		KUNIT_SHIM_COMPARE(test, !!(a), ==, 1, "\n")
#define KUNIT_EXPECT_FALSE(test, a)		KUNIT_SHIM_COMPARE(test, !!(a), ==, 0, "\n")
#define KUNIT_EXPECT_TRUE_MSG(test, a, ...)	KUNIT_SHIM_COMPARE(test, !!(a), ==, 1, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, a, ...)	KUNIT_SHIM_COMPARE(test, !!(a), ==, 0, __VA_ARGS__)
#define KUNIT_ASSERT_FALSE		KUNIT_EXPECT_FALSE
#define KUNIT_ASSERT_TRUE			KUNIT_EXPECT_TRUE

/* Runs by a seed; of a seed that is longer the lower 32 bits. */
#define FAKE_RUNS(usual)	series_runs(usual)
#define FAKE_FIRST_RUN()	((u32)series_first(0))

#define KUNIT_SHIM_CASES_MAX	128

struct kunit_shim_run {
	struct kunit_suite *suite;
	struct kunit_case *one;
};

static void kunit_shim_case(void **state)
{
	struct kunit_shim_run *run = *state;
	struct kunit test = { .name = run->one->name };

	if (run->suite->init)
		assert_int_equal(run->suite->init(&test), 0);
	run->one->run_case(&test);
}

static inline int kunit_shim_suite(struct kunit_suite *suite)
{
	static struct kunit_shim_run runs[KUNIT_SHIM_CASES_MAX];
	static struct CMUnitTest tests[KUNIT_SHIM_CASES_MAX];
	size_t count;

	for (count = 0; suite->test_cases[count].run_case; count++) {
		if (count == KUNIT_SHIM_CASES_MAX)
			abort();
		runs[count] = (struct kunit_shim_run){ suite, &suite->test_cases[count] };
		tests[count] = (struct CMUnitTest){
			.name = suite->test_cases[count].name,
			.test_func = kunit_shim_case,
			.initial_state = &runs[count],
		};
	}
	return _cmocka_run_group_tests(suite->name, tests, count, NULL, NULL);
}

/* One suite for each file. */
#define kunit_test_suites(suite)		\
	int main(void)				\
	{					\
		return kunit_shim_suite(suite);	\
	}

#endif /* OHT_SHIM_KUNIT_TEST_H */
