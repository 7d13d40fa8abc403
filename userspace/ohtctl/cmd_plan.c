// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl plan, ohtctl plan watch: how the cyclic plan does, and what the process image says */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "show_plan.h"
#include "watch.h"

/* A plan that changes while we look: looking again so often is more than enough. */
#define LOOKS_MAX	10

/* The image as it was at one time. */
struct look {
	struct oht_cyclic_head head;
	struct oht_cyclic_value values[OHT_CYCLIC_ENTRIES_MAX];
};

/* ---- looking; no system call ---- */

static int fail_image(struct cli *cli)
{
	if (errno == EAGAIN)
		return cli_fail(cli, CLI_FAILED, "process image: %s",
				"being written each time, the kernel is stuck; see dmesg");
	return cli_fail_errno(cli, "process image");
}

static bool is_whole(const struct look *look)
{
	unsigned int i;

	for (i = 0; i < look->head.entries; i++)
		if (look->values[i].generation != look->head.generation)
			return false;
	return true;
}

static int look_once(const struct oht_image_view *view, struct look *look)
{
	unsigned int i;

	if (oht_image_read_head(view, &look->head))
		return -1;
	if (look->head.entries > OHT_CYCLIC_ENTRIES_MAX)
		look->head.entries = OHT_CYCLIC_ENTRIES_MAX;
	for (i = 0; i < look->head.entries; i++)
		if (oht_image_read(view, i, &look->values[i]))
			return -1;
	return 0;
}

static int look_at(struct cli *cli, const struct oht_image_view *view, struct look *look)
{
	unsigned int looks;

	for (looks = 0; looks < LOOKS_MAX; looks++) {
		if (look_once(view, look))
			return fail_image(cli);
		if (is_whole(look))
			return 0;
	}
	return cli_fail(cli, CLI_FAILED, "process image: the plan changes all the time");
}

/* ---- the status ---- */

static struct json_object *entries_json(const struct look *look)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < look->head.entries; i++)
		json_object_array_add(array, show_plan_entry_json(i, &look->values[i]));
	return array;
}

static void show_entries(struct cli *cli, const struct look *look)
{
	unsigned int i;

	if (look->head.entries)
		show_plan_columns(cli);
	for (i = 0; i < look->head.entries; i++)
		show_plan_entry(cli, i, &look->values[i]);
}

static int show_status(struct cli *cli, const struct oht_image_view *view)
{
	struct oht_cyclic_status status;
	struct json_object *object;
	struct look look;
	int result;

	if (oht_plan_status(cli->dev, &status))
		return cli_fail_errno(cli, "plan status");
	result = look_at(cli, view, &look);
	if (result)
		return result;
	if (!cli->json) {
		show_plan_status(cli, &status);
		show_entries(cli, &look);
		return CLI_DONE;
	}
	object = show_plan_status_json(&status);
	json_object_object_add(object, "entries", entries_json(&look));
	show_json(cli, object);
	return CLI_DONE;
}

int cmd_plan(struct cli *cli, int count, char **arguments)
{
	struct oht_image_view *view;
	int result;

	if (count && strcmp(arguments[0], "status"))
		return cli_fail(cli, CLI_USAGE, "plan needs one of %s: '%s'",
				"status, check, load, clear, watch", arguments[0]);
	result = cli_open(cli, OHT_OPEN_READ_ONLY);
	if (result)
		return result;
	view = oht_image_open(cli->device);
	result = view ? show_status(cli, view) : fail_image(cli);
	oht_image_close(view);
	return result;
}

/* ---- what changes ---- */

static void show_plan_change(struct cli *cli, const struct oht_cyclic_head *head)
{
	struct json_object *object;

	if (!cli->json) {
		fprintf(cli->out, "generation %u: ", head->generation);
		if (head->running)
			fprintf(cli->out, "%u entries, cycle of %u us", head->entries,
				head->cycle_us);
		else
			fputs("no plan", cli->out);
		fputs(head->pending ? ", another one waits\n" : "\n", cli->out);
		return;
	}
	object = json_object_new_object();
	show_add_text(object, "event", "plan");
	show_add_number(object, "generation", head->generation);
	show_add_bool(object, "running", head->running);
	show_add_bool(object, "pending", head->pending);
	show_add_number(object, "entries", head->entries);
	show_add_number(object, "cycle_us", head->cycle_us);
	show_json(cli, object);
}

static void show_value_change(struct cli *cli, unsigned int entry,
			      const struct oht_cyclic_value *value)
{
	struct json_object *object;

	if (!cli->json) {
		show_plan_entry(cli, entry, value);
		return;
	}
	object = show_plan_entry_json(entry, value);
	show_add_text(object, "event", "value");
	show_json(cli, object);
}

static bool is_other_plan(const struct look *now, const struct look *then)
{
	return now->head.generation != then->head.generation ||
	       now->head.running != then->head.running || now->head.pending != then->head.pending;
}

/* New values that are the old ones are no change, nor is one more error. */
static bool is_other_value(const struct oht_cyclic_value *now, const struct oht_cyclic_value *then)
{
	return now->error != then->error || now->outcome != then->outcome ||
	       now->exception != then->exception || !now->timestamp_ns != !then->timestamp_ns ||
	       memcmp(now->words, then->words, sizeof(now->words));
}

static void show_changes(struct cli *cli, const struct look *now, const struct look *then)
{
	bool other_plan = is_other_plan(now, then);
	unsigned int i;

	if (other_plan) {
		show_plan_change(cli, &now->head);
		if (!cli->json && now->head.entries)
			show_plan_columns(cli);
	}
	for (i = 0; i < now->head.entries; i++)
		if (other_plan || is_other_value(&now->values[i], &then->values[i]))
			show_value_change(cli, i, &now->values[i]);
}

static int watch_plan(struct cli *cli, const struct oht_image_view *view)
{
	/* The first is unlike any plan, so that all there is shows as changed. */
	struct look looks[2] = { { .head = { .running = true, .pending = true } } };
	uint32_t round;
	int result = 0;

	for (round = 1; !result && !cli_interrupted(); round++) {
		struct look *now = &looks[round % 2];

		result = look_at(cli, view, now);
		if (result)
			return result;
		show_changes(cli, now, &looks[(round + 1) % 2]);
		if (now->head.gone)
			return cli_fail(cli, CLI_NO_DEVICE, "plan watch: %s",
					oht_errno_text(ENODEV));
		if (round == cli->rounds)
			break;
		result = watch_events(cli, cli->interval_ms, NULL);
	}
	return result;
}

int cmd_plan_watch(struct cli *cli, int count, char **arguments)
{
	int result = watch_begin(cli, OHT_OPEN_READ_ONLY, OHT_WANT_CYCLES);
	struct oht_image_view *view;

	(void)count;
	(void)arguments;
	if (result)
		return result;
	view = oht_image_open(cli->device);
	result = view ? watch_plan(cli, view) : fail_image(cli);
	oht_image_close(view);
	return result;
}
