/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how much room the disk of the state folder has, and whether that is little.
 * Contexts: tick: one thread that may wait, since a disk may hang. Look: any thread.
 * Locks:    none; atomics.
 */
#ifndef OHTD_ALERTS_DISK_H
#define OHTD_ALERTS_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ohtd_clock;
struct ohtd_daemon_part;

/* Begins as zero, with the path of the state folder and the clock. */
struct ohtd_disk {
	const char *path;
	struct ohtd_clock *clock;
	_Atomic uint64_t free_bytes;
	_Atomic uint64_t size_bytes;
	_Atomic uint64_t low_since_ns;
	uint64_t next_ns;	/* private to the thread that ticks */
};

/**
 * struct ohtd_disk_view - what is known of it
 * @free_bytes: that a program without rights may still write
 * @size_bytes: of the file system
 * @low_since_ns: CLOCK_MONOTONIC since when there is little room; 0: there is enough, or nobody has looked
 */
struct ohtd_disk_view {
	uint64_t free_bytes;
	uint64_t size_bytes;
	uint64_t low_since_ns;
};

/**
 * ohtd_disk_note() - judge what was measured
 * @disk: the disk
 * @free_bytes: room that is left
 * @size_bytes: of all
 * @now_ns: CLOCK_MONOTONIC
 *
 * Little is less than 5 % and less than 1 GiB. It ends with half as much again.
 */
void ohtd_disk_note(struct ohtd_disk *disk, uint64_t free_bytes, uint64_t size_bytes, uint64_t now_ns);

void ohtd_disk_look(const struct ohtd_disk *disk, struct ohtd_disk_view *view);

/* disk.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_alert_disk_part;

#endif /* OHTD_ALERTS_DISK_H */
