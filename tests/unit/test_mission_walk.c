// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A robot in virtual time with a released schedule and a released way to its dock, while a seed lets people act, the store fail and the daemon
 * start again. A witness sees each mission and command: none begins unless a person has asked since the last interruption.
 *
 * 50 seeds, from OHT_SEED on; OHT_RUNS=n makes it n. OHT_SEED=n OHT_RUNS=1 OHT_TRACE=1 tells one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/part.h"
#include "dice.h"
#include "mission_rig.h"

#define SEEDS		50
#define WALK_S		30
#define KNOWN_MAX	256
/* A release is looked at once a second, and the robot in each tick. */
#define END_TICKS	6

/* The last that was seen of a mission. */
struct seen {
	int64_t schedule;
	char state[OHTD_MISSION_WORD_BYTES], reason[OHTD_MISSION_WORD_BYTES];
};

static struct {
	uint64_t seed;
	void (*inner)(void *context);
	void *inner_context;
	struct ohtd_event_reader reader;
	uint64_t newest, disturbed_ns;
	/* What was released, and has not been ended by anything since. */
	bool errand, schedule;
	/* For so many ticks it has not been. */
	unsigned int errand_over, schedule_over;
	/* A person has asked for this mission in this moment; 0: for none. */
	int64_t asked;
	/* This mission may drive; 0: none may. */
	int64_t may;
	struct seen seen[KNOWN_MAX];
	unsigned int given, made, finished;
} walk;

static struct {
	unsigned int acts, errands, docked, scheduled, commands, held;
} tally;

static unsigned int roll(unsigned int sides)
{
	return virtual_roll(&rig.robot->run, sides);
}

static void interrupt(void)
{
	walk.errand = walk.schedule = false;
	walk.may = 0;
	walk.disturbed_ns = virtual_now_ns(&rig.robot->run);
}

static void saw_command(const struct ohtd_command_view *command)
{
	long long mission, leg;

	if (command->number <= walk.newest)
		return;
	walk.newest = command->number;
	if (sscanf(command->caller_id, "mission %lld leg %lld", &mission, &leg) != 2)
		return;
	tally.commands++;
	if (mission != walk.may && command->accepted_ns > walk.disturbed_ns)
		fail_msg("seed %llu: leg %lld of mission %lld of schedule %lld has begun, and no person has asked", (unsigned long long)walk.seed, leg,
			 mission, (long long)walk.seen[mission % KNOWN_MAX].schedule);
}

/* In each turn. */
static void watch(void *context)
{
	struct ohtd_event_record record;

	(void)context;
	walk.inner(walk.inner_context);
	while (ohtd_event_ring_next(&rig.robot->f->control.event_ring, &walk.reader, &record))
		if (record.kind == OHTD_RECORD_COMMAND)
			saw_command(&record.command);
		else if (record.kind == OHTD_RECORD_TRANSITION && record.link != 3 && ohtd_robot_interrupts(record.event))
			interrupt();
}

static bool is_over(const char *state)
{
	return !strcmp(state, OHTD_MISSION_FINISHED) || !strcmp(state, OHTD_MISSION_FAILED) || !strcmp(state, OHTD_MISSION_CANCELLED);
}

static bool drives(const char *state)
{
	return !strcmp(state, OHTD_MISSION_RUNNING);
}

/* A mission has begun to drive, or goes on. */
static void began(const struct ohtd_mission *row, bool new, bool attended)
{
	bool released = new && (row->schedule == OHTD_MISSION_ERRAND ? walk.errand : row->schedule && walk.schedule);

	if (walk.asked != row->id && !released)
		fail_msg("seed %llu: mission %lld of schedule %lld is driven, and no person has asked", (unsigned long long)walk.seed, (long long)row->id,
			 (long long)row->schedule);
	if (walk.asked != row->id && attended)
		fail_msg("seed %llu: mission %lld drives away from a person", (unsigned long long)walk.seed, (long long)row->id);
	walk.may = row->id;
	tally.scheduled += row->schedule > 0 && walk.asked != row->id;
}

