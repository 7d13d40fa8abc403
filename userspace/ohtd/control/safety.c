// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stop as the device says it, and the robot's state that must follow it: a transition of the
 * device raises the event, never the reverse; switched on is the robot only while the device is.
 * Source: README.md of the data files, "Robot state and kernel state".
 */
#include <errno.h>
#include <string.h>

#include "control/control.h"

/* Causes after which the machine may be made ready without a person: nothing has happened. */
#define HARMLESS	(oht_cause_mask(OHT_STOPPED_BY_START) | \
			 oht_cause_mask(OHT_STOPPED_BY_FAREWELL))

enum ohtd_safety_state ohtd_safety_state(const struct ohtd_control *control)
{
	if (!control->safety.known)
		return OHTD_SAFETY_UNKNOWN;
	switch (control->safety.status.state) {
	case OHT_STATE_READY:
		return OHTD_SAFETY_READY;
	case OHT_STATE_ENABLED:
		return OHTD_SAFETY_ENABLED;
	default:
		return OHTD_SAFETY_STOPPED;
	}
}

uint64_t ohtd_safety_enabled_ns(const struct ohtd_control *control)
{
	const struct oht_stop_status *status = &control->safety.status;

	if (!control->device.open || !control->safety.known || status->state != OHT_STATE_ENABLED)
		return 0;
	return status->since_ns ? status->since_ns : 1;
}

/* Those of the present stop, and those that stand in any state. */
static uint64_t present_causes(const struct oht_stop_status *status)
{
	return (status->state == OHT_STATE_STOPPED ? status->causes : 0) | status->standing;
}

uint64_t ohtd_safety_open_inputs(const struct ohtd_control *control)
{
	const struct oht_stop_status *status = &control->safety.status;
	uint64_t caps = control->device.info.caps;
	uint64_t causes = 0;

	if ((caps & OHT_HAS_ESTOP) && !(status->inputs & OHT_IN_A))
		causes |= oht_cause_mask(OHT_STOPPED_BY_BUTTON_A);
	if ((caps & OHT_HAS_CHANNEL_B) && !(status->inputs & OHT_IN_B))
		causes |= oht_cause_mask(OHT_STOPPED_BY_BUTTON_B);
	return causes;
}

/*
 * A cause that stands without having stopped anything is no latch: right after the driver has come,
 * the button stands until its contacts have been closed for a while, and init waits for that.
 */
bool ohtd_safety_latched(const struct ohtd_control *control)
{
	const struct oht_stop_status *status = &control->safety.status;

	if (!control->safety.known)
		return true;
	return status->state == OHT_STATE_STOPPED &&
	       ((status->causes & ~HARMLESS) || ohtd_safety_open_inputs(control));
}

static void note_causes(struct ohtd_control *control)
{
	struct ohtd_safety *safety = &control->safety;
	uint64_t causes = present_causes(&safety->status);
	unsigned int cause;

	for (cause = 0; cause < OHT_CAUSES_MAX; cause++) {
		if (!(causes & (1ull << cause)))
			safety->cause_since_ns[cause] = 0;
		else if (!safety->cause_since_ns[cause])
			safety->cause_since_ns[cause] =
				cause == safety->status.first_cause ? safety->status.since_ns
								    : control->now_ns;
	}
}

static void follow_stopped(struct ohtd_control *control)
{
	const struct ohtd_why why = {
		.code = OHTD_WHY_STOP_CAUSE,
		.detail = (uint8_t)control->safety.status.first_cause,
	};

	if (ohtd_state_is_enabled(control->state) || control->state == OHTD_STATE_SAFE ||
	    (control->state == OHTD_STATE_FAULT && ohtd_safety_latched(control)))
		ohtd_event_raise(control, OHTD_EVENT_ESTOP_TRIGGERED, &why);
}

static void follow_ready(struct ohtd_control *control)
{
	const struct ohtd_why why = { .code = OHTD_WHY_NOT_ENABLED };

	if (control->state == OHTD_STATE_ESTOP) {
		/* A button has reset the device; the robot waits for its own reset, as a person's. */
		if (control->device.info.caps & OHT_HAS_RESET_BUTTON)
			return;
		/* Only this thread may reset, and it has not: the latch belongs here. */
		ohtd_safety_stop(control, &(struct ohtd_why){ .code = OHTD_WHY_STATE });
	} else if (ohtd_state_is_enabled(control->state)) {
		bool can_disable = ohtd_machine_find(&control->machine, control->state,
						     OHTD_EVENT_DISABLE_COMMAND,
						     control->facts);

		ohtd_event_raise(control, can_disable ? OHTD_EVENT_DISABLE_COMMAND
						      : OHTD_EVENT_FAULT_DETECTED, &why);
	}
}

