// SPDX-License-Identifier: GPL-2.0-or-later
/* The state machine from its table: every row, every pair, every promise, and bad tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/control.h"
#include "robot/states.h"
#include "scratch.h"

static struct ohtd_machine machine;
static char error[OHT_ERROR_BYTES];

static int load_shipped(void **state)
{
	(void)state;
	return ohtd_machine_load(OHT_SOURCE_DATADIR, ohtd_phrases, &machine, error);
}

static void loads_every_row(void **state)
{
	(void)state;
	assert_int_equal(machine.count, 105);
	for (unsigned int fact = 0; fact < OHTD_FACTS; fact++)
		assert_true(ohtd_robot_table_asks(&machine, fact));
}

/* The facts that the rows of a pair look at. */
static unsigned int facts_of_pair(unsigned int state, unsigned int event, uint8_t *looked_at)
{
	uint64_t seen = 1ull << OHTD_FACT_ALWAYS;
	unsigned int count = 0;
	unsigned int i, j;

	for (i = 0; i < machine.count; i++) {
		const struct ohtd_row *row = &machine.rows[i];

		for (j = 0; row->from == state && row->event == event && j < row->guard.literals;
		     j++) {
			uint8_t fact = row->guard.literal[j].fact;

			if (fact >= OHTD_FACTS_AVAILABLE || seen >> fact & 1)
				continue;
			seen |= 1ull << fact;
			looked_at[count++] = fact;
		}
	}
	return count;
}

static void facts_from_bits(unsigned int bits, const uint8_t *looked_at, unsigned int count,
			    int64_t *facts)
{
	unsigned int i;

	memset(facts, 0, OHTD_FACTS_AVAILABLE * sizeof(*facts));
	facts[OHTD_FACT_ALWAYS] = 1;
	for (i = 0; i < count; i++)
		facts[looked_at[i]] = bits >> i & 1;
	if (facts[OHTD_FACT_IN_STATE_MS])
		facts[OHTD_FACT_IN_STATE_MS] = 100000;
}

static void check_pair(unsigned int state, unsigned int event)
{
	uint8_t looked_at[OHTD_FACTS_AVAILABLE];
	unsigned int count = facts_of_pair(state, event, looked_at);
	int64_t facts[OHTD_FACTS_AVAILABLE];
	unsigned int bits, i, hits;

	for (bits = 0; bits < 1u << count; bits++) {
		facts_from_bits(bits, looked_at, count, facts);
		hits = 0;
		for (i = 0; i < machine.count; i++)
			hits += machine.rows[i].from == state && machine.rows[i].event == event &&
				ohtd_guard_true(&machine.rows[i].guard, facts);
		assert_in_range(hits, 0, 1);
		assert_int_equal(hits, ohtd_machine_find(&machine, state, event, facts) != NULL);
	}
}

/* Guards of equal (from, event) exclude each other, for every combination of their facts. */
static void every_pair_is_decided_for_all_facts(void **state)
{
	unsigned int s, e;

	(void)state;
	for (s = 0; s < OHTD_STATES; s++)
		for (e = 0; e < OHTD_EVENTS; e++)
			check_pair(s, e);
}

static bool does(const struct ohtd_row *row, const char *phrase)
{
	unsigned int i;

	for (i = 0; i < row->actions; i++)
		if (!strcmp(row->action[i]->text, phrase))
			return true;
	return false;
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
		assert_true(does(row, s == OHTD_STATE_ESTOP ? "keep latch" : "latch"));
		assert_true(s == OHTD_STATE_ESTOP || does(row, "outputs off"));
		assert_non_null(ohtd_machine_find(&machine, s, OHTD_EVENT_STOP_COMMAND, facts));
	}
}

