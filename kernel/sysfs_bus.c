// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the bus: what was counted and measured. Source: docs/ABI.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>

#include "core.h"
#include "counters.h"
#include "sysfs.h"

/* ---- statistics/ ---- */

static struct device_attribute oht_sysfs_counters[OHT_COUNTERS];
static struct attribute *oht_sysfs_statistics_attrs[OHT_COUNTERS + 1];

static ssize_t oht_sysfs_counter_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct oht_engine_stats stats;

	oht_engine_get_stats(&oht_core_of(dev)->engine, &stats);
	return sysfs_emit(buf, "%llu\n",
			  oht_counter_value(&oht_counters[attr - oht_sysfs_counters], &stats));
}

/* Only 0 may be written, and sets a whole group to zero. 0 or errno. */
static int oht_sysfs_check_zero(const char *buf)
{
	unsigned int value;
	int ret;

	ret = kstrtouint(buf, 10, &value);
	if (ret)
		return ret;
	return value ? -EINVAL : 0;
}

static ssize_t oht_sysfs_counter_store(struct device *dev, struct device_attribute *attr,
				       const char *buf, size_t count)
{
	int ret = oht_sysfs_check_zero(buf);

	if (ret)
		return ret;
	oht_engine_reset_stats(&oht_core_of(dev)->engine);
	return count;
}

void oht_sysfs_setup(void)
{
	unsigned int i;

	for (i = 0; i < OHT_COUNTERS; i++) {
		oht_sysfs_counters[i] = (struct device_attribute)
			__ATTR(name, 0644, oht_sysfs_counter_show, oht_sysfs_counter_store);
		oht_sysfs_counters[i].attr.name = oht_counters[i].name;
		oht_sysfs_statistics_attrs[i] = &oht_sysfs_counters[i].attr;
	}
}

static umode_t oht_sysfs_bus_visible(struct kobject *kobj, struct attribute *attr, int index)
{
	return oht_core_has_bus(oht_core_of(kobj_to_dev(kobj))) ? attr->mode : 0;
}

const struct attribute_group oht_sysfs_statistics_group = {
	.name = "statistics",
	.attrs = oht_sysfs_statistics_attrs,
	.is_visible = oht_sysfs_bus_visible,
};

/* ---- conformance/: of the same counters, with the same reset ---- */

struct oht_sysfs_verdict {
	struct device_attribute attr;
	u8 side, rule, verdict;
};

static ssize_t oht_sysfs_verdict_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct oht_sysfs_verdict *entry = container_of(attr, struct oht_sysfs_verdict, attr);
	struct oht_engine_stats stats;

	oht_engine_get_stats(&oht_core_of(dev)->engine, &stats);
	return sysfs_emit(buf, "%llu\n", stats.meter[entry->side][entry->rule][entry->verdict]);
}

#define OHT_SYSFS_VERDICT(_name, _side, _rule, _verdict)				\
	static struct oht_sysfs_verdict oht_sysfs_##_name = {				\
		.attr = __ATTR(_name, 0644, oht_sysfs_verdict_show,			\
			       oht_sysfs_counter_store),				\
		.side = OHT_SIDE_##_side,						\
		.rule = OHT_RULE_##_rule,						\
		.verdict = OHT_VERDICT_##_verdict,					\
	}

OHT_SYSFS_VERDICT(sent_t35_ok, OURS, T35, OK);
OHT_SYSFS_VERDICT(sent_t35_violation, OURS, T35, VIOLATION);
OHT_SYSFS_VERDICT(sent_t35_not_judged, OURS, T35, NOT_JUDGED);
OHT_SYSFS_VERDICT(sent_t15_ok, OURS, T15, OK);
OHT_SYSFS_VERDICT(sent_t15_violation, OURS, T15, VIOLATION);
OHT_SYSFS_VERDICT(sent_t15_not_judged, OURS, T15, NOT_JUDGED);
OHT_SYSFS_VERDICT(heard_t35_ok, THEIRS, T35, OK);
OHT_SYSFS_VERDICT(heard_t35_violation, THEIRS, T35, VIOLATION);
OHT_SYSFS_VERDICT(heard_t35_not_judged, THEIRS, T35, NOT_JUDGED);
OHT_SYSFS_VERDICT(heard_t15_ok, THEIRS, T15, OK);
OHT_SYSFS_VERDICT(heard_t15_violation, THEIRS, T15, VIOLATION);
OHT_SYSFS_VERDICT(heard_t15_not_judged, THEIRS, T15, NOT_JUDGED);

