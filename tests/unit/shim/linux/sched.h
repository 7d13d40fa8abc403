/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the one task that there is.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_SCHED_H
#define OHT_SHIM_LINUX_SCHED_H

#include <stddef.h>
#include <linux/types.h>

struct task_struct;

#define current			((struct task_struct *)NULL)

bool in_task(void);
int task_tgid_nr(struct task_struct *task);

static inline int smp_processor_id(void)
{
	return 0;
}

static inline void cpu_relax(void)
{
}

#endif /* OHT_SHIM_LINUX_SCHED_H */
