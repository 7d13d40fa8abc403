// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Samples for the bench: shift_samples FILE. All signals of each control cycle of an hour in virtual time, as the control thread
 * puts them out: a robot that undocks, goes to ten places and stands 20 s at each, waits in a pause, docks and charges for ten
 * minutes, and again. FILE has a struct ohtd_sample for each.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "drive_robot.h"

#define HOUR_NS		(3600 * OHTD_NS_PER_S)
#define PLACES		10
#define STANDS_MS	20000
#define PAUSE_MS	30000
#define CHARGES_MS	600000

static const char *name;

struct shift {
	struct driver *d;
	struct ohtd_sample_reader reader;
	FILE *file;
	void (*inner)(void *context);
	void *inner_context;
	double place_mm;
};

/* Behind each turn. */
static void keep(void *context)
{
	struct shift *s = context;
	struct ohtd_sample sample;

	s->inner(s->inner_context);
	while (ohtd_samples_next(&s->d->f->control.samples, &s->reader, &sample))
		assert_int_equal(fwrite(&sample, sizeof(sample), 1, s->file), 1);
}

static void depart(struct shift *s)
{
	double place_mm;

	do {
		place_mm = 600 + virtual_roll(&s->d->run, 29000);
	} while (fabs(place_mm - s->place_mm) < 3000);
	s->place_mm = place_mm;
	driver_departs(s->d, place_mm);
}

static void arrive(struct shift *s)
{
	driver_until(s->d, OHTD_STATE_IDLE, 60000);
	driver_run_ms(s->d, STANDS_MS);
}

static void pause(struct shift *s)
{
	depart(s);
	driver_run_ms(s->d, 2000);
	driver_asks(s->d, OHTD_COMMAND_PAUSE);
	driver_run_ms(s->d, PAUSE_MS);
	driver_asks(s->d, OHTD_COMMAND_RESUME);
	arrive(s);
}

static void round_trip(struct shift *s)
{
	driver_asks(s->d, OHTD_COMMAND_UNDOCK);
	driver_until(s->d, OHTD_STATE_IDLE, 20000);
	for (int i = 0; i < PLACES; i++) {
		depart(s);
		arrive(s);
	}
	pause(s);
	driver_asks(s->d, OHTD_COMMAND_DOCK);
	driver_until(s->d, OHTD_STATE_IDLE, 90000);
	driver_run_ms(s->d, CHARGES_MS);
}

static void record(void **state)
{
	struct shift s = { .file = fopen(name, "w") };
	uint64_t began_ns;

	(void)state;
	assert_non_null(s.file);
	s.d = driver_begin(0);
	s.inner = s.d->f->watch;
	s.inner_context = s.d->f->watch_context;
	s.d->f->watch = keep;
	s.d->f->watch_context = &s;
	began_ns = virtual_now_ns(&s.d->run);
	while (virtual_now_ns(&s.d->run) - began_ns < HOUR_NS)
		round_trip(&s);
	assert_int_equal(s.reader.lost, 0);
	assert_int_equal(fclose(s.file), 0);
	driver_end(s.d);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(record) };

	if (argc != 2) {
		fprintf(stderr, "usage: shift_samples FILE\n");
		return 2;
	}
	name = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
