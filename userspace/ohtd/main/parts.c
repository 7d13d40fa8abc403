// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/parts.h"

#include <stddef.h>
#include <stdio.h>

#include "alerts/alerts.h"
#include "base/part.h"
#include "main/robot_open.h"
#include "views/services.h"

/* Each part declares its description in a header of its own room. */
#define OHTD_PART(part_, member_)	extern const struct ohtd_daemon_part part_;
#define OHTD_PART_ALONE(part_)		extern const struct ohtd_daemon_part part_;
#include "main/parts.def"

#define OHTD_PART(part_, member_)						\
	static void *member_##_of(const struct ohtd_services *services)	\
	{									\
		return services->member_;					\
	}									\
	static void put_##member_(struct ohtd_services *services, void *part)	\
	{									\
		services->member_ = part;					\
	}
#define OHTD_PART_ALONE(part_)
#include "main/parts.def"

static void (*const put[])(struct ohtd_services *services, void *part) = {
#define OHTD_PART(part_, member_)	put_##member_,
#define OHTD_PART_ALONE(part_)		NULL,
#include "main/parts.def"
};

static const struct ohtd_views_part parts[] = {
#define OHTD_PART(part_, member_)	{ &(part_), member_##_of },
#define OHTD_PART_ALONE(part_)		{ &(part_), NULL },
#include "main/parts.def"
};

static const char *const names[] = {
#define OHTD_PART(part_, member_)	#part_,
#define OHTD_PART_ALONE(part_)		#part_,
#include "main/parts.def"
};

#define PARTS	(sizeof(parts) / sizeof(parts[0]))

/* What each has returned before the process was confined. */
static int ahead_fds[PARTS];

unsigned int ohtd_main_part_links(void)
{
	unsigned int count = 0;

	for (size_t i = 0; i < PARTS; i++)
		count += parts[i].part->links;
	return count;
}

bool ohtd_main_check_parts(const struct ohtd_config *config, const struct ohtd_part_checks *checks)
{
	bool fits = true;

	for (size_t i = 0; i < PARTS; i++)
		if (parts[i].part->check && !parts[i].part->check(config, checks))
			fits = false;
	return fits;
}

void ohtd_main_ahead_parts(const struct ohtd_config *config)
{
	for (size_t i = 0; i < PARTS; i++)
		ahead_fds[i] = parts[i].part->ahead ? parts[i].part->ahead(config) : -1;
}

int ohtd_main_open_parts(struct ohtd_services *services, const struct ohtd_part_birth *birth, const char **name)
{
	unsigned int links = 0;

	for (size_t i = 0; i < PARTS; i++) {
		const struct ohtd_daemon_part *part = parts[i].part;
		struct ohtd_part_birth of_part = *birth;
		void *made;

		if (!part->open)
			continue;
		of_part.link = part->links ? ohtd_main_link(birth->robot, birth->config, OHTD_MAIN_LINKS + links++) : NULL;
		of_part.courses = services->courses;
		of_part.ahead_fd = ahead_fds[i];
		*name = part->name;
		made = part->open(&of_part);
		if (!made)
			return -1;
		put[i](services, made);
	}
	return 0;
}

int ohtd_main_start_parts(const struct ohtd_services *services, const char **name)
{
	for (size_t i = 0; i < PARTS; i++) {
		const struct ohtd_daemon_part *part = parts[i].part;
		int r = part->start ? part->start(parts[i].of(services)) : 0;

		*name = part->name;
		if (r)
			return r;
	}
	return 0;
}

void ohtd_main_rest_parts(const struct ohtd_services *services)
{
	for (size_t i = PARTS; i--;) {
		void *part = parts[i].of ? parts[i].of(services) : NULL;

		if (part && parts[i].part->rest)
			parts[i].part->rest(part);
	}
}

void ohtd_main_close_parts(struct ohtd_services *services)
{
	for (size_t i = PARTS; i--;) {
		void *part = parts[i].of ? parts[i].of(services) : NULL;

		if (!part || !parts[i].part->close)
			continue;
		parts[i].part->close(part);
		put[i](services, NULL);
	}
}

void ohtd_main_tick_parts(const struct ohtd_services *services, bool linked)
{
	for (size_t i = 0; i < PARTS; i++) {
		void *part = parts[i].of ? parts[i].of(services) : NULL;

		if (part && parts[i].part->tick && (parts[i].part->links || !linked))
			parts[i].part->tick(part);
	}
}

bool ohtd_main_hand_parts(struct ohtd_services *services, char *why, size_t size)
{
	for (size_t i = 0; i < PARTS; i++)
		if (parts[i].part->figure_count > OHTD_PART_FIGURES_MAX) {
			snprintf(why, size, "the part %s has %u figures, more than OHTD_PART_FIGURES_MAX, %d", names[i],
				 parts[i].part->figure_count, OHTD_PART_FIGURES_MAX);
			return false;
		}
	services->parts = parts;
	services->part_count = PARTS;
	return ohtd_alerts_take_parts(parts, PARTS, why, size);
}
