/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     work for a thread; the test sees to it.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_WORKQUEUE_H
#define OHT_SHIM_LINUX_WORKQUEUE_H

#include <linux/types.h>

struct work_struct {
	void (*function)(struct work_struct *work);
};

bool schedule_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);

#endif /* OHT_SHIM_LINUX_WORKQUEUE_H */
