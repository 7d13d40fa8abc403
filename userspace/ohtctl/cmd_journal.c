// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl safety journal: what the kernel keeps of the stop, the oldest first. */
#include "cli.h"
#include "cmd.h"
#include "show.h"

/* The newest @wanted of the entries up to @newest, 0: all that there are. */
static uint64_t first_wanted(uint64_t newest, uint32_t wanted)
{
	return wanted && wanted < newest ? newest - wanted + 1 : 1;
}

static int show_entries(struct cli *cli, uint64_t newest)
{
	struct oht_event event;
	int result;

	/* What comes meanwhile is for the next time: else a busy stop would keep us for ever. */
	do {
		result = oht_dev_read_event(cli->dev, &event, 0);
		if (result > 0)
			show_safety_event(cli, &event);
		/* Nothing else has been subscribed to, nor asked. */
	} while (result > 0 && event.safety.journal_seq < newest);
	return result < 0 ? cli_fail_errno(cli, "journal") : CLI_DONE;
}

int cmd_safety_journal(struct cli *cli, int count, char **arguments)
{
	struct oht_stop_status status;
	int result = cli_open(cli, OHT_OPEN_READ_ONLY);

	(void)count;
	(void)arguments;
	if (result)
		return result;
	if (oht_dev_stop_status(cli->dev, &status) ||
	    oht_dev_subscribe_from(cli->dev, OHT_WANT_SAFETY,
				   first_wanted(status.journal_seq, cli->rounds)))
		return cli_fail_errno(cli, "journal");
	return show_entries(cli, status.journal_seq);
}
