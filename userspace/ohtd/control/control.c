// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/control.h"

#include <string.h>
#include <unistd.h>

#include "control/one_module.h"

#define STALL_NS	(500 * OHTD_NS_PER_MS)
/* How long the last words to the drive may take at shutdown. */
#define LAST_WORDS_NS	(300 * OHTD_NS_PER_MS)
/* A module that gets its power by the outputs has so long to begin. */
#define POWERED_NS	OHTD_NS_PER_S
#define TICK_NS		(OHTD_CYCLE_MS * OHTD_NS_PER_MS)

/* ---- what the modules on the wire ask ---- */

/* While nothing can move yet, or any more, a module may be missing. */
static void act_on_loss(struct ohtd_control *control, const struct ohtd_why *why,
			enum oht_loss_action action)
{
	if (control->state == OHTD_STATE_BOOT || control->state == OHTD_STATE_INIT ||
	    control->state == OHTD_STATE_SHUTDOWN)
		return;
	if (action == OHT_LOSS_ESTOP) {
		ohtd_fault_raise(control, why, true);
		ohtd_safety_stop_for_loss(control, why);
		ohtd_event_raise(control, OHTD_EVENT_ESTOP_TRIGGERED, why);
	} else if (action == OHT_LOSS_STOP) {
		ohtd_fault_raise(control, why, true);
		ohtd_event_raise(control, OHTD_EVENT_FAULT_DETECTED, why);
	}
}

static bool in_motion(const struct ohtd_control *control)
{
	return ohtd_state_in_motion(control->state);
}

static bool acts(const struct ohtd_control *control)
{
	return control->steps.row;
}

static bool outputs_stay_off(const struct ohtd_control *control)
{
	enum ohtd_safety_state state = ohtd_safety_state(control);

	return control->enable.step == OHTD_ENABLE_IDLE &&
	       (state == OHTD_SAFETY_STOPPED || state == OHTD_SAFETY_READY);
}

static void look_again(struct ohtd_control *control)
{
	control->safety.stale = true;
}

static const struct ohtd_modules_owner owner = {
	.raise = ohtd_fault_raise,
	.settle = ohtd_fault_settle,
	.lost = act_on_loss,
	.gone = ohtd_device_lost,
	.next = ohtd_exchange_next,
	.done = ohtd_exchange_done,
	.moving = ohtd_moving,
	.rests = ohtd_travel_rests,
	.cruises = ohtd_travel_cruises,
	.in_motion = in_motion,
	.acts = acts,
	.dock_awaited = ohtd_dock_awaited,
	.outputs_stay_off = outputs_stay_off,
	.enabled_ns = ohtd_safety_enabled_ns,
	.look_again = look_again,
};

/* ---- begin and end ---- */

void ohtd_control_look_at_clock(struct ohtd_control *control)
{
	control->now_ns = ohtd_clock_monotonic_ns(control->clock);
	control->modules.now_ns = control->now_ns;
}

static void join_modules(struct ohtd_control *control)
{
	struct ohtd_modules *modules = &control->modules;

	modules->owner = &owner;
	modules->control = control;
	modules->bus = control->bus;
	modules->model = control->model;
	modules->time_factor = control->time_factor;
	modules->device = &control->device;
	modules->snapshot = &control->snapshot;
	modules->next_tick_ns = &control->next_tick_ns;
}

int ohtd_control_init(struct ohtd_control *control)
{
	unsigned int i;
	int ret = ohtd_seqlock_init(&control->published, sizeof(struct ohtd_snapshot));

	join_modules(control);
	ohtd_control_look_at_clock(control);
	control->next_tick_ns = control->now_ns;
	control->last_tick_ns = control->now_ns;
	control->state = OHTD_STATE_BOOT;
	control->state_since_ns = control->now_ns;
	for (i = 0; !ret && i < OHTD_UNITS; i++)
		ret = ohtd_seqlock_init(&control->modules.units[i].published, sizeof(struct ohtd_registers));
	ohtd_units_search(&control->modules, &ohtd_limits_block(&control->limits)->searched,
			  &ohtd_limits_block(&control->limits)->profiles);
	ohtd_travel_init(control);
	ohtd_unpowered_init(control);
	return ret;
}

void ohtd_control_fini(struct ohtd_control *control)
{
	unsigned int i;

	ohtd_seqlock_fini(&control->published);
	for (i = 0; i < OHTD_UNITS; i++)
		ohtd_seqlock_fini(&control->modules.units[i].published);
}

/* ---- the parts of a cycle ---- */

