// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/state.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/drawn.h"
#include "base/file.h"
#include "base/log.h"
#include "common/file.h"
#include "store/db.h"
#include "store/db_file.h"
#include "store/salvage.h"
#include "store/schema.h"
#include "store/swap.h"

#define PATH_BYTES	320
#define KEY_BYTES_MAX	256
#define RUN_MARK	"running"
/* In the mark of a run that ended in order; any other mark is of one that did not. */
#define RUN_WAITED	"waits\n"
#define DATABASE	"oht.db"
#define HISTORY		"history.db"
/* There has been an administrator, or accounts were lost: the next one is made on the machine itself. */
#define ADMINISTERED	"administered"
#define TIME_FILE	"time"
#define TIME_BYTES	128
/* 2100: whoever stored a later time has stored nonsense, and it could never be taken back. */
#define TIME_MAX_S	4102444800ll

static void join(char *path, const char *dir, const char *name)
{
	snprintf(path, PATH_BYTES, "%s/%s", dir, name);
}

int ohtd_state_ensure(const char *dir, char *why, size_t size)
{
	struct stat st;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		int error = errno;

		snprintf(why, size, "%s: %s", dir, strerror(error));
		errno = error;
		return -1;
	}
	if (stat(dir, &st) || !S_ISDIR(st.st_mode)) {
		snprintf(why, size, "%s: not a directory", dir);
		errno = ENOTDIR;
		return -1;
	}
	if (st.st_mode & 022) {
		snprintf(why, size, "%s: mode %04o lets others write, must be 0700", dir,
			 (unsigned int)st.st_mode & 07777);
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int ohtd_state_become_owner(const char *dir, char *why, size_t size)
{
	struct stat st;

	if (geteuid() || stat(dir, &st) || !st.st_uid)
		return 0;
	if (!setgroups(0, NULL) && !setgid(st.st_gid) && !setuid(st.st_uid))
		return 0;
	snprintf(why, size, "%s: cannot become its owner: %s", dir, strerror(errno));
	return -1;
}

/* Where the folder is at fault, as with a volume of another user, the lock is not there to be removed. */
static void say_no_lock(const char *dir, const char *path, int error, char *why, size_t size)
{
	if (error == EROFS)
		snprintf(why, size, "%s: %s; mount it for writing, then start again", dir, strerror(error));
	else if (ohtd_file_has_no_room(-error))
		snprintf(why, size, "%s: %s", path, strerror(error));
	else if (error == EACCES && access(path, F_OK))
		snprintf(why, size, "%s: %s; let user %u write there, then start again", dir, strerror(error), geteuid());
	else
		snprintf(why, size, "%s: %s; remove it while no ohtd runs, then start again", path, strerror(error));
}

int ohtd_state_lock(const char *dir, char *why, size_t size)
{
	char path[PATH_BYTES];
	int fd, error;

	join(path, dir, "lock");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	error = errno;
	if (fd < 0 && error == EROFS) {
		/* A robot that was there before goes on without writing. */
		fd = open(path, O_RDONLY | O_CLOEXEC);
		error = errno == ENOENT ? EROFS : errno;
	}
	if (fd < 0) {
		say_no_lock(dir, path, error, why, size);
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		error = errno;
		snprintf(why, size, "%s: %s", path, error == EWOULDBLOCK ?
			 "another ohtd runs with this state directory: end that one, or give this one a directory of its own" : strerror(error));
		close(fd);
		fd = -1;
	}
	errno = error;
	return fd;
}

static int draw_key(const char *path, unsigned char *key, size_t bytes)
{
	return RAND_bytes(key, (int)bytes) == 1 ? oht_file_replace(path, key, bytes, 0600) : -EIO;
}

/* 0, or a negative errno; -EINVAL: what was read is no key. Takes @data over. */
static int take_key(char *data, size_t length, unsigned char *key, size_t bytes)
{
	int r = length == bytes && ohtd_is_drawn((const unsigned char *)data, bytes, OHTD_KEY_VARIETY) ? 0 : -EINVAL;
	if (!r)
		memcpy(key, data, bytes);
	OPENSSL_cleanse(data, length);
	free(data);
	return r;
}

static int read_key(const char *path, unsigned char *key, size_t bytes)
{
	size_t length;
	char *data;
	int r = ohtd_file_read_key(path, KEY_BYTES_MAX, &data, &length);

	return r ? r : take_key(data, length, key, bytes);
}

bool ohtd_main_credential(const char *name, unsigned char *key, size_t bytes)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_BYTES], *data;
	size_t length;
	int r;

	if (!folder)
		return false;
	join(path, folder, name);
	r = oht_file_read(path, KEY_BYTES_MAX, &data, &length);
	if (!r)
		r = take_key(data, length, key, bytes);
	if (r && r != -ENOENT)
		ohtd_log(OHTD_LOG_ERROR, "main", "credential", "%s: %s; what is in the state folder is used alone", path,
			 r == -EINVAL ? "is no key of 32 bytes" : strerror(-r));
	return !r;
}

