// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/schema.h"

#include "store/written.h"

extern const struct ohtd_migration ohtd_small_migrations[];
extern const char ohtd_small_mend[];
extern const struct ohtd_migration ohtd_history_migrations[];
extern const char ohtd_history_mend[];

const struct ohtd_schema ohtd_small_schema = {
	.room = "store",
	.thread = "ohtd-store",
	.application_id = 0x4f485444,	/* "OHTD" */
	.migrations = ohtd_small_migrations,
	.create = "",
	.settings = "PRAGMA secure_delete = ON;",
	.check = "integrity_check",
	.mend = ohtd_small_mend,
	.written = &ohtd_small_written,
	.log_due = 2000,
};

const struct ohtd_schema ohtd_history_schema = {
	.room = "history",
	.thread = "ohtd-history",
	.application_id = 0x4f485448,	/* "OHTH" */
	.migrations = ohtd_history_migrations,
	.create = "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;",
	.settings = "PRAGMA secure_delete = OFF;",
	.check = "quick_check",
	.mend = ohtd_history_mend,
	.written = &ohtd_history_written,
	.log_due = 4000,
	.yields = 1 << 20,
	.bulk = true,
};

int ohtd_schema_version(const struct ohtd_schema *schema)
{
	int version = 0;

	while (schema->migrations[version].sql)
		version++;
	return version;
}
