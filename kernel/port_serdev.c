// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any UART that has a driver of its own, as a serdev client; module oht_serdev.
 *
 * The fallback: received bytes come through a flip buffer and a kworker, what is sent goes out by
 * a thread, since the engine calls with a raw lock held and a tty wants to sleep. So stamps are
 * not exact, t1.5 and t3.5 are kept but cannot be judged, stop telegrams have no bound, and what
 * lies in the UART's FIFO cannot be cut. The stop's outputs do not depend on any of it.
 *
 * Driver enable: by de-gpios, or a transceiver that turns by itself, or one that the UART's driver
 * turns (linux,rs485-enabled-at-boot-time in the UART's own node); serdev has no call for that.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/kfifo.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/sched.h>
#include <linux/serdev.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/oht.h>

#include "bind.h"
#include "compat.h"
#include "frame.h"
#include "port.h"

#define OHT_SERDEV_RX_BYTES	1024	/* a power of two: four longest frames */
/* How long the thread may take to run, beside the longest frame that may still be leaving. */
#define OHT_SERDEV_LATE_NS	(50 * NSEC_PER_MSEC)

enum oht_serdev_out {
	OHT_SERDEV_IDLE = 0,	/* nothing to send */
	OHT_SERDEV_QUEUED,	/* the thread has been asked */
	OHT_SERDEV_WRITING,	/* it hands over to the UART's driver */
	OHT_SERDEV_WRITTEN,	/* done, the engine has not heard of it yet */
};

/**
 * struct oht_serdev - one UART behind its own driver
 * @port: what the engine sees
 * @serdev: constant
 * @client: our callbacks; how they find us
 * @worker: the thread, constant
 * @work: what it does
 * @gate: serialises the receive callback with start and stop
 * @open: the engine listens; written under @gate
 * @in: received, not yet read; written by the receive callback, read under the engine's lock
 * @lost: @in was full; any of the two
 * @lock: protects the rest; taken inside the engine's lock
 * @state: enum oht_serdev_out
 * @out: what is to be sent
 * @out_bytes: length of @out
 * @flush: what the UART's driver still has is to be thrown away
 * @quiet_ns: what was written has left by then, and t3.5 after it
 */
struct oht_serdev {
	struct oht_port port;
	struct serdev_device *serdev;
	struct serdev_device_ops client;
	struct kthread_worker *worker;
	struct kthread_work work;
	struct mutex gate;	/* the receive callback against start and stop */
	bool open;
	DECLARE_KFIFO(in, u8, OHT_SERDEV_RX_BYTES);
	bool lost;
	raw_spinlock_t lock;
	enum oht_serdev_out state;
	u8 out[OHT_ADU_MAX_BYTES];
	unsigned int out_bytes;
	bool flush;
	u64 quiet_ns;
};

static bool oht_serdev_leaving;

static struct oht_serdev *oht_serdev_from(struct oht_port *port)
{
	return container_of(port, struct oht_serdev, port);
}

/* ---- the way in ---- */

static OHT_SERDEV_COUNT oht_serdev_receive_buf(struct serdev_device *serdev, const u8 *data,
					       size_t count)
{
	struct oht_serdev *u = container_of(serdev->ops, struct oht_serdev, client);
	u64 stamp_ns = ktime_get_ns();

	mutex_lock(&u->gate);
	if (u->open) {
		if (kfifo_in(&u->in, data, count) < count)
			WRITE_ONCE(u->lost, true);
		u->port.event(u->port.event_context, stamp_ns);
	}
	mutex_unlock(&u->gate);
	return count;
}

static bool oht_serdev_receive(struct oht_port *port, struct oht_port_byte *byte)
{
	struct oht_serdev *u = oht_serdev_from(port);

	if (!kfifo_get(&u->in, &byte->data))
		return false;
	/* Framing and parity errors are not handed on: the checksum has to find them. */
	byte->flags = 0;
	if (READ_ONCE(u->lost)) {
		WRITE_ONCE(u->lost, false);
		byte->flags = OHT_BYTE_OVERRUN;
	}
	return true;
}

/* ---- the way out ---- */

/* Engine lock held. The first call asks the thread, the one after it has written takes it all. */
static unsigned int oht_serdev_send(struct oht_port *port, const u8 *data, unsigned int bytes)
{
	struct oht_serdev *u = oht_serdev_from(port);
	unsigned int taken = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&u->lock, flags);
	if (u->state == OHT_SERDEV_IDLE) {
		memcpy(u->out, data, bytes);
		u->out_bytes = bytes;
		u->state = OHT_SERDEV_QUEUED;
		kthread_queue_work(u->worker, &u->work);
	} else if (u->state == OHT_SERDEV_WRITTEN) {
		u->state = OHT_SERDEV_IDLE;
		taken = bytes;
	}
	raw_spin_unlock_irqrestore(&u->lock, flags);
	return taken;
}

