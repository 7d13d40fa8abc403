/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     why WebSockets end: code, word and what the client should do, as data for the code and for asyncapi.json.
 * Contexts: any thread; constants.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_CLOSE_H
#define OHTD_HTTP_CLOSE_H

#include <stddef.h>
#include <stdint.h>

enum ohtd_close {
	OHTD_CLOSE_SHUTTING_DOWN,
	OHTD_CLOSE_NOT_TEXT,
	OHTD_CLOSE_SAFETY_NOT_TAKEN,
	OHTD_CLOSE_AUTH_TIMEOUT,
	OHTD_CLOSE_TOKEN_INVALID,
	OHTD_CLOSE_TOKEN_EXPIRED,
	OHTD_CLOSE_TOKEN_REVOKED,
	OHTD_CLOSE_TICKET_INVALID,
	OHTD_CLOSE_TOO_SLOW,
	OHTD_CLOSE_TOO_MANY,
	/* These the library sends by itself. */
	OHTD_CLOSE_BROKEN_FRAME,
	OHTD_CLOSE_NOT_UTF8,
	OHTD_CLOSE_TOO_LONG,
	OHTD_CLOSES,
};

/* May the client come again? */
enum ohtd_close_again {
	OHTD_AGAIN_YES,		/* and go on behind the last message */
	OHTD_AGAIN_LOGIN,	/* with another token or ticket */
	OHTD_AGAIN_NEVER,	/* the same client would be closed again */
};

/**
 * struct ohtd_close_kind - an end
 * @code: of our own 4000 and the status of HTTP that means the same, but for 4008
 * @reason: word in the close frame, of the catalogue; "": none
 * @again: what the client should do
 * @cause: for people, if there is no @reason
 */
struct ohtd_close_kind {
	uint16_t code;
	const char *reason;
	enum ohtd_close_again again;
	const char *cause;
};

extern const struct ohtd_close_kind ohtd_closes[OHTD_CLOSES];

/* "yes", "login" or "never" */
const char *ohtd_close_again_word(enum ohtd_close_again again);

#endif /* OHTD_HTTP_CLOSE_H */
