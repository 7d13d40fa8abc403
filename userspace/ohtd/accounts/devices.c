// SPDX-License-Identifier: GPL-2.0-or-later
#include "accounts/devices.h"

#include <errno.h>
#include <string.h>

#include "store/sql.h"

static const struct ohtd_stored_column columns[] = {
	OHTD_COLUMN(ohtd_account_device, id, .asked = "id"),
	OHTD_COLUMN(ohtd_account_device, print),
	OHTD_COLUMN(ohtd_account_device, key),
	OHTD_COLUMN(ohtd_account_device, state, .asked = "state"),
	OHTD_COLUMN(ohtd_account_device, user_id),
	OHTD_COLUMN(ohtd_account_device, note),
	OHTD_COLUMN(ohtd_account_device, address),
	OHTD_COLUMN(ohtd_account_device, client),
	OHTD_COLUMN(ohtd_account_device, agent),
	OHTD_COLUMN(ohtd_account_device, created_s, .asked = "created"),
	OHTD_COLUMN(ohtd_account_device, until_s),
	OHTD_COLUMN(ohtd_account_device, decided_s),
	OHTD_COLUMN(ohtd_account_device, decided_by_id),
	OHTD_COLUMN(ohtd_account_device, name, .seen = true),
	OHTD_COLUMN(ohtd_account_device, role, .seen = true, .most = OHTD_ACCOUNT_ROLE_MAX),
	OHTD_COLUMN(ohtd_account_device, disabled, .seen = true),
	OHTD_COLUMN(ohtd_account_device, decided_by, .seen = true),
};

const struct ohtd_stored_row ohtd_account_devices = {
	.table = "devices", .from = "(SELECT d.*, coalesce(u.name, '') AS name, coalesce(u.role, 0) AS role, coalesce(u.disabled, 0) AS disabled,"
		" iif(d.decided_by_id, coalesce((SELECT b.name FROM users b WHERE b.id = d.decided_by_id AND b.deleted_s IS NULL),"
		" 'account ' || d.decided_by_id), '') AS decided_by FROM devices d LEFT JOIN users u ON u.id = d.user_id)",
	.bytes = sizeof(struct ohtd_account_device), .key = &columns[0], OHTD_COLUMNS(columns),
};

static const struct ohtd_statement get_sql = { " WHERE id = :id", &ohtd_account_devices, ohtd_row_select };
static const struct ohtd_statement find_sql = { " WHERE print = :print", &ohtd_account_devices, ohtd_row_select };
static const struct ohtd_statement add_sql = {
	"INSERT INTO devices (print, key, state, user_id, note, address, client, agent, created_s, until_s, decided_s, decided_by_id)"
	" VALUES (:print, :key, 1, 0, :note, :address, :client, :agent, :created_s, :until_s, 0, 0)", &ohtd_account_devices
};
static const struct ohtd_statement put_sql = {
	"UPDATE devices SET state = :state, user_id = :user_id, decided_s = :decided_s, decided_by_id = :decided_by_id WHERE id = :id",
	&ohtd_account_devices
};
static const struct ohtd_statement end_sql = { "DELETE FROM devices WHERE id = :id", &ohtd_account_devices };
static const struct ohtd_statement end_old_sql = { "DELETE FROM devices WHERE state = 1 AND until_s <= :now" };
static const struct ohtd_statement forget_sql = {
	"DELETE FROM devices WHERE state = 3 AND id NOT IN (SELECT id FROM devices WHERE state = 3 ORDER BY decided_s DESC, id DESC LIMIT :keep)"
};
static const struct ohtd_statement room_sql = {
	"SELECT count(*), count(iif(client = :client, 1, NULL)) FROM devices WHERE state = 1"
};
static const struct ohtd_statement waiting_sql = { "SELECT count(*), coalesce(max(id), 0) FROM devices WHERE state = 1 AND until_s > :now" };

