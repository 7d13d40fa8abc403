// SPDX-License-Identifier: GPL-2.0-or-later
/* Transfers: what is refused, how they end, what a cancel and a stop do to them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device.h"

#define LONG_US		300000

static const uint16_t some_words[OHT_WORDS_MAX];

/* One that may go out while stopped. */
static struct oht_transfer write_of(uint8_t unit, uint16_t address, const uint16_t *words,
				    uint16_t count)
{
	struct oht_transfer transfer = dev_read_of(unit);

	transfer.function = 16;
	transfer.address = address;
	transfer.count = count;
	transfer.words = (uintptr_t)words;
	transfer.flags = OHT_TRANSFER_WHILE_STOPPED;
	return transfer;
}

/* Occupies the wire: nobody answers. */
static uint64_t occupy(int fd)
{
	struct oht_transfer transfer = dev_read_of(UNIT_NONE);
	uint64_t cookie = 0;

	transfer.timeout_us = LONG_US;
	transfer.priority = OHT_PRIO_COMMAND;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cookie), 0);
	EXPECT(cookie != 0);
	return cookie;
}

#define EXPECT_REFUSED(fd, error, member, value) do {				\
		struct oht_transfer refused = dev_read_of(UNIT_A);		\
										\
		refused.member = (value);					\
		EXPECT_ERRNO(dev_submit(fd, refused, NULL), error);		\
	} while (0)

static void members_are_checked(void)
{
	int fd = dev_open(O_RDWR);

	EXPECT_REFUSED(fd, EINVAL, flags, 8);
	EXPECT_REFUSED(fd, EINVAL, flags, 0x80000000);
	EXPECT_REFUSED(fd, EINVAL, unit, 0);
	EXPECT_REFUSED(fd, EINVAL, unit, 248);
	EXPECT_REFUSED(fd, EINVAL, priority, 0);
	EXPECT_REFUSED(fd, EINVAL, priority, 4);
	EXPECT_REFUSED(fd, EINVAL, retries, 11);
	EXPECT_REFUSED(fd, EINVAL, count, 0);
	EXPECT_REFUSED(fd, EINVAL, count, 126);
	EXPECT_REFUSED(fd, EINVAL, timeout_us, 999);
	EXPECT_REFUSED(fd, EINVAL, timeout_us, 5000001);
	EXPECT_REFUSED(fd, EINVAL, timeout_us, 0);
	EXPECT_REFUSED(fd, EINVAL, words, (uintptr_t)some_words);
	EXPECT_REFUSED(fd, EINVAL, write_address, 1);
	EXPECT_REFUSED(fd, EINVAL, write_count, 1);
	EXPECT_REFUSED(fd, EOPNOTSUPP, function, 0);
	EXPECT_REFUSED(fd, EOPNOTSUPP, function, 7);
	EXPECT_REFUSED(fd, EOPNOTSUPP, function, 0x83);
	EXPECT(dev_is_quiet(fd));
}

static void functions_have_limits(void)
{
	static const struct {
		uint8_t unit, function;
		uint16_t address, count, write_address, write_count;
		bool words;
		int error;
	} refused[] = {
		{ UNIT_A, 1, 0, 2001, 0, 0, false, EINVAL },
		{ UNIT_A, 3, 65535, 2, 0, 0, false, EINVAL },
		{ UNIT_A, 5, 0, 2, 0, 0, true, EINVAL },
		{ UNIT_A, 5, 0, 1, 0, 0, false, EFAULT },
		{ UNIT_A, 6, 0, 2, 0, 0, true, EINVAL },
		{ UNIT_A, 6, 0, 1, 0, 0, false, EFAULT },
		{ UNIT_A, 15, 0, 1969, 0, 0, true, EINVAL },
		{ UNIT_A, 16, 0, 124, 0, 0, true, EINVAL },
		{ UNIT_A, 16, 0, 1, 0, 0, false, EFAULT },
		{ UNIT_A, 22, 0, 2, 0, 0, true, EINVAL },
		{ UNIT_A, 23, 0, 1, 0, 0, true, EINVAL },
		{ UNIT_A, 23, 0, 1, 0, 122, true, EINVAL },
		{ UNIT_A, 23, 0, 1, 65535, 2, true, EINVAL },
		{ UNIT_A, 43, 0, 5, 0, 0, false, EINVAL },
		{ UNIT_A, 43, 256, 1, 0, 0, false, EINVAL },
		{ 0, 3, 0, 1, 0, 0, false, EINVAL },
		{ 0, 23, 0, 1, 0, 1, true, EINVAL },
	};
	struct oht_transfer transfer = dev_read_of(UNIT_A);
	const uint16_t two = 2;
	int fd = dev_open(O_RDWR);
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		transfer.unit = refused[i].unit;
		transfer.function = refused[i].function;
		transfer.address = refused[i].address;
		transfer.count = refused[i].count;
		transfer.write_address = refused[i].write_address;
		transfer.write_count = refused[i].write_count;
		transfer.words = refused[i].words ? (uintptr_t)some_words : 0;
		if (dev_submit(fd, transfer, NULL) != refused[i].error)
			contract_failed(__FILE__, __LINE__, "refusal %zu: not %s", i,
					strerror(refused[i].error));
	}
	/* A coil is on or off. */
	transfer = dev_read_of(UNIT_A);
	transfer.function = 5;
	transfer.words = (uintptr_t)&two;
	EXPECT_ERRNO(dev_submit(fd, transfer, NULL), EINVAL);
}

