// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl events, ohtctl safety watch: what the device tells, until Ctrl-C */
#include <errno.h>

#include "cli.h"
#include "cmd.h"
#include "show_plan.h"
#include "watch.h"

/* Longest sleep, so that a signal that came just before it does not wait for long. */
#define NAP_MS	200

static void show_event(struct cli *cli, const struct oht_event *event)
{
	if (event->type == OHT_EVENT_SAFETY)
		show_safety_event(cli, event);
	else
		show_cycle_event(cli, event);
}

int watch_events(struct cli *cli, double wait_ms, uint32_t *left)
{
	double end_ms = show_now_ms() + wait_ms;
	struct oht_event event;
	double rest_ms = NAP_MS;
	int result;

	while (!cli_interrupted() && !(left && !*left)) {
		if (wait_ms >= 0)
			rest_ms = end_ms - show_now_ms();
		if (rest_ms <= 0)
			return 0;
		result = oht_dev_read_event(cli->dev, &event,
					    rest_ms < NAP_MS ? (int)rest_ms + 1 : NAP_MS);
		if (result < 0 && errno != EINTR)
			return cli_fail_errno(cli, "events");
		if (result <= 0 || event.type == OHT_EVENT_REPLY)
			continue;
		show_event(cli, &event);
		if (left)
			(*left)--;
	}
	return 0;
}

int watch_begin(struct cli *cli, unsigned int flags, uint32_t wanted)
{
	int result = cli_open(cli, flags);

	if (result)
		return result;
	if (oht_dev_subscribe(cli->dev, wanted))
		return cli_fail_errno(cli, "subscribe to events");
	cli_catch_signals();
	return 0;
}

static int show_round(struct cli *cli, int count, char **arguments)
{
	struct oht_stop_status status;
	int result;

	if (count) {
		if (!cli->json)
			fprintf(cli->out, "at %.3f s\n", show_age_s(0));
		result = cmd_read(cli, count, arguments);
		/* A module that is silent for a while does not end it. */
		return result == CLI_FAILED ? 0 : result;
	}
	if (oht_dev_stop_status(cli->dev, &status))
		return cli_fail_errno(cli, "events");
	if (cli->json)
		show_json(cli, show_stop_json(cli, &status));
	else
		show_stop_line(cli, &status);
	return 0;
}

int cmd_events(struct cli *cli, int count, char **arguments)
{
	uint32_t round = 0;
	int result;

	if (count == 1)
		return cli_fail(cli, CLI_USAGE, "events needs an address behind the unit '%s'",
				arguments[0]);
	result = watch_begin(cli, count ? 0 : OHT_OPEN_READ_ONLY, OHT_WANT_SAFETY);
	while (!result && !cli_interrupted()) {
		result = show_round(cli, count, arguments);
		if (cli->rounds && ++round == cli->rounds)
			break;
		if (!result)
			result = watch_events(cli, cli->interval_ms, NULL);
	}
	return result;
}

int cmd_safety_watch(struct cli *cli, int count, char **arguments)
{
	uint32_t left = cli->rounds;
	int result = watch_begin(cli, OHT_OPEN_READ_ONLY, OHT_WANT_SAFETY);

	(void)count;
	(void)arguments;
	if (result)
		return result;
	if (!cli->json)
		fprintf(cli->err, "waiting for safety events, Ctrl-C ends\n");
	return watch_events(cli, -1, cli->rounds ? &left : NULL);
}