int ohtd_account_device_find(struct ohtd_db *db, struct ohtd_account_device *device, int64_t now_s)
{
	int r = ohtd_db_get(db, &find_sql, device);

	return r ? r : device->state == OHTD_DEVICE_WAITING && device->until_s <= now_s ? -ENOENT : 0;
}

static int end_old(struct ohtd_db *db, int64_t now_s)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &end_old_sql);

	ohtd_db_bind_number(s, ":now", now_s);
	return ohtd_db_run(db, s);
}

static int ask(struct ohtd_db *db, struct ohtd_account_device *device)
{
	struct ohtd_account_device kept = *device;
	int r = end_old(db, device->created_s);

	r = r ? r : ohtd_db_get(db, &find_sql, &kept);
	if (r != -ENOENT) {
		*device = kept;
		return r;
	}
	r = ohtd_accounts_room(db, &room_sql, device->client);
	r = r ? r : ohtd_db_put(db, &add_sql, device);
	return r ? r : ohtd_db_get(db, &find_sql, device);
}

int ohtd_account_device_ask(struct ohtd_db *db, struct ohtd_account_device *device)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, ask(db, device));
}

static int make_account(struct ohtd_db *db, struct ohtd_account_device_decision *decision)
{
	struct ohtd_user *user = &decision->user;
	int r;

	if (user->role > decision->by_role)
		return -EACCES;
	user->service = true;
	r = ohtd_db_user_add(db, user, decision->now_s);
	return r ? r : ohtd_db_user_find(db, user);
}

static int forget_rejected(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &forget_sql);

	ohtd_db_bind_number(s, ":keep", OHTD_DEVICES_REJECTED_MAX);
	return ohtd_db_run(db, s);
}

static int decide(struct ohtd_db *db, struct ohtd_account_device_decision *decision)
{
	struct ohtd_account_device device = { .id = decision->id };
	int r = end_old(db, decision->now_s);

	r = r ? r : ohtd_db_get(db, &get_sql, &device);
	if (!r && device.state != OHTD_DEVICE_WAITING)
		r = -EALREADY;
	if (!r && decision->accept)
		r = make_account(db, decision);
	if (r)
		return r;
	device.state = decision->accept ? OHTD_DEVICE_ACCEPTED : OHTD_DEVICE_REJECTED;
	device.user_id = decision->accept ? decision->user.id : 0;
	device.decided_s = decision->now_s;
	device.decided_by_id = decision->by_id;
	r = ohtd_db_put(db, &put_sql, &device);
	return r || decision->accept ? r : forget_rejected(db);
}

int ohtd_account_device_decide(struct ohtd_db *db, struct ohtd_account_device_decision *decision)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, decide(db, decision));
}

static int end_account(struct ohtd_db *db, struct ohtd_account_device_decision *decision, int64_t user_id)
{
	struct ohtd_user_change change = {
		.id = user_id, .disabled = -1, .deleted = true, .by_role = decision->by_role, .now_s = decision->now_s,
	};
	int r = ohtd_db_user_change(db, &change);

	decision->user = change.user;
	decision->ended = !r;
	/* The account has gone by another way meanwhile. */
	return r == -ENOENT ? 0 : r;
}

static int remove_device(struct ohtd_db *db, struct ohtd_account_device_decision *decision)
{
	struct ohtd_account_device device = { .id = decision->id };
	int r = ohtd_db_get(db, &get_sql, &device);

	if (!r && device.user_id)
		r = end_account(db, decision, device.user_id);
	return r ? r : ohtd_db_put(db, &end_sql, &device);
}

int ohtd_account_device_remove(struct ohtd_db *db, struct ohtd_account_device_decision *decision)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, remove_device(db, decision));
}

int ohtd_accounts_devices_count(struct ohtd_db *db, struct ohtd_accounts_waiting *waiting)
{
	return ohtd_accounts_count(db, &waiting_sql, waiting);
}
