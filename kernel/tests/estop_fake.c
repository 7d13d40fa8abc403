// SPDX-License-Identifier: GPL-2.0-only
#include "estop_fake.h"
#include "estop_seam.h"

#define FAKE_ESTOP_START_NS	(1000 * FAKE_ESTOP_MS)
#define FAKE_IRQ		40

struct fake_estop fake_estop;
const char fake_controller, fake_stranger;

/* ---- what is below the stop ---- */

static struct gpio_desc *fake_gpio(struct fake_line *line)
{
	return (struct gpio_desc *)line;
}

int fake_gpio_get(const struct gpio_desc *gpio)
{
	return ((const struct fake_line *)gpio)->value;
}

static bool fake_is_output(const struct fake_line *line)
{
	return line == &fake_estop.enable[0] || line == &fake_estop.enable[1];
}

/* Every write of a level is under the lock, but the last one of all. */
void fake_gpio_set(struct gpio_desc *gpio, int value)
{
	struct fake_line *line = (struct fake_line *)gpio;
	unsigned int i;

	if (!fake_estop.unlocked)
		KUNIT_EXPECT_TRUE(fake_estop.test, raw_spin_is_locked(&fake_estop.estop.lock));
	line->value = value;
	line->writes++;
	if (!fake_is_output(line))
		return;
	KUNIT_EXPECT_TRUE(fake_estop.test,
			  !value || fake_estop.estop.state != OHT_ESTOP_STOPPED);
	for (i = 0; i < OHT_ESTOP_OUTPUTS && !fake_estop.contacts_stick; i++)
		fake_estop.contact[i].value = fake_estop.enable[i].value;
	if (fake_estop.opens_at_raise && line == &fake_estop.enable[1] && value)
		fake_estop.channel[0].value = FAKE_OPEN;
}

u64 fake_estop_now_ns(void)
{
	return fake_estop.now_ns;
}

bool fake_estop_in_task(void)
{
	return fake_estop.in_thread;
}

void fake_estop_queue(struct irq_work *work)
{
	fake_estop.recorded++;
}

void fake_estop_mask(int irq)
{
	KUNIT_EXPECT_FALSE(fake_estop.test, raw_spin_is_locked(&fake_estop.estop.lock));
	fake_estop.masked++;
}

void fake_estop_unmask(int irq)
{
	KUNIT_EXPECT_FALSE(fake_estop.test, raw_spin_is_locked(&fake_estop.estop.lock));
	fake_estop.unmasked++;
}

/* ---- what is beside it ---- */

u64 oht_estop_missing(const struct oht_estop *estop)
{
	return fake_estop.missing;
}

void oht_estop_check_machine(struct oht_estop *estop, u64 now)
{
}

int oht_estop_machine_init(struct oht_estop *estop)
{
	return 0;
}

void oht_estop_machine_end(struct oht_estop *estop)
{
}

void oht_estop_prepare(struct oht_estop *estop)
{
}

void oht_estop_prepared(struct oht_estop *estop)
{
}

int oht_estop_gpio_init(struct oht_estop *estop, struct device *dev)
{
	return 0;
}

int oht_estop_gpio_watch(struct oht_estop *estop)
{
	return 0;
}

void oht_estop_gpio_unwatch(struct oht_estop *estop, unsigned int channels)
{
}

void oht_estop_supervise_init(struct oht_estop *estop)
{
}

int oht_estop_supervise_start(struct oht_estop *estop)
{
	return 0;
}

void oht_estop_supervise_stop(struct oht_estop *estop)
{
}

int oht_estop_hooks_register(struct oht_estop *estop)
{
	return 0;
}

void oht_estop_hooks_unregister(struct oht_estop *estop)
{
}

/* ---- the owner ---- */

static void fake_stopped(struct oht_estop *estop)
{
	KUNIT_EXPECT_FALSE(fake_estop.test, raw_spin_is_locked(&estop->lock));
	KUNIT_EXPECT_EQ(fake_estop.test, estop->state, OHT_ESTOP_STOPPED);
	fake_estop.stopped++;
}

static void fake_recorded(struct oht_estop *estop)
{
}

static const struct oht_estop_ops fake_ops = {
	.stopped = fake_stopped,
	.recorded = fake_recorded,
};

