// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/judge.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oht-fleet/actions.h"

#define WAIT_MAX_S	86400
#define TURN_MAX_RAD	0.02

static const struct fleet_verdict good = { FLEET_NOT_REFUSED };

static struct fleet_verdict refuse(enum fleet_refusal refusal, const char *key, const char *value, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static struct fleet_verdict refuse(enum fleet_refusal refusal, const char *key, const char *value, const char *format, ...)
{
	struct fleet_verdict verdict = { .refusal = refusal, .key = key };
	va_list args;

	snprintf(verdict.value, sizeof(verdict.value), "%s", value);
	va_start(args, format);
	vsnprintf(verdict.why, sizeof(verdict.why), format, args);
	va_end(args);
	return verdict;
}

struct fleet_verdict fleet_judge_form(const struct form_fault *fault)
{
	switch (fault->verdict) {
	case FORM_UNSUPPORTED:
		return refuse(FLEET_UNSUPPORTED_PARAMETER, "parameter", fault->place, "The robot can do nothing with %.100s.", fault->place);
	case FORM_TOO_LARGE:
		return refuse(FLEET_INSUFFICIENT_MEMORY, "parameter", fault->place, "%.100s is longer than the factsheet permits.", fault->place);
	default:
		return refuse(FLEET_VALIDATION_FAILURE, "parameter", fault->place, "%.100s of the message is missing, or not as the standard has it.",
			      *fault->place ? fault->place : "All");
	}
}

/* FNV-1a: it tells a repetition from another content, and guards nothing. */
static void digest_of(const struct fleet_order *order, enum fleet_version version, char digest[FLEET_DIGEST_BYTES])
{
	struct json_object *object = form_write(fleet_order_rows, version, order, FORM_QUIET);
	const char *text = object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN) : "";
	uint64_t sum = 0xcbf29ce484222325;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3;
	snprintf(digest, FLEET_DIGEST_BYTES, "%016" PRIx64, sum);
	json_object_put(object);
}

/* ---- lists, sequence ids and released parts ---- */

static struct fleet_verdict shape(const struct fleet_order *order)
{
	bool planned = false;

	if (!order->node_count || order->edge_count != order->node_count - 1)
		return refuse(FLEET_VALIDATION_FAILURE, NULL, "", "%u nodes need %u edges, and the order has %u.", order->node_count,
			      order->node_count ? order->node_count - 1 : 0, order->edge_count);
	if (order->nodes[0].sequence % 2)
		return refuse(FLEET_VALIDATION_FAILURE, "nodeId", order->nodes[0].id, "Nodes have even sequence ids, and the first one has %u.",
			      order->nodes[0].sequence);
	for (uint32_t i = 1; i < 2 * order->node_count - 1; i++) {
		const struct fleet_edge *edge = &order->edges[i / 2];
		const struct fleet_node *node = &order->nodes[i / 2];
		uint32_t sequence = i % 2 ? edge->sequence : node->sequence;
		bool released = i % 2 ? edge->released : node->released;

		if (sequence != order->nodes[0].sequence + i)
			return refuse(FLEET_VALIDATION_FAILURE, i % 2 ? "edgeId" : "nodeId", i % 2 ? edge->id : node->id,
				      "Sequence id %u stands where %u belongs.", sequence, order->nodes[0].sequence + i);
		if (released && planned)
			return refuse(FLEET_VALIDATION_FAILURE, i % 2 ? "edgeId" : "nodeId", i % 2 ? edge->id : node->id,
				      "It is released behind a part that is not.");
		/* An edge and the node it leads to belong together. */
		if (i % 2 && edge->released != order->nodes[i / 2 + 1].released)
			return refuse(FLEET_VALIDATION_FAILURE, "edgeId", edge->id, "An edge is released together with the node at its end.");
		planned = planned || !released;
	}
	if (!order->nodes[0].released)
		return refuse(FLEET_VALIDATION_FAILURE, "nodeId", order->nodes[0].id, "The first node is not released.");
	return good;
}

/* Version 2 names the ends of an edge. */
static struct fleet_verdict ends(const struct fleet_order *order, enum fleet_version version)
{
	for (uint32_t i = 0; version == FLEET_V2_1 && i < order->edge_count; i++)
		if (strcmp(order->edges[i].start, order->nodes[i].id) || strcmp(order->edges[i].end, order->nodes[i + 1].id))
			return refuse(FLEET_VALIDATION_FAILURE, "edgeId", order->edges[i].id, "It does not lead from %s to %s, between which it stands.",
				      order->nodes[i].id, order->nodes[i + 1].id);
	return good;
}

/* ---- actions ---- */

static struct fleet_verdict seconds(const struct fleet_action *action, const struct fleet_action_kind *kind)
{
	char *end;
	long seconds = strtol(action->parameters[0].value, &end, 10);

