// SPDX-License-Identifier: GPL-2.0-or-later
/* Contract tests as a TAP program of the board. */
#include <setjmp.h>

#include "contract.h"
#include "lib/tap.h"

static jmp_buf end_of_test;

void contract_end_test(const char *file, int line, const char *text)
{
	tap_note("%s:%d: %s", file, line, text);
	longjmp(end_of_test, 1);
}

static bool passes(const struct contract_test *test, void (*prepare)(void))
{
	if (setjmp(end_of_test))
		return false;
	prepare();
	test->run();
	return true;
}

int contract_run(const struct contract_test *tests, size_t count, void (*prepare)(void))
{
	size_t i;

	for (i = 0; i < count; i++)
		TAP_TEST(tap_ok(passes(&tests[i], prepare), "it holds"), "%s", tests[i].name);
	return tap_done();
}
