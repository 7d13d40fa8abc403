// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process image of /dev/oht0: mappings that are allowed and that are not, fork, what two readers
 * see while the plan runs, what is left when the driver has been taken off its device. Source:
 * docs/architecture.md, A plan's register. Nobody is at the far end of the wire.
 *
 *	image_test [READS]	READS: how often each reader looks at the least
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/plan.h"
#include "lib/selftest.h"
#include "lib/tap.h"

#define READERS		2
#define READS		100000
#define READS_MAX	1000000000
/* While the engine has written so often at the least. */
#define CHANGES		100
/* However slow the kernel is. */
#define PATIENCE_MS	600000

static size_t page;

/* ---- mapping ---- */

static int map_errno(int fd, size_t bytes, int protection, int flags, off_t offset)
{
	void *map = mmap(NULL, bytes, protection, flags, fd, offset);

	if (map == MAP_FAILED)
		return errno;
	munmap(map, bytes);
	return 0;
}

static void test_map_refusals(int fd)
{
	size_t bytes = (sizeof(struct oht_image) + page - 1) / page * page;
	struct oht_image *image;
	int watcher = guest_open(O_RDONLY);

	tap_errno(map_errno(fd, bytes, PROT_READ, MAP_SHARED, 0), 0, "mmap: whole");
	tap_errno(map_errno(fd, page, PROT_READ, MAP_SHARED, 0), 0, "mmap: the first page only");
	tap_errno(map_errno(fd, bytes, PROT_READ, MAP_PRIVATE, 0), 0, "mmap: private");
	tap_errno(map_errno(watcher, bytes, PROT_READ, MAP_SHARED, 0), 0, "mmap: read-only fd");
	tap_errno(map_errno(fd, bytes + page, PROT_READ, MAP_SHARED, 0), EINVAL, "mmap: too long");
	tap_errno(map_errno(fd, page, PROT_READ, MAP_SHARED, page), EINVAL, "mmap: an offset");
	tap_errno(map_errno(fd, page, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES,
		  "mmap: writable");
	tap_errno(map_errno(fd, page, PROT_WRITE, MAP_SHARED, 0), EACCES, "mmap: only writable");
	tap_errno(map_errno(fd, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0), EACCES,
		  "mmap: writable and private");
	tap_errno(map_errno(fd, page, PROT_READ | PROT_EXEC, MAP_SHARED, 0), EACCES,
		  "mmap: executable");
	image = plan_map_image(fd);
	tap_errno(mprotect(image, bytes, PROT_READ | PROT_WRITE) ? errno : 0, EACCES,
		  "mprotect: writable");
	tap_errno(mprotect(image, bytes, PROT_READ | PROT_EXEC) ? errno : 0, EACCES,
		  "mprotect: executable");
	tap_ok(mremap(image, bytes, bytes + page, MREMAP_MAYMOVE) == MAP_FAILED,
	       "mremap: longer");
	tap_is(image->header.abi_version, OHT_ABI_VERSION, "image: version");
	tap_is(image->header.header_bytes, sizeof(struct oht_image_header), "image: header");
	tap_is(image->header.slot_bytes, sizeof(struct oht_image_slot), "image: slot");
	tap_is(image->header.slots, OHT_PLAN_ENTRIES_MAX, "image: slots");
	tap_is(image->header.entries, 0, "image: no plan");
	munmap(image, bytes);
	close(watcher);
}

/* A child sees the same image; writing to it kills the child, not the machine. */
static void test_fork(const struct oht_image *image)
{
	int result;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		struct oht_image_header header;

		plan_read_header(image, &header);
		_exit(header.entries == PLAN_ENTRIES ? 0 : 1);
	}
	waitpid(child, &result, 0);
	tap_is(result, 0, "fork: the child sees the plan");
	child = fork();
	if (!child) {
		((struct oht_image *)image)->header.entries = 99;
		_exit(0);
	}
	waitpid(child, &result, 0);
	tap_ok(WIFSIGNALED(result) && WTERMSIG(result) == SIGSEGV, "fork: and cannot write it");
	tap_is(image->header.entries, PLAN_ENTRIES, "... which changes nothing");
}

/* ---- consistency ---- */

struct reader {
	pthread_t thread;
	const struct oht_image *image;
	atomic_ullong reads;
	atomic_ullong changes;
	uint64_t torn;
};

static atomic_bool ended;

/*
 * Nobody answers, so with every try the count of errors and its time grow together. A reader that
 * saw one of them new and the other old would have read a torn slot.
 */
static void look_at_slot(struct reader *reader, struct oht_image_slot *last)
{
	struct oht_image_slot slot;

	plan_read_slot(reader->image, 0, &slot);
	atomic_fetch_add_explicit(&reader->reads, 1, memory_order_relaxed);
	if (slot.errors != last->errors)
		atomic_fetch_add_explicit(&reader->changes, 1, memory_order_relaxed);
	if ((slot.errors != last->errors) != (slot.tried_ns != last->tried_ns) ||
	    slot.tried_ns < last->tried_ns)
		reader->torn++;
	*last = slot;
}

