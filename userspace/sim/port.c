// SPDX-License-Identifier: GPL-2.0-or-later
/* The wire as a descriptor. */
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static int open_socket(struct oht_sim_port *port)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(port->path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, port->path);
	port->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (port->fd < 0)
		return -errno;
	return connect(port->fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
}

/* The constant for a rate, or B0 for one that termios has no name for. */
static speed_t speed_of(unsigned int baud_bps)
{
	static const struct { unsigned int bps; speed_t speed; } known[] = {
		{ 1200, B1200 },     { 2400, B2400 },	  { 4800, B4800 },
		{ 9600, B9600 },     { 19200, B19200 },	  { 38400, B38400 },
		{ 57600, B57600 },   { 115200, B115200 }, { 230400, B230400 },
		{ 460800, B460800 }, { 921600, B921600 },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].bps == baud_bps)
			return known[i].speed;
	return B0;
}

static int set_raw(const struct oht_sim_port *port, int fd)
{
	const struct oht_sim_timing *t = port->timing;
	struct termios tty;
	speed_t speed = speed_of(t->baud_bps);

	if (tcgetattr(fd, &tty))
		return -errno;
	cfmakeraw(&tty);
	tty.c_cflag |= CLOCAL | CREAD;
	tty.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | PARODD);
	tty.c_cflag |= (t->stop_bits == 2 ? CSTOPB : 0u) | (t->parity == 'N' ? 0u : PARENB) |
		       (t->parity == 'O' ? PARODD : 0u);
	/* A pty knows no rate, so an odd one is no error; on a real tty it stays as it was set. */
	if (speed != B0)
		cfsetspeed(&tty, speed);
	if (tcsetattr(fd, TCSANOW, &tty) || tcflush(fd, TCIOFLUSH))
		return -errno;
	return 0;
}

static int open_tty(struct oht_sim_port *port)
{
	port->fd = open(port->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (port->fd < 0)
		return -errno;
	return set_raw(port, port->fd);
}

/* A link of an earlier run is replaced, anything else at that place is somebody's file. */
static int make_link(const struct oht_sim_port *port)
{
	struct stat st;

	if (!lstat(port->path, &st) && (!S_ISLNK(st.st_mode) || unlink(port->path)))
		return S_ISLNK(st.st_mode) ? -errno : -EEXIST;
	return symlink(port->far_path, port->path) ? -errno : 0;
}

static int open_pty(struct oht_sim_port *port)
{
	int err;

	port->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (port->fd < 0)
		return -errno;
	if (grantpt(port->fd) || unlockpt(port->fd))
		return -errno;
	err = ptsname_r(port->fd, port->far_path, sizeof(port->far_path));
	if (err)
		return -err;
	/* Without an open far end a read here would fail between two clients. */
	port->far_fd = open(port->far_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (port->far_fd < 0)
		return -errno;
	err = set_raw(port, port->far_fd);
	return err ? err : make_link(port);
}

static void close_fds(struct oht_sim_port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	if (port->far_fd >= 0)
		close(port->far_fd);
	port->fd = -1;
	port->far_fd = -1;
}

int oht_sim_port_open(struct oht_sim_port *port)
{
	int err;

	port->fd = -1;
	port->far_fd = -1;
	if (port->kind == OHT_SIM_PORT_CONNECT)
		err = open_socket(port);
	else if (port->kind == OHT_SIM_PORT_OPEN)
		err = open_tty(port);
	else
		err = open_pty(port);
	if (err)
		close_fds(port);
	return err;
}

void oht_sim_port_close(struct oht_sim_port *port)
{
	char target[sizeof(port->far_path)] = "";

	/* Only our own link: a second simulator may have put its own there. */
	if (port->kind == OHT_SIM_PORT_PTY && port->fd >= 0 &&
	    readlink(port->path, target, sizeof(target) - 1) > 0 && !strcmp(target, port->far_path))
		unlink(port->path);
	close_fds(port);
}

bool oht_sim_port_may_come(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED || err == -EAGAIN || err == -EIO ||
	       err == -ENXIO;
}

ssize_t oht_sim_port_read(const struct oht_sim_port *port, void *bytes, size_t len)
{
	ssize_t n = read(port->fd, bytes, len);

	return n < 0 ? -errno : n;
}

ssize_t oht_sim_port_write(const struct oht_sim_port *port, const void *bytes, size_t len)
{
	ssize_t n = write(port->fd, bytes, len);

	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n;
}