void fake_estop_init(struct kunit *test, unsigned int channels)
{
	static const u32 inputs[] = { OHT_INPUT_A, OHT_INPUT_B };
	static const u32 causes[] = { OHT_CAUSE_BUTTON_A, OHT_CAUSE_BUTTON_B };
	struct oht_estop *estop = &fake_estop.estop;
	unsigned int i;

	memset(&fake_estop, 0, sizeof(fake_estop));
	fake_estop.test = test;
	fake_estop.now_ns = FAKE_ESTOP_START_NS;
	fake_estop.beats = true;
	estop->config = (struct oht_estop_config) {
		.deadman_default_ms = FAKE_DEADMAN_MS,
		.reset_stable_ms = FAKE_STABLE_MS,
		.discrepancy_window_ms = FAKE_WINDOW_MS,
		.supervision_period_us = FAKE_PERIOD_MS * 1000,
		.cpu_stall_us = FAKE_STALL_US,
		.feedback_settle_ms = FAKE_SETTLE_MS,
	};
	estop->channels = channels;
	for (i = 0; i < channels; i++) {
		fake_estop.channel[i].value = FAKE_CLOSED;
		estop->channel[i].estop = estop;
		estop->channel[i].gpio = fake_gpio(&fake_estop.channel[i]);
		estop->channel[i].irq = FAKE_IRQ + i;
		estop->channel[i].input = inputs[i];
		estop->channel[i].cause = causes[i];
		estop->all_closed |= inputs[i];
	}
	for (i = 0; i < OHT_ESTOP_OUTPUTS; i++)
		estop->enable[i] = fake_gpio(&fake_estop.enable[i]);
	KUNIT_ASSERT_EQ(test, oht_estop_init(estop, NULL, &fake_ops), 0);
}

void fake_estop_with_contacts(void)
{
	static const u32 inputs[] = { OHT_INPUT_FEEDBACK_1, OHT_INPUT_FEEDBACK_2 };
	unsigned int i;

	fake_estop.estop.feedbacks = OHT_ESTOP_OUTPUTS;
	for (i = 0; i < OHT_ESTOP_OUTPUTS; i++) {
		fake_estop.estop.feedback[i].gpio = fake_gpio(&fake_estop.contact[i]);
		fake_estop.estop.feedback[i].input = inputs[i];
	}
}

void fake_estop_with_pulse(void)
{
	fake_estop.estop.pulse = fake_gpio(&fake_estop.pulse);
}

void fake_estop_with_button(void)
{
	fake_estop.estop.button.gpio = fake_gpio(&fake_estop.button);
}

/* ---- what happens ---- */

void fake_estop_skip(u64 ns)
{
	fake_estop.now_ns += ns;
}

void fake_estop_pass(unsigned int ms)
{
	unsigned int passed;

	for (passed = 0; passed < ms; passed += FAKE_PERIOD_MS) {
		fake_estop_skip(FAKE_PERIOD_MS * FAKE_ESTOP_MS);
		if (fake_estop.beats)
			oht_estop_heartbeat(&fake_estop.estop, &fake_controller);
		oht_estop_supervise(&fake_estop.estop);
	}
}

void fake_estop_edge(unsigned int channel)
{
	struct oht_estop_channel *edged = &fake_estop.estop.channel[channel];

	KUNIT_EXPECT_EQ(fake_estop.test, oht_estop_edge(edged->irq, edged), IRQ_HANDLED);
}

void fake_estop_turn(unsigned int channel, int value)
{
	fake_estop.channel[channel].value = value;
	fake_estop_edge(channel);
}

int fake_estop_reset(u64 *blocking)
{
	return oht_estop_reset(&fake_estop.estop, &fake_controller, 7, blocking);
}

int fake_estop_try_enable(u64 *blocking)
{
	return oht_estop_enable(&fake_estop.estop, &fake_controller, 8, blocking);
}

void fake_estop_ready(void)
{
	u64 blocking;

	KUNIT_ASSERT_EQ(fake_estop.test,
			oht_estop_take(&fake_estop.estop, &fake_controller, FAKE_DEADMAN_MS), 0);
	fake_estop_pass(2 * FAKE_STABLE_MS);
	KUNIT_ASSERT_EQ(fake_estop.test, fake_estop_reset(&blocking), 0);
}

void fake_estop_enable(void)
{
	u64 blocking;

	fake_estop_ready();
	KUNIT_ASSERT_EQ(fake_estop.test, fake_estop_try_enable(&blocking), 0);
	FAKE_EXPECT_OUTPUTS(fake_estop.test, 1);
}

const struct oht_safety_record *fake_estop_record(void)
{
	return oht_journal_at(&fake_estop.estop.journal, fake_estop.estop.journal.seq);
}
