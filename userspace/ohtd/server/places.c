// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which connection gets a place. Most places are for any request; some are kept for stop, health and
 * login. Of both kinds a client has a share, so that one machine cannot keep the others out.
 */
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "server/loop.h"

/* A kept place that has not been used after this time makes room for others. */
#define KEPT_MS			1000
/* Room is made for that long after a connection has found none. */
#define STARVED_MS		500
/* Enough for a browser where few places are configured. */
#define SHARE_LEAST		8

static unsigned int places_of(const struct ohtd_server *server)
{
	return server->services->config->connections_max;
}

static unsigned int share_of(const struct ohtd_conn *conn)
{
	unsigned int share = places_of(conn->loop->server) / 4;

	/* Behind a proxy are many clients; each request says whose it is. */
	if (conn->proxy && !conn->forwarded)
		return ~0u;
	return share > SHARE_LEAST ? share : SHARE_LEAST;
}

static bool take_share(struct ohtd_conn *conn, enum ohtd_share kind, unsigned int max)
{
	if (!ohtd_shares_take(conn->loop->server->shares, kind, conn->client, max))
		return false;
	conn->share = kind;
	return true;
}

void ohtd_place_leave(struct ohtd_conn *conn)
{
	if (conn->share < OHTD_SHARES)
		ohtd_shares_give(conn->loop->server->shares, conn->share, conn->client);
	conn->share = OHTD_SHARES;
}

bool ohtd_place_any(struct ohtd_server *server, bool *crowded)
{
	unsigned int taken = atomic_fetch_add(&server->conn_count, 1);

	*crowded = taken >= places_of(server);
	if (taken < places_of(server) + OHTD_KEPT_PLACES)
		return true;
	atomic_fetch_sub(&server->conn_count, 1);
	return false;
}

/* Makes room for @conn: the oldest connection of its client that waits, or the oldest of all. */
static void displace(const struct ohtd_conn *conn)
{
	struct ohtd_loop *loop = conn->loop;
	struct ohtd_conn *oldest = NULL;

	for (h2o_linklist_t *at = loop->conns.prev; at != &loop->conns; at = at->prev) {
		struct ohtd_conn *other = H2O_STRUCT_FROM_MEMBER(struct ohtd_conn, link, at);
		bool own = !strcmp(other->client, conn->client);

		if (other->parked && (own || !oldest || strcmp(oldest->client, conn->client)))
			oldest = other;
	}
	if (!oldest)
		return;
	ohtd_log(OHTD_LOG_NOTICE, "http", "too_many_connections",
		 "%s: the connection that has waited longest for a place is closed", oldest->address);
	h2o_socket_close(oldest->sock);
}

/*
 * Waits at a connection of its own, since in the queue of the listener it would be in front of
 * others. It may be a stop, as its request is not read yet, so it is not the one to be closed.
 */
static void park(struct ohtd_conn *conn)
{
	struct ohtd_loop *loop = conn->loop;

	if (atomic_load(&loop->parked_count) >= OHTD_PARKED_PLACES / loop->server->loop_count)
		displace(conn);
	atomic_fetch_sub(conn->count, 1);
	conn->count = &loop->parked_count;
	atomic_fetch_add(conn->count, 1);
	conn->parked = true;
}

void ohtd_place_take(struct ohtd_conn *conn, bool crowded)
{
	ohtd_address_fold(conn->client, conn->address);
	if (!crowded && take_share(conn, OHTD_SHARE_OWN, share_of(conn)))
		return;
	conn->reserved = true;
	if (take_share(conn, OHTD_SHARE_KEPT, OHTD_KEPT_PLACES / 2))
		return;
	ohtd_place_starved(conn->loop);
	park(conn);
}

bool ohtd_place_unpark(struct ohtd_conn *conn)
{
	struct ohtd_server *server = conn->loop->server;
	bool crowded;

	if (!ohtd_place_any(server, &crowded))
		return false;
	if (!crowded && take_share(conn, OHTD_SHARE_OWN, share_of(conn)))
		conn->reserved = false;
	else if (!take_share(conn, OHTD_SHARE_KEPT, OHTD_KEPT_PLACES / 2)) {
		atomic_fetch_sub(&server->conn_count, 1);
		return false;
	}
	atomic_fetch_sub(conn->count, 1);
	conn->count = &server->conn_count;
	conn->parked = false;
	return true;
}

bool ohtd_conn_reserved(struct ohtd_conn *conn)
{
	struct ohtd_server *server = conn->loop->server;

	if (conn->reserved && atomic_load(&server->conn_count) <= places_of(server) &&
	    ohtd_shares_take(server->shares, OHTD_SHARE_OWN, conn->client, share_of(conn))) {
		ohtd_place_leave(conn);
		conn->share = OHTD_SHARE_OWN;
		conn->reserved = false;
	}
	return conn->reserved;
}

/* The connection counts for the client from now on. Beyond its share it is served as in a kept place. */
void ohtd_place_move(struct ohtd_conn *conn, const char *address)
{
	bool kept = conn->reserved;
	char client[OHTD_FOLDED_BYTES];

	ohtd_address_fold(client, address);
	if (!strcmp(client, conn->client))
		return;
	ohtd_place_leave(conn);
	strcpy(conn->client, client);
	conn->reserved = kept || !take_share(conn, OHTD_SHARE_OWN, share_of(conn));
}

/* ---- room in the places that are kept ---- */

void ohtd_place_starved(struct ohtd_loop *loop)
{
	atomic_store(&loop->server->starved_ms, h2o_now(loop->ctx.loop));
}

/* The oldest that keeps a reserved place without using it; one in each tick. */
void ohtd_place_make_room(struct ohtd_loop *loop)
{
	uint64_t now_ms = h2o_now(loop->ctx.loop);
	uint64_t starved_ms = atomic_load(&loop->server->starved_ms);

	if (!starved_ms || now_ms > starved_ms + STARVED_MS)
		return;
	for (h2o_linklist_t *at = loop->conns.next; at != &loop->conns; at = at->next) {
		struct ohtd_conn *conn = H2O_STRUCT_FROM_MEMBER(struct ohtd_conn, link, at);

		if (!conn->reserved || conn->parked || conn->call || now_ms - conn->accepted_ms < KEPT_MS)
			continue;
		ohtd_conn_cut(conn);
		/* Not twice, should its end take longer than a tick. */
		conn->accepted_ms = now_ms;
		return;
	}
}
