// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/api.h"
#include "server/call.h"
#include "clients/command.h"
#include "server/command.h"
#include "server/late.h"
#include "lists/list.h"

#include <errno.h>
#include <math.h>

#include "views/words.h"
#include "control/robot.h"
#include "robot/stations.h"
#include "robot/verbs.h"
#include "settings/settings.h"
#include "views/services.h"

/* ---- what it is ---- */

struct robot_fault {
	unsigned int code;
	const char *text;
	int64_t address;
	bool command_goes_on;
	bool accepts_commands;
};

OHTD_SHAPE(robot_fault, "RobotFault",
	OHTD_WORD(robot_fault, code, .words = &ohtd_why_words, .summary = "What it is, for programs"),
	OHTD_TEXT(robot_fault, text, .summary = "What it is, for people"),
	OHTD_INTEGER(robot_fault, address, .flags = OHTD_NULL,
		     .summary = "Unit address of the module that is meant"),
	OHTD_BOOLEAN(robot_fault, command_goes_on,
		     .summary = "There is a command of motion all the same, and it has not failed"),
	OHTD_BOOLEAN(robot_fault, accepts_commands,
		     .summary = "A new command to move, home, dock or undock would be accepted"));

/* Those of a command that has not ended. */
static const char *const command_states[] = {
	[OHTD_COMMAND_STATE_INITIALIZING] = "initializing",
	[OHTD_COMMAND_STATE_RUNNING] = "running",
	[OHTD_COMMAND_STATE_PAUSED] = "paused",
	[OHTD_COMMAND_STATE_RETRIABLE] = "retriable",
};
OHTD_WORDS_OF(command_state_words, command_states);

struct present_command {
	uint64_t number;
	unsigned int verb;
	unsigned int state;
	const char *reason;
	double position_mm;
	double speed_mm_s;
};

OHTD_SHAPE(present_command, "PresentCommand",
	OHTD_INTEGER(present_command, number, .summary = "Of the command, counted by the daemon"),
	OHTD_WORD(present_command, verb, .words = &ohtd_motion_verb_words,
		  .summary = "What is done"),
	OHTD_WORD(present_command, state, .words = &command_state_words,
		  .summary = "initializing: the drive has not echoed yet; retriable: see reason"),
	OHTD_TEXT(present_command, reason, .flags = OHTD_NULL, .words = &ohtd_why_words,
		  .summary = "Why it did not get on, if it is to be tried again"),
	OHTD_NUMBER(present_command, position_mm, .flags = OHTD_NULL, .unit = "mm",
		    .summary = "Where to; null: a jog"),
	OHTD_NUMBER(present_command, speed_mm_s, .flags = OHTD_NULL, .unit = "mm/s",
		    .summary = "Of a jog, signed; else the highest that was asked for; null: none was"));

struct queued_command {
	uint64_t number;
	const char *id;
	unsigned int verb;
	double position_mm;
	double speed_mm_s;
	const char *by;
};

OHTD_SHAPE(queued_command, "QueuedCommand",
	OHTD_INTEGER(queued_command, number, .summary = "Of the command, counted by the daemon"),
	OHTD_TEXT(queued_command, id, .flags = OHTD_NULL, .summary = "The client's own; null: none"),
	OHTD_WORD(queued_command, verb, .words = &ohtd_motion_verb_words,
		  .summary = "What is to be done"),
	OHTD_NUMBER(queued_command, position_mm, .flags = OHTD_NULL, .unit = "mm",
		    .summary = "Where to; null: as the verb says"),
	OHTD_NUMBER(queued_command, speed_mm_s, .flags = OHTD_NULL, .unit = "mm/s",
		    .summary = "The highest that was asked for; null: none was"),
	OHTD_TEXT(queued_command, by, .summary = "Whose it is"));

struct passage {
	const char *name;
	double position_mm;
	int64_t number;
	double distance_mm;
	int64_t at;
};

