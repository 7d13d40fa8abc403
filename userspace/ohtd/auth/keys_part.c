// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys of service accounts that somebody has to look after: one alert for all of them, which names the gravest. */
#include "auth/keys.h"
#include "auth/session.h"
#include "base/part.h"

#include <stdio.h>

enum { KEYS };

static const struct ohtd_part_alert alerts[] = {
	[KEYS] = { "auth", "keys_due", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See ohtctl key list ACCOUNT: rotate a key that ends, end a key that no program uses or that others have read." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	static const char *const words[] = {
		[OHTD_KEY_EXPOSED] = "came in a query, where others can read it",
		[OHTD_KEY_ENDED] = "has expired",
		[OHTD_KEY_ENDS] = "ends within 14 days",
		[OHTD_KEY_UNUSED] = "was not used for 90 days",
	};
	enum ohtd_auth_key_concern concern;
	struct ohtd_table_key key;
	unsigned int count;
	char others[48] = "";

	concern = ohtd_auth_keys_concern(ohtd_auth_keys_of(part), &key, &count);
	if (concern == OHTD_KEY_FINE)
		return;
	if (count > 1)
		snprintf(others, sizeof(others), " Keys to look after: %u.", count);
	ohtd_part_report_text(to, KEYS, 0, "The key %s (%s) of %s %s.%s", key.name, key.id, key.user, words[concern], others);
}

const struct ohtd_daemon_part ohtd_auth_keys_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
