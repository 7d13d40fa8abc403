/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     waits; how long they take says the test.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_DELAY_H
#define OHT_SHIM_LINUX_DELAY_H

void usleep_range(unsigned long min_us, unsigned long max_us);

#endif /* OHT_SHIM_LINUX_DELAY_H */
