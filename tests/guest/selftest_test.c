// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The self-test and the age of the proof test: refusals, an output that is made high behind the
 * driver's back, a welded contact, a supervision that stands still. On a board with both contacts,
 * with guest time that does not stall (icount).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

#define SELF_TEST	OHT_CAUSE_BIT(OHT_CAUSE_SELF_TEST)
#define STUCK_US	600000
#define DEAD_MS		300
#define SLOW_US		1000000

static int stim;
static struct oht_info info;

static int self_test(int fd, uint32_t *failed)
{
	struct oht_self_test test = { .size = sizeof(test) };
	int error = guest_ioctl(fd, OHT_IOC_SELF_TEST, &test);

	if (failed)
		*failed = test.failed;
	return error;
}

static void expect(int fd, uint32_t want, const char *what)
{
	struct oht_estop_status status;
	uint32_t failed;

	tap_errno(self_test(fd, &failed), 0, "%s: runs", what);
	tap_is(failed, want, "%s: finds", what);
	guest_status(fd, &status);
	tap_is(status.test_failed, want, "%s: kept", what);
	tap_ok(status.tested_ns && status.tested_ns <= guest_now_ns(), "%s: with its time", what);
	tap_is(!!(status.standing & SELF_TEST), !!want, "%s: stands", what);
	tap_is(stop_outputs(stim), 0, "%s: outputs low", what);
}

static void settle(void)
{
	guest_sleep_ms(info.feedback_settle_ms + 20);
}

static void test_never(void)
{
	struct oht_estop_status status;
	int fd = guest_open(O_RDONLY);
	char text[32];

	guest_status(fd, &status);
	tap_ok(!status.tested_ns && !status.test_failed, "at first: no self-test");
	tap_is(status.opened_age_s, OHT_NEVER_S, "at first: no proof test");
	guest_estop_attribute("proof_test_age_s", text, sizeof(text));
	tap_ok(!strcmp(text, "never"), "proof_test_age_s: %s", text);
	guest_estop_attribute("self_test_age_s", text, sizeof(text));
	tap_ok(!strcmp(text, "never"), "self_test_age_s: %s", text);
	close(fd);
}

static void test_refusals(void)
{
	int fd = guest_open(O_RDWR), other = guest_open(O_RDWR), reader = guest_open(O_RDONLY);
	struct oht_self_test odd = { .size = sizeof(odd), .flags = 1 };
	struct oht_self_test rest = { .size = sizeof(rest), .reserved = 1 };
	struct oht_self_test brief = { .size = sizeof(brief) - 4 };

	guest_make_enabled(fd, LONG_MS);
	settle();
	tap_errno(self_test(reader, NULL), EBADF, "by a reader");
	tap_errno(self_test(other, NULL), EPERM, "by anybody");
	tap_errno(guest_ioctl(fd, OHT_IOC_SELF_TEST, &odd), EINVAL, "with a flag");
	tap_errno(guest_ioctl(fd, OHT_IOC_SELF_TEST, &rest), EINVAL, "with padding");
	tap_errno(guest_ioctl(fd, OHT_IOC_SELF_TEST, &brief), EINVAL, "too short");
	tap_errno(self_test(fd, NULL), ECANCELED, "while enabled");
	tap_is(stop_outputs(stim), 3, "... outputs stay high");
	guest_command(fd, OHT_IOC_DISABLE, 0, NULL);
	tap_errno(self_test(fd, NULL), ECANCELED, "while ready");
	guest_command(fd, OHT_IOC_ENABLE, 0, NULL);
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	settle();
	expect(fd, 0, "all is well");
	close(reader);
	close(other);
	close(fd);
}

static void test_too_soon(void)
{
	int fd = guest_open(O_RDWR);

	guest_make_enabled(fd, LONG_MS);
	settle();
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	tap_errno(self_test(fd, NULL), EBUSY, "while the contacts move");
	settle();
	tap_errno(self_test(fd, NULL), 0, "once they have");
	close(fd);
}

/* Found, lowered by that, and gone at the next. */
static void test_forced(uint32_t output, uint32_t want, const char *what)
{
	int fd = guest_open(O_RDWR);
	uint64_t blocking;

	stop_relays(stim, OHT_STIM_FOLLOW, OHT_STIM_FOLLOW, SLOW_US);
	guest_take(fd, LONG_MS);
	settle();
	if (ioctl(stim, OHT_STIM_IOC_FORCE, (unsigned long)output) < 0)
		tap_bail("%s: %s", what, strerror(errno));
	expect(fd, want, what);
	guest_sleep_ms(info.reset_stable_ms);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: no reset", what);
	tap_is(blocking, SELF_TEST, "%s: says why", what);
	expect(fd, 0, what);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: well again, reset", what);
	stop_relays(stim, OHT_STIM_FOLLOW, OHT_STIM_FOLLOW, 0);
	close(fd);
}

