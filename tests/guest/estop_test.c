// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The emergency stop as docs/safety.md has it: states, both channels, reset rules, deadman, close,
 * farewell, journal, unbind. The outputs are read from the GPIO register by oht_stim, not asked of
 * the driver. estop_test [--exact]: with guest time that does not stall (icount) also upper bounds.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

/* Without a clock of its own a guest may be held up by its host for longer than a short deadman. */
#define SHORT_MS	(exact ? 100 : 1500)

static bool exact;
static int stim;
static struct oht_info info;

static int outputs(void)
{
	return stop_outputs(stim);
}

static int enabled_controller(uint32_t deadman_ms)
{
	return stop_enabled_controller(stim, deadman_ms);
}

static bool expect_stop(int fd, uint32_t cause, const char *what, struct oht_record *record)
{
	return stop_expect(stim, fd, cause, what, record);
}

static void test_states(void)
{
	int fd = guest_open(O_RDWR);
	struct oht_record record;

	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "without a controller: stopped");
	tap_errno(guest_take(fd, LONG_MS), 0, "take");
	tap_errno(guest_reset_when_stable(fd, 11), 0, "reset");
	tap_is(outputs(), 0, "ready: outputs low");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 12, NULL), 0, "enable");
	tap_is(outputs(), 3, "enabled: outputs high");
	tap_errno(guest_command(fd, OHT_IOC_DISABLE, 13, NULL), 0, "disable");
	tap_is(outputs(), 0, "disabled: outputs low");
	tap_is(guest_state(fd), OHT_ESTOP_READY, "disabled: ready, no latch");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 14, NULL), 0, "enable again");
	tap_errno(guest_release_role(fd), 0, "farewell");
	tap_is(outputs(), 0, "farewell: outputs low");

	tap_ok(guest_next_safety(fd, 0, &record) && record.safety.kind == OHT_SAFETY_CONTROL,
	       "journal: control");
	tap_ok(guest_next_safety(fd, 0, &record) && record.safety.kind == OHT_SAFETY_RESET &&
	       record.safety.tag == 11, "journal: reset with its tag");
	tap_ok(guest_next_safety(fd, 0, &record) && record.safety.kind == OHT_SAFETY_ENABLE &&
	       record.safety.outputs == 3 && record.safety.tag == 12 &&
	       record.safety.tgid == (uint32_t)getpid(), "journal: enable, who and what");
	tap_ok(guest_next_safety(fd, 0, &record) && record.safety.kind == OHT_SAFETY_DISABLE &&
	       record.safety.low_ns, "journal: disable");
	tap_ok(guest_next_safety(fd, 0, &record) && record.safety.tag == 14, "journal: enable");
	expect_stop(fd, OHT_CAUSE_FAREWELL, "farewell", &record);
	close(fd);
}

static void test_press(void)
{
	int fd = enabled_controller(LONG_MS), error;
	struct oht_estop_status status;
	struct oht_record record = { 0 };
	uint64_t blocking, released_ns;
	uint32_t first;

	guest_press(stim, BOTH);
	stop_expect_press(stim, fd, "press", &record);
	first = record.safety.cause;
	tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record) &&
	       record.safety.cause == stop_other_channel(first) &&
	       record.safety.state_from == OHT_ESTOP_STOPPED, "press: the other channel is appended");
	guest_status(fd, &status);
	tap_is(status.first_cause, first, "press: first cause kept");
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "pressed: no reset");
	tap_is(blocking, OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) | OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B),
	       "pressed: both channels named");

	released_ns = guest_now_ns();
	guest_unpress(stim, BOTH);
	tap_is(outputs(), 0, "release: outputs stay low");
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "release: still stopped");
	error = guest_command(fd, OHT_IOC_RESET, 0, NULL);
	/* A host that stalls may let the time pass before the question: then the answer is yes. */
	if (error || guest_now_ns() - released_ns < info.reset_stable_ms * MS)
		tap_errno(error, EBUSY, "released just now: no reset");
	if (error)
		error = guest_reset_when_stable(fd, 0);
	tap_errno(error, 0, "reset when stable");
	tap_ok(guest_now_ns() - released_ns >= info.reset_stable_ms * MS,
	       "... not before it was closed for %u ms", info.reset_stable_ms);
	tap_is(guest_state(fd), OHT_ESTOP_READY, "reset: ready");
	tap_is(outputs(), 0, "reset: outputs stay low");
	close(fd);
}

