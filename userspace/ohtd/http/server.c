// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/loop.h"
#include "main/log.h"
#include "robot/robot.h"

/* The control thread wants to hear of each loop at least every 100 ms. */
#define TURN_MS			50
#define STACK_BYTES		(512 * 1024)
#define REQUEST_MS		10000
#define HANDSHAKE_MS		5000
/* Read before it is refused: a client that is cut off while it sends does not see the answer. */
#define ENTITY_BYTES_MAX	(4 * OHTD_BODY_BYTES_MAX)

static bool is_dns_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
			return false;
	return *name && *name != '-' && *name != '.';
}

void ohtd_names_collect(struct ohtd_names *names, const struct ohtd_config *config)
{
	memset(names, 0, sizeof(*names));
	if (!gethostname(names->hostname, sizeof(names->hostname) - 1) &&
	    is_dns_name(names->hostname) && strcmp(names->hostname, "localhost"))
		names->names[names->count++] = names->hostname;
	names->names[names->count++] = "localhost";
	names->names[names->count++] = "127.0.0.1";
	names->names[names->count++] = "::1";
	for (unsigned int i = 0; i < config->name_count; i++)
		names->names[names->count++] = config->names[i];
}

/* ---- a loop's turn ---- */

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
}

/* During the drain every connection without a request under way is closed. */
static void cut_late(struct ohtd_loop *loop)
{
	bool draining = atomic_load(&loop->server->draining);
	uint64_t now_ms = h2o_now(loop->ctx.loop);

	for (h2o_linklist_t *at = loop->conns.next; at != &loop->conns; at = at->next) {
		struct ohtd_conn *conn = H2O_STRUCT_FROM_MEMBER(struct ohtd_conn, link, at);

		if ((draining && !conn->call) ||
		    (conn->answered_ms && now_ms - conn->answered_ms > OHTD_ANSWER_MS))
			ohtd_conn_cut(conn);
	}
}

static void on_tick(h2o_timeout_entry_t *entry)
{
	struct ohtd_loop *loop = H2O_STRUCT_FROM_MEMBER(struct ohtd_loop, tick, entry);

	h2o_timeout_link(loop->ctx.loop, &loop->ctx.hundred_ms_timeout, &loop->tick);
	ohtd_pending_tick(loop);
	ohtd_listen_tick(loop);
	cut_late(loop);
}

static void *loop_main(void *arg)
{
	struct ohtd_loop *loop = arg;

	while (!atomic_load(&loop->ended)) {
		h2o_evloop_run(loop->ctx.loop, TURN_MS);
		ohtd_link_progress(loop->link);
	}
	ohtd_link_leave(loop->link);
	/* What workers sent before they ended. */
	h2o_evloop_run(loop->ctx.loop, 0);
	ohtd_pending_drop_all(loop);
	return NULL;
}

/* ---- birth ---- */

