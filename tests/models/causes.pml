/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/estop*.c as a model for spin: what stops, what forbids a reset or an enable, and for how
 * long. Each section under estop->lock is one step here, and so is each change of the machine
 * around it; how sections of several CPUs mix, and how the outputs are written, is in estop.pml.
 * Time is counted in periods of the supervision timer. Names are those of the code, oht_estop_
 * dropped.
 *
 * UNREADABLE: a channel may become unreadable and the machine may sleep; the contacts are good then.
 */
#define OHT_ESTOP_STOPPED	0
#define OHT_ESTOP_READY		1
#define OHT_ESTOP_ENABLED	2

#define BUTTON		1
#define DISCREPANCY	2
#define FEEDBACK	4
#define DEADMAN		8
#define SOFTWARE	16
#define CLOSE		32
#define INPUT_ERROR	64
#define SUSPEND		128

#define OHT_LOCKOUT_NONE		0
#define OHT_LOCKOUT_NEEDS_OPEN		1
#define OHT_LOCKOUT_NEEDS_CLOSED	2

/* In periods: more than this many have passed. */
#define WINDOW		1
#define STABLE		1
#define SETTLE		1
#define PERIOD		1	/* of the heartbeat */
#ifdef UNREADABLE
#define DESCRIPTORS	1
#else
#define DESCRIPTORS	2
#endif

/* ---- the machine ---- */
bool a = true, b = true;	/* closed */
#ifdef UNREADABLE
bool mute;			/* channel a cannot be read */
#define contact		output	/* the contacts have a run of their own */
#else
#define mute		false
bool contact;			/* behind the outputs: closed, whatever made it so */
#endif

/* ---- struct oht_estop ---- */
byte state = OHT_ESTOP_STOPPED;
byte causes = SOFTWARE;		/* stands for the cause of the start */
byte first_cause = SOFTWARE;
bool output;			/* both */
byte lockout = OHT_LOCKOUT_NONE;
byte disagree, closed, switched, heartbeat;	/* periods since; one more than matters is for ever */
bool disagree_seen, closed_seen;	/* the first two count */
byte controller;		/* descriptor that has the role; 0: none */
#ifdef UNREADABLE
bool held;			/* it is about to sleep, or sleeps */
#else
#define held		false
#endif

/* ---- what is only there to be proven ---- */
bool due;			/* a period is over, supervision has not run yet */
byte began = SOFTWARE;		/* what the present stop began with */
bool both_open = true;		/* both channels, seen since the last discrepancy */
bool may_leave;			/* the latch is let go of by a reset */

/* What cannot be read counts as open. */
#ifdef MUTANT_UNREADABLE_IS_CLOSED
#define a_read		(a || mute)
#else
#define a_read		(a && !mute)
#endif
#define all_closed	(a_read && b)
#define late		(controller && heartbeat > PERIOD)
#define settled		(switched > SETTLE)
#define count(periods, enough)	periods = (periods > enough -> periods : periods + 1)

inline switch_output(level)
{
	if
	:: output != level -> output = level; switched = 0
	:: else
	fi
}

inline latch(cause)
{
	if
	:: state != OHT_ESTOP_STOPPED -> began = 0
	:: else
	fi;
#ifdef MUTANT_LAST_CAUSE_IS_FIRST
	first_cause = cause;
#else
	if
	:: !causes -> first_cause = cause
	:: else
	fi;
#endif
	began = (began -> began : cause);
	causes = causes | cause;
	state = OHT_ESTOP_STOPPED;
	may_leave = false;
	switch_output(false)
}

inline find(cause)
{
	if
	:: state != OHT_ESTOP_STOPPED || !(causes & cause) -> latch(cause)
	:: else
	fi
}

