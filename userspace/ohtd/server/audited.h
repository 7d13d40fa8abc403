/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     records of the audit about commands that come as messages of a WebSocket; those about requests are made by every
 *           answer (reply.c, audited.c).
 * Contexts: the loop of the connection.
 * Locks:    as audit/audit.h.
 */
#ifndef OHTD_SERVER_AUDITED_H
#define OHTD_SERVER_AUDITED_H

#include <stdbool.h>

struct ohtd_loop;
struct ohtd_principal;

/**
 * struct ohtd_audited_message - a command that came as a message
 * @who: asked
 * @source: address of the client
 * @act: what was asked for
 * @object: of it, or NULL
 * @after: JSON, or NULL
 * @status: of HTTP, as it was answered
 * @code: of the refusal, or NULL
 * @repeats: the same may follow many times a second
 */
struct ohtd_audited_message {
	const struct ohtd_principal *who;
	const char *source;
	const char *act;
	const char *object;
	const char *after;
	int status;
	const char *code;
	bool repeats;
};

void ohtd_audited_message(struct ohtd_loop *loop, const struct ohtd_audited_message *message);

#endif /* OHTD_SERVER_AUDITED_H */
