// SPDX-License-Identifier: GPL-2.0-or-later
/* A slave's answers: request ADU in, reply ADU out. Most of the time it has to say no. */
#include <stdlib.h>

#include "sim_fixture.h"

#define U8(...)		((const uint8_t[]){ __VA_ARGS__ })
#define REQUEST(...)	U8(__VA_ARGS__), sizeof(U8(__VA_ARGS__))

static uint8_t reply[OHT_SIM_ADU_MAX_BYTES];

static struct oht_sim_bank *bank_of(uint8_t unit)
{
	return &oht_sim_station_unit(&line.station, unit)->bank;
}

/* Sends a PDU to a unit's slave and returns the length of the reply ADU. */
static size_t ask(uint8_t unit, const uint8_t *pdu, size_t len)
{
	uint8_t adu[OHT_SIM_ADU_MAX_BYTES + 16];
	size_t adu_len = seal(adu, unit, pdu, len);

	memset(reply, 0, sizeof(reply));
	return oht_sim_slave_answer(bank_of(unit), unit, adu, adu_len, reply);
}

static void expect_exception(uint8_t unit, uint8_t code, const uint8_t *pdu, size_t len)
{
	assert_int_equal(ask(unit, pdu, len), 5);
	assert_int_equal(reply[0], unit);
	assert_int_equal(reply[1], pdu[0] | 0x80);
	assert_int_equal(reply[2], code);
	assert_true(oht_sim_adu_sealed(reply, 5));
}

static void expect_reply(uint8_t unit, const uint8_t *pdu, size_t len, const uint8_t *answer,
			 size_t answer_len)
{
	assert_int_equal(ask(unit, pdu, len), answer_len + 3);
	assert_int_equal(reply[0], unit);
	assert_memory_equal(reply + 1, answer, answer_len);
	assert_true(oht_sim_adu_sealed(reply, answer_len + 3));
}

/* Checksums from outside: the example of the standard and one of a live bus. */
static void knows_the_checksum(void **state)
{
	uint8_t adu[8] = { 0x02, 0x07 };

	(void)state;
	assert_int_equal(oht_sim_crc16(adu, 2), 0x1241);
	assert_int_equal(oht_sim_crc16((const uint8_t *)"123456789", 9), 0x4b37);
	assert_int_equal(oht_sim_adu_seal(adu, 2), 4);
	assert_int_equal(adu[2], 0x41);
	assert_int_equal(adu[3], 0x12);
	assert_true(oht_sim_adu_sealed(adu, 4));
	adu[3] ^= 1;
	assert_false(oht_sim_adu_sealed(adu, 4));
	assert_false(oht_sim_adu_sealed(adu, 3));
}

/* ---- what it does ---- */

static void reads_registers(void **state)
{
	(void)state;
	expect_reply(5, REQUEST(3, 0x01, 0x00, 0, 1), REQUEST(3, 2, 0, 5));
	expect_reply(4, REQUEST(3, 0x01, 0x04, 0, 1), REQUEST(3, 2, 0, 4));
	expect_reply(4, REQUEST(4, 0x01, 0x04, 0, 1), REQUEST(4, 2, 0, 4));
	/* Baud, parity and stop bits as the data has them. */
	expect_reply(2, REQUEST(3, 0x01, 0x01, 0, 3), REQUEST(3, 6, 0, 5, 0, 0, 0, 1));
}

static void writes_one_register(void **state)
{
	(void)state;
	expect_reply(4, REQUEST(6, 0, 2, 0, 200), REQUEST(6, 0, 2, 0, 200));
	expect_reply(4, REQUEST(3, 0, 2, 0, 1), REQUEST(3, 2, 0, 200));
}

static void writes_many_registers(void **state)
{
	(void)state;
	expect_reply(4, REQUEST(16, 0, 1, 0, 3, 6, 0, 1, 0, 100, 0, 50),
		     REQUEST(16, 0, 1, 0, 3));
	expect_reply(4, REQUEST(3, 0, 1, 0, 3), REQUEST(3, 6, 0, 1, 0, 100, 0, 50));
}

