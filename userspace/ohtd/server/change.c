// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/change.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <json-c/json.h>

#include "auth/session.h"
#include "base/clock.h"
#include "server/call.h"
#include "clients/refusal.h"
#include "server/control.h"
#include "server/late.h"
#include "server/loop.h"

struct changing {
	struct ohtd_late late;
	struct ohtd_settings *settings;
	void (*act)(struct ohtd_settings *settings, struct ohtd_change *change);
	void (*done)(struct ohtd_call *call, const struct ohtd_change *change);
	struct ohtd_change change;
};

static struct changing *of_change(struct ohtd_change *change)
{
	return (struct changing *)(void *)((char *)change - offsetof(struct changing, change));
}

static void release(struct ohtd_late *late)
{
	struct changing *job = (struct changing *)late;

	free((void *)job->change.table);
	ohtd_change_drop(&job->change);
}

struct ohtd_change *ohtd_call_change_make(struct ohtd_call *call)
{
	struct changing *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->late.release = release;
	job->settings = call->services->settings;
	job->change.by = ohtd_holder_of(&call->who);
	job->change.by.role = (uint8_t)call->who.role;
	job->change.elevated = ohtd_server_is_elevated(call);
	job->change.tag = ohtd_principal_tag(&call->who);
	job->change.opened_ns = call->conn->opened_ns;
	return &job->change;
}

void ohtd_call_change_drop(struct ohtd_change *change)
{
	ohtd_late_drop(&of_change(change)->late);
}

/* ---- the audit ---- */

/* The values of the items that differ, and that they are not live yet. */
static const char *items_of(struct ohtd_call *call, const struct ohtd_change *change, bool now)
{
	struct json_object *items = json_object_new_object();
	const char *text;

	for (size_t i = 0; items && i < change->differences; i++)
		json_object_object_add(items, change->difference[i].pointer,
				       json_object_get(now ? change->difference[i].now : change->difference[i].before));
	if (items && now && change->version.waits)
		json_object_object_add(items, "apply_at", json_object_new_string("standstill"));
	text = items ? ohtd_call_json_text(call, items) : NULL;
	json_object_put(items);
	return text;
}

void ohtd_call_change_note(struct ohtd_call *call, const struct ohtd_change *change)
{
	call->noted.object = ohtd_call_text_of(call, "version %lld", (long long)change->version.version);
	call->noted.before = items_of(call, change, false);
	call->noted.after = items_of(call, change, true);
}

/* A body with a shape is told as it is. */
static void note_refused(struct ohtd_call *call, const struct ohtd_change *change)
{
	if (!(call->asks->flags & OHTD_ROUTE_SHAPELESS) || !change->differences)
		return;
	call->noted.before = items_of(call, change, false);
	call->noted.after = items_of(call, change, true);
}

/* ---- refusals ---- */

static void refuse_items(struct ohtd_call *call, const struct ohtd_change *change)
{
	const struct ohtd_faults *faults = &change->faults;
	struct ohtd_error errors[OHTD_FAULTS_MAX];
	size_t count = faults->count < OHTD_FAULTS_MAX ? faults->count : OHTD_FAULTS_MAX;
	const char *detail = ohtd_call_text_of(call, "%s: %s; nothing was changed",
					       faults->fault[0].pointer, faults->fault[0].detail);

	for (size_t i = 0; i < count; i++)
		errors[i] = (struct ohtd_error){
			.pointer = faults->fault[i].pointer, .code = faults->fault[i].code,
			.detail = faults->fault[i].detail,
		};
	if (change->result == OHTD_CHANGE_ROLE || change->result == OHTD_CHANGE_ELEVATION ||
	    change->result == OHTD_CHANGE_LAYER)
		ohtd_reply_errors(call, 403, faults->fault[0].code, detail, errors, count);
	else if (faults->contradiction)
		ohtd_reply_errors(call, 422, "config_contradiction", detail, errors, count);
	else
		ohtd_reply_errors(call, 400, "validation", detail, errors, count);
}

static void refuse_outdated(struct ohtd_call *call, const struct ohtd_change *change)
{
	if (change->version.version)
		ohtd_reply_problem(
			call, 412, "config_changed",
			"version %lld is live, not the one of If-Match; nothing was changed",
			(long long)change->version.version);
	else
		ohtd_reply_problem(
			call, 412, "config_changed",
			"what is live could not be written down yet, so it is not the version of "
			"If-Match; ask without it; nothing was changed");
}

/* A control thread that is silent is no full queue. */
static void refuse_silent(struct ohtd_call *call, const struct ohtd_change *change)
{
	struct ohtd_refusal refusal;

	ohtd_refusal_not_taken(change->error, &refusal);
	if (change->error == -ETIMEDOUT) {
		refusal.code = "unavailable";
		refusal.detail = "the robot did not answer in time; nothing was changed";
	}
	ohtd_reply_header(call, "retry-after", "1");
	ohtd_reply_problem(call, refusal.status, refusal.code, "%s", refusal.detail);
}

