// SPDX-License-Identifier: GPL-2.0-only
/* One dead or bad unit never harms the bus: degradation, back-off, probes, what is told of it. */
#include "engine_fake.h"

#define DEAD		3
#define TIMEOUT_US	30000

static int unit_test_init(struct kunit *test)
{
	fake_init(test, 115200);
	return 0;
}

static struct oht_engine_unit *dead(void)
{
	return &fake.engine.units[DEAD];
}

static void set_policy(u8 unit, u8 degrade_after, u32 first_ms, u32 max_ms)
{
	const struct oht_engine_policy policy = {
		.set = true,
		.retries = 2,
		.degrade_after = degrade_after,
		.timeout_us = TIMEOUT_US,
		.backoff_first_ms = first_ms,
		.backoff_max_ms = max_ms,
	};

	oht_engine_set_policy(&fake.engine, unit, &policy);
}

/* Submit transfer @i to @unit; it may be done when this returns. */
static struct oht_xfer *ask(unsigned int i, u8 unit, u8 priority)
{
	struct oht_xfer *x = fake_xfer(i, unit, 3, 0, 1);

	x->timeout_us = TIMEOUT_US;
	x->priority = priority;
	fake_submit(i);
	return x;
}

static void ask_in_vain(unsigned int i)
{
	ask(i, DEAD, OHT_PRIO_CYCLIC);
	fake_run_done(i);
	FAKE_EXPECT_DONE(i, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
}

static void ask_and_answer(unsigned int i, u8 unit)
{
	unsigned int sent = fake.frame_count;

	ask(i, unit, OHT_PRIO_CYCLIC);
	fake_run_sent(sent + 1);
	fake_answer_to(i, FAKE_MS);
	fake_run_done(i);
	FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
}

static void expect_refused(unsigned int i, u8 priority)
{
	unsigned int sent = fake.frame_count;

	ask(i, DEAD, priority);
	FAKE_EXPECT_DONE(i, -EHOSTUNREACH, OHT_DETAIL_DEGRADED);
	KUNIT_EXPECT_EQ(fake.test, fake.xfers[i].attempts, 0);
	KUNIT_EXPECT_EQ(fake.test, fake.frame_count, sent);
}

/* Three failures in a row: degraded, with a first back-off of 100 ms and at most 500 ms. */
static void degrade(void)
{
	set_policy(DEAD, 3, 100, 500);
	ask_in_vain(0);
	ask_in_vain(0);
	KUNIT_EXPECT_EQ(fake.test, dead()->health, OHT_HEALTH_UNKNOWN);
	ask_in_vain(0);
	KUNIT_ASSERT_EQ(fake.test, dead()->health, OHT_HEALTH_DEGRADED);
}

/* ---- becoming degraded ---- */

static void unit_test_without_policy(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		ask_in_vain(0);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 20);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_UNKNOWN);
	KUNIT_EXPECT_EQ(test, dead()->errors_in_row, 20);
	KUNIT_EXPECT_EQ(test, fake.health_count, 0);
}

static void unit_test_degrades(struct kunit *test)
{
	degrade();
	KUNIT_EXPECT_EQ(test, fake.frame_count, 3);
	expect_refused(1, OHT_PRIO_CYCLIC);
	expect_refused(1, OHT_PRIO_BACKGROUND);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.details[OHT_DETAIL_DEGRADED], 2);
	KUNIT_EXPECT_EQ(test, dead()->next_probe_ns, fake.done_ns[0] + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, dead()->backoff_ms, 100);
	KUNIT_ASSERT_EQ(test, fake.health_count, 1);
	KUNIT_EXPECT_EQ(test, fake.health[0].unit, DEAD);
	KUNIT_EXPECT_EQ(test, fake.health[0].from, OHT_HEALTH_UNKNOWN);
	KUNIT_EXPECT_EQ(test, fake.health[0].to, OHT_HEALTH_DEGRADED);
	KUNIT_EXPECT_EQ(test, fake.health[0].detail, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, fake.health[0].errors_in_row, 3);
	KUNIT_EXPECT_EQ(test, fake.health[0].last_good_ns, 0);
	KUNIT_EXPECT_EQ(test, fake.health[0].changed_ns, fake.done_ns[0]);
	fake_expect_in_step(2);
}

