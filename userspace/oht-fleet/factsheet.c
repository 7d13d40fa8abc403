// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/factsheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "oht-fleet/actions.h"

#define WORD_BYTES	40
#define WORDS_MAX	4
#define PARAMETERS_MAX	2

struct parameter {
	char key[WORD_BYTES], type[WORD_BYTES];
	bool optional;
};

struct action {
	char type[WORD_BYTES], description[FLEET_TEXT_BYTES];
	char scopes[WORDS_MAX][WORD_BYTES], blocking[WORDS_MAX][WORD_BYTES];
	uint32_t scope_count, blocking_count, parameter_count;
	struct parameter parameters[PARAMETERS_MAX];
	bool pause, cancel;
};

struct supported {
	char parameter[64], support[WORD_BYTES], description[FLEET_TEXT_BYTES];
};

struct version {
	char key[WORD_BYTES], value[64];
};

struct factsheet {
	struct fleet_header header;
	struct {
		char series[FLEET_ID_BYTES], description[FLEET_TEXT_BYTES], kinematics[WORD_BYTES], class[WORD_BYTES];
		double load_max_kg;
		char localization[1][WORD_BYTES], navigation[1][WORD_BYTES];
		uint32_t one, none;
	} type;
	struct {
		double speed_min, speed_max, acceleration, deceleration, height_min, height_max, width, length;
	} physical;
	struct {
		struct {
			uint32_t message, id;
		} strings;
		struct {
			uint32_t nodes, edges, node_actions, edge_actions, parameters, instants, states, action_states, errors, references;
		} arrays;
		struct {
			double order, state, state_most, visualization;
		} timing;
	} limits;
	struct {
		struct supported optional[8];
		uint32_t optional_count;
		struct action actions[FLEET_ACTION_KINDS];
		uint32_t action_count;
	} features;
	struct {
		uint32_t none;
	} geometry, load;
	struct {
		bool there;
		struct version versions[2];
		uint32_t version_count;
	} configuration;
};

#define SAME(name)		{ name, name }
#define MEMBER(whole, member)	.at = offsetof(struct factsheet, whole.member) - offsetof(struct factsheet, whole)
#define NUMBER(whole, member)	.kind = FORM_NUMBER, MEMBER(whole, member)
#define COUNT(whole, member)	.kind = FORM_COUNT, MEMBER(whole, member)
#define TEXT(whole, member)	.kind = FORM_TEXT, MEMBER(whole, member)
#define OWN(type, member)	.kind = FORM_TEXT, .at = offsetof(struct type, member)
#define OBJECT(member)		.kind = FORM_OBJECT, .at = offsetof(struct factsheet, member)
#define END			{ .kind = FORM_END }

static const struct form_row type_rows[] = {
	{ SAME("seriesName"), TEXT(type, series) },
	{ SAME("seriesDescription"), .flags = FORM_OPTIONAL, TEXT(type, description) },
	{ { "mobileRobotKinematics", "agvKinematic" }, TEXT(type, kinematics) },
	{ { "mobileRobotClass", "agvClass" }, TEXT(type, class) },
	{ { "maximumLoadMass", "maxLoadMass" }, NUMBER(type, load_max_kg) },
	{ SAME("localizationTypes"), .kind = FORM_TEXTS, MEMBER(type, localization), .bytes = WORD_BYTES,
	  .count_at = offsetof(struct factsheet, type.one) - offsetof(struct factsheet, type) },
	{ SAME("navigationTypes"), .kind = FORM_TEXTS, MEMBER(type, navigation), .bytes = WORD_BYTES,
	  .count_at = offsetof(struct factsheet, type.one) - offsetof(struct factsheet, type) },
	/* No kind of zone. */
	{ { "supportedZones", NULL }, .kind = FORM_TEXTS, MEMBER(type, navigation), .bytes = WORD_BYTES,
	  .count_at = offsetof(struct factsheet, type.none) - offsetof(struct factsheet, type) },
	END,
};

static const struct form_row physical_rows[] = {
	{ { "minimumSpeed", "speedMin" }, NUMBER(physical, speed_min) },
	{ { "maximumSpeed", "speedMax" }, NUMBER(physical, speed_max) },
	{ { "maximumAcceleration", "accelerationMax" }, NUMBER(physical, acceleration) },
	{ { "maximumDeceleration", "decelerationMax" }, NUMBER(physical, deceleration) },
	{ { "minimumHeight", "heightMin" }, NUMBER(physical, height_min) },
	{ { "maximumHeight", "heightMax" }, NUMBER(physical, height_max) },
	{ SAME("width"), NUMBER(physical, width) },
	{ SAME("length"), NUMBER(physical, length) },
	END,
};

