// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rtu back-end and the control thread as a thread, against the simulator on a pty: what the contract of
 * all back-ends (tests/contract, with the same far end) does not show. Times are generous: the machine may
 * be busy with other work.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bus/bus.h"
#include "common/registers.h"
#include "base/clock.h"
#include "control/robot.h"

#include "rtu_far.h"

/* Of what a host spoils that holds up this program or the simulator. */
#define TRIES	10

static void tells_what_went_wrong(void **state)
{
	struct oht_reply reply;

	(void)state;
	open_bus();
	tell_simulator("fault 4 crc count=1");
	reply = read_words(4, 0x0100, 1, PATIENT_US);
	assert_int_equal(reply.outcome, OHT_OUTCOME_CRC);
	assert_int_equal(read_words(4, 0x0100, 1, PATIENT_US).outcome, OHT_OUTCOME_OK);
	tell_simulator("fault 4 wrong-unit count=1");
	assert_int_not_equal(read_words(4, 0x0100, 1, IMPATIENT_US).outcome, OHT_OUTCOME_OK);
	assert_int_equal(read_words(4, 0x0100, 1, PATIENT_US).outcome, OHT_OUTCOME_OK);
	tell_simulator("fault 4 truncate count=1");
	assert_int_not_equal(read_words(4, 0x0100, 1, PATIENT_US).outcome, OHT_OUTCOME_OK);
	assert_int_equal(read_words(4, 0x0100, 1, PATIENT_US).words[0], 4);
}

/* ---- a far end that answers when the test says so ---- */

#define QUIET_US	400000

static const uint8_t is_4[] = { 4, 3, 2, 0, 4, 0x75, 0x87 }, is_5[] = { 4, 3, 2, 0, 5, 0xb4, 0x47 };

/* In the place of the simulator; returns the descriptor of the far end. */
static int take_line(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	stop_simulator();
	unlink(line_path);
	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd) | unlockpt(fd), 0);
	assert_int_equal(symlink(ptsname(fd), line_path), 0);
	return fd;
}

/* All requests here have as many bytes. */
#define REQUEST_BYTES	8

static void hear(int fd, uint8_t *adu)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t got = 0;

	while (got < REQUEST_BYTES) {
		ssize_t more;

		assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
		more = read(fd, adu + got, REQUEST_BYTES - got);
		assert_true(more > 0);
		got += (size_t)more;
	}
}

static void hear_request(int fd, uint8_t unit)
{
	uint8_t adu[REQUEST_BYTES];

	hear(fd, adu);
	assert_int_equal(adu[0], unit);
}

/*
 * A request that is given up, the next request, the answer to the first, which comes twice, and that to the next. False: this
 * program was held up, so that the first answer may have come behind the quiet time, or the second one too late.
 */
static bool late_answer_is_dropped(int fd)
{
	const struct oht_request late = { .unit = 4, .function = OHT_READ_HOLDING, .address = 0x0104,
					  .count = 1, .timeout_us = 20000 };
	const struct oht_request next = { .unit = 4, .function = OHT_READ_HOLDING, .address = 0x0004,
					  .count = 1, .timeout_us = 4 * PATIENT_US };
	uint64_t began_ns, answered_ns;
	struct oht_event event;
	bool in_time;

	/* Nothing holds back the request any more: it goes out at once. */
	pause_ms(2 * QUIET_US / 1000);
	began_ns = ohtd_monotonic_ns();
	submit(&late);
	hear_request(fd, 4);
	assert_int_equal(next_event().reply.outcome, OHT_OUTCOME_TIMEOUT);
	submit(&next);
	/* By now it would be on the wire, if it did not wait for what may still come. */
	pause_ms(QUIET_US / 8000);
	assert_int_equal(write(fd, is_4, sizeof(is_4)), sizeof(is_4));
	in_time = ohtd_monotonic_ns() - began_ns < QUIET_US / 2 * OHTD_NS_PER_US;
	/* One register has no part: the same is asked for twice, and the first answer is dropped, whatever it is. */
	hear_request(fd, 4);
	/* The next request goes out behind this answer. */
	began_ns = ohtd_monotonic_ns();
	assert_int_equal(write(fd, is_4, sizeof(is_4)), sizeof(is_4));
	hear_request(fd, 4);
	assert_int_equal(write(fd, is_5, sizeof(is_5)), sizeof(is_5));
	answered_ns = ohtd_monotonic_ns();
	event = next_event();
	if (!in_time || (event.reply.outcome == OHT_OUTCOME_TIMEOUT &&
			 answered_ns - began_ns >= PATIENT_US / 2 * OHTD_NS_PER_US))
		return false;
	assert_int_equal(event.reply.outcome, OHT_OUTCOME_OK);
	assert_int_equal(event.reply.words[0], 5);
	return true;
}