bool ohtd_main_seal(const char *purpose, unsigned char key[OHTD_AUTH_SEAL_KEY_BYTES])
{
	unsigned char seal[OHTD_AUTH_SEAL_KEY_BYTES];
	const bool sealed = ohtd_main_credential("keys.seal", seal, sizeof(seal)) && ohtd_auth_seal_derive(seal, purpose, key);

	OPENSSL_cleanse(seal, sizeof(seal));
	return sealed;
}

const struct ohtd_state_key ohtd_token_key = { .file = "token.key", .anew = "all sessions have ended" };
const struct ohtd_state_key ohtd_audit_key = {
	.file = "audit.key", .anew = "clients that know the old one no longer trust the checkpoints of the audit", .credential = true,
};
const struct ohtd_state_key ohtd_main_totp_key = {
	.file = "totp.key", .anew = "second factors of accounts take recovery codes alone", .credential = true,
};

int ohtd_state_key(const char *dir, const struct ohtd_state_key *which, unsigned char *key, size_t bytes,
		   long long now_s, char *why, size_t size)
{
	char path[PATH_BYTES];
	int r;

	if (which->credential && ohtd_main_credential(which->file, key, bytes))
		return 0;
	join(path, dir, which->file);
	r = read_key(path, key, bytes);
	if (ohtd_file_is_unusable(r)) {
		ohtd_log(OHTD_LOG_ERROR, "main", "key_made_anew",
			 "%s: %s; it was set aside and made anew, so %s", path,
			 r == -EINVAL ? "is no key" : strerror(-r), which->anew);
		r = ohtd_file_set_aside(path, now_s);
		if (!r)
			r = -ENOENT;
	}
	if (r == -ENOENT)
		r = draw_key(path, key, bytes);
	if (r)
		snprintf(why, size, "%s: %s", path, strerror(-r));
	errno = -r;
	return r ? -1 : 0;
}

/* ---- accounts that were there ---- */

static bool has_file(const char *dir, const char *name)
{
	char path[PATH_BYTES];
	struct stat st;

	join(path, dir, name);
	return !lstat(path, &st);
}

static bool is_empty(const char *dir, const char *name)
{
	char path[PATH_BYTES];
	struct stat st;

	join(path, dir, name);
	return lstat(path, &st) ? errno == ENOENT : S_ISREG(st.st_mode) && !st.st_size;
}

void ohtd_state_note_administered(const char *dir)
{
	char path[PATH_BYTES];
	int r;

	if (has_file(dir, ADMINISTERED))
		return;
	join(path, dir, ADMINISTERED);
	r = oht_file_replace(path, "", 0, 0600);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "main", "administered_mark", "%s: %s", path, strerror(-r));
}

bool ohtd_state_was_administered(const char *dir)
{
	return has_file(dir, ADMINISTERED);
}

