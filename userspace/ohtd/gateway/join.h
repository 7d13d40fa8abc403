/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     reads that wait for a module, and which of them one request on the bus answers.
 * Contexts: gateway thread; pure, no allocation.
 * Locks:    none.
 *
 * A read is taken apart into requests of at most OHTD_READ_MAX registers, as a stop has to wait for
 * what is on the wire. Registers that several reads want, or that stand beside one another, go into
 * one request. What is refused as a whole is asked once more for each read alone.
 */
#ifndef OHTD_GATEWAY_JOIN_H
#define OHTD_GATEWAY_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/registers.h"
#include "gateway/mbap.h"

#define OHTD_JOIN_READS_MAX	256
#define OHTD_JOIN_UNITS		256

/**
 * struct ohtd_join_read - a read that waits
 * @used: this entry
 * @alone: it was in a request that was refused: not joined any more
 * @order: reads that came later have a greater one
 * @owner: the caller's
 * @until_ns: the caller's
 * @request: as it came
 * @missing: registers that are not there yet
 * @has: which are
 * @words: their values
 */
struct ohtd_join_read {
	bool used;
	bool alone;
	uint64_t order;
	uint64_t owner;
	uint64_t until_ns;
	struct ohtd_mbap_request request;
	unsigned int missing;
	bool has[OHTD_MBAP_READ_MAX];
	uint16_t words[OHTD_MBAP_READ_MAX];
};

/**
 * struct ohtd_join_part - a request on the bus
 * @unit: unit address
 * @function: OHTD_MBAP_READ_HOLDING or OHTD_MBAP_READ_INPUT
 * @address: first register
 * @count: 1..OHTD_READ_MAX
 * @order: of the newest read that it can answer: a later one may come behind a write
 * @only: index of the one read that it is for, -1: for all that it meets
 * @asked: the register whose turn it was; those before it are wanted by other reads
 */
struct ohtd_join_part {
	uint8_t unit;
	uint8_t function;
	uint16_t address;
	uint16_t count;
	uint64_t order;
	int only;
	uint16_t asked;
};

/* @last_unit: whose turn was the last; @joined: reads that were answered along with another. */
struct ohtd_join {
	uint64_t order;
	uint8_t last_unit;
	uint64_t joined;
	struct ohtd_join_read reads[OHTD_JOIN_READS_MAX];
};

/* A read waits from now on. NULL: too many do. */
struct ohtd_join_read *ohtd_join_add(struct ohtd_join *join, const struct ohtd_mbap_request *request);

/**
 * ohtd_join_next() - what is to be asked next
 * @busy: units that are not to be asked now
 * @part: filled
 *
 * Units take turns, so that one that is slow holds up nobody but those who want it. False: nothing.
 */
bool ohtd_join_next(struct ohtd_join *join, const bool busy[OHTD_JOIN_UNITS],
		    struct ohtd_join_part *part);

/* Leaves registers of two words whole, if there is more than that: @map may be NULL. */
void ohtd_join_trim(struct ohtd_join_part *part, const struct oht_regmap *map);

/* Does an answer to @part say something about this read? */
bool ohtd_join_meets(const struct ohtd_join *join, const struct ohtd_join_read *read,
		     const struct ohtd_join_part *part);

/* The values of @part have come. Reads without @missing are complete. */
void ohtd_join_fill(struct ohtd_join *join, const struct ohtd_join_part *part,
		    const uint16_t *words);

/* The module has refused @part. True: several reads met in it, and each is asked for alone now. */
bool ohtd_join_split(struct ohtd_join *join, const struct ohtd_join_part *part);

#endif
