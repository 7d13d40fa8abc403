/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is told to the service manager, and what it hands over.
 * Contexts: any thread; ohtd_manager_take() in the main thread, before there are others.
 * Locks:    none.
 *
 * Source: sd_notify(3), "Notes", and sd_listen_fds(3), "Notes": the protocol is stable and meant to be
 * spoken without libsystemd, which would bring six more libraries into a process that the network reaches.
 */
#ifndef OHTD_BASE_MANAGER_H
#define OHTD_BASE_MANAGER_H

#include <stdbool.h>

/**
 * ohtd_manager_tell() - what has become of us
 * @text: lines of NAME=value
 * @fd: a descriptor that goes with it and stays the caller's; -1: none
 *
 * Waits while the queue of the service manager is full.
 *
 * Return: it is in the queue; false: there is no service manager, or it takes nothing.
 */
bool ohtd_manager_tell(const char *text, int fd);

/**
 * ohtd_manager_await() - until the service manager has read all that it was told
 * @timeout_ms: for so long at most
 *
 * Return: it has; false: there is none, or that is not known.
 */
bool ohtd_manager_await(int timeout_ms);

/* Whether it ends us when it hears no WATCHDOG=1 for some time. */
bool ohtd_manager_watches(void);

/**
 * ohtd_manager_take() - descriptors that it hands over, once in a process
 * @take: gets each, the taker's from now on, closed at exec, and its name, good for the call
 * @arg: for @take
 *
 * A second call, and a child, find none.
 */
void ohtd_manager_take(void (*take)(void *arg, int fd, const char *name), void *arg);

#endif /* OHTD_BASE_MANAGER_H */
