// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtctl stats: what the module has counted and measured, from sysfs, and how each module stands.
 * Whatever stands in the three folders is shown, so a counter that is new needs nothing here.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cmd.h"
#include "common/sysfs.h"
#include "show.h"

#define UNITS		247

static const char *const folders[] = { "statistics", "conformance", "histograms" };

#define FOLDERS		(sizeof(folders) / sizeof(folders[0]))

/* ---- sysfs ---- */

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Calls show() for each file, in the order of their names; an exit code. */
static int each_file(struct cli *cli, const char *folder,
		     void (*show)(struct cli *cli, const char *name,
				  const struct oht_values *values, void *context),
		     void *context)
{
	char path[OHT_SYSFS_PATH_BYTES], file[OHT_SYSFS_PATH_BYTES + 256];
	struct dirent **entries;
	struct oht_values values;
	int count, i, error, result = CLI_DONE;

	oht_sysfs_path(cli->device, folder, path);
	count = scandir(path, &entries, is_visible, alphasort);
	/* Without a bus there are fewer of them. */
	if (count < 0 && errno == ENOENT)
		return CLI_DONE;
	if (count < 0)
		return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
	for (i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s/%.255s", path, entries[i]->d_name);
		error = result ? 0 : oht_sysfs_read(file, &values);
		if (error)
			result = cli_fail(cli, CLI_FAILED, "%s: %s", file, strerror(-error));
		else if (!result)
			show(cli, entries[i]->d_name, &values, context);
		free(entries[i]);
	}
	free(entries);
	return result;
}

/* ---- histograms ---- */

static void show_histogram(struct cli *cli, const char *name, const struct oht_values *values)
{
	uint64_t total = oht_histogram_total(values);

	if (!total)
		return;
	fprintf(cli->out, "  %-22s%" PRIu64 " times; half within %.1f us, 99 %% %.1f us, "
		"99.9 %% %.1f us, all %.1f us\n", name, total,
		(double)oht_histogram_at_most_ns(values, 500) / 1e3,
		(double)oht_histogram_at_most_ns(values, 990) / 1e3,
		(double)oht_histogram_at_most_ns(values, 999) / 1e3,
		(double)oht_histogram_at_most_ns(values, 1000) / 1e3);
}

/* ---- a folder ---- */

static void show_text(struct cli *cli, const char *name, const struct oht_values *values,
		      void *context)
{
	(void)context;
	if (values->count > 1)
		show_histogram(cli, name, values);
	else if (values->number[0])
		fprintf(cli->out, "  %-22s%" PRIu64 "\n", name, values->number[0]);
}

static void add_json(struct cli *cli, const char *name, const struct oht_values *values,
		     void *context)
{
	struct json_object *array;
	unsigned int i;

	(void)cli;
	if (values->count == 1) {
		show_add_number(context, name, (int64_t)values->number[0]);
		return;
	}
	array = json_object_new_array();
	for (i = 0; i < values->count; i++)
		json_object_array_add(array, json_object_new_int64((int64_t)values->number[i]));
	json_object_object_add(context, name, array);
}

/* ---- modules ---- */

static uint64_t failures(const struct oht_unit_view *view)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < OHT_OUTCOMES_MAX; i++)
		if (i != OHT_OUTCOME_OK)
			sum += view->outcomes[i];
	return sum;
}

static bool is_worth_showing(const struct oht_unit_view *view)
{
	return view->configured || view->state != OHT_UNIT_UNKNOWN || view->errors_in_row ||
	       view->outcomes[OHT_OUTCOME_OK] || failures(view);
}

static uint64_t violations(const struct oht_unit_view *view)
{
	return view->conformance[OHT_FRAMES_HEARD][OHT_GAP_T35][OHT_GAP_VIOLATION] +
	       view->conformance[OHT_FRAMES_HEARD][OHT_GAP_T15][OHT_GAP_VIOLATION];
}

