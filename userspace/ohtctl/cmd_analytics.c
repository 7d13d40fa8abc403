// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl analytics: what the robot did by hour, day or shift, a line for each. */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"
#include "span.h"

#define CELL_BYTES	32
#define MINUTE_CHARS	16	/* of a time: to the minute */

static struct json_object *member(struct json_object *item, const char *part, const char *name)
{
	return json_object_object_get(json_object_object_get(item, part), name);
}

/* A number with its decimals, times @factor; "-": there is none. */
static void number_text(struct json_object *value, double factor, int decimals, char text[CELL_BYTES])
{
	if (json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int))
		snprintf(text, CELL_BYTES, "%.*f", decimals, json_object_get_double(value) * factor);
	else
		snprintf(text, CELL_BYTES, "-");
}

static void show_number(struct cli *cli, struct json_object *value, double factor, int decimals,
			int width)
{
	char text[CELL_BYTES];

	number_text(value, factor, decimals, text);
	fprintf(cli->out, " %*s", width, text);
}

static int64_t count_stops(struct json_object *item)
{
	struct json_object *stops = json_object_object_get(item, "stops");
	int64_t count = 0;

	for (size_t i = 0; json_object_is_type(stops, json_type_array) &&
	     i < json_object_array_length(stops); i++)
		count += json_object_get_int64(json_object_object_get(
					json_object_array_get_idx(stops, i), "count"));
	return count;
}

static void show_line(struct cli *cli, struct json_object *item)
{
	const char *from = json_object_get_string(json_object_object_get(item, "from"));

	fprintf(cli->out, "%-*.*s", MINUTE_CHARS, MINUTE_CHARS, from ? from : "-");
	show_number(cli, member(item, "motion", "distance_m"), 1, 1, 10);
	show_number(cli, member(item, "moves", "finished"), 1, 0, 6);
	show_number(cli, member(item, "moves", "failed"), 1, 0, 6);
	show_number(cli, member(item, "moves", "docks_finished"), 1, 0, 5);
	fputc('/', cli->out);
	fprintf(cli->out, "%-4lld", (long long)json_object_get_int64(member(item, "moves", "docks")));
	show_number(cli, member(item, "energy", "used_wh"), 1e-3, 3, 8);
	fputc(json_object_get_boolean(member(item, "energy", "incomplete")) ? '+' : ' ', cli->out);
	show_number(cli, member(item, "energy", "cost"), 1, 2, 8);
	show_number(cli, member(item, "availability", "enabled_s"), 1 / 3600.0, 2, 8);
	show_number(cli, member(item, "availability", "available_percent"), 1, 1, 7);
	show_number(cli, member(item, "bus", "per_million"), 1, 1, 9);
	fprintf(cli->out, " %6lld", (long long)count_stops(item));
	show_number(cli, member(item, "availability", "unknown_s"), 1 / 3600.0, 2, 8);
	fputc('\n', cli->out);
}

/* False: the answer has not the form of ohtd. */
static bool show_table(struct cli *cli, struct json_object *answer)
{
	struct json_object *items = json_object_object_get(answer, "items");
	const char *by = json_object_get_string(json_object_object_get(answer, "by"));
	const char *currency = json_object_get_string(json_object_object_get(answer, "currency"));

	if (!json_object_is_type(items, json_type_array) || !by)
		return false;
	fprintf(cli->out, "by %s, UTC; energy in kWh (+: at least), cost in %s, enabled and unknown in hours\n", by,
		currency ? currency : "the unit of the tariff");
	fprintf(cli->out, "%-16s %10s %6s %6s %10s %8s  %8s %8s %7s %9s %6s %8s\n", "from", "distance m",
		"moves", "failed", "docks/all", "used", "cost", "enabled", "avail %", "errors/1M",
		"stops", "unknown");
	for (size_t i = 0; i < json_object_array_length(items); i++)
		show_line(cli, json_object_array_get_idx(items, i));
	return true;
}

int cmd_analytics(struct cli *cli, int count, char **arguments)
{
	char from[SPAN_TIME_BYTES], to[SPAN_TIME_BYTES], path[CLIENT_PATH_BYTES];
	const char *by = cli->by ? cli->by : "day";
	struct json_object *answer = NULL;
	int result = CLI_DONE;

	(void)count;
	(void)arguments;
	if (strcmp(by, "hour") && strcmp(by, "day") && strcmp(by, "shift"))
		return cli_fail(cli, CLI_USAGE, "--by is hour, day or shift, not '%s'", by);
	result = span_take(cli, "-7d", from, to);
	if (!result) {
		snprintf(path, sizeof(path), "analytics/summary?by=%s&to=%s%s%s", by, to,
			 *from ? "&from=" : "", from);
		result = client_request(cli, "GET", path, NULL, &answer);
	}
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result && !show_table(cli, answer))
		result = cli_fail(cli, CLI_FAILED, "what answers has no analytics");
	json_object_put(answer);
	return result;
}

/* The odometer, and a line for each kind of service. Takes the body. */
static int ask_odometer(struct cli *cli, const char *method, const char *path, struct json_object *body)
{
	static const struct show_column columns[] = {
		{ "wear", 8 }, { "used", 10 }, { "interval", 10 }, { "left", 10 }, { "unit", 4 }, { "due", 5 }, { "done", 27 }, { "done_by", 10 },
		{ "note", 0 }, { NULL, 0 },
	};
	struct json_object *answer = NULL, *services;
	int result = client_request(cli, method, path, body, &answer);

	json_object_put(body);
	if (!result && cli->json) {
		show_answer(cli, answer);
	} else if (!result) {
		services = json_object_new_object();
		json_object_object_add(services, "services", json_object_get(json_object_object_get(answer, "services")));
		json_object_object_del(answer, "services");
		show_answer(cli, answer);
		show_items(cli, services, "services", columns);
		json_object_put(services);
	}
	json_object_put(answer);
	return result;
}

int cmd_service_status(struct cli *cli, int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return ask_odometer(cli, "GET", "analytics/odometer", NULL);
}

int cmd_service_done(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();

	(void)count;
	json_object_object_add(body, "wear", json_object_new_string(arguments[0]));
	json_object_object_add(body, "note", json_object_new_string(arguments[1]));
	return ask_odometer(cli, "POST", "analytics/odometer/done", body);
}
