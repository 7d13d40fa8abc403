// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notifications in their order, and every loss. Losses are counted from the numbers alone: the
 * socket's error (ENOBUFS) says neither how many were lost nor of which device.
 */
#include <errno.h>
#include <stdlib.h>

#include "monitor.h"

#define GROUPS	(OHT_MONITOR_SAFETY | OHT_MONITOR_BUS)

/* ---- what has come of each device and type ---- */

/* NULL with errno; a new one begins with nothing. */
static struct oht_track *track_of(struct oht_monitor *monitor, uint32_t device, uint32_t type)
{
	struct oht_track *track;
	size_t i;

	for (i = 0; i < monitor->track_count; i++)
		if (monitor->tracks[i].device == device && monitor->tracks[i].type == type)
			return &monitor->tracks[i];
	track = realloc(monitor->tracks, (monitor->track_count + 1) * sizeof(*track));
	if (!track)
		return NULL;
	monitor->tracks = track;
	track += monitor->track_count++;
	*track = (struct oht_track){ .device = device, .type = type };
	return track;
}

/* Was there before we listened, and is told late, since others listened already? */
static bool is_from_before(const struct oht_monitor *monitor, const struct oht_track *track,
			   const struct oht_news *news)
{
	return !track->heard && news->seq <= track->last && news->time_ns < monitor->opened_ns;
}

/* How many are missing before it. A number that is not higher is that of a driver bound anew. */
static uint64_t missing_before(const struct oht_monitor *monitor, const struct oht_track *track,
			       const struct oht_news *news)
{
	if (is_from_before(monitor, track, news))
		return 0;
	return news->seq - 1 - (news->seq > track->last ? track->last : 0);
}

static struct oht_news loss_of(const struct oht_track *track, uint64_t first, uint64_t count)
{
	return (struct oht_news){
		.type = OHT_NEWS_LOST,
		.device = track->device,
		.seq = first,
		.lost = { .of = track->type, .count = count },
	};
}

/* 1: *news is what comes now, perhaps a loss with @came behind it; -1 with errno. */
static int account(struct oht_monitor *monitor, const struct oht_news *came, struct oht_news *news)
{
	struct oht_track *track = track_of(monitor, came->device, came->type);
	uint64_t missing;

	if (!track)
		return -1;
	missing = missing_before(monitor, track, came);
	track->again = track->again && came->seq > track->last;
	track->last = came->seq;
	track->heard = true;
	*news = *came;
	if (!missing)
		return 1;
	*news = loss_of(track, came->seq - missing, missing);
	monitor->pending = *came;
	monitor->is_pending = true;
	return 1;
}

/* ---- the newest numbers ---- */

/* At the beginning they are what was before; later, what must have come. */
static int note_newest(struct oht_monitor *monitor, uint32_t device, uint32_t type, uint64_t newest)
{
	struct oht_track *track = track_of(monitor, device, type);

	if (!track)
		return ENOMEM;
	track->newest = newest;
	track->again = monitor->settling && newest < track->last;
	if (!monitor->settling)
		track->last = newest;
	return 0;
}

static int note_device(const struct oht_attributes *attributes, void *context)
{
	struct oht_monitor *monitor = context;
	uint32_t device = oht_attribute(attributes, OHT_A_DEVICE);
	int error = 0;

	if (monitor->groups & OHT_MONITOR_SAFETY)
		error = note_newest(monitor, device, OHT_NEWS_SAFETY,
				    oht_attribute(attributes, OHT_A_SAFETY_SEQ));
	if (!error && monitor->groups & OHT_MONITOR_BUS)
		error = note_newest(monitor, device, OHT_NEWS_UNIT,
				    oht_attribute(attributes, OHT_A_UNIT_SEQ));
	if (!error && monitor->groups & OHT_MONITOR_BUS)
		error = note_newest(monitor, device, OHT_NEWS_CYCLE,
				    oht_attribute(attributes, OHT_A_CYCLE_SEQ));
	return error;
}

static int note_devices(struct oht_monitor *monitor)
{
	const struct oht_ask ask = { .command = OHT_CMD_DEVICE_GET, .dump = true };

	return oht_monitor_ask(monitor, &ask, note_device, monitor);
}

/* The newest number of the present count; 0: it has begun anew. */
static uint64_t came_of(const struct oht_track *track)
{
	return track->again ? 0 : track->last;
}

/* The first of which something is still missing, or NULL. */
static struct oht_track *unsettled(struct oht_monitor *monitor)
{
	size_t i;

	for (i = 0; i < monitor->track_count; i++)
		if (monitor->tracks[i].newest > came_of(&monitor->tracks[i]))
			return &monitor->tracks[i];
	return NULL;
}

/* 1 with a loss in *news; 0: all has come, or was told. */
static int settle_one(struct oht_monitor *monitor, struct oht_news *news)
{
	struct oht_track *track = monitor->settling ? unsettled(monitor) : NULL;

	if (!track) {
		monitor->settling = false;
		return 0;
	}
	*news = loss_of(track, came_of(track) + 1, track->newest - came_of(track));
	track->last = track->newest;
	track->again = false;
	return 1;
}

/* ---- a module that is loaded again ---- */

/*
 * Its family has another number, and its groups lost their members with the old one. Its devices
 * count from 1, so what they told before this is noticed as missing. 0, or -1 with errno.
 */
