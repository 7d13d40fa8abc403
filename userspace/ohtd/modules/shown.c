// SPDX-License-Identifier: GPL-2.0-or-later
#include "modules/shown.h"

#include <string.h>

/*
 * A module that is busy again so soon is asked less often: each change of the plan costs a cycle.
 */
#define AGAIN_NS	OHTD_NS_PER_S

/* The plan reads each register that it writes: only that shows that the module has taken the value. */
void ohtd_shown_cut(struct ohtd_unit *unit)
{
	int places[OHTD_SIGNALS_POLLED + OHTD_OUTPUTS];

	memcpy(places, unit->plan->signal, OHTD_SIGNALS_POLLED * sizeof(places[0]));
	memcpy(places + OHTD_SIGNALS_POLLED, unit->plan->output, sizeof(unit->plan->output));
	ohtd_blocks_cut(unit->plan->map, places,
			OHTD_SIGNALS_POLLED + (unit->hides_outputs ? 0 : OHTD_OUTPUTS), unit->marks,
			&unit->blocks);
}

bool ohtd_shown_refused(struct ohtd_unit *unit, const struct ohtd_block *block,
			const struct oht_reply *reply, uint64_t time_ns)
{
	bool soon = unit->refused_ns && time_ns < unit->refused_ns + AGAIN_NS;

	if (reply->outcome != OHT_OUTCOME_EXCEPTION || unit->hides_outputs ||
	    !ohtd_block_has(block, unit->plan->output, OHTD_OUTPUTS))
		return false;
	unit->hides_outputs = true;
	unit->hidden = *block;
	/* What the module has not at all is not there a moment later either. */
	unit->show_ns = ohtd_reply_is_not_here(reply) ? 0 : soon ? time_ns + AGAIN_NS : time_ns;
	unit->refused_ns = time_ns;
	ohtd_shown_cut(unit);
	return true;
}

bool ohtd_shown_due(const struct ohtd_unit *unit, uint64_t now_ns)
{
	return unit->hides_outputs && unit->show_ns && unit->show_ns <= now_ns;
}

bool ohtd_shown_answered(struct ohtd_unit *unit, const struct ohtd_block *block,
			 const struct oht_reply *reply, uint64_t now_ns)
{
	if (!unit->hides_outputs || !unit->show_ns ||
	    memcmp(block, &unit->hidden, sizeof(*block)) != 0)
		return false;
	unit->show_ns = ohtd_reply_is_not_here(reply) ? 0 : now_ns + AGAIN_NS;
	if (reply->outcome == OHT_OUTCOME_OK)
		ohtd_shown_forget(unit);
	return reply->outcome == OHT_OUTCOME_EXCEPTION;
}

void ohtd_shown_forget(struct ohtd_unit *unit)
{
	unit->hides_outputs = false;
	unit->show_ns = 0;
	ohtd_shown_cut(unit);
}
