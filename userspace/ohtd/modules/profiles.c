// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which of its two profiles a module counts as. A person sets it, or the first sight decides, which is kept; from then on no
 * answer of the module changes it. A module that shows the other profile is a standing fault.
 * Source: docs/data.md.
 */
#include "modules/modules.h"

static unsigned int number_of(const struct ohtd_modules *modules, const struct ohtd_kind *kind)
{
	return (unsigned int)(kind - modules->model->kinds);
}

enum ohtd_some_profile ohtd_profile_known(const struct ohtd_modules *modules, const struct ohtd_kind *kind)
{
	unsigned int number = number_of(modules, kind);

	return modules->set.of[number] ? modules->set.of[number] : modules->kept.of[number];
}

/* Canonical until the module has shown more: only that profile has a status of the safety module, and a charge is shown too low rather than too high. */
static enum ohtd_some_profile in_force(const struct ohtd_modules *modules, const struct ohtd_kind *kind)
{
	enum ohtd_some_profile known = ohtd_profile_known(modules, kind);

	return known ? known : OHTD_SOME_CANONICAL;
}

static enum ohtd_profile_by decided_by(const struct ohtd_modules *modules, const struct ohtd_kind *kind)
{
	if (modules->set.of[number_of(modules, kind)])
		return OHTD_PROFILE_BY_CONFIGURATION;
	return ohtd_profile_known(modules, kind) ? OHTD_PROFILE_BY_FIRST_SIGHT : OHTD_PROFILE_UNDECIDED;
}

/* Another profile than the one in use is taken only while nothing can move. */
static void keep_first(struct ohtd_modules *modules, const struct ohtd_unit *unit, const struct ohtd_kind *kind,
		       enum ohtd_some_profile seen)
{
	bool in_use = unit->plan && unit->kind == kind;

	if (ohtd_profile_known(modules, kind) || !seen)
		return;
	if (!in_use || seen == in_force(modules, kind) || modules->owner->outputs_stay_off(modules->control))
		modules->kept.of[number_of(modules, kind)] = (uint8_t)seen;
}

static void judge(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	const struct ohtd_why why = {
		.code = OHTD_WHY_LAYOUT_CHANGED, .unit = unit->view.unit, .detail = unit->view.profile_seen,
	};

	if (!unit->view.profile_seen) {
		modules->owner->settle(modules->control, OHTD_WHY_LAYOUT_CHANGED, unit->view.unit);
		return;
	}
	/* In front of the first enable as well, where the loss of a module is none. */
	modules->owner->raise(modules->control, &why, true);
	modules->owner->lost(modules->control, &why, OHT_LOSS_STOP);
}

enum oht_profile ohtd_profile_take(struct ohtd_modules *modules, struct ohtd_unit *unit,
				   const struct ohtd_kind *kind, enum ohtd_some_profile seen)
{
	struct ohtd_module_view *view = &unit->view;
	enum ohtd_some_profile taken;

	keep_first(modules, unit, kind, seen);
	taken = in_force(modules, kind);
	/* A module that shows nothing now keeps its profile. */
	if (seen)
		view->profile_seen = (uint8_t)seen;
	if (view->profile_seen == taken)
		view->profile_seen = OHTD_SOME_NONE;
	view->profile_by = (uint8_t)decided_by(modules, kind);
	unit->undecided_ns = view->profile_by == OHTD_PROFILE_UNDECIDED ? modules->now_ns : 0;
	judge(modules, unit);
	return ohtd_profile_of(taken);
}

void ohtd_profile_forget(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	unit->view.profile_seen = OHTD_SOME_NONE;
	unit->view.profile_by = OHTD_PROFILE_UNDECIDED;
	unit->undecided_ns = 0;
	judge(modules, unit);
}

/* What a person has set holds at once, and replaces what was kept; "auto" after something else begins with a first sight. */
bool ohtd_profiles_set(struct ohtd_modules *modules, const struct ohtd_profiles *set)
{
	bool changed = false;
	unsigned int i;

	for (i = 0; i < modules->model->count; i++) {
		const struct ohtd_kind *kind = &modules->model->kinds[i];
		struct ohtd_unit *unit = ohtd_unit_of_kind(modules, kind);

		if (modules->set.of[i] == set->of[i])
			continue;
		modules->set.of[i] = set->of[i];
		modules->kept.of[i] = OHTD_SOME_NONE;
		changed = true;
		if (unit && unit->plan && unit->kind == kind)
			ohtd_unit_replan(modules, unit);
	}
	return changed;
}
