// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that a person has to look after: an alert for each key and each agent. */
#include "auth/agents.h"
#include "auth/keys.h"
#include "auth/session.h"
#include "base/part.h"

enum { KEYS, SILENT };

static const struct ohtd_part_alert alerts[] = {
	[KEYS] = { "auth", "keys_due", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See ohtctl key list ACCOUNT: rotate a key that ends, end a key that no program uses or that others have read." },
	[SILENT] = { "auth", "agent_silent", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See ohtctl agents: start the program again, or take out one that is not needed any more (DELETE agents/NAME)." },
};

/* Its id is the subject: several keys of an account may have one name. */
static void report_key(void *to, enum ohtd_auth_key_concern concern, const struct ohtd_account_key *key)
{
	static const char *const words[] = {
		[OHTD_KEY_EXPOSED] = "came in a query, where others can read it",
		[OHTD_KEY_ENDED] = "has expired",
		[OHTD_KEY_ENDS] = "ends within 14 days",
		[OHTD_KEY_UNUSED] = "was not used for 90 days",
	};

	ohtd_part_report_about(to, KEYS, key->id, 0, "The key %s (%s) of %s %s.", key->name, key->id, key->user, words[concern]);
}

static void judge_keys(void *part, const struct ohtd_part_reports *to)
{
	ohtd_auth_keys_concerns(ohtd_auth_keys_of(part), report_key, (void *)to);
}

static void judge_agents(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_auth_agent agents[OHTD_AGENTS_MAX];
	unsigned int count = ohtd_auth_agents_list(ohtd_auth_agents_of(part), agents);

	for (unsigned int i = 0; i < count; i++)
		if (ohtd_auth_agent_is_silent(&agents[i], to->now_ns))
			ohtd_part_report_about(to, SILENT, agents[i].name, agents[i].heard_ns,
					       "The agent %s of %s has not been heard for more than %u s.", agents[i].name,
					       agents[i].user, agents[i].silent_s);
}

static void judge(void *part, const struct ohtd_part_reports *to)
{
	judge_keys(part, to);
	judge_agents(part, to);
}

const struct ohtd_daemon_part ohtd_auth_keys_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
