// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames that are not made of registers: device identification (43/14), raw PDUs, broadcasts.
 * Runs in the debug kernel, and under cmocka on the host with tests/unit/shim.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "../frame.h"

static const u8 pdu_request[] = { 0x11, 0x2b, 0x0e, 0x01, 0x00, 0xb1, 0xb4 };

/* Three objects: "OHT", "M2", "1.02". Its CRC was computed by a third program. */
static const u8 pdu_reply[] = {
	0x11, 0x2b, 0x0e, 0x01, 0x01, 0x00, 0x00, 0x03,
	0x00, 0x03, 0x4f, 0x48, 0x54,
	0x01, 0x02, 0x4d, 0x32,
	0x02, 0x04, 0x31, 0x2e, 0x30, 0x32,
	0xb5, 0xe0,
};

#define PDU_REPLY_BYTES		((unsigned int)sizeof(pdu_reply))

static struct oht_frame_request pdu_identify(u8 code, u16 first)
{
	return (struct oht_frame_request) {
		.unit = 0x11, .function = 43, .count = code, .address = first,
	};
}

static struct oht_frame_request pdu_raw(u8 unit, const u8 *pdu, unsigned int bytes)
{
	return (struct oht_frame_request) {
		.unit = unit, .function = pdu[0], .raw = true, .count = bytes, .pdu = pdu,
	};
}

/* @adu with its CRC made right again, by the code that test_frame has judged. */
static void pdu_reseal(u8 *adu, unsigned int bytes)
{
	u8 whole[OHT_ADU_MAX_BYTES];

	oht_frame_build_raw(whole, adu[0], adu + 1, bytes - 3);
	adu[bytes - 2] = whole[bytes - 2];
	adu[bytes - 1] = whole[bytes - 1];
}

static int pdu_verify(const struct oht_frame_request *req, const u8 *adu, unsigned int bytes)
{
	u8 exception = 0;

	return oht_frame_verify(req, adu, bytes, &exception);
}

/* ---- identification ---- */

static void pdu_test_identify_build(struct kunit *test)
{
	struct oht_frame_request req = pdu_identify(1, 0);
	u8 adu[OHT_ADU_MAX_BYTES];

	KUNIT_EXPECT_EQ(test, oht_frame_build(adu, &req), (int)sizeof(pdu_request));
	KUNIT_EXPECT_EQ(test, oht_frame_request_bytes(&req), (int)sizeof(pdu_request));
	KUNIT_EXPECT_EQ(test, memcmp(adu, pdu_request, sizeof(pdu_request)), 0);
	req = pdu_identify(4, 0x87);
	KUNIT_EXPECT_EQ(test, oht_frame_build(adu, &req), (int)sizeof(pdu_request));
	KUNIT_EXPECT_EQ(test, adu[3], 4);
	KUNIT_EXPECT_EQ(test, adu[4], 0x87);
}

static void pdu_test_identify_refusals(struct kunit *test)
{
	struct oht_frame_request req;
	unsigned int code;

	for (code = 1; code <= 4; code++) {
		req = pdu_identify(code, 0xff);
		KUNIT_EXPECT_EQ(test, oht_frame_check(&req), 0);
		req.address = 0x100;
		KUNIT_EXPECT_EQ(test, oht_frame_check(&req), -EINVAL);
	}
	req = pdu_identify(0, 0);
	KUNIT_EXPECT_EQ(test, oht_frame_check(&req), -EINVAL);
	req = pdu_identify(5, 0);
	KUNIT_EXPECT_EQ(test, oht_frame_check(&req), -EINVAL);
	req = pdu_identify(1, 0);
	req.unit = 0;
	KUNIT_EXPECT_EQ(test, oht_frame_check(&req), -EINVAL);
	req.unit = 248;
	KUNIT_EXPECT_EQ(test, oht_frame_check(&req), -EINVAL);
}

/* With each byte that arrives the length is unknown or right, never wrong. */
static void pdu_test_identify_length(struct kunit *test)
{
	/* The length byte of the last object has been seen. */
	const unsigned int known = 19;
	unsigned int bytes;

	for (bytes = 0; bytes <= PDU_REPLY_BYTES; bytes++)
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_reply_bytes(pdu_reply, bytes),
				    bytes < known ? 0 : (int)PDU_REPLY_BYTES, "at %u", bytes);
}

