// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames: what is built, how long an answer is, what is accepted and above all what is not.
 * Runs in the debug kernel, and under cmocka on the host with tests/unit/shim.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "../frame.h"

#define FRAME_VALUES_MAX	8

/* One exchange, bytes and all, as the protocol's documents and the field know them. */
struct frame_golden {
	const char *name;
	struct oht_frame_request req;
	u16 words[FRAME_VALUES_MAX];
	u8 request[24];
	u8 request_bytes;
	u8 reply[24];
	u8 reply_bytes;
	u16 values[FRAME_VALUES_MAX];
	u8 value_count;
};

static const struct frame_golden frame_goldens[] = {
	{
		.name = "read coils",
		.req = { .unit = 0x11, .function = 1, .address = 0x0013, .count = 0x25 },
		.request = { 0x11, 0x01, 0x00, 0x13, 0x00, 0x25, 0x0e, 0x84 },
		.request_bytes = 8,
		.reply = { 0x11, 0x01, 0x05, 0xcd, 0x6b, 0xb2, 0x0e, 0x1b, 0x45, 0xe6 },
		.reply_bytes = 10,
		.values = { 0x6bcd, 0x0eb2, 0x001b },
		.value_count = 3,
	}, {
		.name = "read discrete inputs",
		.req = { .unit = 0x11, .function = 2, .address = 0x00c4, .count = 0x16 },
		.request = { 0x11, 0x02, 0x00, 0xc4, 0x00, 0x16, 0xba, 0xa9 },
		.request_bytes = 8,
		.reply = { 0x11, 0x02, 0x03, 0xac, 0xdb, 0x35, 0x20, 0x18 },
		.reply_bytes = 8,
		.values = { 0xdbac, 0x0035 },
		.value_count = 2,
	}, {
		.name = "read holding registers",
		.req = { .unit = 0x11, .function = 3, .address = 0x006b, .count = 3 },
		.request = { 0x11, 0x03, 0x00, 0x6b, 0x00, 0x03, 0x76, 0x87 },
		.request_bytes = 8,
		.reply = { 0x11, 0x03, 0x06, 0xae, 0x41, 0x56, 0x52, 0x43, 0x40, 0x49, 0xad },
		.reply_bytes = 11,
		.values = { 0xae41, 0x5652, 0x4340 },
		.value_count = 3,
	}, {
		.name = "read input registers",
		.req = { .unit = 0x11, .function = 4, .address = 0x0008, .count = 1 },
		.request = { 0x11, 0x04, 0x00, 0x08, 0x00, 0x01, 0xb2, 0x98 },
		.request_bytes = 8,
		.reply = { 0x11, 0x04, 0x02, 0x00, 0x0a, 0xf8, 0xf4 },
		.reply_bytes = 7,
		.values = { 0x000a },
		.value_count = 1,
	}, {
		.name = "write coil",
		.req = { .unit = 0x11, .function = 5, .address = 0x00ac, .count = 1 },
		.words = { 1 },
		.request = { 0x11, 0x05, 0x00, 0xac, 0xff, 0x00, 0x4e, 0x8b },
		.request_bytes = 8,
		.reply = { 0x11, 0x05, 0x00, 0xac, 0xff, 0x00, 0x4e, 0x8b },
		.reply_bytes = 8,
	}, {
		.name = "write register",
		.req = { .unit = 0x11, .function = 6, .address = 0x0001, .count = 1 },
		.words = { 3 },
		.request = { 0x11, 0x06, 0x00, 0x01, 0x00, 0x03, 0x9a, 0x9b },
		.request_bytes = 8,
		.reply = { 0x11, 0x06, 0x00, 0x01, 0x00, 0x03, 0x9a, 0x9b },
		.reply_bytes = 8,
	}, {
		.name = "write coils",
		.req = { .unit = 0x11, .function = 15, .address = 0x0013, .count = 10 },
		.words = { 0xfdcd },	/* six bits beyond the quantity must not go out */
		.request = { 0x11, 0x0f, 0x00, 0x13, 0x00, 0x0a, 0x02, 0xcd, 0x01, 0xbf, 0x0b },
		.request_bytes = 11,
		.reply = { 0x11, 0x0f, 0x00, 0x13, 0x00, 0x0a, 0x26, 0x99 },
		.reply_bytes = 8,
	}, {
		.name = "write registers",
		.req = { .unit = 0x11, .function = 16, .address = 0x0001, .count = 2 },
		.words = { 0x000a, 0x0102 },
		.request = { 0x11, 0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0a, 0x01, 0x02,
			     0xc6, 0xf0 },
		.request_bytes = 13,
		.reply = { 0x11, 0x10, 0x00, 0x01, 0x00, 0x02, 0x12, 0x98 },
		.reply_bytes = 8,
	}, {
		.name = "mask write",
		.req = { .unit = 0x11, .function = 22, .address = 0x0004, .count = 1 },
		.words = { 0x00f2, 0x0025 },
		.request = { 0x11, 0x16, 0x00, 0x04, 0x00, 0xf2, 0x00, 0x25, 0x66, 0xe2 },
		.request_bytes = 10,
		.reply = { 0x11, 0x16, 0x00, 0x04, 0x00, 0xf2, 0x00, 0x25, 0x66, 0xe2 },
		.reply_bytes = 10,
	}, {
		.name = "read and write registers",
		.req = { .unit = 0x11, .function = 23, .address = 0x0003, .count = 2,
			 .write_address = 0x000e, .write_count = 1 },
		.words = { 0x00ff },
		.request = { 0x11, 0x17, 0x00, 0x03, 0x00, 0x02, 0x00, 0x0e, 0x00, 0x01, 0x02,
			     0x00, 0xff, 0x9b, 0x4a },
		.request_bytes = 15,
		.reply = { 0x11, 0x17, 0x04, 0x00, 0xfe, 0x0a, 0xcd, 0x4e, 0x23 },
		.reply_bytes = 9,
		.values = { 0x00fe, 0x0acd },
		.value_count = 2,
	},
};

