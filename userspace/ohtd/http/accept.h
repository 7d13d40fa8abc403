/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the headers Accept, Accept-Encoding, If-None-Match, If-Match (RFC 9110) and
 *           Sec-WebSocket-Protocol (RFC 6455) mean.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_ACCEPT_H
#define OHTD_HTTP_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>

/* May an answer of that media type ("application/json; ...") be sent, by the header Accept? */
bool ohtd_accept_takes(const char *accept, const char *type);

/* May an answer be sent with that content coding ("gzip")? NULL: there is no such header. */
bool ohtd_accept_encodes(const char *accept_encoding, const char *coding);

/* The first name of a list ("a, b") that is one of @known, which ends with NULL; NULL: none is. */
const char *ohtd_accept_first(const char *list, const char *const *known);

/**
 * ohtd_http_etag_text() - what is between the quotation marks of an entity tag, as this server has made it
 * @tag: as it came. A proxy that compresses makes it a weak one (W/"5"), or puts the coding behind it ("5-gzip")
 * @bytes: of @tag
 * @text: out: its place in @tag
 *
 * Return: its length; 0: it is no entity tag, or an empty one.
 */
size_t ohtd_http_etag_text(const char *tag, size_t bytes, const char **text);

/* Is the entity tag, with its quotation marks, in the list? */
bool ohtd_etag_matches(const char *if_none_match, const char *etag);

#endif /* OHTD_HTTP_ACCEPT_H */
