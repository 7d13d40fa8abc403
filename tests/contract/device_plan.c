// SPDX-License-Identifier: GPL-2.0-or-later
/* The cyclic plan, its outputs and the process image. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device.h"
#include "internal.h"

#define PATIENCE_MS	10000
#define STEP_MS		5

static struct oht_plan_entry entries[OHT_PLAN_ENTRIES_MAX];
static struct oht_plan_stage staged;

/* Two inputs and an output, three registers wide. */
static void make_good(void)
{
	memset(entries, 0, sizeof(entries));
	entries[0] = (struct oht_plan_entry){ .unit = UNIT_A, .function = 3, .loss_errors = 200,
		.count = 2, .period_cycles = 1, .timeout_us = 5000, .turnaround_us = 2000 };
	entries[1] = (struct oht_plan_entry){ .unit = UNIT_B, .function = 4, .loss_errors = 200,
		.count = 1, .period_cycles = 4, .phase_cycles = 3, .timeout_us = 5000,
		.turnaround_us = 2000 };
	entries[2] = (struct oht_plan_entry){ .unit = UNIT_A, .function = 16, .loss_errors = 200,
		.address = 0x60, .count = 3, .period_cycles = 1, .timeout_us = 5000,
		.turnaround_us = 2000 };
	staged = (struct oht_plan_stage){ .size = sizeof(staged),
		.entry_size = sizeof(entries[0]), .count = 3, .entries = (uintptr_t)entries,
		.cycle_us = 50000, .whole_cycles = 4 };
}

static int stage(int fd)
{
	staged.bad_entry = 99;
	return dev_call(fd, OHT_IOC_PLAN_STAGE, &staged);
}

static int commit(int fd, uint32_t flags, struct oht_plan_commit *made)
{
	*made = (struct oht_plan_commit){ .size = sizeof(*made), .flags = flags };
	return dev_call(fd, OHT_IOC_PLAN_COMMIT, made);
}

static int clear(int fd, uint32_t flags)
{
	struct oht_plan_clear end = { .size = sizeof(end), .flags = flags };

	return dev_call(fd, OHT_IOC_PLAN_CLEAR, &end);
}

static struct oht_plan_status plan_status(int fd)
{
	struct oht_plan_status status = { .size = sizeof(status) };

	EXPECT_ERRNO(dev_call(fd, OHT_IOC_PLAN_STATUS, &status), 0);
	return status;
}

static int outputs(int fd, uint32_t generation, uint16_t entry, uint16_t count,
		   const uint16_t *words)
{
	struct oht_outputs wanted = { .size = sizeof(wanted), .generation = generation,
		.entry = entry, .count = count, .words = (uintptr_t)words };

	return dev_call(fd, OHT_IOC_OUTPUTS, &wanted);
}

/* The generation that is in force. */
static uint32_t run_good_plan(int fd)
{
	struct oht_plan_commit made;
	int waited_ms;

	make_good();
	EXPECT_ERRNO(stage(fd), 0);
	EXPECT_ERRNO(commit(fd, 0, &made), 0);
	for (waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += STEP_MS) {
		if (plan_status(fd).flags == OHT_PLAN_RUNNING)
			break;
		dev_sleep_ms(fd, STEP_MS);
	}
	EXPECT_IS(plan_status(fd).generation, made.generation);
	return made.generation;
}

static void only_the_controller_plans(void)
{
	int fd = dev_open(O_RDWR);
	struct oht_plan_commit made;
	const uint16_t words[3] = { 0 };

	make_good();
	EXPECT_ERRNO(stage(fd), EPERM);
	EXPECT_IS(staged.bad_entry, 3);
	EXPECT_ERRNO(commit(fd, OHT_PLAN_DRY_RUN, &made), EPERM);
	EXPECT_ERRNO(clear(fd, 0), EPERM);
	EXPECT_ERRNO(outputs(fd, 1, 2, 3, words), EPERM);
	EXPECT_IS(plan_status(fd).flags, 0);
}

#define EXPECT_STAGE(fd, error, bad, member, value) do {			\
		make_good();							\
		(member) = (value);						\
		EXPECT_ERRNO(stage(fd), error);					\
		EXPECT_IS(staged.bad_entry, bad);				\
	} while (0)