/* Every point of the grid moves number and time; one that is missed or given moves the number. */
static void look_at_header(struct reader *reader, struct oht_image_header *last)
{
	struct oht_image_header header;
	uint64_t grid_ns, cycles;

	plan_read_header(reader->image, &header);
	grid_ns = header.cycle_start_ns - last->cycle_start_ns;
	cycles = header.cycles - last->cycles - (header.missed - last->missed);
	if (last->cycles && !header.given && grid_ns < cycles * PLAN_CYCLE_US * US)
		reader->torn++;
	if (grid_ns % (PLAN_CYCLE_US * US) && last->cycles)
		reader->torn++;
	*last = header;
}

static void *read_on(void *argument)
{
	struct oht_image_header header = { 0 };
	struct oht_image_slot slot = { 0 };
	struct reader *reader = argument;

	plan_read_slot(reader->image, 0, &slot);
	while (!atomic_load(&ended)) {
		look_at_slot(reader, &slot);
		look_at_header(reader, &header);
	}
	return NULL;
}

static bool have_read(struct reader *readers, uint64_t reads)
{
	unsigned int i;

	for (i = 0; i < READERS; i++)
		if (atomic_load(&readers[i].reads) < reads ||
		    atomic_load(&readers[i].changes) < CHANGES)
			return false;
	return true;
}

static void test_readers(const struct oht_image *image, uint64_t reads)
{
	static struct reader readers[READERS];
	unsigned int i;

	for (i = 0; i < READERS; i++) {
		readers[i].image = image;
		if (pthread_create(&readers[i].thread, NULL, read_on, &readers[i]))
			tap_bail("no thread");
	}
	tap_ok(GUEST_UNTIL(have_read(readers, reads), PATIENCE_MS),
	       "each has read %llu times while the slot changed %d times",
	       (unsigned long long)reads, CHANGES);
	atomic_store(&ended, true);
	for (i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		tap_is(readers[i].torn, 0, "reader %u: nothing torn in %llu reads", i,
		       (unsigned long long)readers[i].reads);
		tap_note("... while the slot changed %llu times",
			 (unsigned long long)readers[i].changes);
	}
}

/* The plan runs while the driver is taken away; the mapping stays. */
static void test_unbind(int fd, const struct oht_image *image)
{
	struct oht_image_header header;
	struct oht_image_slot slot;

	if (!tap_errno(guest_unbind(), 0, "unbind while the plan runs"))
		return;
	plan_read_header(image, &header);
	tap_is(header.flags, OHT_PLAN_GONE, "image: gone");
	tap_is(header.entries, 0, "image: no plan");
	plan_read_slot(image, 0, &slot);
	tap_is(slot.unit, PLAN_INPUT_UNIT, "image: still readable");
	tap_errno(map_errno(fd, page, PROT_READ, MAP_SHARED, 0), ENODEV, "mmap: gone");
	tap_errno(plan_commit(fd, 0, NULL), ENODEV, "PLAN_COMMIT: gone");
	close(fd);
	plan_read_header(image, &header);
	tap_is(header.flags, OHT_PLAN_GONE, "image: readable without its descriptor");
	tap_errno(guest_bind(), 0, "bind");
}

/* @fd is the controller, as at the beginning; whoever comes next finds no plan. */
static void test_end(int fd, const struct oht_image *image)
{
	tap_errno(plan_clear(fd, 0), 0, "PLAN_CLEAR");
	tap_is(image->header.flags, 0, "image: no plan any more");
	tap_errno(guest_release_role(fd), 0, "the role goes back");
}

int main(int argc, char **argv)
{
	uint64_t reads = argc > 1 ? guest_number(argv[1], READS_MAX) : READS;
	const struct oht_image *image;
	struct oht_plan_commit made;
	int fd;

	selftest_begin();
	fd = guest_open(O_RDWR);
	page = sysconf(_SC_PAGESIZE);
	if (guest_take(fd, 10000))
		tap_bail("somebody else is the controller");
	TAP_TEST(test_map_refusals(fd), "mappings that are refused");
	image = plan_map_image(fd);
	plan_make_good();
	if (guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage) || plan_commit(fd, 0, &made) ||
	    !plan_wait_generation(image, made.generation))
		tap_bail("the plan does not come in force");
	TAP_TEST(test_fork(image), "fork");
	TAP_TEST(test_readers(image, reads), "two readers");
	SELFTEST_IF(SELFTEST_UNBIND, test_unbind(fd, image), "unbind while the plan runs");
	if (!selftest_may(SELFTEST_UNBIND))
		TAP_TEST(test_end(fd, image), "the plan ends");
	munmap((void *)image, sizeof(*image));
	return tap_done();
}
