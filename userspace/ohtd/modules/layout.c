// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan of the bus and the way back from its image: which exchanges every cycle has, and what
 * they brought. The registers are those of the profile's signals, times and order are rows of
 * plan.csv. The plan holds the units that answer; a unit that is silent leaves the plan, so that
 * its time-outs do not take the others' time, and is asked in the slack (schedule.c).
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "bus/grid.h"
#include "modules/modules.h"

/* At most every so many-th cycle is given to a request that fits into no slack. */
#define WHOLE_CYCLES	4
/* A unit that answers later takes more of a cycle than its neighbours can spare. */
#define ANSWER_MAX_US	8000
/* Time-outs on end with which a unit leaves the plan. */
#define SILENCES_MAX		1
#define SILENCES_MAX_QUICK	2	/* of one that is asked in every cycle: the next one is its retry */
#define LOSS_ERRORS_MAX	255
/* A plan that has been refused is offered again after so long, or when it is another one. */
#define AGAIN_NS	(1 * OHTD_NS_PER_S)
/* Behind the last exchange of the fullest cycle, in which the control cycle reads the image. */
#define BEHIND_NS	(1 * OHTD_NS_PER_MS)
/* Of the slack left alone: modules do not always answer after the same time. */
#define SLACK_SPARE_NS	(1 * OHTD_NS_PER_MS)
/* Seldom entries have their turn in this time, unless cycles are given away. */
#define SETTLE_NS	(8 * OHTD_CYCLE_MS * OHTD_NS_PER_MS)
#define SETTLE_MAX_NS	(1 * OHTD_NS_PER_S)
#define CROWDED_NS	(10 * OHTD_NS_PER_S)
/*
 * The plan of a reversal writes the directions in cycle 1 of 4. The speeds have the even cycles. Cycle 3 is left for
 * a request that waits: without room it would be given a whole cycle.
 */
#define REVERSE_PERIOD_CYCLES	4
#define REVERSE_PHASE_CYCLES	1
/* The usual plan writes the speeds in the next cycle. */
#define BEHIND_REVERSE_CYCLE	1
/* Of its loss time: silent for longer, a unit is asked first by the next plan. */
#define OVERDUE_PERMILLE	500
/* Bytes on the wire of a read of no register, and one more that may be under way. */
#define READ_BYTES	14
/* The same of a request that writes, which may have more of them. */
#define REQUEST_BYTES	18

/* ---- which exchanges ---- */

bool ohtd_unit_in_plan(const struct ohtd_modules *modules, const struct ohtd_unit *unit)
{
	if (!unit->plan || !unit->blocks.polls ||
	    (unit->view.health != OHTD_HEALTH_GOOD && unit->view.health != OHTD_HEALTH_DEGRADED))
		return false;
	return unit->view.turnaround_us <= ANSWER_MAX_US * modules->time_factor &&
	       unit->silences < (ohtd_unit_every_cycle(unit) ? SILENCES_MAX_QUICK : SILENCES_MAX);
}

bool ohtd_layout_waits(const struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++)
		if (modules->units[i].silences && ohtd_unit_in_plan(modules, &modules->units[i]))
			return true;
	return false;
}

bool ohtd_layout_catches_up(const struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		const struct ohtd_unit *unit = &modules->units[i];

		if (ohtd_unit_in_plan(modules, unit) && ohtd_unit_every_cycle(unit) &&
		    unit->view.last_good_ns < modules->plan_silent_ns)
			return true;
	}
	return false;
}

/*
 * Blocks are read in turn. The number of turns is a power of two, so that the periods of all
 * entries together repeat soon.
 */
static unsigned int turns_of(const struct ohtd_unit *unit)
{
	unsigned int turns = 1;

	while (turns < unit->blocks.polls)
		turns *= 2;
	return turns;
}

static uint8_t loss_errors_of(const struct ohtd_modules *modules, const struct ohtd_cyclic *cyclic)
{
	uint32_t errors = cyclic->loss_errors * modules->time_factor;

	return (uint8_t)(errors < LOSS_ERRORS_MAX ? errors : LOSS_ERRORS_MAX);
}

