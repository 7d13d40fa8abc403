/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in hand: what is left of it, which missions of ohtd drive it, and what became of its nodes and actions. The base is
 * legs of missions; the horizon is known here only. It is on the disk before ohtd is asked for anything.
 *
 * Owns:     the order in hand and its file.
 * Contexts: the program's one thread; load and save wait for the disk.
 * Locks:    none.
 */
#ifndef FLEET_JOB_H
#define FLEET_JOB_H

#include "oht-fleet/robot.h"
#include "oht-fleet/settings.h"

#define FLEET_LEGS_MAX		(FLEET_NODES_MAX * (1 + FLEET_ACTIONS_MAX))
#define FLEET_STATES_MAX	(FLEET_NODES_MAX * FLEET_ACTIONS_MAX)
/* As ohtd takes them. */
#define FLEET_MISSION_LEGS_MAX	100
/* Orders that are over and not driven again; their missions are kept for people. */
#define FLEET_PAST_KEPT		64
#define FLEET_PAST_MAX		(FLEET_PAST_KEPT + 8)
#define FLEET_DIGEST_BYTES	17

/* A node that is ahead, and the edge that leads to it. */
struct fleet_job_node {
	char id[FLEET_ID_BYTES];
	uint32_t sequence;
	bool released;
	double at_mm;
	char edge[FLEET_ID_BYTES];
};

/* @sequence: of its node */
struct fleet_job_action {
	char id[FLEET_ID_BYTES];
	char type[FLEET_WORD_BYTES];
	uint32_t sequence;
	unsigned int status;		/* enum fleet_action_status */
	bool retriable;
};

/*
 * @action: id of the action that the leg is; "": the leg leads to the node @sequence
 * @by_fleet: it waits for a trigger, which may be the fleet's
 */
struct fleet_job_leg {
	char kind[16];
	char station[FLEET_STATION_BYTES];	/* "": see @position_mm */
	double position_mm, speed_mm_s;		/* NaN: none */
	uint32_t wait_s;
	uint32_t sequence;
	char action[FLEET_ID_BYTES];
	bool by_fleet;
};

/* @mission: 0: nothing of it was to be driven */
struct fleet_job_past {
	char order[FLEET_ID_BYTES];
	uint32_t update;
	char digest[FLEET_DIGEST_BYTES];
	uint32_t mission;
};

/* State of a mission, as ohtd calls it. */
enum fleet_mission_state {
	FLEET_MISSION_NONE, FLEET_MISSION_WAITING, FLEET_MISSION_RUNNING, FLEET_MISSION_PAUSED, FLEET_MISSION_HELD, FLEET_MISSION_FINISHED,
	FLEET_MISSION_FAILED, FLEET_MISSION_CANCELLED,
};

/**
 * struct fleet_job - the order in hand
 * @order: "": there was none yet
 * @update: of the order
 * @digest: of the content of the newest update
 * @last_node: the node that the robot was at last
 * @last_sequence: of that node in the order
 * @last_mm: place of that node; NaN: not known
 * @toward_mm: where the robot was on its way when the order was cancelled; NaN: nowhere
 * @base_node: the last node that is released, where an update begins
 * @base_sequence: of that node
 * @nodes: those ahead, the base first
 * @legs: of the mission, and behind @sent those that no mission has yet
 * @mission: that drives it; 0: none yet
 * @piece: number of the mission within the order
 * @asked: so many legs ohtd was asked to take
 * @sent: so many it has taken
 * @done: so many are over
 * @cancelling: it is to be cancelled
 * @cancelled: it was
 * @paused: the fleet wants a pause
 * @stopped: the robot was stopped while the order waits for a trigger
 * @past: what was in hand before, the oldest first
 *
 * Not on the disk:
 * @state: of the mission
 * @leg_runs: its leg is under way
 * @reason: why it is held
 * @reason_text: the same for people
 * @changed: when the mission changed last, as ohtd says it
 * @revision: of the mission
 * @pause_seen: the pause that the fleet wants has begun
 */
struct fleet_job {
	char order[FLEET_ID_BYTES];
	uint32_t update;
	char digest[FLEET_DIGEST_BYTES];
	char last_node[FLEET_ID_BYTES];
	uint32_t last_sequence;
	double last_mm, toward_mm;
	char base_node[FLEET_ID_BYTES];
	uint32_t base_sequence;
	struct fleet_job_node nodes[FLEET_NODES_MAX];
	uint32_t node_count;
	struct fleet_job_action actions[FLEET_STATES_MAX];
	uint32_t action_count;
	struct fleet_job_leg legs[FLEET_LEGS_MAX];
	uint32_t leg_count;
	uint32_t mission, piece, asked, sent, done;
	bool cancelling, cancelled, paused, stopped;
	struct fleet_job_past past[FLEET_PAST_MAX];
	uint32_t past_count;

