/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about alerts: one row each, from when it comes until it ends, and who has acknowledged it.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_ALERTS_ROWS_H
#define OHTD_ALERTS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/list.h"
#include "accounts/users.h"

struct ohtd_db;

#define OHTD_ALERTS_KEPT		10000	/* older ones are dropped */
#define OHTD_ALERT_WORD_BYTES		40
#define OHTD_ALERT_TEXT_BYTES		256
#define OHTD_ALERT_SUBJECT_BYTES	65
#define OHTD_ALERT_STATE_BYTES		8

/**
 * struct ohtd_alert_row - an alert as it is kept
 * @number: running
 * @code: stable word for programs
 * @severity: "emergency", "critical" or "warning"
 * @source: the part that it is about
 * @unit: unit address of the module, 0: it is about no module
 * @subject: which of several things of its kind it is about; "": its kind has one
 * @text: for people
 * @since_ns: wall clock, when it came first
 * @ended_ns: the same, when it ended last; 0: it has not
 * @times: how often it came
 * @cut: the run of the daemon ended before the alert; when that ended is not known
 * @acknowledged_ns: wall clock, when somebody acknowledged it; 0: nobody has
 * @acknowledged_by: who
 * @acknowledged_times: @times by then: an alert that comes again is to be acknowledged again
 * @muted: it came last while it was shelved, in a flood, behind another one about its module, or more often than it is told: receivers were not
 *	told, and are not told of its end
 * @fastest_ns: the shortest time between the first and the last of three comings on end; 0: it came less often
 * @rested: no person was to be told of it when it came first, or it is about a flood: floods are counted without it
 * @flaps: not kept: it comes more often than receivers are told of it: so often it came since they were told before; 0: they are told each time
 * @state: of one that was read: "active", "ended" or, if it was cut and has not ended, "unknown"
 */
struct ohtd_alert_row {
	int64_t number;
	char code[OHTD_ALERT_WORD_BYTES];
	char severity[OHTD_ALERT_WORD_BYTES];
	char source[OHTD_ALERT_WORD_BYTES];
	uint8_t unit;
	char subject[OHTD_ALERT_SUBJECT_BYTES];
	char text[OHTD_ALERT_TEXT_BYTES];
	int64_t since_ns;
	int64_t ended_ns;
	int64_t times;
	bool cut;
	int64_t acknowledged_ns;
	char acknowledged_by[OHTD_USER_NAME_MAX + 1];
	int64_t acknowledged_times;
	bool muted;
	int64_t fastest_ns;
	bool rested;
	int64_t flaps;
	char state[OHTD_ALERT_STATE_BYTES];
};

/* Has somebody acknowledged it since it came last? */
static inline bool ohtd_alert_row_acknowledged(const struct ohtd_alert_row *row)
{
	return row->acknowledged_times >= row->times;
}

/* Keeps the newest state of each, and drops what is too old; all of them or, on an error, none. */
int ohtd_db_alerts_keep(struct ohtd_db *db, const struct ohtd_alert_row *rows, unsigned int count);

/*
 * The newest that earlier runs left open and without an acknowledgement, unless ohtd_alerts_carried() was told of them.
 * How many of @rows, @max at most, or a negative errno.
 */
int ohtd_db_alerts_left(struct ohtd_db *db, struct ohtd_alert_row *rows, unsigned int max);

/* Alerts up to number @last that were left are rows of this run now, or need not be. 0 or a negative errno. */
int ohtd_alerts_carried(struct ohtd_db *db, int64_t last);

/* At the start of a run: what the last one left open is cut. @now_ns: wall clock. @newest: out: greatest number. */
int ohtd_db_alerts_begin(struct ohtd_db *db, int64_t now_ns, int64_t *newest);

/* The same for alerts up to number @last, when the start could not do it. 0 or a negative errno. */
int ohtd_db_alerts_cut(struct ohtd_db *db, int64_t last, int64_t now_ns);

/* @row->number: which; out: all of it. 0, -ENOENT, or a negative errno. */
int ohtd_db_alert_get(struct ohtd_db *db, struct ohtd_alert_row *row);

/* Keeps what the store may not have yet of @row, and tells the listener. 0 or a negative errno. */
int ohtd_db_alert_bring(struct ohtd_db *db, const struct ohtd_alert_row *row);

/**
 * ohtd_db_alert_acknowledge() - keep that a person has seen an alert; the first one stays
 * @row: number, acknowledged_ns and acknowledged_by of who acknowledges; with a code: all of the row, which the store
 *	may not have yet. Out: as it is now
 *
 * Return: 1: done, 0: somebody was first, -ENOENT: there is no such alert, or another negative errno.
 */
int ohtd_db_alert_acknowledge(struct ohtd_db *db, struct ohtd_alert_row *row);

/* All of them, the greatest number the newest. */
extern const struct ohtd_stored_row ohtd_kept_alerts;

/**
 * struct ohtd_alerts_listener - what else is written with an alert, in its transaction, for receivers elsewhere
 * @note: of @row, before it is kept. How much has been written, or a negative errno
 * @note_cut: of alerts up to number @last that have not ended, before they are cut. 0 or a negative errno
 * @bound: once behind all that was written. 0 or a negative errno
 */
struct ohtd_alerts_listener {
	int (*note)(struct ohtd_db *db, const struct ohtd_alert_row *row);
	int (*note_cut)(struct ohtd_db *db, int64_t last, int64_t now_ns);
	int (*bound)(struct ohtd_db *db);
};

/**
 * ohtd_alerts_listen() - have a listener told of each alert that is kept
 * @told: outlives the store; NULL: none, as at first
 *
 * Context: the main thread, before the store has the first job about alerts.
 */
void ohtd_alerts_listen(const struct ohtd_alerts_listener *told);

#endif /* OHTD_ALERTS_ROWS_H */