/* A transfer counts once, whatever it was given of attempts. */
static void unit_test_counts_transfers(struct kunit *test)
{
	struct oht_xfer *x;

	set_policy(DEAD, 2, 100, 500);
	x = fake_xfer(0, DEAD, 3, 0, 1);
	x->timeout_us = TIMEOUT_US;
	x->retries = 2;
	fake_submit(0);
	fake_run_done(0);
	KUNIT_EXPECT_EQ(test, x->attempts, 3);
	KUNIT_EXPECT_EQ(test, dead()->errors_in_row, 1);
	KUNIT_EXPECT_EQ(test, dead()->details[OHT_DETAIL_TIMEOUT], 3);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_UNKNOWN);
}

/* What waits when it becomes degraded ends with it, of every class; others' transfers do not. */
static void unit_test_waiting_end(struct kunit *test)
{
	set_policy(DEAD, 1, 100, 500);
	ask(0, DEAD, OHT_PRIO_CYCLIC);
	ask(1, DEAD, OHT_PRIO_CYCLIC);
	ask(2, DEAD, OHT_PRIO_BACKGROUND);
	ask(3, 4, OHT_PRIO_BACKGROUND);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	FAKE_EXPECT_DONE(1, -EHOSTUNREACH, OHT_DETAIL_DEGRADED);
	FAKE_EXPECT_DONE(2, -EHOSTUNREACH, OHT_DETAIL_DEGRADED);
	fake_run_sent(2);
	fake_answer_to(3, FAKE_MS);
	fake_run_done(3);
	FAKE_EXPECT_DONE(3, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 2);
}

static void unit_test_flapping(struct kunit *test)
{
	unsigned int i;

	set_policy(DEAD, 2, 100, 500);
	for (i = 0; i < 10; i++) {
		ask_in_vain(0);
		ask_and_answer(1, DEAD);
	}
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_GOOD);
	KUNIT_EXPECT_EQ(test, dead()->errors_in_row, 0);
	KUNIT_EXPECT_EQ(test, fake.health_count, 1);
	KUNIT_EXPECT_EQ(test, fake.health[0].to, OHT_HEALTH_GOOD);
}

/* The last moment of the time-out is in time, one character later is a failure. */
static void unit_test_answer_at_the_end(struct kunit *test)
{
	set_policy(DEAD, 1, 100, 500);
	ask(0, DEAD, OHT_PRIO_CYCLIC);
	fake_run_sent(1);
	fake_answer_to(0, TIMEOUT_US * FAKE_US);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_GOOD);
	KUNIT_EXPECT_GE(test, dead()->turnaround_max_ns, TIMEOUT_US * FAKE_US - 2);
	ask(0, DEAD, OHT_PRIO_CYCLIC);
	fake_run_sent(2);
	fake_answer_to(0, TIMEOUT_US * FAKE_US + fake.engine.timing.char_ns);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_DEGRADED);
	/* The late answer changes nothing: no transfer takes it. */
	fake_run(fake.heard_ns + FAKE_MS);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_DEGRADED);
}

/* A stop, a cancel before it was sent, a transmitter that is stuck: not the unit's fault. */
static void unit_test_not_its_fault(struct kunit *test)
{
	struct oht_xfer *x;

	set_policy(DEAD, 1, 100, 500);
	fake.may_move = true;
	x = fake_xfer(0, DEAD, 6, 0, 1);
	x->while_stopped = false;
	fake_submit(0);
	oht_engine_abort(&fake.engine);
	FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
	fake_run(fake.now_ns + 100 * FAKE_MS);
	ask(1, 9, OHT_PRIO_CYCLIC);
	ask(2, DEAD, OHT_PRIO_CYCLIC);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[2]), 0);
	fake_run_done(1);
	fake.busy_extra_ns = 1000 * FAKE_MS;
	ask(3, DEAD, OHT_PRIO_CYCLIC);
	fake_run_done(3);
	FAKE_EXPECT_DONE(3, -EIO, OHT_DETAIL_TX_STUCK);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_UNKNOWN);
	KUNIT_EXPECT_EQ(test, dead()->errors_in_row, 0);
}

/* The transfer is cancelled, but the missing answer still counts. */
static void unit_test_cancelled_on_the_wire(struct kunit *test)
{
	set_policy(DEAD, 1, 100, 500);
	ask(0, DEAD, OHT_PRIO_CYCLIC);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), 0);
	fake_run(fake.now_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_DEGRADED);
}

