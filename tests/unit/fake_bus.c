// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAR_NS		86806ull	/* 10 bits at 115200 */
#define GAP_NS		1750000ull
#define TURNAROUND_US	1750

static struct fake_bus *fake_of(struct ohtd_bus *bus)
{
	return (struct fake_bus *)bus;
}

static uint64_t now_ns(const struct fake_bus *fake)
{
	return ohtd_clock_monotonic_ns(fake->clock);
}

/* ---- the wire ---- */

static bool writes(const struct oht_request *request)
{
	return request->function == OHT_WRITE_SINGLE || request->function == OHT_WRITE_MULTIPLE;
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
	uint64_t chars = 8 + (writes(request) ? 8 : 5 + 2ull * request->count);

	if (outcome_of(fake, request) == OHT_OUTCOME_TIMEOUT)
		return 8 * CHAR_NS + request->timeout_us * 1000ull + GAP_NS;
	return chars * CHAR_NS + fake->units[request->unit].turnaround_us * 1000ull + GAP_NS;
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

static void start_next(struct fake_bus *fake)
{
	struct fake_exchange *entry;
	const struct fake_job *job;

	if (fake->running >= 0 || fake->swallow)
		return;
	fake->running = pick(fake);
	if (fake->running < 0)
		return;
	job = &fake->jobs[fake->running];
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

static void push(struct fake_bus *fake, const struct oht_event *event)
{
	if (fake->event_count < OHT_UNDER_WAY_MAX)
		fake->events[fake->event_count++] = *event;
}

static void answer(struct fake_bus *fake, const struct fake_job *job, struct oht_reply *reply)
{
	struct fake_unit *unit = &fake->units[job->request.unit];
	unsigned int i;

	reply->count = job->request.count;
	reply->turnaround_ns = unit->turnaround_us * 1000;
	for (i = 0; i < job->request.count; i++)
		if (writes(&job->request))
			unit->words[job->request.address + i] = job->words[i];
		else
			reply->words[i] = unit->words[job->request.address + i];
}

static void complete(struct fake_bus *fake, struct fake_job *job, uint8_t outcome)
{
	struct oht_event event = { .type = OHT_EVENT_REPLY, .reply = fake->far_reply };

	event.reply.cookie = job->cookie;
	event.reply.unit = job->request.unit;
	event.reply.function = job->request.function;
	event.reply.outcome = outcome;
	event.reply.attempts = 1;
	if (outcome == OHT_OUTCOME_OK && !fake->far)
		answer(fake, job, &event.reply);
	else if (outcome != OHT_OUTCOME_OK)
		event.reply.error = outcome == OHT_OUTCOME_TIMEOUT ? ETIMEDOUT : EIO;
	if (outcome == OHT_OUTCOME_EXCEPTION && !fake->far)
		event.reply.exception = 2;
	job->used = false;
	push(fake, &event);
}

uint64_t fake_bus_next_ns(const struct fake_bus *fake)
{
	return fake->running >= 0 ? fake->ends_ns : UINT64_MAX;
}

void fake_bus_run(struct fake_bus *fake)
{
	if (fake->running >= 0 && now_ns(fake) >= fake->ends_ns) {
		struct fake_job *job = &fake->jobs[fake->running];

		fake->running = -1;
		complete(fake, job, present_outcome(fake, &job->request));
	}
	start_next(fake);
}

/* ---- ops ---- */

static int fake_open(struct ohtd_bus *bus, char *error, size_t error_bytes)
{
	struct fake_bus *fake = fake_of(bus);

	if (!fake->there) {
		snprintf(error, error_bytes, "/dev/fake: No such file or directory");
		return -ENOENT;
	}
	fake->open = true;
	fake->gone = false;
	fake->opens++;
	return 0;
}

static void fake_close(struct ohtd_bus *bus)
{
	struct fake_bus *fake = fake_of(bus);

	if (fake->open && fake->status.is_controller)
		fake_bus_stop(fake, OHT_STOPPED_BY_CLOSE);
	fake->open = false;
	fake->status.is_controller = false;
	fake->running = -1;
	fake->event_count = 0;
	memset(fake->jobs, 0, sizeof(fake->jobs));
}

static void fake_destroy(struct ohtd_bus *bus)
{
	free(bus);
}

static int fake_info(struct ohtd_bus *bus, struct oht_dev_info *info)
{
	struct fake_bus *fake = fake_of(bus);

	memset(info, 0, sizeof(*info));
	if (fake->gone)
		return -ENODEV;
	info->caps = OHT_HAS_EXACT_TIMING;
	if (bus->ops->hardware_stop)
		info->caps |= OHT_HAS_ESTOP | OHT_HAS_CHANNEL_B;
	if (!fake->port_dead)
		info->caps |= OHT_HAS_BUS;
	if (fake->reset_button)
		info->caps |= OHT_HAS_RESET_BUTTON;
	strcpy(info->port, "fake");
	info->baud_bps = 115200;
	info->char_ns = CHAR_NS;
	info->t35_ns = GAP_NS;
	info->turnaround_max_us = 1000000;
	info->reset_stable_ms = 500;
	return 0;
}

static int fake_fd(struct ohtd_bus *bus)
{
	(void)bus;
	return -1;
}

static int fake_submit(struct ohtd_bus *bus, const struct oht_request *request, uint64_t *cookie)
{
	struct fake_bus *fake = fake_of(bus);
	unsigned int i;

	if (fake->gone || fake->port_dead)
		return -ENODEV;
	for (i = 0; i < OHT_UNDER_WAY_MAX; i++)
		if (!fake->jobs[i].used)
			break;
	if (i == OHT_UNDER_WAY_MAX)
		return -EAGAIN;
	fake->jobs[i].used = true;
	fake->jobs[i].cookie = ++fake->order;
	fake->jobs[i].order = fake->order;
	fake->jobs[i].request = *request;
	if (writes(request))
		memcpy(fake->jobs[i].words, request->words, request->count * 2);
	*cookie = fake->order;
	start_next(fake);
	return 0;
}

static int fake_cancel(struct ohtd_bus *bus, uint64_t cookie)
{
	(void)bus;
	(void)cookie;
	return -ENOENT;
}

static int fake_next(struct ohtd_bus *bus, struct oht_event *event)
{
	struct fake_bus *fake = fake_of(bus);

	if (!fake->event_count)
		return fake->gone ? -ENODEV : 0;
	*event = fake->events[0];
	fake->event_count--;
	memmove(fake->events, fake->events + 1, fake->event_count * sizeof(fake->events[0]));
	return 1;
}

static int fake_stop_status(struct ohtd_bus *bus, struct oht_stop_status *status)
{
	struct fake_bus *fake = fake_of(bus);

	if (fake->gone)
		return -ENODEV;
	fake->status.inputs = fake->pressed ? 0 : OHT_IN_A | OHT_IN_B;
	fake->status.outputs = fake->status.state == OHT_STATE_ENABLED
				       ? OHT_OUT_ENABLE_1 | OHT_OUT_ENABLE_2 : 0;
	fake->status.standing =
		fake->pressed || fake->unstable
			? oht_cause_mask(OHT_STOPPED_BY_BUTTON_A) |
			  oht_cause_mask(OHT_STOPPED_BY_BUTTON_B) : 0;
	*status = fake->status;
	return 0;
}

static int fake_take(struct ohtd_bus *bus, uint32_t *deadman_ms)
{
	struct fake_bus *fake = fake_of(bus);

	if (fake->status.has_controller && !fake->status.is_controller)
		return -EBUSY;
	if (!*deadman_ms)
		*deadman_ms = 100;
	fake->status.is_controller = true;
	fake->last_heartbeat_ns = now_ns(fake);
	return 0;
}

void fake_bus_stop(struct fake_bus *fake, unsigned int cause)
{
	struct oht_event event = { .type = OHT_EVENT_SAFETY };

	event.safety.kind = OHT_KIND_STOP;
	event.safety.cause = cause;
	event.safety.event_ns = now_ns(fake);
	if (fake->status.state != OHT_STATE_STOPPED) {
		fake->status.since_ns = now_ns(fake);
		fake->status.first_cause = cause;
		fake->status.causes = 0;
		event.safety.low_ns = now_ns(fake) + 3000;
	}
	fake->status.state = OHT_STATE_STOPPED;
	fake->status.causes |= oht_cause_mask(cause);
	fake->status.journal_seq++;
	push(fake, &event);
}

void fake_bus_press(struct fake_bus *fake)
{
	fake->pressed = true;
	fake_bus_stop(fake, OHT_STOPPED_BY_BUTTON_A);
}

static int fake_stop(struct ohtd_bus *bus, uint64_t tag)
{
	struct fake_bus *fake = fake_of(bus);

	if (fake->gone)
		return -ENODEV;
	fake->stops++;
	fake->last_tag = tag;
	fake_bus_stop(fake, OHT_STOPPED_BY_SOFTWARE);
	return 0;
}

static int fake_farewell(struct ohtd_bus *bus)
{
	struct fake_bus *fake = fake_of(bus);

	if (!fake->status.is_controller)
		return -EPERM;
	fake->farewells++;
	fake->status.is_controller = false;
	fake_bus_stop(fake, OHT_STOPPED_BY_FAREWELL);
	return 0;
}

static int fake_heartbeat(struct ohtd_bus *bus)
{
	struct fake_bus *fake = fake_of(bus);
	uint64_t passed_ns = now_ns(fake) - fake->last_heartbeat_ns;

	if (fake->gone)
		return -ENODEV;
	if (!fake->status.is_controller)
		return -EPERM;
	if (passed_ns > fake->longest_heartbeat_ns)
		fake->longest_heartbeat_ns = passed_ns;
	fake->last_heartbeat_ns = now_ns(fake);
	fake->heartbeats++;
	return 0;
}

static int fake_reset(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	struct fake_bus *fake = fake_of(bus);

	*blocking = 0;
	if (fake->gone)
		return -ENODEV;
	if (fake->reset_button)
		return -EREMOTE;
	if (fake->status.state != OHT_STATE_STOPPED)
		return -EINVAL;
	if (fake->pressed)
		*blocking = oht_cause_mask(OHT_STOPPED_BY_BUTTON_A);
	if (fake->pressed || fake->unstable)
		return -EBUSY;
	fake->last_tag = tag;
	fake->status.state = OHT_STATE_READY;
	fake->status.since_ns = now_ns(fake);
	fake->status.causes = 0;
	fake->status.first_cause = 0;
	return 0;
}

static int fake_enable(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	struct fake_bus *fake = fake_of(bus);

	*blocking = 0;
	if (!bus->ops->hardware_stop)
		return -EOPNOTSUPP;
	if (fake->gone)
		return -ENODEV;
	if (fake->status.state != OHT_STATE_READY)
		return -ECANCELED;
	*blocking = fake->missing;
	if (fake->missing)
		return -EBUSY;
	fake->last_tag = tag;
	fake->enables++;
	fake->status.state = OHT_STATE_ENABLED;
	fake->status.since_ns = now_ns(fake);
	if (fake->stop_at_enable)
		fake_bus_press(fake);
	return 0;
}

static int fake_disable(struct ohtd_bus *bus, uint64_t tag)
{
	struct fake_bus *fake = fake_of(bus);

	if (fake->gone)
		return -ENODEV;
	if (fake->status.state != OHT_STATE_ENABLED)
		return -ECANCELED;
	fake->last_tag = tag;
	fake->status.state = OHT_STATE_READY;
	fake->status.since_ns = now_ns(fake);
	return 0;
}

static int fake_self_test(struct ohtd_bus *bus, uint32_t *failed)
{
	struct fake_bus *fake = fake_of(bus);

	if (!bus->ops->hardware_stop)
		return -EOPNOTSUPP;
	if (fake->gone)
		return -ENODEV;
	if (fake->status.state != OHT_STATE_STOPPED)
		return -ECANCELED;
	if (fake->contacts_moving)
		return -EBUSY;
	*failed = fake->test_fails;
	fake->status.tested_ns = now_ns(fake);
	fake->status.test_failed = *failed;
	if (*failed)
		fake_bus_stop(fake, OHT_STOPPED_BY_SELF_TEST);
	return 0;
}

static int fake_telegrams(struct ohtd_bus *bus, const struct oht_stop_telegram *list,
			  unsigned int count)
{
	struct fake_bus *fake = fake_of(bus);
	int ret = fake->telegram_error;

	fake->telegram_calls++;
	fake->telegram_error = 0;
	if (ret)
		return ret;
	memcpy(fake->telegrams, list, count * sizeof(*list));
	fake->telegram_count = count;
	return 0;
}

#define FAKE_OPS(stop_in_hardware) {			\
	.name = (stop_in_hardware) ? "kernel" : "rtu",	\
	.hardware_stop = (stop_in_hardware),		\
	.open = fake_open,				\
	.close = fake_close,				\
	.info = fake_info,				\
	.fd = fake_fd,					\
	.submit = fake_submit,				\
	.cancel = fake_cancel,				\
	.next = fake_next,				\
	.stop_status = fake_stop_status,		\
	.take = fake_take,				\
	.farewell = fake_farewell,			\
	.heartbeat = fake_heartbeat,			\
	.stop = fake_stop,				\
	.reset = fake_reset,				\
	.enable = fake_enable,				\
	.disable = fake_disable,			\
	.self_test = fake_self_test,			\
	.telegrams = fake_telegrams,			\
	.destroy = fake_destroy,			\
}

static const struct ohtd_bus_ops ops_hardware = FAKE_OPS(true);
static const struct ohtd_bus_ops ops_software = FAKE_OPS(false);

struct fake_bus *fake_bus_create(struct ohtd_clock *clock, bool hardware_stop)
{
	struct fake_bus *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return NULL;
	fake->bus.ops = hardware_stop ? &ops_hardware : &ops_software;
	fake->bus.setup.device = "/dev/fake";
	fake->clock = clock;
	fake->running = -1;
	fake->there = true;
	fake->status.state = OHT_STATE_STOPPED;
	fake->status.first_cause = OHT_STOPPED_BY_START;
	fake->status.causes = oht_cause_mask(OHT_STOPPED_BY_START);
	return fake;
}

void fake_bus_plug(struct fake_bus *fake, const struct ohtd_model *model,
		   const struct ohtd_kind *kind, enum oht_profile profile)
{
	struct fake_unit *unit = &fake->units[kind->module->unit];
	const struct oht_regmap *map = &kind->module->map[profile];
	size_t i;

	memset(unit, 0, sizeof(*unit));
	unit->present = true;
	unit->turnaround_us = TURNAROUND_US;
	for (i = 0; i < map->count; i++) {
		const struct oht_register *reg = &map->reg[i];

		unit->known[reg->address] = true;
		if (reg->words == 2)
			unit->known[reg->address + 1] = true;
		if (reg->has_initial)
			oht_register_encode(reg, reg->initial, &unit->words[reg->address]);
	}
	unit->words[model->device_id_address] = kind->module->unit;
	unit->words[model->module_type_address] = kind->module->type_code;
	for (i = 0; i < 4; i++) {
		const struct oht_register *reg;
		char name[16];

		snprintf(name, sizeof(name), "distance_%zu", i + 1);
		reg = oht_regmap_find(map, name);
		if (reg)
			unit->words[reg->address] = 4000;
	}
}

void fake_bus_set(struct fake_bus *fake, const struct ohtd_model *model, const char *module,
		  const char *reg_name, uint16_t word)
{
	const struct ohtd_kind *kind = ohtd_model_by_name(model, module);
	const struct oht_register *reg = oht_regmap_find(&kind->module->map[0], reg_name);

	fake->units[kind->module->unit].words[reg->address] = word;
}
