// SPDX-License-Identifier: GPL-2.0-only
/*
 * The supervision timer: re-reads the inputs and checks the heartbeat, on another CPU than the one
 * that handles the button's interrupt, so that a CPU that is stuck does not take both with it.
 * A second timer, the watch, runs on the CPU of the interrupt. Each looks at when the other ran
 * last: a CPU that is stuck stops the machine before any press.
 * They follow: when that interrupt moves, or CPUs come and go, so do the timers. With one CPU there
 * is no watch.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/gpio/driver.h>
#include <linux/irq.h>
#include <linux/ktime.h>
#include <linux/smp.h>

#include "compat.h"
#include "estop_internal.h"

#define OHT_CPU_NONE	(-1)

static enum cpuhp_state oht_estop_hotplug_state;

/*
 * The CPU of the last edge, as long as one of the interrupts that may be the button's goes there.
 * When that CPU goes offline, or the interrupt is moved, no edge has come yet: then it is the first
 * one to which any of them goes. A guess may be wrong until the next edge, but there is a watch.
 */
static int oht_estop_irq_cpu(const struct oht_estop *estop)
{
	unsigned int i, cpu, first = nr_cpu_ids, last = READ_ONCE(estop->irq_cpu);
	bool online = cpu_online(last);

	for (i = 0; i < estop->irq_masks; i++) {
		if (online && cpumask_test_cpu(last, estop->irq_mask[i]))
			return last;
		cpu = cpumask_first_and(estop->irq_mask[i], cpu_online_mask);
		if (first >= nr_cpu_ids)
			first = cpu;
	}
	if (first < nr_cpu_ids)
		return first;
	return online ? last : cpumask_first(cpu_online_mask);
}

static bool oht_estop_is_misplaced(const struct oht_estop *estop, enum oht_stall_side side)
{
	int irq_cpu = oht_estop_irq_cpu(estop);
	bool with_irq = smp_processor_id() == irq_cpu;
	bool belongs_there = side == OHT_STALL_WATCH;

	if (!READ_ONCE(estop->may_move))
		return false;
	/* The interrupt has moved to the supervision's CPU, or away from the watch's CPU. */
	if (with_irq != belongs_there)
		return true;
	/* The watch ended with its CPU, and the interrupt goes to another one now. */
	return READ_ONCE(estop->timers[OHT_STALL_WATCH].cpu) == OHT_CPU_NONE && cpu_online(irq_cpu);
}

/* After the work of a timer: is it on its CPU, and when does it expire next? */
static enum hrtimer_restart oht_estop_go_on(struct oht_estop *estop, enum oht_stall_side side)
{
	struct oht_estop_timer *t = &estop->timers[side];

	if (oht_estop_is_misplaced(estop, side)) {
		WRITE_ONCE(estop->misplaced, true);
		irq_work_queue(&estop->notify);
	}
	hrtimer_forward_now(&t->timer, ns_to_ktime(t->period_ns));
	return HRTIMER_RESTART;
}

static enum hrtimer_restart oht_estop_tick(struct hrtimer *timer)
{
	struct oht_estop *estop = container_of(timer, struct oht_estop,
					       timers[OHT_STALL_SUPERVISION].timer);

	oht_estop_supervise(estop);
	return oht_estop_go_on(estop, OHT_STALL_SUPERVISION);
}

/* The watch is cheap: it proves that its CPU handles interrupts, and checks the other CPU. */
static enum hrtimer_restart oht_estop_watch_tick(struct hrtimer *timer)
{
	struct oht_estop *estop = container_of(timer, struct oht_estop,
					       timers[OHT_STALL_WATCH].timer);
	u64 now = ktime_get_ns();
	unsigned long flags;

	flags = oht_estop_lock(estop);
	oht_estop_check_cpus(estop, now);
	oht_stall_ran(&estop->stall, OHT_STALL_WATCH, now);
	oht_estop_unlock(estop, flags);
	return oht_estop_go_on(estop, OHT_STALL_WATCH);
}

/* Runs on the CPU that the timer is pinned to. */
static void oht_estop_start_timer(void *context)
{
	struct oht_estop_timer *t = context;

	hrtimer_start(&t->timer, ktime_add_ns(ktime_get(), t->period_ns),
		      HRTIMER_MODE_ABS_PINNED_HARD);
}

/* A CPU that does not handle the interrupt, if there is one; never one that is going offline. */
static int oht_estop_choose_cpu(const struct oht_estop *estop, int leaving)
{
	int cpu, irq_cpu = oht_estop_irq_cpu(estop), last = OHT_CPU_NONE;

	for_each_online_cpu(cpu) {
		if (cpu == leaving)
			continue;
		if (cpu != irq_cpu)
			return cpu;
		last = cpu;
	}
	return last;
}

static void oht_estop_set_watched(struct oht_estop *estop, bool watched)
{
	unsigned long flags = oht_estop_lock(estop);

	oht_stall_set_watched(&estop->stall, watched, ktime_get_ns());
	oht_estop_unlock(estop, flags);
}

/* While one timer moves, the other one keeps watching it, so the move must not be preempted. */
static void oht_estop_move(struct oht_estop *estop, enum oht_stall_side side, int cpu)
{
	struct oht_estop_timer *t = &estop->timers[side];
	unsigned long flags;

	if (t->cpu == cpu)
		return;
	preempt_disable();
	hrtimer_cancel(&t->timer);
	flags = oht_estop_lock(estop);
	oht_stall_ran(&estop->stall, side, ktime_get_ns());
	oht_estop_unlock(estop, flags);
	/* Read by sysfs without the lock. */
	WRITE_ONCE(t->cpu, cpu);
	if (cpu != OHT_CPU_NONE)
		smp_call_function_single(cpu, oht_estop_start_timer, t, true);
	preempt_enable();
}

