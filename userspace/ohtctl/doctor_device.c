// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the driver and the bus: what it shows in sysfs, and the tree that describes the board. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "doctor.h"

/* As the driver demands it of a divisor; docs/hardware.md. */
#define RATE_PERCENT	1

/* How long one wait of the watch lasts before an interrupt is looked for. */
#define WAIT_NS		100000000L
#define NS_PER_S	1000000000L

static const char *node(const struct doctor *doctor)
{
	const char *slash = strrchr(doctor->cli->device, '/');

	return slash ? slash + 1 : doctor->cli->device;
}

/* Is there a device to look at? If not, that is the finding of every check but "driver". */
static bool has_device(struct doctor *doctor)
{
	if (doctor_exists(doctor, "/sys/class/oht/%s", node(doctor)))
		return true;
	doctor_unknown(doctor, NULL, "no device of the driver");
	return false;
}

static bool has_bus(struct doctor *doctor)
{
	if (!has_device(doctor))
		return false;
	if (doctor_exists(doctor, "/sys/class/oht/%s/statistics", node(doctor)))
		return true;
	doctor_unknown(doctor, NULL, "%s has no bus", node(doctor));
	return false;
}

/* A counter or number of the device. */
static int read_number(const struct doctor *doctor, const char *name, uint64_t *number)
{
	return doctor_number(doctor, number, "/sys/class/oht/%s/%s", node(doctor), name);
}

static int read_word(const struct doctor *doctor, const char *name, char text[DOCTOR_TEXT_BYTES])
{
	return doctor_read(doctor, text, "/sys/class/oht/%s/%s", node(doctor), name);
}

static bool has_property(const struct doctor *doctor, const char *name)
{
	return doctor_exists(doctor, "/sys/class/oht/%s/device/of_node/%s", node(doctor), name);
}

/* The daemon drives a serial port, without the kernel's part. */
static bool is_serial(const struct doctor *doctor)
{
	struct json_object *bus = doctor->health ? json_object_object_get(doctor->health, "bus") : NULL;
	const char *backend = bus ? json_object_get_string(json_object_object_get(bus, "backend")) : NULL;

	return backend && !strcmp(backend, "rtu");
}

void doctor_look_at_driver(struct doctor *doctor)
{
	char abi[DOCTOR_TEXT_BYTES];

	if (is_serial(doctor))
		doctor_unknown(doctor, NULL, "ohtd uses a serial port (backend = rtu): no driver, no hardware stop, timing is not guaranteed");
	else if (!doctor_exists(doctor, "/sys/module/oht"))
		doctor_wrong(doctor, "modprobe oht; if there is no such module: dkms status", "the kernel module oht is not loaded");
	else if (!doctor_exists(doctor, "/sys/class/oht/%s", node(doctor)))
		doctor_wrong(doctor, "dmesg | grep oht names the property that is wrong; without a line the overlay is not applied: docs/hardware.md",
			     "the module oht is loaded, but there is no %s", node(doctor));
	else if (read_word(doctor, "abi_version", abi))
		doctor_unknown(doctor, NULL, "%s does not say its ABI version", node(doctor));
	else
		doctor_ok(doctor, "%s, ABI version %s", node(doctor), abi);
}

void doctor_look_at_uart(struct doctor *doctor)
{
	uint64_t real_millibps = 0, asked_bps;
	unsigned char cells[4] = { 0 };
	char path[PATH_MAX];
	double off_percent;
	FILE *file;

	if (!has_device(doctor))
		return;
	if (!doctor_exists(doctor, "/sys/class/oht/%s/statistics", node(doctor))) {
		doctor_wrong(doctor, "dmesg | grep oht", "the stop is there, the bus is not: its port failed");
		return;
	}
	doctor_path(doctor, path, "/sys/class/oht/%s/device/of_node/current-speed", node(doctor));
	file = fopen(path, "re");
	if (file && fread(cells, 1, sizeof(cells), file) != sizeof(cells))
		memset(cells, 0, sizeof(cells));
	if (file)
		fclose(file);
	asked_bps = (uint64_t)cells[0] << 24 | (uint64_t)cells[1] << 16 | (uint64_t)cells[2] << 8 | cells[3];
	if (read_number(doctor, "baud_effective_millibps", &real_millibps) || !real_millibps || !asked_bps) {
		doctor_unknown(doctor, NULL, "current-speed of the tree and the rate that is set cannot both be read");
		return;
	}
	off_percent = ((double)real_millibps / 1e3 / (double)asked_bps - 1) * 100;
	if (off_percent > RATE_PERCENT || off_percent < -RATE_PERCENT)
		doctor_wrong(doctor, "another clock for the UART: docs/hardware.md", "asked for %llu bit/s, set are %.1f (%+.2f %%)",
			     (unsigned long long)asked_bps, (double)real_millibps / 1e3, off_percent);
	else
		doctor_ok(doctor, "%llu bit/s, really %.1f (%+.2f %%)", (unsigned long long)asked_bps, (double)real_millibps / 1e3,
			  off_percent);
}

