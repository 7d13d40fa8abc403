/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How answers of ohtd look, for people and as JSON.
 *
 * Owns:     nothing; writes to cli->out.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_SHOW_ANSWER_H
#define OHTCTL_SHOW_ANSWER_H

#include <json-c/json.h>

struct cli;

/**
 * struct show_column - a member of each item of a list
 * @name: of the member, and its heading
 * @width: least width, 0 for the last one
 */
struct show_column {
	const char *name;
	int width;
};

/* An object, a line per member; with --json as it came. */
void show_answer(struct cli *cli, struct json_object *answer);

/* The names of @columns, which outlive @cli, above items that show_item() shows; also into a pipe. */
void show_heading(struct cli *cli, const struct show_column *columns);

/*
 * An item of a list: one line with these members (the last has no name); with --json as it came. On a terminal
 * show_heading() stands above the first one.
 */
void show_item(struct cli *cli, struct json_object *item, const struct show_column *columns);

/* Each item of the list that is this member of @answer; nothing if it is no list. Returns how many there are. */
size_t show_items(struct cli *cli, struct json_object *answer, const char *member,
		  const struct show_column *columns);

#endif /* OHTCTL_SHOW_ANSWER_H */
