/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Contract between the oht kernel module and user space: /dev/oht%d.
 *
 * Owns:     every number, structure and errno that crosses the boundary.
 * Contexts: none; only definitions. The kernel side lives in kernel/ioctl.c and kernel/chrdev.c,
 *           the user side in userspace/liboht/.
 * Locks:    none.
 *
 * Rules that hold for every structure here
 *  - The first member is its size in bytes. A caller sets it to sizeof() of the structure it was
 *    compiled with. A shorter one than the first version is EINVAL; a longer one is accepted if the
 *    bytes that this kernel does not know are zero, else E2BIG. The kernel fills no more than the
 *    caller's size and sets the member to the size that it knows.
 *  - A call that changes something first writes back what success will answer, and only then acts:
 *    a structure that cannot be written is EFAULT, and nothing has happened. Only STOP stops
 *    whatever is wrong with its structure, and then returns what was (EFAULT, EINVAL, E2BIG).
 *  - Members are fixed-width, 64-bit members are aligned on 8 bytes, padding is explicit and must
 *    be zero (EINVAL). The layout is the same for 32-bit and 64-bit programs.
 *  - Times are nanoseconds of CLOCK_MONOTONIC unless a name says otherwise.
 *
 * Errno vocabulary of the ioctls
 *   ENOTTY      no such ioctl number
 *   EINVAL      size too short, reserved bits or padding not zero, value out of its range
 *   E2BIG       size longer than known and the rest is not zero
 *   EFAULT      a pointer cannot be read or written
 *   EOPNOTSUPP  known to the interface but not to this device
 *   EBADF       the descriptor is not open for writing, and the call is not STOP
 *   EPERM       the descriptor is not the controller
 *   EBUSY       another descriptor is the controller; a cause of the stop stands; a plan waits, or
 *               has figures that would change; contacts may still be moving; the machine is not
 *               prepared for an enable
 *   ECANCELED   the stop forbids it: stopped, or not enabled
 *   ENOMEM      no memory: SUBMIT, of more transfers than this descriptor ever had under way, and
 *               PLAN_STAGE; nothing has happened
 *   EAGAIN      this descriptor has OHT_TRANSFERS_MAX transfers under way; reap some first
 *   ENOENT      no such cookie on this descriptor; no plan laid ready; an old layout
 *   EREMOTE     it is done at the machine: the device has a reset button
 *   EDQUOT      the plan is too heavy; the exchange longer than the units whose loss stops may stay
 *               unheard, too long for its stop budget, or, while enabled and not by the
 *               controller, longer than its cycle
 *   ENODEV      the device is gone; poll() says EPOLLHUP once its last records are there
 */
#ifndef _UAPI_LINUX_OHT_H
#define _UAPI_LINUX_OHT_H

#include <linux/ioctl.h>
#include <linux/oht_unit.h>
#include <linux/oht_plan.h>
#include <linux/oht_transfer.h>
#include <linux/types.h>

/* 0: not frozen yet, may change in any release. Frozen at 1. Also in sysfs as abi_version. */
#define OHT_ABI_VERSION		0

#define OHT_NAME_SIZE		32
/* The journal holds as many safety records; a reader that falls further behind loses the oldest. */
#define OHT_SAFETY_RECORDS_MAX	256
/*
 * Descriptors of a device that may be open, and those of them that are kept for who opens it for
 * writing; then open() is EMFILE.
 */
#define OHT_FILES_MAX		256
#define OHT_FILES_WRITERS	64
/* Telegrams that a stop writes to the bus, and registers of one. */
#define OHT_TELEGRAMS_MAX	8
#define OHT_TELEGRAM_WORDS_MAX	8

/* ---- what the device is ---- */

