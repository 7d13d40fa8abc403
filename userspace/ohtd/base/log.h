/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the daemon's log: levels of the rooms, what a line is made of, where it goes.
 * Contexts: any thread except the control thread's cycle (it writes). Signal handlers must not call.
 * Locks:    levels are atomics, see log_tail.h, log_limit.h and log_sink.h for the rest. Nothing
 *           allocates, and nothing waits for a reader of the log.
 */
#ifndef OHTD_BASE_LOG_H
#define OHTD_BASE_LOG_H

#include <stdint.h>

struct ohtd_clock;

/* Numbers are those of syslog(3), which the journal uses too. */
enum ohtd_log_level {
	OHTD_LOG_ERROR		= 3,
	OHTD_LOG_WARNING	= 4,
	OHTD_LOG_NOTICE		= 5,
	OHTD_LOG_INFO		= 6,
	OHTD_LOG_DEBUG		= 7,
};

/* An id as clients may send it: so many characters at most, of letters, digits and . _ - */
#define OHTD_REQUEST_ID_BYTES	65

/* Rooms that have a level of their own, ends with NULL. */
extern const char *const ohtd_log_rooms[];

/**
 * ohtd_log_start() - where time comes from, and whether lines go to the journal or to standard error
 * @clock: outlives all logging; NULL: the system's time of day
 *
 * The journal is taken when JOURNAL_STREAM says that it is behind standard error. Main thread,
 * before others exist; lines before it go to standard error.
 */
void ohtd_log_start(struct ohtd_clock *clock);

/**
 * ohtd_log_level_parse() - name of a level to its number
 * @name: "error", "warning", "notice", "info" or "debug"
 *
 * Return: the level, or -1 for another name.
 */
int ohtd_log_level_parse(const char *name);

/* Never NULL. */
const char *ohtd_log_level_name(int level);

/* Lines above @level are dropped from now on, in all rooms. May be called while others log. */
void ohtd_log_set_level(enum ohtd_log_level level);

/* One room, or all with NULL. Returns the level before, or -1 for a room that there is not. */
int ohtd_log_change_level(const char *room, enum ohtd_log_level level);

/* Level of one room, of those without one of their own with NULL; -1 for an unknown room. */
int ohtd_log_level_of(const char *room);

/**
 * ohtd_log_set_request() - what this thread does from now on is for a request
 * @id: copied; "" or NULL: for none
 */
void ohtd_log_set_request(const char *id);

/* The id of this thread's request, "" without one. */
const char *ohtd_log_request(void);

/**
 * ohtd_log() - write one line
 * @level: how bad it is
 * @room: the folder that speaks: "http", "store", ...; constant text
 * @code: short stable word for programs that search logs; constant text
 * @format: printf format of the text for people
 *
 * Whatever is not printable ASCII is escaped as \xNN, so that nobody from outside can forge a line
 * or talk to a terminal. Each code has so many lines in a while (log_limit.h); how many were held
 * back is told by a line of its own.
 */
void ohtd_log(enum ohtd_log_level level, const char *room, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * ohtd_log_always() - write one line at each level of the log
 * @room: as of ohtd_log()
 * @code: likewise
 * @format: printf format of the text for people
 *
 * The line is a notice. For what is written to be kept elsewhere, so that nobody silences it with the level.
 */
void ohtd_log_always(const char *room, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes what waits, and tells what has been lost or held back. To be called now and then. */
void ohtd_log_tick(void);

#endif /* OHTD_BASE_LOG_H */
