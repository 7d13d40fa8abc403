// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The recorder between a driver in shared memory and a real database, and what is left of it when
 * the process is killed.
 */
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
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dice.h"
#include "fake_ring.h"
#include "journal/recorder.h"
#include "base/clock.h"
#include "store/sql.h"
#include "journal/rows.h"
#include "store/store.h"
#include "store_fixture.h"

#define ENTRIES_MAX	6000
#define LIBRARY_KEEPS	64

static struct ohtd_clock wall;
static struct ohtd_store *store;
static struct ohtd_recorder *recorder;

/* A wake by the store's thread is held up while somebody wants that, and said to be under way. */
static atomic_bool wakes_are_slow, is_waking;

/* In the place of the one of the C library. */
ssize_t write(int fd, const void *data, size_t bytes)
{
	char name[16] = "";
	ssize_t written;

	if (!atomic_load(&wakes_are_slow) || bytes != sizeof(uint64_t) ||
	    pthread_getname_np(pthread_self(), name, sizeof(name)) ||
	    strcmp(name, "ohtd-store") != 0)
		return syscall(SYS_write, fd, data, bytes);
	atomic_store(&is_waking, true);
	for (int i = 0; i < 100; i++)
		store_nap();
	written = syscall(SYS_write, fd, data, bytes);
	atomic_store(&is_waking, false);
	return written;
}

/* ---- the daemon's part of it ---- */

static void start_store(void)
{
	struct ohtd_db *db;

	if (ohtd_db_open(&db, &ohtd_small_schema, store_path, STORE_NOW_S, store_why, sizeof(store_why)))
		fail_msg("%s", store_why);
	sqlite3_busy_timeout(db->sql, 20);
	store = ohtd_store_start(db);
	assert_non_null(store);
}

static void start(void)
{
	const struct ohtd_recorder_setup setup = {
		.device = "/dev/oht7", .boot_id = "boot", .clock = &wall, .store = store,
		.identify = fake_ring_identify,
	};

	recorder = ohtd_recorder_start(&setup);
	assert_non_null(recorder);
}

static void stop(void)
{
	ohtd_recorder_stop(recorder);
	recorder = NULL;
}

static int set_up(void **state)
{
	(void)state;
	if (store_folder_make())
		return -1;
	fake_ring_install();
	ohtd_clock_init(&wall, &ohtd_clock_system, NULL, 0);
	start_store();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stop();
	ohtd_store_stop(store);
	store = NULL;
	fake_ring_remove();
	return store_folder_remove();
}

/* ---- what came of it ---- */

static struct ohtd_entry_found found[ENTRIES_MAX];
static unsigned int found_count;

static int work_list(struct ohtd_db *db, void *arg)
{
	return ohtd_db_list(db, arg, found);
}

/* found[]: all that is kept, the oldest first. */
static void list(void)
{
	struct ohtd_list_query query = {
		.row = &ohtd_kept_entries, .descends = true, .limit = ENTRIES_MAX,
	};
	int count = ohtd_store_call(store, work_list, &query);

	assert_true(count >= 0);
	found_count = (unsigned int)count;
	for (unsigned int i = 0; i < found_count / 2; i++) {
		struct ohtd_entry_found one = found[i];

		found[i] = found[found_count - 1 - i];
		found[found_count - 1 - i] = one;
	}
}

static struct ohtd_recorder_view look(void)
{
	struct ohtd_recorder_view view;

	ohtd_recorder_look(recorder, &view);
	return view;
}

/*
 * Every number up to the newest is there once, as the entry that the kernel made or as part of a
 * gap, in order. Returns how many are missing.
 */
static uint64_t check_complete(void)
{
	uint64_t next = 1, missing = 0;
	unsigned int i;

	list();
	for (i = 0; i < found_count; i++) {
		const struct ohtd_entry *entry = &found[i].entry;

		assert_int_equal(entry->event.journal_seq, next);
		if (!entry->missing) {
			assert_int_equal(entry->event.event_ns, next * 1000);
			assert_int_equal(entry->event.tag, next * 3);
		}
		next += entry->missing ? entry->missing : 1;
		missing += entry->missing;
	}
	assert_int_equal(next, fake_ring->seq + 1);
	return missing;
}

