/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the robot as the configuration wants it.
 * Contexts: main thread.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_ROBOT_OPEN_H
#define OHTD_MAIN_ROBOT_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ohtd_clock;
struct ohtd_config;
struct ohtd_life;
struct ohtd_link;
struct ohtd_robot;

/*
 * @commands_given and @commands_known: by the runs before. @another_machine: the state folder is of one. @unclean: the robot is to wait for
 * a person. NULL with errno and @why of @size bytes filled.
 */
struct ohtd_robot *ohtd_robot_open(const struct ohtd_config *config, struct ohtd_clock *clock, uint64_t commands_given,
				   const struct ohtd_life *commands_known, bool another_machine, bool unclean, char *why, size_t size);

/* Links to the control thread behind those of the loops and of the gateway. */
enum ohtd_main_link {
	OHTD_MAIN_LINK_SETTINGS,
	OHTD_MAIN_LINK_WATCH,	/* of the main thread: the watchdog, and the end */
	OHTD_MAIN_LINKS,
};

/* @link: enum ohtd_main_link, or one of a part behind these. */
struct ohtd_link *ohtd_main_link(struct ohtd_robot *robot, const struct ohtd_config *config, unsigned int link);

#endif /* OHTD_MAIN_ROBOT_OPEN_H */
