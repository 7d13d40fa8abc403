// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Enable feedback: contacts that follow, weld, are missing, flicker, are slow. The relays are those
 * of oht_stim. contacts_test [--exact]: with guest time that does not stall (icount) also upper
 * bounds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

#define CONTACTS	(OHT_INPUT_FEEDBACK_1 | OHT_INPUT_FEEDBACK_2)
#define FEEDBACK	OHT_CAUSE_BIT(OHT_CAUSE_FEEDBACK)
#define QUICK_US	5000
#define RELAYS		2

static bool exact;
static int stim;
static struct oht_info info;

static void good_relays(uint32_t delay_us)
{
	stop_relays(stim, OHT_STIM_FOLLOW, OHT_STIM_FOLLOW, delay_us);
}

static void one_bad_relay(int bad, uint32_t mode)
{
	stop_relays(stim, bad ? OHT_STIM_FOLLOW : mode, bad ? mode : OHT_STIM_FOLLOW, QUICK_US);
}

static uint32_t inputs(int fd)
{
	struct oht_estop_status status;

	guest_status(fd, &status);
	return status.inputs;
}

/* Enabled with contacts that have followed; the journal read up to now. */
static int enabled_controller(uint32_t delay_us)
{
	int fd = guest_open(O_RDWR);

	good_relays(delay_us);
	guest_make_enabled(fd, LONG_MS);
	guest_sleep_ms(info.feedback_settle_ms + 20);
	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	if (stop_outputs(stim) != 3 || (inputs(fd) & CONTACTS) != CONTACTS)
		tap_bail("enabled, but outputs %#x, inputs %#x", stop_outputs(stim), inputs(fd));
	return fd;
}

static bool expect_cause(int fd, uint32_t cause, const char *what, struct oht_record *record)
{
	if (!tap_ok(guest_next_safety(fd, STOP_WAIT_MS, record), "%s: a record comes", what))
		return false;
	tap_is(record->safety.cause, cause, "%s: cause", what);
	return tap_is(stop_outputs(stim), 0, "%s: outputs low", what);
}

static bool expect_opened(int fd, uint64_t low_ns, const char *what, struct oht_record *record)
{
	const struct oht_safety_record *safety = &record->safety;

	if (!tap_ok(guest_next_safety(fd, STOP_WAIT_MS, record), "%s: a record comes", what))
		return false;
	tap_is(safety->kind, OHT_SAFETY_OPENED, "%s: the contacts have opened", what);
	tap_is(safety->cause, OHT_CAUSE_NONE, "%s: which is no stop", what);
	tap_is(safety->inputs & CONTACTS, 0, "%s: they read open", what);
	tap_is(safety->low_ns, low_ns, "%s: after the outputs went low then", what);
	return tap_ok(safety->event_ns >= low_ns, "%s: and later than that", what);
}

/* Nothing more is said, however long it goes on. */
static void expect_silence(int fd, const char *what)
{
	struct oht_record record;

	tap_ok(!guest_next_safety(fd, 100, &record), "%s: said once", what);
}

static void test_follow(void)
{
	const uint32_t delay_ms = 20;
	int fd = enabled_controller(delay_ms * 1000);
	struct oht_record record;
	uint64_t low_ns;

	expect_silence(fd, "contacts that follow");
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	tap_is(inputs(fd) & CONTACTS, CONTACTS, "stop: the contacts are still closed");
	if (!expect_cause(fd, OHT_CAUSE_SOFTWARE, "stop", &record))
		return;
	low_ns = record.safety.low_ns;
	tap_is(record.safety.inputs & CONTACTS, CONTACTS, "stop: its record says so");
	if (expect_opened(fd, low_ns, "stop", &record) && exact) {
		tap_ok(record.safety.event_ns - low_ns >= (delay_ms - 1) * MS,
		       "stop: not seen open before that");
		/* The relays are looked at every millisecond. */
		stop_within(record.safety.event_ns, low_ns, (delay_ms + 1) * 1000, 1,
			    "stop: seen open");
	}
	expect_silence(fd, "stop");
	close(fd);
}

