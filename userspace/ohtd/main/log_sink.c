// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal's native protocol: one datagram of NAME=value lines. libsystemd's own sender waits
 * while the journal is busy, and a log that is waited for is a way to hold a daemon up.
 */
#include "main/log_sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "main/clock.h"
#include "main/log_tail.h"

#define DATAGRAM_BYTES	(sizeof(struct ohtd_log_line) + 256)
#define TIME_BYTES	40

static int journal_fd = -1;

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
	journal_fd = fd;
	return 0;
}

void ohtd_log_sink_close(void)
{
	if (journal_fd >= 0)
		close(journal_fd);
	journal_fd = -1;
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
	       send(journal_fd, data, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n;
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

/* "ohtd: 2026-01-02T03:04:05.678Z notice main ready: text [id]"; behind the journal with its prefix. */
static void print(const struct ohtd_log_line *line)
{
	char data[DATAGRAM_BYTES], time[TIME_BYTES], prefix[8] = "";
	int n;

	if (journal_fd >= 0)
		snprintf(prefix, sizeof(prefix), "<%d>", line->level);
	put_time(line->wall_ns, time);
	n = snprintf(data, sizeof(data), "%sohtd: %s %s %s %s: %s%s%s%s\n", prefix, time,
		     ohtd_log_level_name(line->level), line->room, line->code, line->text,
		     *line->request ? " [" : "", line->request, *line->request ? "]" : "");
	if (n > 0 && (size_t)n < sizeof(data) && write(STDERR_FILENO, data, (size_t)n) < 0)
		return; /* nowhere left to say it */
}

void ohtd_log_sink_write(const struct ohtd_log_line *line)
{
	if (journal_fd < 0 || !send_to_journal(line))
		print(line);
}
