// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal's native protocol: one datagram of NAME=value lines. libsystemd's own sender waits
 * while the journal is busy, and a log that is waited for is a way to hold a daemon up. Standard
 * error can be a stream to the same journal, or a pipe that nothing reads.
 */
#include "base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_tail.h"
#include "base/part.h"

#define DATAGRAM_BYTES	(sizeof(struct ohtd_log_line) + 256)
#define TIME_BYTES	40

/* What became of a line. */
enum put {
	PUT_OUT,	/* taken */
	PUT_LATER,	/* nothing takes it now */
	PUT_NEVER,	/* nothing will ever take it */
};

/**
 * struct sink - the way out
 * @lock: of all of it, held for two system calls that do not wait
 * @journal_fd: -1: none
 * @error_fd: standard error, or a description of the same file of our own that does not wait
 * @error_kind: S_IFMT of it
 * @held: lines that wait, from @first on
 * @lost: lines that found no place, and have not been told yet
 * @lost_ever: all of them
 * @rest: what standard error has not taken of a line that it has taken in part
 */
static struct sink {
	pthread_mutex_t lock;
	int journal_fd;
	int error_fd;
	mode_t error_kind;
	struct ohtd_log_line held[OHTD_LOG_HELD_LINES];
	unsigned int first;
	unsigned int count;
	uint64_t lost;
	uint64_t lost_ever;
	char rest[DATAGRAM_BYTES];
	size_t rest_bytes;
} sink = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.journal_fd = -1,
	.error_fd = STDERR_FILENO,
};

/* ---- where to ---- */

void ohtd_log_sink_begin(void)
{
	struct stat st;
	int own = -1;

	if (sink.error_fd != STDERR_FILENO)
		close(sink.error_fd);
	sink.error_kind = fstat(STDERR_FILENO, &st) ? 0 : st.st_mode & S_IFMT;
	/* Not a flag on standard error itself: other programs have the same description of it. */
	if (sink.error_kind == S_IFIFO || sink.error_kind == S_IFCHR)
		own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	sink.error_fd = own < 0 ? STDERR_FILENO : own;
}

int ohtd_log_sink_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		r = -errno;
		close(fd);
		return r;
	}
	ohtd_log_sink_close();
	sink.journal_fd = fd;
	return 0;
}

void ohtd_log_sink_close(void)
{
	if (sink.journal_fd >= 0)
		close(sink.journal_fd);
	sink.journal_fd = -1;
}

bool ohtd_log_sink_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[48];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st))
		return false;
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	return !strcmp(stream, own);
}

/* ---- one line ---- */