/* The contacts have not opened yet: not a fault, but no enable either. */
static void test_enable_too_soon(void)
{
	int fd = enabled_controller(info.feedback_settle_ms * 700);
	struct oht_estop_status status;
	uint64_t blocking;

	guest_command(fd, OHT_IOC_DISABLE, 0, NULL);
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, &blocking), ECANCELED,
		  "enable right after disable");
	tap_is(blocking, FEEDBACK, "... says why");
	tap_is(stop_outputs(stim), 0, "... outputs stay low");
	guest_status(fd, &status);
	tap_is(status.state, OHT_ESTOP_READY, "... nothing is latched");
	tap_is(status.standing, FEEDBACK, "... it stands");
	guest_sleep_ms(info.feedback_settle_ms);
	guest_status(fd, &status);
	tap_is(status.standing, 0, "open: it stands no more");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "open: enable");
	close(fd);
}

static void test_welded(int bad)
{
	int fd = enabled_controller(QUICK_US);
	struct oht_estop_status status;
	struct oht_record record;
	uint64_t blocking, low_ns;
	uint32_t first;
	char what[32];

	snprintf(what, sizeof(what), "contact %d welded", bad + 1);
	one_bad_relay(bad, OHT_STIM_STUCK_CLOSED);
	guest_press(stim, BOTH);
	guest_unpress(stim, BOTH);
	if (!stop_expect_press(stim, fd, what, &record))
		return;
	first = record.safety.cause;
	low_ns = record.safety.low_ns;
	do
		if (!tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record), "%s: appended", what))
			return;
	while (record.safety.cause == stop_other_channel(first));
	tap_is(record.safety.cause, OHT_CAUSE_FEEDBACK, "%s: cause", what);
	tap_is(record.safety.state_from, OHT_ESTOP_STOPPED, "%s: it was stopped", what);
	tap_ok(record.safety.event_ns - low_ns > info.feedback_settle_ms * MS,
	       "%s: not within the settle time", what);
	if (exact)
		stop_within(record.safety.event_ns, low_ns, info.feedback_settle_ms * 1000, 1, what);
	expect_silence(fd, what);
	guest_status(fd, &status);
	tap_is(status.first_cause, first, "%s: first cause kept", what);
	tap_is(status.inputs & CONTACTS, OHT_INPUT_FEEDBACK_1 << bad, "%s: shown", what);
	guest_sleep_ms(info.reset_stable_ms);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: no reset", what);
	tap_is(blocking, FEEDBACK, "%s: says why", what);
	good_relays(QUICK_US);
	expect_opened(fd, low_ns, what, &record);
	guest_status(fd, &status);
	tap_ok(status.causes & FEEDBACK, "%s: repaired, still latched", what);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: repaired, reset", what);
	close(fd);
}

/* A contact that closes by itself, before anybody enables. */
static void test_closes_while_ready(void)
{
	int i, refused = 0, low = 0, fd = enabled_controller(QUICK_US);
	struct oht_record record;
	uint64_t blocking;

	guest_command(fd, OHT_IOC_DISABLE, 0, NULL);
	guest_sleep_ms(info.feedback_settle_ms + 20);
	guest_drain(fd);
	one_bad_relay(1, OHT_STIM_STUCK_CLOSED);
	for (i = 0; i < 100; i++) {
		refused += guest_command(fd, OHT_IOC_ENABLE, 0, &blocking) == ECANCELED &&
			   (blocking & FEEDBACK);
		low += !stop_outputs(stim);
	}
	tap_is(refused, 100, "closed while ready: every enable refused, with the cause");
	tap_is(low, 100, "closed while ready: outputs never high");
	if (expect_cause(fd, OHT_CAUSE_FEEDBACK, "closed while ready", &record))
		tap_is(record.safety.state_from, OHT_ESTOP_READY, "closed while ready: latched");
	good_relays(QUICK_US);
	close(fd);
}

