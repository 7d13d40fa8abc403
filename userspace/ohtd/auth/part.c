// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts of the accounts. */
#include "auth/setup.h"
#include "base/part.h"

enum { LOST };

static const struct ohtd_part_alert alerts[] = {
	[LOST] = { "store", "accounts_lost",
		.text = "The accounts were lost: there is no administrator any more.",
		.action = "On the machine itself: ohtctl admin create NAME. No set-up code is given." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	if (ohtd_setup_is_lost(part))
		ohtd_part_report(to, LOST, 0);
}

const struct ohtd_daemon_part ohtd_auth_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
