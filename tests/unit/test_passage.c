// SPDX-License-Identifier: GPL-2.0-or-later
/* Stations and tags that the robot passes, with the simulator's rail; and the file that names stations. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drive_robot.h"
#include "scratch.h"

/* The simulator has a tag at each metre. */
#define FIRST_TAG	0x00100000u

static struct ohtd_stations loaded;
static char error[OHT_ERROR_BYTES];

/* ---- the file ---- */

static int load_folder(const char *dir)
{
	return ohtd_stations_load(dir, &loaded, error);
}

static int load_text(const char *text)
{
	return scratch_load("stations.csv", text, load_folder);
}

static void shipped_stations_are_those_of_the_motion(void **state)
{
	(void)state;
	assert_int_equal(ohtd_stations_load(OHT_SOURCE_DATADIR, &loaded, error), 0);
	assert_int_equal(loaded.count, 2);
	assert_near(ohtd_stations_find(&loaded, "dock")->position_mm, 0, 0);
	assert_near(ohtd_stations_find(&loaded, "home")->position_mm, 500, 0);
	assert_null(ohtd_stations_find(&loaded, "Home"));
	assert_null(ohtd_stations_find(&loaded, ""));
}

static void stations_are_in_the_order_of_the_rail(void **state)
{
	(void)state;
	assert_int_equal(load_text("position_mm,note,name\n900,x,c\n-5,,a\n# none\n0x10,,b\n"), 0);
	assert_int_equal(loaded.count, 3);
	assert_string_equal(loaded.at[0].name, "a");
	assert_string_equal(loaded.at[1].name, "b");
	assert_near(loaded.at[1].position_mm, 16, 0);
	assert_string_equal(loaded.at[2].name, "c");
}

static void without_stations_there_are_none(void **state)
{
	(void)state;
	assert_int_equal(ohtd_stations_load("/nonexistent", &loaded, error), 0);
	assert_int_equal(loaded.count, 0);
	assert_int_equal(load_text("name,position_mm\n"), 0);
	assert_int_equal(loaded.count, 0);
}

static void bad_stations_are_refused_in_one_line(void **state)
{
	static const char *const cases[][2] = {
		{ "", "stations.csv" },
		{ "name\na\n", "position_mm" },
		{ "name,position_mm\na,1\na,2\n", "given twice" },
		{ "name,position_mm\na,1\nb,1\n", "another station is there" },
		{ "name,position_mm\n,1\n", "stations.csv:2" },
		{ "name,position_mm\nBay 3,1\n", "'Bay 3'" },
		{ "name,position_mm\na,\n", "position_mm" },
		{ "name,position_mm\na,1.5\n", "'1.5'" },
		{ "name,position_mm\na,1000001\n", "'1000001'" },
		{ "name,position_mm\na,-1000001\n", "'-1000001'" },
		{ "name,position_mm\na,nan\n", "'nan'" },
		{ "name,position_mm\na\n", "stations.csv:2" },
		{ "name,position_mm\nabcdefghijabcdefghijabcdefghijabcdefghij_,1\n", "stations.csv:2" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!load_text(cases[i][0]))
			fail_msg("accepted: %s", cases[i][0]);
		if (!strstr(error, cases[i][1]) || strchr(error, '\n'))
			fail_msg("'%s' does not say %s", error, cases[i][1]);
	}
}

static void sixty_four_stations_fit_and_no_more(void **state)
{
	char text[4096] = "name,position_mm\n";
	unsigned int i;

	(void)state;
	for (i = 0; i < OHTD_STATIONS_MAX; i++)
		sprintf(text + strlen(text), "s%u,%u\n", i, 100 * i);
	assert_int_equal(load_text(text), 0);
	assert_int_equal(loaded.count, OHTD_STATIONS_MAX);
	strcat(text, "more,1\n");
	assert_int_not_equal(load_text(text), 0);
	assert_non_null(strstr(error, "64"));
}

/* ---- passages ---- */

static struct driver *begin(enum oht_profile profile, double position_mm, const char *stations)
{
	struct driver *d = driver_begin_as(profile, position_mm);

	assert_int_equal(load_text(stations), 0);
	d->f->control.limits.block[0].stations = loaded;
	d->f->control.passages.left = 0;
	driver_run_ms(d, 100);
	return d;
}