void doctor_look_at_fifo(struct doctor *doctor)
{
	uint64_t lost, sent = 0;

	if (!has_bus(doctor))
		return;
	if (read_number(doctor, "statistics/overrun", &lost) || read_number(doctor, "statistics/frames_sent", &sent))
		doctor_unknown(doctor, NULL, "the counters of %s cannot be read", node(doctor));
	else if (lost)
		doctor_wrong(doctor, "find the load that keeps interrupts off: docs/install.md, the CPUs of the board; then set the counters to 0",
			     "the receiver of the UART has lost characters %llu times", (unsigned long long)lost);
	else if (!sent)
		doctor_unknown(doctor, NULL, "nothing was sent since the counters were set to 0");
	else
		doctor_ok(doctor, "no character was lost in the receiver of the UART");
}

void doctor_look_at_lines(struct doctor *doctor)
{
	static const char *const lines[] = { "estop-gpios", "enable-gpios", "enable-feedback-gpios", "reset-gpios", "enable-pulse-gpios" };
	char found[DOCTOR_TEXT_BYTES] = "";
	size_t used = 0;

	if (!has_device(doctor))
		return;
	if (!doctor_exists(doctor, "/sys/class/oht/%s/estop/state", node(doctor))) {
		doctor_wrong(doctor, "estop-gpios and enable-gpios of the device tree: docs/hardware.md", "%s has no emergency stop", node(doctor));
		return;
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (has_property(doctor, lines[i]))
			used += (size_t)snprintf(found + used, sizeof(found) - used, "%s%s", used ? ", " : "", lines[i]);
	if (used)
		doctor_ok(doctor, "the driver has all lines that the tree names: %s", found);
	else
		doctor_unknown(doctor, NULL, "the device tree of %s cannot be read", node(doctor));
}

void doctor_look_at_driver_enable(struct doctor *doctor)
{
	uint64_t stuck, echo;

	if (!has_bus(doctor))
		return;
	if (read_number(doctor, "statistics/tx_stuck", &stuck) || read_number(doctor, "statistics/echo_errors", &echo))
		doctor_unknown(doctor, NULL, "the counters of %s cannot be read", node(doctor));
	else if (stuck)
		doctor_wrong(doctor, "another driver on the UART? dmesg | grep oht", "the transmitter did not become empty after %llu requests",
			     (unsigned long long)stuck);
	else if (echo)
		doctor_wrong(doctor, "another sender on the wire, or a transceiver that switches late: docs/hardware.md",
			     "%llu times something else was on the wire than what was sent", (unsigned long long)echo);
	else if (has_property(doctor, "de-gpios") || has_property(doctor, "oht,de-rts"))
		doctor_ok(doctor, "driver enable by %s", has_property(doctor, "de-gpios") ? "a GPIO" : "RTS of the UART");
	else
		doctor_unknown(doctor, NULL, "the tree names no line for it: right for a transceiver that turns by itself, and for no other");
}

/* The faults of a self-test in words. */
static void show_self_test(struct doctor *doctor, uint32_t failed)
{
	for (unsigned int test = 0; test < OHT_TESTS; test++)
		if (failed & (1U << test))
			doctor_wrong(doctor, "docs/safety.md, then ohtctl safety selftest", "the self-test has found: %s", oht_test_text(test));
}

/* A person, a program that ends in order, and a self-test, whose faults are told by themselves, are no fault. */
static bool is_fault(unsigned int cause)
{
	static const uint64_t acts = UINT64_C(1) << OHT_STOPPED_BY_START | UINT64_C(1) << OHT_STOPPED_BY_BUTTON_A | UINT64_C(1) << OHT_STOPPED_BY_BUTTON_B |
				     UINT64_C(1) << OHT_STOPPED_BY_SOFTWARE | UINT64_C(1) << OHT_STOPPED_BY_FAREWELL | UINT64_C(1) << OHT_STOPPED_BY_UNBIND |
				     UINT64_C(1) << OHT_STOPPED_BY_MODULE_REMOVAL | UINT64_C(1) << OHT_STOPPED_BY_SUSPEND |
				     UINT64_C(1) << OHT_STOPPED_BY_REBOOT | UINT64_C(1) << OHT_STOPPED_BY_SHUTDOWN | UINT64_C(1) << OHT_STOPPED_BY_SELF_TEST;

	return !(acts & oht_cause_mask(cause));
}

/* The faults that the present stop has had; was there one? */
static bool show_causes(struct doctor *doctor, char *causes)
{
	bool any = false;
	char *rest;

	for (char *word = strtok_r(causes, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		for (unsigned int cause = OHT_STOPPED_BY_START; cause <= OHT_STOPPED_BY_IRQ_THREAD; cause++)
			if (!strcmp(word, oht_cause_name(cause)) && is_fault(cause)) {
				doctor_wrong(doctor, oht_cause_action(cause), "the robot is stopped for %s: %s", word, oht_cause_text(cause));
				any = true;
			}
	return any;
}

void doctor_look_at_stop(struct doctor *doctor)
{
	char failed[DOCTOR_TEXT_BYTES], tested[DOCTOR_TEXT_BYTES], proof[DOCTOR_TEXT_BYTES], causes[DOCTOR_TEXT_BYTES], *end;
	unsigned long faults;
	bool stopped;

	if (!has_device(doctor))
		return;
	if (read_word(doctor, "estop/causes", causes) || read_word(doctor, "estop/self_test_failed", failed) || read_word(doctor, "estop/self_test_age_s", tested) ||
	    read_word(doctor, "estop/proof_test_age_s", proof)) {
		doctor_unknown(doctor, NULL, "the stop of %s cannot be read", node(doctor));
		return;
	}
	stopped = show_causes(doctor, causes);
	faults = strtoul(failed, &end, 16);
	if (end == failed || *end || faults >> OHT_TESTS)
		doctor_unknown(doctor, "ohtctl of the version of the module", "the result of the self-test, %s, is not known here", failed);
	else if (faults)
		show_self_test(doctor, (uint32_t)faults);
	else if (stopped)
		return;
	else if (!strcmp(tested, "never"))
		doctor_unknown(doctor, "ohtctl safety selftest", "no self-test since the driver came");
	else if (!strcmp(proof, "never"))
		doctor_unknown(doctor, "press the emergency stop button, and look at ohtctl safety status", "the button was not pressed since the driver came");
	else
		doctor_ok(doctor, "self-test %s s ago without a fault, button pressed %s s ago", tested, proof);
}

void doctor_look_at_timing(struct doctor *doctor)
{
	uint64_t ok, late, torn;

	if (!has_bus(doctor))
		return;
	if (read_number(doctor, "conformance/sent_t35_ok", &ok) || read_number(doctor, "conformance/sent_t35_violation", &late) ||
	    read_number(doctor, "conformance/sent_t15_violation", &torn))
		doctor_unknown(doctor, NULL, "the verdicts of %s cannot be read", node(doctor));
	else if (late || torn)
		doctor_wrong(doctor, "find the load that keeps interrupts off: ohtctl stats; docs/install.md, the CPUs of the board",
			     "of our requests %llu began too early and %llu had pauses inside", (unsigned long long)late,
			     (unsigned long long)torn);
	else if (!ok)
		doctor_unknown(doctor, NULL, "no request was judged since the counters were set to 0");
	else
		doctor_ok(doctor, "%llu requests kept the silences of Modbus, none broke them", (unsigned long long)ok);
}

/* ---- the bus, watched for a time ---- */

static const struct {
	const char *counter;
	const char *text;
} bus_faults[] = {
	{ "timeouts", "without an answer" },
	{ "short_frames", "answers that broke off" },
	{ "crc_errors", "answers with a wrong checksum" },
	{ "paused", "answers with pauses inside" },
	{ "length_errors", "answers of a wrong length" },
	{ "unit_errors", "answers of another unit" },
	{ "function_errors", "answers to another function" },
	{ "echo_errors", "requests that came back changed" },
	{ "line_errors", "answers with line errors" },
	{ "tx_stuck", "requests that stuck in the transmitter" },
};

#define BUS_FAULTS	(sizeof(bus_faults) / sizeof(bus_faults[0]))

/* The last one is what was sent. */
static bool read_bus(const struct doctor *doctor, uint64_t numbers[BUS_FAULTS + 1])
{
	char name[64];
	int result = 0;

	for (size_t i = 0; i < BUS_FAULTS && !result; i++) {
		snprintf(name, sizeof(name), "statistics/%s", bus_faults[i].counter);
		result = read_number(doctor, name, &numbers[i]);
	}
	return !result && !read_number(doctor, "statistics/frames_sent", &numbers[BUS_FAULTS]);
}

/* Until a person ends it. Returns how many seconds it was. */
static uint32_t watch_s(const struct doctor *doctor, uint32_t seconds)
{
	const struct timespec step = { .tv_nsec = WAIT_NS };
	uint64_t waited_ns;

	cli_catch_signals();
	if (!doctor->lines) {
		fprintf(doctor->cli->err, "the bus is watched for %u s; Ctrl-C ends that earlier\n", seconds);
		fflush(doctor->cli->err);
	}
	for (waited_ns = 0; waited_ns < seconds * (uint64_t)NS_PER_S && !cli_interrupted(); waited_ns += WAIT_NS)
		nanosleep(&step, NULL);
	return (uint32_t)(waited_ns / NS_PER_S);
}

static void judge_bus(struct doctor *doctor, const uint64_t *before, const uint64_t *after, uint32_t seconds)
{
	char text[DOCTOR_TEXT_BYTES] = "";
	size_t used = 0;

	for (size_t i = 0; i <= BUS_FAULTS; i++)
		if (after[i] < before[i]) {
			doctor_unknown(doctor, "run it again", "the counters were set to 0 meanwhile");
			return;
		}
	for (size_t i = 0; i < BUS_FAULTS; i++)
		if (after[i] > before[i])
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%llu %s", used ? ", " : "",
						 (unsigned long long)(after[i] - before[i]), bus_faults[i].text);
	if (used)
		doctor_wrong(doctor, "ohtctl stats says which module; then termination, bias, screen and address: docs/hardware.md, the RS485 wire",
			     "of %llu requests in %u s: %s", (unsigned long long)(after[BUS_FAULTS] - before[BUS_FAULTS]), seconds, text);
	else if (after[BUS_FAULTS] == before[BUS_FAULTS])
		doctor_unknown(doctor, "start ohtd, or ask with ohtctl scan meanwhile", "nothing was sent in %u s", seconds);
	else
		doctor_ok(doctor, "%llu requests in %u s, all answered without a fault",
			  (unsigned long long)(after[BUS_FAULTS] - before[BUS_FAULTS]), seconds);
}

void doctor_look_at_bus(struct doctor *doctor)
{
	uint64_t before[BUS_FAULTS + 1], after[BUS_FAULTS + 1];
	uint32_t seconds = doctor->cli->seconds;

	if (!has_bus(doctor))
		return;
	if (!seconds) {
		doctor_unknown(doctor, NULL, "not watched: --seconds 0");
		return;
	}
	if (!read_bus(doctor, before)) {
		doctor_unknown(doctor, NULL, "the counters of %s cannot be read", node(doctor));
		return;
	}
	seconds = watch_s(doctor, seconds);
	if (read_bus(doctor, after))
		judge_bus(doctor, before, after, seconds);
	else
		doctor_unknown(doctor, NULL, "the counters of %s went away meanwhile", node(doctor));
}
