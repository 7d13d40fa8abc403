// SPDX-License-Identifier: GPL-2.0-or-later
/* GET safety/latency: what the driver itself has measured. Reading sysfs waits for no disk. */
#include "http/api.h"
#include "http/call.h"

#include "common/sysfs.h"

/* @histogram NULL: nothing is known. */
static struct json_object *percentiles_json(const struct oht_values *histogram)
{
	struct json_object *json = json_object_new_object();
	uint64_t total = histogram ? oht_histogram_total(histogram) : 0;

	json_object_object_add(json, "count",
			       histogram ? json_object_new_int64((int64_t)total) : NULL);
	for (size_t i = 0; i < OHT_PERCENTILES; i++)
		json_object_object_add(json, oht_percentiles[i].name, total ?
				       json_object_new_int64((int64_t)oht_histogram_at_most_ns(
					       histogram, oht_percentiles[i].per_mille)) : NULL);
	return json;
}

void ohtd_api_safety_latency(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct json_object *json = json_object_new_object();
	char path[OHT_SYSFS_PATH_BYTES];
	struct oht_values histogram;
	bool known = false;

	if (snapshot->safety.hardware_stop) {
		oht_sysfs_path(snapshot->bus.device, OHT_SYSFS_STOP_TO_LOW, path);
		known = !oht_sysfs_read(path, &histogram);
	}
	json_object_object_add(json, "estop_to_low", percentiles_json(known ? &histogram : NULL));
	ohtd_reply_json(call, 200, json);
}