/* Requests that an earlier try has left unheard. */
static void drop_heard(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	uint8_t dropped[256];

	while (poll(&ready, 1, 0) == 1 && ready.revents & POLLIN)
		assert_true(read(fd, dropped, sizeof(dropped)) > 0);
}

/* The answer to a read names no register: same unit, function and count, so a late answer would pass for the next. */
static void late_answer_is_not_taken_for_the_next(void **state)
{
	const struct oht_request patient = { .unit = 7, .function = OHT_READ_HOLDING, .count = 1,
					     .timeout_us = QUIET_US };
	int fd = take_line();
	unsigned int tries = 0;
	bool dropped;

	(void)state;
	do {
		open_bus();
		/* The longest turnaround of this line is learned from what is asked for. */
		assert_int_equal(transact(&patient).outcome, OHT_OUTCOME_TIMEOUT);
		hear_request(fd, 7);
		dropped = late_answer_is_dropped(fd);
		/* A bus that is made anew remembers no request that was missed. */
		ohtd_bus_destroy(bus);
		bus = NULL;
		drop_heard(fd);
	} while (!dropped && ++tries < TRIES);
	assert_true(dropped);
	close(fd);
}

/* ---- a stop, while one transfer keeps the line for long ---- */

#define SPEED	7

static void open_outputs(uint32_t deadman_ms)
{
	const struct ohtd_bus_setup with_outputs = {
		.backend = "rtu", .device = line_path, .baud_bps = 115200, .parity = 'N', .stop_bits = 1,
		.simulated_outputs = true,
	};
	uint64_t blocking;

	bus = ohtd_bus_create(&with_outputs, error, sizeof(error));
	assert_non_null(bus);
	assert_int_equal(bus->ops->open(bus, error, sizeof(error)), 0);
	assert_int_equal(bus->ops->take(bus, &deadman_ms), 0);
	/* It is refused if the heartbeat is late by then. */
	do {
		assert_int_equal(bus->ops->heartbeat(bus), 0);
	} while (bus->ops->reset(bus, 0, &blocking) == -EBUSY);
}

/* Of unit 7; the drive has acknowledged what it was told before. */
static void hear_7(int fd)
{
	uint8_t adu[REQUEST_BYTES];

	for (hear(fd, adu); adu[0] == 4; hear(fd, adu))
		assert_int_equal(write(fd, adu, sizeof(adu)), sizeof(adu));
	assert_int_equal(adu[0], 7);
}

/* The drive, unit 4, has been told a speed by the plan and has acknowledged it. */
static void tell_speed(int fd)
{
	const struct oht_cyclic_entry entry = {
		.unit = 4, .function = OHT_WRITE_SINGLE, .address = 1, .count = 1, .period_cycles = 1,
		.timeout_us = PATIENT_US, .turnaround_us = 1750, .loss_errors = 200,
	};
	const struct oht_cyclic_plan plan = {
		.entries = &entry, .count = 1, .cycle_us = 1000000, .whole_cycles = 2,
	};
	struct oht_cyclic_figures figures;
	uint8_t adu[REQUEST_BYTES];
	uint32_t generation;
	uint64_t blocking;
	unsigned int i;
	int ret = -ENOENT;

	assert_int_equal(bus->ops->enable(bus, 0, &blocking), 0);
	assert_int_equal(bus->ops->plan(bus, &plan, &figures, &generation), 0);
	for (i = 0; i < WAIT_MS && ret == -ENOENT; i++) {
		ret = bus->ops->outputs(bus, generation, 0, &(uint16_t){ SPEED }, 1, false);
		pause_ms(1);
	}
	assert_int_equal(ret, 0);
	/* Whether the line has an echo is asked first. */
	hear_request(fd, 4);
	assert_int_equal(write(fd, is_4, sizeof(is_4)), sizeof(is_4));
	hear(fd, adu);
	assert_int_equal(adu[1], OHT_WRITE_SINGLE);
	assert_int_equal(adu[5], SPEED);
	assert_int_equal(write(fd, adu, sizeof(adu)), sizeof(adu));
}

