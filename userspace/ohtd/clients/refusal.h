/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     why what a client asks of the robot is refused, in words and as a status of HTTP.
 * Contexts: any; it only looks at its arguments.
 * Locks:    none.
 */
#ifndef OHTD_CLIENTS_REFUSAL_H
#define OHTD_CLIENTS_REFUSAL_H

#include <stddef.h>

#include "json/input.h"
#include "robot/command.h"

/* A status of HTTP, a word for programs and a sentence for people. */
struct ohtd_store_problem {
	int status;
	const char *code;
	const char *detail;
};

/* Why the store has refused: @error is its negative errno, 0 something else. */
struct ohtd_store_problem ohtd_store_problem(int error);

/**
 * struct ohtd_refusal - why a command was not done, as clients are told
 * @status: of HTTP
 * @code: of the catalogue
 * @detail: sentence for people
 * @errors: each reason
 * @errors_count: of @errors
 */
struct ohtd_refusal {
	int status;
	const char *code;
	const char *detail;
	struct ohtd_error errors[OHTD_WHY_MAX];
	size_t errors_count;
};

/* Of an answer that is not DONE; its texts are in @memory. */
void ohtd_refusal_of(const struct ohtd_answer *answer, const struct ohtd_memory *memory,
		     struct ohtd_refusal *refusal);
/* Of what ohtd_command_post() has returned. */
void ohtd_refusal_not_taken(int error, struct ohtd_refusal *refusal);

/* The sentence of one of its reasons, with the state, the cause or the holder that it is about; in @memory. */
const char *ohtd_reason_text_of(const struct ohtd_memory *memory, const struct ohtd_answer *answer, size_t reason);

#endif /* OHTD_CLIENTS_REFUSAL_H */