static bool send_to_journal(const struct ohtd_log_line *line)
{
	char data[DATAGRAM_BYTES];
	int n = snprintf(data, sizeof(data),
			 "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=ohtd\nOHT_ROOM=%s\nOHT_CODE=%s\n",
			 line->text, line->level, line->room, line->code);

	if (*line->request && n > 0 && (size_t)n < sizeof(data))
		n += snprintf(data + n, sizeof(data) - (size_t)n, "OHT_REQUEST_ID=%s\n",
			      line->request);
	return n > 0 && (size_t)n < sizeof(data) &&
	       send(sink.journal_fd, data, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n;
}

static void put_time(int64_t wall_ns, char *text)
{
	time_t seconds = (time_t)(wall_ns / (int64_t)OHTD_NS_PER_S);
	struct tm tm;
	size_t n;

	if (!gmtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	n = strftime(text, TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, TIME_BYTES - n, ".%03dZ",
		 (int)(wall_ns / (int64_t)OHTD_NS_PER_MS % 1000));
}

/* Bytes that standard error has taken; -1 with errno, EAGAIN if it would have to be waited for. */
static ssize_t give(const char *data, size_t n)
{
	struct pollfd ready = { .fd = sink.error_fd, .events = POLLOUT };

	if (sink.error_kind == S_IFSOCK)
		return send(sink.error_fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	/* It could not be opened anew. A pipe that is ready has a place for any of our lines. */
	if (sink.error_fd == STDERR_FILENO && sink.error_kind != S_IFREG &&
	    poll(&ready, 1, 0) != 1) {
		errno = EAGAIN;
		return -1;
	}
	return write(sink.error_fd, data, n);
}

static enum put give_rest(void)
{
	ssize_t n;

	if (!sink.rest_bytes)
		return PUT_OUT;
	n = give(sink.rest, sink.rest_bytes);
	if (n < 0 && errno != EAGAIN)
		sink.rest_bytes = 0;
	if (n <= 0)
		return sink.rest_bytes ? PUT_LATER : PUT_NEVER;
	sink.rest_bytes -= (size_t)n;
	memmove(sink.rest, sink.rest + n, sink.rest_bytes);
	return sink.rest_bytes ? PUT_LATER : PUT_OUT;
}

/* "ohtd: 2026-01-02T03:04:05.678Z notice main ready: text [id]"; behind the journal with its prefix. */
static enum put print(const struct ohtd_log_line *line)
{
	char time[TIME_BYTES], prefix[8] = "";
	int n;

	if (give_rest() == PUT_LATER)
		return PUT_LATER;
	if (sink.journal_fd >= 0)
		snprintf(prefix, sizeof(prefix), "<%d>", line->level);
	put_time(line->wall_ns, time);
	n = snprintf(sink.rest, sizeof(sink.rest), "%sohtd: %s %s %s %s: %s%s%s%s\n", prefix, time,
		     ohtd_log_level_name(line->level), line->room, line->code, line->text,
		     *line->request ? " [" : "", line->request, *line->request ? "]" : "");
	if (n <= 0 || (size_t)n >= sizeof(sink.rest))
		return PUT_NEVER;
	sink.rest_bytes = (size_t)n;
	if (give_rest() == PUT_OUT)
		return PUT_OUT;
	if (!sink.rest_bytes)
		return PUT_NEVER;
	/* Begun: its end follows before any other line. */
	if (sink.rest_bytes < (size_t)n)
		return PUT_OUT;
	sink.rest_bytes = 0;
	return PUT_LATER;
}

static enum put put(const struct ohtd_log_line *line)
{
	return sink.journal_fd >= 0 && send_to_journal(line) ? PUT_OUT : print(line);
}

/* ---- lines that wait ---- */

static void count_lost(void)
{
	sink.lost++;
	sink.lost_ever++;
}

static void hold(const struct ohtd_log_line *line)
{
	if (sink.count == OHTD_LOG_HELD_LINES) {
		count_lost();
		return;
	}
	sink.held[(sink.first + sink.count) % OHTD_LOG_HELD_LINES] = *line;
	sink.count++;
}

/* True when none waits any more. */
static bool put_held(void)
{
	while (sink.count) {
		enum put result = put(&sink.held[sink.first]);

		if (result == PUT_LATER)
			return false;
		if (result == PUT_NEVER)
			count_lost();
		sink.first = (sink.first + 1) % OHTD_LOG_HELD_LINES;
		sink.count--;
	}
	return give_rest() != PUT_LATER;
}

void ohtd_log_sink_write(const struct ohtd_log_line *line)
{
	enum put result = PUT_LATER;

	pthread_mutex_lock(&sink.lock);
	if (put_held())
		result = put(line);
	if (result == PUT_LATER)
		hold(line);
	else if (result == PUT_NEVER)
		count_lost();
	pthread_mutex_unlock(&sink.lock);
}

uint64_t ohtd_log_sink_flush(void)
{
	uint64_t lost = 0;

	pthread_mutex_lock(&sink.lock);
	if (put_held()) {
		lost = sink.lost;
		sink.lost = 0;
	}
	pthread_mutex_unlock(&sink.lock);
	return lost;
}

void ohtd_log_sink_look(unsigned int *held, uint64_t *lost)
{
	pthread_mutex_lock(&sink.lock);
	*held = sink.count;
	*lost = sink.lost_ever;
	pthread_mutex_unlock(&sink.lock);
}

/* ---- what is not well ---- */

enum { STUCK };

static const struct ohtd_part_alert alerts[] = {
	[STUCK] = { "log", "log_stuck", OHTD_SEVERITY_WARNING,
		.text = "Neither journal nor standard error takes lines.",
		.action = "Look at systemd-journald and at what reads standard error." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	unsigned int held;
	uint64_t lost;

	(void)part;
	ohtd_log_sink_look(&held, &lost);
	if (held)
		ohtd_part_report(to, STUCK, 0);
}

static const struct ohtd_part_figure figures[] = {
	{ "oht_log_lines_lost_total", "Lines of the log that nothing took.", true },
};

static void measure(void *part, double *values)
{
	unsigned int held;
	uint64_t lost;

	(void)part;
	ohtd_log_sink_look(&held, &lost);
	values[0] = (double)lost;
}

const struct ohtd_daemon_part ohtd_log_part = {
	OHTD_PART_ALERTS(alerts), .judge = judge, OHTD_PART_FIGURES(figures), .measure = measure,
};
