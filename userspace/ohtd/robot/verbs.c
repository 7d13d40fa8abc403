// SPDX-License-Identifier: GPL-2.0-or-later
#include "verbs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "common/cells.h"
#include "states.h"

#define NO_EVENT	OHTD_EVENTS

/*
 * What the code does for each verb; the file must say the same. @again: event of a repetition.
 * @kind: 0: not carried out by the control thread.
 */
static const struct {
	const char *name;
	const char *endpoint;
	unsigned int event;
	unsigned int again;
	unsigned int kind;
	bool stops;		/* never needs control */
} table[OHTD_VERBS] = {
	[OHTD_VERB_MOVE] = { "move", "POST robot/commands", OHTD_EVENT_MOVE_COMMAND, NO_EVENT,
		OHTD_COMMAND_MOVE },
	[OHTD_VERB_JOG] = { "jog", "POST robot/commands", OHTD_EVENT_JOG_COMMAND,
		OHTD_EVENT_JOG_REFRESH, OHTD_COMMAND_JOG },
	[OHTD_VERB_HOME] = { "home", "POST robot/commands", OHTD_EVENT_HOME_COMMAND, NO_EVENT,
		OHTD_COMMAND_HOME },
	[OHTD_VERB_DOCK] = { "dock", "POST robot/commands", OHTD_EVENT_DOCK_COMMAND, NO_EVENT,
		OHTD_COMMAND_DOCK },
	[OHTD_VERB_UNDOCK] = { "undock", "POST robot/commands", OHTD_EVENT_UNDOCK_COMMAND,
		NO_EVENT, OHTD_COMMAND_UNDOCK },
	[OHTD_VERB_PAUSE] = { "pause", "POST robot/commands", OHTD_EVENT_PAUSE_COMMAND, NO_EVENT,
		OHTD_COMMAND_PAUSE, true },
	[OHTD_VERB_RESUME] = { "resume", "POST robot/commands", OHTD_EVENT_RESUME_COMMAND,
		NO_EVENT, OHTD_COMMAND_RESUME },
	[OHTD_VERB_STOP] = { "stop", "POST robot/commands", OHTD_EVENT_STOP_COMMAND, NO_EVENT,
		OHTD_COMMAND_STOP, true },
	[OHTD_VERB_DISABLE] = { "disable", "POST robot/commands", OHTD_EVENT_DISABLE_COMMAND,
		NO_EVENT, OHTD_COMMAND_DISABLE, true },
	[OHTD_VERB_RESET_FAULT] = { "reset_fault", "POST robot/commands",
		OHTD_EVENT_FAULT_CLEARED, NO_EVENT, OHTD_COMMAND_RESET_FAULT },
	[OHTD_VERB_CANCEL] = { "cancel", "DELETE robot/commands/{id}", NO_EVENT, NO_EVENT,
		OHTD_COMMAND_CANCEL, true },
	[OHTD_VERB_OVERRIDE] = { "override", "PUT robot/override", NO_EVENT, NO_EVENT,
		OHTD_COMMAND_OVERRIDE },
	[OHTD_VERB_EMERGENCY_STOP] = { "emergency stop", "POST safety/stop",
		OHTD_EVENT_ESTOP_TRIGGERED, NO_EVENT, .stops = true },
	[OHTD_VERB_RESET] = { "reset", "POST safety/reset", OHTD_EVENT_ESTOP_RESET, NO_EVENT,
		OHTD_COMMAND_RESET },
	[OHTD_VERB_ENABLE] = { "enable", "POST safety/enable", OHTD_EVENT_SAFE_RESET, NO_EVENT,
		OHTD_COMMAND_ENABLE },
	[OHTD_VERB_SELF_TEST] = { "self-test", "POST safety/self-test", NO_EVENT, NO_EVENT,
		OHTD_COMMAND_SELF_TEST },
	[OHTD_VERB_MODE] = { "mode", "PUT robot/mode", NO_EVENT, NO_EVENT,
		OHTD_COMMAND_MODE },
	[OHTD_VERB_LIMITS] = { "limits", "POST robot/limits/reload", NO_EVENT, NO_EVENT,
		OHTD_COMMAND_LIMITS },
	[OHTD_VERB_RESTART] = { "restart", "POST system/restart", OHTD_EVENT_SHUTDOWN, NO_EVENT,
		OHTD_COMMAND_RESTART },
	[OHTD_VERB_SHUTDOWN] = { "shutdown", "POST system/shutdown", OHTD_EVENT_SHUTDOWN,
		NO_EVENT },
};

_Static_assert(OHTD_VERB_RESET_FAULT + 1 == OHTD_INTERLOCKS, "the snapshot has a list for each");

unsigned int ohtd_verb_event(unsigned int verb)
{
	return verb < OHTD_VERBS ? table[verb].event : NO_EVENT;
}

