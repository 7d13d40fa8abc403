// SPDX-License-Identifier: GPL-2.0-or-later
#include "states.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/cells.h"

static const char *const event_names[OHTD_EVENTS + 1] = {
	[OHTD_EVENT_BOOT_COMPLETE]	= "boot_complete",
	[OHTD_EVENT_INIT_COMPLETE]	= "init_complete",
	[OHTD_EVENT_ESTOP_TRIGGERED]	= "estop_triggered",
	[OHTD_EVENT_ESTOP_RESET]	= "estop_reset",
	[OHTD_EVENT_SAFE_RESET]		= "safe_reset",
	[OHTD_EVENT_DISABLE_COMMAND]	= "disable_command",
	[OHTD_EVENT_STOP_COMMAND]	= "stop_command",
	[OHTD_EVENT_FAULT_DETECTED]	= "fault_detected",
	[OHTD_EVENT_FAULT_CLEARED]	= "fault_cleared",
	[OHTD_EVENT_TIMEOUT]		= "timeout",
	[OHTD_EVENT_SHUTDOWN]		= "shutdown",
	[OHTD_EVENT_START]		= "start",
	[OHTD_EVENT_MOVE_COMMAND]	= "move_command",
	[OHTD_EVENT_JOG_COMMAND]	= "jog_command",
	[OHTD_EVENT_JOG_REFRESH]	= "jog_refresh",
	[OHTD_EVENT_JOG_EXPIRED]	= "jog_expired",
	[OHTD_EVENT_HOME_COMMAND]	= "home_command",
	[OHTD_EVENT_PAUSE_COMMAND]	= "pause_command",
	[OHTD_EVENT_RESUME_COMMAND]	= "resume_command",
	[OHTD_EVENT_TARGET_REACHED]	= "target_reached",
	[OHTD_EVENT_DOCK_COMMAND]	= "dock_command",
	[OHTD_EVENT_DOCK_COMPLETE]	= "dock_complete",
	[OHTD_EVENT_DOCK_FAILED]	= "dock_failed",
	[OHTD_EVENT_UNDOCK_COMMAND]	= "undock_command",
	[OHTD_EVENT_UNDOCK_COMPLETE]	= "undock_complete",
	[OHTD_EVENT_OBSTACLE_NEAR]	= "obstacle_near",
	[OHTD_EVENT_OBSTACLE_CLEARED]	= "obstacle_cleared",
	[OHTD_EVENT_OBSTACLE_DETECTED]	= "obstacle_detected",
	[OHTD_EVENT_CONFIG_COMMAND]	= "config_command",
	[OHTD_EVENT_CONFIG_COMPLETE]	= "config_complete",
	[OHTD_EVENT_CONFIG_FAILED]	= "config_failed",
};

/*
 * Every phrase that the file may use. Those with 0 are done by whoever receives the snapshot, are
 * true by construction ("keep latch"), or belong to motion, docking and configuration.
 */
