// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inputs of the emergency stop and the conclusions from each: the channels of the button, the
 * contacts behind the outputs, a channel that storms, the reset button. Each function is called
 * with estop->lock held, unless its comment says otherwise.
 */
#include <linux/interrupt.h>
#include <linux/ktime.h>

#include "estop_internal.h"

/* ---- the channels ---- */

void oht_estop_read_inputs(struct oht_estop *estop)
{
	unsigned int i;
	int value;

	estop->inputs = 0;
	estop->unreadable = 0;
	for (i = 0; i < estop->channels; i++) {
		value = gpiod_get_value(estop->channel[i].gpio);
		if (value < 0)
			estop->unreadable |= estop->channel[i].input;
		else if (value)
			estop->inputs |= estop->channel[i].input;
	}
}

static u64 oht_estop_window_ns(const struct oht_estop *estop)
{
	return (u64)estop->config.discrepancy_window_ms * NSEC_PER_MSEC;
}

static void oht_estop_check_agreement(struct oht_estop *estop, u64 now)
{
	const struct oht_agree_levels levels = {
		.all = estop->all_closed,
		.closed = estop->inputs,
		.unreadable = estop->unreadable,
	};

	if (oht_agree_look(&estop->agree, &levels, now, oht_estop_window_ns(estop)))
		oht_estop_find(estop, OHT_CAUSE_DISCREPANCY, now);
}

void oht_estop_note_edge(struct oht_estop_channel *channel, u64 now)
{
	struct oht_estop *estop = channel->estop;

	if (estop->channels > 1)
		oht_agree_edge(&estop->agree, channel - estop->channel, now);
}

bool oht_estop_disagrees(const struct oht_estop *estop)
{
	return oht_agree_stands(&estop->agree, estop->inputs == estop->all_closed,
				oht_estop_window_ns(estop));
}

void oht_estop_check_channels(struct oht_estop *estop, u64 now)
{
	unsigned int i;
	u32 seen;

	oht_estop_read_inputs(estop);
	/* The cause is not a button: no press was seen. */
	if (estop->unreadable)
		oht_estop_find(estop, OHT_CAUSE_INPUT_ERROR, now);
	else if (!estop->inputs)
		estop->opened_ns = now;
	seen = estop->inputs | estop->unreadable;
	for (i = 0; i < estop->channels; i++)
		if (!(seen & estop->channel[i].input))
			oht_estop_find(estop, estop->channel[i].cause, now);
	if (estop->inputs != estop->all_closed)
		estop->closed_since_ns = 0;
	else if (!estop->closed_since_ns)
		estop->closed_since_ns = now;
	if (estop->channels > 1)
		oht_estop_check_agreement(estop, now);
	if (oht_estop_is_late(estop, now))
		oht_estop_find(estop, OHT_CAUSE_DEADMAN, now);
	if (oht_estop_is_bus_lost(estop, now))
		oht_estop_find(estop, OHT_CAUSE_BUS_LOSS, now);
}

/*
 * ---- the contacts behind the outputs ----
 *
 * Do they follow the outputs? Read by the supervision timer and by commands, never in the button's
 * interrupt: a contact needs milliseconds.
 *
 * After a change of the outputs they have a settle time. Once that is over, a single reading that
 * disagrees is enough: there is no debounce. Before the outputs rise no contact may be closed,
 * settle time or not.
 */

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

/* A contact without a line counts as following the outputs. */
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
	/* The contacts opened by themselves, not by the process that reads them now. */
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
		if (oht_passed(now, estop->switched_ns, settle_ns))
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

/*
 * ---- a channel that storms ----
 *
 * More edges than a contact can make. The first edge has stopped the machine; the others must not
 * take the CPU. So the interrupt of the line is masked, the supervision timer polls the level (as
 * it does all the time), and unmasks the interrupt when the level has been calm. Until then the
 * storm stands as a cause, and no reset is possible.
 *
 * The interrupt core masks lazily: the line may see one more edge before the chip is told. That
 * edge is replayed when the interrupt is unmasked, and counts like any other.
 */

