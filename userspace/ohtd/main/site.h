/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what this daemon serves: its routes, their descriptions, live data.
 * Contexts: main thread, at start.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_SITE_H
#define OHTD_MAIN_SITE_H

#include <stddef.h>

#include "server/server.h"

/**
 * ohtd_site_make() - put together what is served
 * @site: filled; dropped with ohtd_site_drop(), unless a server takes it
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Return: 0, or -1 with @why filled.
 */
int ohtd_site_make(struct ohtd_site *site, char *why, size_t size);

#endif /* OHTD_MAIN_SITE_H */
