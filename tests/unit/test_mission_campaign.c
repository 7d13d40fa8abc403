// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Missions of 20 legs on a robot in virtual time, with the store and the keeper of commands, while a seed lets people stop, disable, jog,
 * pause, drain and change limits, lets the daemon end, be killed and lose its power at any write, and takes modules away. A person puts
 * the robot right and lets the mission go on. A witness sees each command of a leg: none begins without a person having asked since the
 * last interruption, none before those in front of it, none that is known to have finished, and each has ended where it was to.
 *
 * 50 seeds, from OHT_SEED on; OHT_RUNS=n makes it n. A seed that fails is said; OHT_SEED=n OHT_RUNS=1 runs it alone.
 */
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/part.h"
#include "control/robot.h"
#include "dice.h"
#include "drive_robot.h"
#include "fault_disk.h"
#include "fault_vfs.h"
#include "main/command_keeper.h"
#include "missions/private.h"
#include "scratch.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"

#define SEEDS		50
#define LEGS		20
#define ROUNDS_MAX	2
#define TICK_MS		100
/* So long a mission and all that befalls it may take. */
#define TICKS_MAX	20000
#define DISTURBANCES	8
#define NEAR_MM		3

/* What has become of a leg in a round, as the robot knows. */
struct seen {
	bool finished;
	bool kept;			/* the record of commands says so on the disk */
	bool lost;			/* the daemon died before that was so */
};

static struct {
	uint64_t seed;
	bool done;
	struct driver *robot;
	struct ohtd_store *store;
	struct ohtd_keeper *keeper;
	struct ohtd_missions *missions;
	struct ohtd_event_reader reader;
	void (*inner)(void *context);
	void *inner_context;
	char dir[2][64];
	unsigned int folder, tick;
	/* Calls of the store until the daemon dies, 0: it lives on; and how. */
	unsigned int calls_left;
	bool before_write, cuts;
	sigjmp_buf death;
	int64_t mission;
	struct ohtd_mission_leg legs[OHTD_MISSION_LEGS_MAX];
	int64_t rounds;
	/* A person has let the mission go on, and nothing has come in between. */
	bool asked;
	uint64_t disturbed_ns;
	struct seen seen[ROUNDS_MAX + 1][LEGS + 1];
} run;

static struct {
	unsigned int deaths, cuts, restarts, stops, commands, again;
	uint64_t virtual_ns;
} tally;

static unsigned int roll(unsigned int sides)
{
	return virtual_roll(&run.robot->run, sides);
}

/* ---- the robot of the daemon is the one in virtual time ---- */

int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out);
int __wrap_ohtd_robot_event(const struct ohtd_robot *robot, struct ohtd_event_reader *reader, struct ohtd_event_record *record);
uint64_t __wrap_ohtd_robot_events(const struct ohtd_robot *robot);
unsigned int __wrap_ohtd_control_link_number(const struct ohtd_robot *robot, const struct ohtd_link *link);
bool __wrap_ohtd_courses_lacks(void);
void __wrap_ohtd_robot_stations(struct ohtd_robot *robot, struct ohtd_stations *stations);
int __real_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);
int __wrap_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);

int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out)
{
	(void)robot;
	return ohtd_seqlock_copy(&run.robot->f->control.published, out);
}

int __wrap_ohtd_robot_event(const struct ohtd_robot *robot, struct ohtd_event_reader *reader, struct ohtd_event_record *record)
{
	(void)robot;
	return ohtd_event_ring_next(&run.robot->f->control.event_ring, reader, record);
}

uint64_t __wrap_ohtd_robot_events(const struct ohtd_robot *robot)
{
	(void)robot;
	return atomic_load(&run.robot->f->control.event_ring.newest);
}

unsigned int __wrap_ohtd_control_link_number(const struct ohtd_robot *robot, const struct ohtd_link *link)
{
	(void)robot;
	return (unsigned int)(link - run.robot->f->links) + 1;
}

void __wrap_ohtd_robot_stations(struct ohtd_robot *robot, struct ohtd_stations *stations)
{
	(void)robot;
	ohtd_limits_stations(&run.robot->f->control.limits, stations);
}

/* No course is required. */
bool __wrap_ohtd_courses_lacks(void)
{
	return false;
}

/* The daemon dies before a write, or behind it and before it acts on it. */
int __wrap_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg)
{
	bool dies = run.calls_left && !--run.calls_left;
	int r;

	if (dies && run.before_write)
		siglongjmp(run.death, 1);
	r = __real_ohtd_store_call(store, work, arg);
	if (dies)
		siglongjmp(run.death, 1);
	return r;
}

