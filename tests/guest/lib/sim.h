/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the settings and results of oht_sim, the wire in software, as a test sees them.
 * Contexts: one thread; a file that is not there bails out.
 * Locks:    none.
 */
#ifndef SIM_H
#define SIM_H

#include <stdint.h>

#define SIM_FIRST_UNIT	2
#define SIM_SLAVES	8
#define SIM_REGISTERS	1024

/* Bits of the parameter `faults`; kernel/sim/sim.h has the same order. */
enum sim_fault {
	SIM_SILENCE, SIM_LATE, SIM_CRC, SIM_FLIP, SIM_TRUNCATE, SIM_INSERT, SIM_SPLIT, SIM_MERGE,
	SIM_BABBLE, SIM_DUPLICATE, SIM_FOREIGN, SIM_FAULTS
};

extern const char *const sim_fault_names[SIM_FAULTS];

/* What a register has until somebody writes it; kernel/sim/slave.c has the same. */
uint16_t sim_initial(unsigned int unit, unsigned int address);

/* A module parameter of oht_sim. */
void sim_set(const char *name, const char *value);
void sim_set_number(const char *name, long long value);

/* The same for every slave. */
void sim_set_all(const char *name, long long value);

/* "PARAMETER=VALUE" of an option, "*" before the value for every slave; no "=" bails out. */
void sim_set_option(char *setting);

/* Clocks of the slaves as far off as modules are allowed to be, all different. */
void sim_set_clocks_off(void);

/* Settings as after loading: a quiet wire, 1.75 ms of turnaround. */
void sim_quiet(void);

/* Counters to zero, registers as at first, the seed anew. */
void sim_reset(void);

/* One line of the results, bails out if there is none; @group is "oht_sim" or "oht_disturb". */
uint64_t sim_result(const char *group, const char *name);

/* All of them as "# value PREFIX.name number"; a missing group prints nothing. */
void sim_print(const char *group, const char *prefix);

/* Counters of the disturber to zero, if there is one. */
void sim_reset_disturber(void);

#endif /* SIM_H */