static struct attribute *oht_sysfs_conformance_attrs[] = {
	&oht_sysfs_sent_t35_ok.attr.attr,
	&oht_sysfs_sent_t35_violation.attr.attr,
	&oht_sysfs_sent_t35_not_judged.attr.attr,
	&oht_sysfs_sent_t15_ok.attr.attr,
	&oht_sysfs_sent_t15_violation.attr.attr,
	&oht_sysfs_sent_t15_not_judged.attr.attr,
	&oht_sysfs_heard_t35_ok.attr.attr,
	&oht_sysfs_heard_t35_violation.attr.attr,
	&oht_sysfs_heard_t35_not_judged.attr.attr,
	&oht_sysfs_heard_t15_ok.attr.attr,
	&oht_sysfs_heard_t15_violation.attr.attr,
	&oht_sysfs_heard_t15_not_judged.attr.attr,
	NULL,
};

const struct attribute_group oht_sysfs_conformance_group = {
	.name = "conformance",
	.attrs = oht_sysfs_conformance_attrs,
	.is_visible = oht_sysfs_bus_visible,
};

/* ---- histograms/ ---- */

struct oht_sysfs_histogram {
	struct device_attribute attr;
	unsigned int which;		/* enum oht_engine_histogram, or: */
};

/* Not the engine's, and there without a bus as well. */
#define OHT_SYSFS_ESTOP_TO_LOW	OHT_HISTOGRAMS

static ssize_t oht_sysfs_histogram_show(struct device *dev, struct device_attribute *attr,
					char *buf)
{
	const struct oht_sysfs_histogram *entry =
		container_of(attr, struct oht_sysfs_histogram, attr);
	struct oht_device *oht = oht_core_of(dev);
	struct oht_histogram histogram;
	unsigned int i;
	int length = 0;

	if (entry->which == OHT_SYSFS_ESTOP_TO_LOW)
		oht_estop_get_to_low(&oht->estop, &histogram);
	else
		oht_engine_get_histogram(&oht->engine, entry->which, &histogram);
	for (i = 0; i < ARRAY_SIZE(histogram.counts); i++)
		length += sysfs_emit_at(buf, length, "%s%llu", i ? " " : "", histogram.counts[i]);
	return length + sysfs_emit_at(buf, length, "\n");
}

static ssize_t oht_sysfs_histogram_store(struct device *dev, struct device_attribute *attr,
					 const char *buf, size_t count)
{
	struct oht_device *oht = oht_core_of(dev);
	int ret = oht_sysfs_check_zero(buf);

	if (ret)
		return ret;
	oht_estop_reset_to_low(&oht->estop);
	if (oht_core_has_bus(oht))
		oht_engine_reset_histograms(&oht->engine);
	return count;
}

#define OHT_SYSFS_HISTOGRAM(_name, _which)						\
	static struct oht_sysfs_histogram oht_sysfs_##_name = {				\
		.attr = __ATTR(_name, 0644, oht_sysfs_histogram_show,			\
			       oht_sysfs_histogram_store),				\
		.which = _which,							\
	}

OHT_SYSFS_HISTOGRAM(gap_late_ns, OHT_HISTOGRAM_GAP_LATE);
OHT_SYSFS_HISTOGRAM(turnaround_ns, OHT_HISTOGRAM_TURNAROUND);
OHT_SYSFS_HISTOGRAM(cycle_late_ns, OHT_HISTOGRAM_CYCLE_LATE);
OHT_SYSFS_HISTOGRAM(de_release_ns, OHT_HISTOGRAM_DE_RELEASE);
OHT_SYSFS_HISTOGRAM(estop_to_low_ns, OHT_SYSFS_ESTOP_TO_LOW);

static struct attribute *oht_sysfs_histograms_attrs[] = {
	&oht_sysfs_gap_late_ns.attr.attr,
	&oht_sysfs_turnaround_ns.attr.attr,
	&oht_sysfs_cycle_late_ns.attr.attr,
	&oht_sysfs_de_release_ns.attr.attr,
	&oht_sysfs_estop_to_low_ns.attr.attr,
	NULL,
};

static umode_t oht_sysfs_histograms_visible(struct kobject *kobj, struct attribute *attr,
					    int index)
{
	if (attr == &oht_sysfs_estop_to_low_ns.attr.attr)
		return attr->mode;
	return oht_sysfs_bus_visible(kobj, attr, index);
}

const struct attribute_group oht_sysfs_histograms_group = {
	.name = "histograms",
	.attrs = oht_sysfs_histograms_attrs,
	.is_visible = oht_sysfs_histograms_visible,
};
