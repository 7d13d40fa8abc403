/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/estop*.c and cycle.c as a model for spin: outputs of a plan, and a stop or DISABLE whose
 * CPU is held up anywhere, while others reset, enable, set outputs and send. The state and the
 * number of stops and DISABLEs are written under estop->lock and read without it, one after the
 * other; that memory keeps that order is shown by tests/litmus. Neither the abort nor DISABLE
 * forgets outputs. Names are those of the code.
 */
#define OHT_ESTOP_STOPPED	0
#define OHT_ESTOP_READY		1
#define OHT_ESTOP_ENABLED	2

#define STOPS		2
#define DISABLES	1
#define SETS		2
#define TICKS		3

/* ---- struct oht_estop ---- */
bool estop_lock;
byte state = OHT_ESTOP_READY;
byte halts;

/* ---- struct oht_cycle_entry ---- */
bool engine_lock;
bool has_outputs;
byte entry_halts;

/* ---- what is only there to be proven ---- */
byte ends;			/* stops and DISABLEs, counted together with the state */
byte set_at;			/* when the outputs were set */

#define LOCK(which)	atomic { !which -> which = true }
#define UNLOCK(which)	which = false

/* oht_estop_latch() */
active proctype stopper()
{
	byte n;

	do
	:: n < STOPS ->
		n++;
		LOCK(estop_lock);
#ifdef MUTANT_COUNTED_BEFORE_LATCHED
		halts++;
		atomic { state = OHT_ESTOP_STOPPED; ends++ };
#else
		atomic { state = OHT_ESTOP_STOPPED; ends++ };
		halts++;
#endif
		UNLOCK(estop_lock)
	:: else -> break
	od
}

/* oht_estop_disable() */
active proctype disabler()
{
	byte n;

	do
	:: n < DISABLES ->
		n++;
		LOCK(estop_lock);
		if
		:: state == OHT_ESTOP_ENABLED ->
			atomic { state = OHT_ESTOP_READY; ends++ };
#ifndef MUTANT_DISABLE_NOT_COUNTED
			halts++
#endif
		:: else
		fi;
		UNLOCK(estop_lock)
	:: else -> break
	od
}

active proctype controller()
{
end_controller:
	do
	:: atomic { !estop_lock && state == OHT_ESTOP_STOPPED -> state = OHT_ESTOP_READY }
	:: atomic { !estop_lock && state == OHT_ESTOP_READY -> state = OHT_ESTOP_ENABLED }
	od
}

/* oht_cycle_set_outputs() */
active proctype setter()
{
	byte n, counted, began;
	bool refused;

	do
	:: n < SETS ->
		n++;
		LOCK(engine_lock);
#ifdef MUTANT_STATE_BEFORE_COUNT
		atomic { refused = state == OHT_ESTOP_STOPPED; began = ends };
		counted = halts;
#else
		atomic { counted = halts; began = ends };
		refused = state == OHT_ESTOP_STOPPED;
#endif
		if
		:: !refused -> has_outputs = true; entry_halts = counted; set_at = began
		:: else
		fi;
		UNLOCK(engine_lock)
	:: else -> break
	od
}

/* oht_cycle_begin_entry(); that the gate of the engine refuses after another enable is left out. */
active proctype tick()
{
	byte n, counted, seen_at;
	bool may;

	do
	:: n < TICKS ->
		n++;
		LOCK(engine_lock);
#ifdef MUTANT_COUNT_BEFORE_STATE
		counted = halts;
		atomic { may = state == OHT_ESTOP_ENABLED; seen_at = ends };
#else
		atomic { may = state == OHT_ESTOP_ENABLED; seen_at = ends };
		counted = halts;
#endif
		if
#ifdef MUTANT_OUTPUTS_OUTLIVE_STOP
		:: may && has_outputs ->
#else
		:: may && has_outputs && entry_halts == counted ->
#endif
			/*
			 * No stop or DISABLE lies between; one that comes after the look finds it on
			 * the wire.
			 */
			assert(set_at == seen_at)
		:: else
		fi;
		UNLOCK(engine_lock)
	:: else -> break
	od
}
