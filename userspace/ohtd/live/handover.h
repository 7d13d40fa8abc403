/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a file in memory with which one life of the daemon tells the next how live data goes on.
 * Contexts: main thread, before there are loops and after they have ended.
 * Locks:    none.
 *
 * It is made while the filter of system calls is still open, written at the end, and sealed: whoever gets
 * it reads what was written.
 */
#ifndef OHTD_LIVE_HANDOVER_H
#define OHTD_LIVE_HANDOVER_H

#include <stddef.h>

/* An empty one, or a negative errno. */
int ohtd_handover_make(void);

/* 0 or a negative errno; then it is not to be given away. */
int ohtd_handover_write(int fd, const void *data, size_t bytes);

/**
 * ohtd_handover_read() - what the life before has written
 * @fd: any descriptor
 * @bytes_max: more is refused
 * @bytes: of the result
 * @why: filled when it is refused
 *
 * Return: to be freed; NULL: it is not such a file.
 */
char *ohtd_handover_read(int fd, size_t bytes_max, size_t *bytes, const char **why);

#endif /* OHTD_LIVE_HANDOVER_H */
