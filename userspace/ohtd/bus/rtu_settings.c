// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_settings.h"

/* The C library knows a list of rates only; it must not be included beside these. */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../base/log.h"

/* UNIX98_PTY_SLAVE_MAJOR and the majors behind it (admin-guide/devices.txt). */
#define PTY_MAJOR_FIRST	136
#define PTY_MAJOR_LAST	143
/* One in so many: more, and the far end misses bits of a character. */
#define RATE_TOLERANCE	100

static const char *parity_word(char parity)
{
	return parity == 'E' ? "even" : parity == 'O' ? "odd" : "none";
}

static bool is_near(uint32_t has_bps, uint32_t wanted_bps)
{
	uint32_t apart = has_bps > wanted_bps ? has_bps - wanted_bps : wanted_bps - has_bps;

	return apart <= wanted_bps / RATE_TOLERANCE;
}

static int set_line(int fd, const struct rtu_settings *wanted)
{
	struct termios2 line;

	if (ioctl(fd, TCGETS2, &line))
		return -errno;
	line.c_cflag &= ~(tcflag_t)(CBAUD | CBAUD << IBSHIFT | CSTOPB | PARENB | PARODD | CMSPAR);
	line.c_cflag |= BOTHER | BOTHER << IBSHIFT;
	line.c_ispeed = wanted->baud_bps;
	line.c_ospeed = wanted->baud_bps;
	if (wanted->stop_bits == 2)
		line.c_cflag |= CSTOPB;
	if (wanted->parity != 'N')
		line.c_cflag |= wanted->parity == 'O' ? PARENB | PARODD : PARENB;
	return ioctl(fd, TCSETS2, &line) ? -errno : 0;
}

static int read_line(int fd, struct rtu_settings *has)
{
	struct termios2 line;

	if (ioctl(fd, TCGETS2, &line))
		return -errno;
	has->baud_bps = line.c_ospeed;
	has->stop_bits = line.c_cflag & CSTOPB ? 2 : 1;
	has->parity = 'N';
	if (line.c_cflag & PARENB)
		has->parity = line.c_cflag & PARODD ? 'O' : 'E';
	return 0;
}

uint32_t rtu_settings_divided(int fd, uint32_t baud_bps)
{
	struct serial_struct uart = { 0 };
	uint32_t base, divisor;

	if (ioctl(fd, TIOCGSERIAL, &uart) || uart.type < PORT_8250 || uart.type > PORT_16550A ||
	    uart.baud_base <= 0)
		return 0;
	base = (uint32_t)uart.baud_base;
	divisor = (base + baud_bps / 2) / baud_bps;
	return base / (divisor ? divisor : 1);
}

static void tell_divided(int fd, const char *device, uint32_t baud_bps)
{
	uint32_t is_bps = rtu_settings_divided(fd, baud_bps);

	if (is_bps && !is_near(is_bps, baud_bps))
		ohtd_log(OHTD_LOG_WARNING, "bus", "rate_rounded",
			 "%s: baud = %u becomes %u by the UART's divisor; set a rate that it can do",
			 device, baud_bps, is_bps);
}

static int set_and_read(int fd, const struct rtu_settings *wanted, struct rtu_settings *has)
{
	int ret = set_line(fd, wanted);

	return ret ? ret : read_line(fd, has);
}

/* Writes the rates of which the line has been seen to keep each. */
static void list_rates(int fd, const struct rtu_settings *wanted, char *text, size_t bytes)
{
	static const uint32_t rates[] = {
		1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 76800, 115200, 128000,
		230400, 250000, 256000, 460800, 500000, 921600, 1000000,
	};
	struct rtu_settings tried = *wanted, has;
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]) && used < bytes; i++) {
		tried.baud_bps = rates[i];
		if (set_and_read(fd, &tried, &has) || !is_near(has.baud_bps, rates[i]))
			continue;
		used += (size_t)snprintf(text + used, bytes - used, "%s%u", used ? ", " : "",
					 rates[i]);
	}
}

static void tell_rate(int fd, const char *device, const struct rtu_settings *wanted,
		      const struct rtu_settings *has, char *error, size_t error_bytes)
{
	char rates[160];

	list_rates(fd, wanted, rates, sizeof(rates));
	snprintf(error, error_bytes, "%s: baud = %u cannot be set, the line stays at %u; %s%s", device,
		 wanted->baud_bps, has->baud_bps, *rates ? "it can do " : "no rate can be set",
		 rates);
}

/* False: the line has something else, and @error says what. */
static bool is_kept(int fd, const char *device, const struct rtu_settings *wanted,
		    const struct rtu_settings *has, char *error, size_t error_bytes)
{
	if (!is_near(has->baud_bps, wanted->baud_bps))
		tell_rate(fd, device, wanted, has, error, error_bytes);
	else if (has->parity != wanted->parity)
		snprintf(error, error_bytes,
			 "%s: parity = %s cannot be set, the line has %s; set parity = %s", device,
			 parity_word(wanted->parity), parity_word(has->parity),
			 parity_word(has->parity));
	else if (has->stop_bits != wanted->stop_bits)
		snprintf(error, error_bytes,
			 "%s: stop_bits = %u cannot be set, the line has %u; set stop_bits = %u",
			 device, wanted->stop_bits, has->stop_bits, has->stop_bits);
	else
		return true;
	return false;
}

int rtu_settings_set(int fd, const char *device, const struct rtu_settings *wanted,
		     struct rtu_settings *has, char *error, size_t error_bytes)
{
	int ret = set_and_read(fd, wanted, has);

	if (ret) {
		snprintf(error, error_bytes, "%s: cannot set the line: %s", device, strerror(-ret));
		return ret;
	}
	if (!is_kept(fd, device, wanted, has, error, error_bytes))
		return -EINVAL;
	tell_divided(fd, device, wanted->baud_bps);
	return 0;
}

static bool is_pty(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && major(status->st_rdev) >= PTY_MAJOR_FIRST &&
	       major(status->st_rdev) <= PTY_MAJOR_LAST;
}

bool rtu_settings_is_pty(const char *device)
{
	struct stat status;

	return !stat(device, &status) && is_pty(&status);
}

bool rtu_settings_fd_is_pty(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && is_pty(&status);
}