/* The drive is told zero behind @most requests of unit 7. */
static void expect_zero(int fd, unsigned int most)
{
	uint8_t adu[REQUEST_BYTES];
	unsigned int heard = 0;

	for (hear(fd, adu); adu[0] != 4 || adu[1] != OHT_WRITE_SINGLE || adu[5]; hear(fd, adu)) {
		heard += adu[0] == 7;
		assert_true(heard <= most);
		if (adu[0] == 4)
			assert_int_equal(write(fd, adu, sizeof(adu)), sizeof(adu));
	}
}

#define RETRIES	8

static void a_stop_does_not_wait_for_retries(void **state)
{
	const struct oht_request slow = { .unit = 7, .function = OHT_READ_HOLDING, .count = 1, .retries = RETRIES,
					  .timeout_us = PATIENT_US };
	int fd = take_line();

	(void)state;
	open_outputs(WAIT_MS);
	tell_speed(fd);
	submit(&slow);
	hear_7(fd);
	assert_int_equal(bus->ops->stop(bus, 0), 0);
	/* One retry may have begun before, and more if this program is held up. */
	expect_zero(fd, RETRIES - 1);
	close(fd);
}

static void a_stop_does_not_wait_for_prior_reads(void **state)
{
	static const uint8_t is_1[] = { 7, 3, 2, 0, 1, 0xf1, 0x84 };
	struct oht_request read = { .unit = 7, .function = OHT_READ_HOLDING, .count = 1, .timeout_us = IMPATIENT_US };
	int fd = take_line();

	(void)state;
	open_outputs(WAIT_MS);
	tell_speed(fd);
	assert_int_equal(transact(&read).outcome, OHT_OUTCOME_TIMEOUT);
	hear_7(fd);
	read.address = 5;
	read.timeout_us = 4 * PATIENT_US;
	submit(&read);
	/* One register has no part: the same read is the prior one. */
	hear_7(fd);
	assert_int_equal(bus->ops->stop(bus, 0), 0);
	assert_int_equal(write(fd, is_1, sizeof(is_1)), sizeof(is_1));
	expect_zero(fd, 0);
	close(fd);
}

/* The heartbeat is late while a transfer has retries: it is seen before they are over. */
static void a_late_heartbeat_does_not_wait_for_retries(void **state)
{
	const struct oht_request slow = { .unit = 7, .function = OHT_READ_HOLDING, .count = 1, .retries = 4,
					  .timeout_us = IMPATIENT_US };
	struct oht_stop_status status;
	struct oht_event event;
	int fd = take_line();

	(void)state;
	open_outputs(2 * IMPATIENT_US / 1000);
	submit(&slow);
	do {
		event = next_event();
	} while (event.type != OHT_EVENT_REPLY);
	assert_int_equal(bus->ops->stop_status(bus, &status), 0);
	assert_int_equal(status.state, OHT_STATE_STOPPED);
	assert_true(status.since_ns < event.time_ns);
	close(fd);
}

/* ---- what is heard beside the answer ---- */

static const uint8_t of_3[] = { 3, 3, 2, 0, 4, 0xc0, 0x47 };

