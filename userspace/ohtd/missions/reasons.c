// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a mission is held, for people. */
#include "missions/private.h"

#include <string.h>

#include "robot/codes.h"

static const struct {
	const char *word;
	const char *text;
} own[] = {
	{ OHTD_MISSIONS_RESTART, "The program ended or was restarted while the mission was under way." },
	{ OHTD_MISSIONS_ACKNOWLEDGE, "The mission waits until a person lets it go on." },
	{ OHTD_MISSIONS_SESSION_ENDED, "The session in whose name the mission was driven has ended." },
	{ OHTD_MISSIONS_KEY_SCOPE, "The key in whose name the mission was driven does not permit this leg." },
	{ OHTD_MISSIONS_QUALIFICATION, "The account in whose name the mission was driven has no certificate that holds of a course that the leg needs." },
	{ OHTD_MISSIONS_NO_STATION, "No station has the name that the leg goes to." },
	{ OHTD_MISSIONS_NO_SIGNAL, "No signal has the name that the leg waits for." },
	{ OHTD_MISSIONS_NO_REGISTER, "No module at that address has the register of the leg." },
	{ OHTD_MISSIONS_REGISTER_UNFIT, "A mission does not write this register: it can only be read, moves the robot or needs an elevated session." },
	{ OHTD_MISSIONS_REGISTER_ROLE, "The role of the session in whose name the mission was driven may not write the register." },
	{ OHTD_MISSIONS_REGISTER_VALUE, "The register does not take the value of the leg." },
	{ OHTD_MISSIONS_NOT_HELD, "The module acknowledged the write, and the register holds another value." },
	{ OHTD_MISSIONS_CONDITION, "The signal of the next leg is not within its bounds, or has no good value." },
	{ OHTD_MISSIONS_DEADLINE, "The leg was not over by its deadline." },
	{ OHTD_MISSIONS_STORE, "The store did not take the leg, so it was not driven." },
	{ OHTD_MISSIONS_UNSEEN, "More happened at once than could be followed: how the leg ended is not known." },
	{ OHTD_MISSIONS_DRAINED, "A person or program had the mission held behind a leg." },
	{ OHTD_MISSIONS_BATTERY, "The battery has less charge than /missions/battery_min_percent of the configuration: no leg begins but to dock and to charge." },
	{ OHTD_MISSIONS_DRAINS, "The mission is held when the leg under way is over." },
	{ OHTD_MISSIONS_NOT_RELEASED, "The next leg is not released yet." },
	{ OHTD_MISSIONS_SCHEDULE_NOT_RELEASED, "No person has released the schedule since it was interrupted last: the mission waits to be started." },
	{ OHTD_MISSIONS_CLOCK_UNKEPT, "No time server has set the clock of the robot since ohtd started: the mission waits to be started." },
	{ OHTD_MISSIONS_DRIVEN, "Another mission was driven at the time of the schedule, or waited for an acknowledgement: the mission waits to be started." },
	{ OHTD_MISSION_NOT_OVER, "The mission that the schedule made before is not over." },
	{ OHTD_MISSION_MISSED, "The robot was off or asleep at that time." },
	{ OHTD_MISSION_CLOCK_SET, "The clock of the robot was set over that time." },
	{ OHTD_MISSION_TOO_MANY, "As many missions are there as the robot keeps: delete one." },
	{ OHTD_MISSION_NO_TEMPLATE, "The template of the schedule is not there any more." },
	{ "damaged", "The database was damaged, and legs of the mission are lost." },
	{ "restored", "The database was restored from a backup: which legs were driven since is not known." },
};

/* The robot's own words say what is so now, and the mission keeps what was so when it was held. */
static const char *const whys[OHTD_WHYS] = {
#define OHTD_WHY(code_, alarm_, severity_, ends_, word_, text_, action_)	[OHTD_WHY_##code_] = "At that moment: " text_,
#include "robot/whys.def"
};

static const char *own_text(const char *reason)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strcmp(own[i].word, reason))
			return own[i].text;
	return NULL;
}

static unsigned int code_of(const char *reason)
{
	unsigned int code = OHTD_WHY_NONE + 1;

	while (code < OHTD_WHYS && strcmp(ohtd_why_name(code), reason))
		code++;
	return code;
}

const char *ohtd_missions_reason_text(const char *reason)
{
	const char *text = own_text(reason);
	unsigned int code = code_of(reason);

	return text ? text : code < OHTD_WHYS ? whys[code] : "";
}

const char *ohtd_missions_check_text(const char *reason)
{
	const char *text = own_text(reason);

	return text ? text : ohtd_why_text(code_of(reason));
}
