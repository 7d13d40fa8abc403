// SPDX-License-Identifier: GPL-2.0-or-later
#include "tap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES	128

/* The test that runs. */
static struct {
	bool runs;
	char name[NAME_BYTES];
	char skipped[NAME_BYTES];	/* why; empty: it is not */
	unsigned int assertions;
	unsigned int failures;
} test;

static unsigned int tests, failed_tests;

/* A "#" would end the name. */
static void format_name(char *name, const char *format, va_list args)
{
	vsnprintf(name, NAME_BYTES, format, args);
	for (; *name; name++)
		if (*name == '#' || *name == '\n')
			*name = ' ';
}

void tap_begin(const char *format, ...)
{
	va_list args;

	if (test.runs)
		tap_bail("a test begins inside of '%s'", test.name);
	memset(&test, 0, sizeof(test));
	test.runs = true;
	va_start(args, format);
	format_name(test.name, format, args);
	va_end(args);
	tap_note("%s", test.name);
}

void tap_end(void)
{
	bool good = !test.failures;

	if (!test.runs)
		tap_bail("a test ends that has not begun");
	if (!test.assertions && !*test.skipped)
		tap_bail("'%s' asserts nothing", test.name);
	failed_tests += !good;
	printf("%sok %u - %s%s%s\n", good ? "" : "not ", ++tests, test.name,
	       *test.skipped ? " # SKIP " : "", test.skipped);
	fflush(stdout);
	test.runs = false;
}

void tap_skip(const char *format, ...)
{
	va_list args;

	if (!test.runs || test.assertions)
		tap_bail("skipped outside of a test, or after an assertion");
	va_start(args, format);
	format_name(test.skipped, format, args);
	va_end(args);
}

static void report(bool good, const char *format, va_list args)
{
	if (!test.runs || *test.skipped)
		tap_bail("an assertion outside of a test, or in one that is skipped");
	test.assertions++;
	test.failures += !good;
	printf("#   %sok: ", good ? "" : "not ");
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
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
		tap_note("    got %lld, want %lld", got, want);
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
		tap_note("    got %s, want %s", error_name(got), error_name(want));
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
	if (test.runs || !tests)
		tap_bail("the end inside of a test, or without any");
	printf("1..%u\n", tests);
	if (failed_tests)
		tap_note("%u of %u tests failed", failed_tests, tests);
	return failed_tests ? 1 : 0;
}
