// SPDX-License-Identifier: GPL-2.0-or-later
/* The control lease: who may drive, for how long, and how it changes hands. */
#include "robot_fixture.h"

#include <stdio.h>
#include <string.h>

/* Two people, one of them with a second session, and whoever sits at this machine. */
static const struct ohtd_holder anna = {
	.user = "anna", .session = "aaaa", .user_id = 1, .role = OHTD_ROLE_OPERATOR,
};
static const struct ohtd_holder anna_too = {
	.user = "anna", .session = "aaab", .user_id = 1, .role = OHTD_ROLE_OPERATOR,
};
static const struct ohtd_holder bert = {
	.user = "bert", .session = "bbbb", .user_id = 2, .role = OHTD_ROLE_SUPERVISOR,
};
static const struct ohtd_holder carl = {
	.user = "carl", .session = "cccc", .user_id = 3, .role = OHTD_ROLE_OPERATOR,
};
static const struct ohtd_holder local = {
	.user = "uid 0", .session = "uid 0", .role = OHTD_ROLE_ADMINISTRATOR,
};

static struct ohtd_answer ask(struct fixture *f, const struct ohtd_holder *by, uint32_t kind)
{
	const struct ohtd_command command = {
		.id = 7, .kind = kind, .by = *by, .role = by->role, .tag = (uint64_t)by->user_id,
		.text = "because",
	};

	return fixture_command(f, &command);
}

static struct ohtd_answer hand_over(struct fixture *f, const struct ohtd_holder *by,
				    const struct ohtd_holder *to)
{
	struct ohtd_command command = {
		.id = 7, .kind = OHTD_COMMAND_CONTROL_HAND_OVER, .by = *by, .role = by->role,
		.to = *to,
	};

	memset(command.to.session, 0, sizeof(command.to.session));
	return fixture_command(f, &command);
}

#define DONE(f_, by_, kind_)	\
	assert_int_equal(ask(f_, by_, kind_).outcome, OHTD_OUTCOME_DONE)

static void assert_refused(const struct ohtd_answer *a, unsigned int code, const char *holder)
{
	assert_int_equal(a->outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(a->why.items[0].code, code);
	assert_string_equal(a->holder, holder);
}

#define REFUSED(f_, by_, kind_, code_, holder_)					\
	do {									\
		struct ohtd_answer answer_ = ask(f_, by_, kind_);		\
										\
		assert_refused(&answer_, code_, holder_);			\
	} while (0)

/* "" : nobody. As published, which is what all others see. */
static void assert_holder(struct fixture *f, const char *user, const char *session)
{
	struct ohtd_snapshot s = fixture_snapshot(f);

	assert_int_equal(s.control.held, *user != '\0');
	assert_string_equal(s.control.holder.user, user);
	assert_string_equal(s.control.holder.session, session);
}

/* What has been recorded of control, oldest first: "control_taken anna <- ". */
static void assert_told(struct fixture *f, struct ohtd_event_reader *reader, const char *wanted)
{
	struct ohtd_event_record record;
	char text[512] = "";
	size_t n = 0;

	while (ohtd_event_ring_next(&f->control.event_ring, reader, &record) == 1)
		if (record.kind >= OHTD_RECORD_CONTROL_TAKEN)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s:%s<%s", n ? " " : "",
					      ohtd_record_name(record.kind) + strlen("control_"),
					      record.user, record.before);
	assert_string_equal(text, wanted);
}

