/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the modules on the wire: what answers at each address, the plan of the bus, and what goes beside it.
 * Contexts: control thread only (main thread before it starts and after it has ended). Nothing here
 *           allocates, locks or logs.
 * Locks:    none.
 *
 * The control thread calls these functions in the order of its turn. What they have to say to it, or
 * to ask, goes by struct ohtd_modules_owner: what the loss of a module does to the robot is decided there.
 */
#ifndef OHTD_MODULES_MODULES_H
#define OHTD_MODULES_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/seqlock.h"
#include "bus/bus.h"
#include "modules/identify.h"
#include "modules/layout.h"
#include "modules/setpoint.h"
#include "robot/blocks.h"
#include "robot/model.h"
#include "robot/profiles.h"
#include "robot/snapshot.h"

struct ohtd_control;

#define OHTD_UNITS		OHTD_MODULES_MAX	/* places of units, each of one address that is searched */
#define OHTD_TRANSFERS		16

/* ---- transfers ---- */

enum ohtd_purpose {
	OHTD_PURPOSE_FREE,
	OHTD_PURPOSE_POLL,
	OHTD_PURPOSE_SWEEP,
	OHTD_PURPOSE_IDENTIFY,
	OHTD_PURPOSE_READ,
	OHTD_PURPOSE_TELEGRAM,
};

/* A request on its way. @slack: this request uses the time that the plan leaves. */
struct ohtd_transfer {
	uint64_t cookie;
	uint64_t submitted_ns;
	uint8_t purpose;
	uint8_t unit;
	bool slack;
	bool cancelled;
	struct ohtd_block block;	/* POLL, SWEEP */
};

/* ---- units ---- */

/**
 * struct ohtd_unit - what is known of one unit address; all but @published is zero in a place without one
 * @kind: what it says it is; NULL unknown
 * @plan: how it is read and written; NULL when it is not (unknown, unassigned, profile not known yet)
 * @view: published part
 * @values: register values, in the order of @plan->map
 * @published: of @values; stays with the place
 * @dirty: @values differ from what is published
 * @firmware: place of that register in @plan->map, -1: none; so is @hardware
 * @busy: a poll of it is under way in the slack
 * @due_ns: when the next poll in the slack is due; only for what is in trouble
 * @attempts: exchanges that failed on end, of the plan and of polls
 * @silences: of these, time-outs
 * @quick_us: how long its answer is waited for at first while it answers well
 * @refused_ns: when registers were last refused, 0: none are
 * @doubted: it has refused registers for long, or has not shown its profile: it is asked once more what it is
 * @undecided_ns: when it was asked last, and had not shown its profile; 0: it has, or a person has set it
 * @hides_outputs: it has refused to show its set-points: signals are read without them
 * @hidden: the block with set-points that it was too busy to show
 * @show_ns: when that is asked for once more, 0: not
 * @mute: it has refused each of its signals, and answered none since
 * @show_next: which of its polled registers it is asked for next while it is lost
 * @marks: enum ohtd_mark of every register
 * @blocks: requests, cut again when a mark changes
 * @poll_next: next block of @blocks.poll
 * @sweep_next: next block of @blocks.sweep
 * @shown_next: the same, where it has a value that would be old soon
 * @asked_ns: when each register was asked for in this way
 * @backoff_ms: between probes of a silent unit
 * @lost_since_ns: when it was lost, 0 when not
 * @escalated: the second loss action has been taken
 * @told_health: health that was published last
 * @health_since_ns: since when it has been that; of degraded, since before short times in which it was well
 * @degraded_since_ns: the same, while it is not degraded
 * @degraded_ns: when it was so last
 * @quarantined: a person has taken it out: it is not asked
 */
struct ohtd_unit {
	const struct ohtd_kind *kind;
	const struct ohtd_plan *plan;
	struct ohtd_module_view view;
	struct ohtd_registers values;
	int firmware, hardware;
	bool dirty;
	bool busy;
	bool escalated;
	bool quarantined;
	uint8_t told_health;
	bool doubted;
	bool hides_outputs;
	bool mute;
	uint64_t due_ns;
	unsigned int attempts;
	unsigned int silences;
	uint32_t quick_us;
	uint64_t refused_ns;
	uint64_t undecided_ns;
	struct ohtd_block hidden;
	uint64_t show_ns;
	unsigned int show_next;
	uint8_t marks[OHTD_REGISTERS_MAX];
	struct ohtd_blocks blocks;
	unsigned int poll_next, sweep_next, shown_next;
	uint64_t asked_ns[OHTD_REGISTERS_MAX];
	uint32_t backoff_ms;
	uint64_t lost_since_ns;
	uint64_t health_since_ns;
	uint64_t degraded_since_ns;
	uint64_t degraded_ns;
	struct ohtd_seqlock published;
};

