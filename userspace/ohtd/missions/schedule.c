// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Schedules: when the time of one has come, a mission is made. It is started only under a release, in the name of the person who gave it.
 * A release is in memory alone, and ends by whatever would hold a mission.
 */
#include "missions/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "courses/courses.h"
#include "robot/verbs.h"
#include "store/store.h"

/* A time that is seen so much later was not there to be seen: the program did not run, or the computer slept. */
#define LATE_NS		(60 * (int64_t)OHTD_NS_PER_S)
#define LOOK_NS		OHTD_NS_PER_S

static int work_schedules(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_schedules(db, arg);
}

static int work_get(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_schedule_get(db, arg);
}

static int work_turn(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_schedule_turn(db, arg);
}

void ohtd_missions_schedules_changed(struct ohtd_missions *missions)
{
	atomic_store(&missions->schedules_stale, true);
}

/* ---- releases ---- */

struct ohtd_missions_release *ohtd_missions_release_of(struct ohtd_missions *missions, int64_t schedule)
{
	for (unsigned int i = 0; i < missions->release_count; i++)
		if (missions->releases[i].schedule == schedule)
			return &missions->releases[i];
	return NULL;
}

/* What looks are answered with. */
static void show(struct ohtd_missions *missions)
{
	struct ohtd_missions_schedule_board *board = &missions->schedule_board;

	pthread_mutex_lock(&missions->board_lock);
	board->count = missions->schedule_count;
	memcpy(board->rows, missions->schedules, sizeof(board->rows));
	board->release_count = missions->release_count;
	memcpy(board->releases, missions->releases, sizeof(board->releases));
	pthread_mutex_unlock(&missions->board_lock);
}

static void end_release(struct ohtd_missions *missions, struct ohtd_missions_release *release, const char *why)
{
	ohtd_log(OHTD_LOG_NOTICE, "missions", "release_ended", "schedule %" PRId64 ", released by %s: %s", release->schedule, release->person.who.user,
		 why);
	*release = missions->releases[--missions->release_count];
	show(missions);
}

void ohtd_missions_end_release(struct ohtd_missions *missions, int64_t schedule, const char *why)
{
	struct ohtd_missions_release *release = schedule ? ohtd_missions_release_of(missions, schedule) : NULL;

	if (release)
		end_release(missions, release, why);
}

void ohtd_missions_end_releases(struct ohtd_missions *missions, const char *why)
{
	while (missions->release_count)
		end_release(missions, &missions->releases[missions->release_count - 1], why);
}

/* A word that was given before a stop is none behind the reset: a release ends, and a resume of the revision before is refused. */
static void interrupt(struct ohtd_missions *missions, unsigned int why)
{
	ohtd_missions_end_releases(missions, why ? ohtd_why_name(why) : OHTD_MISSIONS_UNSEEN);
	/* A person may have to move the robot by hand before the mission goes on. */
	missions->held_stale = missions->held_stale || why != OHTD_WHY_REPLACED;
}

void ohtd_missions_heed(struct ohtd_missions *missions)
{
	const unsigned int own = ohtd_control_link_number(missions->setup.robot, missions->setup.link);
	const uint64_t lost = missions->heeded.lost;
	struct ohtd_event_record record;

	while (ohtd_robot_event(missions->setup.robot, &missions->heeded, &record)) {
		unsigned int why = record.kind == OHTD_RECORD_TRANSITION && record.link != own ? ohtd_robot_interrupts(record.event) : 0;

		if (why)
			interrupt(missions, why);
	}
	if (missions->heeded.lost != lost)
		interrupt(missions, 0);
	/* An event just before the release is in the ring sooner than in the snapshot by which the release was judged. */
	if (missions->release_count && ohtd_missions_without_outputs(missions))
		ohtd_missions_end_releases(missions, ohtd_missions_without_outputs(missions));
	ohtd_missions_renew_held(missions);
}

/* Those whose session, role or key is no more, and those of schedules that were deleted. */
static void end_stale(struct ohtd_missions *missions)
{
	for (unsigned int i = missions->release_count; i--;) {
		struct ohtd_missions_release *release = &missions->releases[i];
		const char *why = ohtd_missions_forbidden(missions, &release->person, 0);
		unsigned int at = 0;

		while (at < missions->schedule_count && missions->schedules[at].id != release->schedule)
			at++;
		if (!why && release->schedule != OHTD_MISSION_ERRAND && at == missions->schedule_count)
			why = OHTD_MISSIONS_SCHEDULE_GONE;
		if (why)
			end_release(missions, release, why);
	}
}

