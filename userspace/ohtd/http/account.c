// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/account.h"

#include <errno.h>

#include "auth/role.h"
#include "http/api.h"
#include "main/clock.h"
#include "store/store.h"
#include "store/users.h"

static const struct ohtd_account_problem storage[] = {
	[OHTD_STORE_OK] = { 503, "unavailable", "this cannot be done now" },
	[OHTD_STORE_BUSY] = { 503, "storage_busy", "too much is being written, try again" },
	[OHTD_STORE_FULL] = { 507, "storage_full", "there is no room on the disk" },
	[OHTD_STORE_READ_ONLY] = { 503, "storage_read_only", "the disk cannot be written" },
	[OHTD_STORE_FAILING] = { 503, "storage_failing", "the disk gives errors" },
	[OHTD_STORE_DAMAGED] = { 503, "storage_damaged",
				 "the database is damaged; the next start repairs it" },
};

struct ohtd_account_problem ohtd_storage_problem(int error)
{
	return storage[ohtd_store_state_of(error)];
}

struct ohtd_account_problem ohtd_account_problem(int error)
{
	switch (error) {
	case -ENOENT:
		return (struct ohtd_account_problem){ 404, "not_found", "there is no such account" };
	case -EEXIST:
		return (struct ohtd_account_problem){ 409, "user_exists",
						      "there is such a user already" };
	case -EPERM:
		return (struct ohtd_account_problem){ 409, "last_administrator",
						      "this is the last administrator who can log in" };
	case -EACCES:
		return (struct ohtd_account_problem){ 403, "role_above_own",
						      "nobody makes or changes an account above his own role" };
	case -EALREADY:
		return (struct ohtd_account_problem){ 409, "setup_done",
						      "there is an administrator already" };
	case -EKEYREJECTED:
		return (struct ohtd_account_problem){ 403, "setup_code_wrong",
						      "this is not the set-up code" };
	case -EKEYEXPIRED:
		return (struct ohtd_account_problem){ 403, "setup_code_retired",
						      "there is no set-up code any more; a new start of ohtd draws one" };
	default:
		return ohtd_storage_problem(error);
	}
}

struct json_object *ohtd_account_json(const struct ohtd_user *user)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "id", json_object_new_int64(user->id));
	json_object_object_add(json, "username", json_object_new_string(user->name));
	json_object_object_add(json, "role", json_object_new_string(ohtd_role_name(user->role)));
	json_object_object_add(json, "disabled", json_object_new_boolean(user->disabled));
	json_object_object_add(json, "created", ohtd_json_wall_time(user->created_s *
								    (int64_t)OHTD_NS_PER_S));
	return json;
}
