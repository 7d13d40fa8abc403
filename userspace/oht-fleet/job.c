// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oht-fleet/actions.h"

static bool has_ended(unsigned int status)
{
	return status == FLEET_FINISHED || status == FLEET_FAILED;
}

bool fleet_job_is_active(const struct fleet_job *job)
{
	if (job->node_count || job->cancelling)
		return true;
	for (uint32_t i = 0; i < job->action_count; i++)
		if (!has_ended(job->actions[i].status))
			return true;
	return false;
}

bool fleet_job_is_over(const struct fleet_job *job)
{
	return job->state == FLEET_MISSION_FINISHED || job->state == FLEET_MISSION_FAILED || job->state == FLEET_MISSION_CANCELLED;
}

bool fleet_job_is_paused(const struct fleet_job *job)
{
	return job->paused || job->state == FLEET_MISSION_PAUSED || fleet_job_is_held(job);
}

bool fleet_job_is_held(const struct fleet_job *job)
{
	return job->state == FLEET_MISSION_HELD && (job->stopped || !fleet_job_awaits(job));
}

/* The leg of the mission that has not ended, or NULL. */
static const struct fleet_job_leg *present_leg(const struct fleet_job *job)
{
	return job->mission && job->done < job->sent ? &job->legs[job->done] : NULL;
}

bool fleet_job_acts(const struct fleet_job *job)
{
	const struct fleet_job_leg *leg = present_leg(job);

	if (fleet_job_awaits(job))
		return !job->stopped && !job->paused;
	return leg && *leg->action && job->leg_runs && job->state == FLEET_MISSION_RUNNING;
}

bool fleet_job_awaits(const struct fleet_job *job)
{
	const struct fleet_job_leg *leg = present_leg(job);

	return leg && job->state == FLEET_MISSION_HELD && !strcmp(leg->kind, "acknowledge") && !strcmp(job->reason, "acknowledge");
}

bool fleet_job_takes_trigger(const struct fleet_job *job)
{
	return fleet_job_awaits(job) && fleet_job_acts(job) && present_leg(job)->by_fleet;
}

/* ---- an order comes ---- */

double fleet_job_place(const struct fleet_node *node, const struct fleet_settings *settings, const struct fleet_robot *robot, char *station)
{
	const char *name = fleet_settings_station(settings, node->id);
	double place_mm = fleet_robot_station_mm(robot, name);

	*station = '\0';
	if (isfinite(place_mm))
		snprintf(station, FLEET_STATION_BYTES, "%s", name);
	else if (node->position.there)
		place_mm = node->position.x_m * 1000;
	return place_mm;
}

static struct fleet_job_action *find_action(struct fleet_job *job, const char *id)
{
	for (uint32_t i = 0; i < job->action_count; i++)
		if (!strcmp(job->actions[i].id, id))
			return &job->actions[i];
	return NULL;
}

static void remove_action(struct fleet_job *job, uint32_t at)
{
	job->action_count--;
	memmove(&job->actions[at], &job->actions[at + 1], (job->action_count - at) * sizeof(job->actions[0]));
}

/* Of a long order those that ended first go; the judge has seen to it that there is one. */
static void make_room(struct fleet_job *job)
{
	uint32_t at = 0;

	while (at + 1 < job->action_count && !has_ended(job->actions[at].status))
		at++;
	remove_action(job, at);
}

static uint32_t seconds_of(const struct fleet_action *action)
{
	return action->parameter_count ? (uint32_t)strtoul(action->parameters[0].value, NULL, 10) : 0;
}

static bool is_by_fleet(const struct fleet_action *action, enum fleet_version version)
{
	bool by_fleet;

	return fleet_action_triggers(action, version, &by_fleet) && by_fleet;
}

static struct fleet_job_leg *add_leg(struct fleet_job *job, const char *kind, uint32_t sequence)
{
	struct fleet_job_leg *leg = &job->legs[job->leg_count++];

