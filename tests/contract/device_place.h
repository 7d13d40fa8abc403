/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     where the contract of the device is tried: device_fake.c or device_guest.c.
 * Contexts: one thread; what cannot be done ends the test.
 * Locks:    none.
 */
#ifndef CONTRACT_DEVICE_PLACE_H
#define CONTRACT_DEVICE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* Units at the far end: two answer, with 0x200 registers at least. */
#define UNIT_A		2
#define UNIT_B		3
#define UNIT_NONE	247

/* Before each test: nobody is the controller, no plan, the button closed for long. */
void place_prepare(void);
/* The button: mask of OHT_INPUT_A and OHT_INPUT_B. */
void place_press(uint32_t channels);
void place_unpress(void);
/* The driver is taken off its device, and put back. */
void place_unbind(void);
void place_bind(void);
/* Are the exchanges of a plan made here? */
bool place_exchanges(void);

#endif /* CONTRACT_DEVICE_PLACE_H */