static int read_schedules(struct ohtd_missions *missions)
{
	int count;

	if (!atomic_exchange(&missions->schedules_stale, false))
		return 0;
	count = ohtd_store_read(missions->setup.store, work_schedules, missions->schedules);
	if (count < 0) {
		/* Tried again in the next turn. What was read in part says nothing. */
		ohtd_missions_schedules_changed(missions);
		missions->schedule_count = 0;
		return count;
	}
	missions->schedule_count = (unsigned int)count;
	memset(missions->schedule_next_ns, 0, sizeof(missions->schedule_next_ns));
	end_stale(missions);
	show(missions);
	return 0;
}

/* A stop or a foreign motion that would hold a mission now refuses the release as well: a reset and an enable must not start what was asked for before. */
static int refused(struct ohtd_missions *missions, struct ohtd_missions_releasing *asked)
{
	asked->why = ohtd_missions_prevented(missions);
	return asked->why ? -EPERM : 0;
}

static int release(struct ohtd_missions *missions, struct ohtd_missions_releasing *asked)
{
	struct ohtd_missions_release *release = ohtd_missions_release_of(missions, asked->row.id);
	int r = refused(missions, asked);

	if (!r && !release && missions->release_count == OHTD_MISSIONS_RELEASES_MAX)
		r = -ENOENT;
	if (r)
		return r;
	if (!release)
		release = &missions->releases[missions->release_count++];
	*release = (struct ohtd_missions_release){ asked->row.id, asked->person, ohtd_clock_wall_ns(missions->setup.clock) };
	ohtd_log(OHTD_LOG_NOTICE, "missions", "schedule_released", "schedule %" PRId64 " by %s", asked->row.id, asked->person.who.user);
	show(missions);
	return 0;
}

static int load(struct ohtd_missions *missions, struct ohtd_missions_releasing *asked)
{
	if (asked->row.id != OHTD_MISSION_ERRAND)
		return ohtd_store_read(missions->setup.store, work_get, &asked->row);
	ohtd_missions_look_at_limits(missions);
	return missions->battery.dock_percent > 0 ? 0 : -ENODEV;
}

int ohtd_missions_release(struct ohtd_missions *missions, struct ohtd_missions_releasing *asked)
{
	int r;

	pthread_mutex_lock(&missions->lock);
	r = ohtd_missions_look_at_robot(missions) ? 0 : -EAGAIN;
	ohtd_missions_heed(missions);
	ohtd_missions_schedules_changed(missions);
	if (!r)
		r = read_schedules(missions);
	if (!r)
		r = load(missions, asked);
	if (!r)
		r = release(missions, asked);
	pthread_mutex_unlock(&missions->lock);
	return r;
}

int ohtd_missions_withdraw(struct ohtd_missions *missions, struct ohtd_missions_releasing *asked)
{
	int r;

	pthread_mutex_lock(&missions->lock);
	r = load(missions, asked);
	if (!r || r == -ENODEV) {
		r = 0;
		ohtd_missions_end_release(missions, asked->row.id, OHTD_MISSIONS_WITHDRAWN);
		ohtd_log(OHTD_LOG_NOTICE, "missions", "release_withdrawn", "schedule %" PRId64 " by %s", asked->row.id, asked->person.who.user);
	}
	pthread_mutex_unlock(&missions->lock);
	return r;
}

void ohtd_missions_look_at_schedules(struct ohtd_missions *missions, struct ohtd_missions_schedule_board *board)
{
	pthread_mutex_lock(&missions->board_lock);
	*board = missions->schedule_board;
	pthread_mutex_unlock(&missions->board_lock);
}

/* ---- a time has come ---- */

static int work_awaits(struct ohtd_db *db, void *arg)
{
	(void)arg;
	return ohtd_missions_row_is_held(db, OHTD_MISSIONS_ACKNOWLEDGE);
}

bool ohtd_missions_await_person(struct ohtd_missions *missions)
{
	return ohtd_store_read(missions->setup.store, work_awaits, NULL);
}

/* Why the mission waits for a person; "": it is started. */
static const char *why_waits(struct ohtd_missions *missions, const struct ohtd_missions_release *release)
{
	return !release ? OHTD_MISSIONS_SCHEDULE_NOT_RELEASED :
	       !ohtd_courses_clock_is_kept(missions->setup.courses) ? OHTD_MISSIONS_CLOCK_UNKEPT :
	       missions->row.id || ohtd_missions_await_person(missions) ? OHTD_MISSIONS_DRIVEN :
	       ohtd_missions_uncharged(missions, NULL) ? OHTD_MISSIONS_BATTERY : "";
}

