// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The back-end for a PC: libmodbus on a tty or pty, without the kernel module.
 *
 * libmodbus blocks, and the control thread must not: a thread of its own speaks on the line, with a
 * ring of requests in and a ring of events out. There are no outputs that could be cut: the stop is
 * a software latch here, the control thread sends the stop telegrams when it sees it, and enable is
 * refused with EOPNOTSUPP, so the robot never leaves the states with outputs off.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "../main/ring.h"
#include "../main/thread.h"
#include "rtu_line.h"

#define JOBS		OHT_UNDER_WAY_MAX
#define WORDS_WRITE_MAX	123
#define STACK_BYTES	(128 * 1024)

/* The software latch is one word, so that a stop cannot be lost between two others. */
#define LATCH_STATE	0x03ull		/* enum oht_stop_state */
#define LATCH_START	0x04ull		/* causes since the stop began */
#define LATCH_SOFTWARE	0x08ull
#define LATCH_FAREWELL	0x10ull
#define LATCH_CLOSE	0x20ull
#define LATCH_CAUSES	(LATCH_START | LATCH_SOFTWARE | LATCH_FAREWELL | LATCH_CLOSE)
/* The cause that began the stop, and the one of the newest stop: one of those bits, shifted. */
#define LATCH_FIRST	4
#define LATCH_NEWEST	8
#define LATCH_COUNT	0x4000ull	/* lowest bit of the number of stops */

static const struct {
	uint64_t bit;
	enum oht_stop_cause cause;
} latch_causes[] = {
	{ LATCH_START, OHT_STOPPED_BY_START },
	{ LATCH_SOFTWARE, OHT_STOPPED_BY_SOFTWARE },
	{ LATCH_FAREWELL, OHT_STOPPED_BY_FAREWELL },
	{ LATCH_CLOSE, OHT_STOPPED_BY_CLOSE },
};

#define LATCH_BITS	(sizeof(latch_causes) / sizeof(latch_causes[0]))

struct rtu_job {
	struct oht_request request;
	uint16_t words[WORDS_WRITE_MAX];
	uint64_t cookie;
	atomic_bool cancelled;
};

struct rtu_bus {
	struct ohtd_bus bus;
	struct rtu_line line;
	pthread_t thread;
	bool running;			/* thread exists; main or control thread */
	int wake_fd;			/* wakes the thread */
	int ready_fd;			/* wakes the control thread */
	atomic_bool quit;
	atomic_bool gone;		/* set by the thread: the tty has hung up */
	struct ohtd_ring in;
	struct rtu_job jobs[JOBS];
	struct ohtd_ring out;
	struct oht_event events[JOBS];
	uint64_t cookies;		/* control thread, like the rest below */
	unsigned int under_way;
	uint64_t stops_told;
	atomic_bool is_controller;	/* set by the control thread; this and the rest: read by the loops' stops */
	_Atomic uint64_t latch;
	_Atomic uint64_t since_ns;
	_Atomic uint64_t tag;
};

static struct rtu_bus *rtu_of(struct ohtd_bus *bus)
{
	return (struct rtu_bus *)bus;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void poke(int fd)
{
	uint64_t one = 1;

	/* Full means that the other side has been told already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void drain(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

/* The mask of the causes whose bits are set in @bits. */
static uint64_t causes_in(uint64_t bits)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < LATCH_BITS; i++)
		if (bits & latch_causes[i].bit)
			mask |= oht_cause_mask(latch_causes[i].cause);
	return mask;
}

/* The one cause whose bit is set in @bits, OHT_STOPPED_BY_NOTHING without one. */
static unsigned int cause_in(uint64_t bits)
{
	unsigned int i;

	for (i = 0; i < LATCH_BITS; i++)
		if (bits & latch_causes[i].bit)
			return latch_causes[i].cause;
	return OHT_STOPPED_BY_NOTHING;
}

static void set_stopped(struct rtu_bus *rtu, uint64_t cause, uint64_t tag)
{
	uint64_t old = atomic_load(&rtu->latch);
	uint64_t new;

	do {
		new = (old & ~(LATCH_STATE | LATCH_CAUSES << LATCH_NEWEST)) | OHT_STATE_STOPPED |
		      cause | cause << LATCH_NEWEST;
		if (!(old & LATCH_CAUSES))
			new |= cause << LATCH_FIRST;
		new += LATCH_COUNT;
	} while (!atomic_compare_exchange_weak(&rtu->latch, &old, new));
	if ((old & LATCH_STATE) != OHT_STATE_STOPPED)
		atomic_store(&rtu->since_ns, now_ns());
	atomic_store(&rtu->tag, tag);
	poke(rtu->ready_fd);
}