static void all_is_kept_in_order(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 100; i++) {
		fake_ring_add(1 + (unsigned int)i % 7);
		/* Never more behind than the ring holds. */
		WAIT_FOR(fake_ring->seq - look().newest_seq < FAKE_KEPT / 2);
	}
	WAIT_FOR(look().newest_seq == fake_ring->seq);
	WAIT_FOR(!look().waiting_since_ns);
	assert_int_equal(look().state, OHTD_RECORDER_RECORDING);
	assert_int_equal(look().missing, 0);
	assert_int_equal(check_complete(), 0);
}

/* An end in order takes along what was made until then. */
static void the_last_ones_are_taken_at_the_end(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 20; i++) {
		fake_ring_add(3);
		stop();
		assert_int_equal(check_complete(), 0);
		start();
	}
}

/*
 * The memory of the recorder, and the number of its descriptor, are somebody else's behind its end.
 */
static void the_end_waits_for_a_wake_that_is_under_way(void **state)
{
	(void)state;
	start();
	fake_ring_add(3);
	WAIT_FOR(look().newest_seq == 3 && !look().waiting_since_ns);
	atomic_store(&wakes_are_slow, true);
	fake_ring_add(1);
	WAIT_FOR(atomic_load(&is_waking));
	stop();
	assert_false(atomic_load(&is_waking));
	atomic_store(&wakes_are_slow, false);
	list();
	assert_int_equal(found_count, 4);
}

static void what_was_made_without_us_is_read_afterwards(void **state)
{
	(void)state;
	fake_ring_add(5);
	start();
	WAIT_FOR(look().newest_seq == 5);
	stop();
	fake_ring_add(FAKE_KEPT);
	start();
	WAIT_FOR(look().newest_seq == 5 + FAKE_KEPT);
	assert_int_equal(look().missing, 0);
	assert_int_equal(check_complete(), 0);
}

static void what_the_kernel_has_not_kept_is_a_gap(void **state)
{
	(void)state;
	start();
	fake_ring_add(7);
	WAIT_FOR(look().newest_seq == 7);
	stop();
	fake_ring_add(FAKE_KEPT + 3);
	start();
	WAIT_FOR(look().newest_seq == 10 + FAKE_KEPT);
	assert_int_equal(look().missing, 3);
	assert_int_equal(check_complete(), 3);
	assert_int_equal(found[7].entry.event.journal_seq, 8);
	assert_int_equal(found[7].entry.missing, 3);
	/* What the stop was found to be. */
	assert_int_equal(found[7].entry.event.kind, 0);
	assert_int_equal(found[7].entry.event.cause, OHT_STOPPED_BY_CLOSE);
	assert_true(found[7].entry.wall_ns > 0);
}

static void a_single_entry_that_is_lost_is_a_gap(void **state)
{
	(void)state;
	start();
	fake_ring_add(7);
	WAIT_FOR(look().newest_seq == 7);
	stop();
	fake_ring_add(FAKE_KEPT + 1);
	start();
	WAIT_FOR(look().newest_seq == 8 + FAKE_KEPT);
	assert_int_equal(look().missing, 1);
	assert_int_equal(check_complete(), 1);
	assert_int_equal(found[7].entry.missing, 1);
}

static void nothing_missed_makes_no_gap(void **state)
{
	(void)state;
	start();
	fake_ring_add(4);
	WAIT_FOR(look().newest_seq == 4);
	for (int i = 0; i < 5; i++) {
		stop();
		start();
		WAIT_FOR(look().state == OHTD_RECORDER_RECORDING);
	}
	assert_int_equal(check_complete(), 0);
	assert_int_equal(found_count, 4);
}