/* Called with the set of CPUs held still, by the hotplug core or by cpus_read_lock(). */
static void oht_estop_place_locked(struct oht_estop *estop, int leaving)
{
	int cpu = oht_estop_choose_cpu(estop, leaving), watch_cpu = oht_estop_irq_cpu(estop);

	if (watch_cpu == cpu || watch_cpu == leaving || !cpu_online(watch_cpu))
		watch_cpu = OHT_CPU_NONE;
	WRITE_ONCE(estop->misplaced, false);
	WRITE_ONCE(estop->may_move, cpu != oht_estop_irq_cpu(estop));
	if (watch_cpu == OHT_CPU_NONE)
		oht_estop_set_watched(estop, false);
	oht_estop_move(estop, OHT_STALL_SUPERVISION, cpu);
	oht_estop_move(estop, OHT_STALL_WATCH, watch_cpu);
	if (watch_cpu != OHT_CPU_NONE)
		oht_estop_set_watched(estop, true);
}

static void oht_estop_place(struct oht_estop *estop, int leaving)
{
	mutex_lock(&estop->place_lock);
	/* Before it is started and after it was stopped for good, there is nothing to place. */
	if (estop->timers[OHT_STALL_SUPERVISION].cpu != OHT_CPU_NONE)
		oht_estop_place_locked(estop, leaving);
	mutex_unlock(&estop->place_lock);
}

static void oht_estop_place_work(struct work_struct *work)
{
	struct oht_estop *estop = container_of(work, struct oht_estop, place_work);

	cpus_read_lock();
	oht_estop_place(estop, OHT_CPU_NONE);
	cpus_read_unlock();
}

static int oht_estop_cpu_online(unsigned int cpu, struct hlist_node *node)
{
	oht_estop_place(container_of(node, struct oht_estop, hotplug), OHT_CPU_NONE);
	return 0;
}

static int oht_estop_cpu_offline(unsigned int cpu, struct hlist_node *node)
{
	oht_estop_place(container_of(node, struct oht_estop, hotplug), cpu);
	return 0;
}

int oht_estop_setup(void)
{
	int ret;

	ret = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, "oht:online", oht_estop_cpu_online,
				      oht_estop_cpu_offline);
	if (ret < 0)
		return ret;
	oht_estop_hotplug_state = ret;
	return 0;
}

void oht_estop_teardown(void)
{
	cpuhp_remove_multi_state(oht_estop_hotplug_state);
}

/*
 * A GPIO bank usually hands its one interrupt on to its lines; where that one goes is where our
 * handler runs. A chip with several banks does not tell which is ours: any of them may be. The
 * masks belong to the interrupts, which stay as long as we hold the line.
 */
static void oht_estop_find_irq_masks(struct oht_estop *estop)
{
	unsigned int own = estop->channel[0].irq, i, count = 1;
	const unsigned int *irqs = &own;
#ifdef CONFIG_GPIOLIB_IRQCHIP
	struct gpio_chip *chip = gpiod_to_chip(estop->channel[0].gpio);

	if (chip && chip->irq.num_parents) {
		irqs = chip->irq.parents;
		count = chip->irq.num_parents;
	}
#endif
	estop->irq_masks = 0;
	for (i = 0; i < count && estop->irq_masks < OHT_ESTOP_BANKS_MAX; i++) {
		const struct cpumask *mask = irq_get_effective_affinity_mask(irqs[i]);

		/* Not all banks of a chip need have an interrupt. */
		if (mask)
			estop->irq_mask[estop->irq_masks++] = mask;
	}
}

static void oht_estop_timer_init(struct oht_estop_timer *t,
				 enum hrtimer_restart (*tick)(struct hrtimer *timer))
{
	oht_hrtimer_setup(&t->timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	t->cpu = OHT_CPU_NONE;
}

void oht_estop_supervise_init(struct oht_estop *estop)
{
	mutex_init(&estop->place_lock);
	INIT_WORK(&estop->place_work, oht_estop_place_work);
	oht_estop_timer_init(&estop->timers[OHT_STALL_SUPERVISION], oht_estop_tick);
	oht_estop_timer_init(&estop->timers[OHT_STALL_WATCH], oht_estop_watch_tick);
}

int oht_estop_supervise_start(struct oht_estop *estop)
{
	const struct oht_estop_config *config = &estop->config;
	int ret;

	estop->timers[OHT_STALL_SUPERVISION].period_ns =
		(u64)config->supervision_period_us * NSEC_PER_USEC;
	/* Two periods fit into the time after which the CPU counts as stalled. */
	estop->timers[OHT_STALL_WATCH].period_ns = (u64)config->cpu_stall_us * NSEC_PER_USEC / 2;
	oht_estop_find_irq_masks(estop);
	ret = cpuhp_state_add_instance_nocalls(oht_estop_hotplug_state, &estop->hotplug);
	if (ret)
		return dev_err_probe(estop->dev, ret, "cannot follow the CPUs\n");
	cpus_read_lock();
	mutex_lock(&estop->place_lock);
	oht_estop_place_locked(estop, OHT_CPU_NONE);
	mutex_unlock(&estop->place_lock);
	cpus_read_unlock();
	return 0;
}

void oht_estop_supervise_stop(struct oht_estop *estop)
{
	cpuhp_state_remove_instance_nocalls(oht_estop_hotplug_state, &estop->hotplug);
	mutex_lock(&estop->place_lock);
	oht_estop_set_watched(estop, false);
	oht_estop_move(estop, OHT_STALL_WATCH, OHT_CPU_NONE);
	oht_estop_move(estop, OHT_STALL_SUPERVISION, OHT_CPU_NONE);
	mutex_unlock(&estop->place_lock);
}
