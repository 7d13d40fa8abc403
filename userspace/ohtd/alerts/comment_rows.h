/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what people say of an alert; it goes with the row of the alert.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call() and ohtd_store_read().
 * Locks:    none.
 */
#ifndef OHTD_ALERTS_COMMENT_ROWS_H
#define OHTD_ALERTS_COMMENT_ROWS_H

#include "alerts/rows.h"

/* Of an alert; and of all, whose oldest are dropped. */
#define OHTD_ALERT_COMMENTS_MAX		50
#define OHTD_ALERT_COMMENTS_KEPT	10000
#define OHTD_ALERT_COMMENT_BYTES	501

/**
 * struct ohtd_alert_comment_row - a comment
 * @id: running
 * @alert: number
 * @made_ns: wall clock
 * @made_by: who
 * @text: one line
 */
struct ohtd_alert_comment_row {
	int64_t id;
	int64_t alert;
	int64_t made_ns;
	char made_by[OHTD_USER_NAME_MAX + 1];
	char text[OHTD_ALERT_COMMENT_BYTES];
};

/*
 * @alert: number; with a code: all of the row, which the store may not have yet. @row->id: out. 0, -ENOENT: there is no
 * such alert, -E2BIG: it has OHTD_ALERT_COMMENTS_MAX, or a negative errno.
 */
int ohtd_db_alert_comment(struct ohtd_db *db, const struct ohtd_alert_row *alert, struct ohtd_alert_comment_row *row);

/* Those of an alert, the oldest first; @rows has OHTD_ALERT_COMMENTS_MAX. How many, -ENOENT, or a negative errno. */
int ohtd_db_alert_comments(struct ohtd_db *db, int64_t alert, struct ohtd_alert_comment_row *rows);

#endif /* OHTD_ALERTS_COMMENT_ROWS_H */
