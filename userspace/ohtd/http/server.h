/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the HTTPS server: its loops, their threads, their life from listening to the last answer.
 * Contexts: main thread.
 * Locks:    none; loops are told by messages.
 */
#ifndef OHTD_HTTP_SERVER_H
#define OHTD_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/services.h"

struct ohtd_server;

/**
 * ohtd_server_create() - listen, and prepare the loops; nothing is served yet
 * @services: copied
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Return: NULL with @why filled.
 */
struct ohtd_server *ohtd_server_create(const struct ohtd_services *services, char *why, size_t size);

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

#endif /* OHTD_HTTP_SERVER_H */
