/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liboht: the one C interface to /dev/oht%d.
 *
 * Owns:     struct oht_dev: a descriptor and the events read from it but not yet handed out.
 * Contexts: ordinary threads. Per function below: "any thread" means that other threads may be in
 *           this or any other function of the same handle at that time; "event thread" means that
 *           only one thread at a time may be in functions so marked. oht_dev_close() must be alone.
 * Locks:    none. The functions marked "no allocation" neither allocate nor lock nor print, and fit
 *           into a real-time cycle.
 *
 * Conventions
 *  - A function that returns int returns 0 on success and -1 with errno set on failure unless it
 *    says otherwise. errno values are those of the kernel interface (linux/oht.h) and the ones
 *    named here; oht_errno_text() makes a sentence of them.
 *  - Everything that is passed in belongs to the caller and is not kept after the call. Only
 *    oht_dev_open() makes an object; oht_dev_close() frees it. Strings that are returned are
 *    constants: never free them.
 *  - The unit is part of the name. _ns is CLOCK_MONOTONIC nanoseconds unless it is a duration.
 *    Register addresses are zero-based, as on the wire. Values are in host byte order.
 *  - Structures of this header are not those of the kernel. A program that uses this header only is
 *    not touched when the kernel's structures grow.
 *  - A structure that the library fills in belongs to the caller and may grow at its end. Each call
 *    that fills one in is an inline function that hands the size it was compiled with to the
 *    exported *_sized(): an older program gets its part, and what a newer program has beyond the
 *    library's is zero. For other languages: call *_sized() with the size of your own structure. A
 *    structure inside another one does not grow, but for the union of struct oht_event.
 */
#ifndef OHT_CLIENT_H
#define OHT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oht_unit.h"
#include "oht_transfer.h"
#include "oht_words.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OHT_DEFAULT_DEVICE	"/dev/oht0"
/* Transfers of one handle that may be submitted and not yet handed out as events. */
#define OHT_UNDER_WAY_MAX	64
/* Enough for every sentence that this library writes into a caller's buffer. */
#define OHT_TEXT_BYTES		256

/* ---- open and close ---- */

/* oht_dev_open() flags */
#define OHT_OPEN_READ_ONLY	(1U << 0)	/* look and stop: other acts fail with EBADF */
#define OHT_OPEN_ANY_ABI	(1U << 1)	/* do not refuse a module of another ABI version */

/**
 * oht_dev_open() - open a device
 * @path: device node, NULL for OHT_DEFAULT_DEVICE
 * @flags: OHT_OPEN_*
 *
 * The descriptor is close-on-exec and non-blocking. Nothing is started or stopped by opening.
 *
 * Return: a handle for oht_dev_close(), or NULL with errno: that of open(2), ENOTTY if @path is not
 * an oht device, EPROTONOSUPPORT if the module speaks another ABI version than this library,
 * EINVAL for an unknown flag. oht_open_text() says it in a sentence.
 * Context: any thread; allocates.
 */
struct oht_dev *oht_dev_open(const char *path, unsigned int flags);

/**
 * oht_dev_close() - close a device and free the handle
 * @dev: handle, may be NULL; not valid afterwards
 *
 * Transfers that are under way are given up. If the handle is the controller and has not called
 * oht_dev_control_release(), the kernel stops the machine with cause OHT_STOPPED_BY_CLOSE.
 * Context: no other thread may be using @dev. errno is kept.
 */
void oht_dev_close(struct oht_dev *dev);

/**
 * oht_dev_fd() - the descriptor, for poll, select or epoll only
 * @dev: handle
 *
 * POLLIN: events are there. POLLPRI: a safety event is among them. POLLHUP: the device is gone.
 * Events that the library has read already do not make the descriptor readable, therefore: after
 * the descriptor woke you, and after each oht_dev_transact(), call oht_dev_read_event(dev, &e, 0)
 * until it returns 0.
 *
 * Return: the descriptor; it belongs to @dev, do not close or read it.
 * Context: any thread, no allocation.
 */
int oht_dev_fd(const struct oht_dev *dev);

/* ABI version of the kernel interface that this library was built with. */
uint32_t oht_abi_version(void);

