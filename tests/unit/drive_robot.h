/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a robot that can be driven: control logic, module simulator and rail in one process and in
 *           virtual time; and what a driver may look at.
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef OHTD_TEST_DRIVE_ROBOT_H
#define OHTD_TEST_DRIVE_ROBOT_H

#include "virtual_run.h"

#include "near.h"

struct driver {
	struct virtual_run run;
	struct fixture *f;
	struct oht_sim_rail *rail;
	double fastest_mm_s;	/* of the simulator's truth */
	double lowest_mm;
	double highest_mm;
};

/* Enabled, standing at @position_mm, all of it read. */
struct driver *driver_begin(double position_mm);
/* From power-on to safe. */
struct driver *driver_safe(double position_mm);
/* The same with modules of another register layout. */
struct driver *driver_begin_as(enum oht_profile profile, double position_mm);
struct driver *driver_safe_as(enum oht_profile profile, double position_mm);
void driver_end(struct driver *d);
/* The value of a rule from now on; for those that are asked for each time they are used. */
void driver_set_rule(struct driver *d, enum ohtd_rule rule, double value);
/* The rule position_jump_mm is @mm from now on. */
void driver_set_jump(struct driver *d, double mm);
/* A supervisor says where the robot is; not a number: where its module says. */
struct ohtd_answer driver_says_place(struct driver *d, double position_mm);

/* Lets time pass and keeps the extremes. */
void driver_run_ms(struct driver *d, unsigned int ms);
/* Until the robot is in @state; fails after @limit_ms. Returns the time that it took. */
unsigned int driver_until(struct driver *d, enum ohtd_state state, unsigned int limit_ms);

struct ohtd_answer driver_move(struct driver *d, double target_mm, double speed_mm_s);
struct ohtd_answer driver_jog(struct driver *d, double speed_mm_s, const char *id);
/* The same, and nothing waits for the answer. */
void driver_press(struct driver *d, double speed_mm_s, const char *id);
struct ohtd_answer driver_ask(struct driver *d, enum ohtd_command_kind kind);
void driver_state(const struct driver *d, enum ohtd_state state);
void driver_refused(struct driver *d, const struct ohtd_answer *answer, unsigned int code);
/* The answer is "done". */
void driver_done(const struct ohtd_answer *answer);
/* driver_ask(), and the answer is "done". */
void driver_asks(struct driver *d, enum ohtd_command_kind kind);
/* Another session takes control, or gives it back: CONTROL_TAKE, CONTROL_RELEASE. */
void driver_other(struct driver *d, enum ohtd_command_kind kind);
/* A command that is to wait in the queue: only made, given, or accepted; the last returns its number. */
struct ohtd_command driver_queued(enum ohtd_command_kind kind, double target_mm);
struct ohtd_answer driver_append(struct driver *d, enum ohtd_command_kind kind, double target_mm);
unsigned int driver_waits(struct driver *d, enum ohtd_command_kind kind, double target_mm);
/* Begins a move that is accepted. */
void driver_departs(struct driver *d, double target_mm);
/* The same, and the carriage arrives within 2 mm and stands. */
void driver_arrives(struct driver *d, double target_mm);
/* The carriage stands, and keeps standing for 2 s. */
void driver_stands(struct driver *d);
/* What has been told of commands since the last time is @wanted: "2 waiting, 1 finished". */
void driver_told(struct driver *d, struct ohtd_event_reader *reader, const char *wanted);
/* One line to the simulator. */
void driver_sim(struct driver *d, const char *line);

#endif
