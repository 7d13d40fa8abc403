/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a backup says of itself, as JSON.
 * Contexts: a thread that may wait.
 * Locks:    none.
 */
#ifndef OHTD_JOBS_MANIFEST_H
#define OHTD_JOBS_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jobs/archive.h"
#include "store/carry.h"

#define OHTD_ROBOT_ID_BYTES	16	/* drawn at the first start */

/**
 * struct ohtd_manifest_history - what it says of the memory of values
 * @schema: of its database
 * @bytes: of it; 0: there is none in the backup
 * @sha256: hexadecimal
 * @from_ns, @to_ns: wall clock of the oldest value and behind the newest one; 0: it has none
 */
struct ohtd_manifest_history {
	int schema;
	uint64_t bytes;
	char sha256[65];
	int64_t from_ns, to_ns;
};

/**
 * struct ohtd_manifest - what a backup says of itself
 * @robot_name: as people call it, may be ""
 * @robot_id: hexadecimal
 * @version: of the program
 * @schema: of the database
 * @made_ns: wall clock
 * @by: account that ordered it
 * @automatic: the nightly schedule ordered it
 * @content_bytes: of the database
 * @content_sha256: hexadecimal
 * @counts: rows, table NULL: no more
 * @history: of the second database
 */
struct ohtd_manifest {
	char robot_name[128];
	char robot_id[2 * OHTD_ROBOT_ID_BYTES + 1];
	char version[32];
	int schema;
	int64_t made_ns;
	char by[65];
	bool automatic;
	uint64_t content_bytes;
	char content_sha256[65];
	struct ohtd_carry_count counts[OHTD_CARRY_TABLES];
	struct ohtd_manifest_history history;
};

#define OHTD_JOBS_LEFT_OUT_MAX	16

/* What a backup leaves out, for people and in each manifest. How many. */
size_t ohtd_jobs_list_left_out(const struct ohtd_manifest *manifest, const char *words[OHTD_JOBS_LEFT_OUT_MAX]);

/* 0, or -ENOMEM. */
int ohtd_manifest_write(const struct ohtd_manifest *manifest, char text[OHTD_ARCHIVE_MANIFEST_BYTES]);

/* 0; -EBADMSG: makes no sense; -ENOTSUP: of a newer form. */
int ohtd_manifest_read(struct ohtd_manifest *manifest, const char *text);

#endif /* OHTD_JOBS_MANIFEST_H */
