/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ohtctl support: what a maker needs to know of a robot, in one file, without secrets and without persons.
 *
 * Owns:     the pack while it is made, in memory; what is left out of it, and why.
 * Contexts: the program's one thread; reads files, asks ohtd, starts journalctl.
 * Locks:    none.
 */
#ifndef OHTCTL_SUPPORT_H
#define OHTCTL_SUPPORT_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <json-c/json.h>

#include "doctor.h"

#define SUPPORT_NAME_BYTES	64

/* The last ones stay in a pack. */
enum support_class {
	SUPPORT_UNKNOWN,	/* no row of support.def */
	SUPPORT_SECRET,
	SUPPORT_ADDRESS,
	SUPPORT_WORDS,
	SUPPORT_PERSON,		/* "person-1": the same one all over the pack */
	SUPPORT_TEXT,
	SUPPORT_WORD,
	SUPPORT_CLASSES,
};

/**
 * struct support - a pack that is made
 * @cli: the command
 * @doctor: reads the files of the machine, asks ohtd
 * @began: time of the pack
 * @folder: all files of the pack are below it
 * @tar: the archive, into memory
 * @bytes: of it
 * @size: of it
 * @failed: memory has run out
 * @persons: what stands for each name, by name
 * @hidden: members that were left out: for each class of enum support_class the names, with how often
 * @packed: name and size of each file
 * @missing: name and reason of each file that could not be had
 */
struct support {
	struct cli *cli;
	struct doctor doctor;
	time_t began;
	char folder[SUPPORT_NAME_BYTES];
	FILE *tar;
	char *bytes;
	size_t size;
	bool failed;
	struct json_object *persons;
	struct json_object *hidden[SUPPORT_CLASSES];
	struct json_object *packed;
	struct json_object *missing;
};

/* ---- support_pack.c: the archive ---- */

/* False without memory. */
bool support_begin(struct support *support, struct cli *cli);
/* A file of the pack. @name is of at most 90 bytes. */
void support_put(struct support *support, const char *name, const char *bytes, size_t count);
/* A file that is not in the pack. */
void support_miss(struct support *support, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Compress it and write it under a name that is not there yet, with mode 0600. CLI_DONE, or an exit code after a complaint and without a file. */
int support_write(struct support *support, const char *name);
void support_end(struct support *support);

/* ---- support_redact.c: what is kept of a text ---- */

/* Class of the member @name of @around ("" or NULL: of nothing). */
enum support_class support_class_of(const char *around, const char *name);
/* Is the text of lines of this room kept? */
bool support_keeps_room(const char *room);
/* From now on what stands for this account stands in its place. */
const char *support_person(struct support *support, const char *name);
/* The same object with what is left of each text; to be released. */
struct json_object *support_redact(struct support *support, struct json_object *json);
/* A line of the log, its text only if its room is kept; to be released. */
struct json_object *support_redact_line(struct support *support, struct json_object *line);
/* ohtd.conf with the values that are kept, without its comments; to be freed, NULL without memory. */
char *support_redact_settings(struct support *support, const char *text);

/* ---- support_machine.c: what the computer says, also without a daemon ---- */

void support_pack_machine(struct support *support);

#endif /* OHTCTL_SUPPORT_H */
