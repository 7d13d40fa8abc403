// SPDX-License-Identifier: GPL-2.0-or-later
/* GET logs, PUT logs/level. Reading the tail waits for nothing. */
#include "api/api.h"
#include "server/call.h"

#include "base/log_tail.h"
#include "live/channels.h"
#include "lists/list.h"
#include "views/scene.h"
#include "views/words.h"

/* More than there are; the list ends with NULL. */
#define ROOMS_MAX	64

static const char *room_name(unsigned int number)
{
	unsigned int i = 0;

	while (i < number && ohtd_log_rooms[i])
		i++;
	return ohtd_log_rooms[i];
}

static const struct ohtd_words room_words = { .name = room_name, .end = ROOMS_MAX };

/* ---- GET logs ---- */

struct log_query {
	struct ohtd_page page;
	int64_t level;
	int64_t room;
	const char *code;
};

OHTD_SHAPE(log_query, "LogQuery",
	OHTD_PART(log_query, page, ohtd_page),
	OHTD_WORD(log_query, level, .words = &ohtd_log_level_words, .preset = OHTD_LOG_DEBUG,
		  .summary = "Only lines that are at least as bad"),
	OHTD_WORD(log_query, room, .words = &room_words, .preset = OHTD_NONE,
		  .summary = "Only lines of this part of ohtd"),
	OHTD_TEXT(log_query, code, .min = 1, .max = OHTD_LOG_WORD_BYTES - 1,
		  .summary = "Only lines with this code"));

struct log_line {
	uint64_t seq;
	int64_t time;
	int level;
	const char *room;
	const char *code;
	const char *text;
	const char *request_id;
};

OHTD_SHAPE(log_line, "LogLine",
	OHTD_INTEGER(log_line, seq, .summary = "Number of the line in this run of ohtd"),
	OHTD_TIME(log_line, time, .flags = OHTD_NULL, .summary = "When it was written"),
	OHTD_WORD(log_line, level, .words = &ohtd_log_level_words, .summary = "How bad it is"),
	OHTD_TEXT(log_line, room, .summary = "The part of ohtd that speaks"),
	OHTD_TEXT(log_line, code, .summary = "Stable word for programs"),
	OHTD_TEXT(log_line, text, .summary = "For people"),
	OHTD_TEXT(log_line, request_id, .flags = OHTD_NULL,
		  .summary = "Of the request that it was written for"));

struct log_page {
	const struct log_line *items;
	size_t items_count;
	const char *next_cursor;
	uint64_t lost;
};

OHTD_SHAPE(log_page, "LogPage",
	OHTD_LIST(log_page, items, log_line, .summary = "Lines, the newest first"),
	OHTD_NEXT_CURSOR(log_page),
	OHTD_INTEGER(log_page, lost, .summary = "Lines that were not kept because of a burst"));

/* A view of a line, whose texts are those of @kept. */
static struct log_line line_of(const struct ohtd_log_line *kept)
{
	return (struct log_line){
		.seq = kept->seq, .time = kept->wall_ns, .level = kept->level, .room = kept->room,
		.code = kept->code, .text = kept->text,
		.request_id = *kept->request ? kept->request : NULL,
	};
}

static void reply_lines(struct ohtd_call *call, struct ohtd_log_query *query, uint32_t limit)
{
	struct log_line *items = ohtd_call_alloc(call, limit * sizeof(*items));
	struct log_page page = { .items = items, .lost = ohtd_log_tail_lost() };
	struct ohtd_log_line line;
	bool more = ohtd_log_tail_next(query, &line);

	while (more && page.items_count < limit) {
		struct ohtd_log_line *kept = ohtd_call_alloc(call, sizeof(*kept));

		*kept = line;
		items[page.items_count++] = line_of(kept);
		query->before = line.seq;
		more = ohtd_log_tail_next(query, &line);
	}
	if (more)
		page.next_cursor = ohtd_cursor_text_of_run(call, query->before);
	OHTD_REPLY(call, 200, log_page, &page);
}

static void get_logs(struct ohtd_call *call)
{
	const struct log_query *asked = OHTD_QUERY(call, log_query);
	struct ohtd_log_query query = {
		.before = UINT64_MAX,
		.level = (int)asked->level,
		.room = asked->room == OHTD_NONE ? NULL : room_name((unsigned int)asked->room),
		.code = asked->code,
	};

	if (ohtd_cursor_take_of_run(call, &asked->page, &query.before) < 0)
		return;
	reply_lines(call, &query, asked->page.limit);
}