/* A start that was cut short has left no more than the database: these files come behind it. */
static bool was_started(const char *dir)
{
	return has_file(dir, ADMINISTERED) || has_file(dir, "token.key") ||
	       has_file(dir, "server.crt") || has_file(dir, TIME_FILE);
}

/* Pages in the log are no loss: the database is read from there. */
static void find_loss(const char *dir, const char *path, long long now_s)
{
	char aside[PATH_BYTES + 32];
	int r;

	if (!was_started(dir) || !is_empty(dir, DATABASE) || ohtd_db_file_is_in_log(path) || ohtd_db_salvage_waits(path))
		return;
	r = ohtd_db_file_set_aside(path, now_s, aside, sizeof(aside));
	ohtd_log(OHTD_LOG_ERROR, "main", "database_lost",
		 "%s is empty or gone, and was there before: accounts are lost%s%s", path,
		 r ? "; it stays where it is: " : "", r ? strerror(-r) : "");
	ohtd_state_note_administered(dir);
}

int ohtd_state_open_database(struct ohtd_db **db, const char *dir, long long now_s, char *why,
			     size_t size)
{
	char path[PATH_BYTES];
	int r;

	join(path, dir, DATABASE);
	find_loss(dir, path, now_s);
	r = ohtd_db_open(db, &ohtd_small_schema, path, now_s, why, size);
	if (!r && ohtd_db_file_was_set_aside(path))
		ohtd_state_note_administered(dir);
	return r;
}

/* ---- a database that was restored ---- */

static int end_sessions(void *arg)
{
	char path[PATH_BYTES];

	/* Without the key in use the keys before are not taken either. */
	join(path, arg, "token.key");
	if (unlink(path) && errno != ENOENT)
		return -errno;
	join(path, arg, "token.keys");
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

int ohtd_state_swap_database(const char *dir, long long now_s, char *why, size_t size)
{
	char path[PATH_BYTES], history[PATH_BYTES];
	int r;

	join(path, dir, DATABASE);
	join(history, dir, HISTORY);
	r = ohtd_db_swap(&ohtd_small_schema, path, history, end_sessions, (void *)dir, now_s);
	if (r == OHTD_SWAP_IN)
		ohtd_log(OHTD_LOG_NOTICE, "main", "restored", "%s is the one that was restored; all sessions have ended", path);
	if (r == OHTD_SWAP_BACK)
		ohtd_log(OHTD_LOG_ERROR, "main", "restore_undone",
			 "the start with the restored database was cut short: %s is the one of before", path);
	if (r == OHTD_SWAP_FOREIGN)
		ohtd_log(OHTD_LOG_WARNING, "main", "copy_set_aside",
			 "%s.before or .restore, or one of its history, is not of a restore: it is kept with the time behind its name",
			 path);
	if (r >= 0)
		return r;
	snprintf(why, size, "%s: the restored database cannot be put in: %s", path, strerror(-r));
	errno = -r;
	return -1;
}

bool ohtd_state_undo_swap(const char *dir, long long now_s)
{
	char path[PATH_BYTES], history[PATH_BYTES];

	join(path, dir, DATABASE);
	join(history, dir, HISTORY);
	if (!ohtd_db_swap_undo(&ohtd_small_schema, path, history, now_s))
		return false;
	ohtd_log(OHTD_LOG_ERROR, "main", "restore_undone",
		 "the restored database cannot be used: %s is the one of before", path);
	return true;
}

void ohtd_state_before_swap(const char *dir, char *path, size_t size)
{
	snprintf(path, size, "%s/" DATABASE ".before", dir);
	if (access(path, F_OK))
		*path = 0;
}

int ohtd_state_keep_swap(const char *dir, long long now_s, char *why, size_t size)
{
	char path[PATH_BYTES], history[PATH_BYTES];
	int r;

	join(path, dir, DATABASE);
	join(history, dir, HISTORY);
	r = ohtd_db_swap_keep(path, history, now_s);
	if (r)
		snprintf(why, size, "%s.before: %s", path, strerror(-r));
	errno = -r;
	return r ? -1 : 0;
}

bool ohtd_state_swap_waits(const char *dir)
{
	char path[PATH_BYTES];

	join(path, dir, DATABASE);
	return ohtd_db_swap_waits(path);
}

bool ohtd_main_is_unclean(const char *dir)
{
	return has_file(dir, RUN_MARK);
}

bool ohtd_state_was_cut(const char *dir)
{
	char path[PATH_BYTES], *text = NULL;
	bool waited;

	join(path, dir, RUN_MARK);
	waited = !oht_file_read(path, sizeof(RUN_WAITED), &text, NULL) && !strcmp(text, RUN_WAITED);
	free(text);
	return ohtd_main_is_unclean(dir) && !waited;
}

static int write_mark(const char *dir, const char *text)
{
	char path[PATH_BYTES];

	join(path, dir, RUN_MARK);
	return oht_file_replace(path, text, strlen(text), 0600);
}

int ohtd_state_begin_run(const char *dir)
{
	return write_mark(dir, "");
}

void ohtd_state_end_run(const char *dir, bool waits)
{
	char path[PATH_BYTES];
	int r;

	join(path, dir, RUN_MARK);
	if (waits)
		r = write_mark(dir, RUN_WAITED);
	else
		r = unlink(path) && errno != ENOENT ? -errno : 0;
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "main", "run_mark", "%s: %s", path, strerror(-r));
}

