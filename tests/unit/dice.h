/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance that a seed repeats.
 *
 * Owns:     nothing; the seed is the caller's.
 * Contexts: any.
 * Locks:    none.
 */
#ifndef DICE_H
#define DICE_H

/* 0 to @sides - 1. */
static inline unsigned int dice(unsigned int *seed, unsigned int sides)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % sides;
}

#endif /* DICE_H */
