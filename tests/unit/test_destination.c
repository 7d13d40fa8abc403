// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a webhook may go: URLs that readers of URLs read in two ways, and addresses that a name may hide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>

#include "common/destination.h"

#define COUNT(list)	(sizeof(list) / sizeof((list)[0]))

static void a_url_leads_to_one_place_or_is_refused(void **state)
{
	static const char *const refused[] = {
		"https://", "https:///x", "https://a.example:0/", "https://a.example:65536/", "https://a.example:/",
		"https://a.example:443x/", "https://a.example:+443/", "https://a.example@b.example/",
		"https://a.example\\@b.example/", "https://a.example/#b", "https://a.example/\r\nx: y", "https://[::1",
		"https://[127.0.0.1]/", "https://[::1]443/", "https://127.1/", "https://2130706433/", "https://0177.0.0.1/",
		"https://127.0.0.1./", "https://a.example./", "http://a.example/", "http://10.0.0.1/", "http://[::2]/",
		"file:///etc/passwd", "HTTP://a.example/", "httpss://a.example/",
	};
	static const struct {
		const char *url, *host;
		uint16_t port;
	} taken[] = {
		{ "https://A.Example/x?y", "a.example", 443 }, { "https://a.example:8443", "a.example", 8443 },
		{ "https://[0:0::0:1]:9/", "::1", 9 }, { "http://127.0.0.2/", "127.0.0.2", 80 },
		{ "https://a.example?@b.example", "a.example", 443 }, { "HTTPS://A.EXAMPLE/", "a.example", 443 },
		{ "Http://127.0.0.2:8/", "127.0.0.2", 8 },
	};
	struct oht_destination to;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		if (!oht_destination_of_url(&to, refused[i]))
			fail_msg("%s leads to %s port %u", refused[i], to.host, to.port);
	for (size_t i = 0; i < COUNT(taken); i++) {
		assert_null(oht_destination_of_url(&to, taken[i].url));
		assert_string_equal(to.host, taken[i].host);
		assert_int_equal(to.port, taken[i].port);
	}
}

static bool may(const struct oht_destination *list, size_t count, const char *address, uint16_t port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	const void *it = &v6;

	if (inet_pton(AF_INET6, address, &v6.sin6_addr) != 1) {
		assert_int_equal(inet_pton(AF_INET, address, &v4.sin_addr), 1);
		it = &v4;
	}
	return oht_destination_may_connect(list, count, it);
}

static void a_name_may_not_hide_this_machine(void **state)
{
	static const char *const special[] = {
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255", "::1", "::",
		"::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.1.1", "fe80::1", "febf::1", "ff02::1",
	};
	static const char *const others[] = { "10.0.0.1", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "fd00::1" };
	struct oht_destination list[2];

	(void)state;
	assert_true(oht_destination_read(&list[0], "127.0.0.1:9093"));
	assert_true(oht_destination_read(&list[1], "[::1]:9093"));
	for (size_t i = 0; i < COUNT(special); i++)
		if (may(list, 2, special[i], 443))
			fail_msg("%s may be connected to", special[i]);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_true(may(list, 2, others[i], 443));
	assert_true(may(list, 2, "127.0.0.1", 9093) && may(list, 2, "::1", 9093));
	assert_false(may(list, 1, "::1", 9093) || may(list, 2, "::ffff:127.0.0.1", 9093));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_leads_to_one_place_or_is_refused),
		cmocka_unit_test(a_name_may_not_hide_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
