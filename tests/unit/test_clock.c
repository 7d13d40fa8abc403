// SPDX-License-Identifier: GPL-2.0-or-later
/* The clock: wall time that never goes back, waits in real and in virtual time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/behind_clock.h"
#include "base/clock.h"

#define YEAR_NS		(365 * 86400 * (int64_t)OHTD_NS_PER_S)
#define FLOOR_NS	(56 * YEAR_NS)

static struct ohtd_manual_clock manual;
static struct ohtd_clock ck;

static int setup(void **state)
{
	(void)state;
	atomic_store(&manual.now_ns, 5 * OHTD_NS_PER_S);
	atomic_store(&manual.realtime_ns, 0);
	atomic_store(&manual.synchronised, false);
	ohtd_clock_init(&ck, &ohtd_clock_manual, &manual, FLOOR_NS);
	return 0;
}

static void system_in_1970_does_not_matter(void **state)
{
	(void)state;
	assert_true(ohtd_clock_wall_ns(&ck) == FLOOR_NS);
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	assert_true(ohtd_clock_wall_ns(&ck) == FLOOR_NS + (int64_t)OHTD_NS_PER_S);
}

static void system_clock_set_right_is_followed(void **state)
{
	(void)state;
	atomic_store(&manual.realtime_ns, FLOOR_NS + YEAR_NS);
	assert_true(ohtd_clock_wall_ns(&ck) == FLOOR_NS + YEAR_NS);
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	assert_true(ohtd_clock_wall_ns(&ck) == FLOOR_NS + YEAR_NS + (int64_t)OHTD_NS_PER_S);
}

static void jump_back_is_not_followed_but_time_goes_on(void **state)
{
	int64_t before_ns;

	(void)state;
	atomic_store(&manual.realtime_ns, FLOOR_NS + YEAR_NS);
	before_ns = ohtd_clock_wall_ns(&ck);
	atomic_store(&manual.realtime_ns, FLOOR_NS - 10 * YEAR_NS);
	assert_true(ohtd_clock_wall_ns(&ck) == before_ns);
	ohtd_manual_clock_advance(&manual, 3600 * OHTD_NS_PER_S);
	assert_true(ohtd_clock_wall_ns(&ck) == before_ns + 3600 * (int64_t)OHTD_NS_PER_S);
}

static void random_jumps_never_turn_time_back(void **state)
{
	int64_t last_ns = ohtd_clock_wall_ns(&ck);
	int64_t wall_ns;
	unsigned int i;

	(void)state;
	srand(1);
	for (i = 0; i < 100000; i++) {
		if (!(rand() % 100))
			atomic_fetch_add(&manual.realtime_ns,
					 (int64_t)(rand() % 7200 - 3600) *
						 (int64_t)OHTD_NS_PER_S);
		ohtd_manual_clock_advance(&manual, (uint64_t)(rand() % 1000));
		wall_ns = ohtd_clock_wall_ns(&ck);
		assert_true(wall_ns >= last_ns);
		last_ns = wall_ns;
	}
}

static struct ohtd_clock_view look(void)
{
	struct ohtd_clock_view view;

	ohtd_clock_look(&ck, &view);
	return view;
}

static void jumps_are_counted_either_way(void **state)
{
	static const int64_t jumps_s[] = { 3600, -3600, 10 * 365 * 86400LL, -10 * 365 * 86400LL, 1 };
	unsigned int i;

	(void)state;
	assert_int_equal(look().jumps, 0);
	for (i = 0; i < sizeof(jumps_s) / sizeof(jumps_s[0]); i++) {
		atomic_fetch_add(&manual.realtime_ns, jumps_s[i] * (int64_t)OHTD_NS_PER_S);
		ohtd_manual_clock_advance(&manual, 5 * OHTD_NS_PER_S);
		assert_int_equal(look().jumps, i + 1);
		assert_true(look().last_jump_ns == jumps_s[i] * (int64_t)OHTD_NS_PER_S);
	}
	/* Less than a second is what NTP does all day. */
	atomic_fetch_add(&manual.realtime_ns, 999999999);
	assert_int_equal(look().jumps, i);
}