/* @block is due in every @turns-th period of its row, in the @turn-th of them. */
static void add_entry(const struct ohtd_modules *modules, const struct ohtd_unit *unit,
		      const struct ohtd_cyclic *cyclic, const struct ohtd_block *block,
		      unsigned int turn, unsigned int turns, struct ohtd_layout *layout)
{
	bool reads = cyclic->output == OHTD_OUTPUT_NONE;
	uint32_t timeout_us = ohtd_unit_timeout_us(modules, unit);

	/* The share of a module's own time-out that plan.csv gives it, stretched like that. */
	timeout_us = (uint32_t)((uint64_t)timeout_us * cyclic->timeout_us /
				(unit->kind->module->response_timeout_ms * 1000u));
	layout->place[layout->count] = (struct ohtd_place){
		.unit = unit->view.unit,
		.generation = unit->view.generation,
		.block = *block,
		.output = cyclic->output,
	};
	layout->entry[layout->count++] = (struct oht_cyclic_entry){
		.unit = unit->view.unit,
		.function = reads ? OHT_READ_HOLDING : ohtd_unit_write_function(unit),
		.loss = cyclic->loss,
		.loss_errors = loss_errors_of(modules, cyclic),
		.address = block->address,
		.count = block->words,
		.period_cycles = (uint16_t)(cyclic->period_cycles * turns),
		.phase_cycles = (uint16_t)(cyclic->phase_cycles + turn * cyclic->period_cycles),
		.timeout_us = timeout_us,
		.turnaround_us = cyclic->turnaround_us < timeout_us ? cyclic->turnaround_us
								    : timeout_us,
	};
}

static void add_reads(const struct ohtd_modules *modules, const struct ohtd_unit *unit,
		      const struct ohtd_cyclic *cyclic, struct ohtd_layout *layout)
{
	unsigned int turns = turns_of(unit);
	unsigned int turn;

	if (layout->count + turns > OHT_CYCLIC_ENTRIES_MAX)
		return;
	for (turn = 0; turn < turns; turn++)
		add_entry(modules, unit, cyclic, &unit->blocks.poll[turn % unit->blocks.polls],
			  turn, turns, layout);
}

/* A profile may have fewer motors than plan.csv has rows. */
static void add_output(const struct ohtd_modules *modules, const struct ohtd_unit *unit,
		       const struct ohtd_cyclic *cyclic, struct ohtd_layout *layout)
{
	int place = unit->plan->output[cyclic->output];
	struct ohtd_block block = { .words = 1, .registers = 1 };
	struct ohtd_cyclic row = *cyclic;

	if (place < 0 || layout->count == OHT_CYCLIC_ENTRIES_MAX)
		return;
	block.first = (uint16_t)place;
	block.address = unit->plan->map->reg[place].address;
	if (layout->reverses && ohtd_output_is_direction(cyclic->output)) {
		row.period_cycles = REVERSE_PERIOD_CYCLES;
		row.phase_cycles = REVERSE_PHASE_CYCLES;
	}
	add_entry(modules, unit, &row, &block, 0, 1, layout);
}

/*
 * A search wants the slack that set-points take, and modules that are silent or answer late leave no
 * room for them. While the robot stands, and the drive has echoed zero, it can do without being told
 * so again.
 */
static bool outputs_rest(const struct ohtd_modules *modules)
{
	bool crowded = modules->identify.full || modules->now_ns < modules->layout.crowded_ns ||
		       ohtd_layout_waits(modules);
	unsigned int i;

	for (i = 0; i < modules->model->planned; i++) {
		const struct ohtd_kind *kind = modules->model->in_order[i].kind;

		const struct ohtd_unit *unit = ohtd_unit_seen(modules, kind->module->unit);

		crowded |= !unit || !ohtd_unit_in_plan(modules, unit);
	}
	return crowded && ohtd_setpoint_rests(modules);
}

