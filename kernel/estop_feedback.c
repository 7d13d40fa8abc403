// SPDX-License-Identifier: GPL-2.0-only
/*
 * Enable feedback: do the contacts behind the outputs follow them? Read by the supervision timer
 * and by whoever asks something of the stop, never in the button's interrupt: a contact needs
 * milliseconds. Everything here is called with estop->lock held.
 *
 * After a change of the outputs they have a settle time. Once that is over, a single reading that
 * disagrees is enough: there is no debounce here either. Before the outputs rise nothing may be
 * closed, settle time or not.
 */
#include <linux/ktime.h>

#include "estop_internal.h"

static void oht_estop_read_contacts(struct oht_estop *estop)
{
	unsigned int i;
	int value;

	estop->contacts = 0;
	estop->contacts_unreadable = false;
	for (i = 0; i < estop->feedbacks; i++) {
		value = gpiod_get_value(estop->feedback[i].gpio);
		if (value < 0)
			estop->contacts_unreadable = true;
		else if (value)
			estop->contacts |= estop->feedback[i].input;
	}
}

/* The bit of a line that is not there follows the outputs. */
static u32 oht_estop_contacts_wanted(const struct oht_estop *estop)
{
	u32 wanted = 0;
	unsigned int i;

	if (estop->outputs)
		for (i = 0; i < estop->feedbacks; i++)
			wanted |= estop->feedback[i].input;
	return wanted;
}

static void oht_estop_contacts_opened(struct oht_estop *estop)
{
	struct oht_safety_record *record;

	record = oht_estop_record(estop, OHT_SAFETY_OPENED, estop->state,
				  ktime_get_ns());
	record->low_ns = estop->awaited_low_ns;
	/* Whoever asks meanwhile has not done it. */
	record->tgid = 0;
	estop->awaited_low_ns = 0;
}

void oht_estop_check_contacts(struct oht_estop *estop, u64 now)
{
	u64 settle_ns = (u64)estop->config.feedback_settle_ms * NSEC_PER_MSEC;

	oht_estop_read_contacts(estop);
	if (estop->contacts_unreadable) {
		oht_estop_find(estop, OHT_CAUSE_INPUT_ERROR, now);
		return;
	}
	if (estop->contacts != oht_estop_contacts_wanted(estop)) {
		if (oht_estop_passed(now, estop->switched_ns, settle_ns))
			oht_estop_find(estop, OHT_CAUSE_FEEDBACK, now);
		return;
	}
	if (estop->awaited_low_ns)
		oht_estop_contacts_opened(estop);
}

void oht_estop_contacts_lowered(struct oht_estop *estop, u64 low_ns)
{
	estop->switched_ns = low_ns;
	if (estop->feedbacks)
		estop->awaited_low_ns = low_ns;
}

u64 oht_estop_contacts_standing(const struct oht_estop *estop)
{
	u64 mask = 0;

	if (estop->contacts_unreadable)
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_INPUT_ERROR);
	if (estop->contacts && !estop->outputs)
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_FEEDBACK);
	return mask;
}
