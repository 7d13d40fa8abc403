// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands that talk to one module, one at a time beside the plan: reads, pings, and writes by
 * register, which are read back. A write goes out only while nothing moves, unless it only stops. A
 * read in the background takes nobody's time: it waits for slack, and for no module that is lost.
 */
#include <errno.h>
#include <string.h>

#include "control/control.h"
#include "control/one_module.h"

#define ATTEMPTS	2
/* In the background nothing waits for less. */
#define SHORTEST_US	3000

/* ---- may it ---- */

/* To the training unit of the simulator, which is no module. */
static bool trains(const struct ohtd_command *command)
{
	return command->kind == OHTD_COMMAND_TRAIN || command->kind == OHTD_COMMAND_SITUATION;
}

static const struct oht_register *register_of(const struct ohtd_unit *unit,
					      const struct ohtd_command *command)
{
	const struct oht_register *reg = oht_regmap_at(unit->plan->map, command->address);

	return reg && reg->address == command->address && reg->words == command->count ? reg : NULL;
}

static bool is_moving(const struct ohtd_control *control)
{
	return ohtd_state_in_motion(control->state) || ohtd_moving(control);
}

/* The fault of the register or its value; the caller has found the unit. */
static unsigned int register_fault(const struct ohtd_unit *unit, const struct ohtd_command *command)
{
	const struct oht_register *reg;

	if (!unit->plan || unit->view.generation != command->generation)
		return OHTD_WHY_MODULE_CHANGED;
	reg = register_of(unit, command);
	if (!reg || reg->access == OHT_ACCESS_RO ||
	    !oht_register_in_range(reg, oht_register_decode(reg, command->words)))
		return OHTD_WHY_BAD_REQUEST;
	return OHTD_WHY_NONE;
}

static bool is_silent(const struct ohtd_unit *unit)
{
	return unit->view.health == OHTD_HEALTH_LOST || unit->view.health == OHTD_HEALTH_ABSENT;
}

/* Everything that stands in the way of it now. */
static void list_refusals(const struct ohtd_control *control, const struct ohtd_command *command,
			  struct ohtd_why_list *why)
{
	const struct ohtd_unit *unit = ohtd_unit_seen(&control->modules, command->unit);
	bool writes = command->kind == OHTD_COMMAND_WRITE;
	unsigned int fault = OHTD_WHY_NONE;

	if (!control->device.open || control->device.bus_dead)
		ohtd_why_add(why, OHTD_WHY_DEVICE, 0, 0);
	if (unit && unit->quarantined)
		ohtd_why_add(why, OHTD_WHY_MODULE_QUARANTINED, command->unit, 0);
	/* The registry asks it by itself, ever more rarely. */
	if (unit && command->background && is_silent(unit))
		ohtd_why_add(why, OHTD_WHY_MODULE_LOST, command->unit, 0);
	if (command->kind == OHTD_COMMAND_TRAIN && is_moving(control))
		ohtd_why_add_moving(control, why);
	if (!writes)
		return;
	fault = unit ? register_fault(unit, command) : OHTD_WHY_BAD_REQUEST;
	if (fault != OHTD_WHY_NONE)
		ohtd_why_add(why, fault, command->unit, 0);
	else if (register_of(unit, command)->motion)
		ohtd_why_add(why, OHTD_WHY_MOTION_REGISTER, command->unit, 0);
	/* What only stops is never refused for that. */
	if (is_moving(control) && (fault != OHTD_WHY_NONE ||
				   register_of(unit, command)->write_level != OHT_WRITE_OPERATOR))
		ohtd_why_add_moving(control, why);
}

/* ---- from the command to the wire ---- */

void ohtd_exchange_begin(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_why_list why = { 0 };
	unsigned int i;

	list_refusals(control, &asked->command, &why);
	for (i = 0; i < OHTD_READS_MAX && !why.count; i++)
		if (!control->reads[i].asked.used) {
			control->reads[i] = (struct ohtd_read){
				.asked = *asked,
				.writing = asked->command.kind == OHTD_COMMAND_WRITE || trains(&asked->command),
				.begun_ns = control->now_ns,
			};
			return;
		}
	if (!why.count)
		ohtd_why_add(&why, OHTD_WHY_BUSY, 0, 0);
	ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
}

static uint32_t usual_timeout_us(struct ohtd_control *control, const struct ohtd_read *read)
{
	const struct ohtd_unit *unit = ohtd_unit(&control->modules, read->asked.command.unit);

	if (!unit && read->asked.command.background)
		return control->model->timeout_min_ms * 1000;
	if (!unit)
		return control->model->timeout_max_ms * 1000;
	return read->attempts ? ohtd_unit_timeout_us(&control->modules, unit)
			      : ohtd_unit_quick_us(&control->modules, unit);
}

