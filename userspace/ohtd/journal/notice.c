// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal/notice.h"

#include <stddef.h>

static ohtd_journal_listener told;

void ohtd_journal_listen(ohtd_journal_listener listener)
{
	told = listener;
}

int ohtd_journal_notify(struct ohtd_db *db, const struct ohtd_journal_notice *notice)
{
	return told ? told(db, notice) : 0;
}
