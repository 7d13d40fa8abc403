/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which registers the plan of the rtu back-end has set to something else than zero.
 *           Simulated outputs cut no power, so when they are low the line's thread writes zero
 *           there, whether the control thread runs or not.
 * Contexts: the line's thread.
 * Locks:    none.
 */
#ifndef OHTD_BUS_RTU_TOLD_H
#define OHTD_BUS_RTU_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "oht_client.h"
#include "oht_plan.h"
#include "rtu_latch.h"

/**
 * struct rtu_told - registers that are not zero
 * @count: of @write that are in use
 * @write: what was sent, and in which epoch of the latch; @attempts to take it back
 */
struct rtu_told {
	unsigned int count;
	struct rtu_told_write {
		uint64_t epoch;
		uint16_t address;
		uint16_t words;
		uint8_t unit;
		uint8_t function;
		uint8_t attempts;
	} write[OHT_CYCLIC_ENTRIES_MAX];
};

/* @request is about to be sent; it may arrive whatever its answer is. */
void rtu_told_note(struct rtu_told *told, const struct oht_request *request, uint64_t epoch);

/*
 * The request that writes zero to the first register whose outputs are low by now; false: there is
 * none.
 */
bool rtu_told_next(const struct rtu_told *told, const struct rtu_latch *latch,
		   struct oht_request *request);

/*
 * The outcome of the request of rtu_told_next(). A refused or broken exchange is repeated; a silent
 * unit is not asked again, for none of its registers.
 */
void rtu_told_done(struct rtu_told *told, const struct oht_request *request,
		   const struct oht_reply *reply);

#endif
