// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/robot_open.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"
#include "config/config.h"
#include "main/kept_location.h"
#include "main/kept_profiles.h"
#include "main/parts.h"
#include "main/state.h"
#include "control/robot.h"
#include "robot/user_maps.h"

static void log_profiles(const struct ohtd_user_maps *maps)
{
	for (unsigned int i = 0; i < maps->count; i++) {
		const struct ohtd_user_map *map = &maps->items[i];

		if (map->used)
			ohtd_log(OHTD_LOG_NOTICE, "main", "profile_used", "%s: %u registers",
				 map->name, map->registers);
		else
			ohtd_log(OHTD_LOG_WARNING, "main", "profile_refused", "%s: %s", map->name,
				 map->error);
		if (map->used && *map->error)
			ohtd_log(OHTD_LOG_WARNING, "main", "profile_skipped", "%s: %s", map->name, map->error);
	}
}

/* A table of the site's own that an older release was made for. */
static void log_lack(struct oht_complaints *complaints, const char *line)
{
	(void)complaints;
	ohtd_log(OHTD_LOG_WARNING, "main", "table_lacks", "%s", line);
}

_Static_assert(OHTD_LOOPS_MAX + 1 + OHTD_MAIN_LINKS <= OHTD_LINKS_MAX, "OHTD_LINKS_MAX: a link for each loop, the gateway and all others");

struct ohtd_link *ohtd_main_link(struct ohtd_robot *robot, const struct ohtd_config *config, unsigned int link)
{
	return ohtd_robot_link(robot, config->loops + config->gateway + link);
}

struct ohtd_robot *ohtd_robot_open(const struct ohtd_config *config, struct ohtd_clock *clock, uint64_t commands_given,
				   const struct ohtd_life *commands_known, bool another_machine, bool unclean, char *why, size_t size)
{
	char profiles[sizeof(config->state_dir) + sizeof("/profiles")];
	bool rtu = config->backend == OHTD_BACKEND_RTU;
	const struct ohtd_robot_config robot = {
		.backend = rtu ? "rtu" : "kernel",
		.device = rtu ? config->tty : config->device,
		.baud_bps = config->baud_bps,
		.parity = config->parity,
		.stop_bits = (uint8_t)config->stop_bits,
		.quiet_us = config->quiet_us,
		.simulated_outputs = config->simulated_outputs,
		.data_dir = config->data_dir,
		.user_dir = profiles,
		.loops = config->loops + config->gateway + OHTD_MAIN_LINKS + ohtd_main_part_links(),
		.deadman_ms = config->deadman_ms,
		.time_factor = config->time_factor,
		.auto_enable = config->auto_enable,
		.unclean_restart = unclean,
		.commands_given = commands_given,
		.commands_known = commands_known,
		.rt_priority = (int)config->realtime_priority,
		.cpu = config->cpu,
	};
	struct ohtd_robot *made;

	snprintf(profiles, sizeof(profiles), "%s/profiles", config->state_dir);
	made = ohtd_robot_create(&robot, clock, why, size);
	if (made) {
		log_profiles(ohtd_robot_user_maps(made));
		ohtd_control_lacks(made, &(struct oht_complaints){ .take = log_lack });
		ohtd_kept_profiles_recall(config->state_dir, made);
		/* The rail of a simulator begins anew with it. */
		if (!config->simulated)
			ohtd_kept_location_recall(config->state_dir, made, another_machine);
	}
	return made;
}
