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

#define EXPORT_HEAD_BYTES	8192
#define EXPORT_PLACE_BYTES	48

struct cli;

/**
 * struct export_file - one export
 * @cli: where complaints go, and standard output
 * @path: of the file; NULL: standard output
 * @has_head: the first line has the names of the columns
 * @goes_on: the file is there, and is added to
 * @place: run and cycle of its last whole line, as 12:345678
 * @keep: bytes of it in front of that line
 * @kept_head: its first line
 * @head: the first line of the answer, as far as it has come
 * @head_used: of @head
 * @head_done: the answer is behind its first line
 * @to: open, or NULL
 * @bytes: written so far
 */
struct export_file {
	struct cli *cli;
	const char *path;
	bool has_head;
	bool goes_on;
	char place[EXPORT_PLACE_BYTES];
	int64_t keep;
	char kept_head[EXPORT_HEAD_BYTES];
	char head[EXPORT_HEAD_BYTES];
	size_t head_used;
	bool head_done;
	FILE *to;
	int64_t bytes;
};

/* Nothing is made yet. With @adds to one that is there. 0, or an exit code after a complaint. */
int export_file_open(struct export_file *file, bool adds);

/* False after a complaint. */
bool export_file_write(struct export_file *file, const char *bytes, size_t count);

/* All has come, or as much as will. False after a complaint. */
bool export_file_close(struct export_file *file);

#endif /* OHTCTL_EXPORT_FILE_H */
