// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modbus TCP: what a client sends. Input: the bytes of a connection, as they come. Frames must not
 * depend on how the bytes were handed over; what is accepted is written and read back the same; an
 * answer is a frame, with the transaction and unit of its request.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "gateway/identity.h"
#include "gateway/mbap.h"

/* A stream that is taken apart, so many bytes at a time. */
struct stream {
	const uint8_t *data;
	size_t size, given, taken;
};

/* The next frame; 0: the end, -1: garbage. */
static int next(struct stream *stream, size_t step)
{
	for (;;) {
		size_t there = stream->given - stream->taken;
		char *copy = fuzz_copy(stream->data + stream->taken, there);
		int bytes = ohtd_mbap_frame_bytes((const uint8_t *)copy, there);

		free(copy);
		if (bytes > 0)
			stream->taken += (size_t)bytes;
		if (bytes || stream->given == stream->size)
			return bytes;
		stream->given = step < stream->size - stream->given ? stream->given + step : stream->size;
	}
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Asks what the robot is, and for no register. */
static bool is_identity(const struct ohtd_mbap_request *request)
{
	return request->function == OHTD_MBAP_SERVER_ID || request->function == OHTD_MBAP_ENCAPSULATED;
}

/* The frame of a request that was accepted. */
static size_t write_request(const struct ohtd_mbap_request *request, uint8_t *frame)
{
	size_t bytes = 12;

	memset(frame, 0, OHTD_MBAP_BYTES_MAX);
	put16(frame, request->transaction);
	frame[6] = request->unit;
	frame[7] = request->function;
	if (request->function == OHTD_MBAP_SERVER_ID) {
		put16(frame + 4, 2);
		return 8;
	}
	if (request->function == OHTD_MBAP_ENCAPSULATED) {
		put16(frame + 4, 5);
		frame[8] = 14;
		frame[9] = (uint8_t)request->words[0];
		frame[10] = (uint8_t)request->words[1];
		return 11;
	}
	put16(frame + 8, request->address);
	put16(frame + 10, request->function == OHTD_MBAP_WRITE_SINGLE ? request->words[0]
								       : request->count);
	if (request->function == OHTD_MBAP_WRITE_MULTIPLE) {
		frame[12] = (uint8_t)(2 * request->count);
		for (unsigned int i = 0; i < request->count; i++)
			put16(frame + 13 + 2 * i, request->words[i]);
		bytes = 13 + 2u * request->count;
	}
	put16(frame + 4, (unsigned int)bytes - 6);
	return bytes;
}

static enum ohtd_mbap_exception parse(const uint8_t *frame, size_t size,
				      struct ohtd_mbap_request *request)
{
#ifdef FUZZ_SEED_DEFECT
	/* Believes the count, whatever was sent. */
	enum ohtd_mbap_exception fault = ohtd_mbap_parse(frame, size, request);

	if (fault == OHTD_MBAP_BAD_VALUE && request->function == OHTD_MBAP_WRITE_MULTIPLE &&
	    request->count && request->count <= OHTD_MBAP_WRITE_MAX)
		return OHTD_MBAP_GOOD;
	return fault;
#else
	return ohtd_mbap_parse(frame, size, request);
#endif
}

static void check_accepted(const uint8_t *frame, size_t size, const struct ohtd_mbap_request *request)
{
	uint8_t again[OHTD_MBAP_BYTES_MAX];

	HOLDS("there are registers where there is a count", is_identity(request) ||
	      (request->count >= 1 && request->count <= OHTD_MBAP_READ_MAX));
	HOLDS("that exist", request->address + request->count <= 0x10000);
	HOLDS("it is written the same", write_request(request, again) == size &&
	      !memcmp(again, frame, size));
}

static void check_answer(const uint8_t *out, size_t size, const uint8_t *frame)
{
	HOLDS("an answer is one frame", ohtd_mbap_frame_bytes(out, size) == (int)size);
	HOLDS("an answer is one frame, and not a shorter one", !ohtd_mbap_frame_bytes(out, size - 1));
	HOLDS("with the transaction and the unit of its request",
	      !memcmp(out, frame, 2) && out[6] == frame[6]);
	HOLDS("and its function", (out[7] | 0x80) == (frame[7] | 0x80));
}

static void check_frame(const uint8_t *frame, size_t size)
{
	static const uint16_t words[OHTD_MBAP_READ_MAX];
	struct ohtd_mbap_request request;
	uint8_t out[OHTD_MBAP_BYTES_MAX];
	enum ohtd_mbap_exception fault = parse(frame, size, &request);

	if (!fault)
		check_accepted(frame, size, &request);
	check_answer(out, ohtd_mbap_refusal(out, &request, fault), frame);
	HOLDS("a refusal says so", out[7] & 0x80);
	if (!fault && is_identity(&request))
		check_answer(out, ohtd_identity_answer(out, &request), frame);
	else if (!fault && request.function <= OHTD_MBAP_READ_INPUT)
		check_answer(out, ohtd_mbap_read_answer(out, &request, words), frame);
	else if (!fault)
		check_answer(out, ohtd_mbap_write_answer(out, &request), frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream whole = { data, size, size, 0 }, split = { data, size, 0, 0 };
	size_t step = size ? data[0] % 7 + 1 : 1;
	int bytes;

	do {
		size_t at = whole.taken;
		char *frame;

		bytes = next(&whole, size);
		HOLDS("frames do not depend on the pieces", next(&split, step) == bytes);
		if (bytes <= 0)
			break;
		frame = fuzz_copy(data + at, (size_t)bytes);
		check_frame((const uint8_t *)frame, (size_t)bytes);
		free(frame);
	} while (bytes > 0);
	return 0;
}
