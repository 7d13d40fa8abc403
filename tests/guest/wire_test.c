// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine on a wire in software (oht_sim.ko), judged by the wire's observer.
 *
 *	wire_test [--reads N] [--echoes N] [--campaign N] [--seed N] [--golden N] [--slow]
 *
 * Never a gap shorter than t3.5, never a wrong word, and after any single disturbance of an answer
 * the next exchange is a good one. N reads (3,000) undisturbed, N (1,000) on a line that echoes,
 * N (900) of the campaign, every bit of N golden answers (2) flipped once. --slow: a kernel that
 * needs longer for a character than the character takes (KASAN and the like) gets long answers in
 * one piece, and slaves that think for longer than its driver stays on after a request: 2 ms have
 * been seen there.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guest.h"
#include "lib/load.h"
#include "lib/sim.h"
#include "lib/tap.h"

/* Nothing that is only damaged answers later than this. */
#define TIMEOUT_US	10000
/* One of 1,000 is expected. */
#define AT_ONCE_LOST_MAX(reads)	(5 + (reads) * 3 / 1000)
#define EVERY		3
#define SLOW_TURNAROUND_NS	5000000

static struct {
	uint64_t reads;
	uint64_t echoes;
	uint64_t campaign;
	unsigned int golden;
	unsigned int seed;
	bool slow;
} options = { .reads = 3000, .echoes = 1000, .campaign = 900, .golden = 2 };

static struct oht_dev *dev;

static void quiet(void)
{
	sim_quiet();
	if (options.slow)
		sim_set_all("turnaround_ns", SLOW_TURNAROUND_NS);
}

/* What must be so whatever the far end does. */
static void check_wire(const char *what)
{
	tap_is((long long)sim_result("oht_sim", "uart_violations"), 0, "%s: gaps below t3.5", what);
	tap_is((long long)(sim_result("oht_sim", "uart_without_de") +
			   sim_result("oht_sim", "uart_de_early") +
			   sim_result("oht_sim", "uart_pauses")), 0,
	       "%s: characters without driver, drivers off too early, pauses in frames", what);
}

/*
 * Nothing is lost on a wire in virtual time, not a single read: the driver is off within half a
 * start bit (4.3 us) of the last stop bit. A slave without turnaround may begin before that: one
 * read in a thousand is lost so (docs/figures.md), which @lost_max allows for, and no other.
 */
static void test_clean(const char *what, const struct load *load, uint64_t lost_max)
{
	struct load_result result;
	uint64_t met, frames;

	sim_reset();
	load_run(dev, load, &result);
	load_print(what, &result);
	met = sim_result("oht_sim", "uart_deaf");
	frames = sim_result("oht_sim", "uart_frames");
	tap_ok(met <= lost_max, "%s: %" PRIu64 " characters met our driver", what, met);
	tap_ok(result.failed <= met, "%s: of %" PRIu64 " reads %" PRIu64 " failed", what,
	       load->reads, result.failed);
	tap_is((long long)(result.good + result.failed), (long long)load->reads,
	       "%s: reads that ended", what);
	tap_is((long long)result.wrong, 0, "%s: wrong words", what);
	/* Behind a lost answer there is a prior read. */
	tap_ok(frames >= load->reads && frames <= load->reads + result.failed,
	       "%s: the observer saw %" PRIu64 " frames", what, frames);
	check_wire(what);
}

static void run_clean(void)
{
	struct load load;

	load_default(&load);
	load.reads = options.reads;
	quiet();
	sim_set_clocks_off();
	TAP_TEST(test_clean("fine", &load, 0), "undisturbed: fine");
	load.registers = 125;
	load.reads = options.reads / 20;
	sim_set_number("coarse", options.slow);
	TAP_TEST(test_clean("long", &load, 0), "undisturbed: long");
	sim_set_number("coarse", 1);
	load.registers = 8;
	load.reads = options.reads / 3;
	TAP_TEST(test_clean("coarse", &load, 0), "undisturbed: coarse");
	sim_set_number("coarse", 0);
	if (options.slow)
		return;
	sim_set_number("level", 4);
	TAP_TEST(test_clean("level_4", &load, 0), "undisturbed: level_4");
	sim_set_number("level", 1);
	sim_set_all("turnaround_ns", 0);
	TAP_TEST(test_clean("at_once", &load, AT_ONCE_LOST_MAX(load.reads)),
		 "undisturbed: at_once");
	if (!options.echoes)
		return;
	load.reads = options.echoes;
	sim_set_all("turnaround_ns", 100000);
	sim_set_number("echo", 1);
	TAP_TEST(test_clean("echo", &load, 0), "undisturbed: echo");
}

/* @mask may happen to one answer in @every; @streak failures on end are in the nature of it. */
static void test_disturbed(const char *what, unsigned long mask, unsigned int every, uint64_t reads,
			   uint64_t streak)
{
	struct load_result result;
	uint64_t disturbed = 0, passed;
	char name[32];
	struct load load;
	int i;

	load_default(&load);
	load.reads = reads;
	load.timeout_us = TIMEOUT_US;
	sim_set_number("faults", (long long)mask);
	sim_set_number("every", every);
	sim_reset();
	load_run(dev, &load, &result);
	load_print(what, &result);
	for (i = 0; i < SIM_FAULTS; i++) {
		snprintf(name, sizeof(name), "fault_%s", sim_fault_names[i]);
		disturbed += sim_result("oht_sim", name);
	}
	passed = sim_result("oht_sim", "crc_passed");
	tap_ok(disturbed >= reads / every / 2, "%s: %" PRIu64 " answers disturbed", what, disturbed);
	/* Such an answer brings no more wrong words than it has registers. */
	tap_ok(result.wrong <= passed * load.registers, "%s: %" PRIu64 " wrong words, %" PRIu64
	       " answers whose checksum was good by chance", what, result.wrong, passed);
	tap_ok(result.streak <= streak, "%s: %" PRIu64 " failures on end", what, result.streak);
	check_wire(what);
	sim_set_number("faults", 0);
}

