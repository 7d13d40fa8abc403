// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order in which kernel/bind.c puts stop and bus to sleep, wakes them and shuts them down: the
 * outputs before all that takes time. What it calls only notes that it was called, so its device
 * is a small one.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "../../kernel/engine.h"
#include "../../kernel/estop.h"
#include "../../kernel/port.h"

#define EPROBE_DEFER	517	/* the C library has no such error */

/* In the place of core.h, chrdev.h, netlink.h and sysfs.h. */
#define OHT_CORE_H
#define OHT_CHRDEV_H
#define OHT_NETLINK_H
#define OHT_SYSFS_H

struct rw_semaphore {
	unsigned int readers;		/* calls that are under way, one less with each wait */
	bool written;
};

struct oht_device {
	struct oht_estop estop;
	struct oht_engine engine;
	struct rw_semaphore life;
	bool has_bus;
};

struct file_operations;
struct attribute_group;

static struct oht_device robot;
static char said[200];
static int resume_error;
unsigned int hrtimer_resolution = 1;

static void say(const char *what)
{
	strcat(strcat(said, *said ? " " : ""), what);
}

#define dev_get_drvdata(dev)		((void)(dev), &robot)
#define dev_set_drvdata(dev, data)	((void)(dev), (void)(data))

static const struct file_operations *const oht_chrdev_fops_at;
#define oht_chrdev_fops			(*oht_chrdev_fops_at)
static const struct attribute_group *oht_sysfs_groups[1];
static const struct oht_estop_ops oht_core_estop_ops;

/* ---- probe and remove are not what is looked at ---- */

static int oht_netlink_attach(struct oht_device *oht) { return 0; }
static void oht_netlink_detach(struct oht_device *oht) { }
static int oht_core_add(struct oht_device *oht) { return 0; }
static void oht_core_remove(struct oht_device *oht) { }
static void oht_core_stop_bus(struct oht_device *oht) { }
static void oht_core_wake_all(struct oht_device *oht) { }
static void oht_core_put(struct oht_device *oht) { }
static int oht_core_start_bus(struct oht_device *oht, struct oht_port *port) { return 0; }
int oht_port_read_line(struct device *dev, struct oht_line *line) { return 0; }
void oht_estop_exit(struct oht_estop *estop) { }

static struct oht_device *oht_core_alloc(struct device *parent, const struct file_operations *fops,
					 const struct attribute_group **groups)
{
	return &robot;
}

int oht_estop_init(struct oht_estop *estop, struct device *dev, const struct oht_estop_ops *ops)
{
	say("stop-armed");
	return 0;
}

/* ---- what is ---- */

void oht_estop_stop(struct oht_estop *estop, u32 cause, const u64 *tag)
{
	say(cause == OHT_CAUSE_SUSPEND ? "stop" : "stop?");
}

void oht_estop_hold(struct oht_estop *estop, u32 cause)
{
	say(cause == OHT_CAUSE_SHUTDOWN ? "hold" : "hold?");
}

static void oht_core_finish_telegrams(struct oht_device *oht, unsigned int limit_ms)
{
	say(limit_ms ? "telegrams" : "telegrams?");
}

static void oht_core_suspend_bus(struct oht_device *oht)
{
	say("bus-off");
}

static int oht_core_resume_bus(struct oht_device *oht)
{
	say("bus-on");
	return resume_error;
}

static bool oht_core_has_bus(const struct oht_device *oht)
{
	return oht->has_bus;
}

void oht_engine_suspend(struct oht_engine *e)
{
	say("uart-off");
}

static bool down_write_trylock(struct rw_semaphore *life)
{
	life->written = !life->readers;
	return life->written;
}

static void up_write(struct rw_semaphore *life)
{
	life->written = false;
}

void usleep_range(unsigned long min_us, unsigned long max_us)
{
	if (robot.life.readers)
		robot.life.readers--;
}

#include "../../kernel/bind.c"

static int bind_init(struct kunit *test)
{
	memset(&robot, 0, sizeof(robot));
	memset(said, 0, sizeof(said));
	robot.has_bus = true;
	resume_error = 0;
	return 0;
}

static void expect_said(struct kunit *test, const char *what)
{
	KUNIT_EXPECT_TRUE_MSG(test, !strcmp(said, what), "%s", said);
}

/* Not every way to sleep asks the notifier that stops: so this stops too. */
static void bind_sleeps(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, oht_bind_pm_ops.suspend(NULL), 0);
	expect_said(test, "stop telegrams bus-off");
}

/* Before the UART, which takes 80 ms, and once more with a bus, for its telegrams. */
static void bind_wakes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, oht_bind_pm_ops.resume(NULL), 0);
	expect_said(test, "stop bus-on stop");
	bind_init(test);
	resume_error = -EIO;
	KUNIT_EXPECT_EQ(test, oht_bind_pm_ops.resume(NULL), 0);
	expect_said(test, "stop bus-on stop");
}

/* Whatever follows finds no driven line; calls that are under way are given their time first. */
static void bind_shuts_down(struct kunit *test)
{
	oht_bind_shutdown(NULL);
	expect_said(test, "hold telegrams bus-off");
	bind_init(test);
	robot.life.readers = 3;
	oht_bind_shutdown(NULL);
	expect_said(test, "hold telegrams bus-off");
	KUNIT_EXPECT_FALSE(test, robot.life.written);
}

/* A call that never ends holds no shutdown up. */
static void bind_shuts_down_beside_a_call(struct kunit *test)
{
	robot.life.readers = 1000;
	oht_bind_shutdown(NULL);
	expect_said(test, "hold telegrams uart-off");
	KUNIT_EXPECT_GT(test, robot.life.readers, 900);
	bind_init(test);
	robot.life.readers = 1000;
	robot.has_bus = false;
	oht_bind_shutdown(NULL);
	expect_said(test, "hold telegrams");
}

static int bind_probe(struct device *dev, struct oht_port **port)
{
	static struct oht_port a_port;

	say("uart");
	*port = &a_port;
	return 0;
}

/* Nothing is armed on a machine whose timers come with the tick, of 10, 4 or 1 ms. */
static void bind_refuses_coarse_timers(struct kunit *test)
{
	static const unsigned int resolutions[] = { 10000000, 4000000, 1000000 };
	const struct oht_port_backend backend = { .kind = "fake", .probe = bind_probe };
	struct device dev = { 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(resolutions); i++) {
		hrtimer_resolution = resolutions[i];
		KUNIT_EXPECT_EQ(test, oht_bind_attach(&dev, &backend), -EOPNOTSUPP);
		expect_said(test, "");
	}
	hrtimer_resolution = 1;
	KUNIT_EXPECT_EQ(test, oht_bind_attach(&dev, &backend), 0);
	expect_said(test, "stop-armed uart");
}

static struct kunit_case bind_cases[] = {
	KUNIT_CASE(bind_refuses_coarse_timers),
	KUNIT_CASE(bind_sleeps),
	KUNIT_CASE(bind_wakes),
	KUNIT_CASE(bind_shuts_down),
	KUNIT_CASE(bind_shuts_down_beside_a_call),
	{}
};

static struct kunit_suite bind_suite = {
	.name = "oht_bind",
	.init = bind_init,
	.test_cases = bind_cases,
};

kunit_test_suites(&bind_suite);
