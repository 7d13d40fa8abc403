// SPDX-License-Identifier: GPL-2.0-or-later
#include "stuck.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/guest.h"
#include "lib/tap.h"
#include "stim.h"

static void *stick(void *context)
{
	struct stuck *stuck = context;

	guest_pin_cpu(stuck->cpu);
	atomic_store(&stuck->begin_ns, guest_now_ns());
	if (ioctl(stuck->stim, OHT_STIM_IOC_IRQS_OFF, (unsigned long)stuck->us) < 0)
		tap_bail("interrupts off: %s", strerror(errno));
	stuck->end_ns = guest_now_ns();
	return NULL;
}

void stuck_begin(struct stuck *stuck, int stim, int cpu, unsigned int us)
{
	guest_pin_cpu(!cpu);
	stuck->stim = stim;
	stuck->cpu = cpu;
	stuck->us = us;
	atomic_init(&stuck->begin_ns, 0);
	if (pthread_create(&stuck->thread, NULL, stick, stuck))
		tap_bail("no thread");
	while (!atomic_load(&stuck->begin_ns))
		guest_sleep_ms(1);
}

void stuck_end(struct stuck *stuck)
{
	pthread_join(stuck->thread, NULL);
}
