// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/leftover.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/sql.h"

#define WHY_BYTES	512

/* 1: it may take the place, 0: not, with @why filled, or a negative errno. */
static int may_take_place(const struct ohtd_schema *schema, const char *path, const char *name, bool repair, char *why,
			  size_t size)
{
	char what[WHY_BYTES];
	int left = ohtd_db_weigh(schema, name, why, size), there;

	if (left <= OHTD_DB_NO_WORTH || (left == OHTD_DB_WHOLE && !repair))
		return left == OHTD_DB_WHOLE ? 1 : left;
	there = ohtd_db_weigh(schema, path, what, sizeof(what));
	if (there < 0)
		return there;
	if (left == OHTD_DB_WHOLE)
		snprintf(why, size, "%s: nothing has to be repaired", name);
	return repair ? left > there : left >= there;
}

/* A hard link: what is written into it would be written into the file of that name, and to move it over that one does nothing. */
static bool has_other_name(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink > 1;
}

/* 0 or a negative errno; @outcome: words for the log. */
static int move_away(const char *name, const struct stat *st, long long now_s, char *outcome, size_t size)
{
	char aside[OHTD_DB_PATH_BYTES];
	int r;

	/* Links, pipes and devices have nothing that could be kept, and the daemon may not make them under another name. */
	if (has_other_name(st) || (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))) {
		snprintf(outcome, size, "is removed");
		return unlink(name) ? -errno : 0;
	}
	r = ohtd_db_file_set_aside(name, now_s, aside, sizeof(aside));
	if (!r)
		snprintf(outcome, size, "is kept as %s", aside);
	return r;
}

int ohtd_db_leftover(const struct ohtd_schema *schema, const char *path, const char *ending, enum ohtd_leftover_kind kind, long long now_s)
{
	char name[OHTD_DB_PATH_BYTES], why[WHY_BYTES] = "", outcome[WHY_BYTES];
	struct stat st;
	int r = 0;

	snprintf(name, sizeof(name), "%s%s", path, ending);
	if (lstat(name, &st))
		return errno == ENOENT ? 0 : -errno;
	if (kind != OHTD_LEFT_BEFORE && has_other_name(&st))
		snprintf(why, sizeof(why), "%s: the file has another name, too", name);
	else
		r = may_take_place(schema, path, name, kind == OHTD_LEFT_REPAIR, why, sizeof(why));
	if (r)
		return r;
	r = move_away(name, &st, now_s, outcome, sizeof(outcome));
	if (r)
		snprintf(outcome, sizeof(outcome), "cannot be moved away: %s", strerror(-r));
	ohtd_log(OHTD_LOG_ERROR, schema->room, "leftover_set_aside", "%s; it does not take the place of %s, and %s", why, path, outcome);
	return r;
}
