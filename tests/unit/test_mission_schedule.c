// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Schedules of missions: their times in zones with summer time, against a calendar that looks at each minute; and on a robot in virtual time,
 * what starts by itself, what waits, what is passed over, and what ends a release. 50 seeds of a walk, from OHT_SEED on; OHT_RUNS=n makes it n.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/part.h"
#include "control/robot.h"
#include "dice.h"
#include "drive_robot.h"
#include "main/command_keeper.h"
#include "missions/private.h"
#include "scratch.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"

#define S	((int64_t)OHTD_NS_PER_S)
#define BERLIN	"CET-1CEST,M3.5.0,M10.5.0/3"
#define SYDNEY	"AEST-10AEDT,M10.1.0,M4.1.0/3"
/* Clocks are set by half an hour, and where it is midnight. */
#define LORD_HOWE	"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
#define AZORES	"<-01>1<+00>,M3.5.0/0,M10.5.0/1"

static void set_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

/* Seconds since 1970 of a moment in UTC. */
static int64_t utc_s(int year, int month, int day, int hour, int minute)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute };

	return timegm(&tm);
}

/* ---- the calendar ---- */

static void is_at(const char *zone, int year, int month, int day, const char *shown, int64_t wanted_s)
{
	int hour, minute;

	set_zone(zone);
	assert_int_equal(sscanf(shown, "%d:%d", &hour, &minute), 2);
	assert_int_equal(ohtd_mission_moment_ns(utc_s(year, month, day, 0, 0) / 86400, hour * 60 + minute) / S, wanted_s);
}

static void a_time_that_is_left_out_is_later_and_one_that_comes_twice_is_the_first(void **state)
{
	(void)state;
	is_at(BERLIN, 2026, 11, 30, "06:00", utc_s(2026, 11, 30, 5, 0));
	is_at(BERLIN, 2026, 7, 1, "06:00", utc_s(2026, 7, 1, 4, 0));
	is_at(BERLIN, 2027, 3, 28, "01:59", utc_s(2027, 3, 28, 0, 59));
	is_at(BERLIN, 2027, 3, 28, "02:30", utc_s(2027, 3, 28, 1, 30));
	is_at(BERLIN, 2027, 3, 28, "03:00", utc_s(2027, 3, 28, 1, 0));
	is_at(BERLIN, 2026, 10, 25, "02:30", utc_s(2026, 10, 25, 0, 30));
	is_at(BERLIN, 2026, 10, 25, "03:00", utc_s(2026, 10, 25, 2, 0));
	is_at(SYDNEY, 2026, 10, 4, "02:30", utc_s(2026, 10, 3, 16, 30));
	is_at(AZORES, 2027, 3, 28, "00:30", utc_s(2027, 3, 28, 1, 30));
	is_at("UTC0", 2027, 3, 28, "02:30", utc_s(2027, 3, 28, 2, 30));
}

/* Is this minute one of the schedule by what clocks show then, the first time that they do? */
static bool shows(const struct ohtd_mission_schedule *schedule, int64_t at_s)
{
	const time_t at = (time_t)at_s;
	struct tm tm, earlier;
	int64_t minute;

	localtime_r(&at, &tm);
	minute = tm.tm_hour * 60 + tm.tm_min;
	if (!(schedule->days >> (tm.tm_wday + 6) % 7 & 1) || minute < schedule->from_min || minute > schedule->until_min ||
	    (schedule->every_min ? (minute - schedule->from_min) % schedule->every_min : minute != schedule->from_min))
		return false;
	/* Clocks go back by an hour at most. */
	for (int64_t before_s = at_s - 3600; before_s < at_s; before_s += 60) {
		const time_t before = (time_t)before_s;

		localtime_r(&before, &earlier);
		if (earlier.tm_mday == tm.tm_mday && earlier.tm_hour == tm.tm_hour && earlier.tm_min == tm.tm_min)
			return false;
	}
	return true;
}

/* Times that no clock shows are not among these: they only come on top, on nights in which clocks are set forward. */
static void agrees(const char *zone, const struct ohtd_mission_schedule *schedule, int64_t from_s, int64_t to_s, bool forward)
{
	int64_t last_s = from_s - 60;

	set_zone(zone);
	for (int64_t at_s = from_s; at_s < to_s; at_s += 60) {
		int64_t next_s = ohtd_mission_schedule_next_ns(schedule, last_s * S) / S;

		if (!shows(schedule, at_s) && (next_s != at_s || !forward))
			continue;
		if (next_s != at_s)
			fail_msg("%s: behind %lld the next is %lld, and clocks show one at %lld", zone, (long long)last_s, (long long)next_s, (long long)at_s);
		assert_int_equal(ohtd_mission_schedule_newest_ns(schedule, at_s * S) / S, at_s);
		assert_int_equal(ohtd_mission_schedule_newest_ns(schedule, (at_s + 59) * S) / S, at_s);
		last_s = at_s;
	}
}

static void times_are_those_that_clocks_show(void **state)
{
	static const struct ohtd_mission_schedule schedules[] = {
		{ .days = 127, .from_min = 150, .until_min = 150 }, { .days = 64, .from_min = 0, .until_min = 1439, .every_min = 5 },
		{ .days = 1 << 5 | 1 << 6, .from_min = 90, .until_min = 215, .every_min = 25 }, { .days = 2, .from_min = 0, .until_min = 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(schedules) / sizeof(schedules[0]); i++) {
		agrees(BERLIN, &schedules[i], utc_s(2026, 10, 23, 0, 0), utc_s(2026, 10, 28, 0, 0), false);
		agrees(BERLIN, &schedules[i], utc_s(2027, 3, 26, 0, 0), utc_s(2027, 3, 30, 0, 0), true);
		agrees(LORD_HOWE, &schedules[i], utc_s(2027, 4, 2, 0, 0), utc_s(2027, 4, 6, 0, 0), false);
		agrees(AZORES, &schedules[i], utc_s(2027, 3, 26, 0, 0), utc_s(2027, 3, 30, 0, 0), true);
	}
}

/* ---- the robot of the daemon is the one in virtual time ---- */

static struct {
	struct driver *robot;
	struct ohtd_store *store;
	struct ohtd_keeper *keeper;
	struct ohtd_missions *missions;
	struct ohtd_mission_schedule row;
	bool unkept, forbidden;
	struct ohtd_settings_battery battery;
	/* What looks at the robot get as long as it is set: the copy of a moment ago. */
	const struct ohtd_snapshot *stale;
	/* So many calls of the store until some fail. */
	unsigned int calls_left, failing;
	char dir[64];
} rig;

int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out);
int __wrap_ohtd_robot_event(const struct ohtd_robot *robot, struct ohtd_event_reader *reader, struct ohtd_event_record *record);
uint64_t __wrap_ohtd_robot_events(const struct ohtd_robot *robot);
unsigned int __wrap_ohtd_control_link_number(const struct ohtd_robot *robot, const struct ohtd_link *link);
struct ohtd_settings_battery __wrap_ohtd_settings_battery(struct ohtd_settings *settings);
bool __wrap_ohtd_courses_lacks(void);
bool __wrap_ohtd_courses_clock_is_kept(void);
void __wrap_ohtd_robot_stations(struct ohtd_robot *robot, struct ohtd_stations *stations);
const char *__real_ohtd_missions_forbidden(const struct ohtd_missions *missions, const struct ohtd_missions_person *person, unsigned int kind);
const char *__wrap_ohtd_missions_forbidden(const struct ohtd_missions *missions, const struct ohtd_missions_person *person, unsigned int kind);
int __real_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);
int __wrap_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);