	*leg = (struct fleet_job_leg){ .position_mm = NAN, .speed_mm_s = NAN, .sequence = sequence };
	snprintf(leg->kind, sizeof(leg->kind), "%s", kind);
	return leg;
}

static void add_actions(struct fleet_job *job, const struct fleet_node *node, enum fleet_version version)
{
	for (uint32_t i = 0; i < node->action_count; i++) {
		const struct fleet_action *action = &node->actions[i];
		enum fleet_action_number number = fleet_action_find(action->type, false, version);
		struct fleet_job_action *row;
		struct fleet_job_leg *leg;

		if (job->action_count == FLEET_STATES_MAX)
			make_room(job);
		row = &job->actions[job->action_count++];
		*row = (struct fleet_job_action){ .sequence = node->sequence, .status = FLEET_WAITING, .retriable = action->retriable };
		snprintf(row->id, sizeof(row->id), "%s", action->id);
		snprintf(row->type, sizeof(row->type), "%s", action->type);
		if (!node->released)
			continue;
		leg = add_leg(job, fleet_action_kinds[number].leg, node->sequence);
		if (number == FLEET_WAIT)
			leg->wait_s = seconds_of(action);
		leg->by_fleet = number == FLEET_WAIT_FOR_TRIGGER && is_by_fleet(action, version);
		snprintf(leg->action, sizeof(leg->action), "%s", action->id);
	}
}

static void add_node(struct fleet_job *job, const struct fleet_edge *edge, const struct fleet_node *node, const struct fleet_settings *settings,
		     const struct fleet_robot *robot)
{
	struct fleet_job_node *ahead = &job->nodes[job->node_count++];
	char station[FLEET_STATION_BYTES];

	*ahead = (struct fleet_job_node){ .sequence = node->sequence, .released = node->released };
	snprintf(ahead->id, sizeof(ahead->id), "%s", node->id);
	snprintf(ahead->edge, sizeof(ahead->edge), "%s", edge->id);
	ahead->at_mm = fleet_job_place(node, settings, robot, station);
	if (node->released) {
		struct fleet_job_leg *leg = add_leg(job, "move", node->sequence);

		snprintf(leg->station, sizeof(leg->station), "%s", station);
		leg->position_mm = *station ? NAN : ahead->at_mm;
		leg->speed_mm_s = edge->speed_max_m_s * 1000;
	}
	add_actions(job, node, settings->version);
}

static void drop_horizon(struct fleet_job *job)
{
	while (job->node_count && !job->nodes[job->node_count - 1].released)
		job->node_count--;
	for (uint32_t i = job->action_count; i-- > 0;)
		if (job->actions[i].sequence > job->base_sequence)
			remove_action(job, i);
}

static void remember(struct fleet_job *job)
{
	struct fleet_job_past *past;

	if (!*job->order)
		return;
	if (job->past_count == FLEET_PAST_MAX) {
		job->past_count--;
		memmove(&job->past[0], &job->past[1], job->past_count * sizeof(job->past[0]));
	}
	past = &job->past[job->past_count++];
	*past = (struct fleet_job_past){ .update = job->update, .mission = job->mission };
	memcpy(past->order, job->order, sizeof(past->order));
	memcpy(past->digest, job->digest, sizeof(past->digest));
}

static void leave_mission(struct fleet_job *job)
{
	job->mission = job->asked = job->sent = job->done = 0;
	job->state = FLEET_MISSION_NONE;
	job->leg_runs = job->stopped = false;
	*job->changed = *job->reason = *job->reason_text = '\0';
}

