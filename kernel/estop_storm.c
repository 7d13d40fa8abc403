// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line of the button that storms: more edges than a contact can make. The first edge has stopped
 * the machine; the rest must not take the CPU. So its interrupt is masked, the supervision timer
 * polls its level (as it does all the time), and hears it again once that has been calm. Meanwhile
 * the storm stands as a cause: nobody can reset, so the machine stays stopped without the line.
 *
 * Masking is lazy in the interrupt core: one more edge may come to the line before the chip is
 * told, and none comes to us. It is replayed when the line is heard again, an edge like any other.
 */
#include <linux/interrupt.h>
#include <linux/ktime.h>

#include "estop_internal.h"

void oht_estop_mask(struct oht_estop_channel *channel, int irq)
{
	struct oht_estop *estop = channel->estop;
	unsigned long flags;

	/* Not under estop->lock, as nothing but the lines is; and not waiting for ourselves. */
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
