// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl safety stop, reset, disable */
#include <errno.h>
#include <unistd.h>

#include "cli.h"
#include "cmd.h"
#include "remote.h"
#include "safety.h"
#include "show.h"

#define WORDS_BYTES	512

uint64_t safety_our_tag(void)
{
	return (uint64_t)getpid();
}

/* Nothing but the time since the channels closed stands in the way. */
static bool closed_too_shortly(struct cli *cli, uint64_t blocking)
{
	uint64_t buttons = oht_cause_mask(OHT_STOPPED_BY_BUTTON_A) |
			   oht_cause_mask(OHT_STOPPED_BY_BUTTON_B);
	struct oht_stop_status status;

	return !(blocking & ~buttons) && !oht_dev_stop_status(cli->dev, &status) &&
	       status.closed_since_ns;
}

/* What the computer lacks for an enable, which the status of a ready machine does not show; 0: nothing. */
static unsigned int missing_of(uint64_t blocking)
{
	unsigned int cause;

	for (cause = 1; cause < OHT_CAUSES_MAX; cause++)
		if (blocking & oht_cause_mask(cause) && oht_cause_is_lack(cause))
			return cause;
	return 0;
}

/* errno is that of the act. */
static int fail_blocked(struct cli *cli, const char *act, uint64_t blocking)
{
	struct oht_dev_info info = { 0 };
	char words[WORDS_BYTES];

	if (errno != EBUSY && errno != ECANCELED)
		return cli_fail_errno(cli, act);
	if (missing_of(blocking))
		return cli_fail(cli, CLI_FAILED, "%s refused, %s: %s %s", act,
				oht_cause_name(missing_of(blocking)),
				oht_cause_text(missing_of(blocking)),
				oht_cause_action(missing_of(blocking)));
	if (closed_too_shortly(cli, blocking)) {
		(void)oht_dev_info(cli->dev, &info);
		return cli_fail(cli, CLI_FAILED, "%s refused: %s %u ms; try again in a moment",
				act, "the channels must have been closed for",
				info.reset_stable_ms);
	}
	show_cause_words(blocking, words, sizeof(words));
	return cli_fail(cli, CLI_FAILED, "%s refused, in the way: %s; see ohtctl safety status",
			act, words);
}

static int fail_deadman(struct cli *cli, uint32_t deadman_ms)
{
	struct oht_dev_info info;

	if (oht_dev_info(cli->dev, &info))
		return cli_fail_errno(cli, "info");
	return cli_fail(cli, CLI_USAGE, "--deadman-ms must be %u..%u here: '%u'",
			info.deadman_min_ms, info.deadman_max_ms, deadman_ms);
}

int safety_take_control(struct cli *cli, uint32_t *deadman_ms, const char *instead)
{
	struct oht_stop_status status;
	char name[SHOW_NAME_BYTES];

	if (!oht_dev_control_take(cli->dev, deadman_ms))
		return 0;
	if (errno == EINVAL && deadman_ms && *deadman_ms)
		return fail_deadman(cli, *deadman_ms);
	if (errno != EBUSY || oht_dev_stop_status(cli->dev, &status))
		return cli_fail_errno(cli, "take control");
	show_process_name(status.controller_tgid, name);
	return cli_fail(cli, CLI_FAILED, "%s (pid %u) is the controller: %s", name,
			status.controller_tgid, instead);
}

bool safety_has_button(struct cli *cli)
{
	struct oht_dev_info info;

	return !oht_dev_info(cli->dev, &info) && (info.caps & OHT_HAS_RESET_BUTTON);
}

int safety_reset(struct cli *cli)
{
	uint64_t blocking = 0;

	if (!oht_dev_reset(cli->dev, safety_our_tag(), &blocking))
		return 0;
	return fail_blocked(cli, "reset", blocking);
}

int safety_enable(struct cli *cli)
{
	uint64_t blocking = 0;

	if (!oht_dev_enable(cli->dev, safety_our_tag(), &blocking))
		return 0;
	return fail_blocked(cli, "enable", blocking);
}

int safety_farewell(struct cli *cli)
{
	return oht_dev_control_release(cli->dev) ? cli_fail_errno(cli, "farewell") : 0;
}

/* The state now, and a sentence unless JSON is wanted. */
int safety_show_result(struct cli *cli, const char *sentence)
{
	struct oht_stop_status status;

	if (!cli->json) {
		fprintf(cli->out, "%s\n", sentence);
		return CLI_DONE;
	}
	if (oht_dev_stop_status(cli->dev, &status))
		return cli_fail_errno(cli, "safety status");
	show_json(cli, show_stop_json(cli, &status));
	return CLI_DONE;
}

/* For whoever may only look at the device, too. */
int cmd_safety_stop(struct cli *cli, int count, char **arguments)
{
	int result = cli_open(cli, OHT_OPEN_READ_ONLY);

	(void)count;
	(void)arguments;
	if (result)
		return result;
	if (oht_dev_stop(cli->dev, safety_our_tag()))
		return cli_fail_errno(cli, "stop");
	return safety_show_result(cli, "stopped: the enable outputs are low");
}

/*
 * A short-lived controller: its farewell stops again, but with cause farewell only, which enable
 * takes away by itself. So a person's reset counts, and nothing is enabled by it.
 */
int cmd_safety_reset(struct cli *cli, int count, char **arguments)
{
	int result = cli_open(cli, 0), farewell;

	if (!result && remote_is_controller(cli))
		return remote_safety_reset(cli, count, arguments);
	/* Before the role is taken: giving it back would undo what the button has done. */
	if (!result && safety_has_button(cli))
		return cli_fail(cli, CLI_FAILED, "reset refused: %s", oht_errno_text(EREMOTE));
	if (!result)
		result = safety_take_control(cli, NULL, SAFETY_END_IT);
	if (result)
		return result;
	result = safety_reset(cli);
	farewell = safety_farewell(cli);
	if (result || farewell)
		return result ? result : farewell;
	return safety_show_result(cli, "reset: causes cleared, outputs still low; now enable");
}

int cmd_safety_disable(struct cli *cli, int count, char **arguments)
{
	struct oht_stop_status status;
	char name[SHOW_NAME_BYTES];
	int result = cli_open(cli, 0);

	if (result)
		return result;
	if (remote_is_controller(cli))
		return remote_safety_disable(cli, count, arguments);
	if (oht_dev_stop_status(cli->dev, &status))
		return cli_fail_errno(cli, "safety status");
	/* Only a controller can have enabled. */
	if (status.state != OHT_STATE_ENABLED)
		return safety_show_result(cli, "not enabled: the enable outputs are low");
	show_process_name(status.controller_tgid, name);
	return cli_fail(cli, CLI_FAILED, "%s (pid %u) is the controller: %s", name,
			status.controller_tgid,
			"end it, or ohtctl safety stop");
}
