// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/offline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "auth/password.h"
#include "auth/session.h"
#include "config/config.h"
#include "http/account.h"
#include "http/body.h"
#include "http/problem.h"
#include "http/route.h"
#include "main/clock.h"
#include "main/state.h"
#include "store/db.h"
#include "store/store.h"
#include "store/users.h"

#define REQUEST_BYTES	4096
#define PAGE		50
#define WHY_BYTES	512

struct request {
	char text[REQUEST_BYTES];
	char method[16], path[128], socket[OHTD_SOCKET_BYTES];
	const char *body;
	struct ohtd_offline offline;
	struct ohtd_found found;
	struct json_object *fields;
};

/* ---- in and out ---- */

static void answer(int status, struct json_object *json)
{
	printf("HTTP/1.1 %d %s\r\n\r\n%s", status, ohtd_status_text(status),
	       json_object_to_json_string(json));
	json_object_put(json);
}

static void refuse(int status, const char *code, const char *detail)
{
	answer(status, ohtd_problem_json(status, code, detail, "offline"));
}

static void refuse_account(int error)
{
	struct ohtd_account_problem problem = ohtd_account_problem(error);

	refuse(problem.status, problem.code, problem.detail);
}

/* False if it is no request. */
static bool take(struct request *request)
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

static void list(struct request *request)
{
	struct json_object *json = json_object_new_object(), *items = json_object_new_array();
	struct ohtd_user users[PAGE];
	int64_t after = 0;
	int count;

	while ((count = ohtd_db_user_list(request->offline.db, after, users, PAGE)) > 0) {
		for (int i = 0; i < count; i++)
			json_object_array_add(items, ohtd_account_json(&users[i]));
		after = users[count - 1].id;
	}
	json_object_object_add(json, "items", items);
	json_object_object_add(json, "next_cursor", NULL);
	if (!count) {
		answer(200, json);
		return;
	}
	json_object_put(json);
	refuse_account(count);
}

static const char *text_of(const struct request *request, const char *name)
{
	return json_object_get_string(json_object_object_get(request->fields, name));
}

/* True if it has been refused. */
static bool is_unfit(const struct request *request)
{
	const char *name = text_of(request, "username"), *password = text_of(request, "password");
	const char *unfit = name ? ohtd_auth_name_unfit(name) : NULL;

	if (!unfit && password)
		unfit = ohtd_password_unfit(password);
	if (unfit)
		refuse(400, "validation", unfit);
	return unfit;
}

static int hash(const struct request *request, char *to)
{
	return ohtd_password_hash(text_of(request, "password"), to, OHTD_PASSWORD_HASH_MAX + 1);
}

static void add(struct request *request)
{
	struct ohtd_user user = { .role = (int)ohtd_role_parse(text_of(request, "role")) };
	int r;

	if (is_unfit(request))
		return;
	strcpy(user.name, text_of(request, "username"));
	r = hash(request, user.password_hash);
	if (!r)
		r = ohtd_db_user_add(request->offline.db, &user, request->offline.now_s);
	if (!r)
		r = ohtd_db_user_find(request->offline.db, &user);
	user.created_s = request->offline.now_s;
	if (r)
		refuse_account(r);
	else
		answer(201, ohtd_account_json(&user));
}

static void change(struct request *request)
{
	struct json_object *disabled = json_object_object_get(request->fields, "disabled");
	const char *role = text_of(request, "role");
	char hashed[OHTD_PASSWORD_HASH_MAX + 1];
	struct ohtd_user_change change = {
		.id = request->found.id,
		.role = role ? (int)ohtd_role_parse(role) : 0,
		.disabled = disabled ? json_object_get_boolean(disabled) : -1,
		.by_role = OHTD_ROLE_ADMINISTRATOR,
		.now_s = request->offline.now_s,
	};
	int r = 0;

	if (is_unfit(request))
		return;
	if (text_of(request, "password")) {
		r = hash(request, hashed);
		change.password_hash = hashed;
	}
	if (!r)
		r = ohtd_db_user_change(request->offline.db, &change);
	if (r)
		refuse_account(r);
	else
		answer(200, ohtd_account_json(&change.user));
}

static void serve(struct request *request)
{
	const char *query = strchr(request->path, '?');
	size_t length = query ? (size_t)(query - request->path) : strlen(request->path);
	enum ohtd_match match = ohtd_route_find(request->method, strlen(request->method),
						request->path, length, &request->found);
	bool get = !strcmp(request->method, "GET");
	struct ohtd_body_fault fault;

	if (match != OHTD_MATCH_FOUND || strncmp(request->found.route->path, "/api/v1/users", 13)) {
		refuse(503, "offline", "no ohtd runs, and without it there are only accounts");
		return;
	}
	if (!get)
		request->fields = ohtd_body_parse(request->body, strlen(request->body),
						  request->found.route->fields, &fault);
	if (!get && !request->fields) {
		struct json_object *json = ohtd_problem_json(fault.status, fault.code, fault.detail,
							     "offline");

		json_object_object_add(json, "errors", fault.errors);
		answer(fault.status, json);
	} else if (get) {
		list(request);
	} else if (!strcmp(request->method, "POST")) {
		add(request);
	} else {
		change(request);
	}
	json_object_put(request->fields);
}

/* ---- who may ---- */

int ohtd_offline_open(struct ohtd_offline *offline, const struct ohtd_config *config, bool join,
		      char *why, size_t size)
{
	char path[OHTD_PATH_BYTES + 16];
	struct ohtd_clock clock;
	int r;

	if (ohtd_state_become_owner(config->state_dir, why, size) ||
	    ohtd_state_ensure(config->state_dir, why, size))
		return -1;
	ohtd_clock_init(&clock, &ohtd_clock_system, NULL,
			OHTD_BUILD_DATE_S * (int64_t)OHTD_NS_PER_S);
	offline->now_s = ohtd_clock_wall_ns(&clock) / (int64_t)OHTD_NS_PER_S;
	snprintf(path, sizeof(path), "%s/oht.db", config->state_dir);
	/* Whoever has the lock may make, migrate and repair. */
	offline->lock_fd = ohtd_state_lock(config->state_dir, why, size);
	if (offline->lock_fd < 0)
		return join ? ohtd_db_join(&offline->db, path, why, size) : -1;
	r = ohtd_db_open(&offline->db, path, offline->now_s, why, size);
	if (r)
		close(offline->lock_fd);
	return r;
}

void ohtd_offline_close(struct ohtd_offline *offline)
{
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
	if (!take(&request)) {
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
