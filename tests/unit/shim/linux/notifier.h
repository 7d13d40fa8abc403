/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the shape of a notifier.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_NOTIFIER_H
#define OHT_SHIM_LINUX_NOTIFIER_H

struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long action, void *data);
};

#endif /* OHT_SHIM_LINUX_NOTIFIER_H */
