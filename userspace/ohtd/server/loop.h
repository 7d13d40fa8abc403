/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the h2o-facing files of this folder share: a loop, its connections, its messages.
 * Contexts: the loop's own thread, where nothing else is said.
 * Locks:    none; other threads only send messages and read the atomics.
 */
#ifndef OHTD_SERVER_LOOP_H
#define OHTD_SERVER_LOOP_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <h2o.h>

#include "base/address.h"
#include "config/locals.h"
#include "config/names.h"
#include "http/budget.h"
#include "server/call.h"
#include "http/close.h"
#include "server/document.h"
#include "server/figures.h"
#include "server/kept.h"
#include "server/pending.h"
#include "server/server.h"
#include "http/shares.h"

struct ohtd_live;
struct ohtd_live_loop;
struct ohtd_ticket_bond;

/* Things longer than these are refused before anything looks at them. */
#define OHTD_PATH_BYTES_MAX	1024
/* h2o itself takes 100. Browsers send the cookies of all that is served under the name of this machine. */
#define OHTD_HEADERS_MAX	96
#define OHTD_HEADER_BYTES_MAX	65536
#define OHTD_BODY_BYTES_MAX	65536

/*
 * Places beyond the configured ones, kept for stop, health and login: which of them it is shows only
 * when the request has come.
 */
#define OHTD_KEPT_PLACES	20
/* Connections that wait for a place, shared evenly by the loops. */
#define OHTD_PARKED_PLACES	32

/* A client that does not shake hands within this time is cut off. */
#define OHTD_HANDSHAKE_MS	5000
/* A client that does not take its answer within this time is cut off. */
#define OHTD_ANSWER_MS		15000

/* A message to a loop; @run is called on it, and the message is then its own. */
struct ohtd_post {
	h2o_multithread_message_t super;
	void (*run)(struct ohtd_loop *loop, struct ohtd_post *post);
	void *arg;
};

/**
 * struct ohtd_guest - what lives in the loops beside the requests: live data
 * @open: main thread, before there are loops; makes server->live. 0, or -1: out of memory
 * @close: main thread, when the loops have ended; @idle: nothing of them is left, and server->live goes too
 * @make: main thread, for each loop before it runs; makes loop->live. 0, or -1: out of memory
 * @begin: the loop, when it begins; @end: when it ends with no connection left
 * @turn: the loop, when the robot has published something
 * @tick: the loop, ten times a second, before the lease is looked at and the turn
 * @drain: the loop, when the daemon ends: tells everybody to go
 */
struct ohtd_guest {
	int (*open)(struct ohtd_server *server);
	void (*close)(struct ohtd_server *server, bool idle);
	int (*make)(struct ohtd_loop *loop);
	void (*begin)(struct ohtd_loop *loop);
	void (*end)(struct ohtd_loop *loop);
	void (*turn)(struct ohtd_loop *loop);
	void (*tick)(struct ohtd_loop *loop);
	void (*drain)(struct ohtd_loop *loop);
};

/* Memory of a request, for those who write into it. */
struct ohtd_memory ohtd_pool_memory(h2o_mem_pool_t *pool);

#define OHTD_LOCAL_USER_BYTES	(OHTD_LOCAL_NAME_BYTES + 20)

/* Made at accept, freed when the socket closes. */
struct ohtd_conn {
	h2o_linklist_t link;
	struct ohtd_loop *loop;
	h2o_socket_t *sock;
	struct ohtd_call *call;		/* under way, or NULL */
	bool before_tls;		/* h2o, and its time-out, have not begun */
	bool asked;			/* a request has come, at any time */
	atomic_uint *count;		/* of its kind */
	bool local;			/* came by the socket of this machine */
	enum ohtd_role role;		/* local: of its user by the configuration of @judged */
	uint64_t judged;		/* local: ohtd_settings_local_changes() */
	uint32_t uid;			/* local: who, as the kernel says */
	char user[OHTD_LOCAL_USER_BYTES];	/* local: "uid 1001 (ros)" */
	bool stays;			/* became a WebSocket: its end is told first */
	bool reserved;			/* in a place kept for the stop, see places.c */
	bool parked;			/* waits for a place: nothing of it is read */
	bool proxy;			/* its other end is one of trusted_proxies */
	bool forwarded;			/* and the present request says for whom it asks */
	enum ohtd_share share;		/* of @client; OHTD_SHARES: none */
	uint64_t opened_ns;		/* CLOCK_MONOTONIC */
	uint64_t accepted_ms;		/* or when a place was found */
	uint64_t answered_ms;		/* when the answer was handed to h2o, 0 before */
	char address[OHTD_ADDRESS_BYTES];	/* of the client; with @forwarded, as the proxy says */
	char peer[OHTD_ADDRESS_BYTES];	/* of the other end, taken while it is surely there */
	char client[OHTD_FOLDED_BYTES];	/* for which it is counted */
};

