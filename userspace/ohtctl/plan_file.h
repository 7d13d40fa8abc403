/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cyclic plan as a table: one line per exchange, in their order on the wire within a cycle.
 *
 * Owns:     nothing; fills what it is given.
 * Contexts: the program's one thread, with the device open; blocks on the file.
 * Locks:    none.
 */
#ifndef OHTCTL_PLAN_FILE_H
#define OHTCTL_PLAN_FILE_H

#include "oht_plan.h"

struct cli;

/**
 * struct plan_file - what stands in a file
 * @path: of it
 * @count: entries
 * @entries: the exchanges
 * @lines: where each stands in the file
 */
struct plan_file {
	const char *path;
	unsigned int count;
	struct oht_cyclic_entry entries[OHT_CYCLIC_ENTRIES_MAX];
	unsigned int lines[OHT_CYCLIC_ENTRIES_MAX];
};

/* All of it, or an exit code after one complaint "file:line: column: what: 'value'". */
int plan_file_load(struct cli *cli, const char *path, struct plan_file *file);

#endif /* OHTCTL_PLAN_FILE_H */
