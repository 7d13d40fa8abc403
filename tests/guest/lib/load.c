// SPDX-License-Identifier: GPL-2.0-or-later
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "lib/tap.h"

/* Babble of a second with everything queued behind it. */
#define LOAD_PATIENCE_MS	60000

/* One read under way. */
struct read {
	uint64_t cookie;
	unsigned int place;		/* of its unit */
	uint16_t address;
};

struct run {
	struct oht_dev *dev;
	const struct load *load;
	struct load_result *result;
	struct read reads[LOAD_QUEUE_MAX];
	unsigned int under_way;
	uint64_t submitted;
	uint64_t streak;
};

void load_default(struct load *load)
{
	*load = (struct load) {
		.reads = 1000,
		.units = { 2, 3, 4, 5 },
		.unit_count = 4,
		.registers = 8,
		.queue = 8,
		.timeout_us = 50000,
		.priority = OHT_PRIORITY_CYCLIC,
	};
}

static void submit(struct run *run)
{
	const struct load *load = run->load;
	unsigned int room = SIM_REGISTERS - load->registers + 1u;
	struct read *read = &run->reads[run->under_way];
	struct oht_request request = {
		.function = OHT_READ_HOLDING,
		.priority = load->priority,
		.count = load->registers,
		.timeout_us = load->timeout_us,
	};

	read->place = (unsigned int)(run->submitted % load->unit_count);
	read->address = (uint16_t)(run->submitted * 13 % room);
	request.unit = load->units[read->place];
	request.address = read->address;
	if (oht_dev_submit(run->dev, &request, &read->cookie))
		tap_bail("read %" PRIu64 " is not taken: %s", run->submitted, strerror(errno));
	run->under_way++;
	run->submitted++;
}

static struct read take(struct run *run, uint64_t cookie)
{
	struct read found;
	unsigned int i;

	for (i = 0; i < run->under_way; i++) {
		if (run->reads[i].cookie != cookie)
			continue;
		found = run->reads[i];
		run->reads[i] = run->reads[--run->under_way];
		return found;
	}
	tap_bail("a reply to nothing that is under way, or a second one");
}

static void check_words(struct run *run, const struct read *read, const struct oht_reply *reply)
{
	unsigned int unit = run->load->units[read->place], i;

	for (i = 0; i < reply->count; i++)
		run->result->wrong += reply->words[i] != sim_initial(unit, read->address + i);
}

static void account(struct run *run, const struct oht_event *event)
{
	const struct oht_reply *reply = &event->reply;
	struct load_result *result = run->result;
	struct read read = take(run, reply->cookie);

	if (!result->first_ns)
		result->first_ns = event->time_ns;
	result->last_ns = event->time_ns;
	result->outcomes[reply->outcome % LOAD_OUTCOMES]++;
	if (reply->error) {
		result->failed++;
		run->streak++;
		if (run->streak > result->streak)
			result->streak = run->streak;
		return;
	}
	run->streak = 0;
	result->good++;
	result->good_of[read.place]++;
	check_words(run, &read, reply);
}

/* Whether another read is wanted. */
static bool goes_on(const struct run *run)
{
	const struct load *load = run->load;

	return run->submitted < load->reads && !(load->ended && *load->ended);
}

void load_run(struct oht_dev *dev, const struct load *load, struct load_result *result)
{
	struct run run = { .dev = dev, .load = load, .result = result };
	struct oht_event event;

	memset(result, 0, sizeof(*result));
	while (run.under_way || goes_on(&run)) {
		while (run.under_way < load->queue && goes_on(&run))
			submit(&run);
		if (!run.under_way)
			break;
		if (oht_dev_read_event(dev, &event, LOAD_PATIENCE_MS) != 1)
			tap_bail("nothing comes back within %d ms", LOAD_PATIENCE_MS);
		if (event.type == OHT_EVENT_REPLY)
			account(&run, &event);
	}
}

void load_print(const char *prefix, const struct load_result *result)
{
	unsigned int i;

	printf("# value %s.good %" PRIu64 "\n# value %s.failed %" PRIu64 "\n", prefix, result->good,
	       prefix, result->failed);
	printf("# value %s.wrong %" PRIu64 "\n# value %s.streak %" PRIu64 "\n", prefix,
	       result->wrong, prefix, result->streak);
	printf("# value %s.elapsed_ns %" PRIu64 "\n", prefix, result->last_ns - result->first_ns);
	for (i = 1; i < LOAD_OUTCOMES; i++)
		if (result->outcomes[i])
			printf("# value %s.outcome_%s %" PRIu64 "\n", prefix, oht_outcome_name(i),
			       result->outcomes[i]);
	for (i = 0; i < LOAD_UNITS_MAX; i++)
		if (result->good_of[i])
			printf("# value %s.good_of_%u %" PRIu64 "\n", prefix, i,
			       result->good_of[i]);
	sim_print("oht_sim", prefix);
	sim_print("oht_disturb", prefix);
}