static void ahead_of_a_system_that_went_back(void **state)
{
	(void)state;
	atomic_store(&manual.realtime_ns, FLOOR_NS + YEAR_NS);
	assert_true(look().ahead_ns == 0);
	atomic_fetch_sub(&manual.realtime_ns, 3600 * (int64_t)OHTD_NS_PER_S);
	assert_true(look().ahead_ns == 3600 * (int64_t)OHTD_NS_PER_S);
	assert_false(look().synchronised);
	atomic_store(&manual.synchronised, true);
	assert_true(look().synchronised);
}

static void only_leaps_forward_make_elapsed_time_meaningless(void **state)
{
	uint64_t then_ns = ohtd_clock_boottime_ns(&ck);

	(void)state;
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	ohtd_clock_wall_ns(&ck);
	assert_false(ohtd_clock_leapt_since(&ck, then_ns));
	assert_true(ohtd_clock_leapt_since(&ck, then_ns - 1));	/* before the start */
	atomic_store(&manual.realtime_ns, -YEAR_NS);
	ohtd_clock_wall_ns(&ck);
	assert_false(ohtd_clock_leapt_since(&ck, then_ns));
	atomic_store(&manual.realtime_ns, FLOOR_NS + YEAR_NS);
	ohtd_clock_wall_ns(&ck);
	assert_true(ohtd_clock_leapt_since(&ck, then_ns));
	assert_false(ohtd_clock_leapt_since(&ck, ohtd_clock_boottime_ns(&ck)));
}

static void floor_is_raised_and_never_lowered(void **state)
{
	(void)state;
	ohtd_clock_raise(&ck, FLOOR_NS + YEAR_NS);
	assert_true(ohtd_clock_wall_ns(&ck) == FLOOR_NS + YEAR_NS);
	ohtd_clock_raise(&ck, FLOOR_NS);
	assert_true(ohtd_clock_wall_ns(&ck) == FLOOR_NS + YEAR_NS);
}

/* Set ahead by a system that nobody keeps right, and then set right. */
static void synchronised_system_takes_time_back(void **state)
{
	struct ohtd_clock_view view;
	uint64_t then_ns;

	(void)state;
	atomic_store(&manual.realtime_ns, FLOOR_NS + 45 * YEAR_NS);
	ohtd_clock_look(&ck, &view);
	assert_true(view.wall_ns == FLOOR_NS + 45 * YEAR_NS);
	assert_true(ohtd_clock_known_ns(&ck) == FLOOR_NS);
	then_ns = ohtd_clock_boottime_ns(&ck);
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	atomic_store(&manual.realtime_ns, FLOOR_NS + YEAR_NS);
	ohtd_clock_look(&ck, &view);
	assert_true(view.wall_ns > FLOOR_NS + 45 * YEAR_NS);
	assert_int_equal(view.corrected_mono_ns, 0);
	atomic_store(&manual.synchronised, true);
	ohtd_clock_look(&ck, &view);
	assert_true(view.wall_ns == FLOOR_NS + YEAR_NS);
	assert_true(view.ahead_ns == 0);
	assert_true(view.corrected_ns == 44 * YEAR_NS + (int64_t)OHTD_NS_PER_S);
	assert_true(ohtd_clock_known_ns(&ck) == FLOOR_NS + YEAR_NS);
	assert_true(ohtd_clock_leapt_since(&ck, then_ns));
	/* What was kept wrongly by an earlier run goes as well. */
	ohtd_clock_raise(&ck, FLOOR_NS + 45 * YEAR_NS);
	ohtd_clock_look(&ck, &view);
	assert_true(view.wall_ns == FLOOR_NS + YEAR_NS);
	assert_true(ohtd_clock_known_ns(&ck) == FLOOR_NS + YEAR_NS);
}

static void synchronised_system_before_the_build_is_not_believed(void **state)
{
	struct ohtd_clock_view view;

	(void)state;
	atomic_store(&manual.synchronised, true);
	atomic_store(&manual.realtime_ns, FLOOR_NS - YEAR_NS);
	ohtd_clock_look(&ck, &view);
	assert_true(view.wall_ns == FLOOR_NS);
	assert_int_equal(view.corrected_mono_ns, 0);
}

static void moment_of_the_monotonic_clock_has_a_wall_time(void **state)
{
	uint64_t then_ns = ohtd_clock_monotonic_ns(&ck);

	(void)state;
	ohtd_manual_clock_advance(&manual, 7 * OHTD_NS_PER_S);
	assert_true(ohtd_clock_wall_of_ns(&ck, then_ns) == FLOOR_NS);
}

