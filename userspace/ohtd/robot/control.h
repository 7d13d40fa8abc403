/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the control thread's whole state, and the calls between its files.
 * Contexts: control thread only (main thread before it starts and after it has ended). Nothing that
 *           runs in a cycle allocates, locks or logs.
 * Locks:    none.
 *
 * One turn: take what the bus has finished, look at the stop, take commands, and when the grid says
 * so run a cycle: health, facts, state machine, polls, snapshot, and at the very end the heartbeat.
 */
#ifndef OHTD_ROBOT_CONTROL_H
#define OHTD_ROBOT_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "../bus/bus.h"
#include "../main/clock.h"
#include "blocks.h"
#include "link.h"
#include "model.h"
#include "robot.h"
#include "seqlock.h"
#include "states.h"

#define OHTD_CYCLE_MS		25
#define OHTD_UNITS		OHTD_MODULES_MAX	/* unit addresses 1..8 */
#define OHTD_TRANSFERS		16
#define OHTD_FAULTS_MAX		16
#define OHTD_READS_MAX		32
#define OHTD_UNIT_MASTER	1	/* ours by convention, searched all the same */

/* ---- transfers ---- */

enum ohtd_purpose {
	OHTD_PURPOSE_FREE,
	OHTD_PURPOSE_POLL,
	OHTD_PURPOSE_SWEEP,
	OHTD_PURPOSE_IDENTIFY,
	OHTD_PURPOSE_READ,
	OHTD_PURPOSE_TELEGRAM,
};

/* A request on its way. @slack: it is the one that uses the time between cyclic polls. */
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
 * struct ohtd_unit - what is known of one unit address
 * @kind: what it says it is; NULL unknown
 * @plan: how it is polled; NULL when it is not (unknown, unassigned, profile not known yet)
 * @view: published part
 * @values: register values, in the order of @plan->map
 * @published: of @values
 * @dirty: @values differ from what is published
 * @busy: a poll of it is under way
 * @due_ns: when the next poll is due
 * @attempts: failed attempts of the poll that is due
 * @marks: enum ohtd_mark of every register
 * @blocks: requests, cut again when a mark changes
 * @poll_next: next block of @blocks.poll
 * @sweep_next: next block of @blocks.sweep
 * @backoff_ms: between probes of a silent unit
 * @lost_since_ns: when it was lost, 0 when not
 * @escalated: the second loss action has been taken
 */
struct ohtd_unit {
	const struct ohtd_kind *kind;
	const struct ohtd_plan *plan;
	struct ohtd_module_view view;
	struct ohtd_registers values;
	struct ohtd_seqlock published;
	bool dirty;
	bool busy;
	bool escalated;
	uint64_t due_ns;
	unsigned int attempts;
	uint8_t marks[OHTD_REGISTERS_MAX];
	struct ohtd_blocks blocks;
	unsigned int poll_next;
	unsigned int sweep_next;
	uint32_t backoff_ms;
	uint64_t lost_since_ns;
};

/* ---- finding out what a unit is ---- */

enum ohtd_identify_step {
	OHTD_IDENTIFY_ID,
	OHTD_IDENTIFY_TYPE,
	OHTD_IDENTIFY_PROFILE,
};

/**
 * struct ohtd_identify - at most one unit at a time
 * @active: a unit is being asked
 * @full: part of a discovery of all units; @queue holds the rest
 * @polls_wait: nothing else is polled meanwhile (the first discovery, outputs are off)
 */
struct ohtd_identify {
	bool active;
	bool full;
	bool polls_wait;
	uint8_t unit;
	uint8_t step;
	uint8_t attempts;
	uint8_t queue[OHTD_UNITS];
	uint8_t queued;
	uint16_t device_id;
	uint16_t type_code;
	uint64_t started_ns;
	uint32_t runs;		/* completed discoveries */
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
	const struct ohtd_plan *left;	/* whose stop telegrams the device has; NULL: not yet */
};

