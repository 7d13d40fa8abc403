/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The cyclic plan and the process image: a part of <linux/oht.h>, whose rules and errnos hold here.
 *
 * Owns:     what OHT_IOC_PLAN_* and OHT_IOC_OUTPUTS carry, and what mmap() shows.
 * Contexts: none; only definitions. The kernel side lives in kernel/ioctl_plan.c and
 *           kernel/image_map.c, the user side in userspace/liboht/.
 * Locks:    none.
 */
#ifndef _UAPI_LINUX_OHT_PLAN_H
#define _UAPI_LINUX_OHT_PLAN_H

#include <linux/ioctl.h>
#include <linux/oht_transfer.h>
#include <linux/types.h>

/* ---- cyclic plan ---- */

/* Entries of a plan, and slots of the process image. */
#define OHT_PLAN_ENTRIES_MAX		64
#define OHT_PLAN_CYCLE_MIN_US		1000
#define OHT_PLAN_CYCLE_MAX_US		1000000
/* Longest period of an entry, and longest distance of two whole slots. */
#define OHT_PLAN_PERIOD_MAX_CYCLES	1000
/* Longest least common multiple of all periods. */
#define OHT_PLAN_HYPERPERIOD_MAX_CYCLES	10000
#define OHT_PLAN_STOP_BUDGET_MAX_US	1000000
/* A plan whose fullest cycle is fuller is refused. */
#define OHT_PLAN_LOAD_MAX_PERMILLE	950

/*
 * oht_plan_entry.loss_action: what happens after loss_errors consecutive errors; with STOP also
 * when the entry has not been answered for loss_errors times its period, whatever kept the bus from
 * it: by the end of the cycle in which the last of these exchanges was due (of the cycle after it,
 * if loss_errors is 1). The cause stands, so that RESET is EBUSY, until the entry is answered or
 * need not be (an output that is not sent), or until no plan or one without the unit is in force.
 *
 * A period of an entry begins with its turn and has one error at most: if the first exchange that
 * ends in it fails. Further failures in it (OHT_OUTPUTS_NOW, turns of plans that follow one another
 * sooner) do not count. Each exchange that succeeds clears the errors.
 *
 * An entry of the next plan goes on where that of the plan before was, if unit, function and first
 * register are the same, or if its loss stops, where the unit's entry was that must be heard first
 * and whose loss stops: errors, loss, the time by which it must be answered, and when it is due.
 * That time may pass by one exchange in the new plan, once since the entry was answered.
 */
enum oht_loss_action {
	OHT_LOSS_NONE	= 0,	/* a record (OHT_CYCLE_LOST), nothing else */
	OHT_LOSS_STOP	= 1,	/* and a stop with cause bus_loss, unless stopped already */
};

/**
 * struct oht_plan_entry - one exchange that is made again and again
 * @unit: unit address 1..247
 * @function: 3, 4: inputs; 6, 16: outputs; 23: an exchange of both; another one is EOPNOTSUPP
 * @loss_action: enum oht_loss_action
 * @loss_errors: consecutive errors until the entry counts as lost: 1..255
 * @address: first register; with 23 the first one read
 * @count: registers: 1..125 (3, 4, 23), 1 (6), 1..123 (16)
 * @write_address: first register written, 23 only, else zero
 * @write_count: registers written, 1..121, 23 only, else zero
 * @period_cycles: due in every so many-th cycle, 1..OHT_PLAN_PERIOD_MAX_CYCLES
 * @phase_cycles: the first cycle in which it is due, below @period_cycles
 * @timeout_us: as oht_transfer.timeout_us
 * @turnaround_us: silence before the answer that the arithmetic counts with, at most @timeout_us
 * @reserved: zero
 */
struct oht_plan_entry {
	__u8 unit;
	__u8 function;
	__u8 loss_action;
	__u8 loss_errors;
	__u16 address;
	__u16 count;
	__u16 write_address;
	__u16 write_count;
	__u16 period_cycles;
	__u16 phase_cycles;
	__u32 timeout_us;
	__u32 turnaround_us;
	__u32 reserved[2];
};

