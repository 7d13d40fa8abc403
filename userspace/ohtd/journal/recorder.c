// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "main/clock.h"
#include "main/log.h"
#include "main/thread.h"
#include "oht_client.h"
#include "store/journal.h"
#include "store/store.h"

#define STACK_BYTES	(256 * 1024)
/* In one commit. With each entry a gap may come. */
#define BATCH		64
#define AGAIN_MS	1000	/* the store has refused */
#define ABSENT_MS	200	/* a driver that is bound again should not stop unheard for long */
#define IDLE_MS		60000

/* What the store thread is given. */
struct batch {
	int64_t source;
	unsigned int count;
	struct ohtd_entry entries[BATCH];
};

struct ohtd_recorder {
	struct ohtd_recorder_setup setup;
	pthread_t thread;
	int quit_fd;
	atomic_bool quit;

	/* The thread's, from the start on. */
	struct oht_dev *dev;		/* NULL: not there */
	bool gone;			/* close it when what was read is kept */
	struct ohtd_source source;
	bool known;			/* the store has said where to go on */
	uint64_t next_seq;
	struct batch batch;

	_Atomic unsigned int state;
	_Atomic uint64_t newest_seq;
	_Atomic uint64_t missing;
	_Atomic uint64_t waiting_since_ns;
};

struct lookup {
	const struct ohtd_source *source;
	struct ohtd_entry_place place;
};

static int work_source(struct ohtd_db *db, void *arg)
{
	struct lookup *lookup = arg;

	return ohtd_db_journal_source(db, lookup->source, (uint32_t)getpid(), &lookup->place);
}

static int work_add(struct ohtd_db *db, void *arg)
{
	struct batch *batch = arg;

	return ohtd_db_journal_add(db, batch->source, batch->entries, batch->count);
}

static uint64_t now_ns(const struct ohtd_recorder *recorder)
{
	return ohtd_clock_monotonic_ns(recorder->setup.clock);
}

/* Told once, when it begins and when it ends. */
static void enter(struct ohtd_recorder *recorder, unsigned int state, int error)
{
	unsigned int before = atomic_exchange(&recorder->state, state);

	if (before == state)
		return;
	if (state == OHTD_RECORDER_FAILING)
		ohtd_log(OHTD_LOG_ERROR, "journal", "not_kept", "safety entries wait: %s",
			 strerror(-error));
	else if (before == OHTD_RECORDER_FAILING)
		ohtd_log(OHTD_LOG_NOTICE, "journal", "kept_again", "safety entries are kept again");
}

/* ---- the device ---- */

static void close_device(struct ohtd_recorder *recorder)
{
	oht_dev_close(recorder->dev);
	recorder->dev = NULL;
	recorder->gone = false;
	recorder->known = false;
}

/* Of the device; the store's are told where they come from. */
static int fail(struct ohtd_recorder *recorder, int error)
{
	close_device(recorder);
	enter(recorder, error == -ENODEV || error == -ENOENT ? OHTD_RECORDER_NO_DEVICE :
			error == -EOPNOTSUPP ? OHTD_RECORDER_OFF : OHTD_RECORDER_FAILING, error);
	return error;
}

static int open_device(struct ohtd_recorder *recorder)
{
	int r;

	recorder->dev = oht_dev_open(recorder->setup.device, OHT_OPEN_READ_ONLY);
	if (!recorder->dev) {
		enter(recorder, OHTD_RECORDER_NO_DEVICE, 0);
		return -errno;
	}
	r = recorder->setup.identify(recorder->dev, &recorder->source.device);
	return r ? fail(recorder, r) : 0;
}

/* ---- what was read ---- */

static struct ohtd_entry *append(struct ohtd_recorder *recorder, uint64_t event_ns)
{
	struct ohtd_entry *entry = &recorder->batch.entries[recorder->batch.count++];

	memset(entry, 0, sizeof(*entry));
	entry->wall_ns = ohtd_clock_wall_of_ns(recorder->setup.clock, event_ns);
	entry->event.event_ns = event_ns;
	return entry;
}

/* Entries from the next one up to before @seq do not come any more. */
static void append_gap(struct ohtd_recorder *recorder, uint64_t seq)
{
	struct ohtd_entry *entry = append(recorder, now_ns(recorder));
	struct oht_stop_status status;

	entry->missing = seq - recorder->next_seq;
	entry->event.journal_seq = recorder->next_seq;
	recorder->next_seq = seq;
	atomic_fetch_add(&recorder->missing, entry->missing);
	ohtd_log(OHTD_LOG_WARNING, "journal", "gap", "%llu safety entries before %llu are missing",
		 (unsigned long long)entry->missing, (unsigned long long)seq);
	if (oht_dev_stop_status(recorder->dev, &status))
		return;
	entry->event.cause = status.first_cause;
	entry->event.causes = status.causes;
	entry->event.state_from = (uint8_t)status.state;
	entry->event.state_to = (uint8_t)status.state;
	entry->event.inputs = (uint8_t)status.inputs;
	entry->event.outputs = (uint8_t)status.outputs;
}

static void append_event(struct ohtd_recorder *recorder, const struct oht_safety_event *event)
{
	if (event->journal_seq < recorder->next_seq)
		return;
	if (event->journal_seq > recorder->next_seq)
		append_gap(recorder, event->journal_seq);
	append(recorder, event->event_ns)->event = *event;
	recorder->next_seq = event->journal_seq + 1;
}

