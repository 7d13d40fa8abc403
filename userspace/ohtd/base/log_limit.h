/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how many lines each code of each room has had of late, and how many were held back.
 * Contexts: any thread.
 * Locks:    none; atomics. Two threads at the turn of a window may count one line more or less.
 */
#ifndef OHTD_BASE_LOG_LIMIT_H
#define OHTD_BASE_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define OHTD_LOG_BURST		50		/* lines of one code ... */
#define OHTD_LOG_WINDOW_NS	5000000000ull	/* ... within this */
/* Lines of one code in an hour. So `debug` and a client that asks all day write some 50,000 lines a day, not 860,000. */
#define OHTD_LOG_HOUR		2000
#define OHTD_LOG_HOUR_NS	3600000000000ull
#define OHTD_LOG_CODES		256		/* more than there are; the rest shares one count, without that of the hour */

/* What a window held back. */
struct ohtd_log_held {
	const char *room;
	const char *code;
	unsigned int lines;
};

/**
 * ohtd_log_limit_take() - may this line be written
 * @room: constant text
 * @code: constant text
 * @now_ns: CLOCK_MONOTONIC
 */
bool ohtd_log_limit_take(const char *room, const char *code, uint64_t now_ns);

/* One code whose window is over and that was held back; false if there is none. */
bool ohtd_log_limit_over(uint64_t now_ns, struct ohtd_log_held *held);

#endif /* OHTD_BASE_LOG_LIMIT_H */
