/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the motion of the robot: axis, drive, free way, position, the present command, its target,
 *           the docking sequence.
 * Contexts: control thread only. Nothing here allocates, locks or logs.
 * Locks:    none.
 *
 * In each control cycle: ohtd_travel_read() takes what the modules have sent, ohtd_travel_watch()
 * raises what follows from that, and, behind all events of the turn, ohtd_travel_step() computes the
 * set-point of the next cycle. What an event does to the motion are actions (steps.c), which call
 * the functions of travel_acts.c.
 */
#ifndef OHTD_CONTROL_TRAVEL_H
#define OHTD_CONTROL_TRAVEL_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/command.h"
#include "control/life.h"
#include "control/motion_limits.h"
#include "robot/snapshot.h"

struct ohtd_asked;
struct ohtd_control;
struct ohtd_raised;
struct ohtd_why_list;

enum ohtd_dock_phase {
	OHTD_DOCK_NONE,
	OHTD_DOCK_APPROACH,
	OHTD_DOCK_ALIGN,
	OHTD_DOCK_FINAL,
	OHTD_DOCK_SETTLED,	/* stands at the dock, until the module confirms it */
	OHTD_DOCK_BACK_OFF,
	OHTD_DOCK_LEAVE,
};

/**
 * struct ohtd_docking - the docking sequence
 * @phase: enum ohtd_dock_phase
 * @side: of the dock on which the robot is: 1, -1
 * @attempts: that have failed
 * @stays: it began at the dock, whose contacts may carry current: no further attempt moves it
 * @stands_ns: since when the last phase stands; 0: not yet
 * @approach_ms: planned way of the approach
 */
struct ohtd_docking {
	uint8_t phase;
	int side;
	uint32_t attempts;
	bool stays;
	uint64_t stands_ns;
	double approach_ms;
};

/* What the dock module has said of the dock last; @at_ns 0: nothing yet. */
struct ohtd_dock_word {
	bool docked;
	uint64_t at_ns;
};

/**
 * struct ohtd_way - what the distances say
 * @clear: no sensor that looks to what is kept has something in its stop zone
 * @clear_since_ns: since when
 * @near: the slow zone ahead has been entered and not been left
 * @unknown: a sensor that looks ahead says no distance, or its zone is not known
 * @distance_mm: of the sensor that looks ahead and sees least room
 * @stop_mm: its stop zone
 * @slow_mm: its slow zone
 * @reading_mm: of each sensor; not a number: none, or old
 * @zone_mm: stop zone of each sensor, the larger one of @module_mm and the expected one; not a number: not known
 * @module_mm: stop zone that the module has; not a number: not known
 * @obstacle: for which the robot was stopped last
 */
struct ohtd_way {
	bool clear;
	bool near;
	bool unknown;
	uint64_t clear_since_ns;
	double distance_mm;
	double stop_mm;
	double slow_mm;
	double reading_mm[OHTD_CLEARANCE_SENSORS];
	double zone_mm[OHTD_CLEARANCE_SENSORS];
	double module_mm[OHTD_CLEARANCE_SENSORS];
	struct ohtd_robot_obstacle obstacle;
};

/**
 * struct ohtd_question - what is being judged: target_valid, way_clear and jog_speed_in_limit are about it
 * @asked: a command; else what is kept, or a verb as such
 * @any: a verb that takes a target, and none is said
 * @fixed: a verb whose target is always the same
 * @target_mm: where it leads
 * @speed_mm_s: of a jog
 */
struct ohtd_question {
	bool asked;
	bool any;
	bool fixed;
	double target_mm;
	double speed_mm_s;
};

