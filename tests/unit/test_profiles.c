// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which profile a module counts as, in virtual time: what may change (settings, measurements, refusals, zeros for registers that
 * it has not) decides nothing of a module that is known, and makes no module legacy.
 */
#include "robot_fixture.h"

#include <string.h>

#include "dice.h"

#define WALKS	300

static const struct ohtd_module_view *view_of(struct fixture *f, uint8_t unit)
{
	return &f->control.modules.units[unit - 1].view;
}

static bool is_legacy(struct fixture *f, uint8_t unit)
{
	return !strcmp(view_of(f, unit)->profile, "legacy");
}

static bool stands(struct fixture *f, uint8_t unit)
{
	for (unsigned int i = 0; i < f->control.fault_count; i++)
		if (!strcmp(ohtd_why_name(f->control.faults[i].why.code), "layout_changed") && f->control.faults[i].why.unit == unit)
			return f->control.faults[i].standing;
	return false;
}

/* ---- how a module is seen again ---- */

static void search(struct fixture *f)
{
	const struct ohtd_command command = { .id = 1, .kind = OHTD_COMMAND_DISCOVER, .valid_ms = 60000 };

	assert_int_equal(fixture_command(f, &command).outcome, OHTD_OUTCOME_DONE);
}

/* The stop that a kill leaves is reset. */
static void restart(struct fixture *f)
{
	fixture_crash(f);
	fixture_run_ms(f, 100);
	fixture_start_again(f, 0);
	fixture_run_ms(f, 3000);
	if (f->control.state == OHTD_STATE_ESTOP)
		fixture_ask(f, OHTD_COMMAND_RESET);
}

/* All at once: there is no other loss from which each of them comes back. */
static void lose_and_return(struct fixture *f)
{
	uint8_t unit;

	for (unit = POWER; unit <= DOCK; unit++)
		f->fake->units[unit].fault = FAKE_SILENT;
	fixture_run_ms(f, 3000);
	for (unit = POWER; unit <= DOCK; unit++)
		f->fake->units[unit].fault = FAKE_GOOD;
	fixture_run_ms(f, 4000);
}

static void (*const sights[])(struct fixture *) = { search, restart, lose_and_return };

/* ---- what changes on a canonical robot ---- */

static void put(struct fixture *f, uint8_t unit, uint16_t address, unsigned int count, const uint16_t *words)
{
	for (unsigned int i = 0; i < count; i++) {
		f->fake->units[unit].known[address + i] = true;
		f->fake->units[unit].words[address + i] = words ? words[i] : 0;
	}
}

/* Each is legal; the shipped 1000, 2000, 3000, 5000 do not fall. */
static void zones_fall(struct fixture *f)
{
	put(f, SAFETY, 0x40, 4, (const uint16_t[]){ 1500, 1200, 800, 400 });
}

static void cells_read_zero(struct fixture *f)
{
	put(f, POWER, 0x14, 6, NULL);
}

static void cells_are_refused(struct fixture *f, uint8_t exception)
{
	f->fake->units[POWER].exception = exception;
	memset(&f->fake->units[POWER].known[0x14], 0, 6);
}

static void cells_are_refused_01(struct fixture *f)
{
	cells_are_refused(f, 1);
}

static void cells_are_refused_04(struct fixture *f)
{
	cells_are_refused(f, 4);
}

/* A device that has memory behind all of its addresses. */
static void zeros_are_read(struct fixture *f, uint8_t unit, unsigned int from, unsigned int to)
{
	for (unsigned int address = from; address < to; address++)
		f->fake->units[unit].known[address] = true;
}

static void drive_reads_zeros(struct fixture *f)
{
	zeros_are_read(f, MOTOR, 0, 0x200);
}

static void dock_reads_zeros(struct fixture *f)
{
	zeros_are_read(f, DOCK, 0, 0x10000);
}

static void (*const changes[])(struct fixture *) = {
	zones_fall, cells_read_zero, cells_are_refused_01, cells_are_refused_04, drive_reads_zeros, dock_reads_zeros,
};
#define CHANGES	(sizeof(changes) / sizeof(changes[0]))

