/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/estop*.c as a model for spin: what stops, what forbids a reset or an enable, and for how
 * long. Each section under estop->lock is one step here, and so is each change of the machine
 * around it; how sections of several CPUs mix, and how the outputs are written, is in estop.pml.
 * Time is counted in periods of the supervision timer. Names are those of the code, oht_estop_
 * dropped.
 *
 * UNREADABLE: a channel may become unreadable and the machine may sleep; the contacts are good then.
 * ALONE: a channel that opens shortly, and the other one does not; likewise. stop_log.pml holds this
 * one against the records of a run of the code: NOTED() is where the code makes one.
 */
#ifndef NOTED
#define NOTED(kind, was)	skip
#define BEGIN			skip
#endif
#define OHT_ESTOP_STOPPED	0
#define OHT_ESTOP_READY		1
#define OHT_ESTOP_ENABLED	2

#ifdef ALONE
#define BUTTON_A	1
#define BUTTON_B	64
#else
#define BUTTON_A	1
#define BUTTON_B	1
#endif
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
#ifdef ALONE
#define STABLE		0	/* shorter than the window */
#else
#define STABLE		1
#endif
#define SETTLE		1
#define PERIOD		1	/* of the heartbeat */
#if defined(UNREADABLE) || defined(ALONE)
#define DESCRIPTORS	1
#else
#define DESCRIPTORS	2
#endif

/* ---- the machine ---- */
bool a = true, b = true;	/* closed */
#ifdef UNREADABLE
bool mute;			/* channel a cannot be read */
#else
#define mute		false
#endif
#if defined(UNREADABLE) || defined(ALONE)
#define contact		output	/* the contacts have a run of their own */
#else
bool contact;			/* behind the outputs: closed, whatever made it so */
#endif

/* ---- struct oht_estop ---- */
byte state = OHT_ESTOP_STOPPED;
byte causes = SOFTWARE;		/* stands for the cause of the start */
byte first_cause = SOFTWARE;
bool output;			/* both */
byte lockout = OHT_LOCKOUT_NONE;
byte disagree, closed, switched, heartbeat;	/* periods since; one more than matters is for ever */
#ifdef ALONE
byte opened_a = WINDOW + 1, opened_b = WINDOW + 1;	/* the same, since each was open last */
bool alone;			/* the two were further apart than the window */
#else
#define alone		false
#endif
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
#ifdef ALONE
bool seen_a, seen_b;		/* open, by level or edge, since the last reset */
#endif
bool may_leave;			/* the latch is let go of by a reset */

hidden byte was, known;		/* for latch() */

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
	was = state;
	known = (causes & cause -> 1 : 0);
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
	switch_output(false);
	if
	:: known == 1
	:: else -> NOTED(1, was)
	fi;
	known = 0;
	was = 0
}

inline find(cause)
{
	if
	:: state != OHT_ESTOP_STOPPED || !(causes & cause) -> latch(cause)
	:: else
	fi
}

#ifdef ALONE
/* By its level, or since it has made an edge. */
inline opened(now_a, now_b)
{
	opened_a = (now_a -> 0 : opened_a);
	opened_b = (now_b -> 0 : opened_b);
	seen_a = seen_a || now_a;
	seen_b = seen_b || now_b;
	if
	:: now_a && now_b -> alone = false
	:: now_a && !now_b -> alone = opened_b > WINDOW
	:: !now_a && now_b -> alone = opened_a > WINDOW
	:: else
	fi
}

inline check_alone()
{
	if
#ifndef MUTANT_SHORT_PRESS_FORGIVEN
	:: alone && opened_a > WINDOW && opened_b > WINDOW ->
		lockout = OHT_LOCKOUT_NEEDS_OPEN;
		both_open = false;
		find(DISCREPANCY)
#endif
	:: else
	fi
}

#else
#define opened(now_a, now_b)	skip
#define check_alone()		skip
#endif

inline check_agreement()
{
	opened(!a && !mute, !b);
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
	fi;
	check_alone()
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
#ifdef ALONE
		if
		:: !a -> find(BUTTON_A)
		:: else
		fi;
		if
		:: !b -> find(BUTTON_B)
		:: else
		fi
#else
		find(BUTTON_A)
#endif
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
#ifdef MUTANT_SHORT_PRESS_FORGIVEN
#define standing_discrepancy	(lockout != OHT_LOCKOUT_NONE)
#else
#define standing_discrepancy	(lockout != OHT_LOCKOUT_NONE || (alone && all_closed))
#endif
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
#ifdef ALONE
			/* Whatever has opened, the other one has opened too. */
			assert(seen_a == seen_b);
			seen_a = false;
			seen_b = false;
#ifndef MUTANT_PRESS_BEFORE_RESET_COUNTS
			opened_a = WINDOW + 1;
			opened_b = WINDOW + 1;
			alone = false;
#endif
#endif
			may_leave = true;
			causes = 0;
			first_cause = 0;
			began = 0;
			state = OHT_ESTOP_READY;
			NOTED(3, OHT_ESTOP_STOPPED)
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
			state = OHT_ESTOP_ENABLED;
			NOTED(4, OHT_ESTOP_READY)
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
		:: state == OHT_ESTOP_ENABLED ->
			state = OHT_ESTOP_READY;
			switch_output(false);
			NOTED(5, OHT_ESTOP_ENABLED)
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
#if !defined(UNREADABLE) && !defined(ALONE)
	count(switched, SETTLE);
#endif
	count(heartbeat, PERIOD);
	count(closed, STABLE);
	count(disagree, WINDOW);
#ifdef ALONE
	count(opened_a, WINDOW);
	count(opened_b, WINDOW);
#endif
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

/* The handler: also an edge whose level reads closed again stops, unless that is known. */
inline handle_edge(is_a)
{
	closed_seen = false;
	opened(is_a, !is_a);
	check_channels();
	if
	:: is_a -> find(BUTTON_A)
	:: !is_a -> find(BUTTON_B)
	fi
}

/* An edge is handled, is lost, or was too short for its level. */
inline edge(channel, is_a)
{
	if
	:: channel = !channel; handle_edge(is_a);
#ifdef MUTANT_RELEASE_RESETS
		if
		:: state == OHT_ESTOP_STOPPED && all_closed -> state = OHT_ESTOP_READY; causes = 0; first_cause = 0
		:: else
		fi
#endif
	:: channel = !channel
	:: true -> handle_edge(is_a)
	fi
}

active proctype machine()
{
	byte who;

	BEGIN;
	do
	:: atomic { edge(a, true); always() }
	:: atomic { edge(b, false); always() }
#if !defined(UNREADABLE) && !defined(ALONE)
	:: atomic { contact = !contact; always() }
#endif
#ifdef UNREADABLE
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
#ifdef OTHER
	:: atomic { latch(OTHER); always() }
	:: log[at] == 0 -> ACCEPTED; break
#endif
	od
}
