// SPDX-License-Identifier: GPL-2.0-or-later
/* The full speed of the drive, measured as a person does, with the simulator's vehicle. */
#include <math.h>

#include "drive_robot.h"

/* docs/motion.md, Calibration: way by the share of full speed that the drive reports, while the speed is even. */
static double measured_full_speed(struct driver *d, double target_mm)
{
	double from_mm, share, to_mm, sum = 0;
	struct ohtd_answer answer = driver_move(d, target_mm, 500);
	unsigned int i;

	driver_done(&answer);
	driver_run_ms(d, 2000);
	assert_true(ohtd_signal_fresh(&d->f->control, OHTD_SIGNAL_POSITION_MM, &from_mm));
	for (i = 0; i < 25; i++) {
		assert_true(ohtd_signal_fresh(&d->f->control, OHTD_SIGNAL_DRIVE_SPEED_1, &share));
		sum += share / 100;
		driver_run_ms(d, 100);
	}
	assert_true(ohtd_signal_fresh(&d->f->control, OHTD_SIGNAL_POSITION_MM, &to_mm));
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_until(d, OHTD_STATE_IDLE, 5000);
	driver_run_ms(d, 3000);
	return fabs(to_mm - from_mm) / (0.1 * sum);
}

static void full_speed_can_be_measured(void **state)
{
	struct driver *d = driver_begin(1000);

	(void)state;
	assert_near(measured_full_speed(d, 21000), 2000, 20);
	driver_sim(d, "rail slip 5");
	assert_near(measured_full_speed(d, 1000), 1900, 20);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(full_speed_can_be_measured) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
