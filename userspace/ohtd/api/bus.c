// SPDX-License-Identifier: GPL-2.0-or-later
/* The bus: its plan, what each cycle of the plan has on the wire, and what has been measured. */
#include "api/api.h"
#include "server/call.h"

#include <string.h>

#include "common/sysfs.h"
#include "lists/list.h"
#include "views/scene.h"
#include "oht_client.h"
#include "oht_plan.h"
#include "oht_words.h"

/* After so many cycles the picture of the plan ends, also if the plan has not begun anew. */
#define CYCLES_MAX	40
#define BUCKETS_MAX	OHT_SYSFS_VALUES_MAX

static const char *const timings[] = { "not_guaranteed", "exact" };
OHTD_WORDS_OF(timing_words, timings);

static const struct ohtd_words outcome_words = {
	.name = oht_outcome_name, .end = OHT_OUTCOME_PAUSED + 1, .open = true,
};

static const char *module_name(const struct ohtd_snapshot *snapshot, unsigned int unit)
{
	const struct ohtd_module_view *module = ohtd_snapshot_module(snapshot, unit);

	return module ? module->name : NULL;
}

/* ---- figures of the plan ---- */

struct plan_figures {
	bool refused;
	unsigned int entries;
	unsigned int period_cycles;
	double load_worst;
	double load_mean;
	int64_t busy_worst_us;
	int64_t stop_us;
	int64_t command_wait_us;
	uint64_t cycles;
	uint64_t missed;
	uint64_t exceeded;
	uint64_t given;
};

OHTD_SHAPE(plan_figures, "BusPlanFigures",
	OHTD_BOOLEAN(plan_figures, refused, .summary = "The bus has refused the newest plan: the figures are its"),
	OHTD_INTEGER(plan_figures, entries, .summary = "Exchanges of the plan in force; 0: none is"),
	OHTD_INTEGER(plan_figures, period_cycles, .summary = "After so many cycles the plan begins anew"),
	OHTD_NUMBER(plan_figures, load_worst, .summary = "Share of the fullest cycle that is taken"),
	OHTD_NUMBER(plan_figures, load_mean, .summary = "Share of all cycles that is taken"),
	OHTD_INTEGER(plan_figures, busy_worst_us, .unit = "us", .summary = "The fullest cycle"),
	OHTD_INTEGER(plan_figures, stop_us, .flags = OHTD_NULL, .unit = "us",
		     .summary = "Longest from a stop to the end of a stop telegram; null: not bounded"),
	OHTD_INTEGER(plan_figures, command_wait_us, .unit = "us",
		     .summary = "Longest wait of a command that fits into the slack"),
	OHTD_INTEGER(plan_figures, cycles, .flags = OHTD_DRIFTS,
		     .summary = "Cycles of the bus's own grid since the device came"),
	OHTD_INTEGER(plan_figures, missed, .summary = "Of these, not begun"),
	OHTD_INTEGER(plan_figures, exceeded, .summary = "Begun, and not over in time"),
	OHTD_INTEGER(plan_figures, given, .summary = "Given as a whole to a request that fitted into no slack"));

