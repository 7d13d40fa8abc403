// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the class oht, one value per file. Source: kernel.md, User-space contract.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>

#include "core.h"
#include "sysfs.h"

static struct oht_device *oht_sysfs_device(struct device *dev)
{
	return container_of(dev, struct oht_device, dev);
}

static ssize_t abi_version_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", OHT_ABI_VERSION);
}
static DEVICE_ATTR_RO(abi_version);

static ssize_t baud_effective_mbps_show(struct device *dev, struct device_attribute *attr,
					char *buf)
{
	return sysfs_emit(buf, "%llu\n", oht_sysfs_device(dev)->timing.baud_effective_mbps);
}
static DEVICE_ATTR_RO(baud_effective_mbps);

static ssize_t t15_ns_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", oht_sysfs_device(dev)->timing.t15_ns);
}
static DEVICE_ATTR_RO(t15_ns);

static ssize_t t35_ns_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", oht_sysfs_device(dev)->timing.t35_ns);
}
static DEVICE_ATTR_RO(t35_ns);

static struct attribute *oht_sysfs_device_attrs[] = {
	&dev_attr_abi_version.attr,
	&dev_attr_baud_effective_mbps.attr,
	&dev_attr_t15_ns.attr,
	&dev_attr_t35_ns.attr,
	NULL,
};

/* Without a bus there is nothing to say about its times. */
static umode_t oht_sysfs_device_visible(struct kobject *kobj, struct attribute *attr, int index)
{
	struct oht_device *oht = oht_sysfs_device(kobj_to_dev(kobj));

	if (attr == &dev_attr_abi_version.attr || oht_core_has_bus(oht))
		return attr->mode;
	return 0;
}

static const struct attribute_group oht_sysfs_device_group = {
	.attrs = oht_sysfs_device_attrs,
	.is_visible = oht_sysfs_device_visible,
};

/* ---- estop/ ---- */

static const char * const oht_sysfs_states[] = {
	[OHT_ESTOP_STOPPED] = "stopped",
	[OHT_ESTOP_READY] = "ready",
	[OHT_ESTOP_ENABLED] = "enabled",
};

static const char * const oht_sysfs_causes[] = {
	[OHT_CAUSE_NONE] = "none",
	[OHT_CAUSE_START] = "start",
	[OHT_CAUSE_BUTTON_A] = "button_a",
	[OHT_CAUSE_BUTTON_B] = "button_b",
	[OHT_CAUSE_DISCREPANCY] = "discrepancy",
	[OHT_CAUSE_FEEDBACK] = "feedback",
	[OHT_CAUSE_SOFTWARE] = "software",
	[OHT_CAUSE_DEADMAN] = "deadman",
	[OHT_CAUSE_CLOSE] = "close",
	[OHT_CAUSE_FAREWELL] = "farewell",
	[OHT_CAUSE_BUS_LOSS] = "bus_loss",
	[OHT_CAUSE_UNBIND] = "unbind",
	[OHT_CAUSE_MODULE_REMOVAL] = "module_removal",
	[OHT_CAUSE_SUSPEND] = "suspend",
	[OHT_CAUSE_REBOOT] = "reboot",
	[OHT_CAUSE_PANIC] = "panic",
	[OHT_CAUSE_SELF_TEST] = "self_test",
	[OHT_CAUSE_STORM] = "storm",
	[OHT_CAUSE_INPUT_ERROR] = "input_error",
	[OHT_CAUSE_CPU_STALL] = "cpu_stall",
	[OHT_CAUSE_SHUTDOWN] = "shutdown",
};

static ssize_t oht_sysfs_emit_causes(char *buf, u64 causes)
{
	int cause, length = 0;

	for (cause = 1; cause < ARRAY_SIZE(oht_sysfs_causes); cause++)
		if (causes & OHT_CAUSE_BIT(cause))
			length += sysfs_emit_at(buf, length, "%s%s", length ? " " : "",
						oht_sysfs_causes[cause]);
	return length + sysfs_emit_at(buf, length, "\n");
}

