// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread: who is connected, whose turn it is, who is cut off. */
#include "gateway/gateway.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "gateway/private.h"

#define STACK_BYTES		(256 * 1024)
#define BACKLOG			512
/* Small, so that a client that does not read is noticed. */
#define SEND_BUFFER_BYTES	16384
#define TICK_MS			50
#define EVENTS			64
#define ACCEPTS_PER_TURN	16
/* Of a list of all writers, with commas. */
#define WRITERS_BYTES		(16 + OHTD_WRITERS_MAX * (OHTD_PEER_BYTES + 2))
/* Where writers have all places, one of them has several. */
_Static_assert(OHTD_GATEWAY_CLIENTS > OHTD_WRITERS_MAX, "a writer can always displace a connection");

/* What an event is about: names of clients begin behind these. */
enum { ABOUT_LISTENER, ABOUT_LINK, ABOUT_END, ABOUT_CLIENTS };

static struct ohtd_client *find(struct ohtd_gateway *gateway, uint64_t name)
{
	for (unsigned int i = 0; i < OHTD_GATEWAY_CLIENTS; i++)
		if (gateway->clients[i].fd >= 0 && gateway->clients[i].name == name)
			return &gateway->clients[i];
	return NULL;
}

/* ---- the end of a client ---- */

static void tell_end(const struct ohtd_client *client, enum ohtd_client_state state)
{
	static const char *const why[] = {
		[OHTD_CLIENT_GARBAGE] = "has sent what is no Modbus TCP",
		[OHTD_CLIENT_HALF] = "has not completed a request",
		[OHTD_CLIENT_DEAF] = "does not take its answers",
		[OHTD_CLIENT_IDLE] = "was silent for too long",
		[OHTD_CLIENT_DISPLACED] = "makes room for one of write_from",
		[OHTD_CLIENT_REPLACED] = "makes room for a newer connection of its address",
	};

	if (state != OHTD_CLIENT_GONE)
		ohtd_log(OHTD_LOG_NOTICE, "gateway", "client_cut", "%s %s", client->peer, why[state]);
}

static void end_client(struct ohtd_gateway *gateway, struct ohtd_client *client,
		       enum ohtd_client_state state)
{
	tell_end(client, state);
	if (state != OHTD_CLIENT_GONE)
		atomic_fetch_add(&gateway->figures.cut, 1);
	close(client->fd);
	client->fd = -1;
	atomic_fetch_sub(&gateway->figures.clients, 1);
	ohtd_gateway_forget(gateway, client->name);
}

/* ---- a client's turn ---- */

static void watch(struct ohtd_gateway *gateway, struct ohtd_client *client)
{
	uint32_t interest = ohtd_client_wants(client);
	struct epoll_event event = { .events = interest, .data.u64 = client->name };

	if (interest == client->interest)
		return;
	epoll_ctl(gateway->epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
	client->interest = interest;
}

static enum ohtd_client_state serve(struct ohtd_gateway *gateway, struct ohtd_client *client)
{
	uint8_t frame[OHTD_MBAP_BYTES_MAX];

	while (ohtd_client_has_turn(client)) {
		int taken = ohtd_client_take(client, frame, gateway->now_ns);

		if (taken < 0)
			return OHTD_CLIENT_GARBAGE;
		if (!taken)
			break;
		atomic_fetch_add(&gateway->figures.requests, 1);
		ohtd_gateway_request(gateway, client, frame,
				     (size_t)ohtd_mbap_frame_bytes(frame, sizeof(frame)));
	}
	return ohtd_client_send(client, gateway->now_ns);
}

static void turn_client(struct ohtd_gateway *gateway, struct ohtd_client *client, bool readable)
{
	enum ohtd_client_state state = OHTD_CLIENT_GOES_ON;

	if (readable)
		state = ohtd_client_receive(client);
	if (!state)
		state = serve(gateway, client);
	if (state)
		end_client(gateway, client, state);
	else
		watch(gateway, client);
}

void ohtd_gateway_answer(struct ohtd_gateway *gateway, uint64_t owner, const uint8_t *bytes,
			 size_t count)
{
	struct ohtd_client *client = find(gateway, owner);

	if (client)
		ohtd_client_answer(client, bytes, count);
}

void ohtd_gateway_refuse(struct ohtd_gateway *gateway, uint64_t owner,
			 const struct ohtd_mbap_request *request, unsigned int exception)
{
	uint8_t bytes[OHTD_MBAP_BYTES_MAX];

	atomic_fetch_add(&gateway->figures.exceptions, 1);
	ohtd_gateway_answer(gateway, owner, bytes, ohtd_mbap_refusal(bytes, request, exception));
}

/* ---- new ones ---- */

/* What stands in the places, as it concerns one who comes. The clients named are the idlest of their kind. */
struct places {
	struct ohtd_client *free;
	struct ohtd_client *own;	/* of the same address */
	struct ohtd_client *reader;	/* of those that may not write */
	struct ohtd_client *writer;	/* of the writer with the most connections */
	unsigned int most;		/* connections of that writer */
	unsigned int taken;
	unsigned int same;		/* by the same machine; for one that may write, by its own address */
};

static struct ohtd_client *idler(struct ohtd_client *one, struct ohtd_client *other)
{
	return !one || other->heard_ns < one->heard_ns ? other : one;
}

static unsigned int connections_of(const struct ohtd_gateway *gateway, const char *peer)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < OHTD_GATEWAY_CLIENTS; i++)
		count += gateway->clients[i].fd >= 0 && !strcmp(gateway->clients[i].peer, peer);
	return count;
}

