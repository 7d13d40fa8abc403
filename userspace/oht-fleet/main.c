// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * oht-fleet: speaks VDA 5050 with a fleet's broker for the robot that ohtd leads. It knows ohtd by its local socket only, so
 * that it may crash or hang and the robot does not notice.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "oht-fleet/clock.h"
#include "oht-fleet/log.h"
#include "oht-fleet/vehicle.h"

#define CONFIG		"/etc/oht/oht-fleet.conf"
/* The broker's word that it has the last message. */
#define FAREWELL_MS	2000
#define WAIT_MAX_MS	1000

static struct fleet_settings settings;
static struct fleet_vehicle vehicle;

static int listen_to_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* One turn. True: a signal has come. */
static bool turn(int signals, int64_t next_ms, int64_t now_ms)
{
	enum { SIGNALS, BROKER, STREAM, ASKING, PLACES };
	struct pollfd places[PLACES] = {
		[SIGNALS] = { .fd = signals, .events = POLLIN },
		[STREAM] = { .fd = vehicle.robot.stream.fd, .events = fleet_http_events(&vehicle.robot.stream) },
		[ASKING] = { .fd = vehicle.robot.asking.fd, .events = fleet_http_events(&vehicle.robot.asking) },
	};

	places[BROKER].fd = fleet_link_fd(&vehicle.link, &places[BROKER].events);
	for (int i = STREAM; i < PLACES; i++)
		if (!places[i].events)
			places[i].fd = -1;
	if (poll(places, PLACES, fleet_wait_ms(next_ms, now_ms, WAIT_MAX_MS)) < 0)
		return false;
	if (places[STREAM].revents)
		fleet_http_turn(&vehicle.robot.stream);
	if (places[ASKING].revents)
		fleet_http_turn(&vehicle.robot.asking);
	if (places[BROKER].revents)
		fleet_link_turn(&vehicle.link, places[BROKER].revents);
	return places[SIGNALS].revents;
}

static void run(int signals)
{
	int64_t farewell_by = FLEET_NEVER;

	for (;;) {
		int64_t now_ms = fleet_now_ms(), next_ms = fleet_sooner(fleet_vehicle_work(&vehicle, now_ms), farewell_by);

		if (farewell_by != FLEET_NEVER && (fleet_link_has_ended(&vehicle.link) || now_ms >= farewell_by))
			return;
		if (turn(signals, next_ms, now_ms) && farewell_by == FLEET_NEVER) {
			farewell_by = fleet_now_ms() + FAREWELL_MS;
			fleet_vehicle_end(&vehicle);
			close(signals);
			signals = -1;
		}
	}
}

static void print_usage(FILE *to)
{
	fprintf(to, "usage: oht-fleet [--config FILE] [--check-config] [--version]\n");
}

/* Returns -1 to go on, or the exit status. */
static int take_options(int argc, char **argv, const char **config, bool *check)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'k' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:", options, NULL)) >= 0) {
		if (option == 'c') {
			*config = optarg;
		} else if (option == 'k') {
			*check = true;
		} else if (option == 'v') {
			puts("oht-fleet " OHT_VERSION);
			return EXIT_SUCCESS;
		} else {
			print_usage(option == 'h' ? stdout : stderr);
			return option == 'h' ? EXIT_SUCCESS : EX_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	print_usage(stderr);
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	const char *config = CONFIG;
	char why[1024];
	bool check = false;
	int signals, status = take_options(argc, argv, &config, &check);

	if (status >= 0)
		return status;
	umask(077);
	if (fleet_settings_load(&settings, config, why, sizeof(why))) {
		fprintf(stderr, "oht-fleet: %s\n", why);
		return EX_CONFIG;
	}
	if (check)
		return EXIT_SUCCESS;
	signals = listen_to_signals();
	if (signals < 0 || fleet_vehicle_open(&vehicle, &settings, why, sizeof(why))) {
		fprintf(stderr, "oht-fleet: %s\n", signals < 0 ? strerror(errno) : why);
		return EX_CONFIG;
	}
	run(signals);
	fleet_vehicle_close(&vehicle);
	return EXIT_SUCCESS;
}