/* ---- the line's thread ---- */

static void run_job(struct rtu_bus *rtu, struct rtu_job *job, struct oht_reply *reply)
{
	job->request.words = job->words;
	do {
		if (atomic_load(&rtu->gone)) {
			reply->outcome = OHT_OUTCOME_GONE;
			reply->error = ENODEV;
			return;
		}
		if (atomic_load(&job->cancelled)) {
			reply->outcome = OHT_OUTCOME_CANCELLED;
			reply->error = EINTR;
			return;
		}
		reply->attempts++;
		rtu_line_exchange(&rtu->line, &job->request, reply);
		if (reply->outcome == OHT_OUTCOME_GONE)
			atomic_store(&rtu->gone, true);
	} while (reply->outcome != OHT_OUTCOME_OK && reply->outcome != OHT_OUTCOME_EXCEPTION &&
		 reply->attempts <= job->request.retries);
}

static void finish_job(struct rtu_bus *rtu, int slot)
{
	struct rtu_job *job = &rtu->jobs[slot];
	/* There is room: no more jobs are accepted than there are slots for events. */
	int place = ohtd_ring_space(&rtu->out);
	struct oht_event *event = &rtu->events[place];

	memset(event, 0, sizeof(*event));
	event->type = OHT_EVENT_REPLY;
	event->reply.cookie = job->cookie;
	event->reply.unit = job->request.unit;
	event->reply.function = job->request.function;
	run_job(rtu, job, &event->reply);
	event->time_ns = now_ns();
	ohtd_ring_done(&rtu->in);
	ohtd_ring_put(&rtu->out);
	poke(rtu->ready_fd);
}

static void *run_line(void *context)
{
	struct rtu_bus *rtu = context;
	struct pollfd fd = { .fd = rtu->wake_fd, .events = POLLIN };
	int slot;

	while (!atomic_load(&rtu->quit)) {
		slot = ohtd_ring_next(&rtu->in);
		if (slot >= 0) {
			finish_job(rtu, slot);
		} else {
			poll(&fd, 1, -1);
			drain(rtu->wake_fd);
		}
	}
	return NULL;
}

static int start_thread(struct rtu_bus *rtu)
{
	const struct ohtd_thread what = { "ohtd-rtu", STACK_BYTES, run_line };
	int ret = ohtd_thread_start(&rtu->thread, &what, rtu);

	rtu->running = !ret;
	return -ret;
}

/* ---- ops ---- */

static void rtu_close(struct ohtd_bus *bus)
{
	struct rtu_bus *rtu = rtu_of(bus);

	if (rtu->running) {
		atomic_store(&rtu->quit, true);
		poke(rtu->wake_fd);
		pthread_join(rtu->thread, NULL);
		rtu->running = false;
	}
	rtu_line_close(&rtu->line);
	if (atomic_exchange(&rtu->is_controller, false))
		set_stopped(rtu, LATCH_CLOSE, 0);
}

static int rtu_open(struct ohtd_bus *bus, char *error, size_t error_bytes)
{
	struct rtu_bus *rtu = rtu_of(bus);
	int ret = rtu_line_open(&rtu->line, &bus->setup, error, error_bytes);

	if (ret)
		return ret;
	atomic_store(&rtu->quit, false);
	atomic_store(&rtu->gone, false);
	rtu->in = (struct ohtd_ring){ .size = JOBS };
	rtu->out = (struct ohtd_ring){ .size = JOBS };
	rtu->under_way = 0;
	drain(rtu->wake_fd);
	ret = start_thread(rtu);
	if (ret) {
		snprintf(error, error_bytes, "bus: cannot start a thread: %s", strerror(-ret));
		rtu_close(bus);
	}
	return ret;
}

static void rtu_destroy(struct ohtd_bus *bus)
{
	struct rtu_bus *rtu = rtu_of(bus);

	rtu_line_fini(&rtu->line);
	if (rtu->wake_fd >= 0)
		close(rtu->wake_fd);
	if (rtu->ready_fd >= 0)
		close(rtu->ready_fd);
	free(rtu);
}

