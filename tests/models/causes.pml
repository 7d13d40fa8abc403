/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/estop*.c as a model for spin: what stops, what forbids a reset or an enable, and for how
 * long. Each section under estop->lock is one step here, and so is each change of the machine
 * around it; how sections of several CPUs mix, and how the outputs are written, is in estop.pml.
 * Time is counted in periods of the supervision timer. Names are those of the code, oht_estop_
 * dropped.
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

#define OHT_LOCKOUT_NONE		0
#define OHT_LOCKOUT_NEEDS_OPEN		1
#define OHT_LOCKOUT_NEEDS_CLOSED	2

/* In periods: more than this many have passed. */
#define WINDOW		1
#define STABLE		1
#define SETTLE		1
#define PERIOD		1	/* of the heartbeat */
#define DESCRIPTORS	2

/* ---- the machine ---- */
bool a = true, b = true;	/* closed */
bool contact;			/* behind the outputs: closed, whatever made it so */

/* ---- struct oht_estop ---- */
byte state = OHT_ESTOP_STOPPED;
byte causes = SOFTWARE;		/* stands for the cause of the start */
byte first_cause = SOFTWARE;
bool output;			/* both */
byte lockout = OHT_LOCKOUT_NONE;
byte disagree, closed, switched, heartbeat;	/* periods since; one more than matters is for ever */
bool disagree_seen, closed_seen;	/* the first two count */
byte controller;		/* descriptor that has the role; 0: none */

/* ---- what is only there to be proven ---- */
bool due;			/* a period is over, supervision has not run yet */
byte began = SOFTWARE;		/* what the present stop began with */
bool both_open = true;		/* both channels, seen since the last discrepancy */
bool may_leave;			/* the latch is let go of by a reset */

#define all_closed	(a && b)
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
	:: a == b ->
		disagree_seen = false;
		both_open = both_open || !a;
		if
#ifdef MUTANT_LOCKOUT_ENDS_WHEN_CLOSED
		:: lockout == OHT_LOCKOUT_NEEDS_OPEN && a -> lockout = OHT_LOCKOUT_NONE
#endif
		:: lockout == OHT_LOCKOUT_NEEDS_OPEN && !a -> lockout = OHT_LOCKOUT_NEEDS_CLOSED
		:: lockout == OHT_LOCKOUT_NEEDS_CLOSED && a -> lockout = OHT_LOCKOUT_NONE
		:: else
		fi
	:: a != b && !disagree_seen -> disagree_seen = true; disagree = 0
#ifndef MUTANT_NO_WINDOW
	:: a != b && disagree_seen && disagree > WINDOW ->
		lockout = OHT_LOCKOUT_NEEDS_OPEN;
		both_open = false;
		find(DISCREPANCY)
#endif
	:: else
	fi
}

inline check_channels()
{
	if
	:: !all_closed -> closed_seen = false; find(BUTTON)
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
#define standing_button		(!all_closed)
#else
#define standing_button		(!all_closed || !closed_seen || closed <= STABLE)
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
#define standing	(standing_button || standing_discrepancy || standing_contact || standing_deadman)

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
#else
#define may_rise	(all_closed && !contact)
#endif

inline enable(who)
{
	if
	:: controller == who ->
		check();
		if
		:: state == OHT_ESTOP_READY && may_rise ->
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
	count(switched, SETTLE);
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
	assert(!output || (all_closed && !late && (contact || !settled)));
	assert(a == b || !disagree_seen || disagree <= WINDOW || (causes & DISCREPANCY));
	assert(!settled || contact == output || (state == OHT_ESTOP_STOPPED && (causes & FEEDBACK)))
}

/* True in every state. */
inline always()
{
	assert(!output || (state == OHT_ESTOP_ENABLED && controller));
	assert(state != OHT_ESTOP_ENABLED || output);
	assert(state == OHT_ESTOP_STOPPED || may_leave);
	assert(state == OHT_ESTOP_STOPPED || !causes);
	assert(state != OHT_ESTOP_STOPPED || first_cause == began)
}

/* An edge is handled, is lost, or was too short for its level. */
inline edge(channel)
{
	if
	:: channel = !channel; closed_seen = false; check_channels()
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
	:: atomic { contact = !contact; always() }
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
