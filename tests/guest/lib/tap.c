// SPDX-License-Identifier: GPL-2.0-or-later
#include "tap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count, failures;

static bool report(bool good, const char *format, va_list args)
{
	printf("%sok %d - ", good ? "" : "not ", ++count);
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	if (!good)
		failures++;
	return good;
}

bool tap_ok(bool good, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(good, format, args);
	va_end(args);
	return good;
}

bool tap_is(long long got, long long want, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(got == want, format, args);
	va_end(args);
	if (got != want)
		tap_note("got %lld, want %lld", got, want);
	return got == want;
}

static const char *error_name(int error)
{
	return error ? strerrorname_np(error) : "0";
}

bool tap_errno(int got, int want, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(got == want, format, args);
	va_end(args);
	if (got != want)
		tap_note("got %s, want %s", error_name(got), error_name(want));
	return got == want;
}

void tap_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	fflush(stdout);
}

void tap_bail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("Bail out! ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	exit(99);
}

int tap_done(void)
{
	printf("1..%d\n", count);
	if (failures)
		tap_note("%d of %d failed", failures, count);
	return failures ? 1 : 0;
}