/*
 * One channel alone stops, is a discrepancy after the window, and locks out until both moved: its
 * wire is open, or the other's contact is welded.
 */
static void test_one_channel(uint32_t channel, uint32_t cause, const char *name)
{
	uint64_t window_ns = info.discrepancy_window_ms * MS, opened_ns = guest_now_ns(), blocking;
	int fd = enabled_controller(LONG_MS);
	struct oht_record record;

	guest_press(stim, channel);
	if (expect_stop(fd, cause, name, &record))
		opened_ns = record.safety.event_ns;
	if (tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record), "%s: a second record",
		   name)) {
		tap_is(record.safety.cause, OHT_CAUSE_DISCREPANCY, "%s: discrepancy", name);
		tap_ok(record.safety.event_ns >= opened_ns + window_ns, "%s: not within the window",
		       name);
		if (exact)
			stop_within(record.safety.event_ns, opened_ns, window_ns / US, 1, name);
	}
	guest_unpress(stim, channel);
	guest_sleep_ms(info.reset_stable_ms + 50);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: locked out", name);
	tap_is(blocking, OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY), "%s: says why", name);
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), ECANCELED, "%s: no enable", name);
	tap_is(outputs(), 0, "%s: outputs stay low", name);
	stop_work_button(stim, fd);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: reset after both moved", name);
	close(fd);
}

/*
 * One channel opens and closes within the window, and the other contact is welded: no level ever
 * shows it. It stops, cannot be reset, and locks out once the window is over.
 */
static void test_short_press(uint32_t channel, uint32_t cause, const char *name)
{
	uint64_t window_ns = info.discrepancy_window_ms * MS, released_ns, blocking;
	int fd = enabled_controller(LONG_MS), i;
	struct oht_record record;

	guest_press(stim, channel);
	guest_unpress(stim, channel);
	released_ns = guest_now_ns();
	expect_stop(fd, cause, name, &record);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: no reset", name);
	tap_ok(blocking & OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY), "%s: says why", name);
	if (tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record), "%s: a second record", name)) {
		tap_is(record.safety.cause, OHT_CAUSE_DISCREPANCY, "%s: discrepancy", name);
		if (exact)
			stop_within(record.safety.event_ns, released_ns, window_ns / US, 1, name);
	}
	for (i = 0; i < 2; i++) {
		guest_sleep_ms(info.reset_stable_ms + 50);
		tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: locked out",
			  name);
		tap_is(blocking, OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY), "%s: for that alone", name);
		/* Pressing once more does not help: the other contact does not open. */
		guest_press(stim, channel);
		guest_unpress(stim, channel);
	}
	tap_is(outputs(), 0, "%s: outputs stay low", name);
	stop_work_button(stim, fd);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: reset after both have opened", name);
	close(fd);
}

/* Both edges before anybody can look: on the CPU of the interrupt, with interrupts off. */
static void glitch(uint32_t channel)
{
	struct oht_stim_storm edges = { .channel = channel, .edges = 2, .period_ns = 2000 };

	guest_pin_cpu(0);
	if (ioctl(stim, OHT_STIM_IOC_STORM, &edges) < 0)
		tap_bail("glitch: %s", strerror(errno));
}

/* A press that short, of a button that is well. */
static void test_glitch(void)
{
	int fd = enabled_controller(LONG_MS);
	struct oht_record record;

	glitch(OHT_STIM_A);
	glitch(OHT_STIM_B);
	if (expect_stop(fd, OHT_CAUSE_BUTTON_A, "glitch", &record))
		tap_ok(record.safety.kind == OHT_SAFETY_GLITCH ||
		       record.safety.kind == OHT_SAFETY_STOP, "glitch: kind %u",
		       record.safety.kind);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "glitch: can be reset");
	close(fd);
}

/* What /dev/cpu_dma_latency says: how long a CPU may take to wake, in us; -1: it cannot be asked. */
static int32_t wake_us(void)
{
	int fd = open("/dev/cpu_dma_latency", O_RDONLY | O_CLOEXEC);
	int32_t us = -1;

	if (fd >= 0 && read(fd, &us, sizeof(us)) != sizeof(us))
		us = -1;
	close(fd);
	return us;
}

