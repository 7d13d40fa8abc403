/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     rate, parity and stop bits of a tty: what is set, and what the line has then.
 * Contexts: one thread, while nothing is sent.
 * Locks:    none.
 */
#ifndef OHTD_BUS_RTU_SETTINGS_H
#define OHTD_BUS_RTU_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct rtu_settings - of a line
 * @baud_bps: rate; read back: what the driver makes of it
 * @parity: 'N', 'E' or 'O'
 * @stop_bits: 1 or 2
 */
struct rtu_settings {
	uint32_t baud_bps;
	char parity;
	uint8_t stop_bits;
};

/**
 * rtu_settings_set() - set a line and read back what it has
 * @fd: an open tty, raw already
 * @device: its name, for @error
 * @wanted: what is to be set
 * @has: what the line has
 * @error: one line when it fails
 * @error_bytes: size of @error
 *
 * Drivers take any setting without an error and keep what they cannot do as it was. A rate that the
 * UART's divisor can only come near to is told in the log.
 * Return: 0, -EINVAL: the line cannot do it (a rate may differ by 1 %), or another negative errno.
 */
int rtu_settings_set(int fd, const char *device, const struct rtu_settings *wanted,
		     struct rtu_settings *has, char *error, size_t error_bytes);

/*
 * The rate that an 8250 to 16550A makes of @baud_bps with its divisor, which no read-back shows; 0:
 * the port is none of these, or does not say.
 */
uint32_t rtu_settings_divided(int fd, uint32_t baud_bps);

/* The slave side of a pty: no hardware is behind such a name, only another program. */
bool rtu_settings_is_pty(const char *device);
bool rtu_settings_fd_is_pty(int fd);

#endif
