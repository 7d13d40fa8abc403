// SPDX-License-Identifier: GPL-2.0-or-later
#include "people/watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts/devices.h"
#include "accounts/users.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "common/file.h"
#include "config/config.h"
#include "settings/settings.h"
#include "store/store.h"

#define FILE_NAME	"administrators"
#define FILE_BYTES_MAX	65536
#define PATH_BYTES	320
/* Accounts are read so often at most. */
#define PAUSE_NS	(1 * OHTD_NS_PER_S)
/* "account " and a number, or "local " and a name as the configuration has it. */
#define WHO_BYTES	48
#define MAX		(OHTD_ACCOUNTS_ADMINISTRATORS_MAX + OHTD_LOCALS_MAX)

enum { MADE, WAITING, DEVICES };

static const struct ohtd_part_alert alerts[] = {
	[MADE] = { "auth", "administrator_made", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See the page Users or ohtctl admin list, and ohtctl audit list: if it was not meant, disable the account at once. The alert ends a day after it came." },
	[DEVICES] = { "auth", "device_waiting", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "Compare the six words on its screen with ohtctl device list, then ohtctl device accept or reject." },
	[WAITING] = { "auth", "registration_waiting", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "Approve or reject on the page Users, or with ohtctl user waiting, approve and reject." },
};

/**
 * struct known - an administrator that was found
 * @who: account or local users
 * @since_s: wall clock when that was found; 0: was one at the start
 */
struct known {
	char who[WHO_BYTES];
	int64_t since_s;
};

struct list {
	unsigned int count;
	struct known at[MAX];
};

struct ohtd_people_watch {
	struct ohtd_clock *clock;
	struct ohtd_store *store;
	struct ohtd_settings *settings;
	char path[PATH_BYTES];
	/* Of the tick. */
	uint64_t next_ns;
	bool recalled, unkept;
	pthread_mutex_t lock;		/* what follows */
	struct list known;
	struct ohtd_accounts_waiting waiting, devices;
};

/* ---- the file ---- */

/* "SINCE WHO" a line. */
static bool take_text(char *text, struct list *known)
{
	char *rest, *line;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct known *to = &known->at[known->count];
		char *end;

		if (known->count == MAX)
			return false;
		to->since_s = strtoll(line, &end, 10);
		if (end == line || *end != ' ' || !end[1] || strlen(end + 1) >= WHO_BYTES || to->since_s < 0)
			return false;
		strcpy(to->who, end + 1);
		known->count++;
	}
	return known->count > 0;
}

static void recall(struct ohtd_people_watch *watch)
{
	char *text = NULL;
	int r = oht_file_read(watch->path, FILE_BYTES_MAX, &text, NULL);

	watch->recalled = true;
	if (!r && !take_text(text, &watch->known))
		r = -EINVAL;
	free(text);
	if (!r)
		return;
	watch->known.count = 0;
	if (r != -ENOENT)
		ohtd_log(OHTD_LOG_WARNING, "auth", "administrators_file", "%s: %s; who is an administrator now is taken as known", watch->path,
			 r == -EINVAL ? "makes no sense, ignored" : strerror(-r));
	if (ohtd_file_is_unusable(r))
		ohtd_file_set_aside(watch->path, ohtd_clock_wall_s(watch->clock));
}

static void keep(struct ohtd_people_watch *watch)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *file = open_memstream(&text, &bytes);
	int r = -ENOMEM;

	for (unsigned int i = 0; file && i < watch->known.count; i++)
		fprintf(file, "%lld %s\n", (long long)watch->known.at[i].since_s, watch->known.at[i].who);
	if (file && !fclose(file))
		r = oht_file_replace(watch->path, text, bytes, 0600);
	free(text);
	if (r && !watch->unkept)
		ohtd_log(OHTD_LOG_WARNING, "auth", "administrators_file", "%s: %s; tried again", watch->path, strerror(-r));
	watch->unkept = r;
}

/* ---- who is one now ---- */

struct look {
	int64_t ids[OHTD_ACCOUNTS_ADMINISTRATORS_MAX];
	int count;
	struct ohtd_accounts_waiting waiting, devices;
};

static int work_look(struct ohtd_db *db, void *arg)
{
	struct look *look = arg;
	int r;

	look->count = ohtd_accounts_administrators(db, look->ids);
	r = look->count < 0 ? look->count : ohtd_accounts_registrations_count(db, &look->waiting);
	return r ? r : ohtd_accounts_devices_count(db, &look->devices);
}

__attribute__((format(printf, 2, 3)))
static void add(struct list *now, const char *format, ...)
{
	struct known *to = &now->at[now->count++];
	va_list values;

	va_start(values, format);
	vsnprintf(to->who, sizeof(to->who), format, values);
	va_end(values);
}

static void add_locals(struct ohtd_people_watch *watch, struct list *now)
{
	struct ohtd_config_locals locals;

	ohtd_settings_locals(watch->settings, &locals);
	for (unsigned int i = 0; i < locals.count; i++) {
		const struct ohtd_config_local *local = &locals.at[i];
		const char *mark = local->kind == OHTD_LOCAL_GROUP ? "@" : "";

		if (local->role != OHTD_ROLE_ADMINISTRATOR)
			continue;
		if (local->kind == OHTD_LOCAL_OTHERS)
			add(now, "local *");
		else if (*local->name)
			add(now, "local %s%s", mark, local->name);
		else
			add(now, "local %s%u", mark, local->id);
	}
}

