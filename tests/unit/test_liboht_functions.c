// SPDX-License-Identifier: GPL-2.0-or-later
/* liboht: what each function sends and gives back; coils, identification, raw, broadcast. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "fake_device.h"
#include "oht_client.h"

static struct oht_dev *dev;
static struct oht_reply reply;

static int setup(void **state)
{
	(void)state;
	fake_install();
	fake_add_unit(2, 2);
	memset(&reply, 0xa5, sizeof(reply));
	dev = oht_dev_open(NULL, 0);
	return dev ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	oht_dev_close(dev);
	return 0;
}

static int transact(struct oht_request request)
{
	request.priority = OHT_PRIORITY_BACKGROUND;
	request.timeout_us = 20000;
	/* As the fake device is. */
	request.flags |= OHT_REQUEST_WHILE_STOPPED;
	return oht_dev_transact(dev, &request, &reply, 100);
}

#define TRANSACT(...)	transact((struct oht_request){ .unit = 2, __VA_ARGS__ })

/* ---- coils ---- */

static void coils_are_packed_in_and_out(void **state)
{
	const uint16_t words[] = { 0x8001, 0xfff5 }, on = 1;
	unsigned int i;

	(void)state;
	assert_int_equal(TRANSACT(.function = OHT_WRITE_COILS, .address = 7, .count = 19,
				  .words = words), 0);
	assert_int_equal(fake.transfer.function, 15);
	assert_memory_equal(fake.transfer_words, words, sizeof(words));
	assert_int_equal(reply.count, 19);
	assert_int_equal(TRANSACT(.function = OHT_READ_COILS, .address = 7, .count = 19), 0);
	assert_int_equal(reply.count, 19);
	assert_false(reply.is_pdu);
	for (i = 0; i < 19; i++)
		assert_int_equal(oht_reply_coil(&reply, i), words[i / 16] >> i % 16 & 1);
	assert_int_equal(TRANSACT(.function = OHT_WRITE_COIL, .address = 8, .count = 1,
				  .words = words), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(TRANSACT(.function = OHT_WRITE_COIL, .address = 8, .count = 1,
				  .words = &on), 0);
	assert_int_equal(TRANSACT(.function = OHT_READ_DISCRETE, .address = 8, .count = 2), 0);
	assert_true(oht_reply_coil(&reply, 0));
	assert_false(oht_reply_coil(&reply, 1));
}

static void as_many_coils_as_a_reply_holds(void **state)
{
	const struct oht_request request = {
		.unit = 2, .function = OHT_READ_COILS, .priority = 3, .count = OHT_COILS_MAX,
		.timeout_us = 20000,
	};
	uint64_t cookie;
	struct oht_event event;

	(void)state;
	fake.hold = true;
	assert_int_equal(oht_dev_submit(dev, &request, &cookie), 0);
	fake_complete(cookie, 0, OHT_DETAIL_OK, 0x1100);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.reply.count, OHT_COILS_MAX);
	assert_int_equal(event.reply.words[124], 0x1100 + 124);
	/* 0x117c */
	assert_int_equal(oht_reply_coil(&event.reply, 1999), 0);
	assert_int_equal(oht_reply_coil(&event.reply, 1996), 1);
	assert_int_equal(oht_reply_coil(&event.reply, 1985), 0);
	assert_int_equal(oht_reply_coil(&event.reply, 1986), 1);
}

/* A kernel that says nonsense must not make anybody read beyond a reply. */
static void coils_beyond_the_record_are_cut(void **state)
{
	const struct oht_request request = {
		.unit = 2, .function = OHT_READ_COILS, .priority = 3, .count = 1,
		.timeout_us = 20000,
	};
	struct oht_event event;
	uint64_t cookie;

	(void)state;
	fake.hold = true;
	assert_int_equal(oht_dev_submit(dev, &request, &cookie), 0);
	fake_complete(cookie, 0, OHT_DETAIL_OK, 0);
	fake_newest()->completion.count = 0xffff;
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.reply.count, OHT_COILS_MAX);
}

/* ---- registers ---- */

