// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every pair of state and event, made from state_machine.csv: which guard accepts it, that it is
 * refused otherwise, which role it needs, and what reaches device, drive and ring in which order.
 */
#include "robot_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACE_BYTES	512

/* Facts as the test wants them: facts.c is tested elsewhere. */
static int64_t wanted[OHTD_FACTS_AVAILABLE];

void __wrap_ohtd_facts_update(struct ohtd_control *control);

void __wrap_ohtd_facts_update(struct ohtd_control *control)
{
	memcpy(control->facts, wanted, sizeof(wanted));
}

/* ---- what happened, in words ---- */

static struct fixture *f;
static struct ohtd_bus_ops recording;
static const struct ohtd_bus_ops *real;
static struct ohtd_event_reader reader;
static char trace[TRACE_BYTES];

static void say(const char *word)
{
	if (trace[0])
		strncat(trace, "; ", sizeof(trace) - strlen(trace) - 1);
	strncat(trace, word, sizeof(trace) - strlen(trace) - 1);
}

/* What the ring has by now came before the call that follows. */
static void say_records(void)
{
	struct ohtd_event_record record;

	while (ohtd_event_ring_next(&f->control.event_ring, &reader, &record))
		say(ohtd_record_name(record.kind));
}

/* ---- what motion is told: what comes of that is tested elsewhere ---- */

#define TOLD(name, word, ...)					\
	void __wrap_##name(__VA_ARGS__);			\
	void __wrap_##name(__VA_ARGS__)				\
	{							\
		(void)control;					\
		say_records();					\
		say(word);					\
	}

#define CONTROL	struct ohtd_control *control

TOLD(ohtd_travel_begin, "command",
     CONTROL, __attribute__((unused)) const struct ohtd_raised *raised)
TOLD(ohtd_travel_jog, "jog", CONTROL, __attribute__((unused)) const struct ohtd_raised *raised)
TOLD(ohtd_travel_home, "home", CONTROL, __attribute__((unused)) const struct ohtd_raised *raised)
TOLD(ohtd_travel_fail, "fail", CONTROL, __attribute__((unused)) const struct ohtd_why *why)
TOLD(ohtd_travel_go, "go", CONTROL)
TOLD(ohtd_travel_stop, "ramp", CONTROL)
TOLD(ohtd_travel_keep, "keep", CONTROL, __attribute__((unused)) const struct ohtd_raised *raised)
TOLD(ohtd_travel_finish, "finish", CONTROL)
TOLD(ohtd_dock_begin, "dock", CONTROL)
TOLD(ohtd_dock_back_off, "back off", CONTROL)
TOLD(ohtd_dock_leave, "leave", CONTROL)

bool __wrap_ohtd_setpoint_live(const struct ohtd_modules *modules);

bool __wrap_ohtd_setpoint_live(const struct ohtd_modules *modules)
{
	(void)modules;
	return false;
}

static int record_stop(struct ohtd_bus *bus, uint64_t tag)
{
	say_records();
	say("stop");
	return real->stop(bus, tag);
}

static int record_disable(struct ohtd_bus *bus, uint64_t tag)
{
	say_records();
	say("disable");
	return real->disable(bus, tag);
}

static int record_reset(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	say_records();
	say("reset");
	return real->reset(bus, tag, blocking);
}

static int record_enable(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	say_records();
	say("enable");
	return real->enable(bus, tag, blocking);
}

static const char *const telegram_words[] = {
	[OHTD_TELEGRAM_STOP] = "stop telegram",
	[OHTD_TELEGRAM_ZERO_SPEED] = "zero speed",
	[OHTD_TELEGRAM_DRIVE_SET] = "drive set",
	[OHTD_TELEGRAM_DRIVE_ON] = "drive on",
	[OHTD_TELEGRAM_CHARGE_OFF] = "charge off",
	[OHTD_TELEGRAM_CHARGE_ON] = "charge on",
};

static int record_submit(struct ohtd_bus *bus, const struct oht_request *request,
			 uint64_t *cookie)
{
	if (request->function == OHT_WRITE_SINGLE) {
		say_records();
		say(telegram_words[f->control.modules.telegrams.telegram]);
	}
	return real->submit(bus, request, cookie);
}

/* ---- what the table promises, in the same words ---- */

/*
 * State of the device that belongs to a state of the robot: README.md of the data files. Out of init
 * the device has been made ready before it is asked for its outputs.
 */