/**
 * oht_open_text() - why oht_dev_open() failed and what to do, in one sentence
 * @path: as given to oht_dev_open()
 * @error: errno of oht_dev_open()
 * @text: where to write, NUL-terminated
 * @text_bytes: size of @text, OHT_TEXT_BYTES is enough
 *
 * For EPROTONOSUPPORT the device is asked for its version again: the sentence names both numbers.
 * Context: any thread. errno is kept.
 */
void oht_open_text(const char *path, int error, char *text, size_t text_bytes);

/* ---- what the device is ---- */

/* oht_dev_info.caps */
#define OHT_HAS_EXACT_TIMING	(1ULL << 0)	/* gaps are timed from the UART's own interrupt */
#define OHT_HAS_ESTOP		(1ULL << 1)	/* emergency-stop inputs and enable outputs */
#define OHT_HAS_CHANNEL_B	(1ULL << 2)	/* the stop has two channels */
#define OHT_HAS_FEEDBACK	(1ULL << 3)	/* enable feedback inputs */
#define OHT_HAS_BUS		(1ULL << 4)	/* the port is up: transfers are possible */
#define OHT_HAS_RESET_BUTTON	(1ULL << 5)	/* a reset button, which resets alone */
#define OHT_HAS_PULSE		(1ULL << 6)	/* an output that pulses while the machine may move */

enum oht_line_parity {
	OHT_PARITY_NONE	= 0,
	OHT_PARITY_EVEN	= 1,
	OHT_PARITY_ODD	= 2,
};

/**
 * struct oht_dev_info - what the device is and how it is set
 * @abi_version: of the module
 * @caps: OHT_HAS_*
 * @port: kind of UART back-end, NUL-terminated
 * @baud_bps: rate asked for by the device tree
 * @baud_effective_millibps: rate really set, in milli-bit per second
 * @char_bits: bits of one character on the wire with start, parity and stop bits
 * @parity: enum oht_line_parity
 * @stop_bits: 1 or 2
 * @char_ns: duration of one character
 * @t15_ns: longest silence inside a frame
 * @t35_ns: shortest silence between frames
 * @turnaround_max_us: longest oht_request.timeout_us
 * @deadman_min_ms: shortest heartbeat period
 * @deadman_max_ms: longest heartbeat period
 * @deadman_default_ms: heartbeat period if the controller asks for none
 * @supervision_period_us: period at which the inputs are re-read besides the interrupt
 * @reset_stable_ms: how long the channels must have been closed before a reset
 * @discrepancy_window_ms: how long the channels may disagree
 * @feedback_settle_ms: how long contacts may take to follow the outputs, 0 without OHT_HAS_FEEDBACK
 * @cpu_stall_us: how long a CPU may be stuck before the other one stops the machine
 */
struct oht_dev_info {
	uint32_t abi_version;
	uint64_t caps;
	char port[32];
	uint32_t baud_bps;
	uint64_t baud_effective_millibps;
	uint32_t char_bits;
	uint32_t parity;
	uint32_t stop_bits;
	uint32_t char_ns;
	uint32_t t15_ns;
	uint32_t t35_ns;
	uint32_t turnaround_max_us;
	uint32_t deadman_min_ms;
	uint32_t deadman_max_ms;
	uint32_t deadman_default_ms;
	uint32_t supervision_period_us;
	uint32_t reset_stable_ms;
	uint32_t discrepancy_window_ms;
	uint32_t feedback_settle_ms;
	uint32_t cpu_stall_us;
};

/**
 * oht_dev_info() - what the device is
 * @dev: handle
 * @info: out
 *
 * Return: 0, or -1 with ENODEV.
 * Context: any thread, no allocation.
 */
int oht_dev_info_sized(struct oht_dev *dev, struct oht_dev_info *info, size_t info_bytes);
static inline int oht_dev_info(struct oht_dev *dev, struct oht_dev_info *info)
{
	return oht_dev_info_sized(dev, info, sizeof(*info));
}

/* ---- the stop ---- */

enum oht_stop_state {
	OHT_STATE_STOPPED	= 0,	/* latched, enable outputs low; the state after start */
	OHT_STATE_READY		= 1,	/* reset done, enable outputs low */
	OHT_STATE_ENABLED	= 2,	/* enable outputs high */
};

