// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_line.h"

#include <errno.h>
#include <fcntl.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "rtu_lock.h"

#define NS_PER_US	1000ull
/* A USB adapter hands bytes on in lumps of up to 16 ms: no shorter silence is one on the line. */
#define GAP_SEEN_NS	(20 * OHTD_NS_PER_MS)
/* Longest silence inside an answer, and in all of it together. */
#define PAUSE_MAX_NS	(50 * OHTD_NS_PER_MS)
#define PAUSES_MAX_NS	OHTD_NS_PER_S
/* Above this rate the gap is fixed (Modbus over Serial Line 1.02, 2.5.1.1). */
#define GAP_FIXED_ABOVE_BPS	19200
#define GAP_FIXED_NS		1750000

static void sleep_until(uint64_t until_ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(until_ns / OHTD_NS_PER_S),
		.tv_nsec = (long)(until_ns % OHTD_NS_PER_S),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void set_times(struct rtu_line *line, const struct rtu_settings *settings)
{
	line->settings = *settings;
	line->char_bits = 9u + settings->stop_bits + (settings->parity != 'N');
	line->char_ns = line->char_bits * OHTD_NS_PER_S / settings->baud_bps;
	line->gap_ns = settings->baud_bps > GAP_FIXED_ABOVE_BPS ? GAP_FIXED_NS
								: line->char_ns * 7 / 2;
	if (line->gap_ns < line->wanted_ns)
		line->gap_ns = line->wanted_ns;
}

static struct rtu_settings settings_of(const struct ohtd_bus_setup *setup)
{
	return (struct rtu_settings){ setup->baud_bps, setup->parity, setup->stop_bits };
}

int rtu_line_init(struct rtu_line *line, const struct ohtd_bus_setup *setup)
{
	const struct rtu_settings wanted = settings_of(setup);

	memset(line, 0, sizeof(*line));
	line->lock_fd = -1;
	line->wanted_ns = setup->quiet_us * NS_PER_US;
	set_times(line, &wanted);
	line->low_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (line->low_fd < 0)
		return -errno;
	if (line->low_fd >= FD_SETSIZE) {
		close(line->low_fd);
		return -EMFILE;
	}
	return 0;
}

void rtu_line_fini(struct rtu_line *line)
{
	rtu_line_close(line);
	if (line->low_fd >= 0)
		close(line->low_fd);
	line->low_fd = -1;
}

/* Moves the open tty to the reserved number. */
static int take_low_fd(struct rtu_line *line)
{
	int tty = modbus_get_socket(line->modbus);

	if (dup3(tty, line->low_fd, O_CLOEXEC) < 0)
		return -errno;
	close(tty);
	modbus_set_socket(line->modbus, line->low_fd);
	return 0;
}

static int check_kind(const struct ohtd_bus_setup *setup, bool pty, char *error, size_t error_bytes)
{
	if (setup->simulated_outputs && !pty)
		snprintf(error, error_bytes, "%s: outputs = simulated needs a pty with the simulator at "
			 "its other end; on a real line nothing would cut them", setup->device);
	else if (pty && setup->parity != 'N')
		snprintf(error, error_bytes, "%s: a pty has no parity; set parity = none",
			 setup->device);
	else
		return 0;
	return -EINVAL;
}

int rtu_line_check(const struct ohtd_bus_setup *setup, char *error, size_t error_bytes)
{
	bool pty = rtu_settings_is_pty(setup->device);

	return access(setup->device, F_OK) ? 0 : check_kind(setup, pty, error, error_bytes);
}

int rtu_line_open(struct rtu_line *line, const struct ohtd_bus_setup *setup, char *error,
		  size_t error_bytes)
{
	const struct rtu_settings wanted = settings_of(setup);
	struct rtu_settings has;
	int ret;

	ret = rtu_line_check(setup, error, error_bytes);
	/* libmodbus sets the line as soon as it has opened it. */
	if (!ret)
		ret = rtu_lock_take(setup->device, &line->lock_fd, error, error_bytes);
	if (ret)
		return ret;
	line->modbus = modbus_new_rtu(setup->device, (int)setup->baud_bps, setup->parity, 8,
				      setup->stop_bits);
	if (!line->modbus || modbus_connect(line->modbus)) {
		ret = errno ? -errno : -EIO;
		snprintf(error, error_bytes, "%s: cannot open the line: %s", setup->device,
			 modbus_strerror(-ret));
		modbus_free(line->modbus);
		line->modbus = NULL;
		rtu_line_close(line);
		return ret;
	}
	rtu_lock_mark(line->lock_fd);
	ret = take_low_fd(line);
	if (ret) {
		snprintf(error, error_bytes, "%s: %s", setup->device, strerror(-ret));
		rtu_line_close(line);
		return ret;
	}
	/* The name may lead to another line than when it was looked at. */
	ret = check_kind(setup, rtu_settings_fd_is_pty(line->low_fd), error, error_bytes);
	/* libmodbus sets 9600 for a rate that it does not know, and looks at nothing afterwards. */
	if (!ret)
		ret = rtu_settings_set(line->low_fd, setup->device, &wanted, &has, error, error_bytes);
	if (ret) {
		rtu_line_close(line);
		return ret;
	}
	set_times(line, &has);
	line->receive.echo = RTU_ECHO_UNKNOWN;
	line->failed = false;
	modbus_set_error_recovery(line->modbus, MODBUS_ERROR_RECOVERY_NONE);
	/* A telegram of an earlier master may still be answered. */
	line->busy_until_ns = ohtd_monotonic_ns() + line->gap_ns;
	return 0;
}

static void close_modbus(struct rtu_line *line)
{
	int null_fd;

	if (modbus_get_socket(line->modbus) == line->low_fd) {
		/* libmodbus closes what it has; give it a copy and keep the number. */
		modbus_set_socket(line->modbus, fcntl(line->low_fd, F_DUPFD_CLOEXEC, 0));
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null_fd >= 0) {
			dup3(null_fd, line->low_fd, O_CLOEXEC);
			close(null_fd);
		}
	}
	modbus_close(line->modbus);
	modbus_free(line->modbus);
	line->modbus = NULL;
}