/* Enabled without a plan: no CPU may sleep so deeply that it hears of a press late. */
static void test_wakes_quickly(void)
{
	int fd = guest_open(O_RDWR);

	tap_ok(wake_us() > 0, "stopped: CPUs may sleep, %d us", wake_us());
	tap_errno(guest_take(fd, LONG_MS), 0, "take");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), ECANCELED, "enable while stopped");
	tap_ok(wake_us() > 0, "a refused enable asks for nothing");
	tap_errno(guest_reset_when_stable(fd, 0), 0, "reset");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "enable");
	tap_is(wake_us(), 0, "enabled: they wake at once");
	tap_errno(guest_command(fd, OHT_IOC_DISABLE, 0, NULL), 0, "disable");
	tap_ok(GUEST_UNTIL(wake_us() > 0, STOP_WAIT_MS), "disabled: they may sleep");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "enable again");
	tap_is(wake_us(), 0, "enabled again: at once");
	tap_errno(guest_command(fd, OHT_IOC_STOP, 0, NULL), 0, "stop");
	tap_ok(GUEST_UNTIL(wake_us() > 0, STOP_WAIT_MS), "stopped: they may sleep");
	close(fd);
}

static void test_lost_edge(void)
{
	struct oht_record record;
	uint64_t before_ns;
	int fd, phase;

	for (phase = 0; phase < STOP_PHASES_OF(exact); phase++) {
		fd = enabled_controller(LONG_MS);
		stop_sleep_to_phase(phase);
		before_ns = guest_now_ns();
		if (ioctl(stim, OHT_STIM_IOC_PRESS_LOST, (unsigned long)BOTH) < 0)
			tap_bail("lost edge: %s", strerror(errno));
		if (stop_expect_press(stim, fd, "lost edge", &record) && exact)
			stop_within(record.safety.low_ns, before_ns, 0, 1, "lost edge: low");
		guest_unpress(stim, BOTH);
		close(fd);
	}
}

static void test_software(void)
{
	int fd = enabled_controller(LONG_MS), other = guest_open(O_WRONLY);
	struct oht_record record;

	tap_errno(guest_command(other, OHT_IOC_STOP, 4711, NULL), 0, "stop by anybody");
	if (expect_stop(fd, OHT_CAUSE_SOFTWARE, "stop", &record))
		tap_is(record.safety.tag, 4711, "stop: its tag");
	tap_errno(guest_command(other, OHT_IOC_STOP, 4712, NULL), 0, "stop again");
	tap_ok(!guest_next_safety(fd, 20, &record), "stop again: nothing new to record");
	close(other);
	close(fd);
}

static void test_deadman(uint32_t period_ms)
{
	int fd = enabled_controller(period_ms);
	uint64_t blocking, before_ns, after_ns;
	struct oht_record record;

	before_ns = guest_now_ns();
	guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
	after_ns = guest_now_ns();
	if (expect_stop(fd, OHT_CAUSE_DEADMAN, "deadman", &record)) {
		tap_ok(record.safety.low_ns - before_ns >= period_ms * MS,
		       "deadman: not before %u ms", period_ms);
		tap_note("deadman of %u ms: outputs low after %llu us", period_ms,
			 (unsigned long long)(record.safety.low_ns - after_ns) / US);
		if (exact)
			stop_within(record.safety.low_ns, after_ns, period_ms * 1000, 1,
				    "deadman: low");
	}
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "deadman: no reset");
	tap_is(blocking, OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN), "deadman: says why");
	tap_errno(guest_reset_when_stable(fd, 0), 0, "deadman: the role stays, reset possible");
	close(fd);
}

static void test_close(void)
{
	int fd = enabled_controller(LONG_MS), watcher = guest_open(O_RDONLY), twin = dup(fd);
	struct oht_record record;

	guest_subscribe(watcher, OHT_SUBSCRIBE_SAFETY);
	close(fd);
	tap_is(outputs(), 3, "close of one of two descriptors of a file: nothing");
	close(twin);
	tap_is(outputs(), 0, "close of the last: outputs low at once");
	expect_stop(watcher, OHT_CAUSE_CLOSE, "close", &record);
	close(watcher);
}

