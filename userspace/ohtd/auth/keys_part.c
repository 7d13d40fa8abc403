// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys of service accounts that a person has to look after: an alert for each of them. */
#include "auth/keys.h"
#include "auth/session.h"
#include "base/part.h"

enum { KEYS };

static const struct ohtd_part_alert alerts[] = {
	[KEYS] = { "auth", "keys_due", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See ohtctl key list ACCOUNT: rotate a key that ends, end a key that no program uses or that others have read." },
};

/* Its id is the subject: several keys of an account may have one name. */
static void report_key(void *to, enum ohtd_auth_key_concern concern, const struct ohtd_table_key *key)
{
	static const char *const words[] = {
		[OHTD_KEY_EXPOSED] = "came in a query, where others can read it",
		[OHTD_KEY_ENDED] = "has expired",
		[OHTD_KEY_ENDS] = "ends within 14 days",
		[OHTD_KEY_UNUSED] = "was not used for 90 days",
	};

	ohtd_part_report_about(to, KEYS, key->id, 0, "The key %s (%s) of %s %s.", key->name, key->id, key->user, words[concern]);
}

static void judge(void *part, const struct ohtd_part_reports *to)
{
	ohtd_auth_keys_concerns(ohtd_auth_keys_of(part), report_key, (void *)to);
}

const struct ohtd_daemon_part ohtd_auth_keys_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