static int join_again(struct oht_monitor *monitor)
{
	uint16_t before = monitor->family;

	if (oht_link->renew(monitor->at, monitor->groups, &monitor->family))
		/* It has gone again, and will be told of when it comes. */
		return errno == ENOENT ? 0 : -1;
	if (monitor->family != before)
		monitor->track_count = 0;
	return 0;
}

/* ---- reading ---- */

/* 1: a notification of a datagram; 0: it has no more; -1 with errno. The rest is passed over. */
static int next_in_buffer(struct oht_monitor *monitor, struct oht_news *came)
{
	const struct nlmsghdr *message;

	while (NLMSG_OK(monitor->next, (unsigned int)monitor->left)) {
		message = monitor->next;
		monitor->next = NLMSG_NEXT(monitor->next, monitor->left);
		if (message->nlmsg_type == monitor->family && !oht_news_of(message, came))
			return 1;
		if (oht_family_came(message) && join_again(monitor))
			return -1;
	}
	monitor->left = 0;
	return 0;
}

/* Nothing is there any more. What was lost may have said that the family came. */
static int check_emptied(struct oht_monitor *monitor)
{
	bool overrun = monitor->overrun;

	monitor->overrun = false;
	return overrun ? join_again(monitor) : 0;
}

/* 1: the buffer was filled, perhaps with nothing; 0: nothing is there; -1 with errno. */
static int fill_buffer(struct oht_monitor *monitor)
{
	uint32_t port = 0;
	ssize_t received = oht_link->receive(monitor->at, OHT_LINK_NEWS, monitor->buffer,
					     sizeof(monitor->buffer), &port);

	if (received < 0 && errno == EAGAIN)
		return check_emptied(monitor);
	if (received < 0 && errno != ENOBUFS)
		return -1;
	/* The gap in the numbers will say how many. */
	if (received < 0) {
		monitor->overrun = true;
		return 1;
	}
	monitor->next = (const void *)monitor->buffer;
	/* Only the kernel is believed. */
	monitor->left = port ? 0 : (int)received;
	return 1;
}

/* 1: *news is filled in; 0: there is nothing now; -1 with errno. */
static int read_now(struct oht_monitor *monitor, struct oht_news *news)
{
	struct oht_news came;
	int result;

	if (monitor->is_pending) {
		monitor->is_pending = false;
		*news = monitor->pending;
		return 1;
	}
	do {
		result = next_in_buffer(monitor, &came);
		if (result > 0)
			return account(monitor, &came, news);
		if (!result)
			result = fill_buffer(monitor);
	} while (result > 0);
	return result;
}

/* 1: look again; 0: the time is over, or nothing more is due; -1 with errno. */
static int wait_for_news(struct oht_monitor *monitor, int64_t deadline_ns)
{
	if (monitor->settling && !unsettled(monitor))
		return 0;
	return oht_link->wait(monitor->at, OHT_LINK_NEWS, oht_deadline_left_ms(deadline_ns));
}

OHT_PUBLIC int oht_monitor_read_sized(struct oht_monitor *monitor, struct oht_news *news,
				      size_t news_bytes, int timeout_ms)
{
	int64_t deadline_ns = oht_deadline_ns(timeout_ms);
	struct oht_news next;
	int result;

	do {
		result = read_now(monitor, &next);
		if (!result) {
			result = wait_for_news(monitor, deadline_ns);
			if (result > 0)
				continue;
			if (!result)
				result = settle_one(monitor, &next);
		}
		if (result > 0)
			oht_give(news, news_bytes, &next, sizeof(next));
		return result;
	} while (true);
}

OHT_PUBLIC int oht_monitor_settle(struct oht_monitor *monitor)
{
	size_t i;

	/* Of a device that has gone nothing is missing. */
	for (i = 0; i < monitor->track_count; i++) {
		monitor->tracks[i].newest = 0;
		monitor->tracks[i].again = false;
	}
	monitor->settling = true;
	if (!note_devices(monitor))
		return 0;
	monitor->settling = false;
	return -1;
}

/* ---- open and close ---- */

OHT_PUBLIC struct oht_monitor *oht_monitor_open(unsigned int groups)
{
	struct oht_monitor *monitor;

	if (groups & ~GROUPS) {
		errno = EINVAL;
		return NULL;
	}
	monitor = calloc(1, sizeof(*monitor));
	if (!monitor)
		return NULL;
	monitor->groups = groups;
	monitor->at = oht_link->open(groups, &monitor->family);
	/* In this order: what comes between joining and asking is heard, and was not lost. */
	if (monitor->at && (!groups || !note_devices(monitor))) {
		monitor->opened_ns = oht_sys->monotonic_ns();
		return monitor;
	}
	oht_monitor_close(monitor);
	return NULL;
}

OHT_PUBLIC void oht_monitor_close(struct oht_monitor *monitor)
{
	int error = errno;

	if (!monitor)
		return;
	if (monitor->at)
		oht_link->close(monitor->at);
	free(monitor->tracks);
	free(monitor);
	errno = error;
}

OHT_PUBLIC int oht_monitor_fd(const struct oht_monitor *monitor)
{
	return oht_link->fd(monitor->at, OHT_LINK_NEWS);
}

OHT_PUBLIC const char *oht_news_name(unsigned int type)
{
	static const char *const names[] = {
		[OHT_NEWS_SAFETY] = "safety",
		[OHT_NEWS_UNIT] = "unit",
		[OHT_NEWS_CYCLE] = "cycle",
		[OHT_NEWS_LOST] = "lost",
	};

	return type >= OHT_NEWS_SAFETY && type <= OHT_NEWS_LOST ? names[type] : "unknown";
}