static const struct form_row string_rows[] = {
	{ { "maximumMessageLength", "msgLen" }, COUNT(limits.strings, message) },
	{ { "maximumTopicSerialLength", "topicSerialLen" }, COUNT(limits.strings, id) },
	{ { "maximumTopicElementLength", "topicElemLen" }, COUNT(limits.strings, id) },
	{ { "maximumIdLength", "idLen" }, COUNT(limits.strings, id) },
	END,
};

static const struct form_row array_rows[] = {
	{ SAME("order.nodes"), COUNT(limits.arrays, nodes) },
	{ SAME("order.edges"), COUNT(limits.arrays, edges) },
	{ SAME("node.actions"), COUNT(limits.arrays, node_actions) },
	{ SAME("edge.actions"), COUNT(limits.arrays, edge_actions) },
	{ SAME("actions.actionsParameters"), COUNT(limits.arrays, parameters) },
	{ SAME("instantActions"), COUNT(limits.arrays, instants) },
	{ SAME("state.nodeStates"), COUNT(limits.arrays, states) },
	{ SAME("state.edgeStates"), COUNT(limits.arrays, states) },
	{ SAME("state.actionStates"), COUNT(limits.arrays, action_states) },
	{ { "state.instantActionStates", NULL }, COUNT(limits.arrays, instants) },
	{ SAME("state.errors"), COUNT(limits.arrays, errors) },
	{ SAME("error.errorReferences"), COUNT(limits.arrays, references) },
	END,
};

static const struct form_row timing_rows[] = {
	{ { "minimumOrderInterval", "minOrderInterval" }, NUMBER(limits.timing, order) },
	{ { "minimumStateInterval", "minStateInterval" }, NUMBER(limits.timing, state) },
	{ SAME("defaultStateInterval"), NUMBER(limits.timing, state_most) },
	{ SAME("visualizationInterval"), .flags = FORM_OPTIONAL, NUMBER(limits.timing, visualization) },
	END,
};

static const struct form_row limit_rows[] = {
	{ { "maximumStringLengths", "maxStringLens" }, .kind = FORM_OBJECT, MEMBER(limits, strings), .rows = string_rows },
	{ { "maximumArrayLengths", "maxArrayLens" }, .kind = FORM_OBJECT, MEMBER(limits, arrays), .rows = array_rows },
	{ SAME("timing"), .kind = FORM_OBJECT, MEMBER(limits, timing), .rows = timing_rows },
	END,
};

static const struct form_row parameter_rows[] = {
	{ SAME("key"), OWN(parameter, key) },
	{ SAME("valueDataType"), OWN(parameter, type) },
	{ SAME("isOptional"), .kind = FORM_FLAG, .at = offsetof(struct parameter, optional) },
	END,
};

static const struct form_row action_rows[] = {
	{ SAME("actionType"), OWN(action, type) },
	{ SAME("actionDescription"), OWN(action, description) },
	{ SAME("actionScopes"), .kind = FORM_TEXTS, .at = offsetof(struct action, scopes), .bytes = WORD_BYTES,
	  .count_at = offsetof(struct action, scope_count) },
	{ SAME("actionParameters"), .kind = FORM_LIST, .flags = FORM_OPTIONAL, .at = offsetof(struct action, parameters),
	  .bytes = sizeof(struct parameter), .count_at = offsetof(struct action, parameter_count), .rows = parameter_rows },
	/* The schema of 2.1 asks for an array that is a word, so no value is good there. */
	{ { "blockingTypes", NULL }, .kind = FORM_TEXTS, .at = offsetof(struct action, blocking), .bytes = WORD_BYTES,
	  .count_at = offsetof(struct action, blocking_count) },
	{ { "pauseAllowed", NULL }, .kind = FORM_FLAG, .at = offsetof(struct action, pause) },
	{ { "cancelAllowed", NULL }, .kind = FORM_FLAG, .at = offsetof(struct action, cancel) },
	END,
};

static const struct form_row supported_rows[] = {
	{ SAME("parameter"), OWN(supported, parameter) },
	{ SAME("support"), OWN(supported, support) },
	{ SAME("description"), OWN(supported, description) },
	END,
};

