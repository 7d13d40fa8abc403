// SPDX-License-Identifier: GPL-2.0-or-later
#include "save.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "common/number.h"

#define MODE	(S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)
#define OPEN	(O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY)
#define LINKS_MAX	40

/* ---- what is open already ---- */

/* Splits a path into its folder, without links, and the name in it. False: there is no such folder. */
static bool split(const char *path, char folder[PATH_MAX], char name[PATH_MAX])
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(name, PATH_MAX, "%s", basename(copy));
	snprintf(copy, sizeof(copy), "%s", path);
	return realpath(dirname(copy), folder);
}

/* @path becomes what it leads to at once. False: it is no link. */
static bool follow(char path[PATH_MAX], const char *folder)
{
	char to[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof(to) - 1);

	if (n < 0)
		return false;
	to[n] = 0;
	return snprintf(path, PATH_MAX, "%s%s%s", *to == '/' ? "" : folder, *to == '/' ? "" : "/", to) < PATH_MAX;
}

/*
 * A descriptor of its own for what @path stands for, as /dev/stdout does: what this program has open already. -1: it stands for none.
 * Opened by the name, a file that the shell has opened to append to would be written from its beginning, or replaced.
 */
static int join(const char *path)
{
	char at[PATH_MAX], folder[PATH_MAX], name[PATH_MAX], open_files[PATH_MAX];
	int64_t fd;

	if (!realpath("/proc/self/fd", open_files))
		return -1;
	snprintf(at, sizeof(at), "%s", path);
	for (int links = 0; links < LINKS_MAX && split(at, folder, name); links++) {
		if (!strcmp(folder, open_files)) {
			fflush(stdout);
			return oht_number_parse(name, 0, INT_MAX, &fd) ? -1 : fcntl((int)fd, F_DUPFD_CLOEXEC, 0);
		}
		if (!follow(at, folder))
			break;
	}
	return -1;
}

/* ---- a text ---- */

/* Closes @fd. False with errno. */
static bool put(int fd, const char *text, bool is_file)
{
	FILE *file = fdopen(fd, "w");
	int error = 0;

	if (!file) {
		close(fd);
		return false;
	}
	if (fprintf(file, "%s\n", text) < 0 || fflush(file) || (is_file && fsync(fd)))
		error = errno;
	if (fclose(file) && !error)
		error = errno;
	errno = error;
	return !error;
}

/* The owner stays only if the caller may give files away. */
static bool has_same_access(int fd, const struct stat *was)
{
	return (!fchown(fd, was->st_uid, was->st_gid) || errno == EPERM) && !fchmod(fd, was->st_mode & ACCESSPERMS);
}

/* @path: of a file, without links. False with errno. */
static bool replace(const char *path, const struct stat *was, const char *text)
{
	char fresh[PATH_MAX + 8];
	bool done;
	int fd, error;

	snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path);
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return false;
	done = has_same_access(fd, was);
	if (!done)
		close(fd);
	done = done && put(fd, text, true) && !rename(fresh, path);
	if (done)
		return true;
	error = errno;
	unlink(fresh);
	errno = error;
	return false;
}

/* False with errno, and without a file that has been @made for this. */
static bool replace_named(const char *name, const struct stat *was, bool made, const char *text)
{
	char path[PATH_MAX];
	int error;

	if (!realpath(name, path))
		return false;
	if (replace(path, was, text))
		return true;
	error = errno;
	if (made)
		unlink(path);
	errno = error;
	return false;
}

int save_text(struct cli *cli, const char *name, const char *text)
{
	bool made = access(name, F_OK) && errno == ENOENT, done;
	int joined = join(name), fd = joined < 0 ? open(name, OPEN, MODE) : joined;
	struct stat was;

	if (fd < 0 || fstat(fd, &was)) {
		cli_fail(cli, CLI_FAILED, "%s: %s", name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return CLI_FAILED;
	}
	if (joined < 0 && S_ISREG(was.st_mode)) {
		close(fd);
		done = replace_named(name, &was, made, text);
	} else {
		done = put(fd, text, false);
	}
	return done ? CLI_DONE : cli_fail(cli, CLI_FAILED, "%s: %s", name, strerror(errno));
}

FILE *save_new(const char *name)
{
	int joined = join(name), fd = joined < 0 ? open(name, OPEN | O_EXCL, MODE) : joined;
	struct stat there;
	FILE *file;

	/* A link to a place without a file is followed too. */
	if (fd < 0 && errno == EEXIST && (stat(name, &there) || !S_ISREG(there.st_mode)))
		fd = open(name, OPEN, MODE);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file && fd >= 0)
		close(fd);
	return file;
}
