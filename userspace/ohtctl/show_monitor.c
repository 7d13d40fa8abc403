// SPDX-License-Identifier: GPL-2.0-or-later
/* How notifications and answers of the monitor look. */
#include <inttypes.h>

#include "cli.h"
#include "show.h"
#include "show_monitor.h"

#define WORDS_BYTES	512

/* ---- as JSON ---- */

static struct json_object *cause_words_json(uint64_t causes)
{
	struct json_object *array = json_object_new_array();
	unsigned int cause;

	for (cause = 1; cause < OHT_CAUSES_MAX; cause++)
		if (causes & oht_cause_mask(cause))
			json_object_array_add(array, json_object_new_string(oht_cause_name(cause)));
	return array;
}

static struct json_object *inputs_json(uint32_t inputs)
{
	struct json_object *object = json_object_new_object();

	show_add_bool(object, "a", inputs & OHT_IN_A);
	show_add_bool(object, "b", inputs & OHT_IN_B);
	show_add_bool(object, "feedback1", inputs & OHT_IN_FEEDBACK_1);
	show_add_bool(object, "feedback2", inputs & OHT_IN_FEEDBACK_2);
	return object;
}

static void add_safety(struct json_object *object, const struct oht_safety_event *safety)
{
	show_add_text(object, "event", oht_kind_name(safety->kind));
	show_add_text(object, "cause", oht_cause_name(safety->cause));
	json_object_object_add(object, "causes", cause_words_json(safety->causes));
	show_add_text(object, "from", oht_state_name(safety->state_from));
	show_add_text(object, "to", oht_state_name(safety->state_to));
	json_object_object_add(object, "inputs_closed", inputs_json(safety->inputs));
	json_object_object_add(object, "outputs", show_outputs_json(safety->outputs));
	show_add_number(object, "low_ns", (int64_t)safety->low_ns);
}

static void add_unit(struct json_object *object, const struct oht_unit_event *unit)
{
	show_add_number(object, "unit", unit->unit);
	show_add_text(object, "from", oht_unit_state_name(unit->from));
	show_add_text(object, "to", oht_unit_state_name(unit->to));
	show_add_text(object, "outcome", oht_outcome_name(unit->outcome));
	show_add_number(object, "errors_in_row", unit->errors_in_row);
	show_add_number(object, "last_good_ns", (int64_t)unit->last_good_ns);
}

static bool names_entry(const struct oht_cycle_event *cycle)
{
	return cycle->kind == OHT_KIND_LOST || cycle->kind == OHT_KIND_FOUND;
}

static void add_cycle(struct json_object *object, const struct oht_cycle_event *cycle)
{
	show_add_text(object, "event", oht_cycle_kind_name(cycle->kind));
	show_add_number(object, "cycle", (int64_t)cycle->cycle);
	show_add_number(object, "count", cycle->count);
	show_add_number(object, "generation", cycle->generation);
	if (!names_entry(cycle))
		return;
	show_add_number(object, "entry", cycle->entry);
	show_add_number(object, "unit", cycle->unit);
	show_add_text(object, "outcome", oht_outcome_name(cycle->outcome));
}

static void news_json(struct cli *cli, const struct oht_news *news)
{
	struct json_object *object = json_object_new_object();

	show_add_text(object, "type", oht_news_name(news->type));
	show_add_number(object, "device", news->device);
	show_add_number(object, "seq", (int64_t)news->seq);
	if (news->type == OHT_NEWS_LOST) {
		show_add_text(object, "of", oht_news_name(news->lost.of));
		show_add_number(object, "lost", (int64_t)news->lost.count);
	} else {
		show_add_number(object, "time_ns", (int64_t)news->time_ns);
	}
	if (news->type == OHT_NEWS_SAFETY)
		add_safety(object, &news->safety);
	else if (news->type == OHT_NEWS_UNIT)
		add_unit(object, &news->unit);
	else if (news->type == OHT_NEWS_CYCLE)
		add_cycle(object, &news->cycle);
	show_json(cli, object);
}

/* ---- for people ---- */

static void unit_text(struct cli *cli, const struct oht_unit_event *unit)
{
	fprintf(cli->out, "unit %u  %s -> %s", unit->unit, oht_unit_state_name(unit->from),
		oht_unit_state_name(unit->to));
	if (unit->to == OHT_UNIT_DEGRADED)
		fprintf(cli->out, "  %s, %u in a row", oht_outcome_name(unit->outcome),
			unit->errors_in_row);
}

static void cycle_text(struct cli *cli, const struct oht_cycle_event *cycle)
{
	fprintf(cli->out, "%-8s cycle %" PRIu64, oht_cycle_kind_name(cycle->kind), cycle->cycle);
	if (names_entry(cycle))
		fprintf(cli->out, "  entry %u, unit %u", cycle->entry, cycle->unit);
	if (cycle->kind == OHT_KIND_LOST)
		fprintf(cli->out, ": %s, %u in a row", oht_outcome_name(cycle->outcome),
			cycle->count);
	if (cycle->kind == OHT_KIND_MISSED)
		fprintf(cli->out, "  %u not begun", cycle->count);
}

static void loss_text(struct cli *cli, const struct oht_news *news)
{
	fprintf(cli->out, "(oht%u: %" PRIu64 " %s notification%s lost here, from #%" PRIu64 " on)\n",
		news->device, news->lost.count, oht_news_name(news->lost.of),
		news->lost.count == 1 ? "" : "s", news->seq);
}