static unsigned int common_divisor(unsigned int a, unsigned int b)
{
	while (b) {
		unsigned int rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* After so many cycles the plan begins anew. */
static unsigned int period_of(const struct ohtd_plan_view *plan)
{
	unsigned int period = plan->entry_count ? 1 : 0;

	for (unsigned int i = 0; i < plan->entry_count && period <= CYCLES_MAX; i++) {
		unsigned int cycles = plan->entry[i].period_cycles;

		if (cycles)
			period = period / common_divisor(period, cycles) * cycles;
	}
	return period;
}

static struct plan_figures figures_of(const struct ohtd_plan_view *plan)
{
	return (struct plan_figures){
		.refused = plan->refused, .entries = plan->entries, .period_cycles = period_of(plan),
		.load_worst = plan->worst_permille / 1e3, .load_mean = plan->mean_permille / 1e3,
		.busy_worst_us = (int64_t)(plan->busy_worst_ns / 1000),
		.stop_us = plan->stop_ns == OHT_UNBOUNDED_NS ? OHTD_NONE :
			   (int64_t)(plan->stop_ns / 1000),
		.command_wait_us = (int64_t)(plan->command_wait_ns / 1000),
		.cycles = plan->cycles, .missed = plan->missed, .exceeded = plan->exceeded,
		.given = plan->given,
	};
}

/* ---- the cycles ---- */

struct bus_slot {
	unsigned int entry;
	unsigned int address;
	const char *name;
	unsigned int start_us;
	unsigned int duration_us;
};

OHTD_SHAPE(bus_slot, "BusSlot",
	OHTD_INTEGER(bus_slot, entry, .summary = "Place in the plan, as GET bus/plan has it"),
	OHTD_INTEGER(bus_slot, address, .summary = "Unit address"),
	OHTD_TEXT(bus_slot, name, .flags = OHTD_NULL, .summary = "Name of the module; null: not known"),
	OHTD_INTEGER(bus_slot, start_us, .unit = "us", .summary = "From the beginning of the cycle"),
	OHTD_INTEGER(bus_slot, duration_us, .unit = "us",
		     .summary = "Request, wait, answer and gap: with its last answer, else as planned"));

struct bus_cycle {
	unsigned int cycle;
	unsigned int busy_us;
	const struct bus_slot *slots;
	size_t slots_count;
};

OHTD_SHAPE(bus_cycle, "BusCycle",
	OHTD_INTEGER(bus_cycle, cycle, .summary = "From the beginning of the plan's period"),
	OHTD_INTEGER(bus_cycle, busy_us, .unit = "us", .summary = "How much of it the plan takes"),
	OHTD_LIST(bus_cycle, slots, bus_slot, .summary = "Exchanges, in their order on the wire"));

static bool is_due(const struct ohtd_plan_entry_view *entry, unsigned int cycle)
{
	return entry->period_cycles && cycle % entry->period_cycles == entry->phase_cycles;
}

static struct bus_cycle cycle_of(const struct ohtd_scene *scene, unsigned int cycle)
{
	struct bus_slot *slots = ohtd_scene_alloc(scene, OHTD_PLAN_ENTRIES_MAX * sizeof(*slots));
	const struct ohtd_snapshot *snapshot = scene->snapshot;
	const struct ohtd_plan_view *plan = &snapshot->plan;
	struct bus_cycle view = { .cycle = cycle, .slots = slots };

	for (unsigned int i = 0; i < plan->entry_count && i < OHTD_PLAN_ENTRIES_MAX; i++) {
		const struct ohtd_plan_entry_view *entry = &plan->entry[i];
		bool answered = entry->tried_ns && entry->outcome == OHT_OUTCOME_OK;

		if (!is_due(entry, cycle))
			continue;
		slots[view.slots_count++] = (struct bus_slot){
			.entry = i, .address = entry->unit,
			.name = module_name(snapshot, entry->unit), .start_us = view.busy_us,
			.duration_us = answered ? entry->last_us : entry->planned_us,
		};
		view.busy_us += slots[view.slots_count - 1].duration_us;
	}
	return view;
}

struct bus {
	const char *backend;
	const char *device;
	const char *port;
	const char *error;
	bool present;
	unsigned int timing;
	unsigned int baud_bps;
	unsigned int cycle_us;
	const char *searched;
	bool discovering;
	int64_t discovery_ms;
	uint64_t transfers;
	const struct plan_figures *plan;
	const struct bus_cycle *cycles;
	size_t cycles_count;
	int64_t age_ms;
};

OHTD_SHAPE(bus, "Bus",
	OHTD_TEXT(bus, backend, .summary = "kernel, or rtu without the kernel module"),
	OHTD_TEXT(bus, device, .summary = "Device node"),
	OHTD_TEXT(bus, port, .summary = "Kind of port"),
	OHTD_TEXT(bus, error, .flags = OHTD_NULL, .summary = "Why the device is not there; null: it is there"),
	OHTD_BOOLEAN(bus, present, .summary = "The device is open"),
	OHTD_WORD(bus, timing, .words = &timing_words, .summary = "Whether gaps on the line are timed by the device"),
	OHTD_INTEGER(bus, baud_bps, .unit = "bit/s", .summary = "Bit rate"),
	OHTD_INTEGER(bus, cycle_us, .unit = "us", .summary = "Length of a cycle"),
	OHTD_TEXT(bus, searched, .example = "\"1-8\"", .summary = "Unit addresses that are searched for modules: /bus/units of the configuration"),
	OHTD_BOOLEAN(bus, discovering, .summary = "A search for modules is under way"),
	OHTD_INTEGER(bus, discovery_ms, .flags = OHTD_NULL, .unit = "ms",
		     .summary = "How long the last search took; null: none has ended"),
	OHTD_INTEGER(bus, transfers, .summary = "Completed exchanges"),
	OHTD_OBJECT(bus, plan, plan_figures, .summary = "Figures of the plan"),
	OHTD_LIST(bus, cycles, bus_cycle, .summary = "What each cycle of the plan's period has on the wire, at most 40"),
	OHTD_INTEGER(bus, age_ms, .flags = OHTD_DRIFTS, .unit = "ms",
		     .summary = "Since the last cycle of the control thread"));

static const void *make_bus(const struct ohtd_scene *scene)
{
	const struct ohtd_bus_view *view = &scene->snapshot->bus;
	struct plan_figures *figures = ohtd_scene_alloc(scene, sizeof(*figures));
	struct bus_cycle *cycles = ohtd_scene_alloc(scene, CYCLES_MAX * sizeof(*cycles));
	char *searched = ohtd_scene_alloc(scene, OHTD_SEARCHED_BYTES);
	struct bus *bus = ohtd_scene_alloc(scene, sizeof(*bus));

	*figures = figures_of(&scene->snapshot->plan);
	ohtd_searched_text(&view->searched, searched);
	*bus = (struct bus){
		.backend = view->backend, .device = view->device, .port = view->port,
		.error = *view->error ? view->error : NULL, .present = view->present,
		.timing = view->timing_exact != 0, .baud_bps = view->baud_bps,
		.cycle_us = view->cycle_ms * 1000, .searched = searched, .discovering = view->discovering,
		.discovery_ms = view->discovery_ms ? view->discovery_ms : OHTD_NONE,
		.transfers = view->transfers, .plan = figures, .cycles = cycles,
		.age_ms = ohtd_scene_own_age_ms(scene),
	};
	while (bus->cycles_count < figures->period_cycles && bus->cycles_count < CYCLES_MAX) {
		cycles[bus->cycles_count] = cycle_of(scene, (unsigned int)bus->cycles_count);
		bus->cycles_count++;
	}
	return bus;
}

const struct ohtd_view ohtd_bus_view = { &bus_shape, make_bus };

static void get_bus(struct ohtd_call *call)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);

	ohtd_reply_view(call, 200, &bus_shape, make_bus(&scene));
}

