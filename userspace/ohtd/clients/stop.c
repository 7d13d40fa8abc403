// SPDX-License-Identifier: GPL-2.0-or-later
#include "clients/stop.h"

#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "auth/principal.h"
#include "views/words.h"
#include "control/robot.h"

OHTD_SHAPE_SHARED(safety_outputs, "Outputs",
	OHTD_TRISTATE(safety_outputs, enable1, .flags = OHTD_NULL,
		      .summary = "true: driven high; null: there are no outputs"),
	OHTD_TRISTATE(safety_outputs, enable2, .flags = OHTD_NULL, .summary = "As enable1"));

OHTD_SHAPE_SHARED(stopped, "Stopped",
	OHTD_WORD(stopped, state, .words = &ohtd_safety_state_words, .summary = "Always stopped"),
	OHTD_BOOLEAN(stopped, repeated, .summary = "It was stopped already"),
	OHTD_BOOLEAN(stopped, hardware, .summary = "The device has cut the outputs"),
	OHTD_OBJECT(stopped, outputs, safety_outputs, .summary = "Enable outputs"),
	OHTD_INTEGER(stopped, called_ns, .unit = "ns",
		     .summary = "When the call into the device began, CLOCK_MONOTONIC"),
	OHTD_INTEGER(stopped, call_us, .unit = "us", .summary = "How long the call took"));

int ohtd_clients_stop(struct ohtd_link *link, const struct ohtd_principal *who, struct stopped *stopped)
{
	static const struct safety_outputs low = { 0, 0 }, none = { -1, -1 };
	struct ohtd_stop_result result = { 0 };
	int r = ohtd_stop(link, ohtd_principal_tag(who), &result);

	if (r)
		return r;
	*stopped = (struct stopped){
		.state = OHTD_SAFETY_STOPPED, .repeated = result.repeated, .hardware = result.hardware,
		.outputs = result.hardware ? &low : &none,
		/* So that a client with our clock can tell what came before the stop. */
		.called_ns = result.at_ns - result.call_ns,
		.call_us = result.call_ns / 1000,
	};
	return 0;
}

/* Requests for a stop since the present one was made. */
static atomic_ulong repeated;

unsigned long ohtd_clients_stops_repeated(void)
{
	return atomic_load(&repeated);
}

/* Repeated stops get one line together, at the reset: a client that keeps asking must not fill the log. */
void ohtd_clients_log_repeated(void)
{
	unsigned long count = atomic_exchange(&repeated, 0);

	if (count)
		ohtd_log(OHTD_LOG_NOTICE, "http", "stop_repeated",
			 "%lu more requests while it was stopped already", count);
}

void ohtd_clients_log_stop(const struct ohtd_principal *who, int error, const struct stopped *stopped)
{
	if (error) {
		ohtd_log(OHTD_LOG_ERROR, "http", "stop_unconfirmed", "%s: %s", who->user, strerror(-error));
		return;
	}
	if (stopped->repeated) {
		atomic_fetch_add(&repeated, 1);
		return;
	}
	ohtd_clients_log_repeated();
	ohtd_log(OHTD_LOG_WARNING, "http", "stop", "asked for by %s", who->user);
}