	if (*end || seconds < 1 || seconds > WAIT_MAX_S)
		return refuse(FLEET_INVALID_ORDER_ACTION, "actionId", action->id, "%s of %s: expected a whole number from 1 to %d, not %s.",
			      kind->parameter, kind->type, WAIT_MAX_S, action->parameters[0].value);
	return good;
}

static struct fleet_verdict triggers(const struct fleet_action *action, const struct fleet_action_kind *kind, enum fleet_version version)
{
	bool by_fleet;

	if (!fleet_action_triggers(action, version, &by_fleet))
		return refuse(FLEET_INVALID_ORDER_ACTION, "actionId", action->id, "%s of %s: expected %s, not %s.", kind->parameter, kind->type,
			      version == FLEET_V3_0 ? "a list of FLEET_CONTROL and LOCAL" : "LOCAL", action->parameters[0].value);
	return good;
}

static struct fleet_verdict parameters(const struct fleet_action *action, enum fleet_action_number number, enum fleet_version version)
{
	const struct fleet_action_kind *kind = &fleet_action_kinds[number];

	if (!kind->parameter && action->parameter_count)
		return refuse(FLEET_INVALID_ORDER_ACTION, "actionId", action->id, "%s has no parameters.", kind->type);
	if (!kind->parameter)
		return good;
	if (action->parameter_count != 1 || strcmp(action->parameters[0].key, kind->parameter))
		return refuse(FLEET_INVALID_ORDER_ACTION, "actionId", action->id, "%s needs the parameter %s, and no other.", kind->type, kind->parameter);
	return number == FLEET_WAIT ? seconds(action, kind) : triggers(action, kind, version);
}

static struct fleet_verdict action_on_node(const struct fleet_action *action, enum fleet_version version)
{
	enum fleet_action_number number = fleet_action_find(action->type, false, version);

	if (number == FLEET_ACTION_KINDS)
		return refuse(FLEET_INVALID_ORDER_ACTION, "actionId", action->id, "The robot has no action %s on a node.", action->type);
	return parameters(action, number, version);
}

static bool is_twice(const struct fleet_order *order, uint32_t node, uint32_t place)
{
	const char *id = order->nodes[node].actions[place].id;

	for (uint32_t i = 0; i <= node; i++) {
		uint32_t count = i < node ? order->nodes[i].action_count : place;

		for (uint32_t j = 0; j < count; j++)
			if (!strcmp(order->nodes[i].actions[j].id, id))
				return true;
	}
	return false;
}

static struct fleet_verdict actions(const struct fleet_order *order, enum fleet_version version)
{
	for (uint32_t i = 0; i < order->edge_count; i++)
		if (order->edges[i].action_count)
			return refuse(FLEET_INVALID_ORDER_ACTION, "actionId", order->edges[i].actions[0].id, "The robot has no actions on edges.");
	for (uint32_t i = 0; i < order->node_count; i++)
		for (uint32_t j = 0; j < order->nodes[i].action_count; j++) {
			struct fleet_verdict verdict = action_on_node(&order->nodes[i].actions[j], version);

			if (verdict.refusal)
				return verdict;
			if (is_twice(order, i, j))
				return refuse(FLEET_INVALID_ORDER_ACTION, "actionId", order->nodes[i].actions[j].id, "The id of the action is there twice.");
		}
	return good;
}

/* ---- does it fit to the order in hand? ---- */

static bool knows_action(const struct fleet_job *job, const char *id)
{
	for (uint32_t i = 0; i < job->action_count; i++)
		if (!strcmp(job->actions[i].id, id))
			return true;
	return false;
}

static struct fleet_verdict stitch(const struct fleet_job *job, const struct fleet_order *order)
{
	const struct fleet_node *first = &order->nodes[0];

	if (strcmp(first->id, job->base_node) || first->sequence != job->base_sequence)
		return refuse(FLEET_WRONG_STITCH, "nodeId", first->id, "The update begins at %s (%u), and the last released node is %s (%u).",
			      first->id, first->sequence, job->base_node, job->base_sequence);
	for (uint32_t i = 0; i < first->action_count; i++)
		if (!knows_action(job, first->actions[i].id))
			return refuse(FLEET_INVALID_ORDER_ACTION, "actionId", first->actions[i].id,
				      "The node is released already: a further action needs a node of its own behind it.");
	return good;
}

static const char *mode_word(unsigned int mode)
{
	static const char *const words[] = {
		[FLEET_STARTUP] = "it starts", [FLEET_MANUAL] = "its mode is manual", [FLEET_SERVICE] = "it is in maintenance",
	};

	return mode < sizeof(words) / sizeof(words[0]) && words[mode] ? words[mode] : "its mode is another one";
}

