/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way to the wire and to the stop: one ops table, two back-ends (kernel, rtu).
 * Contexts: see each call: control thread only, or the one thread that owns a stopper.
 * Locks:    none.
 *
 * Requests, events and the state of the stop have the form that liboht gives them. Errors are
 * negative errno values here, of the vocabulary of the kernel interface (linux/oht.h).
 */
#ifndef OHTD_BUS_BUS_H
#define OHTD_BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oht_client.h"
#include "oht_plan.h"
#include "oht_telegram.h"
#include "oht_unit.h"

struct ohtd_bus;

/**
 * struct ohtd_bus_setup - which bus
 * @backend: "kernel" or "rtu"
 * @device: device node, tty or pty
 * @baud_bps: rtu only
 * @parity: rtu only: 'N', 'E' or 'O'
 * @stop_bits: rtu only: 1 or 2
 * @quiet_us: rtu only: silence between frames, if that is longer than t3.5
 * @simulated_outputs: rtu only: the outputs are a word in this process. Only where a simulator is at
 *	the other end: open() refuses what is no pty
 *
 * Strings belong to the caller and outlive the bus.
 */
struct ohtd_bus_setup {
	const char *backend;
	const char *device;
	uint32_t baud_bps;
	char parity;
	uint8_t stop_bits;
	uint32_t quiet_us;
	bool simulated_outputs;
};

/**
 * struct ohtd_bus_ops - what a back-end does
 * @name: as in ohtd_bus_setup.backend
 * @hardware_stop: stop() cuts outputs; otherwise it is a software stop
 * @open: connect; fills @error on failure. Allocates and may block for a moment.
 * @close: disconnect; a controller that has not said farewell causes a stop. Not an error twice.
 * @info: constant facts of the open device
 * @unit: counters that the back-end keeps of a unit; NULL: it keeps none
 * @fd: becomes readable when next() has something; -1 when not open
 * @submit: hand over a request; its event comes exactly once. -EAGAIN: too many under way.
 * @cancel: give up a request; its event still comes
 * @next: 1 an event, 0 none, -ENODEV the device is gone
 * @stop_status: state of the stop now
 * @take: become the controller; @deadman_ms in and out
 * @farewell: give the role back in order
 * @heartbeat: the controller is alive
 * @stop: stop now; any thread may be in it while another is in any other op
 * @reset: stopped -> ready
 * @enable: ready -> enabled; -EOPNOTSUPP without outputs
 * @disable: enabled -> ready
 * @self_test: while stopped; @failed: OHT_TEST_*; -ECANCELED not stopped, -EBUSY contacts may still
 *	move, -EOPNOTSUPP without outputs
 * @telegrams: leave the writes that every stop is to put on the bus, also without us; -EOPNOTSUPP:
 *	nobody else would do it
 * @rest: @unit hears nothing for @rest_ms behind its own answer: requests to it wait, others go on; in the figures of
 *	plans. For the controller. -EBUSY: a plan is in force and has figures without; NULL: nothing can be set
 * @plan: exchange these entries in every cycle from the next point of the grid on; without entries:
 *	end the plan. -EDQUOT: too heavy, or a stop would wait too long, see @figures; -EBUSY: the
 *	plan before is not in force yet; -EINVAL
 * @outputs: what an entry of the plan writes from now on, while enabled; forgotten by every stop,
 *	every disable() and every other plan. -ENOENT: another plan than @generation is in force;
 *	-EINVAL: the entry writes nothing, or another number of words; -ECANCELED: stopped;
 *	-EOPNOTSUPP without outputs: nothing would ever be written. With @now and while enabled also
 *	sent at once, as oht_plan_set_outputs_now()
 * @image_head: how the plan does; -EAGAIN: it was being written each time
 * @image: last values of an entry, and how the last try went; -EAGAIN as there
 *
 * All but open and close neither allocate nor wait. Context: control thread, except stop.
 */