static const struct known *find(const struct list *list, const char *who)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (!strcmp(list->at[i].who, who))
			return &list->at[i];
	return NULL;
}

static bool is_account(const struct known *known)
{
	return !strncmp(known->who, "account ", 8);
}

static bool has_account(const struct list *list)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (is_account(&list->at[i]))
			return true;
	return false;
}

/* True if @now differs from what is known. The first account, and all who are there at the first look, are nobody's surprise. */
static bool compare(const struct ohtd_people_watch *watch, struct list *now, int64_t now_s)
{
	const struct list *known = &watch->known;
	const bool had_account = has_account(known);
	bool differs = now->count != known->count;

	for (unsigned int i = 0; i < now->count; i++) {
		const struct known *before = find(known, now->at[i].who);

		if (before)
			now->at[i].since_s = before->since_s;
		else if (known->count && (had_account || !is_account(&now->at[i])))
			now->at[i].since_s = now_s;
		differs |= !before;
		if (now->at[i].since_s && !before)
			ohtd_log(OHTD_LOG_WARNING, "auth", "administrator_made", "%s", now->at[i].who);
	}
	return differs;
}

static void look_again(struct ohtd_people_watch *watch, struct look *look, struct list *now)
{
	look->waiting.now_s = look->devices.now_s = ohtd_clock_wall_s(watch->clock);
	/* What cannot be read stays as it was. */
	if (ohtd_store_read(watch->store, work_look, look))
		return;
	for (int i = 0; i < look->count; i++)
		add(now, "account %lld", (long long)look->ids[i]);
	add_locals(watch, now);
	if (compare(watch, now, look->waiting.now_s))
		watch->unkept = true;
	pthread_mutex_lock(&watch->lock);
	watch->known = *now;
	watch->waiting = look->waiting;
	watch->devices = look->devices;
	pthread_mutex_unlock(&watch->lock);
	if (watch->unkept)
		keep(watch);
}

static void tick(void *part)
{
	struct ohtd_people_watch *watch = part;
	uint64_t now_ns = ohtd_clock_monotonic_ns(watch->clock);
	struct look *look;
	struct list *now;

	if (now_ns < watch->next_ns)
		return;
	watch->next_ns = now_ns + PAUSE_NS;
	if (!watch->recalled)
		recall(watch);
	look = calloc(1, sizeof(*look));
	now = calloc(1, sizeof(*now));
	if (look && now)
		look_again(watch, look, now);
	free(look);
	free(now);
}

/* ---- what is told ---- */

/* A clock that was taken back leaves it new. */
static bool is_new(const struct known *known, int64_t now_s)
{
	return known->since_s && now_s < known->since_s + OHTD_PEOPLE_NEW_S;
}

static void report_made(const struct ohtd_part_reports *to, const struct known *known)
{
	const char *name = strchr(known->who, ' ') + 1;

	if (is_account(known))
		ohtd_part_report_about(to, MADE, known->who, 0, "Account %s has become an administrator.", name);
	else
		ohtd_part_report_about(to, MADE, known->who, 0, "Local users %s have become administrators (/access/local_roles).", name);
}

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_people_watch *watch = part;
	struct ohtd_accounts_waiting waiting, devices;
	struct known made[OHTD_PART_SUBJECTS_OF_KIND + 1];
	unsigned int count = 0;

	pthread_mutex_lock(&watch->lock);
	waiting = watch->waiting;
	devices = watch->devices;
	for (unsigned int i = 0; i < watch->known.count && count < sizeof(made) / sizeof(made[0]); i++)
		if (is_new(&watch->known.at[i], to->wall_s))
			made[count++] = watch->known.at[i];
	pthread_mutex_unlock(&watch->lock);
	for (unsigned int i = 0; i < count; i++)
		report_made(to, &made[i]);
	if (devices.count)
		ohtd_part_report_text(to, DEVICES, 0, "%u device%s that ask%s to be let in wait%s for an administrator; the newest is device %lld.",
				      devices.count, devices.count == 1 ? "" : "s", devices.count == 1 ? "s" : "", devices.count == 1 ? "s" : "",
				      (long long)devices.newest);
	if (waiting.count)
		ohtd_part_report_text(to, WAITING, 0, "%u account%s that persons have asked for wait%s for an administrator; the newest is registration %lld.",
				      waiting.count, waiting.count == 1 ? "" : "s", waiting.count == 1 ? "s" : "", (long long)waiting.newest);
}

/* ---- its life ---- */

static void *open_watch(const struct ohtd_part_birth *birth)
{
	struct ohtd_people_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->clock = birth->clock;
	watch->store = birth->store;
	watch->settings = birth->settings;
	snprintf(watch->path, sizeof(watch->path), "%s/" FILE_NAME, birth->config->state_dir);
	pthread_mutex_init(&watch->lock, NULL);
	return watch;
}

static void close_watch(void *part)
{
	struct ohtd_people_watch *watch = part;

	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

const struct ohtd_daemon_part ohtd_people_part = {
	.name = "people", .open = open_watch, .close = close_watch, .tick = tick, OHTD_PART_ALERTS(alerts), .judge = judge,
};
