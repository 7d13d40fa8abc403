/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the tests of the rtu back-end share: the simulator on a pty as a process, the bus on it, one request.
 * Contexts: one test program, one thread.
 * Locks:    none.
 */
#ifndef OHT_TEST_RTU_FAR_H
#define OHT_TEST_RTU_FAR_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bus/bus.h"
#include "common/registers.h"
#include "base/clock.h"
#include "control/robot.h"

#define WAIT_MS		10000
#define PATIENT_US	1000000
#define IMPATIENT_US	50000
#define TIME_FACTOR	20

static char dir[64], line_path[96], control_path[96];
static pid_t simulator;
static struct ohtd_bus *bus;
static struct ohtd_robot *robot;
static struct ohtd_clock robot_clock;
static char error[OHTD_TEXT_BYTES * 2];

static inline void pause_ms(unsigned int ms)
{
	poll(NULL, 0, (int)ms);
}

/* ---- the far end ---- */

static inline void start_simulator(void)
{
	unsigned int i;

	simulator = fork();
	assert_true(simulator >= 0);
	if (!simulator) {
		execl(OHT_SIM_PROGRAM, "oht-sim", "--pty", line_path, "--control", control_path,
		      "--data", OHT_SOURCE_DATADIR, NULL);
		_exit(127);
	}
	for (i = 0; i < WAIT_MS / 10; i++) {
		if (!access(line_path, F_OK) && !access(control_path, F_OK))
			return;
		pause_ms(10);
	}
	fail_msg("the simulator did not start");
}

static inline void stop_simulator(void)
{
	if (!simulator)
		return;
	kill(simulator, SIGTERM);
	waitpid(simulator, NULL, 0);
	simulator = 0;
}

static inline void tell_simulator(const char *words)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[4096];
	ssize_t got;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", control_path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(dprintf(fd, "%s\n", words) > 0);
	got = read(fd, answer, sizeof(answer) - 1);
	close(fd);
	assert_true(got > 2);
	answer[got] = '\0';
	if (strncmp(answer, "ok", 2))
		fail_msg("%s: %s", words, answer);
}

static inline int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/oht-rtu-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(line_path, sizeof(line_path), "%s/line", dir);
	snprintf(control_path, sizeof(control_path), "%s/control", dir);
	start_simulator();
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	ohtd_bus_destroy(bus);
	bus = NULL;
	if (robot)
		ohtd_robot_stop(robot, WAIT_MS);
	ohtd_robot_destroy(robot);
	robot = NULL;
	stop_simulator();
	unlink(line_path);
	unlink(control_path);
	rmdir(dir);
	return 0;
}

/* ---- the bus alone ---- */

static inline void open_bus(void)
{
	const struct ohtd_bus_setup setup_rtu = {
		.backend = "rtu",
		.device = line_path,
		.baud_bps = 115200,
		.parity = 'N',
		.stop_bits = 1,
	};

	bus = ohtd_bus_create(&setup_rtu, error, sizeof(error));
	if (!bus || bus->ops->open(bus, error, sizeof(error)))
		fail_msg("%s", error);
}

static inline struct oht_event next_event(void)
{
	struct pollfd fd = { .fd = bus->ops->fd(bus), .events = POLLIN };
	struct oht_event event;
	unsigned int i;
	int ret;

	for (i = 0; i < WAIT_MS / 10; i++) {
		ret = bus->ops->next(bus, &event);
		if (ret == 1)
			return event;
		if (ret)
			fail_msg("next: %d", ret);
		poll(&fd, 1, 10);
	}
	fail_msg("no event");
	return event;
}

static inline uint64_t submit(const struct oht_request *request)
{
	uint64_t cookie = 0;

	assert_int_equal(bus->ops->submit(bus, request, &cookie), 0);
	assert_int_not_equal(cookie, 0);
	return cookie;
}

static inline struct oht_reply transact(const struct oht_request *request)
{
	uint64_t cookie = submit(request);
	struct oht_event event = next_event();

	assert_int_equal(event.type, OHT_EVENT_REPLY);
	assert_int_equal(event.reply.cookie, cookie);
	return event.reply;
}

static inline struct oht_reply read_words(uint8_t unit, uint16_t address, uint16_t count,
				   uint32_t timeout_us)
{
	const struct oht_request request = {
		.unit = unit,
		.function = OHT_READ_HOLDING,
		.priority = OHT_PRIORITY_CYCLIC,
		.address = address,
		.count = count,
		.timeout_us = timeout_us,
	};

	return transact(&request);
}

#endif