/**
 * struct oht_plan_stage - lay a plan ready (OHT_IOC_PLAN_STAGE)
 * @size: sizeof(struct oht_plan_stage)
 * @flags: zero
 * @entry_size: sizeof(struct oht_plan_entry); another one is EINVAL
 * @count: entries, 1..OHT_PLAN_ENTRIES_MAX
 * @entries: user pointer to @count entries; their order is that on the wire within a cycle
 * @cycle_us: the grid, OHT_PLAN_CYCLE_MIN_US..OHT_PLAN_CYCLE_MAX_US
 * @stop_budget_us: longest time that a stop may have to wait for the bus, 0: not judged, else at
 *	most OHT_PLAN_STOP_BUDGET_MAX_US
 * @whole_cycles: at most every so many-th cycle is given as a whole to a transfer of user space
 *	that fits into no slack, or has found none for long, 2..OHT_PLAN_PERIOD_MAX_CYCLES
 * @bad_entry: out, with EINVAL, EOPNOTSUPP and EDQUOT: index of the first entry that is wrong,
 *	@count if it is none of them
 *
 * Nothing happens on the bus; the plan in force goes on. Replaces what was laid ready before. For
 * the controller only (EPERM). EOPNOTSUPP: no bus. EDQUOT: with its time-out the exchange of an
 * entry may take longer than oht_plan_figures.hold_max_ns.
 */
struct oht_plan_stage {
	__u32 size;
	__u32 flags;
	__u32 entry_size;
	__u32 count;
	__aligned_u64 entries;
	__u32 cycle_us;
	__u32 stop_budget_us;
	__u32 whole_cycles;
	__u32 bad_entry;
};

/**
 * struct oht_plan_figures - what a plan comes to, at the effective rate of this line
 * @worst_permille: share of the fullest cycle that is taken, rounded up
 * @mean_permille: share of all cycles together that is taken, rounded up
 * @hyperperiod_cycles: after so many cycles everything repeats
 * @longest_entry: index of the entry that decides @stop_ns
 * @busy_worst_ns: the fullest cycle: per entry gap, request, turnaround and reply; and rests of
 *	units that the other entries do not fill
 * @slack_min_ns: what is left of the fullest cycle
 * @slack_max_ns: what is left of the emptiest one; a transfer of user space that may take longer
 *	(request, its whole time-out, reply, gap) needs a whole cycle; so does one that may take
 *	longer than what silent units have really left
 * @stop_ns: longest from a stop to the last stop bit of a stop telegram of 8 characters, whatever
 *	exchange of the plan it meets at whatever moment: the end of a request that can no longer be
 *	cut, turnaround, reply, gap or the rest of its unit, telegram. OHT_IOC_PLAN_COMMIT counts
 *	with @turnaround_us of the entries, OHT_IOC_PLAN_STATUS with what is in force: if a unit
 *	took longer lately, with that, up to the time-out. ~0: not bounded, since the port has no
 *	exact timing.
 * @command_wait_ns: longest wait of a command that takes at most @slack_min_ns, is the first of its
 *	class, and meets neither a whole slot nor the turn of a class below
 * @hold_max_ns: longest that any exchange may take (request, its whole time-out, reply, gap), so
 *	that it makes the plan lose no unit that answers: of the entries whose loss stops the
 *	shortest (loss_errors - 1) x period, at least a cycle. What may take longer is refused in
 *	every state, transfers of the controller too. 0: no entry's loss stops.
 */
struct oht_plan_figures {
	__u32 worst_permille;
	__u32 mean_permille;
	__u32 hyperperiod_cycles;
	__u32 longest_entry;
	__aligned_u64 busy_worst_ns;
	__aligned_u64 slack_min_ns;
	__aligned_u64 slack_max_ns;
	__aligned_u64 stop_ns;
	__aligned_u64 command_wait_ns;
	__aligned_u64 hold_max_ns;
};

/* oht_plan_commit.flags */
#define OHT_PLAN_DRY_RUN	(1U << 0)	/* only the figures, and the refusal */

