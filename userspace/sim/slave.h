/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a slave answers to a request: Modbus application protocol 1.1b3 over a bank.
 * Contexts: the simulator's one thread; changes nothing but the bank.
 * Locks:    none.
 */
#ifndef OHT_SIM_SLAVE_H
#define OHT_SIM_SLAVE_H

#include "adu.h"
#include "bank.h"

#define OHT_SIM_BROADCAST	0u

/**
 * oht_sim_slave_answer() - request in, reply out
 * @bank: registers of the unit; written by FC 06, 16, 22 and 23
 * @unit: its address
 * @request: a whole ADU
 * @len: its length
 * @reply: takes the reply, OHT_SIM_ADU_MAX_BYTES
 *
 * Serves FC 03, 06, 16, 22 and 23, and FC 04 as FC 03 (there are only holding registers), and FC 43/14
 * (basic identification: who made it, the module's name, its firmware). Exception 01 for other
 * functions, coils among them, 03 for a count or value outside its range, 02 for an address outside the
 * map, for a write to RO or to a part of a value. Nothing is written when a request is refused.
 *
 * Return: length of the reply with checksum; 0 for silence: wrong checksum, another unit, a
 * broadcast (which is obeyed), a length that does not fit the function.
 */
size_t oht_sim_slave_answer(struct oht_sim_bank *bank, uint8_t unit, const uint8_t *request,
			    size_t len, uint8_t *reply);

/* Makes @reply the exception reply of @unit to @function. Returns its length. */
size_t oht_sim_slave_refuse(uint8_t unit, uint8_t function, uint8_t exception, uint8_t *reply);

#endif