static void start_enable(struct ohtd_control *control)
{
	if (control->enable.step == OHTD_ENABLE_IDLE)
		ohtd_enable_begin(control, NULL);
}

/* Every signal has been asked for once, so that the first answers are not about nothing. */
static bool polled_once(const struct ohtd_control *control)
{
	unsigned int i, block;

	for (i = 0; i < OHTD_UNITS; i++) {
		const struct ohtd_unit *unit = &control->modules.units[i];

		for (block = 0; unit->plan && block < unit->blocks.polls; block++)
			if (unit->values.values[unit->blocks.poll[block].first].state ==
			    OHTD_REGISTER_NEVER)
				return false;
	}
	return true;
}

/* In init: all there, nothing latched: make the device ready, then say so. */
static void run_init(struct ohtd_control *control)
{
	struct ohtd_why_list ignored = { 0 };
	const struct ohtd_row *row;

	if (control->modules.identify.polls_wait || !control->safety.known)
		return;
	if (ohtd_safety_latched(control)) {
		ohtd_event_raise(control, OHTD_EVENT_INIT_COMPLETE, NULL);
		return;
	}
	/* A module that is still missing may come; if not, the time-out of the state says so. */
	if (!control->facts[OHTD_FACT_COMMUNICATION_OK] ||
	    !control->facts[OHTD_FACT_NO_FAULT] || !polled_once(control))
		return;
	if (ohtd_safety_reset(control, 0, &ignored))
		return;
	ohtd_facts_update(control);
	row = ohtd_machine_find(&control->machine, control->state, OHTD_EVENT_INIT_COMPLETE,
				control->facts);
	if (row && ohtd_state_is_enabled(row->to))
		start_enable(control);
	else
		ohtd_event_raise(control, OHTD_EVENT_INIT_COMPLETE, NULL);
}

/*
 * A module that refuses one of these registers answers all else, is good, and its stop would not be heard. A module that is lost
 * has a stop and a reason of its own.
 */
static bool safety_module_hides_a_stop(const struct ohtd_control *control)
{
	const struct ohtd_unit *unit = ohtd_signal_unit(control, OHTD_SIGNAL_SAFETY_STOP_INPUT);

	return ohtd_state_is_enabled(control->state) && unit && unit->view.health != OHTD_HEALTH_LOST &&
	       !ohtd_safety_module_is_heard(control);
}

static void watch_safety_module(struct ohtd_control *control)
{
	const struct ohtd_why why = { .code = OHTD_WHY_SAFETY_MODULE };

	if (!ohtd_safety_module_stops(control) && !safety_module_hides_a_stop(control)) {
		/* A module that falls silent does not take back what it has reported. */
		if (ohtd_safety_module_is_heard(control))
			ohtd_fault_settle(control, OHTD_WHY_SAFETY_MODULE, 0);
		return;
	}
	if (control->state == OHTD_STATE_BOOT || control->state == OHTD_STATE_SHUTDOWN)
		return;
	ohtd_fault_raise(control, &why, true);
	if (control->state == OHTD_STATE_ESTOP)
		return;
	ohtd_safety_stop(control, &why);
	ohtd_event_raise(control, OHTD_EVENT_ESTOP_TRIGGERED, &why);
}

/*
 * Only while the outputs are high: without its power a drive may report a fault as long as they are low, and a moment longer. Until it
 * is reset nothing tells whether the fault stands, so it forbids no enable.
 */
static void watch_module_faults(struct ohtd_control *control)
{
	uint64_t since_ns = ohtd_safety_enabled_ns(control) + POWERED_NS;
	unsigned int i;

	ohtd_module_faults_look(&control->modules);
	for (i = 0; ohtd_state_is_enabled(control->state) && i < OHTD_UNITS; i++) {
		const struct ohtd_unit *unit = &control->modules.units[i];
		const int place = ohtd_module_stops_by(unit, since_ns);
		const struct ohtd_why why = { .code = OHTD_WHY_MODULE_FAULT, .unit = unit->view.unit, .detail = (uint8_t)place };

		if (place < 0)
			continue;
		ohtd_fault_raise(control, &why, false);
		ohtd_event_raise(control, OHTD_EVENT_FAULT_DETECTED, &why);
	}
}

static void stall(struct ohtd_control *control, unsigned int index)
{
	const struct ohtd_why why = {
		.code = OHTD_WHY_CONTROL_PLANE_STALLED,
		.detail = (uint8_t)index,
	};

	control->watches[index].stalled = true;
	ohtd_fault_raise(control, &why, true);
	ohtd_event_raise(control, OHTD_EVENT_FAULT_DETECTED, &why);
}

