// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The actions of the state machine: one table from the phrases of state_machine.csv to what carries
 * them out, and the order in which that happens. An action may wait, and those behind it with it; a
 * later event that leaves the state ends the wait, and then the rest is done at once: nothing that
 * takes motion or power away is ever left out.
 */
#include <errno.h>

#include "control/control.h"
#include "modules/setpoint.h"

/* A controlled stop that has come to no standstill by then is over; what follows it is done. */
#define STOP_LIMIT_NS	(2 * OHTD_NS_PER_S)

/* ---- the stop and the outputs ---- */

/* The rest of a motion ends with the outputs: they may be on again before the next cycle looks. */
static void turn_off(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_safety_disable(control, raised->tag);
	ohtd_travel_off(control);
}

static void latch(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	const struct ohtd_why unknown = { .code = OHTD_WHY_STATE };

	if (ohtd_safety_state(control) != OHTD_SAFETY_STOPPED)
		ohtd_safety_stop(control, raised->why.code ? &raised->why : &unknown);
	ohtd_travel_off(control);
	/* Without outputs that could be cut, the drive's own stop is all there is. */
	if (!control->bus->ops->hardware_stop)
		ohtd_telegram_start(&control->modules, OHTD_TELEGRAM_STOP);
}

/* A button may have made the device ready; the robot then waits for its own reset. */
static void keep_latch(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	if (raised->event == OHTD_EVENT_ESTOP_TRIGGERED ||
	    !(control->device.info.caps & OHT_HAS_RESET_BUTTON))
		latch(control, raised);
	else
		turn_off(control, raised);
}

static int ask_reset(struct ohtd_control *control, const struct ohtd_raised *raised,
		     struct ohtd_why_list *why)
{
	const struct ohtd_command *command = &raised->asked.command;

	if (raised->asked.used && command->bound)
		return ohtd_safety_reset_seen(control, raised->tag, command->journal_seq, why);
	return ohtd_safety_reset(control, raised->tag, why);
}

static int ask_enable(struct ohtd_control *control, const struct ohtd_raised *raised,
		      struct ohtd_why_list *why)
{
	return ohtd_safety_enable(control, raised->tag, why);
}

static int ask_open(struct ohtd_control *control, const struct ohtd_raised *raised,
		    struct ohtd_why_list *why)
{
	(void)raised;
	if (control->device.open)
		return 0;
	ohtd_why_add(why, OHTD_WHY_DEVICE, 0, 0);
	return -ENODEV;
}

/* Also what is just being switched on. */
static void stand_still(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_enable_cancel(control);
	turn_off(control, raised);
}

/* ---- the drive ---- */

static void send_zero(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	/* On the ramp of an earlier stop nought would be a jerk, and gone in the next cycle. */
	if (!ohtd_setpoint_live(&control->modules) || ohtd_travel_rests(control))
		ohtd_setpoint_zero(&control->modules);
}

static void send_stop(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	ohtd_telegram_start(&control->modules, OHTD_TELEGRAM_STOP);
}

/* It takes the drive's enable away: on the ramp of a fault that would be a hard brake. */
static void repeat_stop(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	if (!ohtd_setpoint_live(&control->modules) || ohtd_travel_rests(control))
		send_stop(control, raised);
}

static bool stands(const struct ohtd_control *control)
{
	return !control->modules.telegrams.active && !ohtd_setpoint_zero_waits(&control->modules) &&
	       !ohtd_moving(control) && ohtd_travel_rests(control);
}

/* Its zero has failed. Another telegram that failed, however long ago, says nothing of the ramp. */
static bool hears_no_zero(const struct ohtd_control *control)
{
	const struct ohtd_telegrams *telegrams = &control->modules.telegrams;

	return telegrams->failed && !telegrams->active &&
	       (telegrams->telegram == OHTD_TELEGRAM_ZERO_SPEED ||
		telegrams->telegram == OHTD_TELEGRAM_STOP) &&
	       !ohtd_setpoint_zero_waits(&control->modules);
}

/* Of a drive that does not answer, or not obey, no standstill can be awaited. */
static bool stands_or_silent(const struct ohtd_control *control)
{
	return stands(control) || ohtd_travel_disobeyed(control) || hears_no_zero(control);
}

