/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way out of a log line: the journal's socket, or standard error.
 * Contexts: write: any thread. Open: main thread, before others log.
 * Locks:    none; a line is one system call.
 */
#ifndef OHTD_MAIN_LOG_SINK_H
#define OHTD_MAIN_LOG_SINK_H

#include <stdbool.h>

struct ohtd_log_line;

/**
 * ohtd_log_sink_open() - send lines to a journal from now on, with fields
 * @path: its socket for datagrams
 *
 * Return: 0, or a negative errno; lines then go to standard error as before.
 */
int ohtd_log_sink_open(const char *path);

/* Back to standard error. */
void ohtd_log_sink_close(void);

/* True when standard error is what JOURNAL_STREAM ("device:inode") names. */
bool ohtd_log_sink_is_journal(void);

/* Never waits for a journal: what it does not take goes to standard error. */
void ohtd_log_sink_write(const struct ohtd_log_line *line);

#endif /* OHTD_MAIN_LOG_SINK_H */
