// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every event in every state: where the engine goes, what is done by then, and what must hold
 * whatever happens. A pair without an entry fails.
 *
 * In each state a read (0) is under way and another one (1) waits; in IDLE and DEAD there is none
 * left, in GAP both wait, in CUT the one that is cut was a write and is done.
 */
#include "engine_far.h"

enum table_event {
	BYTE,			/* a good character, of the answer where one is awaited */
	BAD_BYTE,		/* one with a framing error */
	TICK_EARLY,
	TICK,			/* at the deadline */
	TICK_STALE,		/* at the deadline, but armed for an older transaction */
	ROOM,			/* the transmitter has room, or says so */
	SUBMIT_STOP,		/* not for users: refused */
	SUBMIT_COMMAND,
	SUBMIT_CYCLIC,
	SUBMIT_BACKGROUND,
	CANCEL_QUEUED,
	CANCEL_ACTIVE,
	ABORT,			/* a stop without telegrams */
	STOP,			/* a stop with one */
	SHUTDOWN,
	TABLE_EVENTS,
};

static const char *const table_events[] = {
	"BYTE", "BAD_BYTE", "TICK_EARLY", "TICK", "TICK_STALE", "ROOM", "SUBMIT_STOP",
	"SUBMIT_COMMAND", "SUBMIT_CYCLIC", "SUBMIT_BACKGROUND", "CANCEL_QUEUED", "CANCEL_ACTIVE",
	"ABORT", "STOP", "SHUTDOWN",
};

#define TABLE_STATES	(OHT_ENGINE_DEAD + 1)
#define SUBMITTED	2	/* the transfer of the SUBMIT events */

/**
 * struct table_cell - what must come of an event
 * @known: somebody has thought about this pair
 * @next: enum oht_engine_state
 * @done: bits of the transfers that are done by it, right away
 */
struct table_cell {
	bool known;
	u8 next;
	u8 done;
};

#define TO(state_, done_)	{ .known = true, .next = OHT_ENGINE_##state_, .done = done_ }

