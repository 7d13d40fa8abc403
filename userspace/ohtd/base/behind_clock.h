/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the time of a simulated robot that lives in the past: that of the system, less what a file says.
 * Contexts: opened by the main thread before others exist; read by any thread.
 * Locks:    none; one atomic word.
 */
#ifndef OHTD_BASE_BEHIND_CLOCK_H
#define OHTD_BASE_BEHIND_CLOCK_H

#include "base/clock.h"

/**
 * struct ohtd_behind_clock - context of ohtd_clock_behind
 * @wanted_ns: in the file: how far the time of day is behind that of the system
 * @by_ns: how far it is: never more than before, so that no clock goes back
 * @first_ns: how far it was when it was opened
 *
 * Another program lowers the number in the file. To ohtd that is a suspend of the computer: boot time and time of day go on by as
 * much, and monotonic time stands still.
 */
struct ohtd_behind_clock {
	const _Atomic int64_t *wanted_ns;
	_Atomic int64_t by_ns;
	int64_t first_ns;
};

/**
 * ohtd_behind_clock_begin() - start the clock of a program: that of the system, or one that is behind it
 * @behind: outlives all users of @clock
 * @clock: started also after a failure, as that of the system
 * @path: of a file of 8 bytes, a number of nanoseconds, signed, in the order of this machine; "": the clock of the system
 * @floor_ns: as of ohtd_clock_init(), for that of the system: a robot in the past may be older than its program
 *
 * Return: 0 or a negative errno; -EINVAL: the file has another size, or the number is below 0.
 */
int ohtd_behind_clock_begin(struct ohtd_behind_clock *behind, struct ohtd_clock *clock, const char *path, int64_t floor_ns);

#endif /* OHTD_BASE_BEHIND_CLOCK_H */
