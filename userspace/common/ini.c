// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES	1024
#define SECTION_BYTES	64
#define MARK		"\xef\xbb\xbf"
#define HARD_BLANK	"\xc2\xa0"	/* as pages and word processors put it into what is copied */

static char *trim(char *text)
{
	size_t n;

	while (*text == ' ' || *text == '\t')
		text++;
	n = strlen(text);
	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		text[--n] = 0;
	return text;
}

/*
 * Reads one line without its end. Returns 1, 0 at the end of the file, or a negative errno with @why filled:
 * -EINVAL for what is in the file, else why it cannot be read.
 */
static int read_line(FILE *f, char *line, char *why, size_t size)
{
	size_t n = 0;
	int c;

	while ((c = getc(f)) != EOF && c != '\n') {
		if (c == '\r') {
			int next = getc(f);

			if (next == '\n' || next == EOF)
				break;
			ungetc(next, f);
		}
		if (!c) {
			snprintf(why, size, "a zero byte, as a power cut leaves in a file: restore the file");
			return -EINVAL;
		}
		if (iscntrl(c) && c != '\t') {
			snprintf(why, size, "control byte 0x%02x", c);
			return -EINVAL;
		}
		if (n >= LINE_BYTES - 2) {
			snprintf(why, size, "line longer than %d bytes", LINE_BYTES - 2);
			return -EINVAL;
		}
		line[n++] = (char)c;
	}
	line[n] = 0;
	if (ferror(f)) {
		int error = errno;

		snprintf(why, size, "%s", strerror(error));
		return -error;
	}
	return n || c != EOF;
}

static int open_section(char *text, char *section, char *why, size_t size)
{
	size_t n = strlen(text);

	if (n < 3 || text[n - 1] != ']' || n - 2 >= SECTION_BYTES) {
		snprintf(why, size, "not a section: '%s'", text);
		return -1;
	}
	memcpy(section, text + 1, n - 2);
	section[n - 2] = 0;
	return 0;
}

/* A blank that looks like one: else a remark behind it were a part of the value. */
static void soften_blanks(char *text)
{
	while ((text = strstr(text, HARD_BLANK)))
		memset(text, ' ', strlen(HARD_BLANK));
}

/* A remark begins with # or ; at the start of a line or behind a blank, and goes to the end of the line. */
static void cut_remark(char *text)
{
	for (char *c = text; *c; c++)
		if ((*c == '#' || *c == ';') && (c == text || c[-1] == ' ' || c[-1] == '\t')) {
			*c = 0;
			return;
		}
}

static int take_line(char *text, char *section, unsigned int number, oht_ini_cb cb, void *ctx,
		     char *why, size_t size)
{
	struct oht_ini_line line = { .section = section, .number = number };
	char *equals;

	soften_blanks(text);
	cut_remark(text);
	text = trim(text);
	if (!*text)
		return 0;
	if (*text == '[')
		return open_section(text, section, why, size);
	equals = strchr(text, '=');
	if (!equals || equals == text) {
		snprintf(why, size, "expected 'key = value', found '%s'", text);
		return -1;
	}
	if (!*section) {
		snprintf(why, size, "'%s' stands before the first [section]", text);
		return -1;
	}
	*equals = 0;
	line.key = trim(text);
	line.value = trim(equals + 1);
	return cb(&line, ctx, why, size);
}

int oht_ini_parse(const char *path, oht_ini_cb cb, void *ctx, char *why, size_t size)
{
	char line[LINE_BYTES] = "", section[SECTION_BYTES] = "", reason[512];
	unsigned int number = 0;
	FILE *f = fopen(path, "re");
	char *text;
	int r;

	if (!f) {
		int error = errno;

		snprintf(why, size, "%s: %s", path, strerror(error));
		errno = error;
		return -1;
	}
	do {
		number++;
		r = read_line(f, line, reason, sizeof(reason));
		/* Some editors put a byte order mark in front of the text. */
		text = number == 1 && !strncmp(line, MARK, strlen(MARK)) ? line + strlen(MARK) : line;
		if (r > 0 && take_line(text, section, number, cb, ctx, reason, sizeof(reason)))
			r = -EINVAL;
	} while (r > 0);
	fclose(f);
	if (r < 0) {
		snprintf(why, size, "%s:%u: %s", path, number, reason);
		errno = -r;
		return -1;
	}
	return 0;
}
