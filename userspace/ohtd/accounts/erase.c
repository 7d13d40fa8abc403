// SPDX-License-Identifier: GPL-2.0-or-later
/* Erases the name of a deleted account from all tables; the audit keeps it. */
#include "accounts/private.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/sql.h"

#define OF(table_, column_)	{ "UPDATE " table_ " SET " column_ " = :number WHERE " column_ " = :name" }

/* Of a text, as one of its words. */
#define WORD(column_)		column_ " = trim(replace(' ' || " column_ ", ' ' || :name || ' ', ' ' || :number || ' '))"
/* Of PERSON/COURSE. */
#define SUBJECT			"subject = iif(substr(subject, 1, length(:name) + 1) = :name || '/', :number || substr(subject, length(:name) + 1), subject)"
#define ABOUT_PERSONS		"code IN ('certificate_ends', 'qualification_override', 'scenario_running', 'agent_silent')"

/* Each column that has the name of an account. What a person has typed as a reason, a comment or a title stays as it is. */
static const struct ohtd_statement unname_sql[] = {
	OF("commands", "user"),
	OF("command_ids", "user"),
	OF("alerts", "acknowledged_by"),
	OF("alert_comments", "made_by"),
	OF("alert_shelves", "made_by"),
	OF("webhooks", "made_by"),
	OF("config_versions", "author"),
	OF("keys", "made_by"),
	OF("missions", "made_by"),
	OF("missions", "driven_by"),
	OF("mission_schedules", "made_by"),
	OF("odometer_services", "done_by"),
	OF("scenarios", "person"),
	OF("certificates", "granted_by"),
	OF("certificates", "revoked_by"),
	OF("certificates", "confirmed_by"),
	{ "UPDATE alerts SET " WORD("text") ", " SUBJECT " WHERE " ABOUT_PERSONS },
	{ "UPDATE webhook_deliveries SET " WORD("text") ", " SUBJECT " WHERE " ABOUT_PERSONS },
	/* An answer that was kept for a client that sends again: from now on that hears that it was done. */
	{ "UPDATE request_keys SET body = '', state = 1 WHERE state = 2 AND instr(body, '\"' || :name || '\"')" },
};

/* What goes with the account, and its own row. */
static const struct ohtd_statement end_sql[] = {
	{ "UPDATE users SET name = :number WHERE id = :id" },
	{ "DELETE FROM profiles WHERE user_id = :id" },
	{ "DELETE FROM certificates WHERE user_id = :id" },
	{ "DELETE FROM second_factors WHERE user_id = :id" },
	{ "DELETE FROM reset_codes WHERE user_id = :id" },
	{ "DELETE FROM devices WHERE user_id = :id" },
	{ "DELETE FROM pins WHERE user_id = :id" },
};

#define COUNT(array_)	(sizeof(array_) / sizeof((array_)[0]))

int ohtd_accounts_erase(struct ohtd_db *db, const struct ohtd_user *user)
{
	char number[32];
	int r = 0;

	snprintf(number, sizeof(number), "account %" PRId64, user->id);
	for (size_t i = 0; !r && i < COUNT(end_sql); i++) {
		sqlite3_stmt *s = ohtd_db_statement(db, &end_sql[i]);

		ohtd_db_bind_number(s, ":id", user->id);
		ohtd_db_bind_text(s, ":number", number);
		r = ohtd_db_run(db, s);
	}
	for (size_t i = 0; !r && i < COUNT(unname_sql); i++) {
		sqlite3_stmt *s = ohtd_db_statement(db, &unname_sql[i]);

		ohtd_db_bind_text(s, ":name", user->name);
		ohtd_db_bind_text(s, ":number", number);
		r = ohtd_db_run(db, s);
	}
	return r;
}
