/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/engine*.c as a model for spin: queue, states, timer, way out, way in, cancel, stop, unbind.
 * docs/verification.md says what is left out. Names are those of the code, oht_engine_ dropped.
 *
 * One process, engine(), runs every function that the code runs under engine->lock, for whoever
 * holds it; what happens without the lock (a press, a character, the clock) comes in between. Time
 * is only an order: a deadline that has been armed comes some time, and what it had waited for is
 * then true. All of the environment is bounded, so every run must end: with the engine idle or
 * dead, and everybody answered. A cycle is a state that is never left.
 *
 * -DMUTANT_name breaks it in one place (models.toml).
 *
 * SAW() and NOTE() stand where kernel/trace.h has a tracepoint. Here they are nothing; in log.pml, which
 * holds a run of the code against this, SAW() goes on only if that line is the next one of the log.
 */
#ifndef SAW
#define SAW(what, who, more)
#define NOTE(what)
#endif
#ifndef TRANSFERS
#define TRANSFERS	2
#endif
#define NONE		7
#define SLOTS		(TRANSFERS + 1)
#define TELEGRAM	TRANSFERS	/* e->stop.xfer */
#ifndef STOP_ROUNDS
#define STOP_ROUNDS	1	/* OHT_STOP_ROUNDS */
#endif
#ifndef PIECES
#define PIECES		1	/* in which the port takes the rest of a request */
#endif
#ifndef PUT_BACKS
#define PUT_BACKS	1	/* OHT_PUT_BACKS_MAX */
#endif
#ifndef PASSES
#define PASSES		1	/* OHT_PASSES_MAX */
#endif
#ifndef MAY_POLL
#define MAY_POLL	!polled	/* DRAIN: so often the transmitter may be found busy */
#endif

/* enum oht_engine_state */
#define IDLE		0
#define GAP		1
#define DE_SETUP	2
#define SEND		3
#define DRAIN		4
#define DE_HOLD		5
#define WAIT		6
#define COLLECT		7
#define CUT		8
#define DEAD		9

/* enum oht_xfer_state */
#define NEW		0
#define QUEUED		1
#define ACTIVE		2

/* enum oht_detail; BAD stands for all that is a broken answer */
#define OK		0
#define TIMEOUT		1
#define BAD		2
#define LINE		3
#define TX_STUCK	4
#define CANCELLED	5
#define STOPPED		6
#define GONE		7
#define DEGRADED	8

/* who called: what runs under the lock */
#define SUBMIT		1
#define CANCEL		2
#define ABORT		3
#define EVENT		4
#define TICK		5
#define SHUTDOWN	6

/* what is still to be done under it */
#define NOTHING		0
#define FINISH		1
#define NEXT		2
#define GATE		3
#define EXPIRE		4
#define SETUP		5

/* ---- struct oht_xfer ---- */
byte xstate[SLOTS];
byte class[SLOTS];
byte attempts[SLOTS];		/* only for the log */
byte tries[SLOTS];
byte put_back[SLOTS];
byte retries[SLOTS];
bool write[SLOTS];
bool needs_enabled[SLOTS];
byte came[SLOTS];		/* in which enable it was accepted, 0: in none */

/* ---- struct oht_engine ---- */
byte state = IDLE;
bool armed_generation;		/* is the present generation */
bool armed;
byte queue[SLOTS];		/* as oht_engine_pick() walks it: by class, then by age */
byte queued;
byte passed[4];			/* by class: transfers of the classes above that began while it waited */
byte cur = NONE;
bool moves;
byte tx_left;			/* the port has not taken all: so many pieces are left */
bool rx;			/* something is held that may be an answer */
bool late;			/* somebody may have to wait: for an answer that may still come, for a slot */
bool silent = true;		/* line_free_ns lies behind us */
bool moved;			/* and has been put off since the timer was armed */
bool at_limit;			/* COLLECT: armed for the last possible moment */
bool over;			/* WAIT, COLLECT: reply_deadline_ns lies behind us */
bool polled;			/* DRAIN: the transmitter has been asked before */