_Static_assert(OHTD_LINKS_MAX <= 64, "OHTD_LINKS_MAX: a bit of loops_stalled each");

static uint64_t stalled_mask(const struct ohtd_control *control)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < control->link_count && i < OHTD_LINKS_MAX; i++)
		mask |= (uint64_t)control->watches[i].stalled << i;
	return mask;
}

/*
 * A loop that stands still while this thread goes on. When the whole machine stands still, neither
 * makes progress, so no more than two grid steps count at a time.
 */
static void watch_links(struct ohtd_control *control, uint64_t passed_ns)
{
	unsigned int i;

	if (passed_ns > 2 * TICK_NS)
		passed_ns = 2 * TICK_NS;
	for (i = 0; i < control->link_count; i++) {
		struct ohtd_watch *watch = &control->watches[i];
		uint64_t progress = atomic_load_explicit(&control->links[i].progress,
							 memory_order_relaxed);

		if (progress != watch->progress || !progress) {
			watch->progress = progress;
			watch->still_ns = 0;
			watch->stalled = false;
			continue;
		}
		watch->still_ns += passed_ns;
		if (!watch->stalled && watch->still_ns > STALL_NS * control->time_factor)
			stall(control, i);
	}
	control->snapshot.loops_stalled = stalled_mask(control);
	if (!control->snapshot.loops_stalled)
		ohtd_fault_settle(control, OHTD_WHY_CONTROL_PLANE_STALLED, 0);
}

static void note_lateness(struct ohtd_bus_view *view)
{
	uint64_t limit_ns = OHTD_LATE_FIRST_US * OHTD_NS_PER_US;
	unsigned int i = 0;

	for (; i < OHTD_LATE_BUCKETS - 1 && view->late_last_ns >= limit_ns; i++)
		limit_ns *= 2;
	view->late[i]++;
	view->late_sum_ns += view->late_last_ns;
}

/* Moves the grid on; returns the time since the last cycle. */
static uint64_t start_tick(struct ohtd_control *control)
{
	struct ohtd_bus_view *view = &control->snapshot.bus;
	uint64_t passed_ns = control->now_ns - control->last_tick_ns;

	view->late_last_ns = control->now_ns - control->next_tick_ns;
	if (view->late_last_ns > view->late_max_ns)
		view->late_max_ns = view->late_last_ns;
	view->cycles_missed += view->late_last_ns / TICK_NS;
	note_lateness(view);
	control->next_tick_ns += (1 + view->late_last_ns / TICK_NS) * TICK_NS;
	control->last_tick_ns = control->now_ns;
	return passed_ns;
}

/* Once in each stay: a transition to the same state does not restart the time. */
static void watch_time(struct ohtd_control *control)
{
	if (control->timed_out || !ohtd_machine_find(&control->machine, control->state,
						     OHTD_EVENT_TIMEOUT, control->facts))
		return;
	control->timed_out = true;
	ohtd_event_raise(control, OHTD_EVENT_TIMEOUT, NULL);
}

/* Everything that time alone can bring about. What follows from it is queued. */
static void look_around(struct ohtd_control *control, uint64_t passed_ns)
{

	ohtd_device_retry(control);
	ohtd_layout_read(&control->modules);
	/* In front of all that is computed by them in this cycle. */
	ohtd_limits_edge(control);
	ohtd_travel_read(control);
	ohtd_transfer_check(&control->modules);
	ohtd_units_check(&control->modules);
	ohtd_telegram_leave(&control->modules);
	watch_links(control, passed_ns);
	ohtd_setpoint_look(&control->modules);
	ohtd_unpowered_watch(control, passed_ns);
	ohtd_control_travel_charge(control, passed_ns);
	ohtd_facts_update(control);
	watch_safety_module(control);
	watch_module_faults(control);
	ohtd_lease_check(control);
	ohtd_queue_check(control);
	ohtd_holds_check(control);
	ohtd_travel_watch(control, passed_ns);
	if (control->state == OHTD_STATE_BOOT && control->device.open)
		ohtd_event_raise(control, OHTD_EVENT_BOOT_COMPLETE, NULL);
	else if (control->state == OHTD_STATE_INIT)
		run_init(control);
	watch_time(control);
}

static void notify_links(struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < control->link_count; i++)
		ohtd_link_notify(&control->links[i]);
}

static void close_links(struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < control->link_count; i++)
		atomic_store(&control->links[i].closing, true);
}