static void oht_sysfs_estop_status(struct device *dev, struct oht_estop_status *status)
{
	oht_estop_status(&oht_sysfs_device(dev)->estop, NULL, status);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct oht_estop_status status;

	oht_sysfs_estop_status(dev, &status);
	return sysfs_emit(buf, "%s\n", oht_sysfs_states[status.state]);
}
static DEVICE_ATTR_RO(state);

static ssize_t first_cause_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct oht_estop_status status;

	oht_sysfs_estop_status(dev, &status);
	return sysfs_emit(buf, "%s\n", oht_sysfs_causes[status.first_cause]);
}
static DEVICE_ATTR_RO(first_cause);

static ssize_t causes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct oht_estop_status status;

	oht_sysfs_estop_status(dev, &status);
	return oht_sysfs_emit_causes(buf, status.causes);
}
static DEVICE_ATTR_RO(causes);

static ssize_t standing_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct oht_estop_status status;

	oht_sysfs_estop_status(dev, &status);
	return oht_sysfs_emit_causes(buf, status.standing);
}
static DEVICE_ATTR_RO(standing);

static ssize_t supervision_cpu_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(oht_sysfs_device(dev)->estop.timer_cpu));
}
static DEVICE_ATTR_RO(supervision_cpu);

static struct attribute *oht_sysfs_estop_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_first_cause.attr,
	&dev_attr_causes.attr,
	&dev_attr_standing.attr,
	&dev_attr_supervision_cpu.attr,
	NULL,
};

static const struct attribute_group oht_sysfs_estop_group = {
	.name = "estop",
	.attrs = oht_sysfs_estop_attrs,
};

/* ---- statistics/ ---- */

/* One counter of the engine; which one is known by its place. */
struct oht_sysfs_counter {
	struct device_attribute attr;
	size_t offset;
};

static ssize_t oht_sysfs_counter_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct oht_sysfs_counter *counter =
		container_of(attr, struct oht_sysfs_counter, attr);
	struct oht_engine_stats stats;

	oht_engine_get_stats(&oht_sysfs_device(dev)->engine, &stats);
	return sysfs_emit(buf, "%llu\n", *(u64 *)((char *)&stats + counter->offset));
}

static ssize_t oht_sysfs_counter_store(struct device *dev, struct device_attribute *attr,
				       const char *buf, size_t count)
{
	unsigned int value;
	int ret;

	ret = kstrtouint(buf, 10, &value);
	if (ret)
		return ret;
	if (value)
		return -EINVAL;
	oht_engine_reset_stats(&oht_sysfs_device(dev)->engine);
	return count;
}

#define OHT_SYSFS_COUNTER(_name, _member)						\
	static struct oht_sysfs_counter oht_sysfs_##_name = {				\
		.attr = __ATTR(_name, 0644, oht_sysfs_counter_show,			\
			       oht_sysfs_counter_store),				\
		.offset = offsetof(struct oht_engine_stats, _member),			\
	}