struct fleet_verdict fleet_judge_availability(const struct fleet_judge *judge)
{
	if (!fleet_robot_is_known(judge->robot))
		return refuse(FLEET_ROBOT_NOT_AVAILABLE, NULL, "", "The controller of the robot gives no state.");
	if (!judge->robot->may_drive)
		return refuse(FLEET_ROBOT_NOT_AVAILABLE, NULL, "", "oht-fleet has no role at ohtd with which it may drive the robot.");
	/* In control of a person it takes an order, which ohtd holds. */
	if (judge->mode != FLEET_AUTOMATIC && judge->mode != FLEET_INTERVENED)
		return refuse(FLEET_ROBOT_NOT_AVAILABLE, NULL, "", "The robot takes no order: %s.", mode_word(judge->mode));
	if (judge->hibernates)
		return refuse(FLEET_ROBOT_NOT_AVAILABLE, NULL, "", "The robot takes no order: it is about to hibernate.");
	return good;
}

static struct fleet_verdict update(const struct fleet_judge *judge, const struct fleet_order *order)
{
	const struct fleet_job *job = judge->job;
	struct fleet_verdict verdict = good;

	if (order->update < job->update)
		return refuse(FLEET_OUTDATED_ORDER_UPDATE, NULL, "", "Update %u comes behind update %u.", order->update, job->update);
	if (order->update == job->update)
		return refuse(FLEET_SAME_ORDER_UPDATE_ID, NULL, "", "Update %u is known with another content.", order->update);
	if (job->cancelled || job->cancelling)
		return refuse(FLEET_ORDER_UPDATE_FOLLOWING_CANCEL, NULL, "", "The order was cancelled.");
	/* While ohtd is away the order goes on, and so do its updates. */
	if (fleet_robot_is_known(judge->robot))
		verdict = fleet_judge_availability(judge);
	return verdict.refusal ? verdict : stitch(job, order);
}

static const struct fleet_job_past *find_past(const struct fleet_job *job, const char *id)
{
	for (uint32_t i = job->past_count; i-- > 0;)
		if (!strcmp(job->past[i].order, id))
			return &job->past[i];
	return NULL;
}

static struct fleet_verdict fresh(const struct fleet_judge *judge, const struct fleet_order *order)
{
	const struct fleet_job_past *past = find_past(judge->job, order->id);

	if (past && order->update < past->update)
		return refuse(FLEET_OUTDATED_ORDER_UPDATE, NULL, "", "The order is over, and its last update was %u.", past->update);
	if (past)
		return refuse(FLEET_SAME_ORDER_UPDATE_ID, NULL, "", "An order of this id is over: a new one needs a new id.");
	if (fleet_job_is_active(judge->job))
		return refuse(FLEET_OTHER_ORDER_ACTIVE, NULL, "", "Order %s is not over.", judge->job->order);
	if (order->update)
		return refuse(FLEET_WRONG_STITCH, NULL, "", "Update %u is of an order that the robot does not have.", order->update);
	return fleet_judge_availability(judge);
}

/* ---- can it be driven? ---- */

static double deviation_of(const struct fleet_node *node)
{
	const struct fleet_node_position *position = &node->position;
	double mm = 0;

	/* How far the ellipse reaches along the rail. */
	if (position->there && position->ellipse.there)
		mm = 1000 * hypot(position->ellipse.a_m * cos(position->ellipse.theta), position->ellipse.b_m * sin(position->ellipse.theta));
	else if (position->there && isfinite(position->deviation_m))
		mm = 1000 * position->deviation_m;
	return fmax(mm, FLEET_NEAR_MM);
}

static bool is_across(const struct fleet_node_position *position)
{
	double turn = isfinite(position->deviation_theta) ? fabs(position->deviation_theta) : 0;

	return isfinite(position->theta) && fabs(position->theta) > turn + TURN_MAX_RAD;
}

static struct fleet_verdict position(const struct fleet_node *node, const struct fleet_settings *settings, double place_mm, const char *station)
{
	const struct fleet_node_position *position = &node->position;

	if (!position->there)
		return good;
	if (strcmp(position->map, settings->map))
		return refuse(FLEET_UNKNOWN_MAP, "mapId", position->map, "The robot's rail is on the map %s, not on %s.", settings->map, position->map);
	if (fabs(position->y_m) * 1000 > deviation_of(node) || is_across(position))
		return refuse(FLEET_NO_ROUTE_TO_TARGET, "nodeId", node->id, "The rail is at y 0, and the robot cannot turn.");
	if (*station && fabs(position->x_m * 1000 - place_mm) > deviation_of(node))
		return refuse(FLEET_NO_ROUTE_TO_TARGET, "nodeId", node->id, "Station %s is at x %g m, and the order has it at %g m.", station,
			      place_mm / 1000, position->x_m);
	return good;
}

