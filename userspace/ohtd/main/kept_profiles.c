// SPDX-License-Identifier: GPL-2.0-or-later
/* One line for each module, "UNIT TYPE PROFILE": another kind of module at an address has a line of its own. */
#include "main/kept_profiles.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "control/robot.h"
#include "robot/model.h"

#define FILE_NAME	"module-profiles"
#define FILE_BYTES	512
#define PATH_BYTES	320
#define AGAIN_NS	(600 * OHTD_NS_PER_S)

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

static bool take_text(const struct ohtd_model *model, char *text, struct ohtd_profiles *profiles)
{
	char *rest, *line;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!take_line(model, line, profiles))
			return false;
	return true;
}

void ohtd_kept_profiles_recall(const char *state_dir, struct ohtd_robot *robot)
{
	struct ohtd_profiles profiles = { 0 };
	char path[PATH_BYTES], *text = NULL;
	int r;

	snprintf(path, sizeof(path), "%s/" FILE_NAME, state_dir);
	r = ohtd_file_read(path, FILE_BYTES, &text, NULL);
	if (!r && !take_text(ohtd_robot_model(robot), text, &profiles)) {
		profiles = (struct ohtd_profiles){ 0 };
		r = -EINVAL;
	}
	if (r && r != -ENOENT)
		ohtd_log(OHTD_LOG_WARNING, "main", "module_profiles", "%s: %s; each module is seen as for the first time", path,
			 r == -EINVAL ? "makes no sense, ignored" : strerror(-r));
	free(text);
	ohtd_robot_recall(robot, &profiles);
}

static size_t write_text(const struct ohtd_model *model, const struct ohtd_profiles *profiles, char text[FILE_BYTES])
{
	size_t used = 0;

	for (unsigned int i = 0; i < model->count; i++)
		if (profiles->of[i])
			used += (size_t)snprintf(text + used, FILE_BYTES - used, "%u %u %s\n", model->kinds[i].module->unit,
						 model->kinds[i].module->type_code,
						 oht_profile_name(ohtd_profile_of(profiles->of[i])));
	return used;
}

void ohtd_kept_profiles_tick(struct ohtd_kept_profiles *kept, const char *state_dir, struct ohtd_robot *robot, uint64_t now_ns)
{
	struct ohtd_snapshot snapshot;
	char path[PATH_BYTES], text[FILE_BYTES];
	int r;

	if (now_ns < kept->again_ns || ohtd_robot_snapshot(robot, &snapshot) ||
	    !memcmp(&snapshot.bus.kept, &kept->written, sizeof(kept->written)))
		return;
	snprintf(path, sizeof(path), "%s/" FILE_NAME, state_dir);
	r = ohtd_file_replace(path, text, write_text(ohtd_robot_model(robot), &snapshot.bus.kept, text), 0600);
	if (!r) {
		kept->written = snapshot.bus.kept;
		return;
	}
	kept->again_ns = now_ns + AGAIN_NS;
	ohtd_log(OHTD_LOG_WARNING, "main", "module_profiles", "%s: %s; the next start sees each module as for the first time", path,
		 strerror(-r));
}