static void safety_module_is_still_heard(struct fixture *f)
{
	unsigned int ms = 0;

	if (f->control.state == OHTD_STATE_SAFE)
		assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	f->fake->units[SAFETY].words[0] = 4;
	while (f->control.state != OHTD_STATE_ESTOP && ms++ < 300)
		fixture_run_ms(f, 1);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
}

static void what_may_change_changes_no_profile(void **state)
{
	unsigned int sight, change;
	uint8_t unit;

	(void)state;
	for (sight = 0; sight < 3; sight++)
		for (change = 0; change < CHANGES; change++) {
			struct fixture *f = fixture_idle();

			changes[change](f);
			sights[sight](f);
			for (unit = POWER; unit <= DOCK; unit++) {
				assert_false(is_legacy(f, unit));
				assert_false(stands(f, unit));
			}
			if (sight != 2)
				safety_module_is_still_heard(f);
			fixture_destroy(f);
		}
}

/* The same at the first sight: the robot goes into service, and the drive obeys. */
static void canonical_module_is_canonical_from_the_first_sight_on(void **state)
{
	unsigned int change;
	uint8_t unit;

	(void)state;
	for (change = 0; change < CHANGES; change++) {
		struct fixture *f = fixture_create(true);

		fixture_plug_all(f, OHT_PROFILE_CANONICAL);
		changes[change](f);
		fixture_open(f);
		fixture_run_ms(f, 3000);
		for (unit = POWER; unit <= DOCK; unit++)
			assert_false(is_legacy(f, unit));
		assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
		fixture_run_ms(f, 3000);
		assert_string_equal(ohtd_state_name(f->control.state), "idle");
		fixture_destroy(f);
	}
}

/* ---- anything that may change ---- */

static uint16_t any_word(const struct oht_register *reg, unsigned int *seed)
{
	uint32_t span = (uint32_t)(reg->max - reg->min);

	if (!dice(seed, 3))
		return (uint16_t)(reg->min > 0 ? reg->min : 0);
	return (uint16_t)(reg->min + (int)(span ? dice(seed, span > 30000 ? 30000 : span + 1) : 0));
}

/* Registers of one module take other values of their ranges, or are refused; what it is it always tells. */
static void change_module(struct fixture *f, uint8_t unit, enum oht_profile profile, unsigned int *seed)
{
	const struct ohtd_model *model = f->control.model;
	const struct oht_regmap *map = &ohtd_model_by_unit(model, unit)->module->map[profile];
	unsigned int share = 1 + dice(seed, 4);
	size_t i;

	f->fake->units[unit].exception = (uint8_t)(1 + dice(seed, 4));
	for (i = 0; i < map->count; i++) {
		const struct oht_register *reg = &map->reg[i];

		if (reg->words > 1 || reg->address == model->device_id_address || reg->address == model->module_type_address)
			continue;
		if (!dice(seed, share))
			f->fake->units[unit].words[reg->address] = any_word(reg, seed);
		f->fake->units[unit].known[reg->address] = dice(seed, 8) != 0;
	}
}

static void no_walk_changes_a_profile(void **state)
{
	unsigned int seed = dice_seed(), walk, profile;
	uint8_t unit;

	(void)state;
	for (profile = 0; profile < OHT_PROFILES; profile++) {
		struct fixture *f = fixture_create(true);

		fixture_plug_all(f, profile);
		fixture_open(f);
		fixture_run_ms(f, 3000);
		for (walk = 0; walk < WALKS; walk++) {
			unit = (uint8_t)(POWER + dice(&seed, 4));
			change_module(f, unit, profile, &seed);
			sights[walk % 10 ? 0 : dice(&seed, 3)](f);
			for (unit = POWER; unit <= DOCK; unit++) {
				assert_int_equal(is_legacy(f, unit), profile == OHT_PROFILE_LEGACY);
				assert_false(stands(f, unit));
			}
		}
		fixture_destroy(f);
	}
}

/* ---- a module that is another one ---- */

static struct ohtd_answer set_profile(struct fixture *f, uint8_t unit, enum ohtd_some_profile profile)
{
	const struct ohtd_limits_block *block = ohtd_limits_block(&f->control.limits);
	const struct ohtd_kind *kind = ohtd_model_by_unit(f->control.model, unit);
	struct ohtd_command command = { .id = 3, .kind = OHTD_COMMAND_LIMITS, .valid_ms = 2000, .outputs_low = true };
	struct ohtd_profiles profiles = block->profiles;

