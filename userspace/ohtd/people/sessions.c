// SPDX-License-Identifier: GPL-2.0-or-later
/* auth: the account that asks, its sessions, and their ends. */
#include "people/people.h"
#include "server/call.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/keys.h"
#include "auth/session.h"
#include "base/clock.h"
#include "server/cookie.h"
#include "server/late.h"
#include "lists/list.h"
#include "views/words.h"

/* ---- how a session is shown ---- */

enum { PERSON, DEVICE };
static const char *const kinds[] = { [PERSON] = "person", [DEVICE] = "device" };
OHTD_WORDS_OF(kind_words, kinds);

OHTD_SHAPE_SHARED(ohtd_session_view, "Session",
	OHTD_TEXT(ohtd_session_view, id, .summary = "Names the session; not secret",
		  .example = "\"9c1b8a7d5e4f3a2b1c0d9e8f7a6b5c4d\""),
	OHTD_WORD(ohtd_session_view, kind, .words = &kind_words, .summary = "What opened it: a person by a password, or a device by its key"),
	OHTD_TIME(ohtd_session_view, created, .flags = OHTD_NULL, .summary = "When it was begun"),
	OHTD_TIME(ohtd_session_view, last_used, .flags = OHTD_NULL,
		  .summary = "Newest request; after a restart of ohtd the newest renewal"),
	OHTD_TEXT(ohtd_session_view, address, .summary = "Where the log-in came from",
		  .example = "\"192.0.2.7\""),
	OHTD_TEXT(ohtd_session_view, user_agent,
		  .summary = "What the client called itself: at most 120 characters of ASCII"),
	OHTD_BOOLEAN(ohtd_session_view, current, .summary = "The session of this request"));

static struct ohtd_session_view view_of(const struct ohtd_call *call,
					const struct ohtd_session *session)
{
	return (struct ohtd_session_view){
		.id = session->id,
		.kind = session->device ? DEVICE : PERSON,
		.created = session->created_s * (int64_t)OHTD_NS_PER_S,
		.last_used = session->used_s * (int64_t)OHTD_NS_PER_S,
		.address = session->address,
		.user_agent = session->agent,
		.current = !strcmp(session->id, call->who.session),
		.number = session->number,
	};
}

const struct ohtd_session_view *ohtd_session_views(struct ohtd_call *call, int64_t user_id,
						   size_t *count)
{
	struct ohtd_session *sessions = ohtd_call_alloc(call, OHTD_SESSIONS_PER_USER *
							sizeof(*sessions));
	struct ohtd_session_view *views = ohtd_call_alloc(call, OHTD_SESSIONS_PER_USER *
							  sizeof(*views));

	*count = (size_t)ohtd_auth_sessions(call->services->auth, user_id, sessions,
					    OHTD_SESSIONS_PER_USER);
	for (size_t i = 0; i < *count; i++)
		views[i] = view_of(call, &sessions[i]);
	return views;
}

/* ---- who am I ---- */

struct me {
	int64_t id;
	const char *username;
	int role;
	const char *session;
	const char *key;
	int64_t uid;
	const char *user;
	int64_t elevated_for_ms;
	int64_t pin_for_ms;
};

OHTD_SHAPE(me, "Me",
	OHTD_INTEGER(me, id, .flags = OHTD_NULL,
		     .summary = "Number of the account; null over the local socket"),
	OHTD_TEXT(me, username, .flags = OHTD_NULL, .summary = "Its name"),
	OHTD_WORD(me, role, .words = &ohtd_role_words, .summary = "What is allowed"),
	OHTD_TEXT(me, session, .flags = OHTD_NULL, .summary = "Id of the session"),
	OHTD_TEXT(me, key, .flags = OHTD_NULL, .summary = "Id of the key by which the program came in; null: none"),
	OHTD_INTEGER(me, uid, .flags = OHTD_NULL,
		     .summary = "Over the local socket: who, as the kernel says"),
	OHTD_TEXT(me, user, .flags = OHTD_NULL, .summary = "Over the local socket: the user as audit and log name it, uid 1001 (ros)"),
	OHTD_INTEGER(me, elevated_for_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "How long the session is still elevated, 0: it is not; null over the "
				"local socket, where nothing needs it"),
	OHTD_INTEGER(me, pin_for_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "The same by the PIN, which opens reset and enable in the layer plant, and nothing else"));

static void get_me(struct ohtd_call *call)
{
	const struct ohtd_principal *who = &call->who;

	OHTD_REPLY(call, 200, me, (&(struct me){
		.id = who->local ? OHTD_NONE : who->user_id,
		.username = who->local ? NULL : who->user,
		.role = (int)who->role,
		.session = who->local || who->by_key ? NULL : who->session,
		.key = ohtd_auth_key_of(who),
		.uid = who->local ? (int64_t)who->uid : OHTD_NONE,
		.user = who->local ? who->user : NULL,
		.elevated_for_ms = who->local ? OHTD_NONE :
				   ohtd_auth_elevated_ms(call->services->auth, who),
		.pin_for_ms = who->local ? OHTD_NONE : ohtd_auth_pin_ms(call->services->auth, who),
	}));
}

