// SPDX-License-Identifier: GPL-2.0-or-later
/* liboht's plan and process image on a device in memory; a writer that never rests. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_device.h"
#include "oht_plan.h"

static struct oht_dev *dev;

static int setup(void **state)
{
	(void)state;
	fake_install();
	dev = oht_dev_open(NULL, 0);
	assert_non_null(dev);
	assert_int_equal(oht_dev_control_take(dev, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	oht_dev_close(dev);
	assert_int_equal(fake.maps, 0);
	return 0;
}

static const struct oht_cyclic_entry entries[] = {
	{ .unit = 3, .function = OHT_READ_HOLDING, .loss = OHT_CYCLIC_LOSS_STOP, .loss_errors = 4,
	  .address = 0x10, .count = 4, .period_cycles = 1, .timeout_us = 20000,
	  .turnaround_us = 1750 },
	{ .unit = 4, .function = OHT_WRITE_READ, .loss_errors = 5, .address = 1, .count = 2,
	  .write_address = 7, .write_count = 3, .period_cycles = 4, .phase_cycles = 2,
	  .timeout_us = 30000, .turnaround_us = 2000 },
};

static void stage_passes_everything(void **state)
{
	const struct oht_cyclic_plan plan = {
		.entries = entries, .count = 2, .cycle_us = 25000, .stop_budget_us = 10000,
		.whole_cycles = 8,
	};
	unsigned int bad_entry = 9;

	(void)state;
	assert_int_equal(oht_plan_stage(dev, &plan, &bad_entry), 0);
	assert_int_equal(bad_entry, 2);
	assert_int_equal(fake.stage.cycle_us, 25000);
	assert_int_equal(fake.stage.stop_budget_us, 10000);
	assert_int_equal(fake.stage.whole_cycles, 8);
	assert_int_equal(fake.entries[0].unit, 3);
	assert_int_equal(fake.entries[0].loss_action, OHT_LOSS_STOP);
	assert_int_equal(fake.entries[0].loss_errors, 4);
	assert_int_equal(fake.entries[0].address, 0x10);
	assert_int_equal(fake.entries[0].count, 4);
	assert_int_equal(fake.entries[0].turnaround_us, 1750);
	assert_int_equal(fake.entries[1].function, 23);
	assert_int_equal(fake.entries[1].write_address, 7);
	assert_int_equal(fake.entries[1].write_count, 3);
	assert_int_equal(fake.entries[1].period_cycles, 4);
	assert_int_equal(fake.entries[1].phase_cycles, 2);
	assert_int_equal(fake.entries[1].timeout_us, 30000);
	assert_int_equal(fake.entries[1].reserved[0], 0);
}

/* More than there is room for never reads behind the caller's. */
static void stage_is_refused(void **state)
{
	struct oht_cyclic_plan plan = { .entries = entries, .count = 0 };
	unsigned int bad_entry;

	(void)state;
	assert_int_equal(oht_plan_stage(dev, &plan, &bad_entry), -1);
	assert_int_equal(errno, EINVAL);
	fake.fail_number = OHT_IOC_PLAN_STAGE;
	fake.fail_error = EPERM;
	plan.count = 2;
	assert_int_equal(oht_plan_stage(dev, &plan, NULL), -1);
	assert_int_equal(errno, EPERM);
}

/* Entry 2 of it writes three registers. */
static void stage_good_plan(void)
{
	static const struct oht_cyclic_entry good[] = {
		{ .unit = 3, .function = OHT_READ_HOLDING, .loss_errors = 1, .count = 1,
		  .period_cycles = 1, .timeout_us = 20000 },
		{ .unit = 4, .function = OHT_READ_HOLDING, .loss_errors = 1, .count = 1,
		  .period_cycles = 1, .timeout_us = 20000 },
		{ .unit = 5, .function = OHT_WRITE_MULTIPLE, .loss_errors = 1, .count = 3,
		  .period_cycles = 1, .timeout_us = 20000 },
	};
	const struct oht_cyclic_plan plan = {
		.entries = good, .count = 3, .cycle_us = 50000, .whole_cycles = 8,
	};

	assert_int_equal(oht_plan_stage(dev, &plan, NULL), 0);
}

