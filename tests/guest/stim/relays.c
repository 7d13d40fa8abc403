// SPDX-License-Identifier: GPL-2.0-only
/* Pretended relays behind the outputs, whose contacts are read back. */
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>

#include "../../../kernel/compat.h"
#include "stim.h"

#define STIM_RELAY_NS		NSEC_PER_MSEC
#define STIM_RELAY_MAX_US	USEC_PER_SEC

static struct hrtimer stim_relay_timer;
static DEFINE_RAW_SPINLOCK(stim_relays_lock);	/* around all below */
static struct oht_stim_relays stim_relays;
static u32 stim_relay_outputs;			/* what the relays have been told, and when */
static u64 stim_relay_told_ns;

static bool stim_relay_closed(int relay, bool settled)
{
	u8 pin = stim_board.contact[relay];

	switch (stim_relays.mode[relay]) {
	case OHT_STIM_STUCK_OPEN:
		return false;
	case OHT_STIM_STUCK_CLOSED:
		return true;
	}
	if (settled)
		return stim_relay_outputs & BIT(relay);
	return !!(readb(stim_data(pin)) & pin) == stim_board.contact_high[relay];
}

/* With stim_relays_lock. */
static void stim_move_relays(u64 now)
{
	u32 outputs = stim_outputs();
	bool settled;
	int i;

	if (outputs != stim_relay_outputs) {
		stim_relay_outputs = outputs;
		stim_relay_told_ns = now;
	}
	settled = now - stim_relay_told_ns >= (u64)stim_relays.delay_us * NSEC_PER_USEC;
	for (i = 0; i < stim_board.contacts; i++)
		stim_drive_pins(stim_board.contact[i],
				stim_relay_closed(i, settled) == stim_board.contact_high[i] ?
				stim_board.contact[i] : 0);
}

static enum hrtimer_restart stim_relay_tick(struct hrtimer *timer)
{
	raw_spin_lock(&stim_relays_lock);
	stim_move_relays(ktime_get_ns());
	raw_spin_unlock(&stim_relays_lock);
	hrtimer_forward_now(timer, ns_to_ktime(STIM_RELAY_NS));
	return HRTIMER_RESTART;
}

long stim_set_relays(const struct oht_stim_relays *relays)
{
	unsigned long flags;

	if (!stim_board.contacts)
		return -ENODEV;
	if (relays->reserved || relays->delay_us > STIM_RELAY_MAX_US ||
	    relays->mode[0] > OHT_STIM_STUCK_CLOSED || relays->mode[1] > OHT_STIM_STUCK_CLOSED)
		return -EINVAL;
	raw_spin_lock_irqsave(&stim_relays_lock, flags);
	stim_relays = *relays;
	stim_move_relays(ktime_get_ns());
	raw_spin_unlock_irqrestore(&stim_relays_lock, flags);
	if (!hrtimer_active(&stim_relay_timer))
		hrtimer_start(&stim_relay_timer, ns_to_ktime(STIM_RELAY_NS),
			      HRTIMER_MODE_REL_HARD);
	return 0;
}

void stim_relays_init(void)
{
	oht_hrtimer_setup(&stim_relay_timer, stim_relay_tick, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL_HARD);
}

void stim_relays_end(void)
{
	hrtimer_cancel(&stim_relay_timer);
}
