// SPDX-License-Identifier: GPL-2.0-or-later
/* What can be begun, and the steps of each. */
#include "training/training.h"

#include <stddef.h>
#include <string.h>

#include "common/training.h"

#define STEPS(...)										\
	.steps = { __VA_ARGS__ },								\
	.count = sizeof((const struct ohtd_training_step[]){ __VA_ARGS__ }) / sizeof(struct ohtd_training_step)

#define BACK_AND_DRIVE										\
	{ OHTD_TRAINING_RESET, "Stop or fault reset: the robot is safe" },			\
	{ OHTD_TRAINING_ENABLED, "Outputs enabled" },						\
	{ OHTD_TRAINING_ARRIVES, "A move driven to its end" }

#define ON_THE_WAY	{ OHTD_TRAINING_DRIVES, "The robot was sent on its way" }

static const struct ohtd_training_scenario scenarios[] = {
	{
		.name = "obstacle", .title = "Something in the way", .situation = OHT_TRAINING_OBSTACLE,
		.happens = "Something lies on the rail, 6 m from where the robot stands now, in the direction with more rail.",
		.way_out = "If the robot is at its dock, undock it first. Send it to a place beyond what lies there. When the robot is blocked, see on which side, clear the way, and resume the move.",
		STEPS({ OHTD_TRAINING_HAPPENS, "Something lies on the rail" },
		      { OHTD_TRAINING_BLOCKED, "The robot stopped in front of it" },
		      { OHTD_TRAINING_MENDED, "Way cleared" },
		      { OHTD_TRAINING_GOES_ON, "The move goes on, as a person asked" },
		      { OHTD_TRAINING_ARRIVES, "A move driven to its end" }),
	}, {
		.name = "silent_module", .title = "A module falls silent", .situation = OHT_TRAINING_SILENT_MODULE,
		.happens = "Once the robot drives, its drive answers no request any more.",
		.way_out = "Send the robot on its way. When it has stopped, find on the page which module is lost, mend it, reset, enable, and drive again.",
		STEPS(ON_THE_WAY,
		      { OHTD_TRAINING_HAPPENS, "The drive fell silent" },
		      { OHTD_TRAINING_STOPPED, "The robot was stopped" },
		      { OHTD_TRAINING_MENDED, "Module mended" },
		      BACK_AND_DRIVE),
	}, {
		.name = "stuck_button", .title = "The stop input hangs", .situation = OHT_TRAINING_STUCK_BUTTON,
		.happens = "Once the robot drives, the safety module says that its stop input is pressed, and goes on saying so.",
		.way_out = "Send the robot on its way. When it has stopped, read the cause of the stop, release the input, reset, enable, and drive again.",
		STEPS(ON_THE_WAY,
		      { OHTD_TRAINING_HAPPENS, "The stop input was pressed" },
		      { OHTD_TRAINING_STOPPED, "The robot was stopped" },
		      { OHTD_TRAINING_MENDED, "Input released" },
		      BACK_AND_DRIVE),
	}, {
		.name = "garbled_module", .title = "A module answers garbled", .situation = OHT_TRAINING_GARBLED_MODULE,
		.happens = "Each answer of the dock module has a wrong checksum, as with a bad plug or a missing terminator.",
		.way_out = "Find on the page which module is not well and since when, mend it, and see that it is well again.",
		STEPS({ OHTD_TRAINING_HAPPENS, "The answers became garbled" },
		      { OHTD_TRAINING_MODULE_UNWELL, "The robot noticed it" },
		      { OHTD_TRAINING_MENDED, "Plug mended" },
		      { OHTD_TRAINING_MODULE_WELL, "The module is well" }),
	}, {
		.name = "battery_low", .title = "The battery runs low", .situation = OHT_TRAINING_BATTERY_LOW, .away = true,
		.happens = "The battery has 8 % left. It begins away from the dock.",
		.way_out = "Bring the robot to its dock before the battery is empty.",
		STEPS({ OHTD_TRAINING_HAPPENS, "The charge fell to 8 %" },
		      { OHTD_TRAINING_CHARGE_LOW, "The robot noticed it" },
		      { OHTD_TRAINING_DOCKS, "The robot came to its dock" }),
	}, {
		.name = "dock_unseen", .title = "The dock is not seen", .situation = OHT_TRAINING_DOCK_UNSEEN, .away = true,
		.happens = "The contact at the dock makes no contact: the dock module never says that the robot is docked. It begins away from the dock.",
		.way_out = "Send the robot to its dock. When docking has failed, mend the contact, and dock again.",
		STEPS({ OHTD_TRAINING_HAPPENS, "The contact became bad" },
		      { OHTD_TRAINING_DOCK_FAILS, "Docking failed" },
		      { OHTD_TRAINING_MENDED, "Contact mended" },
		      { OHTD_TRAINING_DOCKS, "The robot came to its dock" }),
	}, {
		.name = "drive_ignores", .title = "The drive does not obey", .situation = OHT_TRAINING_DRIVE_IGNORES,
		.happens = "Once the robot drives, its drive acknowledges each set-point and goes on as before.",
		.way_out = "Send the robot on its way, and press STOP as soon as it does not slow down. Mend the drive, reset, enable, and drive again.",
		STEPS(ON_THE_WAY,
		      { OHTD_TRAINING_HAPPENS, "The drive stopped obeying" },
		      { OHTD_TRAINING_STOPPED, "The robot was stopped" },
		      { OHTD_TRAINING_MENDED, "Drive mended" },
		      BACK_AND_DRIVE),
	},
};

#define SCENARIOS	(sizeof(scenarios) / sizeof(scenarios[0]))
_Static_assert(SCENARIOS == OHTD_TRAINING_SCENARIOS, "training.h says how many there are");

const struct ohtd_training_scenario *ohtd_training_scenario(unsigned int i)
{
	return i < SCENARIOS ? &scenarios[i] : NULL;
}

const struct ohtd_training_scenario *ohtd_training_find(const char *name)
{
	for (size_t i = 0; i < SCENARIOS; i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	return NULL;
}