/* False: no answer, or one that came late or in pieces too far apart, since the simulator was held up. */
static bool answers(uint8_t unit, uint16_t address, uint16_t word)
{
	struct oht_reply reply = read_words(unit, address, 1, PATIENT_US);

	if (reply.outcome == OHT_OUTCOME_OK)
		assert_int_equal(reply.words[0], word);
	return reply.outcome == OHT_OUTCOME_OK;
}

/* As answers(). Of what is heard beside the answer nothing is left for the next one. */
static bool is_found_beside(const char *fault)
{
	char words[64];
	bool found;

	snprintf(words, sizeof(words), "fault 4 %s", fault);
	tell_simulator(words);
	found = answers(4, 0x0104, 4) && answers(5, 0x0104, 5);
	tell_simulator("clear 4");
	return found;
}

static void an_answer_is_found_behind_noise_and_with_pauses(void **state)
{
	static const char *const faults[] = {
		"lead bytes=1", "lead bytes=8", "noise bytes=1", "trail bytes=3", "pauses ms=25",
	};
	unsigned int i, tries;

	(void)state;
	open_bus();
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		for (tries = 1; !is_found_beside(faults[i]); tries++)
			assert_true(tries < TRIES);
}

/* One exchange with a far end that says this beside the answer. */
static struct oht_reply hear_beside(int fd, const struct oht_request *request, const uint8_t *front, size_t bytes,
				    const uint8_t *answer, size_t answer_bytes)
{
	submit(request);
	hear_request(fd, request->unit);
	assert_int_equal(write(fd, front, bytes), bytes);
	assert_int_equal(write(fd, answer, answer_bytes), answer_bytes);
	return next_event().reply;
}

static void foreign_frames_and_echoes_are_no_answers(void **state)
{
	static const uint8_t sent[] = { 4, 3, 0, 4, 0, 1, 0xc5, 0x9e }, zero = 0, high = 0xff;
	static const uint8_t write_7[] = { 4, 6, 0, 8, 0, 7, 0x49, 0x9f };
	static const uint16_t seven = 7;
	const struct oht_request read = { .unit = 4, .function = OHT_READ_HOLDING, .address = 4, .count = 1,
					  .timeout_us = PATIENT_US };
	struct oht_request set = { .unit = 4, .function = OHT_WRITE_SINGLE, .address = 8, .count = 1,
				   .timeout_us = IMPATIENT_US, .words = &seven,
				   .flags = OHT_REQUEST_WHILE_STOPPED };
	int fd = take_line();

	(void)state;
	open_bus();
	assert_int_equal(hear_beside(fd, &read, &zero, 1, is_4, sizeof(is_4)).words[0], 4);
	assert_int_equal(hear_beside(fd, &read, &high, 1, is_5, sizeof(is_5)).words[0], 5);
	assert_int_equal(hear_beside(fd, &read, of_3, sizeof(of_3), is_5, sizeof(is_5)).words[0], 5);
	bus->ops->close(bus);
	assert_int_equal(bus->ops->open(bus, error, sizeof(error)), 0);
	assert_int_equal(hear_beside(fd, &read, sent, sizeof(sent), is_4, sizeof(is_4)).words[0], 4);
	/* From now on it is known that the adapter echoes: what was sent is no answer to a write. */
	assert_int_equal(hear_beside(fd, &set, write_7, sizeof(write_7), NULL, 0).outcome, OHT_OUTCOME_TIMEOUT);
	set.timeout_us = PATIENT_US;
	assert_int_equal(hear_beside(fd, &set, write_7, sizeof(write_7), write_7, sizeof(write_7)).outcome,
			 OHT_OUTCOME_OK);
	close(fd);
}

/* An exchange ends while the line babbles, also in what a unit would say. */
static void a_line_that_babbles_ends_an_exchange(void **state)
{
	static const uint8_t said[] = { 0x55, 4, 3 };
	const struct oht_request read = { .unit = 4, .function = OHT_READ_HOLDING, .count = 1,
					  .timeout_us = IMPATIENT_US };
	struct oht_event event = { 0 };
	int fd = take_line();
	unsigned int i;

	(void)state;
	open_bus();
	submit(&read);
	hear_request(fd, 4);
	for (i = 0; i < WAIT_MS && !event.type; i++) {
		assert_int_equal(write(fd, said + i % sizeof(said), 1), 1);
		pause_ms(1);
		assert_true(bus->ops->next(bus, &event) >= 0);
	}
	assert_int_equal(event.type, OHT_EVENT_REPLY);
	assert_int_not_equal(event.reply.outcome, OHT_OUTCOME_OK);
	close(fd);
}

