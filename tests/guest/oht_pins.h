/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     inputs of the emulated PL061 that are driven from inside, by whatever test module.
 * Contexts: any.
 * Locks:    one of its own, raw, taken inside.
 *
 * A pin that is made an output, written, and made an input again raises the same interrupt as an
 * edge from outside. Directions are one register that is read and written back, so all who do that
 * share a lock: without it one undoes at times what another CPU has just done, and an edge is lost.
 */
#ifndef OHT_PINS_H
#define OHT_PINS_H

#include <linux/types.h>

/* Registers of the PL061. Of a data access the address says which pins it touches. */
#define OHT_PINS_DATA(pins)	((pins) << 2)
#define OHT_PINS_DIR		0x400

/**
 * oht_pins_drive() - give inputs their levels
 * @base: registers of the bank
 * @pins: mask of those that change or stay
 * @levels: mask of those of them that are high
 *
 * The edge is the last of its writes.
 *
 * Context: any.
 * Return: CLOCK_MONOTONIC time just before the edge, ns.
 */
u64 oht_pins_drive(void __iomem *base, u8 pins, u8 levels);

#endif /* OHT_PINS_H */
