// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "server/kept.h"
#include "server/loop.h"

#define BACKLOG			512
/* Small, so that a client that does not read is noticed; connections inherit it. */
#define SEND_BUFFER_BYTES	65536
/* Descriptors that are not connections: files, eventfds, epoll, the bus, clients of the gateway. */
#define OTHER_FDS		152
#define ACCEPTS_PER_TURN	16

/* A socket bound to the configured address and @port, or a negative errno. */
static int bound_socket(const struct ohtd_config *config, uint16_t port, bool shared)
{
	struct sockaddr_storage address;
	socklen_t length = ohtd_address_make(config->listen.host, port, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, buffer = SEND_BUFFER_BYTES, r;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, length)) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/*
 * With SO_REUSEPORT a second instance could take the same port unnoticed. A socket without it finds
 * out first whether the port is free, and which one the system chooses for port 0.
 */
static int probe_port(struct ohtd_server *server)
{
	int fd = bound_socket(server->services->config, server->services->config->listen.port, false);

	if (fd < 0)
		return fd;
	if (listen(fd, 1)) {
		int r = -errno;

		close(fd);
		return r;
	}
	server->port = ohtd_address_port(fd);
	close(fd);
	return 0;
}

static void conn_closed(void *data)
{
	struct ohtd_conn *conn = data;

	h2o_linklist_unlink(&conn->link);
	ohtd_place_leave(conn);
	atomic_fetch_sub(conn->count, 1);
	free(conn);
}

static void note_address(struct ohtd_conn *conn)
{
	ohtd_address_of_peer(h2o_socket_get_fd(conn->sock), conn->address);
	if (!*conn->address)
		snprintf(conn->address, sizeof(conn->address), "unknown");
	snprintf(conn->peer, sizeof(conn->peer), "%s", conn->address);
}

struct ohtd_conn *ohtd_conn_track(struct ohtd_loop *loop, h2o_socket_t *sock, atomic_uint *count)
{
	struct ohtd_conn *conn = h2o_mem_alloc(sizeof(*conn));

	*conn = (struct ohtd_conn){ .loop = loop, .sock = sock, .count = count,
				    .opened_ns = ohtd_clock_monotonic_ns(loop->server->services->clock),
				    .share = OHTD_SHARES, .accepted_ms = h2o_now(loop->ctx.loop) };
	note_address(conn);
	h2o_linklist_insert(&loop->conns, &conn->link);
	sock->on_close.cb = conn_closed;
	sock->on_close.data = conn;
	return conn;
}

/* A socket that is closed while its client still sends may take the answer with it. */
static void on_rest(h2o_socket_t *sock, const char *err)
{
	if (err)
		h2o_socket_close(sock);
	else
		h2o_buffer_consume(&sock->input, sock->input->size);
}

/* A browser that is given HOST:8443 asks in clear. Of what it sends nothing is looked at or sent back. */
static void answer_in_clear(h2o_socket_t *sock)
{
	static const char answer[] =
		"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\n"
		"content-length: 37\r\n\r\nThis port speaks HTTPS: use https://\n";

	send(h2o_socket_get_fd(sock), answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(h2o_socket_get_fd(sock), SHUT_WR);
	h2o_socket_read_start(sock, on_rest);
	on_rest(sock, NULL);
}

/* A request begins with a capital letter, TLS never does. h2o hands to TLS what has been read. */
static void on_first_bytes(h2o_socket_t *sock, const char *err)
{
	struct ohtd_conn *conn = sock->data;
	char first = sock->input->size ? *sock->input->bytes : 0;

	if (err) {
		h2o_socket_close(sock);
	} else if (first >= 'A' && first <= 'Z') {
		answer_in_clear(sock);
	} else {
		conn->before_tls = false;
		h2o_accept(&conn->loop->accept, sock);
	}
}

/* h2o, and its time-out, begin with the first bytes. */
static void begin(struct ohtd_conn *conn)
{
	conn->accepted_ms = h2o_now(conn->loop->ctx.loop);
	conn->before_tls = true;
	h2o_socket_read_start(conn->sock, on_first_bytes);
}

static void admit(struct ohtd_loop *loop, h2o_socket_t *sock, bool crowded)
{
	struct ohtd_conn *conn = ohtd_conn_track(loop, sock, &loop->server->conn_count);

	conn->proxy = ohtd_config_is_proxy(loop->server->services->config, conn->address);
	sock->data = conn;
	ohtd_place_take(conn, crowded);
	if (!conn->parked)
		begin(conn);
}

/*
 * A listener that stays readable while nothing can be accepted would keep the loop spinning, so it
 * rests until the next tick, when there is no place or no descriptor.
 */
static void on_accept(h2o_socket_t *listener, const char *err)
{
	struct ohtd_loop *loop = listener->data;

	for (int i = 0; !err && i < ACCEPTS_PER_TURN; i++) {
		h2o_socket_t *sock;
		bool crowded;

		if (!ohtd_place_any(loop->server, &crowded)) {
			ohtd_place_starved(loop);
			h2o_socket_read_stop(listener);
			return;
		}
		sock = h2o_evloop_socket_accept(listener);
		if (!sock) {
			atomic_fetch_sub(&loop->server->conn_count, 1);
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM)
				h2o_socket_read_stop(listener);
			return;
		}
		admit(loop, sock, crowded);
	}
}

