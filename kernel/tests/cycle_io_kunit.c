// SPDX-License-Identifier: GPL-2.0-only
/* What the plan reads and writes: the image, outputs and the stop, losses, records. */
#include "cycle_fake.h"

#define CYCLE_NS	(20 * FAKE_MS)

static int cycle_io_init(struct kunit *test)
{
	cyclic_init(test);
	return 0;
}

/* ---- the image ---- */

static void cycle_io_image(struct kunit *test)
{
	const struct oht_image_header *header = &cyclic.image.header;
	const struct oht_image_slot *slot;

	KUNIT_EXPECT_EQ(test, header->abi_version, OHT_ABI_VERSION);
	KUNIT_EXPECT_EQ(test, header->header_bytes, 256);
	KUNIT_EXPECT_EQ(test, header->slot_bytes, 320);
	KUNIT_EXPECT_EQ(test, header->slots, OHT_PLAN_ENTRIES_MAX);
	cyclic_add(3, 3, 2)->address = 0x20;
	cyclic_add(4, 4, 60)->period_cycles = 3;
	cyclic.plan.entry[1].phase_cycles = 2;
	cyclic.plan.entry[1].loss_action = OHT_LOSS_STOP;
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic.generation, 1);
	cyclic_run(CYCLE_NS - FAKE_MS);
	slot = cyclic_slot(0);
	KUNIT_EXPECT_EQ(test, slot->generation, 1);
	KUNIT_EXPECT_EQ(test, slot->unit, 3);
	KUNIT_EXPECT_EQ(test, slot->function, 3);
	KUNIT_EXPECT_EQ(test, slot->address, 0x20);
	KUNIT_EXPECT_EQ(test, slot->count, 2);
	KUNIT_EXPECT_EQ(test, slot->status, 0);
	KUNIT_EXPECT_EQ(test, slot->detail, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, slot->errors, 0);
	KUNIT_EXPECT_EQ(test, slot->words[0], 0x1020);
	KUNIT_EXPECT_EQ(test, slot->words[1], 0x1021);
	KUNIT_EXPECT_EQ(test, slot->words[2], 0);
	KUNIT_EXPECT_EQ(test, slot->timestamp_ns, slot->tried_ns);
	KUNIT_EXPECT_GT(test, slot->timestamp_ns, FAKE_START_NS + FAKE_MS);
	KUNIT_EXPECT_GE(test, slot->turnaround_ns, FAKE_MS);
	slot = cyclic_slot(1);
	KUNIT_EXPECT_EQ(test, slot->status, -ENODATA);
	KUNIT_EXPECT_EQ(test, slot->timestamp_ns, 0);
	KUNIT_EXPECT_EQ(test, slot->period_cycles, 3);
	KUNIT_EXPECT_EQ(test, slot->phase_cycles, 2);
	KUNIT_EXPECT_EQ(test, slot->loss_action, OHT_LOSS_STOP);
	KUNIT_EXPECT_EQ(test, slot->loss_errors, 3);
	KUNIT_EXPECT_EQ(test, header->entries, 2);
	KUNIT_EXPECT_EQ(test, header->generation, 1);
	KUNIT_EXPECT_EQ(test, header->flags, OHT_PLAN_RUNNING);
	KUNIT_EXPECT_EQ(test, header->safety_state, OHT_ESTOP_READY);
	KUNIT_EXPECT_EQ(test, header->cycle_us, 20000);
	KUNIT_EXPECT_EQ(test, header->cycles, 1);
	KUNIT_EXPECT_EQ(test, header->cycle_start_ns, FAKE_START_NS);
}