static void commit_returns_the_figures(void **state)
{
	struct oht_cyclic_figures figures;
	uint32_t generation;

	(void)state;
	assert_int_equal(oht_plan_commit(dev, true, NULL, NULL), -1);
	assert_int_equal(errno, ENOENT);
	stage_good_plan();
	fake.generation = 6;
	fake.commit = (struct oht_plan_commit){
		.figures = {
			.worst_permille = 641, .mean_permille = 470, .hyperperiod_cycles = 20,
			.longest_entry = 1, .busy_worst_ns = 16, .slack_min_ns = 9,
			.slack_max_ns = 14, .stop_ns = 6100, .command_wait_ns = 27,
		},
	};
	assert_int_equal(oht_plan_commit(dev, true, &figures, &generation), 0);
	assert_int_equal(fake.commit.flags, OHT_PLAN_DRY_RUN);
	assert_int_equal(generation, 0);
	assert_int_equal(figures.worst_permille, 641);
	assert_int_equal(figures.mean_permille, 470);
	assert_int_equal(figures.hyperperiod_cycles, 20);
	assert_int_equal(figures.longest_entry, 1);
	assert_int_equal(figures.busy_worst_ns, 16);
	assert_int_equal(figures.slack_min_ns, 9);
	assert_int_equal(figures.slack_max_ns, 14);
	assert_int_equal(figures.stop_ns, 6100);
	assert_int_equal(figures.command_wait_ns, 27);
	assert_int_equal(oht_plan_commit(dev, false, NULL, &generation), 0);
	assert_int_equal(generation, 7);
	assert_int_equal(fake.commit.flags, 0);
	fake.fail_number = OHT_IOC_PLAN_COMMIT;
	fake.fail_error = EDQUOT;
	assert_int_equal(oht_plan_commit(dev, false, &figures, &generation), -1);
	assert_int_equal(errno, EDQUOT);
	assert_non_null(strstr(oht_errno_text(EDQUOT), "too heavy"));
}

