// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single faults of the machine around the stop, one after another: what of docs/faults.md, Single
 * faults, can be made from inside. Each must end as its row there says.
 *
 *	fault_test [--exact]	all of them; --exact: with guest time that does not stall (icount) also
 *				within the time that it says
 *	fault_test --hammer	write another line of the button's GPIO bank without end, on CPU 1
 *	fault_test --oops	end in a fault of another module
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/gpio.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/stuck.h"
#include "lib/tap.h"

/* Without a clock of its own a guest may be held up by its host for longer than a short one. */
#define DEADMAN_MS	(exact ? 100 : 500)
#define PATIENT_MS	(exact ? 500 : 3000)
/* Longer than anything that is expected while a CPU is stuck. */
#define STUCK_US	(exact ? 300000 : 1000000)
/* CPUs of the button's interrupt and of the supervision timer. */
#define CPU_IRQ		0
#define CPU_TIMER	1
/* The clock of a machine that has none: 2 January 1970. */
#define FIRST_DAY_S	86400
/* A pin of the button's bank that the board does not use. */
#define FREE_LINE	7

static bool exact;
static int stim;
static struct oht_info info;

/* ---- a CPU that does nothing but spin ---- */

static void begin_stuck(struct stuck *stuck, int cpu)
{
	stuck_begin(stuck, stim, cpu, STUCK_US);
	guest_sleep_ms(20);
}

/* What happened must have happened while that CPU was stuck. */
static void end_stuck(struct stuck *stuck, const char *what, const struct oht_record *record)
{
	stuck_end(stuck);
	if (exact)
		tap_ok(record->safety.low_ns < stuck->end_ns, "%s: low %llu us before it comes back",
		       what, (unsigned long long)(stuck->end_ns - record->safety.low_ns) / US);
}

static void test_press_with_a_cpu_stuck(int cpu, const char *what)
{
	int fd = stop_enabled_controller(stim, LONG_MS);
	struct oht_record record = { 0 };
	struct stuck stuck;
	uint64_t before_ns;

	begin_stuck(&stuck, cpu);
	before_ns = guest_now_ns();
	guest_press(stim, BOTH);
	stop_expect_press(stim, fd, what, &record);
	if (exact)
		stop_within(record.safety.low_ns, before_ns, 0, 1, what);
	end_stuck(&stuck, what, &record);
	guest_unpress(stim, BOTH);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: can be reset", what);
	close(fd);
}

/* The heartbeat is watched from the other CPU. */
static void test_hang_with_a_cpu_stuck(void)
{
	const char *what = "no heartbeat";
	int fd = stop_enabled_controller(stim, DEADMAN_MS);
	struct oht_record record = { 0 };
	struct stuck stuck;
	uint64_t before_ns;

	guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
	before_ns = guest_now_ns();
	begin_stuck(&stuck, CPU_IRQ);
	stop_expect(stim, fd, OHT_CAUSE_DEADMAN, what, &record);
	if (exact)
		stop_within(record.safety.low_ns, before_ns, DEADMAN_MS * 1000, 1, what);
	end_stuck(&stuck, what, &record);
	close(fd);
}

/* ---- the button's lines ---- */

static void set_deaf(uint32_t channels)
{
	if (ioctl(stim, OHT_STIM_IOC_DEAF, (unsigned long)channels) < 0)
		tap_bail("masking interrupts: %s", strerror(errno));
}

/* The bank does not report them any more: the timer looks at the levels. */
static void test_deaf(uint32_t channels, const char *what)
{
	struct oht_record record = { 0 };
	uint64_t before_ns;
	int fd, phase;

	for (phase = 0; phase < STOP_PHASES_OF(exact); phase++) {
		fd = stop_enabled_controller(stim, LONG_MS);
		set_deaf(channels);
		stop_sleep_to_phase(phase);
		before_ns = guest_now_ns();
		guest_press(stim, BOTH);
		stop_expect_press(stim, fd, what, &record);
		if (exact)
			stop_within(record.safety.low_ns, before_ns, 0, 1, what);
		guest_unpress(stim, BOTH);
		set_deaf(0);
		tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: can be reset", what);
		close(fd);
	}
}

/* Nothing but the input error stands, and it does so for as long as the line cannot be read. */
static void refuse_while_unreadable(int fd, uint32_t lines, const char *what)
{
	struct oht_estop_status status;
	uint64_t blocking = 0;

	guest_status(fd, &status);
	tap_is(status.first_cause, OHT_CAUSE_INPUT_ERROR, "%s: first cause", what);
	tap_is(status.causes & (OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) | OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B)),
	       0, "%s: no button has been pressed", what);
	tap_is(status.inputs, ~lines & BOTH, "%s: what cannot be read counts as open", what);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: no reset", what);
	tap_ok(blocking & OHT_CAUSE_BIT(OHT_CAUSE_INPUT_ERROR), "%s: says why", what);
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), ECANCELED, "%s: no enable", what);
	tap_is(stop_outputs(stim), 0, "%s: outputs stay low", what);
}

