/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whether the head of a request says in one way only where the request ends.
 * Contexts: any thread.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_FRAMING_H
#define OHTD_HTTP_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

/**
 * ohtd_framing_fault() - look at a head as it came over the wire
 * @head: from the request line on; what is behind its empty line is not looked at
 * @bytes: of it, whatever follows included
 *
 * h2o takes the first Content-Length, prefers Transfer-Encoding to it, takes the last Host and does
 * not show these headers to a handler; a server that decides otherwise would see other requests in
 * the same bytes.
 *
 * Return: NULL, or what is wrong, for people.
 */
const char *ohtd_framing_fault(const char *head, size_t bytes);

/* True if a body is announced, in whichever way. */
bool ohtd_framing_has_body(const char *head, size_t bytes);

/* True if the body comes in chunks, so that its length is not known before its end. */
bool ohtd_framing_is_chunked(const char *head, size_t bytes);

#endif /* OHTD_HTTP_FRAMING_H */
