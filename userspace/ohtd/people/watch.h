/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what administrators are told of accounts, as alerts: an account or local users that have become
 *           administrators, and persons who wait for an account.
 * Contexts: judge: any thread, without waiting. Open, close: main thread. Tick: a worker, one at a time.
 * Locks:    one of its own around what the judge reports, held for a copy.
 *
 * The tick compares who is an administrator with who was one before, whichever way it came about: routes, a restore, the
 * configuration, a program beside the daemon. The administrators known before are a file of the state folder, so a
 * restore does not bring them back.
 */
#ifndef OHTD_PEOPLE_WATCH_H
#define OHTD_PEOPLE_WATCH_H

#include "base/part.h"

struct ohtd_people_watch;

/* An administrator is new for so long. */
#define OHTD_PEOPLE_NEW_S	(24 * 3600)

extern const struct ohtd_daemon_part ohtd_people_part;

#endif /* OHTD_PEOPLE_WATCH_H */
