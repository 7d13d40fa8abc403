// SPDX-License-Identifier: GPL-2.0-or-later
/* The mode of the robot: how it may be driven. */
#include "api/api.h"
#include "server/call.h"

#include "views/words.h"
#include "robot/mode.h"
#include "robot/verbs.h"

struct robot_mode {
	unsigned int mode;
	const char *const *forbids;
	size_t forbids_count;
	double jog_mm_s;
};

OHTD_SHAPE(robot_mode, "RobotMode",
	OHTD_WORD(robot_mode, mode, .words = &ohtd_mode_words, .summary = "How the robot may be driven"),
	OHTD_TEXTS(robot_mode, forbids, .summary = "Verbs of POST robot/commands that it forbids"),
	OHTD_NUMBER(robot_mode, jog_mm_s, .unit = "mm/s", .summary = "Highest speed of a jog in it"));

struct choose_mode {
	unsigned int mode;
	uint32_t valid_for_ms;
};

OHTD_SHAPE(choose_mode, "ChooseMode",
	OHTD_WORD(choose_mode, mode, .words = &ohtd_mode_words, .flags = OHTD_NEEDED,
		  .summary = "manual: only jogs, slowly; maintenance: no motion"),
	OHTD_INTEGER(choose_mode, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
		     .preset = OHTD_VALID_MS, .unit = "ms",
		     .summary = "From now; what is not done by then is dropped"));

static void get_mode(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	const char *forbids[OHTD_VERBS];
	struct robot_mode view = {
		.mode = snapshot->mode, .forbids = forbids, .jog_mm_s = snapshot->limits.jog_mm_s,
	};

	for (unsigned int verb = 0; verb < OHTD_VERBS; verb++)
		if (ohtd_mode_forbids(snapshot->mode, ohtd_verb_row(ohtd_verb_kind(verb))->event))
			forbids[view.forbids_count++] = ohtd_verb_word(ohtd_verb_kind(verb));
	OHTD_REPLY(call, 200, robot_mode, &view);
}

static void mode_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	/* The line in the log comes from the control thread, also when the client has left. */
	(void)answer;
	get_mode(call);
}

static void put_mode(struct ohtd_call *call)
{
	const struct choose_mode *input = OHTD_INPUT(call, choose_mode);
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_MODE, .mode = (uint8_t)input->mode,
		.valid_ms = input->valid_for_ms,
	};

	ohtd_call_command(call, &command, mode_done);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "robot/mode", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &robot_mode_shape } },
		.handle = get_mode,
		.summary = "How the robot may be driven",
	}, {
		.method = OHTD_PUT, .path = "robot/mode", .role = OHTD_ROLE_SUPERVISOR,
		.flags = OHTD_ROUTE_COMMAND, .body_bytes_max = 4096, .body = &choose_mode_shape,
		.replies = { { 200, &robot_mode_shape } }, .problems = { "elevation_required" },
		.handle = put_mode,
		.summary = "Choose the mode",
		.text = "In the state safe, or in idle at standstill, by who is in control. What ends a motion is "
			"possible in every mode.",
	},
};

OHTD_ROUTE_TABLE(ohtd_mode_routes, "Robot", routes);
