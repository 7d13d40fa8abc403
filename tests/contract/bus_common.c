// SPDX-License-Identifier: GPL-2.0-or-later
/* What every back-end does. */
#include <errno.h>

#include "bus.h"

static void closed_is_closed(void)
{
	bus->ops->close(bus);
	EXPECT_IS(bus->ops->fd(bus), -1);
	bus->ops->close(bus);
	bus_reopen();
}

static void acts_need_the_role(void)
{
	uint64_t blocking = 99;

	EXPECT(!bus_status().is_controller);
	EXPECT(!bus_status().has_controller);
	EXPECT_ERRNO(-bus->ops->heartbeat(bus), EPERM);
	EXPECT_ERRNO(-bus->ops->farewell(bus), EPERM);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), EPERM);
	EXPECT_IS(blocking, 0);
	bus_take();
	EXPECT(bus_status().is_controller);
	EXPECT(bus_status().has_controller);
	EXPECT_ERRNO(-bus->ops->heartbeat(bus), 0);
}

static void farewell_stops_and_gives_the_role_back(void)
{
	bus_take();
	bus_reset();
	EXPECT_IS(bus_status().state, OHT_STATE_READY);
	EXPECT_IS(bus_status().causes, 0);
	EXPECT_IS(bus_status().first_cause, OHT_STOPPED_BY_NOTHING);
	EXPECT_ERRNO(-bus->ops->farewell(bus), 0);
	EXPECT_IS(bus_told_stop().cause, OHT_STOPPED_BY_FAREWELL);
	EXPECT_IS(bus_status().state, OHT_STATE_STOPPED);
	EXPECT_IS(bus_status().first_cause, OHT_STOPPED_BY_FAREWELL);
	EXPECT(!bus_status().is_controller);
	EXPECT_ERRNO(-bus->ops->farewell(bus), EPERM);
	EXPECT_ERRNO(-bus->ops->heartbeat(bus), EPERM);
}

static void close_without_farewell_stops(void)
{
	bus_take();
	bus_reset();
	bus_reopen();
	EXPECT_IS(bus_status().state, OHT_STATE_STOPPED);
	EXPECT_IS(bus_status().first_cause, OHT_STOPPED_BY_CLOSE);
	EXPECT(!bus_status().has_controller);
}

/* A look is no controller: its end stops nothing new. */
static void close_without_the_role_stops_nothing(void)
{
	uint64_t causes = bus_status().causes;

	bus_reopen();
	EXPECT_IS(bus_status().causes, causes);
}

static void stop_needs_no_role(void)
{
	struct oht_safety_event told;

	bus_take();
	bus_reset();
	EXPECT_ERRNO(-bus->ops->stop(bus, 4711), 0);
	told = bus_told_stop();
	EXPECT_IS(told.cause, OHT_STOPPED_BY_SOFTWARE);
	EXPECT_IS(told.state_from, OHT_STATE_READY);
	EXPECT_IS(told.tag, 4711);
	EXPECT_IS(bus_status().state, OHT_STATE_STOPPED);
	EXPECT_IS(bus_status().causes, oht_cause_mask(OHT_STOPPED_BY_SOFTWARE));
	EXPECT_ERRNO(-bus->ops->farewell(bus), 0);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	EXPECT_IS(bus_status().first_cause, OHT_STOPPED_BY_SOFTWARE);
}

static void reset_is_for_the_stopped(void)
{
	uint64_t blocking = 99;

	bus_take();
	bus_reset();
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), ECANCELED);
	EXPECT_IS(blocking, 0);
	EXPECT_IS(bus_status().state, OHT_STATE_READY);
}

static void nothing_is_disabled_that_is_not_enabled(void)
{
	bus_take();
	EXPECT_ERRNO(-bus->ops->disable(bus, 0), ECANCELED);
	bus_reset();
	EXPECT_ERRNO(-bus->ops->disable(bus, 0), ECANCELED);
}

