// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "control/control.h"

#define DIRECTION_REVERSE	2
#define WELL_NS			(5 * OHTD_NS_PER_S)

/* Valid is what is in range and recent; when it was read stays to be seen in any case. */
static void view_signal(const struct ohtd_control *control, enum ohtd_signal signal,
			struct ohtd_value *view)
{
	double number;

	ohtd_signal(control, signal, view);
	view->valid = ohtd_signal_fresh(control, signal, &number);
}

static void view_signals(struct ohtd_control *control)
{
	struct ohtd_snapshot *snapshot = &control->snapshot;
	double direction;

	view_signal(control, OHTD_SIGNAL_POSITION_MM, &snapshot->position_mm);
	view_signal(control, OHTD_SIGNAL_SPEED_MM_S, &snapshot->speed_mm_s);
	view_signal(control, OHTD_SIGNAL_BATTERY_PERCENT, &snapshot->battery_percent);
	/* A profile with an unsigned speed says which way in a register of its own. */
	if (ohtd_signal_fresh(control, OHTD_SIGNAL_DRIVE_DIRECTION, &direction) &&
	    (int)direction == DIRECTION_REVERSE && snapshot->speed_mm_s.value > 0)
		snapshot->speed_mm_s.value = -snapshot->speed_mm_s.value;
}

/* A required module that has never been seen has a line all the same. */
static void view_missing(const struct ohtd_kind *kind, struct ohtd_module_view *view)
{
	memset(view, 0, sizeof(*view));
	view->unit = kind->module->unit;
	view->health = OHTD_HEALTH_ABSENT;
	view->required = kind->module->required;
	snprintf(view->name, sizeof(view->name), "%s", kind->module->name);
}

/* One module each time, so that many modules cost no more than one. */
static void count_bytes(struct ohtd_control *control)
{
	const struct ohtd_bus_ops *ops = control->bus->ops;
	struct oht_unit_view counted;
	struct ohtd_module_view *view;
	unsigned int tries = OHTD_UNITS;

	if (!ops->unit || !control->device.open)
		return;
	do {
		control->modules.counted = (control->modules.counted + 1) % OHTD_UNITS;
		view = &control->modules.units[control->modules.counted].view;
	} while (!view->generation && --tries);
	if (!tries || ops->unit(control->bus, view->unit, &counted))
		return;
	view->bytes_stray = (int64_t)counted.bytes_stray;
	view->bytes_extra = (int64_t)counted.bytes_extra;
}

/* 0: not known. */
static uint16_t version_of(const struct ohtd_unit *unit, int place)
{
	const struct ohtd_register_value *value = &unit->values.values[place < 0 ? 0 : place];

	return unit->plan && place >= 0 && value->state == OHTD_REGISTER_OK ? value->words[0] : 0;
}

/* Since when the module answers only now and then. A time in which it answers well ends that if it is longer than WELL_NS. */
static uint64_t degraded_since(struct ohtd_control *control, struct ohtd_unit *unit)
{
	if (unit->told_health == OHTD_HEALTH_LOST || control->now_ns - unit->degraded_ns > WELL_NS)
		unit->degraded_since_ns = control->now_ns;
	unit->degraded_ns = control->now_ns;
	return unit->degraded_since_ns;
}

/* Health changes in many places: what counts is when a change is seen from outside. */
static uint64_t health_since(struct ohtd_control *control, struct ohtd_unit *unit)
{
	if (unit->view.health == OHTD_HEALTH_DEGRADED)
		unit->health_since_ns = degraded_since(control, unit);
	else if (!unit->health_since_ns || unit->told_health != unit->view.health)
		unit->health_since_ns = control->now_ns;
	unit->told_health = unit->view.health;
	return unit->health_since_ns;
}