static void begin_order(struct fleet_job *job, const struct fleet_order *order, const struct fleet_settings *settings,
			const struct fleet_robot *robot)
{
	const struct fleet_node *first = &order->nodes[0];
	char station[FLEET_STATION_BYTES];

	remember(job);
	leave_mission(job);
	job->node_count = job->action_count = job->leg_count = job->piece = 0;
	job->cancelling = job->cancelled = false;
	snprintf(job->order, sizeof(job->order), "%s", order->id);
	snprintf(job->last_node, sizeof(job->last_node), "%s", first->id);
	job->last_sequence = first->sequence;
	job->last_mm = fleet_job_place(first, settings, robot, station);
	job->toward_mm = NAN;
	add_actions(job, first, settings->version);
}

void fleet_job_take(struct fleet_job *job, const struct fleet_order *order, const struct fleet_settings *settings,
		    const struct fleet_robot *robot, const char *digest)
{
	if (strcmp(job->order, order->id))
		begin_order(job, order, settings, robot);
	else
		drop_horizon(job);
	for (uint32_t i = 1; i < order->node_count; i++)
		add_node(job, &order->edges[i - 1], &order->nodes[i], settings, robot);
	for (uint32_t i = 0; i < order->node_count && order->nodes[i].released; i++) {
		snprintf(job->base_node, sizeof(job->base_node), "%s", order->nodes[i].id);
		job->base_sequence = order->nodes[i].sequence;
	}
	job->update = order->update;
	snprintf(job->digest, sizeof(job->digest), "%s", digest);
}

/* ---- the mission goes on ---- */

static void arrive(struct fleet_job *job, uint32_t sequence)
{
	uint32_t passed = 0;

	while (passed < job->node_count && job->nodes[passed].sequence <= sequence)
		passed++;
	if (!passed)
		return;
	snprintf(job->last_node, sizeof(job->last_node), "%s", job->nodes[passed - 1].id);
	job->last_sequence = sequence;
	job->last_mm = job->nodes[passed - 1].at_mm;
	job->node_count -= passed;
	memmove(&job->nodes[0], &job->nodes[passed], job->node_count * sizeof(job->nodes[0]));
}

static void finish_leg(struct fleet_job *job, const struct fleet_job_leg *leg)
{
	struct fleet_job_action *action = *leg->action ? find_action(job, leg->action) : NULL;

	if (action)
		action->status = FLEET_FINISHED;
	else if (!*leg->action)
		arrive(job, leg->sequence);
}

/* Of the action that is under way, or was when the mission was interrupted. */
static void turn_action(struct fleet_job *job)
{
	const struct fleet_job_leg *leg = present_leg(job);
	struct fleet_job_action *action = leg && *leg->action ? find_action(job, leg->action) : NULL;

	if (!action)
		return;
	if (fleet_job_acts(job))
		action->status = FLEET_RUNNING;
	else if (action->status == FLEET_WAITING)
		return;
	else if (job->state == FLEET_MISSION_HELD)
		action->status = action->retriable && !fleet_job_awaits(job) ? FLEET_RETRIABLE : FLEET_PAUSED;
	else if (job->state == FLEET_MISSION_PAUSED)
		action->status = FLEET_PAUSED;
}

void fleet_job_pause(struct fleet_job *job, bool paused)
{
	job->paused = paused;
	turn_action(job);
}

void fleet_job_interrupt(struct fleet_job *job, bool stopped)
{
	job->stopped = stopped;
	turn_action(job);
}

const char *fleet_job_retriable(const struct fleet_job *job)
{
	const struct fleet_job_leg *leg = present_leg(job);

	for (uint32_t i = 0; leg && job->state == FLEET_MISSION_HELD && i < job->action_count; i++)
		if (!strcmp(job->actions[i].id, leg->action) && job->actions[i].status == FLEET_RETRIABLE)
			return leg->action;
	return NULL;
}

static const char *text_of(struct json_object *object, const char *name)
{
	const char *text = json_object_get_string(json_object_object_get(object, name));

	return text ? text : "";
}

