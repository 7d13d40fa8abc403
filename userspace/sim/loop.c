// SPDX-License-Identifier: GPL-2.0-or-later
/* One thread, one epoll, one timer on an absolute time of CLOCK_MONOTONIC. */
#include "loop.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S	1000000000ull
#define RETRY_NS	(NS_PER_S / 10)
/* The physics also runs while nobody asks, so that no request has to wait for hours of it. */
#define IDLE_NS		(NS_PER_S / 2)
#define READ_BYTES	512

/* What the loop keeps for itself while it runs. */
struct run {
	struct oht_sim_loop *loop;
	int epoll_fd;
	int timer_fd;
	int signal_fd;
	uint64_t idle_ns;	/* next turn of the physics */
	uint64_t retry_ns;	/* next try to open the port */
	uint64_t give_up_ns;	/* when the other side has been missing too long */
	bool stop;
	int err;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* @what tells the sources apart: the address of their descriptor. */
static int watch(const struct run *r, int *fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = fd };

	return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, *fd, &event) ? -errno : 0;
}

static void fail(struct run *r, const char *what, int err)
{
	fprintf(stderr, "oht-sim: %s: %s\n", what, strerror(-err));
	r->err = err;
	r->stop = true;
}

/* ---- the wire ---- */

static void begin_waiting(struct run *r)
{
	r->retry_ns = now_ns();
	r->give_up_ns = r->loop->wait_s ? r->retry_ns + r->loop->wait_s * NS_PER_S : OHT_SIM_NEVER;
}

static void try_open(struct run *r)
{
	struct oht_sim_port *port = r->loop->port;
	int err = oht_sim_port_open(port);

	if (!err)
		err = watch(r, &port->fd);
	if (!err) {
		fprintf(stderr, "oht-sim: line up: %s%s%s\n", port->path,
			port->kind == OHT_SIM_PORT_PTY ? " -> " : "", port->far_path);
		return;
	}
	oht_sim_port_close(port);
	if (!oht_sim_port_may_come(err) || now_ns() >= r->give_up_ns)
		fail(r, port->path, err);
	r->retry_ns = now_ns() + RETRY_NS;
}

static void lose_line(struct run *r)
{
	fprintf(stderr, "oht-sim: line lost: %s\n", r->loop->port->path);
	oht_sim_port_close(r->loop->port);
	oht_sim_station_cut(r->loop->station);
	begin_waiting(r);
}

static void receive(struct run *r)
{
	uint8_t bytes[READ_BYTES];
	ssize_t n = oht_sim_port_read(r->loop->port, bytes, sizeof(bytes));

	if (n > 0)
		oht_sim_station_receive(r->loop->station, bytes, (size_t)n, now_ns());
	else if (n != -EAGAIN && n != -EINTR)
		lose_line(r);
}

static void transmit(struct run *r)
{
	const uint8_t *bytes;
	size_t len;

	while (r->loop->port->fd >= 0 &&
	       (len = oht_sim_station_run(r->loop->station, now_ns(), &bytes))) {
		ssize_t n = oht_sim_port_write(r->loop->port, bytes, len);

		if (n < 0)
			lose_line(r);
		else
			r->loop->station->overruns += len - (size_t)n;
	}
}

/* ---- the rest ---- */

static void accept_client(struct run *r)
{
	struct oht_sim_client *client = oht_sim_server_accept(r->loop->server);

	if (client && watch(r, &client->fd)) {
		close(client->fd);
		client->fd = -1;
	}
}

static void serve_client(struct run *r, int *fd)
{
	struct oht_sim_server *server = r->loop->server;
	int i;

	for (i = 0; i < OHT_SIM_CLIENTS_MAX; i++)
		if (fd == &server->client[i].fd && *fd >= 0)
			oht_sim_client_serve(&server->client[i], r->loop->station, now_ns());
}

static void drain_timer(const struct run *r)
{
	uint64_t ticks;

	(void)!read(r->timer_fd, &ticks, sizeof(ticks));
}

/* A descriptor may have been closed by an event of the same batch. */
static void handle(struct run *r, int *fd)
{
	if (fd == &r->signal_fd)
		r->stop = true;
	else if (fd == &r->timer_fd)
		drain_timer(r);
	else if (fd == &r->loop->server->fd)
		accept_client(r);
	else if (fd != &r->loop->port->fd)
		serve_client(r, fd);
	else if (*fd >= 0)
		receive(r);
}

/* Everything that time alone makes due. */
static void do_due(struct run *r)
{
	if (r->loop->port->fd < 0 && now_ns() >= r->retry_ns)
		try_open(r);
	if (r->loop->port->fd >= 0)
		transmit(r);
	if (now_ns() >= r->idle_ns) {
		oht_sim_world_advance(&r->loop->station->world, now_ns());
		r->idle_ns = now_ns() + IDLE_NS;
	}
}

static void arm_timer(const struct run *r)
{
	uint64_t next_ns = r->idle_ns;
	struct itimerspec when = { 0 };

	if (r->loop->port->fd < 0 && r->retry_ns < next_ns)
		next_ns = r->retry_ns;
	if (r->loop->port->fd >= 0 && oht_sim_station_deadline_ns(r->loop->station) < next_ns)
		next_ns = oht_sim_station_deadline_ns(r->loop->station);
	when.it_value.tv_sec = (time_t)(next_ns / NS_PER_S);
	when.it_value.tv_nsec = (long)(next_ns % NS_PER_S);
	timerfd_settime(r->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void serve(struct run *r)
{
	struct epoll_event event[16];

	while (!r->stop) {
		int i, n;

		arm_timer(r);
		n = epoll_wait(r->epoll_fd, event, sizeof(event) / sizeof(*event), -1);
		if (n < 0 && errno != EINTR)
			fail(r, "epoll_wait", -errno);
		for (i = 0; i < n; i++)
			handle(r, event[i].data.ptr);
		do_due(r);
	}
}

/*
 * The modules of a real bus do not wait for this machine's other work. Where real-time priority is
 * not permitted replies may come late on a busy machine, though never early.
 */
static void run_first(void)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	(void)sched_setscheduler(0, SCHED_FIFO, &lowest);
	/* The default slack of 50 us is half a character at 115200 bit/s. */
	prctl(PR_SET_TIMERSLACK, 1ul);
}

static int open_all(struct run *r)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	run_first();
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	r->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (r->epoll_fd < 0 || r->timer_fd < 0 || r->signal_fd < 0)
		return -errno;
	if (watch(r, &r->timer_fd) || watch(r, &r->signal_fd))
		return -errno;
	return r->loop->server->fd >= 0 ? watch(r, &r->loop->server->fd) : 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

int oht_sim_loop_run(struct oht_sim_loop *loop)
{
	struct run r = { .loop = loop, .epoll_fd = -1, .timer_fd = -1, .signal_fd = -1 };
	int err = open_all(&r);

	if (err)
		fail(&r, "cannot wait", err);
	loop->port->fd = -1;
	loop->port->far_fd = -1;
	begin_waiting(&r);
	if (!r.stop)
		do_due(&r);
	serve(&r);
	oht_sim_port_close(loop->port);
	close_fd(r.signal_fd);
	close_fd(r.timer_fd);
	close_fd(r.epoll_fd);
	return r.err;
}