/* After an error the last good values stay, with the time that they are from. */
static void cycle_io_error(struct kunit *test)
{
	const struct oht_image_slot *slot = cyclic_slot(0);
	u64 good_ns;

	cyclic_add(3, 3, 1);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS - FAKE_MS);
	good_ns = slot->timestamp_ns;
	cyclic.exception[3] = 2;
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, slot->status, -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, slot->detail, OHT_DETAIL_EXCEPTION);
	KUNIT_EXPECT_EQ(test, slot->exception, 2);
	KUNIT_EXPECT_EQ(test, slot->errors, 1);
	KUNIT_EXPECT_EQ(test, slot->words[0], 0x1000);
	KUNIT_EXPECT_EQ(test, slot->timestamp_ns, good_ns);
	KUNIT_EXPECT_GT(test, slot->tried_ns, good_ns + 15 * FAKE_MS);
	cyclic.exception[3] = 0;
	cyclic.silent[3] = true;
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, slot->status, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, slot->exception, 0);
	KUNIT_EXPECT_EQ(test, slot->errors, 2);
	cyclic.silent[3] = false;
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, slot->status, 0);
	KUNIT_EXPECT_EQ(test, slot->errors, 0);
	KUNIT_EXPECT_GT(test, slot->timestamp_ns, good_ns);
	KUNIT_EXPECT_EQ(test, cyclic_status().errors, 2);
}

/* ---- losses ---- */

static void cycle_io_expect_record(u64 number, u32 kind, u32 count, u16 entry)
{
	struct oht_cycle_record record = { 0 };

	KUNIT_ASSERT_TRUE(fake.test, oht_cycle_journal_read(&cyclic.cycle, &number, &record));
	KUNIT_EXPECT_EQ(fake.test, record.kind, kind);
	KUNIT_EXPECT_EQ(fake.test, record.count, count);
	KUNIT_EXPECT_EQ(fake.test, record.entry, entry);
	KUNIT_EXPECT_EQ(fake.test, record.generation, cyclic.generation);
}

static void cycle_io_loss(struct kunit *test)
{
	cyclic_add(3, 3, 1);
	cyclic_add(4, 3, 1)->loss_action = OHT_LOSS_STOP;
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS - FAKE_MS);
	cyclic.silent[3] = true;
	cyclic_run(5 * CYCLE_NS);
	/* The loss of this entry does not stop. */
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().losses, 1);
	cycle_io_expect_record(1, OHT_CYCLE_LOST, 3, 0);
	cyclic.silent[4] = true;
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 1);
	cycle_io_expect_record(2, OHT_CYCLE_LOST, 3, 1);
	cyclic_stop();
	/* Stopped once, as long as the machine is not enabled in spite of the loss. */
	cyclic_run(5 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 1);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 2);
	cyclic.silent[3] = false;
	cyclic.silent[4] = false;
	cyclic_run(CYCLE_NS);
	cycle_io_expect_record(3, OHT_CYCLE_FOUND, 1, 0);
	cycle_io_expect_record(4, OHT_CYCLE_FOUND, 1, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().losses, 2);
	KUNIT_EXPECT_EQ(test, cyclic.records, 4);
}

/* Two errors, a good answer, two errors: not three in a row. */
static void cycle_io_no_loss(struct kunit *test)
{
	unsigned int i;

	cyclic_add(4, 3, 1)->loss_action = OHT_LOSS_STOP;
	cyclic_commit(0);
	for (i = 0; i < 4; i++) {
		cyclic_run(CYCLE_NS);
		cyclic.silent[4] = true;
		cyclic_run(2 * CYCLE_NS);
		cyclic.silent[4] = false;
	}
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().losses, 0);
	KUNIT_EXPECT_GE(test, cyclic_status().errors, 6);
}

/* A degraded unit costs one time-out per back-off; each cycle without it counts as an error. */
static void cycle_io_degraded(struct kunit *test)
{
	const struct oht_engine_policy policy = {
		.set = true, .timeout_us = 5000, .degrade_after = 2, .backoff_first_ms = 100,
		.backoff_max_ms = 200,
	};

	cyclic_add(3, 3, 1);
	cyclic_add(4, 3, 1);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS - FAKE_MS);
	oht_engine_set_policy(&fake.engine, 3, &policy);
	cyclic.silent[3] = true;
	cyclic_run(20 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(4), 21);
	/* A good one, two that degrade it, probes after 100 and 200 ms. */
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 5);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->detail, OHT_DETAIL_DEGRADED);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, -EHOSTUNREACH);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->errors, 20);
	KUNIT_EXPECT_EQ(test, cyclic_status().losses, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	cyclic.silent[3] = false;
	cyclic_run(12 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, 0);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->errors, 0);
}