/**
 * struct ohtd_travel - members are of travel*.c; others read
 * @rules: of the drive's register layout
 * @driving: the outputs are on
 * @drive_on: the drive has been switched on since then
 * @drive_refusals: so often it has refused that since then, or has shown otherwise
 * @reading_ns: of the newest reading of the position that was used
 * @motor_ns: of the newest one of each motor's speed
 * @slow: the state machine limits the speed to that of the slow zone
 * @location: where the robot is, as far as that is sure
 * @charge: whether there is enough charge to begin a motion
 * @kept_mm: target; not a number: none
 * @land_mm: where the robot creeps to behind the goal of the axis; not a number: it ends there
 * @limit_mm_s: highest speed that the command wants
 * @override_percent: of it and of the limit, for moves and jogs: 1 to 100
 * @phase_mm_s: highest speed of the present phase
 * @began_ns: when the present motion began
 * @limit_ms: how long it may take
 * @jog_until_ns: a jog expires then
 * @jog_told_ns: when the drive was first seen to be told a speed by it; 0: not yet
 * @jog_refreshed: the client of the jog does not wait for the first answer
 * @caller_id: of the jog
 * @by: whose command it is
 * @connection: of the jog; 0: none
 * @numbers: given so far, also by earlier runs of the daemon
 * @life: which commands are known by their ids
 * @command: the present command, or the last one
 */
struct ohtd_travel {
	const struct ohtd_rules *rules;
	struct ohtd_axis axis;
	struct ohtd_drive drive;
	struct ohtd_axis_sample sample;
	struct ohtd_drive_feedback feedback;
	bool driving;
	bool drive_on;
	uint8_t drive_refusals;
	bool slow;
	uint64_t reading_ns;
	uint64_t motor_ns[2];
	struct ohtd_way way;
	struct ohtd_location location;
	struct ohtd_motion_charge charge;
	double kept_mm;
	double land_mm;
	double limit_mm_s;
	double override_percent;
	double phase_mm_s;
	uint64_t began_ns;
	double limit_ms;
	uint64_t jog_until_ns;
	uint64_t jog_told_ns;
	bool jog_refreshed;
	char caller_id[OHTD_CALLER_ID_BYTES];
	struct ohtd_holder by;
	uint64_t connection;
	uint64_t numbers;
	struct ohtd_life life;
	struct ohtd_command_view command;
	struct ohtd_docking docking;
	struct ohtd_dock_word dock_word;
	struct ohtd_question question;
};

/* travel.c */

/* control->limits are loaded. */
void ohtd_travel_init(struct ohtd_control *control);
void ohtd_travel_read(struct ohtd_control *control);
/* @passed_ns: since the last cycle. */
void ohtd_travel_watch(struct ohtd_control *control, uint64_t passed_ns);
void ohtd_travel_step(struct ohtd_control *control, uint64_t passed_ns);
/* The axis rests and the drive is told nought. */
bool ohtd_travel_rests(const struct ohtd_control *control);
/*
 * A move keeps its speed for a while, with nothing near in its way: a set-point that is late by a cycle changes nothing. Not a
 * jog, which may end at any moment.
 */
bool ohtd_travel_cruises(const struct ohtd_control *control);
/* The drive does not do what it is told: no standstill can be awaited of it. */
bool ohtd_travel_disobeyed(const struct ohtd_control *control);
/* The readings follow one another: the robot can be led by them, wherever it is. */
bool ohtd_travel_tracked(const struct ohtd_control *control);
/* The same, and it is known where the robot is. */
bool ohtd_travel_located(const struct ohtd_control *control);
/* Why it is not located. */
unsigned int ohtd_travel_unlocated(const struct ohtd_control *control);

/* Once in each cycle: the charge, and the end of a motion for which there is not enough of it. */
void ohtd_control_travel_charge(struct ohtd_control *control, uint64_t passed_ns);
/* Why no motion may begin, with its detail; OHTD_WHY_NONE: there is enough charge. */
unsigned int ohtd_control_uncharged(const struct ohtd_control *control, uint8_t *detail);
/* A person says where the robot is, or with not a number that the reading is right. There is a reading. */
void ohtd_travel_locate(struct ohtd_control *control, double position_mm);
/* A command is under way or paused. */
bool ohtd_travel_busy(const struct ohtd_control *control);
void ohtd_travel_view(const struct ohtd_control *control, struct ohtd_snapshot *snapshot);

