// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl safety selftest */
#include <errno.h>

#include "cli.h"
#include "cmd.h"
#include "remote.h"
#include "safety.h"
#include "show.h"

#define USE_NOTHING	"end it first: a self-test is made while nobody drives"

static int show_result(struct cli *cli, uint32_t failed)
{
	unsigned int test;

	if (!failed)
		return safety_show_result(cli, "self-test: nothing wrong was found");
	for (test = 0; test < OHT_TESTS; test++)
		if (failed & (1U << test))
			(void)cli_fail(cli, CLI_FAILED, "self-test: %s", oht_test_text(test));
	return CLI_FAILED;
}

static int fail_test(struct cli *cli)
{
	switch (errno) {
	case ECANCELED:
		return cli_fail(cli, CLI_FAILED, "self-test refused: the machine is not stopped");
	case EBUSY:
		return cli_fail(cli, CLI_FAILED, "self-test refused: %s",
				"the contacts may still be moving, try again in a moment");
	default:
		return cli_fail_errno(cli, "self-test");
	}
}

/* Nothing here stops a machine that is ready or enabled: only its controller could have made it so. */
int cmd_safety_selftest(struct cli *cli, int count, char **arguments)
{
	int result = cli_open(cli, 0), farewell;
	struct oht_stop_status status;
	uint32_t failed = 0;

	if (!result && remote_is_controller(cli))
		return remote_safety_selftest(cli, count, arguments);
	if (!result && oht_dev_stop_status(cli->dev, &status))
		result = cli_fail_errno(cli, "safety status");
	/* The farewell would undo what a reset button has done. */
	if (!result && status.state != OHT_STATE_STOPPED && !status.has_controller)
		result = cli_fail(cli, CLI_FAILED, "self-test refused: the machine is not stopped");
	if (!result)
		result = safety_take_control(cli, NULL, USE_NOTHING);
	if (result)
		return result;
	if (oht_dev_self_test(cli->dev, &failed))
		result = fail_test(cli);
	else
		result = show_result(cli, failed);
	farewell = safety_farewell(cli);
	return result ? result : farewell;
}
