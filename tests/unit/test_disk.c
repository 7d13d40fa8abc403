// SPDX-License-Identifier: GPL-2.0-or-later
/* The disk of the state folder: when there is little room, and until when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alerts/disk.h"

#define MIB	(1ull << 20)

static uint64_t low_since(struct ohtd_disk *disk)
{
	struct ohtd_disk_view view;

	ohtd_disk_look(disk, &view);
	return view.low_since_ns;
}

static void a_small_disk_is_low_below_five_percent(void **state)
{
	struct ohtd_disk disk = { 0 };

	(void)state;
	ohtd_disk_note(&disk, 50 * MIB, 1000 * MIB, 1);
	assert_int_equal(low_since(&disk), 0);
	ohtd_disk_note(&disk, 50 * MIB - 1, 1000 * MIB, 2);
	assert_int_equal(low_since(&disk), 2);
	/* It wavers: still the same. */
	ohtd_disk_note(&disk, 75 * MIB - 1, 1000 * MIB, 3);
	assert_int_equal(low_since(&disk), 2);
	ohtd_disk_note(&disk, 75 * MIB, 1000 * MIB, 4);
	assert_int_equal(low_since(&disk), 0);
}

static void a_large_disk_is_low_below_a_gibibyte(void **state)
{
	struct ohtd_disk disk = { 0 };

	(void)state;
	ohtd_disk_note(&disk, 1024 * MIB, 1024 * 1024 * MIB, 1);
	assert_int_equal(low_since(&disk), 0);
	ohtd_disk_note(&disk, 1023 * MIB, 1024 * 1024 * MIB, 2);
	assert_int_equal(low_since(&disk), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_disk_is_low_below_five_percent),
		cmocka_unit_test(a_large_disk_is_low_below_a_gibibyte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
