// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the loops ask for. An answer says what happened, never what was intended; a command that is
 * late is dropped and says so; a refusal names everything that stands in the way.
 */
#include <errno.h>
#include <string.h>

#include "control.h"

#define READ_ATTEMPTS	2

static uint64_t deadline_ns(const struct ohtd_command *command)
{
	return command->posted_ns + command->valid_ms * OHTD_NS_PER_MS;
}

static bool late(const struct ohtd_control *control, const struct ohtd_command *command)
{
	return control->now_ns > deadline_ns(command);
}

/* The snapshot that shows the effect is out before the answer is. */
static void send(struct ohtd_control *control, const struct ohtd_pending *pending,
		 struct ohtd_answer *answer)
{
	ohtd_facts_update(control);
	ohtd_publish(control);
	answer->id = pending->command.id;
	answer->kind = pending->command.kind;
	answer->state = control->state;
	answer->safety_state = ohtd_safety_state(control);
	answer->version = control->snapshot.version;
	ohtd_link_reply(&control->links[pending->link], answer);
}

static void done(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	struct ohtd_answer answer = { .outcome = OHTD_OUTCOME_DONE };

	send(control, pending, &answer);
}

static void refuse_all(struct ohtd_control *control, const struct ohtd_pending *pending,
		       unsigned int outcome, const struct ohtd_why_list *why)
{
	struct ohtd_answer answer = { .outcome = outcome, .why = *why };

	send(control, pending, &answer);
}

static void refuse(struct ohtd_control *control, const struct ohtd_pending *pending,
		   unsigned int outcome, const struct ohtd_why *reason)
{
	struct ohtd_why_list why = { 0 };

	ohtd_why_add(&why, reason->code, reason->unit, reason->detail);
	refuse_all(control, pending, outcome, &why);
}

static void refuse_code(struct ohtd_control *control, const struct ohtd_pending *pending,
			unsigned int outcome, unsigned int code)
{
	const struct ohtd_why why = { .code = (uint16_t)code };

	refuse(control, pending, outcome, &why);
}

/* Would the state machine take @event now? If not, the refusal is sent. */
static bool admitted(struct ohtd_control *control, const struct ohtd_pending *pending,
		     enum ohtd_event event)
{
	struct ohtd_why_list why = { 0 };

	if (control->device.open &&
	    ohtd_machine_find(&control->machine, control->state, event, control->facts))
		return true;
	ohtd_why_event(control, event, &why);
	if (!why.count)
		ohtd_why_add(&why, OHTD_WHY_STATE, 0, 0);
	refuse_all(control, pending, OHTD_OUTCOME_REFUSED, &why);
	return false;
}

/* Raises @event; what it leads to decides the answer. */
static void finish(struct ohtd_control *control, const struct ohtd_pending *pending,
		   enum ohtd_event event)
{
	ohtd_facts_update(control);
	if (ohtd_control_raise(control, event))
		done(control, pending);
	else
		refuse_code(control, pending, OHTD_OUTCOME_REFUSED, OHTD_WHY_STOPPED_MEANWHILE);
}

static void do_reset(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	struct ohtd_why_list why = { 0 };

	if (!admitted(control, pending, OHTD_EVENT_ESTOP_RESET))
		return;
	if (ohtd_safety_reset(control, pending->command.tag, &why))
		refuse_all(control, pending, OHTD_OUTCOME_REFUSED, &why);
	else
		finish(control, pending, OHTD_EVENT_ESTOP_RESET);
}

static void do_reset_fault(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	struct ohtd_why_list why = { 0 };

	if (!admitted(control, pending, OHTD_EVENT_FAULT_CLEARED))
		return;
	/* From fault it goes to safe, where the device is ready; start and farewell need nobody. */
	if (control->state == OHTD_STATE_FAULT &&
	    ohtd_safety_reset(control, pending->command.tag, &why))
		refuse_all(control, pending, OHTD_OUTCOME_REFUSED, &why);
	else
		finish(control, pending, OHTD_EVENT_FAULT_CLEARED);
}

