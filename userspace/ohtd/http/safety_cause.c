// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/safety_cause.h"

#include "http/words.h"
#include "oht_client.h"

OHTD_SHAPE_SHARED(safety_cause, "Cause",
	OHTD_WORD(safety_cause, code, .words = &ohtd_cause_words, .summary = "What it is, for programs"),
	OHTD_TEXT(safety_cause, text, .summary = "What it is, for people"),
	OHTD_TEXT(safety_cause, action, .summary = "What to do about it"));

struct safety_cause ohtd_safety_cause(unsigned int cause)
{
	return (struct safety_cause){ cause, oht_cause_text(cause), oht_cause_action(cause) };
}
