/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small private files that outlive the program: pinned authorities, log-ins. They lie in
 * $XDG_STATE_HOME/oht, or ~/.local/state/oht, a folder of mode 0700 with files of mode 0600.
 *
 * Owns:     that folder and the files in it.
 * Contexts: the program's one thread; other ohtctl of the same user may run beside it.
 * Locks:    one lock file per name, taken by keep_lock(). Files are replaced as a whole, so readers
 *           need none.
 *
 * All functions complain. What others can read, or what belongs to another user, is refused.
 */
#ifndef OHTCTL_KEEP_H
#define OHTCTL_KEEP_H

#include <stdint.h>

struct cli;

/* Make the folder if it is not there, and open it; a descriptor, or -1. */
int keep_open(struct cli *cli);

/**
 * keep_read() - a file as text
 * @cli: where complaints go
 * @folder: from keep_open()
 * @name: of the file
 * @text: takes what is in it, to be freed; NULL if there is no such file
 *
 * Return: 0 or an exit code.
 */
int keep_read(struct cli *cli, int folder, const char *name, char **text);

/* Replace or make a file, durably and as a whole; with the lock held. 0 or an exit code. */
int keep_write(struct cli *cli, int folder, const char *name, const char *text);

/* When it was written, in seconds since 1970; 0: it is not there. */
int64_t keep_written_s(int folder, const char *name);

/* Remove a file that may not be there; with the lock held. */
void keep_remove(int folder, const char *name);

/* Wait until no other ohtctl has the lock of @name; a descriptor to close, or -1. */
int keep_lock(struct cli *cli, int folder, const char *name);

#endif /* OHTCTL_KEEP_H */
