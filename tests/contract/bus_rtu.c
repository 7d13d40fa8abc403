// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rtu back-end, with the simulator at the other end of a pty; with the argument --simulated-outputs
 * as it is where somebody has said that this is a simulator.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"

#define START_MS	20000
#define STEP_MS		10

static char dir[] = "/tmp/oht-contract-XXXXXX", line[64], control[64];
static pid_t simulator;
static bool simulated_outputs;

static void pause_ms(unsigned int ms)
{
	poll(NULL, 0, (int)ms);
}

static bool start_simulator(void)
{
	int waited_ms;

	simulator = fork();
	if (!simulator) {
		execl(OHT_SIM_PROGRAM, "oht-sim", "--pty", line, "--control", control, "--data",
		      OHT_SOURCE_DATADIR, NULL);
		_exit(127);
	}
	for (waited_ms = 0; waited_ms < START_MS; waited_ms += STEP_MS) {
		if (!access(line, F_OK) && !access(control, F_OK))
			return true;
		pause_ms(STEP_MS);
	}
	return false;
}

static struct ohtd_bus *create(void)
{
	const struct ohtd_bus_setup setup = {
		.backend = "rtu", .device = line, .baud_bps = 115200, .parity = 'N', .stop_bits = 1,
		.simulated_outputs = simulated_outputs,
	};
	char error[OHT_TEXT_BYTES];

	return ohtd_bus_create(&setup, error, sizeof(error));
}

static void pass_ms(struct ohtd_bus *unused, unsigned int ms)
{
	(void)unused;
	pause_ms(ms);
}

static bool exchanges(void)
{
	return true;
}

const struct bus_place place = {
	.unit = 4, .other_unit = 5, .silent_unit = 7, .address = 0x0008,
	.create = create, .pass_ms = pass_ms, .exchanges = exchanges, .stalls = true,
};

int main(int argc, char **argv)
{
	int code = 1;

	simulated_outputs = argc > 1 && !strcmp(argv[1], "--simulated-outputs");
	if (!mkdtemp(dir))
		return 1;
	snprintf(line, sizeof(line), "%s/line", dir);
	snprintf(control, sizeof(control), "%s/control", dir);
	if (start_simulator())
		code = bus_main();
	else
		fprintf(stderr, "the simulator did not start\n");
	kill(simulator, SIGTERM);
	waitpid(simulator, NULL, 0);
	unlink(line);
	unlink(control);
	rmdir(dir);
	return code;
}
