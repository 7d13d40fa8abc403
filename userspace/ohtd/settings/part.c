// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts of the configuration in force. */
#include "base/part.h"
#include "settings/settings.h"

enum { NOT_CHOSEN, RETURNED, DROPPED };

static const struct ohtd_part_alert alerts[] = {
	[NOT_CHOSEN] = { "configuration", "config_not_chosen",
		.action = "See ohtctl config get; set what is right, or confirm that version with ohtctl "
			  "config rollback. Then enable the robot (ohtctl safety enable), or restart ohtd." },
	[RETURNED] = { "configuration", "config_returned", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See ohtctl config versions and ohtctl config show VERSION; the next version ends this, or a day." },
	[DROPPED] = { "configuration", "config_dropped", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "Ask for the change again, while the robot stands; the next version ends this, or a day." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	char waits[OHTD_WAITS_BYTES], why[OHTD_RETURNED_BYTES];
	uint64_t since_ns;

	if (ohtd_settings_wait(part, waits))
		ohtd_part_report_text(to, NOT_CHOSEN, 0, "Nobody has chosen the configuration, %s.", waits);
	since_ns = ohtd_settings_returned(part, why);
	if (since_ns)
		ohtd_part_report_text(to, RETURNED, since_ns, "The configuration has returned: %s.", why);
	since_ns = ohtd_settings_dropped(part, why);
	if (since_ns)
		ohtd_part_report_text(to, DROPPED, since_ns, "A change of the configuration was not made: %s.", why);
}

const struct ohtd_daemon_part ohtd_settings_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
