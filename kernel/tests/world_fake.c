// SPDX-License-Identifier: GPL-2.0-only
#include "world_fake.h"

/*
 * From a stop until its first telegram begins, whatever is on the wire, but for noise: the tail of
 * a request, the slowest answer that a unit gives and a tenth, reply and gap; a stop that is held.
 */
#define WORLD_TELEGRAM_NS	(60 * FAKE_MS)

struct world world;

static u64 world_age_ns(u64 since_ns)
{
	return fake.now_ns - min(since_ns, fake.now_ns);
}

static struct oht_estop *world_estop(void)
{
	fake_estop.now_ns = fake.now_ns;
	return &fake_estop.estop;
}

/* ---- the stop and the engine, as core.c joins them ---- */

static void world_abort(void)
{
	world.abort_ns = 0;
	if (!world.has_bus)
		return;
	if (!world.asked_ns && fake.engine.stop.set_count)
		world.asked_ns = fake.now_ns;
	if (fake.engine.stop.set_count)
		world.last_ns = fake.now_ns;
	cyclic_abort();
}

static void world_stopped(struct oht_estop *estop)
{
	KUNIT_EXPECT_FALSE(fake.test, raw_spin_is_locked(&estop->lock));
	world.stops++;
	if (world.hold_ns)
		world.abort_ns = world.abort_ns ?: fake.now_ns + world.hold_ns;
	else
		world_abort();
}

static void world_recorded(struct oht_estop *estop)
{
}

static const struct oht_estop_ops world_estop_ops = {
	.stopped = world_stopped,
	.recorded = world_recorded,
};

static void world_lost(void *context)
{
	world.lost = true;
}

static void world_await(void *context, u64 by_ns)
{
	oht_estop_await_bus(&fake_estop.estop, by_ns);
}

static void world_cycle_recorded(void *context)
{
	const struct oht_cycle_record *record =
		oht_journal_at(&cyclic.cycle.journal, cyclic.cycle.journal.seq);

	world.found += record->kind == OHT_CYCLE_FOUND;
}

static const struct oht_cycle_ops world_cycle_ops = {
	.lost = world_lost,
	.await = world_await,
	.recorded = world_cycle_recorded,
};

static u32 world_enabled(void *context)
{
	return oht_estop_enabled(&fake_estop.estop);
}

static u32 world_session(void *context)
{
	return oht_estop_session(&fake_estop.estop);
}

static bool world_controlled(void *context)
{
	return oht_estop_controlled(&fake_estop.estop);
}

static u32 world_state(void *context)
{
	return oht_estop_state(&fake_estop.estop);
}

static u32 world_halts(void *context)
{
	return oht_estop_halts(&fake_estop.estop);
}

static const struct oht_engine_gate world_gate = {
	.enabled = world_enabled,
	.session = world_session,
	.controlled = world_controlled,
	.state = world_state,
	.halts = world_halts,
};

/* ---- what must hold ---- */

/* The promise of the plan, for each unit whose reads stop. */

/* The one exchange more that a plan behind a plan gives, and the cycle in which it is. */
#define WORLD_ONCE_NS	(80 * FAKE_MS)

static u64 world_patience_ns(const struct oht_plan *plan, const struct oht_plan_entry *planned)
{
	u64 cycles = planned->loss_errors * planned->period_cycles + 1 + planned->phase_cycles;

	return (cycles + (planned->loss_errors == 1)) * plan->cycle_us * FAKE_US;
}

static void world_expect_heard(u8 unit)
{
	const struct oht_cycle_layout *layout = cyclic.cycle.running;
	const struct oht_plan_entry *planned;
	u64 heard_ns = 0, patience_ns = 0;
	unsigned int i;

	for (i = 0; layout && i < layout->plan.entries; i++) {
		planned = &layout->plan.entry[i];
		if (planned->unit != unit || planned->loss_action != OHT_LOSS_STOP)
			continue;
		/* What may be left out need not be heard. */
		if (oht_plan_output_words(planned)) {
			patience_ns = 0;
			break;
		}
		patience_ns = max(patience_ns, world_patience_ns(&layout->plan, planned));
		heard_ns = max(heard_ns, cyclic_slot(i)->timestamp_ns);
	}
	if (!patience_ns)
		world.by_ns[unit] = 0;
	else if (!world.by_ns[unit])
		world.by_ns[unit] = fake.now_ns + patience_ns;
	else if (heard_ns > world.heard_ns[unit])
		world.by_ns[unit] = heard_ns + patience_ns;
	world.heard_ns[unit] = max(world.heard_ns[unit], heard_ns);
}