/* As answers(). The second copy meets the next request on the wire: that one may fail, and then all is well. */
static bool duplicate_costs_one_request(void)
{
	struct oht_reply reply;

	tell_simulator("fault 4 duplicate count=1");
	if (!answers(4, 0x0104, 4))
		return false;
	reply = read_words(4, 0x0104, 1, PATIENT_US);
	assert_true(reply.outcome != OHT_OUTCOME_OK || reply.words[0] == 4);
	return answers(5, 0x0104, 5) && answers(4, 0x0100, 4);
}

static void duplicate_answer_costs_one_request_at_most(void **state)
{
	unsigned int tries;

	(void)state;
	open_bus();
	for (tries = 1; !duplicate_costs_one_request(); tries++)
		assert_true(tries < TRIES);
}

/* False: an answer was late, or two requests came as one, since the simulator was held up. */
static bool retries_until_the_answer(void)
{
	const struct oht_request request = {
		.unit = 4, .function = OHT_READ_HOLDING, .retries = 2, .address = 0x0104,
		.count = 1, .timeout_us = 200000,
	};
	struct oht_reply reply;

	tell_simulator("fault 4 silence count=2");
	reply = transact(&request);
	tell_simulator("clear 4");
	return reply.outcome == OHT_OUTCOME_OK && reply.attempts == 3;
}

static void retries_as_often_as_asked(void **state)
{
	unsigned int tries;

	(void)state;
	open_bus();
	for (tries = 1; !retries_until_the_answer(); tries++)
		assert_true(tries < TRIES);
}