static void stage_has_a_form(void)
{
	int fd = dev_controller();
	struct oht_plan_commit made;

	EXPECT_STAGE(fd, EINVAL, 3, staged.flags, 1);
	EXPECT_STAGE(fd, EINVAL, 3, staged.entry_size, sizeof(entries[0]) + 8);
	EXPECT_STAGE(fd, EINVAL, 0, staged.count, 0);
	EXPECT_STAGE(fd, EINVAL, 65, staged.count, OHT_PLAN_ENTRIES_MAX + 1);
	EXPECT_STAGE(fd, EFAULT, 3, staged.entries, 0);
	EXPECT_STAGE(fd, EINVAL, 3, staged.cycle_us, OHT_PLAN_CYCLE_MIN_US - 1);
	EXPECT_STAGE(fd, EINVAL, 3, staged.cycle_us, OHT_PLAN_CYCLE_MAX_US + 1);
	EXPECT_STAGE(fd, EINVAL, 3, staged.stop_budget_us, OHT_PLAN_STOP_BUDGET_MAX_US + 1);
	EXPECT_STAGE(fd, EINVAL, 3, staged.whole_cycles, 1);
	EXPECT_STAGE(fd, EINVAL, 3, staged.whole_cycles, OHT_PLAN_PERIOD_MAX_CYCLES + 1);
	/* Nothing of this is laid ready. */
	EXPECT_ERRNO(commit(fd, OHT_PLAN_DRY_RUN, &made), ENOENT);
}

static void entries_have_a_form(void)
{
	int fd = dev_controller();
	struct oht_plan_commit made;

	EXPECT_STAGE(fd, EINVAL, 1, entries[1].unit, 0);
	EXPECT_STAGE(fd, EINVAL, 1, entries[1].unit, 248);
	EXPECT_STAGE(fd, EINVAL, 2, entries[2].unit, 0);
	EXPECT_STAGE(fd, EOPNOTSUPP, 1, entries[1].function, 1);
	EXPECT_STAGE(fd, EINVAL, 1, entries[1].loss_action, 2);
	EXPECT_STAGE(fd, EINVAL, 1, entries[1].loss_errors, 0);
	EXPECT_STAGE(fd, EINVAL, 1, entries[1].count, 126);
	EXPECT_STAGE(fd, EINVAL, 2, entries[2].count, 124);
	EXPECT_STAGE(fd, EINVAL, 1, entries[1].write_count, 1);
	EXPECT_STAGE(fd, EINVAL, 1, entries[1].period_cycles, 0);
	EXPECT_STAGE(fd, EINVAL, 1, entries[1].phase_cycles, 4);
	EXPECT_STAGE(fd, EINVAL, 1, entries[1].timeout_us, 999);
	EXPECT_STAGE(fd, EINVAL, 1, entries[1].turnaround_us, 5001);
	EXPECT_STAGE(fd, EINVAL, 2, entries[2].reserved[1], 1);
	EXPECT_ERRNO(commit(fd, 0, &made), ENOENT);
}

static void commit_has_a_form(void)
{
	struct oht_plan_commit made = { .size = sizeof(made), .reserved = 1 };
	int fd = dev_controller();

	EXPECT_ERRNO(dev_call(fd, OHT_IOC_PLAN_COMMIT, &made), EINVAL);
	EXPECT_ERRNO(commit(fd, 2, &made), EINVAL);
	EXPECT_ERRNO(commit(fd, 0, &made), ENOENT);
	EXPECT_ERRNO(commit(fd, OHT_PLAN_DRY_RUN, &made), ENOENT);
	EXPECT_ERRNO(clear(fd, 1), EINVAL);
	EXPECT_ERRNO(clear(fd, 0), 0);
}

static void a_dry_run_tells_and_does_nothing(void)
{
	int fd = dev_controller();
	struct oht_plan_commit made;

	make_good();
	EXPECT_ERRNO(stage(fd), 0);
	EXPECT_IS(staged.bad_entry, 3);
	EXPECT_ERRNO(commit(fd, OHT_PLAN_DRY_RUN, &made), 0);
	EXPECT_IS(made.generation, 0);
	EXPECT_IS(made.figures.hyperperiod_cycles, 4);
	/* Three exchanges of some 5 ms each in 50 ms, twice in three of four cycles. */
	EXPECT(made.figures.worst_permille > 200 && made.figures.worst_permille < 500);
	EXPECT(made.figures.mean_permille > 150 &&
	       made.figures.mean_permille < made.figures.worst_permille);
	EXPECT(made.figures.busy_worst_ns + made.figures.slack_min_ns == 50000000);
	EXPECT_IS(plan_status(fd).flags, 0);
	EXPECT_IS(plan_status(fd).generation, made.generation + plan_status(fd).generation);
}

