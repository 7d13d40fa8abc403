/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is said over a WebSocket, as data: messages of clients, and answers to them.
 * Contexts: any thread; constants.
 * Locks:    none.
 */
#ifndef OHTD_LIVE_MESSAGES_H
#define OHTD_LIVE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

struct ohtd_shape;

#define OHTD_MESSAGE_BYTES_MAX	4096	/* of a message of a client */
#define OHTD_ANSWERS_MAX	2

/**
 * struct ohtd_saying - a message that clients may send
 * @type: its member "type"
 * @stranger: also of a client who has not said who it is
 * @shape: of all of it
 * @answers: messages of which one answers it besides error; fewer: NULL behind the last
 * @summary: for the description
 */
struct ohtd_saying {
	const char *type;
	bool stranger;
	const struct ohtd_shape *shape;
	const char *answers[OHTD_ANSWERS_MAX];
	const char *summary;
};

/* NULL behind the last one. */
const struct ohtd_saying *ohtd_saying_at(size_t index);

/* socket_in.c, socket_command.c */
extern const struct ohtd_shape socket_error_shape;
extern const struct ohtd_shape socket_result_shape;
extern const struct ohtd_shape socket_refusal_shape;
extern const struct ohtd_shape socket_stopped_shape;

#endif /* OHTD_LIVE_MESSAGES_H */
