// SPDX-License-Identifier: GPL-2.0-or-later
/* A change that waits until the robot stands: it goes live then, is withdrawn by a person, or is dropped with a reason. */
#include "settings/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/robot.h"
#include "robot/codes.h"
#include "store/store.h"
#include "accounts/users.h"

#define LINE_BYTES	900
/* Between two attempts at dropping what the store does not drop. */
#define AGAIN_S		1

/* The refusal says that the robot moves, or that its outputs are high, and nothing else: both pass. */
static bool passes(const struct ohtd_change *change)
{
	const struct ohtd_why_list *why = &change->answer.why;

	if (change->result != OHTD_CHANGE_REFUSED)
		return false;
	for (uint32_t i = 0; i < why->count && i < OHTD_WHY_MAX; i++)
		if (why->items[i].code != OHTD_WHY_MOVING && why->items[i].code != OHTD_WHY_STATE &&
		    why->items[i].code != OHTD_WHY_ENABLED && why->items[i].code != OHTD_WHY_EXPIRED)
			return false;
	return why->count;
}

/* The daemon ends: the next start drops it, and says so. */
static bool is_leaving(const struct ohtd_change *change)
{
	return change->result == OHTD_CHANGE_REFUSED && change->answer.why.count == 1 &&
	       change->answer.why.items[0].code == OHTD_WHY_SHUTTING_DOWN;
}

/* ---- it begins to wait ---- */

static int get_user(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_get(db, user);
}

/* The account of @by as it is now; zeros: there is no account behind it. 0 or a negative errno; -ENOENT: it is gone. */
static int account_of(const struct ohtd_settings *settings, const struct ohtd_holder *by, struct ohtd_user *user)
{
	*user = (struct ohtd_user){ .id = by->user_id };
	return by->user_id ? ohtd_store_read(settings->setup.store, get_user, user) : 0;
}

void ohtd_standstill_begin(struct ohtd_settings *settings, struct ohtd_change *change)
{
	struct ohtd_unconfirmed pending = {
		.version = change->version.version, .returns_to = change->version.returns_to, .by = change->by,
		.within_s = change->confirm_within_s, .waits = true,
		.asked_ns = ohtd_clock_wall_ns(settings->setup.clock),
	};
	struct ohtd_user user;

	if (!change->at_standstill || !passes(change))
		return;
	change->version.waits = true;
	change->error = account_of(settings, &change->by, &user);
	if (!change->error)
		change->error = ohtd_version_keep(settings, &change->version, change->now);
	if (change->error) {
		change->result = OHTD_CHANGE_NOT_KEPT;
		return;
	}
	settings->later_values = settings->wanted;
	settings->later_epoch = user.epoch;
	settings->later = (struct ohtd_change){
		.at_standstill = true, .if_version = settings->head.version, .by = change->by, .elevated = change->elevated,
		.tag = change->tag, .confirm_within_s = change->confirm_within_s, .valid_ms = change->valid_ms,
		.version = change->version, .needs_standstill = true, .wait_s = change->wait_s ? change->wait_s : OHTD_WAIT_S_MAX,
	};
	memcpy(settings->later.reason, change->reason, sizeof(change->reason));
	pending.until_ns = ohtd_clock_monotonic_ns(settings->setup.clock) + settings->later.wait_s * OHTD_NS_PER_S;
	pthread_mutex_lock(&settings->lock);
	settings->pending = pending;
	*settings->dropped = 0;
	pthread_cond_signal(&settings->wake);
	pthread_mutex_unlock(&settings->lock);
	ohtd_log(OHTD_LOG_NOTICE, "settings", "config_waits_for_standstill", "version %lld by %s, at most %u s",
		 (long long)change->version.version, change->by.user, settings->later.wait_s);
	change->pending = pending;
	change->result = OHTD_CHANGE_DONE;
	snprintf(change->version.state, sizeof(change->version.state), "waiting");
}

void ohtd_standstill_take_back(struct ohtd_settings *settings, const struct ohtd_change *change)
{
	int r = ohtd_version_keep(settings, &settings->later.version, change->now);

	if (r)
		ohtd_version_take_back(settings, change->version.version);
}

/* ---- it ends ---- */

void ohtd_standstill_end(struct ohtd_settings *settings)
{
	pthread_mutex_lock(&settings->lock);
	if (settings->pending.waits)
		memset(&settings->pending, 0, sizeof(settings->pending));
	pthread_mutex_unlock(&settings->lock);
	*settings->drop_cause = 0;
}