/* ---- as they are written ---- */

struct live_logs {
	const struct log_line *lines;
	size_t lines_count;
	uint64_t left_out;
	uint64_t lost;
};

OHTD_SHAPE(live_logs, "LiveLogs",
	OHTD_LIST(live_logs, lines, log_line,
		  .summary = "Lines since the message before, at most 64, the newest first"),
	OHTD_INTEGER(live_logs, left_out, .summary = "Further lines since then; GET logs has them"),
	OHTD_INTEGER(live_logs, lost, .summary = "Lines that were not kept because of a burst"));

static const void *make_live_logs(const struct ohtd_scene *scene)
{
	struct live_logs *logs = ohtd_scene_alloc(scene, sizeof(*logs));
	struct log_line *lines = ohtd_scene_alloc(scene, OHTD_LOGGED_MAX * sizeof(*lines));
	struct ohtd_log_query query = { .before = scene->logged->to + 1, .level = OHTD_LOG_DEBUG };
	struct ohtd_log_line line;

	*logs = (struct live_logs){ .lines = lines, .lost = ohtd_log_tail_lost() };
	while (ohtd_log_tail_next(&query, &line) && line.seq > scene->logged->from) {
		struct ohtd_log_line *kept;

		query.before = line.seq;
		if (logs->lines_count == OHTD_LOGGED_MAX) {
			logs->left_out = line.seq - scene->logged->from;
			break;
		}
		kept = ohtd_scene_alloc(scene, sizeof(*kept));
		*kept = line;
		lines[logs->lines_count++] = line_of(kept);
	}
	return logs;
}

const struct ohtd_view ohtd_live_logs_view = { &live_logs_shape, make_live_logs };

/* ---- PUT logs/level ---- */

struct log_level {
	int64_t level;
	int64_t room;
};

OHTD_SHAPE(log_level, "LogLevel",
	OHTD_WORD(log_level, level, .flags = OHTD_NEEDED, .words = &ohtd_log_level_words,
		  .summary = "From which level on lines are written", .example = "\"debug\""),
	OHTD_WORD(log_level, room, .words = &room_words, .preset = OHTD_NONE,
		  .summary = "Of this part of ohtd only", .example = "\"http\""));

struct log_level_change {
	int64_t room;
	int old;
	int new;
};

OHTD_SHAPE(log_level_change, "LogLevelChange",
	OHTD_WORD(log_level_change, room, .flags = OHTD_NULL, .words = &room_words,
		  .summary = "Part of ohtd; null: all"),
	OHTD_WORD(log_level_change, old, .words = &ohtd_log_level_words, .summary = "Level before"),
	OHTD_WORD(log_level_change, new, .words = &ohtd_log_level_words, .summary = "Level now"));

static void put_level(struct ohtd_call *call)
{
	const struct log_level *said = OHTD_INPUT(call, log_level);
	const char *room = said->room == OHTD_NONE ? NULL : room_name((unsigned int)said->room);
	int level = (int)said->level, before = ohtd_log_change_level(room, (enum ohtd_log_level)level);

	/* A notice would not be seen where errors only are wanted from now on. */
	ohtd_log(OHTD_LOG_WARNING, "main", "log_level", "%s from %s to %s by %s",
		 room ? room : "all rooms", ohtd_log_level_name(before), ohtd_log_level_name(level),
		 call->who.user);
	OHTD_REPLY(call, 200, log_level_change, (&(struct log_level_change){
		.room = said->room, .old = before, .new = level,
	}));
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "logs", .role = OHTD_ROLE_SUPERVISOR,
		.query = &log_query_shape,
		.replies = { { 200, &log_page_shape } },
		.handle = get_logs,
		.summary = "Newest lines of the log, the newest first",
	}, {
		.method = OHTD_PUT, .path = "logs/level", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "change", "changed", " the level of the log" },
		.body_bytes_max = 1024, .body = &log_level_shape,
		.replies = { { 200, &log_level_change_shape } },
		.handle = put_level,
		.summary = "From which level on lines are written",
	},
};

OHTD_ROUTE_TABLE(ohtd_log_routes, "Logs", routes);
