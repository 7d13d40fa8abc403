// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests of the monitor: one at a time, and its answers until the kernel says that was all. */
#include <errno.h>

#include "monitor.h"

/* The kernel answers inside the call that asks; this is for a machine that is out of breath. */
#define ANSWER_MS	1000

/* ---- one exchange ---- */

struct exchange {
	struct oht_monitor *monitor;
	uint32_t seq;
	oht_answer *each;
	void *context;
};

/* 1: it goes on; 0: that was all; -1 with errno. */
static int take_error(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = NLMSG_DATA(message);

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(error->error))) {
		errno = EIO;
		return -1;
	}
	if (!error->error)
		return 0;
	errno = -error->error;
	return -1;
}

static int take_answer(const struct exchange *exchange, const struct nlmsghdr *message)
{
	struct oht_attributes attributes;
	int error = EIO;

	if (message->nlmsg_type == exchange->monitor->family &&
	    !oht_attributes_of(message, &attributes))
		error = exchange->each(&attributes, exchange->context);
	if (!error)
		return 1;
	errno = error;
	return -1;
}

static int take_message(const struct exchange *exchange, const struct nlmsghdr *message)
{
	/* Of a request that was given up. */
	if (message->nlmsg_seq != exchange->seq)
		return 1;
	switch (message->nlmsg_type) {
	case NLMSG_ERROR:
		return take_error(message);
	case NLMSG_DONE:
		/* A length of 0 is all well, else it is an errno as with NLMSG_ERROR. */
		return message->nlmsg_len == NLMSG_HDRLEN ? 0 : take_error(message);
	case NLMSG_NOOP:
		return 1;
	default:
		return take_answer(exchange, message);
	}
}

/* 0: look again; -1 with errno. */
static int wait_for_answer(struct oht_monitor *monitor, int64_t deadline_ns)
{
	int left_ms = oht_deadline_left_ms(deadline_ns);
	int result = left_ms ? oht_link->wait(monitor->at, OHT_LINK_ANSWERS, left_ms) : 0;

	if (result > 0 || (result < 0 && errno == EINTR))
		return 0;
	if (!result)
		errno = ETIMEDOUT;
	return -1;
}

static ssize_t receive_answer(struct oht_monitor *monitor, void *buffer, size_t bytes)
{
	int64_t deadline_ns = oht_deadline_ns(ANSWER_MS);
	ssize_t received;
	uint32_t port;

	do {
		received = oht_link->receive(monitor->at, OHT_LINK_ANSWERS, buffer, bytes, &port);
		/* Only the kernel is believed. */
		if (received > 0 && !port)
			return received;
		if (received < 0 && errno != EAGAIN)
			return -1;
	} while (!wait_for_answer(monitor, deadline_ns));
	return -1;
}

int oht_monitor_ask(struct oht_monitor *monitor, const struct oht_ask *ask, oht_answer *each,
		    void *context)
{
	struct exchange exchange = { .monitor = monitor, .each = each, .context = context };
	uint64_t buffer[OHT_MONITOR_BYTES / sizeof(uint64_t)];
	const struct nlmsghdr *message;
	ssize_t received;
	int left, more;

	if (oht_link->send(monitor->at, ask, &exchange.seq))
		return -1;
	for (;;) {
		received = receive_answer(monitor, buffer, sizeof(buffer));
		if (received < 0)
			return -1;
		left = (int)received;
		for (message = (const void *)buffer; NLMSG_OK(message, (unsigned int)left);
		     message = NLMSG_NEXT(message, left)) {
			more = take_message(&exchange, message);
			if (more <= 0)
				return more;
		}
	}
}

/* ---- devices ---- */

/* Numbers that come one by one, as many as there is room for. */
struct list {
	unsigned int number;	/* of the attribute */
	void (*keep)(void *list, size_t i, uint64_t value);
	void *items;
	size_t room;
	int count;
};

static int add_to_list(const struct oht_attributes *attributes, void *context)
{
	struct list *list = context;

	if (!attributes->at[list->number])
		return EIO;
	if ((size_t)list->count < list->room)
		list->keep(list->items, list->count, oht_attribute(attributes, list->number));
	list->count++;
	return 0;
}

static int ask_list(struct oht_monitor *monitor, const struct oht_ask *ask, struct list *list)
{
	return oht_monitor_ask(monitor, ask, add_to_list, list) ? -1 : list->count;
}

static void keep_device(void *items, size_t i, uint64_t value)
{
	((uint32_t *)items)[i] = (uint32_t)value;
}

OHT_PUBLIC int oht_monitor_devices(struct oht_monitor *monitor, uint32_t *devices, size_t room)
{
	const struct oht_ask ask = { .command = OHT_CMD_DEVICE_GET, .dump = true };
	struct list list = { OHT_A_DEVICE, keep_device, devices, room, 0 };

	return ask_list(monitor, &ask, &list);
}

static int take_device(const struct oht_attributes *attributes, void *context)
{
	oht_device_view_of(attributes, context);
	return 0;
}