/* ---- struct oht_engine_telegrams: one telegram ---- */
bool stop_set;			/* the list is not empty */
byte stop_round;		/* 1.. while some are still to be sent */
bool stop_abandoned;		/* a reply was given up for this stop */
bool stop_answered;		/* the telegram was answered at least once */
bool stop_again;		/* the telegram under way does not serve the last stop */
bool stop_not_before;		/* the one that is queued has to wait for its time */

/* ---- the world ---- */
bool is_enabled = true;		/* estop->state == OHT_ESTOP_ENABLED; read without a lock */
byte enables = 1;		/* estop->enables; the same */
bool de;
bool fifo;			/* characters that nobody has read yet */
bool irq_on = true;
bool irq_running;
bool timer_queued;
bool timer_running;
bool due;			/* deadline_ns lies behind us */

/* ---- engine->lock: taken with what to do for whom, given back with a result ---- */
chan lock = [0] of { byte, byte };
chan unlock = [0] of { bool };
bool gate_read;			/* between the look at the gate and what follows from it */

/* ---- what is only there to be proven ---- */
bool owed[SLOTS];		/* accepted and not yet done */
bool doomed[SLOTS];		/* it moves, and was accepted before a stop that is in force */
bool wire_doomed;		/* the same for the request on the wire */
bool aborted;			/* and that stop's oht_engine_abort() has returned */
bool begun;			/* a transaction has begun in this generation */

#define MOVES(x)	(x != TELEGRAM && (write[x] || needs_enabled[x]))
#define STOP_WAITS	(xstate[TELEGRAM] == QUEUED && !stop_not_before)
#define IS_DUE		(armed && armed_generation && due)
#define DRIVES		(state == DE_SETUP || state == SEND || state == DRAIN || state == DE_HOLD || state == CUT)

/* ---- engine.c: arming, the end of transfers, the choice of the next one ---- */

inline enter(to)
{
	SAW(STATE, bumped, state * 16 + to)
	NOTE(bumped = false)
	state = to
}

inline arm()
{
	armed = true;
	armed_generation = true;
	due = false;
	moved = false;
	timer_queued = true
}

inline disarm()
{
	armed = false;
	due = false;
	timer_queued = false
}

/* generation++; what it is compared with is another one now. */
inline bump()
{
	armed_generation = false;
	NOTE(bumped = true)
	begun = false
}

/* Place @at of the queue. */
inline insert(x, at)
{
	i = queued;
	do
	:: i > at -> queue[i] = queue[i - 1]; i--
	:: else -> break
	od;
	queue[at] = x;
	queued++;
	i = 0
}

/* Behind its class. */
inline add_tail(x)
{
	j = 0;
	do
	:: j < queued && class[queue[j]] <= class[x] -> j++
	:: else -> break
	od;
	if
	:: j == 0 || class[queue[j - 1]] != class[x] -> passed[class[x]] = 0
	:: else
	fi;
	insert(x, j);
	j = 0
}

/* In front of its class. */
inline add_head(x)
{
	j = 0;
	do
	:: j < queued && class[queue[j]] < class[x] -> j++
	:: else -> break
	od;
	if
	:: j == queued || class[queue[j]] != class[x] -> passed[class[x]] = 0
	:: else
	fi;
	insert(x, j);
	j = 0
}

inline unlink(x)
{
	i = 0;
	do
	:: queue[i] != x -> i++
	:: else -> break
	od;
	queued--;
	do
	:: i < queued -> queue[i] = queue[i + 1]; i++
	:: else -> queue[i] = 0; break
	od;
	i = 0
}

inline stop_queue()
{
	xstate[TELEGRAM] = QUEUED;
	NOTE(attempts[TELEGRAM] = 0)
#ifdef MUTANT_TELEGRAM_BEHIND
	class[TELEGRAM] = 1;
#endif
	owed[TELEGRAM] = true;
	add_tail(TELEGRAM);
	SAW(SUBMITTED, TELEGRAM, 0)
}

inline stop_start()
{
	stop_again = false;
	stop_round = 0;
	if
	:: stop_set ->
		stop_round = 1;
		stop_answered = false;
		stop_not_before = false;
		if
		:: stop_abandoned = false
		:: stop_abandoned
		fi;
		stop_queue()
	:: else
	fi
}