/* What no ADU can hold is called too long, not waited for; and nothing beyond it is looked at. */
static void pdu_test_identify_overlong(struct kunit *test)
{
	u8 adu[OHT_ADU_MAX_BYTES] = { 0x11, 0x2b, 0x0e, 0x01, 0x01 };
	unsigned int objects, object_bytes, whole;

	for (objects = 0; objects <= 255; objects++) {
		adu[7] = objects;
		/* All of length 0. */
		whole = 8 + 2 * objects + 2;
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_reply_bytes(adu, sizeof(adu)),
				    whole <= 256 ? (int)whole : -EMSGSIZE, "%u objects", objects);
	}
	adu[7] = 1;
	for (object_bytes = 0; object_bytes <= 255; object_bytes++) {
		adu[9] = object_bytes;
		whole = 8 + 2 + object_bytes + 2;
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_reply_bytes(adu, 10),
				    whole <= 256 ? (int)whole : -EMSGSIZE, "%u bytes",
				    object_bytes);
	}
}

static void pdu_test_identify_accept(struct kunit *test)
{
	const struct oht_frame_request req = pdu_identify(1, 0);
	u8 pdu[OHT_PDU_MAX_BYTES];

	KUNIT_EXPECT_EQ(test, pdu_verify(&req, pdu_reply, PDU_REPLY_BYTES), OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, oht_frame_pdu(&req, pdu_reply, PDU_REPLY_BYTES, pdu),
			PDU_REPLY_BYTES - 3);
	KUNIT_EXPECT_EQ(test, memcmp(pdu, pdu_reply + 1, PDU_REPLY_BYTES - 3), 0);
	KUNIT_EXPECT_EQ(test, oht_frame_words(&req, pdu_reply, (u16 *)pdu), 0);
}

struct pdu_damage {
	const char *name;
	u8 at;
	u8 value;
	int expect;
};

/* Sound frames with one byte changed. */
static const struct pdu_damage pdu_damages[] = {
	{ "unit", 0, 0x12, OHT_DETAIL_UNIT },
	{ "function", 1, 0x2c, OHT_DETAIL_FUNCTION },
	{ "MEI type", 2, 0x0d, OHT_DETAIL_FUNCTION },
	{ "code", 3, 0x02, OHT_DETAIL_ECHO },
	{ "one object less", 7, 2, OHT_DETAIL_CRC },
	{ "one object more", 7, 4, OHT_DETAIL_SHORT },
	{ "an object longer", 9, 4, OHT_DETAIL_SHORT },
	{ "last object longer", 18, 5, OHT_DETAIL_SHORT },
	{ "last object shorter", 18, 3, OHT_DETAIL_CRC },
	{ "last object absurd", 18, 255, OHT_DETAIL_LENGTH },
};

static void pdu_test_identify_damages(struct kunit *test)
{
	const struct oht_frame_request req = pdu_identify(1, 0);
	const struct pdu_damage *d;
	u8 adu[sizeof(pdu_reply)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pdu_damages); i++) {
		d = &pdu_damages[i];
		memcpy(adu, pdu_reply, sizeof(adu));
		adu[d->at] = d->value;
		pdu_reseal(adu, sizeof(adu));
		KUNIT_EXPECT_EQ_MSG(test, pdu_verify(&req, adu, sizeof(adu)), d->expect, "%s",
				    d->name);
	}
}

static void pdu_test_identify_bit_flips(struct kunit *test)
{
	const struct oht_frame_request req = pdu_identify(1, 0);
	u8 adu[sizeof(pdu_reply)];
	unsigned int bit;
	int detail;

	for (bit = 0; bit < 8 * sizeof(adu); bit++) {
		memcpy(adu, pdu_reply, sizeof(adu));
		adu[bit / 8] ^= 1 << bit % 8;
		detail = pdu_verify(&req, adu, sizeof(adu));
		KUNIT_EXPECT_FALSE_MSG(test, detail == OHT_DETAIL_OK ||
				       detail == OHT_DETAIL_EXCEPTION, "bit %u: %d", bit, detail);
	}
}