OHT_SYSFS_COUNTER(frames_sent, frames_sent);
OHT_SYSFS_COUNTER(replies_ok, replies_ok);
OHT_SYSFS_COUNTER(retries, retries);
OHT_SYSFS_COUNTER(timeouts, details[OHT_DETAIL_TIMEOUT]);
OHT_SYSFS_COUNTER(short_frames, details[OHT_DETAIL_SHORT]);
OHT_SYSFS_COUNTER(crc_errors, details[OHT_DETAIL_CRC]);
OHT_SYSFS_COUNTER(length_errors, details[OHT_DETAIL_LENGTH]);
OHT_SYSFS_COUNTER(unit_errors, details[OHT_DETAIL_UNIT]);
OHT_SYSFS_COUNTER(function_errors, details[OHT_DETAIL_FUNCTION]);
OHT_SYSFS_COUNTER(echo_errors, details[OHT_DETAIL_ECHO]);
OHT_SYSFS_COUNTER(exceptions, details[OHT_DETAIL_EXCEPTION]);
OHT_SYSFS_COUNTER(line_errors, details[OHT_DETAIL_LINE]);
OHT_SYSFS_COUNTER(tx_stuck, details[OHT_DETAIL_TX_STUCK]);
OHT_SYSFS_COUNTER(cancelled, details[OHT_DETAIL_CANCELLED]);
OHT_SYSFS_COUNTER(stopped, details[OHT_DETAIL_STOPPED]);
OHT_SYSFS_COUNTER(bytes_sent, bytes_sent);
OHT_SYSFS_COUNTER(bytes_received, bytes_received);
OHT_SYSFS_COUNTER(bytes_echo, bytes_echo);
OHT_SYSFS_COUNTER(bytes_extra, bytes_extra);
OHT_SYSFS_COUNTER(bytes_stray, bytes_stray);
OHT_SYSFS_COUNTER(frames_foreign, frames_foreign);
OHT_SYSFS_COUNTER(framing, framing);
OHT_SYSFS_COUNTER(parity, parity);
OHT_SYSFS_COUNTER(overrun, overrun);
OHT_SYSFS_COUNTER(breaks, breaks);
OHT_SYSFS_COUNTER(gap_late_max_ns, gap_late_max_ns);
OHT_SYSFS_COUNTER(turnaround_max_ns, turnaround_max_ns);

static struct attribute *oht_sysfs_statistics_attrs[] = {
	&oht_sysfs_frames_sent.attr.attr,
	&oht_sysfs_replies_ok.attr.attr,
	&oht_sysfs_retries.attr.attr,
	&oht_sysfs_timeouts.attr.attr,
	&oht_sysfs_short_frames.attr.attr,
	&oht_sysfs_crc_errors.attr.attr,
	&oht_sysfs_length_errors.attr.attr,
	&oht_sysfs_unit_errors.attr.attr,
	&oht_sysfs_function_errors.attr.attr,
	&oht_sysfs_echo_errors.attr.attr,
	&oht_sysfs_exceptions.attr.attr,
	&oht_sysfs_line_errors.attr.attr,
	&oht_sysfs_tx_stuck.attr.attr,
	&oht_sysfs_cancelled.attr.attr,
	&oht_sysfs_stopped.attr.attr,
	&oht_sysfs_bytes_sent.attr.attr,
	&oht_sysfs_bytes_received.attr.attr,
	&oht_sysfs_bytes_echo.attr.attr,
	&oht_sysfs_bytes_extra.attr.attr,
	&oht_sysfs_bytes_stray.attr.attr,
	&oht_sysfs_frames_foreign.attr.attr,
	&oht_sysfs_framing.attr.attr,
	&oht_sysfs_parity.attr.attr,
	&oht_sysfs_overrun.attr.attr,
	&oht_sysfs_breaks.attr.attr,
	&oht_sysfs_gap_late_max_ns.attr.attr,
	&oht_sysfs_turnaround_max_ns.attr.attr,
	NULL,
};

static umode_t oht_sysfs_statistics_visible(struct kobject *kobj, struct attribute *attr,
					    int index)
{
	return oht_core_has_bus(oht_sysfs_device(kobj_to_dev(kobj))) ? attr->mode : 0;
}

static const struct attribute_group oht_sysfs_statistics_group = {
	.name = "statistics",
	.attrs = oht_sysfs_statistics_attrs,
	.is_visible = oht_sysfs_statistics_visible,
};

const struct attribute_group *oht_sysfs_groups[] = {
	&oht_sysfs_device_group,
	&oht_sysfs_estop_group,
	&oht_sysfs_statistics_group,
	NULL,
};