/* No way from outputs off to outputs on but enable out of safe, and auto_enable out of init. */
static void only_enable_switches_on(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < machine.count; i++) {
		const struct ohtd_row *row = &machine.rows[i];

		if (ohtd_state_is_enabled(row->from) || !ohtd_state_is_enabled(row->to))
			continue;
		if (row->event == OHTD_EVENT_SAFE_RESET)
			assert_int_equal(row->from, OHTD_STATE_SAFE);
		else
			assert_int_equal(row->event, OHTD_EVENT_INIT_COMPLETE);
		assert_true(does(row, "outputs on"));
	}
}

static void estop_is_left_only_by_reset_and_shutdown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < machine.count; i++) {
		const struct ohtd_row *row = &machine.rows[i];

		if (row->from != OHTD_STATE_ESTOP || row->to == OHTD_STATE_ESTOP)
			continue;
		if (row->event == OHTD_EVENT_ESTOP_RESET)
			assert_int_equal(row->to, OHTD_STATE_SAFE);
		else
			assert_int_equal(row->event, OHTD_EVENT_SHUTDOWN);
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
		{ "change_set_valid", false },
		{ "!change_set_valid", false },
		{ "always || change_set_valid", false },
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

/* ---- tables that are refused ---- */

static int load_folder(const char *dir)
{
	return ohtd_machine_load(dir, ohtd_phrases, &machine, error);
}

static int load_text(const char *text)
{
	return scratch_load("state_machine.csv", text, load_folder);
}

static char *shipped_text(void)
{
	char *text = calloc(1, 1 << 16);
	FILE *file = fopen(OHT_SOURCE_DATADIR "/state_machine.csv", "r");

	assert_non_null(text);
	assert_non_null(file);
	assert_in_range(fread(text, 1, (1 << 16) - 1, file), 1000, (1 << 16) - 2);
	fclose(file);
	return text;
}

/* The shipped table with the row that begins with @key replaced; its line number. */
static int load_with(const char *key, const char *row, unsigned int *line)
{
	char *text = shipped_text();
	char *changed = calloc(1, 1 << 17);
	char *at = text;
	char *next;
	bool found = false;
	int ret;

	assert_non_null(changed);
	*line = 0;
	for (; *at; at = next) {
		next = strchr(at, '\n') + 1;
		*line += !found;
		if (!found && !strncmp(at, key, strlen(key))) {
			strcat(strcat(changed, row), "\n");
			found = true;
		} else {
			strncat(changed, at, (size_t)(next - at));
		}
	}
	assert_true(found);
	ret = load_text(changed);
	free(changed);
	free(text);
	return ret;
}

static void bad_rows_are_refused_with_file_line_and_word(void **state)
{
	static const struct {
		const char *key;
		const char *row;
		const char *complaint;
	} cases[] = {
		{ "boot,timeout,", "hell,timeout,fault,always,outputs off,system,", "hell" },
		{ "boot,timeout,", "boot,explode,fault,always,outputs off,system,", "explode" },
		{ "boot,timeout,", "boot,timeout,hell,always,outputs off,system,", "hell" },
		{ "boot,timeout,", "boot,timeout,fault,sometimes,outputs off,system,", "sometimes" },
		{ "boot,timeout,", "boot,timeout,fault,always,outputs off,nobody,", "nobody" },
		/* Actions that nobody knows. */
		{ "boot,timeout,", "boot,timeout,fault,always,outputs of,system,",
		  "unknown action: 'outputs of'" },
		{ "boot,timeout,", "boot,timeout,fault,always,outputs off; sing,system,",
		  "unknown action: 'sing'" },
		/* Where nobody can come yet, too. */
		{ "paused,stop_command,", "paused,stop_command,idle,always,sing,operator,",
		  "unknown action: 'sing'" },
		/* Actions that are not there yet. */
		{ "idle,stop_command,", "idle,stop_command,idle,always,open change set,operator,",
		  "not there yet, and the row can be taken: 'open change set'" },
		{ "safe,fault_detected,",
		  "safe,fault_detected,fault,always,outputs off; apply,system,",
		  "not there yet, and the row can be taken: 'apply'" },
		/* What opens a way to rows that have them: 'discard change set' of config. */
		{ "idle,stop_command,", "idle,stop_command,config,always,zero speed to drive,operator,",
		  "not there yet, and the row can be taken: 'discard change set'" },
		{ "safe,safe_reset,",
		  "safe,safe_reset,idle,always,clear latch; outputs on,operator,",
		  "second action that the device may refuse: 'outputs on'" },
		{ "boot,stop_command,",
		  "boot,stop_command,boot,always,accept; accept; accept; accept; accept; accept; "
		  "accept,operator,", "too many actions: 'accept'" },
		{ "fault,stop_command,", "fault,fault_detected,fault,always,accept,system,",
		  "no stop_command in state 'fault'" },
		{ "move,estop_triggered,", "move,jog_expired,idle,always,keep target,system,",
		  "no estop_triggered in state 'move'" },
		{ "idle,undock_command,", "idle,shutdown,shutdown,always,outputs off,administrator,",
		  "no row for undock_command, the event of the verb 'undock'" },
	};
	unsigned int i, line;
	char place[40];

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		error[0] = '\0';
		if (!load_with(cases[i].key, cases[i].row, &line))
			fail_msg("accepted: %s", cases[i].row);
		if (!strstr(error, cases[i].complaint))
			fail_msg("%s: %s", cases[i].row, error);
		/* Some say what the table as a whole lacks, or which other row is reached now. */
		snprintf(place, sizeof(place), "state_machine.csv:%u: ", line);
		if (!strstr(cases[i].complaint, "in state") && !strstr(cases[i].complaint, "no row for") &&
		    !strstr(cases[i].complaint, "discard change set"))
			assert_non_null(strstr(error, place));
		assert_non_null(strstr(error, "state_machine.csv:"));
		assert_null(strchr(error, '\n'));
	}
	assert_int_not_equal(ohtd_machine_load("/nowhere", ohtd_phrases, &machine, error), 0);
	assert_int_equal(load_shipped(NULL), 0);
}

