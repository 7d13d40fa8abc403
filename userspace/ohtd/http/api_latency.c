// SPDX-License-Identifier: GPL-2.0-or-later
/* GET safety/latency: what the driver itself has measured. Reading sysfs waits for no disk. */
#include "http/api.h"
#include "http/call.h"

#include "common/sysfs.h"

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
};

OHTD_SHAPE(latency, "Latency",
	OHTD_OBJECT(latency, estop_to_low, percentiles,
		    .summary = "From the edge of a stop until both outputs were low"));

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

static void get_latency(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct percentiles to_low = { OHTD_NONE, OHTD_NONE, OHTD_NONE, OHTD_NONE, OHTD_NONE, OHTD_NONE };
	char path[OHT_SYSFS_PATH_BYTES];
	struct oht_values histogram;

	if (snapshot->safety.hardware_stop) {
		oht_sysfs_path(snapshot->bus.device, OHT_SYSFS_STOP_TO_LOW, path);
		if (!oht_sysfs_read(path, &histogram))
			to_low = percentiles_of(&histogram);
	}
	OHTD_REPLY(call, 200, latency, (&(struct latency){ &to_low }));
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