static void configure(struct ohtd_server *server)
{
	h2o_globalconf_t *conf = &server->globalconf;
	h2o_hostconf_t *host;
	h2o_pathconf_t *path;
	h2o_handler_t *handler;

	h2o_config_init(conf);
	conf->server_name = h2o_iovec_init(H2O_STRLIT("ohtd"));
	conf->max_request_entity_size = ENTITY_BYTES_MAX;
	conf->http1.req_timeout = REQUEST_MS;
	conf->http1.upgrade_to_http2 = 0;
	conf->handshake_timeout = HANDSHAKE_MS;
	host = h2o_config_register_host(conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	path = h2o_config_register_path(host, "/", 0);
	handler = h2o_create_handler(path, sizeof(*handler));
	handler->on_req = ohtd_dispatch;
	ohtd_reply_register_filter(path);
	ohtd_reply_register_filter(&host->fallback_path);
}

static struct ohtd_loop *make_loop(struct ohtd_server *server, unsigned int index, SSL_CTX *ssl)
{
	struct ohtd_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->server = server;
	loop->index = index;
	loop->link = ohtd_robot_link(server->setup.robot, index);
	h2o_linklist_init_anchor(&loop->conns);
	h2o_context_init(&loop->ctx, h2o_evloop_create(), &server->globalconf);
	SSL_CTX_up_ref(ssl);
	loop->accept.ctx = &loop->ctx;
	loop->accept.hosts = server->globalconf.hosts;
	loop->accept.ssl_ctx = ssl;
	h2o_multithread_register_receiver(loop->ctx.queue, &loop->receiver, on_messages);
	loop->link_sock = h2o_evloop_socket_create(loop->ctx.loop,
						   dup(ohtd_link_fd(loop->link)),
						   H2O_SOCKET_FLAG_DONT_READ);
	loop->link_sock->data = loop;
	h2o_socket_read_start(loop->link_sock, on_link);
	loop->tick.cb = on_tick;
	h2o_timeout_link(loop->ctx.loop, &loop->ctx.hundred_ms_timeout, &loop->tick);
	return loop;
}

/*
 * h2o aborts when a context goes while connections still hang on its timers. They do only when the
 * drain ran out of time, and then the process ends next: leave it all to the kernel.
 */
static bool free_loop(struct ohtd_loop *loop)
{
	bool idle = h2o_linklist_is_empty(&loop->conns);
	h2o_evloop_t *evloop = loop->ctx.loop;

	SSL_CTX_free(loop->accept.ssl_ctx);
	if (!idle)
		return false;
	ohtd_listen_close(loop);
	h2o_socket_close(loop->link_sock);
	h2o_timeout_unlink(&loop->tick);
	h2o_multithread_unregister_receiver(loop->ctx.queue, &loop->receiver);
	h2o_context_dispose(&loop->ctx);
	h2o_evloop_destroy(evloop);
	free(loop);
	return true;
}

/* The page, and the device's own authority, so that a client can learn to trust it. */
static void load_files(struct ohtd_server *server)
{
	const struct ohtd_config *config = server->setup.config;
	char path[OHTD_PATH_BYTES + 8];

	server->files = ohtd_files_load(config->web_dir);
	snprintf(path, sizeof(path), "%s/ca.crt", config->state_dir);
	if (!*config->certificate && ohtd_files_add(server->files, path, "/ca.crt"))
		ohtd_log(OHTD_LOG_WARNING, "http", "no_ca", "%s cannot be served", path);
}

struct ohtd_server *ohtd_server_create(const struct ohtd_server_setup *setup, SSL_CTX *ssl,
				       char *why, size_t size)
{
	struct ohtd_server *server = calloc(1, sizeof(*server));

	if (!server) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	server->setup = *setup;
	ohtd_names_collect(&server->names, setup->config);
	load_files(server);
	configure(server);
	while (server->loop_count < setup->config->loops) {
		struct ohtd_loop *loop = make_loop(server, server->loop_count, ssl);

		if (!loop) {
			snprintf(why, size, "out of memory");
			goto fail;
		}
		server->loops[server->loop_count++] = loop;
	}
	if (!ohtd_listen_open(server, why, size))
		return server;
fail:
	ohtd_server_destroy(server);
	return NULL;
}

int ohtd_server_start(struct ohtd_server *server)
{
	pthread_attr_t attr;
	int r = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (unsigned int i = 0; !r && i < server->loop_count; i++) {
		struct ohtd_loop *loop = server->loops[i];
		char name[16];

		r = pthread_create(&loop->thread, &attr, loop_main, loop);
		if (r)
			break;
		snprintf(name, sizeof(name), "ohtd-loop%u", i % 1000);
		pthread_setname_np(loop->thread, name);
	}
	pthread_attr_destroy(&attr);
	return -r;
}

uint16_t ohtd_server_port(const struct ohtd_server *server)
{
	return server->port;
}

/* ---- from the main thread, while it runs ---- */

static void send_post(struct ohtd_loop *loop,
		      void (*run)(struct ohtd_loop *loop, struct ohtd_post *post), void *arg)
{
	struct ohtd_post *post = h2o_mem_alloc(sizeof(*post));

	memset(post, 0, sizeof(*post));
	post->run = run;
	post->arg = arg;
	h2o_multithread_send_message(&loop->receiver, &post->super);
}

static void swap_tls(struct ohtd_loop *loop, struct ohtd_post *post)
{
	SSL_CTX_free(loop->accept.ssl_ctx);
	loop->accept.ssl_ctx = post->arg;
	free(post);
}

void ohtd_server_set_tls(struct ohtd_server *server, SSL_CTX *ssl)
{
	for (unsigned int i = 0; i < server->loop_count; i++) {
		SSL_CTX_up_ref(ssl);
		send_post(server->loops[i], swap_tls, ssl);
	}
}

static void begin_drain(struct ohtd_loop *loop, struct ohtd_post *post)
{
	ohtd_listen_close(loop);
	/* Not h2o_context_request_shutdown(): it starts a timer of HTTP/2 that outlives the context. */
	loop->ctx.shutdown_requested = 1;
	cut_late(loop);
	free(post);
}

void ohtd_server_drain(struct ohtd_server *server, unsigned int within_ms)
{
	atomic_store(&server->draining, true);
	for (unsigned int i = 0; i < server->loop_count; i++)
		send_post(server->loops[i], begin_drain, NULL);
	for (unsigned int ms = 0; ms < within_ms && atomic_load(&server->conn_count); ms += 10)
		usleep(10000);
}

static void wake(struct ohtd_loop *loop, struct ohtd_post *post)
{
	(void)loop;
	free(post);
}

void ohtd_server_destroy(struct ohtd_server *server)
{
	bool idle = true;

	if (!server)
		return;
	for (unsigned int i = 0; i < server->loop_count; i++) {
		struct ohtd_loop *loop = server->loops[i];

		if (loop->thread) {
			atomic_store(&loop->ended, true);
			send_post(loop, wake, NULL);
			pthread_join(loop->thread, NULL);
		}
	}
	for (unsigned int i = 0; i < server->loop_count; i++)
		idle = free_loop(server->loops[i]) && idle;
	if (!idle)
		return;
	h2o_config_dispose(&server->globalconf);
	ohtd_files_free(server->files);
	free(server);
}
