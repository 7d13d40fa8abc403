// SPDX-License-Identifier: GPL-2.0-or-later
/* Records: who gets which, in what order, and how losses are told. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "device.h"
#include "internal.h"

#define MORE_THAN_KEPT	(OHT_SAFETY_RECORDS_MAX + 30)

static void nothing_comes_unasked(void)
{
	int fd = dev_controller();

	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), 0);
	EXPECT(dev_is_quiet(fd));
	EXPECT_IS(dev_poll(fd, POLLIN | POLLPRI, 0), 0);
}

static void subscribe_is_checked(void)
{
	int fd = dev_open(O_RDWR);
	uint64_t next = dev_status(fd).journal_seq + 1;

	EXPECT_ERRNO(dev_subscribe(fd, 1U << 3, 0), EINVAL);
	EXPECT_ERRNO(dev_subscribe(fd, 1U << 31, 0), EINVAL);
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_UNITS, 1), EINVAL);
	EXPECT_ERRNO(dev_subscribe(fd, 0, 1), EINVAL);
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, next + 1), EINVAL);
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, UINT64_MAX), EINVAL);
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, next), 0);
	EXPECT(dev_is_quiet(fd));
	/* What was refused has changed nothing. */
	EXPECT_ERRNO(dev_subscribe(fd, 0, 1), EINVAL);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), 0);
	EXPECT_ERRNO(dev_take(fd, 0), 0);
	EXPECT(dev_next(fd, OHT_RECORD_SAFETY).safety.journal_seq >= next);
}

static void less_than_a_record_is_refused(void)
{
	char small[sizeof(struct oht_record) - 1];
	int fd = dev_controller();

	EXPECT(oht_sys->read(fd, small, sizeof(small)) < 0 && errno == EINVAL);
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 1), 0);
	EXPECT(oht_sys->read(fd, small, sizeof(small)) < 0 && errno == EINVAL);
	dev_next(fd, OHT_RECORD_SAFETY);
}

static void poll_tells_urgent_from_ordinary(void)
{
	int fd = dev_controller();
	uint64_t cookie;

	EXPECT_ERRNO(dev_submit(fd, dev_read_of(UNIT_A), &cookie), 0);
	EXPECT_IS(dev_poll(fd, POLLIN | POLLPRI, 5000), POLLIN);
	dev_completion(fd, cookie);
	EXPECT_IS(dev_poll(fd, POLLIN | POLLPRI, 0), 0);
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 0), 0);
	EXPECT_IS(dev_poll(fd, POLLIN | POLLPRI, 0), 0);
	EXPECT_ERRNO(dev_release(fd), 0);
	EXPECT_IS(dev_poll(fd, POLLIN | POLLPRI, 5000), POLLIN | POLLPRI);
	EXPECT_IS(dev_poll(fd, POLLPRI, 0), POLLPRI);
}

static void acts_make_records(void)
{
	int fd = dev_ready();
	struct oht_record record;
	uint64_t seq = dev_status(fd).journal_seq;

	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 0), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_ENABLE, 21, NULL), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_DISABLE, 22, NULL), 0);
	record = dev_next(fd, OHT_RECORD_SAFETY);
	EXPECT_IS(record.seq, 1);
	EXPECT_IS(record.safety.journal_seq, seq + 1);
	EXPECT_IS(record.safety.kind, OHT_SAFETY_ENABLE);
	EXPECT_IS(record.safety.tag, 21);
	EXPECT_IS(record.safety.cause, OHT_CAUSE_NONE);
	EXPECT_IS(record.safety.low_ns, 0);
	EXPECT_IS(record.safety.state_from, OHT_ESTOP_READY);
	EXPECT_IS(record.safety.state_to, OHT_ESTOP_ENABLED);
	EXPECT_IS(record.safety.outputs, OHT_OUTPUT_ENABLE_1 | OHT_OUTPUT_ENABLE_2);
	EXPECT_IS(record.safety.tgid, dev_status(fd).controller_tgid);
	record = dev_next(fd, OHT_RECORD_SAFETY);
	EXPECT_IS(record.seq, 2);
	EXPECT_IS(record.safety.kind, OHT_SAFETY_DISABLE);
	EXPECT_IS(record.safety.tag, 22);
	EXPECT(record.safety.low_ns >= record.safety.event_ns);
	EXPECT_IS(record.safety.outputs, 0);
	EXPECT(dev_is_quiet(fd));
}

/* What is refused leaves neither a record nor its tag. */
static void refused_acts_make_none(void)
{
	int fd = dev_ready();

	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 0), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_RESET, 31, NULL), ECANCELED);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_DISABLE, 32, NULL), ECANCELED);
	EXPECT(dev_is_quiet(fd));
	EXPECT_ERRNO(dev_release(fd), 0);
	EXPECT(dev_next(fd, OHT_RECORD_SAFETY).safety.tag < 31);
}

/* A cause is recorded once per stop; outputs that are low already are not lowered. */
static void a_known_cause_makes_none(void)
{
	int fd = dev_ready();
	struct oht_record record;

	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 0), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 41, NULL), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 42, NULL), 0);
	record = dev_next(fd, OHT_RECORD_SAFETY);
	EXPECT_IS(record.safety.tag, 41);
	EXPECT_IS(record.safety.low_ns, 0);
	EXPECT(dev_is_quiet(fd));
	EXPECT_ERRNO(dev_release(fd), 0);
	EXPECT_IS(dev_next(fd, OHT_RECORD_SAFETY).safety.tag, 42);
}

