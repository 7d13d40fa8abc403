// SPDX-License-Identifier: GPL-2.0-or-later
/* The state machine from its table: every row, every pair, every promise, and bad tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "robot/states.h"

static struct ohtd_machine machine;
static char error[OHT_ERROR_BYTES];

static int load_shipped(void **state)
{
	(void)state;
	return ohtd_machine_load(OHT_SOURCE_DATADIR, &machine, error);
}

static void loads_every_row(void **state)
{
	(void)state;
	assert_int_equal(machine.count, 89);
}

/* All values of all facts that a guard can tell apart. */
static void facts_from_bits(uint32_t bits, int64_t *facts)
{
	unsigned int i;

	for (i = 0; i < OHTD_FACTS_AVAILABLE; i++)
		facts[i] = (bits >> i) & 1;
	facts[OHTD_FACT_ALWAYS] = 1;
	/* Short of and beyond every limit in the table. */
	facts[OHTD_FACT_IN_STATE_MS] = bits & 1 ? 100000 : 10;
}

/* Guards of equal (from, event) exclude each other, for every combination of facts. */
static void every_pair_is_decided_for_all_facts(void **state)
{
	int64_t facts[OHTD_FACTS_AVAILABLE];
	unsigned int s, e, i, hits;
	uint32_t bits;

	(void)state;
	for (bits = 0; bits < 1u << OHTD_FACTS_AVAILABLE; bits += 1) {
		facts_from_bits(bits, facts);
		for (i = 0; i < machine.count; i++) {
			const struct ohtd_row *row = &machine.rows[i];
			unsigned int j;

			/* Only the rows whose pair occurs more than once can disagree. */
			if (i && machine.rows[i - 1].from == row->from &&
			    machine.rows[i - 1].event == row->event)
				continue;
			hits = 0;
			for (j = i; j < machine.count && machine.rows[j].from == row->from &&
				    machine.rows[j].event == row->event; j++)
				hits += ohtd_guard_true(&machine.rows[j].guard, facts);
			assert_in_range(hits, 0, 1);
		}
	}
	facts_from_bits(~0u, facts);
	for (s = 0; s < OHTD_STATES; s++)
		for (e = 0; e < OHTD_EVENTS; e++) {
			const struct ohtd_row *row = ohtd_machine_find(&machine, s, e, facts);

			assert_true(!row || (row->from == s && row->event == e));
			assert_true(!row || ohtd_machine_knows(&machine, s, e));
		}
}

static void stops_are_accepted_in_every_state(void **state)
{
	int64_t facts[OHTD_FACTS_AVAILABLE] = { 0 };
	unsigned int s;

	(void)state;
	facts[OHTD_FACT_ALWAYS] = 1;
	for (s = 0; s < OHTD_STATES; s++) {
		const struct ohtd_row *row =
			ohtd_machine_find(&machine, s, OHTD_EVENT_ESTOP_TRIGGERED, facts);

		assert_non_null(row);
		assert_int_equal(row->to, OHTD_STATE_ESTOP);
		assert_true(s == OHTD_STATE_ESTOP || (row->actions & OHTD_ACTION_LATCH));
		assert_true(s == OHTD_STATE_ESTOP || (row->actions & OHTD_ACTION_OUTPUTS_OFF));
		assert_non_null(ohtd_machine_find(&machine, s, OHTD_EVENT_STOP_COMMAND, facts));
	}
}

static bool enabled_class(unsigned int s)
{
	return s == OHTD_STATE_IDLE || s == OHTD_STATE_MOVE || s == OHTD_STATE_PAUSED ||
	       s == OHTD_STATE_DOCK || s == OHTD_STATE_CONFIG;
}

/* No way from outputs off to outputs on but enable out of safe, and auto_enable out of init. */
static void only_enable_switches_on(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < machine.count; i++) {
		const struct ohtd_row *row = &machine.rows[i];

		if (enabled_class(row->from) || !enabled_class(row->to))
			continue;
		if (row->event == OHTD_EVENT_SAFE_RESET)
			assert_int_equal(row->from, OHTD_STATE_SAFE);
		else
			assert_int_equal(row->event, OHTD_EVENT_INIT_COMPLETE);
		assert_true(row->actions & OHTD_ACTION_OUTPUTS_ON);
	}
}

static void estop_is_left_only_by_reset_and_shutdown(void **state)
{
	int64_t facts[OHTD_FACTS_AVAILABLE];
	unsigned int e, bits;

	(void)state;
	for (bits = 0; bits < 1u << OHTD_FACTS_AVAILABLE; bits += 7) {
		facts_from_bits(bits, facts);
		for (e = 0; e < OHTD_EVENTS; e++) {
			const struct ohtd_row *row =
				ohtd_machine_find(&machine, OHTD_STATE_ESTOP, e, facts);

			if (!row || row->to == OHTD_STATE_ESTOP)
				continue;
			if (e == OHTD_EVENT_ESTOP_RESET)
				assert_int_equal(row->to, OHTD_STATE_SAFE);
			else
				assert_int_equal(e, OHTD_EVENT_SHUTDOWN);
		}
	}
}

