/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/estop_inputs.c and storm.h as a model for spin: a line of the button that storms, its
 * interrupt masked and heard again. Handler, supervision and controller run on CPUs of their own;
 * estop->lock is dropped between deciding and doing. Time is left out: an edge is one too many,
 * and a masked line has been calm for long enough, whenever the model likes.
 *
 * Of the interrupt core: how deep the line is disabled, one pending edge that is kept meanwhile, and
 * one handler at a time.
 */
#define HEARD		0
#define MASKING		1
#define MASKED		2
#define UNMASKING	3

#ifndef EDGES
#define EDGES		5
#endif
#define RESETS		2

/* ---- the machine ---- */
bool closed = true;
bool pending;
byte depth;		/* times that the line is disabled */

/* ---- struct oht_estop ---- */
bool lock;
bool stopped = true;
byte state = HEARD;

/* ---- what is only there to be proven ---- */
bool saw = true;	/* somebody looked since the line opened last */

#define LOCK	atomic { !lock -> lock = true }
#define UNLOCK	atomic { assert(state != HEARD || depth == 0); lock = false }

inline look()
{
	atomic {
		saw = true;
		stopped = stopped || !closed
	}
}

active proctype line()
{
	byte edges;

end_line:
	do
	:: atomic { edges < EDGES ->
		edges++;
		closed = !closed;
		saw = false;
		pending = true }
	od
}

active proctype edge_irq()
{
	bool mask;

end_irq:
	do
	:: atomic { pending && !depth -> pending = false };
		LOCK;
		look();
		stopped = true;
		if
#ifdef MUTANT_COUNTS_WHILE_UNMASKING
		:: state == HEARD || state == UNMASKING -> state = MASKING; mask = true
#else
		:: state == HEARD -> state = MASKING; mask = true
#endif
		:: true
		fi;
		UNLOCK;
		if
		:: mask ->
			mask = false;
			atomic { depth++; assert(depth <= 1) };
			LOCK;
			state = MASKED;
			UNLOCK
		:: else
		fi
	od
}

#ifdef MUTANT_UNMASK_WHILE_MASKING
#define MAY_UNMASK	(state == MASKED || state == MASKING)
#elif defined(MUTANT_STAYS_MASKED)
#define MAY_UNMASK	false
#else
#define MAY_UNMASK	(state == MASKED)
#endif

/* Comes as long as there is something that only it can find. */
active proctype supervise()
{
	bool unmask;

end_supervise:
	do
	:: atomic { !saw || MAY_UNMASK -> skip };
		LOCK;
		look();
		if
		:: MAY_UNMASK ->
			unmask = true;
#ifdef MUTANT_HEARD_TOO_SOON
			state = HEARD
#else
			state = UNMASKING
#endif
		:: true
		fi;
		UNLOCK;
		if
		:: unmask ->
			unmask = false;
			atomic { assert(depth == 1); depth-- };
			LOCK;
			state = HEARD;
			UNLOCK
		:: else
		fi
	od
}

/* Reset, and enabled at once: from now on the interrupt is needed. */
active proctype command()
{
	byte resets;

end_command:
	do
	:: stopped && resets < RESETS ->
		resets++;
		LOCK;
		look();
		if
#ifdef MUTANT_STANDING_WITHOUT_STORM
		:: closed ->
#else
		:: atomic { closed && state == HEARD -> skip };
#endif
			atomic { assert(!depth); stopped = false }
		:: else
		fi;
		UNLOCK
	od
}

/* Nothing can move any more. */
active proctype end()
{
	timeout;
	assert(depth == 0);
	assert(state == HEARD);
	assert(saw);
	assert(closed || stopped)
}
