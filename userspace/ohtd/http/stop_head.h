/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which heads of requests ask for the stop, and what of such a head counts.
 * Contexts: any thread; pure.
 * Locks:    none.
 *
 * Nothing that a browser, a proxy or a careless client adds may refuse a stop. So its head is made plain before
 * anything else reads it.
 */
#ifndef OHTD_HTTP_STOP_HEAD_H
#define OHTD_HTTP_STOP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

/* The path of the stop, as all else knows it. */
#define OHTD_STOP_PATH	"/api/v1/safety/stop"

/* A header as h2o's parser (picohttpparser) tells it; @name NULL: goes on with the one before. Not NUL-terminated. */
struct phr_header {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/**
 * ohtd_stop_head_is() - does a request line ask for the stop?
 * @method: POST in any letters
 * @method_bytes: of it
 * @path: OHTD_STOP_PATH, perhaps a whole URI, with more slashes, other capital letters, characters as %XX, a query or fragment
 * @path_bytes: of it
 */
bool ohtd_stop_head_is(const char *method, size_t method_bytes, const char *path, size_t path_bytes);

/**
 * ohtd_stop_head_trim() - drop the headers of a stop that nothing depends on
 * @headers: of the head; those that stay move to the front
 * @count: of them
 * @bytes_here: so many bytes have come behind the head
 *
 * What names the client stays, and the one Content-Length if all of the body has come. Without it the stop is done before its
 * body, which may never come, and the connection must end.
 *
 * Return: how many stay.
 */
size_t ohtd_stop_head_trim(struct phr_header *headers, size_t count, size_t bytes_here);

#endif /* OHTD_HTTP_STOP_HEAD_H */
