// SPDX-License-Identifier: GPL-2.0-only
/* The module oht_kunit: all suites of this folder, run when a kernel with KUnit loads it. */
#include <linux/module.h>

MODULE_DESCRIPTION("KUnit tests of oht");
MODULE_LICENSE("GPL");
