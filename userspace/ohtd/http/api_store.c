// SPDX-License-Identifier: GPL-2.0-or-later
/* Why the store has refused. */
#include "http/api.h"
#include "http/call.h"

#include "http/account.h"

void ohtd_reply_store_problem(struct ohtd_call *call, int error)
{
	struct ohtd_account_problem problem = ohtd_storage_problem(error);

	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
}
