// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reset button: resets when it is released after it was pressed for 0.1 to 3 s. It is polled by
 * the supervision timer, and the only input that is debounced: nothing is late if it is seen late.
 * Everything here is called with estop->lock held.
 *
 * One that is stuck, shorted or pressed since before the driver came is never released in time, and
 * so resets nothing. What could not be read, or was not looked at for too long, counts as pressed,
 * nobody knows since when.
 */
#include <linux/ktime.h>

#include "estop_internal.h"

/* Contacts bounce for some milliseconds; and the supervision's longest period fits in thrice. */
#define OHT_BUTTON_DEBOUNCE_NS	(30 * NSEC_PER_MSEC)
#define OHT_BUTTON_SHORTEST_NS	(100 * NSEC_PER_MSEC)
#define OHT_BUTTON_LONGEST_NS	(3 * NSEC_PER_SEC)

/* Pressed, nobody knows since when. */
static void oht_estop_button_forget(struct oht_estop_button *button)
{
	button->pressed = true;
	button->pressed_ns = 0;
	button->changing_ns = 0;
}

static void oht_estop_button_changed(struct oht_estop *estop)
{
	struct oht_estop_button *button = &estop->button;
	u64 at_ns = button->changing_ns, since_ns = button->pressed_ns;
	u64 held_ns = since_ns ? at_ns - since_ns : 0;
	u64 blocking;

	button->changing_ns = 0;
	button->pressed = !button->pressed;
	button->pressed_ns = button->pressed ? at_ns : 0;
	/* If something stands in the way, that is what status shows. */
	if (held_ns >= OHT_BUTTON_SHORTEST_NS && held_ns <= OHT_BUTTON_LONGEST_NS)
		oht_estop_reset_locked(estop, NULL, &blocking);
}

void oht_estop_poll_button(struct oht_estop *estop, u64 now)
{
	struct oht_estop_button *button = &estop->button;
	int value = gpiod_get_value(button->gpio);
	u64 polled_ns = button->polled_ns;

	button->polled_ns = now;
	if (value < 0 || oht_estop_passed(now, polled_ns, OHT_BUTTON_DEBOUNCE_NS)) {
		oht_estop_button_forget(button);
		return;
	}
	if (!!value == button->pressed) {
		button->changing_ns = 0;
		return;
	}
	if (!button->changing_ns)
		button->changing_ns = now;
	if (oht_estop_passed(now, button->changing_ns, OHT_BUTTON_DEBOUNCE_NS))
		oht_estop_button_changed(estop);
}
