// SPDX-License-Identifier: GPL-2.0-or-later
/* A version that returns by itself unless somebody confirms it, and the thread that takes it back. */
#include "settings/private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/role.h"
#include "base/thread.h"
#include "common/utf8.h"
#include "control/robot.h"
#include "robot/codes.h"
#include "robot/states.h"
#include "store/store.h"

#define STACK_BYTES	(256 * 1024)
#define CAUSE_BYTES	80
#define LINE_BYTES	900
/* Between two looks at what goes well. */
#define LOOK_MS		100
/* Between two looks whether the robot stands: a control cycle. */
#define STANDS_MS	25
/* Of the cycles within a second, times the time factor, one in so many may be missed: a busy host misses some, too. */
#define MISSED_ONE_IN	5

/* ---- who may change what ---- */

void ohtd_settings_pending(struct ohtd_settings *settings, struct ohtd_unconfirmed *pending)
{
	memset(pending, 0, sizeof(*pending));
	if (!settings)
		return;
	pthread_mutex_lock(&settings->lock);
	*pending = settings->pending;
	pthread_mutex_unlock(&settings->lock);
}

uint64_t ohtd_settings_returned(struct ohtd_settings *settings, char why[OHTD_RETURNED_BYTES])
{
	uint64_t returned_ns;

	*why = 0;
	if (!settings)
		return 0;
	pthread_mutex_lock(&settings->lock);
	returned_ns = settings->returned_ns;
	if (ohtd_since(ohtd_clock_monotonic_ns(settings->setup.clock), returned_ns) < OHTD_TOLD_NS)
		memcpy(why, settings->returned, OHTD_RETURNED_BYTES);
	pthread_mutex_unlock(&settings->lock);
	return *why ? returned_ns : 0;
}

static bool fails(struct ohtd_change *change, enum ohtd_change_result result)
{
	change->result = result;
	return false;
}

bool ohtd_unconfirmed_permits(struct ohtd_settings *settings, struct ohtd_change *change)
{
	ohtd_settings_pending(settings, &change->pending);
	if (change->pending.version)
		return fails(change, OHTD_CHANGE_PENDING);
	if (!change->confirm_within_s)
		return true;
	if (*settings->waits || settings->unkept)
		return fails(change, OHTD_CHANGE_NO_WAY_BACK);
	change->version.returns_to = settings->head.version;
	return true;
}

/* Is a version pending, and may @change->by decide about it? */
static bool may_decide(struct ohtd_settings *settings, struct ohtd_change *change)
{
	const struct ohtd_holder *by = &change->pending.by;

	ohtd_settings_pending(settings, &change->pending);
	if (!change->pending.version)
		return fails(change, OHTD_CHANGE_NOTHING_PENDING);
	if (change->by.role < OHTD_ROLE_ADMINISTRATOR &&
	    (change->by.user_id != by->user_id || strcmp(change->by.user, by->user)))
		return fails(change, OHTD_CHANGE_NOT_YOURS);
	return true;
}

/* ---- pending ---- */

static void look(const struct ohtd_settings *settings, struct ohtd_well *well)
{
	memset(well, 0, sizeof(*well));
	if (settings->setup.look)
		settings->setup.look(settings->setup.arg, well);
}

void ohtd_unconfirmed_look(struct ohtd_settings *settings)
{
	look(settings, &settings->well);
	/* A module whose address is taken out is not lost by that. */
	for (unsigned int unit = 1; unit <= OHTD_UNIT_MAX; unit++)
		if (!ohtd_searched_has(&settings->wanted.searched, (uint8_t)unit))
			settings->well.modules[unit / 64] &= ~(1ull << unit % 64);
}

static void set_end(struct ohtd_settings *settings, struct ohtd_unconfirmed *pending, uint32_t within_s)
{
	pending->within_s = within_s;
	pending->until_ns = ohtd_clock_monotonic_ns(settings->setup.clock) + within_s * OHTD_NS_PER_S;
}

void ohtd_unconfirmed_begin(struct ohtd_settings *settings, const struct ohtd_change *change)
{
	settings->returns = settings->values;
	pthread_mutex_lock(&settings->lock);
	settings->pending = (struct ohtd_unconfirmed){
		.version = change->version.version, .returns_to = change->version.returns_to, .by = change->by,
		.live_ns = ohtd_clock_monotonic_ns(settings->setup.clock),
	};
	set_end(settings, &settings->pending, change->confirm_within_s);
	pthread_cond_signal(&settings->wake);
	pthread_mutex_unlock(&settings->lock);
}