/* No byte of the last one is from a document: its CRCs were computed by a third program. */
#define FRAME_GOLDENS	ARRAY_SIZE(frame_goldens)

static struct oht_frame_request frame_request(const struct frame_golden *g)
{
	struct oht_frame_request req = g->req;

	req.words = g->words;
	return req;
}

/* Bit by bit, so that nothing of the code under test judges itself. */
static u16 frame_crc(const u8 *data, unsigned int bytes)
{
	u16 crc = 0xffff;
	unsigned int bit;

	while (bytes--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	return crc;
}

static void frame_reseal(u8 *adu, unsigned int bytes)
{
	u16 crc = frame_crc(adu, bytes - 2);

	adu[bytes - 2] = crc & 0xff;
	adu[bytes - 1] = crc >> 8;
}

static void frame_test_goldens_are_sound(struct kunit *test)
{
	const struct frame_golden *g;
	unsigned int i;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		g = &frame_goldens[i];
		KUNIT_EXPECT_EQ_MSG(test, frame_crc(g->request, g->request_bytes), 0, "%s",
				    g->name);
		KUNIT_EXPECT_EQ_MSG(test, frame_crc(g->reply, g->reply_bytes), 0, "%s", g->name);
	}
}

static void frame_test_build(struct kunit *test)
{
	const struct frame_golden *g;
	struct oht_frame_request req;
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int i;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		g = &frame_goldens[i];
		req = frame_request(g);
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_build(adu, &req), g->request_bytes, "%s",
				    g->name);
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_request_bytes(&req), g->request_bytes, "%s",
				    g->name);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(adu, g->request, g->request_bytes), 0, "%s",
				    g->name);
	}
}

static const u16 frame_zeros[OHT_WORDS_MAX];

struct frame_limit {
	u8 function;
	u16 count_max;
	u16 write_max;
	u16 longest_bytes;
};

static const struct frame_limit frame_limits[] = {
	{ 1, 2000, 0, 8 }, { 2, 2000, 0, 8 }, { 3, 125, 0, 8 }, { 4, 125, 0, 8 },
	{ 5, 1, 0, 8 }, { 6, 1, 0, 8 }, { 15, 1968, 0, 255 }, { 16, 123, 0, 255 },
	{ 22, 1, 0, 10 }, { 23, 125, 121, 255 },
};