/**
 * struct oht_plan_commit - put the plan that is laid ready in force (OHT_IOC_PLAN_COMMIT)
 * @size: sizeof(struct oht_plan_commit)
 * @flags: OHT_PLAN_DRY_RUN
 * @generation: out: what oht_image_header.generation will say once it is in force
 * @reserved: zero
 * @figures: out, also with EDQUOT
 *
 * The plan changes as a whole at the beginning of a cycle, when all exchanges of the old one are
 * over; all slots of the image are new then, and all outputs forgotten. What was laid ready stays
 * laid ready. For the controller only (EPERM).
 * EDQUOT: the fullest cycle is over OHT_PLAN_LOAD_MAX_PERMILLE, or @stop_ns over the stop budget,
 * or an exchange may take longer than @hold_max_ns with the pauses that its unit may make now.
 * ENOENT: nothing is laid ready. EBUSY: the plan of an earlier commit is not in force yet.
 */
struct oht_plan_commit {
	__u32 size;
	__u32 flags;
	__u32 generation;
	__u32 reserved;
	struct oht_plan_figures figures;
};

/**
 * struct oht_plan_clear - end the plan (OHT_IOC_PLAN_CLEAR)
 * @size: sizeof(struct oht_plan_clear)
 * @flags: zero
 *
 * Exchanges that are under way are given up; what is laid ready is forgotten too. No plan: nothing
 * happens. For the controller only (EPERM). A plan outlives its controller otherwise: its outputs
 * do not, since the machine stops.
 */
struct oht_plan_clear {
	__u32 size;
	__u32 flags;
};

/* oht_outputs.flags */
#define OHT_OUTPUTS_NOW		(1U << 0)	/* sent out of turn */

/* Longest that all exchanges out of turn together put off a cycle. */
#define OHT_OUTPUTS_NOW_MAX_US	10000

/**
 * struct oht_outputs - values that an entry writes from now on (OHT_IOC_OUTPUTS)
 * @size: sizeof(struct oht_outputs)
 * @flags: OHT_OUTPUTS_NOW
 * @generation: of the layout that @entry belongs to; another one than that in force is ENOENT
 * @entry: index of an entry of function 6, 16 or 23; another one is EINVAL
 * @count: its registers (23: oht_plan_entry.write_count); another number is EINVAL
 * @words: user pointer to @count values in host byte order; taken over as a whole
 *
 * An entry writes nothing before its first values. Every stop, every OHT_IOC_DISABLE and every
 * commit makes all entries forget theirs. Written only while enabled; an exchange (23) only reads
 * otherwise (function 3). For the controller only (EPERM). ECANCELED: stopped.
 *
 * With OHT_OUTPUTS_NOW, and while enabled, the values are also sent at once: behind the exchange on
 * the wire and behind other outputs out of turn, before all else that the plan sends. That serves a
 * turn of the entry that comes meanwhile. Function 23 cannot be sent out of turn (EINVAL).
 *
 * Since a cycle last began in time, all exchanges out of turn take OHT_OUTPUTS_NOW_MAX_US together
 * at most, computed as the figures of the plan are; a unit that does not answer takes its time-out
 * instead. Beyond that the values wait for the turn of the entry, and so do those for a degraded
 * unit, and those that might make a unit lost whose loss stops. The cycle that is put off begins
 * late and is not missed; if some of the cycle before it is left, that one counts as exceeded.
 */
struct oht_outputs {
	__u32 size;
	__u32 flags;
	__u32 generation;
	__u16 entry;
	__u16 count;
	__aligned_u64 words;
};

/* oht_plan_status.flags and oht_image_header.flags */
#define OHT_PLAN_RUNNING	(1U << 0)	/* a plan is in force */
#define OHT_PLAN_PENDING	(1U << 1)	/* another one waits for the beginning of a cycle */
#define OHT_PLAN_GONE		(1U << 2)	/* device gone; the image is not written again */

