// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that a person has to look after: an alert for each key, one for all agents. */
#include "auth/agents.h"
#include "auth/keys.h"
#include "auth/session.h"
#include "base/part.h"


#include <stdio.h>

enum { KEYS, SILENT };

static const struct ohtd_part_alert alerts[] = {
	[KEYS] = { "auth", "keys_due", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See ohtctl key list ACCOUNT: rotate a key that ends, end a key that no program uses or that others have read." },
	[SILENT] = { "auth", "agent_silent", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See ohtctl agents: start the program again, or take out one that is not needed any more (DELETE agents/NAME)." },
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

static void judge_keys(void *part, const struct ohtd_part_reports *to)
{
	ohtd_auth_keys_concerns(ohtd_auth_keys_of(part), report_key, (void *)to);
}

static void judge_agents(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_auth_agent agent;
	unsigned int count = ohtd_auth_agents_silent(ohtd_auth_agents_of(part), to->now_ns, &agent);
	char others[48] = "";

	if (!count)
		return;
	if (count > 1)
		snprintf(others, sizeof(others), " Silent agents: %u.", count);
	ohtd_part_report_text(to, SILENT, agent.heard_ns, "The agent %s of %s has not been heard for more than %u s.%s", agent.name, agent.user,
			      agent.silent_s, others);
}

static void judge(void *part, const struct ohtd_part_reports *to)
{
	judge_keys(part, to);
	judge_agents(part, to);
}

const struct ohtd_daemon_part ohtd_auth_keys_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