/* Not known here: the engine counts from when the bytes were written. */
static bool oht_serdev_transmitting(struct oht_port *port)
{
	return false;
}

static void oht_serdev_cut(struct oht_port *port)
{
	struct oht_serdev *u = oht_serdev_from(port);
	unsigned long flags;

	raw_spin_lock_irqsave(&u->lock, flags);
	u->state = OHT_SERDEV_IDLE;
	u->flush = true;
	kthread_queue_work(u->worker, &u->work);
	raw_spin_unlock_irqrestore(&u->lock, flags);
}

static void oht_serdev_cut_end(struct oht_port *port)
{
	/* The cut telegram may still leave: the thread waits for its end before it writes. */
}

/* What the thread has to do next; false: nothing. */
static bool oht_serdev_take(struct oht_serdev *u, u8 *data, unsigned int *bytes, bool *flush)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&u->lock, flags);
	*flush = u->flush;
	u->flush = false;
	*bytes = 0;
	if (u->state == OHT_SERDEV_QUEUED && ktime_get_ns() >= u->quiet_ns) {
		*bytes = u->out_bytes;
		memcpy(data, u->out, u->out_bytes);
		u->state = OHT_SERDEV_WRITING;
	}
	raw_spin_unlock_irqrestore(&u->lock, flags);
	return *bytes || *flush;
}

/* How long the thread has to wait before it may write; 0 if there is nothing to write. */
static u64 oht_serdev_wait_ns(struct oht_serdev *u)
{
	u64 now_ns = ktime_get_ns();
	unsigned long flags;
	u64 wait_ns = 0;

	raw_spin_lock_irqsave(&u->lock, flags);
	if (u->state == OHT_SERDEV_QUEUED && now_ns < u->quiet_ns)
		wait_ns = u->quiet_ns - now_ns;
	raw_spin_unlock_irqrestore(&u->lock, flags);
	return wait_ns;
}

/* All of it has been handed over; or less, which nothing sends any more: the engine gives it up. */
static bool oht_serdev_wrote(struct oht_serdev *u, int written, unsigned int bytes)
{
	const struct oht_timing *t = &u->port.timing;
	u64 left_ns = (u64)max(written, 0) * t->char_ns;
	unsigned long flags;
	bool whole;

	raw_spin_lock_irqsave(&u->lock, flags);
	u->quiet_ns = ktime_get_ns() + left_ns + t->t35_ns;
	whole = u->state == OHT_SERDEV_WRITING && written == bytes;
	if (whole)
		u->state = OHT_SERDEV_WRITTEN;
	raw_spin_unlock_irqrestore(&u->lock, flags);
	return whole;
}

static void oht_serdev_work(struct kthread_work *work)
{
	struct oht_serdev *u = container_of(work, struct oht_serdev, work);
	u8 data[OHT_ADU_MAX_BYTES];
	unsigned int bytes;
	u64 wait_ns;
	bool flush;
	int written;

	wait_ns = oht_serdev_wait_ns(u);
	if (wait_ns)
		fsleep(DIV_ROUND_UP_ULL(wait_ns, NSEC_PER_USEC));
	while (oht_serdev_take(u, data, &bytes, &flush)) {
		if (flush)
			serdev_device_write_flush(u->serdev);
		if (!bytes)
			continue;
		written = serdev_device_write_buf(u->serdev, data, bytes);
		if (oht_serdev_wrote(u, written, bytes))
			u->port.event(u->port.event_context, ktime_get_ns());
	}
}

/* ---- on and off ---- */

static int oht_serdev_start(struct oht_port *port)
{
	struct oht_serdev *u = oht_serdev_from(port);

	mutex_lock(&u->gate);
	u->state = OHT_SERDEV_IDLE;
	u->open = true;
	mutex_unlock(&u->gate);
	return 0;
}

static void oht_serdev_stop(struct oht_port *port)
{
	struct oht_serdev *u = oht_serdev_from(port);

	mutex_lock(&u->gate);
	u->open = false;
	mutex_unlock(&u->gate);
	kthread_flush_worker(u->worker);
}

static const struct oht_port_ops oht_serdev_ops = {
	.start = oht_serdev_start,
	.stop = oht_serdev_stop,
	.send = oht_serdev_send,
	.transmitting = oht_serdev_transmitting,
	.cut = oht_serdev_cut,
	.cut_end = oht_serdev_cut_end,
	.receive = oht_serdev_receive,
	.set_de = oht_port_set_de,
};

