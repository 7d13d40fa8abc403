// SPDX-License-Identifier: GPL-2.0-or-later
#include "mission_rig.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/part.h"
#include "main/command_keeper.h"
#include "scratch.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"

struct rig rig;

void rig_set_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

int64_t rig_utc_s(int year, int month, int day, int hour, int minute)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute };

	return timegm(&tm);
}

/* ---- the robot of the daemon is the one in virtual time ---- */

int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out);
int __wrap_ohtd_robot_event(const struct ohtd_robot *robot, struct ohtd_event_reader *reader, struct ohtd_event_record *record);
uint64_t __wrap_ohtd_robot_events(const struct ohtd_robot *robot);
unsigned int __wrap_ohtd_control_link_number(const struct ohtd_robot *robot, const struct ohtd_link *link);
struct ohtd_settings_battery __wrap_ohtd_settings_battery(struct ohtd_settings *settings);
bool __wrap_ohtd_courses_lacks(void);
bool __wrap_ohtd_courses_clock_is_kept(void);
void __wrap_ohtd_robot_stations(struct ohtd_robot *robot, struct ohtd_stations *stations);
void __wrap_ohtd_robot_look(const struct ohtd_robot *robot, const struct ohtd_snapshot *snapshot, uint64_t now_ns, struct ohtd_telemetry_sight *sight);
const char *__real_ohtd_missions_forbidden(const struct ohtd_missions *missions, const struct ohtd_missions_person *person, unsigned int kind);
const char *__wrap_ohtd_missions_forbidden(const struct ohtd_missions *missions, const struct ohtd_missions_person *person, unsigned int kind);
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

/* No register has a value. */
void __wrap_ohtd_robot_look(const struct ohtd_robot *robot, const struct ohtd_snapshot *snapshot, uint64_t now_ns, struct ohtd_telemetry_sight *sight)
{
	(void)robot;
	*sight = (struct ohtd_telemetry_sight){ .snapshot = snapshot, .now_ns = now_ns };
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

const struct ohtd_missions_person rig_person = {
	.who = { .user = "anna", .role = OHTD_ROLE_OPERATOR, .local = true },
	.by = { .user = "anna", .session = "anna", .role = OHTD_ROLE_OPERATOR },
};

int64_t rig_now_ns(void)
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

void rig_restart(void)
{
	ohtd_missions_close(rig.missions);
	open_missions();
}

void rig_turn(void)
{
	fixture_run_ms(rig.robot->f, 250);
	ohtd_keeper_turn(rig.keeper, NULL);
	__real_ohtd_store_call(rig.store, work_nothing, NULL);
	ohtd_missions_part.tick(rig.missions);
}

void rig_run_s(unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds * 4; i++)
		rig_turn();
}

void rig_set_clock(int64_t by_ns)
{
	struct ohtd_clock_view view;

	atomic_fetch_add(&rig.robot->f->time.realtime_ns, by_ns);
	atomic_store(&rig.robot->f->time.synchronised, true);
	ohtd_clock_look(&rig.robot->f->clock, &view);
}

struct ohtd_mission_leg rig_made_leg(const char *kind, double position_mm)
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
	struct ohtd_mission_leg leg = rig_made_leg("move", rig.robot->rail->position_mm + 100);
	struct ohtd_mission template = {
		.name = "round", .state = OHTD_MISSION_TEMPLATE, .leg = 1, .legs = 1, .made_legs = 1, .through_leg = 1, .rounds = 1, .round = 1,
		.revision = 1, .made_by = "anna",
	};
	struct ohtd_mission_schedule *row = arg;
	int r = ohtd_mission_add(db, &template, &leg);

	row->template = template.id;
	return r ? r : ohtd_mission_schedule_add(db, row);
}

void rig_begin_at(double position_mm, int64_t every_min)
{
	char path[96], why[512];
	uint64_t given;
	static struct ohtd_life known;
	struct ohtd_db *db;

	rig_set_zone(BERLIN);
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
	atomic_store(&rig.robot->f->time.realtime_ns, rig_utc_s(2027, 6, 7, 3, 59) * S + 50 * S);
	rig_run_s(2);
	rig.row = (struct ohtd_mission_schedule){
		.days = 127, .from_min = 360, .until_min = 600, .every_min = every_min, .made_by = "bert", .made_ns = rig_now_ns(), .last_ns = rig_now_ns(),
	};
	assert_int_equal(__real_ohtd_store_call(rig.store, work_add, &rig.row), 0);
	ohtd_missions_schedules_changed(rig.missions);
	rig_run_s(1);
}

void rig_begin(void)
{
	rig_begin_at(9000, 5);
}

void rig_end(void)
{
	ohtd_missions_close(rig.missions);
	ohtd_keeper_end(rig.keeper, NULL);
	ohtd_keeper_destroy(rig.keeper);
	ohtd_store_stop(rig.store);
	driver_end(rig.robot);
}

/* ---- what people do and see ---- */

