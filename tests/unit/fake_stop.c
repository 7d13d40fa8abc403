// SPDX-License-Identifier: GPL-2.0-or-later
/* The fake device's stop, and the role of controller. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_device.h"
#include "fake_rules.h"

#define NS_PER_MS	1000000LL
#define CHANNELS	(OHT_INPUT_A | OHT_INPUT_B)
#define TO_LOW_NS	3000

static bool calling;			/* what happens is done by a call */

/* ---- records ---- */

void fake_safety(uint32_t kind, uint32_t cause, uint8_t from, uint8_t to)
{
	struct oht_record record = { .type = OHT_RECORD_SAFETY };
	bool lowers = (kind == OHT_SAFETY_STOP && from == OHT_ESTOP_ENABLED) ||
		      kind == OHT_SAFETY_DISABLE;

	record.safety.journal_seq = ++fake.stop.journal_seq;
	record.safety.event_ns = fake.now_ns;
	if (lowers)
		fake.low_ns = fake.now_ns + TO_LOW_NS;
	if (lowers || kind == OHT_SAFETY_OPENED)
		record.safety.low_ns = fake.low_ns;
	record.safety.causes = fake.stop.causes;
	record.safety.tag = fake.tag;
	record.safety.cause = cause;
	record.safety.kind = kind;
	record.safety.state_from = from;
	record.safety.state_to = to;
	record.safety.inputs = fake.stop.inputs;
	record.safety.outputs = fake.stop.outputs;
	record.safety.tgid = calling ? getpid() : 0;
	record.time_ns = fake.now_ns;
	fake.journal[record.safety.journal_seq % FAKE_JOURNAL] = record;
	fake_tell(OHT_SUBSCRIBE_SAFETY, &record);
}

static void enter(uint32_t state, uint32_t kind, uint32_t cause)
{
	uint8_t from = fake.stop.state;

	if (from != state)
		fake.stop.since_ns = fake.now_ns;
	fake.stop.state = state;
	fake.stop.outputs = state == OHT_ESTOP_ENABLED ? OHT_OUTPUT_ENABLE_1 | OHT_OUTPUT_ENABLE_2
						       : 0;
	fake_safety(kind, cause, from, state);
}

void fake_stop(uint32_t cause)
{
	if (fake.stop.state != OHT_ESTOP_STOPPED)
		fake.stop.causes = 0;
	if (!fake.stop.causes)
		fake.stop.first_cause = cause;
	if (fake.stop.causes & OHT_CAUSE_BIT(cause))
		return;
	fake.stop.causes |= OHT_CAUSE_BIT(cause);
	enter(OHT_ESTOP_STOPPED, OHT_SAFETY_STOP, cause);
	fake_wire_abort(false);
}

/* ---- the button ---- */

void fake_press(uint32_t channels)
{
	fake.stop.inputs &= ~(channels & CHANNELS);
	fake.opened |= channels & CHANNELS;
	fake.stop.closed_since_ns = 0;
	if (!(fake.stop.inputs & CHANNELS))
		fake.stop.opened_age_s = 0;
	if (channels & OHT_INPUT_A)
		fake_stop(OHT_CAUSE_BUTTON_A);
	if (channels & OHT_INPUT_B && fake.info.caps & OHT_CAP_CHANNEL_B)
		fake_stop(OHT_CAUSE_BUTTON_B);
}

void fake_unpress(void)
{
	fake.stop.inputs |= CHANNELS;
	fake.stop.closed_since_ns = fake.now_ns;
}

static bool is_late(void)
{
	return fake.controller && !fake.immortal &&
	       fake.now_ns - fake.heartbeat_ns >= fake.stop.deadman_ms * NS_PER_MS;
}

