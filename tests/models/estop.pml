/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/estop*.c as a model for spin: latch, look at the inputs, and write of each output are steps
 * of their own; the button, its interrupt, the supervision timer, the commands and a panic run on
 * CPUs of their own. Names are those of the code, oht_estop_ dropped.
 *
 * FEEDBACK: there is a contact behind the first output, which is read back. RESET_BUTTON: only that
 * resets. MACHINE: a crash kernel may be loaded, or the watchdog end, at any time.
 */
#define OHT_ESTOP_STOPPED	0
#define OHT_ESTOP_READY		1
#define OHT_ESTOP_ENABLED	2

#ifndef PRESSES
#define PRESSES		2
#endif
#ifndef ENABLES
#define ENABLES		2
#endif
#ifndef PERIODS
#define PERIODS		2	/* of the supervision timer while the button is closed */
#endif

/* ---- the board ---- */
bool closed = true;		/* the button's level */
bool edge;			/* an interrupt of the button is pending */
bool output[2];
bool others_run = true;		/* panic has not stopped the other CPUs */
#ifdef FEEDBACK
bool contact;			/* closed behind output[0] */
bool welded;			/* it never opens again */
bool broken;			/* it never closes again */
bool settled = true;		/* the settle time since the output's last change is over */
#endif
#ifdef MACHINE
bool lacks;			/* of what an enable wants of the computer */
#else
#define lacks	false
#endif
#ifdef RESET_BUTTON
bool line;			/* it is pressed */
bool held_well;			/* when released last: for neither too short nor too long */
bool earned;			/* a press since the last reset was such, from beginning to end */
#endif

/* ---- struct oht_estop ---- */
bool lock;
byte state = OHT_ESTOP_READY;
bool dead;
#ifdef FEEDBACK
bool contacts;			/* as last read */
bool was_settled;		/* when that began */
#endif
#ifdef RESET_BUTTON
bool pressed_before = true;	/* button.pressed: nobody knows at first */
bool known;			/* button.pressed_ns */
#endif

/* ---- what is only there to be proven ---- */
bool cut;			/* a panic has lowered the outputs */
bool latched;			/* since the last reset */
bool pressed;			/* and the interrupt's handler has not ended */
bool open_since_rise;		/* open when the last output rose, and ever since */

#define LOCK	atomic { !lock -> lock = true }

/* What holds whenever the lock is free. */
inline unlock()
{
	atomic {
		/* The latch is set: the outputs are low. */
		assert(dead || state != OHT_ESTOP_STOPPED || (!output[0] && !output[1]));
		/* They are high: it is enabled. */
		assert(dead || (!output[0] && !output[1]) || state == OHT_ESTOP_ENABLED);
		/* What a panic has cut stays cut. */
		assert(!cut || (!output[0] && !output[1]));
		/* Only a reset lets go of it. */
		assert(!latched || state == OHT_ESTOP_STOPPED);
		lock = false
	}
}

/* One look at the level. */
inline read_inputs(level)
{
	level = closed
}

inline lower()
{
	/* Who reads the state without the lock knows of it before the outputs do. */
	atomic {
		assert(state != OHT_ESTOP_ENABLED);
#ifdef FEEDBACK
		settled = settled && !output[0];
#endif
		output[0] = false
	}
#ifndef MUTANT_LOWER_FORGETS_ONE
	output[1] = false
#endif
}

inline latch()
{
#ifdef MUTANT_LATCH_AFTER_OUTPUTS
	lower();
	atomic { state = OHT_ESTOP_STOPPED; latched = true }
#else
	atomic { state = OHT_ESTOP_STOPPED; latched = true }
#ifndef MUTANT_LATCH_FORGETS_OUTPUTS
	lower()
#endif
#endif
}

/* What the edge does. */
inline check_channels(level)
{
	read_inputs(level);
	if
	:: !level && (state != OHT_ESTOP_STOPPED) -> latch()
	:: else
	fi
}

#ifdef FEEDBACK
/* The clock is read before the contact. */
inline check_contacts()
{
#ifdef MUTANT_CONTACT_BEFORE_CLOCK
	contacts = contact;
	was_settled = settled;
#else
	was_settled = settled;
	contacts = contact;
#endif
	if
#ifdef MUTANT_NOBODY_COMPARES
	:: true
#else
	:: was_settled && contacts != output[0] ->
		/* No good contact is ever called a bad one. */
		assert(welded || broken);
		if
		:: state != OHT_ESTOP_STOPPED -> latch()
		:: else
		fi
	:: else
#endif
	fi;
	was_settled = false
}
#define CONTACTS_OPEN	(!contacts)
#ifdef MUTANT_NOBODY_COMPARES
#define DISAGREES	false
#else
#define DISAGREES	(contact != output[0] && settled)
#endif
#else
#define check_contacts()	skip
#define CONTACTS_OPEN	true
#define DISAGREES	false
#endif