static void world_look_at_units(u64 blind_ns)
{
	u8 unit;

	for (unit = 1; unit <= WORLD_PLANNED; unit++)
		KUNIT_EXPECT_LE_MSG(fake.test, world_age_ns(world.by_ns[unit] ?: fake.now_ns),
				    WORLD_ONCE_NS + blind_ns, "run %u: unit %u\n", world.run, unit);
}

/* The plan's timer has come within 100 ms or four cycles behind each point of the grid. */
static void world_look_at_timer(u64 blind_ns)
{
	const struct oht_cycle_layout *layout = cyclic.cycle.running;
	u64 late_ns = 100 * FAKE_MS;

	if (!layout)
		return;
	late_ns = max(late_ns, 4 * layout->plan.cycle_us * FAKE_US);
	KUNIT_EXPECT_LE_MSG(fake.test, world_age_ns(cyclic.cycle.grid_ns), late_ns + blind_ns,
			    "run %u\n", world.run);
}

/* High only while nothing stands against it, or has stood for so short that no timer came. */
static void world_look_at_outputs(void)
{
	struct oht_estop *estop = world_estop();
	u64 blind_ns = FAKE_PERIOD_MS * FAKE_ESTOP_MS + world.late_ns;
	u64 by_ns = atomic64_read(&estop->heard_by_ns);

	FAKE_EXPECT_OUTPUTS(fake.test, estop->state == OHT_ESTOP_ENABLED);
	if (estop->state != OHT_ESTOP_ENABLED)
		return;
	world.looks++;
	KUNIT_EXPECT_TRUE_MSG(fake.test, estop->controller, "run %u\n", world.run);
	KUNIT_EXPECT_FALSE_MSG(fake.test, world.lost, "run %u\n", world.run);
	KUNIT_EXPECT_LE_MSG(fake.test, world_age_ns(estop->heartbeat_ns),
			    FAKE_DEADMAN_MS * FAKE_ESTOP_MS + blind_ns, "run %u\n", world.run);
	KUNIT_EXPECT_LE_MSG(fake.test, world_age_ns(world.opened_ns ?: fake.now_ns), blind_ns,
			    "run %u\n", world.run);
	KUNIT_EXPECT_LE_MSG(fake.test, world_age_ns(by_ns ?: fake.now_ns), blind_ns, "run %u\n",
			    world.run);
	world_look_at_units(blind_ns);
	world_look_at_timer(blind_ns);
}

/* What moves goes out in an enable alone, with values of that enable. */
static void world_look_at_request(const struct cyclic_start *start)
{
	if (!oht_frame_is_write(start->function))
		return;
	if (start->address == WORLD_TELEGRAM) {
		world.telegrams++;
		world.told_ns[start->unit] = start->at_ns;
		if (start->at_ns >= world.asked_ns)
			world.asked_ns = 0;
		return;
	}
	world.writes++;
	KUNIT_EXPECT_NE_MSG(fake.test, start->enable, 0, "run %u\n", world.run);
	KUNIT_EXPECT_EQ_MSG(fake.test, start->first_word, (u16)start->enable, "run %u\n",
			    world.run);
}

static void world_look_at_wire(void)
{
	const struct oht_engine_telegrams *stop = &fake.engine.stop;
	u64 since_ns = max(world.asked_ns, world.noise_ns);
	unsigned int i;

	for (i = 0; i < cyclic.starts; i++)
		world_look_at_request(&cyclic.start[i]);
	cyclic_forget();
	/* When the last telegram is out, each unit of the list has been told of the last stop. */
	for (i = 0; world.last_ns && !stop->round && !world.abort_ns && i < stop->run_count; i++)
		KUNIT_EXPECT_GE_MSG(fake.test, world.told_ns[stop->run[i].unit], world.last_ns,
				    "run %u: unit %u is not told\n", world.run,
				    stop->run[i].unit);
	if (world.asked_ns)
		KUNIT_EXPECT_LE_MSG(fake.test, world_age_ns(since_ns), WORLD_TELEGRAM_NS,
				    "run %u: no telegram yet\n", world.run);
	KUNIT_EXPECT_EQ_MSG(fake.test, fake.early, 0, "run %u\n", world.run);
}

