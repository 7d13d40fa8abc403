/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the descriptor that stands for the wire: a UNIX socket, a tty or a pty of our own.
 * Contexts: the simulator's one thread; never blocks.
 * Locks:    none.
 */
#ifndef OHT_SIM_PORT_H
#define OHT_SIM_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "timing.h"

enum oht_sim_port_kind {
	OHT_SIM_PORT_NONE,
	OHT_SIM_PORT_CONNECT,	/* UNIX stream socket, as QEMU's -serial unix:PATH,server=on */
	OHT_SIM_PORT_OPEN,	/* an existing tty or pty */
	OHT_SIM_PORT_PTY,	/* a new pty; PATH becomes a symbolic link to it */
};

struct oht_sim_port {
	enum oht_sim_port_kind kind;
	const char *path;
	const struct oht_sim_timing *timing;	/* rate and format of a real tty */
	int fd;					/* -1: not open */
	int far_fd;				/* pty: its other end, so that it never hangs up */
	char far_path[64];			/* pty: name of its other end */
};

/**
 * oht_sim_port_open() - try once
 * @port: kind, path and timing set, fd -1
 *
 * Return: 0 with @port->fd non-blocking, or -errno. -ENOENT, -ECONNREFUSED, -EAGAIN, -EIO and
 * -ENXIO say that the other side may yet come.
 */
int oht_sim_port_open(struct oht_sim_port *port);

/* Closes it; the link of a pty goes, too. Allowed on a closed one. */
void oht_sim_port_close(struct oht_sim_port *port);

/* May oht_sim_port_open() succeed later after this error? */
bool oht_sim_port_may_come(int err);

/* Like read(); 0 or a negative errno other than -EAGAIN says that the other side is gone. */
ssize_t oht_sim_port_read(const struct oht_sim_port *port, void *bytes, size_t len);

/* Bytes that the other side took at once, possibly 0; -errno when it is gone. */
ssize_t oht_sim_port_write(const struct oht_sim_port *port, const void *bytes, size_t len);

#endif
