/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the form of an error: application/problem+json (RFC 9457) with a stable code.
 * Contexts: any thread; allocates.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_PROBLEM_H
#define OHTD_HTTP_PROBLEM_H

#include "json/input.h"
#include "json/writer.h"

/* Phrase of an HTTP status. Never NULL. */
const char *ohtd_status_text(int status);

/* Room of a counter for each status that is answered. */
#define OHTD_STATUSES_MAX	72

/* Statuses that are answered: how many, and each; SIZE_MAX: the number of one that is not among them. */
size_t ohtd_status_count(void);
int ohtd_status_at(size_t index);
size_t ohtd_status_index(int status);

/**
 * struct ohtd_problem - an answer that says why not
 * @type: "urn:oht:problem:" and the code
 * @title: phrase of the status
 * @status: of HTTP
 * @code: stable word for programs; the catalogue has all
 * @detail: sentence for people
 * @request_id: of the request
 * @errors: single faults, or NULL
 * @errors_count: of @errors
 */
struct ohtd_problem {
	const char *type;
	const char *title;
	int status;
	const char *code;
	const char *detail;
	const char *request_id;
	const struct ohtd_error *errors;
	size_t errors_count;
};

extern const struct ohtd_shape ohtd_error_shape;
extern const struct ohtd_shape ohtd_problem_shape;

/* Writes a problem; type and title are filled in. */
void ohtd_problem_write(struct ohtd_writer *writer, struct ohtd_problem *problem);

#endif /* OHTD_HTTP_PROBLEM_H */
