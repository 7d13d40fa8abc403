// SPDX-License-Identifier: GPL-2.0-or-later
/* The store thread, its groups and its readers, on a disk that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "fault_vfs.h"
#include "store/sql.h"
#include "store/store.h"
#include "accounts/users.h"
#include "store_fixture.h"

#define MANY	OHTD_STORE_QUEUE_MAX

static struct ohtd_store *store;

static int open_store(void)
{
	struct ohtd_db *db;

	if (ohtd_db_open(&db, &ohtd_small_schema, store_path, STORE_NOW_S, store_why, sizeof(store_why)))
		return -1;
	store = ohtd_store_start(db);
	if (!store)
		ohtd_db_close(db);
	return store ? 0 : -1;
}

/* Nothing is in the folder. */
static int set_up_disk(void)
{
	return store_folder_make() || fault_vfs_install() ? -1 : 0;
}

static int set_up(void **state)
{
	(void)state;
	return set_up_disk() ? -1 : open_store();
}

static int tear_down(void **state)
{
	(void)state;
	fault_vfs_set(&(struct fault_plan){ 0 });
	ohtd_store_stop(store);
	store = NULL;
	fault_vfs_remove();
	return store_folder_remove();
}

/* ---- work ---- */

/* Adds first, so that there is something to be undone. */
static int work_add_and_fail(struct ohtd_db *db, void *name)
{
	int r = store_work_add(db, name);

	return r ? r : -ENOENT;
}

static int add(const char *name)
{
	return ohtd_store_call(store, store_work_add, (void *)(uintptr_t)name);
}

static int find(const char *name)
{
	return ohtd_store_read(store, store_work_find, (void *)(uintptr_t)name);
}

static struct ohtd_store_view look(void)
{
	struct ohtd_store_view view;

	ohtd_store_look(store, &view);
	return view;
}

/* ---- callers that wait together ---- */

struct caller {
	pthread_t thread;
	ohtd_store_work work;
	char name[16];
	int result;
};

static struct caller callers[MANY + 1];

static void *call_main(void *arg)
{
	struct caller *caller = arg;

	caller->result = ohtd_store_call(store, caller->work, caller->name);
	return NULL;
}

static void begin_call(struct caller *caller, ohtd_store_work work, const char *name)
{
	caller->work = work;
	snprintf(caller->name, sizeof(caller->name), "%s", name);
	assert_int_equal(pthread_create(&caller->thread, NULL, call_main, caller), 0);
}

/* The store is held by callers[0]; whoever calls from now on waits. */
static void begin_hold(void)
{
	atomic_store(&store_held, false);
	atomic_store(&store_hold, true);
	begin_call(&callers[0], store_work_hang, "");
	WAIT_FOR(atomic_load(&store_held));
}

/* @calls of callers[1] and on wait, and @job_count jobs. */
static void end_hold_of(unsigned int calls, unsigned int job_count)
{
	WAIT_FOR(look().waiting == calls + job_count);
	atomic_store(&store_hold, false);
	for (unsigned int i = 0; i <= calls; i++)
		pthread_join(callers[i].thread, NULL);
}

static void end_hold(unsigned int calls)
{
	end_hold_of(calls, 0);
}

static void begin_adds(unsigned int count)
{
	char name[16];

	for (unsigned int i = 1; i <= count; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		begin_call(&callers[i], store_work_add, name);
	}
}

static void many_share_one_synchronisation(void **state)
{
	uint64_t groups;

	(void)state;
	assert_int_equal(add("first"), 0);
	begin_hold();
	begin_adds(MANY);
	WAIT_FOR(look().waiting == MANY);
	fault_vfs_set(&(struct fault_plan){ 0 });
	groups = look().groups;
	end_hold(MANY);
	for (unsigned int i = 1; i <= MANY; i++) {
		assert_int_equal(callers[i].result, 0);
		assert_int_equal(find(callers[i].name), 0);
	}
	assert_int_equal(fault_vfs_calls(FAULT_SYNC), 1);
	/* That of the one who held, and theirs. */
	assert_int_equal(look().groups - groups, 2);
}

