// SPDX-License-Identifier: GPL-2.0-or-later
/* The gateway without sockets: frames, reads that are joined, the robot's map, who is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "gateway/join.h"
#include "gateway/mbap.h"
#include "gateway/robot_map.h"
#include "gateway/silence.h"
#include "robot/command.h"

/* ---- frames ---- */

static const uint8_t read_frame[] = { 0x12, 0x34, 0, 0, 0, 6, 4, 3, 0x01, 0x02, 0, 5 };

static void frame_ends_where_its_length_says(void **state)
{
	uint8_t two[2 * sizeof(read_frame)];
	size_t i;

	(void)state;
	memcpy(two, read_frame, sizeof(read_frame));
	memcpy(two + sizeof(read_frame), read_frame, sizeof(read_frame));
	for (i = 0; i < sizeof(read_frame); i++)
		assert_int_equal(ohtd_mbap_frame_bytes(two, i), 0);
	for (; i <= sizeof(two); i++)
		assert_int_equal(ohtd_mbap_frame_bytes(two, i), sizeof(read_frame));
}

static void head_that_cannot_be_is_told_as_soon_as_it_shows(void **state)
{
	static const struct {
		uint8_t head[6];
		size_t shows;
	} heads[] = {
		{ { 0, 0, 1, 0, 0, 6 }, 3 }, { { 0, 0, 0, 1, 0, 6 }, 4 }, { { 0, 0, 0, 0, 1, 6 }, 5 },
		{ { 0, 0, 0, 0, 0, 0 }, 6 }, { { 0, 0, 0, 0, 0, 1 }, 6 }, { { 0, 0, 0, 0, 0, 255 }, 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		for (size_t n = 0; n <= 6; n++)
			assert_int_equal(ohtd_mbap_frame_bytes(heads[i].head, n),
					 n >= heads[i].shows ? -1 : 0);
}

static void longest_frame_is_taken(void **state)
{
	uint8_t frame[OHTD_MBAP_BYTES_MAX] = { 0, 1, 0, 0, 0, 254, 9, 16, 0, 0, 0, 123, 246, 0xab, 0xcd };
	struct ohtd_mbap_request request;

	(void)state;
	assert_int_equal(ohtd_mbap_frame_bytes(frame, sizeof(frame)), sizeof(frame));
	/* One byte more than the longest write. */
	assert_int_equal(ohtd_mbap_parse(frame, sizeof(frame), &request), OHTD_MBAP_BAD_VALUE);
	assert_int_equal(ohtd_mbap_parse(frame, sizeof(frame) - 1, &request), OHTD_MBAP_GOOD);
	assert_int_equal(request.count, OHTD_MBAP_WRITE_MAX);
	assert_int_equal(request.words[0], 0xabcd);
}

static enum ohtd_mbap_exception parse(struct ohtd_mbap_request *request, const char *pdu, size_t size)
{
	uint8_t frame[OHTD_MBAP_BYTES_MAX] = { 0x77, 0x88, 0, 0, 0, (uint8_t)(size + 1), 42 };

	memcpy(frame + 7, pdu, size);
	assert_int_equal(ohtd_mbap_frame_bytes(frame, 7 + size), 7 + size);
	return ohtd_mbap_parse(frame, 7 + size, request);
}

#define PARSE(pdu)	parse(&request, pdu, sizeof(pdu) - 1)

static void requests_are_understood_or_refused(void **state)
{
	struct ohtd_mbap_request request;

	(void)state;
	assert_int_equal(PARSE("\x03\x01\x02\x00\x7d"), OHTD_MBAP_GOOD);
	assert_int_equal(request.transaction, 0x7788);
	assert_int_equal(request.unit, 42);
	assert_int_equal(request.address, 0x0102);
	assert_int_equal(request.count, 125);
	assert_int_equal(PARSE("\x06\x00\x01\xfe\xdc"), OHTD_MBAP_GOOD);
	assert_int_equal(request.count, 1);
	assert_int_equal(request.words[0], 0xfedc);
	assert_int_equal(PARSE("\x10\x00\x01\x00\x02\x04\x00\x01\x00\x02"), OHTD_MBAP_GOOD);
	assert_int_equal(request.words[1], 2);
	assert_int_equal(PARSE("\x11"), OHTD_MBAP_GOOD);
	assert_int_equal(PARSE("\x11\x00"), OHTD_MBAP_BAD_VALUE);
	assert_int_equal(PARSE("\x2b\x0e\x01\x00"), OHTD_MBAP_GOOD);
	assert_int_equal(PARSE("\x2b\x0e\x01"), OHTD_MBAP_BAD_VALUE);
	assert_int_equal(PARSE("\x2b\x0d\x01\x00"), OHTD_MBAP_BAD_FUNCTION);
	assert_int_equal(PARSE("\x03\x00\x00\x00\x7e"), OHTD_MBAP_BAD_VALUE);
	assert_int_equal(PARSE("\x04\x00\x00\x00\x00"), OHTD_MBAP_BAD_VALUE);
	assert_int_equal(PARSE("\x03\xff\xff\x00\x02"), OHTD_MBAP_BAD_ADDRESS);
	assert_int_equal(PARSE("\x03\xff\xff\x00\x01"), OHTD_MBAP_GOOD);
	assert_int_equal(PARSE("\x10\xff\xff\x00\x02\x04\x00\x01\x00\x02"), OHTD_MBAP_BAD_ADDRESS);
	assert_int_equal(PARSE("\x10\x00\x01\x00\x02\x03\x00\x01\x00"), OHTD_MBAP_BAD_VALUE);
	assert_int_equal(PARSE("\x05\x00\x01\xff\x00"), OHTD_MBAP_BAD_FUNCTION);
	assert_int_equal(PARSE("\x17\x00\x01\x00\x01"), OHTD_MBAP_BAD_FUNCTION);
	assert_int_equal(request.function, 0x17);
}

static void answers_have_the_bytes_of_the_standard(void **state)
{
	static const uint8_t values[] = { 0x77, 0x88, 0, 0, 0, 7, 42, 3, 4, 0xab, 0xcd, 0, 1 };
	static const uint8_t refusal[] = { 0x77, 0x88, 0, 0, 0, 3, 42, 0x83, 11 };
	static const uint8_t written[] = { 0x77, 0x88, 0, 0, 0, 6, 42, 16, 0, 1, 0, 2 };
	const uint16_t words[] = { 0xabcd, 1 };
	uint8_t out[OHTD_MBAP_BYTES_MAX];
	struct ohtd_mbap_request request;

	(void)state;
	PARSE("\x03\x00\x01\x00\x02");
	assert_int_equal(ohtd_mbap_read_answer(out, &request, words), sizeof(values));
	assert_memory_equal(out, values, sizeof(values));
	assert_int_equal(ohtd_mbap_refusal(out, &request, OHTD_MBAP_NO_ANSWER), sizeof(refusal));
	assert_memory_equal(out, refusal, sizeof(refusal));
	PARSE("\x10\x00\x01\x00\x02\x04\x00\x01\x00\x02");
	assert_int_equal(ohtd_mbap_write_answer(out, &request), sizeof(written));
	assert_memory_equal(out, written, sizeof(written));
}

/* ---- joined reads ---- */

static bool busy[OHTD_JOIN_UNITS];

static struct ohtd_join *new_join(void)
{
	struct ohtd_join *join = calloc(1, sizeof(*join));

	assert_non_null(join);
	memset(busy, 0, sizeof(busy));
	return join;
}

static struct ohtd_join_read *add(struct ohtd_join *join, uint8_t unit, uint16_t address, uint16_t count)
{
	const struct ohtd_mbap_request request = {
		.unit = unit, .function = OHTD_MBAP_READ_HOLDING, .address = address, .count = count,
	};
	struct ohtd_join_read *read = ohtd_join_add(join, &request);

	assert_non_null(read);
	return read;
}

static void expect(struct ohtd_join *join, struct ohtd_join_part *part, uint8_t unit, uint16_t address,
		   uint16_t count)
{
	assert_true(ohtd_join_next(join, busy, part));
	assert_int_equal(part->unit, unit);
	assert_int_equal(part->address, address);
	assert_int_equal(part->count, count);
}

/* Every register holds its own number. */
static void fill(struct ohtd_join *join, const struct ohtd_join_part *part)
{
	uint16_t words[OHTD_READ_MAX];

	for (uint16_t i = 0; i < part->count; i++)
		words[i] = (uint16_t)(part->address + i);
	ohtd_join_fill(join, part, words);
}

static void assert_read(const struct ohtd_join_read *read)
{
	assert_int_equal(read->missing, 0);
	for (unsigned int i = 0; i < read->request.count; i++)
		assert_int_equal(read->words[i], read->request.address + i);
}

static void reads_that_meet_are_one_request(void **state)
{
	struct ohtd_join *join = new_join();
	struct ohtd_join_read *a = add(join, 4, 100, 2), *b = add(join, 4, 101, 3),
			      *c = add(join, 4, 98, 2), *far = add(join, 4, 110, 1),
			      *other = add(join, 3, 100, 2);
	struct ohtd_join_part part;

	(void)state;
	expect(join, &part, 3, 100, 2);
	fill(join, &part);
	assert_read(other);
	assert_int_equal(a->missing, 2);
	expect(join, &part, 4, 98, 6);
	fill(join, &part);
	assert_read(a);
	assert_read(b);
	assert_read(c);
	assert_int_equal(join->joined, 2);
	expect(join, &part, 4, 110, 1);
	fill(join, &part);
	assert_read(far);
	assert_false(ohtd_join_next(join, busy, &part));
	free(join);
}

static void long_read_is_taken_apart(void **state)
{
	struct ohtd_join *join = new_join();
	struct ohtd_join_read *read = add(join, 4, 0xFFFF - 124, 125);
	struct ohtd_join_part part;
	unsigned int parts = 0;

	(void)state;
	while (ohtd_join_next(join, busy, &part)) {
		assert_in_range(part.count, 1, OHTD_READ_MAX);
		fill(join, &part);
		parts++;
	}
	assert_int_equal(parts, (125 + OHTD_READ_MAX - 1) / OHTD_READ_MAX);
	assert_read(read);
	free(join);
}

static void functions_are_not_mixed(void **state)
{
	struct ohtd_join *join = new_join();
	struct ohtd_join_read *holding = add(join, 4, 0, 1), *input = add(join, 4, 0, 1);
	struct ohtd_join_part part;

	(void)state;
	input->request.function = OHTD_MBAP_READ_INPUT;
	expect(join, &part, 4, 0, 1);
	assert_int_equal(part.function, OHTD_MBAP_READ_HOLDING);
	fill(join, &part);
	assert_read(holding);
	assert_int_equal(input->missing, 1);
	free(join);
}

static void units_take_turns_and_busy_ones_wait(void **state)
{
	struct ohtd_join *join = new_join();
	struct ohtd_join_part part;

	(void)state;
	for (uint16_t i = 0; i < 20; i++)
		add(join, 2, (uint16_t)(i * 20), 1);
	add(join, 3, 0, 1);
	add(join, 4, 0, 1);
	expect(join, &part, 2, 0, 1);
	busy[2] = true;
	expect(join, &part, 3, 0, 1);
	expect(join, &part, 4, 0, 1);
	busy[3] = busy[4] = true;
	assert_false(ohtd_join_next(join, busy, &part));
	free(join);
}

static void later_read_is_not_answered_by_an_earlier_question(void **state)
{
	struct ohtd_join *join = new_join();
	struct ohtd_join_read *early = add(join, 4, 0, 1), *late;
	struct ohtd_join_part part;

	(void)state;
	expect(join, &part, 4, 0, 1);
	late = add(join, 4, 0, 1);
	fill(join, &part);
	assert_read(early);
	assert_int_equal(late->missing, 1);
	free(join);
}

static void refused_request_is_asked_for_each_read_alone(void **state)
{
	struct ohtd_join *join = new_join();
	struct ohtd_join_read *good = add(join, 4, 0, 2), *bad = add(join, 4, 2, 2);
	struct ohtd_join_part part;

	(void)state;
	expect(join, &part, 4, 0, 4);
	assert_true(ohtd_join_split(join, &part));
	expect(join, &part, 4, 0, 2);
	assert_true(ohtd_join_meets(join, good, &part));
	assert_false(ohtd_join_meets(join, bad, &part));
	fill(join, &part);
	assert_read(good);
	good->used = false;
	expect(join, &part, 4, 2, 2);
	assert_false(ohtd_join_split(join, &part));
	assert_true(ohtd_join_meets(join, bad, &part));
	free(join);
}

static void answer_for_nobody_is_dropped(void **state)
{
	struct ohtd_join *join = new_join();
	struct ohtd_join_read *read = add(join, 4, 0, 1), *next;
	struct ohtd_join_part part;

	(void)state;
	read->alone = true;
	expect(join, &part, 4, 0, 1);
	read->used = false;
	/* In the place of the one that is gone. */
	next = add(join, 4, 0, 1);
	assert_ptr_equal(next, read);
	fill(join, &part);
	assert_int_equal(next->missing, 1);
	assert_false(ohtd_join_split(join, &part));
	free(join);
}

static void there_is_room_for_so_many(void **state)
{
	struct ohtd_join *join = new_join();
	const struct ohtd_mbap_request request = { .unit = 4, .function = 3, .count = 1 };

	(void)state;
	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++)
		assert_non_null(ohtd_join_add(join, &request));
	assert_null(ohtd_join_add(join, &request));
	join->reads[7].used = false;
	assert_ptr_equal(ohtd_join_add(join, &request), &join->reads[7]);
	free(join);
}

static void register_of_two_words_is_not_cut(void **state)
{
	struct oht_register regs[] = {
		{ .address = 0, .words = 1 }, { .address = 7, .words = 2 }, { .address = 9, .words = 1 },
	};
	const struct oht_regmap map = { .count = 3, .reg = regs };
	struct ohtd_join *join = new_join();
	struct ohtd_join_read *read = add(join, 4, 0, 12);
	struct ohtd_join_part part;

	(void)state;
	expect(join, &part, 4, 0, 8);
	ohtd_join_trim(&part, NULL);
	assert_int_equal(part.count, 8);
	ohtd_join_trim(&part, &map);
	assert_int_equal(part.count, 7);
	fill(join, &part);
	expect(join, &part, 4, 7, 5);
	fill(join, &part);
	assert_read(read);
	free(join);

	/* What another read wants in front of it is left to a request of its own, with its other half. */
	join = new_join();
	read = add(join, 4, 9, 7);
	add(join, 4, 7, 2);
	expect(join, &part, 4, 8, 8);
	ohtd_join_trim(&part, &map);
	assert_int_equal(part.address, 9);
	assert_int_equal(part.count, 7);
	fill(join, &part);
	assert_read(read);
	expect(join, &part, 4, 7, 2);
	free(join);
}

/* ---- silence ---- */

static void silent_unit_is_left_alone_for_longer_each_time(void **state)
{
	struct ohtd_silence silence = { 0 };
	uint64_t now_ns = 1000 * OHTD_NS_PER_S, wait_ns = OHTD_SILENCE_FIRST_NS;

	(void)state;
	assert_false(ohtd_silence_holds(&silence, now_ns, 0));
	for (unsigned int i = 0; i < 20; i++) {
		ohtd_silence_note(&silence, now_ns);
		assert_true(ohtd_silence_holds(&silence, now_ns + wait_ns - 1, 0));
		assert_false(ohtd_silence_holds(&silence, now_ns + wait_ns, 0));
		now_ns += wait_ns;
		wait_ns = wait_ns * 2 < OHTD_SILENCE_MAX_NS ? wait_ns * 2 : OHTD_SILENCE_MAX_NS;
	}
}

static void unit_that_is_heard_again_is_asked_sooner(void **state)
{
	struct ohtd_silence silence = { 0 };
	uint64_t now_ns = 1000 * OHTD_NS_PER_S;

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		ohtd_silence_note(&silence, now_ns);
	assert_true(ohtd_silence_holds(&silence, now_ns + OHTD_NS_PER_S, now_ns - 1));
	assert_true(ohtd_silence_holds(&silence, now_ns + OHTD_SILENCE_FIRST_NS - 1, now_ns + 1));
	assert_false(ohtd_silence_holds(&silence, now_ns + OHTD_SILENCE_FIRST_NS, now_ns + 1));
}

/* ---- the robot's map ---- */

static struct ohtd_snapshot snapshot;
static uint16_t words[OHTD_MAP_REGISTERS];

static void map_at(uint64_t now_ns)
{
	ohtd_map_fill(&snapshot, now_ns, words);
}

static void values_that_are_not_valid_are_told_as_such(void **state)
{
	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.position_mm.value = 5;
	map_at(0);
	assert_int_equal(words[OHTD_MAP_AT_VALID], 0);
	/* Its module says a place, and the robot is not located. */
	snapshot.position_mm.valid = true;
	snapshot.location.lost = true;
	map_at(0);
	assert_int_equal(words[OHTD_MAP_AT_VERSION], OHTD_MAP_VERSION);
	assert_int_equal(words[OHTD_MAP_AT_VALID], 0);
	assert_int_equal(words[OHTD_MAP_AT_POSITION], 0);
	assert_int_equal(words[OHTD_MAP_AT_POSITION + 1], 0x8000);
	assert_int_equal(words[OHTD_MAP_AT_SPEED], 0x8000);
	assert_int_equal(words[OHTD_MAP_AT_BATTERY], 0xffff);
}

static void values_stand_in_their_units(void **state)
{
	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.position_mm = (struct ohtd_value){ .value = -1234.567, .valid = true };
	snapshot.speed_mm_s = (struct ohtd_value){ .value = -250.4, .valid = true };
	snapshot.battery_percent = (struct ohtd_value){ .value = 87.65, .valid = true };
	snapshot.bus.present = true;
	snapshot.bus.cycles = 0x12345;
	snapshot.time_ns = 1000 * OHTD_NS_PER_MS;
	snapshot.command.number = 0xabcd1234;
	map_at(1042 * OHTD_NS_PER_MS);
	assert_int_equal((int32_t)(words[OHTD_MAP_AT_POSITION] |
				   (uint32_t)words[OHTD_MAP_AT_POSITION + 1] << 16), -123457);
	assert_int_equal((int16_t)words[OHTD_MAP_AT_SPEED], -250);
	assert_in_range(words[OHTD_MAP_AT_BATTERY], 876, 877);
	assert_int_equal(words[OHTD_MAP_AT_VALID], 15);
	assert_int_equal(words[OHTD_MAP_AT_HEARTBEAT], 0x2345);
	assert_int_equal(words[OHTD_MAP_AT_AGE], 42);
	assert_int_equal(words[OHTD_MAP_AT_NUMBER], 0x1234);
	assert_int_equal(words[OHTD_MAP_AT_NUMBER + 1], 0xabcd);
	map_at(UINT64_MAX);
	assert_int_equal(words[OHTD_MAP_AT_AGE], 0xffff);
}

static void values_beyond_the_register_stay_at_its_end(void **state)
{
	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.position_mm = (struct ohtd_value){ .value = -1e300, .valid = true };
	snapshot.speed_mm_s = (struct ohtd_value){ .value = 1e300, .valid = true };
	snapshot.battery_percent = (struct ohtd_value){ .value = -3, .valid = true };
	map_at(0);
	assert_int_equal(words[OHTD_MAP_AT_POSITION], 1);
	assert_int_equal(words[OHTD_MAP_AT_POSITION + 1], 0x8000);
	assert_int_equal(words[OHTD_MAP_AT_SPEED], INT16_MAX);
	assert_int_equal(words[OHTD_MAP_AT_BATTERY], 0);
}

/* After CiA 402: which of its states the low bits mean. */
static void status_word_is_that_of_a_drive(void **state)
{
	static const struct {
		unsigned int state, safety;
		uint16_t mask, value;
	} rows[] = {
		{ OHTD_STATE_BOOT, OHTD_SAFETY_STOPPED, 0x4f, 0x00 },
		{ OHTD_STATE_INIT, OHTD_SAFETY_READY, 0x4f, 0x00 },
		{ OHTD_STATE_ESTOP, OHTD_SAFETY_STOPPED, 0x4f, 0x40 },
		{ OHTD_STATE_SAFE, OHTD_SAFETY_READY, 0x6f, 0x21 },
		{ OHTD_STATE_SAFE, OHTD_SAFETY_STOPPED, 0x4f, 0x40 },
		{ OHTD_STATE_IDLE, OHTD_SAFETY_ENABLED, 0x17f, 0x37 },
		{ OHTD_STATE_MOVE, OHTD_SAFETY_ENABLED, 0x17f, 0x137 },
		/* The outputs are off already: it is not enabled, whatever the state still says. */
		{ OHTD_STATE_MOVE, OHTD_SAFETY_STOPPED, 0x5f, 0x40 },
		{ OHTD_STATE_FAULT, OHTD_SAFETY_ENABLED, 0x4f, 0x08 },
		{ OHTD_STATE_FAULT, OHTD_SAFETY_READY, 0x4f, 0x08 },
		{ OHTD_STATE_SHUTDOWN, OHTD_SAFETY_UNKNOWN, 0x4f, 0x40 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&snapshot, 0, sizeof(snapshot));
		snapshot.state = rows[i].state;
		snapshot.safety.state = (uint8_t)rows[i].safety;
		map_at(0);
		assert_int_equal(words[OHTD_MAP_AT_STATUS] & rows[i].mask, rows[i].value);
	}
}

static void modules_and_alarms_are_listed(void **state)
{
	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.module_count = 6;
	snapshot.modules[0] = (struct ohtd_module_view){ .unit = 2, .required = 1, .health = OHTD_HEALTH_GOOD };
	snapshot.modules[1] = (struct ohtd_module_view){ .unit = 4, .required = 1, .health = OHTD_HEALTH_LOST };
	snapshot.modules[2] = (struct ohtd_module_view){ .unit = 7, .health = OHTD_HEALTH_LOST };
	snapshot.modules[3] = (struct ohtd_module_view){ .unit = 16, .health = OHTD_HEALTH_GOOD };
	/* Beyond the bits of a register. */
	snapshot.modules[4] = (struct ohtd_module_view){ .unit = 36, .health = OHTD_HEALTH_GOOD };
	snapshot.modules[5] = (struct ohtd_module_view){ .unit = 34, .required = 1, .health = OHTD_HEALTH_LOST };
	snapshot.faults.count = OHTD_WHY_MAX + 3;
	for (unsigned int i = 0; i < OHTD_WHY_MAX; i++)
		snapshot.faults.items[i] = (struct ohtd_why){ .code = OHTD_WHY_SENSORS };
	snapshot.faults.items[0] = (struct ohtd_why){ .code = OHTD_WHY_MODULE_LOST, .unit = 4 };
	snapshot.faults.items[1] = (struct ohtd_why){ .code = OHTD_WHY_JOG_RUNS };
	map_at(0);
	assert_int_equal(words[OHTD_MAP_AT_GOOD], 0x8002);
	assert_int_equal(words[OHTD_MAP_AT_MISSING], 0x08);
	assert_int_equal(words[OHTD_MAP_AT_ALARM_COUNT], OHTD_WHY_MAX + 3);
	assert_int_equal(words[OHTD_MAP_AT_ALARMS], 2);
	assert_int_equal(words[OHTD_MAP_AT_ALARMS + 1], 4);
	assert_int_equal(words[OHTD_MAP_AT_ALARMS + 2], OHTD_MAP_ALARM_OTHER);
	assert_true(words[OHTD_MAP_AT_STATUS] & OHTD_MAP_WARNING);
}

static char *page(void)
{
	static char text[65536];
	FILE *file = fopen(SOURCE_DIR "/docs/gateway.md", "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	return text;
}

/* The page is the contract: it has each alarm with the number that is sent. */
static void page_has_every_alarm(void **state)
{
	char row[96];

	(void)state;
	for (unsigned int why = 1; why < OHTD_WHYS; why++) {
		if (ohtd_map_alarm(why) == OHTD_MAP_ALARM_OTHER)
			continue;
		snprintf(row, sizeof(row), "\n| %u | `%s` |", ohtd_map_alarm(why), ohtd_why_name(why));
		if (!strstr(page(), row))
			fail_msg("docs/gateway.md lacks: %s", row + 1);
	}
}

static void page_has_every_state(void **state)
{
	char word[64];

	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	for (unsigned int i = 0; i < OHTD_STATES; i++) {
		snapshot.state = i;
		map_at(0);
		snprintf(word, sizeof(word), "%u %s", words[OHTD_MAP_AT_STATE], ohtd_state_name(i));
		if (!strstr(page(), word))
			fail_msg("docs/gateway.md lacks: %s", word);
	}
	for (unsigned int i = 0; i < OHTD_COMMAND_STATES; i++) {
		snapshot.command.state = i;
		map_at(0);
		snprintf(word, sizeof(word), "%u %s", words[OHTD_MAP_AT_COMMAND],
			 i ? ohtd_command_state_name(i) : "none");
		if (!strstr(page(), word))
			fail_msg("docs/gateway.md lacks: %s", word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_ends_where_its_length_says),
		cmocka_unit_test(head_that_cannot_be_is_told_as_soon_as_it_shows),
		cmocka_unit_test(longest_frame_is_taken),
		cmocka_unit_test(requests_are_understood_or_refused),
		cmocka_unit_test(answers_have_the_bytes_of_the_standard),
		cmocka_unit_test(reads_that_meet_are_one_request),
		cmocka_unit_test(long_read_is_taken_apart),
		cmocka_unit_test(functions_are_not_mixed),
		cmocka_unit_test(units_take_turns_and_busy_ones_wait),
		cmocka_unit_test(later_read_is_not_answered_by_an_earlier_question),
		cmocka_unit_test(refused_request_is_asked_for_each_read_alone),
		cmocka_unit_test(answer_for_nobody_is_dropped),
		cmocka_unit_test(there_is_room_for_so_many),
		cmocka_unit_test(register_of_two_words_is_not_cut),
		cmocka_unit_test(silent_unit_is_left_alone_for_longer_each_time),
		cmocka_unit_test(unit_that_is_heard_again_is_asked_sooner),
		cmocka_unit_test(values_that_are_not_valid_are_told_as_such),
		cmocka_unit_test(values_stand_in_their_units),
		cmocka_unit_test(values_beyond_the_register_stay_at_its_end),
		cmocka_unit_test(status_word_is_that_of_a_drive),
		cmocka_unit_test(modules_and_alarms_are_listed),
		cmocka_unit_test(page_has_every_alarm),
		cmocka_unit_test(page_has_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
