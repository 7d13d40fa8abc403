// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies the samples that are not on the disk yet, for one answer. */
#include "history/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_wished(const struct ohtd_memory_wish *wish, uint64_t first, uint32_t cycles)
{
	return first < wish->to && first + cycles > wish->from;
}

static int copy_pending(const struct ohtd_history *history, const struct ohtd_memory_wish *wish,
			struct ohtd_history_memory *memory)
{
	struct ohtd_history_pending **last = &memory->pending;

	for (const struct ohtd_history_pending *from = history->first; from; from = from->next) {
		struct ohtd_history_pending *to;

		if (!is_wished(wish, from->first, from->cycles))
			continue;
		to = calloc(1, sizeof(*to));
		if (!to)
			return -ENOMEM;
		*last = to;
		last = &to->next;
		to->first = from->first;
		to->cycles = from->cycles;
		if (wish->samples)
			ohtd_bytes_put(&to->samples, from->samples.data, from->samples.used);
		else
			ohtd_bytes_put(&to->columns, from->columns.data, from->columns.used);
		if (to->samples.failed || to->columns.failed)
			return -ENOMEM;
	}
	return 0;
}

static int copy_interval(const struct ohtd_interval *from, const struct ohtd_memory_wish *wish,
			 struct ohtd_interval *to)
{
	size_t cycles = from->cycles;

	if (!is_wished(wish, from->first, from->cycles))
		return 0;
	*to = (struct ohtd_interval){
		.first = from->first, .cycles = from->cycles, .room = from->cycles,
	};
	to->values = calloc(wish->count * cycles, sizeof(*to->values));
	to->quality = calloc(wish->count, cycles);
	if (!to->values || !to->quality)
		return -ENOMEM;
	for (unsigned int i = 0; i < wish->count; i++) {
		size_t at = (size_t)wish->signals[i] * from->room;

		memcpy(to->values + i * cycles, from->values + at, cycles * sizeof(*to->values));
		memcpy(to->quality + i * cycles, from->quality + at, cycles);
	}
	return 0;
}

int ohtd_memory_copy(struct ohtd_history *history, const struct ohtd_memory_wish *wish,
		     struct ohtd_history_memory *memory)
{
	int r = 0;

	pthread_mutex_lock(&history->lock);
	memory->open = atomic_load(&history->open);
	memory->begun = history->begun;
	if (history->begun) {
		memory->run = history->run;
		memory->run.end = (int64_t)history->next;
		memory->first = (int64_t)(history->first ? history->first->first :
					  history->interval.cycles ? history->interval.first :
					  history->next);
		memcpy(memory->gaps, history->gaps, sizeof(memory->gaps));
		memory->gap_count = history->gap_count;
		r = copy_pending(history, wish, memory);
		if (!r)
			r = copy_interval(&history->interval, wish, &memory->interval);
	}
	pthread_mutex_unlock(&history->lock);
	return r;
}

void ohtd_memory_free(struct ohtd_history_memory *memory)
{
	while (memory->pending) {
		struct ohtd_history_pending *next = memory->pending->next;

		ohtd_pending_free(memory->pending);
		memory->pending = next;
	}
	ohtd_interval_free(&memory->interval);
}
