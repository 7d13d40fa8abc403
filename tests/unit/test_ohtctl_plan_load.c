// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl plan check, load and clear: the file, and above all what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_device.h"
#include "ohtctl_runner.h"

#define HEADER	"unit,function,address,count,write_address,write_count,period_cycles," \
		"phase_cycles,timeout_us,turnaround_us,loss_action,loss_errors\n"
#define GOOD	"3,3,0x10,4,,,2,1,20000,1750,stop,4\n"
#define PATH	"/tmp/oht-plan-XXXXXX"

static char path[] = PATH;

static void put(const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	assert_int_equal(fclose(file), 0);
}

/* "verb FILE options" */
static int run_file(int (*how)(const char *line), const char *verb, const char *options)
{
	char line[256];

	snprintf(line, sizeof(line), "%s %s %s", verb, path, options);
	return how(line);
}

static int setup(void **state)
{
	int fd;

	strcpy(path, PATH);
	fd = mkstemp(path);
	if (runner_setup(state) || fd < 0 || close(fd))
		return -1;
	put(HEADER GOOD);
	return 0;
}

static int teardown(void **state)
{
	return runner_teardown(state) || unlink(path);
}

/* ---- the file ---- */

static const struct {
	const char *content;
	const char *complaint;
} bad_files[] = {
	{ "", "no header line" },
	{ HEADER, ": no entries" },
	{ "unit,function\n3,3\n", ":1: no column 'address'" },
	{ HEADER GOOD "3,3,0x10\n", ":3: 3 fields where the header has 12" },
	{ HEADER GOOD "0,3,0,1,,,1,0,20000,0,none,1\n", ":3: unit: must be 1..247: '0'" },
	{ HEADER "248,3,0,1,,,1,0,20000,0,none,1\n", ":2: unit: must be 1..247: '248'" },
	{ HEADER "three,3,0,1,,,1,0,20000,0,none,1\n", "unit: not a whole number: 'three'" },
	{ HEADER "3,1,0,1,,,1,0,20000,0,none,1\n", "function: must be one of 3|4|6|16|23: '1'" },
	{ HEADER "3,,0,1,,,1,0,20000,0,none,1\n", "function: must be one of 3|4|6|16|23: ''" },
	{ HEADER "3,3,65536,1,,,1,0,20000,0,none,1\n", "address: must be 0..65535: '65536'" },
	{ HEADER "3,3,0,0,,,1,0,20000,0,none,1\n", "count: must be 1..125: '0'" },
	{ HEADER "3,3,0,126,,,1,0,20000,0,none,1\n", "count: must be 1..125: '126'" },
	{ HEADER "3,6,0,2,,,1,0,20000,0,none,1\n", "count: must be 1..1: '2'" },
	{ HEADER "3,16,0,124,,,1,0,20000,0,none,1\n", "count: must be 1..123: '124'" },
	{ HEADER "3,3,0xFFFF,2,,,1,0,20000,0,none,1\n", "count: reaches beyond register 0xFFFF: '2'" },
	{ HEADER "3,3,0,1,7,,1,0,20000,0,none,1\n", "write_address: must be empty without" },
	{ HEADER "3,16,0,1,,1,1,0,20000,0,none,1\n", "write_count: must be empty without" },
	{ HEADER "3,23,0,1,,1,1,0,20000,0,none,1\n", "write_address: not a whole number: ''" },
	{ HEADER "3,23,0,1,0,122,1,0,20000,0,none,1\n", "write_count: must be 1..121: '122'" },
	{ HEADER "3,23,0,1,65535,2,1,0,20000,0,none,1\n", "write_count: reaches beyond" },
	{ HEADER "3,3,0,1,,,0,0,20000,0,none,1\n", "period_cycles: must be 1..1000: '0'" },
	{ HEADER "3,3,0,1,,,1001,0,20000,0,none,1\n", "period_cycles: must be 1..1000: '1001'" },
	{ HEADER "3,3,0,1,,,4,4,20000,0,none,1\n", "phase_cycles: must be 0..3: '4'" },
	{ HEADER "3,3,0,1,,,1,0,999,0,none,1\n", "timeout_us: must be 1000..5000000: '999'" },
	{ HEADER "3,3,0,1,,,1,0,5000001,0,none,1\n", "timeout_us: must be 1000..5000000:" },
	{ HEADER "3,3,0,1,,,1,0,20000,20001,none,1\n", "turnaround_us: must be 0..20000: '20001'" },
	{ HEADER "3,3,0,1,,,1,0,20000,0,estop,1\n", "loss_action: must be one of none|stop: 'estop'" },
	{ HEADER "3,3,0,1,,,1,0,20000,0,none,0\n", "loss_errors: must be 1..255: '0'" },
	{ HEADER "3,3,0,1,,,1,0,20000,0,none,256\n", "loss_errors: must be 1..255: '256'" },
};