int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out)
{
	(void)robot;
	if (rig.stale) {
		*out = *rig.stale;
		return 0;
	}
	return ohtd_seqlock_copy(&rig.robot->f->control.published, out);
}

int __wrap_ohtd_robot_event(const struct ohtd_robot *robot, struct ohtd_event_reader *reader, struct ohtd_event_record *record)
{
	(void)robot;
	return ohtd_event_ring_next(&rig.robot->f->control.event_ring, reader, record);
}

uint64_t __wrap_ohtd_robot_events(const struct ohtd_robot *robot)
{
	(void)robot;
	return atomic_load(&rig.robot->f->control.event_ring.newest);
}

unsigned int __wrap_ohtd_control_link_number(const struct ohtd_robot *robot, const struct ohtd_link *link)
{
	(void)robot;
	return (unsigned int)(link - rig.robot->f->links) + 1;
}

void __wrap_ohtd_robot_stations(struct ohtd_robot *robot, struct ohtd_stations *stations)
{
	(void)robot;
	ohtd_limits_stations(&rig.robot->f->control.limits, stations);
}

struct ohtd_settings_battery __wrap_ohtd_settings_battery(struct ohtd_settings *settings)
{
	(void)settings;
	return rig.battery;
}

bool __wrap_ohtd_courses_lacks(void)
{
	return false;
}

bool __wrap_ohtd_courses_clock_is_kept(void)
{
	return !rig.unkept;
}

const char *__wrap_ohtd_missions_forbidden(const struct ohtd_missions *missions, const struct ohtd_missions_person *person, unsigned int kind)
{
	return rig.forbidden ? OHTD_MISSIONS_SESSION_ENDED : __real_ohtd_missions_forbidden(missions, person, kind);
}

int __wrap_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg)
{
	if (rig.failing && (!rig.calls_left || !--rig.calls_left)) {
		rig.failing--;
		return -ENOSPC;
	}
	return __real_ohtd_store_call(store, work, arg);
}

/* ---- the daemon ---- */

static const struct ohtd_missions_person person = {
	.who = { .user = "anna", .role = OHTD_ROLE_OPERATOR, .local = true },
	.by = { .user = "anna", .session = "anna", .role = OHTD_ROLE_OPERATOR },
};

static int64_t now_ns(void)
{
	return ohtd_clock_wall_ns(&rig.robot->f->clock);
}

static int work_nothing(struct ohtd_db *db, void *arg)
{
	(void)db, (void)arg;
	return 0;
}

static void open_missions(void)
{
	rig.missions = ohtd_missions_open(&(struct ohtd_missions_setup){
		.store = rig.store, .clock = &rig.robot->f->clock, .link = &rig.robot->f->links[2], .settings = (struct ohtd_settings *)&rig,
	});
	assert_non_null(rig.missions);
}

/* The daemon ends and starts again; all that it keeps is in the store. */
static void restart(void)
{
	ohtd_missions_close(rig.missions);
	open_missions();
}

static void run_s(unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds * 4; i++) {
		fixture_run_ms(rig.robot->f, 250);
		ohtd_keeper_turn(rig.keeper, NULL);
		__real_ohtd_store_call(rig.store, work_nothing, NULL);
		ohtd_missions_part.tick(rig.missions);
	}
}

/* The clock is set, and nothing else happens meanwhile. */
static void set_clock(int64_t by_ns)
{
	struct ohtd_clock_view view;

	atomic_fetch_add(&rig.robot->f->time.realtime_ns, by_ns);
	atomic_store(&rig.robot->f->time.synchronised, true);
	ohtd_clock_look(&rig.robot->f->clock, &view);
}

static struct ohtd_mission_leg made_leg(const char *kind, double position_mm)
{
	struct ohtd_mission_leg leg = {
		.position_mm = position_mm, .speed_mm_s = NAN, .at_least = NAN, .at_most = NAN, .charge_percent = NAN, .value = NAN,
		.on_failure = "hold", .state = OHTD_MISSION_LEG_WAITING,
	};

	snprintf(leg.kind, sizeof(leg.kind), "%s", kind);
	return leg;
}

static int work_add(struct ohtd_db *db, void *arg)
{
	struct ohtd_mission_leg leg = made_leg("move", rig.robot->rail->position_mm + 100);
	struct ohtd_mission template = {
		.name = "round", .state = OHTD_MISSION_TEMPLATE, .leg = 1, .legs = 1, .made_legs = 1, .through_leg = 1, .rounds = 1, .round = 1,
		.revision = 1, .made_by = "anna",
	};
	struct ohtd_mission_schedule *row = arg;
	int r = ohtd_mission_add(db, &template, &leg);

	row->template = template.id;
	return r ? r : ohtd_mission_schedule_add(db, row);
}

/* It is due in 10 s, and then every @every_min minutes. */
static void begin_at(double position_mm, int64_t every_min)
{
	char path[96], why[512];
	uint64_t given;
	static struct ohtd_life known;
	struct ohtd_db *db;

	set_zone(BERLIN);
	rig.robot = driver_begin(position_mm);
	snprintf(path, sizeof(path), "%s/oht.db", rig.dir);
	if (ohtd_db_open(&db, &ohtd_small_schema, path, 1800000000, why, sizeof(why)))
		fail_msg("%s", why);
	rig.store = ohtd_store_start(db);
	assert_non_null(rig.store);
	rig.keeper = ohtd_keeper_create(rig.store, &rig.robot->f->clock, &given, &known);
	assert_non_null(rig.keeper);
	rig.robot->f->control.travel.numbers = given;
	open_missions();
	atomic_store(&rig.robot->f->time.realtime_ns, utc_s(2027, 6, 7, 3, 59) * S + 50 * S);
	run_s(2);
	rig.row = (struct ohtd_mission_schedule){
		.days = 127, .from_min = 360, .until_min = 600, .every_min = every_min, .made_by = "bert", .made_ns = now_ns(), .last_ns = now_ns(),
	};
	assert_int_equal(__real_ohtd_store_call(rig.store, work_add, &rig.row), 0);
	ohtd_missions_schedules_changed(rig.missions);
	run_s(1);
}