static void raw_requests_have_limits(void)
{
	static const uint8_t zero[] = { 0, 1 }, exception[] = { 0x83, 1 }, good[254] = { 0x41 };
	struct oht_transfer raw = dev_read_of(UNIT_A), changed;
	int fd = dev_open(O_RDWR);

	raw.flags = OHT_TRANSFER_RAW;
	raw.function = 0;
	raw.words = (uintptr_t)good;
	changed = raw;
	changed.count = 0;
	EXPECT_ERRNO(dev_submit(fd, changed, NULL), EINVAL);
	changed.count = 254;
	EXPECT_ERRNO(dev_submit(fd, changed, NULL), EINVAL);
	changed = raw;
	changed.function = 0x41;
	EXPECT_ERRNO(dev_submit(fd, changed, NULL), EINVAL);
	changed = raw;
	changed.address = 1;
	EXPECT_ERRNO(dev_submit(fd, changed, NULL), EINVAL);
	changed = raw;
	changed.words = 0;
	EXPECT_ERRNO(dev_submit(fd, changed, NULL), EFAULT);
	changed = raw;
	changed.words = (uintptr_t)zero;
	EXPECT_ERRNO(dev_submit(fd, changed, NULL), EINVAL);
	changed.words = (uintptr_t)exception;
	EXPECT_ERRNO(dev_submit(fd, changed, NULL), EINVAL);
}

static void what_is_written_is_read(void)
{
	static const uint16_t words[] = { 0x1234, 0xfedc, 7 };
	int fd = dev_open(O_RDWR);
	struct oht_transfer again = dev_read_of(UNIT_A);
	struct oht_completion done;
	uint64_t cookie;

	EXPECT_ERRNO(dev_submit(fd, write_of(UNIT_A, 0x20, words, 3), &cookie), 0);
	done = dev_completion(fd, cookie);
	EXPECT_IS(done.status, 0);
	EXPECT_IS(done.detail, OHT_DETAIL_OK);
	EXPECT_IS(done.unit, UNIT_A);
	EXPECT_IS(done.function, 16);
	EXPECT_IS(done.count, 3);
	EXPECT_IS(done.attempts, 1);
	EXPECT_IS(done.words[0], 0);
	EXPECT(done.turnaround_ns > 1000000 && done.turnaround_ns < 20000000);
	again.address = 0x20;
	again.count = 3;
	EXPECT_ERRNO(dev_submit(fd, again, &cookie), 0);
	done = dev_completion(fd, cookie);
	EXPECT_IS(done.status, 0);
	EXPECT_IS(done.count, 3);
	EXPECT(!memcmp(done.words, words, sizeof(words)));
	EXPECT_IS(done.words[3], 0);
}

/* Written, then read, and another unit has not heard it. */
static void write_and_read_in_one(void)
{
	static const uint16_t words[] = { 77, 78 };
	int fd = dev_open(O_RDWR);
	struct oht_transfer transfer = dev_read_of(UNIT_B);
	struct oht_completion done;
	uint64_t cookie;

	transfer.flags = OHT_TRANSFER_WHILE_STOPPED;
	transfer.function = 23;
	transfer.address = 0x41;
	transfer.write_address = 0x40;
	transfer.write_count = 2;
	transfer.words = (uintptr_t)words;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cookie), 0);
	done = dev_completion(fd, cookie);
	EXPECT_IS(done.status, 0);
	EXPECT_IS(done.words[0], 78);
	transfer = dev_read_of(UNIT_A);
	transfer.address = 0x41;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cookie), 0);
	EXPECT(dev_completion(fd, cookie).words[0] != 78);
}

