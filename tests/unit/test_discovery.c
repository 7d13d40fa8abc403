// SPDX-License-Identifier: GPL-2.0-or-later
/* A search on demand, in virtual time: how long it takes beside the plan, and what it may not cost. */
#include "robot_fixture.h"

#include <string.h>

#include "robot/telemetry.h"

#define STRANGER	7
#define TARGET_MS	499
#define SEARCHES	60

static uint64_t now_ns(struct fixture *f)
{
	return atomic_load(&f->time.now_ns);
}

static const struct ohtd_module_view *view_of(struct fixture *f, uint8_t unit)
{
	return &f->control.modules.units[unit - 1].view;
}

static void answer_after_us(struct fixture *f, uint32_t turnaround_us)
{
	uint8_t unit;

	for (unit = 1; unit < FAKE_UNITS; unit++)
		f->fake->units[unit].turnaround_us = turnaround_us;
}

/* A copy of the drive at an address where nothing is expected. */
static void plug_stranger(struct fixture *f)
{
	f->fake->units[STRANGER] = f->fake->units[MOTOR];
}

/* One search; returns the greatest age of the safety module's last good answer meanwhile. */
static uint64_t search(struct fixture *f)
{
	const struct ohtd_command command = {
		.id = 1, .kind = OHTD_COMMAND_DISCOVER, .valid_ms = 60000, .role = OHTD_ROLE_OPERATOR,
	};
	struct ohtd_answer answer = { 0 };
	uint64_t oldest_ns = 0;

	assert_int_equal(ohtd_link_post(&f->links[0], &command), 0);
	while (!ohtd_link_take(&f->links[0], &answer)) {
		uint64_t age_ns = now_ns(f) - view_of(f, SAFETY)->last_good_ns;

		oldest_ns = age_ns > oldest_ns ? age_ns : oldest_ns;
		fixture_run_ms(f, 1);
	}
	assert_int_equal(answer.outcome, OHTD_OUTCOME_DONE);
	return oldest_ns;
}

/* The same from any place in the plan's periods. */
static void search_often(struct fixture *f)
{
	unsigned int i;

	for (i = 0; i < SEARCHES; i++) {
		uint64_t oldest_ns = search(f);

		assert_in_range(f->control.snapshot.bus.discovery_ms, 1, TARGET_MS);
		/* As seen between two control cycles; with more it would be lost. */
		assert_in_range(oldest_ns, 0, 99 * OHTD_NS_PER_MS);
		fixture_run_ms(f, 613);
	}
}

static void search_is_quick(struct fixture *(*begin)(void), const char *in_state)
{
	static const uint32_t turnarounds_us[] = { 100, 1750, 3000 };
	static const uint32_t factors[] = { 1, 10 };
	unsigned int i, factor;
	uint8_t unit;

	for (factor = 0; factor < 2; factor++)
		for (i = 0; i < 3; i++) {
			struct fixture *f = begin();

			f->control.time_factor = factors[factor];
			answer_after_us(f, turnarounds_us[i]);
			fixture_run_ms(f, 5000);
			search_often(f);
			assert_string_equal(ohtd_state_name(f->control.state), in_state);
			for (unit = POWER; unit <= DOCK; unit++) {
				assert_int_equal(view_of(f, unit)->health, OHTD_HEALTH_GOOD);
				assert_int_equal(view_of(f, unit)->timeouts, 0);
			}
			fixture_destroy(f);
		}
}

static void search_is_quick_beside_the_plan(void **state)
{
	(void)state;
	search_is_quick(fixture_idle, "idle");
}

static void search_is_quick_while_outputs_are_off(void **state)
{
	(void)state;
	search_is_quick(fixture_safe, "safe");
}

static void search_finds_a_stranger(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	plug_stranger(f);
	search(f);
	assert_int_equal(view_of(f, STRANGER)->health, OHTD_HEALTH_NOT_POLLED);
	assert_int_equal(view_of(f, STRANGER)->type_code, 4);
	f->fake->units[STRANGER].present = false;
	search(f);
	assert_int_equal(view_of(f, STRANGER)->health, OHTD_HEALTH_LOST);
	fixture_destroy(f);
}

