// SPDX-License-Identifier: GPL-2.0-only
/* OHT_IOC_UNIT_SET and OHT_IOC_UNIT_GET. */
#include <linux/build_bug.h>
#include <linux/string.h>

#include "ioctl_internal.h"

#define OHT_BACKOFF_MIN_MS	10
#define OHT_BACKOFF_FIRST_MAX_MS	60000
#define OHT_BACKOFF_MAX_MS	3600000
#define OHT_PAUSE_MAX_US	50000
#define OHT_REST_MAX_US		50000

static_assert(OHT_ENGINE_DETAILS <= OHT_DETAILS_MAX);
static_assert(OHT_ENGINE_SIDES <= OHT_SIDES_MAX);
static_assert(OHT_ENGINE_RULES <= OHT_RULES_MAX);
static_assert(OHT_ENGINE_VERDICTS <= OHT_VERDICTS_MAX);

static bool oht_ioctl_backoff_is_good(const struct oht_unit_set *set)
{
	if (!set->degrade_after)
		return !set->backoff_first_ms && !set->backoff_max_ms;
	return set->backoff_first_ms >= OHT_BACKOFF_MIN_MS &&
	       set->backoff_first_ms <= OHT_BACKOFF_FIRST_MAX_MS &&
	       set->backoff_max_ms >= set->backoff_first_ms &&
	       set->backoff_max_ms <= OHT_BACKOFF_MAX_MS;
}

static int oht_ioctl_check_unit_set(const struct oht_unit_set *set)
{
	if (set->flags || set->pad)
		return -EINVAL;
	if (!oht_unit_is_good(set->unit) || set->retries > OHT_RETRIES_MAX)
		return -EINVAL;
	if (set->pause_max_us > OHT_PAUSE_MAX_US || set->rest_us > OHT_REST_MAX_US)
		return -EINVAL;
	if (set->timeout_us < OHT_TURNAROUND_MIN_US || set->timeout_us > OHT_TURNAROUND_MAX_US)
		return -EINVAL;
	return oht_ioctl_backoff_is_good(set) ? 0 : -EINVAL;
}

int oht_ioctl_prepare_unit_set(struct oht_file *file, struct oht_ioctl_call *call)
{
	return oht_ioctl_check_unit_set(&call->arg.unit_set);
}

int oht_ioctl_unit_set(struct oht_file *file, struct oht_ioctl_call *call)
{
	const struct oht_unit_set *set = &call->arg.unit_set;
	const struct oht_engine_policy policy = {
		.set = true,
		.retries = set->retries,
		.degrade_after = set->degrade_after,
		.timeout_us = set->timeout_us,
		.backoff_first_ms = set->backoff_first_ms,
		.backoff_max_ms = set->backoff_max_ms,
		.pause_max_us = set->pause_max_us,
		.rest_us = set->rest_us,
	};

	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	if (!oht_estop_is_controller(&file->oht->estop, file))
		return -EPERM;
	return oht_engine_set_policy(&file->oht->engine, set->unit, &policy);
}

static void oht_ioctl_fill_conformance(struct oht_unit_status *status,
				       const struct oht_engine_unit *u)
{
	unsigned int side, rule;

	for (side = 0; side < OHT_ENGINE_SIDES; side++)
		for (rule = 0; rule < OHT_ENGINE_RULES; rule++)
			memcpy(status->conformance[side][rule], u->meter[side][rule],
			       sizeof(u->meter[side][rule]));
}

int oht_ioctl_unit_get(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_unit_status *status = &call->arg.unit_status;
	u8 unit = status->unit;
	struct oht_engine_unit u;

	if (!oht_unit_is_good(unit) || status->rest_us)
		return -EINVAL;
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	oht_engine_get_unit(&file->oht->engine, unit, &u);
	memset(status, 0, sizeof(*status));
	status->unit = unit;
	status->health = u.health;
	status->flags = u.policy.set ? OHT_UNIT_CONFIGURED : 0;
	status->retries = u.policy.retries;
	status->degrade_after = u.policy.degrade_after;
	status->timeout_us = u.policy.timeout_us;
	status->backoff_first_ms = u.policy.backoff_first_ms;
	status->backoff_max_ms = u.policy.backoff_max_ms;
	status->errors_in_row = u.errors_in_row;
	status->backoff_ms = u.backoff_ms;
	status->turnaround_max_ns = u.turnaround_max_ns;
	status->last_good_ns = u.last_good_ns;
	status->changed_ns = u.changed_ns;
	status->next_probe_ns = u.next_probe_ns;
	status->pause_max_us = u.policy.pause_max_us;
	status->rest_us = u.policy.rest_us;
	status->bytes_stray = u.bytes_stray;
	status->bytes_extra = u.bytes_extra;
	status->pauses = u.pauses;
	memcpy(status->details, u.details, sizeof(u.details));
	oht_ioctl_fill_conformance(status, &u);
	return 0;
}
