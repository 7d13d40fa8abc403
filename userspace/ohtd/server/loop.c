// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A loop from its birth to its end, all in its own thread: h2o's buffers come from lists of the
 * thread that made the socket, and two threads must not share one.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/control.h"
#include "server/loop.h"
#include "base/log.h"
#include "control/robot.h"

/* The control thread wants to hear of each loop at least every 100 ms. */
#define TURN_MS		50
/* Of the drain, in which whoever was accepted before may still shake hands and ask. */
#define FIRST_REQUEST_MS	1500

static void on_messages(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages)
{
	struct ohtd_loop *loop = H2O_STRUCT_FROM_MEMBER(struct ohtd_loop, receiver, receiver);

	while (!h2o_linklist_is_empty(messages)) {
		struct ohtd_post *post = H2O_STRUCT_FROM_MEMBER(struct ohtd_post, super.link,
								messages->next);

		h2o_linklist_unlink(&post->super.link);
		post->run(loop, post);
	}
}

static void on_link(h2o_socket_t *sock, const char *err)
{
	struct ohtd_loop *loop = sock->data;
	uint64_t count;

	if (err || read(h2o_socket_get_fd(sock), &count, sizeof(count)) < 0)
		return;
	ohtd_command_take(loop);
	loop->server->guest->turn(loop);
}

void ohtd_loop_turn_again(struct ohtd_loop *loop)
{
	eventfd_write(ohtd_link_fd(loop->link), 1);
}

/* In the drain: nothing is under way, nor on its way from a client that has just connected. */
static bool is_idle(const struct ohtd_conn *conn, uint64_t now_ms)
{
	uint64_t from_ms = conn->loop->drain_from_ms;

	return from_ms && !conn->call && !conn->stays && (conn->asked || now_ms - from_ms > FIRST_REQUEST_MS);
}

void ohtd_loop_cut_late(struct ohtd_loop *loop)
{
	uint64_t now_ms = h2o_now(loop->ctx.loop);

	for (h2o_linklist_t *at = loop->conns.next; at != &loop->conns; at = at->next) {
		struct ohtd_conn *conn = H2O_STRUCT_FROM_MEMBER(struct ohtd_conn, link, at);

		if (is_idle(conn, now_ms) ||
		    (conn->before_tls && now_ms - conn->accepted_ms > OHTD_HANDSHAKE_MS) ||
		    (conn->answered_ms && now_ms - conn->answered_ms > OHTD_ANSWER_MS))
			ohtd_conn_cut(conn);
	}
}

static void on_tick(h2o_timeout_entry_t *entry)
{
	struct ohtd_loop *loop = H2O_STRUCT_FROM_MEMBER(struct ohtd_loop, tick, entry);
	const struct ohtd_guest *guest = loop->server->guest;

	h2o_timeout_link(loop->ctx.loop, &loop->ctx.hundred_ms_timeout, &loop->tick);
	ohtd_pending_tick(loop);
	ohtd_listen_tick(loop);
	ohtd_local_tick(loop);
	guest->tick(loop);
	ohtd_control_tick(loop);
	guest->turn(loop);
	ohtd_loop_cut_late(loop);
	ohtd_log_tick();
}

static void make(struct ohtd_loop *loop)
{
	h2o_linklist_init_anchor(&loop->conns);
	h2o_context_init(&loop->ctx, h2o_evloop_create(), &loop->server->globalconf);
	loop->accept.ctx = &loop->ctx;
	loop->accept.hosts = loop->server->globalconf.hosts;
	h2o_multithread_register_receiver(loop->ctx.queue, &loop->receiver, on_messages);
	loop->link_sock = h2o_evloop_socket_create(loop->ctx.loop,
						   dup(ohtd_link_fd(loop->link)),
						   H2O_SOCKET_FLAG_DONT_READ);
	loop->link_sock->data = loop;
	h2o_socket_read_start(loop->link_sock, on_link);
	loop->server->guest->begin(loop);
	loop->tick.cb = on_tick;
	h2o_timeout_link(loop->ctx.loop, &loop->ctx.hundred_ms_timeout, &loop->tick);
	ohtd_listen_start(loop);
	loop->accept_local.ctx = &loop->ctx;
	loop->accept_local.hosts = loop->server->globalconf.hosts;
	if (loop == loop->server->loops[0])
		ohtd_local_start(loop);
}

/*
 * h2o aborts when a context goes while connections still hang on its timers. They do only when the
 * drain ran out of time, and then the process ends next: leave it all to the kernel.
 */
static void dispose(struct ohtd_loop *loop)
{
	h2o_evloop_t *evloop = loop->ctx.loop;

	if (!h2o_linklist_is_empty(&loop->conns))
		return;
	ohtd_listen_close(loop);
	h2o_socket_close(loop->link_sock);
	h2o_timeout_unlink(&loop->tick);
	loop->server->guest->end(loop);
	h2o_multithread_unregister_receiver(loop->ctx.queue, &loop->receiver);
	h2o_context_dispose(&loop->ctx);
	h2o_evloop_destroy(evloop);
	loop->disposed = true;
}

void *ohtd_loop_main(void *arg)
{
	struct ohtd_loop *loop = arg;

	make(loop);
	sem_post(&loop->server->loop_ready);
	while (!atomic_load(&loop->ended)) {
		h2o_evloop_run(loop->ctx.loop, TURN_MS);
		ohtd_link_progress(loop->link);
	}
	ohtd_link_leave(loop->link);
	/* What workers sent before they ended; the store, which goes on, sends the rest. */
	do
		h2o_evloop_run(loop->ctx.loop, loop->writes ? TURN_MS : 0);
	while (loop->writes);
	ohtd_pending_drop_all(loop);
	dispose(loop);
	return NULL;
}