/* ---- outputs ---- */

static void cycle_io_outputs(struct kunit *test)
{
	const struct oht_image_slot *slot = cyclic_slot(0);

	cyclic_add(3, 16, 2);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS - FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.starts, 0);
	KUNIT_EXPECT_EQ(test, slot->status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, slot->detail, OHT_DETAIL_STOPPED);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.starts, 0);
	KUNIT_EXPECT_EQ(test, slot->status, -ENODATA);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 2, 0x55), 0);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.starts, 2);
	KUNIT_EXPECT_EQ(test, cyclic.start[0].first_word, 0x55);
	KUNIT_EXPECT_EQ(test, slot->status, 0);
	KUNIT_EXPECT_EQ(test, slot->words[1], 0x56);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 2, 0x77), 0);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].first_word, 0x77);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	KUNIT_EXPECT_EQ(test, slot->errors, 0);
}

/* A stop blocks them, and they do not come back by themselves. */
static void cycle_io_outputs_after_stop(struct kunit *test)
{
	unsigned int sent;

	cyclic_add(3, 6, 1);
	cyclic_add(4, 3, 1);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 9), 0);
	cyclic_run(3 * CYCLE_NS - FAKE_MS);
	KUNIT_EXPECT_GE(test, cyclic_count(3), 2);
	cyclic_stop();
	sent = cyclic_count(3);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.safety_state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 9), -ECANCELED);
	cyclic_run(3 * CYCLE_NS);
	cyclic_set_state(OHT_ESTOP_READY);
	cyclic_run(3 * CYCLE_NS);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(3 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), sent);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, -ENODATA);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->errors, 0);
	/* Inputs went on all the time. */
	KUNIT_EXPECT_GE(test, cyclic_count(4), 11);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 10), 0);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), sent + 1);
}

/*
 * Another CPU resets and enables between the latch of a stop and its abort: what was set before the
 * stop is not sent, and what is set afterwards stays when the abort comes.
 */
static void cycle_io_outputs_before_abort(struct kunit *test)
{
	unsigned int sent;

	cyclic_add(3, 6, 1);
	cyclic_add(5, 23, 1)->write_count = 1;
	cyclic_set_state(OHT_ESTOP_READY);
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 9), 0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(1, 1, 9), 0);
	cyclic_run(2 * CYCLE_NS - FAKE_MS);
	sent = cyclic_count(3);
	KUNIT_EXPECT_EQ(test, sent, 0);
	cyclic_latch();
	cyclic_set_state(OHT_ESTOP_READY);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 0);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, -ENODATA);
	/* The exchange goes on, as a read. */
	KUNIT_EXPECT_EQ(test, cyclic.start[cyclic.starts - 1].function, 3);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 10), 0);
	cyclic_abort();
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 1);
	KUNIT_EXPECT_EQ(test, cyclic.start[cyclic.starts - 2].first_word, 10);
}

/* DISABLE makes all entries forget their outputs, also if the next enable follows at once. */
static void cycle_io_outputs_after_disable(struct kunit *test)
{
	unsigned int sent;

	cyclic_add(3, 6, 1);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 9), 0);
	cyclic_run(3 * CYCLE_NS - FAKE_MS);
	sent = cyclic_count(3);
	KUNIT_EXPECT_GE(test, sent, 2);
	cyclic_disable();
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(3 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), sent);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, -ENODATA);
	/* Outputs that are set while ready count from the next enable on. */
	cyclic_disable();
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 10), 0);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), sent);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), sent + 1);
	KUNIT_EXPECT_EQ(test, cyclic.start[cyclic.starts - 1].first_word, 10);
}

/* In the middle of a cyclic write: the write is cut and counts as no error of its unit. */
static void cycle_io_stop_cuts(struct kunit *test)
{
	cyclic_add(3, 16, 100);
	cyclic_add(4, 3, 1);
	cyclic.plan.cycle_us = 40000;
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 100, 1), 0);
	cyclic_run(2 * CYCLE_NS + 5 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.engine.state, OHT_ENGINE_SEND);
	cyclic_stop();
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->detail, OHT_DETAIL_STOPPED);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->errors, 0);
	cyclic_run(10 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic_slot(1)->status, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().errors, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
}