static void do_disable(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	if (!admitted(control, pending, OHTD_EVENT_DISABLE_COMMAND))
		return;
	ohtd_safety_disable(control, pending->command.tag);
	if (ohtd_safety_state(control) == OHTD_SAFETY_READY)
		finish(control, pending, OHTD_EVENT_DISABLE_COMMAND);
	else
		refuse_code(control, pending, OHTD_OUTCOME_FAILED, OHTD_WHY_STOPPED_MEANWHILE);
}

static void do_stop(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	if (admitted(control, pending, OHTD_EVENT_STOP_COMMAND))
		finish(control, pending, OHTD_EVENT_STOP_COMMAND);
}

static void do_enable(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	/* What can never be is said before what cannot be now. */
	if (!control->bus->ops->hardware_stop) {
		refuse_code(control, pending, OHTD_OUTCOME_REFUSED, OHTD_WHY_UNSUPPORTED);
		return;
	}
	if (!admitted(control, pending, OHTD_EVENT_SAFE_RESET))
		return;
	if (control->enable.step != OHTD_ENABLE_IDLE) {
		refuse_code(control, pending, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
	} else {
		control->enable.pending = *pending;
		control->enable.step = OHTD_ENABLE_ZERO;
		ohtd_telegram_start(control, OHTD_TELEGRAM_ZERO_SPEED);
	}
}

/* Faults that it finds are its result, and a cause of the stop; it has been done all the same. */
static void do_self_test(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	struct ohtd_why_list why = { 0 };

	if (ohtd_safety_self_test(control, &why))
		refuse_all(control, pending, OHTD_OUTCOME_REFUSED, &why);
	else
		done(control, pending);
}

static void do_discover(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	if (!control->device.open || control->device.bus_dead) {
		refuse_code(control, pending, OHTD_OUTCOME_REFUSED, OHTD_WHY_DEVICE);
	} else if (control->state == OHTD_STATE_MOVE || control->state == OHTD_STATE_DOCK) {
		refuse_code(control, pending, OHTD_OUTCOME_REFUSED, OHTD_WHY_MOVING);
	} else if (control->identify.full) {
		refuse_code(control, pending, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
	} else {
		control->discover = *pending;
		ohtd_identify_all(control, false);
	}
}

static void do_read(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	unsigned int i;

	if (!control->device.open || control->device.bus_dead) {
		refuse_code(control, pending, OHTD_OUTCOME_REFUSED, OHTD_WHY_DEVICE);
		return;
	}
	for (i = 0; i < OHTD_READS_MAX; i++)
		if (!control->reads[i].pending.used) {
			control->reads[i] = (struct ohtd_read){ .pending = *pending };
			return;
		}
	refuse_code(control, pending, OHTD_OUTCOME_REFUSED, OHTD_WHY_BUSY);
}

static void execute(struct ohtd_control *control, const struct ohtd_pending *pending)
{
	static void (*const verbs[])(struct ohtd_control *, const struct ohtd_pending *) = {
		[OHTD_COMMAND_RESET] = do_reset,
		[OHTD_COMMAND_ENABLE] = do_enable,
		[OHTD_COMMAND_DISABLE] = do_disable,
		[OHTD_COMMAND_RESET_FAULT] = do_reset_fault,
		[OHTD_COMMAND_DISCOVER] = do_discover,
		[OHTD_COMMAND_READ] = do_read,
		[OHTD_COMMAND_STOP] = do_stop,
		[OHTD_COMMAND_SELF_TEST] = do_self_test,
	};

	/* A decision is made on what is true now, not at the last cycle. */
	ohtd_safety_refresh(control);
	ohtd_facts_update(control);
	if (control->state == OHTD_STATE_SHUTDOWN)
		refuse_code(control, pending, OHTD_OUTCOME_REFUSED, OHTD_WHY_SHUTTING_DOWN);
	else if (late(control, &pending->command))
		refuse_code(control, pending, OHTD_OUTCOME_EXPIRED, OHTD_WHY_EXPIRED);
	else
		verbs[pending->command.kind](control, pending);
}

void ohtd_commands_receive(struct ohtd_control *control)
{
	struct ohtd_pending pending = { .used = true };
	unsigned int i;

	for (i = 0; i < control->link_count; i++) {
		pending.link = (uint8_t)i;
		/* Ends: a link cannot have more in flight than its ring holds. */
		while (ohtd_link_receive(&control->links[i], &pending.command))
			execute(control, &pending);
	}
}

/* ---- enable ---- */

static void end_enable(struct ohtd_control *control, unsigned int outcome,
		       const struct ohtd_why_list *why)
{
	struct ohtd_pending pending = control->enable.pending;

	control->enable.step = OHTD_ENABLE_IDLE;
	control->enable.pending.used = false;
	/* Begun by init itself: nobody waits; it shows in the state. */
	if (!pending.used)
		return;
	if (outcome == OHTD_OUTCOME_DONE)
		done(control, &pending);
	else
		refuse_all(control, &pending, outcome, why);
}

static void switch_on(struct ohtd_control *control, enum ohtd_event event)
{
	struct ohtd_why_list why = { 0 };

	control->enable.step = OHTD_ENABLE_OUTPUTS;
	ohtd_facts_update(control);
	if (!ohtd_machine_find(&control->machine, control->state, event, control->facts)) {
		ohtd_why_event(control, event, &why);
		end_enable(control, OHTD_OUTCOME_REFUSED, &why);
		return;
	}
	if (ohtd_safety_enable(control, control->enable.pending.command.tag, &why)) {
		end_enable(control, OHTD_OUTCOME_REFUSED, &why);
		return;
	}
	ohtd_control_raise(control, event);
	end_enable(control, OHTD_OUTCOME_DONE, &why);
}

static void advance_enable(struct ohtd_control *control)
{
	const struct ohtd_telegrams *telegrams = &control->telegrams;
	struct ohtd_enable *enable = &control->enable;
	struct ohtd_why_list why = { 0 };

	if (enable->step != OHTD_ENABLE_ZERO)
		return;
	if (enable->pending.used && late(control, &enable->pending.command)) {
		ohtd_why_add(&why, OHTD_WHY_EXPIRED, 0, 0);
		end_enable(control, OHTD_OUTCOME_EXPIRED, &why);
	} else if (telegrams->telegram != OHTD_TELEGRAM_ZERO_SPEED &&
		   ohtd_safety_state(control) != OHTD_SAFETY_READY) {
		ohtd_why_add(&why, OHTD_WHY_STOPPED_MEANWHILE, 0, 0);
		end_enable(control, OHTD_OUTCOME_REFUSED, &why);
	} else if (telegrams->telegram != OHTD_TELEGRAM_ZERO_SPEED && !telegrams->active) {
		/* Those of the last stop were still on their way; now it is our turn. */
		ohtd_telegram_start(control, OHTD_TELEGRAM_ZERO_SPEED);
	} else if (telegrams->active) {
		return;
	} else if (telegrams->failed) {
		ohtd_why_add(&why, telegrams->why.code, telegrams->why.unit,
			     telegrams->why.detail);
		end_enable(control, OHTD_OUTCOME_FAILED, &why);
	} else {
		switch_on(control, enable->pending.used ? OHTD_EVENT_SAFE_RESET
							: OHTD_EVENT_INIT_COMPLETE);
	}
}

/* ---- discovery ---- */

static void advance_discover(struct ohtd_control *control)
{
	struct ohtd_pending pending = control->discover;

	if (!pending.used)
		return;
	if (control->identify.full && !late(control, &pending.command))
		return;
	control->discover.used = false;
	if (control->identify.full)
		refuse_code(control, &pending, OHTD_OUTCOME_EXPIRED, OHTD_WHY_EXPIRED);
	else
		done(control, &pending);
}

/* ---- reads ---- */

static void expire_reads(struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < OHTD_READS_MAX; i++) {
		struct ohtd_read *read = &control->reads[i];

		if (!read->pending.used || read->under_way || !late(control, &read->pending.command))
			continue;
		read->pending.used = false;
		refuse_code(control, &read->pending, OHTD_OUTCOME_EXPIRED, OHTD_WHY_EXPIRED);
	}
}

bool ohtd_commands_read_next(struct ohtd_control *control)
{
	const struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_READ, .slack = true };
	unsigned int i;

	for (i = 0; i < OHTD_READS_MAX; i++) {
		unsigned int index = (control->read_next + i) % OHTD_READS_MAX;
		struct ohtd_read *read = &control->reads[index];
		const struct ohtd_command *command = &read->pending.command;
		const struct ohtd_unit *unit = ohtd_unit(control, command->unit);
		const struct oht_request request = {
			.unit = command->unit,
			.function = OHT_READ_HOLDING,
			.priority = OHT_PRIORITY_COMMAND,
			.address = command->address,
			.count = command->count,
			.timeout_us = unit ? ohtd_unit_timeout_us(control, unit)
					   : control->model->timeout_max_ms * 1000,
		};

		if (!read->pending.used || read->under_way)
			continue;
		control->read_next = index;
		read->attempts++;
		read->under_way = ohtd_transfer_submit(control, &request, &transfer);
		return read->under_way;
	}
	return false;
}

