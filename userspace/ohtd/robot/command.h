/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a loop may ask of the control thread, and the form of its answers.
 * Contexts: any; definitions only. robot.h has the calls that carry them.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_COMMAND_H
#define OHTD_ROBOT_COMMAND_H

#include <stdint.h>

#include "base/role.h"
#include "robot/snapshot.h"

/* verbs.def says what each of them is. */
enum ohtd_command_kind {
#define OHTD_COMMAND(kind, number, ...)	OHTD_COMMAND_##kind = number,
#include "robot/verbs.def"
};

/* How many there are, which is the highest number too. */
enum {
#define OHTD_COMMAND(kind, ...)	OHTD_COMMAND_PLACE_##kind,
#include "robot/verbs.def"
	OHTD_COMMAND_LAST,
};

#define OHTD_VALID_MS		2000	/* of a command that says nothing else */
#define OHTD_VALID_MS_MAX	60000

/* No command asks for less, and no override makes less of it: the drive would be told its smallest step too seldom. */
#define OHTD_SLOWEST_MM_S	1.0

#define OHTD_READ_MAX		8
#define OHTD_WRITE_MAX		2	/* words of a register */

/**
 * struct ohtd_command - a request to the control thread
 * @id: the caller's; returned in the answer, otherwise not looked at
 * @kind: enum ohtd_command_kind
 * @valid_ms: from posting; afterwards it is dropped and answered OHTD_OUTCOME_EXPIRED. 1..60000;
 *	0 means 2000
 * @tag: any number; goes into the kernel's safety record (who did it)
 * @role: of the person, enum ohtd_role; the state machine says which role an event needs
 * @by: the session that asks
 * @to: CONTROL_HAND_OVER: the person that gets control; its session is not looked at
 * @text: CONTROL_TAKE_OVER: the reason
 * @bound: RESET: holds only while @journal_seq is the newest entry of the stop's journal
 * @append: MOVE, HOME, DOCK, UNDOCK: wait behind what is under way (queue.h)
 * @mode: MODE: enum ohtd_mode
 * @after_stop: RESTART: what moves is stopped first, and no reason to refuse
 * @journal_seq: RESET: the newest entry that the person has seen
 * @unit: READ, WRITE, PING, QUARANTINE, RELEASE: unit address 1..247; TRAIN, SITUATION: OHT_TRAINING_UNIT
 * @address: READ, WRITE, TRAIN, SITUATION: first register
 * @count: READ: 1..OHTD_READ_MAX; WRITE: words of the register, 1..OHTD_WRITE_MAX; TRAIN, SITUATION: 1
 * @generation: WRITE: of the module that is meant (struct ohtd_module_view); LIMITS: of the block that
 *	is meant (motion_limits.h)
 * @words: WRITE, TRAIN, SITUATION: what the register is to hold
 * @input: READ: input registers instead of holding registers
 * @background: READ: behind everything else beside the plan, never in a cycle that a set-point needs,
 *	and a module that is lost is not asked at all
 * @trial: LIMITS: only whether they would be taken now
 * @tried: TRY: enum ohtd_command_kind of a motion that ends by itself, with its other members
 * @outputs_low: LIMITS: something is among them that is taken only while the outputs stay off
 * @target_mm: MOVE: where to; POSITION: where the robot is, or not a number
 * @speed_mm_s: JOG: signed; MOVE: at most this, 0: as fast as the limits permit
 * @caller_id: motion: the client's own, or ""
 * @noted: its id went to the disk first, so that @posted_ns is before other commands that the control thread has had
 * @connection: HUNG_UP: which. JOG: to which it is bound, 0: to none
 * @number: CANCEL: of the command that waits. Of a command out of the queue its own; else 0
 * @percent: OVERRIDE: 1..100
 * @accepted_ns: of a command out of the queue, filled by the queue
 * @not_after_ns: MOVE, HOME, DOCK, UNDOCK: dropped if it has not begun by then (CLOCK_MONOTONIC);
 *	0: no such bound
 */
struct ohtd_command {
	uint64_t id;
	uint64_t tag;
	uint32_t kind;
	uint32_t valid_ms;
	uint8_t unit;
	uint8_t role;
	uint16_t address;
	uint16_t count;
	uint8_t bound;
	uint8_t append;
	uint8_t mode;
	uint8_t after_stop;
	uint8_t input;
	uint8_t background;
	uint8_t trial;
	uint8_t outputs_low;
	uint8_t noted;
	uint8_t tried;
	uint64_t journal_seq;
	struct ohtd_holder by;
	struct ohtd_holder to;
	char text[OHTD_REASON_BYTES];
	uint32_t generation;
	uint16_t words[OHTD_WRITE_MAX];
	uint64_t posted_ns;	/* filled by ohtd_link_post(), unless @noted */
	double target_mm;
	double speed_mm_s;
	char caller_id[OHTD_CALLER_ID_BYTES];
	uint64_t connection;
	uint64_t number;
	uint64_t percent;
	uint64_t accepted_ns;
	uint64_t not_after_ns;
};

enum ohtd_outcome {
	OHTD_OUTCOME_DONE	= 0,	/* it happened */
	OHTD_OUTCOME_REFUSED	= 1,	/* @why says exactly what stands in the way; nothing was done */
	OHTD_OUTCOME_EXPIRED	= 2,	/* too late; nothing was done after the deadline */
	OHTD_OUTCOME_FAILED	= 3,	/* tried; the device or module did not do it; @why says which */
	OHTD_OUTCOMES		= 4,
};

/* What the read-back of a write has said. */
enum ohtd_verified {
	OHTD_VERIFIED_UNKNOWN,	/* not read back: it failed, or the register cannot be read */
	OHTD_VERIFIED,		/* it holds the value */
	OHTD_VERIFIED_OTHER,	/* it holds another one */
};

/**
 * struct ohtd_answer - what became of a command; exactly one per posted command
 * @id: of the command
 * @kind: of the command
 * @outcome: enum ohtd_outcome
 * @state: enum ohtd_state afterwards
 * @safety_state: enum ohtd_safety_state afterwards
 * @why: empty when DONE
 * @obstacle: of OHTD_WHY_OBSTACLE in @why
 * @holder: who is in control afterwards, "" without one
 * @number: of the command of motion that DONE is about, also one that waits; 0: of none
 * @command_state: enum ohtd_command_state of that command; NONE: of none
 * @version: first snapshot version that shows the effect
 * @count: READ, PING, WRITE: words that follow
 * @words: READ, PING: values; WRITE: as read back
 * @turnaround_us: READ, PING, WRITE: from the request's end to the answer's beginning, the last time
 * @took_us: of the whole command, with its waits
 * @attempts: of the last exchange
 * @error: negative errno: it did not come to the control thread; 0 otherwise
 * @verified: WRITE: enum ohtd_verified
 */
struct ohtd_answer {
	uint64_t id;
	uint32_t kind;
	uint32_t outcome;
	uint32_t state;
	uint32_t safety_state;
	struct ohtd_why_list why;
	struct ohtd_robot_obstacle obstacle;
	uint32_t count;
	uint16_t words[OHTD_READ_MAX];
	char holder[OHTD_HOLDER_USER_BYTES];
	uint32_t turnaround_us;
	uint32_t took_us;
	uint32_t attempts;
	uint32_t verified;
	uint64_t version;
	uint64_t number;
	uint32_t command_state;
	int32_t error;
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
