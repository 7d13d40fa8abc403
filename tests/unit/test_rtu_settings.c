// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rate, parity and stop bits of the rtu back-end, read back at the far end of a pty. A pty takes every rate and
 * no parity; what else drivers do without an error is done by the ioctl() of this program.
 */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "bus/bus.h"
#include "bus/rtu_settings.h"

#define RATE_KEPT	9600

static int far_end = -1;
static char device[64], error[OHT_TEXT_BYTES];
static struct ohtd_bus *bus;
/* What the driver cannot do: it keeps rates above this one, and these flags, as they were. */
static unsigned int rate_max;
static tcflag_t flags_kept;
/* What it says of its UART; no type: nothing. */
static struct serial_struct uart;

int ioctl(int fd, unsigned long request, ...);

/* In the place of the one of the C library. */
int ioctl(int fd, unsigned long request, ...)
{
	struct termios2 *line;
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	line = argument;
	if (request == TCSETS2 && rate_max && line->c_ospeed > rate_max)
		line->c_ispeed = line->c_ospeed = RATE_KEPT;
	if (request == TCSETS2)
		line->c_cflag &= ~flags_kept;
	if (request == TIOCGSERIAL && uart.type) {
		memcpy(argument, &uart, sizeof(uart));
		return 0;
	}
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

static int setup(void **state)
{
	(void)state;
	rate_max = 0;
	flags_kept = 0;
	memset(&uart, 0, sizeof(uart));
	far_end = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(far_end >= 0);
	assert_int_equal(grantpt(far_end) | unlockpt(far_end), 0);
	assert_int_equal(ptsname_r(far_end, device, sizeof(device)), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ohtd_bus_destroy(bus);
	bus = NULL;
	close(far_end);
	return 0;
}

static int open_line(uint32_t baud_bps, char parity, uint8_t stop_bits)
{
	const struct ohtd_bus_setup line = {
		.backend = "rtu", .device = device, .baud_bps = baud_bps, .parity = parity,
		.stop_bits = stop_bits,
	};

	ohtd_bus_destroy(bus);
	bus = ohtd_bus_create(&line, error, sizeof(error));
	assert_non_null(bus);
	*error = '\0';
	return bus->ops->open(bus, error, sizeof(error));
}

static void the_line_runs_at_the_rate_that_is_told(void **state)
{
	static const uint32_t rates[] = {
		9600, 115200, 14400, 28800, 76800, 128000, 250000, 256000, 12345, 1000000,
	};
	struct oht_dev_info info;
	struct termios2 line;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		assert_int_equal(open_line(rates[i], 'N', 2), 0);
		assert_int_equal(ioctl(far_end, TCGETS2, &line), 0);
		assert_int_equal(line.c_ospeed, rates[i]);
		assert_int_equal(line.c_ispeed, rates[i]);
		assert_true(line.c_cflag & CSTOPB);
		assert_int_equal(bus->ops->info(bus, &info), 0);
		assert_int_equal(info.baud_bps, rates[i]);
		assert_int_equal(info.stop_bits, 2);
		assert_int_equal(info.char_bits, 11);
		assert_int_equal(info.char_ns, 11 * 1000000000ull / rates[i]);
	}
}

static void a_rate_that_the_line_has_not_is_refused_with_those_that_it_has(void **state)
{
	(void)state;
	rate_max = 38400;
	assert_int_equal(open_line(250000, 'N', 1), -EINVAL);
	assert_non_null(strstr(error, device));
	assert_non_null(strstr(error, "baud = 250000 cannot be set, the line stays at 9600"));
	assert_non_null(strstr(error, "14400, 19200, 28800, 38400"));
	assert_null(strstr(error, "38400,"));
	assert_null(strchr(error, '\n'));
	assert_int_equal(open_line(38400, 'N', 1), 0);
}

static void parity_and_stop_bits_are_read_back(void **state)
{
	(void)state;
	assert_int_equal(open_line(19200, 'E', 1), -EINVAL);
	assert_non_null(strstr(error, "a pty has no parity; set parity = none"));
	flags_kept = CSTOPB;
	assert_int_equal(open_line(19200, 'N', 2), -EINVAL);
	assert_non_null(strstr(error, "stop_bits = 2 cannot be set, the line has 1"));
	assert_int_equal(open_line(19200, 'N', 1), 0);
}

static void parity_that_the_driver_drops_is_told(void **state)
{
	const struct rtu_settings odd = { 19200, 'O', 1 };
	int fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct rtu_settings has;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(rtu_settings_set(fd, device, &odd, &has, error, sizeof(error)), -EINVAL);
	close(fd);
	assert_non_null(strstr(error, "parity = odd cannot be set, the line has none; set parity = none"));
}

/*
 * The driver of an 8250 gives back the rate that it was asked for, whatever its divisor makes of
 * it.
 */
static void a_rate_that_the_uart_rounds_is_told(void **state)
{
	static const struct {
		int type, base;
		uint32_t baud_bps, is_bps;
	} uarts[] = {
		{ PORT_16550A, 115200, 115200, 115200 }, { PORT_16550A, 115200, 76800, 57600 },
		{ PORT_16450, 115200, 250000, 115200 },
		{ PORT_8250, 1500000, 115200, 115384 },
		{ PORT_16550A, 0, 76800, 0 },
		/* Others divide by fractions, or say nothing. */
		{ PORT_16C950, 115200, 76800, 0 },	 { 0, 0, 76800, 0 },
	};
	int fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(uarts) / sizeof(uarts[0]); i++) {
		uart = (struct serial_struct){ .type = uarts[i].type, .baud_base = uarts[i].base };
		assert_int_equal(rtu_settings_divided(fd, uarts[i].baud_bps), uarts[i].is_bps);
		/* Told and not refused: a divider of fractions may say that it is a 16550A, too. */
		assert_int_equal(open_line(uarts[i].baud_bps, 'N', 1), 0);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_line_runs_at_the_rate_that_is_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_rate_that_the_line_has_not_is_refused_with_those_that_it_has, setup, teardown),
		cmocka_unit_test_setup_teardown(a_rate_that_the_uart_rounds_is_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(parity_and_stop_bits_are_read_back, setup, teardown),
		cmocka_unit_test_setup_teardown(parity_that_the_driver_drops_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
