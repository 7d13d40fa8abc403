// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stop once more, for oht_kunit: its lines, its clock and its interrupts belong to the tests.
 * Headers come first, so that nothing in them is renamed.
 */
#define NOTRACE		/* the tracepoints are those of oht.ko */
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/string.h>
#include "../estop_internal.h"
#include "../journal.h"
#include "../trace.h"
#include "estop_seam.h"

#undef in_task
#define in_task				fake_estop_in_task
#define task_tgid_nr(task)		((void)(task), 1234)
#define ktime_get_ns			fake_estop_now_ns
#define ktime_get_mono_fast_ns		fake_estop_now_ns
#define gpiod_get_value			fake_gpio_get
#define gpiod_set_value			fake_gpio_set
#define irq_work_queue			fake_estop_queue
#define irq_work_sync(work)		((void)(work))
#define schedule_work(work)		((void)(work))
#define cancel_work_sync(work)		((void)(work))
#define disable_irq_nosync		fake_estop_mask
#define enable_irq			fake_estop_unmask

#include "../estop.c"
#include "../estop_command.c"
#include "../estop_inputs.c"