/* ---- the witness ---- */

static void saw(const struct ohtd_command_view *command)
{
	long long mission, place, round;
	struct seen *seen;

	if (sscanf(command->caller_id, "mission %lld leg %lld round %lld", &mission, &place, &round) != 3)
		return;
	if (place < 1 || place > LEGS || round < 1 || round > ROUNDS_MAX)
		fail_msg("seed %llu: a command for leg %lld of round %lld", (unsigned long long)run.seed, place, round);
	seen = &run.seen[round][place];
	if (command->state != OHTD_COMMAND_STATE_FINISHED)
		return;
	seen->finished = true;
	seen->lost = false;
	if (!strcmp(run.legs[place - 1].kind, "move") && fabs(run.robot->rail->position_mm - run.legs[place - 1].position_mm) > NEAR_MM)
		fail_msg("seed %llu: leg %lld of round %lld has finished at %.1f mm", (unsigned long long)run.seed, place, round,
			 run.robot->rail->position_mm);
}

/* A command of a leg is the newest of the robot. */
static void began(const struct ohtd_command_view *command)
{
	long long mission, place, round;
	const struct seen *seen;

	if (sscanf(command->caller_id, "mission %lld leg %lld round %lld", &mission, &place, &round) != 3)
		return;
	tally.commands++;
	seen = &run.seen[round][place];
	if (!run.asked && command->accepted_ns > run.disturbed_ns)
		fail_msg("seed %llu: leg %lld of round %lld has begun and nobody had asked", (unsigned long long)run.seed, place, round);
	tally.again += seen->finished;
	if (seen->kept)
		fail_msg("seed %llu: leg %lld of round %lld is driven twice", (unsigned long long)run.seed, place, round);
	for (long long r = 1; r <= round; r++)
		for (long long p = 1; p < (r < round ? LEGS + 1 : place); p++)
			if (ohtd_missions_kind_of(&run.legs[p - 1]) && !run.seen[r][p].finished)
				fail_msg("seed %llu: leg %lld of round %lld was left out", (unsigned long long)run.seed, p, r);
}

/* Behind each turn. */
static void watch(void *context)
{
	static uint64_t newest;
	struct ohtd_event_record record;

	(void)context;
	run.inner(run.inner_context);
	if (run.robot->f->crashed) {
		newest = 0;
		return;
	}
	while (ohtd_event_ring_next(&run.robot->f->control.event_ring, &run.reader, &record)) {
		if (getenv("OHT_TRACE"))
			printf("%.3f: record %u, %s to %s, event %u, '%s' %s, asked %d\n", (double)record.time_ns / OHTD_NS_PER_S, record.kind,
			       ohtd_state_name(record.from), ohtd_state_name(record.to), record.event, record.command.caller_id,
			       ohtd_command_state_name(record.command.state), run.asked);
		if (record.kind != OHTD_RECORD_COMMAND)
			continue;
		if (record.command.number > newest) {
			newest = record.command.number;
			began(&record.command);
		}
		saw(&record.command);
	}
}

/* ---- the daemon ---- */

static int work_nothing(struct ohtd_db *db, void *arg)
{
	(void)db, (void)arg;
	return 0;
}

static uint64_t open_daemon(void)
{
	static struct ohtd_life known;
	char path[96], why[512];
	struct ohtd_db *db;
	uint64_t given;

	snprintf(path, sizeof(path), "%s/oht.db", run.dir[run.folder]);
	if (ohtd_db_open(&db, &ohtd_small_schema, path, 1800000000, why, sizeof(why)))
		fail_msg("seed %llu: %s", (unsigned long long)run.seed, why);
	run.store = ohtd_store_start(db);
	assert_non_null(run.store);
	run.keeper = ohtd_keeper_create(run.store, &run.robot->f->clock, &given, &known);
	assert_non_null(run.keeper);
	return given;
}

static void open_missions(void)
{
	run.reader = (struct ohtd_event_reader){ 0 };
	run.missions = ohtd_missions_open(&(struct ohtd_missions_setup){
		.store = run.store, .clock = &run.robot->f->clock, .link = &run.robot->f->links[2],
	});
	assert_non_null(run.missions);
}