static struct fleet_verdict target(const struct fleet_judge *judge, const struct fleet_node *node, bool first)
{
	char station[FLEET_STATION_BYTES];
	double place_mm = fleet_job_place(node, judge->settings, judge->robot, station);
	struct fleet_verdict verdict = position(node, judge->settings, place_mm, station);

	if (verdict.refusal || first)
		return verdict;
	if (!isfinite(place_mm))
		return refuse(FLEET_NO_ROUTE_TO_TARGET, "nodeId", node->id, "%s is no station of the robot, and has no position.", node->id);
	/* A limit that is not known is no permission. */
	if (!(place_mm >= fleet_robot_fact(judge->robot, "lengths", "soft_min_mm") && place_mm <= fleet_robot_fact(judge->robot, "lengths", "soft_max_mm")))
		return refuse(FLEET_NO_ROUTE_TO_TARGET, "nodeId", node->id, "%s is at x %g m, beyond the limits of the robot.", node->id, place_mm / 1000);
	return good;
}

static struct fleet_verdict route(const struct fleet_judge *judge, const struct fleet_order *order)
{
	struct fleet_verdict verdict = good;

	/* The first node has been reached. */
	for (uint32_t i = 0; i < order->node_count && !verdict.refusal; i++)
		verdict = target(judge, &order->nodes[i], i == 0);
	return verdict;
}

static struct fleet_verdict start(const struct fleet_judge *judge, const struct fleet_node *first)
{
	double at_mm = fleet_robot_number(judge->robot, FLEET_CHANNEL_ROBOT, "position_mm"), place_mm;
	bool located = json_object_get_boolean(fleet_robot_get(judge->robot, FLEET_CHANNEL_ROBOT, "located"));
	char station[FLEET_STATION_BYTES];

	place_mm = fleet_job_place(first, judge->settings, judge->robot, station);
	if (!located || !isfinite(at_mm))
		return refuse(FLEET_START_NODE_OUT_OF_RANGE, "nodeId", first->id, "The robot does not know where it is.");
	if (isfinite(place_mm) && fabs(place_mm - at_mm) <= deviation_of(first))
		return good;
	/* Cancelled on its way, it stands behind its last node, and the order must mean that very place. */
	if (!strcmp(first->id, judge->job->last_node) && fleet_job_stands_behind(judge->job, at_mm) &&
	    !(fabs(place_mm - judge->job->last_mm) > FLEET_NEAR_MM))
		return good;
	return refuse(FLEET_START_NODE_OUT_OF_RANGE, "nodeId", first->id, "The robot stands at x %g m, which is not at %s.", at_mm / 1000, first->id);
}

/* ---- is there room? ---- */

static uint32_t running_actions(const struct fleet_job *job)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < job->action_count; i++)
		count += job->actions[i].status != FLEET_FINISHED && job->actions[i].status != FLEET_FAILED;
	return count;
}

/* Of an update: what is ahead, and all that it brings. */
static struct fleet_verdict room(const struct fleet_job *job, const struct fleet_order *order)
{
	uint32_t legs = job->leg_count, nodes = job->node_count + order->node_count - 1, brought = 0;

	for (uint32_t i = 1; i < order->node_count; i++)
		brought += order->nodes[i].action_count;
	legs += brought + order->node_count - 1;
	if (nodes > FLEET_NODES_MAX || legs > FLEET_LEGS_MAX || running_actions(job) + brought > FLEET_STATES_MAX)
		return refuse(FLEET_INSUFFICIENT_MEMORY, NULL, "", "Too much of the order is ahead: send the update when more of it is driven.");
	return good;
}

struct fleet_verdict fleet_judge_order(const struct fleet_judge *judge, const struct fleet_order *order, char digest[FLEET_DIGEST_BYTES])
{
	const struct fleet_job *job = judge->job;
	bool same = !strcmp(order->id, job->order);
	const struct fleet_job_past *past = same ? NULL : find_past(job, order->id);
	struct fleet_verdict verdict;

	digest_of(order, judge->settings->version, digest);
	if (same ? order->update == job->update && !strcmp(digest, job->digest) : past && order->update == past->update && !strcmp(digest, past->digest))
		return (struct fleet_verdict){ .again = true };
	verdict = shape(order);
	if (!verdict.refusal)
		verdict = ends(order, judge->settings->version);
	if (!verdict.refusal)
		verdict = actions(order, judge->settings->version);
	if (!verdict.refusal)
		verdict = same ? update(judge, order) : fresh(judge, order);
	if (!verdict.refusal && same)
		verdict = room(job, order);
	if (!verdict.refusal && !same)
		verdict = start(judge, &order->nodes[0]);
	return verdict.refusal ? verdict : route(judge, order);
}