/*
 * Those that wait, the newest first: its client is the likeliest to be there still, and may want to
 * stop.
 */
static void unpark(struct ohtd_loop *loop)
{
	if (!atomic_load(&loop->parked_count))
		return;
	for (h2o_linklist_t *at = loop->conns.prev; at != &loop->conns; at = at->prev) {
		struct ohtd_conn *conn = H2O_STRUCT_FROM_MEMBER(struct ohtd_conn, link, at);

		if (conn->parked && ohtd_place_unpark(conn))
			begin(conn);
		else if (conn->parked)
			ohtd_place_starved(loop);
	}
}

void ohtd_listen_tick(struct ohtd_loop *loop)
{
	struct ohtd_server *server = loop->server;
	unsigned int places = server->services->config->connections_max + OHTD_KEPT_PLACES;

	ohtd_place_make_room(loop);
	unpark(loop);
	if (!loop->listener || h2o_socket_is_reading(loop->listener))
		return;
	if (atomic_load(&server->conn_count) >= places)
		ohtd_place_starved(loop);
	else
		h2o_socket_read_start(loop->listener, on_accept);
}

/* Nothing of them is read, so their end would not be noticed. */
static void close_parked(struct ohtd_loop *loop)
{
	for (h2o_linklist_t *at = loop->conns.next, *next; at != &loop->conns; at = next) {
		struct ohtd_conn *conn = H2O_STRUCT_FROM_MEMBER(struct ohtd_conn, link, at);

		next = at->next;
		if (conn->parked)
			h2o_socket_close(conn->sock);
	}
}

void ohtd_listen_close(struct ohtd_loop *loop)
{
	close_parked(loop);
	if (loop->listener)
		h2o_socket_close(loop->listener);
	loop->listener = NULL;
	ohtd_local_close(loop);
}

/* h2o has no deadline for writing; a dead socket ends the connection in order. */
void ohtd_conn_cut(struct ohtd_conn *conn)
{
	shutdown(h2o_socket_get_fd(conn->sock), SHUT_RDWR);
}

/* Those of the life before, as far as the configuration still wants them. */
static void claim_kept(struct ohtd_server *server)
{
	const struct ohtd_config *config = server->services->config;
	bool shared = server->loop_count > 1;
	struct sockaddr_storage address;

	server->port = config->listen.port;
	for (unsigned int i = 0; i < server->loop_count; i++) {
		ohtd_address_make(config->listen.host, server->port, &address);
		server->loops[i]->listen_fd = ohtd_kept_claim(&server->kept, &address, shared);
		/* All at the same port, also if any will do. */
		if (server->loops[i]->listen_fd >= 0)
			server->port = ohtd_address_port(server->loops[i]->listen_fd);
	}
	ohtd_kept_drop(&server->kept);
}

static int open_listener(struct ohtd_loop *loop, bool shared)
{
	const struct ohtd_config *config = loop->server->services->config;
	int fd = bound_socket(config, loop->server->port, shared);

	if (fd < 0)
		return fd;
	if (listen(fd, BACKLOG)) {
		int r = -errno;

		close(fd);
		return r;
	}
	loop->listen_fd = fd;
	return 0;
}

static int open_listeners(struct ohtd_server *server)
{
	int r = 0;

	claim_kept(server);
	if (server->loops[0]->listen_fd < 0)
		r = probe_port(server);
	for (unsigned int i = 0; !r && i < server->loop_count; i++) {
		if (server->loops[i]->listen_fd < 0)
			r = open_listener(server->loops[i], server->loop_count > 1);
		if (r)
			break;
		ohtd_address_watch_peers(server->loops[i]->listen_fd);
		ohtd_kept_give(server->loops[i]->listen_fd);
	}
	return r;
}

void ohtd_listen_start(struct ohtd_loop *loop)
{
	loop->listener = h2o_evloop_socket_create(loop->ctx.loop, loop->listen_fd,
						  H2O_SOCKET_FLAG_DONT_READ);
	loop->listener->data = loop;
	h2o_socket_read_start(loop->listener, on_accept);
}

/* Raises the soft limit of descriptors to what the configured connections need. */
static int ensure_descriptors(const struct ohtd_config *config, char *why, size_t size)
{
	rlim_t need = config->connections_max + OHTD_KEPT_PLACES + OHTD_PARKED_PLACES + OTHER_FDS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= need)
		return 0;
	limit.rlim_cur = need;
	if (need <= limit.rlim_max && !setrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	snprintf(why, size, "connections = %u needs %lu descriptors, the limit is %lu",
		 config->connections_max, (unsigned long)need, (unsigned long)limit.rlim_max);
	return -EINVAL;
}

int ohtd_listen_open(struct ohtd_server *server, char *why, size_t size)
{
	const struct ohtd_config *config = server->services->config;
	int r = ensure_descriptors(config, why, size);

	if (r)
		return r;
	r = open_listeners(server);
	if (r)
		snprintf(why, size, "cannot listen on %s port %u: %s", config->listen.host,
			 config->listen.port, strerror(-r));
	return r;
}
