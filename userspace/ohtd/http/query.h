/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what comes behind the "?" of a path, checked like a body.
 * Contexts: any thread; allocates.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_QUERY_H
#define OHTD_HTTP_QUERY_H

#include <stddef.h>

#include "http/body.h"

#define OHTD_QUERY_VALUE_BYTES	64	/* of a decoded value, with NUL */

/**
 * ohtd_query_parse() - "limit=5&kind=stop" to a JSON object with nothing unexpected in it
 * @text: the query without its "?", printable ASCII (the prologue refuses other paths)
 * @bytes: its length
 * @fields: what may be in it; OHTD_FIELD_INTEGER values become numbers
 * @fault: filled on failure
 *
 * "+" is a plus sign. What is there twice, not known or not well encoded is refused.
 *
 * Return: the object, or NULL.
 */
struct json_object *ohtd_query_parse(const char *text, size_t bytes,
				     const struct ohtd_field *fields,
				     struct ohtd_body_fault *fault);

#endif /* OHTD_HTTP_QUERY_H */
