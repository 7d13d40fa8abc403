/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is counted about the alerts of a span: how many, when too many at once, which ones most.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_read().
 * Locks:    none.
 *
 * Counted are the rows that are kept: one that came again within seconds is one alert. Nothing grows with the span but
 * what SQLite sorts, and that is the 10,000 rows that are kept at most.
 */
#ifndef OHTD_ALERTS_NUMBER_ROWS_H
#define OHTD_ALERTS_NUMBER_ROWS_H

#include "alerts/rows.h"

/* So many in a row within the time are a flood, and so many comings of one are chattering. */
#define OHTD_ALERT_FLOOD		11
#define OHTD_ALERT_FLOOD_S		600
#define OHTD_ALERT_CHATTER		3
#define OHTD_ALERT_CHATTER_S		60
#define OHTD_ALERT_STANDING_S		86400
#define OHTD_ALERT_TOP			10
#define OHTD_ALERT_SAMPLES		20

/**
 * struct ohtd_alert_tally - a code
 * @count: alerts that came in the span
 * @comings: how often these came
 * @standing_ns: for how long any of it stood within the span, added up
 */
struct ohtd_alert_tally {
	char code[OHTD_ALERT_WORD_BYTES];
	int64_t count;
	int64_t comings;
	int64_t standing_ns;
};

/**
 * struct ohtd_alert_flood - alerts of which each OHTD_ALERT_FLOOD on end came within OHTD_ALERT_FLOOD_S
 * @number: of the first
 * @code: the same
 * @from_ns: when that came
 * @to_ns: when the last came
 * @count: of all
 */
struct ohtd_alert_flood {
	int64_t number;
	char code[OHTD_ALERT_WORD_BYTES];
	int64_t from_ns;
	int64_t to_ns;
	int64_t count;
};

/* An alert that has stood for more than OHTD_ALERT_STANDING_S by the end of the span; @ended_ns 0: it stands. */
struct ohtd_alert_standing {
	int64_t number;
	char code[OHTD_ALERT_WORD_BYTES];
	char source[OHTD_ALERT_WORD_BYTES];
	uint8_t unit;
	char subject[OHTD_ALERT_SUBJECT_BYTES];
	int64_t since_ns;
	int64_t ended_ns;
};

/* One of which OHTD_ALERT_CHATTER comings on end were within OHTD_ALERT_CHATTER_S; counts as of a tally. */
struct ohtd_alert_chattering {
	char code[OHTD_ALERT_WORD_BYTES];
	char source[OHTD_ALERT_WORD_BYTES];
	uint8_t unit;
	char subject[OHTD_ALERT_SUBJECT_BYTES];
	int64_t count;
	int64_t comings;
};

/**
 * struct ohtd_alert_numbers - all of it
 * @from_ns: wall clock; begin of the span, which belongs to it
 * @to_ns: end, which does not; not in the future
 * @now_ns: until then stands what stands
 * @count: alerts that came in the span
 * @comings: how often these came
 * @frequent: codes by their count
 * @longest: codes by the time that they stood; an alert whose end was not seen counts none
 * @flood_count: of all floods; the newest are in @floods
 * @flooded: alerts in all floods
 * @standing_count: of all; the oldest are in @standing
 * @chattering_count: of all; those that came most often are in @chattering
 */
struct ohtd_alert_numbers {
	int64_t from_ns;
	int64_t to_ns;
	int64_t now_ns;
	int64_t count;
	int64_t comings;
	unsigned int frequent_count;
	struct ohtd_alert_tally frequent[OHTD_ALERT_TOP];
	unsigned int longest_count;
	struct ohtd_alert_tally longest[OHTD_ALERT_TOP];
	int64_t flood_count;
	int64_t flooded;
	struct ohtd_alert_flood floods[OHTD_ALERT_SAMPLES];
	int64_t standing_count;
	struct ohtd_alert_standing standing[OHTD_ALERT_SAMPLES];
	int64_t chattering_count;
	struct ohtd_alert_chattering chattering[OHTD_ALERT_TOP];
};

/* @numbers: the span and now; all else: out. 0 or a negative errno. */
int ohtd_db_alert_numbers(struct ohtd_db *db, struct ohtd_alert_numbers *numbers);

#endif /* OHTD_ALERTS_NUMBER_ROWS_H */
