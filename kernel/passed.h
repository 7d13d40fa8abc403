/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     how two stamps of the monotonic clock are compared. Pure.
 * Contexts: any.
 * Locks:    none.
 */
#ifndef OHT_PASSED_H
#define OHT_PASSED_H

#include <linux/types.h>

/**
 * oht_passed() - have more than @span_ns passed since @since?
 * @now: the present time
 * @since: an earlier stamp
 * @span_ns: less than 2^63
 *
 * Signed: while this CPU waited for a lock another one may have taken a stamp later than @now.
 * Then nothing has passed.
 *
 * Return: true if so.
 */
static inline bool oht_passed(u64 now, u64 since, u64 span_ns)
{
	return (s64)(now - since) > (s64)span_ns;
}

#endif /* OHT_PASSED_H */
