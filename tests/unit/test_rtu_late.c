// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers that come after their time-out, however late, on the rtu back-end: none is taken for the answer to a
 * read of other registers. Time is counted; the unit answers in the order in which it was asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bus/rtu_late.h"
#include "dice.h"

#define TIMEOUT_MS	20
#define QUEUE		64
#define RUNS		2000
#define ASKS		40
/* Registers from here on are refused. */
#define REFUSED		0x0300

struct answer {
	struct oht_request to;
	uint64_t due_ms;
	bool exception;
};

static struct unit {
	struct answer queue[QUEUE];	/* those that have not come, in their order */
	unsigned int queued;
	uint64_t now_ms, least_ms, spread_ms;
	unsigned int losses;		/* one of so many answers is lost, 0: none */
	unsigned int block;		/* reads of other lengths are refused, 0: none is */
	unsigned int asked;		/* requests */
	bool deaf;			/* until it has answered */
} unit;

static struct rtu_late late;
static uint64_t seed;

static unsigned int below(unsigned int limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(seed >> 33) % limit;
}

static bool reads(const struct oht_request *request)
{
	return request->function != OHT_WRITE_SINGLE;
}

static void hear(const struct oht_request *request)
{
	uint64_t due_ms = unit.now_ms + unit.least_ms + (unit.spread_ms ? below((unsigned int)unit.spread_ms) : 0);

	unit.asked++;
	if ((unit.deaf && unit.queued) || (unit.losses && !below(unit.losses)))
		return;
	if (unit.queued && unit.queue[unit.queued - 1].due_ms >= due_ms)
		due_ms = unit.queue[unit.queued - 1].due_ms + 1;
	assert_true(unit.queued < QUEUE);
	unit.queue[unit.queued++] = (struct answer){
		.to = *request,
		.due_ms = due_ms,
		.exception = request->address >= REFUSED || (unit.block && reads(request) && request->count != unit.block),
	};
}

static struct answer next_answer(void)
{
	struct answer answer = unit.queue[0];

	memmove(unit.queue, unit.queue + 1, --unit.queued * sizeof(unit.queue[0]));
	return answer;
}

/* What rtu_receive.c compares of an answer and a request. */
static bool fits(const struct answer *answer, const struct oht_request *request)
{
	if (answer->to.function != request->function)
		return false;
	if (answer->exception)
		return true;
	return reads(request) ? answer->to.count == request->count : answer->to.address == request->address;
}

/* One exchange as rtu_line.c makes it; *@taken is the answer of which it thinks that it is its own. */
static uint8_t exchange(const struct oht_request *request, struct answer *taken)
{
	uint64_t until_ms = unit.now_ms + TIMEOUT_MS;
	uint8_t outcome = OHT_OUTCOME_TIMEOUT;

	while (unit.queued && unit.queue[0].due_ms <= unit.now_ms)
		next_answer();
	hear(request);
	while (outcome == OHT_OUTCOME_TIMEOUT && unit.queued && unit.queue[0].due_ms <= until_ms) {
		*taken = next_answer();
		unit.now_ms = taken->due_ms;
		if (fits(taken, request))
			outcome = taken->exception ? OHT_OUTCOME_EXCEPTION : OHT_OUTCOME_OK;
	}
	if (outcome == OHT_OUTCOME_TIMEOUT)
		unit.now_ms = until_ms + TIMEOUT_MS;
	rtu_late_note(&late, request, outcome);
	return outcome;
}

static uint8_t ask(const struct oht_request *request, struct answer *taken)
{
	struct oht_request prior;
	uint8_t outcome;
	unsigned int i;

	for (i = 0; rtu_late_leads(&late, request, &prior); i++) {
		assert_true(i <= RTU_LATE_MAX);
		outcome = exchange(&prior, taken);
		if (outcome == OHT_OUTCOME_TIMEOUT)
			return outcome;
	}
	return exchange(request, taken);
}

static void make_unit(void)
{
	static const unsigned int least_ms[] = { 1, 1, 1, 25, 30, 40 }, spread_ms[] = { 0, 30, 120, 125, 60, 110 };
	unsigned int kind = below(6);

	unit.least_ms = least_ms[kind];
	unit.spread_ms = spread_ms[kind];
	unit.losses = below(2) * (1 + below(6));
	unit.block = below(4) ? 0 : 8;
	if (unit.deaf)
		unit.least_ms += below(2000);
}

