// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "common/utf8.h"
#include "store/db_file.h"
#include "store/schema.h"
#include "store/swap.h"

#define PATH_BYTES	320
#define BLOCK_BYTES	16384

/**
 * struct files - a database on its way back
 * @schema: which kind
 * @path: where it goes to
 * @work: unpacked, and not checked yet
 */
struct files {
	const struct ohtd_schema *schema;
	char path[PATH_BYTES], work[PATH_BYTES];
};

const struct ohtd_backup_database ohtd_backup_databases[OHTD_ARCHIVE_PARTS] = {
	{ &ohtd_small_schema, "oht.db", "content.new" },
	{ &ohtd_history_schema, "history.db", "history.new" },
};

static const char sqlite_magic[16] = "SQLite format 3";

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

/* One of the history says that the rest can be had without. */
static int refuse_part(struct ohtd_restore *restore, size_t part, int error)
{
	char why[sizeof(restore->why)];

	if (!error || !part || error == -ECANCELED || ohtd_file_has_no_room(error))
		return error;
	snprintf(why, sizeof(why), "%s", restore->why);
	snprintf(restore->why, sizeof(restore->why), "its history: %.100s; it can be restored without", why);
	return error;
}

static int judge_robot(struct ohtd_restore *restore, const char *text)
{
	struct ohtd_manifest *manifest = &restore->manifest;
	int r = ohtd_manifest_read(manifest, text);

	if (r)
		return refuse(restore, r, r == -ENOTSUP ? "its form is newer than this program" :
			      "its manifest makes no sense");
	if (*restore->robot_id && !restore->foreign && strcmp(restore->robot_id, manifest->robot_id)) {
		snprintf(restore->why, sizeof(restore->why), "it is of another robot, '%.64s' (%.8s...)",
			 manifest->robot_name, manifest->robot_id);
		return -EXDEV;
	}
	return 0;
}

static int judge_content(struct ohtd_restore *restore, const char *path, uint64_t bytes_there, const char *sha256)
{
	uint64_t bytes;
	char digest[65];
	int r = ohtd_archive_digest(path, &restore->work, digest, &bytes);

	if (r)
		return refuse(restore, r, strerror(-r));
	if (bytes != bytes_there || strcmp(digest, sha256))
		return refuse(restore, -EBADMSG, "its content is not what its manifest says");
	return 0;
}

static int judge_manifest(struct ohtd_restore *restore, const char *text, const struct files files[OHTD_ARCHIVE_PARTS])
{
	const struct ohtd_manifest *manifest = &restore->manifest;
	int r = judge_robot(restore, text);

	if (!r)
		r = judge_content(restore, files[0].work, manifest->content_bytes, manifest->content_sha256);
	if (r || !restore->history)
		return r;
	return refuse_part(restore, 1, judge_content(restore, files[1].work, manifest->history.bytes, manifest->history.sha256));
}

static int unpack(struct ohtd_restore *restore, const struct files files[OHTD_ARCHIVE_PARTS])
{
	const struct ohtd_manifest_history *history = &restore->manifest.history;
	struct ohtd_archive_content content = {
		.parts = { { .path = files[0].work, .bytes_max = OHTD_RESTORE_BYTES_MAX },
			   { .path = files[1].work, .bytes_max = history->bytes } },
		.count = restore->history ? 2 : 1, .rest = history->bytes && !restore->history,
	};
	char manifest[OHTD_ARCHIVE_MANIFEST_BYTES];
	int r = ohtd_archive_read(restore->file, &content, manifest, &restore->work);

	return r ? refuse_part(restore, content.reached, refuse_archive(restore, r)) : judge_manifest(restore, manifest, files);
}

/* ---- both ---- */

/*
 * The manifest lists the parts and their bytes. It may lie: unpacking ends at a full disk all the same. A manifest that cannot be
 * read at all is refused by the unpacking.
 */
static int look(struct ohtd_restore *restore)
{
	struct ohtd_manifest *manifest = &restore->manifest;
	char text[OHTD_ARCHIVE_MANIFEST_BYTES];
	uint64_t bytes;
	bool encrypted;
	int r = ohtd_archive_manifest(restore->file, text, &encrypted, &bytes);

	if (!r)
		r = ohtd_manifest_read(manifest, text);
	if (r == -ENOTSUP)
		return judge_robot(restore, text);
	if (r) {
		*manifest = (struct ohtd_manifest){ .schema = 0 };
		return 0;
	}
	restore->in_clear = restore->work.key && !encrypted;
	if (restore->in_clear && !restore->not_encrypted)
		return refuse(restore, -EKEYREJECTED, "it is not encrypted, so nothing says that a robot with this key made it: not_encrypted restores it all the same");
	restore->history = manifest->history.bytes && !restore->without_history;
	r = ohtd_file_room(restore->state_dir, manifest->content_bytes + (restore->history ? manifest->history.bytes : 0));
	return r ? refuse(restore, r, "there is not enough room to unpack it") : 0;
}