	enum fleet_mission_state state;
	bool leg_runs, pause_seen;
	char reason[FLEET_WORD_BYTES], reason_text[FLEET_TEXT_BYTES], changed[FLEET_TIME_BYTES];
	int64_t revision;
};

/**
 * fleet_job_load() - read the file
 * @job: to fill; zeroed
 * @path: the file; need not be there
 *
 * Return: 0, or -1 with errno. EINVAL: the file is not one of these, and @job is empty.
 */
int fleet_job_load(struct fleet_job *job, const char *path);

/* Returns 0, or -1 with errno; then the file is as it was. */
int fleet_job_save(const struct fleet_job *job, const char *path);

/**
 * fleet_job_take() - an order that was found good is in hand from now on
 * @job: the order that is over is forgotten; an update of the same order goes on behind its base
 * @order: what the fleet says
 * @settings: which node is which station
 * @robot: places of the stations
 * @digest: of the order
 */
void fleet_job_take(struct fleet_job *job, const struct fleet_order *order, const struct fleet_settings *settings,
		    const struct fleet_robot *robot, const char *digest);

/* Something is left to drive or to do. */
bool fleet_job_is_active(const struct fleet_job *job);

/* The robot need not move for the order: its mission is over or has not begun. */
bool fleet_job_is_over(const struct fleet_job *job);

/* Nothing moves for the order, and a person or program has to let it go on. */
bool fleet_job_is_paused(const struct fleet_job *job);

/* Something has interrupted the order, which is no pause. */
bool fleet_job_is_held(const struct fleet_job *job);

/* The robot stands at an action that ends by a trigger. ohtd holds the mission meanwhile; to the fleet it runs. */
bool fleet_job_awaits(const struct fleet_job *job);

/* A trigger of the fleet would end the action that is under way. */
bool fleet_job_takes_trigger(const struct fleet_job *job);

/* The action that is under way was interrupted and may be retried or skipped. NULL: there is none. */
const char *fleet_job_retriable(const struct fleet_job *job);

/* Both change what is said of the action that is under way. */
void fleet_job_pause(struct fleet_job *job, bool paused);
void fleet_job_interrupt(struct fleet_job *job, bool stopped);

/* The leg that is under way is an action. */
bool fleet_job_acts(const struct fleet_job *job);

/**
 * fleet_job_follow() - what became of the mission
 * @job: takes it
 * @mission: as ohtd shows it; another one than that of @job, or older news, changes nothing
 *
 * Return: true: legs are over, so the file is to be written.
 */
bool fleet_job_follow(struct fleet_job *job, struct json_object *mission);

#define FLEET_EXTERNAL_BYTES	(FLEET_ID_BYTES + 32)

/* What ohtd knows the mission of the piece in hand by. */
void fleet_job_external(const struct fleet_job *job, char text[FLEET_EXTERNAL_BYTES]);

/* The mission, as ohtd shows it, was made for some piece of this order. */
bool fleet_job_is_of(const char *order, struct json_object *mission);

/*
 * The robot's database was restored from a backup: the mission of this number belongs to another piece, or has gone back behind what this
 * piece has driven. Driving on would drive legs twice, or legs of another order.
 */
bool fleet_job_is_foreign(const struct fleet_job *job, struct json_object *mission);

/* The mission is over and more legs wait: the next mission of the order is to be made for them. */
void fleet_job_begin_piece(struct fleet_job *job);

/* The mission was cancelled to skip the action @id: it has failed, and a mission of its own is to be made of the legs behind it. */
void fleet_job_skip(struct fleet_job *job, const char *id);

/* Gives up the rest of the order: drops its nodes, lets its actions fail. */
void fleet_job_give_up(struct fleet_job *job);

/**
 * fleet_job_find_place() - the robot stands, and nothing is in hand: the node is that of its station
 * @job: @job->last_node changes only if the robot is not where it was
 * @settings: which node is which station
 * @robot: the stations
 * @position_mm: where it stands
 *
 * Return: true: it has changed.
 */
bool fleet_job_find_place(struct fleet_job *job, const struct fleet_settings *settings, const struct fleet_robot *robot, double position_mm);

/* A person has the robot: it may be elsewhere when the fleet gets it back, so no order begins at the last node. */
void fleet_job_lose_place(struct fleet_job *job);

/* Does the robot, at @position_mm, stand at the last node or on its way from there? */
bool fleet_job_stands_behind(const struct fleet_job *job, double position_mm);

/* Members of the state that tell of the order. */
void fleet_job_show(const struct fleet_job *job, struct fleet_state *state);

/* Place of a node in mm, and its station; NaN: neither a station nor a place on the rail. @station: FLEET_STATION_BYTES, "": none */
double fleet_job_place(const struct fleet_node *node, const struct fleet_settings *settings, const struct fleet_robot *robot, char *station);

/* The robot stops a little beside the place it was sent to, and a fleet rounds. */
#define FLEET_NEAR_MM	50.0

#endif /* FLEET_JOB_H */