/* oht_info.caps */
#define OHT_CAP_EXACT_TIMING	(1ULL << 0)	/* gaps are timed from the UART's own interrupt */
#define OHT_CAP_ESTOP		(1ULL << 1)	/* emergency-stop inputs, enable outputs */
#define OHT_CAP_CHANNEL_B	(1ULL << 2)	/* the stop has two channels */
#define OHT_CAP_FEEDBACK	(1ULL << 3)	/* enable feedback inputs are there */
#define OHT_CAP_BUS		(1ULL << 4)	/* the port is up: transfers are possible */
#define OHT_CAP_RESET_BUTTON	(1ULL << 5)	/* a reset button is there, and resets alone */
#define OHT_CAP_PULSE		(1ULL << 6)	/* a pulse output is there, see docs/safety.md */

/**
 * struct oht_info - what this device is and how it is set; constant while it exists
 * @size: sizeof(struct oht_info)
 * @abi_version: OHT_ABI_VERSION of the module
 * @caps: OHT_CAP_*
 * @port: kind of UART back-end ("pl011"), NUL-terminated
 * @baud_bps: rate asked for by the device tree
 * @baud_effective_millibps: rate really set, in milli-bit per second (clock / divisor)
 * @char_bits: bits of one character on the wire with start, parity and stop bits: 10..12
 * @parity: 0 none, 1 even, 2 odd
 * @stop_bits: 1 or 2
 * @char_ns: one character on the wire
 * @t15_ns: longest silence inside a frame
 * @t35_ns: shortest silence between frames
 * @turnaround_max_us: longest wait for the first byte of an answer that a transfer may ask for
 * @deadman_min_ms: shortest heartbeat period that a controller may ask for
 * @deadman_max_ms: longest heartbeat period
 * @deadman_default_ms: period used when the controller asks for 0
 * @supervision_period_us: period of the timer that re-reads the inputs
 * @reset_stable_ms: how long both channels must have been closed before a reset is accepted
 * @discrepancy_window_ms: how long the channels may disagree
 * @feedback_settle_ms: how long the contacts behind the outputs may take to follow them; 0 without
 *	enable feedback
 * @cpu_stall_us: how long a CPU may go without handling the stop's timers before the other stops
 * @reserved: zero
 */
struct oht_info {
	__u32 size;
	__u32 abi_version;
	__aligned_u64 caps;
	__u8 port[OHT_NAME_SIZE];
	__u32 baud_bps;
	__u32 char_bits;
	__aligned_u64 baud_effective_millibps;
	__u32 parity;
	__u32 stop_bits;
	__u32 char_ns;
	__u32 t15_ns;
	__u32 t35_ns;
	__u32 turnaround_max_us;
	__u32 deadman_min_ms;
	__u32 deadman_max_ms;
	__u32 deadman_default_ms;
	__u32 supervision_period_us;
	__u32 reset_stable_ms;
	__u32 discrepancy_window_ms;
	__u32 feedback_settle_ms;
	__u32 cpu_stall_us;
	__u32 reserved[2];
};

/* ---- the stop ---- */

enum oht_estop_state {
	OHT_ESTOP_STOPPED	= 0,	/* latched; outputs low; the state after start */
	OHT_ESTOP_READY		= 1,	/* reset done; outputs low */
	OHT_ESTOP_ENABLED	= 2,	/* outputs high */
};