/* Why the machine stopped; oht_cause_text() explains each, oht_cause_action() says what to do. */
enum oht_stop_cause {
	OHT_STOPPED_BY_NOTHING		= 0,
	OHT_STOPPED_BY_START		= 1,
	OHT_STOPPED_BY_BUTTON_A		= 2,
	OHT_STOPPED_BY_BUTTON_B		= 3,
	OHT_STOPPED_BY_DISCREPANCY	= 4,
	OHT_STOPPED_BY_FEEDBACK		= 5,
	OHT_STOPPED_BY_SOFTWARE		= 6,
	OHT_STOPPED_BY_DEADMAN		= 7,
	OHT_STOPPED_BY_CLOSE		= 8,
	OHT_STOPPED_BY_FAREWELL		= 9,
	OHT_STOPPED_BY_BUS_LOSS		= 10,
	OHT_STOPPED_BY_UNBIND		= 11,
	OHT_STOPPED_BY_MODULE_REMOVAL	= 12,
	OHT_STOPPED_BY_SUSPEND		= 13,
	OHT_STOPPED_BY_REBOOT		= 14,
	OHT_STOPPED_BY_PANIC		= 15,
	OHT_STOPPED_BY_SELF_TEST	= 16,
	OHT_STOPPED_BY_STORM		= 17,
	OHT_STOPPED_BY_INPUT_ERROR	= 18,
	OHT_STOPPED_BY_CPU_STALL	= 19,
	OHT_STOPPED_BY_SHUTDOWN		= 20,
	/* These two forbid an enable, and stop while enabled; but no reset is refused for them. */
	OHT_STOPPED_BY_WATCHDOG		= 21,
	OHT_STOPPED_BY_KDUMP		= 22,
	OHT_STOPPED_BY_IRQ_THREAD	= 23,
};

/* Does the computer lack what an enable wants of it? Refused for that, nothing is latched. */
static inline bool oht_cause_is_lack(unsigned int cause)
{
	return cause == OHT_STOPPED_BY_WATCHDOG || cause == OHT_STOPPED_BY_KDUMP;
}

/* Causes in a mask are at bits 1..63; a newer kernel may use some that are not listed above. */
#define OHT_CAUSES_MAX		64

/* The place of @cause (enum oht_stop_cause) in a mask of causes; 0 for OHT_STOPPED_BY_NOTHING. */
static inline uint64_t oht_cause_mask(unsigned int cause)
{
	return cause && cause < OHT_CAUSES_MAX ? (uint64_t)1 << cause : 0;
}

/*
 * .inputs: 1 means closed, 0 open or unreadable. A closed channel is a healthy button, a closed
 * feedback is a contact that gives the machine power.
 */
#define OHT_IN_A		(1U << 0)
#define OHT_IN_B		(1U << 1)
#define OHT_IN_FEEDBACK_1	(1U << 2)
#define OHT_IN_FEEDBACK_2	(1U << 3)
/* .outputs: 1 means driven to the enabling level */
#define OHT_OUT_ENABLE_1	(1U << 0)
#define OHT_OUT_ENABLE_2	(1U << 1)

/* What a self-test found. */
#define OHT_TEST_OUTPUT_1	(1U << 0)	/* its line reads high, though written low */
#define OHT_TEST_OUTPUT_2	(1U << 1)
#define OHT_TEST_CONTACT_1	(1U << 2)	/* closed behind an output that is low */
#define OHT_TEST_CONTACT_2	(1U << 3)
#define OHT_TEST_INPUT		(1U << 4)	/* an input cannot be read */
#define OHT_TEST_SUPERVISION	(1U << 5)	/* its timer has not run for 100 ms */
#define OHT_TESTS		6

#define OHT_NEVER_SECONDS	UINT32_MAX

