// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/states.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/cells.h"
#include "robot/verbs.h"

static const char *const event_names[OHTD_EVENTS + 1] = {
	[OHTD_EVENT_BOOT_COMPLETE]	= "boot_complete",
	[OHTD_EVENT_INIT_COMPLETE]	= "init_complete",
	[OHTD_EVENT_ESTOP_TRIGGERED]	= "estop_triggered",
	[OHTD_EVENT_ESTOP_RESET]	= "estop_reset",
	[OHTD_EVENT_SAFE_RESET]		= "safe_reset",
	[OHTD_EVENT_FAULT_DETECTED]	= "fault_detected",
	[OHTD_EVENT_TIMEOUT]		= "timeout",
	[OHTD_EVENT_SHUTDOWN]		= "shutdown",
	[OHTD_EVENT_START]		= "start",
	[OHTD_EVENT_JOG_REFRESH]	= "jog_refresh",
	[OHTD_EVENT_JOG_EXPIRED]	= "jog_expired",
	[OHTD_EVENT_TARGET_REACHED]	= "target_reached",
	[OHTD_EVENT_DOCK_COMPLETE]	= "dock_complete",
	[OHTD_EVENT_DOCK_FAILED]	= "dock_failed",
	[OHTD_EVENT_UNDOCK_COMPLETE]	= "undock_complete",
	[OHTD_EVENT_OBSTACLE_NEAR]	= "obstacle_near",
	[OHTD_EVENT_OBSTACLE_CLEARED]	= "obstacle_cleared",
	[OHTD_EVENT_OBSTACLE_DETECTED]	= "obstacle_detected",
	[OHTD_EVENT_CONFIG_COMMAND]	= "config_command",
	[OHTD_EVENT_CONFIG_COMPLETE]	= "config_complete",
	[OHTD_EVENT_CONFIG_FAILED]	= "config_failed",
#define OHTD_VERB(kind, number, word, event, event_word, ...) \
	[OHTD_EVENT_##event] = event_word,
#include "robot/verbs.def"
};

const char *ohtd_event_name(unsigned int event)
{
	return event < OHTD_EVENTS ? event_names[event] : "unknown";
}

static const struct ohtd_phrase *find_phrase(const struct ohtd_phrase *phrases, const char *text,
					     size_t length)
{
	for (; phrases->text; phrases++)
		if (strlen(phrases->text) == length && !strncmp(phrases->text, text, length))
			return phrases;
	return NULL;
}

/* Writes "file:line: action: what: 'phrase'". */
static int refuse_phrase(const struct oht_cells *cells, const char *what, const char *phrase,
			 size_t length)
{
	snprintf(cells->error, OHT_ERROR_BYTES, "%s:%u: action: %s: '%.*s'", cells->csv->path,
		 cells->row->line, what, (int)length, phrase);
	return -EINVAL;
}

static bool is_planned(const struct ohtd_phrase *phrase)
{
	return !phrase->ask && !phrase->act && !phrase->note && !phrase->kept;
}

/* "outputs off; raise alert" */
static int parse_actions(const struct oht_cells *cells, size_t column,
			 const struct ohtd_phrase *phrases, struct ohtd_row *row)
{
	const char *text = oht_cell(cells, column);
	unsigned int asked = 0;

	while (*text) {
		size_t length = strcspn(text, ";");
		const struct ohtd_phrase *phrase = find_phrase(phrases, text, length);

		if (!phrase)
			return refuse_phrase(cells, "unknown action", text, length);
		if (row->actions == OHTD_ACTIONS_MAX)
			return refuse_phrase(cells, "too many actions", text, length);
		/* What the device has granted would stay when the second is refused. */
		if (phrase->ask && asked++)
			return refuse_phrase(cells, "second action that the device may refuse",
					     text, length);
		row->action[row->actions++] = phrase;
		row->planned |= is_planned(phrase);
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

/* from, event, to, guard, action, role */
static int parse_row(const struct oht_cells *cells, const struct ohtd_phrase *phrases,
		     struct ohtd_row *row)
{
	static const char *const roles[] = { "viewer", "operator", "supervisor", "administrator",
					     "system", NULL };
	const char *states[OHTD_STATES + 1] = { NULL };
	unsigned int from, to, event, role, i;
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
		ret = parse_actions(cells, 4, phrases, row);
	if (!ret)
		ret = oht_cell_word(cells, 5, roles, &role);
	if (ret)
		return ret;
	row->from = (uint8_t)from;
	row->event = (uint8_t)event;
	row->to = (uint8_t)to;
	row->role = (uint8_t)(OHTD_ROLE_VIEWER + role);
	row->line = cells->row->line;
	return 0;
}

static bool may_be_true(const struct ohtd_row *row)
{
	return row->event < OHTD_EVENTS_AVAILABLE && !row->guard.unavailable;
}

/* The states that can be reached by events that are raised and guards that can be true. */
static uint32_t reachable_states(const struct ohtd_machine *machine)
{
	uint32_t reached = 1u << OHTD_STATE_BOOT;
	uint32_t before;
	unsigned int i;

	do {
		before = reached;
		for (i = 0; i < machine->count; i++)
			if (may_be_true(&machine->rows[i]) &&
			    (reached & 1u << machine->rows[i].from))
				reached |= 1u << machine->rows[i].to;
	} while (reached != before);
	return reached;
}

/* A row that can be taken is carried out whole: each of its actions is there. */
static int check_planned(const struct oht_cells *cells, const struct ohtd_machine *machine)
{
	uint32_t reached = reachable_states(machine);
	struct oht_csv_row place = { 0 };
	struct oht_cells at = *cells;
	unsigned int i, j;

	for (i = 0; i < machine->count; i++) {
		const struct ohtd_row *row = &machine->rows[i];

		if (!may_be_true(row) || !(reached & 1u << row->from))
			continue;
		for (j = 0; j < row->actions; j++) {
			if (!is_planned(row->action[j]))
				continue;
			place.line = row->line;
			at.row = &place;
			return refuse_phrase(&at, "not there yet, and the row can be taken",
					     row->action[j]->text,
					     strlen(row->action[j]->text));
		}
	}
	return 0;
}

static bool has_event(const struct ohtd_machine *machine, unsigned int event)
{
	unsigned int i = 0;

	while (i < machine->count && machine->rows[i].event != event)
		i++;
	return i < machine->count;
}

/* A verb that no state knows would be refused for ever. */
static int check_verbs(const struct oht_cells *cells, const struct ohtd_machine *machine)
{
	unsigned int i;

	for (i = 0; i < OHTD_VERBS; i++) {
		const struct ohtd_verb_row *verb = ohtd_verb_row(ohtd_verb_kind(i));

		if (has_event(machine, verb->event))
			continue;
		snprintf(cells->error, OHT_ERROR_BYTES,
			 "%s: no row for %s, the event of the verb '%s'", cells->csv->path,
			 event_names[verb->event], verb->word);
		return -EINVAL;
	}
	return 0;
}

/* What docs/data.md promises of the table as a whole. */
static int check_machine(const struct oht_cells *cells, const struct ohtd_machine *machine)
{
	static const uint8_t always[] = { OHTD_EVENT_ESTOP_TRIGGERED, OHTD_EVENT_STOP_COMMAND };
	unsigned int state, i;
	int ret;

	for (state = 0; state < OHTD_STATES; state++)
		for (i = 0; i < sizeof(always); i++) {
			if (ohtd_machine_knows(machine, state, always[i]))
				continue;
			snprintf(cells->error, OHT_ERROR_BYTES, "%s: no %s in state '%s'",
				 cells->csv->path, event_names[always[i]], ohtd_state_name(state));
			return -EINVAL;
		}
	ret = check_verbs(cells, machine);
	return ret ? ret : check_planned(cells, machine);
}

static int load_rows(const struct oht_csv *csv, const struct ohtd_phrase *phrases,
		     struct ohtd_machine *machine, char error[OHT_ERROR_BYTES])
{
	static const char *const names[] = { "from", "event", "to", "guard", "action", "role",
					     NULL };
	size_t index[6];
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
		ret = parse_row(&cells, phrases, &machine->rows[machine->count++]);
	}
	return ret ? ret : check_machine(&cells, machine);
}

int ohtd_machine_load(const char *data_dir, const struct ohtd_phrase *phrases,
		      struct ohtd_machine *machine, char error[OHT_ERROR_BYTES])
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
		ret = load_rows(&csv, phrases, machine, error);
	oht_csv_free(&csv);
	return ret;
}

bool ohtd_robot_table_asks(const struct ohtd_machine *machine, enum ohtd_fact fact)
{
	unsigned int i, j;

	for (i = 0; i < machine->count; i++)
		for (j = 0; j < machine->rows[i].guard.literals; j++)
			if (machine->rows[i].guard.literal[j].fact == fact)
				return true;
	return false;
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

bool ohtd_machine_can(const struct ohtd_machine *machine, unsigned int state, unsigned int event)
{
	unsigned int i;

	for (i = 0; i < machine->count; i++)
		if (matches(&machine->rows[i], state, event) && !machine->rows[i].planned &&
		    may_be_true(&machine->rows[i]))
			return true;
	return false;
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
