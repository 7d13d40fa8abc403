// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the loops ask for. An answer says what happened, never what was intended; a command that is
 * late is dropped and says so; a refusal names everything that stands in the way.
 */
#include <errno.h>
#include <string.h>

#include "control/control.h"
#include "control/one_module.h"
#include "modules/setpoint.h"

/* The drive shows the zero that it has acknowledged by then: several readings in each plan. */
#define SHOWN_NS	(500 * OHTD_NS_PER_MS)

static uint64_t deadline_ns(const struct ohtd_command *command)
{
	return command->posted_ns + command->valid_ms * OHTD_NS_PER_MS;
}

static bool late(const struct ohtd_control *control, const struct ohtd_command *command)
{
	return control->now_ns > deadline_ns(command);
}

bool ohtd_commands_late(const struct ohtd_control *control, const struct ohtd_command *command)
{
	return late(control, command);
}

/* The life of the command that an answer is about. */
static uint32_t state_of(const struct ohtd_control *control, uint64_t number)
{
	if (!number)
		return OHTD_COMMAND_STATE_NONE;
	if (control->travel.command.number == number)
		return control->travel.command.state;
	if (ohtd_queue_has(control, number))
		return OHTD_COMMAND_STATE_WAITING;
	return ohtd_life_state(&control->travel.life, number);
}

/* The snapshot that shows the effect is out before the answer is. */
static void send(struct ohtd_control *control, const struct ohtd_asked *asked,
		 struct ohtd_answer *answer)
{
	if (asked->link == OHTD_LINK_QUEUE) {
		ohtd_queue_answered(control, asked, answer);
		return;
	}
	if (asked->command.kind == OHTD_COMMAND_JOG && answer->outcome != OHTD_OUTCOME_DONE)
		ohtd_holds_refuse(control, &asked->command, &answer->why);
	ohtd_lease_settle(control, asked, answer->outcome);
	memcpy(answer->holder, control->lease.view.holder.user, sizeof(answer->holder));
	ohtd_facts_update(control);
	ohtd_publish(control);
	answer->id = asked->command.id;
	answer->kind = asked->command.kind;
	answer->state = control->state;
	answer->safety_state = ohtd_safety_state(control);
	answer->version = control->snapshot.version;
	answer->command_state = state_of(control, answer->number);
	ohtd_link_reply(&control->links[asked->link], answer);
}

void ohtd_commands_send(struct ohtd_control *control, const struct ohtd_asked *asked,
			struct ohtd_answer *answer)
{
	send(control, asked, answer);
}

static void done(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_answer answer = { .outcome = OHTD_OUTCOME_DONE };

	send(control, asked, &answer);
}

/* Of the sensor that its reason names. */
static void add_obstacle(const struct ohtd_control *control, struct ohtd_answer *answer)
{
	for (unsigned int i = 0; i < answer->why.count && i < OHTD_WHY_MAX; i++)
		if (answer->why.items[i].code == OHTD_WHY_OBSTACLE && answer->why.items[i].detail)
			ohtd_control_way_obstacle(control, answer->why.items[i].detail - 1u, &answer->obstacle);
}

static void refuse_all(struct ohtd_control *control, const struct ohtd_asked *asked,
		       unsigned int outcome, const struct ohtd_why_list *why)
{
	struct ohtd_answer answer = { .outcome = outcome, .why = *why };

	add_obstacle(control, &answer);
	send(control, asked, &answer);
}

void ohtd_commands_refuse(struct ohtd_control *control, const struct ohtd_asked *asked,
			  unsigned int outcome, const struct ohtd_why_list *why)
{
	refuse_all(control, asked, outcome, why);
}

static void refuse(struct ohtd_control *control, const struct ohtd_asked *asked,
		   unsigned int outcome, const struct ohtd_why *reason)
{
	struct ohtd_why_list why = { 0 };

	ohtd_why_add(&why, reason->code, reason->unit, reason->detail);
	refuse_all(control, asked, outcome, &why);
}

static void refuse_code(struct ohtd_control *control, const struct ohtd_asked *asked,
			unsigned int outcome, unsigned int code)
{
	const struct ohtd_why why = { .code = (uint16_t)code };

	refuse(control, asked, outcome, &why);
}

