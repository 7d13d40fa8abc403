/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the Modbus TCP gateway: its listener, its thread, its clients (docs/gateway.md).
 * Contexts: main thread; figures: any.
 * Locks:    none.
 */
#ifndef OHTD_GATEWAY_GATEWAY_H
#define OHTD_GATEWAY_GATEWAY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "control/robot.h"

struct ohtd_clock;
struct ohtd_courses;
struct ohtd_gateway;

/**
 * struct ohtd_gateway_figures - what the gateway has counted since the start; its thread writes, any thread reads
 * @clients: connected now
 * @refused: connections for which there was no place
 * @cut: connections that were ended: idle, half sent, not read, or no Modbus
 * @requests: of clients
 * @exceptions: of these, answered with an exception
 * @from_image: reads that were answered without the bus
 * @bus_reads: requests on the bus
 * @joined: reads that were answered along with another
 * @writes: that were carried out
 * @writes_refused: that were not
 */
struct ohtd_gateway_figures {
	_Atomic uint64_t clients;
	_Atomic uint64_t refused;
	_Atomic uint64_t cut;
	_Atomic uint64_t requests;
	_Atomic uint64_t exceptions;
	_Atomic uint64_t from_image;
	_Atomic uint64_t bus_reads;
	_Atomic uint64_t joined;
	_Atomic uint64_t writes;
	_Atomic uint64_t writes_refused;
};

/* Everything outlives the gateway. @link: its own to the control thread. */
struct ohtd_gateway_setup {
	const struct ohtd_config *config;
	struct ohtd_settings *settings;
	struct ohtd_clock *clock;
	struct ohtd_robot *robot;
	struct ohtd_courses *courses;
	struct ohtd_link *link;
};

/**
 * ohtd_gateway_create() - listen; nothing is served yet
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Before the filter of system calls closes. NULL with @why filled.
 */
struct ohtd_gateway *ohtd_gateway_create(const struct ohtd_gateway_setup *setup, char *why,
					 size_t size);

/* Starts the thread. 0 or a negative errno. */
int ohtd_gateway_start(struct ohtd_gateway *gateway);

/* Closes all connections and ends the thread. NULL, and one that was not started, are allowed. */
void ohtd_gateway_stop(struct ohtd_gateway *gateway);

/* Only after it was stopped. NULL is allowed. */
void ohtd_gateway_destroy(struct ohtd_gateway *gateway);

const struct ohtd_gateway_figures *ohtd_gateway_look(const struct ohtd_gateway *gateway);

#endif
