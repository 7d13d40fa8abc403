// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_request.h"

#include "fake_rules.h"

static struct oht_transfer transfer_of(const struct oht_request *request)
{
	bool raw = request->flags & OHT_REQUEST_RAW;

	return (struct oht_transfer){
		.flags = request->flags, .unit = request->unit, .function = request->function,
		.priority = request->priority, .retries = request->retries,
		.address = request->address, .count = request->count,
		.timeout_us = request->timeout_us, .write_address = request->write_address,
		.write_count = request->write_count,
		.words = raw ? (uintptr_t)request->pdu : (uintptr_t)request->words,
	};
}

int fake_request_check(const struct oht_request *request)
{
	const struct oht_transfer transfer = transfer_of(request);

	return -fake_rules_transfer(&transfer);
}

unsigned int fake_request_words_sent(const struct oht_request *request)
{
	const struct oht_transfer transfer = transfer_of(request);

	return fake_rules_words_sent(&transfer);
}

/* Words beyond the count do not reach the kernel. */
int fake_request_check_telegram(const struct oht_stop_telegram *telegram)
{
	struct oht_telegram raw = {
		.unit = telegram->unit, .function = telegram->function, .count = telegram->count,
		.address = telegram->address, .turnaround_us = telegram->turnaround_us,
	};
	unsigned int i;

	for (i = 0; i < telegram->count && i < OHT_TELEGRAM_WORDS_MAX; i++)
		raw.words[i] = telegram->words[i];
	return -fake_rules_telegram(&raw);
}

bool fake_request_writes(const struct oht_request *request)
{
	return request->flags & OHT_REQUEST_RAW || fake_rules_writes(request->function);
}