static const struct {
	const char *phrase;
	uint32_t action;
} phrases[] = {
	{ "outputs off", OHTD_ACTION_OUTPUTS_OFF },
	{ "outputs on", OHTD_ACTION_OUTPUTS_ON },
	{ "latch", OHTD_ACTION_LATCH },
	{ "zero speed to drive", OHTD_ACTION_ZERO_SPEED },
	{ "stop telegram", OHTD_ACTION_STOP_TELEGRAM },
	{ "repeat stop telegram", OHTD_ACTION_STOP_TELEGRAM },
	{ "controlled stop", OHTD_ACTION_CONTROLLED_STOP },
	{ "controlled stop when drive answers", OHTD_ACTION_CONTROLLED_STOP },
	{ "clear latch", OHTD_ACTION_CLEAR_LATCH },
	{ "clear acknowledged faults", OHTD_ACTION_CLEAR_FAULTS },
	{ "resolve alert", OHTD_ACTION_CLEAR_FAULTS },
	{ "list missing modules", OHTD_ACTION_LIST_MISSING },
	{ "list what is missing", OHTD_ACTION_LIST_MISSING },
	{ "start discovery", OHTD_ACTION_DISCOVER },
	{ "abort command", 0 }, { "abort docking", 0 }, { "accept", 0 },
	{ "add to fault list", 0 }, { "alert boot_timeout", 0 }, { "alert config_timeout", 0 },
	{ "alert dock_failed", 0 }, { "alert dock_timeout", 0 }, { "alert init_timeout", 0 },
	{ "alert move_timeout", 0 }, { "alert pause_timeout", 0 }, { "apply", 0 },
	{ "arm jog dead-man", 0 }, { "ask for enable", 0 }, { "audit", 0 }, { "back off", 0 },
	{ "block motion", 0 }, { "clear docked", 0 }, { "complete command", 0 },
	{ "controlled approach", 0 }, { "discard change set", 0 }, { "drop target", 0 },
	{ "fail command", 0 }, { "flush records", 0 }, { "journal further reason", 0 },
	{ "journal reason", 0 }, { "journal reason and position", 0 },
	{ "journal who and when", 0 }, { "keep latch", 0 }, { "keep target", 0 },
	{ "lift speed limit", 0 }, { "limit speed to zone speed", 0 }, { "next attempt", 0 },
	{ "nothing changes", 0 }, { "nothing moves", 0 }, { "open bus and inputs", 0 },
	{ "open change set", 0 }, { "open charge relay", 0 }, { "outputs stay off", 0 },
	{ "plan profile", 0 }, { "process start", 0 }, { "publish registry", 0 },
	{ "raise alert", 0 }, { "raise alert obstacle", 0 }, { "rearm jog dead-man", 0 },
	{ "replace target", 0 }, { "replan from present speed", 0 },
	{ "replan from standstill to kept target", 0 }, { "report latched reason", 0 },
	{ "request charge when wanted", 0 }, { "restore last good version", 0 },
	{ "set docked", 0 }, { "shutdown may be asked again", 0 },
	{ "start docking sequence", 0 }, { "start docking sequence at phase approach", 0 },
	{ "start homing at homing speed", 0 }, { "start motion", 0 }, { "start phase undock", 0 },
	{ "start velocity motion", 0 }, { "store version", 0 }, { "update speed", 0 },
};

const char *ohtd_event_name(unsigned int event)
{
	return event < OHTD_EVENTS ? event_names[event] : "unknown";
}

static int parse_phrase(const char *text, size_t length, uint32_t *actions)
{
	size_t i;

	for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (strlen(phrases[i].phrase) == length &&
		    !strncmp(phrases[i].phrase, text, length)) {
			*actions |= phrases[i].action;
			return 0;
		}
	return -EINVAL;
}

/* "outputs off; raise alert" -> mask */
static int parse_actions(const struct oht_cells *cells, size_t column, uint32_t *actions)
{
	const char *text = oht_cell(cells, column);
	size_t length;

	*actions = 0;
	while (*text) {
		length = strcspn(text, ";");
		if (parse_phrase(text, length, actions))
			return oht_cell_refuse(cells, column, "unknown action");
		text += length;
		text += strspn(text, "; ");
	}
	return 0;
}

static int parse_guard(const struct oht_cells *cells, size_t column, struct ohtd_guard *guard)
{
	char why[OHT_ERROR_BYTES];

	if (!ohtd_guard_compile(oht_cell(cells, column), guard, why))
		return 0;
	return oht_cell_refuse(cells, column, why);
}

/* from, event, to, guard, action */
static int parse_row(const struct oht_cells *cells, struct ohtd_row *row)
{
	const char *states[OHTD_STATES + 1] = { NULL };
	unsigned int from, to, event, i;
	int ret;

	for (i = 0; i < OHTD_STATES; i++)
		states[i] = ohtd_state_name(i);
	ret = oht_cell_word(cells, 0, states, &from);
	if (!ret)
		ret = oht_cell_word(cells, 1, event_names, &event);
	if (!ret)
		ret = oht_cell_word(cells, 2, states, &to);
	if (!ret)
		ret = parse_guard(cells, 3, &row->guard);
	if (!ret)
		ret = parse_actions(cells, 4, &row->actions);
	if (ret)
		return ret;
	row->from = (uint8_t)from;
	row->event = (uint8_t)event;
	row->to = (uint8_t)to;
	row->line = cells->row->line;
	return 0;
}

