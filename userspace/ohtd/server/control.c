// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/control.h"

#include <string.h>

#include "auth/session.h"
#include "base/clock.h"
#include "server/loop.h"

static const struct ohtd_control_view *look(struct ohtd_loop *loop)
{
	return &ohtd_loop_snapshot(loop)->control;
}

void ohtd_control_heard(struct ohtd_loop *loop, const struct ohtd_principal *who)
{
	ohtd_clients_lease_heard(loop->link, look(loop), who, ohtd_clock_monotonic_ns(loop->server->services->clock) / OHTD_NS_PER_MS,
				 &loop->control_renewed_ms);
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
	ohtd_clients_lease_end(loop->link, holder);
}
