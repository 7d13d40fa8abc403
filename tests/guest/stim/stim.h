/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what the parts of the test module oht_stim know of each other, and of the board.
 * Contexts: board: any; relays, press: ioctls, process, and their own hard timers.
 * Locks:    the pins' (../oht_pins.h), the relays'; the door's mutex around the ioctls.
 *
 * Only main.c is a door: what may be called there is in ../oht_stim.h.
 */
#ifndef STIM_H
#define STIM_H

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/types.h>

#include "../oht_pins.h"
#include "../oht_stim.h"

struct device_node;

/* More registers of the PL061. */
#define STIM_IE		0x410
#define STIM_IC		0x41c

#define STIM_CHANNELS	2
#define STIM_OUTPUTS	2
/* Nobody's, unless a test's tree has a reset button or a pulse output there. */
#define STIM_FREE_PIN	BIT(7)

/**
 * struct stim_board - what the device tree says of the device under test; pins as masks
 * @base: registers of the bank that all of them are on
 * @channel: the button's; 0: there is no such channel
 * @closed_high: the level of a closed contact
 * @output: the enable outputs
 * @contact: feedback lines; as many as @contacts says
 * @contact_high: the level of a closed contact there
 * @contacts: 0..2
 * @reset: reset button; 0: none
 * @pressed_high: its level when it is pressed
 * @pulse: pulse output; 0: none
 */
struct stim_board {
	void __iomem *base;
	u8 channel[STIM_CHANNELS];
	bool closed_high[STIM_CHANNELS];
	u8 output[STIM_OUTPUTS];
	u8 contact[STIM_OUTPUTS];
	bool contact_high[STIM_OUTPUTS];
	int contacts;
	u8 reset;
	bool pressed_high;
	u8 pulse;
};

/* Constant from stim_board_find() on. */
extern struct stim_board stim_board;

static inline void __iomem *stim_data(u8 pins)
{
	return stim_board.base + OHT_PINS_DATA(pins);
}

/* board.c */
int stim_board_find(struct device_node *oht);
void stim_board_begin(void);
void stim_board_end(void);
u8 stim_pins(u32 channels);
u64 stim_drive_pins(u8 pins, u8 levels);
u64 stim_drive(u32 channels, bool closed);
u32 stim_outputs(void);
long stim_deaf(u32 channels);
long stim_press_reset(bool pressed);
long stim_pulse_level(void);
long stim_force(u32 outputs);
long stim_make_unreadable(unsigned long lines);

/* relays.c */
void stim_relays_init(void);
void stim_relays_end(void);
long stim_set_relays(const struct oht_stim_relays *relays);

/* hold.c; it needs tracepoints. */
#ifdef CONFIG_TRACEPOINTS
int stim_hold_init(void);
void stim_hold_end(void);
long stim_hold(unsigned long what);
#else
static inline int stim_hold_init(void)
{
	return 0;
}

static inline void stim_hold_end(void)
{
}

static inline long stim_hold(unsigned long what)
{
	return -EOPNOTSUPP;
}
#endif

/* press.c */
void stim_press_init(void);
long stim_press(struct oht_stim_press *press);
long stim_press_lost(u32 channels);
long stim_release(u32 channels);
long stim_storm(struct oht_stim_storm *storm);
long stim_irqs_off(unsigned long us);

#endif /* STIM_H */
