// SPDX-License-Identifier: GPL-2.0-or-later
/* The stop: its state, the acts on it, and the role of controller. One system call each. */
#include <errno.h>

#include "internal.h"

OHT_PUBLIC int oht_dev_stop_status_sized(struct oht_dev *dev, struct oht_stop_status *status,
					 size_t status_bytes)
{
	struct oht_stop_status whole;
	struct oht_estop_status raw = { .size = sizeof(raw) };

	if (oht_dev_ioctl(dev, OHT_IOC_ESTOP_STATUS, &raw))
		return -1;
	whole = (struct oht_stop_status){
		.state = raw.state,
		.first_cause = raw.first_cause,
		.causes = raw.causes,
		.standing = raw.standing,
		.inputs = raw.inputs,
		.outputs = raw.outputs,
		.has_controller = raw.flags & OHT_ESTOP_HAS_CONTROLLER,
		.is_controller = raw.flags & OHT_ESTOP_IS_CONTROLLER,
		.cpus_watched = raw.flags & OHT_ESTOP_CPUS_WATCHED,
		.controller_tgid = raw.controller_tgid,
		.deadman_ms = raw.deadman_ms,
		.since_ns = raw.since_ns,
		.closed_since_ns = raw.closed_since_ns,
		.journal_seq = raw.journal_seq,
		.tested_ns = raw.tested_ns,
		.test_failed = raw.test_failed,
		.opened_age_s = raw.opened_age_s,
	};
	oht_give(status, status_bytes, &whole, sizeof(whole));
	return 0;
}

static int command(struct oht_dev *dev, unsigned long number, uint64_t tag, uint64_t *blocking)
{
	struct oht_command raw = { .size = sizeof(raw), .tag = tag };
	int result = oht_dev_ioctl(dev, number, &raw);

	if (blocking)
		*blocking = raw.blocking;
	return result;
}

OHT_PUBLIC int oht_dev_stop(struct oht_dev *dev, uint64_t tag)
{
	return command(dev, OHT_IOC_STOP, tag, NULL);
}

OHT_PUBLIC int oht_dev_reset(struct oht_dev *dev, uint64_t tag, uint64_t *blocking)
{
	return command(dev, OHT_IOC_RESET, tag, blocking);
}

OHT_PUBLIC int oht_dev_enable(struct oht_dev *dev, uint64_t tag, uint64_t *blocking)
{
	return command(dev, OHT_IOC_ENABLE, tag, blocking);
}

OHT_PUBLIC int oht_dev_disable(struct oht_dev *dev, uint64_t tag)
{
	return command(dev, OHT_IOC_DISABLE, tag, NULL);
}

OHT_PUBLIC int oht_dev_heartbeat(struct oht_dev *dev)
{
	return command(dev, OHT_IOC_HEARTBEAT, 0, NULL);
}

OHT_PUBLIC int oht_dev_self_test(struct oht_dev *dev, uint32_t *failed)
{
	struct oht_self_test raw = { .size = sizeof(raw) };

	if (oht_dev_ioctl(dev, OHT_IOC_SELF_TEST, &raw))
		return -1;
	*failed = raw.failed;
	return 0;
}

OHT_PUBLIC int oht_dev_control_take(struct oht_dev *dev, uint32_t *deadman_ms)
{
	struct oht_control raw = {
		.size = sizeof(raw),
		.action = OHT_CONTROL_TAKE,
		.deadman_ms = deadman_ms ? *deadman_ms : 0,
	};

	if (oht_dev_ioctl(dev, OHT_IOC_CONTROL, &raw))
		return -1;
	if (deadman_ms)
		*deadman_ms = raw.deadman_ms;
	return 0;
}

OHT_PUBLIC int oht_dev_control_release(struct oht_dev *dev)
{
	struct oht_control raw = { .size = sizeof(raw), .action = OHT_CONTROL_RELEASE };

	return oht_dev_ioctl(dev, OHT_IOC_CONTROL, &raw);
}
