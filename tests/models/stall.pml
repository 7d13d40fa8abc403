/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/stall.h and the two timers of estop_supervise.c as a model for spin: each CPU may handle
 * no interrupts for as long as the model likes; each timer looks at when both ran last. One section
 * under estop->lock is one step. Time is counted in halves of a period. Names are those of the code,
 * oht_stall_ and oht_estop_ dropped.
 */
#define SUPERVISION	0
#define WATCH		1

/* Of both timers; and what counts as a stall. */
#define PERIOD		2
#ifdef MUTANT_LIMIT_OF_ONE_PERIOD
#define LIMIT		(PERIOD)
#else
#define LIMIT		(2 * PERIOD)
#endif
/* What the numbers are to be held against: the limit that is documented. */
#define STALL		(2 * PERIOD)
/* One more than matters is for ever. */
#define EVER		(STALL + 2 * PERIOD)

/* ---- the machine ---- */
byte stuck[2];		/* halves since that CPU handles no interrupts; 0: it does */
byte running[2];	/* halves since it does again */
byte phase[2];		/* of the grids */
bool pending[2];	/* that timer is due */

/* ---- struct oht_estop ---- */
byte age[2];		/* halves since that timer ran */
bool stopped;

/* ---- what is only there to be proven ---- */
bool excuse;		/* a CPU was stuck for more than a period since the last reset */
bool owed[2];		/* it was stuck for longer than the limit, and nothing has stopped yet */

#define count(halves)	halves = (halves >= EVER -> halves : halves + 1)

#ifdef MUTANT_LOOKS_AT_ITSELF_ONLY
#define found(side)	(age[side] > LIMIT)
#elif defined(MUTANT_LOOKS_AT_THE_OTHER_ONLY)
#define found(side)	(age[1 - side] > LIMIT)
#else
#define found(side)	(age[SUPERVISION] > LIMIT || age[WATCH] > LIMIT)
#endif

inline latch()
{
	assert(excuse);
	stopped = true;
	owed[SUPERVISION] = false;
	owed[WATCH] = false
}

inline tick(side)
{
	if
	:: pending[side] && !stuck[side] ->
		pending[side] = false;
#ifdef MUTANT_STAMPS_BEFORE_IT_LOOKS
		age[side] = 0;
#endif
		if
		:: found(side) -> latch()
		:: else
		fi;
		age[side] = 0;
		/* A stall is found at its end, if nobody could see it before. */
		assert(!owed[side])
	:: else
	fi
}

/* Half a period passes for that CPU. */
inline pass(side)
{
	if
	:: count(stuck[side]); running[side] = 0
	:: stuck[side] = 0; count(running[side])
	fi;
	excuse = excuse || stuck[side] > PERIOD;
	owed[side] = owed[side] || (stuck[side] > STALL && !stopped);
	count(age[side]);
	phase[side] = (phase[side] + 1) % PERIOD;
	pending[side] = pending[side] || !phase[side]
}

/* What the other one is there for: it looks once in a period. */
#define unseen(side)	(stuck[side] > STALL + PERIOD && running[1 - side] > PERIOD && !stopped)

active proctype machine()
{
	/* The grids are not in step. */
	if :: phase[WATCH] = 0 :: phase[WATCH] = 1 fi;
end:
	do
	:: atomic {
		pass(SUPERVISION);
		pass(WATCH);
		if
		:: true -> tick(SUPERVISION); tick(WATCH)
		:: true -> tick(WATCH); tick(SUPERVISION)
		fi;
		assert(!unseen(SUPERVISION) && !unseen(WATCH)) }
#ifdef MUTANT_RESET_WHILE_STUCK
	:: atomic { stopped ->
#else
	:: atomic { stopped && age[SUPERVISION] <= LIMIT && age[WATCH] <= LIMIT ->
#endif
		/* No reset while a CPU is stuck. */
		assert(stuck[SUPERVISION] <= STALL && stuck[WATCH] <= STALL);
		stopped = false;
		excuse = stuck[SUPERVISION] > PERIOD || stuck[WATCH] > PERIOD ||
			 age[SUPERVISION] > PERIOD || age[WATCH] > PERIOD }
	od
}