static enum fleet_mission_state state_of(const char *word)
{
	static const char *const words[] = {
		[FLEET_MISSION_WAITING] = "waiting", [FLEET_MISSION_RUNNING] = "running", [FLEET_MISSION_PAUSED] = "paused",
		[FLEET_MISSION_HELD] = "held", [FLEET_MISSION_FINISHED] = "finished", [FLEET_MISSION_FAILED] = "failed",
		[FLEET_MISSION_CANCELLED] = "cancelled",
	};
	unsigned int i = FLEET_MISSION_WAITING;

	while (i <= FLEET_MISSION_CANCELLED && strcmp(words[i], word))
		i++;
	return i <= FLEET_MISSION_CANCELLED ? (enum fleet_mission_state)i : FLEET_MISSION_NONE;
}

/* So many legs have ended. */
static uint32_t ended_legs(const struct fleet_job *job, struct json_object *mission)
{
	struct json_object *leg = json_object_object_get(mission, "leg");
	int64_t ended = leg ? json_object_get_int64(leg) - 1 : (int64_t)job->sent;

	return ended < 0 ? 0 : ended < (int64_t)job->sent ? (uint32_t)ended : job->sent;
}

bool fleet_job_follow(struct fleet_job *job, struct json_object *mission)
{
	const char *changed = text_of(mission, "changed");
	struct json_object *leg = json_object_object_get(mission, "current_leg");
	enum fleet_mission_state state = state_of(text_of(mission, "state"));
	uint32_t ended = ended_legs(job, mission), before = job->done;

	if (!job->mission || json_object_get_int64(json_object_object_get(mission, "id")) != job->mission || strcmp(changed, job->changed) < 0)
		return false;
	snprintf(job->changed, sizeof(job->changed), "%s", changed);
	job->revision = json_object_get_int64(json_object_object_get(mission, "revision"));
	job->leg_runs = leg ? !strcmp(text_of(leg, "state"), "running") : job->leg_runs && ended == job->done;
	job->state = state;
	snprintf(job->reason, sizeof(job->reason), "%s", text_of(mission, "reason"));
	snprintf(job->reason_text, sizeof(job->reason_text), "%s", text_of(mission, "reason_text"));
	for (; job->done < ended; job->done++)
		finish_leg(job, &job->legs[job->done]);
	if (!fleet_job_awaits(job))
		job->stopped = false;
	turn_action(job);
	return job->done != before;
}

void fleet_job_external(const struct fleet_job *job, char text[FLEET_EXTERNAL_BYTES])
{
	snprintf(text, FLEET_EXTERNAL_BYTES, "vda5050 %s %u", job->order, job->piece);
}

bool fleet_job_is_of(const char *order, struct json_object *mission)
{
	const char *external = text_of(mission, "external_id"), *piece = strrchr(external, ' ');
	char begin[FLEET_EXTERNAL_BYTES];
	int bytes = snprintf(begin, sizeof(begin), "vda5050 %s", order);

	return piece && piece - external == bytes && !strncmp(external, begin, (size_t)bytes);
}

bool fleet_job_is_foreign(const struct fleet_job *job, struct json_object *mission)
{
	char external[FLEET_EXTERNAL_BYTES];

	if (json_object_get_int64(json_object_object_get(mission, "id")) != job->mission)
		return false;
	fleet_job_external(job, external);
	return strcmp(external, text_of(mission, "external_id")) || (state_of(text_of(mission, "state")) == FLEET_MISSION_WAITING && job->done);
}

/* Legs from @from on are still to be driven. */
static void begin_piece(struct fleet_job *job, uint32_t from)
{
	remember(job);
	job->leg_count -= from;
	memmove(&job->legs[0], &job->legs[from], job->leg_count * sizeof(job->legs[0]));
	leave_mission(job);
	job->piece++;
}

void fleet_job_begin_piece(struct fleet_job *job)
{
	begin_piece(job, job->sent);
}

void fleet_job_skip(struct fleet_job *job, const char *id)
{
	const struct fleet_job_leg *leg = present_leg(job);
	struct fleet_job_action *action = find_action(job, id);
	bool skips = leg && action && !strcmp(leg->action, id);

	if (skips)
		action->status = FLEET_FAILED;
	begin_piece(job, job->done + skips);
}

