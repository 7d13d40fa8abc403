// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emergency stop: inputs, latch, outputs. Source: docs/safety.md.
 *
 * Lock rule: every write of an output level is under estop->lock, except the last one of all
 * (oht_estop_cut_outputs()). Raising re-reads latch and inputs before, and the inputs once more
 * after, in the same section. So a stop either comes before the section and is seen, or waits for
 * the lock and lowers the outputs again.
 *
 * Nothing under the lock calls more than GPIO get and set and the clock. No other file writes an
 * output.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "estop_internal.h"
#include "trace.h"

#define OHT_OUTPUTS_ALL		(OHT_OUTPUT_ENABLE_1 | OHT_OUTPUT_ENABLE_2)

/* How long oht_estop_note_fault() tries to get the lock: far longer than any section under it. */
#define OHT_NOTE_TRIES		10000

/* oht_estop.effects */
#define OHT_EFFECT_STOPPED	BIT(0)
#define OHT_EFFECT_RECORDED	BIT(1)

unsigned long oht_estop_lock(struct oht_estop *estop)
	__acquires(&estop->lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&estop->lock, flags);
	return flags;
}

/*
 * The owner is told of a stop after the lock is dropped, since the engine has a lock of its own.
 * Interrupts stay off until then, so no interrupt runs between the latch and the abort.
 */
void oht_estop_unlock(struct oht_estop *estop, unsigned long flags)
	__releases(&estop->lock)
{
	u32 effects = estop->effects;

	estop->effects = 0;
	raw_spin_unlock(&estop->lock);
	if (effects & OHT_EFFECT_STOPPED)
		estop->ops->stopped(estop);
	local_irq_restore(flags);
	if (effects & OHT_EFFECT_RECORDED)
		irq_work_queue(&estop->notify);
}

static void oht_estop_write_pulse(struct oht_estop *estop, bool high)
{
	gpiod_set_value(estop->pulse, high);
	estop->pulse_high = high;
}

/*
 * One edge for the device behind the pulse output. Only the supervision timer makes edges, and only
 * after it has found nothing wrong: no other place has looked at everything.
 */
static void oht_estop_make_pulse(struct oht_estop *estop)
{
	if (estop->state == OHT_ESTOP_ENABLED && !READ_ONCE(estop->dead))
		oht_estop_write_pulse(estop, !estop->pulse_high);
}

void oht_estop_lower(struct oht_estop *estop)
{
	unsigned int i;

	for (i = 0; i < OHT_ESTOP_OUTPUTS; i++)
		gpiod_set_value(estop->enable[i], 0);
	estop->outputs = 0;
	if (estop->pulse)
		oht_estop_write_pulse(estop, false);
}

/* The only place where an output goes high. */
bool oht_estop_raise(struct oht_estop *estop, u64 now)
{
	unsigned int i;

	if (estop->state == OHT_ESTOP_STOPPED || estop->inputs != estop->all_closed)
		return false;
	/* Contacts that are closed although the outputs are low: still moving, or welded. */
	if (oht_estop_contacts_standing(estop))
		return false;
	estop->outputs = OHT_OUTPUTS_ALL;
	estop->switched_ns = now;
	for (i = 0; i < OHT_ESTOP_OUTPUTS; i++)
		gpiod_set_value(estop->enable[i], 1);
	oht_estop_read_inputs(estop);
	if (estop->inputs == estop->all_closed && !READ_ONCE(estop->dead))
		return true;
	oht_estop_lower(estop);
	return false;
}

/* The next entry of the journal, with the members that every record has. */
struct oht_safety_record *oht_estop_record(struct oht_estop *estop, u32 kind, u32 from,
					   u64 event_ns)
{
	struct oht_safety_record *record = oht_journal_next(&estop->journal);

	memset(record, 0, sizeof(*record));
	record->journal_seq = estop->journal.seq;
	record->event_ns = event_ns;
	record->causes = estop->causes;
	record->tag = estop->tag;
	record->kind = kind;
	record->state_from = from;
	record->state_to = estop->state;
	record->inputs = estop->inputs | estop->contacts;
	record->outputs = estop->outputs;
	record->tgid = in_task() ? task_tgid_nr(current) : 0;
	trace_oht_estop(record, estop->id);
	estop->effects |= OHT_EFFECT_RECORDED;
	return record;
}

