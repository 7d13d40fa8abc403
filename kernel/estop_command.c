// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands to the emergency stop: reset, enable, disable, the role of controller, the self-test,
 * its state and its journal. The rules are in include/uapi/linux/oht.h; estop.c writes the
 * outputs.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "estop_internal.h"

/* Ten of the supervision's longest periods. */
#define OHT_SUPERVISION_DEAD_NS	(100 * NSEC_PER_MSEC)

/* ---- reset, enable, disable ---- */

/* Causes that forbid a reset now. A button counts until it has been closed for long enough. */
static u64 oht_estop_standing(const struct oht_estop *estop, u64 now)
{
	u64 stable_ns = (u64)estop->config.reset_stable_ms * NSEC_PER_MSEC;
	bool stable = estop->closed_since_ns &&
		      oht_passed(now, estop->closed_since_ns, stable_ns);
	bool closing = estop->inputs == estop->all_closed && !stable;
	u64 mask = estop->held | oht_estop_contacts_standing(estop);
	u32 seen = estop->inputs | estop->unreadable;
	unsigned int i;

	for (i = 0; i < estop->channels; i++)
		if (closing || !(seen & estop->channel[i].input))
			mask |= OHT_CAUSE_BIT(estop->channel[i].cause);
	if (estop->test_failed)
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_SELF_TEST);
	if (oht_estop_disagrees(estop))
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY);
	if (oht_estop_storms(estop))
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_STORM);
	if (estop->unreadable)
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_INPUT_ERROR);
	if (oht_estop_is_late(estop, now))
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN);
	if (oht_estop_is_bus_lost(estop, now))
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_BUS_LOSS);
	if (oht_estop_is_stalled(estop, now))
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_CPU_STALL);
	return mask;
}

int oht_estop_reset_locked(struct oht_estop *estop, const u64 *tag, u64 *blocking)
{
	u64 now = ktime_get_ns();

	oht_estop_check(estop, now);
	if (estop->state != OHT_ESTOP_STOPPED)
		return -ECANCELED;
	*blocking = oht_estop_standing(estop, now);
	if (*blocking)
		return -EBUSY;
	if (tag)
		estop->tag = *tag;
	estop->causes = 0;
	estop->first_cause = OHT_CAUSE_NONE;
	/* A press before this reset does not prove the channels for the next one. */
	oht_agree_forget(&estop->agree);
	estop->since_ns = now;
	WRITE_ONCE(estop->state, OHT_ESTOP_READY);
	oht_estop_record(estop, OHT_SAFETY_RESET, OHT_ESTOP_STOPPED, now);
	return 0;
}

int oht_estop_reset(struct oht_estop *estop, const void *who, u64 tag, u64 *blocking)
{
	unsigned long flags;
	int ret = -EPERM;

	*blocking = 0;
	flags = oht_estop_lock(estop);
	if (estop->controller == who)
		ret = estop->button.gpio ? -EREMOTE : oht_estop_reset_locked(estop, &tag, blocking);
	oht_estop_unlock(estop, flags);
	return ret;
}

static int oht_estop_enable_locked(struct oht_estop *estop, u64 tag, u64 *blocking)
{
	u64 missing = oht_estop_missing(estop), now = ktime_get_ns();

	oht_estop_check(estop, now);
	*blocking = estop->causes | oht_estop_contacts_standing(estop);
	if (estop->state != OHT_ESTOP_READY)
		return -ECANCELED;
	/* This refusal latches nothing: the caller may enable again later. */
	if (missing) {
		*blocking = missing;
		return -EBUSY;
	}
	if (!oht_estop_raise(estop, now)) {
		/* A channel opened while the outputs rose: they are low again, now say why. */
		oht_estop_check(estop, now);
		*blocking = estop->causes | oht_estop_contacts_standing(estop);
		return -ECANCELED;
	}
	estop->tag = tag;
	estop->since_ns = now;
	WRITE_ONCE(estop->enables, estop->enables + 1);
	/* Pairs with oht_estop_state(). */
	smp_store_release(&estop->state, OHT_ESTOP_ENABLED);
	oht_estop_record(estop, OHT_SAFETY_ENABLE, OHT_ESTOP_READY, now);
	return 0;
}

int oht_estop_enable(struct oht_estop *estop, const void *who, u64 tag, u64 *blocking)
{
	unsigned long flags;
	int ret = -EPERM;

	*blocking = 0;
	if (!oht_estop_is_controller(estop, who))
		return -EPERM;
	oht_estop_prepare(estop);
	flags = oht_estop_lock(estop);
	if (estop->controller == who)
		ret = oht_estop_enable_locked(estop, tag, blocking);
	oht_estop_unlock(estop, flags);
	oht_estop_prepared(estop);
	return ret;
}

