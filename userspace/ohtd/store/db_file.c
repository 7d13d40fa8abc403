// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/db_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Of an SQLite file. */
#define HEADER_BYTES	100
#define HEADER_ID_AT	68

#define OTHER		".other-"

#define IS_LINK		"is a link, which is not followed: make the whole state folder a link, or mount the disk there"

static const char magic[16] = "SQLite format 3";

static void folder_of(char *folder, const char *path)
{
	char copy[OHTD_DB_PATH_BYTES];

	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(folder, OHTD_DB_PATH_BYTES, "%s", dirname(copy));
}

static int sync_fd(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = fsync(fd) ? -errno : 0;
	close(fd);
	return r;
}

int ohtd_db_file_sync_folder(const char *path)
{
	char folder[OHTD_DB_PATH_BYTES];

	folder_of(folder, path);
	return sync_fd(folder, O_RDONLY | O_DIRECTORY);
}

int ohtd_db_file_sync(const char *path)
{
	int r = sync_fd(path, O_RDWR);

	return r ? r : ohtd_db_file_sync_folder(path);
}

int ohtd_db_file_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return ohtd_db_file_sync_folder(path);
}

/* ---- what it is ---- */

/* @error becomes errno: EINVAL for a file that is not ours. */
static int refuse(char *why, size_t size, const char *path, int error, const char *text)
{
	snprintf(why, size, "%s: %s", path, text ? text : strerror(error));
	errno = error;
	return -1;
}

/* As a power cut leaves a file, all or the rest of it: damaged, and no other program's. */
static bool is_cut(const unsigned char *header, ssize_t n)
{
	ssize_t i = 0;

	while (i < n && !header[i])
		i++;
	return i == n || (n < HEADER_BYTES && !memcmp(header, magic, (size_t)(n < 16 ? n : 16)));
}

/*
 * Of another program only if it says so here: one of ours may have all it has in the log still, and
 * then SQLite is asked.
 */
static int check_header(int fd, uint32_t application_id, const char *path, char *why, size_t size)
{
	unsigned char header[HEADER_BYTES];
	ssize_t n = pread(fd, header, sizeof(header), 0);
	const unsigned char *id = header + HEADER_ID_AT;
	uint32_t number;

	if (n < 0)
		return refuse(why, size, path, errno, NULL);
	if (!application_id || is_cut(header, n))
		return 0;
	if (n < HEADER_BYTES || memcmp(header, magic, sizeof(magic)))
		return refuse(why, size, path, EINVAL,
			      "file is not a database; move it away, then start again");
	number = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
	if (!number || number == application_id)
		return 0;
	snprintf(why, size, "%s: database of another program (application id 0x%08x)", path, number);
	errno = EINVAL;
	return -1;
}

static int check_open(int fd, uint32_t application_id, const char *path, char *why, size_t size)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse(why, size, path, errno, NULL);
	if (!S_ISREG(st.st_mode))
		return refuse(why, size, path, EINVAL, "not a regular file");
	if (st.st_mode & 077) {
		snprintf(why, size, "%s: mode %04o lets others in, must be 0600", path,
			 (unsigned int)st.st_mode & 07777);
		errno = EINVAL;
		return -1;
	}
	return check_header(fd, application_id, path, why, size);
}

/* SQLite says of one that it cannot use no more than that of the database. */
static int check_beside(const char *path, const char *ending, char *why, size_t size)
{
	char name[OHTD_DB_PATH_BYTES + 8];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, ending);
	if (lstat(name, &st))
		return errno == ENOENT ? 0 : refuse(why, size, name, errno, NULL);
	if (!S_ISREG(st.st_mode))
		return refuse(why, size, name, EINVAL, "not a regular file; move it away, then start again");
	if (faccessat(AT_FDCWD, name, R_OK | W_OK, AT_EACCESS) && errno != EROFS)
		return refuse(why, size, name, errno, "cannot be read and written; give it the owner of the database and mode 0600");
	return 0;
}

int ohtd_db_file_check(const char *path, uint32_t application_id, bool create, char *why,
		       size_t size)
{
	static const char *const beside[] = { "-wal", "-shm", "-journal" };
	char folder[OHTD_DB_PATH_BYTES];
	int fd, r;

	if (strlen(path) + 32 > OHTD_DB_PATH_BYTES)
		return refuse(why, size, path, EINVAL, "the name is too long");
	folder_of(folder, path);
	/* Journals are made in it. */
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) && errno != EROFS) {
		int error = errno;

		snprintf(why, size, "%s: cannot be written: %s", folder, strerror(error));
		errno = error;
		return -1;
	}
	r = create ? ohtd_db_file_make(path) : 0;
	if (r && r != -EEXIST)
		return refuse(why, size, path, -r, NULL);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	/* What there is can be read, and the robot be stopped. */
	if (fd < 0 && errno == EROFS)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return refuse(why, size, path, errno, errno == ELOOP ? IS_LINK : NULL);
	r = check_open(fd, application_id, path, why, size);
	close(fd);
	for (size_t i = 0; !r && i < sizeof(beside) / sizeof(beside[0]); i++)
		r = check_beside(path, beside[i], why, size);
	return r;
}

/* A log that has no more than this has no page. */
#define LOG_HEADER_BYTES	32
#define PAGE_BYTES		4096

static bool has_pages_in_log(const char *path)
{
	char log[OHTD_DB_PATH_BYTES + 8];
	struct stat st;

	snprintf(log, sizeof(log), "%s-wal", path);
	return !lstat(log, &st) && S_ISREG(st.st_mode) && st.st_size > LOG_HEADER_BYTES;
}

