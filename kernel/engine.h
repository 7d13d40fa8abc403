/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the half-duplex transaction machine: queue, states, deadlines, retries, statistics.
 * Contexts: as said at each call; the machine itself runs in hard interrupt context (UART, timer).
 * Locks:    engine.lock (raw). Order: engine.lock -> a file's raw lock. Never with estop.lock.
 *
 * Words of the engine and the plan:
 *   transfer     what a caller submits (struct oht_xfer); it has one transaction per attempt
 *   transaction  one request on the wire and the answer to it, if any
 *   telegram     a write that the engine itself sends when a stop comes
 *   moves        the transfer writes, or its effect is not known: a stop ends it
 *   blind        the answer would also fit another request, so a late answer can be mistaken
 *   learned      the longest turnaround lately seen from a unit, of reads and of writes
 *   late         an answer that did not come in time, and may still come
 *   prior read   sent in front of a read that a late answer would fit; its answer is dropped
 *   held         received since the request began, and not judged yet (rx)
 *   stray        a byte that belongs to no answer; extra: a byte directly behind an answer
 *   to cut       end a request that is being sent; only for a stop
 *   to hurry     shorten the wait for an answer, because a telegram waits
 *   to give up   stop waiting for an answer for that reason; its transfer is put back
 *   to put back  queue a transfer once more whose attempt a stop has ended
 *   abandoned    the transfer is gone, its transaction goes on until the unit has answered
 *   held_moves   not of rx: callers' transfers that have not ended, and move
 *   slot         what the plan allows now; slack: the rest of a cycle behind the plan's entries
 *   given        a cycle without the plan's entries, for a transfer that fits into no slack
 *   heard        an entry of the plan was answered; lost: it has failed too often
 *   to look      compare what is due with the clock; to tell: report to stop, owner or trace
 */
#ifndef OHT_ENGINE_H
#define OHT_ENGINE_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/oht.h>
#include "engine_late.h"
#include "engine_slot.h"
#include "engine_unit.h"
#include "frame.h"
#include "histogram.h"
#include "meter.h"
#include "port.h"
#include "timing.h"

struct oht_engine;

enum oht_xfer_state {
	OHT_XFER_NEW = 0,	/* never submitted, or done: the engine does not know it */
	OHT_XFER_QUEUED,
	OHT_XFER_ACTIVE,	/* its request is being sent, or its answer awaited */
};

/**
 * struct oht_xfer - one transfer; the memory is the caller's, until @done has been called
 *
 * The caller fills in (constant from submit on):
 * @unit: 1..247; 0: broadcast; 248..255 with @any_unit, and then never while enabled
 * @any_unit: as struct oht_frame_request
 * @function: enum oht_function; with @raw the first byte of @pdu
 * @raw: send @pdu as it stands
 * @priority: enum oht_priority
 * @retries: attempts after the first one
 * @address: as struct oht_frame_request
 * @count: as struct oht_frame_request
 * @write_address: as struct oht_frame_request
 * @write_count: as struct oht_frame_request
 * @timeout_us: wait for the first byte of the answer, counted from the end of our last stop bit;
 *	after a broadcast: how long the line is kept quiet
 *	0: submit fills in the unit's, and its retries
 * @while_stopped: if it moves: may be sent while the machine is not enabled
 * @session: the controller's in which it was submitted, 0: not by the controller
 * @owner: the descriptor; those of a class take turns. Only compared
 * @words: values to write; after a read the values read
 * @pdu: with @raw the request; after @raw or IDENTIFY the answer
 * @done: called exactly once for each accepted submit, interrupts off, engine lock held: it may
 *	take the file's raw lock and queue irq_work, nothing else; it must not call the engine.
 *
 * The engine fills in before it calls @done:
 * @status: 0 or negative errno, see enum oht_detail
 * @detail: enum oht_detail
 * @exception: Modbus exception code if @detail is EXCEPTION
 * @attempts: times that the request, or a prior read, was begun to be sent
 * @turnaround_ns: silence between our last stop bit and the answer's first start bit
 * @reply_bytes: how much of @words or @pdu is the answer; 0: it carries nothing
 * @received: bytes of the answer, whole or not, that the last attempt received
 * @pause_us: longest silence between two of them, 0 if none was longer than t1.5
 *
 * Engine's own, under its lock:
 * @planned: brought by the plan (oht_engine_slot_add())
 * @urgent: of the plan, and goes before what else the plan has brought, behind other urgent ones
 * @extra: of the plan, and not in the turn of its entry
 * @moves: it writes, or its effect is not known (raw); false for a stop telegram
 * @blind: its answer does not say what it answers
 * @key: if @blind and not @planned: tells the request from another one of the same shape: its CRC
 * @tries: attempts that ended by themselves
 * @put_back: attempts that a stop ended and that come again
 * @priors: prior reads that were answered
 * @number: each submit has the next one
 * @worst_ns: if not @planned: from its first start bit until the line is free again, if its answer
 *	comes as late as it may
 * @node: place in the queue of @class
 * @class: enum oht_engine_class, where it waits or has waited
 * @turn: round of @class in which it is to be sent; one per @owner
 * @enabled: what the gate said when it was submitted; of a plan, before its outputs were looked at
 * @state: enum oht_xfer_state
 */