/* ---- probes ---- */

static void unit_test_probe_when_due(struct kunit *test)
{
	degrade();
	fake_run(dead()->next_probe_ns - 1);
	expect_refused(1, OHT_PRIO_CYCLIC);
	fake_run(dead()->next_probe_ns);
	ask(1, DEAD, OHT_PRIO_CYCLIC);
	KUNIT_EXPECT_EQ(test, fake.done[1], 0);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 4);
}

/* One attempt, whatever was asked for; transfers that waited behind it end with it. */
static void unit_test_probe_once(struct kunit *test)
{
	struct oht_xfer *x;

	degrade();
	fake_run(dead()->next_probe_ns);
	x = fake_xfer(1, DEAD, 3, 0, 1);
	x->timeout_us = TIMEOUT_US;
	x->retries = 10;
	fake_submit(1);
	ask(2, DEAD, OHT_PRIO_CYCLIC);
	fake_run_sent(4);
	ask(3, DEAD, OHT_PRIO_CYCLIC);
	fake_run_done(1);
	KUNIT_EXPECT_EQ(test, x->attempts, 1);
	FAKE_EXPECT_DONE(2, -EHOSTUNREACH, OHT_DETAIL_DEGRADED);
	FAKE_EXPECT_DONE(3, -EHOSTUNREACH, OHT_DETAIL_DEGRADED);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 4);
}

/* It waits until no other transfer is queued, also later ones. */
static void unit_test_probe_in_background(struct kunit *test)
{
	degrade();
	fake_run(dead()->next_probe_ns);
	ask(1, 4, OHT_PRIO_CYCLIC);
	ask(2, DEAD, OHT_PRIO_CYCLIC);
	ask(3, 5, OHT_PRIO_CYCLIC);
	fake_run_sent(4);
	fake_answer_to(1, FAKE_MS);
	fake_run_sent(5);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 5);
	fake_answer_to(3, FAKE_MS);
	fake_run_sent(6);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], DEAD);
}

static void unit_test_backoff_doubles(struct kunit *test)
{
	static const unsigned int waits_ms[] = { 100, 200, 400, 500, 500, 500 };
	unsigned int i;

	degrade();
	for (i = 0; i < ARRAY_SIZE(waits_ms); i++) {
		KUNIT_EXPECT_EQ(test, dead()->backoff_ms, waits_ms[i]);
		KUNIT_EXPECT_EQ(test, dead()->next_probe_ns, fake.now_ns + waits_ms[i] * FAKE_MS);
		fake_run(dead()->next_probe_ns);
		ask_in_vain(0);
	}
	KUNIT_EXPECT_EQ(test, fake.health_count, 1);
}

/* Found: told once, the others that waited go on in their own class, and it may fail anew. */
static void unit_test_found(struct kunit *test)
{
	degrade();
	fake_run(dead()->next_probe_ns);
	ask(1, DEAD, OHT_PRIO_CYCLIC);
	ask(2, DEAD, OHT_PRIO_CYCLIC);
	ask(3, 4, OHT_PRIO_BACKGROUND);
	fake_run_sent(4);
	fake_answer_to(1, FAKE_MS);
	fake_run_sent(5);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], DEAD);
	fake_answer_to(2, FAKE_MS);
	fake_run_done(2);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	FAKE_EXPECT_DONE(2, 0, OHT_DETAIL_OK);
	KUNIT_ASSERT_EQ(test, fake.health_count, 2);
	KUNIT_EXPECT_EQ(test, fake.health[1].from, OHT_HEALTH_DEGRADED);
	KUNIT_EXPECT_EQ(test, fake.health[1].to, OHT_HEALTH_GOOD);
	KUNIT_EXPECT_EQ(test, dead()->next_probe_ns, 0);
	KUNIT_EXPECT_EQ(test, dead()->last_good_ns, fake.done_ns[2]);
	fake_run_done(3);
	ask_in_vain(1);
	ask_in_vain(1);
	ask_in_vain(1);
	KUNIT_EXPECT_EQ(test, fake.health[2].to, OHT_HEALTH_DEGRADED);
	KUNIT_EXPECT_EQ(test, fake.health[2].last_good_ns, fake.done_ns[2]);
	KUNIT_EXPECT_EQ(test, dead()->backoff_ms, 100);
}

