// SPDX-License-Identifier: GPL-2.0-only
/*
 * The self-test: looks for what no press would show before it is needed. Only while stopped, when
 * lines may be written low once more and must all read low. It never raises an output.
 */
#include <linux/ktime.h>
#include <linux/math64.h>

#include "estop_internal.h"

/* Ten of the supervision's longest periods. */
#define OHT_SUPERVISION_DEAD_NS	(100 * NSEC_PER_MSEC)

/* A chip that cannot read an output back says so; that is no failure of the output. */
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
	if (oht_estop_passed(now, estop->stall.ran_ns[OHT_STALL_SUPERVISION],
			     OHT_SUPERVISION_DEAD_NS))
		failed |= OHT_SELF_TEST_SUPERVISION;
	return failed;
}

static int oht_estop_self_test_locked(struct oht_estop *estop, u32 *failed, u64 now)
{
	u64 settle_ns = (u64)estop->config.feedback_settle_ms * NSEC_PER_MSEC;

	if (estop->state != OHT_ESTOP_STOPPED)
		return -ECANCELED;
	if (estop->feedbacks && !oht_estop_passed(now, estop->switched_ns, settle_ns))
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

/* With estop->lock held. */
void oht_estop_describe_tests(const struct oht_estop *estop, u64 now,
			      struct oht_estop_status *status)
{
	status->tested_ns = estop->tested_ns;
	status->test_failed = estop->test_failed;
	status->opened_age_s = OHT_NEVER_S;
	if (estop->opened_ns)
		status->opened_age_s = now > estop->opened_ns ?
			div_u64(now - estop->opened_ns, NSEC_PER_SEC) : 0;
}