static void mask_sends_both_masks(void **state)
{
	const uint16_t masks[] = { 0x00f0, 0x0f07 };

	(void)state;
	fake.words[2][4] = 0x1234;
	assert_int_equal(TRANSACT(.function = OHT_MASK_WRITE, .address = 4, .count = 1,
				  .words = masks), 0);
	assert_int_equal(fake.words[2][4], 0x0f37);
}

static void write_read_sends_both_ranges(void **state)
{
	const uint16_t words[] = { 11, 12, 13 };

	(void)state;
	fake.words[2][0x20] = 7;
	assert_int_equal(TRANSACT(.function = OHT_WRITE_READ, .address = 0x20, .count = 2,
				  .write_address = 0x21, .write_count = 3, .words = words), 0);
	assert_int_equal(fake.transfer.write_address, 0x21);
	assert_int_equal(fake.transfer.write_count, 3);
	assert_int_equal(fake.words[2][0x23], 13);
	assert_int_equal(reply.count, 2);
	assert_int_equal(reply.words[0], 7);
	assert_int_equal(reply.words[1], 11);
}

/* ---- identification ---- */

static const uint8_t identity[] = {
	43, 14, 1, 0x81, 0xff, 2, 3, 0, 3, 'o', 'h', 't', 1, 0, 0x80, 2, 0xff, 0,
};

static void answer(const void *pdu, unsigned int bytes)
{
	memcpy(fake.pdu, pdu, bytes);
	fake.pdu_bytes = bytes;
}

static void objects_are_taken_out(void **state)
{
	struct oht_object object;

	(void)state;
	answer(identity, sizeof(identity));
	assert_int_equal(TRANSACT(.function = OHT_IDENTIFY, .count = OHT_IDENTIFY_BASIC), 0);
	assert_int_equal(fake.transfer.function, 43);
	assert_true(reply.is_pdu);
	assert_int_equal(reply.count, sizeof(identity));
	assert_true(oht_reply_object(&reply, 0, &object));
	assert_int_equal(object.id, 0);
	assert_int_equal(object.bytes, 3);
	assert_memory_equal(object.value, "oht", 3);
	assert_true(oht_reply_object(&reply, 1, &object));
	assert_int_equal(object.id, 1);
	assert_int_equal(object.bytes, 0);
	assert_true(oht_reply_object(&reply, 2, &object));
	assert_int_equal(object.id, 0x80);
	assert_memory_equal(object.value, "\xff", 2);
	assert_false(oht_reply_object(&reply, 3, &object));
	assert_int_equal(oht_reply_next_object(&reply), 2);
}

static void nothing_more_follows(void **state)
{
	uint8_t last[sizeof(identity)];

	(void)state;
	memcpy(last, identity, sizeof(last));
	last[4] = 0;
	answer(last, sizeof(last));
	assert_int_equal(TRANSACT(.function = OHT_IDENTIFY, .count = OHT_IDENTIFY_BASIC), 0);
	assert_int_equal(oht_reply_next_object(&reply), -1);
}

/* A raw reply has not been checked by anybody: every length, wherever it is cut. */
static void objects_never_reach_beyond_the_reply(void **state)
{
	struct oht_object object;
	unsigned int bytes, i;

	(void)state;
	for (bytes = 1; bytes <= sizeof(identity); bytes++) {
		answer(identity, bytes);
		assert_int_equal(TRANSACT(.flags = OHT_REQUEST_RAW, .count = 4, .pdu = identity),
				 0);
		for (i = 0; i < 4; i++) {
			if (!oht_reply_object(&reply, i, &object))
				continue;
			assert_true(object.value + object.bytes <= reply.pdu + bytes);
		}
		assert_int_equal(oht_reply_object(&reply, 2, &object), bytes == sizeof(identity));
		if (bytes < 7)
			assert_int_equal(oht_reply_next_object(&reply), -1);
	}
}

static void only_an_identification_has_objects(void **state)
{
	struct oht_object object;

	(void)state;
	fake.words[2][0] = 0x0e2b;
	assert_int_equal(TRANSACT(.function = OHT_READ_HOLDING, .count = 20), 0);
	assert_false(oht_reply_object(&reply, 0, &object));
	assert_int_equal(oht_reply_next_object(&reply), -1);
	assert_int_equal(TRANSACT(.function = OHT_IDENTIFY, .count = OHT_IDENTIFY_BASIC), -1);
	assert_int_equal(errno, EREMOTEIO);
	assert_false(oht_reply_object(&reply, 0, &object));
}

