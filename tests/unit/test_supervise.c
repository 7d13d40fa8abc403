// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the two timers of the supervision are, while CPUs come and go and the button's interrupt
 * moves: kernel/estop_supervise.c itself, with CPUs in memory. A watch that is not there is not
 * seen missing by any press.
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "../../kernel/compat.h"
#include "../../kernel/estop_internal.h"

#define CONFIG_GPIOLIB_IRQCHIP

struct gpio_chip {
	struct {
		unsigned int num_parents;
		unsigned int *parents;
	} irq;
};

static struct gpio_chip *gpiod_to_chip(const struct gpio_desc *gpio);

/* A timer is where it was started, until it is cancelled. */
static void start_timer(struct hrtimer *timer);
static void cancel_timer(struct hrtimer *timer);

#define ktime_get()				((ktime_t)ktime_get_ns())
#define ktime_add_ns(at, ns)			((at) + (ktime_t)(ns))
#define hrtimer_start(timer, at, mode)		((void)(at), start_timer(timer))
#define hrtimer_cancel(timer)			cancel_timer(timer)
#define hrtimer_forward_now(timer, by)		((void)(timer), (void)(by))
#define mutex_init(lock)			((lock)->held = false)
#define mutex_lock(lock)			((lock)->held = true)
#define mutex_unlock(lock)			((lock)->held = false)
#define INIT_WORK(work, function_)		((work)->function = (function_))

#include "../../kernel/estop_supervise.c"

#define BUTTON_IRQ	70
#define BANK_IRQ	40
#define OTHER_BANK_IRQ	41
#define NO_IRQ		0
#define NOWHERE		(-1)

static struct {
	struct oht_estop estop;
	struct gpio_chip chip;
	unsigned int parents[4];
	bool has_chip;
	struct cpumask irq_mask;	/* of the button's interrupt */
	struct cpumask bank_mask;	/* of other banks */
	unsigned int asked_irq;
	int at[OHT_STALL_SIDES];	/* the CPU that each timer runs on */
	bool notified;
} rig;

struct cpumask shim_online;
unsigned int shim_this_cpu;

/* ---- below ---- */

static struct gpio_chip *gpiod_to_chip(const struct gpio_desc *gpio)
{
	return rig.has_chip ? &rig.chip : NULL;
}

const struct cpumask *irq_get_effective_affinity_mask(unsigned int irq)
{
	rig.asked_irq = irq;
	if (irq == NO_IRQ)
		return NULL;
	return irq == OTHER_BANK_IRQ ? &rig.bank_mask : &rig.irq_mask;
}

static int *place_of(const struct hrtimer *timer)
{
	return &rig.at[timer == &rig.estop.timers[OHT_STALL_WATCH].timer ? OHT_STALL_WATCH :
									   OHT_STALL_SUPERVISION];
}

static void start_timer(struct hrtimer *timer)
{
	*place_of(timer) = shim_this_cpu;
}

static void cancel_timer(struct hrtimer *timer)
{
	*place_of(timer) = NOWHERE;
}

bool irq_work_queue(struct irq_work *work)
{
	rig.notified = true;
	return true;
}

int cpuhp_setup_state_multi(enum cpuhp_state state, const char *name,
			    int (*online)(unsigned int cpu, struct hlist_node *node),
			    int (*offline)(unsigned int cpu, struct hlist_node *node))
{
	return state;
}

void cpuhp_remove_multi_state(enum cpuhp_state state)
{
}

int cpuhp_state_add_instance_nocalls(enum cpuhp_state state, struct hlist_node *node)
{
	return 0;
}

int cpuhp_state_remove_instance_nocalls(enum cpuhp_state state, struct hlist_node *node)
{
	return cpuhp_state_add_instance_nocalls(state, node);
}

/* ---- beside: the rest of the stop ---- */

unsigned long oht_estop_lock(struct oht_estop *estop)
{
	return 0;
}

void oht_estop_unlock(struct oht_estop *estop, unsigned long flags)
{
}

void oht_estop_check_cpus(struct oht_estop *estop, u64 now)
{
}

void oht_estop_supervise(struct oht_estop *estop)
{
}

/* ---- what happens ---- */