/* Says that the version will not be live. */
static void tell_dropped(struct ohtd_settings *settings, const struct ohtd_config_version *version, const char *cause)
{
	struct ohtd_settings_note note = {
		.act = "drop of a change", .who = ohtd_settings_own.user, .version = version, .reason = cause,
	};

	ohtd_log(OHTD_LOG_WARNING, "settings", "config_dropped", "version %lld by %s waited for standstill and %s",
		 (long long)version->version, version->author, cause);
	if (settings->setup.note)
		settings->setup.note(settings->setup.arg, &note);
	pthread_mutex_lock(&settings->lock);
	snprintf(settings->dropped, sizeof(settings->dropped), "version %lld by %s waited for standstill and %s",
		 (long long)version->version, version->author, cause);
	settings->dropped_ns = ohtd_clock_monotonic_ns(settings->setup.clock);
	pthread_mutex_unlock(&settings->lock);
}

/*
 * What cannot be dropped now, as on a full disk, would be in the list of versions as one that waits: so it does wait, but to be dropped.
 */
static void drop_later(struct ohtd_settings *settings, const char *cause, int error)
{
	settings->drop_again_ns = ohtd_clock_monotonic_ns(settings->setup.clock) + AGAIN_S * OHTD_NS_PER_S;
	if (*settings->drop_cause)
		return;
	snprintf(settings->drop_cause, sizeof(settings->drop_cause), "%s", cause);
	ohtd_log(OHTD_LOG_WARNING, "settings", "config_not_dropped", "version %lld by %s, which waited for standstill, %s: the store does "
		 "not take that (%s) and is asked again; it will not be live", (long long)settings->later.version.version,
		 settings->later.version.author, cause, strerror(-error));
}

static void drop(struct ohtd_settings *settings, const char *cause)
{
	int r = ohtd_version_drop(settings, settings->later.version.version);

	if (r) {
		drop_later(settings, cause, r);
		return;
	}
	tell_dropped(settings, &settings->later.version, cause);
	ohtd_standstill_end(settings);
}

void ohtd_standstill_withdraw(struct ohtd_settings *settings, struct ohtd_change *change)
{
	change->error = ohtd_version_drop(settings, settings->later.version.version);
	change->version = settings->head;
	if (change->error) {
		change->result = OHTD_CHANGE_NOT_KEPT;
		return;
	}
	ohtd_standstill_end(settings);
	ohtd_log(OHTD_LOG_NOTICE, "settings", "config_withdrawn", "version %lld by %s, which waited for standstill",
		 (long long)change->pending.version, change->by.user);
}

static int waiting(struct ohtd_db *db, void *head)
{
	return ohtd_db_config_waiting(db, head);
}

void ohtd_standstill_drop_old(struct ohtd_settings *settings)
{
	struct ohtd_config_version *version = &settings->later.version;
	uint64_t now_ns = ohtd_clock_monotonic_ns(settings->setup.clock);

	if (ohtd_store_read(settings->setup.store, waiting, version))
		return;
	settings->pending = (struct ohtd_unconfirmed){
		.version = version->version, .waits = true, .until_ns = now_ns, .asked_ns = version->created_ns,
	};
	snprintf(settings->pending.by.user, sizeof(settings->pending.by.user), "%s", version->author);
	drop(settings, "was dropped since ohtd ended before the robot stood");
}

/* ---- it goes live ---- */

/*
 * Its author has the right no more that it was asked with, or whatever ends all sessions, as a new password, has ended the one that
 * asked. A store that cannot tell cannot keep the version either.
 */
static bool lost_its_right(const struct ohtd_settings *settings)
{
	const struct ohtd_holder *by = &settings->later.by;
	struct ohtd_user user;
	int r = account_of(settings, by, &user);

	return r == -ENOENT || (by->user_id && !r && (user.disabled || user.role < by->role || user.epoch != settings->later_epoch));
}

static bool is_in_other_hands(const struct ohtd_snapshot *snapshot, const struct ohtd_holder *by)
{
	const struct ohtd_holder *holder = &snapshot->control.holder;

	return snapshot->control.held && (holder->user_id != by->user_id || strcmp(holder->session, by->session));
}

/* Why it does not wait any longer. False: it does. */
static bool is_over(const struct ohtd_settings *settings, char *cause)
{
	const struct ohtd_change *later = &settings->later;

	if (settings->head.version != later->if_version)
		snprintf(cause, OHTD_CAUSE_BYTES, "was dropped since version %lld, of which it was made, is not live any more",
			 (long long)later->if_version);
	else if (ohtd_clock_monotonic_ns(settings->setup.clock) >= settings->pending.until_ns)
		snprintf(cause, OHTD_CAUSE_BYTES, "was dropped since the robot did not stand within %u s", later->wait_s);
	else
		return false;
	return true;
}

