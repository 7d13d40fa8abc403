// SPDX-License-Identifier: GPL-2.0-or-later
/* One line for each module, "UNIT TYPE PROFILE": another kind of module at an address has a line of its own. */
#include "main/kept_profiles.h"

#include <stdio.h>
#include <string.h>

#include "control/robot.h"
#include "robot/model.h"

static const struct ohtd_kept_kind kind = {
	.name = "module-profiles", .word = "module_profiles", .unread = "each module is seen as for the first time",
	.unwritten = "the next start sees each module as for the first time",
};

/* What @profiles are of. */
struct taking {
	const struct ohtd_model *model;
	struct ohtd_profiles profiles;
};

/* False: the line is none of these. A module that modules.csv does not have any more is no fault. */
static bool take_line(const struct ohtd_model *model, const char *line, struct ohtd_profiles *profiles)
{
	enum oht_profile profile;
	unsigned int unit, type;
	char word[16];
	int end = 0;

	if (sscanf(line, "%3u %5u %15s%n", &unit, &type, word, &end) != 3 || line[end] || oht_profile_parse(word, &profile))
		return false;
	for (unsigned int i = 0; i < model->count; i++) {
		const struct oht_module *module = model->kinds[i].module;

		if (module->unit == unit && module->type_code == type)
			profiles->of[i] = (uint8_t)ohtd_some(profile);
	}
	return true;
}

static bool take_text(char *text, void *arg)
{
	struct taking *taking = arg;
	char *rest, *line;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!take_line(taking->model, line, &taking->profiles))
			return false;
	return true;
}

void ohtd_kept_profiles_recall(const char *state_dir, struct ohtd_robot *robot)
{
	struct taking taking = { .model = ohtd_robot_model(robot) };

	if (ohtd_kept_recall(&kind, state_dir, take_text, &taking))
		taking.profiles = (struct ohtd_profiles){ 0 };
	ohtd_robot_recall(robot, &taking.profiles);
}

static void write_text(const struct ohtd_model *model, const struct ohtd_profiles *profiles, char text[OHTD_KEPT_FILE_BYTES])
{
	size_t used = 0;

	*text = 0;
	for (unsigned int i = 0; i < model->count; i++)
		if (profiles->of[i])
			used += (size_t)snprintf(text + used, OHTD_KEPT_FILE_BYTES - used, "%u %u %s\n", model->kinds[i].module->unit,
						 model->kinds[i].module->type_code,
						 oht_profile_name(ohtd_profile_of(profiles->of[i])));
}

void ohtd_kept_profiles_tick(struct ohtd_kept_profiles *kept, const char *state_dir, struct ohtd_robot *robot, uint64_t now_ns)
{
	struct ohtd_snapshot snapshot;
	char text[OHTD_KEPT_FILE_BYTES];

	if (!ohtd_kept_is_due(&kept->file, now_ns) || ohtd_robot_snapshot(robot, &snapshot) ||
	    !memcmp(&snapshot.bus.kept, &kept->written, sizeof(kept->written)))
		return;
	write_text(ohtd_robot_model(robot), &snapshot.bus.kept, text);
	if (!ohtd_kept_write(&kind, &kept->file, state_dir, text, now_ns))
		kept->written = snapshot.bus.kept;
}