/* What a descriptor beside that of the controller has been used for. */
enum use {
	NOTHING,
	ANSWERED,	/* a transfer that has ended */
	UNDER_WAY,	/* one that has not */
};

static void use_another(enum use use)
{
	int fd = guest_open(O_RDWR);
	struct oht_transfer transfer = guest_read;
	struct oht_record record;

	if (use == NOTHING)
		return;
	if (use == UNDER_WAY)
		transfer.timeout_us = LONG_MS / 10 * 1000;
	if (guest_submit(fd, transfer))
		_exit(1);
	if (use == ANSWERED && !guest_next_record(fd, OHT_RECORD_COMPLETION, STOP_WAIT_MS, &record))
		_exit(1);
}

/* With @others that a kernel closes before the one that holds the role; real-time as ohtd is. */
static void child_holds_role(int ready, int others, enum use use)
{
	struct sched_param priority = { .sched_priority = 50 };
	int fd = guest_open(O_RDWR);

	if (sched_setscheduler(0, SCHED_FIFO, &priority))
		_exit(1);
	while (others--)
		use_another(use);
	guest_make_enabled(fd, LONG_MS);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void test_kill(int others, enum use use)
{
	int ready[2], watcher = guest_open(O_RDONLY);
	struct oht_record record;
	uint64_t then_ns;
	char byte;
	pid_t pid;

	if (pipe(ready))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid)
		child_holds_role(ready[1], others, use);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		tap_bail("the child could not enable");
	close(ready[0]);
	guest_subscribe(watcher, OHT_SUBSCRIBE_SAFETY);
	tap_is(outputs(), 3, "another process: enabled");
	then_ns = guest_now_ns();
	kill(pid, SIGKILL);
	if (expect_stop(watcher, OHT_CAUSE_CLOSE, "kill -9", &record) && exact)
		stop_within(record.safety.low_ns, then_ns, 20000, 0, "kill -9: low");
	waitpid(pid, NULL, 0);
	close(watcher);
}

static void test_poll(void)
{
	int fd = guest_open(O_RDWR), other = guest_open(O_RDONLY);
	struct pollfd wait[2] = {
		{ .fd = fd, .events = POLLPRI },
		{ .fd = other, .events = POLLPRI | POLLIN },
	};

	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	tap_is(poll(wait, 2, 0), 0, "poll: nothing yet");
	guest_take(fd, LONG_MS);
	tap_is(poll(wait, 2, STOP_WAIT_MS), 1, "poll: wakes the one who subscribed");
	tap_ok(wait[0].revents & POLLPRI, "poll: PRI");
	guest_drain(fd);
	tap_is(poll(wait, 2, 0), 0, "poll: read, nothing left");
	guest_subscribe(fd, 0);
	guest_release_role(fd);
	tap_is(poll(wait, 2, 20), 0, "poll: no longer subscribed");
	close(other);
	close(fd);
}

/* More records than the journal holds: the oldest are lost, and seen to be. */
static void test_journal(void)
{
	int i, fd = guest_open(O_RDWR), watcher = guest_open(O_RDONLY);
	const int made = OHT_SAFETY_RECORDS_MAX + 44;
	uint64_t first, seq;
	struct oht_estop_status status;
	struct oht_record record;

	guest_subscribe(watcher, OHT_SUBSCRIBE_SAFETY);
	guest_status(fd, &status);
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	guest_status(fd, &status);
	/* FAREWELL is known after the first time: each round leaves one record. */
	guest_take(fd, LONG_MS);
	guest_release_role(fd);
	guest_drain(watcher);
	guest_status(fd, &status);
	first = status.journal_seq;
	for (i = 0; i < made; i++) {
		guest_take(fd, LONG_MS);
		guest_release_role(fd);
	}
	guest_status(fd, &status);
	tap_is(status.journal_seq - first, made, "journal: one record each");
	if (!tap_ok(guest_next_safety(watcher, 0, &record), "journal: can be read"))
		return;
	seq = record.seq;
	first = record.safety.journal_seq;
	tap_is(first, status.journal_seq - OHT_SAFETY_RECORDS_MAX + 1, "journal: oldest kept");
	for (i = 1; guest_next_safety(watcher, 0, &record); i++)
		if (record.seq != seq + i || record.safety.journal_seq != first + i)
			break;
	tap_is(i, OHT_SAFETY_RECORDS_MAX, "journal: no gap from there on");
	close(watcher);
	close(fd);
}

