/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the lines of the log that say what the robot did: transitions, refusals, waits, alerts.
 * Contexts: main thread.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_ROBOT_LOG_H
#define OHTD_MAIN_ROBOT_LOG_H

#include "control/robot.h"

/* Writes a line for each record that @reader has not seen. */
void ohtd_robot_log(struct ohtd_robot *robot, struct ohtd_event_reader *reader);

#endif /* OHTD_MAIN_ROBOT_LOG_H */
