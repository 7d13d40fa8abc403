// SPDX-License-Identifier: GPL-2.0-or-later
/* Which step the robot has recorded. */
#include "training/private.h"

#include <math.h>
#include <string.h>

#include "common/training.h"
#include "robot/verbs.h"

#define DRIVES_MM_S	50.0

/* Its health is what garbled_module changes. */
#define GARBLED_MODULE	"dock_location"

const struct ohtd_training_step *ohtd_training_step(const struct ohtd_training *training)
{
	const struct ohtd_training_scenario *scenario = training->scenario;

	return training->run.id && !training->run.ended_ns && training->run.done < (int64_t)scenario->count ? &scenario->steps[training->run.done] : NULL;
}

/* By a state of the robot. */
static bool is_in(unsigned int kind, unsigned int state)
{
	switch (kind) {
	case OHTD_TRAINING_GOES_ON:
		return ohtd_state_in_motion(state);
	case OHTD_TRAINING_STOPPED:
		return state == OHTD_STATE_ESTOP || state == OHTD_STATE_FAULT;
	case OHTD_TRAINING_BLOCKED:
		return state == OHTD_STATE_BLOCKED;
	case OHTD_TRAINING_RESET:
		return state == OHTD_STATE_SAFE;
	case OHTD_TRAINING_ENABLED:
		return ohtd_state_is_enabled(state);
	default:
		return false;
	}
}

/* Another act has ended the command, which is no failure of its own. */
static bool is_interrupted(const struct ohtd_command_view *command)
{
	return command->reason.code == OHTD_WHY_REPLACED || command->reason.code == OHTD_WHY_CANCELLED ||
	       command->reason.code == OHTD_WHY_STOPPED_MEANWHILE || command->reason.code == OHTD_WHY_SHUTTING_DOWN;
}

static bool is_ended_as(unsigned int kind, const struct ohtd_command_view *command)
{
	bool finished = command->state == OHTD_COMMAND_STATE_FINISHED;

	switch (kind) {
	case OHTD_TRAINING_ARRIVES:
		return finished && command->kind == OHTD_COMMAND_MOVE;
	case OHTD_TRAINING_DOCKS:
		return finished && command->kind == OHTD_COMMAND_DOCK;
	case OHTD_TRAINING_DOCK_FAILS:
		return command->state == OHTD_COMMAND_STATE_FAILED && command->kind == OHTD_COMMAND_DOCK && !is_interrupted(command);
	default:
		return false;
	}
}

static bool is_well(const struct ohtd_snapshot *robot, bool wanted)
{
	for (unsigned int i = 0; i < robot->module_count && i < OHTD_MODULES_MAX; i++) {
		const struct ohtd_module_view *module = &robot->modules[i];

		if (!strcmp(module->name, GARBLED_MODULE))
			return (module->health == OHTD_HEALTH_GOOD) == wanted;
	}
	return false;
}

/* By what the robot is now. */
static bool is_so(unsigned int kind, const struct ohtd_snapshot *robot)
{
	switch (kind) {
	case OHTD_TRAINING_DRIVES:
		/* Behind the answer of its command. */
		return ohtd_state_in_motion(robot->state) && robot->speed_mm_s.valid && fabs(robot->speed_mm_s.value) >= DRIVES_MM_S;
	case OHTD_TRAINING_CHARGE_LOW:
		return robot->battery_percent.valid && robot->battery_percent.value < OHT_TRAINING_CHARGE_PERCENT + 1;
	case OHTD_TRAINING_MODULE_UNWELL:
		return is_well(robot, false);
	case OHTD_TRAINING_MODULE_WELL:
		return is_well(robot, true);
	default:
		return is_in(kind, robot->state);
	}
}

/* A state may come and go between two turns, so each record is looked at, and the state of now for records that were overwritten. */
void ohtd_training_follow(struct ohtd_training *training)
{
	const struct ohtd_training_step *step;
	struct ohtd_event_record record;

	while ((step = ohtd_training_step(training)) && step->kind != OHTD_TRAINING_HAPPENS && step->kind != OHTD_TRAINING_MENDED) {
		if (!ohtd_robot_event(training->robot, &training->reader, &record)) {
			if (!is_so(step->kind, &training->snapshot))
				return;
			ohtd_training_pass_step(training);
		} else if ((record.kind == OHTD_RECORD_TRANSITION && is_in(step->kind, record.to)) ||
			   (record.kind == OHTD_RECORD_COMMAND && is_ended_as(step->kind, &record.command))) {
			ohtd_training_pass_step(training);
		}
	}
}