static void silence_times_out(void)
{
	int fd = dev_open(O_RDWR);
	struct oht_transfer transfer = dev_read_of(UNIT_NONE);
	uint64_t began_ns = dev_now_ns(), cookie;
	struct oht_completion done;

	transfer.retries = 2;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cookie), 0);
	done = dev_completion(fd, cookie);
	EXPECT_ERRNO(-done.status, ETIMEDOUT);
	EXPECT_IS(done.detail, OHT_DETAIL_TIMEOUT);
	EXPECT_IS(done.attempts, 3);
	EXPECT_IS(done.turnaround_ns, 0);
	EXPECT(dev_now_ns() - began_ns >= 3ULL * transfer.timeout_us * 1000);
}

static void submit_does_not_wait(void)
{
	int fd = dev_open(O_RDWR);
	uint64_t first = occupy(fd), second;

	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), &second), 0);
	EXPECT(first != second);
	EXPECT(dev_is_quiet(fd));
	EXPECT_ERRNO(-dev_completion(fd, first).status, ETIMEDOUT);
	EXPECT_IS(dev_completion(fd, second).status, 0);
}

static void exceptions_are_told(void)
{
	int fd = dev_open(O_RDWR);
	struct oht_transfer transfer = dev_read_of(UNIT_A);
	struct oht_completion done;
	uint64_t cookie;

	transfer.address = NO_REGISTER;
	transfer.retries = 3;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cookie), 0);
	done = dev_completion(fd, cookie);
	EXPECT_ERRNO(-done.status, EREMOTEIO);
	EXPECT_IS(done.detail, OHT_DETAIL_EXCEPTION);
	EXPECT_IS(done.exception, 2);
	/* An exception is an answer: it is not asked again. */
	EXPECT_IS(done.attempts, 1);
	transfer.function = 43;
	transfer.address = 0;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cookie), 0);
	done = dev_completion(fd, cookie);
	EXPECT_ERRNO(-done.status, EREMOTEIO);
	EXPECT_IS(done.exception, 1);
	EXPECT_IS(done.flags, OHT_COMPLETION_PDU);
	EXPECT_IS(done.count, 0);
}

static void cancel_of_what_is_not_there(void)
{
	struct oht_cancel flags = { .size = sizeof(flags), .flags = 1, .cookie = 1 };
	int fd = dev_open(O_RDWR), other = dev_open(O_RDWR);
	uint64_t cookie = occupy(fd);

	EXPECT_ERRNO(dev_call(fd, OHT_IOC_CANCEL, &flags), EINVAL);
	EXPECT_ERRNO(dev_cancel(fd, 0), ENOENT);
	EXPECT_ERRNO(dev_cancel(fd, cookie + 1), ENOENT);
	/* A cookie is a name on its own descriptor only. */
	EXPECT_ERRNO(dev_cancel(other, cookie), ENOENT);
	EXPECT(dev_is_quiet(fd));
}

static void cancel_under_way(void)
{
	int fd = dev_open(O_RDWR);
	struct oht_completion done;
	uint64_t cookie;

	/* The wire is free of what a test before has given up. */
	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), &cookie), 0);
	EXPECT_IS(dev_completion(fd, cookie).status, 0);
	cookie = occupy(fd);
	/* Long enough for the request to be out, and too short for its time-out. */
	dev_sleep_ms(fd, LONG_US / 10000);
	EXPECT_ERRNO(dev_cancel(fd, cookie), 0);
	EXPECT_ERRNO(dev_cancel(fd, cookie), ENOENT);
	done = dev_completion(fd, cookie);
	EXPECT_ERRNO(-done.status, EINTR);
	EXPECT_IS(done.detail, OHT_DETAIL_CANCELLED);
	EXPECT_IS(done.attempts, 1);
	EXPECT_ERRNO(dev_cancel(fd, cookie), ENOENT);
	/* Exactly once. */
	dev_sleep_ms(fd, 2 * LONG_US / 1000);
	EXPECT(dev_is_quiet(fd));
}

static void cancel_in_the_queue(void)
{
	int fd = dev_open(O_RDWR);
	uint64_t first = occupy(fd), second;
	struct oht_completion done;

	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), &second), 0);
	EXPECT_ERRNO(dev_cancel(fd, second), 0);
	done = dev_completion(fd, second);
	EXPECT_ERRNO(-done.status, EINTR);
	EXPECT_IS(done.attempts, 0);
	EXPECT_ERRNO(-dev_completion(fd, first).status, ETIMEDOUT);
}