/* What README.md of the data files promises about every state. */
static int check_machine(const struct ohtd_machine *machine, char error[OHT_ERROR_BYTES])
{
	unsigned int state;

	for (state = 0; state < OHTD_STATES; state++)
		if (!ohtd_machine_knows(machine, state, OHTD_EVENT_ESTOP_TRIGGERED) &&
		    state != OHTD_STATE_ESTOP) {
			snprintf(error, OHT_ERROR_BYTES,
				 "state_machine.csv: no way to estop out of '%s'",
				 ohtd_state_name(state));
			return -EINVAL;
		}
	return 0;
}

static int load_rows(const struct oht_csv *csv, struct ohtd_machine *machine,
		     char error[OHT_ERROR_BYTES])
{
	static const char *const names[] = { "from", "event", "to", "guard", "action", NULL };
	size_t index[5];
	struct oht_cells cells = { .csv = csv, .names = names, .index = index, .error = error };
	size_t i;
	int ret = oht_csv_columns(csv, names, index, error);

	if (!ret && csv->rows > OHTD_ROWS_MAX) {
		snprintf(error, OHT_ERROR_BYTES, "state_machine.csv: more than %d rows",
			 OHTD_ROWS_MAX);
		ret = -EINVAL;
	}
	for (i = 0; !ret && i < csv->rows; i++) {
		cells.row = &csv->row[i];
		ret = parse_row(&cells, &machine->rows[machine->count++]);
	}
	return ret ? ret : check_machine(machine, error);
}

int ohtd_machine_load(const char *data_dir, struct ohtd_machine *machine,
		      char error[OHT_ERROR_BYTES])
{
	char path[PATH_MAX];
	struct oht_csv csv = { 0 };
	int ret;

	memset(machine, 0, sizeof(*machine));
	if (!data_dir)
		data_dir = OHT_DATADIR;
	if (snprintf(path, sizeof(path), "%s/state_machine.csv", data_dir) >= (int)sizeof(path)) {
		snprintf(error, OHT_ERROR_BYTES, "the path of state_machine.csv is too long");
		return -ENAMETOOLONG;
	}
	ret = oht_csv_load(path, &csv, error);
	if (!ret)
		ret = load_rows(&csv, machine, error);
	oht_csv_free(&csv);
	return ret;
}

static bool matches(const struct ohtd_row *row, unsigned int state, unsigned int event)
{
	return row->from == state && row->event == event;
}

const struct ohtd_row *ohtd_machine_find(const struct ohtd_machine *machine, unsigned int state,
					 unsigned int event, const int64_t *facts)
{
	unsigned int i;

	for (i = 0; i < machine->count; i++)
		if (matches(&machine->rows[i], state, event) &&
		    ohtd_guard_true(&machine->rows[i].guard, facts))
			return &machine->rows[i];
	return NULL;
}

bool ohtd_machine_knows(const struct ohtd_machine *machine, unsigned int state,
			unsigned int event)
{
	unsigned int i;

	for (i = 0; i < machine->count; i++)
		if (matches(&machine->rows[i], state, event))
			return true;
	return false;
}

static bool listed(const enum ohtd_fact *list, unsigned int count, enum ohtd_fact fact)
{
	while (count--)
		if (list[count] == fact)
			return true;
	return false;
}

unsigned int ohtd_machine_blockers(const struct ohtd_machine *machine, unsigned int state,
				   unsigned int event, const int64_t *facts,
				   enum ohtd_fact *blockers, unsigned int max)
{
	unsigned int found = 0;
	unsigned int i, j;

	if (ohtd_machine_find(machine, state, event, facts))
		return 0;
	for (i = 0; i < machine->count; i++) {
		const struct ohtd_guard *guard = &machine->rows[i].guard;

		if (!matches(&machine->rows[i], state, event))
			continue;
		for (j = 0; j < guard->literals; j++) {
			enum ohtd_fact fact = guard->literal[j].fact;
			bool good = fact < OHTD_FACTS_AVAILABLE &&
				    !!facts[fact] != guard->literal[j].negated;

			if (!good && found < max && !listed(blockers, found, fact))
				blockers[found++] = fact;
		}
	}
	return found;
}
