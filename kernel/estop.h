/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the emergency stop: its latch, both enable outputs, the journal, the controller role.
 * Contexts: said at each call; stopping works in every one, hard interrupt included.
 * Locks:    estop->lock (raw), held alone: never together with engine->lock or a file's lock.
 */
#ifndef OHT_ESTOP_H
#define OHT_ESTOP_H

#include <linux/atomic.h>
#include <linux/cpuhotplug.h>
#include <linux/gpio/consumer.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/oht.h>
#include <linux/pm_qos.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "agree.h"
#include "histogram.h"
#include "journal.h"
#include "stall.h"
#include "storm.h"

#define OHT_ESTOP_CHANNELS_MAX	2
#define OHT_ESTOP_OUTPUTS	2
#define OHT_ESTOP_JOURNAL	OHT_SAFETY_RECORDS_MAX
#define OHT_ESTOP_CUTS_MAX	4
#define OHT_ESTOP_BANKS_MAX	8	/* of a GPIO chip, each with its interrupt */

/* Heartbeat periods that a controller may ask for. */
#define OHT_DEADMAN_MIN_MS	10
#define OHT_DEADMAN_MAX_MS	10000

struct oht_estop;
struct watchdog_device;

/* What the owner of the stop wants to hear. Called without estop->lock. */
struct oht_estop_ops {
	/* A stop, a further cause, or a stop asked for again: end all motion. Any context but
	 * NMI, interrupts off.
	 */
	void (*stopped)(struct oht_estop *estop);
	/* The journal grew: wake readers. From irq_work, which is a thread on PREEMPT_RT. */
	void (*recorded)(struct oht_estop *estop);
};

/* Values of the device tree; constant after probe. */
struct oht_estop_config {
	u32 deadman_default_ms;
	u32 reset_stable_ms;
	u32 discrepancy_window_ms;
	u32 supervision_period_us;
	u32 cpu_stall_us;
	u32 feedback_settle_ms;
	bool crash_kernel_allowed;
};

/* One of the two that watch one another, each on a CPU of its own. */
struct oht_estop_timer {
	struct hrtimer timer;
	u64 period_ns;
	int cpu;			/* under place_lock; -1: not running */
};

struct oht_estop_channel {
	struct oht_estop *estop;
	struct gpio_desc *gpio;		/* active means closed */
	int irq;
	u32 input;			/* OHT_INPUT_* */
	u32 cause;			/* OHT_CAUSE_BUTTON_* */
	struct oht_storm storm;		/* under estop->lock */
};

/* Read-back of the contacts behind the outputs. */
struct oht_estop_feedback {
	struct gpio_desc *gpio;		/* active means closed: the machine has power */
	u32 input;			/* OHT_INPUT_FEEDBACK_*; one line alone stands for both */
};

/* The reset button, as the supervision timer has seen it. */
struct oht_estop_button {
	struct gpio_desc *gpio;		/* active means pressed; NULL: there is none */
	bool pressed;			/* debounced */
	u64 pressed_ns;			/* since when; 0: released, or not known */
	u64 changing_ns;		/* since when the line says otherwise; 0: it does not */
	u64 before_ns;			/* of the poll before that one */
	u64 polled_ns;
};

/* One lock-free register write that lowers an output when no lock may be taken any more. */
struct oht_estop_cut {
	void __iomem *reg;
	u32 mask;
	u32 value;
};

struct oht_estop {
	/* Constant from probe to removal. */
	unsigned int id;		/* of the device, for the tracepoint; set before init */
	struct device *dev;
	const struct oht_estop_ops *ops;
	struct oht_estop_config config;
	struct oht_estop_channel channel[OHT_ESTOP_CHANNELS_MAX];
	unsigned int channels;
	u32 all_closed;			/* inputs that a healthy button shows */
	struct gpio_desc *enable[OHT_ESTOP_OUTPUTS];
	struct gpio_desc *pulse;	/* toggled while all is well; NULL: there is none */
	struct oht_estop_feedback feedback[OHT_ESTOP_OUTPUTS];
	unsigned int feedbacks;
	struct oht_estop_cut cut[OHT_ESTOP_CUTS_MAX];
	unsigned int cuts;
	struct device_node *watchdog_node;	/* that must count; NULL: none */

