/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     handing the bytes of a WebSocket to the library that reads its frames, in pieces that it can judge.
 * Contexts: the loop of the connection; pure.
 * Locks:    none.
 *
 * wslay looks for UTF-8 in the reason of a close frame piece by piece and leaves out the first two bytes of
 * each piece, not of the frame. So a head comes to it whole, and a control frame with all that it holds.
 */
#ifndef OHTD_LIVE_FRAME_GATE_H
#define OHTD_LIVE_FRAME_GATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OHTD_GATE_BYTES	(2 + 4 + 125)	/* of a control frame; a head alone is shorter */

/* Bytes of the connection, at most @bytes; 0 or less: none now, or the end. */
typedef ssize_t ohtd_gate_read(void *arg, uint8_t *to, size_t bytes);

/**
 * struct ohtd_frame_gate - zeroed at the beginning
 * @held: the beginning of a frame, @held_bytes
 * @left: bytes that are still to come of the data of a frame
 */
struct ohtd_frame_gate {
	uint8_t held[OHTD_GATE_BYTES];
	size_t held_bytes;
	uint64_t left;
};

/* As @read, of one frame; @bytes: at least OHTD_GATE_BYTES when a frame begins. */
ssize_t ohtd_frame_gate_read(struct ohtd_frame_gate *gate, uint8_t *to, size_t bytes,
			     ohtd_gate_read *read, void *arg);

#endif /* OHTD_LIVE_FRAME_GATE_H */
