// SPDX-License-Identifier: GPL-2.0-or-later
/* The stop telegrams that the control thread leaves with the device, for when it is dead. */
#include "robot_fixture.h"

#include <errno.h>

/* Known drive and profile: then its own stop, once. */
static void leaves_the_stop_of_the_drive(void **state)
{
	struct fixture *f = fixture_safe();
	const struct ohtd_plan *plan = f->control.modules.units[MOTOR - 1].plan;
	unsigned int i;

	(void)state;
	assert_int_equal(f->fake->telegram_count, plan->write_count[OHTD_TELEGRAM_STOP]);
	assert_int_equal(f->fake->telegram_count, 2);
	for (i = 0; i < f->fake->telegram_count; i++) {
		const struct oht_stop_telegram *telegram = &f->fake->telegrams[i];

		assert_int_equal(telegram->unit, MOTOR);
		assert_int_equal(telegram->function, OHT_WRITE_SINGLE);
		assert_int_equal(telegram->count, 1);
		assert_int_equal(telegram->address, plan->writes[OHTD_TELEGRAM_STOP][i].address);
		assert_int_equal(telegram->words[0], plan->writes[OHTD_TELEGRAM_STOP][i].value);
		assert_int_equal(telegram->turnaround_us, 25000);
	}
	fixture_run_ms(f, 2000);
	assert_int_equal(f->fake->telegram_calls, 1);
	fixture_destroy(f);
}

static void follows_the_profile(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_LEGACY);
	fixture_open(f);
	assert_int_equal(f->fake->telegram_calls, 0);
	fixture_run_ms(f, 3000);
	assert_int_equal(f->fake->telegram_count, 2);
	assert_int_equal(f->fake->telegrams[0].words[0], 1);
	assert_int_equal(f->fake->telegrams[1].words[0], 0);
	fixture_destroy(f);
}

/* The drive does not answer any more: it may hear all the same. */
static void keeps_them_when_the_drive_is_lost(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	fixture_run_ms(f, 5000);
	assert_int_equal(f->fake->telegram_count, 2);
	assert_int_equal(f->fake->telegram_calls, 1);
	fixture_destroy(f);
}

static void leaves_them_again_with_a_new_device(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	f->fake->gone = true;
	f->fake->there = false;
	f->fake->telegram_count = 0;
	fixture_run_ms(f, 60);
	f->fake->gone = false;
	f->fake->there = true;
	fixture_run_ms(f, 10000);
	assert_int_equal(f->fake->telegram_count, 2);
	assert_int_equal(f->fake->telegram_calls, 2);
	fixture_destroy(f);
}

static void tries_again_what_failed(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	f->fake->telegram_error = -EPERM;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_int_equal(f->fake->telegram_calls, 2);
	assert_int_equal(f->fake->telegram_count, 2);
	fixture_destroy(f);
}

/* A bus that cannot, is not asked again; a port that is down, not at all. */
static void leaves_alone_who_cannot(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	f->fake->telegram_error = -EOPNOTSUPP;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_int_equal(f->fake->telegram_calls, 1);
	fixture_destroy(f);

	f = fixture_create(true);
	f->fake->port_dead = true;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_int_equal(f->fake->telegram_calls, 0);
	fixture_destroy(f);
}

static bool is_switched_on(const struct fixture *f, const struct fake_exchange *exchange)
{
	const struct ohtd_plan *plan = f->control.modules.units[MOTOR - 1].plan;
	unsigned int i;

	for (i = 0; i < plan->write_count[OHTD_TELEGRAM_DRIVE_ON]; i++)
		if (exchange->request.unit == MOTOR &&
		    exchange->request.function == OHT_WRITE_SINGLE &&
		    exchange->request.address == plan->writes[OHTD_TELEGRAM_DRIVE_ON][i].address &&
		    exchange->word == plan->writes[OHTD_TELEGRAM_DRIVE_ON][i].value)
			return true;
	return false;
}

/* A stop, or a disable, at any moment of the enable: behind it the drive is not switched on. */
static unsigned int switched_on(unsigned int delay_ms, bool stop)
{
	const struct ohtd_command enable = {
		.kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR,
	};
	struct fixture *f = fixture_safe();
	unsigned int before, on = 0, i;

	assert_int_equal(ohtd_link_post(&f->links[1], &enable), 0);
	fixture_run_ms(f, delay_ms);
	before = f->fake->exchanges;
	if (stop || f->fake->status.state != OHT_STATE_ENABLED)
		fake_bus_press(f->fake);
	else
		f->fake->bus.ops->disable(&f->fake->bus, 0);
	fixture_run_ms(f, 500);
	assert_true(f->fake->exchanges < FAKE_LOG);
	for (i = before; i < f->fake->exchanges; i++)
		assert_false(is_switched_on(f, &f->fake->log[i]));
	for (i = 0; i < before; i++)
		on += is_switched_on(f, &f->fake->log[i]);
	fixture_destroy(f);
	return on;
}

static void drive_is_not_switched_on_behind_a_stop(void **state)
{
	unsigned int counts[3] = { 0 }, i, on;

	(void)state;
	for (i = 300; i < 600; i++) {
		on = switched_on(i / 2, i % 2);
		counts[on < 2 ? on : 2]++;
	}
	/* Before the first of its two writes, between them, behind both. */
	assert_true(counts[0] && counts[1] && counts[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_the_stop_of_the_drive),
		cmocka_unit_test(follows_the_profile),
		cmocka_unit_test(keeps_them_when_the_drive_is_lost),
		cmocka_unit_test(leaves_them_again_with_a_new_device),
		cmocka_unit_test(tries_again_what_failed),
		cmocka_unit_test(leaves_alone_who_cannot),
		cmocka_unit_test(drive_is_not_switched_on_behind_a_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
