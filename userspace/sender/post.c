// SPDX-License-Identifier: GPL-2.0-or-later
#include "sender/post.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <curl/curl.h>

#define ANSWER_BYTES_MAX	65536
#define POLL_MS			60000
#define DAY_S			86400
/* One more than ohtd has under way, so that its end is heard at any time. */
#define PLACES			(SENDER_ORDERS_MAX + 1)

/**
 * struct post - a request
 * @easy: libcurl's; NULL: the place is free
 * @head: its headers
 * @refused: its name has led to an address that is not allowed
 * @received: bytes of the answer's body
 */
struct post {
	const struct sender_rules *rules;
	CURL *easy;
	struct curl_slist *head;
	bool refused;
	size_t received;
	char error[CURL_ERROR_SIZE];
	struct sender_order order;
};

struct serving {
	int fd;
	CURLM *multi;
	struct post posts[PLACES];
};

/* The address has been resolved once, and this is the only place where a socket is made for it. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct post *post = context;

	(void)purpose;
	if (!oht_destination_may_connect(post->rules->list, post->rules->count, &address->addr)) {
		post->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Drops the answer, and leaves a receiver whose answer does not end. */
static size_t take_answer(char *bytes, size_t one, size_t count, void *context)
{
	struct post *post = context;

	(void)bytes;
	post->received += count;
	return post->received > ANSWER_BYTES_MAX ? 0 : one * count;
}

static bool add_head(struct post *post)
{
	char *line, *rest = post->order.head;

	while ((line = strsep(&rest, "\n")) && *line) {
		struct curl_slist *longer = curl_slist_append(post->head, line);

		if (!longer)
			return false;
		post->head = longer;
	}
	return true;
}

static bool set_security(struct post *post)
{
	CURL *easy = post->easy;
	const char *ca_file = post->rules->ca_file;

	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http") &&
	       !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       (!ca_file || !curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file)) &&
	       (!ca_file || !curl_easy_setopt(easy, CURLOPT_CAPATH, NULL)) &&
	       !curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
	       !curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, post);
}

/* QUICK_EXIT: libcurl would wait for a name server that does not answer, and with it all other requests. */
static bool set_request(struct post *post)
{
	CURL *easy = post->easy;

	return !curl_easy_setopt(easy, CURLOPT_URL, post->order.url) &&
	       !curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->head) &&
	       !curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->order.body) &&
	       !curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)post->order.body_bytes) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEDATA, post) &&
	       !curl_easy_setopt(easy, CURLOPT_TIMEOUT, post->rules->timeout_s) &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, post->error) &&
	       !curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_PRIVATE, post);
}

