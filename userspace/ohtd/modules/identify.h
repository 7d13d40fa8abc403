/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how far finding out what a unit is has come.
 * Contexts: the control thread.
 * Locks:    none.
 */
#ifndef OHTD_MODULES_IDENTIFY_H
#define OHTD_MODULES_IDENTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/blocks.h"
#include "robot/snapshot.h"

enum ohtd_identify_step {
	OHTD_IDENTIFY_ID,
	OHTD_IDENTIFY_TYPE,
	OHTD_IDENTIFY_PROFILE,
	OHTD_IDENTIFY_VALUE,
};

/**
 * struct ohtd_identify - at most one unit at a time
 * @active: a unit is being asked
 * @full: part of a discovery of all units; @queue holds the rest
 * @whole: device id and type code are asked for together: the unit has told them before
 * @polls_wait: nothing else is polled meanwhile (the first discovery, outputs are off)
 * @probe: which row of probes.csv is asked
 * @seen: enum ohtd_some_profile: what the rows have shown
 */
struct ohtd_identify {
	bool active;
	bool full;
	bool polls_wait;
	bool whole;
	uint8_t unit;
	uint8_t step;
	uint8_t probe;
	uint8_t seen;
	uint8_t attempts;
	uint8_t queue[OHTD_MODULES_MAX];
	uint8_t queued;
	uint16_t device_id;
	uint16_t type_code;
	struct ohtd_block value;
	uint64_t started_ns;
	uint32_t runs;		/* completed discoveries */
};

#endif