static void show_module(struct cli *cli, const struct oht_unit_view *view)
{
	fprintf(cli->out, "  unit %-5u%s, %" PRIu64 " answers, %" PRIu64 " failures (%u in a row), "
		"%" PRIu64 " gaps wrong, answers within %.3f ms", view->policy.unit,
		oht_unit_state_name(view->state), view->outcomes[OHT_OUTCOME_OK], failures(view),
		view->errors_in_row, violations(view), (double)view->turnaround_max_ns / 1e6);
	if (view->pauses)
		fprintf(cli->out, ", %" PRIu64 " pauses tolerated", view->pauses);
	if (view->bytes_stray)
		fprintf(cli->out, ", %" PRIu64 " stray bytes", view->bytes_stray);
	if (view->bytes_extra)
		fprintf(cli->out, ", %" PRIu64 " extra bytes behind answers", view->bytes_extra);
	if (view->state == OHT_UNIT_DEGRADED)
		fprintf(cli->out, ", asked every %u ms", view->backoff_ms);
	fputc('\n', cli->out);
}

static struct json_object *module_json(const struct oht_unit_view *view)
{
	struct json_object *object = json_object_new_object();
	struct json_object *outcomes = json_object_new_object();
	unsigned int i;

	show_add_number(object, "unit", view->policy.unit);
	show_add_text(object, "state", oht_unit_state_name(view->state));
	show_add_bool(object, "configured", view->configured);
	show_add_number(object, "errors_in_row", view->errors_in_row);
	show_add_number(object, "backoff_ms", view->backoff_ms);
	show_add_number(object, "turnaround_max_ns", (int64_t)view->turnaround_max_ns);
	show_add_number(object, "last_good_ns", (int64_t)view->last_good_ns);
	show_add_number(object, "next_probe_ns", (int64_t)view->next_probe_ns);
	show_add_number(object, "gap_violations", (int64_t)violations(view));
	show_add_number(object, "pause_max_us", view->policy.pause_max_us);
	show_add_number(object, "rest_ms", view->policy.rest_ms);
	show_add_number(object, "pauses", (int64_t)view->pauses);
	show_add_number(object, "bytes_stray", (int64_t)view->bytes_stray);
	show_add_number(object, "bytes_extra", (int64_t)view->bytes_extra);
	for (i = 0; i < OHT_OUTCOMES_MAX; i++)
		if (view->outcomes[i])
			show_add_number(outcomes, oht_outcome_name(i), (int64_t)view->outcomes[i]);
	json_object_object_add(object, "outcomes", outcomes);
	return object;
}

/* Adds to @array, or prints if that is NULL; an exit code. */
static int each_module(struct cli *cli, struct json_object *array)
{
	struct oht_unit_view view;
	unsigned int unit;

	for (unit = 1; unit <= UNITS; unit++) {
		if (oht_dev_unit_get(cli->dev, (uint8_t)unit, &view))
			return errno == EOPNOTSUPP ? CLI_DONE : cli_fail_errno(cli, "stats");
		if (!is_worth_showing(&view))
			continue;
		if (array)
			json_object_array_add(array, module_json(&view));
		else
			show_module(cli, &view);
	}
	return CLI_DONE;
}

/* ---- the verb ---- */

static int stats_json(struct cli *cli)
{
	struct json_object *object = json_object_new_object(), *part;
	int result = CLI_DONE;
	size_t i;

	show_add_text(object, "device", cli->device);
	for (i = 0; i < FOLDERS && !result; i++) {
		part = json_object_new_object();
		json_object_object_add(object, folders[i], part);
		result = each_file(cli, folders[i], add_json, part);
	}
	part = json_object_new_array();
	json_object_object_add(object, "modules", part);
	if (!result)
		result = each_module(cli, part);
	if (!result)
		show_json(cli, object);
	else
		json_object_put(object);
	return result;
}

static int stats_text(struct cli *cli)
{
	int result = CLI_DONE;
	size_t i;

	for (i = 0; i < FOLDERS && !result; i++) {
		fprintf(cli->out, "%s\n", folders[i]);
		result = each_file(cli, folders[i], show_text, NULL);
	}
	if (result)
		return result;
	fputs("modules\n", cli->out);
	return each_module(cli, NULL);
}

int cmd_stats(struct cli *cli, int count, char **arguments)
{
	int result = cli_open(cli, OHT_OPEN_READ_ONLY);
	char path[OHT_SYSFS_PATH_BYTES];

	(void)count;
	(void)arguments;
	if (result)
		return result;
	/* A node of another name than the module gave it, for one. */
	oht_sysfs_path(cli->device, "", path);
	if (access(path, R_OK))
		return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
	return cli->json ? stats_json(cli) : stats_text(cli);
}
