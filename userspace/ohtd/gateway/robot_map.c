// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/robot_map.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

#define UNKNOWN	UINT16_MAX

static const uint16_t states[OHTD_STATES] = {
	[OHTD_STATE_BOOT] = 0, [OHTD_STATE_INIT] = 1, [OHTD_STATE_IDLE] = 2, [OHTD_STATE_MOVE] = 3,
	[OHTD_STATE_PAUSED] = 4, [OHTD_STATE_BLOCKED] = 5, [OHTD_STATE_DOCK] = 6,
	[OHTD_STATE_CONFIG] = 7, [OHTD_STATE_FAULT] = 8, [OHTD_STATE_ESTOP] = 9,
	[OHTD_STATE_SAFE] = 10, [OHTD_STATE_SHUTDOWN] = 11,
};

static const uint16_t safety_states[] = {
	[OHTD_SAFETY_STOPPED] = 0, [OHTD_SAFETY_READY] = 1, [OHTD_SAFETY_ENABLED] = 2,
	[OHTD_SAFETY_UNKNOWN] = 3,
};

static const uint16_t modes[OHTD_MODES] = {
	[OHTD_MODE_AUTOMATIC] = 0, [OHTD_MODE_MANUAL] = 1, [OHTD_MODE_MAINTENANCE] = 2,
};

static const uint16_t command_states[OHTD_COMMAND_STATES] = {
	[OHTD_COMMAND_STATE_NONE] = 0, [OHTD_COMMAND_STATE_WAITING] = 1,
	[OHTD_COMMAND_STATE_INITIALIZING] = 2, [OHTD_COMMAND_STATE_RUNNING] = 3,
	[OHTD_COMMAND_STATE_PAUSED] = 4, [OHTD_COMMAND_STATE_RETRIABLE] = 5,
	[OHTD_COMMAND_STATE_FINISHED] = 6, [OHTD_COMMAND_STATE_FAILED] = 7,
};

/* 0: it has no number */
static const uint16_t alarms[OHTD_WHYS] = {
#define OHTD_WHY(code_, alarm_, severity_, ends_, word_, text_, action_)	[OHTD_WHY_##code_] = (alarm_),
#include "robot/whys.def"
};

static uint16_t number_of(const uint16_t *numbers, unsigned int count, unsigned int which)
{
	return which < count ? numbers[which] : UNKNOWN;
}

#define NUMBER(table, which)	number_of(table, sizeof(table) / sizeof((table)[0]), which)

uint16_t ohtd_map_alarm(unsigned int why)
{
	return why < OHTD_WHYS && alarms[why] ? alarms[why] : OHTD_MAP_ALARM_OTHER;
}

/* In whole steps, at most what the register holds. */
static int64_t steps(double value, double step, int64_t min, int64_t max)
{
	double count = round(value / step);

	if (!(count > (double)min))
		return min;
	return count < (double)max ? (int64_t)count : max;
}

static void put32(uint16_t *words, uint32_t value)
{
	words[0] = (uint16_t)value;
	words[1] = (uint16_t)(value >> 16);
}

static void fill_values(const struct ohtd_snapshot *snapshot, uint16_t *words)
{
	int32_t position = OHTD_MAP_NO_POSITION;
	int16_t speed = OHTD_MAP_NO_SPEED;
	uint16_t battery = OHTD_MAP_NO_BATTERY, valid = 0;

	/* No register says that the robot is not located. */
	if (snapshot->position_mm.valid && !snapshot->location.lost) {
		position = (int32_t)steps(snapshot->position_mm.value, 0.01, INT32_MIN + 1, INT32_MAX);
		valid |= OHTD_MAP_VALID_POSITION;
	}
	if (snapshot->speed_mm_s.valid) {
		speed = (int16_t)steps(snapshot->speed_mm_s.value, 1, INT16_MIN + 1, INT16_MAX);
		valid |= OHTD_MAP_VALID_SPEED;
	}
	if (snapshot->battery_percent.valid) {
		battery = (uint16_t)steps(snapshot->battery_percent.value, 0.1, 0, UINT16_MAX - 1);
		valid |= OHTD_MAP_VALID_BATTERY;
	}
	if (snapshot->bus.present)
		valid |= OHTD_MAP_VALID_BUS;
	words[OHTD_MAP_AT_VALID] = valid;
	put32(&words[OHTD_MAP_AT_POSITION], (uint32_t)position);
	words[OHTD_MAP_AT_SPEED] = (uint16_t)speed;
	words[OHTD_MAP_AT_BATTERY] = battery;
}