struct oht_xfer {
	struct list_head node;
	u8 state;
	u8 unit;
	u8 function;
	u8 priority;
	u8 retries;
	bool while_stopped;
	bool moves;
	bool blind;
	u16 key;
	bool any_unit;
	bool raw;
	bool planned;
	bool urgent;
	bool extra;
	u8 tries;
	u8 put_back;
	u8 priors;
	u8 class;
	u16 address;
	u16 count;
	u16 write_address;
	u16 write_count;
	u32 timeout_us;
	u32 session;
	u32 enabled;
	const void *owner;
	u64 turn;
	u64 number;
	u64 worst_ns;
	union {
		u16 words[OHT_WORDS_MAX];
		u8 pdu[OHT_PDU_MAX_BYTES];
	};
	int status;
	u8 detail;
	u8 exception;
	u8 attempts;
	u8 reply_bytes;
	u16 received;
	u32 pause_us;
	u32 turnaround_ns;
	void (*done)(struct oht_xfer *x);
};

/* The request of @x; it points into @x. Any context, no lock. */
struct oht_frame_request oht_xfer_request(const struct oht_xfer *x);

/**
 * struct oht_engine_gate - what engine and plan ask of the stop, and tell their owner
 * @enabled: which enable the machine is in, counted from 1; 0: it is not enabled. Called under the
 *	engine lock, interrupts off: must not sleep, must not take estop.lock
 * @session: the present or last controller's; called likewise
 * @controlled: there is one now; called likewise
 * @state: enum oht_estop_state as it is now, for the plan; called likewise
 * @halts: how often the machine was stopped or disabled, for the plan; called likewise; not older
 *	than a state that was read before
 * @health: the health of a unit with a policy has changed; called likewise, may be NULL; it may
 *	take a raw lock of its owner's and queue irq_work. journal_seq is for the owner to fill in.
 * @context: their argument
 */
struct oht_engine_gate {
	u32 (*enabled)(void *context);
	u32 (*session)(void *context);
	bool (*controlled)(void *context);
	u32 (*state)(void *context);
	u32 (*halts)(void *context);
	void (*health)(void *context, const struct oht_unit_record *record);
	void *context;
};

/* States of the machine. Each has a deadline by which the timer makes it leave. */
enum oht_engine_state {
	OHT_ENGINE_IDLE = 0,	/* nothing to do; the only state without a deadline */
	OHT_ENGINE_GAP,		/* something to send; waiting for t3.5 of silence */
	OHT_ENGINE_DE_SETUP,	/* line driven, start bit not yet allowed */
	OHT_ENGINE_SEND,	/* until our clock says that the last stop bit has left */
	OHT_ENGINE_DRAIN,	/* our clock has said so, the UART not yet */
	OHT_ENGINE_DE_HOLD,	/* all has left, line still driven */
	OHT_ENGINE_WAIT,	/* for the first byte of the answer */
	OHT_ENGINE_COLLECT,	/* for the rest of it */
	OHT_ENGINE_CUT,		/* request cut off; one character until the UART is usable again */
	OHT_ENGINE_DEAD,	/* shut down, or suspended */
};