static void toggle(int fd, unsigned int times)
{
	unsigned int i;

	for (i = 0; i < times; i++)
		EXPECT_ERRNO(dev_command(fd, i & 1 ? OHT_IOC_DISABLE : OHT_IOC_ENABLE, i, NULL), 0);
}

static void slow_reader_loses_the_oldest_and_is_told(void)
{
	int fd = dev_ready(), i;
	struct oht_record record;
	uint64_t newest;

	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 0), 0);
	toggle(fd, MORE_THAN_KEPT);
	newest = dev_status(fd).journal_seq;
	record = dev_next(fd, OHT_RECORD_SAFETY);
	EXPECT_IS(record.seq, MORE_THAN_KEPT - OHT_SAFETY_RECORDS_MAX + 1);
	EXPECT_IS(record.safety.journal_seq, newest - OHT_SAFETY_RECORDS_MAX + 1);
	for (i = 1; i < OHT_SAFETY_RECORDS_MAX; i++) {
		uint64_t before = record.seq;

		record = dev_next(fd, OHT_RECORD_SAFETY);
		EXPECT_IS(record.seq, before + 1);
	}
	EXPECT_IS(record.safety.journal_seq, newest);
	EXPECT(dev_is_quiet(fd));
}

static void earlier_records_can_be_had(void)
{
	int fd = dev_ready(), other = dev_open(O_RDONLY);
	uint64_t newest, seq;

	toggle(fd, 6);
	newest = dev_status(fd).journal_seq;
	EXPECT_ERRNO(dev_subscribe(other, OHT_SUBSCRIBE_SAFETY, newest - 3), 0);
	for (seq = newest - 3; seq <= newest; seq++)
		EXPECT_IS(dev_next(other, OHT_RECORD_SAFETY).safety.journal_seq, seq);
	EXPECT(dev_is_quiet(other));
	/* Once more from a place of its own choice. */
	EXPECT_ERRNO(dev_subscribe(other, OHT_SUBSCRIBE_SAFETY, newest), 0);
	EXPECT_IS(dev_next(other, OHT_RECORD_SAFETY).safety.journal_seq, newest);
	EXPECT(dev_is_quiet(other));
}

static void records_that_are_gone_are_counted(void)
{
	int fd = dev_ready(), other = dev_open(O_RDONLY);
	struct oht_record record;
	uint64_t newest;

	toggle(fd, MORE_THAN_KEPT);
	newest = dev_status(fd).journal_seq;
	EXPECT_ERRNO(dev_subscribe(other, OHT_SUBSCRIBE_SAFETY, 1), 0);
	record = dev_next(other, OHT_RECORD_SAFETY);
	EXPECT_IS(record.safety.journal_seq, newest - OHT_SAFETY_RECORDS_MAX + 1);
	EXPECT_IS(record.seq, record.safety.journal_seq);
}

static void subscribing_again_keeps_the_place(void)
{
	int fd = dev_ready();

	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 0), 0);
	toggle(fd, 1);
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY | OHT_SUBSCRIBE_CYCLE, 0), 0);
	EXPECT_IS(dev_next(fd, OHT_RECORD_SAFETY).safety.kind, OHT_SAFETY_ENABLE);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), 0);
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_CYCLE, 0), 0);
	EXPECT(dev_is_quiet(fd));
	/* A new subscription begins anew. */
	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 0), 0);
	EXPECT(dev_is_quiet(fd));
}

static void each_descriptor_counts_for_itself(void)
{
	int fd = dev_ready(), other = dev_open(O_RDONLY);

	EXPECT_ERRNO(dev_subscribe(fd, OHT_SUBSCRIBE_SAFETY, 0), 0);
	toggle(fd, 2);
	EXPECT_ERRNO(dev_subscribe(other, OHT_SUBSCRIBE_SAFETY, 0), 0);
	EXPECT_ERRNO(dev_command(fd, OHT_IOC_STOP, 0, NULL), 0);
	EXPECT_IS(dev_next(other, OHT_RECORD_SAFETY).seq, 1);
	EXPECT_IS(dev_next(fd, OHT_RECORD_SAFETY).seq, 1);
	EXPECT_IS(dev_next(fd, OHT_RECORD_SAFETY).seq, 2);
	EXPECT_IS(dev_next(fd, OHT_RECORD_SAFETY).seq, 3);
}

const struct contract_test record_tests[] = {
	CONTRACT(nothing_comes_unasked),
	CONTRACT(subscribe_is_checked),
	CONTRACT(less_than_a_record_is_refused),
	CONTRACT(poll_tells_urgent_from_ordinary),
	CONTRACT(acts_make_records),
	CONTRACT(refused_acts_make_none),
	CONTRACT(a_known_cause_makes_none),
	CONTRACT(slow_reader_loses_the_oldest_and_is_told),
	CONTRACT(earlier_records_can_be_had),
	CONTRACT(records_that_are_gone_are_counted),
	CONTRACT(subscribing_again_keeps_the_place),
	CONTRACT(each_descriptor_counts_for_itself),
};
const size_t record_count = sizeof(record_tests) / sizeof(record_tests[0]);
