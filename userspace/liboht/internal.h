/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of liboht; the only header that sees both the public and the kernel's structures.
 *
 * Owns:     the layout of struct oht_dev and the table of system calls.
 * Contexts: as the public functions that use them.
 * Locks:    none; under_way is atomic, fd constant, all else in a handle is the event thread's.
 */
#ifndef OHT_INTERNAL_H
#define OHT_INTERNAL_H

#include <assert.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include <linux/oht.h>

#include "oht_client.h"

#define OHT_PUBLIC __attribute__((visibility("default")))

/* Room for a whole descriptor's backlog in one read(2), also if records grow. */
#define OHT_READ_BYTES	16384

/*
 * What the library asks of the system. Tests put a device of their own behind it; it is not part of
 * the public interface and not exported from the shared library.
 */
struct oht_sys {
	int (*open)(const char *path, int flags);
	int (*close)(int fd);
	int (*ioctl)(int fd, unsigned long number, void *argument);
	ssize_t (*read)(int fd, void *buffer, size_t bytes);
	int (*poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
	int64_t (*monotonic_ns)(void);
	/* Read-only and shared, from offset 0; NULL with errno. */
	const void *(*map)(int fd, size_t bytes);
	void (*unmap)(const void *map, size_t bytes);
};

/* Where tests exchange the table; set before the first oht_dev_open() and not under its feet. */
extern const struct oht_sys *oht_sys;
extern const struct oht_sys oht_sys_real;

/* Events read and not handed out: a ring, oldest at head. */
struct oht_queue {
	unsigned int head;
	unsigned int length;
	struct oht_event events[OHT_UNDER_WAY_MAX];
};

struct oht_dev {
	int fd;
	/* Transfers submitted and not handed out; at most OHT_UNDER_WAY_MAX, so replies fits. */
	atomic_uint under_way;
	/* The rest belongs to the event thread. */
	struct oht_queue replies;
	struct oht_queue news;		/* of stop, units and plan */
	/* Transfers that oht_dev_transact() gave up: their replies are thrown away. */
	uint64_t stale[OHT_UNDER_WAY_MAX];
	unsigned int stale_length;
	uint64_t last_seq;
	uint32_t lost;			/* records missing since the last news that came */
	uint64_t buffer[OHT_READ_BYTES / sizeof(uint64_t)];
};

/*
 * Fill in a caller's structure, which has the size that the caller was compiled with: what does not
 * fit is left out, what is beyond ours becomes zero.
 */
static inline void oht_give(void *to, size_t to_bytes, const void *from, size_t from_bytes)
{
	size_t bytes = to_bytes < from_bytes ? to_bytes : from_bytes;

	memcpy(to, from, bytes);
	memset((uint8_t *)to + bytes, 0, to_bytes - bytes);
}

/* ioctl of a structure whose first member is its size; 0 or -1 with errno. */
int oht_dev_ioctl(struct oht_dev *dev, unsigned long number, void *argument);

/*
 * Wait for records and queue them. 1 if something came (perhaps only what is thrown away), 0 when
 * the time is over, -1 with errno as oht_dev_read_event().
 */
int oht_events_fill(struct oht_dev *dev, int timeout_ms);
/* Take the reply with this cookie out of the queue; false if it is not there. */
bool oht_events_take_reply(struct oht_dev *dev, uint64_t cookie, struct oht_reply *reply);
/* Throw the reply with this cookie away when it comes. */
void oht_events_expect_stale(struct oht_dev *dev, uint64_t cookie);

/* Absolute time at which a wait of timeout_ms ends; INT64_MAX for a negative one. */
int64_t oht_deadline_ns(int timeout_ms);
/* Milliseconds until the deadline, rounded up; 0: over, -1: it never ends. */
int oht_deadline_left_ms(int64_t deadline_ns);

#endif /* OHT_INTERNAL_H */