const char *ohtd_verb_name(unsigned int verb)
{
	return verb < OHTD_VERBS ? table[verb].name : "unknown";
}

unsigned int ohtd_verb_of(unsigned int kind)
{
	unsigned int verb = 0;

	while (verb < OHTD_VERBS && (!kind || table[verb].kind != kind))
		verb++;
	return verb;
}

const struct ohtd_verb_rule *ohtd_verbs_of(const struct ohtd_verbs *verbs, unsigned int kind)
{
	unsigned int verb = ohtd_verb_of(kind);

	return verb < OHTD_VERBS ? &verbs->rule[verb] : NULL;
}

enum { VERB, ENDPOINT, EVENT, ROLE, NEEDS_CONTROL, COLUMNS };

/* "jog_command;jog_refresh" */
static void event_text(unsigned int verb, char *text, size_t size)
{
	text[0] = '\0';
	if (table[verb].event != NO_EVENT)
		snprintf(text, size, "%s%s%s", ohtd_event_name(table[verb].event),
			 table[verb].again == NO_EVENT ? "" : ";",
			 table[verb].again == NO_EVENT ? "" : ohtd_event_name(table[verb].again));
}

/* The cell says what the code says, or it is refused with both. */
static int compare(const struct oht_cells *cells, size_t column, const char *ours)
{
	char why[128];

	if (!strcmp(oht_cell(cells, column), ours))
		return 0;
	snprintf(why, sizeof(why), "the program has '%s'", ours);
	return oht_cell_refuse(cells, column, why);
}

static int find_verb(const struct oht_cells *cells, unsigned int *verb)
{
	const char *names[OHTD_VERBS + 1] = { NULL };
	unsigned int i;

	for (i = 0; i < OHTD_VERBS; i++)
		names[i] = table[i].name;
	return oht_cell_word(cells, VERB, names, verb);
}

static int parse_row(const struct oht_cells *cells, struct ohtd_verbs *verbs)
{
	static const char *const roles[] = { "viewer", "operator", "supervisor", "administrator",
					     NULL };
	struct ohtd_verb_rule rule = { .line = cells->row->line };
	unsigned int verb, role;
	char events[96];
	int ret = find_verb(cells, &verb);

	if (ret)
		return ret;
	if (verbs->rule[verb].line)
		return oht_cell_refuse(cells, VERB, "is there twice");
	event_text(verb, events, sizeof(events));
	ret = compare(cells, ENDPOINT, table[verb].endpoint);
	if (!ret)
		ret = compare(cells, EVENT, events);
	if (!ret)
		ret = oht_cell_word(cells, ROLE, roles, &role);
	if (!ret)
		ret = oht_cell_yes_no(cells, NEEDS_CONTROL, &rule.needs_control);
	if (ret)
		return ret;
	if (rule.needs_control && table[verb].stops)
		return oht_cell_refuse(cells, NEEDS_CONTROL, "whoever sees a danger stops");
	rule.role = (uint8_t)(OHTD_ROLE_VIEWER + role);
	verbs->rule[verb] = rule;
	return 0;
}

static int load_rows(const struct oht_csv *csv, struct ohtd_verbs *verbs,
		     char error[OHT_ERROR_BYTES])
{
	static const char *const names[] = { "verb", "endpoint", "event", "role", "needs_control",
					     NULL };
	size_t index[COLUMNS];
	struct oht_cells cells = { .csv = csv, .names = names, .index = index, .error = error };
	int ret = oht_csv_columns(csv, names, index, error);
	unsigned int verb;
	size_t i;

	for (i = 0; !ret && i < csv->rows; i++) {
		cells.row = &csv->row[i];
		ret = parse_row(&cells, verbs);
	}
	for (verb = 0; !ret && verb < OHTD_VERBS; verb++)
		if (!verbs->rule[verb].line) {
			snprintf(error, OHT_ERROR_BYTES, "%s: no verb '%s'", csv->path,
				 table[verb].name);
			ret = -EINVAL;
		}
	return ret;
}

int ohtd_verbs_load(const char *data_dir, struct ohtd_verbs *verbs, char error[OHT_ERROR_BYTES])
{
	struct oht_csv csv = { 0 };
	char path[PATH_MAX];
	int ret;

	memset(verbs, 0, sizeof(*verbs));
	if (snprintf(path, sizeof(path), "%s/commands.csv", data_dir ? data_dir : OHT_DATADIR) >=
	    (int)sizeof(path)) {
		snprintf(error, OHT_ERROR_BYTES, "the path of commands.csv is too long");
		return -ENAMETOOLONG;
	}
	ret = oht_csv_load(path, &csv, error);
	if (!ret)
		ret = load_rows(&csv, verbs, error);
	oht_csv_free(&csv);
	return ret;
}
