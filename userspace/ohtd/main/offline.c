// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/offline.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <json-c/json.h>
#include <openssl/crypto.h>

#include "auth/accounts.h"
#include "base/role.h"
#include "config/config.h"
#include "people/account.h"
#include "json/input.h"
#include "http/problem.h"
#include "api/api.h"
#include "json/writer.h"
#include "base/behind_clock.h"
#include "base/clock.h"
#include "main/state.h"
#include "settings/items.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"
#include "audit/rows.h"
#include "settings/version_rows.h"
#include "accounts/users.h"

#define REQUEST_BYTES	4096
#define PAGE		50
#define WHY_BYTES	512

struct request {
	char text[REQUEST_BYTES];
	char method[16], path[128], socket[OHTD_SOCKET_BYTES];
	const char *body;
	struct ohtd_offline offline;
	struct ohtd_found found;
};

/* ---- in and out ---- */

/* All that was taken, until the end of the process, which comes soon. */
static struct block {
	struct block *next;
	_Alignas(max_align_t) unsigned char bytes[];
} *blocks;

static void *take(void *from, size_t bytes)
{
	struct block *block = calloc(1, sizeof(*block) + bytes);

	(void)from;
	if (!block) {
		fprintf(stderr, "ohtd: out of memory\n");
		exit(1);
	}
	block->next = blocks;
	blocks = block;
	return block->bytes;
}

static const struct ohtd_memory memory = { .take = take };

static void print(int status, const struct ohtd_writer *writer)
{
	printf("HTTP/1.1 %d %s\r\n\r\n%.*s", status, ohtd_status_text(status), (int)writer->used,
	       writer->text);
}

static void reply(int status, const struct ohtd_shape *shape, const void *view)
{
	struct ohtd_writer writer;

	ohtd_writer_begin(&writer, &memory, 1024);
	ohtd_write_shape(&writer, shape, view);
	print(status, &writer);
}

static void refuse_errors(int status, const char *code, const char *detail,
			  const struct ohtd_error *errors, size_t count)
{
	struct ohtd_problem problem = {
		.status = status, .code = code, .detail = detail, .request_id = "offline",
		.errors = errors, .errors_count = count,
	};
	struct ohtd_writer writer;

	ohtd_writer_begin(&writer, &memory, 1024);
	ohtd_problem_write(&writer, &problem);
	print(status, &writer);
}

static void refuse(int status, const char *code, const char *detail)
{
	refuse_errors(status, code, detail, NULL, 0);
}

static void refuse_password(const char *unfit)
{
	struct ohtd_error error = { .pointer = "/password", .code = "guessable", .detail = unfit };

	refuse_errors(400, "validation", unfit, &error, 1);
}

static void refuse_problem(struct ohtd_store_problem problem)
{
	refuse(problem.status, problem.code, problem.detail);
}

static void refuse_account(int error)
{
	refuse_problem(ohtd_account_problem(error));
}

/* False if it is no request. */
static bool take_request(struct request *request)
{
	size_t n = fread(request->text, 1, sizeof(request->text) - 1, stdin);
	int line = 0;

	request->text[n] = 0;
	if (sscanf(request->text, "%15s %127s %107s%n", request->method, request->path,
		   request->socket, &line) != 3 || request->text[line] != '\n')
		return false;
	request->body = request->text + line + 1;
	return true;
}

/* ---- what is done ---- */

