// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/silence.h"

void ohtd_silence_note(struct ohtd_silence *silence, uint64_t now_ns)
{
	silence->wait_ns = silence->wait_ns ? silence->wait_ns * 2 : OHTD_SILENCE_FIRST_NS;
	if (silence->wait_ns > OHTD_SILENCE_MAX_NS)
		silence->wait_ns = OHTD_SILENCE_MAX_NS;
	silence->since_ns = now_ns;
	silence->until_ns = now_ns + silence->wait_ns;
}

bool ohtd_silence_holds(const struct ohtd_silence *silence, uint64_t now_ns, uint64_t heard_ns)
{
	if (now_ns >= silence->until_ns)
		return false;
	return heard_ns <= silence->since_ns ||
	       now_ns < silence->since_ns + OHTD_SILENCE_FIRST_NS;
}