	profiles.of[kind - f->control.model->kinds] = (uint8_t)profile;
	command.generation = ohtd_limits_offer(&f->control.limits, &block->table, NULL, NULL, &profiles, 1);
	return fixture_command(f, &command);
}

static void is_refused(struct fixture *f)
{
	struct ohtd_answer answer;

	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	answer = fixture_ask(f, OHTD_COMMAND_RESET_FAULT);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&answer.why, OHTD_WHY_LAYOUT_CHANGED, MOTOR));
}

static void plug(struct fixture *f, uint8_t unit, enum oht_profile profile)
{
	fake_bus_plug(f->fake, f->control.model, ohtd_model_by_unit(f->control.model, unit), profile);
}

/* Also with the outputs off, and behind a restart: nothing is enabled until a person has said which it is. */
static void other_profile_is_a_fault_until_it_is_set(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	plug(f, MOTOR, OHT_PROFILE_LEGACY);
	search(f);
	assert_true(stands(f, MOTOR));
	assert_false(is_legacy(f, MOTOR));
	assert_int_equal(view_of(f, MOTOR)->profile_seen, OHTD_SOME_LEGACY);
	assert_int_equal(view_of(f, MOTOR)->profile_by, OHTD_PROFILE_BY_FIRST_SIGHT);
	is_refused(f);
	restart(f);
	assert_true(stands(f, MOTOR));
	assert_false(is_legacy(f, MOTOR));
	assert_int_equal(set_profile(f, MOTOR, OHTD_SOME_LEGACY).outcome, OHTD_OUTCOME_DONE);
	assert_true(is_legacy(f, MOTOR));
	fixture_run_ms(f, 3000);
	assert_false(stands(f, MOTOR));
	assert_int_equal(view_of(f, MOTOR)->profile_by, OHTD_PROFILE_BY_CONFIGURATION);
	if (f->control.state == OHTD_STATE_ESTOP)
		assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

/* It stops by itself, and until then nothing is written or read by the other profile. */
static void other_profile_while_enabled_is_a_fault(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	plug(f, DOCK, OHT_PROFILE_LEGACY);
	search(f);
	fixture_run_ms(f, 100);
	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	assert_int_equal(ohtd_safety_state(&f->control), OHTD_SAFETY_READY);
	assert_true(stands(f, DOCK));
	assert_false(is_legacy(f, DOCK));
	/* The old one is put back: nothing is to be set. */
	plug(f, DOCK, OHT_PROFILE_CANONICAL);
	search(f);
	assert_false(stands(f, DOCK));
	fixture_destroy(f);
}

/* A legacy module that was replaced by one which has the registers that only a canonical one has. */
static void canonical_module_in_a_legacy_place_is_told(void **state)
{
	uint8_t unit;

	(void)state;
	for (unit = POWER; unit <= DOCK; unit++) {
		struct fixture *f = fixture_create(true);

		fixture_plug_all(f, OHT_PROFILE_LEGACY);
		fixture_open(f);
		fixture_run_ms(f, 3000);
		plug(f, unit, OHT_PROFILE_CANONICAL);
		search(f);
		/* Registers of the drive are at the same addresses in both: it does not obey, and that is told. */
		assert_int_equal(stands(f, unit), unit != MOTOR);
		assert_true(is_legacy(f, unit));
		fixture_destroy(f);
	}
}

/* Another kind of module has another line in what is kept; the one that was there is still what it was. */
static void other_kind_begins_anew(void **state)
{
	struct fixture *f = fixture_safe();
	const struct ohtd_unit *unit = &f->control.modules.units[DOCK - 1];

	(void)state;
	plug(f, DOCK, OHT_PROFILE_LEGACY);
	f->fake->units[DOCK].words[f->control.model->module_type_address] = 77;
	search(f);
	assert_string_equal(unit->view.profile, "");
	assert_false(stands(f, DOCK));
	plug(f, DOCK, OHT_PROFILE_CANONICAL);
	search(f);
	assert_string_equal(unit->view.profile, "canonical");
	assert_false(stands(f, DOCK));
	fixture_destroy(f);
}

/* ---- a module that does not show what it is ---- */

static struct fixture *robot_with_mute_dock(void)
{
	struct fixture *f = fixture_create(true);

	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	plug(f, DOCK, OHT_PROFILE_LEGACY);
	zeros_are_read(f, DOCK, 0, 0x100);
	put(f, DOCK, 0xA000, 7, NULL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_false(is_legacy(f, DOCK));
	assert_int_equal(view_of(f, DOCK)->profile_by, OHTD_PROFILE_UNDECIDED);
	return f;
}

static void show_legacy(struct fixture *f)
{
	f->fake->units[DOCK].words[0xA001] = 50;
	fixture_run_ms(f, 12000);
}

static void undecided_module_is_asked_again(void **state)
{
	struct fixture *f = robot_with_mute_dock();

	(void)state;
	show_legacy(f);
	assert_true(is_legacy(f, DOCK));
	assert_int_equal(view_of(f, DOCK)->profile_by, OHTD_PROFILE_BY_FIRST_SIGHT);
	assert_false(stands(f, DOCK));
	fixture_destroy(f);
}

/* What a robot that is enabled reads does not change under it. */
static void undecided_module_is_not_decided_while_enabled(void **state)
{
	struct fixture *f = robot_with_mute_dock();

	(void)state;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	show_legacy(f);
	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	assert_int_equal(ohtd_safety_state(&f->control), OHTD_SAFETY_READY);
	/* With the outputs off the next sight decides. */
	fixture_run_ms(f, 12000);
	assert_true(is_legacy(f, DOCK));
	assert_false(stands(f, DOCK));
	fixture_destroy(f);
}

/* Nothing of it was in use: it changes nothing under the robot. */
static void module_that_comes_while_enabled_is_taken_as_it_is(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_unit *dock;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	dock = ohtd_unit(&f->control.modules, DOCK);
	f->control.modules.kept.of[dock->kind - f->control.model->kinds] = OHTD_SOME_NONE;
	plug(f, DOCK, OHT_PROFILE_LEGACY);
	f->fake->units[DOCK].words[f->control.model->module_type_address] = 77;
	search(f);
	f->fake->units[DOCK].words[f->control.model->module_type_address] = 5;
	search(f);
	assert_true(is_legacy(f, DOCK));
	assert_false(stands(f, DOCK));
	fixture_destroy(f);
}

/* ---- a person ---- */

static void profile_is_set_while_outputs_are_off(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_answer answer = set_profile(f, SAFETY, OHTD_SOME_LEGACY);

	(void)state;
	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&answer.why, OHTD_WHY_ENABLED, 0));
	assert_false(is_legacy(f, SAFETY));
	fixture_destroy(f);
	f = fixture_safe();
	/* It is said at once that the module is not what it was set to be. */
	assert_int_equal(set_profile(f, SAFETY, OHTD_SOME_LEGACY).outcome, OHTD_OUTCOME_DONE);
	assert_true(is_legacy(f, SAFETY));
	fixture_run_ms(f, 1000);
	assert_true(stands(f, SAFETY));
	/* What was kept before does not come back: it is seen as for the first time. */
	assert_int_equal(set_profile(f, SAFETY, OHTD_SOME_NONE).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 1000);
	assert_false(is_legacy(f, SAFETY));
	assert_false(stands(f, SAFETY));
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_change_changes_no_profile),
		cmocka_unit_test(canonical_module_is_canonical_from_the_first_sight_on),
		cmocka_unit_test(no_walk_changes_a_profile),
		cmocka_unit_test(other_profile_is_a_fault_until_it_is_set),
		cmocka_unit_test(other_profile_while_enabled_is_a_fault),
		cmocka_unit_test(canonical_module_in_a_legacy_place_is_told),
		cmocka_unit_test(other_kind_begins_anew),
		cmocka_unit_test(undecided_module_is_asked_again),
		cmocka_unit_test(undecided_module_is_not_decided_while_enabled),
		cmocka_unit_test(module_that_comes_while_enabled_is_taken_as_it_is),
		cmocka_unit_test(profile_is_set_while_outputs_are_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
