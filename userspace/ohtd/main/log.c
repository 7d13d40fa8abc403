// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES	1024

static const struct {
	const char *name;
	enum ohtd_log_level level;
} levels[] = {
	{ "error", OHTD_LOG_ERROR },
	{ "warning", OHTD_LOG_WARNING },
	{ "notice", OHTD_LOG_NOTICE },
	{ "info", OHTD_LOG_INFO },
	{ "debug", OHTD_LOG_DEBUG },
};

static atomic_int threshold = OHTD_LOG_INFO;
static atomic_llong burst_second;
static atomic_int burst_lines;
static atomic_int suppressed;

int ohtd_log_level_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (!strcmp(levels[i].name, name))
			return levels[i].level;
	return -1;
}

void ohtd_log_set_level(enum ohtd_log_level level)
{
	atomic_store(&threshold, level);
}

static const char *level_name(enum ohtd_log_level level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return "?";
}

/* Two threads may both see a new second; one line more or less in a burst does no harm. */
static bool within_burst(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (atomic_exchange(&burst_second, now.tv_sec) != now.tv_sec)
		atomic_store(&burst_lines, 0);
	return atomic_fetch_add(&burst_lines, 1) < OHTD_LOG_BURST;
}

static size_t put_head(char *line, size_t size, enum ohtd_log_level level, const char *room,
		       const char *code)
{
	int dropped = atomic_exchange(&suppressed, 0);
	int n;

	if (getenv("JOURNAL_STREAM"))
		n = snprintf(line, size, "<%d>%s %s: ", level, room, code);
	else
		n = snprintf(line, size, "ohtd: %s: %s %s: ", level_name(level), room, code);
	if (dropped && n > 0 && (size_t)n < size)
		n += snprintf(line + n, size - n, "(%d lines dropped) ", dropped);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

void ohtd_log(enum ohtd_log_level level, const char *room, const char *code, const char *format, ...)
{
	char line[LINE_BYTES];
	size_t used, total;
	va_list args;
	int n;

	if ((int)level > atomic_load(&threshold))
		return;
	if (level > OHTD_LOG_WARNING && !within_burst()) {
		atomic_fetch_add(&suppressed, 1);
		return;
	}
	used = put_head(line, sizeof(line) - 1, level, room, code);
	va_start(args, format);
	n = vsnprintf(line + used, sizeof(line) - 1 - used, format, args);
	va_end(args);
	total = n < 0 ? used : used + n;
	if (total > sizeof(line) - 2)
		total = sizeof(line) - 2;
	for (size_t i = used; i < total; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[total++] = '\n';
	if (write(STDERR_FILENO, line, total) < 0)
		return; /* nowhere left to say it */
}
