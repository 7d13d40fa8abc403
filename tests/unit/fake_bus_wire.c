// SPDX-License-Identifier: GPL-2.0-or-later
/* The wire of fake_bus: one exchange at a time, the highest class first, each takes its time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_bus.h"
#include "fake_request.h"

static uint64_t now_ns(const struct fake_bus *fake)
{
	return ohtd_clock_monotonic_ns(fake->clock);
}

static bool knows_all(const struct fake_unit *unit, const struct oht_request *request)
{
	unsigned int i;

	for (i = 0; i < request->count; i++)
		if (!unit->known[request->address + i])
			return false;
	return true;
}

static uint8_t outcome_of(const struct fake_bus *fake, const struct oht_request *request)
{
	const struct fake_unit *unit;

	if (request->unit >= FAKE_UNITS)
		return OHT_OUTCOME_TIMEOUT;
	unit = &fake->units[request->unit];
	if (!unit->present || unit->fault == FAKE_SILENT)
		return OHT_OUTCOME_TIMEOUT;
	if (unit->fault == FAKE_LATE || unit->turnaround_us > request->timeout_us)
		return OHT_OUTCOME_TIMEOUT;
	if (unit->fault == FAKE_CRC)
		return OHT_OUTCOME_CRC;
	return knows_all(unit, request) ? OHT_OUTCOME_OK : OHT_OUTCOME_EXCEPTION;
}

static uint8_t present_outcome(const struct fake_bus *fake, const struct oht_request *request)
{
	return fake->far ? fake->far_reply.outcome : outcome_of(fake, request);
}

static uint64_t duration_ns(const struct fake_bus *fake, const struct oht_request *request)
{
	uint64_t chars = 8 + (fake_request_writes(request) ? 8 : 5 + 2ull * request->count);

	if (outcome_of(fake, request) == OHT_OUTCOME_TIMEOUT)
		return (8 * FAKE_CHAR_NS + request->timeout_us * 1000ull + FAKE_GAP_NS) *
		       (1u + request->retries);
	return chars * FAKE_CHAR_NS + fake->units[request->unit].turnaround_us * 1000ull + FAKE_GAP_NS;
}

/* Highest class first, then first come. */
static int pick(const struct fake_bus *fake)
{
	int best = -1;
	unsigned int i;

	for (i = 0; i < OHT_UNDER_WAY_MAX; i++) {
		const struct fake_job *job = &fake->jobs[i];

		if (!job->used)
			continue;
		if (best < 0 || job->request.priority < fake->jobs[best].request.priority ||
		    (job->request.priority == fake->jobs[best].request.priority &&
		     job->order < fake->jobs[best].order))
			best = (int)i;
	}
	return best;
}

static void complete(struct fake_bus *fake, struct fake_job *job, uint8_t outcome);

static unsigned int enabled(const struct fake_bus *fake)
{
	return fake->status.state == OHT_STATE_ENABLED ? fake->enables : 0;
}

/* Ends it if it may not be sent. Who loses the role loses the enable too. */
static bool refuse(struct fake_bus *fake, struct fake_job *job)
{
	bool needs_enabled = !(job->request.flags & OHT_REQUEST_WHILE_STOPPED);

	if (!fake_request_writes(&job->request))
		return false;
	if (needs_enabled && (!enabled(fake) || job->enabled != enabled(fake)))
		complete(fake, job, OHT_OUTCOME_STOPPED);
	else if (enabled(fake) && !job->controllers)
		complete(fake, job, OHT_OUTCOME_NOT_CONTROLLER);
	else
		return false;
	return true;
}

static void start_next(struct fake_bus *fake)
{
	struct fake_exchange *entry;
	struct fake_job *job;

	if (fake->running >= 0 || fake->swallow || now_ns(fake) < fake->ends_ns)
		return;
	fake->running = pick(fake);
	if (fake->running < 0)
		return;
	job = &fake->jobs[fake->running];
	if (refuse(fake, job)) {
		fake->running = -1;
		start_next(fake);
		return;
	}
	job->attempts = 1;
	memset(&fake->far_reply, 0, sizeof(fake->far_reply));
	if (fake->far)
		fake->ends_ns = fake->far(fake->far_context, now_ns(fake), &job->request,
					  job->words, &fake->far_reply);
	else
		fake->ends_ns = now_ns(fake) + duration_ns(fake, &job->request);
	entry = &fake->log[fake->exchanges++ % FAKE_LOG];
	entry->start_ns = now_ns(fake);
	entry->request = job->request;
	entry->word = job->words[0];
	entry->outcome = present_outcome(fake, &job->request);
}

void fake_bus_push(struct fake_bus *fake, const struct oht_event *event)
{
	/* A reply is never dropped; whoever reads so little has another fault. */
	if (fake->event_count == FAKE_EVENTS)
		abort();
	fake->events[fake->event_count++] = *event;
}

static void answer(struct fake_bus *fake, const struct fake_job *job, struct oht_reply *reply)
{
	struct fake_unit *unit = &fake->units[job->request.unit];
	unsigned int i;

	reply->count = job->request.count;
	reply->turnaround_ns = unit->turnaround_us * 1000;
	for (i = 0; i < job->request.count; i++)
		if (fake_request_writes(&job->request))
			unit->words[job->request.address + i] = job->words[i];
		else
			reply->words[i] = unit->words[job->request.address + i];
}

