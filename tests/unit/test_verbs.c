// SPDX-License-Identifier: GPL-2.0-or-later
/* What may be asked, from its table: it says what the program does, or the program does not start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "robot/command.h"
#include "robot/verbs.h"
#include "scratch.h"

static struct ohtd_verbs verbs;
static char error[OHT_ERROR_BYTES];

static int load_folder(const char *dir)
{
	return ohtd_verbs_load(dir, &verbs, error);
}

static int load_text(const char *text)
{
	return scratch_load("commands.csv", text, load_folder);
}

static void shipped_text(char *text, size_t size)
{
	FILE *file = fopen(OHT_SOURCE_DATADIR "/commands.csv", "r");

	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

/* The shipped table with @from, which is there once, replaced. */
static int load_with(const char *from, const char *to)
{
	char text[8192], changed[8192];
	char *at;

	shipped_text(text, sizeof(text));
	at = strstr(text, from);
	assert_non_null(at);
	assert_null(strstr(at + 1, from));
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to,
		 at + strlen(from));
	return load_text(changed);
}

static void shipped_table_is_that_of_the_program(void **state)
{
	const struct ohtd_verb_rule *enable, *stop;

	(void)state;
	if (ohtd_verbs_load(OHT_SOURCE_DATADIR, &verbs, error))
		fail_msg("%s", error);
	enable = ohtd_verbs_of(&verbs, OHTD_COMMAND_ENABLE);
	assert_true(enable->needs_control);
	assert_int_equal(enable->role, OHTD_ROLE_OPERATOR);
	stop = ohtd_verbs_of(&verbs, OHTD_COMMAND_STOP);
	assert_false(stop->needs_control);
	assert_int_equal(ohtd_verbs_of(&verbs, OHTD_COMMAND_RESET)->role, OHTD_ROLE_SUPERVISOR);
	assert_null(ohtd_verbs_of(&verbs, OHTD_COMMAND_READ));
	assert_null(ohtd_verbs_of(&verbs, OHTD_COMMAND_CONTROL_TAKE));
	assert_null(ohtd_verbs_of(&verbs, 0));
}

static void another_table_is_refused_with_file_line_and_word(void **state)
{
	static const struct {
		const char *from;
		const char *to;
		const char *complaint;
	} cases[] = {
		{ "\nhome,", "\nfly,", "commands.csv:4: verb: " },
		{ "\nhome,", "\nmove,", "commands.csv:4: verb: is there twice: 'move'" },
		{ "home,POST robot/commands", "home,POST robot/home",
			"commands.csv:4: endpoint: the program has 'POST robot/commands': 'POST robot/home'" },
		{ "home_command", "dock", "commands.csv:4: event: the program has 'home_command': 'dock'" },
		{ "jog_command;jog_refresh", "jog_command",
			"commands.csv:3: event: the program has 'jog_command;jog_refresh': 'jog_command'" },
		{ "fault_cleared,operator", "fault_cleared,king", "commands.csv:11: role: " },
		{ "safe_reset,operator,yes,yes", "safe_reset,operator,yes,perhaps",
			"commands.csv:16: needs_control: " },
		{ "stop_command,operator,no,no", "stop_command,operator,no,yes",
			"commands.csv:9: needs_control: whoever sees a danger stops: 'yes'" },
		{ "pause_command,operator,no,no", "pause_command,operator,no,yes", "commands.csv:7: " },
		{ "disable_command,operator,no,no", "disable_command,operator,no,yes", "commands.csv:10: " },
		{ "estop_triggered,operator,no,no", "estop_triggered,operator,no,yes", "commands.csv:14: " },
		{ ",needs_control,", ",control,", "needs_control" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		error[0] = '\0';
		if (!load_with(cases[i].from, cases[i].to))
			fail_msg("accepted: %s", cases[i].to);
		if (!strstr(error, cases[i].complaint))
			fail_msg("%s: %s", cases[i].to, error);
		assert_null(strchr(error, '\n'));
	}
}

static void a_missing_verb_is_named(void **state)
{
	char text[8192];
	char *last;

	(void)state;
	shipped_text(text, sizeof(text));
	last = strstr(text, "\nshutdown,");
	assert_non_null(last);
	last[1] = '\0';
	assert_int_not_equal(load_text(text), 0);
	assert_non_null(strstr(error, "commands.csv: no verb 'shutdown'"));
	assert_int_not_equal(ohtd_verbs_load("/nowhere", &verbs, error), 0);
	assert_non_null(strstr(error, "/nowhere/commands.csv"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_table_is_that_of_the_program),
		cmocka_unit_test(another_table_is_refused_with_file_line_and_word),
		cmocka_unit_test(a_missing_verb_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