static void say(int fd, const struct sender_result *result)
{
	/* A daemon that has closed the socket is noticed by the next recv(). */
	while (send(fd, result, sizeof(*result), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void answer(struct serving *serving, struct post *post, long status, long after_s, const char *error)
{
	struct sender_result result = {
		.number = post->order.number, .status = (int32_t)status, .after_s = (int32_t)after_s,
	};

	for (size_t i = 0; error[i] && i < sizeof(result.error) - 1; i++)
		result.error[i] = (char)(isprint((unsigned char)error[i]) ? error[i] : '?');
	say(serving->fd, &result);
}

static void drop(struct post *post)
{
	curl_easy_cleanup(post->easy);
	curl_slist_free_all(post->head);
	post->easy = NULL;
	post->head = NULL;
}

/* Begins the post. Returns a sentence with the fault, or NULL. */
static const char *begin(struct serving *serving, struct post *post)
{
	struct oht_destination to;
	const char *unfit = oht_destination_of_url(&to, post->order.url);

	if (unfit)
		return unfit;
	if (!oht_destination_is_listed(post->rules->list, post->rules->count, &to))
		return "the destination is not listed in ohtd.conf";
	post->refused = false;
	post->received = 0;
	*post->error = 0;
	post->easy = curl_easy_init();
	if (!post->easy || !add_head(post) || !set_security(post) || !set_request(post) ||
	    curl_multi_add_handle(serving->multi, post->easy))
		return "out of memory";
	return NULL;
}

static struct post *find_place(struct serving *serving)
{
	for (size_t i = 0; i < PLACES; i++)
		if (!serving->posts[i].easy)
			return &serving->posts[i];
	return NULL;
}

/* 0, 1: ohtd has gone, or -1 with errno. */
static int take_orders(struct serving *serving)
{
	struct post *post;
	const char *unfit;
	ssize_t n;

	while ((post = find_place(serving))) {
		n = recv(serving->fd, &post->order, sizeof(post->order), MSG_DONTWAIT);
		if (!n || (n < 0 && errno == ECONNRESET))
			return 1;
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		if (n != sizeof(post->order) || post->order.body_bytes > SENDER_BODY_BYTES) {
			errno = EPROTO;
			return -1;
		}
		post->order.url[sizeof(post->order.url) - 1] = 0;
		post->order.head[sizeof(post->order.head) - 1] = 0;
		unfit = begin(serving, post);
		if (unfit) {
			answer(serving, post, 0, 0, unfit);
			drop(post);
		}
	}
	return 0;
}

/* A receiver may say that it wanted to be asked again in the past, or in a thousand years. */
static long bound_s(curl_off_t after_s)
{
	if (after_s < 0)
		return 0;
	return after_s > DAY_S ? DAY_S : (long)after_s;
}

static void end(struct serving *serving, CURL *easy, CURLcode code)
{
	curl_off_t after_s = 0;
	struct post *post;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&post);
	curl_multi_remove_handle(serving->multi, easy);
	/* An answer that is too long is an answer. */
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && post->received > ANSWER_BYTES_MAX)) {
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &after_s);
		answer(serving, post, status, bound_s(after_s), "");
	} else if (post->refused) {
		answer(serving, post, 0, 0, "its name leads to this machine or its link: list the address in ohtd.conf");
	} else {
		answer(serving, post, 0, 0, *post->error ? post->error : curl_easy_strerror(code));
	}
	drop(post);
}

/* As take_orders(). */
static int turn(struct serving *serving)
{
	struct curl_waitfd socket = { .fd = serving->fd, .events = CURL_WAIT_POLLIN };
	int running, left, r;
	CURLMsg *message;

	errno = ENOMEM;
	/* With no place free the socket would only wake us. */
	if (curl_multi_poll(serving->multi, &socket, find_place(serving) ? 1 : 0, POLL_MS, NULL))
		return -1;
	r = take_orders(serving);
	if (r)
		return r;
	errno = ENOMEM;
	if (curl_multi_perform(serving->multi, &running))
		return -1;
	while ((message = curl_multi_info_read(serving->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			end(serving, message->easy_handle, message->data.result);
	return 0;
}

/* ohtd has all that was under way sent again as soon as somebody new says that it has begun. */
static void forget_orders(struct serving *serving)
{
	while (recv(serving->fd, &serving->posts[0].order, sizeof(serving->posts[0].order), MSG_DONTWAIT) > 0)
		;
}

static void drop_all(struct serving *serving)
{
	for (size_t i = 0; i < PLACES; i++) {
		struct post *post = &serving->posts[i];

		if (post->easy) {
			curl_multi_remove_handle(serving->multi, post->easy);
			drop(post);
		}
	}
	curl_multi_cleanup(serving->multi);
}

int sender_serve(int fd, const struct sender_rules *rules)
{
	static struct serving serving;
	int r;

	serving.fd = fd;
	serving.multi = curl_multi_init();
	if (!serving.multi)
		return -1;
	for (size_t i = 0; i < PLACES; i++)
		serving.posts[i].rules = rules;
	forget_orders(&serving);
	say(fd, &(struct sender_result){ .number = 0 });
	while (!(r = turn(&serving)))
		;
	drop_all(&serving);
	return r < 0 ? -1 : 0;
}
