// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive_robot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

#define SEED	11

struct driver *driver_safe_as(enum oht_profile profile, double position_mm)
{
	struct driver *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	virtual_begin(&d->run, SEED, profile);
	d->f = d->run.f;
	d->rail = &d->run.station.world.rail;
	d->rail->position_mm = position_mm;
	d->rail->docked = position_mm == 0;
	fixture_run_ms(d->f, 5000);
	driver_state(d, OHTD_STATE_SAFE);
	d->lowest_mm = d->highest_mm = position_mm;
	return d;
}

struct driver *driver_safe(double position_mm)
{
	return driver_safe_as(OHT_PROFILE_CANONICAL, position_mm);
}

struct ohtd_answer driver_says_place(struct driver *d, double position_mm)
{
	const struct ohtd_command said = {
		.kind = OHTD_COMMAND_POSITION, .role = OHTD_ROLE_SUPERVISOR, .target_mm = position_mm,
		.by = { .user = "sue", .role = OHTD_ROLE_SUPERVISOR },
	};

	return fixture_command(d->f, &said);
}

void driver_set_rule(struct driver *d, enum ohtd_rule rule, double value)
{
	struct ohtd_limits_block *block = (struct ohtd_limits_block *)ohtd_limits_block(&d->f->control.limits);
	unsigned int i;

	for (i = 0; i < sizeof(block->table.rules) / sizeof(block->table.rules[0]); i++)
		block->table.rules[i].value[rule] = value;
}

void driver_set_jump(struct driver *d, double mm)
{
	struct ohtd_limits_block *block = (struct ohtd_limits_block *)ohtd_limits_block(&d->f->control.limits);
	unsigned int i;

	driver_set_rule(d, OHTD_RULE_POSITION_JUMP_MM, mm);
	for (i = 0; i < sizeof(block->table.rules) / sizeof(block->table.rules[0]); i++)
		block->table.rules[i].drive.position.jump_mm = mm;
	d->f->control.travel.drive.rules.position.jump_mm = mm;
}

struct driver *driver_begin_as(enum oht_profile profile, double position_mm)
{
	struct driver *d = driver_safe_as(profile, position_mm);

