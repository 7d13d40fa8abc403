/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generic netlink family in memory, behind the monitor of liboht: what it sends is put together
 * byte by byte by the tests.
 *
 * Owns:     the devices that answer, and what waits to be received.
 * Contexts: the test's only thread.
 * Locks:    none.
 */
#ifndef FAKE_LINK_H
#define FAKE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/oht_netlink.h>

#define FAKE_DEVICES	4
#define FAKE_UNIT	7	/* the one that bus devices know */

struct fake_netlink_device {
	bool there;
	bool bus;
	uint64_t safety_seq;
	uint64_t unit_seq;
	uint64_t cycle_seq;
};

struct fake_link {
	int open_error;			/* errno of open, 0: it works */
	int answer_error;		/* errno of requests, 0: they are answered */
	unsigned int groups;		/* that were joined */
	uint16_t family;		/* number of the family */
	int renew_error;		/* errno of joining again, 0: it works */
	int opens;
	int closes;
	int renewals;
	bool silent;			/* requests are not answered at all */
	bool raise_when_empty;		/* SIGTERM once nothing is there any more */
	struct fake_netlink_device then;	/* what oht0 is from that moment on */
	struct fake_netlink_device devices[FAKE_DEVICES];
};

extern struct fake_link fake_link;

/* Behind the monitor from now on, with nothing in it. */
void fake_link_install(void);

/* ---- a notification: begun, filled, sent ---- */

void fake_news_begin(uint16_t type, uint8_t command);
void fake_news_u32(uint16_t attribute, uint32_t value);
void fake_news_u64(uint16_t attribute, uint64_t value);
void fake_news_bytes(uint16_t attribute, const void *bytes, size_t count);
/* As they are, without the head of an attribute; whole words. */
void fake_news_raw(const void *bytes, size_t count);
/* As it stands; @cut bytes of its end are left out of the datagram, and of its length if @said. */
void fake_news_send(uint32_t port, size_t cut, bool said);
/* The socket says that errno in its turn. */
void fake_news_error(int error);

/* The kernel says that a family has come, or with CTRL_CMD_DELFAMILY that it has gone. */
void fake_news_family(uint8_t command, const char *name);

/* Whole ones, by the kernel. */
void fake_news_safety(uint32_t device, uint64_t seq);
void fake_news_unit(uint32_t device, uint64_t seq);
void fake_news_cycle(uint32_t device, uint64_t seq);
/* All that a stop has, not sent yet. */
void fake_news_safety_begin(uint32_t device, uint64_t seq);

#endif /* FAKE_LINK_H */
