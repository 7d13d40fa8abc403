// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/principal.h"

#define TAG_LETTERS	0x756964ull	/* "uid" */
#define TAG_SHIFT	40

static uint64_t tag_of_uid(uint32_t uid)
{
	return TAG_LETTERS << TAG_SHIFT | uid;
}

uint64_t ohtd_principal_tag(const struct ohtd_principal *who)
{
	return who->local ? tag_of_uid(who->uid) : (uint64_t)who->user_id;
}

bool ohtd_uid_of_tag(uint64_t tag, uint32_t *uid)
{
	*uid = (uint32_t)tag;
	return tag_of_uid(*uid) == tag;
}