/* An exchange reads on while it may not write. */
static void cycle_io_exchange(struct kunit *test)
{
	struct oht_plan_entry *both = cyclic_add(3, 23, 2);

	both->address = 0x10;
	both->write_address = 0x80;
	both->write_count = 3;
	cyclic_commit(0);
	cyclic_run(2 * CYCLE_NS - FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.start[0].function, 3);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->words[1], 0x1011);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, 0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 3, 0x31), 0);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].function, 23);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].first_word, 0x31);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->words[1], 0x1011);
	cyclic_stop();
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.start[3].function, 3);
	KUNIT_EXPECT_EQ(test, cyclic_status().errors, 0);
}

static void cycle_io_outputs_refused(struct kunit *test)
{
	cyclic.generation = 1;
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 0), -ENOENT);
	cyclic_add(3, 16, 2);
	cyclic_add(4, 3, 2);
	cyclic_add(5, 23, 2)->write_count = 5;
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 2, 0), 0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(2, 5, 0), 0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 3, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(1, 2, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(1, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(2, 2, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(3, 2, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0xffff, 2, 0), -EINVAL);
	cyclic.generation++;
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 2, 0), -ENOENT);
}

/* ---- records ---- */

/* A reader that falls behind gets the newest, and sees by the number how many are missing. */
static void cycle_io_journal(struct kunit *test)
{
	struct oht_cycle_record record;
	u64 seq = 0, before;

	KUNIT_EXPECT_FALSE(test, oht_cycle_journal_read(&cyclic.cycle, &seq, &record));
	seq = 1;
	KUNIT_EXPECT_FALSE(test, oht_cycle_journal_read(&cyclic.cycle, &seq, &record));
	KUNIT_EXPECT_EQ(test, seq, 1);
	cyclic_add(3, 3, 2)->loss_errors = 1;
	cyclic_commit(0);
	while (oht_cycle_journal_seq(&cyclic.cycle) < OHT_CYCLE_RECORDS_MAX + 10) {
		cyclic.silent[3] = !cyclic.silent[3];
		cyclic_run(CYCLE_NS);
	}
	before = oht_cycle_journal_seq(&cyclic.cycle);
	KUNIT_ASSERT_TRUE(test, oht_cycle_journal_read(&cyclic.cycle, &seq, &record));
	KUNIT_EXPECT_EQ(test, record.journal_seq, before - OHT_CYCLE_RECORDS_MAX + 1);
	KUNIT_EXPECT_EQ(test, seq, record.journal_seq + 1);
	while (oht_cycle_journal_read(&cyclic.cycle, &seq, &record))
		KUNIT_EXPECT_EQ(test, record.journal_seq, seq - 1);
	KUNIT_EXPECT_EQ(test, record.journal_seq, before);
	seq = 0;
	KUNIT_EXPECT_FALSE(test, oht_cycle_journal_read(&cyclic.cycle, &seq, &record));
	KUNIT_EXPECT_EQ(test, seq, 0);
}

static struct kunit_case cycle_io_cases[] = {
	KUNIT_CASE(cycle_io_image),
	KUNIT_CASE(cycle_io_error),
	KUNIT_CASE(cycle_io_loss),
	KUNIT_CASE(cycle_io_no_loss),
	KUNIT_CASE(cycle_io_degraded),
	KUNIT_CASE(cycle_io_outputs),
	KUNIT_CASE(cycle_io_outputs_after_stop),
	KUNIT_CASE(cycle_io_outputs_before_abort),
	KUNIT_CASE(cycle_io_outputs_after_disable),
	KUNIT_CASE(cycle_io_stop_cuts),
	KUNIT_CASE(cycle_io_exchange),
	KUNIT_CASE(cycle_io_outputs_refused),
	KUNIT_CASE(cycle_io_journal),
	{}
};

static struct kunit_suite cycle_io_suite = {
	.name = "oht_cycle_io",
	.init = cycle_io_init,
	.test_cases = cycle_io_cases,
};

kunit_test_suites(&cycle_io_suite);
