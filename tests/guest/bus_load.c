// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load for the wire in software (oht_sim.ko), and what came of it, as "# value PREFIX.name number".
 *
 *	bus_load [-p PREFIX] [-n READS] [-u UNITS] [-r REGISTERS] [-q QUEUE] [-t TIMEOUT_US]
 *		 [-b] [-d] [-s PARAMETER=VALUE]...
 *	bus_load -i SECONDS
 *
 * UNITS are digits ("2345"); -b asks in the background class; -s sets a parameter of oht_sim, "*"
 * before the value for every slave ("ppm=*5000"); -d gives up a unit that fails 3 times, and asks
 * it again after 100 ms, then 200 ms, at last every 10 s. Between two reads nothing is waited for:
 * QUEUE (8) of them are always there.
 * -i counts how often an idle loop on CPU 0, where the load is too, goes round in that time, and how
 * long the wire in software was at work; everything else may run before it. Exit 0 if that could be
 * measured, whatever came of the reads.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/load.h"
#include "lib/sim.h"
#include "lib/tap.h"

static void usage(void)
{
	fputs("usage: bus_load [-p PREFIX] [-n READS] [-u UNITS] [-r REGISTERS] [-q QUEUE] "
	      "[-t TIMEOUT_US] [-b] [-d] [-s PARAMETER=VALUE]... | -i SECONDS\n", stderr);
	exit(2);
}

static void choose_units(struct load *load, const char *digits)
{
	load->unit_count = 0;
	for (; *digits && load->unit_count < LOAD_UNITS_MAX; digits++)
		load->units[load->unit_count++] = (uint8_t)(*digits - '0');
}

/* The role is only needed to say it. */
static void degrade(struct oht_dev *dev, const struct load *load)
{
	struct oht_unit_policy policy = {
		.degrade_after = 3,
		.timeout_us = load->timeout_us,
		.backoff_first_ms = 100,
		.backoff_max_ms = 10000,
	};
	unsigned int i;

	if (oht_dev_control_take(dev, NULL))
		tap_bail("the role is not given: %s", strerror(errno));
	for (i = 0; i < load->unit_count; i++) {
		policy.unit = load->units[i];
		if (oht_dev_unit_set(dev, &policy))
			tap_bail("the policy of unit %u is not taken: %s", policy.unit,
				 strerror(errno));
	}
	if (oht_dev_control_release(dev))
		tap_bail("the role is not taken back: %s", strerror(errno));
}

/* Whatever is left by everybody else. */
static void idle(unsigned int seconds)
{
	const struct sched_param lowest = { 0 };
	volatile uint64_t rounds = 0;
	uint64_t end_ns, wire_ns;

	guest_pin_cpu(0);
	if (!seconds || sched_setscheduler(0, SCHED_IDLE, &lowest))
		tap_bail("%u s of idle loop: %s", seconds, strerror(errno));
	wire_ns = sim_result("oht_sim", "own_ns");
	end_ns = guest_now_ns() + seconds * 1000000000ull;
	while (guest_now_ns() < end_ns)
		rounds++;
	wire_ns = sim_result("oht_sim", "own_ns") - wire_ns;
	printf("# value idle.rounds %" PRIu64 "\n# value idle.wire_ns %" PRIu64 "\n", rounds,
	       wire_ns);
}

int main(int argc, char **argv)
{
	const char *prefix = "load";
	struct load_result result;
	struct oht_dev *dev;
	bool given_up = false;
	struct load load;
	int option;

	load_default(&load);
	while ((option = getopt(argc, argv, "p:n:u:r:q:t:bds:i:")) != -1) {
		switch (option) {
		case 'p': prefix = optarg; break;
		case 'n': load.reads = strtoull(optarg, NULL, 0); break;
		case 'u': choose_units(&load, optarg); break;
		case 'r': load.registers = (uint16_t)strtoul(optarg, NULL, 0); break;
		case 'q': load.queue = (unsigned int)strtoul(optarg, NULL, 0); break;
		case 't': load.timeout_us = (uint32_t)strtoul(optarg, NULL, 0); break;
		case 'b': load.priority = OHT_PRIORITY_BACKGROUND; break;
		case 'd': given_up = true; break;
		case 's': sim_set_option(optarg); break;
		case 'i': idle((unsigned int)strtoul(optarg, NULL, 0)); return 0;
		default: usage();
		}
	}
	if (optind < argc || !load.unit_count || !load.registers || !load.queue ||
	    load.registers > OHT_REGISTERS_MAX || load.queue > LOAD_QUEUE_MAX)
		usage();
	/* The engine's timers follow; an emulator with one thread lets CPU 1 wait for CPU 0. */
	guest_pin_cpu(0);
	dev = oht_dev_open(NULL, 0);
	if (!dev)
		tap_bail("%s: %s", OHT_DEFAULT_DEVICE, strerror(errno));
	if (given_up)
		degrade(dev, &load);
	sim_reset();
	sim_reset_disturber();
	load_run(dev, &load, &result);
	load_print(prefix, &result);
	oht_dev_close(dev);
	return 0;
}
