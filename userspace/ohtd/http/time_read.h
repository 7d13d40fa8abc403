/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     times of day in requests.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_TIME_READ_H
#define OHTD_HTTP_TIME_READ_H

#include <stdbool.h>
#include <stdint.h>

/* A time as RFC 3339 has it, with any zone and any number of digits of a second; second 60 is the next one. False: the text is none. */
bool ohtd_time_read(const char *text, int64_t *wall_ns);

#endif /* OHTD_HTTP_TIME_READ_H */
