/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way of alerts into the store: when each came and ended. Knows who has acknowledged those that are active.
 * Contexts: create, tick, end, destroy: main thread, so that alerts are kept and sent also while no loop turns; active, find,
 *           note: any loop. Writing is done by the thread of the store.
 * Locks:    one of its own around the entries, taken before that of the store; one job at a time, whose end is an atomic.
 *
 * An alert that comes again within seconds of its end goes on in the same row, which counts how often it came. So
 * a loose contact fills no disk. One that comes while it is shelved is kept as all others, and receivers elsewhere (struct
 * ohtd_alerts_listener) are not told of it; if it stands when that is over, they are told then. The same holds for a warning
 * that comes in a flood of alerts, and for what follows from a fault of which they have been told. What is missing while the robot starts or ends is not kept.
 */
#ifndef OHTD_ALERTS_KEEPER_H
#define OHTD_ALERTS_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "alerts/flood.h"
#include "alerts/rows.h"

struct ohtd_alert;
struct ohtd_alert_keeper;
struct ohtd_alert_rules;
struct ohtd_alert_shelves;
struct ohtd_clock;
struct ohtd_scene;
struct ohtd_store;

/**
 * ohtd_alert_keeper_create() - cut what the last run left open, and find the next number
 * @store: outlives the keeper
 * @clock: the same
 *
 * A store that does not work keeps nothing from starting: numbers then come from the time of day, and so are
 * greater than all before.
 *
 * Return: NULL: out of memory.
 */
struct ohtd_alert_keeper *ohtd_alert_keeper_create(struct ohtd_store *store, struct ohtd_clock *clock);

/* Alerts of latching rules that the last run left without an acknowledgement stay. Once, before the first tick. */
void ohtd_alert_keeper_carry(struct ohtd_alert_keeper *keeper, struct ohtd_alert_rules *rules);

/* Looks for floods from now on. Before the first tick. */
void ohtd_alert_keeper_watch_floods(struct ohtd_alert_keeper *keeper);

/* A flood of alerts that lasts; false: there is none. */
bool ohtd_alert_keeper_flood(struct ohtd_alert_keeper *keeper, struct ohtd_flood *flood);

/* Compares the alerts of @scene with those before, and hands what is new to the store, once a second at most. An alert that flaps
 * is written less often (alerts/budget.h): a power cut takes what came since, and receivers hear of it later. */
void ohtd_alert_keeper_tick(struct ohtd_alert_keeper *keeper, const struct ohtd_scene *scene);

/* CLOCK_MONOTONIC: since when an active alert stands, or was first seen if it does not say so; 0: it is not active. */
uint64_t ohtd_alert_keeper_since(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert);

/* The row of an active alert; false: none yet. */
bool ohtd_alert_keeper_active(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert, struct ohtd_alert_row *row);

/* The row of an alert of this run, by its number, if it is not only in the store. */
bool ohtd_alert_keeper_find(struct ohtd_alert_keeper *keeper, int64_t number, struct ohtd_alert_row *row);

/* The store has kept that @row is acknowledged. Returns the key of its alert; 0: it is over. */
uint32_t ohtd_alert_keeper_note(struct ohtd_alert_keeper *keeper, const struct ohtd_alert_row *row);

/*
 * The same of one that may be shelved: it is active, or ended seconds ago. 0, -EPERM: it is an emergency or a fault of the
 * robot, or -ENOENT: it is not there, or only in the store.
 */
int ohtd_alert_keeper_find_shelvable(struct ohtd_alert_keeper *keeper, int64_t number, struct ohtd_alert_row *row);

/* The shelves of this run, which live as long. */
struct ohtd_alert_shelves *ohtd_alert_keeper_shelves(struct ohtd_alert_keeper *keeper);

/* How many alerts were raised in this run: an alert that came again within seconds counts once. */
uint64_t ohtd_alert_keeper_raised(struct ohtd_alert_keeper *keeper);

/* Behind the last tick: writes the rest and waits for it. NULL is allowed. */
void ohtd_alert_keeper_end(struct ohtd_alert_keeper *keeper);

/* Behind the end of the store, which may still be at work for it. NULL is allowed. */
void ohtd_alert_keeper_destroy(struct ohtd_alert_keeper *keeper);

#endif /* OHTD_ALERTS_KEEPER_H */
