// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: load that hurts. On every CPU, at random: interrupts off for 5..80 us, once a second
 * for 500 us; bursts of interrupts on a line of their own; a thread that never sleeps. And on every
 * CPU a bare HARD timer on a grid: how late that is, is what nobody on this machine can do better.
 *
 * debugfs oht_disturb/results has what was done and how late the timers were, and by how much
 * sections were longer than asked for; writing begins anew.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/gpio/consumer.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/property.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../../kernel/compat.h"
#include "../../kernel/sim/hist.h"
#include "oht_pins.h"

#define DISTURB_STORM_US	20		/* from edge to edge */
#define DISTURB_STORM_EDGES	100		/* in a burst */
#define DISTURB_STORM_REST_US	50000		/* from burst to burst */
#define DISTURB_LONG_US		500
#define DISTURB_LONG_EVERY_NS	NSEC_PER_SEC
#define DISTURB_PHASE_NS	(50 * NSEC_PER_MSEC)

static unsigned int grid_us = 25000;
module_param(grid_us, uint, 0400);
MODULE_PARM_DESC(grid_us, "period of the reference timers");
static unsigned int rest_us = 2000;
module_param(rest_us, uint, 0400);
MODULE_PARM_DESC(rest_us, "longest time between two sections with interrupts off; 0: there are none");
static bool storm = true;
module_param(storm, bool, 0400);
MODULE_PARM_DESC(storm, "bursts of interrupts");
static bool hogs = true;
module_param(hogs, bool, 0400);
MODULE_PARM_DESC(hogs, "a thread on each CPU that never sleeps");
static unsigned int seed = 1;
module_param(seed, uint, 0400);

struct disturb_cpu {
	struct hrtimer grid;
	struct oht_hist *late;		/* written by the timer of this CPU alone */
	struct oht_hist *over;		/* by its thread alone: how much longer a section was */
	struct task_struct *sections;
	struct task_struct *hog;
	struct rnd_state rnd;
	u64 sections_done;
};

static DEFINE_PER_CPU(struct disturb_cpu, disturb_cpus);
static struct dentry *disturb_debug;
static struct gpio_desc *storm_line;
static void __iomem *storm_base;
static u8 storm_pin;
static int storm_irq;
static struct hrtimer storm_timer;
static unsigned int storm_edge;
static u64 storm_seen;

static ktime_t disturb_us(unsigned int us)
{
	return ns_to_ktime((u64)us * NSEC_PER_USEC);
}

static enum hrtimer_restart disturb_grid(struct hrtimer *timer)
{
	struct disturb_cpu *c = container_of(timer, struct disturb_cpu, grid);
	s64 late_ns = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(timer)));

	oht_hist_add(c->late, max_t(s64, late_ns, 0));
	hrtimer_forward_now(timer, disturb_us(grid_us));
	return HRTIMER_RESTART;
}

/*
 * An emulator that counts instructions runs its CPUs in turn, each until the next timer of anybody
 * or until it says that it only waits, as cpu_relax() does. On CPU 0, which is the one that is
 * looked at, a section that said so would last until CPU 1 has had its turn, up to 100 us longer
 * than asked for; one of CPU 1 that did not would stop CPU 0 in the middle of an interrupt.
 */
static void disturb_irqs_off(struct disturb_cpu *c, unsigned int us)
{
	unsigned long flags;
	u64 end_ns, now_ns;

	local_irq_save(flags);
	end_ns = ktime_get_ns() + us * NSEC_PER_USEC;
	do {
		if (smp_processor_id())
			cpu_relax();
		now_ns = ktime_get_ns();
	} while (now_ns < end_ns);
	local_irq_restore(flags);
	oht_hist_add(c->over, now_ns - end_ns);
}

