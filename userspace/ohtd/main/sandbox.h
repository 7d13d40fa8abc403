/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the process gives up for good before the first byte of a client is looked at.
 * Contexts: main thread, once everything that needs more has been opened.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_SANDBOX_H
#define OHTD_MAIN_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/**
 * ohtd_sandbox_enter() - no new privileges, and only the system calls that the daemon makes
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Holds for all threads, those that run already too. Any other system call ends the process: no
 * programs, no processes, no code that was not there, no sockets but those of this machine, no
 * tracing, no rights of other users. The device notices the end and cuts the outputs.
 *
 * Return: 0; 1 when the kernel has no filters, or the program was built with sanitizers, which need
 * more than this: then there are no new privileges, for this thread and those that it starts from now
 * on, and nothing else; -1 with @why filled.
 */
int ohtd_sandbox_enter(char *why, size_t size);

/*
 * Built with sanitizers, which trace the process at its end, run programs, and map memory as no
 * other does?
 */
bool ohtd_sandbox_is_impossible(void);

#endif /* OHTD_MAIN_SANDBOX_H */
