/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the control thread's whole state, and the calls between its files.
 * Contexts: control thread only (main thread before it starts and after it has ended). Nothing that
 *           runs in a cycle allocates, locks or logs.
 * Locks:    none.
 *
 * One turn: take what the bus has finished, look at the stop, and when the grid says so read the
 * image, look at health and time. All of that only queues events. Then, at one place, events and
 * commands are taken, each with its facts and to its end; then plan, snapshot, and at the very end
 * the heartbeat.
 */
#ifndef OHTD_CONTROL_CONTROL_H
#define OHTD_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/bus.h"
#include "base/clock.h"
#include "robot/event_ring.h"
#include "control/holds.h"
#include "control/lease.h"
#include "control/link.h"
#include "control/travel.h"
#include "control/mode.h"
#include "modules/modules.h"
#include "robot/model.h"
#include "control/motion_limits.h"
#include "control/passage.h"
#include "control/queue.h"
#include "control/unpowered.h"
#include "control/robot.h"
#include "robot/samples.h"
#include "base/seqlock.h"
#include "robot/states.h"
#include "robot/verbs.h"

#define OHTD_FAULTS_MAX		16
#define OHTD_NOTES_MAX		4
#define OHTD_READS_MAX		32
#define OHTD_EVENTS_WAITING_MAX	64

/* ---- commands under way ---- */

/* @lease: number of the provisional lease that it was admitted by, 0: it was not. */
struct ohtd_asked {
	bool used;
	uint8_t link;
	uint32_t lease;
	struct ohtd_command command;
};

/**
 * struct ohtd_read - a command that talks to one module
 * @asked: READ, WRITE or PING
 * @under_way: an exchange of it is on its way
 * @writing: WRITE: not acknowledged yet; afterwards it is read back
 * @attempts: of the present exchange
 * @begun_ns: when it was accepted
 */
struct ohtd_read {
	struct ohtd_asked asked;
	bool under_way;
	bool writing;
	uint8_t attempts;
	uint64_t begun_ns;
};

enum ohtd_enable_step { OHTD_ENABLE_IDLE, OHTD_ENABLE_ZERO, OHTD_ENABLE_SHOWN };

/**
 * struct ohtd_enable - switching on: set-points to zero, read back, then the event that switches outputs on
 * @step: how far it is
 * @asked: unused: by init (auto_enable)
 * @zero_ns: when the drive had acknowledged all zeros
 * @journal_seq: newest entry of the stop's journal when it was begun; it holds for no later one
 */
struct ohtd_enable {
	enum ohtd_enable_step step;
	struct ohtd_asked asked;
	uint64_t zero_ns;
	uint64_t journal_seq;
};

/* A command that is answered once the drive has echoed a set-point that is younger than @since_ns. */
struct ohtd_await {
	struct ohtd_asked asked;
	uint64_t since_ns;
};

/* ---- events ---- */

/**
 * struct ohtd_raised - an event on its way
 * @event: enum ohtd_event
 * @from: state in which it was taken
 * @role: of the request, or OHTD_ROLE_SYSTEM
 * @why: the reason; code OHTD_WHY_NONE without one
 * @tag: of the person's act, 0: by itself
 * @asked: used: the command that is answered with what becomes of the event
 */
struct ohtd_raised {
	uint8_t event;
	uint8_t from;
	uint8_t role;
	struct ohtd_why why;
	uint64_t tag;
	struct ohtd_asked asked;
};

/* Events that wait, the oldest first. @lost: one did not fit; it is taken as a stop. */
struct ohtd_events {
	struct ohtd_raised waiting[OHTD_EVENTS_WAITING_MAX];
	uint32_t count;
	bool lost;
};

/**
 * struct ohtd_steps - the actions of the last event while one of them waits
 * @row: NULL: none waits
 * @waits: index of the action that waits
 * @since_ns: since when
 * @raised: the event
 */
struct ohtd_steps {
	const struct ohtd_row *row;
	uint8_t waits;
	uint64_t since_ns;
	struct ohtd_raised raised;
};

/* ---- the rest ---- */

/**
 * struct ohtd_fault - an entry of the fault list, or a note
 * @why: what it is
 * @standing: its reason is still there
 * @since_ns: since when
 */
