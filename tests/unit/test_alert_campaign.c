// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults of modules, drawn by a seed, on robots in virtual time: with all kinds of alerts, the rules on values, the keeper,
 * the store and the queue of a webhook. That webhook is told once of each fault, of the right one, and of its end. A shift
 * without a fault tells nothing.
 *
 * 15 faults and 5 minutes; OHT_SOAK=1 makes it 1,000 and 8 hours, OHT_SOAK=n n faults, of which OHT_SEED=n repeats a choice.
 *
 * Left out is what shifts answers from one request to the next, such as one that comes late or twice: the fake bus has
 * no gate for that, which is the engine's (test_rtu_receive.c and the wire's tests have it).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/alerts.h"
#include "alerts/keeper.h"
#include "alerts/rules.h"
#include "base/part.h"
#include "control/robot.h"
#include "dice.h"
#include "drive_robot.h"
#include "store/store.h"
#include "store_fixture.h"
#include "webhooks/rows.h"
#include "views/scene.h"
#include "views/services.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define LOOK_NS		(50 * OHTD_NS_PER_MS)
#define FAULTS		15
#define SEED		20261
#define FAULTS_SOAK	1000
/* As many on one robot: then another one, elsewhere on its rail. */
#define FAULTS_OF_ROBOT	10
/* Longer than any delay until an alert comes, or until it ends. */
#define STANDS_MS	16000
#define ENDS_MS		14000
/* With the outputs off all registers have their turns, far from one another. */
#define ENDS_OFF_MS	26000
/* Until the end of the last alert is with the store, and what comes is a new one. */
#define KEPT_MS		11000
#define SHIFT_MIN	5
#define SHIFT_SOAK_MIN	480
#define PERCENT_RIGHT	95

/* ---- the rest of the daemon is well ---- */

const struct ohtd_model *__wrap_ohtd_robot_model(const struct ohtd_robot *no_robot);
const struct ohtd_user_maps *__wrap_ohtd_robot_user_maps(const struct ohtd_robot *no_robot);
void __wrap_ohtd_store_look(struct ohtd_store *store, struct ohtd_store_view *view);

static struct driver *robot;

const struct ohtd_model *__wrap_ohtd_robot_model(const struct ohtd_robot *no_robot)
{
	(void)no_robot;
	return robot->f->control.model;
}

const struct ohtd_user_maps *__wrap_ohtd_robot_user_maps(const struct ohtd_robot *no_robot)
{
	(void)no_robot;
	return &robot->f->control.model->user;
}

/* It works in real time, in which an hour of the robot is seconds. */
void __wrap_ohtd_store_look(struct ohtd_store *store, struct ohtd_store_view *view)
{
	(void)store;
	*view = (struct ohtd_store_view){ 0 };
}

/* ---- alerts of the robot ---- */

static struct ohtd_store *store;
static struct ohtd_alert_keeper *keeper;
static struct ohtd_alert_rules *rules;
static struct ohtd_sample_reader samples;
static uint64_t look_ns;
static uint64_t store_ns;
static bool any_stands;
static void (*inner)(void *context);
static void *inner_context;

static _Alignas(16) char memory_of_looks[1 << 18];
static size_t memory_used;

static void *take(void *from, size_t bytes)
{
	void *memory = memory_of_looks + memory_used;

	(void)from;
	memory_used += (bytes + 15) & ~(size_t)15;
	assert_true(memory_used <= sizeof(memory_of_looks));
	return memory;
}

/* A person has seen what only waits for that. */
static void acknowledge(const struct ohtd_alert_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].over)
			ohtd_alerts_acknowledged(rules, list->items[i].key);
}

static int work_nothing(struct ohtd_db *db, void *arg)
{
	(void)db, (void)arg;
	return 0;
}