static uint64_t standing(void)
{
	uint64_t mask = fake.stop.standing;
	bool closing = (fake.stop.inputs & CHANNELS) == CHANNELS &&
		       fake.now_ns - (int64_t)fake.stop.closed_since_ns <
			       fake.info.reset_stable_ms * NS_PER_MS;

	if (!fake.hasty && (closing || !(fake.stop.inputs & OHT_INPUT_A)))
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A);
	if (!fake.hasty && fake.info.caps & OHT_CAP_CHANNEL_B &&
	    (closing || !(fake.stop.inputs & OHT_INPUT_B)))
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B);
	/* One channel has opened since the reset, the other one not. */
	if (!fake.hasty && fake.info.caps & OHT_CAP_CHANNEL_B &&
	    (fake.stop.inputs & CHANNELS) == CHANNELS && fake.opened && fake.opened != CHANNELS)
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY);
	if (is_late())
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN);
	if (fake.stop.test_failed)
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_SELF_TEST);
	return mask;
}

/* ---- commands ---- */

static int do_reset(struct oht_command *command)
{
	if (fake.info.caps & OHT_CAP_RESET_BUTTON)
		return EREMOTE;
	if (fake.stop.state != OHT_ESTOP_STOPPED)
		return ECANCELED;
	command->blocking = standing();
	if (command->blocking)
		return EBUSY;
	fake.tag = command->tag;
	fake.stop.causes = 0;
	fake.stop.first_cause = OHT_CAUSE_NONE;
	fake.opened = 0;
	enter(OHT_ESTOP_READY, OHT_SAFETY_RESET, OHT_CAUSE_NONE);
	return 0;
}

static int do_enable(struct oht_command *command)
{
	command->blocking = fake.stop.causes;
	if (fake.stop.state != OHT_ESTOP_READY)
		return ECANCELED;
	command->blocking = fake.missing;
	if (fake.missing)
		return EBUSY;
	fake.tag = command->tag;
	fake.enables++;
	enter(OHT_ESTOP_ENABLED, OHT_SAFETY_ENABLE, OHT_CAUSE_NONE);
	return 0;
}

static int do_disable(const struct oht_command *command)
{
	if (fake.stop.state != OHT_ESTOP_ENABLED)
		return ECANCELED;
	fake.tag = command->tag;
	enter(OHT_ESTOP_READY, OHT_SAFETY_DISABLE, OHT_CAUSE_NONE);
	return 0;
}

static int do_command(int file, unsigned long number, struct oht_command *command)
{
	bool bad = command->flags || command->reserved[0] || command->reserved[1];

	if (bad && number != OHT_IOC_STOP)
		return EINVAL;
	fake.command = *command;
	if (number == OHT_IOC_STOP) {
		fake.tag = bad ? 0 : command->tag;
		fake_stop(OHT_CAUSE_SOFTWARE);
		fake_wire_abort(false);
		return bad ? EINVAL : 0;
	}
	command->blocking = 0;
	if (!fake_is_controller(file))
		return EPERM;
	switch (number) {
	case OHT_IOC_RESET:
		return do_reset(command);
	case OHT_IOC_ENABLE:
		return do_enable(command);
	case OHT_IOC_DISABLE:
		return do_disable(command);
	default:
		fake.heartbeat_ns = fake.now_ns;
		fake.heartbeats++;
		return 0;
	}
}

static int do_self_test(int file, struct oht_self_test *test)
{
	if (test->flags || test->reserved)
		return EINVAL;
	test->failed = 0;
	if (!fake_is_controller(file))
		return EPERM;
	if (fake.stop.state != OHT_ESTOP_STOPPED)
		return ECANCELED;
	test->failed = fake.test_failed;
	fake.stop.tested_ns = fake.now_ns;
	fake.stop.test_failed = fake.test_failed;
	if (fake.test_failed)
		fake_stop(OHT_CAUSE_SELF_TEST);
	return 0;
}

/* ---- the role ---- */

bool fake_is_controller(int file)
{
	return fake.controller == file + 1;
}

