// SPDX-License-Identifier: GPL-2.0-or-later
#include "courses/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/principal.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"

#define PAGE	64

int64_t ohtd_courses_boot_ms(const struct ohtd_courses *courses)
{
	return (int64_t)(ohtd_clock_boottime_ns(courses->clock) / OHTD_NS_PER_MS);
}

/* ---- the copy in memory ---- */

void ohtd_courses_copy_free(struct ohtd_courses_copy *copy)
{
	if (copy)
		free(copy->certificates);
	free(copy);
}

static int add_brief(const struct ohtd_courses *courses, struct ohtd_courses_copy *copy, const struct ohtd_courses_certificate *row)
{
	struct ohtd_courses_brief *more;

	if (copy->count == copy->room) {
		copy->room += copy->room / 2 + PAGE;
		more = realloc(copy->certificates, copy->room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		copy->certificates = more;
	}
	more = &copy->certificates[copy->count++];
	*more = (struct ohtd_courses_brief){
		.id = row->id, .user_id = row->user_id, .course_id = row->course_id, .starts_s = row->starts_s, .ends_s = row->ends_s,
		.revoked_s = row->revoked_s, .until_boot_ms = row->until_boot_ms, .override = row->override_ms,
		.confirmed = *row->confirmed_by, .here = !strcmp(row->boot_id, courses->boot_id), .due = row->due_s < OHTD_COURSES_NOT_DUE,
	};
	strcpy(more->user, row->user);
	return 0;
}

static int fill_copy(const struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_copy *copy)
{
	struct ohtd_courses_certificate *page = calloc(PAGE, sizeof(*page));
	int64_t after = 0;
	int count = page ? ohtd_courses_rows(db, copy->courses, OHTD_COURSES_MAX) : -ENOMEM, r = count < 0 ? count : 0;

	copy->course_count = count < 0 ? 0 : (unsigned int)count;
	for (count = PAGE; !r && count == PAGE; ) {
		count = ohtd_courses_certificates(db, after, page, PAGE);
		r = count < 0 ? count : 0;
		for (int i = 0; !r && i < count; i++) {
			after = page[i].id;
			r = add_brief(courses, copy, &page[i]);
		}
	}
	free(page);
	return r;
}

int ohtd_courses_copy_make(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_copy **copy)
{
	struct ohtd_courses_copy *made = calloc(1, sizeof(*made));
	int r = made ? fill_copy(courses, db, made) : -ENOMEM;

	if (r) {
		ohtd_courses_copy_free(made);
		return r;
	}
	made->number = ++courses->numbers;
	*copy = made;
	return 0;
}

void ohtd_courses_copy_take(struct ohtd_courses *courses, struct ohtd_courses_copy *copy)
{
	bool required = false;

	for (unsigned int i = 0; i < copy->course_count; i++)
		required |= copy->courses[i].required;
	pthread_mutex_lock(&courses->lock);
	if (!courses->copy || courses->copy->number < copy->number) {
		struct ohtd_courses_copy *before = courses->copy;

		courses->copy = copy;
		copy = before;
		atomic_store(&courses->required, required);
	}
	pthread_mutex_unlock(&courses->lock);
	ohtd_courses_copy_free(copy);
}

/* ---- birth ---- */

struct making {
	struct ohtd_courses *courses;
	struct ohtd_courses_copy *copy;
};

static int work_copy(struct ohtd_db *db, void *arg)
{
	struct making *making = arg;

	return ohtd_courses_copy_make(making->courses, db, &making->copy);
}

struct ohtd_courses *ohtd_courses_open(struct ohtd_store *store, struct ohtd_clock *clock, const char *boot_id, bool simulated)
{
	struct ohtd_courses *courses = calloc(1, sizeof(*courses));
	struct making making = { .courses = courses };
	int r;

	if (!courses)
		return NULL;
	courses->store = store;
	courses->clock = clock;
	courses->simulated = simulated;
	snprintf(courses->boot_id, sizeof(courses->boot_id), "%s", boot_id);
	pthread_mutex_init(&courses->lock, NULL);
	/* Also from a database that cannot be written. */
	r = ohtd_store_read(store, work_copy, &making);
	if (r < 0) {
		ohtd_courses_close(courses);
		errno = -r;
		return NULL;
	}
	ohtd_courses_copy_take(courses, making.copy);
	return courses;
}

void ohtd_courses_close(struct ohtd_courses *courses)
{
	if (!courses)
		return;
	ohtd_courses_copy_free(courses->copy);
	pthread_mutex_destroy(&courses->lock);
	free(courses);
}

void ohtd_courses_accounts_changed(struct ohtd_courses *courses)
{
	atomic_store(&courses->stale, true);
}

/* What the store does not take now is tried again at the next tick. */
void ohtd_courses_tick(struct ohtd_courses *courses)
{
	struct making making = { .courses = courses };

	ohtd_courses_clock_is_kept(courses);
	if (!atomic_exchange(&courses->stale, false))
		return;
	if (ohtd_store_call(courses->store, work_copy, &making) < 0) {
		atomic_store(&courses->stale, true);
		ohtd_courses_copy_free(making.copy);
		return;
	}
	ohtd_courses_copy_take(courses, making.copy);
}

/* ---- the decision ---- */

/*
 * An end is a time of day. Until a time server has set the clock it may be behind, and would open what has ended. Once it was right
 * it stays so, but for what an oscillator drifts.
 */
bool ohtd_courses_clock_is_kept(struct ohtd_courses *courses)
{
	const struct ohtd_clock *clock = courses->clock;

	if (!courses->simulated && !atomic_load(&courses->kept) && clock->ops->synchronised(clock->context))
		atomic_store(&courses->kept, true);
	return courses->simulated || atomic_load(&courses->kept);
}

bool ohtd_courses_is_among(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = *words ? words : NULL; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, word, n) && (!at[n] || at[n] == ','))
			return true;
	return false;
}