struct ohtd_loop {
	struct ohtd_server *server;
	struct ohtd_link *link;
	pthread_t thread;
	bool started;			/* main thread: there is a thread */
	bool disposed;			/* written by the thread at its end */
	int listen_fd;			/* bound by the main thread, taken over by the loop */
	h2o_context_t ctx;
	h2o_accept_ctx_t accept;
	h2o_multithread_receiver_t receiver;
	h2o_socket_t *listener;		/* NULL after the drain began */
	uint64_t drain_from_ms;		/* 0: it has not begun */
	h2o_accept_ctx_t accept_local;	/* without TLS */
	h2o_socket_t *local_listener;	/* first loop only; NULL: none, or the drain began */
	h2o_socket_t *link_sock;
	h2o_linklist_t conns;		/* the newest last */
	atomic_uint parked_count;	/* of those that wait for a place; not in conn_count */
	h2o_timeout_entry_t tick;
	struct ohtd_pending *pendings;
	unsigned int writes;		/* of them, that are with the store */
	struct ohtd_route_count *counts;	/* per route, then "static" and "unmatched" */
	struct ohtd_snapshot snapshot;
	uint64_t control_renewed_ms;	/* see clients/lease.h */
	struct ohtd_live_loop *live;	/* the guest's, of malloc() */
	atomic_bool ended;		/* written by the main thread */
};

struct ohtd_server {
	const struct ohtd_services *services;
	h2o_globalconf_t globalconf;
	struct ohtd_router *router;
	struct ohtd_document openapi, asyncapi;
	struct ohtd_files *files;
	struct ohtd_budgets *budgets;
	struct ohtd_names names;
	atomic_uint conn_count;		/* of all loops */
	struct ohtd_shares *shares;
	atomic_uint local_count;	/* the same over the local socket; not in conn_count */
	int local_fd;			/* bound by the main thread, taken over by the first loop */
	const struct ohtd_guest *guest;
	struct ohtd_live *live;		/* the guest's */
	struct ohtd_kept kept;		/* from the life before */
	enum ohtd_supervisor supervisor;
	struct ohtd_tickets *tickets;
	_Atomic uint64_t starved_ms;	/* when a connection found no place, not even a kept one; 0: never */
	_Atomic uint64_t commands[OHTD_COMMAND_LAST + 1][OHTD_OUTCOMES];	/* answered, by outcome */
	sem_t loop_ready;		/* posted by each loop when it can be sent to */
	uint16_t port;
	unsigned int loop_count;
	struct ohtd_loop *loops[OHTD_LOOPS_MAX];
};

static inline struct ohtd_loop *ohtd_loop_of(h2o_req_t *req)
{
	return H2O_STRUCT_FROM_MEMBER(struct ohtd_loop, ctx, req->conn->ctx);
}

/* loop.c: the thread, and what is done with connections that take too long. */
void *ohtd_loop_main(void *loop);
void ohtd_loop_cut_late(struct ohtd_loop *loop);

/* listen.c: binds in the main thread, serves in the loop. */
int ohtd_listen_open(struct ohtd_server *server, char *why, size_t size);
void ohtd_listen_start(struct ohtd_loop *loop);
void ohtd_listen_tick(struct ohtd_loop *loop);
void ohtd_listen_close(struct ohtd_loop *loop);
void ohtd_conn_cut(struct ohtd_conn *conn);
/* Notes a connection that has been accepted and counted in @count. */
struct ohtd_conn *ohtd_conn_track(struct ohtd_loop *loop, h2o_socket_t *sock, atomic_uint *count);

/*
 * places.c: any() counts a connection that is about to be accepted in conn_count, false when even the
 * kept places are taken; take() then finds the place of its client, or lets it wait for one.
 */
bool ohtd_place_any(struct ohtd_server *server, bool *crowded);
void ohtd_place_take(struct ohtd_conn *conn, bool crowded);
bool ohtd_place_unpark(struct ohtd_conn *conn);
void ohtd_place_move(struct ohtd_conn *conn, const char *address);
void ohtd_place_leave(struct ohtd_conn *conn);
void ohtd_place_starved(struct ohtd_loop *loop);
void ohtd_place_make_room(struct ohtd_loop *loop);
/* Is it still in a place that is kept? It moves up when another one has become free. */
bool ohtd_conn_reserved(struct ohtd_conn *conn);