inline check_agreement()
{
	if
	:: a_read == b ->
		disagree_seen = false;
		both_open = both_open || (!a && !mute);
		if
#ifdef MUTANT_LOCKOUT_ENDS_WHEN_CLOSED
		:: lockout == OHT_LOCKOUT_NEEDS_OPEN && a_read -> lockout = OHT_LOCKOUT_NONE
#endif
#ifdef MUTANT_UNREADABLE_IS_SEEN_OPEN
		:: lockout == OHT_LOCKOUT_NEEDS_OPEN && !a_read -> lockout = OHT_LOCKOUT_NEEDS_CLOSED
#else
		:: lockout == OHT_LOCKOUT_NEEDS_OPEN && !a_read && !mute ->
			lockout = OHT_LOCKOUT_NEEDS_CLOSED
#endif
		:: lockout == OHT_LOCKOUT_NEEDS_CLOSED && a_read -> lockout = OHT_LOCKOUT_NONE
		:: else
		fi
	:: a_read != b && !disagree_seen -> disagree_seen = true; disagree = 0
#ifndef MUTANT_NO_WINDOW
	:: a_read != b && disagree_seen && disagree > WINDOW ->
		lockout = OHT_LOCKOUT_NEEDS_OPEN;
		both_open = false;
		find(DISCREPANCY)
#endif
	:: else
	fi
}

/* Whoever cannot be read is no button. */
#ifdef MUTANT_UNREADABLE_IS_A_BUTTON
#define button_open	(!all_closed)
#else
#define button_open	((!a && !mute) || !b)
#endif

inline check_channels()
{
	if
	:: mute && !all_closed -> find(INPUT_ERROR)
	:: else
	fi;
	if
	:: button_open ->
		/* Somebody has opened a contact, and it was seen. */
		assert((!a && !mute) || !b);
		find(BUTTON)
	:: else
	fi;
	if
	:: !all_closed -> closed_seen = false
	:: all_closed && !closed_seen -> closed_seen = true; closed = 0
	:: else
	fi;
	check_agreement();
	if
#ifndef MUTANT_NO_DEADMAN
	:: late -> find(DEADMAN)
#endif
	:: else
	fi
}

inline check_contacts()
{
	if
#ifdef MUTANT_ONLY_WELDED
	:: contact && !output && settled -> find(FEEDBACK)
#elif !defined(MUTANT_NO_FEEDBACK)
	:: contact != output && settled -> find(FEEDBACK)
#endif
	:: else
	fi
}

inline check()
{
	check_channels();
	check_contacts()
}

/* What forbids a reset now. */
#ifdef MUTANT_STANDING_NOT_STABLE
#define standing_button		button_open
#else
#define standing_button		(button_open || (!mute && (!closed_seen || closed <= STABLE)))
#endif
#ifdef MUTANT_STANDING_WITHOUT_INPUT_ERROR
#define standing_input		false
#else
#define standing_input		mute
#endif
#ifdef MUTANT_STANDING_WHILE_ASLEEP
#define standing_held		false
#else
#define standing_held		held
#endif
#ifdef MUTANT_STANDING_WITHOUT_LOCKOUT
#define standing_discrepancy	false
#else
#define standing_discrepancy	(lockout != OHT_LOCKOUT_NONE)
#endif
#ifdef MUTANT_STANDING_WITHOUT_CONTACT
#define standing_contact	false
#else
#define standing_contact	(contact && !output)
#endif
#ifdef MUTANT_STANDING_WITHOUT_DEADMAN
#define standing_deadman	false
#else
#define standing_deadman	late
#endif
#define standing	(standing_button || standing_discrepancy || standing_contact || standing_deadman || \
			 standing_input || standing_held)

inline reset(who)
{
	if
#ifdef MUTANT_RESET_BY_ANYBODY
	:: true ->
#else
	:: controller == who ->
#endif
		check();
		if
		:: state == OHT_ESTOP_STOPPED && !standing ->
			/* No reset while any cause stands. */
			assert(all_closed && closed_seen && closed > STABLE && !late && !contact && both_open);
			assert(!mute && !held);
			assert(controller == who);
			may_leave = true;
			causes = 0;
			first_cause = 0;
			began = 0;
			state = OHT_ESTOP_READY
		:: else
		fi
	:: else
	fi
}

#ifdef MUTANT_RAISE_ON_CLOSED_CONTACT
#define may_rise	all_closed
#elif defined(MUTANT_ENABLE_DOES_NOT_CHECK)
#define may_rise	(!contact)
#else
#define may_rise	(all_closed && !contact)
#endif
#ifdef MUTANT_ENABLE_BY_ANYBODY
#define may_enable(who)		true
#else
#define may_enable(who)		(controller == who)
#endif
#ifdef MUTANT_ENABLE_WITHOUT_RESET
#define is_ready		(state != OHT_ESTOP_ENABLED)
#else
#define is_ready		(state == OHT_ESTOP_READY)
#endif