void ohtd_commands_read_done(struct ohtd_control *control, const struct ohtd_transfer *transfer,
			     const struct oht_reply *reply)
{
	struct ohtd_read *read = &control->reads[control->read_next];
	struct ohtd_answer answer = { .outcome = OHTD_OUTCOME_DONE, .count = reply->count };
	bool exception = reply->outcome == OHT_OUTCOME_EXCEPTION;

	(void)transfer;
	if (!read->pending.used || !read->under_way)
		return;
	read->under_way = false;
	if (reply->outcome != OHT_OUTCOME_OK && !exception && read->attempts < READ_ATTEMPTS &&
	    reply->outcome != OHT_OUTCOME_GONE)
		return;
	read->pending.used = false;
	control->read_next = (control->read_next + 1) % OHTD_READS_MAX;
	if (reply->outcome == OHT_OUTCOME_OK) {
		memcpy(answer.words, reply->words, reply->count * sizeof(answer.words[0]));
		send(control, &read->pending, &answer);
	} else {
		const struct ohtd_why why = {
			.code = (uint16_t)ohtd_why_code_of(reply->outcome),
			.unit = read->pending.command.unit,
			.detail = exception ? reply->exception : reply->outcome,
		};

		refuse(control, &read->pending, OHTD_OUTCOME_FAILED, &why);
	}
}

/* ---- all ---- */

void ohtd_commands_advance(struct ohtd_control *control)
{
	advance_enable(control);
	advance_discover(control);
	expire_reads(control);
}

void ohtd_commands_fail_all(struct ohtd_control *control, unsigned int outcome, unsigned int code)
{
	struct ohtd_why_list why = { 0 };
	struct ohtd_pending pending;
	unsigned int i;

	ohtd_why_add(&why, code, 0, 0);
	if (control->enable.step != OHTD_ENABLE_IDLE)
		end_enable(control, outcome, &why);
	if (control->discover.used) {
		pending = control->discover;
		control->discover.used = false;
		refuse_all(control, &pending, outcome, &why);
	}
	for (i = 0; i < OHTD_READS_MAX; i++) {
		pending = control->reads[i].pending;
		if (!pending.used)
			continue;
		control->reads[i].pending.used = false;
		refuse_all(control, &pending, outcome, &why);
	}
}
