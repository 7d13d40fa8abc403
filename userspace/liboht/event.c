// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records of the kernel become events: read in bulk, sorted into two queues, handed out in the
 * order of their sequence numbers. Two queues, because a reply must never be dropped and news (of
 * the stop, of units, of the plan) may be: the newest state counts, and the gap is told.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* The record of the first version of the interface; a later one can only be longer. */
#define RECORD_BYTES_MIN	sizeof(struct oht_record)

/* ---- queues ---- */

static struct oht_event *at(struct oht_queue *queue, unsigned int i)
{
	return &queue->events[(queue->head + i) % OHT_UNDER_WAY_MAX];
}

static void remove_first(struct oht_queue *queue)
{
	queue->head = (queue->head + 1) % OHT_UNDER_WAY_MAX;
	queue->length--;
}

/* Those before it move up: one that is waited for is nearly always the only one. */
static void remove_at(struct oht_queue *queue, unsigned int i)
{
	for (; i > 0; i--)
		*at(queue, i) = *at(queue, i - 1);
	remove_first(queue);
}

/* The oldest goes; the event after it tells how many are missing. */
static void drop_oldest(struct oht_queue *queue)
{
	uint32_t lost = at(queue, 0)->lost + 1;

	remove_first(queue);
	at(queue, 0)->lost += lost;
}

static struct oht_event *push(struct oht_queue *queue, const struct oht_record *record)
{
	struct oht_event *event = at(queue, queue->length++);

	event->type = record->type;
	event->seq = record->seq;
	event->time_ns = record->time_ns;
	event->lost = 0;
	return event;
}

static bool pop(struct oht_dev *dev, struct oht_event *event, size_t event_bytes)
{
	struct oht_queue *queue = &dev->replies;

	if (!queue->length ||
	    (dev->news.length && at(&dev->news, 0)->seq < at(queue, 0)->seq))
		queue = &dev->news;
	if (!queue->length)
		return false;
	oht_give(event, event_bytes, at(queue, 0), sizeof(struct oht_event));
	remove_first(queue);
	if (queue == &dev->replies)
		atomic_fetch_sub(&dev->under_way, 1);
	return true;
}

/* ---- records ---- */

static bool forget_stale(struct oht_dev *dev, uint64_t cookie)
{
	unsigned int i;

	for (i = 0; i < dev->stale_length; i++) {
		if (dev->stale[i] != cookie)
			continue;
		dev->stale[i] = dev->stale[--dev->stale_length];
		atomic_fetch_sub(&dev->under_way, 1);
		return true;
	}
	return false;
}

/* No caller must read beyond the reply, whatever count the kernel reports. */
static unsigned int sane_count(const struct oht_completion *raw)
{
	unsigned int most = OHT_REGISTERS_MAX;

	if (raw->flags & OHT_COMPLETION_PDU)
		most = OHT_PDU_BYTES_MAX;
	else if (raw->function == OHT_READ_COILS || raw->function == OHT_READ_DISCRETE ||
		 raw->function == OHT_WRITE_COILS)
		most = OHT_COILS_MAX;
	return raw->count < most ? raw->count : most;
}

static void queue_reply(struct oht_dev *dev, const struct oht_record *record)
{
	const struct oht_completion *raw = &record->completion;
	struct oht_event *event;

	if (forget_stale(dev, raw->cookie))
		return;
	/* Cannot be: every reply was counted when its request was submitted. */
	if (dev->replies.length == OHT_UNDER_WAY_MAX)
		return;
	event = push(&dev->replies, record);
	event->reply = (struct oht_reply){
		.cookie = raw->cookie,
		.error = -raw->status,
		.outcome = raw->detail,
		.exception = raw->exception,
		.attempts = raw->attempts,
		.unit = raw->unit,
		.function = raw->function,
		.is_pdu = raw->flags & OHT_COMPLETION_PDU,
		.count = sane_count(raw),
		.turnaround_ns = raw->turnaround_ns,
		.received = raw->received,
		.pause_us = raw->pause_us,
	};
	memcpy(event->reply.pdu, raw->pdu, sizeof(event->reply.pdu));
}

static struct oht_event *push_news(struct oht_dev *dev, const struct oht_record *record)
{
	struct oht_event *event;

	if (dev->news.length == OHT_UNDER_WAY_MAX)
		drop_oldest(&dev->news);
	event = push(&dev->news, record);
	event->lost = dev->lost;
	dev->lost = 0;
	return event;
}

static void queue_unit(struct oht_dev *dev, const struct oht_record *record)
{
	const struct oht_unit_record *raw = &record->unit;

	push_news(dev, record)->unit = (struct oht_unit_event){
		.journal_seq = raw->journal_seq,
		.changed_ns = raw->changed_ns,
		.last_good_ns = raw->last_good_ns,
		.unit = raw->unit,
		.from = raw->from,
		.to = raw->to,
		.outcome = raw->detail,
		.errors_in_row = raw->errors_in_row,
	};
}