/* Bound to its CPU, before everything else that is not an interrupt. */
static int disturb_sections(void *context)
{
	struct disturb_cpu *c = context;
	u64 long_ns = ktime_get_ns() + DISTURB_LONG_EVERY_NS;
	u32 random;

	hrtimer_start(&c->grid, ktime_add_us(ktime_get(), grid_us), HRTIMER_MODE_ABS_PINNED_HARD);
	while (!kthread_should_stop()) {
		if (!rest_us) {
			msleep(20);
			continue;
		}
		random = 50 + prandom_u32_state(&c->rnd) % rest_us;
		usleep_range(random, random + 1);
		if (ktime_get_ns() > long_ns) {
			disturb_irqs_off(c, DISTURB_LONG_US);
			/* Not in step with the grid: a second is a multiple of its period. */
			random = prandom_u32_state(&c->rnd) % DISTURB_PHASE_NS;
			long_ns += DISTURB_LONG_EVERY_NS - DISTURB_PHASE_NS / 2 + random;
		} else {
			disturb_irqs_off(c, 5 + prandom_u32_state(&c->rnd) % 76);
		}
		c->sections_done++;
	}
	hrtimer_cancel(&c->grid);
	return 0;
}

static int disturb_hog(void *context)
{
	while (!kthread_should_stop()) {
		cpu_relax();
		cond_resched();
	}
	return 0;
}

/* ---- the storm ---- */

static irqreturn_t disturb_storm_seen(int irq, void *context)
{
	storm_seen++;
	return IRQ_HANDLED;
}

static enum hrtimer_restart disturb_storm(struct hrtimer *timer)
{
	unsigned int next_us = DISTURB_STORM_US;

	oht_pins_drive(storm_base, storm_pin, storm_edge & 1 ? storm_pin : 0);
	if (++storm_edge == DISTURB_STORM_EDGES) {
		storm_edge = 0;
		next_us = DISTURB_STORM_REST_US;
	}
	hrtimer_forward_now(timer, disturb_us(next_us));
	return HRTIMER_RESTART;
}

static int disturb_storm_claim(struct device_node *node)
{
	struct of_phandle_args args;
	int ret;

	ret = of_parse_phandle_with_args(node, "storm-gpios", "#gpio-cells", 0, &args);
	if (ret)
		return ret;
	storm_pin = BIT(args.args[0]);
	storm_base = of_iomap(args.np, 0);
	of_node_put(args.np);
	if (!storm_base)
		return -ENOMEM;
	storm_line = fwnode_gpiod_get_index(of_fwnode_handle(node), "storm", 0, GPIOD_IN,
					    "oht_disturb");
	if (IS_ERR(storm_line)) {
		iounmap(storm_base);
		return PTR_ERR(storm_line);
	}
	storm_irq = gpiod_to_irq(storm_line);
	ret = request_irq(storm_irq, disturb_storm_seen, IRQF_TRIGGER_RISING | IRQF_NO_THREAD,
			  "oht_disturb", NULL);
	if (!ret)
		return 0;
	gpiod_put(storm_line);
	iounmap(storm_base);
	return ret;
}

static int disturb_storm_start(void)
{
	struct device_node *node;
	int ret;

	node = of_find_compatible_node(NULL, NULL, "oht,disturb");
	ret = node ? disturb_storm_claim(node) : -ENODEV;
	of_node_put(node);
	if (ret)
		return ret;
	oht_hrtimer_setup(&storm_timer, disturb_storm, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&storm_timer, disturb_us(DISTURB_STORM_REST_US),
		      HRTIMER_MODE_REL_PINNED_HARD);
	return 0;
}

static void disturb_storm_stop(void)
{
	hrtimer_cancel(&storm_timer);
	free_irq(storm_irq, NULL);
	gpiod_put(storm_line);
	iounmap(storm_base);
}

/* ---- what came of it ---- */

static int disturb_show(struct seq_file *s, void *unused)
{
	char name[32];
	u64 sections = 0;
	int cpu;

	for_each_online_cpu(cpu)
		sections += per_cpu(disturb_cpus, cpu).sections_done;
	seq_printf(s, "sections %llu\nstorm %llu\n", sections, storm_seen);
	for_each_online_cpu(cpu) {
		snprintf(name, sizeof(name), "reference_%d", cpu);
		oht_hist_show(s, name, per_cpu(disturb_cpus, cpu).late);
		snprintf(name, sizeof(name), "over_%d", cpu);
		oht_hist_show(s, name, per_cpu(disturb_cpus, cpu).over);
	}
	return 0;
}

