// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts of the audit. */
#include "audit/audit.h"
#include "base/part.h"

enum { ALTERED };

static const struct ohtd_part_alert alerts[] = {
	[ALTERED] = { "audit", "audit_altered", OHTD_SEVERITY_WARNING,
		.text = "The records of the audit are not those of its newest checkpoint: some were changed or cut off, or an "
			"old copy of the database came back.",
		.action = "See ohtctl audit verify, and keep a copy of the state folder. The alert ends with the next start." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_audit_view view;

	ohtd_audit_look(part, &view);
	if (view.fault)
		ohtd_part_report(to, ALTERED, 0);
}

static void tick(void *part)
{
	ohtd_audit_keep_head(part);
}

const struct ohtd_daemon_part ohtd_audit_part = { OHTD_PART_ALERTS(alerts), .judge = judge, .tick = tick };
