/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the simulated drive is told of ohtd's simulated outputs, which no wire leads to it.
 * Contexts: a process of its own, which waits.
 * Locks:    none.
 */
#ifndef OHT_SIM_FOLLOW_H
#define OHT_SIM_FOLLOW_H

/**
 * oht_sim_follow() - give the simulated drive power while both outputs are high; never returns
 * @socket: local socket of ohtd; an ohtd that does not answer has no outputs
 * @control: control socket of the simulator
 */
void oht_sim_follow(const char *socket, const char *control) __attribute__((noreturn));

#endif