/* ---- commands under way ---- */

struct ohtd_pending {
	bool used;
	uint8_t link;
	struct ohtd_command command;
};

struct ohtd_read {
	struct ohtd_pending pending;
	bool under_way;
	uint8_t attempts;
};

enum ohtd_enable_step { OHTD_ENABLE_IDLE, OHTD_ENABLE_ZERO, OHTD_ENABLE_OUTPUTS };

/* Switching on: set-points to zero, then outputs. @pending unused: by init (auto_enable). */
struct ohtd_enable {
	enum ohtd_enable_step step;
	struct ohtd_pending pending;
};

/* ---- the rest ---- */

struct ohtd_fault {
	struct ohtd_why why;
	bool standing;
};

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
 * struct ohtd_safety - the stop as the device says it
 * @status: last state read
 * @known: @status is valid
 * @stale: something has happened since
 * @cause_since_ns: by cause, when first seen in this stop
 * @stops: safety events of kind stop since this stop began
 */
struct ohtd_safety {
	struct oht_stop_status status;
	bool known;
	bool stale;
	uint64_t cause_since_ns[OHT_CAUSES_MAX];
	uint64_t last_event_ns;
	uint64_t last_low_ns;
	uint64_t stops;
};

/* Is a loop making progress? @still_ns counts only time in which this thread itself was on time. */
struct ohtd_watch {
	uint64_t progress;
	uint64_t still_ns;
	bool stalled;
};

struct ohtd_control {
	/* constant */
	struct ohtd_model *model;
	struct ohtd_machine machine;
	struct ohtd_bus *bus;
	struct ohtd_clock *clock;
	struct ohtd_link *links;
	uint32_t link_count;
	uint32_t time_factor;
	uint32_t deadman_wish_ms;
	bool auto_enable;
	bool unclean_restart;
	int wake_fd;
	/* shared with others */
	atomic_bool quit;
	_Atomic uint32_t device_epoch;	/* odd: open */
	struct ohtd_seqlock published;
	/* this thread's */
	bool ended;
	uint64_t now_ns;
	uint64_t next_tick_ns;
	uint64_t last_tick_ns;
	enum ohtd_state state;
	uint64_t state_since_ns;
	int64_t facts[OHTD_FACTS_AVAILABLE];
	uint64_t moving_ns;		/* last moment at which movement was seen */
	uint64_t outputs_high_ns;	/* last moment at which an output or feedback was high */
	bool notify;			/* state or stop changed since the last notification */
	struct ohtd_device device;
	struct ohtd_safety safety;
	struct ohtd_unit units[OHTD_UNITS];
	struct ohtd_transfer transfers[OHTD_TRANSFERS];
	struct ohtd_identify identify;
	struct ohtd_telegrams telegrams;
	struct ohtd_enable enable;
	struct ohtd_pending discover;
	struct ohtd_read reads[OHTD_READS_MAX];
	uint32_t read_next;
	bool read_was_last;
	uint32_t sweep_unit;		/* whose turn it is */
	uint64_t swept_cycle;		/* cycle of the last sweep: at most one each */
	struct ohtd_fault faults[OHTD_FAULTS_MAX];
	uint32_t fault_count;
	struct ohtd_watch watches[OHTD_LINKS_MAX];
	struct ohtd_snapshot snapshot;
};

/* control.c */

/* Everything but the constant members is set; opens nothing. 0 or -ENOMEM. */
int ohtd_control_init(struct ohtd_control *control);
void ohtd_control_fini(struct ohtd_control *control);
/* One turn at the present time; runs a cycle when control->next_tick_ns has come. */
void ohtd_control_turn(struct ohtd_control *control);
/* Turns until the shutdown is done. */
void ohtd_control_run(struct ohtd_control *control);
/* Raises an event; false: refused by the state machine, nothing happened. */
bool ohtd_control_raise(struct ohtd_control *control, enum ohtd_event event);

