// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_line.h"

#include <errno.h>
#include <fcntl.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"

#define NS_PER_US	1000ull
/* Longest silence inside a frame; a USB adapter hands bytes on in lumps of up to 16 ms. */
#define BYTE_TIMEOUT_US	20000
/* Above this rate the gap is fixed (Modbus over Serial Line 1.02, 2.5.1.1). */
#define GAP_FIXED_ABOVE_BPS	19200
#define GAP_FIXED_NS		1750000
/* A request that reads: unit, function, address, count, CRC. */
#define REQUEST_BYTES	8

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
}

static struct rtu_settings settings_of(const struct ohtd_bus_setup *setup)
{
	return (struct rtu_settings){ setup->baud_bps, setup->parity, setup->stop_bits };
}

int rtu_line_init(struct rtu_line *line, const struct ohtd_bus_setup *setup)
{
	const struct rtu_settings wanted = settings_of(setup);

	memset(line, 0, sizeof(*line));
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

int rtu_line_check(const struct ohtd_bus_setup *setup, char *error, size_t error_bytes)
{
	if (access(setup->device, F_OK) || !rtu_settings_is_pty(setup->device) ||
	    setup->parity == 'N')
		return 0;
	snprintf(error, error_bytes, "%s: a pty has no parity; set parity = none", setup->device);
	return -EINVAL;
}

int rtu_line_open(struct rtu_line *line, const struct ohtd_bus_setup *setup, char *error,
		  size_t error_bytes)
{
	const struct rtu_settings wanted = settings_of(setup);
	struct rtu_settings has;
	int ret;

	ret = rtu_line_check(setup, error, error_bytes);
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
		return ret;
	}
	ret = take_low_fd(line);
	if (ret) {
		snprintf(error, error_bytes, "%s: %s", setup->device, strerror(-ret));
		rtu_line_close(line);
		return ret;
	}
	/* libmodbus sets 9600 for a rate that it does not know, and looks at nothing afterwards. */
	ret = rtu_settings_set(line->low_fd, setup->device, &wanted, &has, error, error_bytes);
	if (ret) {
		rtu_line_close(line);
		return ret;
	}
	set_times(line, &has);
	modbus_set_byte_timeout(line->modbus, 0, BYTE_TIMEOUT_US);
	modbus_set_error_recovery(line->modbus, MODBUS_ERROR_RECOVERY_NONE);
	/* Whoever was on the line before us may still be answered. */
	line->busy_until_ns = ohtd_monotonic_ns() + line->gap_ns;
	return 0;
}

void rtu_line_close(struct rtu_line *line)
{
	int null_fd;

	if (!line->modbus)
		return;
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

static int do_request(modbus_t *modbus, const struct oht_request *request, uint16_t *words)
{
	switch (request->function) {
	case OHT_READ_HOLDING:
		return modbus_read_registers(modbus, request->address, request->count, words);
	case OHT_READ_INPUT:
		return modbus_read_input_registers(modbus, request->address, request->count,
						   words);
	case OHT_WRITE_SINGLE:
		return modbus_write_register(modbus, request->address, request->words[0]);
	case OHT_WRITE_MULTIPLE:
		return modbus_write_registers(modbus, request->address, request->count,
					      request->words);
	}
	errno = EOPNOTSUPP;
	return -1;
}

static void set_outcome(struct oht_reply *reply, uint8_t outcome, int error)
{
	reply->outcome = outcome;
	reply->error = error;
}

/* libmodbus' errno -> outcome. */
static void judge(struct oht_reply *reply, int error)
{
	switch (error) {
	case ETIMEDOUT:
		set_outcome(reply, OHT_OUTCOME_TIMEOUT, ETIMEDOUT);
		break;
	case EMBBADCRC:
		set_outcome(reply, OHT_OUTCOME_CRC, EBADMSG);
		break;
	case EMBBADSLAVE:
		set_outcome(reply, OHT_OUTCOME_UNIT, EPROTO);
		break;
	case EMBBADEXC:
	case EMBUNKEXC:
		set_outcome(reply, OHT_OUTCOME_FUNCTION, EPROTO);
		break;
	case EMBBADDATA:
	case EMBMDATA:
		set_outcome(reply, OHT_OUTCOME_LENGTH, EBADMSG);
		break;
	case EIO:
	case EBADF:
	case ENXIO:
	case ENODEV:
	case EPIPE:
	case ECONNRESET:
		set_outcome(reply, OHT_OUTCOME_GONE, ENODEV);
		break;
	default:
		if (error >= EMBXILFUN && error <= EMBXGTAR) {
			set_outcome(reply, OHT_OUTCOME_EXCEPTION, EREMOTEIO);
			reply->exception = (uint8_t)(error - MODBUS_ENOBASE);
		} else {
			set_outcome(reply, OHT_OUTCOME_LINE, EIO);
		}
	}
}

static void prepare(struct rtu_line *line, const struct oht_request *request)
{
	uint64_t timeout_us = request->timeout_us + REQUEST_BYTES * line->char_ns / NS_PER_US;

	if (request->timeout_us > line->quiet_us)
		line->quiet_us = request->timeout_us;
	if (request->function == OHT_WRITE_MULTIPLE)
		timeout_us += (1 + 2ull * request->count) * line->char_ns / NS_PER_US;
	modbus_set_slave(line->modbus, request->unit);
	modbus_set_response_timeout(line->modbus, (uint32_t)(timeout_us / 1000000),
				    (uint32_t)(timeout_us % 1000000));
	sleep_until(line->busy_until_ns);
	modbus_flush(line->modbus);
}

void rtu_line_exchange(struct rtu_line *line, const struct oht_request *request,
		       struct oht_reply *reply)
{
	int done;

	prepare(line, request);
	errno = 0;
	done = do_request(line->modbus, request, reply->words);
	if (done == request->count) {
		set_outcome(reply, OHT_OUTCOME_OK, 0);
		reply->count = request->count;
	} else {
		judge(reply, done < 0 ? errno : EMBBADDATA);
		reply->count = 0;
	}
	line->busy_until_ns = ohtd_monotonic_ns() + line->gap_ns;
	/* An exception is an answer; after anything else one may still be on its way. */
	if (reply->outcome != OHT_OUTCOME_OK && reply->outcome != OHT_OUTCOME_EXCEPTION &&
	    reply->outcome != OHT_OUTCOME_GONE)
		line->busy_until_ns += line->quiet_us * NS_PER_US;
}
