/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the shape of a request for CPUs that wake quickly.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_PM_QOS_H
#define OHT_SHIM_LINUX_PM_QOS_H

struct pm_qos_request {
	int latency_us;
};

#endif /* OHT_SHIM_LINUX_PM_QOS_H */
