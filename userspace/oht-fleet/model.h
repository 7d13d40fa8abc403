/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fleet's messages say, whatever the version of the standard.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef FLEET_MODEL_H
#define FLEET_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "oht-fleet/form.h"

/* The limits are said in the factsheet. */
#define FLEET_ID_BYTES		65
#define FLEET_WORD_BYTES	49
#define FLEET_TEXT_BYTES	201
#define FLEET_TIME_BYTES	32
#define FLEET_NODES_MAX		64
#define FLEET_ACTIONS_MAX	4	/* of a node */
#define FLEET_PARAMETERS_MAX	4	/* of an action */
#define FLEET_INSTANTS_MAX	32
#define FLEET_ERRORS_MAX	32
#define FLEET_REFERENCES_MAX	3
#define FLEET_MESSAGE_BYTES	65536

struct fleet_header {
	uint32_t id;
	char timestamp[FLEET_TIME_BYTES];
	char version[16];
	char manufacturer[FLEET_ID_BYTES];
	char serial[FLEET_ID_BYTES];
};

/* Rows of the header, which stands flat in each message. */
#define FLEET_HEADER_ROWS(type)                                                                                                   \
	{ { "headerId", "headerId" }, FORM_COUNT, FORM_QUIET, offsetof(struct type, header.id) },                                  \
	{ { "timestamp", "timestamp" }, FORM_TEXT, FORM_QUIET, offsetof(struct type, header.timestamp), FLEET_TIME_BYTES },        \
	{ { "version", "version" }, FORM_TEXT, FORM_QUIET, offsetof(struct type, header.version), 16 },                                     \
	{ { "manufacturer", "manufacturer" }, FORM_TEXT, FORM_QUIET, offsetof(struct type, header.manufacturer), FLEET_ID_BYTES },          \
	{ { "serialNumber", "serialNumber" }, FORM_TEXT, FORM_QUIET, offsetof(struct type, header.serial), FLEET_ID_BYTES }

/* ---- connection ---- */

enum fleet_connection_state { FLEET_ONLINE, FLEET_OFFLINE, FLEET_BROKEN, FLEET_HIBERNATING };

struct fleet_connection {
	struct fleet_header header;
	unsigned int state;
};

/* ---- what a fleet orders ---- */

enum fleet_blocking { FLEET_BLOCK_NONE, FLEET_BLOCK_SOFT, FLEET_BLOCK_HARD, FLEET_BLOCK_SINGLE };

/* @value: JSON */
struct fleet_parameter {
	char key[FLEET_WORD_BYTES];
	char value[FLEET_TEXT_BYTES];
};

struct fleet_action {
	char type[FLEET_WORD_BYTES];
	char id[FLEET_ID_BYTES];
	char descriptor[FLEET_TEXT_BYTES];
	unsigned int blocking;
	bool retriable;
	struct fleet_parameter parameters[FLEET_PARAMETERS_MAX];
	uint32_t parameter_count;
};

/* @deviation_m: how far from @x_m and @y_m the robot may be; NaN: not said */
struct fleet_node_position {
	bool there;
	double x_m, y_m, theta;
	struct {
		bool there;
		double a_m, b_m, theta;
	} ellipse;
	double deviation_m, deviation_theta;
	char map[FLEET_ID_BYTES];
};

struct fleet_node {
	char id[FLEET_ID_BYTES];
	uint32_t sequence;
	char descriptor[FLEET_TEXT_BYTES];
	bool released;
	struct fleet_node_position position;
	struct fleet_action actions[FLEET_ACTIONS_MAX];
	uint32_t action_count;
};

struct fleet_edge {
	char id[FLEET_ID_BYTES];
	uint32_t sequence;
	char descriptor[FLEET_TEXT_BYTES];
	bool released;
	char start[FLEET_ID_BYTES], end[FLEET_ID_BYTES];
	double speed_max_m_s, length_m;
	struct fleet_action actions[1];
	uint32_t action_count;
};

