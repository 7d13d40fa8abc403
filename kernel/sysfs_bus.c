// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the bus: what was counted and measured. Source: docs/ABI.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>

#include "core.h"
#include "sysfs.h"

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

	oht_engine_get_stats(&oht_core_of(dev)->engine, &stats);
	return sysfs_emit(buf, "%llu\n", *(u64 *)((char *)&stats + counter->offset));
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
OHT_SYSFS_COUNTER(paused, details[OHT_DETAIL_PAUSED]);
OHT_SYSFS_COUNTER(length_errors, details[OHT_DETAIL_LENGTH]);
OHT_SYSFS_COUNTER(unit_errors, details[OHT_DETAIL_UNIT]);
OHT_SYSFS_COUNTER(function_errors, details[OHT_DETAIL_FUNCTION]);
OHT_SYSFS_COUNTER(echo_errors, details[OHT_DETAIL_ECHO]);
OHT_SYSFS_COUNTER(exceptions, details[OHT_DETAIL_EXCEPTION]);
OHT_SYSFS_COUNTER(line_errors, details[OHT_DETAIL_LINE]);
OHT_SYSFS_COUNTER(tx_stuck, details[OHT_DETAIL_TX_STUCK]);
OHT_SYSFS_COUNTER(cancelled, details[OHT_DETAIL_CANCELLED]);
OHT_SYSFS_COUNTER(stopped, details[OHT_DETAIL_STOPPED]);
OHT_SYSFS_COUNTER(degraded, details[OHT_DETAIL_DEGRADED]);
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
	&oht_sysfs_paused.attr.attr,
	&oht_sysfs_length_errors.attr.attr,
	&oht_sysfs_unit_errors.attr.attr,
	&oht_sysfs_function_errors.attr.attr,
	&oht_sysfs_echo_errors.attr.attr,
	&oht_sysfs_exceptions.attr.attr,
	&oht_sysfs_line_errors.attr.attr,
	&oht_sysfs_tx_stuck.attr.attr,
	&oht_sysfs_cancelled.attr.attr,
	&oht_sysfs_stopped.attr.attr,
	&oht_sysfs_degraded.attr.attr,
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

#define OHT_SYSFS_VERDICT(_name, _side, _rule, _verdict)				\
	OHT_SYSFS_COUNTER(_name,							\
			  meter[OHT_SIDE_##_side][OHT_RULE_##_rule][OHT_VERDICT_##_verdict])

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
