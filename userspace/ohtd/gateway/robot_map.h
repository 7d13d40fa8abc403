/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the robot as registers: unit id 1 of the gateway.
 * Contexts: any thread; pure, no allocation.
 * Locks:    none.
 *
 * The map is a contract with clients (docs/gateway.md): registers are added at its end, and numbers of
 * states and alarms stay what they are, whatever the enumerations of the program do.
 */
#ifndef OHTD_GATEWAY_ROBOT_MAP_H
#define OHTD_GATEWAY_ROBOT_MAP_H

#include <stdint.h>

#include "robot/snapshot.h"

#define OHTD_MAP_VERSION	1
#define OHTD_MAP_ALARMS		12
#define OHTD_MAP_ALARM_OTHER	255
#define OHTD_MAP_NO_POSITION	INT32_MIN
#define OHTD_MAP_NO_SPEED	INT16_MIN
#define OHTD_MAP_NO_BATTERY	UINT16_MAX

enum ohtd_map_register {
	OHTD_MAP_AT_VERSION	= 0,
	OHTD_MAP_AT_HEARTBEAT	= 1,	/* control cycles */
	OHTD_MAP_AT_AGE		= 2,	/* ms since the last one */
	OHTD_MAP_AT_STATE	= 3,
	OHTD_MAP_AT_SAFETY	= 4,
	OHTD_MAP_AT_MODE	= 5,
	OHTD_MAP_AT_STATUS	= 6,	/* status word after CiA 402 */
	OHTD_MAP_AT_CONTROL	= 7,	/* control word after CiA 402; reads 0 */
	OHTD_MAP_AT_VALID	= 8,	/* enum ohtd_map_valid */
	OHTD_MAP_AT_COMMAND	= 9,	/* state of the command of motion */
	OHTD_MAP_AT_POSITION	= 10,	/* 0.01 mm, two registers, low word first */
	OHTD_MAP_AT_SPEED	= 12,	/* mm/s */
	OHTD_MAP_AT_BATTERY	= 13,	/* 0.1 % */
	OHTD_MAP_AT_NUMBER	= 14,	/* of the command, two registers, low word first */
	OHTD_MAP_AT_WAITING	= 16,	/* commands behind it */
	OHTD_MAP_AT_GOOD	= 17,	/* bit n - 1: module at unit address n answers well */
	OHTD_MAP_AT_MISSING	= 18,	/* the same: it is required and does not */
	OHTD_MAP_AT_ALARM_COUNT	= 19,
	OHTD_MAP_AT_ALARMS	= 20,	/* pairs of number and unit address */
	OHTD_MAP_REGISTERS	= OHTD_MAP_AT_ALARMS + 2 * OHTD_MAP_ALARMS,
};

enum ohtd_map_valid {
	OHTD_MAP_VALID_POSITION	= 1 << 0,
	OHTD_MAP_VALID_SPEED	= 1 << 1,
	OHTD_MAP_VALID_BATTERY	= 1 << 2,
	OHTD_MAP_VALID_BUS	= 1 << 3,	/* the device of the bus is open */
};

/* Bits of the status word. */
enum ohtd_map_status {
	OHTD_MAP_READY		= 1 << 0,
	OHTD_MAP_SWITCHED_ON	= 1 << 1,
	OHTD_MAP_ENABLED	= 1 << 2,
	OHTD_MAP_FAULT		= 1 << 3,
	OHTD_MAP_VOLTAGE	= 1 << 4,	/* the outputs are on */
	OHTD_MAP_NO_QUICK_STOP	= 1 << 5,
	OHTD_MAP_DISABLED	= 1 << 6,	/* stopped: a person must reset */
	OHTD_MAP_WARNING	= 1 << 7,	/* there are alarms */
	OHTD_MAP_IN_MOTION	= 1 << 8,
	OHTD_MAP_REACHED	= 1 << 10,	/* the last command of motion has finished */
};

/* What the control word may ask for; all else is refused. */
enum ohtd_map_control {
	OHTD_MAP_QUICK_STOP	= 0x0002,	/* of the bits in the mask */
	OHTD_MAP_QUICK_STOP_MASK = 0x0006,
};

/* All registers, at the moment @now_ns (CLOCK_MONOTONIC). */
void ohtd_map_fill(const struct ohtd_snapshot *snapshot, uint64_t now_ns,
		   uint16_t words[OHTD_MAP_REGISTERS]);

/* Number of a reason in the list of alarms, OHTD_MAP_ALARM_OTHER for one that has none. */
uint16_t ohtd_map_alarm(unsigned int why);

#endif
