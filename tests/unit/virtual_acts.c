// SPDX-License-Identifier: GPL-2.0-or-later
/* What may happen to a robot, by the dice of its run; and how all of that ends. */
#include "virtual_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "control/life.h"
#include "robot/verbs.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ONE_OF(run, a)	((a)[virtual_roll(run, ARRAY_SIZE(a))])
/* More than a daemon is given between two looks of its store. */
#define MARGIN		1000
/* A key of which nothing comes for longer has been let go. */
#define LET_GO_NS	(500 * OHTD_NS_PER_MS)

/* ---- people and clients ---- */

static struct ohtd_holder somebody(struct virtual_run *run)
{
	static const char *const names[] = {
		"anna", "anna", "anna", "anna", "anna", "anna", "anna", "anna", "bert", "",
	};
	struct ohtd_holder holder = { .role = OHTD_ROLE_ADMINISTRATOR };
	const char *name = ONE_OF(run, names);

	snprintf(holder.user, sizeof(holder.user), "%s", name);
	snprintf(holder.session, sizeof(holder.session), "%s", name);
	return holder;
}

static double some_target_mm(struct virtual_run *run)
{
	static const double strange_mm[] = { NAN, INFINITY, -INFINITY, 1e300, -1e9, 30500.5, -3500 };

	if (virtual_roll(run, 20) == 0)
		return ONE_OF(run, strange_mm);
	/* Mostly near, so that it ends within the run. */
	if (virtual_roll(run, 3))
		return run->station.world.rail.position_mm + virtual_roll(run, 3000) - 1500;
	return (double)virtual_roll(run, 36000) - 4500;
}

static struct ohtd_command some_command(struct virtual_run *run)
{
	static const uint32_t kinds[] = {
		OHTD_COMMAND_MOVE, OHTD_COMMAND_MOVE, OHTD_COMMAND_MOVE, OHTD_COMMAND_MOVE,
		OHTD_COMMAND_JOG, OHTD_COMMAND_JOG, OHTD_COMMAND_UNDOCK, OHTD_COMMAND_DOCK,
		OHTD_COMMAND_HOME, OHTD_COMMAND_PAUSE, OHTD_COMMAND_RESUME, OHTD_COMMAND_STOP,
		OHTD_COMMAND_DISABLE, OHTD_COMMAND_HUNG_UP,
	};
	struct ohtd_command command = {
		.id = ++run->asked,
		.kind = ONE_OF(run, kinds),
		.role = OHTD_ROLE_ADMINISTRATOR,
		.tag = 1 + virtual_roll(run, 3),
		.by = somebody(run),
		.target_mm = some_target_mm(run),
		.speed_mm_s = (double)virtual_roll(run, 700) - 300,
		.connection = virtual_roll(run, 3),
		.append = !virtual_roll(run, 4),
		/* A few are as good as expired. */
		.valid_ms = virtual_roll(run, 8) ? 2000 : 1 + virtual_roll(run, 60),
	};

	if (!virtual_roll(run, 3))
		snprintf(command.caller_id, sizeof(command.caller_id), "id%u", virtual_roll(run, 4));
	return command;
}

/* An order whose id went to the disk first, for up to 1.5 s. */
static void wait_for_disk(struct virtual_run *run, struct ohtd_command *command)
{
	uint64_t now_ns = virtual_now_ns(run), waited_ns;

	/* Seeds of before this came play what they played then. */
	if (run->left_out || !ohtd_life_knows(command) || virtual_roll(run, 2))
		return;
	waited_ns = (uint64_t)virtual_roll(run, 1500) * OHTD_NS_PER_MS;
	command->noted = 1;
	command->posted_ns = now_ns > waited_ns ? now_ns - waited_ns : 0;
}

/* What was asked for later and done first stays, whatever the order was. */
static void drive(struct virtual_run *run)
{
	struct ohtd_command command = some_command(run);
	uint64_t posted_ns = virtual_now_ns(run);
	struct ohtd_answer answer;

	wait_for_disk(run, &command);
	answer = fixture_command(run->f, &command);
	if (answer.outcome != OHTD_OUTCOME_DONE)
		return;
	if (command.noted && command.posted_ns < run->motion_posted_ns)
		fail_msg("an order that was overtaken is done");
	if (ohtd_verb_row(command.kind)->flags & (OHTD_BEGINS_MOTION | OHTD_ENDS_MOTION))
		run->motion_posted_ns = command.noted ? command.posted_ns : posted_ns;
}

