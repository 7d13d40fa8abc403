/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which parts the daemon has (parts.def).
 * Contexts: main thread.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_PARTS_H
#define OHTD_MAIN_PARTS_H

#include <stdbool.h>

/* Hands the parts to those rooms that ask each of them. Before other threads start. False: they have too many kinds of alerts. */
bool ohtd_main_hand_parts(void);

#endif /* OHTD_MAIN_PARTS_H */