static void no_read_gets_the_registers_of_another(void **state)
{
	static const uint16_t counts[] = { 8, 8, 8, 6, 2, 1, 1 }, addresses[] = { 0, 0, 0x10, 0x10, 0x20, REFUSED };
	static const uint8_t functions[] = { OHT_READ_HOLDING, OHT_READ_HOLDING, OHT_READ_HOLDING, OHT_READ_INPUT, OHT_WRITE_SINGLE };
	const uint64_t first = series_first(0), runs = series_runs(RUNS);
	uint64_t run;
	unsigned int i, good = 0;

	(void)state;
	for (run = 0; run < runs; run++) {
		seed = first + run;
		memset(&unit, 0, sizeof(unit));
		memset(&late, 0, sizeof(late));
		unit.deaf = !below(4);
		for (i = 0; i < ASKS; i++) {
			struct oht_request request = {
				.unit = 4, .function = functions[below(5)], .address = addresses[below(6)], .count = counts[below(7)],
			};
			struct answer taken;

			if (!reads(&request))
				request.count = 1;
			if (i % 8 == 0)
				make_unit();
			if (ask(&request, &taken) == OHT_OUTCOME_OK && reads(&request)) {
				good++;
				if (taken.to.address != request.address)
					fail_msg("run %llu: 0x%04x for 0x%04x", (unsigned long long)(first + run), taken.to.address,
						 request.address);
			}
			unit.now_ms += below(3) * below(60);
		}
	}
	/* Three of forty, or nearly: most are asked of a unit that has just fallen silent. */
	assert_true(runs < RUNS || good > 2 * runs);
}

static struct oht_request read_of(uint16_t address, uint16_t count)
{
	return (struct oht_request){ .unit = 4, .function = OHT_READ_HOLDING, .address = address, .count = count };
}

/* How many requests this read takes; it is answered. */
static unsigned int cost(uint16_t address, uint16_t count)
{
	struct oht_request request = read_of(address, count);
	unsigned int before = unit.asked;
	struct answer taken;

	assert_int_equal(ask(&request, &taken), OHT_OUTCOME_OK);
	assert_int_equal(taken.to.address, address);
	return unit.asked - before;
}

static void miss(uint16_t address, uint16_t count)
{
	struct oht_request request = read_of(address, count);
	struct answer taken;

	unit.losses = 1;
	assert_int_equal(ask(&request, &taken), OHT_OUTCOME_TIMEOUT);
	unit.losses = 0;
}

static void one_lost_answer_costs_one_read(void **state)
{
	(void)state;
	memset(&unit, 0, sizeof(unit));
	memset(&late, 0, sizeof(late));
	unit.least_ms = 1;
	assert_int_equal(cost(0x0000, 8), 1);
	miss(0x0000, 8);
	assert_int_equal(cost(0x0000, 8), 1);
	assert_int_equal(cost(0x0010, 8), 2);
	assert_int_equal(cost(0x0020, 8), 1);
	/* Another length is a proof by itself. */
	miss(0x0000, 8);
	assert_int_equal(cost(0x0010, 6), 1);
	assert_int_equal(cost(0x0020, 8), 1);
	/* A unit that refuses parts: as many answers are dropped as are owed. */
	unit.block = 8;
	miss(0x0000, 8);
	miss(0x0000, 8);
	assert_int_equal(cost(0x0010, 8), 4);
}

/* However often another read is missed meanwhile. */
static void no_answer_is_forgotten(void **state)
{
	struct oht_request first = read_of(0x0000, 8), then = read_of(0x0010, 8);
	struct answer taken;
	unsigned int i;

	(void)state;
	memset(&unit, 0, sizeof(unit));
	memset(&late, 0, sizeof(late));
	unit.deaf = true;
	unit.least_ms = 2010;
	assert_int_equal(ask(&first, &taken), OHT_OUTCOME_TIMEOUT);
	/* The first answer comes, and one to what was asked behind it. */
	for (i = 0; i < 150; i++)
		if (ask(&then, &taken) == OHT_OUTCOME_OK)
			assert_int_equal(taken.to.address, then.address);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_lost_answer_costs_one_read),
		cmocka_unit_test(no_answer_is_forgotten),
		cmocka_unit_test(no_read_gets_the_registers_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
