// SPDX-License-Identifier: GPL-2.0-or-later
/* GET logs, PUT logs/level. Reading the tail waits for nobody. */
#include "http/api.h"
#include "http/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/problem.h"
#include "main/clock.h"
#include "main/log_tail.h"

#define LIMIT_DEFAULT	50

static struct json_object *line_json(const struct ohtd_log_line *line)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "seq", json_object_new_int64((int64_t)line->seq));
	json_object_object_add(json, "time", ohtd_json_wall_time(line->wall_ns));
	json_object_object_add(json, "level",
			       json_object_new_string(ohtd_log_level_name(line->level)));
	json_object_object_add(json, "room", json_object_new_string(line->room));
	json_object_object_add(json, "code", json_object_new_string(line->code));
	json_object_object_add(json, "text", json_object_new_string(line->text));
	json_object_object_add(json, "request_id", *line->request ?
			       json_object_new_string(line->request) : NULL);
	return json;
}

/* A place of another run is none of this one: lines are numbered anew. */
static void put_cursor(char *text, size_t size, uint64_t run, uint64_t seq)
{
	snprintf(text, size, "%llx-%llu", (unsigned long long)run, (unsigned long long)seq);
}

static int take_cursor(struct ohtd_call *call, uint64_t run, uint64_t *before)
{
	const char *cursor = ohtd_call_text(call, "cursor");
	const char *dash = cursor ? strchr(cursor, '-') : NULL;
	struct json_object *errors;
	char again[48];

	*before = UINT64_MAX;
	if (!cursor)
		return 0;
	if (dash)
		*before = strtoull(dash + 1, NULL, 10);
	put_cursor(again, sizeof(again), run, *before);
	if (*before && !strcmp(cursor, again))
		return 0;
	errors = json_object_new_array();
	ohtd_error_add(errors, "/cursor", "bad_cursor", "is no next_cursor of this list");
	ohtd_reply_problem_list(call, 400, "validation", "the query is not what is taken here",
				errors);
	return -1;
}

static struct json_object *lines_json(struct ohtd_log_query *query, int limit, uint64_t run)
{
	struct json_object *json = json_object_new_object();
	struct json_object *items = json_object_new_array();
	struct ohtd_log_line line;
	bool more = false;
	char cursor[48];

	for (int i = 0; i < limit && ohtd_log_tail_next(query, &line); i++) {
		json_object_array_add(items, line_json(&line));
		query->before = line.seq;
		more = i + 1 == limit && ohtd_log_tail_next(query, &line);
	}
	put_cursor(cursor, sizeof(cursor), run, query->before);
	json_object_object_add(json, "items", items);
	json_object_object_add(json, "next_cursor", more ? json_object_new_string(cursor) : NULL);
	json_object_object_add(json, "lost", json_object_new_int64((int64_t)ohtd_log_tail_lost()));
	return json;
}

void ohtd_api_logs(struct ohtd_call *call)
{
	struct json_object *limit = json_object_object_get(call->body, "limit");
	const char *level = ohtd_call_text(call, "level");
	uint64_t run = ohtd_log_tail_run();
	struct ohtd_log_query query = {
		.level = level ? ohtd_log_level_parse(level) : OHTD_LOG_DEBUG,
		.room = ohtd_call_text(call, "room"),
		.code = ohtd_call_text(call, "code"),
	};

	if (!take_cursor(call, run, &query.before))
		ohtd_reply_json(call, 200, lines_json(&query, limit ? json_object_get_int(limit) :
						      LIMIT_DEFAULT, run));
}

void ohtd_api_logs_level(struct ohtd_call *call)
{
	const char *level = ohtd_call_text(call, "level"), *room = ohtd_call_text(call, "room");
	int before = ohtd_log_change_level(room, ohtd_log_level_parse(level));
	struct json_object *json = json_object_new_object();

	/* A notice would not be seen where errors only are wanted from now on. */
	ohtd_log(OHTD_LOG_WARNING, "main", "log_level", "%s from %s to %s by %s",
		 room ? room : "all rooms", ohtd_log_level_name(before), level, call->who.user);
	json_object_object_add(json, "room", room ? json_object_new_string(room) : NULL);
	json_object_object_add(json, "old", json_object_new_string(ohtd_log_level_name(before)));
	json_object_object_add(json, "new", json_object_new_string(level));
	ohtd_reply_json(call, 200, json);
}