static void a_bad_call_does_not_take_its_neighbours_along(void **state)
{
	(void)state;
	begin_hold();
	begin_call(&callers[1], store_work_add, "anna");
	WAIT_FOR(look().waiting == 1);
	begin_call(&callers[2], store_work_add, "anna");
	begin_call(&callers[3], work_add_and_fail, "bert");
	begin_call(&callers[4], store_work_add, "carl");
	end_hold(4);
	assert_int_equal(callers[1].result, 0);
	assert_int_equal(callers[2].result, -EEXIST);
	assert_int_equal(callers[3].result, -ENOENT);
	assert_int_equal(callers[4].result, 0);
	assert_int_equal(find("anna"), 0);
	assert_int_equal(find("bert"), -ENOENT);
	assert_int_equal(find("carl"), 0);
	assert_int_equal(look().state, OHTD_STORE_OK);
	assert_int_equal(look().refused, 0);
}

static void a_full_queue_refuses_at_once(void **state)
{
	(void)state;
	begin_hold();
	begin_adds(MANY);
	WAIT_FOR(look().waiting == MANY);
	/* Returns although the store is held. */
	assert_int_equal(add("late"), -EAGAIN);
	assert_int_equal(look().refused, 1);
	end_hold(MANY);
	assert_int_equal(find("late"), -ENOENT);
	assert_int_equal(add("late"), 0);
}

static void an_end_keeps_what_waits(void **state)
{
	(void)state;
	begin_hold();
	begin_adds(5);
	end_hold(5);
	ohtd_store_stop(store);
	store = NULL;
	assert_int_equal(open_store(), 0);
	for (unsigned int i = 1; i <= 5; i++)
		assert_int_equal(find(callers[i].name), 0);
}

/* ---- jobs, for which no thread waits ---- */

struct job {
	struct ohtd_store_job job;
	char name[16];
	atomic_uint answers;
	unsigned int again;		/* times that it submits itself once more */
	pthread_t answered_by;
};

static struct job jobs[MANY + 1];

static void note_answer(struct ohtd_store_job *done)
{
	struct job *job = (struct job *)done;

	job->answered_by = pthread_self();
	if (job->again) {
		snprintf(job->name, sizeof(job->name), "again%u", job->again--);
		assert_int_equal(ohtd_store_submit(store, done), 0);
	}
	atomic_fetch_add(&job->answers, 1);
}

static int submit(struct job *job, ohtd_store_work work, unsigned int number)
{
	*job = (struct job){ .job = { .work = work, .arg = job->name, .done = note_answer } };
	snprintf(job->name, sizeof(job->name), "user%u", number);
	return ohtd_store_submit(store, &job->job);
}

static void no_thread_waits_for_jobs_and_all_become_one_group(void **state)
{
	uint64_t groups;

	(void)state;
	assert_int_equal(add("first"), 0);
	begin_hold();
	groups = look().groups;
	fault_vfs_set(&(struct fault_plan){ 0 });
	/* From one thread, which goes on. */
	for (unsigned int i = 0; i < MANY; i++)
		assert_int_equal(submit(&jobs[i], i == 7 ? work_add_and_fail : store_work_add, i), 0);
	assert_int_equal(look().waiting, MANY);
	/* One more is refused at once, and never answered. */
	assert_int_equal(submit(&jobs[MANY], store_work_add, MANY), -EAGAIN);
	assert_int_equal(atomic_load(&jobs[0].answers), 0);
	end_hold_of(0, MANY);
	for (unsigned int i = 0; i < MANY; i++) {
		WAIT_FOR(atomic_load(&jobs[i].answers));
		assert_int_equal(jobs[i].job.result, i == 7 ? -ENOENT : 0);
		assert_int_equal(find(jobs[i].name), i == 7 ? -ENOENT : 0);
		assert_int_equal(atomic_load(&jobs[i].answers), 1);
		assert_false(pthread_equal(jobs[i].answered_by, pthread_self()));
	}
	assert_int_equal(atomic_load(&jobs[MANY].answers), 0);
	assert_int_equal(fault_vfs_calls(FAULT_SYNC), 1);
	/* That of the call which holds, and that of the jobs. */
	assert_int_equal(look().groups - groups, 2);
	assert_int_equal(look().refused, 1);
}

