/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the form of an error: application/problem+json (RFC 9457) with a stable code.
 * Contexts: any thread; allocates.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_PROBLEM_H
#define OHTD_HTTP_PROBLEM_H

#include <json-c/json.h>

/* Phrase of an HTTP status. Never NULL. */
const char *ohtd_status_text(int status);

/* {"type","title","status","code","detail","request_id"} */
struct json_object *ohtd_problem_json(int status, const char *code, const char *detail,
				      const char *request_id);

/* Appends {"pointer","code","detail"} to @errors; @pointer is a JSON pointer into the body. */
void ohtd_error_add(struct json_object *errors, const char *pointer, const char *code,
		    const char *detail);

#endif /* OHTD_HTTP_PROBLEM_H */