static int take_control(int file, struct oht_control *control)
{
	uint32_t period_ms = control->deadman_ms ? control->deadman_ms
						 : fake.info.deadman_default_ms;

	if (period_ms < fake.info.deadman_min_ms || period_ms > fake.info.deadman_max_ms)
		return EINVAL;
	if (fake.controller || fake.stop.flags & OHT_ESTOP_HAS_CONTROLLER)
		return EBUSY;
	control->deadman_ms = period_ms;
	fake.controller = file + 1;
	fake.sessions++;
	fake.heartbeat_ns = fake.now_ns;
	fake.stop.deadman_ms = period_ms;
	fake.stop.controller_tgid = getpid();
	fake_safety(OHT_SAFETY_CONTROL, 0, fake.stop.state, fake.stop.state);
	return 0;
}

static void drop_control(uint32_t cause)
{
	fake_stop(cause);
	fake.controller = 0;
	fake.stop.controller_tgid = 0;
}

static int do_control(int file, struct oht_control *control)
{
	if (control->reserved)
		return EINVAL;
	if (control->action == OHT_CONTROL_TAKE)
		return take_control(file, control);
	if (control->action != OHT_CONTROL_RELEASE || control->deadman_ms)
		return EINVAL;
	if (!fake_is_controller(file))
		return EPERM;
	fake.farewells++;
	drop_control(OHT_CAUSE_FAREWELL);
	return 0;
}

void fake_stop_forget(int file)
{
	calling = true;
	if (!fake.gone && fake_is_controller(file))
		drop_control(OHT_CAUSE_CLOSE);
	calling = false;
}

static void do_status(int file, struct oht_estop_status *status)
{
	*status = fake.stop;
	status->standing = standing();
	if (fake.controller)
		status->flags |= OHT_ESTOP_HAS_CONTROLLER;
	if (fake_is_controller(file))
		status->flags |= OHT_ESTOP_IS_CONTROLLER;
	if (!(status->flags & OHT_ESTOP_HAS_CONTROLLER))
		status->deadman_ms = 0;
}

/* ---- stop telegrams ---- */

static int do_telegrams(int file, const struct oht_telegrams *telegrams)
{
	static const struct oht_telegram none;
	unsigned int i;

	if (telegrams->flags || telegrams->reserved || telegrams->count > OHT_TELEGRAMS_MAX)
		return EINVAL;
	for (i = telegrams->count; i < OHT_TELEGRAMS_MAX; i++)
		if (memcmp(&telegrams->list[i], &none, sizeof(none)))
			return EINVAL;
	if (!(fake.info.caps & OHT_CAP_BUS))
		return EOPNOTSUPP;
	if (!fake_is_controller(file))
		return EPERM;
	for (i = 0; i < telegrams->count; i++)
		if (fake_rules_telegram(&telegrams->list[i]))
			return EINVAL;
	fake.telegrams = *telegrams;
	fake.telegram_status.set = telegrams->count;
	return 0;
}

static int stop_ioctl(int file, unsigned long number, void *argument)
{
	switch (number) {
	case OHT_IOC_ESTOP_STATUS:
		do_status(file, argument);
		return 0;
	case OHT_IOC_CONTROL:
		return do_control(file, argument);
	case OHT_IOC_TELEGRAMS:
		return do_telegrams(file, argument);
	case OHT_IOC_TELEGRAM_STATUS:
		if (!(fake.info.caps & OHT_CAP_BUS))
			return EOPNOTSUPP;
		*(struct oht_telegram_status *)argument = fake.telegram_status;
		return 0;
	case OHT_IOC_SELF_TEST:
		return do_self_test(file, argument);
	default:
		return do_command(file, number, argument);
	}
}

int fake_stop_ioctl(int file, unsigned long number, void *argument)
{
	int error;

	calling = true;
	error = stop_ioctl(file, number, argument);
	calling = false;
	return error;
}

/* ---- time ---- */

void fake_stop_run(void)
{
	if (is_late())
		fake_stop(OHT_CAUSE_DEADMAN);
}

int64_t fake_stop_next_ns(void)
{
	if (!fake.controller || fake.immortal || is_late())
		return INT64_MAX;
	return fake.heartbeat_ns + fake.stop.deadman_ms * NS_PER_MS;
}
