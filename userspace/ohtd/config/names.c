// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/host.h"

/* False: the machine has no name of its own now. */
static bool take_hostname(char name[OHTD_HOST_BYTES])
{
	size_t n;

	if (gethostname(name, OHTD_HOST_BYTES - 1) || !oht_host_is_name(name))
		return false;
	n = strlen(name);
	if (name[n - 1] == '.')
		name[n - 1] = 0;
	return strcmp(name, "localhost") != 0;
}

/* Also without its domain, as the network of the site may know it, and as it is found in a network without a name server. */
static void add_hostname(struct ohtd_names *names)
{
	const size_t n = strcspn(names->hostname, ".");

	names->names[names->count++] = names->hostname;
	snprintf(names->local, sizeof(names->local), "%.*s.local", (int)n, names->hostname);
	if (strcmp(names->local, names->hostname))
		names->names[names->count++] = names->local;
	if (!names->hostname[n])
		return;
	snprintf(names->bare, sizeof(names->bare), "%.*s", (int)n, names->hostname);
	names->names[names->count++] = names->bare;
}

bool ohtd_names_changed(const struct ohtd_names *names)
{
	char now[OHTD_HOST_BYTES] = "";

	return take_hostname(now) && strcmp(now, names->hostname);
}

void ohtd_names_collect(struct ohtd_names *names, const struct ohtd_config *config)
{
	memset(names, 0, sizeof(*names));
	if (take_hostname(names->hostname))
		add_hostname(names);
	names->names[names->count++] = "localhost";
	names->names[names->count++] = "127.0.0.1";
	names->names[names->count++] = "::1";
	for (unsigned int i = 0; i < config->name_count; i++)
		names->names[names->count++] = config->names[i];
}
