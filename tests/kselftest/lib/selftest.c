// SPDX-License-Identifier: GPL-2.0-or-later
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "plan.h"
#include "tap.h"

static bool may_one(const char *variable)
{
	const char *value = getenv(variable);

	if (!value || !*value || !strcmp(value, "0"))
		return false;
	if (strcmp(value, "1"))
		tap_bail("%s='%s': give 1 or 0", variable, value);
	return true;
}

bool selftest_may(const char *variable)
{
	if (!strcmp(variable, SELFTEST_BOTH))
		return may_one(SELFTEST_ENABLE) && may_one(SELFTEST_WRITE);
	return may_one(variable);
}

static void __attribute__((format(printf, 1, 2), noreturn)) skip_all(const char *format, ...)
{
	va_list args;

	printf("1..0 # SKIP ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	exit(SELFTEST_SKIPPED);
}

static void skip_if_used(int fd)
{
	struct oht_telegram_status telegrams = { .size = sizeof(telegrams) };
	struct oht_estop_status status;
	struct oht_plan_status plan;
	int error;

	guest_status(fd, &status);
	if (status.flags & OHT_ESTOP_HAS_CONTROLLER)
		skip_all("process %u is the controller: end it first (systemctl stop ohtd)",
			 status.controller_tgid);
	plan_status(fd, &plan);
	if (plan.flags)
		skip_all("a plan is in force: end it first (ohtctl plan clear)");
	error = guest_ioctl(fd, OHT_IOC_TELEGRAM_STATUS, &telegrams);
	if (error)
		tap_bail("TELEGRAM_STATUS: %s", strerror(error));
	if (telegrams.set)
		skip_all("%u stop telegrams are set: load the module anew first", telegrams.set);
}

void selftest_begin(void)
{
	struct oht_info info;
	int fd;

	if (access(GUEST_DEVICE, F_OK))
		skip_all("there is no %s", GUEST_DEVICE);
	fd = open(GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		skip_all("%s: %s", GUEST_DEVICE, strerror(errno));
	guest_info(fd, &info);
	if (!(info.caps & OHT_CAP_BUS))
		skip_all("the port is not up, see dmesg");
	skip_if_used(fd);
	close(fd);
}
