// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/entries.h"

#include <string.h>

#include "common/utf8.h"

#define PARTED		" \t,"
#define SHOWN_BYTES	60

size_t ohtd_entry_next(const char **at)
{
	*at += strspn(*at, PARTED);
	return strcspn(*at, PARTED);
}

struct ohtd_part ohtd_entry_part(const char *entry, size_t bytes)
{
	return (struct ohtd_part){
		.text = entry, .bytes = oht_utf8_cut(entry, bytes < SHOWN_BYTES ? bytes : SHOWN_BYTES),
	};
}