/* The held bytes may be the answer, or have it behind bytes of noise. */
static bool world_holds_answer(void)
{
	const struct oht_engine *e = &fake.engine;
	unsigned int at;

	for (at = 0; at <= OHT_ENGINE_LEAD_MAX && at < e->rx_bytes; at++)
		if (e->rx[at] == e->req.unit)
			return true;
	return false;
}

/* An exchange ends at its deadline, or with what may be its answer and has begun by then. */
static void world_look_at_exchange(void)
{
	const struct oht_engine *e = &fake.engine;
	u64 limit_ns;

	if (e->state != OHT_ENGINE_WAIT && e->state != OHT_ENGINE_COLLECT)
		return;
	if (e->generation != world.generation)
		world.begun = false;
	/* A stop may have made the time-out shorter. */
	if (e->generation != world.generation || e->timeout_us != world.timeout_us)
		world.waits_ns = fake.now_ns;
	world.generation = e->generation;
	world.timeout_us = e->timeout_us;
	world.waits++;
	limit_ns = oht_timing_deadline_ns(&e->timing, e->tx_end_ns, e->timeout_us);
	limit_ns = max(limit_ns, world.waits_ns) + e->timing.t35_ns;
	world.begun |= fake.now_ns <= limit_ns && world_holds_answer();
	if (world.begun)
		limit_ns += oht_engine_patience_ns(e);
	KUNIT_EXPECT_LE_MSG(fake.test, fake.now_ns, limit_ns, "run %u: unit %u, state %u\n",
			    world.run, e->req.unit, e->state);
}

/* ---- time ---- */

static void world_supervise(void)
{
	if (fake.now_ns < world.supervise_ns)
		return;
	oht_estop_supervise(world_estop());
	world.late_ns = 0;
	world.supervise_ns = fake.now_ns + FAKE_PERIOD_MS * FAKE_ESTOP_MS;
}

static void world_beat(void)
{
	if (!world.beats || !world.has_role || fake.now_ns < world.beat_ns)
		return;
	KUNIT_EXPECT_EQ(fake.test, oht_estop_heartbeat(world_estop(), &fake_controller), 0);
	world.beat_ns = fake.now_ns + WORLD_BEAT_NS;
}

static void world_passed(void)
{
	unsigned int i;

	/* An irq_work: as soon as the engine's lock is free. */
	if (world.lost) {
		world.lost = false;
		oht_estop_stop(world_estop(), OHT_CAUSE_BUS_LOSS, NULL);
	}
	if (world.abort_ns && fake.now_ns >= world.abort_ns)
		world_abort();
	world_beat();
	world_supervise();
	for (i = 0; i < WORLD_XFERS; i++)
		if (fake.done[i])
			world.busy[i] = false;
	for (i = 1; i <= WORLD_PLANNED; i++)
		world_expect_heard(i);
	world_look_at_outputs();
	world_look_at_wire();
	world_look_at_exchange();
	if (world.talk_ns && fake.now_ns >= world.talk_ns)
		world.talk();
}

void world_pass(u64 for_ns)
{
	cyclic_run(for_ns);
}

/* ---- what comes from outside ---- */

void world_press(bool edge)
{
	unsigned int channel;

	world_estop();
	if (!edge && !world.opened_ns)
		world.opened_ns = fake.now_ns;
	for (channel = 0; channel < OHT_ESTOP_CHANNELS_MAX; channel++) {
		fake_estop.channel[channel].value = FAKE_OPEN;
		if (edge)
			fake_estop_edge(channel);
	}
	if (edge)
		FAKE_EXPECT_OUTPUTS(fake.test, 0);
}