static void writes_then_reads(void **state)
{
	(void)state;
	expect_reply(4, REQUEST(23, 0, 1, 0, 2, 0, 2, 0, 1, 2, 0, 77),
		     REQUEST(23, 4, 0, 0, 0, 77));
}

static void masks_bits(void **state)
{
	(void)state;
	expect_reply(4, REQUEST(6, 0, 2, 0, 0xa5), REQUEST(6, 0, 2, 0, 0xa5));
	expect_reply(4, REQUEST(22, 0, 2, 0, 0xf0, 0, 0xff), REQUEST(22, 0, 2, 0, 0xf0, 0, 0xff));
	expect_reply(4, REQUEST(3, 0, 2, 0, 1), REQUEST(3, 2, 0, 0xaf));
	/* What the OR mask says of a bit that is kept means nothing. */
	expect_reply(4, REQUEST(22, 0, 2, 0xff, 0xff, 0xff, 0xff),
		     REQUEST(22, 0, 2, 0xff, 0xff, 0xff, 0xff));
	expect_reply(4, REQUEST(3, 0, 2, 0, 1), REQUEST(3, 2, 0, 0xaf));
	expect_reply(4, REQUEST(22, 0, 2, 0, 0, 0, 7), REQUEST(22, 0, 2, 0, 0, 0, 7));
	expect_reply(4, REQUEST(3, 0, 2, 0, 1), REQUEST(3, 2, 0, 7));
}

static void tells_who_it_is(void **state)
{
	static const uint8_t all[] = {
		43, 14, 1, 0x81, 0, 0, 3, 0, 7, 'o', 'h', 't', '-', 's', 'i', 'm',
		1, 5, 'p', 'o', 'w', 'e', 'r', 2, 4, '1', '.', '0', '1',
	};

	(void)state;
	expect_reply(2, REQUEST(43, 14, 1, 0), all, sizeof(all));
	/* More than it has: what it has. From the middle; from nowhere. */
	expect_reply(2, REQUEST(43, 14, 3, 2), REQUEST(43, 14, 3, 0x81, 0, 0, 1, 2, 4,
						       '1', '.', '0', '1'));
	assert_int_equal(ask(2, REQUEST(43, 14, 2, 9)), sizeof(all) + 3);
	assert_int_equal(reply[7], 3);
	expect_reply(2, REQUEST(43, 14, 4, 1), REQUEST(43, 14, 4, 0x81, 0, 0, 1, 1, 5,
						       'p', 'o', 'w', 'e', 'r'));
	expect_exception(2, 2, REQUEST(43, 14, 4, 3));
	expect_exception(2, 3, REQUEST(43, 14, 0, 0));
	expect_exception(2, 3, REQUEST(43, 14, 5, 0));
	expect_exception(2, 1, REQUEST(43, 13, 1, 0));
	expect_exception(2, 1, REQUEST(43, 13, 0, 0, 0, 0, 0));
	assert_int_equal(ask(2, REQUEST(43, 14, 1)), 0);
	assert_int_equal(ask(2, REQUEST(43, 14, 1, 0, 0)), 0);
}

/* The shortest frame there is, in memory of just its size: nothing behind it is looked at. */
static void tells_nothing_to_a_bare_function(void **state)
{
	static const uint8_t pdu[] = { 43 };
	uint8_t *adu = malloc(OHT_SIM_ADU_MIN_BYTES);

	(void)state;
	assert_non_null(adu);
	assert_int_equal(seal(adu, 2, pdu, sizeof(pdu)), OHT_SIM_ADU_MIN_BYTES);
	assert_int_equal(oht_sim_slave_answer(bank_of(2), 2, adu, OHT_SIM_ADU_MIN_BYTES, reply), 5);
	assert_int_equal(reply[2], 1);
	free(adu);
}

static void obeys_a_broadcast_in_silence(void **state)
{
	uint8_t adu[16];
	size_t len = seal(adu, OHT_SIM_BROADCAST, REQUEST(6, 0, 2, 0, 9));

	(void)state;
	assert_int_equal(oht_sim_slave_answer(bank_of(4), 4, adu, len, reply), 0);
	expect_reply(4, REQUEST(3, 0, 2, 0, 1), REQUEST(3, 2, 0, 9));
}

