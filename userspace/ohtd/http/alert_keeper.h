/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way of alerts into the store: when each came and ended.
 * Contexts: create, end, destroy: main thread. Look: a loop, one at a time. Writing is done by the thread of the store.
 * Locks:    none; one job at a time, whose end is an atomic.
 *
 * An alert that comes again within seconds of its end goes on in the same row, which counts how often it came. So
 * a loose contact fills no disk. What is missing while the robot starts or ends is not kept.
 */
#ifndef OHTD_HTTP_ALERT_KEEPER_H
#define OHTD_HTTP_ALERT_KEEPER_H

struct ohtd_alert_keeper;
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

/* Compares the alerts of @scene with those before, and hands what is new to the store, once a second at most. */
void ohtd_alert_keeper_look(struct ohtd_alert_keeper *keeper, const struct ohtd_scene *scene);

/* Nobody looks any more: writes the rest and waits for it. NULL is allowed. */
void ohtd_alert_keeper_end(struct ohtd_alert_keeper *keeper);

/* Behind the end of the store, which may still be at work for it. NULL is allowed. */
void ohtd_alert_keeper_destroy(struct ohtd_alert_keeper *keeper);

#endif /* OHTD_HTTP_ALERT_KEEPER_H */
