/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how a thread of the daemon begins: with a small stack and a name.
 * Contexts: any thread.
 * Locks:    none.
 */
#ifndef OHTD_BASE_THREAD_H
#define OHTD_BASE_THREAD_H

#include <pthread.h>
#include <stddef.h>

/**
 * struct ohtd_thread - what a thread is like
 * @name: as tools show it, at most 15 characters
 * @stack_bytes: at least PTHREAD_STACK_MIN
 * @run: what it does
 */
struct ohtd_thread {
	const char *name;
	size_t stack_bytes;
	void *(*run)(void *arg);
};

/**
 * ohtd_thread_start() - begin one
 * @thread: out, if it has begun; to be joined
 * @what: what it is like; need not outlive the call
 * @arg: for its function
 *
 * Signals are blocked in it as they are in the caller.
 *
 * Return: 0 or a positive errno.
 */
int ohtd_thread_start(pthread_t *thread, const struct ohtd_thread *what, void *arg);

#endif /* OHTD_BASE_THREAD_H */
