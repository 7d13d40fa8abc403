// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/backup.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "store/db_file.h"
#include "store/sql.h"

/* All pages, as one moment's; others may write meanwhile. */
static int copy_pages(struct ohtd_db *db, const char *name)
{
	sqlite3_backup *backup;
	sqlite3 *to = NULL;
	int r = sqlite3_open_v2(name, &to, SQLITE_OPEN_READWRITE, NULL);

	if (r == SQLITE_OK) {
		backup = sqlite3_backup_init(to, "main", db->sql, "main");
		if (backup) {
			sqlite3_backup_step(backup, -1);
			r = sqlite3_backup_finish(backup);
		} else {
			r = sqlite3_errcode(to);
		}
	}
	sqlite3_close(to);
	return ohtd_db_errno(r);
}

int ohtd_db_back_up(struct ohtd_db *db, int version, long long now_s, char *name, size_t size)
{
	char ending[32];
	int r;

	snprintf(ending, sizeof(ending), ".v%d-", version);
	r = ohtd_file_name_aside(name, size, db->path, ending, now_s);
	if (r)
		return r;
	r = ohtd_db_file_make(name);
	if (r)
		return r;
	r = copy_pages(db, name);
	if (!r)
		r = ohtd_db_file_sync(name);
	if (r)
		unlink(name);
	return r;
}