	/* By then the plan must be heard of; 0: nothing is awaited. Not under @lock. */
	atomic64_t heard_by_ns;

	/*
	 * Everything from here to the journal belongs to @lock. @state and the three counters after
	 * it are also read without it; @state is written without it by oht_estop_cut_outputs()
	 * only.
	 */
	raw_spinlock_t lock;
	u32 state;			/* enum oht_estop_state */
	u32 halts;			/* times that it was latched or disabled */
	u32 enables;			/* times that it was enabled */
	u32 sessions;			/* times that the role was taken */
	u32 first_cause;
	u64 causes;			/* since the present stop began */
	u64 held;			/* causes that stand until their owner releases them */
	u32 inputs;			/* as last read */
	u32 unreadable;			/* those that failed at the last reading; 0 in @inputs */
	u32 outputs;			/* as last written */
	bool pulse_high;		/* the same */
	u64 switched_ns;		/* when the outputs last changed */
	u32 contacts;			/* OHT_INPUT_FEEDBACK_*, as last read; never by the edge */
	bool contacts_unreadable;	/* one failed at the last reading */
	struct oht_stall stall;		/* when the timers ran last */
	u64 tested_ns;			/* when the self-test ran last; 0: never */
	u32 test_failed;		/* OHT_SELF_TEST_*, of that */
	u64 opened_ns;			/* when all channels were seen open last; 0: never */
	u64 awaited_low_ns;		/* outputs low since; 0: contacts seen open, or high */
	bool dead;			/* cut without the lock: never raise again */
	u32 effects;			/* what is to be done once the lock is dropped */
	u64 since_ns;			/* of the present state */
	u64 latched_ns;			/* the newest stop, also one for a known cause */
	u64 closed_since_ns;		/* 0: not all closed */
	struct oht_agree agree;		/* of two channels */
	struct oht_estop_button button;
	u64 tag;			/* of the last command */
	const struct watchdog_device *watchdog;	/* of watchdog_node; NULL: not known, or gone */
	const void *watchdog_parent;	/* whose driver brings it; only compared */
	const void *controller;		/* descriptor with the role; only compared */
	u32 controller_tgid;
	u64 deadman_ns;
	u64 heartbeat_ns;		/* when it came last */
	OHT_DECLARE_JOURNAL(struct oht_safety_record, OHT_ESTOP_JOURNAL) journal;
	struct oht_histogram to_low;	/* record's event_ns -> low_ns, for stops */

	struct irq_work notify;		/* hard interrupt -> readers and placement */

	/* Supervision: see estop_supervise.c. */
	struct oht_estop_timer timers[OHT_STALL_SIDES];
	struct mutex place_lock;	/* serialises moving the timers */
	bool may_move;			/* another CPU than the interrupt's is there */
	bool misplaced;			/* set by the timers, cleared by the move */
	/* Where channel a's interrupt goes; of a chip with several banks where each bank's does. */
	const struct cpumask *irq_mask[OHT_ESTOP_BANKS_MAX];
	unsigned int irq_masks;		/* 0: not known */
	int irq_cpu;			/* where it was handled last */
	struct work_struct place_work;
	struct hlist_node hotplug;

	/* While enabled no CPU sleeps deeply: waking takes 100 us and more. */
	struct mutex awake_lock;	/* around the request, and around an enable */
	struct pm_qos_request awake;
	bool keeps_awake;		/* the request is there; also read without the lock */
	struct work_struct awake_work;	/* takes it back once nothing is enabled any more */

