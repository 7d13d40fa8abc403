/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the signals that are not kept, which people write as "cell_max_v, distance_*".
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_SETTINGS_LEFT_OUT_H
#define OHTD_SETTINGS_LEFT_OUT_H

#include "base/entries.h"
#include "common/set.h"

#define OHTD_LEFT_OUT_BYTES	512

/**
 * ohtd_left_out_read() - read a text
 * @text: names of signals, and begins of names with * behind them, parted by commas and blanks; "": none. A begin passes over the
 *	signals that are always kept: the state of the robot and the health of its modules
 * @signals: filled: of enum ohtd_telemetry; of no use on failure
 * @part: on failure the name that is wrong; NULL: not asked for
 *
 * Return: NULL, or why it cannot be read, as a clause that "not" and the part may follow.
 */
const char *ohtd_left_out_read(const char *text, struct oht_set *signals, struct ohtd_part *part);

#endif /* OHTD_SETTINGS_LEFT_OUT_H */