/* The whole file is refused, in one line that names it, before the role is taken. */
static void bad_files_are_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		put(bad_files[i].content);
		assert_int_equal(run_file(run, i & 1 ? "plan check" : "plan load", ""), 1);
		assert_string_equal(out_text, "");
		assert_non_null(strstr(err_text, path));
		if (!strstr(err_text, bad_files[i].complaint))
			fail_msg("'%s': %s", bad_files[i].complaint, err_text);
		assert_ptr_equal(strchr(err_text, '\n'), err_text + strlen(err_text) - 1);
	}
	assert_int_equal(fake.stop.journal_seq, 0);
	assert_int_equal(fake.stage.size, 0);
	assert_int_equal(run("plan check /no/such/file"), 1);
	assert_non_null(strstr(err_text, "/no/such/file: No such file"));
	assert_int_equal(run("plan check /tmp"), 1);
	assert_non_null(strstr(err_text, "/tmp: Is a directory"));
}

static void sixty_four_entries_and_no_more(void **state)
{
	char content[8192] = HEADER;
	unsigned int i;

	(void)state;
	for (i = 0; i < OHT_PLAN_ENTRIES_MAX; i++)
		strcat(content, GOOD);
	put(content);
	assert_int_equal(run_file(run, "plan check", ""), 0);
	assert_int_equal(fake.stage.count, OHT_PLAN_ENTRIES_MAX);
	strcat(content, GOOD);
	put(content);
	assert_int_equal(run_file(run, "plan check", ""), 1);
	assert_non_null(strstr(err_text, ":66: unit: one entry more than 64: '3'"));
}

/* ---- check and load ---- */

static void check_only_asks(void **state)
{
	(void)state;
	fake.commit.generation = 0;
	assert_int_equal(run_file(run, "plan check", ""), 0);
	assert_int_equal(fake.commit.flags, OHT_PLAN_DRY_RUN);
	assert_int_equal(fake.plan.flags, 0);
	assert_int_equal(fake.farewells, 1);
	assert_int_equal(fake.stop.causes,
			 OHT_CAUSE_BIT(OHT_CAUSE_START) | OHT_CAUSE_BIT(OHT_CAUSE_FAREWELL));
	assert_non_null(strstr(out_text, "64.1 % of the fullest cycle"));
	assert_non_null(strstr(out_text, "accepted; not put in force\n"));
	assert_int_equal(run_file(run_json, "plan check", ""), 0);
	assert_int_equal(number("/figures/command_wait_ns"), 27500000);
	assert_false(json_object_get_boolean(member("/in_force")));
}