static void tick(void)
{
	run.tick++;
	fixture_run_ms(run.robot->f, TICK_MS);
	ohtd_keeper_turn(run.keeper, NULL);
	/* What was handed to the store is there before it is handed more. */
	assert_int_equal(__real_ohtd_store_call(run.store, work_nothing, NULL), 0);
	for (int r = 1; r <= ROUNDS_MAX; r++)
		for (int i = 1; i <= LEGS; i++)
			run.seen[r][i].kept = run.seen[r][i].finished && !run.seen[r][i].lost;
	ohtd_missions_part.tick(run.missions);
}

static void tick_ms(unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i += TICK_MS)
		tick();
}

static void empty_folder(unsigned int which)
{
	scratch_remove(run.dir[which]);
	assert_int_equal(mkdir(run.dir[which], 0700), 0);
}

/* Nothing of the daemon's memory is left, and of the disk what such an end leaves. */
static void die(void)
{
	run.asked = false;
	run.calls_left = 0;
	tally.deaths++;
	tally.cuts += run.cuts;
	for (int r = 1; r <= ROUNDS_MAX; r++)
		for (int i = 1; i <= LEGS; i++)
			run.seen[r][i].lost = run.seen[r][i].finished && !run.seen[r][i].kept;
	empty_folder(!run.folder);
	assert_int_equal(fault_vfs_leave(run.dir[!run.folder], run.cuts, (unsigned int)roll(1u << 30)), 0);
	ohtd_store_stop(run.store);
	disk_clear();
	ohtd_keeper_destroy(run.keeper);
	/* Its thread is gone with its lock. */
	pthread_mutex_init(&run.missions->lock, NULL);
	ohtd_missions_close(run.missions);
	run.folder = !run.folder;
	fixture_crash(run.robot->f);
	fixture_run_ms(run.robot->f, 1 + roll(1500));
	fixture_start_again(run.robot->f, open_daemon());
	open_missions();
}

static void restart(void)
{
	run.asked = false;
	run.calls_left = 0;
	tally.restarts++;
	atomic_store(&run.robot->f->control.quit, true);
	fixture_run_ms(run.robot->f, 3000);
	ohtd_missions_close(run.missions);
	ohtd_keeper_end(run.keeper, NULL);
	ohtd_keeper_destroy(run.keeper);
	ohtd_store_stop(run.store);
	fixture_start_again(run.robot->f, open_daemon());
	open_missions();
}

/* ---- people ---- */

static const struct ohtd_missions_person person = {
	.who = { .user = "anna", .role = OHTD_ROLE_OPERATOR, .local = true },
	.by = { .user = "anna", .session = "anna", .role = OHTD_ROLE_OPERATOR },
};

static struct ohtd_mission act(enum ohtd_missions_act what, int wanted)
{
	struct ohtd_mission row = { .id = run.mission };
	int r = ohtd_missions_act(run.missions, what, &person, &row);

	if (wanted != 1 && r != wanted)
		fail_msg("seed %llu: act %u: %d in state %s", (unsigned long long)run.seed, what, r, row.state);
	return row;
}

static struct ohtd_mission look(void)
{
	struct ohtd_mission row = { .id = run.mission };

	pthread_mutex_lock(&run.missions->lock);
	assert_int_equal(ohtd_missions_load(run.missions, &row), 0);
	pthread_mutex_unlock(&run.missions->lock);
	return row;
}

static bool is_in(const struct ohtd_mission *row, const char *state)
{
	return !strcmp(row->state, state);
}

/* By the person in whose name the mission is driven. False: it was refused. */
static bool ask(enum ohtd_command_kind kind, double speed_mm_s, double target_mm)
{
	struct ohtd_command command = {
		.id = ++run.robot->run.asked, .kind = kind, .by = person.by, .role = OHTD_ROLE_ADMINISTRATOR, .speed_mm_s = speed_mm_s,
		.target_mm = target_mm,
	};

	snprintf(command.caller_id, sizeof(command.caller_id), "by hand %llu", (unsigned long long)command.id);
	return fixture_command(run.robot->f, &command).outcome == OHTD_OUTCOME_DONE;
}

