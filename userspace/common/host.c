// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/host.h"

#include <ctype.h>
#include <string.h>

#define CHARACTERS_MAX	253

bool oht_host_is_name(const char *text)
{
	char before = '.';

	for (const char *p = text; *p; before = *p++) {
		bool begins = before == '.';

		if (*p == '.' ? begins : !isalnum((unsigned char)*p) && *p != '_' && (*p != '-' || begins))
			return false;
	}
	return *text && strlen(text) <= CHARACTERS_MAX;
}