void show_news(struct cli *cli, const struct oht_news *news)
{
	if (cli->json) {
		news_json(cli, news);
		return;
	}
	if (news->type == OHT_NEWS_LOST) {
		loss_text(cli, news);
		return;
	}
	fprintf(cli->out, "%12.6f  oht%u %-6s #%-5" PRIu64 " ", (double)news->time_ns / 1e9,
		news->device, oht_news_name(news->type), news->seq);
	if (news->type == OHT_NEWS_SAFETY)
		show_safety_change(cli, &news->safety);
	else if (news->type == OHT_NEWS_UNIT)
		unit_text(cli, &news->unit);
	else
		cycle_text(cli, &news->cycle);
	fputc('\n', cli->out);
}

/* ---- what is there ---- */

void show_device_view(struct cli *cli, const struct oht_device_view *view)
{
	char words[WORDS_BYTES];

	show_field(cli, "device", "%s, ABI version %u", view->name, view->abi_version);
	if (view->baud_bps)
		show_field(cli, "port", "%s, %u bit/s (really %.3f)", view->port, view->baud_bps,
			   (double)view->baud_effective_millibps / 1e3);
	else
		show_field(cli, "port", "none: the device has no bus");
	show_field(cli, "state", "%s for %.1f s", oht_state_name(view->state),
		   show_age_s(view->since_ns));
	show_cause_words(view->causes, words, sizeof(words));
	show_field(cli, "causes", "%s", words);
	show_cause_words(view->standing, words, sizeof(words));
	show_field(cli, "standing", "%s%s", words, view->standing ? " (forbids a reset)" : "");
	show_field(cli, "outputs", "enable1 %s, enable2 %s",
		   view->outputs & OHT_OUT_ENABLE_1 ? "high" : "low",
		   view->outputs & OHT_OUT_ENABLE_2 ? "high" : "low");
	show_field(cli, "newest", "safety #%" PRIu64 ", unit #%" PRIu64 ", cycle #%" PRIu64,
		   view->safety_seq, view->unit_seq, view->cycle_seq);
}

void show_add_device_view(struct json_object *object, const struct oht_device_view *view)
{
	show_add_text(object, "name", view->name);
	show_add_number(object, "abi_version", view->abi_version);
	show_add_number(object, "caps", (int64_t)view->caps);
	show_add_text(object, "port", view->baud_bps ? view->port : NULL);
	show_add_number(object, "baud_bps", view->baud_bps);
	show_add_number(object, "baud_effective_millibps", (int64_t)view->baud_effective_millibps);
	show_add_text(object, "state", oht_state_name(view->state));
	show_add_number(object, "since_ns", (int64_t)view->since_ns);
	show_add_text(object, "first_cause", oht_cause_name(view->first_cause));
	json_object_object_add(object, "causes", cause_words_json(view->causes));
	json_object_object_add(object, "standing", cause_words_json(view->standing));
	json_object_object_add(object, "inputs_closed", inputs_json(view->inputs));
	json_object_object_add(object, "outputs", show_outputs_json(view->outputs));
	show_add_number(object, "safety_seq", (int64_t)view->safety_seq);
	show_add_number(object, "unit_seq", (int64_t)view->unit_seq);
	show_add_number(object, "cycle_seq", (int64_t)view->cycle_seq);
}

/* Those that have not counted anything are left out. */
void show_statistics_view(struct cli *cli, const struct oht_statistics_view *view)
{
	const char *field = "statistics";
	unsigned int i;

	for (i = 0; i < OHT_STATISTICS_MAX; i++) {
		if (!oht_statistic_name(i) || !view->values[i])
			continue;
		show_field(cli, field, "%s %" PRIu64, oht_statistic_name(i), view->values[i]);
		field = "";
	}
}

void show_add_statistics_view(struct json_object *object, const struct oht_statistics_view *view)
{
	struct json_object *statistics = json_object_new_object();
	unsigned int i;

	for (i = 0; i < OHT_STATISTICS_MAX; i++)
		if (oht_statistic_name(i))
			show_add_number(statistics, oht_statistic_name(i),
					(int64_t)view->values[i]);
	json_object_object_add(object, "statistics", statistics);
}

void show_unit_view(struct cli *cli, const struct oht_unit_view *view)
{
	fprintf(cli->out, "unit %-8u%s", view->policy.unit, oht_unit_state_name(view->state));
	if (view->errors_in_row)
		fprintf(cli->out, ", %u errors in a row", view->errors_in_row);
	if (view->backoff_ms)
		fprintf(cli->out, ", asked every %u ms", view->backoff_ms);
	if (view->last_good_ns)
		fprintf(cli->out, ", answered %.1f s ago", show_age_s(view->last_good_ns));
	fputc('\n', cli->out);
}

struct json_object *show_unit_view_json(const struct oht_unit_view *view)
{
	struct json_object *object = json_object_new_object();

	show_add_number(object, "unit", view->policy.unit);
	show_add_text(object, "state", oht_unit_state_name(view->state));
	show_add_number(object, "errors_in_row", view->errors_in_row);
	show_add_number(object, "backoff_ms", view->backoff_ms);
	show_add_number(object, "last_good_ns", (int64_t)view->last_good_ns);
	show_add_number(object, "changed_ns", (int64_t)view->changed_ns);
	show_add_number(object, "turnaround_max_ns", (int64_t)view->turnaround_max_ns);
	return object;
}
