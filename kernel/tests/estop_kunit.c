// SPDX-License-Identifier: GPL-2.0-only
/* The emergency stop: latch, causes, records, the role of controller, the counters. */
#include "estop_fake.h"

static int estop_init(struct kunit *test)
{
	fake_estop_init(test, 2);
	return 0;
}

static struct oht_estop *const estop = &fake_estop.estop;

/* ---- the latch ---- */

static void estop_starts_stopped(struct kunit *test)
{
	const struct oht_safety_record *record = fake_estop_record();

	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_START);
	KUNIT_EXPECT_EQ(test, estop->causes, OHT_CAUSE_BIT(OHT_CAUSE_START));
	KUNIT_EXPECT_EQ(test, record->journal_seq, 1);
	KUNIT_EXPECT_EQ(test, record->cause, OHT_CAUSE_START);
	KUNIT_EXPECT_EQ(test, record->low_ns, 0);
	KUNIT_EXPECT_EQ(test, fake_estop.stopped, 1);
	KUNIT_EXPECT_EQ(test, fake_estop.recorded, 1);
	KUNIT_EXPECT_EQ(test, oht_estop_enabled(estop), 0);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

static void estop_press_latches(struct kunit *test)
{
	const struct oht_safety_record *record;

	fake_estop_enable();
	fake_estop.stopped = 0;
	fake_estop_turn(0, FAKE_OPEN);
	record = fake_estop_record();
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_BUTTON_A);
	KUNIT_EXPECT_EQ(test, record->kind, OHT_SAFETY_STOP);
	KUNIT_EXPECT_EQ(test, record->cause, OHT_CAUSE_BUTTON_A);
	KUNIT_EXPECT_EQ(test, record->state_from, OHT_ESTOP_ENABLED);
	KUNIT_EXPECT_EQ(test, record->state_to, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, record->inputs, OHT_INPUT_B);
	KUNIT_EXPECT_EQ(test, record->outputs, 0);
	KUNIT_EXPECT_EQ(test, record->low_ns, fake_estop.now_ns);
	KUNIT_EXPECT_EQ(test, record->tgid, 0);
	KUNIT_EXPECT_EQ(test, fake_estop.stopped, 1);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

/* The other channel of the same press is a further cause; the first one stays the first. */
static void estop_first_cause_stays(struct kunit *test)
{
	fake_estop_enable();
	fake_estop_turn(1, FAKE_OPEN);
	fake_estop_turn(0, FAKE_OPEN);
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_BUTTON_B);
	KUNIT_EXPECT_EQ(test, estop->causes, OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) |
			OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B) | OHT_CAUSE_BIT(OHT_CAUSE_SOFTWARE));
	KUNIT_EXPECT_EQ(test, fake_estop_record()->causes, estop->causes);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->low_ns, 0);
}

/* Closed again before the handler reads the level: an edge all the same. */
static void estop_short_press_latches(struct kunit *test)
{
	fake_estop_enable();
	fake_estop_edge(0);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->kind, OHT_SAFETY_GLITCH);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->cause, OHT_CAUSE_BUTTON_A);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

static void estop_release_is_no_news(struct kunit *test)
{
	u64 seq;

	fake_estop_enable();
	fake_estop_turn(0, FAKE_OPEN);
	fake_estop_turn(1, FAKE_OPEN);
	seq = estop->journal.seq;
	fake_estop.stopped = 0;
	fake_estop_turn(0, FAKE_CLOSED);
	fake_estop_turn(1, FAKE_CLOSED);
	KUNIT_EXPECT_EQ(test, estop->journal.seq, seq);
	KUNIT_EXPECT_EQ(test, fake_estop.stopped, 0);
}