static const struct table_cell table[TABLE_STATES][TABLE_EVENTS] = {
	[OHT_ENGINE_IDLE] = {
		[BYTE] = TO(IDLE, 0),
		[BAD_BYTE] = TO(IDLE, 0),
		[TICK_EARLY] = TO(IDLE, 0),
		[TICK] = TO(IDLE, 0),
		[TICK_STALE] = TO(IDLE, 0),
		[ROOM] = TO(IDLE, 0),
		[SUBMIT_STOP] = TO(IDLE, 0),
		[SUBMIT_COMMAND] = TO(DE_SETUP, 0),
		[SUBMIT_CYCLIC] = TO(DE_SETUP, 0),
		[SUBMIT_BACKGROUND] = TO(DE_SETUP, 0),
		[CANCEL_QUEUED] = TO(IDLE, 0),
		[CANCEL_ACTIVE] = TO(IDLE, 0),
		[ABORT] = TO(IDLE, 0),
		[STOP] = TO(DE_SETUP, 0),
		[SHUTDOWN] = TO(DEAD, 0),
	},
	[OHT_ENGINE_GAP] = {
		[BYTE] = TO(GAP, 0),
		[BAD_BYTE] = TO(GAP, 0),
		[TICK_EARLY] = TO(GAP, 0),
		[TICK] = TO(DE_SETUP, 0),
		[TICK_STALE] = TO(GAP, 0),
		[ROOM] = TO(GAP, 0),
		[SUBMIT_STOP] = TO(GAP, 0),
		[SUBMIT_COMMAND] = TO(GAP, 0),
		[SUBMIT_CYCLIC] = TO(GAP, 0),
		[SUBMIT_BACKGROUND] = TO(GAP, 0),
		[CANCEL_QUEUED] = TO(GAP, 2),
		[CANCEL_ACTIVE] = TO(GAP, 1),
		[ABORT] = TO(GAP, 0),
		[STOP] = TO(GAP, 0),
		[SHUTDOWN] = TO(DEAD, 3),
	},
	[OHT_ENGINE_DE_SETUP] = {
		[BYTE] = TO(DE_SETUP, 0),
		[BAD_BYTE] = TO(DE_SETUP, 0),
		[TICK_EARLY] = TO(DE_SETUP, 0),
		[TICK] = TO(SEND, 0),
		[TICK_STALE] = TO(DE_SETUP, 0),
		[ROOM] = TO(DE_SETUP, 0),
		[SUBMIT_STOP] = TO(DE_SETUP, 0),
		[SUBMIT_COMMAND] = TO(DE_SETUP, 0),
		[SUBMIT_CYCLIC] = TO(DE_SETUP, 0),
		[SUBMIT_BACKGROUND] = TO(DE_SETUP, 0),
		[CANCEL_QUEUED] = TO(DE_SETUP, 2),
		[CANCEL_ACTIVE] = TO(DE_SETUP, 1),
		[ABORT] = TO(DE_SETUP, 0),
		[STOP] = TO(CUT, 0),
		[SHUTDOWN] = TO(DEAD, 3),
	},
	[OHT_ENGINE_SEND] = {
		[BYTE] = TO(SEND, 0),
		[BAD_BYTE] = TO(SEND, 0),
		[TICK_EARLY] = TO(SEND, 0),
		[TICK] = TO(SEND, 0),
		[TICK_STALE] = TO(SEND, 0),
		[ROOM] = TO(SEND, 0),
		[SUBMIT_STOP] = TO(SEND, 0),
		[SUBMIT_COMMAND] = TO(SEND, 0),
		[SUBMIT_CYCLIC] = TO(SEND, 0),
		[SUBMIT_BACKGROUND] = TO(SEND, 0),
		[CANCEL_QUEUED] = TO(SEND, 2),
		[CANCEL_ACTIVE] = TO(SEND, 1),
		[ABORT] = TO(SEND, 0),
		[STOP] = TO(CUT, 0),
		[SHUTDOWN] = TO(DEAD, 3),
	},
	[OHT_ENGINE_DRAIN] = {
		[BYTE] = TO(DRAIN, 0),
		[BAD_BYTE] = TO(DRAIN, 0),
		[TICK_EARLY] = TO(DRAIN, 0),
		[TICK] = TO(DRAIN, 0),
		[TICK_STALE] = TO(DRAIN, 0),
		[ROOM] = TO(DRAIN, 0),
		[SUBMIT_STOP] = TO(DRAIN, 0),
		[SUBMIT_COMMAND] = TO(DRAIN, 0),
		[SUBMIT_CYCLIC] = TO(DRAIN, 0),
		[SUBMIT_BACKGROUND] = TO(DRAIN, 0),
		[CANCEL_QUEUED] = TO(DRAIN, 2),
		[CANCEL_ACTIVE] = TO(DRAIN, 1),
		[ABORT] = TO(DRAIN, 0),
		[STOP] = TO(DRAIN, 0),
		[SHUTDOWN] = TO(DEAD, 3),
	},
	[OHT_ENGINE_DE_HOLD] = {
		[BYTE] = TO(DE_HOLD, 0),
		[BAD_BYTE] = TO(DE_HOLD, 0),
		[TICK_EARLY] = TO(DE_HOLD, 0),
		[TICK] = TO(WAIT, 0),
		[TICK_STALE] = TO(DE_HOLD, 0),
		[ROOM] = TO(DE_HOLD, 0),
		[SUBMIT_STOP] = TO(DE_HOLD, 0),
		[SUBMIT_COMMAND] = TO(DE_HOLD, 0),
		[SUBMIT_CYCLIC] = TO(DE_HOLD, 0),
		[SUBMIT_BACKGROUND] = TO(DE_HOLD, 0),
		[CANCEL_QUEUED] = TO(DE_HOLD, 2),
		[CANCEL_ACTIVE] = TO(DE_HOLD, 1),
		[ABORT] = TO(DE_HOLD, 0),
		[STOP] = TO(DE_HOLD, 0),
		[SHUTDOWN] = TO(DEAD, 3),
	},
	[OHT_ENGINE_WAIT] = {
		[BYTE] = TO(COLLECT, 0),
		[BAD_BYTE] = TO(COLLECT, 0),
		[TICK_EARLY] = TO(WAIT, 0),
		[TICK] = TO(DE_SETUP, 1),
		[TICK_STALE] = TO(WAIT, 0),
		[ROOM] = TO(WAIT, 0),
		[SUBMIT_STOP] = TO(WAIT, 0),
		[SUBMIT_COMMAND] = TO(WAIT, 0),
		[SUBMIT_CYCLIC] = TO(WAIT, 0),
		[SUBMIT_BACKGROUND] = TO(WAIT, 0),
		[CANCEL_QUEUED] = TO(WAIT, 2),
		[CANCEL_ACTIVE] = TO(WAIT, 1),
		[ABORT] = TO(WAIT, 0),
		[STOP] = TO(WAIT, 0),
		[SHUTDOWN] = TO(DEAD, 3),
	},
	[OHT_ENGINE_COLLECT] = {
		[BYTE] = TO(COLLECT, 0),
		[BAD_BYTE] = TO(COLLECT, 0),
		[TICK_EARLY] = TO(COLLECT, 0),
		[TICK] = TO(COLLECT, 0),
		[TICK_STALE] = TO(COLLECT, 0),
		[ROOM] = TO(COLLECT, 0),
		[SUBMIT_STOP] = TO(COLLECT, 0),
		[SUBMIT_COMMAND] = TO(COLLECT, 0),
		[SUBMIT_CYCLIC] = TO(COLLECT, 0),
		[SUBMIT_BACKGROUND] = TO(COLLECT, 0),
		[CANCEL_QUEUED] = TO(COLLECT, 2),
		[CANCEL_ACTIVE] = TO(COLLECT, 1),
		[ABORT] = TO(COLLECT, 0),
		[STOP] = TO(COLLECT, 0),
		[SHUTDOWN] = TO(DEAD, 3),
	},
	[OHT_ENGINE_CUT] = {
		[BYTE] = TO(CUT, 0),
		[BAD_BYTE] = TO(CUT, 0),
		[TICK_EARLY] = TO(CUT, 0),
		[TICK] = TO(GAP, 0),
		[TICK_STALE] = TO(CUT, 0),
		[ROOM] = TO(CUT, 0),
		[SUBMIT_STOP] = TO(CUT, 0),
		[SUBMIT_COMMAND] = TO(CUT, 0),
		[SUBMIT_CYCLIC] = TO(CUT, 0),
		[SUBMIT_BACKGROUND] = TO(CUT, 0),
		[CANCEL_QUEUED] = TO(CUT, 2),
		[CANCEL_ACTIVE] = TO(CUT, 0),
		[ABORT] = TO(CUT, 0),
		[STOP] = TO(CUT, 0),
		[SHUTDOWN] = TO(DEAD, 2),
	},
	[OHT_ENGINE_DEAD] = {
		[BYTE] = TO(DEAD, 0),
		[BAD_BYTE] = TO(DEAD, 0),
		[TICK_EARLY] = TO(DEAD, 0),
		[TICK] = TO(DEAD, 0),
		[TICK_STALE] = TO(DEAD, 0),
		[ROOM] = TO(DEAD, 0),
		[SUBMIT_STOP] = TO(DEAD, 0),
		[SUBMIT_COMMAND] = TO(DEAD, 0),
		[SUBMIT_CYCLIC] = TO(DEAD, 0),
		[SUBMIT_BACKGROUND] = TO(DEAD, 0),
		[CANCEL_QUEUED] = TO(DEAD, 0),
		[CANCEL_ACTIVE] = TO(DEAD, 0),
		[ABORT] = TO(DEAD, 0),
		[STOP] = TO(DEAD, 0),
		[SHUTDOWN] = TO(DEAD, 0),
	},
};