static unsigned int device_of(unsigned int state)
{
	if (state == OHTD_STATE_INIT && wanted[OHTD_FACT_AUTO_ENABLE])
		return OHT_STATE_READY;
	if (ohtd_state_is_enabled(state))
		return OHT_STATE_ENABLED;
	return state == OHTD_STATE_SAFE || state == OHTD_STATE_FAULT ? OHT_STATE_READY
								    : OHT_STATE_STOPPED;
}

static bool is_one_of(const char *phrase, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, phrase))
			return true;
	return false;
}

/* What the device is asked before the state changes. */
static void promise_ask(const char *phrase, unsigned int *device)
{
	static const char *const resets[] = { "clear latch", "ask for enable", NULL };

	if (is_one_of(phrase, resets) && *device != OHT_STATE_READY) {
		say("reset");
		*device = OHT_STATE_READY;
	} else if (!strcmp(phrase, "outputs on")) {
		say("enable");
		*device = OHT_STATE_ENABLED;
	}
}

static unsigned int promised_event;

/* Actions of motion, and what motion is told by each. */
static bool promise_motion(const char *phrase)
{
	static const struct {
		const char *phrase;
		const char *told;
	} list[] = {
		{ "plan profile", "command" }, { "replace target", "command" },
		{ "abort docking", "command" }, { "start motion", "go" },
		{ "replan from present speed", "go" },
		{ "replan from standstill to kept target", "go" },
		{ "start velocity motion", "command; jog" }, { "update speed", "jog" },
		{ "start homing at homing speed", "home" }, { "keep target", "keep" },
		{ "complete command", "finish" }, { "abort command", "fail" },
		{ "fail command", "fail" }, { "back off", "back off" },
		{ "start docking sequence", "command; dock" },
		{ "start phase undock", "leave" },
		{ "open charge relay", "command; charge off; wait_begun; wait_over" },
		{ "request charge when wanted", "charge on" },
		{ "controlled stop", "ramp; zero speed; wait_begun; wait_over" },
		{ "controlled stop when drive answers", "ramp; zero speed; wait_begun; wait_over" },
	};
	unsigned int i;

	/* A command of its own, or the one that was interrupted. */
	if (!strcmp(phrase, "start docking sequence at phase approach")) {
		say(promised_event == OHTD_EVENT_DOCK_COMMAND ? "command; dock" : "dock");
		return true;
	}
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (!strcmp(list[i].phrase, phrase)) {
			say(list[i].told);
			return true;
		}
	return false;
}

static void promise_act(const char *phrase, unsigned int *device)
{
	static const char *const latches[] = { "latch", "keep latch", NULL };
	static const char *const offs[] = { "outputs off", "outputs stay off", "nothing moves",
					    NULL };
	static const char *const stops[] = { "stop telegram", "repeat stop telegram", NULL };
	bool alert = !strcmp(phrase, "raise alert") || !strncmp(phrase, "alert ", 6);

	if (is_one_of(phrase, latches) && *device != OHT_STATE_STOPPED) {
		say("stop");
		*device = OHT_STATE_STOPPED;
	} else if (is_one_of(phrase, offs) && *device == OHT_STATE_ENABLED) {
		say("disable");
		*device = OHT_STATE_READY;
	} else if (!strcmp(phrase, "zero speed to drive")) {
		say("zero speed");
	} else if (promise_motion(phrase)) {
		return;
	} else if (is_one_of(phrase, stops)) {
		say("stop telegram");
	} else if (alert) {
		say("alert");
	} else if (!strcmp(phrase, "resolve alert")) {
		say("alert_over");
	} else if (!strcmp(phrase, "add to fault list")) {
		say("fault");
	} else if (!strncmp(phrase, "journal ", 8) || !strcmp(phrase, "report latched reason")) {
		say("journal");
	}
}

/* The actions as they stand in the file, line @line, not as the loader has understood them. */
static void actions_of_line(unsigned int line, char *actions, size_t bytes)
{
	char text[512] = "";
	FILE *file = fopen(OHT_SOURCE_DATADIR "/state_machine.csv", "r");
	char *at = text;
	unsigned int i;

	assert_non_null(file);
	for (i = 0; i < line; i++)
		assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	for (i = 0; i < 4; i++)
		at = strchr(at, ',') + 1;
	snprintf(actions, bytes, "%.*s", (int)strcspn(at, ","), at);
}

static void each_action(char *actions, unsigned int *device,
			void (*what)(const char *phrase, unsigned int *device))
{
	char copy[512];
	char *rest = copy;
	char *phrase;

	snprintf(copy, sizeof(copy), "%s", actions);
	while ((phrase = strsep(&rest, ";")))
		what(phrase + strspn(phrase, " "), device);
}