static int read_status(struct ohtd_control *control)
{
	struct ohtd_safety *safety = &control->safety;
	struct oht_stop_status status;
	int ret = control->bus->ops->stop_status(control->bus, &status);

	if (ret)
		return ret;
	if (!safety->known || status.state != safety->status.state ||
	    status.causes != safety->status.causes || status.standing != safety->status.standing)
		control->notify = true;
	if (status.state != OHT_STATE_STOPPED)
		safety->stops = 0;
	if (status.since_ns != safety->status.since_ns)
		safety->own_why = (struct ohtd_why){ 0 };
	safety->status = status;
	safety->known = true;
	safety->stale = false;
	note_causes(control);
	return 0;
}

void ohtd_safety_refresh(struct ohtd_control *control)
{
	int ret;

	if (!control->device.open)
		return;
	ret = read_status(control);
	if (ret) {
		if (ret == -ENODEV)
			ohtd_device_lost(control);
		return;
	}
	switch (control->safety.status.state) {
	case OHT_STATE_STOPPED:
		follow_stopped(control);
		break;
	case OHT_STATE_READY:
		follow_ready(control);
		break;
	default:
		/*
		 * Only while we are switching on may the device be ahead of the robot's state, and
		 * behind it only while the drive is brought to a standstill.
		 */
		if (!ohtd_state_is_enabled(control->state) && !control->steps.row &&
		    control->enable.step == OHTD_ENABLE_IDLE)
			ohtd_safety_disable(control, 0);
	}
}

/* The recorder reads the journal of a device. A further cause of a stop is no new stop. */
static void record_stop(struct ohtd_control *control, const struct oht_safety_event *event)
{
	struct ohtd_event_record record = {
		.time_ns = control->now_ns,
		.tag = event->tag,
		.kind = OHTD_RECORD_STOP,
		.from = (uint8_t)control->state,
		.to = (uint8_t)control->state,
		.event = OHTD_EVENTS,
		.role = OHTD_ROLE_SYSTEM,
		.action = OHTD_NO_ACTION,
		.stop = *event,
	};

	if (!control->bus->ops->hardware_stop && event->state_from != OHT_STATE_STOPPED)
		ohtd_event_ring_put(&control->event_ring, &record);
}

void ohtd_safety_event(struct ohtd_control *control, const struct oht_safety_event *event)
{
	struct ohtd_safety *safety = &control->safety;

	control->notify = true;
	safety->stale = true;
	if (event->kind != OHT_KIND_STOP && event->kind != OHT_KIND_GLITCH)
		return;
	safety->stops++;
	record_stop(control, event);
	if (event->low_ns) {
		safety->last_event_ns = event->event_ns;
		safety->last_low_ns = event->low_ns;
	}
}

void ohtd_safety_stop(struct ohtd_control *control, const struct ohtd_why *why)
{
	struct ohtd_safety *safety = &control->safety;
	bool asked_before = safety->known && safety->status.state == OHT_STATE_STOPPED &&
			    safety->status.causes & oht_cause_mask(OHT_STOPPED_BY_SOFTWARE);

	if (!control->device.open)
		return;
	if (control->bus->ops->stop(control->bus, ohtd_why_tag(why)) == -ENODEV) {
		ohtd_device_lost(control);
		return;
	}
	read_status(control);
	if (!asked_before)
		safety->own_why = *why;
}

void ohtd_safety_stop_for_loss(struct ohtd_control *control, const struct ohtd_why *why)
{
	const struct oht_stop_status *status = &control->safety.status;

	if (control->device.open && !read_status(control) && status->state == OHT_STATE_STOPPED &&
	    status->causes & oht_cause_mask(OHT_STOPPED_BY_SOFTWARE))
		return;
	ohtd_safety_stop(control, why);
}