/* ---- into each state ---- */

static void table_step_to(enum oht_engine_state state)
{
	u64 limit_ns = fake.now_ns + 100 * FAKE_MS;

	while (fake.engine.state != state && fake.now_ns < limit_ns)
		fake_step(limit_ns);
	KUNIT_ASSERT_EQ(fake.test, fake.engine.state, state);
}

static void table_begin(struct kunit *test)
{
	const struct oht_line line = {
		.baud_bps = 115200,
		.stop_bits = 1,
		.gap_char_bits = 11,
		.de_setup_us = 100,
		.de_hold_us = 100,
	};

	fake_init_line(test, &line);
	memset(&far_end, 0, sizeof(far_end));
	fake.fifo_bytes = 4;
	fake.busy_extra_ns = 50 * FAKE_US;
	fake_xfer(0, 1, 3, 0x0100, 2);
	fake_xfer(1, 2, 3, 0x0100, 2)->priority = OHT_PRIO_BACKGROUND;
	fake_xfer(SUBMITTED, 4, 3, 0x0100, 2);
}

static void table_collect(void)
{
	u8 adu[OHT_ADU_MAX_BYTES];

	table_step_to(OHT_ENGINE_WAIT);
	fake_answer(&fake.xfers[0], adu);
	fake_say(fake.now_ns + FAKE_MS, adu, 3);
	table_step_to(OHT_ENGINE_COLLECT);
	fake_run(fake.now_ns + 190 * FAKE_US);
}

