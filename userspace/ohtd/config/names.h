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
	const char *names[OHTD_NAMES_MAX + 6];
	unsigned int count;
	char hostname[OHTD_HOST_BYTES];
	char local[OHTD_HOST_BYTES + sizeof(".local")];
	char bare[OHTD_HOST_BYTES];
};

/* Localhost, the loop-back addresses, the host name also without its domain and with .local, those of the configuration. */
void ohtd_names_collect(struct ohtd_names *names, const struct ohtd_config *config);

/* Has the machine got another name since? One that has none now keeps the one before. */
bool ohtd_names_changed(const struct ohtd_names *names);

#endif /* OHTD_CONFIG_NAMES_H */
