// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_BYTES	16	/* what the kernel keeps of a thread's name */

struct begin {
	void *(*run)(void *arg);
	void *arg;
	char name[NAME_BYTES];
};

/* A thread gives itself its name: from outside that would be a write below /proc (confine.c). */
static void *begin_thread(void *arg)
{
	struct begin begin = *(struct begin *)arg;

	free(arg);
	pthread_setname_np(pthread_self(), begin.name);
	return begin.run(begin.arg);
}

int ohtd_thread_start(pthread_t *thread, const struct ohtd_thread *what, void *arg)
{
	struct begin *begin = malloc(sizeof(*begin));
	pthread_attr_t attr;
	int r;

	if (!begin)
		return ENOMEM;
	begin->run = what->run;
	begin->arg = arg;
	snprintf(begin->name, sizeof(begin->name), "%s", what->name);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, what->stack_bytes);
	r = pthread_create(thread, &attr, begin_thread, begin);
	pthread_attr_destroy(&attr);
	if (r)
		free(begin);
	return r;
}