static void promise(const struct ohtd_row *row, char *promised)
{
	unsigned int device = device_of(row->from);
	char actions[512];

	trace[0] = '\0';
	promised_event = row->event;
	actions_of_line(row->line, actions, sizeof(actions));
	each_action(actions, &device, promise_ask);
	say("transition");
	each_action(actions, &device, promise_act);
	memcpy(promised, trace, TRACE_BYTES);
	trace[0] = '\0';
}

/* ---- one case ---- */

static void put_into(unsigned int state)
{
	struct ohtd_control *control = &f->control;
	struct ohtd_event_record record;

	control->state = state;
	control->steps.row = NULL;
	memset(&control->modules.telegrams, 0, sizeof(control->modules.telegrams));
	memset(control->modules.transfers, 0, sizeof(control->modules.transfers));
	control->fault_count = 0;
	f->fake->status.state = device_of(state);
	f->fake->status.causes = device_of(state) == OHT_STATE_STOPPED
					 ? oht_cause_mask(OHT_STOPPED_BY_SOFTWARE) : 0;
	control->safety.status = f->fake->status;
	/* The wire is another matter. */
	memset(f->fake->jobs, 0, sizeof(f->fake->jobs));
	f->fake->running = -1;
	f->fake->event_count = 0;
	f->fake->under_way = 0;
	while (ohtd_event_ring_next(&control->event_ring, &reader, &record))
		;
	trace[0] = '\0';
}

static void let_waits_end(void)
{
	f->control.modules.telegrams.active = false;
	f->control.modules.telegrams.under_way = false;
	f->control.modules.setpoints.zero_waits = false;
	wanted[OHTD_FACT_STANDSTILL] = 1;
	ohtd_steps_advance(&f->control);
}

static void expect_accepted(const struct ohtd_row *row)
{
	char promised[TRACE_BYTES];

	promise(row, promised);
	put_into(row->from);
	ohtd_event_raise(&f->control, row->event, NULL);
	ohtd_events_take(&f->control);
	assert_int_equal(f->control.state, row->to);
	if (f->control.steps.row)
		let_waits_end();
	assert_null(f->control.steps.row);
	say_records();
	if (strcmp(trace, promised))
		fail_msg("line %u: '%s' instead of '%s'", row->line, trace, promised);
}

static void expect_refused(unsigned int state, unsigned int event, unsigned int code)
{
	struct ohtd_event_record record;
	unsigned int transitions = (unsigned int)f->control.snapshot.transitions;

	put_into(state);
	ohtd_event_raise(&f->control, event, NULL);
	ohtd_events_take(&f->control);
	assert_int_equal(f->control.state, state);
	assert_int_equal(f->control.snapshot.transitions, transitions);
	assert_int_equal(ohtd_event_ring_next(&f->control.event_ring, &reader, &record), 1);
	assert_int_equal(record.kind, OHTD_RECORD_REFUSAL);
	assert_int_equal(record.from, state);
	assert_int_equal(record.event, event);
	assert_in_range(record.why.count, 1, OHTD_WHY_MAX);
	if (code)
		assert_true(fixture_says(&record.why, code, 0));
	/* Nothing has reached the device. */
	say_records();
	assert_string_equal(trace, "");
}

/* All values of the facts that the guards of a pair look at. */
static unsigned int facts_of_pair(unsigned int state, unsigned int event, uint8_t *facts)
{
	const struct ohtd_machine *machine = &f->control.machine;
	uint64_t seen = 0;
	unsigned int count = 0;
	unsigned int i, j;

	for (i = 0; i < machine->count; i++) {
		const struct ohtd_row *row = &machine->rows[i];

		if (row->from != state || row->event != event)
			continue;
		for (j = 0; j < row->guard.literals; j++) {
			uint8_t fact = row->guard.literal[j].fact;

			if (fact == OHTD_FACT_ALWAYS || fact >= OHTD_FACTS_AVAILABLE ||
			    seen >> fact & 1)
				continue;
			seen |= 1ull << fact;
			facts[count++] = fact;
		}
	}
	return count;
}

