/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a self-test may do to the machine that it runs on, and when it does not run at all.
 * Contexts: one thread.
 * Locks:    none.
 *
 * A robot may have drives. Without a variable of the environment a program reads, asks for what is
 * refused, and at most stops; with NAME=1 it also does what that variable names.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <stdbool.h>

/* The outputs rise, with RESET and ENABLE. */
#define SELFTEST_ENABLE	"OHT_SELFTEST_ENABLE"
/* Writes are put on the bus, and the counters in sysfs are set to 0. */
#define SELFTEST_WRITE	"OHT_SELFTEST_WRITE"
/* The driver is taken off its device, and the module out of the kernel. */
#define SELFTEST_UNBIND	"OHT_SELFTEST_UNBIND"

/* The first two: writes that only an enabled machine makes. */
#define SELFTEST_BOTH	SELFTEST_ENABLE "=1 " SELFTEST_WRITE

/* Exit codes of a program, as the kernel's own self-tests have them; 0 and 1 come from tap_done(). */
#define SELFTEST_SKIPPED	4

/* Nobody has these addresses. A robot whose modules have one of them cannot be tested so. */
#define SELFTEST_UNIT	244
#define SELFTEST_UNITS	4

/* Whether the environment allows it; bails out for a value that is neither 0 nor 1. */
bool selftest_may(const char *variable);

/*
 * The first call of a program. Ends it with SELFTEST_SKIPPED if there is no device, or if that is in
 * use: by a controller, by a plan, or by stop telegrams that its last controller has left.
 */
void selftest_begin(void);

/* As TAP_TEST(); skipped unless the environment allows what @variable names. */
#define SELFTEST_IF(variable, call, ...) do {	\
		tap_begin(__VA_ARGS__);	\
		if (selftest_may(variable))	\
			call;			\
		else				\
			tap_skip("%s=1 allows it", variable);	\
		tap_end();			\
	} while (0)

#endif /* SELFTEST_H */
