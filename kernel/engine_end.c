// SPDX-License-Identifier: GPL-2.0-only
/* The end of an engine, for good or until a suspend is over: nothing is left under way. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include "engine_internal.h"

/* Telegrams are not queued again only if their device is gone. */
static void oht_engine_complete_all(struct oht_engine *e, u8 detail)
{
	struct oht_xfer *x;

	x = e->cur;
	e->cur = NULL;
	if (x)
		oht_engine_complete(e, x, oht_engine_is_telegram(x) ? OHT_DETAIL_GONE : detail);
	while ((x = oht_engine_first(e, OHT_CLASS_STOP)))
		oht_engine_drop(e, x, oht_engine_is_telegram(x) ? OHT_DETAIL_GONE : detail);
}

static void oht_engine_end(struct oht_engine *e, u8 detail)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	if (e->state == OHT_ENGINE_DEAD) {
		raw_spin_unlock_irqrestore(&e->lock, flags);
		return;
	}
	if (e->state == OHT_ENGINE_SEND || e->state == OHT_ENGINE_DRAIN)
		e->port->ops->cut(e->port);
	e->port->ops->set_de(e->port, false);
	e->generation++;
	oht_engine_enter(e, OHT_ENGINE_DEAD);
	e->armed = false;
	oht_engine_complete_all(e, detail);
	raw_spin_unlock_irqrestore(&e->lock, flags);
	e->clock->drain(e);
	e->port->ops->stop(e->port);
}

void oht_engine_shutdown(struct oht_engine *e)
{
	oht_engine_end(e, OHT_DETAIL_GONE);
}

void oht_engine_suspend(struct oht_engine *e)
{
	oht_engine_end(e, OHT_DETAIL_STOPPED);
}

int oht_engine_resume(struct oht_engine *e)
{
	unsigned long flags;
	int err;

	/* While it is dead: what is heard already is thrown away. */
	err = e->port->ops->start(e->port);
	if (err)
		return err;
	raw_spin_lock_irqsave(&e->lock, flags);
	e->rx_bytes = 0;
	e->rx_line_error = false;
	oht_engine_begin_silent(e);
	e->extra_until_ns = 0;
	oht_engine_enter(e, OHT_ENGINE_IDLE);
	raw_spin_unlock_irqrestore(&e->lock, flags);
	return 0;
}