static void run_faults(void)
{
	unsigned long all = (1ul << SIM_FAULTS) - 1;
	unsigned int i;

	quiet();
	sim_set_clocks_off();
	sim_set_number("seed", options.seed);
	for (i = 0; i < SIM_FAULTS; i++)
		if (i != SIM_LATE && i != SIM_BABBLE)
			TAP_TEST(test_disturbed(sim_fault_names[i], 1ul << i, EVERY, 60, 1),
				 "one answer in three: %s", sim_fault_names[i]);
	all &= ~(1ul << SIM_LATE | 1ul << SIM_BABBLE);
	TAP_TEST(test_disturbed("campaign", all, EVERY, options.campaign, 1), "campaign");
	/*
	 * Comes when the next request is on its way, and may spoil that. Behind it a read has a
	 * prior read: with one answer in three it would be the read that is late each time.
	 */
	sim_set_number("late_ns", TIMEOUT_US * 1000 + 2000000);
	TAP_TEST(test_disturbed("late", 1ul << SIM_LATE, EVERY + 1, 60, 2), "one answer in four: late");
}

/* One request on its own, 0 or what became of it. */
static int ask(unsigned int unit, unsigned int registers, uint64_t *wrong)
{
	struct load_result result;
	struct load load;

	load_default(&load);
	load.reads = 1;
	load.units[0] = (uint8_t)unit;
	load.unit_count = 1;
	load.registers = (uint16_t)registers;
	load.timeout_us = TIMEOUT_US;
	load_run(dev, &load, &result);
	*wrong += result.wrong;
	return (int)result.failed;
}

/* A second without a pause: all that is asked meanwhile may fail, what is asked after it may not. */
static void test_babble(void)
{
	uint64_t wrong = 0, until_ns;
	unsigned int asked = 0;

	quiet();
	sim_set_number("faults", 1ll << SIM_BABBLE);
	sim_reset();
	until_ns = guest_now_ns() + 1020000000;
	ask(2, 8, &wrong);
	sim_set_number("faults", 0);
	while (guest_now_ns() < until_ns) {
		ask(2 + asked % 4, 8, &wrong);
		asked++;
	}
	tap_is((long long)sim_result("oht_sim", "fault_babble"), 1, "babble of a second");
	tap_ok(asked > 2, "babble: %u exchanges given up meanwhile, none for ever", asked);
	tap_is(ask(3, 8, &wrong), 0, "babble: the first exchange after it");
	tap_is((long long)wrong, 0, "babble: wrong words");
	check_wire("babble");
}

/* Each bit of the answers, data and stop bits, flipped once; the exchange after it is a good one. */
static void test_golden(void)
{
	unsigned int g, bit, bits, flipped = 0, accepted = 0, lost = 0;
	uint64_t wrong = 0;

	quiet();
	sim_reset();
	for (g = 1; g <= options.golden; g++) {
		bits = 9 * (5 + 2 * g);
		for (bit = 0; bit < bits; bit++, flipped++) {
			sim_set_number("flip_bit", bit);
			sim_set_number("faults", 1ll << SIM_FLIP);
			accepted += !ask(2 + g % 4, g, &wrong);
			sim_set_number("faults", 0);
			lost += (unsigned int)ask(2 + g % 4, g, &wrong);
		}
	}
	tap_is(accepted, 0, "%u flipped bits of %u golden answers: accepted", flipped,
	       options.golden);
	tap_is((long long)wrong, 0, "flipped bits: wrong words");
	tap_is(lost, 0, "flipped bits: exchanges lost after one");
	check_wire("flipped bits");
}

static void parse(int argc, char **argv)
{
	static const struct option names[] = {
		{ "reads", required_argument, NULL, 'r' },
		{ "echoes", required_argument, NULL, 'e' },
		{ "campaign", required_argument, NULL, 'c' },
		{ "golden", required_argument, NULL, 'g' },
		{ "seed", required_argument, NULL, 's' },
		{ "slow", no_argument, NULL, 'w' },
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'r')
			options.reads = guest_number(optarg, UINT32_MAX);
		else if (option == 'e')
			options.echoes = guest_number(optarg, UINT32_MAX);
		else if (option == 'c')
			options.campaign = guest_number(optarg, UINT32_MAX);
		else if (option == 'g')
			options.golden = (unsigned int)guest_number(optarg, LOAD_REGISTERS_MAX);
		else if (option == 's')
			options.seed = (unsigned int)guest_number(optarg, UINT32_MAX);
		else if (option == 'w')
			options.slow = true;
		else
			tap_bail("usage: wire_test [--reads N] [--echoes N] [--campaign N] "
				 "[--golden N] [--seed N] [--slow]");
	}
}

int main(int argc, char **argv)
{
	options.seed = guest_default_seed();
	parse(argc, argv);
	/* The engine's timers follow; an emulator with one thread lets CPU 1 wait for CPU 0. */
	guest_pin_cpu(0);
	dev = oht_dev_open(NULL, 0);
	if (!dev)
		tap_bail("%s: %s", OHT_DEFAULT_DEVICE, strerror(errno));
	/* Not of random(): of the wire's faults. */
	guest_seed(options.seed);
	run_clean();
	TAP_TEST(test_golden(), "each bit of golden answers flipped");
	run_faults();
	TAP_TEST(test_babble(), "babble");
	quiet();
	oht_dev_close(dev);
	return tap_done();
}
