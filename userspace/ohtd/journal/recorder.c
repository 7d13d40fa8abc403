// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "oht_client.h"
#include "journal/rows.h"
#include "store/outbox.h"

#define STACK_BYTES	(256 * 1024)
/* In one commit. */
#define BATCH		64
/* Entries of the driver beyond the newest so many are lost when they are not read. */
#define DRIVER_KEEPS	256
#define AGAIN_MS	1000	/* the store has refused */
#define ABSENT_MS	200	/* a driver that is bound again should not stop unheard for long */
#define IDLE_MS		60000

/* What the store thread is given. */
struct batch {
	int64_t source;
	unsigned int count;
	struct ohtd_entry entries[BATCH];
};

struct lookup {
	const struct ohtd_source *source;
	uint64_t run;
	struct ohtd_entry_place place;
};

struct ohtd_recorder {
	struct ohtd_recorder_setup setup;
	pthread_t thread;
	int wake_fd;			/* the end, or a job that is back */
	atomic_bool quit;
	uint64_t run;

	/* The thread's, from the start on. */
	struct oht_dev *dev;		/* NULL: not there */
	bool gone;			/* close it when what was read is kept */
	struct ohtd_source source;
	bool known;			/* the store has said where to go on */
	uint64_t next_seq;
	struct ohtd_entry *ring;	/* OHTD_RECORDER_WAITING_MAX of them: read, not kept yet */
	unsigned int first, count;
	uint64_t listen_at_ns;		/* not before; the kernel has refused */

	struct ohtd_outbox outbox;
	/* The store thread's while they are away. */
	struct lookup lookup;
	struct batch batch;

	_Atomic unsigned int state;
	_Atomic uint64_t newest_seq;
	_Atomic uint64_t missing;
	_Atomic uint64_t overwritten;	/* missing, and no gap has been made of them yet */
	_Atomic unsigned int waiting;
	_Atomic uint64_t waiting_since_ns;
};