/* A probe that is answered wrongly has failed; a refusal is an answer. */
static void unit_test_error_on_probe(struct kunit *test)
{
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes;

	degrade();
	fake_run(dead()->next_probe_ns);
	ask(1, DEAD, OHT_PRIO_CYCLIC);
	fake_run_sent(4);
	bytes = fake_answer(&fake.xfers[1], adu);
	adu[3] ^= 1;
	fake_say(fake_last()->end_ns + FAKE_MS, adu, bytes);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, -EBADMSG, OHT_DETAIL_CRC);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_DEGRADED);
	KUNIT_EXPECT_EQ(test, dead()->backoff_ms, 200);
	fake_run(dead()->next_probe_ns);
	ask(1, DEAD, OHT_PRIO_CYCLIC);
	fake_run_sent(5);
	bytes = fake_exception(&fake.xfers[1], 2, adu);
	fake_say(fake_last()->end_ns + FAKE_MS, adu, bytes);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, -EREMOTEIO, OHT_DETAIL_EXCEPTION);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_GOOD);
}

/* A command need not wait for the probe: it is the probe, but the bus does not pay twice. */
static void unit_test_command_takes_the_place(struct kunit *test)
{
	u64 due_ns;

	degrade();
	due_ns = dead()->next_probe_ns;
	fake_run(due_ns - 60 * FAKE_MS);
	ask(1, DEAD, OHT_PRIO_COMMAND);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, dead()->next_probe_ns, due_ns + 200 * FAKE_MS);
	expect_refused(2, OHT_PRIO_COMMAND);
	fake_run(due_ns - 1);
	expect_refused(2, OHT_PRIO_COMMAND);
	fake_run(due_ns);
	expect_refused(2, OHT_PRIO_CYCLIC);
	ask(2, DEAD, OHT_PRIO_COMMAND);
	fake_run_sent(5);
	fake_answer_to(2, FAKE_MS);
	fake_run_done(2);
	FAKE_EXPECT_DONE(2, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_GOOD);
}

/* A probe that waits ends like any other transfer: cancelled, or with the bus. */
static void unit_test_probe_given_up(struct kunit *test)
{
	degrade();
	fake_run(dead()->next_probe_ns);
	ask(1, 4, OHT_PRIO_CYCLIC);
	ask(2, DEAD, OHT_PRIO_CYCLIC);
	ask(3, DEAD, OHT_PRIO_CYCLIC);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[2]), 0);
	FAKE_EXPECT_DONE(2, -EINTR, OHT_DETAIL_CANCELLED);
	oht_engine_shutdown(&fake.engine);
	FAKE_EXPECT_DONE(3, -ENODEV, OHT_DETAIL_GONE);
}

/* ---- policy ---- */

static void unit_test_defaults(struct kunit *test)
{
	struct oht_xfer *x = fake_xfer(0, DEAD, 3, 0, 1);

	x->timeout_us = 0;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, x), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake.done[0], 0);
	set_policy(DEAD, 0, 0, 0);
	fake_submit(0);
	fake_run_done(0);
	KUNIT_EXPECT_EQ(test, x->attempts, 3);
	KUNIT_EXPECT_EQ(test, fake.frames[1].start_ns - fake.frames[0].end_ns,
			TIMEOUT_US * FAKE_US + fake.engine.timing.char_ns);
	/* Of its own it keeps its own. */
	ask(1, DEAD, OHT_PRIO_CYCLIC);
	fake_run_done(1);
	KUNIT_EXPECT_EQ(test, fake.xfers[1].attempts, 1);
}

static void unit_test_set_anew(struct kunit *test)
{
	degrade();
	expect_refused(1, OHT_PRIO_CYCLIC);
	set_policy(DEAD, 3, 100, 500);
	KUNIT_EXPECT_EQ(test, dead()->health, OHT_HEALTH_UNKNOWN);
	KUNIT_EXPECT_EQ(test, dead()->details[OHT_DETAIL_TIMEOUT], 3);
	ask_in_vain(1);
	KUNIT_EXPECT_EQ(test, dead()->errors_in_row, 1);
	KUNIT_EXPECT_EQ(test, fake.health_count, 1);
}

