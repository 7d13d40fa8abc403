/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How results look, for people and as JSON.
 *
 * Owns:     nothing; writes to cli->out.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_SHOW_H
#define OHTCTL_SHOW_H

#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "oht_client.h"

struct cli;
struct oht_reply;
struct oht_request;

/* Where a process name fits, its NUL included. */
#define SHOW_NAME_BYTES	64

/* "name      value", the value formatted. */
void show_field(struct cli *cli, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* One line of JSON; takes the object. */
void show_json(struct cli *cli, struct json_object *object);
/* {"error":...,"exit":N} */
void show_json_error(struct cli *cli, int exit_code, const char *line);

void show_add_text(struct json_object *object, const char *name, const char *text);
void show_add_number(struct json_object *object, const char *name, int64_t number);
void show_add_real(struct json_object *object, const char *name, double number);
void show_add_bool(struct json_object *object, const char *name, bool value);

/* Words of a mask of causes, with commas; "none" for an empty one. */
void show_cause_words(uint64_t causes, char *words, size_t words_bytes);

/* Command name of a process, "process" if it cannot be had. */
void show_process_name(uint32_t tgid, char name[SHOW_NAME_BYTES]);

/* Seconds from then until now, both CLOCK_MONOTONIC. */
double show_age_s(uint64_t then_ns);
/* CLOCK_MONOTONIC now. */
double show_now_ms(void);

/* A size as the page writes it, "1.2 MiB". Returns @text. */
const char *show_size(int64_t bytes, char text[SHOW_NAME_BYTES]);

/* Pairs of lower-case digits with @between between them, and a NUL; @text has room for all of it. */
void show_hex(const uint8_t *bytes, size_t count, const char *between, char *text);

/* A QR code as ohtd answers it: a line for each row, of 1 (dark) and 0. show_qr.c. */
void show_qr(struct cli *cli, const char *rows);

/* What the device is and how it is set; cmd_info.c. */
struct json_object *show_info_json(struct cli *cli, const struct oht_dev_info *info);
/* What a read of coils or registers by address brought. */
void show_reply(struct cli *cli, const struct oht_request *request, const struct oht_reply *reply);
/* What every object about a reply ends with: attempts, turnaround_us. */
void show_add_effort(struct json_object *object, const struct oht_reply *reply);

/* The stop, in full with sentences or in short. */
void show_stop(struct cli *cli, const struct oht_stop_status *status, bool sentences);
struct json_object *show_stop_json(struct cli *cli, const struct oht_stop_status *status);
/* The same in one line, for watch. */
void show_stop_line(struct cli *cli, const struct oht_stop_status *status);

struct json_object *show_safety_event_json(struct cli *cli, const struct oht_event *event);
/* Mask of OHT_OUT_* as an object. */
struct json_object *show_outputs_json(uint32_t outputs);

/* Inside a line: kind, cause, states before and after, time until the outputs were low. */
void show_safety_change(struct cli *cli, const struct oht_safety_event *safety);

/* A safety event: one line, or one object. */
void show_safety_event(struct cli *cli, const struct oht_event *event);

#endif /* OHTCTL_SHOW_H */