static int rtu_info(struct ohtd_bus *bus, struct oht_dev_info *info)
{
	struct rtu_bus *rtu = rtu_of(bus);

	memset(info, 0, sizeof(*info));
	info->abi_version = oht_abi_version();
	info->caps = OHT_HAS_BUS;
	snprintf(info->port, sizeof(info->port), "tty");
	info->baud_bps = bus->setup.baud_bps;
	info->baud_effective_millibps = bus->setup.baud_bps * 1000ull;
	info->parity = bus->setup.parity == 'E' ? OHT_PARITY_EVEN :
		       bus->setup.parity == 'O' ? OHT_PARITY_ODD : OHT_PARITY_NONE;
	info->stop_bits = bus->setup.stop_bits;
	info->char_bits = 9u + bus->setup.stop_bits + (bus->setup.parity != 'N');
	info->char_ns = (uint32_t)rtu->line.char_ns;
	info->t35_ns = (uint32_t)rtu->line.gap_ns;
	info->turnaround_max_us = 1000000;
	return 0;
}

static int rtu_fd(struct ohtd_bus *bus)
{
	return rtu_of(bus)->running ? rtu_of(bus)->ready_fd : -1;
}

static int rtu_submit(struct ohtd_bus *bus, const struct oht_request *request, uint64_t *cookie)
{
	struct rtu_bus *rtu = rtu_of(bus);
	bool writes = request->function == OHT_WRITE_SINGLE ||
		      request->function == OHT_WRITE_MULTIPLE;
	struct rtu_job *job;
	int slot;

	if (!request->count || request->count > (writes ? WORDS_WRITE_MAX : OHT_REGISTERS_MAX))
		return -EINVAL;
	/* Nothing is ever enabled here. */
	if (writes && !(request->flags & OHT_REQUEST_WHILE_STOPPED))
		return -ECANCELED;
	slot = ohtd_ring_space(&rtu->in);
	if (slot < 0 || rtu->under_way == JOBS)
		return -EAGAIN;
	job = &rtu->jobs[slot];
	job->request = *request;
	if (writes)
		memcpy(job->words, request->words, request->count * sizeof(job->words[0]));
	job->cookie = ++rtu->cookies;
	atomic_store(&job->cancelled, false);
	*cookie = job->cookie;
	rtu->under_way++;
	ohtd_ring_put(&rtu->in);
	poke(rtu->wake_fd);
	return 0;
}

static int rtu_cancel(struct ohtd_bus *bus, uint64_t cookie)
{
	struct rtu_bus *rtu = rtu_of(bus);
	unsigned int i;

	for (i = 0; cookie && i < JOBS; i++)
		if (rtu->jobs[i].cookie == cookie) {
			atomic_store(&rtu->jobs[i].cancelled, true);
			return 0;
		}
	return -ENOENT;
}

/* A stop that the control thread has not been told of yet. */
static bool next_stop(struct rtu_bus *rtu, struct oht_event *event)
{
	uint64_t latch = atomic_load(&rtu->latch);

	if (latch / LATCH_COUNT == rtu->stops_told)
		return false;
	rtu->stops_told = latch / LATCH_COUNT;
	memset(event, 0, sizeof(*event));
	event->type = OHT_EVENT_SAFETY;
	event->seq = rtu->stops_told;
	event->time_ns = atomic_load(&rtu->since_ns);
	event->safety = (struct oht_safety_event){
		.journal_seq = rtu->stops_told,
		.event_ns = event->time_ns,
		.tag = atomic_load(&rtu->tag),
		.cause = cause_in(latch >> LATCH_NEWEST),
		.kind = OHT_KIND_STOP,
		.state_to = OHT_STATE_STOPPED,
	};
	return true;
}

static bool next_reply(struct rtu_bus *rtu, struct oht_event *event)
{
	int slot = ohtd_ring_next(&rtu->out);
	unsigned int i;

	if (slot < 0)
		return false;
	*event = rtu->events[slot];
	ohtd_ring_done(&rtu->out);
	rtu->under_way--;
	/* Nothing is left that could be cancelled. */
	for (i = 0; i < JOBS; i++)
		if (rtu->jobs[i].cookie == event->reply.cookie)
			rtu->jobs[i].cookie = 0;
	return true;
}

static int rtu_next(struct ohtd_bus *bus, struct oht_event *event)
{
	struct rtu_bus *rtu = rtu_of(bus);

	if (next_stop(rtu, event) || next_reply(rtu, event))
		return 1;
	/* Quiet the descriptor first and look again, so that nothing can slip in between. */
	drain(rtu->ready_fd);
	if (next_stop(rtu, event) || next_reply(rtu, event))
		return 1;
	return atomic_load(&rtu->gone) ? -ENODEV : 0;
}

static int rtu_stop_status(struct ohtd_bus *bus, struct oht_stop_status *status)
{
	struct rtu_bus *rtu = rtu_of(bus);
	uint64_t latch = atomic_load(&rtu->latch);
	bool controlled = atomic_load(&rtu->is_controller);

	memset(status, 0, sizeof(*status));
	status->state = (uint32_t)(latch & LATCH_STATE);
	status->since_ns = atomic_load(&rtu->since_ns);
	status->journal_seq = latch / LATCH_COUNT;
	status->is_controller = controlled;
	status->has_controller = controlled;
	status->causes = causes_in(latch);
	status->first_cause = cause_in(latch >> LATCH_FIRST);
	return 0;
}

