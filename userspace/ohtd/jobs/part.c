// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts of backups. */
#include "base/part.h"
#include "jobs/backups.h"

enum { RESTORE_WAITS, FAIL };

static const struct ohtd_part_alert alerts[] = {
	[RESTORE_WAITS] = { "backup", "restore_waits", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "Restart ohtd (ohtctl admin restart), or take it back: ohtctl backup withdraw NUMBER." },
	[FAIL] = { "backup", "backups_fail", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See GET jobs and GET backups: the folder backups must be there and have room, on this disk or mounted there. "
			  "Then ohtctl backup make." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_backup_trouble trouble;
	struct ohtd_restore_wait wait;

	ohtd_backups_waits(part, &wait);
	if (wait.backup)
		ohtd_part_report_text(to, RESTORE_WAITS, wait.since_ns,
				      "The next start of ohtd puts backup %lld in, as %s has ordered: what is changed until then is lost.%s",
				      (long long)wait.backup, wait.by, wait.in_clear ?
				      " It is not encrypted: nothing says that a robot with this key made it." : "");
	ohtd_backups_trouble(part, &trouble);
	if (trouble.since_ns)
		ohtd_part_report_text(to, FAIL, trouble.since_ns, "%s", trouble.text);
}

static void tick(void *part)
{
	ohtd_backups_tick(part);
}

const struct ohtd_daemon_part ohtd_jobs_part = { OHTD_PART_ALERTS(alerts), .judge = judge, .tick = tick };
