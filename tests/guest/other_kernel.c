// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Another kernel, which only resets the machine.
 *
 *	other_kernel start		go there now (kexec)
 *	other_kernel load-crash		have it ready for a panic (kdump); needs crashkernel= at boot
 *	other_kernel unload-crash
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/kexec.h>

/* Somewhere in the board's memory, away from its ends. */
#define RAM_ADDRESS	0x48000000

/* All of it: PSCI's SYSTEM_RESET, and a loop should that come back. */
static const uint32_t reset_kernel[] = {
	0x52800120,	/* mov	w0, #0x9 */
	0x72b08000,	/* movk	w0, #0x8400, lsl #16 */
	0xd4000002,	/* hvc	#0 */
	0x14000000,	/* b	. */
};

/* @segments: 1, or 0 to take away what is there. 0 or 1, as an exit code. */
static int load(uintptr_t address, unsigned long segments, unsigned long flags)
{
	struct kexec_segment {
		const void *buffer;
		size_t buffer_bytes;
		uintptr_t address;
		size_t bytes;
	} segment = { reset_kernel, sizeof(reset_kernel), address, 4096 };

	if (!syscall(SYS_kexec_load, address, segments, &segment,
		     (unsigned long)KEXEC_ARCH_AARCH64 | flags))
		return 0;
	perror("kexec_load");
	return 1;
}

/* Where the running kernel has left room for one; 0: nowhere. */
static uintptr_t crash_address(void)
{
	FILE *map = fopen("/proc/iomem", "re");
	unsigned long begin = 0;
	char line[128];

	while (map && fgets(line, sizeof(line), map))
		if (strstr(line, "Crash kernel") && sscanf(line, " %lx-", &begin) == 1)
			break;
	if (map)
		fclose(map);
	return begin;
}

static int start(void)
{
	if (load(RAM_ADDRESS, 1, 0))
		return 1;
	reboot(RB_KEXEC);
	perror("kexec");
	return 1;
}

static int load_crash(void)
{
	uintptr_t address = crash_address();

	if (address)
		return load(address, 1, KEXEC_ON_CRASH);
	fprintf(stderr, "other_kernel: no room for a crash kernel: boot with crashkernel=\n");
	return 1;
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "start"))
		return start();
	if (!strcmp(what, "load-crash"))
		return load_crash();
	if (!strcmp(what, "unload-crash"))
		return load(0, 0, KEXEC_ON_CRASH);
	fprintf(stderr, "usage: other_kernel start|load-crash|unload-crash\n");
	return 2;
}