/**
 * struct oht_engine_stats - plain counters since the last reset
 * @frames_sent: requests that began to be sent
 * @replies_ok: requests that were answered as asked
 * @retries: attempts after the first one
 * @details: ends of attempts by enum oht_detail
 * @bytes_sent: taken by the transmitter
 * @bytes_received: all that were received
 * @bytes_echo: our own, heard again
 * @bytes_extra: received after a complete answer, before the silence that must follow
 * @bytes_stray: received when nothing was awaited, or thrown away as noise
 * @frames_foreign: sound frames that were not the answer to what had been asked
 * @framing: characters with a framing error
 * @parity: characters with a parity error
 * @overrun: times that characters were lost
 * @breaks: break conditions
 * @pauses: silences longer than t3.5 inside answers that were whole all the same
 * @gap_late_max_ns: largest delay of a first start bit beyond the earliest time allowed, counted
 *	when somebody was waiting for it
 * @turnaround_max_ns: longest silence before an answer
 * @meter: frames by enum oht_side, enum oht_rule, enum oht_verdict
 */
struct oht_engine_stats {
	u64 frames_sent;
	u64 replies_ok;
	u64 retries;
	u64 details[OHT_ENGINE_DETAILS];
	u64 bytes_sent;
	u64 bytes_received;
	u64 bytes_echo;
	u64 bytes_extra;
	u64 bytes_stray;
	u64 frames_foreign;
	u64 framing;
	u64 parity;
	u64 overrun;
	u64 breaks;
	u64 pauses;
	u64 gap_late_max_ns;
	u64 turnaround_max_ns;
	u64 meter[OHT_ENGINE_SIDES][OHT_ENGINE_RULES][OHT_ENGINE_VERDICTS];
};

/* What the engine keeps a histogram of. */
enum oht_engine_histogram {
	OHT_HISTOGRAM_GAP_LATE = 0,	/* first start bit beyond the earliest time allowed */
	OHT_HISTOGRAM_TURNAROUND,	/* silence between our last stop bit and the answer */
	OHT_HISTOGRAM_CYCLE_LATE,	/* first start bit of a plan's cycle beyond its grid */
	OHT_HISTOGRAM_DE_RELEASE,	/* last stop bit to driver enable off, as we know it */
	OHT_HISTOGRAMS,
};

/**
 * struct oht_engine_meter - what the conformance meter has to remember
 * @end: when the last character on the wire ended, ours or a unit's
 * @empty_ns: when the receiver was looked into last
 * @busy_ns: when the transmitter was seen busy beyond its time, 0: it was not
 * @sent_inside: verdict on the silences inside the request
 * @heard_before: verdict on the silence before the frame in rx
 * @heard_inside: verdict on those inside it
 */
struct oht_engine_meter {
	struct oht_meter_span end;
	u64 empty_ns;
	u64 busy_ns;
	u8 sent_inside;
	u8 heard_before;
	u8 heard_inside;
};

/**
 * struct oht_engine_clock - time as the engine sees it; replaced by the tests before first use
 * @now_ns: CLOCK_MONOTONIC
 * @arm: call oht_engine_tick() at @at_ns, instead of an earlier arming; engine lock held
 * @disarm: no tick is wanted; engine lock held; a tick that is already on its way may still come
 * @drain: process context, no lock: wait until no tick is running nor coming
 */
struct oht_engine_clock {
	u64 (*now_ns)(struct oht_engine *e);
	void (*arm)(struct oht_engine *e, u64 at_ns);
	void (*disarm)(struct oht_engine *e);
	void (*drain)(struct oht_engine *e);
};

/* So many bytes may stand directly in front of an answer. */
#define OHT_ENGINE_LEAD_MAX	3

/* No echo, it was learned; heard so often all the same, it is unknown again. */
#define OHT_ENGINE_ECHO_AGAINST	3

/* Above all classes of user space: the stop telegrams. */
#define OHT_PRIO_STOP		0
#define OHT_RETRIES_MAX		10
/* More stops than these end a transfer instead of putting it back. */
#define OHT_PUT_BACKS_MAX	3

