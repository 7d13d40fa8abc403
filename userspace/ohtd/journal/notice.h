/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way of what happened to the room that tells others elsewhere of it; the room in which it happened need not know that one.
 * Contexts: listen: main thread, before the store has its first job. Notify: the thread that owns the database handle.
 * Locks:    none.
 *
 * Alerts have a way of their own (alerts/rows.h): they begin and end.
 */
#ifndef OHTD_JOURNAL_NOTICE_H
#define OHTD_JOURNAL_NOTICE_H

#include <stdint.h>

struct ohtd_db;

/**
 * struct ohtd_journal_notice - something that happened once
 * @source: the room, for people and programs
 * @code: what happened, for programs
 * @subject: which of several things it is about, as a name in a line for people
 * @text: what happened, for people
 * @made_ns: wall clock
 */
struct ohtd_journal_notice {
	const char *source;
	const char *code;
	const char *subject;
	const char *text;
	int64_t made_ns;
};

/* Writes what follows from @notice. 0 or a negative errno. */
typedef int (*ohtd_journal_listener)(struct ohtd_db *db, const struct ohtd_journal_notice *notice);

/* Has @listener told of each notice; NULL: none, as at first. */
void ohtd_journal_listen(ohtd_journal_listener listener);

/* Tells the listener, inside of the transaction that keeps what happened: after a crash there are both or none. 0 or a negative errno. */
int ohtd_journal_notify(struct ohtd_db *db, const struct ohtd_journal_notice *notice);

#endif /* OHTD_JOURNAL_NOTICE_H */
