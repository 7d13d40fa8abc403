// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include <string.h>
#include <unistd.h>

#define STALL_NS	(500 * OHTD_NS_PER_MS)
/* How long the last words to the drive may take at shutdown. */
#define LAST_WORDS_NS	(300 * OHTD_NS_PER_MS)
#define TICK_NS		(OHTD_CYCLE_MS * OHTD_NS_PER_MS)

int ohtd_control_init(struct ohtd_control *control)
{
	unsigned int i;
	int ret = ohtd_seqlock_init(&control->published, sizeof(struct ohtd_snapshot));

	control->now_ns = ohtd_clock_monotonic_ns(control->clock);
	control->next_tick_ns = control->now_ns;
	control->last_tick_ns = control->now_ns;
	control->state = OHTD_STATE_BOOT;
	control->state_since_ns = control->now_ns;
	control->moving_ns = control->now_ns;
	control->outputs_high_ns = control->now_ns;
	for (i = 0; i < OHTD_UNITS; i++) {
		control->units[i].view.unit = (uint8_t)(i + 1);
		control->units[i].view.health = OHTD_HEALTH_ABSENT;
		if (!ret)
			ret = ohtd_seqlock_init(&control->units[i].published,
						sizeof(struct ohtd_registers));
	}
	return ret;
}

void ohtd_control_fini(struct ohtd_control *control)
{
	unsigned int i;

	ohtd_seqlock_fini(&control->published);
	for (i = 0; i < OHTD_UNITS; i++)
		ohtd_seqlock_fini(&control->units[i].published);
}

/* ---- state machine ---- */

static void act(struct ohtd_control *control, uint32_t actions)
{
	const struct ohtd_why why = { .code = OHTD_WHY_STATE };

	if ((actions & OHTD_ACTION_LATCH) && ohtd_safety_state(control) != OHTD_SAFETY_STOPPED)
		ohtd_safety_stop(control, &why);
	if (actions & OHTD_ACTION_OUTPUTS_OFF)
		ohtd_safety_disable(control, 0);
	if (actions & OHTD_ACTION_STOP_TELEGRAM)
		ohtd_telegram_start(control, OHTD_TELEGRAM_STOP);
	else if (actions & (OHTD_ACTION_ZERO_SPEED | OHTD_ACTION_CONTROLLED_STOP))
		ohtd_telegram_start(control, OHTD_TELEGRAM_ZERO_SPEED);
	if (actions & (OHTD_ACTION_CLEAR_FAULTS | OHTD_ACTION_CLEAR_LATCH))
		ohtd_faults_clear(control);
	if (actions & OHTD_ACTION_LIST_MISSING)
		ohtd_units_list_missing(control);
	if (actions & OHTD_ACTION_DISCOVER)
		ohtd_identify_all(control, true);
}

static void note_timeout(struct ohtd_control *control)
{
	struct ohtd_why why = { .code = OHTD_WHY_INIT_TIMEOUT };

	if (control->state == OHTD_STATE_BOOT)
		why.code = OHTD_WHY_BOOT_TIMEOUT;
	else if (control->state != OHTD_STATE_INIT)
		return;
	/* It is over: what was missing is listed by itself and stands as long as it does. */
	ohtd_fault_raise(control, &why, false);
}

bool ohtd_control_raise(struct ohtd_control *control, enum ohtd_event event)
{
	const struct ohtd_row *row =
		ohtd_machine_find(&control->machine, control->state, event, control->facts);

	if (!row)
		return false;
	if (event == OHTD_EVENT_TIMEOUT)
		note_timeout(control);
	if (row->to != control->state) {
		control->state = row->to;
		control->state_since_ns = control->now_ns;
		control->facts[OHTD_FACT_IN_STATE_MS] = 0;
		control->snapshot.transitions++;
		control->notify = true;
	}
	act(control, row->actions);
	/* Without outputs that could be cut, the drive's own stop is all there is: in every state. */
	if (event == OHTD_EVENT_ESTOP_TRIGGERED && !control->bus->ops->hardware_stop)
		ohtd_telegram_start(control, OHTD_TELEGRAM_STOP);
	return true;
}

/* ---- the parts of a cycle ---- */

static void start_enable(struct ohtd_control *control)
{
	if (control->enable.step != OHTD_ENABLE_IDLE)
		return;
	control->enable.pending.used = false;
	control->enable.step = OHTD_ENABLE_ZERO;
	ohtd_telegram_start(control, OHTD_TELEGRAM_ZERO_SPEED);
}

/* Every signal has been asked for once, so that the first answers are not about nothing. */
static bool polled_once(const struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		const struct ohtd_unit *unit = &control->units[i];

		if (unit->plan && unit->poll_next < (unsigned int)(unit->blocks.polls + unit->busy))
			return false;
	}
	return true;
}

