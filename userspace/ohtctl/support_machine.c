// SPDX-License-Identifier: GPL-2.0-or-later
/* What the computer and the kernel say, for a support pack: files below /etc, /proc and /sys, the kernel's log, the journal. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>

#include "cli.h"
#include "show.h"
#include "support.h"

#define FILE_BYTES	(256 * 1024)
/* As syslog(2) numbers them. */
#define KLOG_READ_ALL	3
#define KLOG_SIZE	10
#define PRIORITIES	8
#define JOURNAL		"journalctl --unit=ohtd --lines=2000 --output=json --no-pager 2>/dev/null"

static const struct {
	const char *path, *name;
} files[] = {
	{ "/etc/os-release", "machine/os-release" },
	{ "/proc/version", "machine/version" },
	{ "/proc/device-tree/model", "machine/model" },
	{ "/proc/cpuinfo", "machine/cpuinfo" },
	{ "/proc/meminfo", "machine/meminfo" },
	{ "/proc/interrupts", "machine/interrupts" },
	{ "/proc/uptime", "machine/uptime" },
	{ "/proc/loadavg", "machine/loadavg" },
	{ "/sys/module/oht/srcversion", "machine/oht-srcversion" },
};

#define FILES	(sizeof(files) / sizeof(files[0]))

/* Its beginning, with a NUL behind it; to be freed. NULL with errno. */
static char *read_file(const struct support *support, const char *name, size_t *count)
{
	char path[PATH_MAX], *text = calloc(1, FILE_BYTES + 1);
	FILE *file;

	doctor_path(&support->doctor, path, "%s", name);
	file = text ? fopen(path, "re") : NULL;
	errno = file ? 0 : errno;
	*count = file ? fread(text, 1, FILE_BYTES, file) : 0;
	if (file && !ferror(file)) {
		fclose(file);
		return text;
	}
	if (file)
		fclose(file);
	free(text);
	return NULL;
}

/* A board says in there which one of its kind it is. */
static void drop_serial(char *text, size_t *count)
{
	char *line = strstr(text, "\nSerial"), *end = line ? strchr(line + 1, '\n') : NULL;

	if (!end)
		return;
	memmove(line, end, strlen(end) + 1);
	*count = strlen(text);
}

static void pack_files(struct support *support)
{
	size_t count;
	char *text;

	for (size_t i = 0; i < FILES; i++) {
		text = read_file(support, files[i].path, &count);
		if (!text) {
			support_miss(support, files[i].name, "%s: %s", files[i].path, strerror(errno));
			continue;
		}
		drop_serial(text, &count);
		support_put(support, files[i].name, text, count);
		free(text);
	}
}

static void pack_settings(struct support *support)
{
	size_t count;
	char *text = read_file(support, "/etc/oht/ohtd.conf", &count), *kept;

	if (!text) {
		support_miss(support, "ohtd.conf", "/etc/oht/ohtd.conf: %s", strerror(errno));
		return;
	}
	kept = support_redact_settings(support, text);
	if (kept)
		support_put(support, "ohtd.conf", kept, strlen(kept));
	support->failed |= !kept;
	free(kept);
	free(text);
}