/**
 * struct oht_stop_status - the stop as it is now
 * @state: enum oht_stop_state
 * @first_cause: enum oht_stop_cause that began the present stop, 0 if not stopped
 * @causes: mask (oht_cause_mask()) of all causes since the stop began
 * @standing: mask of causes that stand now and forbid a reset
 * @inputs: OHT_IN_*, read now
 * @outputs: OHT_OUT_*
 * @has_controller: some descriptor is the controller
 * @is_controller: this handle is the controller
 * @cpus_watched: two CPUs watch one another; with one, nobody notices that it is stuck
 * @controller_tgid: process that is the controller, 0 without one
 * @deadman_ms: heartbeat period of the present controller, 0 without one
 * @since_ns: when the present state was entered
 * @closed_since_ns: since when both channels have been closed without a break, 0 when not
 * @journal_seq: number of the newest safety event
 * @tested_ns: when the self-test ran last, 0: not since the driver came
 * @test_failed: OHT_TEST_* of that
 * @opened_age_s: seconds since all channels were seen open together, OHT_NEVER_SECONDS: not since
 *	the driver came
 */
struct oht_stop_status {
	uint32_t state;
	uint32_t first_cause;
	uint64_t causes;
	uint64_t standing;
	uint32_t inputs;
	uint32_t outputs;
	bool has_controller;
	bool is_controller;
	bool cpus_watched;
	uint32_t controller_tgid;
	uint32_t deadman_ms;
	uint64_t since_ns;
	uint64_t closed_since_ns;
	uint64_t journal_seq;
	uint64_t tested_ns;
	uint32_t test_failed;
	uint32_t opened_age_s;
};

/**
 * oht_dev_stop_status() - read the state of the stop
 * @dev: handle
 * @status: out
 *
 * Return: 0, or -1 with EOPNOTSUPP (no emergency stop on this device), ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_stop_status_sized(struct oht_dev *dev, struct oht_stop_status *status,
			      size_t status_bytes);
static inline int oht_dev_stop_status(struct oht_dev *dev, struct oht_stop_status *status)
{
	return oht_dev_stop_status_sized(dev, status, sizeof(*status));
}

/**
 * oht_dev_stop() - stop the machine: the outputs are low when this returns 0
 * @dev: any handle, OHT_OPEN_READ_ONLY too; need not be the controller
 * @tag: any number, comes back in safety events
 *
 * Return: 0, or -1 with EOPNOTSUPP, ENODEV (driver gone: then the outputs are low too).
 * Context: any thread at any time, no allocation, one system call.
 */
int oht_dev_stop(struct oht_dev *dev, uint64_t tag);

/**
 * oht_dev_reset() - stopped -> ready; the outputs stay low
 * @dev: handle that is the controller
 * @tag: any number, comes back in safety events
 * @blocking: out, may be NULL: mask of the causes that forbid it, 0 if refused for another reason
 *
 * Return: 0, or -1 with EBUSY (a cause stands, or the channels have not been closed for
 * oht_dev_info.reset_stable_ms), ECANCELED (not stopped), EPERM (not the controller), EREMOTE (with
 * OHT_HAS_RESET_BUTTON: only that resets), EBADF, ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_reset(struct oht_dev *dev, uint64_t tag, uint64_t *blocking);

/**
 * oht_dev_enable() - ready -> enabled: the outputs go high
 * @dev: handle that is the controller
 * @tag: any number, comes back in safety events
 * @blocking: out, may be NULL: mask of the causes that forbid it
 *
 * Return: 0, or -1 with ECANCELED (not ready, a cause came first, or a contact behind an output is
 * not open: OHT_STOPPED_BY_FEEDBACK in @blocking), EBUSY (the machine is not prepared for it:
 * OHT_STOPPED_BY_WATCHDOG, OHT_STOPPED_BY_KDUMP),
 * EPERM, EBADF, ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_enable(struct oht_dev *dev, uint64_t tag, uint64_t *blocking);

/**
 * oht_dev_disable() - enabled -> ready: the outputs go low, nothing is latched
 * @dev: handle that is the controller
 * @tag: any number, comes back in safety events
 *
 * Return: 0, or -1 with ECANCELED (not enabled), EPERM, EBADF, ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_disable(struct oht_dev *dev, uint64_t tag);

/**
 * oht_dev_self_test() - look for faults that no press would show; no output rises
 * @dev: handle that is the controller
 * @failed: out: OHT_TEST_*, 0 if all is well
 *
 * What fails is also cause OHT_STOPPED_BY_SELF_TEST, which stands until a self-test finds nothing.
 *
 * Return: 0 (see @failed), or -1 with ECANCELED (not stopped), EBUSY (the contacts may still be
 * moving: oht_dev_info.feedback_settle_ms), EPERM, EBADF, ENODEV, ENOTTY (an older module).
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_self_test(struct oht_dev *dev, uint32_t *failed);

/**
 * oht_dev_control_take() - become the controller
 * @dev: handle
 * @deadman_ms: in: period within which oht_dev_heartbeat() will be called, 0 for the default; out:
 *	the period in force. May be NULL for the default.
 *
 * The deadman runs from here on; when a heartbeat is late the machine stops.
 *
 * Return: 0, or -1 with EBUSY (there is a controller), EINVAL (period out of range), EBADF, ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_control_take(struct oht_dev *dev, uint32_t *deadman_ms);

/**
 * oht_dev_control_release() - give the role back in order; stops with OHT_STOPPED_BY_FAREWELL
 * @dev: handle that is the controller
 *
 * Return: 0, or -1 with EPERM (not the controller), ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_control_release(struct oht_dev *dev);

/**
 * oht_dev_heartbeat() - the controller is alive
 * @dev: handle that is the controller
 *
 * Return: 0, or -1 with EPERM, ENODEV. It is 0 also after the deadman has stopped the machine.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_heartbeat(struct oht_dev *dev);

/* ---- events ---- */