inline stop_done(detail)
{
	stop_round++;
	if
	:: detail == OK -> stop_answered = true
	:: else
	fi;
	if
	:: stop_round > STOP_ROUNDS -> stop_not_before = stop_abandoned
	:: else
	fi;
	if
	:: stop_again && detail != GONE -> stop_start()
	:: !(stop_again && detail != GONE) &&
	   (detail == GONE || stop_round > STOP_ROUNDS + (stop_abandoned && !stop_answered)) ->
		stop_round = 0;
		stop_again = false;
		stop_answered = false
	:: else -> stop_queue()
	fi
}

inline complete(x, detail)
{
	assert(owed[x]);		/* once for each accepted submit */
	SAW(DONE, x, attempts[x] * 16 + detail)
	xstate[x] = NEW;
	tries[x] = 0;
	put_back[x] = 0;
	owed[x] = false;
	doomed[x] = false;
	if
	:: x == TELEGRAM -> stop_done(detail)
	:: else
	fi
}

inline drop(x, detail)
{
	unlink(x);
	complete(x, detail)
}

inline resolve(detail)
{
	x = cur;
	cur = NONE;
	if
	:: x == NONE
	:: x != NONE && (detail == OK || tries[x] == retries[x]) -> complete(x, detail)
	:: x != NONE && detail != OK && tries[x] < retries[x] ->
		tries[x]++;
		xstate[x] = QUEUED;
		add_head(x)
	fi;
	x = 0;
	/* The module has failed too often: unit_ended() gives back what waits for it. */
	if
	:: detail != OK && queued > 0 && queue[queued - 1] != TELEGRAM -> x = queue[queued - 1]; drop(x, DEGRADED); x = 0
	:: true
	fi
}

/* Values that nobody looks at again: keeping them would only make more states. */
inline forget()
{
	rx = false;
	at_limit = false;
	over = false;
	polled = false;
	moves = false;
	wire_doomed = false
}

inline finish(detail)
{
#ifndef MUTANT_FINISH_KEEPS_GENERATION
	bump();
#endif
	enter(IDLE);
	resolve(detail);
	forget();
	todo = NEXT
}

#define HAS_TURN(y)	(y != TELEGRAM && passed[class[y]] == PASSES)

/* A telegram, a class that has been passed too often, the others: the first one that need not wait. */
inline pick()
{
	x = NONE;
	skipped = false;
	j = 0;
	do
	:: j < queued && x == NONE ->
		if
#ifndef MUTANT_TELEGRAM_BEHIND
		:: queue[j] == TELEGRAM && !stop_not_before -> x = queue[j]
#endif
#ifndef MUTANT_CLASS_STARVES
		:: HAS_TURN(queue[j]) -> x = queue[j]
#endif
		:: HAS_TURN(queue[j]) && late -> skipped = true; j++
		:: else -> j++
		fi
	:: else -> break
	od;
	j = 0;
	do
	:: j < queued && x == NONE ->
		if
		:: queue[j] != TELEGRAM && !(HAS_TURN(queue[j]) && skipped) -> x = queue[j]
		:: queue[j] != TELEGRAM && late -> j++
		:: queue[j] == TELEGRAM -> j++
		fi
	:: else -> break
	od;
	j = 0
}

/* @x is begun, and is not queued any more. */
inline pass()
{
	passed[class[x]] = 0;
	j = 0;
	do
	:: j < queued && class[queue[j]] > class[x] && x != TELEGRAM &&
	   (j == 0 || class[queue[j]] != class[queue[j - 1]]) ->
		/* Nothing of a class above goes first for ever. */
		assert(passed[class[queue[j]]] < PASSES || skipped);
		if
		:: passed[class[queue[j]]] < PASSES -> passed[class[queue[j]]]++
		:: else
		fi;
		j++
	:: j < queued && !(class[queue[j]] > class[x] && x != TELEGRAM &&
	   (j == 0 || class[queue[j]] != class[queue[j - 1]])) -> j++
	:: else -> break
	od;
	j = 0
}