/* Stops. The latch with its cause is set before the outputs are written. */
void oht_estop_latch(struct oht_estop *estop, u32 cause, u32 kind, u64 event_ns)
{
	bool known = estop->causes & OHT_CAUSE_BIT(cause);
	u32 from = estop->state, outputs = estop->outputs;
	struct oht_safety_record *record;

	if (from != OHT_ESTOP_STOPPED)
		estop->since_ns = event_ns;
	estop->latched_ns = event_ns;
	if (!estop->causes)
		estop->first_cause = cause;
	estop->causes |= OHT_CAUSE_BIT(cause);
	WRITE_ONCE(estop->state, OHT_ESTOP_STOPPED);
	oht_estop_count_halt(estop);
	if (outputs || from != OHT_ESTOP_STOPPED)
		oht_estop_lower(estop);
	if (known)
		return;
	estop->effects |= OHT_EFFECT_STOPPED;
	record = oht_estop_record(estop, kind, from, event_ns);
	record->cause = cause;
	if (!outputs)
		return;
	record->low_ns = ktime_get_ns();
	oht_estop_contacts_lowered(estop, record->low_ns);
	oht_histogram_add(&estop->to_low, record->low_ns - event_ns);
}

/* As latch, for what nobody has asked for: the process that looks has not caused what it finds. */
static void oht_estop_latch_found(struct oht_estop *estop, u32 cause, u32 kind, u64 now)
{
	u64 seq = estop->journal.seq;

	oht_estop_latch(estop, cause, kind, now);
	if (estop->journal.seq != seq)
		oht_journal_at(&estop->journal, estop->journal.seq)->tgid = 0;
}

/* For conditions that are polled: latches only if @cause does not stand already. */
void oht_estop_find(struct oht_estop *estop, u32 cause, u64 now)
{
	if (estop->state != OHT_ESTOP_STOPPED || !(estop->causes & OHT_CAUSE_BIT(cause)))
		oht_estop_latch_found(estop, cause, OHT_SAFETY_STOP, now);
}

bool oht_estop_is_late(const struct oht_estop *estop, u64 now)
{
	return estop->controller &&
	       oht_passed(now, estop->heartbeat_ns, estop->deadman_ns);
}

bool oht_estop_is_bus_lost(const struct oht_estop *estop, u64 now)
{
	u64 by_ns = atomic64_read(&estop->heard_by_ns);

	return by_ns && oht_passed(now, by_ns, 0);
}

bool oht_estop_is_stalled(const struct oht_estop *estop, u64 now)
{
	return oht_stall_found(&estop->stall, now,
			       (u64)estop->config.cpu_stall_us * NSEC_PER_USEC);
}

void oht_estop_check_cpus(struct oht_estop *estop, u64 now)
{
	if (oht_estop_is_stalled(estop, now))
		oht_estop_find(estop, OHT_CAUSE_CPU_STALL, now);
}

void oht_estop_check(struct oht_estop *estop, u64 now)
{
	oht_estop_check_channels(estop, now);
	oht_estop_check_cpus(estop, now);
	oht_estop_check_machine(estop, now);
	if (estop->feedbacks)
		oht_estop_check_contacts(estop, now);
}

/*
 * The GPIO bank hands on its interrupt in a thread (its own, or one that was forced on it by
 * threadirqs or PREEMPT_RT): other threads may keep a press waiting, so the machine must not be
 * enabled. No public call tells before the first edge. Returns whether that was known.
 */
static bool oht_estop_find_thread(struct oht_estop *estop, u64 now)
{
	bool known = estop->held & OHT_CAUSE_BIT(OHT_CAUSE_IRQ_THREAD);

	estop->held |= OHT_CAUSE_BIT(OHT_CAUSE_IRQ_THREAD);
	oht_estop_find(estop, OHT_CAUSE_IRQ_THREAD, now);
	return known;
}

