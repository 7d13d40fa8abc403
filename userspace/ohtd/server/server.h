/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the HTTPS server: its loops, their threads, their life from listening to the last answer.
 * Contexts: main thread.
 * Locks:    none; loops are told by messages.
 */
#ifndef OHTD_SERVER_SERVER_H
#define OHTD_SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "views/services.h"

struct ohtd_guest;
struct ohtd_router;
struct ohtd_server;

/**
 * struct ohtd_site - what is served, which the server itself does not know
 * @router: all routes; destroyed with the server
 * @openapi: description of the routes, of malloc(); freed with the server
 * @asyncapi: description of the messages, likewise
 * @openapi_bytes: of @openapi
 * @asyncapi_bytes: of @asyncapi
 * @guest: what lives in the loops beside the requests
 */
struct ohtd_site {
	struct ohtd_router *router;
	char *openapi, *asyncapi;
	size_t openapi_bytes, asyncapi_bytes;
	const struct ohtd_guest *guest;
};

/* Frees what it names, unless a server has taken it. */
void ohtd_site_drop(const struct ohtd_site *site);

/**
 * ohtd_server_create() - listen, and prepare the loops; nothing is served yet
 * @services: outlives the server
 * @site: copied; what it names is the server's from now on, also on failure
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Return: NULL with @why filled.
 */
struct ohtd_server *ohtd_server_create(const struct ohtd_services *services, const struct ohtd_site *site,
				       char *why, size_t size);

/* Starts the threads. Returns 0 or a negative errno. */
int ohtd_server_start(struct ohtd_server *server);

/* The port that is listened on. */
uint16_t ohtd_server_port(const struct ohtd_server *server);

/**
 * ohtd_server_drain() - take no more connections, close idle ones, let answers go out
 * @within_ms: then return all the same
 */
void ohtd_server_drain(struct ohtd_server *server, unsigned int within_ms);

/*
 * Ends the threads and frees everything. Workers must have been stopped before. NULL is allowed.
 * False: connections were still there; they and the server's memory are left to the end of the process.
 */
bool ohtd_server_destroy(struct ohtd_server *server);

#endif /* OHTD_SERVER_SERVER_H */
