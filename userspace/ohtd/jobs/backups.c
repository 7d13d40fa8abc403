// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs/backups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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
#define BYTES_MAX		(UINT64_C(512) << 20)	/* of all; then the oldest automatic ones go */
#define HOUR_S			3600
#define DAY_S			86400
#define SETTLED_S		600
#define TRY_AGAIN_S		1800

/**
 * struct ohtd_backups - see the header
 * @setup: what it was opened with
 * @folder: where the files are
 * @key: see the header
 * @key_state: 0: it is one; -ENOENT: none is wanted; else why it is none
 * @robot_id: of this robot
 * @began_ns: monotonic, when it was opened
 * @look_again_ns: monotonic, when it is asked again whether one is due
 */
struct ohtd_backups {
	struct ohtd_backups_setup setup;
	char folder[PATH_BYTES];
	unsigned char key[OHTD_ARCHIVE_KEY_BYTES];
	int key_state;
	char robot_id[2 * OHTD_ROBOT_ID_BYTES + 1];
	uint64_t began_ns, look_again_ns;
};

/* ---- key and id ---- */

static int read_digits(const char *text, size_t length, unsigned char key[OHTD_ARCHIVE_KEY_BYTES])
{
	while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	if (length != KEY_DIGITS)
		return -EINVAL;
	for (size_t i = 0; i < OHTD_ARCHIVE_KEY_BYTES; i++) {
		int high = ohtd_hex_digit(text[2 * i]), low = ohtd_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		key[i] = (unsigned char)(high << 4 | low);
	}
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
	if (ohtd_file_read(path, 2 * OHTD_ROBOT_ID_BYTES + 1, &text, &length))
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
	return ohtd_file_replace(path, text, (size_t)n, 0600);
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
		bytes += views[i].bytes;
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

struct progress {
	struct ohtd_job *job;
	unsigned int from, to;	/* percent */
	uint64_t total;
};

static bool goes_on(void *arg, uint64_t done_bytes)
{
	const struct progress *progress = arg;
	uint64_t total = progress->total ? progress->total : 1;
	uint64_t done = done_bytes < total ? done_bytes : total;

	ohtd_job_reach(progress->job, progress->from + (unsigned int)((progress->to - progress->from) * done / total));
	return ohtd_job_goes_on(progress->job);
}

static bool copy_goes_on(void *arg)
{
	return ohtd_job_goes_on(((struct progress *)arg)->job);
}

static bool commits(void *arg)
{
	return ohtd_job_commits(((struct progress *)arg)->job);
}

/* ---- make ---- */

struct making {
	struct ohtd_backups *backups;
	struct progress progress;
	struct ohtd_archive_work work;
	struct ohtd_manifest manifest;
	char database[PATH_BYTES], content[PATH_BYTES + 16], unnamed[PATH_BYTES + 16];
};

static int copy_database(struct making *making)
{
	struct ohtd_manifest *manifest = &making->manifest;
	struct stat st;
	int r = stat(making->database, &st) ? -errno : 0;

	/* The copy, what it is packed into, and the log that cannot begin anew meanwhile. */
	if (!r)
		r = ohtd_restore_room(making->backups->folder, 3 * (uint64_t)st.st_size);
	if (!r)
		r = ohtd_db_carry_out(&ohtd_small_schema, making->database, making->content, manifest->counts,
				      copy_goes_on, &making->progress);
	if (r)
		return r;
	making->progress = (struct progress){ making->progress.job, 20, 40, (uint64_t)st.st_size };
	r = ohtd_archive_digest(making->content, &making->work, manifest->content_sha256, &manifest->content_bytes);
	making->progress = (struct progress){ making->progress.job, 40, 95, manifest->content_bytes };
	return r;
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
	manifest->automatic = order->flag;
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
	char text[OHTD_ARCHIVE_MANIFEST_BYTES];
	int r = copy_database(making);

	if (r)
		return r;
	describe(making, order);
	r = ohtd_manifest_write(&making->manifest, text);
	if (!r)
		r = ohtd_archive_write(making->unnamed, text, making->content, &making->work);
	return r ? r : give_name(making, id);
}

static int run_make(struct ohtd_job *job, const struct ohtd_job_order *order)
{
	struct ohtd_backups *backups = order->arg;
	struct making making = {
		.backups = backups, .progress = { .job = job },
		.work = { .key = backups->key_state ? NULL : backups->key, .goes_on = goes_on },
	};
	int64_t id;
	int r;

	making.work.arg = &making.progress;
	snprintf(making.database, sizeof(making.database), "%s/oht.db", backups->setup.state_dir);
	snprintf(making.content, sizeof(making.content), "%s/content.new", backups->folder);
	snprintf(making.unnamed, sizeof(making.unnamed), "%s/backup.new", backups->folder);
	r = make(&making, order, &id);
	unlink(making.content);
	unlink(making.unnamed);
	if (ohtd_file_has_no_room(r))
		ohtd_job_say(job, "there is not enough room on the disk; nothing was written");
	if (r)
		return r;
	ohtd_job_is_about(job, id);
	ohtd_job_say(job, "backup %" PRId64 " of %" PRIu64 " bytes%s", id, making.manifest.content_bytes,
		     making.work.key ? ", encrypted" : "");
	drop_old(backups, id);
	return 0;
}

static int64_t submit_make(struct ohtd_backups *backups, const char *by, bool automatic)
{
	const struct ohtd_job_order order = {
		.kind = OHTD_JOB_BACKUP, .by = by, .flag = automatic, .run = run_make, .arg = backups,
	};
	int64_t ids[OHTD_BACKUPS_MAX];

	if (backups->key_state && backups->key_state != -ENOENT)
		return -ENOKEY;
	if (list_ids(backups, ids) >= OHTD_BACKUPS_MAX)
		return -E2BIG;
	return ohtd_jobs_submit(backups->setup.jobs, &order);
}

int64_t ohtd_backups_make(struct ohtd_backups *backups, const char *by)
{
	return submit_make(backups, by, false);
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

	return ohtd_backups_look(backups, id, &view) ? 0 : view.manifest.content_bytes;
}

static int run_verify(struct ohtd_job *job, const struct ohtd_job_order *order)
{
	struct ohtd_backups *backups = order->arg;
	struct progress progress = { job, 0, 90, content_bytes(backups, order->subject) };
	char path[PATH_BYTES];
	struct ohtd_restore restore = restore_of(backups, &progress, path);
	int r;

	ohtd_backups_path(backups, order->subject, path, sizeof(path));
	/* Whose it is does not make it worse. */
	restore.foreign = true;
	r = ohtd_restore_check(&restore);
	if (r)
		ohtd_job_say(job, "backup %" PRId64 ": %s", order->subject, restore.why);
	else
		ohtd_job_say(job, "backup %" PRId64 " can be restored: schema %d, %" PRIu64 " bytes", order->subject,
			     restore.manifest.schema, restore.manifest.content_bytes);
	return r;
}

static int run_restore(struct ohtd_job *job, const struct ohtd_job_order *order)
{
	struct ohtd_backups *backups = order->arg;
	struct progress progress = { job, 0, 90, content_bytes(backups, order->subject) };
	char path[PATH_BYTES];
	struct ohtd_restore restore = restore_of(backups, &progress, path);
	int r;

	ohtd_backups_path(backups, order->subject, path, sizeof(path));
	restore.foreign = order->flag;
	restore.by = order->by;
	r = ohtd_restore_prepare(&restore, commits);
	if (r)
		ohtd_job_say(job, "backup %" PRId64 ": %s; nothing was changed", order->subject, restore.why);
	else
		ohtd_job_say(job, "backup %" PRId64 " is ready: the next start puts it in; what is changed until then is lost",
			     order->subject);
	return r;
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

int64_t ohtd_backups_restore(struct ohtd_backups *backups, int64_t id, bool foreign, const char *by)
{
	const struct ohtd_job_order order = {
		.kind = OHTD_JOB_RESTORE, .subject = id, .flag = foreign, .by = by, .run = run_restore,
		.arg = backups,
	};

	return submit_for(backups, id, &order);
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

void ohtd_backups_tick(struct ohtd_backups *backups)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(backups->setup.clock);
	int64_t up_s = (int64_t)((now_ns - backups->began_ns) / OHTD_NS_PER_S);
	struct ohtd_backup_values wanted = ohtd_settings_backup(backups->setup.settings);
	int64_t wall_s, job;

	if (!wanted.nightly || up_s < SETTLED_S || now_ns < backups->look_again_ns)
		return;
	backups->look_again_ns = now_ns + TRY_AGAIN_S * OHTD_NS_PER_S / 10;
	wall_s = ohtd_clock_wall_s(backups->setup.clock);
	if (!ohtd_backup_is_due(wall_s, newest_s(backups, wall_s), up_s, (unsigned int)wanted.hour))
		return;
	job = submit_make(backups, "ohtd", true);
	backups->look_again_ns = now_ns + TRY_AGAIN_S * OHTD_NS_PER_S;
	if (job < 0)
		ohtd_log(OHTD_LOG_WARNING, "jobs", "no_backup", "%s", strerror((int)-job));
}

/* ---- birth and end ---- */

/* What a job that was cut short has left. */
static void clean(struct ohtd_backups *backups)
{
	static const char *const names[] = { "content.new", "content.new-journal", "backup.new" };
	char path[PATH_BYTES + 32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", backups->folder, names[i]);
		if (!unlink(path))
			ohtd_log(OHTD_LOG_NOTICE, "jobs", "cut_short", "%s of a backup that was cut short is gone",
				 names[i]);
	}
	snprintf(path, sizeof(path), "%s/oht.db.unpacked", backups->setup.state_dir);
	unlink(path);
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
	OPENSSL_cleanse(backups, sizeof(*backups));
	free(backups);
}
