// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/written.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

/**
 * struct ohtd_store_written - the counters of a kind, and the VFS by whose name SQLite finds them
 * @vfs: as the usual one, but for how it opens
 * @usual: the one that SQLite takes by itself
 */
struct ohtd_store_written {
	sqlite3_vfs vfs;
	const char *name;
	sqlite3_vfs *usual;
	_Atomic uint64_t bytes, synchronisations;
};

struct ohtd_store_written ohtd_small_written = { .name = "oht-small" };
struct ohtd_store_written ohtd_history_written = { .name = "oht-history" };

/**
 * struct tail - what lies behind a file of the usual VFS, which stays one of its own
 * @counted: the methods of the file, of which two count
 * @usual: what they were
 * @written: where they count
 */
struct tail {
	sqlite3_io_methods counted;
	const sqlite3_io_methods *usual;
	struct ohtd_store_written *written;
};

static struct tail *tail_of(sqlite3_file *file)
{
	return (struct tail *)(uintptr_t)file->pMethods;
}

static int count_write(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 at)
{
	struct tail *tail = tail_of(file);
	int r = tail->usual->xWrite(file, data, bytes, at);

	if (r == SQLITE_OK)
		atomic_fetch_add(&tail->written->bytes, (uint64_t)bytes);
	return r;
}

static int count_sync(sqlite3_file *file, int flags)
{
	struct tail *tail = tail_of(file);

	atomic_fetch_add(&tail->written->synchronisations, 1);
	return tail->usual->xSync(file, flags);
}

static int open_counted(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *opened)
{
	struct ohtd_store_written *written = (struct ohtd_store_written *)vfs;
	struct tail *tail = (struct tail *)(void *)((char *)file + written->usual->szOsFile);
	int r = written->usual->xOpen(written->usual, name, file, flags, opened);

	if (r != SQLITE_OK || !file->pMethods)
		return r;
	*tail = (struct tail){ .counted = *file->pMethods, .usual = file->pMethods, .written = written };
	tail->counted.xWrite = count_write;
	tail->counted.xSync = count_sync;
	file->pMethods = &tail->counted;
	return SQLITE_OK;
}

static void know(struct ohtd_store_written *written, sqlite3_vfs *usual)
{
	if (written->usual)
		sqlite3_vfs_unregister(&written->vfs);
	written->usual = usual;
	written->vfs = *usual;
	written->vfs.pNext = NULL;
	written->vfs.zName = written->name;
	written->vfs.szOsFile += (int)sizeof(struct tail);
	written->vfs.xOpen = open_counted;
	sqlite3_vfs_register(&written->vfs, 0);
}

/* SQLite may be given another usual one, as tests do. */
const char *ohtd_written_name(struct ohtd_store_written *written)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	sqlite3_vfs *usual = sqlite3_vfs_find(NULL);

	if (!written || !usual)
		return NULL;
	pthread_mutex_lock(&lock);
	if (usual != written->usual)
		know(written, usual);
	pthread_mutex_unlock(&lock);
	return written->name;
}

void ohtd_written_look(struct ohtd_store_written *written, uint64_t *bytes, uint64_t *synchronisations)
{
	*bytes = written ? atomic_load(&written->bytes) : 0;
	*synchronisations = written ? atomic_load(&written->synchronisations) : 0;
}