static int disturb_open(struct inode *inode, struct file *file)
{
	return single_open(file, disturb_show, NULL);
}

/* Roughly: a timer that runs meanwhile may leave one old count. */
static ssize_t disturb_write(struct file *file, const char __user *user, size_t bytes, loff_t *pos)
{
	int cpu;

	for_each_online_cpu(cpu) {
		memset(per_cpu(disturb_cpus, cpu).late, 0, sizeof(struct oht_hist));
		memset(per_cpu(disturb_cpus, cpu).over, 0, sizeof(struct oht_hist));
		per_cpu(disturb_cpus, cpu).sections_done = 0;
	}
	storm_seen = 0;
	return bytes;
}

static const struct file_operations disturb_fops = {
	.owner = THIS_MODULE,
	.open = disturb_open,
	.read = seq_read,
	.write = disturb_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- on each CPU ---- */

static struct task_struct *disturb_thread(int (*function)(void *), struct disturb_cpu *c, int cpu)
{
	struct task_struct *task = kthread_create(function, c, "oht_disturb/%d", cpu);

	if (!IS_ERR(task))
		kthread_bind(task, cpu);
	return task;
}

static int disturb_cpu_start(int cpu)
{
	struct disturb_cpu *c = per_cpu_ptr(&disturb_cpus, cpu);

	c->late = kvzalloc(sizeof(*c->late), GFP_KERNEL);
	c->over = kvzalloc(sizeof(*c->over), GFP_KERNEL);
	if (!c->late || !c->over)
		return -ENOMEM;
	prandom_seed_state(&c->rnd, seed + cpu);
	oht_hrtimer_setup(&c->grid, disturb_grid, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	c->sections = disturb_thread(disturb_sections, c, cpu);
	if (IS_ERR(c->sections))
		return PTR_ERR(c->sections);
	sched_set_fifo(c->sections);
	wake_up_process(c->sections);
	if (!hogs)
		return 0;
	c->hog = disturb_thread(disturb_hog, c, cpu);
	if (IS_ERR(c->hog))
		return PTR_ERR(c->hog);
	wake_up_process(c->hog);
	return 0;
}

static void disturb_cpu_stop(int cpu)
{
	struct disturb_cpu *c = per_cpu_ptr(&disturb_cpus, cpu);

	if (!IS_ERR_OR_NULL(c->hog))
		kthread_stop(c->hog);
	if (!IS_ERR_OR_NULL(c->sections))
		kthread_stop(c->sections);
	kvfree(c->late);
	kvfree(c->over);
}

static int __init disturb_init(void)
{
	int cpu, ret = 0;

	if (!grid_us)
		return -EINVAL;
	if (storm)
		ret = disturb_storm_start();
	if (ret) {
		pr_err("oht_disturb: no line to make a storm on (%d)\n", ret);
		return ret;
	}
	for_each_online_cpu(cpu) {
		ret = disturb_cpu_start(cpu);
		if (ret)
			break;
	}
	if (!ret) {
		disturb_debug = debugfs_create_dir("oht_disturb", NULL);
		debugfs_create_file("results", 0600, disturb_debug, NULL, &disturb_fops);
		return 0;
	}
	for_each_online_cpu(cpu)
		disturb_cpu_stop(cpu);
	if (storm)
		disturb_storm_stop();
	return ret;
}
module_init(disturb_init);

static void __exit disturb_exit(void)
{
	int cpu;

	debugfs_remove(disturb_debug);
	for_each_online_cpu(cpu)
		disturb_cpu_stop(cpu);
	if (storm)
		disturb_storm_stop();
}
module_exit(disturb_exit);

MODULE_DESCRIPTION("Load that hurts, for tests of oht");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