/* Why the machine stopped. OHT_CAUSE_BIT(cause) is its place in a mask of causes. */
enum oht_cause {
	OHT_CAUSE_NONE			= 0,
	OHT_CAUSE_START			= 1,	/* nothing has reset the stop since probe */
	OHT_CAUSE_BUTTON_A		= 2,	/* channel a opened */
	OHT_CAUSE_BUTTON_B		= 3,	/* channel b opened */
	OHT_CAUSE_DISCREPANCY		= 4,	/* the channels disagreed longer than the window */
	OHT_CAUSE_FEEDBACK		= 5,	/* enable feedback did not follow the outputs */
	OHT_CAUSE_SOFTWARE		= 6,	/* OHT_IOC_STOP */
	OHT_CAUSE_DEADMAN		= 7,	/* the controller's heartbeat was late */
	OHT_CAUSE_CLOSE			= 8,	/* the controller closed without farewell */
	OHT_CAUSE_FAREWELL		= 9,	/* the controller gave its role back in order */
	OHT_CAUSE_BUS_LOSS		= 10,	/* a unit whose loss stops, or the plan */
	OHT_CAUSE_UNBIND		= 11,	/* the driver is being taken off the device */
	OHT_CAUSE_MODULE_REMOVAL	= 12,	/* the kernel module is being removed */
	OHT_CAUSE_SUSPEND		= 13,
	OHT_CAUSE_REBOOT		= 14,
	OHT_CAUSE_PANIC			= 15,
	OHT_CAUSE_SELF_TEST		= 16,	/* a self-test found a fault */
	OHT_CAUSE_STORM			= 17,	/* more edges than a button can make */
	OHT_CAUSE_INPUT_ERROR		= 18,	/* an input could not be read */
	OHT_CAUSE_CPU_STALL		= 19,	/* a CPU handled no interrupts for too long */
	OHT_CAUSE_SHUTDOWN		= 20,	/* the machine powers off */
	/* These two stop while enabled, and forbid ENABLE, but no RESET. */
	OHT_CAUSE_WATCHDOG		= 21,	/* the watchdog that is required does not count */
	OHT_CAUSE_KDUMP			= 22,	/* a crash kernel is loaded */
	OHT_CAUSE_IRQ_THREAD		= 23,	/* the button's interrupt is handled in a thread */
};

#define OHT_CAUSE_BIT(cause)	(1ULL << (cause))

/*
 * oht_estop_status.inputs and oht_safety_record.inputs: 1 means closed, 0 open or unreadable. A
 * single feedback line stands for the contacts of both outputs: its two bits are the same.
 */
#define OHT_INPUT_A		(1U << 0)
#define OHT_INPUT_B		(1U << 1)
#define OHT_INPUT_FEEDBACK_1	(1U << 2)
#define OHT_INPUT_FEEDBACK_2	(1U << 3)
/* oht_estop_status.outputs and oht_safety_record.outputs: 1 means driven to the enabling level */
#define OHT_OUTPUT_ENABLE_1	(1U << 0)
#define OHT_OUTPUT_ENABLE_2	(1U << 1)

/* oht_estop_status.flags */
#define OHT_ESTOP_HAS_CONTROLLER	(1U << 0)	/* some descriptor is the controller */
#define OHT_ESTOP_IS_CONTROLLER		(1U << 1)	/* this descriptor is the controller */
/* Two CPUs watch one another. Without it there is one, and no program notices if it is stuck. */
#define OHT_ESTOP_CPUS_WATCHED		(1U << 2)

/**
 * struct oht_estop_status - the stop as it is now (OHT_IOC_ESTOP_STATUS)
 * @size: sizeof(struct oht_estop_status)
 * @flags: OHT_ESTOP_*
 * @state: enum oht_estop_state
 * @first_cause: enum oht_cause that began the present stop; NONE when not stopped
 * @causes: mask of all causes since the stop began
 * @standing: mask of causes that stand now and forbid a reset; a button stands until all channels
 *	have been closed for oht_info.reset_stable_ms, feedback while a contact is closed behind an
 *	output that is low, be it for the milliseconds that it takes to open
 * @inputs: OHT_INPUT_*, read now
 * @outputs: OHT_OUTPUT_*
 * @since_ns: when the present state was entered
 * @closed_since_ns: since when both channels have been closed without a break; 0 when not
 * @journal_seq: number of the newest safety record
 * @deadman_ms: heartbeat period of the present controller, 0 without one
 * @controller_tgid: process that is the controller, 0 without one
 * @tested_ns: when the self-test ran last, 0: not since the driver came
 * @test_failed: OHT_SELF_TEST_* of that self-test
 * @opened_age_s: seconds since all channels were seen open together (the proof test is a press),
 *	OHT_NEVER_S: not since the driver came
 */