/* Other limits are in force, and nothing moves: the axis stays where the robot is. */
void ohtd_travel_use_limits(struct ohtd_control *control);

/* A value of motion.csv. */
static inline double ohtd_rule(const struct ohtd_travel *travel, enum ohtd_rule rule)
{
	return travel->rules->value[rule];
}

/* travel_way.c */

/* Distances, zones, and from them the caps of the axis. */
void ohtd_way_read(struct ohtd_control *control);
void ohtd_way_caps(struct ohtd_control *control);
/* Which zones of the module are not the expected ones. */
void ohtd_control_way_view(const struct ohtd_control *control, struct ohtd_robot_zones_view *view);

/**
 * ohtd_way_closed() - has a sensor that looks to @target_mm something in its stop zone?
 * @target_mm: not a number: of all sensors that look along the rail
 *
 * Return: OHTD_WHY_NONE: no; OHTD_WHY_OBSTACLE; OHTD_WHY_SENSORS: it cannot be known.
 */
unsigned int ohtd_way_closed(const struct ohtd_control *control, double target_mm);

/* The same, but for a stop zone anywhere between the robot and @target_mm. */
unsigned int ohtd_way_barred(const struct ohtd_control *control, double target_mm);

/* The distance with the least room, of the sensors that look to @target_mm; not a number: along the rail. OHTD_SIGNALS: none is known. */
unsigned int ohtd_control_way_ahead(const struct ohtd_control *control, double target_mm);
/* What the sensor with this @signal sees; empty: nothing that is known. */
void ohtd_control_way_obstacle(const struct ohtd_control *control, unsigned int signal, struct ohtd_robot_obstacle *obstacle);
/* Keeps what is in the way now, for the alert. */
void ohtd_control_way_stops(struct ohtd_control *control);
/* The first signal for which a way cannot be known, of the sensors that look along the rail; OHTD_SIGNALS: none. */
unsigned int ohtd_control_way_blind(const struct ohtd_control *control);

/* travel_facts.c */
void ohtd_travel_facts(struct ohtd_control *control);
/* The target of what is kept; not a number: nothing is. */
double ohtd_travel_kept_mm(const struct ohtd_control *control);
/* The facts are about the command of @raised, or its verb as such, or, with NULL, about what is kept. */
void ohtd_travel_ask(struct ohtd_control *control, const struct ohtd_raised *raised);
/* Do the soft limits permit it as a target? */
bool ohtd_travel_within_limits(const struct ohtd_travel *m, double position_mm);
/* May a jog be that fast? No speed is none. */
bool ohtd_travel_jog_speed(const struct ohtd_control *control, double speed_mm_s);
/* A jog that cannot leave its place, at a soft limit or outside, would be none. */
bool ohtd_travel_leads_out(const struct ohtd_travel *m, double speed_mm_s);
/* Why the way, the target, or the speed of a jog, is not accepted. */
void ohtd_travel_explain_way(struct ohtd_control *control, struct ohtd_why_list *list);
void ohtd_travel_explain_target(struct ohtd_control *control, struct ohtd_why_list *list);
void ohtd_travel_explain_jog(struct ohtd_control *control, struct ohtd_why_list *list);
/* Why the robot is not located. */
void ohtd_control_explain_unlocated(const struct ohtd_control *control, struct ohtd_why_list *list);
void ohtd_control_explain_charge(struct ohtd_control *control, struct ohtd_why_list *list);

/* travel_acts.c: actions */

