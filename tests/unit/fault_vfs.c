// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fault_disk.h"

#define KINDS	6

struct fault_file {
	sqlite3_file base;
	struct disk_file *disk;		/* NULL: a temporary file without a name */
	sqlite3_file *real;		/* behind this structure */
	bool fresh;			/* a journal whose name is not on the disk yet */
	bool main;			/* the database itself */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fault_plan plan;
static uint64_t calls[KINDS];		/* one per bit of enum fault_op */
static uint64_t faulty, changing;
static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct fault_file *)file)->real;
}

static struct disk_file *disk_of(sqlite3_file *file)
{
	return ((struct fault_file *)file)->disk;
}

/* With the lock held, which nobody gets any more: what was not acknowledged will never be. */
static void __attribute__((noreturn)) cut(void)
{
	_exit(disk_cut(plan.cut_dir, plan.seed) ? 1 : 0);
}

void fault_vfs_cut(void)
{
	pthread_mutex_lock(&lock);
	cut();
}

int fault_vfs_leave(const char *dir, bool power, unsigned int seed)
{
	int r;

	pthread_mutex_lock(&lock);
	r = power ? disk_cut(dir, seed) : disk_leave(dir);
	pthread_mutex_unlock(&lock);
	return r;
}

/* SQLITE_OK: the call on @file (NULL: on none that is open) may go on. With the lock held. */
static int judge(sqlite3_file *file, enum fault_op op)
{
	calls[__builtin_ctz(op)]++;
	if (op & FAULT_CHANGES && ++changing == plan.cut_at)
		cut();
	if (!(op & plan.ops) || (plan.main_only && !(file && ((struct fault_file *)file)->main)))
		return SQLITE_OK;
	faulty++;
	return faulty >= plan.first && faulty - plan.first < plan.count ? plan.code : SQLITE_OK;
}

static int judge_alone(sqlite3_file *file, enum fault_op op)
{
	int r;

	pthread_mutex_lock(&lock);
	r = judge(file, op);
	pthread_mutex_unlock(&lock);
	return r;
}

/* ---- a file ---- */

static int fault_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int fault_read(sqlite3_file *file, void *data, int bytes, sqlite3_int64 offset)
{
	int r = judge_alone(file, FAULT_READ);

	return r ? r : real_of(file)->pMethods->xRead(real_of(file), data, bytes, offset);
}

/* How much of it fits on the disk. */
static int fitting(sqlite3_file *file, int bytes, sqlite3_int64 offset)
{
	int64_t size = disk_size(disk_of(file));
	int64_t more = offset + bytes - size, left = plan.room_bytes - disk_used();

	if (!plan.room_bytes || more <= 0 || more <= left)
		return bytes;
	bytes -= (int)(more - (left > 0 ? left : 0));
	return bytes > 0 ? bytes : 0;
}

static int write_known(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset)
{
	int fit = fitting(file, bytes, offset), r = SQLITE_OK;

	if (fit)
		r = real_of(file)->pMethods->xWrite(real_of(file), data, fit, offset);
	if (r == SQLITE_OK && fit)
		disk_write(disk_of(file), offset, data, (size_t)fit);
	return r == SQLITE_OK && fit < bytes ? SQLITE_FULL : r;
}

static int fault_write(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset)
{
	int r;

	if (!disk_of(file))
		return real_of(file)->pMethods->xWrite(real_of(file), data, bytes, offset);
	pthread_mutex_lock(&lock);
	r = judge(file, FAULT_WRITE);
	if (!r)
		r = write_known(file, data, bytes, offset);
	pthread_mutex_unlock(&lock);
	return r;
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 bytes)
{
	int r;

	pthread_mutex_lock(&lock);
	r = judge(file, FAULT_TRUNCATE);
	if (!r)
		r = real_of(file)->pMethods->xTruncate(real_of(file), bytes);
	if (!r && disk_of(file))
		disk_truncate(disk_of(file), bytes);
	pthread_mutex_unlock(&lock);
	return r;
}

