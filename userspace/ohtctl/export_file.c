// SPDX-License-Identifier: GPL-2.0-or-later
#include "export_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* Longer than a line of all signals. */
#define TAIL_BYTES	32768

static const char csv_begin[] = "time,run,cycle,gap_to,gap_reason";
static const char json_begin[] = "{\"time\":\"";

static int fail(const struct export_file *file, const char *what)
{
	return cli_fail(file->cli, CLI_FAILED, "%s: %s", file->path ? file->path : "output", what);
}

/* ---- what is there ---- */

/* Run and cycle of a line; false: it has none, as a gap in front of all runs. */
static bool read_place(struct export_file *file, const char *line)
{
	long long run, cycle;
	int found = file->has_head ?
		    sscanf(line, "%*[^,],%lld,%lld,", &run, &cycle) :
		    sscanf(line, "{\"time\":\"%*[^\"]\",\"run\":%lld,\"cycle\":%lld", &run, &cycle);

	if (found != 2 || run < 1 || cycle < 0)
		return false;
	snprintf(file->place, sizeof(file->place), "%lld:%lld", run, cycle);
	return true;
}

/* The last whole line of @tail, which begins at @at in the file; false: none to go on from. */
static bool find_line(struct export_file *file, char *tail, size_t used, int64_t at)
{
	char *end = memrchr(tail, '\n', used), *begin;

	if (!end || end == tail)
		return false;
	begin = memrchr(tail, '\n', (size_t)(end - tail));
	/* The first line, or one that is longer than any of an export. */
	if (!begin && (at || file->has_head))
		return false;
	begin = begin ? begin + 1 : tail;
	*end = '\0';
	file->keep = at + (begin - tail);
	return read_place(file, begin);
}

static bool is_export(struct export_file *file)
{
	const char *begin = file->has_head ? csv_begin : json_begin;

	size_t used;

	if (!fgets(file->kept_head, sizeof(file->kept_head), file->to))
		return false;
	/* It may have been broken off in the first line. */
	used = strcspn(file->kept_head, "\n");
	used = file->kept_head[used] || used > strlen(begin) ? strlen(begin) : used;
	return !strncmp(file->kept_head, begin, used);
}

/* Where it goes on. Without a line to go on from it begins anew. */
static int find_place(struct export_file *file)
{
	static char tail[TAIL_BYTES + 1];
	size_t used;
	long size;

	if (fseek(file->to, 0, SEEK_END) || (size = ftell(file->to)) < 0)
		return fail(file, strerror(errno));
	if (!size)
		return CLI_DONE;
	rewind(file->to);
	if (!is_export(file))
		return fail(file, file->has_head ? "is no export as csv" : "is no export as ndjson");
	if (fseek(file->to, size > TAIL_BYTES ? size - TAIL_BYTES : 0, SEEK_SET))
		return fail(file, strerror(errno));
	used = fread(tail, 1, TAIL_BYTES, file->to);
	if (!find_line(file, tail, used, size > TAIL_BYTES ? size - TAIL_BYTES : 0))
		file->keep = 0;
	return CLI_DONE;
}

int export_file_open(struct export_file *file, bool adds)
{
	if (!file->path) {
		file->to = file->cli->out;
		return CLI_DONE;
	}
	if (!adds && !access(file->path, F_OK))
		return fail(file, "is there already; --continue adds to it");
	if (!adds)
		return CLI_DONE;
	file->to = fopen(file->path, "r+");
	if (!file->to)
		return errno == ENOENT ? CLI_DONE : fail(file, strerror(errno));
	file->goes_on = true;
	return find_place(file);
}

/* ---- what comes ---- */

/* The first bytes have come: the file is made, or cut behind what stays of it. */
static bool begin_file(struct export_file *file)
{
	if (!file->to)
		file->to = fopen(file->path, "wx");
	if (!file->to ||
	    (file->goes_on && (fseek(file->to, (long)file->keep, SEEK_SET) ||
			       ftruncate(fileno(file->to), file->keep)))) {
		fail(file, strerror(errno));
		return false;
	}
	return true;
}

static bool put(struct export_file *file, const char *bytes, size_t count)
{
	if (fwrite(bytes, 1, count, file->to) != count) {
		fail(file, strerror(errno));
		return false;
	}
	file->bytes += (int64_t)count;
	return true;
}

/* The first line of the answer is whole: it is written, or is there already. */
static bool end_head(struct export_file *file)
{
	bool there = file->goes_on && file->keep;

	file->head_done = true;
	if (there && strncmp(file->head, file->kept_head, file->head_used)) {
		fail(file, "has other signals; name those, or take another file");
		return false;
	}
	return begin_file(file) && (there || put(file, file->head, file->head_used));
}

/* How many bytes belong to the first line; -1 after a complaint. */
static ssize_t take_head(struct export_file *file, const char *bytes, size_t count)
{
	const char *end = memchr(bytes, '\n', count);
	size_t taken = end ? (size_t)(end - bytes) + 1 : count;

	if (taken > sizeof(file->head) - file->head_used) {
		fail(file, "what has answered is no export");
		return -1;
	}
	memcpy(file->head + file->head_used, bytes, taken);
	file->head_used += taken;
	return end && !end_head(file) ? -1 : (ssize_t)taken;
}

bool export_file_write(struct export_file *file, const char *bytes, size_t count)
{
	ssize_t skipped = 0;

	if (!file->head_done && file->has_head) {
		skipped = take_head(file, bytes, count);
	} else if (!file->head_done) {
		file->head_done = true;
		skipped = begin_file(file) ? 0 : -1;
	}
	return skipped >= 0 && put(file, bytes + skipped, count - (size_t)skipped);
}

bool export_file_close(struct export_file *file)
{
	FILE *to = file->to;

	file->to = NULL;
	if (!to)
		return true;
	if (file->path ? !fclose(to) : !fflush(to))
		return true;
	fail(file, strerror(errno));
	return false;
}
