/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whether bytes may have been drawn at random.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_DRAWN_H
#define OHTD_BASE_DRAWN_H

#include <stdbool.h>
#include <stddef.h>

/* Of a key: a drawn one of 32 bytes has about 30 different ones; zeros and what an erased card gives have one. */
#define OHTD_KEY_VARIETY	8

/* A key of zeros from a failing card would be known to all. @least: so many different bytes it must have. */
static inline bool ohtd_is_drawn(const unsigned char *bytes, size_t count, unsigned int least)
{
	bool seen[256] = { false };
	unsigned int variety = 0;

	for (size_t i = 0; i < count; i++) {
		variety += !seen[bytes[i]];
		seen[bytes[i]] = true;
	}
	return variety >= least;
}

#endif /* OHTD_BASE_DRAWN_H */