/* ---- transfers ---- */

static void what_is_written_is_read(void)
{
	const uint16_t words[] = { 3, 5 };
	struct oht_request write = bus_read_of(place.unit), read = write;
	struct oht_reply reply;

	write.flags = OHT_REQUEST_WHILE_STOPPED;
	write.function = OHT_WRITE_MULTIPLE;
	write.count = 2;
	write.words = words;
	reply = bus_answer(&write);
	EXPECT_IS(reply.error, 0);
	EXPECT_IS(reply.outcome, OHT_OUTCOME_OK);
	EXPECT_IS(reply.attempts, 1);
	EXPECT_IS(reply.unit, place.unit);
	EXPECT_IS(reply.function, OHT_WRITE_MULTIPLE);
	read.count = 2;
	reply = bus_answer(&read);
	EXPECT_IS(reply.error, 0);
	EXPECT_IS(reply.count, 2);
	EXPECT_IS(reply.words[0], 3);
	EXPECT_IS(reply.words[1], 5);
	write.function = OHT_WRITE_SINGLE;
	write.count = 1;
	write.words = words + 1;
	EXPECT_IS(bus_answer(&write).error, 0);
	EXPECT_IS(bus_answer(&read).words[0], 5);
}

static void silence_times_out_after_all_attempts(void)
{
	struct oht_request read = bus_read_of(place.silent_unit);
	struct oht_reply reply;

	read.timeout_us = 20000;
	read.retries = 2;
	reply = bus_reply(bus_submit(&read));
	EXPECT_IS(reply.outcome, OHT_OUTCOME_TIMEOUT);
	EXPECT_ERRNO(reply.error, ETIMEDOUT);
	EXPECT_IS(reply.attempts, 3);
}

static void exceptions_are_answers(void)
{
	struct oht_request read = bus_read_of(place.unit);
	struct oht_reply reply;

	read.address = NO_REGISTER;
	read.retries = 2;
	reply = bus_answer(&read);
	EXPECT_IS(reply.outcome, OHT_OUTCOME_EXCEPTION);
	EXPECT_ERRNO(reply.error, EREMOTEIO);
	EXPECT_IS(reply.exception, 2);
	EXPECT_IS(reply.attempts, 1);
}

static void counts_have_limits(void)
{
	static const uint16_t words[OHT_REGISTERS_MAX];
	struct oht_request request = bus_read_of(place.unit);
	uint64_t cookie;

	request.count = 0;
	EXPECT_ERRNO(-bus->ops->submit(bus, &request, &cookie), EINVAL);
	request.count = 126;
	EXPECT_ERRNO(-bus->ops->submit(bus, &request, &cookie), EINVAL);
	request.function = OHT_WRITE_MULTIPLE;
	request.words = words;
	request.count = 124;
	EXPECT_ERRNO(-bus->ops->submit(bus, &request, &cookie), EINVAL);
	bus_expect_quiet(20);
}

/* A request that is still under way though the host has held this program up since it began. */
#define SLOW_US	(place.stalls ? 1000000 : 200000)

/* Each ends exactly once, whoever gave it up and when. */
static void cancel_ends_what_waits(void)
{
	struct oht_request slow = bus_read_of(place.silent_unit);
	struct oht_request quick = bus_read_of(place.other_unit);
	struct oht_event event;
	struct oht_reply reply = { 0 };
	uint64_t first, second;
	bool first_came = false, second_came = false;

	slow.timeout_us = SLOW_US;
	first = bus_submit(&slow);
	second = bus_submit(&quick);
	EXPECT_ERRNO(-bus->ops->cancel(bus, second), 0);
	while (!first_came || !second_came) {
		if (bus->ops->next(bus, &event) != 1) {
			place.pass_ms(bus, 5);
			continue;
		}
		if (event.type != OHT_EVENT_REPLY)
			continue;
		if (event.reply.cookie == second) {
			EXPECT(!second_came);
			reply = event.reply;
			second_came = true;
		} else {
			EXPECT_IS(event.reply.cookie, first);
			EXPECT(!first_came);
			first_came = true;
		}
	}
	EXPECT_IS(reply.outcome, OHT_OUTCOME_CANCELLED);
	EXPECT_ERRNO(reply.error, EINTR);
	EXPECT_IS(reply.attempts, 0);
	bus_expect_quiet(50);
}