/* The edge was lost: the supervision reads the level. */
static void estop_level_latches(struct kunit *test)
{
	fake_estop_enable();
	fake_estop.channel[1].value = FAKE_OPEN;
	fake_estop_pass(FAKE_PERIOD_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_BUTTON_B);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

/* Stops, and is never called a button. */
static void estop_unreadable_latches(struct kunit *test)
{
	fake_estop_enable();
	fake_estop.channel[0].value = -EIO;
	fake_estop_pass(FAKE_PERIOD_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->causes, OHT_CAUSE_BIT(OHT_CAUSE_INPUT_ERROR));
	FAKE_EXPECT_OUTPUTS(test, 0);
}

/* Asked for again: one record, but the outputs are written again and the owner is told again. */
static void estop_stop_again(struct kunit *test)
{
	const u64 tag = 99;
	unsigned int writes;
	u64 seq;

	fake_estop_enable();
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, &tag);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->tag, 99);
	seq = estop->journal.seq;
	writes = fake_estop.enable[1].writes;
	fake_estop.stopped = 0;
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
	KUNIT_EXPECT_EQ(test, estop->journal.seq, seq);
	KUNIT_EXPECT_EQ(test, fake_estop.enable[1].writes, writes + 1);
	KUNIT_EXPECT_EQ(test, fake_estop.stopped, 1);
	KUNIT_EXPECT_EQ(test, estop->tag, 99);
}

/* A status call finds that the edge was lost: its caller has not pressed the button. */
static void estop_names_who_asked(struct kunit *test)
{
	struct oht_estop_status status;

	fake_estop_enable();
	fake_estop.in_thread = true;
	fake_estop.channel[0].value = FAKE_OPEN;
	oht_estop_status(estop, &fake_stranger, &status);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->cause, OHT_CAUSE_BUTTON_A);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->tgid, 0);
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->tgid, 1234);
}

/* A unit whose loss stops has not been heard in time: that stands until it is. */
static void estop_bus_loss(struct kunit *test)
{
	u64 blocking;

	fake_estop_enable();
	oht_estop_await_bus(estop, fake_estop.now_ns + 10 * FAKE_ESTOP_MS);
	fake_estop_pass(10);
	FAKE_EXPECT_OUTPUTS(test, 1);
	fake_estop_pass(FAKE_PERIOD_MS);
	FAKE_EXPECT_OUTPUTS(test, 0);
	KUNIT_EXPECT_EQ(test, estop->causes, OHT_CAUSE_BIT(OHT_CAUSE_BUS_LOSS));
	KUNIT_EXPECT_EQ(test, fake_estop_reset(&blocking), -EBUSY);
	KUNIT_EXPECT_EQ(test, blocking, OHT_CAUSE_BIT(OHT_CAUSE_BUS_LOSS));
	oht_estop_await_bus(estop, fake_estop.now_ns + 10 * FAKE_ESTOP_MS);
	KUNIT_EXPECT_EQ(test, fake_estop_reset(&blocking), 0);
	/* Lost between the two: nobody has looked yet. */
	fake_estop_skip(11 * FAKE_ESTOP_MS);
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), -ECANCELED);
	KUNIT_EXPECT_EQ(test, blocking, OHT_CAUSE_BIT(OHT_CAUSE_BUS_LOSS));
	FAKE_EXPECT_OUTPUTS(test, 0);
	/* No plan any more. */
	oht_estop_await_bus(estop, 0);
	KUNIT_EXPECT_EQ(test, fake_estop_reset(&blocking), 0);
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), 0);
	fake_estop_pass(200);
	FAKE_EXPECT_OUTPUTS(test, 1);
}

static void estop_counts_what_ends_outputs(struct kunit *test)
{
	u32 before;

	fake_estop_ready();
	before = oht_estop_halts(estop);
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&(u64){ 0 }), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_halts(estop), before);
	KUNIT_EXPECT_EQ(test, oht_estop_disable(estop, &fake_controller, 1), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_halts(estop), before + 1);
	KUNIT_EXPECT_EQ(test, oht_estop_disable(estop, &fake_controller, 1), -ECANCELED);
	KUNIT_EXPECT_EQ(test, oht_estop_halts(estop), before + 1);
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
	KUNIT_EXPECT_EQ(test, oht_estop_halts(estop), before + 2);
	/* Latched again counts as well: outputs may have been set in between. */
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
	KUNIT_EXPECT_EQ(test, oht_estop_halts(estop), before + 3);
	fake_estop_pass(2 * FAKE_STABLE_MS);
	KUNIT_EXPECT_EQ(test, fake_estop_reset(&(u64){ 0 }), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_halts(estop), before + 3);
}