/* Each case by each row: 0 or 1 of them accepts. Returns how many cases were accepted. */
static unsigned int check_case(unsigned int state, unsigned int event)
{
	const struct ohtd_machine *machine = &f->control.machine;
	const struct ohtd_row *accepts = NULL;
	bool planned = event >= OHTD_EVENTS_AVAILABLE;
	bool known = false;
	unsigned int i;

	for (i = 0; i < machine->count; i++) {
		const struct ohtd_row *row = &machine->rows[i];

		if (row->from != state || row->event != event)
			continue;
		known = true;
		if (!ohtd_guard_true(&row->guard, wanted))
			continue;
		assert_null(accepts);
		accepts = row;
	}
	if (accepts && !accepts->planned && !planned) {
		expect_accepted(accepts);
		return 1;
	}
	if (!known)
		expect_refused(state, event, state == OHTD_STATE_FAULT ? OHTD_WHY_IN_FAULT
								       : OHTD_WHY_STATE);
	else
		expect_refused(state, event, accepts || planned ? OHTD_WHY_NOT_AVAILABLE
								: OHTD_WHY_NONE);
	return 0;
}

static unsigned int check_pair(unsigned int state, unsigned int event)
{
	uint8_t facts[OHTD_FACTS_AVAILABLE];
	unsigned int count = facts_of_pair(state, event, facts);
	unsigned int accepted = 0;
	unsigned int bits, i;

	for (bits = 0; bits < 1u << count; bits++) {
		memset(wanted, 0, sizeof(wanted));
		wanted[OHTD_FACT_ALWAYS] = 1;
		for (i = 0; i < count; i++)
			wanted[facts[i]] = (bits >> i & 1) *
					   (facts[i] == OHTD_FACT_IN_STATE_MS ? 100000 : 1);
		accepted += check_case(state, event);
	}
	return accepted;
}

static void every_pair_does_what_the_table_says(void **state)
{
	unsigned int accepted = 0;
	unsigned int s, e;

	(void)state;
	for (s = 0; s < OHTD_STATES; s++)
		for (e = 0; e < OHTD_EVENTS; e++)
			accepted += check_pair(s, e);
	/* So many rows can be taken at least. */
	assert_in_range(accepted, 90, 1000);
}

/* ---- roles ---- */

static void ask_as(const struct ohtd_row *row, unsigned int role)
{
	const struct ohtd_asked asked = { .command.role = (uint8_t)role };

	put_into(row->from);
	assert_true(ohtd_event_ask(&f->control, row->event, &asked));
	ohtd_events_take(&f->control);
}

static void make_true(const struct ohtd_guard *guard)
{
	unsigned int i;

	memset(wanted, 0, sizeof(wanted));
	wanted[OHTD_FACT_ALWAYS] = 1;
	for (i = 0; i < guard->literals; i++)
		if (guard->literal[i].fact == OHTD_FACT_IN_STATE_MS)
			wanted[OHTD_FACT_IN_STATE_MS] = 100000;
		else if (guard->literal[i].fact < OHTD_FACTS_AVAILABLE)
			wanted[guard->literal[i].fact] = !guard->literal[i].negated;
}

static void every_row_asks_for_its_role(void **state)
{
	struct ohtd_event_record record;
	unsigned int i, checked = 0;

	(void)state;
	for (i = 0; i < f->control.machine.count; i++) {
		const struct ohtd_row *row = &f->control.machine.rows[i];

		make_true(&row->guard);
		if (row->planned || row->event >= OHTD_EVENTS_AVAILABLE ||
		    !ohtd_guard_true(&row->guard, wanted))
			continue;
		ask_as(row, row->role - 1u);
		assert_int_equal(f->control.state, row->from);
		assert_int_equal(ohtd_event_ring_next(&f->control.event_ring, &reader, &record), 1);
		assert_int_equal(record.kind, OHTD_RECORD_REFUSAL);
		assert_int_equal(record.role, row->role - 1u);
		assert_int_equal(record.why.items[0].code, OHTD_WHY_ROLE);
		assert_int_equal(record.why.items[0].detail, row->role);
		say_records();
		assert_string_equal(trace, "");
		ask_as(row, row->role);
		assert_int_equal(f->control.state, row->to);
		checked++;
	}
	assert_in_range(checked, 90, f->control.machine.count);
}

static int set_up(void **state)
{
	(void)state;
	f = fixture_create(true);
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	/* As far as knowing the drive. */
	wanted[OHTD_FACT_ALWAYS] = 1;
	fixture_run_ms(f, 3000);
	real = f->fake->bus.ops;
	recording = *real;
	recording.stop = record_stop;
	recording.disable = record_disable;
	recording.reset = record_reset;
	recording.enable = record_enable;
	recording.submit = record_submit;
	f->fake->bus.ops = &recording;
	/* Time stands still: no heartbeat is late. */
	f->fake->status.deadman_ms = 1000000;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	f->fake->bus.ops = real;
	fixture_destroy(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_does_what_the_table_says),
		cmocka_unit_test(every_row_asks_for_its_role),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
