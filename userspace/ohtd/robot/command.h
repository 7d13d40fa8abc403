/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a loop may ask of the control thread, and the form of its answers.
 * Contexts: any; definitions only. robot.h has the calls that carry them.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_COMMAND_H
#define OHTD_ROBOT_COMMAND_H

#include <stdint.h>

#include "snapshot.h"

enum ohtd_command_kind {
	OHTD_COMMAND_RESET	= 1,	/* estop_reset: open the latch; answered when it is open */
	OHTD_COMMAND_ENABLE	= 2,	/* safe_reset: outputs on; answered when they are */
	OHTD_COMMAND_DISABLE	= 3,	/* disable_command: outputs off, no latch */
	OHTD_COMMAND_RESET_FAULT = 4,	/* fault_cleared: answered when state has left fault */
	OHTD_COMMAND_DISCOVER	= 5,	/* search units 1..8; answered when done, with a time in the snapshot */
	OHTD_COMMAND_READ	= 6,	/* holding registers, now; at most OHTD_READ_MAX */
	OHTD_COMMAND_STOP	= 7,	/* stop_command: controlled stop, outputs stay (not the emergency stop) */
	OHTD_COMMAND_SELF_TEST	= 8,	/* of the stop, while stopped; what it found is in the snapshot */
	OHTD_COMMAND_LAST	= OHTD_COMMAND_SELF_TEST,
};

#define OHTD_READ_MAX	8

/**
 * struct ohtd_command - a request to the control thread
 * @id: the caller's; returned in the answer, otherwise not looked at
 * @kind: enum ohtd_command_kind
 * @valid_ms: from posting; afterwards it is dropped and answered OHTD_OUTCOME_EXPIRED. 1..60000;
 *	0 means 2000
 * @tag: any number; goes into the kernel's safety record (who did it)
 * @unit: READ: unit address 1..247
 * @address: READ: first register
 * @count: READ: 1..OHTD_READ_MAX
 */
struct ohtd_command {
	uint64_t id;
	uint64_t tag;
	uint32_t kind;
	uint32_t valid_ms;
	uint8_t unit;
	uint8_t pad;
	uint16_t address;
	uint16_t count;
	uint16_t pad2;
	uint64_t posted_ns;	/* filled by ohtd_link_post() */
};

enum ohtd_outcome {
	OHTD_OUTCOME_DONE	= 0,	/* it happened */
	OHTD_OUTCOME_REFUSED	= 1,	/* @why says exactly what stands in the way; nothing was done */
	OHTD_OUTCOME_EXPIRED	= 2,	/* too late; nothing was done after the deadline */
	OHTD_OUTCOME_FAILED	= 3,	/* tried; the device or module did not do it; @why says which */
};

/**
 * struct ohtd_answer - what became of a command; exactly one per posted command
 * @id: of the command
 * @kind: of the command
 * @outcome: enum ohtd_outcome
 * @state: enum ohtd_state afterwards
 * @safety_state: enum ohtd_safety_state afterwards
 * @why: empty when DONE
 * @version: first snapshot version that shows the effect
 * @count: READ: words that follow
 * @words: READ: values
 */
struct ohtd_answer {
	uint64_t id;
	uint32_t kind;
	uint32_t outcome;
	uint32_t state;
	uint32_t safety_state;
	struct ohtd_why_list why;
	uint32_t count;
	uint16_t words[OHTD_READ_MAX];
	uint64_t version;
};

/**
 * struct ohtd_stop_result - what an emergency stop found
 * @repeated: it was stopped already (answer 200, count, do not journal again)
 * @hardware: the outputs were cut by the device; false: software stop only (rtu)
 * @call_ns: duration of the call into the device
 * @at_ns: CLOCK_MONOTONIC when the call returned
 */
struct ohtd_stop_result {
	uint8_t repeated;
	uint8_t hardware;
	uint8_t pad[6];
	uint64_t call_ns;
	uint64_t at_ns;
};

#endif