static void cancel_needs_a_transfer(void)
{
	struct oht_request read = bus_read_of(place.unit);
	uint64_t cookie = bus_submit(&read);

	EXPECT_ERRNO(-bus->ops->cancel(bus, 0), ENOENT);
	EXPECT_ERRNO(-bus->ops->cancel(bus, cookie + 1), ENOENT);
	EXPECT(bus_reply(cookie).outcome != OHT_OUTCOME_CANCELLED);
	EXPECT_ERRNO(-bus->ops->cancel(bus, cookie), ENOENT);
	bus_expect_quiet(20);
}

static void so_many_and_no_more(void)
{
	struct oht_request read = bus_read_of(place.silent_unit);
	uint64_t cookie, last;
	unsigned int i;

	read.timeout_us = SLOW_US;
	last = bus_submit(&read);
	for (i = 1; i < OHT_UNDER_WAY_MAX; i++)
		last = bus_submit(&read);
	EXPECT_ERRNO(-bus->ops->submit(bus, &read, &cookie), EAGAIN);
	for (i = 1; i < OHT_UNDER_WAY_MAX; i++)
		EXPECT_ERRNO(-bus->ops->cancel(bus, last - i + 1), 0);
	/* What has ended counts until its event is taken. */
	EXPECT_ERRNO(-bus->ops->submit(bus, &read, &cookie), EAGAIN);
}

/* Refused at once, or ended without having been sent. */
static void a_write_is_not_sent_while_stopped(void)
{
	const uint16_t word = 1;
	struct oht_request write = bus_read_of(place.unit);
	struct oht_reply reply;
	uint64_t cookie;
	int ret;

	write.function = OHT_WRITE_SINGLE;
	write.words = &word;
	ret = bus->ops->submit(bus, &write, &cookie);
	if (ret) {
		EXPECT_ERRNO(-ret, ECANCELED);
		return;
	}
	reply = bus_reply(cookie);
	EXPECT_IS(reply.outcome, OHT_OUTCOME_STOPPED);
	EXPECT_ERRNO(reply.error, ECANCELED);
	EXPECT_IS(reply.attempts, 0);
}

/* ---- the plan ---- */

#define CYCLE_US	(BUS_CYCLE_MS * 1000)
#define PATIENCE_MS	10000
#define STEP_MS		5

static struct oht_cyclic_entry entry_of(uint8_t unit)
{
	return (struct oht_cyclic_entry){
		.unit = unit,
		.function = OHT_READ_HOLDING,
		.loss_errors = 200,
		.address = place.address,
		.count = 2,
		.period_cycles = 1,
		.timeout_us = 10000,
		.turnaround_us = 1750,
	};
}

static struct oht_cyclic_plan plan_of(const struct oht_cyclic_entry *entries, unsigned int count)
{
	return (struct oht_cyclic_plan){
		.entries = entries, .count = count, .cycle_us = CYCLE_US, .whole_cycles = 4,
	};
}

static int offer(const struct oht_cyclic_plan *plan, struct oht_cyclic_figures *figures)
{
	uint32_t generation;

	return -bus->ops->plan(bus, plan, figures, &generation);
}

static struct oht_cyclic_head head_of(void)
{
	struct oht_cyclic_head head;

	EXPECT_IS(bus->ops->image_head(bus, &head), 0);
	return head;
}

static struct oht_cyclic_value value_of(unsigned int entry)
{
	struct oht_cyclic_value value;