/*
 * The usual plan writes the directions every 200 ms only. The plan of a reversal writes them at once and leaves out
 * the modules that are not read in every cycle. So it ends after SETTLE_NS at the latest, and the usual plan runs
 * for as long before the next reversal.
 */
static bool reverses(const struct ohtd_modules *modules)
{
	const struct ohtd_layout *layout = &modules->layout;
	bool young = modules->now_ns - layout->committed_ns < SETTLE_NS;

	return ohtd_setpoint_reverses(modules) && layout->reverses == young;
}

static void want(struct ohtd_modules *modules, struct ohtd_layout *layout)
{
	bool waits = ohtd_layout_waits(modules);
	bool rest = outputs_rest(modules);
	unsigned int i;

	memset(layout, 0, sizeof(*layout));
	layout->reverses = reverses(modules);
	if (modules->identify.polls_wait || ohtd_identify_alone(modules))
		return;
	for (i = 0; i < modules->model->planned; i++) {
		const struct ohtd_kind *kind = modules->model->in_order[i].kind;
		const struct ohtd_cyclic *cyclic = &modules->model->in_order[i].cyclic;
		const struct ohtd_unit *unit = ohtd_unit_of_kind(modules, kind);

		if (!unit || unit->kind != kind || !ohtd_unit_in_plan(modules, unit))
			continue;
		/* Two time-outs in one cycle are too long for the safety module. */
		if ((waits || layout->reverses) && !ohtd_unit_every_cycle(unit))
			continue;
		if (cyclic->output == OHTD_OUTPUT_NONE)
			add_reads(modules, unit, cyclic, layout);
		else if (!rest)
			add_output(modules, unit, cyclic, layout);
	}
}

/* ---- the plan in force ---- */

static bool same_units(const struct ohtd_layout *a, const struct ohtd_layout *b)
{
	unsigned int i;

	for (i = 0; i < a->count; i++)
		if (a->place[i].generation != b->place[i].generation)
			return false;
	return true;
}

static bool same(const struct ohtd_layout *a, const struct ohtd_layout *b)
{
	return a->count == b->count &&
	       !memcmp(a->entry, b->entry, a->count * sizeof(a->entry[0])) && same_units(a, b);
}

static void show_plan(struct ohtd_modules *modules, const struct oht_cyclic_figures *figures,
		      bool refused)
{
	struct ohtd_plan_view *view = &modules->snapshot->plan;
	const struct ohtd_why why = { .code = OHTD_WHY_PLAN_REFUSED };

	view->refused = refused;
	view->worst_permille = figures->worst_permille;
	view->mean_permille = figures->mean_permille;
	view->busy_worst_ns = figures->busy_worst_ns;
	view->stop_ns = figures->stop_ns;
	view->command_wait_ns = figures->command_wait_ns;
	if (refused)
		modules->owner->raise(modules->control, &why, true);
	else
		modules->owner->settle(modules->control, OHTD_WHY_PLAN_REFUSED, 0);
}

/* The share of its loss time for which a unit has been silent, in thousandths. */
static uint64_t silence_permille(const struct ohtd_modules *modules, const struct ohtd_unit *unit)
{
	return (modules->now_ns - unit->view.last_good_ns) * 1000 /
	       ohtd_unit_loss_ns(modules, unit);
}

/*
 * A plan that is committed begins anew, and several on end would put the turn of a seldom entry off until
 * its unit counts as lost. So it begins with the turn of the unit that needs it most, if one does. The
 * first cycle of a plan writes nothing. After a reversal the robot moves, so that cycle is none of the speeds.
 */
static uint16_t first_cycle(const struct ohtd_modules *modules, const struct ohtd_layout *layout)
{
	uint64_t most_permille = OVERDUE_PERMILLE;
	uint16_t first = modules->layout.reverses ? BEHIND_REVERSE_CYCLE : 0;
	unsigned int i;

	for (i = 0; i < layout->count; i++) {
		const struct ohtd_unit *unit = ohtd_unit_seen(modules, layout->place[i].unit);
		uint64_t permille = silence_permille(modules, unit);

		if (layout->place[i].output != OHTD_OUTPUT_NONE || ohtd_unit_every_cycle(unit) ||
		    permille <= most_permille)
			continue;
		most_permille = permille;
		first = layout->entry[i].phase_cycles;
	}
	return first;
}

