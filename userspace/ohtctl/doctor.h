/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ohtctl doctor: what the files of a machine, its driver and its ohtd say about how well all of it is.
 *
 * A check that cannot know says so: DOCTOR_UNKNOWN, never DOCTOR_OK. Nothing here opens the device or writes a file.
 *
 * Owns:     the findings of one run.
 * Contexts: the program's one thread; reads small files, asks ohtd, waits while it watches the bus.
 * Locks:    none.
 */
#ifndef OHTCTL_DOCTOR_H
#define OHTCTL_DOCTOR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "http.h"

#define DOCTOR_TEXT_BYTES	1024

struct cli;

enum doctor_result {
	DOCTOR_OK,
	DOCTOR_WRONG,
	DOCTOR_UNKNOWN,
	DOCTOR_RESULTS,
};

/**
 * struct doctor - one run
 * @cli: where the findings go
 * @root: in front of all paths, "" for this machine
 * @check: name of the check that runs
 * @lines: all findings, with --json
 * @counts: findings by their result
 * @health: answer of GET health, NULL without an ohtd
 * @silent: why there is no answer
 * @came: how the last request to ohtd ended
 */
struct doctor {
	struct cli *cli;
	const char *root;
	const char *check;
	struct json_object *lines;
	unsigned int counts[DOCTOR_RESULTS];
	struct json_object *health;
	char silent[DOCTOR_TEXT_BYTES];
	enum http_result came;
};

/* A finding of the check that runs. The action is what a person does about it; NULL: nothing. */
void doctor_ok(struct doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_wrong(struct doctor *doctor, const char *action, const char *format, ...) __attribute__((format(printf, 3, 4)));
void doctor_unknown(struct doctor *doctor, const char *action, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- files; doctor_files.c ---- */

/* The path behind the root. */
void doctor_path(const struct doctor *doctor, char path[PATH_MAX], const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The beginning of a file without white space at its end, NULs inside are blanks. 0 or a negative errno. */
int doctor_read(const struct doctor *doctor, char text[DOCTOR_TEXT_BYTES], const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A decimal number that is alone in its file. 0 or a negative errno. */
int doctor_number(const struct doctor *doctor, uint64_t *number, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Is there such a file? Also false where it may not be looked for. */
bool doctor_exists(const struct doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Number of a process whose command is one of @names (NULL at the end), and its command. 0: none is seen. */
int doctor_process(const struct doctor *doctor, const char *const *names, char command[DOCTOR_TEXT_BYTES]);

/* The third field of the line that begins with "@name:" in etc/passwd or etc/group; -1 without such a line. */
int64_t doctor_account(const struct doctor *doctor, const char *file, const char *name);

/* ---- ohtd; doctor_daemon.c ---- */

/* Ask, without a complaint. The answer is to be released; NULL with @why if there is none. */
struct json_object *doctor_ask(struct doctor *doctor, const char *path, char why[DOCTOR_TEXT_BYTES]);

/* ---- checks ---- */

/* doctor_host.c */
void doctor_look_at_kernel(struct doctor *doctor);
void doctor_look_at_timers(struct doctor *doctor);
void doctor_look_at_realtime(struct doctor *doctor);
void doctor_look_at_frequency(struct doctor *doctor);
void doctor_look_at_clock(struct doctor *doctor);

/* doctor_disk.c */
void doctor_look_at_disk(struct doctor *doctor);
void doctor_look_at_wear(struct doctor *doctor);
void doctor_look_at_log(struct doctor *doctor);
void doctor_look_at_permissions(struct doctor *doctor);

/* doctor_device.c */
void doctor_look_at_driver(struct doctor *doctor);
void doctor_look_at_uart(struct doctor *doctor);
void doctor_look_at_fifo(struct doctor *doctor);
void doctor_look_at_lines(struct doctor *doctor);
void doctor_look_at_driver_enable(struct doctor *doctor);
void doctor_look_at_stop(struct doctor *doctor);
void doctor_look_at_timing(struct doctor *doctor);
void doctor_look_at_bus(struct doctor *doctor);

/* doctor_daemon.c */
void doctor_look_at_daemon(struct doctor *doctor);
void doctor_look_at_versions(struct doctor *doctor);
void doctor_look_at_certificate(struct doctor *doctor);
void doctor_look_at_modules(struct doctor *doctor);
void doctor_look_at_location(struct doctor *doctor);

#endif /* OHTCTL_DOCTOR_H */
