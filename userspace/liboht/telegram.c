// SPDX-License-Identifier: GPL-2.0-or-later
/* Stop telegrams: the list, and what became of it. One system call each. */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "oht_telegram.h"

static_assert(OHT_STOP_TELEGRAMS_MAX == OHT_TELEGRAMS_MAX, "as many as the kernel takes");
static_assert(OHT_STOP_TELEGRAM_WORDS_MAX == OHT_TELEGRAM_WORDS_MAX, "as long as there");

/* The kernel wants zeroes beyond the count; a caller's rest is nobody's business. */
static void fill(struct oht_telegram *raw, const struct oht_stop_telegram *telegram)
{
	unsigned int words = telegram->count;

	if (words > OHT_STOP_TELEGRAM_WORDS_MAX)
		words = OHT_STOP_TELEGRAM_WORDS_MAX;
	raw->unit = telegram->unit;
	raw->function = telegram->function;
	raw->address = telegram->address;
	raw->count = telegram->count;
	raw->turnaround_us = telegram->turnaround_us;
	memcpy(raw->words, telegram->words, words * sizeof(*raw->words));
}

OHT_PUBLIC int oht_dev_set_telegrams(struct oht_dev *dev, const struct oht_stop_telegram *list,
				     unsigned int count)
{
	struct oht_telegrams raw = { .size = sizeof(raw), .count = count };
	unsigned int i;

	if (count > OHT_STOP_TELEGRAMS_MAX) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < count; i++)
		fill(&raw.list[i], &list[i]);
	return oht_dev_ioctl(dev, OHT_IOC_TELEGRAMS, &raw);
}

OHT_PUBLIC int oht_dev_telegrams_sized(struct oht_dev *dev, struct oht_stop_telegrams *status,
				       size_t status_bytes)
{
	struct oht_stop_telegrams whole;
	struct oht_telegram_status raw = { .size = sizeof(raw) };
	unsigned int i;

	if (oht_dev_ioctl(dev, OHT_IOC_TELEGRAM_STATUS, &raw))
		return -1;
	if (raw.count > OHT_STOP_TELEGRAMS_MAX) {
		errno = EIO;
		return -1;
	}
	whole = (struct oht_stop_telegrams){
		.running = raw.flags & OHT_TELEGRAMS_RUNNING,
		.set = raw.set,
		.runs = raw.runs,
		.asked_ns = raw.asked_ns,
		.count = raw.count,
	};
	for (i = 0; i < raw.count; i++)
		whole.results[i] = (struct oht_stop_telegram_result){
			.sent_ns = raw.results[i].sent_ns,
			.answered_ns = raw.results[i].answered_ns,
			.error = -raw.results[i].status,
			.outcome = raw.results[i].detail,
			.unit = raw.results[i].unit,
			.function = raw.results[i].function,
			.attempts = raw.results[i].attempts,
		};
	oht_give(status, status_bytes, &whole, sizeof(whole));
	return 0;
}
