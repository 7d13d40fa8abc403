// SPDX-License-Identifier: GPL-2.0-or-later
/* Contract tests as a cmocka program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "contract.h"

static void (*prepare_next)(void);

static void run_one(void **state)
{
	const struct contract_test *test = *state;

	prepare_next();
	test->run();
}

void contract_end_test(const char *file, int line, const char *text)
{
	print_error("%s\n", text);
	_fail(file, line);
	abort();
}

int contract_run(const struct contract_test *tests, size_t count, void (*prepare)(void))
{
	struct CMUnitTest *cases = calloc(count, sizeof(*cases));
	size_t i;
	int failed;

	if (!cases)
		return 1;
	prepare_next = prepare;
	for (i = 0; i < count; i++)
		cases[i] = (struct CMUnitTest){
			.name = tests[i].name, .test_func = run_one,
			.initial_state = (void *)(uintptr_t)&tests[i],
		};
	failed = _cmocka_run_group_tests("contract", cases, count, NULL, NULL);
	free(cases);
	return failed != 0;
}
