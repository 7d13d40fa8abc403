// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs/backups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/drawn.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/log.h"
#include "common/file.h"
#include "jobs/jobs.h"
#include "jobs/restore.h"
#include "settings/settings.h"
#include "store/carry.h"
#include "store/db_file.h"
#include "store/schema.h"

#define PATH_BYTES		320
#define ENDING			".ohtbackup"
#define ID_DIGITS		14
#define KEY_DIGITS		(2 * OHTD_ARCHIVE_KEY_BYTES)
#define KEY_FILE_BYTES_MAX	256
#define ID_VARIETY		4
#define ROBOT_ID		"robot.id"
#define UNNAMED			"backup.new"
#define BYTES_MAX		(UINT64_C(512) << 20)	/* of all; then the oldest automatic ones go */
#define HOUR_S			3600
#define DAY_S			86400
#define SETTLED_S		600
#define TRY_AGAIN_S		1800
#define OLD_S			(2 * DAY_S)

/**
 * struct ohtd_backups - see the header
 * @setup: what it was opened with
 * @folder: where the files are
 * @key: see the header
 * @key_state: 0: it is one; -ENOENT: none is wanted; else why it is none
 * @robot_id: of this robot
 * @began_ns: monotonic, when it was opened
 * @look_again_ns: monotonic, when it is asked again whether one is due
 * @lock: of what follows
 * @wait: the restore that the next start puts in
 * @trouble: of those that are made by themselves
 */
struct ohtd_backups {
	struct ohtd_backups_setup setup;
	char folder[PATH_BYTES];
	unsigned char key[OHTD_ARCHIVE_KEY_BYTES];
	int key_state;
	char robot_id[2 * OHTD_ROBOT_ID_BYTES + 1];
	uint64_t began_ns, look_again_ns;
	pthread_mutex_t lock;
	struct ohtd_restore_wait wait;
	struct ohtd_backup_trouble trouble;
};

/* ---- trouble ---- */

static void end_trouble(struct ohtd_backups *backups)
{
	pthread_mutex_lock(&backups->lock);
	backups->trouble.since_ns = 0;
	pthread_mutex_unlock(&backups->lock);
}

__attribute__((format(printf, 2, 3)))
static void note_trouble(struct ohtd_backups *backups, const char *format, ...)
{
	struct ohtd_backup_trouble *trouble = &backups->trouble;
	va_list values;

	pthread_mutex_lock(&backups->lock);
	if (!trouble->since_ns)
		trouble->since_ns = ohtd_clock_monotonic_ns(backups->setup.clock);
	va_start(values, format);
	vsnprintf(trouble->text, sizeof(trouble->text), format, values);
	va_end(values);
	pthread_mutex_unlock(&backups->lock);
}

void ohtd_backups_trouble(struct ohtd_backups *backups, struct ohtd_backup_trouble *trouble)
{
	pthread_mutex_lock(&backups->lock);
	*trouble = backups->trouble;
	pthread_mutex_unlock(&backups->lock);
}

/* ---- key and id ---- */

static int read_digits(const char *text, size_t length, unsigned char key[OHTD_ARCHIVE_KEY_BYTES])
{
	while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	if (length != KEY_DIGITS || !ohtd_hex_read(key, OHTD_ARCHIVE_KEY_BYTES, text))
		return -EINVAL;
	return ohtd_is_drawn(key, OHTD_ARCHIVE_KEY_BYTES, OHTD_KEY_VARIETY) ? 0 : -EINVAL;
}

int ohtd_backup_key(const char *file, unsigned char key[OHTD_ARCHIVE_KEY_BYTES])
{
	size_t length;
	char *text;
	int r;

	if (!*file)
		return -ENOENT;
	r = ohtd_file_read_key(file, KEY_FILE_BYTES_MAX, &text, &length);
	/* A file that is not there is no key either: nothing must be written in clear for that. */
	if (r)
		return r == -ENOENT ? -EINVAL : r;
	r = read_digits(text, length, key);
	OPENSSL_cleanse(text, length);
	free(text);
	return r;
}

