// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_request.h"

#define TURNAROUND_US	1750
#define DEADMAN_MIN_MS	10
#define DEADMAN_MAX_MS	10000
#define DEADMAN_DEFAULT_MS	100
#define NS_PER_MS	1000000ull

static struct fake_bus *fake_of(struct ohtd_bus *bus)
{
	return (struct fake_bus *)bus;
}

static uint64_t now_ns(const struct fake_bus *fake)
{
	return ohtd_clock_monotonic_ns(fake->clock);
}

/* ---- time ---- */

static uint64_t deadman_ns(const struct fake_bus *fake)
{
	if (!fake->status.is_controller || !fake->bus.ops->hardware_stop)
		return UINT64_MAX;
	return fake->last_heartbeat_ns + fake->status.deadman_ms * NS_PER_MS;
}

static bool is_late(const struct fake_bus *fake)
{
	return now_ns(fake) >= deadman_ns(fake);
}

uint64_t fake_bus_next_ns(const struct fake_bus *fake)
{
	uint64_t wire_ns = fake_bus_wire_next_ns(fake);

	return is_late(fake) || wire_ns < deadman_ns(fake) ? wire_ns : deadman_ns(fake);
}

void fake_bus_run(struct fake_bus *fake)
{
	if (is_late(fake))
		fake_bus_stop(fake, OHT_STOPPED_BY_DEADMAN);
	fake_bus_wire_run(fake);
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

static void leave(struct fake_bus *fake)
{
	fake->status.is_controller = false;
	fake->status.has_controller = false;
	fake->status.deadman_ms = 0;
}

static void fake_close(struct ohtd_bus *bus)
{
	struct fake_bus *fake = fake_of(bus);

	if (fake->open && fake->status.is_controller)
		fake_bus_stop(fake, OHT_STOPPED_BY_CLOSE);
	fake->open = false;
	leave(fake);
	fake->running = -1;
	fake->event_count = 0;
	fake->under_way = 0;
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
	info->char_ns = FAKE_CHAR_NS;
	info->t35_ns = FAKE_GAP_NS;
	info->turnaround_max_us = 5000000;
	info->deadman_min_ms = DEADMAN_MIN_MS;
	info->deadman_max_ms = DEADMAN_MAX_MS;
	info->deadman_default_ms = DEADMAN_DEFAULT_MS;
	info->reset_stable_ms = 500;
	return 0;
}

static int fake_unit(struct ohtd_bus *bus, uint8_t unit, struct oht_unit_view *view)
{
	const struct fake_bus *fake = fake_of(bus);

	*view = (struct oht_unit_view){
		.bytes_stray = fake->units[unit].bytes_stray,
		.bytes_extra = fake->units[unit].bytes_extra,
	};
	return fake->gone ? -ENODEV : 0;
}

static int fake_fd(struct ohtd_bus *bus)
{
	(void)bus;
	return -1;
}

static uint64_t standing(const struct fake_bus *fake)
{
	uint64_t mask = 0;

	if (fake->pressed || fake->unstable)
		mask |= oht_cause_mask(OHT_STOPPED_BY_BUTTON_A) |
			oht_cause_mask(OHT_STOPPED_BY_BUTTON_B);
	if (is_late(fake))
		mask |= oht_cause_mask(OHT_STOPPED_BY_DEADMAN);
	if (fake->status.test_failed)
		mask |= oht_cause_mask(OHT_STOPPED_BY_SELF_TEST);
	return mask;
}

static int fake_stop_status(struct ohtd_bus *bus, struct oht_stop_status *status)
{
	struct fake_bus *fake = fake_of(bus);

	if (fake->gone)
		return -ENODEV;
	fake_bus_run(fake);
	fake->status.inputs = fake->pressed ? 0 : OHT_IN_A | OHT_IN_B;
	fake->status.outputs = fake->status.state == OHT_STATE_ENABLED
				       ? OHT_OUT_ENABLE_1 | OHT_OUT_ENABLE_2 : 0;
	fake->status.standing = standing(fake);
	*status = fake->status;
	return 0;
}

static void tell(struct fake_bus *fake, unsigned int kind, unsigned int cause, unsigned int from)
{
	struct oht_event event = { .type = OHT_EVENT_SAFETY };

	event.safety.journal_seq = ++fake->status.journal_seq;
	event.safety.kind = kind;
	event.safety.cause = cause;
	event.safety.causes = fake->status.causes;
	event.safety.tag = fake->last_tag;
	event.safety.state_from = from;
	event.safety.state_to = fake->status.state;
	event.safety.event_ns = now_ns(fake);
	if (from == OHT_STATE_ENABLED && fake->status.state != OHT_STATE_ENABLED)
		event.safety.low_ns = now_ns(fake) + 3000;
	/* Who has not opened the device is told nothing; without a driver only stops are told. */
	if (fake->open && (kind == OHT_KIND_STOP || fake->bus.ops->hardware_stop))
		fake_bus_push(fake, &event);
}

static void enter(struct fake_bus *fake, unsigned int state, unsigned int kind,
		  unsigned int cause)
{
	unsigned int from = fake->status.state;

	if (state != OHT_STATE_ENABLED && from != OHT_STATE_STOPPED)
		fake_bus_forget_outputs(fake);
	if (from != state)
		fake->status.since_ns = now_ns(fake);
	fake->status.state = state;
	tell(fake, kind, cause, from);
}

static int fake_take(struct ohtd_bus *bus, uint32_t *deadman_ms)
{
	struct fake_bus *fake = fake_of(bus);
	uint32_t period_ms = *deadman_ms ? *deadman_ms : DEADMAN_DEFAULT_MS;

	if (fake->gone)
		return -ENODEV;
	/* Nobody would act on a late heartbeat there. */
	if (!bus->ops->hardware_stop) {
		*deadman_ms = 0;
		fake->status.is_controller = fake->status.has_controller = true;
		return 0;
	}
	if (period_ms < DEADMAN_MIN_MS || period_ms > DEADMAN_MAX_MS)
		return -EINVAL;
	if (fake->status.has_controller)
		return -EBUSY;
	*deadman_ms = period_ms;
	fake->status.is_controller = fake->status.has_controller = true;
	fake->status.deadman_ms = period_ms;
	fake->last_heartbeat_ns = now_ns(fake);
	tell(fake, OHT_KIND_CONTROL, 0, fake->status.state);
	return 0;
}

void fake_bus_stop(struct fake_bus *fake, unsigned int cause)
{
	if (fake->status.state != OHT_STATE_STOPPED)
		fake->status.causes = 0;
	if (!fake->status.causes)
		fake->status.first_cause = cause;
	fake_bus_end_jobs(fake, false);
	fake_bus_tell_drive(fake);
	/* Recorded once per stop. */
	if (fake->status.causes & oht_cause_mask(cause))
		return;
	fake->status.causes |= oht_cause_mask(cause);
	enter(fake, OHT_STATE_STOPPED, OHT_KIND_STOP, cause);
}

void fake_bus_unbind(struct fake_bus *fake)
{
	fake_bus_stop(fake, OHT_STOPPED_BY_UNBIND);
	fake_bus_end_jobs(fake, true);
	fake->gone = true;
	fake->there = false;
}

void fake_bus_press(struct fake_bus *fake)
{
	fake->pressed = true;
	fake_bus_stop(fake, OHT_STOPPED_BY_BUTTON_A);
	fake_bus_stop(fake, OHT_STOPPED_BY_BUTTON_B);
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

	if (fake->gone)
		return -ENODEV;
	if (!fake->status.is_controller)
		return -EPERM;
	fake->farewells++;
	leave(fake);
	fake_bus_stop(fake, OHT_STOPPED_BY_FAREWELL);
	return 0;
}

static int fake_heartbeat(struct ohtd_bus *bus)
{
	struct fake_bus *fake = fake_of(bus);
	uint64_t passed_ns = now_ns(fake) - fake->last_heartbeat_ns;

	if (fake->gone)
		return -ENODEV;
	fake_bus_run(fake);
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
	fake_bus_run(fake);
	if (!fake->status.is_controller)
		return -EPERM;
	if (fake->reset_button)
		return -EREMOTE;
	if (fake->status.state != OHT_STATE_STOPPED)
		return -ECANCELED;
	*blocking = standing(fake);
	if (*blocking)
		return -EBUSY;
	if (fake->stop_at_reset)
		fake_bus_stop(fake, OHT_STOPPED_BY_SOFTWARE);
	fake->stop_at_reset = false;
	fake->last_tag = tag;
	fake->status.causes = 0;
	fake->status.first_cause = 0;
	enter(fake, OHT_STATE_READY, OHT_KIND_RESET, 0);
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
	fake_bus_run(fake);
	if (!fake->status.is_controller)
		return -EPERM;
	*blocking = fake->status.causes;
	if (fake->status.state != OHT_STATE_READY)
		return -ECANCELED;
	*blocking = fake->missing;
	if (fake->missing)
		return -EBUSY;
	fake->last_tag = tag;
	fake->enables++;
	enter(fake, OHT_STATE_ENABLED, OHT_KIND_ENABLE, 0);
	if (fake->stop_at_enable)
		fake_bus_press(fake);
	return 0;
}

static int fake_disable(struct ohtd_bus *bus, uint64_t tag)
{
	struct fake_bus *fake = fake_of(bus);

	if (!bus->ops->hardware_stop)
		return -ECANCELED;
	if (fake->gone)
		return -ENODEV;
	fake_bus_run(fake);
	if (!fake->status.is_controller)
		return -EPERM;
	if (fake->status.state != OHT_STATE_ENABLED)
		return -ECANCELED;
	fake->last_tag = tag;
	enter(fake, OHT_STATE_READY, OHT_KIND_DISABLE, 0);
	return 0;
}

static int fake_self_test(struct ohtd_bus *bus, uint32_t *failed)
{
	struct fake_bus *fake = fake_of(bus);

	if (!bus->ops->hardware_stop)
		return -EOPNOTSUPP;
	if (fake->gone)
		return -ENODEV;
	if (!fake->status.is_controller)
		return -EPERM;
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
	unsigned int i;

	if (!bus->ops->hardware_stop)
		return -EOPNOTSUPP;
	if (fake->gone)
		return -ENODEV;
	fake->telegram_calls++;
	fake->telegram_error = 0;
	if (ret)
		return ret;
	if (!fake->status.is_controller)
		return -EPERM;
	if (count > OHT_STOP_TELEGRAMS_MAX)
		return -EINVAL;
	for (i = 0; i < count; i++)
		if (fake_request_check_telegram(&list[i]))
			return -EINVAL;
	for (i = 0; i < count; i++)
		fake->telegrams[i] = list[i];
	fake->telegram_count = count;
	return 0;
}

#define FAKE_OPS(stop_in_hardware) {			\
	.name = (stop_in_hardware) ? "kernel" : "rtu",	\
	.hardware_stop = (stop_in_hardware),		\
	.open = fake_open,				\
	.close = fake_close,				\
	.info = fake_info,				\
	.unit = (stop_in_hardware) ? fake_unit : NULL,	\
	.fd = fake_fd,					\
	.submit = fake_bus_submit,				\
	.cancel = fake_bus_cancel,				\
	.next = fake_bus_next,				\
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
	.plan = fake_bus_plan,				\
	.outputs = fake_bus_outputs,			\
	.image_head = fake_bus_image_head,		\
	.image = fake_bus_image,			\
	.destroy = fake_destroy,			\
}

