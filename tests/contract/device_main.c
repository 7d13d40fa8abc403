// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contract of /dev/oht0 (include/uapi/linux/oht*.h) as tests that hold the fake device of the
 * unit tests and the kernel module to the same behaviour.
 */
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define ALL(name)	{ name ## _tests, &name ## _count }

static const struct {
	const struct contract_test *tests;
	const size_t *count;
} parts[] = {
	ALL(form), ALL(role), ALL(stop), ALL(record), ALL(transfer), ALL(plan), ALL(unit),
	/* The last: it takes the driver off. */
	ALL(gone),
};

#define PARTS		(sizeof(parts) / sizeof(parts[0]))

static void prepare(void)
{
	dev_close_all();
	place_prepare();
}

int main(void)
{
	struct contract_test tests[256];
	size_t i, count = 0;

	for (i = 0; i < PARTS; i++) {
		if (count + *parts[i].count > sizeof(tests) / sizeof(tests[0]))
			abort();
		memcpy(tests + count, parts[i].tests, *parts[i].count * sizeof(tests[0]));
		count += *parts[i].count;
	}
	return contract_run(tests, count, prepare);
}
