// SPDX-License-Identifier: GPL-2.0-or-later
/* The fake device's modules, plan and process image. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_device.h"

/* ---- modules ---- */

static int do_module_get(struct oht_module_status *status)
{
	if (status->unit < 1 || status->unit > 247)
		return EINVAL;
	if (!(fake.info.caps & OHT_CAP_BUS))
		return EOPNOTSUPP;
	fake.modules[status->unit].unit = status->unit;
	*status = fake.modules[status->unit];
	return 0;
}

static int do_module_set(const struct oht_module_set *set)
{
	assert_int_equal(set->flags | set->pad | set->reserved[0] | set->reserved[1], 0);
	if (!(fake.stop.flags & OHT_ESTOP_IS_CONTROLLER))
		return EPERM;
	fake.module_set = *set;
	return 0;
}

void fake_module(uint8_t unit, uint8_t from, uint8_t to)
{
	struct oht_record record = { .type = OHT_RECORD_MODULE, .module = {
		.module_seq = 1, .changed_ns = fake.now_ns, .last_good_ns = 4711, .unit = unit,
		.from = from, .to = to, .detail = OHT_DETAIL_TIMEOUT, .errors_in_row = 3 } };

	if (fake.subscribed & OHT_SUBSCRIBE_MODULES)
		fake_push(&record);
}

/* ---- plan ---- */

void fake_cycle(uint32_t kind, uint32_t count, uint16_t entry)
{
	struct oht_record record = { .type = OHT_RECORD_CYCLE, .cycle = {
		.journal_seq = ++fake.cycle_seq, .event_ns = fake.now_ns, .cycle = 4000,
		.kind = kind, .count = count, .generation = 3, .entry = entry, .unit = 5,
		.detail = kind == OHT_CYCLE_LOST ? OHT_DETAIL_TIMEOUT : OHT_DETAIL_OK } };

	if (fake.subscribed & OHT_SUBSCRIBE_CYCLE)
		fake_push(&record);
}

static int plan_allowed(void)
{
	if (!(fake.info.caps & OHT_CAP_BUS))
		return EOPNOTSUPP;
	return fake.stop.flags & OHT_ESTOP_IS_CONTROLLER ? 0 : EPERM;
}

static int do_stage(struct oht_plan_stage *stage)
{
	assert_int_equal(stage->size, sizeof(*stage));
	assert_int_equal(stage->flags, 0);
	assert_int_equal(stage->entry_size, sizeof(fake.entries[0]));
	if (plan_allowed())
		return plan_allowed();
	fake.stage = *stage;
	stage->bad_entry = fake.stage_error ? fake.stage_bad_entry : stage->count;
	if (fake.stage_error)
		return fake.stage_error;
	if (!stage->count || stage->count > OHT_PLAN_ENTRIES_MAX)
		return EINVAL;
	memcpy(fake.entries, (const void *)(uintptr_t)stage->entries,
	       stage->count * sizeof(fake.entries[0]));
	return 0;
}

static int do_commit(struct oht_plan_commit *commit)
{
	assert_int_equal(commit->size, sizeof(*commit));
	assert_int_equal(commit->reserved, 0);
	if (plan_allowed())
		return plan_allowed();
	fake.commit.flags = commit->flags;
	fake.commits++;
	*commit = fake.commit;
	if (fake.commit_error || commit->flags & OHT_PLAN_DRY_RUN)
		return fake.commit_error;
	fake.plan.flags = OHT_PLAN_RUNNING;
	fake.plan.generation = commit->generation + fake.commit_generation_off;
	return 0;
}

static int do_outputs(const struct oht_outputs *outputs)
{
	assert_int_equal(outputs->size, sizeof(*outputs));
	assert_int_equal(outputs->flags, 0);
	if (plan_allowed())
		return plan_allowed();
	fake.outputs = *outputs;
	memcpy(fake.output_words, (const void *)(uintptr_t)outputs->words,
	       outputs->count * sizeof(fake.output_words[0]));
	return 0;
}

static int do_clear(const struct oht_plan_clear *clear)
{
	assert_int_equal(clear->size, sizeof(*clear));
	assert_int_equal(clear->flags, 0);
	if (plan_allowed())
		return plan_allowed();
	fake.clears++;
	return 0;
}

static int do_plan_status(struct oht_plan_status *status)
{
	assert_int_equal(status->size, sizeof(*status));
	if (!(fake.info.caps & OHT_CAP_BUS))
		return EOPNOTSUPP;
	*status = fake.plan;
	status->size = sizeof(*status);
	return 0;
}

int fake_plan_ioctl(unsigned long number, void *argument)
{
	switch (number) {
	case OHT_IOC_PLAN_STAGE:
		return do_stage(argument);
	case OHT_IOC_PLAN_COMMIT:
		return do_commit(argument);
	case OHT_IOC_PLAN_CLEAR:
		return do_clear(argument);
	case OHT_IOC_PLAN_STATUS:
		return do_plan_status(argument);
	case OHT_IOC_OUTPUTS:
		return do_outputs(argument);
	case OHT_IOC_MODULE_SET:
		return do_module_set(argument);
	case OHT_IOC_MODULE_GET:
		return do_module_get(argument);
	default:
		return ENOTTY;
	}
}

const void *fake_map(int fd, size_t bytes)
{
	assert_int_equal(fd, FAKE_FD);
	assert_int_equal(bytes, sizeof(fake.image));
	if (fake.map_error) {
		errno = fake.map_error;
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
		.generation = 3,
		.figures = {
			.worst_permille = 641, .mean_permille = 470, .hyperperiod_cycles = 20,
			.longest_entry = 0, .busy_worst_ns = 16025000, .slack_min_ns = 8975000,
			.slack_max_ns = 14000000, .stop_ns = 6100000, .command_wait_ns = 27500000,
		},
	};
	fake.image.header = (struct oht_image_header){
		.abi_version = OHT_ABI_VERSION,
		.header_bytes = sizeof(struct oht_image_header),
		.slot_bytes = sizeof(struct oht_image_slot),
		.slots = OHT_PLAN_ENTRIES_MAX,
	};
}
