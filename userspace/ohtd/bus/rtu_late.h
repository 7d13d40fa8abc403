/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the answers of one unit that were missed and may still come, and which read they would
 *           fit. Pure.
 * Contexts: one thread.
 * Locks:    none.
 *
 * The rule is the one of the kernel's engine (kernel/engine_late.h, docs/timing.md): a read that a
 * missed answer would fit comes behind a prior read, which no missed answer would fit. A unit
 * answers in the order in which it was asked, so the answer to the prior read is the end of all
 * earlier ones.
 */
#ifndef OHTD_BUS_RTU_LATE_H
#define OHTD_BUS_RTU_LATE_H

#include <stdbool.h>
#include <stdint.h>

#include "oht_client.h"
#include "oht_transfer.h"

/* So many missed answers, and lengths of them, of one unit are told apart. */
#define RTU_LATE_MAX	8

/* A request: the answer to a read shows its function and count, not its address. */
struct rtu_asked {
	uint16_t address;
	uint16_t count;
	uint8_t function;
};

/**
 * struct rtu_late - answers of one unit that may still come
 * @asked: by function and count: requests whose answers may still come
 * @mixed: likewise: there are several addresses, of which @asked has the newest
 * @shapes: how many those are
 * @others: answers that may still come to other requests than @last, RTU_LATE_MAX: or more
 * @own: those to @last, behind all others; RTU_LATE_MAX: or more
 * @last: the request that was sent last
 * @refused: an exception was the answer, perhaps to a prior read: no part is asked for any more
 */
struct rtu_late {
	struct rtu_asked asked[RTU_LATE_MAX];
	bool mixed[RTU_LATE_MAX];
	unsigned int shapes;
	unsigned int others;
	unsigned int own;
	struct rtu_asked last;
	bool refused;
};

/* An exchange has ended with @outcome: an answer, or none that can be used. */
void rtu_late_note(struct rtu_late *late, const struct oht_request *request, uint8_t outcome);

/* True: the answer to another read may still come and would fit; @prior is to be answered first. */
bool rtu_late_leads(const struct rtu_late *late, const struct oht_request *request,
		    struct oht_request *prior);

#endif
