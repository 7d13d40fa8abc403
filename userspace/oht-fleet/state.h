/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ohtd says of the robot in the words of the standard.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread; does no I/O.
 * Locks:    none.
 */
#ifndef FLEET_STATE_H
#define FLEET_STATE_H

#include "oht-fleet/errors.h"
#include "oht-fleet/job.h"
#include "oht-fleet/robot.h"
#include "oht-fleet/settings.h"

/**
 * fleet_state_take_robot() - position, motion, battery, mode, safety and alerts
 * @state: those members are filled. While the robot is not known mode and battery stay as they were, and an error says it
 * @robot: what is known
 * @settings: the map
 * @was_known: the robot has been known since the start; else its mode is STARTUP
 */
void fleet_state_take_robot(struct fleet_state *state, const struct fleet_robot *robot, const struct fleet_settings *settings, bool was_known);

/**
 * fleet_state_take_job() - the order in hand; behind fleet_state_take_robot()
 * @state: its members are filled; an error says what the order waits for
 * @job: the order
 * @trouble: why ohtd drives nothing of it, or ""
 */
void fleet_state_take_job(struct fleet_state *state, const struct fleet_job *job, const char *trouble);

/* The operating mode of a robot that has started. */
enum fleet_mode fleet_state_mode(const struct fleet_robot *robot);

/* Puts refusals behind the errors of @state, as many as there is room for. */
void fleet_state_take_refusals(struct fleet_state *state, const struct fleet_errors *errors);

/* The robot is known, and its bus has been looked through. */
bool fleet_state_is_started(const struct fleet_robot *robot);

#endif /* FLEET_STATE_H */
