/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the tests of the simulator share: the shipped modules on a line with its own time.
 * Contexts: one test program, one thread.
 * Locks:    none.
 */
#ifndef OHT_TEST_SIM_FIXTURE_H
#define OHT_TEST_SIM_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station.h"

#define MS		1000000ull
#define US		1000ull
/* Any time but 0 will do as the beginning. */
#define T0		(1000000 * MS)

/* A line of 115200 8N1 with the default turnaround, unless a test changes its timing. */
struct line {
	struct oht_modmap *modmap;
	struct oht_sim_station station;
};

static inline void line_open(struct line *line, enum oht_profile profile)
{
	struct oht_sim_timing timing;
	char error[OHT_ERROR_BYTES];

	if (oht_modmap_load(OHT_SOURCE_DATADIR, &line->modmap, error))
		fail_msg("%s", error);
	assert_int_equal(oht_sim_timing_set(&timing, 115200, "8N1", 1750), 0);
	assert_int_equal(oht_sim_station_init(&line->station, line->modmap, profile, &timing, 1),
			 0);
}

static inline void line_close(struct line *line)
{
	oht_sim_station_free(&line->station);
	oht_modmap_free(line->modmap);
}

/* The line of a program, new for each of its tests. */
static struct line line;

static inline int open_line(void **state)
{
	(void)state;
	line_open(&line, OHT_PROFILE_CANONICAL);
	return 0;
}

static inline int close_line(void **state)
{
	(void)state;
	line_close(&line);
	return 0;
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, open_line, close_line)

/* Unit, PDU and a right checksum. Returns the length of the ADU. */
static inline size_t seal(uint8_t *adu, uint8_t unit, const uint8_t *pdu, size_t len)
{
	adu[0] = unit;
	memcpy(adu + 1, pdu, len);
	return oht_sim_adu_seal(adu, len + 1);
}

/* FC 03 of @count registers. */
static inline size_t read_request(uint8_t *adu, uint8_t unit, uint16_t address, uint16_t count)
{
	const uint8_t pdu[] = { 3, (uint8_t)(address >> 8), (uint8_t)address,
				(uint8_t)(count >> 8), (uint8_t)count };

	return seal(adu, unit, pdu, sizeof(pdu));
}

#endif