/* One that is known to be there is waited for as long as in the first search. */
static void known_stranger_may_be_slow(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	plug_stranger(f);
	f->fake->units[STRANGER].turnaround_us = 15000;
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_int_equal(view_of(f, STRANGER)->health, OHTD_HEALTH_NOT_POLLED);
	search(f);
	assert_int_equal(view_of(f, STRANGER)->health, OHTD_HEALTH_NOT_POLLED);
	assert_int_equal(view_of(f, SAFETY)->health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

/* No slack is as long as its answers take: it gets a whole cycle, and is found all the same. */
static void slow_module_is_searched_for_patiently(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	f->fake->units[DOCK].turnaround_us = 20000;
	fixture_run_ms(f, 3000);
	search(f);
	assert_int_equal(view_of(f, DOCK)->health, OHTD_HEALTH_GOOD);
	assert_int_equal(view_of(f, SAFETY)->health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

/* Its table says 500 ms, which no plan with the safety module can bear: it is asked for less, and found. */
static void module_with_a_long_time_out_is_found(void **state)
{
	struct fixture *f = fixture_create(true);
	const struct ohtd_kind *dock = ohtd_model_by_unit(f->control.model, DOCK);

	(void)state;
	((struct oht_module *)dock->module)->response_timeout_ms = 500;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->fake->units[DOCK].present = false;
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_int_equal(view_of(f, SAFETY)->health, OHTD_HEALTH_GOOD);
	f->fake->units[DOCK].present = true;
	f->fake->units[DOCK].turnaround_us = 40000;
	fixture_run_ms(f, 5000);
	assert_int_equal(view_of(f, DOCK)->health, OHTD_HEALTH_GOOD);
	assert_int_equal(view_of(f, SAFETY)->health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

/* Each of its losses stops the machine; but not what has been stopped for it already. */
static void module_that_comes_and_goes_stops_once(void **state)
{
	struct fixture *f = fixture_idle();
	unsigned int i, stops = f->fake->stops, found = 0;

	(void)state;
	for (i = 0; i < 5; i++) {
		f->fake->units[SAFETY].present = false;
		fixture_run_ms(f, 1000);
		assert_int_equal(view_of(f, SAFETY)->health, OHTD_HEALTH_LOST);
		f->fake->units[SAFETY].present = true;
		fixture_run_ms(f, 3000);
		found += view_of(f, SAFETY)->health == OHTD_HEALTH_GOOD;
	}
	assert_int_equal(found, 5);
	assert_int_equal(f->fake->stops, stops + 1);
	fixture_destroy(f);
}

static void post_search(struct fixture *f)
{
	const struct ohtd_command command = { .id = 1, .kind = OHTD_COMMAND_DISCOVER };

	assert_int_equal(ohtd_link_post(&f->links[1], &command), 0);
	fixture_run_ms(f, 40);
	assert_true(f->control.snapshot.bus.discovering);
}

/* The plan comes back at once, and with it what the bus itself does when the safety module is silent. */
static void enable_ends_the_time_without_a_plan(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	post_search(f);
	assert_int_equal(f->control.modules.layout.count, 0);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 50);
	assert_true(f->fake->grid.plan.count > 0);
	fixture_run_ms(f, 1000);
	assert_false(f->control.snapshot.bus.discovering);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fixture_destroy(f);
}

/* A search does not hide it, and does not make it take longer than polls do. */
static void module_may_be_lost_during_a_search(void **state)
{
	struct fixture *f = fixture_safe();
	uint64_t since_ns;

	(void)state;
	post_search(f);
	f->fake->units[SAFETY].fault = FAKE_SILENT;
	since_ns = now_ns(f);
	while (f->control.state == OHTD_STATE_SAFE)
		fixture_run_ms(f, 1);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_in_range(now_ns(f) - since_ns, 0, 130 * OHTD_NS_PER_MS);
	assert_int_equal(view_of(f, MOTOR)->health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

/* In the first search, in the one behind it, and in the plan's periods after that; with both back-ends. */
static void silence_is_shown_from_any_moment_of_a_search(void **state)
{
	const struct ohtd_command command = { .id = 1, .kind = OHTD_COMMAND_DISCOVER };
	unsigned int begun_ms;

	(void)state;
	for (begun_ms = 0; begun_ms < 2500; begun_ms += 17) {
		struct fixture *f = fixture_create(begun_ms & 1);

		fixture_plug_all(f, OHT_PROFILE_CANONICAL);
		fixture_open(f);
		fixture_run_ms(f, begun_ms);
		assert_int_equal(ohtd_link_post(&f->links[1], &command), 0);
		fixture_run_ms(f, begun_ms % 200);
		f->fake->units[DOCK].fault = FAKE_SILENT;
		fixture_run_ms(f, 2000);
		assert_false(f->control.modules.identify.full);
		assert_int_not_equal(view_of(f, DOCK)->health, OHTD_HEALTH_GOOD);
		f->fake->units[DOCK].fault = FAKE_GOOD;
		fixture_run_ms(f, 3000);
		assert_int_equal(view_of(f, DOCK)->health, OHTD_HEALTH_GOOD);
		fixture_destroy(f);
	}
}

static void silent_module_costs_the_others_nothing(void **state)
{
	uint8_t silent, unit;

	(void)state;
	for (silent = POWER; silent <= DOCK; silent++) {
		struct fixture *f = fixture_safe();

		post_search(f);
		f->fake->units[silent].fault = FAKE_SILENT;
		fixture_run_ms(f, 3000);
		assert_false(f->control.snapshot.bus.discovering);
		for (unit = POWER; unit <= DOCK; unit++)
			if (unit != silent)
				assert_int_equal(view_of(f, unit)->health, OHTD_HEALTH_GOOD);
		fixture_destroy(f);
	}
}

/* Its registers between device id and type code are not known: it is asked for each alone. */
static void other_module_in_its_place_is_told(void **state)
{
	struct fixture *f = fixture_safe();
	uint16_t id = f->control.model->device_id_address, type = f->control.model->module_type_address;
	struct ohtd_snapshot s;
	uint16_t address;

	(void)state;
	for (address = id + 1; address < type; address++)
		f->fake->units[DOCK].known[address] = false;
	f->fake->units[DOCK].words[type] = 77;
	search(f);
	assert_int_equal(view_of(f, DOCK)->type_code, 77);
	assert_string_equal(view_of(f, DOCK)->name, "unknown");
	s = fixture_snapshot(f);
	assert_true(fixture_module(&s, DOCK)->required);
	fixture_destroy(f);
}

/* It refuses what lies between its registers, or has memory there: its layout is the same. */
static void legacy_modules_are_told_with_and_without_gaps(void **state)
{
	uint16_t address;
	uint8_t unit;
	int gaps;

	(void)state;
	for (gaps = 0; gaps < 2; gaps++) {
		struct fixture *f = fixture_create(true);

		fixture_plug_all(f, OHT_PROFILE_LEGACY);
		for (unit = POWER; unit <= DOCK && !gaps; unit++)
			for (address = 0; address < 0x200; address++)
				f->fake->units[unit].known[address] = true;
		fixture_open(f);
		fixture_run_ms(f, 3000);
		for (unit = POWER; unit <= DOCK; unit++)
			assert_string_equal(view_of(f, unit)->profile, "legacy");
		fixture_destroy(f);
	}
}

static void drive_tells_its_profile(struct fixture *f, bool tells)
{
	const struct ohtd_kind *kind = ohtd_model_by_unit(f->control.model, MOTOR);
	unsigned int row, i;

	for (row = 0; row < kind->probes; row++)
		for (i = 0; i < kind->probe[row].count; i++)
			f->fake->units[MOTOR].known[kind->probe[row].address + i] = tells;
}

/* It refuses the registers that tell its profile while it starts: what it is taken for does not last. */
static void profile_refused_at_first_is_asked_for_again(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_LEGACY);
	drive_tells_its_profile(f, false);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(view_of(f, MOTOR)->profile, "canonical");
	drive_tells_its_profile(f, true);
	fixture_run_ms(f, 12000);
	assert_string_equal(view_of(f, MOTOR)->profile, "legacy");
	assert_int_equal(view_of(f, MOTOR)->health, OHTD_HEALTH_GOOD);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

/* It refuses each of its values, so that nothing of it is polled: the others are, and in time, while a search leaves the plan out. */
static void module_without_values_costs_the_others_nothing(void **state)
{
	struct fixture *f = fixture_safe();
	const struct ohtd_unit *dock = &f->control.modules.units[DOCK - 1];
	uint8_t unit;
	size_t i;

	(void)state;
	for (i = 0; i < dock->plan->map->count; i++) {
		uint16_t address = dock->plan->map->reg[i].address;

		f->fake->units[DOCK].known[address] = address == f->control.model->device_id_address ||
						      address == f->control.model->module_type_address;
	}
	fixture_run_ms(f, 3000);
	for (i = 0; i < 20; i++) {
		search(f);
		fixture_run_ms(f, 613);
	}
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	for (unit = POWER; unit < DOCK; unit++)
		assert_int_equal(view_of(f, unit)->health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

/* Says of the power module whether it knows its registers; what it is it always tells. */
static void power_knows(struct fixture *f, bool knows)
{
	const struct ohtd_model *model = f->control.model;
	const struct ohtd_unit *unit = &f->control.modules.units[POWER - 1];
	const struct ohtd_probe *probe = &unit->kind->probe[0];
	unsigned int i;

	for (i = 0; i < unit->plan->map->count; i++) {
		uint16_t address = unit->plan->map->reg[i].address;

		if (address != model->device_id_address && address != model->module_type_address &&
		    (address < probe->address || address >= probe->address + probe->count))
			f->fake->units[POWER].known[address] = knows;
	}
}

/*
 * That it says what it is makes a module no better that has not one of its values, be it that it does not know them (02) or
 * is busy (06): it gets worse, never well by turns, and is well when it has them.
 */
static void module_without_its_values_is_not_well(void **state)
{
	static const struct {
		uint8_t exception;
		enum ohtd_health then;
	} rows[] = { { 2, OHTD_HEALTH_DEGRADED }, { 6, OHTD_HEALTH_LOST } };
	unsigned int row, i;

	(void)state;
	for (row = 0; row < 2; row++) {
		struct fixture *f = fixture_create(true);
		unsigned int good = 0;

		fixture_plug_all(f, OHT_PROFILE_CANONICAL);
		fixture_open(f);
		fixture_run_ms(f, 3000);
		assert_int_equal(view_of(f, POWER)->health, OHTD_HEALTH_GOOD);
		f->fake->units[POWER].exception = rows[row].exception;
		power_knows(f, false);
		fixture_run_ms(f, 2000);
		for (i = 0; i < 3000; i++) {
			fixture_run_ms(f, 10);
			good += view_of(f, POWER)->health != rows[row].then;
		}
		assert_int_equal(good, 0);
		/* Pulled out and put back it is as before. */
		f->fake->units[POWER].fault = FAKE_SILENT;
		fixture_run_ms(f, 3000);
		assert_int_equal(view_of(f, POWER)->health, OHTD_HEALTH_LOST);
		f->fake->units[POWER].fault = FAKE_GOOD;
		fixture_run_ms(f, 3000);
		assert_int_equal(view_of(f, POWER)->health, rows[row].then);
		power_knows(f, true);
		fixture_run_ms(f, 12000);
		assert_int_equal(view_of(f, POWER)->health, OHTD_HEALTH_GOOD);
		assert_string_equal(view_of(f, POWER)->profile, "canonical");
		fixture_destroy(f);
	}
}

/* ---- which addresses are searched ---- */

static struct ohtd_answer search_only(struct fixture *f, const char *text)
{
	const struct ohtd_limits_block *block = ohtd_limits_block(&f->control.limits);
	struct ohtd_searched searched;
	struct ohtd_command command = { .id = 3, .kind = OHTD_COMMAND_LIMITS, .valid_ms = 2000 };

	assert_null(ohtd_searched_read(text, &searched, NULL));
	command.generation = ohtd_limits_offer(&f->control.limits, &block->table, NULL, &searched, NULL, now_ns(f));
	return fixture_command(f, &command);
}

static void searches(struct fixture *f, const char *text)
{
	assert_int_equal(search_only(f, text).outcome, OHTD_OUTCOME_DONE);
}

static bool is_shown(struct fixture *f, uint8_t unit)
{
	const struct ohtd_snapshot s = fixture_snapshot(f);
	bool shown = false;

	for (unsigned int i = 0; i < s.module_count; i++) {
		assert_true(!i || s.modules[i - 1].unit < s.modules[i].unit);
		shown |= s.modules[i].unit == unit;
	}
	return shown;
}

/* How often that unit has been asked since @since_ns. */
static unsigned int asked(struct fixture *f, uint8_t unit, uint64_t since_ns)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < FAKE_LOG; i++)
		count += f->fake->log[i].request.unit == unit && f->fake->log[i].start_ns > since_ns;
	return count;
}

static void unit_that_is_not_searched_is_forgotten(void **state)
{
	struct fixture *f = fixture_idle();
	uint32_t generation;
	uint64_t since_ns;

	(void)state;
	plug_stranger(f);
	search(f);
	generation = ohtd_unit(&f->control.modules, STRANGER)->view.generation;
	assert_true(is_shown(f, STRANGER) && generation);
	searches(f, "2-5,8");
	assert_true(f->control.snapshot.bus.discovering);
	assert_false(is_shown(f, STRANGER));
	since_ns = now_ns(f) + 50 * OHTD_NS_PER_MS;
	fixture_run_ms(f, 12000);
	assert_int_equal(asked(f, STRANGER, since_ns) + asked(f, 1, since_ns) + asked(f, 6, since_ns), 0);
	assert_true(asked(f, SAFETY, since_ns) > 0);
	assert_false(f->control.snapshot.bus.discovering);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	assert_int_equal(f->control.fault_count, 0);
	/* What was meant for it before is not for what is found there now. */
	searches(f, "2-5,7-8");
	fixture_run_ms(f, 1000);
	assert_true(is_shown(f, STRANGER));
	assert_true(ohtd_unit(&f->control.modules, STRANGER)->view.generation > generation);
	for (uint8_t unit = POWER; unit <= DOCK; unit++) {
		assert_int_equal(view_of(f, unit)->health, OHTD_HEALTH_GOOD);
		assert_int_equal(view_of(f, unit)->timeouts, 0);
	}
	fixture_destroy(f);
}

static bool stands(struct fixture *f, unsigned int code, uint8_t unit)
{
	for (unsigned int i = 0; i < f->control.fault_count; i++)
		if (f->control.faults[i].why.code == code && f->control.faults[i].why.unit == unit)
			return f->control.faults[i].standing;
	return false;
}

static void loss_of_a_unit_is_over_with_its_search(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	f->fake->units[POWER].fault = FAKE_SILENT;
	fixture_run_ms(f, 3000);
	assert_true(stands(f, OHTD_WHY_MODULE_LOST, POWER));
	searches(f, "3-5");
	assert_false(stands(f, OHTD_WHY_MODULE_LOST, POWER));
	fixture_run_ms(f, 12000);
	assert_false(is_shown(f, POWER) || stands(f, OHTD_WHY_MODULE_LOST, POWER));
	fixture_destroy(f);
}

static double errors_of(struct fixture *f)
{
	const struct ohtd_snapshot s = fixture_snapshot(f);
	const struct ohtd_telemetry_aim aim = ohtd_telemetry_aim(&s, NULL, OHTD_TELEMETRY_bus_errors);

	return ohtd_telemetry_read_at(&s, now_ns(f), OHTD_TELEMETRY_bus_errors, &aim, NULL).value;
}

static void errors_stay_counted_when_a_unit_is_forgotten(void **state)
{
	struct fixture *f = fixture_safe();
	double before, after;

	(void)state;
	f->fake->units[POWER].fault = FAKE_SILENT;
	fixture_run_ms(f, 3000);
	before = errors_of(f);
	searches(f, "3-5");
	after = errors_of(f);
	/* One more of it may have come meanwhile; the silence of 1 and 6 to 8 is no error of a module. */
	assert_true(before > 0 && after >= before && after <= before + 1);
	searches(f, "2-5");
	fixture_run_ms(f, 1000);
	assert_true(errors_of(f) > after);
	fixture_destroy(f);
}

static void addresses_are_taken_at_standstill_only(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 100);
	assert_string_equal(ohtd_state_name(f->control.state), "init");
	assert_int_equal(search_only(f, "2-5").outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(f->control.modules.searched.count, 8);
	fixture_run_ms(f, 3000);
	searches(f, "2-5");
	/* The same ones make no search. */
	fixture_run_ms(f, 1000);
	searches(f, "2-5");
	assert_false(f->control.snapshot.bus.discovering);
	fixture_destroy(f);
}

/* Whatever is under way: a search, a poll, a set-point, a stop telegram. Each of the four in turn, with both back-ends, enabled or not. */
static void unit_may_be_taken_out_at_any_moment(void **state)
{
	static const char *const without[] = { "3-5", "2,4-5", "2-3,5", "2-4" };
	unsigned int begun_ms;

	(void)state;
	for (begun_ms = 0; begun_ms < 300; begun_ms += 3) {
		const struct ohtd_command search = { .id = 1, .kind = OHTD_COMMAND_DISCOVER };
		struct fixture *f = begun_ms & 1 ? fixture_idle() : fixture_safe();
		unsigned int which = begun_ms / 3 % 4;
		uint8_t unit = (uint8_t)(POWER + which), other;

		if (begun_ms & 2)
			assert_int_equal(ohtd_link_post(&f->links[1], &search), 0);
		fixture_run_ms(f, begun_ms);
		searches(f, without[which]);
		assert_false(is_shown(f, unit));
		fixture_run_ms(f, begun_ms & 4 ? 1000 : begun_ms / 8);
		searches(f, "2-5,8");
		fixture_run_ms(f, 3000);
		for (other = POWER; other <= DOCK; other++) {
			const struct ohtd_module_view *view = &ohtd_unit(&f->control.modules, other)->view;

			assert_int_equal(view->health, OHTD_HEALTH_GOOD);
			assert_int_equal(view->unit, other);
		}
		assert_false(f->control.modules.identify.full || f->control.snapshot.bus.discovering);
		assert_int_equal(f->control.snapshot.bus.cycles_missed, 0);
		fixture_destroy(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(search_is_quick_beside_the_plan),
		cmocka_unit_test(search_is_quick_while_outputs_are_off),
		cmocka_unit_test(search_finds_a_stranger),
		cmocka_unit_test(known_stranger_may_be_slow),
		cmocka_unit_test(slow_module_is_searched_for_patiently),
		cmocka_unit_test(module_with_a_long_time_out_is_found),
		cmocka_unit_test(module_that_comes_and_goes_stops_once),
		cmocka_unit_test(enable_ends_the_time_without_a_plan),
		cmocka_unit_test(module_may_be_lost_during_a_search),
		cmocka_unit_test(silence_is_shown_from_any_moment_of_a_search),
		cmocka_unit_test(silent_module_costs_the_others_nothing),
		cmocka_unit_test(other_module_in_its_place_is_told),
		cmocka_unit_test(legacy_modules_are_told_with_and_without_gaps),
		cmocka_unit_test(profile_refused_at_first_is_asked_for_again),
		cmocka_unit_test(module_without_its_values_is_not_well),
		cmocka_unit_test(module_without_values_costs_the_others_nothing),
		cmocka_unit_test(unit_that_is_not_searched_is_forgotten),
		cmocka_unit_test(loss_of_a_unit_is_over_with_its_search),
		cmocka_unit_test(errors_stay_counted_when_a_unit_is_forgotten),
		cmocka_unit_test(addresses_are_taken_at_standstill_only),
		cmocka_unit_test(unit_may_be_taken_out_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
