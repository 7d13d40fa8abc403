/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this folder share: the copy of courses and certificates in memory.
 * Contexts: as courses.h.
 * Locks:    see courses.h.
 */
#ifndef OHTD_COURSES_PRIVATE_H
#define OHTD_COURSES_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "courses/courses.h"

/**
 * struct ohtd_courses_brief - a certificate as a decision needs it
 * @here: an override of this boot of the machine
 */
struct ohtd_courses_brief {
	int64_t id;
	int64_t user_id;
	int64_t course_id;
	int64_t starts_s;
	int64_t ends_s;
	int64_t revoked_s;
	int64_t until_boot_ms;
	bool override;
	bool confirmed;
	bool here;
	bool due;
	char user[OHTD_USER_NAME_MAX + 1];
};

/**
 * struct ohtd_courses_copy - all that is in the database, as it was after one transaction
 * @number: a later one has a greater number
 */
struct ohtd_courses_copy {
	uint64_t number;
	unsigned int course_count;
	size_t count, room;
	struct ohtd_courses_brief *certificates;
	struct ohtd_courses_course courses[OHTD_COURSES_MAX];
};

/**
 * struct ohtd_courses - see courses.h
 * @lock: for @copy
 * @numbers: of copies; written by the store's thread, and before it is asked
 * @required: some course is
 * @kept: the time of day was kept right at some moment of this run
 * @stale: accounts have changed since the copy was made
 */
struct ohtd_courses {
	struct ohtd_store *store;
	struct ohtd_clock *clock;
	char boot_id[OHTD_BOOT_ID_BYTES];
	bool simulated;
	pthread_mutex_t lock;
	struct ohtd_courses_copy *copy;
	uint64_t numbers;
	atomic_bool required;
	atomic_bool kept;
	atomic_bool stale;
};

/* 0 with @copy, which ohtd_courses_copy_free() frees, or a negative errno. */
int ohtd_courses_copy_make(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_copy **copy);
void ohtd_courses_copy_free(struct ohtd_courses_copy *copy);

/* Takes @copy unless a newer one is there. */
void ohtd_courses_copy_take(struct ohtd_courses *courses, struct ohtd_courses_copy *copy);

/* Is @word one of those in @words, with commas between them? */
bool ohtd_courses_is_among(const char *words, const char *word);

int64_t ohtd_courses_boot_ms(const struct ohtd_courses *courses);

#endif /* OHTD_COURSES_PRIVATE_H */