irqreturn_t oht_estop_edge(int irq, void *channel_ptr)
{
	struct oht_estop_channel *channel = channel_ptr;
	struct oht_estop *estop = channel->estop;
	u64 now = ktime_get_ns();
	unsigned long flags;
	bool known, storm, told = true;

	flags = oht_estop_lock(estop);
	/* Read without the lock where the timers are placed. */
	WRITE_ONCE(estop->irq_cpu, smp_processor_id());
	estop->closed_since_ns = 0;
	oht_estop_note_edge(channel, now);
	/* The contacts follow milliseconds later: the supervision timer reads them. */
	oht_estop_check_channels(estop, now);
	/*
	 * The channel is closed again: the level no longer shows the press, but the edge counts.
	 * Only the release of a press that is latched already is no news.
	 */
	known = estop->state == OHT_ESTOP_STOPPED &&
		(estop->causes & OHT_CAUSE_BIT(channel->cause));
	if (!known)
		oht_estop_latch_found(estop, channel->cause, OHT_SAFETY_GLITCH, now);
	/* Not in a tasklet: there the interrupt core replays the edge of a masked line. */
	if (in_task())
		told = oht_estop_find_thread(estop, now);
	storm = oht_storm_edge(&channel->storm, now);
	if (storm)
		oht_estop_find(estop, OHT_CAUSE_STORM, now);
	oht_estop_unlock(estop, flags);
	if (!told)
		dev_err(estop->dev,
			"estop-gpios: its interrupt is handled in a thread; no enable any more\n");
	if (storm)
		oht_estop_mask(channel, irq);
	return IRQ_HANDLED;
}

void oht_estop_supervise(struct oht_estop *estop)
{
	u64 now = ktime_get_ns();
	unsigned long flags;
	u32 calm;

	flags = oht_estop_lock(estop);
	/* Also checks this timer's own stamp, so it comes before the stamp is renewed. */
	oht_estop_check(estop, now);
	oht_stall_ran(&estop->stall, OHT_STALL_SUPERVISION, now);
	if (estop->pulse)
		oht_estop_make_pulse(estop);
	calm = oht_estop_poll_storms(estop, now);
	if (estop->button.gpio)
		oht_estop_poll_button(estop, now);
	oht_estop_unlock(estop, flags);
	if (calm)
		oht_estop_unmask(estop, calm);
}

void oht_estop_stop_locked(struct oht_estop *estop, u32 cause, u64 now)
{
	oht_estop_read_inputs(estop);
	oht_estop_latch(estop, cause, OHT_SAFETY_STOP, now);
	/* An explicit stop: write the outputs again, whatever level they should already have. */
	oht_estop_lower(estop);
	estop->effects |= OHT_EFFECT_STOPPED;
}

void oht_estop_stop(struct oht_estop *estop, u32 cause, const u64 *tag)
{
	u64 now = ktime_get_ns();
	unsigned long flags;

	flags = oht_estop_lock(estop);
	if (tag)
		estop->tag = *tag;
	oht_estop_stop_locked(estop, cause, now);
	oht_estop_unlock(estop, flags);
}

void oht_estop_hold(struct oht_estop *estop, u32 cause)
{
	u64 now = ktime_get_ns();
	unsigned long flags;

	flags = oht_estop_lock(estop);
	estop->held |= OHT_CAUSE_BIT(cause);
	oht_estop_stop_locked(estop, cause, now);
	oht_estop_unlock(estop, flags);
}

void oht_estop_let_go(struct oht_estop *estop, u32 cause)
{
	unsigned long flags;

	flags = oht_estop_lock(estop);
	estop->held &= ~OHT_CAUSE_BIT(cause);
	oht_estop_unlock(estop, flags);
}

void oht_estop_cut_outputs(struct oht_estop *estop)
{
	unsigned int i;
	u32 value;

	WRITE_ONCE(estop->dead, true);
	WRITE_ONCE(estop->state, OHT_ESTOP_STOPPED);
	for (i = 0; i < estop->cuts; i++) {
		value = estop->cut[i].value;
		if (estop->cut[i].mask != U32_MAX)
			value |= readl(estop->cut[i].reg) & ~estop->cut[i].mask;
		writel(value, estop->cut[i].reg);
	}
	if (estop->cuts)
		return;
	/*
	 * Without a register path the chip's driver may take its own lock, which a stopped CPU may
	 * hold.
	 */
	for (i = 0; i < OHT_ESTOP_OUTPUTS; i++)
		gpiod_set_value(estop->enable[i], 0);
}