OHTD_SHAPE(passage, "Passage",
	OHTD_TEXT(passage, name, .summary = "Of the station, or tag_ with the number of the tag",
		  .example = "\"home\""),
	OHTD_NUMBER(passage, position_mm, .unit = "mm",
		    .summary = "Of the station; where the robot was when it saw the tag"),
	OHTD_INTEGER(passage, number, .summary = "Counts passages since the daemon started, from 1"),
	OHTD_NUMBER(passage, distance_mm, .flags = OHTD_NULL, .unit = "mm",
		    .summary = "Way driven from the passage before; null: not known"),
	OHTD_TIME(passage, at, .flags = OHTD_NULL, .summary = "When"));

struct motion_limits {
	double soft_min_mm;
	double soft_max_mm;
	double speed_mm_s;
	double jog_mm_s;
	double dock_position_mm;
};

OHTD_SHAPE(motion_limits, "MotionLimits",
	OHTD_NUMBER(motion_limits, soft_min_mm, .unit = "mm", .summary = "Lowest target"),
	OHTD_NUMBER(motion_limits, soft_max_mm, .unit = "mm", .summary = "Highest target"),
	OHTD_NUMBER(motion_limits, speed_mm_s, .unit = "mm/s", .summary = "Highest speed of a move"),
	OHTD_NUMBER(motion_limits, jog_mm_s, .unit = "mm/s", .summary = "Highest speed of a jog"),
	OHTD_NUMBER(motion_limits, dock_position_mm, .unit = "mm", .summary = "Where the dock is"));

static const struct ohtd_words layer_words = { .name = ohtd_layer_name, .end = OHTD_LAYERS };

struct robot {
	const char *name;
	const char *place;
	unsigned int layer;
	unsigned int state;
	int64_t since;
	unsigned int mode;
	const char *control;
	uint64_t rights_seq;
	double position_mm;
	bool located;
	double expected_mm;
	double read_mm;
	double speed_mm_s;
	double battery_percent;
	unsigned int safety;
	const struct present_command *command;
	const struct queued_command *queue;
	size_t queue_count;
	const struct passage *last_passage;
	const struct motion_limits *limits;
	uint32_t jog_expiry_ms;
	uint32_t override_percent;
	const struct robot_fault *faults;
	size_t faults_count;
	int64_t age_ms;
};