struct ohtd_bus_ops {
	const char *name;
	bool hardware_stop;
	int (*open)(struct ohtd_bus *bus, char *error, size_t error_bytes);
	void (*close)(struct ohtd_bus *bus);
	int (*info)(struct ohtd_bus *bus, struct oht_dev_info *info);
	int (*unit)(struct ohtd_bus *bus, uint8_t unit, struct oht_unit_view *view);
	int (*fd)(struct ohtd_bus *bus);
	int (*submit)(struct ohtd_bus *bus, const struct oht_request *request, uint64_t *cookie);
	int (*cancel)(struct ohtd_bus *bus, uint64_t cookie);
	int (*next)(struct ohtd_bus *bus, struct oht_event *event);
	int (*stop_status)(struct ohtd_bus *bus, struct oht_stop_status *status);
	int (*take)(struct ohtd_bus *bus, uint32_t *deadman_ms);
	int (*farewell)(struct ohtd_bus *bus);
	int (*heartbeat)(struct ohtd_bus *bus);
	int (*stop)(struct ohtd_bus *bus, uint64_t tag);
	int (*reset)(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking);
	int (*enable)(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking);
	int (*disable)(struct ohtd_bus *bus, uint64_t tag);
	int (*self_test)(struct ohtd_bus *bus, uint32_t *failed);
	int (*telegrams)(struct ohtd_bus *bus, const struct oht_stop_telegram *list,
			 unsigned int count);
	int (*rest)(struct ohtd_bus *bus, uint8_t unit, uint8_t rest_ms);
	int (*plan)(struct ohtd_bus *bus, const struct oht_cyclic_plan *plan,
		    struct oht_cyclic_figures *figures, uint32_t *generation);
	int (*outputs)(struct ohtd_bus *bus, uint32_t generation, unsigned int entry,
		       const uint16_t *words, unsigned int count, bool now);
	int (*image_head)(struct ohtd_bus *bus, struct oht_cyclic_head *head);
	int (*image)(struct ohtd_bus *bus, unsigned int entry, struct oht_cyclic_value *value);
	void (*destroy)(struct ohtd_bus *bus);
};

/* Back-ends embed this first. */
struct ohtd_bus {
	const struct ohtd_bus_ops *ops;
	struct ohtd_bus_setup setup;
};

/* There are outputs to enable: those of the device, or simulated ones. */
static inline bool ohtd_bus_has_outputs(const struct ohtd_bus *bus)
{
	return bus->ops->hardware_stop || bus->setup.simulated_outputs;
}

/**
 * ohtd_bus_create() - a bus that is not open yet
 * @setup: which
 * @error: one line when NULL is returned; errno says why, too
 * @error_bytes: size of @error
 *
 * The rtu back-end reserves a low descriptor number here: libmodbus uses select(), and a number of
 * FD_SETSIZE or more would end the process. So create it before sockets are accepted.
 * Context: main thread.
 */
struct ohtd_bus *ohtd_bus_create(const struct ohtd_bus_setup *setup, char *error,
				 size_t error_bytes);

/**
 * ohtd_bus_check() - what can be said against a setup without opening the device
 * @setup: which
 * @error: one line on failure
 * @error_bytes: size of @error
 *
 * Return: 0, also when the device is not there yet, or -EINVAL. Context: main thread.
 */
int ohtd_bus_check(const struct ohtd_bus_setup *setup, char *error, size_t error_bytes);

/* Closes and frees; NULL is allowed. */
void ohtd_bus_destroy(struct ohtd_bus *bus);

struct ohtd_bus *ohtd_bus_kernel_create(const struct ohtd_bus_setup *setup);
struct ohtd_bus *ohtd_bus_rtu_create(const struct ohtd_bus_setup *setup, char *error,
				     size_t error_bytes);

/* ---- a stop of its own ---- */

/*
 * struct ohtd_stopper - a second, independent way to stop, for one thread
 *
 * With the kernel back-end it has its own descriptor, so that neither the control thread nor
 * another loop can be in its way. With rtu it sets the software latch of @bus.
 */
struct ohtd_stopper {
	struct ohtd_bus *bus;
	struct oht_dev *device;		/* kernel only; NULL when not open */
};

/**
 * ohtd_stopper_open() - (re)open
 * @stopper: zeroed, or used before
 * @bus: the bus it belongs to; need not be open
 *
 * Return: 0 or a negative errno. Context: the owning thread; a few system calls.
 */
int ohtd_stopper_open(struct ohtd_stopper *stopper, struct ohtd_bus *bus);

/* Lets go of a device, so that a driver can be taken away. */
void ohtd_stopper_close(struct ohtd_stopper *stopper);

/**
 * ohtd_stopper_stop() - stop the machine now
 * @stopper: opened
 * @tag: goes into the kernel's safety record
 *
 * Return: 0, or -ENODEV: there is no device to stop (an absent driver has its outputs low).
 * Context: the owning thread; one system call, no allocation unless the device has vanished and
 * come back.
 */
int ohtd_stopper_stop(struct ohtd_stopper *stopper, uint64_t tag);

/* Has the machine been stopped without a break since before @moment_ns (monotonic)? */
bool ohtd_stopper_stopped_since(const struct ohtd_stopper *stopper, uint64_t moment_ns);

#endif
