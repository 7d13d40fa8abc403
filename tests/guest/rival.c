// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Another master on the same wire (ttyOHT0 of oht_sim.ko): libmodbus, as its manual has it.
 *
 *	rival [-p PREFIX] [-n READS] [-r REGISTERS] [-t TIMEOUT_US] [-s PARAMETER=VALUE]...
 *
 * Reads of units 2 to 5 in turn, one after the other. Prints "# value PREFIX.name number".
 */
#include <errno.h>
#include <inttypes.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/sim.h"
#include "lib/tap.h"

#define RIVAL_DEVICE	"/dev/ttyOHT0"
#define UNITS		4

struct outcome {
	uint64_t good;
	uint64_t failed;
	uint64_t wrong;
};

static void read_once(modbus_t *bus, uint64_t number, unsigned int registers,
		      struct outcome *outcome)
{
	unsigned int unit = SIM_FIRST_UNIT + (unsigned int)(number % UNITS), i;
	unsigned int address = (unsigned int)(number * 13 % (SIM_REGISTERS - registers + 1));
	uint16_t words[MODBUS_MAX_READ_REGISTERS];

	modbus_set_slave(bus, (int)unit);
	if (modbus_read_registers(bus, (int)address, (int)registers, words) != (int)registers) {
		outcome->failed++;
		return;
	}
	outcome->good++;
	for (i = 0; i < registers; i++)
		outcome->wrong += words[i] != sim_initial(unit, address + i);
}

int main(int argc, char **argv)
{
	uint64_t reads = 1000, number, start_ns;
	struct outcome outcome = { 0 };
	uint32_t timeout_us = 500000;
	unsigned int registers = 8;
	const char *prefix = "rival";
	modbus_t *bus;
	int option;

	while ((option = getopt(argc, argv, "p:n:r:t:s:")) != -1) {
		switch (option) {
		case 'p': prefix = optarg; break;
		case 'n': reads = strtoull(optarg, NULL, 0); break;
		case 'r': registers = (unsigned int)strtoul(optarg, NULL, 0); break;
		case 't': timeout_us = (uint32_t)strtoul(optarg, NULL, 0); break;
		case 's': sim_set_option(optarg); break;
		default: tap_bail("usage: rival [-p PREFIX] [-n READS] [-r REGISTERS] [-t US]");
		}
	}
	if (!registers || registers > MODBUS_MAX_READ_REGISTERS)
		tap_bail("%u registers cannot be read", registers);
	bus = modbus_new_rtu(RIVAL_DEVICE, 115200, 'N', 8, 1);
	if (!bus || modbus_connect(bus))
		tap_bail("%s: %s", RIVAL_DEVICE, modbus_strerror(errno));
	modbus_set_response_timeout(bus, timeout_us / 1000000, timeout_us % 1000000);
	sim_reset();
	start_ns = guest_now_ns();
	for (number = 0; number < reads; number++)
		read_once(bus, number, registers, &outcome);
	printf("# value %s.elapsed_ns %" PRIu64 "\n", prefix, guest_now_ns() - start_ns);
	printf("# value %s.good %" PRIu64 "\n# value %s.failed %" PRIu64 "\n", prefix, outcome.good,
	       prefix, outcome.failed);
	printf("# value %s.wrong %" PRIu64 "\n", prefix, outcome.wrong);
	sim_print("oht_sim", prefix);
	modbus_close(bus);
	modbus_free(bus);
	return 0;
}