void ohtd_safety_disable(struct ohtd_control *control, uint64_t tag)
{
	const struct ohtd_why why = { .code = OHTD_WHY_STATE };

	if (ohtd_safety_state(control) != OHTD_SAFETY_ENABLED)
		return;
	if (control->bus->ops->disable(control->bus, tag)) {
		ohtd_safety_stop(control, &why);
		return;
	}
	read_status(control);
	/* Where no output takes the power from a drive, it keeps its last set-point. */
	if (!control->bus->ops->hardware_stop)
		ohtd_telegram_start(&control->modules, OHTD_TELEGRAM_STOP);
}

static void list_causes(uint64_t causes, struct ohtd_why_list *why)
{
	unsigned int cause;

	for (cause = 1; cause < OHT_CAUSES_MAX; cause++)
		if (causes & oht_cause_mask(cause))
			ohtd_why_add(why, oht_cause_is_lack(cause) ? OHTD_WHY_NOT_PREPARED :
				     OHTD_WHY_STOP_CAUSE, 0, (uint8_t)cause);
}

/* Why the device refused, in our words. */
static void list_refusal(struct ohtd_control *control, int error, uint64_t blocking,
			 struct ohtd_why_list *why)
{
	list_causes(blocking, why);
	if (why->count)
		return;
	switch (error) {
	case -EBUSY:
		ohtd_why_add(why, OHTD_WHY_INPUTS_NOT_STABLE, 0, 0);
		break;
	case -ECANCELED:
		ohtd_why_add(why, OHTD_WHY_STOPPED_MEANWHILE, 0, 0);
		break;
	case -EPERM:
		ohtd_why_add(why, OHTD_WHY_NOT_CONTROLLER, 0, 0);
		break;
	case -EOPNOTSUPP:
		ohtd_why_add(why, OHTD_WHY_UNSUPPORTED, 0, 0);
		break;
	case -ESTALE:
		ohtd_why_add(why, OHTD_WHY_STOP_CHANGED, 0, 0);
		break;
	case -EREMOTE:
		ohtd_why_add(why, OHTD_WHY_RESET_BUTTON, 0, 0);
		break;
	default:
		ohtd_why_add(why, OHTD_WHY_DEVICE, 0, 0);
	}
	if (error == -ENODEV)
		ohtd_device_lost(control);
}

int ohtd_safety_reset(struct ohtd_control *control, uint64_t tag, struct ohtd_why_list *why)
{
	uint64_t blocking = 0;
	int ret = -ENODEV;

	/* It is open already when a stop was raised by us and the device had gone meanwhile. */
	if (ohtd_safety_state(control) == OHTD_SAFETY_READY)
		return 0;
	if (control->device.open)
		ret = control->bus->ops->reset(control->bus, tag, &blocking);
	if (ret)
		list_refusal(control, ret, blocking, why);
	else
		read_status(control);
	return ret;
}

/*
 * The device knows nothing of what was seen. So the journal is looked at before and behind: a stop
 * that came in between has been cleared unseen, and the machine is stopped again.
 */
int ohtd_safety_reset_seen(struct ohtd_control *control, uint64_t tag, uint64_t seen,
			   struct ohtd_why_list *why)
{
	const struct ohtd_why changed = { .code = OHTD_WHY_STOP_CHANGED };
	const struct oht_stop_status *status = &control->safety.status;
	/* A device with outputs keeps a reset in its journal, the others only stops. */
	uint64_t after = seen + (control->bus->ops->hardware_stop ? 1 : 0);
	int ret = 0;

	if (control->device.open)
		ret = read_status(control);
	if (!ret && status->journal_seq != seen)
		ret = -ESTALE;
	if (ret) {
		list_refusal(control, ret, 0, why);
		return ret;
	}
	ret = ohtd_safety_reset(control, tag, why);
	if (ret || status->journal_seq <= after)
		return ret;
	if (status->state != OHT_STATE_STOPPED)
		ohtd_safety_stop(control, &changed);
	list_refusal(control, -ESTALE, 0, why);
	return -ESTALE;
}