/* @cpus are online, the button's interrupt goes to @irq_cpu by its mask; and the stop begins. */
static void begin(unsigned long cpus, unsigned int irq_cpu)
{
	memset(&rig, 0, sizeof(rig));
	rig.at[0] = NOWHERE;
	rig.at[1] = NOWHERE;
	rig.irq_mask.bits = 1UL << irq_cpu;
	rig.estop.channel[0].irq = BUTTON_IRQ;
	rig.estop.irq_cpu = irq_cpu;
	rig.estop.config.supervision_period_us = 2000;
	rig.estop.config.cpu_stall_us = 4000;
	shim_online.bits = cpus;
	shim_this_cpu = 0;
}

static void start(struct kunit *test)
{
	oht_estop_supervise_init(&rig.estop);
	KUNIT_ASSERT_EQ(test, oht_estop_supervise_start(&rig.estop), 0);
}

/* Each timer that runs expires on its CPU once; and what it asks for is done. */
static void pass(void)
{
	int side;

	for (side = 0; side < OHT_STALL_SIDES; side++) {
		if (rig.at[side] == NOWHERE)
			continue;
		shim_this_cpu = rig.at[side];
		rig.estop.timers[side].timer.function(&rig.estop.timers[side].timer);
	}
	shim_this_cpu = 0;
	if (rig.notified && rig.estop.misplaced)
		rig.estop.place_work.function(&rig.estop.place_work);
	rig.notified = false;
}

/* @cpu goes, and the interrupts that went there go to @irq_cpu. */
static void take_off(unsigned int cpu, unsigned int irq_cpu)
{
	oht_estop_cpu_offline(cpu, &rig.estop.hotplug);
	shim_online.bits &= ~(1UL << cpu);
	rig.irq_mask.bits = 1UL << irq_cpu;
	pass();
}

static void bring_back(unsigned int cpu)
{
	shim_online.bits |= 1UL << cpu;
	oht_estop_cpu_online(cpu, &rig.estop.hotplug);
	pass();
}

/* The watch is where the interrupt is, the supervision elsewhere, and they look at each other. */
static void expect_watched(struct kunit *test, int irq_cpu)
{
	KUNIT_EXPECT_EQ(test, rig.at[OHT_STALL_WATCH], irq_cpu);
	KUNIT_EXPECT_NE(test, rig.at[OHT_STALL_SUPERVISION], irq_cpu);
	KUNIT_EXPECT_TRUE(test, cpu_online(rig.at[OHT_STALL_SUPERVISION]));
	KUNIT_EXPECT_TRUE(test, rig.estop.stall.watched);
}

/* ---- CPUs come and go ---- */

static void supervise_two_cpus(struct kunit *test)
{
	begin(0x3, 0);
	start(test);
	expect_watched(test, 0);
	take_off(1, 0);
	KUNIT_EXPECT_EQ(test, rig.at[OHT_STALL_SUPERVISION], 0);
	KUNIT_EXPECT_EQ(test, rig.at[OHT_STALL_WATCH], NOWHERE);
	KUNIT_EXPECT_FALSE(test, rig.estop.stall.watched);
	bring_back(1);
	expect_watched(test, 0);
	oht_estop_supervise_stop(&rig.estop);
	KUNIT_EXPECT_EQ(test, rig.at[OHT_STALL_SUPERVISION], NOWHERE);
	KUNIT_EXPECT_EQ(test, rig.at[OHT_STALL_WATCH], NOWHERE);
}

/*
 * The CPU of the button goes: the watch ends with it, and begins again where the interrupt goes,
 * whether that is the supervision's CPU or another one.
 */
static void supervise_button_cpu_goes(struct kunit *test)
{
	unsigned int irq_cpu;

	for (irq_cpu = 1; irq_cpu < 4; irq_cpu++) {
		begin(0xf, 0);
		start(test);
		expect_watched(test, 0);
		take_off(0, irq_cpu);
		expect_watched(test, irq_cpu);
		bring_back(0);
		expect_watched(test, irq_cpu);
	}
}