OHTD_SHAPE(robot, "Robot",
	OHTD_TEXT(robot, name, .example = "\"OHT-50\"", .summary = "Name of the robot"),
	OHTD_TEXT(robot, place, .summary = "Where it is, for people; may be empty"),
	OHTD_WORD(robot, layer, .words = &layer_words,
		  .summary = "What may be changed on it: see /robot/layer in GET config/schema"),
	OHTD_WORD(robot, state, .words = &ohtd_robot_state_words, .summary = "State of the robot"),
	OHTD_TIME(robot, since, .flags = OHTD_NULL, .summary = "When the state was entered"),
	OHTD_WORD(robot, mode, .words = &ohtd_mode_words, .summary = "How it may be driven: see robot/mode"),
	OHTD_TEXT(robot, control, .flags = OHTD_NULL, 
		  .summary = "Who is in control: name of the user; null: no session is"),
	OHTD_INTEGER(robot, rights_seq,
		     .summary = "Rises when GET control or GET robot/interlocks have something else to say"),
	OHTD_NUMBER(robot, position_mm, .flags = OHTD_NULL, .unit = "mm",
		    .summary = "Along the rail; null: not known now"),
	OHTD_BOOLEAN(robot, located,
		     .summary = "Whether it is known where the robot is; false: only a jog is accepted, until a person says it (POST robot/position)"),
	OHTD_NUMBER(robot, expected_mm, .flags = OHTD_NULL, .unit = "mm",
		    .summary = "Of a robot that is not located: where it was last; null: it is located, or that is not known"),
	OHTD_NUMBER(robot, read_mm, .flags = OHTD_NULL, .unit = "mm",
		    .summary = "Of a robot that is not located: where its position module says that it is; null: it is located"),
	OHTD_NUMBER(robot, speed_mm_s, .flags = OHTD_NULL, .unit = "mm/s",
		    .summary = "Positive forward; null: not known now"),
	OHTD_NUMBER(robot, battery_percent, .flags = OHTD_NULL, .unit = "%",
		    .summary = "State of charge; null: not known now"),
	OHTD_WORD(robot, safety, .words = &ohtd_safety_state_words, .summary = "State of the stop"),
	OHTD_OBJECT(robot, command, present_command, .flags = OHTD_NULL,
		    .summary = "The command of motion that is under way or paused; null: none is"),
	OHTD_LIST(robot, queue, queued_command, .summary = "What waits behind it, the next one first"),
	OHTD_OBJECT(robot, last_passage, passage, .flags = OHTD_NULL,
		    .summary = "The newest station or tag that the robot has passed; null: none yet"),
	OHTD_OBJECT(robot, limits, motion_limits, .summary = "Limits of motion"),
	OHTD_INTEGER(robot, jog_expiry_ms, .unit = "ms",
		     .summary = "A jog ends so long after its newest refresh"),
	OHTD_INTEGER(robot, override_percent, .unit = "%",
		     .summary = "Speed override: moves and jogs have so much of their speed"),
	OHTD_LIST(robot, faults, robot_fault, .summary = "What stands in the fault list"),
	OHTD_INTEGER(robot, age_ms, .flags = OHTD_DRIFTS, .unit = "ms", .summary = "Age of the control thread's last cycle"));

static double value_of(const struct ohtd_value *value)
{
	return value->valid ? value->value : NAN;
}

static bool is_under_way(const struct ohtd_command_view *command)
{
	return command->state >= OHTD_COMMAND_STATE_INITIALIZING &&
	       command->state <= OHTD_COMMAND_STATE_RETRIABLE;
}

static bool accepts_commands(const struct ohtd_snapshot *snapshot)
{
	for (unsigned int verb = 0; verb < OHTD_VERBS; verb++)
		if (ohtd_verb_row(ohtd_verb_kind(verb))->flags & OHTD_IS_TASK &&
		    !snapshot->why_not[verb].count)
			return true;
	return false;
}

static size_t fill_faults(const struct ohtd_snapshot *snapshot, struct robot_fault *faults)
{
	const struct ohtd_why_list *list = &snapshot->faults;
	size_t count = list->count < OHTD_WHY_MAX ? list->count : OHTD_WHY_MAX;

	for (size_t i = 0; i < count; i++)
		faults[i] = (struct robot_fault){
			.code = list->items[i].code,
			.text = ohtd_why_text(list->items[i].code),
			.address = list->items[i].unit ? list->items[i].unit : OHTD_NONE,
			.command_goes_on = is_under_way(&snapshot->command),
			.accepts_commands = accepts_commands(snapshot),
		};
	return count;
}

static const struct present_command *make_command(const struct ohtd_scene *scene)
{
	const struct ohtd_command_view *command = &scene->snapshot->command;
	struct present_command *view;

	if (!is_under_way(command))
		return NULL;
	view = ohtd_scene_alloc(scene, sizeof(*view));
	*view = (struct present_command){
		.number = command->number,
		.verb = command->kind,
		.state = command->state,
		.reason = command->reason.code ? ohtd_why_name(command->reason.code) : NULL,
		.position_mm = command->target_mm,
		.speed_mm_s = command->speed_mm_s != 0 ? command->speed_mm_s : NAN,
	};
	return view;
}