/* A reader that comes again says what it has had; what is not kept any more shows as a jump. */
static void test_journal_from(void)
{
	struct oht_subscribe from = { .size = sizeof(from), .mask = OHT_SUBSCRIBE_SAFETY };
	int fd = guest_open(O_RDONLY);
	struct oht_estop_status status;
	struct oht_record record;
	uint64_t newest;

	guest_status(fd, &status);
	newest = status.journal_seq;
	from.safety_from = newest - 9;
	tap_errno(guest_ioctl(fd, OHT_IOC_SUBSCRIBE, &from), 0, "from: the last ten");
	tap_ok(guest_next_safety(fd, 0, &record) && record.safety.journal_seq == newest - 9 &&
	       record.seq == 1, "from: the first of them");
	from.safety_from = 1;
	tap_errno(guest_ioctl(fd, OHT_IOC_SUBSCRIBE, &from), 0, "from: again, from the very first");
	tap_ok(guest_next_safety(fd, 0, &record) &&
	       record.safety.journal_seq == newest - OHT_SAFETY_RECORDS_MAX + 1 &&
	       record.seq == 1 + record.safety.journal_seq, "from: the oldest kept, others counted");
	from.safety_from = newest + 1;
	tap_errno(guest_ioctl(fd, OHT_IOC_SUBSCRIBE, &from), 0, "from: the next one");
	tap_ok(!guest_next_safety(fd, 0, &record), "from: which is not there yet");
	from.safety_from = newest + 2;
	tap_errno(guest_ioctl(fd, OHT_IOC_SUBSCRIBE, &from), EINVAL, "from: beyond the next one");
	from.safety_from = 1;
	from.mask = OHT_SUBSCRIBE_UNITS;
	tap_errno(guest_ioctl(fd, OHT_IOC_SUBSCRIBE, &from), EINVAL, "from: of what is not wanted");
	close(fd);
}

/* A fresh descriptor counts its own records; dropping shows as a jump of just that size. */
static void test_drop_count(void)
{
	int i, fd = guest_open(O_RDWR);
	struct oht_record record;

	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	for (i = 0; i < OHT_SAFETY_RECORDS_MAX + 5; i++) {
		guest_take(fd, LONG_MS);
		guest_release_role(fd);
	}
	tap_ok(guest_next_safety(fd, 0, &record), "drop: a record");
	/* The first farewell after another stop may add one. */
	tap_ok(record.seq == 6 || record.seq == 7, "drop: %llu is the number of the first one kept",
	       (unsigned long long)record.seq);
	close(fd);
}

static void test_hotplug(void)
{
	int cpu = guest_supervision_cpu(), fd;
	struct oht_record record;

	if (guest_cpus() != 2) {
		tap_skip("written for two CPUs, not %d", guest_cpus());
		return;
	}
	guest_pin_cpu(0);
	tap_is(cpu, 1, "supervision is not on the CPU of the interrupt");
	tap_errno(guest_set_cpu(cpu, false), 0, "its CPU goes");
	tap_is(guest_supervision_cpu(), 0, "supervision moves");
	fd = enabled_controller(SHORT_MS);
	expect_stop(fd, OHT_CAUSE_DEADMAN, "on one CPU", &record);
	tap_errno(guest_set_cpu(cpu, true), 0, "its CPU comes back");
	tap_is(guest_supervision_cpu(), cpu, "supervision goes back");
	close(fd);
	fd = enabled_controller(SHORT_MS);
	expect_stop(fd, OHT_CAUSE_DEADMAN, "on two CPUs", &record);
	close(fd);
}

static void test_suspend(void)
{
	int fd, power = open("/sys/power/state", O_WRONLY | O_CLOEXEC);
	struct oht_record record;

	if (power < 0) {
		tap_skip("this kernel cannot suspend");
		return;
	}
	fd = enabled_controller(LONG_MS);
	tap_errno(write(power, "freeze", 6) < 0 ? errno : 0, EBUSY, "suspend is refused");
	expect_stop(fd, OHT_CAUSE_SUSPEND, "suspend", &record);
	close(fd);
	close(power);
}

