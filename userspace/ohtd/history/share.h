/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how much the signals of the user's tables may write to the card in a day, and which of their new values are kept.
 * Contexts: the history thread, with its lock held.
 * Locks:    none.
 *
 * All of them together may write OHTD_HISTORY_SHARE_DAY bytes a day. Each signal has an equal part of that, of which it may save up some hours. What a
 * signal cannot save any more goes into a reserve for all. A new value costs what it writes: its bytes in the interval and in the chunk with their
 * columns, in the log and in the file. A signal that can pay is kept exactly. One that cannot keeps its last value, or stays without one, until it
 * can. That a value is not good any more is always kept.
 */
#ifndef OHTD_HISTORY_SHARE_H
#define OHTD_HISTORY_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/telemetry.h"

#define OHTD_HISTORY_SHARE_DAY		35000000
#define OHTD_HISTORY_SHARE_DAY_CYCLES	(86400 * 40)

/**
 * struct ohtd_history_share - what each signal may write; all 0: nothing has come yet
 * @credit: of each signal, in millionths of a byte
 * @reserve: of all, likewise
 * @kept: last value of each that is on its way to the card
 * @quality: of that, enum ohtd_telemetry_quality
 * @coarse: new values that were not kept
 * @scarce: so many cycles are left of the hour behind the last of them
 * @begun: a sample has come
 */
struct ohtd_history_share {
	int64_t credit[OHTD_TELEMETRY_SIGNALS];
	int64_t reserve;
	int64_t kept[OHTD_TELEMETRY_SIGNALS];
	uint8_t quality[OHTD_TELEMETRY_SIGNALS];
	uint64_t coarse;
	uint32_t scarce;
	bool begun;
};

/* Once for each cycle that comes, in front of its values. */
void ohtd_history_share_refill(struct ohtd_history_share *share);

/*
 * The sample to keep of @signal, a signal of the user's tables: @value and @quality, enum ohtd_telemetry_quality, or in their place those of before.
 */
void ohtd_history_share_take(struct ohtd_history_share *share, unsigned int signal, int64_t *value, unsigned int *quality);

/* @signal is not kept at all now. When it is again, its last value is too old to stand for another. */
void ohtd_history_share_leave_out(struct ohtd_history_share *share, unsigned int signal);

#endif /* OHTD_HISTORY_SHARE_H */