/* "wall_s boot_s boot_id", one line; @text then ends behind the boot's id. NULL: not of this form. */
static const char *parse_time(char *text, int64_t *wall_s, int64_t *boot_s)
{
	char *at, *end;

	*wall_s = strtoll(text, &at, 10);
	if (*at != ' ' || *wall_s <= 0 || *wall_s >= TIME_MAX_S)
		return NULL;
	*boot_s = strtoll(at, &end, 10);
	if (end == at || *end != ' ' || *boot_s < 0 || *boot_s >= TIME_MAX_S)
		return NULL;
	end++;
	at = end + strspn(end, "0123456789abcdef-");
	if (at == end || strcmp(at, "\n"))
		return NULL;
	*at = 0;
	return end;
}

void ohtd_state_recall_time(const char *dir, struct ohtd_clock *clock, const char *boot_id)
{
	int64_t now_s = (int64_t)(ohtd_clock_boottime_ns(clock) / OHTD_NS_PER_S);
	char path[PATH_BYTES], *text = NULL;
	int64_t wall_s, boot_s;
	const char *stored;
	int r;

	join(path, dir, TIME_FILE);
	r = oht_file_read(path, TIME_BYTES, &text, NULL);
	if (r == -ENOENT)
		return;
	stored = r ? NULL : parse_time(text, &wall_s, &boot_s);
	if (stored) {
		if (!strcmp(stored, boot_id) && now_s > boot_s)
			wall_s += now_s - boot_s;
		ohtd_clock_raise(clock, wall_s * (int64_t)OHTD_NS_PER_S);
	} else {
		ohtd_log(OHTD_LOG_WARNING, "main", "time_file", "%s: %s", path,
			 r ? strerror(-r) : "makes no sense, ignored");
	}
	free(text);
}

void ohtd_state_store_time(const char *dir, struct ohtd_clock *clock, const char *boot_id)
{
	int64_t wall_s = ohtd_clock_known_ns(clock) / (int64_t)OHTD_NS_PER_S;
	int64_t boot_s = (int64_t)(ohtd_clock_boottime_ns(clock) / OHTD_NS_PER_S);
	char path[PATH_BYTES], text[TIME_BYTES];
	int r, n;

	/* Rounded up: what has been written down must not come again. */
	n = snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 " %s\n", wall_s + 1, boot_s, boot_id);
	join(path, dir, TIME_FILE);
	r = oht_file_replace(path, text, (size_t)n, 0600);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "main", "time_file", "%s: %s", path, strerror(-r));
}
