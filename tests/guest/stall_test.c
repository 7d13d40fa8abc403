// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A CPU that handles no interrupts for too long stops the machine, whichever of the two it is; one
 * that is only busy does not. Written for two CPUs, with the button's interrupt on the first, and
 * for guest time that does not stall with its host (icount).
 *
 *	stall_test		all of it
 *	stall_test --for-ever CPU	spin there without interrupts and without end
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/stuck.h"
#include "lib/tap.h"

#define STALL		OHT_CAUSE_BIT(OHT_CAUSE_CPU_STALL)
#define CPU_IRQ		0
#define CPU_TIMER	1
/* Longer than the limit, but not by much; less than a period; for good, nearly. */
#define STALL_US	5000
#define HARMLESS_US	1500
#define STUCK_US	600000
#define ROUNDS		12
#define QUIET_S		3
#define DISTURBED_S	4

static int stim;
static struct oht_info info;

static bool watched(int fd)
{
	struct oht_estop_status status;

	guest_status(fd, &status);
	return status.flags & OHT_ESTOP_CPUS_WATCHED;
}

static void expect_attribute(const char *name, const char *want)
{
	char text[16];

	guest_estop_attribute(name, text, sizeof(text));
	tap_ok(!strcmp(text, want), "%s: %s", name, text);
}

/* Nothing new in the journal, and the outputs are high. */
static void expect_nothing(int fd, const char *what)
{
	struct oht_record record;
	bool came = guest_next_safety(fd, 0, &record);

	tap_ok(!came, "%s: no record%s", what, came ? ", but there is one" : "");
	if (came)
		tap_note("cause %u, kind %u", record.safety.cause, record.safety.kind);
	tap_is(stop_outputs(stim), 3, "%s: outputs stay high", what);
}

static void live(int fd, unsigned int seconds)
{
	unsigned int i;

	for (i = 0; i < seconds * 10; i++) {
		guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
		guest_sleep_ms(100);
	}
}

static void test_settings(void)
{
	int fd = guest_open(O_RDONLY);

	tap_is(info.cpu_stall_us, 2 * info.supervision_period_us, "two periods are a stall");
	tap_ok(watched(fd), "two CPUs watch one another");
	expect_attribute("supervision_cpu", "1");
	expect_attribute("watch_cpu", "0");
	close(fd);
}

static void test_quiet(void)
{
	int fd = stop_enabled_controller(stim, LONG_MS);

	live(fd, QUIET_S);
	expect_nothing(fd, "nothing happens");
	close(fd);
}

/* As many phases of the timers as there are rounds. */
static void test_harmless(int cpu, const char *what)
{
	int i, fd = stop_enabled_controller(stim, LONG_MS);
	struct stuck stuck;

	for (i = 0; i < ROUNDS; i++) {
		stuck_begin(&stuck, stim, cpu, HARMLESS_US + i);
		stuck_end(&stuck);
		guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
	}
	expect_nothing(fd, what);
	close(fd);
}

static bool stopped_by_stall(int fd, struct oht_record *record)
{
	const struct oht_safety_record *safety = &record->safety;

	return guest_next_safety(fd, STOP_WAIT_MS, record) &&
	       safety->cause == OHT_CAUSE_CPU_STALL && safety->state_from == OHT_ESTOP_ENABLED &&
	       safety->low_ns && !stop_outputs(stim);
}

/* Seen by the other CPU while it lasts or, at the latest, by this one when it ends. */
static void test_stall(int cpu, const char *what)
{
	uint64_t most_ns = 0, took_ns;
	struct oht_record record = { 0 };
	int i, fd, stopped = 0;
	struct stuck stuck;

	for (i = 0; i < ROUNDS; i++) {
		fd = stop_enabled_controller(stim, LONG_MS);
		stuck_begin(&stuck, stim, cpu, STALL_US);
		stopped += stopped_by_stall(fd, &record);
		stuck_end(&stuck);
		took_ns = record.safety.low_ns - stuck.begin_ns;
		most_ns = took_ns > most_ns ? took_ns : most_ns;
		close(fd);
	}
	tap_is(stopped, ROUNDS, "%s: each stops", what);
	stop_within(most_ns, 0, STALL_US, 0, what);
}

static void test_stuck(int cpu, const char *what)
{
	int fd = stop_enabled_controller(stim, LONG_MS);
	struct oht_record record = { 0 };
	uint64_t blocking;
	struct stuck stuck;

	stuck_begin(&stuck, stim, cpu, STUCK_US);
	stop_expect(stim, fd, OHT_CAUSE_CPU_STALL, what, &record);
	/* The limit is two periods, and who looks comes once in each. */
	stop_within(record.safety.low_ns, stuck.begin_ns, 0, 3, what);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: no reset", what);
	tap_is(blocking & STALL, STALL, "%s: says why", what);
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), ECANCELED, "%s: no enable", what);
	stuck_end(&stuck);
	tap_ok(record.safety.low_ns < stuck.end_ns, "%s: low before it comes back", what);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: can be reset afterwards", what);
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "%s: and enabled", what);
	close(fd);
}