static int oht_estop_disable_locked(struct oht_estop *estop, u64 tag)
{
	u64 now = ktime_get_ns();
	struct oht_safety_record *record;

	oht_estop_check(estop, now);
	if (estop->state != OHT_ESTOP_ENABLED)
		return -ECANCELED;
	estop->tag = tag;
	estop->since_ns = now;
	WRITE_ONCE(estop->state, OHT_ESTOP_READY);
	oht_estop_count_halt(estop);
	oht_estop_lower(estop);
	record = oht_estop_record(estop, OHT_SAFETY_DISABLE, OHT_ESTOP_ENABLED, now);
	record->low_ns = ktime_get_ns();
	oht_estop_contacts_lowered(estop, record->low_ns);
	return 0;
}

int oht_estop_disable(struct oht_estop *estop, const void *who, u64 tag)
{
	unsigned long flags;
	int ret = -EPERM;

	flags = oht_estop_lock(estop);
	if (estop->controller == who)
		ret = oht_estop_disable_locked(estop, tag);
	oht_estop_unlock(estop, flags);
	return ret;
}

/* ---- the controller ---- */

int oht_estop_take(struct oht_estop *estop, const void *who, u32 deadman_ms)
{
	u64 now = ktime_get_ns();
	unsigned long flags;
	int ret = -EBUSY;

	if (deadman_ms < OHT_DEADMAN_MIN_MS || deadman_ms > OHT_DEADMAN_MAX_MS)
		return -EINVAL;
	flags = oht_estop_lock(estop);
	if (!estop->controller) {
		WRITE_ONCE(estop->controller, who);
		WRITE_ONCE(estop->sessions, estop->sessions + 1);
		estop->controller_tgid = task_tgid_nr(current);
		estop->deadman_ns = (u64)deadman_ms * NSEC_PER_MSEC;
		estop->heartbeat_ns = now;
		oht_estop_read_inputs(estop);
		oht_estop_record(estop, OHT_SAFETY_CONTROL, estop->state, now);
		ret = 0;
	}
	oht_estop_unlock(estop, flags);
	return ret;
}

/*
 * If @who is the controller, stop the machine for @cause and end its role. Otherwise change nothing
 * and return false.
 */
static bool oht_estop_drop(struct oht_estop *estop, const void *who, u32 cause)
{
	u64 now = ktime_get_ns();
	unsigned long flags;
	bool had;

	flags = oht_estop_lock(estop);
	had = estop->controller == who;
	if (had) {
		oht_estop_stop_locked(estop, cause, now);
		WRITE_ONCE(estop->controller, NULL);
		estop->controller_tgid = 0;
	}
	oht_estop_unlock(estop, flags);
	return had;
}

int oht_estop_release(struct oht_estop *estop, const void *who)
{
	return oht_estop_drop(estop, who, OHT_CAUSE_FAREWELL) ? 0 : -EPERM;
}

void oht_estop_forget(struct oht_estop *estop, const void *who)
{
	oht_estop_drop(estop, who, OHT_CAUSE_CLOSE);
}

int oht_estop_heartbeat(struct oht_estop *estop, const void *who)
{
	unsigned long flags;
	int ret = -EPERM;
	u64 now;

	flags = oht_estop_lock(estop);
	if (estop->controller == who) {
		now = ktime_get_ns();
		if (oht_estop_is_late(estop, now))
			oht_estop_find(estop, OHT_CAUSE_DEADMAN, now);
		estop->heartbeat_ns = now;
		ret = 0;
	}
	oht_estop_unlock(estop, flags);
	return ret;
}

bool oht_estop_is_controller(struct oht_estop *estop, const void *who)
{
	unsigned long flags;
	bool is;

	flags = oht_estop_lock(estop);
	is = estop->controller == who;
	oht_estop_unlock(estop, flags);
	return is;
}

/*
 * ---- the self-test ----
 *
 * Looks for what no press would show before it is needed. Only while stopped, when lines may be
 * written low once more and must all read low. It never raises an output.
 */

/* A GPIO chip may be unable to read an output back; that is no failure of the output. */
static u32 oht_estop_outputs_seen(const struct oht_estop *estop)
{
	u32 seen = 0;
	unsigned int i;

	for (i = 0; i < OHT_ESTOP_OUTPUTS; i++)
		if (gpiod_get_value(estop->enable[i]) > 0)
			seen |= OHT_SELF_TEST_OUTPUT_1 << i;
	return seen;
}

