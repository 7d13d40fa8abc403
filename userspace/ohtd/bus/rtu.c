// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The back-end for a PC: libmodbus on a tty or pty, without the kernel module.
 *
 * libmodbus blocks, and the control thread must not: a thread of its own speaks on the line, with a
 * ring of requests in and a ring of events out. There are no outputs that could be cut: the stop is
 * a software latch here, and the control thread sends the stop telegrams when it sees it. On a real
 * line enable is refused with EOPNOTSUPP, so the robot never leaves the states with outputs off. On a
 * simulated wire the outputs are simulated too: the latch says whether the plan may write.
 *
 * The same thread runs the plan (rtu_plan.c).
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
#include "../base/thread.h"
#include "rtu_private.h"

#define STACK_BYTES	(128 * 1024)

static void drain(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

/* ---- the line's thread ---- */

/* Stops when the heartbeat is late; when to look again. */
static uint64_t watch_controller(struct rtu_bus *rtu)
{
	bool stopped;
	uint64_t until_ns = rtu_latch_watch(&rtu->latch, ohtd_monotonic_ns(), &stopped);

	if (stopped)
		ohtd_poke(rtu->ready_fd);
	return until_ns;
}

/* Between two exchanges of one transfer, which may be many and long: a late heartbeat, and the zeros of a stop. */
static void look_at_stop(void *context)
{
	struct rtu_bus *rtu = context;

	watch_controller(rtu);
	while (!atomic_load(&rtu->gone) && rtu_plan_take_back(rtu))
		;
}

static void run_job(struct rtu_bus *rtu, struct rtu_job *job, struct oht_reply *reply)
{
	const struct rtu_gate gate = { &rtu->latch, job->epoch };

	job->request.words = job->words;
	do {
		if (reply->attempts)
			look_at_stop(rtu);
		if (atomic_load(&rtu->gone) || atomic_load(&rtu->quit)) {
			reply->outcome = OHT_OUTCOME_GONE;
			reply->error = ENODEV;
			return;
		}
		if (atomic_load(&job->cancelled)) {
			reply->outcome = OHT_OUTCOME_CANCELLED;
			reply->error = EINTR;
			return;
		}
		rtu_line_exchange(&rtu->line, &job->request,
				  job->epoch == RTU_ALWAYS ? NULL : &gate, reply);
		if (reply->outcome == OHT_OUTCOME_STOPPED)
			return;
		reply->attempts++;
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

/* Until @watch_ns, the next cycle begins, or somebody wakes us. */
static void wait_line(struct rtu_bus *rtu, uint64_t watch_ns)
{
	struct pollfd fd = { .fd = rtu->wake_fd, .events = POLLIN };
	uint64_t next_ns = ohtd_grid_next_ns(&rtu->grid), now = ohtd_monotonic_ns();
	struct timespec left = { 0 };

	if (atomic_load(&rtu->gone) || watch_ns < next_ns)
		next_ns = watch_ns;
	if (next_ns > now) {
		left.tv_sec = (time_t)((next_ns - now) / OHTD_NS_PER_S);
		left.tv_nsec = (long)((next_ns - now) % OHTD_NS_PER_S);
	}
	ppoll(&fd, 1, next_ns == UINT64_MAX ? NULL : &left, NULL);
	drain(rtu->wake_fd);
}

int rtu_next_job(struct rtu_bus *rtu, uint64_t *until_ns)
{
	int slot = ohtd_ring_next(&rtu->in);
	uint64_t ready_ns = slot < 0 ? 0 : rtu->line.ready_ns[rtu->jobs[slot].request.unit];

	if (ohtd_monotonic_ns() >= ready_ns)
		return slot;
	if (ready_ns < *until_ns)
		*until_ns = ready_ns;
	return -1;
}

static void *run_line(void *context)
{
	struct rtu_bus *rtu = context;
	uint64_t watch_ns;
	int slot;

	while (!atomic_load(&rtu->quit)) {
		watch_ns = watch_controller(rtu);
		if (rtu_plan_run(rtu))
			continue;
		slot = rtu_next_job(rtu, &watch_ns);
		if (slot < 0) {
			wait_line(rtu, watch_ns);
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
	if (rtu_latch_leave(&rtu->latch, OHT_STOPPED_BY_CLOSE, ohtd_monotonic_ns()))
		ohtd_poke(rtu->ready_fd);
}

static int rtu_open(struct ohtd_bus *bus, char *error, size_t error_bytes)
{
	struct rtu_bus *rtu = rtu_of(bus);
	int ret = rtu_line_open(&rtu->line, &bus->setup, error, error_bytes);

	if (ret)
		return ret;
	atomic_store(&rtu->quit, false);
	atomic_store(&rtu->gone, false);
	rtu->in = (struct ohtd_ring){ .size = RTU_JOBS };
	rtu->out = (struct ohtd_ring){ .size = RTU_JOBS };
	rtu->under_way = 0;
	rtu_plan_reset(rtu);
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

	rtu_plan_fini(rtu);
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
	if (rtu->latch.outputs) {
		info->deadman_min_ms = RTU_DEADMAN_MIN_MS;
		info->deadman_max_ms = RTU_DEADMAN_MAX_MS;
		info->deadman_default_ms = RTU_DEADMAN_DEFAULT_MS;
	}
	return 0;
}

static int rtu_fd(struct ohtd_bus *bus)
{
	return rtu_of(bus)->running ? rtu_of(bus)->ready_fd : -1;
}

static int rtu_submit(struct ohtd_bus *bus, const struct oht_request *request, uint64_t *cookie)
{
	struct rtu_bus *rtu = rtu_of(bus);
	bool guarded = rtu_writes(request) && !(request->flags & OHT_REQUEST_WHILE_STOPPED);
	uint64_t epoch = rtu_latch_epoch(&rtu->latch);
	struct rtu_job *job;
	int slot;

	if (!request->count ||
	    request->count > (rtu_writes(request) ? RTU_OUTPUT_WORDS_MAX : OHT_REGISTERS_MAX))
		return -EINVAL;
	/* Without outputs nothing is ever enabled. */
	if (guarded && (!rtu->latch.outputs ||
			rtu_latch_state(&rtu->latch) == OHT_STATE_STOPPED))
		return -ECANCELED;
	slot = ohtd_ring_space(&rtu->in);
	if (slot < 0 || rtu->under_way == RTU_JOBS)
		return -EAGAIN;
	job = &rtu->jobs[slot];
	job->request = *request;
	if (rtu_writes(request))
		memcpy(job->words, request->words, request->count * sizeof(job->words[0]));
	job->cookie = ++rtu->cookies;
	job->epoch = guarded ? epoch : RTU_ALWAYS;
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

	for (i = 0; cookie && i < RTU_JOBS; i++)
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
	for (i = 0; i < RTU_JOBS; i++)
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
	rtu_latch_look(&rtu_of(bus)->latch, status);
	return 0;
}

static int rtu_stop(struct ohtd_bus *bus, uint64_t tag)
{
	rtu_latch_stop(&rtu_of(bus)->latch, OHT_STOPPED_BY_SOFTWARE, tag, ohtd_monotonic_ns());
	ohtd_poke(rtu_of(bus)->ready_fd);
	/*
	 * Without a plan in force nothing else wakes the thread that takes back what the drive was
	 * told.
	 */
	ohtd_poke(rtu_of(bus)->wake_fd);
	return 0;
}

static int rtu_reset(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	struct rtu_bus *rtu = rtu_of(bus);
	int ret = rtu_latch_reset(&rtu->latch, tag, blocking, ohtd_monotonic_ns());

	/* From now on the heartbeat is watched. */
	ohtd_poke(rtu->wake_fd);
	return ret;
}

static int rtu_enable(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	return rtu_latch_enable(&rtu_of(bus)->latch, tag, blocking, ohtd_monotonic_ns());
}

static int rtu_disable(struct ohtd_bus *bus, uint64_t tag)
{
	int ret = rtu_latch_disable(&rtu_of(bus)->latch, tag, ohtd_monotonic_ns());

	ohtd_poke(rtu_of(bus)->wake_fd);
	return ret;
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

static int rtu_rest(struct ohtd_bus *bus, uint8_t unit, uint8_t rest_ms)
{
	struct rtu_bus *rtu = rtu_of(bus);

	if (rtu->line.rest_ms[unit] == rest_ms)
		return 0;
	if (!atomic_load(&rtu->latch.is_controller))
		return -EPERM;
	if (atomic_load(&rtu->has_next) || rtu->next_plan.count)
		return -EBUSY;
	atomic_store(&rtu->line.rest_ms[unit], rest_ms);
	return 0;
}

static int rtu_take(struct ohtd_bus *bus, uint32_t *deadman_ms)
{
	return rtu_latch_take(&rtu_of(bus)->latch, deadman_ms, ohtd_monotonic_ns());
}

static int rtu_farewell(struct ohtd_bus *bus)
{
	if (!rtu_latch_leave(&rtu_of(bus)->latch, OHT_STOPPED_BY_FAREWELL, ohtd_monotonic_ns()))
		return -EPERM;
	ohtd_poke(rtu_of(bus)->ready_fd);
	return 0;
}

static int rtu_heartbeat(struct ohtd_bus *bus)
{
	return rtu_latch_heartbeat(&rtu_of(bus)->latch, ohtd_monotonic_ns());
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
	.rest = rtu_rest,
	.plan = rtu_plan_set,
	.outputs = rtu_plan_give,
	.image_head = rtu_plan_head,
	.image = rtu_plan_value,
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
	rtu->line.low_fd = rtu->line.lock_fd = -1;
	rtu_latch_init(&rtu->latch, setup->simulated_outputs, ohtd_monotonic_ns());
	rtu->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rtu->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = rtu->wake_fd < 0 || rtu->ready_fd < 0 ? -errno : rtu_line_init(&rtu->line, setup);
	rtu->line.between = look_at_stop;
	rtu->line.context = rtu;
	if (!ret)
		ret = rtu_plan_init(rtu);
	if (ret) {
		snprintf(error, error_bytes, "bus: cannot begin: %s", strerror(-ret));
		rtu_destroy(&rtu->bus);
		errno = -ret;
		return NULL;
	}
	return &rtu->bus;
}
