// SPDX-License-Identifier: GPL-2.0-or-later
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

#define FILE_BYTES_MAX	65536
#define OTHERS		(S_IRWXG | S_IRWXO)

/* ---- the folder ---- */

static void find_folder(char path[PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	const struct passwd *user = NULL;

	/* Relative ones are to be ignored, says the specification of these variables. */
	if (state && state[0] == '/') {
		snprintf(path, PATH_MAX, "%s/oht", state);
		return;
	}
	if (!home || home[0] != '/')
		user = getpwuid(geteuid());
	if (user)
		home = user->pw_dir;
	snprintf(path, PATH_MAX, "%s/.local/state/oht", home && home[0] == '/' ? home : "");
}

/* The folders above it are made as well. */
static int make_folders(char path[PATH_MAX])
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, S_IRWXU) && errno != EEXIST) {
			*slash = '/';
			return -1;
		}
		*slash = '/';
	}
	return mkdir(path, S_IRWXU) && errno != EEXIST ? -1 : 0;
}

/* 0, or an exit code after a complaint. */
static int refuse_public(struct cli *cli, int fd, const char *path)
{
	struct stat status;

	if (fstat(fd, &status))
		return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
	if (status.st_uid != geteuid())
		return cli_fail(cli, CLI_FAILED, "%s: belongs to another user", path);
	if (status.st_mode & OTHERS)
		return cli_fail(cli, CLI_FAILED,
				"%s: others can read it, so its log-ins may be known to them; "
				"log out, then chmod %s it", path,
				S_ISDIR(status.st_mode) ? "0700" : "0600");
	return 0;
}

int keep_open(struct cli *cli)
{
	char path[PATH_MAX];
	int fd = -1;

	find_folder(path);
	if (!make_folders(path))
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (refuse_public(cli, fd, path)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- a file ---- */

static int read_all(struct cli *cli, int fd, const char *name, char **text)
{
	char *data = calloc(1, FILE_BYTES_MAX + 1);
	size_t used = 0;
	ssize_t n = 1;

	while (data && n > 0 && used < FILE_BYTES_MAX) {
		n = read(fd, data + used, FILE_BYTES_MAX - used);
		if (n > 0)
			used += (size_t)n;
	}
	if (data && !n) {
		*text = data;
		return 0;
	}
	free(data);
	return cli_fail(cli, CLI_FAILED, "%s: %s", name,
			n < 0 ? strerror(errno) : "cannot be read, or is too large");
}

int keep_read(struct cli *cli, int folder, const char *name, char **text)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int result;

	*text = NULL;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return cli_fail(cli, CLI_FAILED, "%s: %s", name, strerror(errno));
	result = refuse_public(cli, fd, name);
	if (!result)
		result = read_all(cli, fd, name, text);
	close(fd);
	return result;
}

int64_t keep_written_s(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) ? 0 : (int64_t)st.st_mtime;
}

static bool write_all(int fd, const char *text)
{
	size_t left = strlen(text);
	ssize_t n;

	for (; left; text += n, left -= (size_t)n) {
		n = write(fd, text, left);
		if (n < 0)
			return false;
	}
	return !fsync(fd);
}

int keep_write(struct cli *cli, int folder, const char *name, const char *text)
{
	char fresh[NAME_MAX + 1];
	bool done;
	int fd;

	/* One writer at a time: the lock is held. What a killed one has left is replaced. */
	snprintf(fresh, sizeof(fresh), ".%.200s.new", name);
	unlinkat(folder, fresh, 0);
	fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return cli_fail(cli, CLI_FAILED, "%s: %s", fresh, strerror(errno));
	done = write_all(fd, text);
	close(fd);
	if (!done || renameat(folder, fresh, folder, name) || fsync(folder)) {
		cli_fail(cli, CLI_FAILED, "%s: %s", name, strerror(errno));
		unlinkat(folder, fresh, 0);
		return CLI_FAILED;
	}
	return 0;
}

void keep_remove(int folder, const char *name)
{
	unlinkat(folder, name, 0);
	fsync(folder);
}

int keep_lock(struct cli *cli, int folder, const char *name)
{
	char lock[NAME_MAX + 1];
	int fd, r;

	snprintf(lock, sizeof(lock), "%.200s.lock", name);
	fd = openat(folder, lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
	do {
		r = fd < 0 ? -1 : flock(fd, LOCK_EX);
	} while (r && fd >= 0 && errno == EINTR && !cli_interrupted());
	if (!r)
		return fd;
	cli_fail(cli, CLI_FAILED, "%s: %s", lock, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
