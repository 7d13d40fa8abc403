// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cyclic plan of /dev/oht0: every refusal of PLAN_STAGE that include/uapi/linux/oht.h documents (the other
 * calls are in refusal_test), figures, outputs, losses, slack and stop budget. Source: docs/architecture.md, A plan's
 * register. Nobody is at the far end of the wire, so every exchange times out.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/plan.h"
#include "lib/selftest.h"
#include "lib/tap.h"

/* For what must come; a busy host may hold it up. */
#define WAIT_MS		15000

/* ---- refusals ---- */

#define REFUSE_STAGE(fd, error, member, value) do {				\
		plan_make_good();							\
		plan_stage.member = (value);						\
		tap_errno(guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage), error,	\
			  "PLAN_STAGE: " #member " = " #value);			\
	} while (0)

#define REFUSE_ENTRY(fd, error, member, value) do {				\
		plan_make_good();							\
		plan_entries[1].member = (value);					\
		tap_errno(guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage), error,	\
			  "PLAN_STAGE: entry " #member " = " #value);		\
		tap_is(plan_stage.bad_entry, 1, "... and says which entry");		\
	} while (0)

static void test_stage_refusals(int fd)
{
	REFUSE_STAGE(fd, EINVAL, flags, 1);
	REFUSE_STAGE(fd, EINVAL, entry_size, sizeof(plan_entries[0]) - 1);
	REFUSE_STAGE(fd, EINVAL, entry_size, sizeof(plan_entries[0]) + 8);
	REFUSE_STAGE(fd, EINVAL, count, 0);
	REFUSE_STAGE(fd, EINVAL, count, OHT_PLAN_ENTRIES_MAX + 1);
	REFUSE_STAGE(fd, EINVAL, count, UINT32_MAX);
	REFUSE_STAGE(fd, EFAULT, entries, 0);
	REFUSE_STAGE(fd, EFAULT, entries, UINTPTR_MAX - 16);
	REFUSE_STAGE(fd, EINVAL, cycle_us, 0);
	REFUSE_STAGE(fd, EINVAL, cycle_us, OHT_PLAN_CYCLE_MIN_US - 1);
	REFUSE_STAGE(fd, EINVAL, cycle_us, OHT_PLAN_CYCLE_MAX_US + 1);
	REFUSE_STAGE(fd, EINVAL, stop_budget_us, OHT_PLAN_STOP_BUDGET_MAX_US + 1);
	REFUSE_STAGE(fd, EINVAL, whole_cycles, 1);
	REFUSE_STAGE(fd, EINVAL, whole_cycles, OHT_PLAN_PERIOD_MAX_CYCLES + 1);
	tap_is(plan_stage.bad_entry, plan_stage.count, "... which is no entry's fault");
	REFUSE_ENTRY(fd, EINVAL, unit, 0);
	REFUSE_ENTRY(fd, EINVAL, unit, 248);
	REFUSE_ENTRY(fd, EOPNOTSUPP, function, 1);
	REFUSE_ENTRY(fd, EOPNOTSUPP, function, 43);
	REFUSE_ENTRY(fd, EINVAL, function, 23);
	REFUSE_ENTRY(fd, EINVAL, loss_action, 2);
	REFUSE_ENTRY(fd, EINVAL, loss_errors, 0);
	REFUSE_ENTRY(fd, EINVAL, address, 0xffff);
	REFUSE_ENTRY(fd, EINVAL, count, 0);
	REFUSE_ENTRY(fd, EINVAL, count, 126);
	REFUSE_ENTRY(fd, EINVAL, write_address, 1);
	REFUSE_ENTRY(fd, EINVAL, write_count, 1);
	REFUSE_ENTRY(fd, EINVAL, period_cycles, 0);
	REFUSE_ENTRY(fd, EINVAL, period_cycles, OHT_PLAN_PERIOD_MAX_CYCLES + 1);
	REFUSE_ENTRY(fd, EINVAL, phase_cycles, 2);
	REFUSE_ENTRY(fd, EINVAL, timeout_us, 999);
	REFUSE_ENTRY(fd, EINVAL, timeout_us, 5000001);
	REFUSE_ENTRY(fd, EINVAL, turnaround_us, 1001);
	REFUSE_ENTRY(fd, EINVAL, reserved[0], 1);
	REFUSE_ENTRY(fd, EINVAL, reserved[1], 1);
}