	EXPECT_IS(bus->ops->image(bus, entry, &value), 0);
	return value;
}

/* In force. */
static uint32_t run_plan(const struct oht_cyclic_plan *plan)
{
	struct oht_cyclic_figures figures;
	unsigned int waited_ms;
	uint32_t generation;

	EXPECT_ERRNO(-bus->ops->plan(bus, plan, &figures, &generation), 0);
	EXPECT(generation != 0);
	for (waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += STEP_MS) {
		if (head_of().generation == generation && head_of().running)
			break;
		place.pass_ms(bus, STEP_MS);
	}
	EXPECT_IS(head_of().generation, generation);
	return generation;
}

uint32_t bus_run_plan(const struct oht_cyclic_entry *entries, unsigned int count)
{
	const struct oht_cyclic_plan plan = plan_of(entries, count);

	return run_plan(&plan);
}

struct oht_cyclic_value bus_value(unsigned int entry)
{
	return value_of(entry);
}

/* In the figures of the plan: longer than a cycle is refused, and none changes while a plan is in force. */
static void a_rest_is_in_the_plan(void)
{
	const struct oht_cyclic_entry entry = entry_of(place.unit);
	const struct oht_cyclic_plan plan = plan_of(&entry, 1);
	struct oht_cyclic_figures without, with;
	uint32_t generation;

	/* There are back-ends without. */
	if (!bus->ops->rest)
		return;
	EXPECT_ERRNO(-bus->ops->rest(bus, place.unit, 1), EPERM);
	bus_take();
	EXPECT_ERRNO(-bus->ops->rest(bus, place.unit, 50), 0);
	EXPECT_ERRNO(offer(&plan, &with), EDQUOT);
	EXPECT(with.worst_permille > 950);
	EXPECT_ERRNO(-bus->ops->rest(bus, place.unit, 10), 0);
	run_plan(&plan);
	EXPECT_ERRNO(-bus->ops->rest(bus, place.unit, 11), EBUSY);
	EXPECT_ERRNO(-bus->ops->rest(bus, place.unit, 0), EBUSY);
	EXPECT_ERRNO(-bus->ops->rest(bus, place.unit, 10), 0);
	EXPECT_ERRNO(-bus->ops->plan(bus, &plan, &with, &generation), 0);
	bus_reopen();
	bus_take();
	if (bus->ops->rest(bus, place.unit, 0))
		EXPECT_ERRNO(-bus->ops->plan(bus, &(const struct oht_cyclic_plan){ 0 }, &without, &generation), 0);
	EXPECT_ERRNO(-bus->ops->rest(bus, place.unit, 0), 0);
	EXPECT_ERRNO(offer(&plan, &without), 0);
	EXPECT_IS(with.busy_worst_ns - without.busy_worst_ns, 10000000);
}

static void a_plan_needs_the_role(void)
{
	const struct oht_cyclic_entry entry = entry_of(place.unit);
	const struct oht_cyclic_plan plan = plan_of(&entry, 1), none = { 0 };
	struct oht_cyclic_figures figures;

	EXPECT_ERRNO(offer(&plan, &figures), EPERM);
	EXPECT_ERRNO(offer(&none, &figures), EPERM);
	EXPECT(!head_of().running);
}

#define EXPECT_REFUSED(code, member, value) do {				\
		struct oht_cyclic_entry entry = entry_of(place.unit);		\
		struct oht_cyclic_plan plan = plan_of(&entry, 1);		\
		struct oht_cyclic_figures figures;				\
										\
		(member) = (value);						\
		EXPECT_ERRNO(offer(&plan, &figures), code);			\
	} while (0)

