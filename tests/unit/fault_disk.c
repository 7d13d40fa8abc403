// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dice.h"

#define FILES		64
/* What a disk writes whole or not at all. */
#define SECTOR_BYTES	512

enum change_kind { CHANGE_WRITE, CHANGE_TRUNCATE, CHANGE_DELETE };

struct change {
	struct change *next;
	uint64_t number;
	enum change_kind kind;
	int64_t offset;		/* of a truncation: the size */
	size_t bytes;
	unsigned char data[];
};

struct disk_file {
	char path[256];
	bool exists;		/* on the disk */
	unsigned char *data;	/* on the disk */
	int64_t bytes, room;
	int64_t now_bytes;	/* for those who look */
	bool now_exists;
	struct change *first, **last;
};

static struct disk_file files[FILES];
static unsigned int file_count;
static uint64_t changes;

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void resize(struct disk_file *file, int64_t bytes)
{
	if (bytes > file->room) {
		file->room = 2 * bytes;
		file->data = must(realloc(file->data, (size_t)file->room));
	}
	if (bytes > file->bytes)
		memset(file->data + file->bytes, 0, (size_t)(bytes - file->bytes));
	file->bytes = bytes;
}

static void put(struct disk_file *file, int64_t offset, const unsigned char *data, size_t bytes)
{
	int64_t end = offset + (int64_t)bytes;

	if (!bytes)
		return;
	if (end > file->bytes)
		resize(file, end);
	memcpy(file->data + offset, data, bytes);
}

static void load(struct disk_file *file)
{
	FILE *stream = fopen(file->path, "rb");
	unsigned char block[65536];
	size_t n;

	if (!stream)
		return;
	file->exists = file->now_exists = true;
	while ((n = fread(block, 1, sizeof(block), stream)) > 0)
		put(file, file->bytes, block, n);
	fclose(stream);
	file->now_bytes = file->bytes;
}

bool disk_exists(const struct disk_file *file)
{
	return file->now_exists;
}

void disk_open(struct disk_file *file)
{
	file->now_exists = true;
}

struct disk_file *disk_find(const char *path)
{
	struct disk_file *file;

	for (unsigned int i = 0; i < file_count; i++)
		if (!strcmp(files[i].path, path))
			return &files[i];
	if (file_count == FILES)
		abort();
	file = &files[file_count++];
	snprintf(file->path, sizeof(file->path), "%s", path);
	file->last = &file->first;
	load(file);
	return file;
}

static void note(struct disk_file *file, enum change_kind kind, int64_t offset, const void *data,
		 size_t bytes)
{
	struct change *change = must(calloc(1, sizeof(*change) + bytes));

	change->number = ++changes;
	change->kind = kind;
	change->offset = offset;
	change->bytes = bytes;
	if (bytes)
		memcpy(change->data, data, bytes);
	*file->last = change;
	file->last = &change->next;
}

void disk_write(struct disk_file *file, int64_t offset, const void *data, size_t bytes)
{
	note(file, CHANGE_WRITE, offset, data, bytes);
	if (offset + (int64_t)bytes > file->now_bytes)
		file->now_bytes = offset + (int64_t)bytes;
}

void disk_truncate(struct disk_file *file, int64_t bytes)
{
	note(file, CHANGE_TRUNCATE, bytes, NULL, 0);
	file->now_bytes = bytes;
}

void disk_delete(struct disk_file *file)
{
	note(file, CHANGE_DELETE, 0, NULL, 0);
	file->now_bytes = 0;
	file->now_exists = false;
}

/* All of it, or the sectors between @from and @to (counted from the start of the change). */
static void apply(struct disk_file *file, const struct change *change, size_t from, size_t to)
{
	file->exists = change->kind != CHANGE_DELETE;
	if (change->kind == CHANGE_WRITE)
		put(file, change->offset + (int64_t)from, change->data + from, to - from);
	else
		resize(file, change->offset);
}

uint64_t disk_mark(void)
{
	return changes;
}

void disk_sync(struct disk_file *file, uint64_t mark)
{
	while (file->first && file->first->number <= mark) {
		struct change *change = file->first;

		apply(file, change, 0, change->bytes);
		file->first = change->next;
		if (!file->first)
			file->last = &file->first;
		free(change);
	}
	/* An empty file is there too, once it was synchronised. */
	if (!file->first)
		file->exists = file->now_exists;
}

void disk_sync_folder(void)
{
	for (unsigned int i = 0; i < file_count; i++) {
		struct disk_file *file = &files[i];
		uint64_t deleted = 0;

		for (const struct change *change = file->first; change; change = change->next)
			if (change->kind == CHANGE_DELETE)
				deleted = change->number;
		disk_sync(file, deleted);
		file->exists = file->now_exists;
	}
}

int64_t disk_size(const struct disk_file *file)
{
	return file->now_bytes;
}

int64_t disk_used(void)
{
	int64_t sum = 0;

	for (unsigned int i = 0; i < file_count; i++)
		sum += files[i].now_bytes;
	return sum;
}

/* Whole, not at all, or its sectors one by one; so a later change may survive an earlier one. */
static void apply_by_chance(struct disk_file *file, const struct change *change, unsigned int *seed)
{
	unsigned int fate = dice(seed, 3);

	if (!fate)
		return;
	if (fate == 1 || change->kind != CHANGE_WRITE) {
		apply(file, change, 0, change->bytes);
		return;
	}
	for (size_t from = 0; from < change->bytes; ) {
		size_t rest = SECTOR_BYTES - (size_t)(change->offset + (int64_t)from) % SECTOR_BYTES;
		size_t to = from + rest < change->bytes ? from + rest : change->bytes;

		if (dice(seed, 2))
			apply(file, change, from, to);
		from = to;
	}
}

static int write_out(const struct disk_file *file, const char *dir)
{
	const char *name = strrchr(file->path, '/');
	size_t bytes = (size_t)file->bytes;
	char path[512];
	FILE *stream;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", dir, name ? name + 1 : file->path);
	unlink(path);
	if (!file->exists)
		return 0;
	stream = fopen(path, "wb");
	if (!stream)
		return -1;
	good = !bytes || fwrite(file->data, 1, bytes, stream) == bytes;
	return fclose(stream) || !good ? -1 : 0;
}

int disk_cut(const char *dir, unsigned int seed)
{
	/* An order or a choice that is much alike in all cuts would hide something: be extreme at times. */
	unsigned int all = dice(&seed, 8);

	for (unsigned int i = 0; i < file_count; i++) {
		struct disk_file *file = &files[i];

		for (const struct change *change = file->first; change; change = change->next) {
			if (all == 1)
				apply(file, change, 0, change->bytes);
			else if (all)
				apply_by_chance(file, change, &seed);
		}
		if (write_out(file, dir))
			return -1;
	}
	return 0;
}

int disk_leave(const char *dir)
{
	for (unsigned int i = 0; i < file_count; i++) {
		for (const struct change *change = files[i].first; change; change = change->next)
			apply(&files[i], change, 0, change->bytes);
		if (write_out(&files[i], dir))
			return -1;
	}
	return 0;
}

void disk_clear(void)
{
	for (unsigned int i = 0; i < file_count; i++) {
		while (files[i].first) {
			struct change *change = files[i].first;

			files[i].first = change->next;
			free(change);
		}
		free(files[i].data);
	}
	memset(files, 0, sizeof(files));
	file_count = 0;
	changes = 0;
}
