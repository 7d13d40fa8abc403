// SPDX-License-Identifier: GPL-2.0-or-later
#include "export_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <json-c/json.h>

#include "cli.h"
#include "save.h"

static const char csv_begin[] = "time,run,cycle,gap_to,gap_reason";
static const char json_begin[] = "{\"time\":\"";

static int fail(const struct export_file *file, const char *what)
{
	return cli_fail(file->cli, CLI_FAILED, "%s: %s", file->path ? file->path : "output", what);
}

/* ---- lines ---- */

/* The number at @at, with @behind it, which is passed over as well. */
static bool read_number(const char **at, const char *behind, long long *number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*number = strtoll(*at, &end, 10);
	if (errno || strncmp(end, behind, strlen(behind)))
		return false;
	*at = end + strlen(behind);
	return true;
}

/* What stands behind the time of a line, or NULL. */
static const char *behind_time(const struct export_file *file, const char *line)
{
	static const char run[] = "\",\"run\":";
	const char *at;

	if (file->has_head) {
		at = strchr(line, ',');
		return at ? at + 1 : NULL;
	}
	if (strncmp(line, json_begin, sizeof(json_begin) - 1))
		return NULL;
	at = strstr(line, run);
	return at ? at + sizeof(run) - 1 : NULL;
}

/* Run and cycle as a query has them; false: none, as of a gap in front of all runs. */
static bool read_place(const struct export_file *file, const char *line,
		       char place[EXPORT_PLACE_BYTES])
{
	const char *at = behind_time(file, line);
	long long run = 0, cycle = 0;

	if (!at || !read_number(&at, file->has_head ? "," : ",\"cycle\":", &run) || !run ||
	    !read_number(&at, file->has_head ? "," : "", &cycle))
		return false;
	snprintf(place, EXPORT_PLACE_BYTES, "%lld:%lld", run, cycle);
	return true;
}

static bool is_in_front(const struct export_file *file, const char *line)
{
	const char *none = file->has_head ? ",," : "null,", *at = behind_time(file, line);

	return at && !strncmp(at, none, strlen(none));
}

static bool is_gap(const struct export_file *file, const char *line)
{
	const char *at = line;

	if (!file->has_head)
		return strstr(line, "\"gap_reason\":") != NULL;
	for (int i = 0; at && i < 3; i++)
		at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL;
	return at && *at != ',';
}

static void read_began(struct export_file *file, const char *line)
{
	const char *time = file->has_head ? line : line + sizeof(json_begin) - 1;

	if (strspn(time, "0123456789-:.TZ") == EXPORT_TIME_CHARS)
		memcpy(file->began, time, EXPORT_TIME_CHARS);
}

/* The names of an object's members, one after the other. */
static bool has_same_members(const char *one, const char *other)
{
	struct json_object *a = json_tokener_parse(one), *b = json_tokener_parse(other);
	bool same = json_object_is_type(a, json_type_object) &&
		    json_object_is_type(b, json_type_object) &&
		    json_object_object_length(a) == json_object_object_length(b);

	if (same) {
		json_object_object_foreach(a, name, value) {
			(void)value;
			same = same && json_object_object_get_ex(b, name, NULL);
		}
	}
	json_object_put(a);
	json_object_put(b);
	return same;
}

/* ---- what is there ---- */

static int is_none(const struct export_file *file)
{
	return fail(file, "its last whole line is none of an export; cut it behind the last good one");
}

/* Behind a cut of the power a file may end with zeros. */
static long without_zeros(FILE *to, char *block, long size)
{
	while (size > 0) {
		long bytes = size < EXPORT_LINE_BYTES ? size : EXPORT_LINE_BYTES;

		if (fseek(to, size - bytes, SEEK_SET) ||
		    fread(block, 1, (size_t)bytes, to) != (size_t)bytes)
			return -1;
		while (bytes && !block[bytes - 1])
			bytes--, size--;
		if (bytes)
			break;
	}
	return size;
}

/* @size: of the file without zeros behind it. */
static bool is_export(struct export_file *file, long size)
{
	const char *begin = file->has_head ? csv_begin : json_begin;
	char line[EXPORT_TIME_CHARS + 2] = "";
	size_t used;

	if (!fgets(file->kept_head, sizeof(file->kept_head), file->to))
		return false;
	/* It may have been broken off in the first line. */
	used = strcspn(file->kept_head, "\n");
	if (!file->kept_head[used] && used < strlen(begin) && (long)used != size)
		return false;
	used = file->kept_head[used] || used > strlen(begin) ? strlen(begin) : used;
	if (strncmp(file->kept_head, begin, used))
		return false;
	if (!file->has_head)
		read_began(file, file->kept_head);
	else if (fgets(line, sizeof(line), file->to))
		read_began(file, line);
	return true;
}

/* Goes on from the last whole line of @tail, which begins at @at in the file. */
static int find_line(struct export_file *file, char *tail, size_t used, long at)
{
	char *end = memrchr(tail, '\n', used), *begin;
	const char *first = file->has_head ? memchr(tail, '\n', used) : NULL;

	/* Nothing is lost where not even one line is whole. */
	if (!at && (!end || end == first))
		return CLI_DONE;
	begin = end ? memrchr(tail, '\n', (size_t)(end - tail)) : NULL;
	if (!begin && (at || file->has_head))
		return is_none(file);
	begin = begin ? begin + 1 : tail;
	*end = '\0';
	/* A gap in front of all runs has no place, and is the first line. */
	if (!at && begin == (first ? first + 1 : tail) && is_in_front(file, begin))
		return CLI_DONE;
	if (strlen(begin) != (size_t)(end - begin) || !read_place(file, begin, file->place))
		return is_none(file);
	file->keep = at + (begin - tail);
	memcpy(file->kept_line, begin, (size_t)(end - begin) + 1);
	return CLI_DONE;
}

