/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the list of pages elsewhere that may ask this machine, which people write as "https://panel.example:8443".
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_CONFIG_ORIGINS_H
#define OHTD_CONFIG_ORIGINS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/entries.h"

#define OHTD_ORIGINS_MAX	8
#define OHTD_ORIGINS_BYTES	512

/**
 * ohtd_config_origins_check() - check a list of origins
 * @text: with commas or blanks between two of them; "": none
 * @part: on failure the entry that is wrong
 *
 * An origin is written exactly as a browser sends it: scheme, host in small letters, port unless it is 443; no path and no wildcard.
 *
 * Return: NULL, or what is wrong with the entry, as "which is one more than 8".
 */
const char *ohtd_config_origins_check(const char *text, struct ohtd_part *part);

/* Is the header Origin one of a list that was checked? */
bool ohtd_config_origins_has(const char *text, const char *origin, size_t bytes);

#endif /* OHTD_CONFIG_ORIGINS_H */
