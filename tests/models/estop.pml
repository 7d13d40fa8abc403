/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/estop*.c as a model for spin: latch, look at the inputs, and write of each output are steps
 * of their own; the button, its interrupt, the supervision timer, the commands and a panic run on
 * CPUs of their own. Names are those of the code, oht_estop_ dropped.
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

/* ---- struct oht_estop ---- */
bool lock;
byte state = OHT_ESTOP_READY;
bool dead;

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
	atomic { assert(state != OHT_ESTOP_ENABLED); output[0] = false }
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

/* Reads the inputs and draws every conclusion from them. */
inline check(level)
{
	read_inputs(level);
	if
	:: !level && (state != OHT_ESTOP_STOPPED) -> latch()
	:: else
	fi
}

/* The only place where an output goes high. */
inline raise(level, good)
{
	good = false;
	if
	:: state != OHT_ESTOP_STOPPED && level ->
		output[0] = true;
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
		check(level);
#else
		check(level);
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

/* Reads what is there, on another CPU than the interrupt's; also what no edge was reported of. */
active proctype supervise() provided (others_run)
{
	byte periods;
	bool level;

end_supervise:
	do
#ifndef MUTANT_NO_SUPERVISION
	:: (periods < PERIODS || (!closed && state != OHT_ESTOP_STOPPED)) ->
		if
		:: periods < PERIODS -> periods++
		:: else
		fi;
		LOCK;
		check(level);
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
	bool level, good;

end_command:
	do
	:: state == OHT_ESTOP_STOPPED && enables < ENABLES ->
		LOCK;
		check(level);
		if
#ifdef MUTANT_RESET_DOES_NOT_LOOK
		:: true ->
#else
		:: level && state == OHT_ESTOP_STOPPED && !edge ->
#endif
			atomic { assert(level); state = OHT_ESTOP_READY; latched = false }
		:: else
		fi;
		unlock()
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
		:: state == OHT_ESTOP_READY ->
			raise(level, good);
			if
			:: good ->
				atomic { assert(!open_since_rise); state = OHT_ESTOP_ENABLED }
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
	assert(state == OHT_ESTOP_ENABLED || (!output[0] && !output[1]))
}