enum oht_event_type {
	OHT_EVENT_REPLY		= 1,	/* a transfer of this handle has ended */
	OHT_EVENT_SAFETY	= 2,	/* the stop's journal has a new entry */
	OHT_EVENT_CYCLE		= 3,	/* something went wrong with the plan, or right again */
	OHT_EVENT_UNIT	= 4,	/* a unit was lost or found */
};

/* oht_safety_event.kind */
enum oht_safety_event_kind {
	OHT_KIND_STOP		= 1,	/* a new stop, or a further cause while stopped */
	OHT_KIND_GLITCH		= 2,	/* an edge whose level read closed: stopped all the same */
	OHT_KIND_RESET		= 3,	/* stopped -> ready */
	OHT_KIND_ENABLE		= 4,	/* ready -> enabled */
	OHT_KIND_DISABLE	= 5,	/* enabled -> ready */
	OHT_KIND_CONTROL	= 6,	/* a descriptor became the controller */
	OHT_KIND_OPENED		= 7,	/* the contacts behind the outputs have been seen open */
	OHT_KIND_FAULT		= 8,	/* a fault in the kernel, which goes on: stops nothing */
};

/**
 * struct oht_safety_event - one entry of the safety journal
 * @journal_seq: number of the entry, counts from 1 without gaps
 * @event_ns: when the handler began that made it; with OPENED: when all contacts were read as open
 * @low_ns: when both enable outputs had been written low; 0 if this entry did not lower them; with
 *	OPENED: when that had been done which the contacts followed
 * @causes: mask of all causes of the present stop
 * @tag: of the last command
 * @cause: enum oht_stop_cause of this entry, OHT_STOPPED_BY_NOTHING if it is not a stop
 * @kind: enum oht_safety_event_kind
 * @state_from: enum oht_stop_state before
 * @state_to: enum oht_stop_state after
 * @inputs: OHT_IN_* as read by the handler
 * @outputs: OHT_OUT_* after
 * @tgid: process that asked for it, or was hit by the fault; 0: nobody asked, as for what is found
 */
struct oht_safety_event {
	uint64_t journal_seq;
	uint64_t event_ns;
	uint64_t low_ns;
	uint64_t causes;
	uint64_t tag;
	uint32_t cause;
	uint32_t kind;
	uint8_t state_from;
	uint8_t state_to;
	uint8_t inputs;
	uint8_t outputs;
	uint32_t tgid;
};

/* oht_cycle_event.kind */
enum oht_cycle_event_kind {
	OHT_KIND_MISSED		= 1,	/* cycles were not begun */
	OHT_KIND_EXCEEDED	= 2,	/* a cycle was not over when the next one should begin */
	OHT_KIND_GIVEN		= 3,	/* a cycle was given to a transfer that fitted nowhere */
	OHT_KIND_LOST		= 4,	/* an entry has failed as often as its plan allows */
	OHT_KIND_FOUND		= 5,	/* a lost entry was answered again */
};

