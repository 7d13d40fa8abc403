/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     units of time.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_TIME64_H
#define OHT_SHIM_LINUX_TIME64_H

#define NSEC_PER_USEC	1000L
#define NSEC_PER_SEC	1000000000L
#define NSEC_PER_MSEC	1000000L

#endif /* OHT_SHIM_LINUX_TIME64_H */
