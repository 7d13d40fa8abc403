// SPDX-License-Identifier: GPL-2.0-or-later
/* The start with a restored database: its audit is the one of today, which goes on with a record of the restore. */
#include "audit/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/carry.h"
#include "settings/version_rows.h"

/**
 * struct restoring - what the store thread is to do
 * @setup: of the audit
 * @before: the database of before; "": there was none
 * @order: out: what was restored, and by whom
 * @lost: out: the audit of before could not be read
 */
struct restoring {
	const struct ohtd_audit_setup *setup;
	const char *before;
	struct ohtd_carry_order order;
	bool lost;
};

static int take_over(struct ohtd_db *db, void *arg)
{
	struct restoring *restoring = arg;
	int r = ohtd_db_carry_take_order(db, &restoring->order);

	if (r || !*restoring->before)
		return r;
	/* The audit of today tells of versions by their numbers. */
	r = ohtd_db_config_take_given(db, restoring->before);
	if (r && r != -EBADMSG)
		return r;
	r = ohtd_db_audit_take(db, restoring->before);
	if (r != -EBADMSG)
		return r;
	restoring->lost = true;
	return 0;
}

static void describe(struct ohtd_audit_row *row, void *arg)
{
	const struct restoring *restoring = arg;
	const struct ohtd_carry_order *order = &restoring->order;
	int64_t now_ns = ohtd_clock_wall_ns(restoring->setup->clock);

	*row = (struct ohtd_audit_row){ .time_ns = now_ns - now_ns % (int64_t)OHTD_NS_PER_MS };
	snprintf(row->boot, sizeof(row->boot), "%s", restoring->setup->boot_id);
	snprintf(row->who, sizeof(row->who), "%s", *order->by ? order->by : "ohtd");
	snprintf(row->act, sizeof(row->act), "restore");
	snprintf(row->object, sizeof(row->object), "%s", order->file);
	snprintf(row->after, sizeof(row->after), "{\"backup_made_ms\":%" PRId64 ",\"audit\":\"%s\"}",
		 order->made_ns / (int64_t)OHTD_NS_PER_MS,
		 *restoring->before && !restoring->lost ? "of today" : "of the backup");
	snprintf(row->result, sizeof(row->result), "done");
	ohtd_audit_make_printable(row);
}

static int work_restored(struct ohtd_db *db, void *arg)
{
	struct ohtd_audit_row row;

	return ohtd_db_audit_act(db, take_over, arg, describe, &row);
}

int ohtd_audit_restored(const struct ohtd_audit_setup *setup, const char *before)
{
	struct restoring restoring = { .setup = setup, .before = before };
	int r = ohtd_store_call(setup->store, work_restored, &restoring);

	if (restoring.lost && r >= 0)
		ohtd_log(OHTD_LOG_ERROR, "audit", "not_carried_over", "%s: its audit cannot be read; the records up to the backup are "
			 "what is left", before);
	return r < 0 ? r : 0;
}

void ohtd_audit_restore_undone(struct ohtd_audit *audit)
{
	ohtd_audit_own(audit, "restore undone", "", "", "done");
}