/* Unpacked and checked. */
static int bring(struct ohtd_restore *restore, const struct files files[OHTD_ARCHIVE_PARTS])
{
	int version = 0, r;

	unlink(files[0].work);
	unlink(files[1].work);
	r = look(restore);
	if (!r && restore->plain && is_database(restore->file))
		r = copy_plain(restore, files[0].work);
	else if (!r)
		r = unpack(restore, files);
	for (size_t i = 0; !r && i < (restore->history ? 2 : 1); i++) {
		r = ohtd_db_carry_check(files[i].schema, files[i].work, &version, restore->why, sizeof(restore->why));
		if (!i)
			restore->manifest.schema = version ? version : restore->manifest.schema;
		r = refuse_part(restore, r ? i : 0, r);
	}
	return r;
}

static void name_files(const char *state_dir, struct files files[OHTD_ARCHIVE_PARTS])
{
	for (size_t i = 0; i < OHTD_ARCHIVE_PARTS; i++) {
		const struct ohtd_backup_database *database = &ohtd_backup_databases[i];

		files[i].schema = database->schema;
		snprintf(files[i].path, PATH_BYTES, "%s/%s", state_dir, database->file);
		snprintf(files[i].work, PATH_BYTES, "%s/%s.unpacked", state_dir, database->file);
	}
}

/* What SQLite leaves beside a file of which a copy was made while it was in use. */
static void drop_work(const struct files files[OHTD_ARCHIVE_PARTS])
{
	static const char *const endings[] = { "-wal", "-shm", "-journal", "" };
	char name[PATH_BYTES + 16];

	for (size_t i = 0; i < OHTD_ARCHIVE_PARTS * 4; i++) {
		snprintf(name, sizeof(name), "%s%s", files[i / 4].work, endings[i % 4]);
		unlink(name);
	}
}

int ohtd_restore_check(struct ohtd_restore *restore)
{
	struct files files[OHTD_ARCHIVE_PARTS];
	int r;

	name_files(restore->state_dir, files);
	r = bring(restore, files);
	drop_work(files);
	return r;
}

static int carry_in(const struct ohtd_restore *restore, const char *work)
{
	const char *slash = strrchr(restore->file, '/');
	const char *name = slash ? slash + 1 : restore->file;
	struct ohtd_carry_order order = { .made_ns = restore->manifest.made_ns, .history = restore->history };

	snprintf(order.by, sizeof(order.by), "%s", restore->by);
	snprintf(order.file, sizeof(order.file), "%.*s", oht_utf8_cut(name, sizeof(order.file) - 1), name);
	return ohtd_db_carry_in(work, &order);
}

/* The database last: with its name the start has its order. The history may be another robot's: a person has said that it is to be this one's. */
static int arm(const struct ohtd_restore *restore, const struct files files[OHTD_ARCHIVE_PARTS])
{
	int r = restore->history ? ohtd_store_disown(files[1].work) : 0;

	if (!r && restore->history)
		r = ohtd_db_swap_arm(files[1].path, files[1].work);
	if (r)
		return r;
	r = ohtd_db_swap_arm(files[0].path, files[0].work);
	if (r && restore->history)
		ohtd_db_swap_disarm(files[1].path);
	return r;
}

int ohtd_restore_prepare(struct ohtd_restore *restore, bool (*commits)(void *arg))
{
	struct files files[OHTD_ARCHIVE_PARTS];
	int r;

	name_files(restore->state_dir, files);
	if (ohtd_db_swap_waits(files[0].path) || ohtd_db_swap_waits(files[1].path))
		return refuse(restore, -EBUSY, "another one waits for the next start");
	r = bring(restore, files);
	if (!r) {
		r = carry_in(restore, files[0].work);
		if (r)
			refuse(restore, r, strerror(-r));
	}
	if (!r && !commits(restore->work.arg))
		r = -ECANCELED;
	if (!r) {
		r = arm(restore, files);
		if (r)
			refuse(restore, r, strerror(-r));
	}
	drop_work(files);
	return r;
}

int ohtd_restore_withdraw(const char *state_dir)
{
	struct files files[OHTD_ARCHIVE_PARTS];

	name_files(state_dir, files);
	return ohtd_db_swap_withdraw(files[0].path, files[1].path);
}
