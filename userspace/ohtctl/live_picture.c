// SPDX-License-Identifier: GPL-2.0-or-later
#include "live_picture.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "show.h"

#define MODULES_A_LINE	3

void live_changes_add(struct live_changes *changes, const char *line)
{
	changes->first = (changes->first + PICTURE_CHANGES - 1) % PICTURE_CHANGES;
	snprintf(changes->lines[changes->first], PICTURE_BYTES, "%s", line);
	if (changes->count < PICTURE_CHANGES)
		changes->count++;
}

void live_picture_cut(char *line, size_t columns)
{
	char *to = line;

	for (const unsigned char *c = (const unsigned char *)line; *c && columns; c++) {
		/* The bytes behind the first of a character. */
		if ((*c & 0xc0) == 0x80)
			continue;
		*to++ = *c < ' ' || *c > '~' ? '?' : (char)*c;
		columns--;
	}
	*to = '\0';
}

/* ---- lines ---- */

/* The picture while it is made: the next line is @row. */
struct brush {
	struct live_picture *picture;
	const struct live_state *state;
	size_t row;
};

static void draw(struct brush *brush, bool marked, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void draw(struct brush *brush, bool marked, const char *format, ...)
{
	va_list list;

	if (brush->row >= brush->picture->rows)
		return;
	va_start(list, format);
	vsnprintf(brush->picture->text[brush->row], PICTURE_BYTES, format, list);
	va_end(list);
	brush->picture->marked[brush->row++] = marked;
}

static const char *fact(const struct brush *brush, enum live_fact fact)
{
	const char *text = brush->state->facts[fact];

	return *text ? text : "-";
}

/* Two facts beside one another. */
static void draw_pair(struct brush *brush, enum live_fact left, enum live_fact right, bool marked)
{
	draw(brush, marked, "%-10s%-28.28s  %-10s%s", live_fact_name(left), fact(brush, left),
	     live_fact_name(right), fact(brush, right));
}

static void draw_one(struct brush *brush, enum live_fact which, bool marked)
{
	draw(brush, marked, "%-10s%s", live_fact_name(which), fact(brush, which));
}

static bool is_not(const struct brush *brush, enum live_fact which, const char *good)
{
	return *brush->state->facts[which] && strcmp(brush->state->facts[which], good) != 0;
}

/* ---- parts of it ---- */

static void draw_connection(struct brush *brush, const struct live_connection *connection)
{
	double age_s = (show_now_ms() - brush->state->robot_ms) / 1e3;

	draw(brush, false, "ohtctl watch   %s", connection->whom);
	if (!connection->up)
		draw(brush, true, "NO CONNECTION, since %.0f s; all below is older%s%s",
		     connection->silent_s, *connection->why ? ": " : "", connection->why);
	else if (brush->state->data[LIVE_ROBOT])
		draw(brush, false, "connected; what is shown is %.1f s old", age_s > 0 ? age_s : 0);
	else
		draw(brush, false, "connected");
	draw(brush, false, "%s", "");
}

static void draw_facts(struct brush *brush)
{
	draw_pair(brush, LIVE_STATE, LIVE_MODE, false);
	draw_pair(brush, LIVE_STOP, LIVE_OUTPUTS, !strcmp(fact(brush, LIVE_STOP), "stopped"));
	draw_pair(brush, LIVE_CONTROL, LIVE_INPUTS, false);
	draw_one(brush, LIVE_CAUSES, is_not(brush, LIVE_CAUSES, "none"));
	draw_one(brush, LIVE_FAULTS, is_not(brush, LIVE_FAULTS, "none"));
	draw_pair(brush, LIVE_COMMAND, LIVE_QUEUE, false);
}

/* A signal with its unit, in a text of the caller. */
static const char *signal_of(const struct brush *brush, const char *name, const char *unit,
			     char text[48])
{
	FILE *to = fmemopen(text, 47, "w");

	text[0] = text[47] = '\0';
	if (!to)
		return text;
	live_signal_write(brush->state, name, to);
	if (*unit)
		fprintf(to, " %s", unit);
	fclose(to);
	return text;
}

static void draw_signals(struct brush *brush)
{
	char a[48], b[48], c[48], d[48];

	draw(brush, false, "position  %-18.18s  target    %-14.14s  speed  %s",
	     signal_of(brush, "position_mm", "mm", a), signal_of(brush, "target_mm", "mm", b),
	     signal_of(brush, "speed_mm_s", "mm/s", c));
	draw(brush, false, "battery   %-18.18s  %s", signal_of(brush, "battery_percent", "%", a),
	     signal_of(brush, "battery_v", "V", b));
	draw(brush, false, "bus load  %-18.18s  at most   %-10.10s  errors %s, missed %s",
	     signal_of(brush, "bus_load_percent", "%", a),
	     signal_of(brush, "bus_load_worst_percent", "%", b), signal_of(brush, "bus_errors", "", c),
	     signal_of(brush, "bus_cycles_missed", "", d));
}

static void draw_modules(struct brush *brush)
{
	const struct live_state *state = brush->state;

	for (size_t i = 0; i < state->module_count || !i; i += MODULES_A_LINE) {
		char line[PICTURE_BYTES] = "";
		size_t used = (size_t)snprintf(line, sizeof(line), "%-10s", i ? "" : "modules");
		bool marked = false;

		for (size_t j = i; j < state->module_count && j < i + MODULES_A_LINE; j++) {
			char one[80];

			snprintf(one, sizeof(one), "%s %s", state->modules[j].name, state->modules[j].health);
			used += (size_t)snprintf(line + used, sizeof(line) - used, "%-23s ", one);
			marked = marked || strcmp(state->modules[j].health, "good") != 0;
		}
		draw(brush, marked, "%s", line);
	}
	draw(brush, false, "%s", "");
}

/* As many as there is room for above the last line. */
static void draw_changes(struct brush *brush, const struct live_changes *changes)
{
	draw(brush, false, "changes, the newest first");
	for (size_t i = 0; i < changes->count && brush->row + 1 < brush->picture->rows; i++)
		draw(brush, false, "  %.*s", PICTURE_BYTES - 4,
		     changes->lines[(changes->first + i) % PICTURE_CHANGES]);
	while (brush->row + 1 < brush->picture->rows)
		draw(brush, false, "%s", "");
	draw(brush, false, "q or Ctrl-C ends");
}

void live_picture_make(struct live_picture *picture, const struct live_state *state,
		       const struct live_connection *connection, const struct live_changes *changes)
{
	struct brush brush = { .picture = picture, .state = state };

	if (picture->rows > PICTURE_ROWS_MAX)
		picture->rows = PICTURE_ROWS_MAX;
	draw_connection(&brush, connection);
	draw_facts(&brush);
	draw_signals(&brush);
	draw_modules(&brush);
	draw_changes(&brush, changes);
}
