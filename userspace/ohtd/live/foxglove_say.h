/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     reading what a client says in Foxglove's WebSocket protocol (foxglove.websocket.v1).
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_LIVE_FOXGLOVE_SAY_H
#define OHTD_LIVE_FOXGLOVE_SAY_H

#include <stddef.h>
#include <stdint.h>

#define OHTD_FOXGLOVE_WISHES_MAX	64	/* in one message */
#define OHTD_FOXGLOVE_WHY_BYTES		160

enum ohtd_foxglove_op {
	OHTD_FOXGLOVE_REFUSED,
	OHTD_FOXGLOVE_SUBSCRIBE,
	OHTD_FOXGLOVE_UNSUBSCRIBE,
};

/* A subscription: its name, which the client has chosen, and what it is about (SUBSCRIBE only). */
struct ohtd_foxglove_wish {
	uint32_t id;
	uint32_t channel;
};

/**
 * struct ohtd_foxglove_said - one message
 * @op: what is wanted
 * @wishes: the subscriptions, in their order; REFUSED: none
 * @count: of @wishes
 * @why: REFUSED: a sentence for people
 */
struct ohtd_foxglove_said {
	enum ohtd_foxglove_op op;
	struct ohtd_foxglove_wish wishes[OHTD_FOXGLOVE_WISHES_MAX];
	size_t count;
	char why[OHTD_FOXGLOVE_WHY_BYTES];
};

/* A message with one fault is refused as a whole. Unknown members are left alone. */
void ohtd_foxglove_read(struct ohtd_foxglove_said *said, const char *text, size_t bytes);

#endif /* OHTD_LIVE_FOXGLOVE_SAY_H */
