/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the device object: its birth in two phases, its one death, the class, the numbers.
 * Contexts: process, except what the stop and the engine call back (said there).
 * Locks:    oht->life (rwsem): read for every call of a descriptor, written once, to die.
 *           oht->role (rwsem): read while a call acts for the controller, written while a
 *           descriptor becomes the controller.
 *           Order: life -> files_lock; life -> role; role -> run->mutex, engine.lock, estop.lock;
 *           life -> a file's mutex -> engine.lock -> a file's raw lock.
 */
#ifndef OHT_CORE_H
#define OHT_CORE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/wait.h>

#include "cycle_run.h"
#include "engine.h"
#include "estop.h"
#include "health.h"
#include "port.h"

#define OHT_MINORS	16

struct oht_netlink;

struct oht_device {
	struct device dev;		/* its last reference frees all of this */
	struct cdev cdev;
	int id;				/* minor; -1 once it is given back */

	struct rw_semaphore role;	/* read: acts for the controller; written: becomes it */
	struct rw_semaphore life;
	bool gone;			/* written under life, also read without */
	bool ended;			/* and the last record has been made */

	struct mutex files_lock;	/* writers of files */
	struct list_head files;		/* struct oht_listener; read under RCU */
	unsigned int files_open;	/* descriptors among them; under files_lock */
	struct oht_netlink *netlink;	/* netlink.c's; constant while the device is visible */

	struct oht_estop estop;
	struct oht_engine engine;
	struct oht_run *run;		/* plan and process image of the engine; with has_bus */
	bool has_bus;			/* engine is there, and awake; released after it is */
	struct oht_health health;	/* of the units on it */
	struct irq_work health_work;	/* it has changed -> listeners */

	/* Properties of the port, kept beyond its life. */
	struct oht_timing timing;
	u64 port_caps;
	char port_kind[OHT_NAME_SIZE];
};

/* What the device wakes: one per descriptor, and that of netlink. */
struct oht_listener {
	struct list_head node;		/* in oht_device.files */
	wait_queue_head_t wait;
};

static inline struct oht_device *oht_core_of(struct device *dev)
{
	return container_of(dev, struct oht_device, dev);
}

/**
 * oht_core_alloc() - make a device that is not visible yet
 * @parent: platform device
 * @fops: of /dev/oht%d
 * @groups: sysfs attributes
 *
 * Context: process. Return: the device with one reference, or ERR_PTR().
 */
struct oht_device *oht_core_alloc(struct device *parent, const struct file_operations *fops,
				  const struct attribute_group **groups);

/* Everything appears at once: /dev/oht%d, sysfs. 0 or errno. */
int oht_core_add(struct oht_device *oht);

/* No descriptor is opened any more, and calls get -ENODEV. Once, after oht_core_add(). */
void oht_core_remove(struct oht_device *oht);

/* The last record has been made: wakes all readers, for whom this is the end. */
void oht_core_wake_all(struct oht_device *oht);

/*
 * The visible device with this number, with a reference of the caller's; NULL: there is none. It
 * may go at any time: see oht_device.life. Process context.
 */
struct oht_device *oht_core_find(unsigned int id);

/* Gives a reference back. */
void oht_core_put(struct oht_device *oht);

/**
 * oht_core_start_bus() - start the engine on the port
 * @oht: device with an initialised stop
 * @port: probed
 *
 * Context: process. Return: 0, -ENOMEM, or the errno of the port's start; then there is nothing to
 * undo.
 */
int oht_core_start_bus(struct oht_device *oht, struct oht_port *port);

/* Waits for the telegrams of the last stop to be sent, at most @limit_ms. Process, sleeps. */
void oht_core_finish_telegrams(struct oht_device *oht, unsigned int limit_ms);

/*
 * Nothing comes from the port between the two: transfers are completed with -ECANCELED, the plan is
 * dropped. The second returns the errno of the port's start; then there is no bus until it is tried
 * again. Process context, with programs frozen or oht->life written.
 */
void oht_core_suspend_bus(struct oht_device *oht);
int oht_core_resume_bus(struct oht_device *oht);

/* Completes every transfer with -ENODEV; nothing comes from the port afterwards. Process. */
void oht_core_stop_bus(struct oht_device *oht);

/* The engine is there. Any context. */
static inline bool oht_core_has_bus(const struct oht_device *oht)
{
	/* Pairs with oht_core_start_bus(). */
	return smp_load_acquire(&oht->has_bus);
}

/* OHT_CAP_*. Any context. */
u64 oht_core_caps(const struct oht_device *oht);

/*
 * A descriptor comes and goes, once admitted. Process. The first is -EMFILE if there are
 * OHT_FILES_MAX, or without the right to write if only the places for writers are left. After the
 * last the memory of the listener stays for an RCU period.
 */
int oht_core_admit(struct oht_device *oht, bool writable);
void oht_core_dismiss(struct oht_device *oht);
void oht_core_listen(struct oht_device *oht, struct oht_listener *listener);
void oht_core_unlisten(struct oht_device *oht, struct oht_listener *listener);

extern const struct oht_estop_ops oht_core_estop_ops;

/* The class, once per module. */
int oht_core_setup(void);
void oht_core_teardown(void);

#endif /* OHT_CORE_H */
