// SPDX-License-Identifier: GPL-2.0-or-later
#include "accounts/users.h"

#include <errno.h>
#include <string.h>

#include "store/sql.h"

int ohtd_accounts_import_look(struct ohtd_db *db, struct ohtd_accounts_import *import)
{
	int found = 0;

	for (unsigned int i = 0; i < import->count; i++) {
		struct ohtd_user user = { 0 };
		int r;

		strcpy(user.name, import->rows[i].name);
		r = ohtd_db_user_find(db, &user);
		if (r && r != -ENOENT)
			return r;
		import->rows[i].exists = !r;
		found += !r;
	}
	return found ? -EEXIST : 0;
}

static int make_one(struct ohtd_db *db, const struct ohtd_accounts_import *import, struct ohtd_accounts_import_row *row)
{
	struct ohtd_account_profile profile = { .units = "metric", .theme = "auto" };
	struct ohtd_user user = { .role = row->role };
	int r;

	strcpy(user.name, row->name);
	strcpy(user.password_hash, import->password_hash);
	r = ohtd_db_user_add(db, &user, import->now_s);
	r = r ? r : ohtd_db_user_find(db, &user);
	row->id = user.id;
	if (r || !*row->full_name)
		return r;
	profile.user_id = user.id;
	strcpy(profile.full_name, row->full_name);
	return ohtd_account_profile_put(db, &profile);
}

static int make_all(struct ohtd_db *db, struct ohtd_accounts_import *import)
{
	int r = ohtd_accounts_import_look(db, import);

	for (unsigned int i = 0; !r && i < import->count; i++)
		r = make_one(db, import, &import->rows[i]);
	return r;
}

int ohtd_accounts_import(struct ohtd_db *db, struct ohtd_accounts_import *import)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, make_all(db, import));
}
