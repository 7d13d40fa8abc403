// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole stack with the times that are shipped: ohtd, with its default configuration, drives a
 * wire in software (oht_sim) on a driver without any time in the device tree. Only where guest time
 * counts instructions: then no stall of the host is a stall of the guest. Usage: shipped_test SECONDS
 *
 * Bounds: docs/safety.md. A press, as latency_test demands. ohtd stopped or killed: one heartbeat
 * period and one period of the supervision.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

#define SOCKET			"/run/oht/ohtd.sock"
#define DEADMAN_MS		100
#define CPU_STALL_US		4000
#define SUPERVISION_US		2000
#define DEADMAN_BOUND_NS	((DEADMAN_MS * 1000ull + SUPERVISION_US) * 1000)
#define PRESS_BOUND_NS		50000ull
#define READY_S			60
#define ANSWER_BYTES		16384
#define HIGH			(OHT_STIM_ENABLE_1 | OHT_STIM_ENABLE_2)

static int stim, fd;
static char answer[ANSWER_BYTES + 1];

/* The status of ohtd's answer, which is in @answer; 0: nobody answers. */
static int ask(const char *method, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status = 0;
	size_t used = 0;
	ssize_t n = 0;

	answer[0] = 0;
	if (door >= 0 && !connect(door, (struct sockaddr *)&address, sizeof(address)) &&
	    dprintf(door, "%s /api/v1/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s",
		    method, path, strcmp(method, "POST") ? "\r\n" :
		    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}") > 0) {
		while (used < ANSWER_BYTES &&
		       (n = read(door, answer + used, ANSWER_BYTES - used)) > 0)
			used += n;
		answer[used] = 0;
		if (sscanf(answer, "HTTP/1.1 %d", &status) != 1)
			status = 0;
	}
	if (door >= 0)
		close(door);
	return status;
}

/* For whoever reads a failure. */
static void note(const char *path, int status)
{
	const char *body = strstr(answer, "\r\n\r\n");

	tap_note("%s: %d %s", path, status, body ? body + 4 : "no answer");
}

/* Asks until ohtd agrees: it may not be there yet, or modules may not have answered. */
static bool post_until_done(const char *path)
{
	static const char *const about[] = { "robot", "modules", "safety" };
	int status, before = 0;
	unsigned int i;

	for (i = 0; i < READY_S * 10; i++) {
		status = ask("POST", path);
		if (status / 100 == 2)
			return true;
		if (status != before)
			note(path, status);
		before = status;
		guest_sleep_ms(100);
	}
	note(path, status);
	for (i = 0; i < sizeof(about) / sizeof(about[0]); i++)
		note(about[i], ask("GET", about[i]));
	return false;
}

/*
 * A person's reset, then the enable, as two acts; the journal is read up to there. Before them a
 * stop: for an ohtd that has just started the stop of the driver's own start needs no reset.
 */
static bool make_enabled(const char *what)
{
	bool good = tap_ok(post_until_done("safety/stop"), "%s: ohtd stops", what) &&
		    tap_ok(post_until_done("safety/reset"), "%s: ohtd resets", what) &&
		    tap_ok(post_until_done("safety/enable"), "%s: ohtd enables", what);

	guest_drain(fd);
	return good && tap_is(stop_outputs(stim), HIGH, "%s: both outputs are high", what);
}

static pid_t ohtd(void)
{
	struct oht_estop_status status;

	guest_status(fd, &status);
	return (pid_t)status.controller_tgid;
}

static void test_times(void)
{
	struct oht_estop_status status;
	struct oht_info info;

	guest_info(fd, &info);
	tap_is(info.cpu_stall_us, CPU_STALL_US, "a CPU may be stuck for 4 ms");
	tap_is(info.supervision_period_us, SUPERVISION_US, "the supervision looks every 2 ms");
	tap_is(info.deadman_default_ms, DEADMAN_MS, "the driver's heartbeat period is 100 ms");
	if (!make_enabled("first"))
		tap_bail("ohtd does not enable");
	guest_status(fd, &status);
	tap_is(status.deadman_ms, DEADMAN_MS, "ohtd has asked for no other");
}