static int rtu_stop(struct ohtd_bus *bus, uint64_t tag)
{
	set_stopped(rtu_of(bus), LATCH_SOFTWARE, tag);
	return 0;
}

static int rtu_reset(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	struct rtu_bus *rtu = rtu_of(bus);
	uint64_t old = atomic_load(&rtu->latch);

	if (blocking)
		*blocking = 0;
	if (!atomic_load(&rtu->is_controller))
		return -EPERM;
	if ((old & LATCH_STATE) != OHT_STATE_STOPPED)
		return -ECANCELED;
	/* A stop that comes now changes the count: then it wins. */
	if (!atomic_compare_exchange_strong(&rtu->latch, &old,
					    (old & ~(LATCH_STATE | LATCH_CAUSES |
						     LATCH_CAUSES << LATCH_FIRST)) |
					    OHT_STATE_READY))
		return -EBUSY;
	atomic_store(&rtu->since_ns, now_ns());
	atomic_store(&rtu->tag, tag);
	return 0;
}

static int rtu_enable(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	(void)bus;
	(void)tag;
	if (blocking)
		*blocking = 0;
	return -EOPNOTSUPP;
}

static int rtu_disable(struct ohtd_bus *bus, uint64_t tag)
{
	(void)bus;
	(void)tag;
	return -ECANCELED;
}

static int rtu_self_test(struct ohtd_bus *bus, uint32_t *failed)
{
	(void)bus;
	*failed = 0;
	return -EOPNOTSUPP;
}

static int rtu_telegrams(struct ohtd_bus *bus, const struct oht_stop_telegram *list,
			 unsigned int count)
{
	(void)bus;
	(void)list;
	(void)count;
	return -EOPNOTSUPP;
}

static int rtu_take(struct ohtd_bus *bus, uint32_t *deadman_ms)
{
	/* Nobody would act when a heartbeat is late, so do not claim a period. */
	if (deadman_ms)
		*deadman_ms = 0;
	atomic_store(&rtu_of(bus)->is_controller, true);
	return 0;
}

static int rtu_farewell(struct ohtd_bus *bus)
{
	if (!atomic_exchange(&rtu_of(bus)->is_controller, false))
		return -EPERM;
	set_stopped(rtu_of(bus), LATCH_FAREWELL, 0);
	return 0;
}

static int rtu_heartbeat(struct ohtd_bus *bus)
{
	return atomic_load(&rtu_of(bus)->is_controller) ? 0 : -EPERM;
}

static const struct ohtd_bus_ops rtu_ops = {
	.name = "rtu",
	.hardware_stop = false,
	.open = rtu_open,
	.close = rtu_close,
	.info = rtu_info,
	.fd = rtu_fd,
	.submit = rtu_submit,
	.cancel = rtu_cancel,
	.next = rtu_next,
	.stop_status = rtu_stop_status,
	.take = rtu_take,
	.farewell = rtu_farewell,
	.heartbeat = rtu_heartbeat,
	.stop = rtu_stop,
	.reset = rtu_reset,
	.enable = rtu_enable,
	.disable = rtu_disable,
	.self_test = rtu_self_test,
	.telegrams = rtu_telegrams,
	.destroy = rtu_destroy,
};

struct ohtd_bus *ohtd_bus_rtu_create(const struct ohtd_bus_setup *setup, char *error,
				     size_t error_bytes)
{
	struct rtu_bus *rtu = calloc(1, sizeof(*rtu));
	int ret;

	if (!rtu) {
		snprintf(error, error_bytes, "bus: out of memory");
		return NULL;
	}
	rtu->bus.ops = &rtu_ops;
	rtu->bus.setup = *setup;
	rtu->line.low_fd = -1;
	atomic_init(&rtu->latch, OHT_STATE_STOPPED | LATCH_START | LATCH_START << LATCH_FIRST);
	atomic_init(&rtu->since_ns, now_ns());
	rtu->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rtu->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = rtu->wake_fd < 0 || rtu->ready_fd < 0 ? -errno : rtu_line_init(&rtu->line, setup);
	if (ret) {
		snprintf(error, error_bytes, "bus: no descriptors left: %s", strerror(-ret));
		rtu_destroy(&rtu->bus);
		return NULL;
	}
	return &rtu->bus;
}
