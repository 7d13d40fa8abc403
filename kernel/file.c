// SPDX-License-Identifier: GPL-2.0-only
/*
 * One open descriptor. Its completions wait in a list; of the safety records it keeps only its
 * position in the journal of the stop. So no interrupt copies a record per descriptor, and a
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
	int ret = oht_core_admit(oht, writable);

	if (ret)
		return ERR_PTR(ret);
	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file) {
		oht_core_dismiss(oht);
		return ERR_PTR(-ENOMEM);
	}
	file->oht = oht;
	file->writable = writable;
	mutex_init(&file->mutex);
	INIT_LIST_HEAD(&file->calls);
	INIT_LIST_HEAD(&file->spare);
	raw_spin_lock_init(&file->lock);
	INIT_LIST_HEAD(&file->done);
	init_irq_work(&file->wake, oht_file_wake);
	get_device(&oht->dev);
	oht_core_listen(oht, &file->listener);
	return file;
}

static void oht_file_free_calls(struct list_head *calls)
{
	struct oht_call *call, *next;

	list_for_each_entry_safe(call, next, calls, node)
		kfree(call);
}

void oht_file_destroy(struct oht_file *file)
{
	struct oht_call *call;
	unsigned long flags;

	raw_spin_lock_irqsave(&file->lock, flags);
	file->closing = true;
	raw_spin_unlock_irqrestore(&file->lock, flags);
	list_for_each_entry(call, &file->calls, node)
		oht_engine_cancel(&file->oht->engine, &call->xfer);
	oht_core_unlisten(file->oht, &file->listener);
	oht_core_dismiss(file->oht);
	/*
	 * On PREEMPT_RT irq_work_sync() waits for a grace period even if the work ended long ago.
	 * A work that is not busy has woken the readers; what the kernel still does with it
	 * afterwards is over before kfree_rcu() frees it.
	 */
	if (irq_work_is_busy(&file->wake))
		irq_work_sync(&file->wake);
	oht_file_free_calls(&file->calls);
	oht_file_free_calls(&file->spare);
	oht_core_put(file->oht);
	/*
	 * Not waited for: the descriptors of a process that dies are closed one after the other,
	 * and the controller's, whose end stops the machine, may be the last.
	 */
	kfree_rcu(file, rcu);
}

/* Interrupts off, engine lock held. */
static void oht_file_done(struct oht_xfer *xfer)
{
	struct oht_call *call = container_of(xfer, struct oht_call, xfer);
	struct oht_file *file = call->file;

	raw_spin_lock(&file->lock);
	call->done_ns = ktime_get_ns();
	list_add_tail(&call->done, &file->done);
	/* Inside the lock: once the transfer can be reaped, the descriptor may be closed. */
	if (!file->closing)
		irq_work_queue(&file->wake);
	raw_spin_unlock(&file->lock);
}

struct oht_call *oht_file_get_call(struct oht_file *file)
{
	struct oht_call *call;

	mutex_lock(&file->mutex);
	call = list_first_entry_or_null(&file->spare, struct oht_call, node);
	if (call) {
		list_del(&call->node);
		file->spare_count--;
	}
	mutex_unlock(&file->mutex);
	if (!call)
		return kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	memset(call, 0, sizeof(*call));
	return call;
}

/* Keep at most as many spare transfers as can be under way. */
static void oht_file_keep_call(struct oht_file *file, struct oht_call *call)
{
	lockdep_assert_held(&file->mutex);
	if (file->spare_count + file->calls_count >= OHT_TRANSFERS_MAX) {
		kfree(call);
		return;
	}
	list_add(&call->node, &file->spare);
	file->spare_count++;
}

void oht_file_put_call(struct oht_file *file, struct oht_call *call)
{
	if (!call)
		return;
	mutex_lock(&file->mutex);
	oht_file_keep_call(file, call);
	mutex_unlock(&file->mutex);
}

u64 oht_file_reserve(struct oht_file *file, struct oht_call *call)
{
	mutex_lock(&file->mutex);
	call->cookie = ++file->cookie;
	mutex_unlock(&file->mutex);
	return call->cookie;
}