/**
 * struct oht_cycle_event - something went wrong with the cyclic plan, or right again
 * @journal_seq: number of the entry, counts from 1 without gaps
 * @event_ns: when it was found
 * @cycle: points of the grid since the device came up, then
 * @kind: enum oht_cycle_event_kind
 * @count: cycles with OHT_KIND_MISSED, consecutive errors with OHT_KIND_LOST, else 1
 * @generation: of the plan
 * @entry: its index in the plan, with OHT_KIND_LOST and OHT_KIND_FOUND
 * @unit: of the entry, with these
 * @outcome: enum oht_outcome of its last error, with OHT_KIND_LOST
 */
struct oht_cycle_event {
	uint64_t journal_seq;
	uint64_t event_ns;
	uint64_t cycle;
	uint32_t kind;
	uint32_t count;
	uint32_t generation;
	uint16_t entry;
	uint8_t unit;
	uint8_t outcome;
};

/**
 * struct oht_event - what oht_dev_read_event() returns
 * @type: enum oht_event_type: which member of the union is valid
 * @lost: not with OHT_EVENT_REPLY: events of other kinds than that missing right before this one,
 *	because nobody read them in time; 0 normally. Replies are never lost.
 * @seq: the kernel's number of this record on this descriptor
 * @time_ns: when the record was made
 * @reply: with OHT_EVENT_REPLY
 * @safety: with OHT_EVENT_SAFETY
 * @unit: with OHT_EVENT_UNIT
 * @cycle: with OHT_EVENT_CYCLE
 */
struct oht_event {
	uint32_t type;
	uint32_t lost;
	uint64_t seq;
	uint64_t time_ns;
	union {
		struct oht_reply reply;
		struct oht_safety_event safety;
		struct oht_unit_event unit;
		struct oht_cycle_event cycle;
	};
};

/* oht_dev_subscribe() */
#define OHT_WANT_SAFETY		(1U << 0)	/* OHT_EVENT_SAFETY */
#define OHT_WANT_CYCLES		(1U << 1)	/* OHT_EVENT_CYCLE */
#define OHT_WANT_UNITS	(1U << 2)	/* OHT_EVENT_UNIT */

/**
 * oht_dev_subscribe() - which events besides replies come from now on
 * @dev: handle; a new one has none
 * @wanted: OHT_WANT_*; those that are not in it come no more
 *
 * Return: 0, or -1 with EINVAL (unknown bit), ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_subscribe(struct oht_dev *dev, uint32_t wanted);

/**
 * oht_dev_subscribe_from() - the same, with safety events that have been before
 * @dev: handle
 * @wanted: OHT_WANT_SAFETY, and others
 * @journal_seq: of the first safety event that is wanted, 1 or more; the newest 256 are kept, and
 *	what is not there any more is counted in oht_event.lost
 *
 * Return: 0, or -1 with EINVAL (unknown bit, not OHT_WANT_SAFETY, a number beyond the next event: that
 * of another device, or of an earlier life of this one), ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_subscribe_from(struct oht_dev *dev, uint32_t wanted, uint64_t journal_seq);

/**
 * oht_dev_subscribe_safety() - have safety events and no others, or none
 * @dev: handle; a new one has none
 * @on: whether
 *
 * Return: 0, or -1 with ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_subscribe_safety(struct oht_dev *dev, bool on);

/**
 * oht_dev_read_event() - the next event
 * @dev: handle
 * @event: out, written only when 1 is returned
 * @timeout_ms: 0 does not wait, negative waits without end
 *
 * Records of a type that this library does not know are passed over.
 *
 * Return: 1 for an event, 0 for none in time, -1 with ENODEV (the device is gone and every event
 * has been handed out), EINTR (a signal came while waiting; nothing is lost), EIO (nonsense from
 * the kernel).
 * Context: event thread, no allocation; never waits if @timeout_ms is 0.
 */
int oht_dev_read_event_sized(struct oht_dev *dev, struct oht_event *event, size_t event_bytes,
			     int timeout_ms);
static inline int oht_dev_read_event(struct oht_dev *dev, struct oht_event *event, int timeout_ms)
{
	return oht_dev_read_event_sized(dev, event, sizeof(*event), timeout_ms);
}

#ifdef __cplusplus
}
#endif

#endif /* OHT_CLIENT_H */