OHT_PUBLIC int oht_monitor_device_sized(struct oht_monitor *monitor, uint32_t device,
					struct oht_device_view *view, size_t view_bytes)
{
	const struct oht_ask ask = {
		.command = OHT_CMD_DEVICE_GET, .has_device = true, .device = device,
	};
	struct oht_device_view ours = { 0 };

	if (oht_monitor_ask(monitor, &ask, take_device, &ours))
		return -1;
	oht_give(view, view_bytes, &ours, sizeof(ours));
	return 0;
}

/* ---- statistics ---- */

/* As the files below statistics/ in sysfs. */
static const char *const statistic_names[] = {
	[OHT_A_STAT_FRAMES_SENT] = "frames_sent",
	[OHT_A_STAT_REPLIES_OK] = "replies_ok",
	[OHT_A_STAT_RETRIES] = "retries",
	[OHT_A_STAT_TIMEOUTS] = "timeouts",
	[OHT_A_STAT_SHORT_FRAMES] = "short_frames",
	[OHT_A_STAT_CRC_ERRORS] = "crc_errors",
	[OHT_A_STAT_PAUSED] = "paused",
	[OHT_A_STAT_LENGTH_ERRORS] = "length_errors",
	[OHT_A_STAT_UNIT_ERRORS] = "unit_errors",
	[OHT_A_STAT_FUNCTION_ERRORS] = "function_errors",
	[OHT_A_STAT_ECHO_ERRORS] = "echo_errors",
	[OHT_A_STAT_EXCEPTIONS] = "exceptions",
	[OHT_A_STAT_LINE_ERRORS] = "line_errors",
	[OHT_A_STAT_TX_STUCK] = "tx_stuck",
	[OHT_A_STAT_CANCELLED] = "cancelled",
	[OHT_A_STAT_STOPPED] = "stopped",
	[OHT_A_STAT_DEGRADED] = "degraded",
	[OHT_A_STAT_BYTES_SENT] = "bytes_sent",
	[OHT_A_STAT_BYTES_RECEIVED] = "bytes_received",
	[OHT_A_STAT_BYTES_ECHO] = "bytes_echo",
	[OHT_A_STAT_BYTES_EXTRA] = "bytes_extra",
	[OHT_A_STAT_BYTES_STRAY] = "bytes_stray",
	[OHT_A_STAT_FRAMES_FOREIGN] = "frames_foreign",
	[OHT_A_STAT_FRAMING] = "framing",
	[OHT_A_STAT_PARITY] = "parity",
	[OHT_A_STAT_OVERRUN] = "overrun",
	[OHT_A_STAT_BREAKS] = "breaks",
	[OHT_A_STAT_GAP_LATE_MAX_NS] = "gap_late_max_ns",
	[OHT_A_STAT_TURNAROUND_MAX_NS] = "turnaround_max_ns",
};
static_assert(sizeof(statistic_names) / sizeof(statistic_names[0]) == OHT_A_STAT_MAX + 1,
	      "each statistic has a name");
static_assert(OHT_A_STAT_MAX < OHT_STATISTICS_MAX, "room for all statistics");

OHT_PUBLIC const char *oht_statistic_name(unsigned int statistic)
{
	return statistic <= OHT_A_STAT_MAX ? statistic_names[statistic] : NULL;
}

static int take_statistics(const struct oht_attributes *attributes, void *context)
{
	return oht_statistics_of(attributes, context) ? EIO : 0;
}

OHT_PUBLIC int oht_monitor_statistics_sized(struct oht_monitor *monitor, uint32_t device,
					    struct oht_statistics_view *view, size_t view_bytes)
{
	const struct oht_ask ask = {
		.command = OHT_CMD_STATISTICS_GET, .has_device = true, .device = device,
	};
	struct oht_statistics_view ours = { 0 };

	if (oht_monitor_ask(monitor, &ask, take_statistics, &ours))
		return -1;
	oht_give(view, view_bytes, &ours, sizeof(ours));
	return 0;
}

/* ---- units ---- */

static void keep_unit(void *items, size_t i, uint64_t value)
{
	((uint8_t *)items)[i] = (uint8_t)value;
}

OHT_PUBLIC int oht_monitor_units(struct oht_monitor *monitor, uint32_t device, uint8_t *units,
				 size_t room)
{
	const struct oht_ask ask = {
		.command = OHT_CMD_UNIT_GET, .dump = true, .has_device = true, .device = device,
	};
	struct list list = { OHT_A_UNIT, keep_unit, units, room, 0 };

	return ask_list(monitor, &ask, &list);
}

static int take_unit(const struct oht_attributes *attributes, void *context)
{
	oht_unit_view_of(attributes, context);
	return 0;
}

OHT_PUBLIC int oht_monitor_unit_sized(struct oht_monitor *monitor, uint32_t device, uint8_t unit,
				      struct oht_unit_view *view, size_t view_bytes)
{
	const struct oht_ask ask = {
		.command = OHT_CMD_UNIT_GET, .has_device = true, .device = device, .unit = unit,
	};
	struct oht_unit_view ours = { 0 };

	if (!unit || unit > OHT_MONITOR_UNIT_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (oht_monitor_ask(monitor, &ask, take_unit, &ours))
		return -1;
	oht_give(view, view_bytes, &ours, sizeof(ours));
	return 0;
}
