// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl status, ohtctl safety status */
#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "cli.h"
#include "client.h"
#include "cmd.h"
#include "http.h"
#include "oht_plan.h"
#include "show.h"

static int get_status(struct cli *cli, struct oht_stop_status *status)
{
	int result = cli_open(cli, OHT_OPEN_READ_ONLY);

	if (result)
		return result;
	return oht_dev_stop_status(cli->dev, status) ? cli_fail_errno(cli, "safety status") : 0;
}

/* Everything else on the bus waits for it, so it is worth a line. */
static void show_plan_line(struct cli *cli, const struct oht_cyclic_status *plan)
{
	if (plan->running)
		show_field(cli, "plan", "%u entries, cycle of %u us", plan->entries,
			   plan->cycle_us);
	else
		show_field(cli, "plan", "none");
}

/* Service level of this month and its targets; NULL: the daemon does not answer, which is no fault of the device. To be released. */
static struct json_object *ask_service(const struct cli *cli)
{
	static const char url[] = "http://localhost/api/v1/analytics/service-level?by=month";
	struct http_answer answer = { 0 };
	struct json_object *json = NULL;

	if (http_exchange(&(struct http_request){ .method = "GET", .url = url, .socket = cli->socket }, &answer) == HTTP_ANSWERED &&
	    answer.status == 200)
		json = client_json(answer.body);
	http_forget(&answer);
	return json;
}

/* The last part of the answer, which belongs to @service. NULL: there is none. */
static struct json_object *month_of(struct json_object *service)
{
	struct json_object *items = service ? json_object_object_get(service, "items") : NULL;
	size_t count = json_object_is_type(items, json_type_array) ? json_object_array_length(items) : 0;

	return count ? json_object_array_get_idx(items, count - 1) : NULL;
}

static double number_of(struct json_object *object, const char *name)
{
	struct json_object *number = object ? json_object_object_get(object, name) : NULL;

	return number ? json_object_get_double(number) : NAN;
}

/* Two digits, away from what is better: a target that is missed never looks met, and only a whole month without a failure is 100. */
static double to_digits(double value, bool more_is_better)
{
	const double hundredths = value * 100;
	const double whole = round(hundredths);

	if (fabs(whole - hundredths) < 1e-9 && (whole < 10000 || value >= 100))
		return whole / 100;
	return (more_is_better ? floor(hundredths) : ceil(hundredths)) / 100;
}

static const struct figure {
	const char *words, *name, *target, *unit;
	bool more_is_better;
} figures[] = {
	{ "uptime", "uptime_percent", "uptime_percent", "%", true },
	{ "missed cycles", "missed_percent", "errors_percent", "%", false },
	{ "refused requests", "refused_percent", "errors_percent", "%", false },
	{ "answers, p99", "requests_p99_ms", "latency_ms", "ms", false },
	{ "live data, p99", "telemetry_p99_ms", "latency_ms", "ms", false },
};

/* A figure that is not known misses no target. */
static bool misses(const struct figure *figure, double value, double target)
{
	return figure->more_is_better ? value < target : value > target;
}

/* One line for each target that is missed. */
static void show_missed(struct cli *cli, struct json_object *month, struct json_object *targets)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		const struct figure *figure = &figures[i];
		double value = number_of(month, figure->name), target = number_of(targets, figure->target);

		if (misses(figure, value, target))
			show_field(cli, "target", "not met: %s %g %s, at %s %g %s", figure->words, to_digits(value, figure->more_is_better),
				   figure->unit, figure->more_is_better ? "least" : "most", target, figure->unit);
	}
}

static void show_service_line(struct cli *cli, struct json_object *month, struct json_object *targets)
{
	bool met = json_object_get_boolean(json_object_object_get(month, "met"));
	double uptime = number_of(month, "uptime_percent");
	const char *told = met ? "targets met" : "targets not met";

	if (isnan(uptime))
		show_field(cli, "service", "this month not known, %s", told);
	else
		show_field(cli, "service", "this month %g %% up, %s", to_digits(uptime, true), told);
	if (!met)
		show_missed(cli, month, targets);
}

/* These lines come last: the state of the stop is shown even when the daemon hangs. */
static void show_service(struct cli *cli)
{
	struct json_object *service, *month;

	fflush(cli->out);
	service = ask_service(cli);
	month = month_of(service);
	if (month)
		show_service_line(cli, month, json_object_object_get(service, "targets"));
	json_object_put(service);
}

/* The bus and the stop side by side: one may be there without the other. */
int cmd_status(struct cli *cli, int count, char **arguments)
{
	struct oht_stop_status status;
	struct oht_cyclic_status plan = { 0 };
	struct oht_dev_info info;
	struct json_object *object, *service;
	int result = get_status(cli, &status);
	bool bus;

	(void)count;
	(void)arguments;
	if (result)
		return result;
	if (oht_dev_info(cli->dev, &info))
		return cli_fail_errno(cli, "status");
	bus = info.caps & OHT_HAS_BUS;
	if (bus && oht_plan_status(cli->dev, &plan))
		return cli_fail_errno(cli, "plan status");
	if (cli->json) {
		object = show_stop_json(cli, &status);
		show_add_text(object, "device", cli->device);
		show_add_bool(object, "bus", bus);
		show_add_bool(object, "plan", plan.running);
		service = ask_service(cli);
		json_object_object_add(object, "service", json_object_get(month_of(service)));
		show_json(cli, object);
		json_object_put(service);
		return CLI_DONE;
	}
	show_field(cli, "device", "%s", cli->device);
	show_field(cli, "bus", "%s", bus ? "up" : "down: the port failed, see dmesg");
	if (bus)
		show_plan_line(cli, &plan);
	show_stop(cli, &status, false);
	show_service(cli);
	return CLI_DONE;
}

int cmd_safety_status(struct cli *cli, int count, char **arguments)
{
	struct oht_stop_status status;
	int result = get_status(cli, &status);

	(void)count;
	(void)arguments;
	if (result)
		return result;
	if (cli->json)
		show_json(cli, show_stop_json(cli, &status));
	else
		show_stop(cli, &status, true);
	return CLI_DONE;
}
