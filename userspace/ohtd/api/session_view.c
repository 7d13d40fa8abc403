// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/session_view.h"

#include <string.h>

#include "auth/session.h"
#include "base/clock.h"
#include "server/call.h"

OHTD_SHAPE_SHARED(ohtd_session_view, "Session",
	OHTD_TEXT(ohtd_session_view, id, .summary = "Names the session; not secret",
		  .example = "\"9c1b8a7d5e4f3a2b1c0d9e8f7a6b5c4d\""),
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

	*count = (size_t)ohtd_auth_sessions(ohtd_call_auth(call), user_id, sessions,
					    OHTD_SESSIONS_PER_USER);
	for (size_t i = 0; i < *count; i++)
		views[i] = view_of(call, &sessions[i]);
	return views;
}