int ohtd_safety_enable(struct ohtd_control *control, uint64_t tag, struct ohtd_why_list *why)
{
	uint64_t blocking = 0;
	int ret = -ENODEV;

	if (control->device.open) {
		ohtd_setpoint_prepare(&control->modules);
		ret = control->bus->ops->enable(control->bus, tag, &blocking);
	}
	if (!ret) {
		read_status(control);
		if (ohtd_safety_state(control) == OHTD_SAFETY_ENABLED)
			return 0;
		/* Done and undone: a stop has come right behind it. */
		ret = -ECANCELED;
		blocking = control->safety.status.causes;
	}
	list_refusal(control, ret, blocking, why);
	return ret;
}

int ohtd_safety_self_test(struct ohtd_control *control, struct ohtd_why_list *why)
{
	uint32_t failed;
	int ret = -ENODEV;

	if (control->device.open)
		ret = control->bus->ops->self_test(control->bus, &failed);
	if (!ret)
		read_status(control);
	else if (ret == -ECANCELED)
		ohtd_why_add(why, OHTD_WHY_NOT_STOPPED, 0, 0);
	else if (ret == -EBUSY)
		ohtd_why_add(why, OHTD_WHY_CONTACTS_MOVING, 0, 0);
	else
		list_refusal(control, ret, 0, why);
	return ret;
}

static int8_t level(uint32_t levels, uint32_t bit, bool there)
{
	return there ? !!(levels & bit) : -1;
}

static void view_causes(const struct ohtd_safety *safety, struct ohtd_safety_view *view)
{
	uint64_t causes = present_causes(&safety->status);
	unsigned int i, cause;

	view->cause_count = 0;
	/* The first one first, then the others in the order of their numbers. */
	for (i = 0; i < OHT_CAUSES_MAX && view->cause_count < OHTD_CAUSES_MAX; i++) {
		cause = i ? i : safety->status.first_cause;
		if (!(causes & oht_cause_mask(cause)) || (i && i == safety->status.first_cause))
			continue;
		view->causes[view->cause_count++] = (struct ohtd_cause_view){
			.cause = (uint16_t)cause,
			.own = cause == OHT_STOPPED_BY_SOFTWARE ? safety->own_why : (struct ohtd_why){ 0 },
			.standing = !!(safety->status.standing & oht_cause_mask(cause)),
			.since_ns = safety->cause_since_ns[cause],
		};
	}
}

void ohtd_safety_view(const struct ohtd_control *control, struct ohtd_safety_view *view)
{
	const struct ohtd_safety *safety = &control->safety;
	const struct oht_stop_status *status = &safety->status;
	uint64_t caps = control->device.info.caps;
	bool known = safety->known;
	bool stop = known && (caps & OHT_HAS_ESTOP);
	bool simulated = control->bus->setup.simulated_outputs;

	memset(view, 0, sizeof(*view));
	view->state = (uint8_t)ohtd_safety_state(control);
	view->channel_a = level(status->inputs, OHT_IN_A, stop);
	view->channel_b = level(status->inputs, OHT_IN_B, stop && (caps & OHT_HAS_CHANNEL_B));
	view->enable1 = level(status->outputs, OHT_OUT_ENABLE_1, stop || (known && simulated));
	view->enable2 = level(status->outputs, OHT_OUT_ENABLE_2, stop || (known && simulated));
	view->feedback1 = level(status->inputs, OHT_IN_FEEDBACK_1,
				stop && (caps & OHT_HAS_FEEDBACK));
	view->feedback2 = level(status->inputs, OHT_IN_FEEDBACK_2,
				stop && (caps & OHT_HAS_FEEDBACK));
	view->cpus_watched = level(status->cpus_watched, true, stop);
	view->hardware_stop = control->bus->ops->hardware_stop;
	view->simulated_outputs = simulated;
	view->last_event_ns = safety->last_event_ns;
	view->last_low_ns = safety->last_low_ns;
	if (!known)
		return;
	view->is_controller = status->is_controller;
	view->since_ns = status->since_ns;
	view->closed_since_ns = status->closed_since_ns;
	view->journal_seq = status->journal_seq;
	view->deadman_ms = control->device.deadman_ms;
	view->tested_ns = status->tested_ns;
	view->test_failed = status->test_failed;
	view->opened_age_s = stop ? status->opened_age_s : OHT_NEVER_SECONDS;
	view->reset_stable_ms = control->device.info.reset_stable_ms;
	view->stops_repeated = safety->stops > 1 ? safety->stops - 1 : 0;
	view_causes(safety, view);
}