static int outputs(int fd, struct oht_outputs set)
{
	return guest_ioctl(fd, OHT_IOC_OUTPUTS, &set);
}

/* Too heavy, too slow for a stop: refused with the figures, and nothing changes. */
static void test_figures(int fd)
{
	struct oht_plan_commit made;
	unsigned int i;

	plan_make_good();
	plan_stage.cycle_us = 25000;
	plan_stage.count = 4;
	for (i = 0; i < plan_stage.count; i++)
		plan_entries[i] = (struct oht_plan_entry){
			.unit = 2 + i, .function = 3, .loss_errors = 3, .count = 6,
			.period_cycles = 1, .timeout_us = 20000, .turnaround_us = 1750,
		};
	tap_errno(guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage), 0, "four modules of 6 registers");
	tap_errno(plan_commit(fd, OHT_PLAN_DRY_RUN, &made), 0, "... may be put in force");
	/* 22.7 ms of 25: 908 per mille at exactly 115200. The UART's own rate is 0.1 % off. */
	tap_ok(made.figures.worst_permille >= 905 && made.figures.worst_permille <= 911,
	       "... take 91 %% (%u per mille)", made.figures.worst_permille);
	tap_is(made.generation, 0, "... and are not by a dry run");

	plan_stage.cycle_us = 23000;
	guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage);
	tap_errno(plan_commit(fd, 0, &made), EDQUOT, "the same in 23 ms");
	tap_ok(made.figures.worst_permille > 950, "... with the figures (%u per mille)",
	       made.figures.worst_permille);
	tap_is(made.size, sizeof(made), "... and the size");

	plan_stage.cycle_us = 50000;
	plan_stage.stop_budget_us = 10000;
	guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage);
	tap_errno(plan_commit(fd, OHT_PLAN_DRY_RUN, &made), 0, "a stop within 10 ms");
	plan_entries[2].count = 60;
	guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage);
	tap_errno(plan_commit(fd, 0, &made), EDQUOT, "... not with 60 registers at once");
	tap_ok(made.figures.stop_ns > 10000 * US, "... with the figure (%llu us)",
	       (unsigned long long)made.figures.stop_ns / 1000);
	tap_is(made.figures.longest_entry, 2, "... and the entry");
}

/* ---- the plan runs ---- */

/* @fd is the controller, stopped. Returns with the plan in force. */
static void test_run(int fd, const struct oht_image *image)
{
	struct oht_plan_status status;
	struct oht_plan_commit made;
	struct oht_image_slot slot;

	plan_make_good();
	tap_errno(guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage), 0, "PLAN_STAGE");
	tap_is(plan_stage.bad_entry, PLAN_ENTRIES, "... no entry is bad");
	tap_errno(plan_commit(fd, 0, &made), 0, "PLAN_COMMIT");
	tap_ok(made.generation != 0, "... has a number");
	tap_ok(plan_wait_generation(image, made.generation), "... and is in force");
	tap_ok(GUEST_UNTIL((plan_status(fd, &status), status.cycles >= 20 && status.errors >= 10),
			   WAIT_MS), "PLAN_STATUS: %llu cycles, %llu errors",
	       (unsigned long long)status.cycles, (unsigned long long)status.errors);
	tap_is(status.flags, OHT_PLAN_RUNNING, "PLAN_STATUS: running");
	tap_is(status.entries, PLAN_ENTRIES, "PLAN_STATUS: entries");
	tap_is(status.cycle_us, PLAN_CYCLE_US, "PLAN_STATUS: cycle");
	tap_is(status.generation, made.generation, "PLAN_STATUS: generation");
	tap_ok(!memcmp(&status.figures, &made.figures, sizeof(made.figures)),
	       "PLAN_STATUS: figures");

	plan_read_slot(image, 1, &slot);
	tap_is(slot.generation, made.generation, "slot: generation");
	tap_is(slot.unit, PLAN_SECOND_UNIT, "slot: unit");
	tap_is(slot.function, 4, "slot: function");
	tap_is(slot.address, 7, "slot: address");
	tap_is(slot.count, 6, "slot: count");
	tap_is(slot.period_cycles, 2, "slot: period");
	tap_errno(-slot.status, ETIMEDOUT, "slot: nobody answers");
	tap_is(slot.detail, OHT_DETAIL_TIMEOUT, "slot: detail");
	tap_ok(slot.errors > 0 && slot.tried_ns && !slot.timestamp_ns, "slot: tried, never read");
	plan_read_slot(image, 2, &slot);
	tap_errno(-slot.status, ECANCELED, "slot: outputs are blocked while stopped");
	tap_is(slot.tried_ns, 0, "... and were never tried");
}