/* The ramp of the axis; a drive that gets no set-points is told zero by itself. */
static void controlled_stop(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_travel_stop(control);
	if (!ohtd_setpoint_live(&control->modules))
		send_zero(control, raised);
}

/* ---- registry ---- */

static void list_missing(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	ohtd_units_list_missing(&control->modules);
}

static void discover(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	ohtd_identify_all(&control->modules, true);
}

static void publish(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	control->notify = true;
}

/* ---- faults, alerts, journal ---- */

static void write_journal(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_event_record(control, OHTD_RECORD_JOURNAL, raised, NULL);
}

static void raise_alert(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_event_record(control, OHTD_RECORD_ALERT, raised, NULL);
}

/* The alert ends at once: missing modules have alerts of their own, for as long as they are missing. */
static void alert_timeout(struct ohtd_control *control, const struct ohtd_raised *raised,
			  unsigned int code)
{
	struct ohtd_raised timeout = *raised;

	timeout.why = (struct ohtd_why){ .code = (uint16_t)code };
	ohtd_fault_raise(control, &timeout.why, false);
	raise_alert(control, &timeout);
}

static void alert_boot_timeout(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	alert_timeout(control, raised, OHTD_WHY_BOOT_TIMEOUT);
}

static void alert_init_timeout(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	alert_timeout(control, raised, OHTD_WHY_INIT_TIMEOUT);
}

/* The entry is made where the fault is found, so that no guard overlooks it meanwhile. */
static void note_fault(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_event_record(control, OHTD_RECORD_FAULT, raised, NULL);
}

static void clear_faults(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	ohtd_faults_clear(control);
}

static void resolve_alerts(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_faults_clear(control);
	ohtd_event_record(control, OHTD_RECORD_ALERT_OVER, raised, NULL);
}

/* ---- motion ---- */

static void begin_command(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_travel_begin(control, raised);
}

static void go(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	ohtd_travel_go(control);
}

/* The clock of a jog begins when its command or refresh has come in, not at the cycle that takes the command. */
static void arm_jog(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_travel_arm_jog(control, raised->asked.command.posted_ns);
	control->travel.jog_refreshed = false;
	control->travel.jog_told_ns = 0;
}

static void rearm_jog(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_travel_arm_jog(control, raised->asked.command.posted_ns);
	control->travel.jog_refreshed = true;
}

static void begin_jog(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_travel_begin(control, raised);
	ohtd_travel_jog(control, raised);
}

static void keep_target(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_travel_keep(control, raised);
}

static void slow_down(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	control->travel.slow = true;
}

static void lift_limit(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	control->travel.slow = false;
}

static void complete(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	ohtd_travel_finish(control);
}

static void abort_command(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	const struct ohtd_why why = ohtd_travel_end_reason(raised);

	ohtd_travel_fail(control, &why);
}

static unsigned int timeout_code(const struct ohtd_raised *raised)
{
	return raised->from == OHTD_STATE_DOCK ? OHTD_WHY_DOCK_TIMEOUT : OHTD_WHY_MOVE_TIMEOUT;
}

static void fail_command(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	struct ohtd_why why = ohtd_travel_end_reason(raised);

	if (raised->event == OHTD_EVENT_TIMEOUT)
		why = (struct ohtd_why){ .code = (uint16_t)timeout_code(raised) };
	ohtd_travel_fail(control, &why);
}

/* ---- docking ---- */

/* A command of its own, or what an obstacle or a pause has interrupted. */
static void begin_docking(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	if (raised->event == OHTD_EVENT_DOCK_COMMAND)
		ohtd_travel_begin(control, raised);
	ohtd_dock_begin(control);
}

static void back_off(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_dock_back_off(control);
	ohtd_travel_retry(control, &raised->why);
}

static void open_charge_relay(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	ohtd_travel_begin(control, raised);
	ohtd_telegram_start(&control->modules, OHTD_TELEGRAM_CHARGE_OFF);
}

static bool written(const struct ohtd_control *control)
{
	return !control->modules.telegrams.active;
}

/* Nothing is torn off a contact that may still carry current. */
static void undock(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	const struct ohtd_telegrams *telegrams = &control->modules.telegrams;

	(void)raised;
	if (telegrams->telegram == OHTD_TELEGRAM_CHARGE_OFF && !telegrams->active &&
	    !telegrams->failed)
		ohtd_dock_leave(control);
	else
		ohtd_event_raise(control, OHTD_EVENT_DOCK_FAILED, &telegrams->why);
}

