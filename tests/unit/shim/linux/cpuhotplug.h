/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the node of a device among those that hear of CPUs.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_CPUHOTPLUG_H
#define OHT_SHIM_LINUX_CPUHOTPLUG_H

#include <linux/list.h>

struct hlist_node {
	struct hlist_node *next;
};

struct cpumask;

#endif /* OHT_SHIM_LINUX_CPUHOTPLUG_H */
