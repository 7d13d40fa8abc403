// SPDX-License-Identifier: GPL-2.0-or-later
/* users/{id}/keys: keys of service accounts, by which programs come in. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>

#include "auth/accounts.h"
#include "auth/keys.h"
#include "auth/session.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/life.h"
#include "base/log.h"
#include "lists/list.h"
#include "people/account.h"
#include "robot/verbs.h"
#include "server/late.h"
#include "accounts/keys.h"
#include "views/words.h"

#define LIST_MAX	16
#define DAYS_PRESET	90
#define RATE_MAX	1000
#define OVERLAP_MAX_S	(24 * 3600)
#define DAY_S		(24 * 3600ll)

/* ---- how one is shown ---- */

struct key_view {
	const char *id;
	const char *name;
	int role;
	const char *const *tags;
	size_t tags_count;
	const char *const *verbs;
	size_t verbs_count;
	const char *const *modules;
	size_t modules_count;
	const char *const *addresses;
	size_t addresses_count;
	int64_t rate;
	int64_t made;
	const char *made_by;
	int64_t expires;
	int64_t last_used;
	bool exposed;
};

OHTD_SHAPE(key_view, "Key",
	OHTD_TEXT(key_view, id, .summary = "Names the key, and stands in it; not secret", .example = "\"5e4f3a2b1c0d\""),
	OHTD_TEXT(key_view, name, .summary = "For people; the key that takes the place of one has its name", .example = "\"prometheus\""),
	OHTD_WORD(key_view, role, .words = &ohtd_role_words, .summary = "The most that it may; its account may have less"),
	OHTD_TEXTS(key_view, tags, .summary = "Headings of the routes that it permits; none: all"),
	OHTD_TEXTS(key_view, verbs, .summary = "Verbs of POST robot/commands that it permits; none: all. What ends motion always is"),
	OHTD_TEXTS(key_view, modules, .summary = "Unit addresses of the modules whose routes it permits; none: all"),
	OHTD_TEXTS(key_view, addresses, .summary = "Networks that it is good in; none: all"),
	OHTD_INTEGER(key_view, rate, .flags = OHTD_NULL, .unit = "1/s",
		     .summary = "Requests each second; null: no bound of its own. What stops the robot does not count"),
	OHTD_TIME(key_view, made, .flags = OHTD_NULL, .summary = "When it was made"),
	OHTD_TEXT(key_view, made_by, .summary = "Who made it", .example = "\"anna\""),
	OHTD_TIME(key_view, expires, .flags = OHTD_NULL, .summary = "When its time is over"),
	OHTD_TIME(key_view, last_used, .flags = OHTD_NULL, .summary = "Newest request; null: none. After a restart up to an hour too early"),
	OHTD_BOOLEAN(key_view, exposed, .summary = "It came in a query, where others can read it: end it"));

struct key_list {
	const struct key_view *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(key_list, "KeyList",
	OHTD_LIST(key_list, items, key_view, .summary = "Keys of the account, the oldest first"),
	OHTD_NEXT_CURSOR(key_list));

/* The only answer that has the key. */
struct key_made {
	struct key_view view;
	const char *secret;
};

OHTD_SHAPE(key_made, "KeyWithSecret",
	OHTD_PART(key_made, view, key_view),
	OHTD_TEXT(key_made, secret, .flags = OHTD_SECRET, .summary = "For the header Authorization: Bearer; no other answer ever has it"));

static struct key_view view_of(struct ohtd_call *call, const struct ohtd_account_key *row)
{
	struct ohtd_account_key *key = memcpy(ohtd_call_alloc(call, sizeof(*key)), row, sizeof(*key));
	struct key_view view;

