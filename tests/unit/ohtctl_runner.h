/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs ohtctl inside a test, on the fake device.
 *
 * Owns:     what the last run printed.
 * Contexts: the test's only thread.
 * Locks:    none.
 */
#ifndef OHTCTL_RUNNER_H
#define OHTCTL_RUNNER_H

#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#define OTHER_TGID	1	/* a process that is there and is not us */

/* Of the last run. */
extern char *out_text, *err_text;

/* For each test: a healthy device with the power module on unit 2. */
int runner_setup(void **state);
int runner_teardown(void **state);

/* Run a command line (words between spaces); its exit code. */
int run(const char *line);
/* The same with --json: stdout is one object, stderr empty. */
int run_json(const char *line);

/* A command line that is refused, and what must stand in the complaint. */
struct usage_case {
	const char *line;
	const char *complaint;
};

/* Each ends with 2, one line on stderr, nothing on stdout, and the device was not opened. */
void expect_wrong_usage(const struct usage_case *cases, size_t count);

/* Members of that object, by JSON pointer; a test fails without them. */
struct json_object *member(const char *path);
int64_t number(const char *path);
const char *text(const char *path);

#endif /* OHTCTL_RUNNER_H */
