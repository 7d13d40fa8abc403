// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts of the recording of the stop's journal. */
#include "base/clock.h"
#include "base/part.h"
#include "journal/recorder.h"

/* Longer than a store that is busy with something else. */
#define LATE_NS		(2 * OHTD_NS_PER_S)

enum { FAILING, LATE };

static const char see_store[] = "See store in GET health; entries wait meanwhile.";

static const struct ohtd_part_alert alerts[] = {
	[FAILING] = { "journal", "failing",
		.text = "Entries of the stop's journal are not on the disk.", .action = see_store },
	[LATE] = { "journal", "late", OHTD_SEVERITY_WARNING,
		.text = "Entries of the stop's journal are not on the disk.", .action = see_store },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_recorder_view view;

	ohtd_recorder_look(part, &view);
	if (view.state == OHTD_RECORDER_FAILING)
		ohtd_part_report(to, FAILING, view.waiting_since_ns);
	else if (view.waiting_since_ns && ohtd_since(to->now_ns, view.waiting_since_ns) > LATE_NS)
		ohtd_part_report(to, LATE, view.waiting_since_ns);
}

const struct ohtd_daemon_part ohtd_journal_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