void ohtd_backup_robot_id(const char *state_dir, char id[2 * OHTD_ROBOT_ID_BYTES + 1])
{
	char path[PATH_BYTES], *text;
	size_t length;

	*id = 0;
	snprintf(path, sizeof(path), "%s/" ROBOT_ID, state_dir);
	if (oht_file_read(path, 2 * OHTD_ROBOT_ID_BYTES + 1, &text, &length))
		return;
	if (length == 2 * OHTD_ROBOT_ID_BYTES + 1 &&
	    strspn(text, "0123456789abcdef") == 2 * OHTD_ROBOT_ID_BYTES)
		snprintf(id, 2 * OHTD_ROBOT_ID_BYTES + 1, "%s", text);
	free(text);
}

int ohtd_backup_keep_robot_id(const char *state_dir, const char *id)
{
	char path[PATH_BYTES], text[2 * OHTD_ROBOT_ID_BYTES + 2];
	int n = snprintf(text, sizeof(text), "%s\n", id);

	snprintf(path, sizeof(path), "%s/" ROBOT_ID, state_dir);
	return oht_file_replace(path, text, (size_t)n, 0600);
}

/* It is no secret; it only has to be another one for each robot. */
static int draw_robot_id(struct ohtd_backups *backups)
{
	unsigned char drawn[OHTD_ROBOT_ID_BYTES];

	ohtd_backup_robot_id(backups->setup.state_dir, backups->robot_id);
	if (*backups->robot_id)
		return 0;
	if (RAND_bytes(drawn, sizeof(drawn)) != 1 || !ohtd_is_drawn(drawn, sizeof(drawn), ID_VARIETY))
		return -EIO;
	ohtd_hex_text(backups->robot_id, drawn, sizeof(drawn));
	return ohtd_backup_keep_robot_id(backups->setup.state_dir, backups->robot_id);
}

/* ---- files ---- */

void ohtd_backups_path(const struct ohtd_backups *backups, int64_t id, char *path, size_t size)
{
	snprintf(path, size, "%s/%0*" PRId64 ENDING, backups->folder, ID_DIGITS, id);
}

static bool is_id(int64_t id)
{
	return id >= INT64_C(10000000000000) && id < INT64_C(100000000000000);
}

/* 0: no backup has this name. */
static int64_t id_of(const char *name)
{
	int64_t id;

	if (strspn(name, "0123456789") != ID_DIGITS || strcmp(name + ID_DIGITS, ENDING))
		return 0;
	id = strtoll(name, NULL, 10);
	return is_id(id) ? id : 0;
}

static int64_t id_at(int64_t wall_ns)
{
	time_t time_s = (time_t)(wall_ns / (int64_t)OHTD_NS_PER_S);
	char text[ID_DIGITS + 1];
	struct tm tm;

	strftime(text, sizeof(text), "%Y%m%d%H%M%S", gmtime_r(&time_s, &tm));
	return strtoll(text, NULL, 10);
}

static int compare_ids(const void *first, const void *second)
{
	int64_t a = *(const int64_t *)first, b = *(const int64_t *)second;

	return (a < b) - (a > b);
}

/* In place of the oldest when there is no place more. */
static void keep_id(int64_t ids[OHTD_BACKUPS_MAX], int count, int64_t id)
{
	int oldest = 0;

	if (count < OHTD_BACKUPS_MAX) {
		ids[count] = id;
		return;
	}
	for (int i = 1; i < OHTD_BACKUPS_MAX; i++)
		if (ids[i] < ids[oldest])
			oldest = i;
	if (ids[oldest] < id)
		ids[oldest] = id;
}

/* The newest first; how many there are, of which OHTD_BACKUPS_MAX are told, or a negative errno. */
static int list_ids(const struct ohtd_backups *backups, int64_t ids[OHTD_BACKUPS_MAX])
{
	DIR *dir = opendir(backups->folder);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		int64_t id = id_of(entry->d_name);

		if (!id)
			continue;
		keep_id(ids, count++, id);
	}
	closedir(dir);
	qsort(ids, (size_t)(count < OHTD_BACKUPS_MAX ? count : OHTD_BACKUPS_MAX), sizeof(*ids), compare_ids);
	return count;
}

