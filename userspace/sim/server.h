/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the control socket: who is connected, lines in and answers out.
 * Contexts: the simulator's one thread; never blocks.
 * Locks:    none.
 */
#ifndef OHT_SIM_SERVER_H
#define OHT_SIM_SERVER_H

#include "command.h"

#define OHT_SIM_CLIENTS_MAX	8

struct oht_sim_client {
	int fd;				/* -1: free */
	size_t len;
	char line[OHT_SIM_COMMAND_BYTES + 1];
};

struct oht_sim_server {
	const char *path;
	int fd;				/* -1: there is none */
	struct oht_sim_client client[OHT_SIM_CLIENTS_MAX];
};

/**
 * oht_sim_server_open() - listen
 * @server: filled; end with oht_sim_server_close()
 * @path: where; a socket that nobody listens on any more is replaced
 *
 * The socket can be used by its owner only.
 *
 * Return: 0 or -errno; -EADDRINUSE when somebody listens there, -EEXIST when it is no socket.
 */
int oht_sim_server_open(struct oht_sim_server *server, const char *path);
/* Drops all clients and removes the socket; allowed on one that is not open. */
void oht_sim_server_close(struct oht_sim_server *server);

/* A new client, or NULL: none waits, or there are OHT_SIM_CLIENTS_MAX already (it is refused). */
struct oht_sim_client *oht_sim_server_accept(struct oht_sim_server *server);

/**
 * oht_sim_client_serve() - answer what a readable client has sent
 * @client: the client; closed when it is gone, sends too long a line or does not read
 * @station: what the commands are about
 * @now_ns: present time
 */
void oht_sim_client_serve(struct oht_sim_client *client, struct oht_sim_station *station,
			  uint64_t now_ns);

#endif