static void look(void)
{
	static struct ohtd_snapshot snapshot;
	const struct ohtd_memory memory = { .take = take };
	const struct ohtd_services services = {
		.clock = &robot->f->clock, .alert_keeper = keeper, .rules = rules,
	};
	struct ohtd_scene scene = { .snapshot = &snapshot, .services = &services, .memory = &memory };
	const struct ohtd_alert_list *list;

	memory_used = 0;
	snapshot = fixture_snapshot(robot->f);
	snapshot.bus.time_factor = 1;
	ohtd_scene_take_time(&scene);
	list = ohtd_alerts_list(&scene);
	scene.alerts = &list;
	ohtd_alert_keeper_tick(keeper, &scene);
	acknowledge(list);
	any_stands = list->count;
	/* What was handed to the store is there before it is handed more. */
	if (scene.now_ns < store_ns)
		return;
	store_ns = scene.now_ns + OHTD_NS_PER_S;
	assert_int_equal(ohtd_store_call(store, work_nothing, NULL), 0);
}

/* Behind each turn. */
static void watch(void *context)
{
	struct ohtd_sample sample;

	(void)context;
	inner(inner_context);
	while (ohtd_samples_next(&robot->f->control.samples, &samples, &sample))
		ohtd_alert_rules_sample(rules, &sample);
	if (virtual_now_ns(&robot->run) < look_ns)
		return;
	look_ns = virtual_now_ns(&robot->run) + LOOK_NS;
	look();
}

static void begin_robot(double position_mm)
{
	robot = driver_begin(position_mm);
	samples = (struct ohtd_sample_reader){ 0 };
	look_ns = store_ns = 0;
	rules = ohtd_alert_rules_create();
	keeper = ohtd_alert_keeper_create(store, &robot->f->clock);
	assert_true(rules && keeper);
	inner = robot->f->watch;
	inner_context = robot->f->watch_context;
	robot->f->watch = watch;
	driver_run_ms(robot, 3000);
}

static void end_robot(void)
{
	ohtd_alert_keeper_end(keeper);
	ohtd_alert_keeper_destroy(keeper);
	ohtd_alert_rules_destroy(rules);
	driver_end(robot);
}

/* ---- what goes wrong ---- */

enum { OFF = 1, REST = 2, MOVE = 4, DOCKING = 8, ANY = 15 };

/**
 * struct kind - a fault that a module may have
 * @where: in which places
 * @line: to the simulator; "UNIT" stands for any of the four
 * @unit: which the alert is about; 0: that of @line, or none
 * @code: of the alert, as LIKE of SQL has it
 * @stop: by which the stop names the fault, if the robot stops for it
 */
static const struct kind {
	unsigned int where;
	const char *line;
	unsigned int unit;
	const char *code;
	const char *stop;
} kinds[] = {
	{ ANY, "fault UNIT silence", 0, "module_lost", "unit" },
	{ ANY, "fault UNIT crc", 0, "module_lost", "unit" },
	{ ANY, "fault UNIT truncate bytes=2", 0, "module_lost", "unit" },
	{ ANY, "fault UNIT noise bytes=4", 0, "module_lost", "unit" },
	{ ANY, "fault UNIT wrong-unit", 0, "module_lost", "unit" },
	{ ANY, "fault UNIT exception code=4", 0, "module_%", "unit" },
	{ ANY, "fault 2 exception code=4 register=battery_soc", POWER, "module_degraded", "-" },
	{ MOVE, "fault 5 exception code=4 register=position_x", 0, "position_lost", "-" },
	{ ANY, "set 3 safety_status 3", 0, "safety_module", "The safety module reports" },
	{ ANY, "set 3 safety_status 4", 0, "safety_module", "The safety module reports" },
	{ ANY, "set 3 estop_active 1", 0, "safety_module", "The safety module reports" },
	{ ANY, "set 2 battery_soc 150", POWER, "battery_low", "-" },
	{ ANY, "set 2 battery_soc 80", POWER, "battery_critical", "-" },
	{ ANY, "set 2 battery_temperature 70", POWER, "battery_hot", "-" },
	{ ANY, "set 2 cell_voltage_min 2300", POWER, "cell_voltage_low", "-" },
	{ ANY, "set 2 cell_voltage_max 4300", POWER, "cell_voltage_high", "-" },
	{ ANY, "set 3 supply_voltage 200", SAFETY, "safety_supply_low", "-" },
	{ ANY, "set 3 supply_voltage 280", SAFETY, "safety_supply_high", "-" },
	{ ANY, "set 3 temperature 700", SAFETY, "safety_module_hot", "-" },
	/* While the outputs are on these registers are not read. */
	{ OFF, "set 2 rail_12v_voltage 100", POWER, "rail_12v_low", "-" },
	{ OFF, "set 2 charger_temperature 70", POWER, "charger_hot", "-" },
	{ MOVE | DOCKING, "fault 4 ignore register=motor1_speed", MOTOR, "drive_disobeys", "-" },
	{ MOVE | DOCKING, "fault 4 ignore register=motor1_speed register=motor2_speed", MOTOR, "drive_disobeys", "-" },
	{ MOVE | DOCKING, "fault 4 exception code=6 register=motor2_speed", MOTOR, "drive_disobeys", "-" },
	{ REST, "set 4 motor1_actual_speed 60", 0, "drive_overspeed", "-" },
	{ MOVE | DOCKING, "set 5 position_x 9000", 0, "position_lost", "-" },
	{ MOVE, "rail slip 100", 0, "drive_following", "-" },
};

