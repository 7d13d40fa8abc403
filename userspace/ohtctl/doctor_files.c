// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of the machine that is looked at: reading them, processes, accounts. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

static void __attribute__((format(printf, 3, 0)))
put_path(const struct doctor *doctor, char path[PATH_MAX], const char *format, va_list list)
{
	int used = snprintf(path, PATH_MAX, "%s", doctor->root);

	if (used < 0 || used >= PATH_MAX)
		used = 0;
	vsnprintf(path + used, PATH_MAX - (size_t)used, format, list);
}

void doctor_path(const struct doctor *doctor, char path[PATH_MAX], const char *format, ...)
{
	va_list list;

	va_start(list, format);
	put_path(doctor, path, format, list);
	va_end(list);
}

static int read_text(const char *path, char text[DOCTOR_TEXT_BYTES])
{
	FILE *file = fopen(path, "re");
	size_t used;
	int result;

	*text = '\0';
	if (!file)
		return -errno;
	errno = 0;
	used = fread(text, 1, DOCTOR_TEXT_BYTES - 1, file);
	result = ferror(file) ? -(errno ? errno : EIO) : 0;
	fclose(file);
	text[used] = '\0';
	for (size_t i = 0; i < used; i++)
		if (!text[i])
			text[i] = ' ';
	while (used && isspace((unsigned char)text[used - 1]))
		text[--used] = '\0';
	return result;
}

int doctor_read(const struct doctor *doctor, char text[DOCTOR_TEXT_BYTES], const char *format, ...)
{
	char path[PATH_MAX];
	va_list list;

	va_start(list, format);
	put_path(doctor, path, format, list);
	va_end(list);
	return read_text(path, text);
}

int doctor_number(const struct doctor *doctor, uint64_t *number, const char *format, ...)
{
	char path[PATH_MAX], text[DOCTOR_TEXT_BYTES], *end;
	va_list list;
	int result;

	va_start(list, format);
	put_path(doctor, path, format, list);
	va_end(list);
	result = read_text(path, text);
	if (result)
		return result;
	*number = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end ? 0 : -EIO;
}

bool doctor_exists(const struct doctor *doctor, const char *format, ...)
{
	char path[PATH_MAX];
	va_list list;

	va_start(list, format);
	put_path(doctor, path, format, list);
	va_end(list);
	return !access(path, F_OK);
}

static bool is_one_of(const char *word, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(word, *names))
			return true;
	return false;
}

int doctor_process(const struct doctor *doctor, const char *const *names, char command[DOCTOR_TEXT_BYTES])
{
	char path[PATH_MAX];
	struct dirent *entry;
	int found = 0;
	DIR *folder;

	doctor_path(doctor, path, "/proc");
	folder = opendir(path);
	while (folder && !found && (entry = readdir(folder)))
		if (isdigit((unsigned char)*entry->d_name) && !doctor_read(doctor, command, "/proc/%s/comm", entry->d_name) &&
		    is_one_of(command, names))
			found = atoi(entry->d_name);
	if (folder)
		closedir(folder);
	return found;
}

int64_t doctor_account(const struct doctor *doctor, const char *file, const char *name)
{
	char path[PATH_MAX], line[DOCTOR_TEXT_BYTES];
	size_t length = strlen(name);
	int64_t number = -1;
	FILE *from;

	doctor_path(doctor, path, "/etc/%s", file);
	from = fopen(path, "re");
	while (from && number < 0 && fgets(line, sizeof(line), from)) {
		const char *second = !strncmp(line, name, length) && line[length] == ':' ? strchr(line + length + 1, ':') : NULL;

		if (second && isdigit((unsigned char)second[1]))
			number = strtoll(second + 1, NULL, 10);
	}
	if (from)
		fclose(from);
	return number;
}
