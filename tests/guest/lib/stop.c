// SPDX-License-Identifier: GPL-2.0-or-later
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "lib/guest.h"
#include "lib/tap.h"
#include "stim.h"

int stop_outputs(int stim)
{
	return ioctl(stim, OHT_STIM_IOC_OUTPUTS);
}

void stop_relays(int stim, uint32_t first, uint32_t second, uint32_t delay_us)
{
	struct oht_stim_relays set = { .mode = { first, second }, .delay_us = delay_us };

	if (ioctl(stim, OHT_STIM_IOC_RELAYS, &set) < 0)
		tap_bail("relays: %s", strerror(errno));
}

void stop_unreadable(int stim, uint32_t lines)
{
	if (ioctl(stim, OHT_STIM_IOC_UNREADABLE, (unsigned long)lines) < 0)
		tap_bail("unreadable lines: %s", strerror(errno));
}

int stop_enabled_controller(int stim, uint32_t deadman_ms)
{
	int fd = guest_open(O_RDWR);

	guest_make_enabled(fd, deadman_ms);
	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	if (stop_outputs(stim) != (OHT_STIM_ENABLE_1 | OHT_STIM_ENABLE_2))
		tap_bail("enabled, but the outputs are %#x", stop_outputs(stim));
	return fd;
}

static bool expect_either(int stim, int fd, uint32_t cause, uint32_t or_cause, const char *what,
			  struct oht_record *record)
{
	const struct oht_safety_record *safety = &record->safety;
	bool came = guest_next_safety(fd, STOP_WAIT_MS, record);
	int outputs = stop_outputs(stim);
	bool good = came && (safety->cause == cause || safety->cause == or_cause) &&
		    safety->state_from == OHT_ESTOP_ENABLED &&
		    safety->state_to == OHT_ESTOP_STOPPED &&
		    safety->low_ns >= safety->event_ns && !safety->outputs && !outputs;

	tap_ok(good, "%s: stops for cause %u, outputs low", what, came ? safety->cause : cause);
	if (!came)
		tap_note("    no record within %d ms, outputs %#x", STOP_WAIT_MS, outputs);
	else if (!good)
		tap_note("    cause %u, want %u; state %u -> %u; %lld ns to low; outputs %#x, then %#x",
			 safety->cause, cause, safety->state_from, safety->state_to,
			 (long long)(safety->low_ns - safety->event_ns), safety->outputs, outputs);
	return good;
}

bool stop_expect(int stim, int fd, uint32_t cause, const char *what, struct oht_record *record)
{
	return expect_either(stim, fd, cause, cause, what, record);
}

bool stop_expect_press(int stim, int fd, const char *what, struct oht_record *record)
{
	bool good = expect_either(stim, fd, OHT_CAUSE_BUTTON_A, OHT_CAUSE_BUTTON_B, what, record);
	struct oht_estop_status status;

	/* Reads both channels: a press without interrupts may have been seen of one alone so far. */
	guest_status(fd, &status);
	return good;
}

static uint32_t period_us(void)
{
	static struct oht_info info;

	if (!info.size)
		guest_device_info(&info);
	return info.supervision_period_us;
}

void stop_within(uint64_t happened_ns, uint64_t since_ns, uint64_t before_us, unsigned int periods,
		 const char *what)
{
	uint64_t limit_us = before_us + (uint64_t)periods * period_us();
	uint64_t took_us = (happened_ns - since_ns) / US;

	tap_ok(happened_ns >= since_ns && took_us <= limit_us + STOP_SLACK_US,
	       "%s: after %llu us, at most %llu", what, (unsigned long long)took_us,
	       (unsigned long long)limit_us);
}

void stop_sleep_to_phase(int phase)
{
	struct timespec wait = { .tv_nsec = (long)(phase * period_us() * US / STOP_PHASES) };

	nanosleep(&wait, NULL);
}

void stop_work_button(int stim, int fd)
{
	struct oht_estop_status status;

	guest_press(stim, BOTH);
	if (!GUEST_UNTIL((guest_status(fd, &status), !status.inputs), STOP_WAIT_MS))
		tap_bail("the driver never sees both channels open");
	guest_unpress(stim, BOTH);
}

uint32_t stop_other_channel(uint32_t cause)
{
	return cause == OHT_CAUSE_BUTTON_A ? OHT_CAUSE_BUTTON_B : OHT_CAUSE_BUTTON_A;
}
