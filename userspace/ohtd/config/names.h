/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the names under which this machine may be addressed.
 * Contexts: main thread, and whoever reads the configuration anew.
 * Locks:    none.
 */
#ifndef OHTD_CONFIG_NAMES_H
#define OHTD_CONFIG_NAMES_H

#include "config/config.h"

/* The first is the common name of the machine. */
struct ohtd_names {
	const char *names[OHTD_NAMES_MAX + 5];
	unsigned int count;
	char hostname[OHTD_HOST_BYTES];
	char local[OHTD_HOST_BYTES + sizeof(".local")];
};

/* localhost, the loop-back addresses, the host name also with .local, those of the configuration. */
void ohtd_names_collect(struct ohtd_names *names, const struct ohtd_config *config);

#endif /* OHTD_CONFIG_NAMES_H */