/* device.c */
int ohtd_device_open(struct ohtd_control *control, char *error, size_t error_bytes);
/* Gives the role back if @farewell; everything under way fails. */
void ohtd_device_close(struct ohtd_control *control, bool farewell);
/* The device is gone: close, fault, try again later. */
void ohtd_device_lost(struct ohtd_control *control);
void ohtd_device_retry(struct ohtd_control *control);
/* Takes all events that wait. */
void ohtd_device_reap(struct ohtd_control *control);
/* Heartbeat, at the end of a cycle. */
void ohtd_device_heartbeat(struct ohtd_control *control);

/* transfer.c */

/* Hands a request over; false: it could not be, and nothing will complete. */
bool ohtd_transfer_submit(struct ohtd_control *control, const struct oht_request *request,
			  const struct ohtd_transfer *transfer);
void ohtd_transfer_done(struct ohtd_control *control, const struct oht_reply *reply);
/* Gives up what has been under way for too long; forgets everything when the device is gone. */
void ohtd_transfer_check(struct ohtd_control *control);
void ohtd_transfer_fail_all(struct ohtd_control *control);
bool ohtd_transfer_slack_busy(const struct ohtd_control *control);
/* Wire time of a read with its gaps, without the module's turnaround. */
uint64_t ohtd_transfer_wire_ns(const struct ohtd_control *control, unsigned int words);

/* schedule.c */
void ohtd_schedule_cyclic(struct ohtd_control *control);
void ohtd_schedule_slack(struct ohtd_control *control);

/* units.c */
static inline struct ohtd_unit *ohtd_unit(struct ohtd_control *control, uint8_t unit)
{
	return unit >= 1 && unit <= OHTD_UNITS ? &control->units[unit - 1] : NULL;
}

/* Polled in every cycle, as long as it answers well. */
static inline bool ohtd_unit_every_cycle(const struct ohtd_unit *unit)
{
	return unit->kind->module->poll_period_ms <= OHTD_CYCLE_MS;
}

/* Answer time-out of a unit as it is stretched by the time factor. */
uint32_t ohtd_unit_timeout_us(const struct ohtd_control *control, const struct ohtd_unit *unit);
/* Counts what came of one attempt. */
void ohtd_unit_count(struct ohtd_unit *unit, const struct oht_reply *reply);
/* A poll or sweep has ended. */
void ohtd_unit_polled(struct ohtd_control *control, const struct ohtd_transfer *transfer,
		      const struct oht_reply *reply);
/* A unit has told what it is (kind NULL: unknown type). */
void ohtd_unit_found(struct ohtd_control *control, struct ohtd_unit *unit,
		     const struct ohtd_identify *identify, enum oht_profile profile);
/* A unit did not answer when asked what it is. */
void ohtd_unit_silent(struct ohtd_control *control, struct ohtd_unit *unit);
/* Who is lost, who is back. */
void ohtd_units_check(struct ohtd_control *control);
/* Required modules that are not there, into the fault list. */
void ohtd_units_list_missing(struct ohtd_control *control);
/* The unit that a required module must be at. */
struct ohtd_unit *ohtd_unit_of_kind(struct ohtd_control *control, const struct ohtd_kind *kind);
/* Nobody can be asked any more. */
void ohtd_units_device_gone(struct ohtd_control *control);

/* identify.c */
void ohtd_identify_all(struct ohtd_control *control, bool polls_wait);
void ohtd_identify_unit(struct ohtd_control *control, uint8_t unit);
/* Submits the next step as the slack transfer; false: nothing to do. */
bool ohtd_identify_next(struct ohtd_control *control);
void ohtd_identify_done(struct ohtd_control *control, const struct ohtd_transfer *transfer,
			const struct oht_reply *reply);