static void what_is_no_plan_is_refused(void)
{
	bus_take();
	EXPECT_REFUSED(EINVAL, plan.cycle_us, 999);
	EXPECT_REFUSED(EINVAL, plan.cycle_us, 1000001);
	EXPECT_REFUSED(EINVAL, plan.whole_cycles, 1);
	EXPECT_REFUSED(EINVAL, plan.whole_cycles, 1001);
	EXPECT_REFUSED(EINVAL, plan.count, OHT_CYCLIC_ENTRIES_MAX + 1);
	EXPECT_REFUSED(EINVAL, entry.unit, 0);
	EXPECT_REFUSED(EINVAL, entry.unit, 248);
	EXPECT_REFUSED(EOPNOTSUPP, entry.function, 1);
	EXPECT_REFUSED(EINVAL, entry.count, 0);
	EXPECT_REFUSED(EINVAL, entry.count, 126);
	EXPECT_REFUSED(EINVAL, entry.address, 0xFFFF);
	EXPECT_REFUSED(EINVAL, entry.function, OHT_WRITE_SINGLE);
	EXPECT_REFUSED(EINVAL, entry.function, OHT_WRITE_READ);
	EXPECT_REFUSED(EINVAL, entry.write_count, 1);
	EXPECT_REFUSED(EINVAL, entry.loss, 2);
	EXPECT_REFUSED(EINVAL, entry.loss_errors, 0);
	EXPECT_REFUSED(EINVAL, entry.period_cycles, 0);
	EXPECT_REFUSED(EINVAL, entry.period_cycles, 1001);
	EXPECT_REFUSED(EINVAL, entry.phase_cycles, 1);
	EXPECT_REFUSED(EINVAL, entry.timeout_us, 999);
	EXPECT_REFUSED(EINVAL, entry.turnaround_us, 10001);
	EXPECT(!head_of().running);
}

static void a_plan_that_is_too_heavy_is_told_with_its_figures(void)
{
	struct oht_cyclic_entry entry = entry_of(place.unit);
	struct oht_cyclic_plan plan = plan_of(&entry, 1);
	struct oht_cyclic_figures figures;

	bus_take();
	plan.cycle_us = 5000;
	EXPECT_ERRNO(offer(&plan, &figures), EDQUOT);
	EXPECT(figures.worst_permille > OHT_CYCLIC_LOAD_MAX_PERMILLE);
	EXPECT_IS(figures.hyperperiod_cycles, 1);
	EXPECT(figures.busy_worst_ns > 4750000);
	EXPECT(!head_of().running);
	plan.cycle_us = CYCLE_US;
	EXPECT_ERRNO(offer(&plan, &figures), 0);
	EXPECT(figures.worst_permille > 0 && figures.worst_permille < 950);
	EXPECT(figures.slack_min_ns > 0);
}

static void a_plan_shows_in_the_image_until_it_ends(void)
{
	struct oht_cyclic_entry entries[2] = { entry_of(place.unit), entry_of(place.other_unit) };
	const struct oht_cyclic_plan plan = plan_of(entries, 2), none = { 0 };
	struct oht_cyclic_figures figures;
	struct oht_cyclic_value value;
	unsigned int waited_ms;
	uint32_t first, second;

	bus_take();
	entries[1].period_cycles = 4;
	entries[1].phase_cycles = 3;
	first = run_plan(&plan);
	EXPECT_IS(head_of().entries, 2);
	EXPECT_IS(head_of().cycle_us, CYCLE_US);
	value = value_of(1);
	EXPECT_IS(value.generation, first);
	EXPECT_IS(value.unit, place.other_unit);
	EXPECT_IS(value.address, place.address);
	EXPECT_IS(value.count, 2);
	EXPECT_IS(value.period_cycles, 4);
	EXPECT_IS(value.phase_cycles, 3);
	EXPECT_ERRNO(-bus->ops->image(bus, OHT_CYCLIC_ENTRIES_MAX, &value), EINVAL);
	second = run_plan(&plan);
	EXPECT(second != first);
	EXPECT_IS(value_of(0).generation, second);
	EXPECT_ERRNO(offer(&none, &figures), 0);
	for (waited_ms = 0; head_of().running && waited_ms < PATIENCE_MS; waited_ms += STEP_MS)
		place.pass_ms(bus, STEP_MS);
	EXPECT(!head_of().running);
	EXPECT_IS(head_of().entries, 0);
	EXPECT(head_of().generation != second);
}