/* A new command out of @raised; one that is under way has been replaced. */
void ohtd_travel_begin(struct ohtd_control *control, const struct ohtd_raised *raised);
/* To the kept target, from wherever the axis is. */
void ohtd_travel_go(struct ohtd_control *control);
void ohtd_travel_jog(struct ohtd_control *control, const struct ohtd_raised *raised);
/* It expires, unless it is refreshed. */
void ohtd_travel_arm_jog(struct ohtd_control *control, uint64_t from_ns);
void ohtd_travel_home(struct ohtd_control *control, const struct ohtd_raised *raised);
/* The ramp; or, for a jog that is no faster than a jog may be, nought at once. */
void ohtd_travel_stop(struct ohtd_control *control);
/* Moves and jogs at @percent of their speed; the target stays, the time limit follows. */
void ohtd_travel_override(struct ohtd_control *control, double percent);
/* The command is kept: paused by a person, or it can be tried again when an obstacle has gone. */
void ohtd_travel_keep(struct ohtd_control *control, const struct ohtd_raised *raised);
/* It did not get on, and is tried again. */
void ohtd_travel_retry(struct ohtd_control *control, const struct ohtd_why *why);
void ohtd_travel_finish(struct ohtd_control *control);
/* Why an event ends the commands: its own reason; without one a person has stopped them. */
struct ohtd_why ohtd_travel_end_reason(const struct ohtd_raised *raised);
void ohtd_travel_fail(struct ohtd_control *control, const struct ohtd_why *why);
/* The outputs have gone off: the axis is where the robot is, and the drive is told nought. */
void ohtd_travel_off(struct ohtd_control *control);
/* The robot has come into another state: where the outputs are off, no command goes on. */
void ohtd_travel_entered(struct ohtd_control *control, const struct ohtd_raised *raised);

/* travel_dock.c */
void ohtd_dock_begin(struct ohtd_control *control);
void ohtd_dock_back_off(struct ohtd_control *control);
void ohtd_dock_leave(struct ohtd_control *control);
void ohtd_dock_watch(struct ohtd_control *control);
void ohtd_dock_read(struct ohtd_control *control);
/* What the module said last; and whether that is recent, and younger than the standstill. */
bool ohtd_dock_docked(const struct ohtd_control *control);
/* DOCKED or NOT_DOCKED, with the register that says it. */
void ohtd_control_dock_explain(const struct ohtd_control *control, unsigned int code, struct ohtd_why_list *list);
bool ohtd_dock_confirmed(const struct ohtd_control *control);
/* Near the dock its contact is no obstacle. */
bool ohtd_dock_final(const struct ohtd_control *control);
/* The robot stands, and a command waits for what the module says. */
bool ohtd_dock_awaited(const struct ohtd_control *control);
double ohtd_dock_limit_ms(const struct ohtd_control *control);

/* motion_commands.c */

/* Begins one of the commands that move. */
void ohtd_motion_execute(struct ohtd_control *control, const struct ohtd_asked *asked);
/* OHTD_COMMAND_TRY: judges as the above, with all that stands in the way, and begins nothing. */
void ohtd_control_try(struct ohtd_control *control, const struct ohtd_asked *asked);
/* The machine has accepted it: answered once the drive has echoed. */
void ohtd_motion_await(struct ohtd_control *control, const struct ohtd_asked *asked);
void ohtd_motion_advance(struct ohtd_control *control);
/* It is paused, and the drive echoes nothing meanwhile: that is its answer. */
void ohtd_motion_paused(struct ohtd_control *control);
/* An event has been accepted: a jog that it ends is not begun anew by a key that is still held. */
void ohtd_motion_heed(struct ohtd_control *control, const struct ohtd_raised *raised);
/* A jog that came by this connection ends at once. */
void ohtd_motion_hung_up(struct ohtd_control *control, uint64_t connection);
/* Gives up the motion that is awaited. */
void ohtd_motion_give_up(struct ohtd_control *control, unsigned int outcome,
			 const struct ohtd_why *why);

#endif
