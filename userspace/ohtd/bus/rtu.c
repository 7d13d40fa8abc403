// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The back-end for a PC: libmodbus on a tty or pty, without the kernel module.
 *
 * libmodbus blocks, and the control thread must not: a thread of its own speaks on the line, with a
 * ring of requests in and a ring of events out. There are no outputs that could be cut: the stop is
 * a software latch here, the control thread sends the stop telegrams when it sees it, and enable is
 * refused with EOPNOTSUPP, so the robot never leaves the states with outputs off.
 *
 * The same thread runs the plan: the entries of a cycle in their order, then requests until the next
 * point of the grid, and at least one, so that neither holds the other up for ever; but not at once
 * behind a wait in vain, which is many cycles long: modules that answer come before the next one.
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

#include "../base/clock.h"
#include "../base/poke.h"
#include "../base/ring.h"
#include "../base/seqlock.h"
#include "../base/thread.h"
#include "grid.h"
#include "rtu_latch.h"
#include "rtu_line.h"

#define JOBS		OHT_UNDER_WAY_MAX
#define WORDS_WRITE_MAX	123
#define STACK_BYTES	(128 * 1024)
#define SPARE_CYCLES	2

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
	struct ohtd_grid grid;		/* the thread's */
	bool served;			/* the thread's: a request has had its turn in this cycle */
	unsigned int spare;		/* the thread's: SPARE_CYCLES: no request's turn */
	struct ohtd_grid_plan next_plan;	/* the thread's while @has_next, else the control thread's */
	atomic_bool has_next;
	struct ohtd_seqlock head;	/* the image */
	struct ohtd_seqlock values[OHT_CYCLIC_ENTRIES_MAX];
	uint32_t generation;		/* control thread's */
	uint64_t cookies;		/* control thread, like the rest below */
	unsigned int under_way;
	atomic_bool is_controller;	/* set by the control thread, read by the loops' stops */
	struct rtu_latch latch;
};

static struct rtu_bus *rtu_of(struct ohtd_bus *bus)
{
	return (struct rtu_bus *)bus;
}