struct fleet_order {
	struct fleet_header header;
	char id[FLEET_ID_BYTES];
	uint32_t update;
	char description[FLEET_TEXT_BYTES];
	char zone_set[FLEET_ID_BYTES];
	struct fleet_node nodes[FLEET_NODES_MAX];
	uint32_t node_count;
	struct fleet_edge edges[FLEET_NODES_MAX];
	uint32_t edge_count;
};

struct fleet_instant_actions {
	struct fleet_header header;
	struct fleet_action actions[FLEET_INSTANTS_MAX];
	uint32_t action_count;
};

/* ---- state ---- */

enum fleet_action_status {
	FLEET_WAITING, FLEET_INITIALIZING, FLEET_RUNNING, FLEET_PAUSED, FLEET_RETRIABLE, FLEET_FINISHED, FLEET_FAILED,
};

enum fleet_mode {
	FLEET_STARTUP, FLEET_AUTOMATIC, FLEET_SEMIAUTOMATIC, FLEET_INTERVENED, FLEET_MANUAL, FLEET_SERVICE, FLEET_TEACH_IN,
};

enum fleet_level { FLEET_WARNING, FLEET_URGENT, FLEET_CRITICAL, FLEET_FATAL };

enum fleet_emergency_stop { FLEET_STOP_NONE, FLEET_STOP_MANUAL, FLEET_STOP_REMOTE };

struct fleet_reference {
	char key[FLEET_WORD_BYTES];
	char value[FORM_PLACE_BYTES];
};

struct fleet_error {
	char type[FLEET_WORD_BYTES];
	struct fleet_reference references[FLEET_REFERENCES_MAX];
	uint32_t reference_count;
	char description[FLEET_TEXT_BYTES];
	char hint[FLEET_TEXT_BYTES];
	unsigned int level;
};

struct fleet_action_state {
	char id[FLEET_ID_BYTES];
	char type[FLEET_WORD_BYTES];
	unsigned int status;
	char result[FLEET_TEXT_BYTES];
};

struct fleet_node_state {
	char id[FLEET_ID_BYTES];
	uint32_t sequence;
	bool released;
};

/* @there: the robot says where it is */
struct fleet_position {
	bool there;
	double x_m, y_m, theta;
	char map[FLEET_ID_BYTES];
	bool localized;
};

struct fleet_velocity {
	bool there;
	double vx_m_s;
};

struct fleet_state {
	struct fleet_header header;
	char order_id[FLEET_ID_BYTES];
	uint32_t order_update;
	char last_node[FLEET_ID_BYTES];
	uint32_t last_sequence;
	struct fleet_node_state nodes[FLEET_NODES_MAX];
	uint32_t node_count;
	struct fleet_node_state edges[FLEET_NODES_MAX];
	uint32_t edge_count;
	struct fleet_position position;
	struct fleet_velocity velocity;
	bool driving, paused, new_base_request;
	double distance_m;
	struct fleet_action_state actions[FLEET_NODES_MAX * FLEET_ACTIONS_MAX];
	uint32_t action_count;
	struct fleet_action_state instants[FLEET_INSTANTS_MAX];
	uint32_t instant_count;
	struct {
		double charge_percent, voltage_v, current_a;
		bool charging;
	} power;
	unsigned int mode;
	struct fleet_error errors[FLEET_ERRORS_MAX];
	uint32_t error_count;
	struct {
		unsigned int stop;
		bool field_violation;
	} safety;
};

struct fleet_visualization {
	struct fleet_header header;
	uint32_t state_id;
	struct fleet_position position;
	struct fleet_velocity velocity;
};

/* Number of each version as the header says it, and as the topic does. */
extern const char *const fleet_version_number[FLEET_VERSIONS];
extern const char *const fleet_version_topic[FLEET_VERSIONS];

extern const struct form_row fleet_connection_rows[], fleet_state_rows[], fleet_visualization_rows[];
extern const struct form_row fleet_order_rows[], fleet_instant_rows[];

#endif /* FLEET_MODEL_H */