struct ohtd_fault {
	struct ohtd_why why;
	bool standing;
	uint64_t since_ns;
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
	struct ohtd_why own_why;	/* of the present stop, if we have asked for it before others have; code 0: not */
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

/* The evidence of a standstill: each moment 0 until there is one. */
struct ohtd_rest {
	uint64_t heard_ns;		/* newest reading of the drive that shows no motion */
	uint64_t shown_ns;		/* so much of the time before it was rest */
	uint64_t low_ns;		/* since when the outputs are seen low, and no motion */
	bool begun;			/* a motion, or high outputs, have been seen in this run */
	bool rolls;			/* a motion has been seen, and no rest since */
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
	uint64_t commands_given;	/* by earlier runs */
	const struct ohtd_life *commands_known;	/* of earlier runs; NULL: none; until ohtd_control_init() ends */
	int wake_fd;
	/* shared with others */
	struct ohtd_limits limits;
	atomic_bool quit;
	atomic_bool leaves;		/* a person has asked for the end; nothing begins any more */
	atomic_bool enabled;		/* it has been idle in this run */
	_Atomic uint32_t device_epoch;	/* odd: open */
	struct ohtd_seqlock published;
	struct ohtd_event_ring event_ring;
	struct ohtd_samples samples;
	/* this thread's */
	bool ended;
	uint64_t now_ns;
	uint64_t next_tick_ns;
	uint64_t last_tick_ns;
	uint64_t points_ns;		/* time of point 0 of the samples; 0: none has been taken */
	uint64_t next_point;		/* the first one that has no sample */
	enum ohtd_state state;
	enum ohtd_mode mode;
	uint64_t state_since_ns;
	bool timed_out;			/* the time-out of this stay has been raised */
	struct ohtd_events events;
	struct ohtd_steps steps;
	int64_t facts[OHTD_FACTS_AVAILABLE];
	struct ohtd_rest rest;
	bool notify;			/* state or stop changed since the last notification */
	struct ohtd_device device;
	struct ohtd_safety safety;
	struct ohtd_modules modules;
	struct ohtd_enable enable;
	struct ohtd_lease lease;
	struct ohtd_travel travel;
	struct ohtd_holds holds;
	struct ohtd_unpowered unpowered;
	struct ohtd_passages passages;
	struct ohtd_queue queue;
	uint64_t interrupted;		/* number of the newest record of what ohtd_robot_interrupts() */
	uint64_t motion_posted_ns;	/* newest time at which a command was posted that has begun or ended motion */
	struct ohtd_await await;
	struct ohtd_asked discover;
	struct ohtd_asked limits_asked;	/* waits for the edge of a cycle */
	struct ohtd_read reads[OHTD_READS_MAX];
	uint32_t read_next;
	struct ohtd_fault faults[OHTD_FAULTS_MAX];
	uint32_t fault_count;
	struct ohtd_fault notes[OHTD_NOTES_MAX];	/* alerts that are no faults, of this stay in the state */
	uint32_t note_count;
	struct ohtd_watch watches[OHTD_LINKS_MAX];
	struct ohtd_sampler sampler;
	struct ohtd_snapshot snapshot;
};

/* control.c */

/* Everything but the constant members is set; opens nothing. 0 or -ENOMEM. */
int ohtd_control_init(struct ohtd_control *control);
void ohtd_control_fini(struct ohtd_control *control);
/* Looks at the clock: everything that follows on this thread happens then. */
void ohtd_control_look_at_clock(struct ohtd_control *control);
/* One turn at the present time; runs a cycle when control->next_tick_ns has come. */
void ohtd_control_turn(struct ohtd_control *control);
/* Turns until the shutdown is done. */
void ohtd_control_run(struct ohtd_control *control);
/* OHTD_COMMAND_RESTART, and what follows when the state machine has taken its event. */
void ohtd_control_ask_end(struct ohtd_control *control, const struct ohtd_asked *asked);
void ohtd_control_leave(struct ohtd_control *control);

/* events.c */

/*
 * Queues an event; it is taken in this turn, behind all others but for a stop, which goes first. The
 * same event for the same reason waits only once. Callable from anywhere on this thread.
 */
void ohtd_event_raise(struct ohtd_control *control, enum ohtd_event event,
		      const struct ohtd_why *why);
/* Only what the machine takes now: no refusal in each cycle. */
void ohtd_event_raise_if_taken(struct ohtd_control *control, enum ohtd_event event,
			       const struct ohtd_why *why);
/* The same for a command; false: the queue is full, nothing was done. */
bool ohtd_event_ask(struct ohtd_control *control, enum ohtd_event event,
		    const struct ohtd_asked *asked);
/* Takes all events and commands that wait, each to its end: the one place where that happens. */
void ohtd_events_take(struct ohtd_control *control);
/* Writes into the ring what has happened; @raised gives event, role, tag and reason. */
void ohtd_event_record(struct ohtd_control *control, enum ohtd_record_kind kind,
		       const struct ohtd_raised *raised, const struct ohtd_phrase *action);
/* What a person has done without an event of the state machine; to be completed and put into the ring. */
struct ohtd_event_record ohtd_event_of_person(const struct ohtd_control *control, enum ohtd_record_kind kind,
					      const struct ohtd_command *by);

/* steps.c */

/* The one table of actions, as ohtd_machine_load() takes it. */
extern const struct ohtd_phrase ohtd_phrases[];

/* Carries the actions of @row out in their order, up to the first that waits. */
void ohtd_steps_begin(struct ohtd_control *control, const struct ohtd_row *row,
		      const struct ohtd_raised *raised);
/* Ends the wait of an action at once; what stands behind it is carried out. */
void ohtd_steps_cut(struct ohtd_control *control);
/* Goes on behind an action whose wait is over. */
void ohtd_steps_advance(struct ohtd_control *control);
/* Asks the device for what it may refuse of @row; 0, or a negative errno and the reasons. */
int ohtd_steps_ask(struct ohtd_control *control, const struct ohtd_row *row,
		   const struct ohtd_raised *raised, struct ohtd_why_list *why);
/* Does an action of @row wait? */
bool ohtd_steps_wait(const struct ohtd_row *row);

/* device.c */
int ohtd_device_open(struct ohtd_control *control, char *error, size_t error_bytes);
/* Gives the role back if @farewell; everything under way fails. */
void ohtd_device_close(struct ohtd_control *control, bool farewell);
/* The device is gone: close, fault, try again later. */
void ohtd_device_lost(struct ohtd_control *control);
/* The device could not be opened, because of @error: try again, each time after a longer pause. */
void ohtd_device_await(struct ohtd_control *control, const char *error);
void ohtd_device_retry(struct ohtd_control *control);
/* Takes all events that wait. */
void ohtd_device_reap(struct ohtd_control *control);
/* Heartbeat, at the end of a cycle. */
void ohtd_device_heartbeat(struct ohtd_control *control);

/* safety.c */

/* Reads the state of the stop; raises what follows from it. */
void ohtd_safety_refresh(struct ohtd_control *control);
void ohtd_safety_event(struct ohtd_control *control, const struct oht_safety_event *event);
/* Stops the machine by the device, whatever its state; @why becomes the tag. */
void ohtd_safety_stop(struct ohtd_control *control, const struct ohtd_why *why);
/*
 * The same, unless we have stopped it already: a module that comes and goes must not have telegrams sent
 * to the drive without end, which take the bus from all others.
 */
void ohtd_safety_stop_for_loss(struct ohtd_control *control, const struct ohtd_why *why);
/* Outputs off without a latch, or with one if that fails. */
void ohtd_safety_disable(struct ohtd_control *control, uint64_t tag);
/* Opens the latch; 0 or a negative errno, and the reasons. */
int ohtd_safety_reset(struct ohtd_control *control, uint64_t tag, struct ohtd_why_list *why);
/* The same for a caller that has read the journal up to @seen: refused after any later entry. */
int ohtd_safety_reset_seen(struct ohtd_control *control, uint64_t tag, uint64_t seen,
			   struct ohtd_why_list *why);
int ohtd_safety_enable(struct ohtd_control *control, uint64_t tag, struct ohtd_why_list *why);
/* The device looks for faults of the stop; 0 whatever it found, or a negative errno and why not. */
int ohtd_safety_self_test(struct ohtd_control *control, struct ohtd_why_list *why);
void ohtd_safety_view(const struct ohtd_control *control, struct ohtd_safety_view *view);
/* Stopped for another reason than start or farewell: a person must reset. */
bool ohtd_safety_latched(const struct ohtd_control *control);
/* Channels that read open now, as a mask of causes. */
uint64_t ohtd_safety_open_inputs(const struct ohtd_control *control);
enum ohtd_safety_state ohtd_safety_state(const struct ohtd_control *control);
/* When the device was enabled, 0: it is not. */
uint64_t ohtd_safety_enabled_ns(const struct ohtd_control *control);

/* facts.c */
void ohtd_facts_update(struct ohtd_control *control);
/* A signal's value if some module provides it; false: none has been read. */
bool ohtd_signal(const struct ohtd_control *control, enum ohtd_signal signal,
		 struct ohtd_value *value);
/* The same, and it is recent, in range, and its module is not lost. */
bool ohtd_signal_fresh(const struct ohtd_control *control, enum ohtd_signal signal,
		       double *value);
/* The module that has this signal; NULL: none. */
const struct ohtd_unit *ohtd_signal_unit(const struct ohtd_control *control, enum ohtd_signal signal);
/* Does a module that is there have this signal at all? */
bool ohtd_signal_exists(const struct ohtd_control *control, enum ohtd_signal signal);
/* Does the robot have this signal? Of a module that has not been found yet, the tables say so: what it has may matter before it speaks. */
bool ohtd_control_has_signal(const struct ohtd_control *control, enum ohtd_signal signal);
/* No standstill is seen: also of a robot of which nothing is known. */
bool ohtd_moving(const struct ohtd_control *control);
/* A reason that rests on one register: its unit, and the signal as detail. OHTD_SIGNALS, or one that no module has: without both. */
void ohtd_control_why_signal(const struct ohtd_control *control, struct ohtd_why_list *list, unsigned int code, unsigned int signal);
/* Why the safety module forbids it, and why the sensors do, with the first signal that shows it. */
void ohtd_control_why_safety_module(const struct ohtd_control *control, struct ohtd_why_list *list);
void ohtd_control_why_sensors(const struct ohtd_control *control, struct ohtd_why_list *list);
/* That it moves, with the module and the signal that show it: a register that is stuck shows it for ever. */
void ohtd_why_add_moving(const struct ohtd_control *control, struct ohtd_why_list *list);
/* The safety module itself asks for a stop. */
bool ohtd_safety_module_stops(const struct ohtd_control *control);
/* Each of its signals that can ask for a stop is recent, whatever it says. */
bool ohtd_safety_module_is_heard(const struct ohtd_control *control);

/* why.c */
void ohtd_why_add(struct ohtd_why_list *list, unsigned int code, uint8_t unit, uint8_t detail);
/* OHTD_WHY_STATE, with the present state. */
void ohtd_why_add_state(const struct ohtd_control *control, struct ohtd_why_list *list);
/* Everything that keeps @event from being accepted now. */
void ohtd_why_event(struct ohtd_control *control, enum ohtd_event event,
		    struct ohtd_why_list *list);
void ohtd_fault_raise(struct ohtd_control *control, const struct ohtd_why *why, bool standing);
void ohtd_fault_settle(struct ohtd_control *control, unsigned int code, uint8_t unit);
void ohtd_faults_clear(struct ohtd_control *control);
/* An alert that is no fault: it ends when the robot leaves its state. */
void ohtd_note_raise(struct ohtd_control *control, unsigned int code);

/* commands.c */

/* Takes the oldest command that waits and begins it; false: none waits. */
bool ohtd_commands_receive(struct ohtd_control *control);
/* Answers the command behind an event. @refused: why it was not accepted, NULL: it was. */
void ohtd_commands_answer(struct ohtd_control *control, const struct ohtd_raised *raised,
			  const struct ohtd_why_list *refused);
/* What the state machine makes of @event is the answer. */
void ohtd_commands_ask(struct ohtd_control *control, const struct ohtd_asked *asked,
		       enum ohtd_event event);
void ohtd_commands_done(struct ohtd_control *control, const struct ohtd_asked *asked);
/* The same for the command of motion with @number. */
void ohtd_commands_done_as(struct ohtd_control *control, const struct ohtd_asked *asked, uint64_t number);
/* Begins to switch on; @asked: the command that is answered at the end, NULL: none. */
void ohtd_enable_begin(struct ohtd_control *control, const struct ohtd_asked *asked);
/* Ends what is being switched on; its command is refused. */
void ohtd_enable_cancel(struct ohtd_control *control);
/* Drives enable and discovery on; drops what is late. */
void ohtd_commands_advance(struct ohtd_control *control);
/* Answers everything with @code; at shutdown and when the device goes. */
void ohtd_commands_fail_all(struct ohtd_control *control, unsigned int outcome, unsigned int code);

/* publish.c */
void ohtd_publish(struct ohtd_control *control);
void ohtd_publish_registers(struct ohtd_control *control);
void ohtd_publish_sample(struct ohtd_control *control);

#endif
