/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How notifications and answers of the monitor look, for people and as JSON.
 *
 * Owns:     nothing; writes to cli->out.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_SHOW_MONITOR_H
#define OHTCTL_SHOW_MONITOR_H

#include "oht_monitor.h"

struct cli;
struct json_object;

/* A notification or a loss: one line, or one object. */
void show_news(struct cli *cli, const struct oht_news *news);

/* What --dump shows of a device. */
void show_device_view(struct cli *cli, const struct oht_device_view *view);
void show_statistics_view(struct cli *cli, const struct oht_statistics_view *view);
void show_unit_view(struct cli *cli, const struct oht_unit_view *view);
/* The same as members of an object; the last one as an element of an array. */
void show_add_device_view(struct json_object *object, const struct oht_device_view *view);
void show_add_statistics_view(struct json_object *object, const struct oht_statistics_view *view);
struct json_object *show_unit_view_json(const struct oht_unit_view *view);

#endif /* OHTCTL_SHOW_MONITOR_H */