int ohtd_backups_look(struct ohtd_backups *backups, int64_t id, struct ohtd_backup_view *view)
{
	char path[PATH_BYTES], text[OHTD_ARCHIVE_MANIFEST_BYTES];
	struct stat st;
	int r;

	if (!is_id(id))
		return -ENOENT;
	ohtd_backups_path(backups, id, path, sizeof(path));
	if (stat(path, &st))
		return -errno;
	*view = (struct ohtd_backup_view){ .id = id, .bytes = (uint64_t)st.st_size };
	r = ohtd_archive_manifest(path, text, &view->encrypted, &view->bytes);
	if (!r)
		r = ohtd_manifest_read(&view->manifest, text);
	if (r)
		view->manifest = (struct ohtd_manifest){ .schema = 0 };
	view->damaged = r;
	return 0;
}

int ohtd_backups_list(struct ohtd_backups *backups, struct ohtd_backup_view *views)
{
	int64_t ids[OHTD_BACKUPS_MAX];
	int count = list_ids(backups, ids), used = 0;

	for (int i = 0; i < count && i < OHTD_BACKUPS_MAX; i++)
		if (!ohtd_backups_look(backups, ids[i], &views[used]))
			used++;
	return count < 0 ? count : used;
}

int ohtd_backups_remove(struct ohtd_backups *backups, int64_t id)
{
	char path[PATH_BYTES];

	if (!is_id(id))
		return -ENOENT;
	ohtd_backups_path(backups, id, path, sizeof(path));
	return unlink(path) ? -errno : ohtd_db_file_sync_folder(path);
}

/*
 * The oldest of those that were made by themselves, beyond their number or while all are too large; with the next backup if not now.
 * One with the history is no reason to drop those without.
 * Those behind @made, the newest, are of a clock that was wrong: they go first, or each new one would go for them.
 */
static void drop_old(struct ohtd_backups *backups, int64_t made)
{
	struct ohtd_backup_view *views;
	struct ohtd_past_values past;
	int count, automatic = 0;
	uint64_t bytes = 0;

	if (!ohtd_settings_past(backups->setup.settings, &past))
		return;
	views = calloc(OHTD_BACKUPS_MAX, sizeof(*views));
	count = views ? ohtd_backups_list(backups, views) : 0;
	for (int i = 0; i < count; i++) {
		automatic += views[i].manifest.automatic;
		bytes += views[i].manifest.history.bytes ? 0 : views[i].bytes;
	}
	for (int i = 0; i < 2 * count; i++) {
		const struct ohtd_backup_view *view = &views[i < count ? i : 2 * count - 1 - i];
		bool goes = i < count ? view->id > made : view->id < made;

		if (!goes || !view->manifest.automatic || (automatic <= (int)past.backups && bytes <= BYTES_MAX))
			continue;
		if (!ohtd_backups_remove(backups, view->id))
			ohtd_log(OHTD_LOG_INFO, "jobs", "backup_dropped", "%" PRId64 ", %s", view->id,
				 i < count ? "of the future" : "the oldest");
		automatic--;
		bytes -= view->bytes;
	}
	free(views);
}

/* ---- progress ---- */

/**
 * struct progress - how far a job is
 * @job: the job
 * @from, @to: percent at the begin and the end of this part of it
 * @before: bytes of the total that were done before those that are counted now
 * @total: bytes of this part
 * @growing: a file whose length says how many are done
 */
struct progress {
	struct ohtd_job *job;
	unsigned int from, to;
	uint64_t before, total;
	const char *growing;
};

static bool goes_on(void *arg, uint64_t done_bytes)
{
	const struct progress *progress = arg;
	uint64_t total = progress->total ? progress->total : 1;
	uint64_t done = progress->before + done_bytes < total ? progress->before + done_bytes : total;

	ohtd_job_reach(progress->job, progress->from + (unsigned int)((progress->to - progress->from) * done / total));
	return ohtd_job_goes_on(progress->job);
}

static bool copy_goes_on(void *arg)
{
	const struct progress *progress = arg;
	struct stat st;

	return goes_on(arg, stat(progress->growing, &st) ? 0 : (uint64_t)st.st_size);
}

static bool commits(void *arg)
{
	return ohtd_job_commits(((struct progress *)arg)->job);
}

/* ---- make ---- */