static void say_why(const struct ohtd_change *change, char *cause)
{
	if (change->result == OHTD_CHANGE_REFUSED)
		snprintf(cause, OHTD_CAUSE_BYTES, "was dropped since the robot refused it: %s",
			 ohtd_why_name(change->answer.why.count ? change->answer.why.items[0].code : OHTD_WHY_NONE));
	else
		snprintf(cause, OHTD_CAUSE_BYTES, "was dropped since it could not be written down: %s",
			 change->result == OHTD_CHANGE_NOT_KEPT ? strerror(-change->error) : "out of memory");
}

static void tell_live(struct ohtd_settings *settings, const struct ohtd_change *change)
{
	char line[LINE_BYTES];
	struct ohtd_settings_note note = {
		.act = "change at standstill", .who = change->version.author, .version = &change->version, .reason = change->reason,
		.difference = line,
	};

	ohtd_change_line(change, false, line, sizeof(line));
	if (settings->setup.note)
		settings->setup.note(settings->setup.arg, &note);
}

/* As a change that is asked for now, in all but the answer. */
static void go_live(struct ohtd_settings *settings)
{
	struct ohtd_change change = settings->later;
	char cause[OHTD_CAUSE_BYTES];

	if (lost_its_right(settings)) {
		drop(settings, "was dropped since the account may not make it any more");
		return;
	}
	change.absent = true;
	settings->wanted = settings->later_values;
	change.version.waits = false;
	change.version.created_ns = ohtd_clock_wall_ns(settings->setup.clock);
	if (ohtd_settings_compare(settings, &settings->items, &change))
		ohtd_settings_commit(settings, &change);
	else
		change.result = OHTD_CHANGE_NO_MEMORY;
	if (!change.result) {
		tell_live(settings, &change);
		ohtd_settings_set_level(settings, &change);
	} else if (!passes(&change) && !is_leaving(&change) && change.result != OHTD_CHANGE_NOT_POSTED) {
		say_why(&change, cause);
		drop(settings, cause);
	}
	ohtd_change_drop(&change);
}

/* What the robot shows. @stands: nothing is under way. @others: another session is in control. */
static bool look(const struct ohtd_settings *settings, bool *stands, bool *others)
{
	struct ohtd_snapshot *snapshot = malloc(sizeof(*snapshot));
	bool seen = snapshot && !ohtd_robot_snapshot(settings->setup.robot, snapshot);

	*stands = seen && ohtd_state_stands(snapshot->state);
	*others = seen && is_in_other_hands(snapshot, &settings->later.by);
	free(snapshot);
	return seen;
}

static void drop_again(struct ohtd_settings *settings)
{
	if (ohtd_clock_monotonic_ns(settings->setup.clock) >= settings->drop_again_ns)
		drop(settings, settings->drop_cause);
}

void ohtd_standstill_turn(struct ohtd_settings *settings)
{
	char cause[OHTD_CAUSE_BYTES];
	bool stands, others;

	pthread_mutex_lock(&settings->writer);
	/* The stop at the end of the daemon is no standstill for which a person has waited. */
	if (settings->pending.waits && !settings->leaves && !ohtd_robot_leaves(settings->setup.robot)) {
		if (*settings->drop_cause)
			drop_again(settings);
		else if (is_over(settings, cause))
			drop(settings, cause);
		else if (look(settings, &stands, &others) && stands && others)
			drop(settings, "was dropped since another session is in control of the robot");
		else if (stands)
			go_live(settings);
	}
	pthread_mutex_unlock(&settings->writer);
}

void ohtd_settings_leave(struct ohtd_settings *settings)
{
	if (!settings)
		return;
	settings->leaves = true;
	ohtd_effect_leave(settings);
}

void ohtd_standstill_rest(const struct ohtd_settings *settings)
{
	if (settings->pending.waits)
		ohtd_log(OHTD_LOG_WARNING, "settings", "config_waits_no_more",
			 "version %lld by %s waits for standstill until ohtd ends: the next start drops it",
			 (long long)settings->pending.version, settings->pending.by.user);
}

uint64_t ohtd_settings_dropped(struct ohtd_settings *settings, char why[OHTD_RETURNED_BYTES])
{
	uint64_t dropped_ns;

	*why = 0;
	if (!settings)
		return 0;
	pthread_mutex_lock(&settings->lock);
	dropped_ns = settings->dropped_ns;
	if (ohtd_since(ohtd_clock_monotonic_ns(settings->setup.clock), dropped_ns) < OHTD_TOLD_NS)
		memcpy(why, settings->dropped, OHTD_RETURNED_BYTES);
	pthread_mutex_unlock(&settings->lock);
	return *why ? dropped_ns : 0;
}