static void end_pending(struct ohtd_settings *settings)
{
	pthread_mutex_lock(&settings->lock);
	memset(&settings->pending, 0, sizeof(settings->pending));
	settings->head.returns_to = 0;
	snprintf(settings->head.state, sizeof(settings->head.state), "live");
	pthread_mutex_unlock(&settings->lock);
}

static int confirm(struct ohtd_db *db, void *version)
{
	return ohtd_db_config_confirm(db, *(const int64_t *)version);
}

void ohtd_settings_confirm(struct ohtd_settings *settings, struct ohtd_change *change)
{
	pthread_mutex_lock(&settings->writer);
	if (may_decide(settings, change)) {
		int64_t version = change->pending.version;

		if (change->pending.waits)
			change->result = OHTD_CHANGE_NOT_LIVE;
		else if (change->opened_ns <= change->pending.live_ns)
			change->result = OHTD_CHANGE_OLD_CONNECTION;
		else
			change->error = ohtd_store_call(settings->setup.store, confirm, &version);
		if (change->error)
			change->result = OHTD_CHANGE_NOT_KEPT;
	}
	if (!change->result) {
		end_pending(settings);
		ohtd_log(OHTD_LOG_NOTICE, "settings", "config_confirmed", "version %lld by %s",
			 (long long)change->pending.version, change->by.user);
	}
	change->version = settings->head;
	pthread_mutex_unlock(&settings->writer);
}

void ohtd_settings_extend(struct ohtd_settings *settings, struct ohtd_change *change)
{
	pthread_mutex_lock(&settings->writer);
	if (may_decide(settings, change) && (!change->pending.waits || fails(change, OHTD_CHANGE_NOT_LIVE))) {
		if (!change->confirm_within_s)
			change->confirm_within_s = change->pending.within_s;
		set_end(settings, &change->pending, change->confirm_within_s);
		pthread_mutex_lock(&settings->lock);
		settings->pending = change->pending;
		pthread_mutex_unlock(&settings->lock);
		ohtd_log(OHTD_LOG_NOTICE, "settings", "config_extended", "version %lld waits for %u s more, by %s",
			 (long long)change->pending.version, change->confirm_within_s, change->by.user);
	}
	pthread_mutex_unlock(&settings->writer);
}

/* ---- the way back ---- */

void ohtd_unconfirmed_tell(struct ohtd_settings *settings, const struct ohtd_change *change, int64_t was,
		       const char *cause)
{
	char text[LINE_BYTES];
	size_t used = (size_t)snprintf(text, sizeof(text), "version %lld %s, so version %lld has the values of before: ",
				       (long long)was, cause, (long long)change->version.version);
	struct ohtd_settings_note note = {
		.act = "return of the configuration", .who = ohtd_settings_own.user, .version = &change->version,
		.reason = change->version.reason, .difference = text + used,
	};

	ohtd_change_line(change, false, text + used, sizeof(text) - used);
	ohtd_log(OHTD_LOG_WARNING, "settings", "config_returned", "%s", text);
	if (settings->setup.note)
		settings->setup.note(settings->setup.arg, &note);
	pthread_mutex_lock(&settings->lock);
	snprintf(settings->returned, sizeof(settings->returned), "%.*s", oht_utf8_cut(text, sizeof(settings->returned) - 1), text);
	settings->returned_ns = ohtd_clock_monotonic_ns(settings->setup.clock);
	pthread_mutex_unlock(&settings->lock);
}

/* Written down behind, not before: a start in between finds the version pending, and takes it back as well. */
static void keep(struct ohtd_settings *settings, struct ohtd_change *change)
{
	int r = ohtd_version_keep(settings, &change->version, change->now);

	if (r)
		ohtd_log(OHTD_LOG_ERROR, "settings", "config_not_kept", "version %lld: %s; it holds until the end of this run",
			 (long long)change->version.version, strerror(-r));
	ohtd_settings_live(settings, change->now, r ? &settings->head : &change->version);
	end_pending(settings);
	if (r)
		ohtd_version_hold(settings, &change->version);
	else
		ohtd_effect_begin(settings);
}

