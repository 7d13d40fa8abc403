// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtctl safety commission. However it ends, the machine is stopped: in order after a walk that
 * passed; with a stop that wants a person's reset after one that did not.
 */
#include <errno.h>
#include <stdlib.h>

#include "cli.h"
#include "cmd.h"
#include "commission.h"
#include "safety.h"
#include "show.h"

#define USE_NOTHING	"end it first: nobody else may drive meanwhile"

static int begin(struct commission *walk)
{
	struct cli *cli = walk->cli;
	int result;

	if (oht_dev_info(cli->dev, &walk->info))
		return cli_fail_errno(cli, "info");
	if (!(walk->info.caps & OHT_HAS_ESTOP))
		return cli_fail(cli, CLI_FAILED, "%s has no emergency stop", cli->device);
	if (oht_dev_subscribe_safety(cli->dev, true))
		return cli_fail_errno(cli, "subscribe to safety events");
	walk->deadman_ms = cli->deadman_ms;
	result = safety_take_control(cli, &walk->deadman_ms, USE_NOTHING);
	walk->holds_role = !result;
	return result;
}

/* A walk that did not pass leaves a cause that no program takes away by itself. */
static void end(struct commission *walk, enum step_result result)
{
	struct oht_dev *dev = walk->cli->dev;

	if (!walk->holds_role || walk->gone)
		return;
	if (result != STEP_PASSED && oht_dev_stop(dev, safety_our_tag()))
		commission_say(walk, "stop: %s", oht_errno_text(errno));
	/* If this fails, closing stops as well. */
	(void)oht_dev_control_release(dev);
	(void)oht_dev_stop_status(dev, &walk->status);
}

static int walk_and_report(struct commission *walk, struct commission_report *report)
{
	enum step_result result;
	int written;

	commission_say(walk, "Commissioning of the emergency stop of %s by %s, %s", walk->cli->device,
		       report->by, "see docs/safety.md");
	result = commission_walk(walk);
	end(walk, result);
	written = commission_report_write(walk, report, result);
	if (written)
		return written;
	if (walk->gone)
		return CLI_NO_DEVICE;
	return result == STEP_PASSED ? CLI_DONE : CLI_FAILED;
}

int cmd_safety_commission(struct cli *cli, int count, char **arguments)
{
	struct commission *walk = calloc(1, sizeof(*walk));
	struct commission_report report = { 0 };
	int result;

	(void)count;
	(void)arguments;
	if (!walk)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	walk->cli = cli;
	walk->steps = json_object_new_array();
	walk->words = open_memstream(&walk->text, &walk->text_bytes);
	result = cli_open(cli, 0);
	if (!result && cli->drive)
		result = commission_drive_open(walk, cli->drive);
	if (!result)
		result = commission_report_open(cli, &report);
	cli_catch_signals();
	if (!result)
		result = begin(walk);
	if (!result)
		result = walk_and_report(walk, &report);
	commission_report_close(&report);
	fclose(walk->words);
	free(walk->text);
	json_object_put(walk->steps);
	free(walk);
	return result;
}
