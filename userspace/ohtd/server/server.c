// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/ticket.h"
#include "pki/certificate.h"
#include "server/loop.h"
#include "http/route.h"
#include "base/log.h"
#include "base/thread.h"
#include "control/robot.h"

#define STACK_BYTES		(512 * 1024)
#define REQUEST_MS		10000
/* Read before it is refused: a client that is cut off while it sends does not see the answer. */
#define ENTITY_BYTES_MAX	(4 * OHTD_BODY_BYTES_MAX)

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
	conf->handshake_timeout = OHTD_HANDSHAKE_MS;
	host = h2o_config_register_host(conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	path = h2o_config_register_path(host, "/", 0);
	handler = h2o_create_handler(path, sizeof(*handler));
	handler->on_req = ohtd_dispatch;
	ohtd_reply_register_filter(path);
	ohtd_reply_register_filter(&host->fallback_path);
}

static struct ohtd_loop *make_loop(struct ohtd_server *server, unsigned int index)
{
	struct ohtd_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->server = server;
	loop->link = ohtd_robot_link(server->services->robot, index);
	loop->listen_fd = -1;
	loop->accept.ssl_ctx = ohtd_certificate_context(server->services->certificate);
	loop->counts = ohtd_figures_make(ohtd_router_count(server->router));
	/* What a loop shows is always a whole snapshot, the oldest one that of the beginning. */
	if (loop->counts && !ohtd_robot_snapshot(server->services->robot, &loop->snapshot) &&
	    !server->guest->make(loop))
		return loop;
	free(loop->counts);
	free(loop);
	return NULL;
}

/* The members that were made first are freed last. */
static void free_first(struct ohtd_server *server)
{
	ohtd_router_destroy(server->router);
	ohtd_tickets_destroy(server->tickets);
	ohtd_document_free(&server->openapi);
	ohtd_document_free(&server->asyncapi);
	free(server);
}

void ohtd_site_drop(const struct ohtd_site *site)
{
	ohtd_router_destroy(site->router);
	free(site->openapi);
	free(site->asyncapi);
}

static void take_site(struct ohtd_server *server, const struct ohtd_site *site)
{
	server->router = site->router;
	server->guest = site->guest;
	ohtd_document_make(&server->openapi, "application/json", site->openapi, site->openapi_bytes);
	ohtd_document_make(&server->asyncapi, "application/json", site->asyncapi, site->asyncapi_bytes);
}

struct ohtd_server *ohtd_server_create(const struct ohtd_services *services, const struct ohtd_site *site,
				       char *why, size_t size)
{
	struct ohtd_server *server = calloc(1, sizeof(*server));
	int r = -ENOMEM;

	errno = ENOMEM;
	if (!server) {
		snprintf(why, size, "out of memory");
		ohtd_site_drop(site);
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow is an error of whoever writes it, not the end of the stop. */
	signal(SIGXFSZ, SIG_IGN);
	sem_init(&server->loop_ready, 0, 0);
	server->services = services;
	server->local_fd = -1;
	ohtd_kept_take(&server->kept);
	server->supervisor = ohtd_supervisor_look();
	take_site(server, site);
	server->tickets = ohtd_tickets_create();
	if (!server->tickets || server->guest->open(server)) {
		snprintf(why, size, "the channels cannot be made: out of memory");
		free_first(server);
		errno = ENOMEM;
		return NULL;
	}
	ohtd_names_collect(&server->names, services->config);
	server->files = ohtd_files_load(services->config->web_dir);
	configure(server);
	server->shares = ohtd_shares_create();
	server->budgets = ohtd_budgets_create();
	if (!server->budgets || !server->shares) {
		snprintf(why, size, "the budgets of clients: out of memory");
		goto fail;
	}
	while (server->loop_count < services->config->loops) {
		struct ohtd_loop *loop = make_loop(server, server->loop_count);

		if (!loop) {
			snprintf(why, size, "a loop cannot be made: out of memory");
			goto fail;
		}
		server->loops[server->loop_count++] = loop;
	}
	r = ohtd_listen_open(server, why, size);
	if (!r)
		r = ohtd_local_open(server, why, size);
	if (!r)
		return server;
fail:
	ohtd_server_destroy(server);
	errno = -r;
	return NULL;
}

int ohtd_server_start(struct ohtd_server *server)
{
	char name[16];
	const struct ohtd_thread what = { name, STACK_BYTES, ohtd_loop_main };
	int r = 0;

	for (unsigned int i = 0; !r && i < server->loop_count; i++) {
		struct ohtd_loop *loop = server->loops[i];

		snprintf(name, sizeof(name), "ohtd-loop%u", i % 1000);
		r = ohtd_thread_start(&loop->thread, &what, loop);
		if (r)
			break;
		loop->started = true;
		/* No thread may send to a loop that is not there yet. */
		while (sem_wait(&server->loop_ready) && errno == EINTR)
			;
	}
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

static void begin_drain(struct ohtd_loop *loop, struct ohtd_post *post)
{
	ohtd_listen_close(loop);
	/* Not h2o_context_request_shutdown(): it starts a timer of HTTP/2 that outlives the context. */
	loop->ctx.shutdown_requested = 1;
	loop->drain_from_ms = h2o_now(loop->ctx.loop);
	loop->server->guest->drain(loop);
	ohtd_loop_cut_late(loop);
	free(post);
}

void ohtd_server_drain(struct ohtd_server *server, unsigned int within_ms)
{
	for (unsigned int i = 0; i < server->loop_count; i++)
		if (server->loops[i]->started)
			send_post(server->loops[i], begin_drain, NULL);
	for (unsigned int ms = 0; ms < within_ms && (atomic_load(&server->conn_count) ||
					       atomic_load(&server->local_count)); ms += 10)
		usleep(10000);
}

/* True when nothing of the loop is left. */
static bool end_loop(struct ohtd_loop *loop)
{
	bool idle = true;

	if (loop->started) {
		pthread_join(loop->thread, NULL);
		idle = loop->disposed;
	} else if (loop->listen_fd >= 0) {
		close(loop->listen_fd);
	}
	if (idle) {
		free(loop->live);
		free(loop->counts);
		free(loop);
	}
	return idle;
}

bool ohtd_server_destroy(struct ohtd_server *server)
{
	bool idle = true;

	if (!server)
		return true;
	/* It looks at the loops, which are freed next. */
	ohtd_local_remove(server);
	/*
	 * They notice within a turn. No message: whoever sends one still has the loop's queue in his
	 * hands when the loop has taken it, and has perhaps ended over it.
	 */
	for (unsigned int i = 0; i < server->loop_count; i++)
		atomic_store(&server->loops[i]->ended, true);
	for (unsigned int i = 0; i < server->loop_count; i++)
		idle = end_loop(server->loops[i]) && idle;
	server->guest->close(server, idle);
	if (!idle)
		return false;
	sem_destroy(&server->loop_ready);
	h2o_config_dispose(&server->globalconf);
	ohtd_files_free(server->files);
	ohtd_budgets_destroy(server->budgets);
	ohtd_shares_destroy(server->shares);
	free_first(server);
	return true;
}