/* The outputs of the good plan get into that state. */
static void expect_slot(const struct oht_image *image, int error, const char *what)
{
	struct oht_image_slot slot;

	GUEST_UNTIL((plan_read_slot(image, 2, &slot), slot.status == -error), WAIT_MS);
	tap_errno(-slot.status, error, "%s", what);
}

/* The plan of test_run() is in force, and the machine stopped. */
static void test_outputs(int fd, const struct oht_image *image)
{
	static const uint16_t words[6] = { 1, 2, 3 };
	struct oht_image_header header;
	struct oht_outputs set = {
		.size = sizeof(set), .entry = 2, .count = 3, .words = (uintptr_t)words,
	};

	plan_read_header(image, &header);
	set.generation = header.generation;
	tap_errno(outputs(fd, set), ECANCELED, "OUTPUTS: stopped");
	set.flags = OHT_OUTPUTS_NOW;
	tap_errno(outputs(fd, set), ECANCELED, "OUTPUTS: now, and stopped");
	set.flags = 0;
	guest_release_role(fd);
	guest_make_enabled(fd, 10000);
	set.generation++;
	tap_errno(outputs(fd, set), ENOENT, "OUTPUTS: another layout");
	set.generation--;
	set.entry = 3;
	tap_errno(outputs(fd, set), EINVAL, "OUTPUTS: no such entry");
	set.entry = 0;
	tap_errno(outputs(fd, set), EINVAL, "OUTPUTS: an input");
	set.entry = 2;
	set.count = 2;
	tap_errno(outputs(fd, set), EINVAL, "OUTPUTS: too few");
	set.count = 4;
	tap_errno(outputs(fd, set), EINVAL, "OUTPUTS: too many");
	expect_slot(image, ENODATA, "slot: enabled, but there are no values");
	set.count = 3;
	set.flags = OHT_OUTPUTS_NOW << 1;
	tap_errno(outputs(fd, set), EINVAL, "OUTPUTS: unknown flag");
	set.flags = 0;
	tap_errno(outputs(fd, set), 0, "OUTPUTS");
	expect_slot(image, ETIMEDOUT, "slot: written, and nobody answers");
	plan_read_header(image, &header);
	tap_is(header.safety_state, OHT_ESTOP_ENABLED, "image: enabled");
	tap_errno(guest_command(fd, OHT_IOC_DISABLE, 0, NULL), 0, "DISABLE");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "ENABLE");
	expect_slot(image, ENODATA, "slot: the values are forgotten after that");
	set.flags = OHT_OUTPUTS_NOW;
	tap_errno(outputs(fd, set), 0, "OUTPUTS: now");
	expect_slot(image, ETIMEDOUT, "slot: written out of turn, and nobody answers");
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	tap_ok(GUEST_UNTIL((plan_read_header(image, &header),
			    header.safety_state == OHT_ESTOP_STOPPED), WAIT_MS), "image: stopped");
	expect_slot(image, ECANCELED, "slot: blocked again");
}

/* ---- losses and records ---- */

static bool next_cycle_record(int fd, uint32_t kind, struct oht_record *record)
{
	while (guest_next_record(fd, OHT_RECORD_CYCLE, WAIT_MS, record))
		if (record->cycle.kind == kind)
			return true;
	return false;
}

