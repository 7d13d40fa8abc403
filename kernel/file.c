// SPDX-License-Identifier: GPL-2.0-only
/*
 * One open descriptor. Its completions wait in a list, its safety records in the journal of the
 * stop, where it only keeps its place: nothing is copied per descriptor in an interrupt, and a
 * reader that is too slow loses the oldest records, which the sequence number shows.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "file.h"

/* From irq_work: hard interrupt, or its thread on PREEMPT_RT. */
static void oht_file_wake(struct irq_work *work)
{
	struct oht_file *file = container_of(work, struct oht_file, wake);

	wake_up_interruptible_poll(&file->listener.wait, EPOLLIN | EPOLLRDNORM);
}

struct oht_file *oht_file_create(struct oht_device *oht, bool writable)
{
	struct oht_file *file;

	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file)
		return ERR_PTR(-ENOMEM);
	file->oht = oht;
	file->writable = writable;
	mutex_init(&file->mutex);
	INIT_LIST_HEAD(&file->calls);
	raw_spin_lock_init(&file->lock);
	INIT_LIST_HEAD(&file->done);
	init_irq_work(&file->wake, oht_file_wake);
	get_device(&oht->dev);
	oht_core_listen(oht, &file->listener);
	return file;
}

static void oht_file_free_call(struct oht_call *call)
{
	list_del(&call->node);
	call->file->calls_count--;
	kfree(call);
}

void oht_file_destroy(struct oht_file *file)
{
	struct oht_call *call, *next;

	list_for_each_entry(call, &file->calls, node)
		oht_engine_cancel(&file->oht->engine, &call->xfer);
	/* All are done: nobody wakes us any more. */
	oht_core_unlisten(file->oht, &file->listener);
	irq_work_sync(&file->wake);
	list_for_each_entry_safe(call, next, &file->calls, node)
		oht_file_free_call(call);
	oht_core_put(file->oht);
	kfree(file);
}

/* Interrupts off, engine lock held. */
static void oht_file_done(struct oht_xfer *xfer)
{
	struct oht_call *call = container_of(xfer, struct oht_call, xfer);
	struct oht_file *file = call->file;

	raw_spin_lock(&file->lock);
	call->done_ns = ktime_get_ns();
	list_add_tail(&call->done, &file->done);
	raw_spin_unlock(&file->lock);
	irq_work_queue(&file->wake);
}

int oht_file_submit(struct oht_file *file, struct oht_call *call, u64 *cookie)
{
	int ret;

	call->file = file;
	call->xfer.done = oht_file_done;
	INIT_LIST_HEAD(&call->done);

	mutex_lock(&file->mutex);
	if (file->calls_count >= OHT_TRANSFERS_MAX) {
		mutex_unlock(&file->mutex);
		return -EAGAIN;
	}
	call->cookie = ++file->cookie;
	*cookie = call->cookie;
	list_add_tail(&call->node, &file->calls);
	file->calls_count++;
	ret = oht_engine_submit(&file->oht->engine, &call->xfer);
	if (ret) {
		list_del(&call->node);
		file->calls_count--;
	}
	mutex_unlock(&file->mutex);
	return ret;
}

int oht_file_cancel(struct oht_file *file, u64 cookie)
{
	struct oht_call *call;
	int ret = -ENOENT;

	/* The mutex keeps a reader from freeing the transfer meanwhile. */
	mutex_lock(&file->mutex);
	list_for_each_entry(call, &file->calls, node) {
		if (call->cookie != cookie)
			continue;
		ret = oht_engine_cancel(&file->oht->engine, &call->xfer);
		break;
	}
	mutex_unlock(&file->mutex);
	return ret;
}

static struct oht_cycle *oht_file_cycle(struct oht_file *file)
{
	return oht_core_has_bus(file->oht) ? oht_run_cycle(file->oht->run) : NULL;
}

/* Number of the newest record of the plan; none without a bus. */
static u64 oht_file_cycle_seq(struct oht_file *file)
{
	struct oht_cycle *cycle = oht_file_cycle(file);

	return cycle ? oht_cycle_journal_seq(cycle) : 0;
}

/* @next stays what it is for who wants more of what it has. */
static void oht_file_want(u64 *next, bool wanted, u64 newest)
{
	if (!wanted)
		WRITE_ONCE(*next, 0);
	else if (!*next)
		WRITE_ONCE(*next, newest + 1);
}

void oht_file_subscribe(struct oht_file *file, u32 mask)
{
	mutex_lock(&file->mutex);
	oht_file_want(&file->journal_next, mask & OHT_SUBSCRIBE_SAFETY,
		      oht_estop_journal_seq(&file->oht->estop));
	oht_file_want(&file->health_next, mask & OHT_SUBSCRIBE_MODULES,
		      oht_health_seq(&file->oht->health));
	oht_file_want(&file->cycle_next, mask & OHT_SUBSCRIBE_CYCLE, oht_file_cycle_seq(file));
	mutex_unlock(&file->mutex);
}

static struct oht_call *oht_file_first_done(struct oht_file *file)
{
	struct oht_call *call;
	unsigned long flags;