/* Where it goes on. Without a line to go on from it begins anew. */
static int find_place(struct export_file *file)
{
	static char tail[EXPORT_LINE_BYTES + 1];
	long size, at;

	if (fseek(file->to, 0, SEEK_END) || (size = ftell(file->to)) < 0)
		return fail(file, strerror(errno));
	size = without_zeros(file->to, tail, size);
	if (size < 0)
		return fail(file, "cannot be read");
	if (!size)
		return CLI_DONE;
	rewind(file->to);
	if (!is_export(file, size))
		return fail(file, file->has_head ? "is no export as csv" : "is no export as ndjson");
	at = size > EXPORT_LINE_BYTES ? size - EXPORT_LINE_BYTES : 0;
	if (fseek(file->to, at, SEEK_SET) ||
	    fread(tail, 1, (size_t)(size - at), file->to) != (size_t)(size - at))
		return fail(file, "cannot be read");
	return find_line(file, tail, (size_t)(size - at), at);
}

int export_file_open(struct export_file *file, bool adds)
{
	struct stat there;

	if (!file->path) {
		file->to = file->cli->out;
		return CLI_DONE;
	}
	if (!adds && !stat(file->path, &there) && S_ISREG(there.st_mode))
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

static bool put(struct export_file *file, const char *bytes, size_t count)
{
	if (fwrite(bytes, 1, count, file->to) != count) {
		fail(file, strerror(errno));
		return false;
	}
	file->bytes += (int64_t)count;
	return true;
}

/* The answer is an export: the file is made, or cut behind what stays of it. */
static bool begin_file(struct export_file *file)
{
	size_t skipped = *file->place && file->has_head ? strcspn(file->start, "\n") + 1 : 0;

	file->begun = true;
	if (!file->to)
		file->to = save_new(file->path);
	if (!file->to ||
	    (file->goes_on && (fseek(file->to, (long)file->keep, SEEK_SET) ||
			       ftruncate(fileno(file->to), file->keep)))) {
		fail(file, strerror(errno));
		return false;
	}
	return put(file, file->start + skipped, file->start_used - skipped);
}

/* How many lines have to be known before the file is touched. */
static int lines_wanted(const struct export_file *file)
{
	return !file->has_lines ? 0 : file->has_head && *file->place ? 2 : 1;
}

static const char *unfit_head(const struct export_file *file)
{
	if (strncmp(file->start, csv_begin, sizeof(csv_begin) - 1))
		return "what has answered is no export";
	return *file->place && strncmp(file->start, file->kept_head, file->start_used) ?
	       "has other signals; name those, or take another file" : NULL;
}

/* The last line that the file has comes again; NULL, or what is wrong. */
static const char *unfit_line(struct export_file *file, const char *line)
{
	char place[EXPORT_PLACE_BYTES];

	if (!file->has_head && strncmp(line, json_begin, sizeof(json_begin) - 1))
		return "what has answered is no export";
	if (!*file->place)
		return NULL;
	if (!read_place(file, line, place) || strcmp(place, file->place))
		return "what has answered does not go on in it";
	/* What the robot no longer has stays here, and the gap is told behind it. */
	if (is_gap(file, line) && !is_gap(file, file->kept_line))
		file->keep += (int64_t)strlen(file->kept_line) + 1;
	else if (!file->has_head && is_gap(file, line) == is_gap(file, file->kept_line) &&
		 !has_same_members(line, file->kept_line))
		return "has other signals; name those, or take another file";
	return NULL;
}

static bool end_line(struct export_file *file)
{
	const char *unfit;

	file->start[file->start_used] = '\0';
	unfit = file->has_head && !file->lines ? unfit_head(file) :
						unfit_line(file, file->start + file->line_at);
	file->line_at = file->start_used;
	file->lines++;
	if (unfit)
		fail(file, unfit);
	return !unfit && (file->lines < lines_wanted(file) || begin_file(file));
}

/* How many bytes belong to what is judged first; -1 after a complaint. */
static ssize_t take_start(struct export_file *file, const char *bytes, size_t count)
{
	size_t taken = 0;

	while (taken < count && file->lines < lines_wanted(file)) {
		const char *end = memchr(bytes + taken, '\n', count - taken);
		size_t more = end ? (size_t)(end + 1 - bytes) - taken : count - taken;

		if (more >= sizeof(file->start) - file->start_used) {
			fail(file, "what has answered is no export");
			return -1;
		}
		memcpy(file->start + file->start_used, bytes + taken, more);
		file->start_used += more;
		taken += more;
		if (end && !end_line(file))
			return -1;
	}
	return (ssize_t)taken;
}

bool export_file_write(struct export_file *file, const char *bytes, size_t count)
{
	ssize_t taken = 0;

	file->heard = true;
	if (!file->begun && !file->has_lines)
		taken = begin_file(file) ? 0 : -1;
	else if (!file->begun)
		taken = take_start(file, bytes, count);
	return taken >= 0 &&
	       ((size_t)taken == count || put(file, bytes + taken, count - (size_t)taken));
}

bool export_file_end(struct export_file *file)
{
	/* Behind a head alone there is nothing to add. */
	if (file->begun || file->start_used == file->line_at)
		return true;
	fail(file, "what has answered is no export");
	return false;
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
