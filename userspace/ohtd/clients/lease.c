// SPDX-License-Identifier: GPL-2.0-or-later
#include "clients/lease.h"

#include <stdio.h>

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

/* Nothing is answered. While the ring is full the command is dropped: the next message or tick posts it again. */
static void post(struct ohtd_link *link, uint32_t kind, const struct ohtd_holder *session)
{
	const struct ohtd_command command = { .kind = kind, .by = *session, .role = session->role };

	ohtd_link_post(link, &command);
}

void ohtd_clients_lease_heard(struct ohtd_link *link, const struct ohtd_control_view *view, const struct ohtd_principal *who,
			      uint64_t now_ms, uint64_t *renewed_ms)
{
	const struct ohtd_holder session = ohtd_holder_of(who);
	bool is_offered = view->offered && session.user_id && session.user_id == view->holder.user_id;

	if (!is_offered && (!ohtd_lease_is_of(view, &session) || now_ms - *renewed_ms < RENEWED_MS))
		return;
	*renewed_ms = now_ms;
	post(link, OHTD_COMMAND_CONTROL_RENEW, &session);
}

void ohtd_clients_lease_end(struct ohtd_link *link, const struct ohtd_holder *holder)
{
	post(link, OHTD_COMMAND_CONTROL_END, holder);
}

/* While the ring is full the command is dropped: without a refresh the jog expires a moment later. */
void ohtd_clients_hung_up(struct ohtd_link *link, uint64_t connection)
{
	const struct ohtd_command command = {
		.kind = OHTD_COMMAND_HUNG_UP, .connection = connection,
	};

	ohtd_link_post(link, &command);
}