/*
 * So many transfers of the classes above are begun while one of a class waits; then it is the
 * turn of that class.
 */
#define OHT_PASSES_MAX		8

/*
 * So many set-ups in a row are called off because characters are heard. After that the engine
 * hears its own driver switch on, and no request would ever leave.
 */
#define OHT_ENGINE_CALL_OFFS_MAX	2

/*
 * In which queue a transfer waits, in the order of the queues. The plan's have queues of their own:
 * when a cycle begins must not depend on how many others wait. While there is a controller, all
 * transfers of others wait in the class background.
 */
enum oht_engine_class {
	OHT_CLASS_STOP = 0,
	OHT_CLASS_PLAN,
	OHT_CLASS_PLAN_PROBE,		/* of the plan, to a unit that is degraded */
	OHT_CLASS_COMMAND,
	OHT_CLASS_CYCLIC,
	OHT_CLASS_BACKGROUND,
	OHT_ENGINE_CLASSES
};

/* Whose the exchange is that is under way: enum oht_engine_class, or one of these. */
enum oht_engine_holder {
	OHT_HOLDER_ABANDONED = OHT_ENGINE_CLASSES,	/* transfer gone; its unit answers */
	OHT_HOLDER_NONE,				/* there is none */
};

/*
 * Does the receiver hear our own requests? Learned from answers that differ from their requests.
 * A transceiver may be exchanged, so either may come to an end.
 */
enum oht_engine_echo {
	OHT_ECHO_UNKNOWN = 0,
	OHT_ECHO_NO,
	OHT_ECHO_YES,
};

/**
 * struct oht_engine_oldest - the transfer of a class that waits for longest
 * @number: of that transfer; U64_MAX: none waits
 * @since_ns: the point of the plan's grid at which it was found to be the oldest
 */
struct oht_engine_oldest {
	u64 number;
	u64 since_ns;
};

/**
 * struct oht_engine_telegrams - the stop telegrams (engine_stop.c)
 * @set: the list that the next stop will send, checked
 * @set_count: its length
 * @run: the list that the last stop sends or has sent
 * @run_count: its length
 * @next: index in @run of the one that is queued or under way
 * @round: 1.. while some are still to be sent, 0: none
 * @runs: stops that had any
 * @asked_ns: when the last of them came
 * @again_ns: when another one came that the telegrams left do not serve; 0: none. The list begins
 *	anew when the one under way has ended
 * @abandoned_ns: latest end of a reply that was given up for this stop, 0: there was none
 * @not_before_ns: the one that is queued is not to be sent before
 * @xfer: the one transfer that carries them all, in class OHT_PRIO_STOP
 * @results: of @run
 */
struct oht_engine_telegrams {
	struct oht_telegram set[OHT_TELEGRAMS_MAX];
	unsigned int set_count;
	struct oht_telegram run[OHT_TELEGRAMS_MAX];
	unsigned int run_count;
	unsigned int next;
	unsigned int round;
	u64 runs;
	u64 asked_ns;
	u64 again_ns;
	u64 abandoned_ns;
	u64 not_before_ns;
	struct oht_xfer xfer;
	struct oht_telegram_result results[OHT_TELEGRAMS_MAX];
};