	raw_spin_lock_irqsave(&file->lock, flags);
	call = list_first_entry_or_null(&file->done, struct oht_call, done);
	raw_spin_unlock_irqrestore(&file->lock, flags);
	return call;
}

__poll_t oht_file_ready(struct oht_file *file)
{
	u64 next = READ_ONCE(file->journal_next);
	u64 health_next = READ_ONCE(file->health_next);
	__poll_t mask = 0;

	if (oht_file_first_done(file))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (next && oht_estop_journal_seq(&file->oht->estop) >= next)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLPRI;
	if (health_next && oht_health_seq(&file->oht->health) >= health_next)
		mask |= EPOLLIN | EPOLLRDNORM;
	next = READ_ONCE(file->cycle_next);
	if (next && oht_file_cycle_seq(file) >= next)
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static void oht_file_describe(const struct oht_call *call, struct oht_record *record)
{
	struct oht_completion *completion = &record->completion;
	const struct oht_xfer *xfer = &call->xfer;
	const struct oht_frame_request req = oht_xfer_request(xfer);

	record->type = OHT_RECORD_COMPLETION;
	record->time_ns = call->done_ns;
	completion->cookie = call->cookie;
	completion->status = xfer->status;
	completion->detail = xfer->detail;
	completion->exception = xfer->exception;
	completion->attempts = xfer->attempts;
	completion->unit = xfer->unit;
	completion->function = xfer->function;
	completion->flags = oht_frame_is_opaque(&req) ? OHT_COMPLETION_PDU : 0;
	completion->count = completion->flags ? xfer->reply_bytes : xfer->count;
	completion->turnaround_ns = xfer->turnaround_ns;
	memcpy(completion->pdu, xfer->pdu, xfer->reply_bytes);
}

/*
 * The one that is wanted next, unless @record is older already. Records that the journal no longer
 * has are counted as made and dropped.
 */
static void oht_file_peek_safety(struct oht_file *file, struct oht_record *record)
{
	struct oht_safety_record safety;
	u64 next = file->journal_next;

	if (!oht_estop_journal_read(&file->oht->estop, &next, &safety) ||
	    (record->type && record->time_ns < safety.event_ns))
		return;
	memset(&record->reserved, 0, sizeof(record->reserved));
	record->type = OHT_RECORD_SAFETY;
	record->time_ns = safety.event_ns;
	record->seq = file->seq + next - file->journal_next;
	record->safety = safety;
}

static void oht_file_peek_health(struct oht_file *file, struct oht_record *record)
{
	struct oht_module_record module;
	u64 next = file->health_next;

	if (!oht_health_read(&file->oht->health, &next, &module) ||
	    (record->type && record->time_ns < module.changed_ns))
		return;
	memset(&record->reserved, 0, sizeof(record->reserved));
	record->type = OHT_RECORD_MODULE;
	record->time_ns = module.changed_ns;
	record->seq = file->seq + next - file->health_next;
	record->module = module;
}

static void oht_file_peek_cycle(struct oht_file *file, struct oht_record *record)
{
	struct oht_cycle *cycle = oht_file_cycle(file);
	struct oht_cycle_record fresh;
	u64 next = file->cycle_next;

	if (!cycle || !oht_cycle_journal_read(cycle, &next, &fresh) ||
	    (record->type && record->time_ns < fresh.event_ns))
		return;
	memset(&record->reserved, 0, sizeof(record->reserved));
	record->type = OHT_RECORD_CYCLE;
	record->time_ns = fresh.event_ns;
	record->seq = file->seq + next - file->cycle_next;
	record->cycle = fresh;
}

bool oht_file_peek(struct oht_file *file, struct oht_record *record)
{
	struct oht_call *call = oht_file_first_done(file);

	lockdep_assert_held(&file->mutex);
	memset(record, 0, sizeof(*record));
	record->size = sizeof(*record);
	record->seq = file->seq + 1;
	if (call)
		oht_file_describe(call, record);
	oht_file_peek_cycle(file, record);
	oht_file_peek_health(file, record);
	oht_file_peek_safety(file, record);
	return record->type;
}

void oht_file_reap(struct oht_file *file, const struct oht_record *record)
{
	struct oht_call *call;
	unsigned long flags;

	lockdep_assert_held(&file->mutex);
	file->seq = record->seq;
	if (record->type == OHT_RECORD_SAFETY) {
		WRITE_ONCE(file->journal_next, record->safety.journal_seq + 1);
		return;
	}
	if (record->type == OHT_RECORD_MODULE) {
		WRITE_ONCE(file->health_next, record->module.module_seq + 1);
		return;
	}
	if (record->type == OHT_RECORD_CYCLE) {
		WRITE_ONCE(file->cycle_next, record->cycle.journal_seq + 1);
		return;
	}
	raw_spin_lock_irqsave(&file->lock, flags);
	call = list_first_entry(&file->done, struct oht_call, done);
	list_del(&call->done);
	raw_spin_unlock_irqrestore(&file->lock, flags);
	oht_file_free_call(call);
}