static void view_modules(struct ohtd_control *control)
{
	struct ohtd_snapshot *snapshot = &control->snapshot;
	unsigned int i;

	count_bytes(control);
	snapshot->bus.kept = control->modules.kept;
	snapshot->module_count = 0;
	for (i = 0; i < control->modules.searched.count; i++) {
		uint8_t address = control->modules.searched.unit[i];
		struct ohtd_unit *unit = ohtd_unit(&control->modules, address);
		const struct ohtd_kind *kind = ohtd_model_by_unit(control->model, address);
		struct ohtd_module_view *view = &snapshot->modules[snapshot->module_count];

		if (unit->view.generation) {
			*view = unit->view;
			/* Another module at the address does not replace the one that is missing there. */
			view->required = kind && kind->module->required;
			view->firmware_version = version_of(unit, unit->firmware);
			view->hardware_version = version_of(unit, unit->hardware);
		} else if (kind) {
			view_missing(kind, view);
			view->requests = unit->view.requests;
			view->timeouts = unit->view.timeouts;
			view->next_probe_ns = unit->view.next_probe_ns;
			view->health = unit->view.health;
		} else {
			continue;
		}
		if (!control->bus->ops->unit)
			view->bytes_stray = view->bytes_extra = -1;
		view->health_since_ns = health_since(control, unit);
		snapshot->module_count++;
	}
}

static void view_faults(struct ohtd_control *control)
{
	struct ohtd_why_list *list = &control->snapshot.faults;
	unsigned int i;

	list->count = 0;
	for (i = 0; i < control->fault_count; i++)
		ohtd_why_add(list, control->faults[i].why.code, control->faults[i].why.unit,
			     control->faults[i].why.detail);
}

static void view_alert(struct ohtd_snapshot *snapshot, const struct ohtd_fault *what, bool fault)
{
	snapshot->alerts[snapshot->alert_count++] = (struct ohtd_alert_view){
		.why = what->why, .fault = fault, .over = !what->standing, .since_ns = what->since_ns,
	};
}

_Static_assert(OHTD_FAULTS_MAX + OHTD_NOTES_MAX <= OHTD_ALERTS_MAX, "each is shown");

static void view_alerts(struct ohtd_control *control)
{
	struct ohtd_snapshot *snapshot = &control->snapshot;
	unsigned int i;

	snapshot->alert_count = 0;
	for (i = 0; i < control->fault_count; i++)
		view_alert(snapshot, &control->faults[i], true);
	for (i = 0; i < control->note_count; i++)
		view_alert(snapshot, &control->notes[i], false);
}

static void view_bus(struct ohtd_control *control)
{
	struct ohtd_bus_view *view = &control->snapshot.bus;
	const struct ohtd_device *device = &control->device;

	view->present = device->open;
	if (device->open)
		view->absent_since_ns = 0;
	else if (!view->absent_since_ns)
		view->absent_since_ns = control->now_ns;
	view->timing_exact = device->open && (device->info.caps & OHT_HAS_EXACT_TIMING);
	view->baud_bps = device->info.baud_bps;
	memcpy(view->error, device->error, sizeof(view->error));
	snprintf(view->port, sizeof(view->port), "%.*s", (int)sizeof(view->port) - 1,
		 device->info.port);
}

/* Each verb leads another way. */
static void view_interlocks(struct ohtd_control *control)
{
	unsigned int verb;

	for (verb = 0; verb < OHTD_VERBS; verb++) {
		struct ohtd_why_list *list = &control->snapshot.why_not[verb];

		const struct ohtd_raised wonder = {
			.event = ohtd_verb_row(ohtd_verb_kind(verb))->event,
		};

		list->count = 0;
		ohtd_travel_ask(control, &wonder);
		ohtd_travel_facts(control);
		ohtd_why_event(control, wonder.event, list);
	}
	ohtd_travel_ask(control, NULL);
	ohtd_travel_facts(control);
}

static bool same_reasons(const struct ohtd_why_list *a, const struct ohtd_why_list *b)
{
	uint32_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count && i < OHTD_WHY_MAX; i++)
		if (a->items[i].code != b->items[i].code || a->items[i].unit != b->items[i].unit)
			return false;
	return true;
}

/* Its end moves with each word of the holder, and is no change. */
static bool same_holder(const struct ohtd_control_view *a, const struct ohtd_control_view *b)
{
	return a->held == b->held && a->offered == b->offered && a->since_ns == b->since_ns &&
	       !strcmp(a->holder.user, b->holder.user) &&
	       !strcmp(a->holder.session, b->holder.session) && !strcmp(a->reason, b->reason);
}

/*
 * Control and interlocks depend on the session that asks, so no channel has them: rights_seq tells
 * clients to ask again.
 */