void fleet_job_give_up(struct fleet_job *job)
{
	job->toward_mm = job->node_count && job->nodes[0].released ? job->nodes[0].at_mm : NAN;
	job->node_count = job->leg_count = job->asked = job->sent = job->done = 0;
	for (uint32_t i = 0; i < job->action_count; i++)
		if (!has_ended(job->actions[i].status))
			job->actions[i].status = FLEET_FAILED;
	job->cancelling = false;
	job->cancelled = true;
}

/* ---- where it stands ---- */

bool fleet_job_stands_behind(const struct fleet_job *job, double position_mm)
{
	double toward_mm = isfinite(job->toward_mm) ? job->toward_mm : job->last_mm;

	return *job->last_node && position_mm >= fmin(job->last_mm, toward_mm) - FLEET_NEAR_MM &&
	       position_mm <= fmax(job->last_mm, toward_mm) + FLEET_NEAR_MM;
}

bool fleet_job_find_place(struct fleet_job *job, const struct fleet_settings *settings, const struct fleet_robot *robot, double position_mm)
{
	double place_mm;
	const char *station;

	if (fleet_job_is_active(job) || fleet_job_stands_behind(job, position_mm))
		return false;
	station = fleet_robot_station_near(robot, position_mm, FLEET_NEAR_MM, &place_mm);
	if (!station)
		return false;
	snprintf(job->last_node, sizeof(job->last_node), "%s", fleet_settings_node(settings, station));
	job->last_sequence = 0;
	job->last_mm = place_mm;
	job->toward_mm = NAN;
	return true;
}

void fleet_job_lose_place(struct fleet_job *job)
{
	*job->last_node = '\0';
	job->last_sequence = 0;
	job->last_mm = job->toward_mm = NAN;
}

/* ---- what is said of it ---- */

static void show_lists(const struct fleet_job *job, struct fleet_state *state)
{
	state->node_count = state->edge_count = job->node_count;
	for (uint32_t i = 0; i < job->node_count; i++) {
		const struct fleet_job_node *node = &job->nodes[i];

		state->nodes[i] = (struct fleet_node_state){ .sequence = node->sequence, .released = node->released };
		state->edges[i] = (struct fleet_node_state){ .sequence = node->sequence - 1, .released = node->released };
		snprintf(state->nodes[i].id, sizeof(state->nodes[i].id), "%s", node->id);
		snprintf(state->edges[i].id, sizeof(state->edges[i].id), "%s", node->edge);
	}
	state->action_count = job->action_count;
	for (uint32_t i = 0; i < job->action_count; i++) {
		const struct fleet_job_action *action = &job->actions[i];

		state->actions[i] = (struct fleet_action_state){ .status = action->status };
		snprintf(state->actions[i].id, sizeof(state->actions[i].id), "%s", action->id);
		snprintf(state->actions[i].type, sizeof(state->actions[i].type), "%s", action->type);
	}
}

void fleet_job_show(const struct fleet_job *job, struct fleet_state *state)
{
	snprintf(state->order_id, sizeof(state->order_id), "%s", job->order);
	state->order_update = job->update;
	snprintf(state->last_node, sizeof(state->last_node), "%s", job->last_node);
	state->last_sequence = job->last_sequence;
	show_lists(job, state);
	state->paused = state->paused || fleet_job_is_paused(job);
	/* What moves for an action is no drive to another node. */
	state->driving = state->driving && !fleet_job_acts(job);
	/* The way that is released is nearly over, and more of it is planned. */
	state->new_base_request = job->node_count && !job->nodes[job->node_count > 1 ? 1 : 0].released;
	state->distance_m = state->position.there && isfinite(job->last_mm) ? fabs(state->position.x_m - job->last_mm / 1000) : NAN;
}