/* Flags of an order, and of a backup. */
#define AUTOMATIC	1u
#define WITH_HISTORY	2u
#define FOREIGN		4u
#define IN_CLEAR	8u

/**
 * struct source - a database that goes into a backup
 * @schema: which kind
 * @bytes: of its file, which is in use
 * @path, @copy: that, and its copy
 */
struct source {
	const struct ohtd_schema *schema;
	uint64_t bytes;
	char path[PATH_BYTES], copy[PATH_BYTES + 16];
};

/* @at: which of the sources is looked at or copied; 0 when all are. */
struct making {
	struct ohtd_backups *backups;
	struct progress progress;
	struct ohtd_archive_work work;
	struct ohtd_manifest manifest;
	struct source sources[OHTD_ARCHIVE_PARTS];
	size_t count, at;
	char unnamed[PATH_BYTES + 16];
};

static uint64_t sum(const struct making *making, size_t count)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += making->sources[i].bytes;
	return bytes;
}

/* From now on it is at @from percent, and at @to when all of the sources are done. */
static void begin(struct making *making, unsigned int from, unsigned int to)
{
	making->progress = (struct progress){ .job = making->progress.job, .from = from, .to = to, .total = sum(making, making->count) };
}

/*
 * The copies, what they are packed into, and the log that cannot begin anew meanwhile: that of the history grows by some pages a minute, which
 * the daemon has room for.
 */
static int find_room(struct making *making)
{
	struct stat st;

	for (size_t i = 0; i < making->count; i++) {
		making->at = i;
		if (stat(making->sources[i].path, &st))
			return -errno;
		making->sources[i].bytes = (uint64_t)st.st_size;
	}
	return ohtd_file_room(making->backups->folder, 2 * sum(making, making->count) + sum(making, 1));
}

static int copy_databases(struct making *making)
{
	int r = 0;

	begin(making, 0, 20);
	for (size_t i = 0; !r && i < making->count && i < OHTD_ARCHIVE_PARTS; i++) {
		struct source *source = &making->sources[i];

		making->at = i;
		making->progress.before = sum(making, i);
		making->progress.growing = source->copy;
		r = ohtd_db_carry_out(source->schema, source->path, source->copy, i ? NULL : making->manifest.counts, copy_goes_on,
				      &making->progress);
	}
	return r;
}

/* Whose lengths are those of the copies from then on. */
static int digest_copies(struct making *making)
{
	struct ohtd_manifest *manifest = &making->manifest;
	char *const digests[] = { manifest->content_sha256, manifest->history.sha256 };
	uint64_t before = 0;
	int r = 0;

	begin(making, 20, 40);
	for (size_t i = 0; !r && i < making->count; i++) {
		struct source *source = &making->sources[i];

		making->progress.before = before;
		before += source->bytes;
		r = ohtd_archive_digest(source->copy, &making->work, digests[i], &source->bytes);
	}
	manifest->content_bytes = making->sources[0].bytes;
	manifest->history.bytes = making->count > 1 ? making->sources[1].bytes : 0;
	return r;
}

static int write_archive(struct making *making)
{
	struct ohtd_archive_content content = { .count = making->count };
	char text[OHTD_ARCHIVE_MANIFEST_BYTES];
	int r = ohtd_manifest_write(&making->manifest, text);

	for (size_t i = 0; i < making->count; i++)
		content.parts[i] = (struct ohtd_archive_part){ .path = making->sources[i].copy, .packed = i };
	begin(making, 40, 95);
	return r ? r : ohtd_archive_write(making->unnamed, text, &content, &making->work);
}

static void describe(struct making *making, const struct ohtd_job_order *order)
{
	struct ohtd_manifest *manifest = &making->manifest;
	struct ohtd_backups *backups = making->backups;
	char place[OHTD_ROBOT_PLACE_BYTES], name[OHTD_ROBOT_NAME_BYTES];

	ohtd_settings_name(backups->setup.settings, name, place);
	snprintf(manifest->robot_name, sizeof(manifest->robot_name), "%s", name);
	snprintf(manifest->robot_id, sizeof(manifest->robot_id), "%s", backups->robot_id);
	snprintf(manifest->version, sizeof(manifest->version), "%s", OHT_VERSION);
	snprintf(manifest->by, sizeof(manifest->by), "%s", order->by);
	manifest->schema = ohtd_schema_version(&ohtd_small_schema);
	manifest->made_ns = ohtd_clock_wall_ns(backups->setup.clock);
	manifest->automatic = order->flags & AUTOMATIC;
	manifest->history.schema = ohtd_schema_version(&ohtd_history_schema);
}