/* Also while nobody has read its record yet. */
static void cancel_of_what_has_ended(void)
{
	int fd = dev_open(O_RDWR);
	uint64_t cookie;

	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), &cookie), 0);
	EXPECT(dev_poll(fd, 1, 5000));
	EXPECT_ERRNO(dev_cancel(fd, cookie), ENOENT);
	EXPECT_IS(dev_completion(fd, cookie).status, 0);
	EXPECT_ERRNO(dev_cancel(fd, cookie), ENOENT);
}

static void so_many_and_no_more(void)
{
	int fd = dev_open(O_RDWR), other = dev_open(O_RDWR), i;
	uint64_t first = occupy(fd), last = first;

	for (i = 1; i < OHT_TRANSFERS_MAX; i++)
		EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), &last), 0);
	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), NULL), EAGAIN);
	EXPECT_ERRNO(dev_submit(other, dev_read_of(UNIT_A), NULL), 0);
	/* One that has ended counts until it is reaped. */
	EXPECT_ERRNO(dev_cancel(fd, last), 0);
	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), NULL), EAGAIN);
	dev_completion(fd, last);
	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), NULL), 0);
	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), NULL), EAGAIN);
}

static void strangers_leave_places_to_the_controller(void)
{
	int strangers[] = { dev_open(O_RDWR), dev_open(O_RDWR) }, fd = dev_controller();
	unsigned int max = OHT_DEVICE_TRANSFERS_MAX - OHT_CONTROLLER_TRANSFERS, i;

	occupy(strangers[0]);
	for (i = 1; i < max; i++)
		EXPECT_ERRNO(dev_submit(strangers[i / OHT_TRANSFERS_MAX], dev_read_of(UNIT_A), NULL),
			     0);
	EXPECT_ERRNO(dev_submit(strangers[1], dev_read_of(UNIT_A), NULL), EAGAIN);
	for (; i < OHT_DEVICE_TRANSFERS_MAX; i++)
		EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), NULL), 0);
	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), NULL), EAGAIN);
	/* Others make room by going away. */
	dev_close(strangers[0]);
	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), NULL), 0);
}

static void there_are_fewer_places_for_writes(void)
{
	int other = dev_open(O_RDWR), fd = dev_controller();
	struct oht_transfer write = write_of(UNIT_A, 0x30, some_words, 1);
	unsigned int max = OHT_DEVICE_WRITES_MAX - OHT_CONTROLLER_WRITES, i;

	occupy(fd);
	for (i = 0; i < max; i++)
		EXPECT_ERRNO(dev_submit(other, write, NULL), 0);
	EXPECT_ERRNO(dev_submit(other, write, NULL), EAGAIN);
	EXPECT_ERRNO(dev_submit(other, dev_read_of(UNIT_A), NULL), 0);
	for (; i < OHT_DEVICE_WRITES_MAX; i++)
		EXPECT_ERRNO(dev_submit(fd, write, NULL), 0);
	EXPECT_ERRNO(dev_submit(fd, write, NULL), EAGAIN);
	/* A stop ends them, and makes room. */
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), 0);
	EXPECT_ERRNO(dev_submit(other, write, NULL), 0);
}

static void higher_classes_overtake(void)
{
	int fd = dev_open(O_RDWR);
	uint64_t first = occupy(fd), background, cyclic, command;
	struct oht_transfer transfer = dev_read_of(UNIT_A);

	EXPECT_ERRNO(dev_submit(fd, transfer, &background), 0);
	transfer.priority = OHT_PRIO_CYCLIC;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cyclic), 0);
	transfer.priority = OHT_PRIO_COMMAND;
	EXPECT_ERRNO(dev_submit(fd, transfer, &command), 0);
	dev_completion(fd, first);
	dev_completion(fd, command);
	dev_completion(fd, cyclic);
	dev_completion(fd, background);
}

static void expect_end(int fd, uint64_t cookie, int error, unsigned int detail)
{
	struct oht_completion done = dev_completion(fd, cookie);

	EXPECT_ERRNO(-done.status, error);
	EXPECT_IS(done.detail, detail);
	EXPECT_IS(done.attempts, error ? 0 : 1);
}

static struct oht_transfer raw_of(uint8_t unit)
{
	static const uint8_t pdu[] = { 3, 0, 0x30, 0, 1 };
	struct oht_transfer transfer = dev_read_of(unit);

