// SPDX-License-Identifier: GPL-2.0-or-later
/* Modes: when another one is taken, what each forbids, and that what ends a motion is never forbidden. */
#include <errno.h>
#include <stdio.h>

#include "drive_robot.h"

/* By the session that drives as well: that of driver_move(). */
static struct ohtd_answer choose_as(struct driver *d, enum ohtd_mode mode, enum ohtd_role role)
{
	return fixture_command(d->f, &(struct ohtd_command){
		.kind = OHTD_COMMAND_MODE, .mode = (uint8_t)mode, .role = (uint8_t)role });
}

static void choose(struct driver *d, enum ohtd_mode mode)
{
	struct ohtd_answer answer = choose_as(d, mode, OHTD_ROLE_ADMINISTRATOR);

	driver_done(&answer);
	assert_int_equal(fixture_snapshot(d->f).mode, mode);
}

static void mode_refused(struct driver *d, unsigned int code)
{
	enum ohtd_mode before = d->f->control.mode;
	struct ohtd_answer answer = choose_as(d, OHTD_MODE_MANUAL, OHTD_ROLE_ADMINISTRATOR);

	driver_refused(d, &answer, code);
	assert_int_equal(d->f->control.mode, before);
}

static void refused(struct driver *d, enum ohtd_command_kind kind)
{
	struct ohtd_answer answer = driver_ask(d, kind);

	driver_refused(d, &answer, OHTD_WHY_MODE);
	driver_state(d, OHTD_STATE_IDLE);
}

static void begins_as_automatic(void **state)
{
	struct driver *d = driver_safe(3000);

	(void)state;
	assert_int_equal(fixture_snapshot(d->f).mode, OHTD_MODE_AUTOMATIC);
	choose(d, OHTD_MODE_MANUAL);
	/* Once more is no change and no refusal. */
	choose(d, OHTD_MODE_MANUAL);
	choose(d, OHTD_MODE_MAINTENANCE);
	choose(d, OHTD_MODE_AUTOMATIC);
	driver_state(d, OHTD_STATE_SAFE);
	driver_end(d);
}

static void manual_takes_slow_jogs_only(void **state)
{
	static const enum ohtd_command_kind kinds[] = {
		OHTD_COMMAND_HOME, OHTD_COMMAND_DOCK, OHTD_COMMAND_UNDOCK, OHTD_COMMAND_RESUME,
	};
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;
	unsigned int i;

	(void)state;
	choose(d, OHTD_MODE_MANUAL);
	for (i = 0; i < 4; i++)
		refused(d, kinds[i]);
	answer = driver_move(d, 4000, 0);
	driver_refused(d, &answer, OHTD_WHY_MODE);
	answer = fixture_command(d->f, &(struct ohtd_command){
		.kind = OHTD_COMMAND_MOVE, .target_mm = 4000, .append = 1 });
	driver_refused(d, &answer, OHTD_WHY_MODE);
	assert_near(fixture_snapshot(d->f).limits.jog_mm_s, 200, 0);
	answer = driver_jog(d, 201, "fast");
	driver_refused(d, &answer, OHTD_WHY_JOG_SPEED);
	driver_stands(d);
	answer = driver_jog(d, 200, "slow");
	driver_done(&answer);
	driver_until(d, OHTD_STATE_IDLE, 500);
	assert_true(d->rail->position_mm > 3000);
	/* A program sees it before it asks. */
	assert_true(fixture_says(&fixture_snapshot(d->f).why_not[OHTD_VERB_MOVE], OHTD_WHY_MODE, 0));
	assert_false(fixture_says(&fixture_snapshot(d->f).why_not[OHTD_VERB_JOG], OHTD_WHY_MODE, 0));
	assert_false(fixture_says(&fixture_snapshot(d->f).why_not[OHTD_VERB_STOP], OHTD_WHY_MODE, 0));
	driver_end(d);
}

static void maintenance_takes_no_motion_and_every_end_of_one(void **state)
{
	static const enum ohtd_command_kind kinds[] = {
		OHTD_COMMAND_HOME, OHTD_COMMAND_DOCK, OHTD_COMMAND_UNDOCK, OHTD_COMMAND_RESUME,
	};
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;
	unsigned int i;

	(void)state;
	choose(d, OHTD_MODE_MAINTENANCE);
	for (i = 0; i < 4; i++)
		refused(d, kinds[i]);
	answer = driver_move(d, 4000, 0);
	driver_refused(d, &answer, OHTD_WHY_MODE);
	answer = driver_jog(d, 50, "one");
	driver_refused(d, &answer, OHTD_WHY_MODE);
	driver_stands(d);
	answer = driver_ask(d, OHTD_COMMAND_STOP);
	driver_done(&answer);
	answer = driver_ask(d, OHTD_COMMAND_DISABLE);
	driver_done(&answer);
	driver_state(d, OHTD_STATE_SAFE);
	answer = driver_ask(d, OHTD_COMMAND_ENABLE);
	driver_done(&answer);
	choose(d, OHTD_MODE_AUTOMATIC);
	driver_arrives(d, 3500);
	driver_end(d);
}

