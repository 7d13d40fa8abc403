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

static uint8_t exception_of(const struct fake_bus *fake, const struct oht_request *request)
{
	const struct fake_unit *unit = &fake->units[request->unit];
	bool other = unit->exception && (unit->fault == FAKE_REFUSES || !knows_all(unit, request));

	return other ? unit->exception : 2;
}

static bool refuses(const struct fake_unit *unit, const struct oht_request *request)
{
	bool apart = unit->singly && request->address >= unit->singly;

	return unit->fault == FAKE_REFUSES || !knows_all(unit, request) || (apart && request->count > 1);
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
	return refuses(unit, request) ? OHT_OUTCOME_EXCEPTION : OHT_OUTCOME_OK;
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

		if (!job->used || !fake_bus_open_for(fake, &job->request))
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

/* Puts a request on the wire. */
static void send(struct fake_bus *fake, const struct oht_request *request, const uint16_t *words)
{
	struct fake_exchange *entry;

	memset(&fake->far_reply, 0, sizeof(fake->far_reply));
	if (fake->far)
		fake->ends_ns = fake->far(fake->far_context, now_ns(fake), request, words,
					  &fake->far_reply);
	else
		fake->ends_ns = now_ns(fake) + duration_ns(fake, request);
	entry = &fake->log[fake->exchanges++ % FAKE_LOG];
	entry->start_ns = now_ns(fake);
	entry->request = *request;
	entry->word = words ? words[0] : 0;
	entry->outcome = present_outcome(fake, request);
}

static bool is_busy(const struct fake_bus *fake)
{
	return fake->running >= 0 || fake->running_entry >= 0 || fake->telegram_runs;
}

/* ---- stop telegrams ---- */

#define TELEGRAM_ROUNDS		3
#define TELEGRAM_TIMEOUT_US	3000

/* A stop that comes meanwhile adds no further list. */
void fake_bus_tell_drive(struct fake_bus *fake)
{
	if (fake->far && !fake->telegrams_left)
		fake->telegrams_left = TELEGRAM_ROUNDS * fake->telegram_count;
}

static bool telegram_waits(const struct fake_bus *fake)
{
	return fake->telegrams_left && fake->telegram_count && !fake->gone && !fake->port_dead;
}

static void start_telegram(struct fake_bus *fake)
{
	const struct oht_stop_telegram *telegram =
		&fake->telegrams[(TELEGRAM_ROUNDS * fake->telegram_count - fake->telegrams_left) %
				 fake->telegram_count];
	const struct oht_request request = {
		.unit = telegram->unit, .function = telegram->function,
		.address = telegram->address, .count = telegram->count,
		.timeout_us = TELEGRAM_TIMEOUT_US,
	};

	fake->telegrams_left--;
	fake->telegram_runs = true;
	send(fake, &request, telegram->words);
}

static void start_entry(struct fake_bus *fake, int index)
{
	const struct oht_request request = ohtd_grid_request(&fake->grid, index);

	fake->running_entry = index;
	memcpy(fake->running_words, fake->sent[index], sizeof(fake->running_words));
	send(fake, &request, fake_request_writes(&request) ? fake->sent[index] : NULL);
}

static void start_next(struct fake_bus *fake)
{
	struct fake_job *job;

	if (is_busy(fake) || fake->swallow || now_ns(fake) < fake->ends_ns)
		return;
	if (telegram_waits(fake)) {
		start_telegram(fake);
		return;
	}
	if (ohtd_grid_next(&fake->grid) >= 0 && !fake->gone && !fake->port_dead) {
		start_entry(fake, ohtd_grid_next(&fake->grid));
		return;
	}
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
	fake->whole = false;
	send(fake, &job->request, job->words);
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

static void complete_entry(struct fake_bus *fake)
{
	const struct oht_request request = ohtd_grid_request(&fake->grid, fake->running_entry);
	struct fake_job job = { .request = request };
	uint8_t outcome = present_outcome(fake, &request);
	struct oht_reply reply = { .unit = request.unit };

	if (fake_request_writes(&request))
		memcpy(job.words, fake->running_words, sizeof(fake->running_words));
	if (fake->far)
		reply = fake->far_reply;
	else if (outcome == OHT_OUTCOME_OK)
		answer(fake, &job, &reply);
	/* The image shows what was written. */
	if (fake_request_writes(&request))
		memcpy(reply.words, job.words, request.count * sizeof(reply.words[0]));
	reply.outcome = outcome;
	reply.error = error_of(outcome);
	if (outcome == OHT_OUTCOME_EXCEPTION && !fake->far)
		reply.exception = exception_of(fake, &request);
	ohtd_grid_done(&fake->grid, fake->running_entry, &reply, now_ns(fake));
	if (fake->again & (1ull << fake->running_entry))
		ohtd_bus_hurry(&fake->grid, fake->running_entry);
	fake->again &= ~(1ull << fake->running_entry);
	fake->running_entry = -1;
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
		event.reply.exception = exception_of(fake, &job->request);
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
	uint64_t grid_ns = fake->gone || fake->port_dead ? UINT64_MAX
							 : ohtd_grid_next_ns(&fake->grid);
	uint64_t wire_ns = UINT64_MAX;

	if (is_busy(fake) ||
	    (!fake->swallow && (telegram_waits(fake) || ohtd_grid_next(&fake->grid) >= 0 || pick(fake) >= 0) &&
	     !(fake->gone || fake->port_dead)))
		wire_ns = fake->ends_ns;
	return wire_ns < grid_ns ? wire_ns : grid_ns;
}

void fake_bus_wire_run(struct fake_bus *fake)
{
	if (fake->running >= 0 && now_ns(fake) >= fake->ends_ns) {
		struct fake_job *job = &fake->jobs[fake->running];

		fake->running = -1;
		complete(fake, job, present_outcome(fake, &job->request));
	}
	if (fake->running_entry >= 0 && now_ns(fake) >= fake->ends_ns)
		complete_entry(fake);
	if (fake->telegram_runs && now_ns(fake) >= fake->ends_ns)
		fake->telegram_runs = false;
	fake_bus_tick(fake);
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
	if (fake_bus_holds(fake, request))
		return -EDQUOT;
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