	/* The driver of the watchdog goes: see estop_machine.c. */
	struct notifier_block platform_nb;
	struct notifier_block amba_nb;

	/* Hooks: see estop_hooks.c. */
	struct notifier_block panic_nb;
	struct notifier_block die_nb;
	struct notifier_block reboot_nb;
	struct notifier_block restart_nb;
	struct notifier_block pm_nb;
};

/* Once per module. Process context. */
int oht_estop_setup(void);
void oht_estop_teardown(void);

/**
 * oht_estop_init() - arm the stop: outputs low, latched with cause start, inputs watched
 * @estop: zeroed memory that lives until oht_estop_exit() has returned
 * @dev: whose device-tree node names the lines
 * @ops: what the owner wants to hear; may be called before this returns
 *
 * Context: process. Source: docs/safety.md.
 * Return: 0, or a negative errno after one line that names the property.
 */
int oht_estop_init(struct oht_estop *estop, struct device *dev,
		   const struct oht_estop_ops *ops);

/* Disarms: afterwards nothing of it runs. Process context, after oht_estop_hold(). */
void oht_estop_exit(struct oht_estop *estop);

/**
 * oht_estop_stop() - lower the outputs and latch
 * @estop: the stop
 * @cause: enum oht_cause
 * @tag: left in this record and in those after it, NULL to keep the last one
 *
 * Context: any but NMI. Takes estop->lock. Never fails.
 */
void oht_estop_stop(struct oht_estop *estop, u32 cause, const u64 *tag);

/* As oht_estop_stop(), and @cause stands, so that no reset is possible, until let go. */
void oht_estop_hold(struct oht_estop *estop, u32 cause);
void oht_estop_let_go(struct oht_estop *estop, u32 cause);

/*
 * By @by_ns a unit whose loss stops must be heard, or the timer of the plan must come; 0: nothing
 * is awaited. Once that time has passed the supervision stops for bus_loss, which stands until a
 * later time is set. Any context, no lock.
 */
static inline void oht_estop_await_bus(struct oht_estop *estop, u64 by_ns)
{
	atomic64_set(&estop->heard_by_ns, by_ns);
}

/**
 * oht_estop_reset() - stopped -> ready
 * @estop: the stop
 * @who: the calling descriptor
 * @tag: of this command
 * @blocking: out: OHT_CAUSE_BIT() mask of what forbids it
 *
 * Context: process. Takes estop->lock.
 * Return: 0, -EPERM, -EREMOTE (there is a reset button), -ECANCELED (not stopped), -EBUSY (a cause
 * stands).
 */
int oht_estop_reset(struct oht_estop *estop, const void *who, u64 tag, u64 *blocking);

/**
 * oht_estop_enable() - ready -> enabled: raise both outputs
 * @estop: the stop
 * @who: the calling descriptor
 * @tag: of this command
 * @blocking: out: OHT_CAUSE_BIT() mask of what forbids it
 *
 * Context: process. Takes estop->lock. Lock rule: latch and inputs are read before the outputs rise
 * and the inputs once more afterwards, all in one section.
 * Return: 0, -EPERM, -ECANCELED (not ready, or a channel opened meanwhile), -EBUSY (the machine
 * does not bring what is required: OHT_CAUSE_WATCHDOG, OHT_CAUSE_KDUMP).
 */
int oht_estop_enable(struct oht_estop *estop, const void *who, u64 tag, u64 *blocking);

/* enabled -> ready, outputs low, no latch. Process. 0, -EPERM, -ECANCELED (not enabled). */
int oht_estop_disable(struct oht_estop *estop, const void *who, u64 tag);

/**
 * oht_estop_take() - become the controller
 * @estop: the stop
 * @who: the calling descriptor
 * @deadman_ms: within what time a heartbeat must follow the one before
 *
 * Context: process. Takes estop->lock.
 * Return: 0, -EBUSY (there is one), -EINVAL (period out of its range).
 */