/* The second entry would keep the first, whose loss stops, from the bus until it is lost. */
static void entries_that_hold_the_bus_too_long_are_refused(void)
{
	int fd = dev_controller();
	struct oht_plan_commit made;

	make_good();
	entries[0].loss_action = OHT_LOSS_STOP;
	entries[0].loss_errors = 2;
	entries[1].timeout_us = 60000;
	EXPECT_ERRNO(stage(fd), EDQUOT);
	EXPECT_IS(staged.bad_entry, 1);
	EXPECT_ERRNO(commit(fd, OHT_PLAN_DRY_RUN, &made), ENOENT);
	entries[1].timeout_us = 30000;
	EXPECT_ERRNO(stage(fd), 0);
	EXPECT_ERRNO(commit(fd, OHT_PLAN_DRY_RUN, &made), 0);
	EXPECT_IS(made.figures.hold_max_ns, 50000000);
}

static void too_heavy_plans_are_refused_with_figures(void)
{
	int fd = dev_controller();
	struct oht_plan_commit made;

	make_good();
	staged.cycle_us = 8000;
	EXPECT_ERRNO(stage(fd), 0);
	EXPECT_ERRNO(commit(fd, 0, &made), EDQUOT);
	EXPECT(made.figures.worst_permille > OHT_PLAN_LOAD_MAX_PERMILLE);
	EXPECT_IS(plan_status(fd).flags, 0);
	make_good();
	staged.stop_budget_us = 1;
	EXPECT_ERRNO(stage(fd), 0);
	EXPECT_ERRNO(commit(fd, 0, &made), EDQUOT);
	EXPECT(made.figures.stop_ns > 1000);
	EXPECT_IS(plan_status(fd).flags, 0);
}

static void a_plan_comes_in_force(void)
{
	int fd = dev_controller();
	uint32_t generation = run_good_plan(fd);
	struct oht_plan_status status = plan_status(dev_open(O_RDONLY));
	struct oht_plan_commit made;

	EXPECT_IS(status.entries, 3);
	EXPECT_IS(status.cycle_us, 50000);
	/* What was laid ready stays so; the layout is another one all the same. */
	EXPECT_ERRNO(commit(fd, 0, &made), 0);
	EXPECT_IS(made.generation, generation + 1);
	EXPECT_ERRNO(clear(fd, 0), 0);
	status = plan_status(fd);
	EXPECT_IS(status.flags, 0);
	EXPECT_IS(status.entries, 0);
	EXPECT(status.generation > made.generation);
	/* Forgotten too. */
	EXPECT_ERRNO(commit(fd, 0, &made), ENOENT);
}

/* It waits for the beginning of a cycle, and only one waits. */
static void one_plan_waits_at_a_time(void)
{
	int fd = dev_controller();
	struct oht_plan_commit made;

	make_good();
	staged.cycle_us = OHT_PLAN_CYCLE_MAX_US;
	EXPECT_ERRNO(stage(fd), 0);
	EXPECT_ERRNO(commit(fd, 0, &made), 0);
	while (plan_status(fd).flags & OHT_PLAN_PENDING)
		dev_sleep_ms(fd, STEP_MS);
	EXPECT_ERRNO(commit(fd, 0, &made), 0);
	EXPECT_IS(plan_status(fd).flags, OHT_PLAN_RUNNING | OHT_PLAN_PENDING);
	EXPECT_IS(plan_status(fd).generation, made.generation - 1);
	EXPECT_ERRNO(commit(fd, 0, &made), EBUSY);
	EXPECT_ERRNO(clear(fd, 0), 0);
}

/* Its figures have been computed with the pauses that units may make, and the rests that they need. */
static void a_plan_holds_the_pauses(void)
{
	struct oht_unit_set set = { .size = sizeof(set), .unit = UNIT_B, .timeout_us = 20000,
				    .pause_max_us = 4000, .rest_us = 2000 };
	int fd = dev_controller();

	EXPECT_ERRNO(dev_call(fd, OHT_IOC_UNIT_SET, &set), 0);
	run_good_plan(fd);
	set.pause_max_us = 0;
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_UNIT_SET, &set), EBUSY);
	set.pause_max_us = 4000;
	set.rest_us = 3000;
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_UNIT_SET, &set), EBUSY);
	set.rest_us = 2000;
	set.retries = 1;
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_UNIT_SET, &set), 0);
	EXPECT_ERRNO(clear(fd, 0), 0);
	set.pause_max_us = 0;
	set.rest_us = 0;
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_UNIT_SET, &set), 0);
}

