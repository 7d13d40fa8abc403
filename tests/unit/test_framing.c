// SPDX-License-Identifier: GPL-2.0-or-later
/* Heads of requests that say in two ways where the request ends, and some that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http/framing.h"
#include "http/stop_head.h"

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

/* ---- the stop ---- */

static bool asks_for_stop(const char *path)
{
	size_t bytes = strlen(path);
	char *exact = test_malloc(bytes + 1);
	bool is;

	memcpy(exact, path, bytes);
	is = ohtd_stop_head_is("POST", 4, exact, bytes);
	test_free(exact);
	return is;
}

static void only_the_path_of_the_stop_is_one(void **state)
{
	static const char *const others[] = {
		"", "/", "/api/v1/safety/sto", "/api/v1/safety/stopp", "/api/v1/safety/stop/x", "/api/v1/safety/st%", "/api/v1/safety/st%6",
		"x/api/v1/safety/stop", "https:///", "https://a", "://", "/x://api/v1/safety/stop", "https://a/x/api/v1/safety/stop",
	};

	(void)state;
	assert_true(asks_for_stop("//API/v1//safety/%73top/?x"));
	assert_true(asks_for_stop("https://a:1/api/v1/safety/stop#"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(asks_for_stop(others[i]));
	assert_false(ohtd_stop_head_is("GET", 3, OHTD_STOP_PATH, strlen(OHTD_STOP_PATH)));
	assert_false(ohtd_stop_head_is("POSTS", 5, OHTD_STOP_PATH, strlen(OHTD_STOP_PATH)));
}

static void its_control_bytes_are_replaced_in_values_alone(void **state)
{
	static const struct {
		const char *text, *mended;	/* NULL: nothing is */
	} heads[] = {
		{ " HTTP/1.1\r\nX: a\001b\t\x7f:\r\n \002\r\nY:\x1f\n\r\n\001",
		  " HTTP/1.1\r\nX: a\xff" "b\t\xff:\r\n \xff\r\nY:\xff\n\r\n\001" },
		{ " HTTP/1.1\nX:\001", " HTTP/1.1\nX:\xff" },
		{ " HTTP/1.1\nX:\001\n\nY:\001", " HTTP/1.1\nX:\xff\n\nY:\001" },
		{ " HTTP/1.1\r\nX:\001\rY:\r\n", " HTTP/1.1\r\nX:\xff\rY:\r\n" },
		{ " HTTP/1.1:\001\r\nX\001: \r\n\001\r\n\x80:\x80\xff\r\n\r\nX:\001", NULL },
		{ "", NULL }, { ":\001", NULL }, { "\n", NULL }, { "\n\r", NULL }, { "\n\001", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		size_t bytes = strlen(heads[i].text);
		char *exact = test_malloc(bytes + !bytes);

		memcpy(exact, heads[i].text, bytes);
		assert_int_equal(ohtd_stop_head_mend(exact, bytes), !!heads[i].mended);
		assert_memory_equal(exact, heads[i].mended ? heads[i].mended : heads[i].text, bytes);
		assert_false(ohtd_stop_head_mend(exact, bytes));
		test_free(exact);
	}
}

#define HEADER(n_, v_)	{ n_, sizeof(n_) - 1, v_, sizeof(v_) - 1 }

static void of_its_head_the_client_and_a_plain_end_stay(void **state)
{
	static const struct {
		struct phr_header headers[3];
		size_t kept;
	} heads[] = {
		{ { HEADER("Content-Length", "100"), HEADER("Expect", "100-continue"), HEADER("Cookie", "a") }, 2 },
		{ { HEADER("Content-Length", "101"), HEADER("Host", "a"), HEADER("Authorization", "b") }, 2 },
		{ { HEADER("Transfer-Encoding", "Chunked"), HEADER("TE", "x"), { NULL, 0, "y", 1 } }, 0 },
		{ { HEADER("Transfer-Encoding", "chunked"), HEADER("Content-Length", "1"), HEADER("Host", "a") }, 1 },
		{ { HEADER("Transfer-Encoding", "gzip"), HEADER("Content-Length", ""), HEADER("Host", "a") }, 1 },
		{ { HEADER("Content-Length", "1 "), HEADER("Content-Length", "99999999999999999999"), HEADER("Host", "a") }, 1 },
		{ { HEADER("Content-Length", "1"), HEADER("Expect", "x"), HEADER("Expect", "100-continue") }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct phr_header headers[3];

		memcpy(headers, heads[i].headers, sizeof(headers));
		assert_int_equal(ohtd_stop_head_trim(headers, 3, 100), heads[i].kept);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_heads_pass),
		cmocka_unit_test(ambiguous_heads_are_refused),
		cmocka_unit_test(no_cut_head_passes),
		cmocka_unit_test(only_the_path_of_the_stop_is_one),
		cmocka_unit_test(its_control_bytes_are_replaced_in_values_alone),
		cmocka_unit_test(of_its_head_the_client_and_a_plain_end_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