/* What the state machine makes of the event is the answer. */
static void ask_machine(struct ohtd_control *control, const struct ohtd_asked *asked,
			enum ohtd_event event)
{
	if (!ohtd_event_ask(control, event, asked))
		refuse_code(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
}

static void do_event(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	ask_machine(control, asked, ohtd_verb_row(asked->command.kind)->event);
}

void ohtd_commands_ask(struct ohtd_control *control, const struct ohtd_asked *asked,
		       enum ohtd_event event)
{
	ask_machine(control, asked, event);
}

void ohtd_commands_done(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	done(control, asked);
}

/* Set-points begin to move the robot: that is answered by the drive. */
static bool begins_motion(unsigned int event)
{
	return ohtd_verb_row(ohtd_verb_of_event(event))->flags & OHTD_BEGINS_MOTION;
}

void ohtd_commands_done_as(struct ohtd_control *control, const struct ohtd_asked *asked,
			   uint64_t number)
{
	struct ohtd_answer answer = { .outcome = OHTD_OUTCOME_DONE, .number = number };

	send(control, asked, &answer);
}

void ohtd_commands_answer(struct ohtd_control *control, const struct ohtd_raised *raised,
			  const struct ohtd_why_list *refused)
{
	const struct ohtd_asked *asked = &raised->asked;

	if (refused)
		refuse_all(control, asked, OHTD_OUTCOME_REFUSED, refused);
	else if (raised->event == OHTD_EVENT_DISABLE_COMMAND &&
		 ohtd_safety_state(control) != OHTD_SAFETY_READY)
		refuse_code(control, asked, OHTD_OUTCOME_FAILED, OHTD_WHY_STOPPED_MEANWHILE);
	else if (begins_motion(raised->event))
		ohtd_motion_await(control, asked);
	else
		done(control, asked);
	if (!refused && raised->event == OHTD_EVENT_SHUTDOWN)
		ohtd_control_leave(control);
}

static void do_enable(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	const struct ohtd_row *row;

	/* What can never be is said before what cannot be now. */
	if (!ohtd_bus_has_outputs(control->bus)) {
		refuse_code(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_UNSUPPORTED);
		return;
	}
	row = ohtd_machine_find(&control->machine, control->state, OHTD_EVENT_SAFE_RESET,
				control->facts);
	/*
	 * What the machine will refuse it refuses now, and not only when the set-points are nought.
	 * An enable from before a stop that has been reset meanwhile is too old.
	 */
	if (!row || !control->device.open || asked->command.role < row->role)
		ask_machine(control, asked, OHTD_EVENT_SAFE_RESET);
	else if (asked->command.posted_ns < control->safety.status.since_ns)
		refuse_code(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_STOPPED_MEANWHILE);
	else if (control->enable.step != OHTD_ENABLE_IDLE)
		refuse_code(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
	else
		ohtd_enable_begin(control, asked);
}

/* Faults that it finds are its result, and a cause of the stop; it has been done all the same. */
static void do_self_test(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_why_list why = { 0 };

	if (ohtd_safety_self_test(control, &why))
		refuse_all(control, asked, OHTD_OUTCOME_REFUSED, &why);
	else
		done(control, asked);
}

static void do_control(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_why_list why = { 0 };

	if (ohtd_lease_ask(control, &asked->command, &why))
		done(control, asked);
	else
		refuse_all(control, asked, OHTD_OUTCOME_REFUSED, &why);
}

static void do_hung_up(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	ohtd_motion_hung_up(control, asked->command.connection);
	done(control, asked);
}

static void do_override(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	ohtd_travel_override(control, (double)asked->command.percent);
	done(control, asked);
}

/* Nothing goes by the position while the outputs are low. */
static void do_position(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	enum ohtd_safety_state safety = ohtd_safety_state(control);
	struct ohtd_why_list why = { 0 };
	double position_mm;

	if (safety != OHTD_SAFETY_STOPPED && safety != OHTD_SAFETY_READY)
		ohtd_why_add(&why, OHTD_WHY_ENABLED, 0, 0);
	if (ohtd_moving(control))
		ohtd_why_add_moving(control, &why);
	if (!ohtd_signal_fresh(control, OHTD_SIGNAL_POSITION_MM, &position_mm))
		ohtd_control_why_signal(control, &why, OHTD_WHY_SENSORS, OHTD_SIGNAL_POSITION_MM);
	if (why.count) {
		refuse_all(control, asked, OHTD_OUTCOME_REFUSED, &why);
		return;
	}
	ohtd_travel_locate(control, asked->command.target_mm);
	done(control, asked);
}

static void do_discover(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	if (!control->device.open || control->device.bus_dead) {
		refuse_code(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_DEVICE);
	} else if (ohtd_state_in_motion(control->state)) {
		refuse_code(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_MOVING);
	} else if (control->modules.identify.full) {
		refuse_code(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
	} else {
		control->discover = *asked;
		ohtd_identify_all(&control->modules, false);
	}
}

/*
 * An order whose id went to the disk first comes behind commands that were asked for later. What these have stopped or begun stays:
 * the order is refused.
 */
static unsigned int overtaken(const struct ohtd_control *control, const struct ohtd_command *command)
{
	if (command->heard && command->heard < control->interrupted)
		return OHTD_WHY_REPLACED;
	if (!command->noted)
		return OHTD_WHY_NONE;
	if (command->posted_ns < control->safety.status.since_ns)
		return OHTD_WHY_STOPPED_MEANWHILE;
	return command->posted_ns < control->motion_posted_ns ? OHTD_WHY_REPLACED : OHTD_WHY_NONE;
}

static void act(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	static void (*const acts[])(struct ohtd_control *, const struct ohtd_asked *) = {
#define OHTD_COMMAND(kind, number, word, event, role, route, elevation, flags, act) \
		[OHTD_COMMAND_##kind] = (act),
#include "robot/verbs.def"
	};
	const struct ohtd_command *command = &asked->command;

	if (ohtd_verb_row(command->kind)->flags & (OHTD_BEGINS_MOTION | OHTD_ENDS_MOTION) &&
	    command->posted_ns > control->motion_posted_ns)
		control->motion_posted_ns = command->posted_ns;
	acts[command->kind](control, asked);
}

static void execute(struct ohtd_control *control, struct ohtd_asked *asked)
{
	struct ohtd_why_list why = { 0 };
	unsigned int reason;

	/* A decision is made on what is true now, not at the last cycle. */
	ohtd_safety_refresh(control);
	ohtd_facts_update(control);
	reason = overtaken(control, &asked->command);
	if (control->state == OHTD_STATE_SHUTDOWN || atomic_load(&control->leaves))
		refuse_code(control, asked, OHTD_OUTCOME_REFUSED, OHTD_WHY_SHUTTING_DOWN);
	else if (late(control, &asked->command))
		refuse_code(control, asked, OHTD_OUTCOME_EXPIRED, OHTD_WHY_EXPIRED);
	else if (reason)
		refuse_code(control, asked, OHTD_OUTCOME_REFUSED, reason);
	else if (!ohtd_lease_admit(control, asked, &why))
		refuse_all(control, asked, OHTD_OUTCOME_REFUSED, &why);
	else
		act(control, asked);
}

bool ohtd_commands_receive(struct ohtd_control *control)
{
	struct ohtd_asked asked = { .used = true };
	unsigned int i;

	for (i = 0; i < control->link_count; i++) {
		asked.link = (uint8_t)i;
		if (ohtd_link_receive(&control->links[i], &asked.command)) {
			execute(control, &asked);
			return true;
		}
	}
	return false;
}

/* ---- enable ---- */

void ohtd_enable_begin(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	control->enable.asked = asked ? *asked : (struct ohtd_asked){ 0 };
	control->enable.journal_seq = control->safety.status.journal_seq;
	control->enable.step = OHTD_ENABLE_ZERO;
	ohtd_telegram_start(&control->modules, OHTD_TELEGRAM_ZERO_SPEED);
}

/* It was not switched on. */
static void end_enable(struct ohtd_control *control, unsigned int outcome,
		       const struct ohtd_why_list *why)
{
	struct ohtd_asked asked = control->enable.asked;

	control->enable.step = OHTD_ENABLE_IDLE;
	control->enable.asked.used = false;
	/* What init has begun by itself shows in the state; no command waits for it. */
	if (asked.used)
		refuse_all(control, &asked, outcome, why);
}

static bool stopped_meanwhile(const struct ohtd_control *control)
{
	return control->safety.status.journal_seq != control->enable.journal_seq;
}

static void switch_on(struct ohtd_control *control, enum ohtd_event event)
{
	struct ohtd_asked asked;

	/* Ready now as then is not enough: a stop and its reset may lie in between. */
	ohtd_safety_refresh(control);
	if (control->enable.step == OHTD_ENABLE_IDLE)
		return;
	if (stopped_meanwhile(control)) {
		ohtd_enable_cancel(control);
		return;
	}
	/* The answer is now that of the event. */
	asked = control->enable.asked;
	control->enable.asked.used = false;
	control->enable.step = OHTD_ENABLE_IDLE;
	if (!asked.used)
		ohtd_event_raise(control, event, NULL);
	else
		ask_machine(control, &asked, event);
}

void ohtd_enable_cancel(struct ohtd_control *control)
{
	struct ohtd_why_list why = { 0 };

	ohtd_why_add(&why, OHTD_WHY_STOPPED_MEANWHILE, 0, 0);
	if (control->enable.step != OHTD_ENABLE_IDLE)
		end_enable(control, OHTD_OUTCOME_REFUSED, &why);
}

static void fail_enable(struct ohtd_control *control, unsigned int code, uint8_t unit)
{
	struct ohtd_why_list why = { 0 };

	ohtd_why_add(&why, code, unit, 0);
	end_enable(control, OHTD_OUTCOME_FAILED, &why);
}

/* A drive that acknowledges zero and keeps its set-point would start when the outputs rise. */
static void advance_shown(struct ohtd_control *control)
{
	uint64_t limit_ns = control->enable.zero_ns + SHOWN_NS * control->time_factor;
	enum ohtd_shown shown = ohtd_setpoint_shows_zero(&control->modules, control->enable.zero_ns);
	uint8_t unit = control->modules.telegrams.unit;

	if (shown == OHTD_SHOWN_ZERO)
		switch_on(control, control->enable.asked.used ? OHTD_EVENT_SAFE_RESET : OHTD_EVENT_INIT_COMPLETE);
	else if (control->now_ns < limit_ns)
		return;
	else
		fail_enable(control, shown == OHTD_SHOWN_OTHER ? OHTD_WHY_DRIVE_DISOBEYS : OHTD_WHY_MODULE_NO_ANSWER, unit);
}

static void advance_zero(struct ohtd_control *control)
{
	const struct ohtd_telegrams *telegrams = &control->modules.telegrams;
	struct ohtd_enable *enable = &control->enable;
	struct ohtd_why_list why = { 0 };

	if (telegrams->telegram != OHTD_TELEGRAM_ZERO_SPEED && !telegrams->active) {
		/* Those of the last stop were still on their way; now it is our turn. */
		ohtd_telegram_start(&control->modules, OHTD_TELEGRAM_ZERO_SPEED);
	} else if (telegrams->active) {
		return;
	} else if (telegrams->failed) {
		ohtd_why_add(&why, telegrams->why.code, telegrams->why.unit,
			     telegrams->why.detail);
		end_enable(control, OHTD_OUTCOME_FAILED, &why);
	} else {
		enable->step = OHTD_ENABLE_SHOWN;
		enable->zero_ns = control->now_ns;
	}
}

static void advance_enable(struct ohtd_control *control)
{
	struct ohtd_enable *enable = &control->enable;
	struct ohtd_why_list why = { 0 };

	if (enable->step == OHTD_ENABLE_IDLE)
		return;
	/* What the drive did or did not answer meanwhile is no reason then. */
	if (stopped_meanwhile(control)) {
		ohtd_enable_cancel(control);
	} else if (enable->asked.used && late(control, &enable->asked.command)) {
		ohtd_why_add(&why, OHTD_WHY_EXPIRED, 0, 0);
		end_enable(control, OHTD_OUTCOME_EXPIRED, &why);
	} else if (enable->step == OHTD_ENABLE_ZERO) {
		advance_zero(control);
	} else {
		advance_shown(control);
	}
}

/* ---- discovery ---- */

static void advance_discover(struct ohtd_control *control)
{
	struct ohtd_asked asked = control->discover;

	if (!asked.used)
		return;
	if (control->modules.identify.full && !late(control, &asked.command))
		return;
	control->discover.used = false;
	if (control->modules.identify.full)
		refuse_code(control, &asked, OHTD_OUTCOME_EXPIRED, OHTD_WHY_EXPIRED);
	else
		done(control, &asked);
}

/* ---- all ---- */

void ohtd_commands_advance(struct ohtd_control *control)
{
	advance_enable(control);
	advance_discover(control);
	ohtd_exchange_expire(control);
	ohtd_motion_advance(control);
}

void ohtd_commands_fail_all(struct ohtd_control *control, unsigned int outcome, unsigned int code)
{
	struct ohtd_why_list why = { 0 };
	struct ohtd_asked asked;
	unsigned int i;

	ohtd_why_add(&why, code, 0, 0);
	ohtd_motion_give_up(control, outcome, &why.items[0]);
	ohtd_limits_give_up(control, outcome, code);
	if (control->enable.step != OHTD_ENABLE_IDLE)
		end_enable(control, outcome, &why);
	if (control->discover.used) {
		asked = control->discover;
		control->discover.used = false;
		refuse_all(control, &asked, outcome, &why);
	}
	for (i = 0; i < OHTD_READS_MAX; i++) {
		asked = control->reads[i].asked;
		if (!asked.used)
			continue;
		control->reads[i].asked.used = false;
		refuse_all(control, &asked, outcome, &why);
	}
}