/* Each enable has a number of its own; no other state has one. */
static void estop_enable_has_a_number(struct kunit *test)
{
	u64 blocking;

	KUNIT_EXPECT_EQ(test, oht_estop_enabled(estop), 0);
	fake_estop_enable();
	KUNIT_EXPECT_EQ(test, oht_estop_enabled(estop), 1);
	KUNIT_EXPECT_EQ(test, oht_estop_disable(estop, &fake_controller, 1), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_enabled(estop), 0);
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_enabled(estop), 2);
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
	KUNIT_EXPECT_EQ(test, oht_estop_enabled(estop), 0);
}

/* ---- what else stops ---- */

static void estop_deadman(struct kunit *test)
{
	fake_estop_enable();
	fake_estop.beats = false;
	fake_estop_pass(FAKE_DEADMAN_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_ENABLED);
	fake_estop_skip(1);
	oht_estop_supervise(estop);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_DEADMAN);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

/* A heartbeat that comes late stops, though nothing has looked before. */
static void estop_late_heartbeat(struct kunit *test)
{
	fake_estop_enable();
	fake_estop_skip(FAKE_DEADMAN_MS * FAKE_ESTOP_MS + 1);
	KUNIT_EXPECT_EQ(test, oht_estop_heartbeat(estop, &fake_controller), 0);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_DEADMAN);
}

static void estop_heartbeat_of_a_stranger(struct kunit *test)
{
	fake_estop_enable();
	fake_estop_skip(FAKE_DEADMAN_MS * FAKE_ESTOP_MS);
	KUNIT_EXPECT_EQ(test, oht_estop_heartbeat(estop, &fake_stranger), -EPERM);
	fake_estop_skip(1);
	oht_estop_supervise(estop);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_DEADMAN);
}

static void estop_stalled_cpu(struct kunit *test)
{
	fake_estop_enable();
	oht_stall_set_watched(&estop->stall, true, fake_estop.now_ns);
	fake_estop_skip(FAKE_STALL_US * NSEC_PER_USEC + 1);
	oht_estop_supervise(estop);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_CPU_STALL);
}

static void estop_contact_does_not_follow(struct kunit *test)
{
	fake_estop_with_contacts();
	fake_estop_enable();
	fake_estop.contact[1].value = FAKE_OPEN;
	fake_estop_pass(FAKE_SETTLE_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_ENABLED);
	fake_estop_pass(FAKE_PERIOD_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_FEEDBACK);
}

static void estop_contact_cannot_be_read(struct kunit *test)
{
	fake_estop_with_contacts();
	fake_estop_enable();
	fake_estop.contact[0].value = -EIO;
	fake_estop_pass(FAKE_PERIOD_MS);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_INPUT_ERROR);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

/* Contacts that open are a record, once, with the time from which they were awaited. */
static void estop_contacts_opened(struct kunit *test)
{
	u64 low_ns;

	fake_estop_with_contacts();
	fake_estop_enable();
	fake_estop.contacts_stick = true;
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
	low_ns = fake_estop_record()->low_ns;
	fake_estop_pass(4);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->kind, OHT_SAFETY_STOP);
	fake_estop.contact[0].value = FAKE_OPEN;
	fake_estop.contact[1].value = FAKE_OPEN;
	fake_estop_pass(20);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->kind, OHT_SAFETY_OPENED);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->low_ns, low_ns);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->event_ns, low_ns + 6 * FAKE_ESTOP_MS);
}

/* The pulse has no edge but from a supervision that found nothing, with the machine enabled. */
static void estop_pulse(struct kunit *test)
{
	unsigned int writes;

	fake_estop_with_pulse();
	fake_estop_ready();
	KUNIT_EXPECT_EQ(test, fake_estop.pulse.value, 0);
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&(u64){ 0 }), 0);
	writes = fake_estop.pulse.writes;
	fake_estop_pass(FAKE_PERIOD_MS);
	KUNIT_EXPECT_EQ(test, fake_estop.pulse.value, 1);
	fake_estop_pass(FAKE_PERIOD_MS);
	KUNIT_EXPECT_EQ(test, fake_estop.pulse.value, 0);
	KUNIT_EXPECT_EQ(test, fake_estop.pulse.writes, writes + 2);
	fake_estop_pass(FAKE_PERIOD_MS);
	fake_estop_turn(0, FAKE_OPEN);
	KUNIT_EXPECT_EQ(test, fake_estop.pulse.value, 0);
	fake_estop_pass(10 * FAKE_PERIOD_MS);
	KUNIT_EXPECT_EQ(test, fake_estop.pulse.value, 0);
}

