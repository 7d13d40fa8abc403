/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ohtctl safety commission: the walk through the checklist of docs/safety.md, and its report.
 *
 * Owns:     what the present step has seen, and the report as it grows.
 * Contexts: the program's one thread, with the device open for writing and subscribed to safety
 *           events.
 * Locks:    none.
 */
#ifndef OHTCTL_COMMISSION_H
#define OHTCTL_COMMISSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <json-c/json.h>

#include "oht_client.h"

struct cli;
struct drive_form;
struct evp_pkey_st;
struct oht_module;

/* Far more than any step makes; what a storm makes beyond is counted as lost. */
#define COMMISSION_RECORDS	64
#define COMMISSION_WORDS_BYTES	320

enum step_result {
	STEP_PASSED,
	STEP_SKIPPED,		/* this machine has nothing of the kind */
	STEP_FAILED,
	STEP_INTERRUPTED,	/* Ctrl-C, or the device has gone: the walk ends */
	STEP_NOT_MADE,		/* the walk ended before it */
};

/**
 * struct commission - a walk under way
 * @cli: how the program was called
 * @info: the device
 * @status: the stop, as last read
 * @deadman_ms: our heartbeat period in force
 * @holds_role: we are the controller
 * @silent: send no heartbeats (the step that waits for the deadman)
 * @gone: errno that ended the walk, 0 while there is none
 * @step: name of the present step
 * @remark: what is to be said of it
 * @records: what the driver has recorded since it began
 * @record_count: valid members of @records
 * @lost: records of the walk that were not seen
 * @stops: records of the walk that lowered the outputs
 * @slowest_ns: the longest of them, from the handler's beginning to both outputs low
 * @telegram_runs: stops with telegrams before the software stop
 * @drive_unit: whose drive is turned
 * @drive_module: its registers
 * @drive_form: what to write to turn it, NULL: no drive is turned
 * @words: the report for people, growing: a stream into @text
 * @text: valid after fflush(@words)
 * @text_bytes: its length
 * @steps: the report for programs, growing
 */
struct commission {
	struct cli *cli;
	struct oht_dev_info info;
	struct oht_stop_status status;
	uint32_t deadman_ms;
	bool holds_role;
	bool silent;
	int gone;
	const char *step;
	char remark[COMMISSION_WORDS_BYTES];
	struct oht_event records[COMMISSION_RECORDS];
	unsigned int record_count;
	uint64_t lost;
	uint64_t stops;
	uint64_t slowest_ns;
	uint64_t telegram_runs;
	uint8_t drive_unit;
	const struct oht_module *drive_module;
	const struct drive_form *drive_form;
	FILE *words;
	char *text;
	size_t text_bytes;
	struct json_object *steps;
};

struct commission_step {
	const char *name;
	const char *title;
	enum step_result (*run)(struct commission *walk);
};

/* commission_steps.c: the checklist, in order, ends with a NULL name. */
extern const struct commission_step commission_steps[];

/* ---- commission.c: what steps are made of ---- */

/* A line for the person, and for the report. */
void commission_say(struct commission *walk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, as something to do now. */
void commission_ask(struct commission *walk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Notes why; returns STEP_FAILED. */
enum step_result commission_fail(struct commission *walk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Notes why; returns STEP_SKIPPED. */
enum step_result commission_skip(struct commission *walk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Notes errno of a call of liboht; STEP_FAILED, or STEP_INTERRUPTED if the device has gone. */
enum step_result commission_fail_errno(struct commission *walk, const char *doing);

/*
 * Heartbeats and records until @met, which is asked after each round: STEP_PASSED; after @limit_ms
 * without it STEP_FAILED, with nothing noted; STEP_INTERRUPTED. @met NULL: just let the time pass,
 * STEP_PASSED. Times are those of the waits, so a limit is at least that long.
 */
enum step_result commission_wait(struct commission *walk,
				 bool (*met)(const struct commission *walk), uint32_t limit_ms);
/* As long as a person may take. */
enum step_result commission_wait_person(struct commission *walk,
					bool (*met)(const struct commission *walk));
/* The first record of this step of that kind and cause (any cause: OHT_STOPPED_BY_NOTHING). */
const struct oht_safety_event *commission_record(const struct commission *walk, uint32_t kind,
						 uint32_t cause);
/* The record of this step that ended the enabled state. */
const struct oht_safety_event *commission_ended(const struct commission *walk);

/* Make the steps; the worst result. */
enum step_result commission_walk(struct commission *walk);
/* "passed", "failed", ... */
const char *commission_result_name(enum step_result result);

/* ---- commission_acts.c ---- */

/* On top of what the driver says it needs, for a busy computer. */
#define COMMISSION_SLACK_MS	2000

/* Inputs of the button: OHT_IN_*. */
uint32_t commission_channels(const struct commission *walk);
bool commission_all_open(const struct commission *walk);
bool commission_has_ended(const struct commission *walk);
/* Until a person has released the button and nothing forbids a reset. */
enum step_result commission_wait_released(struct commission *walk);
/* Reset, by the reset button where there is one; nothing if it has been done. */
enum step_result commission_make_ready(struct commission *walk);
/* The same and enable; nothing if it is enabled. */
enum step_result commission_make_enabled(struct commission *walk);
/* It has been ended by one of @causes (a mask), with both outputs low. */
enum step_result commission_check_ended(struct commission *walk, uint64_t causes);
/* Waits for a person to end it so. */
enum step_result commission_wait_ended(struct commission *walk, uint64_t causes);

/* ---- commission_drive.c ---- */

/* The drive to be turned, a unit or the name of a module: 0, or CLI_USAGE after a complaint. */
int commission_drive_open(struct commission *walk, const char *word);
/* Does it stop by itself when no telegram comes? */
enum step_result commission_step_drive(struct commission *walk);

/* ---- commission_report.c ---- */

/* Files of a report. */
struct commission_report {
	char json_path[512];
	char text_path[512];
	char signature_path[512];
	FILE *json, *text, *signature;	/* signature NULL without a key */
	struct evp_pkey_st *key;	/* NULL without one */
	const char *key_path;
	char by[128];
	int64_t begun_s;		/* wall clock */
};

/*
 * Everything that could go wrong with files and key, before the machine is touched: 0, or an exit
 * code after a complaint. Files that are there already are never overwritten.
 */
int commission_report_open(struct cli *cli, struct commission_report *report);
/* Writes and closes the files; 0, or an exit code after a complaint. */
int commission_report_write(struct commission *walk, struct commission_report *report,
			    enum step_result result);
void commission_report_close(struct commission_report *report);

#endif /* OHTCTL_COMMISSION_H */