static void pdu_test_identify_truncations(struct kunit *test)
{
	const struct oht_frame_request req = pdu_identify(1, 0);
	unsigned int bytes;

	for (bytes = 0; bytes < PDU_REPLY_BYTES; bytes++)
		KUNIT_EXPECT_EQ_MSG(test, pdu_verify(&req, pdu_reply, bytes), OHT_DETAIL_SHORT,
				    "at %u", bytes);
}

/* A request for one object gets that object and no other. */
static void pdu_test_identify_one(struct kunit *test)
{
	struct oht_frame_request req = pdu_identify(4, 2);
	u8 one[] = { 0x11, 0x2b, 0x0e, 0x04, 0x81, 0x00, 0x00, 0x01, 0x02, 0x01, 'x', 0, 0 };
	u8 none[] = { 0x11, 0x2b, 0x0e, 0x04, 0x81, 0x00, 0x00, 0x00, 0, 0 };

	pdu_reseal(one, sizeof(one));
	pdu_reseal(none, sizeof(none));
	KUNIT_EXPECT_EQ(test, pdu_verify(&req, one, sizeof(one)), OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, pdu_verify(&req, none, sizeof(none)), OHT_DETAIL_LENGTH);
	req.address = 3;
	KUNIT_EXPECT_EQ(test, pdu_verify(&req, one, sizeof(one)), OHT_DETAIL_ECHO);
}

static void pdu_test_identify_exception(struct kunit *test)
{
	const struct oht_frame_request req = pdu_identify(1, 0);
	u8 adu[] = { 0x11, 0xab, 0x01, 0, 0 }, exception = 0;

	pdu_reseal(adu, sizeof(adu));
	KUNIT_EXPECT_EQ(test, oht_frame_verify(&req, adu, sizeof(adu), &exception),
			OHT_DETAIL_EXCEPTION);
	KUNIT_EXPECT_EQ(test, exception, 1);
}

/* ---- raw ---- */

static void pdu_test_raw_build(struct kunit *test)
{
	u8 pdu[OHT_PDU_MAX_BYTES] = { 0x41, 1, 2 }, adu[OHT_ADU_MAX_BYTES];
	struct oht_frame_request req;
	unsigned int bytes;

	for (bytes = 1; bytes <= OHT_PDU_MAX_BYTES; bytes++) {
		req = pdu_raw(5, pdu, bytes);
		KUNIT_EXPECT_EQ(test, oht_frame_build(adu, &req), (int)bytes + 3);
		KUNIT_EXPECT_EQ(test, oht_frame_request_bytes(&req), (int)bytes + 3);
		KUNIT_EXPECT_EQ(test, memcmp(adu + 1, pdu, bytes), 0);
		KUNIT_EXPECT_TRUE(test, oht_frame_is_sound(adu, bytes + 3));
	}
}

struct pdu_refusal {
	const char *name;
	struct oht_frame_request req;
};

static const u8 pdu_some[] = { 0x41, 0x00 };
static const u8 pdu_zero[] = { 0x00, 0x00 };
static const u8 pdu_exception[] = { 0x83, 0x02 };

#define PDU_BAD(name_, pdu_, ...) \
	{ .name = name_, .req = { .raw = true, .unit = 1, .pdu = pdu_, __VA_ARGS__ } }

static const struct pdu_refusal pdu_refusals[] = {
	PDU_BAD("no PDU", NULL, .function = 0x41, .count = 2),
	PDU_BAD("empty", pdu_some, .function = 0x41, .count = 0),
	PDU_BAD("254 bytes", pdu_some, .function = 0x41, .count = 254),
	PDU_BAD("function 0", pdu_zero, .function = 0, .count = 2),
	PDU_BAD("an exception", pdu_exception, .function = 0x83, .count = 2),
	PDU_BAD("another function than its first byte", pdu_some, .function = 3, .count = 2),
	PDU_BAD("an address", pdu_some, .function = 0x41, .count = 2, .address = 1),
	PDU_BAD("a write address", pdu_some, .function = 0x41, .count = 2, .write_address = 1),
	PDU_BAD("a write count", pdu_some, .function = 0x41, .count = 2, .write_count = 1),
};