static void unit_test_reset_while_running(struct kunit *test)
{
	struct oht_engine_unit u;

	degrade();
	fake_run(dead()->next_probe_ns);
	ask(1, DEAD, OHT_PRIO_CYCLIC);
	fake_run_sent(4);
	oht_engine_reset_stats(&fake.engine);
	fake_run_done(1);
	oht_engine_get_unit(&fake.engine, DEAD, &u);
	KUNIT_EXPECT_EQ(test, u.details[OHT_DETAIL_TIMEOUT], 1);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.details[OHT_DETAIL_TIMEOUT], 1);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.frames_sent, 0);
	/* How it stands with the unit is no counter. */
	KUNIT_EXPECT_EQ(test, u.health, OHT_HEALTH_DEGRADED);
	KUNIT_EXPECT_EQ(test, u.errors_in_row, 4);
	KUNIT_EXPECT_EQ(test, u.backoff_ms, 200);
}

/* ---- four units ---- */

#define MODULES		4
#define MINUTE_NS	(60000 * FAKE_MS)

/* Four units asked in turn, as fast as it goes, for a minute; counts good answers and probes. */
static unsigned int minute(bool with_dead, unsigned int *to_dead)
{
	u64 end_ns = fake.now_ns + MINUTE_NS;
	unsigned int good = 0, unit;

	*to_dead = 0;
	while (fake.now_ns < end_ns) {
		for (unit = 2; unit < 2 + MODULES; unit++)
			if (unit != DEAD || with_dead)
				ask(unit, unit, OHT_PRIO_CYCLIC);
		while (fake.engine.state != OHT_ENGINE_IDLE) {
			fake_run_sent(fake.frame_count + 1);
			unit = fake_last()->adu[0];
			if (unit == DEAD)
				(*to_dead)++;
			else
				fake_answer_to(unit, 1750 * FAKE_US);
			fake_run_done(unit);
			good += fake.xfers[unit].status == 0;
		}
		fake_rewind();
	}
	KUNIT_EXPECT_EQ(fake.test, fake.early, 0);
	return good;
}

static void unit_test_dead_among_four(struct kunit *test)
{
	unsigned int alone, beside, to_dead;

	/* Slow, so that a minute has fewer characters to compute. */
	fake_init(test, 9600);
	alone = minute(false, &to_dead);
	KUNIT_EXPECT_EQ(test, to_dead, 0);
	fake_init(test, 9600);
	set_policy(DEAD, 3, 100, 2000);
	beside = minute(true, &to_dead);
	/* 3 to notice; then after 0.1, 0.2, 0.4, 0.8, 1.6 s and every 2 s, and their time-outs. */
	KUNIT_EXPECT_LE(test, to_dead, 3 + 5 + 29);
	KUNIT_EXPECT_GE(test, to_dead, 3 + 5 + 26);
	KUNIT_EXPECT_GE(test, 100 * beside, 95 * alone);
	KUNIT_EXPECT_EQ(test, fake.health_count, 1);
}

static struct kunit_case unit_test_cases[] = {
	KUNIT_CASE(unit_test_without_policy),
	KUNIT_CASE(unit_test_degrades),
	KUNIT_CASE(unit_test_counts_transfers),
	KUNIT_CASE(unit_test_waiting_end),
	KUNIT_CASE(unit_test_flapping),
	KUNIT_CASE(unit_test_answer_at_the_end),
	KUNIT_CASE(unit_test_not_its_fault),
	KUNIT_CASE(unit_test_cancelled_on_the_wire),
	KUNIT_CASE(unit_test_probe_when_due),
	KUNIT_CASE(unit_test_probe_once),
	KUNIT_CASE(unit_test_probe_in_background),
	KUNIT_CASE(unit_test_backoff_doubles),
	KUNIT_CASE(unit_test_found),
	KUNIT_CASE(unit_test_error_on_probe),
	KUNIT_CASE(unit_test_command_takes_the_place),
	KUNIT_CASE(unit_test_probe_given_up),
	KUNIT_CASE(unit_test_defaults),
	KUNIT_CASE(unit_test_set_anew),
	KUNIT_CASE(unit_test_reset_while_running),
	KUNIT_CASE(unit_test_dead_among_four),
	{}
};

static struct kunit_suite unit_test_suite = {
	.name = "oht_engine_unit",
	.init = unit_test_init,
	.test_cases = unit_test_cases,
};

kunit_test_suites(&unit_test_suite);
