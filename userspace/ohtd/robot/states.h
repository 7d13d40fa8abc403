/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the robot's state machine as data: state_machine.csv, compiled and checked at start.
 * Contexts: load: main thread. Look-ups: any thread; constant after loading, no allocation.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_STATES_H
#define OHTD_ROBOT_STATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/role.h"
#include "robot/codes.h"
#include "common/csv.h"

/* Events; names as in state_machine.csv. */
enum ohtd_event {
	OHTD_EVENT_BOOT_COMPLETE,
	OHTD_EVENT_INIT_COMPLETE,
	OHTD_EVENT_ESTOP_TRIGGERED,
	OHTD_EVENT_ESTOP_RESET,
	OHTD_EVENT_SAFE_RESET,
	OHTD_EVENT_FAULT_DETECTED,
	OHTD_EVENT_TIMEOUT,
	OHTD_EVENT_SHUTDOWN,
	OHTD_EVENT_JOG_REFRESH,
	OHTD_EVENT_JOG_EXPIRED,
	OHTD_EVENT_TARGET_REACHED,
	OHTD_EVENT_DOCK_COMPLETE,
	OHTD_EVENT_DOCK_FAILED,
	OHTD_EVENT_UNDOCK_COMPLETE,
	OHTD_EVENT_OBSTACLE_NEAR,
	OHTD_EVENT_OBSTACLE_CLEARED,
	OHTD_EVENT_OBSTACLE_DETECTED,
	/* What the verbs ask for. */
#define OHTD_VERB(kind, number, word, event, ...)	OHTD_EVENT_##event,
#include "robot/verbs.def"
	/* Those behind START are never raised: a change of the configuration needs no state (decisions.md, D301). */
	OHTD_EVENTS_AVAILABLE,
	OHTD_EVENT_START = OHTD_EVENTS_AVAILABLE,
	OHTD_EVENT_CONFIG_COMMAND,
	OHTD_EVENT_CONFIG_COMPLETE,
	OHTD_EVENT_CONFIG_FAILED,
	OHTD_EVENTS,
	OHTD_EVENT_NONE = OHTD_EVENTS,
};

/* Words of the guards. A guard with a word after OHTD_FACTS_AVAILABLE is never true yet. */
enum ohtd_fact {
	OHTD_FACT_ALWAYS,
	OHTD_FACT_IN_STATE_MS,
	OHTD_FACT_REQUIRED_MODULES_ONLINE,
	OHTD_FACT_NO_FAULT,
	OHTD_FACT_ESTOP_LATCHED,
	OHTD_FACT_ESTOP_INPUTS_RELEASED,
	OHTD_FACT_CHANNEL_DISCREPANCY,
	OHTD_FACT_UNCLEAN_RESTART,
	OHTD_FACT_AUTO_ENABLE,
	OHTD_FACT_SAFETY_OK,
	OHTD_FACT_COMMUNICATION_OK,
	OHTD_FACT_SENSORS_OK,
	OHTD_FACT_LOCATION_OK,
	OHTD_FACT_STANDSTILL,
	OHTD_FACT_TOLD_ZERO,
	OHTD_FACT_WAY_CLEAR,
	OHTD_FACT_TARGET_VALID,
	OHTD_FACT_DOCKED,
	OHTD_FACT_DOCK_CONFIRMED,
	OHTD_FACT_EXPECTED_DOCK_CONTACT,
	OHTD_FACT_RETRIES_LEFT,
	OHTD_FACT_DOCK_PHASE_FINAL,
	OHTD_FACT_KEPT_IS_DOCK,
	OHTD_FACT_KEPT_IS_UNDOCK,
	OHTD_FACT_AUTO_CONTINUE,
	OHTD_FACT_JOG_ACTIVE,
	OHTD_FACT_JOG_SPEED_IN_LIMIT,
	OHTD_FACT_CHARGE_OK,
	OHTD_FACT_POSITION_ERROR_IN_TOLERANCE,
	OHTD_FACT_DISTANCE,
	OHTD_FACT_SLOW_ZONE,
	OHTD_FACT_STOP_ZONE,
	OHTD_FACT_COMMAND_MS,
	OHTD_FACT_COMMAND_LIMIT_MS,
	OHTD_FACT_DOCK_TIMEOUT_MS,
	OHTD_FACTS_AVAILABLE,
	OHTD_FACT_CHANGE_SET_VALID = OHTD_FACTS_AVAILABLE,
	OHTD_FACTS,
};

struct ohtd_control;
struct ohtd_raised;
struct ohtd_why_list;