struct oht_estop_status {
	__u32 size;
	__u32 flags;
	__u32 state;
	__u32 first_cause;
	__aligned_u64 causes;
	__aligned_u64 standing;
	__u32 inputs;
	__u32 outputs;
	__aligned_u64 since_ns;
	__aligned_u64 closed_since_ns;
	__aligned_u64 journal_seq;
	__u32 deadman_ms;
	__u32 controller_tgid;
	__aligned_u64 tested_ns;
	__u32 test_failed;
	__u32 opened_age_s;
};

/**
 * struct oht_command - argument of STOP, RESET, ENABLE, DISABLE and HEARTBEAT
 * @size: sizeof(struct oht_command)
 * @flags: zero
 * @tag: any number of the caller's; RESET, ENABLE, DISABLE and STOP leave it in the safety record
 *	that they make, and it stays as "last command" in the records after it
 * @blocking: out: mask of the causes that made RESET or ENABLE fail with EBUSY or ECANCELED
 * @reserved: zero
 *
 * STOP may be called on any descriptor, one that is open for reading alone too, by anybody, at any
 * time, and always stops. RESET (stopped -> ready) is EBUSY while a cause stands or the channels
 * have not been closed long enough. RESET, ENABLE (ready -> enabled) and DISABLE (enabled -> ready)
 * are ECANCELED in any other state; ENABLE also, with OHT_CAUSE_FEEDBACK in @blocking, while a
 * contact behind an output is not open (which after a DISABLE may take some milliseconds). ENABLE
 * is EBUSY, with OHT_CAUSE_WATCHDOG or OHT_CAUSE_KDUMP in @blocking, if only the machine is not
 * prepared for it: nothing is latched, and it may be asked again. While enabled the same two stop.
 * RESET, ENABLE, DISABLE and HEARTBEAT are for the controller only (EPERM).
 *
 * With OHT_CAP_RESET_BUTTON every RESET is EREMOTE. The same is done, by the same rules and with or
 * without a controller, by the reset button when it is released after it was pressed for 0.1 to
 * 3 s. The RESET record has @tgid 0 then.
 */
struct oht_command {
	__u32 size;
	__u32 flags;
	__aligned_u64 tag;
	__aligned_u64 blocking;
	__u32 reserved[2];
};

/* oht_self_test.failed and oht_estop_status.test_failed */
#define OHT_SELF_TEST_OUTPUT_1		(1U << 0)	/* reads high, though written low */
#define OHT_SELF_TEST_OUTPUT_2		(1U << 1)
#define OHT_SELF_TEST_CONTACT_1		(1U << 2)	/* closed behind an output that is low */
#define OHT_SELF_TEST_CONTACT_2		(1U << 3)
#define OHT_SELF_TEST_INPUT		(1U << 4)	/* an input cannot be read */
#define OHT_SELF_TEST_SUPERVISION	(1U << 5)	/* its timer has not run for 100 ms */

/* oht_estop_status.opened_age_s */
#define OHT_NEVER_S			0xffffffffU

/**
 * struct oht_self_test - look for faults that no press would show (OHT_IOC_SELF_TEST)
 * @size: sizeof(struct oht_self_test)
 * @flags: zero
 * @failed: out: OHT_SELF_TEST_*, 0 if all is well
 * @reserved: zero
 *
 * For the controller (EPERM), while stopped (ECANCELED). The outputs are written low once more and
 * read back, before and after; contacts, inputs and the supervision are looked at. No output rises.
 * EBUSY for oht_info.feedback_settle_ms after the outputs changed. What fails is added as
 * OHT_CAUSE_SELF_TEST, which stands until a self-test finds nothing.
 */
struct oht_self_test {
	__u32 size;
	__u32 flags;
	__u32 failed;
	__u32 reserved;
};

/* oht_control.action */
enum oht_control_action {
	OHT_CONTROL_TAKE	= 1,	/* become the controller: EBUSY if there is one */
	OHT_CONTROL_RELEASE	= 2,	/* farewell: stops (cause farewell), gives the role back */
};

