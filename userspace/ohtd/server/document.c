// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <zlib.h>

#include "base/hex.h"
#include "http/accept.h"
#include "server/call.h"

/* Of zlib: the largest window, and a gzip header in place of zlib's own. */
#define GZIP_WINDOW	(15 + 16)
/* Of a hash, enough that two forms of one document differ. */
#define ETAG_HASH_BYTES	8

/* NULL when it cannot be done or saves nothing. */
static char *compress_gzip(const char *data, size_t bytes, size_t *compressed)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)bytes };
	char *made = malloc(bytes + 1);
	int r = Z_MEM_ERROR;

	if (made && deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 9,
				 Z_DEFAULT_STRATEGY) == Z_OK) {
		stream.next_out = (Bytef *)made;
		stream.avail_out = (uInt)bytes;
		r = deflate(&stream, Z_FINISH);
		*compressed = stream.total_out;
		deflateEnd(&stream);
	}
	if (r == Z_STREAM_END)
		return made;
	free(made);
	return NULL;
}

void ohtd_etag_make(char etag[OHTD_ETAG_BYTES], const void *data, size_t bytes)
{
	unsigned char hash[EVP_MAX_MD_SIZE] = { 0 };
	char digits[2 * ETAG_HASH_BYTES + 1];

	EVP_Digest(data, bytes, hash, NULL, EVP_sha256(), NULL);
	ohtd_hex_text(digits, hash, ETAG_HASH_BYTES);
	snprintf(etag, OHTD_ETAG_BYTES, "\"%s\"", digits);
}

void ohtd_document_make(struct ohtd_document *document, const char *type, char *data, size_t bytes)
{
	*document = (struct ohtd_document){ .type = type, .data = data, .bytes = bytes };
	ohtd_etag_make(document->etag, data, bytes);
	document->gzip = compress_gzip(data, bytes, &document->gzip_bytes);
	if (!document->gzip)
		return;
	/* Most clients take it, and for the others it is unpacked. */
	free(data);
	document->data = NULL;
}

void ohtd_document_free(struct ohtd_document *document)
{
	free(document->data);
	free(document->gzip);
	memset(document, 0, sizeof(*document));
}

void ohtd_document_reply(struct ohtd_call *call, const struct ohtd_document *document)
{
	const char *known = ohtd_call_header(call, "if-none-match");
	bool compressed = document->gzip &&
			  ohtd_accept_encodes(ohtd_call_header(call, "accept-encoding"), "gzip");

	ohtd_reply_header(call, "etag", document->etag);
	ohtd_reply_header(call, "cache-control", "no-cache");
	ohtd_reply_header(call, "vary", "accept-encoding");
	if (known && ohtd_etag_matches(known, document->etag)) {
		ohtd_reply_empty(call, 304);
		return;
	}
	if (compressed) {
		ohtd_reply_header(call, "content-encoding", "gzip");
		ohtd_reply_lasting(call, 200, document->type, document->gzip, document->gzip_bytes);
	} else if (document->gzip) {
		ohtd_reply_unpacked(call, 200, document->type, document->gzip, document->gzip_bytes, document->bytes);
	} else {
		ohtd_reply_lasting(call, 200, document->type, document->data, document->bytes);
	}
}
