// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/account.h"

#include <errno.h>
#include <stdio.h>

#include "auth/accounts.h"
#include "auth/password.h"
#include "lists/list.h"
#include "views/words.h"
#include "base/clock.h"
#include "tables/users.h"

struct ohtd_store_problem ohtd_account_problem(int error)
{
	switch (error) {
	case -ENOENT:
		return (struct ohtd_store_problem){ 404, "not_found", "there is no such account" };
	case -EEXIST:
		return (struct ohtd_store_problem){ 409, "user_exists",
						      "there is such a user already" };
	case -EPERM:
		return (struct ohtd_store_problem){ 409, "last_administrator",
						      "this is the last administrator who can log in" };
	case -EACCES:
		return (struct ohtd_store_problem){ 403, "role_above_own",
						      "nobody makes or changes an account above his own role" };
	case -ECANCELED:
		return (struct ohtd_store_problem){ 401, "token_revoked",
						      "the account that asks was changed meanwhile; nothing was done" };
	case -EALREADY:
		return (struct ohtd_store_problem){ 409, "setup_done",
						      "there is an administrator already" };
	case -EKEYREJECTED:
		return (struct ohtd_store_problem){ 403, "setup_code_wrong",
						      "this is not the set-up code" };
	case -EKEYEXPIRED:
		return (struct ohtd_store_problem){ 403, "setup_code_retired",
						      "there is no set-up code any more; a new start of ohtd draws one" };
	default:
		return ohtd_store_problem(error);
	}
}

OHTD_SHAPE_SHARED(ohtd_account_view, "Account",
	OHTD_INTEGER(ohtd_account_view, id, .summary = "Number, never given to another account"),
	OHTD_TEXT(ohtd_account_view, username, .summary = "Name to log in with",
		  .example = "\"anna\""),
	OHTD_WORD(ohtd_account_view, role, .words = &ohtd_role_words, .summary = "What is allowed"),
	OHTD_BOOLEAN(ohtd_account_view, disabled, .summary = "The account cannot log in"),
	OHTD_TIME(ohtd_account_view, created, .flags = OHTD_NULL, .summary = "When it was made"));

OHTD_SHAPE_SHARED(ohtd_account_page, "AccountPage",
	OHTD_LIST(ohtd_account_page, items, ohtd_account_view, .summary = "Accounts in the order asked for"),
	OHTD_NEXT_CURSOR(ohtd_account_page));

#define NEW_PASSWORD(S_, flags_)							\
	OHTD_TEXT(S_, password, .flags = OHTD_SECRET | (flags_), .min = OHTD_PASSWORD_BYTES_MIN, \
		  .max = OHTD_PASSWORD_BYTES_MAX, .summary = "New password; its length counts in bytes of UTF-8", \
		  .example = "\"correct horse battery\"")

OHTD_SHAPE_SHARED(ohtd_account_new, "NewAccount",
	OHTD_TEXT(ohtd_account_new, username, .flags = OHTD_NEEDED, .min = 1,
		  .max = OHTD_USER_NAME_MAX, .unfit = ohtd_account_name_unfit,
		  .pattern = OHTD_USER_NAME_PATTERN,
		  .summary = "Letters, digits and . _ - @", .example = "\"anna\""),
	NEW_PASSWORD(ohtd_account_new, OHTD_NEEDED),
	OHTD_WORD(ohtd_account_new, role, .flags = OHTD_NEEDED, .words = &ohtd_role_words,
		  .summary = "What is allowed", .example = "\"operator\""));

OHTD_SHAPE_SHARED(ohtd_account_patch, "AccountChange",
	NEW_PASSWORD(ohtd_account_patch, OHTD_SOME),
	OHTD_WORD(ohtd_account_patch, role, .flags = OHTD_SOME, .words = &ohtd_role_words, .preset = OHTD_NONE,
		  .summary = "What is allowed from now on"),
	OHTD_TRISTATE(ohtd_account_patch, disabled, .flags = OHTD_SOME, .summary = "Whether the account can log in"));

struct ohtd_account_view ohtd_account_view_of(const struct ohtd_user *user)
{
	return (struct ohtd_account_view){
		.id = user->id, .username = user->name, .role = user->role,
		.disabled = user->disabled, .created = user->created_s * (int64_t)OHTD_NS_PER_S,
	};
}

void ohtd_account_take_new(struct ohtd_account_order *order, const struct ohtd_account_new *said)
{
	order->act = OHTD_ACCOUNT_ADD;
	order->user.role = (int)said->role;
	snprintf(order->user.name, sizeof(order->user.name), "%s", said->username);
	ohtd_secret_set(&order->password, said->password);
}

void ohtd_account_take_patch(struct ohtd_account_order *order, int64_t id,
			     const struct ohtd_account_patch *said)
{
	order->act = OHTD_ACCOUNT_CHANGE;
	order->change.id = id;
	order->change.role = said->role == OHTD_NONE ? 0 : (int)said->role;
	order->change.disabled = said->disabled < 0 ? -1 : said->disabled > 0;
	if (said->password)
		ohtd_secret_set(&order->password, said->password);
}

bool ohtd_account_patch_is_empty(const struct ohtd_account_patch *said)
{
	return !said->password && said->role == OHTD_NONE && said->disabled < 0;
}
