/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the newest lines of the log, in memory.
 * Contexts: any thread.
 * Locks:    one per line, only ever tried: who finds it taken counts a loss (writer) or looks again
 *           (reader). No call waits or allocates.
 */
#ifndef OHTD_BASE_LOG_TAIL_H
#define OHTD_BASE_LOG_TAIL_H

#include <stdint.h>

#include "base/log.h"

#define OHTD_LOG_TAIL_LINES	1024	/* a power of two */
#define OHTD_LOG_TEXT_BYTES	512
#define OHTD_LOG_WORD_BYTES	32

struct ohtd_log_line {
	uint64_t seq;			/* from 1 on, without gaps but for lost ones */
	int64_t wall_ns;		/* time of day since 1970 */
	int level;			/* enum ohtd_log_level */
	char room[OHTD_LOG_WORD_BYTES];
	char code[OHTD_LOG_WORD_BYTES];
	char request[OHTD_REQUEST_ID_BYTES];	/* "" without one */
	char text[OHTD_LOG_TEXT_BYTES];	/* printable ASCII */
};

/**
 * struct ohtd_log_query - which lines are wanted
 * @before: only those with a smaller number; UINT64_MAX: from the newest on
 * @level: those that are at least as bad
 * @room: of this room, NULL: of all
 * @code: of this code, NULL: of all
 */
struct ohtd_log_query {
	uint64_t before;
	int level;
	const char *room;
	const char *code;
};

/* Keeps a line; its number is filled in. */
void ohtd_log_tail_add(struct ohtd_log_line *line);

/* The newest line that @query wants, copied to @line. Returns 1, or 0 if there is none. */
int ohtd_log_tail_next(const struct ohtd_log_query *query, struct ohtd_log_line *line);

/* Lines that were not kept because the place was taken. */
uint64_t ohtd_log_tail_lost(void);

#endif /* OHTD_BASE_LOG_TAIL_H */
