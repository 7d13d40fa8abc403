/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the daemon's log lines: level, room, code, text, on standard error.
 * Contexts: any thread except the control thread's cycle (it writes). Signal handlers must not call.
 * Locks:    none; one line is one write(2), the level is an atomic.
 */
#ifndef OHTD_MAIN_LOG_H
#define OHTD_MAIN_LOG_H

/* Numbers are those of syslog(3), so that the journal understands the prefix. */
enum ohtd_log_level {
	OHTD_LOG_ERROR		= 3,
	OHTD_LOG_WARNING	= 4,
	OHTD_LOG_NOTICE		= 5,
	OHTD_LOG_INFO		= 6,
	OHTD_LOG_DEBUG		= 7,
};

/**
 * ohtd_log_level_parse() - name of a level to its number
 * @name: "error", "warning", "notice", "info" or "debug"
 *
 * Return: the level, or -1 for another name.
 */
int ohtd_log_level_parse(const char *name);

/* Lines above @level are dropped from now on. May be called while others log. */
void ohtd_log_set_level(enum ohtd_log_level level);

/**
 * ohtd_log() - write one line
 * @level: how bad it is
 * @room: the folder that speaks: "http", "store", ...
 * @code: short stable word for programs that search logs
 * @format: printf format of the text for people
 *
 * Control bytes in the text are replaced, so that nobody from outside can forge a line. More than
 * OHTD_LOG_BURST lines in a second below warning are counted instead of written, and the number is
 * told with the next line.
 */
void ohtd_log(enum ohtd_log_level level, const char *room, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#define OHTD_LOG_BURST	200

#endif /* OHTD_MAIN_LOG_H */
