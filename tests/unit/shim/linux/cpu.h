/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the calls of CPUs that come and go; the test makes them.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_CPU_H
#define OHT_SHIM_LINUX_CPU_H

#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>

enum cpuhp_state { CPUHP_AP_ONLINE_DYN };

int cpuhp_setup_state_multi(enum cpuhp_state state, const char *name,
			    int (*online)(unsigned int cpu, struct hlist_node *node),
			    int (*offline)(unsigned int cpu, struct hlist_node *node));
void cpuhp_remove_multi_state(enum cpuhp_state state);
int cpuhp_state_add_instance_nocalls(enum cpuhp_state state, struct hlist_node *node);
int cpuhp_state_remove_instance_nocalls(enum cpuhp_state state, struct hlist_node *node);

static inline void cpus_read_lock(void) { }
static inline void cpus_read_unlock(void) { }
static inline void preempt_disable(void) { }
static inline void preempt_enable(void) { }

#endif /* OHT_SHIM_LINUX_CPU_H */
