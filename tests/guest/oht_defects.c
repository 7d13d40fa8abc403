// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: one defect on purpose for each watcher of the debug kernel, so that a run shows that
 * the watcher is alive. The parameter names the defect, which is made while the module is loaded:
 *
 *	deadlock	two locks are taken in both orders: lockdep
 *	use-after-free	memory is read after it was freed: KASAN
 *	shift		a number is shifted by more bits than it has: UBSAN
 *	sleep		a call that may sleep, where nothing may: DEBUG_ATOMIC_SLEEP
 *	leak		nothing points to the memory any more: kmemleak
 *
 * Whatever is made is harmless: nothing is written, and nothing waits.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>

#define DEFECT_BYTES	96
/* The scanner takes every word on a stack for a pointer: not all of so many are held by chance. */
#define DEFECT_LEAKS	16

static char *defect = "";
module_param(defect, charp, 0400);
MODULE_PARM_DESC(defect, "which defect to make");

static DEFINE_MUTEX(defect_first);
static DEFINE_MUTEX(defect_second);
/* The compiler does not know what is in these. */
static unsigned int defect_bits = 33;
static unsigned int defect_seen;

static noinline void defect_deadlock(void)
{
	mutex_lock(&defect_first);
	mutex_lock(&defect_second);
	mutex_unlock(&defect_second);
	mutex_unlock(&defect_first);

	mutex_lock(&defect_second);
	mutex_lock(&defect_first);
	mutex_unlock(&defect_first);
	mutex_unlock(&defect_second);
}

static noinline void defect_use_after_free(void)
{
	unsigned char *memory = kzalloc(DEFECT_BYTES, GFP_KERNEL);

	if (!memory)
		return;
	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	WRITE_ONCE(defect_seen, READ_ONCE(memory[DEFECT_BYTES / 2]));
}

static noinline void defect_shift(void)
{
	WRITE_ONCE(defect_seen, 1 << READ_ONCE(defect_bits));
}

static noinline void defect_sleep(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
}

static noinline void defect_leak(void)
{
	void *memory;
	int i;

	for (i = 0; i < DEFECT_LEAKS; i++) {
		memory = kzalloc(DEFECT_BYTES, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(memory);
	}
}

static int __init defects_init(void)
{
	static const struct {
		const char *name;
		void (*make)(void);
	} defects[] = {
		{ "deadlock", defect_deadlock },
		{ "use-after-free", defect_use_after_free },
		{ "shift", defect_shift },
		{ "sleep", defect_sleep },
		{ "leak", defect_leak },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(defects); i++) {
		if (!strcmp(defect, defects[i].name)) {
			defects[i].make();
			return 0;
		}
	}
	return -EINVAL;
}
module_init(defects_init);

static void __exit defects_exit(void)
{
}
module_exit(defects_exit);

MODULE_DESCRIPTION("Defects on purpose, for the tests of oht");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