/* forwarded.c: for whom the request asks, if a trusted proxy says so. */
void ohtd_forwarded_take(struct ohtd_call *call);

/* local.c: the same for the local socket. Open: 0, or -1 with @why filled. */
int ohtd_local_open(struct ohtd_server *server, char *why, size_t size);
void ohtd_local_start(struct ohtd_loop *loop);
void ohtd_local_tick(struct ohtd_loop *loop);
void ohtd_local_close(struct ohtd_loop *loop);
/* The role of the user now: another configuration may have become live. */
enum ohtd_role ohtd_server_local_role(struct ohtd_conn *conn);
/* The main thread, at the end: nothing of it stays behind. */
void ohtd_local_remove(struct ohtd_server *server);

/*
 * audited.c: the record of an answer. True: the answer waits for it, and is sent by reply.c's ohtd_reply_send(); @data lives as
 * long as the request. @code: of a refusal, or NULL.
 */
bool ohtd_audited(struct ohtd_call *call, int status, const char *code, const char *data, size_t bytes);
/* Before a change begins: what its record takes is there. 0, or -1 when the request has been refused. Dropped with the call. */
int ohtd_audited_prepare(struct ohtd_call *call);
void ohtd_audited_drop(struct ohtd_call *call);
/* What comes behind ohtd_server_key_answer(). */
void ohtd_server_reply_kept(struct ohtd_call *call, int status, const char *data, size_t bytes);
/*
 * request_key.c: the Idempotency-Key of a keyed route. take(): true when the request has none; else it is answered, or its handler is
 * called, when the store has the key. answer(): true when the answer waits for the store. drop(): the call goes.
 */
bool ohtd_server_key_take(struct ohtd_call *call);
bool ohtd_server_key_answer(struct ohtd_call *call, int status, const char *data, size_t bytes);
void ohtd_server_key_drop(struct ohtd_call *call);
void ohtd_reply_send(struct ohtd_call *call, int status, const char *data, size_t bytes);

/* pending.c */
void ohtd_pending_tick(struct ohtd_loop *loop);
void ohtd_pending_drop_all(struct ohtd_loop *loop);

/* loop.c: the guest has more to do, and gets another turn when the loop has looked for requests. */
void ohtd_loop_turn_again(struct ohtd_loop *loop);

/* call.c: the newest snapshot; valid until the loop's next turn. Never NULL. */
const struct ohtd_snapshot *ohtd_loop_snapshot(struct ohtd_loop *loop);

/* call.c: may @who go on with a connection that stays: has its session, its key or its local role not ended? */
bool ohtd_server_lives(struct ohtd_conn *conn, const struct ohtd_principal *who);

/* call.c: whose ticket it is. OHTD_CLOSES, or why it is refused. */
enum ohtd_close ohtd_loop_take_ticket(struct ohtd_loop *loop, const char *ticket,
				      const struct ohtd_ticket_bond *bond, struct ohtd_principal *who);

/* command.c: takes all answers of the control thread. */
void ohtd_command_take(struct ohtd_loop *loop);

/* A fresh id; the client's own if it has sent one that is fit, else a fresh one. */
void ohtd_request_id_make(char *id);
void ohtd_request_id_take(struct ohtd_call *call);

/* reply.c: registers what makes every answer of @path carry the security headers. */
void ohtd_reply_register_filter(h2o_pathconf_t *path);

/*
 * prologue.c: 0, or -1 when the request has been answered with a refusal. Nothing that a browser or a
 * proxy may add to the head refuses a @route of the stop; NULL: it is not known what is asked for.
 * @get: what a GET of that path is asked for, NULL: nothing of the API.
 */
int ohtd_prologue_line(struct ohtd_call *call, const struct ohtd_route *route);
int ohtd_prologue_head(struct ohtd_call *call, const struct ohtd_route *route, const struct ohtd_route *get);

/* dispatch.c: h2o's handler. */
int ohtd_dispatch(h2o_handler_t *self, h2o_req_t *req);

/* static.c */
struct ohtd_files *ohtd_files_load(const char *dir);
void ohtd_files_free(struct ohtd_files *files);
bool ohtd_files_has(const struct ohtd_files *files, const char *path, size_t path_bytes);
/* True when @path is a file and has been answered. */
bool ohtd_files_serve(struct ohtd_call *call, const char *path, size_t path_bytes);

#endif /* OHTD_SERVER_LOOP_H */