/* ---- as it changes: without the cycles, whose picture is long and new with every answer ---- */

struct live_bus {
	bool present;
	const char *error;
	bool discovering;
	int64_t discovery_ms;
	uint64_t transfers;
	const struct plan_figures *plan;
	int64_t age_ms;
};

OHTD_SHAPE(live_bus, "LiveBus",
	OHTD_BOOLEAN(live_bus, present, .summary = "The device is open"),
	OHTD_TEXT(live_bus, error, .flags = OHTD_NULL,
		  .summary = "Why the device is not there; null: it is there"),
	OHTD_BOOLEAN(live_bus, discovering, .summary = "A search for modules is under way"),
	OHTD_INTEGER(live_bus, discovery_ms, .flags = OHTD_NULL, .unit = "ms",
		     .summary = "How long the last search took; null: none has ended"),
	OHTD_INTEGER(live_bus, transfers, .flags = OHTD_DRIFTS, .summary = "Completed exchanges"),
	OHTD_OBJECT(live_bus, plan, plan_figures, .summary = "Figures of the plan"),
	OHTD_INTEGER(live_bus, age_ms, .flags = OHTD_DRIFTS, .unit = "ms",
		     .summary = "Since the last cycle of the control thread; -1: there was none"));

static const void *make_live_bus(const struct ohtd_scene *scene)
{
	const struct ohtd_bus_view *view = &scene->snapshot->bus;
	struct plan_figures *figures = ohtd_scene_alloc(scene, sizeof(*figures));
	struct live_bus *bus = ohtd_scene_alloc(scene, sizeof(*bus));

	*figures = figures_of(&scene->snapshot->plan);
	*bus = (struct live_bus){
		.present = view->present, .error = *view->error ? view->error : NULL,
		.discovering = view->discovering,
		.discovery_ms = view->discovery_ms ? view->discovery_ms : OHTD_NONE,
		.transfers = view->transfers, .plan = figures, .age_ms = ohtd_scene_own_age_ms(scene),
	};
	return bus;
}

const struct ohtd_view ohtd_live_bus_view = { &live_bus_shape, make_live_bus };

/* ---- the plan ---- */

struct plan_entry {
	unsigned int entry;
	unsigned int address;
	const char *name;
	unsigned int function;
	unsigned int first;
	unsigned int count;
	unsigned int period_cycles;
	unsigned int phase_cycles;
	unsigned int timeout_us;
	unsigned int planned_us;
	int64_t last_us;
	int64_t outcome;
	int64_t age_ms;
};

