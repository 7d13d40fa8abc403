// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES	512

void contract_failed(const char *file, int line, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	contract_end_test(file, line, text);
}

static const char *error_name(int error)
{
	const char *name = error ? strerrorname_np(error) : "0";

	return name ? name : "no errno";
}

void contract_is(const char *file, int line, const char *what, long long got, long long want)
{
	if (got != want)
		contract_failed(file, line, "%s is %lld, must be %lld", what, got, want);
}

void contract_errno(const char *file, int line, const char *what, int got, int want)
{
	if (got != want)
		contract_failed(file, line, "%s is %s, must be %s", what, error_name(got),
				error_name(want));
}
