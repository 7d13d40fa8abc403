// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl status, ohtctl safety status */
#include <errno.h>

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

/* What ohtd says of its service this month; NULL: it does not answer, which is no fault of the device. To be released. */
static struct json_object *ask_service(const struct cli *cli)
{
	static const char url[] = "http://localhost/api/v1/analytics/service-level?by=month";
	struct http_answer answer = { 0 };
	struct json_object *json = NULL, *items, *month = NULL;

	if (http_exchange(&(struct http_request){ .method = "GET", .url = url, .socket = cli->socket }, &answer) == HTTP_ANSWERED &&
	    answer.status == 200)
		json = client_json(answer.body);
	items = json ? json_object_object_get(json, "items") : NULL;
	if (json_object_is_type(items, json_type_array) && json_object_array_length(items))
		month = json_object_get(json_object_array_get_idx(items, json_object_array_length(items) - 1));
	json_object_put(json);
	http_forget(&answer);
	return month;
}

static void show_service_line(struct cli *cli, struct json_object *month)
{
	struct json_object *uptime = json_object_object_get(month, "uptime_percent");
	bool met = json_object_get_boolean(json_object_object_get(month, "met"));

	show_field(cli, "service", "this month %s%s, %s", uptime ? json_object_get_string(uptime) : "not known",
		   uptime ? " % up" : "", met ? "targets met" : "targets not met: ohtctl alerts");
}

/* Behind all else: a daemon that hangs keeps nobody from the state of the stop. */
static void show_service(struct cli *cli)
{
	struct json_object *month;

	fflush(cli->out);
	month = ask_service(cli);
	if (month)
		show_service_line(cli, month);
	json_object_put(month);
}

/* The bus and the stop side by side: one may be there without the other. */
int cmd_status(struct cli *cli, int count, char **arguments)
{
	struct oht_stop_status status;
	struct oht_cyclic_status plan = { 0 };
	struct oht_dev_info info;
	struct json_object *object;
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
		json_object_object_add(object, "service", ask_service(cli));
		show_json(cli, object);
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