	transfer.flags = OHT_TRANSFER_RAW;
	transfer.function = 0;
	transfer.address = 0;
	transfer.count = sizeof(pdu);
	transfer.words = (uintptr_t)pdu;
	return transfer;
}

static void what_moves_needs_enabled(void)
{
	int fd = dev_ready();
	struct oht_transfer write = write_of(UNIT_A, 0x30, some_words, 1);
	uint64_t first, cookie;

	EXPECT_ERRNO(dev_submit(fd, raw_of(UNIT_A), &cookie), 0);
	expect_end(fd, cookie, ECANCELED, OHT_DETAIL_STOPPED);
	write.flags = 0;
	EXPECT_ERRNO(dev_submit(fd, write, &cookie), 0);
	expect_end(fd, cookie, ECANCELED, OHT_DETAIL_STOPPED);
	/* Enabled at its turn is not enough: it was meant for another moment. */
	first = occupy(fd);
	EXPECT_ERRNO(dev_submit(fd, write, &cookie), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, NULL), 0);
	expect_end(fd, cookie, ECANCELED, OHT_DETAIL_STOPPED);
	dev_completion(fd, first);
	EXPECT_ERRNO(dev_submit(fd, write, &cookie), 0);
	expect_end(fd, cookie, 0, OHT_DETAIL_OK);
	EXPECT_ERRNO(dev_submit(fd, raw_of(UNIT_A), &cookie), 0);
	dev_completion(fd, cookie);
}

/* What was submitted in one enable does not go out in the next one. */
static void what_moves_needs_the_same_enable(void)
{
	int fd = dev_enabled();
	struct oht_transfer write = write_of(UNIT_A, 0x30, some_words, 1);
	uint64_t first = occupy(fd), cookie;

	write.flags = 0;
	EXPECT_ERRNO(dev_submit(fd, write, &cookie), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_DISABLE, 0, NULL), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, NULL), 0);
	dev_completion(fd, first);
	expect_end(fd, cookie, ECANCELED, OHT_DETAIL_STOPPED);
}

static void while_enabled_only_the_controller_writes(void)
{
	int fd = dev_enabled(), other = dev_open(O_RDWR);
	struct oht_transfer write = write_of(UNIT_A, 0x30, some_words, 1);
	uint64_t cookie;

	EXPECT_ERRNO(dev_submit(other, write, NULL), EPERM);
	EXPECT_ERRNO(dev_submit(other, raw_of(UNIT_A), NULL), EPERM);
	write.flags = 0;
	EXPECT_ERRNO(dev_submit(other, write, NULL), EPERM);
	EXPECT_ERRNO(dev_submit(other, dev_read_of(UNIT_A), &cookie), 0);
	expect_end(other, cookie, 0, OHT_DETAIL_OK);
	EXPECT(dev_is_quiet(other));
	EXPECT_ERRNO(dev_submit(fd, write, &cookie), 0);
	expect_end(fd, cookie, 0, OHT_DETAIL_OK);
}

static void a_stranger_s_write_ends_when_it_meets_enabled(void)
{
	int fd = dev_ready(), other = dev_open(O_RDWR);
	uint64_t first = occupy(fd), cookie;

	EXPECT_ERRNO(dev_submit(other, write_of(UNIT_A, 0x30, some_words, 1), &cookie), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, NULL), 0);
	dev_completion(fd, first);
	expect_end(other, cookie, EPERM, OHT_DETAIL_NOT_CONTROLLER);
}

/* Addresses that the specification reserves: by a flag, no broadcast, and nothing while enabled. */
static void reserved_units_are_for_a_stopped_machine(void)
{
	int fd = dev_ready();
	struct oht_transfer read = dev_read_of(255), raw = raw_of(248), write = write_of(0, 0, some_words, 1);
	uint64_t first, cookie;

	EXPECT_ERRNO(dev_submit(fd, read, NULL), EINVAL);
	EXPECT_ERRNO(dev_submit(fd, raw, NULL), EINVAL);
	read.flags |= OHT_TRANSFER_ANY_UNIT;
	raw.flags |= OHT_TRANSFER_ANY_UNIT;
	write.flags |= OHT_TRANSFER_ANY_UNIT;
	EXPECT_ERRNO(dev_submit(fd, write, NULL), EINVAL);
	EXPECT_ERRNO(dev_submit(fd, raw, &cookie), 0);
	expect_end(fd, cookie, ECANCELED, OHT_DETAIL_STOPPED);
	EXPECT_ERRNO(dev_submit(fd, read, &cookie), 0);
	EXPECT_ERRNO(-dev_completion(fd, cookie).status, ETIMEDOUT);
	first = occupy(fd);
	EXPECT_ERRNO(dev_submit(fd, read, &cookie), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 0, NULL), 0);
	dev_completion(fd, first);
	expect_end(fd, cookie, EPERM, OHT_DETAIL_NOT_CONTROLLER);
	EXPECT_ERRNO(dev_submit(fd, read, NULL), EPERM);
	EXPECT_ERRNO(dev_submit(fd, raw, NULL), EPERM);
	write.unit = 255;
	EXPECT_ERRNO(dev_submit(fd, write, NULL), EPERM);
	read.unit = UNIT_A;
	EXPECT_ERRNO(dev_submit(fd, read, &cookie), 0);
	expect_end(fd, cookie, 0, OHT_DETAIL_OK);
}

