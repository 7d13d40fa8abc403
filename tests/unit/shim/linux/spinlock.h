/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a lock that knows whether it is held: taking it twice or leaving it twice aborts.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_SPINLOCK_H
#define OHT_SHIM_LINUX_SPINLOCK_H

#include <assert.h>
#include <asm/barrier.h>
#include <linux/types.h>

typedef struct {
	bool held;
} raw_spinlock_t;

static inline void raw_spin_lock_init(raw_spinlock_t *lock)
{
	lock->held = false;
}

static inline void shim_lock(raw_spinlock_t *lock)
{
	assert(!lock->held);
	lock->held = true;
}

static inline void shim_unlock(raw_spinlock_t *lock)
{
	assert(lock->held);
	lock->held = false;
}

#define raw_spin_lock_irqsave(lock, flags)		\
	do {						\
		(flags) = 0;				\
		shim_lock(lock);			\
	} while (0)

#define raw_spin_unlock_irqrestore(lock, flags)		\
	do {						\
		(void)(flags);				\
		shim_unlock(lock);			\
	} while (0)

static inline bool shim_trylock(raw_spinlock_t *lock)
{
	bool was_free = !lock->held;

	lock->held = true;
	return was_free;
}

#define raw_spin_unlock(lock)				shim_unlock(lock)
#define raw_spin_trylock(lock)				shim_trylock(lock)
#define raw_spin_trylock_irqsave(lock, flags)		((flags) = 0, shim_trylock(lock))
#define raw_spin_is_locked(lock)			((lock)->held)
#define local_irq_restore(flags)			((void)(flags))

#define lockdep_assert_held(lock)	assert((lock)->held)

#endif /* OHT_SHIM_LINUX_SPINLOCK_H */
