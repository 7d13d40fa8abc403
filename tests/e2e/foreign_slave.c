// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Four Modbus slaves that are none of ours: libmodbus, one context per unit, on one wire.
 *
 *	foreign_slave LINK
 *
 * Makes a pty, leaves LINK as a name of it, and runs until SIGTERM. Every slave hears everything,
 * as on RS485; libmodbus itself ignores what is for another unit, and then that unit's answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <modbus.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define UNIT_FIRST	2
#define UNITS		4
/* The slaves' ends of the wire, and the line to the master. */
#define LINE		UNITS
#define DOORS		(UNITS + 1)
#define REGISTERS	0x200
#define COILS		64
/*
 * How long a slave waits for the answer of another one before it listens for requests again: less
 * than the time-outs that the test gives its master, more than a busy host holds a thread up.
 */
#define OTHERS_US	300000

struct slave {
	modbus_t *context;
	modbus_mapping_t *map;
	int wire;		/* our end of what the slave takes for its line */
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *serve(void *argument)
{
	struct slave *slave = argument;
	uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
	int bytes;

	for (;;) {
		bytes = modbus_receive(slave->context, request);
		if (bytes > 0)
			modbus_reply(slave->context, request, bytes, slave->map);
		else if (bytes < 0 && errno == ECONNRESET)
			return NULL;
	}
}

static void start_slave(struct slave *slave, int unit)
{
	pthread_t thread;
	int ends[2], i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		die("socketpair");
	/* The path is not opened: the context gets its descriptor from us. */
	slave->context = modbus_new_rtu("/dev/null", 115200, 'N', 8, 1);
	slave->map = modbus_mapping_new(COILS, COILS, REGISTERS, REGISTERS);
	if (!slave->context || !slave->map)
		die("modbus");
	modbus_set_slave(slave->context, unit);
	modbus_set_socket(slave->context, ends[0]);
	modbus_set_response_timeout(slave->context, 0, OTHERS_US);
	slave->wire = ends[1];
	/* What the discovery probe asks for: device id and module type. */
	slave->map->tab_registers[0x100] = (uint16_t)unit;
	slave->map->tab_registers[0x104] = (uint16_t)unit;
	slave->map->tab_registers[0x105] = 0x0102;
	/* What only it can change: every third input is on, input registers count. */
	for (i = 0; i < COILS; i++)
		slave->map->tab_input_bits[i] = i % 3 == 0;
	for (i = 0; i < REGISTERS; i++)
		slave->map->tab_input_registers[i] = (uint16_t)(0x4000 + i);
	if (pthread_create(&thread, NULL, serve, slave))
		die("pthread_create");
}

static int open_line(const char *link_path)
{
	int line = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;
	int far;

	if (line < 0 || grantpt(line) || unlockpt(line))
		die("posix_openpt");
	unlink(link_path);
	if (symlink(ptsname(line), link_path))
		die(link_path);
	/* Held open, so that the line stays when the master goes and comes. */
	far = open(link_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (far < 0 || tcgetattr(far, &settings))
		die(link_path);
	cfmakeraw(&settings);
	if (tcsetattr(far, TCSANOW, &settings))
		die(link_path);
	return line;
}

/* What comes in at one door goes out at every other. */
static void pass_on(const struct pollfd *doors, int from)
{
	char bytes[256];
	ssize_t got = read(doors[from].fd, bytes, sizeof(bytes));
	int i;

	if (got <= 0)
		die("line");
	for (i = 0; i < DOORS; i++)
		if (i != from && write(doors[i].fd, bytes, (size_t)got) != got)
			die("line");
}

int main(int argc, char **argv)
{
	struct pollfd doors[DOORS];
	struct slave slaves[UNITS];
	int i;

	if (argc != 2) {
		fputs("usage: foreign_slave LINK\n", stderr);
		return 2;
	}
	for (i = 0; i < UNITS; i++) {
		start_slave(&slaves[i], UNIT_FIRST + i);
		doors[i] = (struct pollfd){ .fd = slaves[i].wire, .events = POLLIN };
	}
	doors[LINE] = (struct pollfd){ .fd = open_line(argv[1]), .events = POLLIN };
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(doors, DOORS, -1) < 0)
			die("poll");
		for (i = 0; i < DOORS; i++)
			if (doors[i].revents)
				pass_on(doors, i);
	}
}
