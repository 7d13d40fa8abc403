// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A controller that does what a test tells it.
 *
 *	controller TERMINAL [DEADMAN_MS]
 *
 * Takes the role, goes into the background, sends heartbeats, keeps every safety event, and answers
 * each line that comes from the terminal with one JSON line:
 *
 *	status			the stop as it is now
 *	reset|enable|disable|stop TAG
 *	arm TAG			reset as soon as nothing forbids it, then enable; 10 s at most
 *	auto TAG		arm after every stop, with TAG, TAG + 1, ...; 0 ends it
 *	events N		all safety events so far but the first N
 *	hang			no heartbeat any more
 *	leave			give the role back in order, and end
 *
 * Real-time as ohtd is, so that load in the guest does not delay the heartbeat.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "oht_client.h"

/* Ten thousand presses, each with up to seven. */
#define EVENTS_MAX	131072
#define TICK_MS		2
#define ARM_TICKS_MAX	(10000 / TICK_MS)
#define LINE_BYTES	80

struct server {
	struct oht_dev *dev;
	struct oht_safety_event *events;
	unsigned int events_count;
	unsigned int lost;
	bool beating;
	bool leaving;
	bool automatic;
	uint64_t arm_tag;		/* 0: nothing to arm */
	unsigned int arm_ticks;		/* how long this has been tried */
	bool arm_answer;		/* somebody waits for it */
	FILE *terminal;			/* answers */
	int input;			/* commands */
	char line[LINE_BYTES];
	size_t line_bytes;
};

static void answer(FILE *terminal, int ret, uint64_t blocking)
{
	int error = ret ? errno : 0;

	fprintf(terminal, "{\"ok\":%s,\"error\":\"%s\",\"blocking\":%" PRIu64 "}\n",
		ret ? "false" : "true", error ? strerrorname_np(error) : "", blocking);
}

static void print_status(FILE *terminal, struct oht_dev *dev)
{
	struct oht_stop_status status;

	if (oht_dev_stop_status(dev, &status)) {
		answer(terminal, -1, 0);
		return;
	}
	fprintf(terminal,
		"{\"ok\":true,\"state\":\"%s\",\"first_cause\":\"%s\",\"causes\":%" PRIu64
		",\"standing\":%" PRIu64 ",\"inputs\":%u,\"outputs\":%u,\"since_ns\":%" PRIu64
		",\"journal_seq\":%" PRIu64 ",\"deadman_ms\":%u}\n",
		oht_state_name(status.state), oht_cause_name(status.first_cause), status.causes,
		status.standing, status.inputs, status.outputs, status.since_ns,
		status.journal_seq, status.deadman_ms);
}

static void print_events(FILE *terminal, const struct server *server, uint64_t first)
{
	uint64_t i;

	fprintf(terminal, "{\"ok\":true,\"lost\":%u,\"events\":[", server->lost);
	for (i = first; i < server->events_count; i++) {
		const struct oht_safety_event *e = &server->events[i];

		fprintf(terminal,
			"%s{\"seq\":%" PRIu64 ",\"kind\":\"%s\",\"cause\":\"%s\",\"from\":\"%s\""
			",\"to\":\"%s\",\"tag\":%" PRIu64 ",\"event_ns\":%" PRIu64
			",\"low_ns\":%" PRIu64 ",\"inputs\":%u,\"outputs\":%u,\"tgid\":%u}",
			i > first ? "," : "", e->journal_seq, oht_kind_name(e->kind),
			oht_cause_name(e->cause), oht_state_name(e->state_from),
			oht_state_name(e->state_to), e->tag, e->event_ns, e->low_ns, e->inputs,
			e->outputs, e->tgid);
	}
	fputs("]}\n", terminal);
}

static void keep_events(struct server *server)
{
	struct oht_event event;

	while (oht_dev_read_event(server->dev, &event, 0) > 0) {
		if (event.type != OHT_EVENT_SAFETY)
			continue;
		server->lost += event.lost;
		if (server->events_count < EVENTS_MAX)
			server->events[server->events_count++] = event.safety;
		else
			server->lost++;
	}
}

/* Tries to go from stopped to enabled; asks first, so that no refusal is provoked. */
static void try_arming(struct server *server)
{
	struct oht_stop_status status;
	uint64_t blocking = 0;
	int ret = -1;

	errno = ETIMEDOUT;
	if (oht_dev_stop_status(server->dev, &status))
		return;
	if (status.state == OHT_STATE_STOPPED && !status.standing) {
		ret = oht_dev_reset(server->dev, server->arm_tag, &blocking);
		if (!ret) {
			ret = oht_dev_enable(server->dev, server->arm_tag, &blocking);
			/* Used, also if a press came in between: two presses never share a tag. */
			server->arm_tag += server->automatic;
		}
	}
	if (server->automatic || (ret && ++server->arm_ticks < ARM_TICKS_MAX))
		return;
	answer(server->terminal, ret, ret ? status.standing : blocking);
	server->arm_answer = false;
	server->arm_tag = 0;
}