static const struct form_row feature_rows[] = {
	{ SAME("optionalParameters"), .kind = FORM_LIST, MEMBER(features, optional), .bytes = sizeof(struct supported),
	  .count_at = offsetof(struct factsheet, features.optional_count) - offsetof(struct factsheet, features), .rows = supported_rows },
	{ { "mobileRobotActions", "agvActions" }, .kind = FORM_LIST, MEMBER(features, actions), .bytes = sizeof(struct action),
	  .count_at = offsetof(struct factsheet, features.action_count) - offsetof(struct factsheet, features), .rows = action_rows },
	END,
};

static const struct form_row version_rows[] = {
	{ SAME("key"), OWN(version, key) },
	{ SAME("value"), OWN(version, value) },
	END,
};

static const struct form_row configuration_rows[] = {
	{ SAME("versions"), .kind = FORM_LIST, MEMBER(configuration, versions), .bytes = sizeof(struct version),
	  .count_at = offsetof(struct factsheet, configuration.version_count) - offsetof(struct factsheet, configuration), .rows = version_rows },
	END,
};

static const struct form_row nothing_rows[] = { END };

static const struct form_row factsheet_rows[] = {
	FLEET_HEADER_ROWS(factsheet),
	{ SAME("typeSpecification"), OBJECT(type), .rows = type_rows },
	{ SAME("physicalParameters"), OBJECT(physical), .rows = physical_rows },
	{ SAME("protocolLimits"), OBJECT(limits), .rows = limit_rows },
	{ SAME("protocolFeatures"), OBJECT(features), .rows = feature_rows },
	{ { "mobileRobotGeometry", "agvGeometry" }, OBJECT(geometry), .rows = nothing_rows },
	{ SAME("loadSpecification"), OBJECT(load), .rows = nothing_rows },
	{ { "mobileRobotConfiguration", "vehicleConfig" }, OBJECT(configuration), .flags = FORM_OPTIONAL, .rows = configuration_rows },
	END,
};

/* Optional members of an order that the robot looks at; all others are refused. */
static const struct {
	const char *name[FLEET_VERSIONS];
	const char *description;
} optional[] = {
	{ SAME("order.nodes.nodePosition"), "Of a node that is no station: x is the place on the rail, y is 0" },
	{ SAME("order.nodes.nodePosition.allowedDeviationXY"), "How far from the first node the robot may stand" },
	{ SAME("order.nodes.nodePosition.theta"), "The robot cannot turn: 0 only, within allowedDeviationTheta" },
	{ SAME("order.nodes.nodePosition.allowedDeviationTheta"), "See theta" },
	{ { "order.edges.maximumSpeed", "order.edges.maxSpeed" }, "The robot drives at most this fast" },
	{ SAME("order.edges.length"), "Not looked at: the rail has one way" },
};

static void fill_optional(struct factsheet *sheet, enum fleet_version version)
{
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
		struct supported *row = &sheet->features.optional[sheet->features.optional_count];

		if (!optional[i].name[version])
			continue;
		snprintf(row->parameter, sizeof(row->parameter), "%s", optional[i].name[version]);
		snprintf(row->support, sizeof(row->support), "SUPPORTED");
		snprintf(row->description, sizeof(row->description), "%s", optional[i].description);
		sheet->features.optional_count++;
	}
}

static double number_of(struct json_object *object, const char *group, const char *name)
{
	struct json_object *value = json_object_object_get(json_object_object_get(object, group), name);

	return value ? json_object_get_double(value) : 0;
}

static void fill_limits(struct factsheet *sheet, const struct fleet_settings *settings)
{
	sheet->limits.strings.message = FLEET_MESSAGE_BYTES;
	sheet->limits.strings.id = FLEET_ID_BYTES - 1;
	sheet->limits.arrays.nodes = FLEET_NODES_MAX;
	sheet->limits.arrays.edges = FLEET_NODES_MAX - 1;
	sheet->limits.arrays.node_actions = FLEET_ACTIONS_MAX;
	sheet->limits.arrays.parameters = FLEET_PARAMETERS_MAX;
	sheet->limits.arrays.instants = FLEET_INSTANTS_MAX;
	sheet->limits.arrays.states = FLEET_NODES_MAX;
	sheet->limits.arrays.action_states = FLEET_NODES_MAX * FLEET_ACTIONS_MAX;
	sheet->limits.arrays.errors = FLEET_ERRORS_MAX;
	sheet->limits.arrays.references = FLEET_REFERENCES_MAX;
	sheet->limits.timing.order = 0.1;
	sheet->limits.timing.state = (double)settings->state_min_ms / 1000;
	sheet->limits.timing.state_most = (double)settings->state_ms / 1000;
	sheet->limits.timing.visualization = settings->visualization_ms ? (double)settings->visualization_ms / 1000 : NAN;
}

