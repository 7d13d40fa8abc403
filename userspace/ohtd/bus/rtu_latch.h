/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the stop of a back-end without outputs: a latch in software.
 * Contexts: stop and look: any thread. News and reset: control thread.
 * Locks:    none: one atomic word decides.
 */
#ifndef OHTD_BUS_RTU_LATCH_H
#define OHTD_BUS_RTU_LATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "oht_client.h"

/**
 * struct rtu_latch - the stop
 * @word: state, causes and number of stops, so that a stop cannot be lost between two others
 * @since_ns: when the state was entered
 * @tag: of the newest act
 * @told: stops that the control thread has been told of; its own
 */
struct rtu_latch {
	_Atomic uint64_t word;
	_Atomic uint64_t since_ns;
	_Atomic uint64_t tag;
	uint64_t told;
};

/* Stopped, because it begins. */
void rtu_latch_init(struct rtu_latch *latch, uint64_t now_ns);

/* OHT_STOPPED_BY_SOFTWARE, _FAREWELL or _CLOSE. */
void rtu_latch_stop(struct rtu_latch *latch, enum oht_stop_cause cause, uint64_t tag,
		    uint64_t now_ns);

/* stopped -> ready; 0, -ECANCELED: it is not stopped, -EBUSY: a stop has come at this moment */
int rtu_latch_reset(struct rtu_latch *latch, uint64_t tag, uint64_t now_ns);

/* All of @status but who the controller is. */
void rtu_latch_look(const struct rtu_latch *latch, struct oht_stop_status *status);

/* A stop that has not been told yet. */
bool rtu_latch_news(struct rtu_latch *latch, struct oht_event *event);

#endif