/* ---- prepared writes ---- */

/* One list at a time; a stop displaces anything else. */
struct ohtd_telegrams {
	bool active;
	bool under_way;
	bool failed;
	uint8_t telegram;
	uint8_t unit;
	uint8_t next;
	uint8_t attempts;
	struct ohtd_why why;	/* why it failed */
	struct ohtd_why unconfirmed;	/* the drive has not confirmed its last stop; code 0: it has */
	uint64_t done_ns[OHTD_TELEGRAMS];	/* when a write of each list was answered last */
	const struct ohtd_plan *left;	/* whose stop telegrams the device has; NULL: not yet */
};

/* ---- all of it ---- */

/**
 * struct ohtd_device - the device as we hold it
 * @open: the bus is open and we are its controller
 * @next_open_ns: when opening is tried again
 * @backoff_ms: until the try after that
 * @bus_dead: the stop works but the port does not take transfers
 */
struct ohtd_device {
	bool open;
	bool bus_dead;
	uint32_t backoff_ms;
	uint64_t next_open_ns;
	struct oht_dev_info info;
	uint32_t deadman_ms;
	char error[OHTD_TEXT_BYTES];
};

/**
 * struct ohtd_modules_owner - what the control thread does and knows, at the moment of the call
 * @raise: a fault stands
 * @settle: its reason has gone
 * @lost: a module is lost, or stays lost, or is not what it was: does what that is to do, where the state lets it
 * @gone: the device went away
 * @next: submits the next exchange of a command as the slack transfer; false: none waits
 * @done: such an exchange has ended
 * @moving: the robot moves
 * @rests: the axis rests and the drive is told nought
 * @cruises: a move keeps its speed for a while, with nothing near in its way
 * @in_motion: the state is one that moves the robot
 * @acts: an action of the state machine waits
 * @dock_awaited: the robot stands, and a command waits for what the dock module says
 * @outputs_stay_off: the outputs are off, and are not being switched on
 * @enabled_ns: when the device was enabled, 0: it is not
 * @look_again: the device has refused an output: its state has changed
 */
struct ohtd_modules_owner {
	void (*raise)(struct ohtd_control *control, const struct ohtd_why *why, bool standing);
	void (*settle)(struct ohtd_control *control, unsigned int code, uint8_t unit);
	void (*lost)(struct ohtd_control *control, const struct ohtd_why *why,
		     enum oht_loss_action action);
	void (*gone)(struct ohtd_control *control);
	bool (*next)(struct ohtd_control *control, bool background);
	void (*done)(struct ohtd_control *control, const struct oht_reply *reply);
	bool (*moving)(const struct ohtd_control *control);
	bool (*rests)(const struct ohtd_control *control);
	bool (*cruises)(const struct ohtd_control *control);
	bool (*in_motion)(const struct ohtd_control *control);
	bool (*acts)(const struct ohtd_control *control);
	bool (*dock_awaited)(const struct ohtd_control *control);
	bool (*outputs_stay_off)(const struct ohtd_control *control);
	uint64_t (*enabled_ns)(const struct ohtd_control *control);
	void (*look_again)(struct ohtd_control *control);
};

/**
 * struct ohtd_modules - the modules as the control thread holds them
 * @owner: what it does and knows
 * @control: it, for @owner; not known here
 * @time_factor: stretches time-outs and loss times
 * @now_ns: time of the present turn
 * @next_tick_ns: when it runs the next cycle
 */
struct ohtd_modules {
	/* constant */
	const struct ohtd_modules_owner *owner;
	struct ohtd_control *control;
	struct ohtd_bus *bus;
	const struct ohtd_model *model;
	uint32_t time_factor;
	/* the control thread's */
	struct ohtd_device *device;
	struct ohtd_snapshot *snapshot;
	uint64_t *next_tick_ns;
	uint64_t now_ns;
	/* of this room */
	struct ohtd_searched searched;
	struct ohtd_profiles set;	/* by a person */
	struct ohtd_profiles kept;	/* of the first sight, where none is set */
	_Atomic uint8_t address[OHTD_UNITS];	/* of each of @units, 0: of none; other threads look, too */
	struct ohtd_unit units[OHTD_UNITS];
	uint32_t forgotten;	/* greatest generation of a unit that is not searched any more */
	unsigned int counted;	/* of @units: whose bytes were asked for last */
	struct ohtd_layout layout;
	struct ohtd_layout wanted;	/* being made */
	uint64_t plan_silent_ns;	/* newest time-out of a slow module in the plan */
	struct ohtd_transfer transfers[OHTD_TRANSFERS];
	struct ohtd_identify identify;
	struct ohtd_telegrams telegrams;
	struct ohtd_setpoints setpoints;
	uint8_t slack_last;		/* enum ohtd_purpose of the last one beside the plan */
	bool swept_last;		/* the last one beside the plan was an overdue signal */
	uint8_t sweeps_due;		/* before a read in the background has its turn */
	uint32_t sweep_unit;		/* whose turn it is */
	uint64_t swept_cycle;		/* cycle of the last sweep: at most one each */
	uint32_t shown_unit;		/* whose turn it is with what telemetry shows */
	uint64_t led_ns;		/* when the axis did not rest last */
	uint64_t take_again_ns;		/* nothing of that takes a cycle before */
	uint64_t position_again_ns;	/* one that was refused is not asked for again before */
};