/**
 * struct ohtd_phrase - an action as the file words it, and how it is carried out
 * @text: as in the file
 * @ask: what the device may refuse; asked for before the state changes. 0, or a negative errno and
 *	the reasons: then the event is refused and nothing has happened
 * @act: carried out behind the change of the state, in the order of the row
 * @over: the next action waits until this is true, or a time limit is over; NULL: it does not wait
 * @note: enum ohtd_why_code of an alert that it raises; OHTD_WHY_NONE: none
 * @begins: sets something in motion: left out when the wait in front of it was cut short
 * @kept: true by construction: the comment in the table says by what
 *
 * With neither @ask nor @act nor @note nor @kept it is planned: a row that can be taken must not have it.
 */
struct ohtd_phrase {
	const char *text;
	int (*ask)(struct ohtd_control *control, const struct ohtd_raised *raised,
		   struct ohtd_why_list *why);
	void (*act)(struct ohtd_control *control, const struct ohtd_raised *raised);
	bool (*over)(const struct ohtd_control *control);
	uint16_t note;
	bool begins;
	bool kept;
};

#define OHTD_ACTIONS_MAX	6	/* of one row */
#define OHTD_GUARD_STEPS	24
#define OHTD_ROWS_MAX		256

/* One step of a guard in postfix form. */
struct ohtd_guard_step {
	uint8_t op;
	int32_t value;
};

/* A fact as it appears in a guard, and whether it is wanted false. */
struct ohtd_literal {
	uint8_t fact;
	bool negated;
};

struct ohtd_guard {
	bool unavailable;
	uint8_t steps;
	uint8_t literals;
	struct ohtd_guard_step step[OHTD_GUARD_STEPS];
	struct ohtd_literal literal[OHTD_GUARD_STEPS];
};

/* Above all roles of people: what happens by itself. */
#define OHTD_ROLE_SYSTEM	(OHTD_ROLE_ADMINISTRATOR + 1)

/**
 * struct ohtd_row - what one event does in one state
 * @from: enum ohtd_state
 * @event: enum ohtd_event
 * @to: enum ohtd_state
 * @role: lowest role whose request may cause the event, enum ohtd_role or OHTD_ROLE_SYSTEM
 * @planned: has an action that is not there yet, and cannot be taken
 * @actions: entries of @action
 * @action: what is done, in this order
 * @line: of the file
 * @guard: when
 */
struct ohtd_row {
	uint8_t from;
	uint8_t event;
	uint8_t to;
	uint8_t role;
	bool planned;
	uint8_t actions;
	const struct ohtd_phrase *action[OHTD_ACTIONS_MAX];
	unsigned int line;
	struct ohtd_guard guard;
};

struct ohtd_machine {
	unsigned int count;
	struct ohtd_row rows[OHTD_ROWS_MAX];
};

/**
 * ohtd_machine_load() - read and check state_machine.csv
 * @data_dir: folder
 * @phrases: the actions there are, behind the last one a row without text; outlive @machine
 * @machine: filled
 * @error: one line on failure: unknown state, event, guard word, action or role, bad guard, or an
 *	action that is not there yet in a row that can be taken
 *
 * Return: 0 or a negative errno.
 */
int ohtd_machine_load(const char *data_dir, const struct ohtd_phrase *phrases,
		      struct ohtd_machine *machine, char error[OHT_ERROR_BYTES]);

/* Does a guard of the table ask for @fact? One that an older release did not have is asked for by no table of that time. */
bool ohtd_robot_table_asks(const struct ohtd_machine *machine, enum ohtd_fact fact);
/* As in the guards. */
const char *ohtd_robot_fact_name(unsigned int fact);

/* Compiles one guard; 0, or -EINVAL with the reason in @error. */
int ohtd_guard_compile(const char *text, struct ohtd_guard *guard, char error[OHT_ERROR_BYTES]);

/* Is the guard true? @facts has OHTD_FACTS_AVAILABLE entries; truths are 0 and 1. */
bool ohtd_guard_true(const struct ohtd_guard *guard, const int64_t *facts);

/* The row that @event takes out of @state, or NULL: refused. */
const struct ohtd_row *ohtd_machine_find(const struct ohtd_machine *machine, unsigned int state,
					 unsigned int event, const int64_t *facts);

/**
 * ohtd_machine_blockers() - which facts keep @event from being accepted in @state
 * @blockers: takes up to @max of them, each once
 *
 * Return: how many; 0 with no row for the event at all, or when it would be accepted.
 */
unsigned int ohtd_machine_blockers(const struct ohtd_machine *machine, unsigned int state,
				   unsigned int event, const int64_t *facts,
				   enum ohtd_fact *blockers, unsigned int max);

/* Has any row for @event in @state all its actions? Otherwise nothing can come of the event. */
bool ohtd_machine_can(const struct ohtd_machine *machine, unsigned int state, unsigned int event);

/* Is there any row for @event in @state? */
bool ohtd_machine_knows(const struct ohtd_machine *machine, unsigned int state,
			unsigned int event);

const char *ohtd_event_name(unsigned int event);

#endif