static void a_plan_outlives_its_controller(void)
{
	int fd = dev_controller(), other = dev_open(O_RDWR);
	uint32_t generation = run_good_plan(fd);

	EXPECT_ERRNO(dev_release(fd), 0);
	EXPECT_IS(plan_status(other).flags, OHT_PLAN_RUNNING);
	EXPECT_IS(plan_status(other).generation, generation);
	EXPECT_ERRNO(clear(fd, 0), EPERM);
	EXPECT_ERRNO(dev_take(other, 0), 0);
	EXPECT_ERRNO(clear(other, 0), 0);
}

static void outputs_are_checked(void)
{
	static const uint16_t words[OHT_WORDS_MAX] = { 5, 6, 7 };
	struct oht_outputs flags = { .size = sizeof(flags), .flags = OHT_OUTPUTS_NOW << 1, .entry = 2,
				     .count = 3, .words = (uintptr_t)words };
	int fd = dev_ready();
	uint32_t generation;

	EXPECT_ERRNO(outputs(fd, 0, 2, 3, words), ENOENT);
	generation = run_good_plan(fd);
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_OUTPUTS, &flags), EINVAL);
	EXPECT_ERRNO(outputs(fd, generation + 1, 2, 3, words), ENOENT);
	EXPECT_ERRNO(outputs(fd, generation, 0, 2, words), EINVAL);
	EXPECT_ERRNO(outputs(fd, generation, 3, 3, words), EINVAL);
	EXPECT_ERRNO(outputs(fd, generation, 2, 0, words), EINVAL);
	EXPECT_ERRNO(outputs(fd, generation, 2, 2, words), EINVAL);
	EXPECT_ERRNO(outputs(fd, generation, 2, OHT_WORDS_MAX + 1, words), EINVAL);
	EXPECT_ERRNO(outputs(fd, generation, 2, 3, NULL), EFAULT);
	EXPECT_ERRNO(outputs(fd, generation, 2, 3, words), 0);
	flags.generation = generation;
	flags.flags = OHT_OUTPUTS_NOW;
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_OUTPUTS, &flags), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), 0);
	EXPECT_ERRNO(outputs(fd, generation, 2, 3, words), ECANCELED);
	EXPECT_ERRNO(dev_call(fd, OHT_IOC_OUTPUTS, &flags), ECANCELED);
}

static void the_image_shows_the_layout(void)
{
	int fd = dev_controller();
	const struct oht_image *image = oht_sys->map(fd, sizeof(*image));
	uint32_t generation;

	EXPECT(image != NULL);
	EXPECT_IS(image->header.abi_version, OHT_ABI_VERSION);
	EXPECT_IS(image->header.header_bytes, sizeof(image->header));
	EXPECT_IS(image->header.slot_bytes, sizeof(image->slots[0]));
	EXPECT_IS(image->header.slots, OHT_PLAN_ENTRIES_MAX);
	EXPECT_IS(image->header.entries, 0);
	generation = run_good_plan(fd);
	EXPECT_IS(image->header.generation, generation);
	EXPECT_IS(image->header.entries, 3);
	EXPECT_IS(image->header.cycle_us, 50000);
	EXPECT_IS(image->header.flags, OHT_PLAN_RUNNING);
	EXPECT_ERRNO(clear(fd, 0), 0);
	EXPECT_IS(image->header.entries, 0);
	EXPECT_IS(image->header.flags, 0);
	oht_sys->unmap(image, sizeof(*image));
}

const struct contract_test plan_tests[] = {
	CONTRACT(only_the_controller_plans),
	CONTRACT(stage_has_a_form),
	CONTRACT(entries_have_a_form),
	CONTRACT(commit_has_a_form),
	CONTRACT(a_dry_run_tells_and_does_nothing),
	CONTRACT(entries_that_hold_the_bus_too_long_are_refused),
	CONTRACT(too_heavy_plans_are_refused_with_figures),
	CONTRACT(a_plan_comes_in_force),
	CONTRACT(one_plan_waits_at_a_time),
	CONTRACT(a_plan_holds_the_pauses),
	CONTRACT(a_plan_outlives_its_controller),
	CONTRACT(outputs_are_checked),
	CONTRACT(the_image_shows_the_layout),
};
const size_t plan_count = sizeof(plan_tests) / sizeof(plan_tests[0]);
