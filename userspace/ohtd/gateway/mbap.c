// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/mbap.h"

#include <stdbool.h>
#include <string.h>

/* transaction, protocol and length; unit and the rest are counted by the length */
#define HEAD_BYTES	6
#define LENGTH_MIN	2	/* unit and function */
#define LENGTH_MAX	(OHTD_MBAP_BYTES_MAX - HEAD_BYTES)
#define FUNCTION_AT	7
#define REFUSED		0x80

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

int ohtd_mbap_frame_bytes(const uint8_t *data, size_t size)
{
	unsigned int length;

	/* The protocol is 0; said as soon as a byte of it differs. */
	if ((size > 2 && data[2]) || (size > 3 && data[3]) || (size > 4 && data[4]))
		return -1;
	if (size < HEAD_BYTES)
		return 0;
	length = get16(data + 4);
	if (length < LENGTH_MIN || length > LENGTH_MAX)
		return -1;
	return size < HEAD_BYTES + length ? 0 : (int)(HEAD_BYTES + length);
}

/* address and count of a read, or address and value of a single write */
static enum ohtd_mbap_exception parse_pair(const uint8_t *data, size_t size,
					   struct ohtd_mbap_request *request)
{
	if (size != 4)
		return OHTD_MBAP_BAD_VALUE;
	request->address = get16(data);
	if (request->function == OHTD_MBAP_WRITE_SINGLE) {
		request->count = 1;
		request->words[0] = get16(data + 2);
		return OHTD_MBAP_GOOD;
	}
	request->count = get16(data + 2);
	return request->count >= 1 && request->count <= OHTD_MBAP_READ_MAX ? OHTD_MBAP_GOOD
									   : OHTD_MBAP_BAD_VALUE;
}

static enum ohtd_mbap_exception parse_multiple(const uint8_t *data, size_t size,
					       struct ohtd_mbap_request *request)
{
	unsigned int i;

	if (size < 5)
		return OHTD_MBAP_BAD_VALUE;
	request->address = get16(data);
	request->count = get16(data + 2);
	if (request->count < 1 || request->count > OHTD_MBAP_WRITE_MAX ||
	    data[4] != 2 * request->count || size != 5u + data[4])
		return OHTD_MBAP_BAD_VALUE;
	for (i = 0; i < request->count; i++)
		request->words[i] = get16(data + 5 + 2 * i);
	return OHTD_MBAP_GOOD;
}

#define DEVICE_IDENTIFICATION	14

static enum ohtd_mbap_exception parse_encapsulated(const uint8_t *data, size_t size,
						   struct ohtd_mbap_request *request)
{
	if (size && data[0] != DEVICE_IDENTIFICATION)
		return OHTD_MBAP_BAD_FUNCTION;
	if (size != 3)
		return OHTD_MBAP_BAD_VALUE;
	request->words[0] = data[1];
	request->words[1] = data[2];
	return OHTD_MBAP_GOOD;
}

enum ohtd_mbap_exception ohtd_mbap_parse(const uint8_t *frame, size_t size,
					 struct ohtd_mbap_request *request)
{
	const uint8_t *data = frame + FUNCTION_AT + 1;
	enum ohtd_mbap_exception fault;

	memset(request, 0, sizeof(*request));
	request->transaction = get16(frame);
	request->unit = frame[6];
	request->function = frame[FUNCTION_AT];
	size -= FUNCTION_AT + 1;
	switch (request->function) {
	case OHTD_MBAP_READ_HOLDING:
	case OHTD_MBAP_READ_INPUT:
	case OHTD_MBAP_WRITE_SINGLE:
		fault = parse_pair(data, size, request);
		break;
	case OHTD_MBAP_WRITE_MULTIPLE:
		fault = parse_multiple(data, size, request);
		break;
	case OHTD_MBAP_SERVER_ID:
		return size ? OHTD_MBAP_BAD_VALUE : OHTD_MBAP_GOOD;
	case OHTD_MBAP_ENCAPSULATED:
		return parse_encapsulated(data, size, request);
	default:
		return OHTD_MBAP_BAD_FUNCTION;
	}
	if (!fault && request->address + request->count > 0x10000)
		return OHTD_MBAP_BAD_ADDRESS;
	return fault;
}

/* The head of an answer with @bytes behind its function; returns the bytes of all. */
static size_t begin(uint8_t *out, const struct ohtd_mbap_request *request, uint8_t function,
		    size_t bytes)
{
	put16(out, request->transaction);
	put16(out + 2, 0);
	put16(out + 4, (uint16_t)(LENGTH_MIN + bytes));
	out[6] = request->unit;
	out[FUNCTION_AT] = function;
	return HEAD_BYTES + LENGTH_MIN + bytes;
}

size_t ohtd_mbap_read_answer(uint8_t out[OHTD_MBAP_BYTES_MAX],
			     const struct ohtd_mbap_request *request, const uint16_t *words)
{
	uint8_t *data = out + FUNCTION_AT + 1;
	unsigned int i;

	data[0] = (uint8_t)(2 * request->count);
	for (i = 0; i < request->count; i++)
		put16(data + 1 + 2 * i, words[i]);
	return begin(out, request, request->function, 1 + 2u * request->count);
}

size_t ohtd_mbap_write_answer(uint8_t out[OHTD_MBAP_BYTES_MAX],
			      const struct ohtd_mbap_request *request)
{
	uint8_t *data = out + FUNCTION_AT + 1;
	bool single = request->function == OHTD_MBAP_WRITE_SINGLE;

	put16(data, request->address);
	put16(data + 2, single ? request->words[0] : request->count);
	return begin(out, request, request->function, 4);
}

size_t ohtd_mbap_answer(uint8_t out[OHTD_MBAP_BYTES_MAX], const struct ohtd_mbap_request *request,
			const uint8_t *data, size_t bytes)
{
	memcpy(out + FUNCTION_AT + 1, data, bytes);
	return begin(out, request, request->function, bytes);
}

size_t ohtd_mbap_refusal(uint8_t out[OHTD_MBAP_BYTES_MAX], const struct ohtd_mbap_request *request,
			 unsigned int exception)
{
	out[FUNCTION_AT + 1] = (uint8_t)exception;
	return begin(out, request, request->function | REFUSED, 1);
}