static void objects_have_names(void **state)
{
	(void)state;
	assert_string_equal(oht_object_name(0), "vendor_name");
	assert_string_equal(oht_object_name(6), "user_application_name");
	assert_string_equal(oht_object_name(7), "object");
	assert_string_equal(oht_object_name(255), "object");
}

/* ---- raw ---- */

static void raw_sends_and_returns_bytes(void **state)
{
	const uint8_t pdu[] = { 0x41, 1, 2, 3, 4 };

	(void)state;
	answer("\x41\x09", 2);
	assert_int_equal(TRANSACT(.flags = OHT_REQUEST_RAW, .count = sizeof(pdu), .pdu = pdu), 0);
	assert_int_equal(fake.transfer.flags, OHT_TRANSFER_RAW | OHT_TRANSFER_WHILE_STOPPED);
	assert_int_equal(fake.transfer.count, sizeof(pdu));
	assert_memory_equal(fake.transfer_pdu, pdu, sizeof(pdu));
	assert_true(reply.is_pdu);
	assert_int_equal(reply.function, 0x41);
	assert_int_equal(reply.count, 2);
	assert_memory_equal(reply.pdu, "\x41\x09", 2);
}

static void longest_raw_reply_fits(void **state)
{
	uint8_t pdu[OHT_PDU_BYTES_MAX];

	(void)state;
	memset(pdu, 0x55, sizeof(pdu));
	answer(pdu, sizeof(pdu));
	assert_int_equal(TRANSACT(.flags = OHT_REQUEST_RAW, .count = sizeof(pdu), .pdu = pdu), 0);
	assert_int_equal(reply.count, sizeof(pdu));
	assert_memory_equal(reply.pdu, pdu, sizeof(pdu));
}

/* What would be forgotten in silence is refused before the kernel is asked. */
static void words_and_pdu_do_not_mix(void **state)
{
	const uint8_t pdu[] = { 0x41 };
	const uint16_t words[] = { 1 };

	(void)state;
	assert_int_equal(TRANSACT(.flags = OHT_REQUEST_RAW, .count = 1, .pdu = pdu, .words = words),
			 -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(TRANSACT(.function = OHT_WRITE_SINGLE, .count = 1, .pdu = pdu,
				  .words = words), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(TRANSACT(.function = OHT_READ_HOLDING, .count = 1, .pdu = pdu), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fake.submits, 0);
	/* Nor does a refusal take away room for later ones. */
	assert_int_equal(TRANSACT(.function = OHT_READ_HOLDING, .count = 1), 0);
}

/* ---- broadcast ---- */

static void broadcast_reaches_all_and_is_not_answered(void **state)
{
	const uint16_t words[] = { 0xcafe };

	(void)state;
	fake_add_unit(3, 3);
	assert_int_equal(transact((struct oht_request){ .unit = OHT_BROADCAST,
				  .function = OHT_WRITE_SINGLE, .address = 9, .count = 1,
				  .words = words }), 0);
	assert_int_equal(fake.words[2][9], 0xcafe);
	assert_int_equal(fake.words[3][9], 0xcafe);
	assert_int_equal(reply.unit, 0);
	assert_int_equal(reply.turnaround_ns, 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(coils_are_packed_in_and_out),
		CASE(as_many_coils_as_a_reply_holds),
		CASE(coils_beyond_the_record_are_cut),
		CASE(mask_sends_both_masks),
		CASE(write_read_sends_both_ranges),
		CASE(objects_are_taken_out),
		CASE(nothing_more_follows),
		CASE(objects_never_reach_beyond_the_reply),
		CASE(only_an_identification_has_objects),
		CASE(objects_have_names),
		CASE(raw_sends_and_returns_bytes),
		CASE(longest_raw_reply_fits),
		CASE(words_and_pdu_do_not_mix),
		CASE(broadcast_reaches_all_and_is_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
