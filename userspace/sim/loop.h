/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     waiting: for bytes, for the next time on the wire, for control clients, for the end.
 * Contexts: the simulator's one thread. The only room that reads a clock.
 * Locks:    none.
 */
#ifndef OHT_SIM_LOOP_H
#define OHT_SIM_LOOP_H

#include "port.h"
#include "server.h"
#include "station.h"

/**
 * struct oht_sim_loop - one run
 * @station: the modules
 * @port: the wire, not open yet
 * @server: the control socket, possibly not there (fd -1)
 * @wait_s: how long the other side of the wire may be missing; 0: for ever
 */
struct oht_sim_loop {
	struct oht_sim_station *station;
	struct oht_sim_port *port;
	struct oht_sim_server *server;
	unsigned int wait_s;
};

/**
 * oht_sim_loop_run() - serve until SIGTERM or SIGINT
 *
 * Opens the port, again and again while its other side is missing, and goes on after it was lost.
 *
 * Return: 0 after a signal; -errno otherwise, with one line on stderr.
 */
int oht_sim_loop_run(struct oht_sim_loop *loop);

#endif
