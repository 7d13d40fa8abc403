// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/motion_limits.h"

#include <errno.h>
#include <string.h>

#include "control/control.h"
#include "control/one_module.h"

/* ohtd_limits.word, below the number of the newest reading */
#define IN_FORCE	1u	/* index of the block in force */
#define OFFERED		2u	/* the other one may be taken */
#define NUMBER_SHIFT	2

static uint64_t word_of(uint32_t generation, uint64_t flags)
{
	return (uint64_t)generation << NUMBER_SHIFT | flags;
}

int ohtd_limits_init(struct ohtd_limits *limits, const char *data_dir, const struct ohtd_model *model,
		     uint64_t now_ns, char error[OHT_ERROR_BYTES])
{
	struct ohtd_limits_block *first = &limits->block[0];
	int ret = ohtd_rules_load(data_dir, &first->table, NULL, error);

	if (!ret)
		ret = ohtd_stations_load(data_dir, &first->stations, error);
	if (ret)
		return ret;
	ret = -pthread_mutex_init(&limits->lock, NULL);
	if (ret)
		return ret;
	ohtd_searched_preset(model, &first->searched);
	first->generation = 1;
	first->read_ns = now_ns;
	atomic_init(&limits->word, word_of(1, 0));
	return 0;
}

void ohtd_limits_fini(struct ohtd_limits *limits)
{
	/* Zeroed: it has never come so far. */
	if (limits->block[0].generation)
		pthread_mutex_destroy(&limits->lock);
}

void ohtd_limits_begin(struct ohtd_limits *limits, const struct ohtd_rule_table *table,
		       const struct ohtd_stations *stations, const struct ohtd_searched *searched, const struct ohtd_profiles *profiles)
{
	limits->block[0].table = *table;
	limits->block[0].stations = *stations;
	limits->block[0].searched = *searched;
	limits->block[0].profiles = *profiles;
}

/* ---- readers, and who fills a block ---- */

static void add_change(struct ohtd_limits_block *block, unsigned int rule, unsigned int profile,
		       const struct ohtd_rules *before)
{
	unsigned int from = profile == OHTD_RULE_COMMON ? 0 : profile;

	block->change[block->changes++] = (struct ohtd_limits_change){
		.rule = (uint8_t)rule,
		.profile = (uint8_t)profile,
		.before = before[from].value[rule],
		.now = block->table.rules[from].value[rule],
	};
}

/* The same of both layouts is one change, however the file says it. */
static void compare(struct ohtd_limits_block *block, const struct ohtd_rules *before)
{
	const struct ohtd_rules *now = block->table.rules;
	unsigned int rule, profile;

	block->changes = 0;
	for (rule = 0; rule < OHTD_RULES; rule++) {
		if (before[0].value[rule] == before[1].value[rule] &&
		    now[0].value[rule] == now[1].value[rule]) {
			if (now[0].value[rule] != before[0].value[rule])
				add_change(block, rule, OHTD_RULE_COMMON, before);
			continue;
		}
		for (profile = 0; profile < OHT_PROFILES; profile++)
			if (now[profile].value[rule] != before[profile].value[rule])
				add_change(block, rule, profile, before);
	}
}

uint32_t ohtd_limits_offer(struct ohtd_limits *limits, const struct ohtd_rule_table *table,
			   const struct ohtd_stations *stations, const struct ohtd_searched *searched,
			   const struct ohtd_profiles *profiles, uint64_t now_ns)
{
	const struct ohtd_limits_block *before;
	struct ohtd_limits_block *block;
	uint64_t word;
	uint32_t generation;

	pthread_mutex_lock(&limits->lock);
	/* The control thread does not take the other block while this thread fills that block. */
	word = atomic_fetch_and(&limits->word, ~(uint64_t)OFFERED);
	/* It had been taken, or an older offer is withdrawn: either way the bit says which is in force. */
	before = &limits->block[word & IN_FORCE];
	block = &limits->block[!(word & IN_FORCE)];
	generation = (uint32_t)(word >> NUMBER_SHIFT) + 1;
	block->generation = generation;
	block->read_ns = now_ns;
	block->table = *table;
	block->stations = stations ? *stations : before->stations;
	block->searched = searched ? *searched : before->searched;
	block->profiles = profiles ? *profiles : before->profiles;
	compare(block, before->table.rules);
	atomic_store(&limits->word, word_of(generation, OFFERED | (word & IN_FORCE)));
	pthread_mutex_unlock(&limits->lock);
	return generation;
}