static void load_passes_everything(void **state)
{
	(void)state;
	fake.nap_ns = 5000000;
	/* It would keep the first one, lost after 40 ms, from the bus for more than 30. */
	put(HEADER GOOD "4,23,1,2,7,3,4,2,30000,2000,none,255\n");
	assert_int_equal(run_file(run, "plan load", "--cycle-us 5000"), 1);
	assert_non_null(strstr(err_text, ":3: timeout_us: with it the exchange takes longer"));
	assert_non_null(strstr(err_text, "'30000'"));
	put(HEADER GOOD "4,23,1,2,7,3,4,2,20000,2000,none,255\n");
	assert_int_equal(run_file(run, "plan load",
				  "--cycle-us 5000 --stop-budget-us 9000 --whole-cycles 8"), 0);
	assert_non_null(strstr(out_text, "in force, generation 3\n"));
	assert_int_equal(fake.commit.flags, 0);
	assert_int_equal(fake.stage.count, 2);
	assert_int_equal(fake.stage.cycle_us, 5000);
	assert_int_equal(fake.stage.stop_budget_us, 9000);
	assert_int_equal(fake.stage.whole_cycles, 8);
	assert_int_equal(fake.entries[0].unit, 3);
	assert_int_equal(fake.entries[0].function, 3);
	assert_int_equal(fake.entries[0].address, 0x10);
	assert_int_equal(fake.entries[0].count, 4);
	assert_int_equal(fake.entries[0].period_cycles, 2);
	assert_int_equal(fake.entries[0].phase_cycles, 1);
	assert_int_equal(fake.entries[0].timeout_us, 20000);
	assert_int_equal(fake.entries[0].turnaround_us, 1750);
	assert_int_equal(fake.entries[0].loss_action, OHT_LOSS_STOP);
	assert_int_equal(fake.entries[0].loss_errors, 4);
	assert_int_equal(fake.entries[1].function, 23);
	assert_int_equal(fake.entries[1].write_address, 7);
	assert_int_equal(fake.entries[1].write_count, 3);
	assert_int_equal(fake.entries[1].loss_action, OHT_LOSS_NONE);
	/* The role was ours for that moment only, with the longest period there is. */
	assert_int_equal(fake.stop.deadman_ms, fake.info.deadman_max_ms);
	assert_int_equal(fake.farewells, 2);
	assert_int_equal(fake.stop.outputs, 0);
	assert_int_equal(run_file(run_json, "plan load", ""), 0);
	assert_int_equal(number("/generation"), 4);
	assert_int_equal(fake.stage.cycle_us, 25000);
	assert_int_equal(fake.stage.stop_budget_us, 0);
	assert_int_equal(fake.stage.whole_cycles, 20);
}

/* The example is one: its four modules and what it writes reach the kernel. */
static void the_example_is_read(void **state)
{
	(void)state;
	assert_int_equal(run("plan check " DATA_DIR "/plan.csv"), 0);
	assert_int_equal(fake.stage.count, 8);
	assert_int_equal(fake.entries[1].unit, 4);
	assert_int_equal(fake.entries[1].function, 6);
	assert_int_equal(fake.entries[1].address, 0x02);
	assert_int_equal(fake.entries[6].unit, 5);
	assert_int_equal(fake.entries[6].address, 0x30);
	assert_int_equal(fake.entries[7].period_cycles, 20);
}

static void too_heavy_tells_the_figures(void **state)
{
	(void)state;
	fake.commit_error = EDQUOT;
	fake.commit.figures.worst_permille = 1120;
	assert_int_equal(run_file(run, "plan check", ""), 1);
	assert_non_null(strstr(out_text, "112.0 % of the fullest cycle"));
	assert_non_null(strstr(err_text, "plan refused: 16.02 ms are 112.0 % of the fullest cycle "
			       "(25000 us), at most 95.0 % may be\n"));
	assert_int_equal(fake.farewells, 1);
	assert_int_equal(run_file(run_json, "plan load", ""), 1);
	assert_int_equal(number("/figures/worst_permille"), 1120);
	assert_int_equal(number("/exit"), 1);
	assert_non_null(strstr(text("/error"), "112.0 %"));
	assert_int_equal(fake.plan.flags, 0);
}

static void stop_budget_is_named(void **state)
{
	(void)state;
	put(HEADER GOOD GOOD);
	fake.commit_error = EDQUOT;
	fake.commit.figures.longest_entry = 1;
	assert_int_equal(run_file(run, "plan load", "--stop-budget-us 5000"), 1);
	assert_non_null(strstr(err_text, "for up to 6.10 ms, --stop-budget-us allows 5.00 ms; "
			       "line 3 decides\n"));
	fake.commit.figures.stop_ns = UINT64_MAX;
	assert_int_equal(run_file(run, "plan load", "--stop-budget-us 5000"), 1);
	assert_non_null(strstr(err_text, "no exact timing"));
}