static void ask_for_charge(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	(void)raised;
	if (ohtd_rule(&control->travel, OHTD_RULE_CHARGE_AT_DOCK) != 0)
		ohtd_telegram_start(&control->modules, OHTD_TELEGRAM_CHARGE_ON);
}

/* ---- the table ---- */

const struct ohtd_phrase ohtd_phrases[] = {
	/* stop and outputs */
	{ "latch", .act = latch },
	{ "keep latch", .act = keep_latch },
	{ "clear latch", .ask = ask_reset, .act = clear_faults },
	{ "outputs off", .act = turn_off },
	{ "outputs stay off", .act = turn_off },
	{ "outputs on", .ask = ask_enable },
	/* The device must be ready for what is asked for. */
	{ "ask for enable", .ask = ask_reset },
	{ "nothing moves", .act = stand_still },
	/* drive */
	{ "zero speed to drive", .act = send_zero },
	{ "stop telegram", .act = send_stop },
	{ "repeat stop telegram", .act = repeat_stop },
	{ "controlled stop", .act = controlled_stop, .over = stands },
	{ "controlled stop when drive answers", .act = controlled_stop, .over = stands_or_silent },
	/* registry */
	{ "open bus and inputs", .ask = ask_open },
	{ "start discovery", .act = discover },
	{ "publish registry", .act = publish },
	{ "list missing modules", .act = list_missing },
	{ "list what is missing", .act = list_missing },
	/* faults, alerts, journal */
	{ "raise alert", .act = raise_alert },
	{ "resolve alert", .act = resolve_alerts },
	/* Each reason whose alert is a warning: "alert obstacle". */
#define NOTE_WARNING(code_, word_)	{ "alert " word_, .note = OHTD_WHY_##code_ },
#define NOTE_NONE(code_, word_)
#define NOTE_CRITICAL(code_, word_)
#define NOTE_EMERGENCY(code_, word_)
#define OHTD_WHY(code_, alarm_, severity_, ends_, word_, text_, action_)	NOTE_##severity_(code_, word_)
#include "robot/whys.def"
	/* Of these a person is told by faults. */
	{ "alert boot_timeout", .act = alert_boot_timeout },
	{ "alert init_timeout", .act = alert_init_timeout },
	{ "add to fault list", .act = note_fault },
	{ "clear acknowledged faults", .act = clear_faults },
	{ "journal reason", .act = write_journal },
	{ "journal further reason", .act = write_journal },
	{ "journal reason and position", .act = write_journal },
	{ "journal who and when", .act = write_journal },
	{ "report latched reason", .act = write_journal },
	/* The record of the transition says that it was accepted. */
	{ "accept", .kept = true },
	/* main/daemon.c ends the store behind this thread. */
	{ "flush records", .kept = true },
	/* The end of the program asks in every turn. */
	{ "shutdown may be asked again", .kept = true },
	/* motion */
	{ "plan profile", .act = begin_command },
	{ "start motion", .act = go, .begins = true },
	{ "replace target", .act = begin_command },
	{ "replan from present speed", .act = go, .begins = true },
	{ "replan from standstill to kept target", .act = go, .begins = true },
	{ "start velocity motion", .act = begin_jog, .begins = true },
	{ "arm jog dead-man", .act = arm_jog },
	{ "rearm jog dead-man", .act = rearm_jog },
	{ "update speed", .act = ohtd_travel_jog },
	{ "start homing at homing speed", .act = ohtd_travel_home, .begins = true },
	{ "keep target", .act = keep_target },
	/* The command ends with it. */
	{ "drop target", .kept = true },
	{ "limit speed to zone speed", .act = slow_down },
	{ "lift speed limit", .act = lift_limit },
	{ "complete command", .act = complete },
	{ "abort command", .act = abort_command },
	{ "fail command", .act = fail_command },
	/* The record of the transition says that it was accepted. */
	{ "nothing changes", .kept = true },
	/* docking */
	{ "start docking sequence", .act = begin_docking, .begins = true },
	{ "start docking sequence at phase approach", .act = begin_docking, .begins = true },
	/* The sequence replans from the present speed. */
	{ "controlled approach", .kept = true },
	{ "abort docking", .act = begin_command },
	{ "back off", .act = back_off, .begins = true },
	/* The sequence aligns again by itself where it has backed off. */
	{ "next attempt", .kept = true, .begins = true },
	{ "open charge relay", .act = open_charge_relay, .over = written },
	{ "start phase undock", .act = undock, .begins = true },
	{ "request charge when wanted", .act = ask_for_charge },
	/* What the module says is what counts (facts). */
	{ "set docked", .kept = true },
	{ "clear docked", .kept = true },
	/* configuration: planned */
	{ "alert config_timeout" }, { "apply" }, { "audit" }, { "block motion" },
	{ "discard change set" }, { "open change set" }, { "process start" },
	{ "restore last good version" }, { "store version" },
	{ 0 },
};

