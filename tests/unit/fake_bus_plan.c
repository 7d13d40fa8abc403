// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan of fake_bus, as the kernel runs it: other requests go only if their whole time-out fits
 * in front of the next cycle, or one of them gets a whole cycle now and then.
 */
#include <errno.h>
#include <string.h>

#include "fake_bus.h"
#include "fake_request.h"

static uint64_t now_ns(const struct fake_bus *fake)
{
	return ohtd_clock_monotonic_ns(fake->clock);
}

/* ---- the slack ---- */

static uint64_t worst_ns(const struct oht_request *request)
{
	const struct oht_cyclic_entry entry = {
		.function = request->function,
		.count = request->count,
	};

	return ohtd_grid_exchange_ns(&entry, request->timeout_us, FAKE_CHAR_NS, FAKE_GAP_NS) +
	       FAKE_CHAR_NS;
}

static bool is_long(const struct fake_bus *fake, const struct oht_request *request)
{
	return worst_ns(request) > fake->slack_max_ns;
}

bool fake_bus_holds(const struct fake_bus *fake, const struct oht_request *request)
{
	const struct ohtd_grid_plan *plan = &fake->grid.plan;
	const struct oht_cyclic_plan in_force = {
		.entries = plan->entry, .count = plan->count, .cycle_us = plan->cycle_us,
	};
	uint64_t max_ns = ohtd_grid_hold_max_ns(&in_force);

	return max_ns && worst_ns(request) > max_ns;
}

bool fake_bus_open_for(const struct fake_bus *fake, const struct oht_request *request)
{
	if (!fake->grid.plan.count)
		return true;
	if (ohtd_grid_next(&fake->grid) >= 0)
		return false;
	if (fake->whole)
		return is_long(fake, request);
	return now_ns(fake) + worst_ns(request) <= fake->grid.grid_ns;
}

static bool wanted(const struct fake_bus *fake)
{
	unsigned int i;

	for (i = 0; i < OHT_UNDER_WAY_MAX; i++)
		if (fake->jobs[i].used && fake->running != (int)i &&
		    is_long(fake, &fake->jobs[i].request))
			return true;
	return false;
}

/* ---- the grid ---- */

static void swap(struct fake_bus *fake)
{
	if (!fake->has_next || fake->running_entry >= 0 || ohtd_grid_next(&fake->grid) >= 0 ||
	    (fake->grid.plan.count && now_ns(fake) < fake->grid.grid_ns))
		return;
	ohtd_grid_start(&fake->grid, &fake->next_plan, now_ns(fake));
	fake->has_next = false;
	fake->has_outputs = 0;
	fake->again = 0;
}

void fake_bus_tick(struct fake_bus *fake)
{
	uint64_t given, cycle;

	if (fake->gone || fake->port_dead)
		return;
	swap(fake);
	cycle = fake->grid.head.cycles;
	given = fake->grid.head.given;
	fake->grid.writes = fake->status.state == OHT_STATE_ENABLED ? fake->has_outputs : 0;
	if (!ohtd_grid_tick(&fake->grid, now_ns(fake), fake->give && wanted(fake)))
		return;
	memcpy(fake->sent, fake->outputs, sizeof(fake->sent));
	fake->whole = fake->grid.head.given != given;
	if (fake->whole)
		fake->give_cycle = cycle + fake->whole_cycles;
	fake->give = cycle >= fake->give_cycle && wanted(fake);
}

/* ---- ops ---- */

static int check(struct fake_bus *fake)
{
	if (fake->gone)
		return -ENODEV;
	if (fake->port_dead)
		return -EOPNOTSUPP;
	return fake->status.is_controller ? 0 : -EPERM;
}

static void clear(struct fake_bus *fake)
{
	const struct ohtd_grid_plan none = { .generation = ++fake->generation };

	fake->has_next = false;
	fake->running_entry = -1;
	ohtd_grid_start(&fake->grid, &none, now_ns(fake));
	fake->has_outputs = 0;
	fake->again = 0;
}

static bool writes(const struct oht_cyclic_entry *entry)
{
	return entry->function == OHT_WRITE_SINGLE || entry->function == OHT_WRITE_MULTIPLE;
}

