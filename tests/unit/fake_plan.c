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

/* ---- plan ---- */

static int do_stage(struct oht_plan_stage *stage)
{
	assert_int_equal(stage->size, sizeof(*stage));
	assert_int_equal(stage->flags, 0);
	assert_int_equal(stage->entry_size, sizeof(fake.entries[0]));
	fake.stage = *stage;
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
	fake.commit.flags = commit->flags;
	*commit = fake.commit;
	return 0;
}

static int do_outputs(const struct oht_outputs *outputs)
{
	assert_int_equal(outputs->size, sizeof(*outputs));
	assert_int_equal(outputs->flags, 0);
	fake.outputs = *outputs;
	memcpy(fake.output_words, (const void *)(uintptr_t)outputs->words,
	       outputs->count * sizeof(fake.output_words[0]));
	return 0;
}

static int do_clear(const struct oht_plan_clear *clear)
{
	assert_int_equal(clear->size, sizeof(*clear));
	assert_int_equal(clear->flags, 0);
	fake.clears++;
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
	fake.image.header = (struct oht_image_header){
		.abi_version = OHT_ABI_VERSION,
		.header_bytes = sizeof(struct oht_image_header),
		.slot_bytes = sizeof(struct oht_image_slot),
		.slots = OHT_PLAN_ENTRIES_MAX,
	};
}