/* Beside a unit that is silent, and beside requests that want the wire too. */
static void the_image_has_what_the_units_say(void)
{
	const uint16_t words[] = { 3, 5 };
	const struct oht_cyclic_entry entries[] = {
		entry_of(place.unit), entry_of(place.silent_unit),
	};
	const struct oht_cyclic_plan plan = plan_of(entries, 2);
	struct oht_request write = bus_read_of(place.unit), read = write;
	struct oht_cyclic_value good, silent;
	unsigned int waited_ms;

	if (!place.exchanges())
		return;
	bus_take();
	write.flags = OHT_REQUEST_WHILE_STOPPED;
	write.function = OHT_WRITE_MULTIPLE;
	write.count = 2;
	write.words = words;
	EXPECT_IS(bus_answer(&write).error, 0);
	run_plan(&plan);
	/* A late host may have cost an exchange with the good one too, whose late answer the silent one then gets; the next one tells. */
	for (waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += STEP_MS) {
		good = value_of(0);
		silent = value_of(1);
		if (silent.errors >= 2 && silent.outcome == OHT_OUTCOME_TIMEOUT && !good.errors)
			break;
		place.pass_ms(bus, STEP_MS);
	}
	EXPECT_IS(good.error, 0);
	EXPECT_IS(good.errors, 0);
	EXPECT_IS(good.words[0], 3);
	EXPECT_IS(good.words[1], 5);
	EXPECT(good.timestamp_ns == good.tried_ns);
	EXPECT(silent.errors >= 2);
	EXPECT_IS(silent.outcome, OHT_OUTCOME_TIMEOUT);
	EXPECT_ERRNO(silent.error, ETIMEDOUT);
	EXPECT_IS(silent.timestamp_ns, 0);
	EXPECT(silent.tried_ns != 0);
	EXPECT_IS(bus_answer(&read).words[0], 3);
	for (waited_ms = 0; value_of(0).timestamp_ns <= good.timestamp_ns && waited_ms < PATIENCE_MS; waited_ms += STEP_MS)
		place.pass_ms(bus, STEP_MS);
	EXPECT(value_of(0).timestamp_ns > good.timestamp_ns);
	EXPECT(head_of().cycles > 0 && head_of().cycle_start_ns > 0);
}

const struct contract_test bus_common_tests[] = {
	CONTRACT(closed_is_closed),
	CONTRACT(acts_need_the_role),
	CONTRACT(farewell_stops_and_gives_the_role_back),
	CONTRACT(close_without_farewell_stops),
	CONTRACT(close_without_the_role_stops_nothing),
	CONTRACT(stop_needs_no_role),
	CONTRACT(reset_is_for_the_stopped),
	CONTRACT(nothing_is_disabled_that_is_not_enabled),
	CONTRACT(what_is_written_is_read),
	CONTRACT(silence_times_out_after_all_attempts),
	CONTRACT(exceptions_are_answers),
	CONTRACT(counts_have_limits),
	CONTRACT(cancel_ends_what_waits),
	CONTRACT(cancel_needs_a_transfer),
	CONTRACT(so_many_and_no_more),
	CONTRACT(a_write_is_not_sent_while_stopped),
	CONTRACT(a_rest_is_in_the_plan),
	CONTRACT(a_plan_needs_the_role),
	CONTRACT(what_is_no_plan_is_refused),
	CONTRACT(a_plan_that_is_too_heavy_is_told_with_its_figures),
	CONTRACT(a_plan_shows_in_the_image_until_it_ends),
	CONTRACT(the_image_has_what_the_units_say),
};
const size_t bus_common_count = sizeof(bus_common_tests) / sizeof(bus_common_tests[0]);