void rtu_line_close(struct rtu_line *line)
{
	if (line->modbus)
		close_modbus(line);
	rtu_lock_leave(line->lock_fd);
	line->lock_fd = -1;
}

static void set_outcome(struct oht_reply *reply, uint8_t outcome)
{
	static const int errors[] = {
		[OHT_OUTCOME_TIMEOUT] = ETIMEDOUT, [OHT_OUTCOME_SHORT] = EBADMSG,
		[OHT_OUTCOME_CRC] = EBADMSG,	   [OHT_OUTCOME_LENGTH] = EBADMSG,
		[OHT_OUTCOME_UNIT] = EPROTO,	   [OHT_OUTCOME_FUNCTION] = EPROTO,
		[OHT_OUTCOME_ECHO] = EPROTO,	   [OHT_OUTCOME_LINE] = EIO,
		[OHT_OUTCOME_GONE] = ENODEV,	   [OHT_OUTCOME_STOPPED] = ECANCELED,
	};

	reply->outcome = outcome;
	reply->error = errors[outcome];
	reply->count = 0;
}

/*
 * Waits for bytes until @until_ns at most. Return: their number, 0: none, or -ENODEV: the
 * line has hung up.
 */
static ssize_t hear(const struct rtu_line *line, uint64_t until_ns, uint8_t *bytes, size_t room)
{
	struct pollfd fd = { .fd = line->low_fd, .events = POLLIN };
	uint64_t now_ns = ohtd_monotonic_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	const struct timespec left = {
		.tv_sec = (time_t)(left_ns / OHTD_NS_PER_S),
		.tv_nsec = (long)(left_ns % OHTD_NS_PER_S),
	};
	ssize_t got;

	if (ppoll(&fd, 1, &left, NULL) <= 0)
		return 0;
	got = read(line->low_fd, bytes, room);
	if (got > 0)
		return got;
	return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -ENODEV;
}