static void columns_are_needed(void **state)
{
	(void)state;
	assert_int_not_equal(load_text("from,event,to,guard,action,note\n"), 0);
	assert_non_null(strstr(error, "role"));
	assert_int_equal(load_shipped(NULL), 0);
}

/* No planned action in what can be taken, and so much that none of it is there by mistake. */
static void planned_rows_cannot_be_taken(void **state)
{
	unsigned int planned = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < machine.count; i++) {
		const struct ohtd_row *row = &machine.rows[i];

		planned += row->planned;
		if (row->planned && row->event < OHTD_EVENTS_AVAILABLE)
			assert_true(ohtd_state_is_enabled(row->from));
	}
	assert_in_range(planned, 1, machine.count - 1);
}

static void every_row_has_its_role(void **state)
{
	int64_t facts[OHTD_FACTS_AVAILABLE] = { 0 };
	unsigned int s, i;

	(void)state;
	facts[OHTD_FACT_ALWAYS] = 1;
	for (s = 0; s < OHTD_STATES; s++) {
		const struct ohtd_row *row =
			ohtd_machine_find(&machine, s, OHTD_EVENT_STOP_COMMAND, facts);

		assert_int_equal(row->role, OHTD_ROLE_OPERATOR);
	}
	for (i = 0; i < machine.count; i++)
		if (machine.rows[i].event == OHTD_EVENT_ESTOP_RESET)
			assert_int_equal(machine.rows[i].role, OHTD_ROLE_SUPERVISOR);
		else if (machine.rows[i].event == OHTD_EVENT_FAULT_DETECTED)
			assert_int_equal(machine.rows[i].role, OHTD_ROLE_SYSTEM);
}

static bool sets_in_motion(const struct ohtd_row *row)
{
	return row && (row->to == OHTD_STATE_MOVE || row->to == OHTD_STATE_DOCK);
}