/* The line does not fall silent: a transfer may have waited long enough, the first one or that of a class that has its turn. */
inline gap_wait()
{
	if
	:: true
	:: queued > 1 || queue[0] != TELEGRAM ->
		/* A telegram waits as long as it takes. */
		x = queue[queue[0] == TELEGRAM];
		j = 0;
#ifndef MUTANT_GAP_FAILS_THE_FIRST
		do
		:: j < queued && !HAS_TURN(queue[j]) -> j++
		:: j < queued && HAS_TURN(queue[j]) -> x = queue[j]; break
		:: else -> break
		od;
		j = 0;
#endif
		unlink(x);
		skipped = false;
		pass();
		complete(x, LINE);
		x = 0
	fi;
#ifndef MUTANT_GAP_NOT_ARMED
	arm()
#endif
}

inline next()
{
	todo = NOTHING;
	if
	:: queued == 0 ->
		enter(IDLE);
		disarm()
	:: else ->
		if
		:: state != GAP -> enter(GAP)
		:: else
		fi;
		/* Time passes while somebody else works. */
		if
		:: !silent
		:: silent = true
		fi;
		if
		:: late = false
		:: late
		fi;
		if
		:: stop_not_before = false
		:: stop_not_before
		fi;
		if
		:: !silent -> gap_wait()
		:: silent ->
			pick();
			if
			:: x == NONE -> arm(); x = 0
			:: else -> todo = GATE
			fi
		fi
	fi
}

inline may_move()
{
#ifdef MUTANT_GATE_FORGETS_STOPS
	open = is_enabled;
#else
	open = is_enabled && came[x] == enables;
#endif
	/* A transfer that was accepted before a stop must not find the gate open after it. */
	assert(!(doomed[x] && open))
}

/* ---- engine_stop.c ---- */

inline stop_begin()
{
	if
	:: state == DEAD
	/* All of the list is still to be sent. */
	:: state != DEAD && stop_round && (stop_round < STOP_ROUNDS ||
	   (stop_round == STOP_ROUNDS && xstate[TELEGRAM] == QUEUED))
	:: state != DEAD && stop_round >= STOP_ROUNDS && xstate[TELEGRAM] != QUEUED ->
		stop_again = true
	:: else ->
		/* Only the repeat for a late reply is left, and it waits: begin anew. */
		if
		:: stop_round -> unlink(TELEGRAM); xstate[TELEGRAM] = NEW; owed[TELEGRAM] = false
		:: else
		fi;
		stop_start()
	fi
}

/* Not its fault: first in its class again, but not for ever. */
inline stop_put_back()
{
	x = cur;
	cur = NONE;
	if
	:: x != NONE && put_back[x] == PUT_BACKS -> complete(x, STOPPED)
	:: x != NONE && put_back[x] < PUT_BACKS ->
#ifndef MUTANT_PUT_BACKS_NOT_COUNTED
		put_back[x]++;
#endif
		xstate[x] = QUEUED;
		add_head(x)
	:: else
	fi;
	x = 0
}

/* An answer has not come, and is not waited for any longer because of a telegram? */
inline stop_give_up()
{
	if
	:: STOP_WAITS -> stop_abandoned = true; stop_put_back(); d = STOPPED
	:: true -> d = TIMEOUT
	fi
}

/* ---- engine_rx.c ---- */

inline expire_wait()
{
	if
	:: late = true; stop_give_up()
	:: d = OK			/* a broadcast: the turnaround delay is over */
	fi;
	todo = FINISH
}

inline skip_frame()
{
	enter(WAIT);
	if
	:: over = true; todo = EXPIRE
#ifdef MUTANT_SKIP_NOT_ARMED
	:: !over
#else
	:: !over -> arm()
#endif
	fi
}

/* An answer, a broken one, or not the answer; without bytes, so nothing stands around it (engine_stray). */
inline conclude()
{
	if
	:: d = OK; todo = FINISH
	:: d = BAD; todo = FINISH
	:: skip_frame()
	fi;
	rx = false
}

inline judge()
{
	if
	:: (state == WAIT || state == COLLECT) && rx ->
		if
		:: enter(COLLECT);
			at_limit = false;
			arm()
		:: conclude()
		fi
	:: state == COLLECT && !rx -> skip_frame()	/* what was held has been dropped as noise */
	:: else
	fi
}

