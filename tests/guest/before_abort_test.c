// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The CPU that has latched a stop, or disabled the machine, is held up before it can do anything
 * else, and another one resets and enables meanwhile: outputs of a plan from before are not written
 * any more. No module is at the far end of the wire; an attempt to write shows in the image.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/plan.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

#define CYCLES	5
/* The output of the good plan. */
#define OUTPUT	2

static int stim;

static int hold(unsigned long what)
{
	int answer = ioctl(stim, OHT_STIM_IOC_HOLD, what);

	if (answer < 0)
		tap_bail("hold: %s", strerror(errno));
	return answer;
}

/* On the CPU of the button's interrupt. */
static void *stop_and_be_held(void *context)
{
	int fd = guest_open(O_RDWR);

	guest_pin_cpu(0);
	hold(OHT_STIM_HOLD_ARM);
	if (guest_command(fd, OHT_IOC_STOP, 0, NULL))
		tap_bail("STOP: %s", strerror(errno));
	close(fd);
	return context;
}

static void set_outputs(int fd, uint32_t generation, int error, const char *when)
{
	static const uint16_t words[] = { 7, 8, 9 };
	struct oht_outputs set = {
		.size = sizeof(set), .generation = generation, .entry = OUTPUT, .count = 3,
		.words = (uintptr_t)words,
	};

	tap_errno(guest_ioctl(fd, OHT_IOC_OUTPUTS, &set), error, "outputs %s", when);
}

static void wait_cycles(const struct oht_image *image)
{
	struct oht_image_header header;
	uint64_t until;

	plan_read_header(image, &header);
	until = header.cycles + CYCLES;
	if (!GUEST_UNTIL((plan_read_header(image, &header), header.cycles >= until), STOP_WAIT_MS))
		tap_bail("the plan does not go on");
}

/* Another thread of the controller, with the descriptor of the controller. */
static void *disable_and_be_held(void *context)
{
	guest_pin_cpu(0);
	hold(OHT_STIM_HOLD_ARM);
	if (guest_command(*(const int *)context, OHT_IOC_DISABLE, 0, NULL))
		tap_bail("DISABLE: %s", strerror(errno));
	return context;
}

/* Reset and enable while the stop's own CPU has not got on. */
static void enable_meanwhile(int fd)
{
	if (!GUEST_UNTIL(hold(OHT_STIM_HOLD_ASK), STOP_WAIT_MS))
		tap_bail("the stop is not held up");
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "latched");
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, NULL), 0, "reset by another CPU");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "enable by another CPU");
}

static void test_outputs(int fd, const struct oht_image *image, uint32_t generation)
{
	struct oht_image_slot slot;
	pthread_t stopper;

	set_outputs(fd, generation, 0, "before the stop");
	if (pthread_create(&stopper, NULL, stop_and_be_held, NULL))
		tap_bail("no thread");
	enable_meanwhile(fd);
	wait_cycles(image);
	tap_is(hold(OHT_STIM_HOLD_END), 1, "held up all the while");
	pthread_join(stopper, NULL);
	wait_cycles(image);
	plan_read_slot(image, OUTPUT, &slot);
	tap_is(slot.tried_ns, 0, "nothing from before the stop was written");
	tap_errno(-slot.status, ENODATA, "the slot says that there is nothing to write");
	tap_is(guest_state(fd), OHT_ESTOP_ENABLED, "still enabled");
	set_outputs(fd, generation, 0, "after the enable");
	tap_ok(GUEST_UNTIL((plan_read_slot(image, OUTPUT, &slot), slot.tried_ns), STOP_WAIT_MS),
	       "are written");
}

static void test_disable(int fd, const struct oht_image *image, uint32_t generation)
{
	struct oht_image_slot before, after;
	pthread_t disabler;

	tap_is(guest_state(fd), OHT_ESTOP_ENABLED, "enabled");
	set_outputs(fd, generation, 0, "before DISABLE");
	if (pthread_create(&disabler, NULL, disable_and_be_held, &fd))
		tap_bail("no thread");
	if (!GUEST_UNTIL(hold(OHT_STIM_HOLD_ASK), STOP_WAIT_MS))
		tap_bail("DISABLE is not held up");
	tap_is(guest_state(fd), OHT_ESTOP_READY, "disabled");
	wait_cycles(image);
	plan_read_slot(image, OUTPUT, &before);
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "enable by another thread");
	wait_cycles(image);
	plan_read_slot(image, OUTPUT, &after);
	tap_is(hold(OHT_STIM_HOLD_END), 1, "held up all the while");
	pthread_join(disabler, NULL);
	tap_is((long long)after.tried_ns, (long long)before.tried_ns,
	       "nothing from before DISABLE was written");
	tap_errno(-after.status, ENODATA, "the slot says that there is nothing to write");
	tap_is(guest_state(fd), OHT_ESTOP_ENABLED, "still enabled");
	set_outputs(fd, generation, 0, "after the enable");
	tap_ok(GUEST_UNTIL((plan_read_slot(image, OUTPUT, &after),
			    after.tried_ns != before.tried_ns), STOP_WAIT_MS), "are written");
}

int main(void)
{
	const struct oht_image *image;
	struct oht_plan_commit made;
	int fd, error;

	/* The grid's timer runs where the plan is committed: not on the CPU that is held up. */
	guest_pin_cpu(guest_cpus() - 1);
	stim = guest_open_stim();
	fd = guest_open(O_RDWR);
	image = plan_map_image(fd);
	if (guest_take(fd, LONG_MS) || guest_reset_when_stable(fd, 0))
		tap_bail("not ready");
	plan_make_good();
	error = guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage);
	if (!error)
		error = plan_commit(fd, 0, &made);
	if (error || !plan_wait_generation(image, made.generation))
		tap_bail("no plan: %s", strerror(error));
	TAP_TEST(test_outputs(fd, image, made.generation), "outputs, and a stop that is held up");
	TAP_TEST(test_disable(fd, image, made.generation), "outputs, and a DISABLE that is held up");
	return tap_done();
}