static void see(const struct ohtd_mission *row, bool attended)
{
	struct seen *seen = &walk.seen[row->id % KNOWN_MAX];
	bool new = !*seen->state, changed = strcmp(seen->state, row->state) || strcmp(seen->reason, row->reason);

	if (row->id >= KNOWN_MAX)
		fail_msg("seed %llu: so many missions", (unsigned long long)walk.seed);
	walk.made += new && row->schedule == OHTD_MISSION_ERRAND;
	if (new && row->schedule == OHTD_MISSION_ERRAND && !walk.errand)
		fail_msg("seed %llu: mission %lld goes to the dock without a release", (unsigned long long)walk.seed, (long long)row->id);
	if (drives(row->state) && !drives(seen->state))
		began(row, new, attended);
	if (!drives(row->state) && walk.may == row->id)
		walk.may = 0;
	if (changed && row->schedule == OHTD_MISSION_ERRAND && !strcmp(row->state, OHTD_MISSION_FINISHED))
		walk.finished++;
	if (changed && (!strcmp(row->state, OHTD_MISSION_FAILED) || !strcmp(row->state, OHTD_MISSION_CANCELLED) ||
			(!strcmp(row->state, OHTD_MISSION_HELD) && strcmp(row->reason, OHTD_MISSIONS_ACKNOWLEDGE)))) {
		tally.held++;
		walk.errand = walk.errand && row->schedule != OHTD_MISSION_ERRAND;
		walk.schedule = walk.schedule && row->schedule <= 0;
	}
	seen->schedule = row->schedule;
	snprintf(seen->state, sizeof(seen->state), "%s", row->state);
	snprintf(seen->reason, sizeof(seen->reason), "%s", row->reason);
}

/* Behind each tick and act. */
static void look(void)
{
	static struct ohtd_mission_board board;
	unsigned int open = 0;
	bool attended = false;

	ohtd_missions_look(rig.missions, &board);
	for (int i = 0; i < KNOWN_MAX; i++)
		attended = attended || (!strcmp(walk.seen[i].state, OHTD_MISSION_HELD) && !strcmp(walk.seen[i].reason, OHTD_MISSIONS_ACKNOWLEDGE));
	for (unsigned int i = board.count; i--;) {
		see(&board.items[i].row, attended);
		open += board.items[i].row.schedule == OHTD_MISSION_ERRAND && !is_over(board.items[i].row.state);
	}
	walk.asked = 0;
	if (open > 1)
		fail_msg("seed %llu: %u missions go to the dock", (unsigned long long)walk.seed, open);
	if (walk.made > walk.given + walk.finished)
		fail_msg("seed %llu: %u missions to the dock of %u releases", (unsigned long long)walk.seed, walk.made, walk.given);
}

static void step(void)
{
	rig_turn();
	look();
	walk.errand_over = walk.errand ? 0 : walk.errand_over + 1;
	walk.schedule_over = walk.schedule ? 0 : walk.schedule_over + 1;
	if ((walk.errand_over > END_TICKS && rig_goes_to_dock()) || (walk.schedule_over > END_TICKS && rig_is_released_too()))
		fail_msg("seed %llu: a release outlives what has ended it", (unsigned long long)walk.seed);
}

/* By a person at the robot. True: it was done. */
static bool hand(enum ohtd_command_kind kind, double target_mm, double speed_mm_s, unsigned int value)
{
	struct ohtd_command command = {
		.id = ++rig.robot->run.asked, .kind = kind, .role = OHTD_ROLE_ADMINISTRATOR, .target_mm = target_mm, .speed_mm_s = speed_mm_s,
		.by = { .user = "bert", .session = "bert", .role = OHTD_ROLE_ADMINISTRATOR },
	};

	if (kind == OHTD_COMMAND_MODE)
		command.mode = (uint8_t)value;
	if (kind == OHTD_COMMAND_OVERRIDE)
		command.percent = (uint8_t)value;
	snprintf(command.caller_id, sizeof(command.caller_id), "by bert %llu", (unsigned long long)command.id);
	return fixture_command(rig.robot->f, &command).outcome == OHTD_OUTCOME_DONE;
}

static void put_right(void)
{
	static const enum ohtd_command_kind steps[OHTD_STATES] = {
		[OHTD_STATE_ESTOP] = OHTD_COMMAND_RESET, [OHTD_STATE_FAULT] = OHTD_COMMAND_RESET_FAULT, [OHTD_STATE_SAFE] = OHTD_COMMAND_ENABLE,
	};
	const struct ohtd_control *control = &rig.robot->f->control;

	rig.robot->f->fake->pressed = false;
	driver_sim(rig.robot, "clear");
	hand(OHTD_COMMAND_CONTROL_TAKE_OVER, NAN, 0, 0);
	for (int i = 0; i < 8 && control->state != OHTD_STATE_IDLE; i++) {
		if (steps[control->state])
			hand(steps[control->state], NAN, 0, 0);
		step();
	}
	hand(OHTD_COMMAND_MODE, NAN, 0, OHTD_MODE_AUTOMATIC);
	hand(OHTD_COMMAND_CONTROL_RELEASE, NAN, 0, 0);
}