#ifdef MUTANT_FRAME_BEGINS_LATE
#define MAY_BEGIN	true
#else
#define MAY_BEGIN	!over
#endif

/* What was held was noise, and a new frame begins in its place: not for ever. */
inline begin_frame()
{
	assert(!over);
	rx = true;
	at_limit = false
}

inline receive()
{
	if
	:: fifo ->
		fifo = false;
		silent = false;
		moved = state == GAP;
		if
		:: state >= SEND && state <= COLLECT ->
			/* Time passes while characters come. */
			if
			:: state == COLLECT -> over = true
			:: true
			fi;
			if
			:: rx = true	/* in WAIT and before, the first one of a frame */
			:: rx = false	/* our own echo, a click; or noise was held, and this begins nothing */
			:: state == COLLECT && MAY_BEGIN -> begin_frame()
			fi;
			SAW(RX, 0, rx)
		:: else ->
			SAW(RX, 0, 0)
		fi;
		judge()
	:: else
	fi
}

inline rx_expire()
{
	if
	:: state == WAIT -> expire_wait()
#ifdef MUTANT_COLLECT_NOT_ARMED
	:: state == COLLECT && !at_limit -> at_limit = true
#else
	:: state == COLLECT && !at_limit -> at_limit = true; arm()
#endif
	:: state == COLLECT -> conclude()	/* or earlier, if it is sound */
	fi
}

/* ---- engine_tx.c ---- */

inline tx()
{
	assert(de);
	/* After a stop nothing that moves is put on the wire. */
	assert(!(aborted && wire_doomed));
	SAW(TX, cur, tx_left > 0)
}

inline send()
{
	/* Asked immediately before the first character. */
	assert(cur != NONE && (!needs_enabled[cur] || open));
	enter(SEND);
	NOTE(if :: cur != NONE -> attempts[cur]++ :: else fi)
	if
	:: tx_left = 0
	:: tx_left = PIECES
	fi;
	tx();
	arm()
}

/* Set-up is over: asked again, since the world has gone on. */
inline call_off()
{
	de = false;
	bump();
	x = cur;
	cur = NONE;
	enter(IDLE);
	forget();
	todo = NEXT
}

inline setup_end()
{
	/* A long set-up: it has been silent again since. */
	if
	:: !silent
	:: silent = true
	fi;
	if
	:: cur == NONE -> call_off()
	:: cur != NONE && needs_enabled[cur] && !open ->
		call_off();
		complete(x, STOPPED)
	/* Characters were heard; too often, and they are those of our own driver. */
	:: cur != NONE && (!needs_enabled[cur] || open) && !silent ->
		call_off();
		xstate[x] = QUEUED;
		add_head(x)
	:: cur != NONE && (!needs_enabled[cur] || open) ->
		todo = NOTHING;
		send()
	fi;
	x = 0;
	open = false
}

inline begin()
{
	assert(xstate[x] == QUEUED && cur == NONE);
	assert(!needs_enabled[x] || open);
	/* A transaction has a generation of its own. */
	assert(!begun);
	begun = true;
	xstate[x] = ACTIVE;
	cur = x;
	moves = MOVES(x);
	wire_doomed = doomed[x];
	/* A telegram overtakes everything. */
	assert(x == TELEGRAM || !STOP_WAITS);
	rx = false;
	polled = false;
	de = true;
	if
	:: send()			/* de_setup_ns == 0 */
	:: enter(DE_SETUP);
#ifndef MUTANT_DE_SETUP_NOT_ARMED
		arm()
#endif
	fi
}

inline feed()
{
	if
	:: true			/* no room */
	:: tx_left = 0;
		tx();
		enter(SEND);
		arm()
	:: tx_left > 1 ->
		tx_left--;
		tx();
		enter(SEND);
		arm()
	fi
}

inline release()
{
#ifndef MUTANT_DE_STAYS_ON
	de = false;
#endif
	enter(WAIT);
	silent = false;
	over = false;
	arm();
	judge()
}

inline sent()
{
	if
	:: true
	:: rx = false			/* rx_drop_noise() */
	fi;
	if
	:: release()
	:: enter(DE_HOLD); arm()
	fi
}