/* ---- the end without a lock ---- */

static void estop_cut(struct kunit *test)
{
	u64 blocking;

	fake_estop_enable();
	fake_estop.unlocked = true;
	oht_estop_cut_outputs(estop);
	fake_estop.unlocked = false;
	KUNIT_EXPECT_EQ(test, fake_estop.enable[0].value, 0);
	KUNIT_EXPECT_EQ(test, fake_estop.enable[1].value, 0);
	oht_estop_note_panic(estop, OHT_ESTOP_ENABLED);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->cause, OHT_CAUSE_PANIC);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->state_from, OHT_ESTOP_ENABLED);
	/* Even if the machine could be reset, no output rises any more. */
	fake_estop_pass(2 * FAKE_STABLE_MS);
	KUNIT_EXPECT_EQ(test, fake_estop_reset(&blocking), 0);
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), -ECANCELED);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

/* A fault in the kernel is a record and stops nothing; a lock that is held costs the record. */
static void estop_fault_is_noted(struct kunit *test)
{
	unsigned long flags;
	u64 seq;

	fake_estop_enable();
	oht_estop_note_fault(estop);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->kind, OHT_SAFETY_FAULT);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_ENABLED);
	seq = estop->journal.seq;
	flags = oht_estop_lock(estop);
	oht_estop_note_panic(estop, OHT_ESTOP_ENABLED);
	oht_estop_unlock(estop, flags);
	KUNIT_EXPECT_EQ(test, estop->journal.seq, seq);
}

/* ---- the role ---- */

static void estop_take_refused(struct kunit *test)
{
	u64 seq = estop->journal.seq;

	KUNIT_EXPECT_EQ(test, oht_estop_take(estop, &fake_controller, 9), -EINVAL);
	KUNIT_EXPECT_EQ(test, oht_estop_take(estop, &fake_controller, 10001), -EINVAL);
	KUNIT_EXPECT_EQ(test, oht_estop_take(estop, &fake_controller, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, estop->journal.seq, seq);
	KUNIT_EXPECT_EQ(test, oht_estop_session(estop), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_take(estop, &fake_controller, 10), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_take(estop, &fake_stranger, 100), -EBUSY);
	KUNIT_EXPECT_EQ(test, oht_estop_take(estop, &fake_controller, 100), -EBUSY);
	KUNIT_EXPECT_EQ(test, estop->deadman_ns, 10 * FAKE_ESTOP_MS);
	KUNIT_EXPECT_TRUE(test, oht_estop_is_controller(estop, &fake_controller));
	KUNIT_EXPECT_FALSE(test, oht_estop_is_controller(estop, &fake_stranger));
}

static void estop_sessions(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, oht_estop_session_of(estop, &fake_controller), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_take(estop, &fake_controller, 10000), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_session_of(estop, &fake_controller), 1);
	KUNIT_EXPECT_EQ(test, oht_estop_session_of(estop, &fake_stranger), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_release(estop, &fake_controller), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_session_of(estop, &fake_controller), 0);
	/* Without a lock: that of the last controller. */
	KUNIT_EXPECT_EQ(test, oht_estop_session(estop), 1);
	KUNIT_EXPECT_EQ(test, oht_estop_take(estop, &fake_stranger, 10000), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_session(estop), 2);
}

static void estop_farewell_stops(struct kunit *test)
{
	fake_estop_enable();
	KUNIT_EXPECT_EQ(test, oht_estop_release(estop, &fake_stranger), -EPERM);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_ENABLED);
	KUNIT_EXPECT_EQ(test, oht_estop_release(estop, &fake_controller), 0);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_FAREWELL);
	FAKE_EXPECT_OUTPUTS(test, 0);
	KUNIT_EXPECT_EQ(test, oht_estop_release(estop, &fake_controller), -EPERM);
}

static void estop_close_stops(struct kunit *test)
{
	fake_estop_enable();
	oht_estop_forget(estop, &fake_stranger);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_ENABLED);
	oht_estop_forget(estop, &fake_controller);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_CLOSE);
	FAKE_EXPECT_OUTPUTS(test, 0);
	/* Without a controller no heartbeat is missed. */
	fake_estop.beats = false;
	fake_estop_pass(3 * FAKE_DEADMAN_MS);
	KUNIT_EXPECT_EQ(test, estop->causes, OHT_CAUSE_BIT(OHT_CAUSE_CLOSE));
}