	ohtd_auth_keys_freshen(ohtd_auth_keys_of(call->services->auth), key);
	view = (struct key_view){
		.id = key->id, .name = key->name, .role = key->role, .rate = key->rate ? key->rate : OHTD_NONE,
		.made = key->made_s * (int64_t)OHTD_NS_PER_S, .made_by = key->made_by,
		.expires = key->expires_s * (int64_t)OHTD_NS_PER_S, .exposed = key->exposed,
		.last_used = key->used_s ? key->used_s * (int64_t)OHTD_NS_PER_S : OHTD_NONE,
	};
	view.tags = ohtd_people_split(call, key->tags, &view.tags_count);
	view.verbs = ohtd_people_split(call, key->verbs, &view.verbs_count);
	view.modules = ohtd_people_split(call, key->modules, &view.modules_count);
	view.addresses = ohtd_people_split(call, key->addresses, &view.addresses_count);
	return view;
}

static void refuse(struct ohtd_call *call, int error)
{
	struct ohtd_store_problem problem = ohtd_account_problem(error);

	if (error == -ENOENT)
		problem = (struct ohtd_store_problem){ 404, "not_found", "there is no such account, or no such key of it" };
	else if (error == -ENOTSUP)
		problem = (struct ohtd_store_problem){ 409, "not_a_service", "only service accounts have keys, and a device has its own" };
	else if (error == -E2BIG)
		problem = (struct ohtd_store_problem){ 409, "too_many_keys", "an account has at most 16 keys, the robot 256: end one" };
	ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
}

/* ---- the list ---- */

struct keys_late {
	struct ohtd_late late;
	int64_t user_id;
	struct ohtd_account_key keys[OHTD_KEYS_PER_ACCOUNT];
};

static int read_keys(struct ohtd_db *db, void *arg)
{
	struct keys_late *job = arg;
	struct ohtd_user user = { .id = job->user_id };
	int r = ohtd_db_user_get(db, &user);

	return r ? r : ohtd_account_keys(db, job->user_id, job->keys, OHTD_KEYS_PER_ACCOUNT);
}

static void reply_keys(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct keys_late *job = (const struct keys_late *)late;
	struct key_view *items = ohtd_call_alloc(call, OHTD_KEYS_PER_ACCOUNT * sizeof(*items));
	struct key_list list = { .items = items };

	if (late->result < 0) {
		refuse(call, late->result);
		return;
	}
	while (list.items_count < (size_t)late->result) {
		items[list.items_count] = view_of(call, &job->keys[list.items_count]);
		list.items_count++;
	}
	OHTD_REPLY(call, 200, key_list, &list);
}

static void get_keys(struct ohtd_call *call)
{
	struct keys_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->user_id = call->params.id;
	ohtd_late_read(call, &job->late, read_keys, reply_keys);
}

/* ---- what is done with one ---- */

/**
 * struct key_late - something is done with a key
 * @order: what
 * @work: in the store
 * @act: for the log
 * @by: name, number and epoch of the account that asks
 * @text: of the new key
 */
struct key_late {
	struct ohtd_late late;
	struct ohtd_auth *auth;
	struct ohtd_account_key_order order;
	int (*work)(struct ohtd_db *db, struct ohtd_account_key_order *order);
	const char *act;
	char by[OHTD_USER_NAME_MAX + 1];
	int64_t by_id, by_epoch;
	char text[OHTD_KEY_TEXT_BYTES];
};

static int work_key(struct ohtd_db *db, void *arg)
{
	struct key_late *job = arg;
	int r = ohtd_people_giver_check(db, job->by_id, job->by_epoch);

	return r ? r : job->work(db, &job->order);
}

static void release(struct ohtd_late *late)
{
	OPENSSL_cleanse(((struct key_late *)late)->text, OHTD_KEY_TEXT_BYTES);
}

/* Also when the client has left: it has been done. A key that has no room in memory is good from the next start on. */
static void settle(struct ohtd_late *late)
{
	struct key_late *job = (struct key_late *)late;
	struct ohtd_auth_keys *keys = ohtd_auth_keys_of(job->auth);
	struct ohtd_account_key *key = &job->order.key;
	int r = 0;

	if (late->result)
		return;
	if (job->work == ohtd_account_key_end)
		ohtd_auth_keys_end(keys, key->id);
	else
		r = ohtd_auth_keys_put(keys, key);
	if (job->work == ohtd_account_key_rotate)
		ohtd_auth_keys_cut(keys, &job->order.before);
	ohtd_log(OHTD_LOG_NOTICE, "auth", "key_changed", "key %s (%s) of %s %s by %s%s", key->id, key->name, key->user, job->act, job->by,
		 r ? ", good from the next start on: out of memory" : "");
}

static struct key_late *make_job(struct ohtd_call *call, const char *act,
				 int (*work)(struct ohtd_db *db, struct ohtd_account_key_order *order))
{
	struct key_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->late.settle = settle;
	job->late.release = release;
	job->auth = call->services->auth;
	job->work = work;
	job->act = act;
	job->by_id = call->who.user_id;
	job->by_epoch = call->who.epoch;
	job->order.by_role = (int)call->who.role;
	job->order.now_s = ohtd_clock_wall_s(call->services->clock);
	job->order.key.user_id = call->params.id;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	snprintf(job->order.key.made_by, sizeof(job->order.key.made_by), "%s", call->who.user);
	return job;
}

static void reply_made(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct key_late *job = (const struct key_late *)late;
	const struct key_made made = { view_of(call, &job->order.key), job->text };

	if (late->result) {
		refuse(call, late->result);
		return;
	}
	call->noted.object = ohtd_call_text_of(call, "users/%lld/keys/%s", (long long)job->order.key.user_id, job->order.key.id);
	call->noted.after = ohtd_call_json(call, &key_view_shape, &made.view);
	OHTD_REPLY(call, 201, key_made, &made);
}

static void submit_drawn(struct ohtd_call *call, struct key_late *job)
{
	if (!ohtd_auth_key_draw(&job->order.key, job->text)) {
		ohtd_late_write(call, &job->late, work_key, reply_made);
		return;
	}
	ohtd_reply_problem(call, 503, "busy", "there are no random numbers");
	ohtd_late_drop(&job->late);
}

/* ---- making ---- */

struct key_new {
	const char *name;
	int64_t role;
	int64_t expires_in_days;
	const char *const *tags;
	size_t tags_count;
	const char *const *verbs;
	size_t verbs_count;
	const char *const *modules;
	size_t modules_count;
	const char *const *addresses;
	size_t addresses_count;
	int64_t rate;
};

#define EXPIRES(S_, preset_)									\
	OHTD_INTEGER(S_, expires_in_days, .min = 1, .max = OHTD_LIFE_MAX_DAYS, .preset = (preset_), .unit = "d",	\
		     .summary = "When its time is over")

OHTD_SHAPE(key_new, "NewKey",
	OHTD_TEXT(key_new, name, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_USER_NAME_MAX, .unfit = ohtd_account_name_unfit,
		  .pattern = OHTD_USER_NAME_PATTERN, .summary = "For people: letters, digits and . _ - @", .example = "\"prometheus\""),
	OHTD_WORD(key_new, role, .words = &ohtd_role_words, .preset = OHTD_NONE, .summary = "The most that it may; left out: as its account"),
	EXPIRES(key_new, DAYS_PRESET),
	OHTD_TEXTS(key_new, tags, .max = LIST_MAX, .summary = "Only routes under these headings of openapi.json; left out or empty: all", .example = "[\"Metrics\"]"),
	OHTD_TEXTS(key_new, verbs, .max = LIST_MAX, .summary = "Only these verbs of POST robot/commands; left out or empty: all", .example = "[\"move\"]"),
	OHTD_TEXTS(key_new, modules, .max = LIST_MAX, .summary = "Only routes about the modules at these unit addresses; left out or empty: all", .example = "[\"2\"]"),
	OHTD_TEXTS(key_new, addresses, .max = LIST_MAX, .summary = "Only from these addresses or networks; left out or empty: all", .example = "[\"192.0.2.0/24\"]"),
	OHTD_INTEGER(key_new, rate, .min = 1, .max = RATE_MAX, .preset = OHTD_NONE, .unit = "1/s",
		     .summary = "Requests each second; left out: no bound of its own"));

static bool is_tag(struct ohtd_call *call, const char *text)
{
	return ohtd_server_knows_tag(call, text);
}

static bool is_verb(struct ohtd_call *call, const char *text)
{
	(void)call;
	for (unsigned int verb = 0; verb < OHTD_VERBS; verb++)
		if (!strcmp(ohtd_verb_row(ohtd_verb_kind(verb))->word, text))
			return true;
	return false;
}

static bool is_network(struct ohtd_call *call, const char *text)
{
	struct ohtd_network network;

	(void)call;
	return ohtd_network_read(&network, text);
}

static const struct ohtd_people_words tags = { "/tags", "is no heading of openapi.json", is_tag, OHTD_KEY_LIST_BYTES };
static const struct ohtd_people_words verbs = { "/verbs", "is no verb of POST robot/commands", is_verb, OHTD_KEY_LIST_BYTES };
static const struct ohtd_people_words modules = { "/modules", "is no unit address in decimal, 1 to 247", ohtd_people_is_unit, OHTD_KEY_LIST_BYTES };
static const struct ohtd_people_words addresses = { "/addresses", "is no address and no network", is_network, OHTD_KEY_LIST_BYTES };

static bool take_new(struct ohtd_call *call, const struct key_new *said, struct ohtd_account_key *key)
{
	snprintf(key->name, sizeof(key->name), "%s", said->name);
	key->role = said->role == OHTD_NONE ? 0 : (int)said->role;
	key->rate = said->rate == OHTD_NONE ? 0 : said->rate;
	return ohtd_people_join(call, &tags, said->tags, said->tags_count, key->tags) &&
	       ohtd_people_join(call, &verbs, said->verbs, said->verbs_count, key->verbs) &&
	       ohtd_people_join(call, &modules, said->modules, said->modules_count, key->modules) &&
	       ohtd_people_join(call, &addresses, said->addresses, said->addresses_count, key->addresses);
}

static void post_key(struct ohtd_call *call)
{
	const struct key_new *said = OHTD_INPUT(call, key_new);
	struct key_late *job = make_job(call, "was made", ohtd_account_key_add);

	if (!job)
		return;
	job->order.life_s = said->expires_in_days * DAY_S;
	if (take_new(call, said, &job->order.key))
		submit_drawn(call, job);
	else
		ohtd_late_drop(&job->late);
}

/* ---- rotation ---- */

struct key_rotate {
	int64_t overlap_s;
	int64_t expires_in_days;
};

OHTD_SHAPE(key_rotate, "KeyRotation",
	OHTD_INTEGER(key_rotate, overlap_s, .max = OVERLAP_MAX_S, .preset = OVERLAP_MAX_S, .unit = "s",
		     .summary = "So long the earlier key is still good, at most"),
	EXPIRES(key_rotate, OHTD_NONE));

static void take_name(struct ohtd_call *call, struct ohtd_account_key *key)
{
	key->user_id = call->params.id;
	if (strlen(call->params.name) < sizeof(key->id))
		snprintf(key->id, sizeof(key->id), "%.*s", OHTD_KEY_ID_BYTES - 1, call->params.name);
}

static void post_rotate(struct ohtd_call *call)
{
	const struct key_rotate *said = OHTD_INPUT(call, key_rotate);
	struct key_late *job = make_job(call, "was made in place of another", ohtd_account_key_rotate);

	if (!job)
		return;
	take_name(call, &job->order.before);
	job->order.overlap_s = said->overlap_s;
	job->order.life_s = said->expires_in_days == OHTD_NONE ? 0 : said->expires_in_days * DAY_S;
	submit_drawn(call, job);
}

/* ---- the end ---- */

static void reply_ended(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result)
		refuse(call, late->result);
	else
		ohtd_reply_empty(call, 204);
}

