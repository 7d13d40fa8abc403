// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that the versions differ in: a second name in a row is what the older version calls the same thing, NULL there says that it
 * has none. What 2.1 cannot say in words of its own is said by the nearest word that promises less.
 */
#include "oht-fleet/model.h"

#define SAME(name)		{ name, name }
#define MEMBER(type, member)	.at = offsetof(struct type, member)
#define TEXT(type, member)	.kind = FORM_TEXT, MEMBER(type, member), .bytes = sizeof(((struct type *)0)->member)
#define LIST(type, member, counter)                                                                                                        \
	.kind = FORM_LIST, MEMBER(type, member), .bytes = sizeof(((struct type *)0)->member[0]), .count_at = offsetof(struct type, counter), \
	.max = sizeof(((struct type *)0)->member) / sizeof(((struct type *)0)->member[0])

const char *const fleet_version_number[FLEET_VERSIONS] = { "3.0.0", "2.1.0" };
const char *const fleet_version_topic[FLEET_VERSIONS] = { "v3", "v2" };

/* ---- connection ---- */

static const struct form_words connection_words = {{
	[FLEET_V3_0] = { "ONLINE", "OFFLINE", "CONNECTION_BROKEN", "HIBERNATING" },
	[FLEET_V2_1] = { "ONLINE", "OFFLINE", "CONNECTIONBROKEN" },
}};

const struct form_row fleet_connection_rows[] = {
	FLEET_HEADER_ROWS(fleet_connection),
	{ SAME("connectionState"), .kind = FORM_WORD, MEMBER(fleet_connection, state), .words = &connection_words },
	{ .kind = FORM_END },
};

/* ---- orders and instant actions ---- */

static const struct form_words blocking_words = {{
	[FLEET_V3_0] = { "NONE", "SOFT", "HARD", "SINGLE" },
	[FLEET_V2_1] = { "NONE", "SOFT", "HARD" },
}};

static const struct form_row parameter_rows[] = {
	{ SAME("key"), TEXT(fleet_parameter, key) },
	{ SAME("value"), .kind = FORM_VALUE, MEMBER(fleet_parameter, value), .bytes = FLEET_TEXT_BYTES },
	{ .kind = FORM_END },
};

static const struct form_row action_rows[] = {
	{ SAME("actionType"), TEXT(fleet_action, type) },
	{ SAME("actionId"), TEXT(fleet_action, id) },
	{ { "actionDescriptor", "actionDescription" }, .flags = FORM_OPTIONAL, TEXT(fleet_action, descriptor) },
	{ SAME("blockingType"), .kind = FORM_WORD, MEMBER(fleet_action, blocking), .words = &blocking_words },
	{ SAME("actionParameters"), .flags = FORM_OPTIONAL, LIST(fleet_action, parameters, parameter_count), .rows = parameter_rows },
	{ { "retriable", NULL }, .kind = FORM_FLAG, .flags = FORM_OPTIONAL, MEMBER(fleet_action, retriable) },
	{ .kind = FORM_END },
};

static const struct form_row ellipse_rows[] = {
	{ SAME("a"), .kind = FORM_NUMBER, MEMBER(fleet_node_position, ellipse.a_m) - offsetof(struct fleet_node_position, ellipse), .high = 1e6 },
	{ SAME("b"), .kind = FORM_NUMBER, MEMBER(fleet_node_position, ellipse.b_m) - offsetof(struct fleet_node_position, ellipse), .high = 1e6 },
	{ SAME("theta"), .kind = FORM_NUMBER, MEMBER(fleet_node_position, ellipse.theta) - offsetof(struct fleet_node_position, ellipse) },
	{ .kind = FORM_END },
};

static const struct form_row node_position_rows[] = {
	{ SAME("x"), .kind = FORM_NUMBER, MEMBER(fleet_node_position, x_m) },
	{ SAME("y"), .kind = FORM_NUMBER, MEMBER(fleet_node_position, y_m) },
	{ SAME("theta"), .kind = FORM_NUMBER, .flags = FORM_OPTIONAL, MEMBER(fleet_node_position, theta), .low = -3.1416, .high = 3.1416 },
	{ { "allowedDeviationXY", NULL }, .kind = FORM_OBJECT, .flags = FORM_OPTIONAL, MEMBER(fleet_node_position, ellipse),
	  .rows = ellipse_rows },
	{ { NULL, "allowedDeviationXY" }, .kind = FORM_NUMBER, .flags = FORM_OPTIONAL, MEMBER(fleet_node_position, deviation_m), .high = 1e6 },
	{ SAME("allowedDeviationTheta"), .kind = FORM_NUMBER, .flags = FORM_OPTIONAL, MEMBER(fleet_node_position, deviation_theta),
	  .low = -3.1416, .high = 3.1416 },
	{ SAME("mapId"), TEXT(fleet_node_position, map) },
	{ .kind = FORM_END },
};

