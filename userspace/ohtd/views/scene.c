// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/scene.h"

#include <string.h>

#include "base/clock.h"
#include "views/services.h"

void *ohtd_scene_alloc(const struct ohtd_scene *scene, size_t bytes)
{
	return memset(scene->memory->take(scene->memory->from, bytes), 0, bytes);
}

void ohtd_scene_take_time(struct ohtd_scene *scene)
{
	scene->now_ns = ohtd_clock_monotonic_ns(scene->services->clock);
	scene->wall_ns = ohtd_clock_wall_of_ns(scene->services->clock, scene->now_ns);
}

int64_t ohtd_scene_age_ms(const struct ohtd_scene *scene, uint64_t time_ns)
{
	if (!time_ns)
		return OHTD_NONE;
	return (int64_t)(ohtd_since(scene->now_ns, time_ns) / OHTD_NS_PER_MS);
}

int64_t ohtd_scene_own_age_ms(const struct ohtd_scene *scene)
{
	return scene->snapshot->time_ns ? ohtd_scene_age_ms(scene, scene->snapshot->time_ns) : -1;
}

int64_t ohtd_scene_wall_ns(const struct ohtd_scene *scene, uint64_t time_ns)
{
	if (!time_ns)
		return OHTD_NONE;
	return scene->wall_ns - (int64_t)(scene->now_ns - time_ns) - (int64_t)ohtd_clock_slept_ns(scene->services->clock, time_ns);
}
