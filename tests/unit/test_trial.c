// SPDX-License-Identifier: GPL-2.0-or-later
/* OHTD_COMMAND_TRY: it says what the motion would be answered, and changes nothing. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive_robot.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static struct ohtd_command question(unsigned int kind, double target_mm, const char *session)
{
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_TRY, .tried = (uint8_t)kind, .tag = 7, .role = OHTD_ROLE_OPERATOR, .valid_ms = 2000, .target_mm = target_mm,
		.by = { .role = OHTD_ROLE_OPERATOR },
	};

	snprintf(command.by.session, sizeof(command.by.session), "%s", session);
	snprintf(command.by.user, sizeof(command.by.user), "%s", *session ? "bert" : "");
	return command;
}

static struct ohtd_answer try(struct driver *d, unsigned int kind, double target_mm)
{
	const struct ohtd_command command = question(kind, target_mm, "");

	return fixture_command(d->f, &command);
}

/* The same outcome for the same reasons, at the same place. */
static void agrees(struct driver *d, unsigned int kind, double target_mm)
{
	struct ohtd_answer said = try(d, kind, target_mm), done;

	done = kind == OHTD_COMMAND_MOVE ? driver_move(d, target_mm, 0) : driver_ask(d, (enum ohtd_command_kind)kind);
	if (said.outcome != done.outcome || said.why.count != done.why.count ||
	    memcmp(said.why.items, done.why.items, sizeof(said.why.items)))
		fail_msg("%s to %.0f in %s: %u (%s) is not %u (%s)", ohtd_verb_row(kind)->word, target_mm, ohtd_state_name(d->f->control.state),
			 said.outcome, ohtd_why_name(said.why.items[0].code), done.outcome, ohtd_why_name(done.why.items[0].code));
	if (done.outcome != OHTD_OUTCOME_DONE)
		return;
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_until(d, OHTD_STATE_IDLE, 20000);
}

static void it_says_what_the_motion_would_be_answered(void **state)
{
	static const unsigned int kinds[] = { OHTD_COMMAND_MOVE, OHTD_COMMAND_DOCK, OHTD_COMMAND_UNDOCK, OHTD_COMMAND_HOME };
	static const double targets_mm[] = { -1e6, -10, 0, 3000, 3200, 12000, 1e6, INFINITY, NAN };
	static const double places_mm[] = { 3000, 0 };

	(void)state;
	for (size_t place = 0; place < ARRAY_SIZE(places_mm); place++) {
		struct driver *d = driver_safe(places_mm[place]);

		agrees(d, OHTD_COMMAND_MOVE, 3500);
		driver_end(d);
		d = driver_begin(places_mm[place]);
		for (size_t kind = 1; kind < ARRAY_SIZE(kinds); kind++)
			agrees(d, kinds[kind], NAN);
		for (size_t i = 0; i < ARRAY_SIZE(targets_mm); i++)
			agrees(d, OHTD_COMMAND_MOVE, targets_mm[i]);
		driver_end(d);
	}
}

/* Asked by another session, some times in each cycle. */
static void ask_much(struct driver *d, unsigned int turn)
{
	static const unsigned int kinds[] = { OHTD_COMMAND_MOVE, OHTD_COMMAND_DOCK, OHTD_COMMAND_UNDOCK, OHTD_COMMAND_HOME };
	struct ohtd_answer answer;

	for (unsigned int i = 0; i < 3; i++) {
		const struct ohtd_command command = question(kinds[(turn + i) % ARRAY_SIZE(kinds)], 100.0 * (turn % 250), "b");

		assert_int_equal(ohtd_link_post(&d->f->links[1], &command), 0);
	}
	while (ohtd_link_take(&d->f->links[1], &answer) == 1)
		assert_true(answer.outcome == OHTD_OUTCOME_DONE || answer.outcome == OHTD_OUTCOME_REFUSED);
}

static void look_the_same(struct driver *one, struct driver *other)
{
	struct ohtd_snapshot *a = calloc(2, sizeof(*a)), *b = a + 1;

	assert_non_null(a);
	*a = fixture_snapshot(one->f);
	*b = fixture_snapshot(other->f);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->command.number, b->command.number);
	assert_int_equal(a->command.state, b->command.state);
	assert_int_equal(a->queue_count, b->queue_count);
	assert_memory_equal(&a->control.holder, &b->control.holder, sizeof(a->control.holder));
	assert_near(one->rail->position_mm, other->rail->position_mm, 1);
	free(a);
}

static void nothing_of_the_robot_is_changed(void **state)
{
	struct driver *asked = driver_begin(3000), *quiet = driver_begin(3000);

	(void)state;
	driver_departs(asked, 9000);
	driver_departs(quiet, 9000);
	for (unsigned int turn = 0; turn < 800; turn++) {
		if (turn == 100) {
			driver_waits(asked, OHTD_COMMAND_DOCK, NAN);
			driver_waits(quiet, OHTD_COMMAND_DOCK, NAN);
		}
		ask_much(asked, turn);
		driver_run_ms(asked, 25);
		driver_run_ms(quiet, 25);
		look_the_same(asked, quiet);
	}
	driver_end(asked);
	driver_end(quiet);
}

static void only_a_motion_that_ends_is_tried(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	for (unsigned int kind = 0; kind < 256; kind++) {
		const struct ohtd_command command = question(kind, 3500, "b");
		bool is_task = kind == OHTD_COMMAND_MOVE || kind == OHTD_COMMAND_DOCK || kind == OHTD_COMMAND_UNDOCK || kind == OHTD_COMMAND_HOME;

		assert_int_equal(ohtd_link_post(&d->f->links[1], &command), is_task ? 0 : -EINVAL);
	}
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_the_motion_would_be_answered),
		cmocka_unit_test(nothing_of_the_robot_is_changed),
		cmocka_unit_test(only_a_motion_that_ends_is_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