static void test_unbind(void)
{
	int fd = enabled_controller(LONG_MS);
	struct oht_record record;

	tap_errno(guest_unbind(), 0, "unbind while enabled");
	expect_stop(fd, OHT_CAUSE_UNBIND, "unbind", &record);
	tap_is(read(fd, &record, sizeof(record)), 0, "unbind: then the end");
	tap_errno(guest_bind(), 0, "bind again");
	tap_is(outputs(), 0, "bound: outputs low");
	close(fd);
	fd = guest_open(O_RDWR);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "bound: start state stopped");
	close(fd);
}

static int remove_module(void)
{
	return syscall(SYS_delete_module, "oht", O_NONBLOCK) ? errno : 0;
}

static void test_rmmod(void)
{
	int fd = enabled_controller(LONG_MS);

	tap_errno(remove_module(), EWOULDBLOCK, "rmmod with an open descriptor: refused");
	tap_is(outputs(), 3, "... and nothing happens");
	close(fd);
	tap_errno(remove_module(), 0, "rmmod after close");
	tap_is(outputs(), 0, "rmmod: outputs low");
	tap_is(system("modprobe oht"), 0, "modprobe");
	fd = guest_open(O_RDWR);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "loaded: start state stopped");
	close(fd);
}

static void test_start(void)
{
	int fd = guest_open(O_RDONLY);
	struct oht_estop_status status;

	guest_status(fd, &status);
	tap_is(status.first_cause, OHT_CAUSE_START, "start: cause");
	tap_is(status.journal_seq, 1, "start: the first record");
	tap_is(status.inputs, OHT_INPUT_A | OHT_INPUT_B, "start: both channels closed");
	tap_is(outputs(), 0, "start: outputs low");
	close(fd);
}

static void run_commands(void)
{
	TAP_TEST(test_states(), "states, farewell, journal");
	TAP_TEST(test_software(), "stop by a program");
	TAP_TEST(test_close(), "controller closes");
	TAP_TEST(test_kill(0, NOTHING), "controller killed");
	TAP_TEST(test_kill(32, NOTHING), "controller killed, with 33 descriptors");
	TAP_TEST(test_kill(32, ANSWERED), "controller killed, with 33 that had transfers");
	TAP_TEST(test_kill(32, UNDER_WAY), "controller killed, with 33 that have transfers");
	TAP_TEST(test_poll(), "poll");
	TAP_TEST(test_journal(), "journal overflows");
	TAP_TEST(test_journal_from(), "journal from a number on");
	TAP_TEST(test_drop_count(), "dropped records are counted");
	TAP_TEST(test_wakes_quickly(), "CPUs wake quickly while enabled");
}

static void run_button(void)
{
	TAP_TEST(test_press(), "press");
	TAP_TEST(test_one_channel(OHT_STIM_A, OHT_CAUSE_BUTTON_A, "channel a alone"),
		 "channel a alone");
	TAP_TEST(test_one_channel(OHT_STIM_B, OHT_CAUSE_BUTTON_B, "channel b alone"),
		 "channel b alone");
	TAP_TEST(test_short_press(OHT_STIM_A, OHT_CAUSE_BUTTON_A, "short press, b welded"),
		 "short press, channel b welded");
	TAP_TEST(test_short_press(OHT_STIM_B, OHT_CAUSE_BUTTON_B, "short press, a welded"),
		 "short press, channel a welded");
	TAP_TEST(test_glitch(), "glitch");
	TAP_TEST(test_lost_edge(), "lost edge");
}

int main(int argc, char **argv)
{
	exact = guest_is_exact(argc, argv);
	stim = guest_open_stim();
	guest_device_info(&info);
	/* Whatever has been before: begin at the beginning. */
	guest_rebind();
	TAP_TEST(test_start(), "start");
	run_commands();
	run_button();
	TAP_TEST(test_deadman(SHORT_MS), "deadman");
	if (exact)
		TAP_TEST(test_deadman(info.deadman_default_ms), "default deadman");
	TAP_TEST(test_hotplug(), "CPU goes and comes back");
	TAP_TEST(test_suspend(), "suspend");
	TAP_TEST(test_unbind(), "unbind");
	TAP_TEST(test_rmmod(), "module removed");
	return tap_done();
}