OHTD_SHAPE(plan_entry, "BusPlanEntry",
	OHTD_INTEGER(plan_entry, entry, .summary = "Place in the plan"),
	OHTD_INTEGER(plan_entry, address, .summary = "Unit address"),
	OHTD_TEXT(plan_entry, name, .flags = OHTD_NULL, .summary = "Name of the module; null: not known"),
	OHTD_INTEGER(plan_entry, function, .summary = "Modbus function"),
	OHTD_INTEGER(plan_entry, first, .summary = "First register"),
	OHTD_INTEGER(plan_entry, count, .summary = "Registers"),
	OHTD_INTEGER(plan_entry, period_cycles, .summary = "Due in every so many-th cycle"),
	OHTD_INTEGER(plan_entry, phase_cycles, .summary = "The first cycle in which it is due"),
	OHTD_INTEGER(plan_entry, timeout_us, .unit = "us", .summary = "How long its answer is waited for"),
	OHTD_INTEGER(plan_entry, planned_us, .unit = "us", .summary = "The whole exchange, as the plan counts with it"),
	OHTD_INTEGER(plan_entry, last_us, .flags = OHTD_NULL, .unit = "us",
		     .summary = "The same with the last answer; null: the last try brought none"),
	OHTD_WORD(plan_entry, outcome, .flags = OHTD_NULL, .words = &outcome_words,
		  .summary = "Of the last try; null: none yet"),
	OHTD_INTEGER(plan_entry, age_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "Since the last try; null: none yet"));

struct plan_list {
	const struct plan_figures *figures;
	const struct plan_entry *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(plan_list, "BusPlan",
	OHTD_OBJECT(plan_list, figures, plan_figures, .summary = "Figures of the plan"),
	OHTD_LIST(plan_list, items, plan_entry, .summary = "Exchanges, in their order on the wire"),
	OHTD_NEXT_CURSOR(plan_list));

static struct plan_entry entry_of(struct ohtd_call *call, unsigned int index)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	const struct ohtd_plan_entry_view *view = &snapshot->plan.entry[index];
	bool tried = view->tried_ns != 0;

	return (struct plan_entry){
		.entry = index, .address = view->unit, .name = module_name(snapshot, view->unit),
		.function = view->function, .first = view->address, .count = view->count,
		.period_cycles = view->period_cycles, .phase_cycles = view->phase_cycles,
		.timeout_us = view->timeout_us, .planned_us = view->planned_us,
		.last_us = tried && view->outcome == OHT_OUTCOME_OK ? view->last_us : OHTD_NONE,
		.outcome = tried ? view->outcome : OHTD_NONE,
		.age_ms = ohtd_call_age_or_none_ms(call, view->tried_ns),
	};
}

static void get_plan(struct ohtd_call *call)
{
	const struct ohtd_plan_view *plan = &ohtd_call_snapshot(call)->plan;
	const struct plan_figures figures = figures_of(plan);
	struct plan_entry items[OHTD_PLAN_ENTRIES_MAX];
	struct plan_list list = { .figures = &figures, .items = items };

	while (list.items_count < plan->entry_count && list.items_count < OHTD_PLAN_ENTRIES_MAX) {
		items[list.items_count] = entry_of(call, (unsigned int)list.items_count);
		list.items_count++;
	}
	OHTD_REPLY(call, 200, plan_list, &list);
}

/* ---- what has been measured ---- */

struct bucket {
	int64_t below_us;
	uint64_t count;
};

OHTD_SHAPE(bucket, "Bucket",
	OHTD_INTEGER(bucket, below_us, .flags = OHTD_NULL, .unit = "us",
		     .summary = "They took less than this, and not less than the bucket before; null: without a limit"),
	OHTD_INTEGER(bucket, count, .summary = "How many"));

struct histogram {
	const char *name;
	const char *text;
	uint64_t total;
	const struct bucket *buckets;
	size_t buckets_count;
};

OHTD_SHAPE(histogram, "Histogram",
	OHTD_TEXT(histogram, name, .summary = "What was measured, for programs"),
	OHTD_TEXT(histogram, text, .summary = "The same, for people"),
	OHTD_INTEGER(histogram, total, .summary = "How many were measured"),
	OHTD_LIST(histogram, buckets, bucket, .summary = "Up to the last that has counted anything"));

struct bus_statistics {
	uint64_t transfers;
	uint64_t control_cycles;
	uint64_t control_cycles_missed;
	uint64_t records_lost;
	const struct histogram *histograms;
	size_t histograms_count;
};

