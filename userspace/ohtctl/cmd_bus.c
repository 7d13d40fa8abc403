// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl bus: the bus as ohtd uses it: load, cycles, plan, histograms. */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show.h"
#include "show_answer.h"

#define US_PER_MS	1000.0

static const struct show_column plan_columns[] = {
	{ "entry", 4 }, { "name", 16 }, { "address", 4 }, { "first", 6 }, { "count", 4 },
	{ "period_cycles", 5 }, { "phase_cycles", 4 }, { "planned_us", 8 }, { "last_us", 8 },
	{ "outcome", 0 }, { NULL, 0 },
};

static double number_of(struct json_object *object, const char *name)
{
	return json_object_get_double(json_object_object_get(object, name));
}

static const char *text_of(struct json_object *object, const char *name)
{
	const char *text = json_object_get_string(json_object_object_get(object, name));

	return text ? text : "-";
}

static size_t items_of(struct json_object *object, const char *name, struct json_object **items)
{
	*items = json_object_object_get(object, name);
	return json_object_is_type(*items, json_type_array) ? json_object_array_length(*items) : 0;
}

static void show_cycle(struct cli *cli, struct json_object *cycle)
{
	struct json_object *slots;
	size_t count = items_of(cycle, "slots", &slots);

	fprintf(cli->out, "cycle %3.0f  %6.2f ms ", number_of(cycle, "cycle"),
		number_of(cycle, "busy_us") / US_PER_MS);
	for (size_t i = 0; i < count; i++) {
		struct json_object *slot = json_object_array_get_idx(slots, i);

		fprintf(cli->out, "%s %s %.2f", i ? "," : "", text_of(slot, "name"),
			number_of(slot, "duration_us") / US_PER_MS);
	}
	fputc('\n', cli->out);
}

static void show_bus(struct cli *cli, struct json_object *bus)
{
	struct json_object *plan = json_object_object_get(bus, "plan"), *cycles;
	size_t count = items_of(bus, "cycles", &cycles);

	show_field(cli, "bus", "%s, %s, %.0f bit/s, timing %s", text_of(bus, "backend"),
		   text_of(bus, "device"), number_of(bus, "baud_bps"), text_of(bus, "timing"));
	show_field(cli, "load", "%.0f %% of the fullest cycle, %.0f %% of all",
		   100 * number_of(plan, "load_worst"), 100 * number_of(plan, "load_mean"));
	if (json_object_object_get(plan, "stop_us"))
		show_field(cli, "stop", "at most %.2f ms until its telegram is sent",
			   number_of(plan, "stop_us") / US_PER_MS);
	show_field(cli, "command", "waits at most %.2f ms if it fits into the slack",
		   number_of(plan, "command_wait_us") / US_PER_MS);
	show_field(cli, "cycles", "%.0f, missed %.0f, exceeded %.0f, given %.0f",
		   number_of(plan, "cycles"), number_of(plan, "missed"),
		   number_of(plan, "exceeded"), number_of(plan, "given"));
	for (size_t i = 0; i < count; i++)
		show_cycle(cli, json_object_array_get_idx(cycles, i));
}

static void show_histogram(struct cli *cli, struct json_object *histogram)
{
	struct json_object *buckets;
	size_t count = items_of(histogram, "buckets", &buckets);

	fprintf(cli->out, "%s: %.0f\n", text_of(histogram, "text"), number_of(histogram, "total"));
	for (size_t i = 0; i < count; i++) {
		struct json_object *bucket = json_object_array_get_idx(buckets, i);

		if (number_of(bucket, "count") > 0)
			fprintf(cli->out, "  below %s us  %.0f\n", text_of(bucket, "below_us"),
				number_of(bucket, "count"));
	}
}

static void show_statistics(struct cli *cli, struct json_object *statistics)
{
	struct json_object *histograms;
	size_t count = items_of(statistics, "histograms", &histograms);

	show_field(cli, "exchanges", "%.0f", number_of(statistics, "transfers"));
	show_field(cli, "cycles", "%.0f of the control thread, %.0f missed",
		   number_of(statistics, "control_cycles"),
		   number_of(statistics, "control_cycles_missed"));
	for (size_t i = 0; i < count; i++)
		show_histogram(cli, json_object_array_get_idx(histograms, i));
}

static void show_plan(struct cli *cli, struct json_object *plan)
{
	show_items(cli, plan, "items", plan_columns);
}

static const struct {
	const char *word;
	const char *path;
	void (*show)(struct cli *cli, struct json_object *answer);
} views[] = {
	{ "status", "bus", show_bus },
	{ "plan", "bus/plan", show_plan },
	{ "statistics", "bus/statistics", show_statistics },
};

#define VIEWS	(sizeof(views) / sizeof(views[0]))

int cmd_bus(struct cli *cli, int count, char **arguments)
{
	const char *word = count ? arguments[0] : views[0].word;
	struct json_object *answer = NULL;
	size_t i = 0;
	int result;

	while (i < VIEWS && strcmp(views[i].word, word))
		i++;
	if (i == VIEWS)
		return cli_fail(cli, CLI_USAGE, "bus needs one of status, plan, statistics: '%s'", word);
	result = client_request(cli, "GET", views[i].path, NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result)
		views[i].show(cli, answer);
	json_object_put(answer);
	return result;
}
