/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the simulated disk of fault_vfs.c holds of each file.
 *
 * Owns:     the synchronised content, and the changes that wait for a synchronisation.
 * Contexts: callers take turns.
 * Locks:    none of its own.
 */
#ifndef FAULT_DISK_H
#define FAULT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_file;

/* The file of this name, noted if it is new: its content so far counts as synchronised. */
struct disk_file *disk_find(const char *path);
/* Whether it is there, for those who look. */
bool disk_exists(const struct disk_file *file);

/* It is there from now on, for those who look. */
void disk_open(struct disk_file *file);

/* A change that waits. Data is copied. */
void disk_write(struct disk_file *file, int64_t offset, const void *data, size_t bytes);
void disk_truncate(struct disk_file *file, int64_t bytes);
void disk_delete(struct disk_file *file);

/* How many changes have been made so far, for disk_sync(). */
uint64_t disk_mark(void);
/* What was changed up to @mark is on the disk. */
void disk_sync(struct disk_file *file, uint64_t mark);

/* Names are on the disk as they are now: new ones and, more important, none that was deleted. */
void disk_sync_folder(void);

/* Size that the file has for those who look now, synchronised or not; and of all together. */
int64_t disk_size(const struct disk_file *file);
int64_t disk_used(void);

/* Writes every file as a power cut leaves it. 0, or -1. */
int disk_cut(const char *dir, unsigned int seed);

/* The same as the end of a process leaves it: with all that was written. */
int disk_leave(const char *dir);

/* Forget all. */
void disk_clear(void);

#endif /* FAULT_DISK_H */
