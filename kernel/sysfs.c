// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the class oht, one value per file. Source: docs/ABI.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sysfs.h>

#include "core.h"
#include "sysfs.h"

static ssize_t abi_version_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", OHT_ABI_VERSION);
}
static DEVICE_ATTR_RO(abi_version);

static ssize_t baud_effective_millibps_show(struct device *dev,
					    struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", oht_core_of(dev)->timing.baud_effective_millibps);
}
static DEVICE_ATTR_RO(baud_effective_millibps);

static ssize_t t15_ns_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", oht_core_of(dev)->timing.t15_ns);
}
static DEVICE_ATTR_RO(t15_ns);

static ssize_t t35_ns_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", oht_core_of(dev)->timing.t35_ns);
}
static DEVICE_ATTR_RO(t35_ns);

static struct attribute *oht_sysfs_device_attrs[] = {
	&dev_attr_abi_version.attr,
	&dev_attr_baud_effective_millibps.attr,
	&dev_attr_t15_ns.attr,
	&dev_attr_t35_ns.attr,
	NULL,
};

/* Without a bus there is nothing to say about its times. */
static umode_t oht_sysfs_device_visible(struct kobject *kobj, struct attribute *attr, int index)
{
	struct oht_device *oht = oht_core_of(kobj_to_dev(kobj));

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
	[OHT_CAUSE_WATCHDOG] = "watchdog",
	[OHT_CAUSE_KDUMP] = "kdump",
	[OHT_CAUSE_IRQ_THREAD] = "irq_thread",
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
	oht_estop_status(&oht_core_of(dev)->estop, NULL, status);
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

static int oht_sysfs_timer_cpu(struct device *dev, enum oht_stall_side side)
{
	return READ_ONCE(oht_core_of(dev)->estop.timers[side].cpu);
}

static ssize_t supervision_cpu_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", oht_sysfs_timer_cpu(dev, OHT_STALL_SUPERVISION));
}
static DEVICE_ATTR_RO(supervision_cpu);

static ssize_t watch_cpu_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	int cpu = oht_sysfs_timer_cpu(dev, OHT_STALL_WATCH);

	return cpu < 0 ? sysfs_emit(buf, "none\n") : sysfs_emit(buf, "%d\n", cpu);
}
static DEVICE_ATTR_RO(watch_cpu);

static ssize_t oht_sysfs_emit_age(char *buf, u64 age_s)
{
	return age_s == OHT_NEVER_S ? sysfs_emit(buf, "never\n") : sysfs_emit(buf, "%llu\n", age_s);
}

static ssize_t proof_test_age_s_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct oht_estop_status status;

	oht_sysfs_estop_status(dev, &status);
	return oht_sysfs_emit_age(buf, status.opened_age_s);
}
static DEVICE_ATTR_RO(proof_test_age_s);

static ssize_t self_test_age_s_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct oht_estop_status status;
	u64 age_s = OHT_NEVER_S;

	oht_sysfs_estop_status(dev, &status);
	if (status.tested_ns)
		age_s = div_u64(ktime_get_ns() - status.tested_ns, NSEC_PER_SEC);
	return oht_sysfs_emit_age(buf, age_s);
}
static DEVICE_ATTR_RO(self_test_age_s);

static ssize_t self_test_failed_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct oht_estop_status status;

	oht_sysfs_estop_status(dev, &status);
	return sysfs_emit(buf, "%#x\n", status.test_failed);
}
static DEVICE_ATTR_RO(self_test_failed);

static struct attribute *oht_sysfs_estop_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_first_cause.attr,
	&dev_attr_causes.attr,
	&dev_attr_standing.attr,
	&dev_attr_supervision_cpu.attr,
	&dev_attr_watch_cpu.attr,
	&dev_attr_proof_test_age_s.attr,
	&dev_attr_self_test_age_s.attr,
	&dev_attr_self_test_failed.attr,
	NULL,
};

static const struct attribute_group oht_sysfs_estop_group = {
	.name = "estop",
	.attrs = oht_sysfs_estop_attrs,
};

const struct attribute_group *oht_sysfs_groups[] = {
	&oht_sysfs_device_group,
	&oht_sysfs_estop_group,
	&oht_sysfs_statistics_group,
	&oht_sysfs_conformance_group,
	&oht_sysfs_histograms_group,
	NULL,
};
