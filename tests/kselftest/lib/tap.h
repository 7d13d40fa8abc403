/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the output of a guest test program in the Test Anything Protocol.
 * Contexts: one thread; tap_note() and tap_bail() any.
 * Locks:    none.
 *
 * A program runs tests, and a test makes assertions. Each assertion prints a diagnostic line. Each
 * test ends in one line "ok N - name", "not ok N - name" or "ok N - name # SKIP why", and the plan
 * "1..N" at the end counts tests. An assertion outside a test, and a test without one, bail out.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>

/* Runs one test: @call is the call of its function; then its name, as for printf(). */
#define TAP_TEST(call, ...) do {	\
		tap_begin(__VA_ARGS__);	\
		call;			\
		tap_end();		\
	} while (0)

/* What TAP_TEST() is made of. */
void tap_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tap_end(void);

/* The test cannot be made here: return from it. Bails out after an assertion. */
void tap_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One assertion; returns @good. */
bool tap_ok(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* @got must equal @want; else both are printed. Returns whether it did. */
bool tap_is(long long got, long long want, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As tap_is() for errno values, printed by name. */
bool tap_errno(int got, int want, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "# ..." */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "Bail out!": the rest makes no sense. Does not return. */
void tap_bail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The plan; returns the exit code of the program. */
int tap_done(void);

#endif /* TAP_H */