/**
 * struct oht_control - take or give back the exclusive role of controller (OHT_IOC_CONTROL)
 * @size: sizeof(struct oht_control)
 * @action: enum oht_control_action
 * @deadman_ms: in: period within which HEARTBEAT must be called, 0 for the default;
 *	out: the period that is in force. Only for TAKE; must be 0 for RELEASE.
 * @reserved: zero
 *
 * The deadman runs from TAKE on. A late heartbeat stops with cause deadman; the role stays.
 * Closing the last reference of the descriptor without RELEASE stops with cause close.
 */
struct oht_control {
	__u32 size;
	__u32 action;
	__u32 deadman_ms;
	__u32 reserved;
};

/* ---- stop telegrams ---- */

/**
 * struct oht_telegram - a write that every stop puts on the bus, in front of everything else
 * @unit: unit address 1..247
 * @function: 6 or 16
 * @count: registers: 1 (6), 1..OHT_TELEGRAM_WORDS_MAX (16)
 * @address: first register; @address + @count at most 65536
 * @reserved: zero
 * @turnaround_us: longest wait for the beginning of its answer, 0..oht_info.turnaround_max_us. The
 *	next telegram waits for it as long as the unit took lately and a tenth more, in the
 *	second round at least 10000 and from the third on 20000; all of it at most @turnaround_us
 *	and at least 3000. A further stop waits as in the first round.
 * @reserved2: zero
 * @words: values in host byte order, zero beyond @count
 */
struct oht_telegram {
	__u8 unit;
	__u8 function;
	__u16 count;
	__u16 address;
	__u16 reserved;
	__u32 turnaround_us;
	__u32 reserved2;
	__u16 words[OHT_TELEGRAM_WORDS_MAX];
};

/**
 * struct oht_telegrams - the list of stop telegrams (OHT_IOC_TELEGRAMS)
 * @size: sizeof(struct oht_telegrams)
 * @flags: zero
 * @count: telegrams in @list, 0..OHT_TELEGRAMS_MAX; 0: a stop writes nothing
 * @reserved: zero
 * @list: in the order in which they are sent; zero beyond @count
 *
 * Replaces the list; before the first call it is empty. For the controller only (EPERM); the list
 * stays when the controller goes or dies. A stop that is under way goes on with the list that it
 * began with. EOPNOTSUPP: no bus. EINVAL: one of the telegrams, or what should be zero; then the
 * list is as it was.
 *
 * On a stop (a new one, a further cause, or OHT_IOC_STOP once again) the driver writes the list,
 * each telegram after the answer to the one before, or when that does not come in time; and the
 * whole list three times. If a reply was given up for the stop and a telegram is not answered, once
 * more after the latest time at which that could have come. A stop that comes meanwhile
 * begins the list anew, unless a whole one
 * is still to be sent; TELEGRAM_STATUS goes over to it when the telegram under way has ended. A
 * request that is being sent when the stop comes is cut off and, if it is no write, sent again
 * afterwards; a reply that has begun is waited for; a unit that is silent is given as long as it
 * took lately (the last 256 to 512 answers to reads, or to writes) and a tenth more, but not more
 * than its time-out.
 */
struct oht_telegrams {
	__u32 size;
	__u32 flags;
	__u32 count;
	__u32 reserved;
	struct oht_telegram list[OHT_TELEGRAMS_MAX];
};

/**
 * struct oht_telegram_result - what became of one stop telegram
 * @sent_ns: when the last stop bit of its first sending had left; 0: not yet
 * @answered_ns: when its first good answer was complete; 0: not yet
 * @status: 0 once it was answered, else the negative errno of the last attempt; before the first
 *	one has ended -EINPROGRESS
 * @unit: as set
 * @function: as set
 * @attempts: times that it was begun to be sent
 * @detail: enum oht_detail of the last attempt
 */
