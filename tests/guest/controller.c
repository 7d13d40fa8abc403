// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A controller that does what a test tells it.
 *
 *	controller serve [DEADMAN_MS]	takes the role, sends heartbeats, keeps every safety event
 *	controller COMMAND...		asks the one that serves; one JSON line; exit 1 if refused
 *
 *	status			the stop as it is now
 *	reset|enable|disable|stop TAG
 *	arm TAG			reset as soon as nothing forbids it, then enable; 10 s at most
 *	auto TAG		arm after every stop, with TAG, TAG + 1, ...; 0 ends it
 *	events			all safety events so far
 *	hang			no heartbeat any more
 *	leave			give the role back in order, and end
 *
 * Real-time as ohtd is, so that load in the guest does not delay the heartbeat.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "oht_client.h"

#define EVENTS_MAX	32768
#define TICK_MS		2
#define ARM_TICKS_MAX	(10000 / TICK_MS)
#define SOCKET_NAME	"oht-test-controller"

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
	FILE *arm_client;		/* who waits for it */
};

static int open_socket(struct sockaddr_un *address, socklen_t *size)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	/* Abstract: nothing is left behind by whoever is killed. */
	strcpy(address->sun_path + 1, SOCKET_NAME);
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(SOCKET_NAME));
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void answer(FILE *client, int ret, uint64_t blocking)
{
	int error = ret ? errno : 0;

	fprintf(client, "{\"ok\":%s,\"error\":\"%s\",\"blocking\":%" PRIu64 "}\n",
		ret ? "false" : "true", error ? strerrorname_np(error) : "", blocking);
}

static void print_status(FILE *client, struct oht_dev *dev)
{
	struct oht_stop_status status;

	if (oht_dev_stop_status(dev, &status)) {
		answer(client, -1, 0);
		return;
	}
	fprintf(client,
		"{\"ok\":true,\"state\":\"%s\",\"first_cause\":\"%s\",\"causes\":%" PRIu64
		",\"standing\":%" PRIu64 ",\"inputs\":%u,\"outputs\":%u,\"since_ns\":%" PRIu64
		",\"journal_seq\":%" PRIu64 ",\"deadman_ms\":%u}\n",
		oht_state_name(status.state), oht_cause_name(status.first_cause), status.causes,
		status.standing, status.inputs, status.outputs, status.since_ns,
		status.journal_seq, status.deadman_ms);
}

static void print_events(FILE *client, const struct server *server)
{
	unsigned int i;

	fprintf(client, "{\"ok\":true,\"lost\":%u,\"events\":[", server->lost);
	for (i = 0; i < server->events_count; i++) {
		const struct oht_safety_event *e = &server->events[i];

		fprintf(client,
			"%s{\"seq\":%" PRIu64 ",\"kind\":\"%s\",\"cause\":\"%s\",\"from\":\"%s\""
			",\"to\":\"%s\",\"tag\":%" PRIu64 ",\"event_ns\":%" PRIu64
			",\"low_ns\":%" PRIu64 ",\"inputs\":%u,\"outputs\":%u,\"tgid\":%u}",
			i ? ",\n" : "", e->journal_seq, oht_kind_name(e->kind),
			oht_cause_name(e->cause), oht_state_name(e->state_from),
			oht_state_name(e->state_to), e->tag, e->event_ns, e->low_ns, e->inputs,
			e->outputs, e->tgid);
	}
	fputs("]}\n", client);
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
		if (!ret)
			ret = oht_dev_enable(server->dev, server->arm_tag, &blocking);
		if (!ret)
			server->arm_tag += server->automatic;
	}
	if (server->automatic || (ret && ++server->arm_ticks < ARM_TICKS_MAX))
		return;
	answer(server->arm_client, ret, ret ? status.standing : blocking);
	fclose(server->arm_client);
	server->arm_client = NULL;
	server->arm_tag = 0;
}

