// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/elevation.h"

const char *ohtd_elevation_name(enum ohtd_elevation elevation)
{
	static const char *const names[] = {
		[OHTD_ELEVATION_NEVER] = "never",
		[OHTD_ELEVATION_ALWAYS] = "always",
		[OHTD_ELEVATION_BY_MODE] = "by-mode",
		[OHTD_ELEVATION_BY_ITEM] = "by-item",
		[OHTD_ELEVATION_BY_REGISTER] = "by-register",
	};

	return names[elevation];
}