struct fault {
	const struct kind *kind;
	unsigned int where;
	unsigned int unit;
	char line[80];
	char stop[40];
};

struct tally {
	unsigned int faults, once, right, ended;
};

static void draw(struct fault *fault)
{
	const struct kind *kind = &kinds[virtual_roll(&robot->run, ARRAY_SIZE(kinds))];
	const char *rest = strstr(kind->line, "UNIT");

	*fault = (struct fault){ .kind = kind, .unit = kind->unit };
	do
		fault->where = 1u << virtual_roll(&robot->run, 4);
	while (!(fault->where & kind->where));
	snprintf(fault->line, sizeof(fault->line), "%s", kind->line);
	snprintf(fault->stop, sizeof(fault->stop), "%s", kind->stop);
	if (!rest)
		return;
	fault->unit = POWER + virtual_roll(&robot->run, 4);
	snprintf(fault->line, sizeof(fault->line), "fault %u %s", fault->unit, rest + strlen("UNIT "));
	snprintf(fault->stop, sizeof(fault->stop), "(unit %u)", fault->unit);
}

static void go_to(unsigned int where)
{
	double from_mm = robot->rail->position_mm;

	if (where == OFF)
		driver_asks(robot, OHTD_COMMAND_DISABLE);
	if (where == MOVE)
		driver_departs(robot, from_mm > 14000 ? from_mm - 10000 : from_mm + 10000);
	if (where == DOCKING) {
		driver_arrives(robot, 2500);
		driver_asks(robot, OHTD_COMMAND_DOCK);
	}
	fixture_run_ms(robot->f, 500 + virtual_roll(&robot->run, 1000));
}

/* What is well again is seen where it was, before a person does the steps. */
static void recover(unsigned int where)
{
	/* The simulator goes on from these, or has nothing to put in their place. */
	virtual_sim(&robot->run, "set 2 battery_soc 800");
	virtual_sim(&robot->run, "set 2 charger_temperature 25");
	fixture_run_ms(robot->f, 50);
	virtual_heal(&robot->run);
	fixture_run_ms(robot->f, where == OFF ? ENDS_OFF_MS : ENDS_MS);
	virtual_recover(&robot->run, 40000);
	if (ohtd_dock_docked(&robot->f->control)) {
		driver_asks(robot, OHTD_COMMAND_UNDOCK);
		driver_until(robot, OHTD_STATE_IDLE, 60000);
	}
	fixture_run_ms(robot->f, KEPT_MS);
}

