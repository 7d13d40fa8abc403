// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every refusal of OHT_IOC_SUBMIT, function by function, and what needs no answer. Source: struct
 * oht_transfer in include/uapi/linux/oht.h. Needs nobody at the far end of the wire.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/selftest.h"
#include "lib/tap.h"

/* Words that can be read: a refusal is then for the form alone. */
static const uint16_t values[256];
#define VALUES		((uintptr_t)values)
#define NOWHERE		4096
#define WAIT_MS		15000

struct refusal {
	const char *name;
	int error;
	uint8_t unit, function;
	uint16_t address, count, write_address, write_count;
	uint64_t words;
};

static const struct refusal refusals[] = {
	{ "function 0", EOPNOTSUPP, 247, 0, 0, 1, 0, 0, 0 },
	{ "function 7", EOPNOTSUPP, 247, 7, 0, 1, 0, 0, 0 },
	{ "function 24", EOPNOTSUPP, 247, 24, 0, 1, 0, 0, 0 },
	{ "function 0x83", EOPNOTSUPP, 247, 0x83, 0, 1, 0, 0, 0 },
	{ "1: no coil", EINVAL, 247, 1, 0, 0, 0, 0, 0 },
	{ "1: 2001 coils", EINVAL, 247, 1, 0, 2001, 0, 0, 0 },
	{ "1: beyond the last", EINVAL, 247, 1, 65535, 2, 0, 0, 0 },
	{ "1: words of a read", EINVAL, 247, 1, 0, 1, 0, 0, NOWHERE },
	{ "2: 2001 inputs", EINVAL, 247, 2, 0, 2001, 0, 0, 0 },
	{ "2: words of a read", EINVAL, 247, 2, 0, 1, 0, 0, NOWHERE },
	{ "3: no register", EINVAL, 247, 3, 0, 0, 0, 0, 0 },
	{ "3: 126 registers", EINVAL, 247, 3, 0, 126, 0, 0, 0 },
	{ "3: 65535 registers", EINVAL, 247, 3, 0, 65535, 0, 0, 0 },
	{ "3: beyond the last", EINVAL, 247, 3, 65535, 2, 0, 0, 0 },
	{ "3: words of a read", EINVAL, 247, 3, 0, 1, 0, 0, NOWHERE },
	{ "3: a write address", EINVAL, 247, 3, 0, 1, 1, 0, 0 },
	{ "3: a write count", EINVAL, 247, 3, 0, 1, 0, 1, 0 },
	{ "4: 126 registers", EINVAL, 247, 4, 0, 126, 0, 0, 0 },
	{ "4: words of a read", EINVAL, 247, 4, 0, 1, 0, 0, NOWHERE },
	{ "5: two coils", EINVAL, 247, 5, 0, 2, 0, 0, VALUES },
	{ "5: no words", EFAULT, 247, 5, 0, 1, 0, 0, 0 },
	{ "5: words nowhere", EFAULT, 247, 5, 0, 1, 0, 0, NOWHERE },
	{ "6: two registers", EINVAL, 247, 6, 0, 2, 0, 0, VALUES },
	{ "6: no words", EFAULT, 247, 6, 0, 1, 0, 0, 0 },
	{ "6: words nowhere", EFAULT, 247, 6, 0, 1, 0, 0, NOWHERE },
	{ "6: words in the kernel", EFAULT, 247, 6, 0, 1, 0, 0, ~0ULL << 32 },
	{ "15: no coil", EINVAL, 247, 15, 0, 0, 0, 0, VALUES },
	{ "15: 1969 coils", EINVAL, 247, 15, 0, 1969, 0, 0, VALUES },
	{ "15: beyond the last", EINVAL, 247, 15, 65000, 1000, 0, 0, VALUES },
	{ "15: words nowhere", EFAULT, 247, 15, 0, 1968, 0, 0, NOWHERE },
	{ "16: no register", EINVAL, 247, 16, 0, 0, 0, 0, VALUES },
	{ "16: 124 registers", EINVAL, 247, 16, 0, 124, 0, 0, VALUES },
	{ "16: beyond the last", EINVAL, 247, 16, 65535, 2, 0, 0, VALUES },
	{ "16: a write count", EINVAL, 247, 16, 0, 1, 0, 1, VALUES },
	{ "16: words nowhere", EFAULT, 247, 16, 0, 123, 0, 0, NOWHERE },
	{ "22: two registers", EINVAL, 247, 22, 0, 2, 0, 0, VALUES },
	{ "22: no masks", EFAULT, 247, 22, 0, 1, 0, 0, 0 },
	{ "23: reads 126", EINVAL, 247, 23, 0, 126, 0, 1, VALUES },
	{ "23: reads none", EINVAL, 247, 23, 0, 0, 0, 1, VALUES },
	{ "23: writes none", EINVAL, 247, 23, 0, 1, 0, 0, VALUES },
	{ "23: writes 122", EINVAL, 247, 23, 0, 1, 0, 122, VALUES },
	{ "23: reads beyond", EINVAL, 247, 23, 65535, 2, 0, 1, VALUES },
	{ "23: writes beyond", EINVAL, 247, 23, 0, 1, 65535, 2, VALUES },
	{ "23: words nowhere", EFAULT, 247, 23, 0, 1, 0, 121, NOWHERE },
	{ "43: code 0", EINVAL, 247, 43, 0, 0, 0, 0, 0 },
	{ "43: code 5", EINVAL, 247, 43, 0, 5, 0, 0, 0 },
	{ "43: object 256", EINVAL, 247, 43, 256, 1, 0, 0, 0 },
	{ "43: words", EINVAL, 247, 43, 0, 1, 0, 0, VALUES },
	{ "broadcast of 1", EINVAL, 0, 1, 0, 1, 0, 0, 0 },
	{ "broadcast of 3", EINVAL, 0, 3, 0, 1, 0, 0, 0 },
	{ "broadcast of 23", EINVAL, 0, 23, 0, 1, 0, 1, VALUES },
	{ "broadcast of 43", EINVAL, 0, 43, 0, 1, 0, 0, 0 },
	{ "broadcast without words", EFAULT, 0, 6, 0, 1, 0, 0, 0 },
};