/* What still comes of an earlier exchange is no answer to the next one. */
static void settle(struct rtu_line *line, uint8_t unit)
{
	uint64_t until_ns, end_ns;
	uint8_t bytes[RTU_ADU_MAX_BYTES];

	sleep_until(line->busy_until_ns > line->ready_ns[unit] ? line->busy_until_ns : line->ready_ns[unit]);
	modbus_flush(line->modbus);
	end_ns = ohtd_monotonic_ns() + PAUSES_MAX_NS;
	/* Only behind a failure: a unit that makes pauses may not have finished. */
	until_ns = line->failed ? ohtd_monotonic_ns() + PAUSE_MAX_NS : 0;
	while (until_ns && until_ns < end_ns && hear(line, until_ns, bytes, sizeof(bytes)) > 0)
		until_ns = ohtd_monotonic_ns() + PAUSE_MAX_NS;
}

/* 0 or an outcome. */
static uint8_t send_request(struct rtu_line *line, const struct oht_request *request,
			    const struct rtu_gate *gate)
{
	uint8_t adu[RTU_ADU_MAX_BYTES];
	int bytes = rtu_receive_build(request, adu);

	if (bytes < 0)
		return OHT_OUTCOME_LINE;
	rtu_receive_begin(&line->receive, adu, (size_t)bytes);
	settle(line, request->unit);
	if (!rtu_gate_is_open(gate))
		return OHT_OUTCOME_STOPPED;
	/* It adds the checksum by itself. */
	if (modbus_send_raw_request(line->modbus, adu, bytes - 2) == bytes)
		return OHT_OUTCOME_OK;
	return errno == EAGAIN ? OHT_OUTCOME_LINE : OHT_OUTCOME_GONE;
}

/*
 * struct wait - for an answer
 * @first_ns: an answer has to begin by then
 * @end_ns: and to be over, whatever pauses it makes; 0: none has begun
 * @heard_ns: the newest byte
 */
struct wait {
	uint64_t first_ns;
	uint64_t end_ns;
	uint64_t heard_ns;
};

static enum rtu_silence silence_of(const struct wait *wait, uint64_t now_ns)
{
	uint64_t since_ns = now_ns - wait->heard_ns;

	if (now_ns >= (wait->end_ns ? wait->end_ns : wait->first_ns))
		return RTU_SILENCE_LONG;
	if (since_ns >= PAUSE_MAX_NS)
		return RTU_SILENCE_LONG;
	return since_ns >= GAP_SEEN_NS ? RTU_SILENCE_GAP : RTU_SILENCE_NONE;
}

/* When the verdict may be another one though nothing comes. */
static uint64_t next_look_ns(const struct wait *wait, const struct rtu_receive *receive,
			     uint64_t now_ns)
{
	uint64_t until_ns = wait->end_ns ? wait->end_ns : wait->first_ns, look_ns;

	if (!receive->heard_bytes)
		return until_ns;
	look_ns = wait->heard_ns + (now_ns - wait->heard_ns < GAP_SEEN_NS ? GAP_SEEN_NS :
								  PAUSE_MAX_NS);
	return look_ns > now_ns && look_ns < until_ns ? look_ns : until_ns;
}

/* True: it is over, and the outcome is that of @verdict. */
static bool is_over(struct wait *wait, const struct rtu_line *line, enum rtu_verdict verdict,
		    uint64_t now_ns)
{
	if (verdict == RTU_ANSWER || verdict == RTU_BROKEN)
		return true;
	if (verdict == RTU_WAIT)
		wait->end_ns = 0;
	else if (!wait->end_ns)
		wait->end_ns = now_ns + PAUSES_MAX_NS +
			       rtu_receive_expected(&line->receive) * line->char_ns;
	return now_ns >= (wait->end_ns ? wait->end_ns : wait->first_ns);
}

