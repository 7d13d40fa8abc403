// SPDX-License-Identifier: GPL-2.0-or-later
#include "show_answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "show.h"

/* Columns: of a name, and by how much the members of an object stand further right. */
#define NAME_WIDTH	20
#define INDENT		2

static void write_value(struct json_object *value, FILE *to);

/* A text does not look like several lines of ours. */
static void write_text(const char *text, FILE *to)
{
	for (; *text; text++)
		fputc(*text == '\n' ? '?' : *text, to);
}

/* A thing with a code is known by it; of anything else all members. */
static void write_object(struct json_object *object, FILE *to)
{
	struct json_object *code = json_object_object_get(object, "code");
	const char *before = "";

	if (code) {
		write_value(code, to);
		return;
	}
	json_object_object_foreach(object, name, member) {
		fprintf(to, "%s%s ", before, name);
		write_value(member, to);
		before = ", ";
	}
}

static void write_array(struct json_object *array, FILE *to)
{
	size_t i, count = json_object_array_length(array);

	if (!count)
		fputs("none", to);
	for (i = 0; i < count; i++) {
		fputs(i ? ", " : "", to);
		write_value(json_object_array_get_idx(array, i), to);
	}
}

/* A person reads three decimals, of what is smaller three digits; --json has all. */
static void write_number(double number, FILE *to)
{
	char text[400];
	size_t n;

	if (number && fabs(number) < 0.001) {
		fprintf(to, "%.3g", number);
		return;
	}
	n = (size_t)snprintf(text, sizeof(text), "%.3f", number);
	while (text[n - 1] == '0')
		n--;
	fprintf(to, "%.*s", (int)(text[n - 1] == '.' ? n - 1 : n), text);
}

static void write_value(struct json_object *value, FILE *to)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		fputs("-", to);
		break;
	case json_type_boolean:
		fputs(json_object_get_boolean(value) ? "yes" : "no", to);
		break;
	case json_type_double:
		write_number(json_object_get_double(value), to);
		break;
	case json_type_object:
		write_object(value, to);
		break;
	case json_type_array:
		write_array(value, to);
		break;
	default:
		write_text(json_object_get_string(value), to);
	}
}

/* Why something is so, and what to do: a line each. */
static void show_reasons(struct cli *cli, int indent, const char *name, struct json_object *reasons)
{
	size_t i;

	for (i = 0; i < json_object_array_length(reasons); i++) {
		struct json_object *one = json_object_array_get_idx(reasons, i);
		const char *text = json_object_get_string(json_object_object_get(one, "text"));
		const char *action = json_object_get_string(json_object_object_get(one, "action"));

		fprintf(cli->out, "%*s%-*s", indent, "", NAME_WIDTH - indent, i ? "" : name);
		write_value(one, cli->out);
		fputs(text ? ": " : "", cli->out);
		write_text(text ? text : "", cli->out);
		fputc('\n', cli->out);
		if (!action)
			continue;
		fprintf(cli->out, "%-*s  ", NAME_WIDTH, "");
		write_text(action, cli->out);
		fputc('\n', cli->out);
	}
}

static bool are_reasons(struct json_object *value)
{
	return json_object_is_type(value, json_type_array) && json_object_array_length(value) &&
	       json_object_object_get(json_object_array_get_idx(value, 0), "code");
}

/* An object whose members have lines of their own. */
static bool is_group(struct json_object *value)
{
	return json_object_is_type(value, json_type_object) && json_object_object_length(value) &&
	       !json_object_object_get(value, "code");
}

static void show_members(struct cli *cli, int indent, struct json_object *object)
{
	json_object_object_foreach(object, name, member) {
		if (are_reasons(member)) {
			show_reasons(cli, indent, name, member);
		} else if (is_group(member)) {
			fprintf(cli->out, "%*s%s\n", indent, "", name);
			show_members(cli, indent + INDENT, member);
		} else {
			fprintf(cli->out, "%*s%-*s ", indent, "", NAME_WIDTH - indent - 1, name);
			write_value(member, cli->out);
			fputc('\n', cli->out);
		}
	}
}

void show_answer(struct cli *cli, struct json_object *answer)
{
	if (cli->json)
		show_json(cli, json_object_get(answer));
	else
		show_members(cli, 0, answer);
}

/* Under a heading a column is at least as wide as its name. */
static int width_of(const struct cli *cli, const struct show_column *column)
{
	int name = (int)strlen(column->name);

	return column->width && cli->headed && column->width < name ? name : column->width;
}

void show_heading(struct cli *cli, const struct show_column *columns)
{
	cli->headed = columns;
	for (; columns->name; columns++)
		fprintf(cli->out, "%-*s%s", width_of(cli, columns), columns->name, columns[1].name ? " " : "\n");
}

void show_item(struct cli *cli, struct json_object *item, const struct show_column *columns)
{
	char text[512];
	FILE *to;

	if (cli->json) {
		show_json(cli, json_object_get(item));
		return;
	}
	/* For people alone: what reads a pipe wants items. */
	if (cli->headed != columns && isatty(fileno(cli->out)))
		show_heading(cli, columns);
	for (; columns->name; columns++) {
		memset(text, 0, sizeof(text));
		to = fmemopen(text, sizeof(text) - 1, "w");
		if (to) {
			write_value(json_object_object_get(item, columns->name), to);
			fclose(to);
		}
		fprintf(cli->out, "%-*s%s", width_of(cli, columns), text, columns[1].name ? " " : "\n");
	}
}

size_t show_items(struct cli *cli, struct json_object *answer, const char *member,
		  const struct show_column *columns)
{
	struct json_object *list = json_object_object_get(answer, member);
	size_t count;

	if (!json_object_is_type(list, json_type_array))
		return 0;
	count = json_object_array_length(list);
	for (size_t i = 0; i < count; i++)
		show_item(cli, json_object_array_get_idx(list, i), columns);
	return count;
}
