// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole numbers in text. */
#include "common/number.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int oht_number_parse(const char *text, int64_t min, int64_t max, int64_t *number)
{
	bool hex = text[0] == '0' && text[1] == 'x';
	const char *digits = hex ? text + 2 : text + (text[0] == '-');
	size_t valid = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
	long long value;

	if (!valid || digits[valid])
		return -EINVAL;
	errno = 0;
	value = strtoll(hex ? digits : text, NULL, hex ? 16 : 10);
	if (errno || value < min || value > max)
		return -ERANGE;
	*number = value;
	return 0;
}