static void delete_key(struct ohtd_call *call)
{
	struct key_late *job = make_job(call, "was ended", ohtd_account_key_end);

	if (!job)
		return;
	take_name(call, &job->order.key);
	ohtd_late_write(call, &job->late, work_key, reply_ended);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "users/{id}/keys", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &key_list_shape } },
		.problems = { "not_found" },
		.handle = get_keys,
		.summary = "Keys of a service account",
	}, {
		.method = OHTD_POST, .path = "users/{id}/keys", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "make", "made", " a key" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 8192, .body = &key_new_shape,
		.replies = { { 201, &key_made_shape } },
		.problems = { "not_found", "role_above_own", "not_a_service", "too_many_keys" },
		.handle = post_key,
		.summary = "Make a key of a service account",
		.text = "The key is shown in this answer and never again. It counts as a session of the account that cannot be elevated; "
			"its scope, rate, addresses and time hold up no stop.",
	}, {
		.method = OHTD_POST, .path = "users/{id}/keys/{name}/rotate", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "rotate", "rotated", " a key" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &key_rotate_shape,
		.replies = { { 201, &key_made_shape } },
		.problems = { "not_found", "role_above_own", "too_many_keys" },
		.handle = post_rotate,
		.summary = "Make a key that may what another may, which ends after 24 hours at most",
	}, {
		.method = OHTD_DELETE, .path = "users/{id}/keys/{name}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "end", "ended", " a key" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found", "role_above_own" },
		.handle = delete_key,
		.summary = "End a key, with all its connections",
	},
};

OHTD_ROUTE_TABLE(ohtd_key_routes, "Accounts", routes);