/* With select() a descriptor of 1024 or more would end the process. */
static void works_with_a_thousand_descriptors_open(void **state)
{
	struct rlimit limit;
	int fds[FD_SETSIZE];
	unsigned int i;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 2 * FD_SETSIZE)
		skip();
	limit.rlim_cur = 2 * FD_SETSIZE;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	open_bus();
	bus->ops->close(bus);
	for (i = 0; i < FD_SETSIZE; i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(fds[FD_SETSIZE - 1] >= FD_SETSIZE);
	if (bus->ops->open(bus, error, sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(read_words(4, 0x0104, 1, PATIENT_US).words[0], 4);
	for (i = 0; i < FD_SETSIZE; i++)
		close(fds[i]);
}

static void line_that_hangs_up_is_gone(void **state)
{
	const struct oht_request request = {
		.unit = 4, .function = OHT_READ_HOLDING, .count = 1, .timeout_us = PATIENT_US,
	};
	struct oht_event event;
	uint64_t cookie;
	unsigned int i;
	int ret = 0;

	(void)state;
	open_bus();
	stop_simulator();
	assert_int_equal(bus->ops->submit(bus, &request, &cookie), 0);
	for (i = 0; i < WAIT_MS / 10 && ret != -ENODEV; i++) {
		ret = bus->ops->next(bus, &event);
		if (ret == 1)
			assert_int_equal(event.reply.outcome, OHT_OUTCOME_GONE);
		pause_ms(10);
	}
	assert_int_equal(ret, -ENODEV);
	bus->ops->close(bus);
	assert_int_not_equal(bus->ops->open(bus, error, sizeof(error)), 0);
	assert_non_null(strstr(error, line_path));
	start_simulator();
	if (bus->ops->open(bus, error, sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(read_words(4, 0x0104, 1, PATIENT_US).words[0], 4);
}

/* ---- the whole control thread ---- */

static void start_robot(void)
{
	const struct ohtd_robot_config config = {
		.backend = "rtu",
		.device = line_path,
		.data_dir = OHT_SOURCE_DATADIR,
		.loops = 1,
		.time_factor = TIME_FACTOR,
		.cpu = -1,
	};

	ohtd_clock_init(&robot_clock, &ohtd_clock_system, NULL, 0);
	robot = ohtd_robot_create(&config, &robot_clock, error, sizeof(error));
	if (!robot || ohtd_robot_start(robot, error, sizeof(error)))
		fail_msg("%s", error);
}

static struct ohtd_snapshot wait_for_state(enum ohtd_state wanted)
{
	struct ohtd_snapshot s = { 0 };
	unsigned int i;

	for (i = 0; i < WAIT_MS / 10; i++) {
		ohtd_link_progress(ohtd_robot_link(robot, 0));
		if (!ohtd_robot_snapshot(robot, &s) && s.state == wanted)
			return s;
		pause_ms(10);
	}
	fail_msg("still %s, not %s", ohtd_state_name(s.state), ohtd_state_name(wanted));
	return s;
}

/* Stopped, and seen to stand. */
static void wait_until_it_stands(void)
{
	struct ohtd_snapshot s = wait_for_state(OHTD_STATE_ESTOP);
	unsigned int i;

	for (i = 0; s.why_not_reset.count && i < WAIT_MS / 10; i++) {
		pause_ms(10);
		s = wait_for_state(OHTD_STATE_ESTOP);
	}
	assert_int_equal(s.why_not_reset.count, 0);
}

static struct ohtd_answer ask(const struct ohtd_command *command)
{
	struct ohtd_link *link = ohtd_robot_link(robot, 0);
	struct pollfd fd = { .fd = ohtd_link_fd(link), .events = POLLIN };
	struct ohtd_answer answer = { 0 };
	uint64_t count;
	unsigned int i;

	assert_int_equal(ohtd_link_post(link, command), 0);
	for (i = 0; i < WAIT_MS / 10; i++) {
		ohtd_link_progress(link);
		if (ohtd_link_take(link, &answer))
			return answer;
		if (poll(&fd, 1, 10) == 1 && read(fd.fd, &count, sizeof(count)) < 0)
			fail_msg("eventfd");
	}
	fail_msg("no answer");
	return answer;
}

static void robot_runs_from_start_to_farewell(void **state)
{
	const struct ohtd_command enable = { .id = 1, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR };
	const struct ohtd_command reset = { .id = 2, .kind = OHTD_COMMAND_RESET, .role = OHTD_ROLE_ADMINISTRATOR };
	const struct ohtd_command type = {
		.id = 3, .kind = OHTD_COMMAND_READ, .unit = 5, .address = 0x0104, .count = 1,
	};
	struct ohtd_stop_result result;
	struct ohtd_registers registers;
	const struct oht_regmap *map;
	struct ohtd_snapshot s;
	struct ohtd_answer a;

	(void)state;
	start_robot();
	s = wait_for_state(OHTD_STATE_SAFE);
	assert_int_equal(s.module_count, 4);
	assert_string_equal(s.bus.backend, "rtu");
	assert_int_equal(s.bus.timing_exact, 0);
	a = ask(&type);
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(a.words[0], 5);
	a = ask(&enable);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(a.why.items[0].code, OHTD_WHY_UNSUPPORTED);

	assert_int_equal(ohtd_stop(ohtd_robot_link(robot, 0), 5, &result), 0);
	assert_int_equal(result.repeated, 0);
	assert_int_equal(result.hardware, 0);
	assert_int_equal(ohtd_stop(ohtd_robot_link(robot, 0), 5, &result), 0);
	assert_int_equal(result.repeated, 1);
	wait_until_it_stands();
	assert_int_equal(ask(&reset).outcome, OHTD_OUTCOME_DONE);
	wait_for_state(OHTD_STATE_SAFE);

	map = ohtd_robot_map(robot, "power", "canonical");
	assert_non_null(map);
	assert_null(ohtd_robot_map(robot, "power", "modern"));
	assert_null(ohtd_robot_map(robot, "lifter", "canonical"));
	assert_int_equal(ohtd_robot_registers(robot, 2, &registers), 0);
	assert_int_equal(registers.count, map->count);
	assert_int_equal(ohtd_robot_registers(robot, 6, &registers), -ENOENT);
	assert_int_equal(ohtd_robot_registers(robot, 200, &registers), -ENOENT);
	assert_null(ohtd_robot_link(robot, 1));

	assert_int_equal(ohtd_robot_stop(robot, WAIT_MS), 0);
	assert_int_equal(ohtd_robot_snapshot(robot, &s), 0);
	assert_int_equal(s.state, OHTD_STATE_SHUTDOWN);
	assert_int_equal(s.bus.present, 0);
}

static void robot_survives_the_line(void **state)
{
	struct ohtd_snapshot s;

	(void)state;
	start_robot();
	wait_for_state(OHTD_STATE_SAFE);
	stop_simulator();
	s = wait_for_state(OHTD_STATE_ESTOP);
	assert_int_equal(s.bus.present, 0);
	assert_true(strlen(s.bus.error) > 0);
	start_simulator();
	do {
		pause_ms(20);
		ohtd_link_progress(ohtd_robot_link(robot, 0));
		assert_int_equal(ohtd_robot_snapshot(robot, &s), 0);
	} while (!s.bus.present);
	wait_for_state(OHTD_STATE_ESTOP);
}

static void bad_configuration_is_refused_in_one_line(void **state)
{
	const struct ohtd_robot_config good = {
		.backend = "rtu", .device = "/dev/null", .data_dir = OHT_SOURCE_DATADIR,
		.loops = 1, .cpu = -1,
	};
	struct ohtd_robot_config bad[7] = { good, good, good, good, good, good, good };
	unsigned int i;

	(void)state;
	ohtd_clock_init(&robot_clock, &ohtd_clock_system, NULL, 0);
	bad[0].backend = "magic";
	bad[1].loops = 0;
	bad[2].loops = OHTD_LINKS_MAX + 1;
	bad[3].time_factor = 21;
	bad[4].rt_priority = 99;
	bad[5].parity = 'X';
	bad[6].data_dir = "/nowhere";
	for (i = 0; i < 7; i++) {
		error[0] = '\0';
		assert_null(ohtd_robot_create(&bad[i], &robot_clock, error, sizeof(error)));
		assert_int_equal(errno, i == 6 ? ENOENT : EINVAL);
		assert_true(strlen(error) > 0);
		assert_null(strchr(error, '\n'));
	}
	robot = ohtd_robot_create(&good, &robot_clock, error, sizeof(error));
	assert_non_null(robot);
	assert_int_equal(ohtd_robot_start(robot, error, sizeof(error)), -ENOTTY);
	assert_non_null(strstr(error, "/dev/null"));
	ohtd_robot_destroy(robot);
	/* Where the outputs would be a word in a process, no real line may be. */
	bad[0] = good;
	bad[0].simulated_outputs = true;
	robot = ohtd_robot_create(&bad[0], &robot_clock, error, sizeof(error));
	assert_non_null(robot);
	assert_int_equal(ohtd_robot_start(robot, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "/dev/null: outputs = simulated needs a pty"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_what_went_wrong, setup, teardown),
		cmocka_unit_test_setup_teardown(late_answer_is_not_taken_for_the_next, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_stop_does_not_wait_for_retries, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stop_does_not_wait_for_prior_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(a_late_heartbeat_does_not_wait_for_retries, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_is_found_behind_noise_and_with_pauses, setup, teardown),
		cmocka_unit_test_setup_teardown(foreign_frames_and_echoes_are_no_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_that_babbles_ends_an_exchange, setup, teardown),
		cmocka_unit_test_setup_teardown(duplicate_answer_costs_one_request_at_most, setup,
						teardown),
		cmocka_unit_test_setup_teardown(retries_as_often_as_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(works_with_a_thousand_descriptors_open, setup,
						teardown),
		cmocka_unit_test_setup_teardown(line_that_hangs_up_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(robot_runs_from_start_to_farewell, setup, teardown),
		cmocka_unit_test_setup_teardown(robot_survives_the_line, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_configuration_is_refused_in_one_line, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
