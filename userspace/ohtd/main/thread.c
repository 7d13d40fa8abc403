// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/thread.h"

int ohtd_thread_start(pthread_t *thread, const struct ohtd_thread *what, void *arg)
{
	pthread_attr_t attr;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, what->stack_bytes);
	r = pthread_create(thread, &attr, what->run, arg);
	pthread_attr_destroy(&attr);
	if (!r && what->name)
		pthread_setname_np(*thread, what->name);
	return r;
}