static void blockers_are_named(void **state)
{
	int64_t facts[OHTD_FACTS_AVAILABLE];
	enum ohtd_fact blockers[OHTD_FACTS];
	unsigned int i;

	(void)state;
	for (i = 0; i < OHTD_FACTS_AVAILABLE; i++)
		facts[i] = 1;
	facts[OHTD_FACT_ESTOP_LATCHED] = 0;
	assert_int_equal(ohtd_machine_blockers(&machine, OHTD_STATE_SAFE, OHTD_EVENT_SAFE_RESET,
					       facts, blockers, OHTD_FACTS), 0);
	facts[OHTD_FACT_ESTOP_LATCHED] = 1;
	facts[OHTD_FACT_SENSORS_OK] = 0;
	assert_int_equal(ohtd_machine_blockers(&machine, OHTD_STATE_SAFE, OHTD_EVENT_SAFE_RESET,
					       facts, blockers, OHTD_FACTS), 2);
	assert_int_equal(blockers[0], OHTD_FACT_SENSORS_OK);
	assert_int_equal(blockers[1], OHTD_FACT_ESTOP_LATCHED);
	/* No such event here: nothing to name. */
	assert_int_equal(ohtd_machine_blockers(&machine, OHTD_STATE_IDLE, OHTD_EVENT_SAFE_RESET,
					       facts, blockers, OHTD_FACTS), 0);
}

static void guards_mean_what_they_say(void **state)
{
	static const struct {
		const char *text;
		bool expected;
	} cases[] = {
		{ "always", true },
		{ "!always", false },
		{ "!!always", true },
		{ "in_state_ms >= 500", true },
		{ "in_state_ms > 500", false },
		{ "in_state_ms <= 500", true },
		{ "in_state_ms<500", false },
		{ "in_state_ms == 500", true },
		{ "no_fault && !standstill", true },
		{ "no_fault && standstill || always", true },
		{ "no_fault && (standstill || !always)", false },
		{ "!(standstill || !no_fault)", true },
		{ "standstill || standstill && always", false },
		/* Not available yet: never true, not even denied. */
		{ "docked", false },
		{ "!docked", false },
		{ "always || docked", false },
		{ "distance < slow_zone", false },
	};
	int64_t facts[OHTD_FACTS_AVAILABLE] = { 0 };
	struct ohtd_guard guard;
	unsigned int i;

	(void)state;
	facts[OHTD_FACT_ALWAYS] = 1;
	facts[OHTD_FACT_NO_FAULT] = 1;
	facts[OHTD_FACT_IN_STATE_MS] = 500;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (ohtd_guard_compile(cases[i].text, &guard, error))
			fail_msg("%s: %s", cases[i].text, error);
		if (ohtd_guard_true(&guard, facts) != cases[i].expected)
			fail_msg("%s", cases[i].text);
	}
}

static void bad_guards_are_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "nonsense", "always &&", "&& always", "always always", "(always",
		"always)", "!", "in_state_ms >=", "in_state_ms >= x", "always & always",
		"in_state_ms >= 99999999999", "((((((((((always))))))))))", "Always", "no-fault",
		"always&&always&&always&&always&&always&&always&&always&&always&&always&&always"
		"&&always&&always&&always&&always",
	};
	struct ohtd_guard guard;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = '\0';
		if (!ohtd_guard_compile(bad[i], &guard, error))
			fail_msg("accepted: '%s'", bad[i]);
		assert_true(strlen(error) > 0);
	}
}

/* The shipped table with one line added or replaced. */
static int load_with(const char *line)
{
	char dir[] = "/tmp/oht-states-XXXXXX";
	char path[128];
	FILE *file;
	int ret;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state_machine.csv", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "from,event,to,guard,action,role,note\n%s\n", line);
	fclose(file);
	ret = ohtd_machine_load(dir, &machine, error);
	unlink(path);
	rmdir(dir);
	return ret;
}

static void bad_tables_are_refused_in_one_line(void **state)
{
	static const struct {
		const char *line;
		const char *complaint;
	} cases[] = {
		{ "hell,timeout,fault,always,outputs off,system,", "hell" },
		{ "boot,explode,fault,always,outputs off,system,", "explode" },
		{ "boot,timeout,hell,always,outputs off,system,", "hell" },
		{ "boot,timeout,fault,sometimes,outputs off,system,", "sometimes" },
		{ "boot,timeout,fault,always,outputs of,system,", "outputs of" },
		{ "boot,timeout,fault,always,outputs off,system,", "estop" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_not_equal(load_with(cases[i].line), 0);
		assert_non_null(strstr(error, cases[i].complaint));
		assert_non_null(strstr(error, "state_machine.csv"));
		assert_null(strchr(error, '\n'));
	}
	assert_int_not_equal(ohtd_machine_load("/nowhere", &machine, error), 0);
	assert_int_equal(load_shipped(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_every_row),
		cmocka_unit_test(every_pair_is_decided_for_all_facts),
		cmocka_unit_test(stops_are_accepted_in_every_state),
		cmocka_unit_test(only_enable_switches_on),
		cmocka_unit_test(estop_is_left_only_by_reset_and_shutdown),
		cmocka_unit_test(blockers_are_named),
		cmocka_unit_test(guards_mean_what_they_say),
		cmocka_unit_test(bad_guards_are_refused),
		cmocka_unit_test(bad_tables_are_refused_in_one_line),
	};

	return cmocka_run_group_tests(tests, load_shipped, NULL);
}