void ohtd_limits_copy(struct ohtd_limits *limits, struct ohtd_limits_block *block)
{
	pthread_mutex_lock(&limits->lock);
	/* If another one is taken meanwhile, this one still stays as it is until the lock is free. */
	*block = limits->block[atomic_load(&limits->word) & IN_FORCE];
	pthread_mutex_unlock(&limits->lock);
}

void ohtd_limits_stations(struct ohtd_limits *limits, struct ohtd_stations *stations)
{
	pthread_mutex_lock(&limits->lock);
	*stations = limits->block[atomic_load(&limits->word) & IN_FORCE].stations;
	pthread_mutex_unlock(&limits->lock);
}

int ohtd_limits_changed(struct ohtd_limits *limits, uint32_t generation,
			struct ohtd_limits_change *changes)
{
	const struct ohtd_limits_block *block;
	int ret = -ENOENT;

	pthread_mutex_lock(&limits->lock);
	block = &limits->block[atomic_load(&limits->word) & IN_FORCE];
	if (block->generation == generation) {
		ret = (int)block->changes;
		memcpy(changes, block->change, block->changes * sizeof(*changes));
	}
	pthread_mutex_unlock(&limits->lock);
	return ret;
}

/* ---- control thread ---- */

const struct ohtd_limits_block *ohtd_limits_block(const struct ohtd_limits *limits)
{
	return &limits->block[atomic_load(&limits->word) & IN_FORCE];
}

bool ohtd_limits_take(struct ohtd_limits *limits, uint32_t generation)
{
	uint64_t in_force = atomic_load(&limits->word) & IN_FORCE;
	uint64_t offered = word_of(generation, OFFERED | in_force);

	return atomic_compare_exchange_strong(&limits->word, &offered,
					      word_of(generation, in_force ^ IN_FORCE));
}

/* Everything that stands in the way now. */
static void list_refusals(const struct ohtd_control *control, const struct ohtd_command *command, struct ohtd_why_list *why)
{
	if (command->outputs_low && !control->modules.owner->outputs_stay_off(control))
		ohtd_why_add(why, OHTD_WHY_ENABLED, 0, 0);
	if (!ohtd_state_stands(control->state)) {
		ohtd_why_add_state(control, why);
		return;
	}
	if (!control->facts[OHTD_FACT_STANDSTILL] ||
	    (control->travel.driving && !ohtd_travel_rests(control)))
		ohtd_why_add_moving(control, why);
}

static void refuse(struct ohtd_control *control, const struct ohtd_asked *asked,
		   unsigned int outcome, unsigned int code)
{
	struct ohtd_why_list why = { 0 };

	ohtd_why_add(&why, code, 0, 0);
	ohtd_commands_refuse(control, asked, outcome, &why);
}

void ohtd_limits_give_up(struct ohtd_control *control, unsigned int outcome, unsigned int code)
{
	const struct ohtd_asked asked = control->limits_asked;

	control->limits_asked.used = false;
	if (asked.used)
		refuse(control, &asked, outcome, code);
}

/* The newest reading is the one that can still be taken: an older one is refused in its favour. */
void ohtd_limits_ask(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	const struct ohtd_asked *waits = &control->limits_asked;

	if (waits->used && (int32_t)(asked->command.generation - waits->command.generation) < 0) {
		refuse(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
		return;
	}
	ohtd_limits_give_up(control, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
	control->limits_asked = *asked;
}

static void take(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	const struct ohtd_limits_block *block;
	struct ohtd_event_record record;

	if (!ohtd_limits_take(&control->limits, asked->command.generation)) {
		refuse(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
		return;
	}
	block = ohtd_limits_block(&control->limits);
	ohtd_travel_use_limits(control);
	ohtd_passage_begin(control);
	ohtd_units_search(&control->modules, &block->searched, &block->profiles);
	record = ohtd_event_of_person(control, OHTD_RECORD_LIMITS, &asked->command);
	record.generation = asked->command.generation;
	ohtd_event_ring_put(&control->event_ring, &record);
	control->notify = true;
	ohtd_commands_done(control, asked);
}

void ohtd_limits_edge(struct ohtd_control *control)
{
	const struct ohtd_asked asked = control->limits_asked;
	struct ohtd_why_list why = { 0 };

	if (!asked.used)
		return;
	control->limits_asked.used = false;
	ohtd_facts_update(control);
	list_refusals(control, &asked.command, &why);
	if (ohtd_commands_late(control, &asked.command))
		refuse(control, &asked, OHTD_OUTCOME_EXPIRED, OHTD_WHY_EXPIRED);
	else if (why.count)
		ohtd_commands_refuse(control, &asked, OHTD_OUTCOME_REFUSED, &why);
	else if (asked.command.trial)
		ohtd_commands_done(control, &asked);
	else
		take(control, &asked);
}