static void outputs_and_clear(void **state)
{
	static const uint16_t words[3] = { 5, 6, 7 };

	(void)state;
	assert_int_equal(oht_plan_set_outputs(dev, 12, 2, words, 3), -1);
	assert_int_equal(errno, ENOENT);
	stage_good_plan();
	fake.generation = 11;
	assert_int_equal(oht_plan_commit(dev, false, NULL, NULL), 0);
	assert_int_equal(oht_plan_set_outputs(dev, 12, 2, words, 3), -1);
	assert_int_equal(errno, ECANCELED);
	assert_int_equal(oht_dev_reset(dev, 0, NULL), 0);
	assert_int_equal(oht_plan_set_outputs(dev, 12, 2, words, 3), 0);
	assert_int_equal(fake.outputs.generation, 12);
	assert_int_equal(fake.outputs.entry, 2);
	assert_int_equal(fake.outputs.count, 3);
	assert_int_equal(fake.output_words[2], 7);
	assert_int_equal(fake.outputs.flags, 0);
	assert_int_equal(oht_plan_set_outputs_now(dev, 12, 2, words, 3), 0);
	assert_int_equal(fake.outputs.flags, OHT_OUTPUTS_NOW);
	assert_int_equal(oht_plan_set_outputs_now(dev, 11, 2, words, 3), -1);
	assert_int_equal(errno, ENOENT);
	/* Not cut down to something that exists. */
	assert_int_equal(oht_plan_set_outputs(dev, 12, 0x10002, words, 3), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(oht_plan_set_outputs(dev, 12, 2, words, 0x10003), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(oht_plan_set_outputs_now(dev, 12, 0x10002, words, 3), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(oht_plan_clear(dev), 0);
	assert_int_equal(fake.clears, 1);
}

static void status_tells_everything(void **state)
{
	struct oht_dev *reader = oht_dev_open(NULL, OHT_OPEN_READ_ONLY);
	struct oht_cyclic_status status;

	(void)state;
	fake.plan = (struct oht_plan_status){
		.flags = OHT_PLAN_RUNNING, .generation = 3, .entries = 4, .cycle_us = 25000,
		.stop_budget_us = 10000, .whole_cycles = 20, .cycles = 11, .missed = 12,
		.exceeded = 13, .given = 14, .errors = 15, .losses = 16, .busy_max_ns = 17,
		.start_late_max_ns = 18,
		.figures = { .worst_permille = 641, .command_wait_ns = 27, .hold_max_ns = 75 },
	};
	assert_int_equal(oht_plan_status(reader, &status), 0);
	assert_true(status.running && !status.pending);
	assert_int_equal(status.generation, 3);
	assert_int_equal(status.entries, 4);
	assert_int_equal(status.cycle_us, 25000);
	assert_int_equal(status.stop_budget_us, 10000);
	assert_int_equal(status.whole_cycles, 20);
	assert_int_equal(status.cycles, 11);
	assert_int_equal(status.missed, 12);
	assert_int_equal(status.exceeded, 13);
	assert_int_equal(status.given, 14);
	assert_int_equal(status.errors, 15);
	assert_int_equal(status.losses, 16);
	assert_int_equal(status.busy_max_ns, 17);
	assert_int_equal(status.start_late_max_ns, 18);
	assert_int_equal(status.figures.worst_permille, 641);
	assert_int_equal(status.figures.command_wait_ns, 27);
	assert_int_equal(status.hold_max_ns, 75);
	fake.starts_ns = INT64_MAX;
	fake.plan.flags = OHT_PLAN_PENDING;
	assert_int_equal(oht_plan_status(reader, &status), 0);
	assert_true(!status.running && status.pending);
	oht_dev_close(reader);
}

static void status_is_refused(void **state)
{
	struct oht_cyclic_status status = { .cycles = 99 };

	(void)state;
	fake.info.caps &= ~OHT_CAP_BUS;
	assert_int_equal(oht_plan_status(dev, &status), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	fake.gone = true;
	assert_int_equal(oht_plan_status(dev, &status), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(status.cycles, 99);
}

/* ---- what is told of it ---- */

static void events_are_complete(void **state)
{
	struct oht_event event;

	(void)state;
	fake_cycle(OHT_CYCLE_MISSED, 2, 0);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 0);
	assert_int_equal(oht_dev_subscribe(dev, OHT_WANT_CYCLES), 0);
	assert_int_equal(fake.subscribed, OHT_SUBSCRIBE_CYCLE);
	fake_cycle(OHT_CYCLE_LOST, 4, 1);
	fake_cycle(OHT_CYCLE_FOUND, 1, 1);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.type, OHT_EVENT_CYCLE);
	assert_int_equal(event.lost, 0);
	assert_int_equal(event.cycle.journal_seq, 2);
	assert_int_equal(event.cycle.event_ns, fake.now_ns);
	assert_int_equal(event.cycle.cycle, 4000);
	assert_int_equal(event.cycle.kind, OHT_KIND_LOST);
	assert_int_equal(event.cycle.count, 4);
	assert_int_equal(event.cycle.generation, 3);
	assert_int_equal(event.cycle.entry, 1);
	assert_int_equal(event.cycle.unit, 5);
	assert_int_equal(event.cycle.outcome, OHT_OUTCOME_TIMEOUT);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.cycle.kind, OHT_KIND_FOUND);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 0);
}

/* ---- the image ---- */

static void image_is_read(void **state)
{
	struct oht_image_view *view = oht_image_open(NULL);
	struct oht_cyclic_head head;
	struct oht_cyclic_value value;
	unsigned int closes = fake.closes;

	(void)state;
	assert_non_null(view);
	/* Its descriptor is closed already, and was not ours. */
	assert_int_equal(closes, 1);
	fake.image.header.generation = 3;
	fake.image.header.entries = 2;
	fake.image.header.flags = OHT_PLAN_RUNNING | OHT_PLAN_GONE;
	fake.image.header.safety_state = OHT_ESTOP_READY;
	fake.image.header.missed = 4;
	fake.image.slots[1] = (struct oht_image_slot){
		.seq = 2, .generation = 3, .unit = 4, .function = 3, .detail = OHT_DETAIL_TIMEOUT,
		.status = -ETIMEDOUT, .errors = 6, .timestamp_ns = 100, .tried_ns = 900,
		.address = 0x20, .count = 2, .words = { 17, 18 }, .turnaround_ns = 1750000,
	};
	assert_int_equal(oht_image_read_head(view, &head), 0);
	assert_int_equal(head.generation, 3);
	assert_int_equal(head.entries, 2);
	assert_true(head.running && head.gone && !head.pending);
	assert_int_equal(head.state, OHT_STATE_READY);
	assert_int_equal(head.missed, 4);
	assert_int_equal(oht_image_read(view, 1, &value), 0);
	assert_int_equal(value.generation, 3);
	assert_int_equal(value.unit, 4);
	assert_int_equal(value.outcome, OHT_OUTCOME_TIMEOUT);
	assert_int_equal(value.error, ETIMEDOUT);
	assert_int_equal(value.errors, 6);
	assert_int_equal(value.timestamp_ns, 100);
	assert_int_equal(value.tried_ns, 900);
	assert_int_equal(value.address, 0x20);
	assert_int_equal(value.words[1], 18);
	assert_int_equal(value.turnaround_ns, 1750000);
	assert_int_equal(oht_image_read(view, OHT_CYCLIC_ENTRIES_MAX, &value), -1);
	assert_int_equal(errno, EINVAL);
	oht_image_close(view);
	oht_image_close(NULL);
}

/* The machine died while it wrote: a reader gives up, and says so. */
static void image_odd_for_ever(void **state)
{
	struct oht_image_view *view = oht_image_open(NULL);
	struct oht_cyclic_head head;
	struct oht_cyclic_value value;

	(void)state;
	fake.image.header.seq = 5;
	fake.image.slots[0].seq = 7;
	assert_int_equal(oht_image_read_head(view, &head), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(oht_image_read(view, 0, &value), -1);
	assert_int_equal(errno, EAGAIN);
	oht_image_close(view);
}

static void expect_no_view(int error)
{
	assert_null(oht_image_open(NULL));
	assert_int_equal(errno, error);
	assert_int_equal(fake.maps, 0);
	assert_int_equal(fake.opens, fake.closes + 1);
}

static void image_is_refused(void **state)
{
	(void)state;
	fake.map_error = EOPNOTSUPP;
	expect_no_view(EOPNOTSUPP);
	fake.map_error = 0;
	fake.image.header.slot_bytes += 64;
	expect_no_view(EPROTONOSUPPORT);
	fake.image.header.slot_bytes -= 64;
	fake.image.header.header_bytes = 128;
	expect_no_view(EPROTONOSUPPORT);
	fake.image.header.header_bytes = sizeof(struct oht_image_header);
	fake.image.header.abi_version++;
	expect_no_view(EPROTONOSUPPORT);
	fake.image.header.abi_version--;
	fake.image.header.slots = 63;
	expect_no_view(EPROTONOSUPPORT);
}

/* ---- a writer that never rests, as the kernel's ---- */

#define ROUNDS	200000

static atomic_bool done;

static void write_slot(uint16_t number)
{
	struct oht_image_slot *slot = &fake.image.slots[0];
	_Atomic uint32_t *seq = (_Atomic uint32_t *)&slot->seq;
	_Atomic uint16_t *words = (_Atomic uint16_t *)slot->words;
	unsigned int i;

	atomic_fetch_add_explicit(seq, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (i = 0; i < OHT_WORDS_MAX; i++)
		atomic_store_explicit(&words[i], number, memory_order_relaxed);
	atomic_fetch_add_explicit(seq, 1, memory_order_release);
}

static void *write_on(void *argument)
{
	unsigned int round;

	(void)argument;
	for (round = 0; round < ROUNDS; round++)
		write_slot((uint16_t)round);
	atomic_store(&done, true);
	return NULL;
}

static void image_is_never_torn(void **state)
{
	struct oht_image_view *view = oht_image_open(NULL);
	struct oht_cyclic_value value;
	unsigned int i, good = 0, torn = 0;
	pthread_t writer;

	(void)state;
	atomic_store(&done, false);
	assert_int_equal(pthread_create(&writer, NULL, write_on, NULL), 0);
	do {
		if (oht_image_read(view, 0, &value)) {
			assert_int_equal(errno, EAGAIN);
			continue;
		}
		good++;
		for (i = 1; i < OHT_REGISTERS_MAX; i++)
			torn += value.words[i] != value.words[0];
	} while (!atomic_load(&done));
	pthread_join(writer, NULL);
	assert_int_equal(oht_image_read(view, 0, &value), 0);
	assert_int_equal(value.words[OHT_REGISTERS_MAX - 1], (uint16_t)(ROUNDS - 1));
	assert_int_equal(torn, 0);
	assert_true(good > 0);
	oht_image_close(view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stage_passes_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(stage_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(commit_returns_the_figures, setup, teardown),
		cmocka_unit_test_setup_teardown(outputs_and_clear, setup, teardown),
		cmocka_unit_test_setup_teardown(status_tells_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(status_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(events_are_complete, setup, teardown),
		cmocka_unit_test_setup_teardown(image_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(image_odd_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(image_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(image_is_never_torn, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
