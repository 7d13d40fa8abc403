/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The robot's state machine (userspace/ohtd/control) together with the kernel's stop as a model for
 * spin. What an event does is state_machine.csv itself (robot_table.pml is made from it); here are
 * the device, the drive and the order in which the control thread looks, queues and takes.
 *
 * The device changes its state at any time: a button is pressed, the daemon dies. The daemon knows
 * what it has looked at last. A word of a guard that is not modelled may be true or not. The drive
 * follows what it was told at any time later, or never: telegrams get lost.
 */
/* enum oht_state */
#define STOPPED		0
#define READY		1
#define ENABLED		2

/* ---- the device ---- */
byte kernel = STOPPED;
bool harmless = true;		/* stopped by start or farewell only */
bool closed = true;

/* ---- the drive ---- */
bool told;			/* the daemon's last word: a speed, or nought */
bool speed;			/* the drive's set-point */
#define DRIVEN		(speed && kernel == ENABLED)
#ifdef MUTANT_ENABLE_WITHOUT_ZERO
#define ZEROED		true
#else
#define ZEROED		(!speed && !told)
#endif

#include "robot_table.pml"

/* ---- the daemon ---- */
byte state = BOOT;
byte event;
byte seen = STOPPED;		/* struct ohtd_safety, as of the last look */
bool seen_latched;
bool seen_closed = true;
bool auto_enable;
bool unclean_restart;
bool waits;			/* struct ohtd_steps */
bool rest_off;			/* "outputs off" stands behind the wait */
bool stop_queued;		/* an estop_triggered waits */
bool ready_queued;		/* disable_command or fault_detected waits, since the device is off */
bool granted;
bool taken;

/* ---- what is only there to be proven ---- */
bool news;			/* the device has changed its state since the last look */
bool acting;			/* between the change of the state and the last action */

/* ---- the device's side ---- */

inline stopped_by(start)
{
	harmless = (start) && (kernel != STOPPED || harmless);
	kernel = STOPPED
}

active proctype button()
{
end_button:
	do
	:: atomic { closed -> closed = false; news = news || kernel != STOPPED || harmless;
		stopped_by(false) }
	:: atomic { !closed -> closed = true }
	od
}

/* Telegrams that have arrived; those that move only while the machine is enabled. */
active proctype wire()
{
end_wire:
	do
	:: atomic { speed && !told -> speed = false }
	:: atomic { !speed && told && kernel == ENABLED -> speed = true }
	od
}

/* ---- what the daemon asks of the device: one call each ---- */

inline latch()
{
	atomic { stopped_by(false); seen = STOPPED; seen_latched = true }
}

inline off()
{
	atomic {
		if
#ifdef MUTANT_OUTPUTS_STAY_ON
		:: true
#else
		:: kernel == ENABLED -> kernel = READY; seen = READY
		:: else
#endif
		fi
	}
}

/* The device wants closed channels for a while: not right behind a press. */
inline ask_reset()
{
	atomic {
		granted = kernel == READY || (kernel == STOPPED && closed && !news);
		if
		:: granted ->
			/* What has stopped the machine is reset only where a person does that. */
			assert(kernel == READY || harmless || state == ESTOP);
			kernel = READY; harmless = false; seen = READY; seen_latched = false
		:: else
		fi
	}
}

inline ask_enable()
{
	atomic {
		granted = kernel == READY && closed;
		if
		:: granted ->
			kernel = ENABLED; seen = ENABLED;
			/* Nothing moves because the outputs go on. */
			assert(!speed)
		:: else
		fi;
#ifdef MUTANT_REFUSAL_IGNORED
		granted = true
#else
		skip
#endif
	}
}

/* The daemon ends in order; the next one begins. */
inline farewell()
{
	atomic {
		stopped_by(true);
		unclean_restart = false;
		waits = false;
		told = false
	}
}

/* ---- steps.c ---- */

inline enter(to)
{
	atomic { acting = true; taken = true; state = to }
}

inline done()
{
	acting = false
}

inline zero()
{
	told = false
}

inline begin_motion()
{
	told = true
}