/* @fd is the controller; nobody answers, so an enabled machine is stopped. */
static void test_loss(int fd, const struct oht_image *image)
{
	struct oht_estop_status stopped;
	struct oht_plan_status status;
	struct oht_record record;
	struct oht_plan_commit made;
	uint64_t blocking = 0;
	int watcher = guest_open(O_RDONLY | O_NONBLOCK);

	tap_errno(guest_subscribe(watcher, 8), EINVAL, "SUBSCRIBE: unknown bit");
	tap_errno(guest_subscribe(watcher, OHT_SUBSCRIBE_CYCLE), 0, "SUBSCRIBE: cycle");
	/* A plan goes on with the errors of the plan before; one behind CLEAR begins at none. */
	tap_errno(plan_clear(fd, 0), 0, "PLAN_CLEAR: of a plan that was not answered");
	guest_release_role(fd);
	guest_make_enabled(fd, 10000);
	plan_make_good();
	plan_stage.count = 1;
	plan_entries[0].loss_action = OHT_LOSS_STOP;
	plan_entries[0].loss_errors = 5;
	guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage);
	tap_errno(plan_commit(fd, 0, &made), 0, "PLAN_COMMIT: a loss that stops");
	tap_ok(plan_wait_generation(image, made.generation), "... in force");
	tap_ok(next_cycle_record(watcher, OHT_CYCLE_LOST, &record), "record: lost");
	tap_is(record.size, sizeof(record), "record: size");
	plan_status(fd, &status);
	/* Fewer only if cycles were missed: then it has not been heard for as long. */
	tap_ok(record.cycle.count == 5 || (record.cycle.count < 5 && status.missed),
	       "record: after %u errors, with %llu cycles missed", record.cycle.count,
	       (unsigned long long)status.missed);
	tap_is(record.cycle.unit, PLAN_INPUT_UNIT, "record: unit");
	tap_is(record.cycle.entry, 0, "record: entry");
	tap_is(record.cycle.detail, OHT_DETAIL_TIMEOUT, "record: detail");
	tap_is(record.cycle.generation, made.generation, "record: generation");
	tap_is(record.time_ns, record.cycle.event_ns, "record: time");
	guest_status(fd, &stopped);
	tap_is(stopped.state, OHT_ESTOP_STOPPED, "the machine has stopped");
	tap_is(stopped.first_cause, OHT_CAUSE_BUS_LOSS, "... for the loss");
	/* Found by its age, it may have been found by the supervision before the plan's timer. */
	tap_ok(stopped.since_ns >= record.cycle.event_ns || record.cycle.count < 5,
	       "... %lld us after it was found",
	       (long long)(stopped.since_ns - record.cycle.event_ns) / 1000);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "RESET: it is lost still");
	tap_ok(blocking & OHT_CAUSE_BIT(OHT_CAUSE_BUS_LOSS), "... and says so");
	tap_errno(plan_clear(fd, 0), 0, "PLAN_CLEAR");
	tap_errno(guest_reset_when_stable(fd, 0), 0, "RESET: nobody is awaited any more");
	tap_is(image->header.flags, 0, "image: no plan any more");
	tap_is(image->header.entries, 0, "image: no entries any more");
	close(watcher);
}

/* A transfer of somebody else that fits into no slack gets a cycle of its own. */
static void test_given(int fd)
{
	struct oht_plan_status before, after;
	struct oht_record record;
	struct oht_transfer transfer = {
		.size = sizeof(transfer), .unit = SELFTEST_UNIT, .function = 3, .count = 1,
		.priority = OHT_PRIO_BACKGROUND, .timeout_us = 16000,
	};
	int other = guest_open(O_RDWR), tries = 20;
	bool in_slack = false;

	plan_make_good();
	guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage);
	tap_errno(plan_commit(fd, 0, NULL), 0, "PLAN_COMMIT: again");
	guest_sleep_ms(50);
	plan_status(fd, &before);
	tap_errno(guest_ioctl(other, OHT_IOC_SUBMIT, &transfer), 0, "SUBMIT: 16 ms in a 15 ms cycle");
	tap_ok(guest_next_record(other, OHT_RECORD_COMPLETION, WAIT_MS, &record), "... ends");
	tap_errno(-record.completion.status, ETIMEDOUT, "... without an answer");
	plan_status(fd, &after);
	tap_is(after.given - before.given, 1, "... in a cycle that was given to it");
	transfer.timeout_us = 1000;
	/* A busy host may leave no slack for some cycles. */
	do {
		before = after;
		if (guest_ioctl(other, OHT_IOC_SUBMIT, &transfer) ||
		    !guest_next_record(other, OHT_RECORD_COMPLETION, WAIT_MS, &record))
			break;
		plan_status(fd, &after);
		in_slack = after.given == before.given;
	} while (!in_slack && tries--);
	tap_ok(in_slack, "SUBMIT: 1 ms goes in the slack");
	close(other);
}

