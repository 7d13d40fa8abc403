// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A loss that stops, on the wire in software (oht_sim): whatever keeps the bus from a module, the
 * machine stops when the time that the plan promises is over. Nobody but the kernel looks. For two
 * CPUs and for guest time that does not stall (icount).
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/plan.h"
#include "lib/sim.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/stuck.h"
#include "lib/tap.h"

/* As in userspace/data/plan.csv: every 25 ms, lost after 100 ms. */
#define CYCLE_US	25000
#define LOSS_ERRORS	4
/* The promised time, and the rest of the cycle in which the module was heard last. */
#define BOUND_US	((LOSS_ERRORS + 1) * CYCLE_US)
#define SAFETY		3
#define OTHER		4
#define NOBODY		247
#define LONG_US		5000000
#define SHORTER_US	60000
#define LOSS_MS		(4 * BOUND_US / 1000)
#define STUCK_US	200000
#define CPU_PLAN	0
#define WAIT_MS		(2 * LONG_US / 1000)

static int stim;
static const struct oht_image *image;

static uint64_t heard_ns(void)
{
	struct oht_image_slot slot;

	plan_read_slot(image, 0, &slot);
	return slot.timestamp_ns;
}

static bool is_heard(void)
{
	return guest_now_ns() - heard_ns() < 2 * CYCLE_US * US;
}

static void commit(int fd, struct oht_plan_commit *made)
{
	unsigned int i;

	plan_make_good();
	plan_stage.count = 2;
	plan_stage.cycle_us = CYCLE_US;
	for (i = 0; i < plan_stage.count; i++) {
		plan_entries[i] = (struct oht_plan_entry) {
			.unit = SAFETY + i, .function = 3, .count = 8, .period_cycles = 1,
			.loss_action = OHT_LOSS_STOP, .loss_errors = LOSS_ERRORS,
			.timeout_us = 5000, .turnaround_us = 2000,
		};
	}
	plan_entries[1].loss_action = OHT_LOSS_NONE;
	if (guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage) || plan_commit(fd, 0, made))
		tap_bail("no plan");
}

static void put_in_force(int fd)
{
	struct oht_plan_commit made;

	commit(fd, &made);
	if (!plan_wait_generation(image, made.generation) || !GUEST_UNTIL(is_heard(), WAIT_MS))
		tap_bail("no plan in force");
}

/* The controller of a plan in force, whose timer is on CPU_PLAN. */
static int ready_with_plan(void)
{
	int fd = guest_open(O_RDWR);

	sim_quiet();
	sim_reset();
	guest_pin_cpu(CPU_PLAN);
	if (guest_take(fd, LONG_MS))
		tap_bail("cannot take the role");
	put_in_force(fd);
	if (guest_reset_when_stable(fd, 0))
		tap_bail("cannot reset");
	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	return fd;
}

static void enable(int fd)
{
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "enable");
	guest_drain(fd);
}

/* In time, and for as long as nobody is heard. Returns when the outputs were low. */
static uint64_t expect_loss_since(int fd, uint64_t since_ns, const char *what)
{
	struct oht_record record = { 0 };
	uint64_t blocking = 0;

	stop_expect(stim, fd, OHT_CAUSE_BUS_LOSS, what, &record);
	stop_within(record.safety.low_ns, since_ns ? since_ns : heard_ns(), BOUND_US, 1, what);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: no reset", what);
	tap_ok(blocking & OHT_CAUSE_BIT(OHT_CAUSE_BUS_LOSS), "%s: says why", what);
	return record.safety.low_ns;
}

static uint64_t expect_loss(int fd, const char *what)
{
	return expect_loss_since(fd, 0, what);
}

static void expect_recovery(int fd, const char *what)
{
	sim_quiet();
	tap_ok(GUEST_UNTIL(is_heard(), WAIT_MS), "%s: heard again", what);
	guest_sleep_ms(2 * CYCLE_US / 1000);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, NULL), 0, "%s: reset", what);
	close(fd);
}

static void test_fault(enum sim_fault fault, unsigned int unit, const char *what)
{
	int fd = ready_with_plan();

	enable(fd);
	sim_set_number("unit", unit);
	sim_set_number("faults", 1 << fault);
	expect_loss(fd, what);
	expect_recovery(fd, what);
}

static struct oht_transfer long_read(uint32_t timeout_us)
{
	struct oht_transfer transfer = guest_read;

	transfer.unit = NOBODY;
	transfer.timeout_us = timeout_us;
	transfer.retries = 0;
	return transfer;
}

/* What would make a loss is refused to everybody in every state, and what is shorter makes none. */
static void test_read(void)
{
	const char *what = "a read of 5 s";
	int fd = ready_with_plan(), stranger = guest_open(O_RDWR);
	struct oht_estop_status status;

	tap_errno(guest_submit(fd, long_read(LONG_US)), EDQUOT, "%s, while ready", what);
	tap_errno(guest_submit(stranger, long_read(LONG_US)), EDQUOT, "%s, of a stranger", what);
	tap_errno(guest_submit(stranger, long_read(SHORTER_US)), 0, "60 ms of a stranger");
	guest_sleep_ms(LOSS_MS);
	enable(fd);
	tap_errno(guest_submit(fd, long_read(LONG_US)), EDQUOT, "%s, while enabled", what);
	tap_errno(guest_submit(stranger, long_read(LONG_US)), EDQUOT, "... of a stranger");
	tap_errno(guest_submit(fd, long_read(SHORTER_US)), 0, "60 ms while enabled");
	guest_sleep_ms(LOSS_MS);
	guest_status(fd, &status);
	tap_is(status.state, OHT_ESTOP_ENABLED, "... and it is enabled still");
	close(stranger);
	close(fd);
}

/* It has the bus before there is a plan. */
static void test_read_before(void)
{
	const char *what = "a read from before the plan";
	int fd = ready_with_plan();
	struct oht_plan_commit made;

	tap_errno(plan_clear(fd, 0), 0, "%s: none", what);
	enable(fd);
	tap_errno(guest_submit(fd, long_read(LONG_US)), 0, "%s", what);
	guest_sleep_ms(CYCLE_US / 1000);
	commit(fd, &made);
	expect_loss_since(fd, guest_now_ns(), what);
	expect_recovery(fd, what);
}

static void test_stuck(void)
{
	const char *what = "the CPU of the plan's timer is stuck";
	int fd = ready_with_plan();
	struct stuck stuck;
	uint64_t low_ns;

	enable(fd);
	stuck_begin(&stuck, stim, CPU_PLAN, STUCK_US);
	low_ns = expect_loss(fd, what);
	stuck_end(&stuck);
	tap_ok(low_ns < stuck.end_ns, "%s: low before it comes back", what);
	expect_recovery(fd, what);
}

int main(void)
{
	stim = guest_open_stim();
	image = plan_map_image(guest_open(O_RDONLY));
	TAP_TEST(test_fault(SIM_SILENCE, SAFETY, "silence"), "the module is silent");
	TAP_TEST(test_fault(SIM_BABBLE, OTHER, "babble"), "another one babbles");
	TAP_TEST(test_read(), "a long read is refused");
	TAP_TEST(test_read_before(), "a long read has the bus before the plan");
	TAP_TEST(test_stuck(), "a CPU is stuck");
	sim_quiet();
	return tap_done();
}