/* telegram.c */
void ohtd_telegram_start(struct ohtd_control *control, enum ohtd_telegram telegram);
void ohtd_telegram_next(struct ohtd_control *control);
/* Leaves the stop telegrams with the device, once the drive and its profile are known. */
void ohtd_telegram_leave(struct ohtd_control *control);
void ohtd_telegram_done(struct ohtd_control *control, const struct oht_reply *reply);

/* safety.c */

/* Reads the state of the stop; raises what follows from it. */
void ohtd_safety_refresh(struct ohtd_control *control);
void ohtd_safety_event(struct ohtd_control *control, const struct oht_safety_event *event);
/* Stops the machine by the device, whatever its state; @why becomes the tag. */
void ohtd_safety_stop(struct ohtd_control *control, const struct ohtd_why *why);
/* Outputs off without a latch, or with one if that fails. */
void ohtd_safety_disable(struct ohtd_control *control, uint64_t tag);
/* Opens the latch; 0 or a negative errno, and the reasons. */
int ohtd_safety_reset(struct ohtd_control *control, uint64_t tag, struct ohtd_why_list *why);
int ohtd_safety_enable(struct ohtd_control *control, uint64_t tag, struct ohtd_why_list *why);
/* The device looks for faults of the stop; 0 whatever it found, or a negative errno and why not. */
int ohtd_safety_self_test(struct ohtd_control *control, struct ohtd_why_list *why);
void ohtd_safety_view(const struct ohtd_control *control, struct ohtd_safety_view *view);
/* Stopped for another reason than start or farewell: a person must reset. */
bool ohtd_safety_latched(const struct ohtd_control *control);
/* Channels that read open now, as a mask of causes. */
uint64_t ohtd_safety_open_inputs(const struct ohtd_control *control);
enum ohtd_safety_state ohtd_safety_state(const struct ohtd_control *control);

/* facts.c */
void ohtd_facts_update(struct ohtd_control *control);
/* A signal's value if some module provides it; false: none has been read. */
bool ohtd_signal(const struct ohtd_control *control, enum ohtd_signal signal,
		 struct ohtd_value *value);
/* The same, and it is recent, in range, and its module is not lost. */
bool ohtd_signal_fresh(const struct ohtd_control *control, enum ohtd_signal signal,
		       double *value);
/* Does a module that is there have this signal at all? */
bool ohtd_signal_exists(const struct ohtd_control *control, enum ohtd_signal signal);
bool ohtd_moving(const struct ohtd_control *control);
/* The safety module itself asks for a stop. */
bool ohtd_safety_module_stops(const struct ohtd_control *control);

/* why.c */
void ohtd_why_add(struct ohtd_why_list *list, unsigned int code, uint8_t unit, uint8_t detail);
/* Everything that keeps @event from being accepted now. */
void ohtd_why_event(struct ohtd_control *control, enum ohtd_event event,
		    struct ohtd_why_list *list);
void ohtd_fault_raise(struct ohtd_control *control, const struct ohtd_why *why, bool standing);
void ohtd_fault_settle(struct ohtd_control *control, unsigned int code, uint8_t unit);
void ohtd_faults_clear(struct ohtd_control *control);

/* commands.c */
void ohtd_commands_receive(struct ohtd_control *control);
/* Drives enable and discovery on; drops what is late. */
void ohtd_commands_advance(struct ohtd_control *control);
/* Submits the next read as the slack transfer; false: none waits. */
bool ohtd_commands_read_next(struct ohtd_control *control);
void ohtd_commands_read_done(struct ohtd_control *control, const struct ohtd_transfer *transfer,
			     const struct oht_reply *reply);
/* Answers everything with @code; at shutdown and when the device goes. */
void ohtd_commands_fail_all(struct ohtd_control *control, unsigned int outcome, unsigned int code);

/* publish.c */
void ohtd_publish(struct ohtd_control *control);
void ohtd_publish_registers(struct ohtd_control *control);

#endif