struct oht_telegram_result {
	__aligned_u64 sent_ns;
	__aligned_u64 answered_ns;
	__s32 status;
	__u8 unit;
	__u8 function;
	__u8 attempts;
	__u8 detail;
};

/* oht_telegram_status.flags */
#define OHT_TELEGRAMS_RUNNING	(1U << 0)	/* some are still to be sent */

/**
 * struct oht_telegram_status - the stop telegrams of the last stop (OHT_IOC_TELEGRAM_STATUS)
 * @size: sizeof(struct oht_telegram_status)
 * @flags: OHT_TELEGRAMS_*
 * @set: telegrams that the next stop will send
 * @count: telegrams of the last stop that had any: so many of @results are valid
 * @runs: stops that had any since the device came up
 * @asked_ns: when the last of them reached the bus
 * @results: in the order of the list
 *
 * Any descriptor. EOPNOTSUPP: no bus.
 */
struct oht_telegram_status {
	__u32 size;
	__u32 flags;
	__u32 set;
	__u32 count;
	__aligned_u64 runs;
	__aligned_u64 asked_ns;
	struct oht_telegram_result results[OHT_TELEGRAMS_MAX];
};

/* ---- records ---- */

enum oht_record_type {
	OHT_RECORD_COMPLETION	= 1,
	OHT_RECORD_SAFETY	= 2,
	OHT_RECORD_CYCLE	= 3,
	OHT_RECORD_UNIT	= 4,
};

/* oht_subscribe.mask: completions of own transfers always come and have no bit */
#define OHT_SUBSCRIBE_SAFETY	(1U << 0)
#define OHT_SUBSCRIBE_CYCLE	(1U << 1)	/* what goes wrong with the plan */
#define OHT_SUBSCRIBE_UNITS	(1U << 2)

/**
 * struct oht_subscribe - which records besides completions read() returns (OHT_IOC_SUBSCRIBE)
 * @size: sizeof(struct oht_subscribe)
 * @mask: OHT_SUBSCRIBE_*, replaces the earlier mask; a new descriptor has 0
 * @safety_from: oht_safety_record.journal_seq of the first safety record that is wanted, for a
 *	reader that goes on where it stopped; those no longer kept are counted in oht_record.seq.
 *	0: the next one to be made, or the next one of a descriptor that has SAFETY already
 *
 * Errors: EINVAL for an unknown bit, @safety_from without SAFETY, or one that is beyond the next
 * record: then it is the number of another device, or of an earlier life of this one.
 */
struct oht_subscribe {
	__u32 size;
	__u32 mask;
	__aligned_u64 safety_from;
};

/* oht_safety_record.kind */
enum oht_safety_kind {
	OHT_SAFETY_STOP		= 1,	/* a new stop, or a further cause while stopped */
	OHT_SAFETY_GLITCH	= 2,	/* an edge whose level read closed: stopped all the same */
	OHT_SAFETY_RESET	= 3,	/* stopped -> ready */
	OHT_SAFETY_ENABLE	= 4,	/* ready -> enabled */
	OHT_SAFETY_DISABLE	= 5,	/* enabled -> ready */
	OHT_SAFETY_CONTROL	= 6,	/* a descriptor became the controller */
	OHT_SAFETY_OPENED	= 7,	/* the contacts behind the outputs have been seen open */
	OHT_SAFETY_FAULT	= 8,	/* a fault in the kernel, which goes on: stops nothing */
};

/**
 * struct oht_safety_record - one entry of the safety journal
 * @journal_seq: number of the entry, counts from 1 without gaps
 * @event_ns: when the handler began that made it (interrupt, timer, call); with OPENED, when all
 *	contacts were first read as open, by the supervision timer or by a call
 * @low_ns: when both enable outputs had been written low; 0 if this entry did not lower them. With
 *	OPENED: when that had been done which the contacts followed
 * @causes: mask of all causes of the present stop, this one included
 * @tag: of the last command
 * @cause: enum oht_cause of this entry, NONE if it is not a stop
 * @kind: enum oht_safety_kind
 * @state_from: enum oht_estop_state before
 * @state_to: enum oht_estop_state after
 * @inputs: OHT_INPUT_* as read by the handler; feedback as last read before
 * @outputs: OHT_OUTPUT_* after
 * @tgid: process that asked for it, or was hit by the fault; 0: nobody asked, as for what is found
 */