static void a_stop_ends_writes_that_wait(void)
{
	int fd = dev_open(O_RDWR);
	uint64_t writing, reading, first = occupy(fd);
	struct oht_completion done;

	EXPECT_ERRNO(dev_submit(fd, write_of(UNIT_A, 0x30, some_words, 1), &writing), 0);
	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), &reading), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), 0);
	done = dev_completion(fd, writing);
	EXPECT_ERRNO(-done.status, ECANCELED);
	EXPECT_IS(done.detail, OHT_DETAIL_STOPPED);
	EXPECT_IS(done.attempts, 0);
	dev_completion(fd, first);
	EXPECT_IS(dev_completion(fd, reading).status, 0);
	/* The stop is no lock: what says so is done after it. */
	EXPECT_ERRNO(dev_submit(fd, write_of(UNIT_A, 0x30, some_words, 1), &writing), 0);
	EXPECT_IS(dev_completion(fd, writing).status, 0);
}

static void broadcast_takes_its_delay(void)
{
	int fd = dev_open(O_RDWR);
	struct oht_transfer transfer = write_of(0, 0x50, some_words, 1);
	uint64_t began_ns = dev_now_ns(), cookie;
	struct oht_completion done;

	transfer.timeout_us = 50000;
	EXPECT_ERRNO(dev_submit(fd, transfer, &cookie), 0);
	done = dev_completion(fd, cookie);
	EXPECT_IS(done.status, 0);
	EXPECT_IS(done.attempts, 1);
	EXPECT_IS(done.turnaround_ns, 0);
	EXPECT(dev_now_ns() - began_ns >= transfer.timeout_us * 1000ULL);
}

/* Neither hangs nor leaves anything to the next one. */
static void close_gives_up_what_is_under_way(void)
{
	int fd = dev_open(O_RDWR), other;
	uint64_t cookie;

	occupy(fd);
	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), NULL), 0);
	dev_close(fd);
	other = dev_open(O_RDWR);
	EXPECT_ERRNO(dev_submit(other, dev_read_of(UNIT_A), &cookie), 0);
	EXPECT_IS(dev_completion(other, cookie).status, 0);
	EXPECT(dev_is_quiet(other));
}

const struct contract_test transfer_tests[] = {
	CONTRACT(members_are_checked),
	CONTRACT(functions_have_limits),
	CONTRACT(raw_requests_have_limits),
	CONTRACT(what_is_written_is_read),
	CONTRACT(write_and_read_in_one),
	CONTRACT(silence_times_out),
	CONTRACT(submit_does_not_wait),
	CONTRACT(exceptions_are_told),
	CONTRACT(cancel_of_what_is_not_there),
	CONTRACT(cancel_under_way),
	CONTRACT(cancel_in_the_queue),
	CONTRACT(cancel_of_what_has_ended),
	CONTRACT(so_many_and_no_more),
	CONTRACT(strangers_leave_places_to_the_controller),
	CONTRACT(there_are_fewer_places_for_writes),
	CONTRACT(higher_classes_overtake),
	CONTRACT(what_moves_needs_enabled),
	CONTRACT(what_moves_needs_the_same_enable),
	CONTRACT(while_enabled_only_the_controller_writes),
	CONTRACT(a_stranger_s_write_ends_when_it_meets_enabled),
	CONTRACT(reserved_units_are_for_a_stopped_machine),
	CONTRACT(a_stop_ends_writes_that_wait),
	CONTRACT(broadcast_takes_its_delay),
	CONTRACT(close_gives_up_what_is_under_way),
};
const size_t transfer_count = sizeof(transfer_tests) / sizeof(transfer_tests[0]);