static size_t fill_queue(const struct ohtd_snapshot *snapshot, struct queued_command *queue)
{
	for (size_t i = 0; i < snapshot->queue_count; i++) {
		const struct ohtd_command_view *view = &snapshot->queue[i];

		queue[i] = (struct queued_command){
			.number = view->number,
			.id = *view->caller_id ? view->caller_id : NULL,
			.verb = view->kind,
			.position_mm = view->target_mm,
			.speed_mm_s = view->speed_mm_s != 0 ? view->speed_mm_s : NAN,
			.by = view->user,
		};
	}
	return snapshot->queue_count;
}

static const struct passage *make_passage(const struct ohtd_scene *scene)
{
	const struct ohtd_passage_view *last = &scene->snapshot->passage;
	struct passage *view;

	if (!last->number)
		return NULL;
	view = ohtd_scene_alloc(scene, sizeof(*view));
	*view = (struct passage){
		.name = last->name,
		.position_mm = last->position_mm,
		.number = (int64_t)last->number,
		.distance_mm = last->distance_mm,
		.at = ohtd_scene_wall_ns(scene, last->at_ns),
	};
	return view;
}

static const struct motion_limits *make_limits(const struct ohtd_scene *scene)
{
	const struct ohtd_limits_view *limits = &scene->snapshot->limits;
	struct motion_limits *view = ohtd_scene_alloc(scene, sizeof(*view));

	*view = (struct motion_limits){
		.soft_min_mm = limits->soft_min_mm,
		.soft_max_mm = limits->soft_max_mm,
		.speed_mm_s = limits->speed_mm_s,
		.jog_mm_s = limits->jog_mm_s,
		.dock_position_mm = limits->dock_position_mm,
	};
	return view;
}

static const void *make_robot(const struct ohtd_scene *scene)
{
	const struct ohtd_snapshot *snapshot = scene->snapshot;
	struct robot_fault *faults = ohtd_scene_alloc(scene, OHTD_WHY_MAX * sizeof(*faults));
	struct queued_command *queue =
		ohtd_scene_alloc(scene, OHTD_QUEUE_MAX * sizeof(*queue));
	struct robot *view = ohtd_scene_alloc(scene, sizeof(*view));
	char *name = ohtd_scene_alloc(scene, OHTD_ROBOT_NAME_BYTES);
	char *place = ohtd_scene_alloc(scene, OHTD_ROBOT_PLACE_BYTES);

	ohtd_settings_name(scene->services->settings, name, place);
	*view = (struct robot){
		.name = name,
		.place = place,
		.layer = ohtd_settings_layer(scene->services->settings),
		.state = snapshot->state,
		.mode = snapshot->mode,
		.since = ohtd_scene_wall_ns(scene, snapshot->state_since_ns),
		.position_mm = value_of(&snapshot->position_mm),
		.located = !snapshot->location.lost,
		.expected_mm = snapshot->location.lost && snapshot->location.kept.unit ? snapshot->location.kept.position_mm : NAN,
		.read_mm = snapshot->location.lost ? snapshot->location.read_mm : NAN,
		.speed_mm_s = value_of(&snapshot->speed_mm_s),
		.control = snapshot->control.held ? snapshot->control.holder.user : NULL,
		.rights_seq = snapshot->rights_seq,
		.battery_percent = value_of(&snapshot->battery_percent),
		.safety = snapshot->safety.state,
		.command = make_command(scene),
		.queue = queue,
		.queue_count = fill_queue(snapshot, queue),
		.last_passage = make_passage(scene),
		.limits = make_limits(scene),
		.jog_expiry_ms = snapshot->limits.jog_expiry_ms,
		.override_percent = snapshot->limits.override_percent,
		.faults = faults,
		.faults_count = fill_faults(snapshot, faults),
		.age_ms = ohtd_scene_own_age_ms(scene),
	};
	return view;
}

const struct ohtd_view ohtd_robot_view = { &robot_shape, make_robot };

static void get_robot(struct ohtd_call *call)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);

	ohtd_reply_view(call, 200, &robot_shape, make_robot(&scene));
}

