// SPDX-License-Identifier: GPL-2.0-or-later
/* Which trouble of the store an error speaks of, and the words for it. */
#include "store/store.h"

#include <errno.h>

#include "base/file.h"

const char *ohtd_store_state_name(unsigned int state)
{
	static const char *const names[] = {
		[OHTD_STORE_OK] = "ok", [OHTD_STORE_BUSY] = "busy", [OHTD_STORE_FULL] = "full",
		[OHTD_STORE_READ_ONLY] = "read_only", [OHTD_STORE_FAILING] = "failing",
		[OHTD_STORE_DAMAGED] = "damaged", [OHTD_STORE_HUNG] = "hung",
	};

	return names[state];
}

enum ohtd_store_state ohtd_store_state_of(int error)
{
	if (ohtd_file_has_no_room(error))
		return OHTD_STORE_FULL;
	switch (error) {
	case -EUCLEAN:
		return OHTD_STORE_DAMAGED;
	case -ETIMEDOUT:
		return OHTD_STORE_HUNG;
	case -EROFS:
		return OHTD_STORE_READ_ONLY;
	case -EIO:
	case -ENOMEM:
		return OHTD_STORE_FAILING;
	case -EBUSY:
	case -EAGAIN:
		return OHTD_STORE_BUSY;
	default:
		return OHTD_STORE_OK;
	}
}
