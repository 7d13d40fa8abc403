/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The robot as ohtd tells it: live data over the local socket, and what is asked for.
 *
 * Owns:     the stream of live data, the newest state of each channel, the questions to ohtd.
 * Contexts: the program's one thread; never waits.
 * Locks:    none.
 */
#ifndef FLEET_ROBOT_H
#define FLEET_ROBOT_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "common/sse.h"
#include "oht-fleet/http.h"

#define FLEET_QUESTIONS_MAX	16

enum fleet_channel {
	FLEET_CHANNEL_SAFETY,
	FLEET_CHANNEL_ROBOT,
	FLEET_CHANNEL_ALERTS,
	FLEET_CHANNEL_TELEMETRY,
	FLEET_CHANNEL_MISSIONS,
	FLEET_CHANNELS,
};

/* @answer: NULL where the body is none; @status: 0: ohtd gave no answer. */
typedef void (*fleet_answer_fn)(void *arg, int status, struct json_object *answer);

struct fleet_question {
	const char *method;
	char path[128];
	char match[32];
	char *body;
	fleet_answer_fn tell;
	void *arg;
};

/**
 * struct fleet_robot - what is known of the robot
 * @socket: of ohtd
 * @data: newest state of each channel; NULL: not known
 * @stations: list of GET robot/stations; NULL: not known
 * @factsheet: of GET robot/factsheet; NULL: not known
 * @user: own name as ohtd says it; "": not known
 * @may_drive: the own role is allowed to
 * @heard: something has come since the flag was taken back
 * @refreshed: the factsheet was asked for since the flag was taken back
 */
struct fleet_robot {
	const char *socket;
	struct json_object *data[FLEET_CHANNELS];
	struct json_object *stations, *factsheet;
	char user[64];
	bool may_drive;
	bool heard, refreshed;
	/* the stream */
	struct fleet_http stream;
	struct oht_sse sse;
	struct json_tokener *tokener;
	int64_t dial_at, silent_at, refresh_at;
	bool complained;
	/* questions, one at a time */
	struct fleet_http asking;
	int64_t answer_by;
	struct fleet_question questions[FLEET_QUESTIONS_MAX];
	unsigned int first, count;
};

/* Begins; @socket stays the caller's. Returns 0, or -1: out of memory. */
int fleet_robot_open(struct fleet_robot *robot, const char *socket);
void fleet_robot_close(struct fleet_robot *robot);

/* Is the state of the robot known, and of now? With it its stations, its limits and the own role. */
bool fleet_robot_is_known(const struct fleet_robot *robot);

/**
 * fleet_robot_ask() - a question or an act, behind those that wait
 * @robot: opened
 * @method: GET, POST
 * @path: behind /api/v1/
 * @match: for If-Match, or NULL
 * @body: JSON, or NULL
 * @tell: called with the answer
 * @arg: for @tell
 *
 * Return: 0, or -1: too many wait, or out of memory; @tell is not called.
 */
int fleet_robot_ask(struct fleet_robot *robot, const char *method, const char *path, const char *match, const char *body, fleet_answer_fn tell,
		    void *arg);

/* Live data, answers, what is asked from time to time; returns when to come again, as fleet_now_ms(). */
int64_t fleet_robot_work(struct fleet_robot *robot, int64_t now_ms);

/* Begins the next question, also one that has come since fleet_robot_work(); returns when to come again. */
int64_t fleet_robot_begin(struct fleet_robot *robot, int64_t now_ms);

/* Member of a channel, or NULL. */
struct json_object *fleet_robot_get(const struct fleet_robot *robot, enum fleet_channel channel, const char *name);

/* The same as text, "" without one. */
const char *fleet_robot_text(const struct fleet_robot *robot, enum fleet_channel channel, const char *name);

/* The same as a number, NaN without one. */
double fleet_robot_number(const struct fleet_robot *robot, enum fleet_channel channel, const char *name);

/* Value of a signal that is good, or NULL. */
struct json_object *fleet_robot_signal(const struct fleet_robot *robot, const char *name);

/* Place of a station in mm, or NaN: there is none of that name. */
double fleet_robot_station_mm(const struct fleet_robot *robot, const char *name);

/* The station that is nearest to a place, not farther than @within_mm, and its own place; NULL: there is none. */
const char *fleet_robot_station_near(const struct fleet_robot *robot, double position_mm, double within_mm, double *place_mm);

/* Number of a group of the robot's factsheet, NaN without one. */
double fleet_robot_fact(const struct fleet_robot *robot, const char *group, const char *name);

#endif /* FLEET_ROBOT_H */