/* The GPIO chip says an error when it is asked for the level, and nobody presses. When low. */
static uint64_t make_unreadable(int fd, uint32_t lines, const char *what)
{
	struct oht_record record = { 0 };

	stop_unreadable(stim, lines);
	stop_expect(stim, fd, OHT_CAUSE_INPUT_ERROR, what, &record);
	return record.safety.low_ns;
}

static void make_readable(int fd, uint32_t lines, const char *what)
{
	stop_unreadable(stim, 0);
	if (lines != BOTH)
		stop_work_button(stim, fd);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: readable again, reset", what);
	close(fd);
}

static void test_unreadable(uint32_t lines, const char *what)
{
	int fd, phase, phases = STOP_PHASES_OF(exact);
	uint64_t before_ns, low_ns;

	for (phase = 0; phase < phases; phase++) {
		fd = stop_enabled_controller(stim, LONG_MS);
		stop_sleep_to_phase(phase);
		before_ns = guest_now_ns();
		low_ns = make_unreadable(fd, lines, what);
		if (exact)
			stop_within(low_ns, before_ns, 0, 1, what);
		refuse_while_unreadable(fd, lines, what);
		if (phase == phases - 1) {
			/* Beyond the window one alone is a discrepancy as well; both are none. */
			guest_sleep_ms(info.discrepancy_window_ms + 100);
			refuse_while_unreadable(fd, lines, what);
		}
		make_readable(fd, lines, what);
	}
}

/* It cannot be read when it matters: a press of the other channel, an enable. */
static void test_unreadable_while_ready(void)
{
	const char *what = "unreadable";
	struct oht_estop_status status;
	int fd = guest_open(O_RDWR);
	uint64_t blocking = 0;

	guest_take(fd, LONG_MS);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: reset", what);
	stop_unreadable(stim, OHT_STIM_B);
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, &blocking), ECANCELED, "%s: no enable", what);
	tap_ok(blocking & OHT_CAUSE_BIT(OHT_CAUSE_INPUT_ERROR), "%s: says why", what);
	tap_is(stop_outputs(stim), 0, "%s: outputs stay low", what);
	stop_unreadable(stim, 0);
	guest_sleep_ms(20);
	guest_status(fd, &status);
	tap_is(status.state, OHT_ESTOP_STOPPED, "%s: readable again, still stopped", what);
	stop_work_button(stim, fd);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: reset", what);
	close(fd);
}

/* ---- the controller ---- */

/* The descriptor of a controller that dies lives on in its child: no close, only silence. */
static void test_leaked_descriptor(void)
{
	int fd, watcher = guest_open(O_RDONLY), alive[2];
	struct oht_record record = { 0 };
	uint64_t before_ns;
	pid_t child;

	/* It watches from before: on a busy host the heartbeat may be late before all is prepared. */
	guest_subscribe(watcher, OHT_SUBSCRIBE_SAFETY);
	guest_drain(watcher);
	if (pipe(alive))
		tap_bail("pipe: %s", strerror(errno));
	fd = stop_enabled_controller(stim, DEADMAN_MS);
	do
		if (!guest_next_safety(watcher, STOP_WAIT_MS, &record))
			tap_bail("nobody has enabled");
	while (record.safety.kind != OHT_SAFETY_ENABLE);
	child = fork();
	if (child < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!child) {
		close(alive[1]);
		_exit(read(alive[0], &child, 1) < 0);
	}
	close(alive[0]);
	guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
	before_ns = guest_now_ns();
	close(fd);
	stop_expect(stim, watcher, OHT_CAUSE_DEADMAN, "descriptor leaked to a child", &record);
	if (exact)
		stop_within(record.safety.low_ns, before_ns, DEADMAN_MS * 1000, 1,
			    "descriptor leaked to a child: low");
	tap_errno(guest_take(watcher, LONG_MS), EBADF, "... a reader cannot take the role");
	fd = guest_open(O_RDWR);
	tap_errno(guest_take(fd, LONG_MS), EBUSY, "... which the child still has");
	close(alive[1]);
	waitpid(child, NULL, 0);
	tap_errno(guest_take(fd, LONG_MS), 0, "... until it ends");
	close(watcher);
	close(fd);
}