#define REFUSALS	(sizeof(refusals) / sizeof(refusals[0]))

static void test_function_refusals(int fd)
{
	struct oht_transfer transfer = guest_read;
	const struct refusal *r;

	for (r = refusals; r < refusals + REFUSALS; r++) {
		transfer.unit = r->unit;
		transfer.function = r->function;
		transfer.address = r->address;
		transfer.count = r->count;
		transfer.write_address = r->write_address;
		transfer.write_count = r->write_count;
		transfer.words = r->words;
		tap_errno(guest_submit(fd, transfer), r->error, "SUBMIT: %s", r->name);
	}
}

static void refuse_raw(int fd, int error, const char *name, struct oht_transfer change)
{
	struct oht_transfer transfer = change;

	transfer.size = sizeof(transfer);
	transfer.flags |= OHT_TRANSFER_RAW;
	transfer.unit = 247;
	transfer.priority = OHT_PRIO_BACKGROUND;
	transfer.timeout_us = 1000;
	tap_errno(guest_submit(fd, transfer), error, "SUBMIT: raw: %s", name);
}

#define REFUSE_RAW(fd, error, name, ...) \
	refuse_raw(fd, error, name, (struct oht_transfer){ __VA_ARGS__ })

/* What depends on the values themselves. */
static void test_value_refusals(int fd)
{
	static const uint8_t exception[] = { 0x83, 0 }, zero[] = { 0, 1 }, some[254] = { 0x41 };
	const uint16_t two = 2;
	struct oht_transfer coil = guest_read;

	coil.function = 5;
	coil.words = (uintptr_t)&two;
	tap_errno(guest_submit(fd, coil), EINVAL, "SUBMIT: 5: a coil that is 2");

	REFUSE_RAW(fd, EINVAL, "empty", .words = (uintptr_t)some);
	REFUSE_RAW(fd, EINVAL, "254 bytes", .count = 254, .words = (uintptr_t)some);
	REFUSE_RAW(fd, EINVAL, "a function beside", .count = 1, .function = 0x41,
		   .words = (uintptr_t)some);
	REFUSE_RAW(fd, EINVAL, "an address", .count = 1, .address = 1, .words = (uintptr_t)some);
	REFUSE_RAW(fd, EINVAL, "a write address", .count = 1, .write_address = 1,
		   .words = (uintptr_t)some);
	REFUSE_RAW(fd, EINVAL, "a write count", .count = 1, .write_count = 1,
		   .words = (uintptr_t)some);
	REFUSE_RAW(fd, EINVAL, "function 0", .count = 2, .words = (uintptr_t)zero);
	REFUSE_RAW(fd, EINVAL, "an exception", .count = 2, .words = (uintptr_t)exception);
	REFUSE_RAW(fd, EFAULT, "no bytes", .count = 1);
	REFUSE_RAW(fd, EFAULT, "bytes nowhere", .count = 253, .words = NOWHERE);
}

