// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "commission_person.h"
#include "fake_device.h"
#include "ohtctl_runner.h"

#define NS_PER_MS	1000000LL
#define FEEDBACKS	(OHT_INPUT_FEEDBACK_1 | OHT_INPUT_FEEDBACK_2)

struct person person;

static void open_channels(bool a, bool b)
{
	if (person.swapped && a != b) {
		a = !a;
		b = !b;
	}
	if (person.bridged)
		a = b = true;
	fake.hasty = person.hasty;
	fake_press((a ? OHT_INPUT_A : 0) | (b ? OHT_INPUT_B : 0));
	if (!(a && b) && fake.info.caps & OHT_CAP_CHANNEL_B && !person.tolerant)
		person.follow_up = 3;
}

static void close_channels(void)
{
	fake_unpress();
	fake.stop.standing = 0;
	if (person.forgets)
		fake.stop.state = OHT_ESTOP_READY;
}

static void press(void)
{
	open_channels(true, !person.one_contact);
}

static void work_button(void)
{
	press();
	close_channels();
}

static void reset_by_button(void)
{
	fake.stop.state = OHT_ESTOP_READY;
	fake.stop.causes = 0;
	fake_safety(OHT_SAFETY_RESET, 0, OHT_ESTOP_STOPPED, OHT_ESTOP_READY);
}

static void obey(const char *asked)
{
	if (strstr(asked, "take its wire off"))
		open_channels(strstr(asked, "channel a"), strstr(asked, "channel b"));
	else if (strstr(asked, "put it back"))
		work_button();
	else if (strstr(asked, "press the emergency stop"))
		press();
	else if (strstr(asked, "press the reset button"))
		reset_by_button();
	else if (strstr(asked, "release"))
		close_channels();
}

/* What the driver does by itself. */
static void drive(void)
{
	if (person.follow_up && !--person.follow_up) {
		fake_stop(OHT_CAUSE_DISCREPANCY);
		fake.stop.standing |= OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY);
	}
	fake.immortal = person.immortal;
}

static void move_contacts(void)
{
	if (!(fake.info.caps & OHT_CAP_FEEDBACK))
		return;
	if (fake.stop.state == OHT_ESTOP_ENABLED) {
		fake.stop.inputs |= FEEDBACKS;
		person.opens_ns = 0;
	} else if (fake.stop.inputs & FEEDBACKS && !person.welded) {
		if (!person.opens_ns)
			person.opens_ns = fake.low_ns + person.opens_after_ms * NS_PER_MS;
		if ((uint64_t)fake.now_ns < person.opens_ns)
			return;
		fake.stop.inputs &= ~FEEDBACKS;
		fake_safety(OHT_SAFETY_OPENED, 0, fake.stop.state, fake.stop.state);
	}
}

/* The last line that asks for something, or NULL. */
static const char *last_asked(void)
{
	const char *found = NULL, *next = out_text;

	while (next && (next = strstr(next, "  -> ")))
		found = next++;
	return found;
}

static void look(void)
{
	const char *asked = last_asked();
	uint64_t place = asked ? (uint64_t)(asked - out_text) : 0;

	drive();
	move_contacts();
	if (!asked || place == person.done)
		return;
	person.done = place;
	if (person.leaves_at && strstr(asked, person.leaves_at)) {
		person.was_high = fake.stop.outputs;
		fake.poll_error = EINTR;
		raise(SIGINT);
	} else if (person.pulls_at && strstr(asked, person.pulls_at)) {
		fake.gone = true;
	} else if (!person.absent) {
		obey(asked);
	}
}

void person_comes(void)
{
	memset(&person, 0, sizeof(person));
	person.opens_after_ms = 10;
	fake.on_poll = look;
}