/* What is already stopped is stopped for one more cause, and stays so. */
static void test_while_stopped(void)
{
	int fd = guest_open(O_RDWR);
	struct oht_estop_status status;
	struct stuck stuck;

	guest_take(fd, LONG_MS);
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	stuck_begin(&stuck, stim, CPU_IRQ, STALL_US);
	stuck_end(&stuck);
	guest_status(fd, &status);
	tap_is(status.first_cause, OHT_CAUSE_START, "while stopped: the first cause stays");
	tap_is(status.causes & STALL, STALL, "while stopped: appended");
	tap_is(stop_outputs(stim), 0, "while stopped: outputs low");
	close(fd);
}

/* The one that stays can tell nothing of itself, and says so. */
static void test_one_cpu(int leaves, const char *what)
{
	int fd = stop_enabled_controller(stim, LONG_MS), stays = !leaves;
	char number[4];

	guest_pin_cpu(stays);
	tap_errno(guest_set_cpu(leaves, false), 0, "%s goes", what);
	guest_sleep_ms(20);
	expect_nothing(fd, what);
	tap_ok(!watched(fd), "%s gone: nobody watches", what);
	expect_attribute("watch_cpu", "none");
	snprintf(number, sizeof(number), "%d", stays);
	expect_attribute("supervision_cpu", number);
	if (ioctl(stim, OHT_STIM_IOC_IRQS_OFF, (unsigned long)STALL_US) < 0)
		tap_bail("interrupts off: %s", strerror(errno));
	guest_sleep_ms(20);
	expect_nothing(fd, "stall of the only CPU, which nobody sees");
	tap_errno(guest_set_cpu(leaves, true), 0, "%s comes back", what);
	guest_sleep_ms(20);
	expect_nothing(fd, what);
	tap_ok(watched(fd), "%s is back: two watch one another", what);
	close(fd);
}

/* Interrupts off for up to 500 us, once a second, and threads that never sleep. */
static void test_disturbed(void)
{
	int fd;

	tap_is(system("modprobe oht_disturb storm=0"), 0, "load that hurts");
	fd = stop_enabled_controller(stim, LONG_MS);
	live(fd, DISTURBED_S);
	expect_nothing(fd, "under load that hurts");
	close(fd);
	tap_is(system("rmmod oht_disturb"), 0, "... is over");
}

/* Whatever is there goes to the other CPU before, or it would be stuck as well. */
static int for_ever(int cpu)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	cpu_set_t other;

	CPU_ZERO(&other);
	CPU_SET(!cpu, &other);
	while (processes && (entry = readdir(processes)))
		if (atoi(entry->d_name))
			sched_setaffinity(atoi(entry->d_name), sizeof(other), &other);
	guest_pin_cpu(cpu);
	return ioctl(guest_open_stim(), OHT_STIM_IOC_STICK);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--for-ever"))
		return for_ever(atoi(argv[2]));
	stim = guest_open_stim();
	guest_device_info(&info);
	if (guest_cpus() != 2)
		tap_bail("written for two CPUs, not %d", guest_cpus());
	TAP_TEST(test_settings(), "settings");
	TAP_TEST(test_while_stopped(), "while stopped");
	TAP_TEST(test_quiet(), "nothing happens");
	TAP_TEST(test_harmless(CPU_IRQ, "harmless"), "less than a period, the interrupt's CPU");
	TAP_TEST(test_harmless(CPU_TIMER, "harmless"), "less than a period, the supervision's CPU");
	TAP_TEST(test_stall(CPU_IRQ, "stall"), "5 ms, the interrupt's CPU");
	TAP_TEST(test_stall(CPU_TIMER, "stall"), "5 ms, the supervision's CPU");
	TAP_TEST(test_stuck(CPU_IRQ, "stuck"), "the interrupt's CPU stuck");
	TAP_TEST(test_stuck(CPU_TIMER, "stuck"), "the supervision's CPU stuck");
	TAP_TEST(test_disturbed(), "under load that hurts");
	TAP_TEST(test_one_cpu(CPU_TIMER, "it"), "the supervision's CPU goes and comes back");
	/* The interrupt stays where it went, so the two have changed places then. */
	TAP_TEST(test_one_cpu(CPU_IRQ, "it"), "the interrupt's CPU goes and comes back");
	TAP_TEST(test_stall(CPU_IRQ, "stall"), "5 ms, the first CPU after they changed places");
	TAP_TEST(test_stall(CPU_TIMER, "stall"), "5 ms, the second CPU after they changed places");
	return tap_done();
}
