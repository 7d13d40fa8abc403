// SPDX-License-Identifier: GPL-2.0-or-later
/* What may be asked, as its table has it. Rows that do not compile: tests/harness/test_verbs.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "robot/command.h"
#include "robot/states.h"
#include "robot/verbs.h"

static void who_may_ask_for_what(void **state)
{
	(void)state;
	assert_true(ohtd_verb_row(OHTD_COMMAND_ENABLE)->flags & OHTD_NEEDS_CONTROL);
	assert_int_equal(ohtd_verb_row(OHTD_COMMAND_ENABLE)->role, OHTD_ROLE_OPERATOR);
	assert_int_equal(ohtd_verb_row(OHTD_COMMAND_RESET)->role, OHTD_ROLE_SUPERVISOR);
	assert_int_equal(ohtd_verb_row(OHTD_COMMAND_RESTART)->role, OHTD_ROLE_ADMINISTRATOR);
	assert_int_equal(ohtd_verb_row(OHTD_COMMAND_READ)->role, OHTD_ROLE_NONE);
	assert_int_equal(ohtd_verb_row(OHTD_COMMAND_CONTROL_TAKE)->role, OHTD_ROLE_NONE);
	assert_true(ohtd_verb_row(OHTD_COMMAND_DOCK)->flags & OHTD_IS_TASK);
}

static void what_ends_a_motion_is_never_held_back(void **state)
{
	unsigned int ends = 0, verb;

	(void)state;
	for (verb = 0; verb < OHTD_VERBS; verb++) {
		const struct ohtd_verb_row *row = ohtd_verb_row(ohtd_verb_kind(verb));

		if (!(row->flags & OHTD_ENDS_MOTION))
			continue;
		ends++;
		assert_false(row->flags & (OHTD_NEEDS_CONTROL | OHTD_IS_TASK));
		assert_int_equal(row->modes, OHTD_MODES_ANY);
	}
	assert_true(ends >= 3);
}

static void each_verb_is_found_by_its_event(void **state)
{
	unsigned int verb;

	(void)state;
	for (verb = 0; verb < OHTD_VERBS; verb++) {
		unsigned int kind = ohtd_verb_kind(verb);

		assert_true(ohtd_verb_row(kind)->flags & OHTD_IS_VERB);
		assert_int_equal(ohtd_verb_of_event(ohtd_verb_row(kind)->event), kind);
	}
	assert_int_equal(ohtd_verb_of_event(OHTD_EVENT_JOG_REFRESH), 0);
	assert_int_equal(ohtd_verb_of_event(OHTD_EVENT_ESTOP_RESET), 0);
	assert_int_equal(ohtd_verb_of_event(OHTD_EVENT_NONE), 0);
}

static void numbers_that_are_none_have_an_empty_row(void **state)
{
	static const unsigned int none[] = { 0, OHTD_COMMAND_LAST + 1, UINT32_MAX };
	unsigned int i;

	(void)state;
	assert_int_equal(ohtd_verb_kind(OHTD_VERBS), 0);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_null(ohtd_verb_row(none[i])->word);
		assert_string_equal(ohtd_verb_word(none[i]), "unknown");
	}
	/* Nor has what the daemon says by itself a word. */
	assert_null(ohtd_verb_row(OHTD_COMMAND_HUNG_UP)->word);
	for (i = 1; i <= OHTD_COMMAND_LAST; i++)
		assert_true(ohtd_verb_row(i)->word || ohtd_verb_row(i)->role == OHTD_ROLE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_ask_for_what),
		cmocka_unit_test(what_ends_a_motion_is_never_held_back),
		cmocka_unit_test(each_verb_is_found_by_its_event),
		cmocka_unit_test(numbers_that_are_none_have_an_empty_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