static void drain(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

static void set_stopped(struct rtu_bus *rtu, enum oht_stop_cause cause, uint64_t tag)
{
	rtu_latch_stop(&rtu->latch, cause, tag, ohtd_monotonic_ns());
	ohtd_poke(rtu->ready_fd);
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
	event->time_ns = ohtd_monotonic_ns();
	ohtd_ring_done(&rtu->in);
	ohtd_ring_put(&rtu->out);
	ohtd_poke(rtu->ready_fd);
}

/* ---- the plan, in the same thread ---- */

static void show_values(struct rtu_bus *rtu)
{
	unsigned int i;

	for (i = 0; i < rtu->grid.plan.count; i++)
		ohtd_seqlock_publish(&rtu->values[i], &rtu->grid.value[i]);
}

/* The plan that waits comes in force at a point of the grid, behind the exchanges of the old one. */
static bool take_plan(struct rtu_bus *rtu)
{
	if (!atomic_load(&rtu->has_next) ||
	    (rtu->next_plan.count && ohtd_monotonic_ns() < ohtd_grid_next_ns(&rtu->grid) &&
	     rtu->grid.plan.count))
		return false;
	ohtd_grid_start(&rtu->grid, &rtu->next_plan, ohtd_monotonic_ns());
	atomic_store(&rtu->has_next, false);
	show_values(rtu);
	ohtd_seqlock_publish(&rtu->head, &rtu->grid.head);
	return true;
}

static void exchange_entry(struct rtu_bus *rtu, int entry)
{
	const struct oht_request request = ohtd_grid_request(&rtu->grid, entry);
	struct oht_reply reply = { .unit = request.unit, .function = request.function };

	rtu_line_exchange(&rtu->line, &request, &reply);
	ohtd_grid_done(&rtu->grid, entry, &reply, ohtd_monotonic_ns());
	ohtd_seqlock_publish(&rtu->values[entry], &rtu->grid.value[entry]);
	if (reply.outcome == OHT_OUTCOME_TIMEOUT && !rtu->spare)
		rtu->spare = SPARE_CYCLES;
	if (reply.outcome == OHT_OUTCOME_GONE) {
		atomic_store(&rtu->gone, true);
		ohtd_poke(rtu->ready_fd);
	}
}

/* One exchange of the plan, or the beginning of a cycle; false: neither is due. */
static bool run_plan(struct rtu_bus *rtu)
{
	int entry = ohtd_grid_next(&rtu->grid);

	if (atomic_load(&rtu->gone))
		return false;
	if (entry >= 0) {
		if (!atomic_load(&rtu->has_next) || !ohtd_grid_give_up(&rtu->grid, ohtd_monotonic_ns()))
			exchange_entry(rtu, entry);
		return true;
	}
	if (!rtu->served && rtu->spare < SPARE_CYCLES && ohtd_ring_next(&rtu->in) >= 0)
		return false;
	if (take_plan(rtu))
		return true;
	if (!ohtd_grid_tick(&rtu->grid, ohtd_monotonic_ns(), false))
		return false;
	rtu->served = false;
	rtu->spare -= rtu->spare > 0;
	ohtd_seqlock_publish(&rtu->head, &rtu->grid.head);
	return true;
}

/* Until somebody wakes us, or the next cycle begins. */
static void wait_line(struct rtu_bus *rtu)
{
	struct pollfd fd = { .fd = rtu->wake_fd, .events = POLLIN };
	uint64_t next_ns = ohtd_grid_next_ns(&rtu->grid), now = ohtd_monotonic_ns();
	struct timespec left = { 0 };

	if (next_ns > now) {
		left.tv_sec = (time_t)((next_ns - now) / OHTD_NS_PER_S);
		left.tv_nsec = (long)((next_ns - now) % OHTD_NS_PER_S);
	}
	ppoll(&fd, 1, next_ns == UINT64_MAX || atomic_load(&rtu->gone) ? NULL : &left, NULL);
	drain(rtu->wake_fd);
}

static void *run_line(void *context)
{
	struct rtu_bus *rtu = context;
	int slot;

	while (!atomic_load(&rtu->quit)) {
		if (run_plan(rtu))
			continue;
		slot = ohtd_ring_next(&rtu->in);
		if (slot < 0) {
			wait_line(rtu);
			continue;
		}
		rtu->served = true;
		finish_job(rtu, slot);
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
		ohtd_poke(rtu->wake_fd);
		pthread_join(rtu->thread, NULL);
		rtu->running = false;
	}
	rtu_line_close(&rtu->line);
	if (atomic_exchange(&rtu->is_controller, false))
		set_stopped(rtu, OHT_STOPPED_BY_CLOSE, 0);
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
	memset(&rtu->grid, 0, sizeof(rtu->grid));
	atomic_store(&rtu->has_next, false);
	ohtd_seqlock_publish(&rtu->head, &rtu->grid.head);
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
	unsigned int i;

	ohtd_seqlock_fini(&rtu->head);
	for (i = 0; i < OHT_CYCLIC_ENTRIES_MAX; i++)
		ohtd_seqlock_fini(&rtu->values[i]);
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
	const struct rtu_settings *line = &rtu->line.settings;

	memset(info, 0, sizeof(*info));
	info->abi_version = oht_abi_version();
	info->caps = OHT_HAS_BUS;
	snprintf(info->port, sizeof(info->port), "tty");
	info->baud_bps = line->baud_bps;
	info->baud_effective_millibps = line->baud_bps * 1000ull;
	info->parity = line->parity == 'E' ? OHT_PARITY_EVEN :
		       line->parity == 'O' ? OHT_PARITY_ODD : OHT_PARITY_NONE;
	info->stop_bits = line->stop_bits;
	info->char_bits = rtu->line.char_bits;
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
	ohtd_poke(rtu->wake_fd);
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

	if (rtu_latch_news(&rtu->latch, event) || next_reply(rtu, event))
		return 1;
	/* Quiet the descriptor first and look again, so that nothing can slip in between. */
	drain(rtu->ready_fd);
	if (rtu_latch_news(&rtu->latch, event) || next_reply(rtu, event))
		return 1;
	return atomic_load(&rtu->gone) ? -ENODEV : 0;
}

static int rtu_stop_status(struct ohtd_bus *bus, struct oht_stop_status *status)
{
	struct rtu_bus *rtu = rtu_of(bus);

	rtu_latch_look(&rtu->latch, status);
	status->is_controller = atomic_load(&rtu->is_controller);
	status->has_controller = status->is_controller;
	return 0;
}

static int rtu_stop(struct ohtd_bus *bus, uint64_t tag)
{
	set_stopped(rtu_of(bus), OHT_STOPPED_BY_SOFTWARE, tag);
	return 0;
}

static int rtu_reset(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	struct rtu_bus *rtu = rtu_of(bus);

	if (blocking)
		*blocking = 0;
	if (!atomic_load(&rtu->is_controller))
		return -EPERM;
	return rtu_latch_reset(&rtu->latch, tag, ohtd_monotonic_ns());
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

static int rtu_plan(struct ohtd_bus *bus, const struct oht_cyclic_plan *plan,
		    struct oht_cyclic_figures *figures, uint32_t *generation)
{
	struct rtu_bus *rtu = rtu_of(bus);
	unsigned int bad_entry;
	int ret = 0;

	*generation = 0;
	memset(figures, 0, sizeof(*figures));
	if (!atomic_load(&rtu->is_controller))
		return -EPERM;
	if (atomic_load(&rtu->has_next))
		return -EBUSY;
	if (plan->count)
		ret = ohtd_grid_check(plan, rtu->line.char_ns, rtu->line.gap_ns, figures,
				      &bad_entry);
	if (ret)
		return ret;
	rtu->next_plan = (struct ohtd_grid_plan){
		.count = plan->count,
		.cycle_us = plan->cycle_us,
		.generation = ++rtu->generation,
	};
	if (plan->count)
		memcpy(rtu->next_plan.entry, plan->entries,
		       plan->count * sizeof(rtu->next_plan.entry[0]));
	*generation = rtu->generation;
	atomic_store(&rtu->has_next, true);
	ohtd_poke(rtu->wake_fd);
	return 0;
}

static int rtu_image_head(struct ohtd_bus *bus, struct oht_cyclic_head *head)
{
	return ohtd_seqlock_copy(&rtu_of(bus)->head, head);
}

static int rtu_image(struct ohtd_bus *bus, unsigned int entry, struct oht_cyclic_value *value)
{
	if (entry >= OHT_CYCLIC_ENTRIES_MAX)
		return -EINVAL;
	return ohtd_seqlock_copy(&rtu_of(bus)->values[entry], value);
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
	set_stopped(rtu_of(bus), OHT_STOPPED_BY_FAREWELL, 0);
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
	.plan = rtu_plan,
	.outputs = ohtd_bus_no_outputs,
	.image_head = rtu_image_head,
	.image = rtu_image,
	.destroy = rtu_destroy,
};

static int init_image(struct rtu_bus *rtu)
{
	int ret = ohtd_seqlock_init(&rtu->head, sizeof(rtu->grid.head));
	unsigned int i;

	for (i = 0; !ret && i < OHT_CYCLIC_ENTRIES_MAX; i++)
		ret = ohtd_seqlock_init(&rtu->values[i], sizeof(rtu->grid.value[i]));
	return ret;
}

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
	rtu_latch_init(&rtu->latch, ohtd_monotonic_ns());
	rtu->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rtu->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = rtu->wake_fd < 0 || rtu->ready_fd < 0 ? -errno : rtu_line_init(&rtu->line, setup);
	if (!ret)
		ret = init_image(rtu);
	if (ret) {
		snprintf(error, error_bytes, "bus: cannot begin: %s", strerror(-ret));
		rtu_destroy(&rtu->bus);
		errno = -ret;
		return NULL;
	}
	return &rtu->bus;
}