static int add_views(struct ohtd_account_view **views, size_t used, const struct ohtd_user *users,
		     int count)
{
	struct ohtd_account_view *more = realloc(*views, (used + (size_t)count) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	*views = more;
	for (int i = 0; i < count; i++)
		more[used + (size_t)i] = ohtd_account_view_of(&users[i]);
	return 0;
}

/* All of them: the program that asks here wants no pages. */
static void list(struct request *request)
{
	struct ohtd_account_page page = { 0 };
	struct ohtd_account_view *views = NULL;
	struct ohtd_list_query query = { .row = &ohtd_kept_users, .limit = PAGE };
	int count;

	do {
		struct ohtd_user *users = take(NULL, PAGE * sizeof(*users));

		count = ohtd_db_list(request->offline.db, &query, users);
		if (count > 0 && add_views(&views, page.items_count, users, count))
			count = -ENOMEM;
		if (count > 0) {
			page.items_count += (size_t)count;
			ohtd_list_place(&query, &users[count - 1], query.behind);
			query.goes_on = true;
		}
	} while (count > 0);
	page.items = views;
	if (count)
		refuse_account(count);
	else
		reply(200, &ohtd_account_page_shape, &page);
	free(views);
}

static void describe_account(struct ohtd_audit_row *row, void *arg)
{
	const struct ohtd_account_order *order = arg;
	const struct ohtd_user *user = &order->user;

	snprintf(row->object, sizeof(row->object), "users/%lld", (long long)user->id);
	/* No name has a character that JSON escapes. */
	if (!order->change.deleted)
		snprintf(row->after, sizeof(row->after), "{\"username\":\"%s\",\"role\":\"%s\",\"disabled\":%s}", user->name,
			 ohtd_role_name(user->role), user->disabled ? "true" : "false");
	snprintf(row->result, sizeof(row->result), "%s", order->act == OHTD_ACCOUNT_ADD ? "201" :
		 order->change.deleted ? "204" : "200");
}

/* Of the audit: who does what, when. */
static struct ohtd_audit_row row_of(const struct ohtd_offline *offline, const char *act)
{
	struct ohtd_audit_row row = { .time_ns = offline->now_s * (int64_t)OHTD_NS_PER_S, .source = "local" };

	snprintf(row.who, sizeof(row.who), "uid %u", offline->uid);
	snprintf(row.act, sizeof(row.act), "%s", act);
	return row;
}

/* Of the newest version of the configuration; "": none names the robot. */
static int read_robot(struct ohtd_db *db, char name[OHTD_ROBOT_NAME_BYTES])
{
	struct ohtd_config_kept *kept = take(NULL, sizeof(*kept));
	struct json_object *tree, *robot, *text;
	int r = ohtd_db_config_newest(db, kept);

	*name = 0;
	if (r)
		return r == -ENOENT ? 0 : r;
	tree = json_tokener_parse(kept->document);
	if (json_object_object_get_ex(tree, "robot", &robot) && json_object_object_get_ex(robot, "name", &text))
		snprintf(name, OHTD_ROBOT_NAME_BYTES, "%s", json_object_get_string(text));
	json_object_put(tree);
	return 0;
}

/* Needs the names of account and robot. */
static int prepare(struct ohtd_db *db, struct ohtd_account_order *order)
{
	int r = 0;

	if (!*order->password.secret.revealed)
		return 0;
	if (order->act == OHTD_ACCOUNT_CHANGE) {
		order->user.id = order->change.id;
		r = ohtd_db_user_get(db, &order->user);
	}
	r = r ? r : read_robot(db, order->password.robot);
	return r ? r : ohtd_account_prepare(order);
}

int ohtd_offline_account(struct ohtd_offline *offline, struct ohtd_account_order *order, const char *act)
{
	struct ohtd_audit_row row = row_of(offline, act);
	int r = prepare(offline->db, order);

	return r ? r : ohtd_db_audit_act(offline->db, ohtd_account_work, order, describe_account, &row);
}

static const char *act_of(const struct request *request, char act[OHTD_AUDIT_ACT_BYTES])
{
	const struct ohtd_route *route = request->found.route;

	snprintf(act, OHTD_AUDIT_ACT_BYTES, "%s %s", ohtd_method_name(route->method), route->path);
	return act;
}

static void act(struct request *request, struct ohtd_account_order *order)
{
	struct ohtd_account_view view;
	char path[OHTD_AUDIT_ACT_BYTES];
	int r;

	order->now_s = request->offline.now_s;
	r = ohtd_offline_account(&request->offline, order, act_of(request, path));
	ohtd_secret_forget(&order->password.secret);
	view = ohtd_account_view_of(&order->user);
	if (r == -EDOM)
		refuse_password(order->password.unfit);
	else if (r)
		refuse_account(r);
	else if (order->change.deleted)
		printf("HTTP/1.1 204 %s\r\n\r\n", ohtd_status_text(204));
	else
		reply(order->act == OHTD_ACCOUNT_ADD ? 201 : 200, &ohtd_account_view_shape, &view);
}

/* ---- the rescue of the configuration ---- */

struct rescue {
	struct ohtd_config_kept kept;
	const struct request *request;
	const char *reason;
	struct ohtd_config_version newest;
};

/* Items that the rescue does not have, since it is older than they are, stay as they are, as with a daemon. A damaged version says nothing. */
static void keep_newer(struct ohtd_config_kept *kept, const char *newest)
{
	struct json_object *tree = json_tokener_parse(newest), *rescue = json_tokener_parse(kept->document);
	const char *text = NULL;

	if (json_object_is_type(tree, json_type_object) && json_object_is_type(rescue, json_type_object)) {
		ohtd_tree_drop_many(tree, rescue);
		if (ohtd_tree_merge(tree, rescue))
			text = json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	}
	if (text && strlen(text) < sizeof(kept->document))
		snprintf(kept->document, sizeof(kept->document), "%s", text);
	json_object_put(tree);
	json_object_put(rescue);
}

/*
 * Read the newest version into rescue->newest and the version in force into rescue->kept. They differ while the newest one
 * is not confirmed: then the version that it returns to is in force.
 */
static int read_newest(struct ohtd_db *db, struct rescue *rescue)
{
	struct ohtd_config_kept *kept = &rescue->kept;
	int r = ohtd_db_config_newest(db, kept);

	rescue->newest = kept->head;
	if (r || !kept->head.returns_to)
		return r;
	kept->head.version = kept->head.returns_to;
	r = ohtd_db_config_get(db, kept);
	if (r == -ENOENT)
		snprintf(kept->document, sizeof(kept->document), "{}");
	return r == -ENOENT ? 0 : r;
}

static int work_rescue(struct ohtd_db *db, void *arg)
{
	struct rescue *rescue = arg;
	struct ohtd_config_kept *kept = &rescue->kept;
	char *newest;
	int64_t given;
	int r = read_newest(db, rescue);

	if (r)
		return r;
	newest = strdup(kept->document);
	if (!newest)
		return -ENOMEM;
	r = ohtd_db_config_rescue(db, kept);
	if (!r)
		r = ohtd_db_config_given(db, &given);
	if (!r)
		keep_newer(kept, newest);
	free(newest);
	if (r)
		return r;
	kept->head = (struct ohtd_config_version){
		.version = given + 1, .parent = rescue->newest.version,
		.created_ns = rescue->request->offline.now_s * (int64_t)OHTD_NS_PER_S,
	};
	snprintf(kept->head.author, sizeof(kept->head.author), "uid %u", rescue->request->offline.uid);
	snprintf(kept->head.reason, sizeof(kept->head.reason), "%s", rescue->reason);
	return ohtd_db_config_add(db, kept);
}

static void describe_rescue(struct ohtd_audit_row *row, void *arg)
{
	const struct rescue *rescue = arg;

	snprintf(row->object, sizeof(row->object), "version %lld", (long long)rescue->kept.head.version);
	snprintf(row->result, sizeof(row->result), "200");
}

struct rescued {
	int64_t version;
	const char *reason;
};

OHTD_SHAPE(rescued, "ConfigRescued", OHTD_INTEGER(rescued, version, .summary = "Live from the next start on"),
	OHTD_TEXT(rescued, reason, .summary = "For the list of versions"));

static void go_back(struct request *request, const struct ohtd_rollback *said)
{
	struct rescue *rescue = take(NULL, sizeof(*rescue));
	char path[OHTD_AUDIT_ACT_BYTES];
	struct ohtd_audit_row row = row_of(&request->offline, act_of(request, path));
	int r;

	rescue->request = request;
	rescue->reason = said->reason ? said->reason : "back to the rescue";
	r = ohtd_db_audit_act(request->offline.db, work_rescue, rescue, describe_rescue, &row);
	if (r == -ENOENT)
		refuse(409, "config_no_rescue", OHTD_NO_RESCUE);
	else if (r < 0)
		refuse_problem(ohtd_store_problem(r));
	else
		reply(200, &rescued_shape, (&(struct rescued){ rescue->kept.head.version, rescue->reason }));
}

static bool is_rescue(const struct ohtd_route *route)
{
	return route->method == OHTD_POST && !strcmp(route->path, "config/rescue");
}

/* ---- the routes ---- */

static void serve_route(struct request *request, const void *said)
{
	struct ohtd_account_order order = {
		.act = OHTD_ACCOUNT_CHANGE,
		.change = { .id = request->found.params.id, .disabled = -1,
			    .by_role = OHTD_ROLE_ADMINISTRATOR },
	};

	if (is_rescue(request->found.route)) {
		go_back(request, said);
		return;
	}
	switch (request->found.route->method) {
	case OHTD_GET:
		list(request);
		return;
	case OHTD_POST:
		if (ohtd_people_new_unfit(said)) {
			refuse(400, "validation", ohtd_people_new_unfit(said));
			return;
		}
		ohtd_account_take_new(&order, said);
		break;
	case OHTD_PATCH:
		if (ohtd_account_patch_is_empty(said)) {
			refuse(400, "validation", OHTD_ACCOUNT_PATCH_EMPTY);
			return;
		}
		ohtd_account_take_patch(&order, request->found.params.id, said);
		break;
	default:
		order.change.deleted = true;
		break;
	}
	act(request, &order);
}

/* The rescue, and the routes of accounts without the one that shows sessions: only a daemon knows those. */
static bool is_served(const struct ohtd_route *route)
{
	return is_rescue(route) || !strcmp(route->path, "users") ||
	       (!strcmp(route->path, "users/{id}") && route->method != OHTD_GET);
}

static bool find(struct request *request)
{
	const char *query = strchr(request->path, '?');
	size_t length = query ? (size_t)(query - request->path) : strlen(request->path);
	char why[WHY_BYTES];
	struct ohtd_router *router = ohtd_router_create(ohtd_route_tables, why, sizeof(why));
	enum ohtd_match match;

	if (!router)
		return false;
	match = ohtd_route_find(router, request->method, strlen(request->method), request->path,
				length, &request->found);
	ohtd_router_destroy(router);
	return match == OHTD_MATCH_FOUND && is_served(request->found.route);
}

static void serve(struct request *request)
{
	struct ohtd_input input = { .memory = &memory };

	if (!find(request)) {
		refuse(503, "offline", "no ohtd runs, and without it there are only accounts and config rescue");
		return;
	}
	input.shape = request->found.route->body;
	if (ohtd_input_body(&input, request->body, strlen(request->body)))
		refuse_errors(400, input.code, input.detail, input.errors, input.error_count);
	else
		serve_route(request, input.view);
}

/* ---- who may ---- */

int ohtd_offline_open(struct ohtd_offline *offline, const struct ohtd_config *config, bool join,
		      char *why, size_t size)
{
	char path[OHTD_PATH_BYTES + 16];
	struct ohtd_behind_clock behind;
	struct ohtd_clock clock;
	int r;

	offline->uid = getuid();
	if (ohtd_state_become_owner(config->state_dir, why, size) ||
	    ohtd_state_ensure(config->state_dir, why, size))
		return -1;
	r = ohtd_behind_clock_begin(&behind, &clock, config->clock, OHTD_BUILD_DATE_S * (int64_t)OHTD_NS_PER_S);
	if (r) {
		snprintf(why, size, "%s: %s", config->clock, strerror(-r));
		return -1;
	}
	offline->now_s = ohtd_clock_wall_s(&clock);
	snprintf(path, sizeof(path), "%s/oht.db", config->state_dir);
	/* The holder of the lock may make, migrate and repair. */
	offline->lock_fd = ohtd_state_lock(config->state_dir, why, size);
	if (offline->lock_fd < 0)
		return join ? ohtd_db_join(&offline->db, &ohtd_small_schema, path, why, size) : -1;
	snprintf(offline->state_dir, sizeof(offline->state_dir), "%s", config->state_dir);
	if (ohtd_state_swap_waits(config->state_dir)) {
		snprintf(why, size, "%s: a restore waits for the next start of ohtd: what is changed now would be lost",
			 path);
		close(offline->lock_fd);
		return -1;
	}
	r = ohtd_state_open_database(&offline->db, config->state_dir, offline->now_s, why, size);
	if (r)
		close(offline->lock_fd);
	return r;
}

void ohtd_offline_close(struct ohtd_offline *offline)
{
	if (offline->lock_fd >= 0 && ohtd_db_has_administrator(offline->db) > 0)
		ohtd_state_note_administered(offline->state_dir);
	ohtd_db_close(offline->db);
	if (offline->lock_fd >= 0)
		close(offline->lock_fd);
}

static int open_asked(struct request *request, const struct ohtd_config *config, char *why)
{
	if (!strcmp(request->socket, config->socket))
		return ohtd_offline_open(&request->offline, config, false, why, WHY_BYTES);
	snprintf(why, WHY_BYTES, "the configuration names the socket '%s', not %s", config->socket,
		 request->socket);
	return -1;
}

int ohtd_offline_serve(const struct ohtd_config *config)
{
	struct request request = { .method = "" };
	char why[WHY_BYTES];

	umask(077);
	if (!take_request(&request)) {
		fprintf(stderr, "ohtd: --administer is for ohtctl: no request on standard input\n");
		return 1;
	}
	if (open_asked(&request, config, why)) {
		refuse(503, "offline", why);
	} else {
		serve(&request);
		ohtd_offline_close(&request.offline);
	}
	OPENSSL_cleanse(&request, sizeof(request));
	return fflush(stdout) ? 1 : 0;
}