static void pdu_test_raw_refusals(struct kunit *test)
{
	struct oht_frame_request req;
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pdu_refusals); i++) {
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_check(&pdu_refusals[i].req), -EINVAL, "%s",
				    pdu_refusals[i].name);
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_build(adu, &pdu_refusals[i].req), -EINVAL,
				    "%s", pdu_refusals[i].name);
	}
	req = pdu_raw(248, pdu_some, 2);
	KUNIT_EXPECT_EQ(test, oht_frame_check(&req), -EINVAL);
	req.unit = 247;
	KUNIT_EXPECT_EQ(test, oht_frame_check(&req), 0);
}

/* The length of the answer to function 0x41 is unknown: all of it must be sound. */
static void pdu_test_raw_unknown_length(struct kunit *test)
{
	const struct oht_frame_request req = pdu_raw(5, pdu_some, 2);
	u8 adu[12] = { 5, 0x41, 9, 8, 7, 6 }, pdu[OHT_PDU_MAX_BYTES];
	unsigned int bytes;

	for (bytes = 4; bytes <= sizeof(adu); bytes++) {
		pdu_reseal(adu, bytes);
		KUNIT_EXPECT_EQ(test, pdu_verify(&req, adu, bytes), OHT_DETAIL_OK);
		KUNIT_EXPECT_EQ(test, oht_frame_pdu(&req, adu, bytes, pdu), bytes - 3);
		KUNIT_EXPECT_EQ(test, memcmp(pdu, adu + 1, bytes - 3), 0);
		adu[bytes - 1] ^= 1;
		KUNIT_EXPECT_EQ(test, pdu_verify(&req, adu, bytes), OHT_DETAIL_CRC);
	}
	pdu_reseal(adu, sizeof(adu));
	KUNIT_EXPECT_EQ(test, pdu_verify(&req, adu, 3), OHT_DETAIL_SHORT);
	adu[0] = 6;
	pdu_reseal(adu, sizeof(adu));
	KUNIT_EXPECT_EQ(test, pdu_verify(&req, adu, sizeof(adu)), OHT_DETAIL_UNIT);
	adu[0] = 5;
	adu[1] = 0x42;
	pdu_reseal(adu, sizeof(adu));
	KUNIT_EXPECT_EQ(test, pdu_verify(&req, adu, sizeof(adu)), OHT_DETAIL_FUNCTION);
}

static void pdu_test_raw_exception(struct kunit *test)
{
	const struct oht_frame_request req = pdu_raw(5, pdu_some, 2);
	u8 adu[] = { 5, 0xc1, 1, 0, 0 }, exception = 0;

	pdu_reseal(adu, sizeof(adu));
	KUNIT_EXPECT_EQ(test, oht_frame_verify(&req, adu, sizeof(adu), &exception),
			OHT_DETAIL_EXCEPTION);
	KUNIT_EXPECT_EQ(test, exception, 1);
}

/* A known function has its length also in a raw request; the content is the caller's. */
static void pdu_test_raw_known_function(struct kunit *test)
{
	static const u8 pdu_read[] = { 3, 0, 0, 0, 2 };
	const struct oht_frame_request req = pdu_raw(5, pdu_read, sizeof(pdu_read));
	u8 adu[] = { 5, 3, 6, 1, 2, 3, 4, 5, 6, 0, 0 };
	u16 words[OHT_WORDS_MAX];

	pdu_reseal(adu, sizeof(adu));
	KUNIT_EXPECT_EQ(test, pdu_verify(&req, adu, sizeof(adu)), OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, pdu_verify(&req, adu, sizeof(adu) - 1), OHT_DETAIL_SHORT);
	KUNIT_EXPECT_EQ(test, oht_frame_words(&req, adu, words), 0);
}

/* ---- broadcast ---- */

static void pdu_test_broadcast(struct kunit *test)
{
	static const u8 allowed[] = { 5, 6, 15, 16, 22 };
	static const u8 refused[] = { 1, 2, 3, 4, 23, 43 };
	static const u16 words[OHT_WORDS_MAX];
	struct oht_frame_request req = { .count = 1, .words = words };
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(allowed); i++) {
		req.function = allowed[i];
		KUNIT_EXPECT_GT_MSG(test, oht_frame_build(adu, &req), 0, "%u", allowed[i]);
		KUNIT_EXPECT_EQ(test, adu[0], 0);
	}
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		req.function = refused[i];
		req.write_count = refused[i] == 23;
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_check(&req), -EINVAL, "%u", refused[i]);
	}
	req = pdu_raw(0, pdu_some, 2);
	KUNIT_EXPECT_EQ(test, oht_frame_check(&req), 0);
}