static void table_enter(struct kunit *test, enum oht_engine_state state)
{
	table_begin(test);
	if (state == OHT_ENGINE_CUT)
		fake_xfer(0, 1, 6, 0x0100, 1);
	if (state == OHT_ENGINE_GAP)
		fake.engine.line_free_ns += FAKE_MS;
	if (state != OHT_ENGINE_IDLE) {
		fake_submit(0);
		fake_submit(1);
	}
	switch (state) {
	case OHT_ENGINE_CUT:
		table_step_to(OHT_ENGINE_SEND);
		oht_engine_abort(&fake.engine);
		break;
	case OHT_ENGINE_COLLECT:
		table_collect();
		break;
	case OHT_ENGINE_DEAD:
		oht_engine_shutdown(&fake.engine);
		break;
	default:
		table_step_to(state);
		break;
	}
	KUNIT_ASSERT_EQ(test, fake.engine.state, state);
}

/* ---- events ---- */

static void table_byte(u8 flags)
{
	u64 known_ns = fake.known_ns;
	u8 adu[OHT_ADU_MAX_BYTES];

	fake_answer(&fake.xfers[0], adu);
	fake_say_one(fake.now_ns, adu[fake.engine.state == OHT_ENGINE_COLLECT ? 3 : 0], flags);
	fake.port.event(fake.port.event_context, fake.now_ns);
	/* While we send it is our own driver that clicks: no reason for a gap. */
	if (fake.de && fake.engine.state != OHT_ENGINE_DE_SETUP)
		fake.known_ns = known_ns;
}

static void table_tick(bool stale)
{
	if (fake.armed_ns != FAKE_NEVER)
		fake.now_ns = fake.armed_ns;
	fake.engine.armed_generation -= stale;
	if (!stale)
		fake.armed_ns = FAKE_NEVER;
	oht_engine_tick(&fake.engine);
	fake.engine.armed_generation += stale;
}

static int table_submit(u8 priority)
{
	fake.xfers[SUBMITTED].priority = priority;
	return oht_engine_submit(&fake.engine, &fake.xfers[SUBMITTED]);
}

static void table_room(void)
{
	if (fake.interrupt_ns != FAKE_NEVER)
		fake.now_ns = fake.interrupt_ns;
	fake.interrupt_ns = FAKE_NEVER;
	fake.port.event(fake.port.event_context, fake.now_ns);
}

static void table_fire(struct kunit *test, enum table_event event)
{
	bool dead = fake.engine.state == OHT_ENGINE_DEAD;

	switch (event) {
	case BYTE:
		table_byte(0);
		break;
	case BAD_BYTE:
		table_byte(OHT_BYTE_FRAMING);
		break;
	case TICK_EARLY:
		oht_engine_tick(&fake.engine);
		break;
	case TICK:
	case TICK_STALE:
		table_tick(event == TICK_STALE);
		break;
	case ROOM:
		table_room();
		break;
	case SUBMIT_STOP:
		KUNIT_EXPECT_EQ(test, table_submit(OHT_PRIO_STOP), -EINVAL);
		break;
	case SUBMIT_COMMAND:
	case SUBMIT_CYCLIC:
	case SUBMIT_BACKGROUND:
		KUNIT_EXPECT_EQ(test, table_submit(OHT_PRIO_COMMAND + event - SUBMIT_COMMAND),
				dead ? -ENODEV : 0);
		break;
	case CANCEL_QUEUED:
		oht_engine_cancel(&fake.engine, &fake.xfers[1]);
		break;
	case CANCEL_ACTIVE:
		oht_engine_cancel(&fake.engine, &fake.xfers[0]);
		break;
	case STOP:
		if (!dead)
			far_set_telegrams(1);
		oht_engine_abort(&fake.engine);
		break;
	case ABORT:
		oht_engine_abort(&fake.engine);
		break;
	default:
		oht_engine_shutdown(&fake.engine);
		break;
	}
}

/* ---- what must hold ---- */

static bool table_drives(enum oht_engine_state state)
{
	switch (state) {
	case OHT_ENGINE_DE_SETUP:
	case OHT_ENGINE_SEND:
	case OHT_ENGINE_DRAIN:
	case OHT_ENGINE_DE_HOLD:
	case OHT_ENGINE_CUT:
		return true;
	default:
		return false;
	}
}

