// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/control.h"

#include <stdio.h>
#include <string.h>

#include "auth/session.h"
#include "base/clock.h"
#include "server/loop.h"
#include "control/lease.h"
#include "control/robot.h"

/* Far less than the lease lasts, and no burden for the ring. */
#define RENEWED_MS	1000

struct ohtd_holder ohtd_holder_of(const struct ohtd_principal *who)
{
	struct ohtd_holder holder = { .user_id = who->user_id, .role = (uint8_t)who->role };

	snprintf(holder.user, sizeof(holder.user), "%s", who->user);
	if (who->local)
		snprintf(holder.session, sizeof(holder.session), "uid %u", who->uid);
	else
		snprintf(holder.session, sizeof(holder.session), "%s", who->session);
	return holder;
}

/* Without an answer to anybody. Should the ring be full, it is told again: the lease says so. */
static void tell(struct ohtd_loop *loop, uint32_t kind, const struct ohtd_holder *session)
{
	const struct ohtd_command command = { .kind = kind, .by = *session, .role = session->role };

	ohtd_link_post(loop->link, &command);
}

/* Should the ring be full: without a refresh the jog expires a moment later. */
void ohtd_control_hung_up(struct ohtd_loop *loop, uint64_t connection)
{
	const struct ohtd_command command = {
		.kind = OHTD_COMMAND_HUNG_UP, .connection = connection,
	};

	ohtd_link_post(loop->link, &command);
}

static const struct ohtd_control_view *look(struct ohtd_loop *loop)
{
	return &ohtd_loop_snapshot(loop)->control;
}

void ohtd_control_heard(struct ohtd_loop *loop, const struct ohtd_principal *who)
{
	const struct ohtd_control_view *view = look(loop);
	const struct ohtd_holder session = ohtd_holder_of(who);
	uint64_t now_ms = ohtd_clock_monotonic_ns(loop->server->services->clock) / OHTD_NS_PER_MS;
	bool is_offered = view->offered && session.user_id &&
			  session.user_id == view->holder.user_id;

	if (!is_offered && (!ohtd_lease_is_of(view, &session) ||
			    now_ms - loop->control_renewed_ms < RENEWED_MS))
		return;
	loop->control_renewed_ms = now_ms;
	tell(loop, OHTD_COMMAND_CONTROL_RENEW, &session);
}

/* Has a local user lost the role that control needs? Without an open connection the lease runs out by itself. */
static bool is_lowered(struct ohtd_loop *loop, const struct ohtd_holder *holder)
{
	for (h2o_linklist_t *at = loop->conns.next; at != &loop->conns; at = at->next) {
		struct ohtd_conn *conn = H2O_STRUCT_FROM_MEMBER(struct ohtd_conn, link, at);
		const struct ohtd_principal who = { .local = true, .uid = conn->uid };

		if (conn->local && !strcmp(ohtd_holder_of(&who).session, holder->session) && ohtd_server_local_role(conn) < OHTD_ROLE_OPERATOR)
			return true;
	}
	return false;
}

/* One loop is enough: the first one, which has the local socket. */
void ohtd_control_tick(struct ohtd_loop *loop)
{
	const struct ohtd_control_view *view = look(loop);
	struct ohtd_auth *auth = loop->server->services->auth;
	const struct ohtd_holder *holder = &view->holder;

	if (loop != loop->server->loops[0] || !view->held || view->offered ||
	    (holder->user_id ? ohtd_auth_session_lives(auth, holder->session) : !is_lowered(loop, holder)))
		return;
	tell(loop, OHTD_COMMAND_CONTROL_END, holder);
}