inline cut()
{
#ifndef MUTANT_CUT_KEEPS_GENERATION
	bump();
#endif
	enter(CUT);
	tx_left = 0;
	arm()
}

inline drain()
{
	enter(DRAIN);
	if
	:: tx_left -> feed()
	:: else
	fi;
	if
	:: state == SEND
	:: state == DRAIN && !tx_left -> sent()
	:: state == DRAIN && MAY_POLL -> polled = true; arm()
	:: state == DRAIN && polled ->
		resolve(TX_STUCK);
		cut()
	fi
}

inline cut_end()
{
	de = false;
	silent = false;
	enter(IDLE);
	forget();
	todo = NEXT
}

inline tx_expire()
{
	if
#ifdef MUTANT_SETUP_NOT_ASKED
	:: state == DE_SETUP -> send()
#else
	:: state == DE_SETUP -> todo = SETUP
#endif
	:: state == SEND || state == DRAIN -> drain()
	:: state == DE_HOLD -> release()
	:: state == CUT -> cut_end()
	:: else
	fi
}

inline make_way()
{
	if
#ifdef MUTANT_ABORT_CUTS_ONLY_SEND
	:: (STOP_WAITS || moves) && (state == DE_SETUP || state == SEND && tx_left) ->
#else
	:: (STOP_WAITS || moves) && (state == DE_SETUP || (state == SEND || state == DRAIN) && tx_left) ->
#endif
#ifdef MUTANT_ABORT_CUTS_ONLY_OWNED
		if
		:: owned -> cut()
		:: else
		fi
#else
#ifndef MUTANT_ABORT_DOES_NOT_CUT
		stop_put_back();
		cut()
#endif
#endif
	:: (STOP_WAITS || moves) && (state == SEND || state == DRAIN) && !tx_left ->
		if
		:: stop_put_back(); cut()
		:: true			/* the last character leaves in any case */
		fi
	:: else
	fi;
	if
	:: STOP_WAITS && (state == IDLE || state == GAP) -> todo = NEXT
	:: STOP_WAITS && state == WAIT -> arm()
	:: STOP_WAITS && state == COLLECT -> judge()
	:: else
	fi
}

/* ---- engine.c: events and calls ---- */

inline gated()
{
	if
#ifdef MUTANT_NO_GATE
	:: true ->
#else
	:: !needs_enabled[x] || open ->
#endif
		unlink(x);
		pass();
		begin();
		todo = NOTHING
	:: else ->
		drop(x, STOPPED);
		todo = NEXT
	fi;
	x = 0;
	open = false
}

inline accept()
{
	add_tail(arg);
	receive();
	if
	:: todo == NOTHING && (state == IDLE || state == GAP) -> todo = NEXT
	:: else
	fi
}

inline submit()
{
	if
	:: state == DEAD -> ret = 1
	:: state != DEAD && xstate[arg] != NEW -> ret = 1
	:: else ->
		owed[arg] = true;
		xstate[arg] = QUEUED;
		NOTE(attempts[arg] = 0)
		came[arg] = (is_enabled -> enables : 0);
		SAW(SUBMITTED, arg, KIND_OF(arg))
		if
		:: needs_enabled[arg] && !is_enabled ->
			xstate[arg] = NEW;
			complete(arg, STOPPED)
		/* Read before a stop that others see come first. */
		:: true -> accept()
		fi
	fi
}

inline cancel()
{
	if
	:: xstate[arg] == QUEUED -> drop(arg, CANCELLED)
	:: xstate[arg] == ACTIVE ->
#ifndef MUTANT_CANCEL_LEAVES_CUR
		cur = NONE;
#endif
		complete(arg, CANCELLED)
	:: else -> ret = 1
	fi
}

inline abort()
{
	SAW(ABORTED, 0, 0)
	/* abort_queued() */
#ifndef MUTANT_ABORT_FORGETS_QUEUE
	j = 0;
	do
	:: j < queued && MOVES(queue[j]) -> x = queue[j]; drop(x, STOPPED)
	:: j < queued && !MOVES(queue[j]) -> j++
	:: else -> break
	od;
	j = 0;
#endif
	x = cur;
#ifdef MUTANT_ABORT_CUTS_ONLY_OWNED
	owned = x != NONE;
#endif
	if
	:: moves && x != NONE ->
		cur = NONE;
		complete(x, STOPPED)
	:: else
	fi;
	x = 0;
	stop_begin();
	if
	:: STOP_WAITS -> receive()
	:: else
	fi
}

