/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     asyncapi.json: the channels and messages of WebSockets, and their ends, in the form of AsyncAPI 3.0.
 * Contexts: main thread, at start.
 * Locks:    none.
 */
#ifndef OHTD_DESCRIBE_ASYNCAPI_H
#define OHTD_DESCRIBE_ASYNCAPI_H

#include <stddef.h>

/**
 * ohtd_asyncapi_make() - describe all messages
 * @bytes: length of the text
 * @why: on failure one line
 * @size: of @why
 *
 * Return: the text, without NUL, to be released with free(); or NULL with @why filled.
 */
char *ohtd_asyncapi_make(size_t *bytes, char *why, size_t size);

#endif /* OHTD_DESCRIBE_ASYNCAPI_H */