/* Nothing more is begun, and all that waits is answered. */
static void take_leave(struct ohtd_control *control)
{
	close_links(control);
	ohtd_commands_fail_all(control, OHTD_OUTCOME_REFUSED, OHTD_WHY_SHUTTING_DOWN);
	/* No farewell stops a machine whose outputs cannot be cut. */
	if (!control->bus->ops->hardware_stop)
		ohtd_telegram_start(&control->modules, OHTD_TELEGRAM_STOP);
}

/* A stop that comes now leads to estop; then the shutdown is asked for again. */
static void begin_shutdown(struct ohtd_control *control)
{
	if (control->state == OHTD_STATE_SHUTDOWN)
		return;
	take_leave(control);
	ohtd_event_raise(control, OHTD_EVENT_SHUTDOWN, NULL);
}

static bool moves(const struct ohtd_control *control)
{
	return ohtd_state_in_motion(control->state) || ohtd_moving(control) ||
	       (control->travel.driving && !ohtd_travel_rests(control));
}

void ohtd_control_ask_end(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_why_list why = { 0 };

	if (!asked->command.after_stop && moves(control)) {
		ohtd_why_add_moving(control, &why);
		ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
	} else {
		ohtd_commands_ask(control, asked, OHTD_EVENT_SHUTDOWN);
	}
}

/* The main thread sees it and ends the process as after a signal. */
void ohtd_control_leave(struct ohtd_control *control)
{
	atomic_store(&control->leaves, true);
	take_leave(control);
}

/* Without outputs to cut, a drive that has not confirmed its stop may still have power: people must know. */
static void tell_last_words(struct ohtd_control *control)
{
	const struct ohtd_raised raised = {
		.event = OHTD_EVENT_SHUTDOWN,
		.role = OHTD_ROLE_SYSTEM,
		.why = control->modules.telegrams.unconfirmed,
	};

	if (!control->bus->ops->hardware_stop && raised.why.code)
		ohtd_event_record(control, OHTD_RECORD_DRIVE_LEFT_ON, &raised, NULL);
}

/* Standstill and outputs off, last words to the drive, role back, everybody answered. */
static void end_shutdown(struct ohtd_control *control)
{
	if (control->state != OHTD_STATE_SHUTDOWN || control->steps.row)
		return;
	if (control->modules.telegrams.active && control->device.open &&
	    control->now_ns - control->state_since_ns < LAST_WORDS_NS)
		return;
	tell_last_words(control);
	ohtd_device_close(control, true);
	/* Whatever was posted before the links were closed. */
	ohtd_events_take(control);
	control->ended = true;
}

static void publish_turn(struct ohtd_control *control, bool cycle)
{
	if (cycle || control->notify || control->ended) {
		ohtd_publish_registers(control);
		ohtd_publish(control);
	}
	if (cycle)
		ohtd_publish_sample(control);
	if (control->notify || control->ended)
		notify_links(control);
	control->notify = false;
}

void ohtd_control_turn(struct ohtd_control *control)
{
	bool quit = atomic_load(&control->quit);
	uint64_t pokes, passed_ns = 0;
	bool cycle;

	if (control->ended)
		return;
	ohtd_control_look_at_clock(control);
	cycle = control->now_ns >= control->next_tick_ns;
	if (read(control->wake_fd, &pokes, sizeof(pokes)) < 0)
		pokes = 0;
	ohtd_device_reap(control);
	if (cycle || control->safety.stale)
		ohtd_safety_refresh(control);
	if (cycle) {
		passed_ns = start_tick(control);
		look_around(control, passed_ns);
	}
	ohtd_steps_advance(control);
	ohtd_commands_advance(control);
	if (quit)
		begin_shutdown(control);
	ohtd_events_take(control);
	if (quit)
		end_shutdown(control);
	if (cycle) {
		ohtd_travel_step(control, passed_ns);
		ohtd_passage_look(control);
		ohtd_layout_update(&control->modules);
		control->snapshot.bus.cycles++;
	}
	ohtd_setpoint_give(&control->modules);
	ohtd_schedule_slack(&control->modules);
	publish_turn(control, cycle);
	/* Last, and only behind a whole cycle: the deadman is to notice when any of this hangs. */
	if (cycle)
		ohtd_device_heartbeat(control);
}

void ohtd_control_run(struct ohtd_control *control)
{
	while (!control->ended) {
		struct pollfd fds[] = {
			{ .fd = control->wake_fd, .events = POLLIN },
			{
				.fd = control->bus->ops->fd(control->bus),
				.events = POLLIN | POLLPRI,
			},
		};

		ohtd_clock_wait(control->clock, fds, 2, control->next_tick_ns);
		ohtd_control_turn(control);
	}
}