/* As virtual_recover(), which takes the answers of the second link: these are for the mission. */
static void recover(void)
{
	static const enum ohtd_command_kind steps[OHTD_STATES] = {
		[OHTD_STATE_ESTOP] = OHTD_COMMAND_RESET, [OHTD_STATE_FAULT] = OHTD_COMMAND_RESET_FAULT, [OHTD_STATE_SAFE] = OHTD_COMMAND_ENABLE,
		[OHTD_STATE_MOVE] = OHTD_COMMAND_STOP, [OHTD_STATE_PAUSED] = OHTD_COMMAND_STOP, [OHTD_STATE_BLOCKED] = OHTD_COMMAND_STOP,
	};
	const struct ohtd_control *control = &run.robot->f->control;

	virtual_heal(&run.robot->run);
	for (int i = 0; control->state != OHTD_STATE_IDLE || ohtd_moving(control); i++) {
		if (i > 200)
			fail_msg("seed %llu: in %s for ever", (unsigned long long)run.seed, ohtd_state_name(control->state));
		if (steps[control->state])
			ask(steps[control->state], 0, NAN);
		fixture_run_ms(run.robot->f, 250);
	}
}

/* Each of these returns whether it interrupts the mission. */

static bool stop(void)
{
	return ask(OHTD_COMMAND_STOP, 0, NAN);
}

static bool disable(void)
{
	return ask(OHTD_COMMAND_DISABLE, 0, NAN);
}

static bool press(void)
{
	fake_bus_press(run.robot->f->fake);
	fixture_run_ms(run.robot->f, 10);
	return true;
}

/* The same, and all of it is put right before the mission has looked. */
static bool stop_in_passing(void)
{
	press();
	recover();
	return true;
}

/* The mission does not look meanwhile. */
static bool jog(void)
{
	double speed_mm_s = roll(2) ? 50 : -50;
	bool began = ask(OHTD_COMMAND_JOG, speed_mm_s, NAN);

	for (int i = 0; began && i < 6; i++) {
		ask(OHTD_COMMAND_JOG, speed_mm_s, NAN);
		fixture_run_ms(run.robot->f, 50);
	}
	fixture_run_ms(run.robot->f, 1500);
	return began;
}

static bool move(void)
{
	return ask(OHTD_COMMAND_MOVE, 0, fmin(fmax(round(run.robot->rail->position_mm + (roll(2) ? 120 : -120)), 1000), 30000));
}

/* The leg whose command is on its way is under way. */
static void begin_posted(void)
{
	if (ohtd_missions_commands(run.missions))
		fixture_run_ms(run.robot->f, 3 * TICK_MS);
}

static bool drain(void)
{
	act(OHTD_MISSIONS_DRAIN, 1);
	begin_posted();
	return true;
}

static bool pause_it(void)
{
	act(OHTD_MISSIONS_PAUSE, 1);
	begin_posted();
	return true;
}

static bool lose_module(void)
{
	static const char *const lines[] = { "fault 4 silence", "fault 5 silence", "fault 2 silence" };

	bool drove = run.robot->f->control.state != OHTD_STATE_IDLE;

	virtual_sim(&run.robot->run, lines[roll(3)]);
	fixture_run_ms(run.robot->f, 3000);
	/* While the mission waits it asks for no module. */
	return drove || !ohtd_state_is_enabled(run.robot->f->control.state);
}

static bool restart_it(void)
{
	restart();
	return true;
}

/* As the configuration does at a standstill; while the robot moves it is refused. Another speed is no interruption. */
static bool change_limits(void)
{
	struct ohtd_rule_table *table = malloc(sizeof(*table));
	struct ohtd_limits *limits = &run.robot->f->control.limits;
	struct ohtd_command command = { .id = ++run.robot->run.asked, .kind = OHTD_COMMAND_LIMITS, .by = person.by, .role = OHTD_ROLE_ADMINISTRATOR };

	assert_non_null(table);
	*table = ohtd_limits_block(limits)->table;
	for (size_t i = 0; i < sizeof(table->rules) / sizeof(table->rules[0]); i++)
		table->rules[i].value[OHTD_RULE_SPEED_MM_S] = 300 + roll(300);
	command.generation = ohtd_limits_offer(limits, table, NULL, NULL, NULL, 1);
	fixture_command(run.robot->f, &command);
	free(table);
	return false;
}

/* It dies at one of the next writes, which interrupts it then. */
static bool kill_it(void)
{
	run.before_write = roll(2);
	run.cuts = roll(2);
	run.calls_left = 1 + roll(8);
	return false;
}

static bool (*const disturbances[])(void) = {
	stop, disable, press, stop_in_passing, jog, move, drain, pause_it, lose_module, restart_it, change_limits, kill_it, kill_it, kill_it,
};

static void disturb(void)
{
	unsigned int which = roll(sizeof(disturbances) / sizeof(disturbances[0]));

	if (getenv("OHT_TRACE"))
		printf("tick %u: disturbance %u\n", run.tick, which);
	tally.stops++;
	/* What the robot was given before the act is part of what is interrupted: it may begin to move while it is stopped. */
	fixture_run_ms(run.robot->f, 30);
	run.disturbed_ns = virtual_now_ns(&run.robot->run);
	if (disturbances[which]())
		run.asked = false;
}

