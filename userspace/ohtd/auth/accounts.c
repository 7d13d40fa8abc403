// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/accounts.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "auth/password.h"
#include "base/role.h"
#include "auth/session.h"
#include "auth/setup.h"
#include "base/log.h"

const char *ohtd_account_name_unfit(const char *name)
{
	/* As authors of what no account has done. */
	static const char *const reserved[] = { "gateway", "local", "ohtd", "system" };
	size_t n = strlen(name);

	if (!n || n > OHTD_USER_NAME_MAX)
		return "a name has 1 to 64 characters";
	for (size_t i = 0; i < n; i++)
		if (!isascii(name[i]) || (!isalnum((unsigned char)name[i]) &&
					  !strchr("._-@", name[i])))
			return "a name has only letters, digits and . _ - @";
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (!strcasecmp(name, reserved[i]))
			return "the name stands for the program itself in records; take another one";
	return NULL;
}

int ohtd_account_prepare(struct ohtd_account_order *order)
{
	if (!*order->password.secret.revealed)
		return 0;
	strcpy(order->password.user, order->user.name);
	return ohtd_password_hash(&order->password, order->hash, sizeof(order->hash));
}

static int add(struct ohtd_db *db, struct ohtd_account_order *order)
{
	struct ohtd_user *user = &order->user;
	int r;

	strcpy(user->password_hash, order->hash);
	r = order->act == OHTD_ACCOUNT_ADD ? ohtd_db_user_add(db, user, order->now_s) :
					     ohtd_db_user_add_first(db, user, order->now_s);
	return r ? r : ohtd_db_user_find(db, user);
}

int ohtd_account_work(struct ohtd_db *db, void *arg)
{
	struct ohtd_account_order *order = arg;
	struct ohtd_user_change *change = &order->change;
	int r;

	if (order->act != OHTD_ACCOUNT_CHANGE)
		return add(db, order);
	change->now_s = order->now_s;
	change->password_hash = *order->hash ? order->hash : NULL;
	r = ohtd_db_user_change(db, change);
	order->user = change->user;
	return r;
}

void ohtd_account_told(const struct ohtd_account_order *order, struct ohtd_auth *auth,
		       struct ohtd_setup *setup)
{
	const struct ohtd_user *user = &order->user;
	const char *role = ohtd_role_name(user->role);

	if (order->act != OHTD_ACCOUNT_CHANGE)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "user_made", "%s (%s) by %s", user->name, role,
			 order->by);
	else if (order->change.deleted)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "user_deleted", "%s (%s) by %s", user->name, role,
			 order->by);
	else
		ohtd_log(OHTD_LOG_NOTICE, "auth", "user_changed", "%s is %s%s%s, by %s", user->name,
			 role, user->disabled ? ", disabled" : "",
			 *order->hash ? ", has a new password" : "", order->by);
	if (auth && order->act == OHTD_ACCOUNT_CHANGE)
		ohtd_auth_changed(auth, user, order->change.deleted);
	if (setup && user->role == OHTD_ROLE_ADMINISTRATOR && order->act != OHTD_ACCOUNT_CHANGE)
		ohtd_setup_done(setup);
}