static void queue_safety(struct oht_dev *dev, const struct oht_record *record)
{
	const struct oht_safety_record *raw = &record->safety;

	push_news(dev, record)->safety = (struct oht_safety_event){
		.journal_seq = raw->journal_seq,
		.event_ns = raw->event_ns,
		.low_ns = raw->low_ns,
		.causes = raw->causes,
		.tag = raw->tag,
		.cause = raw->cause,
		.kind = raw->kind,
		.state_from = raw->state_from,
		.state_to = raw->state_to,
		.inputs = raw->inputs,
		.outputs = raw->outputs,
		.tgid = raw->tgid,
	};
}

static void queue_cycle(struct oht_dev *dev, const struct oht_record *record)
{
	const struct oht_cycle_record *raw = &record->cycle;

	push_news(dev, record)->cycle = (struct oht_cycle_event){
		.journal_seq = raw->journal_seq,
		.event_ns = raw->event_ns,
		.cycle = raw->cycle,
		.kind = raw->kind,
		.count = raw->count,
		.generation = raw->generation,
		.entry = raw->entry,
		.unit = raw->unit,
		.outcome = raw->detail,
	};
}

static void queue_record(struct oht_dev *dev, const struct oht_record *record)
{
	/* Only news is ever dropped, and a newer one has pushed it out. */
	if (record->seq > dev->last_seq + 1)
		dev->lost += record->seq - dev->last_seq - 1;
	dev->last_seq = record->seq;
	switch (record->type) {
	case OHT_RECORD_COMPLETION:
		queue_reply(dev, record);
		break;
	case OHT_RECORD_SAFETY:
		queue_safety(dev, record);
		break;
	case OHT_RECORD_CYCLE:
		queue_cycle(dev, record);
		break;
	case OHT_RECORD_UNIT:
		queue_unit(dev, record);
		break;
	default:
		/* Of a newer kernel, and not asked for. */
		break;
	}
}

/* The stride is the kernel's: a newer one may append members to its records. */
static int queue_records(struct oht_dev *dev, size_t bytes)
{
	const uint8_t *next = (const uint8_t *)dev->buffer;
	struct oht_record record;

	while (bytes) {
		if (bytes < sizeof(record))
			goto nonsense;
		memcpy(&record, next, sizeof(record));
		if (record.size < RECORD_BYTES_MIN || record.size > bytes)
			goto nonsense;
		queue_record(dev, &record);
		next += record.size;
		bytes -= record.size;
	}
	return 1;

nonsense:
	errno = EIO;
	return -1;
}

static int read_records(struct oht_dev *dev)
{
	ssize_t bytes = oht_sys->read(dev->fd, dev->buffer, sizeof(dev->buffer));

	if (bytes > 0)
		return queue_records(dev, bytes);
	if (bytes == 0) {
		errno = ENODEV;
		return -1;
	}
	return errno == EAGAIN ? 0 : -1;
}

/* ---- for the rest of the library ---- */

int oht_events_fill(struct oht_dev *dev, int timeout_ms)
{
	struct pollfd wait = { .fd = dev->fd, .events = POLLIN | POLLPRI };
	int result = read_records(dev);

	if (result != 0 || timeout_ms == 0)
		return result;
	result = oht_sys->poll(&wait, 1, timeout_ms);
	if (result <= 0)
		return result;
	return read_records(dev) < 0 ? -1 : 1;
}

bool oht_events_take_reply(struct oht_dev *dev, uint64_t cookie, struct oht_reply *reply)
{
	struct oht_queue *queue = &dev->replies;
	unsigned int i;

	for (i = 0; i < queue->length; i++) {
		if (at(queue, i)->reply.cookie != cookie)
			continue;
		*reply = at(queue, i)->reply;
		remove_at(queue, i);
		atomic_fetch_sub(&dev->under_way, 1);
		return true;
	}
	return false;
}

void oht_events_expect_stale(struct oht_dev *dev, uint64_t cookie)
{
	dev->stale[dev->stale_length++] = cookie;
}

/* ---- public ---- */

OHT_PUBLIC int oht_dev_read_event_sized(struct oht_dev *dev, struct oht_event *event,
					size_t event_bytes, int timeout_ms)
{
	int64_t deadline_ns = oht_deadline_ns(timeout_ms);
	int filled;

	while (!pop(dev, event, event_bytes)) {
		filled = oht_events_fill(dev, oht_deadline_left_ms(deadline_ns));
		if (filled <= 0)
			return filled;
	}
	return 1;
}

OHT_PUBLIC int oht_dev_subscribe(struct oht_dev *dev, uint32_t wanted)
{
	struct oht_subscribe raw = { .size = sizeof(raw), .mask = wanted };

	return oht_dev_ioctl(dev, OHT_IOC_SUBSCRIBE, &raw);
}

OHT_PUBLIC int oht_dev_subscribe_from(struct oht_dev *dev, uint32_t wanted, uint64_t journal_seq)
{
	struct oht_subscribe raw = {
		.size = sizeof(raw), .mask = wanted, .safety_from = journal_seq,
	};

	return oht_dev_ioctl(dev, OHT_IOC_SUBSCRIBE, &raw);
}

OHT_PUBLIC int oht_dev_subscribe_safety(struct oht_dev *dev, bool on)
{
	return oht_dev_subscribe(dev, on ? OHT_WANT_SAFETY : 0);
}
