/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON documents that ohtd gives away and takes again: a configuration, a mission.
 *
 * Owns:     nothing that outlives a call.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_DOCUMENT_H
#define OHTCTL_DOCUMENT_H

struct cli;

/* Asks for the document at @path and writes it to the file of this name; NULL or "-": standard output. An exit code. */
int document_export(struct cli *cli, const char *path, const char *name);

/*
 * Reads the file of this name, "-": standard input, as it is: ohtd finds out what is wrong in it. @what it should be, for complaints.
 * 0 with @text, to be freed, or an exit code after a complaint.
 */
int document_read(struct cli *cli, const char *name, const char *what, char **text);

#endif /* OHTCTL_DOCUMENT_H */