/* All phases move together, so the load of the cycles stays what it is. */
static uint16_t phase_from(const struct oht_cyclic_entry *entry, uint16_t first)
{
	return (uint16_t)((entry->phase_cycles + entry->period_cycles -
			   first % entry->period_cycles) % entry->period_cycles);
}

uint16_t ohtd_layout_phase(const struct ohtd_layout *layout, unsigned int index)
{
	return phase_from(&layout->entry[index], layout->first_cycle);
}

static uint64_t read_ns(const struct ohtd_modules *modules, unsigned int words)
{
	const struct oht_dev_info *info = &modules->device->info;

	return (READ_BYTES + 2ull * words) * info->char_ns + info->t35_ns;
}

/*
 * While enabled, programs beside us must not ask for what keeps a stop from the bus for much longer than
 * our own longest read does. Twice that leaves room for the driver of the line, whose times we do not know.
 */
static uint32_t stop_budget_us(const struct ohtd_modules *modules, const struct oht_cyclic_plan *plan)
{
	uint32_t wait_us, longest_us = 0;
	unsigned int i;

	if (!(modules->device->info.caps & OHT_HAS_EXACT_TIMING))
		return 0;
	for (i = 0; i < plan->count; i++) {
		wait_us = plan->entries[i].turnaround_us +
			  ohtd_module_rest_us(ohtd_unit_seen(modules, plan->entries[i].unit));
		if (wait_us > longest_us)
			longest_us = wait_us;
	}
	return 2 * (longest_us + (uint32_t)(read_ns(modules, OHTD_READ_MAX) / OHTD_NS_PER_US));
}

/* A robot whose stop takes longer than that by itself goes without the budget. */
static int offer(struct ohtd_modules *modules, struct oht_cyclic_plan *plan, struct oht_cyclic_figures *figures,
		 uint32_t *generation)
{
	int ret;

	plan->stop_budget_us = stop_budget_us(modules, plan);
	ret = modules->bus->ops->plan(modules->bus, plan, figures, generation);
	if (ret != -EDQUOT || figures->stop_ns <= plan->stop_budget_us * OHTD_NS_PER_US)
		return ret;
	plan->stop_budget_us = 0;
	return modules->bus->ops->plan(modules->bus, plan, figures, generation);
}

static int commit(struct ohtd_modules *modules, struct ohtd_layout *wanted)
{
	struct oht_cyclic_entry entries[OHT_CYCLIC_ENTRIES_MAX];
	struct oht_cyclic_plan plan = {
		.entries = entries,
		.count = wanted->count,
		.cycle_us = OHTD_CYCLE_MS * 1000,
		.whole_cycles = WHOLE_CYCLES,
	};
	struct oht_cyclic_figures figures;
	struct oht_dev_info info;
	unsigned int i;
	int ret;

	wanted->first_cycle = first_cycle(modules, wanted);
	for (i = 0; i < wanted->count; i++) {
		entries[i] = wanted->entry[i];
		entries[i].phase_cycles = ohtd_layout_phase(wanted, i);
	}
	ret = offer(modules, &plan, &figures, &wanted->generation);
	if (ret == -EBUSY)
		return ret;
	if (ret == -ENODEV && modules->bus->ops->info(modules->bus, &info))
		modules->owner->gone(modules->control);
	else if (ret == -ENODEV || ret == -EOPNOTSUPP)
		modules->device->bus_dead = true;
	else
		show_plan(modules, &figures, ret != 0);
	wanted->busy_worst_ns = figures.busy_worst_ns;
	wanted->slack_ns = figures.slack_max_ns;
	wanted->hold_max_ns = ret ? 0 : ohtd_grid_hold_max_ns(&plan);
	/* A transfer submitted in this plan may still wait in the usual one. */
	if (wanted->reverses && modules->layout.slack_ns < wanted->slack_ns)
		wanted->slack_ns = modules->layout.slack_ns;
	return ret;
}

