/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     counting: answers per route, how many of each status, and durations.
 * Contexts: note: the loop that answers. Sum: any thread.
 * Locks:    none: each loop has counters of its own, written by it alone.
 */
#ifndef OHTD_SERVER_FIGURES_H
#define OHTD_SERVER_FIGURES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/budget.h"
#include "http/problem.h"

struct ohtd_server;

#define OHTD_LATENCY_BUCKETS	15

/* Upper limits of the buckets in microseconds; the last bucket has none. */
extern const uint32_t ohtd_latency_us[OHTD_LATENCY_BUCKETS - 1];

/* Durations that one loop has counted, each in one bucket only. */
struct ohtd_durations {
	_Atomic uint64_t at_most[OHTD_LATENCY_BUCKETS];
	_Atomic uint64_t sum_us;
};

/**
 * struct ohtd_duration_figures - of all loops
 * @at_most: how many per bucket of ohtd_latency_us, each in one only
 * @count: of all
 * @sum_us: of all
 */
struct ohtd_duration_figures {
	uint64_t at_most[OHTD_LATENCY_BUCKETS];
	uint64_t count;
	uint64_t sum_us;
};

/* Of one loop and route. */
struct ohtd_route_count {
	_Atomic uint64_t answers[OHTD_STATUSES_MAX];
	struct ohtd_durations took;
	size_t body_bytes;	/* of the longest answer of late: how much room the next one gets */
};

/**
 * struct ohtd_route_figures - of all loops
 * @method: "GET", ...; "" when @path is not a route
 * @path: template of the path, "static" for the page, "unmatched" for all else
 * @answers: per status, in the order of ohtd_status_at()
 * @took: from the request to the hand-over to h2o
 */
struct ohtd_route_figures {
	const char *method;
	char path[128];
	uint64_t answers[OHTD_STATUSES_MAX];
	struct ohtd_duration_figures took;
};

/* Counts one duration. */
void ohtd_durations_note(struct ohtd_durations *durations, uint64_t took_ns);
/* Adds what one loop has counted. */
void ohtd_durations_add(const struct ohtd_durations *durations, struct ohtd_duration_figures *figures);

/* Counters of a loop for @routes routes; NULL: out of memory. To be freed by free(). */
struct ohtd_route_count *ohtd_figures_make(size_t routes);

/* Counts one answer. */
void ohtd_figures_note(struct ohtd_route_count *count, int status, uint64_t took_ns);

/**
 * ohtd_figures_sum() - what has been counted for one route
 * @server: whose loops
 * @index: from 0 on; the last two are "static" and "unmatched"
 * @figures: filled
 *
 * Return: false behind the last.
 */
bool ohtd_figures_sum(const struct ohtd_server *server, size_t index,
		      struct ohtd_route_figures *figures);

/* Connections, those over the local socket too. */
unsigned int ohtd_server_connections(const struct ohtd_server *server);
/* Requests that were refused by a budget. */
uint64_t ohtd_server_refused(const struct ohtd_server *server, enum ohtd_budget budget);
/* Commands of a kind, enum ohtd_command_kind, that were answered with an outcome, enum ohtd_outcome. */
uint64_t ohtd_server_commands(const struct ohtd_server *server, unsigned int kind, unsigned int outcome);

#endif /* OHTD_SERVER_FIGURES_H */