/* A CPU that died with the lock held never releases it; any other CPU does within microseconds. */
void oht_estop_note_fault(struct oht_estop *estop)
{
	unsigned int tries = OHT_NOTE_TRIES;
	unsigned long flags;

	while (!raw_spin_trylock_irqsave(&estop->lock, flags)) {
		if (!--tries)
			return;
		cpu_relax();
	}
	oht_estop_record(estop, OHT_SAFETY_FAULT, estop->state, ktime_get_mono_fast_ns());
	oht_estop_unlock(estop, flags);
}

/* Only a reader of the dump or of the trace will see this record. */
void oht_estop_note_panic(struct oht_estop *estop, u32 from)
{
	struct oht_safety_record *record;
	u64 now = ktime_get_mono_fast_ns();

	/* The other CPUs have been stopped: the lock is free, or never will be. */
	if (!raw_spin_trylock(&estop->lock))
		return;
	if (!estop->causes)
		estop->first_cause = OHT_CAUSE_PANIC;
	estop->causes |= OHT_CAUSE_BIT(OHT_CAUSE_PANIC);
	estop->outputs = 0;
	record = oht_estop_record(estop, OHT_SAFETY_STOP, from, now);
	record->cause = OHT_CAUSE_PANIC;
	record->low_ns = now;
	raw_spin_unlock(&estop->lock);
}

/* From irq_work: hard interrupt, or its thread on PREEMPT_RT. */
static void oht_estop_notify(struct irq_work *work)
{
	struct oht_estop *estop = container_of(work, struct oht_estop, notify);

	if (READ_ONCE(estop->misplaced))
		schedule_work(&estop->place_work);
	if (READ_ONCE(estop->keeps_awake) && oht_estop_state(estop) != OHT_ESTOP_ENABLED)
		schedule_work(&estop->awake_work);
	estop->ops->recorded(estop);
}

static void oht_estop_start(struct oht_estop *estop)
{
	u64 now = ktime_get_ns();
	unsigned long flags;

	flags = oht_estop_lock(estop);
	oht_estop_read_inputs(estop);
	estop->since_ns = now;
	estop->switched_ns = now;
	oht_estop_latch(estop, OHT_CAUSE_START, OHT_SAFETY_STOP, now);
	oht_estop_unlock(estop, flags);
}

int oht_estop_init(struct oht_estop *estop, struct device *dev,
		   const struct oht_estop_ops *ops)
{
	int ret;

	estop->dev = dev;
	estop->ops = ops;
	estop->state = OHT_ESTOP_STOPPED;
	raw_spin_lock_init(&estop->lock);
	oht_estop_supervise_init(estop);
	init_irq_work(&estop->notify, oht_estop_notify);

	ret = oht_estop_gpio_init(estop, dev);
	if (!ret)
		ret = oht_estop_machine_init(estop);
	if (ret)
		return ret;
	oht_estop_start(estop);
	ret = oht_estop_gpio_watch(estop);
	if (ret)
		goto sync_notify;
	ret = oht_estop_supervise_start(estop);
	if (ret)
		goto unwatch;
	ret = oht_estop_hooks_register(estop);
	if (ret)
		goto stop_supervision;
	return 0;

stop_supervision:
	oht_estop_supervise_stop(estop);
unwatch:
	oht_estop_gpio_unwatch(estop, estop->channels);
sync_notify:
	irq_work_sync(&estop->notify);
	cancel_work_sync(&estop->place_work);
	oht_estop_machine_end(estop);
	return ret;
}

void oht_estop_exit(struct oht_estop *estop)
{
	oht_estop_hooks_unregister(estop);
	oht_estop_supervise_stop(estop);
	oht_estop_gpio_unwatch(estop, estop->channels);
	irq_work_sync(&estop->notify);
	cancel_work_sync(&estop->place_work);
	oht_estop_machine_end(estop);
}