/* With contacts that follow nobody has to look for it. */
static void test_forced_seen(void)
{
	int fd = guest_open(O_RDWR);
	struct oht_record record;
	uint64_t before_ns;

	guest_take(fd, LONG_MS);
	settle();
	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	guest_drain(fd);
	before_ns = guest_now_ns();
	if (ioctl(stim, OHT_STIM_IOC_FORCE, (unsigned long)OHT_STIM_ENABLE_1) < 0)
		tap_bail("force: %s", strerror(errno));
	if (tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record), "a record comes")) {
		tap_is(record.safety.cause, OHT_CAUSE_FEEDBACK, "for the contact");
		/* The relays are looked at every millisecond. */
		stop_within(record.safety.event_ns, before_ns, 1000, 1, "seen closed");
	}
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	tap_is(stop_outputs(stim), 0, "a stop writes low again");
	settle();
	tap_errno(guest_reset_when_stable(fd, 0), 0, "well again: reset");
	close(fd);
}

static void test_welded(void)
{
	int fd = guest_open(O_RDWR);

	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	guest_take(fd, LONG_MS);
	settle();
	stop_relays(stim, OHT_STIM_FOLLOW, OHT_STIM_STUCK_CLOSED, 0);
	expect(fd, OHT_SELF_TEST_CONTACT_2, "a welded contact");
	stop_relays(stim, OHT_STIM_FOLLOW, OHT_STIM_FOLLOW, 0);
	expect(fd, 0, "repaired");
	close(fd);
}

static void test_input(uint32_t line, const char *what)
{
	int fd = guest_open(O_RDWR);

	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	guest_take(fd, LONG_MS);
	settle();
	stop_unreadable(stim, line);
	expect(fd, OHT_SELF_TEST_INPUT, what);
	stop_unreadable(stim, 0);
	expect(fd, 0, "readable again");
	close(fd);
}

static void test_no_supervision(void)
{
	int fd = guest_open(O_RDWR), cpu = guest_supervision_cpu();
	pid_t pid;

	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	guest_take(fd, LONG_MS);
	settle();
	pid = fork();
	if (!pid) {
		guest_pin_cpu(cpu);
		_exit(ioctl(stim, OHT_STIM_IOC_IRQS_OFF, (unsigned long)STUCK_US) < 0);
	}
	guest_pin_cpu(!cpu);
	guest_sleep_ms(DEAD_MS);
	expect(fd, OHT_SELF_TEST_SUPERVISION, "a supervision that stands still");
	waitpid(pid, NULL, 0);
	guest_sleep_ms(20);
	expect(fd, 0, "it goes on");
	close(fd);
}

static void test_proof_age(void)
{
	struct oht_estop_status status;
	int fd = guest_open(O_RDONLY);
	char text[32];

	guest_press(stim, OHT_STIM_A);
	guest_sleep_ms(20);
	guest_unpress(stim, OHT_STIM_A);
	guest_status(fd, &status);
	tap_is(status.opened_age_s, OHT_NEVER_S, "one channel is no proof test");
	guest_press(stim, BOTH);
	guest_sleep_ms(20);
	guest_unpress(stim, BOTH);
	guest_status(fd, &status);
	tap_is(status.opened_age_s, 0, "both are");
	guest_sleep_ms(2500);
	guest_status(fd, &status);
	tap_ok(status.opened_age_s >= 2, "which was %u s ago", status.opened_age_s);
	guest_estop_attribute("proof_test_age_s", text, sizeof(text));
	tap_ok(text[0] >= '2' && text[0] <= '9', "proof_test_age_s: %s", text);
	guest_estop_attribute("self_test_age_s", text, sizeof(text));
	tap_ok(text[0] >= '0' && text[0] <= '9', "self_test_age_s: %s", text);
	close(fd);
}

int main(void)
{
	stim = guest_open_stim();
	stop_relays(stim, OHT_STIM_FOLLOW, OHT_STIM_FOLLOW, 0);
	guest_rebind();
	guest_device_info(&info);
	settle();
	TAP_TEST(test_never(), "at first");
	TAP_TEST(test_refusals(), "refusals");
	TAP_TEST(test_too_soon(), "too soon");
	TAP_TEST(test_forced(OHT_STIM_ENABLE_1, OHT_SELF_TEST_OUTPUT_1, "output 1"),
		 "output 1 made high");
	TAP_TEST(test_forced(OHT_STIM_ENABLE_2, OHT_SELF_TEST_OUTPUT_2, "output 2"),
		 "output 2 made high");
	TAP_TEST(test_forced_seen(), "output 1 made high, seen by its contact");
	TAP_TEST(test_welded(), "a welded contact");
	TAP_TEST(test_input(OHT_STIM_A, "unreadable"), "a channel that cannot be read");
	TAP_TEST(test_input(OHT_STIM_CONTACT_2, "unreadable"), "a contact that cannot be read");
	TAP_TEST(test_no_supervision(), "a supervision that stands still");
	TAP_TEST(test_proof_age(), "age of the proof test");
	return tap_done();
}