/* Without estop->lock. */
void oht_estop_mask(struct oht_estop_channel *channel, int irq)
{
	struct oht_estop *estop = channel->estop;
	unsigned long flags;

	/*
	 * Called without estop->lock, under which only lines are read and written. It does not
	 * wait for the running handler, which may be its caller.
	 */
	disable_irq_nosync(irq);
	flags = oht_estop_lock(estop);
	oht_storm_masked(&channel->storm, ktime_get_ns());
	oht_estop_unlock(estop, flags);
}

u32 oht_estop_poll_storms(struct oht_estop *estop, u64 now)
{
	struct oht_estop_channel *channel;
	u32 calm = 0;
	unsigned int i;

	for (i = 0; i < estop->channels; i++) {
		channel = &estop->channel[i];
		if (oht_storm_poll(&channel->storm, estop->inputs & channel->input, now))
			calm |= channel->input;
	}
	return calm;
}

/* Without estop->lock. */
void oht_estop_unmask(struct oht_estop *estop, u32 inputs)
{
	struct oht_estop_channel *channel;
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < estop->channels; i++) {
		channel = &estop->channel[i];
		if (!(inputs & channel->input))
			continue;
		enable_irq(channel->irq);
		flags = oht_estop_lock(estop);
		oht_storm_unmasked(&channel->storm);
		oht_estop_unlock(estop, flags);
	}
}

bool oht_estop_storms(const struct oht_estop *estop)
{
	unsigned int i;

	for (i = 0; i < estop->channels; i++)
		if (estop->channel[i].storm.state != OHT_STORM_HEARD)
			return true;
	return false;
}

/*
 * ---- the reset button ----
 *
 * It resets when it is released after it was pressed for 0.1 to 3 s. The supervision timer polls
 * it, and it is the only input that is debounced: a late reset does no harm, but a stop that came
 * behind the release is not what the person has seen, and stays.
 *
 * A button that is stuck, shorted or pressed since before the driver came is never released in
 * time, and so resets nothing. A button that could not be read, or was not polled for too long,
 * counts as pressed since an unknown time.
 */

/* Contacts bounce for some milliseconds; and the supervision's longest period fits in thrice. */
#define OHT_BUTTON_DEBOUNCE_NS	(30 * NSEC_PER_MSEC)
#define OHT_BUTTON_SHORTEST_NS	(100 * NSEC_PER_MSEC)
#define OHT_BUTTON_LONGEST_NS	(3ULL * NSEC_PER_SEC)

/* Pressed since an unknown time. */
static void oht_estop_button_forget(struct oht_estop_button *button)
{
	button->pressed = true;
	button->pressed_ns = 0;
	button->changing_ns = 0;
}

static void oht_estop_button_changed(struct oht_estop *estop)
{
	struct oht_estop_button *button = &estop->button;
	u64 at_ns = button->changing_ns, since_ns = button->pressed_ns;
	u64 held_ns = since_ns ? at_ns - since_ns : 0;
	u64 blocking;

	button->changing_ns = 0;
	button->pressed = !button->pressed;
	button->pressed_ns = button->pressed ? at_ns : 0;
	/* Released at some moment behind the last poll that found it pressed. */
	if ((s64)(estop->latched_ns - button->before_ns) > 0)
		return;
	/* A refused reset leaves its causes in the status. */
	if (held_ns >= OHT_BUTTON_SHORTEST_NS && held_ns <= OHT_BUTTON_LONGEST_NS)
		oht_estop_reset_locked(estop, NULL, &blocking);
}

void oht_estop_poll_button(struct oht_estop *estop, u64 now)
{
	struct oht_estop_button *button = &estop->button;
	int value = gpiod_get_value(button->gpio);
	u64 polled_ns = button->polled_ns;

	button->polled_ns = now;
	if (value < 0 || oht_passed(now, polled_ns, OHT_BUTTON_DEBOUNCE_NS)) {
		oht_estop_button_forget(button);
		return;
	}
	if (!!value == button->pressed) {
		button->changing_ns = 0;
		return;
	}
	if (!button->changing_ns) {
		button->changing_ns = now;
		button->before_ns = polled_ns;
	}
	if (oht_passed(now, button->changing_ns, OHT_BUTTON_DEBOUNCE_NS))
		oht_estop_button_changed(estop);
}
