/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The span that --from and --to mean, as queries have it.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_SPAN_H
#define OHTCTL_SPAN_H

#include <stdint.h>

#define SPAN_TIME_BYTES	32

struct cli;

/* A time since 1970 as queries have it. */
void span_time(int64_t unix_ms, char text[SPAN_TIME_BYTES]);

/*
 * Asks ohtd what time it is, so that several requests have the same span. @usual: the begin without
 * --from and --to, as "-1h". @from "": ohtd counts it, from @to.
 */
int span_take(struct cli *cli, const char *usual, char from[SPAN_TIME_BYTES],
	      char to[SPAN_TIME_BYTES]);

#endif /* OHTCTL_SPAN_H */
