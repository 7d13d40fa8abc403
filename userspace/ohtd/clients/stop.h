/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the software stop of a client, whether a request or a WebSocket asks for it.
 * Contexts: the loop of the client.
 * Locks:    none; the count of repeated stops is atomic.
 */
#ifndef OHTD_CLIENTS_STOP_H
#define OHTD_CLIENTS_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "json/member.h"

struct ohtd_link;
struct ohtd_principal;

struct safety_outputs {
	int8_t enable1;
	int8_t enable2;
};

extern const struct ohtd_shape safety_outputs_shape;

/* What the call into the device has found, not what the control thread will see a cycle later. */
struct stopped {
	unsigned int state;
	bool repeated;
	bool hardware;
	const struct safety_outputs *outputs;
	uint64_t called_ns;
	uint64_t call_us;
};

extern const struct ohtd_shape stopped_shape;

/* Beginning of the sentence for a stop that ohtd_clients_stop() could not confirm. */
#define OHTD_STOP_UNCONFIRMED	"the stop could not be confirmed"

/**
 * ohtd_clients_stop() - stop the machine now
 * @link: that of the client's loop
 * @who: the client, whose role has been checked
 * @stopped: filled in when it returns 0
 *
 * The caller answers the client first and then calls ohtd_clients_log_stop().
 *
 * Return: 0 or a negative errno of ohtd_stop().
 */
int ohtd_clients_stop(struct ohtd_link *link, const struct ohtd_principal *who, struct stopped *stopped);
/* @error: what ohtd_clients_stop() has returned */
void ohtd_clients_log_stop(const struct ohtd_principal *who, int error, const struct stopped *stopped);
/* The stop is over: logs how often it was repeated. */
void ohtd_clients_log_repeated(void);

/* Requests for a stop since the present one was made. */
unsigned long ohtd_clients_stops_repeated(void);

#endif /* OHTD_CLIENTS_STOP_H */
