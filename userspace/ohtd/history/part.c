// SPDX-License-Identifier: GPL-2.0-or-later
/* What is not well with the memory of values. */
#include "base/part.h"
#include "history/history.h"
#include "store/store.h"

enum { FAILING };

static const struct ohtd_part_alert alerts[] = {
	[FAILING] = { "history", "history_failing", OHTD_SEVERITY_WARNING,
		.text = "Values are not kept.",
		.action = "See history in GET health and the log: full leaves the last 64 MiB of the disk, an eighth of a small one, to "
			  "accounts and configuration, so make room. With a file that is not ours, move history.db away "
			  "and restart ohtd. The robot and the accounts do not need it." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_history_view view;

	ohtd_history_look(part, &view);
	if (view.state != OHTD_STORE_OK)
		ohtd_part_report(to, FAILING, 0);
}

const struct ohtd_daemon_part ohtd_history_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