/* It welds in the last enable: asking again and again does not put the judgement off. */
static void test_asking_does_not_help(void)
{
	int fd = enabled_controller(QUICK_US);
	uint64_t end_ns = guest_now_ns() + 2 * info.feedback_settle_ms * MS;
	struct oht_estop_status status;

	one_bad_relay(0, OHT_STIM_STUCK_CLOSED);
	guest_command(fd, OHT_IOC_DISABLE, 0, NULL);
	while (guest_now_ns() < end_ns) {
		guest_command(fd, OHT_IOC_ENABLE, 0, NULL);
		guest_sleep_ms(1);
	}
	guest_status(fd, &status);
	tap_is(status.causes, FEEDBACK, "asked again and again: latched all the same");
	good_relays(QUICK_US);
	close(fd);
}

static void test_missing(int bad)
{
	int fd = guest_open(O_RDWR);
	struct oht_estop_status status;
	struct oht_record record;
	uint64_t before_ns, enabled_ns;
	char what[32];

	snprintf(what, sizeof(what), "contact %d missing", bad + 1);
	one_bad_relay(bad, OHT_STIM_STUCK_OPEN);
	guest_take(fd, LONG_MS);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: reset", what);
	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	before_ns = guest_now_ns();
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "%s: enable", what);
	enabled_ns = guest_now_ns();
	guest_next_safety(fd, 0, &record);
	if (expect_cause(fd, OHT_CAUSE_FEEDBACK, what, &record)) {
		tap_is(record.safety.state_from, OHT_ESTOP_ENABLED, "%s: it was enabled", what);
		tap_ok(record.safety.low_ns - before_ns > info.feedback_settle_ms * MS,
		       "%s: not within the settle time", what);
		if (exact)
			stop_within(record.safety.low_ns, enabled_ns,
				    info.feedback_settle_ms * 1000, 1, what);
	}
	guest_sleep_ms(info.feedback_settle_ms);
	guest_status(fd, &status);
	tap_is(status.standing, 0, "%s: nothing stands", what);
	tap_is(status.causes, FEEDBACK, "%s: latched", what);
	good_relays(QUICK_US);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: repaired, reset", what);
	close(fd);
}

/* Open for a few milliseconds while the outputs are high: no debounce on the way to stopped. */
static void test_flicker(void)
{
	int fd = enabled_controller(0);
	struct oht_record record;
	uint64_t before_ns;

	before_ns = guest_now_ns();
	one_bad_relay(0, OHT_STIM_STUCK_OPEN);
	guest_sleep_ms(10);
	good_relays(0);
	if (expect_cause(fd, OHT_CAUSE_FEEDBACK, "flicker", &record)) {
		tap_is(record.safety.state_from, OHT_ESTOP_ENABLED, "flicker: stops");
		/* The relays are looked at every millisecond. */
		if (exact)
			stop_within(record.safety.low_ns, before_ns, 1000, 1, "flicker");
		expect_opened(fd, record.safety.low_ns, "flicker", &record);
	}
	expect_silence(fd, "flicker");
	tap_errno(guest_reset_when_stable(fd, 0), 0, "flicker: can be reset");
	close(fd);
}

/* A line of the feedback that its chip cannot read: as any other input. */
static void test_unreadable(int bad)
{
	int fd = enabled_controller(QUICK_US);
	struct oht_estop_status status;
	struct oht_record record;
	uint64_t before_ns = guest_now_ns();
	uint64_t blocking;
	char what[32];

	snprintf(what, sizeof(what), "feedback %d unreadable", bad + 1);
	stop_unreadable(stim, OHT_STIM_CONTACT_1 << bad);
	if (expect_cause(fd, OHT_CAUSE_INPUT_ERROR, what, &record)) {
		tap_is(record.safety.state_from, OHT_ESTOP_ENABLED, "%s: stops", what);
		if (exact)
			stop_within(record.safety.low_ns, before_ns, 0, 1, what);
	}
	guest_sleep_ms(info.reset_stable_ms + info.feedback_settle_ms);
	guest_status(fd, &status);
	tap_is(status.causes, OHT_CAUSE_BIT(OHT_CAUSE_INPUT_ERROR), "%s: no other cause", what);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: no reset", what);
	tap_is(blocking, OHT_CAUSE_BIT(OHT_CAUSE_INPUT_ERROR), "%s: says why", what);
	stop_unreadable(stim, 0);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: readable again, reset", what);
	close(fd);
}