inline enable(who)
{
	if
	:: may_enable(who) ->
#ifndef MUTANT_ENABLE_DOES_NOT_CHECK
		check();
#endif
		if
		:: is_ready && may_rise ->
			assert(controller == who);
			/* Only a reset has let go of the latch. */
			assert(may_leave);
			assert(a && !mute && b);
			assert(!contact && !late);
			switch_output(true);
			state = OHT_ESTOP_ENABLED
		:: else
		fi
	:: else
	fi
}

inline disable(who)
{
	if
	:: controller == who && state == OHT_ESTOP_ENABLED ->
		check();
		if
		:: state == OHT_ESTOP_ENABLED -> state = OHT_ESTOP_READY; switch_output(false)
		:: else
		fi
	:: else
	fi
}

inline beat(who)
{
	if
	:: controller == who ->
		if
#ifndef MUTANT_LATE_HEARTBEAT_COUNTS
		:: late -> find(DEADMAN)
#endif
		:: else
		fi;
		assert(!late || state == OHT_ESTOP_STOPPED);
		heartbeat = 0
	:: else
	fi
}

/* Farewell and close stop alike. */
inline drop(who)
{
	if
	:: controller == who ->
#ifndef MUTANT_ROLE_ENDS_WITHOUT_STOP
		latch(CLOSE);
#endif
		controller = 0
	:: else
	fi
}

inline period()
{
#ifndef UNREADABLE
	count(switched, SETTLE);
#endif
	count(heartbeat, PERIOD);
	count(closed, STABLE);
	count(disagree, WINDOW);
	due = true
}

/* The timer. What it leaves behind is what every period may rely on. */
inline supervise()
{
	due = false;
	check();
	assert(!output || (a && !mute && b && !late && (contact || !settled)));
	assert(!mute || (state == OHT_ESTOP_STOPPED && (causes & INPUT_ERROR)));
	assert(a == b || mute || !disagree_seen || disagree <= WINDOW || (causes & DISCREPANCY));
	assert(!settled || contact == output || (state == OHT_ESTOP_STOPPED && (causes & FEEDBACK)))
}

/* True in every state. */
inline always()
{
	assert(!output || (state == OHT_ESTOP_ENABLED && controller));
	assert(state != OHT_ESTOP_ENABLED || output);
	assert(state == OHT_ESTOP_STOPPED || may_leave);
	assert(state == OHT_ESTOP_STOPPED || !causes);
	assert(state != OHT_ESTOP_STOPPED || first_cause == began);
	/* What sleeps is stopped. */
	assert(!held || state == OHT_ESTOP_STOPPED)
}

/* An edge is handled, is lost, or was too short for its level. */
inline edge(channel)
{
	if
	:: channel = !channel; closed_seen = false; check_channels();
#ifdef MUTANT_RELEASE_RESETS
		if
		:: state == OHT_ESTOP_STOPPED && all_closed -> state = OHT_ESTOP_READY; causes = 0; first_cause = 0
		:: else
		fi
#endif
	:: channel = !channel
	:: true -> closed_seen = false; check_channels(); find(BUTTON)
	fi
}

active proctype machine()
{
	byte who;

	do
	:: atomic { edge(a); always() }
	:: atomic { edge(b); always() }
#ifndef UNREADABLE
	:: atomic { contact = !contact; always() }
#else
	:: atomic { mute = !mute; always() }
	/* It is stopped before it sleeps, and so it wakes. */
	:: atomic { !held -> held = true;
#ifndef MUTANT_SLEEPS_ENABLED
		latch(SUSPEND);
#endif
		always() }
	:: atomic { held -> held = false; always() }
#endif
	:: atomic { !due -> period(); always() }
	:: atomic { due -> supervise(); always() }
	:: atomic { select(who : 1 .. DESCRIPTORS);
		if
		:: !controller -> controller = who; heartbeat = 0
		:: true -> reset(who)
		:: true -> enable(who)
		:: true -> disable(who)
		:: true -> beat(who)
		:: true -> drop(who)
		fi;
		always() }
	:: atomic { latch(SOFTWARE); always() }
	od
}
