/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what tests of the stop share: an enabled machine, and a stop that must have happened.
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef STOP_H
#define STOP_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/oht.h>

#define STOP_WAIT_MS	2000

/* OHT_STIM_ENABLE_* as the GPIO register has them; @stim is guest_open_stim(). */
int stop_outputs(int stim);

/* The relays of oht_stim behind the outputs: enum oht_stim_relay of each, and their delay. */
void stop_relays(int stim, uint32_t first, uint32_t second, uint32_t delay_us);

/* Those inputs cannot be read from now on, all others can: mask of OHT_STIM_* lines. */
void stop_unreadable(int stim, uint32_t lines);

/* A controller with the outputs high, its journal read up to now; bails out if that fails. */
int stop_enabled_controller(int stim, uint32_t deadman_ms);

/* The next record must be a stop from enabled for @cause that lowered the outputs. */
bool stop_expect(int stim, int fd, uint32_t cause, const char *what, struct oht_record *record);

/*
 * The same after both contacts have opened at the same moment: the driver reads them one after the
 * other, so who has read a just before, the supervision for one, names b first.
 */
bool stop_expect_press(int stim, int fd, const char *what, struct oht_record *record);

/* Of the two channels as causes the one that @cause, which is one of them, is not. */
uint32_t stop_other_channel(uint32_t cause);

#endif /* STOP_H */