/* The computer is suspended again and again, for a second to ten hours: what was before a suspend stays where it was. */
static void suspends_move_no_moment(void **state)
{
	enum { MOMENTS = 200 };
	uint64_t moment_ns[MOMENTS], seed = 1;
	int64_t wall_ns[MOMENTS];
	unsigned int sleeps = 0;

	(void)state;
	for (unsigned int i = 0; i < MOMENTS; i++) {
		moment_ns[i] = ohtd_clock_monotonic_ns(&ck);
		wall_ns[i] = ohtd_clock_wall_ns(&ck);
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		if (seed >> 62 == 0 && sleeps++ < OHTD_SLEEPS_MAX) {
			uint64_t slept_ns = OHTD_NS_PER_S + (seed >> 8) % (36000 * OHTD_NS_PER_S);

			manual.slept_ns += slept_ns;
			manual.realtime_ns += (int64_t)slept_ns;
		}
		ohtd_manual_clock_advance(&manual, (seed >> 16) % (100 * OHTD_NS_PER_S));
		for (unsigned int before = 0; before <= i; before++)
			assert_true(ohtd_clock_wall_of_ns(&ck, moment_ns[before]) == wall_ns[before]);
	}
	assert_true(sleeps > 20);
	atomic_store(&manual.slept_ns, 0);
}

static unsigned int readings;

/* Held up for 5 ms before each of the first three readings. */
static int64_t held_up(void *context)
{
	if (readings++ < 3)
		ohtd_manual_clock_advance(context, 5 * OHTD_NS_PER_MS);
	return ohtd_clock_manual.realtime_ns(context);
}

static void being_held_up_between_two_clocks_moves_no_moment(void **state)
{
	uint64_t then_ns = ohtd_clock_monotonic_ns(&ck);
	struct ohtd_clock_ops ops = ohtd_clock_manual;

	(void)state;
	ops.realtime_ns = held_up;
	ck.ops = &ops;
	readings = 0;
	assert_true(ohtd_clock_wall_of_ns(&ck, then_ns) == FLOOR_NS);
	assert_int_equal(readings, 4);
	ck.ops = &ohtd_clock_manual;
}

static void manual_wait_goes_to_the_moment(void **state)
{
	uint64_t until_ns = ohtd_clock_monotonic_ns(&ck) + 25 * OHTD_NS_PER_MS;
	struct pollfd fd = { .events = POLLIN };
	uint64_t one = 1;

	(void)state;
	assert_int_equal(ohtd_clock_wait(&ck, NULL, 0, until_ns), 0);
	assert_true(ohtd_clock_monotonic_ns(&ck) == until_ns);
	/* In the past: no time passes. */
	assert_int_equal(ohtd_clock_wait(&ck, NULL, 0, 1), 0);
	assert_true(ohtd_clock_monotonic_ns(&ck) == until_ns);
	/* Somebody is ready: no time passes either. */
	fd.fd = eventfd(0, EFD_NONBLOCK);
	assert_int_equal(write(fd.fd, &one, sizeof(one)), sizeof(one));
	assert_int_equal(ohtd_clock_wait(&ck, &fd, 1, until_ns + OHTD_NS_PER_S), 1);
	assert_true(ohtd_clock_monotonic_ns(&ck) == until_ns);
	close(fd.fd);
}

static void system_wait_ends_at_the_moment_or_when_woken(void **state)
{
	struct pollfd fd = { .events = POLLIN };
	struct ohtd_clock real;
	uint64_t one = 1;
	uint64_t until_ns;

	(void)state;
	ohtd_clock_init(&real, &ohtd_clock_system, NULL, 0);
	until_ns = ohtd_clock_monotonic_ns(&real) + 20 * OHTD_NS_PER_MS;
	fd.fd = eventfd(0, EFD_NONBLOCK);
	assert_int_equal(ohtd_clock_wait(&real, &fd, 1, until_ns), 0);
	assert_true(ohtd_clock_monotonic_ns(&real) >= until_ns);
	assert_int_equal(write(fd.fd, &one, sizeof(one)), sizeof(one));
	until_ns = ohtd_clock_monotonic_ns(&real) + 600 * OHTD_NS_PER_S;
	assert_int_equal(ohtd_clock_wait(&real, &fd, 1, until_ns), 1);
	assert_true(ohtd_clock_monotonic_ns(&real) < until_ns);
	assert_true(ohtd_clock_boottime_ns(&real) >= ohtd_clock_monotonic_ns(&real) -
						     60 * OHTD_NS_PER_S);
	close(fd.fd);
}