OHTD_SHAPE(bus_statistics, "BusStatistics",
	OHTD_INTEGER(bus_statistics, transfers, .summary = "Completed exchanges"),
	OHTD_INTEGER(bus_statistics, control_cycles, .summary = "Completed cycles of the control thread"),
	OHTD_INTEGER(bus_statistics, control_cycles_missed, .summary = "Cycles that came too late to begin"),
	OHTD_INTEGER(bus_statistics, records_lost, .summary = "Records of the device that were not seen"),
	OHTD_LIST(bus_statistics, histograms, histogram,
		  .summary = "Durations; those of the driver only with the back-end kernel"));

static const struct {
	const char *name;
	const char *file;
	const char *text;
} kernel_histograms[] = {
	{ "cycle_late", "histograms/cycle_late_ns", "Lateness of a cycle of the bus behind its grid" },
	{ "gap_late", "histograms/gap_late_ns", "How much longer than t3.5 the gap before a request was" },
	{ "turnaround", "histograms/turnaround_ns", "Silence before an answer" },
};

#define HISTOGRAMS_MAX	(1 + sizeof(kernel_histograms) / sizeof(kernel_histograms[0]))

/* @limit_us of the first bucket, each later one twice that. */
static struct histogram histogram_of(struct ohtd_call *call, const uint64_t *counts, unsigned int count,
				     double limit_us)
{
	struct bucket *buckets = ohtd_call_alloc(call, BUCKETS_MAX * sizeof(*buckets));
	struct histogram histogram = { .buckets = buckets };

	for (unsigned int i = 0; i < count && i < BUCKETS_MAX; i++, limit_us *= 2) {
		buckets[i] = (struct bucket){ i + 1 < count ? (int64_t)limit_us : OHTD_NONE, counts[i] };
		histogram.total += counts[i];
		if (counts[i])
			histogram.buckets_count = i + 1;
	}
	return histogram;
}

/* The driver's buckets are powers of two in nanoseconds; those below 1 us become one. */
static bool read_histogram(struct ohtd_call *call, const char *file, struct histogram *histogram)
{
	enum { BELOW_1024_NS = 11 };
	uint64_t counts[BUCKETS_MAX] = { 0 };
	char path[OHT_SYSFS_PATH_BYTES];
	struct oht_values values;
	unsigned int count = 1;

	oht_sysfs_path(ohtd_call_snapshot(call)->bus.device, file, path);
	if (oht_sysfs_read(path, &values))
		return false;
	for (unsigned int i = 0; i < values.count; i++)
		if (i < BELOW_1024_NS)
			counts[0] += values.number[i];
		else
			counts[count++] = values.number[i];
	*histogram = histogram_of(call, counts, count, 1.024);
	return true;
}

static void get_statistics(struct ohtd_call *call)
{
	const struct ohtd_bus_view *view = &ohtd_call_snapshot(call)->bus;
	struct histogram histograms[HISTOGRAMS_MAX];
	struct bus_statistics statistics = {
		.transfers = view->transfers, .control_cycles = view->cycles,
		.control_cycles_missed = view->cycles_missed, .records_lost = view->records_lost,
		.histograms = histograms, .histograms_count = 1,
	};

	histograms[0] = histogram_of(call, view->late, OHTD_LATE_BUCKETS, OHTD_LATE_FIRST_US);
	histograms[0].name = "control_late";
	histograms[0].text = "Lateness of a cycle of the control thread behind its grid";
	for (size_t i = 0; i + 1 < HISTOGRAMS_MAX && !strcmp(view->backend, "kernel"); i++) {
		struct histogram *next = &histograms[statistics.histograms_count];

		if (!read_histogram(call, kernel_histograms[i].file, next))
			continue;
		next->name = kernel_histograms[i].name;
		next->text = kernel_histograms[i].text;
		statistics.histograms_count++;
	}
	OHTD_REPLY(call, 200, bus_statistics, &statistics);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "bus", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &bus_shape } },
		.handle = get_bus,
		.summary = "The bus, and what each cycle of its plan has on the wire",
	}, {
		.method = OHTD_GET, .path = "bus/plan", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &plan_list_shape } },
		.handle = get_plan,
		.summary = "The exchanges of the plan, and how the last try of each went",
	}, {
		.method = OHTD_GET, .path = "bus/statistics", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &bus_statistics_shape } },
		.handle = get_statistics,
		.summary = "Counters and histograms of the bus",
	},
};

OHTD_ROUTE_TABLE(ohtd_bus_routes, "Bus", routes);
