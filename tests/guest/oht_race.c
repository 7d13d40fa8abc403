// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: data races on purpose, and their twins that are none, so that a kernel with KCSAN
 * shows that it sees the one and is silent about the other. All of it happens while the module is
 * loaded, between two CPUs; the function's name tells in the report which one it was:
 *
 *	race_plain()		both add to a word, nothing between them
 *	race_unreleased()	they take turns, but the turn is handed over without a release
 *	safe_locked()		both add under a raw lock
 *	safe_released()		they take turns, released and acquired
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/spinlock.h>

#define RACE_MS			300
#define RACE_PLAIN_ROUNDS	20000
#define RACE_TURN_ROUNDS	50

struct race {
	void (*run)(int side);
	int side;
	struct completion done;
};

static DEFINE_RAW_SPINLOCK(race_lock);
static unsigned long race_word;
static int race_turn;			/* side that may use the word */
static unsigned long race_end;		/* in jiffies */

/* The compiler keeps nothing in a register from one round to the next. */
static bool race_goes_on(void)
{
	barrier();
	return time_before(jiffies, race_end);
}

static noinline void race_plain(int side)
{
	/* Each report is some twenty lines: a race that shows so often is seen. */
	int i;

	for (i = 0; i < RACE_PLAIN_ROUNDS && race_goes_on(); i++)
		race_word++;
}

static noinline void safe_locked(int side)
{
	while (race_goes_on()) {
		raw_spin_lock(&race_lock);
		race_word++;
		raw_spin_unlock(&race_lock);
	}
}

/* Whose turn it is has the word for himself; long enough that the other one looks meanwhile. */
static __always_inline void race_take_turn(void)
{
	int i;

	for (i = 0; i < RACE_TURN_ROUNDS; i++) {
		race_word++;
		barrier();
	}
}

static noinline void race_unreleased(int side)
{
	while (race_goes_on()) {
		/* Pairs with nothing: that is the race. */
		if (smp_load_acquire(&race_turn) != side)
			continue;
		race_take_turn();
		WRITE_ONCE(race_turn, !side);
	}
}

static noinline void safe_released(int side)
{
	while (race_goes_on()) {
		/* Pairs with the release below. */
		if (smp_load_acquire(&race_turn) != side)
			continue;
		race_take_turn();
		/* Pairs with the acquire above. */
		smp_store_release(&race_turn, !side);
	}
}

static int race_thread(void *data)
{
	struct race *race = data;

	race->run(race->side);
	complete(&race->done);
	return 0;
}

static int race_start(struct race *race, void (*run)(int side), int side)
{
	struct task_struct *task;

	race->run = run;
	race->side = side;
	init_completion(&race->done);
	task = kthread_create(race_thread, race, "oht_race/%d", side);
	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, side);
	wake_up_process(task);
	return 0;
}

/* Both sides, on CPU 0 and 1, until both have ended. */
static int race_run(void (*run)(int side))
{
	struct race races[2];
	int side, ret = 0;

	race_end = jiffies + msecs_to_jiffies(RACE_MS);
	race_turn = 0;
	for (side = 0; side < 2 && !ret; side++)
		ret = race_start(&races[side], run, side);
	/* The last one did not start if there was an error. */
	for (side -= ret ? 2 : 1; side >= 0; side--)
		wait_for_completion(&races[side].done);
	return ret;
}

static int __init race_init(void)
{
	static void (* const runs[])(int side) = {
		safe_locked, safe_released, race_plain, race_unreleased,
	};
	int i, ret = 0;

	if (!cpu_online(0) || !cpu_online(1))
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(runs) && !ret; i++)
		ret = race_run(runs[i]);
	return ret;
}
module_init(race_init);

static void __exit race_exit(void)
{
}
module_exit(race_exit);

MODULE_DESCRIPTION("Data races on purpose, for the tests of oht");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
