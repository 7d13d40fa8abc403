// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads registers of several units one after the other, many times, and reports what came of it.
 *
 *	bus_test [-c COUNT] [-t TIMEOUT_US] [-r RETRIES] UNIT:ADDRESS:REGISTERS[=VALUE]...
 *
 * COUNT reads in all (1,000 when not given, 0 until SIGTERM), units in turn; VALUE is what the
 * first register must have. Ends early when the device goes. One JSON line at the end; exit 0 if
 * every read was good, 1 if not, 2 for a wrong command line, 3 without a device.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "oht_client.h"

#define TARGETS_MAX	16
#define WAIT_MS		5000
#define HANG_UP_MS	1000
/* A far end on a busy host answers late, sometimes by 100 ms and more. */
#define TIMEOUT_US	500000

struct target {
	unsigned int unit;
	unsigned int address;
	unsigned int registers;
	bool known;			/* which value comes */
	unsigned int value;
	uint64_t errors;
};

struct result {
	uint64_t reads;
	uint64_t errors;
	uint64_t wrong;			/* another value than the known one */
	uint64_t attempts;
	uint64_t turnaround_max_ns;
	unsigned int last_outcome;
	bool gone;
	bool hangup;
};

static volatile sig_atomic_t ended;

static void end(int signal_number)
{
	(void)signal_number;
	ended = 1;
}

static int usage(void)
{
	fputs("usage: bus_test [-c COUNT] [-t TIMEOUT_US] [-r RETRIES] "
	      "UNIT:ADDRESS:REGISTERS[=VALUE]...\n", stderr);
	return 2;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void read_once(struct oht_dev *dev, struct oht_request *request, struct target *target,
		      struct result *result)
{
	struct oht_reply reply;

	request->unit = (uint8_t)target->unit;
	request->address = (uint16_t)target->address;
	request->count = (uint16_t)target->registers;
	result->reads++;
	if (oht_dev_transact(dev, request, &reply, WAIT_MS)) {
		result->errors++;
		target->errors++;
		result->last_outcome = reply.outcome;
		result->gone = errno == ENODEV;
	} else if (target->known && reply.words[0] != target->value) {
		result->wrong++;
	}
	result->attempts += reply.attempts;
	if (reply.turnaround_ns > result->turnaround_max_ns)
		result->turnaround_max_ns = reply.turnaround_ns;
}

static void report(const struct result *result, const struct target *targets, int count,
		   uint64_t elapsed_ns)
{
	int i;

	printf("{\"reads\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"wrong\":%" PRIu64
	       ",\"attempts\":%" PRIu64 ",\"elapsed_ns\":%" PRIu64 ",\"turnaround_max_ns\":%" PRIu64
	       ",\"last_outcome\":\"%s\",\"gone\":%s,\"hangup\":%s",
	       result->reads, result->errors, result->wrong, result->attempts, elapsed_ns,
	       result->turnaround_max_ns, oht_outcome_name(result->last_outcome),
	       result->gone ? "true" : "false", result->hangup ? "true" : "false");
	for (i = 0; i < count; i++)
		printf("%s%" PRIu64, i ? "," : ",\"errors_by_target\":[", targets[i].errors);
	puts("]}");
}

/* Whether poll() says that the device has gone: calls say so earlier, while its last records are still made. */
static bool hung_up(const struct oht_dev *dev)
{
	struct pollfd door = { .fd = oht_dev_fd(dev) };

	return poll(&door, 1, HANG_UP_MS) == 1 && (door.revents & POLLHUP) && (door.revents & POLLERR);
}

static int parse_targets(char **words, int count, struct target *targets)
{
	int i, parts, unit, address, registers, value = 0;

	if (count < 1 || count > TARGETS_MAX)
		return -1;
	for (i = 0; i < count; i++) {
		struct target *t = &targets[i];

		parts = sscanf(words[i], "%i:%i:%i=%i", &unit, &address, &registers, &value);
		if (parts < 3)
			return -1;
		t->known = parts == 4;
		t->value = (unsigned int)value;
		t->unit = (unsigned int)unit;
		t->address = (unsigned int)address;
		t->registers = (unsigned int)registers;
		if (t->unit < 1 || t->unit > 247 || t->address > 0xffff || t->registers < 1 ||
		    t->registers > OHT_REGISTERS_MAX)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct target targets[TARGETS_MAX] = { 0 };
	struct oht_request request = {
		.function = OHT_READ_HOLDING,
		.priority = OHT_PRIORITY_CYCLIC,
		.timeout_us = TIMEOUT_US,
	};
	struct result result = { 0 };
	uint64_t start_ns, count = 1000;
	struct oht_dev *dev;
	int option;

	while ((option = getopt(argc, argv, "c:t:r:")) != -1) {
		if (option == 'c')
			count = strtoull(optarg, NULL, 0);
		else if (option == 't')
			request.timeout_us = (uint32_t)strtoul(optarg, NULL, 0);
		else if (option == 'r')
			request.retries = (uint8_t)strtoul(optarg, NULL, 0);
		else
			return usage();
	}
	if (parse_targets(argv + optind, argc - optind, targets))
		return usage();
	dev = oht_dev_open(NULL, 0);
	if (!dev) {
		fprintf(stderr, "bus_test: %s: %s\n", OHT_DEFAULT_DEVICE, strerror(errno));
		return 3;
	}
	signal(SIGTERM, end);
	start_ns = now_ns();
	while (!ended && !result.gone && (!count || result.reads < count))
		read_once(dev, &request, &targets[result.reads % (unsigned int)(argc - optind)],
			  &result);
	result.hangup = result.gone && hung_up(dev);
	report(&result, targets, argc - optind, now_ns() - start_ns);
	oht_dev_close(dev);
	return result.errors || result.wrong ? 1 : 0;
}