/* ---- what the webhook is told ---- */

__attribute__((format(printf, 2, 3)))
static int told(long long before, const char *format, ...)
{
	char what[300], sql[400];
	va_list values;

	va_start(values, format);
	vsnprintf(what, sizeof(what), format, values);
	va_end(values);
	snprintf(sql, sizeof(sql), "SELECT %s FROM (SELECT * FROM webhook_deliveries WHERE alert > %lld ORDER BY number)", what,
		 before);
	return (int)store_ask_sql(sql);
}

/* One alert; and seconds later what is worse: a stop that names it, or a motion that goes on with the outputs low. */
static bool told_once(const struct fault *fault, long long before)
{
	const int apart_s = told(before, "(max(since_ns) - min(since_ns)) / 1000000000");
	const int others = told(before, "count(*) FILTER (WHERE event = 'alert.began' AND code NOT IN ('stop_latched', 'moves_unpowered'))");
	const int stops = told(before, "count(*) FILTER (WHERE event = 'alert.began' AND (code = 'stop_latched' AND instr(text, '%s') OR code = 'moves_unpowered'))",
			       fault->stop);

	return others + stops == 1 || (others == 1 && stops == 1 && apart_s);
}

static bool told_right(const struct fault *fault, long long before)
{
	return told(before, "coalesce(min(number) FILTER (WHERE code LIKE '%s' AND (%u IN (unit, 0)) OR instr(text, '%s'))"
			    " = min(number), 0)", fault->kind->code, fault->unit, fault->stop);
}

static bool told_ends(long long before)
{
	const int began = told(before, "count(*) FILTER (WHERE event = 'alert.began')");

	return !any_stands && told(before, "count(*) FILTER (WHERE event = 'alert.ended')") == began;
}

static void play(struct tally *tally)
{
	static const char *const places[] = { [OFF] = "off", [REST] = "at rest", [MOVE] = "in a move", [DOCKING] = "docking" };
	const long long before = store_ask_sql("SELECT coalesce(max(number), 0) FROM alerts");
	struct fault fault;
	bool once, right, ended;

	draw(&fault);
	go_to(fault.where);
	virtual_sim(&robot->run, fault.line);
	fixture_run_ms(robot->f, STANDS_MS);
	recover(fault.where);
	once = told_once(&fault, before);
	right = told_right(&fault, before);
	ended = told_ends(before);
	/* A name is put before no whole sentence. */
	assert_int_equal(told(before, "count(*) FILTER (WHERE instr(text, '..') OR instr(text, ') The'))"), 0);
	/* What is compared only while the outputs are high is not over because they are low. */
	assert_int_equal(told(before, "count(*) FILTER (WHERE (code LIKE 'drive_%%' OR code = 'position_lost') AND instr(text, 'over'))"), 0);
	tally->faults++;
	tally->once += once;
	tally->right += right;
	tally->ended += ended;
	if (!once || !right || !ended)
		print_message("%s: %s:%s%s%s\n", places[fault.where], fault.line, once ? "" : " not once",
			      right ? "" : " another one first", ended ? "" : " not ended");
}

/* ---- campaigns ---- */

static unsigned int faults_wanted(void)
{
	const char *soak = getenv("OHT_SOAK");

	return !soak ? FAULTS : !strcmp(soak, "1") ? FAULTS_SOAK : (unsigned int)strtoul(soak, NULL, 10);
}

static void each_fault_is_told_once(void **state)
{
	/* Few faults are no share: those are always the same. */
	unsigned int seed = getenv("OHT_SOAK") ? dice_seed() : SEED;
	struct tally tally = { 0 };

	(void)state;
	while (tally.faults < faults_wanted()) {
		begin_robot(6000 + dice(&seed, 18000));
		robot->run.dice = dice(&seed, UINT16_MAX);
		for (unsigned int i = 0; i < FAULTS_OF_ROBOT && tally.faults < faults_wanted(); i++)
			play(&tally);
		end_robot();
	}
	print_message("%u faults: %u told once, %u by the right alert first, %u with their end\n", tally.faults, tally.once,
		      tally.right, tally.ended);
	assert_int_equal(tally.ended, tally.faults);
	assert_true(tally.once * 100 >= tally.faults * PERCENT_RIGHT);
	assert_true(tally.right * 100 >= tally.faults * PERCENT_RIGHT);
}