void ohtd_layout_update(struct ohtd_modules *modules)
{
	struct ohtd_layout *wanted = &modules->wanted;
	struct ohtd_layout *layout = &modules->layout;
	int ret;

	if (!modules->device->open || modules->device->bus_dead)
		return;
	want(modules, wanted);
	if (layout->known && same(wanted, layout) && !layout->backlog &&
	    (!modules->snapshot->plan.refused || modules->now_ns < layout->again_ns))
		return;
	ret = commit(modules, wanted);
	/* In the next cycle; or when there is a bus again. */
	if (ret == -EBUSY || !modules->device->open || modules->device->bus_dead)
		return;
	wanted->known = true;
	wanted->reversal = wanted->reverses || layout->reverses;
	wanted->committed_ns = modules->now_ns;
	wanted->crowded_ns = layout->crowded_ns;
	wanted->again_ns = modules->now_ns + AGAIN_NS;
	/* No generation is 0: nothing of the image belongs to what has been refused. */
	if (ret)
		wanted->generation = 0;
	*layout = *wanted;
}

void ohtd_layout_forget(struct ohtd_modules *modules)
{
	modules->layout.count = 0;
	modules->layout.known = false;
	memset(&modules->snapshot->plan, 0, sizeof(modules->snapshot->plan));
}

void ohtd_layout_end(struct ohtd_modules *modules)
{
	const struct oht_cyclic_plan none = { 0 };
	struct oht_cyclic_figures figures;
	uint32_t generation;

	/* If that fails, there is no bus, or the device is gone or somebody else's. */
	modules->bus->ops->plan(modules->bus, &none, &figures, &generation);
}

/* By how much the modules of every cycle answer later than the plan counts with. */
static uint64_t late_answers_ns(const struct ohtd_modules *modules)
{
	uint64_t late_us = 0;
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		const struct ohtd_unit *unit = &modules->units[i];

		if (ohtd_unit_in_plan(modules, unit) && ohtd_unit_every_cycle(unit) &&
		    unit->view.turnaround_us > unit->kind->cyclic.turnaround_us)
			late_us += unit->view.turnaround_us - unit->kind->cyclic.turnaround_us;
	}
	return late_us * OHTD_NS_PER_US;
}

bool ohtd_layout_fits(const struct ohtd_modules *modules, unsigned int words, uint32_t timeout_us)
{
	return read_ns(modules, words) + timeout_us * OHTD_NS_PER_US <= modules->layout.slack_ns;
}

/*
 * The plan's units are lost for the kernel or, sooner or later, for us. Half of the time is for their
 * exchanges before and behind, and for the control cycle to see them.
 */
static uint64_t hold_ns_of(const struct ohtd_modules *modules)
{
	const struct ohtd_layout *layout = &modules->layout;
	uint64_t hold_ns = layout->hold_max_ns, loss_ns;
	unsigned int i;

	for (i = 0; hold_ns && i < layout->count; i++) {
		const struct ohtd_unit *unit = ohtd_unit_seen(modules, layout->place[i].unit);

		/* It may have been taken out since the plan was made. */
		loss_ns = unit && unit->kind ? ohtd_unit_loss_ns(modules, unit) : hold_ns;
		if (loss_ns < hold_ns)
			hold_ns = loss_ns;
	}
	return hold_ns / 2;
}

uint32_t ohtd_layout_cut_us(const struct ohtd_modules *modules, unsigned int words, uint32_t timeout_us)
{
	const struct oht_dev_info *info = &modules->device->info;
	uint64_t taken_ns = (REQUEST_BYTES + 2ull * words) * info->char_ns + info->t35_ns + SLACK_SPARE_NS;
	uint64_t hold_ns = hold_ns_of(modules);

	if (!hold_ns || hold_ns <= taken_ns || hold_ns - taken_ns >= timeout_us * OHTD_NS_PER_US)
		return timeout_us;
	return (uint32_t)((hold_ns - taken_ns) / OHTD_NS_PER_US);
}