static void read_entries(struct ohtd_recorder *recorder)
{
	struct oht_event event;
	int r = 1;

	while (r == 1 && recorder->batch.count < BATCH - 1) {
		r = oht_dev_read_event(recorder->dev, &event, 0);
		if (r == 1 && event.type == OHT_EVENT_SAFETY)
			append_event(recorder, &event.safety);
	}
	recorder->gone = r < 0;
}

/* ---- the store ---- */

static int ask_store(struct ohtd_recorder *recorder, ohtd_store_work work, void *arg)
{
	uint64_t none = 0;
	int r;

	atomic_compare_exchange_strong(&recorder->waiting_since_ns, &none, now_ns(recorder));
	r = ohtd_store_call(recorder->setup.store, work, arg);
	if (!r)
		atomic_store(&recorder->waiting_since_ns, 0);
	enter(recorder, r ? OHTD_RECORDER_FAILING : OHTD_RECORDER_RECORDING, r);
	return r;
}

/* From where the store ends: what was made while nobody listened is still in the kernel. */
static int begin_listening(struct ohtd_recorder *recorder)
{
	struct lookup lookup = { .source = &recorder->source };
	int r = ask_store(recorder, work_source, &lookup);

	if (r)
		return r;
	/* The kernel must know what was kept, or it is not the source that it seems to be. */
	if (oht_dev_subscribe_from(recorder->dev, OHT_WANT_SAFETY, lookup.place.seq))
		return fail(recorder, errno == EINVAL ? -ESTALE : -errno);
	recorder->batch.source = lookup.place.source;
	recorder->next_seq = lookup.place.seq;
	recorder->known = true;
	atomic_store(&recorder->newest_seq, recorder->next_seq - 1);
	return 0;
}

static int write_entries(struct ohtd_recorder *recorder)
{
	int r = ask_store(recorder, work_add, &recorder->batch);

	if (r)
		return r;
	recorder->batch.count = 0;
	atomic_store(&recorder->newest_seq, recorder->next_seq - 1);
	return 0;
}

/* ---- the thread ---- */

/* One turn; returns how long to wait, a negative number if not for the device. */
static int turn(struct ohtd_recorder *recorder)
{
	if (!recorder->dev && open_device(recorder))
		return -ABSENT_MS;
	if (!recorder->known && begin_listening(recorder))
		return -AGAIN_MS;
	if (!recorder->batch.count)
		read_entries(recorder);
	if (recorder->batch.count)
		return write_entries(recorder) ? -AGAIN_MS : 0;
	if (!recorder->gone)
		return IDLE_MS;
	close_device(recorder);
	return -ABSENT_MS;
}

static void wait_for(struct ohtd_recorder *recorder, int wait_ms)
{
	struct pollfd fds[2] = {
		{ .fd = recorder->quit_fd, .events = POLLIN },
		{ .fd = wait_ms > 0 ? oht_dev_fd(recorder->dev) : -1, .events = POLLIN },
	};

	ohtd_clock_wait(recorder->setup.clock, fds, 2,
			now_ns(recorder) + (uint64_t)abs(wait_ms) * OHTD_NS_PER_MS);
}

static void *recorder_main(void *arg)
{
	struct ohtd_recorder *recorder = arg;
	bool last;
	int wait_ms;

	do {
		/* What was made before the end was asked for is still read. */
		last = atomic_load(&recorder->quit);
		do {
			wait_ms = turn(recorder);
		} while (!wait_ms);
		if (!last)
			wait_for(recorder, wait_ms);
	} while (!last);
	return NULL;
}

static int start_thread(struct ohtd_recorder *recorder)
{
	const struct ohtd_thread what = { "ohtd-journal", STACK_BYTES, recorder_main };
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = ohtd_thread_start(&recorder->thread, &what, recorder);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

struct ohtd_recorder *ohtd_recorder_start(const struct ohtd_recorder_setup *setup)
{
	struct ohtd_recorder *recorder = calloc(1, sizeof(*recorder));
	int r = ENOMEM;

	if (!recorder)
		return NULL;
	recorder->setup = *setup;
	memcpy(recorder->source.boot_id, setup->boot_id, strnlen(setup->boot_id,
	       sizeof(recorder->source.boot_id) - 1));
	recorder->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (recorder->quit_fd >= 0) {
		r = start_thread(recorder);
		if (!r)
			return recorder;
		close(recorder->quit_fd);
	}
	free(recorder);
	errno = r;
	return NULL;
}

void ohtd_recorder_stop(struct ohtd_recorder *recorder)
{
	uint64_t one = 1;

	if (!recorder)
		return;
	atomic_store(&recorder->quit, true);
	/* It cannot be full. */
	if (write(recorder->quit_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(recorder->thread, NULL);
	oht_dev_close(recorder->dev);
	close(recorder->quit_fd);
	free(recorder);
}

void ohtd_recorder_look(const struct ohtd_recorder *recorder, struct ohtd_recorder_view *view)
{
	memset(view, 0, sizeof(*view));
	if (!recorder)
		return;
	view->state = atomic_load(&recorder->state);
	view->newest_seq = atomic_load(&recorder->newest_seq);
	view->missing = atomic_load(&recorder->missing);
	view->waiting_since_ns = atomic_load(&recorder->waiting_since_ns);
}