static void begin(void)
{
	begin_at(9000, 5);
}

static void end(void)
{
	ohtd_missions_close(rig.missions);
	ohtd_keeper_end(rig.keeper, NULL);
	ohtd_keeper_destroy(rig.keeper);
	ohtd_store_stop(rig.store);
	driver_end(rig.robot);
}

/* The word that refuses the release of a schedule, or of the way to the dock; "": it is given. */
static const char *try_release_of(int64_t schedule)
{
	static struct ohtd_missions_releasing asked;
	int r;

	asked = (struct ohtd_missions_releasing){ .person = person, .row.id = schedule };
	r = ohtd_missions_release(rig.missions, &asked);
	if (r == -ENODEV)
		return "off";
	if (r != (asked.why ? -EPERM : 0))
		fail_msg("release: %d", r);
	return asked.why ? asked.why : "";
}

static const char *try_release(void)
{
	return try_release_of(rig.row.id);
}

static void release(void)
{
	assert_string_equal(try_release(), "");
}

/* Whatever else is. */
static bool is_released_too(void)
{
	static struct ohtd_missions_schedule_board board;

	ohtd_missions_look_at_schedules(rig.missions, &board);
	for (unsigned int i = 0; i < board.release_count; i++)
		if (board.releases[i].schedule == rig.row.id)
			return true;
	return false;
}

static bool is_released(void)
{
	static struct ohtd_missions_schedule_board board;

	ohtd_missions_look_at_schedules(rig.missions, &board);
	return board.release_count == 1 && board.releases[0].schedule == rig.row.id;
}

static int read_schedule(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_schedule_get(db, arg);
}

/* What became of its newest time: "" or the word of why it was passed over. */
static void is_last(const char *reason)
{
	assert_int_equal(ohtd_store_read(rig.store, read_schedule, &rig.row), 0);
	assert_string_equal(rig.row.last_reason, reason);
}

/* The mission that it made last. */
static struct ohtd_mission newest(void)
{
	struct ohtd_mission row;

	assert_int_equal(ohtd_store_read(rig.store, read_schedule, &rig.row), 0);
	row = (struct ohtd_mission){ .id = rig.row.last_mission };
	pthread_mutex_lock(&rig.missions->lock);
	assert_int_equal(ohtd_missions_load(rig.missions, &row), 0);
	pthread_mutex_unlock(&rig.missions->lock);
	return row;
}

/* Its newest mission is @state for @reason. */
static void is_newest(const char *state, const char *reason)
{
	struct ohtd_mission row = newest();

	assert_string_equal(row.state, state);
	assert_string_equal(row.reason, reason);
	assert_int_equal(row.schedule, rig.row.id);
}

static int work_count(struct ohtd_db *db, void *arg)
{
	static struct ohtd_mission_board board;
	int r = ohtd_missions_board(db, &board);

	(void)arg;
	return r ? r : (int)board.count;
}

/* So many are there beside the template; the board shows 5 that are over. */
static void are(int count)
{
	assert_int_equal(ohtd_store_read(rig.store, work_count, NULL), count);
}

static void ask(enum ohtd_missions_act what, int64_t id)
{
	struct ohtd_mission row = { .id = id };

	assert_int_equal(ohtd_missions_act(rig.missions, what, &person, &row), 0);
}

static void cancel_newest(void)
{
	ask(OHTD_MISSIONS_CANCEL, newest().id);
}

/* A person who is at the robot. */
static void by_hand(enum ohtd_command_kind kind, double target_mm)
{
	struct ohtd_command command = {
		.id = ++rig.robot->run.asked, .kind = kind, .by = person.by, .role = OHTD_ROLE_ADMINISTRATOR, .target_mm = target_mm,
	};

	snprintf(command.caller_id, sizeof(command.caller_id), "by hand %llu", (unsigned long long)command.id);
	assert_int_equal(fixture_command(rig.robot->f, &command).outcome, OHTD_OUTCOME_DONE);
}

/* ---- what starts by itself ---- */

static void only_a_released_schedule_moves_the_robot(void **state)
{
	(void)state;
	begin();
	run_s(15);
	is_last("");
	is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	assert_string_equal(newest().made_by, "bert");
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	/* A release says nothing of a mission that waits already, and the next time has to wait for its end. */
	release();
	run_s(300);
	is_last(OHTD_MISSION_NOT_OVER);
	are(1);
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	cancel_newest();
	assert_false(is_released());
	release();
	run_s(300);
	is_last("");
	is_newest(OHTD_MISSION_FINISHED, "");
	assert_string_equal(newest().driven_by, "anna");
	assert_near(rig.robot->rail->position_mm, 9100, 3);
	assert_true(is_released());
	are(2);
	run_s(300);
	is_newest(OHTD_MISSION_FINISHED, "");
	are(3);
	assert_true(is_released());
	end();
}

static void stop_it(void)
{
	by_hand(OHTD_COMMAND_STOP, NAN);
}

static void press(void)
{
	fake_bus_press(rig.robot->f->fake);
	fixture_run_ms(rig.robot->f, 50);
}

static void mend(void)
{
	rig.robot->f->fake->pressed = false;
	fixture_run_ms(rig.robot->f, 2000);
	by_hand(OHTD_COMMAND_RESET, NAN);
	fixture_run_ms(rig.robot->f, 500);
}

static void disable(void)
{
	by_hand(OHTD_COMMAND_DISABLE, NAN);
	fixture_run_ms(rig.robot->f, 1000);
}

static void press_and_mend(void)
{
	press();
	mend();
	by_hand(OHTD_COMMAND_ENABLE, NAN);
}

static void disable_and_enable(void)
{
	disable();
	by_hand(OHTD_COMMAND_ENABLE, NAN);
}

static void move_away(void)
{
	by_hand(OHTD_COMMAND_MOVE, 9050);
}

static void jog(void)
{
	struct ohtd_command command = {
		.id = ++rig.robot->run.asked, .kind = OHTD_COMMAND_JOG, .by = person.by, .role = OHTD_ROLE_OPERATOR, .speed_mm_s = -100,
	};

	assert_int_equal(fixture_command(rig.robot->f, &command).outcome, OHTD_OUTCOME_DONE);
}

static void log_out(void)
{
	rig.forbidden = true;
}

/* What has happened is over when the time comes. */
static void whatever_interrupts_the_robot_ends_a_release(void **state)
{
	static void (*const interruptions[])(void) = { stop_it, press_and_mend, disable_and_enable, move_away, log_out, restart };

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(interruptions) / sizeof(interruptions[0]); i++) {
		release();
		run_s(1);
		assert_true(is_released());
		interruptions[i]();
		run_s(2);
		assert_false(is_released());
		rig.forbidden = false;
		run_s(298);
		if (strcmp(newest().state, OHTD_MISSION_WAITING))
			fail_msg("interruption %zu: %s", i, newest().state);
		is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
		cancel_newest();
	}
	assert_true(rig.robot->rail->position_mm < 9060);
	end();
}