/* The values of before are live again. False: the robot does not take them now, or there is no memory. */
static bool give_back(struct ohtd_settings *settings, struct ohtd_change *change, const char *cause)
{
	snprintf(change->reason, sizeof(change->reason), "version %lld %s", (long long)change->pending.version, cause);
	change->version = ohtd_version_next(settings, &change->by, change->reason);
	settings->wanted = settings->returns;
	if (!ohtd_settings_compare(settings, &settings->items, change))
		return fails(change, OHTD_CHANGE_NO_MEMORY);
	change->needs_standstill = ohtd_change_needs_standstill(settings, change);
	if (change->needs_standstill &&
	    ohtd_settings_robot_refuses(settings, change, ohtd_settings_offer(settings)))
		return false;
	keep(settings, change);
	return true;
}

void ohtd_settings_give_up(struct ohtd_settings *settings, struct ohtd_change *change)
{
	pthread_mutex_lock(&settings->writer);
	if (!may_decide(settings, change)) {
		pthread_mutex_unlock(&settings->writer);
		return;
	}
	if (change->pending.waits) {
		ohtd_standstill_withdraw(settings, change);
	} else if (give_back(settings, change, "was given up")) {
		ohtd_log(OHTD_LOG_NOTICE, "settings", "config_given_up", "version %lld by %s",
			 (long long)change->pending.version, change->by.user);
		ohtd_settings_set_level(settings, change);
	}
	pthread_mutex_unlock(&settings->writer);
}

/* ---- the thread ---- */

static bool misses(const struct ohtd_well *then, const struct ohtd_well *now)
{
	/* A device that came anew counts from nought. */
	return now->cycles >= then->cycles && now->missed >= then->missed &&
	       (now->missed - then->missed) * MISSED_ONE_IN > now->cycles - then->cycles;
}

/* What went well before the change and does not now; @second: as it was a second ago. */
static bool is_worse(const struct ohtd_settings *settings, const struct ohtd_well *second,
		     const struct ohtd_well *now, char *cause)
{
	const struct ohtd_well *then = &settings->well;
	static const struct ohtd_well none;
	const char *what = NULL;

	for (unsigned int unit = 1; unit <= OHTD_UNIT_MAX; unit++)
		if ((then->modules[unit / 64] & ~now->modules[unit / 64]) >> unit % 64 & 1) {
			snprintf(cause, CAUSE_BYTES, "was taken back since module %u was lost", unit);
			return true;
		}
	if (then->device && !now->device)
		what = "the device of the bus was lost";
	else if (then->threads && !now->threads)
		what = "a thread of ohtd stalled";
	else if (then->store && !now->store)
		what = "the store took no changes any more";
	else if (!misses(&none, then) && misses(second, now))
		what = "the bus missed cycles";
	if (what)
		snprintf(cause, CAUSE_BYTES, "was taken back since %s", what);
	return what;
}

/* @done_for: the version for which that was said last. */
static void say_order(int64_t *done_for, const struct ohtd_change *change, const char *cause, const char *what)
{
	if (*done_for != change->pending.version)
		ohtd_log(OHTD_LOG_WARNING, "settings", "config_returns", "version %lld %s: %s for the values of before",
			 (long long)change->pending.version, cause, what);
	*done_for = change->pending.version;
}

/*
 * The robot refuses the values of before. Under way it is stopped; the profile of a module needs low outputs, too. A robot that stands is
 * not stopped: that removes no reason, and would end each motion that is asked for. The next look tries again. Held: writer.
 */
static void make_way(struct ohtd_settings *settings, const struct ohtd_change *change, const char *cause)
{
	if (ohtd_settings_refused_for(change, OHTD_WHY_STATE)) {
		say_order(&settings->stopped_for, change, cause, "the robot is stopped");
		ohtd_settings_order(settings, OHTD_COMMAND_STOP);
	} else if (ohtd_settings_refused_for(change, OHTD_WHY_ENABLED)) {
		say_order(&settings->disabled_for, change, cause, "the outputs are switched off");
		ohtd_settings_order(settings, OHTD_COMMAND_DISABLE);
	}
}

/* Held: writer. */
static void take_back(struct ohtd_settings *settings, const char *cause)
{
	struct ohtd_change change = {
		.by = ohtd_settings_own, .elevated = true, .pending = settings->pending,
	};

	if (give_back(settings, &change, cause)) {
		ohtd_unconfirmed_tell(settings, &change, change.pending.version, cause);
		ohtd_settings_set_level(settings, &change);
	} else if (change.result == OHTD_CHANGE_REFUSED || change.result == OHTD_CHANGE_NOT_TAKEN_BACK) {
		make_way(settings, &change, cause);
	}
	ohtd_change_drop(&change);
}

