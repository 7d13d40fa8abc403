/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the blobs of history.db: samples and columns of signals, with a checksum.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_HISTORY_CODED_H
#define OHTD_HISTORY_CODED_H

#include <stddef.h>
#include <stdint.h>

#include "history/codec.h"

/* Appends a series of values and one of qualities, @count each; the latter not if all are good. */
void ohtd_coded_put_samples(struct ohtd_bytes *to, const int64_t *values, const int64_t *quality,
			    size_t count);

/* Samples @first to @first + @count - 1; @count is at most OHTD_CODEC_BLOCK. */
typedef void (*ohtd_coded_visit)(void *arg, size_t first, const int64_t *values,
				 const int64_t *quality, size_t count);

/**
 * ohtd_coded_take_samples() - read what ohtd_coded_put_samples() has written
 * @from: the bytes
 * @count: samples in them
 * @begin: only blocks with samples from there on
 * @end: up to before there are read
 * @visit: gets each of these blocks, in order
 *
 * Return: 0 or -EBADMSG; some blocks may have been visited by then.
 */
int ohtd_coded_take_samples(struct ohtd_span from, size_t count, size_t begin, size_t end,
			    ohtd_coded_visit visit, void *arg);

/* ---- parts of several signals in one blob ---- */

void ohtd_coded_put_part(struct ohtd_bytes *to, int64_t signal, const struct ohtd_bytes *part);

/* The next part: 1, 0 at the end, or -EBADMSG. */
int ohtd_coded_next_part(struct ohtd_span *from, int64_t *signal, struct ohtd_span *part);

/* The part of @signal: 1, 0 there is none, or -EBADMSG. */
int ohtd_coded_find_part(struct ohtd_span from, int64_t signal, struct ohtd_span *part);

/* ---- the whole ---- */

/* Appends the checksum (CRC-32 of IEEE 802.3, the lowest byte first). */
void ohtd_coded_close(struct ohtd_bytes *blob);

/* Takes the checksum off; -EBADMSG: it is wrong. */
int ohtd_coded_open(const void *data, size_t bytes, struct ohtd_span *inside);

#endif /* OHTD_HISTORY_CODED_H */
