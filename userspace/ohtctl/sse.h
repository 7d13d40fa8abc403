/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Server-sent events out of the bytes of an answer, whatever the pieces in which they come.
 *
 * Owns:     the event that has not ended yet.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_SSE_H
#define OHTCTL_SSE_H

#include <stdbool.h>
#include <stddef.h>

#define SSE_ID_BYTES	256

/* Data of one event, and its id; "" without one that could be sent back. */
typedef void (*sse_fn)(void *arg, const char *data, const char *id);

struct sse {
	char *line, *data;
	size_t line_bytes, data_bytes;
	char id[SSE_ID_BYTES];
};

/**
 * sse_take() - take bytes, tell the events that end in them
 * @sse: zeroed before the first, and to be given to sse_forget()
 * @bytes: any piece of the stream
 * @count: of @bytes
 * @tell: called for each event that has data
 * @arg: for @tell
 *
 * Return: false: an event is longer than 1 MiB, or out of memory; nothing more can be read.
 */
bool sse_take(struct sse *sse, const char *bytes, size_t count, sse_fn tell, void *arg);

/* Frees what has not ended; another stream may begin. */
void sse_forget(struct sse *sse);

#endif /* OHTCTL_SSE_H */