/* Why the time is passed over; NULL: it is not. */
static const char *why_skipped(const struct ohtd_missions *missions, int64_t at_ns, int64_t now_ns)
{
	/* The first look of this run: the time was before it. */
	if (!missions->schedules_boot_ns)
		return OHTD_MISSION_MISSED;
	if (ohtd_clock_leapt_since(missions->setup.clock, missions->schedules_boot_ns))
		return OHTD_MISSION_CLOCK_SET;
	return now_ns > at_ns + LATE_NS ? OHTD_MISSION_MISSED : NULL;
}

static void start(struct ohtd_missions *missions, struct ohtd_mission *row)
{
	const struct ohtd_missions_release *release = ohtd_missions_release_of(missions, row->schedule);
	int r = release ? ohtd_missions_begin_driving(missions, &release->person, row, &missions->heeded) : -ENOENT;

	if (r)
		ohtd_log(OHTD_LOG_WARNING, "missions", "schedule_not_started", "mission %" PRId64 " of schedule %" PRId64 " waits: %s", row->id,
			 row->schedule, strerror(-r));
}

static void turn(struct ohtd_missions *missions, unsigned int i, int64_t now_ns)
{
	struct ohtd_mission_schedule *schedule = &missions->schedules[i];
	struct ohtd_mission_turn turn = {
		.schedule = *schedule, .at_ns = ohtd_mission_schedule_newest_ns(schedule, now_ns), .now_ns = now_ns,
		.legs = calloc(OHTD_MISSION_LEGS_MAX, sizeof(*turn.legs)),
	};
	int r = turn.legs ? 0 : -ENOMEM;

	turn.skip = why_skipped(missions, turn.at_ns, now_ns);
	turn.waits = why_waits(missions, ohtd_missions_release_of(missions, schedule->id));
	if (!r)
		r = ohtd_store_call(missions->setup.store, work_turn, &turn);
	free(turn.legs);
	if (r) {
		/* Changed since, or the store takes nothing: a time that is not written down is tried again until it is too late for it. */
		if (r != -ENOENT && r != -EALREADY)
			ohtd_log(OHTD_LOG_WARNING, "missions", "schedule_not_kept", "schedule %" PRId64 ": %s", schedule->id, strerror(-r));
		ohtd_missions_schedules_changed(missions);
		return;
	}
	*schedule = turn.schedule;
	missions->schedule_next_ns[i] = 0;
	ohtd_missions_changed(missions);
	show(missions);
	ohtd_log(turn.skip ? OHTD_LOG_WARNING : OHTD_LOG_NOTICE, "missions", turn.skip ? "schedule_skipped" : "schedule_made",
		 "schedule %" PRId64 " (%s), mission %" PRId64 "%s%s", schedule->id, schedule->name, turn.mission.id,
		 turn.skip || *turn.waits ? ": " : "", turn.skip ? turn.skip : turn.waits);
	if (turn.mission.id && !*turn.waits)
		start(missions, &turn.mission);
}

/* Up to which moment its times were dealt with. */
static int64_t dealt_ns(const struct ohtd_missions *missions, const struct ohtd_mission_schedule *schedule, int64_t now_ns)
{
	if (!ohtd_mission_schedule_was_ahead(schedule, now_ns))
		return schedule->last_ns;
	return missions->schedules_wall_ns && missions->schedules_wall_ns < now_ns ? missions->schedules_wall_ns : now_ns;
}

static bool is_due(struct ohtd_missions *missions, unsigned int i, int64_t now_ns)
{
	const struct ohtd_mission_schedule *schedule = &missions->schedules[i];
	int64_t *next_ns = &missions->schedule_next_ns[i];

	if (!*next_ns)
		*next_ns = ohtd_mission_schedule_next_ns(schedule, dealt_ns(missions, schedule, now_ns));
	return *next_ns <= now_ns;
}

void ohtd_missions_schedules_step(struct ohtd_missions *missions)
{
	uint64_t boot_ns = ohtd_clock_boottime_ns(missions->setup.clock);
	int64_t now_ns;

	ohtd_missions_heed(missions);
	if (read_schedules(missions) || ohtd_since(boot_ns, missions->schedules_boot_ns) < LOOK_NS)
		return;
	end_stale(missions);
	if (!missions->begun)
		return;
	now_ns = ohtd_clock_wall_ns(missions->setup.clock);
	/* The zone of the machine may have been set, or the clock set back. */
	if (now_ns / LATE_NS != missions->schedules_wall_ns / LATE_NS) {
		tzset();
		memset(missions->schedule_next_ns, 0, sizeof(missions->schedule_next_ns));
	}
	for (unsigned int i = 0; i < missions->schedule_count; i++)
		if (is_due(missions, i, now_ns))
			turn(missions, i, now_ns);
	missions->schedules_wall_ns = now_ns;
	missions->schedules_boot_ns = boot_ns;
}