uint32_t ohtd_layout_slack_us(const struct ohtd_modules *modules, unsigned int words)
{
	uint64_t taken_ns = read_ns(modules, words) + late_answers_ns(modules) + SLACK_SPARE_NS;

	if (!modules->layout.count || modules->layout.slack_ns <= taken_ns)
		return 0;
	return (uint32_t)((modules->layout.slack_ns - taken_ns) / OHTD_NS_PER_US);
}

/* ---- what it brings ---- */

/* Whether a unit is there is judged by what is read of it. */
static void take(struct ohtd_modules *modules, struct ohtd_place *place,
		 const struct oht_cyclic_value *value)
{
	struct ohtd_unit *unit = ohtd_unit(modules, place->unit);
	struct oht_reply reply = {
		.error = value->error,
		.outcome = value->outcome,
		.exception = value->exception,
		.unit = value->unit,
		.function = value->function,
		.count = value->count,
		.turnaround_ns = value->turnaround_ns,
	};

	place->tried_ns = value->tried_ns;
	if (ohtd_outcome_is_void(value->outcome) || !unit || unit->view.generation != place->generation)
		return;
	memcpy(reply.words, value->words, value->count * sizeof(reply.words[0]));
	modules->snapshot->bus.transfers++;
	ohtd_unit_count(unit, &reply);
	if (place->output != OHTD_OUTPUT_NONE) {
		ohtd_setpoint_taken(modules, place, value);
		return;
	}
	/* Its time-out and that of a cycle given to another silent unit are too long for the safety module. */
	if (value->outcome == OHT_OUTCOME_TIMEOUT && !ohtd_unit_every_cycle(unit)) {
		modules->plan_silent_ns = value->tried_ns;
		ohtd_transfer_withdraw_poll(modules);
	}
	/* It may have come since this cycle looked at the clock. */
	ohtd_unit_polled(modules, unit, &place->block, &reply,
			 value->tried_ns < modules->now_ns ? value->tried_ns : modules->now_ns);
}

/*
 * The control cycle follows the exchanges of the plan, so that each sees every value once and soon.
 * Only ever sooner: a heartbeat must not wait.
 */
static void follow(struct ohtd_modules *modules, const struct oht_cyclic_head *head)
{
	uint64_t cycle_ns = OHTD_CYCLE_MS * OHTD_NS_PER_MS;
	uint64_t wish_ns = head->cycle_start_ns + modules->layout.busy_worst_ns + BEHIND_NS;

	while (wish_ns <= modules->now_ns)
		wish_ns += cycle_ns;
	while (wish_ns > *modules->next_tick_ns)
		wish_ns -= cycle_ns;
	if (wish_ns > modules->now_ns)
		*modules->next_tick_ns = wish_ns;
}

/* A plan that ends sooner takes the echo of its last exchange with it: a drive would never turn. */
static bool has_settled(const struct ohtd_modules *modules)
{
	const struct ohtd_layout *layout = &modules->layout;
	uint64_t age_ns = modules->now_ns - layout->committed_ns;
	unsigned int i;

	for (i = 0; i < layout->count && layout->place[i].tried_ns; i++)
		;
	return age_ns >= SETTLE_NS && (i == layout->count || age_ns >= SETTLE_MAX_NS);
}

/*
 * Entries due in a cycle that was left out are due in the next one. With set-points two cycles'
 * exchanges do not fit into one, so that each following cycle would be too long as well. The same
 * plan committed anew has nothing that is overdue; not before the long cycle is over, whose results
 * would be lost. If that does not help, the cycles are too long by themselves.
 * A plan that is young because of a reversal says nothing of that.
 */
