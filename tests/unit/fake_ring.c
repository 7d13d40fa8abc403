// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal of a driver in shared memory; see fake_ring.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_journal.h"
#include "fake_ring.h"
#include "internal.h"

struct descriptor {
	uint32_t generation;
	bool subscribed;
	uint64_t next;
	uint64_t record_seq;
};

struct fake_ring *fake_ring;
static struct descriptor mine;
static struct oht_sys fake_sys;

static void lock(void)
{
	while (atomic_flag_test_and_set(&fake_ring->lock))
		;
}

static void unlock(void)
{
	atomic_flag_clear(&fake_ring->lock);
}

void fake_ring_add(unsigned int count)
{
	uint64_t one = 1;

	lock();
	for (; count; count--) {
		uint64_t seq = ++fake_ring->seq;

		fake_ring->ring[seq % FAKE_KEPT] = (struct oht_safety_record){
			.journal_seq = seq, .event_ns = seq * 1000, .low_ns = seq * 1000 + 500,
			.causes = OHT_CAUSE_BIT(OHT_CAUSE_SOFTWARE), .cause = OHT_CAUSE_SOFTWARE,
			.kind = OHT_SAFETY_STOP, .tag = seq * 3,
		};
	}
	unlock();
	assert_int_equal(write(fake_ring->wake_fd, &one, sizeof(one)), sizeof(one));
}

void fake_ring_bind(void)
{
	uint64_t one = 1;

	lock();
	fake_ring->present = true;
	fake_ring->generation++;
	fake_ring->seq = 0;
	unlock();
	/* An old descriptor hangs up. */
	assert_int_equal(write(fake_ring->wake_fd, &one, sizeof(one)), sizeof(one));
}

static bool is_gone(void)
{
	return !fake_ring->present || fake_ring->generation != mine.generation;
}

static int fake_open(const char *name, int flags)
{
	(void)name;
	(void)flags;
	if (!fake_ring->present) {
		errno = ENOENT;
		return -1;
	}
	mine = (struct descriptor){ .generation = fake_ring->generation };
	return dup(fake_ring->wake_fd);
}

static int subscribe(const struct oht_subscribe *wanted)
{
	if (wanted->safety_from > fake_ring->seq + 1) {
		errno = EINVAL;
		return -1;
	}
	mine.subscribed = true;
	mine.next = wanted->safety_from ? wanted->safety_from : fake_ring->seq + 1;
	fake_ring->subscriptions++;
	return 0;
}

static int fake_ioctl(int fd, unsigned long number, void *argument)
{
	struct oht_estop_status *status = argument;
	int ret = 0;

	(void)fd;
	if (is_gone()) {
		errno = ENODEV;
		return -1;
	}
	lock();
	if (number == OHT_IOC_SUBSCRIBE) {
		ret = subscribe(argument);
	} else if (number == OHT_IOC_ESTOP_STATUS) {
		status->journal_seq = fake_ring->seq;
		status->first_cause = OHT_CAUSE_CLOSE;
		status->causes = OHT_CAUSE_BIT(OHT_CAUSE_CLOSE);
	}
	unlock();
	return ret;
}

static size_t read_ring(struct oht_record *records, size_t room)
{
	size_t count = 0;

	lock();
	for (; mine.subscribed && count < room; count++) {
		uint64_t wanted = mine.next;

		if (!oht_journal_seek(&mine.next, fake_ring->seq, FAKE_KEPT))
			break;
		mine.record_seq += mine.next - wanted + 1;
		memset(&records[count], 0, sizeof(records[count]));
		records[count].type = OHT_RECORD_SAFETY;
		records[count].size = sizeof(*records);
		records[count].seq = mine.record_seq;
		records[count].safety = fake_ring->ring[mine.next++ % FAKE_KEPT];
	}
	unlock();
	return count;
}

static ssize_t fake_read(int fd, void *buffer, size_t bytes)
{
	size_t room = bytes / sizeof(struct oht_record), count;
	uint64_t news;

	if (is_gone())
		return 0;
	count = read_ring(buffer, room);
	/* Nothing there: no more readable, unless something has come since. */
	if (!count && read(fd, &news, sizeof(news)) == sizeof(news))
		count = read_ring(buffer, room);
	if (count)
		return (ssize_t)(count * sizeof(struct oht_record));
	errno = EAGAIN;
	return -1;
}

int fake_ring_identify(struct oht_dev *dev, uint64_t *device)
{
	(void)dev;
	*device = mine.generation;
	return 0;
}

void fake_ring_install(void)
{
	fake_ring = mmap(NULL, sizeof(*fake_ring), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(fake_ring, MAP_FAILED);
	fake_ring->wake_fd = eventfd(0, EFD_NONBLOCK);
	fake_sys = oht_sys_real;
	fake_sys.open = fake_open;
	fake_sys.ioctl = fake_ioctl;
	fake_sys.read = fake_read;
	oht_sys = &fake_sys;
	fake_ring_bind();
}

void fake_ring_remove(void)
{
	oht_sys = &oht_sys_real;
	close(fake_ring->wake_fd);
	munmap(fake_ring, sizeof(*fake_ring));
}
