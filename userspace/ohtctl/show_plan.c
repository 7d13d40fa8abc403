// SPDX-License-Identifier: GPL-2.0-or-later
/* How the cyclic plan and the process image look, for people and as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "show_plan.h"

/* Words of a value in one row; JSON has all. */
#define ROW_WORDS	8
#define AGE_BYTES	16

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

/* ---- what it comes to ---- */

void show_plan_figures(struct cli *cli, const struct oht_cyclic_figures *figures)
{
	show_field(cli, "load", "%.1f %% of the fullest cycle, %.1f %% of all, repeats after %u cycles",
		   figures->worst_permille / 10.0, figures->mean_permille / 10.0,
		   figures->hyperperiod_cycles);
	show_field(cli, "busy", "%.2f ms of the fullest cycle; slack %.2f to %.2f ms",
		   ms(figures->busy_worst_ns), ms(figures->slack_min_ns),
		   ms(figures->slack_max_ns));
	if (figures->stop_ns == OHT_UNBOUNDED_NS)
		show_field(cli, "stop", "not bounded: the port has no exact timing");
	else
		show_field(cli, "stop", "its telegram is sent within %.2f ms (entry %u decides)",
			   ms(figures->stop_ns), figures->longest_entry);
	show_field(cli, "command", "waits at most %.2f ms", ms(figures->command_wait_ns));
}

struct json_object *show_plan_figures_json(const struct oht_cyclic_figures *figures)
{
	struct json_object *object = json_object_new_object();

	show_add_number(object, "worst_permille", figures->worst_permille);
	show_add_number(object, "mean_permille", figures->mean_permille);
	show_add_number(object, "hyperperiod_cycles", figures->hyperperiod_cycles);
	show_add_number(object, "longest_entry", figures->longest_entry);
	show_add_number(object, "busy_worst_ns", (int64_t)figures->busy_worst_ns);
	show_add_number(object, "slack_min_ns", (int64_t)figures->slack_min_ns);
	show_add_number(object, "slack_max_ns", (int64_t)figures->slack_max_ns);
	if (figures->stop_ns == OHT_UNBOUNDED_NS)
		json_object_object_add(object, "stop_ns", NULL);
	else
		show_add_number(object, "stop_ns", (int64_t)figures->stop_ns);
	show_add_number(object, "command_wait_ns", (int64_t)figures->command_wait_ns);
	return object;
}

/* ---- how it does ---- */

static void show_staged(struct cli *cli, const struct oht_cyclic_status *status)
{
	show_field(cli, "cycle", "%u us, %u entries, generation %u", status->cycle_us,
		   status->entries, status->generation);
	show_plan_figures(cli, &status->figures);
	if (status->stop_budget_us)
		show_field(cli, "stop budget", "%u us", status->stop_budget_us);
	show_field(cli, "whole cycles", "at most one in %u goes to what fits into no slack",
		   status->whole_cycles);
}

void show_plan_status(struct cli *cli, const struct oht_cyclic_status *status)
{
	show_field(cli, "plan", "%s%s", status->running ? "in force" : "none",
		   status->pending ? ", another one waits for the next cycle" : "");
	if (status->running)
		show_staged(cli, status);
	show_field(cli, "cycles", "%" PRIu64 ", of these missed %" PRIu64 ", exceeded %" PRIu64
		   ", given %" PRIu64, status->cycles, status->missed, status->exceeded,
		   status->given);
	show_field(cli, "failures", "%" PRIu64 " exchanges failed, %" PRIu64 " entries became lost",
		   status->errors, status->losses);
	show_field(cli, "longest", "%.2f ms from begin to end of a cycle; begun %.1f us late",
		   ms(status->busy_max_ns), (double)status->start_late_max_ns / 1e3);
}

struct json_object *show_plan_status_json(const struct oht_cyclic_status *status)
{
	struct json_object *object = json_object_new_object();

	show_add_bool(object, "running", status->running);
	show_add_bool(object, "pending", status->pending);
	show_add_number(object, "generation", status->generation);
	show_add_number(object, "cycle_us", status->cycle_us);
	show_add_number(object, "stop_budget_us", status->stop_budget_us);
	show_add_number(object, "whole_cycles", status->whole_cycles);
	show_add_number(object, "cycles", (int64_t)status->cycles);
	show_add_number(object, "missed", (int64_t)status->missed);
	show_add_number(object, "exceeded", (int64_t)status->exceeded);
	show_add_number(object, "given", (int64_t)status->given);
	show_add_number(object, "errors", (int64_t)status->errors);
	show_add_number(object, "losses", (int64_t)status->losses);
	show_add_number(object, "busy_max_ns", (int64_t)status->busy_max_ns);
	show_add_number(object, "start_late_max_ns", (int64_t)status->start_late_max_ns);
	json_object_object_add(object, "figures", status->running ?
			       show_plan_figures_json(&status->figures) : NULL);
	return object;
}

/* ---- entries ---- */

/* One word for how the last try went. */
static const char *status_name(const struct oht_cyclic_value *value)
{
	switch (value->error) {
	case 0:
		return "ok";
	case ENODATA:
		return "no_data";
	case ECANCELED:
		return "blocked";
	default:
		return value->outcome == OHT_OUTCOME_EXCEPTION ?
			oht_exception_name(value->exception) : oht_outcome_name(value->outcome);
	}
}