/* The first time of the schedule has passed, and the control of the fixture has ended. */
static void pass_first(void)
{
	run_s(15);
	cancel_newest();
}

/* A release that is given beside a stop would hold behind the reset and enable of another person. */
static void what_would_hold_a_mission_refuses_a_release(void **state)
{
	(void)state;
	begin();
	pass_first();
	press();
	assert_string_equal(try_release(), "stop_latched");
	mend();
	assert_string_equal(try_release(), "not_enabled");
	by_hand(OHTD_COMMAND_ENABLE, NAN);
	disable();
	assert_string_equal(try_release(), "not_enabled");
	by_hand(OHTD_COMMAND_ENABLE, NAN);
	jog();
	assert_string_equal(try_release(), "replaced");
	stop_it();
	run_s(2);
	move_away();
	assert_string_equal(try_release(), "replaced");
	run_s(4);
	assert_false(is_released());
	/* Nothing of them holds: each was refused, and the time comes. */
	run_s(290);
	is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	ask(OHTD_MISSIONS_START, newest().id);
	assert_string_equal(newest().state, OHTD_MISSION_RUNNING);
	fixture_run_ms(rig.robot->f, 200);
	/* The motion of a mission is no reason. */
	release();
	run_s(20);
	is_newest(OHTD_MISSION_FINISHED, "");
	assert_true(is_released());
	end();
}

/* The stop is in the ring of events already, and not yet in the copy by which the release is judged. */
static void a_stop_at_the_moment_of_a_release_ends_it(void **state)
{
	static struct ohtd_snapshot before;

	(void)state;
	begin();
	pass_first();
	assert_int_equal(ohtd_seqlock_copy(&rig.robot->f->control.published, &before), 0);
	press();
	rig.stale = &before;
	release();
	rig.stale = NULL;
	assert_true(is_released());
	run_s(1);
	assert_false(is_released());
	mend();
	by_hand(OHTD_COMMAND_ENABLE, NAN);
	run_s(300);
	is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	end();
}

static void a_mission_that_is_held_or_cancelled_ends_the_release_of_its_schedule(void **state)
{
	(void)state;
	begin();
	release();
	run_s(9);
	is_newest(OHTD_MISSION_RUNNING, "");
	stop_it();
	run_s(2);
	is_newest(OHTD_MISSION_HELD, "cancelled");
	assert_false(is_released());
	ask(OHTD_MISSIONS_RESUME, newest().id);
	run_s(20);
	is_newest(OHTD_MISSION_FINISHED, "");
	assert_false(is_released());
	/* Released anew, and the mission is cancelled while it is driven. */
	release();
	run_s(270);
	is_newest(OHTD_MISSION_FINISHED, "");
	assert_true(is_released());
	end();
}

/* ---- what waits, and what is passed over ---- */

static void a_clock_that_nothing_keeps_right_starts_nothing(void **state)
{
	(void)state;
	begin();
	rig.unkept = true;
	release();
	run_s(15);
	is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_CLOCK_UNKEPT);
	rig.unkept = false;
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	end();
}

static void a_time_over_which_the_clock_is_set_is_passed_over(void **state)
{
	int64_t next_ns;

	(void)state;
	begin();
	release();
	set_clock(400 * S);
	run_s(2);
	is_last(OHTD_MISSION_CLOCK_SET);
	are(0);
	/* Set back, that time comes once more, and is not dealt with twice. */
	set_clock(-420 * S);
	run_s(60);
	is_last(OHTD_MISSION_CLOCK_SET);
	are(0);
	/* A clock that was years ahead said its last time then. */
	set_clock(365 * 86400 * S);
	run_s(2);
	is_last(OHTD_MISSION_CLOCK_SET);
	set_clock(-365 * 86400 * S);
	run_s(2);
	next_ns = ohtd_mission_schedule_next_ns(&rig.row, now_ns());
	while (now_ns() < next_ns + 5 * S)
		run_s(5);
	is_last("");
	are(1);
	assert_in_range((uint64_t)rig.row.last_ns, (uint64_t)(next_ns - 1), (uint64_t)next_ns);
	end();
}

static void a_robot_that_was_off_makes_nothing_up_for(void **state)
{
	(void)state;
	begin();
	fixture_run_ms(rig.robot->f, 3 * 300 * 1000);
	restart();
	run_s(2);
	is_last(OHTD_MISSION_MISSED);
	are(0);
	/* The computer slept. */
	atomic_fetch_add(&rig.robot->f->time.slept_ns, 3 * 300 * OHTD_NS_PER_S);
	atomic_fetch_add(&rig.robot->f->time.realtime_ns, 3 * 300 * S);
	run_s(2);
	is_last(OHTD_MISSION_MISSED);
	are(0);
	end();
}

/* What the last run left is held as soon as the disk takes it, and then schedules go on. */
static void a_disk_that_is_full_at_the_start_does_not_end_schedules(void **state)
{
	(void)state;
	begin();
	rig.failing = 8;
	restart();
	assert_string_equal(try_release(), "");
	rig.forbidden = true;
	run_s(1);
	assert_int_not_equal(rig.failing, 0);
	assert_false(is_released());
	rig.forbidden = false;
	release();
	run_s(15);
	is_newest(OHTD_MISSION_FINISHED, "");
	end();
}

static void a_store_that_takes_nothing_makes_none_and_none_twice(void **state)
{
	(void)state;
	begin();
	release();
	/* The mission is made, and its start is not written. */
	rig.calls_left = 2;
	rig.failing = 1;
	run_s(20);
	is_last("");
	is_newest(OHTD_MISSION_WAITING, "");
	are(1);
	cancel_newest();
	/* Tried again until it is too late for it. */
	release();
	run_s(270);
	rig.failing = 80;
	rig.calls_left = 0;
	run_s(120);
	assert_int_equal(rig.failing, 0);
	is_last(OHTD_MISSION_MISSED);
	are(1);
	end();
}

static int work_drop(struct ohtd_db *db, void *arg)
{
	struct ohtd_mission row = { .id = *(int64_t *)arg };

	return ohtd_mission_delete(db, &row);
}

static void a_template_goes_with_its_schedules(void **state)
{
	static struct ohtd_missions_schedule_board board;
	struct ohtd_mission row = { .id = 0 };

	(void)state;
	begin();
	release();
	row.id = rig.row.template;
	assert_int_equal(ohtd_missions_delete(rig.missions, &row), 0);
	run_s(1);
	ohtd_missions_look_at_schedules(rig.missions, &board);
	assert_int_equal(board.count + board.release_count, 0);
	assert_int_equal(__real_ohtd_store_call(rig.store, work_drop, &rig.row.template), -ENOENT);
	run_s(20);
	are(0);
	end();
}

/* ---- the charge of the battery ---- */