/* The outcome; OK: the answer stands in @line->receive, or none was awaited. */
static uint8_t await_answer(struct rtu_line *line, uint64_t first_ns)
{
	struct wait wait = { .first_ns = first_ns, .heard_ns = ohtd_monotonic_ns() };
	enum rtu_verdict verdict = RTU_WAIT;
	uint8_t bytes[RTU_ADU_MAX_BYTES];
	uint64_t now_ns = wait.heard_ns;
	bool over;
	ssize_t got;

	do {
		/* Bytes found at the first look behind the end may have come before it. */
		over = now_ns >= first_ns;
		got = hear(line, next_look_ns(&wait, &line->receive, now_ns), bytes, sizeof(bytes));
		if (got < 0)
			return OHT_OUTCOME_GONE;
		now_ns = ohtd_monotonic_ns();
		if (got)
			wait.heard_ns = now_ns;
		if (over)
			rtu_receive_close(&line->receive);
		rtu_receive_add(&line->receive, bytes, (size_t)got);
		verdict = rtu_receive_judge(&line->receive, silence_of(&wait, now_ns));
	} while (!is_over(&wait, line, verdict, now_ns));
	return verdict == RTU_ANSWER ? OHT_OUTCOME_OK : rtu_receive_silent(&line->receive);
}

static void exchange(struct rtu_line *line, const struct oht_request *request,
		     const struct rtu_gate *gate, struct oht_reply *reply)
{
	uint8_t outcome = send_request(line, request, gate);
	uint64_t way_ns = line->receive.sent_bytes * line->char_ns, now_ns;

	if (outcome == OHT_OUTCOME_STOPPED) {
		set_outcome(reply, outcome);
		return;
	}
	if (request->timeout_us > line->quiet_us)
		line->quiet_us = request->timeout_us;
	if (!outcome)
		outcome = await_answer(line, ohtd_monotonic_ns() + way_ns +
						     request->timeout_us * NS_PER_US);
	if (outcome)
		set_outcome(reply, outcome);
	else
		rtu_receive_reply(&line->receive, request, reply);
	if (outcome != OHT_OUTCOME_GONE)
		rtu_late_note(&line->late[request->unit], request, reply->outcome);
	line->failed = outcome && outcome != OHT_OUTCOME_TIMEOUT;
	now_ns = ohtd_monotonic_ns();
	line->busy_until_ns = now_ns + line->gap_ns;
	line->ready_ns[request->unit] = now_ns + line->rest_ms[request->unit] * OHTD_NS_PER_MS;
	/* Behind anything but an answer one may still be on its way. */
	if (outcome && outcome != OHT_OUTCOME_GONE)
		line->busy_until_ns += line->quiet_us * NS_PER_US;
}

/* The answer to a read differs from its request, so it shows whether we hear ourselves. */
static void learn_echo(struct rtu_line *line, const struct oht_request *write)
{
	const struct oht_request read = {
		.unit = write->unit, .function = OHT_READ_HOLDING, .address = write->address,
		.count = 1, .timeout_us = write->timeout_us,
	};
	struct oht_reply unused = { 0 };

	exchange(line, &read, NULL, &unused);
}

void rtu_line_exchange(struct rtu_line *line, const struct oht_request *request,
		       const struct rtu_gate *gate, struct oht_reply *reply)
{
	struct oht_reply unused = { 0 };
	struct oht_request prior;

	if (request->function == OHT_WRITE_SINGLE && request->unit != OHT_BROADCAST &&
	    line->receive.echo == RTU_ECHO_UNKNOWN)
		learn_echo(line, request);
	while (rtu_late_leads(&line->late[request->unit], request, &prior)) {
		exchange(line, &prior, NULL, &unused);
		if (unused.outcome != OHT_OUTCOME_OK && unused.outcome != OHT_OUTCOME_EXCEPTION) {
			set_outcome(reply, unused.outcome);
			return;
		}
		line->between(line->context);
	}
	exchange(line, request, gate, reply);
}