/* Every quantity that is allowed makes a frame of the announced length that fits an ADU. */
static void frame_test_every_quantity(struct kunit *test)
{
	struct oht_frame_request req = { .unit = 1, .words = frame_zeros };
	u8 adu[OHT_ADU_MAX_BYTES];
	const struct frame_limit *l;
	unsigned int i;
	int bytes = 0;

	for (i = 0; i < ARRAY_SIZE(frame_limits); i++) {
		l = &frame_limits[i];
		req.function = l->function;
		req.write_count = l->write_max;
		for (req.count = 1; req.count <= l->count_max; req.count++) {
			bytes = oht_frame_build(adu, &req);
			KUNIT_ASSERT_GT(test, bytes, 0);
			KUNIT_EXPECT_LE(test, bytes, OHT_ADU_MAX_BYTES);
			KUNIT_EXPECT_EQ(test, bytes, oht_frame_request_bytes(&req));
			KUNIT_EXPECT_EQ(test, frame_crc(adu, bytes), 0);
		}
		KUNIT_EXPECT_EQ_MSG(test, bytes, l->longest_bytes, "function %u", l->function);
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_check(&req), -EINVAL, "function %u one more",
				    l->function);
	}
}

struct frame_refusal {
	const char *name;
	struct oht_frame_request req;
	int err;
};

static const u16 frame_two[] = { 2 };

#define FRAME_BAD(name_, err_, words_, ...) \
	{ .name = name_, .err = err_, .req = { .words = words_, __VA_ARGS__ } }

static const struct frame_refusal frame_refusals[] = {
	FRAME_BAD("broadcast read", -EINVAL, frame_zeros, .unit = 0, .function = 3, .count = 1),
	FRAME_BAD("broadcast 23", -EINVAL, frame_zeros, .unit = 0, .function = 23, .count = 1,
		  .write_count = 1),
	FRAME_BAD("unit 248", -EINVAL, frame_zeros, .unit = 248, .function = 3, .count = 1),
	FRAME_BAD("unit 255", -EINVAL, frame_zeros, .unit = 255, .function = 3, .count = 1),
	FRAME_BAD("function 0", -EOPNOTSUPP, frame_zeros, .unit = 1, .function = 0, .count = 1),
	FRAME_BAD("function 7", -EOPNOTSUPP, frame_zeros, .unit = 1, .function = 7, .count = 1),
	FRAME_BAD("function 44", -EOPNOTSUPP, frame_zeros, .unit = 1, .function = 44,
		  .count = 1),
	FRAME_BAD("exception as function", -EOPNOTSUPP, frame_zeros, .unit = 1, .function = 0x83,
		  .count = 1),
	FRAME_BAD("no registers", -EINVAL, frame_zeros, .unit = 1, .function = 3, .count = 0),
	FRAME_BAD("126 registers", -EINVAL, frame_zeros, .unit = 1, .function = 4, .count = 126),
	FRAME_BAD("65535 registers", -EINVAL, frame_zeros, .unit = 1, .function = 4,
		  .count = 65535),
	FRAME_BAD("2001 coils", -EINVAL, frame_zeros, .unit = 1, .function = 1, .count = 2001),
	FRAME_BAD("beyond the last", -EINVAL, frame_zeros, .unit = 1, .function = 3,
		  .address = 65535, .count = 2),
	FRAME_BAD("two at once", -EINVAL, frame_zeros, .unit = 1, .function = 6, .count = 2),
	FRAME_BAD("write none", -EINVAL, frame_zeros, .unit = 1, .function = 16, .count = 0),
	FRAME_BAD("write 124", -EINVAL, frame_zeros, .unit = 1, .function = 16, .count = 124),
	FRAME_BAD("write without values", -EINVAL, NULL, .unit = 1, .function = 6, .count = 1),
	FRAME_BAD("coil that is 2", -EINVAL, frame_two, .unit = 1, .function = 5, .count = 1),
	FRAME_BAD("mask of two", -EINVAL, frame_zeros, .unit = 1, .function = 22, .count = 2),
	FRAME_BAD("23 writes none", -EINVAL, frame_zeros, .unit = 1, .function = 23, .count = 1),
	FRAME_BAD("23 writes 122", -EINVAL, frame_zeros, .unit = 1, .function = 23, .count = 1,
		  .write_count = 122),
	FRAME_BAD("23 writes beyond", -EINVAL, frame_zeros, .unit = 1, .function = 23, .count = 1,
		  .write_address = 65500, .write_count = 37),
	FRAME_BAD("3 with a write address", -EINVAL, frame_zeros, .unit = 1, .function = 3,
		  .count = 1, .write_address = 1),
	FRAME_BAD("16 with a write count", -EINVAL, frame_zeros, .unit = 1, .function = 16,
		  .count = 1, .write_count = 1),
};

