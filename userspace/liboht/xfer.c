// SPDX-License-Identifier: GPL-2.0-or-later
/* Transfers: submit, cancel, and the synchronous exchange built on them. */
#include <errno.h>
#include <string.h>

#include "internal.h"

/*
 * The kernel counts what read(2) has not fetched; we count what the caller has not got, so that a
 * reply always finds room in the queue. Other threads may be submitting: count first, then submit.
 */
static bool reserve(struct oht_dev *dev)
{
	if (atomic_fetch_add(&dev->under_way, 1) < OHT_UNDER_WAY_MAX)
		return true;
	atomic_fetch_sub(&dev->under_way, 1);
	return false;
}

OHT_PUBLIC int oht_dev_submit(struct oht_dev *dev, const struct oht_request *request,
			      uint64_t *cookie)
{
	struct oht_transfer raw = {
		.size = sizeof(raw),
		.flags = request->flags,
		.unit = request->unit,
		.function = request->function,
		.priority = request->priority,
		.retries = request->retries,
		.address = request->address,
		.count = request->count,
		.timeout_us = request->timeout_us,
		.write_address = request->write_address,
		.write_count = request->write_count,
	};
	bool raw_pdu = request->flags & OHT_REQUEST_RAW;

	/* One of the two is sent; the other one would be forgotten in silence. */
	if (raw_pdu ? request->words != NULL : request->pdu != NULL) {
		errno = EINVAL;
		return -1;
	}
	raw.words = raw_pdu ? (uintptr_t)request->pdu : (uintptr_t)request->words;

	if (!reserve(dev)) {
		errno = EAGAIN;
		return -1;
	}
	if (oht_dev_ioctl(dev, OHT_IOC_SUBMIT, &raw)) {
		atomic_fetch_sub(&dev->under_way, 1);
		return -1;
	}
	*cookie = raw.cookie;
	return 0;
}

OHT_PUBLIC int oht_dev_cancel(struct oht_dev *dev, uint64_t cookie)
{
	struct oht_cancel raw = { .size = sizeof(raw), .cookie = cookie };

	return oht_dev_ioctl(dev, OHT_IOC_CANCEL, &raw);
}

/* The caller waits no longer. Expect first, then cancel: the transfer may complete in between. */
static int give_up(struct oht_dev *dev, uint64_t cookie, int error)
{
	oht_events_expect_stale(dev, cookie);
	(void)oht_dev_cancel(dev, cookie);
	errno = error;
	return -1;
}

static int transact(struct oht_dev *dev, const struct oht_request *request, struct oht_reply *reply,
		    int timeout_ms)
{
	int64_t deadline_ns = oht_deadline_ns(timeout_ms);
	uint64_t cookie;
	int filled, error;

	if (oht_dev_submit(dev, request, &cookie))
		return -1;
	while (!oht_events_take_reply(dev, cookie, reply)) {
		filled = oht_events_fill(dev, oht_deadline_left_ms(deadline_ns));
		if (filled > 0)
			continue;
		error = filled < 0 ? errno : ETIMEDOUT;
		/* It may have come before the record that made no sense. */
		if (oht_events_take_reply(dev, cookie, reply))
			break;
		return give_up(dev, cookie, error);
	}
	if (!reply->error)
		return 0;
	errno = reply->error;
	return -1;
}

OHT_PUBLIC int oht_dev_transact_sized(struct oht_dev *dev, const struct oht_request *request,
				      struct oht_reply *reply, size_t reply_bytes, int timeout_ms)
{
	struct oht_reply whole = { 0 };
	int result = transact(dev, request, &whole, timeout_ms);

	oht_give(reply, reply_bytes, &whole, sizeof(whole));
	return result;
}
