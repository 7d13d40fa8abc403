/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a message for clients: one text, made once, framed once, shared by all that get it.
 * Contexts: any thread; what is in a message never changes.
 * Locks:    none; a count of references.
 */
#ifndef OHTD_LIVE_MESSAGE_H
#define OHTD_LIVE_MESSAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct ohtd_message - a text
 * @references: of it
 * @frame: the text with the head of a WebSocket frame in front (RFC 6455, 5.2)
 * @frame_bytes: of both
 * @text: the text alone, one line of JSON
 * @text_bytes: its length
 * @seq: of its channel; 0: of none
 * @wall_ns: when it was so, since 1970; 0: not known
 * @event: something has happened that must not come late
 * @seen_ns: of an event: when it was seen, CLOCK_MONOTONIC; 0: in the life before
 */
struct ohtd_message {
	atomic_uint references;
	const char *frame;
	size_t frame_bytes;
	const char *text;
	size_t text_bytes;
	uint64_t seq;
	uint64_t wall_ns;
	bool event;
	uint64_t seen_ns;
};

/* Opcodes of frames (RFC 6455, 5.2). */
#define OHTD_FRAME_TEXT		1
#define OHTD_FRAME_BINARY	2
/* The longest head of a frame that a server sends. */
#define OHTD_FRAME_HEAD_BYTES	10

/* Of pieces that are put behind one another. NULL: out of memory. */
struct ohtd_message_piece {
	const char *text;
	size_t bytes;
};

struct ohtd_message *ohtd_message_of(const struct ohtd_message_piece *pieces, size_t count);
/* Writes the head of a frame of @bytes so that it ends at @end; returns where it begins. */
char *ohtd_frame_head(char *end, unsigned int opcode, size_t bytes);
/* One reference more, and one less; NULL is allowed. */
struct ohtd_message *ohtd_message_hold(struct ohtd_message *message);
void ohtd_message_drop(struct ohtd_message *message);

#endif /* OHTD_LIVE_MESSAGE_H */
