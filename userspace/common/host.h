/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what may be the name of a host.
 * Contexts: any; a pure function.
 * Locks:    none.
 */
#ifndef OHT_COMMON_HOST_H
#define OHT_COMMON_HOST_H

#include <stdbool.h>

/*
 * Letters, digits, "-" and "_" in labels with dots between them, perhaps a dot at the end; at most 253
 * characters. RFC 952 has no underscore, but machines are called agv_01.
 */
bool oht_host_is_name(const char *text);

#endif