/* A person comes after some time, puts the robot right, and lets the mission go on. */
static void put_right(void)
{
	struct ohtd_mission row;

	run.asked = false;
	tick_ms(roll(3000));
	virtual_heal(&run.robot->run);
	tick_ms(1000);
	/* A drain lets its leg go on. */
	for (row = look(); !strcmp(row.reason, OHTD_MISSIONS_DRAINS) && is_in(&row, OHTD_MISSION_RUNNING); row = look())
		tick();
	/* What was interrupted while it was paused goes on, too. */
	if (!is_in(&row, OHTD_MISSION_PAUSED) || !ohtd_state_is_enabled(run.robot->f->control.state))
		recover();
	tick_ms(1000);
	if (ohtd_dock_docked(&run.robot->f->control))
		fail_msg("seed %llu: at the dock, where no leg goes", (unsigned long long)run.seed);
	/* A module that was silent in a motion: with the outputs off the robot knows its place again, or a person says that it is right. */
	if (!ohtd_travel_located(&run.robot->f->control)) {
		ask(OHTD_COMMAND_DISABLE, 0, NAN);
		tick_ms(1000);
		if (run.robot->f->control.travel.location.lost)
			ask(OHTD_COMMAND_POSITION, 0, NAN);
		recover();
		tick_ms(1000);
	}
	if (!ohtd_travel_located(&run.robot->f->control))
		fail_msg("seed %llu: the position is not known", (unsigned long long)run.seed);
	row = look();
	if (is_in(&row, OHTD_MISSION_WAITING)) {
		run.asked = true;
		act(OHTD_MISSIONS_START, 0);
	} else if (is_in(&row, OHTD_MISSION_HELD) || is_in(&row, OHTD_MISSION_PAUSED)) {
		run.asked = true;
		act(OHTD_MISSIONS_RESUME, 0);
	} else if (is_in(&row, OHTD_MISSION_RUNNING)) {
		fail_msg("seed %llu: it is %s at leg %lld, and was interrupted: '%s'", (unsigned long long)run.seed, row.state, (long long)row.leg,
			 row.reason);
	}
}

/* ---- a mission ---- */

static int work_add(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_add(db, arg, run.legs);
}

static void make_mission(void)
{
	struct ohtd_mission row = {
		.name = "campaign", .state = OHTD_MISSION_WAITING, .leg = 1, .legs = LEGS, .made_legs = LEGS, .through_leg = LEGS,
		.rounds = run.rounds, .round = 1, .revision = 1, .made_by = "anna",
	};
	double at_mm = run.robot->rail->position_mm;

	memset(run.legs, 0, sizeof(run.legs));
	for (int i = 0; i < LEGS; i++) {
		struct ohtd_mission_leg *leg = &run.legs[i];
		unsigned int kind = roll(10);

		*leg = (struct ohtd_mission_leg){
			.position_mm = NAN, .speed_mm_s = NAN, .at_least = NAN, .at_most = NAN, .charge_percent = NAN, .value = NAN,
			.on_failure = "hold", .state = OHTD_MISSION_LEG_WAITING,
		};
		snprintf(leg->kind, sizeof(leg->kind), "%s", kind == 0 ? "acknowledge" : kind < 3 ? "wait" : "move");
		if (kind && kind < 3)
			leg->wait_s = 1 + roll(2);
		if (kind < 3)
			continue;
		/* What interrupts a leg is no failure of it. */
		leg->retries = roll(3);
		leg->position_mm = at_mm = at_mm > 15000 ? at_mm - 40 - roll(150) : at_mm + 40 + roll(150);
	}
	assert_int_equal(__real_ohtd_store_call(run.store, work_add, &row), 0);
	run.mission = row.id;
}

static bool wants_a_person(const struct ohtd_mission *row)
{
	return is_in(row, OHTD_MISSION_HELD) || is_in(row, OHTD_MISSION_PAUSED) || is_in(row, OHTD_MISSION_WAITING);
}

