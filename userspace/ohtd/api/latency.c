// SPDX-License-Identifier: GPL-2.0-or-later
/* GET safety/latency: what the driver itself and the loops have measured. Reading sysfs waits for no disk. */
#include "api/api.h"
#include "server/call.h"

#include "common/sysfs.h"
#include "live/channels.h"
#include "server/figures.h"
#include "server/loop.h"

struct percentiles {
	int64_t count;
	int64_t p50_ns;
	int64_t p90_ns;
	int64_t p99_ns;
	int64_t p999_ns;
	int64_t max_ns;
};

OHTD_SHAPE(percentiles, "Percentiles",
	OHTD_INTEGER(percentiles, count, .flags = OHTD_NULL,
		     .summary = "How many were measured; null: nothing is known"),
	OHTD_INTEGER(percentiles, p50_ns, .flags = OHTD_NULL, .unit = "ns",
		     .summary = "Half of them took at most so long; null: there were none"),
	OHTD_INTEGER(percentiles, p90_ns, .flags = OHTD_NULL, .unit = "ns", .summary = "90 %"),
	OHTD_INTEGER(percentiles, p99_ns, .flags = OHTD_NULL, .unit = "ns", .summary = "99 %"),
	OHTD_INTEGER(percentiles, p999_ns, .flags = OHTD_NULL, .unit = "ns", .summary = "99.9 %"),
	OHTD_INTEGER(percentiles, max_ns, .flags = OHTD_NULL, .unit = "ns", .summary = "All of them"));

struct latency {
	const struct percentiles *estop_to_low;
	const struct percentiles *told;
};

OHTD_SHAPE(latency, "Latency",
	OHTD_OBJECT(latency, estop_to_low, percentiles,
		    .summary = "From the edge of a stop until both outputs were low"),
	OHTD_OBJECT(latency, told, percentiles,
		    .summary = "From the control cycle that saw a change of the stop until its message was written "
			       "to a client, for each client of the channel safety; upper ends of buckets, null above "
			       "5 s"));

static struct percentiles percentiles_of(const struct oht_values *histogram)
{
	uint64_t total = oht_histogram_total(histogram);
	int64_t at_most_ns[OHT_PERCENTILES];

	for (size_t i = 0; i < OHT_PERCENTILES; i++)
		at_most_ns[i] = !total ? OHTD_NONE : (int64_t)oht_histogram_at_most_ns(
				histogram, oht_percentiles[i].per_mille);
	return (struct percentiles){
		(int64_t)total, at_most_ns[0], at_most_ns[1], at_most_ns[2], at_most_ns[3],
		at_most_ns[4],
	};
}

/* The end of the bucket below which so many are. */
static int64_t at_most_ns(const struct ohtd_duration_figures *told, unsigned int per_mille)
{
	const uint64_t wanted = (told->count * per_mille + 999) / 1000;
	uint64_t sum = 0;

	for (size_t i = 0; told->count && i < OHTD_LATENCY_BUCKETS - 1; i++) {
		sum += told->at_most[i];
		if (sum >= wanted)
			return (int64_t)ohtd_latency_us[i] * 1000;
	}
	return OHTD_NONE;
}

static struct percentiles told_to_clients(const struct ohtd_server *server)
{
	struct ohtd_duration_figures told;

	ohtd_channels_told(server, &told);
	return (struct percentiles){
		(int64_t)told.count, at_most_ns(&told, oht_percentiles[0].per_mille),
		at_most_ns(&told, oht_percentiles[1].per_mille), at_most_ns(&told, oht_percentiles[2].per_mille),
		at_most_ns(&told, oht_percentiles[3].per_mille), at_most_ns(&told, oht_percentiles[4].per_mille),
	};
}

static void get_latency(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct percentiles to_low = { OHTD_NONE, OHTD_NONE, OHTD_NONE, OHTD_NONE, OHTD_NONE, OHTD_NONE }, told;
	char path[OHT_SYSFS_PATH_BYTES];
	struct oht_values histogram;

	if (snapshot->safety.hardware_stop) {
		oht_sysfs_path(snapshot->bus.device, OHT_SYSFS_STOP_TO_LOW, path);
		if (!oht_sysfs_read(path, &histogram))
			to_low = percentiles_of(&histogram);
	}
	told = told_to_clients(call->loop->server);
	OHTD_REPLY(call, 200, latency, (&(struct latency){ &to_low, &told }));
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "safety/latency", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &latency_shape } },
		.handle = get_latency,
		.summary = "How long stops took until the outputs were low",
	},
};

OHTD_ROUTE_TABLE(ohtd_latency_routes, "Safety", routes);