/* ---- a back-end without a journal ---- */

static atomic_uint stops_made;
static unsigned int stops_told;

/* Every other stop was one of a machine that was stopped. */
static bool next_stop(void *arg, struct oht_safety_event *event)
{
	(void)arg;
	if (stops_told == atomic_load(&stops_made))
		return false;
	*event = (struct oht_safety_event){
		.journal_seq = 2 * ++stops_told, .event_ns = ohtd_clock_monotonic_ns(&wall), .kind = OHT_KIND_STOP,
		.cause = OHT_STOPPED_BY_SOFTWARE, .state_from = OHT_STATE_READY, .state_to = OHT_STATE_STOPPED,
	};
	return true;
}

static void start_without_journal(void)
{
	const struct ohtd_recorder_setup setup = { .boot_id = "boot", .clock = &wall, .store = store, .next = next_stop };

	stops_told = 0;
	atomic_store(&stops_made, 0);
	recorder = ohtd_recorder_start(&setup);
	assert_non_null(recorder);
}

static void stops_without_a_journal_are_kept(void **state)
{
	(void)state;
	start_without_journal();
	assert_int_equal(look().state, OHTD_RECORDER_RECORDING);
	atomic_store(&stops_made, 3);
	WAIT_FOR(look().newest_seq == 6);
	atomic_store(&stops_made, 4);
	stop();
	/* Numbers begin anew; a run without a stop is no source. */
	start_without_journal();
	stop();
	start_without_journal();
	atomic_store(&stops_made, 1);
	stop();
	list();
	assert_int_equal(found_count, 5);
	for (unsigned int i = 0; i < found_count; i++) {
		assert_int_equal(found[i].source_id, i < 4 ? 1 : 2);
		assert_int_equal(found[i].entry.event.journal_seq, i < 4 ? 2 * i + 2 : 2);
		assert_int_equal(found[i].entry.missing, 0);
		assert_true(found[i].by_daemon && found[i].entry.wall_ns > 0);
	}
}

/* ---- a store in trouble ---- */

static void *hang_store(void *arg)
{
	ohtd_store_call(store, store_work_hang, arg);
	return NULL;
}

static pthread_t begin_hang(void)
{
	pthread_t thread;

	atomic_store(&store_held, false);
	atomic_store(&store_hold, true);
	assert_int_equal(pthread_create(&thread, NULL, hang_store, NULL), 0);
	WAIT_FOR(atomic_load(&store_held));
	return thread;
}

static void hung_store_loses_nothing_that_the_kernel_keeps(void **state)
{
	pthread_t thread;

	(void)state;
	start();
	WAIT_FOR(look().state == OHTD_RECORDER_RECORDING);
	thread = begin_hang();
	fake_ring_add(FAKE_KEPT);
	WAIT_FOR(look().waiting_since_ns);
	assert_int_equal(look().newest_seq, 0);
	atomic_store(&store_hold, false);
	pthread_join(thread, NULL);
	WAIT_FOR(look().newest_seq == FAKE_KEPT);
	assert_int_equal(check_complete(), 0);
}

/* What the kernel alone could not keep waits in the recorder's ring, and no reader of it waits. */
static void hung_store_loses_nothing_that_the_ring_holds(void **state)
{
	pthread_t thread;

	(void)state;
	start();
	WAIT_FOR(look().state == OHTD_RECORDER_RECORDING);
	thread = begin_hang();
	for (unsigned int made = 0; made < 3000; made += 100) {
		fake_ring_add(100);
		WAIT_FOR(look().waiting == made + 100);
	}
	assert_int_equal(look().missing, 0);
	assert_int_equal(look().newest_seq, 0);
	assert_true(look().waiting_since_ns);
	atomic_store(&store_hold, false);
	pthread_join(thread, NULL);
	WAIT_FOR(look().newest_seq == 3000);
	WAIT_FOR(!look().waiting);
	assert_int_equal(look().waiting_since_ns, 0);
	assert_int_equal(check_complete(), 0);
}