static void view_rights(struct ohtd_control *control)
{
	struct ohtd_snapshot *snapshot = &control->snapshot;
	struct ohtd_why_list before[OHTD_VERBS];
	bool same = same_holder(&snapshot->control, &control->lease.view);
	unsigned int verb;

	memcpy(before, snapshot->why_not, sizeof(before));
	snapshot->control = control->lease.view;
	view_interlocks(control);
	for (verb = 0; verb < OHTD_VERBS; verb++)
		same = same && same_reasons(&before[verb], &snapshot->why_not[verb]);
	if (!same)
		snapshot->rights_seq++;
}

void ohtd_publish(struct ohtd_control *control)
{
	struct ohtd_snapshot *snapshot = &control->snapshot;

	snapshot->version = ohtd_seqlock_version(&control->published) + 1;
	snapshot->time_ns = control->now_ns;
	snapshot->state = control->state;
	snapshot->state_since_ns = control->state_since_ns;
	snapshot->mode = control->mode;
	view_signals(control);
	view_modules(control);
	view_faults(control);
	view_alerts(control);
	view_bus(control);
	ohtd_travel_view(control, snapshot);
	snapshot->passage = control->passages.last;
	ohtd_safety_view(control, &snapshot->safety);
	snapshot->why_not_enable.count = 0;
	if (!ohtd_bus_has_outputs(control->bus))
		ohtd_why_add(&snapshot->why_not_enable, OHTD_WHY_UNSUPPORTED, 0, 0);
	ohtd_why_event(control, OHTD_EVENT_SAFE_RESET, &snapshot->why_not_enable);
	snapshot->why_not_reset.count = 0;
	if ((control->device.info.caps & OHT_HAS_RESET_BUTTON) &&
	    ohtd_safety_state(control) == OHTD_SAFETY_STOPPED)
		ohtd_why_add(&snapshot->why_not_reset, OHTD_WHY_RESET_BUTTON, 0, 0);
	ohtd_why_event(control, OHTD_EVENT_ESTOP_RESET, &snapshot->why_not_reset);
	view_rights(control);
	ohtd_seqlock_publish(&control->published, snapshot);
}

void ohtd_publish_registers(struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &control->modules.units[i];

		if (!unit->dirty)
			continue;
		ohtd_seqlock_publish(&unit->published, &unit->values);
		unit->dirty = false;
	}
}

/*
 * The point of a grid of 25 ms that is nearest to this cycle. A new plan of the bus makes the next cycle come sooner, so a count of
 * cycles would run ahead of the clock. False: the cycle before is nearest to the same point.
 */
static bool take_point(struct ohtd_control *control, uint64_t *point)
{
	uint64_t tick_ns = OHTD_CYCLE_MS * OHTD_NS_PER_MS;
	uint64_t time_ns = control->next_tick_ns - tick_ns;

	if (!control->points_ns)
		control->points_ns = time_ns;
	*point = (time_ns - control->points_ns + tick_ns / 2) / tick_ns;
	if (*point < control->next_point)
		return false;
	control->next_point = *point + 1;
	return true;
}

/* All signals of the cycle whose snapshot has been published go into the ring. */
void ohtd_publish_sample(struct ohtd_control *control)
{
	const struct ohtd_snapshot *snapshot = &control->snapshot;
	const struct ohtd_registers *registers[OHTD_MODULES_MAX] = { 0 };
	const struct oht_regmap *maps[OHTD_MODULES_MAX] = { 0 };
	struct ohtd_sample sample = { 0 };

	if (!take_point(control, &sample.number))
		return;
	sample.time_ns = control->points_ns + sample.number * OHTD_CYCLE_MS * OHTD_NS_PER_MS;
	for (unsigned int i = 0; i < snapshot->module_count; i++) {
		const struct ohtd_unit *unit = ohtd_unit_seen(&control->modules, snapshot->modules[i].unit);

		registers[i] = &unit->values;
		if (snapshot->modules[i].generation && unit->plan)
			maps[i] = unit->plan->map;
	}
	ohtd_sampler_take(&control->sampler, snapshot, maps, registers, &sample);
	ohtd_samples_put(&control->samples, &sample);
}
