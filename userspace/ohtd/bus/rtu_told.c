// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_told.h"

#include <stddef.h>

#include "rtu_outputs.h"

/* A unit that refuses so often is left as it is: the stop telegrams need the line. */
#define ATTEMPTS_MAX	3
#define TIMEOUT_US	20000

static const uint16_t zeros[RTU_OUTPUT_WORDS_MAX];

static struct rtu_told_write *find(struct rtu_told *told, const struct oht_request *request)
{
	unsigned int i;

	for (i = 0; i < told->count; i++)
		if (told->write[i].unit == request->unit &&
		    told->write[i].address == request->address)
			return &told->write[i];
	return NULL;
}

static bool is_zero(const struct oht_request *request)
{
	unsigned int i;

	for (i = 0; i < request->count && !request->words[i]; i++)
		;
	return i == request->count;
}

/* All registers that the plan in force writes have room; more would be those of former plans. */
void rtu_told_note(struct rtu_told *told, const struct oht_request *request, uint64_t epoch)
{
	struct rtu_told_write *write = find(told, request);

	if (!write && (is_zero(request) || told->count == OHT_CYCLIC_ENTRIES_MAX))
		return;
	if (!write)
		write = &told->write[told->count++];
	*write = (struct rtu_told_write){
		.epoch = epoch, .address = request->address, .words = (uint16_t)request->count,
		.unit = request->unit, .function = request->function,
	};
}

bool rtu_told_next(const struct rtu_told *told, const struct rtu_latch *latch,
		   struct oht_request *request)
{
	unsigned int i;

	for (i = 0; i < told->count; i++) {
		const struct rtu_told_write *write = &told->write[i];

		if (rtu_latch_may_write(latch, write->epoch))
			continue;
		*request = (struct oht_request){
			.unit = write->unit, .function = write->function,
			.priority = OHT_PRIORITY_CYCLIC, .address = write->address,
			.count = write->words, .words = zeros, .timeout_us = TIMEOUT_US,
		};
		return true;
	}
	return false;
}

static void forget_unit(struct rtu_told *told, uint8_t unit)
{
	unsigned int i;

	for (i = told->count; i--;)
		if (told->write[i].unit == unit)
			told->write[i] = told->write[--told->count];
}

void rtu_told_done(struct rtu_told *told, const struct oht_request *request,
		   const struct oht_reply *reply)
{
	struct rtu_told_write *write = find(told, request);

	/* Each time-out costs as much as many exchanges with the units that answer. */
	if (reply->outcome == OHT_OUTCOME_TIMEOUT)
		forget_unit(told, request->unit);
	else if (reply->outcome == OHT_OUTCOME_OK || ++write->attempts >= ATTEMPTS_MAX)
		*write = told->write[--told->count];
}
