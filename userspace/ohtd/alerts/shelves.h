/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which alerts are shelved now, and when that is over. A shelf is of a code, a source, a unit and a subject.
 * Contexts: create, end, destroy: main thread. Look: a loop, one at a time. All else: any thread but the control thread.
 * Locks:    a mutex, held for a pass over the shelves, taken before that of the store.
 *
 * The store has them, and is written first. Each ends by the monotonic clock of this run; what the time of day does
 * moves no end. A run that finds a shelf of the one before goes by the time of day, and gives it no more than it had.
 */
#ifndef OHTD_ALERTS_SHELVES_H
#define OHTD_ALERTS_SHELVES_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/shelf_rows.h"

struct ohtd_alert_shelves;
struct ohtd_clock;
struct ohtd_store;

/* The longest time of a shelf. */
#define OHTD_ALERT_SHELF_MINUTES	480

/* Both outlive it. With a store that does not work nothing is shelved. NULL: out of memory. */
struct ohtd_alert_shelves *ohtd_alert_shelves_create(struct ohtd_store *store, struct ohtd_clock *clock);

/* Is it shelved now? @shelf: filled, with its end in the present time of day; may be NULL. */
bool ohtd_alert_shelves_find(struct ohtd_alert_shelves *shelves, const char *code, const char *source, uint8_t unit,
			     const char *subject, struct ohtd_alert_shelf_row *shelf);

/* All that last, the first that ends first; @rows has OHTD_ALERT_SHELVES_MAX. Returns how many. */
size_t ohtd_alert_shelves_list(struct ohtd_alert_shelves *shelves, struct ohtd_alert_shelf_row *rows);

/* The store has kept @row: it lasts from now on, and the one of the same alert does no more. */
void ohtd_alert_shelves_note(struct ohtd_alert_shelves *shelves, const struct ohtd_alert_shelf_row *row);

/* The store has it no more; @row without an id: it has none of this alert. */
void ohtd_alert_shelves_forget(struct ohtd_alert_shelves *shelves, const struct ohtd_alert_shelf_row *row);

/* Has the store forget those that are over, without waiting. */
void ohtd_alert_shelves_tick(struct ohtd_alert_shelves *shelves);

/* No look follows: waits for the store. NULL is allowed. */
void ohtd_alert_shelves_end(struct ohtd_alert_shelves *shelves);

/* Behind the end of the store. NULL is allowed. */
void ohtd_alert_shelves_destroy(struct ohtd_alert_shelves *shelves);

#endif /* OHTD_ALERTS_SHELVES_H */