static void refuse_pending(struct ohtd_call *call, const struct ohtd_change *change, const char *what)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(call->services->clock);
	uint64_t until_ns = change->pending.until_ns;
	unsigned long long left_s = ohtd_since(until_ns, now_ns) / OHTD_NS_PER_S;
	long long version = change->pending.version;
	char since[OHTD_TIME_BYTES + 1] = "";

	if (!change->pending.waits) {
		ohtd_reply_problem(call, 409, "config_pending",
				   "version %lld by %s waits for its confirmation and returns in %llu s: %s",
				   version, change->pending.by.user, left_s, what);
		return;
	}
	ohtd_time_text(change->pending.asked_ns, since);
	ohtd_reply_problem(call, 409, "config_pending",
			   "version %lld by %s waits for standstill since %s and is dropped in %llu s: %s",
			   version, change->pending.by.user, since, left_s, what);
}

/* A version of the path, or of the query. */
static int64_t version_of(const struct ohtd_call *call, const struct ohtd_change *change)
{
	return call->params.id ? call->params.id : change->version.version;
}

/* Refusals about the version that waits for its confirmation or for standstill. */
static void refuse_confirmation(struct ohtd_call *call, const struct ohtd_change *change)
{
	switch (change->result) {
	case OHTD_CHANGE_PENDING:
		refuse_pending(call, change, "nothing else is changed until then");
		break;
	case OHTD_CHANGE_NOT_YOURS:
		refuse_pending(call, change, "only its author or an administrator decides about it");
		break;
	case OHTD_CHANGE_NOTHING_PENDING:
		ohtd_reply_problem(call, 409, "nothing_pending", "no version waits for its confirmation");
		break;
	case OHTD_CHANGE_NOT_LIVE:
		ohtd_reply_problem(call, 409, "nothing_pending",
				   "version %lld waits for standstill: it is not live, so there is nothing to confirm",
				   (long long)change->pending.version);
		break;
	default:
		/* A browser lets no program choose: it takes an old connection as long as it has one. */
		call->req->http1_is_persistent = 0;
		ohtd_reply_problem(call, 409, "old_connection",
				   "this connection was open before version %lld was live: confirm it over a new one, "
				   "which shows that one can still be made",
				   (long long)change->pending.version);
		break;
	}
}

static void refuse(struct ohtd_call *call, const struct ohtd_change *change)
{
	struct ohtd_refusal refusal;

	switch (change->result) {
	case OHTD_CHANGE_REFUSED:
		ohtd_refusal_of(&change->answer, &call->memory, &refusal);
		ohtd_reply_errors(call, refusal.status, refusal.code, refusal.detail,
				  refusal.errors, refusal.errors_count);
		break;
	case OHTD_CHANGE_NOT_POSTED:
		refuse_silent(call, change);
		break;
	case OHTD_CHANGE_NOT_KEPT:
		ohtd_reply_store_problem(call, change->error);
		break;
	case OHTD_CHANGE_NOT_TAKEN_BACK:
		ohtd_reply_problem(call, 504, "no_answer_in_time",
				   "the robot did not take version %lld and the disk did not drop it: it is live from the next start on, "
				   "unless another change is made before", (long long)change->version.version);
		break;
	case OHTD_CHANGE_OUTDATED:
		refuse_outdated(call, change);
		break;
	case OHTD_CHANGE_BUSY:
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy",
				   "another change of the configuration is under way");
		break;
	case OHTD_CHANGE_NO_RESCUE:
		ohtd_reply_problem(call, 409, "config_no_rescue", OHTD_NO_RESCUE);
		break;
	case OHTD_CHANGE_NO_VERSION:
		ohtd_reply_problem(call, 404, "not_found",
				   change->error == -EBADMSG
					   ? "version %lld of the configuration cannot be read"
					   : "there is no version %lld of the configuration",
				   (long long)version_of(call, change));
		break;
	case OHTD_CHANGE_PENDING:
	case OHTD_CHANGE_NOT_YOURS:
	case OHTD_CHANGE_NOTHING_PENDING:
	case OHTD_CHANGE_NOT_LIVE:
	case OHTD_CHANGE_OLD_CONNECTION:
		refuse_confirmation(call, change);
		break;
	case OHTD_CHANGE_NO_WAY_BACK:
		ohtd_reply_problem(call, 409, "config_no_way_back",
				   "what is in force was chosen by nobody or is not written down, so nothing can return "
				   "to it: make a version that stays first");
		break;
	case OHTD_CHANGE_NO_MEMORY:
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		break;
	default:
		refuse_items(call, change);
	}
}

/* ---- the way to a worker and back ---- */

static int act(struct ohtd_late *late)
{
	struct changing *job = (struct changing *)late;

	job->act(job->settings, &job->change);
	if (job->change.result && !job->change.differences)
		ohtd_settings_asked(job->settings, &job->change);
	return 0;
}

static void answer(struct ohtd_call *call, struct ohtd_late *late)
{
	struct changing *job = (struct changing *)late;

	if (job->change.result) {
		note_refused(call, &job->change);
		refuse(call, &job->change);
	} else {
		job->done(call, &job->change);
	}
}

void ohtd_call_change(struct ohtd_call *call, struct ohtd_change *change,
		      void (*act_on)(struct ohtd_settings *settings, struct ohtd_change *change),
		      void (*done)(struct ohtd_call *call, const struct ohtd_change *change))
{
	struct changing *job = of_change(change);

	job->act = act_on;
	job->done = done;
	/* The control thread may be asked twice. */
	ohtd_late_act(call, &job->late, OHTD_LATE_MS + 2 * change->valid_ms, act, answer);
}