/* The part of the status word that is one of the states of CiA 402. */
static uint16_t drive_state(const struct ohtd_snapshot *snapshot)
{
	if (snapshot->state == OHTD_STATE_BOOT || snapshot->state == OHTD_STATE_INIT)
		return 0;
	if (snapshot->state == OHTD_STATE_FAULT)
		return OHTD_MAP_FAULT;
	if (snapshot->safety.state == OHTD_SAFETY_ENABLED && ohtd_state_is_enabled(snapshot->state))
		return OHTD_MAP_READY | OHTD_MAP_SWITCHED_ON | OHTD_MAP_ENABLED |
		       OHTD_MAP_NO_QUICK_STOP;
	if (snapshot->safety.state == OHTD_SAFETY_READY && snapshot->state == OHTD_STATE_SAFE)
		return OHTD_MAP_READY | OHTD_MAP_NO_QUICK_STOP;
	return OHTD_MAP_DISABLED;
}

static uint16_t status_of(const struct ohtd_snapshot *snapshot)
{
	bool moves = ohtd_state_in_motion(snapshot->state);
	uint16_t status = drive_state(snapshot);

	if (snapshot->safety.state == OHTD_SAFETY_ENABLED)
		status |= OHTD_MAP_VOLTAGE;
	if (snapshot->faults.count)
		status |= OHTD_MAP_WARNING;
	if (moves)
		status |= OHTD_MAP_IN_MOTION;
	else if (snapshot->command.state == OHTD_COMMAND_STATE_FINISHED)
		status |= OHTD_MAP_REACHED;
	return status;
}

static void fill_modules(const struct ohtd_snapshot *snapshot, uint16_t *words)
{
	for (unsigned int i = 0; i < snapshot->module_count; i++) {
		const struct ohtd_module_view *module = &snapshot->modules[i];
		/* A module at a higher address has none. */
		uint16_t bit = module->unit <= 16 ? (uint16_t)(1u << (module->unit - 1)) : 0;

		if (module->health == OHTD_HEALTH_GOOD)
			words[OHTD_MAP_AT_GOOD] |= bit;
		else if (module->required)
			words[OHTD_MAP_AT_MISSING] |= bit;
	}
}

_Static_assert(OHTD_MAP_ALARMS <= OHTD_WHY_MAX, "the list has so many");

static void fill_alarms(const struct ohtd_why_list *faults, uint16_t *words)
{
	words[OHTD_MAP_AT_ALARM_COUNT] = (uint16_t)faults->count;
	for (unsigned int i = 0; i < faults->count && i < OHTD_MAP_ALARMS; i++) {
		words[OHTD_MAP_AT_ALARMS + 2 * i] = ohtd_map_alarm(faults->items[i].code);
		words[OHTD_MAP_AT_ALARMS + 2 * i + 1] = faults->items[i].unit;
	}
}

void ohtd_map_fill(const struct ohtd_snapshot *snapshot, uint64_t now_ns,
		   uint16_t words[OHTD_MAP_REGISTERS])
{
	uint64_t age_ms = ohtd_since(now_ns, snapshot->time_ns) / OHTD_NS_PER_MS;

	memset(words, 0, OHTD_MAP_REGISTERS * sizeof(words[0]));
	words[OHTD_MAP_AT_VERSION] = OHTD_MAP_VERSION;
	words[OHTD_MAP_AT_HEARTBEAT] = (uint16_t)snapshot->bus.cycles;
	words[OHTD_MAP_AT_AGE] = age_ms < UINT16_MAX ? (uint16_t)age_ms : UINT16_MAX;
	words[OHTD_MAP_AT_STATE] = NUMBER(states, snapshot->state);
	words[OHTD_MAP_AT_SAFETY] = NUMBER(safety_states, snapshot->safety.state);
	words[OHTD_MAP_AT_MODE] = NUMBER(modes, snapshot->mode);
	words[OHTD_MAP_AT_STATUS] = status_of(snapshot);
	words[OHTD_MAP_AT_COMMAND] = NUMBER(command_states, snapshot->command.state);
	put32(&words[OHTD_MAP_AT_NUMBER], (uint32_t)snapshot->command.number);
	words[OHTD_MAP_AT_WAITING] = (uint16_t)snapshot->queue_count;
	fill_values(snapshot, words);
	fill_modules(snapshot, words);
	fill_alarms(&snapshot->faults, words);
}
