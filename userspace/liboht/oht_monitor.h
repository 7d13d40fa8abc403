/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liboht: hear what happens to all devices, and ask what they are and count, without a descriptor
 * of one. It is for programs that watch and never act. Any user may use it, and it disturbs
 * no other program. The conventions of oht_client.h hold here as well.
 *
 * Owns:     struct oht_monitor: two sockets of the generic netlink family "oht", and what has been
 *           heard last of each device.
 * Contexts: ordinary threads; one handle belongs to one thread at a time, but for oht_monitor_fd().
 * Locks:    none.
 *
 * A notification is a copy of a record of a journal. The kernel does not wait for a listener: one
 * that is slow loses notifications, and only its own. Every loss is told, as news of its own, in
 * front of the notification by which it was noticed. For programs that must not lose any, there are
 * oht_dev_subscribe_from() and its journal.
 */
#ifndef OHT_MONITOR_H
#define OHT_MONITOR_H

#include "oht_client.h"

#ifdef __cplusplus
extern "C" {
#endif

/* oht_monitor_open() groups */
#define OHT_MONITOR_SAFETY	(1U << 0)	/* OHT_NEWS_SAFETY */
#define OHT_MONITOR_BUS		(1U << 1)	/* OHT_NEWS_UNIT, OHT_NEWS_CYCLE */

/**
 * oht_monitor_open() - begin to hear
 * @groups: OHT_MONITOR_*; 0: only ask
 *
 * The handle hears what happens from now on, on all devices: also on those that come later, and on
 * those of a kernel module that is removed and loaded again.
 *
 * Return: a handle for oht_monitor_close(), or NULL with errno: ENOENT if the family is not there
 * (the kernel module is not loaded, or this is not the initial network namespace), EINVAL for an
 * unknown group, else that of socket(2) and of requests below.
 * Context: any thread; allocates.
 */
struct oht_monitor *oht_monitor_open(unsigned int groups);

/* Leave and free the handle, which may be NULL. errno is kept. */
void oht_monitor_close(struct oht_monitor *monitor);

/*
 * The descriptor, for poll, select or epoll only: POLLIN: something is there; POLLERR: something
 * was lost. After either call oht_monitor_read(monitor, &news, 0) until it returns 0.
 */
int oht_monitor_fd(const struct oht_monitor *monitor);

enum oht_news_type {
	OHT_NEWS_SAFETY	= 1,	/* the stop's journal has a new entry */
	OHT_NEWS_UNIT	= 2,	/* a unit was lost or found */
	OHT_NEWS_CYCLE	= 3,	/* something went wrong with the plan, or right again */
	OHT_NEWS_LOST	= 4,	/* notifications have not come */
};

/**
 * struct oht_news_loss - notifications that have not come
 * @of: enum oht_news_type of them
 * @count: how many; the first one is oht_news.seq
 */
struct oht_news_loss {
	uint32_t of;
	uint64_t count;
};

/**
 * struct oht_news - one notification, or a loss
 * @type: enum oht_news_type
 * @device: the number in oht%u
 * @seq: number of the entry in the device's journal of that type; counts from 1 without gaps, and
 *	anew when the driver is bound anew
 * @time_ns: when it happened; 0 with OHT_NEWS_LOST
 * @safety: with OHT_NEWS_SAFETY; tag and tgid are 0, since not everybody may know them
 * @unit: with OHT_NEWS_UNIT
 * @cycle: with OHT_NEWS_CYCLE
 * @lost: with OHT_NEWS_LOST
 */
struct oht_news {
	uint32_t type;
	uint32_t device;
	uint64_t seq;
	uint64_t time_ns;
	union {
		struct oht_safety_event safety;
		struct oht_unit_event unit;
		struct oht_cycle_event cycle;
		struct oht_news_loss lost;
	};
};

/**
 * oht_monitor_read() - the next notification, or the next loss
 * @monitor: handle
 * @news: out, written only when 1 is returned
 * @timeout_ms: 0 does not wait, negative waits without end
 *
 * Notifications of one device and type come in their order. A message that did not come from the
 * kernel is thrown away, and so is one that makes no sense: it is counted as lost.
 *
 * Return: 1, 0 when the time is over, or -1 with EINTR (a signal), ENOMEM, or an error of
 * oht_monitor_open() but ENOENT: the kernel module was loaded again, and it could not be joined.
 * Context: the handle's thread; may allocate when a device is heard for the first time.
 */
int oht_monitor_read_sized(struct oht_monitor *monitor, struct oht_news *news, size_t news_bytes,
			   int timeout_ms);
static inline int oht_monitor_read(struct oht_monitor *monitor, struct oht_news *news,
				   int timeout_ms)
{
	return oht_monitor_read_sized(monitor, news, sizeof(*news), timeout_ms);
}

/**
 * oht_monitor_settle() - count what was lost behind the last notification, too
 * @monitor: handle
 *
 * Asks all devices for the newest number of each type. After it oht_monitor_read() returns 0 as
 * soon as they have come, and what has not come within its @timeout_ms is told as lost before it does:
 * some hundred milliseconds are enough. So a program that ends calls it, and reads until 0.
 *
 * Return: 0, or -1 with errno as oht_monitor_devices().
 * Context: the handle's thread; may allocate.
 */
int oht_monitor_settle(struct oht_monitor *monitor);

/* ---- ask ---- */

/**
 * oht_monitor_devices() - which devices there are
 * @monitor: handle
 * @devices: out: their numbers, up to @room of them; may be NULL if @room is 0
 * @room: places in @devices
 *
 * Return: how many there are, which may be more than @room, or -1 with errno of the request:
 * ENOENT (the module has been removed; a handle without groups does not notice when it comes back),
 * ETIMEDOUT (no answer within a second), EIO (an answer that
 * makes no sense), ENOMEM.
 * Context: the handle's thread.
 */
int oht_monitor_devices(struct oht_monitor *monitor, uint32_t *devices, size_t room);

/* More than a name has, with its NUL. */
#define OHT_DEVICE_NAME_BYTES	32

/**
 * struct oht_device_view - what a device is and how it stands
 * @name: "oht0"
 * @abi_version: of the module
 * @caps: OHT_HAS_*
 * @port: kind of UART back-end; empty without a bus, as the next two are 0
 * @baud_bps: rate asked for by the device tree
 * @baud_effective_millibps: rate really set, in milli-bit per second
 * @state: enum oht_stop_state
 * @first_cause: enum oht_stop_cause that began the present stop, 0 if not stopped
 * @causes: mask (oht_cause_mask()) of all causes since the stop began
 * @standing: mask of causes that stand now and forbid a reset
 * @inputs: OHT_IN_*, read now
 * @outputs: OHT_OUT_*
 * @since_ns: when the present state was entered
 * @safety_seq: number of the newest OHT_NEWS_SAFETY, 0: none yet
 * @unit_seq: of the newest OHT_NEWS_UNIT
 * @cycle_seq: of the newest OHT_NEWS_CYCLE
 */
struct oht_device_view {
	char name[OHT_DEVICE_NAME_BYTES];
	uint32_t abi_version;
	uint64_t caps;
	char port[OHT_DEVICE_NAME_BYTES];
	uint32_t baud_bps;
	uint64_t baud_effective_millibps;
	uint32_t state;
	uint32_t first_cause;
	uint64_t causes;
	uint64_t standing;
	uint32_t inputs;
	uint32_t outputs;
	uint64_t since_ns;
	uint64_t safety_seq;
	uint64_t unit_seq;
	uint64_t cycle_seq;
};

/**
 * oht_monitor_device() - ask for one device
 * @monitor: handle
 * @device: its number
 * @view: out
 *
 * Return: 0, or -1 with ENODEV (no such device), and as oht_monitor_devices().
 * Context: the handle's thread.
 */
int oht_monitor_device_sized(struct oht_monitor *monitor, uint32_t device,
			     struct oht_device_view *view, size_t view_bytes);
static inline int oht_monitor_device(struct oht_monitor *monitor, uint32_t device,
				     struct oht_device_view *view)
{
	return oht_monitor_device_sized(monitor, device, view, sizeof(*view));
}

/* More than there are statistics. */
#define OHT_STATISTICS_MAX	64

/**
 * struct oht_statistics_view - counters of a bus
 * @values: by number; oht_statistic_name() has the names. What the kernel does not have is 0.
 */
struct oht_statistics_view {
	uint64_t values[OHT_STATISTICS_MAX];
};

/* The name of number @statistic, that of its file below statistics/ in sysfs; NULL: none has it. */
const char *oht_statistic_name(unsigned int statistic);

/* Return: 0, or -1 with EOPNOTSUPP (no bus), ENODEV, and as oht_monitor_devices(). */
int oht_monitor_statistics_sized(struct oht_monitor *monitor, uint32_t device,
				 struct oht_statistics_view *view, size_t view_bytes);
static inline int oht_monitor_statistics(struct oht_monitor *monitor, uint32_t device,
					 struct oht_statistics_view *view)
{
	return oht_monitor_statistics_sized(monitor, device, view, sizeof(*view));
}

/**
 * oht_monitor_units() - which units somebody has set, or asked for anything
 * @monitor: handle
 * @device: its number
 * @units: out: their addresses, up to @room of them; 247 are enough
 * @room: places in @units
 *
 * Return: how many there are, which may be more than @room, or -1 with EOPNOTSUPP (no bus), ENODEV,
 * and as oht_monitor_devices().
 * Context: the handle's thread.
 */
int oht_monitor_units(struct oht_monitor *monitor, uint32_t device, uint8_t *units, size_t room);

/*
 * The kernel's view of a unit: state, errors_in_row, backoff_ms, last_good_ns, changed_ns and
 * turnaround_max_ns of @view, and policy.unit; the rest is 0, since only a descriptor of the device
 * may know it. Return: 0, or -1 with EINVAL (@unit not 1..247), EOPNOTSUPP (no bus), ENODEV, and as
 * oht_monitor_devices().
 */
int oht_monitor_unit_sized(struct oht_monitor *monitor, uint32_t device, uint8_t unit,
			   struct oht_unit_view *view, size_t view_bytes);
static inline int oht_monitor_unit(struct oht_monitor *monitor, uint32_t device, uint8_t unit,
				   struct oht_unit_view *view)
{
	return oht_monitor_unit_sized(monitor, device, unit, view, sizeof(*view));
}

/* "safety", "unit", "cycle", "lost"; "unknown" for other numbers. */
const char *oht_news_name(unsigned int type);

#ifdef __cplusplus
}
#endif

#endif /* OHT_MONITOR_H */