/**
 * struct oht_plan_status - how the plan does (OHT_IOC_PLAN_STATUS)
 * @size: sizeof(struct oht_plan_status)
 * @flags: OHT_PLAN_*
 * @generation: of the layout in force; another one with every plan and every end of a plan
 * @entries: of the plan in force, 0 without one
 * @cycle_us: as staged
 * @stop_budget_us: as staged
 * @whole_cycles: as staged
 * @reserved: zero
 * @cycles: points of the grid since the device came up, whatever became of them: begun (the rest),
 *	missed or given
 * @missed: of these, not begun because the one before was not over, or the timer came too late;
 *	entries that were due are due in the next cycle that has room for them, at the latest in
 *	their next turn
 * @exceeded: begun, and not over when the next one should have begun
 * @given: given as a whole to a transfer of user space that fitted into no slack
 * @errors: exchanges that failed
 * @losses: entries that became lost
 * @busy_max_ns: longest time from the beginning of a cycle to the end of its last exchange
 * @start_late_max_ns: largest delay of a cycle's first request behind the grid
 * @figures: of the plan in force; its @stop_ns is the present one
 *
 * Any descriptor. EOPNOTSUPP: no bus.
 */
struct oht_plan_status {
	__u32 size;
	__u32 flags;
	__u32 generation;
	__u32 entries;
	__u32 cycle_us;
	__u32 stop_budget_us;
	__u32 whole_cycles;
	__u32 reserved;
	__aligned_u64 cycles;
	__aligned_u64 missed;
	__aligned_u64 exceeded;
	__aligned_u64 given;
	__aligned_u64 errors;
	__aligned_u64 losses;
	__aligned_u64 busy_max_ns;
	__aligned_u64 start_late_max_ns;
	struct oht_plan_figures figures;
};

/* ---- process image ---- */

/**
 * struct oht_image_header - head of the process image
 * @seq: sequence count of the members behind @slots
 * @abi_version: OHT_ABI_VERSION of the module; constant, as the three members after it
 * @header_bytes: where the first slot begins
 * @slot_bytes: distance of two slots
 * @slots: OHT_PLAN_ENTRIES_MAX
 * @entries: of the plan in force, in slots 0..entries - 1; 0 without one
 * @generation: of the layout; another one with every plan and every end of a plan
 * @flags: OHT_PLAN_*
 * @safety_state: enum oht_estop_state at the last cycle or stop
 * @cycle_us: the grid, 0 without a plan
 * @cycles: as oht_plan_status.cycles
 * @cycle_start_ns: point of the grid that the last cycle belongs to
 * @missed: as oht_plan_status.missed
 * @exceeded: as oht_plan_status.exceeded
 * @given: as oht_plan_status.given
 * @reserved: zero
 */
struct oht_image_header {
	__u32 seq;
	__u32 abi_version;
	__u32 header_bytes;
	__u32 slot_bytes;
	__u32 slots;
	__u32 entries;
	__u32 generation;
	__u32 flags;
	__u32 safety_state;
	__u32 cycle_us;
	__aligned_u64 cycles;
	__aligned_u64 cycle_start_ns;
	__aligned_u64 missed;
	__aligned_u64 exceeded;
	__aligned_u64 given;
	__u32 reserved[44];
};

/**
 * struct oht_image_slot - one entry of the plan: its last good values and how the last try went
 * @seq: sequence count of the whole slot
 * @generation: of the layout that wrote it; equal to the header's, or the slot is an old one
 * @unit: as staged, like all members that have the name of one of struct oht_plan_entry
 * @function: as staged
 * @detail: enum oht_detail of the last try
 * @exception: Modbus exception code of the last try, 0 without
 * @status: of the last try: 0 or negative errno, see enum oht_detail; -ENODATA: none yet, or no
 *	output values; -ECANCELED: outputs are blocked
 * @errors: consecutive errors, at most one in each period (enum oht_loss_action), 0 after a good
 *	try; stops and blocked outputs do not count, a try that was left out because the unit is
 *	degraded does
 * @timestamp_ns: when @words were received or, of outputs, acknowledged; 0: never; the age of the
 *	values is now minus this
 * @tried_ns: when the last try ended; 0: none yet
 * @turnaround_ns: silence before the last answer
 * @address: as staged
 * @count: as staged
 * @period_cycles: as staged
 * @phase_cycles: as staged
 * @loss_action: as staged
 * @loss_errors: as staged
 * @reserved: zero
 * @words: values of the last good try: read, or for functions 6 and 16 written
 * @reserved2: zero
 */