int oht_file_submit(struct oht_file *file, struct oht_call *call)
{
	int ret;

	call->file = file;
	call->xfer.done = oht_file_done;
	call->xfer.owner = file;
	call->xfer.session = oht_estop_session_of(&file->oht->estop, file);
	INIT_LIST_HEAD(&call->done);

	mutex_lock(&file->mutex);
	if (file->calls_count >= OHT_TRANSFERS_MAX) {
		mutex_unlock(&file->mutex);
		return -EAGAIN;
	}
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

/* ---- its places in the journals ---- */

/* A descriptor that subscribes again keeps its place, unless it asks for another one. */
static u64 oht_file_place(struct oht_file *file, unsigned int i, u64 from)
{
	const struct oht_journal_source *journal = &oht_journals[i];

	if (from && journal->wanted == OHT_SUBSCRIBE_SAFETY)
		return from;
	return file->next[i] ?: journal->newest(file->oht) + 1;
}

int oht_file_subscribe(struct oht_file *file, u32 mask, u64 safety_from)
{
	unsigned int i;

	if (safety_from && (!(mask & OHT_SUBSCRIBE_SAFETY) ||
			    safety_from > oht_estop_journal_seq(&file->oht->estop) + 1))
		return -EINVAL;
	mutex_lock(&file->mutex);
	for (i = 0; i < OHT_JOURNALS; i++)
		WRITE_ONCE(file->next[i], mask & oht_journals[i].wanted ?
			   oht_file_place(file, i, safety_from) : 0);
	mutex_unlock(&file->mutex);
	return 0;
}

/* ---- what waits ---- */

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
	__poll_t mask = 0;
	unsigned int i;
	u64 next;

	if (oht_file_first_done(file))
		mask |= EPOLLIN | EPOLLRDNORM;
	for (i = 0; i < OHT_JOURNALS; i++) {
		next = READ_ONCE(file->next[i]);
		if (next && oht_journals[i].newest(file->oht) >= next)
			mask |= oht_journals[i].events;
	}
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
	completion->received = xfer->received;
	completion->pause_us = xfer->pause_us;
	memcpy(completion->pdu, xfer->pdu, xfer->reply_bytes);
}

/*
 * The next wanted record, unless @record is older already. Records that the journal has
 * overwritten are counted as made and dropped.
 */
static void oht_file_peek_journal(struct oht_file *file, unsigned int i, struct oht_record *record)
{
	const struct oht_journal_source *journal = &oht_journals[i];
	u64 next = file->next[i];
	struct oht_record fresh;

	/* Without a subscription no lock of the device is taken. */
	if (!next)
		return;
	memset(&fresh, 0, sizeof(fresh));
	if (!journal->read(file->oht, &next, &fresh) ||
	    (record->type && record->time_ns < fresh.time_ns))
		return;
	fresh.type = journal->type;
	fresh.size = sizeof(fresh);
	fresh.seq = file->seq + next - file->next[i];
	*record = fresh;
}

bool oht_file_peek(struct oht_file *file, struct oht_record *record)
{
	struct oht_call *call = oht_file_first_done(file);
	unsigned int i;

	lockdep_assert_held(&file->mutex);
	memset(record, 0, sizeof(*record));
	record->size = sizeof(*record);
	record->seq = file->seq + 1;
	if (call)
		oht_file_describe(call, record);
	for (i = 0; i < OHT_JOURNALS; i++)
		oht_file_peek_journal(file, i, record);
	return record->type;
}

static void oht_file_reap_call(struct oht_file *file)
{
	struct oht_call *call;
	unsigned long flags;

	raw_spin_lock_irqsave(&file->lock, flags);
	call = list_first_entry(&file->done, struct oht_call, done);
	list_del(&call->done);
	raw_spin_unlock_irqrestore(&file->lock, flags);
	list_del(&call->node);
	file->calls_count--;
	oht_file_keep_call(file, call);
}

void oht_file_reap(struct oht_file *file, const struct oht_record *record)
{
	u64 passed = record->seq - file->seq;
	unsigned int i;

	lockdep_assert_held(&file->mutex);
	file->seq = record->seq;
	if (record->type == OHT_RECORD_COMPLETION) {
		oht_file_reap_call(file);
		return;
	}
	/* Dropped records count too. */
	for (i = 0; i < OHT_JOURNALS; i++)
		if (oht_journals[i].type == record->type)
			WRITE_ONCE(file->next[i], file->next[i] + passed);
}