static bool names(const struct ohtd_courses_course *course, enum ohtd_courses_kind kind, const char *word)
{
	switch (kind) {
	case OHTD_COURSES_VERB:
		return ohtd_courses_is_among(course->verbs, word);
	case OHTD_COURSES_MODULE:
		return ohtd_courses_is_among(course->modules, word) || ohtd_courses_is_among(course->modules, OHTD_COURSES_ALL_MODULES);
	case OHTD_COURSES_ROUTE:
		return ohtd_courses_is_among(course->routes, word);
	case OHTD_COURSES_MODE:
		return ohtd_courses_is_among(course->modes, word);
	}
	return true;
}

struct moment {
	int64_t now_s;
	int64_t boot_ms;
	bool kept;
};

/* "uid 999 (oht-fleet)" of the local socket: a local user has no account, so the account of the same name answers for him. */
static void local_name(const struct ohtd_principal *who, char name[OHTD_USER_NAME_MAX + 1])
{
	const char *from = strstr(who->user, " (");
	size_t n = from ? strcspn(from + 2, ")") : 0;

	snprintf(name, OHTD_USER_NAME_MAX + 1, "%.*s", (int)n, from ? from + 2 : "");
}

static bool lasts(const struct ohtd_courses_brief *override, int64_t boot_ms)
{
	return override->confirmed && override->here && !override->revoked_s && boot_ms < override->until_boot_ms;
}

/* False: it opens. */
static bool is_shut(const struct ohtd_courses_brief *certificate, const struct moment *moment, struct ohtd_courses_lack *lack)
{
	if (certificate->override)
		return !lasts(certificate, moment->boot_ms);
	lack->at_s = certificate->ends_s;
	if (certificate->revoked_s) {
		lack->why = OHTD_COURSES_REVOKED;
		lack->at_s = certificate->revoked_s;
	} else if (moment->now_s >= certificate->ends_s) {
		lack->why = OHTD_COURSES_ENDED;
	} else if (moment->now_s < certificate->starts_s) {
		lack->why = OHTD_COURSES_NOT_YET;
		lack->at_s = certificate->starts_s;
	} else if (!moment->kept) {
		lack->why = OHTD_COURSES_CLOCK;
	} else {
		return false;
	}
	return true;
}