static void mode_stays_while_the_robot_moves_or_is_stopped(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_departs(d, 8000);
	mode_refused(d, OHTD_WHY_STATE);
	answer = driver_ask(d, OHTD_COMMAND_PAUSE);
	driver_done(&answer);
	driver_run_ms(d, 3000);
	mode_refused(d, OHTD_WHY_STATE);
	/* Idle at once, and still on its way to rest. */
	answer = driver_ask(d, OHTD_COMMAND_RESUME);
	driver_done(&answer);
	driver_run_ms(d, 1500);
	answer = driver_ask(d, OHTD_COMMAND_STOP);
	driver_done(&answer);
	driver_state(d, OHTD_STATE_IDLE);
	mode_refused(d, OHTD_WHY_MOVING);
	driver_run_ms(d, 3000);
	choose(d, OHTD_MODE_MANUAL);
	fake_bus_press(d->f->fake);
	driver_until(d, OHTD_STATE_ESTOP, 100);
	answer = choose_as(d, OHTD_MODE_AUTOMATIC, OHTD_ROLE_ADMINISTRATOR);
	driver_refused(d, &answer, OHTD_WHY_STATE);
	assert_int_equal(fixture_snapshot(d->f).mode, OHTD_MODE_MANUAL);
	driver_end(d);
}

/* What the ring says of the mode since the last time: "automatic>manual anna". */
static void told(struct driver *d, struct ohtd_event_reader *reader, const char *wanted)
{
	struct ohtd_event_record record;
	char text[256] = "";
	size_t n = 0;

	while (ohtd_event_ring_next(&d->f->control.event_ring, reader, &record) == 1)
		if (record.kind == OHTD_RECORD_MODE)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s>%s %s", n ? ", " : "",
					      ohtd_mode_name(record.mode_before),
					      ohtd_mode_name(record.mode), record.user);
	assert_string_equal(text, wanted);
}

static void choose_by(struct driver *d, enum ohtd_mode mode, const char *user)
{
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_MODE, .mode = (uint8_t)mode, .tag = 12,
	};
	struct ohtd_answer answer;

	snprintf(command.by.user, sizeof(command.by.user), "%s", user);
	answer = fixture_command(d->f, &command);
	driver_done(&answer);
}

static void changes_are_events_with_the_person(void **state)
{
	struct driver *d = driver_safe(3000);
	struct ohtd_event_reader reader = { 0 };
	struct ohtd_answer answer;

	(void)state;
	told(d, &reader, "");
	choose_by(d, OHTD_MODE_MANUAL, "anna");
	choose_by(d, OHTD_MODE_MAINTENANCE, "bert");
	told(d, &reader, "automatic>manual anna, manual>maintenance bert");
	/* No change, and a refusal, are no events. */
	choose_by(d, OHTD_MODE_MAINTENANCE, "anna");
	answer = choose_as(d, OHTD_MODE_MANUAL, OHTD_ROLE_OPERATOR);
	driver_refused(d, &answer, OHTD_WHY_ROLE);
	told(d, &reader, "");
	choose_by(d, OHTD_MODE_AUTOMATIC, "anna");
	told(d, &reader, "maintenance>automatic anna");
	driver_end(d);
}

static void role_and_control_are_asked_for(void **state)
{
	struct driver *d = driver_safe(3000);
	struct ohtd_answer answer = choose_as(d, OHTD_MODE_MANUAL, OHTD_ROLE_OPERATOR);

	(void)state;
	driver_refused(d, &answer, OHTD_WHY_ROLE);
	driver_other(d, OHTD_COMMAND_CONTROL_TAKE);
	mode_refused(d, OHTD_WHY_CONTROL_HELD);
	driver_other(d, OHTD_COMMAND_CONTROL_RELEASE);
	choose(d, OHTD_MODE_MANUAL);
	driver_end(d);
}

static void mode_that_is_none_is_refused(void **state)
{
	struct driver *d = driver_safe(3000);
	const struct ohtd_command command = { .kind = OHTD_COMMAND_MODE, .mode = OHTD_MODES };

	(void)state;
	assert_int_equal(ohtd_link_post(&d->f->links[0], &command), -EINVAL);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_as_automatic),
		cmocka_unit_test(manual_takes_slow_jogs_only),
		cmocka_unit_test(maintenance_takes_no_motion_and_every_end_of_one),
		cmocka_unit_test(mode_stays_while_the_robot_moves_or_is_stopped),
		cmocka_unit_test(changes_are_events_with_the_person),
		cmocka_unit_test(role_and_control_are_asked_for),
		cmocka_unit_test(mode_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