static u32 oht_estop_examine(struct oht_estop *estop, u64 now)
{
	u32 failed = oht_estop_outputs_seen(estop);

	oht_estop_lower(estop);
	failed |= oht_estop_outputs_seen(estop);
	oht_estop_check(estop, now);
	if (estop->contacts & OHT_INPUT_FEEDBACK_1)
		failed |= OHT_SELF_TEST_CONTACT_1;
	if (estop->contacts & OHT_INPUT_FEEDBACK_2)
		failed |= OHT_SELF_TEST_CONTACT_2;
	if (estop->unreadable || estop->contacts_unreadable)
		failed |= OHT_SELF_TEST_INPUT;
	if (oht_passed(now, estop->stall.ran_ns[OHT_STALL_SUPERVISION], OHT_SUPERVISION_DEAD_NS))
		failed |= OHT_SELF_TEST_SUPERVISION;
	return failed;
}

static int oht_estop_self_test_locked(struct oht_estop *estop, u32 *failed, u64 now)
{
	u64 settle_ns = (u64)estop->config.feedback_settle_ms * NSEC_PER_MSEC;

	if (estop->state != OHT_ESTOP_STOPPED)
		return -ECANCELED;
	if (estop->feedbacks && !oht_passed(now, estop->switched_ns, settle_ns))
		return -EBUSY;
	*failed = oht_estop_examine(estop, now);
	estop->tested_ns = now;
	estop->test_failed = *failed;
	if (*failed)
		oht_estop_find(estop, OHT_CAUSE_SELF_TEST, now);
	return 0;
}

int oht_estop_self_test(struct oht_estop *estop, const void *who, u32 *failed)
{
	u64 now = ktime_get_ns();
	unsigned long flags;
	int ret = -EPERM;

	*failed = 0;
	flags = oht_estop_lock(estop);
	if (estop->controller == who)
		ret = oht_estop_self_test_locked(estop, failed, now);
	oht_estop_unlock(estop, flags);
	return ret;
}

static void oht_estop_describe_tests(const struct oht_estop *estop, u64 now,
				     struct oht_estop_status *status)
{
	status->tested_ns = estop->tested_ns;
	status->test_failed = estop->test_failed;
	status->opened_age_s = OHT_NEVER_S;
	if (estop->opened_ns)
		status->opened_age_s = now > estop->opened_ns ?
			div_u64(now - estop->opened_ns, NSEC_PER_SEC) : 0;
}

/* ---- state and journal ---- */

u32 oht_estop_session_of(struct oht_estop *estop, const void *who)
{
	unsigned long flags;
	u32 session;

	flags = oht_estop_lock(estop);
	session = estop->controller == who ? estop->sessions : 0;
	oht_estop_unlock(estop, flags);
	return session;
}

static void oht_estop_describe_controller(const struct oht_estop *estop, const void *who,
					  struct oht_estop_status *status)
{
	if (!estop->controller)
		return;
	status->flags |= OHT_ESTOP_HAS_CONTROLLER;
	if (estop->controller == who)
		status->flags |= OHT_ESTOP_IS_CONTROLLER;
	status->deadman_ms = div_u64(estop->deadman_ns, NSEC_PER_MSEC);
	status->controller_tgid = estop->controller_tgid;
}

void oht_estop_status(struct oht_estop *estop, const void *who, struct oht_estop_status *status)
{
	unsigned long flags;
	u64 now;

	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	flags = oht_estop_lock(estop);
	now = ktime_get_ns();
	oht_estop_check(estop, now);
	status->state = estop->state;
	status->first_cause = estop->first_cause;
	status->causes = estop->causes;
	status->standing = oht_estop_standing(estop, now);
	status->inputs = estop->inputs | estop->contacts;
	status->outputs = estop->outputs;
	status->since_ns = estop->since_ns;
	status->closed_since_ns = estop->closed_since_ns;
	status->journal_seq = estop->journal.seq;
	if (estop->stall.watched)
		status->flags |= OHT_ESTOP_CPUS_WATCHED;
	oht_estop_describe_controller(estop, who, status);
	oht_estop_describe_tests(estop, now, status);
	oht_estop_unlock(estop, flags);
}

bool oht_estop_journal_read(struct oht_estop *estop, u64 *seq, struct oht_safety_record *record)
{
	unsigned long flags = oht_estop_lock(estop);
	bool found;

	found = oht_journal_read(&estop->journal, seq, record);
	oht_estop_unlock(estop, flags);
	return found;
}

u64 oht_estop_journal_seq(struct oht_estop *estop)
{
	unsigned long flags;
	u64 seq;

	flags = oht_estop_lock(estop);
	seq = estop->journal.seq;
	oht_estop_unlock(estop, flags);
	return seq;
}

void oht_estop_get_to_low(struct oht_estop *estop, struct oht_histogram *histogram)
{
	unsigned long flags = oht_estop_lock(estop);

	*histogram = estop->to_low;
	oht_estop_unlock(estop, flags);
}

void oht_estop_reset_to_low(struct oht_estop *estop)
{
	unsigned long flags = oht_estop_lock(estop);

	memset(&estop->to_low, 0, sizeof(estop->to_low));
	oht_estop_unlock(estop, flags);
}
