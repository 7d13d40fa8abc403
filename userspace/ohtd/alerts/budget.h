/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how often the alerts of each kind may be written and told: a kind is a code, a module and a subject, of which there may be none.
 * Contexts: any thread, one at a time.
 * Locks:    none; that of the owner.
 *
 * Each kind has a few writes of its own, so an alert that was quiet is written at once, whatever the others do. A kind that
 * has used them takes its turn in those that all kinds share. So an alert that flaps all day pays for itself.
 *
 * Receivers elsewhere (struct ohtd_alerts_listener) are told of a few comings of each kind at once, and of further ones as these come back.
 */
#ifndef OHTD_ALERTS_BUDGET_H
#define OHTD_ALERTS_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "alerts/rows.h"

/* Kinds in memory. A further kind replaces the kind that was written longest ago. */
#define OHTD_ALERTS_BUDGET_KINDS	256

/**
 * struct ohtd_alerts_allowance - writes, or comings to be told, that may follow one another; used ones come back in time
 * @used: how many are used
 * @back_ns: CLOCK_MONOTONIC of the newest that came back
 */
struct ohtd_alerts_allowance {
	unsigned int used;
	uint64_t back_ns;
};

/**
 * struct ohtd_alerts_kind - alerts that are one to a person
 * @code: of the alert; "": the place is free
 * @unit: address of the module; 0: none
 * @subject: of the alert; "": none
 * @turn: the newest write that has it
 * @own: its own writes
 * @told: its comings that were told
 * @untold: how often it came since the newest of these
 */
struct ohtd_alerts_kind {
	char code[OHTD_ALERT_WORD_BYTES];
	uint8_t unit;
	char subject[OHTD_ALERT_SUBJECT_BYTES];
	uint64_t turn;
	struct ohtd_alerts_allowance own;
	struct ohtd_alerts_allowance told;
	int64_t untold;
};

/**
 * struct ohtd_alerts_budget - begins as zero
 * @turn: of this write
 * @shared: writes of kinds that have used their own
 * @next: of the kinds that wait for a shared one, that which was written longest ago; NULL: none waits
 */
struct ohtd_alerts_budget {
	uint64_t turn;
	struct ohtd_alerts_allowance shared;
	struct ohtd_alerts_kind *next;
	struct ohtd_alerts_kind kinds[OHTD_ALERTS_BUDGET_KINDS];
};

/* Another write is put together. */
void ohtd_alerts_budget_begin(struct ohtd_alerts_budget *budget);

/* The kind of @row has something to write: it takes one of its own, or waits. An emergency takes none. */
void ohtd_alerts_budget_ask(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row, bool emergency, uint64_t now_ns);

/* All have asked: one of those that wait takes a shared one, if there is one. */
void ohtd_alerts_budget_share(struct ohtd_alerts_budget *budget, uint64_t now_ns);

/* Is the kind of @row in this write? */
bool ohtd_alerts_budget_has(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row);

/* An alert of the kind of @row comes, told or not. */
void ohtd_alerts_budget_come(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row);

/*
 * May receivers be told that the kind of @row has come? Takes one of what may be told. @flaps: out, if so: 0, or, if that was the last one, so
 * that a further coming waits until one comes back, how often the kind came since the one before.
 */
bool ohtd_alerts_budget_tell(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row, uint64_t now_ns, int64_t *flaps);

#endif /* OHTD_ALERTS_BUDGET_H */
