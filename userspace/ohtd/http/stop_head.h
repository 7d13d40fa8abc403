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

/* At most so many headers Authorization of a stop are tried: a proxy may add its own. */
#define OHTD_STOP_PROOFS_MAX	4

/* Stands for a control byte in a header of a stop. No text in UTF-8 has it, and no value becomes valid by it. */
#define OHTD_STOP_HEAD_MENDED	0xff

/* A header as h2o's parser (picohttpparser) tells it; @name NULL: goes on with the one before. Not NUL-terminated. */
struct phr_header {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/* Where the path begins in a whole URI, "https://name/path"; 0: it is none. */
size_t ohtd_http_path_begin(const char *path, size_t bytes);

/**
 * ohtd_stop_head_is() - does a request line ask for the stop?
 * @method: POST in any letters
 * @method_bytes: of it
 * @path: OHTD_STOP_PATH, perhaps a whole URI, with more slashes, other capital letters, characters as %XX, a query or fragment
 * @path_bytes: of it
 */
bool ohtd_stop_head_is(const char *method, size_t method_bytes, const char *path, size_t path_bytes);

/**
 * ohtd_stop_head_mend() - replace control bytes in the values of headers
 * @behind_path: of a request line that asks for the stop; the rest of that line stays as it is
 * @bytes: all that has come from there on, perhaps a part of the head, perhaps with a body
 *
 * The parser refuses a head with such bytes. Each becomes OHTD_STOP_HEAD_MENDED, so that the server can tell that
 * another reader may have seen another end of this head. CR, LF and NUL stay, names and body too: no line begins
 * or ends anywhere else.
 *
 * Return: true if a byte was replaced.
 */
bool ohtd_stop_head_mend(char *behind_path, size_t bytes);

/**
 * ohtd_stop_head_trim() - drop the headers of a stop that nothing depends on
 * @headers: of the head; those that stay move to the front
 * @count: of them
 * @bytes_here: so many bytes have come behind the head
 *
 * What names the client stays, though no more of it than h2o takes: of Authorization the first OHTD_STOP_PROOFS_MAX. So does the one
 * Content-Length if all of the body has come. Without it the stop is done before its body, which may never come, and the connection
 * must end.
 *
 * Return: how many stay.
 */
size_t ohtd_stop_head_trim(struct phr_header *headers, size_t count, size_t bytes_here);

#endif /* OHTD_HTTP_STOP_HEAD_H */