static void a_job_may_submit_itself_again(void **state)
{
	(void)state;
	begin_hold();
	assert_int_equal(submit(&jobs[0], store_work_add, 0), 0);
	jobs[0].again = 3;
	end_hold_of(0, 1);
	WAIT_FOR(atomic_load(&jobs[0].answers) == 4);
	assert_int_equal(jobs[0].job.result, 0);
	for (const char *const *name = (const char *const[]){ "user0", "again1", "again2", "again3",
	     NULL }; *name; name++)
		assert_int_equal(find(*name), 0);
}

static void a_commit_that_fails_fails_each_job(void **state)
{
	(void)state;
	assert_int_equal(add("before"), 0);
	begin_hold();
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(submit(&jobs[i], store_work_add, i), 0);
	fault_vfs_set(&(struct fault_plan){ .ops = FAULT_SYNC, .first = 1, .count = UINT64_MAX,
					    .code = SQLITE_IOERR_FSYNC });
	end_hold_of(0, 3);
	for (unsigned int i = 0; i < 3; i++) {
		WAIT_FOR(atomic_load(&jobs[i].answers));
		assert_int_equal(jobs[i].job.result, -EIO);
		assert_int_equal(find(jobs[i].name), -ENOENT);
	}
}

static void an_end_answers_each_job(void **state)
{
	(void)state;
	begin_hold();
	for (unsigned int i = 0; i < 9; i++)
		assert_int_equal(submit(&jobs[i], store_work_add, i), 0);
	end_hold_of(0, 9);
	ohtd_store_stop(store);
	store = NULL;
	assert_int_equal(open_store(), 0);
	for (unsigned int i = 0; i < 9; i++) {
		assert_int_equal(atomic_load(&jobs[i].answers), 1);
		assert_int_equal(jobs[i].job.result, 0);
		assert_int_equal(find(jobs[i].name), 0);
	}
}

/* Each job gets its answer while the disk is silent, but for the group that has begun. */
static void a_hung_store_refuses_and_recovers(void **state)
{
	(void)state;
	assert_int_equal(add("before"), 0);
	atomic_store(&store_hold, true);
	atomic_store(&store_held, false);
	fault_vfs_set(&(struct fault_plan){ .hold = &store_hold, .hold_log = true, .held = &store_held });
	assert_int_equal(submit(&jobs[0], store_work_add, 0), 0);
	WAIT_FOR(atomic_load(&store_held));
	assert_int_equal(submit(&jobs[1], store_work_add, 1), 0);
	ohtd_store_watch(store);
	assert_int_equal(atomic_load(&jobs[1].answers), 0);
	WAIT_FOR(submit(&jobs[2], store_work_add, 2) == -ETIMEDOUT);
	assert_int_equal(add("late"), -ETIMEDOUT);
	ohtd_store_watch(store);
	assert_int_equal(look().waiting, 0);
	assert_int_equal(atomic_load(&jobs[1].answers), 1);
	assert_int_equal(jobs[1].job.result, -ETIMEDOUT);
	assert_int_equal(atomic_load(&jobs[0].answers), 0);
	assert_int_equal(find("before"), 0);
	atomic_store(&store_hold, false);
	WAIT_FOR(atomic_load(&jobs[0].answers));
	assert_int_equal(jobs[0].job.result, 0);
	assert_int_equal(find("user0"), 0);
	assert_int_equal(find("user1"), -ENOENT);
	assert_int_equal(find("late"), -ENOENT);
	WAIT_FOR(!look().busy_since_ns);
	ohtd_store_watch(store);
	assert_int_equal(add("late"), 0);
}

/* ---- readers ---- */

static void readers_go_on_beside_a_writer(void **state)
{
	(void)state;
	assert_int_equal(add("anna"), 0);
	begin_hold();
	begin_call(&callers[1], store_work_add, "bert");
	WAIT_FOR(look().waiting == 1);
	assert_int_equal(find("anna"), 0);
	/* Not before it is on the disk. */
	assert_int_equal(find("bert"), -ENOENT);
	end_hold(1);
	assert_int_equal(find("bert"), 0);
}