void fake_bus_forget_outputs(struct fake_bus *fake)
{
	const struct oht_reply stopped = { .outcome = OHT_OUTCOME_STOPPED, .error = ECANCELED };
	unsigned int i;

	fake->has_outputs = 0;
	fake->again = 0;
	for (i = 0; i < fake->grid.plan.count; i++) {
		if (!writes(&fake->grid.plan.entry[i]))
			continue;
		/* The line stays busy until its answer would have come. */
		if (fake->running_entry == (int)i) {
			ohtd_grid_done(&fake->grid, (int)i, &stopped, now_ns(fake));
			fake->running_entry = -1;
		}
		ohtd_grid_leave_out(&fake->grid, (int)i, now_ns(fake));
	}
}

int fake_bus_outputs(struct ohtd_bus *bus, uint32_t generation, unsigned int entry,
		     const uint16_t *words, unsigned int count, bool now)
{
	struct fake_bus *fake = (struct fake_bus *)bus;
	const struct ohtd_grid_plan *plan = &fake->grid.plan;
	int ret = check(fake);

	fake->output_calls++;
	if (ret)
		return ret;
	if (!bus->ops->hardware_stop)
		return -EOPNOTSUPP;
	if (!count || count > FAKE_OUTPUT_WORDS)
		return -EINVAL;
	fake_bus_run(fake);
	if (!plan->count || generation != plan->generation)
		return -ENOENT;
	if (entry >= plan->count || !writes(&plan->entry[entry]) ||
	    count != plan->entry[entry].count)
		return -EINVAL;
	if (fake->status.state == OHT_STATE_STOPPED)
		return -ECANCELED;
	memcpy(fake->outputs[entry], words, count * sizeof(words[0]));
	fake->has_outputs |= 1ull << entry;
	if (!now || fake->status.state != OHT_STATE_ENABLED)
		return 0;
	memcpy(fake->sent[entry], words, count * sizeof(words[0]));
	if (fake->running_entry == (int)entry)
		fake->again |= 1ull << entry;
	else
		ohtd_bus_hurry(&fake->grid, (int)entry);
	fake_bus_run(fake);
	return 0;
}

int fake_bus_plan(struct ohtd_bus *bus, const struct oht_cyclic_plan *plan,
		  struct oht_cyclic_figures *figures, uint32_t *generation)
{
	struct fake_bus *fake = (struct fake_bus *)bus;
	struct oht_cyclic_plan unjudged = *plan;
	unsigned int bad_entry;
	int ret = check(fake);

	*generation = 0;
	memset(figures, 0, sizeof(*figures));
	if (ret)
		return ret;
	fake_bus_run(fake);
	if (!plan->count) {
		clear(fake);
		*generation = fake->generation;
		return 0;
	}
	fake->plan_calls++;
	/* The grid has no bound of a stop, and would refuse any budget. */
	unjudged.stop_budget_us = 0;
	ret = ohtd_grid_check(&unjudged, FAKE_CHAR_NS, FAKE_GAP_NS, NULL, figures, &bad_entry);
	if (!ret)
		ret = fake->plan_error;
	figures->stop_ns = fake->stop_ns ? fake->stop_ns : figures->stop_ns;
	if (!ret && plan->stop_budget_us && fake->stop_ns > plan->stop_budget_us * OHTD_NS_PER_US)
		ret = -EDQUOT;
	if (!ret && fake->has_next)
		ret = -EBUSY;
	if (ret)
		return ret;
	fake->next_plan = (struct ohtd_grid_plan){
		.count = plan->count,
		.cycle_us = plan->cycle_us,
		.generation = ++fake->generation,
	};
	memcpy(fake->next_plan.entry, plan->entries, plan->count * sizeof(plan->entries[0]));
	fake->stop_budget_us = plan->stop_budget_us;
	fake->slack_max_ns = figures->slack_max_ns;
	fake->whole_cycles = plan->whole_cycles;
	fake->has_next = true;
	*generation = fake->generation;
	return 0;
}

int fake_bus_image_head(struct ohtd_bus *bus, struct oht_cyclic_head *head)
{
	struct fake_bus *fake = (struct fake_bus *)bus;

	if (fake->port_dead)
		return -EOPNOTSUPP;
	fake_bus_run(fake);
	*head = fake->grid.head;
	head->gone = fake->gone;
	return 0;
}

int fake_bus_image(struct ohtd_bus *bus, unsigned int entry, struct oht_cyclic_value *value)
{
	struct fake_bus *fake = (struct fake_bus *)bus;

	if (entry >= OHT_CYCLIC_ENTRIES_MAX)
		return -EINVAL;
	*value = fake->grid.value[entry];
	return 0;
}