/* In us; 0: it has to wait. While the drive is led, a read in the background fits into the slack or waits. */
static uint32_t timeout_us(struct ohtd_control *control, const struct ohtd_read *read)
{
	const struct ohtd_command *command = &read->asked.command;
	uint32_t usual_us = usual_timeout_us(control, read), slack_us;

	if (!command->background || !ohtd_setpoint_live(&control->modules) ||
	    ohtd_layout_fits(&control->modules, command->count, usual_us))
		return usual_us;
	slack_us = ohtd_layout_slack_us(&control->modules, command->count);
	return slack_us < SHORTEST_US ? 0 : slack_us;
}

static struct oht_request request_of(struct ohtd_control *control, const struct ohtd_read *read)
{
	const struct ohtd_command *command = &read->asked.command;
	struct oht_request request = {
		.unit = command->unit,
		.function = command->input ? OHT_READ_INPUT : OHT_READ_HOLDING,
		.priority = command->background ? OHT_PRIORITY_BACKGROUND : OHT_PRIORITY_COMMAND,
		.address = command->address,
		.count = command->count,
		.timeout_us = timeout_us(control, read),
	};

	if (command->kind == OHTD_COMMAND_PING) {
		request.address = control->model->device_id_address;
		request.count = 1;
	}
	if (read->writing) {
		request.function = command->count > 1 || trains(command) ? OHT_WRITE_MULTIPLE :
				   ohtd_unit_write_function(ohtd_unit(&control->modules, command->unit));
		request.words = command->words;
		/* Nothing moves; while enabled the flag changes nothing. */
		request.flags = OHT_REQUEST_WHILE_STOPPED;
	}
	return request;
}

/* Refuses an exchange that something forbids since it was accepted. True: it is over. */
static bool refuse_late(struct ohtd_control *control, struct ohtd_read *read)
{
	struct ohtd_why_list why = { 0 };
	struct ohtd_asked asked = read->asked;

	/* A written value is read back whatever has happened meanwhile. */
	if (asked.command.kind == OHTD_COMMAND_WRITE && !read->writing)
		return false;
	list_refusals(control, &asked.command, &why);
	if (!why.count)
		return false;
	read->asked.used = false;
	ohtd_commands_refuse(control, &asked, OHTD_OUTCOME_REFUSED, &why);
	return true;
}

bool ohtd_exchange_next(struct ohtd_control *control, bool background)
{
	const struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_READ, .slack = true };
	unsigned int i;

	for (i = 0; i < OHTD_READS_MAX; i++) {
		unsigned int index = (control->read_next + i) % OHTD_READS_MAX;
		struct ohtd_read *read = &control->reads[index];
		struct oht_request request;

		if (!read->asked.used || read->under_way ||
		    (bool)read->asked.command.background != background || refuse_late(control, read))
			continue;
		request = request_of(control, read);
		if (!request.timeout_us)
			continue;
		control->read_next = index;
		read->attempts++;
		read->under_way = ohtd_transfer_submit(&control->modules, &request, &transfer);
		return read->under_way;
	}
	return false;
}

/* ---- from the wire to the answer ---- */

/* The registers that stand whole and side by side from the first word on; without @registers: none. */
static struct ohtd_block block_of(const struct oht_regmap *map, const struct ohtd_command *command)
{
	const struct oht_register *reg = oht_regmap_at(map, command->address);
	struct ohtd_block block = { .address = command->address };

	if (!reg || reg->address != command->address)
		return block;
	block.first = (uint16_t)(reg - map->reg);
	while (reg < map->reg + map->count && reg->address == block.address + block.words &&
	       reg->access != OHT_ACCESS_WO && block.words + reg->words <= command->count) {
		block.words += reg->words;
		block.registers++;
		reg++;
	}
	return block;
}

/* The values that the module now has, among its others. */
static void keep_values(struct ohtd_control *control, const struct ohtd_command *command,
			const struct oht_reply *reply)
{
	struct ohtd_unit *unit = ohtd_unit(&control->modules, command->unit);
	struct ohtd_block block;

	if (!unit || !unit->plan || command->input || command->kind == OHTD_COMMAND_PING ||
	    (command->kind == OHTD_COMMAND_WRITE && unit->view.generation != command->generation))
		return;
	block = block_of(unit->plan->map, command);
	if (!block.registers)
		return;
	ohtd_unit_swept(&control->modules, unit, &block, reply);
	/* Published before the answer, so that a caller that reads the state next sees the change. */
	ohtd_publish_registers(control);
}

