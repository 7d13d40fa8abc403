/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Server-sent events out of the bytes of an answer, whatever the pieces in which they come.
 *
 * Owns:     the event that has not ended yet.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHT_COMMON_SSE_H
#define OHT_COMMON_SSE_H

#include <stdbool.h>
#include <stddef.h>

#define OHT_SSE_ID_BYTES	256

/* Data of one event, and its id; "" without one that could be sent back. */
typedef void (*oht_sse_fn)(void *arg, const char *data, const char *id);

struct oht_sse {
	char *line, *data;
	size_t line_bytes, data_bytes;
	char id[OHT_SSE_ID_BYTES];
};

/**
 * oht_sse_take() - take bytes, tell the events that end in them
 * @sse: zeroed before the first, and to be given to oht_sse_forget()
 * @bytes: any piece of the stream
 * @count: of @bytes
 * @tell: called for each event that has data
 * @arg: for @tell
 *
 * Return: false: an event is longer than 1 MiB, or out of memory; nothing more can be read.
 */
bool oht_sse_take(struct oht_sse *sse, const char *bytes, size_t count, oht_sse_fn tell, void *arg);

/* Frees what has not ended; another stream may begin. */
void oht_sse_forget(struct oht_sse *sse);

#endif /* OHT_COMMON_SSE_H */
