/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk that does what disks do: fails, fills up, is slow, and loses at a power cut what was not
 * synchronised, in parts and in any order.
 *
 * Owns:     an SQLite VFS in front of the default one, and what each file has on the simulated disk.
 * Contexts: any thread; the plan may be changed while others work.
 * Locks:    one mutex, held in every call that changes a file.
 *
 * Files behave as always while the process runs. Beside that, every change is kept as pending until
 * the file is synchronised. The -shm file is memory and never on the disk. Nothing is really
 * synchronised: what the simulation knows does not come from the real disk.
 */
#ifndef FAULT_VFS_H
#define FAULT_VFS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum fault_op {
	FAULT_OPEN = 1 << 0,
	FAULT_READ = 1 << 1,
	FAULT_WRITE = 1 << 2,
	FAULT_SYNC = 1 << 3,
	FAULT_TRUNCATE = 1 << 4,
	FAULT_DELETE = 1 << 5,
	/* All that change something. */
	FAULT_CHANGES = FAULT_WRITE | FAULT_SYNC | FAULT_TRUNCATE | FAULT_DELETE,
};

/**
 * struct fault_plan - what goes wrong; all zero: nothing
 * @ops: which calls fail, a mask of enum fault_op
 * @first: the how manieth of them fails first, from 1 on, counted from fault_vfs_set()
 * @count: how many fail from there on
 * @code: the SQLite result that they give
 * @main_only: only calls on the database itself fail, not those on its log
 * @hold: while it is set, the database itself is not synchronised: the call waits. NULL: never
 * @hold_log: @hold holds the synchronisation of the log too
 * @held: set when a call waits for @hold
 * @sync_ms: how long a synchronisation takes
 * @room_bytes: all files together do not grow beyond; 0: no bound. A write that does not fit writes
 *	what does
 * @cut_at: the power goes away instead of the how manieth change, from 1 on; 0: never. The process
 *	ends with status 0
 * @cut_dir: folder that receives the files as they are found after the cut
 * @seed: of what survives of what was not synchronised
 */
struct fault_plan {
	unsigned int ops;
	uint64_t first, count;
	int code;
	bool main_only;
	const atomic_bool *hold;
	bool hold_log;
	atomic_bool *held;
	unsigned int sync_ms;
	int64_t room_bytes;
	uint64_t cut_at;
	const char *cut_dir;
	unsigned int seed;
};

/* Becomes the default VFS. 0, or an SQLite result. */
int fault_vfs_install(void);

/* The former default is that again. No file may be open. */
void fault_vfs_remove(void);

/* Copied; what @plan points at must live on. Counting begins anew. */
void fault_vfs_set(const struct fault_plan *plan);

/* Calls of these kinds since fault_vfs_set(), failed ones included. */
uint64_t fault_vfs_calls(unsigned int ops);

/* The power goes away now. Does not return. */
void fault_vfs_cut(void) __attribute__((noreturn));

/* Writes every file into @dir as the end of the process leaves it, or with @power the end of the power. The process goes on. 0, or -1. */
int fault_vfs_leave(const char *dir, bool power, unsigned int seed);

#endif /* FAULT_VFS_H */