static void test_slow(void)
{
	int i, good = 0, fd = enabled_controller(info.feedback_settle_ms * 700);
	struct oht_record record;

	/* Also switched back before they have followed. */
	for (i = 0; i < 5; i++) {
		good += !guest_command(fd, OHT_IOC_DISABLE, 0, NULL);
		guest_sleep_ms(info.feedback_settle_ms);
		good += !guest_command(fd, OHT_IOC_ENABLE, 0, NULL);
		guest_sleep_ms(i & 1 ? info.feedback_settle_ms : 5);
	}
	tap_is(good, 10, "as slow as is allowed: no fault");
	guest_drain(fd);
	guest_command(fd, OHT_IOC_DISABLE, 0, NULL);
	guest_sleep_ms(info.feedback_settle_ms);
	good_relays(info.feedback_settle_ms * 1500);
	guest_drain(fd);
	guest_command(fd, OHT_IOC_ENABLE, 0, NULL);
	guest_next_safety(fd, 0, &record);
	expect_cause(fd, OHT_CAUSE_FEEDBACK, "slower", &record);
	good_relays(QUICK_US);
	close(fd);
}

static void test_start(void)
{
	int fd = guest_open(O_RDONLY);
	struct oht_estop_status status;

	tap_ok(info.caps & OHT_CAP_FEEDBACK, "the board has enable feedback");
	tap_is(info.feedback_settle_ms, 50, "settle time: the default");
	guest_sleep_ms(2 * info.feedback_settle_ms);
	guest_status(fd, &status);
	tap_is(status.inputs, OHT_INPUT_A | OHT_INPUT_B, "start: contacts open");
	tap_is(status.causes, OHT_CAUSE_BIT(OHT_CAUSE_START), "start: which is well");
	close(fd);
}

/* Welded before the driver came. */
static void test_welded_at_start(void)
{
	struct oht_estop_status status;
	int fd;

	one_bad_relay(1, OHT_STIM_STUCK_CLOSED);
	guest_sleep_ms(1);
	guest_rebind();
	guest_sleep_ms(2 * info.feedback_settle_ms);
	fd = guest_open(O_RDONLY);
	guest_status(fd, &status);
	tap_is(status.first_cause, OHT_CAUSE_START, "welded at start: first cause");
	tap_is(status.causes, OHT_CAUSE_BIT(OHT_CAUSE_START) | FEEDBACK, "welded at start: latched");
	tap_ok(status.standing & FEEDBACK, "welded at start: stands");
	good_relays(QUICK_US);
	close(fd);
}

int main(int argc, char **argv)
{
	int i;

	exact = guest_is_exact(argc, argv);
	stim = guest_open_stim();
	good_relays(QUICK_US);
	/* Whatever has been before: begin at the beginning. */
	guest_rebind();
	guest_device_info(&info);
	TAP_TEST(test_start(), "start");
	TAP_TEST(test_follow(), "contacts that follow");
	TAP_TEST(test_enable_too_soon(), "enable too soon");
	for (i = 0; i < RELAYS; i++)
		TAP_TEST(test_welded(i), "contact %d welded", i + 1);
	TAP_TEST(test_closes_while_ready(), "contact closes while ready");
	TAP_TEST(test_asking_does_not_help(), "enable asked for again and again");
	for (i = 0; i < RELAYS; i++)
		TAP_TEST(test_missing(i), "contact %d missing", i + 1);
	TAP_TEST(test_flicker(), "contact flickers");
	for (i = 0; i < RELAYS; i++)
		TAP_TEST(test_unreadable(i), "feedback %d cannot be read", i + 1);
	TAP_TEST(test_slow(), "slow contacts");
	TAP_TEST(test_welded_at_start(), "contact welded at start");
	return tap_done();
}
