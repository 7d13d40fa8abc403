/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.pml held against what the tracepoints of a run of the code said (scripts/check-trace).
 *
 * slices.h, which is made from that log, has it cut in slices, each from a moment when nobody knew
 * any transfer to the next one. A line is one number; the engine can pass a SAW() only if that line is
 * the next one, so what is searched are the runs of the model that say exactly what the code said.
 * If one of them comes to the end of a slice, with the engine at rest, the slice is accepted. What
 * the log does not say (a tick, a character that comes, whether somebody must wait) may be anything.
 */
#define SUBMITTED	1	/* who, class + 4 write + 8 needs_enabled + 16 retries */
#define DONE		2	/* who, detail + 16 attempts */
#define STATE		3	/* whether the generation is a new one, to + 16 from */
#define TX		4	/* who, whether something is left */
#define RX		5	/* -, whether something is held */
#define ABORTED		6
#define LATCHED		7	/* the stop, not the engine: oht_estop */
#define ENABLED		8
#define DISABLED	9

#define LINE_OF(what, who, more)	((what) * 4096 + (who) * 256 + (more))
#define SAW(what, who, more)	log[at] == LINE_OF(what, who, more); at++; \
				c_code { log_reach(now.slice, now.at - first[now.slice]); };
#define NOTE(what)		what;
#define KIND_OF(x)		(class[x] + write[x] * 4 + needs_enabled[x] * 8 + retries[x] * 16)

#define TRANSFERS	4
#define STOP_ROUNDS	3
#define PUT_BACKS	3
#define PASSES		8
#define PIECES		250
#define MAY_POLL	true

/* The log, one slice behind the other, each with a 0 at its end; hidden: no part of a state. */
hidden int log[LINES];
hidden int first[SLICES];
hidden int enabled_at[SLICES];

c_decl {
\#include "slices.h"
	static unsigned short log_furthest[SLICES];
	static unsigned char log_accepted[SLICES];

	static void log_reach(int slice, int line)
	{
		if (line > log_furthest[slice]) {
			log_furthest[slice] = line;
			printf("reached %d %d\n", slice, line);
		}
	}

	static void log_load(int *to, const int *from, int count)
	{
		while (count--)
			to[count] = from[count];
	}

	static void log_accept(int slice)
	{
		log_accepted[slice] = 1;
		printf("accepted %d\n", slice);
	}
}

short slice = -1;
int at;
bool bumped;
bool latched;			/* and oht_engine_abort() is still to come */

#include "engine.pml"

#define IS(what)	(log[at] / 4096 == what)
#define WHO		(log[at] / 256 % 16)
#define MORE		(log[at] % 256)
/* One accepting run is enough. */
#define WANTED		c_expr { !log_accepted[now.slice] }
#define AT_REST		((state == IDLE || state == DEAD) && queued == 0 && cur == NONE && !latched)
#define CALL(what, whom)	lock!what, whom; unlock?result

/* Everybody who calls into the engine. What the log does not show may happen at any time. */
proctype callers()
{
	byte who;
	bool result;

	do
	:: atomic { IS(SUBMITTED) && WHO != TELEGRAM && xstate[WHO] == NEW ->
		who = WHO;
		class[who] = MORE % 4;
		write[who] = MORE / 4 % 2;
		needs_enabled[who] = MORE / 8 % 2;
		retries[who] = MORE / 16;
		CALL(SUBMIT, who);
		who = 0 }
	:: atomic { IS(DONE) && MORE % 16 == CANCELLED -> CALL(CANCEL, WHO) }
	:: atomic { IS(STATE) && MORE % 16 == DEAD -> CALL(SHUTDOWN, 0) }
	:: atomic { IS(ABORTED) && latched -> latched = false; CALL(ABORT, 0) }
	/* Stopped already, and for that cause: the stop writes no record. */
	:: atomic { IS(ABORTED) && !latched && !is_enabled -> CALL(ABORT, 0) }
	:: atomic { timer_queued ->
		timer_queued = false;
		timer_running = true;
		due = true;
		CALL(TICK, 0);
		timer_running = false }
	:: atomic { fifo || tx_left -> CALL(EVENT, 0) }
	:: atomic { !fifo -> fifo = true }
	:: atomic { log[at] == 0 && AT_REST -> c_code { log_accept(now.slice); }; break }
	od unless { !WANTED }
}

/* The stop has a lock of its own: it may come between the look at the gate and what follows. */
proctype stop()
{
	do
	:: atomic { IS(LATCHED) -> at++; is_enabled = false; latched = true }
	:: atomic { IS(ENABLED) -> at++; is_enabled = true; enables++ }
	:: atomic { IS(DISABLED) -> at++; is_enabled = false }
	od
}

init {
	c_code {
		log_load(log, slices_log, LINES);
		log_load(first, slices_first, SLICES);
		log_load(enabled_at, slices_enabled, SLICES);
	};
	atomic {
		slice = 0;
		do
		:: slice + 1 < SLICES -> slice++
		:: break
		od;
		at = first[slice];
		is_enabled = enabled_at[slice];
		/* What earlier slices have left behind. */
		if
		:: stop_set = true
		:: stop_set = false
		fi;
		if
		:: silent = false
		:: silent
		fi;
		if
		:: late = true
		:: !late
		fi;
		run callers();
		run stop()
	}
}