static const struct form_row node_rows[] = {
	{ SAME("nodeId"), TEXT(fleet_node, id) },
	{ SAME("sequenceId"), .kind = FORM_COUNT, MEMBER(fleet_node, sequence) },
	{ SAME("nodeDescriptor"), .flags = FORM_OPTIONAL, TEXT(fleet_node, descriptor) },
	{ SAME("released"), .kind = FORM_FLAG, MEMBER(fleet_node, released) },
	{ SAME("nodePosition"), .kind = FORM_OBJECT, .flags = FORM_OPTIONAL, MEMBER(fleet_node, position), .rows = node_position_rows },
	{ SAME("actions"), LIST(fleet_node, actions, action_count), .rows = action_rows },
	{ .kind = FORM_END },
};

#define UNUSED(newer, older)	{ { newer, older }, .kind = FORM_UNUSED }

static const struct form_row edge_rows[] = {
	{ SAME("edgeId"), TEXT(fleet_edge, id) },
	{ SAME("sequenceId"), .kind = FORM_COUNT, MEMBER(fleet_edge, sequence) },
	{ { "edgeDescriptor", "edgeDescription" }, .flags = FORM_OPTIONAL, TEXT(fleet_edge, descriptor) },
	{ SAME("released"), .kind = FORM_FLAG, MEMBER(fleet_edge, released) },
	{ { NULL, "startNodeId" }, TEXT(fleet_edge, start) },
	{ { NULL, "endNodeId" }, TEXT(fleet_edge, end) },
	{ { "maximumSpeed", "maxSpeed" }, .kind = FORM_NUMBER, .flags = FORM_OPTIONAL, MEMBER(fleet_edge, speed_max_m_s), .low = 1e-3,
	  .high = 1e3 },
	{ SAME("length"), .kind = FORM_NUMBER, .flags = FORM_OPTIONAL, MEMBER(fleet_edge, length_m) },
	UNUSED("maximumMobileRobotHeight", "maxHeight"),
	UNUSED("minimumLoadHandlingDeviceHeight", "minHeight"),
	UNUSED("orientation", "orientation"),
	UNUSED("orientationType", "orientationType"),
	UNUSED("direction", "direction"),
	UNUSED("reachOrientationBeforeEntering", "rotationAllowed"),
	UNUSED("maxRotationSpeed", "maxRotationSpeed"),
	UNUSED("trajectory", "trajectory"),
	UNUSED("corridor", "corridor"),
	{ SAME("actions"), LIST(fleet_edge, actions, action_count), .rows = action_rows },
	{ .kind = FORM_END },
};

const struct form_row fleet_order_rows[] = {
	FLEET_HEADER_ROWS(fleet_order),
	{ SAME("orderId"), TEXT(fleet_order, id) },
	{ SAME("orderUpdateId"), .kind = FORM_COUNT, MEMBER(fleet_order, update) },
	{ { "orderDescription", NULL }, .flags = FORM_OPTIONAL, TEXT(fleet_order, description) },
	UNUSED(NULL, "zoneSetId"),
	{ SAME("nodes"), LIST(fleet_order, nodes, node_count), .rows = node_rows },
	{ SAME("edges"), LIST(fleet_order, edges, edge_count), .rows = edge_rows },
	{ .kind = FORM_END },
};

const struct form_row fleet_instant_rows[] = {
	FLEET_HEADER_ROWS(fleet_instant_actions),
	{ SAME("actions"), LIST(fleet_instant_actions, actions, action_count), .rows = action_rows },
	{ .kind = FORM_END },
};

/* ---- state ---- */

