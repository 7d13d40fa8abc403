// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/utf8.h"
#include "store/schema.h"
#include "store/swap.h"

#define PATH_BYTES	320
#define BLOCK_BYTES	16384
#define ROOM_BYTES	(UINT64_C(16) << 20)	/* for what the daemon itself writes meanwhile */

static const char sqlite_magic[16] = "SQLite format 3";

int ohtd_restore_room(const char *path, uint64_t bytes)
{
	struct statvfs st;

	if (statvfs(path, &st))
		return -errno;
	return (uint64_t)st.f_bavail * st.f_frsize < bytes + ROOM_BYTES ? -ENOSPC : 0;
}

static int refuse(struct ohtd_restore *restore, int error, const char *text)
{
	snprintf(restore->why, sizeof(restore->why), "%s", text);
	return error;
}

static int refuse_archive(struct ohtd_restore *restore, int error)
{
	switch (error) {
	case -EBADMSG:
		return refuse(restore, error, "it is damaged, cut, or no backup");
	case -ENOKEY:
		return refuse(restore, error, "it is encrypted: name its key in [backup] of ohtd.conf");
	case -EKEYREJECTED:
		return refuse(restore, error, "it was encrypted with another key, or changed since");
	case -EFBIG:
		return refuse(restore, error, "what it unpacks to is too large");
	default:
		return refuse(restore, error, strerror(-error));
	}
}

/* ---- a database itself ---- */

static bool is_database(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char head[sizeof(sqlite_magic)];
	bool is = fd >= 0 && read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
		  !memcmp(head, sqlite_magic, sizeof(head));

	if (fd >= 0)
		close(fd);
	return is;
}

static int copy_bytes(int from, int to, const struct ohtd_archive_work *work)
{
	char block[BLOCK_BYTES];
	uint64_t done = 0;
	ssize_t n;

	while ((n = read(from, block, sizeof(block))) > 0) {
		if (write(to, block, (size_t)n) != n)
			return errno ? -errno : -ENOSPC;
		done += (uint64_t)n;
		if (!work->goes_on(work->arg, done))
			return -ECANCELED;
	}
	return n ? -errno : 0;
}

static int copy_plain(struct ohtd_restore *restore, const char *to)
{
	int from = open(restore->file, O_RDONLY | O_CLOEXEC), fd, r;

	if (from < 0)
		return refuse(restore, -errno, strerror(errno));
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : copy_bytes(from, fd, &restore->work);
	close(from);
	if (fd >= 0)
		close(fd);
	return r ? refuse(restore, r, strerror(-r)) : 0;
}

/* ---- a backup ---- */

static int judge_manifest(struct ohtd_restore *restore, const char *text, const char *content)
{
	struct ohtd_manifest *manifest = &restore->manifest;
	uint64_t bytes;
	char digest[65];
	int r = ohtd_manifest_read(manifest, text);

	if (r)
		return refuse(restore, r, r == -ENOTSUP ? "its form is newer than this program" :
			      "its manifest makes no sense");
	if (*restore->robot_id && !restore->foreign && strcmp(restore->robot_id, manifest->robot_id)) {
		snprintf(restore->why, sizeof(restore->why), "it is of another robot, '%.64s' (%.8s...)",
			 manifest->robot_name, manifest->robot_id);
		return -EXDEV;
	}
	r = ohtd_archive_digest(content, &restore->work, digest, &bytes);
	if (r)
		return refuse(restore, r, strerror(-r));
	if (bytes != manifest->content_bytes || strcmp(digest, manifest->content_sha256))
		return refuse(restore, -EBADMSG, "its content is not what its manifest says");
	return 0;
}

static int unpack(struct ohtd_restore *restore, const char *to)
{
	char manifest[OHTD_ARCHIVE_MANIFEST_BYTES];
	int r = ohtd_archive_read(restore->file, to, manifest, OHTD_RESTORE_BYTES_MAX, &restore->work);

	return r ? refuse_archive(restore, r) : judge_manifest(restore, manifest, to);
}

/* ---- both ---- */

/* The room that is needed shows in the manifest, which may lie: unpacking ends at a full disk all the same. */
static int find_room(struct ohtd_restore *restore)
{
	char text[OHTD_ARCHIVE_MANIFEST_BYTES];
	struct ohtd_manifest manifest;
	uint64_t bytes;
	bool encrypted;
	int r = 0;

	if (!ohtd_archive_manifest(restore->file, text, &encrypted, &bytes) && !ohtd_manifest_read(&manifest, text))
		r = ohtd_restore_room(restore->state_dir, manifest.content_bytes);
	return r ? refuse(restore, r, "there is not enough room to unpack it") : 0;
}

/* Unpacked and checked, at @to. */
static int bring(struct ohtd_restore *restore, const char *to)
{
	int version = 0, r;

	unlink(to);
	r = find_room(restore);
	if (!r && restore->plain && is_database(restore->file))
		r = copy_plain(restore, to);
	else if (!r)
		r = unpack(restore, to);
	if (!r)
		r = ohtd_db_carry_check(&ohtd_small_schema, to, &version, restore->why, sizeof(restore->why));
	restore->manifest.schema = version ? version : restore->manifest.schema;
	return r;
}

static void name_files(const struct ohtd_restore *restore, char *database, char *work)
{
	snprintf(database, PATH_BYTES, "%s/oht.db", restore->state_dir);
	snprintf(work, PATH_BYTES, "%s/oht.db.unpacked", restore->state_dir);
}

/* What SQLite leaves beside a file of which a copy was made while it was in use. */
static void drop_work(const char *work)
{
	char name[PATH_BYTES + 16];

	snprintf(name, sizeof(name), "%s-wal", work);
	unlink(name);
	snprintf(name, sizeof(name), "%s-shm", work);
	unlink(name);
	unlink(work);
}

int ohtd_restore_check(struct ohtd_restore *restore)
{
	char database[PATH_BYTES], work[PATH_BYTES];
	int r;

	name_files(restore, database, work);
	r = bring(restore, work);
	drop_work(work);
	return r;
}

static int carry_in(const struct ohtd_restore *restore, const char *work)
{
	const char *slash = strrchr(restore->file, '/');
	const char *name = slash ? slash + 1 : restore->file;
	struct ohtd_carry_order order = { .made_ns = restore->manifest.made_ns };

	snprintf(order.by, sizeof(order.by), "%s", restore->by);
	snprintf(order.file, sizeof(order.file), "%.*s", oht_utf8_cut(name, sizeof(order.file) - 1), name);
	return ohtd_db_carry_in(work, &order);
}

int ohtd_restore_prepare(struct ohtd_restore *restore, bool (*commits)(void *arg))
{
	char database[PATH_BYTES], work[PATH_BYTES];
	int r;

	name_files(restore, database, work);
	if (ohtd_db_swap_waits(database))
		return refuse(restore, -EBUSY, "another one waits for the next start");
	r = bring(restore, work);
	if (!r) {
		r = carry_in(restore, work);
		if (r)
			refuse(restore, r, strerror(-r));
	}
	if (!r && !commits(restore->work.arg))
		r = -ECANCELED;
	if (!r) {
		r = ohtd_db_swap_arm(database, work);
		if (r)
			refuse(restore, r, strerror(-r));
	}
	drop_work(work);
	return r;
}
