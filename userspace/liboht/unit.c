// SPDX-License-Identifier: GPL-2.0-or-later
/* How the units of the bus stand. */
#include <string.h>

#include "internal.h"

#define US_PER_MS	1000u

OHT_PUBLIC int oht_dev_unit_set(struct oht_dev *dev, const struct oht_unit_policy *policy)
{
	struct oht_unit_set raw = {
		.size = sizeof(raw),
		.unit = policy->unit,
		.retries = policy->retries,
		.degrade_after = policy->degrade_after,
		.timeout_us = policy->timeout_us,
		.backoff_first_ms = policy->backoff_first_ms,
		.backoff_max_ms = policy->backoff_max_ms,
		.pause_max_us = policy->pause_max_us,
		.rest_us = policy->rest_ms * US_PER_MS,
	};

	return oht_dev_ioctl(dev, OHT_IOC_UNIT_SET, &raw);
}

OHT_PUBLIC int oht_dev_unit_get_sized(struct oht_dev *dev, uint8_t unit, struct oht_unit_view *view,
				      size_t view_bytes)
{
	struct oht_unit_view whole;
	struct oht_unit_status raw = { .size = sizeof(raw), .unit = unit };

	if (oht_dev_ioctl(dev, OHT_IOC_UNIT_GET, &raw))
		return -1;
	whole = (struct oht_unit_view){
		.policy = {
			.unit = raw.unit,
			.retries = raw.retries,
			.degrade_after = raw.degrade_after,
			.timeout_us = raw.timeout_us,
			.backoff_first_ms = raw.backoff_first_ms,
			.backoff_max_ms = raw.backoff_max_ms,
			.pause_max_us = raw.pause_max_us,
			.rest_ms = (uint8_t)(raw.rest_us / US_PER_MS + !!(raw.rest_us % US_PER_MS)),
		},
		.configured = raw.flags & OHT_UNIT_CONFIGURED,
		.state = raw.health,
		.errors_in_row = raw.errors_in_row,
		.backoff_ms = raw.backoff_ms,
		.turnaround_max_ns = raw.turnaround_max_ns,
		.last_good_ns = raw.last_good_ns,
		.changed_ns = raw.changed_ns,
		.next_probe_ns = raw.next_probe_ns,
		.pauses = raw.pauses,
		.bytes_stray = raw.bytes_stray,
		.bytes_extra = raw.bytes_extra,
	};
	static_assert(sizeof(whole.outcomes) == sizeof(raw.details), "outcomes");
	static_assert(sizeof(whole.conformance) == sizeof(raw.conformance), "conformance");
	memcpy(whole.outcomes, raw.details, sizeof(raw.details));
	memcpy(whole.conformance, raw.conformance, sizeof(raw.conformance));
	oht_give(view, view_bytes, &whole, sizeof(whole));
	return 0;
}

OHT_PUBLIC const char *oht_unit_state_name(unsigned int state)
{
	static const char *const names[] = {
		[OHT_UNIT_UNKNOWN] = "unknown",
		[OHT_UNIT_GOOD] = "good",
		[OHT_UNIT_DEGRADED] = "degraded",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}
