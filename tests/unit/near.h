/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A comparison of lengths and speeds that prints both numbers. Include after test.h or cmocka.h. */
#ifndef OHTD_TEST_NEAR_H
#define OHTD_TEST_NEAR_H

#include <math.h>

static inline void assert_near(double is, double wanted, double tolerance)
{
	if (!(fabs(is - wanted) <= tolerance))
		fail_msg("%.4f, not %.4f within %.4f", is, wanted, tolerance);
}

#endif
