// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that sends webhooks, without processes: what a name leads to, and what it says to whom at which end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender/post.h"

/* No bound: a test that hangs ends by it. */
#define HANGS_S	60

/* The name server of dead.example answers when the test is over. */
static sem_t name_server;

/* Ours, not that of the system: libcurl asks it for each name. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	struct addrinfo *one;
	struct sockaddr_in *here;

	(void)hints;
	if (!strcmp(name, "dead.example")) {
		sem_wait(&name_server);
		return EAI_AGAIN;
	}
	one = calloc(1, sizeof(*one) + sizeof(*here));
	if (!one)
		return EAI_MEMORY;
	here = (void *)(one + 1);
	*here = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(service, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	*one = (struct addrinfo){
		.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP,
		.ai_addrlen = sizeof(*here), .ai_addr = (struct sockaddr *)here,
	};
	*list = one;
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	free(list);
}

/* ---- one that serves in a thread ---- */

static struct sender_rules rules = { .timeout_s = 1 };
static int fds[2];
static pthread_t thread;

static void *serve(void *result)
{
	*(int *)result = sender_serve(fds[1], &rules);
	close(fds[1]);
	return NULL;
}

static void allow(const char *place)
{
	assert_true(oht_destination_read(&rules.list[rules.count++], place));
}

static int set_up(void **state)
{
	const struct timeval hangs = { .tv_sec = HANGS_S };

	(void)state;
	rules.count = 0;
	allow("dead.example:443");
	allow("here.example:443");
	allow("here.example:1");
	allow("127.0.0.1:1");
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) ||
	       setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &hangs, sizeof(hangs));
}

static void order(int64_t number, const char *url)
{
	struct sender_order order = { .number = number };

	snprintf(order.url, sizeof(order.url), "%s", url);
	assert_int_equal(send(fds[0], &order, sizeof(order), MSG_NOSIGNAL), sizeof(order));
}

static struct sender_result take(void)
{
	struct sender_result result;

	ssize_t n;

	/* With a time-out of the socket, also a stop and a continuation of this program end the wait. */
	do {
		n = recv(fds[0], &result, sizeof(result), 0);
	} while (n < 0 && errno == EINTR);
	assert_int_equal(n, sizeof(result));
	return result;
}

static void says(const struct sender_result *result, const char *error)
{
	if (!strstr(result->error, error))
		fail_msg("order %lld: %s", (long long)result->number, result->error);
}

/* The next result is that. */
static void expect(int64_t number, const char *error)
{
	struct sender_result result = take();

	assert_int_equal(result.number, number);
	says(&result, error);
}

/* Again while the host is so busy that even that takes too long. */
static void ask(int64_t number, const char *url, const char *error)
{
	struct sender_result result;

	do {
		order(number, url);
		result = take();
		assert_int_equal(result.number, number);
	} while (strstr(result.error, "timed out"));
	says(&result, error);
}

static void nobody_waits_for_a_name_server(void **state)
{
	int result = -2;
	unsigned int heard = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, serve, &result), 0);
	expect(0, "");
	order(1, "https://dead.example/");
	order(2, "https://127.0.0.1:1/");
	/* Each has an end of its own: which is first is a matter of the host. */
	for (int i = 0; i < 2; i++) {
		struct sender_result one = take();

		heard |= 1U << one.number;
		if (one.number == 1)
			says(&one, "timed out");
	}
	assert_int_equal(heard, 1U << 1 | 1U << 2);
	ask(3, "https://127.0.0.1:1/", "connect");
	close(fds[0]);
	pthread_join(thread, NULL);
	assert_int_equal(result, 0);
	sem_post(&name_server);
}

static void a_name_leads_to_this_machine_only_where_the_address_is_listed(void **state)
{
	int result = -2;

	(void)state;
	/* What was said to the one before it. */
	order(9, "https://127.0.0.1:1/");
	assert_int_equal(pthread_create(&thread, NULL, serve, &result), 0);
	expect(0, "");
	ask(1, "https://here.example/", "its name leads to this machine");
	ask(2, "https://here.example:1/", "connect");
	order(3, "https://other.example/");
	expect(3, "not listed");
	/* What it does not understand is no end of ohtd. */
	assert_int_equal(send(fds[0], "x", 1, MSG_NOSIGNAL), 1);
	pthread_join(thread, NULL);
	assert_int_equal(result, -1);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nobody_waits_for_a_name_server, set_up),
		cmocka_unit_test_setup(a_name_leads_to_this_machine_only_where_the_address_is_listed, set_up),
	};

	sem_init(&name_server, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
