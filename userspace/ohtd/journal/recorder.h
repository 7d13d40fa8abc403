/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way of the stop's journal from the kernel into the store, on a thread of its own; of a back-end without a
 *           journal, that of the stops which the robot reports.
 * Contexts: start, stop: main thread. View: any thread.
 * Locks:    none; what others see is a handful of atomics.
 *
 * It reads with a descriptor of its own, so neither the control thread nor a loop has anything to
 * do with it. It never waits for the store: while that is slow, hung, locked or full, entries wait in
 * a ring of OHTD_RECORDER_WAITING_MAX. When the ring is full nothing more is read, and the kernel
 * keeps the newest 256 entries, also while no daemon runs. Entries that are lost in between are
 * counted and kept as a gap with its size.
 */
#ifndef OHTD_JOURNAL_RECORDER_H
#define OHTD_JOURNAL_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

struct oht_dev;
struct oht_safety_event;
struct ohtd_clock;
struct ohtd_daemon_part;
struct ohtd_recorder;
struct ohtd_store;

/**
 * struct ohtd_recorder_setup - copied; what it points to outlives the recorder
 * @device: device node
 * @boot_id: of the running kernel
 * @clock: time
 * @store: where entries go
 * @identify: ohtd_source_device(), or a test's
 * @next: NULL: entries are read from @device. Else the back-end has no journal: its next stop, false: none. Called a few times a
 *	second by the recorder's thread, and once more at the end
 * @arg: passed to @next
 */
struct ohtd_recorder_setup {
	const char *device;
	const char *boot_id;
	struct ohtd_clock *clock;
	struct ohtd_store *store;
	int (*identify)(struct oht_dev *dev, uint64_t *device);
	bool (*next)(void *arg, struct oht_safety_event *event);
	void *arg;
};

#define OHTD_RECORDER_WAITING_MAX	4096

enum ohtd_recorder_state {
	OHTD_RECORDER_OFF,		/* the device has no journal */
	OHTD_RECORDER_NO_DEVICE,	/* waits for the device */
	OHTD_RECORDER_RECORDING,
	OHTD_RECORDER_FAILING,		/* the store did not take it; tried again every second */
};

/**
 * struct ohtd_recorder_view - how it does
 * @state: enum ohtd_recorder_state
 * @newest_seq: newest entry of the present device that is on the disk, 0: none
 * @missing: entries that were lost since the start of this program
 * @waiting: entries that were read and are not on the disk yet
 * @waiting_since_ns: since when entries have been waiting for the store, 0: none are
 */
struct ohtd_recorder_view {
	unsigned int state;
	uint64_t newest_seq;
	uint64_t missing;
	unsigned int waiting;
	uint64_t waiting_since_ns;
};

/**
 * ohtd_recorder_start() - start the thread
 *
 * The device need not be there. It goes on behind the newest entry that the store has.
 *
 * Return: NULL with errno.
 */
struct ohtd_recorder *ohtd_recorder_start(const struct ohtd_recorder_setup *setup);

/* Takes what is there now, ends the thread. Waits for a store that does not refuse. NULL is allowed. */
void ohtd_recorder_stop(struct ohtd_recorder *recorder);

/* NULL: OHTD_RECORDER_OFF. */
void ohtd_recorder_look(const struct ohtd_recorder *recorder, struct ohtd_recorder_view *view);

/* part.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_journal_part;

#endif /* OHTD_JOURNAL_RECORDER_H */
