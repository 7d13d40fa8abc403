// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device object. Source: docs/architecture.md; the pattern is that of gnss and
 * counter: allocate complete but invisible, add at once, revoke, wake, free with the last
 * reference.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "core.h"

static dev_t oht_core_first;
static struct class *oht_core_class;
static DEFINE_IDA(oht_core_minors);

static struct oht_device *oht_core_of_estop(struct oht_estop *estop)
{
	return container_of(estop, struct oht_device, estop);
}

/* Any context, interrupts off; estop->lock has been dropped. */
static void oht_core_stopped(struct oht_estop *estop)
{
	struct oht_device *oht = oht_core_of_estop(estop);

	if (!oht_core_has_bus(oht))
		return;
	oht_engine_abort(&oht->engine);
	oht_cycle_stopped(oht_run_cycle(oht->run));
}

static void oht_core_wake(struct oht_device *oht, __poll_t events)
{
	struct oht_listener *listener;

	rcu_read_lock();
	list_for_each_entry_rcu(listener, &oht->files, node)
		wake_up_interruptible_poll(&listener->wait, events);
	rcu_read_unlock();
}

/* From irq_work: the journal has a new record. */
static void oht_core_recorded(struct oht_estop *estop)
{
	oht_core_wake(oht_core_of_estop(estop), EPOLLIN | EPOLLRDNORM | EPOLLPRI);
}

static void oht_core_health_changed(struct irq_work *work)
{
	oht_core_wake(container_of(work, struct oht_device, health_work), EPOLLIN | EPOLLRDNORM);
}

/* Interrupts off, engine lock held. */
static void oht_core_health(void *context, const struct oht_unit_record *record)
{
	struct oht_device *oht = context;

	oht_health_add(&oht->health, record);
	irq_work_queue(&oht->health_work);
}

const struct oht_estop_ops oht_core_estop_ops = {
	.stopped = oht_core_stopped,
	.recorded = oht_core_recorded,
};

static u32 oht_core_enabled(void *context)
{
	const struct oht_device *oht = context;

	return oht_estop_enabled(&oht->estop);
}

static u32 oht_core_session(void *context)
{
	const struct oht_device *oht = context;

	return oht_estop_session(&oht->estop);
}

static bool oht_core_controlled(void *context)
{
	const struct oht_device *oht = context;

	return oht_estop_controlled(&oht->estop);
}

static u32 oht_core_state(void *context)
{
	const struct oht_device *oht = context;

	return oht_estop_state(&oht->estop);
}

static u32 oht_core_halts(void *context)
{
	const struct oht_device *oht = context;

	return oht_estop_halts(&oht->estop);
}

/* From irq_work, hard interrupt. */
static void oht_core_run_lost(void *context)
{
	struct oht_device *oht = context;

	oht_estop_stop(&oht->estop, OHT_CAUSE_BUS_LOSS, NULL);
}

/* Any context, interrupts off; engine.lock held, so nothing here may take estop.lock. */
static void oht_core_run_await(void *context, u64 by_ns)
{
	struct oht_device *oht = context;

	oht_estop_await_bus(&oht->estop, by_ns);
}

static void oht_core_run_recorded(void *context)
{
	oht_core_wake(context, EPOLLIN | EPOLLRDNORM);
}

static const struct oht_run_ops oht_core_run_ops = {
	.lost = oht_core_run_lost,
	.await = oht_core_run_await,
	.recorded = oht_core_run_recorded,
};