static unsigned int words_of(const struct oht_cyclic_value *value)
{
	if (!value->timestamp_ns)
		return 0;
	return value->count < OHT_REGISTERS_MAX ? value->count : OHT_REGISTERS_MAX;
}

static void age_text(const struct oht_cyclic_value *value, char text[AGE_BYTES])
{
	double age_s = show_age_s(value->timestamp_ns);

	if (!value->timestamp_ns)
		snprintf(text, AGE_BYTES, "never");
	else if (age_s < 10)
		snprintf(text, AGE_BYTES, "%.1f ms", age_s * 1e3);
	else
		snprintf(text, AGE_BYTES, "%.0f s", age_s);
}

void show_plan_columns(struct cli *cli)
{
	fprintf(cli->out, "%5s %4s %2s %-7s %5s %6s %5s  %-16s %6s %9s  %s\n", "entry", "unit",
		"fc", "address", "count", "period", "phase", "status", "errors", "age", "words");
}

void show_plan_entry(struct cli *cli, unsigned int entry, const struct oht_cyclic_value *value)
{
	unsigned int words = words_of(value), i;
	char age[AGE_BYTES];

	age_text(value, age);
	fprintf(cli->out, "%5u %4u %2u 0x%04X  %5u %6u %5u  %-16s %6u %9s ", entry, value->unit,
		value->function, value->address, value->count, value->period_cycles,
		value->phase_cycles, status_name(value), value->errors, age);
	for (i = 0; i < words && i < ROW_WORDS; i++)
		fprintf(cli->out, " %04X", value->words[i]);
	fputs(words > ROW_WORDS ? " ...\n" : "\n", cli->out);
}

struct json_object *show_plan_entry_json(unsigned int entry, const struct oht_cyclic_value *value)
{
	struct json_object *object = json_object_new_object(), *words = json_object_new_array();
	unsigned int i;

	show_add_number(object, "entry", entry);
	show_add_number(object, "unit", value->unit);
	show_add_number(object, "function", value->function);
	show_add_number(object, "address", value->address);
	show_add_number(object, "count", value->count);
	show_add_number(object, "period_cycles", value->period_cycles);
	show_add_number(object, "phase_cycles", value->phase_cycles);
	show_add_text(object, "status", status_name(value));
	show_add_number(object, "errors", value->errors);
	show_add_number(object, "timestamp_ns", (int64_t)value->timestamp_ns);
	show_add_number(object, "tried_ns", (int64_t)value->tried_ns);
	if (value->timestamp_ns)
		show_add_real(object, "age_ms", show_age_s(value->timestamp_ns) * 1e3);
	else
		json_object_object_add(object, "age_ms", NULL);
	for (i = 0; i < words_of(value); i++)
		json_object_array_add(words, json_object_new_int(value->words[i]));
	json_object_object_add(object, "words", words);
	return object;
}

/* ---- events ---- */

static bool has_entry(const struct oht_cycle_event *cycle)
{
	return cycle->kind == OHT_KIND_LOST || cycle->kind == OHT_KIND_FOUND;
}

static void cycle_event_json(struct cli *cli, const struct oht_event *event)
{
	const struct oht_cycle_event *cycle = &event->cycle;
	struct json_object *object = json_object_new_object();

	show_add_text(object, "event", oht_cycle_kind_name(cycle->kind));
	show_add_number(object, "journal_seq", (int64_t)cycle->journal_seq);
	show_add_number(object, "lost", event->lost);
	show_add_number(object, "event_ns", (int64_t)cycle->event_ns);
	show_add_number(object, "cycle", (int64_t)cycle->cycle);
	show_add_number(object, "count", cycle->count);
	show_add_number(object, "generation", cycle->generation);
	if (has_entry(cycle)) {
		show_add_number(object, "entry", cycle->entry);
		show_add_number(object, "unit", cycle->unit);
	}
	if (cycle->kind == OHT_KIND_LOST)
		show_add_text(object, "outcome", oht_outcome_name(cycle->outcome));
	show_json(cli, object);
}

void show_cycle_event(struct cli *cli, const struct oht_event *event)
{
	const struct oht_cycle_event *cycle = &event->cycle;

	if (cli->json) {
		cycle_event_json(cli, event);
		return;
	}
	if (event->lost)
		fprintf(cli->out, "(%u events were lost here)\n", event->lost);
	fprintf(cli->out, "%12.6f  #%-5" PRIu64 " %-8s cycle %" PRIu64,
		(double)cycle->event_ns / 1e9, cycle->journal_seq,
		oht_cycle_kind_name(cycle->kind), cycle->cycle);
	if (has_entry(cycle))
		fprintf(cli->out, "  entry %u, unit %u", cycle->entry, cycle->unit);
	if (cycle->kind == OHT_KIND_LOST)
		fprintf(cli->out, ": %s, %u in a row", oht_outcome_name(cycle->outcome),
			cycle->count);
	if (cycle->kind == OHT_KIND_MISSED)
		fprintf(cli->out, "  %u not begun", cycle->count);
	fputc('\n', cli->out);
}