static void watch_backlog(struct ohtd_modules *modules, const struct oht_cyclic_head *head)
{
	const struct ohtd_plan_view *before = &modules->snapshot->plan;
	struct ohtd_layout *layout = &modules->layout;
	bool known = ohtd_setpoint_live(modules) && before->generation == head->generation;
	bool overrun = known && before->missed != head->missed;
	bool over = layout->overrun && !overrun;

	layout->overrun = overrun;
	if (!over && !(known && before->given != head->given))
		return;
	if (has_settled(modules))
		layout->backlog = true;
	else if (!layout->reversal)
		layout->crowded_ns = modules->now_ns + CROWDED_NS;
}

static void show_head(struct ohtd_modules *modules, const struct oht_cyclic_head *head)
{
	struct ohtd_plan_view *view = &modules->snapshot->plan;

	view->generation = head->generation;
	view->entries = head->entries;
	view->cycles = head->cycles;
	view->missed = head->missed;
	view->exceeded = head->exceeded;
	view->given = head->given;
}

static_assert(OHT_CYCLIC_ENTRIES_MAX == OHTD_PLAN_ENTRIES_MAX, "each entry can be shown");

static uint32_t exchange_us(const struct ohtd_modules *modules,
			    const struct oht_cyclic_entry *entry, uint32_t turnaround_us)
{
	const struct oht_dev_info *info = &modules->device->info;

	return (uint32_t)(ohtd_grid_exchange_ns(entry, turnaround_us, info->char_ns, info->t35_ns) /
			  OHTD_NS_PER_US);
}

static void show_entry(struct ohtd_modules *modules, unsigned int index,
		       const struct oht_cyclic_value *value)
{
	const struct oht_cyclic_entry *entry = &modules->layout.entry[index];

	modules->snapshot->plan.entry[index] = (struct ohtd_plan_entry_view){
		.unit = entry->unit,
		.function = entry->function,
		.outcome = value->outcome,
		.address = entry->address,
		.count = entry->count,
		.period_cycles = entry->period_cycles,
		.phase_cycles = ohtd_layout_phase(&modules->layout, index),
		.timeout_us = entry->timeout_us,
		.planned_us = exchange_us(modules, entry, entry->turnaround_us),
		.last_us = exchange_us(modules, entry, value->turnaround_ns / 1000),
		.tried_ns = value->tried_ns,
	};
}

/* A plan begins at the first point of the grid behind its commit. This thread may have missed some cycles since. */
static uint64_t begin_ns(const struct ohtd_layout *layout, uint64_t cycle_start_ns)
{
	if (cycle_start_ns <= layout->committed_ns)
		return cycle_start_ns;
	return layout->committed_ns + (cycle_start_ns - layout->committed_ns) % (OHTD_CYCLE_MS * OHTD_NS_PER_MS);
}

void ohtd_layout_read(struct ohtd_modules *modules)
{
	struct ohtd_layout *layout = &modules->layout;
	struct oht_cyclic_head head;
	struct oht_cyclic_value value;
	unsigned int i;

	if (!modules->device->open || modules->device->bus_dead ||
	    modules->bus->ops->image_head(modules->bus, &head))
		return;
	if (layout->count && head.generation == layout->generation)
		watch_backlog(modules, &head);
	show_head(modules, &head);
	modules->snapshot->plan.entry_count = 0;
	/* Committed, and not in force yet; or refused. */
	if (!layout->count || head.generation != layout->generation)
		return;
	if (!layout->followed && head.cycle_start_ns) {
		follow(modules, &head);
		layout->begin_ns = begin_ns(layout, head.cycle_start_ns);
	}
	layout->followed = layout->followed || head.cycle_start_ns;
	for (i = 0; i < layout->count; i++) {
		if (modules->bus->ops->image(modules->bus, i, &value) ||
		    value.generation != layout->generation)
			continue;
		show_entry(modules, i, &value);
		modules->snapshot->plan.entry_count = i + 1;
		if (value.tried_ns && value.tried_ns != layout->place[i].tried_ns)
			take(modules, &layout->place[i], &value);
	}
}
