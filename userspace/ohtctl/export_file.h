/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an export is written, and how one that was broken off goes on.
 *
 * Owns:     the open file, until export_file_close().
 * Contexts: the program's one thread.
 * Locks:    none.
 *
 * A file is made with the first bytes that come, so that a refusal leaves none behind. What was
 * broken off stays: its whole lines are good, and the last one says where it goes on.
 */
#ifndef OHTCTL_EXPORT_FILE_H
#define OHTCTL_EXPORT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Longer than a line of all signals. */
#define EXPORT_LINE_BYTES	32768
#define EXPORT_PLACE_BYTES	48
#define EXPORT_TIME_CHARS	24	/* "2026-07-30T12:00:00.000Z" */

struct cli;

/**
 * struct export_file - one export
 * @cli: where complaints go, and standard output
 * @path: of the file; NULL: standard output
 * @has_lines: its lines are judged
 * @has_head: the first one has the names of the columns
 * @goes_on: the file is there, and is added to
 * @began: time of its first line behind the head; "": none
 * @place: run and cycle of its last whole line, as 12:345678; "": it begins anew
 * @keep: bytes of it that stay, in front of that line
 * @kept_head: its first line
 * @kept_line: that line
 * @start: what came first of the answer, held until it is judged
 * @start_used: of @start
 * @line_at: where a line of @start begins
 * @lines: whole lines in @start
 * @heard: something has come
 * @begun: the file is being written
 * @to: open, or NULL
 * @bytes: written so far
 */
struct export_file {
	struct cli *cli;
	const char *path;
	bool has_lines, has_head;
	bool goes_on;
	char began[EXPORT_TIME_CHARS + 1];
	char place[EXPORT_PLACE_BYTES];
	int64_t keep;
	char kept_head[EXPORT_LINE_BYTES + 1];
	char kept_line[EXPORT_LINE_BYTES + 1];
	char start[2 * EXPORT_LINE_BYTES + 1];
	size_t start_used, line_at;
	int lines;
	bool heard, begun;
	FILE *to;
	int64_t bytes;
};

/* Nothing is made yet. With @adds to one that is there. 0, or an exit code after a complaint. */
int export_file_open(struct export_file *file, bool adds);

/* False after a complaint. */
bool export_file_write(struct export_file *file, const char *bytes, size_t count);

/* The answer is over: was it an export? False after a complaint. */
bool export_file_end(struct export_file *file);

/* All has come, or as much as will. False after a complaint. */
bool export_file_close(struct export_file *file);

#endif /* OHTCTL_EXPORT_FILE_H */