static void ask_for(enum ohtd_missions_act what, int64_t id)
{
	struct ohtd_mission row = { .id = id };

	walk.asked = what == OHTD_MISSIONS_START || what == OHTD_MISSIONS_RESUME ? id : 0;
	if (!ohtd_missions_act(rig.missions, what, &rig_person, &row) && what == OHTD_MISSIONS_DRAIN)
		walk.errand = walk.schedule = false;
	look();
}

/* One that is in @state; 0: none is. */
static int64_t some(const char *state)
{
	for (unsigned int at = roll(KNOWN_MAX), i = 0; i < KNOWN_MAX; i++)
		if (!strcmp(walk.seen[(at + i) % KNOWN_MAX].state, state))
			return (at + i) % KNOWN_MAX;
	return 0;
}

static int work_add_walk(struct ohtd_db *db, void *arg)
{
	int64_t *id = arg;
	struct ohtd_mission_leg legs[] = {
		rig_made_leg("move", rig.robot->rail->position_mm > 1000 ? 900 : 1100), rig_made_leg(*id ? "acknowledge" : "undock", NAN), rig_made_leg("move", 1200),
	};
	struct ohtd_mission row = {
		.name = "walk", .state = OHTD_MISSION_WAITING, .leg = 1, .legs = 3, .made_legs = 3, .through_leg = 3, .rounds = 1, .round = 1,
		.revision = 1, .made_by = "anna",
	};
	int r = ohtd_mission_add(db, &row, legs);

	*id = row.id;
	return r;
}

static void make_and_start(void)
{
	int64_t id = roll(2);

	assert_int_equal(__real_ohtd_store_call(rig.store, work_add_walk, &id), 0);
	ohtd_missions_changed(rig.missions);
	step();
	ask_for(OHTD_MISSIONS_START, id);
}

static void try_to_release(int64_t schedule)
{
	if (*rig_try_release_of(schedule))
		return;
	walk.given += schedule == OHTD_MISSION_ERRAND;
	*(schedule == OHTD_MISSION_ERRAND ? &walk.errand : &walk.schedule) = true;
	*(schedule == OHTD_MISSION_ERRAND ? &walk.errand_over : &walk.schedule_over) = 0;
}

static void withdraw(int64_t schedule)
{
	static struct ohtd_missions_releasing asked;

	asked = (struct ohtd_missions_releasing){ .person = rig_person, .row.id = schedule };
	assert_int_equal(ohtd_missions_withdraw(rig.missions, &asked), 0);
	*(schedule == OHTD_MISSION_ERRAND ? &walk.errand : &walk.schedule) = false;
}

static void change_limits(void)
{
	static const struct ohtd_settings_battery limits[] = {
		{ .charged_percent = 60 }, { 30, 0, 60 }, { 30, 20, 60 }, { 50, 40, 100 }, { 30, 20, 60 }, { 50, 50, 51 },
	};

	rig.battery = limits[roll(sizeof(limits) / sizeof(limits[0]))];
	walk.errand = walk.errand && rig.battery.dock_percent > 0;
}

/* The daemon of the robot does not end, so what it has answered goes with the old one. */
static void restart_missions(void)
{
	struct ohtd_answer answer;

	fixture_run_ms(rig.robot->f, 3000);
	while (ohtd_link_take(&rig.robot->f->links[2], &answer) == 1)
		;
	walk.errand = walk.schedule = false;
	walk.may = 0;
	rig_restart();
	/* A hold by the start is before a release that follows, and does not end it. */
	look();
}

static void lose_a_module(void)
{
	static const char *const lines[] = { "fault 2 silence", "fault 4 silence", "fault 5 silence", "set 5 docking_status 4", "clear", "clear" };

	driver_sim(rig.robot, lines[roll(sizeof(lines) / sizeof(lines[0]))]);
}

static void set_some_charge(void)
{
	static const double percent[] = { 0, 10, 15, 15, 19, 21, 31, 45, 60, 100 };

	rig_set_charge(percent[roll(sizeof(percent) / sizeof(percent[0]))]);
}

static void fail_some_writes(void)
{
	rig.calls_left = roll(3);
	rig.failing = 1 + roll(3);
}

static void act_in_person(void)
{
	static const enum ohtd_command_kind kinds[] = {
		OHTD_COMMAND_STOP, OHTD_COMMAND_DISABLE, OHTD_COMMAND_JOG, OHTD_COMMAND_MOVE, OHTD_COMMAND_MODE, OHTD_COMMAND_OVERRIDE,
		OHTD_COMMAND_CONTROL_TAKE, OHTD_COMMAND_CONTROL_RELEASE,
	};
	enum ohtd_command_kind kind = kinds[roll(sizeof(kinds) / sizeof(kinds[0]))];

	hand(kind, kind == OHTD_COMMAND_MOVE ? 1000 + roll(300) : (double)NAN, kind == OHTD_COMMAND_JOG ? 50 - 100.0 * roll(2) : 0,
	     kind == OHTD_COMMAND_MODE ? roll(OHTD_MODES) : 10 + 90 * roll(2));
}