/* Returns whether the client must wait for a later answer. */
static bool start_arming(struct server *server, FILE *client, uint64_t tag, bool automatic)
{
	if (server->arm_client) {
		errno = EBUSY;
		answer(client, -1, 0);
		return false;
	}
	server->arm_tag = tag;
	server->arm_ticks = 0;
	server->automatic = automatic && tag;
	if (automatic) {
		answer(client, 0, 0);
		return false;
	}
	server->arm_client = client;
	return true;
}

static void execute(struct server *server, FILE *client, const char *verb, uint64_t tag)
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
	answer(client, ret, blocking);
}

/* Returns whether the client must wait for a later answer. */
static bool serve_line(struct server *server, FILE *client, const char *line)
{
	uint64_t tag = 0;
	char verb[16];

	if (sscanf(line, "%15s %" SCNu64, verb, &tag) < 1)
		return false;
	keep_events(server);
	if (!strcmp(verb, "status"))
		print_status(client, server->dev);
	else if (!strcmp(verb, "events"))
		print_events(client, server);
	else if (!strcmp(verb, "arm") || !strcmp(verb, "auto"))
		return start_arming(server, client, tag, !strcmp(verb, "auto"));
	else
		execute(server, client, verb, tag);
	return false;
}

static void serve_client(struct server *server, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	FILE *client = fd < 0 ? NULL : fdopen(fd, "r+");
	char line[80];

	if (!client)
		return;
	if (fgets(line, sizeof(line), client)) {
		fseek(client, 0, SEEK_CUR);
		if (serve_line(server, client, line))
			return;
	}
	fclose(client);
}

static int serve(uint32_t deadman_ms)
{
	struct server server = { .beating = true };
	struct sched_param priority = { .sched_priority = 50 };
	struct sockaddr_un address;
	struct pollfd doors[2];
	socklen_t size;

	server.dev = oht_dev_open(NULL, 0);
	server.events = calloc(EVENTS_MAX, sizeof(*server.events));
	doors[0].fd = open_socket(&address, &size);
	/* The shell goes on when this forks, and whoever asks from then on waits in the queue. */
	if (!server.dev || !server.events || oht_dev_subscribe_safety(server.dev, true) ||
	    bind(doors[0].fd, (struct sockaddr *)&address, size) || listen(doors[0].fd, 8) ||
	    daemon(0, 1) || oht_dev_control_take(server.dev, &deadman_ms)) {
		perror("controller");
		return 3;
	}
	sched_setscheduler(0, SCHED_FIFO, &priority);
	doors[0].events = POLLIN;
	doors[1].fd = oht_dev_fd(server.dev);
	doors[1].events = POLLIN;
	while (!server.leaving) {
		poll(doors, 2, TICK_MS);
		if (server.beating)
			oht_dev_heartbeat(server.dev);
		keep_events(&server);
		if (server.arm_tag)
			try_arming(&server);
		if (doors[0].revents & POLLIN)
			serve_client(&server, doors[0].fd);
		if (doors[1].revents & (POLLHUP | POLLERR))
			doors[1].fd = -1;
	}
	oht_dev_close(server.dev);
	return 0;
}

static int ask(int count, char **words)
{
	struct sockaddr_un address;
	char line[4096];
	socklen_t size;
	FILE *server;
	int fd, i;
	bool ok = false;

	fd = open_socket(&address, &size);
	if (connect(fd, (struct sockaddr *)&address, size)) {
		perror("controller");
		return 3;
	}
	server = fdopen(fd, "r+");
	for (i = 0; i < count; i++)
		fprintf(server, "%s%c", words[i], i + 1 < count ? ' ' : '\n');
	fflush(server);
	for (i = 0; fgets(line, sizeof(line), server); i++) {
		if (!i)
			ok = strstr(line, "\"ok\":true");
		fputs(line, stdout);
	}
	fclose(server);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: controller serve [DEADMAN_MS] | COMMAND [TAG]\n", stderr);
		return 2;
	}
	if (!strcmp(argv[1], "serve"))
		return serve(argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 0);
	return ask(argc - 1, argv + 1);
}