/* Another program has the file mapped, too; a number that rises would turn boot time back. */
static void a_clock_behind_the_system_leaps_and_never_goes_back(void **state)
{
	struct ohtd_behind_clock behind;
	struct ohtd_clock system, past;
	struct ohtd_clock_view view;
	char path[] = "/tmp/oht-clock-XXXXXX";
	int fd = mkstemp(path);
	int64_t by_ns = YEAR_NS;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ohtd_behind_clock_begin(&behind, &past, "/tmp/oht-clock-none", 0), -ENOENT);
	assert_int_equal(ohtd_behind_clock_begin(&behind, &past, path, 0), -EINVAL);
	by_ns = -1;
	assert_int_equal(pwrite(fd, &by_ns, sizeof(by_ns), 0), sizeof(by_ns));
	assert_int_equal(ohtd_behind_clock_begin(&behind, &past, path, 0), -EINVAL);
	for (int years = 2; years >= 0; years--) {
		by_ns = years * YEAR_NS;
		assert_int_equal(pwrite(fd, &by_ns, sizeof(by_ns), 0), sizeof(by_ns));
		/* The date of the build is no floor for it. */
		if (years == 2)
			assert_int_equal(ohtd_behind_clock_begin(&behind, &past, path, INT64_MAX / 2), 0);
		assert_int_equal(ohtd_behind_clock_begin(&(struct ohtd_behind_clock){ 0 }, &system, "", 0), 0);
		assert_true(llabs(ohtd_clock_wall_ns(&system) - by_ns - ohtd_clock_wall_ns(&past)) < YEAR_NS / 2);
		assert_true(llabs((int64_t)(ohtd_clock_boottime_ns(&past) - ohtd_clock_boottime_ns(&system)) - (2 - years) * YEAR_NS) < YEAR_NS / 2);
		assert_true(llabs((int64_t)(ohtd_clock_monotonic_ns(&past) - ohtd_clock_monotonic_ns(&system))) < YEAR_NS / 2);
	}
	by_ns = YEAR_NS;
	assert_int_equal(pwrite(fd, &by_ns, sizeof(by_ns), 0), sizeof(by_ns));
	assert_true(llabs(ohtd_clock_wall_ns(&system) - ohtd_clock_wall_ns(&past)) < YEAR_NS / 2);
	ohtd_clock_look(&past, &view);
	assert_int_equal(view.jumps, 0);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(system_in_1970_does_not_matter, setup),
		cmocka_unit_test_setup(system_clock_set_right_is_followed, setup),
		cmocka_unit_test_setup(jump_back_is_not_followed_but_time_goes_on, setup),
		cmocka_unit_test_setup(random_jumps_never_turn_time_back, setup),
		cmocka_unit_test_setup(jumps_are_counted_either_way, setup),
		cmocka_unit_test_setup(ahead_of_a_system_that_went_back, setup),
		cmocka_unit_test_setup(only_leaps_forward_make_elapsed_time_meaningless, setup),
		cmocka_unit_test_setup(floor_is_raised_and_never_lowered, setup),
		cmocka_unit_test_setup(synchronised_system_takes_time_back, setup),
		cmocka_unit_test_setup(synchronised_system_before_the_build_is_not_believed, setup),
		cmocka_unit_test_setup(moment_of_the_monotonic_clock_has_a_wall_time, setup),
		cmocka_unit_test_setup(being_held_up_between_two_clocks_moves_no_moment, setup),
		cmocka_unit_test_setup(manual_wait_goes_to_the_moment, setup),
		cmocka_unit_test_setup(suspends_move_no_moment, setup),
		cmocka_unit_test(a_clock_behind_the_system_leaps_and_never_goes_back),
		cmocka_unit_test_setup(system_wait_ends_at_the_moment_or_when_woken, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
