/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world around engine.pml, all of it at once and in every order: descriptors, the timer, the
 * UART, the line, the stop, the controller, unbind. Bounded, so that every run ends.
 */
#ifndef ROUNDS
#define ROUNDS		1	/* submits per transfer */
#endif
#ifndef CHARACTERS
#define CHARACTERS	1	/* that come in from the line, at any time */
#endif
#ifndef PRESSES
#define PRESSES		1
#endif

/* What descriptor @me asks for: 0 a move, 1 a read, 2 another write. */
#ifdef ONE_KIND_EACH
#define KIND(kind)	me == kind
#else
#define KIND(kind)	true
#endif

#include "engine.pml"

bool gone;			/* unbind is through */

/*
 * A function under the lock is one step, but where it looks at the gate: there a stop may come.
 * All else that happens outside meanwhile may as well happen before it or after it.
 */
#define CALL(what, whom)	!gate_read -> lock!what, whom; unlock?result

/* A descriptor: submits, then waits, or gives up; then the memory is its own again. */
proctype user(byte me)
{
	byte round;
	bool result;

	do
	:: atomic { round < ROUNDS && !gate_read ->
		round++;
		if
		:: KIND(0) -> write[me] = true; needs_enabled[me] = true; class[me] = 1
		:: KIND(1) -> class[me] = 2; retries[me] = 1
		:: KIND(2) -> write[me] = true; class[me] = 1
		fi;
		CALL(SUBMIT, me) }
		atomic {
			if
			:: result && !gate_read
			:: !result && !owed[me] && !gate_read
			:: !result && !gate_read -> CALL(CANCEL, me)
			fi;
			/* Nobody may know it any more. */
			assert(xstate[me] == NEW && !owed[me] && cur != me);
			write[me] = false;
			needs_enabled[me] = false;
			class[me] = 0;
			retries[me] = 0;
			attempts[me] = 0;
			came[me] = 0;
			result = false
		}
	:: else -> break
	od
}

/* hrtimer: queued, then running; who starts it while it runs, has it run again. */
active proctype timer()
{
	bool result;

end_timer:
	do
	:: atomic { timer_queued && !timer_running && !gate_read ->
		timer_queued = false;
		timer_running = true;
		due = true }
		atomic { CALL(TICK, 0); assert(!gone); timer_running = false }
	od
}

active proctype line()
{
	byte heard;

end_line:
	do
	:: atomic { heard < CHARACTERS && !fifo && !gate_read -> fifo = true; heard++ }
	od
}

/* The UART: characters, or room in the transmitter, once. */
active proctype uart()
{
	bool room, result;

end_uart:
	do
	:: atomic { irq_on && !gate_read && (fifo || (tx_left && !room)) ->
		room = room || !fifo;
		irq_running = true }
		atomic { CALL(EVENT, 0); assert(!gone); irq_running = false }
	od
}

/* oht_estop_stop(): the latch, then, without estop->lock, oht_engine_abort(). */
inline latch()
{
	is_enabled = false;
	aborted = false;
	wire_doomed = moves;
	k = 0;
	do
	:: k < TRANSFERS -> doomed[k] = owed[k] && MOVES(k); k++
	:: else -> break
	od;
	k = 0
}

inline give_back()
{
	CALL(ABORT, 0);
	aborted = true;
	/* What moves and had been accepted has been given back. */
	do
	:: k < TRANSFERS -> assert(!doomed[k]); k++
	:: else -> break
	od;
	k = 0
}

active proctype estop()
{
	byte k, presses;
	bool result;

end_estop:
	do
	:: atomic { presses < PRESSES -> presses++; latch() }
		atomic { give_back() }
	od
}

#ifdef LOSS
/*
 * The plan with an entry whose loss stops. A transfer may hold the bus for too long; then telegrams delay the exchange as well,
 * until it is heard, when the bus is free. Nothing but the engine bounds how often.
 */
bool lost;

#ifdef MUTANT_LOSS_STOPS_THE_STOPPED
#define LOSS_STOPS	true
#else
#define LOSS_STOPS	is_enabled
#endif
#define HOLDS		(cur != NONE && (cur != TELEGRAM || lost))

active proctype plan()
{
	byte k;
	bool result;

end_plan:
	do
	:: atomic { lost && cur == NONE && !gate_read -> lost = false }
	:: atomic { HOLDS && !lost && !LOSS_STOPS -> lost = true }
	:: atomic { HOLDS && LOSS_STOPS -> lost = true; latch() }
		atomic { give_back() }
	od
}

/*
 * Somebody resets and enables whenever the entry is heard, so that each loss may stop. The number of the enable comes again behind
 * three, and two stops at most are between latch and abort.
 */
active proctype controller()
{
end_controller:
	do
	:: atomic { !is_enabled && !lost -> is_enabled = true; enables = enables % 3 + 1 }
	od
}
#else
/* oht_estop_reset() and oht_estop_enable() by the controller, at any time, once. */
active proctype controller()
{
end_controller:
	atomic { !is_enabled -> is_enabled = true; enables++ }
}
#endif

active proctype unbind()
{
	bool result;

end_bound:
#ifndef UNBIND
	false;
#endif
	/* oht_estop_hold() before it is one more press. */
	atomic { CALL(SHUTDOWN, 0) }
#ifndef MUTANT_SHUTDOWN_DOES_NOT_DRAIN
	/* hrtimer_cancel() */
	atomic { !timer_running && !gate_read -> timer_queued = false };
#endif
	/* free_irq() */
#ifndef MUTANT_SHUTDOWN_LEAVES_IRQ
	atomic { irq_on = false; !irq_running }
#endif
	gone = true
}

/* Nothing can move any more. */
active proctype end()
{
	timeout;
	assert(state == IDLE || state == DEAD);
	assert(!gone || state == DEAD);
	assert(queued == 0 && cur == NONE && !de);
	assert(stop_round == 0 && !owed[TELEGRAM])
}

init {
	byte n;

	atomic {
#ifdef TELEGRAMS
		stop_set = true;
#endif
		do
		:: n < TRANSFERS -> run user(n); n++
		:: else -> break
		od
	}
}