void world_release(void)
{
	unsigned int channel;

	world_estop();
	world.opened_ns = 0;
	for (channel = 0; channel < OHT_ESTOP_CHANNELS_MAX; channel++)
		fake_estop_turn(channel, FAKE_CLOSED);
}

bool world_reset(void)
{
	u64 blocking;
	bool taken;

	world_estop();
	taken = !fake_estop_reset(&blocking);
	world.resets += taken;
	return taken;
}

bool world_enable(void)
{
	u64 blocking;
	bool taken;

	world_estop();
	taken = !fake_estop_try_enable(&blocking);
	world.enables += taken;
	return taken;
}

void world_disable(void)
{
	oht_estop_disable(world_estop(), &fake_controller, 9);
}

void world_stop(void)
{
	const u64 tag = 5;

	oht_estop_stop(world_estop(), OHT_CAUSE_SOFTWARE, &tag);
	FAKE_EXPECT_OUTPUTS(fake.test, 0);
}

void world_close(void)
{
	oht_estop_forget(world_estop(), &fake_controller);
	world.has_role = false;
	FAKE_EXPECT_OUTPUTS(fake.test, 0);
}

void world_take(void)
{
	if (!oht_estop_take(world_estop(), &fake_controller, FAKE_DEADMAN_MS))
		world.has_role = true;
}

void world_suspend(void)
{
	if (!world.has_bus)
		return;
	oht_estop_hold(world_estop(), OHT_CAUSE_SUSPEND);
	world.has_bus = false;
	world.asked_ns = 0;
	world.last_ns = 0;
	cyclic_clear();
	oht_engine_suspend(&fake.engine);
	FAKE_EXPECT_OUTPUTS(fake.test, 0);
}

void world_resume(void)
{
	if (world.has_bus)
		return;
	KUNIT_EXPECT_EQ(fake.test, oht_engine_resume(&fake.engine), 0);
	world.has_bus = true;
	oht_estop_let_go(world_estop(), OHT_CAUSE_SUSPEND);
}

void world_outputs(u16 entry, u32 flags)
{
	const struct oht_plan_entry *planned = &cyclic.plan.entry[entry];
	const struct oht_estop *estop = &fake_estop.estop;

	/* While ready they are those of the next one. */
	cyclic_set_outputs(entry, oht_plan_output_words(planned),
			   (u16)(oht_estop_enabled(estop) ?: estop->enables + 1),
			   planned->function == OHT_FC_READ_WRITE ? 0 : flags);
}

void world_noise(unsigned int bytes, u8 data)
{
	const struct oht_timing *t = &fake.engine.timing;
	unsigned int i;

	for (i = 1; i <= bytes; i++)
		fake_say_one(fake.now_ns + oht_timing_chars_ns(t, i), data * i, 0);
	world.noise_ns = fake.now_ns + oht_timing_chars_ns(t, bytes);
}

bool world_submit(unsigned int i)
{
	world.busy[i] = !oht_engine_submit(&fake.engine, &fake.xfers[i]);
	return world.busy[i];
}

void world_init(struct kunit *test, unsigned int run, unsigned int telegrams)
{
	struct oht_telegram list[] = {
		{ .unit = 2, .function = 6, .count = 1, .address = WORLD_TELEGRAM,
		  .turnaround_us = 20000 },
		{ .unit = 3, .function = 16, .count = 2, .address = WORLD_TELEGRAM,
		  .turnaround_us = 20000 },
	};

	cyclic_init(test);
	fake_estop_init(test, OHT_ESTOP_CHANNELS_MAX);
	memset(&world, 0, sizeof(world));
	world.run = run;
	world.has_bus = true;
	world.beats = true;
	fake.engine.gate = world_gate;
	fake_estop.estop.ops = &world_estop_ops;
	cyclic.cycle.ops = &world_cycle_ops;
	KUNIT_ASSERT_EQ(test, oht_engine_set_telegrams(&fake.engine, list, telegrams), 0);
	cyclic.passed = world_passed;
	world_take();
	world_pass(4 * FAKE_STABLE_MS * FAKE_MS);
	KUNIT_ASSERT_TRUE(test, world_reset());
	KUNIT_ASSERT_TRUE(test, world_enable());
}