/* The interrupt is moved by somebody, to any CPU and back. */
static void supervise_interrupt_moves(struct kunit *test)
{
	unsigned int i;

	begin(0xf, 0);
	start(test);
	for (i = 0; i < 16; i++) {
		rig.irq_mask.bits = 1UL << (i * 7 / 3 % 4);
		pass();
		expect_watched(test, i * 7 / 3 % 4);
	}
}

/* ---- whose interrupt it is ---- */

/* One interrupt for all lines of the chip: that one. A line of its own: its own. */
static void supervise_one_bank(struct kunit *test)
{
	begin(0x3, 1);
	rig.has_chip = true;
	rig.parents[0] = BANK_IRQ;
	rig.chip.irq.parents = rig.parents;
	rig.chip.irq.num_parents = 1;
	start(test);
	KUNIT_EXPECT_EQ(test, rig.asked_irq, BANK_IRQ);
	expect_watched(test, 1);
	begin(0x3, 1);
	start(test);
	KUNIT_EXPECT_EQ(test, rig.asked_irq, BUTTON_IRQ);
	expect_watched(test, 1);
}

/* The button is in the second of several banks, of which one has no interrupt. */
static void begin_banks(struct kunit *test, unsigned long cpus, unsigned int irq_cpu, unsigned int bank_cpu)
{
	static const unsigned int parents[] = { OTHER_BANK_IRQ, BANK_IRQ, NO_IRQ, OTHER_BANK_IRQ };

	begin(cpus, irq_cpu);
	memcpy(rig.parents, parents, sizeof(parents));
	rig.has_chip = true;
	rig.chip.irq.parents = rig.parents;
	rig.chip.irq.num_parents = 4;
	rig.bank_mask.bits = 1UL << bank_cpu;
	start(test);
}

/* Several banks: no mask says which is the button's, so the last edge does. */
static void supervise_several_banks(struct kunit *test)
{
	begin_banks(test, 0xf, 2, 0);
	expect_watched(test, 2);
	/* Where another bank's interrupt goes is nothing to us. */
	rig.bank_mask.bits = 0x2;
	pass();
	expect_watched(test, 2);
	rig.irq_mask.bits = 0x8;
	rig.estop.irq_cpu = 3;
	pass();
	expect_watched(test, 3);
}

/*
 * The CPU of the last edge goes, or all interrupts leave it: there is a watch where one of them
 * goes, before any press. The next edge says which it is.
 */
static void supervise_banks_cpu_goes(struct kunit *test)
{
	unsigned int irq_cpu;

	for (irq_cpu = 1; irq_cpu < 4; irq_cpu++) {
		begin_banks(test, 0xf, 0, irq_cpu);
		expect_watched(test, 0);
		take_off(0, irq_cpu);
		expect_watched(test, irq_cpu);
		/* The edge shows that the guess was wrong. */
		rig.irq_mask.bits = 1UL << (irq_cpu == 3 ? 1 : 3);
		rig.estop.irq_cpu = irq_cpu == 3 ? 1 : 3;
		pass();
		expect_watched(test, rig.estop.irq_cpu);
		bring_back(0);
		expect_watched(test, rig.estop.irq_cpu);
		rig.irq_mask.bits = 1;
		rig.bank_mask.bits = 1;
		pass();
		expect_watched(test, 0);
	}
}

/* No mask says anything: where the last edge was, and once that CPU is gone on any that is there. */
static void supervise_no_mask(struct kunit *test)
{
	begin(0xf, 2);
	rig.irq_mask.bits = 0;
	start(test);
	expect_watched(test, 2);
	oht_estop_cpu_offline(2, &rig.estop.hotplug);
	shim_online.bits &= ~4UL;
	pass();
	expect_watched(test, 0);
}

static struct kunit_case supervise_cases[] = {
	KUNIT_CASE(supervise_two_cpus),
	KUNIT_CASE(supervise_button_cpu_goes),
	KUNIT_CASE(supervise_interrupt_moves),
	KUNIT_CASE(supervise_one_bank),
	KUNIT_CASE(supervise_several_banks),
	KUNIT_CASE(supervise_banks_cpu_goes),
	KUNIT_CASE(supervise_no_mask),
	{}
};

static struct kunit_suite supervise_suite = {
	.name = "oht_supervise",
	.test_cases = supervise_cases,
};

kunit_test_suites(&supervise_suite);