void virtual_take_answers(struct virtual_run *run)
{
	struct ohtd_answer answer;

	while (ohtd_link_take(&run->f->links[1], &answer)) {
		run->answered++;
		if (run->key.number && answer.id == run->key.number && answer.kind == OHTD_COMMAND_JOG &&
		    answer.outcome != OHTD_OUTCOME_DONE)
			run->key.refused = true;
	}
}

/* ---- a key that is held ---- */

/* Mostly as a page does it, now and then with gaps, and let go for a moment. */
static unsigned int pause_ms(struct virtual_run *run)
{
	unsigned int roll = virtual_roll(run, 60);

	if (roll > 3)
		return 50;
	return roll ? 100 + virtual_roll(run, 350) : 700;
}

void virtual_hold(struct virtual_run *run)
{
	struct virtual_key *key = &run->key;
	uint64_t now_ns = virtual_now_ns(run);
	int r;

	if (!key->down || now_ns < key->next_ns || run->f->crashed)
		return;
	if (now_ns - key->last_ns > LET_GO_NS)
		key->refused = false;
	r = ohtd_link_post(&run->f->links[1], &key->jog);
	run->posted += !r;
	key->refused |= r != 0;
	key->last_ns = now_ns;
	key->next_ns = now_ns + pause_ms(run) * OHTD_NS_PER_MS;
}

/* Pressed, with an id of its own, or let go. */
static void hold_key(struct virtual_run *run)
{
	struct virtual_key *key = &run->key;

	key->down = !key->down;
	if (!key->down)
		return;
	key->number++;
	key->refused = false;
	key->next_ns = virtual_now_ns(run);
	key->jog = (struct ohtd_command){
		.id = key->number,
		.kind = OHTD_COMMAND_JOG,
		.role = OHTD_ROLE_OPERATOR,
		.by = somebody(run),
		.speed_mm_s = (double)virtual_roll(run, 500) - 250,
		.connection = virtual_roll(run, 3),
	};
	snprintf(key->jog.caller_id, sizeof(key->jog.caller_id), "key%llu",
		 (unsigned long long)key->number);
}

/* Several at once, and nothing waits for their answers. */
static void crowd(struct virtual_run *run)
{
	unsigned int count = 2 + virtual_roll(run, 4);

	while (count--) {
		const struct ohtd_command command = some_command(run);

		run->posted += !ohtd_link_post(&run->f->links[1], &command);
	}
}

static void hold_control(struct virtual_run *run)
{
	static const uint32_t kinds[] = {
		OHTD_COMMAND_CONTROL_TAKE, OHTD_COMMAND_CONTROL_RELEASE,
		OHTD_COMMAND_CONTROL_TAKE_OVER, OHTD_COMMAND_CONTROL_END,
		OHTD_COMMAND_CONTROL_HAND_OVER, OHTD_COMMAND_CONTROL_RENEW,
	};
	const struct ohtd_command command = {
		.id = ++run->asked, .kind = ONE_OF(run, kinds), .by = somebody(run), .to = somebody(run),
		.text = "the other one has gone",
	};

	fixture_command(run->f, &command);
	/* And now and then nothing is heard of the holder until the lease is over. */
	if (!virtual_roll(run, 4))
		fixture_run_ms(run->f, 11000);
}

static void service(struct virtual_run *run)
{
	static const uint32_t kinds[] = {
		OHTD_COMMAND_DISCOVER, OHTD_COMMAND_SELF_TEST, OHTD_COMMAND_PING,
		OHTD_COMMAND_READ, OHTD_COMMAND_QUARANTINE, OHTD_COMMAND_RELEASE,
	};
	const struct ohtd_command command = {
		.id = ++run->asked, .kind = ONE_OF(run, kinds), .by = somebody(run),
		.unit = (uint8_t)(1 + virtual_roll(run, 8)), .count = 1,
	};

	fixture_command(run->f, &command);
}

static void reset(struct virtual_run *run)
{
	run->f->fake->pressed = false;
	fixture_ask(run->f, OHTD_COMMAND_RESET);
}

static void reset_fault(struct virtual_run *run)
{
	fixture_ask(run->f, OHTD_COMMAND_RESET_FAULT);
}

static void enable(struct virtual_run *run)
{
	fixture_ask(run->f, OHTD_COMMAND_ENABLE);
}

static void press(struct virtual_run *run)
{
	fake_bus_press(run->f->fake);
	/* Now and then shorter than any look at it. */
	if (!virtual_roll(run, 4))
		run->f->fake->pressed = false;
}

