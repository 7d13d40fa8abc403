/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the functions of SQL that every connection has.
 * Contexts: the thread that opens the connection.
 * Locks:    none.
 */
#ifndef OHTD_STORE_WORDS_H
#define OHTD_STORE_WORDS_H

#include <sqlite3.h>
#include <stdint.h>

/* oht_kind_name(n), oht_kind_text(n), oht_cause_text(n), as liboht has them. SQLite's result. */
int ohtd_db_learn_words(sqlite3 *sql);

#endif /* OHTD_STORE_WORDS_H */
