/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how one thread wakes another: an eventfd that becomes readable.
 * Contexts: any thread, also in a turn of the control thread; never waits if the eventfd does not.
 * Locks:    none.
 */
#ifndef OHTD_BASE_POKE_H
#define OHTD_BASE_POKE_H

#include <stdint.h>
#include <unistd.h>

static inline void ohtd_poke(int eventfd)
{
	const uint64_t one = 1;

	/* A full counter is readable already. */
	if (write(eventfd, &one, sizeof(one)) < 0)
		return;
}

#endif /* OHTD_BASE_POKE_H */