/* An acknowledged write goes on with the read-back, unless the register cannot be read. */
static bool read_back(struct ohtd_control *control, struct ohtd_read *read)
{
	const struct ohtd_command *command = &read->asked.command;
	const struct ohtd_unit *unit = ohtd_unit(&control->modules, command->unit);
	const struct oht_register *reg;

	read->writing = false;
	read->attempts = 0;
	if (!unit || !unit->plan || unit->view.generation != command->generation)
		return false;
	reg = register_of(unit, command);
	return reg && reg->access != OHT_ACCESS_WO;
}

static void finish(struct ohtd_control *control, struct ohtd_read *read, bool was_write,
		   const struct oht_reply *reply)
{
	const struct ohtd_command *command = &read->asked.command;
	bool ok = reply->outcome == OHT_OUTCOME_OK;
	struct ohtd_answer answer = {
		.outcome = OHTD_OUTCOME_DONE,
		.turnaround_us = reply->turnaround_ns / 1000,
		.attempts = read->attempts,
		.took_us = (uint32_t)((control->now_ns - read->begun_ns) / OHTD_NS_PER_US),
		.verified = OHTD_VERIFIED_UNKNOWN,
	};

	if (!was_write && ok) {
		answer.count = reply->count;
		memcpy(answer.words, reply->words, reply->count * sizeof(answer.words[0]));
	}
	if (command->kind == OHTD_COMMAND_WRITE && answer.count)
		answer.verified = memcmp(answer.words, command->words,
					 command->count * sizeof(command->words[0])) ?
				  OHTD_VERIFIED_OTHER : OHTD_VERIFIED;
	read->asked.used = false;
	ohtd_commands_send(control, &read->asked, &answer);
}

static void fail(struct ohtd_control *control, struct ohtd_read *read,
		 const struct oht_reply *reply)
{
	bool exception = reply->outcome == OHT_OUTCOME_EXCEPTION;
	struct ohtd_why_list why = { 0 };

	if (reply->outcome == OHT_OUTCOME_STOPPED)
		ohtd_why_add(&why, OHTD_WHY_STOPPED_MEANWHILE, 0, 0);
	else
		ohtd_why_add(&why, ohtd_why_code_of(reply->outcome), read->asked.command.unit,
			     exception ? reply->exception : reply->outcome);
	read->asked.used = false;
	ohtd_commands_refuse(control, &read->asked, OHTD_OUTCOME_FAILED, &why);
}

/* Where nobody may be, the background asks once. */
static unsigned int attempts_of(const struct ohtd_control *control, const struct ohtd_command *command)
{
	return command->background && !ohtd_unit_seen(&control->modules, command->unit) ? 1 : ATTEMPTS;
}

/* No answer, and asking again may help. */
static bool try_again(const struct ohtd_control *control, const struct ohtd_read *read,
		      const struct oht_reply *reply)
{
	return reply->outcome != OHT_OUTCOME_OK && reply->outcome != OHT_OUTCOME_EXCEPTION &&
	       reply->outcome != OHT_OUTCOME_GONE && reply->outcome != OHT_OUTCOME_STOPPED &&
	       read->attempts < attempts_of(control, &read->asked.command);
}

void ohtd_exchange_done(struct ohtd_control *control, const struct oht_reply *reply)
{
	struct ohtd_read *read = &control->reads[control->read_next];
	bool written = read->asked.command.kind == OHTD_COMMAND_WRITE && !read->writing;
	bool ok = reply->outcome == OHT_OUTCOME_OK;

	if (!read->asked.used || !read->under_way)
		return;
	read->under_way = false;
	if (try_again(control, read, reply))
		return;
	if (read->writing && ok && read_back(control, read))
		return;
	control->read_next = (control->read_next + 1) % OHTD_READS_MAX;
	if (ok && !read->writing)
		keep_values(control, &read->asked.command, reply);
	/* The module has taken the value; that the read-back fails makes nothing undone. */
	if (ok || written)
		finish(control, read, !written && (read->asked.command.kind == OHTD_COMMAND_WRITE || trains(&read->asked.command)), reply);
	else
		fail(control, read, reply);
}

void ohtd_exchange_expire(struct ohtd_control *control)
{
	const struct oht_reply none = { .outcome = OHT_OUTCOME_TIMEOUT };
	unsigned int i;

	for (i = 0; i < OHTD_READS_MAX; i++) {
		struct ohtd_read *read = &control->reads[i];
		struct ohtd_why_list why = { 0 };

		if (!read->asked.used || read->under_way ||
		    !ohtd_commands_late(control, &read->asked.command))
			continue;
		/* Written in time, and only not read back. */
		if (read->asked.command.kind == OHTD_COMMAND_WRITE && !read->writing) {
			finish(control, read, true, &none);
			continue;
		}
		read->asked.used = false;
		ohtd_why_add(&why, OHTD_WHY_EXPIRED, 0, 0);
		ohtd_commands_refuse(control, &read->asked, OHTD_OUTCOME_EXPIRED, &why);
	}
}