/* The schema of 2.1 has no PAUSED: paused of the state says it. */
static const struct form_words status_words = {{
	[FLEET_V3_0] = { "WAITING", "INITIALIZING", "RUNNING", "PAUSED", "RETRIABLE", "FINISHED", "FAILED" },
	[FLEET_V2_1] = { "WAITING", "INITIALIZING", "RUNNING", "RUNNING", "RUNNING", "FINISHED", "FAILED" },
}};

/* In 2.1 a robot that starts, or that a person leads, is simply not the fleet's. */
static const struct form_words mode_words = {{
	[FLEET_V3_0] = { "STARTUP", "AUTOMATIC", "SEMIAUTOMATIC", "INTERVENED", "MANUAL", "SERVICE", "TEACH_IN" },
	[FLEET_V2_1] = { "SERVICE", "AUTOMATIC", "SEMIAUTOMATIC", "MANUAL", "MANUAL", "SERVICE", "TEACHIN" },
}};

/* 2.1 has two levels: with which the robot may go on, and with which it may not. */
static const struct form_words level_words = {{
	[FLEET_V3_0] = { "WARNING", "URGENT", "CRITICAL", "FATAL" },
	[FLEET_V2_1] = { "WARNING", "WARNING", "FATAL", "FATAL" },
}};

static const struct form_words stop_words = {{
	[FLEET_V3_0] = { "NONE", "MANUAL", "REMOTE" },
	[FLEET_V2_1] = { "NONE", "MANUAL", "REMOTE" },
}};

static const struct form_row reference_rows[] = {
	{ SAME("referenceKey"), TEXT(fleet_reference, key) },
	{ SAME("referenceValue"), TEXT(fleet_reference, value) },
	{ .kind = FORM_END },
};

static const struct form_row error_rows[] = {
	{ SAME("errorType"), TEXT(fleet_error, type) },
	{ SAME("errorReferences"), .flags = FORM_OPTIONAL, LIST(fleet_error, references, reference_count), .rows = reference_rows },
	{ SAME("errorDescription"), .flags = FORM_OPTIONAL, TEXT(fleet_error, description) },
	{ SAME("errorHint"), .flags = FORM_OPTIONAL, TEXT(fleet_error, hint) },
	{ SAME("errorLevel"), .kind = FORM_WORD, MEMBER(fleet_error, level), .words = &level_words },
	{ .kind = FORM_END },
};

static const struct form_row action_state_rows[] = {
	{ SAME("actionId"), TEXT(fleet_action_state, id) },
	{ SAME("actionType"), .flags = FORM_OPTIONAL, TEXT(fleet_action_state, type) },
	{ SAME("actionStatus"), .kind = FORM_WORD, MEMBER(fleet_action_state, status), .words = &status_words },
	{ { "actionResult", "resultDescription" }, .flags = FORM_OPTIONAL, TEXT(fleet_action_state, result) },
	{ .kind = FORM_END },
};

static const struct form_row node_state_rows[] = {
	{ SAME("nodeId"), TEXT(fleet_node_state, id) },
	{ SAME("sequenceId"), .kind = FORM_COUNT, MEMBER(fleet_node_state, sequence) },
	{ SAME("released"), .kind = FORM_FLAG, MEMBER(fleet_node_state, released) },
	{ .kind = FORM_END },
};

static const struct form_row edge_state_rows[] = {
	{ SAME("edgeId"), TEXT(fleet_node_state, id) },
	{ SAME("sequenceId"), .kind = FORM_COUNT, MEMBER(fleet_node_state, sequence) },
	{ SAME("released"), .kind = FORM_FLAG, MEMBER(fleet_node_state, released) },
	{ .kind = FORM_END },
};

static const struct form_row position_rows[] = {
	{ SAME("x"), .kind = FORM_NUMBER, MEMBER(fleet_position, x_m) },
	{ SAME("y"), .kind = FORM_NUMBER, MEMBER(fleet_position, y_m) },
	{ SAME("theta"), .kind = FORM_NUMBER, MEMBER(fleet_position, theta) },
	{ SAME("mapId"), TEXT(fleet_position, map) },
	{ { "localized", "positionInitialized" }, .kind = FORM_FLAG, MEMBER(fleet_position, localized) },
	{ .kind = FORM_END },
};

static const struct form_row velocity_rows[] = {
	{ SAME("vx"), .kind = FORM_NUMBER, MEMBER(fleet_velocity, vx_m_s) },
	{ .kind = FORM_END },
};