/**
 * struct oht_engine - one bus
 * @id: number of the device, for the tracepoints; the owner sets it before oht_engine_init()
 * @port: constant
 * @timing: constant
 * @gate: constant
 * @clock: constant after init (a test replaces it before the first submit)
 * @timer: the one timer; HARD mode; armed and disarmed under @lock
 * @lock: protects everything below; taken in hard interrupt context
 * @state: enum oht_engine_state
 * @generation: counts transactions let go of; what was armed for an older one is void
 * @exact_ns: the timer's handler waits until then before it ticks, 0: no wait; written under @lock
 * @armed_generation: @generation when the timer was armed
 * @armed: the timer is set for @deadline_ns
 * @deadline_ns: when it is due; a tick before that is stale
 * @held: transfers that were submitted and have not ended, without those of the plan and the stop
 * @held_moves: those of them that move
 * @queue: waiting transfers by class; the descriptors take turns, each is served in its order
 * @turn: by class: the round that is being served
 * @passed: in cycles that are given [1] and else [0], by class: transfers of the classes above it
 *	that have been begun while it waited, OHT_PASSES_MAX: it is its turn
 * @ordered: session whose transfers go before those of others that were queued before
 * @submits: how many transfers have been submitted
 * @oldest: by class, as the plan's last tick found it
 * @cur: transfer whose transaction this is; NULL if it was cancelled or stopped: the transaction
 *	then goes on without it, because the unit answers all the same
 * @req: request of the transaction, valid from DE_SETUP on, also without @cur
 * @words: its values
 * @timeout_us: its time-out
 * @moves: a stop forbids it
 * @prior: it is a prior read: @cur is sent when it has been answered
 * @tx: its bytes
 * @tx_bytes: length of @tx
 * @tx_taken: how many the port has taken
 * @tx_end_ns: when the last stop bit has left
 * @tx_stuck_ns: when a transmitter that is still busy is stuck
 * @call_offs: set-ups in a row that characters have called off
 * @tx_paced: the transmitter keeps wire time: it was seen busy right after it had been filled
 * @echo: what is known about hearing ourselves
 * @echo_dropped: our own request has been heard and thrown away in this transaction
 * @echo_against: transactions since one that showed no echo in which that was so although @echo
 *	says no
 * @rx: what has been heard since we began to send, without our own request
 * @rx_bytes: length of @rx
 * @rx_flags: by character, what the UART complained about
 * @rx_first_ns: stamp of its first character
 * @rx_first_lump: characters that were found together with the first one, itself included
 * @rx_last_ns: stamp of the last character received at all
 * @rx_limit_ns: when an answer that has begun must be complete
 * @rx_pause_ns: longest silence inside @rx, 0 if none was longer than t1.5
 * @rx_pauses: silences inside @rx that were longer than t3.5
 * @pause_ns: longest that is waited out, of the unit that was asked
 * @answered_tx_crc: of the last request that was answered
 * @answered_rx_crc: of its answer
 * @reply_deadline_ns: when a first character must have come
 * @noted: detail to report instead of TIMEOUT: what came meanwhile and was not the answer
 * @line_free_ns: earliest start bit that the silence rule allows
 * @gap_since_ns: since when a transfer has been waiting for silence
 * @extra_until_ns: what is heard before this came after the end of a complete answer
 * @extra_unit: whose answer that was
 * @late: by unit, answers that may still come
 * @units: by address, what is known of each unit; [0]: the turnarounds of all reads
 * @stop: the stop telegrams
 * @meter: see there
 * @histograms: by enum oht_engine_histogram
 * @slot: what a plan allows; written by it
 * @stats: counters
 */
struct oht_engine {
	unsigned int id;
	struct oht_port *port;
	struct oht_timing timing;
	struct oht_engine_gate gate;
	const struct oht_engine_clock *clock;
	struct hrtimer timer;
	u64 exact_ns;

	raw_spinlock_t lock;
	enum oht_engine_state state;
	u32 generation;
	u32 armed_generation;
	bool armed;
	u64 deadline_ns;
	unsigned int held;
	unsigned int held_moves;
	struct list_head queue[OHT_ENGINE_CLASSES];	/* by enum oht_engine_class */
	u64 turn[OHT_ENGINE_CLASSES];
	u8 passed[2][OHT_ENGINE_CLASSES];
	u32 ordered;
	u64 submits;
	struct oht_engine_oldest oldest[OHT_ENGINE_CLASSES];
	struct oht_xfer *cur;

	struct oht_frame_request req;
	u16 words[OHT_WORDS_MAX];
	u32 timeout_us;
	bool moves;
	bool prior;
	u8 tx[OHT_ADU_MAX_BYTES];
	unsigned int tx_bytes;
	unsigned int tx_taken;
	u64 tx_end_ns;
	u64 tx_stuck_ns;
	u8 call_offs;
	bool tx_paced;