	assert_int_equal(fixture_ask(d->f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	driver_state(d, OHTD_STATE_IDLE);
	driver_run_ms(d, 500);
	return d;
}

struct driver *driver_begin(double position_mm)
{
	return driver_begin_as(OHT_PROFILE_CANONICAL, position_mm);
}

void driver_end(struct driver *d)
{
	virtual_end(&d->run);
	free(d);
}

void driver_run_ms(struct driver *d, unsigned int ms)
{
	while (ms--) {
		fixture_run_ms(d->f, 1);
		d->fastest_mm_s = fmax(d->fastest_mm_s, fabs(d->rail->speed_mm_s));
		d->lowest_mm = fmin(d->lowest_mm, d->rail->position_mm);
		d->highest_mm = fmax(d->highest_mm, d->rail->position_mm);
	}
}

unsigned int driver_until(struct driver *d, enum ohtd_state state, unsigned int limit_ms)
{
	unsigned int ms;

	for (ms = 0; d->f->control.state != state; ms++) {
		if (ms >= limit_ms)
			fail_msg("not in %s after %u ms but in %s at %.1f mm, %.1f mm/s, fault %s",
				 ohtd_state_name(state), limit_ms,
				 ohtd_state_name(d->f->control.state), d->rail->position_mm,
				 d->rail->speed_mm_s, d->f->control.fault_count ?
				 ohtd_why_name(d->f->control.faults[0].why.code) : "none");
		driver_run_ms(d, 1);
	}
	return ms;
}

static struct ohtd_answer command(struct driver *d, const struct ohtd_command *said)
{
	struct ohtd_command posted = *said;

	posted.id = virtual_now_ns(&d->run);
	posted.tag = 7;
	posted.valid_ms = 2000;
	return fixture_command(d->f, &posted);
}

struct ohtd_answer driver_move(struct driver *d, double target_mm, double speed_mm_s)
{
	return command(d, &(struct ohtd_command){
		.kind = OHTD_COMMAND_MOVE, .target_mm = target_mm, .speed_mm_s = speed_mm_s });
}

struct ohtd_answer driver_jog(struct driver *d, double speed_mm_s, const char *id)
{
	struct ohtd_command said = { .kind = OHTD_COMMAND_JOG, .speed_mm_s = speed_mm_s };

	snprintf(said.caller_id, sizeof(said.caller_id), "%s", id);
	return command(d, &said);
}

void driver_press(struct driver *d, double speed_mm_s, const char *id)
{
	struct ohtd_command said = {
		.kind = OHTD_COMMAND_JOG, .speed_mm_s = speed_mm_s, .tag = 7,
		.role = OHTD_ROLE_OPERATOR, .valid_ms = 2000,
	};
	struct ohtd_answer answer;

	snprintf(said.caller_id, sizeof(said.caller_id), "%s", id);
	assert_int_equal(ohtd_link_post(&d->f->links[1], &said), 0);
	while (ohtd_link_take(&d->f->links[1], &answer))
		;
}

struct ohtd_answer driver_ask(struct driver *d, enum ohtd_command_kind kind)
{
	return command(d, &(struct ohtd_command){ .kind = kind });
}

void driver_state(const struct driver *d, enum ohtd_state state)
{
	assert_string_equal(ohtd_state_name(d->f->control.state), ohtd_state_name(state));
}

void driver_refused(struct driver *d, const struct ohtd_answer *answer, unsigned int code)
{
	(void)d;
	assert_int_equal(answer->outcome, OHTD_OUTCOME_REFUSED);
	if (!fixture_says(&answer->why, code, 0))
		fail_msg("'%s' is not said, but '%s'", ohtd_why_name(code),
			 ohtd_why_name(answer->why.items[0].code));
}

void driver_done(const struct ohtd_answer *answer)
{
	if (answer->outcome != OHTD_OUTCOME_DONE)
		fail_msg("outcome %u: %s", answer->outcome,
			 ohtd_why_name(answer->why.items[0].code));
}

void driver_asks(struct driver *d, enum ohtd_command_kind kind)
{
	struct ohtd_answer answer = driver_ask(d, kind);

	driver_done(&answer);
}

void driver_other(struct driver *d, enum ohtd_command_kind kind)
{
	const struct ohtd_answer answer = fixture_command(d->f, &(struct ohtd_command){
		.kind = kind, .role = OHTD_ROLE_OPERATOR,
		.by = { .session = "b", .user = "bert", .role = OHTD_ROLE_OPERATOR } });

	driver_done(&answer);
}

struct ohtd_command driver_queued(enum ohtd_command_kind kind, double target_mm)
{
	return (struct ohtd_command){
		.id = 5, .kind = kind, .tag = 7, .append = true, .target_mm = target_mm,
		.by = { .user = "anna" },
	};
}

struct ohtd_answer driver_append(struct driver *d, enum ohtd_command_kind kind, double target_mm)
{
	const struct ohtd_command command = driver_queued(kind, target_mm);

	return fixture_command(d->f, &command);
}

unsigned int driver_waits(struct driver *d, enum ohtd_command_kind kind, double target_mm)
{
	uint64_t before = fixture_snapshot(d->f).queue_count;
	struct ohtd_answer answer = driver_append(d, kind, target_mm);

	driver_done(&answer);
	assert_int_equal(fixture_snapshot(d->f).queue_count, before + 1);
	return (unsigned int)answer.number;
}

void driver_departs(struct driver *d, double target_mm)
{
	struct ohtd_answer answer = driver_move(d, target_mm, 0);

	driver_done(&answer);
	driver_state(d, OHTD_STATE_MOVE);
}

void driver_arrives(struct driver *d, double target_mm)
{
	driver_departs(d, target_mm);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_near(d->rail->position_mm, target_mm, 2);
	assert_near(d->rail->speed_mm_s, 0, 0.001);
	assert_int_equal(d->f->control.travel.command.state, OHTD_COMMAND_STATE_FINISHED);
}

void driver_stands(struct driver *d)
{
	double before_mm;

	assert_near(d->rail->speed_mm_s, 0, 0.001);
	before_mm = d->rail->position_mm;
	driver_run_ms(d, 2000);
	assert_near(d->rail->position_mm, before_mm, 0.001);
}

void driver_told(struct driver *d, struct ohtd_event_reader *reader, const char *wanted)
{
	struct ohtd_event_record record;
	char text[4096] = "";
	size_t n = 0;

	while (ohtd_event_ring_next(&d->f->control.event_ring, reader, &record) == 1)
		if (record.kind == OHTD_RECORD_COMMAND)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d %s%s%s", n ? ", " : "",
					      (int)record.command.number,
					      ohtd_command_state_name(record.command.state),
					      record.command.reason.code ? " " : "",
					      record.command.reason.code ?
					      ohtd_why_name(record.command.reason.code) : "");
	assert_string_equal(text, wanted);
}

void driver_sim(struct driver *d, const char *line)
{
	virtual_sim(&d->run, line);
}
