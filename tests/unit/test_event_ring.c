// SPDX-License-Identifier: GPL-2.0-or-later
/* The ring of events with readers beside the writer: no record is mixed, twice, or gone unnoticed. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "robot/event_ring.h"

#define RECORDS		200000
#define READERS		2

static struct ohtd_event_ring ring;

struct reading {
	struct ohtd_event_reader reader;
	uint64_t taken;
	uint64_t mixed;
	uint64_t disordered;
};

/* All parts of a record say its number, so that parts of two records show. */
static void fill(struct ohtd_event_record *record, uint64_t number)
{
	memset(record, 0, sizeof(*record));
	record->time_ns = number;
	record->tag = ~number;
	record->position_mm.time_ns = number;
	record->why.count = (uint32_t)number;
	record->why.items[OHTD_WHY_MAX - 1].code = (uint16_t)number;
}

static bool is_whole(const struct ohtd_event_record *record)
{
	struct ohtd_event_record wanted;

	fill(&wanted, record->number);
	wanted.number = record->number;
	return !memcmp(&wanted, record, sizeof(wanted));
}

static void *read_all(void *context)
{
	struct reading *reading = context;
	struct ohtd_event_record record;
	uint64_t last = 0;

	while (reading->reader.seen < RECORDS) {
		if (!ohtd_event_ring_next(&ring, &reading->reader, &record))
			continue;
		reading->taken++;
		reading->mixed += !is_whole(&record);
		reading->disordered += record.number <= last || record.number != reading->reader.seen;
		last = record.number;
	}
	return NULL;
}

static void *write_all(void *context)
{
	struct ohtd_event_record record;
	uint64_t number;

	(void)context;
	for (number = 1; number <= RECORDS; number++) {
		fill(&record, number);
		ohtd_event_ring_put(&ring, &record);
	}
	return NULL;
}

static void readers_beside_the_writer_see_whole_records_in_order(void **state)
{
	struct reading readings[READERS] = { 0 };
	pthread_t readers[READERS], writer;
	unsigned int i;

	(void)state;
	for (i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_all, &readings[i]), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_all, NULL), 0);
	pthread_join(writer, NULL);
	for (i = 0; i < READERS; i++) {
		pthread_join(readers[i], NULL);
		assert_int_equal(readings[i].mixed, 0);
		assert_int_equal(readings[i].disordered, 0);
		/* What was not taken was counted. */
		assert_int_equal(readings[i].taken + readings[i].reader.lost, RECORDS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_beside_the_writer_see_whole_records_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