/* The budget holds for whoever sends what while the machine may move. */
static void test_budget(int fd)
{
	struct oht_transfer transfer = {
		.size = sizeof(transfer), .unit = SELFTEST_UNIT, .function = 3, .count = 100,
		.priority = OHT_PRIO_BACKGROUND, .timeout_us = 1000,
	};
	int other = guest_open(O_RDWR);

	guest_release_role(fd);
	guest_make_enabled(fd, 10000);
	plan_make_good();
	plan_stage.stop_budget_us = 10000;
	guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage);
	tap_errno(plan_commit(fd, 0, NULL), 0, "PLAN_COMMIT: with a stop budget");
	guest_sleep_ms(50);
	tap_errno(guest_ioctl(other, OHT_IOC_SUBMIT, &transfer), EDQUOT,
		  "SUBMIT: 100 registers, enabled");
	transfer.count = 8;
	tap_errno(guest_ioctl(other, OHT_IOC_SUBMIT, &transfer), 0, "SUBMIT: 8 registers");
	transfer.timeout_us = 16000;
	tap_errno(guest_ioctl(other, OHT_IOC_SUBMIT, &transfer), EDQUOT,
		  "SUBMIT: 16 ms in a 15 ms cycle, enabled");
	transfer.timeout_us = 1000;
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	transfer.count = 100;
	tap_errno(guest_ioctl(other, OHT_IOC_SUBMIT, &transfer), 0,
		  "SUBMIT: 100 registers, stopped");
	close(other);
}

/* The controller goes: the machine stops, the inputs are read on, and the next one can end that. */
static void test_outlives(int fd)
{
	struct oht_plan_status status;
	uint64_t cycles;
	int next;

	close(fd);
	next = guest_open(O_RDWR);
	plan_status(next, &status);
	tap_is(status.flags, OHT_PLAN_RUNNING, "the plan outlives its controller");
	cycles = status.cycles;
	tap_ok(GUEST_UNTIL((plan_status(next, &status), status.cycles > cycles), WAIT_MS),
	       "... and goes on");
	tap_errno(guest_take(next, 10000), 0, "... whose role is free");
	tap_errno(plan_clear(next, 0), 0, "PLAN_CLEAR: by the next one");
	plan_status(next, &status);
	tap_is(status.flags, 0, "... and it has ended");
	guest_release_role(next);
	close(next);
}

int main(void)
{
	const struct oht_image *image;
	int fd, watcher;

	selftest_begin();
	fd = guest_open(O_RDWR);
	watcher = guest_open(O_RDONLY);
	if (guest_take(fd, 10000))
		tap_bail("somebody else is the controller");
	TAP_TEST(test_stage_refusals(fd), "refusals of PLAN_STAGE");
	TAP_TEST(test_figures(fd), "figures");
	/* Not through the controller's own: a mapping would keep that open. */
	image = plan_map_image(watcher);
	close(watcher);
	TAP_TEST(test_run(fd, image), "a plan runs");
	SELFTEST_IF(SELFTEST_BOTH, test_outputs(fd, image), "outputs");
	SELFTEST_IF(SELFTEST_ENABLE, test_loss(fd, image), "a loss stops");
	TAP_TEST(test_given(fd), "a cycle is given");
	SELFTEST_IF(SELFTEST_ENABLE, test_budget(fd), "stop budget");
	TAP_TEST(test_outlives(fd), "the plan outlives its controller");
	return tap_done();
}