/* ---- all of the account ---- */

struct session_query {
	struct ohtd_page page;
};

OHTD_SHAPE(session_query, "SessionQuery",
	OHTD_PART(session_query, page, ohtd_page));

static_assert(OHTD_SESSIONS_PER_USER <= OHTD_LIMIT_PRESET, "who says no limit gets all of them");

struct session_page {
	const struct ohtd_session_view *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(session_page, "SessionPage",
	OHTD_LIST(session_page, items, ohtd_session_view, .summary = "Sessions, the newest first"),
	OHTD_NEXT_CURSOR(session_page));

static void get_sessions(struct ohtd_call *call)
{
	const struct session_query *asked = OHTD_QUERY(call, session_query);
	const struct ohtd_session_view *views;
	size_t count, first = 0, limit = asked->page.limit;
	struct session_page page = { 0 };
	uint64_t before = UINT64_MAX;

	if (ohtd_cursor_take_of_run(call, &asked->page, &before) < 0)
		return;
	views = ohtd_session_views(call, call->who.user_id, &count);
	while (first < count && views[first].number >= before)
		first++;
	page.items = views + first;
	page.items_count = count - first;
	if (page.items_count > limit) {
		page.items_count = limit;
		page.next_cursor = ohtd_cursor_text_of_run(call, page.items[limit - 1].number);
	}
	OHTD_REPLY(call, 200, session_page, &page);
}

/* ---- ends ---- */

struct end_job {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	char id[OHTD_SESSION_ID_BYTES];
};

static int work_end(struct ohtd_db *db, void *arg)
{
	struct end_job *job = arg;

	return ohtd_db_session_end(db, job->id, 0);
}

/* -ENOENT: something else has ended it at the same time. */
static void settle_end(struct ohtd_late *late)
{
	const struct end_job *job = (const struct end_job *)late;

	if (!late->result || late->result == -ENOENT)
		ohtd_auth_gone(job->auth, job->id);
}

static void answer_end(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result && late->result != -ENOENT)
		ohtd_reply_store_problem(call, late->result);
	else
		ohtd_reply_empty(call, 204);
}

static void end_session(struct ohtd_call *call, const char *id, int64_t user_id)
{
	struct end_job *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->auth = call->services->auth;
	if (!ohtd_auth_end(job->auth, id, user_id)) {
		ohtd_reply_problem(call, 404, "not_found", "there is no such session");
		ohtd_late_drop(&job->late);
		return;
	}
	snprintf(job->id, sizeof(job->id), "%s", id);
	if (!strcmp(id, call->who.session))
		ohtd_cookie_clear(call);
	job->late.settle = settle_end;
	ohtd_late_write(call, &job->late, work_end, answer_end);
}

static void post_logout(struct ohtd_call *call)
{
	if (ohtd_call_has_session(call))
		end_session(call, call->who.session, call->who.user_id);
}

/* An administrator ends the session of anybody. */
static void delete_session(struct ohtd_call *call)
{
	end_session(call, call->params.name,
		    call->who.role == OHTD_ROLE_ADMINISTRATOR ? 0 : call->who.user_id);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_POST, .path = "auth/logout", .role = OHTD_ROLE_VIEWER,
		.act = { "log", "logged", " out" },
		.flags = OHTD_ROUTE_DAILY | OHTD_ROUTE_MEMORY | OHTD_ROUTE_EXPIRED_OK | OHTD_ROUTE_ENROL | OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found", "no_session" },
		.handle = post_logout,
		.summary = "End the own session",
	}, {
		.method = OHTD_GET, .path = "auth/me", .role = OHTD_ROLE_VIEWER, .flags = OHTD_ROUTE_ENROL,
		.replies = { { 200, &me_shape } },
		.handle = get_me,
		.summary = "Who asks",
	}, {
		.method = OHTD_GET, .path = "auth/sessions", .role = OHTD_ROLE_VIEWER, .flags = OHTD_ROUTE_ENROL,
		.query = &session_query_shape,
		.replies = { { 200, &session_page_shape } },
		.handle = get_sessions,
		.summary = "The own sessions",
	}, {
		.method = OHTD_DELETE, .path = "auth/sessions/{name}", .role = OHTD_ROLE_VIEWER,
		.act = { "end", "ended", " a session" },
		.flags = OHTD_ROUTE_DAILY | OHTD_ROUTE_MEMORY | OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found" },
		.handle = delete_session,
		.summary = "End an own session; an administrator, any",
	},
};

OHTD_ROUTE_TABLE(ohtd_session_routes, "Sessions", routes);
