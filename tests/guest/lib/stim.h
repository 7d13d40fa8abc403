/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the emulated board's own device, /dev/oht_stim: the button.
 * Contexts: any thread of a test; a failure that is not the test's subject bails out.
 * Locks:    none.
 */
#ifndef GUEST_STIM_H
#define GUEST_STIM_H

#include <stdint.h>

#include "../oht_stim.h"

#define GUEST_STIM	"/dev/oht_stim"

/* Opens, or bails out. */
int guest_open_stim(void);

/* The button; @channels is a mask of OHT_STIM_*. */
void guest_press(int stim, uint32_t channels);
void guest_unpress(int stim, uint32_t channels);

#endif /* GUEST_STIM_H */