/* Does the pending version return now? */
static bool is_over(struct ohtd_settings *settings, const struct ohtd_unconfirmed *pending,
		    const struct ohtd_well *second, const struct ohtd_well *now, char *cause)
{
	if (ohtd_clock_monotonic_ns(settings->setup.clock) < pending->until_ns)
		return is_worse(settings, second, now, cause);
	snprintf(cause, CAUSE_BYTES, "was not confirmed within %u s", pending->within_s);
	return true;
}

/* @pending: as looked at before; somebody may have confirmed or extended it meanwhile. */
static void judge(struct ohtd_settings *settings, const struct ohtd_unconfirmed *pending,
		  const struct ohtd_well *second, const struct ohtd_well *now)
{
	char cause[CAUSE_BYTES];

	if (!is_over(settings, pending, second, now, cause))
		return;
	pthread_mutex_lock(&settings->writer);
	if (settings->pending.version == pending->version &&
	    is_over(settings, &settings->pending, second, now, cause))
		take_back(settings, cause);
	pthread_mutex_unlock(&settings->writer);
}

/* While nothing is pending the thread wakes for what is measured. False: the thread is to end. */
static bool await_pending(struct ohtd_settings *settings, struct ohtd_unconfirmed *pending)
{
	struct timespec until;
	bool ends;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += OHTD_EFFECT_EVERY_S;
	pthread_mutex_lock(&settings->lock);
	if (!settings->ends && !settings->pending.version)
		pthread_cond_timedwait(&settings->wake, &settings->lock, &until);
	*pending = settings->pending;
	ends = settings->ends;
	pthread_mutex_unlock(&settings->lock);
	return !ends;
}

/* Is a second over, stretched as the times after which a module is lost? */
static bool is_second_over(const struct ohtd_well *now, uint64_t passed_ns)
{
	return passed_ns >= OHTD_NS_PER_S * (now->time_factor ? now->time_factor : 1);
}

static void *run(void *arg)
{
	struct ohtd_settings *settings = arg;
	struct ohtd_clock *clock = settings->setup.clock;
	struct ohtd_well second = { 0 }, now;
	struct ohtd_unconfirmed pending;
	uint64_t second_ns = 0;

	while (await_pending(settings, &pending)) {
		uint64_t now_ns = ohtd_clock_monotonic_ns(clock);
		bool anew = second_ns < pending.live_ns, over;

		ohtd_effect_turn(settings);
		if (!pending.version) {
			ohtd_version_keep_held(settings);
			continue;
		}
		if (pending.waits) {
			ohtd_standstill_turn(settings);
			ohtd_clock_wait(clock, NULL, 0, now_ns + STANDS_MS * OHTD_NS_PER_MS);
			continue;
		}
		look(settings, &now);
		over = anew || is_second_over(&now, ohtd_since(now_ns, second_ns));
		/* A share of missed cycles is judged when its second is over. */
		judge(settings, &pending, over && !anew ? &second : &now, &now);
		if (over) {
			second = now;
			second_ns = now_ns;
		}
		ohtd_clock_wait(clock, NULL, 0, now_ns + LOOK_MS * OHTD_NS_PER_MS);
	}
	return NULL;
}

void ohtd_returner_init(struct ohtd_settings *settings)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&settings->wake, &attr);
	pthread_condattr_destroy(&attr);
}

int ohtd_returner_start(struct ohtd_settings *settings)
{
	static const struct ohtd_thread thread = {
		.name = "ohtd-settings", .stack_bytes = STACK_BYTES, .run = run,
	};
	int r = ohtd_thread_start(&settings->returner, &thread, settings);

	settings->runs = !r;
	return -r;
}

void ohtd_settings_rest(struct ohtd_settings *settings)
{
	if (!settings || !settings->runs)
		return;
	pthread_mutex_lock(&settings->lock);
	settings->ends = true;
	pthread_cond_signal(&settings->wake);
	pthread_mutex_unlock(&settings->lock);
	pthread_join(settings->returner, NULL);
	settings->runs = false;
	ohtd_standstill_rest(settings);
	ohtd_effect_rest(settings);
}
