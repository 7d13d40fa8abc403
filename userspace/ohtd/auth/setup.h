/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the set-up code: who has read it makes the first administrator.
 * Contexts: create and destroy: main thread. ohtd_setup_tick(): main thread. The rest: any thread
 *           but the control thread; the file lies in memory (/run), so removing it takes no time.
 * Locks:    its own mutex, for a comparison.
 *
 * The code stands in a file that only the daemon's user and root can read, nowhere else. It is drawn
 * at a start that finds no administrator who can log in.
 */
#ifndef OHTD_AUTH_SETUP_H
#define OHTD_AUTH_SETUP_H

#include <stdbool.h>

#include "base/secret.h"

struct ohtd_clock;
struct ohtd_daemon_part;
struct ohtd_setup;
struct ohtd_store;

#define OHTD_SETUP_TRIES	5	/* wrong ones, then the code is retired */
#define OHTD_SETUP_LIFE_S	3600

enum ohtd_setup_result {
	OHTD_SETUP_RIGHT,
	OHTD_SETUP_WRONG,
	OHTD_SETUP_RETIRED,	/* too old, too many wrong tries, or it could not be written down */
	OHTD_SETUP_DONE,	/* there is an administrator */
};

/**
 * ohtd_setup_create() - look whether there is an administrator, and draw a code if not
 * @store: asked once
 * @clock: outlives the result
 * @path: of the file; one that is left over is replaced or removed
 * @first: the robot has never had an administrator. Otherwise none of the code is drawn: accounts were lost, and
 *	the next administrator is made on the machine itself
 *
 * A file that cannot be written is told, and the code retired.
 *
 * Return: NULL with errno.
 */
struct ohtd_setup *ohtd_setup_create(struct ohtd_store *store, struct ohtd_clock *clock,
				     const char *path, bool first);

/* Removes the file. NULL is allowed. */
void ohtd_setup_destroy(struct ohtd_setup *setup);

/* No administrator is known who can log in. */
bool ohtd_setup_is_required(const struct ohtd_setup *setup);

/* The same, and there has been one. */
bool ohtd_setup_is_lost(const struct ohtd_setup *setup);

/* Judges a code as somebody has typed it: hyphens, spaces and the case of letters do not count. */
enum ohtd_setup_result ohtd_setup_check(struct ohtd_setup *setup, const struct ohtd_secret *code);

/* There is an administrator now. */
void ohtd_setup_done(struct ohtd_setup *setup);

/* Retires the code when its time has come. */
void ohtd_setup_tick(struct ohtd_setup *setup);

/* part.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_auth_part;

#endif /* OHTD_AUTH_SETUP_H */