static void set_charge(double percent)
{
	char line[64];

	snprintf(line, sizeof(line), "set 2 battery_soc %.0f", 10 * percent);
	driver_sim(rig.robot, line);
}

static bool goes_to_dock(void)
{
	static struct ohtd_missions_schedule_board board;

	ohtd_missions_look_at_schedules(rig.missions, &board);
	for (unsigned int i = 0; i < board.release_count; i++)
		if (board.releases[i].schedule == OHTD_MISSION_ERRAND)
			return true;
	return false;
}

static int work_newest(struct ohtd_db *db, void *arg)
{
	static struct ohtd_mission_board board;
	struct ohtd_mission *row = arg;
	int r = ohtd_missions_board(db, &board);

	*row = (struct ohtd_mission){ 0 };
	for (unsigned int i = 0; !r && i < board.count; i++)
		if (board.items[i].row.schedule == OHTD_MISSION_ERRAND && board.items[i].row.id > row->id)
			*row = board.items[i].row;
	return r;
}

/* The newest mission that brings the robot to its dock is @state; "": there is none. */
static void is_errand(const char *state, const char *reason)
{
	struct ohtd_mission row;

	assert_int_equal(ohtd_store_read(rig.store, work_newest, &row), 0);
	assert_string_equal(row.state, state);
	assert_string_equal(row.reason, reason);
	if (row.id)
		assert_string_equal(row.made_by, "anna");
}

static bool is_docked(void)
{
	return ohtd_dock_docked(&rig.robot->f->control);
}

