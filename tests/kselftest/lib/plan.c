// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "tap.h"

#define RETRIES_MAX	1000000
#define BEGIN_MS_MAX	15000

static const struct oht_plan_entry good_entries[] = {
	{ .unit = PLAN_INPUT_UNIT, .function = 3, .loss_errors = 200, .count = 2, .period_cycles = 1,
	  .timeout_us = 1000, .turnaround_us = 1000 },
	{ .unit = PLAN_SECOND_UNIT, .function = 4, .loss_errors = 200, .address = 7, .count = 6,
	  .period_cycles = 2, .phase_cycles = 1, .timeout_us = 1000, .turnaround_us = 500 },
	{ .unit = PLAN_OUTPUT_UNIT, .function = 16, .loss_errors = 200, .count = 3, .period_cycles = 1,
	  .timeout_us = 1000 },
};

struct oht_plan_entry plan_entries[OHT_PLAN_ENTRIES_MAX];
struct oht_plan_stage plan_stage;

void plan_make_good(void)
{
	memset(plan_entries, 0, sizeof(plan_entries));
	memcpy(plan_entries, good_entries, sizeof(good_entries));
	plan_stage = (struct oht_plan_stage){
		.size = sizeof(plan_stage),
		.entry_size = sizeof(plan_entries[0]),
		.count = PLAN_ENTRIES,
		.entries = (uintptr_t)plan_entries,
		.cycle_us = PLAN_CYCLE_US,
		.whole_cycles = 4,
	};
}

int plan_commit(int fd, uint32_t flags, struct oht_plan_commit *made)
{
	struct oht_plan_commit again;

	made = made ? made : &again;
	memset(made, 0, sizeof(*made));
	made->size = sizeof(*made);
	made->flags = flags;
	return guest_ioctl(fd, OHT_IOC_PLAN_COMMIT, made);
}

int plan_clear(int fd, uint32_t flags)
{
	struct oht_plan_clear ended = { .size = sizeof(ended), .flags = flags };

	return guest_ioctl(fd, OHT_IOC_PLAN_CLEAR, &ended);
}

void plan_status(int fd, struct oht_plan_status *status)
{
	int error;

	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	error = guest_ioctl(fd, OHT_IOC_PLAN_STATUS, status);
	if (error)
		tap_bail("PLAN_STATUS: %s", strerror(error));
}

struct oht_image *plan_map_image(int fd)
{
	void *map = mmap(NULL, sizeof(struct oht_image), PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	return map;
}

/* ---- the reader's protocol, as the header gives it ---- */

static void copy_words(void *to, const void *from, size_t bytes)
{
	const volatile uint32_t *in = from;
	uint32_t *out = to;
	size_t i;

	for (i = 0; i < bytes / sizeof(*out); i++)
		out[i] = in[i];
}

static bool read_part(const void *part, void *copy, size_t bytes)
{
	const _Atomic uint32_t *seq = part;
	uint32_t begin, end;
	long tries = 0;

	do {
		if (++tries > RETRIES_MAX)
			return false;
		begin = atomic_load_explicit(seq, memory_order_acquire);
		copy_words(copy, part, bytes);
		atomic_thread_fence(memory_order_acquire);
		end = atomic_load_explicit(seq, memory_order_relaxed);
	} while ((begin & 1) || begin != end);
	return true;
}

void plan_read_header(const struct oht_image *image, struct oht_image_header *header)
{
	if (!read_part(&image->header, header, sizeof(*header)))
		tap_bail("the head of the image is being written for ever");
}

void plan_read_slot(const struct oht_image *image, unsigned int entry,
		      struct oht_image_slot *slot)
{
	if (!read_part(&image->slots[entry], slot, sizeof(*slot)))
		tap_bail("slot %u is being written for ever", entry);
}

bool plan_wait_generation(const struct oht_image *image, uint32_t generation)
{
	struct oht_image_header header;

	return GUEST_UNTIL((plan_read_header(image, &header), header.generation == generation),
			   BEGIN_MS_MAX);
}