static const struct ohtd_bus_ops ops_hardware = FAKE_OPS(true);
static const struct ohtd_bus_ops ops_software = FAKE_OPS(false);

void fake_bus_bind(struct fake_bus *fake)
{
	fake->there = true;
	/* A driver that comes has no plan. */
	fake->grid = (struct ohtd_grid){ .char_ns = FAKE_CHAR_NS, .gap_ns = FAKE_GAP_NS };
	fake->has_next = false;
	fake->give = fake->whole = false;
	fake->give_cycle = 0;
	fake->running_entry = -1;
	fake->telegrams_left = fake->telegram_count = 0;
	fake->telegram_runs = false;
	fake->status = (struct oht_stop_status){
		.state = OHT_STATE_STOPPED,
		.first_cause = OHT_STOPPED_BY_START,
		.causes = oht_cause_mask(OHT_STOPPED_BY_START),
	};
}

struct fake_bus *fake_bus_create(struct ohtd_clock *clock, bool hardware_stop)
{
	struct fake_bus *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return NULL;
	fake->bus.ops = hardware_stop ? &ops_hardware : &ops_software;
	fake->bus.setup.device = "/dev/fake";
	fake->grid = (struct ohtd_grid){ .char_ns = FAKE_CHAR_NS, .gap_ns = FAKE_GAP_NS };
	fake->clock = clock;
	fake->running = -1;
	fake->running_entry = -1;
	fake_bus_bind(fake);
	return fake;
}

/* What a module that works measures, beside its defaults. */
static const struct shown {
	const char *name;
	uint16_t word;
} shown[] = {
	{ "battery_voltage", 240 }, { "operation_status", 1 },
	{ "distance_1", 4000 }, { "distance_2", 4000 }, { "distance_3", 4000 }, { "distance_4", 4000 },
};

/* As the simulator begins: a robot without charge begins no move. */
static void charge(struct fake_unit *unit, const struct oht_register *reg)
{
	if (reg)
		oht_register_encode(reg, 80, &unit->words[reg->address]);
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
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const struct oht_register *reg = oht_regmap_find(map, shown[i].name);

		if (reg)
			unit->words[reg->address] = shown[i].word;
	}
	charge(unit, oht_regmap_find(map, "battery_soc"));
}

void fake_bus_set(struct fake_bus *fake, const struct ohtd_model *model, const char *module,
		  const char *reg_name, uint16_t word)
{
	const struct ohtd_kind *kind = ohtd_model_by_name(model, module);
	const struct oht_register *reg = oht_regmap_find(&kind->module->map[0], reg_name);

	fake->units[kind->module->unit].words[reg->address] = word;
}
