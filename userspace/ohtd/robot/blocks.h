/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how a register map is cut into requests that read it.
 * Contexts: any thread; pure, no allocation.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_BLOCKS_H
#define OHTD_ROBOT_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/modmap.h"
#include "robot/snapshot.h"

/* Registers @first .. @first + @registers - 1 of the map, read by one request. */
struct ohtd_block {
	uint16_t address;
	uint16_t words;
	uint16_t first;
	uint16_t registers;
};

/* What a module has shown of a register. */
enum ohtd_mark {
	OHTD_MARK_NONE,
	OHTD_MARK_ALONE,	/* in a block that was refused: ask for it alone */
	OHTD_MARK_UNKNOWN,	/* refused alone: do not ask */
	OHTD_MARK_AGAIN,	/* answered alone after that: may stand in a block once more */
	/* Refused in that one too: ask for it alone, whatever it answers. Else the map of a module
	 * that reads one register at a time would be cut for ever. */
	OHTD_MARK_SINGLE,
};

/* May a register stand in a block with others? */
static inline bool ohtd_mark_joins(uint8_t mark)
{
	return mark == OHTD_MARK_NONE || mark == OHTD_MARK_AGAIN;
}

/* What follows for the registers of @block from its refusal. */
void ohtd_marks_refused(uint8_t *marks, const struct ohtd_block *block);

/* What follows from its answer. True: its first register may stand in a block again. */
bool ohtd_marks_answered(uint8_t *marks, const struct ohtd_block *block);

/**
 * struct ohtd_blocks - all requests for one unit
 * @poll: blocks that hold signals; read in turn at the module's period
 * @sweep: blocks of everything else that can be read; read in the time left over
 * @failures: of each block of @poll, by its first register: how often it has failed on end
 */
struct ohtd_blocks {
	uint16_t polls;
	uint16_t sweeps;
	struct ohtd_block poll[OHTD_REGISTERS_MAX];
	struct ohtd_block sweep[OHTD_REGISTERS_MAX];
	uint16_t failures[OHTD_REGISTERS_MAX];
};

/**
 * ohtd_blocks_cut() - cut a map of at most OHTD_REGISTERS_MAX registers
 * @map: registers
 * @signals: places of signals in @map, negative ones are skipped
 * @signal_count: entries of @signals
 * @marks: enum ohtd_mark of every register
 * @blocks: as the cut before left it, zeros at first; a block that stays as it was keeps its failures
 *
 * A block never reaches over a gap, which a module may refuse (exception 01 to 04), holds no write-only
 * register and at most OHTD_READ_MAX words, since a stop has to wait for the exchange on the wire.
 * What a user has added has blocks of its own.
 */
void ohtd_blocks_cut(const struct oht_regmap *map, const int *signals, unsigned int signal_count,
		     const uint8_t *marks, struct ohtd_blocks *blocks);

/* Is one of these places in it? Negative ones are none. */
bool ohtd_block_has(const struct ohtd_block *block, const int *places, unsigned int count);

void ohtd_blocks_count_failure(struct ohtd_blocks *blocks, const struct ohtd_block *block);

/* Has a polled block failed at least @failures times on end? */
bool ohtd_blocks_any_fails(const struct ohtd_blocks *blocks, unsigned int failures);

#endif