static void start_arming(struct server *server, uint64_t tag, bool automatic)
{
	server->arm_tag = tag;
	server->arm_ticks = 0;
	server->automatic = automatic && tag;
	if (automatic)
		answer(server->terminal, 0, 0);
	else
		server->arm_answer = true;
}

static void execute(struct server *server, const char *verb, uint64_t tag)
{
	uint64_t blocking = 0;
	int ret = 0;

	if (!strcmp(verb, "reset")) {
		ret = oht_dev_reset(server->dev, tag, &blocking);
	} else if (!strcmp(verb, "enable")) {
		ret = oht_dev_enable(server->dev, tag, &blocking);
	} else if (!strcmp(verb, "disable")) {
		ret = oht_dev_disable(server->dev, tag);
	} else if (!strcmp(verb, "stop")) {
		ret = oht_dev_stop(server->dev, tag);
	} else if (!strcmp(verb, "hang")) {
		server->beating = false;
	} else if (!strcmp(verb, "leave")) {
		ret = oht_dev_control_release(server->dev);
		server->leaving = true;
	} else {
		errno = ENOSYS;
		ret = -1;
	}
	answer(server->terminal, ret, blocking);
}

static void serve_line(struct server *server)
{
	uint64_t number = 0;
	char verb[16] = "";

	sscanf(server->line, "%15s %" SCNu64, verb, &number);
	keep_events(server);
	if (!strcmp(verb, "status"))
		print_status(server->terminal, server->dev);
	else if (!strcmp(verb, "events"))
		print_events(server->terminal, server, number);
	else if (!strcmp(verb, "arm") || !strcmp(verb, "auto"))
		start_arming(server, number, !strcmp(verb, "auto"));
	else
		execute(server, verb, number);
}

/* A line that is too long is cut, and refused as an unknown command. */
static void serve_bytes(struct server *server)
{
	char byte;

	while (read(server->input, &byte, 1) == 1) {
		if (byte != '\n') {
			server->line[server->line_bytes] = byte;
			server->line_bytes += server->line_bytes < LINE_BYTES - 2;
			continue;
		}
		server->line[server->line_bytes] = '\0';
		server->line_bytes = 0;
		serve_line(server);
	}
	fflush(server->terminal);
}

/* Twice: reading must not wait, writing must. */
static int open_terminal(struct server *server, const char *path)
{
	int out = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;

	server->input = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (out < 0 || server->input < 0 || tcgetattr(out, &settings))
		return -1;
	cfmakeraw(&settings);
	cfsetspeed(&settings, B115200);
	settings.c_cflag |= CLOCAL;
	if (tcsetattr(out, TCSANOW, &settings))
		return -1;
	server->terminal = fdopen(out, "w");
	return server->terminal ? 0 : -1;
}

static int prepare(struct server *server, const char *path, uint32_t deadman_ms)
{
	struct sched_param priority = { .sched_priority = 50 };

	server->beating = true;
	server->events = calloc(EVENTS_MAX, sizeof(*server->events));
	if (!server->events || open_terminal(server, path))
		return -1;
	/* The shell goes on here; the role belongs to the process that stays. */
	if (daemon(0, 1))
		return -1;
	server->dev = oht_dev_open(NULL, 0);
	if (!server->dev || oht_dev_subscribe_safety(server->dev, true) ||
	    oht_dev_control_take(server->dev, &deadman_ms)) {
		answer(server->terminal, -1, 0);
		fflush(server->terminal);
		return -1;
	}
	answer(server->terminal, 0, 0);
	return sched_setscheduler(0, SCHED_FIFO, &priority);
}

int main(int argc, char **argv)
{
	struct server server = { 0 };
	struct pollfd doors[2] = { { .events = POLLIN }, { .events = POLLIN } };

	if (argc < 2) {
		fputs("usage: controller TERMINAL [DEADMAN_MS]\n", stderr);
		return 2;
	}
	if (prepare(&server, argv[1], argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 0)) {
		perror("controller");
		return 3;
	}
	doors[0].fd = server.input;
	doors[1].fd = oht_dev_fd(server.dev);
	while (!server.leaving) {
		poll(doors, 2, TICK_MS);
		if (server.beating)
			oht_dev_heartbeat(server.dev);
		keep_events(&server);
		if (server.arm_tag)
			try_arming(&server);
		serve_bytes(&server);
		if (doors[1].revents & (POLLHUP | POLLERR))
			doors[1].fd = -1;
	}
	oht_dev_close(server.dev);
	return 0;
}
