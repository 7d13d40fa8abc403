/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     reads of the wire in software, many, never fewer queued than asked for.
 * Contexts: one thread; a device that does not take requests bails out.
 * Locks:    none.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "oht_client.h"

#define LOAD_UNITS_MAX	8
#define LOAD_REGISTERS_MAX	125
#define LOAD_QUEUE_MAX	OHT_UNDER_WAY_MAX
#define LOAD_OUTCOMES	16

/**
 * struct load - what is read
 * @reads: how many
 * @units: units in turn
 * @unit_count: of them
 * @registers: in each read, 1..125; the address changes with each
 * @queue: how many are under way at a time, 1..LOAD_QUEUE_MAX
 * @timeout_us: for the first byte of an answer
 * @priority: enum oht_request_priority
 * @ended: no more reads once it is true; NULL: as many as said
 */
struct load {
	uint64_t reads;
	uint8_t units[LOAD_UNITS_MAX];
	unsigned int unit_count;
	uint16_t registers;
	unsigned int queue;
	uint32_t timeout_us;
	uint8_t priority;
	const atomic_bool *ended;
};

/**
 * struct load_result - what came of it
 * @good: reads that were answered
 * @failed: the others
 * @wrong: words accepted that the module does not have
 * @streak: most failures on end
 * @outcomes: by enum oht_outcome
 * @good_of: good ones by place in load.units
 * @first_ns: when the first one was done
 * @last_ns: when the last one was done
 */
struct load_result {
	uint64_t good;
	uint64_t failed;
	uint64_t wrong;
	uint64_t streak;
	uint64_t outcomes[LOAD_OUTCOMES];
	uint64_t good_of[LOAD_UNITS_MAX];
	uint64_t first_ns;
	uint64_t last_ns;
};

/* Four units, 8 registers, 8 in the queue, 50 ms. */
void load_default(struct load *load);

/* Read all of it. */
void load_run(struct oht_dev *dev, const struct load *load, struct load_result *result);

/* "# value PREFIX.name number", and the sim's and the disturber's results under the same prefix. */
void load_print(const char *prefix, const struct load_result *result);

#endif /* LOAD_H */