/* Moves, dockings and charging, as a robot does all day. */
static void a_shift_without_a_fault_tells_nothing(void **state)
{
	const unsigned int minutes = getenv("OHT_SOAK") ? SHIFT_SOAK_MIN : SHIFT_MIN;
	uint64_t until_ns;

	(void)state;
	begin_robot(0);
	until_ns = virtual_now_ns(&robot->run) + minutes * 60 * OHTD_NS_PER_S;
	while (virtual_now_ns(&robot->run) < until_ns) {
		driver_asks(robot, OHTD_COMMAND_UNDOCK);
		driver_until(robot, OHTD_STATE_IDLE, 60000);
		for (unsigned int i = 0; i < 4; i++)
			driver_arrives(robot, 1000 + virtual_roll(&robot->run, 28000));
		driver_asks(robot, OHTD_COMMAND_DOCK);
		driver_until(robot, OHTD_STATE_IDLE, 90000);
		fixture_run_ms(robot->f, virtual_roll(&robot->run, 60000));
	}
	end_robot();
	assert_int_equal(store_ask_sql("SELECT count(*) FROM alerts"), 0);
}

/* ---- parts of the daemon ---- */

enum { SILENT, WORD };
enum { FULL };

static const struct ohtd_part_alert lamp_alerts[] = {
	[SILENT] = { "lamp", "lamp_silent", OHTD_SEVERITY_WARNING, .real_only = true, .text = "It is silent.", .action = "Look at it." },
	[WORD] = { "lamp", .notice = true, .action = "Look at it." },
};
static const struct ohtd_part_alert hook_alerts[] = {
	[FULL] = { "hook", "hook_full", .text = "It is full.", .action = "Empty it." },
};
static bool lamp_is_open, simulated;

static void judge_lamp(void *part, const struct ohtd_part_reports *to)
{
	char word[] = "dim";

	assert_ptr_equal(part, &lamp_is_open);
	ohtd_part_report(to, SILENT, 7);
	ohtd_part_report(to, SILENT, 8);
	ohtd_part_report_text(to, WORD, to->now_ns, "%s and late", word);
	to->add(to, &(struct ohtd_part_report){ .alert = WORD, .variant = 1, .code = "dark", .text = word });
	word[0] = 0;
}

static void judge_hook(void *part, const struct ohtd_part_reports *to)
{
	assert_null(part);
	ohtd_part_report(to, FULL, 0);
}

enum { OUT, DIM };

static const struct ohtd_part_alert street_alerts[] = {
	[OUT] = { "street", "lamp_out", OHTD_SEVERITY_WARNING, .text = "Dark.", .action = "Look at it." },
	[DIM] = { "street", "lamp_dim", OHTD_SEVERITY_WARNING, .notice = true, .text = "Dim.", .action = "Look at it." },
};
static unsigned int lamps_out;
static const char *unfit_lamp;

static void judge_street(void *part, const struct ohtd_part_reports *to)
{
	(void)part;
	for (unsigned int i = 0; i < lamps_out; i++) {
		char lamp[16];

		snprintf(lamp, sizeof(lamp), "lamp %u", i);
		ohtd_part_report_about(to, OUT, lamp, 5, "Lamp %u is out.", i);
		/* Once more: it is the same. */
		if (i < OHTD_PART_SUBJECTS_OF_KIND)
			ohtd_part_report_about(to, OUT, lamp, 6, "Again.");
		lamp[0] = 0;
	}
	if (unfit_lamp)
		ohtd_part_report_about(to, DIM, unfit_lamp, 5, "It is dim.");
}

