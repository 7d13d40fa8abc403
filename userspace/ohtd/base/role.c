// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/role.h"

#include <string.h>

static const char *const names[] = {
	[OHTD_ROLE_NONE] = "none",
	[OHTD_ROLE_VIEWER] = "viewer",
	[OHTD_ROLE_OPERATOR] = "operator",
	[OHTD_ROLE_SUPERVISOR] = "supervisor",
	[OHTD_ROLE_ADMINISTRATOR] = "administrator",
};

const char *ohtd_role_name(int role)
{
	if (role < OHTD_ROLE_VIEWER || role > OHTD_ROLE_ADMINISTRATOR)
		role = OHTD_ROLE_NONE;
	return names[role];
}

enum ohtd_role ohtd_role_parse(const char *name)
{
	for (int i = OHTD_ROLE_VIEWER; i <= OHTD_ROLE_ADMINISTRATOR; i++)
		if (!strcmp(names[i], name))
			return i;
	return OHTD_ROLE_NONE;
}
