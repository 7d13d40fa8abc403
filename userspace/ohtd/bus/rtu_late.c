// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_late.h"

#include <string.h>

static struct rtu_asked asked_of(const struct oht_request *request)
{
	return (struct rtu_asked){ request->address, request->count, request->function };
}

static bool reads(const struct oht_request *request)
{
	return request->function == OHT_READ_HOLDING || request->function == OHT_READ_INPUT;
}

static bool is_same(const struct rtu_asked *a, const struct rtu_asked *b)
{
	return a->function == b->function && a->count == b->count && a->address == b->address;
}

/* An answer to a missed request would have this function and count; @count 0: this function. */
static bool may_come(const struct rtu_late *late, uint8_t function, uint16_t count)
{
	unsigned int i;

	for (i = 0; i < late->shapes; i++)
		if (late->asked[i].function == function &&
		    (!count || !late->asked[i].count || late->asked[i].count == count))
			return true;
	return false;
}

static void forget(struct rtu_late *late)
{
	late->shapes = 0;
	late->refused = false;
}

/* There are too many shapes: those of each function, which are fewer, become one, of any count. */
static void merge(struct rtu_late *late)
{
	unsigned int i, k, kept = 0;

	for (i = 0; i < late->shapes; i++) {
		for (k = 0; k < kept; k++)
			if (late->asked[k].function == late->asked[i].function)
				break;
		if (k == kept)
			kept++;
		late->asked[k] = (struct rtu_asked){ .function = late->asked[i].function };
		late->mixed[k] = true;
	}
	late->shapes = kept;
}

static void add(struct rtu_late *late, const struct rtu_asked *asked)
{
	unsigned int i;

	for (i = 0; i < late->shapes; i++)
		if (late->asked[i].function == asked->function && late->asked[i].count == asked->count)
			break;
	if (i == RTU_LATE_MAX) {
		merge(late);
		i = late->shapes;
	}
	if (i < late->shapes)
		late->mixed[i] |= late->asked[i].address != asked->address;
	else
		late->mixed[late->shapes++] = false;
	late->asked[i] = *asked;
}

static unsigned int at_most(unsigned int number)
{
	return number < RTU_LATE_MAX ? number : RTU_LATE_MAX;
}

/*
 * One more answer may still come: that to @asked. @answered: the oldest one has come. A missed answer
 * makes none to another request come, however often the same one is missed.
 */
static void owe(struct rtu_late *late, const struct rtu_asked *asked, bool answered)
{
	unsigned int others = late->others, own = late->own;

	if (!is_same(&late->last, asked)) {
		others = at_most(others + own);
		own = 0;
	}
	if (!answered) {
		own++;
	} else if (others) {
		others--;
		own++;
	}
	late->others = others;
	late->own = at_most(own);
	late->last = *asked;
	if (!others)
		forget(late);
	add(late, asked);
}

void rtu_late_note(struct rtu_late *late, const struct oht_request *request, uint8_t outcome)
{
	const struct rtu_asked asked = asked_of(request);
	bool exception = outcome == OHT_OUTCOME_EXCEPTION;

	if (outcome != OHT_OUTCOME_OK && !exception) {
		owe(late, &asked, false);
		return;
	}
	/*
	 * An answer that fits a missed request as well, as an exception does by its function, may be the one
	 * to that: then the one to @request is still to come. As many are owed as before, but the oldest
	 * one is not.
	 */
	if (may_come(late, asked.function, exception ? 0 : asked.count)) {
		late->refused |= exception;
		owe(late, &asked, true);
	} else {
		forget(late);
		late->others = late->own = 0;
	}
}

/* The answer to another request may still come, and would fit this one. */
static bool is_doubtful(const struct rtu_late *late, const struct rtu_asked *asked)
{
	unsigned int i;

	for (i = 0; i < late->shapes; i++)
		if (late->asked[i].function == asked->function &&
		    (!late->asked[i].count || late->asked[i].count == asked->count) &&
		    (late->mixed[i] || late->asked[i].address != asked->address))
			return true;
	return false;
}

bool rtu_late_leads(const struct rtu_late *late, const struct oht_request *request,
		    struct oht_request *prior)
{
	const struct rtu_asked asked = asked_of(request);

	if (!reads(request) || !is_doubtful(late, &asked))
		return false;
	*prior = *request;
	/* The longest part whose answer no missed request could have, else the same once more. */
	while (!late->refused && --prior->count)
		if (!may_come(late, prior->function, prior->count))
			return true;
	prior->count = request->count;
	return true;
}