/* The names of the passages that have been told since the last time: "a b". */
static void told(struct driver *d, struct ohtd_event_reader *reader, const char *wanted)
{
	struct ohtd_event_record record;
	char names[1024] = "";

	while (ohtd_event_ring_next(&d->f->control.event_ring, reader, &record)) {
		if (record.kind != OHTD_RECORD_PASSAGE)
			continue;
		if (*names)
			strcat(names, " ");
		strcat(names, record.passage.name);
	}
	assert_string_equal(names, wanted);
}

#define STATIONS "name,position_mm\na,4000\nb,4010\nc,6000\nfar,29000\n"

static void each_station_on_the_way_is_told_once(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, 3000, STATIONS);
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_passage_view last;

	(void)state;
	told(d, &reader, "");
	assert_int_equal(fixture_snapshot(d->f).passage.number, 0);
	driver_arrives(d, 5000);
	told(d, &reader, "a b");
	driver_arrives(d, 3500);
	told(d, &reader, "b a");
	driver_arrives(d, 7000);
	told(d, &reader, "a b c");
	last = fixture_snapshot(d->f).passage;
	assert_int_equal(last.number, 7);
	assert_string_equal(last.name, "c");
	assert_near(last.position_mm, 6000, 0);
	assert_near(last.distance_mm, 1990, 40);
	assert_in_range(last.at_ns, 1, virtual_now_ns(&d->run));
	driver_end(d);
}

static void way_between_counts_back_and_forth(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, 3000, STATIONS);

	(void)state;
	driver_arrives(d, 5000);
	assert_near(fixture_snapshot(d->f).passage.distance_mm, 10, 26);
	driver_arrives(d, 5900);
	driver_arrives(d, 4900);
	driver_arrives(d, 6100);
	/* 4010 to 5900, back to 4900, on to 6000 */
	assert_near(fixture_snapshot(d->f).passage.distance_mm, 1890 + 1000 + 1100, 60);
	driver_end(d);
}

static void jogs(struct driver *d, unsigned int ms)
{
	for (; ms > 50; ms -= 50) {
		driver_press(d, 200, "slow");
		driver_run_ms(d, 50);
	}
	driver_run_ms(d, 1500);
}

/* Its module says that it is there, and nothing goes by that. */
static void robot_that_is_not_located_passes_no_station(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, 3000, STATIONS);
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_answer answer;

	(void)state;
	driver_asks(d, OHTD_COMMAND_DISABLE);
	d->run.station.world.navigator.offset_mm = 700;
	driver_run_ms(d, 500);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	jogs(d, 3000);
	assert_true(fixture_snapshot(d->f).location.read_mm > 4100);
	told(d, &reader, "");
	driver_asks(d, OHTD_COMMAND_DISABLE);
	answer = driver_says_place(d, d->rail->position_mm);
	driver_done(&answer);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_arrives(d, 5000);
	told(d, &reader, "a b");
	driver_end(d);
}

/* A robot that has come to its station is there: it is told, also when it stops short of the place itself. */
static void station_that_is_the_target_is_passed(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, 3000, STATIONS);
	struct ohtd_event_reader reader = { 0 };

	(void)state;
	driver_arrives(d, 6000);
	told(d, &reader, "a b c");
	/* Away from it by less than makes it left, and back. */
	driver_arrives(d, 6010);
	driver_arrives(d, 6000);
	told(d, &reader, "");
	driver_arrives(d, 6100);
	driver_arrives(d, 6000);
	told(d, &reader, "c");
	driver_end(d);
}

static void station_where_it_starts_is_not_passed(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, 4000, STATIONS);
	struct ohtd_event_reader reader = { 0 };

	(void)state;
	driver_arrives(d, 5000);
	told(d, &reader, "");
	driver_arrives(d, 3900);
	told(d, &reader, "b a");
	driver_end(d);
}

/* Readings that waver around a station: the robot stands. */
static void noise_at_standstill_passes_nothing(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, 4030, STATIONS);
	struct ohtd_event_reader reader = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		driver_sim(d, i % 2 ? "set 5 position_x 3970" : "set 5 position_x 4030");
		driver_run_ms(d, 100);
	}
	told(d, &reader, "");
	assert_int_equal(fixture_snapshot(d->f).passage.number, 0);
	driver_end(d);
}

static void position_that_is_not_trusted_passes_nothing(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, 3000, STATIONS);
	struct ohtd_event_reader reader = { 0 };

	(void)state;
	driver_departs(d, 12000);
	driver_run_ms(d, 1000);
	assert_true(d->rail->position_mm < 3900);
	driver_sim(d, "set 5 position_x 20000");
	driver_until(d, OHTD_STATE_FAULT, 5000);
	driver_sim(d, "unset 5 position_x");
	driver_run_ms(d, 3000);
	told(d, &reader, "");
	driver_end(d);
}

