// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process image, read as linux/oht_plan.h says: a copy between two equal, even sequence counts.
 * The kernel never waits for us, and we look no more than so often.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "oht_plan.h"

#define TRIES_MAX	1000

struct oht_image_view {
	const struct oht_image *image;
};

/* Word by word and atomic, since the words may be changing: the caller throws away what is torn. */
static void copy_words(void *to, const void *from, size_t bytes)
{
	const _Atomic uint32_t *in = from;
	uint32_t *out = to;
	size_t i;

	for (i = 0; i < bytes / sizeof(*out); i++)
		out[i] = atomic_load_explicit(&in[i], memory_order_relaxed);
}

/* A part of the image that begins with its sequence count. */
static int read_part(const void *part, void *copy, size_t bytes)
{
	const _Atomic uint32_t *seq = part;
	uint32_t begin, end;
	unsigned int tries;

	for (tries = 0; tries < TRIES_MAX; tries++) {
		begin = atomic_load_explicit(seq, memory_order_acquire);
		copy_words(copy, part, bytes);
		atomic_thread_fence(memory_order_acquire);
		end = atomic_load_explicit(seq, memory_order_relaxed);
		if (!(begin & 1) && begin == end)
			return 0;
	}
	errno = EAGAIN;
	return -1;
}

static bool is_known(const struct oht_image_header *header)
{
	return header->abi_version == OHT_ABI_VERSION &&
	       header->header_bytes == sizeof(*header) &&
	       header->slot_bytes == sizeof(struct oht_image_slot) &&
	       header->slots == OHT_PLAN_ENTRIES_MAX;
}

OHT_PUBLIC struct oht_image_view *oht_image_open(const char *path)
{
	struct oht_dev *dev = oht_dev_open(path, OHT_OPEN_READ_ONLY);
	struct oht_image_view *view = calloc(1, sizeof(*view));

	if (dev && view)
		view->image = oht_sys->map(oht_dev_fd(dev), sizeof(*view->image));
	/* The mapping stays. */
	oht_dev_close(dev);
	if (view && view->image && is_known(&view->image->header))
		return view;
	if (view && view->image)
		errno = EPROTONOSUPPORT;
	oht_image_close(view);
	return NULL;
}

OHT_PUBLIC void oht_image_close(struct oht_image_view *view)
{
	int error = errno;

	if (view && view->image)
		oht_sys->unmap(view->image, sizeof(*view->image));
	free(view);
	errno = error;
}

OHT_PUBLIC int oht_image_read_head_sized(const struct oht_image_view *view,
					 struct oht_cyclic_head *head, size_t head_bytes)
{
	struct oht_cyclic_head whole;
	struct oht_image_header raw;

	if (read_part(&view->image->header, &raw, sizeof(raw)))
		return -1;
	whole = (struct oht_cyclic_head){
		.generation = raw.generation,
		.entries = raw.entries,
		.running = raw.flags & OHT_PLAN_RUNNING,
		.pending = raw.flags & OHT_PLAN_PENDING,
		.gone = raw.flags & OHT_PLAN_GONE,
		.state = raw.safety_state,
		.cycle_us = raw.cycle_us,
		.cycles = raw.cycles,
		.missed = raw.missed,
		.exceeded = raw.exceeded,
		.given = raw.given,
		.cycle_start_ns = raw.cycle_start_ns,
	};
	oht_give(head, head_bytes, &whole, sizeof(whole));
	return 0;
}

OHT_PUBLIC int oht_image_read_sized(const struct oht_image_view *view, unsigned int entry,
				    struct oht_cyclic_value *value, size_t value_bytes)
{
	struct oht_cyclic_value whole;
	struct oht_image_slot raw;

	if (entry >= OHT_PLAN_ENTRIES_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (read_part(&view->image->slots[entry], &raw, sizeof(raw)))
		return -1;
	whole = (struct oht_cyclic_value){
		.generation = raw.generation,
		.unit = raw.unit,
		.function = raw.function,
		.outcome = raw.detail,
		.exception = raw.exception,
		.error = -raw.status,
		.errors = raw.errors,
		.timestamp_ns = raw.timestamp_ns,
		.tried_ns = raw.tried_ns,
		.address = raw.address,
		.count = raw.count,
		.period_cycles = raw.period_cycles,
		.phase_cycles = raw.phase_cycles,
		.turnaround_ns = raw.turnaround_ns,
	};
	memcpy(whole.words, raw.words, sizeof(whole.words));
	oht_give(value, value_bytes, &whole, sizeof(whole));
	return 0;
}