/* A free name; a clock that was set back finds some taken. */
static int give_name(struct making *making, int64_t *id)
{
	char path[PATH_BYTES];

	*id = id_at(making->manifest.made_ns);
	ohtd_backups_path(making->backups, *id, path, sizeof(path));
	while (!access(path, F_OK))
		ohtd_backups_path(making->backups, ++*id, path, sizeof(path));
	if (!ohtd_job_commits(making->progress.job))
		return -ECANCELED;
	return rename(making->unnamed, path) ? -errno : ohtd_db_file_sync_folder(path);
}

static int make(struct making *making, const struct ohtd_job_order *order, int64_t *id)
{
	int r = find_room(making);

	if (!r)
		r = copy_databases(making);
	if (!r && making->count > 1)
		r = ohtd_db_carry_span(making->sources[1].copy, &making->manifest.history.from_ns, &making->manifest.history.to_ns);
	if (r)
		return r;
	making->at = 0;
	r = digest_copies(making);
	if (r)
		return r;
	describe(making, order);
	r = write_archive(making);
	return r ? r : give_name(making, id);
}

static void name_sources(struct making *making, bool history)
{
	making->count = history ? OHTD_ARCHIVE_PARTS : 1;
	for (size_t i = 0; i < making->count; i++) {
		const struct ohtd_backup_database *database = &ohtd_backup_databases[i];
		struct source *source = &making->sources[i];

		source->schema = database->schema;
		snprintf(source->path, sizeof(source->path), "%s/%s", making->backups->setup.state_dir, database->file);
		snprintf(source->copy, sizeof(source->copy), "%s/%s", making->backups->folder, database->copy);
	}
}

static void tell_made(struct ohtd_job *job, const struct making *making, int64_t id)
{
	const struct ohtd_manifest *manifest = &making->manifest;

	ohtd_job_is_about(job, id);
	ohtd_job_say(job, "backup %" PRId64 " of %" PRIu64 " bytes%s%s", id, manifest->content_bytes + manifest->history.bytes,
		     manifest->history.bytes ? " with the history" : "", making->work.key ? ", encrypted" : "");
}

