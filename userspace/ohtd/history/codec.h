/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how a row of integers becomes few bytes, and the way back.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 *
 * A series is cut into blocks of 1,024 integers. Each block says its length in bytes, so that
 * blocks can be skipped, and its predictor: the one that needed the fewest bits. What the
 * predictor does not know is coded after Rice. All arithmetic is modulo 2^64, so that each
 * int64 survives. The bytes are described in docs/history.md.
 */
#ifndef OHTD_HISTORY_CODEC_H
#define OHTD_HISTORY_CODEC_H

#include <stddef.h>
#include <stdint.h>

#define OHTD_CODEC_BLOCK	1024
/* The longest block: each integer as it is. */
#define OHTD_CODEC_BLOCK_BYTES	(OHTD_CODEC_BLOCK * 8 + 16)

/* In the first byte of a block; the numbers are part of the file. */
enum ohtd_predictor {
	OHTD_PREDICT_CONSTANT,	/* all are the same */
	OHTD_PREDICT_RUNS,	/* a value, and how often it comes on end */
	OHTD_PREDICT_DELTA,	/* as the one before */
	OHTD_PREDICT_DELTA2,	/* as far from the one before as that from the one before it */
	OHTD_PREDICT_MEAN4,	/* the mean of the last ones: each counts 1/16 */
	OHTD_PREDICT_MEAN6,	/* the same with 1/64 */
	OHTD_PREDICT_RAW,	/* eight bytes each */
	OHTD_PREDICT_SPARSE,	/* the usual step, and how far to the next that is another */
	OHTD_PREDICTORS,
};

/**
 * struct ohtd_bytes - a buffer that grows
 * @data: to be freed by its owner
 * @used: bytes in it
 * @size: room
 * @failed: memory was short: what is in it is not whole
 */
struct ohtd_bytes {
	unsigned char *data;
	size_t used, size;
	int failed;
};

void ohtd_bytes_put(struct ohtd_bytes *to, const void *data, size_t bytes);
/* Seven bits a byte, the lowest first; returns how many bytes. */
size_t ohtd_number_bytes(uint64_t number, unsigned char bytes[10]);
void ohtd_bytes_put_number(struct ohtd_bytes *to, uint64_t number);
void ohtd_bytes_free(struct ohtd_bytes *bytes);

/**
 * struct ohtd_span - bytes that are read from the front
 * @at: the next one
 * @left: how many
 */
struct ohtd_span {
	const unsigned char *at;
	size_t left;
};

/* 0, or -EBADMSG: it does not end, or is no 64 bits. */
int ohtd_span_number(struct ohtd_span *from, uint64_t *number);
/* Takes the first @bytes of @from; -EBADMSG: there are fewer. */
int ohtd_span_take(struct ohtd_span *from, size_t bytes, struct ohtd_span *part);

/* Appends @values as blocks. */
void ohtd_codec_put(struct ohtd_bytes *to, const int64_t *values, size_t count);

/**
 * ohtd_codec_take() - read a series back
 * @from: moved on behind the series
 * @values: room for @count; NULL: only moves on
 * @count: how many were put
 *
 * Return: 0, or -EBADMSG: these bytes are no such series. Nothing behind the end of @from is read.
 */
int ohtd_codec_take(struct ohtd_span *from, int64_t *values, size_t count);

/* The predictor of the first block of a series, or -EBADMSG; for tests and figures. */
int ohtd_codec_predictor(struct ohtd_span from);

#endif /* OHTD_HISTORY_CODEC_H */