/* What goes on behind a pause or an obstacle begins a motion anew, so it needs what its first command needs; a target in place of another one, too. */
static void motion_that_goes_on_needs_what_its_first_command_needs(void **state)
{
	static const struct {
		uint8_t event, from[4], states, needed[4], needs;
		bool docks, undocks;
	} ways[] = {
#define NEEDS_OF_A_MOVE		{ OHTD_FACT_SAFETY_OK, OHTD_FACT_CHARGE_OK, OHTD_FACT_LOCATION_OK, OHTD_FACT_TARGET_VALID }
#define BEHIND_A_PAUSE		{ OHTD_STATE_PAUSED, OHTD_STATE_BLOCKED }
		{ OHTD_EVENT_MOVE_COMMAND, { OHTD_STATE_MOVE, OHTD_STATE_PAUSED, OHTD_STATE_BLOCKED, OHTD_STATE_DOCK }, 4, NEEDS_OF_A_MOVE, 4, false, false },
		{ OHTD_EVENT_RESUME_COMMAND, BEHIND_A_PAUSE, 2, NEEDS_OF_A_MOVE, 4, false, false },
		{ OHTD_EVENT_RESUME_COMMAND, BEHIND_A_PAUSE, 2, { OHTD_FACT_SAFETY_OK, OHTD_FACT_CHARGE_OK }, 2, true, true },
		{ OHTD_EVENT_RESUME_COMMAND, BEHIND_A_PAUSE, 2, { OHTD_FACT_SAFETY_OK }, 1, true, false },
		/* The target was good, and what is in the way is looked at while the robot goes. */
		{ OHTD_EVENT_OBSTACLE_CLEARED, { OHTD_STATE_BLOCKED }, 1, NEEDS_OF_A_MOVE, 3, false, false },
		{ OHTD_EVENT_OBSTACLE_CLEARED, { OHTD_STATE_BLOCKED }, 1, { OHTD_FACT_SAFETY_OK, OHTD_FACT_CHARGE_OK }, 2, true, true },
		{ OHTD_EVENT_OBSTACLE_CLEARED, { OHTD_STATE_BLOCKED }, 1, { OHTD_FACT_SAFETY_OK }, 1, true, false },
	};
	int64_t facts[OHTD_FACTS_AVAILABLE];
	unsigned int i, s, f;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		for (s = 0; s < ways[i].states; s++) {
			for (f = 0; f < OHTD_FACTS_AVAILABLE; f++)
				facts[f] = 1;
			facts[OHTD_FACT_KEPT_IS_DOCK] = ways[i].docks;
			facts[OHTD_FACT_KEPT_IS_UNDOCK] = ways[i].undocks;
			assert_true(sets_in_motion(ohtd_machine_find(&machine, ways[i].from[s], ways[i].event, facts)));
			for (f = 0; f < ways[i].needs; f++) {
				facts[ways[i].needed[f]] = 0;
				assert_false(sets_in_motion(ohtd_machine_find(&machine, ways[i].from[s], ways[i].event, facts)));
				facts[ways[i].needed[f]] = 1;
			}
			/* To the dock it goes on without charge. */
			facts[OHTD_FACT_CHARGE_OK] = 0;
			assert_int_equal(sets_in_motion(ohtd_machine_find(&machine, ways[i].from[s], ways[i].event, facts)), ways[i].docks && !ways[i].undocks);
		}
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
		cmocka_unit_test(bad_rows_are_refused_with_file_line_and_word),
		cmocka_unit_test(columns_are_needed),
		cmocka_unit_test(planned_rows_cannot_be_taken),
		cmocka_unit_test(every_row_has_its_role),
		cmocka_unit_test(motion_that_goes_on_needs_what_its_first_command_needs),
	};

	return cmocka_run_group_tests(tests, load_shipped, NULL);
}