/* transfer.c */

/* Hands a request over; false: it could not be, and nothing will complete. */
bool ohtd_transfer_submit(struct ohtd_modules *modules, const struct oht_request *request,
			  const struct ohtd_transfer *transfer);
void ohtd_transfer_done(struct ohtd_modules *modules, const struct oht_reply *reply);
/* Gives up what has been under way for too long; forgets everything when the device is gone. */
void ohtd_transfer_check(struct ohtd_modules *modules);
void ohtd_transfer_fail_all(struct ohtd_modules *modules);
/* A poll beside the plan that waits for its cycle has to wait longer: it is made again later. */
void ohtd_transfer_withdraw_poll(struct ohtd_modules *modules);
bool ohtd_transfer_slack_busy(const struct ohtd_modules *modules);

/* schedule.c */
void ohtd_schedule_slack(struct ohtd_modules *modules);

/* searched.c */

/* Which of @modules->units is that address's; -1: it is not searched. Any thread. */
int ohtd_unit_place(const struct ohtd_modules *modules, uint8_t unit);

/* NULL: the address is not searched. */
static inline struct ohtd_unit *ohtd_unit(struct ohtd_modules *modules, uint8_t unit)
{
	int place = ohtd_unit_place(modules, unit);

	return place < 0 ? NULL : &modules->units[place];
}

static inline const struct ohtd_unit *ohtd_unit_seen(const struct ohtd_modules *modules, uint8_t unit)
{
	int place = ohtd_unit_place(modules, unit);

	return place < 0 ? NULL : &modules->units[place];
}

/*
 * These addresses are searched from now on, and these profiles are those that a person has set. What is known of other addresses is
 * forgotten, as if nothing had ever answered there; a search of all begins if the bus is there and something is otherwise than before.
 */
void ohtd_units_search(struct ohtd_modules *modules, const struct ohtd_searched *searched, const struct ohtd_profiles *set);

/* units.c */

/* Polled in every cycle, as long as it answers well. */
static inline bool ohtd_unit_every_cycle(const struct ohtd_unit *unit)
{
	return unit->kind->module->poll_period_ms <= OHTD_CYCLE_MS;
}

/* Function by which one register of a unit is written: OHT_WRITE_SINGLE, or OHT_WRITE_MULTIPLE as its row of modules.csv says. */
uint8_t ohtd_unit_write_function(const struct ohtd_unit *unit);

/* How long it hears nothing behind its own answer. */
uint32_t ohtd_module_rest_us(const struct ohtd_unit *unit);

/* Answer time-out of a unit as it is stretched by the time factor. */
uint32_t ohtd_unit_timeout_us(const struct ohtd_modules *modules, const struct ohtd_unit *unit);
/*
 * The time-out of a first attempt at a request of ours while a plan runs: short enough for the slack
 * when the unit answers well, else as above. A caller without an answer repeats with the other one.
 */
uint32_t ohtd_unit_quick_us(const struct ohtd_modules *modules, const struct ohtd_unit *unit);
/*
 * The time-out of a first question of a search for @words: short enough for the slack of the plan, if
 * the unit usually answers sooner, or if nothing has ever answered there.
 */
uint32_t ohtd_unit_search_us(const struct ohtd_modules *modules, const struct ohtd_unit *unit,
			     unsigned int words);
/* It ended for a reason that says nothing about its unit: enum oht_outcome. */
bool ohtd_outcome_is_void(uint8_t outcome);
/* The one place that decides which exceptions to a read mean "not here": 01 to 04, as modules differ. */
bool ohtd_reply_is_not_here(const struct oht_reply *reply);
/* The unit itself has answered: with values, or with an exception that no gateway made. */
bool ohtd_reply_is_of_unit(const struct oht_reply *reply);
/* Counts what came of one attempt. */
void ohtd_unit_count(struct ohtd_unit *unit, const struct oht_reply *reply);
/* Silent for longer, a unit of a known kind is lost; moving and standing are told apart. */
uint64_t ohtd_unit_loss_ns(const struct ohtd_modules *modules, const struct ohtd_unit *unit);
/* Is it one register, which the unit has refused when it was asked for alone? */
bool ohtd_modules_unit_has_refused(const struct ohtd_unit *unit, const struct ohtd_block *block);
/* Sets when the next poll beside the plan is due, after one that was answered. */
void ohtd_unit_wait(const struct ohtd_modules *modules, struct ohtd_unit *unit);
/* An exchange of the plan has ended at @time_ns, or a poll in the slack. */
void ohtd_unit_polled(struct ohtd_modules *modules, struct ohtd_unit *unit,
		      const struct ohtd_block *block, const struct oht_reply *reply,
		      uint64_t time_ns);
