/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the words of the control socket: one line in, one line out.
 * Contexts: the simulator's one thread.
 * Locks:    none.
 */
#ifndef OHT_SIM_COMMAND_H
#define OHT_SIM_COMMAND_H

#include "station.h"

#define OHT_SIM_COMMAND_BYTES	256u	/* longest line in, without its newline */
#define OHT_SIM_ANSWER_BYTES	4096u

/**
 * oht_sim_command() - obey one line
 * @station: what it is about
 * @line: the line, NUL-terminated, without its newline; taken apart
 * @now_ns: present time
 * @answer: takes "ok ..." or "error ...", NUL-terminated, without a newline
 *
 *   fault UNIT KIND [key=value...]	a kind of oht_sim_fault_parse(), at a unit or at all
 *   clear [UNIT]			ends the faults of a unit or of all
 *   get UNIT REGISTER			by address or name
 *   set UNIT REGISTER VALUE		raw value; holds an RO register against the physics
 *   unset UNIT REGISTER		lets the physics have it again
 *   rail [WHAT VALUE]			the vehicle: load, slip, obstacle, power of its drive, outputs of the board
 *   status				one line about everything
 */
void oht_sim_command(struct oht_sim_station *station, char *line, uint64_t now_ns,
		     char answer[OHT_SIM_ANSWER_BYTES]);

#endif
