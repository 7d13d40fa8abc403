// SPDX-License-Identifier: GPL-2.0-or-later
/* What is not well with the sending of webhooks. */
#include "base/part.h"
#include "webhooks/webhooks.h"

enum { NOT_SENT };

static const struct ohtd_part_alert alerts[] = {
	[NOT_SENT] = { "webhooks", "webhooks_not_sent", OHTD_SEVERITY_WARNING,
		.text = "Nobody is told of alerts elsewhere: the process that sends webhooks does not run, or does not send.",
		.action = "See [webhooks] in ohtd.conf and sender in the log; then restart ohtd. Nothing in the queue is lost." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	if (ohtd_webhooks_fail(part))
		ohtd_part_report(to, NOT_SENT, 0);
}

const struct ohtd_daemon_part ohtd_webhooks_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