static bool is_link(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

/* Of a backup by itself. */
static const char *why_not(const struct ohtd_backups *backups, int error)
{
	if (ohtd_file_has_no_room(error))
		return "there is not enough room on the disk";
	switch (error) {
	case -E2BIG:
		return "there are as many as are kept, so delete one";
	case -ENOKEY:
		return "[backup] key of ohtd.conf names no key";
	case -EACCES:
		if (is_link(backups->folder))
			return "the folder backups is a link, which ohtd may not follow: mount the disk there";
		break;
	}
	return strerror(-error);
}

static int run_make(struct ohtd_job *job, const struct ohtd_job_order *order)
{
	struct ohtd_backups *backups = order->arg;
	struct making making = {
		.backups = backups, .progress = { .job = job },
		.work = { .key = backups->key_state ? NULL : backups->key, .goes_on = goes_on },
	};
	int64_t id = 0;
	int r;

	making.work.arg = &making.progress;
	name_sources(&making, order->flags & WITH_HISTORY);
	snprintf(making.unnamed, sizeof(making.unnamed), "%s/" UNNAMED, backups->folder);
	r = make(&making, order, &id);
	for (size_t i = 0; i < making.count; i++)
		unlink(making.sources[i].copy);
	unlink(making.unnamed);
	if (r && r != -ECANCELED && order->flags & AUTOMATIC)
		note_trouble(backups, "The newest backup by itself has failed: %s.",
			     why_not(backups, r));
	if (ohtd_file_has_no_room(r))
		ohtd_job_say(job, "there is not enough room on the disk; nothing was written");
	else if (r == -ENOENT && making.at)
		ohtd_job_say(job, "there is no history yet: the first values are written some seconds after the first start");
	else if (r && r != -ECANCELED && making.at)
		ohtd_job_say(job, "the history cannot be copied (%s); without it a backup can be made", strerror(-r));
	if (r)
		return r;
	end_trouble(backups);
	tell_made(job, &making, id);
	drop_old(backups, id);
	return 0;
}

static int64_t submit_make(struct ohtd_backups *backups, const char *by, unsigned int flags)
{
	const struct ohtd_job_order order = {
		.kind = OHTD_JOB_BACKUP, .by = by, .flags = flags, .run = run_make, .arg = backups,
	};
	int64_t ids[OHTD_BACKUPS_MAX];

	if (backups->key_state && backups->key_state != -ENOENT)
		return -ENOKEY;
	if (list_ids(backups, ids) >= OHTD_BACKUPS_MAX)
		return -E2BIG;
	return ohtd_jobs_submit(backups->setup.jobs, &order);
}

int64_t ohtd_backups_make(struct ohtd_backups *backups, bool history, const char *by)
{
	return submit_make(backups, by, history ? WITH_HISTORY : 0);
}

/* ---- verify and restore ---- */

static struct ohtd_restore restore_of(const struct ohtd_backups *backups, const struct progress *progress,
				      const char *path)
{
	return (struct ohtd_restore){
		.state_dir = backups->setup.state_dir, .file = path, .robot_id = backups->robot_id,
		.work = { .key = backups->key_state ? NULL : backups->key, .goes_on = goes_on,
			  .arg = (void *)progress },
	};
}

static uint64_t content_bytes(struct ohtd_backups *backups, int64_t id)
{
	struct ohtd_backup_view view;

	return ohtd_backups_look(backups, id, &view) ? 0 : view.manifest.content_bytes + view.manifest.history.bytes;
}

static int run_verify(struct ohtd_job *job, const struct ohtd_job_order *order)
{
	struct ohtd_backups *backups = order->arg;
	struct progress progress = { .job = job, .to = 90, .total = content_bytes(backups, order->subject) };
	char path[PATH_BYTES];
	struct ohtd_restore restore = restore_of(backups, &progress, path);
	int r;

	ohtd_backups_path(backups, order->subject, path, sizeof(path));
	/* Whose it is does not make it worse. */
	restore.foreign = restore.not_encrypted = true;
	r = ohtd_restore_check(&restore);
	if (r)
		ohtd_job_say(job, "backup %" PRId64 ": %s", order->subject, restore.why);
	else
		ohtd_job_say(job, "backup %" PRId64 " can be restored: schema %d, %" PRIu64 " bytes%s%s", order->subject,
			     restore.manifest.schema, restore.manifest.content_bytes + restore.manifest.history.bytes,
			     restore.history ? " with the history" : "",
			     restore.in_clear ? "; it is not encrypted, so a restore wants not_encrypted" : "");
	return r;
}

static void note_wait(struct ohtd_backups *backups, const struct ohtd_job_order *order, bool in_clear)
{
	struct ohtd_restore_wait wait = {
		.backup = order->subject, .in_clear = in_clear, .since_ns = ohtd_clock_monotonic_ns(backups->setup.clock),
	};

	snprintf(wait.by, sizeof(wait.by), "%s", order->by);
	pthread_mutex_lock(&backups->lock);
	backups->wait = wait;
	pthread_mutex_unlock(&backups->lock);
}

static int run_restore(struct ohtd_job *job, const struct ohtd_job_order *order)
{
	struct ohtd_backups *backups = order->arg;
	struct progress progress = { .job = job, .to = 90, .total = content_bytes(backups, order->subject) };
	char path[PATH_BYTES];
	struct ohtd_restore restore = restore_of(backups, &progress, path);
	int r;

	ohtd_backups_path(backups, order->subject, path, sizeof(path));
	restore.foreign = order->flags & FOREIGN;
	restore.not_encrypted = order->flags & IN_CLEAR;
	restore.without_history = !(order->flags & WITH_HISTORY);
	restore.by = order->by;
	r = ohtd_restore_prepare(&restore, commits);
	if (r) {
		ohtd_job_say(job, "backup %" PRId64 ": %s; nothing was changed", order->subject, restore.why);
		return r;
	}
	note_wait(backups, order, restore.in_clear);
	ohtd_job_say(job, "backup %" PRId64 " is ready%s%s: the next start puts it in; what is changed until then is lost",
		     order->subject, restore.history ? " with its history" : "", restore.in_clear ? ", not encrypted" : "");
	return 0;
}

static int64_t submit_for(struct ohtd_backups *backups, int64_t id, const struct ohtd_job_order *order)
{
	char path[PATH_BYTES];

	if (!is_id(id))
		return -ENOENT;
	ohtd_backups_path(backups, id, path, sizeof(path));
	if (access(path, F_OK))
		return -ENOENT;
	return ohtd_jobs_submit(backups->setup.jobs, order);
}

int64_t ohtd_backups_verify(struct ohtd_backups *backups, int64_t id, const char *by)
{
	const struct ohtd_job_order order = {
		.kind = OHTD_JOB_VERIFY, .subject = id, .by = by, .run = run_verify, .arg = backups,
	};

	return submit_for(backups, id, &order);
}

int64_t ohtd_backups_restore(struct ohtd_backups *backups, int64_t id, const struct ohtd_restore_wish *wish, const char *by)
{
	const struct ohtd_job_order order = {
		.kind = OHTD_JOB_RESTORE, .subject = id, .by = by,
		.flags = (wish->foreign ? FOREIGN : 0) | (wish->history ? WITH_HISTORY : 0) | (wish->not_encrypted ? IN_CLEAR : 0),
		.run = run_restore, .arg = backups,
	};

	return submit_for(backups, id, &order);
}

void ohtd_backups_waits(struct ohtd_backups *backups, struct ohtd_restore_wait *wait)
{
	pthread_mutex_lock(&backups->lock);
	*wait = backups->wait;
	pthread_mutex_unlock(&backups->lock);
}

int ohtd_backups_withdraw(struct ohtd_backups *backups, int64_t id)
{
	struct ohtd_restore_wait wait;
	int r;

	ohtd_backups_waits(backups, &wait);
	if (!wait.backup || wait.backup != id)
		return -ENOENT;
	r = ohtd_restore_withdraw(backups->setup.state_dir);
	if (r)
		return r;
	pthread_mutex_lock(&backups->lock);
	backups->wait.backup = 0;
	pthread_mutex_unlock(&backups->lock);
	return 0;
}

/* ---- at night ---- */

bool ohtd_backup_is_due(int64_t now_s, int64_t newest_s, int64_t up_s, unsigned int hour)
{
	int64_t age_s = now_s - newest_s;

	if (up_s < SETTLED_S)
		return false;
	if (now_s % DAY_S / HOUR_S == (int64_t)hour)
		return age_s > 12 * HOUR_S;
	return up_s > 2 * HOUR_S && age_s > 36 * HOUR_S;
}

/* One of the future is of a clock that was wrong: it would stop all others until then. */
static int64_t newest_s(struct ohtd_backups *backups, int64_t now_s)
{
	struct ohtd_backup_view view;
	int64_t ids[OHTD_BACKUPS_MAX];
	int count = list_ids(backups, ids);

	for (int i = 0; i < count && i < OHTD_BACKUPS_MAX; i++)
		if (!ohtd_backups_look(backups, ids[i], &view) && !view.damaged &&
		    view.manifest.made_ns / (int64_t)OHTD_NS_PER_S <= now_s)
			return view.manifest.made_ns / (int64_t)OHTD_NS_PER_S;
	return 0;
}

/* A failure that is told already says more than the age. */
static void note_old(struct ohtd_backups *backups, int64_t days)
{
	struct ohtd_backup_trouble trouble;

	ohtd_backups_trouble(backups, &trouble);
	if (!trouble.since_ns && days)
		note_trouble(backups, "The newest backup is %" PRId64 " days old.", days);
	else if (!trouble.since_ns)
		note_trouble(backups, "There is no backup.");
}

void ohtd_backups_tick(struct ohtd_backups *backups)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(backups->setup.clock);
	int64_t up_s = (int64_t)(ohtd_since(now_ns, backups->began_ns) / OHTD_NS_PER_S);
	struct ohtd_backup_values wanted = ohtd_settings_backup(backups->setup.settings);
	int64_t wall_s, made_s, job;

	if (!wanted.nightly)
		end_trouble(backups);
	if (!wanted.nightly || up_s < SETTLED_S || now_ns < backups->look_again_ns)
		return;
	backups->look_again_ns = now_ns + TRY_AGAIN_S * OHTD_NS_PER_S / 10;
	wall_s = ohtd_clock_wall_s(backups->setup.clock);
	made_s = newest_s(backups, wall_s);
	if (up_s > 3 * HOUR_S && wall_s - made_s > OLD_S)
		note_old(backups, made_s ? (wall_s - made_s) / DAY_S : 0);
	if (!ohtd_backup_is_due(wall_s, made_s, up_s, (unsigned int)wanted.hour))
		return;
	job = submit_make(backups, "ohtd", AUTOMATIC);
	backups->look_again_ns = now_ns + TRY_AGAIN_S * OHTD_NS_PER_S;
	if (job >= 0)
		return;
	ohtd_log(OHTD_LOG_WARNING, "jobs", "no_backup", "%s", why_not(backups, (int)job));
	note_trouble(backups, "No backup is made by itself: %s.", why_not(backups, (int)job));
}

