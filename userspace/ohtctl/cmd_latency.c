// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl safety latency: how long the stops took from their interrupt to both outputs low. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "common/sysfs.h"
#include "show.h"

static const char *const words[OHT_PERCENTILES] = {
	"half", "90 %", "99 %", "99.9 %", "all",
};

static void latency_json(struct cli *cli, const struct oht_values *histogram, uint64_t total)
{
	struct json_object *object = json_object_new_object();
	size_t i;

	show_add_number(object, "count", (int64_t)total);
	for (i = 0; i < OHT_PERCENTILES; i++) {
		if (total)
			show_add_number(object, oht_percentiles[i].name, (int64_t)
					oht_histogram_at_most_ns(histogram,
								 oht_percentiles[i].per_mille));
		else
			json_object_object_add(object, oht_percentiles[i].name, NULL);
	}
	show_json(cli, object);
}

static void latency_text(struct cli *cli, const struct oht_values *histogram, uint64_t total)
{
	uint64_t at_most_ns;
	size_t i;

	show_field(cli, "stops", "%" PRIu64 " that lowered the outputs", total);
	for (i = 0; total && i < OHT_PERCENTILES; i++) {
		at_most_ns = oht_histogram_at_most_ns(histogram, oht_percentiles[i].per_mille);
		show_field(cli, words[i], "within %.3f us", (double)at_most_ns / 1e3);
	}
}

int cmd_safety_latency(struct cli *cli, int count, char **arguments)
{
	int result = cli_open(cli, OHT_OPEN_READ_ONLY), error;
	char path[OHT_SYSFS_PATH_BYTES];
	struct oht_values histogram;
	uint64_t total;

	(void)count;
	(void)arguments;
	if (result)
		return result;
	oht_sysfs_path(cli->device, OHT_SYSFS_STOP_TO_LOW, path);
	error = oht_sysfs_read(path, &histogram);
	if (error)
		return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(-error));
	total = oht_histogram_total(&histogram);
	if (cli->json)
		latency_json(cli, &histogram, total);
	else
		latency_text(cli, &histogram, total);
	return CLI_DONE;
}