bool ohtd_db_file_is_in_log(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	unsigned char header[HEADER_BYTES];
	ssize_t n = fd < 0 ? 0 : pread(fd, header, sizeof(header), 0);
	bool is_none = fd < 0 ? errno == ENOENT : n >= 0 && is_cut(header, n);

	if (fd >= 0)
		close(fd);
	return is_none && has_pages_in_log(path);
}

static int write_page(const char *path)
{
	static const unsigned char zeros[PAGE_BYTES];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), r;

	if (fd < 0)
		return -errno;
	r = pwrite(fd, zeros, sizeof(zeros), 0) == sizeof(zeros) ? 0 : errno ? -errno : -ENOSPC;
	close(fd);
	return r ? r : ohtd_db_file_sync(path);
}

int ohtd_db_file_wake_log(const char *path)
{
	/* The mark first: whatever the log gives, all of it has to be read before it is believed. */
	int r = ohtd_db_file_set_suspect(path);
	struct stat st;

	if (!r && (lstat(path, &st) || !st.st_size))
		r = write_page(path);
	return r;
}

int ohtd_db_file_read_through(const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char block[16384];
	ssize_t n = -1;

	if (fd >= 0)
		while ((n = read(fd, block, sizeof(block))) > 0)
			;
	if (n)
		refuse(why, size, path, errno, NULL);
	if (fd >= 0)
		close(fd);
	return n ? -1 : 0;
}

/* ---- what is put beside it ---- */

static int move(const char *from, const char *to)
{
	return rename(from, to) && errno != ENOENT ? -errno : 0;
}

static int put_aside(const char *path, const char *ending, long long now_s, char *name, size_t size)
{
	char from[OHTD_DB_PATH_BYTES + 8], to[OHTD_DB_PATH_BYTES + 8];
	int r = ohtd_file_name_aside(name, size, path, ending, now_s);

	if (r)
		return r;
	/* The log first: without its file nobody would take it for that of the next one. */
	snprintf(from, sizeof(from), "%s-wal", path);
	snprintf(to, sizeof(to), "%s-wal", name);
	r = move(from, to);
	if (!r)
		r = move(path, name);
	snprintf(from, sizeof(from), "%s-shm", path);
	unlink(from);
	return r ? r : ohtd_db_file_sync_folder(path);
}

int ohtd_db_file_set_aside(const char *path, long long now_s, char *name, size_t size)
{
	return put_aside(path, OHTD_FILE_DAMAGED, now_s, name, size);
}

int ohtd_store_file_give_way(const char *path, long long now_s, char *name, size_t size)
{
	return put_aside(path, OTHER, now_s, name, size);
}

uint32_t ohtd_store_file_owner(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	unsigned char header[HEADER_BYTES] = { 0 };
	bool whole = fd >= 0 && pread(fd, header, sizeof(header), 0) == (ssize_t)sizeof(header) && !memcmp(header, magic, sizeof(magic));
	const unsigned char *at = header + OHTD_DB_OWNER_AT;

	if (fd >= 0)
		close(fd);
	return whole ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3] : 0;
}

static void name_mark(char *name, const char *path)
{
	snprintf(name, OHTD_DB_PATH_BYTES, "%s.suspect", path);
}

bool ohtd_db_file_is_suspect(const char *path)
{
	char mark[OHTD_DB_PATH_BYTES];

	name_mark(mark, path);
	return !access(mark, F_OK);
}

int ohtd_db_file_set_suspect(const char *path)
{
	char mark[OHTD_DB_PATH_BYTES];
	int r;

	name_mark(mark, path);
	r = ohtd_db_file_make(mark);
	return r == -EEXIST ? 0 : r;
}

int ohtd_db_file_clear_suspect(const char *path)
{
	char mark[OHTD_DB_PATH_BYTES];

	name_mark(mark, path);
	if (unlink(mark))
		return errno == ENOENT ? 0 : -errno;
	return ohtd_db_file_sync_folder(path);
}

/* Of whatever file of the state folder. The log of a database that was set aside is a part of it. */
static bool is_aside(const char *name, const char *ending)
{
	const char *end = strrchr(name, '-');

	return strstr(name, ending) && strcmp(end, "-wal") && strcmp(end, "-shm");
}

/* Of those whose names begin with @prefix. */
static unsigned int count_aside(const char *path, const char *prefix, const char *ending)
{
	char folder[OHTD_DB_PATH_BYTES];
	unsigned int count = 0;
	struct dirent *entry;
	DIR *dir;

	folder_of(folder, path);
	dir = opendir(folder);
	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		count += is_aside(entry->d_name, ending) &&
			 !strncmp(entry->d_name, prefix, strlen(prefix));
	closedir(dir);
	return count;
}

unsigned int ohtd_db_file_count_damaged(const char *path)
{
	return count_aside(path, "", OHTD_FILE_DAMAGED);
}

static unsigned int count_own_aside(const char *path, const char *ending)
{
	char copy[OHTD_DB_PATH_BYTES];

	snprintf(copy, sizeof(copy), "%s", path);
	return count_aside(path, basename(copy), ending);
}

bool ohtd_db_file_was_set_aside(const char *path)
{
	return count_own_aside(path, OHTD_FILE_DAMAGED) > 0;
}

unsigned int ohtd_store_file_count_others(const char *path)
{
	return count_own_aside(path, OTHER);
}
