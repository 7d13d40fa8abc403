// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/safety_cause.h"

#include <stdio.h>
#include <string.h>

#include "views/words.h"
#include "oht_client.h"

#define TEXT_BYTES	256

OHTD_SHAPE_SHARED(safety_cause, "Cause",
	OHTD_WORD(safety_cause, code, .words = &ohtd_cause_words, .summary = "What it is, for programs"),
	OHTD_TEXT(safety_cause, text, .summary = "What it is, for people"),
	OHTD_TEXT(safety_cause, action, .summary = "What to do about it"));

/* "ohtd itself asked for the stop. A module does not answer any more (unit 5)." */
static const char *own_text(const struct ohtd_memory *memory, const struct ohtd_why *own)
{
	const char *reason = ohtd_why_text(own->code);
	char *text = memory->take(memory->from, TEXT_BYTES);
	char unit[16] = "";

	if (own->unit)
		snprintf(unit, sizeof(unit), " (unit %u)", own->unit);
	snprintf(text, TEXT_BYTES, "ohtd itself asked for the stop. %.*s%s.", (int)strcspn(reason, "."), reason, unit);
	return text;
}

static const char *own_action(const struct ohtd_memory *memory, const struct ohtd_why *own)
{
	char *text = memory->take(memory->from, TEXT_BYTES);

	snprintf(text, TEXT_BYTES, "%s Then reset.", ohtd_robot_why_action(own->code));
	return text;
}

struct safety_cause ohtd_safety_cause(const struct ohtd_memory *memory, unsigned int cause,
				      const struct ohtd_why *own)
{
	if (cause != OHT_STOPPED_BY_SOFTWARE || !own || !own->code)
		return (struct safety_cause){ cause, oht_cause_text(cause), oht_cause_action(cause) };
	/* The state alone is no reason: something has made a state that must not be. */
	if (own->code == OHTD_WHY_STATE)
		return (struct safety_cause){ cause, "ohtd itself asked for the stop.",
					      "Look at the log of ohtd, then reset." };
	return (struct safety_cause){ cause, own_text(memory, own), own_action(memory, own) };
}
