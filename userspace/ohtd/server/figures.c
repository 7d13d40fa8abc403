// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/loop.h"
#include "http/problem.h"
#include "http/route.h"

const uint32_t ohtd_latency_us[OHTD_LATENCY_BUCKETS - 1] = {
	100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000,
};

struct ohtd_route_count *ohtd_figures_make(size_t routes)
{
	return calloc(routes + 2, sizeof(struct ohtd_route_count));
}

/* Only one thread writes: an addition need not be a locked instruction. */
static void add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

void ohtd_durations_note(struct ohtd_durations *durations, uint64_t took_ns)
{
	size_t bucket = 0;

	while (bucket < OHTD_LATENCY_BUCKETS - 1 && took_ns > 1000ull * ohtd_latency_us[bucket])
		bucket++;
	add(&durations->at_most[bucket], 1);
	add(&durations->sum_us, took_ns / 1000);
}

void ohtd_durations_add(const struct ohtd_durations *durations, struct ohtd_duration_figures *figures)
{
	/* The buckets of one moment: their sum fits to them. */
	for (size_t i = 0; i < OHTD_LATENCY_BUCKETS; i++) {
		const uint64_t n = atomic_load_explicit(&durations->at_most[i], memory_order_relaxed);

		figures->at_most[i] += n;
		figures->count += n;
	}
	figures->sum_us += atomic_load_explicit(&durations->sum_us, memory_order_relaxed);
}

void ohtd_figures_note(struct ohtd_route_count *count, int status, uint64_t took_ns)
{
	size_t number = ohtd_status_index(status);

	if (number >= OHTD_STATUSES_MAX)
		return;
	add(&count->answers[number], 1);
	ohtd_durations_note(&count->took, took_ns);
}

static void sum_one(const struct ohtd_route_count *count, struct ohtd_route_figures *figures)
{
	for (size_t i = 0; i < OHTD_STATUSES_MAX; i++)
		figures->answers[i] += atomic_load_explicit(&count->answers[i],
							    memory_order_relaxed);
	ohtd_durations_add(&count->took, &figures->took);
}

bool ohtd_figures_sum(const struct ohtd_server *server, size_t index,
		      struct ohtd_route_figures *figures)
{
	size_t routes = ohtd_router_count(server->router);

	if (index >= routes + 2)
		return false;
	memset(figures, 0, sizeof(*figures));
	figures->method = "";
	if (index < routes) {
		const struct ohtd_route *route = ohtd_router_route(server->router, index);

		figures->method = ohtd_method_name(route->method);
		ohtd_route_path(route, figures->path, sizeof(figures->path));
	} else {
		snprintf(figures->path, sizeof(figures->path), "%s",
			 index == routes ? "static" : "unmatched");
	}
	for (unsigned int i = 0; i < server->loop_count; i++)
		sum_one(&server->loops[i]->counts[index], figures);
	return true;
}

unsigned int ohtd_server_connections(const struct ohtd_server *server)
{
	return atomic_load(&server->conn_count) + atomic_load(&server->local_count);
}

uint64_t ohtd_server_refused(const struct ohtd_server *server, enum ohtd_budget budget)
{
	return ohtd_budget_refused(server->budgets, budget);
}

uint64_t ohtd_server_commands(const struct ohtd_server *server, unsigned int kind, unsigned int outcome)
{
	return atomic_load(&server->commands[kind][outcome]);
}