/* ---- what it is to do ---- */

struct command_answer {
	struct command_result result;
	const struct robot *robot;
};

OHTD_SHAPE(command_answer, "CommandAnswer",
	OHTD_PART(command_answer, result, command_result),
	OHTD_OBJECT(command_answer, robot, robot, .summary = "As GET robot, afterwards"));

static void command_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);
	const char *id = ohtd_robot_command_id(OHTD_INPUT(call, robot_command));

	OHTD_REPLY(call, 200, command_answer, (&(struct command_answer){
		.result = ohtd_command_result(answer, id),
		.robot = make_robot(&scene),
	}));
}

static void post_command(struct ohtd_call *call)
{
	struct ohtd_command command;
	struct ohtd_refusal refusal;

	if (ohtd_robot_command_read(OHTD_INPUT(call, robot_command), call->services->clock,
				    call->services->robot, &command, &refusal)) {
		call->noted.object = ohtd_verb_row(command.kind)->word;
		call->noted.repeats = command.kind == OHTD_COMMAND_JOG;
		ohtd_call_command(call, &command, command_done);
	} else
		ohtd_reply_errors(call, refusal.status, refusal.code, refusal.detail,
				  refusal.errors, refusal.errors_count);
}

/* ---- where the stations are ---- */

struct station {
	const char *name;
	double position_mm;
};

OHTD_SHAPE(station, "Station",
	OHTD_TEXT(station, name, .summary = "For a move, and in last_passage", .example = "\"home\""),
	OHTD_NUMBER(station, position_mm, .unit = "mm", .summary = "Along the rail"));

struct station_list {
	const struct station *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(station_list, "StationList",
	OHTD_LIST(station_list, items, station, .summary = "In the order of their positions"),
	OHTD_NEXT_CURSOR(station_list));

static void get_stations(struct ohtd_call *call)
{
	struct ohtd_stations *stations = ohtd_call_alloc(call, sizeof(*stations));
	struct station items[OHTD_STATIONS_MAX];

	ohtd_robot_stations(call->services->robot, stations);
	for (unsigned int i = 0; i < stations->count; i++)
		items[i] = (struct station){
			stations->at[i].name, stations->at[i].position_mm,
		};
	OHTD_REPLY(call, 200, station_list, (&(struct station_list){
		.items = items, .items_count = stations->count,
	}));
}

/* ---- where it is ---- */

#define POSITION_MAX_MM	1000000

struct robot_position {
	double position_mm;
	int8_t confirm;
};

OHTD_SHAPE(robot_position, "RobotPosition",
	OHTD_NUMBER(robot_position, position_mm, .min = -POSITION_MAX_MM, .max = POSITION_MAX_MM, .unit = "mm",
		    .summary = "Where the robot is along the rail", .example = "20000"),
	OHTD_TRISTATE(robot_position, confirm, .summary = "Its position module is right: instead of position_mm"));

struct keep_place {
	struct ohtd_late late;
	const struct ohtd_services *services;
	int error;
};

static int keep_place(struct ohtd_late *late)
{
	struct keep_place *job = (struct keep_place *)late;

	job->error = job->services->keep_place(job->services);
	return 0;
}

/* Acknowledged only when the next run knows it, too. */
static void place_kept(struct ohtd_call *call, struct ohtd_late *late)
{
	const int error = ((struct keep_place *)late)->error;
	const struct ohtd_store_problem problem = ohtd_store_problem(ohtd_store_state_of(error) ? error : -EIO);

	if (!error)
		get_robot(call);
	else
		ohtd_reply_problem(call, problem.status, problem.code,
				   "the robot goes by it until ohtd ends; the next start asks for it again, as %s", problem.detail);
}

static void position_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	struct keep_place *job = ohtd_late_make(call, sizeof(*job));

