/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that a person names, for what the program has got.
 *
 * Owns:     how such a file is opened, written and replaced. Private files of the program are those of keep.h.
 * Contexts: the program's one thread.
 * Locks:    none.
 *
 * A device or a pipe is written into and stays what it is, and so does what the program has open already, as /dev/stdout and /dev/fd/3
 * stand for: a file behind it gets the text behind what it has. Another link is followed. A new file has the mode that the umask leaves.
 */
#ifndef OHTCTL_SAVE_H
#define OHTCTL_SAVE_H

#include <stdio.h>

struct cli;

/**
 * save_text() - write a text and a line end under a name, as a whole
 * @cli: where complaints go
 * @name: of the file; a file of that name is replaced once the new one is on the disk, and keeps its mode and owner
 * @text: ends with NUL
 *
 * Waits for a reader if @name is a pipe.
 *
 * Return: CLI_DONE, or CLI_FAILED after a complaint; then a file of that name is what it was.
 */
int save_text(struct cli *cli, const char *name, const char *text);

/* Open a new file, or what is there and is no file, or what is open already. NULL with errno: EEXIST if there is a file of that name. */
FILE *save_new(const char *name);

#endif /* OHTCTL_SAVE_H */
