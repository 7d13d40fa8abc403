// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the kernel and of what runs besides ohtd. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <dirent.h>

#include "doctor.h"

/* The oldest kernel for which the module is built. */
#define OLDEST_MAJOR	6
#define OLDEST_MINOR	1

/* Fields of /proc/PID/stat, counted from the state behind the name, which is the first. */
#define STAT_POLICY	39
#define FIFO		1
#define ROUND_ROBIN	2

void doctor_look_at_kernel(struct doctor *doctor)
{
	char release[DOCTOR_TEXT_BYTES], version[DOCTOR_TEXT_BYTES];
	unsigned int major, minor;
	uint64_t realtime = 0;

	if (doctor_read(doctor, release, "/proc/sys/kernel/osrelease") || sscanf(release, "%u.%u", &major, &minor) != 2) {
		doctor_unknown(doctor, NULL, "/proc/sys/kernel/osrelease does not say which Linux this is");
		return;
	}
	if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)) {
		doctor_wrong(doctor, "install the kernel of Debian 12 or a newer one", "Linux %s: the module is built for %d.%d and newer",
			     release, OLDEST_MAJOR, OLDEST_MINOR);
		return;
	}
	if (doctor_read(doctor, version, "/proc/version"))
		*version = '\0';
	if (doctor_number(doctor, &realtime, "/sys/kernel/realtime"))
		realtime = 0;
	doctor_ok(doctor, "Linux %s, %s", release, realtime || strstr(version, "PREEMPT_RT") ? "PREEMPT_RT" : "without PREEMPT_RT");
}

/* CPUs of /proc/timer_list with and without active high-resolution timers. 0 or a negative errno. */
static int count_high_resolution(const struct doctor *doctor, unsigned int *with, unsigned int *without)
{
	char path[PATH_MAX], line[DOCTOR_TEXT_BYTES], *value;
	FILE *file;

	*with = *without = 0;
	doctor_path(doctor, path, "/proc/timer_list");
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		value = strstr(line, ".hres_active");
		value = value ? strchr(value, ':') : NULL;
		if (value)
			++*(strtoul(value + 1, NULL, 10) ? with : without);
	}
	fclose(file);
	return 0;
}

void doctor_look_at_timers(struct doctor *doctor)
{
	static const char mend[] = "take highres=off, nohz=off and clocksource= out of the kernel's command line, or install Debian's kernel";
	char source[DOCTOR_TEXT_BYTES], line[DOCTOR_TEXT_BYTES];
	unsigned int with, without;
	int result;

	if (doctor_read(doctor, source, "/sys/devices/system/clocksource/clocksource0/current_clocksource"))
		strcpy(source, "not known");
	if (strstr(source, "jiffies")) {
		doctor_wrong(doctor, mend, "the clock of the kernel is %s: it counts whole ticks", source);
		return;
	}
	if (!doctor_read(doctor, line, "/proc/cmdline") && strstr(line, "highres=off")) {
		doctor_wrong(doctor, mend, "the kernel was started with highres=off");
		return;
	}
	result = count_high_resolution(doctor, &with, &without);
	if (result)
		doctor_unknown(doctor, result == -EACCES ? "run it as root" : NULL, "/proc/timer_list cannot be read: %s", strerror(-result));
	else if (without)
		doctor_wrong(doctor, mend, "high-resolution timers are off on %u of %u CPUs", without, with + without);
	else if (!with)
		doctor_unknown(doctor, NULL, "/proc/timer_list says nothing of high-resolution timers");
	else
		doctor_ok(doctor, "high-resolution timers on %u CPU%s, clock %s", with, with == 1 ? "" : "s", source);
}

/* Does a thread of that process run with SCHED_FIFO or SCHED_RR? -1: no thread can be read. */
static int has_realtime_thread(const struct doctor *doctor, int pid)
{
	char path[PATH_MAX], text[DOCTOR_TEXT_BYTES], *field;
	struct dirent *entry;
	int result = -1;
	DIR *folder;

	doctor_path(doctor, path, "/proc/%d/task", pid);
	folder = opendir(path);
	while (folder && result < 1 && (entry = readdir(folder))) {
		if (*entry->d_name == '.' || doctor_read(doctor, text, "/proc/%d/task/%s/stat", pid, entry->d_name))
			continue;
		/* The name may have blanks and brackets in it. */
		field = strrchr(text, ')');
		for (int i = 0; field && i < STAT_POLICY; i++)
			field = strchr(field + 1, ' ');
		if (field)
			result = atoi(field + 1) == FIFO || atoi(field + 1) == ROUND_ROBIN;
	}
	if (folder)
		closedir(folder);
	return result;
}