static void *open_lamp(const struct ohtd_services *services)
{
	(void)services;
	return lamp_is_open ? &lamp_is_open : NULL;
}

static const struct ohtd_alert *find_text(const struct ohtd_alert_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].text, text))
			return &list->items[i];
	return NULL;
}

static const struct ohtd_alert_list *list_of_parts(void)
{
	static struct ohtd_snapshot snapshot;
	const struct ohtd_memory memory = { .take = take };
	const struct ohtd_services services = {
		.clock = &robot->f->clock, .alert_keeper = keeper, .rules = rules, .simulated = simulated,
	};
	struct ohtd_scene scene = { .snapshot = &snapshot, .services = &services, .memory = &memory };

	memory_used = 0;
	snapshot = fixture_snapshot(robot->f);
	snapshot.bus.time_factor = 1;
	ohtd_scene_take_time(&scene);
	return ohtd_alerts_list(&scene);
}

static void parts_bring_their_alerts_and_their_judges(void **state)
{
	static const struct ohtd_daemon_part lamp = { OHTD_PART_ALERTS(lamp_alerts), .judge = judge_lamp };
	static const struct ohtd_daemon_part hook = { OHTD_PART_ALERTS(hook_alerts), .judge = judge_hook };
	static const struct ohtd_daemon_part large = { .alert_count = OHTD_ALERT_PART_KINDS_MAX - 2 };
	const struct ohtd_views_part parts[] = { { &lamp, open_lamp }, { &hook, NULL }, { &large, open_lamp } };
	char why[128], said[128];
	const struct ohtd_alert *dim, *dark;
	const struct ohtd_alert_list *list;
	size_t others;

	(void)state;
	begin_robot(8000);
	simulated = false;
	others = list_of_parts()->count;
	assert_false(ohtd_alerts_take_parts(parts, 3, why, sizeof(why)));
	snprintf(said, sizeof(said), "the parts have %d kinds of alerts, more than OHTD_ALERT_PART_KINDS_MAX, %d", OHTD_ALERT_PART_KINDS_MAX + 1,
		 OHTD_ALERT_PART_KINDS_MAX);
	assert_string_equal(why, said);
	assert_true(ohtd_alerts_take_parts(parts, 2, NULL, 0));
	assert_true(ohtd_alert_is_code("lamp_silent") && ohtd_alert_is_code("hook_full"));
	assert_false(ohtd_alert_is_code("dark") || ohtd_alert_is_code("lamp"));
	/* The lamp is not open yet. */
	lamp_is_open = false;
	assert_int_equal(list_of_parts()->count, others + 1);
	lamp_is_open = true;
	list = list_of_parts();
	assert_int_equal(list->count, others + 4);
	assert_int_equal(find_text(list, "It is silent.")->since_ns, 7);
	assert_true(find_text(list, "It is silent.")->degrades);
	assert_int_equal(find_text(list, "It is silent.")->severity, OHTD_SEVERITY_WARNING);
	assert_int_equal(find_text(list, "It is full.")->severity, OHTD_SEVERITY_CRITICAL);
	dim = find_text(list, "dim and late");
	dark = find_text(list, "dim");
	assert_true(dim && dark && dim->key != dark->key && !dim->degrades);
	assert_string_equal(dark->code, "dark");
	assert_int_equal(dark->unit, 0);
	simulated = true;
	assert_null(find_text(list_of_parts(), "It is silent."));
	assert_true(ohtd_alerts_take_parts(NULL, 0, NULL, 0));
	assert_int_equal(list_of_parts()->count, others);
	end_robot();
}

static const struct ohtd_alert *find_about(const struct ohtd_alert_list *list, const char *code, const char *subject)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].code, code) && !strcmp(list->items[i].subject, subject))
			return &list->items[i];
	return NULL;
}

