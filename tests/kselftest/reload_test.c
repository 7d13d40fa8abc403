// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module is taken out of the kernel and loaded again, many times: the device works each time, and interrupts,
 * GPIO lines, devices, descriptors and memory are in the end what they were. Source: docs/uapi.md.
 *
 *	reload_test [CYCLES]
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/plan.h"
#include "lib/selftest.h"
#include "lib/tap.h"

#define MODULE		"oht"
#define CYCLES		20
#define CYCLES_MAX	100000
/* The first ones fill caches of the kernel. */
#define CYCLES_FIRST	5
#define WAIT_MS		15000
/* Of memory that the kernel cannot take back: what a cycle may keep, and what others use meanwhile. */
#define KEPT_KIB	1024
#define KEPT_BYTES_OF_CYCLE	256

static int unload(void)
{
	return syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? errno : 0;
}

static int load(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		execlp("modprobe", "modprobe", MODULE, NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		tap_bail("no process for modprobe");
	return WEXITSTATUS(status);
}

/* Whether the device answers. */
static bool works(void)
{
	int fd = open(GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	struct oht_info info = { .size = sizeof(info) };
	bool good = fd >= 0 && !guest_ioctl(fd, OHT_IOC_INFO, &info) && (info.caps & OHT_CAP_BUS) &&
		    guest_state(fd) == OHT_ESTOP_STOPPED && !guest_submit(fd, guest_read);

	if (fd >= 0)
		close(fd);
	return good;
}

/* ---- what the kernel keeps for us ---- */

/* Lines of a file that have the word; 0 without the file. */
static unsigned int count_lines(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	unsigned int count = 0;
	char line[1024];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		count += !!strstr(line, word);
	fclose(file);
	return count;
}

static unsigned int count_paths(const char *pattern)
{
	unsigned int count;
	glob_t found;

	if (glob(pattern, 0, NULL, &found))
		return 0;
	count = found.gl_pathc;
	globfree(&found);
	return count;
}

static struct {
	const char *what;
	const char *path;
	const char *word;	/* of lines; NULL: @path is a pattern of paths */
	unsigned int before;
} resources[] = {
	{ "interrupts", "/proc/interrupts", "oht", 0 },
	{ "all interrupts", "/proc/interrupts", ":", 0 },
	{ "GPIO lines", "/sys/kernel/debug/gpio", "gpio-", 0 },
	{ "areas of I/O memory", "/proc/iomem", "-", 0 },
	{ "character devices", "/proc/devices", "oht", 0 },
	{ "threads and processes", "/proc/[0-9]*", NULL, 0 },
	{ "devices of the class", "/sys/class/oht/*", NULL, 0 },
	{ "nodes", "/dev/oht*", NULL, 0 },
	{ "folders in debugfs", "/sys/kernel/debug/oht*", NULL, 0 },
	{ "descriptors", "/proc/self/fd/*", NULL, 0 },
};

#define RESOURCES	(sizeof(resources) / sizeof(resources[0]))

static unsigned int count(size_t i)
{
	return resources[i].word ? count_lines(resources[i].path, resources[i].word) : count_paths(resources[i].path);
}

/* Threads of the kernel come and go; those that a cycle leaves do not go. */
static bool is_within(size_t i, unsigned int now, unsigned int cycles)
{
	if (strchr(resources[i].path, '['))
		return now < resources[i].before + cycles;
	return now == resources[i].before;
}

static long long meminfo_kib(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "re");
	long long kib = -1;
	char line[128];

	if (!file)
		tap_bail("/proc/meminfo: %s", strerror(errno));
	while (kib < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %lld", &kib);
	fclose(file);
	if (kib < 0)
		tap_bail("/proc/meminfo: no %s", name);
	return kib;
}

static long long kept_kib(void)
{
	return meminfo_kib("SUnreclaim") + meminfo_kib("VmallocUsed") + meminfo_kib("Percpu") + meminfo_kib("KernelStack");
}

/* ---- tests ---- */

/* Who holds the device holds the module. */
static void test_refused(void)
{
	int fd = guest_open(O_RDONLY);
	struct oht_image *image;

	tap_errno(unload(), EAGAIN, "a descriptor is open");
	image = plan_map_image(fd);
	close(fd);
	tap_errno(unload(), EAGAIN, "the image is mapped");
	munmap(image, sizeof(*image));
	tap_ok(works(), "the device works");
}

static bool cycle(unsigned int number)
{
	int error = unload();

	if (!error && !access(GUEST_DEVICE, F_OK))
		error = EEXIST;
	if (error) {
		tap_note("cycle %u: unload: %s", number, strerror(error));
		return false;
	}
	error = load();
	if (error)
		tap_note("cycle %u: modprobe ends with %d", number, error);
	else if (GUEST_UNTIL(works(), WAIT_MS))
		return true;
	tap_note("cycle %u: the device does not work", number);
	return false;
}

static unsigned int run_cycles(unsigned int cycles)
{
	unsigned int i;

	for (i = 0; i < cycles; i++)
		if (!cycle(i))
			break;
	return i;
}

static void test_cycles(unsigned int cycles)
{
	long long before_kib, growth_kib, limit_kib = KEPT_KIB + (long long)cycles * KEPT_BYTES_OF_CYCLE / 1024;
	unsigned int now;
	size_t i;

	tap_is(run_cycles(CYCLES_FIRST), CYCLES_FIRST, "the first cycles");
	for (i = 0; i < RESOURCES; i++)
		resources[i].before = count(i);
	before_kib = kept_kib();
	tap_is(run_cycles(cycles), cycles, "unloaded, loaded, used");
	growth_kib = kept_kib() - before_kib;
	for (i = 0; i < RESOURCES; i++) {
		now = count(i);
		tap_ok(is_within(i, now, cycles), "%s: %u, then %u", resources[i].what, resources[i].before, now);
	}
	tap_ok(growth_kib <= limit_kib, "memory of the kernel: %lld KiB more, %lld allowed", growth_kib, limit_kib);
	tap_note("value reload.cycles %u", cycles);
	tap_note("value reload.growth_kib %lld", growth_kib);
}

int main(int argc, char **argv)
{
	unsigned int cycles = argc > 1 ? (unsigned int)guest_number(argv[1], CYCLES_MAX) : CYCLES;

	selftest_begin();
	SELFTEST_IF(SELFTEST_UNBIND, test_refused(), "the module is in use");
	SELFTEST_IF(SELFTEST_UNBIND, test_cycles(cycles), "%u cycles of unload and load", cycles);
	return tap_done();
}