inline wait(outputs_off)
{
#ifndef MUTANT_STOP_IS_NOT_SENT
	told = false;
#endif
	waits = true;
	rest_off = outputs_off
}

/* What stands behind the wait is done in any case. */
inline cut()
{
	if
	:: waits ->
#ifndef MUTANT_CUT_DROPS_THE_REST
		if
		:: rest_off -> off()
		:: else
		fi;
#endif
		waits = false
	:: else
	fi
}

/* ---- events.c, safety.c ---- */

/* ohtd_safety_refresh(): what the device has done is queued. */
inline look()
{
	atomic {
		seen = kernel;
		seen_closed = closed;
		seen_latched = kernel == STOPPED && (!harmless || !closed);
		news = false;
		if
		:: seen == STOPPED && (OUTPUTS_ON(state) || state == SAFE ||
				       (state == FAULT && seen_latched)) ->
#ifndef MUTANT_STOP_IS_NOT_FOLLOWED
			stop_queued = true
#endif
		:: seen == READY && OUTPUTS_ON(state) -> ready_queued = true
		:: seen == READY && state == ESTOP -> stopped_by(false); seen = STOPPED;
			seen_latched = true
		:: else
		fi
	}
	if
	:: seen == ENABLED && !OUTPUTS_ON(state) && !waits -> off()
	:: else
	fi
}

/* What the table always accepts is not refused by what the model leaves open. */
inline take_certainly()
{
	taken = false;
	do
	:: !taken -> take()
	:: else -> break
	od
}

/* A stop first. */
inline take_stop()
{
	if
	:: stop_queued ->
		event = E_ESTOP_TRIGGERED;
		take_certainly();
		stop_queued = false
	:: else
	fi
}

/* disable_command where the state has it, otherwise a fault. */
inline take_ready()
{
	if
	:: ready_queued ->
		if
		:: state == IDLE || ((state == PAUSED || state == BLOCKED) && !DRIVEN) ->
			event = E_DISABLE_COMMAND
		:: else -> event = E_FAULT_DETECTED
		fi;
		take_certainly();
		ready_queued = false
	:: else
	fi
}

/* Any event of the table: from a person, from motion, from time. */
inline take_any()
{
	atomic { event = 0 };
	do
	:: atomic { event < EVENTS - 1 -> event++ }
	:: break
	od;
	take()
}

/* Killed: the device stops, and the next daemon begins anew. */
inline crash()
{
	atomic {
		stopped_by(false);
		state = BOOT;
		unclean_restart = true;
		waits = false;
		stop_queued = false;
		ready_queued = false;
		told = false
	}
}

active proctype daemon()
{
	if
	:: auto_enable = true
	:: true
	fi;
end_daemon:
	do
	:: look();
		/* init makes the machine ready by itself, unless something has stopped it. */
		if
#ifdef MUTANT_INIT_RESETS_ANYTHING
		:: state == INIT -> ask_reset()
#else
		:: state == INIT && !seen_latched -> ask_reset()
#endif
		:: true
		fi;
		/* ohtd_steps_advance(): a standstill, or the time limit. */
		if
		:: waits && (!DRIVEN || !told) -> cut()
		:: true
		fi;
		take_stop();
		take_ready();
		take_any()
	:: crash()
	od
}

/* ---- what is proven ---- */

/* A stop that the daemon has not looked at yet, or is about to take. */
#define BEHIND	(news || stop_queued || ready_queued || acting)

active proctype monitor()
{
end_monitor:
	do
	/* Outputs on in the robot's state only while they are on in the device's. */
	:: assert(!OUTPUTS_ON(state) || kernel == ENABLED || BEHIND)
	/* No motion where none may be; a controlled stop may still be under way in the other states. */
	:: assert(!DRIVEN || OUTPUTS_ON(state) || waits || acting)
	:: assert(!DRIVEN || (state != ESTOP && state != SAFE && state != CONFIG) || acting)
	/* Where it is, the drive has been told to stop. */
	:: assert(!told || state == MOVE || state == DOCK || acting || BEHIND)
	od
}
