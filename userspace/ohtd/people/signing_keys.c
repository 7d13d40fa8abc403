// SPDX-License-Identifier: GPL-2.0-or-later
/* system/signing-keys: the keys that sign tokens, and another one. A worker writes the files. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>

#include "auth/token.h"
#include "base/clock.h"
#include "base/log.h"
#include "server/late.h"

#define WITHIN_MS	20000

struct signing_key {
	const char *kid;
	int64_t since;
	int64_t left_ms;
};

OHTD_SHAPE(signing_key, "SigningKey",
	OHTD_TEXT(signing_key, kid, .summary = "As the header of tokens names it", .example = "\"8f14e45fceea167a\""),
	OHTD_TIME(signing_key, since, .summary = "Begin of its use"),
	OHTD_INTEGER(signing_key, left_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "For so long its refresh tokens are still taken; null: the key signs"));

struct signing_keys {
	bool sealed;
	const struct signing_key *items;
	size_t items_count;
};

OHTD_SHAPE(signing_keys, "SigningKeys",
	OHTD_BOOLEAN(signing_keys, sealed, .summary = "The credential token.seal of the service manager is a part of the keys: the files alone sign nothing"),
	OHTD_LIST(signing_keys, items, signing_key, .summary = "The key that signs first"));

static void reply_keys(struct ohtd_call *call)
{
	struct ohtd_auth_tokens_view views[OHTD_TOKEN_KEYS_MAX];
	struct signing_key items[OHTD_TOKEN_KEYS_MAX];
	struct signing_keys view = { .items = items };

	view.items_count = ohtd_auth_tokens_look(call->services->tokens, views, &view.sealed);
	for (size_t i = 0; i < view.items_count; i++)
		items[i] = (struct signing_key){
			.kid = views[i].kid, .since = views[i].since_s * (int64_t)OHTD_NS_PER_S,
			.left_ms = views[i].left_ms < 0 ? OHTD_NONE : views[i].left_ms,
		};
	OHTD_REPLY(call, 200, signing_keys, &view);
}

struct rotate_late {
	struct ohtd_late late;
	struct ohtd_tokens *tokens;
	bool full;
	char by[OHTD_USER_NAME_MAX + 1];
};

static int act_rotate(struct ohtd_late *late)
{
	struct rotate_late *job = (struct rotate_late *)late;
	int r = ohtd_auth_tokens_rotate(job->tokens);

	/* As an error of the store it would be another one. */
	job->full = r == -EBUSY;
	r = job->full ? 0 : r;
	if (!r && !job->full)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "signing_key_rotated", "by %s", job->by);
	return r;
}

static void answer_rotate(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct rotate_late *job = (const struct rotate_late *)late;

	if (job->full)
		ohtd_reply_problem(call, 409, "signing_keys_needed", "%d keys are there, whose tokens may all live still: wait until one has ended",
				   OHTD_TOKEN_KEYS_MAX);
	else if (!late->result)
		reply_keys(call);
	else
		ohtd_reply_store_problem(call, late->result);
}

static void post_rotate(struct ohtd_call *call)
{
	struct rotate_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->tokens = call->services->tokens;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	ohtd_late_act(call, &job->late, WITHIN_MS, act_rotate, answer_rotate);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "system/signing-keys", .role = OHTD_ROLE_ADMINISTRATOR,
		.replies = { { 200, &signing_keys_shape } },
		.handle = reply_keys,
		.summary = "The keys that sign tokens, by their public names",
	}, {
		.method = OHTD_POST, .path = "system/signing-keys/rotate", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "change", "changed", " the key that signs tokens" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 200, &signing_keys_shape } },
		.problems = { "signing_keys_needed" },
		.handle = post_rotate,
		.summary = "Sign tokens with another key from now on; no session ends",
	},
};

OHTD_ROUTE_TABLE(ohtd_people_signing_key_routes, "Certificate", routes);