	enum oht_engine_echo echo;
	bool echo_dropped;
	u8 echo_against;
	u8 rx[OHT_ADU_MAX_BYTES + OHT_ENGINE_LEAD_MAX];
	u8 rx_flags[OHT_ADU_MAX_BYTES + OHT_ENGINE_LEAD_MAX];
	unsigned int rx_bytes;
	u64 rx_first_ns;
	unsigned int rx_first_lump;
	u64 rx_last_ns;
	u64 rx_limit_ns;
	u64 rx_pause_ns;
	unsigned int rx_pauses;
	u64 pause_ns;
	u16 answered_tx_crc;
	u16 answered_rx_crc;
	u64 reply_deadline_ns;
	u8 noted;

	u64 line_free_ns;
	u64 gap_since_ns;
	u64 extra_until_ns;
	u8 extra_unit;
	struct oht_engine_late late[OHT_UNITS];
	struct oht_engine_unit units[OHT_UNITS];
	struct oht_engine_telegrams stop;
	struct oht_engine_meter meter;
	struct oht_histogram histograms[OHT_HISTOGRAMS];
	struct oht_engine_slot slot;
	struct oht_engine_stats stats;
};

/**
 * oht_engine_init() - bind an engine to a port and start both
 * @e: memory, zeroed
 * @port: probed, not started; must outlive @e
 * @timing: usually &port->timing; copied
 * @gate: copied
 *
 * Process context, may sleep. The first request waits for t3.5 of silence from here.
 *
 * Return: 0 or the error of the port's start; then there is nothing to undo.
 */
int oht_engine_init(struct oht_engine *e, struct oht_port *port, const struct oht_timing *timing,
		    const struct oht_engine_gate *gate);

/**
 * oht_engine_submit() - queue a transfer
 * @e: engine
 * @x: transfer with its request filled in
 *
 * Any context, takes the engine lock; @x->done may be called before this returns.
 *
 * Return: 0, then @done will be called exactly once; or it will not be called: -ENODEV (shut
 * down), -EINVAL (class, time-out or retries out of range, no time-out and the unit has none
 * either) or what oht_frame_check() says, -EBUSY (already queued), -EDQUOT (longer than the units
 * of the plan whose loss stops may stay unheard; or, while enabled, than its stop budget or, of
 * others than the controller, its cycle), -EPERM (the machine is enabled, and it moves and its
 * session is not the controller's, or its unit is above 247), -EAGAIN (as many as there may be have
 * not ended yet).
 */
int oht_engine_submit(struct oht_engine *e, struct oht_xfer *x);

/**
 * oht_engine_cancel() - give up a transfer
 * @e: engine
 * @x: a transfer that was submitted; the memory must still be there
 *
 * Any context, takes the engine lock; the caller must not hold the lock that @x->done takes.
 * Calls @done with -EINTR before it returns. A request that is being sent is finished and its
 * answer waited for, since the unit will answer; the answer is then thrown away.
 *
 * Return: 0, or -ENOENT: @done has been called already.
 */
int oht_engine_cancel(struct oht_engine *e, struct oht_xfer *x);

/**
 * oht_engine_abort() - a stop has come: nothing that moves may go on
 * @e: engine
 *
 * Any context, hard interrupt included; takes the engine lock, so the caller must have dropped
 * estop.lock. Every write (FC 5, 6, 15, 16, 22, 23) and every raw request, queued or under way, is
 * done with -ECANCELED before this returns; one that is being sent is cut off. Reads go on. What is
 * submitted later is let through as the gate says.
 *
 * With stop telegrams these go first: a read that is being sent is cut off too, and one that waits
 * for its answer is given up once its unit has been silent for as long as it lately was; both are
 * sent again afterwards. A stop that comes while telegrams are still to be sent adds none.
 */
void oht_engine_abort(struct oht_engine *e);

/**
 * oht_engine_set_telegrams() - replace the stop telegrams
 * @e: engine
 * @list: copied
 * @count: 0..OHT_TELEGRAMS_MAX
 *
 * Any context, takes the engine lock. A stop that is under way keeps the list it began with.
 *
 * Return: 0, -ENODEV (shut down), -EINVAL (one of them cannot be sent; the old list stays).
 */
