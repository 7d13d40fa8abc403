// SPDX-License-Identifier: GPL-2.0-or-later
/* liboht: opening, describing, the stop's calls, words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_device.h"
#include "internal.h"

static int setup(void **state)
{
	fake_install();
	*state = oht_dev_open(NULL, 0);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	oht_dev_close(*state);
	assert_int_equal(fake.opens, fake.closes);
	return 0;
}

/* ---- open ---- */

static void opens_for_writing_without_blocking(void **state)
{
	(void)state;
	assert_string_equal(fake.path, "/dev/oht0");
	assert_int_equal(fake.open_flags, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static void opens_for_reading_on_request(void **state)
{
	struct oht_dev *dev;

	(void)state;
	dev = oht_dev_open("/dev/oht7", OHT_OPEN_READ_ONLY);
	assert_non_null(dev);
	assert_string_equal(fake.path, "/dev/oht7");
	assert_int_equal(fake.open_flags, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(oht_dev_reset(dev, 0, NULL), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(oht_dev_stop(dev, 0), 0);
	oht_dev_close(dev);
}

static void refuses_unknown_open_flags(void **state)
{
	unsigned int opens = fake.opens;

	(void)state;
	assert_null(oht_dev_open(NULL, 1U << 7));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fake.opens, opens);
}

static void refuses_another_abi_with_both_numbers(void **state)
{
	char text[OHT_TEXT_BYTES];
	char numbers[64];
	unsigned int opens, closes;

	(void)state;
	fake.info.abi_version = OHT_ABI_VERSION + 41;
	opens = fake.opens;
	closes = fake.closes;
	assert_null(oht_dev_open(NULL, 0));
	assert_int_equal(errno, EPROTONOSUPPORT);
	assert_int_equal(fake.opens - opens, fake.closes - closes);

	errno = ENOENT;
	oht_open_text(NULL, EPROTONOSUPPORT, text, sizeof(text));
	assert_int_equal(errno, ENOENT);
	snprintf(numbers, sizeof(numbers), "ABI version %u, this program %u", OHT_ABI_VERSION + 41,
		 oht_abi_version());
	assert_non_null(strstr(text, numbers));
}

static void opens_another_abi_on_request(void **state)
{
	struct oht_dev *dev;
	struct oht_dev_info info;

	(void)state;
	fake.info.abi_version = 99;
	dev = oht_dev_open(NULL, OHT_OPEN_ANY_ABI);
	assert_non_null(dev);
	assert_int_equal(oht_dev_info(dev, &info), 0);
	assert_int_equal(info.abi_version, 99);
	oht_dev_close(dev);
}

static void refuses_what_is_not_a_device(void **state)
{
	unsigned int closes = fake.closes;

	(void)state;
	fake.fail_number = OHT_IOC_INFO;
	fake.fail_error = ENOTTY;
	assert_null(oht_dev_open("/dev/null", 0));
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(fake.closes, closes + 1);
}

static void says_why_it_cannot_open(void **state)
{
	static const struct {
		int error;
		const char *word;
	} cases[] = {
		{ ENOENT, "modprobe oht" },
		{ EACCES, "group" },
		{ EPERM, "root" },
		{ ENODEV, "gone" },
		{ ENXIO, "gone" },
		{ ENOTTY, "not an oht device" },
		{ EMFILE, "open files" },
	};
	char text[OHT_TEXT_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		oht_open_text("/dev/oht3", cases[i].error, text, sizeof(text));
		assert_ptr_equal(strstr(text, "/dev/oht3: "), text);
		assert_non_null(strstr(text, cases[i].word));
	}
	fake.open_error = EACCES;
	assert_null(oht_dev_open(NULL, 0));
	assert_int_equal(errno, EACCES);
}

static void text_is_cut_to_the_buffer(void **state)
{
	char text[12];

	(void)state;
	oht_open_text("/dev/oht0", ENOENT, text, sizeof(text));
	assert_string_equal(text, "/dev/oht0: ");
	fake.info.abi_version = 7;
	oht_open_text("/dev/oht0", EPROTONOSUPPORT, text, sizeof(text));
	assert_string_equal(text, "/dev/oht0: ");
}

static void close_takes_nothing_and_keeps_errno(void **state)
{
	(void)state;
	errno = EXDEV;
	oht_dev_close(NULL);
	assert_int_equal(errno, EXDEV);
}

/* The library on the system's own calls: what is not our device, and a wait by the real clock. */
static void works_on_the_real_system(void **state)
{
	char fifo[] = "/tmp/oht-test-XXXXXX";
	struct oht_event event;
	struct oht_dev *dev;
	int64_t begin_ns;

	(void)state;
	oht_sys = &oht_sys_real;
	assert_null(oht_dev_open("/nonexistent", 0));
	assert_int_equal(errno, ENOENT);
	assert_null(oht_dev_open("/dev/null", 0));
	assert_int_equal(errno, ENOTTY);

	assert_non_null(mkdtemp(fifo));
	assert_int_equal(rmdir(fifo), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	dev = oht_dev_open(fifo, OHT_OPEN_ANY_ABI);
	assert_int_equal(unlink(fifo), 0);
	assert_non_null(dev);
	begin_ns = oht_sys->monotonic_ns();
	assert_int_equal(oht_dev_read_event(dev, &event, 30), 0);
	assert_true(oht_sys->monotonic_ns() - begin_ns >= 30000000);
	oht_dev_close(dev);
	fake_install();
}

/* ---- info ---- */

static void info_is_complete(void **state)
{
	struct oht_dev_info info;

	memset(fake.info.port, 'x', sizeof(fake.info.port));
	fake.info.parity = 2;
	assert_int_equal(oht_dev_info(*state, &info), 0);
	assert_int_equal(strlen(info.port), sizeof(info.port) - 1);
	assert_int_equal(info.caps, fake.info.caps);
	assert_int_equal(info.baud_bps, 115200);
	assert_int_equal(info.baud_effective_millibps, 115384615);
	assert_int_equal(info.char_bits, 10);
	assert_int_equal(info.parity, OHT_PARITY_ODD);
	assert_int_equal(info.stop_bits, 1);
	assert_int_equal(info.char_ns, 86667);
	assert_int_equal(info.t15_ns, 750000);
	assert_int_equal(info.t35_ns, 1750000);
	assert_int_equal(info.turnaround_max_us, 5000000);
	assert_int_equal(info.deadman_min_ms, 10);
	assert_int_equal(info.deadman_max_ms, 10000);
	assert_int_equal(info.deadman_default_ms, 100);
	assert_int_equal(info.supervision_period_us, 2000);
	assert_int_equal(info.reset_stable_ms, 500);
	assert_int_equal(info.discrepancy_window_ms, 500);
	assert_int_equal(info.feedback_settle_ms, 50);
	assert_int_equal(info.cpu_stall_us, 4000);
	assert_int_equal(oht_dev_fd(*state), FAKE_FD);
}

static void info_fails_when_gone(void **state)
{
	struct oht_dev_info info;

	fake.gone = true;
	assert_int_equal(oht_dev_info(*state, &info), -1);
	assert_int_equal(errno, ENODEV);
}

/* ---- the stop ---- */

static void status_is_complete(void **state)
{
	struct oht_stop_status status;

	fake.stop.state = OHT_ESTOP_READY;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.standing = OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B);
	fake.stop.inputs = OHT_INPUT_A;
	fake.stop.outputs = OHT_OUTPUT_ENABLE_2;
	fake.stop.controller_tgid = 77;
	fake.stop.deadman_ms = 250;
	fake.stop.journal_seq = 12;
	assert_int_equal(oht_dev_stop_status(*state, &status), 0);
	assert_int_equal(status.state, OHT_STATE_READY);
	assert_int_equal(status.first_cause, OHT_STOPPED_BY_START);
	assert_int_equal(status.causes, oht_cause_mask(OHT_STOPPED_BY_START));
	assert_int_equal(status.standing, oht_cause_mask(OHT_STOPPED_BY_BUTTON_B));
	assert_int_equal(status.inputs, OHT_IN_A);
	assert_int_equal(status.outputs, OHT_OUT_ENABLE_2);
	assert_true(status.has_controller);
	assert_false(status.is_controller);
	assert_int_equal(status.controller_tgid, 77);
	assert_int_equal(status.deadman_ms, 250);
	assert_int_equal(status.since_ns, fake.stop.since_ns);
	assert_int_equal(status.closed_since_ns, fake.stop.closed_since_ns);
	assert_int_equal(status.journal_seq, 12);
}

static void stop_needs_no_role(void **state)
{
	fake.stop.state = OHT_ESTOP_ENABLED;
	assert_int_equal(oht_dev_stop(*state, 0x1122334455667788ULL), 0);
	assert_int_equal(fake.command.tag, 0x1122334455667788ULL);
	assert_int_equal(fake.stop.state, OHT_ESTOP_STOPPED);
}

/* ---- words ---- */

static void check_words(const char *(*name)(unsigned int), const char *(*text)(unsigned int),
			unsigned int first, unsigned int last)
{
	unsigned int i, j;

	for (i = first; i <= last; i++) {
		assert_string_not_equal(name(i), "unknown");
		assert_true(strlen(text(i)) > 3 || !strcmp(text(i), "ok"));
		assert_int_equal(strspn(name(i), "abcdefghijklmnopqrstuvwxyz_"), strlen(name(i)));
		for (j = first; j < i; j++)
			assert_string_not_equal(name(i), name(j));
	}
	assert_string_equal(name(last + 1), "unknown");
	assert_string_equal(name(~0U), "unknown");
	assert_non_null(text(last + 1));
	assert_non_null(text(~0U));
}

static void every_number_has_its_own_word(void **state)
{
	(void)state;
	check_words(oht_state_name, oht_state_text, 0, OHT_STATE_ENABLED);
	check_words(oht_outcome_name, oht_outcome_text, 0, OHT_OUTCOME_PAUSED);
	check_words(oht_kind_name, oht_kind_text, OHT_KIND_STOP, OHT_KIND_FAULT);
	check_words(oht_cycle_kind_name, oht_cycle_kind_text, OHT_KIND_MISSED, OHT_KIND_FOUND);
	check_words(oht_exception_name, oht_exception_text, 1, 6);
	check_words(oht_exception_name, oht_exception_text, 10, 11);
	assert_string_equal(oht_exception_name(7), "unknown");
	assert_string_equal(oht_kind_name(0), "unknown");
	assert_string_equal(oht_parity_name(1), "even");
	assert_string_equal(oht_parity_name(3), "unknown");
}

static void every_errno_of_the_contract_has_a_sentence(void **state)
{
	static const int ours[] = { EPERM, EBUSY, ECANCELED, EBADF, EAGAIN, ENOENT, EOPNOTSUPP,
				    EINVAL, ENODEV, EPROTONOSUPPORT };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		assert_string_not_equal(oht_errno_text(ours[i]), strerror(ours[i]));
	assert_string_equal(oht_errno_text(EIO), strerror(EIO));
}

static void cause_mask_stays_inside(void **state)
{
	(void)state;
	assert_int_equal(oht_cause_mask(0), 0);
	assert_int_equal(oht_cause_mask(63), 1ULL << 63);
	assert_int_equal(oht_cause_mask(64), 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(opens_for_writing_without_blocking),
		CASE(opens_for_reading_on_request),
		CASE(refuses_unknown_open_flags),
		CASE(refuses_another_abi_with_both_numbers),
		CASE(opens_another_abi_on_request),
		CASE(refuses_what_is_not_a_device),
		CASE(says_why_it_cannot_open),
		CASE(text_is_cut_to_the_buffer),
		CASE(close_takes_nothing_and_keeps_errno),
		CASE(info_is_complete),
		cmocka_unit_test(works_on_the_real_system),
		CASE(info_fails_when_gone),
		CASE(status_is_complete),
		CASE(stop_needs_no_role),
		CASE(every_number_has_its_own_word),
		CASE(every_errno_of_the_contract_has_a_sentence),
		CASE(cause_mask_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
