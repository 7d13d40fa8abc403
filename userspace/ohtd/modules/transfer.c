// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests under way beside the plan, and the purpose of each. The bus never repeats a request by
 * itself: a silent module would hold the wire for several time-outs on end, longer than the safety
 * module may stay unheard. Every attempt is a transfer of its own.
 */
#include <errno.h>
#include <string.h>

#include "modules/modules.h"

/* A transfer ends by itself long before; this is for a device that has lost one. */
#define STUCK_MS		2000

static struct ohtd_transfer *find(struct ohtd_modules *modules, uint64_t cookie)
{
	unsigned int i;

	for (i = 0; i < OHTD_TRANSFERS; i++)
		if (modules->transfers[i].purpose != OHTD_PURPOSE_FREE &&
		    modules->transfers[i].cookie == cookie)
			return &modules->transfers[i];
	return NULL;
}

static struct ohtd_transfer *find_free(struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < OHTD_TRANSFERS; i++)
		if (modules->transfers[i].purpose == OHTD_PURPOSE_FREE)
			return &modules->transfers[i];
	return NULL;
}

bool ohtd_transfer_submit(struct ohtd_modules *modules, const struct oht_request *request,
			  const struct ohtd_transfer *transfer)
{
	struct ohtd_transfer *slot = find_free(modules);
	struct oht_request cut = *request;
	struct oht_dev_info info;
	uint64_t cookie;
	int ret;

	if (!slot || !modules->device->open || modules->device->bus_dead)
		return false;
	/* A module that may take longer is asked all the same: it may answer in time. */
	cut.timeout_us = ohtd_layout_cut_us(modules, request->count, request->timeout_us);
	ret = modules->bus->ops->submit(modules->bus, &cut, &cookie);
	if (ret == -ENODEV && modules->bus->ops->info(modules->bus, &info))
		modules->owner->gone(modules->control);
	else if (ret == -ENODEV || ret == -EOPNOTSUPP)
		modules->device->bus_dead = true;
	if (ret)
		return false;
	*slot = *transfer;
	slot->cookie = cookie;
	slot->unit = request->unit;
	slot->submitted_ns = modules->now_ns;
	slot->cancelled = false;
	return true;
}

static void dispatch(struct ohtd_modules *modules, const struct ohtd_transfer *transfer,
		     const struct oht_reply *reply)
{
	struct ohtd_unit *unit = ohtd_unit(modules, transfer->unit);
	bool again = unit && unit->plan && ohtd_modules_unit_has_refused(unit, &transfer->block);

	modules->snapshot->bus.transfers++;
	if (unit)
		ohtd_unit_count(unit, reply);
	switch (transfer->purpose) {
	case OHTD_PURPOSE_POLL:
		/* Its address is not searched any more; nor below. */
		if (!unit)
			break;
		unit->busy = false;
		ohtd_unit_polled(modules, unit, &transfer->block, reply, modules->now_ns);
		/* A register that is refused once more says that the module is there, and leaves no rest of a block. */
		if (reply->outcome == OHT_OUTCOME_OK || (again && ohtd_reply_is_not_here(reply)))
			ohtd_unit_wait(modules, unit);
		else if (ohtd_reply_is_not_here(reply))
			/* The rest of a block that was refused is asked for behind the other units that are due. */
			unit->due_ns = modules->now_ns;
		break;
	case OHTD_PURPOSE_SWEEP:
		if (unit)
			ohtd_unit_swept(modules, unit, &transfer->block, reply);
		break;
	case OHTD_PURPOSE_IDENTIFY:
		ohtd_identify_done(modules, transfer, reply);
		break;
	case OHTD_PURPOSE_READ:
		modules->owner->done(modules->control, reply);
		break;
	case OHTD_PURPOSE_TELEGRAM:
		ohtd_telegram_done(modules, reply);
		break;
	}
}

void ohtd_transfer_done(struct ohtd_modules *modules, const struct oht_reply *reply)
{
	struct ohtd_transfer *slot = find(modules, reply->cookie);
	struct ohtd_transfer transfer;

	/* Given up earlier: nobody waits for it any more. */
	if (!slot)
		return;
	transfer = *slot;
	slot->purpose = OHTD_PURPOSE_FREE;
	dispatch(modules, &transfer, reply);
}

static void fail(struct ohtd_modules *modules, struct ohtd_transfer *slot, uint8_t outcome,
		 int error)
{
	struct oht_reply reply = {
		.cookie = slot->cookie,
		.error = error,
		.outcome = outcome,
		.unit = slot->unit,
	};

	ohtd_transfer_done(modules, &reply);
}

void ohtd_transfer_check(struct ohtd_modules *modules)
{
	uint64_t stuck_ns = STUCK_MS * OHTD_NS_PER_MS * modules->time_factor;
	unsigned int i;

	for (i = 0; i < OHTD_TRANSFERS; i++) {
		struct ohtd_transfer *slot = &modules->transfers[i];
		uint64_t age_ns = modules->now_ns - slot->submitted_ns;

		if (slot->purpose == OHTD_PURPOSE_FREE || age_ns < stuck_ns)
			continue;
		if (!slot->cancelled) {
			slot->cancelled = true;
			modules->bus->ops->cancel(modules->bus, slot->cookie);
		} else if (age_ns > 2 * stuck_ns) {
			fail(modules, slot, OHT_OUTCOME_TIMEOUT, ETIMEDOUT);
		}
	}
}

void ohtd_transfer_withdraw_poll(struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < OHTD_TRANSFERS; i++) {
		struct ohtd_transfer *slot = &modules->transfers[i];

		if (slot->purpose != OHTD_PURPOSE_POLL || !slot->slack || slot->cancelled)
			continue;
		slot->cancelled = true;
		modules->bus->ops->cancel(modules->bus, slot->cookie);
	}
}

void ohtd_transfer_fail_all(struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < OHTD_TRANSFERS; i++)
		if (modules->transfers[i].purpose != OHTD_PURPOSE_FREE)
			fail(modules, &modules->transfers[i], OHT_OUTCOME_GONE, ENODEV);
}

bool ohtd_transfer_slack_busy(const struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < OHTD_TRANSFERS; i++)
		if (modules->transfers[i].purpose != OHTD_PURPOSE_FREE &&
		    modules->transfers[i].slack)
			return true;
	return false;
}
