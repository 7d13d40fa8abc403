/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     ohtd --check-config: whether what a good configuration names is there, and is what the
 *           back-end needs.
 * Contexts: main thread, no other there.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_CHECK_CONFIG_H
#define OHTD_MAIN_CHECK_CONFIG_H

struct ohtd_config;

/*
 * One line on standard error for each path that is not there. What the start makes by itself, or does without, is
 * a note. 0, or the exit status for what no restart mends.
 */
int ohtd_check_config(const struct ohtd_config *config);

#endif /* OHTD_MAIN_CHECK_CONFIG_H */