/* ---- addresses that the specification reserves ---- */

static void pdu_test_any_unit(struct kunit *test)
{
	static const u16 words[OHT_WORDS_MAX];
	struct oht_frame_request reqs[] = {
		{ .function = 3, .count = 1 },
		{ .function = 6, .count = 1, .words = words },
		pdu_raw(0, pdu_some, 2),
	};
	struct oht_frame_request *req;
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int unit;

	for (req = reqs; req < reqs + ARRAY_SIZE(reqs); req++) {
		for (unit = 248; unit <= 255; unit++) {
			req->unit = unit;
			req->any_unit = false;
			KUNIT_EXPECT_EQ(test, oht_frame_check(req), -EINVAL);
			req->any_unit = true;
			KUNIT_EXPECT_GT(test, oht_frame_build(adu, req), 0);
			KUNIT_EXPECT_EQ(test, adu[0], unit);
		}
		req->unit = 247;
		KUNIT_EXPECT_EQ(test, oht_frame_check(req), 0);
		req->unit = 0;
		KUNIT_EXPECT_EQ(test, oht_frame_check(req), -EINVAL);
	}
}

/* ---- what goes in, what can be mistaken ---- */

struct pdu_sent {
	u8 function;
	u16 count;
	u16 write_count;
	u16 words;
	bool blind;
};

static const struct pdu_sent pdu_sents[] = {
	{ 1, 2000, 0, 0, true }, { 2, 2000, 0, 0, true }, { 3, 125, 0, 0, true },
	{ 4, 125, 0, 0, true }, { 5, 1, 0, 1, false }, { 6, 1, 0, 1, false },
	{ 15, 1, 0, 1, false }, { 15, 16, 0, 1, false }, { 15, 17, 0, 2, false },
	{ 15, 1968, 0, 123, false }, { 16, 123, 0, 123, false }, { 22, 1, 0, 2, false },
	{ 23, 125, 121, 121, true }, { 43, 4, 0, 0, true }, { 99, 1, 0, 0, true },
};

static void pdu_test_values_sent(struct kunit *test)
{
	struct oht_frame_request req = { .unit = 1 };
	const struct pdu_sent *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pdu_sents); i++) {
		s = &pdu_sents[i];
		req.function = s->function;
		req.count = s->count;
		req.write_count = s->write_count;
		req.raw = false;
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_values_sent(&req), s->words, "%u x%u",
				    s->function, s->count);
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_is_blind(&req), s->blind, "%u", s->function);
		req.raw = true;
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_values_sent(&req), 0, "%u", s->function);
		KUNIT_EXPECT_TRUE_MSG(test, oht_frame_is_blind(&req), "raw %u", s->function);
	}
}

static struct kunit_case pdu_test_cases[] = {
	KUNIT_CASE(pdu_test_identify_build),
	KUNIT_CASE(pdu_test_identify_refusals),
	KUNIT_CASE(pdu_test_identify_length),
	KUNIT_CASE(pdu_test_identify_overlong),
	KUNIT_CASE(pdu_test_identify_accept),
	KUNIT_CASE(pdu_test_identify_damages),
	KUNIT_CASE(pdu_test_identify_bit_flips),
	KUNIT_CASE(pdu_test_identify_truncations),
	KUNIT_CASE(pdu_test_identify_one),
	KUNIT_CASE(pdu_test_identify_exception),
	KUNIT_CASE(pdu_test_raw_build),
	KUNIT_CASE(pdu_test_raw_refusals),
	KUNIT_CASE(pdu_test_raw_unknown_length),
	KUNIT_CASE(pdu_test_raw_exception),
	KUNIT_CASE(pdu_test_raw_known_function),
	KUNIT_CASE(pdu_test_broadcast),
	KUNIT_CASE(pdu_test_any_unit),
	KUNIT_CASE(pdu_test_values_sent),
	{}
};

static struct kunit_suite pdu_test_suite = {
	.name = "oht_frame_pdu",
	.test_cases = pdu_test_cases,
};

kunit_test_suites(&pdu_test_suite);