/* ---- what needs no answer ---- */

/* Nobody has to be there: it ends well, after its delay. */
static void test_broadcast(int fd)
{
	const uint16_t word = 1;
	struct oht_transfer transfer = guest_read;
	uint64_t begin_ns = guest_now_ns();
	struct oht_record record;

	transfer.unit = 0;
	transfer.function = 6;
	transfer.flags = OHT_TRANSFER_WHILE_STOPPED;
	/* A register that no module has. */
	transfer.address = 0xfff0;
	transfer.timeout_us = 100000;
	transfer.words = (uintptr_t)&word;
	tap_errno(guest_submit(fd, transfer), 0, "SUBMIT: a broadcast");
	if (!tap_ok(guest_next_record(fd, OHT_RECORD_COMPLETION, WAIT_MS, &record), "its record comes"))
		return;
	tap_errno(-record.completion.status, 0, "... with success");
	tap_is(record.completion.attempts, 1, "... sent once");
	tap_is(record.completion.turnaround_ns, 0, "... without an answer");
	tap_ok(guest_now_ns() - begin_ns >= 100000000, "... after the turnaround delay");
}

/* Not even sent: the machine is stopped. */
static void test_broadcast_needs_enabled(int fd)
{
	struct oht_transfer transfer = guest_read;
	const uint8_t pdu[] = { 0x41 };
	struct oht_record record;

	transfer.unit = 0;
	transfer.function = 0;
	transfer.flags = OHT_TRANSFER_RAW;
	transfer.words = (uintptr_t)pdu;
	tap_errno(guest_submit(fd, transfer), 0, "SUBMIT: a raw broadcast");
	if (!tap_ok(guest_next_record(fd, OHT_RECORD_COMPLETION, WAIT_MS, &record), "its record comes"))
		return;
	tap_errno(-record.completion.status, ECANCELED, "... not while stopped");
	tap_is(record.completion.attempts, 0, "... never sent");
	tap_is(record.completion.function, 0x41, "... with the function of its PDU");
	tap_is(record.completion.count, 0, "... without an answer");
}

int main(void)
{
	int fd;

	selftest_begin();
	fd = guest_open(O_RDWR);
	TAP_TEST(test_function_refusals(fd), "refusals of each function");
	TAP_TEST(test_value_refusals(fd), "refusals of values");
	SELFTEST_IF(SELFTEST_WRITE, test_broadcast(fd), "broadcast");
	TAP_TEST(test_broadcast_needs_enabled(fd), "broadcast for an enabled machine only");
	close(fd);
	return tap_done();
}
