/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * causes.pml held against what the tracepoint of the stop said of a run of the code: each record is
 * one number, and the model can make a record only if it is the next one of the log.
 *
 * slices.h (scripts/stop_trace.py) has the log cut behind each reset: there the machine is ready,
 * both channels are closed and somebody has the role. A slice is accepted if a run of the model says
 * exactly its records. When contacts move, time passes and who asks, the log does not say.
 */
#define ALONE
#define OTHER	128		/* what the model has no cause of its own for */

#define LINE_OF(kind, was)	((kind) + 8 * (was) + 32 * state + 128 * (a + 2 * b) + 512 * output + \
				 1024 * causes)
#define NOTED(kind, was)	WANTED; log[at] == LINE_OF(kind, was); at++; \
				c_code { log_reach(now.slice, now.at - first[now.slice]); }
#define WANTED			c_expr { !log_accepted[now.slice] }
/* Any of the slices; the state behind a reset. */
#define BEGIN	atomic {						\
		c_code { log_load(log, slices_log, LINES); };		\
		c_code { log_load(first, slices_first, SLICES); };	\
		select(slice : 0 .. SLICES - 1);			\
		at = first[slice];					\
		state = OHT_ESTOP_READY;				\
		causes = 0;						\
		first_cause = 0;					\
		began = 0;						\
		may_leave = true;					\
		controller = 1;						\
		closed_seen = true;					\
		closed = 1 }
#define ACCEPTED		c_code { log_accept(now.slice); }

/* The log, one slice behind the other, each with a 0 at its end; hidden: no part of a state. */
hidden int log[LINES];
hidden int first[SLICES];

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

#include "causes.pml"
