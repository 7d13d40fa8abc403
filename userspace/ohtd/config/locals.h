/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the roles of local users and groups, which people write as "1001=operator @panel=viewer *=none".
 * Contexts: any thread. ohtd_config_locals_find() and ohtd_config_users_read() read files of this machine, one caller at a time; the rest
 *           is pure.
 * Locks:    none.
 */
#ifndef OHTD_CONFIG_LOCALS_H
#define OHTD_CONFIG_LOCALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/entries.h"
#include "base/role.h"

#define OHTD_LOCALS_MAX		16
#define OHTD_LOCALS_BYTES	512
/* As shipped: members of the group administer, every other user is refused. */
#define OHTD_LOCALS_PRESET	"@oht-admin=administrator"
/* Longest name of a user or group on Linux, with its NUL. */
#define OHTD_LOCAL_NAME_BYTES	33
#define OHTD_LOCAL_USERS_MAX	256

enum ohtd_config_local_kind {
	OHTD_LOCAL_USER,
	OHTD_LOCAL_GROUP,
	OHTD_LOCAL_OTHERS,
};

/**
 * struct ohtd_config_local - the role of a user, of the members of a group, or of all other users
 * @kind: enum ohtd_config_local_kind
 * @name: of the user or group; "": it was given as a number
 * @id: uid or gid
 * @known: @id is filled in: it was given as a number, or this machine has that name
 * @role: OHTD_ROLE_NONE: is refused
 */
struct ohtd_config_local {
	enum ohtd_config_local_kind kind;
	char name[OHTD_LOCAL_NAME_BYTES];
	uint32_t id;
	bool known;
	enum ohtd_role role;
};

struct ohtd_config_locals {
	unsigned int count;
	struct ohtd_config_local at[OHTD_LOCALS_MAX];
};

/**
 * struct ohtd_config_peer - a user at the local socket, as the kernel says
 * @uid: of the process
 * @gid: of the process
 * @groups: further groups
 * @group_count: of @groups
 */
struct ohtd_config_peer {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
};

/* The names of this machine's users. */
struct ohtd_config_users {
	unsigned int count;
	struct {
		uid_t uid;
		char name[OHTD_LOCAL_NAME_BYTES];
	} at[OHTD_LOCAL_USERS_MAX];
};

/**
 * ohtd_config_locals_read() - read a list of local roles
 * @locals: replaced; of no use on failure
 * @text: entries USER=ROLE, @GROUP=ROLE and *=ROLE with commas or blanks between two of them; "": none
 * @part: on failure the entry that is wrong; NULL: not asked for
 *
 * Return: NULL, or what is wrong with the entry, as "which is one more than 16".
 */
const char *ohtd_config_locals_read(struct ohtd_config_locals *locals, const char *text, struct ohtd_part *part);

/**
 * ohtd_config_locals_find() - fill in the ids of names
 * @locals: of ohtd_config_locals_read(); a name that this machine does not have stays unknown, and fits no user
 */
void ohtd_config_locals_find(struct ohtd_config_locals *locals);

/**
 * ohtd_config_locals_role() - the role of a user at the local socket
 * @locals: with their ids
 * @peer: the user
 *
 * Root is administrator whatever is written. An entry of the user decides before those of groups, of which the highest counts; then that of all
 * others.
 *
 * Return: the role; OHTD_ROLE_NONE: the user is refused.
 */
enum ohtd_role ohtd_config_locals_role(const struct ohtd_config_locals *locals, const struct ohtd_config_peer *peer);

/* Do both give each user the same role? True only for the same entries with the same ids in the same order. */
bool ohtd_config_locals_are(const struct ohtd_config_locals *locals, const struct ohtd_config_locals *others);

/* Reads the users of /etc/passwd. Directories are not asked, since they may take long. */
void ohtd_config_users_read(struct ohtd_config_users *users);

/* The name of a user; "": not known. */
const char *ohtd_config_users_name(const struct ohtd_config_users *users, uid_t uid);

#endif /* OHTD_CONFIG_LOCALS_H */