static void stop_by_api(struct virtual_run *run)
{
	run->f->fake->bus.ops->stop(&run->f->fake->bus, 5);
}

/* ---- modules and the wire ---- */

__attribute__((format(printf, 2, 3)))
static void sim(struct virtual_run *run, const char *format, ...)
{
	char line[OHT_SIM_COMMAND_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	virtual_sim(run, line);
}

static void spoil(struct virtual_run *run)
{
	static const char *const kinds[] = {
		"silence", "exception code=2", "exception code=4", "delay ms=8", "delay ms=60",
		"wrong-unit", "crc", "truncate bytes=3", "noise bytes=4", "duplicate", "pauses ms=5",
	};

	sim(run, "fault %u %s count=%u", 2 + virtual_roll(run, 4), ONE_OF(run, kinds),
	    virtual_roll(run, 6));
}

/* A drive that answers, and does not do what it is told: one register, or those of both motors. */
static void disobey(struct virtual_run *run)
{
	static const char *const canonical[] = {
		"motor1_speed", "motor2_speed", "motor1_speed register=motor2_speed",
		"motor1_direction", "motor2_direction",
	};
	static const char *const legacy[] = { "speed_target", "direction" };
	static const char *const kinds[] = { "ignore", "exception code=4", "exception code=6" };
	bool old = run->station.profile == OHT_PROFILE_LEGACY;
	const char *kind = ONE_OF(run, kinds);
	const char *reg = old ? ONE_OF(run, legacy) : ONE_OF(run, canonical);

	run->disobeyed = true;
	sim(run, "fault 4 %s register=%s count=%u", kind, reg,
	    virtual_roll(run, 2) ? 0 : 1 + virtual_roll(run, 40));
}

/* Nothing that lowers the outputs stops the drive then: mostly it is deaf as well, and the robot is stopped. */
static void weld(struct virtual_run *run)
{
	run->welded = true;
	virtual_sim(run, "fault 4 welded");
	if (!virtual_roll(run, 4))
		return;
	disobey(run);
	if (virtual_roll(run, 2))
		run->f->fake->bus.ops->stop(&run->f->fake->bus, 5);
	else
		fixture_ask(run->f, OHTD_COMMAND_STOP);
	fixture_run_ms(run->f, virtual_roll(run, 5000));
}

/* One module, or two at once; for a moment or for long. */
static void lose_modules(struct virtual_run *run)
{
	unsigned int count = 1 + virtual_roll(run, 2);

	while (count--)
		sim(run, "fault %u silence count=%u", 2 + virtual_roll(run, 4),
		    virtual_roll(run, 2) ? 0 : 1 + virtual_roll(run, 40));
}

static void return_modules(struct virtual_run *run)
{
	virtual_sim(run, "clear");
}

/* Registers of the two layouts that a module only tells. */
static const struct {
	unsigned int unit;
	const char *canonical;
	const char *legacy;
	unsigned int values;
	bool lies;		/* about the position */
} told[] = {
	{ 5, "position_x", "position", 65536, true },
	{ 5, "velocity_x", NULL, 65536, true },
	{ 5, "docking_status", "dock_confirmed", 8, true },
	{ 4, "motor1_actual_speed", "speed_actual", 300, true },
	{ 4, "motor2_actual_speed", NULL, 300, true },
	{ 3, "safety_status", "safety_status", 8, false },
	{ 3, "estop_active", "estop_active", 3, false },
	{ 3, "distance_1", "distance_1", 8000, false },
	{ 3, "distance_2", "distance_2", 8000, false },
	{ 3, "distance_3", "distance_3", 8000, false },
	{ 2, "battery_soc", "battery_soc", 2000, false },
	{ 4, "module_type", "module_type", 7, false },
	{ 5, "device_id", "device_id", 9, false },
};

static const struct oht_register *find(struct virtual_run *run, unsigned int unit, const char *name)
{
	return name ? oht_regmap_find(oht_sim_station_unit(&run->station, unit)->bank.map, name)
		    : NULL;
}

/* What no physics feeds is set back. */
static int64_t rest_of(const struct oht_sim_unit *unit, const char *name)
{
	if (!strcmp(name, "module_type"))
		return unit->module->type_code;
	return strcmp(name, "device_id") ? 0 : unit->module->unit;
}

static void talk_sense(struct virtual_run *run)
{
	static const char *const unfed[] = { "module_type", "device_id", "estop_active" };
	size_t i, j;

	for (i = 0; i < run->station.units; i++) {
		struct oht_sim_unit *unit = &run->station.unit[i];
		struct oht_sim_bank *bank = &unit->bank;

		for (j = 0; j < ARRAY_SIZE(unfed); j++)
			if (oht_regmap_find(bank->map, unfed[j]))
				oht_sim_bank_set(bank, oht_regmap_find(bank->map, unfed[j]),
						 rest_of(unit, unfed[j]));
		for (j = 0; j < bank->map->count; j++)
			oht_sim_bank_unpin(bank, &bank->map->reg[j]);
	}
	/* A position that was set was taken for a reference. */
	run->station.world.navigator.offset_mm = 0;
}

static void talk_nonsense(struct virtual_run *run)
{
	unsigned int i = virtual_roll(run, ARRAY_SIZE(told));
	bool canonical = run->station.profile == OHT_PROFILE_CANONICAL;
	struct oht_sim_bank *bank = &oht_sim_station_unit(&run->station, told[i].unit)->bank;
	const struct oht_register *reg =
		find(run, told[i].unit, canonical ? told[i].canonical : told[i].legacy);
	int64_t value = virtual_roll(run, told[i].values);

	if (!reg)
		return;
	if (value > 32767 && told[i].values == 65536)
		value -= 65536;
	run->position_lies |= told[i].lies;
	/* What the register cannot hold at all is no answer of a module. */
	oht_sim_bank_set(bank, reg, value);
	if (virtual_roll(run, 2)) {
		fixture_run_ms(run->f, virtual_roll(run, 400));
		talk_sense(run);
	}
}

/* ---- the rail ---- */

static void put_obstacle(struct virtual_run *run)
{
	const struct oht_sim_rail *rail = &run->station.world.rail;
	double away_mm = 400 + virtual_roll(run, 4000);
	/* Mostly in its way. */
	bool ahead = rail->speed_mm_s > 0 || (rail->speed_mm_s == 0 && virtual_roll(run, 2));
	double mm = rail->position_mm + (ahead ? away_mm : -away_mm);

	if (virtual_roll(run, 3))
		sim(run, "rail obstacle %.0f", fmin(fmax(mm, -5999), 31999));
	else
		virtual_sim(run, "rail obstacle none");
}

static void change_vehicle(struct virtual_run *run)
{
	run->position_lies = true;
	if (virtual_roll(run, 2))
		sim(run, "rail load %u", virtual_roll(run, 201));
	else
		sim(run, "rail slip %u", virtual_roll(run, 101));
}

/* ---- the computer ---- */

static void start_again(struct virtual_run *run)
{
	fixture_start_again(run->f, run->f->control.travel.numbers + MARGIN);
	run->posted = run->answered = 0;
	run->motion_posted_ns = 0;
	/* The new daemon has refused nothing yet. */
	run->key.refused = false;
}

static void crash(struct virtual_run *run)
{
	fixture_crash(run->f);
	fixture_run_ms(run->f, 1 + virtual_roll(run, 1500));
	start_again(run);
}

static void restart(struct virtual_run *run)
{
	atomic_store(&run->f->control.quit, true);
	fixture_run_ms(run->f, 3000);
	assert_true(run->f->control.ended);
	start_again(run);
}

static void take_driver_away(struct virtual_run *run)
{
	fake_bus_unbind(run->f->fake);
	fixture_run_ms(run->f, 1 + virtual_roll(run, 2000));
	fake_bus_bind(run->f->fake);
}

static void hang_loops(struct virtual_run *run)
{
	run->f->loops_hang = true;
	fixture_run_ms(run->f, virtual_roll(run, 900));
	run->f->loops_hang = false;
}

/* ---- what a person does ---- */

struct ohtd_answer virtual_ask(struct virtual_run *run, const struct ohtd_command *said)
{
	struct ohtd_command command = *said;

	command.id = ++run->asked;
	command.tag = 9;
	snprintf(command.by.user, sizeof(command.by.user), "carl");
	snprintf(command.by.session, sizeof(command.by.session), "carl");
	command.by.role = OHTD_ROLE_ADMINISTRATOR;
	return fixture_command(run->f, &command);
}

static struct ohtd_answer ask(struct virtual_run *run, enum ohtd_command_kind kind, uint8_t unit)
{
	return virtual_ask(run, &(struct ohtd_command){
		.kind = kind, .unit = unit, .text = "put right what has gone wrong" });
}

static void release_modules(struct virtual_run *run)
{
	uint8_t unit;

	for (unit = 1; unit <= OHTD_UNITS; unit++)
		if (run->f->control.modules.units[unit - 1].quarantined)
			ask(run, OHTD_COMMAND_RELEASE, unit);
}

/* The step of the state, as docs/states.md has it; 0: only time helps. */
static enum ohtd_command_kind step_of(unsigned int state)
{
	switch (state) {
	case OHTD_STATE_ESTOP:
		return OHTD_COMMAND_RESET;
	case OHTD_STATE_FAULT:
		return OHTD_COMMAND_RESET_FAULT;
	case OHTD_STATE_SAFE:
		return OHTD_COMMAND_ENABLE;
	case OHTD_STATE_MOVE:
	case OHTD_STATE_DOCK:
	case OHTD_STATE_PAUSED:
	case OHTD_STATE_BLOCKED:
		return OHTD_COMMAND_STOP;
	default:
		return 0;
	}
}

/* One pass, without a look at what stands in the way. */
static void put_into_service(struct virtual_run *run)
{
	unsigned int steps;

	run->f->fake->pressed = false;
	fixture_run_ms(run->f, 600);
	for (steps = 0; steps < 4 && !ohtd_state_is_enabled(run->f->control.state) &&
			step_of(run->f->control.state); steps++) {
		ask(run, step_of(run->f->control.state), 0);
		fixture_run_ms(run->f, 250);
	}
	ask(run, OHTD_COMMAND_CONTROL_RELEASE, 0);
}

/* A charge that was set is that of the battery from then on, so this one is set, too. */
static void charge(struct virtual_run *run)
{
	struct oht_sim_bank *bank = &oht_sim_station_unit(&run->station, POWER)->bank;
	const struct oht_register *reg = find(run, POWER, "battery_soc");

	oht_sim_bank_set(bank, reg, reg->max);
}

void virtual_heal(struct virtual_run *run)
{
	run->key.down = false;
	virtual_sim(run, "clear");
	talk_sense(run);
	charge(run);
	virtual_sim(run, "rail load 0");
	virtual_sim(run, "rail slip 0");
	virtual_sim(run, "rail obstacle none");
	virtual_sim(run, "rail own none");
	virtual_sim(run, "rail wires right");
	virtual_sim(run, "rail push 0");
	run->f->fake->pressed = false;
}

void virtual_recover(struct virtual_run *run, unsigned int limit_ms)
{
	uint64_t until_ns = virtual_now_ns(run) + limit_ms * OHTD_NS_PER_MS;
	struct ohtd_answer answer = { 0 };
	enum ohtd_command_kind kind;

	ask(run, OHTD_COMMAND_CONTROL_TAKE_OVER, 0);
	release_modules(run);
	while (run->f->control.state != OHTD_STATE_IDLE || ohtd_moving(&run->f->control)) {
		if (virtual_now_ns(run) >= until_ns)
			fail_msg("in %s after %u ms, the last answer was %u: %s",
				 ohtd_state_name(run->f->control.state), limit_ms, answer.outcome,
				 ohtd_why_name(answer.why.items[0].code));
		kind = step_of(run->f->control.state);
		if (kind)
			answer = ask(run, kind, 0);
		fixture_run_ms(run->f, 250);
	}
	ask(run, OHTD_COMMAND_CONTROL_RELEASE, 0);
	virtual_take_answers(run);
}

/* ---- */

static const struct {
	void (*act)(struct virtual_run *run);
	unsigned int weight;
} acts[] = {
	{ drive, 60 }, { crowd, 6 }, { hold_control, 2 }, { service, 4 }, { put_into_service, 20 },
	{ enable, 6 }, { reset, 4 }, { reset_fault, 4 }, { press, 3 }, { stop_by_api, 2 },
	{ spoil, 8 }, { lose_modules, 4 }, { return_modules, 8 }, { talk_nonsense, 6 },
	{ talk_sense, 8 }, { put_obstacle, 8 }, { change_vehicle, 3 },
	{ crash, 2 }, { restart, 1 }, { take_driver_away, 2 }, { hang_loops, 1 },
	/* The newest last: without them the seeds of before play what they have played. */
	{ disobey, 10 }, { hold_key, 6 }, { weld, 4 },
};

void virtual_act(struct virtual_run *run)
{
	unsigned int count = ARRAY_SIZE(acts) - run->left_out;
	unsigned int sum = 0, i, roll;

	for (i = 0; i < count; i++)
		sum += acts[i].weight;
	roll = virtual_roll(run, sum);
	for (i = 0; roll >= acts[i].weight; i++)
		roll -= acts[i].weight;
	acts[i].act(run);
	virtual_take_answers(run);
}