/* A controller that is stopped (SIGSTOP) does not send heartbeats, nor does it close anything. */
static void test_stopped_controller(void)
{
	int watcher = guest_open(O_RDONLY), ready[2];
	struct oht_record record;
	pid_t child;
	char byte;

	guest_subscribe(watcher, OHT_SUBSCRIBE_SAFETY);
	if (pipe(ready))
		tap_bail("pipe: %s", strerror(errno));
	child = fork();
	if (!child) {
		int fd = stop_enabled_controller(stim, PATIENT_MS);

		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;) {
			guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
			guest_sleep_ms(10);
		}
	}
	if (child < 0 || read(ready[0], &byte, 1) != 1)
		tap_bail("no controller");
	guest_sleep_ms(1000);
	tap_is(stop_outputs(stim), 3, "heartbeats keep the outputs high");
	guest_drain(watcher);
	kill(child, SIGSTOP);
	stop_expect(stim, watcher, OHT_CAUSE_DEADMAN, "controller stopped", &record);
	kill(child, SIGCONT);
	guest_sleep_ms(200);
	tap_is(stop_outputs(stim), 0, "controller goes on: outputs stay low");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(watcher);
}

/* ---- the clock ---- */

static void test_clock_step(void)
{
	static const time_t steps_s[] = { 3600, -7200, 10 * 365 * 86400L, 0 };
	int fd = stop_enabled_controller(stim, PATIENT_MS);
	struct timespec real, wanted;
	struct oht_record record;
	unsigned int i;

	clock_gettime(CLOCK_REALTIME, &real);
	for (i = 0; i < sizeof(steps_s) / sizeof(steps_s[0]); i++) {
		guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
		wanted = real;
		wanted.tv_sec = steps_s[i] ? real.tv_sec + steps_s[i] : FIRST_DAY_S;
		if (clock_settime(CLOCK_REALTIME, &wanted))
			tap_bail("setting the clock: %s", strerror(errno));
		guest_sleep_ms(50);
		tap_is(stop_outputs(stim), 3, "clock set to %lld: nothing happens",
		       (long long)wanted.tv_sec);
	}
	clock_settime(CLOCK_REALTIME, &real);
	guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
	stop_expect(stim, fd, OHT_CAUSE_DEADMAN, "no heartbeat after all that", &record);
	close(fd);
}

/* ---- what others need to be made from outside ---- */

static int hammer(void)
{
	struct gpio_v2_line_request request = {
		.offsets = { FREE_LINE }, .num_lines = 1, .consumer = "hammer",
		.config.flags = GPIO_V2_LINE_FLAG_OUTPUT,
	};
	struct gpio_v2_line_values values = { .mask = 1 };
	int chip = open("/dev/gpiochip0", O_RDWR | O_CLOEXEC);

	if (chip < 0 || ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) < 0) {
		perror("gpiochip0");
		return 1;
	}
	guest_pin_cpu(CPU_TIMER);
	for (;; values.bits ^= 1) {
		/* The direction is what the bank's lock is taken for. */
		ioctl(request.fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
		ioctl(request.fd, GPIO_V2_LINE_SET_CONFIG_IOCTL, &request.config);
	}
}

static int oops(void)
{
	return ioctl(guest_open_stim(), OHT_STIM_IOC_OOPS);
}

static void run_all(void)
{
	TAP_TEST(test_press_with_a_cpu_stuck(CPU_IRQ, "press"), "press, the interrupt's CPU stuck");
	TAP_TEST(test_press_with_a_cpu_stuck(CPU_TIMER, "press"),
		 "press, the supervision's CPU stuck");
	TAP_TEST(test_hang_with_a_cpu_stuck(), "no heartbeat, the interrupt's CPU stuck");
	TAP_TEST(test_deaf(BOTH, "press"), "press, no interrupt from both channels");
	TAP_TEST(test_deaf(OHT_STIM_A, "press"), "press, no interrupt from channel a");
	TAP_TEST(test_unreadable(OHT_STIM_A, "unreadable"), "channel a cannot be read");
	TAP_TEST(test_unreadable(OHT_STIM_B, "unreadable"), "channel b cannot be read");
	TAP_TEST(test_unreadable(BOTH, "unreadable"), "no channel can be read");
	TAP_TEST(test_unreadable_while_ready(), "unreadable between reset and enable");
	TAP_TEST(test_leaked_descriptor(), "descriptor leaked to a child");
	TAP_TEST(test_stopped_controller(), "controller stopped");
	TAP_TEST(test_clock_step(), "clock set");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--hammer"))
		return hammer();
	if (argc == 2 && !strcmp(argv[1], "--oops"))
		return oops();
	exact = guest_is_exact(argc, argv);
	stim = guest_open_stim();
	guest_device_info(&info);
	run_all();
	return tap_done();
}
