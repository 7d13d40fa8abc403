// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log_limit.h"
#include "base/log_sink.h"
#include "base/log_tail.h"

#define JOURNAL_SOCKET	"/run/systemd/journal/socket"
#define ROOMS		11

static const struct {
	const char *name;
	enum ohtd_log_level level;
} levels[] = {
	{ "error", OHTD_LOG_ERROR },
	{ "warning", OHTD_LOG_WARNING },
	{ "notice", OHTD_LOG_NOTICE },
	{ "info", OHTD_LOG_INFO },
	{ "debug", OHTD_LOG_DEBUG },
};

const char *const ohtd_log_rooms[ROOMS + 1] = {
	"auth", "bus", "config", "gateway", "history", "http", "journal", "main", "robot",
	"settings", "store", NULL,
};

static atomic_int general = OHTD_LOG_INFO;
static atomic_int room_levels[ROOMS];	/* 0: the general one */
static struct ohtd_clock *wall_clock;
static _Thread_local char request_id[OHTD_REQUEST_ID_BYTES];

void ohtd_log_start(struct ohtd_clock *clock)
{
	wall_clock = clock;
	ohtd_log_sink_begin();
	if (ohtd_log_sink_is_journal() && ohtd_log_sink_open(JOURNAL_SOCKET))
		ohtd_log(OHTD_LOG_WARNING, "main", "no_journal", "%s takes nothing",
			 JOURNAL_SOCKET);
}

/* ---- levels ---- */

int ohtd_log_level_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (!strcmp(levels[i].name, name))
			return levels[i].level;
	return -1;
}

const char *ohtd_log_level_name(int level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if ((int)levels[i].level == level)
			return levels[i].name;
	return "?";
}

static int room_index(const char *room)
{
	for (int i = 0; i < ROOMS; i++)
		if (!strcmp(ohtd_log_rooms[i], room))
			return i;
	return -1;
}

static int effective(int index)
{
	int level = index < 0 ? 0 : atomic_load(&room_levels[index]);

	return level ? level : atomic_load(&general);
}

int ohtd_log_level_of(const char *room)
{
	int index = room ? room_index(room) : -1;

	return room && index < 0 ? -1 : effective(index);
}

int ohtd_log_change_level(const char *room, enum ohtd_log_level level)
{
	int before = ohtd_log_level_of(room);

	if (before < 0)
		return -1;
	if (room) {
		atomic_store(&room_levels[room_index(room)], level);
		return before;
	}
	atomic_store(&general, level);
	for (int i = 0; i < ROOMS; i++)
		atomic_store(&room_levels[i], 0);
	return before;
}

void ohtd_log_set_level(enum ohtd_log_level level)
{
	ohtd_log_change_level(NULL, level);
}

/* ---- whose work it is ---- */

void ohtd_log_set_request(const char *id)
{
	snprintf(request_id, sizeof(request_id), "%s", id ? id : "");
}

const char *ohtd_log_request(void)
{
	return request_id;
}

/* ---- lines ---- */

static int64_t wall_ns(void)
{
	struct timespec now;

	if (wall_clock)
		return ohtd_clock_wall_ns(wall_clock);
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * (int64_t)OHTD_NS_PER_S + now.tv_nsec;
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	if (wall_clock)
		return ohtd_clock_monotonic_ns(wall_clock);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * OHTD_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* The backslash is escaped too: then a \x1b that somebody sent differs from one that he did not. */
static void escape(const char *from, char *to, size_t size)
{
	size_t used = 0;

	for (; *from && used + 5 <= size; from++) {
		unsigned char byte = (unsigned char)*from;

		if (byte >= ' ' && byte <= '~' && byte != '\\')
			to[used++] = (char)byte;
		else
			used += (size_t)snprintf(to + used, size - used, "\\x%02x", byte);
	}
	to[used] = 0;
}

__attribute__((format(printf, 4, 0)))
static void put(enum ohtd_log_level level, const char *room, const char *code, const char *format,
		va_list args)
{
	struct ohtd_log_line line = { .wall_ns = wall_ns(), .level = level };
	char text[OHTD_LOG_TEXT_BYTES];

	vsnprintf(text, sizeof(text), format, args);
	escape(text, line.text, sizeof(line.text));
	snprintf(line.room, sizeof(line.room), "%s", room);
	snprintf(line.code, sizeof(line.code), "%s", code);
	memcpy(line.request, request_id, sizeof(line.request));
	ohtd_log_tail_add(&line);
	ohtd_log_sink_write(&line);
}

__attribute__((format(printf, 4, 5)))
static void say(enum ohtd_log_level level, const char *room, const char *code, const char *format,
		...)
{
	va_list args;

	va_start(args, format);
	put(level, room, code, format, args);
	va_end(args);
}

void ohtd_log_tick(void)
{
	uint64_t lost = ohtd_log_sink_flush();
	struct ohtd_log_held held;

	if (lost)
		say(OHTD_LOG_WARNING, "main", "log_lost",
		    "%llu lines are missing here: nothing took them, and no place was left",
		    (unsigned long long)lost);
	while (ohtd_log_limit_over(monotonic_ns(), &held))
		say(OHTD_LOG_WARNING, held.room, "held_back", "%u lines with the code %s were held back",
		    held.lines, held.code);
}

__attribute__((format(printf, 4, 0)))
static void put_limited(enum ohtd_log_level level, const char *room, const char *code, const char *format, va_list args)
{
	ohtd_log_tick();
	if (ohtd_log_limit_take(room, code, monotonic_ns()))
		put(level, room, code, format, args);
}

void ohtd_log(enum ohtd_log_level level, const char *room, const char *code, const char *format, ...)
{
	va_list args;

	if ((int)level > effective(room_index(room)))
		return;
	va_start(args, format);
	put_limited(level, room, code, format, args);
	va_end(args);
}

void ohtd_log_always(const char *room, const char *code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_limited(OHTD_LOG_NOTICE, room, code, format, args);
	va_end(args);
}
