// SPDX-License-Identifier: GPL-2.0-or-later
/* Heads of requests that say in two ways where the request ends, and some that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http/framing.h"

#define LINE	"POST /x HTTP/1.1\r\nHost: a\r\n"

/* In memory that ends with the text, so that a sanitizer sees what is read behind it. */
static const char *fault_of(const char *text, size_t bytes)
{
	char *exact = test_malloc(bytes);
	const char *fault;

	memcpy(exact, text, bytes);
	fault = ohtd_framing_fault(exact, bytes);
	test_free(exact);
	return fault;
}

static void good_heads_pass(void **state)
{
	static const char *const heads[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"\r\n" LINE "\r\n",
		LINE "Content-Length: 3\r\n\r\nabc",
		LINE "transfer-encoding: chunked\r\n\r\n",
		LINE "X:\r\nY: a: b\r\n\r\n",
		LINE "Content-Length: 1\r\n\r\nContent-Length: 2\nHost: b\r\n",
		LINE "X-Content-Length: 1\r\nContent-Lengths: 2\r\nHosts: b\r\nContent-Length: 3\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		assert_null(fault_of(heads[i], strlen(heads[i])));
}

static void ambiguous_heads_are_refused(void **state)
{
	static const struct {
		const char *head;
		const char *fault;
	} heads[] = {
		{ LINE "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", "more than one Content-Length" },
		{ LINE "CONTENT-LENGTH: 3\r\nX: y\r\ncontent-length: 4\r\n\r\n",
		  "more than one Content-Length" },
		{ LINE "Transfer-Encoding: a\r\nTransfer-Encoding: b\r\n\r\n",
		  "more than one Transfer-Encoding" },
		{ LINE "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
		  "both Content-Length and Transfer-Encoding" },
		{ LINE "host: b\r\n\r\n", "more than one Host" },
		{ LINE "Content-Length : 3\r\n\r\n",
		  "a header without a name, or with a blank in the name" },
		{ LINE "X: a\r\n b: c\r\n\r\n",
		  "a header without a name, or with a blank in the name" },
		{ LINE "nothing\r\n\r\n", "a header without a name, or with a blank in the name" },
		{ LINE ": x\r\n\r\n", "a header without a name, or with a blank in the name" },
		{ LINE "X: a\n\r\n", "a line that does not end with CR LF" },
		{ LINE "\n\r\n", "a line that does not end with CR LF" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		assert_string_equal(fault_of(heads[i].head, strlen(heads[i].head)),
				    heads[i].fault);
}

static void no_cut_head_passes(void **state)
{
	static const char head[] = LINE "Content-Length: 3\r\n\r\n";

	(void)state;
	for (size_t bytes = 1; bytes < sizeof(head) - 1; bytes++)
		assert_string_equal(fault_of(head, bytes), "the headers have no end");
	assert_null(fault_of(head, sizeof(head) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_heads_pass),
		cmocka_unit_test(ambiguous_heads_are_refused),
		cmocka_unit_test(no_cut_head_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