inline event()
{
	if
	:: state == DEAD -> fifo = false
	:: else ->
		receive();
		if
		:: todo == NOTHING && (state == SEND || state == DRAIN) && tx_left -> feed()
		:: else
		fi
	fi
}

inline tick()
{
	/* It may have become due since whoever let it through. */
	if
	:: armed && !due -> due = true
	:: true
	fi;
	if
	:: IS_DUE -> receive()
	:: else
	fi
}

/* The second half: only if what was received has not put the deadline off. */
inline ticked()
{
	if
#ifdef MUTANT_TICK_NOT_ASKED
	:: state != DEAD && state != IDLE ->
#else
	:: IS_DUE ->
#endif
		/* Nobody acts before the time, or for what is over. */
		assert(due && armed_generation);
		armed = false;
		due = false;
		if
		:: state == GAP ->
			if
			:: silent && late -> late = false
			:: silent && stop_not_before -> stop_not_before = false
			:: silent && !late && !stop_not_before
			:: !silent && !moved -> silent = true
			:: else
			fi;
			todo = NEXT
		:: state == WAIT || state == COLLECT -> rx_expire()
		:: else -> tx_expire()
		fi
	:: else
	fi
}

inline shutdown()
{
	de = false;
	bump();
	enter(DEAD);
	forget();
	tx_left = 0;
	armed = false;
	due = false;
	x = cur;
	cur = NONE;
	if
	:: x != NONE -> complete(x, GONE)
	:: else
	fi;
	do
	:: queued > 0 -> x = queue[0]; drop(x, GONE)
	:: else -> break
	od;
	x = 0
}

/* ---- who runs what ---- */

/* What holds whenever the lock is free. */
inline invariants()
{
	/* No state without a deadline, and none whose deadline is void. */
	assert(state == IDLE || state == DEAD || (armed && armed_generation));
	assert(!armed || timer_queued || (timer_running && due));
	assert(state != IDLE || queued == 0);
	assert((state != IDLE && state != DEAD && state != GAP) || cur == NONE);
	assert(state != DEAD || queued == 0);
	/* The line is driven in the states that say so, and in no other one. */
	assert(de == DRIVES)
}

active proctype engine()
{
	byte op, arg, i, j, x, d, todo;
	bool open, ret, skipped;
#ifdef MUTANT_ABORT_CUTS_ONLY_OWNED
	bool owned;
#endif

end_unlocked:
	do
	:: atomic { lock?op, arg ->
		if
		:: op == SUBMIT -> submit()
		:: op == CANCEL -> cancel()
		:: op == ABORT -> abort()
		:: op == EVENT -> event()
		:: op == TICK -> tick()
		:: op == SHUTDOWN -> shutdown()
		fi;
locked:
		do
		:: todo == FINISH -> finish(d); d = 0
		:: todo == EXPIRE -> expire_wait()
		:: todo == NEXT -> next()
		:: todo == GATE && !needs_enabled[x] -> gated()
		:: todo == GATE && needs_enabled[x] -> goto at_gate
		:: todo == SETUP && (cur == NONE || !needs_enabled[cur]) -> setup_end()
		:: todo == SETUP && cur != NONE && needs_enabled[cur] -> goto at_setup
		:: todo == NOTHING && op == TICK -> op = 0; ticked()
		:: todo == NOTHING && op == ABORT -> op = 0; make_way()
		:: todo == NOTHING && op != TICK && op != ABORT -> break
		od;
		invariants();
		arg = 0;
		op = 0;
		x = 0;
		if
		:: ret -> ret = 0; unlock!1
		:: else -> unlock!0
		fi }
	od;
at_gate:
	/* estop->state is read without its lock: what comes after that, comes before this ends. */
	atomic { may_move(); gate_read = true }
	atomic { gate_read = false; gated(); goto locked };
at_setup:
	atomic { x = cur; may_move(); gate_read = true }
	atomic { gate_read = false; setup_end(); goto locked }
}