int oht_estop_take(struct oht_estop *estop, const void *who, u32 deadman_ms);

/* Gives the role back in order: stops with cause farewell. Process. 0 or -EPERM. */
int oht_estop_release(struct oht_estop *estop, const void *who);

/**
 * oht_estop_self_test() - look for faults that no press would show before it is needed
 * @estop: the stop
 * @who: the calling descriptor
 * @failed: out: OHT_SELF_TEST_*; what fails is also cause self_test, which stands until all is well
 *
 * Context: process. Takes estop->lock.
 * Return: 0 (see @failed), -EPERM, -ECANCELED (not stopped), -EBUSY (contacts may still be moving).
 */
int oht_estop_self_test(struct oht_estop *estop, const void *who, u32 *failed);

/* The descriptor has gone: if it was the controller, stops with cause close. Process. */
void oht_estop_forget(struct oht_estop *estop, const void *who);

/* Is @who the controller? It may not be any more once this has returned. Process. */
bool oht_estop_is_controller(struct oht_estop *estop, const void *who);

/* Process. 0 or -EPERM. A heartbeat that comes late stops first, then counts. */
int oht_estop_heartbeat(struct oht_estop *estop, const void *who);

/* Reads the inputs anew, and draws the conclusions. Process. Takes estop->lock. */
void oht_estop_status(struct oht_estop *estop, const void *who, struct oht_estop_status *status);

/**
 * oht_estop_journal_read() - copy the next record of the journal
 * @estop: the stop
 * @seq: in: number of the record wanted, moved on to the oldest one kept, 0 for none; out: the one
 *	after it
 * @record: out
 *
 * Context: process. Takes estop->lock for the copy of one record.
 * Return: true if there was one.
 */
bool oht_estop_journal_read(struct oht_estop *estop, u64 *seq, struct oht_safety_record *record);

/* Number of the newest record, 0 for none. Any context; takes estop->lock. */
u64 oht_estop_journal_seq(struct oht_estop *estop);

/* Copy of how long it took to lower the outputs; the second sets that to zero. Any context. */
void oht_estop_get_to_low(struct oht_estop *estop, struct oht_histogram *histogram);
void oht_estop_reset_to_low(struct oht_estop *estop);

/*
 * oht_estop_session_of(): the session of @who, 0 if it is not the controller. Process. Takes
 * estop->lock. oht_estop_session(): that of the present or last controller. oht_estop_controlled():
 * there is one now. Any context, no lock.
 */
u32 oht_estop_session_of(struct oht_estop *estop, const void *who);
static inline u32 oht_estop_session(const struct oht_estop *estop)
{
	return READ_ONCE(estop->sessions);
}

static inline bool oht_estop_controlled(const struct oht_estop *estop)
{
	return READ_ONCE(estop->controller);
}

/* enum oht_estop_state right now. Any context, no lock. */
static inline u32 oht_estop_state(const struct oht_estop *estop)
{
	/* Pairs with the release in oht_estop_enable_locked(). */
	return smp_load_acquire(&estop->state);
}

/* May the machine move right now? Any context, no lock. */
static inline bool oht_estop_is_enabled(const struct oht_estop *estop)
{
	return oht_estop_state(estop) == OHT_ESTOP_ENABLED;
}

/* In which enable is the machine, counted from 1; 0: in none. Any context, no lock. */
static inline u32 oht_estop_enabled(const struct oht_estop *estop)
{
	return oht_estop_is_enabled(estop) ? READ_ONCE(estop->enables) : 0;
}

/*
 * How often has it been latched or disabled? Any context, no lock. Read after the state said
 * enabled, it counts every stop and DISABLE before that enable; a state that is read afterwards is
 * not older than those.
 */
static inline u32 oht_estop_halts(const struct oht_estop *estop)
{
	/* Pairs with the release in oht_estop_count_halt(). */
	return smp_load_acquire(&estop->halts);
}

#endif /* OHT_ESTOP_H */
