// SPDX-License-Identifier: GPL-2.0-or-later
/* The fake device's units, plan and process image. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_device.h"
#include "fake_rules.h"

#define NS_PER_US	1000LL
#define RETRIES_MAX	10
#define TIMEOUT_MIN_US	1000
#define BACKOFF_MIN_MS	10
#define BACKOFF_FIRST_MAX_MS	60000
#define BACKOFF_MAX_MS	3600000
#define PAUSE_MAX_US		50000
#define REST_MAX_US		50000

/* ---- units ---- */

static int do_unit_get(struct oht_unit_status *status)
{
	uint8_t unit = status->unit;

	if (unit < 1 || unit > 247 || status->rest_us)
		return EINVAL;
	if (!(fake.info.caps & OHT_CAP_BUS))
		return EOPNOTSUPP;
	*status = fake.units[unit];
	status->unit = unit;
	return 0;
}

static bool backoff_is_good(const struct oht_unit_set *set)
{
	if (!set->degrade_after)
		return !set->backoff_first_ms && !set->backoff_max_ms;
	return set->backoff_first_ms >= BACKOFF_MIN_MS &&
	       set->backoff_first_ms <= BACKOFF_FIRST_MAX_MS &&
	       set->backoff_max_ms >= set->backoff_first_ms &&
	       set->backoff_max_ms <= BACKOFF_MAX_MS;
}

static int do_unit_set(int file, const struct oht_unit_set *set)
{
	struct oht_unit_status *unit;

	if (set->flags || set->pad)
		return EINVAL;
	if (set->unit < 1 || set->unit > 247 || set->retries > RETRIES_MAX ||
	    set->timeout_us < TIMEOUT_MIN_US || set->timeout_us > fake.info.turnaround_max_us ||
	    set->pause_max_us > PAUSE_MAX_US || set->rest_us > REST_MAX_US || !backoff_is_good(set))
		return EINVAL;
	if (!(fake.info.caps & OHT_CAP_BUS))
		return EOPNOTSUPP;
	if (!fake_is_controller(file))
		return EPERM;
	unit = &fake.units[set->unit];
	if (fake.plan.flags & (OHT_PLAN_RUNNING | OHT_PLAN_PENDING) &&
	    (set->pause_max_us != unit->pause_max_us || set->rest_us != unit->rest_us))
		return EBUSY;
	fake.unit_set = *set;
	unit->flags = OHT_UNIT_CONFIGURED;
	unit->health = OHT_HEALTH_UNKNOWN;
	unit->errors_in_row = 0;
	unit->retries = set->retries;
	unit->degrade_after = set->degrade_after;
	unit->timeout_us = set->timeout_us;
	unit->backoff_first_ms = set->backoff_first_ms;
	unit->backoff_max_ms = set->backoff_max_ms;
	unit->pause_max_us = set->pause_max_us;
	unit->rest_us = set->rest_us;
	return 0;
}

void fake_unit_news(uint8_t unit, uint8_t from, uint8_t to)
{
	struct oht_record record = { .type = OHT_RECORD_UNIT, .unit = {
		.journal_seq = ++fake.unit_seq, .changed_ns = fake.now_ns, .last_good_ns = 4711, .unit = unit,
		.from = from, .to = to, .detail = OHT_DETAIL_TIMEOUT, .errors_in_row = 3 } };

	fake_tell(OHT_SUBSCRIBE_UNITS, &record);
}

/* ---- plan ---- */

void fake_cycle(uint32_t kind, uint32_t count, uint16_t entry)
{
	struct oht_record record = { .type = OHT_RECORD_CYCLE, .cycle = {
		.journal_seq = ++fake.cycle_seq, .event_ns = fake.now_ns, .cycle = 4000,
		.kind = kind, .count = count, .generation = 3, .entry = entry, .unit = 5,
		.detail = kind == OHT_CYCLE_LOST ? OHT_DETAIL_TIMEOUT : OHT_DETAIL_OK } };

	fake_tell(OHT_SUBSCRIBE_CYCLE, &record);
}

