/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how a session is shown.
 * Contexts: the loop that received the request.
 * Locks:    none.
 */
#ifndef OHTD_API_SESSION_VIEW_H
#define OHTD_API_SESSION_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "json/member.h"

struct ohtd_call;

struct ohtd_session_view {
	const char *id;
	int64_t created;
	int64_t last_used;
	const char *address;
	const char *user_agent;
	bool current;
	uint64_t number;	/* for cursors, not shown: the newest session has the greatest */
};

extern const struct ohtd_shape ohtd_session_view_shape;

/* The sessions of an account, the newest first, in the request's memory. */
const struct ohtd_session_view *ohtd_session_views(struct ohtd_call *call, int64_t user_id,
						   size_t *count);

#endif /* OHTD_API_SESSION_VIEW_H */