static void frame_test_refusals(struct kunit *test)
{
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(frame_refusals); i++) {
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_check(&frame_refusals[i].req),
				    frame_refusals[i].err, "%s", frame_refusals[i].name);
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_build(adu, &frame_refusals[i].req),
				    frame_refusals[i].err, "%s", frame_refusals[i].name);
	}
}

static void frame_test_last_address(struct kunit *test)
{
	const struct oht_frame_request req = { .unit = 247, .function = 3, .address = 65535,
					       .count = 1 };

	KUNIT_EXPECT_EQ(test, oht_frame_check(&req), 0);
}

static void frame_test_raw(struct kunit *test)
{
	u8 pdu[OHT_PDU_MAX_BYTES + 1] = { 0x2b, 0x0e, 0x01, 0x00 };
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes;

	for (bytes = 1; bytes <= OHT_PDU_MAX_BYTES; bytes++) {
		KUNIT_EXPECT_EQ(test, oht_frame_build_raw(adu, 5, pdu, bytes), (int)bytes + 3);
		KUNIT_EXPECT_EQ(test, frame_crc(adu, bytes + 3), 0);
		KUNIT_EXPECT_EQ(test, memcmp(adu + 1, pdu, bytes), 0);
	}
	KUNIT_EXPECT_EQ(test, oht_frame_build_raw(adu, 0, pdu, 1), 4);
	KUNIT_EXPECT_EQ(test, oht_frame_build_raw(adu, 5, pdu, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, oht_frame_build_raw(adu, 5, pdu, sizeof(pdu)), -EINVAL);
}

/* With each byte that arrives the length is unknown or right, never wrong. */
static void frame_test_reply_bytes(struct kunit *test)
{
	const struct frame_golden *g;
	unsigned int i, bytes, known;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		g = &frame_goldens[i];
		known = frame_goldens[i].value_count ? 3 : 2;
		for (bytes = 0; bytes <= g->reply_bytes; bytes++)
			KUNIT_EXPECT_EQ_MSG(test, oht_frame_reply_bytes(g->reply, bytes),
					    bytes < known ? 0 : g->reply_bytes, "%s at %u",
					    g->name, bytes);
	}
}

static void frame_test_reply_bytes_odd(struct kunit *test)
{
	u8 adu[3] = { 1 };
	unsigned int function, count;

	for (function = 0x80; function <= 0xff; function++) {
		adu[1] = function;
		KUNIT_EXPECT_EQ(test, oht_frame_reply_bytes(adu, 2), 5);
	}
	adu[1] = 0x2c;
	KUNIT_EXPECT_EQ(test, oht_frame_reply_bytes(adu, 3), -EOPNOTSUPP);
	adu[1] = 3;
	for (count = 0; count <= 255; count++) {
		adu[2] = count;
		KUNIT_EXPECT_EQ(test, oht_frame_reply_bytes(adu, 3),
				count <= 251 ? (int)count + 5 : -EMSGSIZE);
	}
}

static int frame_verify(const struct frame_golden *g, const u8 *adu, unsigned int bytes)
{
	struct oht_frame_request req = frame_request(g);
	u8 exception;

	return oht_frame_verify(&req, adu, bytes, &exception);
}

static void frame_test_accept(struct kunit *test)
{
	const struct frame_golden *g;
	struct oht_frame_request req;
	u16 words[OHT_WORDS_MAX];
	unsigned int i;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		g = &frame_goldens[i];
		req = frame_request(g);
		KUNIT_EXPECT_EQ_MSG(test, frame_verify(g, g->reply, g->reply_bytes),
				    OHT_DETAIL_OK, "%s", g->name);
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_words(&req, g->reply, words), g->value_count,
				    "%s", g->name);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(words, g->values, g->value_count * sizeof(u16)), 0,
				    "%s", g->name);
	}
}