static int plan_allowed(int file)
{
	if (!(fake.info.caps & OHT_CAP_BUS))
		return EOPNOTSUPP;
	return fake_is_controller(file) ? 0 : EPERM;
}

static int do_stage(int file, struct oht_plan_stage *stage)
{
	int error;

	stage->bad_entry = stage->count;
	if (stage->flags || stage->entry_size != sizeof(fake.entries[0]) || !stage->count ||
	    stage->count > OHT_PLAN_ENTRIES_MAX)
		return EINVAL;
	error = plan_allowed(file);
	if (error)
		return error;
	if (!stage->entries)
		return EFAULT;
	if (fake.stage_error) {
		stage->bad_entry = fake.stage_bad_entry;
		return fake.stage_error;
	}
	error = fake_rules_stage(stage);
	if (error)
		return error;
	fake.stage = *stage;
	fake.staged = true;
	memcpy(fake.entries, (const void *)(uintptr_t)stage->entries,
	       stage->count * sizeof(fake.entries[0]));
	return 0;
}

/* A layout is in force, or none any more. */
static void show_layout(uint32_t flags, uint32_t generation)
{
	struct oht_image_header *header = &fake.image.header;

	fake.plan.flags = header->flags = flags;
	fake.plan.generation = header->generation = generation;
	fake.plan.entries = header->entries = flags & OHT_PLAN_RUNNING ? fake.pending.count : 0;
	fake.plan.cycle_us = header->cycle_us = flags & OHT_PLAN_RUNNING ? fake.pending.cycle_us : 0;
}

static void show_entries(void)
{
	uint32_t i;

	for (i = 0; i < fake.plan.entries; i++) {
		const struct oht_plan_entry *entry = &fake.running_entries[i];

		fake.image.slots[i] = (struct oht_image_slot){
			.generation = fake.plan.generation,
			.unit = entry->unit,
			.function = entry->function,
			.status = -ENODATA,
			.address = entry->address,
			.count = entry->count,
			.period_cycles = entry->period_cycles,
			.phase_cycles = entry->phase_cycles,
			.loss_action = entry->loss_action,
			.loss_errors = entry->loss_errors,
		};
	}
}

void fake_plan_run(void)
{
	if (!(fake.plan.flags & OHT_PLAN_PENDING) || fake.now_ns < fake.starts_ns)
		return;
	memcpy(fake.running_entries, fake.pending_entries, sizeof(fake.running_entries));
	show_layout(OHT_PLAN_RUNNING, fake.generation + fake.commit_generation_off);
	show_entries();
}

static int do_commit(int file, struct oht_plan_commit *commit)
{
	int error;

	if (commit->flags & ~OHT_PLAN_DRY_RUN || commit->reserved)
		return EINVAL;
	error = plan_allowed(file);
	if (error)
		return error;
	commit->generation = 0;
	if (!fake.staged)
		return ENOENT;
	fake.commit.flags = commit->flags;
	fake.commits++;
	commit->figures = fake.commit.figures;
	error = fake.commit_error;
	if (!fake.own_figures)
		error = fake_rules_figures(&fake.stage, fake.entries, fake.units, &commit->figures);
	if (error || commit->flags & OHT_PLAN_DRY_RUN)
		return error;
	if (fake.plan.flags & OHT_PLAN_PENDING)
		return EBUSY;
	commit->generation = ++fake.generation;
	fake.pending = fake.stage;
	memcpy(fake.pending_entries, fake.entries, sizeof(fake.pending_entries));
	/* The first plan begins at once, another one with the next cycle. */
	fake.starts_ns = fake.now_ns;
	if (fake.plan.flags & OHT_PLAN_RUNNING)
		fake.starts_ns += fake.plan.cycle_us * NS_PER_US;
	fake.plan.flags |= OHT_PLAN_PENDING;
	return 0;
}