int oht_core_start_bus(struct oht_device *oht, struct oht_port *port)
{
	const struct oht_engine_gate gate = {
		.enabled = oht_core_enabled,
		.session = oht_core_session,
		.controlled = oht_core_controlled,
		.state = oht_core_state,
		.halts = oht_core_halts,
		.health = oht_core_health,
		.context = oht,
	};
	int ret;

	oht->run = oht_run_create(&oht->engine, &oht_core_run_ops, oht,
				  port->caps & OHT_CAP_EXACT_TIMING,
				  (u64)oht->estop.config.cpu_stall_us * NSEC_PER_USEC);
	if (!oht->run)
		return -ENOMEM;
	ret = oht_engine_init(&oht->engine, port, &port->timing, &gate);
	if (ret) {
		oht_run_free(oht->run);
		oht->run = NULL;
		return ret;
	}
	oht->timing = port->timing;
	oht->port_caps = port->caps;
	strscpy(oht->port_kind, port->kind, sizeof(oht->port_kind));
	/* Pairs with oht_core_has_bus(): the stop may come from now on. */
	smp_store_release(&oht->has_bus, true);
	return 0;
}

void oht_core_finish_telegrams(struct oht_device *oht, unsigned int limit_ms)
{
	struct oht_telegram_status status = {};

	while (oht_core_has_bus(oht) && limit_ms--) {
		oht_engine_telegram_status(&oht->engine, &status);
		if (!(status.flags & OHT_TELEGRAMS_RUNNING))
			return;
		usleep_range(1000, 1100);
	}
}

void oht_core_suspend_bus(struct oht_device *oht)
{
	if (!oht_core_has_bus(oht))
		return;
	/* Pairs with oht_core_has_bus(): a stop that comes from now on has none. */
	smp_store_release(&oht->has_bus, false);
	oht_run_clear(oht->run);
	oht_engine_suspend(&oht->engine);
	irq_work_sync(&oht->health_work);
}

int oht_core_resume_bus(struct oht_device *oht)
{
	int ret;

	if (!oht->run || oht_core_has_bus(oht))
		return 0;
	ret = oht_engine_resume(&oht->engine);
	if (!ret)
		/* Pairs with oht_core_has_bus(). */
		smp_store_release(&oht->has_bus, true);
	return ret;
}

void oht_core_stop_bus(struct oht_device *oht)
{
	if (!oht->run)
		return;
	oht_engine_shutdown(&oht->engine);
	irq_work_sync(&oht->health_work);
	oht_run_end(oht->run);
}

u64 oht_core_caps(const struct oht_device *oht)
{
	u64 caps = OHT_CAP_ESTOP;

	if (oht->estop.channels > 1)
		caps |= OHT_CAP_CHANNEL_B;
	if (oht->estop.feedbacks)
		caps |= OHT_CAP_FEEDBACK;
	if (oht->estop.button.gpio)
		caps |= OHT_CAP_RESET_BUTTON;
	if (oht->estop.pulse)
		caps |= OHT_CAP_PULSE;
	if (oht_core_has_bus(oht))
		caps |= OHT_CAP_BUS | oht->port_caps;
	return caps;
}

/* Each record wakes them all, in one walk that may be in a hard interrupt: so they are few. */
int oht_core_admit(struct oht_device *oht, bool writable)
{
	unsigned int limit = OHT_FILES_MAX - (writable ? 0 : OHT_FILES_WRITERS);
	int ret = 0;

	mutex_lock(&oht->files_lock);
	if (oht->files_open < limit)
		oht->files_open++;
	else
		ret = -EMFILE;
	mutex_unlock(&oht->files_lock);
	return ret;
}

void oht_core_dismiss(struct oht_device *oht)
{
	mutex_lock(&oht->files_lock);
	oht->files_open--;
	mutex_unlock(&oht->files_lock);
}

void oht_core_listen(struct oht_device *oht, struct oht_listener *listener)
{
	init_waitqueue_head(&listener->wait);
	mutex_lock(&oht->files_lock);
	list_add_tail_rcu(&listener->node, &oht->files);
	mutex_unlock(&oht->files_lock);
}

void oht_core_unlisten(struct oht_device *oht, struct oht_listener *listener)
{
	mutex_lock(&oht->files_lock);
	list_del_rcu(&listener->node);
	mutex_unlock(&oht->files_lock);
}