static void frame_test_unused_bits_are_dropped(struct kunit *test)
{
	const struct oht_frame_request req = { .unit = 1, .function = 1, .count = 3 };
	u8 adu[6] = { 1, 1, 1, 0xff };
	u16 words[1];

	frame_reseal(adu, sizeof(adu));
	KUNIT_EXPECT_EQ(test, oht_frame_words(&req, adu, words), 1);
	KUNIT_EXPECT_EQ(test, words[0], 0x0007);
}

static void frame_test_exception(struct kunit *test)
{
	struct oht_frame_request req;
	u8 adu[5], exception;
	unsigned int i, code;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		req = frame_request(&frame_goldens[i]);
		for (code = 0; code <= 255; code++) {
			adu[0] = req.unit;
			adu[1] = req.function | 0x80;
			adu[2] = code;
			frame_reseal(adu, sizeof(adu));
			exception = ~code;
			KUNIT_EXPECT_EQ(test, oht_frame_verify(&req, adu, 5, &exception),
					OHT_DETAIL_EXCEPTION);
			KUNIT_EXPECT_EQ(test, exception, code);
		}
	}
}

static bool frame_is_answer(int detail)
{
	return detail == OHT_DETAIL_OK || detail == OHT_DETAIL_EXCEPTION;
}

/* A single flipped bit anywhere is never an answer. */
static void frame_test_bit_flips(struct kunit *test)
{
	const struct frame_golden *g;
	unsigned int i, bit;
	u8 adu[24];
	int detail;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		g = &frame_goldens[i];
		for (bit = 0; bit < g->reply_bytes * 8u; bit++) {
			memcpy(adu, g->reply, sizeof(adu));
			adu[bit / 8] ^= 1 << bit % 8;
			detail = frame_verify(g, adu, g->reply_bytes);
			KUNIT_EXPECT_FALSE_MSG(test, frame_is_answer(detail), "%s bit %u: %d",
					       g->name, bit, detail);
		}
	}
}

static void frame_test_exception_bit_flips(struct kunit *test)
{
	const struct frame_golden *g = &frame_goldens[2];
	u8 adu[5] = { 0x11, 0x83, 0x02 };
	unsigned int bit;

	frame_reseal(adu, sizeof(adu));
	for (bit = 0; bit < 8 * sizeof(adu); bit++) {
		adu[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_FALSE_MSG(test, frame_is_answer(frame_verify(g, adu, 5)), "bit %u",
				       bit);
		adu[bit / 8] ^= 1 << bit % 8;
	}
}

static void frame_test_truncations(struct kunit *test)
{
	const struct frame_golden *g;
	unsigned int i, bytes;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		g = &frame_goldens[i];
		for (bytes = 0; bytes < g->reply_bytes; bytes++)
			KUNIT_EXPECT_EQ_MSG(test, frame_verify(g, g->reply, bytes),
					    OHT_DETAIL_SHORT, "%s at %u", g->name, bytes);
	}
}

static void frame_test_extra_bytes(struct kunit *test)
{
	const struct frame_golden *g;
	u8 adu[32] = {};
	unsigned int i;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		g = &frame_goldens[i];
		memcpy(adu, g->reply, sizeof(g->reply));
		KUNIT_EXPECT_EQ_MSG(test, frame_verify(g, adu, g->reply_bytes + 1),
				    OHT_DETAIL_LENGTH, "%s", g->name);
	}
}

/* Sound frames with one byte of the content changed, by place and what that must be called. */
static void frame_test_wrong_content(struct kunit *test)
{
	const struct frame_golden *g;
	unsigned int i, at, last;
	u8 adu[24];
	int expect;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		g = &frame_goldens[i];
		/* Values that were read may be anything; echoes may not. */
		last = g->value_count ? 1 : g->reply_bytes - 3;
		for (at = 0; at <= last; at++) {
			memcpy(adu, g->reply, sizeof(adu));
			adu[at] ^= at == 1 ? 0x40 : 0x01;
			frame_reseal(adu, g->reply_bytes);
			expect = at == 0 ? OHT_DETAIL_UNIT :
				 at == 1 ? OHT_DETAIL_FUNCTION : OHT_DETAIL_ECHO;
			KUNIT_EXPECT_EQ_MSG(test, frame_verify(g, adu, g->reply_bytes), expect,
					    "%s byte %u", g->name, at);
		}
	}
}

