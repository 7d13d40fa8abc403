/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the mode of the robot: how it may be driven.
 * Contexts: change: control thread only. What a mode permits: any thread.
 * Locks:    none. Nothing here allocates or logs.
 */
#ifndef OHTD_CONTROL_MODE_H
#define OHTD_CONTROL_MODE_H

#include <stdbool.h>

#include "robot/states.h"

struct ohtd_asked;
struct ohtd_control;

/* Does @mode, enum ohtd_mode, forbid what @event begins? What ends a motion is never forbidden. */
bool ohtd_mode_forbids(unsigned int mode, enum ohtd_event event);

/* Highest speed of a jog now. */
double ohtd_mode_jog_mm_s(const struct ohtd_control *control);

/* OHTD_COMMAND_MODE: in safe, or in idle at standstill. */
void ohtd_mode_change(struct ohtd_control *control, const struct ohtd_asked *asked);

#endif