/* Offsets in a struct without a name, inside the state. */
#define POWER(member)	.at = offsetof(struct fleet_state, power.member) - offsetof(struct fleet_state, power)
#define SAFETY(member)	.at = offsetof(struct fleet_state, safety.member) - offsetof(struct fleet_state, safety)

static const struct form_row power_rows[] = {
	{ { "stateOfCharge", "batteryCharge" }, .kind = FORM_NUMBER, .flags = FORM_QUIET, POWER(charge_percent) },
	{ SAME("batteryVoltage"), .kind = FORM_NUMBER, .flags = FORM_QUIET | FORM_OPTIONAL, POWER(voltage_v) },
	{ { "batteryCurrent", NULL }, .kind = FORM_NUMBER, .flags = FORM_QUIET | FORM_OPTIONAL, POWER(current_a) },
	{ SAME("charging"), .kind = FORM_FLAG, POWER(charging) },
	{ .kind = FORM_END },
};

static const struct form_row safety_rows[] = {
	{ { "activeEmergencyStop", "eStop" }, .kind = FORM_WORD, SAFETY(stop), .words = &stop_words },
	{ SAME("fieldViolation"), .kind = FORM_FLAG, SAFETY(field_violation) },
	{ .kind = FORM_END },
};

#define WHERE(type)                                                                                                                         \
	{ { "mobileRobotPosition", "agvPosition" }, .kind = FORM_OBJECT, .flags = FORM_OPTIONAL | FORM_QUIET, MEMBER(type, position),      \
	  .rows = position_rows },                                                                                                          \
	{ SAME("velocity"), .kind = FORM_OBJECT, .flags = FORM_OPTIONAL | FORM_QUIET, MEMBER(type, velocity), .rows = velocity_rows }

const struct form_row fleet_state_rows[] = {
	FLEET_HEADER_ROWS(fleet_state),
	/* Empty while there was no order, and where no node was reached: not optional, so not left out. */
	{ SAME("orderId"), TEXT(fleet_state, order_id) },
	{ SAME("orderUpdateId"), .kind = FORM_COUNT, MEMBER(fleet_state, order_update) },
	{ SAME("lastNodeId"), TEXT(fleet_state, last_node) },
	{ SAME("lastNodeSequenceId"), .kind = FORM_COUNT, MEMBER(fleet_state, last_sequence) },
	{ SAME("nodeStates"), LIST(fleet_state, nodes, node_count), .rows = node_state_rows },
	{ SAME("edgeStates"), LIST(fleet_state, edges, edge_count), .rows = edge_state_rows },
	WHERE(fleet_state),
	{ SAME("driving"), .kind = FORM_FLAG, MEMBER(fleet_state, driving) },
	{ SAME("paused"), .kind = FORM_FLAG, MEMBER(fleet_state, paused) },
	{ SAME("newBaseRequest"), .kind = FORM_FLAG, MEMBER(fleet_state, new_base_request) },
	{ SAME("distanceSinceLastNode"), .kind = FORM_NUMBER, .flags = FORM_OPTIONAL | FORM_QUIET, MEMBER(fleet_state, distance_m) },
	{ SAME("actionStates"), LIST(fleet_state, actions, action_count), .rows = action_state_rows },
	{ { "instantActionStates", "actionStates" }, LIST(fleet_state, instants, instant_count), .rows = action_state_rows },
	{ { "powerSupply", "batteryState" }, .kind = FORM_OBJECT, MEMBER(fleet_state, power), .rows = power_rows },
	{ SAME("operatingMode"), .kind = FORM_WORD, MEMBER(fleet_state, mode), .words = &mode_words },
	{ SAME("errors"), LIST(fleet_state, errors, error_count), .rows = error_rows },
	{ SAME("safetyState"), .kind = FORM_OBJECT, MEMBER(fleet_state, safety), .rows = safety_rows },
	{ .kind = FORM_END },
};

const struct form_row fleet_visualization_rows[] = {
	FLEET_HEADER_ROWS(fleet_visualization),
	{ { "referenceStateHeaderId", NULL }, .kind = FORM_COUNT, MEMBER(fleet_visualization, state_id) },
	WHERE(fleet_visualization),
	{ .kind = FORM_END },
};
