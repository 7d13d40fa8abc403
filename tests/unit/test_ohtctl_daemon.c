// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl on a machine whose controller is ohtd: what only the controller may do goes over its socket. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_device.h"
#include "ohtctl_runner.h"

#define REQUEST_BYTES	4096

/* A daemon that takes one request, or one before it that is answered with @first. */
static struct {
	struct sockaddr_un address;
	int fd;
	const char *first;
	const char *answer;
	char request[REQUEST_BYTES];
	pthread_t thread;
} far;

/* The head, and a body if there is one. */
static bool is_whole(const char *request)
{
	return strstr(request, "\r\n\r\n") &&
	       (!strncmp(request, "GET ", 4) || strstr(request, "Content-Length: 0") ||
		strchr(request, '}'));
}

static void serve_one(const char *answer)
{
	int fd = accept(far.fd, NULL, NULL);
	size_t used = 0;
	ssize_t n;

	memset(far.request, 0, sizeof(far.request));
	while (fd >= 0 && !is_whole(far.request)) {
		n = read(fd, far.request + used, sizeof(far.request) - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (fd >= 0 && write(fd, answer, strlen(answer)) < 0)
		perror("write");
	if (fd >= 0)
		close(fd);
}

static void *serve(void *arg)
{
	if (far.first)
		serve_one(far.first);
	serve_one(far.answer);
	return arg;
}

static void listen_with(const char *answer)
{
	far.answer = answer;
	assert_int_equal(pthread_create(&far.thread, NULL, serve, NULL), 0);
}

/* The line with the socket, and what it asked; the exit code. */
static int run_asking(const char *verb, const char *answer, const char *request)
{
	char line[256];
	int result;

	listen_with(answer);
	/* In front: words behind "--" are no options. */
	snprintf(line, sizeof(line), "--socket %s %s", far.address.sun_path, verb);
	result = run(line);
	assert_int_equal(pthread_join(far.thread, NULL), 0);
	if (strncmp(far.request, request, strlen(request)))
		fail_msg("%s: %.60s", verb, far.request);
	return result;
}

static int setup(void **state)
{
	far.address.sun_family = AF_UNIX;
	snprintf(far.address.sun_path, sizeof(far.address.sun_path), "/tmp/oht-test-%d.sock",
		 getpid());
	unlink(far.address.sun_path);
	far.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(far.fd, (void *)&far.address, sizeof(far.address)) || listen(far.fd, 1))
		return -1;
	/* Who is the controller is told by the name of its process: ours, for this test. */
	prctl(PR_SET_NAME, "ohtd");
	runner_setup(state);
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = (uint32_t)getpid();
	fake.stop.state = OHT_ESTOP_STOPPED;
	return 0;
}

static int teardown(void **state)
{
	close(far.fd);
	unlink(far.address.sun_path);
	prctl(PR_SET_NAME, "test");
	return runner_teardown(state);
}

#define STOPPED		"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"state\":\"stopped\"}"
#define SEEN		"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"journal_seq\":7}"
#define REFUSED		"HTTP/1.1 409 C\r\nContent-Length: 36\r\n\r\n{\"detail\":\"not now\",\"code\":\"moving\"}"

static void acts_go_to_the_daemon(void **state)
{
	(void)state;
	/* Not for a stop that comes after the look at it. */
	far.first = SEEN;
	assert_int_equal(run_asking("safety reset", STOPPED, "POST /api/v1/safety/reset "), 0);
	assert_non_null(strstr(far.request, "\"journal_seq\": 7"));
	assert_non_null(strstr(out_text, "stopped"));
	far.first = NULL;
	assert_int_equal(run_asking("safety enable", STOPPED, "POST /api/v1/safety/enable "), 0);
	assert_int_equal(run_asking("safety selftest", STOPPED, "POST /api/v1/safety/self-test "), 0);
	assert_int_equal(run_asking("safety disable", STOPPED, "POST /api/v1/robot/commands "), 0);
	assert_non_null(strstr(far.request, "\"disable\""));
	/* None of them has touched the device, whoever its controller is. */
	assert_int_equal(fake.opens, 0);
}

static void acts_on_its_device_go_to_the_daemon(void **state)
{
	(void)state;
	far.first = SEEN;
	assert_int_equal(run_asking("safety reset --device /dev/oht0", STOPPED, "POST /api/v1/safety/reset "), 0);
	far.first = NULL;
	assert_int_equal(run_asking("safety enable --device /dev/oht0", STOPPED, "POST /api/v1/safety/enable "), 0);
	assert_int_equal(run_asking("safety selftest --device /dev/oht0", STOPPED, "POST /api/v1/safety/self-test "), 0);
	assert_int_equal(run_asking("safety disable --device /dev/oht0", STOPPED, "POST /api/v1/robot/commands "), 0);
	assert_true(fake.opens > 0);
	assert_int_equal(fake.sessions, 0);
	assert_int_equal(fake.enables, 0);
}

/* Nobody is the controller of the device of this machine: it would take the enable, and it is not the one that was meant. */
static void the_named_daemon_is_asked_whoever_has_the_device(void **state)
{
	(void)state;
	fake.stop.flags = 0;
	assert_int_equal(run_asking("safety enable", STOPPED, "POST /api/v1/safety/enable "), 0);
	assert_int_equal(run_asking("safety stop", STOPPED, "POST /api/v1/safety/stop "), 0);
	assert_int_equal(run_asking("safety status", STOPPED, "GET /api/v1/safety "), 0);
	assert_int_equal(run_asking("status", STOPPED, "GET /api/v1/robot "), 0);
	assert_int_equal(run_asking("info", STOPPED, "GET /api/v1/health "), 0);
	assert_int_equal(fake.opens, 0);
}

#define EMPTY		"HTTP/1.1 204 No Content\r\n\r\n"
#define QUEUE		"HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\n" \
			"{\"queue\":[{\"number\":17,\"verb\":\"move\",\"position_mm\":3500,\"id\":null,\"by\":\"anna\"}]}"

static void the_queue_is_kept_by_the_daemon(void **state)
{
	(void)state;
	assert_int_equal(run_asking("robot move 3500 --append", STOPPED, "POST /api/v1/robot/commands "), 0);
	assert_non_null(strstr(far.request, "\"queue\": \"append\""));
	assert_int_equal(run_asking("robot dock", STOPPED, "POST /api/v1/robot/commands "), 0);
	assert_null(strstr(far.request, "queue"));
	assert_int_equal(run_asking("robot queue", QUEUE, "GET /api/v1/robot "), 0);
	assert_non_null(strstr(out_text, "17"));
	assert_non_null(strstr(out_text, "3500"));
	assert_int_equal(run_asking("robot cancel 17", EMPTY, "DELETE /api/v1/robot/commands/17 "), 0);
	assert_int_equal(run_asking("robot cancel 17", REFUSED, "DELETE /api/v1/robot/commands/17 "), 1);
	assert_int_equal(run("robot cancel 0"), 2);
	assert_int_equal(run("robot cancel last"), 2);
	assert_int_equal(run("robot cancel"), 2);
	assert_int_equal(run("robot stop --append"), 2);
}

#define STATIONS	"HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n" \
			"{\"items\":[{\"name\":\"bay_3\",\"position_mm\":500}],\"next_cursor\":null}"
#define INTERLOCKS	"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n" \
			"{\"items\":[{\"verb\":\"jog\",\"why_not\":[{\"code\":\"mode\",\"text\":\"no\",\"address\":null}]}],\"next\":0}"
#define ALONE		"HTTP/1.1 409 Conflict\r\nContent-Length: 71\r\n\r\n" \
			"{\"detail\":\"No.\",\"code\":\"mode\",\"errors\":[{\"pointer\":\"\",\"detail\":\"No.\"}]}"

static void what_stands_in_the_way_is_said_once(void **state)
{
	(void)state;
	assert_int_equal(run_asking("robot interlocks", INTERLOCKS, "GET /api/v1/robot/interlocks "), 0);
	assert_string_equal(out_text, "jog        mode\n");
	assert_int_equal(run_asking("robot home", ALONE, "POST /api/v1/robot/commands "), 1);
	assert_non_null(strstr(err_text, ": No. [mode]\n"));
	assert_int_equal(run_asking("robot commands", INTERLOCKS, "GET /api/v1/robot/commands?limit=20 "), 0);
	assert_int_equal(run("robot commands 5 6"), 2);
}

/* As ohtd words it: tests/api/test_remote.py holds this against the real one. */
static const char *refused_in(const char *state)
{
	static char body[256], answer[512];

	snprintf(body, sizeof(body), "{\"detail\":\"no\",\"code\":\"wrong_state\",\"errors\":[{\"pointer\":\"\",\"code\":\"wrong_state\","
		 "\"detail\":\"Not possible in this state of the robot: %s.\"}]}", state);
	snprintf(answer, sizeof(answer), "HTTP/1.1 409 C\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
	return answer;
}

static void what_drives_names_the_enable_while_the_outputs_are_off(void **state)
{
	static const char *const driving[] = { "move 500", "jog 50", "home", "dock", "undock" };
	char words[32];

	(void)state;
	for (size_t i = 0; i < sizeof(driving) / sizeof(driving[0]); i++) {
		snprintf(words, sizeof(words), "robot %s", driving[i]);
		assert_int_equal(run_asking(words, refused_in("safe"), "POST /api/v1/robot/commands "), 1);
		assert_non_null(strstr(err_text, "; enable first: ohtctl safety enable --socket "));
		assert_int_equal(run_asking(words, refused_in("estop"), "POST /api/v1/robot/commands "), 1);
		assert_null(strstr(err_text, "enable first"));
	}
	assert_int_equal(run_asking("robot pause", refused_in("safe"), "POST /api/v1/robot/commands "), 1);
	assert_null(strstr(err_text, "enable first"));
}

static void a_station_stands_in_place_of_a_position(void **state)
{
	(void)state;
	assert_int_equal(run_asking("robot move --station bay_3", STOPPED, "POST /api/v1/robot/commands "), 0);
	assert_non_null(strstr(far.request, "\"station\": \"bay_3\""));
	assert_null(strstr(far.request, "position_mm"));
	assert_int_equal(run_asking("robot move --station none", REFUSED, "POST /api/v1/robot/commands "), 1);
	assert_int_equal(run_asking("robot stations", STATIONS, "GET /api/v1/robot/stations "), 0);
	assert_non_null(strstr(out_text, "bay_3"));
	assert_null(strstr(out_text, "next_cursor"));
	assert_int_equal(run("robot move"), 2);
	assert_int_equal(run("robot move 500 --station home"), 2);
	assert_int_equal(run("robot move --station"), 2);
	assert_int_equal(run("robot home --station home"), 2);
	assert_int_equal(run("robot stations home"), 2);
}

static void facts_come_from_the_daemon(void **state)
{
	(void)state;
	assert_int_equal(run_asking("robot facts", STOPPED, "GET /api/v1/robot/factsheet "), 0);
	assert_int_equal(run("robot facts now"), 2);
}

static void limits_come_from_the_daemon(void **state)
{
	(void)state;
	assert_int_equal(run_asking("robot limits", STOPPED, "GET /api/v1/robot/limits "), 0);
	assert_int_equal(run_asking("robot limits reload", STOPPED,
				    "POST /api/v1/robot/limits/reload "), 0);
	assert_int_equal(run_asking("robot limits reload", REFUSED,
				    "POST /api/v1/robot/limits/reload "), 1);
	assert_int_equal(run("robot limits now"), 2);
	assert_int_equal(run("robot limits reload now"), 2);
}

static void where_the_robot_is_is_told_to_the_daemon(void **state)
{
	(void)state;
	assert_int_equal(run_asking("robot position 20000", STOPPED, "POST /api/v1/robot/position "), 0);
	assert_non_null(strstr(far.request, "\"position_mm\": 20000"));
	assert_int_equal(run_asking("robot position confirm", STOPPED, "POST /api/v1/robot/position "), 0);
	assert_non_null(strstr(far.request, "\"confirm\": true"));
	assert_int_equal(run_asking("robot position -100", REFUSED, "POST /api/v1/robot/position "), 1);
	assert_int_equal(run("robot position"), 2);
	assert_int_equal(run("robot position here"), 2);
}

static void the_speed_override_is_set_by_the_daemon(void **state)
{
	(void)state;
	assert_int_equal(run_asking("robot override 40", STOPPED, "PUT /api/v1/robot/override "), 0);
	assert_non_null(strstr(far.request, "\"percent\": 40"));
	assert_int_equal(run_asking("robot override 1", REFUSED, "PUT /api/v1/robot/override "), 1);
	assert_int_equal(run("robot override 0"), 2);
	assert_int_equal(run("robot override 101"), 2);
	assert_int_equal(run("robot override half"), 2);
}

static void negative_values_go_to_the_daemon(void **state)
{
	(void)state;
	assert_int_equal(run_asking("module write 5 position_x -5", STOPPED,
				    "PUT /api/v1/modules/5/registers/position_x "), 0);
	assert_non_null(strstr(far.request, "{ \"value\": -5.0 }"));
	assert_int_equal(run_asking("module write 5 position_x -- -5", STOPPED, "PUT "), 0);
	assert_non_null(strstr(far.request, "{ \"value\": -5.0 }"));
	assert_int_equal(run_asking("robot move -- -5", STOPPED, "POST "), 0);
	assert_non_null(strstr(far.request, "\"position_mm\": -5.0"));
	assert_int_equal(run_asking("module write 5 position_x 1e-400", STOPPED, "PUT "), 0);
	assert_non_null(strstr(far.request, "{ \"value\": 0.0 }"));
	assert_int_equal(run("module write 5 position_x -- --5"), 2);
	assert_non_null(strstr(err_text, "'--5'"));
	assert_int_equal(run("module write 5 position_x 1e400"), 2);
	assert_non_null(strstr(err_text, "out of range: '1e400'"));
}

static void refusals_of_the_daemon_are_told(void **state)
{
	(void)state;
	assert_int_equal(run_asking("safety enable", REFUSED, "POST /api/v1/safety/enable "), 1);
	assert_string_equal(err_text, "ohtctl: not now [moving]\n");
}

#define MONTH(json)	"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" \
			"{\"targets\":{\"uptime_percent\":99.9,\"errors_percent\":0.1,\"latency_ms\":100}," \
			"\"items\":[{\"uptime_percent\":null,\"met\":true}," json "]}"
#define MONTHS		MONTH("{\"uptime_percent\":99.25,\"met\":false,\"cuts\":1}")
#define NO_MONTH	"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"items\":[]}"

/* Beside a target no figure is rounded to it, and what is not known or has met its target has no line. */
static void status_names_the_targets_that_are_not_met(void **state)
{
	static const struct {
		const char *answer, *lines;
	} cases[] = {
		{ MONTH("{\"uptime_percent\":99.67949797687959,\"missed_percent\":0.1,\"refused_percent\":null,\"requests_p99_ms\":100,"
			"\"telemetry_p99_ms\":null,\"met\":false}"),
		  "service      this month 99.67 % up, targets not met\ntarget       not met: uptime 99.67 %, at least 99.9 %\n" },
		{ MONTH("{\"uptime_percent\":99.99999999,\"missed_percent\":0.10000001,\"refused_percent\":12.5,\"requests_p99_ms\":1001,"
			"\"telemetry_p99_ms\":250,\"met\":false}"),
		  "service      this month 99.99 % up, targets not met\ntarget       not met: missed cycles 0.11 %, at most 0.1 %\n"
		  "target       not met: refused requests 12.5 %, at most 0.1 %\ntarget       not met: answers, p99 1001 ms, at most 100 ms\n"
		  "target       not met: live data, p99 250 ms, at most 100 ms\n" },
		{ MONTH("{\"uptime_percent\":100,\"met\":true}"), "service      this month 100 % up, targets met\n" },
		{ MONTH("{\"uptime_percent\":99.99999999999999,\"met\":true}"), "service      this month 99.99 % up, targets met\n" },
		{ MONTH("{\"uptime_percent\":99.9,\"met\":true}"), "service      this month 99.9 % up, targets met\n" },
		{ MONTH("{\"uptime_percent\":null,\"met\":true}"), "service      this month not known, targets met\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *said;

		assert_int_equal(run_asking("status --device /dev/oht0", cases[i].answer, "GET /api/v1/analytics/service-level?by=month "), 0);
		said = strstr(out_text, "service ");
		assert_non_null(said);
		assert_string_equal(said, cases[i].lines);
	}
}

static void status_has_the_service_of_the_month(void **state)
{
	static const char asked[] = "GET /api/v1/analytics/service-level?by=month ";

	(void)state;
	assert_int_equal(run_asking("status --device /dev/oht0", MONTHS, asked), 0);
	assert_non_null(strstr(out_text, "service      this month 99.25 % up, targets not met"));
	assert_int_equal(run_asking("status --json --device /dev/oht0", MONTHS, asked), 0);
	assert_non_null(strstr(out_text, "\"cuts\""));
	/* The device is asked, whatever the daemon says. */
	assert_int_equal(run_asking("status --device /dev/oht0", REFUSED, asked), 0);
	assert_null(strstr(out_text, "service"));
	assert_non_null(strstr(out_text, "state        stopped"));
	assert_int_equal(run_asking("status --device /dev/oht0", NO_MONTH, asked), 0);
	assert_null(strstr(out_text, "service"));
	assert_int_equal(run("status --device /dev/oht0 --socket /tmp/nobody-listens-here"), 0);
	assert_null(strstr(out_text, "service"));
	assert_string_equal(err_text, "");
}

static void stop_never_goes_to_the_daemon(void **state)
{
	(void)state;
	fake.stop.state = OHT_ESTOP_ENABLED;
	assert_int_equal(run("safety stop"), 0);
	assert_int_equal(fake.stop.state, OHT_ESTOP_STOPPED);
}

static void a_heartbeat_of_ones_own_is_refused(void **state)
{
	(void)state;
	assert_int_equal(run("safety enable --deadman-ms 200"), 1);
	assert_non_null(strstr(err_text, "is the controller: end it first"));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(acts_go_to_the_daemon),
		CASE(acts_on_its_device_go_to_the_daemon),
		CASE(the_named_daemon_is_asked_whoever_has_the_device),
		CASE(the_queue_is_kept_by_the_daemon),
		CASE(what_stands_in_the_way_is_said_once),
		CASE(what_drives_names_the_enable_while_the_outputs_are_off),
		CASE(a_station_stands_in_place_of_a_position),
		CASE(facts_come_from_the_daemon),
		CASE(limits_come_from_the_daemon),
		CASE(where_the_robot_is_is_told_to_the_daemon),
		CASE(the_speed_override_is_set_by_the_daemon),
		CASE(negative_values_go_to_the_daemon),
		CASE(refusals_of_the_daemon_are_told),
		CASE(status_has_the_service_of_the_month),
		CASE(status_names_the_targets_that_are_not_met),
		CASE(stop_never_goes_to_the_daemon),
		CASE(a_heartbeat_of_ones_own_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
