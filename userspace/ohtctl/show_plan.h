/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the cyclic plan and the process image look, for people and as JSON.
 *
 * Owns:     nothing; writes to cli->out.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_SHOW_PLAN_H
#define OHTCTL_SHOW_PLAN_H

#include "oht_plan.h"
#include "show.h"

/* What a plan comes to: fields, or an object. */
void show_plan_figures(struct cli *cli, const struct oht_cyclic_figures *figures);
struct json_object *show_plan_figures_json(const struct oht_cyclic_figures *figures);

/* How the plan does, without its entries. */
void show_plan_status(struct cli *cli, const struct oht_cyclic_status *status);
struct json_object *show_plan_status_json(const struct oht_cyclic_status *status);

/* The names of the columns that show_plan_entry() has. */
void show_plan_columns(struct cli *cli);
/* One entry of the image: a row, or an object. */
void show_plan_entry(struct cli *cli, unsigned int entry, const struct oht_cyclic_value *value);
struct json_object *show_plan_entry_json(unsigned int entry, const struct oht_cyclic_value *value);

/* An event of the plan: one line, or one object. */
void show_cycle_event(struct cli *cli, const struct oht_event *event);

#endif /* OHTCTL_SHOW_PLAN_H */