/* A sweep has ended: its failure says nothing about the unit's health. */
void ohtd_unit_swept(struct ohtd_modules *modules, struct ohtd_unit *unit,
		     const struct ohtd_block *block, const struct oht_reply *reply);
/* A unit has told what it is. */
void ohtd_unit_found(struct ohtd_modules *modules, struct ohtd_unit *unit, const struct ohtd_identify *identify);
/* What follows from its profile may be otherwise now; its kind is as before. */
void ohtd_unit_replan(struct ohtd_modules *modules, struct ohtd_unit *unit);
/* A unit answered, and did not say what it is: the unit is there, and stays what it was. */
void ohtd_unit_unnamed(struct ohtd_modules *modules, struct ohtd_unit *unit);
/* A unit did not answer when asked what it is. */
void ohtd_unit_silent(struct ohtd_modules *modules, struct ohtd_unit *unit);
/* Notes the units that are lost, and those that are back. */
void ohtd_units_check(struct ohtd_modules *modules);

/* The device has been opened: tell it which modules need a rest. */
void ohtd_modules_rest(struct ohtd_modules *modules);
/* Required modules that are not there, into the fault list. */
void ohtd_units_list_missing(struct ohtd_modules *modules);
/* The unit that a required module must be at. */
struct ohtd_unit *ohtd_unit_of_kind(struct ohtd_modules *modules, const struct ohtd_kind *kind);
/* The device is gone: no unit can be asked any more. */
void ohtd_units_device_gone(struct ohtd_modules *modules);

/* profiles.c */

/* The profile that is set or kept, which no answer of the module can change; OHTD_SOME_NONE: there is none yet. */
enum ohtd_some_profile ohtd_profile_known(const struct ohtd_modules *modules, const struct ohtd_kind *kind);
/*
 * The unit of that kind, whose address this is, has shown @seen: the profile that it is taken for. Keeps what is seen first; a
 * contradiction becomes a fault, and an agreement ends it.
 */
enum oht_profile ohtd_profile_take(struct ohtd_modules *modules, struct ohtd_unit *unit,
				   const struct ohtd_kind *kind, enum ohtd_some_profile seen);
/* The unit is of no kind that has profiles here, or is not searched any more. */
void ohtd_profile_forget(struct ohtd_modules *modules, struct ohtd_unit *unit);
/* A person has set these. True: some are other ones than before. */
bool ohtd_profiles_set(struct ohtd_modules *modules, const struct ohtd_profiles *set);

/* faults.c */

/* Which modules say that they have a fault, by the values read last: @fault of their views. */
void ohtd_module_faults_look(struct ohtd_modules *modules);

/*
 * The place of a register that says by a value read at @since_ns or later that the robot must not go on; -1: none does. An older value of another
 * register, as one that the module does not give any more, does not hide it.
 */
int ohtd_module_stops_by(const struct ohtd_unit *unit, uint64_t since_ns);

/* identify.c */
void ohtd_identify_all(struct ohtd_modules *modules, bool polls_wait);
void ohtd_identify_unit(struct ohtd_modules *modules, uint8_t unit);
/*
 * A search while nothing can move: the plan is left out, and modules are polled between the questions
 * just often enough not to be lost.
 */
bool ohtd_identify_alone(const struct ohtd_modules *modules);
/* Submits the next step as the slack transfer; false: nothing to do. */
bool ohtd_identify_next(struct ohtd_modules *modules);
void ohtd_identify_done(struct ohtd_modules *modules, const struct ohtd_transfer *transfer,
			const struct oht_reply *reply);

/* telegram.c */
void ohtd_telegram_start(struct ohtd_modules *modules, enum ohtd_telegram telegram);
void ohtd_telegram_next(struct ohtd_modules *modules);
/* Leaves the stop telegrams with the device, once the drive and its profile are known. */
void ohtd_telegram_leave(struct ohtd_modules *modules);
void ohtd_telegram_done(struct ohtd_modules *modules, const struct oht_reply *reply);
/* A register of that list shows another value than the list writes, by a reading from behind its last write. */
bool ohtd_telegram_contradicted(struct ohtd_modules *modules, enum ohtd_telegram telegram);

#endif
