/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     timers that never fire; the tests bring a clock of their own.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_HRTIMER_H
#define OHT_SHIM_LINUX_HRTIMER_H

#include <time.h>
#include <linux/kernel.h>
#include <linux/ktime.h>

enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };
enum hrtimer_mode { HRTIMER_MODE_ABS_PINNED_HARD };

extern unsigned int hrtimer_resolution;

struct hrtimer {
	enum hrtimer_restart (*function)(struct hrtimer *timer);
};

static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *timer),
				 clockid_t clock, enum hrtimer_mode mode)
{
	(void)clock;
	(void)mode;
	timer->function = function;
}

static inline void hrtimer_start(struct hrtimer *timer, ktime_t at, enum hrtimer_mode mode)
{
	(void)timer;
	(void)at;
	(void)mode;
}

static inline int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	(void)timer;
	return 0;
}

static inline int hrtimer_cancel(struct hrtimer *timer)
{
	(void)timer;
	return 0;
}

#endif /* OHT_SHIM_LINUX_HRTIMER_H */