struct oht_safety_record {
	__aligned_u64 journal_seq;
	__aligned_u64 event_ns;
	__aligned_u64 low_ns;
	__aligned_u64 causes;
	__aligned_u64 tag;
	__u32 cause;
	__u32 kind;
	__u8 state_from;
	__u8 state_to;
	__u8 inputs;
	__u8 outputs;
	__u32 tgid;
};

/**
 * struct oht_record - what read() returns, one or more whole ones
 * @type: enum oht_record_type
 * @size: sizeof(struct oht_record) of this kernel: the stride between records
 * @seq: counts the records made for this descriptor; a jump means that records were dropped
 * @time_ns: when the record was made
 * @completion: with OHT_RECORD_COMPLETION
 * @safety: with OHT_RECORD_SAFETY
 * @cycle: with OHT_RECORD_CYCLE; the last OHT_CYCLE_RECORDS_MAX are kept
 * @unit: with OHT_RECORD_UNIT, see linux/oht_unit.h
 * @reserved: zero beyond the member in use
 *
 * read() with a buffer smaller than one record is EINVAL; O_NONBLOCK and nothing there is EAGAIN;
 * after the device has gone, the records that are left come first, then 0.
 * poll(): EPOLLIN a record is there, EPOLLPRI a safety record is there, EPOLLHUP | EPOLLERR gone.
 */
struct oht_record {
	__u32 type;
	__u32 size;
	__aligned_u64 seq;
	__aligned_u64 time_ns;
	union {
		struct oht_completion completion;
		struct oht_safety_record safety;
		struct oht_cycle_record cycle;
		struct oht_unit_record unit;
		__aligned_u64 reserved[37];
	};
};

/* ---- the ioctls: without the size in the number, since structures may grow (see iommufd) ---- */

#define OHT_IOC_INFO		_IO(OHT_IOC_MAGIC, 0x00)
#define OHT_IOC_SUBMIT		_IO(OHT_IOC_MAGIC, 0x01)
#define OHT_IOC_CANCEL		_IO(OHT_IOC_MAGIC, 0x02)
#define OHT_IOC_SUBSCRIBE	_IO(OHT_IOC_MAGIC, 0x03)
#define OHT_IOC_ESTOP_STATUS	_IO(OHT_IOC_MAGIC, 0x04)
#define OHT_IOC_STOP		_IO(OHT_IOC_MAGIC, 0x05)
#define OHT_IOC_CONTROL		_IO(OHT_IOC_MAGIC, 0x06)
#define OHT_IOC_RESET		_IO(OHT_IOC_MAGIC, 0x07)
#define OHT_IOC_ENABLE		_IO(OHT_IOC_MAGIC, 0x08)
#define OHT_IOC_DISABLE		_IO(OHT_IOC_MAGIC, 0x09)
#define OHT_IOC_HEARTBEAT	_IO(OHT_IOC_MAGIC, 0x0a)
#define OHT_IOC_TELEGRAMS	_IO(OHT_IOC_MAGIC, 0x0b)
#define OHT_IOC_TELEGRAM_STATUS	_IO(OHT_IOC_MAGIC, 0x0c)
#define OHT_IOC_SELF_TEST	_IO(OHT_IOC_MAGIC, 0x0d)
#define OHT_IOC_UNIT_SET	_IO(OHT_IOC_MAGIC, 0x18)	/* linux/oht_unit.h */
#define OHT_IOC_UNIT_GET	_IO(OHT_IOC_MAGIC, 0x19)	/* linux/oht_unit.h */

#endif /* _UAPI_LINUX_OHT_H */
