// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients of the WebSocket, many in one thread, over TLS:
 *
 *	ws_load PORT CLIENTS STALLED RATE_HZ SECONDS <token
 *
 * Each subscribes to the channels safety and telemetry (three signals), the second at most RATE_HZ times a second. The
 * first STALLED of them never read again. The others check that no message is missing, told twice or out of order, and take the
 * time from when a state was so (ts, of the machine's monotonic clock) until it was read here. "ready" is printed
 * when all are subscribed, and one line of JSON at the end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX	4000
#define TEXT_BYTES	65536
#define TOKEN_BYTES	4096
#define SAMPLES_MAX	(8u << 20)
#define EVENTS_AT_ONCE	256

enum { SAFETY, SIGNALS, CHANNELS };

static const char *const channel_names[CHANNELS] = { "safety", "telemetry" };
/* The second changes with each cycle of the bus. */
static const char *const filters[CHANNELS] = {
	"", ",\"filter\":{\"signals\":[\"position_mm\",\"bus_transfers\",\"battery_v\"]}",
};

struct client {
	SSL *ssl;
	size_t held;				/* bytes in @text */
	unsigned long long seq[CHANNELS];	/* of the newest message, 0: none yet */
	char *text;
};

struct figures {
	uint32_t *took_us;
	size_t count;
	unsigned long long messages, bytes, conflated;
};

static struct figures figures[CHANNELS];
static unsigned long long faults;
static unsigned long long closed;
static bool measuring;

static void die(const char *what)
{
	fprintf(stderr, "ws_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- messages ---- */

static const char *value_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? at + strlen(name) : NULL;
}

static unsigned long long number_of(const char *text, const char *name)
{
	const char *at = value_of(text, name);

	return at ? strtoull(at, NULL, 10) : 0;
}

static void fault(const char *what, const char *text)
{
	if (!faults++)
		fprintf(stderr, "ws_load: %s: %.300s\n", what, text);
}

static int channel_of(const char *text)
{
	const char *at = value_of(text, "\"channel\":\"");
	int channel;

	for (channel = 0; at && channel < CHANNELS; channel++)
		if (!strncmp(at, channel_names[channel], strlen(channel_names[channel])))
			return channel;
	return -1;
}

/* Numbers rise by one, and by what was left out: of a channel of state, or quiet messages. */
static void check_order(struct client *client, int channel, const char *text)
{
	unsigned long long seq = number_of(text, "\"seq\":");
	unsigned long long conflated = number_of(text, "\"conflated\":");

	if (conflated && strstr(text, "\"type\":\"event\""))
		fault("an event was left out", text);
	if (client->seq[channel] && seq != client->seq[channel] + 1 + conflated)
		fault("out of order", text);
	client->seq[channel] = seq;
	figures[channel].conflated += conflated;
}

static void take_message(struct client *client, char *text, size_t bytes)
{
	int channel = channel_of(text);
	uint64_t told_ns = number_of(text, "\"monotonic_ns\":"), heard_ns = now_ns();
	struct figures *f = &figures[channel < 0 ? 0 : channel];

	if (channel < 0) {
		if (strstr(text, "\"type\":\"error\""))
			fault("refused", text);
		return;
	}
	check_order(client, channel, text);
	if (!measuring || strstr(text, "\"type\":\"snapshot\""))
		return;
	f->messages++;
	f->bytes += bytes;
	/* A message without news says only that nothing has changed. */
	if (channel == SAFETY && !strstr(text, "\"stops_repeated\""))
		return;
	if (f->count < SAMPLES_MAX)
		f->took_us[f->count++] = (uint32_t)((heard_ns - told_ns) / 1000);
}

/* ---- frames ---- */

/* Bytes of the head of the frame that begins at @at; 0: not all of it is there. */
static size_t head_of(const unsigned char *at, size_t held, size_t *payload)
{
	size_t length, head = 2;

	if (held < 2)
		return 0;
	length = at[1] & 0x7f;
	if (length == 126) {
		head = 4;
		length = held < head ? 0 : (size_t)at[2] << 8 | at[3];
	}
	*payload = length;
	return held < head ? 0 : head;
}

static void send_frame(struct client *client, unsigned int opcode, const char *text)
{
	unsigned char frame[8 + TOKEN_BYTES + 256];
	size_t length = strlen(text), head = 2;

	frame[0] = (unsigned char)(0x80 | opcode);
	if (length < 126) {
		frame[1] = (unsigned char)(0x80 | length);
	} else {
		frame[1] = 0x80 | 126;
		frame[2] = (unsigned char)(length >> 8);
		frame[3] = (unsigned char)length;
		head = 4;
	}
	/* A mask of nought leaves the text as it is. */
	memset(frame + head, 0, 4);
	memcpy(frame + head + 4, text, length);
	length += head + 4;
	if (SSL_write(client->ssl, frame, (int)length) != (int)length)
		die("write");
}

static void take_frame(struct client *client, unsigned char *at, size_t head, size_t payload)
{
	unsigned int opcode = at[0] & 0x0f;
	char kept = (char)at[head + payload];

	at[head + payload] = 0;
	if (opcode == 1 && at[0] & 0x80)
		take_message(client, (char *)at + head, payload);
	else if (opcode == 9)
		send_frame(client, 10, "");
	else if (opcode == 8)
		closed++;
	else
		fault("a frame that is not expected", "");
	at[head + payload] = (unsigned char)kept;
}

static void take_frames(struct client *client)
{
	unsigned char *text = (unsigned char *)client->text;
	size_t at = 0, head, payload;

	while ((head = head_of(text + at, client->held - at, &payload)) &&
	       client->held - at >= head + payload) {
		take_frame(client, text + at, head, payload);
		at += head + payload;
	}
	memmove(text, text + at, client->held - at);
	client->held -= at;
}

/* All that is there; false: the connection has ended. */
static bool take_bytes(struct client *client)
{
	int got;

	while ((got = SSL_read(client->ssl, client->text + client->held,
			       (int)(TEXT_BYTES - 1 - client->held))) > 0) {
		client->held += (size_t)got;
		take_frames(client);
	}
	return SSL_get_error(client->ssl, got) == SSL_ERROR_WANT_READ;
}

/* ---- the beginning ---- */

static void upgrade(struct client *client, int port)
{
	char text[512], *end;
	int length = snprintf(text, sizeof(text),
			      "GET /api/v1/ws HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\n"
			      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", port);

	if (SSL_write(client->ssl, text, length) != length)
		die("request");
	while (!(end = strstr(client->text, "\r\n\r\n"))) {
		int got = SSL_read(client->ssl, client->text + client->held,
				   (int)(TEXT_BYTES - 1 - client->held));

		if (got <= 0)
			die("no answer");
		client->held += (size_t)got;
		client->text[client->held] = 0;
	}
	if (strncmp(client->text, "HTTP/1.1 101", 12)) {
		fprintf(stderr, "ws_load: %.*s\n", (int)(end - client->text), client->text);
		exit(1);
	}
	end += 4;
	client->held -= (size_t)(end - client->text);
	memmove(client->text, end, client->held);
}

static int dial(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	return fd;
}

static void begin(struct client *client, SSL_CTX *tls, int port, const char *token, int rate_hz)
{
	char text[TOKEN_BYTES + 64];
	int fd = dial(port), channel;

	client->ssl = SSL_new(tls);
	client->text = calloc(1, TEXT_BYTES);
	if (!client->ssl || !client->text || !SSL_set_fd(client->ssl, fd) || SSL_connect(client->ssl) != 1)
		die("TLS");
	upgrade(client, port);
	snprintf(text, sizeof(text), "{\"type\":\"auth\",\"token\":\"%s\"}", token);
	send_frame(client, 1, text);
	for (channel = 0; channel < CHANNELS; channel++) {
		snprintf(text, sizeof(text), "{\"type\":\"subscribe\",\"channel\":\"%s\",\"max_rate_hz\":%d%s}",
			 channel_names[channel], rate_hz, filters[channel]);
		send_frame(client, 1, text);
	}
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		die("fcntl");
}

/* ---- the work ---- */

static void read_all(int epoll, int wait_ms)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int i, n = epoll_wait(epoll, events, EVENTS_AT_ONCE, wait_ms);

	for (i = 0; i < n; i++) {
		struct client *client = events[i].data.ptr;

		if (take_bytes(client))
			continue;
		closed++;
		epoll_ctl(epoll, EPOLL_CTL_DEL, SSL_get_fd(client->ssl), NULL);
	}
}

static void serve(int epoll, unsigned int seconds)
{
	uint64_t end_ns = now_ns() + seconds * 1000000000ull;

	while (now_ns() < end_ns)
		read_all(epoll, 100);
}

/* Both snapshots have come: the next one may say who it is. Those before go on meanwhile. */
static void wait_subscribed(int epoll, struct client *client)
{
	take_frames(client);
	while (!client->seq[SAFETY] || !client->seq[SIGNALS]) {
		if (!take_bytes(client))
			die("closed before it began");
		read_all(epoll, 1);
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double rank_ms(const struct figures *f, double part)
{
	return f->count ? f->took_us[(size_t)(part * (double)(f->count - 1))] / 1e3 : 0;
}

static void tell(void)
{
	int channel;

	printf("{\"faults\":%llu,\"closed\":%llu", faults, closed);
	for (channel = 0; channel < CHANNELS; channel++) {
		struct figures *f = &figures[channel];

		qsort(f->took_us, f->count, sizeof(f->took_us[0]), by_size);
		printf(",\"%s\":{\"messages\":%llu,\"timed\":%zu,\"bytes\":%llu,\"conflated\":%llu,"
		       "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}", channel_names[channel],
		       f->messages, f->count, f->messages ? f->bytes / f->messages : 0, f->conflated,
		       rank_ms(f, 0.5), rank_ms(f, 0.99), rank_ms(f, 1));
	}
	puts("}");
}

static void watch(int epoll, struct client *client)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, SSL_get_fd(client->ssl), &event))
		die("epoll");
}

static struct client clients[CLIENTS_MAX];

int main(int argc, char **argv)
{
	struct rlimit limit;
	char token[TOKEN_BYTES];
	int count, stalled, epoll = epoll_create1(EPOLL_CLOEXEC), i;
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (argc != 6 || !fgets(token, sizeof(token), stdin) || epoll < 0 || !tls)
		return 2;
	token[strcspn(token, "\n")] = 0;
	count = atoi(argv[2]);
	stalled = atoi(argv[3]);
	if (count < 1 || count > CLIENTS_MAX || stalled > count || getrlimit(RLIMIT_NOFILE, &limit))
		return 2;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (i = 0; i < CHANNELS; i++) {
		figures[i].took_us = malloc(SAMPLES_MAX * sizeof(uint32_t));
		if (!figures[i].took_us)
			die("memory");
	}
	for (i = 0; i < count; i++) {
		begin(&clients[i], tls, atoi(argv[1]), token, atoi(argv[4]));
		wait_subscribed(epoll, &clients[i]);
		if (i >= stalled)
			watch(epoll, &clients[i]);
	}
	serve(epoll, 1);
	puts("ready");
	fflush(stdout);
	measuring = true;
	serve(epoll, (unsigned int)atoi(argv[5]));
	tell();
	return faults ? 1 : 0;
}