static void fill_action(struct action *action, const struct fleet_action_kind *kind, enum fleet_version version)
{
	static const char *const blocking[] = { "NONE", "SOFT", "HARD", "SINGLE" };

	snprintf(action->type, sizeof(action->type), "%s", kind->type);
	snprintf(action->description, sizeof(action->description), "%s", kind->summary);
	snprintf(action->scopes[0], WORD_BYTES, "%s", kind->instant ? "INSTANT" : "NODE");
	action->scope_count = 1;
	action->blocking_count = kind->instant ? 1 : 4;
	for (uint32_t i = 0; i < action->blocking_count; i++)
		snprintf(action->blocking[i], WORD_BYTES, "%s", blocking[i]);
	if (kind->parameter) {
		action->parameter_count = 1;
		snprintf(action->parameters[0].key, WORD_BYTES, "%s", kind->parameter);
		snprintf(action->parameters[0].type, WORD_BYTES, "%s", kind->parameter_type[version]);
		action->parameters[0].optional = kind->parameter_optional;
	}
	action->pause = !kind->instant;
	action->cancel = !kind->instant;
}

static void fill_version(struct factsheet *sheet, const char *key, const char *value)
{
	struct version *row = &sheet->configuration.versions[sheet->configuration.version_count++];

	snprintf(row->key, sizeof(row->key), "%s", key);
	snprintf(row->value, sizeof(row->value), "%s", value ? value : "unknown");
	sheet->configuration.there = true;
}

static void fill_type(struct factsheet *sheet, const struct fleet_settings *settings)
{
	snprintf(sheet->type.series, sizeof(sheet->type.series), "%s", settings->series);
	snprintf(sheet->type.description, sizeof(sheet->type.description), "%s", settings->series_description);
	/* 2.1 knows no robot on a rail: two driven wheels that do not steer, and something that carries. */
	snprintf(sheet->type.kinematics, WORD_BYTES, "%s", settings->version == FLEET_V3_0 ? "RAIL" : "DIFF");
	snprintf(sheet->type.class, WORD_BYTES, "CARRIER");
	snprintf(sheet->type.localization[0], WORD_BYTES, "%s", "RFID");
	snprintf(sheet->type.navigation[0], WORD_BYTES, "%s", "PHYSICAL_LINE_GUIDED");
	sheet->type.one = 1;
	sheet->type.load_max_kg = settings->load_max_kg;
	sheet->physical.height_min = settings->height_m;
	sheet->physical.height_max = settings->height_m;
	sheet->physical.width = settings->width_m;
	sheet->physical.length = settings->length_m;
}

struct json_object *fleet_factsheet_make(const struct fleet_settings *settings, const struct fleet_header *header, struct json_object *robot)
{
	static struct factsheet sheet;

	sheet = (struct factsheet){ .header = *header };
	fill_type(&sheet, settings);
	sheet.physical.speed_max = number_of(robot, "limits", "speed_mm_s") / 1000;
	sheet.physical.acceleration = number_of(robot, "limits", "accel_mm_s2") / 1000;
	sheet.physical.deceleration = number_of(robot, "limits", "decel_mm_s2") / 1000;
	fill_limits(&sheet, settings);
	fill_optional(&sheet, settings->version);
	for (unsigned int i = 0; i < FLEET_ACTION_KINDS; i++)
		if (!fleet_action_kinds[i].only_3_0 || settings->version == FLEET_V3_0)
			fill_action(&sheet.features.actions[sheet.features.action_count++], &fleet_action_kinds[i], settings->version);
	fill_version(&sheet, "ohtd", json_object_get_string(json_object_object_get(json_object_object_get(robot, "versions"), "ohtd")));
	fill_version(&sheet, "oht-fleet", OHT_VERSION);
	return form_write(factsheet_rows, settings->version, &sheet, 0);
}
