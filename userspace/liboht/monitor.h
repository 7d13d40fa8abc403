/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the monitor: the way to the kernel, which tests exchange, and what is made of messages.
 *
 * Owns:     struct oht_monitor and its table of calls.
 * Contexts: as the public functions that use them.
 * Locks:    none.
 */
#ifndef OHT_MONITOR_INTERNAL_H
#define OHT_MONITOR_INTERNAL_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/oht_netlink.h>

#include "internal.h"
#include "oht_monitor.h"

/* Longer than any message of the family, and than what the kernel puts into one part of a dump. */
#define OHT_MONITOR_BYTES	32768
#define OHT_MONITOR_UNIT_MAX	247

enum oht_link_end {
	OHT_LINK_NEWS,		/* a member of the groups; never waits */
	OHT_LINK_ANSWERS,	/* where requests go out and their answers come */
};

/**
 * struct oht_ask - a request
 * @command: OHT_CMD_*_GET
 * @dump: of all that there are
 * @has_device: @device is part of it
 * @device: OHT_A_DEVICE
 * @unit: OHT_A_UNIT, 0: not part of it
 */
struct oht_ask {
	uint8_t command;
	bool dump;
	bool has_device;
	uint32_t device;
	uint8_t unit;
};

/* All that fail return NULL or -1 with errno. */
struct oht_link {
	/* @groups: OHT_MONITOR_*; *family: type of the family's messages. */
	void *(*open)(unsigned int groups, uint16_t *family);
	void (*close)(void *at);
	/* Joins @groups of the family as it is now, which may have another number. */
	int (*renew)(void *at, unsigned int groups, uint16_t *family);
	int (*fd)(const void *at, enum oht_link_end end);
	/* One datagram; EAGAIN if there is none, ENOBUFS: some were lost. *port: who sent it. */
	ssize_t (*receive)(void *at, enum oht_link_end end, void *buffer, size_t bytes,
			   uint32_t *port);
	/* As poll(): 1, 0 when the time is over, or -1. */
	int (*wait)(const void *at, enum oht_link_end end, int timeout_ms);
	/* *seq: the number that its answers have. */
	int (*send)(void *at, const struct oht_ask *ask, uint32_t *seq);
};

extern const struct oht_link *oht_link;
extern const struct oht_link oht_link_real;

/* The messages of one device and type so far. */
struct oht_track {
	uint32_t device;
	uint32_t type;
	uint64_t last;		/* number that came last, or was the newest at the beginning */
	uint64_t newest;	/* that there is, by oht_monitor_settle() */
	bool heard;		/* anything has come */
	bool again;		/* counts anew since, and nothing of that has come */
};

struct oht_monitor {
	void *at;
	uint16_t family;
	unsigned int groups;
	uint64_t opened_ns;
	struct oht_track *tracks;
	size_t track_count;
	bool settling;
	bool overrun;		/* since then the family may have come anew */
	struct oht_news pending;	/* behind a loss that was told */
	bool is_pending;
	const struct nlmsghdr *next;	/* in the buffer */
	int left;			/* bytes from there */
	uint64_t buffer[OHT_MONITOR_BYTES / sizeof(uint64_t)];
};

/* Attributes of a message, by number; NULL: not there. */
struct oht_attributes {
	const struct nlattr *at[OHT_A_MAX + 1];
};

/* -1 if one does not end where it says, or has not the length that its number must have. */
int oht_attributes_of(const struct nlmsghdr *message, struct oht_attributes *attributes);
/* 0 without it. */
uint64_t oht_attribute(const struct oht_attributes *attributes, unsigned int number);
void oht_attribute_text(const struct oht_attributes *attributes, unsigned int number, char *text,
			size_t text_bytes);

/* What a notification says; -1 if it is none, or makes no sense. */
int oht_news_of(const struct nlmsghdr *message, struct oht_news *news);
/* Says the kernel that the family has come? */
bool oht_family_came(const struct nlmsghdr *message);
void oht_device_view_of(const struct oht_attributes *attributes, struct oht_device_view *view);
void oht_unit_view_of(const struct oht_attributes *attributes, struct oht_unit_view *view);
/* -1 if there are none. */
int oht_statistics_of(const struct oht_attributes *attributes, struct oht_statistics_view *view);

/* Each answer to @ask; the errno of @each ends it, 0 goes on. 0, or -1 with errno. */
typedef int oht_answer(const struct oht_attributes *attributes, void *context);
int oht_monitor_ask(struct oht_monitor *monitor, const struct oht_ask *ask, oht_answer *each,
		    void *context);

#endif /* OHT_MONITOR_INTERNAL_H */