static int work_source(struct ohtd_db *db, void *arg)
{
	struct lookup *lookup = arg;

	return ohtd_db_journal_source(db, lookup->source, lookup->run, &lookup->place);
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

static bool has_journal(const struct ohtd_recorder *recorder)
{
	return !recorder->setup.next;
}

/* With each entry a gap may come. */
static bool has_room(const struct ohtd_recorder *recorder)
{
	return recorder->count < OHTD_RECORDER_WAITING_MAX - 1;
}

static struct ohtd_entry *append(struct ohtd_recorder *recorder, uint64_t event_ns)
{
	unsigned int at = (recorder->first + recorder->count++) % OHTD_RECORDER_WAITING_MAX;
	struct ohtd_entry *entry = &recorder->ring[at];

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

	while (r == 1 && has_room(recorder)) {
		r = oht_dev_read_event(recorder->dev, &event, 0);
		if (r == 1 && event.type == OHT_EVENT_SAFETY)
			append_event(recorder, &event.safety);
	}
	recorder->gone = r < 0;
}

/* A further stop of a stopped machine has a number but no entry, so numbers are left out. */
static void read_stops(struct ohtd_recorder *recorder)
{
	struct oht_safety_event event;

	while (has_room(recorder) && recorder->setup.next(recorder->setup.arg, &event)) {
		event.tgid = (uint32_t)getpid();
		append(recorder, event.event_ns)->event = event;
	}
}

/* Nothing more can be read: of what the driver makes meanwhile it keeps the newest. */
static void count_overwritten(struct ohtd_recorder *recorder)
{
	struct oht_stop_status status = { 0 };
	uint64_t unread = 0;

	if (!has_room(recorder) && !oht_dev_stop_status(recorder->dev, &status) &&
	    status.journal_seq >= recorder->next_seq)
		unread = status.journal_seq - recorder->next_seq + 1;
	atomic_store(&recorder->overwritten, unread > DRIVER_KEEPS ? unread - DRIVER_KEEPS : 0);
}

/* ---- the store ---- */

static void wake(struct ohtd_recorder *recorder)
{
	uint64_t one = 1;

	/* It cannot be full: there is one job and one end. */
	if (write(recorder->wake_fd, &one, sizeof(one)) != sizeof(one))
		ohtd_log(OHTD_LOG_ERROR, "journal", "wake", "%s", strerror(errno));
}

static void take_back(struct ohtd_outbox *outbox)
{
	wake((struct ohtd_recorder *)((char *)outbox - offsetof(struct ohtd_recorder, outbox)));
}

/* From where the store ends: what was made while nobody listened is still in the kernel. */
static int begin_listening(struct ohtd_recorder *recorder)
{
	const struct ohtd_entry_place *place = &recorder->lookup.place;

	/* The kernel must know what was kept, or it is not the source that it seems to be. */
	if (has_journal(recorder) && oht_dev_subscribe_from(recorder->dev, OHT_WANT_SAFETY, place->seq)) {
		recorder->listen_at_ns = now_ns(recorder) + AGAIN_MS * OHTD_NS_PER_MS;
		return fail(recorder, errno == EINVAL ? -ESTALE : -errno);
	}
	recorder->batch.source = place->source;
	recorder->next_seq = place->seq;
	recorder->known = true;
	atomic_store(&recorder->newest_seq, recorder->next_seq - 1);
	return 0;
}

static void drop_kept(struct ohtd_recorder *recorder)
{
	const struct ohtd_entry *last = &recorder->batch.entries[recorder->batch.count - 1];
	uint64_t more = last->missing ? last->missing : 1;

	recorder->first = (recorder->first + recorder->batch.count) % OHTD_RECORDER_WAITING_MAX;
	recorder->count -= recorder->batch.count;
	atomic_store(&recorder->newest_seq, last->event.journal_seq + more - 1);
}

static void take_result(struct ohtd_recorder *recorder)
{
	bool added = recorder->outbox.job.work == work_add;

	switch (ohtd_outbox_take(&recorder->outbox)) {
	case OHTD_OUTBOX_NOTHING:
		return;
	case OHTD_OUTBOX_REFUSED:
		enter(recorder, OHTD_RECORDER_FAILING, recorder->outbox.error);
		return;
	case OHTD_OUTBOX_KEPT:
		break;
	}
	if (added)
		drop_kept(recorder);
	if (added || !begin_listening(recorder))
		enter(recorder, OHTD_RECORDER_RECORDING, 0);
	/* What waits behind it has not waited for longer. */
	atomic_store(&recorder->waiting_since_ns, recorder->count ? now_ns(recorder) : 0);
}

/* Whatever becomes of it, the thread goes on reading. */
static void hand_over(struct ohtd_recorder *recorder, ohtd_store_work work, void *arg)
{
	uint64_t none = 0;

	atomic_compare_exchange_strong(&recorder->waiting_since_ns, &none, now_ns(recorder));
	ohtd_outbox_send(&recorder->outbox, work, arg);
	/* A store that does not take the job has refused it already. */
	take_result(recorder);
}

static void write_entries(struct ohtd_recorder *recorder)
{
	struct batch *batch = &recorder->batch;

	batch->count = recorder->count < BATCH ? recorder->count : BATCH;
	for (unsigned int i = 0; i < batch->count; i++)
		batch->entries[i] = recorder->ring[(recorder->first + i) % OHTD_RECORDER_WAITING_MAX];
	hand_over(recorder, work_add, batch);
}

/* ---- the thread ---- */

static void look_for_device(struct ohtd_recorder *recorder)
{
	if (has_journal(recorder) && !recorder->dev && open_device(recorder))
		return;
	if (now_ns(recorder) >= recorder->listen_at_ns && ohtd_outbox_is_free(&recorder->outbox)) {
		recorder->lookup = (struct lookup){ .source = &recorder->source, .run = recorder->run };
		hand_over(recorder, work_source, &recorder->lookup);
	}
}

/* A device that has gone is closed when all that was read of it is kept. */
static void turn(struct ohtd_recorder *recorder)
{
	take_result(recorder);
	if (!has_journal(recorder))
		read_stops(recorder);
	/* Without a journal, a run without a stop makes no source. */
	if (!recorder->known && !ohtd_outbox_is_away(&recorder->outbox) && (has_journal(recorder) || recorder->count))
		look_for_device(recorder);
	if (recorder->dev && recorder->known && !recorder->gone) {
		read_entries(recorder);
		count_overwritten(recorder);
	}
	if (recorder->known && recorder->count && ohtd_outbox_is_free(&recorder->outbox))
		write_entries(recorder);
	if (recorder->gone && !recorder->count)
		close_device(recorder);
	atomic_store(&recorder->waiting, recorder->count);
}

static void wait_for(struct ohtd_recorder *recorder)
{
	bool reading = recorder->dev && recorder->known && !recorder->gone;
	struct pollfd fds[2] = {
		{ .fd = recorder->wake_fd, .events = POLLIN },
		{ .fd = reading && has_room(recorder) ? oht_dev_fd(recorder->dev) : -1,
		  .events = POLLIN },
	};
	uint64_t wait_ms = !recorder->dev ? ABSENT_MS : recorder->count || !reading ? AGAIN_MS : IDLE_MS;
	uint64_t woken;

	ohtd_clock_wait(recorder->setup.clock, fds, 2,
			now_ns(recorder) + wait_ms * OHTD_NS_PER_MS);
	if (read(recorder->wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
		ohtd_log(OHTD_LOG_ERROR, "journal", "wake", "%s", strerror(errno));
}

/* A job that is away holds memory of ours; one that was refused is not tried again now. */
static bool is_finished(const struct ohtd_recorder *recorder)
{
	if (ohtd_outbox_is_away(&recorder->outbox))
		return false;
	return !recorder->known || !recorder->count || !ohtd_outbox_is_free(&recorder->outbox);
}

static void *recorder_main(void *arg)
{
	struct ohtd_recorder *recorder = arg;
	bool last;

	do {
		/* Entries made before the request to end are still read. */
		last = atomic_load(&recorder->quit);
		turn(recorder);
		if (!last || !is_finished(recorder))
			wait_for(recorder);
	} while (!last || !is_finished(recorder));
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

static void release(struct ohtd_recorder *recorder)
{
	oht_dev_close(recorder->dev);
	if (recorder->wake_fd >= 0)
		close(recorder->wake_fd);
	free(recorder->ring);
	free(recorder);
}

struct ohtd_recorder *ohtd_recorder_start(const struct ohtd_recorder_setup *setup)
{
	struct ohtd_recorder *recorder = calloc(1, sizeof(*recorder));
	int r = ENOMEM;

	if (!recorder)
		return NULL;
	recorder->setup = *setup;
	recorder->run = ohtd_run_of((uint32_t)getpid(), now_ns(recorder));
	if (!has_journal(recorder)) {
		recorder->source.device = recorder->run;
		recorder->state = OHTD_RECORDER_RECORDING;
	}
	ohtd_outbox_init(&recorder->outbox, setup->store, setup->clock, NULL, take_back);
	memcpy(recorder->source.boot_id, setup->boot_id, strnlen(setup->boot_id,
	       sizeof(recorder->source.boot_id) - 1));
	recorder->ring = calloc(OHTD_RECORDER_WAITING_MAX, sizeof(*recorder->ring));
	recorder->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (recorder->wake_fd < 0)
		r = errno;
	if (recorder->ring && recorder->wake_fd >= 0) {
		r = start_thread(recorder);
		if (!r)
			return recorder;
	}
	release(recorder);
	errno = r;
	return NULL;
}

void ohtd_recorder_stop(struct ohtd_recorder *recorder)
{
	if (!recorder)
		return;
	atomic_store(&recorder->quit, true);
	wake(recorder);
	pthread_join(recorder->thread, NULL);
	/*
	 * The store may still be about to wake the thread for the job that it has seen come back.
	 */
	ohtd_outbox_write(&recorder->outbox, NULL, NULL);
	release(recorder);
}

void ohtd_recorder_look(const struct ohtd_recorder *recorder, struct ohtd_recorder_view *view)
{
	memset(view, 0, sizeof(*view));
	if (!recorder)
		return;
	view->state = atomic_load(&recorder->state);
	view->newest_seq = atomic_load(&recorder->newest_seq);
	view->missing = atomic_load(&recorder->missing) + atomic_load(&recorder->overwritten);
	view->waiting = atomic_load(&recorder->waiting);
	view->waiting_since_ns = atomic_load(&recorder->waiting_since_ns);
}
