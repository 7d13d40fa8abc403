/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Header ids: each topic counts its own messages, also over a restart. The disk holds a number that is ahead of all that were
 * used, so one write lasts for a thousand messages; behind a kill up to a thousand ids are left out, and none comes twice.
 *
 * Owns:     the file of ids.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef FLEET_IDS_H
#define FLEET_IDS_H

#include <stdint.h>

enum fleet_topic {
	FLEET_CONNECTION,
	FLEET_STATE,
	FLEET_VISUALIZATION,
	FLEET_FACTSHEET,
	FLEET_TOPICS,
};

#define FLEET_IDS_STEP	1000

struct fleet_ids {
	const char *path;
	uint32_t next[FLEET_TOPICS];
	uint32_t left[FLEET_TOPICS];	/* so many may be used before the next write */
};

/**
 * fleet_ids_open() - read the file
 * @ids: to fill
 * @path: the file; need not be there. It stays the caller's
 *
 * Return: 0, or -1 with errno. EINVAL: the file is not one of these, and ids begin at 0.
 */
int fleet_ids_open(struct fleet_ids *ids, const char *path);

/**
 * fleet_ids_next() - id of the next message
 * @ids: opened
 * @topic: of the message
 * @id: takes it
 *
 * Return: 0, or -1 with errno: the file cannot be written, so an id might come twice. @id is good all the same.
 */
int fleet_ids_next(struct fleet_ids *ids, enum fleet_topic topic, uint32_t *id);

/* At an orderly end: the ids go on without a gap. Returns as fleet_ids_next(). */
int fleet_ids_close(struct fleet_ids *ids);

#endif /* FLEET_IDS_H */