/* Until it is over. The daemon may die anywhere in here, and goes on behind its death. */
static void drive_on(void)
{
	static unsigned int left;
	struct ohtd_mission row;

	left = DISTURBANCES;
	if (sigsetjmp(run.death, 0))
		die();
	for (row = look(); !ohtd_mission_is_over(&row); row = look()) {
		if (run.tick > TICKS_MAX)
			fail_msg("seed %llu: %s at leg %lld of round %lld for ever", (unsigned long long)run.seed, row.state, (long long)row.leg,
				 (long long)row.round);
		if (wants_a_person(&row) || !run.asked) {
			put_right();
		} else if (left && !roll(25)) {
			left--;
			disturb();
			tick_ms(TICK_MS * (1 + roll(3)));
		} else {
			tick();
		}
	}
	run.calls_left = 0;
}

static int read_legs(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_legs(db, run.mission, arg);
}

static void has_done_all(void)
{
	static struct ohtd_mission_leg legs[OHTD_MISSION_LEGS_MAX];
	const struct ohtd_mission row = look();
	double last_mm = NAN;

	if (!is_in(&row, OHTD_MISSION_FINISHED) || row.round != run.rounds)
		fail_msg("seed %llu: %s in round %lld", (unsigned long long)run.seed, row.state, (long long)row.round);
	assert_int_equal(ohtd_store_read(run.store, read_legs, legs), LEGS);
	for (int i = 0; i < LEGS; i++) {
		assert_string_equal(legs[i].state, OHTD_MISSION_LEG_FINISHED);
		if (!strcmp(legs[i].kind, "move"))
			last_mm = legs[i].position_mm;
		for (int64_t r = 1; ohtd_missions_kind_of(&legs[i]) && r <= run.rounds; r++)
			assert_true(run.seen[r][i + 1].finished);
	}
	assert_true(ohtd_travel_located(&run.robot->f->control));
	assert_near(run.robot->rail->position_mm, last_mm, NEAR_MM);
}

static void play(uint64_t seed)
{
	unsigned int shift = (unsigned int)(seed % 7) * 1000;

	memset(run.seen, 0, sizeof(run.seen));
	run.seed = seed;
	run.done = run.asked = false;
	run.tick = run.calls_left = 0;
	run.robot = driver_begin(9000 + shift);
	run.robot->run.dice = seed;
	run.inner = run.robot->f->watch;
	run.inner_context = run.robot->f->watch_context;
	run.rounds = 1 + (int64_t)roll(ROUNDS_MAX);
	empty_folder(0);
	run.folder = 0;
	/* Its commands are those of a run that has begun with the database. */
	run.robot->f->control.travel.numbers = open_daemon();
	run.robot->f->watch = watch;
	open_missions();
	make_mission();
	drive_on();
	has_done_all();
	tally.virtual_ns += virtual_now_ns(&run.robot->run) - 1000 * OHTD_NS_PER_S;
	ohtd_missions_close(run.missions);
	ohtd_keeper_end(run.keeper, NULL);
	ohtd_keeper_destroy(run.keeper);
	ohtd_store_stop(run.store);
	disk_clear();
	driver_end(run.robot);
	run.done = true;
}

static void a_mission_survives_whatever_comes(void **state)
{
	uint64_t first = series_first(74100);
	unsigned int runs = series_runs(SEEDS);

	(void)state;
	run.done = true;
	for (unsigned int i = 0; i < runs; i++)
		play(first + i);
	print_message("%u missions of %d legs, %.1f h: %u disturbances, %u restarts, %u deaths (%u without power), %u commands, %u of them again\n",
		      runs, LEGS, (double)tally.virtual_ns / OHTD_NS_PER_S / 3600, tally.stops, tally.restarts, tally.deaths, tally.cuts,
		      tally.commands, tally.again);
	if (runs >= SEEDS)
		assert_true(tally.deaths && tally.cuts && tally.restarts && tally.commands > runs * LEGS / 2);
}

static int set_up(void **state)
{
	static char base[] = "/tmp/oht-mission-campaign-XXXXXX";

	/* Copies of the database are as it is. */
	umask(077);
	if (scratch_make(base) || fault_vfs_install())
		return -1;
	for (int i = 0; i < 2; i++) {
		snprintf(run.dir[i], sizeof(run.dir[i]), "%s/%d", base, i);
		if (mkdir(run.dir[i], 0700))
			return -1;
	}
	*state = base;
	return 0;
}

static int tear_down(void **state)
{
	if (!run.done)
		print_message("seed %llu has failed; alone: OHT_SEED=%llu OHT_RUNS=1; OHT_TRACE=1 prints all\n", (unsigned long long)run.seed, (unsigned long long)run.seed);
	fault_vfs_remove();
	return scratch_remove(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_mission_survives_whatever_comes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