_Static_assert(sizeof(ohtd_phrases) / sizeof(ohtd_phrases[0]) < OHTD_NO_ACTION,
	       "records name an action by a byte");

/* ---- their order ---- */

int ohtd_steps_ask(struct ohtd_control *control, const struct ohtd_row *row,
		   const struct ohtd_raised *raised, struct ohtd_why_list *why)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < row->actions; i++)
		if (row->action[i]->ask)
			ret = row->action[i]->ask(control, raised, why);
	return ret;
}

bool ohtd_steps_wait(const struct ohtd_row *row)
{
	unsigned int i;

	for (i = 0; i < row->actions; i++)
		if (row->action[i]->over)
			return true;
	return false;
}

/* A note for people, as long as the robot stays as it is; nothing that a person would have to clear. */
static void raise_note(struct ohtd_control *control, const struct ohtd_raised *raised,
		       unsigned int code)
{
	struct ohtd_raised alert = *raised;

	/* An unknown sensor counts as an obstacle, and is told as unknown. */
	if (code == OHTD_WHY_OBSTACLE && raised->why.code == OHTD_WHY_SENSORS)
		code = OHTD_WHY_SENSORS;
	alert.why = (struct ohtd_why){ .code = (uint16_t)code };
	ohtd_note_raise(control, code);
	raise_alert(control, &alert);
}

static void do_action(struct ohtd_control *control, const struct ohtd_phrase *action,
		      const struct ohtd_raised *raised)
{
	if (action->act)
		action->act(control, raised);
	if (action->note)
		raise_note(control, raised, action->note);
}

/* From @at to the end of the row, or to an action that waits. */
static void carry_out(struct ohtd_control *control, const struct ohtd_row *row,
		      const struct ohtd_raised *raised, unsigned int at)
{
	struct ohtd_steps *steps = &control->steps;

	for (; at < row->actions; at++) {
		const struct ohtd_phrase *action = row->action[at];

		do_action(control, action, raised);
		if (!action->over)
			continue;
		steps->row = row;
		steps->waits = (uint8_t)at;
		steps->since_ns = control->now_ns;
		steps->raised = *raised;
		ohtd_event_record(control, OHTD_RECORD_WAIT_BEGUN, raised, action);
		return;
	}
}

void ohtd_steps_begin(struct ohtd_control *control, const struct ohtd_row *row,
		      const struct ohtd_raised *raised)
{
	carry_out(control, row, raised, 0);
}

void ohtd_steps_advance(struct ohtd_control *control)
{
	const struct ohtd_steps waited = control->steps;
	const struct ohtd_phrase *action;
	bool late;

	if (!waited.row)
		return;
	action = waited.row->action[waited.waits];
	late = control->now_ns - waited.since_ns > STOP_LIMIT_NS * control->time_factor;
	ohtd_facts_update(control);
	if (!action->over(control) && !late)
		return;
	control->steps.row = NULL;
	ohtd_event_record(control, late ? OHTD_RECORD_WAIT_LATE : OHTD_RECORD_WAIT_OVER,
			  &waited.raised, action);
	carry_out(control, waited.row, &waited.raised, waited.waits + 1u);
}

void ohtd_steps_cut(struct ohtd_control *control)
{
	const struct ohtd_steps waited = control->steps;
	unsigned int at;

	if (!waited.row)
		return;
	control->steps.row = NULL;
	ohtd_event_record(control, OHTD_RECORD_WAIT_CUT, &waited.raised,
			  waited.row->action[waited.waits]);
	for (at = waited.waits + 1u; at < waited.row->actions; at++)
		if (!waited.row->action[at]->begins)
			do_action(control, waited.row->action[at], &waited.raised);
}