/* Free for the next device once this one cannot be found by it: open descriptors do not count. */
static void oht_core_free_id(struct oht_device *oht)
{
	if (oht->id >= 0)
		ida_free(&oht_core_minors, oht->id);
	oht->id = -1;
}

static void oht_core_free(struct device *dev)
{
	struct oht_device *oht = oht_core_of(dev);

	oht_core_free_id(oht);
	oht_run_free(oht->run);
	kvfree(oht);
}

struct oht_device *oht_core_alloc(struct device *parent, const struct file_operations *fops,
				  const struct attribute_group **groups)
{
	struct oht_device *oht;
	int ret;

	/* Too large for contiguous pages on a machine whose memory is fragmented. */
	oht = kvzalloc(sizeof(*oht), GFP_KERNEL);
	if (!oht)
		return ERR_PTR(-ENOMEM);
	oht->id = ida_alloc_max(&oht_core_minors, OHT_MINORS - 1, GFP_KERNEL);
	if (oht->id < 0) {
		ret = oht->id;
		kvfree(oht);
		return ERR_PTR(ret);
	}
	oht->estop.id = oht->id;
	oht->engine.id = oht->id;
	init_rwsem(&oht->role);
	init_rwsem(&oht->life);
	mutex_init(&oht->files_lock);
	INIT_LIST_HEAD(&oht->files);
	oht_health_init(&oht->health);
	init_irq_work(&oht->health_work, oht_core_health_changed);

	device_initialize(&oht->dev);
	oht->dev.devt = MKDEV(MAJOR(oht_core_first), MINOR(oht_core_first) + oht->id);
	oht->dev.class = oht_core_class;
	oht->dev.parent = parent;
	oht->dev.groups = groups;
	oht->dev.release = oht_core_free;
	cdev_init(&oht->cdev, fops);
	oht->cdev.owner = fops->owner;
	ret = dev_set_name(&oht->dev, "oht%d", oht->id);
	if (ret) {
		put_device(&oht->dev);
		return ERR_PTR(ret);
	}
	return oht;
}

int oht_core_add(struct oht_device *oht)
{
	return cdev_device_add(&oht->cdev, &oht->dev);
}

void oht_core_remove(struct oht_device *oht)
{
	down_write(&oht->life);
	WRITE_ONCE(oht->gone, true);
	up_write(&oht->life);
	cdev_device_del(&oht->cdev, &oht->dev);
	oht_core_free_id(oht);
}

void oht_core_wake_all(struct oht_device *oht)
{
	struct oht_listener *listener;

	/* Pairs with oht_chrdev_ended(). */
	smp_store_release(&oht->ended, true);
	mutex_lock(&oht->files_lock);
	list_for_each_entry(listener, &oht->files, node)
		wake_up_all(&listener->wait);
	mutex_unlock(&oht->files_lock);
}

struct oht_device *oht_core_find(unsigned int id)
{
	struct device *dev;

	if (id >= OHT_MINORS)
		return NULL;
	dev = class_find_device_by_devt(oht_core_class,
					MKDEV(MAJOR(oht_core_first), MINOR(oht_core_first) + id));
	return dev ? oht_core_of(dev) : NULL;
}

void oht_core_put(struct oht_device *oht)
{
	put_device(&oht->dev);
}

int oht_core_setup(void)
{
	int ret;

	ret = alloc_chrdev_region(&oht_core_first, 0, OHT_MINORS, "oht");
	if (ret)
		return ret;
	oht_core_class = oht_class_create("oht");
	if (IS_ERR(oht_core_class)) {
		unregister_chrdev_region(oht_core_first, OHT_MINORS);
		return PTR_ERR(oht_core_class);
	}
	return 0;
}

void oht_core_teardown(void)
{
	class_destroy(oht_core_class);
	unregister_chrdev_region(oht_core_first, OHT_MINORS);
	ida_destroy(&oht_core_minors);
}