/* Each place of the list is one of its own, and nothing stands behind it but what comes later: so no page skips any. */
static void check_places(const struct ohtd_alert_list *list)
{
	for (size_t i = 1; i < list->count; i++)
		assert_true(ohtd_alert_is_behind(&list->items[i], list->items[i - 1].since_ns, list->items[i - 1].place) &&
			    !ohtd_alert_is_behind(&list->items[i - 1], list->items[i].since_ns, list->items[i].place));
}

/* Two silent lamps are two alerts, 300 are not 300; none is lost without a word. */
static void subjects_are_alerts_up_to_a_limit(void **state)
{
	static const struct ohtd_daemon_part street = { OHTD_PART_ALERTS(street_alerts), .judge = judge_street };
	const struct ohtd_views_part parts[] = {
		{ &street, NULL }, { &street, NULL }, { &street, NULL }, { &street, NULL }, { &street, NULL },
	};
	static const char *const unfit[] = {
		"", "two\nlines", "turned \xe2\x80\xae", "\xff",
		"0123456789012345678901234567890123456789012345678901234567890123\u00fc",
	};
	const struct ohtd_alert *more;
	const struct ohtd_alert_list *list;
	size_t others;

	(void)state;
	begin_robot(8000);
	assert_true(ohtd_alerts_take_parts(parts, 1, NULL, 0));
	lamps_out = 0;
	others = list_of_parts()->count;
	lamps_out = 2;
	list = list_of_parts();
	assert_int_equal(list->count, others + 2);
	assert_string_equal(find_about(list, "lamp_out", "lamp 1")->text, "Lamp 1 is out.");
	assert_int_equal(find_about(list, "lamp_out", "lamp 1")->since_ns, 5);
	assert_int_equal(find_about(list, "lamp_out", "lamp 0")->key, find_about(list, "lamp_out", "lamp 1")->key);
	check_places(list);
	lamps_out = 300;
	list = list_of_parts();
	assert_int_equal(list->count, others + OHTD_PART_SUBJECTS_OF_KIND + 1);
	more = find_about(list, "lamp_out", "");
	assert_true(more->degrades && more->severity == OHTD_SEVERITY_WARNING);
	assert_non_null(strstr(more->text, "268 more of these have no alert of their own: at most 32 of a kind and 128 of all"));
	check_places(list);
	/* Of all together. */
	assert_true(ohtd_alerts_take_parts(parts, 5, NULL, 0));
	list = list_of_parts();
	assert_int_equal(list->count, others + OHTD_PART_SUBJECTS_MAX + 5);
	check_places(list);
	lamps_out = 0;
	assert_true(ohtd_alerts_take_parts(parts, 1, NULL, 0));
	for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
		unfit_lamp = unfit[i];
		list = list_of_parts();
		assert_int_equal(list->count, others + 1);
		assert_non_null(strstr(find_about(list, "lamp_dim", "")->text, "1 more of these"));
	}
	unfit_lamp = "0123456789012345678901234567890123456789012345678901234567890123";
	assert_string_equal(find_about(list_of_parts(), "lamp_dim", unfit_lamp)->text, "It is dim.");
	unfit_lamp = NULL;
	assert_true(ohtd_alerts_take_parts(NULL, 0, NULL, 0));
	end_robot();
}

static int set_up(void **state)
{
	struct ohtd_webhook_row row = {
		.url = "https://a.example/", .format = "oht", .severity = "warning", .enabled = true,
	};
	struct ohtd_db *db;

	if (store_set_up(state))
		return -1;
	db = store_open_db();
	assert_int_equal(ohtd_db_webhook_add(db, &row), 0);
	store = ohtd_store_start(db);
	return store ? 0 : -1;
}

static int tear_down(void **state)
{
	ohtd_store_stop(store);
	return store_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_fault_is_told_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_shift_without_a_fault_tells_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parts_bring_their_alerts_and_their_judges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(subjects_are_alerts_up_to_a_limit, set_up, tear_down),
	};

	ohtd_alerts_listen(&ohtd_webhooks_listener);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
