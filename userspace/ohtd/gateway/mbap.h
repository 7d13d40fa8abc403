/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     Modbus TCP on the wire: where a frame ends, what it asks, and the bytes of an answer.
 * Contexts: any thread; pure, no allocation.
 * Locks:    none.
 */
#ifndef OHTD_GATEWAY_MBAP_H
#define OHTD_GATEWAY_MBAP_H

#include <stddef.h>
#include <stdint.h>

#define OHTD_MBAP_BYTES_MAX	260
#define OHTD_MBAP_READ_MAX	125	/* registers of a request */
#define OHTD_MBAP_WRITE_MAX	123

enum ohtd_mbap_function {
	OHTD_MBAP_READ_HOLDING	= 3,
	OHTD_MBAP_READ_INPUT	= 4,
	OHTD_MBAP_WRITE_SINGLE	= 6,
	OHTD_MBAP_WRITE_MULTIPLE = 16,
	OHTD_MBAP_SERVER_ID	= 17,
	OHTD_MBAP_ENCAPSULATED	= 43,	/* of which only 14, device identification, is known */
};

enum ohtd_mbap_exception {
	OHTD_MBAP_GOOD		= 0,
	OHTD_MBAP_BAD_FUNCTION	= 1,
	OHTD_MBAP_BAD_ADDRESS	= 2,
	OHTD_MBAP_BAD_VALUE	= 3,
	OHTD_MBAP_FAILED	= 4,
	OHTD_MBAP_BUSY		= 6,
	OHTD_MBAP_NO_PATH	= 10,
	OHTD_MBAP_NO_ANSWER	= 11,
};

/**
 * struct ohtd_mbap_request - what a frame asks
 * @transaction: the client's number, returned in the answer
 * @unit: unit id
 * @function: function code, whatever it is
 * @address: first register
 * @count: registers
 * @words: what is to be written; ENCAPSULATED: code and first object of a device identification
 */
struct ohtd_mbap_request {
	uint16_t transaction;
	uint8_t unit;
	uint8_t function;
	uint16_t address;
	uint16_t count;
	uint16_t words[OHTD_MBAP_WRITE_MAX];
};

/**
 * ohtd_mbap_frame_bytes() - how long the first frame of a stream is
 * @data: what has come so far
 * @size: bytes of it
 *
 * Return: its bytes, when all of them are there; 0: more must come; -1: no frame begins like this, and
 * nothing says where the next one would.
 */
int ohtd_mbap_frame_bytes(const uint8_t *data, size_t size);

/**
 * ohtd_mbap_parse() - read a whole frame
 * @frame: of ohtd_mbap_frame_bytes()
 * @size: its bytes
 * @request: filled; of a frame that is refused, @transaction, @unit and @function only
 *
 * Return: OHTD_MBAP_GOOD, or the exception with which it is to be answered.
 */
enum ohtd_mbap_exception ohtd_mbap_parse(const uint8_t *frame, size_t size,
					 struct ohtd_mbap_request *request);

/* Answers; each returns the bytes put into @out. @words: @request->count of them. */
size_t ohtd_mbap_read_answer(uint8_t out[OHTD_MBAP_BYTES_MAX],
			     const struct ohtd_mbap_request *request, const uint16_t *words);
size_t ohtd_mbap_write_answer(uint8_t out[OHTD_MBAP_BYTES_MAX],
			      const struct ohtd_mbap_request *request);
/* @data: what stands behind the function. */
size_t ohtd_mbap_answer(uint8_t out[OHTD_MBAP_BYTES_MAX], const struct ohtd_mbap_request *request,
			const uint8_t *data, size_t bytes);
size_t ohtd_mbap_refusal(uint8_t out[OHTD_MBAP_BYTES_MAX], const struct ohtd_mbap_request *request,
			 unsigned int exception);

#endif