/* The oldest that the ring holds and the newest that the driver keeps are there, and the rest is counted. */
static void more_than_the_ring_is_counted_at_once_and_a_gap_of_the_right_size(void **state)
{
	const uint64_t made = OHTD_RECORDER_WAITING_MAX + 1000;
	pthread_t thread;
	uint64_t counted, missing, held_back;

	(void)state;
	start();
	WAIT_FOR(look().state == OHTD_RECORDER_RECORDING);
	thread = begin_hang();
	while (fake_ring->seq < made) {
		fake_ring_add(100);
		WAIT_FOR(look().waiting >= OHTD_RECORDER_WAITING_MAX - 1 ||
			 look().waiting == fake_ring->seq);
	}
	held_back = look().waiting;
	counted = fake_ring->seq - held_back - FAKE_KEPT;
	/* While nothing can be kept yet. */
	WAIT_FOR(look().missing == counted);
	atomic_store(&store_hold, false);
	pthread_join(thread, NULL);
	WAIT_FOR(look().newest_seq == fake_ring->seq);
	missing = check_complete();
	assert_int_equal(look().missing, missing);
	/* The library has a few in its buffer, which were counted as lost until they came out of it. */
	assert_in_range(missing, counted - LIBRARY_KEEPS, counted);
	assert_int_equal(fake_ring->seq - found_count + 1, missing);
}

/* The process ends while the disk is silent: what the kernel keeps is read by the next one. */
static void an_end_with_entries_that_wait(void **state)
{
	pthread_t thread;

	(void)state;
	start();
	WAIT_FOR(look().state == OHTD_RECORDER_RECORDING);
	thread = begin_hang();
	fake_ring_add(200);
	WAIT_FOR(look().waiting == 200);
	atomic_store(&store_hold, false);
	stop();
	pthread_join(thread, NULL);
	assert_int_equal(check_complete(), 0);
	assert_int_equal(found_count, 200);
}

