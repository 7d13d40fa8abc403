/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The acceptance of a new robot: a checklist whose answers are kept in a file after each step.
 *
 * Owns:     the document while the verb runs.
 * Contexts: the program's one thread; waits for ohtd and for a person.
 * Locks:    none.
 */
#ifndef OHTCTL_ACCEPT_H
#define OHTCTL_ACCEPT_H

#include <json-c/json.h>

#define ACCEPT_MEASURED_BYTES	1024
#define ACCEPT_PATH_BYTES	4096

struct cli;

enum accept_result {
	ACCEPT_OPEN,		/* not made yet */
	ACCEPT_PASSED,
	ACCEPT_SKIPPED,		/* this robot has nothing to look at */
	ACCEPT_FAILED,		/* what was measured is not right */
	ACCEPT_REFUSED,		/* a person has said no */
	ACCEPT_AWAY,		/* no ohtd answers: ends the walk, and is not kept */
};

/**
 * struct accept - one run of the verb
 * @cli: options, and where lines go
 * @measured: what the step has found, in words
 * @stop_report: --stop-report, or NULL
 */
struct accept {
	struct cli *cli;
	const char *stop_report;
	char measured[ACCEPT_MEASURED_BYTES];
};

/**
 * struct accept_step - a row of the checklist
 * @name: one word, also of the argument that repeats the step
 * @title: what is looked at
 * @before: a question that is asked before anything is done, or NULL
 * @question: what a person has to confirm behind it, or NULL. A no to one of both is ACCEPT_REFUSED
 * @look: measures, and fills in @measured
 */
struct accept_step {
	const char *name, *title, *before, *question;
	enum accept_result (*look)(struct accept *walk);
};

/* Ends with a row without a name. */
extern const struct accept_step accept_steps[];

/* A member of an answer or of the document; NULL: it is null, or not there. */
struct json_object *accept_member(struct json_object *object, const char *name);

/* The same as text, "" for NULL. */
const char *accept_text(struct json_object *object, const char *name);

/* Adds words to what was measured. */
void accept_say(struct accept *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An answer of ohtd, to be released; NULL: @measured has its refusal, and @bad is ACCEPT_FAILED or, without any ohtd, ACCEPT_AWAY. */
struct json_object *accept_get(struct accept *walk, const char *method, const char *path, const char *body, enum accept_result *bad);

#endif /* OHTCTL_ACCEPT_H */
