/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the robot from its live data, and its changes.
 *
 * Owns:     the newest state of each channel.
 * Contexts: the program's one thread; does no I/O.
 * Locks:    none.
 */
#ifndef OHTCTL_LIVE_STATE_H
#define OHTCTL_LIVE_STATE_H

#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

#define LIVE_TEXT_BYTES		160
#define LIVE_MODULES_MAX	16
/* The channels that are asked for, and signals of one of them. */
#define LIVE_PATH	"stream?channel=safety,robot,modules,commands,telemetry&max_rate_hz=10&signals=" \
			"position_mm,speed_mm_s,target_mm,battery_percent,battery_v,"			  \
			"bus_load_percent,bus_load_worst_percent,bus_errors,bus_cycles_missed"

enum live_channel {
	LIVE_SAFETY,
	LIVE_ROBOT,
	LIVE_MODULES,
	LIVE_COMMANDS,
	LIVE_TELEMETRY,
	LIVE_CHANNELS,
};

/* Facts whose change is printed. */
enum live_fact {
	LIVE_STATE,
	LIVE_MODE,
	LIVE_STOP,
	LIVE_CAUSES,
	LIVE_INPUTS,
	LIVE_OUTPUTS,
	LIVE_CONTROL,
	LIVE_COMMAND,
	LIVE_QUEUE,
	LIVE_FAULTS,
	LIVE_FACTS,
};

/* A change: the robot's time as text, or "" without one; what it is about; "" before the first; now. */
typedef void (*live_change_fn)(void *arg, const char *time, const char *name, const char *before,
			       const char *now);

/**
 * struct live_state - all that is known
 * @data: state of each channel; NULL: not known yet
 * @robot_ms: when the newest message of the robot came, as show_now_ms(), less its age then
 * @facts: as they are shown, "" before the first
 * @modules: the same of each module, "NAME HEALTH" in two texts
 * @module_count: of @modules
 * @ended: number of the command that ended last; -1: not known yet
 * @time: of the newest message
 */
struct live_state {
	struct json_object *data[LIVE_CHANNELS];
	double robot_ms;
	char facts[LIVE_FACTS][LIVE_TEXT_BYTES];
	struct {
		char name[32];
		char health[32];
	} modules[LIVE_MODULES_MAX];
	size_t module_count;
	int64_t ended;
	char time[40];
};

/**
 * live_state_take() - a message of the daemon
 * @state: begins as { .ended = -1 }
 * @message: of the stream
 * @tell: called for each thing that is another than before
 * @arg: for @tell
 */
void live_state_take(struct live_state *state, struct json_object *message, live_change_fn tell,
		     void *arg);

/* Name of a fact, as it is shown. */
const char *live_fact_name(enum live_fact fact);

/* "1234.5", with its quality unless that is good; "-" without a value. */
void live_signal_write(const struct live_state *state, const char *name, FILE *to);

void live_state_forget(struct live_state *state);

#endif /* OHTCTL_LIVE_STATE_H */
