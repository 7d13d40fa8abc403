// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/event_ring.h"

#include <stdbool.h>
#include <string.h>

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static const char *const record_names[] = {
	[OHTD_RECORD_TRANSITION]	= "transition",
	[OHTD_RECORD_REFUSAL]		= "refusal",
	[OHTD_RECORD_WAIT_BEGUN]	= "wait_begun",
	[OHTD_RECORD_WAIT_OVER]		= "wait_over",
	[OHTD_RECORD_WAIT_LATE]		= "wait_late",
	[OHTD_RECORD_WAIT_CUT]		= "wait_cut",
	[OHTD_RECORD_JOURNAL]		= "journal",
	[OHTD_RECORD_ALERT]		= "alert",
	[OHTD_RECORD_ALERT_OVER]	= "alert_over",
	[OHTD_RECORD_FAULT]		= "fault",
	[OHTD_RECORD_CONTROL_TAKEN]	= "control_taken",
	[OHTD_RECORD_CONTROL_TAKEN_OVER] = "control_taken_over",
	[OHTD_RECORD_CONTROL_HANDED_OVER] = "control_handed_over",
	[OHTD_RECORD_CONTROL_RELEASED]	= "control_released",
	[OHTD_RECORD_CONTROL_EXPIRED]	= "control_expired",
	[OHTD_RECORD_CONTROL_ENDED]	= "control_ended",
	[OHTD_RECORD_COMMAND]		= "command",
	[OHTD_RECORD_MODE]		= "mode",
	[OHTD_RECORD_LIMITS]		= "limits",
	[OHTD_RECORD_PASSAGE]		= "passage",
	[OHTD_RECORD_DRIVE_LEFT_ON]	= "drive_left_on",
	[OHTD_RECORD_STOP]		= "stop",
};

_Static_assert(COUNT(record_names) == OHTD_RECORDS, "a name for every kind");

const char *ohtd_record_name(unsigned int kind)
{
	return kind < COUNT(record_names) ? record_names[kind] : "unknown";
}

void ohtd_event_ring_put(struct ohtd_event_ring *ring, struct ohtd_event_record *record)
{
	uint64_t number = atomic_load_explicit(&ring->newest, memory_order_relaxed) + 1;
	struct ohtd_event_slot *slot = &ring->slots[number % OHTD_EVENT_RECORDS];
	uint64_t words[OHTD_EVENT_RECORD_WORDS];
	size_t i;

	record->number = number;
	memcpy(words, record, sizeof(words));
	/* A reader that sees a new word sees the nought too, and drops what it has copied. */
	atomic_store_explicit(&slot->number, 0, memory_order_relaxed);
	for (i = 0; i < COUNT(words); i++)
		atomic_store_explicit(&slot->words[i], words[i], memory_order_release);
	atomic_store_explicit(&slot->number, number, memory_order_release);
	atomic_store_explicit(&ring->newest, number, memory_order_release);
}

/* False: the slot has another record by now. */
static bool copy(const struct ohtd_event_slot *slot, uint64_t number,
		 struct ohtd_event_record *record)
{
	uint64_t words[OHTD_EVENT_RECORD_WORDS];
	size_t i;

	if (atomic_load_explicit(&slot->number, memory_order_acquire) != number)
		return false;
	for (i = 0; i < COUNT(words); i++)
		words[i] = atomic_load_explicit(&slot->words[i], memory_order_acquire);
	if (atomic_load_explicit(&slot->number, memory_order_relaxed) != number)
		return false;
	memcpy(record, words, sizeof(*record));
	return true;
}

int ohtd_event_ring_next(const struct ohtd_event_ring *ring, struct ohtd_event_reader *reader,
			 struct ohtd_event_record *record)
{
	for (;;) {
		uint64_t newest = atomic_load_explicit(&ring->newest, memory_order_acquire);
		uint64_t next = reader->seen + 1;

		if (reader->seen >= newest)
			return 0;
		if (newest - reader->seen <= OHTD_EVENT_RECORDS &&
		    copy(&ring->slots[next % OHTD_EVENT_RECORDS], next, record)) {
			reader->seen = next;
			return 1;
		}
		/* Overwritten: one is lost for certain; the next turn of the loop looks again. */
		reader->seen = newest - next >= OHTD_EVENT_RECORDS ? newest - OHTD_EVENT_RECORDS
								    : next;
		reader->lost += reader->seen - (next - 1);
	}
}