static void locked_database_is_told_and_waited_for(void **state)
{
	sqlite3 *other;

	(void)state;
	start();
	fake_ring_add(3);
	WAIT_FOR(look().newest_seq == 3);
	assert_int_equal(sqlite3_open(store_path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	fake_ring_add(5);
	WAIT_FOR(look().state == OHTD_RECORDER_FAILING);
	fake_ring_add(40);
	assert_int_equal(look().newest_seq, 3);
	assert_true(look().waiting_since_ns > 0);
	sqlite3_close(other);
	WAIT_FOR(look().newest_seq == 48);
	WAIT_FOR(look().state == OHTD_RECORDER_RECORDING);
	assert_int_equal(check_complete(), 0);
}

/* An end does not wait for a lock that somebody else holds for ever. */
static void end_with_a_locked_database(void **state)
{
	sqlite3 *other;

	(void)state;
	start();
	WAIT_FOR(look().state == OHTD_RECORDER_RECORDING);
	assert_int_equal(sqlite3_open(store_path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	fake_ring_add(5);
	stop();
	sqlite3_close(other);
	start();
	WAIT_FOR(look().newest_seq == 5);
	assert_int_equal(check_complete(), 0);
}

/* ---- drivers that come and go ---- */

static void no_device_yet(void **state)
{
	(void)state;
	fake_ring->present = false;
	start();
	WAIT_FOR(look().state == OHTD_RECORDER_NO_DEVICE);
	fake_ring_bind();
	fake_ring_add(2);
	WAIT_FOR(look().newest_seq == 2);
	check_complete();
}

static void driver_that_is_bound_again_numbers_anew(void **state)
{
	(void)state;
	start();
	fake_ring_add(3);
	WAIT_FOR(look().newest_seq == 3);
	fake_ring_bind();
	fake_ring_add(2);
	WAIT_FOR(fake_ring->subscriptions == 2 && look().newest_seq == 2);
	list();
	assert_int_equal(found_count, 5);
	assert_int_equal(found[2].entry.event.journal_seq, 3);
	assert_int_equal(found[3].entry.event.journal_seq, 1);
	assert_int_equal(found[4].entry.event.journal_seq, 2);
	assert_int_equal(found[3].source.device, found[2].source.device + 1);
}

/* The same name but less than was kept: it is another source, whatever identify says. */
static void journal_that_went_back_is_refused(void **state)
{
	(void)state;
	start();
	fake_ring_add(9);
	WAIT_FOR(look().newest_seq == 9);
	stop();
	fake_ring->seq = 4;
	start();
	WAIT_FOR(look().state == OHTD_RECORDER_FAILING);
	fake_ring_add(1);
	stop();
	list();
	assert_int_equal(found_count, 9);
}

/* ---- killed ---- */

static unsigned int seed;

static pid_t start_process(int ready_fd)
{
	uint64_t begun = fake_ring->seq;
	pid_t pid = fork();

	if (pid)
		return pid;
	start_store();
	start();
	while (look().state != OHTD_RECORDER_RECORDING || look().newest_seq < begun)
		store_nap();
	if (write(ready_fd, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void kill_process(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* It may have held it. */
	atomic_flag_clear(&fake_ring->lock);
}

/* Kill it as it is, maybe before it has begun; but not so often that the ring overflows meanwhile. */
static bool is_patient(uint64_t caught_up)
{
	return fake_ring->seq - caught_up > FAKE_KEPT / 2 || dice(&seed, 4);
}

/* A thousand stops in bursts, the process killed in the middle of them, again and again: all are there. */
static void a_thousand_stops_with_kills_in_between(void **state)
{
	unsigned int kills = 0, i;
	uint64_t caught_up = 0;
	int ready[2];
	char byte;

	(void)state;
	seed = dice_seed();
	ohtd_store_stop(store);
	while (fake_ring->seq < 1000) {
		pid_t pid;

		assert_int_equal(pipe(ready), 0);
		pid = start_process(ready[1]);
		if (is_patient(caught_up)) {
			caught_up = fake_ring->seq;
			assert_int_equal(read(ready[0], &byte, 1), 1);
		}
		for (i = dice(&seed, 8); i && fake_ring->seq < 1000; i--) {
			fake_ring_add(1 + dice(&seed, 15));
			if (dice(&seed, 2))
				store_nap();
		}
		kill_process(pid);
		kills++;
		fake_ring_add(dice(&seed, 4));
		close(ready[0]);
		close(ready[1]);
	}
	start_store();
	start();
	WAIT_FOR(look().newest_seq == fake_ring->seq);
	assert_int_equal(check_complete(), 0);
	print_message("%llu stops, %u kills\n", (unsigned long long)fake_ring->seq, kills);
	assert_true(kills > 10);
}

#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_is_kept_in_order),
		CASE(the_last_ones_are_taken_at_the_end),
		CASE(the_end_waits_for_a_wake_that_is_under_way),
		CASE(what_was_made_without_us_is_read_afterwards),
		CASE(what_the_kernel_has_not_kept_is_a_gap),
		CASE(a_single_entry_that_is_lost_is_a_gap),
		CASE(nothing_missed_makes_no_gap),
		CASE(stops_without_a_journal_are_kept),
		CASE(hung_store_loses_nothing_that_the_kernel_keeps),
		CASE(hung_store_loses_nothing_that_the_ring_holds),
		CASE(more_than_the_ring_is_counted_at_once_and_a_gap_of_the_right_size),
		CASE(an_end_with_entries_that_wait),
		CASE(locked_database_is_told_and_waited_for),
		CASE(end_with_a_locked_database),
		CASE(no_device_yet),
		CASE(driver_that_is_bound_again_numbers_anew),
		CASE(journal_that_went_back_is_refused),
		CASE(a_thousand_stops_with_kills_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