static void taken_renewed_and_expired(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct fixture *f = fixture_safe();

	(void)state;
	assert_holder(f, "", "");
	DONE(f, &anna, OHTD_COMMAND_CONTROL_TAKE);
	assert_holder(f, "anna", "aaaa");
	fixture_run_ms(f, 9900);
	assert_holder(f, "anna", "aaaa");
	/* Any message of the session, also one that needs no control or is refused. */
	DONE(f, &anna, OHTD_COMMAND_CONTROL_RENEW);
	fixture_run_ms(f, 9900);
	assert_int_equal(ask(f, &anna, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_REFUSED);
	fixture_run_ms(f, 9900);
	/* Not of another session, of the same person either. */
	DONE(f, &anna_too, OHTD_COMMAND_CONTROL_RENEW);
	DONE(f, &bert, OHTD_COMMAND_CONTROL_RENEW);
	assert_holder(f, "anna", "aaaa");
	fixture_run_ms(f, 200);
	assert_holder(f, "", "");
	assert_told(f, &reader, "taken:anna< expired:<anna");
	fixture_destroy(f);
}

static void held_by_one_session_only(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	DONE(f, &anna, OHTD_COMMAND_CONTROL_TAKE);
	REFUSED(f, &bert, OHTD_COMMAND_CONTROL_TAKE, OHTD_WHY_CONTROL_HELD, "anna");
	REFUSED(f, &anna_too, OHTD_COMMAND_CONTROL_TAKE, OHTD_WHY_CONTROL_HELD, "anna");
	REFUSED(f, &bert, OHTD_COMMAND_CONTROL_RELEASE, OHTD_WHY_CONTROL_HELD, "anna");
	REFUSED(f, &local, OHTD_COMMAND_ENABLE, OHTD_WHY_CONTROL_HELD, "anna");
	assert_int_equal(f->fake->enables, 0);
	assert_holder(f, "anna", "aaaa");
	DONE(f, &anna, OHTD_COMMAND_CONTROL_RELEASE);
	assert_holder(f, "", "");
	/* To have nothing is what was asked for. */
	DONE(f, &anna, OHTD_COMMAND_CONTROL_RELEASE);
	DONE(f, &local, OHTD_COMMAND_CONTROL_TAKE);
	assert_holder(f, "uid 0", "uid 0");
	fixture_destroy(f);
}

static void enable_takes_what_is_free(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct fixture *f = fixture_safe();

	(void)state;
	DONE(f, &anna, OHTD_COMMAND_ENABLE);
	assert_holder(f, "anna", "aaaa");
	assert_told(f, &reader, "taken:anna<");
	fixture_destroy(f);
}

static void a_refused_command_takes_nothing(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct fixture *f = fixture_safe();

	(void)state;
	DONE(f, &anna, OHTD_COMMAND_ENABLE);
	DONE(f, &anna, OHTD_COMMAND_CONTROL_RELEASE);
	/* On already. */
	REFUSED(f, &bert, OHTD_COMMAND_ENABLE, OHTD_WHY_STATE, "");
	assert_holder(f, "", "");
	assert_told(f, &reader, "taken:anna< released:<anna");
	fixture_destroy(f);
}

/* While it is being switched on nobody else comes in between; then it fails, and all is as before. */
static void a_command_under_way_keeps_others_out(void **state)
{
	const struct ohtd_command enable = {
		.id = 5, .kind = OHTD_COMMAND_ENABLE, .by = anna, .role = OHTD_ROLE_OPERATOR,
	};
	struct ohtd_event_reader reader = { 0 };
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	assert_int_equal(ohtd_link_post(&f->links[1], &enable), 0);
	fixture_run_ms(f, 1);
	assert_int_equal(f->control.enable.step, OHTD_ENABLE_ZERO);
	REFUSED(f, &bert, OHTD_COMMAND_ENABLE, OHTD_WHY_CONTROL_HELD, "anna");
	fake_bus_press(f->fake);
	fixture_run_ms(f, 500);
	assert_int_equal(ohtd_link_take(&f->links[1], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_holder(f, "", "");
	assert_told(f, &reader, "");
	fixture_destroy(f);
}

static void stops_and_resets_need_no_control(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	fixture_ask(f, OHTD_COMMAND_CONTROL_RELEASE);
	DONE(f, &bert, OHTD_COMMAND_CONTROL_TAKE);
	DONE(f, &anna, OHTD_COMMAND_STOP);
	DONE(f, &anna, OHTD_COMMAND_DISABLE);
	assert_holder(f, "bert", "bbbb");
	fake_bus_press(f->fake);
	fixture_run_ms(f, 200);
	f->fake->pressed = false;
	fixture_run_ms(f, 2000);
	REFUSED(f, &anna, OHTD_COMMAND_RESET, OHTD_WHY_ROLE, "bert");
	DONE(f, &local, OHTD_COMMAND_RESET);
	assert_holder(f, "bert", "bbbb");
	fixture_destroy(f);
}

static void taken_over_by_no_lower_role(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct fixture *f = fixture_safe();

	(void)state;
	DONE(f, &bert, OHTD_COMMAND_CONTROL_TAKE);
	REFUSED(f, &anna, OHTD_COMMAND_CONTROL_TAKE_OVER, OHTD_WHY_ROLE, "bert");
	assert_holder(f, "bert", "bbbb");
	DONE(f, &local, OHTD_COMMAND_CONTROL_TAKE_OVER);
	assert_string_equal(fixture_snapshot(f).control.reason, "because");
	REFUSED(f, &bert, OHTD_COMMAND_CONTROL_TAKE_OVER, OHTD_WHY_ROLE, "uid 0");
	DONE(f, &local, OHTD_COMMAND_CONTROL_RELEASE);
	/* The same role may; what is free or one's own is simply taken, and needs no reason. */
	DONE(f, &anna, OHTD_COMMAND_CONTROL_TAKE_OVER);
	assert_string_equal(fixture_snapshot(f).control.reason, "");
	DONE(f, &anna, OHTD_COMMAND_CONTROL_TAKE_OVER);
	DONE(f, &carl, OHTD_COMMAND_CONTROL_TAKE_OVER);
	assert_holder(f, "carl", "cccc");
	REFUSED(f, &anna, OHTD_COMMAND_ENABLE, OHTD_WHY_CONTROL_HELD, "carl");
	assert_told(f, &reader, "taken:bert< taken_over:uid 0<bert released:<uid 0 taken:anna< "
		    "taken_over:carl<anna");
	fixture_destroy(f);
}

static void handed_over_to_whichever_session_speaks_first(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct fixture *f = fixture_safe();
	struct ohtd_answer a = hand_over(f, &bert, &anna);

	(void)state;
	assert_refused(&a, OHTD_WHY_CONTROL_FREE, "");
	DONE(f, &bert, OHTD_COMMAND_CONTROL_TAKE);
	a = hand_over(f, &carl, &carl);
	assert_refused(&a, OHTD_WHY_CONTROL_HELD, "bert");
	assert_int_equal(hand_over(f, &bert, &anna).outcome, OHTD_OUTCOME_DONE);
	assert_holder(f, "anna", "");
	/* It is bert's no more, and not carl's. */
	REFUSED(f, &bert, OHTD_COMMAND_ENABLE, OHTD_WHY_CONTROL_HELD, "anna");
	REFUSED(f, &carl, OHTD_COMMAND_CONTROL_TAKE, OHTD_WHY_CONTROL_HELD, "anna");
	DONE(f, &anna_too, OHTD_COMMAND_CONTROL_RENEW);
	assert_holder(f, "anna", "aaab");
	REFUSED(f, &anna, OHTD_COMMAND_ENABLE, OHTD_WHY_CONTROL_HELD, "anna");
	DONE(f, &anna_too, OHTD_COMMAND_ENABLE);
	assert_told(f, &reader, "taken:bert< handed_over:anna<bert");
	fixture_destroy(f);
}

static void handed_over_and_not_wanted(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	DONE(f, &bert, OHTD_COMMAND_CONTROL_TAKE);
	assert_int_equal(hand_over(f, &bert, &anna).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 10100);
	assert_holder(f, "", "");
	fixture_destroy(f);
}

static void ends_with_its_session_and_no_other(void **state)
{
	struct ohtd_event_reader reader = { 0 };
	struct fixture *f = fixture_safe();

	(void)state;
	DONE(f, &anna, OHTD_COMMAND_CONTROL_TAKE);
	DONE(f, &anna_too, OHTD_COMMAND_CONTROL_END);
	assert_holder(f, "anna", "aaaa");
	DONE(f, &anna, OHTD_COMMAND_CONTROL_END);
	assert_holder(f, "", "");
	assert_told(f, &reader, "taken:anna< ended:<anna");
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_renewed_and_expired),
		cmocka_unit_test(held_by_one_session_only),
		cmocka_unit_test(enable_takes_what_is_free),
		cmocka_unit_test(a_refused_command_takes_nothing),
		cmocka_unit_test(a_command_under_way_keeps_others_out),
		cmocka_unit_test(stops_and_resets_need_no_control),
		cmocka_unit_test(taken_over_by_no_lower_role),
		cmocka_unit_test(handed_over_to_whichever_session_speaks_first),
		cmocka_unit_test(handed_over_and_not_wanted),
		cmocka_unit_test(ends_with_its_session_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