#define PAIR	"%s in state %u", table_events[event], state

static void table_invariants(struct kunit *test, unsigned int state, enum table_event event)
{
	enum oht_engine_state now = fake.engine.state;
	bool rests = now == OHT_ENGINE_IDLE || now == OHT_ENGINE_DEAD;
	unsigned int i;

	KUNIT_EXPECT_EQ_MSG(test, fake.de, table_drives(now), PAIR);
	if (now != OHT_ENGINE_DEAD)
		KUNIT_EXPECT_EQ_MSG(test, fake.cutting, now == OHT_ENGINE_CUT, PAIR);
	KUNIT_EXPECT_EQ_MSG(test, fake.engine.armed, !rests, PAIR);
	KUNIT_EXPECT_EQ_MSG(test, fake.armed_ns != FAKE_NEVER, !rests, PAIR);
	KUNIT_EXPECT_EQ_MSG(test, fake.rx_head, fake.rx_tail, PAIR);
	KUNIT_EXPECT_EQ_MSG(test, fake.early, 0, PAIR);
	for (i = 0; i <= SUBMITTED; i++)
		KUNIT_EXPECT_LE_MSG(test, fake.done[i], 1, PAIR);
}

static unsigned int table_done(void)
{
	return fake.done[0] | fake.done[1] << 1 | fake.done[SUBMITTED] << SUBMITTED;
}

/* Whatever the event was: no unit answers, each transfer ends once, and the line is free. */
static void table_settle(struct kunit *test, unsigned int state, enum table_event event,
			 bool stopping)
{
	bool submits = event >= SUBMIT_COMMAND && event <= SUBMIT_BACKGROUND &&
		       state != OHT_ENGINE_DEAD;
	bool dead = state == OHT_ENGINE_DEAD || event == SHUTDOWN;
	bool begun = state != OHT_ENGINE_IDLE;

	fake_run(fake.now_ns + 1000 * FAKE_MS);
	KUNIT_EXPECT_EQ_MSG(test, fake.engine.state, dead ? OHT_ENGINE_DEAD : OHT_ENGINE_IDLE,
			    PAIR);
	KUNIT_EXPECT_EQ_MSG(test, fake.done[0], begun, PAIR);
	KUNIT_EXPECT_EQ_MSG(test, fake.done[1], begun, PAIR);
	KUNIT_EXPECT_EQ_MSG(test, fake.done[SUBMITTED], submits, PAIR);
	KUNIT_EXPECT_EQ_MSG(test, far_telegrams_sent() > 0, stopping && !dead, PAIR);
	table_invariants(test, state, event);
}

/* ---- the test ---- */

static void table_try(struct kunit *test, unsigned int state, enum table_event event)
{
	const struct table_cell *cell = &table[state][event];
	unsigned int before;

	KUNIT_ASSERT_TRUE(test, cell->known);
	table_enter(test, state);
	table_invariants(test, state, event);
	before = table_done();
	table_fire(test, event);
	KUNIT_EXPECT_EQ_MSG(test, fake.engine.state, cell->next, PAIR);
	KUNIT_EXPECT_EQ_MSG(test, table_done() & ~before, cell->done, PAIR);
	table_invariants(test, state, event);
	table_settle(test, state, event, event == STOP);
}

static void engine_table_every_pair(struct kunit *test)
{
	unsigned int state, event;

	for (state = 0; state < TABLE_STATES; state++)
		for (event = 0; event < TABLE_EVENTS; event++)
			table_try(test, state, event);
}

/* The same, with a stop on its way in each state: what the event does must not lose it. */
static void engine_table_during_a_stop(struct kunit *test)
{
	unsigned int state, event;

	for (state = 0; state < OHT_ENGINE_DEAD; state++) {
		for (event = 0; event < SHUTDOWN; event++) {
			table_enter(test, state);
			far_set_telegrams(1);
			oht_engine_abort(&fake.engine);
			table_fire(test, event);
			table_invariants(test, state, event);
			table_settle(test, state, event, true);
		}
	}
}

static struct kunit_case engine_table_cases[] = {
	KUNIT_CASE(engine_table_every_pair),
	KUNIT_CASE(engine_table_during_a_stop),
	{}
};

static struct kunit_suite engine_table_suite = {
	.name = "oht_engine_table",
	.test_cases = engine_table_cases,
};

kunit_test_suites(&engine_table_suite);