/* Each file of a folder in sysfs, a line each. Returns how many there were. */
static unsigned int put_folder(struct support *support, FILE *to, const char *folder)
{
	char path[PATH_MAX], text[DOCTOR_TEXT_BYTES];
	struct dirent **entries;
	unsigned int found = 0;
	struct stat st;
	int count;

	doctor_path(&support->doctor, path, "%s", folder);
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		doctor_path(&support->doctor, path, "%s/%s", folder, name);
		if (!lstat(path, &st) && S_ISREG(st.st_mode) && strcmp(name, "uevent") && !doctor_read(&support->doctor, text, "%s/%s", folder, name)) {
			fprintf(to, "%s/%s: %s\n", folder, name, text);
			found++;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return found;
}

static void pack_driver(struct support *support)
{
	static const char *const folders[] = { "", "/estop", "/statistics", "/conformance" };
	const char *slash = strrchr(support->cli->device, '/'), *device = slash ? slash + 1 : support->cli->device;
	char folder[PATH_MAX], *text = NULL;
	unsigned int found = 0;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	for (size_t i = 0; to && i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(folder, sizeof(folder), "/sys/class/oht/%s%s", device, folders[i]);
		found += put_folder(support, to, folder);
	}
	if (!to || fclose(to))
		support->failed = true;
	else if (found)
		support_put(support, "driver.txt", text, size);
	else
		support_miss(support, "driver.txt", "the kernel module is not loaded, or has no device %s", device);
	free(text);
}

/* ---- logs ---- */

/* Lines of the kernel that name the module. */
static void put_kernel_lines(struct support *support, char *log)
{
	char *kept = NULL, *line;
	size_t size;
	FILE *to = open_memstream(&kept, &size);

	while (to && (line = strsep(&log, "\n")))
		if (strstr(line, "oht"))
			fprintf(to, "%s\n", line);
	if (!to || fclose(to))
		support->failed = true;
	else
		support_put(support, "kernel.log", kept, size);
	free(kept);
}

static void pack_kernel_log(struct support *support)
{
	int bytes = klogctl(KLOG_SIZE, NULL, 0), count = -1;
	char *log = bytes > 0 ? calloc(1, (size_t)bytes + 1) : NULL;

	if (log)
		count = klogctl(KLOG_READ_ALL, log, bytes);
	if (count >= 0)
		put_kernel_lines(support, log);
	else
		support_miss(support, "kernel.log", "the kernel's log cannot be read: %s", strerror(errno));
	free(log);
}

/* A line of journalctl as one of GET logs; NULL: it is none of ohtd's own. To be released. */
static struct json_object *as_log_line(struct json_object *entry)
{
	static const char *const levels[PRIORITIES] = { "error", "error", "error", "error", "warning", "notice", "info", "debug" };
	int64_t us = json_object_get_int64(json_object_object_get(entry, "__REALTIME_TIMESTAMP"));
	int64_t priority = json_object_get_int64(json_object_object_get(entry, "PRIORITY"));
	const char *room = json_object_get_string(json_object_object_get(entry, "OHT_ROOM"));
	const char *code = json_object_get_string(json_object_object_get(entry, "OHT_CODE"));
	time_t seconds = (time_t)(us / 1000000);
	struct json_object *line;
	char text[32];
	struct tm tm;

	if (!room || !code || !gmtime_r(&seconds, &tm))
		return NULL;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	line = json_object_new_object();
	show_add_text(line, "time", text);
	show_add_text(line, "level", levels[priority >= 0 && priority < PRIORITIES ? priority : 6]);
	show_add_text(line, "room", room);
	show_add_text(line, "code", code);
	json_object_object_add(line, "text", json_object_get(json_object_object_get(entry, "MESSAGE")));
	return line;
}

static unsigned int put_journal(struct support *support, FILE *from, FILE *to)
{
	struct json_object *entry, *line, *kept;
	unsigned int count = 0;
	char *text = NULL;
	size_t room = 0;

	while (getline(&text, &room, from) > 0) {
		entry = json_tokener_parse(text);
		line = json_object_is_type(entry, json_type_object) ? as_log_line(entry) : NULL;
		kept = line ? support_redact_line(support, line) : NULL;
		if (kept)
			count += fprintf(to, "%s\n", json_object_to_json_string_ext(kept, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) > 0;
		json_object_put(kept);
		json_object_put(line);
		json_object_put(entry);
	}
	free(text);
	return count;
}

static void pack_journal(struct support *support)
{
	FILE *from, *to;
	char *kept = NULL;
	unsigned int count = 0;
	size_t size;

	if (*support->doctor.root) {
		support_miss(support, "journal.ndjson", "the journal below --root is not read");
		return;
	}
	from = popen(JOURNAL, "re");
	to = open_memstream(&kept, &size);
	if (from && to)
		count = put_journal(support, from, to);
	if (from)
		pclose(from);
	if (!to || fclose(to))
		support->failed = true;
	else if (count)
		support_put(support, "journal.ndjson", kept, size);
	else
		support_miss(support, "journal.ndjson", "journalctl shows no line of ohtd: there is none, or it wants root or the group systemd-journal");
	free(kept);
}

void support_pack_machine(struct support *support)
{
	pack_files(support);
	pack_settings(support);
	pack_driver(support);
	if (*support->doctor.root)
		support_miss(support, "kernel.log", "the kernel's log is that of this computer, not of the one below --root");
	else
		pack_kernel_log(support);
	pack_journal(support);
}