struct oht_image_slot {
	__u32 seq;
	__u32 generation;
	__u8 unit;
	__u8 function;
	__u8 detail;
	__u8 exception;
	__s32 status;
	__aligned_u64 timestamp_ns;
	__aligned_u64 tried_ns;
	__u32 errors;
	__u32 turnaround_ns;
	__u16 address;
	__u16 count;
	__u16 period_cycles;
	__u16 phase_cycles;
	__u8 loss_action;
	__u8 loss_errors;
	__u8 reserved[14];
	__u16 words[OHT_WORDS_MAX];
	__u16 reserved2[3];
};

/**
 * struct oht_image - the process image: mmap() of the device at offset 0, read-only
 * @header: its head
 * @slots: one per entry of the plan, in its order
 *
 * mmap(): EACCES writable or executable; EINVAL an offset, or longer than this structure rounded up
 * to pages; ENODEV the device is gone; EOPNOTSUPP no bus. mprotect() cannot make it writable later.
 * The mapping stays readable when the device goes (OHT_PLAN_GONE), and is inherited by fork(). It
 * keeps its descriptor's file open, also when that is closed: a controller that maps through its
 * own descriptor is only gone for the kernel when its mappings are gone as well.
 *
 * One writer, any number of readers that never keep it waiting. @seq is odd while the members that
 * belong to it are being written. In terms of C11 a reader does
 *
 *	do {
 *		begin = atomic_load_explicit(&slot->seq, memory_order_acquire);
 *		... read the members, as atomic or volatile words: they may be changing ...
 *		atomic_thread_fence(memory_order_acquire);
 *		end = atomic_load_explicit(&slot->seq, memory_order_relaxed);
 *	} while (begin & 1 || begin != end);
 *
 * and uses nothing that it read before the loop has ended. A count that stays odd means that the
 * machine has crashed meanwhile: bound the loop.
 */
struct oht_image {
	struct oht_image_header header;
	struct oht_image_slot slots[OHT_PLAN_ENTRIES_MAX];
};

/* ---- records ---- */

/* Records of the plan that are kept; a reader that falls further behind loses the oldest. */
#define OHT_CYCLE_RECORDS_MAX	64

/* oht_cycle_record.kind */
enum oht_cycle_kind {
	OHT_CYCLE_MISSED	= 1,	/* cycles were not begun */
	OHT_CYCLE_EXCEEDED	= 2,	/* a cycle was not over when the next one should begin */
	OHT_CYCLE_GIVEN		= 3,	/* a cycle was given to a transfer that fitted nowhere */
	OHT_CYCLE_LOST		= 4,	/* an entry is lost: see enum oht_loss_action */
	OHT_CYCLE_FOUND		= 5,	/* a lost entry was answered again */
};

/**
 * struct oht_cycle_record - something went wrong with the plan, or right again
 * @journal_seq: number of the record, counts from 1 without gaps
 * @event_ns: when it was found
 * @cycle: oht_plan_status.cycles at that time
 * @kind: enum oht_cycle_kind
 * @count: cycles missed; consecutive errors of the entry; else 1
 * @generation: of the layout
 * @entry: index, with LOST and FOUND
 * @unit: of the entry, with LOST and FOUND
 * @detail: enum oht_detail of the last error, with LOST
 */
struct oht_cycle_record {
	__aligned_u64 journal_seq;
	__aligned_u64 event_ns;
	__aligned_u64 cycle;
	__u32 kind;
	__u32 count;
	__u32 generation;
	__u16 entry;
	__u8 unit;
	__u8 detail;
};

/* ---- the ioctls ---- */

#define OHT_IOC_PLAN_STAGE	_IO(OHT_IOC_MAGIC, 0x10)
#define OHT_IOC_PLAN_COMMIT	_IO(OHT_IOC_MAGIC, 0x11)
#define OHT_IOC_PLAN_CLEAR	_IO(OHT_IOC_MAGIC, 0x12)
#define OHT_IOC_OUTPUTS		_IO(OHT_IOC_MAGIC, 0x13)
#define OHT_IOC_PLAN_STATUS	_IO(OHT_IOC_MAGIC, 0x14)

#endif /* _UAPI_LINUX_OHT_PLAN_H */