static void test_no_stop(unsigned int seconds)
{
	pid_t before = ohtd();
	struct oht_record record;
	unsigned int i;

	for (i = 0; i < seconds; i++) {
		if (guest_next_safety(fd, 1000, &record)) {
			tap_ok(false, "a record after %u s: kind %u, cause %u", i,
			       record.safety.kind, record.safety.cause);
			return;
		}
		if (stop_outputs(stim) != HIGH)
			break;
	}
	tap_is(i, seconds, "seconds without a stop");
	tap_is(ohtd(), before, "the same ohtd is the controller");
}

/* The outputs went low at most @bound_ns after @then_ns, for that cause. */
static void expect_low(const char *what, uint64_t then_ns, uint64_t bound_ns, uint64_t causes)
{
	struct oht_record record;
	uint64_t took_ns;

	if (!tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record), "%s: a record comes", what))
		return;
	took_ns = record.safety.low_ns - then_ns;
	tap_ok(causes & OHT_CAUSE_BIT(record.safety.cause), "%s: cause %u", what,
	       record.safety.cause);
	tap_ok(record.safety.low_ns > then_ns && took_ns <= bound_ns, "%s: low after %" PRIu64
	       " us, at most %" PRIu64, what, took_ns / 1000, bound_ns / 1000);
	tap_is(stop_outputs(stim), 0, "%s: both outputs are low", what);
}

static void test_press(void)
{
	struct oht_stim_press press = {
		.channels = BOTH,
		.watch_us = 2000,
	};

	if (ioctl(stim, OHT_STIM_IOC_PRESS, &press) < 0)
		tap_bail("press: %s", strerror(errno));
	expect_low("press", press.edge_ns, PRESS_BOUND_NS, OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) |
		   OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B));
	guest_unpress(stim, BOTH);
	make_enabled("after the press");
}

static void test_stopped(void)
{
	pid_t pid = ohtd();
	uint64_t then_ns = guest_now_ns();

	if (!pid || kill(pid, SIGSTOP))
		tap_bail("no ohtd to stop");
	expect_low("ohtd stopped", then_ns, DEADMAN_BOUND_NS, OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN));
	kill(pid, SIGCONT);
	make_enabled("after it goes on");
}

static void test_killed(void)
{
	pid_t pid = ohtd();
	uint64_t then_ns = guest_now_ns();
	unsigned int tenths;

	if (!pid || kill(pid, SIGKILL))
		tap_bail("no ohtd to kill");
	expect_low("ohtd killed", then_ns, DEADMAN_BOUND_NS, OHT_CAUSE_BIT(OHT_CAUSE_CLOSE) |
		   OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN));
	for (tenths = 0; tenths < READY_S * 10 && !ohtd(); tenths++)
		guest_sleep_ms(100);
	tap_ok(ohtd() && ohtd() != pid, "another ohtd is the controller");
	tap_is(stop_outputs(stim), 0, "the other one has enabled nothing by itself");
	make_enabled("after its return");
}

int main(int argc, char **argv)
{
	int seconds = argc == 2 ? atoi(argv[1]) : 0;

	if (seconds < 1)
		tap_bail("usage: shipped_test SECONDS");
	stim = guest_open_stim();
	fd = guest_open(O_RDWR);
	if (guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY))
		tap_bail("no safety records");
	/* The other CPU has the interrupt of the button. */
	guest_pin_cpu(1);
	TAP_TEST(test_times(), "the times are those that are shipped");
	TAP_TEST(test_no_stop((unsigned int)seconds), "no stop in %d s", seconds);
	TAP_TEST(test_press(), "a press, a reset, an enable");
	TAP_TEST(test_stopped(), "ohtd hangs");
	TAP_TEST(test_killed(), "ohtd is killed");
	return tap_done();
}