#define WRITE_READ	23

static int do_outputs(int file, const struct oht_outputs *outputs)
{
	const struct oht_plan_entry *entry = &fake.running_entries[outputs->entry];
	int error;

	if ((outputs->flags & ~OHT_OUTPUTS_NOW) || !outputs->count || outputs->count > OHT_WORDS_MAX)
		return EINVAL;
	error = plan_allowed(file);
	if (error)
		return error;
	if (!outputs->words)
		return EFAULT;
	if (!(fake.plan.flags & OHT_PLAN_RUNNING) || outputs->generation != fake.plan.generation)
		return ENOENT;
	if (outputs->entry >= fake.plan.entries ||
	    outputs->count != fake_rules_output_words(entry) ||
	    (outputs->flags && entry->function == WRITE_READ))
		return EINVAL;
	if (fake.stop.state == OHT_ESTOP_STOPPED)
		return ECANCELED;
	fake.outputs = *outputs;
	memcpy(fake.output_words, (const void *)(uintptr_t)outputs->words,
	       outputs->count * sizeof(fake.output_words[0]));
	return 0;
}

static int do_clear(int file, const struct oht_plan_clear *clear)
{
	int error;

	if (clear->flags)
		return EINVAL;
	error = plan_allowed(file);
	if (error)
		return error;
	fake.clears++;
	fake.staged = false;
	if (fake.plan.flags & (OHT_PLAN_RUNNING | OHT_PLAN_PENDING))
		show_layout(0, ++fake.generation);
	return 0;
}

int fake_plan_ioctl(int file, unsigned long number, void *argument)
{
	switch (number) {
	case OHT_IOC_PLAN_STAGE:
		return do_stage(file, argument);
	case OHT_IOC_PLAN_COMMIT:
		return do_commit(file, argument);
	case OHT_IOC_PLAN_CLEAR:
		return do_clear(file, argument);
	case OHT_IOC_OUTPUTS:
		return do_outputs(file, argument);
	case OHT_IOC_UNIT_SET:
		return do_unit_set(file, argument);
	case OHT_IOC_UNIT_GET:
		return do_unit_get(argument);
	default:
		if (!(fake.info.caps & OHT_CAP_BUS))
			return EOPNOTSUPP;
		*(struct oht_plan_status *)argument = fake.plan;
		return 0;
	}
}

const void *fake_map(int fd, size_t bytes)
{
	int error = fake.gone ? ENODEV : fake.info.caps & OHT_CAP_BUS ? 0 : EOPNOTSUPP;

	assert_in_range(fd, FAKE_FD, FAKE_FD + FAKE_FILES - 1);
	assert_int_equal(bytes, sizeof(fake.image));
	if (fake.map_error || error) {
		errno = fake.map_error ? fake.map_error : error;
		return NULL;
	}
	fake.maps++;
	return &fake.image;
}

void fake_unmap(const void *map, size_t bytes)
{
	assert_ptr_equal(map, &fake.image);
	assert_int_equal(bytes, sizeof(fake.image));
	fake.maps--;
}

void fake_plan_install(void)
{
	fake.commit = (struct oht_plan_commit){
		.size = sizeof(fake.commit),
		.figures = {
			.worst_permille = 641, .mean_permille = 470, .hyperperiod_cycles = 20,
			.longest_entry = 0, .busy_worst_ns = 16025000, .slack_min_ns = 8975000,
			.slack_max_ns = 14000000, .stop_ns = 6100000, .command_wait_ns = 27500000,
		},
	};
	fake.own_figures = true;
	fake.generation = 2;
	fake.image.header = (struct oht_image_header){
		.abi_version = OHT_ABI_VERSION,
		.header_bytes = sizeof(struct oht_image_header),
		.slot_bytes = sizeof(struct oht_image_slot),
		.slots = OHT_PLAN_ENTRIES_MAX,
	};
}