/* ---- birth and end ---- */

static void clean_one(const struct ohtd_backups *backups, const char *name, const char *ending)
{
	char path[PATH_BYTES + 32];

	snprintf(path, sizeof(path), "%s/%s%s", backups->folder, name, ending);
	if (!unlink(path))
		ohtd_log(OHTD_LOG_NOTICE, "jobs", "cut_short", "%s%s of a backup that was cut short is gone", name, ending);
}

/* What a job that was cut short has left. */
static void clean(struct ohtd_backups *backups)
{
	char path[PATH_BYTES + 32];

	clean_one(backups, UNNAMED, "");
	for (size_t i = 0; i < OHTD_ARCHIVE_PARTS; i++) {
		const struct ohtd_backup_database *database = &ohtd_backup_databases[i];

		clean_one(backups, database->copy, "");
		clean_one(backups, database->copy, "-journal");
		snprintf(path, sizeof(path), "%s/%s.unpacked", backups->setup.state_dir, database->file);
		unlink(path);
		strcat(path, "-journal");
		unlink(path);
	}
}

static int open_folder(struct ohtd_backups *backups)
{
	int n = snprintf(backups->folder, sizeof(backups->folder), "%s/backups", backups->setup.state_dir);
	/* The name of the cookie has it, too, also where no backup can be kept. */
	int r = draw_robot_id(backups);

	if (n >= (int)sizeof(backups->folder) - 64)
		return -ENAMETOOLONG;
	if (mkdir(backups->folder, 0700) && errno != EEXIST)
		return -errno;
	clean(backups);
	return r;
}