static int error_of(uint8_t outcome)
{
	switch (outcome) {
	case OHT_OUTCOME_OK:
		return 0;
	case OHT_OUTCOME_TIMEOUT:
		return ETIMEDOUT;
	case OHT_OUTCOME_SHORT:
	case OHT_OUTCOME_CRC:
	case OHT_OUTCOME_LENGTH:
		return EBADMSG;
	case OHT_OUTCOME_UNIT:
	case OHT_OUTCOME_FUNCTION:
	case OHT_OUTCOME_ECHO:
		return EPROTO;
	case OHT_OUTCOME_EXCEPTION:
		return EREMOTEIO;
	case OHT_OUTCOME_CANCELLED:
		return EINTR;
	case OHT_OUTCOME_STOPPED:
		return ECANCELED;
	case OHT_OUTCOME_NOT_CONTROLLER:
		return EPERM;
	case OHT_OUTCOME_GONE:
		return ENODEV;
	default:
		return EIO;
	}
}

static void complete(struct fake_bus *fake, struct fake_job *job, uint8_t outcome)
{
	struct oht_event event = { .type = OHT_EVENT_REPLY };

	if (fake->far && (outcome == OHT_OUTCOME_OK || outcome == OHT_OUTCOME_EXCEPTION))
		event.reply = fake->far_reply;
	event.reply.cookie = job->cookie;
	event.reply.unit = job->request.unit;
	event.reply.function = job->request.function;
	event.reply.outcome = outcome;
	event.reply.attempts = job->attempts;
	if (outcome == OHT_OUTCOME_TIMEOUT)
		event.reply.attempts += job->request.retries;
	event.reply.error = error_of(outcome);
	if (outcome == OHT_OUTCOME_OK && !fake->far)
		answer(fake, job, &event.reply);
	if (outcome == OHT_OUTCOME_EXCEPTION && !fake->far)
		event.reply.exception = 2;
	job->used = false;
	fake_bus_push(fake, &event);
}

void fake_bus_end_jobs(struct fake_bus *fake, bool gone)
{
	unsigned int i;

	for (i = 0; i < OHT_UNDER_WAY_MAX && fake->bus.ops->hardware_stop; i++) {
		struct fake_job *job = &fake->jobs[i];

		if (!job->used || !(gone || fake_request_writes(&job->request)))
			continue;
		if (fake->running == (int)i)
			fake->running = -1;
		complete(fake, job, gone ? OHT_OUTCOME_GONE : OHT_OUTCOME_STOPPED);
	}
}

uint64_t fake_bus_wire_next_ns(const struct fake_bus *fake)
{
	return fake->running >= 0 || (!fake->swallow && pick(fake) >= 0) ? fake->ends_ns
									 : UINT64_MAX;
}

void fake_bus_wire_run(struct fake_bus *fake)
{
	if (fake->running >= 0 && now_ns(fake) >= fake->ends_ns) {
		struct fake_job *job = &fake->jobs[fake->running];

		fake->running = -1;
		complete(fake, job, present_outcome(fake, &job->request));
	}
	start_next(fake);
}

/* ---- ops ---- */

int fake_bus_submit(struct ohtd_bus *bus, const struct oht_request *request, uint64_t *cookie)
{
	struct fake_bus *fake = (struct fake_bus *)bus;
	unsigned int i;
	int ret;

	fake_bus_run(fake);
	if (fake->gone)
		return -ENODEV;
	if (fake->port_dead)
		return -EOPNOTSUPP;
	ret = fake_request_check(request);
	if (ret)
		return ret;
	if (fake_request_writes(request) && enabled(fake) && !fake->status.is_controller)
		return -EPERM;
	/* As rtu does, which has no state to wait for. */
	if (fake_request_writes(request) && !fake->bus.ops->hardware_stop &&
	    !(request->flags & OHT_REQUEST_WHILE_STOPPED))
		return -ECANCELED;
	if (fake->under_way == OHT_UNDER_WAY_MAX)
		return -EAGAIN;
	for (i = 0; i < OHT_UNDER_WAY_MAX; i++)
		if (!fake->jobs[i].used)
			break;
	fake->under_way++;
	fake->jobs[i].used = true;
	fake->jobs[i].attempts = 0;
	fake->jobs[i].cookie = ++fake->order;
	fake->jobs[i].order = fake->order;
	fake->jobs[i].request = *request;
	fake->jobs[i].controllers = fake->status.is_controller;
	fake->jobs[i].enabled = enabled(fake);
	if (request->words)
		memcpy(fake->jobs[i].words, request->words,
		       fake_request_words_sent(request) * sizeof(request->words[0]));
	*cookie = fake->order;
	if (!refuse(fake, &fake->jobs[i]))
		start_next(fake);
	return 0;
}

int fake_bus_cancel(struct ohtd_bus *bus, uint64_t cookie)
{
	struct fake_bus *fake = (struct fake_bus *)bus;
	unsigned int i;

	fake_bus_run(fake);
	if (fake->gone)
		return -ENODEV;
	for (i = 0; i < OHT_UNDER_WAY_MAX; i++) {
		if (!fake->jobs[i].used || fake->jobs[i].cookie != cookie)
			continue;
		/* The line stays busy until its answer would have come. */
		if (fake->running == (int)i)
			fake->running = -1;
		complete(fake, &fake->jobs[i], OHT_OUTCOME_CANCELLED);
		return 0;
	}
	return -ENOENT;
}

int fake_bus_next(struct ohtd_bus *bus, struct oht_event *event)
{
	struct fake_bus *fake = (struct fake_bus *)bus;

	if (!fake->event_count)
		return fake->gone ? -ENODEV : 0;
	*event = fake->events[0];
	if (event->type == OHT_EVENT_REPLY)
		fake->under_way--;
	fake->event_count--;
	memmove(fake->events, fake->events + 1, fake->event_count * sizeof(fake->events[0]));
	return 1;
}
