/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     /dev/oht_stim of the test module oht_stim: presses of the button made inside the guest.
 * Contexts: ioctls, process; the caller chooses the CPU by pinning itself.
 * Locks:    one mutex, so that presses do not mix; a CPU can be kept busy beside them.
 *
 * Only for the emulated board. There a pin of the PL061 that is made an output, written, and made
 * an input again raises the same interrupt as an edge from outside. The module does that on the
 * caller's CPU with interrupts off, then polls the data register there until both enable outputs
 * are low: a measurement with another CPU's clock that knows nothing of the driver's opinion.
 * Pins and polarity are read from the device tree of the device under test.
 */
#ifndef OHT_STIM_H
#define OHT_STIM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define OHT_STIM_A	0x1
#define OHT_STIM_B	0x2
/* Only in a storm: a pin of the same bank that the board does not use. */
#define OHT_STIM_FREE	0x4

/* Only for OHT_STIM_IOC_UNREADABLE. */
#define OHT_STIM_CONTACT_1	0x8
#define OHT_STIM_CONTACT_2	0x10
#define OHT_STIM_RESET_BUTTON	0x20

/* Outputs as oht_stim_press.outputs has them. */
#define OHT_STIM_ENABLE_1	0x1
#define OHT_STIM_ENABLE_2	0x2

/**
 * struct oht_stim_press - open channels at a given time, and watch the outputs
 * @channels: OHT_STIM_A, OHT_STIM_B or both, opened in one write
 * @watch_us: how long the outputs are watched after the edge, 1..2000; interrupts are off here
 * @at_ns: CLOCK_MONOTONIC time of the edge, 0 or past: at once; at most 10 ms ahead
 * @edge_ns: out: just before the edge
 * @open_ns: out: just after it
 * @low_ns: out: when both were first read low after they had last been read high; 0: never
 * @high_ns: out: just before the last reading that found an output high; 0: none did
 * @outputs: out: at the end of the watch
 * @ready_us: for how long before @at_ns the CPU does nothing but look at the clock, interrupts off;
 *	at most 10 ms
 *
 * A timer of the caller's CPU makes the press, so with @ready_us 0 other CPUs do until then what
 * they would have done without it; the edge comes as late as a timer does. Where the moment itself
 * matters, @ready_us makes up for that.
 */
struct oht_stim_press {
	__u32 channels;
	__u32 watch_us;
	__u64 at_ns;
	__u64 edge_ns;
	__u64 open_ns;
	__u64 low_ns;
	__u64 high_ns;
	__u32 outputs;
	__u32 ready_us;
};

/**
 * struct oht_stim_storm - toggle one channel, ending closed
 *
 * Up to 1 ms in all, interrupts are off on the caller's CPU from the first edge to the last.
 * @channel: OHT_STIM_A or OHT_STIM_B; or OHT_STIM_FREE, with channels that are opened, for good, in
 *	the middle of the storm
 * @edges: 2..1000000
 * @period_ns: from one edge to the next, 1000..1000000
 * @outputs: out: at the end
 */
struct oht_stim_storm {
	__u32 channel;
	__u32 edges;
	__u32 period_ns;
	__u32 outputs;
};

/* oht_stim_relays.mode */
enum oht_stim_relay {
	OHT_STIM_FOLLOW		= 0,	/* its contact follows the output after the delay */
	OHT_STIM_STUCK_OPEN	= 1,
	OHT_STIM_STUCK_CLOSED	= 2,
};

/**
 * struct oht_stim_relays - pretended relays behind the outputs; feedback lines are their contacts
 * @mode: enum oht_stim_relay of each; a single line is that of relay 1
 * @delay_us: from an output to its contact, up to 1000000; looked at every millisecond
 * @reserved: zero
 *
 * They run from the first call on, until the module is removed. ENODEV without feedback lines.
 */
struct oht_stim_relays {
	__u32 mode[2];
	__u32 delay_us;
	__u32 reserved;
};

#define OHT_STIM_IOC_PRESS	_IOWR('s', 0, struct oht_stim_press)
/* Argument: OHT_STIM_* mask of the channels that are closed again. */
#define OHT_STIM_IOC_RELEASE	_IO('s', 1)
#define OHT_STIM_IOC_STORM	_IOWR('s', 2, struct oht_stim_storm)
/* Returns OHT_STIM_ENABLE_* as the register has them now. */
#define OHT_STIM_IOC_OUTPUTS	_IO('s', 3)
/* Argument: mask of channels that are opened without an interrupt: the edge is lost. */
#define OHT_STIM_IOC_PRESS_LOST	_IO('s', 5)
/* Argument: microseconds, 1..1000000, of interrupts off on the caller's CPU; others may press. */
#define OHT_STIM_IOC_IRQS_OFF	_IO('s', 4)
/* Argument: mask of channels whose interrupt is masked in the GPIO bank from now on; not others. */
#define OHT_STIM_IOC_DEAF	_IO('s', 6)
/* The caller's process dies of a fault in this module's code. */
#define OHT_STIM_IOC_OOPS	_IO('s', 7)
#define OHT_STIM_IOC_RELAYS	_IOW('s', 8, struct oht_stim_relays)
/* Argument: is the reset button pressed? ENODEV without one. */
#define OHT_STIM_IOC_RESET	_IO('s', 9)
/* Argument: OHT_STIM_ENABLE_* mask of outputs that are made high behind the driver's back. */
#define OHT_STIM_IOC_FORCE	_IO('s', 10)
/*
 * Argument: mask of lines whose GPIO chip says EIO from now on when it is asked for their level;
 * not others. Interrupts still come. EINVAL: a line that this board does not have.
 */
#define OHT_STIM_IOC_UNREADABLE	_IO('s', 11)

/* Returns the level of the pulse output, 0 or 1. ENODEV without one. */
#define OHT_STIM_IOC_PULSE	_IO('s', 12)
/* Interrupts off on the caller's CPU, for ever. */
#define OHT_STIM_IOC_STICK	_IO('s', 13)
/*
 * Argument: OHT_STIM_HOLD_*. The next stop or DISABLE on the caller's CPU holds that CPU up in an
 * interrupt, which comes as soon as it takes one again, until it is ended or 500 ms are over.
 * Asked or ended, it returns 1 if it was held. ENODEV: the driver is not there.
 * EOPNOTSUPP: the kernel has no tracepoints.
 */
#define OHT_STIM_IOC_HOLD	_IO('s', 14)
#define OHT_STIM_HOLD_ARM	1
#define OHT_STIM_HOLD_ASK	2
#define OHT_STIM_HOLD_END	3

#endif /* OHT_STIM_H */
