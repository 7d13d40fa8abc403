// SPDX-License-Identifier: GPL-2.0-or-later
/* The fake device's records: who wants which, what waits, and what is dropped. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_device.h"
#include "fake_journal.h"

#define MODULE_RECORDS_MAX	64

/* How many of this type a descriptor may leave unread; completions are bounded by submit. */
static unsigned int kept_of(uint32_t type)
{
	switch (type) {
	case OHT_RECORD_SAFETY:
		return FAKE_JOURNAL;
	case OHT_RECORD_CYCLE:
		return OHT_CYCLE_RECORDS_MAX;
	case OHT_RECORD_UNIT:
		return MODULE_RECORDS_MAX;
	default:
		return FAKE_WAITING;
	}
}

/* The oldest of this type goes; the next one of it tells that. */
static void drop_oldest(struct fake_file *f, uint32_t type)
{
	unsigned int i = 0, next;

	while (f->waiting[i].record.type != type)
		i++;
	for (next = i + 1; f->waiting[next].record.type != type; next++)
		;
	f->waiting[next].skipped += f->waiting[i].skipped + 1;
	f->waiting_count--;
	memmove(&f->waiting[i], &f->waiting[i + 1],
		(f->waiting_count - i) * sizeof(f->waiting[0]));
}

void fake_tell_file(int file, const struct oht_record *record)
{
	struct fake_file *f = &fake.files[file];
	struct fake_waiting *last;
	unsigned int i, same = 1;

	assert_in_range(f->waiting_count, 0, FAKE_WAITING - 1);
	for (i = 0; i < f->waiting_count; i++)
		same += f->waiting[i].record.type == record->type;
	last = &f->waiting[f->waiting_count++];
	last->record = *record;
	last->record.size = fake.record_bytes;
	if (!record->time_ns)
		last->record.time_ns = fake.now_ns;
	last->skipped = f->seq_skipped;
	f->seq_skipped = 0;
	if (same > kept_of(record->type))
		drop_oldest(f, record->type);
}

void fake_tell(uint32_t wanted, const struct oht_record *record)
{
	int file;

	for (file = 0; file < FAKE_FILES; file++)
		if (fake.files[file].open && fake.files[file].subscribed & wanted)
			fake_tell_file(file, record);
}

void fake_unknown_record(void)
{
	struct oht_record record = { .type = 77 };

	fake_tell_file(0, &record);
}

void fake_skip(uint64_t count)
{
	fake.files[0].seq_skipped += count;
}

struct oht_record *fake_newest(void)
{
	assert_int_not_equal(fake.files[0].waiting_count, 0);
	return &fake.files[0].waiting[fake.files[0].waiting_count - 1].record;
}

/* Records of a kind that is not wanted any more are not handed out. */
static void forget_unwanted(struct fake_file *f, uint32_t type)
{
	unsigned int i, kept = 0;

	for (i = 0; i < f->waiting_count; i++)
		if (f->waiting[i].record.type != type)
			f->waiting[kept++] = f->waiting[i];
	f->waiting_count = kept;
}

int fake_subscribe(int file, const struct oht_subscribe *wanted)
{
	uint64_t seq = wanted->safety_from, newest = fake.stop.journal_seq;
	struct fake_file *f = &fake.files[file];

	if (wanted->mask & ~(OHT_SUBSCRIBE_SAFETY | OHT_SUBSCRIBE_CYCLE | OHT_SUBSCRIBE_UNITS))
		return EINVAL;
	if (seq && (!(wanted->mask & OHT_SUBSCRIBE_SAFETY) || seq > newest + 1))
		return EINVAL;
	if (seq || !(wanted->mask & OHT_SUBSCRIBE_SAFETY))
		forget_unwanted(f, OHT_RECORD_SAFETY);
	if (!(wanted->mask & OHT_SUBSCRIBE_CYCLE))
		forget_unwanted(f, OHT_RECORD_CYCLE);
	if (!(wanted->mask & OHT_SUBSCRIBE_UNITS))
		forget_unwanted(f, OHT_RECORD_UNIT);
	fake.subscribed = f->subscribed = wanted->mask;
	if (!oht_journal_seek(&seq, newest, FAKE_JOURNAL))
		return 0;
	f->seq_skipped += seq - wanted->safety_from;
	for (; seq <= newest; seq++)
		fake_tell_file(file, &fake.journal[seq % FAKE_JOURNAL]);
	return 0;
}

ssize_t fake_read_records(int file, void *buffer, size_t bytes)
{
	struct fake_file *f = &fake.files[file];
	size_t done = 0;

	if (bytes < sizeof(struct oht_record)) {
		errno = EINVAL;
		return -1;
	}
	while (f->waiting_count && done + fake.record_bytes <= bytes) {
		struct fake_waiting *first = &f->waiting[0];

		f->seq += 1 + first->skipped;
		first->record.seq = f->seq;
		if (first->record.type == OHT_RECORD_COMPLETION)
			f->transfers--;
		/* What a newer kernel appends is not zero. */
		memset((uint8_t *)buffer + done, 0xA5, fake.record_bytes);
		memcpy((uint8_t *)buffer + done, &first->record, sizeof(first->record));
		done += fake.record_bytes;
		f->waiting_count--;
		memmove(f->waiting, f->waiting + 1, f->waiting_count * sizeof(f->waiting[0]));
	}
	if (done) {
		done -= fake.cut_bytes;
		fake.cut_bytes = 0;
		return (ssize_t)done;
	}
	if (fake.gone)
		return 0;
	errno = EAGAIN;
	return -1;
}

short fake_ready(int file)
{
	const struct fake_file *f = &fake.files[file];
	short ready = fake.gone ? POLLHUP | POLLERR : 0;
	unsigned int i;

	for (i = 0; i < f->waiting_count; i++)
		ready |= f->waiting[i].record.type == OHT_RECORD_SAFETY ? POLLIN | POLLPRI : POLLIN;
	return ready;
}
