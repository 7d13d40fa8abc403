/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept of shelves: alerts that are not told for a time, one row each while that lasts.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_ALERTS_SHELF_ROWS_H
#define OHTD_ALERTS_SHELF_ROWS_H

#include "alerts/rows.h"

#define OHTD_ALERT_SHELVES_MAX		64
#define OHTD_ALERT_SHELF_REASON_BYTES	201

/**
 * struct ohtd_alert_shelf_row - a shelf as it is kept
 * @id: of two of the same alert the later one has the greater
 * @code: of the alert, as are @source, @unit and @subject: all that come with these are shelved
 * @made_ns: wall clock, when it began
 * @until_ns: the same, when it ends
 * @made_by: who
 * @reason: why
 */
struct ohtd_alert_shelf_row {
	int64_t id;
	char code[OHTD_ALERT_WORD_BYTES];
	char source[OHTD_ALERT_WORD_BYTES];
	uint8_t unit;
	char subject[OHTD_ALERT_SUBJECT_BYTES];
	int64_t made_ns;
	int64_t until_ns;
	char made_by[OHTD_USER_NAME_MAX + 1];
	char reason[OHTD_ALERT_SHELF_REASON_BYTES];
};

#define OHTD_ALERT_SHELF_WORDS_BYTES	(2 * OHTD_ALERT_WORD_BYTES + OHTD_ALERT_SUBJECT_BYTES + 32)

/* Whose shelf it is, for people: "module_lost of module, unit 5", and behind that the subject, if there is one. Returns @words. */
const char *ohtd_alerts_shelf_words(const struct ohtd_alert_shelf_row *row, char words[OHTD_ALERT_SHELF_WORDS_BYTES]);

/*
 * Keeps @row in the place of one of the same alert. @row->id: out. 0, -E2BIG: there are OHTD_ALERT_SHELVES_MAX of
 * others, or a negative errno.
 */
int ohtd_db_alert_shelve(struct ohtd_db *db, struct ohtd_alert_shelf_row *row);

/* @row: code, source, unit and subject of an alert; out: its shelf, which is there no more. 0, -ENOENT or a negative errno. */
int ohtd_db_alert_unshelve(struct ohtd_db *db, struct ohtd_alert_shelf_row *row);

/* The shelf with that id is over; one that is there no more is no error. 0 or a negative errno. */
int ohtd_db_alert_shelf_end(struct ohtd_db *db, int64_t id);

/* All; @rows has OHTD_ALERT_SHELVES_MAX. How many, or a negative errno. */
int ohtd_db_alert_shelves(struct ohtd_db *db, struct ohtd_alert_shelf_row *rows);

#endif /* OHTD_ALERTS_SHELF_ROWS_H */