static bool is_of(const struct ohtd_courses_brief *certificate, const struct ohtd_principal *who, const char *local)
{
	return who->local ? *local && !strcmp(certificate->user, local) : certificate->user_id == who->user_id;
}

/* Said of the newest of those that do not open. */
static bool has(const struct ohtd_courses_copy *copy, const struct ohtd_principal *who, int64_t course_id, const struct moment *moment,
		struct ohtd_courses_lack *lack)
{
	char name[OHTD_USER_NAME_MAX + 1] = "";

	if (who->local)
		local_name(who, name);
	lack->why = who->user_id || *name ? OHTD_COURSES_NEVER : OHTD_COURSES_NO_ACCOUNT;
	for (size_t i = 0; i < copy->count; i++)
		if (copy->certificates[i].course_id == course_id && is_of(&copy->certificates[i], who, name) &&
		    !is_shut(&copy->certificates[i], moment, lack))
			return true;
	return false;
}

static bool lacks(struct ohtd_courses *courses, const struct ohtd_principal *who, enum ohtd_courses_kind kind, const char *word,
		  const struct moment *moment, struct ohtd_courses_lack *lack)
{
	const struct ohtd_courses_copy *copy = courses->copy;

	for (unsigned int i = 0; i < copy->course_count; i++) {
		const struct ohtd_courses_course *course = &copy->courses[i];

		if (!course->required || !names(course, kind, word))
			continue;
		lack->why = OHTD_COURSES_NO_ACCOUNT;
		if (who && has(copy, who, course->id, moment, lack))
			continue;
		strcpy(lack->course, course->name);
		strcpy(lack->title, course->title);
		lack->grant_role = course->grant_role;
		return true;
	}
	return false;
}

bool ohtd_courses_lacks(struct ohtd_courses *courses, const struct ohtd_principal *who, enum ohtd_courses_kind kind, const char *word,
			struct ohtd_courses_lack *lack)
{
	struct ohtd_courses_lack unasked;
	struct moment moment;
	bool lacking;

	if (!atomic_load(&courses->required) || (who && who->local && !who->uid))
		return false;
	lack = lack ? lack : &unasked;
	*lack = (struct ohtd_courses_lack){ 0 };
	moment = (struct moment){
		ohtd_clock_wall_s(courses->clock), ohtd_courses_boot_ms(courses), ohtd_courses_clock_is_kept(courses),
	};
	pthread_mutex_lock(&courses->lock);
	lacking = lacks(courses, who, kind, word, &moment, lack);
	pthread_mutex_unlock(&courses->lock);
	snprintf(lack->user, sizeof(lack->user), "%s", who ? who->user : "a client of the gateway");
	return lacking;
}

/* ---- what people are told ---- */

const char *ohtd_courses_why_word(enum ohtd_courses_why why)
{
	static const char *const words[] = {
		[OHTD_COURSES_NEVER] = "never_granted", [OHTD_COURSES_NOT_YET] = "not_yet", [OHTD_COURSES_ENDED] = "ended",
		[OHTD_COURSES_REVOKED] = "revoked", [OHTD_COURSES_CLOCK] = "clock", [OHTD_COURSES_NO_ACCOUNT] = "no_account",
	};

	return words[why];
}