/* In init: all there, nothing latched: make the device ready, then say so. */
static void run_init(struct ohtd_control *control)
{
	struct ohtd_why_list ignored = { 0 };
	const struct ohtd_row *row;

	if (control->identify.polls_wait || !control->safety.known)
		return;
	if (ohtd_safety_latched(control)) {
		ohtd_control_raise(control, OHTD_EVENT_INIT_COMPLETE);
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
	if (row && (row->actions & OHTD_ACTION_OUTPUTS_ON))
		start_enable(control);
	else
		ohtd_control_raise(control, OHTD_EVENT_INIT_COMPLETE);
}

static void watch_safety_module(struct ohtd_control *control)
{
	const struct ohtd_why why = { .code = OHTD_WHY_SAFETY_MODULE };

	if (!ohtd_safety_module_stops(control)) {
		ohtd_fault_settle(control, OHTD_WHY_SAFETY_MODULE, 0);
		return;
	}
	if (control->state == OHTD_STATE_BOOT || control->state == OHTD_STATE_SHUTDOWN)
		return;
	ohtd_fault_raise(control, &why, true);
	if (control->state == OHTD_STATE_ESTOP)
		return;
	ohtd_safety_stop(control, &why);
	ohtd_control_raise(control, OHTD_EVENT_ESTOP_TRIGGERED);
}

static void stall(struct ohtd_control *control, unsigned int index)
{
	const struct ohtd_why why = {
		.code = OHTD_WHY_CONTROL_PLANE_STALLED,
		.detail = (uint8_t)index,
	};

	control->watches[index].stalled = true;
	ohtd_fault_raise(control, &why, true);
	ohtd_control_raise(control, OHTD_EVENT_FAULT_DETECTED);
}

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

/* Moves the grid on; returns the time since the last cycle. */
static uint64_t start_tick(struct ohtd_control *control)
{
	struct ohtd_bus_view *view = &control->snapshot.bus;
	uint64_t passed_ns = control->now_ns - control->last_tick_ns;

	view->late_last_ns = control->now_ns - control->next_tick_ns;
	if (view->late_last_ns > view->late_max_ns)
		view->late_max_ns = view->late_last_ns;
	view->cycles_missed += view->late_last_ns / TICK_NS;
	control->next_tick_ns += (1 + view->late_last_ns / TICK_NS) * TICK_NS;
	control->last_tick_ns = control->now_ns;
	return passed_ns;
}

static void run_cycle(struct ohtd_control *control)
{
	uint64_t passed_ns = start_tick(control);

	ohtd_device_retry(control);
	ohtd_transfer_check(control);
	ohtd_units_check(control);
	ohtd_telegram_leave(control);
	watch_links(control, passed_ns);
	ohtd_facts_update(control);
	watch_safety_module(control);
	if (control->state == OHTD_STATE_BOOT && control->device.open)
		ohtd_control_raise(control, OHTD_EVENT_BOOT_COMPLETE);
	else if (control->state == OHTD_STATE_INIT)
		run_init(control);
	ohtd_control_raise(control, OHTD_EVENT_TIMEOUT);
	ohtd_schedule_cyclic(control);
	control->snapshot.bus.cycles++;
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

/* Stop moving, outputs off, last words to the drive, role back, everybody answered. */
static void run_shutdown(struct ohtd_control *control)
{
	if (control->state != OHTD_STATE_SHUTDOWN) {
		close_links(control);
		ohtd_commands_fail_all(control, OHTD_OUTCOME_REFUSED, OHTD_WHY_SHUTTING_DOWN);
		ohtd_control_raise(control, OHTD_EVENT_SHUTDOWN);
		/* No farewell stops a machine whose outputs cannot be cut. */
		if (!control->bus->ops->hardware_stop)
			ohtd_telegram_start(control, OHTD_TELEGRAM_STOP);
		/* A stop that comes now leads to estop; the shutdown then is asked for again. */
	}
	if (control->telegrams.active && control->device.open &&
	    control->now_ns - control->state_since_ns < LAST_WORDS_NS)
		return;
	ohtd_device_close(control, true);
	/* Whatever was posted before the links were closed. */
	ohtd_commands_receive(control);
	control->ended = true;
}

void ohtd_control_turn(struct ohtd_control *control)
{
	uint64_t pokes;
	bool cycle;

	if (control->ended)
		return;
	control->now_ns = ohtd_clock_monotonic_ns(control->clock);
	cycle = control->now_ns >= control->next_tick_ns;
	if (read(control->wake_fd, &pokes, sizeof(pokes)) < 0)
		pokes = 0;
	ohtd_device_reap(control);
	if (cycle || control->safety.stale)
		ohtd_safety_refresh(control);
	ohtd_commands_receive(control);
	if (cycle)
		run_cycle(control);
	ohtd_commands_advance(control);
	if (atomic_load(&control->quit))
		run_shutdown(control);
	ohtd_schedule_slack(control);
	if (cycle || control->notify || control->ended) {
		ohtd_publish_registers(control);
		ohtd_publish(control);
	}
	if (control->notify || control->ended)
		notify_links(control);
	control->notify = false;
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