	(void)answer;
	if (!job)
		return;
	job->services = call->services;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, keep_place, place_kept);
}

static void post_position(struct ohtd_call *call)
{
	const struct robot_position *said = OHTD_INPUT(call, robot_position);
	struct ohtd_command command = { .kind = OHTD_COMMAND_POSITION, .target_mm = said->position_mm };

	if (isnan(said->position_mm) != (said->confirm == 1))
		ohtd_reply_member(call, "/position_mm", "one_of", "either position_mm, or confirm with true");
	else
		ohtd_call_command(call, &command, position_done);
}

/* ---- how fast ---- */

struct override {
	uint32_t percent;
	uint32_t valid_for_ms;
};

OHTD_SHAPE(override, "SpeedOverride",
	OHTD_INTEGER(override, percent, .flags = OHTD_NEEDED, .min = 1, .max = 100, .unit = "%",
		     .summary = "Of the speed of moves and jogs", .example = "50"),
	OHTD_INTEGER(override, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
		     .preset = OHTD_VALID_MS, .unit = "ms",
		     .summary = "From now; what has not been done by then is dropped"));

static void override_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	(void)answer;
	get_robot(call);
}

static void put_override(struct ohtd_call *call)
{
	const struct override *said = OHTD_INPUT(call, override);
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_OVERRIDE, .valid_ms = said->valid_for_ms,
		.percent = said->percent,
	};

	ohtd_call_command(call, &command, override_done);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "robot", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &robot_shape } },
		.handle = get_robot,
		.summary = "State, position, battery",
	}, {
		.method = OHTD_POST, .path = "robot/commands", .role = OHTD_ROLE_OPERATOR,
		.act = { "send", "sent", " the robot a command" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_NOTES, .body_bytes_max = OHTD_COMMAND_BODY_BYTES_MAX, .body = &robot_command_shape,
		.replies = { { 200, &command_answer_shape } }, .problems = { "verb_member", "unknown_station", "qualification_missing" },
		.kept_for = ohtd_robot_command_ends_motion,
		.handle = post_command,
		.summary = "Command to the robot",
		.text = "Answered when it has been done; a motion, when the drive has echoed its first "
			"set-point, or when it waits behind others. The stop of this route is a controlled stop, after which the "
			"outputs are as they were: see safety/stop. An order with an id is on the disk before it is begun.",
	}, {
		.method = OHTD_GET, .path = "robot/stations", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &station_list_shape } },
		.handle = get_stations,
		.summary = "Named positions of the rail",
		.text = "The stations of GET config, in the order of their positions.",
	}, {
		.method = OHTD_POST, .path = "robot/position", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "say", "said", " where the robot is" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_LASTING, .body_bytes_max = 4096, .body = &robot_position_shape,
		.elevation = OHTD_ELEVATION_ALWAYS,
		.replies = { { 200, &robot_shape } },
		.problems = { "storage_full", "storage_read_only", "storage_failing" },
		.handle = post_position,
		.summary = "Where the robot is",
		.text = "Either position_mm, or confirm: the position module is right. The difference to what the module says is kept, also over restarts. "
			"Only while the outputs are low and the robot stands, and with control. The soft limits and stations move with the place. "
			"Answered when the place is on the disk.",
	}, {
		.method = OHTD_PUT, .path = "robot/override", .role = OHTD_ROLE_OPERATOR,
		.act = { "change", "changed", " the override" },
		.flags = OHTD_ROUTE_COMMAND, .body_bytes_max = 4096, .body = &override_shape,
		.replies = { { 200, &robot_shape } },
		.handle = put_override,
		.summary = "Speed of moves and jogs, in percent",
		.text = "Holds at once, also for the command that is under way, whose target stays; and "
			"until it is set anew or the daemon ends. Homing and docking keep their speeds.",
	},
};

OHTD_ROUTE_TABLE(ohtd_robot_routes, OHTD_COMMAND_TAG, routes);