/* ---- probe ---- */

static int oht_serdev_set_line(struct oht_serdev *u, const struct oht_line *line)
{
	static const enum serdev_parity parities[] = {
		[OHT_PARITY_NONE] = SERDEV_PARITY_NONE,
		[OHT_PARITY_EVEN] = SERDEV_PARITY_EVEN,
		[OHT_PARITY_ODD] = SERDEV_PARITY_ODD,
	};
	struct device *dev = u->port.dev;
	unsigned int effective_bps;
	int err;

	serdev_device_set_flow_control(u->serdev, false);
	effective_bps = serdev_device_set_baudrate(u->serdev, line->baud_bps);
	err = serdev_device_set_parity(u->serdev, parities[line->parity]);
	if (err)
		return dev_err_probe(dev, err, "oht,parity: the UART's driver does not set it\n");
	err = oht_port_set_timing(&u->port, line, effective_bps * 1000ULL);
	u->port.send_late_ns = (u64)OHT_ADU_MAX_BYTES * u->port.timing.char_ns +
			       u->port.timing.t35_ns + OHT_SERDEV_LATE_NS;
	return err;
}

static int oht_serdev_open(struct oht_serdev *u)
{
	struct device *dev = u->port.dev;
	struct oht_line line;
	int err;

	err = oht_port_read_line(dev, &line);
	if (err)
		return err;
	if (line.stop_bits != 1)
		return dev_err_probe(dev, -EINVAL, "oht,stop-bits: %u, serdev can only do 1\n",
				     line.stop_bits);
	u->client.receive_buf = oht_serdev_receive_buf;
	serdev_device_set_client_ops(u->serdev, &u->client);
	err = devm_serdev_device_open(dev, u->serdev);
	if (err)
		return dev_err_probe(dev, err, "the UART cannot be opened\n");
	return oht_serdev_set_line(u, &line);
}

static void oht_serdev_destroy_worker(void *worker)
{
	kthread_destroy_worker(worker);
}

static int oht_serdev_make_worker(struct oht_serdev *u)
{
	u->worker = kthread_create_worker(0, "%s", dev_name(u->port.dev));
	if (IS_ERR(u->worker))
		return dev_err_probe(u->port.dev, PTR_ERR(u->worker), "no thread\n");
	sched_set_fifo(u->worker->task);
	kthread_init_work(&u->work, oht_serdev_work);
	return devm_add_action_or_reset(u->port.dev, oht_serdev_destroy_worker, u->worker);
}

static int oht_serdev_probe_port(struct device *dev, struct oht_port **port)
{
	struct oht_serdev *u;
	int err;

	u = devm_kzalloc(dev, sizeof(*u), GFP_KERNEL);
	if (!u)
		return -ENOMEM;
	u->port.ops = &oht_serdev_ops;
	u->port.dev = dev;
	u->serdev = to_serdev_device(dev);
	mutex_init(&u->gate);
	raw_spin_lock_init(&u->lock);
	INIT_KFIFO(u->in);
	err = oht_port_get_de(&u->port, NULL);
	if (!err)
		err = oht_serdev_open(u);
	if (!err)
		err = oht_serdev_make_worker(u);
	if (!err)
		*port = &u->port;
	return err;
}

static const struct oht_port_backend oht_serdev_backend = {
	.kind = "serdev",
	.probe = oht_serdev_probe_port,
};

static int oht_serdev_probe(struct serdev_device *serdev)
{
	return oht_bind_attach(&serdev->dev, &oht_serdev_backend);
}

static void oht_serdev_remove(struct serdev_device *serdev)
{
	oht_bind_detach(&serdev->dev, oht_serdev_leaving);
}

static const struct of_device_id oht_serdev_matches[] = {
	{ .compatible = "oht,rs485-serdev" },
	{ }
};
MODULE_DEVICE_TABLE(of, oht_serdev_matches);

static struct serdev_device_driver oht_serdev_driver = {
	.probe = oht_serdev_probe,
	.remove = oht_serdev_remove,
	.driver = {
		.name = "oht-serdev",
		.of_match_table = oht_serdev_matches,
		.shutdown = oht_bind_shutdown,
		.pm = pm_sleep_ptr(&oht_bind_pm_ops),
	},
};

static int __init oht_serdev_init(void)
{
	return serdev_device_driver_register(&oht_serdev_driver);
}
module_init(oht_serdev_init);

static void __exit oht_serdev_exit(void)
{
	oht_serdev_leaving = true;
	serdev_device_driver_unregister(&oht_serdev_driver);
}
module_exit(oht_serdev_exit);

MODULE_DESCRIPTION("oht over any UART that has a driver of its own");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
OHT_IMPORT();