static void wait_held(const struct fault_plan *held)
{
	while (held->hold && atomic_load(held->hold)) {
		atomic_store(held->held, true);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

/* Others go on while it takes its time, and what they write is not part of it. */
static int fault_sync(sqlite3_file *file, int flags)
{
	struct fault_plan now;
	struct timespec pause;
	uint64_t mark;
	int r;

	(void)flags;
	pthread_mutex_lock(&lock);
	r = judge(file, FAULT_SYNC);
	mark = disk_mark();
	now = plan;
	pthread_mutex_unlock(&lock);
	pause = (struct timespec){ now.sync_ms / 1000, now.sync_ms % 1000 * 1000000L };
	if (((struct fault_file *)file)->main || now.hold_log)
		wait_held(&now);
	if (pause.tv_sec || pause.tv_nsec)
		nanosleep(&pause, NULL);
	if (r || !disk_of(file))
		return r;
	pthread_mutex_lock(&lock);
	disk_sync(disk_of(file), mark);
	if (((struct fault_file *)file)->fresh)
		disk_sync_folder();
	((struct fault_file *)file)->fresh = false;
	pthread_mutex_unlock(&lock);
	return SQLITE_OK;
}

static int fault_size(sqlite3_file *file, sqlite3_int64 *bytes)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), bytes);
}

static int fault_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int fault_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int fault_check_lock(sqlite3_file *file, int *held)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
}

static int fault_control(sqlite3_file *file, int what, void *arg)
{
	/* A hint that makes the file longer without a write would escape the simulation. */
	if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_OK;
	return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int fault_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

/* Nothing is promised about batches; that bytes beside a write stay is promised, and kept. */
static int fault_traits(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int fault_shm_map(sqlite3_file *file, int page, int bytes, int extend,
			 void volatile **memory)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, bytes, extend, memory);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void fault_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int fault_shm_unmap(sqlite3_file *file, int delete_too)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_too);
}

/* Version 2: no mapped reads, which nothing could be put in front of. */
static const sqlite3_io_methods methods = {
	2, fault_close, fault_read, fault_write, fault_truncate, fault_sync, fault_size,
	fault_lock, fault_unlock, fault_check_lock, fault_control, fault_sector, fault_traits,
	fault_shm_map, fault_shm_lock, fault_shm_barrier, fault_shm_unmap, NULL, NULL,
};

/* ---- the VFS ---- */

static int fault_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
		      int *flags_out)
{
	struct fault_file *opened = (struct fault_file *)file;
	int r;

	(void)vfs;
	memset(opened, 0, sizeof(*opened));
	opened->real = (sqlite3_file *)(opened + 1);
	opened->main = flags & SQLITE_OPEN_MAIN_DB;
	pthread_mutex_lock(&lock);
	r = judge(NULL, FAULT_OPEN);
	/* Before it is made: a new one is not on the disk yet. */
	if (!r && name)
		opened->disk = disk_find(name);
	/* As the real one: the first synchronisation of such a file is also that of its folder. */
	if (!r && name && flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL))
		opened->fresh = !disk_exists(opened->disk);
	if (!r)
		r = real_vfs->xOpen(real_vfs, name, opened->real, flags, flags_out);
	if (!r)
		opened->base.pMethods = &methods;
	if (!r && opened->disk)
		disk_open(opened->disk);
	pthread_mutex_unlock(&lock);
	return r;
}

static int fault_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	int r;

	(void)vfs;
	pthread_mutex_lock(&lock);
	r = judge(NULL, FAULT_DELETE);
	if (!r)
		r = real_vfs->xDelete(real_vfs, name, 0);
	if (!r)
		disk_delete(disk_find(name));
	if (!r && sync_folder)
		disk_sync(disk_find(name), disk_mark());
	pthread_mutex_unlock(&lock);
	return r;
}

static sqlite3_vfs vfs;

int fault_vfs_install(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs;
	vfs.pNext = NULL;
	vfs.zName = "fault";
	vfs.szOsFile = (int)sizeof(struct fault_file) + real_vfs->szOsFile;
	vfs.xOpen = fault_open;
	vfs.xDelete = fault_delete;
	fault_vfs_set(&(struct fault_plan){ 0 });
	return sqlite3_vfs_register(&vfs, 1);
}

void fault_vfs_remove(void)
{
	sqlite3_vfs_unregister(&vfs);
	sqlite3_vfs_register(real_vfs, 1);
	disk_clear();
}

void fault_vfs_set(const struct fault_plan *wanted)
{
	pthread_mutex_lock(&lock);
	plan = *wanted;
	memset(calls, 0, sizeof(calls));
	faulty = changing = 0;
	pthread_mutex_unlock(&lock);
}

uint64_t fault_vfs_calls(unsigned int ops)
{
	uint64_t sum = 0;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < KINDS; i++)
		if (ops & 1u << i)
			sum += calls[i];
	pthread_mutex_unlock(&lock);
	return sum;
}
