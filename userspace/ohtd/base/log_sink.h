/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way out of a log line: the journal's socket, or standard error; and lines that wait
 *           because neither takes them.
 * Contexts: write, flush, look: any thread. Begin, open, close: main thread, before others log.
 * Locks:    one mutex, held for system calls that do not wait.
 */
#ifndef OHTD_BASE_LOG_SINK_H
#define OHTD_BASE_LOG_SINK_H

#include <stdbool.h>
#include <stdint.h>

/* Lines that wait at most; what comes then is lost, and counted. */
#define OHTD_LOG_HELD_LINES	256

struct ohtd_log_line;

/* Finds out what standard error is, so that no later line waits for its reader. */
void ohtd_log_sink_begin(void);

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

/* Never waits: what the journal does not take goes to standard error, what that does not take is held. */
void ohtd_log_sink_write(const struct ohtd_log_line *line);

/* Tries lines that wait once more. Returns how many have been lost, once, as soon as none waits. */
uint64_t ohtd_log_sink_flush(void);

/* How many lines wait now, and how many have been lost since the start. */
void ohtd_log_sink_look(unsigned int *held, uint64_t *lost);

#endif /* OHTD_BASE_LOG_SINK_H */