/* The whole file, in one jump of the estimate: all of them, in the order of the way. */
static void all_stations_of_one_cycle_are_told(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_event_reader reader = { 0 };
	char text[4096] = "name,position_mm\n";
	unsigned int i;

	(void)state;
	for (i = 0; i < OHTD_STATIONS_MAX; i++)
		sprintf(text + strlen(text), "s%u,%u\n", i, 3100 + i);
	assert_int_equal(load_text(text), 0);
	d->f->control.limits.block[0].stations = loaded;
	driver_run_ms(d, 100);
	driver_arrives(d, 3500);
	assert_int_equal(fixture_snapshot(d->f).passage.number, OHTD_STATIONS_MAX);
	assert_string_equal(fixture_snapshot(d->f).passage.name, "s63");
	driver_arrives(d, 3000);
	assert_int_equal(fixture_snapshot(d->f).passage.number, 2 * OHTD_STATIONS_MAX);
	assert_string_equal(fixture_snapshot(d->f).passage.name, "s0");
	assert_int_equal(ohtd_event_ring_next(&d->f->control.event_ring, &reader,
					      &(struct ohtd_event_record){ 0 }), 1);
	assert_int_equal(reader.lost, 0);
	driver_end(d);
}

/* ---- tags ---- */

static void tags_of_the_legacy_dock_are_passed(void **state)
{
	struct driver *d = begin(OHT_PROFILE_LEGACY, 2500, "name,position_mm\nc,4500\n");
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_passage_view last;

	(void)state;
	/* Near enough to the last tag that the robot is still slow beside it on its way back: tags are read seldom. */
	driver_arrives(d, 5200);
	told(d, &reader, "tag_1048579 tag_1048580 c tag_1048581");
	last = fixture_snapshot(d->f).passage;
	assert_int_equal(last.number, 4);
	assert_near(last.position_mm, 5000, 160);
	driver_arrives(d, 3500);
	told(d, &reader, "tag_1048581 c tag_1048580");
	driver_end(d);
}

static void tag_beside_a_robot_that_stands_is_not_passed(void **state)
{
	struct driver *d = begin(OHT_PROFILE_LEGACY, 3000, "name,position_mm\n");
	struct ohtd_event_reader reader = { 0 };

	(void)state;
	driver_run_ms(d, 2000);
	told(d, &reader, "");
	driver_arrives(d, 3500);
	told(d, &reader, "");
	/* Halts beside it: told once, however long it stands there. */
	driver_arrives(d, 3010);
	driver_run_ms(d, 3000);
	told(d, &reader, "tag_1048579");
	driver_end(d);
}

static void number_without_a_tag_is_none(void **state)
{
	struct driver *d = begin(OHT_PROFILE_LEGACY, 2500, "name,position_mm\n");
	struct ohtd_event_reader reader = { 0 };

	(void)state;
	driver_sim(d, "set 5 rfid_read_status 0");
	driver_sim(d, "set 5 rfid_tag_id 77");
	driver_arrives(d, 5500);
	told(d, &reader, "");
	driver_end(d);
}

static void profile_without_tags_has_none(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, 2500, "name,position_mm\n");

	(void)state;
	driver_arrives(d, 5500);
	assert_int_equal(fixture_snapshot(d->f).passage.number, 0);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_stations_are_those_of_the_motion),
		cmocka_unit_test(stations_are_in_the_order_of_the_rail),
		cmocka_unit_test(without_stations_there_are_none),
		cmocka_unit_test(bad_stations_are_refused_in_one_line),
		cmocka_unit_test(sixty_four_stations_fit_and_no_more),
		cmocka_unit_test(each_station_on_the_way_is_told_once),
		cmocka_unit_test(way_between_counts_back_and_forth),
		cmocka_unit_test(robot_that_is_not_located_passes_no_station),
		cmocka_unit_test(station_that_is_the_target_is_passed),
		cmocka_unit_test(station_where_it_starts_is_not_passed),
		cmocka_unit_test(noise_at_standstill_passes_nothing),
		cmocka_unit_test(position_that_is_not_trusted_passes_nothing),
		cmocka_unit_test(all_stations_of_one_cycle_are_told),
		cmocka_unit_test(tags_of_the_legacy_dock_are_passed),
		cmocka_unit_test(tag_beside_a_robot_that_stands_is_not_passed),
		cmocka_unit_test(number_without_a_tag_is_none),
		cmocka_unit_test(profile_without_tags_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
