// SPDX-License-Identifier: GPL-2.0-or-later
/* From when on a thread counts as stalled: the bounds of docs/operations.md, to the millisecond. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "alerts/alive.h"
#include "base/clock.h"
#include "robot/snapshot.h"
#include "store/store.h"

#define NOW_NS		(10000 * OHTD_NS_PER_S)
#define CONTROL_MS	500
#define LOST_MS		600000

static struct ohtd_store_view store_view;

/* In place of the store's own. */
void ohtd_store_look(struct ohtd_store *store, struct ohtd_store_view *view)
{
	(void)store;
	*view = store_view;
}

static struct ohtd_alive look(uint64_t control_age_ms, uint32_t time_factor)
{
	const struct ohtd_snapshot snapshot = {
		.time_ns = NOW_NS - control_age_ms * OHTD_NS_PER_MS,
		.bus.time_factor = time_factor,
	};
	struct ohtd_alive alive;

	/* Any pointer will do: only the function above takes it. */
	ohtd_alive_look(&alive, &snapshot, (struct ohtd_store *)&store_view, NOW_NS);
	assert_int_equal(alive.control_age_ms, control_age_ms);
	return alive;
}

static void control_thread_has_half_a_second(void **state)
{
	(void)state;
	for (uint32_t factor = 1; factor <= 20; factor++) {
		assert_true(look(CONTROL_MS * factor, factor).control);
		assert_false(look(CONTROL_MS * factor + 1, factor).control);
	}
	assert_true(ohtd_alive_all(&(struct ohtd_alive){ .control = true, .loops = true }));
	assert_false(ohtd_alive_all(&(struct ohtd_alive){ .loops = true }));
	assert_false(ohtd_alive_needs_no_restart(&(struct ohtd_alive){ .loops = true }));
}

/* A robot that is enabled is never restarted for its store, however long the store hangs. */
static void store_has_ten_minutes_and_no_say_over_an_enabled_robot(void **state)
{
	static const uint8_t others[] = { OHTD_SAFETY_STOPPED, OHTD_SAFETY_READY, OHTD_SAFETY_UNKNOWN };
	struct ohtd_snapshot snapshot = { .time_ns = NOW_NS, .bus.time_factor = 1 };
	struct ohtd_alive alive;

	(void)state;
	for (unsigned int late = 0; late < 2; late++) {
		store_view.busy_since_ns = NOW_NS - (LOST_MS + late) * OHTD_NS_PER_MS;
		for (unsigned int i = 0; i < 3; i++) {
			snapshot.safety.state = others[i];
			ohtd_alive_look(&alive, &snapshot, (struct ohtd_store *)&store_view, NOW_NS);
			assert_int_equal(ohtd_alive_needs_no_restart(&alive), !late);
			assert_true(ohtd_alive_all(&alive));
		}
		snapshot.safety.state = OHTD_SAFETY_ENABLED;
		ohtd_alive_look(&alive, &snapshot, (struct ohtd_store *)&store_view, NOW_NS);
		assert_true(ohtd_alive_needs_no_restart(&alive));
	}
	store_view.busy_since_ns = 1;
	ohtd_alive_look(&alive, &snapshot, (struct ohtd_store *)&store_view, NOW_NS);
	assert_true(ohtd_alive_needs_no_restart(&alive));
	store_view.busy_since_ns = 0;
	snapshot.safety.state = OHTD_SAFETY_STOPPED;
	ohtd_alive_look(&alive, &snapshot, (struct ohtd_store *)&store_view, NOW_NS);
	assert_true(ohtd_alive_needs_no_restart(&alive));
}

/* A count of another thread may be newer than this thread's clock reading. */
static void what_comes_from_the_future_is_new(void **state)
{
	(void)state;
	store_view.busy_since_ns = NOW_NS + OHTD_NS_PER_MS;
	assert_false(look(0, 1).store_lost);
	store_view.busy_since_ns = 0;
}

static void loops_are_judged_by_the_control_thread(void **state)
{
	struct ohtd_snapshot snapshot = { .time_ns = NOW_NS, .bus.time_factor = 1 };
	struct ohtd_alive alive;

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		snapshot.loops_stalled = 1ull << i;
		ohtd_alive_look(&alive, &snapshot, NULL, NOW_NS);
		assert_false(alive.loops);
		assert_false(ohtd_alive_all(&alive));
	}
	snapshot.loops_stalled = 0;
	ohtd_alive_look(&alive, &snapshot, NULL, NOW_NS);
	assert_true(ohtd_alive_all(&alive));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_thread_has_half_a_second),
		cmocka_unit_test(store_has_ten_minutes_and_no_say_over_an_enabled_robot),
		cmocka_unit_test(what_comes_from_the_future_is_new),
		cmocka_unit_test(loops_are_judged_by_the_control_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