struct ohtd_backups *ohtd_backups_open(const struct ohtd_backups_setup *setup)
{
	struct ohtd_backups *backups = calloc(1, sizeof(*backups));
	int r;

	if (!backups)
		return NULL;
	backups->setup = *setup;
	pthread_mutex_init(&backups->lock, NULL);
	backups->began_ns = ohtd_clock_monotonic_ns(setup->clock);
	/* Without a disk the robot can be stopped all the same, and a backup says why it cannot be made. */
	r = open_folder(backups);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "jobs", "no_backups", "%s: %s", backups->folder, strerror(-r));
	backups->key_state = ohtd_backup_key(setup->key_file, backups->key);
	if (backups->key_state && backups->key_state != -ENOENT)
		ohtd_log(OHTD_LOG_ERROR, "jobs", "no_backup_key", "%s: %s; no backup is made", setup->key_file,
			 backups->key_state == -EACCES ? "others may read it" :
			 backups->key_state == -EINVAL ? "no 64 hexadecimal digits of chance" :
			 strerror(-backups->key_state));
	return backups;
}

const char *ohtd_backups_robot_id(const struct ohtd_backups *backups)
{
	return backups->robot_id;
}

void ohtd_backups_close(struct ohtd_backups *backups)
{
	if (!backups)
		return;
	pthread_mutex_destroy(&backups->lock);
	OPENSSL_cleanse(backups, sizeof(*backups));
	free(backups);
}