/* ---- state and journal ---- */

static void estop_status(struct kunit *test)
{
	struct oht_estop_status status;

	fake_estop_enable();
	oht_estop_status(estop, &fake_stranger, &status);
	KUNIT_EXPECT_EQ(test, status.state, OHT_ESTOP_ENABLED);
	KUNIT_EXPECT_EQ(test, status.flags, OHT_ESTOP_HAS_CONTROLLER);
	KUNIT_EXPECT_EQ(test, status.deadman_ms, FAKE_DEADMAN_MS);
	KUNIT_EXPECT_EQ(test, status.opened_age_s, OHT_NEVER_S);
	fake_estop.channel[0].value = FAKE_OPEN;
	fake_estop.channel[1].value = FAKE_OPEN;
	oht_estop_status(estop, &fake_controller, &status);
	/* To ask is to look: the machine is stopped by it. */
	KUNIT_EXPECT_EQ(test, status.state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, status.flags, OHT_ESTOP_HAS_CONTROLLER | OHT_ESTOP_IS_CONTROLLER);
	KUNIT_EXPECT_EQ(test, status.inputs, 0);
	KUNIT_EXPECT_EQ(test, status.opened_age_s, 0);
	KUNIT_EXPECT_EQ(test, status.standing, OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) |
			OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B));
}

static void estop_journal(struct kunit *test)
{
	struct oht_safety_record record;
	u64 seq = 0, newest;
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, oht_estop_journal_read(estop, &seq, &record));
	for (i = 0; i < OHT_ESTOP_JOURNAL + 10; i++)
		oht_estop_note_fault(estop);
	newest = oht_estop_journal_seq(estop);
	KUNIT_EXPECT_EQ(test, newest, OHT_ESTOP_JOURNAL + 11);
	/* A reader that fell behind gets the oldest that is kept. */
	seq = 1;
	KUNIT_ASSERT_TRUE(test, oht_estop_journal_read(estop, &seq, &record));
	KUNIT_EXPECT_EQ(test, record.journal_seq, newest - OHT_ESTOP_JOURNAL + 1);
	while (oht_estop_journal_read(estop, &seq, &record))
		KUNIT_EXPECT_EQ(test, record.journal_seq, seq - 1);
	KUNIT_EXPECT_EQ(test, record.journal_seq, newest);
	KUNIT_EXPECT_EQ(test, seq, newest + 1);
}

static struct kunit_case estop_cases[] = {
	KUNIT_CASE(estop_starts_stopped),
	KUNIT_CASE(estop_press_latches),
	KUNIT_CASE(estop_first_cause_stays),
	KUNIT_CASE(estop_short_press_latches),
	KUNIT_CASE(estop_release_is_no_news),
	KUNIT_CASE(estop_level_latches),
	KUNIT_CASE(estop_unreadable_latches),
	KUNIT_CASE(estop_stop_again),
	KUNIT_CASE(estop_names_who_asked),
	KUNIT_CASE(estop_bus_loss),
	KUNIT_CASE(estop_counts_what_ends_outputs),
	KUNIT_CASE(estop_enable_has_a_number),
	KUNIT_CASE(estop_deadman),
	KUNIT_CASE(estop_late_heartbeat),
	KUNIT_CASE(estop_heartbeat_of_a_stranger),
	KUNIT_CASE(estop_stalled_cpu),
	KUNIT_CASE(estop_contact_does_not_follow),
	KUNIT_CASE(estop_contact_cannot_be_read),
	KUNIT_CASE(estop_contacts_opened),
	KUNIT_CASE(estop_pulse),
	KUNIT_CASE(estop_cut),
	KUNIT_CASE(estop_fault_is_noted),
	KUNIT_CASE(estop_take_refused),
	KUNIT_CASE(estop_sessions),
	KUNIT_CASE(estop_farewell_stops),
	KUNIT_CASE(estop_close_stops),
	KUNIT_CASE(estop_status),
	KUNIT_CASE(estop_journal),
	{}
};

static struct kunit_suite estop_suite = {
	.name = "oht_estop",
	.init = estop_init,
	.test_cases = estop_cases,
};

kunit_test_suites(&estop_suite);