/* ---- silence ---- */

static void ignores_what_is_not_for_it(void **state)
{
	uint8_t adu[16];
	size_t len = read_request(adu, 5, 0x100, 1);

	(void)state;
	assert_int_equal(oht_sim_slave_answer(bank_of(4), 4, adu, len, reply), 0);
	assert_int_equal(oht_sim_slave_answer(bank_of(5), 5, adu, len, reply), 7);
}

static void ignores_every_wrong_bit(void **state)
{
	uint8_t adu[16];
	size_t len = read_request(adu, 5, 0x100, 1), bit;

	(void)state;
	for (bit = 0; bit < len * 8; bit++) {
		adu[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(oht_sim_slave_answer(bank_of(5), 5, adu, len, reply), 0);
		adu[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void ignores_wrong_lengths(void **state)
{
	(void)state;
	assert_int_equal(ask(4, REQUEST(3, 0, 0, 0)), 0);
	assert_int_equal(ask(4, REQUEST(3, 0, 0, 0, 1, 0)), 0);
	assert_int_equal(ask(4, REQUEST(6, 0, 2, 0)), 0);
	assert_int_equal(ask(4, REQUEST(16, 0, 2, 0, 1, 2, 0)), 0);
	assert_int_equal(ask(4, REQUEST(16, 0, 2, 0, 1, 2, 0, 0, 0)), 0);
	assert_int_equal(ask(4, REQUEST(16)), 0);
	assert_int_equal(oht_sim_slave_answer(bank_of(4), 4, U8(4), 1, reply), 0);
	assert_int_equal(oht_sim_slave_answer(bank_of(4), 4, U8(4), 0, reply), 0);
}

static void ignores_frames_that_are_too_long(void **state)
{
	static uint8_t adu[OHT_SIM_ADU_MAX_BYTES + 1];

	(void)state;
	adu[0] = 4;
	adu[1] = 0x65;
	oht_sim_adu_seal(adu, sizeof(adu) - 2);
	assert_int_equal(oht_sim_slave_answer(bank_of(4), 4, adu, sizeof(adu), reply), 0);
}

/* ---- refusals ---- */

static void refuses_unknown_functions(void **state)
{
	static const uint8_t unknown[] = { 1, 2, 5, 7, 8, 11, 17, 24, 0x65, 0x7f };
	uint8_t pdu[9] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unknown); i++) {
		uint8_t start[2] = { 4, unknown[i] };
		size_t adu_bytes = oht_sim_adu_request_bytes(start, 2);

		pdu[0] = unknown[i];
		expect_exception(4, 1, pdu, adu_bytes == SIZE_MAX ? 2 : adu_bytes - 3);
	}
}

static void refuses_counts(void **state)
{
	(void)state;
	expect_exception(4, 3, REQUEST(3, 0, 0, 0, 0));
	expect_exception(4, 3, REQUEST(3, 0, 0, 0, 126));
	expect_exception(4, 3, REQUEST(3, 0, 0, 0xff, 0xff));
	expect_exception(4, 3, REQUEST(16, 0, 2, 0, 0, 0));
	expect_exception(4, 3, REQUEST(16, 0, 2, 0, 1, 4, 0, 0, 0, 0));
	/* 124 words and their number do not fit a frame; the count alone must be enough. */
	expect_exception(4, 3, REQUEST(16, 0, 2, 0, 124, 2, 0, 0));
	expect_exception(4, 3, REQUEST(23, 0, 0, 0, 0, 0, 2, 0, 1, 2, 0, 0));
	expect_exception(4, 3, REQUEST(23, 0, 0, 0, 1, 0, 2, 0, 0, 0));
}

static void refuses_addresses_outside_the_map(void **state)
{
	(void)state;
	expect_exception(4, 2, REQUEST(3, 0x00, 0x0d, 0, 1));	/* between two blocks */
	expect_exception(4, 2, REQUEST(3, 0x00, 0x0c, 0, 2));	/* over the end of one */
	expect_exception(4, 2, REQUEST(3, 0x01, 0x0a, 0, 1));
	expect_exception(4, 2, REQUEST(3, 0xff, 0xff, 0, 1));
	expect_exception(4, 2, REQUEST(3, 0xff, 0xff, 0, 2));	/* over the end of all */
	expect_exception(4, 2, REQUEST(6, 0x00, 0x0d, 0, 0));
	expect_exception(4, 2, REQUEST(16, 0x00, 0x0a, 0, 3, 6, 0, 0, 0, 0, 0, 0));
	expect_exception(4, 2, REQUEST(16, 0xff, 0xff, 0, 2, 4, 0, 0, 0, 0));
}

static void refuses_writes_to_read_only(void **state)
{
	(void)state;
	expect_exception(4, 2, REQUEST(6, 0x00, 0x06, 0, 1));	/* actual speed */
	expect_exception(2, 2, REQUEST(6, 0x00, 0x02, 0, 1));	/* state of charge */
	expect_exception(4, 2, REQUEST(6, 0x01, 0x04, 0, 5));	/* module type */
	expect_exception(2, 2, REQUEST(16, 0x00, 0xfb, 0, 2, 4, 0, 0, 0, 0));	/* serial number */
	expect_exception(2, 2, REQUEST(6, 0x00, 0xfc, 0, 0));	/* its second word */
	expect_exception(4, 2, REQUEST(22, 0x00, 0x06, 0, 0, 0, 1));
	expect_exception(4, 2, REQUEST(22, 0x00, 0x0d, 0, 0, 0, 1));	/* no register at all */
}

static void refuses_values_out_of_range(void **state)
{
	(void)state;
	expect_exception(4, 3, REQUEST(6, 0x00, 0x02, 1, 0));	/* speed above 255 */
	expect_exception(4, 3, REQUEST(6, 0x00, 0x00, 0, 0));	/* mode below 1 */
	expect_exception(4, 3, REQUEST(6, 0x00, 0x01, 0, 2));	/* bool */
	expect_exception(5, 3, REQUEST(6, 0x00, 0x25, 0xff, 0x4b));	/* -181 degrees */
	expect_exception(4, 3, REQUEST(6, 0x01, 0x09, 0, 2));	/* a command knows only 1 */
	expect_exception(4, 3, REQUEST(22, 0x00, 0x02, 0, 0, 1, 0));	/* 0x100 after the mask */
}

static void refuses_a_block_as_a_whole(void **state)
{
	(void)state;
	expect_reply(4, REQUEST(16, 0, 1, 0, 3, 6, 0, 0, 0, 0, 0, 0), REQUEST(16, 0, 1, 0, 3));
	expect_exception(4, 3, REQUEST(16, 0, 1, 0, 3, 6, 0, 1, 0, 100, 0, 101));
	/* A wrong address outranks a wrong value, and still nothing is written. */
	expect_exception(4, 2, REQUEST(16, 0, 3, 0, 3, 6, 0, 200, 0, 1, 0, 1));
	expect_exception(4, 2, REQUEST(23, 0xff, 0, 0, 1, 0, 2, 0, 1, 2, 0, 100));
	expect_reply(4, REQUEST(3, 0, 1, 0, 3), REQUEST(3, 6, 0, 0, 0, 0, 0, 0));
}

/* No module that is shipped has a value of two words to write; the data may yet bring one. */
static void takes_long_values_only_whole(void **state)
{
	struct oht_register reg = { .address = 0x10, .words = 2, .type = OHT_TYPE_I32,
				    .access = OHT_ACCESS_RW, .name = "long", .has_min = true,
				    .min = -70000 };
	const struct oht_register *by_name[] = { &reg };
	const struct oht_module module = {
		.map[OHT_PROFILE_CANONICAL] = { .count = 1, .reg = &reg, .by_name = by_name },
	};
	const uint16_t good[] = { 0xfffe, 0xffff }, low[] = { 0, 0xfff0 };
	struct oht_sim_bank bank;

	(void)state;
	assert_int_equal(oht_sim_bank_init(&bank, &module, OHT_PROFILE_CANONICAL), 0);
	assert_int_equal(oht_sim_bank_write(&bank, 0x10, 1, good), OHT_SIM_ILLEGAL_ADDRESS);
	assert_int_equal(oht_sim_bank_write(&bank, 0x11, 1, good), OHT_SIM_ILLEGAL_ADDRESS);
	assert_int_equal(oht_sim_bank_write(&bank, 0x11, 2, good), OHT_SIM_ILLEGAL_ADDRESS);
	assert_int_equal(oht_sim_bank_write(&bank, 0x10, 2, low), OHT_SIM_ILLEGAL_VALUE);
	assert_int_equal(oht_sim_bank_get(&bank, &reg), 0);
	assert_int_equal(oht_sim_bank_write(&bank, 0x10, 2, good), OHT_SIM_OK);
	assert_int_equal(oht_sim_bank_get(&bank, &reg), -2);
	oht_sim_bank_free(&bank);
}

/* ---- the probes that tell the profiles apart ---- */

static void canonical_modules_refuse_the_probes(void **state)
{
	(void)state;
	expect_exception(5, 2, REQUEST(3, 0xa0, 0x00, 0, 1));
	expect_exception(4, 2, REQUEST(3, 0x00, 0x1d, 0, 3));
}

static void legacy_modules_answer_the_probes(void **state)
{
	struct line legacy;
	uint8_t adu[16];
	size_t len, i;
	static uint8_t zeros[12];

	(void)state;
	line_open(&legacy, OHT_PROFILE_LEGACY);
	len = read_request(adu, 5, 0xa000, 1);
	assert_int_equal(oht_sim_slave_answer(&oht_sim_station_unit(&legacy.station, 5)->bank, 5,
					      adu, len, reply), 7);
	len = read_request(adu, 4, 0x1d, 3);
	assert_int_equal(oht_sim_slave_answer(&oht_sim_station_unit(&legacy.station, 4)->bank, 4,
					      adu, len, reply), 11);
	len = read_request(adu, 2, 0x14, 6);
	assert_int_equal(oht_sim_slave_answer(&oht_sim_station_unit(&legacy.station, 2)->bank, 2,
					      adu, len, reply), 17);
	assert_memory_equal(reply + 3, zeros, 12);
	len = read_request(adu, 3, 0x40, 4);
	assert_int_equal(oht_sim_slave_answer(&oht_sim_station_unit(&legacy.station, 3)->bank, 3,
					      adu, len, reply), 13);
	for (i = 3; i < 9; i += 2)
		assert_true((reply[i] << 8 | reply[i + 1]) > (reply[i + 2] << 8 | reply[i + 3]));
	/* Its pages end somewhere, too, and what is only a gap cannot be written. */
	len = read_request(adu, 4, 0x200, 1);
	assert_int_equal(oht_sim_slave_answer(&oht_sim_station_unit(&legacy.station, 4)->bank, 4,
					      adu, len, reply), 5);
	len = seal(adu, 4, REQUEST(6, 0, 0x60, 0, 0));
	assert_int_equal(oht_sim_slave_answer(&oht_sim_station_unit(&legacy.station, 4)->bank, 4,
					      adu, len, reply), 5);
	line_close(&legacy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(knows_the_checksum),
		TEST(reads_registers),
		TEST(writes_one_register),
		TEST(writes_many_registers),
		TEST(writes_then_reads),
		TEST(masks_bits),
		TEST(tells_who_it_is),
		TEST(tells_nothing_to_a_bare_function),
		TEST(obeys_a_broadcast_in_silence),
		TEST(ignores_what_is_not_for_it),
		TEST(ignores_every_wrong_bit),
		TEST(ignores_wrong_lengths),
		TEST(ignores_frames_that_are_too_long),
		TEST(refuses_unknown_functions),
		TEST(refuses_counts),
		TEST(refuses_addresses_outside_the_map),
		TEST(refuses_writes_to_read_only),
		TEST(refuses_values_out_of_range),
		TEST(refuses_a_block_as_a_whole),
		TEST(takes_long_values_only_whole),
		TEST(canonical_modules_refuse_the_probes),
		TEST(legacy_modules_answer_the_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
