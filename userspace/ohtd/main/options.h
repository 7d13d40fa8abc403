/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the command line.
 * Contexts: main thread.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_OPTIONS_H
#define OHTD_MAIN_OPTIONS_H

#include <stdbool.h>

enum ohtd_action {
	OHTD_ACTION_RUN,
	OHTD_ACTION_CHECK,
	OHTD_ACTION_ADD_USER,
	OHTD_ACTION_ADMINISTER,
	OHTD_ACTION_RESTORE,
	OHTD_ACTION_MACHINE,
	OHTD_ACTION_PRINT_OPENAPI,
	OHTD_ACTION_PRINT_ASYNCAPI,
	OHTD_ACTION_DONE,	/* help or version has been printed */
	OHTD_ACTION_USAGE,	/* complained already: exit 2 */
};

struct ohtd_options {
	const char *config;
	const char *user;
	const char *restore;	/* file */
	const char *machine;	/* "moved" or "copied" */
	bool foreign;
	bool without_history;
	int role;		/* enum ohtd_role */
};

enum ohtd_action ohtd_options_parse(struct ohtd_options *options, int argc, char **argv);

#endif /* OHTD_MAIN_OPTIONS_H */
