// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl status, ohtctl safety status */
#include <errno.h>

#include "cli.h"
#include "cmd.h"
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
		show_json(cli, object);
		return CLI_DONE;
	}
	show_field(cli, "device", "%s", cli->device);
	show_field(cli, "bus", "%s", bus ? "up" : "down: the port failed, see dmesg");
	if (bus)
		show_plan_line(cli, &plan);
	show_stop(cli, &status, false);
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