static void look_at_writer(const struct ohtd_gateway *gateway, struct places *places, struct ohtd_client *client)
{
	unsigned int held = connections_of(gateway, client->peer);

	if (held < places->most)
		return;
	places->writer = held > places->most ? client : idler(places->writer, client);
	places->most = held;
}

static struct places look_at_places(struct ohtd_gateway *gateway, const char *peer)
{
	char folded[OHTD_FOLDED_BYTES], other[OHTD_FOLDED_BYTES];
	bool writes = ohtd_rights_has_writer(&gateway->values.rights, peer);
	struct places places = { 0 };

	/* Whole networks have one /64: another machine of it must not take the places of a writer. */
	ohtd_address_fold(folded, peer);
	for (unsigned int i = 0; i < OHTD_GATEWAY_CLIENTS; i++) {
		struct ohtd_client *client = &gateway->clients[i];
		bool own = !strcmp(client->peer, peer);

		if (client->fd < 0) {
			places.free = client;
			continue;
		}
		ohtd_address_fold(other, client->peer);
		places.taken++;
		places.same += writes ? own : !strcmp(other, folded);
		if (own)
			places.own = idler(places.own, client);
		if (ohtd_rights_has_writer(&gateway->values.rights, client->peer))
			look_at_writer(gateway, &places, client);
		else
			places.reader = idler(places.reader, client);
	}
	return places;
}

/*
 * The connection that goes for a writer: the idlest reader; else the idlest connection of the writer that has most,
 * while it keeps more than the new one gets; else the idlest of its own. So a quick stop is always heard.
 */
static struct ohtd_client *displace_for_writer(struct ohtd_gateway *gateway, const struct places *places)
{
	struct ohtd_client *goes = places->reader;

	if (!goes)
		goes = places->most > places->same + 1 ? places->writer : places->own;
	end_client(gateway, goes, OHTD_CLIENT_DISPLACED);
	return goes;
}

/*
 * One machine gets at most half of the places; beyond them its newest connection replaces its idlest one, which
 * may be a link that was lost. Some places are kept for those that may write. NULL: @peer gets none.
 */
static struct ohtd_client *find_place(struct ohtd_gateway *gateway, const char *peer)
{
	struct places places = look_at_places(gateway, peer);
	bool writes = ohtd_rights_has_writer(&gateway->values.rights, peer);
	unsigned int kept = gateway->values.rights.writers ? OHTD_GATEWAY_KEPT : 0;

	if (places.same >= OHTD_GATEWAY_SHARE) {
		/* None of its own: all are of other machines of its network. */
		if (places.own)
			end_client(gateway, places.own, OHTD_CLIENT_REPLACED);
		return places.own;
	}
	if (!writes)
		return places.taken < OHTD_GATEWAY_CLIENTS - kept ? places.free : NULL;
	return places.free ? places.free : displace_for_writer(gateway, &places);
}

static void refuse_client(struct ohtd_gateway *gateway, int fd, const char *peer)
{
	atomic_fetch_add(&gateway->figures.refused, 1);
	ohtd_log(OHTD_LOG_WARNING, "gateway", "client_refused",
		 "%s: no place of %d is left, at most %d are for one address and %d are kept for write_from",
		 peer, OHTD_GATEWAY_CLIENTS, OHTD_GATEWAY_SHARE, OHTD_GATEWAY_KEPT);
	close(fd);
}