#ifdef MUTANT_NOBODY_LOOKS_AT_MACHINE
#define LACK_TO_FIND	false
#else
#define LACK_TO_FIND	(lacks && state == OHT_ESTOP_ENABLED)
#endif
inline check_machine()
{
	if
	:: LACK_TO_FIND -> latch()
	:: else
	fi
}

/* Reads everything that can be read and draws every conclusion from it. */
inline check(level)
{
	check_channels(level);
	check_machine();
	check_contacts()
}

/* Stopped -> ready. */
inline reset(level)
{
	check(level);
	if
#ifdef MUTANT_RESET_DOES_NOT_LOOK
	:: true ->
#else
#ifdef MUTANT_RESET_FORGETS_CONTACTS
	:: level && state == OHT_ESTOP_STOPPED && !edge ->
#else
	:: level && state == OHT_ESTOP_STOPPED && !edge && CONTACTS_OPEN ->
#endif
#endif
		atomic {
			assert(level);
#ifdef FEEDBACK
			assert(!welded);
#endif
#ifdef RESET_BUTTON
			assert(earned);
			earned = false;
#endif
			state = OHT_ESTOP_READY;
			latched = false
		}
	:: else
	fi
}

#ifdef RESET_BUTTON
#ifdef MUTANT_START_COUNTS_AS_PRESS
#define PRESS_KNOWN	true
#else
#define PRESS_KNOWN	known
#endif
/* Debounced: what the line says is what it says for long enough. */
inline poll_button(level)
{
	if
	:: atomic { line && !pressed_before -> pressed_before = true; known = true };
#ifdef MUTANT_RESETS_WHEN_PRESSED
		reset(level)
#endif
	:: atomic { !line && pressed_before && PRESS_KNOWN && held_well ->
			pressed_before = false; known = false };
		reset(level)
	:: atomic { !line && pressed_before && !(PRESS_KNOWN && held_well) ->
			pressed_before = false; known = false }
	:: atomic { line == pressed_before -> skip }
	fi
}
#define BUTTON_MOVED	(line != pressed_before)
#else
#define poll_button(level)	skip
#define BUTTON_MOVED	false
#endif

/* The only place where an output goes high. */
inline raise(level, good)
{
	good = false;
	if
#ifdef MUTANT_RAISE_FORGETS_CONTACTS
	:: state != OHT_ESTOP_STOPPED && level ->
#else
	:: state != OHT_ESTOP_STOPPED && level && CONTACTS_OPEN ->
#endif
#ifdef FEEDBACK
		atomic { assert(!welded); output[0] = true; settled = false };
#else
		output[0] = true;
#endif
		atomic { output[1] = true; open_since_rise = !closed }
#ifdef MUTANT_RAISE_DOES_NOT_LOOK_AGAIN
		good = true;
#else
		read_inputs(level);
		if
#ifdef MUTANT_RAISE_AFTER_PANIC
		:: atomic { level -> good = true }
#else
		:: atomic { level && !dead -> good = true }
#endif
		:: else -> lower()
		fi
#endif
	:: else
	fi
}

/* Both edges; the handler has the lock and may find the level closed again: a glitch stops too. */
active proctype edge_irq() provided (others_run)
{
	bool level;

end_edge:
	do
	:: atomic { edge -> edge = false }
		LOCK;
#ifdef MUTANT_EDGE_BELIEVES_LEVEL
		check_channels(level);
#else
		check_channels(level);
		if
		:: state != OHT_ESTOP_STOPPED -> latch()
		:: else
		fi;
#endif
		/* Whatever was pressed is latched. */
		atomic { assert(!pressed || state == OHT_ESTOP_STOPPED); pressed = pressed && edge }
		unlock()
	od
}

/* An edge of the pulse output says: all is well, as somebody has just seen. */
inline make_pulse(level)
{
	if
#ifdef MUTANT_PULSE_ALL_THE_TIME
	:: true ->
#else
	:: atomic { state == OHT_ESTOP_ENABLED && !dead -> skip };
#endif
		assert(dead || (level && output[0] && output[1]))
	:: else
	fi
}

