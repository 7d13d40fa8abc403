// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames as the kernel module builds and judges them. Input: a request (one byte of flags, then its
 * fields), then what was received; with the flag SEALED the received bytes get the checksum that
 * makes them a frame.
 */
#include "fuzz.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "frame.h"

#include "adu.h"

/* With a checksum behind them they are the longest frame that a receiver takes. */
#define BODY_BYTES_MAX	(OHT_ADU_MAX_BYTES - 2)

enum flags { RAW = 1, SEALED = 2, EXCEPTION = 4, ANY_UNIT = 8 };

static int verify(const struct oht_frame_request *req, const u8 *adu, unsigned int bytes,
		  u8 *exception)
{
	int detail = oht_frame_verify(req, adu, bytes, exception);

#ifdef FUZZ_SEED_DEFECT
	/* Looks at one half of the checksum. */
	if (detail == OHT_DETAIL_CRC && req->function == OHT_FC_WRITE_REGISTER && bytes == 8 &&
	    !memcmp(adu + 1, "\x06", 1) && (oht_sim_crc16(adu, 6) & 0xff) == adu[6])
		return OHT_DETAIL_OK;
#endif
	return detail;
}

static bool is_answer(int detail)
{
	return detail == OHT_DETAIL_OK || detail == OHT_DETAIL_EXCEPTION;
}

static void check_request(const struct oht_frame_request *req)
{
	u8 *adu = malloc(OHT_ADU_MAX_BYTES);
	int bytes = oht_frame_build(adu, req), told;

	HOLDS("what is checked can be built",
	      oht_frame_check(req) ? bytes == oht_frame_check(req) : bytes > 0);
	if (bytes > 0) {
		HOLDS("a frame is as long as was said", bytes == oht_frame_request_bytes(req));
		HOLDS("and fits", bytes >= OHT_ADU_MIN_BYTES && bytes <= OHT_ADU_MAX_BYTES);
		HOLDS("the far end takes its checksum", oht_sim_adu_sealed(adu, (size_t)bytes));
		HOLDS("it goes where it should", adu[0] == req->unit && adu[1] == req->function);
		HOLDS("a reserved unit is meant, and then no broadcast",
		      req->any_unit ? adu[0] : adu[0] <= OHT_UNIT_MAX);
		if (!req->raw) {
			told = (int)oht_sim_adu_request_bytes(adu, (size_t)bytes);
			HOLDS("the far end sees its length", told == bytes);
		}
	}
	free(adu);
}

/* The length that the first bytes tell never changes while more arrive. */
static void check_arrival(const u8 *adu, unsigned int bytes)
{
	int told = 0;

	for (unsigned int n = 0; n <= bytes; n++) {
		u8 *part = (u8 *)fuzz_copy(adu, n);
		int now = oht_frame_reply_bytes(part, n);

		HOLDS("a length that is known stays", !told || now == told);
		HOLDS("a length is possible", now <= OHT_ADU_MAX_BYTES);
		told = now;
		free(part);
	}
}

static void check_answer(const struct oht_frame_request *req, const u8 *adu, unsigned int bytes,
			 int detail)
{
	u16 words[OHT_WORDS_MAX];
	u8 *changed = (u8 *)fuzz_copy(adu, bytes), pdu[OHT_PDU_MAX_BYTES], exception;
	unsigned int count;

	HOLDS("no answer without its checksum", oht_sim_adu_sealed(adu, bytes));
	HOLDS("an answer comes from the unit asked", adu[0] == req->unit);
	HOLDS("and to the function asked", (adu[1] & 0x7f) == req->function);
	HOLDS("only the function's top bit makes it an exception",
	      (detail == OHT_DETAIL_EXCEPTION) == !!(adu[1] & 0x80));
	/* Of a long frame each seventh: that is another bit of each byte. */
	for (unsigned int bit = 0; bit < 8 * bytes; bit += bytes > 32 ? 7 : 1) {
		changed[bit / 8] ^= (u8)(1 << bit % 8);
		HOLDS("a bit changed on the way spoils it",
		      !is_answer(verify(req, changed, bytes, &exception)));
		changed[bit / 8] ^= (u8)(1 << bit % 8);
	}
	if (detail == OHT_DETAIL_OK) {
		HOLDS("an answer is as long as was said",
		      oht_frame_answer_bytes(req) < 0 || oht_frame_answer_bytes(req) == (int)bytes);
		count = oht_frame_words(req, adu, words);
		HOLDS("values fit", count <= OHT_WORDS_MAX && count <= req->count);
		count = oht_frame_pdu(req, adu, bytes, pdu);
		HOLDS("an answer of its own form is handed on whole",
		      count == (oht_frame_is_opaque(req) ? bytes - 3 : 0) &&
			      !memcmp(pdu, adu + 1, count));
	}
	free(changed);
}

static void take_request(struct fuzz_input *in, unsigned int flags, struct oht_frame_request *req,
			 u16 *words, u8 *pdu)
{
	*req = (struct oht_frame_request){
		.raw = flags & RAW,
		.any_unit = flags & ANY_UNIT,
		.unit = fuzz_take8(in),
		.function = fuzz_take8(in),
		.address = fuzz_take16(in),
		.count = fuzz_take16(in),
		.write_address = fuzz_take16(in),
		.write_count = fuzz_take16(in),
		.words = words,
		.pdu = pdu,
	};
	for (size_t i = 0; i < 2; i++)
		words[i] = fuzz_take16(in);
	for (size_t i = 2; i < OHT_WORDS_MAX; i++)
		words[i] = (u16)(words[1] + i);
	memset(pdu, req->function, OHT_PDU_MAX_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 pdu[OHT_PDU_MAX_BYTES], reply[OHT_ADU_MAX_BYTES], exception = 0, *adu;
	struct fuzz_input in = { data, size };
	unsigned int flags = fuzz_take8(&in), bytes;
	struct oht_frame_request req;
	u16 words[OHT_WORDS_MAX], *sent = NULL;
	int detail;

	take_request(&in, flags, &req, words, pdu);
	if (!oht_frame_check(&req)) {
		/* No more of them than it says it sends. */
		sent = (u16 *)fuzz_copy(words, oht_frame_values_sent(&req) * sizeof(*words));
		req.words = sent;
	}
	check_request(&req);
	bytes = (unsigned int)(in.left < BODY_BYTES_MAX ? in.left : BODY_BYTES_MAX);
	memcpy(reply, in.at, bytes);
	if (flags & EXCEPTION && bytes > 1)
		reply[1] |= 0x80;
	if (flags & SEALED)
		bytes = (unsigned int)oht_sim_adu_seal(reply, bytes);
	adu = (u8 *)fuzz_copy(reply, bytes);
	check_arrival(adu, bytes);
	/* A broadcast has no answer, so the engine does not ask. */
	if (!oht_frame_check(&req) && req.unit != OHT_UNIT_BROADCAST) {
		detail = verify(&req, adu, bytes, &exception);
		HOLDS("a judgement is one of those there are", detail >= 0);
		if (is_answer(detail))
			check_answer(&req, adu, bytes, detail);
	}
	free(adu);
	free(sent);
	return 0;
}