static void begin_client(struct ohtd_gateway *gateway, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int one = 1, buffer = SEND_BUFFER_BYTES;
	struct ohtd_client *client;
	char peer[OHTD_PEER_BYTES];

	ohtd_address_of_peer(fd, peer);
	client = find_place(gateway, peer);
	if (!client) {
		refuse_client(gateway, fd, peer);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	ohtd_client_begin(client, fd, ABOUT_CLIENTS + gateway->names++, gateway->now_ns);
	client->interest = event.events;
	event.data.u64 = client->name;
	if (epoll_ctl(gateway->epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
		client->fd = -1;
		close(fd);
		return;
	}
	atomic_fetch_add(&gateway->figures.clients, 1);
	ohtd_log(OHTD_LOG_INFO, "gateway", "client", "%s", client->peer);
}

/* Without descriptors the listener would stay readable: it rests until the next tick. */
static void listen_to(struct ohtd_gateway *gateway, bool listens)
{
	struct epoll_event event = { .events = listens ? EPOLLIN : 0, .data.u64 = ABOUT_LISTENER };

	epoll_ctl(gateway->epoll_fd, EPOLL_CTL_MOD, gateway->listen_fd, &event);
	gateway->rests = !listens;
}

static void accept_clients(struct ohtd_gateway *gateway)
{
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(gateway->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			begin_client(gateway, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			listen_to(gateway, false);
		return;
	}
}

/* ---- the thread ---- */

static void tick(struct ohtd_gateway *gateway)
{
	uint64_t idle_ns = (uint64_t)gateway->values.idle_s * OHTD_NS_PER_S;

	if (gateway->now_ns - gateway->ticked_ns < TICK_MS * OHTD_NS_PER_MS)
		return;
	gateway->ticked_ns = gateway->now_ns;
	if (gateway->rests)
		listen_to(gateway, true);
	for (unsigned int i = 0; i < OHTD_GATEWAY_CLIENTS; i++) {
		struct ohtd_client *client = &gateway->clients[i];
		enum ohtd_client_state state;

		if (client->fd < 0)
			continue;
		state = ohtd_client_tick(client, gateway->now_ns, idle_ns);
		if (state)
			end_client(gateway, client, state);
	}
}

/* What the control thread has answered, and what waited for a place there; then whoever has answers to take. */
static void turn_all(struct ohtd_gateway *gateway)
{
	ohtd_gateway_hear(gateway);
	ohtd_gateway_pump(gateway);
	for (unsigned int i = 0; i < OHTD_GATEWAY_CLIENTS; i++)
		if (gateway->clients[i].fd >= 0)
			turn_client(gateway, &gateway->clients[i], false);
	/* Some of them have asked anew. */
	ohtd_gateway_pump(gateway);
}

/* False: the end. */
static bool take_event(struct ohtd_gateway *gateway, const struct epoll_event *event)
{
	struct ohtd_client *client;
	uint64_t count;

	switch (event->data.u64) {
	case ABOUT_LISTENER:
		accept_clients(gateway);
		return true;
	case ABOUT_LINK:
		/* Only to be told again: answers are taken behind all events. */
		return read(ohtd_link_fd(gateway->setup.link), &count, sizeof(count)) != 0;
	case ABOUT_END:
		return false;
	default:
		client = find(gateway, event->data.u64);
	}
	if (client && event->events & (EPOLLERR | EPOLLHUP))
		end_client(gateway, client, OHTD_CLIENT_GONE);
	else if (client)
		turn_client(gateway, client, event->events & EPOLLIN);
	return true;
}

static void *run(void *arg)
{
	struct ohtd_gateway *gateway = arg;
	struct epoll_event events[EVENTS];
	bool goes_on = true;

	while (goes_on) {
		bool busy = atomic_load(&gateway->figures.clients) || gateway->rests;
		int n = epoll_wait(gateway->epoll_fd, events, EVENTS, busy ? TICK_MS : -1);

		gateway->now_ns = ohtd_clock_monotonic_ns(gateway->setup.clock);
		/* Settings in force when a change is answered hold for each request behind that answer. */
		ohtd_settings_gateway(gateway->setup.settings, &gateway->values);
		for (int i = 0; i < n && goes_on; i++)
			goes_on = take_event(gateway, &events[i]);
		tick(gateway);
		turn_all(gateway);
	}
	return NULL;
}

/* ---- life ---- */

static int open_listener(struct ohtd_gateway *gateway)
{
	const struct ohtd_endpoint *endpoint = &gateway->setup.config->gateway_listen;
	struct sockaddr_storage address;
	socklen_t length = ohtd_address_make(endpoint->host, endpoint->port, &address);
	int one = 1;

	gateway->listen_fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (gateway->listen_fd < 0)
		return -errno;
	setsockopt(gateway->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ohtd_address_watch_peers(gateway->listen_fd);
	if (bind(gateway->listen_fd, (struct sockaddr *)&address, length) ||
	    listen(gateway->listen_fd, BACKLOG))
		return -errno;
	return 0;
}

static int add(const struct ohtd_gateway *gateway, int fd, uint64_t about)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = about };

	return epoll_ctl(gateway->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_waiting(struct ohtd_gateway *gateway)
{
	int r;

	gateway->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	gateway->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (gateway->epoll_fd < 0 || gateway->end_fd < 0)
		return -errno;
	r = add(gateway, gateway->listen_fd, ABOUT_LISTENER);
	if (!r)
		r = add(gateway, ohtd_link_fd(gateway->setup.link), ABOUT_LINK);
	return r ? r : add(gateway, gateway->end_fd, ABOUT_END);
}

struct ohtd_gateway *ohtd_gateway_create(const struct ohtd_gateway_setup *setup, char *why,
					 size_t size)
{
	const struct ohtd_endpoint *endpoint = &setup->config->gateway_listen;
	struct ohtd_gateway *gateway = calloc(1, sizeof(*gateway));
	int r;

	if (!gateway) {
		snprintf(why, size, "gateway: out of memory");
		errno = ENOMEM;
		return NULL;
	}
	gateway->setup = *setup;
	gateway->listen_fd = gateway->epoll_fd = gateway->end_fd = -1;
	for (unsigned int i = 0; i < OHTD_GATEWAY_CLIENTS; i++)
		gateway->clients[i].fd = -1;
	r = open_listener(gateway);
	if (!r)
		r = open_waiting(gateway);
	if (!r)
		return gateway;
	snprintf(why, size, "gateway: cannot listen on %s port %u: %s", endpoint->host,
		 endpoint->port, strerror(-r));
	ohtd_gateway_destroy(gateway);
	errno = -r;
	return NULL;
}

/* "read-only", or the addresses that may write. */
static void rights_text(const struct ohtd_gateway_rights *rights, char text[WRITERS_BYTES])
{
	size_t used = (size_t)snprintf(text, WRITERS_BYTES, rights->writers ? "writes from" : "read-only");

	for (unsigned int i = 0; i < rights->writers; i++)
		used += (size_t)snprintf(text + used, WRITERS_BYTES - used, "%s %s", i ? "," : "", rights->writer[i]);
}

int ohtd_gateway_start(struct ohtd_gateway *gateway)
{
	static const struct ohtd_thread what = { "ohtd-gateway", STACK_BYTES, run };
	struct ohtd_gateway_values values;
	char text[WRITERS_BYTES];
	int r = ohtd_thread_start(&gateway->thread, &what, gateway);

	gateway->started = !r;
	ohtd_settings_gateway(gateway->setup.settings, &values);
	rights_text(&values.rights, text);
	if (!r)
		ohtd_log(OHTD_LOG_NOTICE, "gateway", "listening", "%s port %u, %s",
			 gateway->setup.config->gateway_listen.host,
			 ohtd_address_port(gateway->listen_fd), text);
	return -r;
}

void ohtd_gateway_stop(struct ohtd_gateway *gateway)
{
	uint64_t one = 1;

	if (!gateway || !gateway->started)
		return;
	/* An eventfd that nobody has read takes this. */
	if (write(gateway->end_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(gateway->thread, NULL);
	gateway->started = false;
	for (unsigned int i = 0; i < OHTD_GATEWAY_CLIENTS; i++)
		if (gateway->clients[i].fd >= 0)
			end_client(gateway, &gateway->clients[i], OHTD_CLIENT_GONE);
}

void ohtd_gateway_destroy(struct ohtd_gateway *gateway)
{
	if (!gateway)
		return;
	if (gateway->listen_fd >= 0)
		close(gateway->listen_fd);
	if (gateway->epoll_fd >= 0)
		close(gateway->epoll_fd);
	if (gateway->end_fd >= 0)
		close(gateway->end_fd);
	free(gateway);
}

const struct ohtd_gateway_figures *ohtd_gateway_look(const struct ohtd_gateway *gateway)
{
	return &gateway->figures;
}
