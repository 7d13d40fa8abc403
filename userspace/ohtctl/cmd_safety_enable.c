// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtctl safety enable: be the controller in the foreground.
 *
 * The kernel stops the machine when its controller is gone, so the outputs are high for as long as
 * this program runs and not longer. It resets by itself only what nobody needs to look at: that the
 * machine has just started, or that the last controller left in order. Any other cause wants a
 * person's "ohtctl safety reset" first; reset and enable stay two acts.
 */
#include <errno.h>

#include "cli.h"
#include "cmd.h"
#include "remote.h"
#include "safety.h"
#include "show.h"

#define WORDS_BYTES	512
/* Heartbeats within one deadman period: one may be late without harm. */
#define HEARTBEATS	4

static int refuse_unacknowledged(struct cli *cli)
{
	uint64_t harmless = oht_cause_mask(OHT_STOPPED_BY_START) |
			    oht_cause_mask(OHT_STOPPED_BY_FAREWELL);
	struct oht_stop_status status;
	char words[WORDS_BYTES];

	if (oht_dev_stop_status(cli->dev, &status))
		return cli_fail_errno(cli, "safety status");
	/* A button's reset stays: nobody needs to take anything away here. */
	if (safety_has_button(cli))
		harmless = 0;
	if (!(status.causes & ~harmless))
		return 0;
	show_cause_words(status.causes & ~harmless, words, sizeof(words));
	return cli_fail(cli, CLI_FAILED, "enable refused: stopped by %s; %s%s", words,
			"make the robot safe, then first: ",
			harmless ? "ohtctl safety reset" : "press the reset button");
}

/* A stop's own event says why: an exit code after the complaint, -1 for any other event. */
static int show_event(struct cli *cli, const struct oht_event *event)
{
	if (event->type != OHT_EVENT_SAFETY)
		return -1;
	show_safety_event(cli, event);
	if (!event->safety.cause)
		return -1;
	return cli_fail(cli, CLI_FAILED, "stopped by %s: %s %s",
			oht_cause_name(event->safety.cause), oht_cause_text(event->safety.cause),
			oht_cause_action(event->safety.cause));
}

/* Until a signal (CLI_DONE) or a stop. */
static int hold(struct cli *cli, uint32_t deadman_ms)
{
	int nap_ms = deadman_ms / HEARTBEATS > 0 ? (int)(deadman_ms / HEARTBEATS) : 1;
	struct oht_event event;
	int result;

	while (!cli_interrupted()) {
		if (oht_dev_heartbeat(cli->dev))
			return cli_fail_errno(cli, "heartbeat");
		result = oht_dev_read_event(cli->dev, &event, nap_ms);
		if (result < 0 && errno != EINTR)
			return cli_fail_errno(cli, "events");
		if (result <= 0)
			continue;
		result = show_event(cli, &event);
		if (result >= 0)
			return result;
	}
	return CLI_DONE;
}

static int enable_and_hold(struct cli *cli, uint32_t deadman_ms)
{
	int result = refuse_unacknowledged(cli);

	if (!result && !safety_has_button(cli))
		result = safety_reset(cli);
	if (!result)
		result = safety_enable(cli);
	if (result)
		return result;
	result = safety_show_result(cli, "enabled: outputs high while this runs, Ctrl-C ends");
	return result ? result : hold(cli, deadman_ms);
}

int cmd_safety_enable(struct cli *cli, int count, char **arguments)
{
	uint32_t deadman_ms = cli->deadman_ms;
	int result = cli_open(cli, 0);

	/* A daemon has its own heartbeat. */
	if (!result && !(cli->given & CLI_OPT_DEADMAN) && remote_is_controller(cli))
		return remote_safety_enable(cli, count, arguments);
	/* Before the role is taken: a refusal should leave no trace in the journal. */
	if (!result)
		result = refuse_unacknowledged(cli);
	if (!result && oht_dev_subscribe_safety(cli->dev, true))
		result = cli_fail_errno(cli, "subscribe to safety events");
	if (result)
		return result;
	cli_catch_signals();
	result = safety_take_control(cli, &deadman_ms, SAFETY_END_IT);
	if (result)
		return result;
	result = enable_and_hold(cli, deadman_ms);
	if (result) {
		/* The complaint has been made; if this fails too, closing stops as well. */
		(void)oht_dev_control_release(cli->dev);
		return result;
	}
	result = safety_farewell(cli);
	return result ? result : safety_show_result(cli, "farewell: the enable outputs are low");
}