static void readers_cannot_write(void **state)
{
	char name[] = "anna";

	(void)state;
	assert_int_equal(ohtd_store_read(store, store_work_add, name), -EROFS);
	assert_int_equal(find("anna"), -ENOENT);
	assert_int_equal(look().state, OHTD_STORE_OK);
}

/* ---- a disk in trouble ---- */

static void a_commit_that_fails_is_nobodys_success(void **state)
{
	(void)state;
	assert_int_equal(add("before"), 0);
	begin_hold();
	begin_adds(3);
	WAIT_FOR(look().waiting == 3);
	fault_vfs_set(&(struct fault_plan){ .ops = FAULT_SYNC, .first = 1, .count = UINT64_MAX,
					    .code = SQLITE_IOERR_FSYNC });
	end_hold(3);
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(callers[i].result, -EIO);
		assert_int_equal(find(callers[i].name), -ENOENT);
	}
	assert_int_equal(look().state, OHTD_STORE_FAILING);
	assert_int_equal(look().refused, 3);
	assert_int_equal(find("before"), 0);
	/* Nobody writes: it finds out by itself that the disk is well again. */
	fault_vfs_set(&(struct fault_plan){ 0 });
	WAIT_FOR(look().state == OHTD_STORE_OK);
	assert_int_equal(add("user1"), 0);
}

static void refuse_until_repaired(const struct fault_plan *plan, int error, unsigned int state)
{
	char name[64];
	int r = 0;

	assert_int_equal(add("before"), 0);
	fault_vfs_set(plan);
	for (int i = 0; !r && i < 1000; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		r = add(name);
	}
	assert_int_equal(r, error);
	assert_int_equal(look().state, state);
	assert_int_equal(find("before"), 0);
	assert_int_equal(find(name), -ENOENT);
	assert_int_equal(add(name), error);
	fault_vfs_set(&(struct fault_plan){ 0 });
	WAIT_FOR(look().state == OHTD_STORE_OK);
	assert_int_equal(add(name), 0);
}

static void a_full_disk_refuses_until_there_is_room(void **state)
{
	(void)state;
	refuse_until_repaired(&(struct fault_plan){ .room_bytes = 250000 }, -ENOSPC,
			      OHTD_STORE_FULL);
}

static void a_disk_that_cannot_be_written_refuses(void **state)
{
	(void)state;
	refuse_until_repaired(&(struct fault_plan){ .ops = FAULT_WRITE, .first = 1,
						    .count = UINT64_MAX,
						    .code = SQLITE_IOERR_WRITE },
			      -EIO, OHTD_STORE_FAILING);
}

static void a_disk_that_became_read_only_refuses(void **state)
{
	(void)state;
	refuse_until_repaired(&(struct fault_plan){ .ops = FAULT_WRITE, .first = 1,
						    .count = UINT64_MAX, .code = SQLITE_READONLY },
			      -EROFS, OHTD_STORE_READ_ONLY);
}

static void a_slow_disk_says_since_when(void **state)
{
	struct timespec now;

	(void)state;
	atomic_store(&store_hold, true);
	atomic_store(&store_held, false);
	fault_vfs_set(&(struct fault_plan){ .hold = &store_hold, .hold_log = true, .held = &store_held });
	begin_call(&callers[0], store_work_add, "anna");
	WAIT_FOR(atomic_load(&store_held));
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_true(look().busy_since_ns);
	assert_true(look().busy_since_ns / 1000000000u <= (uint64_t)now.tv_sec);
	assert_int_equal(find("anna"), -ENOENT);
	atomic_store(&store_hold, false);
	pthread_join(callers[0].thread, NULL);
	assert_int_equal(callers[0].result, 0);
	WAIT_FOR(!look().busy_since_ns);
}

static int work_damaged(struct ohtd_db *db, void *arg)
{
	(void)db;
	(void)arg;
	return ohtd_db_errno(SQLITE_CORRUPT);
}