static void frame_test_wrong_count(struct kunit *test)
{
	struct oht_frame_request req = { .unit = 1, .function = 3, .count = 2 };
	u8 adu[OHT_ADU_MAX_BYTES] = { 1, 3 };
	unsigned int count;
	u8 exception;

	for (count = 0; count <= 250; count++) {
		adu[2] = count;
		frame_reseal(adu, count + 5);
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_verify(&req, adu, count + 5, &exception),
				    count == 4 ? OHT_DETAIL_OK : OHT_DETAIL_LENGTH, "%u", count);
	}
}

static void frame_test_crc_byte_order(struct kunit *test)
{
	const struct frame_golden *g = &frame_goldens[2];
	u8 adu[24];

	memcpy(adu, g->reply, sizeof(adu));
	adu[9] = g->reply[10];
	adu[10] = g->reply[9];
	KUNIT_EXPECT_EQ(test, frame_verify(g, adu, g->reply_bytes), OHT_DETAIL_CRC);
}

/* An answer to one function is never one to another. */
static void frame_test_cross(struct kunit *test)
{
	unsigned int i, j;
	int detail;

	for (i = 0; i < FRAME_GOLDENS; i++) {
		for (j = 0; j < FRAME_GOLDENS; j++) {
			if (i == j)
				continue;
			detail = frame_verify(&frame_goldens[i], frame_goldens[j].reply,
					      frame_goldens[j].reply_bytes);
			KUNIT_EXPECT_EQ_MSG(test, detail, OHT_DETAIL_FUNCTION, "%s for %s",
					    frame_goldens[j].name, frame_goldens[i].name);
		}
	}
}

/* Without a known length: sound is a foreign function, unsound is noise, neither an answer. */
static void frame_test_unknown_function(struct kunit *test)
{
	u8 adu[9] = { 0x11, 0x2c, 0x0e, 0x01 };

	frame_reseal(adu, sizeof(adu));
	KUNIT_EXPECT_EQ(test, frame_verify(&frame_goldens[2], adu, sizeof(adu)),
			OHT_DETAIL_FUNCTION);
	adu[4] ^= 1;
	KUNIT_EXPECT_EQ(test, frame_verify(&frame_goldens[2], adu, sizeof(adu)), OHT_DETAIL_CRC);
}

/* What we do not know may do anything. */
static void frame_test_is_write(struct kunit *test)
{
	static const u8 reads[] = { 1, 2, 3, 4, 43 };
	unsigned int function, i;
	bool expect;

	for (function = 0; function <= 255; function++) {
		expect = true;
		for (i = 0; i < ARRAY_SIZE(reads); i++)
			expect &= reads[i] != function;
		KUNIT_EXPECT_EQ_MSG(test, oht_frame_is_write(function), expect, "%u", function);
	}
}

static struct kunit_case frame_test_cases[] = {
	KUNIT_CASE(frame_test_goldens_are_sound),
	KUNIT_CASE(frame_test_build),
	KUNIT_CASE(frame_test_every_quantity),
	KUNIT_CASE(frame_test_refusals),
	KUNIT_CASE(frame_test_last_address),
	KUNIT_CASE(frame_test_raw),
	KUNIT_CASE(frame_test_reply_bytes),
	KUNIT_CASE(frame_test_reply_bytes_odd),
	KUNIT_CASE(frame_test_accept),
	KUNIT_CASE(frame_test_unused_bits_are_dropped),
	KUNIT_CASE(frame_test_exception),
	KUNIT_CASE(frame_test_bit_flips),
	KUNIT_CASE(frame_test_exception_bit_flips),
	KUNIT_CASE(frame_test_truncations),
	KUNIT_CASE(frame_test_extra_bytes),
	KUNIT_CASE(frame_test_wrong_content),
	KUNIT_CASE(frame_test_wrong_count),
	KUNIT_CASE(frame_test_crc_byte_order),
	KUNIT_CASE(frame_test_cross),
	KUNIT_CASE(frame_test_unknown_function),
	KUNIT_CASE(frame_test_is_write),
	{}
};

static struct kunit_suite frame_test_suite = {
	.name = "oht_frame",
	.test_cases = frame_test_cases,
};

kunit_test_suites(&frame_test_suite);
