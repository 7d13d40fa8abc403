/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     who makes a request, and the number that stands for that in the stop's journal.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_AUTH_PRINCIPAL_H
#define OHTD_AUTH_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/role.h"
#include "accounts/sessions.h"

/**
 * struct ohtd_principal - who makes a request
 * @user_id: number of the account; 0: no account
 * @user: its name, or words for the log
 * @session: by which; "" without one. A key counts as a session of its own that cannot be elevated
 * @epoch: of the account when the token was made
 * @role: what is allowed
 * @by_key: came with a key of a service account (auth/keys.h)
 * @local: came by the socket of this machine, as @uid
 * @uid: as the kernel says
 * @judged: local: ohtd_settings_local_changes() when @role was judged
 */
struct ohtd_principal {
	int64_t user_id;
	char user[OHTD_USER_NAME_MAX + 1];
	char session[OHTD_SESSION_ID_BYTES];
	int64_t epoch;
	enum ohtd_role role;
	bool by_key;
	bool local;
	uint32_t uid;
	uint64_t judged;
};

/*
 * What the kernel keeps with an act: the number of the account or, over the local socket, letters
 * and the uid. Our own acts have tags of another form (robot/codes.h).
 */
uint64_t ohtd_principal_tag(const struct ohtd_principal *who);

/* False if @tag is not that of a local act. */
bool ohtd_uid_of_tag(uint64_t tag, uint32_t *uid);

#endif /* OHTD_AUTH_PRINCIPAL_H */