int oht_engine_set_telegrams(struct oht_engine *e, const struct oht_telegram *list,
			     unsigned int count);

/*
 * Longest from a stop to the end of the first telegram if nothing but the rest of its unit is in
 * its way; 0: no unit of the list needs one. Engine lock held.
 */
u64 oht_engine_stop_rest_ns(const struct oht_engine *e);

/* Fills all but @status->size. Any context, takes the engine lock. */
void oht_engine_telegram_status(struct oht_engine *e, struct oht_telegram_status *status);

/**
 * oht_engine_shutdown() - end
 * @e: engine; a second call does nothing
 *
 * Process context, sleeps, takes the engine lock. Completes every transfer with -ENODEV, lets go
 * of the line, stops timer and port. Afterwards nothing calls done, and submit is -ENODEV.
 */
void oht_engine_shutdown(struct oht_engine *e);

/**
 * oht_engine_suspend() - end until oht_engine_resume()
 * @e: engine; one that is shut down stays so
 *
 * As oht_engine_shutdown(), but transfers are completed with -ECANCELED. Statistics, units and
 * the list of stop telegrams stay; telegrams that have not left are dropped.
 */
void oht_engine_suspend(struct oht_engine *e);

/**
 * oht_engine_resume() - go on after oht_engine_suspend()
 * @e: suspended
 *
 * Starts the port anew, with all its registers. Process context, may sleep. As after
 * oht_engine_init() the first request waits for t3.5 of silence.
 *
 * Return: 0 or the error of the port's start; then it stays suspended.
 */
int oht_engine_resume(struct oht_engine *e);

/* Copy of the counters. Any context, takes the engine lock. */
void oht_engine_get_stats(struct oht_engine *e, struct oht_engine_stats *stats);

/* Set the counters to zero, those of the units too. Any context, takes the engine lock. */
void oht_engine_reset_stats(struct oht_engine *e);

/* Copy of one histogram. Any context, takes the engine lock. */
void oht_engine_get_histogram(struct oht_engine *e, unsigned int which,
			      struct oht_histogram *histogram);

/* Set all of them to zero. Any context, takes the engine lock. */
void oht_engine_reset_histograms(struct oht_engine *e);

/* The timer's work. Hard interrupt context; takes the engine lock. Only for clocks to call. */
void oht_engine_tick(struct oht_engine *e);

/*
 * The number of the present enable as the gate says, 0: none. Engine lock held. The plan keeps it
 * in @enabled of each transfer that it brings.
 */
static inline u32 oht_engine_enabled(const struct oht_engine *e)
{
	return e->gate.enabled(e->gate.context);
}

/*
 * For the plan (cycle.c), engine lock held: submit @x behind the others of the plan, 0 or the error
 * of oht_engine_submit(); does one wait that is too long for any slack and, with @begin, may begin
 * now in a cycle that is given; go on after a change of oht_engine.slot. The first and the
 * last may call @done of any transfer.
 */
int oht_engine_slot_add(struct oht_engine *e, struct oht_xfer *x);
bool oht_engine_slot_wanted(const struct oht_engine *e, u64 now_ns, bool begin);
void oht_engine_slot_run(struct oht_engine *e, u64 now_ns);

/* Likewise: @x, which waits, goes before what else the plan has brought. */
void oht_engine_slot_hurry(struct oht_engine *e, struct oht_xfer *x);

/* Likewise: an exchange is under way, or a unit may still answer. */
static inline bool oht_engine_slot_is_taken(const struct oht_engine *e)
{
	return e->state != OHT_ENGINE_IDLE && e->state != OHT_ENGINE_GAP;
}

/* Likewise: note which transfer of each class waits for longest. */
void oht_engine_slot_age(struct oht_engine *e, u64 now_ns);

/* Likewise: all that the plan brought to this cycle has ended; a point of the grid has come. */
void oht_engine_slot_left(struct oht_engine *e, u64 now_ns);
void oht_engine_slot_point(struct oht_engine *e);

/* Likewise: note in @start what is in the way of a cycle now. */
void oht_engine_slot_look(const struct oht_engine *e, struct oht_engine_start *start, u64 now_ns);

#endif /* OHT_ENGINE_H */
