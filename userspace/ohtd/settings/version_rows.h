/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about the configuration: every version, the newest of which is live, but for one that waits.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_SETTINGS_VERSION_ROWS_H
#define OHTD_SETTINGS_VERSION_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/list.h"
#include "accounts/users.h"

struct ohtd_db;

#define OHTD_CONFIG_REASON_BYTES	201
#define OHTD_CONFIG_STATE_BYTES		8
#define OHTD_CONFIG_DOCUMENT_BYTES	65536
/* So many versions are kept; of older ones the rescue and the last one of each day, in UTC. */
#define OHTD_CONFIG_VERSIONS_MOST	10000

/* The sentence where there is no version to go back to. */
#define OHTD_NO_RESCUE	"no version is marked as the one to go back to: ohtctl config mark NUMBER does that"

/**
 * struct ohtd_config_version - a version without its document
 * @version: number, from 1 on
 * @parent: the version that it was made of; 0: none
 * @author: name of the account, words for a person on this machine, or "ohtd"
 * @reason: as the author has said it; "": nothing was said
 * @created_ns: wall clock; 0: not known
 * @returns_to: version whose values are live again if nobody confirms this one; 0: it stays
 * @state: of one that was read: "live", "pending", "past" or "waiting"
 * @rescue: a person has marked it as the one to go back to
 * @waits: it is not live yet: it waits until the robot stands
 */
struct ohtd_config_version {
	int64_t version;
	int64_t parent;
	char author[OHTD_USER_NAME_MAX + 1];
	char reason[OHTD_CONFIG_REASON_BYTES];
	int64_t created_ns;
	int64_t returns_to;
	char state[OHTD_CONFIG_STATE_BYTES];
	bool rescue;
	bool waits;
};

/* @document: the whole configuration as JSON */
struct ohtd_config_kept {
	struct ohtd_config_version head;
	char document[OHTD_CONFIG_DOCUMENT_BYTES];
};

/* The newest version that does not wait. 0, -ENOENT: there is none, or another negative errno. */
int ohtd_db_config_newest(struct ohtd_db *db, struct ohtd_config_kept *kept);

/* The version @kept->head.version; as above. */
int ohtd_db_config_get(struct ohtd_db *db, struct ohtd_config_kept *kept);

/* The version that is marked as the rescue; as above. */
int ohtd_db_config_rescue(struct ohtd_db *db, struct ohtd_config_kept *kept);

/* The version that waits until the robot stands; as above. */
int ohtd_db_config_waiting(struct ohtd_db *db, struct ohtd_config_version *head);

/* @head->version is the rescue from now on, and is read. -ENOENT: there is none that is live and confirmed, or was; or another negative errno. */
int ohtd_db_config_mark(struct ohtd_db *db, struct ohtd_config_version *head);

/* Keeps a version, and drops what is newer than its parent: a version that was taken back; but not one of a lower number that waits. Drops
 * what is older than OHTD_CONFIG_VERSIONS_MOST.
 * 0 or a negative errno. */
int ohtd_db_config_add(struct ohtd_db *db, const struct ohtd_config_kept *kept);

/* The highest number that a version has ever had, also one that was taken back since; 0: none has. 0 or a negative errno. */
int ohtd_db_config_given(struct ohtd_db *db, int64_t *given);

/* That of another database, which no process uses, in place of one's own. 0, -EBADMSG: it has none that could be read, or another negative errno. */
int ohtd_db_config_take_given(struct ohtd_db *db, const char *path);

/* Takes a version back: its number is not given again. 0 or a negative errno. */
int ohtd_db_config_drop(struct ohtd_db *db, int64_t version);

/* The version @version stays. 0 or a negative errno. */
int ohtd_db_config_confirm(struct ohtd_db *db, int64_t version);

/* All versions. */
extern const struct ohtd_stored_row ohtd_kept_config_versions;

#endif /* OHTD_SETTINGS_VERSION_ROWS_H */
