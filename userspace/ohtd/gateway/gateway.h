/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the Modbus TCP gateway: its listener, its thread, its clients (docs/gateway.md).
 * Contexts: main thread; figures: any.
 * Locks:    none.
 */
#ifndef OHTD_GATEWAY_GATEWAY_H
#define OHTD_GATEWAY_GATEWAY_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "gateway/figures.h"
#include "robot/robot.h"

struct ohtd_clock;
struct ohtd_gateway;

/* Everything outlives the gateway. @link: its own to the control thread. */
struct ohtd_gateway_setup {
	const struct ohtd_config *config;
	struct ohtd_clock *clock;
	struct ohtd_robot *robot;
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