static void reason_of(const struct ohtd_courses_lack *lack, char *text, size_t size)
{
	time_t at = (time_t)lack->at_s;
	char day[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d %H:%M UTC", &tm);
	switch (lack->why) {
	case OHTD_COURSES_NEVER:
		snprintf(text, size, "%s has no certificate of it", lack->user);
		break;
	case OHTD_COURSES_NOT_YET:
		snprintf(text, size, "the certificate of %s begins on %s", lack->user, day);
		break;
	case OHTD_COURSES_ENDED:
		snprintf(text, size, "the certificate of %s ended on %s", lack->user, day);
		break;
	case OHTD_COURSES_REVOKED:
		snprintf(text, size, "the certificate of %s was revoked on %s", lack->user, day);
		break;
	case OHTD_COURSES_CLOCK:
		snprintf(text, size, "no time server has set the clock of the robot since ohtd started, so the certificate of %s may be over", lack->user);
		break;
	case OHTD_COURSES_NO_ACCOUNT:
		snprintf(text, size, "%s has no account that could have a certificate of it", lack->user);
		break;
	}
}

void ohtd_courses_lack_text(const struct ohtd_courses_lack *lack, char text[OHTD_COURSES_LACK_BYTES])
{
	char reason[200];

	reason_of(lack, reason, sizeof(reason));
	snprintf(text, OHTD_COURSES_LACK_BYTES, "this needs the course %s (%s): %s; %s", lack->course, lack->title, reason,
		 lack->why == OHTD_COURSES_NO_ACCOUNT ? "log in, or send the key of a service account" :
		 lack->grant_role == OHTD_ROLE_SUPERVISOR ? "a supervisor or an administrator grants it" : "an administrator grants it");
}

enum ohtd_courses_state ohtd_courses_state_of(struct ohtd_courses *courses, const struct ohtd_courses_certificate *row)
{
	int64_t now_s = ohtd_clock_wall_s(courses->clock);

	if (row->revoked_s)
		return OHTD_CERTIFICATE_REVOKED;
	if (row->override_ms) {
		if (strcmp(row->boot_id, courses->boot_id) != 0 || ohtd_courses_boot_ms(courses) >= row->until_boot_ms)
			return OHTD_CERTIFICATE_ENDED;
		return *row->confirmed_by ? OHTD_CERTIFICATE_VALID : OHTD_CERTIFICATE_WAITS;
	}
	if (now_s >= row->ends_s)
		return OHTD_CERTIFICATE_ENDED;
	if (now_s < row->starts_s)
		return OHTD_CERTIFICATE_NOT_YET;
	return row->due_s - now_s < OHTD_COURSES_DUE_DAYS * OHTD_COURSES_DAY_S ? OHTD_CERTIFICATE_DUE : OHTD_CERTIFICATE_VALID;
}

static const struct ohtd_courses_course *find_required(const struct ohtd_courses_copy *copy, int64_t id)
{
	for (unsigned int i = 0; i < copy->course_count; i++)
		if (copy->courses[i].id == id)
			return copy->courses[i].required ? &copy->courses[i] : NULL;
	return NULL;
}

void ohtd_courses_concerns(struct ohtd_courses *courses, void (*tell)(void *arg, const struct ohtd_courses_concern *concern), void *arg)
{
	int64_t now_s = ohtd_clock_wall_s(courses->clock), boot_ms = ohtd_courses_boot_ms(courses);

	if (!atomic_load(&courses->required))
		return;
	pthread_mutex_lock(&courses->lock);
	for (size_t i = 0; i < courses->copy->count; i++) {
		const struct ohtd_courses_brief *one = &courses->copy->certificates[i];
		const struct ohtd_courses_course *course = find_required(courses->copy, one->course_id);
		struct ohtd_courses_concern concern = { .id = one->id, .user = one->user, .override = one->override };

		if (!course || (one->override ? !lasts(one, boot_ms) :
				!one->due || one->ends_s - now_s >= OHTD_COURSES_DUE_DAYS * OHTD_COURSES_DAY_S))
			continue;
		concern.course = course->name;
		concern.over = !one->override && now_s >= one->ends_s;
		tell(arg, &concern);
	}
	pthread_mutex_unlock(&courses->lock);
}
