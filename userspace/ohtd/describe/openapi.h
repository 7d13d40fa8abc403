/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     openapi.json: all routes and members in the form of OpenAPI 3.1.
 * Contexts: main thread, at start.
 * Locks:    none.
 */
#ifndef OHTD_DESCRIBE_OPENAPI_H
#define OHTD_DESCRIBE_OPENAPI_H

#include <stddef.h>

#include "http/route.h"
#include "json/schema.h"
#include "json/writer.h"

/**
 * ohtd_openapi_make() - describe all routes
 * @router: has them
 * @bytes: length of the text
 * @why: on failure one line
 * @size: of @why
 *
 * Return: the text, without NUL, to be released with free(); or NULL with @why filled.
 */
char *ohtd_openapi_make(const struct ohtd_router *router, size_t *bytes, char *why, size_t size);

/* ---- between openapi.c, asyncapi.c and description.c ---- */

/* What @write writes about @about; to be released with free(). NULL: out of memory. */
char *ohtd_description_make(void (*write)(struct ohtd_writer *, const void *), const void *about,
			    size_t *bytes);

#endif /* OHTD_DESCRIBE_OPENAPI_H */