static void refused_by_the_kernel(void **state)
{
	(void)state;
	put(HEADER GOOD "\n3,3,0,1,,,997,0,20000,0,none,1\n");
	fake.stage_error = EINVAL;
	fake.stage_bad_entry = 1;
	assert_int_equal(run_file(run, "plan load", ""), 1);
	assert_non_null(strstr(err_text, ":4: period_cycles: must repeat together"));
	assert_non_null(strstr(err_text, ": '997'\n"));
	fake.stage_bad_entry = 2;
	assert_int_equal(run_file(run, "plan load", ""), 1);
	assert_non_null(strstr(err_text, "plan: a value is out of its range"));
	fake.stage_error = EOPNOTSUPP;
	assert_int_equal(run_file(run, "plan load", ""), 1);
	assert_non_null(strstr(err_text, "plan: this device cannot do that"));
	fake.stage_error = 0;
	fake.commit_error = EBUSY;
	assert_int_equal(run_file(run, "plan load", ""), 1);
	assert_non_null(strstr(err_text, "the one before is not in force yet"));
	/* Each time the role was given back in order, and nothing is in force. */
	assert_int_equal(fake.farewells, 4);
	assert_int_equal(fake.plan.flags, 0);
	fake.gone = true;
	assert_int_equal(run_file(run, "plan load", ""), 3);
}

/* Between the commit and our look somebody else has ended it. */
static void overtaken_by_another(void **state)
{
	(void)state;
	fake.commit_generation_off = 2;
	assert_int_equal(run_file(run, "plan load", ""), 1);
	assert_non_null(strstr(err_text, "generation 3 is not in force: another program"));
	fake.fail_number = OHT_IOC_PLAN_STATUS;
	fake.fail_error = ENODEV;
	assert_int_equal(run_file(run, "plan load", ""), 3);
}

static void another_controller_is_named(void **state)
{
	static const char *const verbs[] = { "plan check", "plan load" };
	size_t i;

	(void)state;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = OTHER_TGID;
	for (i = 0; i < 2; i++) {
		assert_int_equal(run_file(run, verbs[i], ""), 1);
		assert_non_null(strstr(err_text, "(pid 1) is the controller: end it first, only the controller may change the plan"));
	}
	assert_int_equal(run("plan clear"), 1);
	assert_non_null(strstr(err_text, "(pid 1) is the controller: end it first, only the controller may change the plan"));
	assert_int_equal(fake.clears + fake.commits + fake.farewells, 0);
	/* Looking goes on. */
	assert_int_equal(run("plan"), 0);
}

static void clear_ends_it(void **state)
{
	(void)state;
	assert_int_equal(run("plan clear"), 0);
	assert_int_equal(fake.clears, 1);
	assert_int_equal(fake.farewells, 1);
	assert_string_equal(out_text, "no plan is in force\n");
	assert_int_equal(run_json("plan clear"), 0);
	assert_false(json_object_get_boolean(member("/running")));
	fake.fail_number = OHT_IOC_PLAN_CLEAR;
	fake.fail_error = EOPNOTSUPP;
	assert_int_equal(run("plan clear"), 1);
	assert_non_null(strstr(err_text, "plan clear: this device cannot do that"));
	assert_int_equal(fake.farewells, 3);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bad_files_are_refused),
		CASE(sixty_four_entries_and_no_more),
		CASE(check_only_asks),
		CASE(load_passes_everything),
		CASE(the_example_is_read),
		CASE(too_heavy_tells_the_figures),
		CASE(stop_budget_is_named),
		CASE(refused_by_the_kernel),
		CASE(overtaken_by_another),
		CASE(another_controller_is_named),
		CASE(clear_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