/* Reads what is there, on another CPU than the interrupt's; also what no edge was reported of. */
active proctype supervise() provided (others_run)
{
	byte periods;
	bool level, lacked;

end_supervise:
	do
#ifndef MUTANT_NO_SUPERVISION
	:: (periods < PERIODS || BUTTON_MOVED ||
	    ((!closed || DISAGREES) && state != OHT_ESTOP_STOPPED)) ->
		if
		:: periods < PERIODS -> periods++
		:: else
		fi;
		LOCK;
		lacked = lacks;
		check(level);
		assert(!lacked || state != OHT_ESTOP_ENABLED);
		make_pulse(level);
		poll_button(level);
		unlock()
#else
	:: false
#endif
	od
}

active proctype button() provided (others_run)
{
	byte presses;

end_button:
	do
	:: atomic { presses < PRESSES ->
		presses++;
		closed = false;
		if
		:: edge = true; pressed = true
		:: true				/* an edge that gets lost */
		fi }
		if
		:: atomic { closed = true; edge = true; open_since_rise = false }
		:: break			/* it stays open */
		fi
	od
}

/* The controller: reset, enable, disable, in any order that the states allow. */
active proctype command() provided (others_run)
{
	byte enables;
	bool level, good, lacked;

end_command:
	do
#ifndef RESET_BUTTON
	:: state == OHT_ESTOP_STOPPED && enables < ENABLES ->
		LOCK;
		reset(level);
		unlock()
#endif
	:: state == OHT_ESTOP_READY && enables < ENABLES ->
		enables++;
#ifdef MUTANT_ENABLE_LOOKS_WITHOUT_LOCK
		check(level);
		LOCK;
		output[0] = level;
		output[1] = level;
		state = (level -> OHT_ESTOP_ENABLED : state);
#else
		LOCK;
		check(level);
		if
#if defined(MACHINE) && !defined(MUTANT_ENABLE_FORGETS_MACHINE)
		:: state == OHT_ESTOP_READY && !lacks ->
			lacked = false;
#else
		:: state == OHT_ESTOP_READY ->
			lacked = lacks;
#endif
			raise(level, good);
			if
			:: good ->
				/* Not of what was lacking before the outputs rose. */
				atomic { assert(!open_since_rise && !lacked); state = OHT_ESTOP_ENABLED }
			:: !good -> check(level)
			fi;
			good = false
		:: else
		fi;
#endif
		unlock()
	:: state == OHT_ESTOP_ENABLED ->
		LOCK;
		check(level);
		if
		:: state == OHT_ESTOP_ENABLED ->
			state = OHT_ESTOP_READY;
			lower()
		:: else
		fi;
		unlock()
	od
}

/* oht_estop_stop(), from any descriptor, once. */
active proctype software() provided (others_run)
{
end_software:
	LOCK;
	latch();
	unlock()
}

#ifdef MACHINE
active proctype maintenance() provided (others_run)
{
end_maintenance:
	lacks = true
}
#endif

#ifdef FEEDBACK
/* It follows unless it is bad, and what is good has followed when it must have. */
active proctype relay() provided (others_run)
{
end_relay:
	do
	:: atomic { contact && !output[0] && !welded -> contact = false }
	:: atomic { !contact && output[0] && !broken -> contact = true }
	:: atomic { contact && !welded && !broken -> welded = true }
	:: atomic { !contact && !welded && !broken -> broken = true }
	:: atomic { !settled && (contact == output[0] || welded || broken) -> settled = true }
	od
}
#endif

#ifdef RESET_BUTTON
/* Released in time or not, stuck for ever, or pressed before anybody looked. */
active proctype reset_button() provided (others_run)
{
	byte presses;
	bool from_start;

	atomic { if :: line = true; from_start = pressed_before :: true fi };
end_reset_button:
	do
	:: atomic { line ->
		line = false;
		if
		:: held_well = true; earned = !from_start
		:: held_well = false
		fi;
		from_start = false }
	:: atomic { !line && presses < 2 && pressed_before == line -> line = true; presses++ }
	od
}
#endif

/* The lock-free end: the other CPUs are stopped wherever they are, or could not be. */
active proctype cut_outputs()
{
#ifdef PANIC
	if
	:: others_run = false
	:: true
	fi;
	atomic { dead = true; state = OHT_ESTOP_STOPPED }
	output[0] = false;
	atomic { output[1] = false; cut = true }
#else
	skip
#endif
}

/* Nothing can move any more. */
active proctype end()
{
	timeout;
	assert(closed || !others_run || state == OHT_ESTOP_STOPPED);
	assert(!dead || (!output[0] && !output[1]));
#ifdef FEEDBACK
	assert(contact == output[0] || !others_run || state == OHT_ESTOP_STOPPED);
#endif
	assert(state == OHT_ESTOP_ENABLED || (!output[0] && !output[1]))
}