static void with_little_charge_no_leg_begins_but_to_dock(void **state)
{
	(void)state;
	begin();
	pass_first();
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .charged_percent = 60 };
	set_charge(29);
	run_s(15);
	release();
	run_s(280);
	is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_BATTERY);
	ask(OHTD_MISSIONS_START, newest().id);
	is_newest(OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	/* A charge just above the limit is not enough: it would be below it at once. */
	set_charge(31);
	run_s(10);
	ask(OHTD_MISSIONS_RESUME, newest().id);
	is_newest(OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	set_charge(33);
	run_s(10);
	/* Nothing goes on by itself. */
	is_newest(OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	ask(OHTD_MISSIONS_RESUME, newest().id);
	is_newest(OHTD_MISSION_RUNNING, "");
	run_s(20);
	is_newest(OHTD_MISSION_FINISHED, "");
	end();
}

static void take_control_for_bert(void)
{
	struct ohtd_command command = {
		.id = ++rig.robot->run.asked, .kind = OHTD_COMMAND_CONTROL_TAKE, .role = OHTD_ROLE_OPERATOR,
		.by = { .user = "bert", .session = "bert", .role = OHTD_ROLE_OPERATOR },
	};

	assert_int_equal(fixture_command(rig.robot->f, &command).outcome, OHTD_OUTCOME_DONE);
}

static void only_a_release_sends_a_robot_to_its_dock(void **state)
{
	(void)state;
	begin();
	pass_first();
	assert_string_equal(try_release_of(OHTD_MISSION_ERRAND), "off");
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	set_charge(15);
	run_s(30);
	is_errand("", "");
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	/* A release beside a stop would hold behind the reset and enable of another person. */
	press();
	assert_string_equal(try_release_of(OHTD_MISSION_ERRAND), "stop_latched");
	mend();
	by_hand(OHTD_COMMAND_ENABLE, NAN);
	run_s(30);
	is_errand("", "");
	take_control_for_bert();
	assert_string_equal(try_release_of(OHTD_MISSION_ERRAND), "");
	run_s(2);
	is_errand("", "");
	/* His control has run out. */
	run_s(12);
	is_errand(OHTD_MISSION_RUNNING, "");
	stop_it();
	run_s(5);
	is_errand(OHTD_MISSION_HELD, "cancelled");
	assert_false(goes_to_dock());
	/* The one that is held is not joined by another one. */
	assert_string_equal(try_release_of(OHTD_MISSION_ERRAND), "");
	run_s(30);
	is_errand(OHTD_MISSION_HELD, "cancelled");
	assert_false(goes_to_dock());
	assert_false(is_docked());
	end();
}

static void a_robot_with_little_charge_docks_charges_and_stays(void **state)
{
	(void)state;
	begin();
	pass_first();
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	assert_string_equal(try_release_of(OHTD_MISSION_ERRAND), "");
	run_s(295);
	ask(OHTD_MISSIONS_START, newest().id);
	fixture_run_ms(rig.robot->f, 200);
	set_charge(15);
	run_s(10);
	/* A leg under way is driven to its end. */
	is_newest(OHTD_MISSION_FINISHED, "");
	run_s(120);
	assert_true(is_docked());
	is_errand(OHTD_MISSION_RUNNING, "");
	set_charge(59);
	run_s(10);
	is_errand(OHTD_MISSION_RUNNING, "");
	set_charge(60);
	run_s(5);
	is_errand(OHTD_MISSION_FINISHED, "");
	assert_true(goes_to_dock());
	/* It stays there, and a low charge at the dock sends it nowhere. */
	set_charge(15);
	run_s(60);
	assert_true(is_docked());
	is_errand(OHTD_MISSION_FINISHED, "");
	rig.battery.dock_percent = 0;
	run_s(2);
	assert_false(goes_to_dock());
	end();
}

/* ---- beside a person ---- */

static int work_add_attended(struct ohtd_db *db, void *arg)
{
	struct ohtd_mission_leg legs[] = { made_leg("acknowledge", NAN), made_leg("move", 9050) };
	struct ohtd_mission row = {
		.name = "loading", .state = OHTD_MISSION_WAITING, .leg = 1, .legs = 2, .made_legs = 2, .through_leg = 2, .rounds = 1, .round = 1,
		.revision = 1, .made_by = "anna",
	};
	int r = ohtd_mission_add(db, &row, legs);

	*(int64_t *)arg = row.id;
	return r;
}

static void is_mission(int64_t id, const char *state, const char *reason)
{
	struct ohtd_mission row = { .id = id };

	pthread_mutex_lock(&rig.missions->lock);
	assert_int_equal(ohtd_missions_load(rig.missions, &row), 0);
	pthread_mutex_unlock(&rig.missions->lock);
	assert_string_equal(row.state, state);
	assert_string_equal(row.reason, reason);
}

/* A person who loads the robot has not said that it is loaded. */
static void a_robot_that_waits_for_a_person_does_not_drive_away(void **state)
{
	int64_t attended;

	(void)state;
	begin();
	pass_first();
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	assert_int_equal(__real_ohtd_store_call(rig.store, work_add_attended, &attended), 0);
	ask(OHTD_MISSIONS_START, attended);
	is_mission(attended, OHTD_MISSION_HELD, OHTD_MISSIONS_ACKNOWLEDGE);
	release();
	assert_string_equal(try_release_of(OHTD_MISSION_ERRAND), "");
	run_s(270);
	set_charge(15);
	run_s(30);
	is_errand("", "");
	is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_DRIVEN);
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	/* The acknowledgement ends the wait of both. */
	ask(OHTD_MISSIONS_RESUME, attended);
	is_mission(attended, OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	run_s(2);
	is_errand(OHTD_MISSION_RUNNING, "");
	is_mission(attended, OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	end();
}

static void a_drain_takes_the_robot_out(void **state)
{
	(void)state;
	begin();
	pass_first();
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	assert_string_equal(try_release_of(OHTD_MISSION_ERRAND), "");
	run_s(295);
	is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	release();
	ask(OHTD_MISSIONS_START, newest().id);
	fixture_run_ms(rig.robot->f, 200);
	set_charge(15);
	ask(OHTD_MISSIONS_DRAIN, newest().id);
	run_s(1);
	assert_false(goes_to_dock());
	run_s(300);
	is_errand("", "");
	assert_near(rig.robot->rail->position_mm, 9100, 3);
	is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	end();
}

static int set_up(void **state)
{
	char base[] = "/tmp/oht-mission-schedule-XXXXXX";

	(void)state;
	memset(&rig, 0, sizeof(rig));
	if (scratch_make(base))
		return -1;
	snprintf(rig.dir, sizeof(rig.dir), "%s", base);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_remove(rig.dir);
	return 0;
}

/* ---- whatever comes ---- */

#define SEEDS		50
#define WALK_S		30
#define KNOWN_MAX	256
/* A release is looked at once a second, and the robot in each tick. */
#define END_TICKS	6

/* The last that was seen of a mission. */
struct seen {
	int64_t schedule;
	char state[OHTD_MISSION_WORD_BYTES], reason[OHTD_MISSION_WORD_BYTES];
};

static struct {
	uint64_t seed;
	void (*inner)(void *context);
	void *inner_context;
	struct ohtd_event_reader reader;
	uint64_t newest, disturbed_ns;
	/* What was released, and has not been ended by anything since. */
	bool errand, schedule;
	/* For so many ticks it has not been. */
	unsigned int errand_over, schedule_over;
	/* A person has asked for this mission in this moment; 0: for none. */
	int64_t asked;
	/* This mission may drive; 0: none may. */
	int64_t may;
	struct seen seen[KNOWN_MAX];
	unsigned int given, made, finished;
} walk;

static struct {
	unsigned int acts, errands, docked, scheduled, commands, held;
} tally;

static unsigned int roll(unsigned int sides)
{
	return virtual_roll(&rig.robot->run, sides);
}

static void interrupt(void)
{
	walk.errand = walk.schedule = false;
	walk.may = 0;
	walk.disturbed_ns = virtual_now_ns(&rig.robot->run);
}

static void saw_command(const struct ohtd_command_view *command)
{
	long long mission, leg;

	if (command->number <= walk.newest)
		return;
	walk.newest = command->number;
	if (sscanf(command->caller_id, "mission %lld leg %lld", &mission, &leg) != 2)
		return;
	tally.commands++;
	if (mission != walk.may && command->accepted_ns > walk.disturbed_ns)
		fail_msg("seed %llu: leg %lld of mission %lld of schedule %lld has begun, and no person has asked", (unsigned long long)walk.seed, leg,
			 mission, (long long)walk.seen[mission % KNOWN_MAX].schedule);
}

/* In each turn. */
static void watch(void *context)
{
	struct ohtd_event_record record;

	(void)context;
	walk.inner(walk.inner_context);
	while (ohtd_event_ring_next(&rig.robot->f->control.event_ring, &walk.reader, &record))
		if (record.kind == OHTD_RECORD_COMMAND)
			saw_command(&record.command);
		else if (record.kind == OHTD_RECORD_TRANSITION && record.link != 3 && ohtd_robot_interrupts(record.event))
			interrupt();
}

static bool is_over(const char *state)
{
	return !strcmp(state, OHTD_MISSION_FINISHED) || !strcmp(state, OHTD_MISSION_FAILED) || !strcmp(state, OHTD_MISSION_CANCELLED);
}

static bool drives(const char *state)
{
	return !strcmp(state, OHTD_MISSION_RUNNING);
}

/* A mission has begun to drive, or goes on. */
static void began(const struct ohtd_mission *row, bool new, bool attended)
{
	bool released = new && (row->schedule == OHTD_MISSION_ERRAND ? walk.errand : row->schedule && walk.schedule);

	if (walk.asked != row->id && !released)
		fail_msg("seed %llu: mission %lld of schedule %lld is driven, and no person has asked", (unsigned long long)walk.seed, (long long)row->id,
			 (long long)row->schedule);
	if (walk.asked != row->id && attended)
		fail_msg("seed %llu: mission %lld drives away from a person", (unsigned long long)walk.seed, (long long)row->id);
	walk.may = row->id;
	tally.scheduled += row->schedule > 0 && walk.asked != row->id;
}

static void see(const struct ohtd_mission *row, bool attended)
{
	struct seen *seen = &walk.seen[row->id % KNOWN_MAX];
	bool new = !*seen->state, changed = strcmp(seen->state, row->state) || strcmp(seen->reason, row->reason);

	if (row->id >= KNOWN_MAX)
		fail_msg("seed %llu: so many missions", (unsigned long long)walk.seed);
	walk.made += new && row->schedule == OHTD_MISSION_ERRAND;
	if (new && row->schedule == OHTD_MISSION_ERRAND && !walk.errand)
		fail_msg("seed %llu: mission %lld goes to the dock without a release", (unsigned long long)walk.seed, (long long)row->id);
	if (drives(row->state) && !drives(seen->state))
		began(row, new, attended);
	if (!drives(row->state) && walk.may == row->id)
		walk.may = 0;
	if (changed && row->schedule == OHTD_MISSION_ERRAND && !strcmp(row->state, OHTD_MISSION_FINISHED))
		walk.finished++;
	if (changed && (!strcmp(row->state, OHTD_MISSION_FAILED) || !strcmp(row->state, OHTD_MISSION_CANCELLED) ||
			(!strcmp(row->state, OHTD_MISSION_HELD) && strcmp(row->reason, OHTD_MISSIONS_ACKNOWLEDGE)))) {
		tally.held++;
		walk.errand = walk.errand && row->schedule != OHTD_MISSION_ERRAND;
		walk.schedule = walk.schedule && row->schedule <= 0;
	}
	seen->schedule = row->schedule;
	snprintf(seen->state, sizeof(seen->state), "%s", row->state);
	snprintf(seen->reason, sizeof(seen->reason), "%s", row->reason);
}

/* Behind each tick and act. */
static void look(void)
{
	static struct ohtd_mission_board board;
	unsigned int open = 0;
	bool attended = false;

	ohtd_missions_look(rig.missions, &board);
	for (int i = 0; i < KNOWN_MAX; i++)
		attended = attended || (!strcmp(walk.seen[i].state, OHTD_MISSION_HELD) && !strcmp(walk.seen[i].reason, OHTD_MISSIONS_ACKNOWLEDGE));
	for (unsigned int i = board.count; i--;) {
		see(&board.items[i].row, attended);
		open += board.items[i].row.schedule == OHTD_MISSION_ERRAND && !is_over(board.items[i].row.state);
	}
	walk.asked = 0;
	if (open > 1)
		fail_msg("seed %llu: %u missions go to the dock", (unsigned long long)walk.seed, open);
	if (walk.made > walk.given + walk.finished)
		fail_msg("seed %llu: %u missions to the dock of %u releases", (unsigned long long)walk.seed, walk.made, walk.given);
}

static void step(void)
{
	fixture_run_ms(rig.robot->f, 250);
	ohtd_keeper_turn(rig.keeper, NULL);
	__real_ohtd_store_call(rig.store, work_nothing, NULL);
	ohtd_missions_part.tick(rig.missions);
	look();
	walk.errand_over = walk.errand ? 0 : walk.errand_over + 1;
	walk.schedule_over = walk.schedule ? 0 : walk.schedule_over + 1;
	if ((walk.errand_over > END_TICKS && goes_to_dock()) || (walk.schedule_over > END_TICKS && is_released_too()))
		fail_msg("seed %llu: a release outlives what has ended it", (unsigned long long)walk.seed);
}

/* By a person at the robot. True: it was done. */
static bool hand(enum ohtd_command_kind kind, double target_mm, double speed_mm_s, unsigned int value)
{
	struct ohtd_command command = {
		.id = ++rig.robot->run.asked, .kind = kind, .role = OHTD_ROLE_ADMINISTRATOR, .target_mm = target_mm, .speed_mm_s = speed_mm_s,
		.by = { .user = "bert", .session = "bert", .role = OHTD_ROLE_ADMINISTRATOR },
	};

	if (kind == OHTD_COMMAND_MODE)
		command.mode = (uint8_t)value;
	if (kind == OHTD_COMMAND_OVERRIDE)
		command.percent = (uint8_t)value;
	snprintf(command.caller_id, sizeof(command.caller_id), "by bert %llu", (unsigned long long)command.id);
	return fixture_command(rig.robot->f, &command).outcome == OHTD_OUTCOME_DONE;
}

static void put_right(void)
{
	static const enum ohtd_command_kind steps[OHTD_STATES] = {
		[OHTD_STATE_ESTOP] = OHTD_COMMAND_RESET, [OHTD_STATE_FAULT] = OHTD_COMMAND_RESET_FAULT, [OHTD_STATE_SAFE] = OHTD_COMMAND_ENABLE,
	};
	const struct ohtd_control *control = &rig.robot->f->control;

	rig.robot->f->fake->pressed = false;
	driver_sim(rig.robot, "clear");
	hand(OHTD_COMMAND_CONTROL_TAKE_OVER, NAN, 0, 0);
	for (int i = 0; i < 8 && control->state != OHTD_STATE_IDLE; i++) {
		if (steps[control->state])
			hand(steps[control->state], NAN, 0, 0);
		step();
	}
	hand(OHTD_COMMAND_MODE, NAN, 0, OHTD_MODE_AUTOMATIC);
	hand(OHTD_COMMAND_CONTROL_RELEASE, NAN, 0, 0);
}

static void ask_for(enum ohtd_missions_act what, int64_t id)
{
	struct ohtd_mission row = { .id = id };

	walk.asked = what == OHTD_MISSIONS_START || what == OHTD_MISSIONS_RESUME ? id : 0;
	if (!ohtd_missions_act(rig.missions, what, &person, &row) && what == OHTD_MISSIONS_DRAIN)
		walk.errand = walk.schedule = false;
	look();
}

/* One that is in @state; 0: none is. */
static int64_t some(const char *state)
{
	for (unsigned int at = roll(KNOWN_MAX), i = 0; i < KNOWN_MAX; i++)
		if (!strcmp(walk.seen[(at + i) % KNOWN_MAX].state, state))
			return (at + i) % KNOWN_MAX;
	return 0;
}

static int work_add_walk(struct ohtd_db *db, void *arg)
{
	int64_t *id = arg;
	struct ohtd_mission_leg legs[] = {
		made_leg("move", rig.robot->rail->position_mm > 1000 ? 900 : 1100), made_leg(*id ? "acknowledge" : "undock", NAN), made_leg("move", 1200),
	};
	struct ohtd_mission row = {
		.name = "walk", .state = OHTD_MISSION_WAITING, .leg = 1, .legs = 3, .made_legs = 3, .through_leg = 3, .rounds = 1, .round = 1,
		.revision = 1, .made_by = "anna",
	};
	int r = ohtd_mission_add(db, &row, legs);

	*id = row.id;
	return r;
}

static void make_and_start(void)
{
	int64_t id = roll(2);

	assert_int_equal(__real_ohtd_store_call(rig.store, work_add_walk, &id), 0);
	ohtd_missions_changed(rig.missions);
	step();
	ask_for(OHTD_MISSIONS_START, id);
}

static void try_to_release(int64_t schedule)
{
	if (*try_release_of(schedule))
		return;
	walk.given += schedule == OHTD_MISSION_ERRAND;
	*(schedule == OHTD_MISSION_ERRAND ? &walk.errand : &walk.schedule) = true;
	*(schedule == OHTD_MISSION_ERRAND ? &walk.errand_over : &walk.schedule_over) = 0;
}

static void withdraw(int64_t schedule)
{
	static struct ohtd_missions_releasing asked;

	asked = (struct ohtd_missions_releasing){ .person = person, .row.id = schedule };
	assert_int_equal(ohtd_missions_withdraw(rig.missions, &asked), 0);
	*(schedule == OHTD_MISSION_ERRAND ? &walk.errand : &walk.schedule) = false;
}

static void change_limits(void)
{
	static const struct ohtd_settings_battery limits[] = {
		{ .charged_percent = 60 }, { 30, 0, 60 }, { 30, 20, 60 }, { 50, 40, 100 }, { 30, 20, 60 }, { 50, 50, 51 },
	};

	rig.battery = limits[roll(sizeof(limits) / sizeof(limits[0]))];
	walk.errand = walk.errand && rig.battery.dock_percent > 0;
}

/* The daemon of the robot does not end, so what it has answered goes with the old one. */
static void restart_missions(void)
{
	struct ohtd_answer answer;

	fixture_run_ms(rig.robot->f, 3000);
	while (ohtd_link_take(&rig.robot->f->links[2], &answer) == 1)
		;
	walk.errand = walk.schedule = false;
	walk.may = 0;
	restart();
}

static void lose_a_module(void)
{
	static const char *const lines[] = { "fault 2 silence", "fault 4 silence", "fault 5 silence", "set 5 docking_status 4", "clear", "clear" };

	driver_sim(rig.robot, lines[roll(sizeof(lines) / sizeof(lines[0]))]);
}

static void set_some_charge(void)
{
	static const double percent[] = { 0, 10, 15, 15, 19, 21, 31, 45, 60, 100 };

	set_charge(percent[roll(sizeof(percent) / sizeof(percent[0]))]);
}

static void fail_some_writes(void)
{
	rig.calls_left = roll(3);
	rig.failing = 1 + roll(3);
}

static void act_in_person(void)
{
	static const enum ohtd_command_kind kinds[] = {
		OHTD_COMMAND_STOP, OHTD_COMMAND_DISABLE, OHTD_COMMAND_JOG, OHTD_COMMAND_MOVE, OHTD_COMMAND_MODE, OHTD_COMMAND_OVERRIDE,
		OHTD_COMMAND_CONTROL_TAKE, OHTD_COMMAND_CONTROL_RELEASE,
	};
	enum ohtd_command_kind kind = kinds[roll(sizeof(kinds) / sizeof(kinds[0]))];

	hand(kind, kind == OHTD_COMMAND_MOVE ? 1000 + roll(300) : (double)NAN, kind == OHTD_COMMAND_JOG ? 50 - 100.0 * roll(2) : 0,
	     kind == OHTD_COMMAND_MODE ? roll(OHTD_MODES) : 10 + 90 * roll(2));
}

static void release_way_to_dock(void)
{
	try_to_release(OHTD_MISSION_ERRAND);
}

static void release_schedule(void)
{
	try_to_release(rig.row.id);
}

static void withdraw_one(void)
{
	withdraw(roll(2) ? rig.row.id : OHTD_MISSION_ERRAND);
}

static void end_session_and_log_in(void)
{
	rig.forbidden = true;
	walk.errand = walk.schedule = false;
	for (int i = 0; i < 2 * END_TICKS; i++)
		step();
	rig.forbidden = false;
}

static void resume_one(void)
{
	ask_for(OHTD_MISSIONS_RESUME, some(roll(3) ? OHTD_MISSION_HELD : OHTD_MISSION_PAUSED));
}

static void start_one(void)
{
	ask_for(OHTD_MISSIONS_START, some(OHTD_MISSION_WAITING));
}

static void drain_or_pause(void)
{
	ask_for(roll(2) ? OHTD_MISSIONS_DRAIN : OHTD_MISSIONS_PAUSE, some(OHTD_MISSION_RUNNING));
}

static void cancel_one(void)
{
	ask_for(OHTD_MISSIONS_CANCEL, some(roll(2) ? OHTD_MISSION_RUNNING : OHTD_MISSION_HELD));
}

static void set_clock_somehow(void)
{
	set_clock(((int64_t)roll(3) - 1) * 40 * S);
}

static void act(void)
{
	static void (*const acts[])(void) = {
		act_in_person, act_in_person, act_in_person, act_in_person, press, put_right,
		release_way_to_dock, release_way_to_dock, release_way_to_dock, release_schedule, release_schedule, withdraw_one, set_some_charge, set_some_charge,
		set_some_charge, change_limits, end_session_and_log_in, restart_missions, lose_a_module, fail_some_writes, make_and_start, resume_one,
		start_one, drain_or_pause, cancel_one, set_clock_somehow,
	};
	unsigned int which = roll(sizeof(acts) / sizeof(acts[0]));

	if (getenv("OHT_TRACE"))
		printf("%.3f: act %u, errand %d, schedule %d, may %lld\n", (double)virtual_now_ns(&rig.robot->run) / OHTD_NS_PER_S, which, walk.errand,
		       walk.schedule, (long long)walk.may);
	tally.acts++;
	/* What was posted has arrived. */
	fixture_run_ms(rig.robot->f, 30);
	acts[which]();
}

static void play(uint64_t seed)
{
	uint64_t until_ns;

	memset(&walk, 0, sizeof(walk));
	walk.seed = seed;
	begin_at(1000, 1);
	rig.robot->run.dice = seed;
	rig.forbidden = false;
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	walk.reader.seen = atomic_load(&rig.robot->f->control.event_ring.newest);
	walk.inner = rig.robot->f->watch;
	walk.inner_context = rig.robot->f->watch_context;
	rig.robot->f->watch = watch;
	try_to_release(OHTD_MISSION_ERRAND);
	try_to_release(rig.row.id);
	until_ns = virtual_now_ns(&rig.robot->run) + WALK_S * OHTD_NS_PER_S;
	while (virtual_now_ns(&rig.robot->run) < until_ns) {
		if (!ohtd_state_is_enabled(rig.robot->f->control.state) && !roll(4))
			put_right();
		else if (!roll(8))
			act();
		else
			step();
	}
	tally.errands += walk.made;
	tally.docked += walk.finished;
	rig.failing = rig.calls_left = 0;
	rig.forbidden = false;
	end();
}

/* As the seed says: OHT_SEED=n OHT_RUNS=1 OHT_TRACE=1 tells one. */
static void nothing_drives_unless_a_person_has_asked(void **state)
{
	uint64_t first = series_first(81400);
	unsigned int runs = series_runs(SEEDS);

	for (unsigned int i = 0; i < runs; i++) {
		assert_int_equal(set_up(state), 0);
		play(first + i);
		assert_int_equal(tear_down(state), 0);
	}
	print_message("%u robots, %u acts: %u ways to the dock, %u of them charged, %u starts of schedules, %u holds and ends, %u commands\n", runs,
		      tally.acts, tally.errands, tally.docked, tally.scheduled, tally.held, tally.commands);
	if (runs >= SEEDS)
		assert_true(tally.errands && tally.scheduled && tally.commands);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_that_is_left_out_is_later_and_one_that_comes_twice_is_the_first),
		cmocka_unit_test(times_are_those_that_clocks_show),
		cmocka_unit_test_setup_teardown(only_a_released_schedule_moves_the_robot, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whatever_interrupts_the_robot_ends_a_release, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_would_hold_a_mission_refuses_a_release, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stop_at_the_moment_of_a_release_ends_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mission_that_is_held_or_cancelled_ends_the_release_of_its_schedule, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_clock_that_nothing_keeps_right_starts_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_time_over_which_the_clock_is_set_is_passed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_robot_that_was_off_makes_nothing_up_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_disk_that_is_full_at_the_start_does_not_end_schedules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_store_that_takes_nothing_makes_none_and_none_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(with_little_charge_no_leg_begins_but_to_dock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_a_release_sends_a_robot_to_its_dock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_robot_with_little_charge_docks_charges_and_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_template_goes_with_its_schedules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_robot_that_waits_for_a_person_does_not_drive_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_drain_takes_the_robot_out, set_up, tear_down),
		cmocka_unit_test(nothing_drives_unless_a_person_has_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