static void damage_stays_until_the_next_start(void **state)
{
	(void)state;
	assert_int_equal(add("anna"), 0);
	assert_int_equal(ohtd_store_read(store, work_damaged, NULL), -EUCLEAN);
	assert_int_equal(look().state, OHTD_STORE_DAMAGED);
	fault_vfs_set(&(struct fault_plan){ 0 });
	assert_int_equal(add("bert"), -EUCLEAN);
	assert_int_equal(look().state, OHTD_STORE_DAMAGED);
	assert_int_equal(look().refused, 1);
	assert_int_equal(fault_vfs_calls(FAULT_CHANGES), 0);
	assert_int_equal(find("anna"), 0);
	ohtd_store_stop(store);
	assert_int_equal(open_store(), 0);
	assert_int_equal(add("bert"), 0);
}

/* ---- each call once ---- */

/* A life with the how manieth call failing; which of the three were acknowledged, a mask. */
static unsigned int live(const struct fault_plan *plan)
{
	static const char *const names[] = { "anna", "bert", "carl" };
	unsigned int acknowledged = 0;

	fault_vfs_set(plan);
	if (open_store())
		return 0;
	for (unsigned int i = 0; i < 3; i++) {
		int r = add(names[i]);

		if (!r)
			acknowledged |= 1u << i;
		else
			assert_true(ohtd_store_state_of(r) != OHTD_STORE_OK);
	}
	ohtd_store_stop(store);
	store = NULL;
	return acknowledged;
}

static void check_life(unsigned int acknowledged)
{
	fault_vfs_set(&(struct fault_plan){ 0 });
	assert_int_equal(open_store(), 0);
	for (unsigned int i = 0; i < 3; i++)
		if (acknowledged & 1u << i)
			assert_int_equal(find(i ? i > 1 ? "carl" : "bert" : "anna"), 0);
}

/* OHT_SOAK=1 takes each call. */
static void each_call_fails_once(void **state)
{
	static const struct { unsigned int op; int code; } kinds[] = {
		{ FAULT_OPEN, SQLITE_CANTOPEN }, { FAULT_READ, SQLITE_IOERR_READ },
		{ FAULT_WRITE, SQLITE_FULL }, { FAULT_WRITE, SQLITE_IOERR_WRITE },
		{ FAULT_SYNC, SQLITE_IOERR_FSYNC }, { FAULT_TRUNCATE, SQLITE_IOERR_TRUNCATE },
		{ FAULT_DELETE, SQLITE_IOERR_DELETE },
	};
	uint64_t step = getenv("OHT_SOAK") ? 1 : 7;
	unsigned int lives = 0, refused = 0;

	for (unsigned int kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		bool failed = true;

		for (uint64_t number = 1; failed; number += step) {
			unsigned int acknowledged;

			/* A life begins without a store: set_up() would make a schema only to have it removed. */
			tear_down(state);
			assert_int_equal(set_up_disk(), 0);
			acknowledged = live(&(struct fault_plan){
				.ops = kinds[kind].op, .first = number, .count = 1,
				.code = kinds[kind].code });
			failed = fault_vfs_calls(kinds[kind].op) >= number;
			check_life(acknowledged);
			lives++;
			refused += acknowledged != 7;
		}
	}
	print_message("%u lives, %u of them with something refused\n", lives, refused);
	assert_true(refused > 10);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(many_share_one_synchronisation),
		CASE(a_bad_call_does_not_take_its_neighbours_along),
		CASE(a_full_queue_refuses_at_once),
		CASE(an_end_keeps_what_waits),
		CASE(no_thread_waits_for_jobs_and_all_become_one_group),
		CASE(a_job_may_submit_itself_again),
		CASE(a_commit_that_fails_fails_each_job),
		CASE(an_end_answers_each_job),
		CASE(a_hung_store_refuses_and_recovers),
		CASE(readers_go_on_beside_a_writer),
		CASE(readers_cannot_write),
		CASE(a_commit_that_fails_is_nobodys_success),
		CASE(a_full_disk_refuses_until_there_is_room),
		CASE(a_disk_that_cannot_be_written_refuses),
		CASE(a_disk_that_became_read_only_refuses),
		CASE(a_slow_disk_says_since_when),
		CASE(damage_stays_until_the_next_start),
		CASE(each_call_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
