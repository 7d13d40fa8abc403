/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder for one test.
 *
 * Owns:     nothing; the test keeps the name.
 * Contexts: the test's main thread.
 * Locks:    none.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

/* Make it: @dir ends in XXXXXX, or in what the last one had there. 0 or -1, as a set-up returns. */
int scratch_make(char *dir);

/* Remove it with all that is in it; not 0 if that fails, as a tear-down returns. */
int scratch_remove(const char *dir);

/* A file in it. */
void scratch_put(const char *dir, const char *name, const char *text);

/* What @load returns of a folder of its own with that one file. */
int scratch_load(const char *name, const char *text, int (*load)(const char *dir));

#endif /* SCRATCH_H */
