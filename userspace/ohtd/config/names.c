// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/host.h"

/* Also as it is found in a network without a name server. */
static void add_hostname(struct ohtd_names *names)
{
	size_t n = strlen(names->hostname);

	if (names->hostname[n - 1] == '.')
		names->hostname[n - 1] = 0;
	names->names[names->count++] = names->hostname;
	if (strchr(names->hostname, '.'))
		return;
	snprintf(names->local, sizeof(names->local), "%s.local", names->hostname);
	names->names[names->count++] = names->local;
}

void ohtd_names_collect(struct ohtd_names *names, const struct ohtd_config *config)
{
	memset(names, 0, sizeof(*names));
	if (!gethostname(names->hostname, sizeof(names->hostname) - 1) &&
	    oht_host_is_name(names->hostname) && strcmp(names->hostname, "localhost"))
		add_hostname(names);
	names->names[names->count++] = "localhost";
	names->names[names->count++] = "127.0.0.1";
	names->names[names->count++] = "::1";
	for (unsigned int i = 0; i < config->name_count; i++)
		names->names[names->count++] = config->names[i];
}