static void release_way_to_dock(void)
{
	try_to_release(OHTD_MISSION_ERRAND);
}

static void release_schedule(void)
{
	try_to_release(rig.row.id);
}

static void withdraw_one(void)
{
	withdraw(roll(2) ? rig.row.id : OHTD_MISSION_ERRAND);
}

static void end_session_and_log_in(void)
{
	rig.forbidden = true;
	walk.errand = walk.schedule = false;
	for (int i = 0; i < 2 * END_TICKS; i++)
		step();
	rig.forbidden = false;
}

static void resume_one(void)
{
	ask_for(OHTD_MISSIONS_RESUME, some(roll(3) ? OHTD_MISSION_HELD : OHTD_MISSION_PAUSED));
}

static void start_one(void)
{
	ask_for(OHTD_MISSIONS_START, some(OHTD_MISSION_WAITING));
}

static void drain_or_pause(void)
{
	ask_for(roll(2) ? OHTD_MISSIONS_DRAIN : OHTD_MISSIONS_PAUSE, some(OHTD_MISSION_RUNNING));
}

static void cancel_one(void)
{
	ask_for(OHTD_MISSIONS_CANCEL, some(roll(2) ? OHTD_MISSION_RUNNING : OHTD_MISSION_HELD));
}

static void set_clock_somehow(void)
{
	rig_set_clock(((int64_t)roll(3) - 1) * 40 * S);
}

static void act(void)
{
	static void (*const acts[])(void) = {
		act_in_person, act_in_person, act_in_person, act_in_person, rig_press, put_right,
		release_way_to_dock, release_way_to_dock, release_way_to_dock, release_schedule, release_schedule, withdraw_one, set_some_charge, set_some_charge,
		set_some_charge, change_limits, end_session_and_log_in, restart_missions, lose_a_module, fail_some_writes, make_and_start, resume_one,
		start_one, drain_or_pause, cancel_one, set_clock_somehow,
	};
	unsigned int which = roll(sizeof(acts) / sizeof(acts[0]));

	if (getenv("OHT_TRACE"))
		printf("%.3f: act %u, errand %d, schedule %d, may %lld\n", (double)virtual_now_ns(&rig.robot->run) / OHTD_NS_PER_S, which, walk.errand,
		       walk.schedule, (long long)walk.may);
	tally.acts++;
	/* What was posted has arrived. */
	fixture_run_ms(rig.robot->f, 30);
	acts[which]();
}

static void play(uint64_t seed)
{
	uint64_t until_ns;

	memset(&walk, 0, sizeof(walk));
	walk.seed = seed;
	rig_begin_at(1000, 1);
	rig.robot->run.dice = seed;
	rig.forbidden = false;
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	walk.reader.seen = atomic_load(&rig.robot->f->control.event_ring.newest);
	walk.inner = rig.robot->f->watch;
	walk.inner_context = rig.robot->f->watch_context;
	rig.robot->f->watch = watch;
	try_to_release(OHTD_MISSION_ERRAND);
	try_to_release(rig.row.id);
	until_ns = virtual_now_ns(&rig.robot->run) + WALK_S * OHTD_NS_PER_S;
	while (virtual_now_ns(&rig.robot->run) < until_ns) {
		if (!ohtd_state_is_enabled(rig.robot->f->control.state) && !roll(4))
			put_right();
		else if (!roll(8))
			act();
		else
			step();
	}
	tally.errands += walk.made;
	tally.docked += walk.finished;
	rig.failing = rig.calls_left = 0;
	rig.forbidden = false;
	rig_end();
}

static void nothing_drives_unless_a_person_has_asked(void **state)
{
	uint64_t first = series_first(81400);
	unsigned int runs = series_runs(SEEDS);

	for (unsigned int i = 0; i < runs; i++) {
		assert_int_equal(rig_set_up(state), 0);
		play(first + i);
		assert_int_equal(rig_tear_down(state), 0);
	}
	print_message("%u robots, %u acts: %u ways to the dock, %u of them charged, %u starts of schedules, %u holds and ends, %u commands\n", runs,
		      tally.acts, tally.errands, tally.docked, tally.scheduled, tally.held, tally.commands);
	if (runs >= SEEDS)
		assert_true(tally.errands && tally.scheduled && tally.commands);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_drives_unless_a_person_has_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