/* "VmLck:      1234 kB" of its status; -1: not known. */
static long locked_kb(const struct doctor *doctor, int pid)
{
	char path[PATH_MAX], line[DOCTOR_TEXT_BYTES];
	long kb = -1;
	FILE *file;

	doctor_path(doctor, path, "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && kb < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmLck: %ld kB", &kb) != 1)
			kb = -1;
	if (file)
		fclose(file);
	return kb;
}

void doctor_look_at_realtime(struct doctor *doctor)
{
	static const char *const daemon[] = { "ohtd", NULL };
	static const char mend[] = "systemctl cat ohtd: it needs CAP_SYS_NICE, CAP_IPC_LOCK, LimitRTPRIO and LimitMEMLOCK of the packaged unit, and realtime_priority above 0 in ohtd.conf";
	char text[DOCTOR_TEXT_BYTES];
	int pid, is_realtime;
	long kb;

	if (!doctor_read(doctor, text, "/proc/sys/kernel/sched_rt_runtime_us") && !strcmp(text, "0")) {
		doctor_wrong(doctor, "sysctl kernel.sched_rt_runtime_us=950000", "the kernel runs no real-time thread: sched_rt_runtime_us is 0");
		return;
	}
	pid = doctor_process(doctor, daemon, text);
	is_realtime = pid ? has_realtime_thread(doctor, pid) : -1;
	kb = pid ? locked_kb(doctor, pid) : -1;
	if (!pid)
		doctor_unknown(doctor, "systemctl start ohtd", "no ohtd runs, so its priority and its memory cannot be looked at");
	else if (!is_realtime)
		doctor_wrong(doctor, mend, "no thread of ohtd (process %d) has a real-time priority", pid);
	else if (!kb)
		doctor_wrong(doctor, mend, "the memory of ohtd (process %d) is not locked: the control thread may wait for a disk", pid);
	else if (is_realtime < 0 || kb < 0)
		doctor_unknown(doctor, "run it as root", "/proc/%d cannot be read", pid);
	else
		doctor_ok(doctor, "ohtd has a thread of real-time priority, and %ld MiB of locked memory", kb / 1024);
}

/* These choose the frequency by load whatever the governor is called. */
static bool is_driver_of_its_own(const char *driver)
{
	return !strncmp(driver, "intel_pstate", 12) || !strncmp(driver, "amd-pstate", 10);
}

void doctor_look_at_frequency(struct doctor *doctor)
{
	char governor[DOCTOR_TEXT_BYTES], driver[DOCTOR_TEXT_BYTES];
	int cpus = 0;

	for (int cpu = 0; doctor_exists(doctor, "/sys/devices/system/cpu/cpu%d", cpu); cpu++) {
		if (doctor_read(doctor, governor, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu) ||
		    doctor_read(doctor, driver, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_driver", cpu))
			continue;
		cpus++;
		if (!strcmp(governor, "powersave") && !is_driver_of_its_own(driver)) {
			doctor_wrong(doctor, "echo performance >/sys/devices/system/cpu/cpuN/cpufreq/scaling_governor, for each CPU",
				     "CPU %d stays at its lowest frequency: its governor is powersave", cpu);
			return;
		}
	}
	if (cpus)
		doctor_ok(doctor, "governor %s", governor);
	else
		doctor_unknown(doctor, NULL, "this kernel does not set the frequency of the CPUs: the firmware does, or nothing");
}

/* Does the kernel, or the program that keeps the time, say that the time is right? */
static bool is_synchronised(const struct doctor *doctor)
{
	struct timex now = { 0 };

	if (doctor_exists(doctor, "/run/systemd/timesync/synchronized"))
		return true;
	return !*doctor->root && adjtimex(&now) != TIME_ERROR && !(now.status & STA_UNSYNC);
}

void doctor_look_at_clock(struct doctor *doctor)
{
	static const char *const keepers[] = {
		"systemd-timesyn", "chronyd", "ntpd", "openntpd", "phc2sys", "ptp4l", NULL
	};
	char keeper[DOCTOR_TEXT_BYTES];

	if (!doctor_process(doctor, keepers, keeper))
		doctor_wrong(doctor, "apt install systemd-timesyncd, or chrony, and name a time server that the robot reaches",
			     "no program keeps the time of day (timesyncd, chrony, ntpd, PTP): records have a time of their own");
	else if (is_synchronised(doctor))
		doctor_ok(doctor, "%s keeps the time of day, and it is synchronised", keeper);
	else if (*doctor->root)
		doctor_unknown(doctor, NULL, "%s runs; whether the time is synchronised only the running kernel says", keeper);
	else
		doctor_wrong(doctor, "timedatectl timesync-status, or chronyc sources: is the time server reached?",
			     "%s runs, but the time of day is not synchronised", keeper);
}
