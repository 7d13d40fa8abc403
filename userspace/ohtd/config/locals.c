// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/locals.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(OHTD_LOCALS_MAX == 16, "as the text says");

#define ROLE_BYTES	16
#define DIGITS		"0123456789"
#define USERS_FILE	"/etc/passwd"
#define GROUPS_FILE	"/etc/group"
#define NO_ENTRY	"which is not USER=ROLE, @GROUP=ROLE or *=ROLE, as 1001=operator"

static const char *wrong(const char *entry, size_t bytes, struct ohtd_part *part, const char *why)
{
	if (part) {
		*part = ohtd_entry_part(entry, bytes);
		part->has = true;
	}
	return why;
}

/* ---- the text ---- */

/* A number is an id; the greatest one means "no user" to the kernel. */
static bool take_id(struct ohtd_config_local *local, const char *text, size_t bytes)
{
	unsigned long long id = strtoull(text, NULL, 10);

	local->known = true;
	local->id = (uint32_t)id;
	return bytes <= 10 && id < UINT32_MAX;
}

static bool take_name(struct ohtd_config_local *local, const char *text, size_t bytes)
{
	if (!bytes || bytes >= sizeof(local->name))
		return false;
	for (size_t i = 0; i < bytes; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_.-", text[i]))
			return false;
	memcpy(local->name, text, bytes);
	return *text != '-' && *text != '.';
}

static bool take_who(struct ohtd_config_local *local, const char *text, size_t bytes)
{
	if (bytes == 1 && *text == '*') {
		local->kind = OHTD_LOCAL_OTHERS;
		return true;
	}
	local->kind = *text == '@' ? OHTD_LOCAL_GROUP : OHTD_LOCAL_USER;
	if (local->kind == OHTD_LOCAL_GROUP) {
		text++;
		bytes--;
	}
	return bytes && strspn(text, DIGITS) >= bytes ? take_id(local, text, bytes) : take_name(local, text, bytes);
}

static bool take_role(struct ohtd_config_local *local, const char *text, size_t bytes)
{
	char role[ROLE_BYTES];

	if (bytes >= sizeof(role))
		return false;
	snprintf(role, sizeof(role), "%.*s", (int)bytes, text);
	local->role = ohtd_role_parse(role);
	return local->role || !strcmp(role, ohtd_role_name(OHTD_ROLE_NONE));
}

static bool has(const struct ohtd_config_locals *locals, const struct ohtd_config_local *other)
{
	for (unsigned int i = 0; i < locals->count; i++) {
		const struct ohtd_config_local *local = &locals->at[i];

		if (local->kind == other->kind && local->id == other->id && !strcmp(local->name, other->name))
			return true;
	}
	return false;
}

const char *ohtd_config_locals_read(struct ohtd_config_locals *locals, const char *text, struct ohtd_part *part)
{
	size_t bytes;

	locals->count = 0;
	for (; (bytes = ohtd_entry_next(&text)); text += bytes) {
		const char *sign = memchr(text, '=', bytes);
		struct ohtd_config_local local = { .kind = OHTD_LOCAL_USER };

		if (!sign || !take_who(&local, text, (size_t)(sign - text)))
			return wrong(text, bytes, part, NO_ENTRY);
		if (!take_role(&local, sign + 1, bytes - (size_t)(sign + 1 - text)))
			return wrong(text, bytes, part, "whose role is not none, viewer, operator, supervisor or administrator");
		if (has(locals, &local))
			return wrong(text, bytes, part, "of which there is an entry in front of it");
		if (local.kind == OHTD_LOCAL_USER && ((local.known && !local.id) || !strcmp(local.name, "root")))
			return wrong(text, bytes, part, "but root is always administrator");
		if (locals->count == OHTD_LOCALS_MAX)
			return wrong(text, bytes, part, "which is one more than 16");
		locals->at[locals->count++] = local;
	}
	return NULL;
}

/* ---- names of this machine ---- */

static void find_users(struct ohtd_config_locals *locals)
{
	FILE *file = fopen(USERS_FILE, "re");
	const struct passwd *user;

	while (file && (user = fgetpwent(file)))
		for (unsigned int i = 0; i < locals->count; i++) {
			struct ohtd_config_local *local = &locals->at[i];

			if (local->kind != OHTD_LOCAL_USER || local->known || strcmp(local->name, user->pw_name) != 0)
				continue;
			local->id = user->pw_uid;
			local->known = true;
		}
	if (file)
		fclose(file);
}

static void find_groups(struct ohtd_config_locals *locals)
{
	FILE *file = fopen(GROUPS_FILE, "re");
	const struct group *group;

	while (file && (group = fgetgrent(file)))
		for (unsigned int i = 0; i < locals->count; i++) {
			struct ohtd_config_local *local = &locals->at[i];

			if (local->kind != OHTD_LOCAL_GROUP || local->known || strcmp(local->name, group->gr_name) != 0)
				continue;
			local->id = group->gr_gid;
			local->known = true;
		}
	if (file)
		fclose(file);
}

void ohtd_config_locals_find(struct ohtd_config_locals *locals)
{
	find_users(locals);
	find_groups(locals);
}

bool ohtd_config_locals_are(const struct ohtd_config_locals *locals, const struct ohtd_config_locals *others)
{
	bool same = locals->count == others->count;

	for (unsigned int i = 0; same && i < locals->count; i++) {
		const struct ohtd_config_local *a = &locals->at[i], *b = &others->at[i];

		same = a->kind == b->kind && a->known == b->known && a->id == b->id && a->role == b->role;
	}
	return same;
}

void ohtd_config_users_read(struct ohtd_config_users *users)
{
	FILE *file = fopen(USERS_FILE, "re");
	const struct passwd *user;

	users->count = 0;
	while (file && users->count < OHTD_LOCAL_USERS_MAX && (user = fgetpwent(file))) {
		users->at[users->count].uid = user->pw_uid;
		snprintf(users->at[users->count].name, sizeof(users->at[0].name), "%s", user->pw_name);
		users->count++;
	}
	if (file)
		fclose(file);
}

const char *ohtd_config_users_name(const struct ohtd_config_users *users, uid_t uid)
{
	for (unsigned int i = 0; i < users->count; i++)
		if (users->at[i].uid == uid)
			return users->at[i].name;
	return "";
}

/* ---- the role ---- */

static bool is_member(const struct ohtd_config_peer *peer, gid_t gid)
{
	for (size_t i = 0; i < peer->group_count; i++)
		if (peer->groups[i] == gid)
			return true;
	return peer->gid == gid;
}

enum ohtd_role ohtd_config_locals_role(const struct ohtd_config_locals *locals, const struct ohtd_config_peer *peer)
{
	enum ohtd_role of_groups = OHTD_ROLE_NONE, of_others = OHTD_ROLE_NONE;
	bool in_group = false;

	if (!peer->uid)
		return OHTD_ROLE_ADMINISTRATOR;
	for (unsigned int i = 0; i < locals->count; i++) {
		const struct ohtd_config_local *local = &locals->at[i];

		if (local->kind == OHTD_LOCAL_OTHERS) {
			of_others = local->role;
		} else if (local->known && local->kind == OHTD_LOCAL_USER && local->id == peer->uid) {
			return local->role;
		} else if (local->known && local->kind == OHTD_LOCAL_GROUP && is_member(peer, local->id)) {
			in_group = true;
			of_groups = local->role > of_groups ? local->role : of_groups;
		}
	}
	return in_group ? of_groups : of_others;
}
