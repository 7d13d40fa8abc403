// SPDX-License-Identifier: GPL-2.0-or-later
/* For LD_PRELOAD: whoever tells a loop of h2o something is held up first, for longer than its turn. */
#include <dlfcn.h>
#include <stddef.h>
#include <unistd.h>

#define LATE_US	150000

void h2o_multithread_send_message(void *receiver, void *message);

void h2o_multithread_send_message(void *receiver, void *message)
{
	static void (*real)(void *, void *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "h2o_multithread_send_message");
	usleep(LATE_US);
	real(receiver, message);
}
