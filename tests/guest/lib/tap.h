/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the output of a guest test in the Test Anything Protocol (KTAP's flat form).
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>

/* One line "ok N - name" or "not ok N - name"; returns @good. */
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

/* The plan; returns the exit code of the test. */
int tap_done(void);

#endif /* TAP_H */