const char *rig_try_release_of(int64_t schedule)
{
	static struct ohtd_missions_releasing asked;
	int r;

	asked = (struct ohtd_missions_releasing){ .person = rig_person, .row.id = schedule };
	r = ohtd_missions_release(rig.missions, &asked);
	if (r == -ENODEV)
		return "off";
	if (r != (asked.why ? -EPERM : 0))
		fail_msg("release: %d", r);
	return asked.why ? asked.why : "";
}

const char *rig_try_release(void)
{
	return rig_try_release_of(rig.row.id);
}

void rig_release(void)
{
	assert_string_equal(rig_try_release(), "");
}

bool rig_is_released_too(void)
{
	static struct ohtd_missions_schedule_board board;

	ohtd_missions_look_at_schedules(rig.missions, &board);
	for (unsigned int i = 0; i < board.release_count; i++)
		if (board.releases[i].schedule == rig.row.id)
			return true;
	return false;
}

bool rig_is_released(void)
{
	static struct ohtd_missions_schedule_board board;

	ohtd_missions_look_at_schedules(rig.missions, &board);
	return board.release_count == 1 && board.releases[0].schedule == rig.row.id;
}

bool rig_goes_to_dock(void)
{
	static struct ohtd_missions_schedule_board board;

	ohtd_missions_look_at_schedules(rig.missions, &board);
	for (unsigned int i = 0; i < board.release_count; i++)
		if (board.releases[i].schedule == OHTD_MISSION_ERRAND)
			return true;
	return false;
}

static int read_schedule(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_schedule_get(db, arg);
}

void rig_is_last(const char *reason)
{
	assert_int_equal(ohtd_store_read(rig.store, read_schedule, &rig.row), 0);
	assert_string_equal(rig.row.last_reason, reason);
}

struct ohtd_mission rig_mission(int64_t id)
{
	struct ohtd_mission row = { .id = id };

	pthread_mutex_lock(&rig.missions->lock);
	assert_int_equal(ohtd_missions_load(rig.missions, &row), 0);
	pthread_mutex_unlock(&rig.missions->lock);
	return row;
}

struct ohtd_mission rig_newest(void)
{
	assert_int_equal(ohtd_store_read(rig.store, read_schedule, &rig.row), 0);
	return rig_mission(rig.row.last_mission);
}

void rig_is_newest(const char *state, const char *reason)
{
	struct ohtd_mission row = rig_newest();

	assert_string_equal(row.state, state);
	assert_string_equal(row.reason, reason);
	assert_int_equal(row.schedule, rig.row.id);
}

void rig_is_mission(int64_t id, const char *state, const char *reason)
{
	struct ohtd_mission row = rig_mission(id);

	assert_string_equal(row.state, state);
	assert_string_equal(row.reason, reason);
}

static int work_count(struct ohtd_db *db, void *arg)
{
	static struct ohtd_mission_board board;
	int r = ohtd_missions_board(db, &board);

	(void)arg;
	return r ? r : (int)board.count;
}

void rig_are(int count)
{
	assert_int_equal(ohtd_store_read(rig.store, work_count, NULL), count);
}

void rig_ask(enum ohtd_missions_act what, int64_t id)
{
	struct ohtd_mission row = { .id = id };

	assert_int_equal(ohtd_missions_act(rig.missions, what, &rig_person, &row), 0);
}

void rig_cancel_newest(void)
{
	rig_ask(OHTD_MISSIONS_CANCEL, rig_newest().id);
}

void rig_by_hand(enum ohtd_command_kind kind, double target_mm)
{
	struct ohtd_command command = {
		.id = ++rig.robot->run.asked, .kind = kind, .by = rig_person.by, .role = OHTD_ROLE_ADMINISTRATOR, .target_mm = target_mm,
	};

	snprintf(command.caller_id, sizeof(command.caller_id), "by hand %llu", (unsigned long long)command.id);
	assert_int_equal(fixture_command(rig.robot->f, &command).outcome, OHTD_OUTCOME_DONE);
}

void rig_stop_it(void)
{
	rig_by_hand(OHTD_COMMAND_STOP, NAN);
}

void rig_press(void)
{
	fake_bus_press(rig.robot->f->fake);
	fixture_run_ms(rig.robot->f, 50);
}

void rig_mend(void)
{
	rig.robot->f->fake->pressed = false;
	fixture_run_ms(rig.robot->f, 2000);
	rig_by_hand(OHTD_COMMAND_RESET, NAN);
	fixture_run_ms(rig.robot->f, 500);
}

void rig_pass_first(void)
{
	rig_run_s(15);
	rig_cancel_newest();
}

void rig_set_charge(double percent)
{
	char line[64];

	snprintf(line, sizeof(line), "set 2 battery_soc %.0f", 10 * percent);
	driver_sim(rig.robot, line);
}

int rig_set_up(void **state)
{
	char base[] = "/tmp/oht-mission-XXXXXX";

	(void)state;
	memset(&rig, 0, sizeof(rig));
	if (scratch_make(base))
		return -1;
	snprintf(rig.dir, sizeof(rig.dir), "%s", base);
	return 0;
}

int rig_tear_down(void **state)
{
	(void)state;
	scratch_remove(rig.dir);
	return 0;
}
