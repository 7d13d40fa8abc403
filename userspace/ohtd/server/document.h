/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     answers that are the same for everybody and do not change while the daemon runs.
 * Contexts: make, free: main thread. Reply: a loop; nothing is copied.
 * Locks:    none; constant after they have been made.
 */
#ifndef OHTD_SERVER_DOCUMENT_H
#define OHTD_SERVER_DOCUMENT_H

#include <stddef.h>

struct ohtd_call;

#define OHTD_ETAG_BYTES	20	/* with quotation marks and NUL */

/**
 * struct ohtd_document - some bytes, compressed
 * @type: media type; constant text
 * @data: the bytes, or NULL where @gzip is there
 * @bytes: how many
 * @gzip: the same compressed, or NULL when that saves nothing
 * @gzip_bytes: of @gzip
 * @etag: of the content, with its quotation marks
 */
struct ohtd_document {
	const char *type;
	char *data;
	size_t bytes;
	char *gzip;
	size_t gzip_bytes;
	char etag[OHTD_ETAG_BYTES];
};

/* The etag of some bytes, with its quotation marks. */
void ohtd_etag_make(char etag[OHTD_ETAG_BYTES], const void *data, size_t bytes);

/* From @data of malloc(), which is the document's from now on. */
void ohtd_document_make(struct ohtd_document *document, const char *type, char *data, size_t bytes);
void ohtd_document_free(struct ohtd_document *document);

/* Answers 200, compressed if the client takes that, or 304 if the client has it. */
void ohtd_document_reply(struct ohtd_call *call, const struct ohtd_document *document);

#endif /* OHTD_SERVER_DOCUMENT_H */
