// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which unit addresses are searched, and the place that each of them has. An address that stays keeps its place, so that nothing
 * changes for the module there.
 */
#include <stddef.h>
#include <string.h>

#include "modules/modules.h"

int ohtd_unit_place(const struct ohtd_modules *modules, uint8_t unit)
{
	for (int i = 0; unit && i < OHTD_UNITS; i++)
		if (atomic_load_explicit(&modules->address[i], memory_order_relaxed) == unit)
			return i;
	return -1;
}

/* The place is that of @address, of which nothing is known; 0: of none. */
static void begin(struct ohtd_modules *modules, int place, uint8_t address)
{
	struct ohtd_unit *unit = &modules->units[place];

	memset(unit, 0, offsetof(struct ohtd_unit, published));
	unit->view.unit = address;
	unit->view.health = OHTD_HEALTH_ABSENT;
	unit->values.unit = address;
	unit->dirty = true;
	atomic_store_explicit(&modules->address[place], address, memory_order_relaxed);
}

static void forget(struct ohtd_modules *modules, int place)
{
	const struct ohtd_module_view *view = &modules->units[place].view;

	modules->owner->settle(modules->control, OHTD_WHY_MODULE_LOST, view->unit);
	modules->owner->settle(modules->control, OHTD_WHY_MODULE_MISSING, view->unit);
	ohtd_profile_forget(modules, &modules->units[place]);
	/* The sum of all errors never falls. At an address with no module none was counted. */
	if (view->generation || ohtd_model_by_unit(modules->model, view->unit))
		modules->snapshot->bus.errors_before += ohtd_module_errors(view);
	/* A command that was meant for it is not for what may be found there later. */
	if (view->generation > modules->forgotten)
		modules->forgotten = view->generation;
	begin(modules, place, 0);
}

static int free_place(const struct ohtd_modules *modules)
{
	int place = 0;

	while (atomic_load_explicit(&modules->address[place], memory_order_relaxed))
		place++;
	return place;
}

/* The request under way may be for an address that is no longer searched. */
static void search_anew(struct ohtd_modules *modules)
{
	struct ohtd_identify *identify = &modules->identify;

	identify->active = false;
	if (modules->device->open && !modules->device->bus_dead)
		ohtd_identify_all(modules, identify->polls_wait);
}

void ohtd_units_search(struct ohtd_modules *modules, const struct ohtd_searched *searched, const struct ohtd_profiles *set)
{
	bool set_anew = ohtd_profiles_set(modules, set);

	if (!memcmp(&modules->searched, searched, sizeof(*searched))) {
		if (set_anew)
			search_anew(modules);
		return;
	}
	for (int i = 0; i < OHTD_UNITS; i++)
		if (modules->units[i].view.unit && !ohtd_searched_has(searched, modules->units[i].view.unit))
			forget(modules, i);
	for (unsigned int i = 0; i < searched->count; i++)
		if (ohtd_unit_place(modules, searched->unit[i]) < 0)
			begin(modules, free_place(modules), searched->unit[i]);
	modules->searched = *searched;
	modules->snapshot->bus.searched = *searched;
	search_anew(modules);
}
