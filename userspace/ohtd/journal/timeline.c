// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal/timeline.h"

#include "journal/rows.h"

#define TEXT_(value_)	#value_
#define TEXT(value_)	TEXT_(value_)
#define NEWEST		TEXT(OHTD_TIMELINE_NEWEST)

/* The kind of an entry is the last digit of its place; 5 is a transition. */
#define ALERTS									\
	"SELECT 8 * number AS place, since_ns AS time_ns, ended_ns, 'alert' AS kind, code, text, severity, '' AS who,"	\
	" number FROM alerts"

#define COMMANDS								\
	"SELECT 8 * number + 1, accepted_ns, ended_ns, 'command', verb,"	\
	" verb || coalesce(' to ' || CAST(round(position_mm) AS INTEGER) || ' mm', '')"	\
	" || coalesce(' at ' || CAST(round(nullif(speed_mm_s, 0)) AS INTEGER) || ' mm/s', '') || ': ' || state"	\
	" || iif(reason = '', '', ', ' || reason), '', user, number FROM commands"

/* A tag is the number of a user where an ohtd made the entry (journal.h). A source has less than 2^40 entries. */
#define STOPS									\
	"SELECT 8 * (j.source * 1099511627776 + j.seq) + 2, j.wall_ns, 0, 'stop', iif(j.missing, 'gap', oht_kind_name(j.kind)),"	\
	" iif(j.missing, j.missing || ' entries were not read',"		\
	" oht_kind_text(j.kind) || iif(j.cause, ': ' || oht_cause_text(j.cause), '')),"	\
	" '', iif(r.tgid IS NULL, '', coalesce(u.name, '')), j.seq"		\
	" FROM (SELECT * FROM journal ORDER BY source DESC, seq DESC LIMIT " NEWEST ") j"	\
	" JOIN journal_sources s ON s.id = j.source"				\
	OHTD_JOURNAL_RUN_OF_ENTRY						\
	" LEFT JOIN users u ON u.id = j.tag"

#define SETTINGS								\
	"SELECT 8 * version + 3, created_ns, 0, 'setting', 'version', 'version ' || version"	\
	" || iif(reason = '', '', ': ' || reason), '', author, version FROM config_versions WHERE waits = 0"

#define STARTS_AND_STEPS							\
	"SELECT 8 * number + 4, time_ns, 0, iif(act = '" OHTD_ACT_START "', 'start', 'clock'), act,"	\
	" iif(act = '" OHTD_ACT_START "', object || ' started' || iif(result = '" OHTD_START_CUT "',"	\
	" '; the run before was cut off', ''), 'the system''s time of day moved by ' || object), '', '', number"	\
	" FROM (SELECT * FROM audit ORDER BY number DESC LIMIT " NEWEST ")"	\
	" WHERE who = 'ohtd' AND act IN ('" OHTD_ACT_START "', '" OHTD_ACT_CLOCK "')"

#define MISSIONS								\
	"SELECT 8 * id + 6, began_ns, ended_ns, 'mission', state,"		\
	" 'mission ' || id || ' (' || name || '), leg ' || min(leg, legs) || ' of ' || legs || ': ' || state"	\
	" || iif(reason = '', '', ', ' || reason), '', driven_by, id FROM missions WHERE began_ns <> 0"

#define SCENARIOS								\
	"SELECT 8 * id + 7, began_ns, ended_ns, 'scenario', state, 'training ' || id || ' (' || name || '): ' || state"	\
	" || iif(reason = '', '', ', ' || reason), '', person, id FROM scenarios"

static const struct ohtd_stored_column columns[] = {
	OHTD_COLUMN(ohtd_timeline_row, place, .seen = true),
	OHTD_COLUMN(ohtd_timeline_row, time_ns, .asked = "time", .seen = true),
	OHTD_COLUMN_AS(ohtd_timeline_row, "time_ns", time_ns, .asked = "from", .seen = true, .match = OHTD_MATCH_FROM),
	OHTD_COLUMN_AS(ohtd_timeline_row, "time_ns", time_ns, .asked = "to", .seen = true, .match = OHTD_MATCH_BEFORE),
	OHTD_COLUMN(ohtd_timeline_row, ended_ns, .seen = true),
	OHTD_COLUMN(ohtd_timeline_row, kind, .asked = "kinds", .seen = true, .searched = true, .match = OHTD_MATCH_AMONG),
	OHTD_COLUMN(ohtd_timeline_row, code, .asked = "code", .seen = true, .searched = true),
	OHTD_COLUMN(ohtd_timeline_row, text, .seen = true, .searched = true),
	OHTD_COLUMN(ohtd_timeline_row, severity, .asked = "severity", .seen = true),
	OHTD_COLUMN(ohtd_timeline_row, who, .asked = "who", .seen = true, .searched = true),
	OHTD_COLUMN(ohtd_timeline_row, number, .seen = true),
};

const struct ohtd_stored_row ohtd_kept_timeline = {
	.bytes = sizeof(struct ohtd_timeline_row), .key = &columns[0],
	.from = "(" ALERTS " UNION ALL " COMMANDS
		" UNION ALL " STOPS " UNION ALL " SETTINGS " UNION ALL " STARTS_AND_STEPS " UNION ALL " MISSIONS
		" UNION ALL " SCENARIOS ")",
	OHTD_COLUMNS(columns),
};
